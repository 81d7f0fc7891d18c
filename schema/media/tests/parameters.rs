//! Parameter sets of real encoders, against what ffmpeg makes of them, and
//! broken ones.

mod footage;

use footage::annex_b;
use hitless_media::nal::{self, KeyKind, LengthSize, NalClass, ParameterSetKind, Picture};
use hitless_media::parameters::{Change, FrameRate, ParameterSets};
use hitless_model::VideoCodec;
use proptest::prelude::*;
use std::sync::OnceLock;

fn x264(options: &'static str, source: &'static str) -> Vec<u8> {
    annex_b(&[
        source,
        "-frames:v",
        "20",
        "-pix_fmt",
        "yuv420p",
        "-c:v",
        "libx264",
        "-x264-params",
        options,
    ])
}

fn x265(options: &'static str, source: &'static str) -> Vec<u8> {
    annex_b(&[source, "-frames:v", "20", "-c:v", "libx265", "-x265-params", options])
}

fn sets(codec: VideoCodec, stream: &[u8]) -> ParameterSets {
    ParameterSets::from_nals(codec, nal::annex_b(stream).flatten())
}

#[test]
fn h264_says_size_reordering_and_rate() {
    // 1080 lines are coded as 1088 and cropped.
    let stream = x264("bframes=2:b-pyramid=none:log=-1", "testsrc2=s=1920x1080:r=25");
    let sets = sets(VideoCodec::H264, &stream);
    assert!(sets.is_complete());
    let format = sets.format().expect("readable");
    assert_eq!((format.width, format.height), (1920, 1080));
    assert_eq!(format.reorder_depth, Some(1));
    let FrameRate { frames, seconds } = format.frame_rate.expect("told");
    assert_eq!(frames, 25 * seconds);
    assert_eq!(sets.codec_string().expect("readable"), "avc1.640028");
}

/// What an encoder writes is never taken for rubbish.
#[test]
fn the_sets_of_encoders_fit_to_each_other() {
    let h264 = ["bframes=2:log=-1", "cabac=0:weightp=0:log=-1", "8x8dct=0:cqm=jvt:log=-1"];
    let h265 = [
        "bframes=2:log-level=none",
        "weightp=0:weightb=1:tskip=1:wpp=0:no-deblock=1:log-level=none",
        "scaling-list=default:aq-mode=3:cbqpoffs=-3:deblock=1,2:slices=2:log-level=none",
    ];
    let streams = h264
        .map(|options| (VideoCodec::H264, x264(options, "testsrc2=s=320x240:r=10")))
        .into_iter()
        .chain(h265.map(|options| (VideoCodec::H265, x265(options, "testsrc2=s=320x240:r=10"))));
    for (codec, stream) in streams {
        let sets = sets(codec, &stream);
        assert!(sets.is_complete());
        for set in sets.iter() {
            assert!(sets.is_plausible(set), "{codec:?} {set:x?}");
        }
    }
}

#[test]
fn h264_baseline_reorders_nothing() {
    let stream = annex_b(&[
        "testsrc2=s=320x240:r=10",
        "-frames:v",
        "5",
        "-pix_fmt",
        "yuv420p",
        "-c:v",
        "libx264",
        "-profile:v",
        "baseline",
    ]);
    let format = sets(VideoCodec::H264, &stream).format().expect("readable");
    assert_eq!(format.reorder_depth, Some(0));
}

#[test]
fn h265_says_size_reordering_and_rate() {
    let stream = x265("bframes=3:b-pyramid=1:log-level=none", "testsrc2=s=1918x1078:r=30000/1001");
    let sets = sets(VideoCodec::H265, &stream);
    assert!(sets.is_complete());
    let format = sets.format().expect("readable");
    assert_eq!((format.width, format.height), (1918, 1078));
    assert_eq!(format.reorder_depth, Some(2));
    let FrameRate { frames, seconds } = format.frame_rate.expect("told");
    assert_eq!(frames * 1001, 30000 * seconds);
    assert!(sets.codec_string().expect("readable").starts_with("hvc1.1.6.L"));
}

#[test]
fn h265_with_scaling_lists_still_says_its_rate() {
    let stream = x265("scaling-list=default:log-level=none", "testsrc2=s=640x360:r=12");
    let format = sets(VideoCodec::H265, &stream).format().expect("readable");
    let FrameRate { frames, seconds } = format.frame_rate.expect("told");
    assert_eq!((format.width, format.height, frames), (640, 360, 12 * seconds));
}

#[test]
fn a_record_gives_its_sets_back() {
    for (codec, stream) in streams() {
        let sets = sets(*codec, stream);
        let record = sets.record().expect("complete");
        let (back, length) = ParameterSets::from_record(*codec, &record).expect("readable");
        assert_eq!(back, sets);
        assert_eq!(back.hash(), sets.hash());
        assert_eq!(length, LengthSize::Four);
    }
}

/// The record must be what other programs write, or players refuse the file.
#[test]
fn a_record_is_what_ffmpeg_writes() {
    let folder = footage::folder("records");
    for (codec, stream) in streams() {
        let raw = folder.join("stream");
        std::fs::write(&raw, stream).expect("written");
        let format = if *codec == VideoCodec::H264 { "h264" } else { "hevc" };
        let tag = if *codec == VideoCodec::H264 { "avc1" } else { "hvc1" };
        let out = folder.join("out.mp4");
        footage::run(
            "ffmpeg",
            &[
                "-v",
                "error",
                "-y",
                "-f",
                format,
                "-i",
                raw.to_str().expect("UTF-8"),
                "-c",
                "copy",
                "-tag:v",
                tag,
                out.to_str().expect("UTF-8"),
            ],
        );
        let file = std::fs::read(&out).expect("readable");
        let name: &[u8] = if *codec == VideoCodec::H264 { b"avcC" } else { b"hvcC" };
        let at = file.windows(4).position(|w| w == name).expect("has a record");
        let size = u32::from_be_bytes(file[at - 4..at].try_into().expect("four"));
        let theirs = &file[at + 4..at - 4 + usize::try_from(size).expect("small")];
        let (read, _) = ParameterSets::from_record(*codec, theirs).expect("readable");
        assert_eq!(read.hash(), sets(*codec, stream).hash());
        let mut ours = sets(*codec, stream).record().expect("complete");
        if *codec == VideoCodec::H265 {
            // min_spatial_segmentation_idc: we say "not told"; and x265's SEI
            // stands in ffmpeg's arrays, which ours leave out.
            ours[13..15].copy_from_slice(&theirs[13..15]);
            assert_eq!(ours[..22], theirs[..22]);
        } else {
            assert_eq!(ours, theirs);
        }
    }
}

#[test]
fn a_set_that_comes_again_changes_nothing_and_another_one_replaces_it() {
    for (codec, stream) in streams() {
        let nals: Vec<&[u8]> = nal::annex_b(stream).flatten().collect();
        let sps = nals
            .iter()
            .find(|n| nal::classify(*codec, n) == NalClass::ParameterSet(ParameterSetKind::Sps))
            .expect("has one");
        let mut sets = sets(*codec, stream);
        let hash = sets.hash();
        assert_eq!(sets.insert(sps), Ok(Change::None));
        assert_eq!(sets.hash(), hash);
        let mut other = sps.to_vec();
        *other.last_mut().expect("not empty") ^= 0x40;
        assert_eq!(sets.insert(&other), Ok(Change::Replaced));
        assert_ne!(sets.hash(), hash);
    }
}

#[test]
fn an_open_gop_begins_with_a_key_frame() {
    let h264 = annex_b(&[
        "testsrc2=s=320x240:r=25",
        "-frames:v",
        "40",
        "-pix_fmt",
        "yuv420p",
        "-c:v",
        "libx264",
        "-x264-params",
        "open-gop=1:keyint=10:min-keyint=10:bframes=2:scenecut=0:aud=1:log=-1",
    ]);
    let keys: Vec<KeyKind> =
        pictures(VideoCodec::H264, &h264).iter().filter_map(|p| p.key).collect();
    assert_eq!(keys[0], KeyKind::Idr);
    assert!(keys.len() >= 4 && keys[1..].iter().all(|k| *k == KeyKind::RecoveryPoint), "{keys:?}");

    let h265 = annex_b(&[
        "testsrc2=s=320x240:r=25",
        "-frames:v",
        "40",
        "-c:v",
        "libx265",
        "-x265-params",
        "open-gop=1:keyint=10:min-keyint=10:bframes=2:scenecut=0:aud=1:log-level=none",
    ]);
    let pictures = pictures(VideoCodec::H265, &h265);
    let keys: Vec<KeyKind> = pictures.iter().filter_map(|p| p.key).collect();
    assert!(keys.len() >= 4 && keys[1..].iter().all(|k| *k == KeyKind::Cra), "{keys:?}");
    assert!(pictures.iter().any(|p| p.leading.is_some()));
}

/// Pictures of a stream that has access unit delimiters.
fn pictures(codec: VideoCodec, stream: &[u8]) -> Vec<Picture> {
    let nals: Vec<&[u8]> = nal::annex_b(stream).flatten().collect();
    nals.chunk_by(|_, next| nal::classify(codec, next) != NalClass::AccessUnitDelimiter)
        .map(|unit| Picture::of(codec, unit.iter().copied()))
        .collect()
}

fn streams() -> &'static [(VideoCodec, Vec<u8>)] {
    static STREAMS: OnceLock<Vec<(VideoCodec, Vec<u8>)>> = OnceLock::new();
    STREAMS.get_or_init(|| {
        vec![
            (VideoCodec::H264, x264("cabac=1:log=-1", "testsrc2=s=640x360:r=25")),
            (VideoCodec::H265, x265("log-level=none", "testsrc2=s=640x360:r=25")),
        ]
    })
}

/// Everything that reads a parameter set, on bytes that nobody vouches for.
fn exercise(codec: VideoCodec, set: &[u8], record: &[u8]) {
    let mut sets = ParameterSets::new(codec);
    let _ = sets.insert(set);
    let _ = (sets.format(), sets.codec_string(), sets.record(), sets.hash());
    if let Ok((sets, _)) = ParameterSets::from_record(codec, record) {
        let _ = (sets.format(), sets.codec_string(), sets.record(), sets.hash());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_bytes_make_it_panic(mut set in prop::collection::vec(any::<u8>(), 0..80)) {
        for (codec, head) in [(VideoCodec::H264, 0x67), (VideoCodec::H265, 0x42)] {
            if let Some(first) = set.first_mut() {
                *first = head;
            }
            exercise(codec, &set, &set);
        }
    }

    #[test]
    fn no_flipped_bits_make_it_panic(
        flips in prop::collection::vec((any::<prop::sample::Index>(), 0_u8..8), 1..6),
        cut in any::<prop::sample::Index>(),
    ) {
        for (codec, stream) in streams() {
            let mut record = sets(*codec, stream).record().expect("complete");
            for nal in sets(*codec, stream).iter() {
                let mut nal = nal.to_vec();
                for (at, bit) in &flips {
                    let at = at.index(nal.len());
                    nal[at] ^= 1 << bit;
                    let at = at.min(record.len() - 1);
                    record[at] ^= 1 << bit;
                }
                nal.truncate(cut.index(nal.len()) + 1);
                exercise(*codec, &nal, &record);
            }
            record.truncate(cut.index(record.len()));
            exercise(*codec, &[], &record);
        }
    }
}

//! The same pictures have the same fingerprints on every way out of a file.

use crate::footage::{self, files};
use hitless_media::Fingerprint;
use hitless_media::mp4::Movie;
use hitless_media::nal::{self, Framing, NalClass, Picture};
use hitless_media::parameters::ParameterSets;
use hitless_model::VideoCodec;
use std::fs::File;
use std::os::unix::fs::FileExt;

/// Of every sample, as stored; and what pictures the samples hold.
fn stored(name: &str) -> (VideoCodec, Vec<Option<Fingerprint>>, Vec<(bool, Picture)>) {
    let path = files::named(name);
    let movie = Movie::open(path).expect("readable");
    let file = File::open(path).expect("readable");
    let track = movie.video().expect("pictures");
    let described = track.entries[0].video().expect("known");
    let (_, length) =
        ParameterSets::from_record(described.codec, &described.record).expect("readable");
    let framing = Framing::LengthPrefixed(length);
    let mut prints = Vec::new();
    let mut pictures = Vec::new();
    for sample in track.samples.iter() {
        let mut bytes = vec![0; usize::try_from(sample.size).expect("small")];
        file.read_exact_at(&mut bytes, sample.offset).expect("within the file");
        prints.push(Fingerprint::of_sample(described.codec, &bytes, framing).expect("whole"));
        let nals = nal::split(&bytes, framing).map(|nal| nal.expect("whole"));
        pictures.push((sample.key, Picture::of(described.codec, nals)));
    }
    (described.codec, prints, pictures)
}

/// Of every access unit of the Annex B stream that ffmpeg makes of a file,
/// with parameter sets repeated and delimiters put in.
fn streamed(name: &str, codec: VideoCodec) -> Vec<Option<Fingerprint>> {
    let (filters, format) = match codec {
        VideoCodec::H264 => ("h264_mp4toannexb,h264_metadata=aud=insert", "h264"),
        VideoCodec::H265 => ("hevc_mp4toannexb,hevc_metadata=aud=insert", "hevc"),
    };
    let path = files::named(name).to_str().expect("UTF-8");
    let args = ["-v", "error", "-i", path, "-map", "0:v", "-c", "copy", "-bsf:v", filters];
    let stream = footage::run("ffmpeg", &[&args[..], &["-f", format, "-"]].concat());
    let nals: Vec<&[u8]> = nal::annex_b(&stream).flatten().collect();
    nals.chunk_by(|_, next| nal::classify(codec, next) != NalClass::AccessUnitDelimiter)
        .map(|unit| Fingerprint::of(codec, unit.iter().copied()))
        .collect()
}

#[test]
fn both_framings_agree_on_every_sample() {
    for name in ["recorder.mp4", "recorder-b.mp4", "h265-opus.mp4"] {
        let (codec, stored, _) = stored(name);
        assert_eq!(stored.len(), 100, "{name}");
        assert!(stored.iter().all(Option::is_some), "{name}");
        assert_eq!(stored, streamed(name, codec), "{name}");
        let mut all: Vec<_> = stored.iter().collect();
        all.sort();
        all.dedup();
        assert!(all.len() > 90, "{name}: the picture moves, {} differ", all.len());
    }
}

#[test]
fn a_picture_is_a_key_frame_where_the_file_says_so() {
    for name in ["recorder.mp4", "recorder-b.mp4", "h265-opus.mp4", "ff-h265.mp4"] {
        let (_, _, pictures) = stored(name);
        for (number, (marked, picture)) in pictures.iter().enumerate() {
            assert_eq!(*marked, picture.is_key(), "{name}: sample {number}");
        }
        let disposable = pictures.iter().filter(|(_, picture)| picture.disposable).count();
        assert_eq!(disposable > 0, name != "recorder.mp4", "{name}: {disposable}");
    }
}

//! Several recorders on one camera have the same footage, whichever way it
//! came: retina over TCP, GStreamer over TCP and UDP; H.264 and H.265; every
//! kind of sound. And in each of them nothing is missing over fifty borders.

use hitless_fixtures::camera::TruthUnit;
use hitless_fixtures::codec::{AudioCodec, VideoCodec};
use hitless_fixtures::count::RecordedUnit;
use hitless_fixtures::{CameraSpec, Tally, child::Cameras, spawn};
use hitless_model::{AudioCodec as Stored, ClockSource, Nanos};
use hitless_tests::judge::{self, Judged};
use hitless_tests::{CameraSetup, Recorder, Setup, Site, footage, frames, paths, sound, until};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

const BORDERS: usize = 50;
/// The first sender report comes after 1-3 s; a segment that ended before has
/// only the host's clock.
const WITHOUT_REPORT: usize = 4;
/// How far the cameras' UTC is ahead of the host's, so that a start taken from
/// the host's clock is noticed.
const SKEW_SECONDS: f64 = 86.4;

/// Ways into a recorder: its tag, and the `source` and `transport` of cameras.
const WAYS: [(&str, Option<&str>); 3] =
    [("retina", None), ("gst-udp", Some("udp")), ("gst-tcp", Some("tcp"))];

fn specs() -> Vec<CameraSpec> {
    let camera = |name: &str, codec, audio| CameraSpec {
        codec,
        audio,
        clock: hitless_fixtures::camera::ClockSpec {
            skew_seconds: SKEW_SECONDS,
            ..Default::default()
        },
        ..CameraSpec::named(name)
    };
    vec![
        camera("avc_aac", VideoCodec::H264, AudioCodec::Aac),
        camera("hevc_aac", VideoCodec::H265, AudioCodec::Aac),
        CameraSpec { b_frames: 2, ..camera("avc_opus", VideoCodec::H264, AudioCodec::Opus) },
        camera("avc_pcmu", VideoCodec::H264, AudioCodec::Pcmu),
        CameraSpec { b_frames: 2, ..camera("hevc_pcma", VideoCodec::H265, AudioCodec::Pcma) },
    ]
}

/// G.711 is kept as it is by the first recorder and encoded by the others.
fn setup(cameras: &Cameras, specs: &[CameraSpec], way: Option<&str>) -> Setup {
    let g711 = if way.is_none() { "native" } else { "aac" };
    specs.iter().fold(Setup::new().table("recorder", "g711", g711), |setup, spec| {
        let camera = CameraSetup::new(&spec.name, cameras.url(&spec.name));
        setup.with(match way {
            Some(transport) => camera.gstreamer(transport),
            None => camera,
        })
    })
}

#[test]
fn all_ways_in_record_the_same_and_lose_nothing_at_borders() {
    let specs = specs();
    let cameras = spawn(&specs).expect("cameras");
    let site = Site::new();
    let mut recorders: Vec<Recorder> =
        WAYS.iter().map(|(tag, way)| site.start(tag, &setup(&cameras, &specs, *way))).collect();
    until("more than fifty borders everywhere", Duration::from_secs(90), || {
        let counts = specs.iter().flat_map(|spec| {
            recorders.iter().map(|r| site.segments(&spec.name, r.instance()).len())
        });
        counts.min() >= Some(BORDERS + 2)
    });
    assert_reader(&recorders[0], "retina");
    recorders[1..].iter().for_each(|recorder| assert_reader(recorder, "gstreamer"));
    for recorder in &mut recorders {
        assert!(recorder.terminate().success());
    }
    std::thread::scope(|scope| {
        for half in specs.chunks(specs.len().div_ceil(2)) {
            let (site, cameras) = (&site, &cameras);
            scope.spawn(move || half.iter().for_each(|spec| judge_camera(site, cameras, spec)));
        }
    });
}

/// The default way in is retina, whatever the coding.
fn assert_reader(recorder: &Recorder, reader: &str) {
    let health = recorder.health();
    let cameras = health["cameras"].as_object().expect("cameras");
    assert!(cameras.values().all(|camera| camera["reader"] == reader), "{health}");
}

/// What one recorder has of one camera.
struct Strand {
    tag: &'static str,
    units: Vec<RecordedUnit>,
    pictures: Vec<String>,
}

fn judge_camera(site: &Site, cameras: &Cameras, spec: &CameraSpec) {
    let truth = cameras.truth(&spec.name).expect("a truth log");
    let strands: Vec<Strand> =
        WAYS.iter().map(|(tag, _)| judge_strand(site, cameras, spec, &truth, tag)).collect();
    for other in &strands[1..] {
        assert_same(&strands[0], other, &spec.name);
    }
}

fn judge_strand(
    site: &Site,
    cameras: &Cameras,
    spec: &CameraSpec,
    truth: &[TruthUnit],
    tag: &'static str,
) -> Strand {
    let camera = spec.name.as_str();
    let judged = judge::finished_segments(site, camera, tag);
    let files = paths(&site.segments(camera, tag));
    let units = footage::units(&files);
    let tally = Tally::of(&numbers(&units));
    assert!(tally.is_whole(), "{camera} by {tag}: {tally}");
    assert!(judged.len() > BORDERS, "{camera} by {tag}: {} segments", judged.len());
    let samples: usize = judged.iter().map(|j| j.probe.video.len()).sum();
    assert_eq!(samples, units.len(), "{camera} by {tag}: a unit is a sample");
    judge::units_are_true(&units, truth);
    assert_starts(&judged, &units, truth);
    assert_sound(&judged, &files, cameras, spec, tag);
    let pictures = frames::picture_hashes(&files);
    assert_eq!(pictures.len(), units.len(), "{camera} by {tag}: every unit is a picture");
    Strand { tag, units, pictures }
}

fn numbers(units: &[RecordedUnit]) -> Vec<u64> {
    units.iter().filter_map(|unit| Some(unit.mark?.number)).collect()
}

/// Segments say by the camera's clock when they start, within their error.
fn assert_starts(judged: &[Judged], units: &[RecordedUnit], truth: &[TruthUnit]) {
    let taken: BTreeMap<u64, i64> = truth.iter().map(|u| (u.number, u.utc_ns)).collect();
    let mut at = 0;
    for (n, segment) in judged.iter().enumerate() {
        let name = &segment.row.name;
        let first = units[at].mark.expect("a mark").number;
        at += segment.probe.video.len();
        let clock = segment.row.clock.unwrap_or_else(|| panic!("{name}: no clock"));
        if n < WITHOUT_REPORT && clock.point.source == ClockSource::HostArrival {
            continue;
        }
        assert_eq!(clock.point.source, ClockSource::SenderReport, "{name}");
        let error = Nanos::new(segment.row.start.as_ns() - taken[&first]);
        assert!(error.abs() <= clock.point.error, "{name}: off by {error:?}, {clock:?}");
        assert!(clock.point.error <= Nanos::from_millis(50), "{name}: {clock:?}");
    }
}

/// Not a frame of the sound is missing or doubled.
fn assert_sound(
    judged: &[Judged],
    files: &[PathBuf],
    cameras: &Cameras,
    spec: &CameraSpec,
    tag: &str,
) {
    let what = format!("{} by {tag}", spec.name);
    let stored = judged.iter().map(|j| j.row.audio.as_ref().expect("sound").codec);
    let stored: Vec<Stored> = stored.collect();
    let native = match spec.audio {
        AudioCodec::Aac => Some((Stored::Aac, None)),
        AudioCodec::Opus => Some((Stored::Opus, None)),
        AudioCodec::Pcmu if tag == "retina" => Some((Stored::Pcmu, Some(160))),
        AudioCodec::Pcma if tag == "retina" => Some((Stored::Pcma, Some(160))),
        AudioCodec::Pcmu | AudioCodec::Pcma | AudioCodec::None => None,
    };
    let seconds = |of: fn(&Judged) -> f64| judged.iter().map(of).sum::<f64>();
    let heard = seconds(|j| j.probe.audio.iter().map(|p| p.duration).sum());
    let seen = seconds(|j| j.probe.video_seconds());
    assert!((heard - seen).abs() < 0.5, "{what}: {heard} s of sound, {seen} s of video");
    let Some((codec, length)) = native else {
        assert!(stored.iter().all(|codec| *codec == Stored::Aac), "{what}: {stored:?}");
        return;
    };
    assert!(stored.iter().all(|is| *is == codec), "{what}: {stored:?}");
    let probes: Vec<_> = judged.iter().map(|j| &j.probe).collect();
    let sent = sound::sent(&cameras.truth_path(&spec.name));
    sound::assert_unbroken(&sound::frames(files, &probes, length), &sent, &what);
}

/// Where both have something, it is the same: the slices and the pictures.
fn assert_same(one: &Strand, other: &Strand, camera: &str) {
    let by_number = |strand: &Strand| -> BTreeMap<u64, (u64, String)> {
        let pictures = strand.units.iter().zip(&strand.pictures);
        pictures
            .filter_map(|(unit, md5)| Some((unit.mark?.number, (unit.hash, md5.clone()))))
            .collect()
    };
    let (ours, theirs) = (by_number(one), by_number(other));
    let common: Vec<&u64> = ours.keys().filter(|number| theirs.contains_key(number)).collect();
    assert!(common.len() > BORDERS * 25, "{camera}: overlap of {}", common.len());
    for number in common {
        let what = format!("{camera}: unit {number} by {} and {}", one.tag, other.tag);
        assert_eq!(ours[number], theirs[number], "{what}");
    }
}

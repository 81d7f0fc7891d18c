//! GStreamer's encoders and payloaders as independent judge: what the encoder
//! made must come out of the depacketizer, byte for byte.

use super::run;
use crate::rtp::{AccessUnit, Continuity, Depacketizer, Packet, StreamDescription, Unwrap};
use bytes::Bytes;
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app::AppSink;
use gstreamer_rtp::RTPBuffer;
use hitless_media::nal::annex_b_to_length_prefixed;
use hitless_model::Utc;

/// Runs `encoder ! tee`, one way to a sink, the other through `payloader`;
/// both in full.
fn encode(encoder: &str, payloader: &str) -> (Vec<gst::Sample>, Vec<gst::Sample>) {
    gst::init().expect("GStreamer");
    let text = format!(
        "{encoder} ! tee name=t \
         t. ! queue max-size-buffers=0 max-size-bytes=0 max-size-time=0 ! appsink name=truth sync=false \
         t. ! queue max-size-buffers=0 max-size-bytes=0 max-size-time=0 ! {payloader} ! appsink name=packets sync=false",
    );
    let pipeline = gst::parse::launch(&text).expect("a pipeline");
    let pipeline = pipeline.downcast::<gst::Pipeline>().expect("several elements");
    let sink = |name: &str| {
        pipeline.by_name(name).and_then(|e| e.downcast::<AppSink>().ok()).expect("an appsink")
    };
    let (truth, packets) = (sink("truth"), sink("packets"));
    pipeline.set_state(gst::State::Playing).expect("plays");
    let all = |sink: AppSink| std::iter::from_fn(move || sink.pull_sample().ok()).collect();
    let result = (all(truth), all(packets));
    pipeline.set_state(gst::State::Null).expect("stops");
    result
}

fn bytes(sample: &gst::Sample) -> Vec<u8> {
    sample.buffer().expect("data").map_readable().expect("readable").to_vec()
}

fn description(sample: &gst::Sample) -> StreamDescription {
    let caps = sample.caps().expect("caps").to_owned();
    StreamDescription::from_fields(|name| {
        let value = caps.structure(0)?.value(name).ok()?;
        value.get::<String>().ok().or_else(|| value.get::<i32>().ok().map(|n| n.to_string()))
    })
}

/// Numbered as they come, all of them: a payloader that negotiates anew goes on
/// with other numbers, though no packet is missing.
fn packets(samples: &[gst::Sample]) -> Vec<Packet> {
    let (mut clock, mut numbers) = (Unwrap::new(), Continuity::new());
    samples
        .iter()
        .zip((0..=u16::MAX).cycle())
        .map(|(sample, number)| {
            let buffer = sample.buffer().expect("data");
            let rtp = RTPBuffer::from_buffer_readable(buffer).expect("RTP");
            Packet {
                sequence: number,
                timestamp: clock.packet(rtp.timestamp()),
                marker: rtp.is_marker(),
                lost_before: numbers.packet(number).expect("in order"),
                payload: Bytes::copy_from_slice(rtp.payload().expect("payload")),
                arrived: Utc::default(),
            }
        })
        .collect()
}

fn compare(units: &[AccessUnit], truth: &[Vec<u8>], what: &str) {
    assert!(!truth.is_empty());
    for (number, (unit, truth)) in units.iter().zip(truth).enumerate() {
        assert!(unit.data == *truth, "unit {number} differs: {what}");
        assert_eq!(unit.lost, 0, "unit {number}: {what}");
    }
    assert_eq!(units.len(), truth.len(), "{what}");
    assert!(units[..units.len() - 1].iter().all(|unit| !unit.damaged), "{what}");
}

/// Both with the payloader's markers and with none.
fn judge_video(encoder: &str, payloader: &str) {
    let (truth, samples) = encode(encoder, payloader);
    let truth: Vec<_> = truth.iter().map(|s| annex_b_to_length_prefixed(&bytes(s))).collect();
    let (stream, mut packets) = (description(&samples[0]), packets(&samples));
    let what = format!("{encoder} ! {payloader}");
    let run = |packets: &[Packet]| {
        run(&mut Depacketizer::new(&stream).expect("a known encoding"), packets)
    };
    let units = run(&packets);
    compare(&units, &truth, &what);
    assert!(units[0].key.is_some() && units[0].parameters.is_some());
    packets.iter_mut().for_each(|packet| packet.marker = false);
    compare(&run(&packets), &truth, &what);
}

const PICTURE: &str =
    "videotestsrc num-buffers=70 pattern=snow ! video/x-raw,width=320,height=240,framerate=25/1";

#[test]
fn h264_comes_out_as_the_encoder_made_it() {
    for options in [
        "key-int-max=20",
        "key-int-max=20 option-string=slices=4 aud=true",
        "bframes=2 intra-refresh=true",
    ] {
        let encoder = format!(
            "{PICTURE} ! x264enc speed-preset=ultrafast bitrate=800 {options} \
             ! video/x-h264,stream-format=byte-stream,alignment=au",
        );
        for payloader in [
            "mtu=1400",
            "mtu=100",
            "aggregate-mode=zero-latency",
            "aggregate-mode=max-stap mtu=9000",
        ] {
            judge_video(&encoder, &format!("rtph264pay {payloader}"));
        }
    }
}

#[test]
fn h265_comes_out_as_the_encoder_made_it() {
    for options in [
        "key-int-max=20",
        "option-string=slices=3:aud=1:repeat-headers=1:keyint=15",
        "option-string=bframes=2:keyint=15",
    ] {
        let encoder = format!(
            "{PICTURE} ! x265enc speed-preset=ultrafast bitrate=800 log-level=none {options} \
             ! video/x-h265,stream-format=byte-stream,alignment=au",
        );
        for payloader in
            ["mtu=1400", "mtu=100", "aggregate-mode=zero-latency", "aggregate-mode=max mtu=9000"]
        {
            judge_video(&encoder, &format!("rtph265pay {payloader}"));
        }
    }
}

fn judge_sound(encoder: &str, payloader: &str) {
    let (truth, samples) = encode(encoder, payloader);
    let stream = description(&samples[0]);
    let mut depacketizer = Depacketizer::new(&stream).expect("a known encoding");
    let units = run(&mut depacketizer, &packets(&samples));
    let truth: Vec<_> = truth.iter().map(bytes).collect();
    compare(&units, &truth, &format!("{encoder} ! {payloader}"));
    // The first frame of Opus is cut by its pre-skip.
    let mut expected = units[1].pts;
    for unit in &units[1..] {
        // GStreamer rounds the times of frames to nanoseconds and back.
        let off = unit.pts.since(expected).ticks();
        assert!(off.abs() <= 1, "{off} ticks off");
        expected = expected.plus(unit.duration.expect("sound"));
    }
}

const SOUND: &str = "audiotestsrc num-buffers=60 wave=white-noise samplesperbuffer=960";

#[test]
fn sound_comes_out_as_the_encoder_made_it() {
    let aac = format!(
        "{SOUND} ! audio/x-raw,rate=48000,channels=2 ! avenc_aac ! audio/mpeg,stream-format=raw"
    );
    for payloader in ["mtu=1400", "mtu=120"] {
        judge_sound(&aac, &format!("rtpmp4gpay {payloader}"));
    }
    judge_sound(&format!("{SOUND} ! audio/x-raw,rate=48000,channels=1 ! opusenc"), "rtpopuspay");
    let g711 = format!("{SOUND} ! audio/x-raw,rate=8000,channels=1");
    judge_sound(
        &format!("{g711} ! mulawenc"),
        "rtppcmupay min-ptime=120000000 max-ptime=120000000",
    );
    judge_sound(&format!("{g711} ! alawenc"), "rtppcmapay min-ptime=120000000 max-ptime=120000000");
}

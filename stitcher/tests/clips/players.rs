//! What people open clips and pages with: Chromium and mkvmerge.

use crate::chromium::Chromium;
use crate::files::{folder, write};
use crate::footage::{Shape, run, twice};
use crate::judge::pictures;
use crate::serve::Served;
use crate::spans::{seconds, switched};
use crate::verified::{FROM, Site, TO};
use hitless_stitcher::virtual_mp4::Cut;
use serde_json::{Value, json};
use std::path::Path;
use std::process::Command;

/// Size of the footage.
const WIDE: usize = 160;
const HIGH: usize = 120;

/// Loads the video of the page, goes to an instant (or nowhere) and gives the
/// picture that is shown, as the red of each pixel.
const LOOK: &str = "
    const [at] = given, video = document.querySelector('video');
    const until = event => new Promise((ok, no) => {
      video.addEventListener(event, ok, { once: true });
      video.addEventListener('error', () => no(video.error.message), { once: true });
    });
    if (video.error) throw video.error.message;
    if (video.readyState < 2) await until('loadeddata');
    if (at !== null) {
      const drawn = new Promise(ok => video.requestVideoFrameCallback(ok));
      const there = until('seeked'); video.currentTime = at; await there; await drawn;
    }
    const canvas = document.createElement('canvas');
    canvas.width = video.videoWidth; canvas.height = video.videoHeight;
    const pen = canvas.getContext('2d');
    pen.drawImage(video, 0, 0);
    const pixels = pen.getImageData(0, 0, canvas.width, canvas.height).data;
    const red = []; for (let n = 0; n < pixels.length; n += 4) red.push(pixels[n]);
    return { duration: video.duration, wide: canvas.width, high: canvas.height, red };";

/// The red of each pixel of each picture, as ffmpeg decodes them.
fn reds(path: &Path) -> Vec<Vec<u8>> {
    let file = path.to_str().expect("UTF-8");
    let head = ["-v", "error", "-i", file, "-map", "0:v:0", "-fps_mode", "passthrough"];
    let tail = ["-pix_fmt", "rgb24", "-f", "rawvideo", "-"];
    let bytes = run("ffmpeg", &[&head[..], &tail[..]].concat());
    let red = |picture: &[u8]| picture.iter().step_by(3).copied().collect();
    bytes.chunks_exact(WIDE * HIGH * 3).map(red).collect()
}

/// Which of the pictures is most like one that was drawn.
fn nearest(drawn: &Value, all: &[Vec<u8>]) -> usize {
    let drawn = drawn.as_array().expect("pixels");
    let drawn: Vec<i64> = drawn.iter().map(|red| red.as_i64().expect("a number")).collect();
    let off = |picture: &Vec<u8>| -> i64 {
        picture.iter().zip(&drawn).map(|(a, b)| (i64::from(*a) - b).abs()).sum()
    };
    let best = all.iter().enumerate().min_by_key(|(_, picture)| off(picture));
    let (number, picture) = best.expect("pictures");
    let mean = off(picture) as f64 / (WIDE * HIGH) as f64;
    assert!(mean < 8.0, "picture {number} is the nearest, and {mean} off");
    number
}

/// It loads, is as long as it should be, begins with the first picture that was
/// asked for and shows the right one wherever one goes in it.
#[test]
fn chromium_plays_what_is_exported() {
    let folder = folder("chromium");
    let Some(chromium) = Chromium::start(&folder) else { return };
    for shape in [Shape::Aac, Shape::ReorderedAac, Shape::Mute] {
        let path = folder.join("clip.mp4");
        let cut = Cut { from: seconds(1.52), to: seconds(4.48) };
        write(&switched(&twice(shape)), &cut, &path);
        let page = folder.join("page.html");
        std::fs::write(&page, "<video muted preload=auto src=clip.mp4></video>").expect("written");
        chromium.open(&format!("file://{}", page.display()));
        let all = reds(&path);
        assert_eq!(all.len(), 74, "{shape:?}");
        let seen = chromium.ask(LOOK, &[Value::Null]);
        assert_eq!((&seen["wide"], &seen["high"]), (&json!(WIDE), &json!(HIGH)));
        let long = seen["duration"].as_f64().expect("a duration");
        assert!((long - 2.96).abs() < 0.03, "{shape:?}: {long} s");
        assert_eq!(nearest(&seen["red"], &all), 0, "{shape:?}: the first picture");
        // over the seam at 2 s, backwards too
        for picture in [40, 73, 12, 11] {
            let at = f64::from(picture) * 0.04 + 0.02;
            let seen = chromium.ask(LOOK, &[json!(at)]);
            assert_eq!(nearest(&seen["red"], &all), picture as usize, "{shape:?} at {at}");
        }
        assert_eq!(chromium.complaints(), Vec::<String>::new(), "{shape:?}");
    }
}

/// The report and the page of `serve` open without a word on the console; what
/// there is to see is seen, and the footage plays.
#[test]
fn chromium_opens_the_report_and_the_page() {
    let site = Site::new("chromium-pages");
    for (number, part) in twice(Shape::Aac).parts.iter().enumerate() {
        site.put(&format!("CAM_1_20260811T0307{:02}.000000Z_blue_{number:06}", 47 + number), part);
    }
    site.stitch();
    let Some(chromium) = Chromium::start(&site.folder) else { return };
    let report = ["report", "--from", FROM, "--to", TO, "--format", "html", "-o", "report.html"];
    site.stitcher(&report, &[0]);
    chromium.open(&format!("file://{}/report.html", site.folder.display()));
    let seen = chromium.ask(
        "const [strip] = document.querySelectorAll('svg'), all = [...strip.querySelectorAll('rect')];
         return { title: document.title, wide: strip.getBoundingClientRect().width,
                  drawn: all.filter(r => /^i\\d/.test(r.getAttribute('class'))).length };",
        &[],
    );
    assert_eq!(seen["title"], "Continuity report");
    assert!(seen["wide"].as_f64().expect("a width") > 500.0, "{seen}");
    assert!(seen["drawn"].as_u64().expect("a number") > 0, "{seen}");
    assert_eq!(chromium.complaints(), Vec::<String>::new());

    // Without being told where to, it opens on a day that has something.
    let served = Served::start(&site, &[]);
    chromium.open(&served.url);
    let seen = chromium.ask(
        "while (!document.body.dataset.loaded) await new Promise(ok => setTimeout(ok, 20));
         return { day: document.body.dataset.loaded, sum: document.getElementById('sum').textContent };",
        &[],
    );
    assert_eq!(seen["day"], "CAM_1 2026-08-11", "{seen}");
    assert!(seen["sum"].as_str().expect("a text").starts_with("5.0 s of footage"), "{seen}");
    chromium
        .open(&format!("{}/#camera=CAM_1&day=2026-08-11&at=2026-08-11T03:07:48.5Z", served.url));
    let seen = chromium.ask(
        "while (!document.body.dataset.loaded) await new Promise(ok => setTimeout(ok, 20));
         const video = document.getElementById('video');
         while (!(video.readyState >= 2 && video.currentTime > 0)) {
           if (video.error) throw video.error.message;
           await new Promise(ok => setTimeout(ok, 20));
         }
         return { wide: video.videoWidth, long: video.duration };",
        &[],
    );
    assert_eq!(seen["wide"], WIDE, "{seen}");
    assert!((seen["long"].as_f64().expect("seconds") - 5.0).abs() < 0.1, "{seen}");
    assert_eq!(chromium.complaints(), Vec::<String>::new());
}

/// It takes every shape without a word, and every picture that is shown.
#[test]
fn mkvmerge_takes_what_is_exported() {
    if !Path::new("/usr/bin/mkvmerge").exists() {
        eprintln!("NOTE: mkvtoolnix is not installed; nothing was tested");
        return;
    }
    let folder = folder("mkvmerge");
    for shape in [Shape::Aac, Shape::ReorderedAac, Shape::H265Opus, Shape::Mute] {
        let (clip, matroska) = (folder.join("clip.mp4"), folder.join("clip.mkv"));
        write(&switched(&twice(shape)), &Cut { from: seconds(1.0), to: seconds(4.48) }, &clip);
        let mut mkvmerge = Command::new("mkvmerge");
        let output = mkvmerge.arg("-o").arg(&matroska).arg(&clip).output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stdout);
        // 1 is a warning
        assert_eq!(output.status.code(), Some(0), "{shape:?}: {said}");
        let hashes = |path: &Path| -> Vec<String> {
            pictures(path).into_iter().map(|picture| picture.hash).collect()
        };
        let (ours, theirs) = (hashes(&clip), hashes(&matroska));
        assert_eq!(ours.len(), 87, "{shape:?}");
        assert!(theirs.starts_with(&ours), "{shape:?}: {} of {}", theirs.len(), ours.len());
    }
}

//! `recorder check`: what would be wrong, before it is.
//!
//! Tries everything that `run` needs and changes nothing but a test file that
//! it removes again. Each finding names the thing and the way out.

use crate::camera::{CameraSettings, counted};
use crate::source::{Session, Track};
use crate::storage::Space;
use futures::future::join_all;
use hitless_config::{Camera, Config};
use hitless_schema::{DatabaseUrl, Store};
use std::path::Path;
use std::process::ExitCode;

/// Checks, prints, and gives the exit status: 0, 1 a camera is unreachable, 2
/// anything else.
pub async fn run(config: &Config, offline: bool) -> ExitCode {
    let mut broken = false;
    let mut say = |what: &str, result: Result<String, String>| match result {
        Ok(good) => println!("ok      {what}: {good}"),
        Err(bad) => {
            broken = true;
            println!("WRONG   {what}: {bad}");
        }
    };
    let file = config.file.as_ref().map_or("environment".to_owned(), |f| f.display().to_string());
    say("configuration", Ok(format!("{file}, {}", counted(config.cameras.len()))));
    say("gstreamer", gstreamer_parts());
    say("storage", storage(&config.storage));
    say("database", database(config).await);
    let mut away = false;
    if !offline {
        let enabled = config.cameras.iter().filter(|c| c.enabled);
        let tried = join_all(
            enabled.map(|camera| async move { (camera, try_camera(config, camera).await) }),
        )
        .await;
        for (camera, result) in tried {
            match result {
                Ok(good) => println!("ok      camera {}: {good}", camera.id),
                Err(bad) => {
                    away = true;
                    println!("AWAY    camera {}: {bad}", camera.id);
                }
            }
        }
    }
    match (broken, away) {
        (true, _) => ExitCode::from(2),
        (false, true) => ExitCode::from(1),
        (false, false) => ExitCode::SUCCESS,
    }
}

fn gstreamer_parts() -> Result<String, String> {
    gstreamer::init().map_err(|e| e.to_string())?;
    let needed = ["splitmuxsink", "mp4mux", "qtmux", "rtspsrc", "appsink", "avenc_aac"];
    let missing: Vec<&str> =
        needed.into_iter().filter(|name| gstreamer::ElementFactory::find(name).is_none()).collect();
    if missing.is_empty() {
        Ok(gstreamer::version_string().to_string())
    } else {
        Err(format!("{} missing; tools/setup installs what is needed", missing.join(", ")))
    }
}

fn storage(root: &Path) -> Result<String, String> {
    std::fs::create_dir_all(root.join(".hitless"))
        .map_err(|e| format!("cannot create {}: {e}", root.display()))?;
    let probe = root.join(format!(".check-{}", std::process::id()));
    std::fs::write(&probe, b"hitless").and_then(|()| std::fs::remove_file(&probe)).map_err(
        |e| {
            format!("cannot write to {}: {e}; the user of the recorder must own it", root.display())
        },
    )?;
    let space = Space::of(root).map_err(|e| e.to_string())?;
    Ok(format!("{}, {} MiB free", root.display(), space.free_bytes >> 20))
}

async fn database(config: &Config) -> Result<String, String> {
    let url =
        DatabaseUrl::parse(config.database.expose_url().expose()).map_err(|e| e.to_string())?;
    if let Some(file) = url.sqlite_path().filter(|file| !file.exists()) {
        return not_made_yet(config, file);
    }
    let store = Store::open(&url)
        .await
        .map_err(|e| format!("{}: {e}; recording would go on and spool", config.database))?;
    store.close().await;
    Ok(config.database.to_string())
}

/// The recorder makes the file at its first start, and of folders its own.
fn not_made_yet(config: &Config, file: &Path) -> Result<String, String> {
    let folder = file.parent().unwrap_or(file);
    if folder.is_dir() || folder == config.storage.join(".hitless") {
        Ok(format!("{}, made at the first start", config.database))
    } else {
        Err(format!("{}: there is no folder {}", config.database, folder.display()))
    }
}

async fn try_camera(config: &Config, camera: &Camera) -> Result<String, String> {
    let settings = CameraSettings::new(config, camera);
    let session = Session::open(&settings.source).await.map_err(|e| e.to_string())?;
    let describe = |track| session.description(track).map(|d| d.encoding.to_string());
    let video = describe(Track::Video).unwrap_or_default();
    let audio = describe(Track::Audio).map_or("no sound".to_owned(), |a| a);
    let found = format!("{video}, {audio}, read by {}", session.maker());
    session.close().await;
    Ok(found)
}

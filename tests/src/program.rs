//! Where the programs under test are: beside the test, where cargo puts them.
//!
//! Cargo does not build the programs of other packages for a test, so
//! `tools/test` builds them first. A program that is missing is a failure with
//! the command to type; one older than its sources is told.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// The program `name`: `$HITLESS_TEST_{NAME}`, else the one beside this test.
#[track_caller]
pub fn program(name: &str) -> PathBuf {
    let variable = format!("HITLESS_TEST_{}", name.to_uppercase());
    if let Some(path) = std::env::var_os(&variable) {
        return path.into();
    }
    let here = std::env::current_exe().expect("a running program has a path");
    // A test lies in target/debug/deps, a program in target/debug.
    let found = here.ancestors().skip(1).take(2).map(|dir| dir.join(name)).find(|p| p.is_file());
    let found = found.unwrap_or_else(|| {
        panic!("the program {name} is not built; run: cargo build --workspace --bins")
    });
    tell_if_old(name, &found);
    found
}

fn tell_if_old(name: &str, program: &Path) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests lies in the workspace");
    let folders = [format!("{name}/src"), "schema/src".into(), "schema/media/src".into()];
    let newest = folders.iter().filter_map(|folder| newest_in(&root.join(folder))).max();
    let built = program.metadata().and_then(|m| m.modified()).ok();
    if newest > built {
        eprintln!("NOTE: {name} is older than its sources; run: cargo build --workspace --bins");
    }
}

fn newest_in(folder: &Path) -> Option<SystemTime> {
    let entries = std::fs::read_dir(folder).ok()?.filter_map(Result::ok);
    let times = entries.filter_map(|entry| match entry.file_type().ok()?.is_dir() {
        true => newest_in(&entry.path()),
        false => entry.metadata().ok()?.modified().ok(),
    });
    times.max()
}

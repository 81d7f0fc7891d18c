//! The sample is the manual: it loads, it names every key, and the defaults it
//! shows are the real ones.

use hitless_config::{Config, LoadOptions};
use std::path::{Path, PathBuf};

/// Keys without a default: the sample shows an example.
const NO_DEFAULT: &[&str] = &[
    "token_file",
    "min_free_bytes",
    "user",
    "password_file",
    "password_env",
    "password_credential",
    "tls_ca_file",
];

fn sample() -> (PathBuf, String) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../hitless.sample.toml");
    let text = std::fs::read_to_string(&path).expect("the sample is there");
    (path, text)
}

/// The key of a line like `#bind = "…"`; prose has a space after its `#`.
fn commented_key(line: &str) -> Option<&str> {
    let (key, _) = line.strip_prefix('#')?.split_once(" = ")?;
    let is_key = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    is_key.then_some(key)
}

#[test]
fn the_sample_loads() {
    let (path, _) = sample();
    let config = Config::load(&LoadOptions::from_process(Some(path.clone()))).expect("loads");
    assert_eq!(config.file.as_deref(), Some(path.as_path()));
    assert_eq!(config.cameras.len(), 1);
}

#[test]
fn the_defaults_it_shows_are_the_defaults() {
    let (path, text) = sample();
    let mut spelled_out = 0;
    let all: Vec<&str> = text
        .lines()
        .map(|line| match commented_key(line) {
            Some(key) if !NO_DEFAULT.contains(&key) => {
                spelled_out += 1;
                &line[1..]
            }
            _ => line,
        })
        .collect();
    assert!(spelled_out > 30, "only {spelled_out} defaults were found in the sample");
    let shown = Config::parse(&all.join("\n"), &path).expect("its defaults are valid");
    assert_eq!(shown, Config::parse(&text, &path).expect("valid"));
}

//! Holds the list of keys against the sample and against the reader.

use crate::keys::{self, KEYS};
use crate::{Config, ConfigError};
use std::path::Path;

const SAMPLE: &str = include_str!("../../../hitless.sample.toml");

/// Every `key = …` of the sample with its table, commented out or not.
fn keys_of_sample() -> Vec<String> {
    let mut table = String::new();
    let mut found = Vec::new();
    for line in SAMPLE.lines() {
        if let Some(header) = line.strip_prefix('[') {
            table = header.trim_matches(['[', ']']).to_owned();
        }
        let Some((key, _)) = line.trim_start_matches('#').split_once(" = ") else { continue };
        if key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
            found.push(if table.is_empty() { key.to_owned() } else { format!("{table}.{key}") });
        }
    }
    found
}

#[test]
fn the_sample_explains_every_key_and_no_other() {
    let sample = keys_of_sample();
    for key in KEYS {
        assert!(sample.iter().any(|k| k == key), "the sample does not explain {key}");
    }
    for key in &sample {
        assert!(KEYS.contains(&key.as_str()), "the sample explains {key}, which is no key");
    }
}

/// A date is of no use to any key: whoever reads one complains.
#[test]
fn every_key_is_read() {
    for key in KEYS {
        let mut tables = vec![("", vec!["storage = \"s\""]), ("[[camera]]", Vec::new())];
        tables[1].1.extend(["id = \"A\"", "url = \"rtsp://h/a\"", "user = \"u\""]);
        let (table, name) = key.rsplit_once('.').unwrap_or(("", key));
        let header = if table.is_empty() { String::new() } else { keys::header(table) };
        let line = format!("{name} = 2026-01-01");
        let mut text = String::new();
        for (other, lines) in &mut tables {
            if *other == header {
                lines.retain(|l| !l.starts_with(&format!("{name} ")));
                lines.push(&line);
            }
            text += &format!("{other}\n{}\n", lines.join("\n"));
        }
        if !tables.iter().any(|(other, _)| *other == header) {
            text += &format!("{header}\n{line}\n");
        }
        let error = Config::parse(&text, Path::new("t.toml")).expect_err(&text);
        let ConfigError::Invalid { problems } = &error else { panic!("{error}") };
        assert!(problems.iter().any(|p| p.message.contains(name)), "{key}: {error}");
    }
}

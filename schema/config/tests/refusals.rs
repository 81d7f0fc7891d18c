//! What is refused, and in which words: these lines are read at night.

use hitless_config::{Config, LoadOptions};
use std::path::Path;

const BASE: &str = "storage = \"s\"\n";

/// Everything that is said about a text, one line per problem.
fn said(text: &str) -> String {
    match Config::parse(text, Path::new("/etc/h.toml")) {
        Ok(_) => panic!("was taken:\n{text}"),
        Err(error) => error.to_string(),
    }
}

fn said_with(options: &LoadOptions) -> String {
    match Config::parse_with(Some((Path::new("/etc/h.toml"), BASE)), options) {
        Ok(_) => panic!("was taken"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn an_unknown_key_is_refused_with_its_line_and_the_nearest_one() {
    let text = format!("{BASE}\n[recorder]\nbnid = \"127.0.0.1:1\"\n[recordr]\nx = 1\n");
    assert_eq!(
        said(&text),
        "/etc/h.toml:4: [recorder] has no key \"bnid\"; did you mean \"bind\"?\n\
         /etc/h.toml:5: there is no key \"recordr\"; did you mean \"recorder\"?"
    );
}

#[test]
fn a_key_under_the_wrong_header_is_sent_home() {
    assert_eq!(
        said("[recorder]\nstorage = \"s\"\npolicy = \"stop\"\n"),
        "/etc/h.toml: storage is missing\n\
         /etc/h.toml:2: [recorder] has no key \"storage\"; it belongs to the top of the file, \
         before the first [table]\n\
         /etc/h.toml:3: [recorder] has no key \"policy\"; it belongs to [recorder.disk]"
    );
}

#[test]
fn all_problems_are_said_at_once_in_the_order_of_the_file() {
    let text = format!(
        "{BASE}segment_seconds = 0.5\n[recorder]\nstall_seconds = \"soon\"\ng711 = \"opus\"\n\
         [[camera]]\nid = \"a/b\"\nurl = \"http://h/\"\ntransport = \"tpc\"\n"
    );
    assert_eq!(
        said(&text),
        "/etc/h.toml:2: segment_seconds is 0.5 and must be from 1 to 86400\n\
         /etc/h.toml:4: stall_seconds must be a number, not a text\n\
         /etc/h.toml:5: g711 is \"opus\" and must be one of \"native\", \"pcm\", \"aac\"\n\
         /etc/h.toml:7: the camera id \"a/b\" has the character '/'; allowed are letters, digits, \
         - and _\n\
         /etc/h.toml:8: url: must begin with rtsp:// or rtsps://\n\
         /etc/h.toml:9: transport is \"tpc\" and must be one of \"tcp\", \"udp\""
    );
}

#[test]
fn two_cameras_with_one_id_are_both_named_by_line() {
    let camera = "[[camera]]\nid = \"A\"\nurl = \"rtsp://h/a\"\n";
    assert_eq!(
        said(&format!("{BASE}{camera}{camera}")),
        "/etc/h.toml:6: the camera A is there already: line 3"
    );
}

#[test]
fn a_camera_without_id_or_url_is_named_by_the_line_of_its_header() {
    assert_eq!(
        said(&format!("{BASE}\n[[camera]]\n[[camera]]\nid = \"A\"\n")),
        "/etc/h.toml:3: [[camera]] id is missing\n\
         /etc/h.toml:3: [[camera]] url is missing\n\
         /etc/h.toml:4: [[camera]] url is missing"
    );
}

#[test]
fn broken_toml_is_said_with_its_line_and_nothing_else_is() {
    let said = said("storage = \n[recorder]\nbnid = 1\n");
    assert!(said.starts_with("/etc/h.toml:1: "), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[test]
fn an_unknown_variable_is_refused_with_the_nearest_one() {
    let options = LoadOptions::default()
        .variable_set("HITLESS_RECORDER__BNID", "127.0.0.1:1")
        .variable_set("HITLESS_STORGE", "x")
        .variable_set("HITLESS_RECORDER_BIND", "127.0.0.1:1")
        .variable_set("HITLESS_CAMERA__URL", "rtsp://h/")
        .variable_set("HITLESS_CAMERA__7__URL", "rtsp://h/");
    let mut lines: Vec<_> = said_with(&options).lines().map(str::to_owned).collect();
    lines.sort();
    assert_eq!(
        lines,
        [
            "environment variable HITLESS_CAMERA__7__URL: there are 0 cameras, numbered from 0; \
             the next one would be 0",
            "environment variable HITLESS_CAMERA__URL: there is no such key; did you mean \
             HITLESS_CAMERA__0__URL?",
            "environment variable HITLESS_RECORDER_BIND: there is no such key; did you mean \
             HITLESS_RECORDER__BIND?",
            "environment variable HITLESS_RECORDER__BNID: there is no such key; did you mean \
             HITLESS_RECORDER__BIND?",
            "environment variable HITLESS_STORGE: there is no such key; did you mean \
             HITLESS_STORAGE?",
        ]
    );
}

#[test]
fn a_wrong_flag_is_named_as_it_was_typed() {
    let options = LoadOptions::default().flag("recorder.bind", "--bind", Some("here"));
    assert_eq!(
        said_with(&options),
        "--bind: bind is \"here\" and must be an address with a port, as 127.0.0.1:8080"
    );
}

#[test]
fn an_address_that_others_reach_needs_a_token() {
    let text = format!("{BASE}[recorder]\nbind = \"0.0.0.0:8080\"\n");
    assert_eq!(
        said(&text),
        "/etc/h.toml:3: bind 0.0.0.0:8080 can be reached from other machines and needs a \
         token_file beside it"
    );
}

#[test]
fn steps_of_a_stop_may_not_exceed_the_whole() {
    let said = said(&format!("{BASE}[shutdown]\ntotal_seconds = 10\n"));
    assert!(said.contains("30 s together, more than total_seconds = 10"), "{said}");
}

#[test]
fn retina_is_refused_what_it_cannot_do() {
    let camera = "[[camera]]\nid = \"A\"\nsource = \"retina\"\nurl = \"rtsps://h/a\"\n";
    assert!(said(&format!("{BASE}{camera}")).contains("TCP only"));
}

#[test]
fn a_missing_file_is_said_with_its_name() {
    let options = LoadOptions::from_process(Some("/nowhere/h.toml".into()));
    let error = Config::load(&options).expect_err("is not there").to_string();
    assert!(error.contains("/nowhere/h.toml"), "{error}");
}

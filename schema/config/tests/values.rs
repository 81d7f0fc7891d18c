//! What comes out: defaults, paths, environment, flags, credentials, changes.

use hitless_config::*;
use std::path::{Path, PathBuf};
use std::time::Duration;

const BASE: &str = "storage = \"rec\"\ndatabase = \"sqlite://index.db\"\n";
const CAMERA: &str = "[[camera]]\nid = \"A\"\nurl = \"rtsp://h/a\"\n";

fn parse(text: &str) -> Config {
    Config::parse(text, Path::new("/etc/hitless/h.toml")).expect("valid")
}

fn with(text: &str, options: LoadOptions) -> Config {
    Config::parse_with(Some((Path::new("/etc/hitless/h.toml"), text)), &options).expect("valid")
}

#[test]
fn paths_begin_at_the_directory_of_the_file() {
    let config = parse(&format!("{BASE}{CAMERA}tls_ca_file = \"ca.pem\"\n"));
    assert_eq!(config.storage, Path::new("/etc/hitless/rec"));
    assert_eq!(config.database, Database::Sqlite("/etc/hitless/index.db".into()));
    assert_eq!(config.database.expose_url().expose(), "sqlite:///etc/hitless/index.db");
    assert_eq!(config.cameras[0].tls.ca_file, Some("/etc/hitless/ca.pem".into()));
    let absolute = parse("storage = \"/var/rec\"\ndatabase = \"sqlite:///var/x%.db\"\n");
    assert_eq!(absolute.database.expose_url().expose(), "sqlite:///var/x%25.db");
    let beside = parse("storage = \"/var/rec\"\n");
    assert_eq!(beside.database, Database::Sqlite("/var/rec/.hitless/hitless.db".into()));
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    let text = format!("{BASE}[recorder]\ninstance = \"file\"\nstall_seconds = 9\n{CAMERA}");
    let options = || {
        LoadOptions::default()
            .variable_set("HITLESS_RECORDER__INSTANCE", "env")
            .variable_set("HITLESS_RECORDER__DISK__MIN_FREE_BYTES", "2GiB")
            .variable_set("HITLESS_STITCHER__FOREIGN", "a_{camera}, b_{camera}")
            .variable_set("HITLESS_SEGMENT_SECONDS", "7.5")
            .variable_set("HITLESS_LOG", "debug,sqlx=warn")
            .variable_set("HITLESS_TEST_DIR", "x")
            .variable_set("HITLESS_HANDOVER_FD", "3")
            .variable_set("HITLESS_LOG__LEVEL", "")
    };
    let config = with(&text, options());
    assert_eq!(config.recorder.instance.as_str(), "env");
    assert_eq!(config.recorder.stall, Duration::from_secs(9));
    assert_eq!(config.recorder.disk.min_free_bytes, Some(2 << 30));
    assert_eq!(config.stitcher.foreign, ["a_{camera}", "b_{camera}"]);
    assert_eq!(config.segment, Duration::from_millis(7500));
    assert_eq!(config.log.level, LogLevel::Info);
    let flags = options().flag("recorder.instance", "--instance", Some("flag"));
    assert_eq!(with(&text, flags).recorder.instance.as_str(), "flag");
}

#[test]
fn the_environment_changes_and_adds_cameras() {
    let options = LoadOptions::default()
        .variable_set("HITLESS_CAMERA__1__ID", "B")
        .variable_set("HITLESS_CAMERA__1__URL", "rtsp://h/b")
        .variable_set("HITLESS_CAMERA__0__ENABLED", "false");
    let config = with(&format!("{BASE}{CAMERA}"), options);
    let ids: Vec<_> = config.cameras.iter().map(|c| c.id.as_str()).collect();
    assert_eq!(ids, ["A", "B"]);
    assert!(!config.cameras[0].enabled && config.cameras[1].enabled);
}

#[test]
fn the_environment_alone_is_enough() {
    let options = LoadOptions::default().variable_set("HITLESS_STORAGE", "/rec");
    let config = Config::parse_with(None, &options).expect("valid");
    assert_eq!((config.file, config.storage), (None, PathBuf::from("/rec")));
}

#[test]
fn a_url_gives_user_and_password_and_shows_neither() {
    let text = "[[camera]]\nid = \"A\"\nurl = \"rtsp://us%40er:p%2Fw@h/x?token=geheim\"\n";
    let camera = &parse(&format!("{BASE}{text}")).cameras[0];
    let credentials = camera.credentials.as_ref().expect("has them");
    assert_eq!(credentials.user, "us@er");
    assert_eq!(credentials.password.expose(), "p/w");
    assert_eq!(camera.url.as_url().as_str(), "rtsp://h/x?token=geheim");
    assert_eq!(camera.url.to_string(), "rtsp://h/x?token=***");
}

#[test]
fn nothing_secret_is_ever_printed() {
    let dir = tempfile::tempdir().expect("a directory");
    for file in ["token", "password"] {
        std::fs::write(dir.path().join(file), "geheim\n").expect("written");
    }
    let text = "storage = \"s\"\ndatabase = \"postgres://u:geheim@h/d?password=geheim\"\n\
         [recorder]\ntoken_file = \"token\"\nbind = \"0.0.0.0:1\"\n\
         [[camera]]\nid = \"A\"\nurl = \"rtsp://h/a\"\nuser = \"u\"\npassword_file = \"password\"\n\
         [[camera]]\nid = \"B\"\nurl = \"rtsp://u:geheim@h/user=x&password=geheim&c=1\"\n";
    let config = Config::parse(text, &dir.path().join("h.toml")).expect("valid");
    assert_eq!(config.recorder.access.token, Some(Secret::new("geheim")));
    let password = config.cameras[0].credentials.as_ref().map(|c| c.password.expose());
    assert_eq!(password, Some("geheim"));
    let printed = format!("{config:#?} {} {}", config.database, config.cameras[1].url);
    assert!(!printed.contains("geheim"), "{printed}");
}

/// Errors are printed too: a URL that cannot be parsed, a password in two places,
/// a wrong value beside a secret.
#[test]
fn nothing_secret_is_in_a_message() {
    let text = "storage = \"s\"\ndatabase = \"postgres://u:geheim@h:x/d\"\n\
         [[camera]]\nid = \"A\"\nurl = \"rtsp://u:geheim/x@h/\"\n\
         [[camera]]\nid = \"B\"\nurl = \"rtsp://u:ge#geheim@h/\"\n\
         [[camera]]\nid = \"C\"\nurl = \"rtsp://u:geheim@h/\"\nuser = \"v\"\npassword_env = \"X\"\n\
         [[camera]]\nid = \"D\"\nurl = \"rtsp://:geheim@h/\"\nsource = \"x\"\n";
    let error = Config::parse(text, Path::new("h.toml")).expect_err("wrong");
    assert!(error.problems().len() >= 6, "{error}");
    assert!(!format!("{error} {error:?}").contains("geheim"), "{error}");
}

#[test]
fn a_password_comes_from_the_environment_or_from_systemd() {
    let dir = tempfile::tempdir().expect("a directory");
    std::fs::write(dir.path().join("cam"), "of systemd").expect("written");
    let text = format!(
        "{BASE}{CAMERA}user = \"u\"\npassword_env = \"HITLESS_CAM_A\"\n\
         [[camera]]\nid = \"B\"\nurl = \"rtsp://u@h/b\"\npassword_credential = \"cam\"\n"
    );
    let options = LoadOptions::default()
        .variable_set("HITLESS_CAM_A", "of env")
        .variable_set("CREDENTIALS_DIRECTORY", dir.path().to_str().expect("a text"));
    let config = with(&text, options);
    let password = |n: usize| config.cameras[n].credentials.as_ref().map(|c| c.password.expose());
    assert_eq!((password(0), password(1)), (Some("of env"), Some("of systemd")));
}

/// Who opens no camera need not be able to read its password.
#[test]
fn passwords_are_left_where_they_are_if_nobody_wants_them() {
    let text = format!(
        "{BASE}{CAMERA}user = \"u\"\npassword_file = \"/nowhere\"\n\
         [[camera]]\nid = \"B\"\nurl = \"rtsp://u@h/b\"\npassword_credential = \"cam\"\n"
    );
    let config = with(&text, LoadOptions::default().without_passwords());
    assert_eq!(config.cameras.len(), 2);
    let text = |camera: &Camera| camera.credentials.clone().map(|c| c.password);
    assert_eq!(text(&config.cameras[0]), Some(Secret::new("")));
}

#[test]
fn a_reload_touches_only_what_changed() {
    let camera =
        |id: &str, more: &str| format!("[[camera]]\nid = \"{id}\"\nurl = \"rtsp://h/a\"\n{more}\n");
    let list = |cameras: &[String]| parse(&format!("{BASE}{}", cameras.concat())).cameras;
    let old = list(&[camera("A", ""), camera("B", ""), camera("C", "")]);
    let new = list(&[camera("D", ""), camera("B", "audio = false"), camera("A", "")]);
    let changes = CameraChanges::between(&old, &new);
    let ids = |list: &[Camera]| list.iter().map(|c| c.id.to_string()).collect::<Vec<_>>();
    assert_eq!(ids(&changes.added), ["D"]);
    assert_eq!(ids(&changes.changed), ["B"]);
    assert_eq!(changes.removed.iter().map(|id| id.as_str()).collect::<Vec<_>>(), ["C"]);
    assert!(CameraChanges::between(&old, &old).is_empty());
}

proptest::proptest! {
    /// Whatever is in the file, there is an answer, and it is not a panic.
    #[test]
    fn any_text_is_answered(text in "[\\[\\]a-z_=\"0-9. \n#-]{0,200}") {
        let _ = Config::parse(&text, Path::new("h.toml"));
    }
}

//! URLs as they may be shown: without passwords, wherever a camera wants them.

use std::fmt::Write as _;
use url::Url;

/// Names under which makers put a password into a path or a query, as in
/// `rtsp://host/user=admin&password=x&channel=1`.
const NAMES: &[&str] =
    &["password", "passwd", "pass", "pwd", "pw", "token", "auth", "secret", "key"];

/// The URL with every password replaced by `***`; users are shown.
pub(crate) fn url(url: &Url) -> String {
    let mut shown = format!("{}://", url.scheme());
    if !url.username().is_empty() || url.password().is_some() {
        shown.push_str(url.username());
        if url.password().is_some() {
            shown.push_str(":***");
        }
        shown.push('@');
    }
    shown.push_str(url.host_str().unwrap_or(""));
    if let Some(port) = url.port() {
        let _ = write!(shown, ":{port}");
    }
    shown.push_str(&pairs(url.path()));
    if let Some(query) = url.query() {
        let _ = write!(shown, "?{}", pairs(query));
    }
    shown
}

/// Hides the value of each `name=value` whose name speaks of a secret.
fn pairs(text: &str) -> String {
    let hide = |piece: &str| match piece.split_once('=') {
        Some((name, value)) if is_secret(name) && !value.is_empty() => format!("{name}=***"),
        _ => piece.to_owned(),
    };
    let separators = ['&', ';', '/', '?'];
    text.split_inclusive(separators)
        .map(|piece| match piece.strip_suffix(separators) {
            Some(bare) => format!("{}{}", hide(bare), &piece[bare.len()..]),
            None => hide(piece),
        })
        .collect()
}

fn is_secret(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    // `_` too: query keys like `rtsp_auth_token`.
    NAMES.contains(&name.as_str())
        || name.rsplit(['_', '-']).next().is_some_and(|last| NAMES.contains(&last))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        url(&Url::parse(text).expect("a url"))
    }

    #[test]
    fn passwords_are_hidden_wherever_cameras_want_them() {
        assert_eq!(shown("rtsp://u:geheim@h:554/a"), "rtsp://u:***@h:554/a");
        assert_eq!(
            shown("rtsp://h/user=admin&password=geheim&channel=1"),
            "rtsp://h/user=admin&password=***&channel=1"
        );
        assert_eq!(shown("rtsp://h/a?rtsp_auth_token=geheim"), "rtsp://h/a?rtsp_auth_token=***");
        assert_eq!(shown("rtsp://h/a?PWD=geheim/x"), "rtsp://h/a?PWD=***/x");
        assert_eq!(shown("rtsp://h/Streaming/Channels/101"), "rtsp://h/Streaming/Channels/101");
    }
}

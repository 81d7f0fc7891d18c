//! A camera's address, with its credentials kept apart.
//!
//! Some makers want the password in the path or the query; there it cannot be
//! taken away, but it is never shown.

use std::fmt;
use url::{Position, Url};

/// Where a camera is, and who asks. Shows itself without credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    url: Url,
    shown: String,
    user: Option<String>,
    password: Option<String>,
    /// Everything that must not be seen.
    secrets: Vec<String>,
}

impl Address {
    /// From a URL, the same as it may be `shown`, and credentials.
    pub fn new(url: Url, shown: String, user: Option<String>, password: Option<String>) -> Self {
        let in_path = hidden(&url[Position::BeforePath..], &shown);
        let secrets = password.iter().cloned().chain(in_path).filter(|s| !s.is_empty()).collect();
        Self { url, shown, user, password, secrets }
    }

    /// As it is asked for; not to be shown.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// User and password, if there is a user.
    pub fn credentials(&self) -> Option<(&str, &str)> {
        self.user.as_deref().map(|user| (user, self.password.as_deref().unwrap_or("")))
    }

    /// `rtsps`.
    pub fn is_tls(&self) -> bool {
        self.url.scheme() == "rtsps"
    }

    /// Takes every trace of the passwords out of a text.
    pub fn redact(&self, text: &str) -> String {
        self.secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret, "***"))
    }
}

/// The values in `path` that are `***` in `shown`, which ends with the same
/// pairs.
fn hidden(path: &str, shown: &str) -> Vec<String> {
    let pieces = |text: &str| -> Vec<String> {
        text.rsplit(['&', ';', '/', '?']).map(str::to_owned).collect()
    };
    let pairs = pieces(path).into_iter().zip(pieces(shown)).filter(|(is, shown)| is != shown);
    pairs.filter_map(|(is, _)| Some(is.split_once('=')?.1.to_owned())).collect()
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(url: &str, shown: &str, password: Option<&str>) -> Address {
        let url = Url::parse(url).expect("valid");
        Address::new(url, shown.to_owned(), Some("joe".to_owned()), password.map(str::to_owned))
    }

    #[test]
    fn credentials_are_never_shown() {
        let url = "rtsp://10.0.0.9:554/main";
        let address = address(url, url, Some("s@crt"));
        assert_eq!(address.credentials(), Some(("joe", "s@crt")));
        assert_eq!(format!("{address} {address:?}"), format!("{url} {url}"));
        assert_eq!(address.redact("401 for joe:s@crt"), "401 for joe:***");
    }

    #[test]
    fn nor_is_a_password_in_the_path() {
        let (url, shown) =
            ("rtsp://h/user=joe&password=s3crt/x?n=1", "rtsp://h/user=joe&password=***/x?n=1");
        let address = address(url, shown, None);
        assert_eq!(format!("{address} {address:?}"), format!("{shown} {shown}"));
        assert_eq!(
            address.redact(&format!("no answer from {url}")),
            format!("no answer from {shown}")
        );
    }
}

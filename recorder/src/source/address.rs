//! A camera's address, with its credentials kept apart.

use std::fmt;
use url::Url;

/// Where a camera is, and who asks. Shows itself without credentials.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    url: Url,
    user: Option<String>,
    password: Option<String>,
}

impl Address {
    /// From a URL that may hold credentials; given ones win.
    pub fn new(mut url: Url, user: Option<String>, password: Option<String>) -> Self {
        let decode = |text: &str| {
            percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned()
        };
        let in_url = (!url.username().is_empty()).then(|| decode(url.username()));
        let password_in_url = url.password().map(decode);
        // Only URLs without a host refuse this; they hold no credentials.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        Self { url, user: user.or(in_url), password: password.or(password_in_url) }
    }

    /// Without credentials.
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

    /// Takes every trace of the password out of a text.
    pub fn redact(&self, text: &str) -> String {
        match self.password.as_deref().filter(|p| !p.is_empty()) {
            Some(password) => text.replace(password, "***"),
            None => text.to_owned(),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.url.fmt(f)
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

    #[test]
    fn credentials_are_never_shown() {
        let url = Url::parse("rtsp://joe:s%40crt@10.0.0.9:554/main").expect("valid");
        let address = Address::new(url, None, None);
        assert_eq!(address.credentials(), Some(("joe", "s@crt")));
        assert_eq!(
            format!("{address} {address:?}"),
            "rtsp://10.0.0.9:554/main rtsp://10.0.0.9:554/main"
        );
        assert_eq!(address.redact("401 for joe:s@crt"), "401 for joe:***");
    }
}

//! The address of a camera: `rtsp://` or `rtsps://`, user and password taken
//! out, and whatever else is secret in it hidden when it is shown.

use crate::credentials::InUrl;
use crate::redact;
use percent_encoding::percent_decode_str;
use std::fmt;
use url::Url;

/// A camera's address without user and password. `Display` and `Debug` hide
/// passwords that its maker wants in the path or the query.
#[derive(Clone, PartialEq, Eq)]
pub struct CameraUrl(Url);

impl CameraUrl {
    /// The address to connect to.
    pub fn as_url(&self) -> &Url {
        &self.0
    }

    /// Is it `rtsps`?
    pub fn is_tls(&self) -> bool {
        self.0.scheme() == "rtsps"
    }

    /// Checks a text; user and password come out beside the address.
    pub(crate) fn parse(text: &str) -> Result<(Self, InUrl), String> {
        // The errors of the parser do not repeat its input, so no password either.
        let mut url = Url::parse(text).map_err(|error| match error {
            url::ParseError::InvalidPort => "the port is no number; a password with /, ?, # or : \
                                             must be percent-encoded or stand in password_file"
                .to_owned(),
            error => error.to_string(),
        })?;
        if !matches!(url.scheme(), "rtsp" | "rtsps") {
            return Err("must begin with rtsp:// or rtsps://".to_owned());
        }
        if url.host_str().is_none_or(str::is_empty) {
            return Err("has no host".to_owned());
        }
        if url.fragment().is_some() {
            return Err(
                "has a #, which never reaches the camera; write %23 for one in a password \
                        or path"
                    .to_owned(),
            );
        }
        let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let user = Some(url.username()).filter(|user| !user.is_empty()).map(decoded);
        let password = url.password().map(decoded);
        // Neither fails on a URL that has a host.
        let _ = url.set_username("");
        let _ = url.set_password(None);
        Ok((Self(url), InUrl { user, password }))
    }
}

impl fmt::Display for CameraUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&redact::url(&self.0))
    }
}

impl fmt::Debug for CameraUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

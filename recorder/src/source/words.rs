//! What a failed session is called: one sentence, one line, no credentials.
//!
//! Both makers of sessions say a lot, over several lines and in their own
//! terms; what a person can act on is the status, and where the camera is.

use super::SourceError;
use super::address::Address;

/// A status that the camera answered with instead of 200, and what was said of
/// it.
pub(super) fn refusal(address: &Address, status: u16, said: &str) -> SourceError {
    let said = plain(address, said);
    match status {
        401 | 403 if address.credentials().is_none() => SourceError::Unauthorized(format!(
            "the camera wants a user and a password, and none are configured ({status})"
        )),
        401 | 403 => {
            SourceError::Unauthorized(format!("the camera refuses the user or password ({status})"))
        }
        404 | 410 => SourceError::Unreachable(format!(
            "the camera has nothing at {} ({status}); look at the path in the url",
            address.redact(address.url().path())
        )),
        453 | 503 => {
            SourceError::Unreachable(format!("the camera takes no further session now ({status})"))
        }
        _ => SourceError::Refused(said),
    }
}

/// The camera could not be reached at all.
pub(super) fn unreachable(address: &Address, said: &str) -> SourceError {
    let host = address.url().host_str().unwrap_or("the camera");
    let port = address.url().port().unwrap_or(if address.is_tls() { 322 } else { 554 });
    let tls = match address.is_tls() {
        true => "; a certificate of your own needs tls_ca_file",
        false => "",
    };
    let said = plain(address, said);
    SourceError::Unreachable(format!("no connection to {host}:{port}: {said}{tls}"))
}

/// Something else that was said.
pub(super) fn plain(address: &Address, said: &str) -> String {
    one_line(&address.redact(said))
}

/// The first paragraph, as one line. What follows are connections and offsets.
fn one_line(text: &str) -> String {
    let first = text.split("\n\n").next().unwrap_or_default();
    first.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What an element of GStreamer adds to an error: only the last line is about
/// the error, the ones before it name source file and element.
pub(super) fn of_element(debug: &str) -> &str {
    debug.trim_end().rsplit('\n').next().unwrap_or_default()
}

/// The status in a line like `Not Found (404)` or `Error (503): …`.
pub(super) fn status_in(line: &str) -> Option<u16> {
    let bracketed = line.split('(').skip(1).filter_map(|part| part.split_once(')'));
    let mut numbers = bracketed.filter_map(|(inside, _)| inside.parse().ok());
    numbers.find(|status| (400..600).contains(status))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_of_one_line() {
        let said =
            "404 response to DESCRIBE: Unexpected\n status\n\nconn: 127.0.0.1:1(me)->x\nmsg: 0";
        assert_eq!(one_line(said), "404 response to DESCRIBE: Unexpected status");
        let debug = "../gst/rtsp/gstrtspsrc.c(8336): gst_x (): /GstPipeline:p:\nFailed to connect.";
        assert_eq!(of_element(debug), "Failed to connect.");
        assert_eq!(status_in("Not Found (404)"), Some(404));
        assert_eq!(status_in("Error (503): Service Unavailable"), Some(503));
        assert_eq!(status_in("Failed to connect. (Generic error)"), None);
    }
}

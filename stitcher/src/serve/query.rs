//! What stands behind the question mark.

use percent_encoding::percent_decode_str;

/// A value by its name.
pub(super) fn value(query: Option<&str>, name: &str) -> Option<String> {
    let pairs = query?.split('&').filter_map(|pair| pair.split_once('='));
    let (_, found) = pairs.into_iter().find(|(key, _)| *key == name)?;
    // A plus is a blank in forms and belongs to an offset here: +02:00.
    Some(percent_decode_str(found).decode_utf8_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded_and_offsets_keep_their_plus() {
        let query = Some("camera=CAM_1&from=2026-08-11T05%3A07:00+02:00&empty=");
        assert_eq!(value(query, "from").as_deref(), Some("2026-08-11T05:07:00+02:00"));
        assert_eq!(value(query, "empty").as_deref(), Some(""));
        assert_eq!(value(query, "to"), None);
        assert_eq!(value(None, "to"), None);
    }
}

//! Ids: which camera, which recorder, which life of it, which segment.
//!
//! Each id is checked once, when it is made, and is then safe in file names,
//! URLs and SQL. Nothing here generates ids: randomness comes in from outside.
//! Ids are copied a lot, into every row of a plan: all copies share one text.

use serde::{Deserialize, Serialize};
use std::cmp::Ordering;
use std::fmt;
use std::sync::Arc;

/// Why a text is not an id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// An id has at least one character.
    #[error("a {kind} may not be empty")]
    Empty {
        /// Which id was meant.
        kind: &'static str,
    },
    /// Longer than its limit.
    #[error("the {kind} \"{text}\" is longer than {limit} characters")]
    TooLong {
        /// Which id was meant.
        kind: &'static str,
        /// What was given.
        text: String,
        /// The limit in characters.
        limit: usize,
    },
    /// A character that would not be safe in a file name.
    #[error("the {kind} \"{text}\" has the character {found:?}; allowed are {allowed}")]
    BadCharacter {
        /// Which id was meant.
        kind: &'static str,
        /// What was given.
        text: String,
        /// The first character that is not allowed.
        found: char,
        /// What would be.
        allowed: &'static str,
    },
}

macro_rules! text_id {
    ($(#[$doc:meta])* $name:ident, $kind:literal, $limit:literal, $extra:expr, $allowed:literal) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Arc<str>);

        impl $name {
            /// Checks a text and makes it an id.
            pub fn new(text: impl Into<String>) -> Result<Self, IdError> {
                let text = text.into();
                if text.is_empty() {
                    return Err(IdError::Empty { kind: $kind });
                }
                if text.len() > $limit {
                    return Err(IdError::TooLong { kind: $kind, text, limit: $limit });
                }
                let extra: &[char] = $extra;
                match text.chars().find(|c| !(c.is_ascii_alphanumeric() || extra.contains(c))) {
                    Some(found) => {
                        Err(IdError::BadCharacter { kind: $kind, text, found, allowed: $allowed })
                    }
                    None => Ok(Self(text.into())),
                }
            }

            /// The same as [`Self::new`]; shares the text of `other` where it is
            /// that one.
            pub fn like(other: Option<&Self>, text: &str) -> Result<Self, IdError> {
                match other.filter(|other| other.as_str() == text) {
                    Some(other) => Ok(other.clone()),
                    None => Self::new(text),
                }
            }

            /// The id as text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Ord for $name {
            fn cmp(&self, other: &Self) -> Ordering {
                match Arc::ptr_eq(&self.0, &other.0) {
                    true => Ordering::Equal,
                    false => self.0.cmp(&other.0),
                }
            }
        }

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
                Some(self.cmp(other))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                Self::new(text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0.as_ref().to_owned()
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }
    };
}

text_id!(
    /// One source of video, for instance `CAMERA_1` or `front-door`.
    CameraId, "camera id", 100, &['-', '_'], "letters, digits, - and _"
);
text_id!(
    /// The tag of one recorder, for instance `blue`. Has no `_`, so that a
    /// segment's name can be parsed from the right.
    InstanceId, "instance", 50, &['-'], "letters, digits and -"
);
text_id!(
    /// One life of one recorder process. Ids of later runs sort after those of
    /// earlier ones on the same host.
    RunId, "run id", 64, &['-'], "letters, digits and -"
);

impl InstanceId {
    /// The instance that takes over from this one: `blue` and `green` swap, any
    /// other `X` becomes `X-b` and back.
    pub fn successor(&self) -> Result<Self, IdError> {
        match self.as_str() {
            "blue" => Self::new("green"),
            "green" => Self::new("blue"),
            other => match other.strip_suffix("-b") {
                Some(first) if !first.is_empty() => Self::new(first),
                _ => Self::new(format!("{other}-b")),
            },
        }
    }
}

/// Counts the segments of one camera and instance; never restarts.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Default,
)]
#[serde(transparent)]
pub struct SegmentNumber(u64);

impl SegmentNumber {
    /// The number as given.
    pub fn new(number: u64) -> Self {
        Self(number)
    }

    /// The bare number.
    pub fn get(self) -> u64 {
        self.0
    }

    /// The number of the following segment.
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl fmt::Display for SegmentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_refuse_what_a_file_name_must_not_hold() {
        assert!(CameraId::new("front-door_2").is_ok());
        assert!(CameraId::new("../etc").is_err());
        assert!(CameraId::new("").is_err());
        assert!(InstanceId::new("a_b").is_err());
        assert!(InstanceId::new("x".repeat(51)).is_err());
    }

    #[test]
    fn a_copy_shares_its_text_and_is_in_the_same_place() {
        let first = RunId::new("a-1").expect("valid");
        let same = RunId::like(Some(&first), "a-1").expect("valid");
        assert!(Arc::ptr_eq(&first.0, &same.0));
        let again = RunId::new("a-1").expect("valid");
        assert_eq!((first.cmp(&same), first.cmp(&again)), (Ordering::Equal, Ordering::Equal));
        let other = RunId::like(Some(&first), "a-2").expect("valid");
        assert_eq!(other.as_str(), "a-2");
        assert_eq!(first.cmp(&other), Ordering::Less);
        assert!(RunId::like(Some(&first), "a_2").is_err());
    }

    #[test]
    fn successors_go_there_and_back() {
        for name in ["blue", "green", "nvr1", "nvr1-b"] {
            let first = InstanceId::new(name).expect("valid");
            let second = first.successor().expect("valid");
            assert_ne!(first, second);
            assert_eq!(second.successor().expect("valid"), first);
        }
    }
}

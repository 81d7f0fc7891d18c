//! Which instance the successor is.

use hitless_model::{IdError, InstanceId};

/// What is put behind a name that has no partner of its own.
const SUFFIX: &str = "-b";

/// The instance that takes over from `running`, where `configured` is what the
/// configuration now says: that one, unless it is the one that runs.
pub fn next_instance(configured: &InstanceId, running: &InstanceId) -> Result<InstanceId, IdError> {
    if configured == running { partner(configured) } else { Ok(configured.clone()) }
}

/// The other one of a pair: blue and green, `X` and `X-b`.
pub(super) fn partner(instance: &InstanceId) -> Result<InstanceId, IdError> {
    match instance.as_str() {
        "blue" => InstanceId::new("green"),
        "green" => InstanceId::new("blue"),
        name => match name.strip_suffix(SUFFIX) {
            Some(first) if !first.is_empty() => InstanceId::new(first),
            _ => InstanceId::new(format!("{name}{SUFFIX}")),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> InstanceId {
        InstanceId::new(name).expect("valid")
    }

    #[test]
    fn partners_come_and_go_in_pairs() {
        for (one, other) in
            [("blue", "green"), ("host-7", "host-7-b"), ("a", "a-b"), ("-b", "-b-b")]
        {
            assert_eq!(partner(&id(one)).expect("valid"), id(other));
            assert_eq!(partner(&id(other)).expect("valid"), id(one));
        }
    }

    #[test]
    fn the_configured_instance_runs_whenever_it_can() {
        let next = |configured, running| {
            next_instance(&id(configured), &id(running)).expect("valid").to_string()
        };
        assert_eq!(next("blue", "blue"), "green");
        assert_eq!(next("blue", "green"), "blue");
        assert_eq!(next("red", "green"), "red", "renamed in the configuration");
    }

    #[test]
    fn a_name_without_room_for_a_partner_is_refused() {
        let long = "x".repeat(50);
        assert!(partner(&id(&long)).is_err());
    }
}

//! The key-frame gate: nothing is recorded before a picture that decoding can
//! start with.
//!
//! Also keeps out what cannot be decoded after it: leading pictures that refer
//! to pictures before the first key frame.

use hitless_media::nal::Leading;

/// Opens at the first undamaged key frame.
#[derive(Debug, Default)]
pub struct KeyFrameGate {
    open: bool,
    first_group: bool,
    kept_out: u64,
}

impl KeyFrameGate {
    /// Whether this picture is recorded.
    pub fn passes(&mut self, key: bool, damaged: bool, leading: Option<Leading>) -> bool {
        if !self.open {
            self.open = key && !damaged;
            self.first_group = self.open;
        } else if key {
            self.first_group = false;
        }
        // RASL pictures refer to what came before their key frame.
        let undecodable = self.first_group && matches!(leading, Some(Leading::Rasl));
        let passes = self.open && !undecodable;
        if !passes {
            self.kept_out += 1;
        }
        passes
    }

    /// Pictures that arrived and were not recorded.
    pub fn kept_out(&self) -> u64 {
        self.kept_out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn opens_at_a_whole_key_frame_and_drops_its_undecodable_leaders() {
        let mut gate = KeyFrameGate::default();
        assert!(!gate.passes(false, false, None));
        assert!(!gate.passes(true, true, None));
        assert!(gate.passes(true, false, None));
        assert!(!gate.passes(false, false, Some(Leading::Rasl)));
        assert!(gate.passes(false, false, Some(Leading::Radl)));
        assert!(gate.passes(false, true, None), "damaged, but marked: another may have less");
        assert!(gate.passes(true, false, None));
        assert!(gate.passes(false, false, Some(Leading::Rasl)));
        assert_eq!(gate.kept_out(), 3);
    }
}

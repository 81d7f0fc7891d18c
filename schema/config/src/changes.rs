//! What a reload must touch: the cameras that differ, and only those.

use crate::camera::Camera;
use hitless_model::CameraId;

/// The difference between two lists of cameras. Order in the file is no
/// difference.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CameraChanges {
    /// Only in the new list.
    pub added: Vec<Camera>,
    /// Only in the old list.
    pub removed: Vec<CameraId>,
    /// In both, and not equal: the new one.
    pub changed: Vec<Camera>,
}

impl CameraChanges {
    /// Compares two lists.
    pub fn between(old: &[Camera], new: &[Camera]) -> Self {
        let find = |list: &[Camera], id: &CameraId| list.iter().find(|c| c.id == *id).cloned();
        let mut changes = Self::default();
        for camera in new {
            match find(old, &camera.id) {
                None => changes.added.push(camera.clone()),
                Some(before) if before != *camera => changes.changed.push(camera.clone()),
                Some(_) => {}
            }
        }
        changes.removed =
            old.iter().filter(|c| find(new, &c.id).is_none()).map(|c| c.id.clone()).collect();
        changes
    }

    /// Is there nothing to do?
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

//! Where the control socket lies: `{storage}/.hitless/{instance}.sock`.
//!
//! The path of a socket may have 107 bytes, that of a storage may have more. So
//! it is reached through the open folder.

use hitless_model::InstanceId;
use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

/// The control socket of an instance, under its own name.
pub(super) fn path_of(storage: &Path, instance: &InstanceId) -> PathBuf {
    folder(storage).join(name_of(instance))
}

/// Listens; one that a dead recorder left is replaced. To be called by who
/// holds the instance's lock.
pub(super) fn bind(storage: &Path, instance: &InstanceId) -> io::Result<UnixListener> {
    match std::fs::remove_file(path_of(storage, instance)) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let folder = File::open(folder(storage))?;
    let listener = UnixListener::bind(through(&folder, instance))?;
    let only_mine = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(path_of(storage, instance), only_mine)?;
    Ok(listener)
}

/// Connects; an error if nobody listens.
pub(super) fn connect(storage: &Path, instance: &InstanceId) -> io::Result<UnixStream> {
    let folder = File::open(folder(storage))?;
    UnixStream::connect(through(&folder, instance))
}

fn folder(storage: &Path) -> PathBuf {
    storage.join(".hitless")
}

fn name_of(instance: &InstanceId) -> String {
    format!("{instance}.sock")
}

fn through(folder: &File, instance: &InstanceId) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", folder.as_raw_fd())).join(name_of(instance))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_path_is_no_obstacle_and_a_dead_socket_neither() {
        let root = tempfile::tempdir().expect("a folder");
        let storage = root.path().join("x".repeat(120));
        std::fs::create_dir_all(storage.join(".hitless")).expect("a folder");
        let blue = InstanceId::new("blue").expect("valid");
        assert!(connect(&storage, &blue).is_err());
        let first = bind(&storage, &blue).expect("binds");
        connect(&storage, &blue).expect("connects");
        drop(first);
        assert!(connect(&storage, &blue).is_err(), "nobody listens");
        let _second = bind(&storage, &blue).expect("binds again");
        connect(&storage, &blue).expect("connects");
    }
}

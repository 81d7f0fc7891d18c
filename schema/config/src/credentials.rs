//! A camera's user and password, from whichever place keeps the password.
//!
//! At most one place may be named. A password in a URL is the least good one
//! (files are read by many eyes), but every camera manual prints it so.

use crate::load::Passwords;
use crate::reader::{Section, Spot};
use crate::secret::Secret;
use std::path::Path;

/// User and password, as the camera wants them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credentials {
    /// The user.
    pub user: String,
    /// The password; may be empty, as it is on cameras that never got one.
    pub password: Secret,
}

/// What the URL said.
pub(crate) struct InUrl {
    pub(crate) user: Option<String>,
    pub(crate) password: Option<String>,
}

/// The keys that name a place for the password.
const PLACES: [&str; 3] = ["password_file", "password_env", "password_credential"];

/// Finds user and password of one camera.
pub(crate) fn read(camera: &Section<'_>, url: InUrl) -> Option<Credentials> {
    let report = |message: &str| camera.context.report(&camera.place, message);
    let named: Vec<_> = PLACES.iter().filter(|key| camera.text(key).is_some()).collect();
    if named.len() + usize::from(url.password.is_some()) > 1 {
        report(
            "the password may come from one place only: the url, password_file, password_env or password_credential",
        );
    }
    let user = match (camera.text("user"), url.user) {
        (Some(key), Some(_)) => {
            camera.context.report(&key.place, "user is given in the url already");
            Some(key.value)
        }
        (key, in_url) => key.map(|spot| spot.value).or(in_url),
    };
    let password = url.password.map(Secret::new).or_else(|| kept_elsewhere(camera));
    match (user, password) {
        (Some(user), password) => {
            Some(Credentials { user, password: password.unwrap_or(Secret::new("")) })
        }
        (None, Some(_)) => {
            report("there is a password, but no user");
            None
        }
        (None, None) => None,
    }
}

fn kept_elsewhere(camera: &Section<'_>) -> Option<Secret> {
    match camera.context.passwords {
        Passwords::Leave => None,
        Passwords::Read => {
            from_file(camera).or_else(|| from_variable(camera)).or_else(|| from_systemd(camera))
        }
    }
}

fn from_file(camera: &Section<'_>) -> Option<Secret> {
    let file = camera.path("password_file")?;
    contents(camera, &file, &file.value, "password file")
}

fn from_variable(camera: &Section<'_>) -> Option<Secret> {
    let name = camera.text("password_env")?;
    let value = (camera.context.variable)(&name.value);
    if value.is_none() {
        let message = format!("password_env: the environment has no variable {}", name.value);
        camera.context.report(&name.place, message);
    }
    value.map(Secret::new)
}

fn from_systemd(camera: &Section<'_>) -> Option<Secret> {
    let name = camera.text("password_credential")?;
    if name.value.contains('/') || name.value.starts_with('.') {
        camera.context.report(&name.place, "password_credential is a name, not a path");
        return None;
    }
    let Some(directory) = (camera.context.variable)("CREDENTIALS_DIRECTORY") else {
        let message = "password_credential needs systemd, with LoadCredential= in the unit \
                       ($CREDENTIALS_DIRECTORY is not set)";
        camera.context.report(&name.place, message);
        return None;
    };
    contents(camera, &name, &Path::new(&directory).join(&name.value), "credential")
}

fn contents<T>(camera: &Section<'_>, spot: &Spot<T>, path: &Path, what: &str) -> Option<Secret> {
    match (camera.context.read)(path) {
        // Editors end a file with a line break; no password does.
        Ok(text) => Some(Secret::new(text.trim_end_matches(['\r', '\n']))),
        Err(error) => {
            let message = format!("cannot read the {what} {}: {error}", path.display());
            camera.context.report(&spot.place, message);
            None
        }
    }
}

//! Who may ask: the address a program listens on, and the token it wants to see
//! when that address can be reached from outside.

use crate::reader::Section;
use crate::secret::Secret;
use std::net::{Ipv4Addr, SocketAddr};

/// An address to listen on. Only a token opens one that is not loopback.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Access {
    /// Address and port; port 0 takes a free one.
    pub bind: SocketAddr,
    /// What a caller must show; always there if `bind` is not loopback.
    pub token: Option<Secret>,
}

impl Access {
    /// Reads `bind` and `token_file` of a section.
    pub(crate) fn read(section: &Section<'_>, default_port: u16) -> Self {
        let token =
            section.path("token_file").and_then(|file| match (section.context.read)(&file.value) {
                Ok(text) if text.trim().is_empty() => {
                    section.context.report(
                        &file.place,
                        format!("the token file {} is empty", file.value.display()),
                    );
                    None
                }
                Ok(text) => Some(Secret::new(text.trim())),
                Err(error) => {
                    let file_name = file.value.display();
                    section.context.report(
                        &file.place,
                        format!("cannot read the token file {file_name}: {error}"),
                    );
                    None
                }
            });
        let bind = Self::bind(section, default_port);
        if !bind.ip().is_loopback() && section.text("token_file").is_none() {
            let place = section.text("bind").map_or(section.place.clone(), |text| text.place);
            let message = format!(
                "bind {bind} can be reached from other machines and needs a token_file beside it"
            );
            section.context.report(&place, message);
        }
        Self { bind, token }
    }

    fn bind(section: &Section<'_>, default_port: u16) -> SocketAddr {
        let default = SocketAddr::from((Ipv4Addr::LOCALHOST, default_port));
        let Some(text) = section.text("bind") else { return default };
        // No name is looked up, except for the one that everybody types.
        let numeric = match text.value.strip_prefix("localhost:") {
            Some(port) => format!("127.0.0.1:{port}"),
            None => text.value.clone(),
        };
        numeric.parse().unwrap_or_else(|_| {
            let message = format!(
                "bind is \"{}\" and must be an address with a port, as 127.0.0.1:{default_port}",
                text.value
            );
            section.context.report(&text.place, message);
            default
        })
    }
}

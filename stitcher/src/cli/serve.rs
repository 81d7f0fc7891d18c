//! `stitcher serve`.

use super::answer;
use crate::serve::Server;
use crate::site::Site;
use crate::verdict::Verdict;
use anyhow::{Context, Result};
use std::net::SocketAddr;
use tokio::signal::unix::{SignalKind, signal};

/// Serves a page to look at footage, on this machine only unless told
/// otherwise. Ends on SIGTERM and Ctrl-C.
///
/// Examples:
///   stitcher serve                       then open http://127.0.0.1:8090/
///   stitcher serve --bind 0.0.0.0:8090   needs stitcher.token_file; open /?token=...
#[derive(Debug, clap::Args)]
#[command(verbatim_doc_comment)]
pub(super) struct Args {
    /// Where to listen [default: stitcher.bind]
    #[arg(long, value_name = "ADDRESS")]
    bind: Option<SocketAddr>,
}

pub(super) async fn run(site: &Site, args: Args) -> Result<Verdict> {
    site.check_storage()?;
    let bind = args.bind.unwrap_or(site.config.stitcher.access.bind);
    let mut terminated = signal(SignalKind::terminate()).context("signals")?;
    let server = Server::bind(site.clone(), bind).await?;
    answer(&format!("http://{}/\n", server.address()?));
    let end = async move {
        tokio::select! {
            _ = terminated.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    };
    server.run(end).await?;
    Ok(Verdict::Clean)
}

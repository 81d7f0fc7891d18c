//! Placeholder until the real room is merged.
use crate::service::view::View;
use std::sync::Arc;
/// One line.
pub fn status_line(view: &View) -> String {
    format!("{} cameras", view.cameras.len())
}
/// Serves.
pub async fn serve(_l: tokio::net::TcpListener, _t: Option<hitless_config::Secret>, _v: Arc<dyn Fn() -> View + Send + Sync>, s: tokio_util::sync::CancellationToken) -> std::io::Result<()> {
    s.cancelled().await;
    Ok(())
}

//! What the database costs a recorder and a stitcher, as ratios of a floor
//! measured in the same run: `cargo bench -p hitless-schema`, with the seconds
//! for the commits (0: only stitching) and the number of cameras to stitch.
//!
//! Commits: 100 cameras closing a 10 s segment and opening the next, sent
//! through the writer as a recorder sends them, against one bare durable
//! commit of the same database server. Reads: segments of every camera against
//! the same columns read with plain rows.

mod commits;
mod floor;
mod latency;
mod reads;
mod stitch;

use hitless_schema::DatabaseUrl;
use hitless_schema::testing::{Durability, EphemeralPostgres};

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let mut numbers = std::env::args().filter_map(|a| a.parse::<u32>().ok());
    let seconds = numbers.next().unwrap_or(60).into();
    let cameras = numbers.next().unwrap_or(100).into();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let sqlite = |name: &str| DatabaseUrl::sqlite_file(folder.path().join(name));
    let cluster = EphemeralPostgres::start(Durability::Durable).await.expect("PostgreSQL starts");
    let (postgres, other) = (cluster.database().await, cluster.database().await);

    println!("stitching {cameras} cameras x 24 h x 60 s segments x 2 instances");
    stitch::compare("SQLite", &sqlite("s.db"), cameras).await;
    stitch::compare("PostgreSQL", &cluster.database().await, cameras).await;
    if seconds == 0 {
        return;
    }

    println!("\n100 cameras x 10 s segments for {seconds} s, p50 / p99 / worst in ms\n");
    commits::heading();
    commits::compare("SQLite", &sqlite("a.db"), &sqlite("b.db"), seconds).await;
    commits::compare("PostgreSQL", &postgres, &other, seconds).await;

    println!("\n100 cameras x 24 h x 60 s segments, rows of every column\n");
    reads::heading();
    reads::compare("SQLite", &sqlite("c.db")).await;
    reads::compare("PostgreSQL", &cluster.database().await).await;
}

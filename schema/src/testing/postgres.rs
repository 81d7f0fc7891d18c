//! A private PostgreSQL cluster: own folder, own port on loopback, own user.
//!
//! The server is a child of the test process and runs as the user `postgres`
//! when the tests run as root, which the server refuses to do. A small shell
//! beside it waits for the test process to end, in whatever way, then ends the
//! server by its pid and removes the folder: a killed test leaves nothing.

use crate::url::DatabaseUrl;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::io::{Error, Result};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::OnceCell;

/// A busy machine takes seconds to start a server.
const START_TIMEOUT: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_millis(20);
/// Reads until the test process is gone, then cleans up.
const GUARD: &str = r#"
read -r _
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null) && kill -QUIT "$pid" 2>/dev/null
i=0
while [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null && [ $i -lt 100 ]; do sleep 0.05; i=$((i+1)); done
rm -rf "$1"
"#;

/// Whether a commit waits for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Quick, and good for nothing but tests.
    Fast,
    /// As in production.
    Durable,
}

/// A running cluster; gone when dropped.
#[derive(Debug)]
pub struct EphemeralPostgres {
    folder: PathBuf,
    port: u16,
    durability: Durability,
    user: Option<(u32, u32)>,
    server: Mutex<Option<Child>>,
    guard: Mutex<Child>,
    databases: AtomicU32,
}

impl EphemeralPostgres {
    /// One cluster for all tests of this process, not durable. Do not stop it.
    pub async fn shared() -> &'static Self {
        static SHARED: OnceCell<EphemeralPostgres> = OnceCell::const_new();
        SHARED
            .get_or_init(|| async {
                Self::start(Durability::Fast).await.expect("PostgreSQL starts (Debian: postgresql)")
            })
            .await
    }

    /// Makes and starts a cluster. The user `guarded` needs a password that
    /// nobody has; every other gets in without.
    pub async fn start(durability: Durability) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("hitless-pg-").tempdir()?.keep();
        let guard = guard(&folder)?;
        let user = unprivileged_user()?;
        if let Some((uid, gid)) = user {
            std::os::unix::fs::chown(&folder, Some(uid), Some(gid))?;
        }
        let port = free_port()?;
        let cluster = Self {
            folder,
            port,
            durability,
            user,
            server: Mutex::new(None),
            guard: Mutex::new(guard),
            databases: AtomicU32::new(0),
        };
        cluster.init()?;
        cluster.start_again().await?;
        Ok(cluster)
    }

    /// Makes an empty database.
    pub async fn database(&self) -> DatabaseUrl {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{number}");
        let mut connection = self.connect().await.expect("the server runs");
        sqlx::query(AssertSqlSafe(format!("CREATE DATABASE {name}")))
            .execute(&mut connection)
            .await
            .expect("a new database");
        DatabaseUrl::parse(&self.url("hitless", &name)).expect("a good URL")
    }

    /// The URL of a database as text.
    pub fn url(&self, user: &str, database: &str) -> String {
        format!("postgres://{user}@127.0.0.1:{}/{database}", self.port)
    }

    /// Stops the server: `Durable` in order, `Fast` as a crash would.
    pub fn stop(&self, how: Durability) {
        let mut server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(mut child) = server.take() else { return };
        let signal = match how {
            Durability::Durable => "-INT",
            Durability::Fast => "-QUIT",
        };
        // By its own pid; a server that is gone already is what we want.
        let _ = Command::new("kill").args([signal, &child.id().to_string()]).status();
        let _ = child.wait();
    }

    /// Starts the server again after [`stop`](Self::stop), on the same port.
    pub async fn start_again(&self) -> Result<()> {
        let child = self.spawn_server()?;
        *self.server.lock().unwrap_or_else(PoisonError::into_inner) = Some(child);
        let until = Instant::now() + START_TIMEOUT;
        loop {
            match self.connect().await {
                Ok(connection) => return connection.close().await.map_err(Error::other),
                Err(e) if Instant::now() > until => return Err(Error::other(e)),
                Err(_) => tokio::time::sleep(POLL).await,
            }
        }
    }

    async fn connect(&self) -> sqlx::Result<PgConnection> {
        PgConnection::connect(&self.url("hitless", "postgres")).await
    }

    fn init(&self) -> Result<()> {
        let data = self.folder.join("data");
        let made = self
            .command("initdb")?
            .args(["--username=hitless", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync"])
            .args(["--auth=trust", "--pgdata"])
            .arg(&data)
            .output()?;
        if !made.status.success() {
            return Err(Error::other(String::from_utf8_lossy(&made.stderr).into_owned()));
        }
        let access =
            "host all guarded 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n";
        std::fs::write(data.join("pg_hba.conf"), access)
    }

    fn spawn_server(&self) -> Result<Child> {
        let mut command = self.command("postgres")?;
        command.arg("-D").arg(self.folder.join("data")).arg("-k").arg(&self.folder);
        command.args(["-h", "127.0.0.1", "-p", &self.port.to_string()]);
        if self.durability == Durability::Fast {
            for setting in ["fsync=off", "synchronous_commit=off", "full_page_writes=off"] {
                command.args(["-c", setting]);
            }
        }
        let log = std::fs::File::options()
            .append(true)
            .create(true)
            .open(self.folder.join("server.log"))?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log).spawn()
    }

    fn command(&self, program: &str) -> Result<Command> {
        let mut command = Command::new(find_program(program)?);
        command.current_dir(&self.folder);
        if let Some((uid, gid)) = self.user {
            command.uid(uid).gid(gid);
        }
        Ok(command)
    }
}

impl Drop for EphemeralPostgres {
    fn drop(&mut self) {
        self.stop(Durability::Fast);
        let mut guard = self.guard.lock().unwrap_or_else(PoisonError::into_inner);
        drop(guard.stdin.take());
        let _ = guard.wait();
    }
}

fn guard(folder: &Path) -> Result<Child> {
    Command::new("sh")
        .args(["-c", GUARD, "guard"])
        .arg(folder)
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // A Ctrl-C in the terminal is for the tests, not for who cleans up.
        .process_group(0)
        .spawn()
}

/// `None` where the process is unprivileged already.
fn unprivileged_user() -> Result<Option<(u32, u32)>> {
    use std::os::unix::fs::MetadataExt;
    if std::fs::metadata("/proc/self")?.uid() != 0 {
        return Ok(None);
    }
    let users = std::fs::read_to_string("/etc/passwd")?;
    users
        .lines()
        .filter_map(|line| line.strip_prefix("postgres:"))
        .find_map(|rest| {
            let mut fields = rest.split(':').skip(1).map(|f| f.parse().ok());
            Some((fields.next()??, fields.next()??))
        })
        .map(Some)
        .ok_or_else(|| Error::other("no user \"postgres\"; install Debian's postgresql"))
}

/// Debian keeps the server's programs out of the PATH.
fn find_program(program: &str) -> Result<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let debian = versions.map(|version| version.path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut found: Vec<PathBuf> = debian
        .chain(std::env::split_paths(&path))
        .map(|folder| folder.join(program))
        .filter(|file| file.is_file())
        .collect();
    found.sort();
    found.pop().ok_or_else(|| Error::other(format!("{program} is not installed")))
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

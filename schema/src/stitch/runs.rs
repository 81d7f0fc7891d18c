//! Runs of the stitcher.

use crate::database::Row;
use crate::error::StoreError;
use crate::read::{id, int, maybe_instant, maybe_text, text};
use crate::store::Store;
use hitless_model::{RunId, Utc};

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum StitchOutcome {
    /// Nothing is missing in its range.
    Clean,
    /// It did its work, and there are gaps, losses or corrupt files.
    Findings,
    /// It could not do its work.
    Failed,
}

impl StitchOutcome {
    /// As written in the database and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Findings => "findings",
            Self::Failed => "failed",
        }
    }

    /// Reads what [`Self::as_str`] wrote.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Clean, Self::Findings, Self::Failed].into_iter().find(|o| o.as_str() == text)
    }
}

/// A row of `stitch_runs`. Instants are on the host's clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StitchRun {
    /// Its id.
    pub run: RunId,
    /// Host name.
    pub host: String,
    /// Process id on that host.
    pub pid: u32,
    /// Version of the program.
    pub version: String,
    /// When it began.
    pub started: Utc,
    /// When it ended; `None`: still at it, or killed.
    pub finished: Option<Utc>,
    /// Start of the range that it was asked for; `None`: everything.
    pub since: Option<Utc>,
    /// How it ended; `None`: not finished.
    pub outcome: Option<StitchOutcome>,
    /// How many cameras it planned.
    pub cameras: u32,
    /// How many findings there were in its range, old and new.
    pub findings: u64,
    /// For people.
    pub note: Option<String>,
}

const PUT: &str = "INSERT INTO stitch_runs (run_id, host, pid, version, started_ns, finished_ns,
       since_ns, outcome, cameras, findings, note)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
     ON CONFLICT (run_id) DO UPDATE SET finished_ns = excluded.finished_ns,
       since_ns = excluded.since_ns, outcome = excluded.outcome, cameras = excluded.cameras,
       findings = excluded.findings, note = excluded.note";
const NEWEST: &str =
    "SELECT run_id, host, pid, version, started_ns, finished_ns, since_ns, outcome,
       cameras, findings, note
     FROM stitch_runs ORDER BY started_ns DESC, run_id DESC LIMIT $1";
const LAST: &str = "SELECT run_id, host, pid, version, started_ns, finished_ns, since_ns, outcome,
       cameras, findings, note
     FROM stitch_runs WHERE outcome IN ('clean', 'findings')
     ORDER BY started_ns DESC, run_id DESC LIMIT 1";

impl Store {
    /// Writes a run as it stands: once when it begins, again when it ends. With
    /// it lasts all that was written before, timelines and indexes included.
    pub async fn put_stitch_run(&self, run: &StitchRun) -> Result<(), StoreError> {
        let mut transaction = self.database().begin("write a stitching run").await?;
        let values = vec![
            run.run.as_str().into(),
            run.host.as_str().into(),
            i64::from(run.pid).into(),
            run.version.as_str().into(),
            run.started.as_ns().into(),
            run.finished.map(|t| t.as_ns()).into(),
            run.since.map(|t| t.as_ns()).into(),
            run.outcome.map(StitchOutcome::as_str).into(),
            i64::from(run.cameras).into(),
            run.findings.cast_signed().into(),
            run.note.as_deref().into(),
        ];
        transaction.execute(PUT, values).await?;
        transaction.commit().await
    }

    /// The last run that did its work, whatever it found.
    pub async fn last_stitch_run(&self) -> Result<Option<StitchRun>, StoreError> {
        Ok(self.select("read the last stitching run", LAST, vec![], read).await?.pop())
    }

    /// The newest runs, newest first.
    pub async fn stitch_runs(&self, most: u32) -> Result<Vec<StitchRun>, StoreError> {
        self.select("read the stitching runs", NEWEST, vec![i64::from(most).into()], read).await
    }
}

fn read(row: &Row) -> Result<StitchRun, String> {
    let small = |column| {
        u32::try_from(int(row, column)?).map_err(|e| format!("column {}: {e}", column + 1))
    };
    let outcome =
        |word| StitchOutcome::parse(word).ok_or_else(|| format!("unknown outcome \"{word}\""));
    Ok(StitchRun {
        run: id(row, 0)?,
        host: text(row, 1)?.to_owned(),
        pid: small(2)?,
        version: text(row, 3)?.to_owned(),
        started: Utc::from_ns(int(row, 4)?),
        finished: maybe_instant(row, 5)?,
        since: maybe_instant(row, 6)?,
        outcome: maybe_text(row, 7)?.map(outcome).transpose()?,
        cameras: small(8)?,
        findings: int(row, 9)?.cast_unsigned(),
        note: maybe_text(row, 10)?.map(str::to_owned),
    })
}

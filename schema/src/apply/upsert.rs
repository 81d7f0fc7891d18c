//! The statements that write many segments at once.
//!
//! A batch is cut into powers of two, so that a handful of prepared statements
//! serves every size (multi-row: 177,000 rows/s against 26,000 one by one).

use crate::database::Dialect;
use crate::segment_row::{COLUMNS, is_replaced};
use std::fmt::Write;
use std::sync::LazyLock;

/// 64 rows of 35 values stay below SQLite's 32,766.
const LARGEST: u32 = 6;

/// Which row a statement leaves when there is one already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Policy {
    /// The newer of the two: later in its life, else of the higher stamp.
    Newer,
    /// What was found on disk, if it differs at all.
    Found,
}

/// Sizes that add up to `rows`, each with its statement, largest first.
pub(super) fn statements(
    policy: Policy,
    dialect: Dialect,
    rows: usize,
) -> impl Iterator<Item = (usize, &'static str)> {
    use Dialect::{Postgres, Sqlite};
    use Policy::{Found, Newer};
    static TEXTS: [LazyLock<Vec<String>>; 4] = [
        LazyLock::new(|| all(Newer, Sqlite)),
        LazyLock::new(|| all(Newer, Postgres)),
        LazyLock::new(|| all(Found, Sqlite)),
        LazyLock::new(|| all(Found, Postgres)),
    ];
    let texts: &'static [String] = match (policy, dialect) {
        (Newer, Sqlite) => &TEXTS[0],
        (Newer, Postgres) => &TEXTS[1],
        (Found, Sqlite) => &TEXTS[2],
        (Found, Postgres) => &TEXTS[3],
    };
    let mut left = rows;
    std::iter::from_fn(move || {
        let power = left.checked_ilog2()?.min(LARGEST);
        let size = 1_usize << power;
        left -= size;
        texts.get(power as usize).map(|text| (size, text.as_str()))
    })
}

fn all(policy: Policy, dialect: Dialect) -> Vec<String> {
    (0..=LARGEST).map(|power| statement(policy, dialect, 1 << power)).collect()
}

fn statement(policy: Policy, dialect: Dialect, rows: usize) -> String {
    let width = COLUMNS.len() + 2;
    let mut sql =
        format!("INSERT INTO video_segments ({}, stamp, change_seq) VALUES ", COLUMNS.join(", "));
    for row in 0..rows {
        sql.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..width {
            let comma = if column == 0 { "" } else { ", " };
            let number = row * width + column + 1;
            // Writing to a String cannot fail.
            let _ = match dialect {
                // SQLite looks up each numbered placeholder by walking all of
                // them: 64 rows took 10 ms instead of 1.
                Dialect::Sqlite => write!(sql, "{comma}?"),
                Dialect::Postgres => write!(sql, "{comma}${number}"),
            };
        }
        sql.push(')');
    }
    sql.push_str(" ON CONFLICT (camera_id, name) DO UPDATE SET ");
    for column in COLUMNS.iter().filter(|c| is_replaced(c)) {
        let _ = write!(sql, "{column} = excluded.{column}, ");
    }
    sql.push_str("change_seq = excluded.change_seq, ");
    sql.push_str(&match policy {
        Policy::Newer => format!(
            "stamp = excluded.stamp WHERE ({}, excluded.stamp) > ({}, video_segments.stamp)",
            rank("excluded"),
            rank("video_segments")
        ),
        Policy::Found => found(),
    });
    sql
}

/// The stamp goes up by one at least, so that no late replay undoes it.
fn found() -> String {
    let differs: Vec<String> = COLUMNS
        .iter()
        .filter(|c| is_replaced(c))
        .map(|c| format!("video_segments.{c} IS DISTINCT FROM excluded.{c}"))
        .collect();
    format!(
        "stamp = CASE WHEN excluded.stamp > video_segments.stamp THEN excluded.stamp \
         ELSE video_segments.stamp + 1 END WHERE {}",
        differs.join(" OR ")
    )
}

/// As `rank` in `batch`.
fn rank(row: &str) -> String {
    format!("CASE {row}.state WHEN 'recording' THEN 0 WHEN 'expired' THEN 2 ELSE 1 END")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_cut_into_powers_of_two() {
        let sizes = |rows| {
            let all = statements(Policy::Newer, Dialect::Sqlite, rows);
            all.map(|(size, _)| size).collect::<Vec<_>>()
        };
        assert_eq!(sizes(0), Vec::<usize>::new());
        assert_eq!(sizes(1), [1]);
        assert_eq!(sizes(100), [64, 32, 4]);
        assert_eq!(sizes(200), [64, 64, 64, 8]);
    }
}

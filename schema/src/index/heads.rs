//! The beginnings of many indexes at once: what a clip of a day needs of each.

use super::{FileMark, IndexHead};
use crate::database::{Dialect, Row};
use crate::error::StoreError;
use crate::read::maybe_text;
use crate::segment_row::{FIELD, ROW};
use crate::store::Store;
use hitless_model::{CameraId, Nanos, SegmentName, Utc};
use sqlx::AssertSqlSafe;

impl Store {
    /// The first bytes of what was read from the files of a camera's segments
    /// from one on up to another one, in that format of contents or a later one;
    /// of files that are where their names say.
    pub async fn index_heads(
        &self,
        camera: &CameraId,
        (first, last): (&SegmentName, &SegmentName),
        version: u32,
        bytes: u32,
    ) -> Result<Vec<IndexHead>, StoreError> {
        // Rows by name lie by time; one row of all, as in `segment_row`.
        let hex = match self.database().dialect() {
            Dialect::Sqlite => format!("hex(substr(contents, 1, {bytes}))"),
            Dialect::Postgres => format!("encode(substr(contents, 1, {bytes}), 'hex')"),
        };
        let sql = format!(
            "SELECT string_agg(concat(name, '{FIELD}', size_bytes, '{FIELD}', modified_ns, '{FIELD}', \
             changed_ns, '{FIELD}', {hex}), '{ROW}') FROM segment_indexes \
             WHERE camera_id = $1 AND name >= $2 AND name <= $3 AND version >= $4 \
               AND state = 'read' AND path IS NULL AND contents IS NOT NULL"
        );
        let beside = |name: &SegmentName, ns| {
            let start = Utc::from_ns(name.start.plus(Nanos::new(ns)).as_ns());
            SegmentName { start, ..name.clone() }.to_string()
        };
        // A microsecond more: what comes behind the time is in no certain order.
        let (first, last) = (beside(first, -1000), beside(last, 1000));
        let values =
            vec![camera.as_str().into(), first.into(), last.into(), i64::from(version).into()];
        let read = |row: &Row| match maybe_text(row, 0)? {
            Some(rows) => rows.split(ROW).map(head).collect(),
            None => Ok(Vec::new()),
        };
        let found = self.select("read the outlines", AssertSqlSafe(sql), values, read).await?;
        Ok(found.into_iter().flatten().collect())
    }
}

fn head(row: &str) -> Result<IndexHead, String> {
    let mut fields = row.split(FIELD);
    let mut next = || fields.next().ok_or("a row is too short");
    let number = |text: &str| text.parse::<i64>().map_err(|e| format!("{text}: {e}"));
    let segment = next()?.to_owned();
    let mark = FileMark {
        size_bytes: number(next()?)?.cast_unsigned(),
        modified: Utc::from_ns(number(next()?)?),
        changed: Utc::from_ns(number(next()?)?),
    };
    let head = from_hex(next()?).ok_or("these are no hexadecimal digits")?;
    Ok(IndexHead { segment, mark, head })
}

fn from_hex(digits: &str) -> Option<Vec<u8>> {
    let value = |digit: u8| char::from(digit).to_digit(16).and_then(|n| u8::try_from(n).ok());
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    // Collected as options it would grow bit by bit.
    let mut bytes = Vec::with_capacity(pairs.len());
    for [high, low] in pairs {
        bytes.push(value(*high)? << 4 | value(*low)?);
    }
    rest.is_empty().then_some(bytes)
}

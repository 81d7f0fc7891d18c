//! Building statements of many rows, placeholders and values side by side.
//!
//! Rows go in lots of a power of two, so that a handful of prepared statements
//! serves every number of them.

use super::{Dialect, Value};
use std::fmt::Write;

/// A statement and what is bound to it.
pub(crate) struct Statement {
    pub sql: String,
    pub values: Vec<Value>,
    dialect: Dialect,
}

impl Statement {
    pub fn new(dialect: Dialect, sql: &str) -> Self {
        Self { sql: sql.to_owned(), values: Vec::new(), dialect }
    }

    /// Adds text.
    pub fn text(&mut self, sql: &str) -> &mut Self {
        self.sql.push_str(sql);
        self
    }

    /// Adds UPDATE and the table, for a transaction of which nothing is wanted
    /// if this fails. Else SQLite writes each page that it is about to change
    /// to a file first, to be able to undo this statement alone.
    pub fn update(&mut self, table: &str) -> &mut Self {
        let update = match self.dialect {
            Dialect::Sqlite => "UPDATE OR ROLLBACK ",
            Dialect::Postgres => "UPDATE ",
        };
        self.text(update).text(table)
    }

    /// Adds a placeholder and its value.
    pub fn bind(&mut self, value: impl Into<Value>) -> &mut Self {
        self.values.push(value.into());
        // Writing to a String cannot fail.
        let _ = match self.dialect {
            // SQLite looks up each numbered placeholder by walking all of
            // them: 64 rows took 10 ms instead of 1.
            Dialect::Sqlite => write!(self.sql, "?"),
            Dialect::Postgres => write!(self.sql, "${}", self.values.len()),
        };
        self
    }

    /// Adds `(…), (…)`.
    pub fn rows(&mut self, rows: impl IntoIterator<Item = Vec<Value>>) -> &mut Self {
        for (number, row) in rows.into_iter().enumerate() {
            self.text(if number == 0 { "(" } else { ", (" });
            self.list(row);
            self.text(")");
        }
        self
    }

    /// Adds values with commas between.
    pub fn list(&mut self, values: impl IntoIterator<Item = Value>) -> &mut Self {
        for (number, value) in values.into_iter().enumerate() {
            if number > 0 {
                self.text(", ");
            }
            self.bind(value);
        }
        self
    }
}

/// Cuts a slice into lots of a power of two, none larger than `largest`.
pub(crate) fn lots<T>(mut left: &[T], largest: usize) -> impl Iterator<Item = &[T]> {
    std::iter::from_fn(move || {
        let size = 1 << left.len().min(largest).checked_ilog2()?;
        let (now, later) = left.split_at(size);
        left = later;
        Some(now)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lots_are_powers_of_two_and_leave_nothing() {
        let sizes = |n: usize| lots(&vec![0; n], 256).map(<[i32]>::len).collect::<Vec<_>>();
        assert_eq!(sizes(0), Vec::<usize>::new());
        assert_eq!(sizes(7), [4, 2, 1]);
        assert_eq!(sizes(600), [256, 256, 64, 16, 8]);
    }

    #[test]
    fn each_database_has_its_placeholders() {
        let of = |dialect| {
            let mut statement = Statement::new(dialect, "VALUES ");
            statement.rows((0..2).map(|n: i64| vec![n.into(), "a".into()]));
            assert_eq!(statement.values.len(), 4);
            statement.sql
        };
        assert_eq!(of(Dialect::Sqlite), "VALUES (?, ?), (?, ?)");
        assert_eq!(of(Dialect::Postgres), "VALUES ($1, $2), ($3, $4)");
    }
}

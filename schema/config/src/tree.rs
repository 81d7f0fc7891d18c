//! The raw configuration: values with the place each of them stands at.
//!
//! TOML text, environment and flags all become this one tree, so that checking
//! them is written once and every message can name the right place.

use crate::problem::{ConfigError, Place, Problem};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Keys of one table.
pub(crate) type Table = BTreeMap<String, Entry>;

/// A value and its place.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) place: Place,
    pub(crate) value: Value,
}

/// What stands there. `Word` comes from outside the file, where everything is
/// text: it is read as whatever its key expects.
#[derive(Clone)]
pub(crate) enum Value {
    Text(String),
    Word(String),
    Number(f64),
    Whole(i64),
    Switch(bool),
    List(Vec<Entry>),
    Table(Table),
    /// A kind that no key takes, by its name.
    Odd(&'static str),
}

impl Value {
    /// How the value is called in a message.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Text(_) | Self::Word(_) => "a text",
            Self::Number(_) | Self::Whole(_) => "a number",
            Self::Switch(_) => "true or false",
            Self::List(_) => "a list",
            Self::Table(_) => "a table",
            Self::Odd(kind) => kind,
        }
    }
}

/// Reads TOML. All errors of syntax are told, but nothing else is then looked at:
/// what stands behind a broken line would only seem to be missing.
pub(crate) fn read(file: &Path, text: &str) -> Result<Table, ConfigError> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let reader = Lines { file, text };
    if errors.is_empty() {
        return Ok(reader.table(table.get_ref()));
    }
    let problem = |error: &toml::de::Error| Problem {
        place: reader.place(&error.span().unwrap_or(0..0)),
        message: error.message().replace('\n', ", "),
    };
    Err(ConfigError::Invalid { problems: errors.iter().map(problem).collect() })
}

struct Lines<'a> {
    file: &'a Path,
    text: &'a str,
}

impl Lines<'_> {
    fn place(&self, span: &Range<usize>) -> Place {
        let before = self.text.as_bytes().iter().take(span.start);
        let line = 1 + before.filter(|byte| **byte == b'\n').count();
        Place::Line { file: self.file.to_owned(), line }
    }

    fn table(&self, table: &DeTable<'_>) -> Table {
        table
            .iter()
            .map(|(key, value)| {
                let place = self.place(&key.span());
                (key.get_ref().to_string(), Entry { place, value: self.value(value.get_ref()) })
            })
            .collect()
    }

    fn entry(&self, value: &Spanned<DeValue<'_>>) -> Entry {
        Entry { place: self.place(&value.span()), value: self.value(value.get_ref()) }
    }

    fn value(&self, value: &DeValue<'_>) -> Value {
        match value {
            DeValue::String(text) => Value::Text(text.to_string()),
            DeValue::Integer(number) => {
                match i64::from_str_radix(number.as_str(), number.radix()) {
                    Ok(whole) => Value::Whole(whole),
                    Err(_) => Value::Odd("a number beyond all bounds"),
                }
            }
            DeValue::Float(number) => match number.as_str().parse() {
                Ok(number) => Value::Number(number),
                Err(_) => Value::Odd("a number that cannot be read"),
            },
            DeValue::Boolean(switch) => Value::Switch(*switch),
            DeValue::Datetime(_) => Value::Odd("a date"),
            DeValue::Array(list) => Value::List(list.iter().map(|v| self.entry(v)).collect()),
            DeValue::Table(table) => Value::Table(self.table(table)),
        }
    }
}

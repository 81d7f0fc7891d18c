//! Typed reads from the raw tree.
//!
//! A read never fails: a value that is wrong is reported and replaced by the
//! default, so that one look at a file finds everything that is wrong with it.
//! Whoever has read all of it asks whether there were problems.

use crate::choice::Choice;
use crate::keys;
use crate::load::Passwords;
use crate::problem::{Place, Problem};
use crate::tree::{Entry, Table, Value};
use std::cell::RefCell;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

/// What all sections share: where relative paths begin, and what is wrong.
pub(crate) struct Context<'a> {
    /// The directory of the file.
    pub(crate) file_dir: &'a Path,
    /// The working directory, where paths of the environment and of flags begin.
    pub(crate) work_dir: &'a Path,
    /// Reads a file that holds a secret.
    pub(crate) read: &'a dyn Fn(&Path) -> std::io::Result<String>,
    /// A variable of the environment.
    pub(crate) variable: &'a dyn Fn(&str) -> Option<String>,
    /// Whether passwords of cameras are wanted.
    pub(crate) passwords: Passwords,
    /// Where to point at for what is missing altogether.
    pub(crate) whole: Place,
    /// Everything found so far.
    pub(crate) problems: RefCell<Vec<Problem>>,
}

impl Context<'_> {
    /// Notes a problem.
    pub(crate) fn report(&self, place: &Place, message: impl Into<String>) {
        let problem = Problem { place: place.clone(), message: message.into() };
        self.problems.borrow_mut().push(problem);
    }
}

/// A value with its place, for checks that come later.
#[derive(Clone)]
pub(crate) struct Spot<T> {
    pub(crate) value: T,
    pub(crate) place: Place,
}

/// One table while it is being read.
pub(crate) struct Section<'a> {
    pub(crate) context: &'a Context<'a>,
    table: Option<&'a Table>,
    name: String,
    /// Where the table stands.
    pub(crate) place: Place,
}

impl<'a> Section<'a> {
    /// The top of the file.
    pub(crate) fn top(context: &'a Context<'a>, table: &'a Table) -> Self {
        Self { context, table: Some(table), name: String::new(), place: context.whole.clone() }
    }

    fn full(&self, key: &str) -> String {
        if self.name.is_empty() { key.to_owned() } else { format!("{}.{key}", self.name) }
    }

    fn entry(&self, key: &str) -> Option<&'a Entry> {
        let full = self.full(key);
        debug_assert!(keys::exists(&full), "{full} is missing from the list of keys");
        self.table?.get(key)
    }

    /// A table inside this one; one that is not there reads as empty.
    pub(crate) fn section(&self, key: &str) -> Section<'a> {
        let entry = self.entry(key);
        let table = match entry {
            None => None,
            Some(Entry { value: Value::Table(table), .. }) => Some(table),
            Some(entry) => {
                self.refuse(entry, key, &format!("a table {}", keys::header(&self.full(key))));
                None
            }
        };
        let place = entry.map_or(&self.place, |entry| &entry.place).clone();
        Section { context: self.context, table, name: self.full(key), place }
    }

    /// The tables of a list, as `[[camera]]`.
    pub(crate) fn sections(&self, key: &str) -> Vec<Section<'a>> {
        let Some(entry) = self.entry(key) else { return Vec::new() };
        let wanted = "a list of [[camera]] tables";
        let Value::List(list) = &entry.value else {
            self.refuse(entry, key, wanted);
            return Vec::new();
        };
        let section = |item: &'a Entry| match &item.value {
            Value::Table(table) => Some(Section {
                context: self.context,
                table: Some(table),
                name: self.full(key),
                place: item.place.clone(),
            }),
            _ => {
                self.refuse(item, key, wanted);
                None
            }
        };
        list.iter().filter_map(section).collect()
    }

    fn refuse(&self, entry: &Entry, key: &str, wanted: &str) {
        let message = format!("{key} must be {wanted}, not {}", entry.value.kind());
        self.context.report(&entry.place, message);
    }

    /// A text that may be missing; an empty one is refused.
    pub(crate) fn text(&self, key: &str) -> Option<Spot<String>> {
        let entry = self.entry(key)?;
        match &entry.value {
            Value::Text(text) | Value::Word(text) if text.is_empty() => {
                self.context.report(&entry.place, format!("{key} is empty"));
                None
            }
            Value::Text(text) | Value::Word(text) => {
                Some(Spot { value: text.clone(), place: entry.place.clone() })
            }
            _ => {
                self.refuse(entry, key, "a text");
                None
            }
        }
    }

    /// A text that must be there.
    pub(crate) fn required(&self, key: &str) -> Option<Spot<String>> {
        if self.entry(key).is_none() {
            let table = if self.name.is_empty() { "" } else { &keys::header(&self.name) };
            let message = format!("{table} {key} is missing");
            self.context.report(&self.place, message.trim_start());
        }
        self.text(key)
    }

    /// A text with a type of its own, as an id or an address.
    pub(crate) fn parsed<T>(&self, key: &str, default: T) -> Spot<T>
    where
        T: FromStr,
        T::Err: Display,
    {
        let Some(text) = self.text(key) else {
            return Spot { value: default, place: self.place.clone() };
        };
        let value = text.value.parse().unwrap_or_else(|error| {
            self.context.report(&text.place, format!("{key}: {error}"));
            default
        });
        Spot { value, place: text.place }
    }

    /// One of a few words.
    pub(crate) fn choice<T: Choice>(&self, key: &str, default: T) -> T {
        let Some(text) = self.text(key) else { return default };
        if let Some((_, value)) = T::WORDS.iter().find(|(word, _)| *word == text.value) {
            return *value;
        }
        let words: Vec<_> = T::WORDS.iter().map(|(word, _)| format!("\"{word}\"")).collect();
        let message =
            format!("{key} is \"{}\" and must be one of {}", text.value, words.join(", "));
        self.context.report(&text.place, message);
        default
    }

    /// True or false.
    pub(crate) fn switch(&self, key: &str, default: bool) -> bool {
        let Some(entry) = self.entry(key) else { return default };
        match &entry.value {
            Value::Switch(switch) => *switch,
            Value::Word(word) if word == "true" || word == "1" => true,
            Value::Word(word) if word == "false" || word == "0" => false,
            _ => {
                self.refuse(entry, key, "true or false");
                default
            }
        }
    }

    /// A number within bounds.
    pub(crate) fn number(&self, key: &str, default: f64, least: f64, most: f64) -> f64 {
        let Some(entry) = self.entry(key) else { return default };
        let number = match &entry.value {
            Value::Number(number) => Some(*number),
            // Bounds are far below 2^53.
            Value::Whole(whole) => Some(*whole as f64),
            Value::Word(word) => word.trim().parse().ok(),
            _ => None,
        };
        match number {
            // A NaN is in no range.
            Some(number) if (least..=most).contains(&number) => number,
            Some(number) => {
                let message = format!("{key} is {number} and must be from {least} to {most}");
                self.context.report(&entry.place, message);
                default
            }
            None => {
                self.refuse(entry, key, "a number");
                default
            }
        }
    }

    /// A whole number within bounds.
    pub(crate) fn whole(&self, key: &str, default: u32, most: u32) -> u32 {
        let number = self.number(key, f64::from(default), 0.0, f64::from(most));
        if number.fract() != 0.0 {
            let place = self.entry(key).map_or(&self.place, |entry| &entry.place);
            self.context.report(place, format!("{key} is {number} and must be a whole number"));
        }
        number as u32
    }

    /// Seconds, with fractions, of at least `least` and at most a day.
    pub(crate) fn seconds(&self, key: &str, default: f64, least: f64) -> Duration {
        Duration::from_secs_f64(self.number(key, default, least, 86_400.0))
    }

    /// Bytes, if the key is there.
    pub(crate) fn bytes_if_given(&self, key: &str) -> Option<u64> {
        self.entry(key).map(|_| self.bytes(key, 0))
    }

    /// Bytes: a number, or a text with a unit as `"2GiB"` or `"500MB"`.
    pub(crate) fn bytes(&self, key: &str, default: u64) -> u64 {
        let Some(entry) = self.entry(key) else { return default };
        let bytes = match &entry.value {
            Value::Whole(whole) => u64::try_from(*whole).ok(),
            Value::Text(text) | Value::Word(text) => {
                text.trim().parse::<bytesize::ByteSize>().ok().map(|size| size.as_u64())
            }
            _ => None,
        };
        bytes.unwrap_or_else(|| {
            let message =
                format!("{key} must be a number of bytes or a size like \"2GiB\" or \"500MB\"");
            self.context.report(&entry.place, message);
            default
        })
    }

    /// A list of texts; from the environment separated by commas.
    pub(crate) fn texts(&self, key: &str) -> Vec<Spot<String>> {
        let Some(entry) = self.entry(key) else { return Vec::new() };
        let spot =
            |value: &str, place: &Place| Spot { value: value.to_owned(), place: place.clone() };
        match &entry.value {
            Value::Word(word) => {
                word.split(',').map(|part| spot(part.trim(), &entry.place)).collect()
            }
            Value::List(list) => list
                .iter()
                .filter_map(|item| match &item.value {
                    Value::Text(text) if !text.is_empty() => Some(spot(text, &item.place)),
                    _ => {
                        self.refuse(item, key, "a list of texts");
                        None
                    }
                })
                .collect(),
            _ => {
                self.refuse(entry, key, "a list of texts");
                Vec::new()
            }
        }
    }

    /// A path, made absolute from where it stands.
    pub(crate) fn path(&self, key: &str) -> Option<Spot<PathBuf>> {
        let text = self.text(key)?;
        Some(Spot { value: self.absolute(&text), place: text.place })
    }

    /// The text as a path, from the directory of the file it stands in; from the
    /// environment and from flags: from the working directory.
    pub(crate) fn absolute(&self, text: &Spot<String>) -> PathBuf {
        match text.place {
            Place::Variable(_) | Place::Flag(_) => self.context.work_dir.join(&text.value),
            _ => self.context.file_dir.join(&text.value),
        }
    }
}

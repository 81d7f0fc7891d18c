//! Keys of the file that nobody knows: most of them are slips of the pen, some
//! stand under the wrong header. Either way the message says what would be right.

use crate::keys;
use crate::problem::Problem;
use crate::tree::{Table, Value};

/// Reports every key of the tree that is not in the list.
pub(crate) fn report(tree: &Table, problems: &mut Vec<Problem>) {
    walk(tree, "", problems);
}

fn walk(table: &Table, inside: &str, problems: &mut Vec<Problem>) {
    for (key, entry) in table {
        let full = if inside.is_empty() { key.clone() } else { format!("{inside}.{key}") };
        if !keys::exists(&full) {
            problems.push(Problem { place: entry.place.clone(), message: explain(key, inside) });
            continue;
        }
        match &entry.value {
            Value::Table(inner) => walk(inner, &full, problems),
            Value::List(list) if keys::is_table(&full) => {
                for item in list {
                    if let Value::Table(inner) = &item.value {
                        walk(inner, &full, problems);
                    }
                }
            }
            _ => {}
        }
    }
}

fn explain(key: &str, inside: &str) -> String {
    let table = if inside.is_empty() { String::new() } else { keys::header(inside) };
    let refused = match inside {
        "" => format!("there is no key \"{key}\""),
        _ => format!("{table} has no key \"{key}\""),
    };
    // The very word elsewhere says more than a similar one here: in TOML a key
    // belongs to the last header above it, and that is easily forgotten.
    let homes = keys::homes(key);
    if !homes.is_empty() {
        return format!("{refused}; it belongs to {}", homes.join(" or "));
    }
    match keys::nearest(key, keys::children(inside)) {
        Some(near) => format!("{refused}; did you mean \"{near}\"?"),
        None => format!("{refused}; known are {}", keys::children(inside).join(", ")),
    }
}

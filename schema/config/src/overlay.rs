//! What the environment and the command line say on top of the file.
//!
//! `HITLESS_RECORDER__BIND` is `recorder.bind`, `HITLESS_CAMERA__0__URL` the
//! `url` of the first camera of the file (the number after the last one adds a
//! camera). An empty variable counts as not set: that is how container files
//! leave one out. A name that begins with `HITLESS_` and is no key is refused,
//! except for the reserved ones and those that a `password_env` names.

use crate::keys;
use crate::problem::{Place, Problem};
use crate::tree::{Entry, Table, Value};

/// Every variable that is meant for Hitless begins so.
pub const PREFIX: &str = "HITLESS_";

/// Names that are no keys and not refused: the path of the file, the filter of
/// the log, and what the programs hand to one another and to their tests.
const RESERVED: &[&str] = &["HITLESS_CONFIG", "HITLESS_LOG"];
const RESERVED_PREFIXES: &[&str] = &["HITLESS_TEST_", "HITLESS_HANDOVER_"];

/// Would this variable set a key (rightly or not)?
pub(crate) fn is_meant_for_us(name: &str) -> bool {
    let handover_key = name.starts_with("HITLESS_HANDOVER__");
    name.starts_with(PREFIX)
        && !RESERVED.contains(&name)
        && (handover_key || !RESERVED_PREFIXES.iter().any(|p| name.starts_with(p)))
}

/// Lays the variables over the tree.
pub(crate) fn environment(
    tree: &mut Table,
    variables: &[(String, String)],
    problems: &mut Vec<Problem>,
) {
    let password_names = password_variables(tree, variables);
    let mut ours: Vec<_> = variables
        .iter()
        .filter(|(name, value)| is_meant_for_us(name) && !value.is_empty())
        .filter(|(name, _)| !password_names.contains(name))
        .collect();
    // By length first, so that camera 9 is there before camera 10.
    ours.sort_by_key(|(name, _)| (name.len(), name.clone()));
    for (name, value) in ours {
        let place = Place::Variable(name.clone());
        let path: Vec<String> =
            name[PREFIX.len()..].split("__").map(str::to_ascii_lowercase).collect();
        let full = without_numbers(&path);
        if !keys::KEYS.contains(&full.as_str()) {
            problems.push(Problem { place, message: unknown(&full, &path) });
        } else if let Err(message) = set(tree, &path, value, &place) {
            problems.push(Problem { place, message });
        }
    }
}

/// Lays one flag over the tree; `key` is its full name, as `recorder.bind`.
pub(crate) fn flag(tree: &mut Table, key: &str, flag: &str, value: &str) -> Result<(), Problem> {
    let place = Place::Flag(flag.to_owned());
    debug_assert!(keys::KEYS.contains(&key), "the flag {flag} sets {key}, which is no key");
    let path: Vec<String> = key.split('.').map(str::to_owned).collect();
    set(tree, &path, value, &place).map_err(|message| Problem { place, message })
}

fn without_numbers(path: &[String]) -> String {
    let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    match path {
        [camera, number, rest @ ..] if camera == "camera" && is_number(number) => {
            std::iter::once("camera")
                .chain(rest.iter().map(String::as_str))
                .collect::<Vec<_>>()
                .join(".")
        }
        // `HITLESS_CAMERA__URL` does not say which camera.
        [camera, ..] if camera == "camera" => format!("camera.?.{}", path[1..].join(".")),
        _ => path.join("."),
    }
}

fn unknown(full: &str, path: &[String]) -> String {
    let variable = |key: &str| {
        let number = path.get(1).filter(|part| part.parse::<usize>().is_ok());
        let number = number.map_or("0", String::as_str);
        let name = key.replace("camera.", &format!("camera.{number}.")).replace('.', "__");
        format!("{PREFIX}{}", name.to_ascii_uppercase())
    };
    let asked = full.replace("camera.?.", "camera.");
    match keys::nearest(&asked, keys::KEYS.iter().copied()) {
        Some(key) => format!("there is no such key; did you mean {}?", variable(key)),
        None => "there is no such key; an example of one is HITLESS_RECORDER__BIND".to_owned(),
    }
}

fn set(tree: &mut Table, path: &[String], value: &str, place: &Place) -> Result<(), String> {
    let Some((first, rest)) = path.split_first() else { return Ok(()) };
    if rest.is_empty() {
        let value = Value::Word(value.to_owned());
        tree.insert(first.clone(), Entry { place: place.clone(), value });
        return Ok(());
    }
    let numbered = rest.split_first().and_then(|(n, keys)| Some((n.parse().ok()?, keys)));
    match numbered {
        Some((number, keys)) if first == "camera" => {
            set(camera(tree, number, place)?, keys, value, place)
        }
        _ => {
            let empty = Entry { place: place.clone(), value: Value::Table(Table::new()) };
            match &mut tree.entry(first.clone()).or_insert(empty).value {
                Value::Table(table) => set(table, rest, value, place),
                // Not a table: said once, when the file's value is checked.
                _ => Ok(()),
            }
        }
    }
}

fn camera<'t>(tree: &'t mut Table, number: usize, place: &Place) -> Result<&'t mut Table, String> {
    let empty = Entry { place: place.clone(), value: Value::List(Vec::new()) };
    let not_a_list = || "the file's \"camera\" is not a list of [[camera]] tables".to_owned();
    let Value::List(list) = &mut tree.entry("camera".to_owned()).or_insert(empty).value else {
        return Err(not_a_list());
    };
    let count = list.len();
    if number == count {
        list.push(Entry { place: place.clone(), value: Value::Table(Table::new()) });
    }
    match list.get_mut(number).map(|entry| &mut entry.value) {
        Some(Value::Table(table)) => Ok(table),
        Some(_) => Err(not_a_list()),
        None => Err(format!(
            "there are {count} cameras, numbered from 0; the next one would be {count}"
        )),
    }
}

/// Names of variables that hold a camera's password: these may begin with our
/// prefix without being keys.
fn password_variables(tree: &Table, variables: &[(String, String)]) -> Vec<String> {
    let mut names: Vec<String> = variables
        .iter()
        .filter(|(name, _)| {
            name.starts_with("HITLESS_CAMERA__") && name.ends_with("__PASSWORD_ENV")
        })
        .map(|(_, value)| value.clone())
        .collect();
    if let Some(Entry { value: Value::List(cameras), .. }) = tree.get("camera") {
        names.extend(cameras.iter().filter_map(|camera| match &camera.value {
            Value::Table(keys) => match &keys.get("password_env")?.value {
                Value::Text(name) => Some(name.clone()),
                _ => None,
            },
            _ => None,
        }));
    }
    names
}

//! `docs/architecture.md` against the manifests: an arrow that nobody drew is
//! found, and so is one that is there no more.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const PREFIX: &str = "hitless-";

/// Who uses whom, without what only tests use.
type Arrows = BTreeMap<String, BTreeSet<String>>;

fn root() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Rows of the table: crate, folder, what it uses.
fn drawn() -> Vec<(String, String, BTreeSet<String>)> {
    let page = read(&root().join("docs/architecture.md"));
    let quoted = |cell: &str| -> Vec<String> {
        cell.split('`').skip(1).step_by(2).map(str::to_owned).collect()
    };
    page.lines()
        .filter_map(|line| line.strip_prefix("| `hitless-"))
        .map(|row| {
            let cells: Vec<&str> = row.split('|').collect();
            let name = cells[0].trim().trim_end_matches('`').to_owned();
            let folder = quoted(cells[1]).concat();
            (name, folder, quoted(cells[2]).into_iter().collect())
        })
        .collect()
}

fn used(manifest: &str) -> BTreeSet<String> {
    manifest
        .lines()
        .skip_while(|line| *line != "[dependencies]")
        .skip(1)
        .take_while(|line| !line.starts_with('['))
        .filter_map(|line| line.strip_prefix(PREFIX)?.split_once(" =").map(|(name, _)| name))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_arrow_is_drawn() {
    let (mut told, mut found) = (Arrows::new(), Arrows::new());
    for (name, folder, uses) in drawn() {
        let manifest = read(&root().join(&folder).join("Cargo.toml"));
        assert!(manifest.contains(&format!("name = \"{PREFIX}{name}\"")), "{folder} is not {name}");
        told.insert(name.clone(), uses);
        found.insert(name, used(&manifest));
    }
    assert_eq!(told, found);
    let members = read(&root().join("Cargo.toml"));
    let members = members.split("members = [").nth(1).and_then(|rest| rest.split(']').next());
    assert_eq!(members.map(|list| list.matches('"').count() / 2), Some(told.len()));
}

//! The page that states the rules names tests that exist.

use std::path::Path;

#[test]
fn every_invariant_names_its_tests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("../../docs/timeline.md")).expect("the page");
    let invariants = page.split("## Invariants").nth(1).expect("it lists invariants");
    let known = functions(root);
    let mut expected = 1;
    for item in items(invariants) {
        assert!(item.starts_with(&format!("{expected}. ")), "not number {expected}: {item}");
        expected += 1;
        let names = item.split('`').skip(1).step_by(2).filter(|n| n.len() > 12);
        let names: Vec<&str> = names.collect();
        assert!(!names.is_empty(), "no test: {item}");
        for name in names {
            assert!(known.contains(&format!("fn {name}(")), "{name} is no test: {item}");
        }
    }
    assert!(expected > 10);
}

/// The numbered items of a list, each with the lines that go on with it.
fn items(text: &str) -> Vec<String> {
    let mut items: Vec<String> = Vec::new();
    for line in text.lines() {
        match items.last_mut() {
            _ if line.starts_with(|c: char| c.is_ascii_digit()) => items.push(line.to_owned()),
            Some(item) if line.starts_with("   ") => item.push_str(line),
            _ => {}
        }
    }
    items
}

/// The text of every file with tests.
fn functions(root: &Path) -> String {
    let mut text = String::new();
    for folder in ["tests", "src"] {
        for file in std::fs::read_dir(root.join(folder)).expect("there") {
            let path = file.expect("readable").path();
            if path.extension().is_some_and(|e| e == "rs") {
                text.push_str(&std::fs::read_to_string(path).expect("readable"));
            }
        }
    }
    text
}

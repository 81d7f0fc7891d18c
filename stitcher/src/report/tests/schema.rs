//! The report as JSON against its schema, which stands in the documents.

use super::report;
use crate::report::json;
use serde_json::Value;

#[test]
fn the_json_is_what_its_schema_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/report.schema.json");
    let schema: Value =
        serde_json::from_str(&std::fs::read_to_string(path).expect("the schema")).expect("JSON");
    let document = json(&report());
    check(&schema, &schema, &document, "report");
    assert_eq!(document["schema_version"], schema["properties"]["schema_version"]["const"]);
}

/// The part of JSON Schema that the file uses, and no more: anything else in it
/// fails the test.
fn check(whole: &Value, schema: &Value, value: &Value, place: &str) {
    for (word, rule) in schema.as_object().expect("a schema") {
        match word.as_str() {
            "$schema" | "$id" | "$defs" | "title" | "description" | "format" => {}
            "$ref" => {
                let name = rule.as_str().and_then(|r| r.strip_prefix("#/$defs/")).expect("a ref");
                check(whole, &whole["$defs"][name], value, place);
            }
            "type" => {
                let any = match rule {
                    Value::Array(all) => all.iter().any(|one| is(one, value)),
                    one => is(one, value),
                };
                assert!(any, "{place} is no {rule}: {value}");
            }
            "const" => assert_eq!(value, rule, "{place}"),
            "enum" => assert!(rule.as_array().is_some_and(|all| all.contains(value)), "{place}"),
            "minimum" => assert!(value.is_null() || value.as_f64() >= rule.as_f64(), "{place}"),
            "maximum" => assert!(value.is_null() || value.as_f64() <= rule.as_f64(), "{place}"),
            "required" => {
                for key in rule.as_array().expect("keys") {
                    let key = key.as_str().expect("a key");
                    assert!(value.get(key).is_some(), "{place} has no {key}");
                }
            }
            "properties" => {
                for (key, found) in value.as_object().expect("an object") {
                    if let Some(rule) = rule.get(key) {
                        check(whole, rule, found, &format!("{place}.{key}"));
                    }
                }
            }
            "additionalProperties" if *rule == Value::Bool(false) => {
                for key in value.as_object().expect("an object").keys() {
                    assert!(schema["properties"].get(key).is_some(), "{place}.{key} is not told");
                }
            }
            "additionalProperties" => {
                for (key, found) in value.as_object().expect("an object") {
                    check(whole, rule, found, &format!("{place}.{key}"));
                }
            }
            "items" => {
                for (at, found) in value.as_array().expect("a list").iter().enumerate() {
                    check(whole, rule, found, &format!("{place}[{at}]"));
                }
            }
            other => panic!("the check does not know {other}"),
        }
    }
}

fn is(kind: &Value, value: &Value) -> bool {
    match kind.as_str().expect("a type") {
        "null" => value.is_null(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{other} is no type"),
    }
}

//! The JSON that commands print, held against the schemas in `docs/schemas`. What a schema may say is little (below), and every
//! object in it is closed: a property that is new, renamed or gone is a fault.

use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// What this reads of JSON Schema 2020-12; a schema with anything else is refused, so that nothing in it is without effect.
const KNOWN: [&str; 17] = [
    "$schema",
    "$id",
    "$defs",
    "$ref",
    "title",
    "description",
    "type",
    "enum",
    "const",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "anyOf",
    "format",
    "minimum",
    "propertyNames",
];

/// Where the schemas are.
pub fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schemas"))
}

/// The name of a command's schema: `runs show` is `runs-show`.
pub fn name_of(path: &str) -> String {
    path.replace(' ', "-")
}

/// All schemas, by name.
#[derive(Default)]
pub struct Schemas {
    all: BTreeMap<String, Value>,
    /// Places of the schemas that some output has come to.
    seen: BTreeSet<String>,
}

/// Holds what a command printed, line by line, against its schema, and has it come to each of `parts`. `tests/hostile/text.rs` lists
/// what is held so in other files than its own.
#[track_caller]
pub fn prints<'a>(command: &str, printed: impl IntoIterator<Item = &'a Value>, parts: &[&str]) {
    let name = name_of(command);
    let mut schemas = Schemas::of(&name);
    printed.into_iter().for_each(|line| schemas.check(&name, line));
    let missed: Vec<&&str> = parts.iter().filter(|part| !schemas.has_seen(part)).collect();
    assert!(missed.is_empty(), "`{command}` did not print {missed:?}");
}

impl Schemas {
    pub fn read() -> Self {
        let mut all = BTreeMap::new();
        for entry in std::fs::read_dir(folder()).unwrap() {
            let name = entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned();
            let schema = one(&name);
            assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{name}");
            assert!(schema["title"].is_string() && schema["description"].is_string(), "{name} says what it is");
            well_formed(&name, &schema, &schema);
            all.insert(name, schema);
        }
        Self { all, ..Self::default() }
    }

    /// The one schema of this name.
    pub fn of(name: &str) -> Self {
        Self { all: BTreeMap::from([(name.to_owned(), one(name))]), ..Self::default() }
    }

    fn has_seen(&self, part: &str) -> bool {
        self.seen.iter().any(|place| place.rsplit('/').next() == Some(part))
    }

    pub fn names(&self) -> BTreeSet<String> {
        self.all.keys().cloned().collect()
    }

    pub fn schema(&self, name: &str) -> &Value {
        self.all.get(name).unwrap_or_else(|| panic!("docs/schemas/{name}.json is missing"))
    }

    /// Panics where a value is not what the schema says.
    pub fn check(&mut self, name: &str, value: &Value) {
        let root = self.schema(name).clone();
        let faults = self.faults(name, &root, &root, value, name);
        assert!(
            faults.is_empty(),
            "{name}: the output is not as docs/schemas/{name}.json says: {faults:#?}\n{value:#}"
        );
    }

    /// The named parts of the schemas that no output has come to, wherever they stand.
    pub fn unseen(&self) -> Vec<String> {
        let mut all = Vec::new();
        for (name, schema) in &self.all {
            objects(name, schema, schema, &mut BTreeSet::new(), &mut all);
        }
        let part = |place: &String| place.rsplit('/').next().unwrap().to_owned();
        let seen: BTreeSet<String> = self.seen.iter().map(part).collect();
        let all: BTreeSet<String> = all.iter().map(part).collect();
        all.difference(&seen).cloned().collect()
    }

    fn faults(&mut self, name: &str, root: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
        let (schema, at_schema) = resolved(root, schema);
        if let Some(place) = at_schema {
            self.seen.insert(format!("{name}#{place}"));
        }
        if let Some(ways) = schema["anyOf"].as_array() {
            // Only a way that fits is one that was seen.
            let before = self.seen.clone();
            let mut all = Vec::new();
            for way in ways {
                let faults = self.faults(name, root, way, value, at);
                if faults.is_empty() {
                    return faults;
                }
                self.seen.clone_from(&before);
                all.extend(faults);
            }
            return all;
        }
        let mut faults = Vec::new();
        if !schema["type"].is_null() && !has_type(&schema["type"], value) {
            return vec![format!("{at} is {value:.60}, not {}", schema["type"])];
        }
        if let Some(words) = schema["enum"].as_array()
            && !words.contains(value)
        {
            faults.push(format!("{at} is {value}, none of {words:?}"));
        }
        if !schema["const"].is_null() && schema["const"] != *value {
            faults.push(format!("{at} is {value}, not {}", schema["const"]));
        }
        if let Some(object) = value.as_object() {
            faults.extend(self.faults_of_object(name, root, schema, object, at));
        }
        if let Some(rows) = value.as_array()
            && !schema["items"].is_null()
        {
            for (number, row) in rows.iter().enumerate() {
                faults.extend(self.faults(name, root, &schema["items"], row, &format!("{at}[{number}]")));
            }
        }
        faults
    }

    fn faults_of_object(
        &mut self,
        name: &str,
        root: &Value,
        schema: &Value,
        object: &Map<String, Value>,
        at: &str,
    ) -> Vec<String> {
        let mut faults = Vec::new();
        for key in schema["required"].as_array().into_iter().flatten() {
            if !object.contains_key(key.as_str().unwrap()) {
                faults.push(format!("{at} has no {key}"));
            }
        }
        for (key, value) in object {
            let at = format!("{at}.{key}");
            match (schema["properties"].get(key), &schema["additionalProperties"]) {
                (Some(known), _) => faults.extend(self.faults(name, root, known, value, &at)),
                (None, Value::Bool(false)) => faults.push(format!("{at} is not known")),
                (None, others) => faults.extend(self.faults(name, root, others, value, &at)),
            }
        }
        faults
    }
}

fn one(name: &str) -> Value {
    let path = folder().join(format!("{name}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("docs/schemas/{name}.json: {error}"));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The schema behind a reference, and where that stands.
fn resolved<'a>(root: &'a Value, schema: &'a Value) -> (&'a Value, Option<String>) {
    match schema["$ref"].as_str() {
        Some(place) => {
            let found = root.pointer(place.trim_start_matches('#'));
            (found.unwrap_or_else(|| panic!("{place} is nowhere")), Some(place.to_owned()))
        }
        None => (schema, None),
    }
}

fn has_type(wanted: &Value, value: &Value) -> bool {
    let is = |name: &str| match name {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("{other} is no type"),
    };
    match wanted {
        Value::Array(any) => any.iter().any(|one| is(one.as_str().unwrap())),
        one => is(one.as_str().unwrap()),
    }
}

/// Panics where a schema says what is not read here, or leaves an object open.
fn well_formed(name: &str, root: &Value, schema: &Value) {
    let Some(object) = schema.as_object() else { panic!("{name}: {schema} is no schema") };
    for key in object.keys() {
        assert!(KNOWN.contains(&key.as_str()), "{name}: `{key}` is not read by the test");
    }
    resolved(root, schema);
    let is_object = has_word(&schema["type"], "object");
    if is_object {
        let closed = schema["additionalProperties"] == Value::Bool(false);
        let of_one_kind = schema["additionalProperties"].is_object() && schema["properties"].is_null();
        assert!(closed || of_one_kind, "{name}: an object is open: {schema:.200}");
    }
    if let Some(rows) = schema["required"].as_array() {
        for key in rows {
            assert!(schema["properties"].get(key.as_str().unwrap()).is_some(), "{name}: {key} is required and unknown");
        }
    }
    let inner = ["$defs", "properties"].iter().filter_map(|key| schema[*key].as_object()).flat_map(Map::values);
    let ways = schema["anyOf"].as_array().into_iter().flatten();
    let one = ["items", "additionalProperties"].iter().map(|key| &schema[*key]).filter(|inner| inner.is_object());
    inner.chain(ways).chain(one).for_each(|inner| well_formed(name, root, inner));
    assert!(!has_word(&schema["type"], "array") || schema["items"].is_object(), "{name}: rows of what? {schema:.200}");
}

fn has_word(list: &Value, word: &str) -> bool {
    *list == word || list.as_array().is_some_and(|list| list.iter().any(|one| one == word))
}

/// The named parts that a schema refers to, from its root on.
fn objects(name: &str, root: &Value, schema: &Value, been: &mut BTreeSet<String>, found: &mut Vec<String>) {
    if let Some(place) = schema["$ref"].as_str() {
        if been.insert(place.to_owned()) {
            found.push(format!("{name}#{place}"));
            objects(name, root, resolved(root, schema).0, been, found);
        }
        return;
    }
    let inner = schema["properties"].as_object().into_iter().flat_map(Map::values);
    let ways = schema["anyOf"].as_array().into_iter().flatten();
    let one = ["items", "additionalProperties"].iter().map(|key| &schema[*key]).filter(|inner| inner.is_object());
    inner.chain(ways).chain(one).for_each(|inner| objects(name, root, inner, been, found));
}

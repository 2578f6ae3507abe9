//! A vendor's own settings of a company: read from the state document, written into it, defaults for what is blank.

use std::collections::HashSet;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

/// Reads a company's settings; the text says what cannot be read.
pub(crate) fn read<T: DeserializeOwned>(own: &Map<String, Value>) -> Result<T, String> {
    serde_json::from_value(Value::Object(own.clone())).map_err(|error| error.to_string())
}

/// The settings as the company's own members.
pub(crate) fn write<T: Serialize>(settings: &T) -> Map<String, Value> {
    match serde_json::to_value(settings) {
        Ok(Value::Object(own)) => own,
        _ => Map::new(),
    }
}

/// Gives a blank text its default.
pub(crate) fn fill(slot: &mut String, default: &str) {
    if slot.is_empty() {
        default.clone_into(slot);
    }
}

/// Numbers for what has none, the next free ones behind a base.
pub(crate) fn numbered(known: Vec<Option<i64>>, base: i64) -> Vec<i64> {
    let taken: HashSet<i64> = known.iter().flatten().copied().collect();
    let mut next = base;
    let mut free = || loop {
        next += 1;
        if !taken.contains(&next) {
            return next;
        }
    };
    known.into_iter().map(|number| number.unwrap_or_else(&mut free)).collect()
}

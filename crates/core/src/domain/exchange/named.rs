//! Where a body names people. A body about hundreds is gone through once, and then asked for each of them.

use super::cut::DEPTH_MAX;
use super::{RawBody, Subject, key};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::HashMap;

/// The values of a body by which records may be told apart, and the records around each.
#[derive(Default)]
pub(super) struct Named<'v> {
    /// Objects and lists, each with the place in here of the one around it.
    records: Vec<(Address, Option<usize>)>,
    /// Values as [`folded`].
    values: HashMap<Cow<'v, str>, Vec<Found<'v>>, foldhash::fast::RandomState>,
}

/// Which value of the body it is: no two are at one place in memory.
type Address = usize;

fn address(value: &Value) -> Address {
    std::ptr::from_ref(value).addr()
}

struct Found<'v> {
    /// The nearest name above it.
    name: &'v str,
    /// How many characters it has.
    length: usize,
    address: Address,
    /// The record around it.
    inside: Option<usize>,
    /// Whether it is a member of that record, not of a list in it.
    is_member: bool,
}

/// What of a body names one subject.
pub(super) struct Own {
    /// Values that name it, and all that they are part of.
    holding: Vec<Address>,
    /// Records with a member that names it.
    naming: Vec<Address>,
}

impl Own {
    /// Whether this names the subject, somewhere in it.
    pub(super) fn is_in(&self, value: &Value) -> bool {
        self.holding.binary_search(&address(value)).is_ok()
    }

    /// Whether a member of this record names the subject.
    pub(super) fn is_named_by(&self, record: &Value) -> bool {
        self.naming.contains(&address(record))
    }
}

/// A value as it is compared with the keys of a subject.
pub(super) fn folded(value: &str) -> Cow<'_, str> {
    let value = value.trim();
    if value.is_ascii() && !value.bytes().any(|byte| byte.is_ascii_uppercase()) {
        Cow::Borrowed(value)
    } else {
        Cow::Owned(value.to_lowercase())
    }
}

impl<'v> Named<'v> {
    pub(super) fn of(body: &'v Value) -> Self {
        let mut named = Self::default();
        named.read("", body, None, false, 0);
        named
    }

    /// Of the body of a request. Forms are looked through by themselves.
    pub(super) fn sent(body: &RawBody<'v>) -> Self {
        match body {
            RawBody::Json(value) => Self::of(value),
            RawBody::Nothing | RawBody::Form(_) => Self::default(),
        }
    }

    fn read(&mut self, name: &'v str, value: &'v Value, inside: Option<usize>, is_member: bool, depth: usize) {
        let (text, length) = match value {
            // Records are not looked into that deep.
            _ if depth > 2 * DEPTH_MAX => return,
            Value::String(text) => (folded(text), text.trim().chars().count()),
            Value::Number(number) => {
                let text = number.to_string();
                let length = text.len();
                (Cow::Owned(text), length)
            }
            Value::Null | Value::Bool(_) => return,
            Value::Array(rows) => {
                let here = self.record(value, inside);
                rows.iter().for_each(|row| self.read(name, row, here, false, depth + 1));
                return;
            }
            Value::Object(members) => {
                let here = self.record(value, inside);
                members.iter().for_each(|(name, member)| self.read(name, member, here, true, depth + 1));
                return;
            }
        };
        self.values.entry(text).or_default().push(Found { name, length, address: address(value), inside, is_member });
    }

    fn record(&mut self, value: &Value, inside: Option<usize>) -> Option<usize> {
        self.records.push((address(value), inside));
        Some(self.records.len() - 1)
    }

    /// What of the body names this subject.
    pub(super) fn own(&self, subject: &Subject) -> Own {
        let mut own = Own { holding: Vec::new(), naming: Vec::new() };
        for wanted in &subject.keys {
            for found in self.values.get(wanted.as_str()).into_iter().flatten() {
                if key::may_name(found.name, found.length) {
                    self.add(found, &mut own);
                }
            }
        }
        own.holding.sort_unstable();
        own.holding.dedup();
        own
    }

    fn add(&self, found: &Found<'_>, own: &mut Own) {
        own.holding.push(found.address);
        let mut around = found.inside;
        for level in 1..=DEPTH_MAX {
            let Some((record, outer)) = around.and_then(|at| self.records.get(at)) else { return };
            own.holding.push(*record);
            if level == 1 && found.is_member {
                own.naming.push(*record);
            }
            around = *outer;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn subject(keys: &[&str]) -> Subject {
        Subject { keys: keys.iter().map(|&key| key.to_owned()).collect(), ..Subject::default() }
    }

    #[test]
    fn a_row_holds_whom_it_names_however_deep_and_in_whatever_case() {
        let body = json!({ "rows": [
            { "id": 7, "emails": [{ "value": " ÀNNA@Old-Mill.example " }] },
            { "id": 8, "emails": [{ "value": "ben@old-mill.example" }] },
        ], "total": 7 });
        let named = Named::of(&body);
        let own = named.own(&subject(&["ànna@old-mill.example"]));
        assert!(own.is_in(&body) && own.is_in(&body["rows"]) && own.is_in(&body["rows"][0]));
        assert!(!own.is_in(&body["rows"][1]) && !own.is_in(&body["total"]));
        assert!(own.is_named_by(&body["rows"][0]["emails"][0]) && !own.is_named_by(&body["rows"][0]));
        // A short value counts under a name that tells records apart, and under no other.
        let own = named.own(&subject(&["7"]));
        assert!(own.is_in(&body["rows"][0]) && own.is_named_by(&body["rows"][0]));
        assert!(!own.is_in(&body["total"]) && !own.is_named_by(&body));
    }

    #[test]
    fn a_value_is_as_long_as_it_was_written() {
        let body = json!([{ "id": 5, "city": "İzmir 1" }, { "id": 6, "city": "İzmir 12" }]);
        let own = Named::of(&body).own(&subject(&["i̇zmir 1", "i̇zmir 12"]));
        assert!(!own.is_in(&body[0]), "seven characters, eight in lower case");
        assert!(own.is_in(&body[1]));
    }

    #[test]
    fn nothing_is_found_deeper_than_records_are_looked_into() {
        let nest = |levels: usize| (0..levels).fold(json!("annamueller"), |inner, _| json!([inner]));
        let holds = |levels: usize| {
            let body = nest(levels);
            Named::of(&body).own(&subject(&["annamueller"])).is_in(&body)
        };
        assert!(holds(DEPTH_MAX) && !holds(DEPTH_MAX + 1) && !holds(100 * DEPTH_MAX));
    }
}

//! Bodies: forms, as the reference says, and JSON, as its examples for team members send it.

use serde_json::{Map, Value, json};

use super::error;
use crate::call::{Answer, Call};

/// The members of a body. Every value of a form is a text.
#[derive(Debug, Default)]
pub(super) struct Body(Map<String, Value>);

impl Body {
    pub fn of(call: &Call) -> Result<Self, Answer> {
        if call.body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Self::default());
        }
        if call.header("content-type").is_some_and(|kind| kind.contains("json")) {
            return match serde_json::from_slice(&call.body) {
                Ok(Value::Object(members)) => Ok(Self(members)),
                _ => Err(error(400, "The request body is no JSON object")),
            };
        }
        let mut members = Map::new();
        for (name, value) in call.form() {
            put(&mut members, &name, value);
        }
        Ok(Self(members))
    }

    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// A member as a text: `None` when it is absent, empty when it is null.
    pub fn text(&self, name: &str) -> Option<String> {
        Some(match self.0.get(name)? {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        })
    }

    /// A member that is not blank.
    pub fn filled(&self, name: &str) -> Option<String> {
        self.text(name).filter(|text| !text.trim().is_empty())
    }

    pub fn number(&self, name: &str) -> Option<i64> {
        self.text(name)?.trim().parse().ok()
    }

    pub fn is_true(&self, name: &str) -> bool {
        self.text(name).is_some_and(|text| matches!(text.as_str(), "true" | "1"))
    }

    /// The entries of a list, as texts.
    pub fn texts(&self, name: &str) -> Option<Vec<String>> {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Some(match self.0.get(name)? {
            Value::Array(list) => list.iter().map(text).collect(),
            Value::Null => Vec::new(),
            other => vec![text(other)],
        })
    }

    /// The entries of a list of objects.
    pub fn objects(&self, name: &str) -> Vec<Map<String, Value>> {
        let list = self.0.get(name).and_then(Value::as_array).cloned().unwrap_or_default();
        list.into_iter().filter_map(|one| one.as_object().cloned()).collect()
    }
}

/// One pair of a form: `name`, `list[]`, `list[][member]`. A member that the last entry has begins the next one.
fn put(members: &mut Map<String, Value>, name: &str, value: String) {
    let Some((list, rest)) = name.split_once("[]") else {
        members.insert(name.to_owned(), json!(value));
        return;
    };
    let slot = members.entry(list).or_insert_with(|| json!([]));
    let Some(entries) = slot.as_array_mut() else { return };
    let Some(member) = rest.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) else {
        entries.push(json!(value));
        return;
    };
    match entries.last_mut().and_then(Value::as_object_mut) {
        Some(last) if !last.contains_key(member) => _ = last.insert(member.to_owned(), json!(value)),
        _ => entries.push(json!({ member: value })),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_have_lists_and_lists_of_objects() {
        let mut members = Map::new();
        for (name, value) in [
            ("email", "a@x.example"),
            ("secondaryTeamIds[]", "4"),
            ("secondaryTeamIds[]", "5"),
            ("customFields[][name]", "Size"),
            ("customFields[][value]", "M"),
            ("customFields[][name]", "Badge"),
        ] {
            put(&mut members, name, value.to_owned());
        }
        let body = Body(members);
        assert_eq!(body.texts("secondaryTeamIds").unwrap(), ["4", "5"]);
        assert_eq!(
            Value::from(body.objects("customFields").into_iter().map(Value::Object).collect::<Vec<_>>()),
            json!([{"name": "Size", "value": "M"}, {"name": "Badge"}])
        );
    }
}

//! `PATCH` (RFC 7644, 3.5.2): operations in their order, all or none. Operators in lower case, values by their types.

use serde_json::{Map, Value, json};

use super::{
    ENTERPRISE, USER, error,
    resource::{OF_ENTERPRISE, READ_ONLY, Shape, spelled},
    settings::{Patching, Switches},
};
use crate::call::Answer;

/// Where a path leads.
#[derive(Debug, PartialEq)]
struct Path {
    /// Inside the enterprise extension.
    extension: bool,
    attribute: String,
    /// Sub-attribute and value of a filter in brackets.
    filter: Option<(String, Value)>,
    part: Option<String>,
}

fn invalid_path() -> Answer {
    error(400, Some("invalidPath"), "The path cannot be read or leads nowhere")
}

fn no_target() -> Answer {
    error(400, Some("noTarget"), "The path leads to no value")
}

fn parse(text: &str) -> Result<Path, Answer> {
    let lower = text.to_lowercase();
    let inside = |urn: &str| lower.strip_prefix(&urn.to_lowercase()).map(|rest| text.len() - rest.len());
    let (extension, rest) = match (inside(ENTERPRISE), inside(USER)) {
        (Some(at), _) => (true, text.get(at..).unwrap_or_default().trim_start_matches(':')),
        (None, Some(at)) => (false, text.get(at..).unwrap_or_default().trim_start_matches(':')),
        (None, None) => (false, text),
    };
    if rest.is_empty() {
        return if extension {
            Ok(Path { extension: false, attribute: ENTERPRISE.to_owned(), filter: None, part: None })
        } else {
            Err(invalid_path())
        };
    }
    let (head, filter, tail) = match (rest.find('['), rest.rfind(']')) {
        (Some(open), Some(close)) if open < close => {
            let inside = rest.get(open + 1..close).unwrap_or_default();
            let term = super::filter::parse(inside).map_err(|_| invalid_path())?.remove(0);
            (
                rest.get(..open).unwrap_or_default(),
                Some((term.attribute, term.value)),
                rest.get(close + 1..).unwrap_or_default(),
            )
        }
        (None, None) => match rest.split_once('.') {
            Some((head, _)) => (head, None, rest.get(head.len()..).unwrap_or_default()),
            None => (rest, None, ""),
        },
        _ => return Err(invalid_path()),
    };
    let part = tail.strip_prefix('.').filter(|part| !part.is_empty()).map(str::to_owned);
    let attribute = if extension {
        OF_ENTERPRISE.into_iter().find(|known| known.eq_ignore_ascii_case(head))
    } else {
        spelled(head).map(|(known, _)| known)
    };
    let attribute = attribute.ok_or_else(|| match READ_ONLY.iter().any(|known| known.eq_ignore_ascii_case(head)) {
        true => error(400, Some("mutability"), "The attribute is read-only"),
        false => invalid_path(),
    })?;
    Ok(Path { extension, attribute: attribute.to_owned(), filter, part })
}

/// Applies the operations of a body to a user.
pub(super) fn apply(resource: &mut Map<String, Value>, body: &Value, switches: &Switches) -> Result<(), Answer> {
    let syntax = |detail: &str| error(400, Some("invalidSyntax"), detail);
    let schemas = body["schemas"].as_array().cloned().unwrap_or_default();
    if !schemas.contains(&json!("urn:ietf:params:scim:api:messages:2.0:PatchOp")) {
        return Err(syntax("schemas must name PatchOp"));
    }
    let operations = body["Operations"].as_array().filter(|list| !list.is_empty());
    for operation in operations.ok_or_else(|| syntax("Operations are missing"))? {
        let op = operation["op"].as_str().unwrap_or_default();
        if !["add", "replace", "remove"].contains(&op) {
            return Err(syntax("op must be add, replace or remove"));
        }
        let value = operation.get("value").cloned();
        if op != "remove" && value.is_none() {
            return Err(syntax("value is missing"));
        }
        match operation.get("path").and_then(Value::as_str) {
            Some(path) => {
                allowed(path, switches)?;
                one(resource, op, &parse(path)?, value, switches)?;
            }
            None if op == "remove" => return Err(no_target()),
            None => {
                let members =
                    value.as_ref().and_then(Value::as_object).ok_or_else(|| syntax("value must be an object"))?;
                for (name, value) in members {
                    // `active` is what pathless writes are for; the rest is refused where only that is taken.
                    if switches.patch == Patching::SimpleOnly && !is_simple(name) {
                        return Err(error(501, None, "This operation is not supported"));
                    }
                    one(resource, op, &parse(name)?, Some(value.clone()), switches)?;
                }
            }
        }
    }
    Ok(())
}

fn is_simple(path: &str) -> bool {
    ["name.givenname", "name.familyname", "username", "active", "emails"].contains(&path.to_lowercase().as_str())
}

/// What this provider takes in paths.
fn allowed(path: &str, switches: &Switches) -> Result<(), Answer> {
    match switches.patch {
        Patching::SimpleOnly if !is_simple(path) => Err(error(501, None, "This operation is not supported")),
        Patching::NoFilteredPaths if path.contains('[') => {
            Err(error(400, Some("invalidPath"), "Filters in paths are not supported"))
        }
        Patching::PathlessActive if path.eq_ignore_ascii_case("active") => {
            Err(error(400, Some("invalidPath"), "active cannot be a path"))
        }
        _ => Ok(()),
    }
}

fn one(
    resource: &mut Map<String, Value>,
    op: &str,
    path: &Path,
    value: Option<Value>,
    switches: &Switches,
) -> Result<(), Answer> {
    if switches.refuses(&path.attribute) {
        return Err(error(400, Some("invalidPath"), "The attribute is not supported"));
    }
    if !path.extension {
        return put(resource, op, path, value);
    }
    let mut extension = resource.get(ENTERPRISE).and_then(Value::as_object).cloned().unwrap_or_default();
    put(&mut extension, op, path, value)?;
    if extension.is_empty() {
        resource.shift_remove(ENTERPRISE);
    } else {
        resource.insert(ENTERPRISE.to_owned(), Value::Object(extension));
    }
    Ok(())
}

fn put(members: &mut Map<String, Value>, op: &str, path: &Path, value: Option<Value>) -> Result<(), Answer> {
    let name = path.attribute.as_str();
    let many = spelled(name).is_some_and(|(_, shape)| shape == Shape::Many);
    if let Some((key, wanted)) = &path.filter {
        if !many {
            return Err(invalid_path());
        }
        let list = members.get_mut(name).and_then(Value::as_array_mut).ok_or_else(no_target)?;
        let at = list.iter().position(|one| one.get(key.as_str()) == Some(wanted)).ok_or_else(no_target)?;
        match (&path.part, value) {
            (None, None) => _ = list.remove(at),
            (Some(part), None) => _ = list[at].as_object_mut().and_then(|one| one.shift_remove(part)),
            (Some(part), Some(value)) => list[at][part.as_str()] = value,
            (None, Some(value)) => list[at] = value,
        }
        return Ok(());
    }
    match (&path.part, value) {
        (None, None) => _ = members.shift_remove(name),
        (Some(part), None) => {
            if let Some(inside) = members.get_mut(name).and_then(Value::as_object_mut) {
                inside.shift_remove(part);
            }
        }
        (Some(_), Some(_)) if many => return Err(invalid_path()),
        (Some(part), Some(value)) => {
            let inside = members.entry(name.to_owned()).or_insert_with(|| json!({}));
            let inside = inside.as_object_mut().ok_or_else(invalid_path)?;
            inside.insert(part.clone(), value);
        }
        (None, Some(Value::Array(more))) if many && op == "add" => {
            let list = members.entry(name.to_owned()).or_insert_with(|| json!([]));
            list.as_array_mut().ok_or_else(invalid_path)?.extend(more);
        }
        // Sub-attributes that are not named stay (3.5.2.3).
        (None, Some(Value::Object(parts))) if members.get(name).is_some_and(Value::is_object) => {
            if let Some(inside) = members.get_mut(name).and_then(Value::as_object_mut) {
                inside.extend(parts);
            }
        }
        (None, Some(Value::Null)) => _ = members.shift_remove(name),
        (None, Some(value)) => _ = members.insert(name.to_owned(), value),
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patched(operations: Value) -> Result<Map<String, Value>, Answer> {
        let mut user =
            json!({"userName": "a", "emails": [{"value": "a@x", "type": "work"}], "name": {"givenName": "A"}});
        let resource = user.as_object_mut().unwrap();
        let body = json!({"schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations});
        apply(resource, &body, &Switches::default()).map(|()| resource.clone())
    }

    #[test]
    fn paths_lead_where_the_standard_says() {
        let user = patched(json!([
            {"op": "replace", "path": "emails[type eq \"work\"].value", "value": "b@x"},
            {"op": "replace", "path": "name.familyName", "value": "B"},
            {"op": "replace", "path": format!("{ENTERPRISE}:department"), "value": "Bar"},
            {"op": "replace", "path": format!("{}:manager", ENTERPRISE.to_uppercase()), "value": {"value": "7"}},
            {"op": "replace", "value": {"active": false}}
        ]))
        .unwrap();
        assert_eq!(user["emails"], json!([{"value": "b@x", "type": "work"}]));
        assert_eq!(user["name"], json!({"givenName": "A", "familyName": "B"}));
        assert_eq!(user[ENTERPRISE], json!({"department": "Bar", "manager": {"value": "7"}}));
        assert_eq!(user["active"], false);
        let user =
            patched(json!([{"op": "remove", "path": "name.givenName"}, {"op": "remove", "path": "emails"}])).unwrap();
        assert_eq!((&user["name"], user.get("emails")), (&json!({}), None));
    }

    #[test]
    fn what_leads_nowhere_is_refused_by_its_kind() {
        let kind = |operation: Value| patched(json!([operation])).unwrap_err().body.unwrap()["scimType"].clone();
        assert_eq!(kind(json!({"op": "replace", "path": "emails[type eq \"home\"].value", "value": "x"})), "noTarget");
        assert_eq!(kind(json!({"op": "replace", "path": "shoeSize", "value": 9})), "invalidPath");
        assert_eq!(kind(json!({"op": "replace", "path": "id", "value": "9"})), "mutability");
        assert_eq!(kind(json!({"op": "Replace", "path": "title", "value": "x"})), "invalidSyntax");
    }
}

//! A user between the world's person and the standard's resource, and what the standard demands of one.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use super::{ENTERPRISE, USER, error, settings::Switches};
use crate::{
    call::Answer,
    world::{Company, Options, Person},
};

/// Where a row keeps the resource as it was written, with what the world's person has no member for.
pub(super) const SCIM: &str = "scim";

/// Attributes of a user that can be written, with whether they hold several values (RFC 7643, 4.1).
pub(super) const ATTRIBUTES: [(&str, Shape); 22] = [
    ("externalId", Shape::Text),
    ("userName", Shape::Text),
    ("name", Shape::Complex),
    ("displayName", Shape::Text),
    ("nickName", Shape::Text),
    ("profileUrl", Shape::Text),
    ("title", Shape::Text),
    ("userType", Shape::Text),
    ("preferredLanguage", Shape::Text),
    ("locale", Shape::Text),
    ("timezone", Shape::Text),
    ("active", Shape::Boolean),
    ("password", Shape::Text),
    ("emails", Shape::Many),
    ("phoneNumbers", Shape::Many),
    ("ims", Shape::Many),
    ("photos", Shape::Many),
    ("addresses", Shape::Many),
    ("entitlements", Shape::Many),
    ("roles", Shape::Many),
    ("x509Certificates", Shape::Many),
    (ENTERPRISE, Shape::Complex),
];
/// Given by the server; what comes of them is ignored.
pub(super) const READ_ONLY: [&str; 3] = ["id", "meta", "groups"];
/// Attributes of the enterprise extension.
pub(super) const OF_ENTERPRISE: [&str; 6] =
    ["employeeNumber", "costCenter", "organization", "division", "department", "manager"];
const OF_NAME: [&str; 6] = ["formatted", "familyName", "givenName", "middleName", "honorificPrefix", "honorificSuffix"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Text,
    Boolean,
    Complex,
    Many,
}

/// The standard's spelling of an attribute: names are compared without case.
pub(super) fn spelled(name: &str) -> Option<(&'static str, Shape)> {
    ATTRIBUTES.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name))
}

fn invalid(detail: &str) -> Answer {
    error(400, Some("invalidValue"), detail)
}

/// The members of a body as they are kept: read-only and unknown ones left out, dropped ones too.
pub(super) fn kept(body: &Map<String, Value>, switches: &Switches) -> Result<Map<String, Value>, Answer> {
    let mut out = Map::new();
    for (name, value) in body {
        if READ_ONLY.iter().any(|known| known.eq_ignore_ascii_case(name)) || name.eq_ignore_ascii_case("schemas") {
            continue;
        }
        let Some((spelled, _)) = spelled(name) else { continue };
        if switches.refuses(spelled) {
            return Err(error(400, Some("invalidSyntax"), &format!("Attribute {spelled} is not supported")));
        }
        if !value.is_null() {
            out.insert(spelled.to_owned(), value.clone());
        }
    }
    without_dropped(&mut out, switches);
    Ok(out)
}

/// Takes out what this provider does not keep.
pub(super) fn without_dropped(resource: &mut Map<String, Value>, switches: &Switches) {
    resource.retain(|name, _| !(switches.drops(name) || name == ENTERPRISE && switches.drops("enterprise")));
    if let Some(Value::Object(extension)) = resource.get_mut(ENTERPRISE) {
        extension.retain(|name, _| !switches.drops(name));
    }
}

/// What the standard demands of a whole user.
pub(super) fn check(resource: &Map<String, Value>, switches: &Switches) -> Result<(), Answer> {
    let user_name = resource.get("userName").and_then(Value::as_str).unwrap_or_default();
    if user_name.trim().is_empty() {
        return Err(invalid("userName is required"));
    }
    for (name, value) in resource {
        let shape = spelled(name).map(|(_, shape)| shape);
        let fits = match shape {
            Some(Shape::Text) => value.is_string(),
            Some(Shape::Boolean) => value.is_boolean(),
            Some(Shape::Complex) => value.is_object(),
            Some(Shape::Many) => value.as_array().is_some_and(|list| list.iter().all(Value::is_object)),
            None => false,
        };
        if !fits {
            return Err(invalid(&format!("{name} has the wrong type")));
        }
    }
    for required in &switches.requires {
        let (first, second) = required.split_once('.').unwrap_or((required, ""));
        let held = resource.get(first).map(|value| if second.is_empty() { value } else { &value[second] });
        if held.is_none_or(Value::is_null) {
            return Err(invalid(&format!("{required} is required")));
        }
    }
    check_parts(resource)
}

fn check_parts(resource: &Map<String, Value>) -> Result<(), Answer> {
    let primary = |list: &Vec<Value>| list.iter().filter(|one| one["primary"] == json!(true)).count();
    for name in ["emails", "phoneNumbers"] {
        let list = resource.get(name).and_then(Value::as_array);
        if list.is_some_and(|list| primary(list) > 1) {
            return Err(invalid(&format!("{name} has more than one primary value")));
        }
        if list.into_iter().flatten().any(|one| !one["value"].is_string()) {
            return Err(invalid(&format!("{name} has a value that is no text")));
        }
        if list.into_iter().flatten().any(|one| !matches!(one["primary"], Value::Null | Value::Bool(_))) {
            return Err(invalid(&format!("{name} has a primary that is no boolean")));
        }
    }
    if let Some(name) = resource.get("name").and_then(Value::as_object) {
        let known = |part: &String| OF_NAME.iter().any(|known| known.eq_ignore_ascii_case(part));
        if name.iter().any(|(part, value)| !known(part) || !value.is_string()) {
            return Err(invalid("name has a part that it cannot have"));
        }
    }
    for (name, value) in resource.get(ENTERPRISE).and_then(Value::as_object).into_iter().flatten() {
        // A bare string, as some clients send it, is refused.
        let fits = match name.as_str() {
            "manager" => value["value"].is_string(),
            _ => value.is_string() && OF_ENTERPRISE.iter().any(|known| known.eq_ignore_ascii_case(name)),
        };
        if !fits {
            return Err(invalid(&format!("{name} of the enterprise extension has the wrong type")));
        }
    }
    Ok(())
}

/// A resource as it is sent, without what the server adds.
pub(super) fn with_schemas(resource: &Map<String, Value>) -> Map<String, Value> {
    let mut schemas = vec![USER];
    if resource.contains_key(ENTERPRISE) {
        schemas.push(ENTERPRISE);
    }
    let mut out = Map::new();
    out.insert("schemas".into(), json!(schemas));
    out.extend(
        resource.iter().filter(|(name, _)| *name != "password").map(|(name, value)| (name.clone(), value.clone())),
    );
    out
}

fn set(resource: &mut Map<String, Value>, name: &str, text: &str) {
    if text.is_empty() {
        resource.shift_remove(name);
    } else {
        resource.insert(name.to_owned(), json!(text));
    }
}

fn set_inside(resource: &mut Map<String, Value>, group: &str, name: &str, text: &str) {
    let mut inside = resource.get(group).and_then(Value::as_object).cloned().unwrap_or_default();
    set(&mut inside, name, text);
    if inside.is_empty() {
        resource.shift_remove(group);
    } else {
        resource.insert(group.to_owned(), Value::Object(inside));
    }
}

/// The resource that a person of the world is.
pub(super) fn of_person(person: &Person) -> Map<String, Value> {
    let mut resource = person.own.get(SCIM).and_then(Value::as_object).cloned().unwrap_or_default();
    set(&mut resource, "externalId", &person.identifier);
    if !resource.contains_key("userName") {
        let name = if person.email.is_empty() { &person.id } else { &person.email };
        resource.insert("userName".into(), json!(name));
    }
    set_inside(&mut resource, "name", "givenName", &person.first_name);
    set_inside(&mut resource, "name", "familyName", &person.last_name);
    set(&mut resource, "title", &person.job_title);
    set_inside(&mut resource, ENTERPRISE, "department", &person.department);
    set_inside(&mut resource, ENTERPRISE, "division", &person.branch);
    resource.insert("active".into(), json!(person.status != "inactive"));
    match (resource.get_mut("emails").and_then(Value::as_array_mut), person.email.is_empty()) {
        (_, true) => _ = resource.shift_remove("emails"),
        (Some(list), false) if !list.is_empty() => {
            let at = main_email(list).unwrap_or(0);
            list[at]["value"] = json!(person.email);
        }
        _ => {
            let mail = json!([{"value": person.email, "type": "work", "primary": true}]);
            resource.insert("emails".into(), mail);
        }
    }
    resource
}

/// Puts a resource into the person of the world; the manager is the caller's.
pub(super) fn into_person(resource: &Map<String, Value>, person: &mut Person) {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    let inside = |group: &str, name: &str| text(resource.get(group).and_then(|group| group.get(name)));
    person.identifier = text(resource.get("externalId"));
    person.first_name = inside("name", "givenName");
    person.last_name = inside("name", "familyName");
    person.job_title = text(resource.get("title"));
    person.department = inside(ENTERPRISE, "department");
    person.branch = inside(ENTERPRISE, "division");
    person.status = if resource.get("active") == Some(&json!(false)) { "inactive" } else { "active" }.into();
    let emails = resource.get("emails").and_then(Value::as_array);
    let main = emails.and_then(|list| list.get(main_email(list).unwrap_or(0)));
    person.email = text(main.and_then(|one| one.get("value")));
    person.own.insert(SCIM.into(), Value::Object(resource.clone()));
}

/// The users of a company as SCIM holds them: with user names that are nobody else's, and without what it has no attribute for.
pub(crate) fn adopt(mut company: Company) -> Company {
    let mut emails = HashSet::new();
    company.people.retain(|user| user.email.is_empty() || emails.insert(user.email.to_lowercase()));
    for (user, number) in company.people.iter_mut().zip(1_u64..) {
        user.id = format!("{:08x}", number.wrapping_mul(2_654_435_761) & 0xffff_ffff);
        for unheld in [
            &mut user.known_as,
            &mut user.date_of_birth,
            &mut user.start_date,
            &mut user.end_date,
            &mut user.phone,
            &mut user.address,
            &mut user.postcode,
        ] {
            unheld.clear();
        }
        user.manager_id.clear();
        user.own.clear();
    }
    company.options = Options::default();
    company
}

fn main_email(list: &[Value]) -> Option<usize> {
    list.iter()
        .position(|one| one["primary"] == json!(true))
        .or_else(|| list.iter().position(|one| one["type"] == "work"))
}

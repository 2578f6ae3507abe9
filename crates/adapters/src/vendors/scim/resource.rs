//! Reading a user, with tolerance (rules 32 and 33; `inferred` from what servers were seen to send): names without case, numbers as
//! text, booleans in words, one object in place of a list. What cannot be read costs its member only.

use super::attributes::{ACTIVE, EMAILS, EMPLOYEE_NUMBER, ENTERPRISE, EXTERNAL_ID, NAME, USER_NAME};
use super::memory::Memory;
use super::options::{IdentifierIn, Options};
use crate::domain::field::Field;
use crate::domain::ids::{Identifier, UserId};
use crate::domain::person::{Person, User, UserStatus};
use crate::vendors::rows::{self, Fault};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

/// Longest text of a status that is kept, in characters.
const WORD_MAX: usize = 40;

/// A user as the server sent it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Resource(pub Map<String, Value>);

/// A user that was read.
#[derive(Debug, Clone)]
pub struct Found {
    pub user: User,
    pub user_name: Option<String>,
    pub resource: Resource,
}

impl Found {
    /// What is kept beside the user: by allow-list.
    pub fn raw(&self) -> Value {
        let mut raw = Map::new();
        for name in ["id", EXTERNAL_ID, USER_NAME, NAME, EMAILS, "title", ACTIVE, ENTERPRISE] {
            if let Some(value) = self.resource.get(name) {
                raw.insert(name.to_owned(), value.clone());
            }
        }
        Value::Object(raw)
    }

    /// `meta.version`, for `If-Match`.
    pub fn version(&self) -> Option<&str> {
        member(self.resource.get("meta")?.as_object()?, "version")?.as_str()
    }
}

/// A member by its name without case; the exact spelling where both are there.
pub fn member<'m>(members: &'m Map<String, Value>, name: &str) -> Option<&'m Value> {
    let folded = || members.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    members.get(name).or_else(folded).filter(|value| !value.is_null())
}

impl Resource {
    /// Reads a row; members that cannot be read are named.
    pub fn read(row: &RawValue) -> (Self, Vec<Fault>) {
        if let Ok(Value::Object(members)) = serde_json::from_str(row.get()) {
            return (Self(members), Vec::new());
        }
        let (mut members, mut faults) = (Map::new(), Vec::new());
        let raw = rows::members(row);
        if raw.is_empty() {
            faults.push(Fault { member: None, what: "is no object" });
        }
        for (name, value) in raw {
            match serde_json::from_str(value.get()) {
                Ok(value) => _ = members.insert(name, value),
                Err(_) => faults.push(Fault { member: Some(name), what: "cannot be read" }),
            }
        }
        (Self(members), faults)
    }

    pub fn get(&self, name: &str) -> Option<&Value> {
        member(&self.0, name)
    }

    /// The extension, wherever its URN is spelled otherwise.
    fn extension(&self, name: &str) -> Option<&Value> {
        member(self.get(ENTERPRISE)?.as_object()?, name)
    }

    pub fn id(&self) -> Option<String> {
        text(self.get("id")?).ok().flatten()
    }

    /// The place of the e-mail that is ours: the primary one, else that of work, else the first.
    pub fn main_email(list: &[Value]) -> Option<usize> {
        let is = |one: &Value, name: &str, what: &dyn Fn(&Value) -> bool| {
            one.as_object().and_then(|one| member(one, name)).is_some_and(what)
        };
        let primary = |one: &Value| is(one, "primary", &|value| boolean(value) == Some(true));
        let work = |one: &Value| {
            is(one, "type", &|value| value.as_str().is_some_and(|word| word.eq_ignore_ascii_case("work")))
        };
        let first = (!list.is_empty()).then_some(0);
        list.iter().position(primary).or_else(|| list.iter().position(work)).or(first)
    }

    /// The e-mails, as a list whatever came.
    pub fn emails(&self) -> Vec<Value> {
        match self.get(EMAILS) {
            Some(Value::Array(list)) => list.clone(),
            Some(one @ Value::Object(_)) => vec![one.clone()],
            Some(Value::String(one)) => vec![json!({ "value": one })],
            _ => Vec::new(),
        }
    }

    fn email(&self) -> Result<Option<String>, &'static str> {
        let emails = self.emails();
        if emails.is_empty() && self.get(EMAILS).is_some_and(|value| !value.is_array()) {
            return Err("holds no list");
        }
        let Some(main) = Self::main_email(&emails).and_then(|at| emails.get(at)) else { return Ok(None) };
        match main {
            Value::String(one) => Ok(filled(one)),
            Value::Object(one) => member(one, "value").map_or(Ok(None), text),
            _ => Err("holds something that is no e-mail"),
        }
    }

    fn manager(&self) -> Result<Option<String>, &'static str> {
        match self.extension("manager") {
            None => Ok(None),
            Some(Value::Object(one)) => match member(one, "value").or_else(|| member(one, "managerId")) {
                Some(value) => text(value),
                None => Ok(None),
            },
            // As some servers keep it.
            Some(one) => text(one),
        }
    }

    fn name(&self, part: &str) -> Result<Option<String>, &'static str> {
        match self.get(NAME) {
            None => Ok(None),
            Some(Value::Object(name)) => member(name, part).map_or(Ok(None), text),
            Some(_) => Err("holds no object"),
        }
    }

    /// What a status says. Who shows none can log in (`assumed`: the standard lets servers leave it out), unless the server shows it
    /// of nobody: then it is not known.
    fn status(&self, id: &str, memory: &Memory) -> UserStatus {
        let Some(active) = self.get(ACTIVE) else { return memory.status_of_unshown(id) };
        match boolean(active) {
            Some(true) => UserStatus::Active,
            Some(false) => UserStatus::Inactive,
            None => {
                let word = active.as_str().unwrap_or("(no boolean)");
                UserStatus::Unclear(word.chars().filter(|c| !c.is_control()).take(WORD_MAX).collect())
            }
        }
    }

    /// The user that it is, read with these faults.
    pub fn into_found(self, options: &Options, memory: &Memory, mut faults: Vec<Fault>) -> Found {
        let mut take = |name: &str, value: Result<Option<String>, &'static str>| match value {
            Ok(value) => value,
            Err(what) => {
                faults.push(Fault { member: Some(name.to_owned()), what });
                None
            }
        };
        let plain = |value: Option<&Value>| value.map_or(Ok(None), text);
        let as_sent = |field: Field, value: Option<String>| value.map(|value| memory.as_sent(field, value));
        let identifier = match options.identifier {
            IdentifierIn::ExternalId => take(EXTERNAL_ID, plain(self.get(EXTERNAL_ID))),
            IdentifierIn::EmployeeNumber => take(EMPLOYEE_NUMBER, plain(self.extension(EMPLOYEE_NUMBER))),
        };
        let person = Person {
            first_name: take("name.givenName", self.name("givenName")),
            last_name: take("name.familyName", self.name("familyName")),
            email: take(EMAILS, self.email()),
            job_title: as_sent(Field::JobTitle, take("title", plain(self.get("title")))),
            branch: as_sent(Field::Branch, take(options.branch, plain(self.extension(options.branch)))),
            department: as_sent(Field::Department, take("department", plain(self.extension("department")))),
            ..Person::default()
        };
        let manager = take("manager", self.manager());
        let user_name = take(USER_NAME, plain(self.get(USER_NAME)));
        let id = take("id", plain(self.get("id")));
        if id.is_none() && !faults.iter().any(|fault| fault.member.as_deref().is_none_or(|member| member == "id")) {
            faults.push(Fault { member: Some("id".to_owned()), what: "is empty" });
        }
        let id = id.unwrap_or_else(|| format!("unreadable-{}", stand_in(&self.0)));
        let user = User {
            identifier: identifier.map(Identifier),
            person,
            status: self.status(&id, memory),
            id: UserId::new(id),
            access_profile: None,
            manager: manager.map(UserId::new),
            training: None,
            unreadable: rows::unreadable(&faults),
        };
        Found { user, user_name, resource: self }
    }
}

fn stand_in(members: &Map<String, Value>) -> String {
    let text = Value::Object(members.clone()).to_string();
    let raw = RawValue::from_string(text).map(|raw| rows::stand_in(&raw).unsigned_abs()).unwrap_or_default();
    format!("{raw:x}")
}

fn filled(text: &str) -> Option<String> {
    (!text.trim().is_empty()).then(|| text.to_owned())
}

/// A text, or a number as one.
pub fn text(value: &Value) -> Result<Option<String>, &'static str> {
    match value {
        Value::Null => Ok(None),
        Value::String(text) => Ok(filled(text)),
        Value::Number(number) => Ok(Some(number.to_string())),
        Value::Bool(_) => Err("holds yes or no"),
        // A list of one is what it holds.
        Value::Array(list) => match list.as_slice() {
            [] => Ok(None),
            [one] if !one.is_array() => text(one),
            _ => Err("holds a list"),
        },
        Value::Object(_) => Err("holds an object"),
    }
}

/// `true`, `"true"`, `"True"`.
pub fn boolean(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(yes) => Some(*yes),
        Value::String(word) if word.trim().eq_ignore_ascii_case("true") => Some(true),
        Value::String(word) if word.trim().eq_ignore_ascii_case("false") => Some(false),
        _ => None,
    }
}

/// A user name or an e-mail as it is compared: servers change its case, and some write `[at]` (rule 31).
pub fn folded(name: &str) -> String {
    name.trim().to_lowercase().replace("[at]", "@")
}

#[cfg(test)]
mod battered {
    use super::*;
    use crate::battered::batter;

    #[test]
    fn battered_scim() {
        let samples: &[&[u8]] = &[
            br#"{"id":"7","externalId":"E2","userName":"leo@x.example","active":true,"title":"Waiter","name":{"givenName":"Leo","familyName":"Marsh"},"emails":[{"value":"leo@x.example","primary":true}],"meta":{"version":"W/1"},"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"Kitchen","manager":{"value":"3"}}}"#,
        ];
        batter("scim", samples, |bytes| {
            let Ok(raw) = RawValue::from_string(rows::text(bytes).into_owned()) else { return };
            let (_, faults) = Resource::read(&raw);
            assert!(faults.len() <= bytes.len());
        });
    }
}

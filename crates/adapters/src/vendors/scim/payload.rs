//! Bodies: strictly by the standard, and the smallest that the server's schemas allow (rules 3, 13, 17, 30).

use super::attributes::{
    ACTIVE, DISPLAY_NAME, EMAILS, ENTERPRISE, EXTERNAL_ID, NAME, PATCH_OP, Place, USER, USER_NAME,
};
use super::discovery::Discovery;
use super::memory::Memory;
use super::options::{IdentifierIn, Options};
use super::resource::{Resource, member};
use crate::domain::field::{Field, FieldChange};
use crate::domain::ids::Identifier;
use crate::domain::person::Person;
use serde_json::{Map, Value, json};

/// Given by the server: never sent back (rule 16).
const OF_THE_SERVER: [&str; 4] = ["id", "meta", "groups", "schemas"];

/// Fields of a new user, in the order in which they are sent.
pub const FIELDS: [Field; 6] =
    [Field::FirstName, Field::LastName, Field::Email, Field::JobTitle, Field::Department, Field::Branch];

/// What is sent of whom, and to what kind of server.
pub struct Shape<'a> {
    pub options: &'a Options,
    pub discovery: &'a Discovery,
    pub memory: &'a Memory,
}

impl Shape<'_> {
    /// Whether a field is sent at all.
    pub fn takes(&self, field: Field) -> bool {
        let place = Place::of(field, self.options);
        !self.memory.is_left_out(field) && place.is_some_and(|place| self.discovery.offers(place))
    }

    /// A new user, who is active.
    pub fn creation(&self, identifier: &Identifier, person: &Person, user_name: &str) -> Value {
        let mut body = Map::new();
        body.insert("schemas".into(), json!([USER]));
        if self.options.identifier == IdentifierIn::ExternalId {
            body.insert(EXTERNAL_ID.into(), json!(identifier.as_str()));
        }
        body.insert(USER_NAME.into(), json!(user_name));
        body.insert(ACTIVE.into(), json!(true));
        let mut resource = Resource(body);
        for field in FIELDS {
            if let Some(value) = person.text(field).filter(|_| self.takes(field)) {
                self.put(&mut resource, field, Some(value));
            }
        }
        self.put_names(&mut resource, &person.display_name());
        if self.options.identifier == IdentifierIn::EmployeeNumber {
            self.put(&mut resource, Field::Identifier, Some(identifier.as_str()));
        }
        resource.with_schemas()
    }

    /// The whole names, where the server has them or demands them.
    fn put_names(&self, resource: &mut Resource, display_name: &str) {
        if self.discovery.offers(Place::Core(DISPLAY_NAME)) {
            resource.0.insert(DISPLAY_NAME.into(), json!(display_name));
        }
        if self.discovery.demands(Place::Name("formatted"))
            && let Some(name) = resource.0.get_mut(NAME).and_then(Value::as_object_mut)
        {
            name.insert("formatted".into(), json!(display_name));
        }
    }

    fn email(&self, value: &str) -> Value {
        let mut email = Map::new();
        email.insert("value".into(), json!(value));
        for (part, own) in [("type", json!("work")), ("primary", json!(true))] {
            if self.discovery.has_part(Place::Email, part) {
                email.insert(part.into(), own);
            }
        }
        Value::Object(email)
    }

    /// Puts a value into a resource; `None` takes it out.
    pub fn put(&self, resource: &mut Resource, field: Field, value: Option<&str>) {
        let Some(place) = Place::of(field, self.options) else { return };
        let text = value.map(|value| json!(value));
        match place {
            Place::Core(name) => set(&mut resource.0, name, text),
            Place::Name(part) => inside(&mut resource.0, NAME, part, text),
            Place::Enterprise(name) => inside(&mut resource.0, ENTERPRISE, name, text),
            Place::Manager => {
                inside(&mut resource.0, ENTERPRISE, "manager", value.map(|value| json!({ "value": value })));
            }
            Place::Email => {
                let emails = self.emails(resource, value);
                set(&mut resource.0, EMAILS, (!emails.is_empty()).then_some(Value::Array(emails)));
            }
        }
    }

    /// All e-mails of a user with ours changed: the others stay (rule 15).
    pub fn emails(&self, resource: &Resource, value: Option<&str>) -> Vec<Value> {
        let mut emails = resource.emails();
        match (Resource::main_email(&emails), value) {
            (Some(at), Some(value)) => {
                if let Some(one) = emails.get_mut(at).and_then(Value::as_object_mut) {
                    // Some servers add it, and take no second spelling of it.
                    one.retain(|name, _| !name.eq_ignore_ascii_case("display"));
                    set(one, "value", Some(json!(value)));
                }
            }
            (Some(at), None) => _ = emails.remove(at),
            (None, Some(value)) => emails.push(self.email(value)),
            (None, None) => {}
        }
        emails
    }

    /// A user of which one thing is changed, as PUT takes it: everything that is left out would be lost.
    pub fn replacement(&self, found: &Resource, changes: &Changes<'_>) -> Value {
        let mut resource = found.clone();
        resource.0.retain(|name, _| {
            let own = OF_THE_SERVER.iter().any(|known| known.eq_ignore_ascii_case(name));
            !own && !self.discovery.is_read_only(USER, name)
        });
        for (field, value) in changes.fields() {
            self.put(&mut resource, field, value);
        }
        if let Some(active) = changes.active {
            set(&mut resource.0, ACTIVE, Some(json!(active)));
        }
        if let Some(name) = changes.user_name {
            set(&mut resource.0, USER_NAME, Some(json!(name)));
        }
        if let Some(name) = &changes.display_name {
            if found.get(DISPLAY_NAME).is_some() {
                set(&mut resource.0, DISPLAY_NAME, Some(json!(name)));
            }
            if let Some(Value::Object(names)) = resource.0.get_mut(NAME)
                && member(names, "formatted").is_some()
            {
                set(names, "formatted", Some(json!(name)));
            }
        }
        if let Some(Value::Object(extension)) = resource.0.get_mut(ENTERPRISE)
            && let Some(Value::Object(manager)) = extension.get_mut("manager")
        {
            // Read-only parts of a reference.
            manager.retain(|name, _| name.eq_ignore_ascii_case("value"));
        }
        resource.with_schemas()
    }

    /// The operations of a PATCH: one for each attribute, lower-case, each with its path (rule 13). `emails` is all of them where
    /// they are sent as a whole.
    pub fn operations(&self, changes: &Changes<'_>, emails: Option<Vec<Value>>) -> Value {
        let replace = |path: &str, value: Value| json!({"op": "replace", "path": path, "value": value});
        let mut operations = Vec::new();
        operations.extend(changes.active.map(|active| replace(ACTIVE, json!(active))));
        operations.extend(changes.user_name.map(|name| replace(USER_NAME, json!(name))));
        let display_name = changes.display_name.as_ref().filter(|_| changes.shows_display_name);
        operations.extend(display_name.map(|name| replace(DISPLAY_NAME, json!(name))));
        for (field, value) in changes.fields() {
            let Some(place) = Place::of(field, self.options) else { continue };
            operations.push(match (place, value, &emails) {
                (Place::Email, Some(_), Some(all)) => replace(EMAILS, json!(all)),
                (Place::Manager, Some(value), _) => replace(&place.path(), json!({ "value": value })),
                (_, Some(value), _) => replace(&place.path(), json!(value)),
                (_, None, _) => json!({"op": "remove", "path": place.path()}),
            });
        }
        patch(operations)
    }
}

/// The body of a PATCH.
pub fn patch(operations: Vec<Value>) -> Value {
    json!({"schemas": [PATCH_OP], "Operations": operations})
}

/// What is to become of a user.
#[derive(Debug, Clone, Default)]
pub struct Changes<'c> {
    pub changes: &'c [FieldChange],
    pub identifier: Option<&'c Identifier>,
    pub active: Option<bool>,
    pub user_name: Option<&'c str>,
    /// The whole name, where a part of it changes.
    pub display_name: Option<String>,
    /// The user shows one.
    pub shows_display_name: bool,
}

impl Changes<'_> {
    /// Fields with what they become.
    pub fn fields(&self) -> impl Iterator<Item = (Field, Option<&str>)> {
        let identifier = self.identifier.map(|identifier| (Field::Identifier, Some(identifier.as_str())));
        let values = self.changes.iter().filter(|change| !matches!(change.field, Field::Identifier | Field::Status));
        identifier.into_iter().chain(values.map(|change| (change.field, change.to.as_deref())))
    }
}

impl Resource {
    /// The body, with the schemas that it uses (RFC 7643, 3).
    fn with_schemas(self) -> Value {
        let extended = member(&self.0, ENTERPRISE).is_some();
        let mut body = Map::new();
        let others = self.0.keys().filter(|name| name.starts_with("urn:") && !name.eq_ignore_ascii_case(ENTERPRISE));
        let mut schemas = vec![json!(USER)];
        if extended {
            schemas.push(json!(ENTERPRISE));
        }
        schemas.extend(others.map(|name| json!(name)));
        body.insert("schemas".into(), Value::Array(schemas));
        body.extend(self.0.into_iter().filter(|(name, _)| name != "schemas"));
        Value::Object(body)
    }
}

/// Sets a member, under the spelling that it has; `None` takes it out.
fn set(members: &mut Map<String, Value>, name: &str, value: Option<Value>) {
    let known = members.keys().find(|known| known.eq_ignore_ascii_case(name)).cloned();
    match (known, value) {
        (Some(known), Some(value)) => _ = members.insert(known, value),
        (Some(known), None) => _ = members.shift_remove(&known),
        (None, Some(value)) => _ = members.insert(name.to_owned(), value),
        (None, None) => {}
    }
}

fn inside(members: &mut Map<String, Value>, group: &str, name: &str, value: Option<Value>) {
    let mut held = member(members, group).and_then(Value::as_object).cloned().unwrap_or_default();
    set(&mut held, name, value);
    set(members, group, (!held.is_empty()).then_some(Value::Object(held)));
}

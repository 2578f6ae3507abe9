//! What a server says of itself (rules 1 to 4). Each of the calls may be missing, refused or wrong; none of that is fatal: then what
//! most servers do is taken for it (`inferred`).

use super::attributes::{ENTERPRISE, EXTERNAL_ID, Place, USER};
use super::client::Scim;
use super::resource::{boolean, member};
use crate::ports::api::ApiError;
use crate::vendors::http::Request;
use reqwest::StatusCode;
use serde_json::{Map, Value};
use std::collections::BTreeMap;

const CONFIGURATION: &str = "/ServiceProviderConfig";
const SCHEMAS: &str = "/Schemas";

/// What a server says of itself, or what is taken for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Discovery {
    /// Whether the configuration could be read.
    pub is_told: bool,
    pub patch: bool,
    pub etag: bool,
    /// Pages by cursor (RFC 9865).
    pub cursor: bool,
    /// `None` where no schemas could be read.
    schemas: Option<Schemas>,
}

impl Default for Discovery {
    fn default() -> Self {
        Self { is_told: false, patch: true, etag: false, cursor: false, schemas: None }
    }
}

/// Attributes by their schema's URN and their own name, both folded; parts behind a dot.
type Schemas = BTreeMap<(String, String), Attribute>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Attribute {
    required: bool,
    read_only: bool,
}

impl Discovery {
    fn attribute(&self, place: Place) -> Option<&Attribute> {
        let (urn, name, part) = place.listed();
        let name = part.map_or_else(|| name.to_owned(), |part| format!("{name}.{part}"));
        self.schemas.as_ref()?.get(&key(urn, &name))
    }

    /// Whether the server has an attribute that can be written, as far as can be told.
    pub fn offers(&self, place: Place) -> bool {
        let Some(schemas) = &self.schemas else { return true };
        let (urn, name, part) = place.listed();
        // Common to all resources, and in no schema (RFC 7643, 3.1), unless a server lists it all the same.
        let is_common = name == EXTERNAL_ID;
        if let Some(part) = part
            && let Some(of) = schemas.get(&key(urn, name))
        {
            let parts_told = schemas.keys().any(|(_, known)| known.starts_with(&format!("{}.", name.to_lowercase())));
            let known = schemas.get(&key(urn, &format!("{name}.{part}")));
            return !of.read_only && (!parts_told || known.is_some_and(|part| !part.read_only));
        }
        self.attribute(place).map_or(is_common, |attribute| !attribute.read_only)
    }

    /// Whether the server takes nobody without an attribute.
    pub fn demands(&self, place: Place) -> bool {
        self.attribute(place).is_some_and(|attribute| attribute.required)
    }

    /// Whether an attribute of several values has this part, as far as can be told.
    pub fn has_part(&self, place: Place, part: &str) -> bool {
        let Some(schemas) = &self.schemas else { return true };
        let (urn, name, _) = place.listed();
        let told = schemas.keys().any(|(_, known)| known.starts_with(&format!("{}.", name.to_lowercase())));
        !told || schemas.contains_key(&key(urn, &format!("{name}.{part}")))
    }

    pub fn is_read_only(&self, urn: &str, name: &str) -> bool {
        self.schemas.as_ref().and_then(|schemas| schemas.get(&key(urn, name))).is_some_and(|one| one.read_only)
    }

    /// Whether the schemas were read.
    pub fn has_schemas(&self) -> bool {
        self.schemas.is_some()
    }
}

fn key(urn: &str, name: &str) -> (String, String) {
    (urn.to_lowercase(), name.to_lowercase())
}

impl Scim {
    /// What the server says of itself; asked once.
    ///
    /// # Errors
    /// Only what every other call would meet too: no connection, refused credentials.
    pub(super) async fn discovery(&self) -> Result<&Discovery, ApiError> {
        self.discovered
            .get_or_try_init(|| async {
                let mut discovery = Discovery::default();
                if let Some(told) = self.told(CONFIGURATION).await? {
                    let supported = |name: &str| {
                        let feature = member(&told, name)?.as_object()?;
                        member(feature, "supported").and_then(boolean)
                    };
                    discovery.is_told = true;
                    discovery.patch = supported("patch").unwrap_or(true);
                    discovery.etag = supported("etag").unwrap_or(false);
                    let pages = member(&told, "pagination").and_then(Value::as_object);
                    discovery.cursor =
                        pages.and_then(|pages| member(pages, "cursor")).and_then(boolean).unwrap_or(false);
                }
                discovery.schemas = self.told(SCHEMAS).await?.and_then(|told| schemas_of(&told));
                Ok(discovery)
            })
            .await
    }

    /// The object that a discovery call shows; `None` where it shows none.
    async fn told(&self, template: &'static str) -> Result<Option<Map<String, Value>>, ApiError> {
        match self.try_read(Request::get(template)).await? {
            Some(answer) if answer.status == StatusCode::OK && !answer.is_html() => {
                Ok(serde_json::from_slice(answer.bytes()).ok())
            }
            _ => Ok(None),
        }
    }
}

/// The attributes of a user; `None` where the core schema is not among the answers, or lists no user name: then it is not to be
/// believed.
fn schemas_of(told: &Map<String, Value>) -> Option<Schemas> {
    let mut schemas = Schemas::new();
    let listed = member(told, "Resources")?.as_array()?;
    for schema in listed.iter().filter_map(Value::as_object) {
        let Some(urn) = member(schema, "id").and_then(Value::as_str) else { continue };
        let attributes = member(schema, "attributes").and_then(Value::as_array);
        for attribute in attributes.into_iter().flatten().filter_map(Value::as_object) {
            add(&mut schemas, urn, "", attribute);
        }
    }
    let is_user = schemas.contains_key(&key(USER, "userName"));
    is_user.then_some(schemas)
}

fn add(schemas: &mut Schemas, urn: &str, before: &str, attribute: &Map<String, Value>) {
    let Some(name) = member(attribute, "name").and_then(Value::as_str) else { return };
    // Some servers name the attributes of an extension in full.
    let name = name.strip_prefix(&format!("{ENTERPRISE}:")).unwrap_or(name);
    let name = format!("{before}{name}");
    let mutability = member(attribute, "mutability").and_then(Value::as_str).unwrap_or_default();
    let held = Attribute {
        required: member(attribute, "required").and_then(boolean).unwrap_or(false),
        read_only: mutability.eq_ignore_ascii_case("readOnly"),
    };
    schemas.insert(key(urn, &name), held);
    if before.is_empty() {
        let parts = member(attribute, "subAttributes").and_then(Value::as_array);
        for part in parts.into_iter().flatten().filter_map(Value::as_object) {
            add(schemas, urn, &format!("{name}."), part);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(attributes: Value, extension: Value) -> Discovery {
        let told =
            json!({"Resources": [{"id": USER, "attributes": attributes}, {"id": ENTERPRISE, "attributes": extension}]});
        Discovery { schemas: schemas_of(told.as_object().unwrap()), ..Discovery::default() }
    }

    #[test]
    fn only_what_the_schemas_list_is_offered() {
        let name =
            json!({"name": "name", "subAttributes": [{"name": "formatted", "required": true}, {"name": "familyName"}]});
        let told = of(
            json!([{"name": "userName"}, name, {"name": "emails", "subAttributes": [{"name": "value"}]},
                {"name": "externalId", "mutability": "readOnly"}]),
            json!([{"name": "department"}, {"name": "manager", "mutability": "READONLY"}]),
        );
        assert!(told.offers(Place::Name("familyName")) && !told.offers(Place::Name("givenName")));
        assert!(told.demands(Place::Name("formatted")) && told.offers(Place::Enterprise("department")));
        assert!(!told.offers(Place::Core("title")) && !told.offers(Place::Manager));
        assert!(!told.offers(Place::Core(EXTERNAL_ID)), "listed, and not ours to write");
        assert!(told.has_part(Place::Email, "value") && !told.has_part(Place::Email, "primary"));
    }

    #[test]
    fn what_cannot_be_believed_hinders_nothing() {
        for told in [of(json!([]), json!([])), Discovery::default()] {
            assert!(
                told.offers(Place::Core("title")) && told.offers(Place::Manager) && told.has_part(Place::Email, "type")
            );
        }
        let bare = of(json!([{"name": "userName"}, {"name": "name"}]), json!([]));
        assert!(bare.offers(Place::Name("givenName")), "parts that nobody lists may be there");
        assert!(bare.offers(Place::Core(EXTERNAL_ID)), "common to all resources, in no schema");
    }
}

//! What a provider says of itself: `/ServiceProviderConfig`, `/ResourceTypes`, `/Schemas`.

use serde_json::{Value, json};

use super::{
    ENTERPRISE, LIST, USER,
    account::Account,
    not_found,
    resource::{ATTRIBUTES, OF_ENTERPRISE, Shape},
    scim,
    settings::{Paging, Patching},
};
use crate::call::Answer;

impl Account {
    pub(super) fn discover(&self, rest: &[&str]) -> Result<Answer, Answer> {
        if self.settings.switches.no_discovery {
            return Err(not_found());
        }
        match rest {
            ["ServiceProviderConfig"] => Ok(scim(200, self.configuration())),
            ["ResourceTypes"] => Ok(scim(200, listed(vec![resource_type()]))),
            ["Schemas"] => Ok(scim(200, listed(vec![self.user_schema(), self.enterprise_schema()]))),
            ["Schemas", USER] => Ok(scim(200, self.user_schema())),
            ["Schemas", ENTERPRISE] => Ok(scim(200, self.enterprise_schema())),
            _ => Err(not_found()),
        }
    }

    fn configuration(&self) -> Value {
        let switches = &self.settings.switches;
        let mut out = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"],
            "patch": {"supported": switches.patch != Patching::Unsupported},
            "bulk": {"supported": false, "maxOperations": 0, "maxPayloadSize": 0},
            "filter": {"supported": !switches.denies_filters, "maxResults": self.settings.page_max},
            "changePassword": {"supported": false},
            "sort": {"supported": false},
            "etag": {"supported": switches.etag},
            "authenticationSchemes": [{"type": "oauthbearertoken", "name": "Token", "description": "A bearer token"}],
        });
        if switches.paging == Paging::Cursor {
            out["pagination"] = json!({"cursor": true, "index": true, "defaultPaginationMethod": "index",
                "defaultPageSize": self.settings.page_max, "maxPageSize": self.settings.page_max});
        }
        out
    }

    fn lists(&self, attribute: &str) -> bool {
        let switches = &self.settings.switches;
        !(switches.refuses(attribute) || switches.honest_schemas && switches.drops(attribute))
    }

    fn user_schema(&self) -> Value {
        let required = |name: &str| self.settings.switches.requires.iter().any(|one| one == name);
        let shown = ATTRIBUTES.iter().filter(|(name, _)| *name != ENTERPRISE && *name != "externalId");
        let attributes = shown.filter(|(name, _)| self.lists(name)).map(|(name, shape)| {
            let kind = match shape {
                Shape::Boolean => "boolean",
                Shape::Complex | Shape::Many => "complex",
                Shape::Text => "string",
            };
            let parts: &[&str] = match *name {
                "name" => &["formatted", "familyName", "givenName"],
                "emails" | "phoneNumbers" => &["value", "type", "primary"],
                _ => &[],
            };
            let parts = parts.iter().map(|part| {
                json!({"name": part, "type": "string", "multiValued": false, "mutability": "readWrite",
                    "required": required(&format!("{name}.{part}"))})
            });
            json!({"name": name, "type": kind, "multiValued": *shape == Shape::Many, "mutability": "readWrite",
                "required": *name == "userName" || required(name), "returned": "default",
                "subAttributes": parts.collect::<Vec<_>>()})
        });
        json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"], "id": USER, "name": "User",
            "attributes": attributes.collect::<Vec<_>>()})
    }

    fn enterprise_schema(&self) -> Value {
        let all = self.lists("enterprise");
        let shown = OF_ENTERPRISE.iter().filter(|name| all && self.lists(name));
        let attributes = shown.map(|name| {
            json!({"name": name, "type": if *name == "manager" { "complex" } else { "string" }, "multiValued": false,
                "mutability": "readWrite", "required": false})
        });
        json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:Schema"], "id": ENTERPRISE, "name": "EnterpriseUser",
            "attributes": attributes.collect::<Vec<_>>()})
    }
}

fn listed(resources: Vec<Value>) -> Value {
    json!({"schemas": [LIST], "totalResults": resources.len(), "startIndex": 1, "itemsPerPage": resources.len(),
        "Resources": resources})
}

fn resource_type() -> Value {
    json!({"schemas": ["urn:ietf:params:scim:schemas:core:2.0:ResourceType"], "id": "User", "name": "User",
        "endpoint": "/Users", "schema": USER, "schemaExtensions": [{"schema": ENTERPRISE, "required": false}]})
}

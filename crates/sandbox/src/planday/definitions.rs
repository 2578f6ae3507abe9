//! Field definitions, and the small lists: departments, groups, types.

use serde_json::{Map, Value, json};

use super::{
    portal::{Named, Portal, option_id},
    settings::{Field, FieldKind},
};
use crate::{call::Answer, world::OptionItem};

impl Portal {
    /// The JSON-Schema-like document; archived fields are not in it.
    pub(super) fn field_definitions(&self) -> Answer {
        let mut properties = Map::new();
        let mut definitions = Map::new();
        definitions.insert("string".into(), json!({"type": "string"}));
        definitions.insert("optionalString".into(), json!({"anyOf": [{"type": "string"}, {"type": "null"}]}));
        for name in ["firstName", "lastName", "userName"] {
            properties.insert(name.into(), json!({"$ref": "#/definitions/string"}));
        }
        for name in ["email", "jobTitle", "birthDate", "hiredFrom", "zip", "city", "street1", "salaryIdentifier"] {
            properties.insert(name.into(), json!({"$ref": "#/definitions/optionalString"}));
        }
        let fields = &self.settings.fields;
        for (field, options) in [
            (&fields.job_title, &self.options.job_titles),
            (&fields.branch, &self.options.branches),
            (&fields.department, &self.options.departments),
        ] {
            if field.exists() {
                let name = format!("optionalCustom{}", field.number);
                let property = json!({"$ref": format!("#/definitions/{name}"), "description": field.label});
                properties.insert(format!("custom_{}", field.number), property);
                definitions.insert(name, definition(field, options));
            }
        }
        let (ids, names): (Vec<i64>, Vec<&str>) = self.types.iter().map(|kind| (kind.id, kind.name.as_str())).unzip();
        properties.insert("employeeTypeId".into(), json!({"$ref": "#/definitions/optionalEmployeeType"}));
        definitions.insert("optionalEmployeeType".into(), choice(&ids, &names));
        Answer::json(
            200,
            json!({"data": {"portalId": self.settings.portal_id, "$schema": "http://json-schema.org/draft-04/schema#",
                "type": "object", "required": ["firstName", "lastName", "userName", "departments"], "readOnly": [],
                "unique": ["userName"], "properties": properties, "definitions": definitions}}),
        )
    }

    /// Departments as the API lists them.
    pub(super) fn departments_json(&self) -> Vec<Value> {
        let row = |row: &Named| json!({"id": row.id, "name": row.name, "number": row.own.get("number").cloned().unwrap_or(json!(""))});
        self.departments.iter().map(row).collect()
    }

    /// Employee groups as the API lists them.
    pub(super) fn groups_json(&self) -> Vec<Value> {
        self.groups.iter().map(|row| json!({"id": row.id, "name": row.name})).collect()
    }

    /// Employee types as the API lists them.
    pub(super) fn types_json(&self) -> Vec<Value> {
        self.types.iter().map(|row| json!({"id": row.id, "name": row.name, "description": ""})).collect()
    }
}

fn definition(field: &Field, options: &[OptionItem]) -> Value {
    if field.kind == FieldKind::Text {
        return json!({"anyOf": [{"type": "string"}, {"type": "null"}]});
    }
    let active = options.iter().filter(|option| !option.archived);
    let (ids, names): (Vec<i64>, Vec<&str>) =
        active.filter_map(|option| Some((option_id(option)?, option.name.as_str()))).unzip();
    choice(&ids, &names)
}

fn choice(ids: &[i64], names: &[&str]) -> Value {
    json!({"anyOf": [{"type": "integer", "enum": ids, "values": names}, {"type": "null"}]})
}

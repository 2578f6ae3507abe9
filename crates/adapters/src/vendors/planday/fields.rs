//! Which Planday field feeds which destination field, resolved against the portal's own field definitions.
//!
//! Custom fields are found by label (trimmed, any case). An archived field vanishes from the definitions
//! (planday.md 1.6), so a mapped label that is not there is an archived field, not a value that everybody lacks (PL05).

use super::wire::{CustomField, FieldDefinitions, Schema};
use super::{ARCHIVED_MENU, FIELD_MAP, NAME};
use crate::domain::field::Field;
use crate::domain::mapping::SourceValue;
use crate::domain::snapshot::ArchivedField;
use crate::ports::api::ApiError;
use crate::ports::connect::ConnectParts;
use crate::vendors::field_map;
use crate::vendors::rows::Fault;
use std::collections::{BTreeMap, BTreeSet};

/// Where a value comes from, as the field map says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// Planday's own `jobTitle`.
    BuiltIn,
    /// Name of the primary department.
    PrimaryDepartment,
    /// A custom field, by label.
    Custom(String),
    /// Nothing is read.
    Nothing,
}

/// The origins of the mapped fields.
pub type FieldMap = field_map::FieldMap<Origin>;

/// Reads the field map of a connection; entries that are missing have Planday's conventional labels.
///
/// # Errors
/// [`ApiError::Setup`] for an entry that this client does not understand.
pub fn map_of(parts: &ConnectParts) -> Result<FieldMap, ApiError> {
    FieldMap::of(parts, FIELD_MAP, origin)
}

fn origin(field: Field, entry: &str) -> Result<Origin, ApiError> {
    Ok(match (field, entry) {
        (Field::JobTitle | Field::AccessProfile | Field::List(_) | Field::Custom(_), "builtin" | "job_title") => {
            Origin::BuiltIn
        }
        (
            Field::Branch | Field::Department | Field::AccessProfile | Field::List(_) | Field::Custom(_),
            "primary_department",
        ) => Origin::PrimaryDepartment,
        (Field::Department, "none") => Origin::Nothing,
        _ => match entry.strip_prefix("custom:").map(str::trim) {
            Some(label) if !label.is_empty() => Origin::Custom(label.to_owned()),
            _ => {
                return Err(ApiError::Setup {
                    vendor: NAME,
                    detail: format!("field map: {} cannot come from `{entry}`; {}", field.words(), choices(field)),
                });
            }
        },
    })
}

fn choices(field: Field) -> &'static str {
    match field {
        Field::JobTitle => "`custom:LABEL` or `builtin`",
        Field::Branch => "`custom:LABEL` or `primary_department`",
        Field::Custom(_) | Field::AccessProfile | Field::List(_) => {
            "`custom:LABEL`, `job_title` or `primary_department`"
        }
        _ => "`custom:LABEL`, `primary_department` or `none`",
    }
}

/// How a mapped custom field takes values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Shape {
    /// Option id to label.
    Dropdown(BTreeMap<i64, String>),
    /// Free text, or anything else without options.
    Free,
}

/// A custom field as the portal defines it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defined {
    /// `custom_196907`.
    pub member: String,
    /// Its label in the portal (`Job title (Flow)`), as it is mapped.
    pub label: String,
    pub shape: Shape,
}

/// The mapped custom fields of a portal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resolved {
    pub fields: BTreeMap<Field, Defined>,
    pub archived: Vec<ArchivedField>,
    pub warnings: Vec<String>,
}

impl Resolved {
    /// Finds each mapped label in the portal's definitions. A label that is not there says that its field is archived,
    /// unless a definition could not be read: then nobody knows, and that definition is given back.
    ///
    /// # Errors
    /// The definition at fault.
    pub fn of(map: &FieldMap, definitions: &FieldDefinitions) -> Result<Self, Fault> {
        let mut resolved = Resolved::default();
        for (field, origin) in map.iter() {
            let Origin::Custom(label) = origin else { continue };
            let found = named(definitions, label);
            match found.as_slice() {
                [] if field == Field::Department && !map.is_chosen(field) => {}
                [] if !definitions.broken.is_empty() => {
                    return Err(definitions
                        .broken
                        .first()
                        .cloned()
                        .unwrap_or(Fault { member: None, what: "is broken" }));
                }
                [] => resolved.archived.push(ArchivedField {
                    field,
                    label: label.clone(),
                    remedy: format!("in Planday: {}", ARCHIVED_MENU.replace("FIELD", label)),
                }),
                [(member, shape), more @ ..] => {
                    if !more.is_empty() {
                        let count = found.len();
                        resolved.warnings.push(format!("Planday has {count} fields `{label}`; the first one is read"));
                    }
                    if *shape == Shape::Free {
                        resolved.warnings.push(free_text_warning(field, label));
                    }
                    resolved.fields.insert(
                        field,
                        Defined { member: (*member).to_owned(), label: label.clone(), shape: shape.clone() },
                    );
                }
            }
        }
        Ok(resolved)
    }

    /// Member names of the mapped custom fields.
    pub fn members(&self) -> BTreeSet<&str> {
        self.fields.values().map(|defined| defined.member.as_str()).collect()
    }

    /// The options of all mapped drop-downs, also those that nobody carries (PL07).
    pub fn values(&self) -> Vec<SourceValue> {
        let mut values = Vec::new();
        for (field, defined) in &self.fields {
            if let (Some(list), Shape::Dropdown(options)) = (field.list(), &defined.shape) {
                values.extend(options.values().map(|value| SourceValue { list, value: value.clone(), declared: true }));
            }
        }
        values
    }
}

fn free_text_warning(field: Field, label: &str) -> String {
    format!(
        "`{label}` is a free-text field in Planday: every spelling becomes a value of its own; a dropdown `{label}` is advised for the {}",
        field.words()
    )
}

/// Whether a label of the portal is the one that is mapped.
fn same_label(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

fn named<'a>(definitions: &'a FieldDefinitions, label: &str) -> Vec<(&'a str, Shape)> {
    definitions
        .properties
        .iter()
        .filter(|(member, property)| {
            member.starts_with("custom_") && property.description.as_deref().is_some_and(|d| same_label(d, label))
        })
        .map(|(member, property)| {
            let referenced = property
                .reference
                .as_deref()
                .and_then(|reference| reference.rsplit('/').next())
                .and_then(|name| definitions.definitions.get(name));
            (member.as_str(), referenced.map_or_else(|| shape_of(&property.inline()), shape_of))
        })
        .collect()
}

fn shape_of(schema: &Schema) -> Shape {
    let branches = std::iter::once(schema).chain(schema.any_of.iter());
    for branch in branches {
        if !branch.options.is_empty() {
            return Shape::Dropdown(branch.options.clone());
        }
        // A drop-down without options yet is still one: it has the list, empty.
        if branch.kind.as_deref() == Some("integer") && branch.any_of.is_empty() {
            return Shape::Dropdown(BTreeMap::new());
        }
    }
    Shape::Free
}

/// What a custom field holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Text(String),
    Blank,
    /// An option id that the definition does not list (an option that was removed).
    UnknownOption,
    /// Nothing that such a field can hold.
    Odd(&'static str),
}

/// Reads a custom field: a string is a label, a whole number the id of an option (planday.md 1.6).
pub fn read_value(defined: &Defined, field: Option<&CustomField>) -> Value {
    let Some(field) = field else { return Value::Blank };
    match (&field.value, &defined.shape) {
        (serde_json::Value::String(text), _) if !text.trim().is_empty() => Value::Text(text.clone()),
        (serde_json::Value::Number(number), Shape::Dropdown(options)) => match number.as_i64() {
            Some(id) => options.get(&id).map_or(Value::UnknownOption, |label| Value::Text(label.clone())),
            None => Value::Odd("holds a number that no option has"),
        },
        (serde_json::Value::Number(number), Shape::Free) => Value::Text(number.to_string()),
        (serde_json::Value::Array(_), _) => Value::Odd("holds a list"),
        (serde_json::Value::Object(_), _) => Value::Odd("holds an object"),
        _ => Value::Blank,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn definitions() -> FieldDefinitions {
        read(json!({
            "portalId": 40817, "required": ["firstName"],
            "properties": {
                "firstName": {"$ref": "#/definitions/string"},
                "custom_1": {"$ref": "#/definitions/optionalCustom1", "description": " job TITLE (Flow)"},
                "custom_2": {"$ref": "#/definitions/optionalString", "description": "Branch (Flow)"}
            },
            "definitions": {
                "string": {"type": "string"},
                "optionalString": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                "optionalCustom1": {"anyOf": [{"type": "integer", "enum": [501, 502], "values": ["Sous Chef", "Porter "]}, {"type": "null"}]}
            }
        }))
    }

    fn read(document: serde_json::Value) -> FieldDefinitions {
        FieldDefinitions::of(&serde_json::value::to_raw_value(&document).unwrap())
    }

    fn parts(entries: &[(&str, &str)]) -> ConnectParts {
        let field_map = entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        ConnectParts { field_map, ..ConnectParts::default() }
    }

    #[test]
    fn labels_are_found_and_a_missing_one_is_archived() {
        let map = map_of(&parts(&[])).unwrap();
        let resolved = Resolved::of(&map, &definitions()).unwrap();
        assert_eq!(resolved.fields.get(&Field::JobTitle).unwrap().member, "custom_1");
        assert!(resolved.archived.is_empty(), "nobody chose a department field");
        assert_eq!(resolved.warnings.len(), 1);
        assert!(resolved.warnings.first().unwrap().contains("free-text"));
        let values: Vec<String> = resolved.values().into_iter().map(|value| value.value).collect();
        assert_eq!(values, ["Sous Chef", "Porter "], "blanks stay for the mapping to show");

        let chosen = parts(&[("department", "custom:Department (Flow)"), ("job_title", "custom:Post")]);
        let resolved = Resolved::of(&map_of(&chosen).unwrap(), &definitions()).unwrap();
        let archived: Vec<Field> = resolved.archived.iter().map(|archived| archived.field).collect();
        assert_eq!(archived, [Field::JobTitle, Field::Department]);
        assert!(resolved.archived.first().unwrap().remedy.contains("`Post` › Unarchive field"));
    }

    #[test]
    fn a_label_is_archived_only_where_every_definition_can_be_read() {
        let chosen = map_of(&parts(&[("job_title", "custom:Post")])).unwrap();
        assert_eq!(Resolved::of(&chosen, &definitions()).unwrap().archived.len(), 1);
        let mut broken = definitions();
        broken.broken.push(Fault { member: Some("custom_3".into()), what: "holds a broken character" });
        let fault = Resolved::of(&chosen, &broken).unwrap_err();
        assert_eq!(fault.to_string(), "`custom_3` holds a broken character");
        assert!(Resolved::of(&map_of(&parts(&[])).unwrap(), &broken).is_ok(), "what is mapped is there");
    }

    #[test]
    fn the_settings_form_s_own_map_is_read_too_and_nonsense_refused() {
        let mut parts = parts(&[]);
        parts.settings.field_map.insert("job_title".into(), "builtin".into());
        parts.settings.field_map.insert("branch".into(), "primary_department".into());
        parts.settings.field_map.insert("department".into(), "none".into());
        let map = map_of(&parts).unwrap();
        let origins: Vec<Origin> = map.iter().map(|(_, origin)| origin.clone()).collect();
        assert_eq!(origins, [Origin::BuiltIn, Origin::PrimaryDepartment, Origin::Nothing]);
        parts.settings.field_map.insert("branch".into(), "builtin".into());
        assert!(matches!(map_of(&parts), Err(ApiError::Setup { .. })));
    }

    #[test]
    fn values_are_labels_or_option_ids() {
        let shape = Shape::Dropdown(BTreeMap::from([(501, "Sous Chef".to_owned())]));
        let defined = Defined { member: "custom_1".into(), label: "Job title (Flow)".into(), shape };
        let read =
            |value: serde_json::Value| read_value(&defined, Some(&CustomField { value, ..CustomField::default() }));
        assert_eq!(read(json!("Porter ")), Value::Text("Porter ".into()));
        assert_eq!(read(json!(501)), Value::Text("Sous Chef".into()));
        assert_eq!(read(json!(777)), Value::UnknownOption);
        assert_eq!(read(json!(1e30)), Value::Odd("holds a number that no option has"));
        assert_eq!(read(json!([501])), Value::Odd("holds a list"));
        assert_eq!(read(json!("  ")), Value::Blank);
        assert_eq!(read(json!(null)), Value::Blank);
        assert_eq!(read_value(&defined, None), Value::Blank);
    }
}

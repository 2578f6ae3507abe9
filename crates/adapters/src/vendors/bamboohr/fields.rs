//! Which member of BambooHR's employee feeds which field; custom ones by alias, label or id, resolved against the account's own
//! `meta/fields`. One that is not there, or is marked as deprecated, is an archived field (inferred).

use super::wire::{Form, Wanted};
use super::{NAME, RIGHTS_MENU};
use crate::domain::field::Field;
use crate::domain::mapping::SourceValue;
use crate::domain::snapshot::ArchivedField;
use crate::ports::api::ApiError;
use crate::ports::connect::ConnectParts;
use crate::vendors::field_map;
use crate::vendors::rows::{self, RawRow};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// What feeds the mapped fields where nobody chose (bamboohr.md 8.8).
pub const FIELD_MAP: &[(Field, &str)] =
    &[(Field::JobTitle, "jobTitle"), (Field::Branch, "location"), (Field::Department, "department")];

/// Standard members that can feed a field.
const MEMBERS: [&str; 5] = ["jobTitle", "location", "department", "division", "employmentHistoryStatus"];

/// Parts of names whose values are nobody's business here.
const PRIVATE: [&str; 13] = [
    "ssn",
    "sin",
    "nin",
    "ein",
    "pay",
    "salary",
    "compensation",
    "bank",
    "gender",
    "marital",
    "ethnic",
    "nationality",
    "disab",
];

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// A standard member.
    Member(&'static str),
    /// A custom field, by alias, label or id.
    Custom(String),
    /// Nothing is read.
    Nothing,
}

/// The origins of the mapped fields.
pub type FieldMap = field_map::FieldMap<Origin>;

/// Reads the field map of a connection.
///
/// # Errors
/// [`ApiError::Setup`] for an entry that this client does not understand.
pub fn map_of(parts: &ConnectParts) -> Result<FieldMap, ApiError> {
    FieldMap::of(parts, FIELD_MAP, origin)
}

fn origin(field: Field, entry: &str) -> Result<Origin, ApiError> {
    let custom = entry.strip_prefix("custom:").map(str::trim).filter(|label| !label.is_empty() && !is_private(label));
    let known = match entry {
        "job_title" => Some(Origin::Member("jobTitle")),
        "none" if field == Field::Department => Some(Origin::Nothing),
        _ => MEMBERS.into_iter().find(|name| *name == entry).map(Origin::Member),
    };
    known.or(custom.map(|label| Origin::Custom(label.to_owned()))).ok_or_else(|| ApiError::Setup {
        vendor: NAME,
        detail: format!(
            "field map: {} cannot come from `{entry}`; {}, or `custom:` with the alias or label of a field that is not private",
            field.words(),
            MEMBERS.map(|name| format!("`{name}`")).join(", ")
        ),
    })
}

/// Whether a name has one of the private words in it: words begin at capitals and after anything that is no letter.
fn is_private(name: &str) -> bool {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for letter in name.chars() {
        if !letter.is_alphabetic() || (letter.is_uppercase() && was_small) {
            words.push(String::new());
        }
        was_small = letter.is_lowercase();
        if let Some(word) = words.last_mut().filter(|_| letter.is_alphabetic()) {
            word.extend(letter.to_lowercase());
        }
    }
    let short = |part: &str| part.len() <= 3;
    words.iter().any(|word| PRIVATE.iter().any(|part| if short(part) { word == part } else { word.starts_with(part) }))
}

/// Whether any custom field is mapped: only then is the account asked for its fields.
pub fn has_custom(map: &FieldMap) -> bool {
    map.iter().any(|(_, origin)| matches!(origin, Origin::Custom(_)))
}

/// An id that is a number or a text.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Id {
    Number(i64),
    Text(String),
}

impl Id {
    fn text(&self) -> String {
        match self {
            Id::Number(number) => number.to_string(),
            Id::Text(text) => text.trim().to_owned(),
        }
    }
}

/// A field of `meta/fields`. Its label is called `label` (doc) or `name` (client).
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Definition {
    pub id: Option<Id>,
    pub label: Option<String>,
    pub name: Option<String>,
    pub alias: Option<String>,
    pub deprecated: Option<bool>,
}

impl Definition {
    /// By what it is asked for: the alias, else the id; the answer's key is the same (doc).
    fn request_name(&self) -> Option<String> {
        let alias = self.alias.as_deref().map(str::trim).filter(|alias| !alias.is_empty()).map(str::to_owned);
        alias.or_else(|| self.id.as_ref().map(Id::text).filter(|id| !id.is_empty()))
    }

    fn is_labelled(&self, wanted: &str) -> bool {
        let labels = [&self.label, &self.name];
        labels.into_iter().flatten().any(|label| label.trim().to_lowercase() == wanted.to_lowercase())
    }

    fn is_named(&self, wanted: &str) -> bool {
        self.alias.as_deref() == Some(wanted) || self.id.as_ref().is_some_and(|id| id.text() == wanted)
    }
}

/// A list of options of `meta/lists`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Choices {
    #[serde(rename = "fieldId")]
    field_id: Option<Id>,
    alias: Option<String>,
    options: Option<Vec<Choice>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Choice {
    name: Option<String>,
    /// `yes` or `no` (doc).
    archived: Option<String>,
}

/// The mapped fields of an account: by what each is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resolved {
    pub names: BTreeMap<Field, String>,
    pub archived: Vec<ArchivedField>,
    pub warnings: Vec<String>,
    /// Options of lists.
    pub values: Vec<SourceValue>,
}

impl Resolved {
    /// Finds each mapped field among the definitions.
    pub fn of(map: &FieldMap, definitions: &[RawRow]) -> Self {
        let definitions: Vec<Definition> =
            definitions.iter().filter_map(|raw| rows::read::<Definition>(raw).record).collect();
        let mut resolved = Self::default();
        for (field, origin) in map.iter() {
            match origin {
                Origin::Member(name) => _ = resolved.names.insert(field, (*name).to_owned()),
                Origin::Custom(wanted) => resolved.find(field, wanted, &definitions),
                Origin::Nothing => {}
            }
        }
        resolved
    }

    fn find(&mut self, field: Field, wanted: &str, definitions: &[Definition]) {
        let offered = || definitions.iter().filter(|one| one.deprecated != Some(true));
        let mut found: Vec<String> =
            offered().filter(|one| one.is_named(wanted)).filter_map(Definition::request_name).collect();
        if found.is_empty() {
            found = offered().filter(|one| one.is_labelled(wanted)).filter_map(Definition::request_name).collect();
        }
        found.dedup();
        let Some(first) = found.first().filter(|name| !is_private(name)) else {
            self.archived.push(ArchivedField {
                field,
                label: wanted.to_owned(),
                remedy: format!("in {NAME}: Settings › Employee Fields, where `{wanted}` is missing or archived"),
            });
            return;
        };
        if found.len() > 1 {
            let count = found.len();
            self.warnings.push(format!("{NAME} has {count} fields `{wanted}`; the first one, `{first}`, is read"));
        }
        self.names.insert(field, first.clone());
    }

    /// Takes what `meta/lists` offers for the mapped fields.
    pub fn take_options(&mut self, lists: &[RawRow]) {
        let lists: Vec<Choices> = lists.iter().filter_map(|raw| rows::read::<Choices>(raw).record).collect();
        for (field, name) in &self.names {
            let Some(list) = field.list() else { continue };
            let is_it = |one: &&Choices| {
                one.alias.as_deref() == Some(name) || one.field_id.as_ref().is_some_and(|id| id.text() == *name)
            };
            let options = lists.iter().filter(is_it).flat_map(|one| one.options.iter().flatten());
            let offered = options.filter(|one| one.archived.as_deref() != Some("yes"));
            let names: BTreeSet<&str> =
                offered.filter_map(|one| one.name.as_deref()).map(str::trim).filter(|name| !name.is_empty()).collect();
            self.values.extend(names.into_iter().map(|value| SourceValue {
                list,
                value: value.to_owned(),
                declared: true,
            }));
        }
    }

    /// What is asked for of each person, and one member more.
    pub fn wanted(&self, more: Option<&str>) -> Wanted {
        Wanted::with(self.names.values().map(String::as_str).chain(more).map(|name| {
            let form = if MEMBERS.contains(&name) { Form::Text } else { Form::Custom };
            (name.to_owned(), form)
        }))
    }
}

/// What is to be done about a member that the key may not see.
pub fn right(member: &str) -> String {
    format!("in {NAME}: {RIGHTS_MENU}, where the access level of the key's user has to see `{member}`")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn map(entries: &[(&str, &str)]) -> Result<FieldMap, ApiError> {
        let field_map = entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        map_of(&ConnectParts { field_map, ..ConnectParts::default() })
    }

    fn raw(rows: Value) -> Vec<RawRow> {
        serde_json::from_value(rows).unwrap()
    }

    #[test]
    fn entries_are_members_or_custom_fields_that_are_not_private() {
        assert!(!has_custom(&map(&[]).unwrap()));
        assert!(has_custom(&map(&[("branch", "division"), ("custom:Code", "custom: Cost centre ")]).unwrap()));
        for (field, entry) in [
            ("branch", "none"),
            ("job_title", "level"),
            ("branch", "custom:"),
            ("custom:Pay", "custom:payRate"),
            ("custom:No", "custom:SSN"),
            ("custom:No", "custom:Bank account"),
        ] {
            assert!(matches!(map(&[(field, entry)]), Err(ApiError::Setup { .. })), "{entry}");
        }
        assert!(map(&[("custom:Site", "custom:usingPlace"), ("custom:B", "custom:spayed single")]).is_ok());
    }

    #[test]
    fn custom_fields_are_found_by_alias_id_or_label_and_missing_ones_are_named() {
        let map = map(&[
            ("branch", "custom:site"),
            ("job_title", "custom:4021"),
            ("custom:Code", "custom:gone"),
            ("custom:Scheme", "custom:customScheme"),
        ]);
        let definitions = raw(json!([
            {"id": 17, "label": "Job Title", "type": "list", "alias": "jobTitle"},
            {"id": "4020", "name": " Site ", "type": "list", "deprecated": false},
            {"id": 4021, "label": "Role", "type": "text", "alias": "customRole"},
            {"id": 4022, "label": "Gone", "alias": "customGone", "deprecated": true},
            {"id": 4023, "label": "Scheme", "alias": "customScheme", "type": 7},
            {"id": {}, "label": 5}, 7]));
        let mut resolved = Resolved::of(&map.unwrap(), &definitions);
        let names: Vec<&str> = resolved.names.values().map(String::as_str).collect();
        assert_eq!(names, ["customRole", "4020", "department", "customScheme"]);
        assert_eq!(resolved.archived.iter().map(|one| one.label.as_str()).collect::<Vec<_>>(), ["gone"]);
        resolved.take_options(&raw(json!([
            {"fieldId": 4020, "options": [{"id": 1, "name": "Leeds", "archived": "no"}, {"name": "Bath", "archived": "yes"}]},
            {"fieldId": "4", "alias": "department", "options": [{"name": "Bar"}, {"name": " "}]}])));
        assert_eq!(resolved.values.iter().map(|one| one.value.as_str()).collect::<Vec<_>>(), ["Leeds", "Bar"]);
    }
}

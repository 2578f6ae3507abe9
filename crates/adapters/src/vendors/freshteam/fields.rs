//! Which member of Freshteam's employee feeds which field; custom ones by label or technical name (FR03), resolved against the
//! account's own definitions. One that is not among them, or is marked as deleted, is an archived field (inferred).

use super::wire::Definition;
use super::{FIELDS_MENU, NAME};
use crate::domain::field::Field;
use crate::domain::mapping::SourceValue;
use crate::domain::snapshot::ArchivedField;
use crate::ports::api::ApiError;
use crate::ports::connect::ConnectParts;
use crate::vendors::field_map;
use std::collections::{BTreeMap, BTreeSet};

/// What feeds the mapped fields where nobody chose (freshteam.md 4.9).
pub const FIELD_MAP: &[(Field, &str)] =
    &[(Field::JobTitle, "designation"), (Field::Branch, "branch"), (Field::Department, "department")];

/// Things that an employee refers to by number, with the path of their list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    Branch,
    Department,
    SubDepartment,
    BusinessUnit,
    Team,
}

impl Group {
    const ALL: [(Group, &'static str, &'static str); 5] = [
        (Group::Branch, "branch", "/branches"),
        (Group::Department, "department", "/departments"),
        (Group::SubDepartment, "sub_department", "/sub_departments"),
        (Group::BusinessUnit, "business_unit", "/business_units"),
        (Group::Team, "team", "/teams"),
    ];

    fn row(self) -> (Group, &'static str, &'static str) {
        Self::ALL.into_iter().find(|(group, ..)| *group == self).unwrap_or(Self::ALL[0])
    }

    /// As the field map names it.
    pub fn word(self) -> &'static str {
        self.row().1
    }

    /// Where its list is.
    pub fn path(self) -> &'static str {
        self.row().2
    }
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    Designation,
    EmployeeType,
    Group(Group),
    /// A custom field, by label or technical name.
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
    let custom = entry.strip_prefix("custom:").map(str::trim).filter(|label| !label.is_empty());
    let group = Group::ALL.into_iter().find(|(_, word, _)| *word == entry).map(|(group, ..)| group);
    let known = match entry {
        "designation" | "job_title" => Some(Origin::Designation),
        "employee_type" => Some(Origin::EmployeeType),
        "none" if field == Field::Department => Some(Origin::Nothing),
        _ => group.map(Origin::Group).or(custom.map(|label| Origin::Custom(label.to_owned()))),
    };
    known.ok_or_else(|| ApiError::Setup {
        vendor: NAME,
        detail: format!(
            "field map: {} cannot come from `{entry}`; `designation`, `employee_type`, {}, or `custom:` with the label of a field",
            field.words(),
            Group::ALL.map(|(_, word, _)| format!("`{word}`")).join(", ")
        ),
    })
}

/// The groups that feed something.
pub fn groups_of(map: &FieldMap) -> BTreeSet<Group> {
    map.iter().filter_map(|(_, origin)| if let Origin::Group(group) = origin { Some(*group) } else { None }).collect()
}

/// Whether any custom field is mapped: only then are definitions and single records asked for.
pub fn has_custom(map: &FieldMap) -> bool {
    map.iter().any(|(_, origin)| matches!(origin, Origin::Custom(_)))
}

/// The mapped custom fields of an account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resolved {
    /// Technical name, by field.
    pub names: BTreeMap<Field, String>,
    pub archived: Vec<ArchivedField>,
    pub warnings: Vec<String>,
    /// Options of drop-downs, for lists.
    pub values: Vec<SourceValue>,
}

impl Resolved {
    /// Finds each mapped field among the definitions.
    pub fn of(map: &FieldMap, definitions: &[Definition]) -> Self {
        let mut resolved = Self::default();
        for (field, origin) in map.iter() {
            let Origin::Custom(wanted) = origin else { continue };
            match found(definitions, wanted).as_slice() {
                [] => resolved.archived.push(ArchivedField {
                    field,
                    label: wanted.clone(),
                    remedy: format!("in {NAME}: {FIELDS_MENU}, where the field `{wanted}` is missing or deleted"),
                }),
                [one, more @ ..] => {
                    if !more.is_empty() {
                        let count = more.len() + 1;
                        resolved.warnings.push(format!(
                            "{NAME} has {count} fields `{wanted}`; the first one, `{}`, is read",
                            one.name
                        ));
                    }
                    resolved.names.insert(field, one.name.clone());
                    resolved.take_options(field, one);
                }
            }
        }
        resolved
    }

    fn take_options(&mut self, field: Field, definition: &Definition) {
        let Some(list) = field.list() else { return };
        let options = definition.picklist_values.iter().flatten().filter_map(|pick| pick.value.as_deref());
        let options: BTreeSet<&str> = options.map(str::trim).filter(|value| !value.is_empty()).collect();
        if options.is_empty() {
            let label = definition.label.as_deref().unwrap_or(&definition.name);
            self.warnings
                .push(format!("`{label}` is no drop-down: every spelling becomes a {} of its own", field.words()));
        }
        self.values.extend(options.into_iter().map(|value| SourceValue {
            list,
            value: value.to_owned(),
            declared: true,
        }));
    }

    /// The technical names that are read.
    pub fn members(&self) -> BTreeSet<&str> {
        self.names.values().map(String::as_str).collect()
    }
}

/// Custom fields of this technical name, else of this label, whatever its case.
fn found<'d>(definitions: &'d [Definition], wanted: &str) -> Vec<&'d Definition> {
    let custom: Vec<&Definition> = definitions
        .iter()
        .filter(|one| one.default != Some(true) && one.deleted != Some(true) && !one.name.is_empty())
        .collect();
    let by_name: Vec<&Definition> = custom.iter().filter(|one| one.name == wanted).copied().collect();
    let is_label = |one: &&&Definition| {
        one.label.as_deref().is_some_and(|label| label.trim().to_lowercase() == wanted.trim().to_lowercase())
    };
    if by_name.is_empty() { custom.iter().filter(is_label).copied().collect() } else { by_name }
}

#[cfg(test)]
mod tests {
    use super::super::wire::Pick;
    use super::*;

    fn map(entries: &[(&str, &str)]) -> Result<FieldMap, ApiError> {
        let field_map = entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        map_of(&ConnectParts { field_map, ..ConnectParts::default() })
    }

    fn definition(name: &str, label: &str, options: &[&str]) -> Definition {
        let picks = options.iter().map(|value| Pick { value: Some((*value).to_owned()) }).collect();
        Definition {
            name: name.to_owned(),
            label: Some(label.to_owned()),
            picklist_values: Some(picks),
            ..Definition::default()
        }
    }

    #[test]
    fn entries_are_members_groups_or_custom_fields() {
        let usual = map(&[]).unwrap();
        assert_eq!((groups_of(&usual), has_custom(&usual)), ([Group::Branch, Group::Department].into(), false));
        let own = map(&[("branch", "team"), ("department", "none"), ("custom:Scheme", "custom: Scheme ")]).unwrap();
        assert_eq!((groups_of(&own), has_custom(&own)), ([Group::Team].into(), true));
        for (field, entry) in [("branch", "none"), ("job_title", "level"), ("branch", "custom:")] {
            assert!(matches!(map(&[(field, entry)]), Err(ApiError::Setup { .. })), "{entry}");
        }
    }

    #[test]
    fn custom_fields_are_found_by_name_or_label_and_missing_ones_are_named() {
        let map =
            map(&[("branch", "custom:site"), ("job_title", "custom:role_cf_str09"), ("custom:Code", "custom:gone")]);
        let mut deleted = definition("gone_cf_str03", "Gone", &[]);
        deleted.deleted = Some(true);
        let mut standard = definition("site", "Site", &[]);
        standard.default = Some(true);
        let definitions = [
            standard,
            definition("site_cf_str01", " Site ", &["Leeds", "Bath"]),
            definition("site_cf_str02", "SITE", &[]),
            definition("role_cf_str09", "Role", &[]),
            deleted,
        ];
        let resolved = Resolved::of(&map.unwrap(), &definitions);
        assert_eq!(resolved.members(), ["site_cf_str01", "role_cf_str09"].into());
        assert_eq!(resolved.values.iter().map(|value| value.value.as_str()).collect::<Vec<_>>(), ["Bath", "Leeds"]);
        assert_eq!(resolved.archived.len(), 1);
        assert_eq!(resolved.warnings.len(), 2, "{:?}", resolved.warnings);
    }
}

//! Which member of PeopleHR's employee feeds which destination field.
//!
//! There are no definitions to ask for: values of job role, location, department and company are names without ids, and the
//! only custom fields on the employee are five API columns and three system ids (peoplehr.md 3.6) (doc).

use super::NAME;
use crate::domain::field::Field;
use crate::ports::api::ApiError;
use crate::ports::connect::ConnectParts;
use crate::vendors::field_map;
use std::collections::BTreeSet;

/// What feeds the mapped fields where nobody chose (peoplehr.md 3.8).
pub const FIELD_MAP: &[(Field, &str)] =
    &[(Field::JobTitle, "job_title"), (Field::Branch, "location"), (Field::Department, "department")];

/// The custom fields, by PeopleHR's own names.
const CUSTOM: [&str; 8] =
    ["APIColumn1", "APIColumn2", "APIColumn3", "APIColumn4", "APIColumn5", "System1ID", "System2ID", "System3ID"];

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    JobRole,
    Location,
    Department,
    Company,
    /// A custom field, by its member name.
    Custom(&'static str),
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

/// The custom fields of PeopleHR that are mapped.
pub fn mapped_columns(map: &FieldMap) -> BTreeSet<&'static str> {
    map.iter().filter_map(|(_, origin)| if let Origin::Custom(name) = origin { Some(*name) } else { None }).collect()
}

fn origin(field: Field, entry: &str) -> Result<Origin, ApiError> {
    let known = match entry {
        "job_title" | "job_role" => Some(Origin::JobRole),
        "location" => Some(Origin::Location),
        "department" => Some(Origin::Department),
        "company" => Some(Origin::Company),
        "none" if field == Field::Department => Some(Origin::Nothing),
        _ => entry.strip_prefix("custom:").and_then(custom).map(Origin::Custom),
    };
    known.ok_or_else(|| ApiError::Setup {
        vendor: NAME,
        detail: format!(
            "field map: {} cannot come from `{entry}`; `job_title`, `location`, `department`, `company` or `custom:` with one of {}",
            field.words(),
            CUSTOM.join(", ")
        ),
    })
}

/// The custom field that is meant: `api column 1` is `APIColumn1`.
fn custom(text: &str) -> Option<&'static str> {
    let plain: String = text.split_whitespace().collect();
    CUSTOM.into_iter().find(|name| name.eq_ignore_ascii_case(&plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(entries: &[(&str, &str)]) -> Result<FieldMap, ApiError> {
        let field_map = entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        map_of(&ConnectParts { field_map, ..ConnectParts::default() })
    }

    #[test]
    fn entries_are_members_or_custom_fields() {
        let usual = map(&[]).unwrap();
        let origins = |map: &FieldMap| map.iter().map(|(_, origin)| *origin).collect::<Vec<_>>();
        assert_eq!(origins(&usual), [Origin::JobRole, Origin::Location, Origin::Department]);
        assert!(mapped_columns(&usual).is_empty());
        let own = map(&[
            ("branch", "custom: api column 2"),
            ("department", "none"),
            ("job_title", "custom:System1ID"),
            ("custom:Cost centre", "custom:apicolumn5"),
            ("custom:Firm", "company"),
        ])
        .unwrap();
        let custom = Origin::Custom;
        let expected =
            [custom("System1ID"), custom("APIColumn2"), Origin::Nothing, custom("APIColumn5"), Origin::Company];
        assert_eq!(origins(&own), expected);
        assert_eq!(mapped_columns(&own), BTreeSet::from(["APIColumn2", "APIColumn5", "System1ID"]));
        for (field, entry) in [("branch", "custom:BankDetail"), ("job_title", "none"), ("branch", "NISNumber")] {
            let error = map(&[(field, entry)]).unwrap_err();
            assert!(matches!(&error, ApiError::Setup { detail, .. } if detail.contains("APIColumn1")), "{error}");
        }
    }
}

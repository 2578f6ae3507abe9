//! Which member of PeopleHR's employee feeds which destination field.
//!
//! There are no definitions to ask for: values of job role, location, department and company are names without ids, and the
//! only custom fields on the employee are five API columns and three system ids (peoplehr.md 3.6) (doc).

use super::NAME;
use crate::domain::field::Field;
use crate::ports::api::ApiError;
use crate::vendors::parameters::ConnectParts;
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

/// The origins of the three mapped fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldMap {
    pub job_title: Origin,
    pub branch: Origin,
    pub department: Origin,
}

impl FieldMap {
    /// Reads the field map of a connection.
    ///
    /// # Errors
    /// [`ApiError::Setup`] for an entry that this client does not understand.
    pub fn of(parts: &ConnectParts) -> Result<Self, ApiError> {
        let origin = |field| origin(parts, field);
        Ok(Self {
            job_title: origin(Field::JobTitle)?,
            branch: origin(Field::Branch)?,
            department: origin(Field::Department)?,
        })
    }

    /// The custom fields that are mapped.
    pub fn custom(&self) -> BTreeSet<&'static str> {
        let origins = [self.job_title, self.branch, self.department];
        origins
            .into_iter()
            .filter_map(|origin| if let Origin::Custom(name) = origin { Some(name) } else { None })
            .collect()
    }
}

fn origin(parts: &ConnectParts, field: Field) -> Result<Origin, ApiError> {
    let assumed = FIELD_MAP.iter().find(|(mapped, _)| *mapped == field).map_or("none", |(_, origin)| origin);
    let text = parts.mapped(field).unwrap_or(assumed);
    let known = match text {
        "job_title" | "job_role" => Some(Origin::JobRole),
        "location" => Some(Origin::Location),
        "department" => Some(Origin::Department),
        "company" => Some(Origin::Company),
        "none" if field == Field::Department => Some(Origin::Nothing),
        _ => text.strip_prefix("custom:").and_then(custom).map(Origin::Custom),
    };
    known.ok_or_else(|| ApiError::Setup {
        vendor: NAME,
        detail: format!(
            "field map: {} cannot come from `{text}`; `job_title`, `location`, `department`, `company` or `custom:` with one of {}",
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
        FieldMap::of(&ConnectParts { field_map, ..ConnectParts::default() })
    }

    #[test]
    fn entries_are_members_or_custom_fields() {
        let usual = map(&[]).unwrap();
        assert_eq!(
            (usual.job_title, usual.branch, usual.department),
            (Origin::JobRole, Origin::Location, Origin::Department)
        );
        assert!(usual.custom().is_empty());
        let own = map(&[("branch", "custom: api column 2"), ("department", "none"), ("job_title", "custom:System1ID")])
            .unwrap();
        assert_eq!((own.branch, own.department), (Origin::Custom("APIColumn2"), Origin::Nothing));
        assert_eq!(own.custom(), BTreeSet::from(["APIColumn2", "System1ID"]));
        for (field, entry) in [("branch", "custom:BankDetail"), ("job_title", "none"), ("branch", "NISNumber")] {
            let error = map(&[(field, entry)]).unwrap_err();
            assert!(matches!(&error, ApiError::Setup { detail, .. } if detail.contains("APIColumn1")), "{error}");
        }
    }
}

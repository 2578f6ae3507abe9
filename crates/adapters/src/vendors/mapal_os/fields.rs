//! What feeds the mapped fields over REST. The usual entries are those of the list, so that a tenant who goes over from the one to the
//! other keeps field map and tables: `branch` is the business unit's Feed ID in both.

use super::NAME;
use crate::domain::field::Field;
use crate::ports::api::ApiError;
use crate::ports::connect::ConnectParts;
use crate::vendors::field_map;
use crate::vendors::people_file;

/// Where a value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// The Feed ID of the business unit.
    Unit,
    UnitName,
    UnitOsId,
    JobTitle,
    Department,
    UserProfile,
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
    FieldMap::of(parts, people_file::FIELD_MAP, origin)
}

fn origin(field: Field, entry: &str) -> Result<Origin, ApiError> {
    Ok(match entry {
        "branch" | "business_unit" => Origin::Unit,
        "business_unit_name" => Origin::UnitName,
        "business_unit_os_id" => Origin::UnitOsId,
        "job_title" => Origin::JobTitle,
        "department" => Origin::Department,
        "user_profile" => Origin::UserProfile,
        "none" if field == Field::Department => Origin::Nothing,
        _ => {
            return Err(ApiError::Setup {
                vendor: NAME,
                detail: format!(
                    "field map: {} cannot come from `{entry}` over REST; `job_title`, `branch` (the business unit's Feed ID), `business_unit_name`, `business_unit_os_id`, `department`, `user_profile`",
                    field.words()
                ),
            });
        }
    })
}

/// Whether anything is fed by this origin.
pub fn feeds(map: &FieldMap, wanted: Origin) -> bool {
    map.iter().any(|(_, origin)| *origin == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(entries: &[(&str, &str)]) -> Result<FieldMap, ApiError> {
        let field_map = entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        map_of(&ConnectParts { field_map, ..ConnectParts::default() })
    }

    #[test]
    fn the_usual_entries_are_those_of_the_list() {
        let origins = |map: &FieldMap| map.iter().map(|(_, origin)| *origin).collect::<Vec<_>>();
        assert_eq!(origins(&map(&[]).unwrap()), [Origin::JobTitle, Origin::Unit, Origin::Department]);
        let own = map(&[("branch", "business_unit_name"), ("department", "none"), ("custom:Profile", "user_profile")]);
        let own = own.unwrap();
        assert_eq!(origins(&own), [Origin::JobTitle, Origin::UnitName, Origin::Nothing, Origin::UserProfile]);
        assert!(feeds(&own, Origin::UserProfile) && !feeds(&own, Origin::Unit));
        for (field, entry) in [("branch", "none"), ("job_title", "role"), ("branch", "custom:Site")] {
            assert!(matches!(map(&[(field, entry)]), Err(ApiError::Setup { .. })), "{entry}");
        }
    }
}

//! What feeds the mapped fields: the site or the department as branch (RO02), the position as job title (RO04).

use super::NAME;
use super::members::check_path;
use crate::domain::field::Field;
use crate::ports::api::ApiError;
use crate::ports::connect::ConnectParts;
use crate::vendors::field_map;
use std::collections::BTreeSet;

/// What feeds the mapped fields where nobody chose (rotaready.md 2.6).
pub const FIELD_MAP: &[(Field, &str)] =
    &[(Field::JobTitle, "position"), (Field::Branch, "site"), (Field::Department, "department")];

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    Site,
    SiteCode,
    Department,
    DepartmentCode,
    /// Site and department in one (`Brighton Marina, Kitchen`): departments of one name at several sites stay apart.
    SiteDepartment,
    Position,
    /// Any other member, by its path.
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

/// The mapped custom members, by path.
pub fn custom_paths(map: &FieldMap) -> BTreeSet<String> {
    map.iter()
        .filter_map(|(_, origin)| if let Origin::Custom(path) = origin { Some(path.clone()) } else { None })
        .collect()
}

fn origin(field: Field, entry: &str) -> Result<Origin, ApiError> {
    let setup = |detail: String| ApiError::Setup { vendor: NAME, detail: format!("field map: {detail}") };
    Ok(match entry {
        "site" => Origin::Site,
        "site_code" => Origin::SiteCode,
        "department" => Origin::Department,
        "department_code" => Origin::DepartmentCode,
        "site_department" => Origin::SiteDepartment,
        "position" => Origin::Position,
        "none" if field == Field::Department => Origin::Nothing,
        _ => match entry.strip_prefix("custom:").map(str::trim) {
            Some(path) => {
                check_path(path).map_err(|why| setup(format!("`{entry}` {why}")))?;
                Origin::Custom(path.to_owned())
            }
            None => {
                return Err(setup(format!(
                    "{} cannot come from `{entry}`; `site`, `department`, `site_department`, `site_code`, `department_code`, `position`, or `custom:` with the path of a member",
                    field.words()
                )));
            }
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(entries: &[(&str, &str)]) -> Result<FieldMap, ApiError> {
        let field_map = entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        map_of(&ConnectParts { field_map, ..ConnectParts::default() })
    }

    #[test]
    fn entries_are_places_positions_or_members() {
        let origins = |map: &FieldMap| map.iter().map(|(_, origin)| origin.clone()).collect::<Vec<_>>();
        assert_eq!(origins(&map(&[]).unwrap()), [Origin::Position, Origin::Site, Origin::Department]);
        let own =
            map(&[("branch", "department"), ("department", "none"), ("custom:Cost centre", "custom: employeeNumber")]);
        let own = own.unwrap();
        let custom = Origin::Custom("employeeNumber".to_owned());
        assert_eq!(origins(&own), [Origin::Position, Origin::Department, Origin::Nothing, custom]);
        assert_eq!(custom_paths(&own), ["employeeNumber".to_owned()].into());
        for (field, entry) in
            [("branch", "none"), ("job_title", "role"), ("branch", "custom:personal.bank"), ("branch", "custom:")]
        {
            assert!(matches!(map(&[(field, entry)]), Err(ApiError::Setup { .. })), "{entry}");
        }
    }
}

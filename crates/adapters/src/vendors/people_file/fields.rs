//! Which column feeds which destination field, and what the operator says of the file.

use super::{COLUMNS, DATES, DELIMITER, ENCODING, HEAD_ROW, SHEET, STATUSES, setup};
use crate::domain::field::Field;
use crate::files::people::Choices;
use crate::ports::api::ApiError;
use crate::ports::connect::ConnectParts;
use crate::vendors::field_map;

/// What feeds the mapped fields where nobody chose: the column that the reader takes for it.
pub const FIELD_MAP: &[(Field, &str)] =
    &[(Field::JobTitle, "job_title"), (Field::Branch, "branch"), (Field::Department, "department")];

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The column that the reader takes for this field.
    Read(Field),
    /// The column with this head.
    Head(String),
    /// Nothing is read.
    Nothing,
}

/// The origins of the mapped fields.
pub type FieldMap = field_map::FieldMap<Origin>;

/// Reads the field map of a connection.
///
/// # Errors
/// [`ApiError::Setup`] for an entry that is not understood.
pub fn map_of(parts: &ConnectParts) -> Result<FieldMap, ApiError> {
    FieldMap::of(parts, FIELD_MAP, origin)
}

fn origin(field: Field, entry: &str) -> Result<Origin, ApiError> {
    let read = FIELD_MAP.iter().find(|(_, name)| *name == entry).map(|(field, _)| Origin::Read(*field));
    let head = entry.strip_prefix("custom:").map(str::trim).filter(|head| !head.is_empty());
    match (read, head, entry) {
        (Some(read), ..) => Ok(read),
        (None, Some(head), _) => Ok(Origin::Head(head.to_owned())),
        (None, None, "none") if field == Field::Department => Ok(Origin::Nothing),
        _ => Err(setup(format!(
            "field map: {} cannot come from `{entry}`; `job_title`, `branch`, `department`, or `custom:` with the head of a column",
            field.words()
        ))),
    }
}

/// What the operator says of the file, with the heads that the field map names.
///
/// # Errors
/// [`ApiError::Setup`].
pub fn choices_of(parts: &ConnectParts, map: &FieldMap) -> Result<Choices, ApiError> {
    let mut choices = said_of(parts)?;
    for (_, origin) in map.iter() {
        if let Origin::Head(head) = origin
            && !choices.kept.contains(head)
        {
            choices.kept.push(head.clone());
        }
    }
    Ok(choices)
}

/// What the operator says of the file.
///
/// # Errors
/// [`ApiError::Setup`].
pub fn said_of(parts: &ConnectParts) -> Result<Choices, ApiError> {
    let mut choices = Choices::default();
    if let Some(columns) = parts.parameter(COLUMNS) {
        choices.add_columns(columns).map_err(|error| setup(format!("`{COLUMNS}`: {error}")))?;
    }
    if let Some(sheet) = parts.parameter(SHEET) {
        choices.add_sheet(sheet);
    }
    for said in parts.parameter(HEAD_ROW).into_iter().flat_map(|said| said.split(';')) {
        choices.add_head_row(said.trim()).map_err(|error| setup(format!("`{HEAD_ROW}`: {error}")))?;
    }
    for said in parts.parameter(DATES).into_iter().flat_map(|said| said.split(';')) {
        choices.add_dates(said.trim()).map_err(|error| setup(format!("`{DATES}`: {error}")))?;
    }
    for said in parts.parameter(STATUSES).into_iter().flat_map(|said| said.split(';')) {
        choices.add_status(said.trim()).map_err(|error| setup(format!("`{STATUSES}`: {error}")))?;
    }
    if let Some(said) = parts.parameter(ENCODING) {
        choices.add_encoding(said).map_err(|error| setup(format!("`{ENCODING}`: {error}")))?;
    }
    if let Some(said) = parts.parameter(DELIMITER) {
        choices.add_delimiter(said).map_err(|error| setup(format!("`{DELIMITER}`: {error}")))?;
    }
    Ok(choices)
}

#[cfg(test)]
mod tests {
    use super::super::NAME;
    use super::*;

    fn parts(parameters: &[(&str, &str)], field_map: &[(&str, &str)]) -> ConnectParts {
        let owned = |pairs: &[(&str, &str)]| {
            pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
        };
        ConnectParts { parameters: owned(parameters), field_map: owned(field_map), ..ConnectParts::default() }
    }

    #[test]
    fn entries_are_read_columns_or_heads() {
        let parts = parts(
            &[],
            &[("branch", "custom: Site name"), ("custom:Cost centre", "custom:CC"), ("job_title", "branch")],
        );
        let map = map_of(&parts).unwrap();
        let head = |head: &str| Origin::Head(head.to_owned());
        assert_eq!(map.origin(Field::Branch), Some(&head("Site name")));
        assert_eq!(map.origin(Field::JobTitle), Some(&Origin::Read(Field::Branch)));
        assert_eq!(choices_of(&parts, &map).unwrap().kept, ["Site name", "CC"]);
    }

    #[test]
    fn what_is_not_understood_is_refused_at_set_up() {
        for (parameters, field_map) in [
            (vec![("columns", "shoe_size=Shoe")], vec![]),
            (vec![("dates", "year-first")], vec![]),
            (vec![("head_row", "third")], vec![]),
            (vec![("statuses", "L=left")], vec![]),
            (vec![("encoding", "utf-9")], vec![]),
            (vec![("delimiter", "dash")], vec![]),
            (vec![], vec![("branch", "site")]),
            (vec![], vec![("job_title", "none")]),
        ] {
            let parts = parts(&parameters, &field_map);
            let read = map_of(&parts).and_then(|map| choices_of(&parts, &map));
            assert!(matches!(read, Err(ApiError::Setup { vendor: NAME, .. })), "{parameters:?} {field_map:?}");
        }
    }
}

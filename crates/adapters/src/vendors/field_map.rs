//! Which field of a source feeds which field here: the field map of a connection, read the same way for every source.

use crate::domain::field::Field;
use crate::ports::api::ApiError;
use crate::ports::connect::ConnectParts;
use std::collections::{BTreeMap, BTreeSet};

/// The origins of the mapped fields, as one source knows origins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldMap<O> {
    origins: BTreeMap<Field, O>,
    chosen: BTreeSet<Field>,
}

impl<O> FieldMap<O> {
    /// Reads the map: what the operator chose, else the `usual` entry of each field, and every custom field and list of the
    /// destination that is named.
    /// `origin` understands one entry.
    ///
    /// # Errors
    /// What `origin` says of an entry that it does not understand.
    pub fn of(
        parts: &ConnectParts,
        usual: &[(Field, &str)],
        origin: impl Fn(Field, &str) -> Result<O, ApiError>,
    ) -> Result<Self, ApiError> {
        let mut map = Self { origins: BTreeMap::new(), chosen: BTreeSet::new() };
        let is_usual = |field: &Field| usual.iter().any(|(one, _)| one == field);
        let more = parts.more_fields().filter(|field| !is_usual(field));
        for field in usual.iter().map(|(field, _)| *field).chain(more) {
            let usual = usual.iter().find(|(one, _)| *one == field).map(|(_, entry)| *entry);
            let chosen = parts.mapped(field);
            let Some(entry) = chosen.or(usual) else { continue };
            map.origins.insert(field, origin(field, entry)?);
            if chosen.is_some() {
                map.chosen.insert(field);
            }
        }
        Ok(map)
    }

    /// Every mapped field with its origin.
    pub fn iter(&self) -> impl Iterator<Item = (Field, &O)> {
        self.origins.iter().map(|(field, origin)| (*field, origin))
    }

    /// Where a field comes from.
    pub fn origin(&self, field: Field) -> Option<&O> {
        self.origins.get(&field)
    }

    /// Whether the operator chose the origin: then its absence is a finding.
    pub fn is_chosen(&self, field: Field) -> bool {
        self.chosen.contains(&field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_chosen_wins_over_the_usual_and_custom_fields_are_read_with_the_others() {
        let entries = [("branch", "site"), ("custom:Cost centre", "CC"), ("custom:Region", " ")];
        let field_map = entries.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
        let parts = ConnectParts { field_map, ..ConnectParts::default() };
        let usual = [(Field::Branch, "location"), (Field::Department, "department")];
        let map = FieldMap::of(&parts, &usual, |_, entry| Ok(entry.to_owned())).unwrap();
        let entries: Vec<(&str, &str)> = map.iter().map(|(field, origin)| (field.key(), origin.as_str())).collect();
        assert_eq!(entries, [("branch", "site"), ("department", "department"), ("custom:Cost centre", "CC")]);
        assert!(map.is_chosen(Field::Branch) && !map.is_chosen(Field::Department));
        let refused = FieldMap::of(&parts, &usual, |_, entry| match entry {
            "CC" => Err(ApiError::Setup { vendor: "V", detail: entry.to_owned() }),
            _ => Ok(()),
        });
        assert!(refused.is_err());
    }
}

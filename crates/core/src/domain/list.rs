//! Lists of a destination: branches, job titles, teams, whatever it offers options of.

use super::field::Field;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// What stands before the key of a list in the key of the field that it fills, where that is no standard one (`list:team`).
pub const PREFIX: &str = "list:";
/// Longest key, in characters.
const KEY_MAX: usize = 40;
/// Maximum of keys from outside that one process ever knows: more than all vendors together have lists.
const KEYS_MAX: usize = 1_000;

/// A list of a destination, which is also the mapping table that leads to its options. Destinations declare which they have
/// (`DestinationCapabilities::lists`); those that several have are named here, so that a key means one thing in the whole house.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ListKey {
    /// The key of the field that it fills: with its prefix where that is no standard field.
    field: &'static str,
}

impl ListKey {
    pub const BRANCH: ListKey = ListKey::named("branch");
    pub const DEPARTMENT: ListKey = ListKey::named("department");
    pub const JOB_TITLE: ListKey = ListKey::named("job_title");
    /// What a user may do; a role where a destination calls it so.
    pub const ACCESS_PROFILE: ListKey = ListKey::named("access_profile");
    /// People who are led and see reports together, apart from departments.
    pub const TEAM: ListKey = ListKey::named("list:team");

    /// The list that fills the field of this key: a standard one's (`branch`), else the list's own key behind
    /// [`PREFIX`] (`list:team`), in lower-case letters, digits and underscores.
    pub const fn named(field: &'static str) -> Self {
        Self { field }
    }

    /// The stable name on the command line, in files and in the database (`job_title`).
    pub fn key(self) -> &'static str {
        self.field.strip_prefix(PREFIX).unwrap_or(self.field)
    }

    /// The key of the field that it fills (`job_title`, `list:team`).
    pub fn field_key(self) -> &'static str {
        self.field
    }

    /// The list with this stable name, whether or not a destination has it; a hyphen does for the underscore. `None` for what
    /// no list can be called.
    pub fn from_key(key: &str) -> Option<ListKey> {
        static KEYS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
        let key = if key.contains('-') { Cow::Owned(key.replace('-', "_")) } else { Cow::Borrowed(key) };
        let is_letter = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if !key.starts_with(|c: char| c.is_ascii_lowercase()) || key.len() > KEY_MAX || !key.chars().all(is_letter) {
            return None;
        }
        let common = [Self::BRANCH, Self::DEPARTMENT, Self::JOB_TITLE, Self::ACCESS_PROFILE, Self::TEAM];
        if let Some(known) = common.into_iter().find(|list| list.key() == key) {
            return Some(known);
        }
        let field = format!("{PREFIX}{key}");
        let mut keys = KEYS.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(field) = keys.get(field.as_str()) {
            return Some(Self { field });
        }
        if keys.len() >= KEYS_MAX {
            return None;
        }
        let field: &'static str = String::leak(field);
        keys.insert(field);
        Some(Self { field })
    }

    /// The field of a user that holds an option of it.
    pub fn field(self) -> Field {
        match self {
            ListKey::BRANCH => Field::Branch,
            ListKey::DEPARTMENT => Field::Department,
            ListKey::JOB_TITLE => Field::JobTitle,
            ListKey::ACCESS_PROFILE => Field::AccessProfile,
            other => Field::List(other),
        }
    }
}

impl fmt::Debug for ListKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

impl serde::Serialize for ListKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.key())
    }
}

impl<'de> serde::Deserialize<'de> for ListKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let key = Cow::<'_, str>::deserialize(deserializer)?;
        Self::from_key(&key).ok_or_else(|| serde::de::Error::custom("this is no name of a list"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_one_list_and_what_no_list_is_called_is_none() {
        assert_eq!(ListKey::from_key("job-title"), Some(ListKey::JOB_TITLE));
        let cohort = ListKey::from_key("cohort").unwrap();
        assert_eq!((cohort, cohort.key()), (ListKey::named("list:cohort"), "cohort"));
        for none in ["", "Branch", "_x", "a b", "list:team", &"x".repeat(41), "équipe"] {
            assert_eq!(ListKey::from_key(none), None, "{none}");
        }
        assert_eq!(serde_json::to_string(&cohort).unwrap(), "\"cohort\"");
        assert_eq!(serde_json::from_str::<ListKey>("\"team\"").unwrap(), ListKey::TEAM);
    }

    #[test]
    fn each_list_fills_a_field_of_its_own() {
        let lists = [ListKey::BRANCH, ListKey::DEPARTMENT, ListKey::JOB_TITLE, ListKey::ACCESS_PROFILE, ListKey::TEAM];
        for list in lists {
            assert_eq!(list.field().list(), Some(list));
            assert_eq!(Field::from_key(list.field().key()), Some(list.field()));
        }
    }
}

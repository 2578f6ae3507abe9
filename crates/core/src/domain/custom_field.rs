//! Fields beyond the standard ones: those that a company has made up in one of its systems.

use super::text;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// What stands before the name of a custom field in keys (`custom:Cost centre`).
pub const PREFIX: &str = "custom:";
/// Longest name, in characters.
pub const NAME_MAX: usize = 100;
/// Maximum of names that one process ever knows: more than all companies of an operator have, and an end for whatever feeds
/// names without end.
const NAMES_MAX: usize = 100_000;

/// A custom field of a connection, by the name that the destination has for it.
///
/// Names are kept for the life of the process, each once: a field is compared and copied for every person, and there are as many
/// names as operators map by hand.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CustomField {
    /// With its prefix.
    key: &'static str,
}

/// Why something is no name of a custom field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadCustomField {
    #[error("a custom field needs a name with a letter or a digit")]
    Blank,
    #[error("the name of a custom field has {0} characters; at most {NAME_MAX} are taken")]
    Long(usize),
    #[error("the name of a custom field has a character that nobody can see (U+{0:04X})")]
    Invisible(u32),
    #[error("there are {NAMES_MAX} custom fields already")]
    TooMany,
}

impl CustomField {
    /// The custom field of this name; blanks around it do not count.
    ///
    /// # Errors
    /// [`BadCustomField`].
    pub fn named(name: &str) -> Result<Self, BadCustomField> {
        static NAMES: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());
        let name = name.trim();
        let length = name.chars().count();
        if length > NAME_MAX {
            return Err(BadCustomField::Long(length));
        }
        if let Some(hidden) = name.chars().find(|c| text::is_hidden(*c)) {
            return Err(BadCustomField::Invisible(u32::from(hidden)));
        }
        if text::says_nothing(name) {
            return Err(BadCustomField::Blank);
        }
        let key = format!("{PREFIX}{name}");
        let mut names = NAMES.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(key) = names.get(key.as_str()).copied() {
            return Ok(Self { key });
        }
        if names.len() >= NAMES_MAX {
            return Err(BadCustomField::TooMany);
        }
        let key: &'static str = String::leak(key);
        names.insert(key);
        Ok(Self { key })
    }

    /// The stable name, prefix and all (`custom:Cost centre`).
    pub fn key(self) -> &'static str {
        self.key
    }

    /// What a person reads: the name alone (`Cost centre`).
    pub fn name(self) -> &'static str {
        self.key.strip_prefix(PREFIX).unwrap_or(self.key)
    }
}

/// The custom field that a key names (`custom:Cost centre`); `None` for a standard field's key, and for a name that none can have.
pub fn of_key(key: &str) -> Option<CustomField> {
    CustomField::named(key.strip_prefix(PREFIX)?).ok()
}

impl fmt::Debug for CustomField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key)
    }
}

impl serde::Serialize for CustomField {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> serde::Deserialize<'de> for CustomField {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = std::borrow::Cow::<'_, str>::deserialize(deserializer)?;
        Self::named(&name).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_field_and_what_nobody_can_read_is_none() {
        let field = CustomField::named(" Cost centre ").unwrap();
        assert_eq!((field.key(), field.name()), ("custom:Cost centre", "Cost centre"));
        assert_eq!(CustomField::named("Cost centre"), Ok(field));
        assert_ne!(CustomField::named("cost centre"), Ok(field), "a system may have both");
        assert_eq!(CustomField::named(" - "), Err(BadCustomField::Blank));
        assert_eq!(CustomField::named("Cost\u{200B}centre"), Err(BadCustomField::Invisible(0x200B)));
        assert_eq!(CustomField::named(&"x".repeat(101)), Err(BadCustomField::Long(101)));
        assert!(CustomField::named(&"é".repeat(100)).is_ok());
    }
}

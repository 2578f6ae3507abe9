//! Mapping tables: source value to destination option.

use super::ids::OptionKey;
use super::list::ListKey;
use super::text;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// What a source value becomes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MappingTarget {
    /// An option that the destination has (or had: it may be archived or gone by now).
    Option(OptionKey),
    /// A new option of this name that the next applied plan creates first.
    Create(String),
    /// Nothing is sent for this value; legal only where the destination does not demand the field.
    Nothing,
}

/// Why a value cannot become this.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadTarget {
    #[error("an option without a name cannot be mapped to")]
    BlankOption,
    #[error("a new option needs a name with a letter or a digit")]
    BlankName,
    #[error("the name of a new option has {length} characters; at most {NAME_MAX} are taken")]
    LongName { length: usize },
    #[error("the name of a new option has a character that nobody can see (U+{code:04X})")]
    Invisible { code: u32 },
}

/// Longest name of a new option, in characters.
pub const NAME_MAX: usize = 250;
/// Longest name of an option that is proposed, in characters: what a text field of a database commonly holds.
const PROPOSED_MAX: usize = 255;

/// Whether an option may have this name, as far as we have a say: the name can be seen, and a field can hold it.
///
/// # Errors
/// [`BadTarget`].
fn check_name(name: &str, most: usize) -> Result<(), BadTarget> {
    let length = name.chars().count();
    match name.chars().find(|c| text::is_hidden(*c)) {
        Some(c) => Err(BadTarget::Invisible { code: u32::from(c) }),
        None if text::says_nothing(name) => Err(BadTarget::BlankName),
        None if length > most => Err(BadTarget::LongName { length }),
        None => Ok(()),
    }
}

impl MappingTarget {
    /// Whether it can be mapped to: by hand, by a file, or by an edit that is done again.
    ///
    /// # Errors
    /// [`BadTarget`].
    pub fn check(&self) -> Result<(), BadTarget> {
        let name = match self {
            MappingTarget::Nothing => return Ok(()),
            MappingTarget::Option(key) if key.as_str().trim().is_empty() => return Err(BadTarget::BlankOption),
            // What the destination has is its own matter.
            MappingTarget::Option(_) => return Ok(()),
            MappingTarget::Create(name) => name,
        };
        check_name(name, NAME_MAX)
    }
}

/// One row that an operator (or an accepted suggestion) wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingRow {
    pub target: MappingTarget,
    /// Operator's name.
    pub by: String,
    pub at: Timestamp,
}

/// The table that leads to a list, of one connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MappingTable {
    #[serde(alias = "kind")]
    pub list: ListKey,
    /// A value that equals an active option exactly passes through without a row (RO05).
    pub verbatim: bool,
    /// By the source's value, exactly as the source writes it (blanks included).
    pub rows: BTreeMap<String, MappingRow>,
}

impl MappingTable {
    /// The table of a list among these; an empty one is added where there was none.
    pub fn in_place(tables: &mut Vec<Self>, list: ListKey) -> &mut Self {
        let place = tables.iter().position(|table| table.list == list).unwrap_or(tables.len());
        if place == tables.len() {
            tables.push(Self::empty(list, false));
        }
        &mut tables[place]
    }

    /// A table without rows.
    pub fn empty(list: ListKey, verbatim: bool) -> Self {
        Self { list, verbatim, rows: BTreeMap::new() }
    }
}

/// A value that the destination offers for a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DestinationOption {
    #[serde(alias = "kind")]
    pub list: ListKey,
    /// What is sent: the code of a branch, otherwise the exact name.
    pub key: OptionKey,
    /// What a person reads.
    pub name: String,
    /// False when archived in the destination.
    pub active: bool,
    /// The destination has two active options under this key: which of them would be meant cannot be told.
    #[serde(default)]
    pub doubled: bool,
    /// It carries our own mark: it was made from here, and nobody has taken it over by hand.
    #[serde(default)]
    pub made_here: bool,
}

impl DestinationOption {
    /// An option that the destination has once.
    pub fn new(list: ListKey, key: impl Into<OptionKey>, name: impl Into<String>, active: bool) -> Self {
        Self { list, key: key.into(), name: name.into(), active, doubled: false, made_here: false }
    }
}

/// Each key once, in the order in which keys came: an active option wins over archived ones under its key, and two active
/// ones make one that is [`doubled`](DestinationOption::doubled).
pub fn one_per_key(options: Vec<DestinationOption>) -> Vec<DestinationOption> {
    let mut places: HashMap<(ListKey, OptionKey), usize> = HashMap::with_capacity(options.len());
    let mut kept: Vec<DestinationOption> = Vec::with_capacity(options.len());
    for option in options {
        let place = *places.entry((option.list, option.key.clone())).or_insert(kept.len());
        match kept.get_mut(place) {
            None => kept.push(option),
            Some(known) if known.active && option.active => known.doubled = true,
            Some(known) if option.active => *known = option,
            Some(_) => {}
        }
    }
    kept
}

impl DestinationOption {
    /// Whether it has nothing that could be sent: such an option is shown, but nothing is ever mapped to it.
    pub fn is_blank(&self) -> bool {
        self.key.as_str().trim().is_empty()
    }

    /// Why the option is never proposed and never taken because a value equals it, in words behind "it": whoever reads its name
    /// does not see what would be sent. By hand it can be mapped to.
    pub fn oddity(&self) -> Option<String> {
        let odd = |text: &str| check_name(text, PROPOSED_MAX).err();
        match odd(&self.name).or_else(|| odd(self.key.as_str()))? {
            BadTarget::BlankOption | BadTarget::BlankName => Some("has no name".to_owned()),
            BadTarget::LongName { length } => Some(format!("has a name of {length} characters")),
            BadTarget::Invisible { code } => Some(format!("has a character that nobody can see (U+{code:04X})")),
        }
    }
}

/// A value that the source offers or uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourceValue {
    #[serde(alias = "kind")]
    pub list: ListKey,
    /// As the source writes it.
    pub value: String,
    /// False when it is only known from people, not from the source's own list of options.
    pub declared: bool,
}

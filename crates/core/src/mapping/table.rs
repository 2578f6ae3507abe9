//! What a source value becomes under a mapping table.

use super::suggest::{self, Names, fold_value};
use crate::domain::capabilities::ListSpec;
use crate::domain::ids::OptionKey;
use crate::domain::list::ListKey;
use crate::domain::mapping::{DestinationOption, MappingRow, MappingTable, MappingTarget};
use crate::domain::text;
use std::collections::{BTreeMap, HashMap};

/// Through what a value was mapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// A row of the table.
    Row,
    /// The value equals an active option exactly and the table is verbatim (RO05).
    Verbatim,
}

/// What becomes of one source value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolution {
    Mapped {
        key: OptionKey,
        how: How,
    },
    /// The next applied plan creates this option first.
    Create(String),
    /// Expressly nothing is sent.
    Nothing,
    /// An option that differs only in what people do not see; never taken by itself.
    Suggested {
        key: OptionKey,
        reason: String,
    },
    /// No row and no option like it; the nearest active options, best first.
    Unmapped {
        near: Vec<OptionKey>,
    },
    /// The row (or the verbatim value) names an option that is archived in the destination.
    Archived(OptionKey),
    /// The row names an option that the destination no longer has.
    Gone(OptionKey),
    /// The destination has two active options under this key: which is meant cannot be told.
    Doubled(OptionKey),
}

impl Resolution {
    /// The option's key, where the value can be sent as it stands.
    pub fn key(&self) -> Option<&OptionKey> {
        match self {
            Resolution::Mapped { key, .. } => Some(key),
            _ => None,
        }
    }
}

/// One table with its options, indexed: a look-up costs one hash or one tree walk.
#[derive(Debug, Clone)]
pub struct TableIndex<'a> {
    list: ListKey,
    rows: Option<&'a BTreeMap<String, MappingRow>>,
    verbatim: bool,
    by_key: HashMap<&'a str, &'a DestinationOption>,
    by_name: HashMap<&'a str, Vec<&'a DestinationOption>>,
    folded: HashMap<String, Vec<&'a DestinationOption>>,
    active: Names<'a>,
    grows: bool,
}

impl<'a> TableIndex<'a> {
    /// Indexes one table; `options` may hold those of other tables, which are passed over.
    ///
    /// [`growing`](Self::growing) says whether values become options by themselves.
    pub fn new(list: ListKey, table: Option<&'a MappingTable>, options: &'a [DestinationOption]) -> Self {
        let mut sorted: Vec<&DestinationOption> =
            options.iter().filter(|option| option.list == list && !option.is_blank()).collect();
        sorted.sort_by(|a, b| a.key.cmp(&b.key).then(b.active.cmp(&a.active)));
        let mut index = Self {
            list,
            rows: table.map(|table| &table.rows),
            verbatim: table.is_some_and(|table| table.verbatim),
            by_key: HashMap::new(),
            by_name: HashMap::new(),
            folded: HashMap::new(),
            active: Names::new(sorted.iter().copied()),
            grows: false,
        };
        for option in sorted {
            index.by_key.entry(option.key.as_str()).or_insert(option);
            index.by_name.entry(option.name.as_str()).or_default().push(option);
        }
        for (option, folded) in index.active.folded() {
            index.folded.entry(folded.to_owned()).or_default().push(option);
        }
        index
    }

    /// With values that no option is like becoming new options, or not ([`ListSpec::grows`]). A value whose option is there by
    /// then means that option, with or without the blanks around it.
    #[must_use]
    pub fn growing(self, grows: bool) -> Self {
        Self { grows, ..self }
    }

    /// Which list it leads to.
    pub fn list(&self) -> ListKey {
        self.list
    }

    /// True when nobody has set this table up: no row, not verbatim (RO03).
    pub fn is_unused(&self) -> bool {
        !self.verbatim && self.rows.is_none_or(BTreeMap::is_empty)
    }

    /// The option with this key, archived or not.
    pub fn option(&self, key: &OptionKey) -> Option<&'a DestinationOption> {
        self.by_key.get(key.as_str()).copied()
    }

    /// The active options, by key.
    pub fn active_options(&self) -> &[&'a DestinationOption] {
        self.active.options()
    }

    /// What a person reads for a key: the option's name, the key itself where the option is unknown.
    pub fn name_of<'k>(&self, key: &'k str) -> &'k str
    where
        'a: 'k,
    {
        self.by_key.get(key).map_or(key, |option| option.name.as_str())
    }

    /// What becomes of a value, exactly as the source writes it.
    pub fn resolve(&self, value: &str) -> Resolution {
        if let Some(row) = self.rows.and_then(|rows| rows.get(value)) {
            return self.resolve_target(&row.target);
        }
        if (self.verbatim || self.grows)
            && let Some(found) = self.exact(value).or_else(|| self.exact(&text::clean(value)).filter(|_| self.grows))
            && found.oddity().is_none()
        {
            return offered(found, How::Verbatim);
        }
        match self.folded.get(&fold_value(value)).map(Vec::as_slice) {
            Some([one]) => {
                Resolution::Suggested { key: one.key.clone(), reason: suggest::reason(value, &one.name).join(", ") }
            }
            Some(several) => Resolution::Unmapped { near: several.iter().map(|option| option.key.clone()).collect() },
            None if self.grows && MappingTarget::Create(text::clean(value).into_owned()).check().is_ok() => {
                Resolution::Create(text::clean(value).into_owned())
            }
            None => {
                let near = self.active.near(value, 3).into_iter().map(|ranked| ranked.key).collect();
                Resolution::Unmapped { near }
            }
        }
    }

    /// Why the option that the value equals is not taken for it by itself, in words behind "it"; `None` where there is no such.
    pub fn odd_twin(&self, value: &str) -> Option<String> {
        self.exact(value).filter(|option| option.active)?.oddity()
    }

    fn resolve_target(&self, target: &MappingTarget) -> Resolution {
        match target {
            MappingTarget::Nothing => Resolution::Nothing,
            MappingTarget::Option(key) => match self.option(key) {
                Some(option) => offered(option, How::Row),
                None => Resolution::Gone(key.clone()),
            },
            // Once the option exists the row means that option: a second run creates nothing (ALL02).
            MappingTarget::Create(name) => match self.exact(name) {
                Some(option) => offered(option, How::Row),
                None => Resolution::Create(name.clone()),
            },
        }
    }

    /// The one option of exactly this name, else of exactly this key. Two active options of one name are no answer.
    fn exact(&self, value: &str) -> Option<&'a DestinationOption> {
        let named = self.by_name.get(value).map_or(&[][..], Vec::as_slice);
        let mut active = named.iter().filter(|option| option.active);
        match (active.next(), active.next()) {
            (Some(one), None) => Some(one),
            (Some(_), Some(_)) => self.by_key.get(value).copied(),
            (None, _) => self.by_key.get(value).or(named.first()).copied(),
        }
    }
}

/// What a value that means this option becomes.
fn offered(option: &DestinationOption, how: How) -> Resolution {
    let key = option.key.clone();
    match option {
        DestinationOption { active: false, .. } => Resolution::Archived(key),
        DestinationOption { doubled: true, .. } => Resolution::Doubled(key),
        _ => Resolution::Mapped { key, how },
    }
}

/// Every table of a connection, indexed once.
#[derive(Debug, Clone)]
pub struct MappingIndex<'a> {
    tables: Vec<TableIndex<'a>>,
    /// Stands for a list that the destination does not have.
    none: TableIndex<'a>,
}

impl<'a> MappingIndex<'a> {
    /// Indexes the tables of these lists; one that is not given counts as empty.
    pub fn new(lists: &[ListSpec], tables: &'a [MappingTable], options: &'a [DestinationOption]) -> Self {
        let index_of = |spec: &ListSpec| {
            let table = tables.iter().find(|table| table.list == spec.list);
            TableIndex::new(spec.list, table, options).growing(spec.grows)
        };
        Self { tables: lists.iter().map(index_of).collect(), none: TableIndex::new(ListKey::named(""), None, &[]) }
    }

    /// One table.
    pub fn table(&self, list: ListKey) -> &TableIndex<'a> {
        self.tables.iter().find(|table| table.list == list).unwrap_or(&self.none)
    }

    /// What becomes of a value of one table.
    pub fn resolve(&self, list: ListKey, value: &str) -> Resolution {
        self.table(list).resolve(value)
    }
}

/// What becomes of one value, without an index: for one look-up. Many use [`MappingIndex`].
pub fn resolve(table: &MappingTable, spec: &ListSpec, options: &[DestinationOption], value: &str) -> Resolution {
    TableIndex::new(spec.list, Some(table), options).growing(spec.grows).resolve(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn option(key: &str, name: &str, active: bool) -> DestinationOption {
        DestinationOption::new(ListKey::JOB_TITLE, key, name, active)
    }

    fn table(verbatim: bool, rows: &[(&str, MappingTarget)]) -> MappingTable {
        let row = |target: &MappingTarget| MappingRow {
            target: target.clone(),
            by: "R. Osei".into(),
            at: jiff::Timestamp::UNIX_EPOCH,
        };
        let rows = rows.iter().map(|(value, target)| ((*value).to_owned(), row(target))).collect();
        MappingTable { list: ListKey::JOB_TITLE, verbatim, rows }
    }

    fn resolved(table: &MappingTable, options: &[DestinationOption], value: &str) -> Resolution {
        TableIndex::new(ListKey::JOB_TITLE, Some(table), options).resolve(value)
    }

    #[test]
    fn a_row_wins_and_names_archived_and_gone_options() {
        let options = [option("Waiter", "Waiter", true), option("Porter", "Porter", false)];
        let rows = table(
            false,
            &[
                ("Server", MappingTarget::Option("Waiter".into())),
                ("Night", MappingTarget::Option("Porter".into())),
                ("Chef", MappingTarget::Option("Chef".into())),
                ("Temp", MappingTarget::Nothing),
                ("Spa", MappingTarget::Create("Spa Therapist".into())),
                ("Waiters", MappingTarget::Create("Waiter".into())),
            ],
        );
        assert_eq!(resolved(&rows, &options, "Server"), Resolution::Mapped { key: "Waiter".into(), how: How::Row });
        assert_eq!(resolved(&rows, &options, "Night"), Resolution::Archived("Porter".into()));
        assert_eq!(resolved(&rows, &options, "Chef"), Resolution::Gone("Chef".into()));
        assert_eq!(resolved(&rows, &options, "Temp"), Resolution::Nothing);
        assert_eq!(resolved(&rows, &options, "Spa"), Resolution::Create("Spa Therapist".into()));
        assert_eq!(resolved(&rows, &options, "Waiters"), Resolution::Mapped { key: "Waiter".into(), how: How::Row });
    }

    #[test]
    fn verbatim_is_exact_and_a_near_value_is_only_suggested() {
        let options = [option("Bar Staff", "Bar Staff", true), option("Chef De Partie", "Chef De Partie", true)];
        let verbatim = table(true, &[]);
        assert!(matches!(resolved(&verbatim, &options, "Bar Staff"), Resolution::Mapped { how: How::Verbatim, .. }));
        assert_eq!(
            resolved(&verbatim, &options, "Bar Staff "),
            Resolution::Suggested { key: "Bar Staff".into(), reason: "blank at the end".into() }
        );
        assert_eq!(
            resolved(&verbatim, &options, "Chef de Partie"),
            Resolution::Suggested { key: "Chef De Partie".into(), reason: "capitals only".into() }
        );
        assert!(matches!(resolved(&verbatim, &options, "Gardener"), Resolution::Unmapped { .. }));
    }

    #[test]
    fn a_table_that_is_not_verbatim_suggests_an_equal_option() {
        let options = [option("Waiter", "Waiter", true)];
        assert_eq!(
            resolved(&table(false, &[]), &options, "Waiter"),
            Resolution::Suggested { key: "Waiter".into(), reason: "the same words".into() }
        );
    }

    #[test]
    fn two_active_options_of_one_key_are_no_answer_and_an_archived_one_gives_way() {
        use crate::domain::mapping::one_per_key;
        let rows = table(true, &[("Server", MappingTarget::Option("Waiter".into()))]);
        let both = one_per_key(vec![option("Waiter", "Waiter", true), option("Waiter", "Waiter", true)]);
        assert_eq!(resolved(&rows, &both, "Server"), Resolution::Doubled("Waiter".into()));
        assert_eq!(resolved(&rows, &both, "Waiter"), Resolution::Doubled("Waiter".into()));
        for order in [[true, false], [false, true]] {
            let one = one_per_key(order.map(|active| option("Waiter", "Waiter", active)).to_vec());
            assert_eq!(one.len(), 1);
            assert!(matches!(resolved(&rows, &one, "Waiter"), Resolution::Mapped { .. }), "{order:?}");
        }
        let gone = one_per_key(vec![option("Waiter", "Waiter", false), option("Waiter", "Waiter", false)]);
        assert_eq!(resolved(&rows, &gone, "Waiter"), Resolution::Archived("Waiter".into()));
    }

    #[test]
    fn an_option_that_cannot_be_read_is_never_proposed_and_never_taken_because_a_value_equals_it() {
        let long = "L".repeat(300);
        for (name, why) in [
            ("Bar\u{202e} Staff", "has a character that nobody can see (U+202E)"),
            ("Bar\u{1b}[2J", "has a character that nobody can see (U+001B)"),
            ("''", "has no name"),
            (long.as_str(), "has a name of 300 characters"),
        ] {
            let options = [option("K1", name, true)];
            let index = TableIndex::new(ListKey::JOB_TITLE, None, &options);
            assert_eq!(index.odd_twin(name).as_deref(), Some(why));
            for verbatim in [true, false] {
                let none = Resolution::Unmapped { near: vec![] };
                assert_eq!(resolved(&table(verbatim, &[]), &options, name), none, "{name:?} {verbatim}");
            }
            let by_hand = table(false, &[(name, MappingTarget::Option("K1".into()))]);
            assert!(matches!(resolved(&by_hand, &options, name), Resolution::Mapped { how: How::Row, .. }));
        }
    }

    #[test]
    fn two_options_of_one_name_are_no_answer() {
        let options = [option("A1", "Lakeside", true), option("B2", "Lakeside", true)];
        assert_eq!(
            resolved(&table(true, &[]), &options, "Lakeside"),
            Resolution::Unmapped { near: vec!["A1".into(), "B2".into()] }
        );
    }
}

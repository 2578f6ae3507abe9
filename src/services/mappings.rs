//! Mapping tables: how each value stands, what it holds up, and changing it.

mod edit;
mod export;

pub use edit::{CellChange, Edit, set, set_verbatim, sheet_cells, walk};
pub use export::table as export_table;

use super::error::ServiceError;
use crate::domain::capabilities::ListSpec;
use crate::domain::connection::Connection;
use crate::domain::field::Field;
use crate::domain::ids::OptionKey;
use crate::domain::list::ListKey;
use crate::domain::mapping::{DestinationOption, MappingTable, MappingTarget};
use crate::domain::plan::HoldCode;
use crate::engine::capabilities::Capabilities;
use crate::engine::connect::abilities;
use crate::mapping::coverage::blocks;
use crate::mapping::{How, Resolution, TableIndex};
use crate::store::Store;
use crate::store::views::{MappingView, ValueRow};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// How one value stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueState {
    Mapped,
    Verbatim,
    /// The next applied plan makes the option first.
    Created,
    /// Expressly nothing is sent, and that is legal.
    Nothing,
    /// No row, and none is needed: the destination's default, or the unknown value is left out.
    Default,
    Suggested,
    Unmapped,
    Archived,
    Gone,
    /// The destination has two active options under its key.
    Doubled,
}

impl ValueState {
    /// The word in lists and in files.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            ValueState::Mapped => "mapped",
            ValueState::Verbatim => "verbatim",
            ValueState::Created => "created",
            ValueState::Nothing => "nothing",
            ValueState::Default => "default",
            ValueState::Suggested => "suggested",
            ValueState::Unmapped => "unmapped",
            ValueState::Archived => "archived",
            ValueState::Gone => "gone",
            ValueState::Doubled => "twice",
        }
    }

    /// Whether it waits for a human.
    #[must_use]
    pub fn is_open(self) -> bool {
        match self {
            ValueState::Suggested
            | ValueState::Unmapped
            | ValueState::Archived
            | ValueState::Gone
            | ValueState::Doubled => true,
            ValueState::Mapped
            | ValueState::Verbatim
            | ValueState::Created
            | ValueState::Nothing
            | ValueState::Default => false,
        }
    }
}

/// One source value.
#[derive(Clone, Debug, PartialEq)]
pub struct MappedValue {
    /// As the source writes it.
    pub value: String,
    /// People who carry it.
    pub people: u64,
    /// People whom the newest plan holds because of it, as the badge counts them; before the first plan everybody who carries it and
    /// could not be synced.
    pub blocked: u64,
    /// People whose value is not covered, whatever else holds them: all who carry it, or nobody.
    pub uncovered: u64,
    pub state: ValueState,
    /// What it becomes or would become, as a person reads it.
    pub target: Option<String>,
    /// The option's key, of a mapped or suggested one.
    pub key: Option<String>,
    /// Why it stands so: the reason of a suggestion, the nearest option, the archived one.
    pub why: String,
    /// Who wrote its row, and when.
    pub author: Option<(String, Timestamp)>,
}

impl MappedValue {
    /// What it holds its people for, where it holds anybody.
    #[must_use]
    pub fn code(&self) -> Option<HoldCode> {
        match self.state {
            ValueState::Archived | ValueState::Gone | ValueState::Doubled => Some(HoldCode::OptionMissing),
            ValueState::Suggested | ValueState::Unmapped => Some(HoldCode::UnmappedValue),
            // An option that is to be made where nobody may make one; nothing, where something has to be sent.
            ValueState::Created if self.uncovered > 0 => Some(HoldCode::OptionMissing),
            ValueState::Nothing if self.uncovered > 0 => Some(HoldCode::UnmappedValue),
            ValueState::Created
            | ValueState::Nothing
            | ValueState::Mapped
            | ValueState::Verbatim
            | ValueState::Default => None,
        }
    }

    /// Whether it waits for a human.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state.is_open()
    }
}

/// A table of the destination with its values.
#[derive(Clone, Debug)]
pub struct TableValues {
    pub spec: ListSpec,
    /// Whether options of it can be made from here.
    pub can_create: bool,
    pub verbatim: bool,
    /// Open ones first, then by people blocked, then by head count.
    pub values: Vec<MappedValue>,
    /// What the destination offers for it.
    pub options: Vec<DestinationOption>,
    /// The table's own rows.
    rows: BTreeMap<String, MappingTarget>,
}

/// The tables of a connection.
pub struct Tables {
    /// In the order of the destination's tables.
    pub tables: Vec<TableValues>,
}

impl Tables {
    /// One of them.
    ///
    /// # Errors
    /// When the destination has no such table.
    pub fn of(&self, list: ListKey) -> Result<&TableValues, ServiceError> {
        let found = self.tables.iter().find(|table| table.spec.list == list);
        found.ok_or(ServiceError::NoTable { list })
    }
}

/// The list of this name that the destination of a connection has.
///
/// # Errors
/// When it has no such list.
pub fn list_named(connection: &Connection, name: &str) -> Result<ListKey, ServiceError> {
    let lists = abilities(connection)?.destination.lists;
    let found = ListKey::from_key(name).and_then(|key| lists.iter().find(|spec| spec.list == key));
    let known = || lists.iter().map(|spec| spec.list.key().replace('_', "-")).collect();
    found.map(|spec| spec.list).ok_or_else(|| ServiceError::NoList { name: name.to_owned(), known: known() })
}

/// The field of employees that feeds a list of the destination; `None` where none does.
///
/// # Errors
/// A vendor that is not known.
pub fn feed(connection: &Connection, list: ListKey) -> Result<Option<Field>, ServiceError> {
    let abilities = abilities(connection)?;
    let spec = abilities.destination.list(list);
    Ok(spec.and_then(|spec| spec.feed(abilities.source, &connection.settings)))
}

/// All tables that the destination of a connection has, read on the lane of `store`.
///
/// # Errors
/// Only the store's.
pub async fn tables(store: &Store, connection: &Connection) -> Result<Tables, ServiceError> {
    read_all(store, connection, false).await
}

/// The same for a list of several tenants: no other question takes its place, and it takes that of none.
///
/// # Errors
/// Only the store's.
pub async fn tables_beside(store: &Store, connection: &Connection) -> Result<Tables, ServiceError> {
    read_all(store, connection, true).await
}

async fn read_all(store: &Store, connection: &Connection, beside: bool) -> Result<Tables, ServiceError> {
    let capabilities = Capabilities::of(store, connection).await?;
    let mut tables = Vec::new();
    for spec in capabilities.destination.lists {
        let feed = spec.feed(capabilities.source, &connection.settings);
        let view = match beside {
            true => store.mapping_view_beside(connection.id, spec.list, feed).await?,
            false => store.mapping_view(connection.id, spec.list, feed).await?,
        };
        tables.push(judged(view, *spec, &capabilities));
    }
    Ok(Tables { tables })
}

fn judged(view: MappingView, spec: ListSpec, capabilities: &Capabilities) -> TableValues {
    let rows = view.rows;
    let written: BTreeMap<_, _> = rows.iter().filter_map(|row| Some((row.value.clone(), row.row.clone()?))).collect();
    let own = written.iter().map(|(value, row)| (value.clone(), row.target.clone())).collect();
    let table = MappingTable { list: spec.list, verbatim: view.verbatim, rows: written };
    let can_create = capabilities.can_create(spec.list);
    let rules = Rules { spec, destination: capabilities.destination.name, can_create, is_planned: view.is_planned };
    let values = rules.values(&table, &rows, &view.options);
    TableValues { spec, can_create, verbatim: view.verbatim, values, options: view.options, rows: own }
}

/// By what the values of one table are judged.
struct Rules {
    spec: ListSpec,
    destination: &'static str,
    can_create: bool,
    /// There is a plan, which says who is held.
    is_planned: bool,
}

impl Rules {
    fn values(&self, table: &MappingTable, rows: &[ValueRow], options: &[DestinationOption]) -> Vec<MappedValue> {
        let index = TableIndex::new(self.spec.list, Some(table), options).growing(self.spec.grows);
        let mut values: Vec<MappedValue> = rows.iter().map(|row| self.value(row, &index)).collect();
        values.sort_by(|a, b| {
            let settled = |value: &MappedValue| !value.is_open();
            (settled(a), b.blocked, b.people)
                .cmp(&(settled(b), a.blocked, a.people))
                .then_with(|| a.value.cmp(&b.value))
        });
        values
    }

    fn value(&self, row: &ValueRow, index: &TableIndex<'_>) -> MappedValue {
        let (unused, has_default) = (index.is_unused(), self.spec.has_default);
        let resolution = index.resolve(&row.value);
        let holds = !has_default && blocks(&self.spec, unused, &resolution, self.can_create);
        let (state, target, key, why) = self.resolved(row, &resolution, index);
        let value = MappedValue {
            value: row.value.clone(),
            people: row.people,
            uncovered: if holds { row.people } else { 0 },
            blocked: match (holds, self.is_planned) {
                (false, _) => 0,
                (true, true) => row.blocked,
                (true, false) => row.people,
            },
            state,
            target,
            key: key.map(|key| key.as_str().to_owned()),
            why,
            author: row.row.as_ref().map(|row| (row.by.clone(), row.at)),
        };
        let optional = has_default || (!self.spec.mandatory && self.spec.unknown_is_dropped && unused);
        if optional && row.row.is_none() && value.is_open() && !holds {
            return MappedValue { state: ValueState::Default, target: None, why: String::new(), ..value };
        }
        value
    }

    fn resolved<'r>(
        &self,
        row: &ValueRow,
        resolution: &'r Resolution,
        index: &TableIndex<'_>,
    ) -> (ValueState, Option<String>, Option<&'r OptionKey>, String) {
        let destination = self.destination;
        let name = |key: &OptionKey| Some(index.name_of(key.as_str()).to_owned());
        match resolution {
            Resolution::Mapped { key, how: How::Row } => (ValueState::Mapped, name(key), Some(key), String::new()),
            Resolution::Mapped { key, how: How::Verbatim } => {
                (ValueState::Verbatim, name(key), Some(key), String::new())
            }
            Resolution::Create(new) => {
                let why = if self.can_create { String::new() } else { format!("add it in {destination}") };
                (ValueState::Created, Some(new.clone()), None, why)
            }
            Resolution::Nothing => (ValueState::Nothing, None, None, "nothing is sent".to_owned()),
            Resolution::Suggested { key, reason } => (ValueState::Suggested, name(key), Some(key), reason.clone()),
            Resolution::Unmapped { near } => {
                let odd = index.odd_twin(&row.value).map(|why| format!("the one of that name {why}"));
                let near = || near.first().map(|key| format!("near: {}", index.name_of(key.as_str())));
                (ValueState::Unmapped, None, None, odd.or_else(near).unwrap_or_default())
            }
            Resolution::Archived(key) => (ValueState::Archived, name(key), None, format!("archived in {destination}")),
            Resolution::Doubled(key) => (ValueState::Doubled, name(key), None, format!("twice in {destination}")),
            Resolution::Gone(key) => (ValueState::Gone, name(key), None, format!("no longer in {destination}")),
        }
    }
}

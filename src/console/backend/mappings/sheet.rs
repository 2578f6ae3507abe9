//! Reads a table with head counts, or the field map.

use std::collections::HashMap;
use std::path::PathBuf;

use crate::console::backend::Context;
use crate::console::backend::exports;
use crate::console::screens::mappings::data::{Fate, Feed, Line, Sheet, Tab, TabHead, ValueFacts, ValueState, Who};
use crate::domain::capabilities::TableSpec;
use crate::domain::connection::Connection;
use crate::domain::field::Field;
use crate::domain::mapping::{MappingTable, MappingTarget, TableKind};
use crate::domain::problem::Problem;
use crate::domain::settings::WritePolicy;
use crate::domain::snapshot::Side;
use crate::engine::connect::Abilities;
use crate::files::export::{Cell, Table};
use crate::mapping::coverage::blocks;
use crate::mapping::{How, Resolution, TableIndex};
use crate::store::views::{MappingView, ValueRow};
use crate::store::{MappingChange, Store};

/// So many people are named of those who carry a value.
const NAMED: u32 = 500;

/// A table of the destination with its values.
struct Read {
    spec: TableSpec,
    verbatim: bool,
    rows: Vec<ValueRow>,
    view: MappingView,
}

/// One tab of the screen with its neighbours, read on the lane of `store`.
pub(super) async fn read(
    context: &Context,
    store: &Store,
    connection: &Connection,
    tab: Option<Tab>,
) -> Result<Sheet, Problem> {
    let abilities = context.engine.abilities(connection)?;
    let can_create = can_create(store, connection, &abilities).await?;
    let mut tables = Vec::new();
    for spec in specs(&abilities) {
        tables.push(read_table(store, connection, spec).await?);
    }
    let lines: Vec<Vec<Line>> = tables.iter().map(|table| lines(table, &abilities, can_create)).collect();
    let mut tabs: Vec<TabHead> = tables.iter().zip(&lines).map(|(table, lines)| tab_head(table, lines)).collect();
    tabs.push(TabHead { tab: Tab::FieldMap, title: "Field map".to_owned(), open: 0 });
    let most = lines.iter().zip(&tabs).max_by_key(|(lines, _)| lines.iter().map(|line| line.blocked).sum::<u64>());
    let waits = most.filter(|(lines, _)| lines.iter().any(|line| line.blocked > 0)).map(|(_, head)| head.tab);
    let wanted = tab.or(waits).filter(|tab| tabs.iter().any(|head| head.tab == *tab));
    let tab = wanted.or_else(|| tabs.first().map(|head| head.tab)).unwrap_or(Tab::FieldMap);
    let read_at = store.snapshots(connection.id, Side::Source, 1).await?;
    let feeds = feeds(store, connection, &abilities).await?;
    let at = tables.iter().position(|table| Tab::Table(table.spec.kind) == tab);
    let shown = at.and_then(|at| tables.get(at));
    let spec = shown.map(|table| table.spec);
    let destination = abilities.destination.name.to_owned();
    Ok(Sheet {
        tab,
        tabs,
        source: abilities.source.name.to_owned(),
        source_label: spec
            .map_or_else(|| "fields".to_owned(), |spec| source_label(connection, &abilities, field_of(spec.kind))),
        word: spec.map_or_else(Default::default, |spec| (spec.word.0.to_owned(), spec.word.1.to_owned())),
        mandatory: spec.is_some_and(|spec| spec.mandatory),
        verbatim: shown.is_some_and(|table| table.verbatim),
        no_new: (!can_create).then(|| format!("{destination} takes new ones by hand only")),
        destination,
        lines: at.and_then(|at| lines.into_iter().nth(at)).unwrap_or_default(),
        options: shown.map(|table| table.view.options.clone()).unwrap_or_default(),
        feeds,
        read_at: read_at.first().and_then(|head| head.finished_at),
    })
}

/// The destination's tables in the order of the tabs.
fn specs(abilities: &Abilities) -> Vec<TableSpec> {
    TableKind::ALL.into_iter().filter_map(|kind| abilities.destination.table(kind).copied()).collect()
}

async fn can_create(store: &Store, connection: &Connection, abilities: &Abilities) -> Result<bool, Problem> {
    let facts = store.destination_facts(connection.id).await?;
    // Before the first pull nothing is known of the account: what the vendor can do counts.
    Ok(abilities.destination.can_create_options && facts.is_none_or(|facts| facts.can_create_options))
}

async fn read_table(store: &Store, connection: &Connection, spec: TableSpec) -> Result<Read, Problem> {
    let view = store.mapping_view(connection.id, spec.kind).await?;
    let mut rows = view.rows.clone();
    if spec.kind == TableKind::AccessProfile {
        // Profiles go by job title: everybody with a title is listed, with the profile's own row where there is one.
        let own: HashMap<String, usize> = rows.iter().enumerate().map(|(at, row)| (row.value.clone(), at)).collect();
        for title in store.mapping_view(connection.id, TableKind::JobTitle).await?.rows {
            match own.get(&title.value).and_then(|at| rows.get_mut(*at)) {
                Some(row) => row.people = title.people,
                None => rows.push(ValueRow { row: None, blocked: 0, ..title }),
            }
        }
    }
    Ok(Read { spec, verbatim: view.verbatim, rows, view })
}

fn lines(table: &Read, abilities: &Abilities, can_create: bool) -> Vec<Line> {
    let rows = table.rows.iter().filter_map(|row| Some((row.value.clone(), row.row.clone()?))).collect();
    let written = MappingTable { kind: table.spec.kind, verbatim: table.verbatim, rows };
    let index = TableIndex::new(table.spec.kind, Some(&written), &table.view.options);
    let unused = index.is_unused();
    let by_profile = table.spec.kind == TableKind::AccessProfile;
    let mut lines: Vec<Line> = table
        .rows
        .iter()
        .map(|row| {
            let resolution = index.resolve(&row.value);
            let holds = !by_profile && blocks(&table.spec, unused, &resolution, can_create);
            let mut line = line(row, &resolution, &index, abilities.destination.name, can_create);
            line.blocked = if holds { row.people } else { 0 };
            let optional = by_profile || (!table.spec.mandatory && table.spec.unknown_is_dropped && unused);
            if optional && row.row.is_none() && line.is_open() && !holds {
                line.state = ValueState::Default;
                line.target = None;
                line.why.clear();
            }
            line
        })
        .collect();
    lines.sort_by(|a, b| {
        let settled = |line: &Line| !line.is_open();
        (settled(a), b.blocked, b.people).cmp(&(settled(b), a.blocked, a.people)).then_with(|| a.value.cmp(&b.value))
    });
    lines
}

fn line(row: &ValueRow, resolution: &Resolution, index: &TableIndex<'_>, destination: &str, can_create: bool) -> Line {
    let name = |key: &crate::domain::ids::OptionKey| Some(index.name_of(key.as_str()).to_owned());
    let (state, target, key, why) = match resolution {
        Resolution::Mapped { key, how: How::Row } => (ValueState::Mapped, name(key), Some(key), String::new()),
        Resolution::Mapped { key, how: How::Verbatim } => (ValueState::Verbatim, name(key), Some(key), String::new()),
        Resolution::Create(new) => {
            let why = if can_create { String::new() } else { format!("add it in {destination}") };
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
    };
    Line {
        value: row.value.clone(),
        people: row.people,
        blocked: 0,
        state,
        target,
        key: key.map(|key| key.as_str().to_owned()),
        why,
        author: row.row.as_ref().map(|row| (row.by.clone(), row.at)),
    }
}

fn tab_head(table: &Read, lines: &[Line]) -> TabHead {
    let open = lines.iter().filter(|line| line.is_open() && line.blocked > 0).count();
    TabHead {
        tab: Tab::Table(table.spec.kind),
        title: capital(table.spec.word.1),
        open: u32::try_from(open).unwrap_or(u32::MAX),
    }
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

/// The field that goes through a table.
fn field_of(kind: TableKind) -> Field {
    match kind {
        TableKind::Branch => Field::Branch,
        TableKind::Department => Field::Department,
        TableKind::JobTitle => Field::JobTitle,
        TableKind::AccessProfile => Field::AccessProfile,
    }
}

/// The source's own label of what feeds a field (`Job title (Flow)`).
fn source_label(connection: &Connection, abilities: &Abilities, field: Field) -> String {
    let field = if field == Field::AccessProfile { Field::JobTitle } else { field };
    let kept = connection.settings.field_map.get(field.key()).map(String::as_str);
    let default = || abilities.source.field_map.iter().find(|(one, _)| *one == field).map(|(_, entry)| *entry);
    match kept.or_else(default) {
        None | Some("") => capital(field.words()),
        Some(entry) => match (entry.strip_prefix("custom:"), Field::from_key(entry)) {
            (Some(label), _) => label.to_owned(),
            (None, Some(other)) => capital(other.words()),
            (None, None) => entry.to_owned(),
        },
    }
}

async fn feeds(store: &Store, connection: &Connection, abilities: &Abilities) -> Result<Vec<Feed>, Problem> {
    let facts = store.source_facts(connection.id).await?.unwrap_or_default();
    let settings = &connection.settings;
    let feeds = abilities.destination.fields_with(settings).into_iter().map(|field| {
        let delivered = abilities.source.delivers(field) || field == Field::AccessProfile;
        let policy = match settings.write_policy.get(field.key()).copied().unwrap_or_default() {
            WritePolicy::Always => "always",
            WritePolicy::OnlyWhenEmpty => "only when empty",
            WritePolicy::OnlyAtCreation => "only at creation",
            WritePolicy::Never => "never",
        };
        Feed {
            field: abilities.destination.word(field).to_owned(),
            from: delivered.then(|| source_label(connection, abilities, field)),
            mandatory: abilities.destination.mandatory.contains(&field) || field == Field::Identifier,
            policy,
            table: field.table().filter(|kind| abilities.destination.table(*kind).is_some()),
            archived: facts.archived_fields.iter().any(|archived| archived.field == field),
        }
    });
    Ok(feeds.collect())
}

/// Who carries a value, and who has mapped it.
pub(super) async fn value_facts(
    context: &Context,
    connection: &Connection,
    kind: TableKind,
    value: String,
) -> Result<ValueFacts, Problem> {
    let store = &context.store;
    let carried = if kind == TableKind::AccessProfile { TableKind::JobTitle } else { kind };
    let people = store.people_with_value(connection.id, carried, &value, NAMED).await?;
    let steps = store.mapping_history(connection.id, kind, &value).await?;
    let history = steps.into_iter().flat_map(|step| {
        let (at, by) = (step.at, step.by);
        step.changes.into_iter().filter_map(move |change| match change {
            MappingChange::Row { after, .. } => Some((at, by.clone(), target_words(after.map(|row| row.target)))),
            MappingChange::Verbatim { .. } => None,
        })
    });
    Ok(ValueFacts {
        history: history.collect(),
        people: people
            .into_iter()
            .map(|person| Who {
                employee: person.employee.0,
                name: person.name,
                branch: person.branch.unwrap_or_default(),
                fate: Fate::Unchanged,
            })
            .collect(),
        kind,
        value,
    })
}

/// What a cell becomes, in words: `to Waiter`.
pub(super) fn target_words(target: Option<MappingTarget>) -> String {
    match target {
        Some(MappingTarget::Option(key)) => format!("to {key}"),
        Some(MappingTarget::Create(name)) => format!("to the new {name}"),
        Some(MappingTarget::Nothing) => "to nothing".to_owned(),
        None => "cleared".to_owned(),
    }
}

/// Writes a table, or the field map, as CSV.
pub(super) async fn export(
    context: &Context,
    connection: &Connection,
    tab: Tab,
    file: &str,
) -> Result<(PathBuf, usize), Problem> {
    let sheet = read(context, &context.engine.store, connection, Some(tab)).await?;
    let table = match sheet.tab {
        Tab::FieldMap => field_table(&sheet),
        Tab::Table(_) => value_table(&sheet),
    };
    let rows = table.rows.len();
    Ok((exports::write(context, file, table).await?, rows))
}

fn value_table(sheet: &Sheet) -> Table {
    let mut table = Table::new(&["value", "people", "blocked", "state", "target", "target_name", "by", "at"]);
    for line in &sheet.lines {
        let people = |count: u64| Cell::Number(f64::from(u32::try_from(count).unwrap_or(u32::MAX)));
        let (by, at) = line.author.clone().map_or((None, None), |(by, at)| (Some(by), Some(at.to_string())));
        table.rows.push(vec![
            line.value.clone().into(),
            people(line.people),
            people(line.blocked),
            line.state.word().into(),
            // Only the table's own rows: a suggestion or what passes verbatim must not become a row when it is read back.
            line.key.clone().filter(|_| line.author.is_some()).into(),
            line.target.clone().into(),
            by.into(),
            at.into(),
        ]);
    }
    table
}

fn field_table(sheet: &Sheet) -> Table {
    let mut table = Table::new(&["field", "from", "mandatory", "written"]);
    for feed in &sheet.feeds {
        let mandatory = if feed.mandatory { "yes" } else { "no" };
        table.rows.push(vec![
            feed.field.clone().into(),
            feed.from.clone().into(),
            mandatory.into(),
            feed.policy.into(),
        ]);
    }
    table
}

//! Reads a table with head counts, or the field map.

use std::path::PathBuf;

use crate::console::backend::Context;
use crate::console::backend::exports;
use crate::console::screens::mappings::data::{Fate, Feed, Sheet, Tab, TabHead, ValueFacts, Who};
use crate::domain::connection::Connection;
use crate::domain::field::Field;
use crate::domain::list::ListKey;
use crate::domain::mapping::MappingTarget;
use crate::domain::problem::Problem;
use crate::domain::settings::WritePolicy;
use crate::domain::snapshot::Side;
use crate::engine::connect::Abilities;
use crate::files::export::Table;
use crate::services::exports::Exported;
use crate::services::mappings::{self, TableValues, Tables};
use crate::store::views::{MappingPerson, has_column};
use crate::store::{MappingChange, Store};

/// People who are named of those who carry a value: those who fit on a screen, and all.
const NAMED: (usize, usize) = (60, 500);
/// Lists that may come into memory before the one that is waited for.
const AWAITED: usize = 16;

/// One tab of the screen with its neighbours, read on the lane of `store`.
pub(super) async fn read(
    context: &Context,
    store: &Store,
    connection: &Connection,
    tab: Option<Tab>,
) -> Result<Sheet, Problem> {
    let abilities = context.engine.abilities(connection)?;
    let Tables { mut tables } = mappings::tables(store, connection).await?;
    let mut tabs: Vec<TabHead> = tables.iter().map(tab_head).collect();
    tabs.push(TabHead { tab: Tab::FieldMap, title: "Field map".to_owned(), open: 0 });
    let blocked = |table: &TableValues| table.values.iter().map(|value| value.blocked).sum::<u64>();
    let most = tables.iter().zip(&tabs).max_by_key(|(table, _)| blocked(table));
    let waits = most.filter(|(table, _)| blocked(table) > 0).map(|(_, head)| head.tab);
    let wanted = tab.or(waits).filter(|tab| tabs.iter().any(|head| head.tab == *tab));
    let tab = wanted.or_else(|| tabs.first().map(|head| head.tab)).unwrap_or(Tab::FieldMap);
    let read_at = store.snapshots(connection.id, Side::Source, 1).await?;
    let feeds = feeds(store, connection, &abilities).await?;
    let at = tables.iter().position(|table| Tab::Table(table.spec.list) == tab);
    let shown = at.map(|at| tables.swap_remove(at));
    let spec = shown.as_ref().map(|table| table.spec);
    let feed = spec.and_then(|spec| spec.feed(abilities.source, &connection.settings));
    let label = match (spec, feed) {
        (None, _) => "fields".to_owned(),
        (Some(_), Some(feed)) => source_label(connection, &abilities, feed),
        (Some(_), None) => "nothing feeds it".to_owned(),
    };
    let destination = abilities.destination.name.to_owned();
    let can_create = shown.as_ref().is_some_and(|table| table.can_create);
    let verbatim = shown.as_ref().is_some_and(|table| table.verbatim);
    let (lines, options) = shown.map(|table| (table.values, table.options)).unwrap_or_default();
    Ok(Sheet {
        tab,
        tabs,
        source: abilities.source.name.to_owned(),
        source_label: label,
        feed,
        word: spec.map_or_else(Default::default, |spec| (spec.word.0.to_owned(), spec.word.1.to_owned())),
        mandatory: spec.is_some_and(|spec| spec.mandatory),
        verbatim,
        no_new: (!can_create).then(|| format!("{destination} takes new ones by hand only")),
        destination,
        lines,
        options,
        feeds,
        read_at: read_at.first().and_then(|head| head.finished_at),
    })
}

fn tab_head(table: &TableValues) -> TabHead {
    let open = table.values.iter().filter(|line| line.is_open() && line.blocked > 0).count();
    TabHead {
        tab: Tab::Table(table.spec.list),
        title: capital(table.spec.word.1),
        open: u32::try_from(open).unwrap_or(u32::MAX),
    }
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

/// The source's own label of what feeds a field (`Job title (Flow)`).
fn source_label(connection: &Connection, abilities: &Abilities, field: Field) -> String {
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
    let feeds = abilities.destination.fields_with(abilities.source, settings).into_iter().map(|field| {
        let list = field.list().and_then(|list| abilities.destination.list(list));
        // What feeds a list may be another field than its own.
        let feed = list.map_or(Some(field), |spec| spec.feed(abilities.source, settings));
        let policy = match settings.write_policy.get(field.key()).copied().unwrap_or_default() {
            WritePolicy::Always => "always",
            WritePolicy::OnlyWhenEmpty => "only when empty",
            WritePolicy::OnlyAtCreation => "only at creation",
            WritePolicy::Never => "never",
        };
        Feed {
            field: abilities.destination.word(field).to_owned(),
            from: feed
                .filter(|feed| abilities.source.delivers(*feed))
                .map(|feed| source_label(connection, abilities, feed)),
            mandatory: abilities.destination.mandatory.contains(&field) || field == Field::Identifier,
            policy,
            table: list.map(|spec| spec.list),
            archived: facts.archived_fields.iter().any(|archived| archived.field == field),
        }
    });
    Ok(feeds.collect())
}

/// Who carries a value, and who has mapped it.
pub(super) async fn value_facts(
    context: &Context,
    connection: &Connection,
    list: ListKey,
    value: String,
    whole: bool,
) -> Result<ValueFacts, Problem> {
    let store = &context.store;
    let known = match (mappings::feed(connection, list)?, whole) {
        (None, _) => Some(Vec::new()),
        (Some(feed), true) => Some(carriers(context, connection, feed, &value).await?),
        (Some(feed), false) if has_column(feed) => store.carriers(connection.id, feed, &value, NAMED.0).await?,
        (Some(_), false) => None,
    };
    let whole = whole || known.as_ref().is_some_and(|people| people.len() < NAMED.0);
    let people = known.unwrap_or_default();
    let steps = store.mapping_history(connection.id, list, &value).await?;
    let history = steps.into_iter().flat_map(|step| {
        let (at, by) = (step.at, step.by);
        step.changes.into_iter().filter_map(move |change| match change {
            MappingChange::Row { after, .. } => Some((at, by.clone(), target_words(after.map(|row| row.target)))),
            MappingChange::Verbatim { .. } => None,
        })
    });
    Ok(ValueFacts {
        whole,
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
        list,
        value,
    })
}

/// Everybody who is named of those who carry a value, as soon as the people are in memory.
async fn carriers(
    context: &Context,
    connection: &Connection,
    feed: Field,
    value: &str,
) -> Result<Vec<MappingPerson>, Problem> {
    let mut landed = context.store.list_watch();
    for _ in 0..if has_column(feed) { AWAITED } else { 0 } {
        if let Some(people) = context.store.carriers(connection.id, feed, value, NAMED.1).await? {
            return Ok(people);
        }
        if !context.store.keeps_people(connection.id).await? || landed.changed().await.is_err() {
            break;
        }
    }
    let most = u32::try_from(NAMED.1).unwrap_or(u32::MAX);
    Ok(context.engine.store.people_with_value(connection.id, feed, value, most).await?)
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
    let store = &context.engine.store;
    let table = match tab {
        Tab::FieldMap => field_table(&read(context, store, connection, Some(tab)).await?),
        Tab::Table(kind) => {
            let values = mappings::tables(store, connection).await?;
            mappings::export_table(values.of(kind)?)
        }
    };
    let rows = table.rows.len();
    let export = Exported::of(connection.id, "mapping table", rows);
    Ok((exports::write(context, &export, file, table).await?, rows))
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

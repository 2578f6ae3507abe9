//! Everything about one person.

use super::record;
use crate::console::backend::{Context, people};
use crate::console::screens::people::{filter, words};
use crate::console::screens::person::data::{CandidateLine, Card, Cure, Event, Neighbours, Subject, Tone};
use crate::domain::connection::{Connection, ConnectionStatus};
use crate::domain::field::Field;
use crate::domain::person::Employee;
use crate::domain::plan::{HoldCode, HoldKind, OperationKind};
use crate::domain::problem::Problem;
use crate::domain::run::{Level, OperationState};
use crate::domain::snapshot::Side;
use crate::engine::capabilities::Capabilities;
use crate::engine::connect::Abilities;
use crate::planning::{self, Gate, Rules, RulesInput};
use crate::ports::clock::day_in;
use crate::services::people::list;
use crate::services::said;
use crate::store::MappingChange;
use crate::store::views::{PeopleAsk, PeopleBeside, PeopleSort, PersonCard, PersonKey, TimelineKind, TimelineLine};

/// Reads the card.
pub(super) async fn read(
    context: &Context,
    connection: &Connection,
    subject: Subject,
    list: &str,
) -> Result<Card, Problem> {
    let abilities = context.engine.abilities(connection)?;
    let store = &context.store;
    let (card, key) = match subject {
        Subject::Employee(id) => {
            tokio::try_join!(store.person_card_of(connection.id, &id), store.person_key(connection.id, &id))?
        }
        Subject::Row(key) => (store.person_card(connection.id, key).await?, Some(key)),
    };
    let (read_at, options, tables, facts) = tokio::try_join!(
        store.snapshots(connection.id, Side::Source, 1),
        store.options(connection.id),
        store.tables(connection.id),
        store.source_facts(connection.id),
    )?;
    let facts = facts.unwrap_or_default();
    let today = day_in(context.engine.clock.now(), &connection.time_zone);
    let employees: Vec<Employee> = card.employee.iter().cloned().collect();
    let rules = Rules::new(
        RulesInput {
            settings: &connection.settings,
            source: abilities.source,
            destination: abilities.destination,
            facts: &facts,
            options: &options,
            tables: &tables,
            can_create_options: Capabilities::of(store, connection).await?.can_create_options(),
            today,
        },
        &employees,
    );
    let fields = record::fields(&card, Some(&rules), &abilities, &options, &connection.settings);
    let gates = gates(&card, &rules, &abilities);
    drop(rules);
    let mut timeline: Vec<Event> = card.timeline.iter().map(event).collect();
    timeline.extend(mapping_edits(context, connection, card.employee.as_ref()).await?);
    timeline.sort_by_key(|event| std::cmp::Reverse(event.at));
    let (cure, cure_words) = cure(&card, &abilities);
    let neighbours = neighbours(context, connection, list, key).await?;
    let candidates = candidates(context, &card).await?;
    Ok(assemble(
        Parts { card, connection, abilities, fields, gates, timeline, cure, cure_words, neighbours, candidates },
        read_at.first().and_then(|head| head.finished_at),
        today,
    ))
}

struct Parts<'a> {
    card: PersonCard,
    connection: &'a Connection,
    abilities: Abilities,
    fields: Vec<crate::console::screens::person::data::FieldLine>,
    gates: Vec<Gate>,
    timeline: Vec<Event>,
    cure: Cure,
    cure_words: String,
    neighbours: Neighbours,
    candidates: Vec<CandidateLine>,
}

fn assemble(parts: Parts<'_>, read_at: Option<jiff::Timestamp>, today: jiff::civil::Date) -> Card {
    let Parts { card, abilities, .. } = &parts;
    let person = card.employee.as_ref().map(|one| &one.person).or(card.user.as_ref().map(|one| &one.person));
    let id = card.employee.as_ref().map(|one| one.id.0.clone()).or(card.user.as_ref().map(|one| one.id.0.clone()));
    let identifier = card.employee.as_ref().map(|one| one.identifier.0.clone());
    let of_user = || card.user.as_ref().and_then(|one| one.identifier.as_ref()).map(|one| one.0.clone());
    Card {
        name: person.map(|person| person.display_name()).unwrap_or_default(),
        employee: card.employee.as_ref().map(|one| one.id.clone()),
        id: id.unwrap_or_default(),
        identifier: identifier.or_else(of_user),
        source: abilities.source.name.to_owned(),
        destination: abilities.destination.name.to_owned(),
        identifier_word: abilities.destination.identifier_word.to_owned(),
        standing: standing(card),
        in_scope: card.in_scope,
        held: card.hold.as_ref().map(|one| (one.hold.code, one.hold.message.clone(), one.hold.remedy.clone())),
        user: record::user_lines(card, abilities.destination.name, abilities.destination.identifier_word),
        has_user: card.user.is_some(),
        ruling: card.ruling.as_ref().map(words::ruling),
        rulings_possible: card.employee.is_some() && card.in_scope,
        planned: card.operations.iter().map(words::planned).collect(),
        no_push: no_push(card, parts.connection),
        raw_source: pretty(&card.employee_raw),
        raw_user: pretty(&card.user_raw),
        masked: said::records(card, abilities.source.name, abilities.destination.name),
        gates: parts.gates,
        cure: parts.cure,
        cure_words: parts.cure_words,
        fields: parts.fields,
        candidates: parts.candidates,
        timeline: parts.timeline,
        neighbours: parts.neighbours,
        read_at,
        today,
    }
}

fn pretty(record: &serde_json::Value) -> Vec<String> {
    if record.is_null() {
        return Vec::new();
    }
    let text = serde_json::to_string_pretty(record).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn standing(card: &PersonCard) -> String {
    if let Some(held) = &card.hold {
        return format!("held: {}", held.hold.code.words());
    }
    if card.employee.is_none() {
        return "no employee holds this user".to_owned();
    }
    if !card.in_scope {
        return "out of scope".to_owned();
    }
    match (card.operations.first(), &card.link) {
        (Some(first), _) if first.operation.kind == OperationKind::Create => "new in the plan".to_owned(),
        (Some(_), _) => "changed by the plan".to_owned(),
        (None, Some(_)) => "linked, unchanged".to_owned(),
        (None, None) => "not linked".to_owned(),
    }
}

/// The ladder; for people out of scope the first rung alone speaks.
fn gates(card: &PersonCard, rules: &Rules<'_>, abilities: &Abilities) -> Vec<Gate> {
    let Some(employee) = &card.employee else { return Vec::new() };
    let operations: Vec<&crate::domain::plan::Operation> = card.operations.iter().map(|row| &row.operation).collect();
    let subject =
        planning::Subject { employee, hold: card.hold.as_ref().map(|one| &one.hold), operations: &operations };
    let mut gates = planning::explain(rules, subject);
    if !card.in_scope {
        for gate in &mut gates {
            let first = gate.number == 1;
            gate.state = if first { planning::GateState::Stopped } else { planning::GateState::NotReached };
            gate.words = if first {
                format!("not in the source filter of {}", abilities.source.name)
            } else {
                "not reached".to_owned()
            };
        }
    }
    gates
}

fn no_push(card: &PersonCard, connection: &Connection) -> Option<String> {
    match connection.status {
        ConnectionStatus::Preview => return Some("not published".to_owned()),
        ConnectionStatus::Off => return Some("switched off".to_owned()),
        ConnectionStatus::Paused => return Some("paused".to_owned()),
        ConnectionStatus::Live => {}
    }
    if card.hold.is_some() {
        return Some("held".to_owned());
    }
    let waits = card.operations.iter().any(|row| row.state == OperationState::Pending && !row.withheld);
    (!waits).then(|| "nothing to send".to_owned())
}

/// Where Enter leads, and the sentence that says so.
fn cure(card: &PersonCard, abilities: &Abilities) -> (Cure, String) {
    let Some(held) = &card.hold else {
        return match (card.operations.first(), &card.employee) {
            (Some(_), _) => (Cure::Plan, "Nothing stands in the way. Enter opens the plan.".to_owned()),
            (None, Some(_)) => (Cure::Elsewhere, "Nothing to do.".to_owned()),
            (None, None) => (Cure::Elsewhere, "Left as it is: no employee of this tenant is this user.".to_owned()),
        };
    };
    let hold = &held.hold;
    let table = hold.field.as_deref().and_then(Field::from_key).and_then(Field::list);
    match (hold.code, table, &hold.value) {
        (HoldCode::UnmappedValue | HoldCode::OptionMissing, Some(kind), Some(value)) => {
            let words = abilities.destination.list(kind).map_or("", |spec| spec.word.1);
            let opens = format!("Enter opens Mappings › {words} › {value}: {}.", hold.remedy);
            (Cure::Mapping(kind, value.clone()), opens)
        }
        (HoldCode::DuplicateIdentifier | HoldCode::DuplicateEmail, ..) => {
            (Cure::Collision, format!("Enter shows both people side by side: {}.", hold.remedy))
        }
        (HoldCode::Limit, ..) => (Cure::Plan, format!("Enter opens the plan: {}.", hold.remedy)),
        (code, ..) if code.kind() == HoldKind::Review && code != HoldCode::Later => {
            (Cure::Review, format!("Enter opens the review card: {}.", hold.remedy))
        }
        _ => (Cure::Elsewhere, format!("{}.", hold.remedy)),
    }
}

async fn candidates(context: &Context, card: &PersonCard) -> Result<Vec<CandidateLine>, Problem> {
    let Some(held) = card.hold.as_ref().filter(|held| !held.hold.candidates.is_empty()) else {
        return Ok(Vec::new());
    };
    let users = context.store.review_card(held.id).await?.users;
    let lines = held.hold.candidates.iter().map(|candidate| CandidateLine {
        user: candidate.user.0.clone(),
        name: users
            .iter()
            .find(|user| user.id == candidate.user)
            .map_or_else(|| "(gone)".to_owned(), |user| user.person.display_name()),
        probability: candidate.probability,
    });
    Ok(lines.collect())
}

fn event(line: &TimelineLine) -> Event {
    let tone = match line.kind {
        TimelineKind::Pull if line.what == "first seen" => Tone::Added,
        TimelineKind::Pull if line.what == "missing" => Tone::Warn,
        TimelineKind::Pull | TimelineKind::Ruling => Tone::Changed,
        TimelineKind::Held => Tone::Bad,
        TimelineKind::Write if line.what.ends_with("failed") => Tone::Bad,
        TimelineKind::Write if line.what.ends_with("unknown") => Tone::Open,
        TimelineKind::Write => Tone::Good,
        TimelineKind::Feed(Level::Info) => Tone::Info,
        TimelineKind::Feed(Level::Warn) => Tone::Warn,
        TimelineKind::Feed(Level::Error) => Tone::Bad,
    };
    Event { at: line.at, tone, by: line.by.clone(), what: line.what.clone(), text: line.text.clone() }
}

/// Edits of the rows that this person's values go through.
async fn mapping_edits(
    context: &Context,
    connection: &Connection,
    employee: Option<&Employee>,
) -> Result<Vec<Event>, Problem> {
    let Some(employee) = employee else { return Ok(Vec::new()) };
    let mut events = Vec::new();
    for field in [Field::Branch, Field::Department, Field::JobTitle] {
        let (Some(kind), Some(value)) = (field.list(), employee.value(field)) else { continue };
        for step in context.store.mapping_history(connection.id, kind, &value).await? {
            let cleared = step.changes.iter().all(|change| matches!(change, MappingChange::Row { after: None, .. }));
            let verb = if cleared { "cleared" } else { "mapped" };
            events.push(Event {
                at: step.at,
                tone: Tone::Changed,
                by: step.by,
                what: "mapping edit".to_owned(),
                text: format!("{} `{value}` {verb}", field.words()),
            });
        }
    }
    Ok(events)
}

async fn neighbours(
    context: &Context,
    connection: &Connection,
    filter_text: &str,
    key: Option<PersonKey>,
) -> Result<Neighbours, Problem> {
    let query = filter::query(filter_text, PeopleSort::Name, false);
    // A list that cannot be read is no list: then everybody is beside.
    let (query, ask) = match people::asked(context, connection, &query) {
        Ok(ask) => (query, ask),
        Err(_) => (filter::query("", PeopleSort::Name, false), PeopleAsk::default()),
    };
    if list::is_in_memory(&ask) {
        let beside = context.store.people_beside(connection.id, ask.terms, key).await?;
        let PeopleBeside { place, total, previous, next } = beside.unwrap_or_default();
        return Ok(Neighbours { place, total, previous, next });
    }
    let keys = people::list_of(context, connection, &query, None).await?.keys;
    let Some(place) = key.and_then(|key| keys.iter().position(|other| *other == key)) else {
        return Ok(Neighbours { total: keys.len(), next: keys.first().copied(), ..Neighbours::default() });
    };
    Ok(Neighbours {
        place: place + 1,
        total: keys.len(),
        previous: place.checked_sub(1).and_then(|at| keys.get(at)).copied(),
        next: keys.get(place + 1).copied(),
    })
}

//! A pull, one person, and who has changed.

use super::NAME;
use super::client::{Asked, BambooHr};
use super::details::{self, Detail, Details, Everybody};
use super::map::Mapper;
use super::roster::{self, EMPLOYEES};
use super::wire::{Listed, Read, Record};
use crate::domain::ids::EmployeeId;
use crate::domain::person::{Employee, EmploymentStatus};
use crate::domain::run::Cursor;
use crate::domain::snapshot::SourceFacts;
use crate::ports::api::ApiError;
use crate::ports::source::SourceRecord;
use crate::vendors::changes::Since;
use crate::vendors::rows::{self, Fault, Tally, hand_over};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::collections::HashSet;
use tokio::sync::mpsc;

/// One pull.
struct Pull<'a> {
    mapper: &'a Mapper,
    out: &'a mpsc::Sender<SourceRecord>,
    tally: Tally,
    without_number: u64,
    /// People whose record, or a part of it, the key may not see.
    restricted: u64,
    seen: HashSet<String>,
    /// Only these are sent; all are looked at.
    only: Option<HashSet<String>>,
}

/// Reads everybody.
pub async fn run(client: &BambooHr, out: &mpsc::Sender<SourceRecord>) -> Result<SourceFacts, ApiError> {
    client.check_account()?;
    let mut since = Since::ever(client.clock.now());
    let mapper = client.new_mapper().await?;
    let everybody = details::everybody(client, &mapper.wanted()).await?;
    let mapper = learnt(mapper, &everybody)?;
    let mut pull = Pull::new(&mapper, out);
    for listed in &everybody.roster.people {
        pull.person(listed, everybody.details.of(&listed.id)).await?;
    }
    for (place, faults) in &everybody.roster.nameless {
        pull.nameless(place, faults).await?;
    }
    pull.tally.check(NAME, EMPLOYEES)?;
    let mut facts = pull.facts(client, &everybody);
    if everybody.tells_changes() {
        // List and report tell no times; from the first reading of changes on it goes by BambooHR's own clock.
        since.by_our_clock();
        since.depends_on(0, &mapper.context())?;
        since.depends_on(1, &mapper.learnt_context())?;
        facts.cursor = since.next(client.clock.now());
    }
    Ok(facts)
}

/// Sends whoever has changed. Everybody is read all the same where somebody has: which member is the manager's id, and what is
/// hidden, only all together tell.
///
/// # Errors
/// [`ApiError::Unsupported`] where a row of the list is nobody's that can be read, where there is no report, and where fields,
/// options or rights are not what they were at the cursor; any other of a pull.
pub async fn changed(
    client: &BambooHr,
    cursor: &Cursor,
    again: &[EmployeeId],
    out: &mpsc::Sender<SourceRecord>,
) -> Result<Cursor, ApiError> {
    let unsupported = || ApiError::Unsupported { what: "what has changed" };
    client.check_account()?;
    let mut since = Since::of(cursor, client.clock.now())?;
    let from = since.from().unwrap_or(Timestamp::UNIX_EPOCH);
    let changes = client.changes(&from.to_string()).await?;
    let mut ids: HashSet<String> = again.iter().map(|id| id.as_str().to_owned()).collect();
    for (id, change) in changes.people() {
        since.takes(change.last_changed.as_deref());
        if !change.is_deletion() {
            ids.insert(id.to_owned());
        }
    }
    since.takes(changes.latest.as_deref());
    let mapper = client.new_mapper().await?;
    since.depends_on(0, &mapper.context())?;
    if !ids.is_empty() {
        let everybody = details::everybody(client, &mapper.wanted()).await?;
        if !everybody.tells_changes() {
            return Err(unsupported());
        }
        let mapper = learnt(mapper, &everybody)?;
        since.depends_on(1, &mapper.learnt_context())?;
        let mut pull = Pull { only: Some(ids), ..Pull::new(&mapper, out) };
        for listed in &everybody.roster.people {
            pull.person(listed, everybody.details.of(&listed.id)).await?;
        }
        pull.tally.check(NAME, EMPLOYEES)?;
    }
    since.next(client.clock.now()).ok_or_else(unsupported)
}

/// One person alone, understood by what list and report of everybody say of the key's rights and of managers' ids.
///
/// # Errors
/// [`ApiError::Unsupported`] where there is no report, and where a part of the record is not shown or cannot be read: whether
/// that is a right of the key only the list tells.
pub async fn one(client: &BambooHr, id: &EmployeeId) -> Result<Option<SourceRecord>, ApiError> {
    let unsupported = ApiError::Unsupported { what: "this person's record alone" };
    client.check_account()?;
    // Who has no number was a row without an id that can be read.
    if id.as_str().is_empty() || !id.as_str().chars().all(|letter| letter.is_ascii_digit()) {
        return Ok(None);
    }
    let mapper = client.mapper.get_or_try_init(|| context(client)).await?;
    let Some(raw) = client.person(id.as_str(), &mapper.wanted()).await? else { return Ok(None) };
    let Read { record, faults } = Read::of(&raw, &mapper.wanted());
    let Some(record) = record.filter(|record| record.id == id.as_str() && mapper.is_whole(record)) else {
        return Err(unsupported);
    };
    let in_scope = mapper.in_scope(&record, &faults);
    let employee = mapper.employee(None, &record, faults);
    if employee.unreadable.is_some() || matches!(employee.status, EmploymentStatus::Unclear(_)) {
        return Err(unsupported);
    }
    Ok(Some(SourceRecord { employee, raw: record.raw(), out_of_scope: !in_scope }))
}

/// Everybody as they are: the mapper that has learnt from them.
///
/// # Errors
/// [`ApiError::Forbidden`] where the key does not see what decides who is a leaver.
fn learnt(mut mapper: Mapper, everybody: &Everybody) -> Result<Mapper, ApiError> {
    let Everybody { roster, details } = everybody;
    let records: Vec<&Record> = roster
        .people
        .iter()
        .filter_map(|listed| match details.of(&listed.id) {
            Some(Detail::Given(record, _)) => Some(record),
            _ => None,
        })
        .collect();
    mapper.learn(records.into_iter(), &details.visible, &roster.ids);
    mapper.check_rights(roster.people.iter().any(|listed| listed.status.is_some()))?;
    Ok(mapper)
}

async fn context(client: &BambooHr) -> Result<Mapper, ApiError> {
    let mut mapper = client.new_mapper().await?;
    // Managers may be people of whom the key sees nothing.
    let ids = roster::read(client).await?.ids;
    let Asked::Given(details) = Details::of_report(client, &mapper.wanted(), None).await? else {
        return Err(ApiError::Unsupported { what: "a person alone without its report" });
    };
    let records: Vec<&Record> = details.records().collect();
    mapper.learn(records.into_iter(), &details.visible, &ids);
    mapper.check_rights(false)?;
    Ok(mapper)
}

impl<'a> Pull<'a> {
    fn new(mapper: &'a Mapper, out: &'a mpsc::Sender<SourceRecord>) -> Self {
        Self {
            mapper,
            out,
            tally: Tally::default(),
            without_number: 0,
            restricted: 0,
            seen: HashSet::new(),
            only: None,
        }
    }

    async fn person(&mut self, listed: &Listed, detail: Option<&Detail>) -> Result<(), ApiError> {
        let (record, faults) = match detail {
            Some(Detail::Given(record, faults)) => (record, faults),
            Some(Detail::Missing(why)) => return self.missing(listed, why).await,
            None => return self.missing(listed, "nothing is told of this person").await,
        };
        let in_scope = self.mapper.in_scope(record, faults);
        let filled = record.values.iter().filter(|(_, value)| value.is_some()).map(|(name, _)| name);
        for name in filled {
            if !self.seen.contains(name) {
                self.seen.insert(name.clone());
            }
        }
        let employee = self.mapper.employee(Some(listed), record, faults.clone());
        // What the key may not see, and who has no number, can be read.
        let is_hidden = faults.is_empty() && self.mapper.hidden_here(listed, record).is_some();
        let lacks_number = faults.is_empty() && !is_hidden && employee.identifier.as_str().is_empty();
        self.tally.record(employee.unreadable.as_ref().filter(|_| !is_hidden && !lacks_number));
        self.restricted += u64::from(is_hidden && in_scope);
        self.without_number += u64::from(lacks_number && in_scope);
        self.send(employee, record.raw(), in_scope).await
    }

    /// Somebody whose record cannot be had: held.
    async fn missing(&mut self, listed: &Listed, why: &str) -> Result<(), ApiError> {
        let employee = self.mapper.without_detail(listed, why);
        self.restricted += u64::from(listed.is_restricted);
        self.tally.record(employee.unreadable.as_ref().filter(|_| !listed.is_restricted));
        self.send(employee, json!({"id": listed.id}), true).await
    }

    async fn nameless(&mut self, place: &str, faults: &[Fault]) -> Result<(), ApiError> {
        let employee = rows::nameless(place, faults);
        self.tally.record(employee.unreadable.as_ref());
        self.send(employee, Value::Null, true).await
    }

    async fn send(&self, employee: Employee, raw: Value, in_scope: bool) -> Result<(), ApiError> {
        if self.only.as_ref().is_some_and(|only| !only.contains(employee.id.as_str())) {
            return Ok(());
        }
        hand_over(NAME, self.out, SourceRecord { employee, raw, out_of_scope: !in_scope }).await
    }

    fn facts(&self, client: &BambooHr, everybody: &Everybody) -> SourceFacts {
        let roster = &everybody.roster;
        let mut archived_fields = self.mapper.resolved.archived.clone();
        archived_fields.extend(self.mapper.hidden_fields());
        SourceFacts {
            account: format!("{}.bamboohr.com", client.company),
            account_id: client.company.clone(),
            declared_total: roster.declared,
            received: (roster.people.len() + roster.nameless.len()) as u64,
            archived_fields,
            warnings: self.warnings(everybody),
            values: self.mapper.resolved.values.clone(),
            nameless: roster.nameless.iter().map(|(place, _)| place.clone()).collect(),
            ..SourceFacts::default()
        }
    }

    fn warnings(&self, everybody: &Everybody) -> Vec<String> {
        let resolved = &self.mapper.resolved;
        let mut warnings = resolved.warnings.clone();
        warnings.extend(self.mapper.hidden_words());
        if everybody.details.without_report.is_some() {
            warnings.push(format!("{NAME} gives the key no report: each person is read by a call of their own"));
        }
        if self.without_number > 0 {
            let count = self.without_number;
            warnings.push(format!(
                "{count} people have no `employeeNumber` and are held: enter it in {NAME}, or let `id` be the identifier"
            ));
        }
        if self.restricted > 0 {
            let count = self.restricted;
            warnings
                .push(format!("{NAME} hides {count} people, or a part of their records, from the key: they are held"));
        }
        let is_empty = |name: &&String| everybody.details.visible.contains(*name) && !self.seen.contains(*name);
        let mut empty: Vec<&String> = resolved.names.values().filter(is_empty).collect();
        empty.dedup();
        if !everybody.roster.people.is_empty() {
            warnings
                .extend(empty.into_iter().map(|name| format!("`{name}` is mapped, but empty for everybody in {NAME}")));
        }
        warnings
    }
}

//! A pull: three questions, whose answers are merged by `id`, and the record of every active person where a custom field is
//! mapped and the row does not show that it is known.

use super::NAME;
use super::client::{Freshteam, PAGE, PAGES_MAX, told};
use super::fields::{Origin, has_custom};
use super::map::{List, Mapper};
use super::wire::{Read, Record};
use crate::domain::ids::EmployeeId;
use crate::domain::mapping::SourceValue;
use crate::domain::person::{Employee, EmploymentStatus, Unreadable};
use crate::domain::run::Cursor;
use crate::domain::snapshot::SourceFacts;
use crate::ports::api::ApiError;
use crate::ports::source::{KnownRecords, NothingKnown, SourceRecord};
use crate::vendors::changes::Since;
use crate::vendors::paging::Walks;
use crate::vendors::reuse::{Reuse, Verdict};
use crate::vendors::rows::{self, Fault, Tally, hand_over};
use futures_util::{StreamExt, stream};
use serde_json::Value;
use std::collections::{HashMap, HashSet};
use tokio::sync::mpsc;

/// Records in flight at once; the rate is the limiter's business, this only hides latency.
const RECORDS_AT_ONCE: usize = 8;

/// Records in a row that cannot be had, until it is plain that none can.
const SURE: u32 = 10;

/// Changes with what a kept record means, so that records of an older build are read anew.
const FORM: &str = "1";

/// One pull.
struct Pull<'a> {
    client: &'a Freshteam,
    mapper: &'a Mapper,
    reuse: Reuse,
    known: &'a dyn KnownRecords,
    out: &'a mpsc::Sender<SourceRecord>,
    sent: HashSet<i64>,
    tally: Tally,
    taken_over: u64,
    /// Records that changed although their rows said that nothing had.
    silent: u64,
    failed_in_a_row: u32,
    without_staff_number: u64,
    custom_seen: HashSet<String>,
    since: Since,
    /// Only those are sent who have changed.
    only_changed: bool,
}

/// A list that was walked to its end.
#[derive(Default)]
struct Walked {
    declared: u64,
    ids: HashSet<i64>,
    /// Rows without an id that can be read, by their places.
    nameless: Vec<(String, Vec<Fault>)>,
}

/// A row of a list, as far as it can be read.
type Listed = (Record, Vec<Fault>);

/// A row whose record was read or taken over.
enum Done {
    AsListed(Listed),
    TakenOver(Record, Value),
    Asked(Box<Asked>),
}

/// A row whose record was asked for, with the one that was known, if any.
struct Asked {
    row: Record,
    old: Option<Record>,
    answer: Result<Option<Read>, ApiError>,
}

/// Reads everybody.
pub async fn run(
    client: &Freshteam,
    known: &dyn KnownRecords,
    out: &mpsc::Sender<SourceRecord>,
) -> Result<SourceFacts, ApiError> {
    client.check_account()?;
    let since = Since::ever(client.clock.now());
    let mapper = client.new_mapper().await?;
    let silent = known.facts().is_some_and(|facts| facts.silent_changes);
    let mut pull = Pull::new(client, &mapper, known, out, since);
    pull.reuse.trusted = !silent;
    let mut lists = Vec::new();
    for list in List::ALL {
        lists.push(pull.list(list).await?);
    }
    pull.tally.check(NAME, "employees")?;
    let is_whole = lists.iter().all(|list| list.nameless.is_empty());
    let cursor = pull.next(is_whole)?;
    let mut facts = SourceFacts { cursor, ..pull.facts(lists) };
    facts.silent_changes |= silent;
    Ok(facts)
}

/// Sends whoever has changed, leavers too. Who is to be sent in any case and stands in no list of changes is read alone.
///
/// # Errors
/// [`ApiError::Unsupported`] where a row of the lists is nobody's that can be read, and where names or options are not what they
/// were at the cursor; any other of a pull.
pub async fn changed(
    client: &Freshteam,
    cursor: &Cursor,
    again: &[EmployeeId],
    out: &mpsc::Sender<SourceRecord>,
) -> Result<Cursor, ApiError> {
    client.check_account()?;
    let mut since = Since::of(cursor, client.clock.now())?;
    let mapper = client.new_mapper().await?;
    since.depends_on(0, &mapper.context())?;
    let mut pull = Pull::new(client, &mapper, &NothingKnown, out, since);
    pull.only_changed = true;
    let mut nameless = 0;
    for list in List::ALL {
        nameless += pull.list(list).await?.nameless.len();
    }
    // Whoever has no number was a row without an id that can be read.
    let numbers = again.iter().filter_map(|id| id.as_str().parse::<i64>().ok());
    pull.again(numbers.collect()).await?;
    pull.tally.check(NAME, "employees")?;
    pull.next(nameless == 0)?.ok_or(ApiError::Unsupported { what: "what has changed" })
}

/// The record of a person who was asked for alone. It carries no mark: the next pull reads it anew.
///
/// # Errors
/// [`ApiError::Unsupported`] where it cannot be read: how that is told depends on the lists.
pub(super) fn alone(mapper: &Mapper, id: i64, read: Read) -> Result<SourceRecord, ApiError> {
    let unreadable = ApiError::Unsupported { what: "this person's record alone" };
    let Some(record) = read.record.filter(|record| record.row.id == id) else { return Err(unreadable) };
    let in_scope = mapper.in_scope(&record.row, &read.faults);
    let record = as_kept(mapper, record);
    let employee = mapper.employee(List::Directory, &record, read.faults);
    if employee.unreadable.is_some() || matches!(employee.status, EmploymentStatus::Unclear(_)) {
        return Err(unreadable);
    }
    let raw = serde_json::to_value(&record).unwrap_or_default();
    Ok(SourceRecord { employee, raw, out_of_scope: !in_scope })
}

/// Of whoever has left no custom values are read, nor of anybody where none is mapped.
fn as_kept(mapper: &Mapper, mut record: Record) -> Record {
    let has_left = mapper.employee(List::Directory, &record, Vec::new()).status == EmploymentStatus::Ended;
    if has_left || !has_custom(&mapper.map) {
        record.custom = None;
    }
    record
}

impl<'a> Pull<'a> {
    fn new(
        client: &'a Freshteam,
        mapper: &'a Mapper,
        known: &'a dyn KnownRecords,
        out: &'a mpsc::Sender<SourceRecord>,
        since: Since,
    ) -> Self {
        let setting = format!("{FORM} {} {:?}", client.subdomain, mapper.resolved.names);
        Self {
            client,
            mapper,
            reuse: Reuse { setting, now: client.clock.now(), trusted: true },
            known,
            out,
            sent: HashSet::new(),
            tally: Tally::default(),
            taken_over: 0,
            silent: 0,
            failed_in_a_row: 0,
            without_staff_number: 0,
            custom_seen: HashSet::new(),
            since,
            only_changed: false,
        }
    }

    /// The cursor of the next time; `None` where nobody tells a time, or a row is nobody's that can be read.
    fn next(&mut self, is_whole: bool) -> Result<Option<Cursor>, ApiError> {
        if !is_whole {
            return Ok(None);
        }
        self.since.depends_on(0, &self.mapper.context())?;
        Ok(self.since.next(self.client.clock.now()))
    }

    /// Sends the records of people who were not sent yet, as far as Freshteam knows them. Whether too many cannot be read is
    /// judged without them: most of these could not be read before.
    ///
    /// # Errors
    /// [`ApiError::Unsupported`] where a record cannot be had, and where only the lists tell whether the person has left.
    async fn again(&mut self, numbers: Vec<i64>) -> Result<(), ApiError> {
        let (client, mapper) = (self.client, self.mapper);
        let missing: Vec<i64> = numbers.into_iter().filter(|number| !self.sent.contains(number)).collect();
        let work: Vec<_> = missing.into_iter().map(|number| client.detail(number, mapper)).collect();
        let mut done = stream::iter(work).buffered(RECORDS_AT_ONCE);
        while let Some(read) = done.next().await {
            let read = match read {
                Err(error @ (ApiError::Refused { .. } | ApiError::Forbidden { .. } | ApiError::Stopped)) => {
                    return Err(error);
                }
                Err(_) => return Err(ApiError::Unsupported { what: "a person alone who has to be read" }),
                Ok(read) => read,
            };
            let Some(Read { record: Some(record), faults }) = read else { continue };
            if !self.sent.insert(record.row.id) {
                continue;
            }
            let in_scope = mapper.in_scope(&record.row, &faults);
            let is_told = record.row.status.is_some() || record.row.deleted == Some(true);
            let record = as_kept(mapper, record);
            let employee = mapper.employee(List::Directory, &record, faults);
            if !is_told {
                return Err(ApiError::Unsupported { what: "whether a person has left who is read alone" });
            }
            let raw = serde_json::to_value(&record).unwrap_or_default();
            self.send(employee, raw, in_scope).await?;
        }
        Ok(())
    }

    async fn list(&mut self, list: List) -> Result<Walked, ApiError> {
        let noun = list.noun();
        let mut walked = Walked::default();
        let mut walks: Walks = Walks::new(PAGE, PAGES_MAX);
        while let Some(number) = walks.next_page(NAME, noun)? {
            if number == 1 {
                walked = Walked::default();
            }
            let since = self.since.day();
            let page = self.client.employees(list, number, since).await?;
            let (mut ids, mut nameless, mut fresh) = (Vec::new(), 0, Vec::new());
            for (place, raw) in (1..).zip(&page.rows) {
                let Read { record, faults } = Read::row(raw);
                let Some(record) = record else {
                    nameless += 1;
                    walked.nameless.push((format!("{noun}, page {number}, row {place}"), faults));
                    continue;
                };
                ids.push(record.row.id);
                let modified = record.row.updated_at.as_deref();
                let is_wanted = self.since.takes(modified) || !self.only_changed;
                if is_wanted && self.sent.insert(record.row.id) {
                    fresh.push((record, faults));
                }
            }
            self.send_all(list, fresh).await?;
            walked.ids.extend(ids.iter().copied());
            walks = told(walks, &page, number);
            walks.page_with(&ids, nameless, page.total);
        }
        let walk = walks.into_walk();
        let most = usize::try_from(walk.rows()).unwrap_or(usize::MAX).saturating_sub(walked.ids.len());
        walked.nameless.truncate(most);
        walked.declared = walk.declared();
        for (place, faults) in &walked.nameless {
            let employee = rows::nameless(place, faults);
            self.tally.record(employee.unreadable.as_ref());
            self.send(employee, Value::Null, true).await?;
        }
        Ok(walked)
    }

    /// Sends the rows of a page that were not sent before, with their records where these are needed.
    async fn send_all(&mut self, list: List, listed: Vec<Listed>) -> Result<(), ApiError> {
        let wants = |(record, faults): &Listed| {
            has_custom(&self.mapper.map)
                && faults.is_empty()
                && self.mapper.in_scope(&record.row, faults)
                && self.mapper.employee(list, record, Vec::new()).status != EmploymentStatus::Ended
        };
        let id_of = |record: &Record| EmployeeId::new(record.row.id.to_string());
        let wanted: Vec<EmployeeId> = listed.iter().filter(|one| wants(one)).map(|(record, _)| id_of(record)).collect();
        let mut kept: HashMap<EmployeeId, Value> =
            if wanted.is_empty() { HashMap::new() } else { self.known.raw(&wanted).await };
        let (client, mapper, reuse) = (self.client, self.mapper, &self.reuse);
        let work: Vec<_> = listed
            .into_iter()
            .map(|listed| {
                let raw = kept.remove(&id_of(&listed.0));
                let is_wanted = wants(&listed);
                async move {
                    if !is_wanted {
                        return Done::AsListed(listed);
                    }
                    let record = listed.0;
                    let verdict = raw
                        .as_ref()
                        .map_or(Verdict::Read, |raw| reuse.verdict(raw, &record.row, record.row.updated_at.as_deref()));
                    let old = raw.as_ref().and_then(|raw| serde_json::from_value::<Record>(raw.clone()).ok());
                    match (verdict, old, raw) {
                        (Verdict::Same, Some(old), Some(raw)) => Done::TakenOver(old, raw),
                        (verdict, old, _) => {
                            let old = old.filter(|_| verdict != Verdict::Read);
                            let answer = client.detail(record.row.id, mapper).await;
                            Done::Asked(Box::new(Asked { row: record, old, answer }))
                        }
                    }
                }
            })
            .collect();
        let mut done = stream::iter(work).buffered(RECORDS_AT_ONCE);
        let mut all = Vec::new();
        while let Some(one) = done.next().await {
            all.push(one);
        }
        drop(done);
        for one in all {
            self.send_done(list, one).await?;
        }
        Ok(())
    }

    async fn send_done(&mut self, list: List, done: Done) -> Result<(), ApiError> {
        match done {
            Done::AsListed((record, faults)) => {
                let raw = serde_json::to_value(&record).unwrap_or_default();
                self.person(list, &record, faults, raw).await
            }
            Done::TakenOver(record, known) => {
                self.taken_over += 1;
                let mut raw = serde_json::to_value(&record).unwrap_or_default();
                Reuse::mark_again(&mut raw, &known);
                self.person(list, &record, Vec::new(), raw).await
            }
            Done::Asked(asked) => self.send_asked(list, *asked).await,
        }
    }

    async fn send_asked(&mut self, list: List, asked: Asked) -> Result<(), ApiError> {
        let Asked { row, old, answer } = asked;
        match answer {
            Ok(Some(Read { record: Some(detail), faults })) => {
                self.failed_in_a_row = 0;
                let record = Record { row: row.row, custom: detail.custom };
                self.silent += u64::from(faults.is_empty() && old.is_some_and(|old| old.custom != record.custom));
                let mut raw = serde_json::to_value(&record).unwrap_or_default();
                if faults.is_empty() {
                    self.reuse.mark(&mut raw, &record.row);
                }
                self.person(list, &record, faults, raw).await
            }
            Ok(_) => self.failed(list, &row, format!("{NAME} lists this person but does not know the id")).await,
            // What meets everybody.
            Err(error @ (ApiError::Refused { .. } | ApiError::Forbidden { .. })) => Err(error),
            Err(error) => {
                self.failed_in_a_row += 1;
                if self.failed_in_a_row >= SURE {
                    return Err(error);
                }
                self.failed(list, &row, format!("{NAME} does not give this person's record: {error}")).await
            }
        }
    }

    async fn person(&mut self, list: List, record: &Record, faults: Vec<Fault>, raw: Value) -> Result<(), ApiError> {
        let in_scope = self.mapper.in_scope(&record.row, &faults);
        self.custom_seen.extend(record.custom.iter().flat_map(|custom| custom.keys().cloned()));
        let is_read = faults.is_empty();
        let employee = self.mapper.employee(list, record, faults);
        // Who has no staff number can be read.
        let lacks_number = is_read && employee.identifier.as_str().is_empty();
        self.without_staff_number += u64::from(lacks_number && in_scope);
        self.tally.record(employee.unreadable.as_ref().filter(|_| !lacks_number));
        self.send(employee, raw, in_scope).await
    }

    /// Somebody whose record cannot be had: held.
    async fn failed(&mut self, list: List, row: &Record, what: String) -> Result<(), ApiError> {
        let in_scope = self.mapper.in_scope(&row.row, &[]);
        let mut employee = self.mapper.employee(list, row, Vec::new());
        employee.unreadable.get_or_insert(Unreadable { member: String::new(), what });
        self.tally.record(employee.unreadable.as_ref());
        let raw = serde_json::to_value(row).unwrap_or_default();
        self.send(employee, raw, in_scope).await
    }

    async fn send(&self, employee: Employee, raw: Value, in_scope: bool) -> Result<(), ApiError> {
        hand_over(NAME, self.out, SourceRecord { employee, raw, out_of_scope: !in_scope }).await
    }

    fn facts(&self, lists: Vec<Walked>) -> SourceFacts {
        let all: HashSet<i64> = lists.iter().flat_map(|list| list.ids.iter().copied()).collect();
        // Who stands in several lists is one person; who was seen in a first walk only was sent all the same.
        let listed: u64 = lists.iter().map(|list| list.ids.len() as u64).sum();
        let declared: u64 = lists.iter().map(|list| list.declared).sum();
        let gone = self.sent.difference(&all).count() as u64;
        let nameless: Vec<String> = lists.into_iter().flat_map(|list| list.nameless).map(|(place, _)| place).collect();
        SourceFacts {
            account: format!("{}.freshteam.com", self.client.subdomain),
            account_id: self.client.subdomain.clone(),
            declared_total: declared.saturating_sub(listed - all.len() as u64) + gone,
            received: (self.sent.len() + nameless.len()) as u64,
            archived_fields: self.mapper.resolved.archived.clone(),
            warnings: self.warnings(),
            values: self.declared_values(),
            nameless,
            taken_over: self.taken_over,
            silent_changes: self.silent > 0,
            weather: Default::default(),
            cursor: None,
        }
    }

    fn warnings(&self) -> Vec<String> {
        let resolved = &self.mapper.resolved;
        let mut warnings = resolved.warnings.clone();
        if self.without_staff_number > 0 {
            let count = self.without_staff_number;
            warnings.push(format!(
                "{count} people have no `employee_id` and are held: enter it in {NAME}, or let `id` be the identifier"
            ));
        }
        for name in resolved.members().iter().filter(|name| !self.custom_seen.contains(**name)) {
            warnings.push(format!("`{name}` is mapped, but empty for everybody in {NAME}"));
        }
        if self.silent > 0 {
            warnings.push(format!(
                "{NAME}'s `updated_at` does not tell every change ({} seen that it did not): every record is read in each pull from now on",
                self.silent
            ));
        }
        warnings
    }

    /// What groups and drop-downs offer for mapped lists.
    fn declared_values(&self) -> Vec<SourceValue> {
        let mut values = self.mapper.resolved.values.clone();
        for (field, origin) in self.mapper.map.iter() {
            let (Some(list), Origin::Group(group)) = (field.list(), origin) else { continue };
            let offered = self.mapper.groups.get(group).into_iter().flat_map(|names| &names.offered);
            values.extend(offered.map(|value| SourceValue { list, value: value.clone(), declared: true }));
        }
        values
    }
}

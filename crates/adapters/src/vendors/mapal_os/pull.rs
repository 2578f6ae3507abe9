//! A pull: everybody whom the list shows, active or not; or who has changed since a moment.
//!
//! One record that cannot be read is sent as such ([`Employee::unreadable`]) and the pull goes on.

use super::NAME;
use super::client::{MapalOs, PAGE, PAGES_MAX};
use super::map::{Mapper, MappingWarnings};
use super::wire::{FeedLine, Page, Read, Record};
use crate::domain::ids::EmployeeId;
use crate::domain::person::{Employee, EmploymentStatus};
use crate::domain::run::Cursor;
use crate::domain::snapshot::SourceFacts;
use crate::ports::api::ApiError;
use crate::ports::source::SourceRecord;
use crate::vendors::changes::Since;
use crate::vendors::paging::Walks;
use crate::vendors::redact;
use crate::vendors::rows::{self, Fault, RawRow, Tally, hand_over};
use futures_util::{StreamExt, stream};
use jiff::SignedDuration;
use serde_json::Value;
use std::collections::HashSet;
use tokio::sync::mpsc;

pub(super) const NOUN: &str = "employees";

/// People read alone at once; the rate is the limiter's business, this only hides latency.
const AT_ONCE: usize = 8;

/// How far back the Feed Log is looked at.
const FEED_LOG: SignedDuration = SignedDuration::from_hours(24);

/// One pull.
struct Pull<'a> {
    mapper: &'a Mapper,
    out: &'a mpsc::Sender<SourceRecord>,
    sent: HashSet<String>,
    odd: MappingWarnings,
    tally: Tally,
    since: Since,
    /// Only those are sent who have changed, and these in any case.
    only_changed: bool,
    again: HashSet<EmployeeId>,
}

/// The list, walked to its end.
#[derive(Default)]
struct Walked {
    declared: u64,
    ids: HashSet<String>,
    /// Rows without an id that can be read, by their places.
    nameless: Vec<(String, Vec<Fault>)>,
}

/// Reads everybody.
pub async fn run(client: &MapalOs, out: &mpsc::Sender<SourceRecord>) -> Result<SourceFacts, ApiError> {
    let since = Since::ever(client.clock.now());
    let mapper = client.new_mapper().await?;
    let mut pull = Pull::new(&mapper, out, since);
    let walked = pull.read(client).await?;
    pull.tally.check(NAME, NOUN)?;
    let cursor = pull.next(client, &walked)?;
    let now = client.clock.now();
    let from = now.saturating_sub(FEED_LOG).unwrap_or(now);
    let log = client.feed_log(from, now).await?.and_then(|log| told_by(&log));
    let mut facts = SourceFacts { cursor, ..pull.facts(walked) };
    facts.warnings.extend(log);
    Ok(facts)
}

/// Sends whoever has changed, leavers too. Who is to be sent in any case and is not among them is read alone.
///
/// # Errors
/// [`ApiError::Unsupported`] where a row of the list is nobody's that can be read, where the moment is not taken, and where units,
/// titles or departments are not what they were at the cursor; any other of a pull.
pub async fn changed(
    client: &MapalOs,
    cursor: &Cursor,
    again: &[EmployeeId],
    out: &mpsc::Sender<SourceRecord>,
) -> Result<Cursor, ApiError> {
    let mut since = Since::of(cursor, client.clock.now())?;
    let mapper = client.new_mapper().await?;
    since.depends_on(0, &mapper.context())?;
    let again_of: HashSet<EmployeeId> = again.iter().cloned().collect();
    let mut pull = Pull { only_changed: true, again: again_of, ..Pull::new(&mapper, out, since) };
    let walked = pull.read(client).await?;
    pull.tally.check(NAME, NOUN)?;
    pull.alone(client, again).await?;
    pull.next(client, &walked)?.ok_or(ApiError::Unsupported { what: "what has changed" })
}

/// The record of a person who was asked for alone.
///
/// # Errors
/// [`ApiError::Unsupported`] where it cannot be read: it is told among all.
pub(super) fn alone(mapper: &Mapper, id: &EmployeeId, raw: &RawRow) -> Result<SourceRecord, ApiError> {
    let unsupported = ApiError::Unsupported { what: "this person's record alone" };
    let Read { record, faults } = Read::of(raw);
    let Some(record) = record.filter(|record| record.os_id == id.as_str()) else { return Err(unsupported) };
    let in_scope = mapper.in_scope(&record, &faults);
    let employee = mapper.employee(&record, faults, &mut MappingWarnings::default());
    if employee.unreadable.is_some() || matches!(employee.status, EmploymentStatus::Unclear(_)) {
        return Err(unsupported);
    }
    Ok(SourceRecord { employee, raw: kept(&record), out_of_scope: !in_scope })
}

/// What is kept of a record: what is read of it.
fn kept(record: &Record) -> Value {
    serde_json::to_value(record).unwrap_or_default()
}

/// What the Feed Log says of people who did not get into Mapal OS.
fn told_by(log: &Page) -> Option<String> {
    let lines = log.items.iter().filter_map(|raw| rows::read::<FeedLine>(raw).record);
    let errors: Vec<FeedLine> = lines.filter(|line| line.level.as_deref() == Some("error")).collect();
    let example = errors.iter().find_map(|line| redact::quotable(line.message.as_deref()?, &[]));
    let example = example.map(|text| format!(": {text}")).unwrap_or_default();
    let least = if log.total_count.is_some_and(|total| total > log.items.len() as u64) { "at least " } else { "" };
    match errors.len() {
        0 => None,
        1 => Some(format!("{NAME}'s Feed Log has {least}1 error of the last day{example}")),
        count => Some(format!("{NAME}'s Feed Log has {least}{count} errors of the last day, as{example}")),
    }
}

impl<'a> Pull<'a> {
    fn new(mapper: &'a Mapper, out: &'a mpsc::Sender<SourceRecord>, since: Since) -> Self {
        Self {
            mapper,
            out,
            sent: HashSet::new(),
            odd: MappingWarnings::default(),
            tally: Tally::default(),
            since,
            only_changed: false,
            again: HashSet::new(),
        }
    }

    /// The cursor of the next time; `None` where nobody tells a time, or a row is nobody's that can be read.
    fn next(&mut self, client: &MapalOs, walked: &Walked) -> Result<Option<Cursor>, ApiError> {
        if !walked.nameless.is_empty() {
            return Ok(None);
        }
        self.since.depends_on(0, &self.mapper.context())?;
        Ok(self.since.next(client.clock.now()))
    }

    async fn read(&mut self, client: &MapalOs) -> Result<Walked, ApiError> {
        let mut walked = Walked::default();
        let mut walks: Walks<String> = Walks::new(PAGE, PAGES_MAX);
        let from = self.since.from();
        while let Some(number) = walks.next_page(NAME, NOUN)? {
            if number == 1 {
                walked = Walked::default();
            }
            let page = client.employees(number, from).await?;
            let (ids, nameless) = self.take(number, &page.items, &mut walked).await?;
            walks.told(page.page_size.filter(|size| (1..PAGE).contains(size)), None);
            walks.page_with(&ids, nameless, page.total_count);
        }
        let walk = walks.into_walk();
        walked.declared = walk.declared();
        let most = usize::try_from(walk.rows()).unwrap_or(usize::MAX).saturating_sub(walked.ids.len());
        walked.nameless.truncate(most);
        for (place, faults) in &walked.nameless {
            let employee = rows::nameless(place, faults);
            self.tally.record(employee.unreadable.as_ref());
            self.send(employee, Value::Null, true).await?;
        }
        Ok(walked)
    }

    /// Sends the people of a page; their ids, and how many have none.
    async fn take(
        &mut self,
        page: u32,
        rows: &[RawRow],
        walked: &mut Walked,
    ) -> Result<(Vec<String>, usize), ApiError> {
        let (mut ids, mut nameless) = (Vec::new(), 0);
        for (place, raw) in (1..).zip(rows) {
            let Read { record, faults } = Read::of(raw);
            let Some(record) = record else {
                nameless += 1;
                walked.nameless.push((format!("{NOUN}, page {page}, row {place}"), faults));
                continue;
            };
            ids.push(record.os_id.clone());
            let has_changed = self.since.takes(record.modified_at.as_deref());
            let is_wanted =
                has_changed || !self.only_changed || self.again.contains(&EmployeeId::new(record.os_id.as_str()));
            if is_wanted && self.sent.insert(record.os_id.clone()) {
                self.person(&record, faults).await?;
            }
        }
        walked.ids.extend(ids.iter().cloned());
        Ok((ids, nameless))
    }

    async fn person(&mut self, record: &Record, faults: Vec<Fault>) -> Result<(), ApiError> {
        let in_scope = self.mapper.in_scope(record, &faults);
        let employee = self.mapper.employee(record, faults, &mut self.odd);
        self.tally.record(employee.unreadable.as_ref().filter(|_| !Mapper::lacks_external_id(&employee)));
        self.send(employee, kept(record), in_scope).await
    }

    /// Sends the records of people who were not sent yet, as far as Mapal OS knows them. Whether too many cannot be read is judged
    /// without them: most of these could not be read before.
    async fn alone(&mut self, client: &MapalOs, again: &[EmployeeId]) -> Result<(), ApiError> {
        let missing = again.iter().filter(|id| !self.sent.contains(id.as_str())).cloned();
        let ask = |id: EmployeeId| async move { client.employee(&id).await.map(|raw| (id, raw)) };
        let work: Vec<_> = missing.map(ask).collect();
        let mut done = stream::iter(work).buffered(AT_ONCE);
        while let Some(read) = done.next().await {
            let (id, raw) = match read {
                Ok((id, Some(raw))) => (id, raw),
                Ok((_, None)) => continue,
                Err(error @ (ApiError::Refused { .. } | ApiError::Forbidden { .. } | ApiError::Stopped)) => {
                    return Err(error);
                }
                Err(_) => return Err(ApiError::Unsupported { what: "a person alone who has to be read" }),
            };
            let Read { record, faults } = Read::of(&raw);
            let Some(record) = record.filter(|record| record.os_id == id.as_str()) else {
                return Err(ApiError::Unsupported { what: "a person alone who has to be read" });
            };
            if self.sent.insert(record.os_id.clone()) {
                let in_scope = self.mapper.in_scope(&record, &faults);
                let employee = self.mapper.employee(&record, faults, &mut self.odd);
                self.send(employee, kept(&record), in_scope).await?;
            }
        }
        Ok(())
    }

    async fn send(&self, employee: Employee, raw: Value, in_scope: bool) -> Result<(), ApiError> {
        hand_over(NAME, self.out, SourceRecord { employee, raw, out_of_scope: !in_scope }).await
    }

    fn facts(&self, walked: Walked) -> SourceFacts {
        let nameless: Vec<String> = walked.nameless.into_iter().map(|(place, _)| place).collect();
        // Who was seen in a first walk only was sent all the same.
        let gone = self.sent.difference(&walked.ids).count() as u64;
        SourceFacts {
            account: self.mapper.account.name.clone(),
            account_id: self.mapper.account.id.clone(),
            declared_total: walked.declared + gone,
            received: (self.sent.len() + nameless.len()) as u64,
            warnings: self.warnings(),
            values: self.mapper.declared(),
            nameless,
            ..SourceFacts::default()
        }
    }

    fn warnings(&self) -> Vec<String> {
        let mapper = self.mapper;
        let lists = [&mapper.units, &mapper.job_titles, &mapper.departments, &mapper.profiles];
        let mut warnings: Vec<String> = lists.into_iter().filter_map(|list| list.missing.clone()).collect();
        if self.odd.without_external_id > 0 {
            let count = self.odd.without_external_id;
            warnings.push(format!(
                "{count} people have no External ID and are held: enter it in {NAME}, or let `osId` be the identifier"
            ));
        }
        if self.odd.without_feed > 0 {
            let count = self.odd.without_feed;
            warnings.push(format!(
                "{count} people are of a business unit without a Feed ID: enter it in {NAME}, or map `business_unit_name`"
            ));
        }
        warnings
    }
}

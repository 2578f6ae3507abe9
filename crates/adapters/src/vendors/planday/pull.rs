//! A pull: both lists, and the detail of every active employee of whom the list does not show that it is known.
//!
//! One record that cannot be had or read is sent as such ([`Employee::unreadable`]) and the pull goes on. What would meet
//! every record stops it: a missing scope, an outage, more broken records than the source guard lets through.

use super::NAME;
use super::client::{
    DETAIL, Detail, EMPLOYEES, Fault, FaultKind, LEAVERS, PAGE, PAGES_MAX, Planday, account, forbidden,
};
use super::fields::Origin;
use super::known::{Known, Reuse};
use super::map::{List, Mapper, MappingWarnings, joined};
use super::wire::{Portal, Read, Record};
use crate::domain::ids::EmployeeId;
use crate::domain::list::ListKey;
use crate::domain::mapping::SourceValue;
use crate::domain::person::{Employee, Unreadable};
use crate::domain::snapshot::SourceFacts;
use crate::ports::api::ApiError;
use crate::ports::connect::Kept;
use crate::ports::source::{KnownRecords, SourceRecord};
use crate::vendors::paging::{Walk, Walks};
use crate::vendors::rows::{self, Tally, hand_over};
use futures_util::future::BoxFuture;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, stream};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use tokio::sync::mpsc;

/// Details in flight at once; the rate is the limiter's business, this only hides latency.
const DETAILS_AT_ONCE: usize = 16;

/// Details that fail before any other came, until it is plain that all would.
const SURE: u64 = 10;

/// A row of a list, as far as it can be read.
type Listed = (Record, Vec<rows::Fault>);

/// Rows of one page, with what the list says it holds in all.
struct Batch {
    rows: Vec<Listed>,
    total: Option<u64>,
}

/// A list that was walked to its end.
struct Walked {
    walk: Walk,
    ids: HashSet<i64>,
    /// Rows without an id that can be read, by their places.
    nameless: Vec<(String, Vec<rows::Fault>)>,
}

/// What is to be done about a row of the active list.
enum Work {
    /// Nothing: it cannot be read, or the person is not in scope.
    AsListed(Listed),
    /// The detail is known.
    TakeOver(Box<Record>, Value),
    /// The detail is read, and compared with the one that is known, if any.
    Read(Record, Option<Box<Record>>),
}

/// The same, done.
enum Done {
    AsListed(Box<Listed>),
    TakenOver(Box<Record>, Value),
    Read(Box<Asked>),
}

/// A row whose detail was asked for, with the one that was known, if any.
struct Asked {
    row: Record,
    old: Option<Box<Record>>,
    detail: Result<Detail, ApiError>,
}

/// How reading details goes.
#[derive(Default)]
struct Details {
    /// Rows that have a detail, read or known.
    wanted: u64,
    failed: u64,
    down: u64,
    /// What failed last, and whether all that failed were of its kind.
    last: Option<Fault>,
    mixed: bool,
}

impl Details {
    fn fail(&mut self, fault: Fault) {
        self.failed += 1;
        self.down += u64::from(fault.kind == FaultKind::Down);
        self.mixed |= self.last.as_ref().is_some_and(|last| last.kind != fault.kind);
        self.last = Some(fault);
    }

    /// Why it makes no sense to go on: nothing but failures of one kind so far, or an outage in the middle of `total`.
    fn is_hopeless(&self, total: Option<u64>) -> Option<ApiError> {
        let last = self.last.as_ref()?;
        let of_everybody =
            self.failed == self.wanted && self.failed >= SURE && !self.mixed && last.kind != FaultKind::Odd;
        let outage = total.is_some_and(|total| self.is_outage(total));
        (of_everybody || outage).then(|| self.error_of_all(last, total))
    }

    /// What the details that failed say at the end of the list.
    fn verdict(&self, total: u64) -> Option<ApiError> {
        let last = self.last.as_ref()?;
        let of_everybody = self.failed == self.wanted && !self.mixed && last.kind != FaultKind::Odd;
        let forbidden = !self.mixed && last.kind == FaultKind::Forbidden && is_past_the_share(self.failed, total);
        (of_everybody || forbidden || self.is_outage(total)).then(|| self.error_of_all(last, Some(total)))
    }

    fn is_outage(&self, total: u64) -> bool {
        self.down * 10 >= self.failed * 9 && is_past_the_share(self.failed, total)
    }

    fn error_of_all(&self, last: &Fault, total: Option<u64>) -> ApiError {
        match last.kind {
            FaultKind::Forbidden => forbidden(DETAIL),
            FaultKind::Refused | FaultKind::Odd => last.error.clone(),
            FaultKind::Down => {
                let of = total.map(|total| format!(" of {total}")).unwrap_or_default();
                let detail = format!("{}{of} records could not be read: Planday {}", self.failed, last.what);
                ApiError::Temporary { vendor: NAME, detail }
            }
        }
    }
}

/// The source guard's share: over a tenth, and at least five.
fn is_past_the_share(failed: u64, total: u64) -> bool {
    failed >= 5 && failed * 10 > total
}

/// One pull.
struct Pull<'a> {
    planday: &'a Planday,
    mapper: &'a Mapper,
    mapped: BTreeSet<&'a str>,
    reuse: &'a Reuse,
    known: &'a dyn KnownRecords,
    out: &'a mpsc::Sender<SourceRecord>,
    sent: HashSet<i64>,
    /// Listed as active, but unknown by id: decided when the leavers are known.
    unknown: BTreeMap<i64, (Record, u16)>,
    odd: MappingWarnings,
    details: Details,
    active: Tally,
    ended: Tally,
    taken_over: u64,
    /// Details that changed although the list said that nothing had.
    silent: u64,
}

/// Reads everybody.
pub async fn run(
    planday: &Planday,
    known: &dyn KnownRecords,
    out: mpsc::Sender<SourceRecord>,
) -> Result<SourceFacts, ApiError> {
    let portal = planday.portal().await?;
    let mapper = planday.mapper_of(&portal).await?;
    let silent = known.facts().is_some_and(|facts| facts.silent_changes);
    let trusted = !silent && !planday.reads_all;
    let reuse = Reuse::new(portal.id, &mapper.resolved, planday.clock.now(), trusted);
    let mut pull = Pull {
        planday,
        mapper: &mapper,
        mapped: mapper.resolved.members(),
        reuse: &reuse,
        known,
        out: &out,
        sent: HashSet::new(),
        unknown: BTreeMap::new(),
        odd: MappingWarnings::default(),
        details: Details::default(),
        active: Tally::default(),
        ended: Tally::default(),
        taken_over: 0,
        silent: 0,
    };
    let active = pull.list(List::Active).await?;
    let ended = pull.list(List::Deactivated).await?;
    pull.send_unknown(&ended).await?;
    if let Some(error) = pull.details.verdict(active.walk.rows()) {
        return Err(error);
    }
    pull.active.check(NAME, "active employees")?;
    pull.ended.check(NAME, "deactivated employees")?;
    let mut facts = pull.facts(&portal, &active, &ended);
    facts.silent_changes |= silent;
    facts.warnings.extend(rotation_warning(planday.tokens.sign_in().rotated().await));
    Ok(facts)
}

/// The record of a person who was asked for alone. It carries no mark: the next pull reads the detail anew.
///
/// # Errors
/// [`ApiError::Unsupported`] where the record cannot be read: how that is told depends on the lists.
pub(super) fn alone(mapper: &Mapper, read: Read) -> Result<SourceRecord, ApiError> {
    let unreadable = ApiError::Unsupported { what: "this person's record alone" };
    let Read { record: Some(mut record), faults } = read else { return Err(unreadable) };
    record.row.with_dialling_prefixes();
    let record = mapper.cut(record);
    let employee = mapper.employee(List::Active, &record, faults, &mut MappingWarnings::default());
    if employee.unreadable.is_some() {
        return Err(unreadable);
    }
    let out_of_scope = !mapper.in_scope(&record.row);
    let raw = serde_json::to_value(&record).unwrap_or_default();
    Ok(SourceRecord { employee, raw, out_of_scope })
}

impl Pull<'_> {
    /// Walks one list while what its rows lack is fetched, and sends everybody in it.
    async fn list(&mut self, list: List) -> Result<Walked, ApiError> {
        let (batches, walked) = mpsc::channel(1);
        let planday = self.planday;
        let (walked, ()) = match list {
            List::Active => tokio::try_join!(walk(planday, list, batches), self.send_active(walked))?,
            List::Deactivated => tokio::try_join!(walk(planday, list, batches), self.send_ended(walked))?,
        };
        for (place, faults) in &walked.nameless {
            let employee = self.mapper.nameless(list, place, faults);
            self.send(list, employee, Value::Null, true).await?;
        }
        Ok(walked)
    }

    async fn send_active(&mut self, batches: mpsc::Receiver<Batch>) -> Result<(), ApiError> {
        let (planday, mapper, reuse, known) = (self.planday, self.mapper, self.reuse, self.known);
        let mapped = self.mapped.clone();
        // In order, several at once: job title and custom fields are only in the detail.
        let work = work(batches, mapper, reuse, known);
        let mut done = work.map(|(work, total)| do_work(planday, &mapped, work, total)).buffered(DETAILS_AT_ONCE);
        while let Some((done, total)) = done.next().await {
            self.send_done(done).await?;
            if let Some(error) = self.details.is_hopeless(total) {
                return Err(error);
            }
        }
        Ok(())
    }

    async fn send_done(&mut self, done: Done) -> Result<(), ApiError> {
        match done {
            Done::AsListed(listed) => {
                let (record, faults) = *listed;
                self.send_listed(List::Active, &record, faults).await
            }
            Done::TakenOver(record, raw) => {
                self.taken_over += 1;
                self.details.wanted += 1;
                let employee = self.mapper.employee(List::Active, &record, Vec::new(), &mut self.odd);
                let raw = self.reuse.raw_again(&record, &raw);
                let in_scope = self.mapper.in_scope(&record.row);
                self.send_once(List::Active, record.row.id, employee, raw, in_scope).await
            }
            Done::Read(read) => {
                let Asked { row, old, detail } = *read;
                self.details.wanted += 1;
                match detail? {
                    Detail::Read(read) => self.send_read(row, old, *read).await,
                    Detail::Unknown(status) => {
                        self.unknown.insert(row.row.id, (row, status));
                        Ok(())
                    }
                    Detail::Failed(fault) => {
                        let what = format!("{NAME} {}", fault.what);
                        self.details.fail(fault);
                        self.send_failed(&row, what).await
                    }
                }
            }
        }
    }

    async fn send_read(&mut self, row: Record, old: Option<Box<Record>>, read: Read) -> Result<(), ApiError> {
        let Some(detail) = read.record else {
            return self.send_listed(List::Active, &row, read.faults).await;
        };
        let record = self.mapper.cut(joined(row.row.clone(), detail));
        if let Some(old) = old.filter(|_| read.faults.is_empty()) {
            // A change between the list and the detail shows in the detail's own time.
            let same_time = old.row.date_time_modified == record.row.date_time_modified;
            self.silent += u64::from(same_time && *old != record);
        }
        let employee = self.mapper.employee(List::Active, &record, read.faults, &mut self.odd);
        let marked = employee.unreadable.is_none().then_some(&row.row);
        let raw = self.reuse.raw(&record, marked);
        let in_scope = self.mapper.in_scope(&record.row);
        self.send_once(List::Active, record.row.id, employee, raw, in_scope).await
    }

    /// Somebody of whom only the row of the list is there.
    async fn send_listed(&mut self, list: List, row: &Record, faults: Vec<rows::Fault>) -> Result<(), ApiError> {
        let employee = self.mapper.employee(list, row, faults, &mut self.odd);
        let raw = self.reuse.raw(row, None);
        let in_scope = self.mapper.in_scope(&row.row);
        self.send_once(list, row.row.id, employee, raw, in_scope).await
    }

    async fn send_failed(&mut self, row: &Record, what: String) -> Result<(), ApiError> {
        let mut employee = self.mapper.employee(List::Active, row, Vec::new(), &mut self.odd);
        let unreadable = Unreadable { member: String::new(), what };
        employee.unreadable.get_or_insert(unreadable);
        let raw = self.reuse.raw(row, None);
        let in_scope = self.mapper.in_scope(&row.row);
        self.send_once(List::Active, row.row.id, employee, raw, in_scope).await
    }

    async fn send_ended(&mut self, mut batches: mpsc::Receiver<Batch>) -> Result<(), ApiError> {
        while let Some(batch) = batches.recv().await {
            for (record, faults) in batch.rows {
                // Who moved between the lists meanwhile was sent already.
                if !self.sent.contains(&record.row.id) {
                    self.send_listed(List::Deactivated, &record, faults).await?;
                }
            }
        }
        Ok(())
    }

    /// Those whom the active list has and the call by id does not know: who is not a leaver by now cannot be read.
    async fn send_unknown(&mut self, ended: &Walked) -> Result<(), ApiError> {
        for (id, (row, status)) in std::mem::take(&mut self.unknown) {
            if !ended.ids.contains(&id) {
                let what = format!("{NAME} lists this person as active but answers {status} to the record");
                self.send_failed(&row, what).await?;
            }
        }
        Ok(())
    }

    async fn send_once(
        &mut self,
        list: List,
        id: i64,
        employee: Employee,
        raw: Value,
        in_scope: bool,
    ) -> Result<(), ApiError> {
        if !self.sent.insert(id) {
            return Ok(());
        }
        self.send(list, employee, raw, in_scope).await
    }

    async fn send(&mut self, list: List, employee: Employee, raw: Value, in_scope: bool) -> Result<(), ApiError> {
        let tally = if list == List::Active { &mut self.active } else { &mut self.ended };
        tally.record(employee.unreadable.as_ref());
        hand_over(NAME, self.out, SourceRecord { employee, raw, out_of_scope: !in_scope }).await
    }

    fn facts(&self, portal: &Portal, active: &Walked, ended: &Walked) -> SourceFacts {
        let mapper = self.mapper;
        let mut warnings = mapper.resolved.warnings.clone();
        let mut values = mapper.resolved.values();
        values.extend(declared_departments(mapper));
        if self.odd.unknown_options > 0 {
            let count = self.odd.unknown_options;
            warnings.push(format!("{count} values are options that their field does not list any more"));
        }
        // Who was taken over has a birth date or not, as the pull before showed.
        if self.odd.active > 0 && self.odd.birth_dates == 0 {
            warnings.push("no birth date came at all: does the app have the scope birthdate:read?".to_owned());
        }
        for name in &mapper.scope {
            if !mapper.departments.names.values().any(|known| known.trim() == name) {
                warnings.push(format!("the department `{name}` of the source filter is not in Planday"));
            }
        }
        if self.silent > 0 {
            warnings.push(format!(
                "Planday's modification times do not tell every change ({} seen that they did not): every detail is read in each pull from now on",
                self.silent
            ));
        }
        let nameless: Vec<String> =
            [active, ended].into_iter().flat_map(|list| &list.nameless).map(|(place, _)| place.clone()).collect();
        // Someone who moved between the lists meanwhile stands in both: counted once on both sides of the balance. Who was
        // seen in a first walk only was sent all the same.
        let both = active.ids.intersection(&ended.ids).count() as u64;
        let once = |id: &&i64| !active.ids.contains(*id) && !ended.ids.contains(*id);
        let gone = self.sent.iter().filter(once).count() as u64;
        SourceFacts {
            account: account(portal),
            account_id: portal.id.to_string(),
            declared_total: (active.walk.declared() + ended.walk.declared()).saturating_sub(both) + gone,
            received: (self.sent.len() + nameless.len()) as u64,
            archived_fields: mapper.resolved.archived.clone(),
            warnings,
            values,
            nameless,
            taken_over: self.taken_over,
            silent_changes: self.silent > 0,
            weather: Default::default(),
            cursor: None,
        }
    }
}

/// Walks one list, twice when the first walk cannot be believed; each new id goes into `found` once.
async fn walk(planday: &Planday, list: List, found: mpsc::Sender<Batch>) -> Result<Walked, ApiError> {
    let (path, noun) = match list {
        List::Active => (EMPLOYEES, "active employees"),
        List::Deactivated => (LEAVERS, "deactivated employees"),
    };
    let nothing = BTreeSet::new();
    let mut given = HashSet::new();
    let (mut ids, mut nameless) = (HashSet::new(), Vec::new());
    let mut walks = Walks::new(PAGE, PAGES_MAX);
    while let Some(offset) = walks.next(NAME, noun)? {
        if offset == 0 {
            (ids, nameless) = (HashSet::new(), Vec::new());
        }
        let page = planday.page(path, noun, offset, true).await?;
        let (mut on_page, mut unread, mut rows) = (Vec::new(), 0, Vec::new());
        for (place, raw) in (offset + 1..).zip(&page.data) {
            let Read { record, faults } = Read::of(raw, &nothing);
            match record {
                Some(record) => {
                    on_page.push(record.row.id);
                    if given.insert(record.row.id) {
                        rows.push((record, faults));
                    }
                }
                None => {
                    unread += 1;
                    nameless.push((format!("{noun}, row {place}"), faults));
                }
            }
        }
        walks.page_with(&on_page, unread, page.total());
        ids.extend(on_page);
        let batch = Batch { rows, total: page.total() };
        if found.send(batch).await.is_err() {
            // The other half has failed: its error is the one that counts.
            return std::future::pending().await;
        }
    }
    let walk = walks.into_walk();
    nameless.truncate(usize::try_from(walk.rows()).unwrap_or(usize::MAX).saturating_sub(ids.len()));
    Ok(Walked { walk, ids, nameless })
}

/// What is to be done about each row, and the total that its page told.
fn work<'a>(
    batches: mpsc::Receiver<Batch>,
    mapper: &'a Mapper,
    reuse: &'a Reuse,
    known: &'a dyn KnownRecords,
) -> BoxStream<'a, (Work, Option<u64>)> {
    let state = (batches, None, VecDeque::new());
    stream::unfold(state, move |(mut batches, mut total, mut waiting)| async move {
        loop {
            if let Some(work) = waiting.pop_front() {
                return Some(((work, total), (batches, total, waiting)));
            }
            let batch = batches.recv().await?;
            total = batch.total;
            waiting = look_up(batch.rows, mapper, reuse, known).await;
        }
    })
    .boxed()
}

fn do_work<'a>(
    planday: &'a Planday,
    mapped: &'a BTreeSet<&str>,
    work: Work,
    total: Option<u64>,
) -> BoxFuture<'a, (Done, Option<u64>)> {
    Box::pin(async move {
        let done = match work {
            Work::AsListed(listed) => Done::AsListed(Box::new(listed)),
            Work::TakeOver(record, raw) => Done::TakenOver(record, raw),
            Work::Read(row, old) => {
                let detail = planday.detail(row.row.id, mapped, false).await;
                Done::Read(Box::new(Asked { row, old, detail }))
            }
        };
        (done, total)
    })
}

/// What is to be done about the rows of a page, by what is known of them.
async fn look_up(rows: Vec<Listed>, mapper: &Mapper, reuse: &Reuse, known: &dyn KnownRecords) -> VecDeque<Work> {
    let needs_detail = |(record, faults): &&Listed| faults.is_empty() && mapper.in_scope(&record.row);
    let id_of = |record: &Record| EmployeeId::new(record.row.id.to_string());
    let wanted: Vec<EmployeeId> = rows.iter().filter(needs_detail).map(|(record, _)| id_of(record)).collect();
    let mut raw: HashMap<EmployeeId, Value> = if wanted.is_empty() { HashMap::new() } else { known.raw(&wanted).await };
    let work = |listed: Listed| {
        if !needs_detail(&&listed) {
            return Work::AsListed(listed);
        }
        let (record, _) = listed;
        let Some(raw) = raw.remove(&id_of(&record)) else { return Work::Read(record, None) };
        match reuse.known(&raw, &record.row) {
            Known::Same(same) => Work::TakeOver(same, raw),
            Known::Compare(old) => Work::Read(record, Some(old)),
            Known::Nothing => Work::Read(record, None),
        }
    };
    rows.into_iter().map(work).collect()
}

/// What an operator has to know of a token that Planday has replaced.
pub(super) fn rotation_warning(rotated: Option<Kept>) -> Option<String> {
    match rotated? {
        Kept::Replaced => None,
        Kept::Beside(place) => Some(format!(
            "{NAME} replaces its Token at each sign-in: the one in {place} is used up, its successor is kept sealed in this workspace and used from here only"
        )),
        Kept::Lost(why) => Some(format!(
            "{NAME} has replaced its Token, and the new one could not be kept ({why}): the next sign-in will be refused, have the app authorised again"
        )),
    }
}

/// Department names, where they are the values of a mapped field.
fn declared_departments(mapper: &Mapper) -> Vec<SourceValue> {
    let is_named = |origin: &Origin| *origin == Origin::PrimaryDepartment;
    let named = mapper.map.iter().filter(|(_, origin)| is_named(origin));
    let kinds: Vec<ListKey> = named.filter_map(|(field, _)| field.list()).collect();
    // Of two departments of one name, one value.
    let names: BTreeSet<&String> = mapper.departments.names.values().filter(|name| !name.trim().is_empty()).collect();
    names
        .into_iter()
        .flat_map(|name| kinds.iter().map(|kind| SourceValue { list: *kind, value: name.clone(), declared: true }))
        .collect()
}

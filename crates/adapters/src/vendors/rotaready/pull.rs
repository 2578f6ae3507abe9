//! A pull: everybody whom the list shows, whether active or not.
//!
//! One account that cannot be read is sent as such ([`Employee::unreadable`]) and the pull goes on. Rotaready's own account is
//! kept apart and named.

use super::NAME;
use super::client::{PAGE, PAGES_MAX, Rotaready, forbidden};
use super::entities::{DEPARTMENT, SITE};
use super::fields::Origin;
use super::map::{Mapper, MappingWarnings};
use super::members::Member;
use super::wire::{Read, Record};
use crate::domain::ids::EmployeeId;
use crate::domain::mapping::SourceValue;
use crate::domain::person::Employee;
use crate::domain::run::Cursor;
use crate::domain::snapshot::SourceFacts;
use crate::ports::api::ApiError;
use crate::ports::source::SourceRecord;
use crate::vendors::changes::Since;
use crate::vendors::paging::{Walk, Walks};
use crate::vendors::rows::{self, Fault, RawRow, Tally, hand_over};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use tokio::sync::mpsc;

pub(super) const STAFF: &str = "staff accounts";

/// One pull.
struct Pull<'a> {
    mapper: &'a Mapper,
    out: &'a mpsc::Sender<SourceRecord>,
    sent: HashSet<i64>,
    odd: MappingWarnings,
    tally: Tally,
    /// People who are not Rotaready's own account; of how many it is told where or as what they work.
    people: u64,
    appointed: u64,
    /// Rotaready's own, by User ID.
    built_in: BTreeSet<i64>,
    in_scope: u64,
    /// Members that anybody has; of the active ones, and custom ones.
    seen: BTreeSet<Member>,
    custom_seen: BTreeSet<String>,
    since: Since,
    /// Who is sent whether changed or not.
    again: HashSet<EmployeeId>,
}

/// The list, walked to its end.
#[derive(Default)]
struct Walked {
    ids: HashSet<i64>,
    /// Accounts without an id that can be read, by their places.
    nameless: Vec<(String, Vec<Fault>)>,
}

/// Reads everybody.
pub async fn run(client: &Rotaready, out: &mpsc::Sender<SourceRecord>) -> Result<SourceFacts, ApiError> {
    client.check_realm()?;
    let since = Since::ever(client.clock.now());
    let mapper = client.new_mapper().await?;
    let mut pull = Pull::new(&mapper, out, since);
    let (walk, walked) = pull.read(client).await?;
    let cursor = pull.next(client, &walked)?;
    Ok(SourceFacts { cursor, ..pull.facts(client, &walk, walked) })
}

/// Sends whoever has changed. The list is read whole all the same: no filter by time is known.
///
/// # Errors
/// [`ApiError::Unsupported`] where accounts do not tell when they were changed, where one of the list is nobody's that can be
/// read, and where a site, department or position is called otherwise than at the cursor; any other of a pull.
pub async fn changed(
    client: &Rotaready,
    cursor: &Cursor,
    again: &[EmployeeId],
    out: &mpsc::Sender<SourceRecord>,
) -> Result<Cursor, ApiError> {
    client.check_realm()?;
    let mut since = Since::of(cursor, client.clock.now())?;
    let mapper = client.new_mapper().await?;
    since.depends_on(0, &mapper.context())?;
    let mut pull = Pull { again: again.iter().cloned().collect(), ..Pull::new(&mapper, out, since) };
    let (_, walked) = pull.read(client).await?;
    pull.next(client, &walked)?.ok_or(ApiError::Unsupported { what: "what has changed" })
}

/// The account of a person who was asked for alone.
///
/// # Errors
/// [`ApiError::Unsupported`] where it can only be understood among all: it cannot be read, or shows no appointment, which may
/// be the right that is missing.
pub(super) fn alone(mapper: &Mapper, id: &EmployeeId, raw: &RawRow) -> Result<SourceRecord, ApiError> {
    let unsupported = ApiError::Unsupported { what: "this person's record alone" };
    let Read { record, faults } = Read::of(raw, &mapper.members, &mapper.custom);
    let record = record.filter(|record| record.id.to_string() == id.as_str() && record.has_appointment());
    let Some(record) = record else { return Err(unsupported) };
    let in_scope = mapper.in_scope(&record, &faults) && !Mapper::is_built_in(&record);
    let employee = mapper.employee(&record, faults, &mut MappingWarnings::default());
    if employee.unreadable.is_some() {
        return Err(unsupported);
    }
    Ok(SourceRecord { employee, raw: record.raw(&mapper.members), out_of_scope: !in_scope })
}

impl<'a> Pull<'a> {
    fn new(mapper: &'a Mapper, out: &'a mpsc::Sender<SourceRecord>, since: Since) -> Self {
        Self {
            mapper,
            out,
            sent: HashSet::new(),
            odd: MappingWarnings::default(),
            tally: Tally::default(),
            people: 0,
            appointed: 0,
            built_in: BTreeSet::new(),
            in_scope: 0,
            seen: BTreeSet::new(),
            custom_seen: BTreeSet::new(),
            since,
            again: HashSet::new(),
        }
    }

    /// The cursor of the next time; `None` where accounts tell no times, or one of them is nobody's that can be read.
    fn next(&mut self, client: &Rotaready, walked: &Walked) -> Result<Option<Cursor>, ApiError> {
        if !self.since.is_told() || !walked.nameless.is_empty() {
            return Ok(None);
        }
        self.since.depends_on(0, &self.mapper.context())?;
        Ok(self.since.next(client.clock.now()))
    }

    /// Reads the list, and checks what can be told of it at its end.
    async fn read(&mut self, client: &Rotaready) -> Result<(Walk, Walked), ApiError> {
        let (walk, mut walked) = self.list(client).await?;
        walked.nameless.truncate(usize::try_from(walk.rows()).unwrap_or(usize::MAX).saturating_sub(walked.ids.len()));
        for (place, faults) in &walked.nameless {
            let employee = rows::nameless(place, faults);
            self.tally.record(employee.unreadable.as_ref());
            self.send(employee, Value::Null, true).await?;
        }
        if self.people > 0 && self.appointed == 0 {
            let detail = format!("none of {} accounts shows its `appointment`", self.people);
            return Err(forbidden(&detail));
        }
        self.tally.check(NAME, STAFF)?;
        Ok((walk, walked))
    }

    async fn list(&mut self, client: &Rotaready) -> Result<(Walk, Walked), ApiError> {
        let mut walked = Walked::default();
        let mut walks = Walks::new(PAGE, PAGES_MAX).ended_by_a_short_page();
        while let Some(number) = walks.next_page(NAME, STAFF)? {
            if number == 1 {
                walked = Walked::default();
            }
            let rows = client.page(number, PAGE).await?.unwrap_or_default();
            let (ids, nameless) = self.take(number, &rows, &mut walked).await?;
            walks.page_with(&ids, nameless, None);
        }
        Ok((walks.into_walk(), walked))
    }

    /// Sends the accounts of a page; their ids, and how many have none.
    async fn take(&mut self, page: u32, rows: &[RawRow], walked: &mut Walked) -> Result<(Vec<i64>, usize), ApiError> {
        let (mut ids, mut nameless) = (Vec::new(), 0);
        for (place, raw) in (1..).zip(rows) {
            let Read { record, faults } = Read::of(raw, &self.mapper.members, &self.mapper.custom);
            let Some(record) = record else {
                nameless += 1;
                walked.nameless.push((format!("{STAFF}, page {page}, row {place}"), faults));
                continue;
            };
            ids.push(record.id);
            if self.sent.insert(record.id) {
                self.person(&record, faults).await?;
            }
        }
        walked.ids.extend(ids.iter().copied());
        Ok((ids, nameless))
    }

    async fn person(&mut self, record: &Record, faults: Vec<Fault>) -> Result<(), ApiError> {
        let in_scope = self.mapper.in_scope(record, &faults);
        let raw = record.raw(&self.mapper.members);
        let has_changed = self.since.takes(record.text(Member::Modified));
        let is_wanted = has_changed || self.again.contains(&EmployeeId::new(record.id.to_string()));
        if Mapper::is_built_in(record) {
            self.built_in.insert(record.id);
            let employee = self.mapper.employee(record, faults, &mut MappingWarnings::default());
            return if is_wanted { self.send(employee, raw, false).await } else { Ok(()) };
        }
        self.people += 1;
        self.appointed += u64::from(record.has_appointment() || !faults.is_empty());
        self.in_scope += u64::from(in_scope);
        self.custom_seen.extend(record.custom.keys().cloned());
        if record.active != Some(false) {
            self.look_at(record);
        }
        let is_read = faults.is_empty();
        let employee = self.mapper.employee(record, faults, &mut self.odd);
        // Who waits for approval can be read.
        let at_fault = employee.unreadable.as_ref().filter(|_| !is_read || !self.mapper.is_unapproved(record));
        self.tally.record(at_fault);
        if is_wanted { self.send(employee, raw, in_scope).await } else { Ok(()) }
    }

    /// Notes which members active people have.
    fn look_at(&mut self, record: &Record) {
        self.seen.extend(record.texts.keys().copied());
        let named = [
            (Member::Entity, &record.entity),
            (Member::Department, &record.department),
            (Member::Position, &record.position),
        ];
        self.seen.extend(named.into_iter().filter(|(_, named)| !named.is_empty()).map(|(member, _)| member));
    }

    async fn send(&self, employee: Employee, raw: Value, in_scope: bool) -> Result<(), ApiError> {
        hand_over(NAME, self.out, SourceRecord { employee, raw, out_of_scope: !in_scope }).await
    }

    fn facts(&self, client: &Rotaready, walk: &Walk, walked: Walked) -> SourceFacts {
        let nameless: Vec<String> = walked.nameless.into_iter().map(|(place, _)| place).collect();
        // Who was seen in a first walk only was sent all the same.
        let gone = self.sent.difference(&walked.ids).count() as u64;
        SourceFacts {
            account: format!("realm {}", client.realm),
            account_id: client.realm.clone(),
            declared_total: walk.declared() + gone,
            received: (self.sent.len() + nameless.len()) as u64,
            warnings: self.warnings(),
            values: declared(self.mapper),
            nameless,
            ..SourceFacts::default()
        }
    }

    fn warnings(&self) -> Vec<String> {
        let mapper = self.mapper;
        let mut warnings = Vec::new();
        for id in &self.built_in {
            warnings.push(format!("account {id} is {NAME}'s own and left out"));
        }
        for wanted in mapper.wanted.iter().filter(|wanted| mapper.entities.len() > 0 && !mapper.entities.knows(wanted))
        {
            warnings.push(format!("no site or department in {NAME} is `{wanted}` of the filter"));
        }
        if self.people > 0 && self.in_scope == 0 {
            warnings.push(format!("nobody of {} people is of the sites and departments of the filter", self.people));
        }
        warnings.extend(mapper.entities.missing.clone());
        warnings.extend(mapper.positions.missing.clone());
        if self.odd.coded_places > 0 {
            let count = self.odd.coded_places;
            warnings.push(format!("a site or department is known by its id only ({count} times): its name is nowhere"));
        }
        if self.odd.nameless_positions > 0 {
            let count = self.odd.nameless_positions;
            warnings.push(format!("the position of {count} people has no name: they have no job title"));
        }
        if self.odd.unapproved > 0 {
            let count = self.odd.unapproved;
            warnings.push(format!("{count} people have neither site nor position: new joiners who wait for approval?"));
        }
        warnings.extend(same_departments(mapper));
        warnings.extend(self.empty_members());
        warnings
    }

    /// Members that are read and that nobody has: they may be called otherwise in this realm.
    fn empty_members(&self) -> Vec<String> {
        let mapper = self.mapper;
        let feeds = |wanted: &Origin| mapper.map.iter().any(|(_, origin)| origin == wanted);
        let mut expected = vec![Member::Email, Member::DateOfBirth, Member::StartDate];
        expected.extend(feeds(&Origin::Position).then_some(Member::Position));
        let mut empty: Vec<&str> = Vec::new();
        for member in expected.iter().filter(|member| self.people > 0 && !self.seen.contains(*member)) {
            empty.push(mapper.members.path(*member));
        }
        empty.extend(mapper.custom.iter().filter(|path| !self.custom_seen.contains(*path)).map(String::as_str));
        empty
            .into_iter()
            .map(|path| format!("nobody has `{path}`: if {NAME} calls it otherwise, the setting Members says how"))
            .collect()
    }
}

/// Departments of one name at several sites, where departments are branches: whoever works there would be of one branch.
fn same_departments(mapper: &Mapper) -> Option<String> {
    let is_fed = mapper
        .map
        .iter()
        .any(|(field, origin)| field == crate::domain::field::Field::Branch && *origin == Origin::Department);
    let mut sites: BTreeMap<&str, u32> = BTreeMap::new();
    for (_, department) in mapper.entities.departments().filter(|_| is_fed) {
        *sites.entry(department).or_default() += 1;
    }
    let (name, count) = sites.into_iter().find(|(_, count)| *count > 1)?;
    Some(format!(
        "`{name}` is a department of {count} sites, and all are one branch: `site_department` in the field map keeps them apart"
    ))
}

/// What the lists offer for mapped fields.
fn declared(mapper: &Mapper) -> Vec<SourceValue> {
    let mut values: HashMap<_, BTreeSet<String>> = HashMap::new();
    for (field, origin) in mapper.map.iter() {
        let Some(list) = field.list() else { continue };
        let names = match origin {
            Origin::Site => mapper.entities.names(Some(SITE)),
            Origin::Department => mapper.entities.names(Some(DEPARTMENT)),
            Origin::Position => mapper.positions.names(None),
            _ => continue,
        };
        values.entry(list).or_default().extend(names.into_iter().map(str::to_owned));
    }
    let declared = |(list, names): (_, BTreeSet<String>)| {
        names.into_iter().map(move |value| SourceValue { list, value, declared: true })
    };
    values.into_iter().flat_map(declared).collect()
}

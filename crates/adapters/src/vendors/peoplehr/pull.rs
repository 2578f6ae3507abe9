//! A pull: everybody, leavers too, by pages or in one piece.
//!
//! One record that cannot be read is sent as such ([`Employee::unreadable`]) and the pull goes on. A manager who is named by
//! e-mail only is found among everybody, so whoever has such a one is sent last.

use super::NAME;
use super::client::{Asked, PAGE, PAGES_MAX, PeopleHr, Rows};
use super::fields;
use super::map::{Mapper, is_same};
use super::wire::{Company, Read, Record};
use crate::domain::ids::EmployeeId;
use crate::domain::person::Employee;
use crate::domain::snapshot::SourceFacts;
use crate::ports::api::ApiError;
use crate::ports::source::SourceRecord;
use crate::vendors::paging::{Walk, Walks};
use crate::vendors::rows::{self, Fault, RawRow, Tally, hand_over};
use serde_json::Value;
use std::collections::{BTreeSet, HashMap, HashSet};
use tokio::sync::mpsc;

const EMPLOYEES: &str = "employees";

/// One pull.
struct Pull<'a> {
    mapper: &'a Mapper,
    custom: BTreeSet<&'static str>,
    out: &'a mpsc::Sender<SourceRecord>,
    sent: HashSet<String>,
    /// Whose address it is, in small letters; `None` where it is several people's.
    mails: HashMap<String, Option<EmployeeId>>,
    /// Those whose manager is named by e-mail only, and that address.
    waiting: Vec<(SourceRecord, String)>,
    unfound_managers: u64,
    tally: Tally,
    /// Whether anybody is of the company of the filter.
    company_seen: bool,
    custom_seen: BTreeSet<String>,
}

/// The list, walked to its end.
#[derive(Default)]
struct Walked {
    ids: HashSet<String>,
    /// Rows without an id that can be read, by their places.
    nameless: Vec<(String, Vec<Fault>)>,
}

/// Reads everybody.
pub async fn run(client: &PeopleHr, out: &mpsc::Sender<SourceRecord>) -> Result<SourceFacts, ApiError> {
    let company = client.company().await?;
    let mut pull = Pull {
        mapper: &client.mapper,
        custom: fields::mapped_columns(&client.mapper.map),
        out,
        sent: HashSet::new(),
        mails: HashMap::new(),
        waiting: Vec::new(),
        unfound_managers: 0,
        tally: Tally::default(),
        company_seen: false,
        custom_seen: BTreeSet::new(),
    };
    let (walk, mut walked) = pull.list(client).await?;
    walked.nameless.truncate(usize::try_from(walk.rows()).unwrap_or(usize::MAX).saturating_sub(walked.ids.len()));
    for (place, faults) in &walked.nameless {
        pull.send(rows::nameless(place, faults), Value::Null, true).await?;
    }
    pull.send_waiting().await?;
    pull.tally.check(NAME, EMPLOYEES)?;
    Ok(pull.facts(company.as_ref(), &walk, walked))
}

/// The record of a person who was asked for alone.
///
/// # Errors
/// [`ApiError::Unsupported`] where the record can only be understood among all: it cannot be read, or its manager is named by
/// e-mail only.
pub(super) fn alone(mapper: &Mapper, id: &EmployeeId, raw: &RawRow) -> Result<SourceRecord, ApiError> {
    let Read { record, faults } = Read::of(raw, &fields::mapped_columns(&mapper.map));
    let record = record.filter(|record| record.employee_id.as_deref() == Some(id.as_str()));
    let record = record.ok_or(ApiError::Unsupported { what: "this person's record alone" })?;
    let in_scope = mapper.in_scope(&record, &faults);
    let employee = mapper.employee(&record, faults);
    if employee.unreadable.is_some() || (employee.manager_id.is_none() && record.reports_to_email_address.is_some()) {
        return Err(ApiError::Unsupported { what: "this person's record alone" });
    }
    let raw = serde_json::to_value(&record).unwrap_or_default();
    Ok(SourceRecord { employee, raw, out_of_scope: !in_scope })
}

impl Pull<'_> {
    async fn list(&mut self, client: &PeopleHr) -> Result<(Walk<String>, Walked), ApiError> {
        let mut walked = Walked::default();
        let mut walks = Walks::new(PAGE, PAGES_MAX);
        let mut begun = false;
        while let Some(offset) = walks.next(NAME, EMPLOYEES)? {
            if offset == 0 {
                walked = Walked::default();
            }
            let page = match client.page(offset, PAGE).await? {
                Asked::Given(page) => page,
                Asked::Denied(_) if !begun => {
                    let everybody = client.everybody().await?;
                    let mut walk = Walk::default();
                    let (ids, nameless) = self.take(0, &everybody, &mut walked).await?;
                    walk.page_with(&ids, nameless, everybody.total);
                    return Ok((walk, walked));
                }
                Asked::Denied(error) => return Err(error),
            };
            begun = true;
            let (ids, nameless) = self.take(offset, &page, &mut walked).await?;
            walks.page_with(&ids, nameless, page.total);
        }
        Ok((walks.into_walk(), walked))
    }

    /// Sends the rows of a page; their ids, and how many have none.
    async fn take(
        &mut self,
        offset: usize,
        page: &Rows,
        walked: &mut Walked,
    ) -> Result<(Vec<String>, usize), ApiError> {
        let (mut ids, mut nameless) = (Vec::new(), 0);
        let read: Vec<Read> = page.rows.iter().map(|raw| Read::of(raw, &self.custom)).collect();
        let mut shared = shared_ids(&read);
        for (place, Read { record, faults }) in (offset + 1..).zip(read) {
            let Some((id, record)) = record.and_then(|record| Some((record.employee_id.clone()?, record))) else {
                nameless += 1;
                walked.nameless.push((format!("{EMPLOYEES}, row {place}"), faults));
                continue;
            };
            // Each stands apart under the one identifier, so that the planner holds them beside each other (case 15). The first keeps
            // the id: whoever is linked under it must not count as missing.
            let apart = shared.get_mut(&id).and_then(|count| {
                *count += 1;
                (*count > 1).then(|| format!("{id} (record {count})"))
            });
            let key = apart.clone().unwrap_or(id);
            ids.push(key.clone());
            if self.sent.insert(key) {
                self.person(&record, apart, faults).await?;
            }
        }
        walked.ids.extend(ids.iter().cloned());
        Ok((ids, nameless))
    }

    /// Sends a person, under another id than that of the record where `apart` names one.
    async fn person(&mut self, record: &Record, apart: Option<String>, faults: Vec<Fault>) -> Result<(), ApiError> {
        let in_scope = self.mapper.in_scope(record, &faults);
        if let (Some(own), Some(wanted)) = (&record.company, &self.mapper.company) {
            self.company_seen |= is_same(own, wanted);
        }
        self.custom_seen.extend(record.custom.keys().cloned());
        let mut employee = self.mapper.employee(record, faults);
        if let Some(apart) = apart {
            employee.id = EmployeeId::new(apart);
        }
        if let Some(mail) = &record.email_id {
            self.mails
                .entry(mail.to_lowercase())
                .and_modify(|owner| *owner = None)
                .or_insert_with(|| Some(employee.id.clone()));
        }
        let raw = serde_json::to_value(record).unwrap_or_default();
        match record.reports_to_email_address.as_ref().filter(|_| employee.manager_id.is_none()) {
            Some(manager) => {
                let record = SourceRecord { employee, raw, out_of_scope: !in_scope };
                self.waiting.push((record, manager.to_lowercase()));
                Ok(())
            }
            None => self.send(employee, raw, in_scope).await,
        }
    }

    async fn send_waiting(&mut self) -> Result<(), ApiError> {
        for (mut record, mail) in std::mem::take(&mut self.waiting) {
            record.employee.manager_id = self.mails.get(&mail).cloned().flatten();
            self.unfound_managers += u64::from(record.employee.manager_id.is_none());
            self.send(record.employee, record.raw, !record.out_of_scope).await?;
        }
        Ok(())
    }

    async fn send(&mut self, employee: Employee, raw: Value, in_scope: bool) -> Result<(), ApiError> {
        self.tally.record(employee.unreadable.as_ref());
        hand_over(NAME, self.out, SourceRecord { employee, raw, out_of_scope: !in_scope }).await
    }

    fn facts(&self, company: Option<&(String, Company)>, walk: &Walk<String>, walked: Walked) -> SourceFacts {
        let nameless: Vec<String> = walked.nameless.into_iter().map(|(place, _)| place).collect();
        // Who was seen in a first walk only was sent all the same.
        let gone = self.sent.difference(&walked.ids).count() as u64;
        SourceFacts {
            account: company.map_or_else(|| "not told".to_owned(), account),
            account_id: company.map(|(id, _)| id.clone()).unwrap_or_default(),
            declared_total: walk.declared() + gone,
            received: (self.sent.len() + nameless.len()) as u64,
            warnings: self.warnings(company.is_some()),
            nameless,
            ..SourceFacts::default()
        }
    }

    fn warnings(&self, company_told: bool) -> Vec<String> {
        let mut warnings = Vec::new();
        if !company_told {
            warnings.push(format!("{NAME} does not tell whose company the key is: {TELL}"));
        }
        if let Some(company) = self.mapper.company.as_deref().filter(|_| !self.company_seen) {
            warnings.push(format!("nobody in {NAME} is of the company `{company}` of the source filter"));
        }
        for name in self.custom.iter().filter(|name| !self.custom_seen.contains(**name)) {
            warnings.push(format!("`{name}` is mapped, but empty for everybody in {NAME}"));
        }
        if self.unfound_managers > 0 {
            let count = self.unfound_managers;
            warnings.push(format!(
                "the manager of {count} is named by an e-mail address that is nobody's, or several people's"
            ));
        }
        warnings
    }
}

/// Ids of one page that stand on records which are not the same, so that nobody knows whom they mean; each with the records counted so
/// far. A record that only repeats itself is one, and on a later page it may have been edited meanwhile.
fn shared_ids(page: &[Read]) -> HashMap<String, u32> {
    let mut first: HashMap<&str, &Record> = HashMap::new();
    let mut shared = HashMap::new();
    for record in page.iter().filter_map(|read| read.record.as_ref()) {
        let Some(id) = record.employee_id.as_deref() else { continue };
        if *first.entry(id).or_insert(record) != record {
            shared.insert(id.to_owned(), 0);
        }
    }
    shared
}

/// What makes it tell.
pub(super) const TELL: &str = "tick `Get Company Information` for it, or a key of another company goes unnoticed";

/// `Harbour Kitchens Ltd, company 4411`.
pub(super) fn account((id, company): &(String, Company)) -> String {
    match company.name() {
        Some(name) => format!("{name}, company {id}"),
        None => format!("company {id}"),
    }
}

//! From employees of the assumed contract to canonical ones. Pure.

use super::client::Account;
use super::fields::{FieldMap, Origin};
use super::wire::{Named, Record};
use crate::domain::ids::{EmployeeId, Identifier};
use crate::domain::mapping::SourceValue;
use crate::domain::person::{Employee, EmploymentStatus, Person, Unreadable};
use crate::vendors::rows::{self, Fault, RawRow, date};
use std::collections::{BTreeMap, BTreeSet};

/// What ties people to their users, unless the OS ID does.
const EXTERNAL_ID: &str = "externalId";

/// A list of what employees refer to.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    entries: Vec<Named>,
    by_key: BTreeMap<String, usize>,
    by_feed: BTreeMap<String, usize>,
    /// Why there is none, in words; then names are those in the records.
    pub missing: Option<String>,
}

impl Catalogue {
    /// Reads the rows of a list; one that cannot be read names nothing.
    pub fn of(listed: &[RawRow]) -> Self {
        let mut catalogue = Self::default();
        for entry in listed.iter().filter_map(|raw| rows::read::<Named>(raw).record) {
            let at = catalogue.entries.len();
            catalogue.by_key.extend(entry.key().map(|key| (key, at)));
            catalogue.by_feed.extend(entry.feed().map(|feed| (feed, at)));
            catalogue.entries.push(entry);
        }
        catalogue
    }

    /// A list that there is not.
    pub fn missing(why: &str) -> Self {
        Self { missing: Some(why.to_owned()), ..Self::default() }
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Feed ID and name of the first entries, for people: what is mapped is the Feed ID.
    pub fn shown(&self, most: usize) -> String {
        let feed = |entry: &Named| entry.feed().unwrap_or_else(|| "no Feed ID:".to_owned());
        let label = |entry: &Named| format!("{} {}", feed(entry), entry.name().unwrap_or("(no name)"));
        let more = if self.entries.len() > most { ", …" } else { "" };
        format!("{}{more}", self.entries.iter().take(most).map(label).collect::<Vec<_>>().join(", "))
    }

    /// The entry that a record means.
    fn entry(&self, named: &Named) -> Option<&Named> {
        let by_key = named.key().and_then(|key| self.by_key.get(&key));
        let at = by_key.or_else(|| self.by_feed.get(&named.feed()?))?;
        self.entries.get(*at)
    }

    /// All of it as one text, the same whenever the list is.
    fn context(&self) -> String {
        let text = |entry: &Named| format!("{:?} {:?} {:?}", entry.key(), entry.feed(), entry.name);
        let entries: BTreeSet<String> = self.entries.iter().map(text).collect();
        format!("{entries:?} {}", self.missing.is_some())
    }

    fn values(&self, of: impl Fn(&Named) -> Option<String>) -> BTreeSet<String> {
        self.entries.iter().filter_map(of).collect()
    }
}

/// What is needed to read an employee.
#[derive(Debug, Clone)]
pub struct Mapper {
    pub(super) account: Account,
    pub map: FieldMap,
    pub units: Catalogue,
    pub job_titles: Catalogue,
    pub departments: Catalogue,
    pub profiles: Catalogue,
    /// The OS ID is the identifier, not the External ID.
    pub by_os_id: bool,
    /// Only people of these departments are in scope; empty takes all.
    pub wanted: BTreeSet<String>,
}

/// What was odd about records, counted for the warnings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MappingWarnings {
    /// People whose business unit has no Feed ID.
    pub without_feed: u64,
    pub without_external_id: u64,
}

impl Mapper {
    /// The employee whom a record tells of; `faults` are what could not be read of it so far.
    pub fn employee(&self, record: &Record, mut faults: Vec<Fault>, odd: &mut MappingWarnings) -> Employee {
        let mut day = |member, text: &Option<String>| date(member, text.as_deref(), &mut faults);
        let mut person = Person {
            first_name: record.first_name.clone(),
            last_name: record.last_name.clone(),
            email: record.email.clone(),
            phone: record.phone.clone(),
            start_date: day("startDate", &record.start_date),
            end_date: day("endDate", &record.end_date),
            ..Person::default()
        };
        for (field, origin) in self.map.iter() {
            let value = self.value(record, *origin, odd);
            if let Err(error) = person.set(field, value.as_deref()) {
                tracing::warn!(%error, "a mapped field is left out");
            }
        }
        let identifier = if self.by_os_id { Some(record.os_id.clone()) } else { record.external_id.clone() };
        let mut unreadable = rows::unreadable(&faults);
        if identifier.is_none() && unreadable.is_none() {
            odd.without_external_id += 1;
            unreadable = Some(Unreadable {
                member: EXTERNAL_ID.to_owned(),
                what: format!("`{EXTERNAL_ID}` is empty, and it is what ties people to their users"),
            });
        }
        Employee {
            id: EmployeeId::new(&record.os_id),
            identifier: Identifier::new(identifier.unwrap_or_default()),
            person,
            manager_id: None,
            status: status(record),
            unreadable,
        }
    }

    /// Whether somebody is held for want of an External ID alone: such a record can be read.
    pub fn lacks_external_id(employee: &Employee) -> bool {
        employee.identifier.as_str().is_empty()
            && employee
                .unreadable
                .as_ref()
                .is_some_and(|one| one.member == EXTERNAL_ID && one.what.contains("is empty"))
    }

    /// What records depend on beside their times: the names that the lists have.
    pub fn context(&self) -> String {
        let lists = [&self.units, &self.job_titles, &self.departments, &self.profiles];
        lists.map(Catalogue::context).join(" ")
    }

    /// Whether a person is in the source filter; somebody of whose department nobody can tell is.
    pub fn in_scope(&self, record: &Record, faults: &[Fault]) -> bool {
        let is_broken = |fault: &Fault| fault.member.as_deref().is_none_or(|member| member.starts_with("department"));
        if self.wanted.is_empty() || faults.iter().any(is_broken) {
            return true;
        }
        let department = record.department.as_ref().and_then(|named| self.name_in(&self.departments, named));
        department.is_some_and(|name| self.wanted.contains(name.trim()))
    }

    fn name_in(&self, list: &Catalogue, named: &Named) -> Option<String> {
        let listed = || list.entry(named)?.name().map(str::to_owned);
        named.name().map(str::to_owned).or_else(listed)
    }

    fn value(&self, record: &Record, origin: Origin, odd: &mut MappingWarnings) -> Option<String> {
        let unit = record.business_unit.as_ref();
        match origin {
            Origin::Unit => {
                let unit = unit?;
                let feed = unit.feed().or_else(|| self.units.entry(unit)?.feed());
                odd.without_feed += u64::from(feed.is_none());
                feed
            }
            Origin::UnitName => self.name_in(&self.units, unit?),
            Origin::UnitOsId => unit?.key().or_else(|| self.units.entry(unit?)?.key()),
            Origin::JobTitle => self.name_in(&self.job_titles, record.job_title.as_ref()?),
            Origin::Department => self.name_in(&self.departments, record.department.as_ref()?),
            Origin::UserProfile => record.user_profile.clone(),
            Origin::Nothing => None,
        }
    }

    /// What the lists offer for mapped fields.
    pub fn declared(&self) -> Vec<SourceValue> {
        let name = |list: &Catalogue| list.values(|entry| entry.name().map(str::to_owned));
        let mut values = Vec::new();
        for (field, origin) in self.map.iter() {
            let Some(list) = field.list() else { continue };
            let offered = match origin {
                Origin::Unit => self.units.values(Named::feed),
                Origin::UnitName => name(&self.units),
                Origin::UnitOsId => self.units.values(Named::key),
                Origin::JobTitle => name(&self.job_titles),
                Origin::Department => name(&self.departments),
                Origin::UserProfile => name(&self.profiles),
                Origin::Nothing => continue,
            };
            values.extend(offered.into_iter().map(|value| SourceValue { list, value, declared: true }));
        }
        values
    }
}

/// `Active` or `Inactive` (doc, of the list). Whoever has not started yet may be either: whoever is inactive is created on becoming
/// active, and the start date of the others decides.
fn status(record: &Record) -> EmploymentStatus {
    match record.status.as_deref() {
        Some("Active") => EmploymentStatus::Active,
        Some("Inactive") => EmploymentStatus::Ended,
        Some(word) => EmploymentStatus::Unclear(word.to_owned()),
        None => EmploymentStatus::Unclear("(none)".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fields;
    use super::super::wire::Text;
    use super::*;
    use crate::ports::connect::ConnectParts;
    use serde_json::json;

    fn catalogue(rows: serde_json::Value) -> Catalogue {
        Catalogue::of(&serde_json::from_str::<Vec<RawRow>>(&rows.to_string()).unwrap())
    }

    fn mapper(entries: &[(&str, &str)], wanted: &[&str], by_os_id: bool) -> Mapper {
        let field_map = entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Mapper {
            account: Account { id: "t".into(), name: "T".into() },
            map: fields::map_of(&ConnectParts { field_map, ..ConnectParts::default() }).unwrap(),
            units: catalogue(json!([
                {"osId": 311, "feedId": "BU-017", "name": "Brighton Marina"}, {"osId": 312, "feedId": null, "name": "Leeds"},
                {"osId": {}}, null, 5,
            ])),
            job_titles: catalogue(json!([{"id": 42, "name": "Team Member "}])),
            departments: catalogue(json!([{"id": 7, "name": "Front of House"}])),
            profiles: Catalogue::default(),
            by_os_id,
            wanted: wanted.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    fn number(id: i64) -> Named {
        Named { id: Some(Text::Number(id)), ..Named::default() }
    }

    fn unit(os_id: i64) -> Option<Named> {
        Some(Named { os_id: Some(Text::Number(os_id)), ..Named::default() })
    }

    fn record(own: impl FnOnce(&mut Record)) -> Record {
        let mut record = Record {
            os_id: "6f0f-1".into(),
            external_id: Some("EXT-1".into()),
            first_name: Some("Leila".into()),
            status: Some("Active".into()),
            business_unit: unit(311),
            job_title: Some(number(42)),
            department: Some(number(7)),
            start_date: Some("2026-12-01".into()),
            ..Record::default()
        };
        own(&mut record);
        record
    }

    fn employee(mapper: &Mapper, record: &Record) -> Employee {
        mapper.employee(record, Vec::new(), &mut MappingWarnings::default())
    }

    #[test]
    fn an_employee_is_known_by_the_os_id_and_tied_by_the_external_id() {
        let one = employee(&mapper(&[], &[], false), &record(|_| ()));
        assert_eq!((one.id.as_str(), one.identifier.as_str()), ("6f0f-1", "EXT-1"));
        let person = &one.person;
        assert_eq!(
            (person.branch.as_deref(), person.job_title.as_deref(), person.department.as_deref()),
            (Some("BU-017"), Some("Team Member "), Some("Front of House")),
            "by the lists, to the letter"
        );
        assert_eq!(person.start_date, Some(jiff::civil::date(2026, 12, 1)));
        let nobody = record(|record| record.external_id = None);
        let held = employee(&mapper(&[], &[], false), &nobody);
        assert!(Mapper::lacks_external_id(&held) && held.unreadable.unwrap().member == "externalId");
        let by_os_id = employee(&mapper(&[], &[], true), &nobody);
        assert_eq!((by_os_id.identifier.as_str(), by_os_id.unreadable), ("6f0f-1", None));
    }

    #[test]
    fn a_branch_is_the_feed_id_or_the_name_or_the_os_id_of_the_unit() {
        let branch = |from: &str, unit: Option<Named>| {
            employee(&mapper(&[("branch", from)], &[], false), &record(|record| record.business_unit = unit))
                .person
                .branch
        };
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(branch("branch", unit(311)), text("BU-017"));
        assert_eq!(branch("business_unit_name", unit(311)), text("Brighton Marina"));
        assert_eq!(branch("business_unit_os_id", unit(311)), text("311"));
        let by_feed = Named { feed_id: Some(Text::Text("BU-017".into())), ..Named::default() };
        assert_eq!(branch("business_unit_name", Some(by_feed.clone())), text("Brighton Marina"));
        assert_eq!(branch("business_unit_os_id", Some(by_feed)), text("311"));
        assert_eq!(
            (branch("branch", unit(312)), branch("branch", unit(999)), branch("branch", None)),
            (None, None, None)
        );
        let mut odd = MappingWarnings::default();
        mapper(&[], &[], false).employee(&record(|record| record.business_unit = unit(312)), Vec::new(), &mut odd);
        assert_eq!(odd.without_feed, 1);
    }

    #[test]
    fn active_and_inactive_are_the_only_words() {
        let of = |word: Option<&str>| {
            employee(&mapper(&[], &[], false), &record(|record| record.status = word.map(str::to_owned))).status
        };
        assert_eq!((of(Some("Active")), of(Some("Inactive"))), (EmploymentStatus::Active, EmploymentStatus::Ended));
        for word in ["active", "Not started yet", "Employed", "Deleted"] {
            assert_eq!(of(Some(word)), EmploymentStatus::Unclear(word.to_owned()));
        }
        assert_eq!(of(None), EmploymentStatus::Unclear("(none)".into()));
    }

    #[test]
    fn days_that_are_none_hold_and_the_filter_takes_whoever_may_be_meant() {
        let odd =
            record(|record| (record.start_date, record.end_date) = (Some("04/11/2024".into()), Some("soon".into())));
        let what = employee(&mapper(&[], &[], false), &odd).unreadable.unwrap().what;
        assert_eq!(what, "`startDate` holds a text that is no date, `endDate` holds a text that is no date");
        let (finance, house) = (mapper(&[], &["Finance"], false), mapper(&[], &["Front of House"], false));
        assert!(house.in_scope(&record(|_| ()), &[]) && !finance.in_scope(&record(|_| ()), &[]));
        let broken = [Fault { member: Some("department.name".into()), what: "holds a number" }];
        assert!(finance.in_scope(&record(|record| record.department = None), &broken));
        assert!(!finance.in_scope(&record(|record| record.department = None), &[]));
    }

    #[test]
    fn what_the_lists_offer_can_be_mapped_and_a_new_name_changes_the_context() {
        let one = mapper(&[], &[], false);
        let values: Vec<String> = one.declared().into_iter().map(|value| value.value).collect();
        assert_eq!(values, ["Team Member ", "BU-017", "Front of House"]);
        let mut other = one.clone();
        other.units = catalogue(json!([{"osId": 311, "feedId": "BU-017", "name": "Marina"}]));
        assert_ne!(one.context(), other.context());
        assert_eq!(one.context(), one.clone().context());
        assert_eq!(one.units.shown(2), "BU-017 Brighton Marina, no Feed ID: Leeds, …");
    }
}

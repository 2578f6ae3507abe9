//! From Rotaready's accounts to canonical employees. Pure.

use super::entities::{Catalogue, Place, Places};
use super::fields::{FieldMap, Origin};
use super::members::{Member, Members};
use super::wire::Record;
use crate::domain::ids::{EmployeeId, Identifier};
use crate::domain::person::{Employee, EmploymentStatus, Person, Unreadable};
use crate::vendors::rows::{self, Fault, date};
use jiff::civil::Date;
use std::collections::BTreeSet;

/// First name of the account that Rotaready itself has in each realm (client).
const BUILT_IN: &str = "Rotaready";

/// What is needed to read an account.
#[derive(Debug, Clone)]
pub struct Mapper {
    pub members: Members,
    pub map: FieldMap,
    /// The mapped custom members.
    pub custom: BTreeSet<String>,
    pub entities: Catalogue,
    pub positions: Catalogue,
    /// Only people of these sites and departments are in scope; empty takes all.
    pub wanted: BTreeSet<String>,
    /// The same by department names alone, as the settings say.
    pub departments: BTreeSet<String>,
    pub today: Date,
}

/// What was odd about accounts, counted for the warnings.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MappingWarnings {
    pub coded_places: u64,
    pub nameless_positions: u64,
    pub unapproved: u64,
}

impl Mapper {
    /// The employee whom an account tells of; `faults` are what could not be read of it so far.
    pub fn employee(&self, record: &Record, mut faults: Vec<Fault>, odd: &mut MappingWarnings) -> Employee {
        let places = self.entities.places(record);
        let text = |member| record.text(member).map(str::to_owned);
        let mut day = |member| date(self.members.path(member), record.text(member), &mut faults);
        let mut person = Person {
            first_name: text(Member::FirstName),
            last_name: text(Member::LastName),
            known_as: text(Member::KnownAs),
            email: text(Member::Email),
            phone: text(Member::Mobile),
            date_of_birth: day(Member::DateOfBirth),
            start_date: day(Member::StartDate),
            end_date: day(Member::EndDate),
            ..Person::default()
        };
        if record.active == Some(false) {
            // Accounts are switched off once the last day is over (doc): an end that is ahead is that of the next employment.
            person.end_date = person.end_date.filter(|end| *end < self.today);
        }
        for (field, origin) in self.map.iter() {
            let value = self.value(record, &places, origin, &mut faults, odd);
            if let Err(error) = person.set(field, value.as_deref()) {
                tracing::warn!(%error, "a mapped field is left out");
            }
        }
        let mut employee = Employee {
            id: EmployeeId::new(record.id.to_string()),
            identifier: Identifier::new(record.id.to_string()),
            person,
            manager_id: text(Member::Manager).map(EmployeeId::new),
            status: match record.active {
                Some(true) => EmploymentStatus::Active,
                Some(false) => EmploymentStatus::Ended,
                None => EmploymentStatus::Unclear("(none)".to_owned()),
            },
            unreadable: rows::unreadable(&faults),
        };
        if employee.unreadable.is_none() && self.is_unapproved(record) {
            odd.unapproved += 1;
            employee.unreadable = Some(Unreadable {
                member: "appointment".to_owned(),
                what: "it names neither site nor position, as of a new joiner who waits for approval".to_owned(),
            });
        }
        employee
    }

    /// What accounts depend on beside themselves: names that stand in the lists only.
    pub fn context(&self) -> String {
        format!("{} {}", self.entities.context(), self.positions.context())
    }

    /// Whether it is Rotaready's own account, not somebody's.
    pub fn is_built_in(record: &Record) -> bool {
        record.text(Member::FirstName) == Some(BUILT_IN)
    }

    /// Whether nobody has given the account a place to work yet; how the list marks such people is unknown (inferred).
    pub fn is_unapproved(&self, record: &Record) -> bool {
        record.active != Some(false) && !record.has_appointment()
    }

    /// Whether a person is in the source filter; somebody of whose place nobody can tell is.
    pub fn in_scope(&self, record: &Record, faults: &[Fault]) -> bool {
        if self.wanted.is_empty() && self.departments.is_empty() {
            return true;
        }
        let appointment = [Member::Entity, Member::EntityId, Member::Department, Member::DepartmentId];
        let is_broken = |fault: &Fault| {
            let member = fault.member.as_deref().unwrap_or_default();
            appointment.iter().any(|one| self.members.path(*one).starts_with(member))
        };
        let places = self.entities.places(record);
        let broken_name = [&places.site, &places.department].into_iter().flatten().any(|place| place.is_broken);
        if broken_name || faults.iter().any(is_broken) {
            return true;
        }
        let department = places.department.as_ref().and_then(|place| place.name.as_deref());
        (self.wanted.is_empty() || !self.wanted.is_disjoint(&places.within))
            && (self.departments.is_empty() || department.is_some_and(|name| self.departments.contains(name)))
    }

    fn value(
        &self,
        record: &Record,
        places: &Places,
        origin: &Origin,
        faults: &mut Vec<Fault>,
        odd: &mut MappingWarnings,
    ) -> Option<String> {
        let mut name = |place: &Option<Place>, member: Member| {
            let place = place.as_ref()?;
            odd.coded_places += u64::from(place.is_coded);
            if place.is_broken {
                let member = Some(self.members.path(member).to_owned());
                faults.push(Fault { member, what: "has a name that cannot be read" });
            }
            place.name.clone()
        };
        match origin {
            Origin::Site => name(&places.site, Member::Entity),
            Origin::Department => name(&places.department, Member::Department),
            Origin::SiteDepartment => {
                let (site, department) =
                    (name(&places.site, Member::Entity), name(&places.department, Member::Department));
                let parts: Vec<String> = [site, department].into_iter().flatten().collect();
                Some(parts.join(", ")).filter(|text| !text.is_empty())
            }
            Origin::SiteCode => places.site.as_ref().and_then(|place| place.code.clone()),
            Origin::DepartmentCode => places.department.as_ref().and_then(|place| place.code.clone()),
            Origin::Position => {
                let title = self.positions.name_of(&record.position);
                odd.nameless_positions += u64::from(title.is_none() && !record.position.is_empty());
                title
            }
            Origin::Custom(path) => record.custom.get(path).cloned(),
            Origin::Nothing => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fields;
    use super::super::wire::Named;
    use super::*;
    use crate::ports::connect::ConnectParts;
    use jiff::civil::date as day;

    fn mapper(wanted: &[&str], entries: &[(&str, &str)]) -> Mapper {
        let field_map = entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        let parts = ConnectParts { field_map, ..ConnectParts::default() };
        let map = fields::map_of(&parts).unwrap();
        Mapper {
            members: Members::of(&parts).unwrap(),
            custom: fields::custom_paths(&map),
            map,
            entities: Catalogue::default(),
            positions: Catalogue::default(),
            wanted: wanted.iter().map(|name| (*name).to_owned()).collect(),
            departments: BTreeSet::new(),
            today: day(2026, 11, 22),
        }
    }

    fn named(id: &str, name: &str) -> Named {
        Named { id: Some(id.to_owned()), name: Some(name.to_owned()).filter(|name| !name.is_empty()) }
    }

    fn record(active: Option<bool>, texts: &[(Member, &str)]) -> Record {
        Record {
            id: 48211,
            active,
            texts: texts.iter().map(|(member, text)| (*member, (*text).to_owned())).collect(),
            entity: named("brm", "Brighton Marina"),
            department: named("brm-kit", "Kitchen"),
            position: named("310", "Kitchen Porter"),
            ..Record::default()
        }
    }

    fn employee(mapper: &Mapper, record: &Record) -> Employee {
        mapper.employee(record, Vec::new(), &mut MappingWarnings::default())
    }

    #[test]
    fn the_branch_comes_from_site_or_department_as_was_chosen() {
        let branch = |from: &str| employee(&mapper(&[], &[("branch", from)]), &record(Some(true), &[])).person.branch;
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(branch("site"), text("Brighton Marina"));
        assert_eq!(branch("department"), text("Kitchen"));
        assert_eq!(branch("site_department"), text("Brighton Marina, Kitchen"));
        assert_eq!((branch("site_code"), branch("department_code")), (text("brm"), text("brm-kit")));
        let coded = Record { entity: named("lds", ""), position: named("7", ""), ..record(Some(true), &[]) };
        let mut odd = MappingWarnings::default();
        let person = mapper(&[], &[]).employee(&coded, Vec::new(), &mut odd).person;
        assert_eq!((person.branch, person.job_title), (text("lds"), None), "a number is no job title");
        assert_eq!((odd.coded_places, odd.nameless_positions), (1, 1));
    }

    #[test]
    fn an_account_that_is_switched_off_has_left_whatever_it_says_of_the_next_employment() {
        let next = [(Member::StartDate, "2027-02-01"), (Member::EndDate, "2027-08-31")];
        let off = employee(&mapper(&[], &[]), &record(Some(false), &next));
        assert_eq!((off.status, off.person.end_date), (EmploymentStatus::Ended, None));
        let left = employee(&mapper(&[], &[]), &record(Some(false), &[(Member::EndDate, "2026-11-20")]));
        assert_eq!(left.person.end_date, Some(day(2026, 11, 20)));
        let on = employee(&mapper(&[], &[]), &record(Some(true), &next));
        assert_eq!((on.status, on.person.end_date), (EmploymentStatus::Active, Some(day(2027, 8, 31))));
        let unclear = employee(&mapper(&[], &[]), &record(None, &[]));
        assert_eq!(unclear.status, EmploymentStatus::Unclear("(none)".into()));
        let odd = employee(&mapper(&[], &[]), &record(Some(true), &[(Member::StartDate, "02/06/2025")]));
        assert_eq!(odd.unreadable.unwrap().what, "`appointment.startDate` holds a text that is no date");
    }

    #[test]
    fn whoever_has_neither_place_nor_position_is_held_unless_they_have_left() {
        let nowhere = |active| Record {
            entity: Named::default(),
            department: Named::default(),
            position: Named::default(),
            ..record(active, &[])
        };
        let mut odd = MappingWarnings::default();
        let held = mapper(&[], &[]).employee(&nowhere(Some(true)), Vec::new(), &mut odd);
        assert_eq!((held.unreadable.unwrap().member.as_str(), odd.unapproved), ("appointment", 1));
        assert_eq!(employee(&mapper(&[], &[]), &nowhere(Some(false))).unreadable, None);
        let placed = Record { position: named("310", "Porter"), ..nowhere(Some(true)) };
        assert_eq!(employee(&mapper(&[], &[]), &placed).unreadable, None);
    }

    #[test]
    fn the_filter_takes_its_entities_and_whoever_may_be_of_them() {
        let here = record(Some(true), &[]);
        for wanted in ["brm", "Brighton Marina", "Kitchen", "brm-kit"] {
            assert!(mapper(&[wanted, "elsewhere"], &[]).in_scope(&here, &[]), "{wanted}");
        }
        let filter = mapper(&["Leeds Dock"], &[]);
        assert!(!filter.in_scope(&here, &[]) && mapper(&[], &[]).in_scope(&here, &[]));
        let broken = |member: &str| [Fault { member: Some(member.to_owned()), what: "holds a list" }];
        assert!(filter.in_scope(&here, &broken("appointment")), "held, not left out");
        assert!(!filter.in_scope(&here, &broken("email")));
    }
}

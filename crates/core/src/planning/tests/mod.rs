//! Rules of the plan, one test each, on small hand-made companies.

mod correlation;
mod crowds;
mod custom_fields;
mod gates;
mod leavers;
mod lists;
mod managers;
mod one_human;
mod parts;
mod shared;
mod unusable;
mod waves;

use super::*;
use crate::domain::capabilities::ListSpec;
use crate::domain::decision::{LinkOrigin, PairRuling, PairVerdict, Ruling, Waiting, WaitingBeside};
use crate::domain::field::Field;
use crate::domain::ids::{EmployeeId, Identifier};
use crate::domain::list::ListKey;
use crate::domain::mapping::{MappingRow, MappingTarget};
use crate::domain::person::{EmploymentStatus, Person, UserStatus};
use crate::domain::plan::{Hold, HoldCode, Operation};
use crate::matching::simple::SimpleMatcher;
use crate::matching::{MatchPerson, MatchResult, Matcher, Verdict};
use jiff::Timestamp;
use jiff::civil::date;

pub(super) const SOURCE: SourceCapabilities = SourceCapabilities {
    key: "planday",
    name: "Planday",
    parameters: &[],
    fields: &Field::STANDARD,
    custom_fields: true,
    field_map: &[(Field::JobTitle, "custom:Job title (Flow)")],
    one_person: false,
    changes: false,
    shows_leavers: true,
    rotating: &[],
    quotas: &[],
    archived_remedy: "Settings, Custom fields",
};

const fn list_spec(list: ListKey, word: (&'static str, &'static str), mandatory: bool, fed_by: Field) -> ListSpec {
    ListSpec { mandatory, unknown_is_dropped: !mandatory, creatable: true, ..ListSpec::new(list, word, fed_by) }
}

pub(super) const DESTINATION: DestinationCapabilities = DestinationCapabilities {
    key: "flow-learning",
    name: "Flow",
    parameters: &[],
    fields: &[
        Field::FirstName,
        Field::LastName,
        Field::Email,
        Field::DateOfBirth,
        Field::JobTitle,
        Field::Branch,
        Field::Department,
        Field::StartDate,
        Field::EndDate,
        Field::AccessProfile,
    ],
    custom_fields: false,
    mandatory: &[Field::FirstName, Field::LastName, Field::Branch, Field::JobTitle],
    lists: &[
        ListSpec { by_code: true, ..list_spec(ListKey::BRANCH, ("branch", "branches"), true, Field::Branch) },
        list_spec(ListKey::DEPARTMENT, ("department", "departments"), false, Field::Department),
        list_spec(ListKey::JOB_TITLE, ("job title", "job titles"), true, Field::JobTitle),
        ListSpec {
            has_default: true,
            ..ListSpec::new(ListKey::ACCESS_PROFILE, ("access profile", "access profiles"), Field::JobTitle)
        },
    ],
    identifier_word: "identifier",
    identifier_max: 64,
    can_link: true,
    can_invite: false,
    mails_new_users: true,
    mails_switched_there: true,
    creates_on_start: false,
    unique_email: true,
    inactive_keep_email: false,
    read_back: crate::domain::capabilities::ReadBack::Readable,
    shows_within_s: 0,
    requests_per_second: 10,
    concurrency: 4,
    creations_at_once: 1,
    name_rule: Some((" '’.-\"", 50)),
    email_max: 254,
};

/// A company whose parts a test changes before it plans.
pub(super) struct Company {
    pub employees: Vec<Employee>,
    pub users: Vec<User>,
    pub options: Vec<DestinationOption>,
    pub tables: Vec<MappingTable>,
    pub links: Vec<Link>,
    pub decisions: Vec<Decision>,
    pub not_same: Vec<NotSame>,
    pub waiting: Vec<Waiting>,
    pub pairs: Vec<PairRuling>,
    pub waiting_beside: Vec<WaitingBeside>,
    pub parked: Vec<Parked>,
    pub facts: SourceFacts,
    pub settings: Settings,
    pub destination: DestinationCapabilities,
    pub can_create_options: bool,
    pub today: Date,
}

pub(super) fn option(list: ListKey, key: &str, name: &str, active: bool) -> DestinationOption {
    DestinationOption::new(list, key, name, active)
}

/// Two branches by code, two job titles verbatim, nobody yet; 24 Nov 2026.
pub(super) fn company() -> Company {
    let row = |key: &str| MappingRow { target: MappingTarget::Option(key.into()), by: "R. Osei".into(), at: moment(0) };
    let branches = MappingTable {
        list: ListKey::BRANCH,
        verbatim: false,
        rows: [("Quayside".to_owned(), row("QUAY01")), ("Old Mill".to_owned(), row("MILL01"))].into(),
    };
    Company {
        employees: Vec::new(),
        users: Vec::new(),
        options: vec![
            option(ListKey::BRANCH, "QUAY01", "Quayside", true),
            option(ListKey::BRANCH, "MILL01", "Old Mill", true),
            option(ListKey::JOB_TITLE, "Waiter", "Waiter", true),
            option(ListKey::JOB_TITLE, "Chef", "Chef", true),
            option(ListKey::DEPARTMENT, "Kitchen", "Kitchen", true),
        ],
        tables: vec![branches, MappingTable::empty(ListKey::JOB_TITLE, true)],
        links: Vec::new(),
        decisions: Vec::new(),
        not_same: Vec::new(),
        waiting: Vec::new(),
        pairs: Vec::new(),
        waiting_beside: Vec::new(),
        parked: Vec::new(),
        facts: SourceFacts::default(),
        settings: Settings::default(),
        destination: DESTINATION,
        can_create_options: true,
        today: date(2026, 11, 24),
    }
}

impl Company {
    pub fn plan(&self) -> Plan {
        self.plan_with(&SimpleMatcher)
    }

    pub fn plan_with(&self, matcher: &dyn Matcher) -> Plan {
        make_plan(&PlanInput {
            employees: &self.employees,
            users: &self.users,
            options: &self.options,
            tables: &self.tables,
            links: &self.links,
            decisions: &self.decisions,
            not_same: &self.not_same,
            waiting: &self.waiting,
            pairs: &self.pairs,
            waiting_beside: &self.waiting_beside,
            parked: &self.parked,
            facts: &self.facts,
            settings: &self.settings,
            source: &SOURCE,
            destination: &self.destination,
            can_create_options: self.can_create_options,
            today: self.today,
            matcher,
        })
    }

    /// Lets those whom a plan put into Review wait there.
    pub fn wait_as_in(&mut self, plan: &Plan) {
        let waits = |hold: &Hold| {
            let (seen, first) = (hold.seen.clone()?, hold.candidates.first()?);
            Some(Waiting { employee: hold.employee.clone(), user: first.user.clone(), seen })
        };
        self.waiting = plan.holds.iter().filter_map(waits).collect();
        let beside = |hold: &Hold| -> Vec<WaitingBeside> {
            let waits = |one: &crate::domain::plan::Beside| WaitingBeside {
                employee: hold.employee.clone(),
                other: one.employee.clone(),
                seen: one.seen.clone(),
            };
            hold.beside.iter().map(waits).collect()
        };
        self.waiting_beside = plan.holds.iter().flat_map(beside).collect();
    }

    /// Rules as the store keeps it: with what the plan showed beside.
    pub fn rule_seeing(&mut self, plan: &Plan, id: &str, ruling: Ruling) {
        let verdict = match &ruling {
            Ruling::Create => PairVerdict::Distinct,
            Ruling::Exclude => PairVerdict::Same,
            _ => PairVerdict::Open,
        };
        let hold = plan.holds.iter().find(|hold| hold.employee.as_str() == id).unwrap();
        for one in &hold.beside {
            self.pair(id, one.employee.as_str(), verdict, &one.seen);
        }
        self.rule(id, ruling);
    }

    pub fn pair(&mut self, id: &str, other: &str, verdict: PairVerdict, seen: &str) {
        self.pairs.push(PairRuling {
            employee: id.into(),
            other: other.into(),
            verdict,
            seen: seen.to_owned(),
            reason: None,
            by: "R. Osei".into(),
            at: moment(100),
        });
    }

    /// Both of everybody who stands beside somebody in this plan are real.
    pub fn both_real(&mut self, plan: &Plan) {
        for hold in &plan.holds {
            for one in &hold.beside {
                let seen: Vec<&str> = one.seen.splitn(2, '-').collect();
                let id = hold.employee.as_str();
                self.pair(id, one.employee.as_str(), PairVerdict::Distinct, &one.seen);
                self.pair(one.employee.as_str(), id, PairVerdict::Distinct, &format!("{}-{}", seen[1], seen[0]));
            }
        }
    }

    /// Adds an employee, and the user who agrees in everything, linked by an earlier run.
    pub fn synced(&mut self, employee: Employee) -> &mut User {
        let user = user_of(&employee);
        self.links.push(link(&employee, user.id.as_str(), true));
        self.employees.push(employee);
        self.users.push(user);
        self.users.last_mut().unwrap()
    }

    pub fn rule(&mut self, id: &str, ruling: Ruling) {
        let person = self.employees.iter().find(|one| one.id.as_str() == id).map(|one| key_fields(&one.person));
        self.decisions.push(Decision {
            employee: id.into(),
            ruling,
            reason: None,
            by: "R. Osei".into(),
            at: moment(100),
            key_fields: person.unwrap_or_default(),
        });
    }
}

pub(super) fn moment(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// An employed person of Planday: identifier `9_ID`, e-mail and birth date from the id.
pub(super) fn employee(id: &str, first: &str, last: &str) -> Employee {
    let number: i8 = id.bytes().map(|b| i32::from(b) % 7).sum::<i32>().try_into().unwrap_or(1);
    Employee {
        id: id.into(),
        identifier: Identifier(format!("9_{id}")),
        person: Person {
            first_name: Some(first.into()),
            last_name: Some(last.into()),
            email: Some(format!("p{id}@hvine.example")),
            date_of_birth: Some(date(1980 + i16::from(number), 1 + number % 12, 2 + number % 20)),
            job_title: Some("Waiter".into()),
            branch: Some("Quayside".into()),
            start_date: Some(date(2021, 3, 1)),
            ..Person::default()
        },
        manager_id: None,
        status: EmploymentStatus::Active,
        unreadable: None,
    }
}

/// The user `uID` as Flow would hold this employee.
pub(super) fn user_of(employee: &Employee) -> User {
    User {
        id: UserId(format!("u{}", employee.id)),
        identifier: Some(employee.identifier.clone()),
        person: Person { branch: Some("QUAY01".into()), ..employee.person.clone() },
        status: UserStatus::Active,
        access_profile: None,
        manager: None,
        training: None,
        unreadable: None,
    }
}

use crate::domain::ids::UserId;

pub(super) fn link(employee: &Employee, user: &str, active: bool) -> Link {
    Link {
        employee: employee.id.clone(),
        user: user.into(),
        identifier: employee.identifier.clone(),
        origin: LinkOrigin::Identifier,
        at: moment(50),
        active,
    }
}

/// `kind employee` of every operation, in order.
pub(super) fn kinds(plan: &Plan) -> Vec<String> {
    let who = |one: &Operation| one.employee.as_ref().map_or_else(String::new, |id| format!(" {id}"));
    plan.operations.iter().map(|one| format!("{}{}", one.kind.key(), who(one))).collect()
}

/// `code employee` of every hold.
pub(super) fn codes(plan: &Plan) -> Vec<String> {
    plan.holds.iter().map(|hold| format!("{} {}", hold.code.key(), hold.employee)).collect()
}

pub(super) fn only_hold(plan: &Plan) -> &Hold {
    assert_eq!(plan.holds.len(), 1, "{:?}", codes(plan));
    assert!(plan.operations.is_empty(), "{:?}", kinds(plan));
    &plan.holds[0]
}

/// `field: from > to` of one operation.
pub(super) fn fields(operation: &Operation) -> Vec<String> {
    let text = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".into());
    operation.fields.iter().map(|one| format!("{}: {} > {}", one.field.key(), text(&one.from), text(&one.to))).collect()
}

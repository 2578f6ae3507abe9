//! What must hold of every plan, whatever the data look like.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use jiff::Timestamp;
use jiff::civil::{Date, date};
use onroll::domain::capabilities::{DestinationCapabilities, ListSpec, ReadBack, SourceCapabilities};
use onroll::domain::custom_field::CustomField;
use onroll::domain::decision::{Decision, Link, LinkOrigin, NotSame, PairRuling, PairVerdict, Ruling};
use onroll::domain::field::Field;
use onroll::domain::ids::{EmployeeId, Identifier, UserId};
use onroll::domain::list::ListKey;
use onroll::domain::mapping::{DestinationOption, MappingRow, MappingTable, MappingTarget};
use onroll::domain::person::{Employee, EmploymentStatus, Person, Unreadable, User, UserStatus};
use onroll::domain::plan::{LimitKind, Operation, OperationKind, Plan};
use onroll::domain::settings::{MissingPolicy, Settings};
use onroll::domain::snapshot::SourceFacts;
use onroll::matching::simple::SimpleMatcher;
use onroll::planning::{PlanInput, key_fields, make_plan, only, still_holds, without};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

#[path = "planning_properties/drift.rs"]
mod drift;

const SOURCE: SourceCapabilities = SourceCapabilities {
    key: "planday",
    name: "Planday",
    parameters: &[],
    fields: &Field::STANDARD,
    custom_fields: true,
    field_map: &[],
    one_person: false,
    changes: false,
    shows_leavers: true,
    rotating: &[],
    quotas: &[],
    archived_remedy: "Settings, Custom fields",
};

const fn spec(list: ListKey, word: (&'static str, &'static str), by_code: bool, fed_by: Field) -> ListSpec {
    ListSpec { mandatory: true, by_code, creatable: true, ..ListSpec::new(list, word, fed_by) }
}

const DESTINATION: DestinationCapabilities = DestinationCapabilities {
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
        Field::StartDate,
        Field::EndDate,
    ],
    custom_fields: true,
    mandatory: &[Field::FirstName, Field::LastName, Field::Branch, Field::JobTitle],
    lists: &[
        spec(ListKey::BRANCH, ("branch", "branches"), true, Field::Branch),
        spec(ListKey::JOB_TITLE, ("job title", "job titles"), false, Field::JobTitle),
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
    read_back: ReadBack::Readable,
    shows_within_s: 0,
    requests_per_second: 10,
    concurrency: 4,
    creations_at_once: 1,
    name_rule: None,
    email_max: 254,
};

const TODAY: Date = date(2026, 11, 24);

/// A whole connection, made by proptest.
#[derive(Debug, Clone)]
struct Case {
    employees: Vec<Employee>,
    users: Vec<User>,
    options: Vec<DestinationOption>,
    links: Vec<Link>,
    decisions: Vec<Decision>,
    not_same: Vec<NotSame>,
    pairs: Vec<PairRuling>,
    settings: Settings,
}

fn tables() -> Vec<MappingTable> {
    let row = |target| MappingRow { target, by: "R. Osei".into(), at: Timestamp::UNIX_EPOCH };
    let mut titles = MappingTable::empty(ListKey::JOB_TITLE, true);
    titles.rows.insert("Spa".into(), row(MappingTarget::Create("Spa Therapist".into())));
    let mut branches = MappingTable::empty(ListKey::BRANCH, false);
    branches.rows.insert("Quayside".into(), row(MappingTarget::Option("QUAY01".into())));
    branches.rows.insert("New Hall".into(), row(MappingTarget::Create("New Hall".into())));
    vec![titles, branches]
}

fn options() -> Vec<DestinationOption> {
    let option = |kind, key: &str, name: &str| DestinationOption::new(kind, key, name, true);
    vec![
        option(ListKey::JOB_TITLE, "Waiter", "Waiter"),
        option(ListKey::JOB_TITLE, "Chef", "Chef"),
        option(ListKey::BRANCH, "QUAY01", "Quayside"),
    ]
}

impl Case {
    fn plan(&self) -> Plan {
        make_plan(&PlanInput {
            employees: &self.employees,
            users: &self.users,
            options: &self.options,
            tables: &tables(),
            links: &self.links,
            decisions: &self.decisions,
            not_same: &self.not_same,
            waiting: &[],
            pairs: &self.pairs,
            waiting_beside: &[],
            parked: &[],
            facts: &SourceFacts::default(),
            settings: &self.settings,
            source: &SOURCE,
            destination: &DESTINATION,
            can_create_options: true,
            today: TODAY,
            matcher: &SimpleMatcher,
        })
    }

    /// Writes an operation as the destination would, refusing what it refuses.
    fn apply(&mut self, operation: &Operation) {
        match operation.kind {
            OperationKind::CreateOption => self.create_option(operation),
            OperationKind::Create => {
                let id = UserId(format!("new{}", self.users.len()));
                let identifier = operation.identifier.clone();
                assert!(self.users.iter().all(|user| user.identifier != identifier), "identifier twice");
                self.users.push(User { identifier, ..User::new(id) });
                let last = self.users.len() - 1;
                self.write(last, operation);
            }
            _ => {
                let place = self.users.iter().position(|user| Some(&user.id) == operation.user.as_ref()).unwrap();
                assert_eq!(still_holds(operation, Some(&self.users[place])), Ok(()), "{operation:?}");
                match operation.kind {
                    OperationKind::Deactivate => self.users[place].status = UserStatus::Inactive,
                    OperationKind::Reactivate => self.users[place].status = UserStatus::Active,
                    OperationKind::Link => self.users[place].identifier = operation.identifier.clone(),
                    _ => {}
                }
                self.write(place, operation);
            }
        }
    }

    fn create_option(&mut self, operation: &Operation) {
        let kind = operation.list.unwrap();
        let name = operation.fields[0].to.clone().unwrap();
        assert!(!self.options.iter().any(|option| option.list == kind && option.name == name), "option twice");
        let key = if kind == ListKey::BRANCH { format!("C{}", self.options.len()) } else { name.clone() };
        self.options.push(DestinationOption::new(kind, key.as_str(), name, true));
    }

    fn write(&mut self, place: usize, operation: &Operation) {
        for change in &operation.fields {
            let to = change.to.clone();
            // A plan names a new branch by its name; the destination has given it a code by now.
            let keyed = to.clone().map(|to| {
                let named = |one: &&DestinationOption| Some(one.list) == change.field.list() && one.name == to;
                self.options.iter().find(named).map_or(to.clone(), |option| option.key.0.clone())
            });
            if change.field.is_value() {
                self.users[place].set(change.field, keyed.as_deref()).unwrap();
            }
        }
        let email = self.users[place].person.email.as_deref().map(str::to_lowercase);
        let active = self.users[place].status == UserStatus::Active;
        let written = operation.fields.iter().any(|change| change.field == Field::Email);
        let twice = self.users.iter().enumerate().any(|(other, user)| {
            other != place
                && user.status == UserStatus::Active
                && user.person.email.as_deref().map(str::to_lowercase) == email
        });
        assert!(!(active && written && email.is_some() && twice), "e-mail twice: {operation:?}");
    }

    /// Remembers the ties as the engine does after a run: whoever carries an employee's identifier is linked.
    fn remember(&mut self, plan: &Plan) {
        let written: BTreeSet<&EmployeeId> = plan.operations.iter().filter_map(|one| one.employee.as_ref()).collect();
        for employee in self.employees.iter().filter(|employee| written.contains(&employee.id)) {
            let Some(user) = self.users.iter().find(|user| user.identifier.as_ref() == Some(&employee.identifier))
            else {
                continue;
            };
            self.links.retain(|link| link.employee != employee.id);
            self.links.push(Link {
                employee: employee.id.clone(),
                user: user.id.clone(),
                identifier: employee.identifier.clone(),
                origin: LinkOrigin::Identifier,
                at: Timestamp::from_second(1_000).unwrap(),
                active: user.status == UserStatus::Active,
            });
        }
    }
}

fn person() -> impl Strategy<Value = Person> {
    let name = |names: &'static [&'static str]| prop::sample::select(names).prop_map(|name| Some(name.to_owned()));
    let email = prop_oneof![
        3 => (0u8..12).prop_map(|n| Some(format!("p{n}@hvine.example"))),
        1 => Just(Some("Kitchen@hvine.example".to_owned())),
        1 => Just(None),
    ];
    let born = prop::option::weighted(0.7, (0i16..4, 1i8..4, 1i8..4).prop_map(|(y, m, d)| date(1990 + y, m, d)));
    let title = prop_oneof![
        8 => Just(Some("Waiter")),
        3 => Just(Some("Chef")),
        1 => Just(Some("Spa")),
        1 => Just(Some("chef ")),
        1 => Just(None),
    ];
    let branch = prop_oneof![9 => Just(Some("Quayside")), 2 => Just(Some("New Hall")), 1 => Just(Some("Nowhere"))];
    let end = prop_oneof![8 => Just(None), 1 => Just(Some(date(2026, 12, 31))), 1 => Just(Some(date(2026, 11, 1)))];
    let start = prop_oneof![8 => Just(date(2021, 3, 1)), 1 => Just(date(2027, 1, 4))];
    (
        name(&["Ana", "Zoë", "Zoe", "Tomasz", "Łukasz", "Hanna", "."]),
        name(&["Lima", "Weiß", "Weiss", "Wójcik", "O’Neill", "van der Berg"]),
        email,
        born,
        title,
        branch,
        (start, end),
        prop::option::of(prop_oneof![Just("4011"), Just(" 4012 "), Just("4012")]),
    )
        .prop_map(|(first_name, last_name, email, date_of_birth, title, branch, (start, end), centre)| Person {
            first_name,
            last_name,
            email,
            date_of_birth,
            job_title: title.map(str::to_owned),
            branch: branch.map(str::to_owned),
            start_date: Some(start),
            end_date: end,
            custom: centre
                .map(|centre| (CustomField::named("Cost centre").unwrap(), centre.to_owned()))
                .into_iter()
                .collect(),
            ..Person::default()
        })
}

fn employee(id: u8) -> impl Strategy<Value = Employee> {
    let status = prop_oneof![
        8 => Just(EmploymentStatus::Active),
        2 => Just(EmploymentStatus::Ended),
        1 => Just(EmploymentStatus::Unclear("furlough".into())),
    ];
    // Now and then two people carry one identifier.
    let identifier = prop_oneof![12 => Just(id), 1 => Just(0u8)];
    // And somebody's record cannot be read.
    let broken = Unreadable { member: "lastName".into(), what: "`lastName` holds a number".into() };
    let unreadable = prop_oneof![12 => Just(None), 1 => Just(Some(broken))];
    (person(), status, identifier, unreadable).prop_map(move |(person, status, identifier, unreadable)| Employee {
        id: EmployeeId(format!("{id:02}")),
        identifier: Identifier(format!("9_{identifier}")),
        person,
        manager_id: None,
        status,
        unreadable,
    })
}

fn user(id: u8) -> impl Strategy<Value = User> {
    let identifier = prop_oneof![3 => (0u8..14).prop_map(Some), 2 => Just(None)];
    let status = prop_oneof![
        8 => Just(UserStatus::Active),
        2 => Just(UserStatus::Inactive),
        1 => Just(UserStatus::Unclear("suspended".into())),
    ];
    let broken = prop_oneof![10 => Just(None), 1 => Just(Some("firstName")), 1 => Just(Some("identifier"))];
    (person(), identifier, status, broken).prop_map(move |(mut person, mut identifier, status, broken)| {
        match broken {
            Some("firstName") => person.first_name = None,
            Some(_) => identifier = None,
            None => {}
        }
        person.branch = person.branch.map(|_| "QUAY01".to_owned());
        person.job_title = Some("Waiter".into());
        User {
            id: UserId(format!("u{id:02}")),
            identifier: identifier.map(|one| Identifier(format!("9_{one}"))),
            person,
            status,
            access_profile: None,
            manager: None,
            training: None,
            unreadable: broken.map(|member| Unreadable { member: member.into(), what: format!("`{member}` is empty") }),
        }
    })
}

fn case() -> impl Strategy<Value = Case> {
    let employees: Vec<_> = (0u8..12).map(employee).collect();
    let users: Vec<_> = (0u8..10).map(user).collect();
    let links = prop::collection::btree_map(0u8..14, (0u8..10, any::<bool>(), any::<bool>()), 0..6);
    let rulings = prop::collection::btree_map(0u8..12, (0u8..6, 0u8..10), 0..5);
    let not_same = prop::collection::vec((0u8..12, 0u8..10), 0..4);
    // Copies of earlier employees under other ids, with another e-mail or none.
    let copies = prop::collection::btree_map(1u8..12, (0u8..12, 0u8..3), 0..4);
    let pairs = prop::collection::btree_map((0u8..12, 0u8..12), 0u8..3, 0..6);
    let settings = (any::<bool>(), any::<bool>(), any::<bool>()).prop_map(|(email_fallback, auto, missing)| Settings {
        email_fallback,
        auto_link: auto.then_some(0.99),
        missing: if missing { MissingPolicy::Leavers } else { MissingPolicy::Hold },
        field_map: [("custom:Cost centre".to_owned(), "custom:CC".to_owned())].into(),
        ..Settings::default()
    });
    (employees, users, links, rulings, (not_same, copies, pairs), settings, 6usize..13).prop_map(
        |(mut employees, mut users, links, rulings, (not_same, copies, pairs), settings, kept)| {
            employees.truncate(kept);
            for (place, (of, email)) in copies {
                copy(&mut employees, usize::from(place), usize::from(of), email);
            }
            unique(&mut users);
            let decisions = rulings.into_iter().map(|(id, ruling)| decision(&employees, id, ruling)).collect();
            Case {
                links: links.into_iter().map(|(id, part)| link(id, part)).collect(),
                decisions,
                not_same: not_same
                    .into_iter()
                    .map(|(id, user)| NotSame {
                        employee: EmployeeId(format!("{id:02}")),
                        user: UserId(format!("u{user:02}")),
                    })
                    .collect(),
                pairs: pairs.into_iter().filter_map(|(ids, verdict)| pair(&employees, ids, verdict)).collect(),
                employees,
                users,
                options: options(),
                settings,
            }
        },
    )
}

/// Makes one employee a second record of another.
fn copy(employees: &mut [Employee], place: usize, of: usize, email: u8) {
    let Some(person) = employees.get(of).map(|one| one.person.clone()) else { return };
    if let Some(copy) = employees.get_mut(place).filter(|_| place != of) {
        let email = match email {
            0 => None,
            1 => Some(format!("copy{place}@mail.example")),
            _ => person.email.clone(),
        };
        copy.person = Person { email, ..person };
    }
}

fn pair(employees: &[Employee], (one, other): (u8, u8), verdict: u8) -> Option<PairRuling> {
    let (a, b) = (employees.get(usize::from(one))?, employees.get(usize::from(other))?);
    let seen = format!("{}-{}", key_fields(&a.person), key_fields(&b.person));
    Some(PairRuling {
        employee: a.id.clone(),
        other: b.id.clone(),
        verdict: if verdict == 0 { PairVerdict::Same } else { PairVerdict::Distinct },
        // Now and then one that was made on other records.
        seen: if verdict == 2 { "old".to_owned() } else { seen },
        reason: None,
        by: "R. Osei".into(),
        at: Timestamp::from_second(100).unwrap(),
    })
    .filter(|_| one != other)
}

/// Whether two employed records are one person beyond doubt: equal name and birth date.
fn are_one_person(a: &Employee, b: &Employee) -> bool {
    let name = |one: &Employee| {
        let fold = |name: &Option<String>| onroll::domain::text::fold(name.as_deref().unwrap_or_default());
        (fold(&one.person.first_name), fold(&one.person.last_name))
    };
    let born = a.person.date_of_birth;
    let named = name(a) == name(b) && !name(a).0.is_empty() && !name(a).1.is_empty();
    a.id != b.id && named && born.is_some() && born == b.person.date_of_birth
}

/// The employees who have a user once this plan is applied: those whom it creates or ties, and whose identifier a user carries.
fn have_users(case: &Case, plan: &Plan) -> BTreeSet<EmployeeId> {
    let gets = |kind| matches!(kind, OperationKind::Create | OperationKind::Link | OperationKind::Update);
    let written = plan.operations.iter().filter(|one| gets(one.kind)).filter_map(|one| one.employee.clone());
    let held: BTreeSet<&EmployeeId> = plan.holds.iter().map(|hold| &hold.employee).collect();
    let carried = case.employees.iter().filter(|employee| {
        !held.contains(&employee.id)
            && case.users.iter().any(|user| user.identifier.as_ref() == Some(&employee.identifier))
    });
    written.chain(carried.map(|employee| employee.id.clone())).collect()
}

/// A destination keeps identifiers unique, and e-mails among active users.
fn unique(users: &mut [User]) {
    let mut identifiers = BTreeSet::new();
    let mut emails = BTreeSet::new();
    for user in users {
        if user.identifier.as_ref().is_some_and(|one| !identifiers.insert(one.clone())) {
            user.identifier = None;
        }
        let email = user.person.email.as_deref().map(str::to_lowercase);
        if user.status == UserStatus::Active && email.is_some_and(|one| !emails.insert(one)) {
            user.person.email = None;
        }
    }
}

fn link(id: u8, (user, active, same): (u8, bool, bool)) -> Link {
    Link {
        employee: EmployeeId(format!("{id:02}")),
        user: UserId(format!("u{user:02}")),
        identifier: Identifier(if same { format!("9_{id}") } else { "8_old".to_owned() }),
        origin: LinkOrigin::Operator,
        at: Timestamp::from_second(if active { 50 } else { 150 }).unwrap(),
        active,
    }
}

fn decision(employees: &[Employee], id: u8, (ruling, user): (u8, u8)) -> Decision {
    let ruling = match ruling {
        0 => Ruling::Create,
        1 => Ruling::Exclude,
        2 => Ruling::Protect,
        3 => Ruling::Later { until: None },
        _ => Ruling::Link { user: UserId(format!("u{user:02}")) },
    };
    let digest = employees.get(usize::from(id)).map(|one| key_fields(&one.person)).unwrap_or_default();
    Decision {
        employee: EmployeeId(format!("{id:02}")),
        ruling,
        reason: None,
        by: "R. Osei".into(),
        at: Timestamp::from_second(100).unwrap(),
        key_fields: digest,
    }
}

fn check_buckets(case: &Case, plan: &Plan) {
    let written: BTreeSet<&EmployeeId> = plan.operations.iter().filter_map(|one| one.employee.as_ref()).collect();
    let held: BTreeSet<&EmployeeId> = plan.holds.iter().map(|hold| &hold.employee).collect();
    assert_eq!(held.len(), plan.holds.len(), "held twice");
    assert!(written.is_disjoint(&held), "held people have no operations");
    let number = |count: usize| u32::try_from(count).unwrap();
    assert_eq!(plan.changed_people, number(written.len()));
    let sum = number(written.len() + held.len()) + plan.counts.unchanged + plan.future_starters;
    assert_eq!(plan.people, sum);
    let known: BTreeSet<&EmployeeId> = case.employees.iter().map(|one| &one.id).collect();
    let missing = written.union(&held).filter(|id| !known.contains(**id)).count();
    assert_eq!(plan.people + plan.ignored_leavers, number(known.len() + missing), "everybody ends in one place");
    // No user is touched for two people.
    let mut owner: BTreeMap<&UserId, &EmployeeId> = BTreeMap::new();
    for operation in &plan.operations {
        if let (Some(user), Some(employee)) = (&operation.user, &operation.employee) {
            assert_eq!(*owner.entry(user).or_insert(employee), employee, "two people, one user");
        }
    }
    for (place, operation) in plan.operations.iter().enumerate() {
        assert_eq!(operation.seq, number(place));
    }
    let unusable = |user: &User| user.unreadable.is_some() || matches!(user.status, UserStatus::Unclear(_));
    for user in case.users.iter().filter(|user| unusable(user)) {
        assert!(!owner.contains_key(&user.id), "nothing is written to {user:?}");
        let beside = |one: &Operation| one.kind == OperationKind::Create && one.identifier == user.identifier;
        assert!(!plan.operations.iter().any(beside), "nor is anybody created beside {user:?}");
    }
    let welcomed = plan.operations.iter().filter(|one| one.kind == OperationKind::Create);
    let welcomed = welcomed.filter(|one| one.fields.iter().any(|change| change.field == Field::Email)).count();
    assert_eq!(plan.mails.welcome, number(welcomed));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn everybody_ends_in_exactly_one_place_and_the_order_of_the_input_does_not_count(case in case(), turn in 1usize..11) {
        let plan = case.plan();
        check_buckets(&case, &plan);
        let mut turned = case.clone();
        let by = |len: usize| if len == 0 { 0 } else { turn % len };
        let (employees, users, links) = (by(case.employees.len()), by(case.users.len()), by(case.links.len()));
        turned.employees.rotate_left(employees);
        turned.users.rotate_left(users);
        turned.links.rotate_left(links);
        turned.options.reverse();
        turned.decisions.reverse();
        turned.not_same.reverse();
        turned.pairs.reverse();
        let again = turned.plan();
        prop_assert_eq!(serde_json::to_string(&again).unwrap(), serde_json::to_string(&plan).unwrap());
    }

    #[test]
    fn all15_nobody_is_created_whose_same_person_is_created_or_has_a_user(case in case()) {
        let plan = case.plan();
        let have = have_users(&case, &plan);
        let by_id = |id: &EmployeeId| case.employees.iter().find(|one| one.id == *id);
        let ruled = |one: &Employee, other: &Employee| case.pairs.iter().any(|pair| {
            pair.employee == one.id && pair.other == other.id && pair.verdict == PairVerdict::Distinct && pair.seen != "old"
        });
        for created in plan.operations.iter().filter(|one| one.kind == OperationKind::Create) {
            let created = by_id(created.employee.as_ref().unwrap()).unwrap();
            for other in have.iter().filter_map(by_id).filter(|other| are_one_person(created, other)) {
                // One whose employment is over gives its user up, and asks on its own account.
                let over = other.status == EmploymentStatus::Ended || other.person.end_date.is_some_and(|end| end < TODAY);
                prop_assert!(over || ruled(created, other), "{} beside {}", created.id, other.id);
            }
        }
    }

    #[test]
    fn all02_an_applied_plan_leaves_nothing_to_do(case in case()) {
        let mut case = case;
        let plan = case.plan();
        for operation in &plan.operations {
            case.apply(operation);
        }
        case.remember(&plan);
        let written: BTreeSet<&EmployeeId> = plan.operations.iter().filter_map(|one| one.employee.as_ref()).collect();
        let again = case.plan();
        let repeated: Vec<&Operation> = again
            .operations
            .iter()
            .filter(|one| one.employee.as_ref().is_none_or(|id| written.contains(id)))
            .collect();
        prop_assert!(repeated.is_empty(), "{:?}", repeated);
    }

    #[test]
    fn a_part_of_a_plan_never_has_more_and_its_counts_agree(case in case(), picks in prop::collection::vec(0usize..4, 0..4)) {
        let plan = case.plan();
        let kinds: Vec<LimitKind> = picks.into_iter().map(|pick| LimitKind::ALL[pick]).collect();
        let part = without(&plan, &kinds);
        check_buckets(&case, &part);
        prop_assert_eq!(part.people, plan.people);
        let strip = |plan: &Plan| -> Vec<String> {
            plan.operations.iter().map(|one| format!("{:?}", Operation { seq: 0, ..one.clone() })).collect()
        };
        let whole = strip(&plan);
        prop_assert!(strip(&part).iter().all(|one| whole.contains(one)));
        for check in &part.limits {
            if kinds.contains(&check.kind) {
                prop_assert_eq!(check.count, 0);
            }
            prop_assert!(check.allowed <= plan.limits.iter().find(|one| one.kind == check.kind).unwrap().allowed);
        }
        let named: Vec<EmployeeId> = case.employees.iter().take(3).map(|one| one.id.clone()).collect();
        let few = only(&plan, &named);
        prop_assert!(few.operations.iter().all(|one| one.employee.as_ref().is_none_or(|id| named.contains(id))));
        prop_assert!(few.holds.iter().all(|one| named.contains(&one.employee)));
    }
}

//! BX10: the world changes at random between approval and write. What was approved minus what has moved is carried out, every
//! line that has moved is listed with the old and the new value, and nothing else is written.
//!
//! The engine's way is followed over the same pure functions: a plan is approved; the world changes; what would be planned now
//! is compared with it ([`Due`]); the world changes again; each line is looked at just before it is written ([`still_holds`]).

use super::*;
use fastrand::Rng;
use onroll::domain::drift::{Cause, Fate, Moved, MovedBy, Sums};
use onroll::domain::run::OperationState;
use onroll::planning::{Drift, Due, Stands};

/// Worlds, each with some changes: more than 10,000 changes together.
const WORLDS: u64 = 10_000;
const PEOPLE: usize = 5;

fn pick<'a>(rng: &mut Rng, from: &[&'a str]) -> &'a str {
    from[rng.usize(..from.len())]
}

fn somebody(id: usize) -> Person {
    let names =
        ["Ana Lima", "Bruno Weiss", "Celia Kowalska", "Dario O’Neill", "Edda Berg", "Farid Haddad", "Gwen Rees"];
    let (first, last) = names[id % names.len()].split_once(' ').unwrap();
    Person {
        first_name: Some(first.into()),
        last_name: Some(last.into()),
        email: Some(format!("p{id}@hvine.example")),
        date_of_birth: Some(date(1980 + i16::try_from(id).unwrap(), 3, 7)),
        job_title: Some("Waiter".into()),
        branch: Some("Quayside".into()),
        start_date: Some(date(2021, 3, 1)),
        ..Person::default()
    }
}

fn an_employee(id: usize) -> Employee {
    Employee {
        id: EmployeeId(format!("{id:02}")),
        identifier: Identifier(format!("9_{id}")),
        person: somebody(id),
        manager_id: None,
        status: EmploymentStatus::Active,
        unreadable: None,
    }
}

fn a_user(id: usize) -> User {
    let mut user = User::new(UserId(format!("u{id:02}")));
    user.person = Person { branch: Some("QUAY01".into()), ..somebody(id) };
    user.identifier = Some(Identifier(format!("9_{id}")));
    user.status = UserStatus::Active;
    user
}

/// A company in which something is to be done for most people.
fn company(rng: &mut Rng) -> Case {
    let mut case = Case {
        employees: (0..PEOPLE).map(an_employee).collect(),
        users: Vec::new(),
        options: options(),
        links: Vec::new(),
        decisions: Vec::new(),
        not_same: Vec::new(),
        pairs: Vec::new(),
        settings: Settings::default(),
    };
    for id in 0..PEOPLE {
        if rng.u8(..4) > 0 {
            case.users.push(a_user(id));
            case.links.push(Link {
                origin: LinkOrigin::Identifier,
                ..link(u8::try_from(id).unwrap(), (u8::try_from(id).unwrap(), true, true))
            });
        }
        for _ in 0..rng.u8(..3) {
            change_source(rng, &mut case, id);
        }
    }
    case
}

fn change_source(rng: &mut Rng, case: &mut Case, id: usize) {
    let Some(employee) = case.employees.get_mut(id) else { return };
    match rng.u8(..9) {
        0..=2 => employee.person.job_title = Some(pick(rng, &["Waiter", "Chef", "Spa"]).into()),
        3 => employee.person.branch = Some(pick(rng, &["Quayside", "New Hall", "Nowhere"]).into()),
        4 => employee.person.email = Some(format!("{}{id}@hvine.example", pick(rng, &["p", "q", "r"]))),
        5 => employee.person.last_name = Some(pick(rng, &["Lima", "Weiss", "Marsh"]).into()),
        6 => {
            employee.person.end_date = *rng.choice(&[None, Some(date(2026, 11, 1)), Some(date(2026, 12, 31))]).unwrap();
        }
        7 => employee.status = if rng.bool() { EmploymentStatus::Ended } else { EmploymentStatus::Active },
        _ => employee.person.email = None,
    }
}

/// Something that somebody does at either side, or an operator here. The answer says what it was, for a failure.
fn change(rng: &mut Rng, case: &mut Case) -> String {
    let id = rng.usize(..PEOPLE);
    match rng.u8(..16) {
        0..=4 => change_source(rng, case, id),
        5 => case.employees.retain(|one| one.id != EmployeeId(format!("{id:02}")) || case.users.len() < 3),
        6 if case.employees.len() < 9 => case.employees.push(an_employee(case.employees.len() + 20)),
        7 => {
            let decision = decision(&case.employees, u8::try_from(id).unwrap(), (rng.u8(1..4), 0));
            case.decisions.retain(|one| one.employee != decision.employee);
            case.decisions.push(decision);
        }
        8 => case.users.push(User { id: UserId(format!("hand{}", rng.u32(..))), identifier: None, ..a_user(id) }),
        _ => change_user(rng, case, id),
    }
    unique(&mut case.users);
    format!("{id}")
}

fn change_user(rng: &mut Rng, case: &mut Case, id: usize) {
    if case.users.is_empty() {
        return;
    }
    let place = id % case.users.len();
    let user = &mut case.users[place];
    match rng.u8(..8) {
        0..=2 => user.person.job_title = Some(pick(rng, &["Waiter", "Chef", "Spa Therapist"]).into()),
        3 => user.person.email = Some(format!("{}{id}@hvine.example", pick(rng, &["p", "q", "hand"]))),
        4 => user.person.last_name = Some(pick(rng, &["Lima", "Weiss", "Marsh"]).into()),
        5 => user.status = if user.status == UserStatus::Active { UserStatus::Inactive } else { UserStatus::Active },
        6 => user.identifier = rng.bool().then(|| Identifier(format!("9_{}", rng.usize(..PEOPLE + 2)))),
        _ => drop(case.users.remove(place)),
    }
}

/// What became of a line.
#[derive(Debug)]
enum Outcome {
    CarriedOut,
    Already(Moved),
    Skipped(Moved, String),
    /// By the destination.
    Refused,
}

impl Case {
    /// With the codes of branches that the plan could only name.
    fn with_codes(&self, operation: &Operation) -> Operation {
        let mut operation = operation.clone();
        if operation.kind != OperationKind::CreateOption {
            for change in &mut operation.fields {
                let named = |one: &&DestinationOption| {
                    Some(one.list) == change.field.list() && Some(one.name.as_str()) == change.to.as_deref()
                };
                if let Some(option) = self.options.iter().find(named) {
                    change.to = Some(option.key.0.clone());
                }
            }
        }
        operation
    }

    fn meant(&self, line: &Operation) -> Option<&User> {
        self.users.iter().find(|user| match line.kind {
            OperationKind::Link => Some(&user.id) == line.user.as_ref(),
            _ => line.identifier.is_some() && user.identifier == line.identifier,
        })
    }

    /// One line just before it is written, and its write.
    fn carry_out(&mut self, line: &Operation) -> Outcome {
        let line = self.with_codes(line);
        let user = self.meant(&line).cloned();
        match still_holds(&line, user.as_ref()) {
            Ok(()) => {
                self.must_still_stand(&line, user.as_ref());
                if self.is_refused(&line, user.as_ref()) {
                    return Outcome::Refused;
                }
                match line.kind {
                    // The user whom the line names is the one who carries the identifier.
                    OperationKind::Create | OperationKind::CreateOption | OperationKind::Link => self.apply(&line),
                    _ => self.apply(&Operation { user: user.map(|user| user.id), ..line.clone() }),
                }
                Outcome::CarriedOut
            }
            Err(Drift::AlreadyDone) => Outcome::Already(Drift::AlreadyDone.moved(&line, user.as_ref())),
            Err(drift) => Outcome::Skipped(drift.moved(&line, user.as_ref()), drift.to_string()),
        }
    }

    /// Whether the destination refuses a write: another active user has its e-mail by now.
    fn is_refused(&self, line: &Operation, user: Option<&User>) -> bool {
        let email = line.fields.iter().find(|change| change.field == Field::Email).and_then(|one| one.to.as_deref());
        let Some(email) = email.map(str::to_lowercase) else { return false };
        let others = self.users.iter().filter(|other| Some(&other.id) != user.map(|user| &user.id));
        let mut emails =
            others.filter(|other| other.status.is_active()).filter_map(|other| other.person.email.as_deref());
        emails.any(|other| other.to_lowercase() == email)
    }

    /// What may be written is as it was approved, read off the record itself.
    fn must_still_stand(&self, line: &Operation, user: Option<&User>) {
        match (line.kind, user) {
            (OperationKind::CreateOption, _) => {}
            (OperationKind::Create, user) => assert!(user.is_none(), "a second user for {line:?}"),
            (OperationKind::Update, Some(user)) => {
                assert!(user.status.is_active(), "{line:?}");
                for change in &line.fields {
                    let now = user.value(change.field);
                    assert!(change.field.is_same(now.as_deref(), change.from.as_deref()), "{change:?} but {now:?}");
                }
            }
            (OperationKind::Link, Some(user)) => assert_eq!(user.identifier, None, "{line:?}"),
            (OperationKind::Deactivate, Some(user)) => assert!(user.status.is_active(), "{line:?}"),
            (OperationKind::Reactivate, Some(user)) => assert!(user.status.is_inactive(), "{line:?}"),
            other => panic!("{other:?}"),
        }
    }
}

/// A skipped line names what moved, and its new value is neither what was approved nor, for a field of the destination, what was
/// expected there.
fn must_be_listed(line: &Operation, moved: &Moved, reason: &str) {
    assert!(!reason.is_empty());
    let fields: Vec<&Field> = line.fields.iter().map(|change| &change.field).collect();
    let listed = moved.now.iter().filter(|now| fields.contains(&&now.field)).count();
    match moved.cause {
        // Nobody is there of whom a value could be read, or it is not the value that moved.
        Cause::Gone | Cause::Appeared | Cause::Unread => {}
        Cause::Held | Cause::Left | Cause::Ruled => {}
        Cause::Identifier | Cause::Status => {
            let own = if moved.cause == Cause::Identifier { Field::Identifier } else { Field::Status };
            let is_moved = moved.now.iter().any(|now| now.field == own && now.moved);
            // Where the identifier is the same, somebody else carries it.
            assert!(is_moved || reason.starts_with("it would be about user "), "{moved:?} {reason}");
        }
        Cause::Values | Cause::OtherValues => {
            assert_eq!(listed, line.fields.len(), "each field with its value: {moved:?}");
            assert!(moved.now.iter().any(|now| now.moved), "{line:?} {moved:?}");
        }
        Cause::NotDue => assert_eq!(listed, line.fields.len(), "{moved:?}"),
        Cause::AlreadyThere | Cause::Unmade | Cause::Refused | Cause::Parked => panic!("{moved:?}"),
    }
    for now in moved.now.iter().filter(|now| now.moved) {
        let Some(change) = line.fields.iter().find(|change| change.field == now.field) else { continue };
        let is = |value: &Option<String>| now.field.is_same(now.value.as_deref(), value.as_deref());
        // A field that has moved has another value than it was to be replaced, or another one than was approved for it.
        assert!(!is(&change.from) || !is(&change.to), "{change:?} {now:?}");
    }
}

/// Every difference between two pictures of the users, by user and field.
fn differences(before: &[User], after: &[User]) -> BTreeSet<(String, String)> {
    let fields: Vec<Field> = Field::STANDARD.into_iter().filter(|field| *field != Field::Status).collect();
    let mut found = BTreeSet::new();
    for user in after {
        let old = before.iter().find(|one| one.id == user.id);
        for field in &fields {
            if old.and_then(|old| old.value(*field)) != user.value(*field) {
                found.insert((user.id.0.clone(), field.key().to_owned()));
            }
        }
        if old.map(|old| &old.status) != Some(&user.status) {
            found.insert((user.id.0.clone(), Field::Status.key().to_owned()));
        }
    }
    for user in before.iter().filter(|one| !after.iter().any(|user| user.id == one.id)) {
        found.insert((user.id.0.clone(), "gone".to_owned()));
    }
    found
}

/// One world: what became of each line, and how many changes it took.
fn world(seed: u64, sums: &mut Sums) -> u32 {
    let mut rng = Rng::with_seed(seed);
    let mut case = company(&mut rng);
    let plan = case.plan();
    let (before, after) = (rng.u32(..4), rng.u32(..3));
    for _ in 0..before {
        change(&mut rng, &mut case);
    }
    let now = case.plan();
    let due = Due::of(&now, |line| case.with_codes(line)).with_options(case.options.clone());
    let mut open = Vec::new();
    let mut outcomes: BTreeMap<u32, Outcome> = BTreeMap::new();
    for line in &plan.operations {
        let coded = case.with_codes(line);
        match due.judge(&coded, case.meant(&coded), MovedBy::Source) {
            Stands::Due => open.push(line.clone()),
            Stands::Already(moved) => drop(outcomes.insert(line.seq, Outcome::Already(moved))),
            Stands::Moved(moved, reason) => {
                assert!(before > 0, "nothing has changed, yet {line:?}: {reason}");
                outcomes.insert(line.seq, Outcome::Skipped(moved, reason));
            }
        }
    }
    for _ in 0..after {
        change(&mut rng, &mut case);
    }
    let mut allowed = BTreeSet::new();
    let (users, options) = (case.users.clone(), case.options.clone());
    for line in &open {
        let (meant, made) = (case.meant(line).map(|user| user.id.clone()), case.users.len());
        let outcome = case.carry_out(line);
        if matches!(outcome, Outcome::CarriedOut) {
            let user = meant.or_else(|| case.users.get(made).map(|user| user.id.clone()));
            let own = match line.kind {
                OperationKind::Create => vec![Field::Identifier, Field::Status],
                OperationKind::Link => vec![Field::Identifier],
                OperationKind::Deactivate | OperationKind::Reactivate => vec![Field::Status],
                _ => Vec::new(),
            };
            let fields = line.fields.iter().map(|change| change.field).chain(own);
            allowed.extend(
                user.iter().flat_map(|user| fields.clone().map(|field| (user.0.clone(), field.key().to_owned()))),
            );
        } else {
            assert!(before + after > 0, "nothing has changed, yet {line:?}: {outcome:?}");
        }
        outcomes.insert(line.seq, outcome);
    }
    let beyond: Vec<_> = differences(&users, &case.users).difference(&allowed).cloned().collect();
    assert_eq!(beyond, [], "written without an approval");
    let made = case.options.len() - options.len();
    let approved = plan.operations.iter().filter(|line| line.kind == OperationKind::CreateOption).count();
    assert!(made <= approved, "{made} options of {approved}");
    let mut own = Sums::default();
    for line in &plan.operations {
        let (state, moved) = match &outcomes[&line.seq] {
            Outcome::CarriedOut => (OperationState::Written, None),
            Outcome::Already(moved) => {
                assert_eq!(moved.cause, Cause::AlreadyThere);
                (OperationState::Written, Some(moved))
            }
            Outcome::Skipped(moved, reason) => {
                must_be_listed(line, moved, reason);
                (OperationState::SetAside, Some(moved))
            }
            Outcome::Refused => (OperationState::Failed, None),
        };
        own.extend([Fate::of(state, false, moved.map(|moved| moved.cause))]);
    }
    assert_eq!(own.approved() as usize, plan.operations.len());
    assert_eq!(own.approved(), own.carried_out + own.already_there + own.skipped + own.failed);
    sums.carried_out += own.carried_out;
    sums.already_there += own.already_there;
    sums.skipped += own.skipped;
    before + after
}

#[test]
fn bx10_what_was_approved_minus_what_moved_is_carried_out_every_moved_line_is_listed_and_nothing_else_is_written() {
    let (mut sums, mut changes) = (Sums::default(), 0);
    for seed in 0..WORLDS {
        let told = std::panic::catch_unwind(|| {
            let mut own = Sums::default();
            (world(seed, &mut own), own)
        });
        let (made, own) = told.unwrap_or_else(|_| panic!("in the world of seed {seed}"));
        changes += made;
        sums.carried_out += own.carried_out;
        sums.already_there += own.already_there;
        sums.skipped += own.skipped;
    }
    // It says nothing where nothing of a kind ever happened.
    assert!(changes > 10_000, "{changes}");
    assert!(sums.carried_out > 5_000 && sums.already_there > 100 && sums.skipped > 2_000, "{sums:?}");
}

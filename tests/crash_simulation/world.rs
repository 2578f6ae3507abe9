//! The world outside: a source, and a destination of each semantics. It knows who is whom, which no program can.

use jiff::civil::date;
use onroll::domain::field::Field;
use onroll::domain::ids::{EmployeeId, Identifier, UserId};
use onroll::domain::person::{Employee, EmploymentStatus, Person, User, UserStatus};
use onroll::ports::destination::{LookUp, Write, WriteAnswer, WriteError};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::Instant;

/// What a destination makes of a creation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An upsert by identifier; many in one request.
    Flow,
    /// An insert; an e-mail is taken once.
    LearnAmp,
    /// An insert that refuses nothing at all: whatever is sent twice is there twice.
    Insert,
    /// An insert; a user name is taken once, and the client looks who has it.
    Scim,
    /// The same by a profile; who is switched off stays as a member.
    RewardGateway,
    /// The client looks first, then each of several is inserted by itself.
    Moodle,
    /// A line on a list that somebody loads.
    PeopleFile,
}

impl Kind {
    pub const ALL: [Kind; 7] =
        [Kind::Flow, Kind::LearnAmp, Kind::Insert, Kind::Scim, Kind::RewardGateway, Kind::Moodle, Kind::PeopleFile];

    /// Its vendor in the registry, whose capabilities the engine goes by.
    pub fn vendor(self) -> &'static str {
        match self {
            Kind::Flow => "flow-learning",
            Kind::LearnAmp | Kind::Insert => "learn-amp",
            Kind::Scim => "scim",
            Kind::RewardGateway => "reward-gateway",
            Kind::Moodle => "moodle",
            Kind::PeopleFile => "people-file",
        }
    }

    /// Whether a creation that is sent twice may be there twice, so that the connection says how long it may take to show.
    pub fn adds(self) -> bool {
        !matches!(self, Kind::Flow | Kind::PeopleFile)
    }
}

/// Longest time that a write may take to have its effect, or to show, where the connection says so.
pub const SHOWS_WITHIN: Duration = Duration::from_secs(8);

/// A write that reached the destination's queue, and has its effect later.
struct Late {
    due: Instant,
    write: Write,
}

pub struct World {
    pub kind: Kind,
    pub employees: Vec<Employee>,
    pub users: Vec<User>,
    /// Who each user really is; users of nobody else are missing.
    pub truth: BTreeMap<UserId, EmployeeId>,
    /// Welcome mails, by identifier.
    pub mails: Vec<Identifier>,
    /// People whose tie somebody at the destination has cut.
    pub cut: BTreeSet<EmployeeId>,
    /// Lines that stand on the list of now, and those that were handed over and nobody has loaded.
    pub listed: Vec<Write>,
    pub handed: Vec<Write>,
    /// From when on reads show a user.
    shown_from: BTreeMap<UserId, Instant>,
    late: Vec<Late>,
    next: u32,
}

impl World {
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            employees: Vec::new(),
            users: Vec::new(),
            truth: BTreeMap::new(),
            mails: Vec::new(),
            cut: BTreeSet::new(),
            listed: Vec::new(),
            handed: Vec::new(),
            shown_from: BTreeMap::new(),
            late: Vec::new(),
            next: 0,
        }
    }

    /// The employee with this identifier.
    fn whose(&self, identifier: &Identifier) -> Option<EmployeeId> {
        self.employees.iter().find(|one| one.identifier == *identifier).map(|one| one.id.clone())
    }

    /// Puts a user there, as hands or a creation do.
    pub fn insert(&mut self, identifier: Option<Identifier>, person: Person, is: Option<EmployeeId>) -> UserId {
        self.next += 1;
        let id = UserId::new(format!("u{}", self.next));
        if let Some(employee) = is {
            self.truth.insert(id.clone(), employee);
        }
        self.users.push(User { identifier, person, ..User::new(id.clone()) });
        id
    }

    /// Has a write wait for its effect.
    pub fn later(&mut self, write: &Write, after: Duration) {
        self.late.push(Late { due: Instant::now() + after, write: write.clone() });
    }

    /// What was due has its effect.
    pub fn catch_up(&mut self) {
        let now = Instant::now();
        while let Some(at) = self.late.iter().position(|late| late.due <= now) {
            let late = self.late.remove(at);
            let _ = self.apply(&late.write, Duration::ZERO);
        }
    }

    /// The effect of a write; a new user shows after `hidden`.
    pub fn apply(&mut self, write: &Write, hidden: Duration) -> Result<WriteAnswer, WriteError> {
        if self.kind == Kind::PeopleFile {
            self.listed.push(write.clone());
            let user = match write {
                Write::Create { .. } => None,
                _ => self.find(write).map(|at| self.users[at].id.clone()),
            };
            let created = matches!(write, Write::Create { .. });
            return Ok(WriteAnswer { user, created, ..WriteAnswer::default() });
        }
        self.effect(write, hidden)
    }

    /// Whether somebody stands as new on the list of now, or on one that nobody has loaded.
    pub fn is_on_a_list(&self, employee: &EmployeeId) -> bool {
        let is_meant = |write: &Write| match write {
            Write::Create { identifier, .. } => self.whose(identifier).as_ref() == Some(employee),
            _ => false,
        };
        self.listed.iter().chain(&self.handed).any(is_meant)
    }

    /// Support loads what was handed over.
    pub fn load(&mut self) {
        for write in std::mem::take(&mut self.handed) {
            let _ = self.effect(&write, Duration::ZERO);
        }
    }

    fn effect(&mut self, write: &Write, hidden: Duration) -> Result<WriteAnswer, WriteError> {
        if let Write::Create { identifier, person, .. } = write {
            return self.create(identifier, person, hidden);
        }
        let at = self.find(write).ok_or_else(|| no("NOT_FOUND"))?;
        if let Write::Update { changes, .. } | Write::Reactivate { changes, .. } = write
            && let Some(email) =
                changes.iter().find(|change| change.field == Field::Email).and_then(|one| one.to.as_deref())
            && self.kind != Kind::Insert
            && self.users.iter().enumerate().any(|(other, user)| other != at && has_email(user, email))
        {
            return Err(no("EMAIL_IN_USE"));
        }
        let user = &mut self.users[at];
        match write {
            Write::SetIdentifier { identifier, .. } => user.identifier = Some(identifier.clone()),
            Write::Deactivate { .. } => user.status = UserStatus::Inactive,
            Write::Update { changes, .. } | Write::Reactivate { changes, .. } => {
                for change in changes {
                    user.set(change.field, change.to.as_deref()).expect("a field of a user");
                }
                if matches!(write, Write::Reactivate { .. }) {
                    user.status = UserStatus::Active;
                }
            }
            Write::Create { .. } | Write::CreateOption { .. } | Write::RemoveOption { .. } => {}
        }
        Ok(WriteAnswer { user: Some(user.id.clone()), ..WriteAnswer::default() })
    }

    fn create(
        &mut self,
        identifier: &Identifier,
        person: &Person,
        hidden: Duration,
    ) -> Result<WriteAnswer, WriteError> {
        let holder = self.users.iter().find(|user| user.identifier.as_ref() == Some(identifier)).cloned();
        let email = person.email.as_deref().unwrap_or_default();
        let named = self.users.iter().find(|user| has_email(user, email)).cloned();
        match self.kind {
            Kind::Insert => {}
            Kind::LearnAmp | Kind::PeopleFile => {
                if named.is_some() {
                    return Err(no("EMAIL_IN_USE"));
                }
            }
            Kind::Flow => {
                if let Some(holder) = holder {
                    let at = self.users.iter().position(|user| user.id == holder.id).expect("it is there");
                    self.users[at].person = person.clone();
                    return Ok(WriteAnswer { user: Some(holder.id), ..WriteAnswer::default() });
                }
                if named.is_some_and(|user| user.status.is_active()) {
                    return Err(no("EMAIL_IN_USE"));
                }
            }
            // As their clients do after a refusal, or before they insert.
            Kind::Scim | Kind::RewardGateway | Kind::Moodle => match (holder, named) {
                (Some(holder), _) if has_email(&holder, email) && holder.status.is_active() => {
                    return Ok(WriteAnswer { user: Some(holder.id), ..WriteAnswer::default() });
                }
                (Some(_), _) => return Err(no("IDENTIFIER_IN_USE")),
                (None, Some(_)) => return Err(no("EMAIL_IN_USE")),
                (None, None) => {}
            },
        }
        let whose = self.whose(identifier);
        let id = self.insert(Some(identifier.clone()), person.clone(), whose);
        self.shown_from.insert(id.clone(), Instant::now() + hidden);
        self.mails.push(identifier.clone());
        Ok(WriteAnswer { user: Some(id), created: true, ..WriteAnswer::default() })
    }

    fn find(&self, write: &Write) -> Option<usize> {
        match write {
            Write::SetIdentifier { user, .. } => self.users.iter().position(|one| one.id == *user),
            Write::Update { identifier, .. }
            | Write::Deactivate { identifier, .. }
            | Write::Reactivate { identifier, .. }
            | Write::Create { identifier, .. } => {
                self.users.iter().position(|one| one.identifier.as_ref() == Some(identifier))
            }
            Write::CreateOption { .. } | Write::RemoveOption { .. } => None,
        }
    }

    /// What reads show: of a people file the export, with what was listed since.
    pub fn shown(&self) -> Vec<User> {
        let now = Instant::now();
        let is_shown = |user: &&User| self.shown_from.get(&user.id).is_none_or(|from| *from <= now);
        let mut users: Vec<User> = self.users.iter().filter(is_shown).cloned().collect();
        for write in self.handed.iter().chain(&self.listed) {
            as_listed(&mut users, write);
        }
        users
    }

    pub fn look_up(&self, key: LookUp<'_>) -> Vec<User> {
        let is_meant = |user: &User| match key {
            LookUp::Identifier(identifier) => user.identifier.as_ref() == Some(identifier),
            LookUp::Email(email) => has_email(user, email),
            LookUp::Id(id) => user.id == *id,
        };
        let mut found: Vec<User> = self.shown().into_iter().filter(is_meant).collect();
        if found.is_empty() {
            // Who stands on the list of now as new is found there, and in no pull.
            let made = self.listed.iter().filter_map(|write| match write {
                Write::Create { identifier, person, .. } => Some(User {
                    identifier: Some(identifier.clone()),
                    person: person.clone(),
                    ..User::new(UserId::new(format!("list:{identifier}")))
                }),
                _ => None,
            });
            found.extend(made.filter(is_meant));
        }
        found
    }

    /// Somebody at the destination takes the identifier off a user.
    pub fn cut_tie(&mut self, id: &UserId) {
        let Some(user) = self.users.iter_mut().find(|user| user.id == *id) else { return };
        user.identifier = None;
        if let Some(employee) = self.truth.get(id) {
            self.cut.insert(employee.clone());
        }
    }
}

fn as_listed(users: &mut [User], write: &Write) {
    let identifier = match write {
        Write::SetIdentifier { user, identifier, .. } => {
            if let Some(user) = users.iter_mut().find(|one| one.id == *user) {
                user.identifier = Some(identifier.clone());
            }
            return;
        }
        Write::Update { identifier, .. }
        | Write::Deactivate { identifier, .. }
        | Write::Reactivate { identifier, .. } => identifier,
        Write::Create { .. } | Write::CreateOption { .. } | Write::RemoveOption { .. } => return,
    };
    let Some(user) = users.iter_mut().find(|one| one.identifier.as_ref() == Some(identifier)) else { return };
    match write {
        Write::Deactivate { .. } => user.status = UserStatus::Inactive,
        Write::Update { changes, .. } | Write::Reactivate { changes, .. } => {
            for change in changes {
                user.set(change.field, change.to.as_deref()).expect("a field of a user");
            }
            if matches!(write, Write::Reactivate { .. }) {
                user.status = UserStatus::Active;
            }
        }
        _ => {}
    }
}

fn has_email(user: &User, email: &str) -> bool {
    !email.is_empty() && user.person.email.as_deref().is_some_and(|held| held.eq_ignore_ascii_case(email))
}

fn no(code: &str) -> WriteError {
    WriteError::Rejected { status: 422, code: code.into(), message: "no".into(), field: None }
}

/// Somebody employed.
pub fn employee(number: usize) -> Employee {
    let mut person = Person {
        first_name: Some(FIRST[number % FIRST.len()].into()),
        last_name: Some(LAST[number % LAST.len()].into()),
        email: Some(format!("p{number}@x.example")),
        job_title: Some("Waiter".into()),
        branch: Some("Quayside".into()),
        ..Person::default()
    };
    let day = date(
        i16::try_from(1950 + number % 50).unwrap(),
        i8::try_from(1 + number % 12).unwrap(),
        i8::try_from(1 + number % 28).unwrap(),
    );
    person.set(Field::DateOfBirth, Some(&day.to_string())).unwrap();
    person.set(Field::StartDate, Some("2024-03-11")).unwrap();
    Employee {
        id: number.to_string().as_str().into(),
        identifier: Identifier(format!("40817_{number}")),
        person,
        manager_id: None,
        status: EmploymentStatus::Active,
        unreadable: None,
    }
}

/// Names of which nobody takes one for another.
const FIRST: [&str; 24] = [
    "Ada", "Bruno", "Chloe", "Dmitri", "Esther", "Fabio", "Greta", "Hugo", "Ingrid", "Jamal", "Katya", "Lorenzo",
    "Miriam", "Nnamdi", "Olivia", "Pavel", "Quentin", "Rosalind", "Stefan", "Tamsin", "Ulrich", "Violeta", "Wendell",
    "Yasmin",
];
const LAST: [&str; 29] = [
    "Abernathy",
    "Bjornstad",
    "Castellano",
    "Drummond",
    "Eriksen",
    "Fitzgerald",
    "Grzybowski",
    "Hollingworth",
    "Ibekwe",
    "Jankauskas",
    "Kowalczyk",
    "Lindqvist",
    "Mbeki",
    "Novotny",
    "Okonkwo",
    "Papadopoulos",
    "Quispe",
    "Rasmussen",
    "Sokolov",
    "Thorvald",
    "Umarov",
    "Vandermeer",
    "Whitcombe",
    "Xiang",
    "Yildirim",
    "Zamora",
    "Delacroix",
    "Peverell",
    "Hagiwara",
];

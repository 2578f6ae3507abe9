//! A source and a destination in memory. A creation always makes a user, whoever carries the identifier already.

use onroll::domain::field::Field;
use onroll::domain::ids::{Identifier, UserId};
use onroll::domain::list::ListKey;
use onroll::domain::mapping::DestinationOption;
use onroll::domain::person::{Employee, Person, User, UserStatus};
use onroll::domain::snapshot::SourceFacts;
use onroll::ports::api::{ApiError, ProbeStep};
use onroll::ports::connect::{ClientFactory, ConnectParts};
use onroll::ports::destination::{
    DestinationApi, DestinationFacts, DestinationRecord, LookUp, Write, WriteAnswer, WriteError,
};
use onroll::ports::source::{KnownRecords, SourceApi, SourceRecord};
use std::collections::{HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

const VENDOR: &str = "Insert";

/// What a request that writes is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Yes,
    /// Done, and the answer names the first user there, whoever that is.
    NamesTheFirst,
    No,
    /// Done, but the answer never came.
    LostAfter,
    /// Not done, and no usable answer (500, HTML, half a JSON).
    LostBefore,
    /// Surely not done: the connection could not be opened.
    Closed,
    /// Done; then the process ends before it hears of it.
    DiesAfter,
    /// The process ends before the request has left.
    DiesBefore,
}

/// Changes the world at a moment.
pub type Hook = Box<dyn FnMut(&mut State) + Send>;

#[derive(Default)]
pub struct State {
    pub employees: Vec<Employee>,
    pub users: Vec<User>,
    pub mails: Vec<Identifier>,
    /// Answers to the next writes; yes when there are none left.
    pub writes: VecDeque<Answer>,
    /// Whether the next reads of users fail.
    pub reads: VecDeque<bool>,
    /// Requests that were not in the journal as sent when they arrived.
    pub unjournaled: Vec<Identifier>,
    /// Writes that took effect, each with the user just before.
    pub took: Vec<(Write, Option<User>)>,
    /// Requests that write, as they came.
    pub requests: u32,
    /// The workspace file, looked at before each write takes effect.
    pub path: Option<PathBuf>,
    /// Called when the n-th request that writes arrives.
    pub hook: Option<(u32, Hook)>,
    /// How long reads lag behind creations.
    pub shows_after: Duration,
    /// From when on reads show a user who was created.
    shown_from: HashMap<UserId, Instant>,
    /// Lists of users are answered as torn.
    pub is_torn: bool,
    /// Lists and look-ups of users show the first so many, as if there were no more.
    pub shows_at_most: Option<usize>,
    /// Who is not in its lists is found by a look-up all the same.
    pub looks_up_everybody: bool,
    /// Called when the source is probed.
    pub probed: Option<Box<dyn FnMut() + Send>>,
    /// The process has ended: nothing that it asks arrives.
    pub is_dead: bool,
    next: u32,
}

/// Both ends.
#[derive(Clone, Default)]
pub struct Pair(pub Arc<Mutex<State>>);

impl Pair {
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }
}

impl ClientFactory for Pair {
    fn source(&self, _: &str, _: ConnectParts) -> Result<Box<dyn SourceApi>, ApiError> {
        Ok(Box::new(self.clone()))
    }

    fn destination(&self, _: &str, _: ConnectParts) -> Result<Box<dyn DestinationApi>, ApiError> {
        Ok(Box::new(self.clone()))
    }
}

#[async_trait::async_trait]
impl SourceApi for Pair {
    async fn probe(&self) -> Vec<ProbeStep> {
        if let Some(probed) = &mut self.lock().probed {
            probed();
        }
        Vec::new()
    }

    async fn pull(&self, _known: &dyn KnownRecords, out: mpsc::Sender<SourceRecord>) -> Result<SourceFacts, ApiError> {
        let employees = self.lock().employees.clone();
        let received = employees.len() as u64;
        for employee in employees {
            let record = SourceRecord { employee, raw: serde_json::json!({}), out_of_scope: false };
            out.send(record).await.map_err(|_| temporary())?;
        }
        Ok(SourceFacts { declared_total: received, received, ..SourceFacts::default() })
    }
}

fn temporary() -> ApiError {
    ApiError::Temporary { vendor: VENDOR, detail: "500".into() }
}

impl Pair {
    fn read(&self) -> Result<(), ApiError> {
        if self.lock().reads.pop_front().unwrap_or(false) { Err(temporary()) } else { Ok(()) }
    }

    /// That each of these is on disk as sent before anything takes effect.
    fn check_journal(&self, writes: &[Write]) {
        let Some(path) = self.lock().path.clone() else { return };
        let file = rusqlite::Connection::open(path).unwrap();
        let mut is_sent = file.prepare("SELECT 1 FROM operation WHERE identifier = ?1 AND state = 'sent'").unwrap();
        let mut missing: Vec<Identifier> = writes.iter().filter_map(identifier_of).cloned().collect();
        missing.retain(|one| !is_sent.exists([one.as_str()]).unwrap());
        self.lock().unjournaled.extend(missing);
    }

    async fn request(&self, writes: &[Write]) -> Vec<Result<WriteAnswer, WriteError>> {
        if self.lock().is_dead {
            return std::future::pending().await;
        }
        self.check_journal(writes);
        let answer = {
            let mut state = self.lock();
            state.requests += 1;
            let requests = state.requests;
            if let Some((at, mut hook)) = state.hook.take() {
                if at == requests {
                    hook(&mut state);
                } else {
                    state.hook = Some((at, hook));
                }
            }
            let answer = state.writes.pop_front().unwrap_or(Answer::Yes);
            state.is_dead = matches!(answer, Answer::DiesAfter | Answer::DiesBefore);
            answer
        };
        let lost = || WriteError::Unknown { detail: "500".into() };
        let all = |error: WriteError| writes.iter().map(|_| Err(error.clone())).collect();
        match answer {
            Answer::Yes => writes.iter().map(|write| self.lock().apply(write)).collect(),
            Answer::NamesTheFirst => {
                let first = |state: &State| state.users.first().map(|user| user.id.clone());
                let named = |write: &Write| {
                    let mut state = self.lock();
                    state.apply(write).map(|answer| WriteAnswer { user: first(&state), ..answer })
                };
                writes.iter().map(named).collect()
            }
            Answer::LostAfter => {
                writes.iter().for_each(|write| drop(self.lock().apply(write)));
                all(lost())
            }
            Answer::LostBefore => all(lost()),
            Answer::No => all(rejected()),
            Answer::Closed => all(WriteError::NotSent(temporary())),
            Answer::DiesAfter => {
                writes.iter().for_each(|write| drop(self.lock().apply(write)));
                std::future::pending().await
            }
            Answer::DiesBefore => std::future::pending().await,
        }
    }
}

fn rejected() -> WriteError {
    WriteError::Rejected { status: 422, code: "NO".into(), message: "no".into(), field: None }
}

fn identifier_of(write: &Write) -> Option<&Identifier> {
    match write {
        Write::CreateOption { .. } | Write::RemoveOption { .. } => None,
        Write::Create { identifier, .. }
        | Write::Update { identifier, .. }
        | Write::SetIdentifier { identifier, .. }
        | Write::Deactivate { identifier, .. }
        | Write::Reactivate { identifier, .. } => Some(identifier),
    }
}

impl State {
    fn apply(&mut self, write: &Write) -> Result<WriteAnswer, WriteError> {
        if let Write::Create { identifier, person, .. } = write {
            self.took.push((write.clone(), None));
            let id = self.insert(Some(identifier.clone()), person.clone());
            self.shown_from.insert(id.clone(), Instant::now() + self.shows_after);
            self.mails.push(identifier.clone());
            return Ok(WriteAnswer { user: Some(id), created: true, ..WriteAnswer::default() });
        }
        let identifier = identifier_of(write).ok_or_else(rejected)?.clone();
        let wanted = |user: &&mut User| match write {
            Write::SetIdentifier { user: id, .. } => user.id == *id,
            _ => user.identifier.as_ref() == Some(&identifier),
        };
        let user = self.users.iter_mut().find(wanted).ok_or_else(rejected)?;
        self.took.push((write.clone(), Some(user.clone())));
        match write {
            Write::SetIdentifier { .. } => user.identifier = Some(identifier),
            Write::Deactivate { .. } => user.status = UserStatus::Inactive,
            Write::Update { changes, .. } | Write::Reactivate { changes, .. } => {
                for change in changes {
                    user.set(change.field, change.to.as_deref()).unwrap();
                }
                if matches!(write, Write::Reactivate { .. }) {
                    user.status = UserStatus::Active;
                }
            }
            Write::Create { .. } | Write::CreateOption { .. } | Write::RemoveOption { .. } => {}
        }
        Ok(WriteAnswer { user: Some(user.id.clone()), ..WriteAnswer::default() })
    }

    /// What reads show.
    fn shown(&self) -> Vec<User> {
        let is_shown = |user: &&User| self.shown_from.get(&user.id).is_none_or(|from| *from <= Instant::now());
        self.users.iter().filter(is_shown).take(self.shows_at_most.unwrap_or(usize::MAX)).cloned().collect()
    }

    /// A user made by hand, or by a creation.
    pub fn insert(&mut self, identifier: Option<Identifier>, person: Person) -> UserId {
        self.next += 1;
        let id = UserId::new(format!("u{}", self.next));
        self.users.push(User { identifier, person, ..User::new(id.clone()) });
        id
    }
}

#[async_trait::async_trait]
impl DestinationApi for Pair {
    async fn probe(&self) -> Vec<ProbeStep> {
        Vec::new()
    }

    async fn options(&self, list: ListKey) -> Result<Vec<DestinationOption>, ApiError> {
        let name = match list {
            ListKey::BRANCH => "Quayside",
            ListKey::JOB_TITLE => "Waiter",
            _ => return Ok(Vec::new()),
        };
        Ok(vec![DestinationOption::new(list, name, name, true)])
    }

    async fn pull(&self, out: mpsc::Sender<DestinationRecord>) -> Result<DestinationFacts, ApiError> {
        self.read()?;
        if self.lock().is_torn {
            return Err(ApiError::Incomplete { vendor: VENDOR, detail: "users: 7 of 9 rows".into() });
        }
        let users = self.lock().shown();
        let received = users.len() as u64;
        for user in users {
            let record = DestinationRecord { user, raw: serde_json::json!({}) };
            out.send(record).await.map_err(|_| temporary())?;
        }
        Ok(DestinationFacts { declared_total: received, received, ..DestinationFacts::default() })
    }

    async fn look_up(&self, key: LookUp<'_>) -> Result<Vec<User>, ApiError> {
        self.read()?;
        let is_meant = |user: &&User| match key {
            LookUp::Identifier(identifier) => user.identifier.as_ref() == Some(identifier),
            LookUp::Email(email) => user.person.email.as_deref() == Some(email),
            LookUp::Id(id) => user.id == *id,
        };
        let state = self.lock();
        let known = if state.looks_up_everybody { state.users.clone() } else { state.shown() };
        Ok(known.iter().filter(is_meant).cloned().collect())
    }

    async fn write(&self, write: &Write) -> Result<WriteAnswer, WriteError> {
        self.request(std::slice::from_ref(write)).await.remove(0)
    }

    async fn create_many(&self, creations: &[Write]) -> Vec<Result<WriteAnswer, WriteError>> {
        let mut answers = self.request(creations).await;
        // As a feed's answer: who was made, not under which id.
        for answer in answers.iter_mut().flatten() {
            answer.user = None;
        }
        answers
    }
}

/// Somebody employed.
pub fn employee(number: usize) -> Employee {
    let mut person = Person {
        first_name: Some(format!("First{}", letters(number))),
        last_name: Some(format!("Last{}", letters(number * 7 + 3))),
        email: Some(format!("p{number}@x.example")),
        job_title: Some("Waiter".into()),
        branch: Some("Quayside".into()),
        ..Person::default()
    };
    let day = format!("19{:02}-{:02}-{:02}", 50 + number % 50, 1 + number % 12, 1 + number % 28);
    person.set(Field::DateOfBirth, Some(&day)).unwrap();
    person.set(Field::StartDate, Some("2024-03-11")).unwrap();
    Employee {
        id: number.to_string().as_str().into(),
        identifier: Identifier(format!("40817_{number}")),
        person,
        manager_id: None,
        status: onroll::domain::person::EmploymentStatus::Active,
        unreadable: None,
    }
}

/// Names that differ in more than a digit.
fn letters(mut number: usize) -> String {
    let mut text = String::new();
    for _ in 0..4 {
        text.push(char::from(b'a' + u8::try_from(number % 26).unwrap()));
        number = number / 26 + number * 5;
    }
    text
}

//! The clients of one process: requests that take time, whose answers are lost in every way, and at any of which the process dies.

use crate::planted::Planted;
use crate::world::{Kind, SHOWS_WITHIN, World};
use crash_vfs::Machine;
use onroll::domain::ids::{Identifier, UserId};
use onroll::domain::list::ListKey;
use onroll::domain::mapping::DestinationOption;
use onroll::domain::person::User;
use onroll::domain::snapshot::SourceFacts;
use onroll::ports::api::{ApiError, ProbeStep};
use onroll::ports::connect::{ClientFactory, ConnectParts};
use onroll::ports::destination::{
    DestinationApi, DestinationFacts, DestinationRecord, LookUp, Write, WriteAnswer, WriteError,
};
use onroll::ports::source::{KnownRecords, SourceApi, SourceRecord};
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;
use tokio::sync::mpsc;

const VENDOR: &str = "Sim";

/// When a process dies by a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DiesAt {
    /// The how manieth request from now on.
    pub request: u32,
    /// Whether the request has its effect all the same.
    pub after: bool,
}

/// What all processes of a schedule share.
pub struct Shared {
    pub world: World,
    pub random: fastrand::Rng,
    /// Of a hundred requests, so many have trouble.
    pub trouble: u32,
    pub planted: Option<Planted>,
    /// Digest of all that happened, in order.
    pub trace: DefaultHasher,
    pub requests: u64,
    /// Users who were made by a write whose answer was lost, and whose tie was cut: a planted fault does not see them.
    pub hidden: BTreeMap<UserId, Identifier>,
    pub log: Option<Vec<String>>,
    /// Requests that write, where somebody wants to know.
    pub writes: Option<Vec<Write>>,
}

impl Shared {
    pub fn note(&mut self, what: impl FnOnce() -> String) {
        let text = what();
        text.hash(&mut self.trace);
        if let Some(log) = &mut self.log {
            log.push(text);
        }
    }

    pub fn digest(&self) -> u64 {
        self.trace.finish()
    }
}

/// What becomes of a request that writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Yes,
    LostBefore,
    /// So many of its records take effect.
    LostDuring(usize),
    LostAfter,
    /// The effect comes later than the client waits.
    Late(Duration),
    Closed,
}

/// One process.
#[derive(Clone)]
pub struct Process {
    pub number: u32,
    pub machine: Arc<Machine>,
    pub shared: Arc<Mutex<Shared>>,
    pub dies: Arc<Mutex<Option<DiesAt>>>,
}

impl Process {
    pub fn lock(&self) -> MutexGuard<'_, Shared> {
        let mut shared = self.shared.lock().unwrap();
        shared.world.catch_up();
        shared
    }

    pub fn is_dead(&self) -> bool {
        self.machine.is_dead(self.number)
    }

    async fn if_alive(&self) {
        if self.is_dead() {
            std::future::pending::<()>().await;
        }
    }

    /// Counts a request; whether the process dies by it, and how.
    fn dies_now(&self) -> Option<DiesAt> {
        self.lock().requests += 1;
        let mut dies = self.dies.lock().unwrap();
        match &mut *dies {
            Some(at) if at.request == 0 => dies.take(),
            Some(at) => {
                at.request -= 1;
                None
            }
            None => None,
        }
    }

    /// A request that reads: it takes a moment, may fail, and may be the last one.
    async fn read(&self, what: &str) -> Result<(), ApiError> {
        self.if_alive().await;
        let (wait, fails) = {
            let mut shared = self.lock();
            let trouble = shared.trouble;
            let wait = shared.random.u64(1..60);
            let fails = shared.random.u32(0..100) < trouble / 4;
            shared.note(|| format!("{}: {what}{}", self.number, if fails { " fails" } else { "" }));
            (wait, fails)
        };
        tokio::time::sleep(Duration::from_millis(wait)).await;
        self.if_alive().await;
        if self.dies_now().is_some() {
            self.machine.kill(self.number);
            self.if_alive().await;
        }
        if fails { Err(temporary()) } else { Ok(()) }
    }

    fn choose(&self, records: usize) -> (Answer, Duration) {
        let mut shared = self.lock();
        let kind = shared.world.kind;
        let hidden = if kind.adds() && shared.random.u8(0..4) == 0 {
            Duration::from_millis(shared.random.u64(0..u64::try_from(SHOWS_WITHIN.as_millis()).unwrap()))
        } else {
            Duration::ZERO
        };
        let trouble = shared.trouble;
        if shared.random.u32(0..100) >= trouble {
            return (Answer::Yes, hidden);
        }
        let answer = match shared.random.u8(0..10) {
            0 | 1 => Answer::LostBefore,
            2 | 3 if records > 1 => Answer::LostDuring(shared.random.usize(0..=records)),
            2..=5 => Answer::LostAfter,
            // A list is on this machine: what is not on it when the process gives up never will be.
            6..=8 if kind != Kind::PeopleFile => {
                let most = u64::try_from(SHOWS_WITHIN.as_millis()).unwrap();
                Answer::Late(Duration::from_millis(shared.random.u64(1..most)))
            }
            6..=8 => Answer::LostAfter,
            _ => Answer::Closed,
        };
        (answer, if matches!(answer, Answer::Late(_)) { Duration::ZERO } else { hidden })
    }

    async fn request(&self, writes: &[Write]) -> Vec<Result<WriteAnswer, WriteError>> {
        self.if_alive().await;
        let (answer, hidden) = self.choose(writes.len());
        let (before, after) = {
            let mut shared = self.lock();
            shared.note(|| format!("{}: {} → {answer:?}, shows after {hidden:?}", self.number, words(writes)));
            // Some answers are late, past a renewal of the lease.
            let after = if shared.random.u8(0..24) == 0 { 12_000 } else { 80 };
            (shared.random.u64(1..80), shared.random.u64(1..after))
        };
        tokio::time::sleep(Duration::from_millis(before)).await;
        self.if_alive().await;
        let last = self.dies_now();
        if let Some(DiesAt { after: false, .. }) = last {
            self.machine.kill(self.number);
            self.if_alive().await;
        }
        let answers = self.take(writes, answer, hidden);
        if last.is_some() {
            self.machine.kill(self.number);
            self.if_alive().await;
        }
        tokio::time::sleep(Duration::from_millis(after)).await;
        self.if_alive().await;
        answers
    }

    fn take(&self, writes: &[Write], answer: Answer, hidden: Duration) -> Vec<Result<WriteAnswer, WriteError>> {
        let mut shared = self.lock();
        if let Some(kept) = &mut shared.writes {
            kept.extend_from_slice(writes);
        }
        let all = |error: WriteError| writes.iter().map(|_| Err(error.clone())).collect();
        let lost = || all(WriteError::Unknown { detail: "no answer".into() });
        match answer {
            Answer::Yes => writes.iter().map(|write| shared.world.apply(write, hidden)).collect(),
            Answer::LostBefore => lost(),
            Answer::Closed => all(WriteError::NotSent(temporary())),
            Answer::LostDuring(_) | Answer::LostAfter => {
                let most = if let Answer::LostDuring(most) = answer { most } else { writes.len() };
                for write in writes.iter().take(most) {
                    let done = shared.world.apply(write, hidden);
                    if let (Ok(WriteAnswer { user: Some(id), created: true, .. }), Write::Create { identifier, .. }) =
                        (done, write)
                    {
                        maybe_cut(&mut shared, &id, identifier);
                    }
                }
                lost()
            }
            Answer::Late(after) => {
                writes.iter().for_each(|write| shared.world.later(write, after));
                lost()
            }
        }
    }

    /// What a reading shows; a planted fault does not see whom it would have to recognise.
    fn seen(&self, users: Vec<User>) -> Vec<User> {
        let shared = self.lock();
        users.into_iter().filter(|user| !shared.hidden.contains_key(&user.id)).collect()
    }
}

/// Somebody at the destination tidies up the very user whose answer was lost.
fn maybe_cut(shared: &mut Shared, id: &UserId, identifier: &Identifier) {
    if shared.world.kind == Kind::PeopleFile || shared.random.u8(0..8) > 0 {
        return;
    }
    shared.note(|| format!("somebody cuts the tie of {id}"));
    shared.world.cut_tie(id);
    if shared.planted == Some(Planted::SettleByIdentifierOnly) {
        shared.hidden.insert(id.clone(), identifier.clone());
    }
}

fn words(writes: &[Write]) -> String {
    let word = |write: &Write| match write {
        Write::Create { identifier, .. } => format!("create {identifier}"),
        Write::Update { identifier, .. } => format!("update {identifier}"),
        Write::SetIdentifier { identifier, user, .. } => format!("link {identifier} {user}"),
        Write::Deactivate { identifier, .. } => format!("deactivate {identifier}"),
        Write::Reactivate { identifier, .. } => format!("reactivate {identifier}"),
        Write::CreateOption { .. } | Write::RemoveOption { .. } => "an option".to_owned(),
    };
    writes.iter().map(word).collect::<Vec<_>>().join(", ")
}

fn temporary() -> ApiError {
    ApiError::Temporary { vendor: VENDOR, detail: "500".into() }
}

impl ClientFactory for Process {
    fn source(&self, _: &str, _: ConnectParts) -> Result<Box<dyn SourceApi>, ApiError> {
        Ok(Box::new(self.clone()))
    }

    fn destination(&self, _: &str, _: ConnectParts) -> Result<Box<dyn DestinationApi>, ApiError> {
        Ok(Box::new(self.clone()))
    }
}

#[async_trait::async_trait]
impl SourceApi for Process {
    async fn probe(&self) -> Vec<ProbeStep> {
        Vec::new()
    }

    async fn pull(&self, _known: &dyn KnownRecords, out: mpsc::Sender<SourceRecord>) -> Result<SourceFacts, ApiError> {
        self.read("pulls employees").await?;
        let employees = self.lock().world.employees.clone();
        let received = employees.len() as u64;
        for employee in employees {
            let record = SourceRecord { employee, raw: serde_json::json!({}), out_of_scope: false };
            out.send(record).await.map_err(|_| temporary())?;
        }
        Ok(SourceFacts { declared_total: received, received, ..SourceFacts::default() })
    }
}

#[async_trait::async_trait]
impl DestinationApi for Process {
    async fn probe(&self) -> Vec<ProbeStep> {
        Vec::new()
    }

    async fn options(&self, list: ListKey) -> Result<Vec<DestinationOption>, ApiError> {
        let name = match list {
            ListKey::BRANCH => "Quayside",
            ListKey::JOB_TITLE => "Waiter",
            _ => return Ok(Vec::new()),
        };
        self.if_alive().await;
        Ok(vec![DestinationOption::new(list, name, name, true)])
    }

    async fn pull(&self, out: mpsc::Sender<DestinationRecord>) -> Result<DestinationFacts, ApiError> {
        self.read("pulls users").await?;
        let users = self.lock().world.shown();
        let users = self.seen(users);
        let received = users.len() as u64;
        for user in users {
            let record = DestinationRecord { user, raw: serde_json::json!({}) };
            out.send(record).await.map_err(|_| temporary())?;
        }
        Ok(DestinationFacts { declared_total: received, received, ..DestinationFacts::default() })
    }

    async fn look_up(&self, key: LookUp<'_>) -> Result<Vec<User>, ApiError> {
        self.read("looks a user up").await?;
        let users = self.lock().world.look_up(key);
        Ok(self.seen(users))
    }

    async fn write(&self, write: &Write) -> Result<WriteAnswer, WriteError> {
        let one = std::slice::from_ref(write);
        let mut answer = self.request(one).await.remove(0);
        if self.lock().planted == Some(Planted::BlindResend) && matches!(answer, Err(WriteError::Unknown { .. })) {
            answer = self.request(one).await.remove(0);
        }
        if let Write::Create { identifier, .. } = write
            && answer.is_ok()
        {
            // Sent again: what the planted fault did not see is seen from now on.
            self.lock().hidden.retain(|_, of| of != identifier);
        }
        answer
    }

    async fn create_many(&self, creations: &[Write]) -> Vec<Result<WriteAnswer, WriteError>> {
        let kind = self.lock().world.kind;
        if kind == Kind::Flow {
            let mut answers = self.request(creations).await;
            // As a feed's answer: who was made, not under which id.
            for answer in answers.iter_mut().flatten() {
                answer.user = None;
            }
            return answers;
        }
        let mut answers = Vec::with_capacity(creations.len());
        for creation in creations {
            answers.push(self.write(creation).await);
        }
        answers
    }

    async fn hand_over(&self) -> Result<Vec<String>, ApiError> {
        self.read("hands lists over").await?;
        let mut shared = self.lock();
        let listed = std::mem::take(&mut shared.world.listed);
        let told = if listed.is_empty() { Vec::new() } else { vec![format!("{} lines", listed.len())] };
        shared.world.handed.extend(listed);
        Ok(told)
    }
}

//! A schedule: what happens to whom, and when which process dies, all from one seed.

use crate::client::{DiesAt, Shared};
use crate::desk::{self, Program, yield_often};
use crate::oracle;
use crate::planted::Planted;
use crate::world::{Kind, SHOWS_WITHIN, World, employee};
use crash_vfs::{Image, Machine};
use onroll::domain::code::ProblemCode;
use onroll::domain::connection::ConnectionStatus;
use onroll::domain::decision::{Decision, Ruling};
use onroll::domain::ids::{ConnectionId, EmployeeId};
use onroll::domain::person::EmploymentStatus;
use onroll::domain::plan::HoldKind;
use onroll::domain::waves::{WaveGate, WavesAsked};
use onroll::engine::progress::{Reporter, RunControl};
use onroll::engine::run::{Confirmation, RunReport, SyncRequest};
use onroll::planning::key_fields;
use onroll::store::{Holder, Lives, StoreError};
use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;
use tokio::time::Instant;

/// What came of a schedule.
pub struct Outcome {
    pub digest: u64,
    pub deaths: u32,
    pub power_cuts: u32,
    pub requests: u64,
    pub rulings: u32,
}

/// How a schedule is run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    pub planted: Option<Planted>,
    /// Only this kind of destination.
    pub kind: Option<Kind>,
    pub talks: bool,
    /// Whether every program opens the file anew, where the seed is not to say it.
    pub anew: Option<bool>,
}

/// Of so many seeds, one has every program open the file anew.
const ANEW: u64 = 20;

pub struct Schedule {
    random: fastrand::Rng,
    pub shared: Arc<Mutex<Shared>>,
    machine: Arc<Machine>,
    pub connection: ConnectionId,
    begun: Instant,
    next_process: u32,
    /// Processes that work, as the system would tell; on other machines nobody can.
    alive: Arc<Mutex<BTreeSet<u32>>>,
    is_remote: bool,
    /// Rulings that were answered by "kept".
    pub rulings: BTreeMap<EmployeeId, Ruling>,
    deaths: u32,
    power_cuts: u32,
    planted: Option<Planted>,
    anew: bool,
    /// A program that was left open.
    idle: Option<Program>,
    /// How plans go, where not all at once.
    waves: Option<WavesAsked>,
}

thread_local! {
    /// What is matched in parallel is matched by this thread alone: handing a dozen people round would take longer than comparing them.
    static ALONE: () = rayon::ThreadPoolBuilder::new().num_threads(1).use_current_thread().build().map(drop).unwrap();
}

/// The runtime of one schedule: one thread, and a clock that moves when nothing else can.
pub fn run(seed: u64, options: Options) -> Result<Outcome, String> {
    ALONE.with(|()| ());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let run = async {
        let mut schedule = Schedule::new(seed, options).await;
        // Boxed, here and below: in a debug build the frames of all this would not fit into a test's stack.
        let result = Box::pin(schedule.play()).await;
        let mut shared = schedule.shared.lock().unwrap();
        if let Some(log) = shared.log.take() {
            log.iter().for_each(|line| println!("{line}"));
        }
        result.map(|()| Outcome {
            digest: shared.digest(),
            deaths: schedule.deaths,
            power_cuts: schedule.power_cuts,
            requests: shared.requests,
            rulings: u32::try_from(schedule.rulings.len()).unwrap(),
        })
    };
    runtime.block_on(run)
}

/// How a program's work ended.
enum Ended<T> {
    Done(T),
    Died,
}

/// Work of a process, until it is done or the process has died.
async fn until_dead<T>(program: &Program, work: impl Future<Output = T>) -> Ended<T> {
    let mut work = pin!(work);
    std::future::poll_fn(|context| {
        if program.process.is_dead() {
            return Poll::Ready(Ended::Died);
        }
        let polled = work.as_mut().poll(context);
        match polled {
            _ if program.process.is_dead() => Poll::Ready(Ended::Died),
            Poll::Ready(done) => Poll::Ready(Ended::Done(done)),
            Poll::Pending => Poll::Pending,
        }
    })
    .await
}

impl Schedule {
    pub async fn new(seed: u64, options: Options) -> Schedule {
        let mut random = fastrand::Rng::with_seed(seed);
        let kind = Kind::ALL[random.usize(0..Kind::ALL.len())];
        let kind = options.kind.unwrap_or(kind);
        let (image, connection) = desk::image(kind).await;
        let shared = Shared {
            world: world_of(kind, &mut random),
            random: fastrand::Rng::with_seed(random.u64(..)),
            trouble: *random.choice(&[0, 10, 30]).unwrap(),
            planted: options.planted,
            trace: std::hash::DefaultHasher::new(),
            requests: 0,
            hidden: BTreeMap::new(),
            log: options.talks.then(Vec::new),
            writes: None,
        };
        let schedule = Schedule {
            is_remote: random.u8(0..4) == 0,
            random,
            shared: Arc::new(Mutex::new(shared)),
            machine: machine_of(&image, options.planted),
            connection,
            begun: Instant::now(),
            next_process: 10,
            alive: Arc::default(),
            rulings: BTreeMap::new(),
            deaths: 0,
            power_cuts: 0,
            planted: options.planted,
            anew: options.anew.unwrap_or(seed.is_multiple_of(ANEW)),
            idle: None,
            // A third of the seeds; lists that somebody loads cannot be read back wave by wave.
            waves: (seed.is_multiple_of(3) && kind != Kind::PeopleFile && options.planted.is_none()).then(|| {
                WavesAsked { gate: WaveGate::Minutes(u32::from(seed.is_multiple_of(2))), ..WavesAsked::default() }
            }),
        };
        schedule.note(|| format!("{kind:?}, {} people", schedule.shared.lock().unwrap().world.employees.len()));
        schedule
    }

    pub fn note(&self, what: impl FnOnce() -> String) {
        let at = self.begun.elapsed();
        let text = what();
        self.shared.lock().unwrap().note(|| format!("[{at:?}] {text}"));
    }

    fn lives(&self) -> Lives {
        let (alive, is_remote) = (Arc::clone(&self.alive), self.is_remote);
        Arc::new(move |holder: &Holder| is_remote || alive.lock().unwrap().contains(&holder.pid))
    }

    pub fn open(&mut self) -> Result<Program, StoreError> {
        self.next_process += 1;
        let number = self.next_process;
        self.alive.lock().unwrap().insert(number);
        Program::open(number, &self.machine, &self.shared, (self.begun, self.anew), self.lives())
    }

    async fn play(&mut self) -> Result<(), String> {
        let rounds = self.random.u32(1..=3);
        for round in 0..rounds {
            self.note(|| format!("round {round}"));
            if self.random.u8(0..5) == 0 {
                Box::pin(self.two_programs()).await?;
            } else {
                Box::pin(self.one_program()).await?;
            }
            if self.random.u8(0..2) == 0 {
                Box::pin(self.rule()).await?;
            }
            if self.random.u8(0..3) == 0 {
                let shared = Arc::clone(&self.shared);
                move_world(&mut shared.lock().unwrap(), &mut self.random);
            }
            if self.random.u8(0..3) == 0 {
                let wait = self.random.u64(1..120);
                tokio::time::sleep(Duration::from_secs(wait)).await;
            }
        }
        Box::pin(self.settle()).await
    }

    /// When a process is to die, if it is.
    fn fate_of(&mut self, program: &Program) {
        match self.random.u8(0..5) {
            0 | 1 => {
                let changes = self.random.u64(0..350);
                self.note(|| format!("{} is to die at its change {changes} of a file", program.process.number));
                self.machine.die_at(program.process.number, changes);
            }
            2 | 3 => {
                let dies = DiesAt { request: self.random.u32(0..16), after: self.random.bool() };
                self.note(|| format!("{} is to die: {dies:?}", program.process.number));
                *program.process.dies.lock().unwrap() = Some(dies);
            }
            _ => {}
        }
    }

    async fn one_program(&mut self) -> Result<(), String> {
        let program = self.open_again().await?;
        self.fate_of(&program);
        let ended = until_dead(&program, Box::pin(self.sync(&program))).await;
        match ended {
            Ended::Done(report) => {
                self.told(&program, &report);
                self.leaves(program).await;
            }
            Ended::Died => self.died(vec![program]).await,
        }
        Ok(())
    }

    /// Two at once: one of them may die, or both.
    async fn two_programs(&mut self) -> Result<(), String> {
        let (one, two) = (self.open_again().await?, self.open_again().await?);
        self.fate_of(&one);
        self.fate_of(&two);
        let wait = self.random.u64(0..400);
        let second = async {
            tokio::time::sleep(Duration::from_millis(wait)).await;
            self.sync(&two).await
        };
        let (first, second) =
            tokio::join!(until_dead(&one, Box::pin(self.sync(&one))), until_dead(&two, Box::pin(second)));
        let mut dead = Vec::new();
        for (program, ended) in [(one, first), (two, second)] {
            match ended {
                Ended::Done(report) => {
                    self.told(&program, &report);
                    self.leaves(program).await;
                }
                Ended::Died => dead.push(program),
            }
        }
        if !dead.is_empty() {
            self.died(dead).await;
        }
        Ok(())
    }

    fn told(&self, program: &Program, report: &Result<RunReport, String>) {
        self.note(|| match report {
            Ok(report) => format!(
                "{}: {:?} {:?} {:?}",
                program.process.number,
                report.outcome,
                report.totals,
                report.problem.as_ref().map(|problem| &problem.what)
            ),
            Err(error) => format!("{}: {error}", program.process.number),
        });
    }

    async fn sync(&self, program: &Program) -> Result<RunReport, String> {
        let (reporter, control) = (Reporter::silent(), RunControl::default());
        let connection = program.engine.store.connection(self.connection).await.map_err(|error| error.to_string())?;
        // Past a limit the number has to be typed that the operator sees.
        let seen = program.engine.store.latest_plan(self.connection).await.map_err(|error| error.to_string())?;
        let number = seen.map_or(0, |head| head.counts.operations());
        let confirmation = (number > 0).then_some(Confirmation { number, reason: None });
        let request = SyncRequest { confirmation, waves: self.waves.clone(), ..SyncRequest::default() };
        let synced = Box::pin(program.engine.sync(&connection, &request, &reporter, &control)).await;
        let report = synced.map_err(|error| error.to_string())?;
        let unclean = report.problem.as_ref().is_some_and(|problem| problem.code() == ProblemCode::WaveNotClean);
        if !unclean {
            return Ok(report);
        }
        // The operator has looked at the wave and lets the next one go.
        let control = RunControl::default();
        let resumed = Box::pin(program.engine.resume(&connection, &reporter, &control)).await;
        Ok(resumed.map_err(|error| error.to_string())?.unwrap_or(report))
    }

    /// A program stays open, ends as it should, or is killed while it does nothing.
    async fn leaves(&mut self, program: Program) {
        self.machine.spare(program.process.number);
        *program.process.dies.lock().unwrap() = None;
        if self.idle.is_none() && self.random.u8(0..3) > 0 {
            self.idle = Some(program);
            return;
        }
        self.alive.lock().unwrap().remove(&program.process.number);
        if self.random.bool() {
            program.end().await;
        } else {
            self.machine.kill(program.process.number);
            drop(program);
            yield_often().await;
        }
    }

    /// Processes have died; perhaps the whole machine with them.
    async fn died(&mut self, mut programs: Vec<Program>) {
        self.deaths += 1;
        for program in &programs {
            self.alive.lock().unwrap().remove(&program.process.number);
        }
        let mut image = None;
        if self.random.bool() {
            self.power_cuts += 1;
            image = Some(self.machine.power_cut(&mut self.random));
        }
        if self.planted == Some(Planted::JournalAfterTheSend) {
            image = Some(desk::without_marks(&image.unwrap_or_else(|| self.machine.image())));
        }
        if image.is_some() {
            programs.extend(self.idle.take());
        }
        self.note(|| format!("dead{}", if image.is_some() { ", and the power was cut" } else { "" }));
        for program in programs {
            self.alive.lock().unwrap().remove(&program.process.number);
            self.machine.kill(program.process.number);
        }
        yield_often().await;
        if let Some(image) = image {
            self.machine = machine_of(&image, self.planted);
        }
    }

    /// The program that is open, or the file opened anew, whatever state it was left in.
    async fn open_again(&mut self) -> Result<Program, String> {
        if let Some(program) = self.idle.take() {
            return Ok(program);
        }
        self.open().map_err(|error| format!("the file cannot be opened: {error}"))
    }

    /// An operator rules about somebody; what was answered counts, whatever happens then.
    async fn rule(&mut self) -> Result<(), String> {
        let program = self.open_again().await?;
        if self.random.u8(0..4) == 0 {
            let changes = self.random.u64(0..12);
            self.machine.die_at(program.process.number, changes);
        }
        let chosen = {
            let shared = self.shared.lock().unwrap();
            let open: Vec<_> =
                shared.world.employees.iter().filter(|one| !self.rulings.contains_key(&one.id)).cloned().collect();
            self.random.choice(open)
        };
        if let Some(employee) = chosen {
            let ruling = self.ruling_about(&employee.id);
            let decision = Decision {
                employee: employee.id.clone(),
                ruling: ruling.clone(),
                reason: None,
                by: "operator".into(),
                at: program.engine.clock.now(),
                key_fields: key_fields(&employee.person),
            };
            let decided = until_dead(&program, program.engine.store.decide(self.connection, vec![decision])).await;
            match decided {
                Ended::Done(Ok(())) => {
                    self.note(|| format!("ruled: {} {}", employee.id, ruling.key()));
                    self.rulings.insert(employee.id, ruling);
                }
                Ended::Done(Err(error)) => return Err(format!("a ruling was refused: {error}")),
                Ended::Died => {
                    self.note(|| format!("died while ruling about {}: {}", employee.id, ruling.key()));
                    self.died(vec![program]).await;
                    // It may have been kept; whoever ruled looks and does it again.
                    return Ok(());
                }
            }
        }
        if self.random.u8(0..3) == 0 {
            self.machine.kill(program.process.number);
            self.died(vec![program]).await;
        } else {
            self.leaves(program).await;
        }
        Ok(())
    }

    /// An operator answers whatever the newest plan asks, as it really is.
    async fn answer_questions(&mut self, program: &Program) -> Result<(), String> {
        let store = &program.engine.store;
        let Some(head) = store.latest_plan(self.connection).await.map_err(|error| error.to_string())? else {
            return Ok(());
        };
        let plan = store.plan(head.id).await.map_err(|error| error.to_string())?;
        for hold in plan.holds.iter().filter(|hold| hold.code.kind() == HoldKind::Review) {
            let (ruling, employee) = {
                let shared = self.shared.lock().unwrap();
                let world = &shared.world;
                let Some(employee) = world.employees.iter().find(|one| one.id == hold.employee) else { continue };
                let own = world.truth.iter().find(|(_, of)| **of == hold.employee).map(|(user, _)| user.clone());
                (own.map_or(Ruling::Create, |user| Ruling::Link { user }), employee.clone())
            };
            self.note(|| format!("asked about {}: {} ({})", hold.employee, ruling.key(), hold.message));
            let decision = Decision {
                employee: hold.employee.clone(),
                ruling: ruling.clone(),
                reason: None,
                by: "operator".into(),
                at: program.engine.clock.now(),
                key_fields: key_fields(&employee.person),
            };
            store.decide(self.connection, vec![decision]).await.map_err(|error| error.to_string())?;
            self.rulings.insert(hold.employee.clone(), ruling);
        }
        Ok(())
    }

    fn ruling_about(&mut self, employee: &EmployeeId) -> Ruling {
        let shared = self.shared.lock().unwrap();
        let own = shared.world.truth.iter().find(|(_, of)| *of == employee).map(|(user, _)| user.clone());
        match own {
            Some(user) => Ruling::Link { user },
            None if self.random.u8(0..3) == 0 => Ruling::Exclude,
            // `create` would say that the list is lost, and have the person put on another one.
            None if shared.world.is_on_a_list(employee) => Ruling::Exclude,
            None => Ruling::Create,
        }
    }

    /// Fair weather from here on: it comes to an end, and all is as it should be.
    async fn settle(&mut self) -> Result<(), String> {
        self.shared.lock().unwrap().trouble = 0;
        // What is still on its way arrives.
        tokio::time::sleep(SHOWS_WITHIN + Duration::from_secs(1)).await;
        self.shared.lock().unwrap().world.catch_up();
        let program = self.open_again().await?;
        let mut last = String::new();
        for turn in 0..8 {
            self.shared.lock().unwrap().world.load();
            let store = &program.engine.store;
            let status = store.connection(self.connection).await.map_err(|error| error.to_string())?.status;
            if status != ConnectionStatus::Live {
                store
                    .set_status(self.connection, ConnectionStatus::Live, "operator")
                    .await
                    .map_err(|error| error.to_string())?;
            }
            let report = Box::pin(self.sync(&program)).await;
            self.told(&program, &report);
            let report = match report {
                Ok(report) => report,
                Err(error) => {
                    // The lease of a dead process of another machine runs out by itself.
                    tokio::time::sleep(Duration::from_secs(31)).await;
                    last = error;
                    continue;
                }
            };
            self.shared.lock().unwrap().world.load();
            match oracle::is_settled(self, &program, &report).await {
                Ok(()) if turn > 0 || self.random.u8(0..4) > 0 => {
                    oracle::judge(self, &program).await?;
                    drop(program);
                    yield_often().await;
                    return Ok(());
                }
                Ok(()) => {}
                Err(why) => last = why,
            }
            self.answer_questions(&program).await?;
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
        oracle::judge(self, &program).await?;
        Err(format!("it never comes to an end: {last}"))
    }
}

fn machine_of(image: &Image, planted: Option<Planted>) -> Arc<Machine> {
    let machine = Machine::new(image);
    if planted == Some(Planted::NoFsync) {
        machine.forget_syncs();
    }
    Arc::new(machine)
}

pub fn world_of(kind: Kind, random: &mut fastrand::Rng) -> World {
    let mut world = World::new(kind);
    let count = random.usize(3..=10);
    let first = random.usize(1..500);
    for number in first..first + count {
        let mut one = employee(number);
        let (id, identifier, person) = (one.id.clone(), one.identifier.clone(), one.person.clone());
        match random.u8(0..12) {
            // There already: tied; tied and to be changed; to be tied; a leaver who is there.
            0 => _ = world.insert(Some(identifier), person, Some(id)),
            1 => {
                let mut before = person;
                before.last_name = Some("Montgomery".into());
                world.insert(Some(identifier), before, Some(id));
            }
            2 => _ = world.insert(None, person, Some(id)),
            3 => {
                world.insert(Some(identifier), person, Some(id));
                one.status = EmploymentStatus::Ended;
            }
            _ => {}
        }
        world.employees.push(one);
    }
    world
}

/// The world goes on between two runs.
fn move_world(shared: &mut Shared, random: &mut fastrand::Rng) {
    let count = shared.world.employees.len();
    let at = random.usize(0..count);
    let moved = {
        let world = &mut shared.world;
        let one = &mut world.employees[at];
        match random.u8(0..4) {
            0 => {
                one.person.last_name = Some(random.choice(["Featherstone", "Oyelaran", "Brzezinski"]).unwrap().into());
                format!("{} marries", one.id)
            }
            1 => {
                one.status = match one.status {
                    EmploymentStatus::Active => EmploymentStatus::Ended,
                    _ => EmploymentStatus::Active,
                };
                format!("{} is {:?}", one.id, one.status)
            }
            2 => {
                one.person.email = Some(format!("new{}@x.example", one.id));
                format!("{} has a new e-mail", one.id)
            }
            _ => {
                let new = employee(1_000 + random.usize(0..500));
                let text = format!("{} begins", new.id);
                if world.employees.iter().all(|one| one.id != new.id) {
                    world.employees.push(new);
                }
                text
            }
        }
    };
    shared.note(|| moved);
}

//! A stage for tests of screens: the whole console over answers that a test gives, and a real store in a folder.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::Timestamp;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use unicode_width::UnicodeWidthStr;

use crate::console::app::update::begin;
use crate::console::app::{
    Command, ConsoleSettings, Effect, Mode, Model, Moment, Msg, Payload, Place, Query, Start, TenantHeader, update,
    view,
};
use crate::console::backend::Context;
use crate::console::backend::live::LiveRuns;
use crate::console::keys::{Bindings, bindings::parse_key};
use crate::console::screens::{Screen, first_run, registry};
use crate::console::theme::Theme;
use crate::console::widgets::Hits;
use crate::domain::connection::Endpoint;
use crate::domain::ids::{ConnectionId, EmployeeId, Identifier, RunId};
use crate::domain::person::{Employee, EmploymentStatus, Person, User, UserStatus};
use crate::domain::run::{FeedLine, Job, Level, Phase, RunOutcome, RunPurpose, RunTotals};
use crate::domain::settings::Settings;
use crate::domain::snapshot::{Side, SourceFacts};
use crate::engine::{Engine, Process};
use crate::ports::clock::FixedClock;
use crate::ports::destination::{DestinationFacts, DestinationRecord};
use crate::ports::source::SourceRecord;
use crate::secrets::SecretStore;
use crate::services::Access;
use crate::services::runs::Supervisor;
use crate::store::views::FeedRow;
use crate::store::{NewConnection, RunRow, Store};

pub const TENANT: &str = "harbour-vine";

/// Tue 24 Nov 2026 16:21:40 UTC.
pub fn now() -> Timestamp {
    "2026-11-24T16:21:40Z".parse().unwrap()
}

/// Seconds before [`now`].
pub fn ago(seconds: i64) -> Timestamp {
    Timestamp::from_second(now().as_second() - seconds).unwrap()
}

type Answers = Box<dyn Fn(&Query) -> Option<Payload>>;

/// The console with one screen on it.
pub struct Stage {
    pub model: Model,
    answers: Answers,
    /// What was not answered: commands, copies, questions without an answer.
    pub rest: Vec<Effect>,
    moment: Moment,
}

/// Places that this build has no screen for get one that does nothing.
fn build(place: &Place) -> Option<Box<dyn Screen>> {
    registry::build(place).or_else(|| Some(Box::new(first_run::FirstRun::new())))
}

impl Stage {
    pub fn new(place: Place, size: (u16, u16), answers: impl Fn(&Query) -> Option<Payload> + 'static) -> Self {
        let moment = Moment { wall: now(), uptime: Duration::from_secs(1_000) };
        let world =
            ConsoleSettings { operator: "R. Osei".into(), version: "0.1.0".into(), ..ConsoleSettings::default() };
        let bindings = Bindings::default();
        let mut model = Model::new(Start { console: world, bindings, place, mouse: false, size, now: moment, build });
        let effects = begin(&mut model);
        let mut stage = Self { model, answers: Box::new(answers), rest: Vec::new(), moment };
        stage.settle(effects);
        stage
    }

    fn settle(&mut self, effects: Vec<Effect>) {
        let mut queue = VecDeque::from(effects);
        while let Some(effect) = queue.pop_front() {
            let Effect::Query(slot, generation, query) = &effect else {
                self.rest.push(effect);
                continue;
            };
            let answer = match query {
                Query::TenantHeader(_) => Some(Payload::TenantHeader(header())),
                query => (self.answers)(query),
            };
            match answer {
                Some(payload) => queue.extend(update(&mut self.model, Msg::Loaded(*slot, *generation, payload))),
                None => self.rest.push(effect),
            }
        }
    }

    pub fn send(&mut self, msg: Msg) {
        let effects = update(&mut self.model, msg);
        self.settle(effects);
    }

    /// Lets time pass.
    pub fn wait(&mut self, milliseconds: u64) {
        self.moment.uptime += Duration::from_millis(milliseconds);
        let wall = self.moment.wall.as_millisecond() + i64::try_from(milliseconds).unwrap();
        self.moment.wall = Timestamp::from_millisecond(wall).unwrap();
        self.send(Msg::Now(self.moment));
    }

    /// Keys as the config writes them, with blanks between.
    pub fn keys(&mut self, keys: &str) {
        for key in keys.split(' ') {
            let event: KeyEvent = parse_key(key).unwrap().into();
            self.send(Msg::Key(event));
        }
    }

    /// Types a text.
    pub fn typed(&mut self, text: &str) {
        for character in text.chars() {
            self.send(Msg::Key(KeyEvent::new(KeyCode::Char(character), KeyModifiers::NONE)));
        }
    }

    /// What the terminal shows.
    pub fn text(&self) -> String {
        let frame = self.model.view_cx().frame;
        let mut terminal = Terminal::new(TestBackend::new(frame.width, frame.height)).unwrap();
        let mut hits = Hits::default();
        terminal.draw(|frame| view(&self.model, &Theme::mono(), frame, &mut hits, None)).unwrap();
        let buffer = terminal.backend().buffer();
        let mut lines = String::new();
        for y in 0..frame.height {
            let mut line = String::new();
            let mut x = 0;
            while x < frame.width {
                let symbol = buffer[(x, y)].symbol();
                line.push_str(symbol);
                x += u16::try_from(symbol.width().max(1)).unwrap();
            }
            lines.push_str(line.trim_end());
            lines.push('\n');
        }
        lines
    }

    /// The commands so far, taken away.
    pub fn commands(&mut self) -> Vec<Command> {
        std::mem::take(&mut self.rest)
            .into_iter()
            .filter_map(|effect| match effect {
                // Filters that are remembered are no deeds.
                Effect::Command(_, Command::Lists(_)) => None,
                Effect::Command(_, command) => Some(command),
                _ => None,
            })
            .collect()
    }

    /// What was copied last.
    pub fn copied(&self) -> Option<&str> {
        self.rest.iter().rev().find_map(|effect| match effect {
            Effect::Copy(text) => Some(text.as_str()),
            _ => None,
        })
    }

    /// Screen and subject on top.
    pub fn place(&self) -> (crate::console::screens::ScreenId, Option<String>) {
        let place = self.model.place().unwrap();
        (place.screen, place.subject.clone())
    }
}

pub fn header() -> TenantHeader {
    TenantHeader {
        short_name: TENANT.into(),
        name: "Harbour & Vine".into(),
        route: "Planday → Flow Learning".into(),
        standing: Mode::Live,
        badges: [0, 0, 0, 2, 0, 0, 0, 0, 0],
        zone: "UTC".into(),
    }
}

/// A finished run with these figures.
pub fn run(id: i64, outcome: RunOutcome, seconds_ago: i64) -> RunRow {
    RunRow {
        id: RunId(id),
        connection: ConnectionId(1),
        purpose: RunPurpose::Sync,
        job: Job::default(),
        note: String::new(),
        by: "R. Osei".into(),
        started: ago(seconds_ago),
        ended: Some(ago(seconds_ago - 118)),
        outcome,
        totals: RunTotals::default(),
        problem: None,
        plan: None,
    }
}

pub fn feed_row(id: i64, level: Level, what: &str, who: Option<(&str, &str)>, text: &str) -> FeedRow {
    let line = FeedLine {
        run: Some(RunId(219)),
        at: ago(60 - id % 60),
        level,
        phase: Some(Phase::Update),
        employee: who.map(|(id, _)| EmployeeId(id.into())),
        what: what.into(),
        text: text.into(),
    };
    FeedRow { id, line, name: who.map(|(_, name)| name.to_owned()) }
}

/// Lines as of a run that is under way, newest first.
pub fn feed_rows() -> Vec<FeedRow> {
    let rows = [
        (
            Level::Info,
            "updated",
            "40718_1187",
            "Zoë Ångström",
            "job title Waiter → Shift Leader, branch Quayside → Lakeside",
        ),
        (Level::Info, "linked", "40718_2231", "Katarzyna Wójcik", "identifier written to user 8841"),
        (
            Level::Error,
            "failed",
            "40718_0423",
            "Ingrid Solberg",
            "409 EMAIL_UNVERIFIED: the old e-mail stays until it is verified",
        ),
        (Level::Info, "updated", "40718_1844", "佐藤 美咲", "job title Commis Chef → Chef De Partie"),
        (Level::Warn, "skipped", "40718_1702", "Marta Peña", "branch was changed after the plan"),
        (Level::Warn, "unknown", "40718_1455", "Samuel Adeyemi", "no answer within 30 s"),
        (Level::Info, "updated", "40718_0954", "Jürgen Weiß", "last name Weiss → Weiß"),
        (Level::Info, "updated", "40718_1033", "Søren Kjær", "first name"),
    ];
    let mut lines: Vec<FeedRow> = (1..)
        .zip(rows)
        .map(|(id, (level, what, employee, name, text))| feed_row(id, level, what, Some((employee, name)), text))
        .collect();
    lines.push(feed_row(9, Level::Warn, "429", None, "too many requests, Retry-After 24 s; the run waits"));
    lines.reverse();
    lines
}

/// A real store, secrets and engine in a folder; one connection, Planday to Flow Learning.
pub async fn context(folder: &tempfile::TempDir) -> (Context, ConnectionId) {
    let clock = Arc::new(FixedClock(now()));
    let store = Store::open(&folder.path().join("onroll.db"), clock.clone()).unwrap();
    let endpoint =
        |vendor: &str| Endpoint { vendor: vendor.into(), parameters: Default::default(), secrets: Default::default() };
    let id = store
        .add_connection(NewConnection {
            tenant_name: "Harbour & Vine".into(),
            short_name: TENANT.into(),
            time_zone: "Europe/London".into(),
            source: endpoint("planday"),
            destination: endpoint("flow-learning"),
            settings: Settings::default(),
            verbatim: vec![
                crate::domain::list::ListKey::JOB_TITLE,
                crate::domain::list::ListKey::BRANCH,
                crate::domain::list::ListKey::DEPARTMENT,
            ],
            by: "rosa".into(),
        })
        .await
        .unwrap();
    let engine = Engine {
        store: store.clone(),
        secrets: Arc::new(SecretStore::open(folder.path(), None).unwrap()),
        clock,
        environment: Arc::new(|_| None),
        operator: "rosa".into(),
        workspace: folder.path().to_owned(),
        process: Process { pid: 1, host: "here".into(), start: String::new() },
        factory: Arc::new(crate::vendors::registry::Vendors),
    };
    let (control, _) = tokio::sync::mpsc::channel(8);
    let context = Context {
        store: store.for_screen(),
        engine,
        runs: LiveRuns::new(Supervisor::default(), control),
        access: Access::full("rosa"),
        sandbox: false,
        surroundings: Default::default(),
    };
    (context, id)
}

pub fn employee(id: &str, first: &str, last: &str) -> Employee {
    Employee {
        id: id.into(),
        identifier: Identifier(format!("40718_{id}")),
        person: Person {
            first_name: Some(first.into()),
            last_name: Some(last.into()),
            email: Some(format!("{}@example.test", first.to_lowercase())),
            job_title: Some("Waiter".into()),
            branch: Some("Quayside".into()),
            ..Person::default()
        },
        manager_id: None,
        status: EmploymentStatus::Active,
        unreadable: None,
    }
}

/// Puts people into the store as a pull of both sides would.
pub async fn pull(store: &Store, connection: ConnectionId, employees: Vec<Employee>, users: Vec<(&str, &str, &str)>) {
    let snapshot = store.begin_snapshot(connection, None, Side::Source).await.unwrap();
    let received = employees.len() as u64;
    let record = |employee| SourceRecord { employee, raw: serde_json::json!({}), out_of_scope: false };
    store.add_employees(snapshot, employees.into_iter().map(record).collect()).await.unwrap();
    let facts = SourceFacts { received, declared_total: received, ..SourceFacts::default() };
    store.finish_source_snapshot(snapshot, &facts).await.unwrap();
    let snapshot = store.begin_snapshot(connection, None, Side::Destination).await.unwrap();
    let user = |(id, first, last): (&str, &str, &str)| User {
        id: id.into(),
        identifier: None,
        person: Person {
            first_name: Some(first.into()),
            last_name: Some(last.into()),
            email: Some(format!("{}@example.test", first.to_lowercase())),
            ..Person::default()
        },
        status: UserStatus::Active,
        access_profile: None,
        manager: None,
        training: None,
        unreadable: None,
    };
    let records: Vec<_> =
        users.into_iter().map(|one| DestinationRecord { user: user(one), raw: serde_json::json!({}) }).collect();
    let received = records.len() as u64;
    store.add_users(snapshot, records).await.unwrap();
    let facts = DestinationFacts {
        account: "HVINE".into(),
        declared_total: received,
        received,
        can_create_options: true,
        ..Default::default()
    };
    store.finish_user_snapshot(snapshot, &facts).await.unwrap();
}

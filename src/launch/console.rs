//! From a workspace to the console on the terminal.

use crate::cli::arguments::{Arguments, ScreenName, ThemeName};
use crate::cli::config::{self, Config, ConsoleConfig};
use crate::cli::environment::filled;
use crate::cli::exit::Exit;
use crate::cli::support_bundle;
use crate::cli::workspace::Workspace;
use crate::console::app::{ConsoleSettings, Control, ExitCode, Moment, Place, Start};
use crate::console::backend::Context;
use crate::console::backend::live::LiveRuns;
use crate::console::backend::product::ProductBackend;
use crate::console::keys::{Action, Bindings};
use crate::console::runtime::{self, Clock, News, Settings};
use crate::console::screens::first_run::{Door, Leads};
use crate::console::screens::incidents::Card;
use crate::console::screens::{ScreenId, registry};
use crate::console::term::pager::Pager;
use crate::console::theme::{Depth, Shade, TermEnvironment, Theme};
use crate::domain::audit::Through;
use crate::domain::connection::Connection;
use crate::domain::problem::{Problem, ProblemKind};
use crate::engine::Engine;
use crate::ports::clock::SharedClock;
use crate::sandbox::incidents::Incident;
use crate::services::runs::Supervisor;
use crate::services::tenants::LAST_TENANT;
use crate::services::{Access, forget};
use crate::store::Store;
use crate::vendors::registry as vendors;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio_util::task::AbortOnDropHandle;

/// The feed's end is looked at this often while it moves.
const FEED_GAP: Duration = Duration::from_millis(100);
/// Runs of other programs are looked for this often.
const OTHERS_GAP: Duration = Duration::from_secs(1);
/// What is owed of removals is looked for this often.
const REMOVALS_GAP: Duration = Duration::from_secs(60);
/// How long a program that is left waits for its live runs, which give up what is on its way well before.
const LEAVE_GAP: Duration = Duration::from_secs(5);

/// Work that goes on behind the first frames (the demo's companies); it tells the console what it changed.
pub type Background = Box<dyn FnOnce(Engine, mpsc::Sender<Control>) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send>;

/// The program's clock, for the console.
pub(super) struct WallClock(pub(super) SharedClock);

impl Clock for WallClock {
    fn wall(&self) -> Timestamp {
        self.0.now()
    }
}

/// What the console says of the workspace that it shows.
#[derive(Debug, Clone, Default)]
pub struct About {
    /// The incident that is replayed in it.
    pub incident: Option<String>,
}

/// Opens the console; with `background` on the simulators of this process.
///
/// # Errors
/// A terminal that is none, a configuration that is wrong, a tenant that is not there.
pub async fn open(
    arguments: &Arguments,
    workspace: &Workspace,
    background: Option<Background>,
) -> Result<Exit, Problem> {
    open_on(arguments, workspace, background, About::default()).await
}

/// The same, saying what the workspace shows.
///
/// # Errors
/// As [`open`].
pub async fn open_on(
    arguments: &Arguments,
    workspace: &Workspace,
    background: Option<Background>,
    about: About,
) -> Result<Exit, Problem> {
    let _held = workspace.ending.hold();
    workspace.store.acts_through(Through::Console);
    let config = Config::load(arguments.global.config.as_deref())?;
    let bindings = Bindings::from_config(&config.keys).map_err(|error| {
        Problem::new(ProblemKind::Input, "the keys in the configuration are not valid")
            .with_why(error.to_string())
            .with_remedy("docs/keys.md lists the actions and their keys")
    })?;
    let sandbox = background.is_some();
    let settings = Settings {
        theme: theme(arguments, &config.console),
        frame_log: arguments.global.frame_log.clone(),
        start: Start {
            console: ConsoleSettings { incident: about.incident, ..console_settings(arguments, workspace, &config) },
            bindings,
            place: first_place(arguments, &workspace.store).await?,
            mouse: config.console.mouse,
            size: (80, 24),
            now: Moment::default(),
            build: registry::build,
        },
    };
    let (control_sender, control) = mpsc::channel(64);
    let runs = LiveRuns::new(workspace.supervisor.clone(), control_sender.clone());
    let access = access_of(arguments, workspace);
    let surroundings = Arc::new(support_bundle::surroundings(arguments.global.config.as_deref()));
    let (store, engine) = (workspace.store.for_screen(), workspace.engine.clone());
    let context = Context { store, engine, runs, access, sandbox, surroundings };
    // It ends with the console: it holds the workspace.
    let _others = AbortOnDropHandle::new(tokio::spawn(watch_others(workspace.engine.clone(), control_sender.clone())));
    let removals = settle_removals(workspace.engine.clone(), access_of(arguments, workspace));
    let _removals = AbortOnDropHandle::new(tokio::spawn(removals));
    if let Some(background) = background {
        tokio::spawn(background(workspace.engine.clone(), control_sender.clone()));
    }
    let news = News { control, control_sender, feed: feed_rows(&workspace.store) };
    let backend = Arc::new(ProductBackend::new(context));
    let clock = WallClock(Arc::clone(&workspace.clock));
    let exit = if arguments.global.plain {
        runtime::plain::run(settings, backend, news, clock, &mut std::io::stdout()).await
    } else {
        runtime::run(settings, backend, news, clock).await
    };
    let exit = exit.map_err(|error| {
        Problem::new(ProblemKind::Input, "the console cannot open here")
            .with_why(error.to_string())
            .with_remedy("start it in a terminal; every screen also has a command, see `onroll --help`")
    })?;
    workspace.supervisor.interrupt_all();
    wait_for_runs(&workspace.supervisor).await;
    Ok(exit_of(exit))
}

fn access_of(arguments: &Arguments, workspace: &Workspace) -> Access {
    if arguments.global.read_only {
        Access::read_only(workspace.engine.operator.clone())
    } else {
        workspace.access.clone()
    }
}

/// What removals left to do is done in the first quiet moment.
async fn settle_removals(engine: Engine, access: Access) {
    loop {
        forget::settle(&engine, &access).await;
        tokio::time::sleep(REMOVALS_GAP).await;
    }
}

/// The writes in flight are finished and recorded before the program is gone; what cannot end in time is settled by the
/// next run.
async fn wait_for_runs(supervisor: &Supervisor) {
    if tokio::time::timeout(LEAVE_GAP, supervisor.idle()).await.is_err() {
        tracing::warn!("the program ends while a run still works; the next run settles what is open");
    }
    if tokio::time::timeout(LEAVE_GAP, supervisor.posted()).await.is_err() {
        tracing::warn!("the program ends while a report is being mailed");
    }
}

fn exit_of(exit: ExitCode) -> Exit {
    match exit {
        ExitCode::Done => Exit::Done,
        ExitCode::HungUp => Exit::Signal(1),
        ExitCode::Interrupted => Exit::Signal(2),
        ExitCode::Terminated => Exit::Signal(15),
    }
}

fn theme(arguments: &Arguments, config: &ConsoleConfig) -> Theme {
    let environment = TermEnvironment {
        no_color: filled("NO_COLOR"),
        term: filled("TERM"),
        colorterm: filled("COLORTERM"),
        colorfgbg: filled("COLORFGBG"),
        lang: ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(filled),
        background: None,
    };
    let depth = Depth::decide(&environment, arguments.global.no_color);
    let named = match arguments.global.theme {
        Some(name) => theme_name(name),
        None => config.theme.as_str(),
    };
    let (depth, shade) = match named {
        "dark" => (depth, Shade::Dark),
        "light" => (depth, Shade::Light),
        _ => (depth, Shade::detect(&environment)),
    };
    let ascii = match config.glyphs.as_str() {
        "ascii" => true,
        "unicode" => false,
        _ => !config::locale_is_utf8(),
    };
    Theme::new(depth, shade, ascii)
}

fn console_settings(arguments: &Arguments, workspace: &Workspace, config: &Config) -> ConsoleSettings {
    let name = workspace.dir.file_name().map_or_else(|| "default".into(), |name| name.to_string_lossy().into_owned());
    let none = BTreeMap::new();
    ConsoleSettings {
        read_only: arguments.global.read_only,
        reduced_motion: config.console.reduced_motion,
        zone: TimeZone::try_system().unwrap_or(TimeZone::UTC),
        operator: workspace.engine.operator.clone(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        log_path: config::state_dir().map(|dir| dir.display().to_string()).unwrap_or_default(),
        workspace: name,
        pager: pager(workspace),
        doors: doors(),
        incident: None,
        incidents: incidents(),
        program: program(arguments),
        vendors: (
            vendors::sources().iter().map(|vendor| vendor.capabilities.name.to_owned()).collect(),
            vendors::destinations().iter().map(|vendor| (vendor.capabilities)(&none).name.to_owned()).collect(),
        ),
    }
}

/// The museum, as the console lists it.
fn incidents() -> Arc<[Card]> {
    Incident::all().map(card).collect()
}

fn card(one: &Incident) -> Card {
    Card {
        name: one.name.to_owned(),
        title: one.title.to_owned(),
        place: one.place.to_owned(),
        source: one.source.to_owned(),
        there: one.there.to_owned(),
        lesson: one.lesson.to_owned(),
        kind: one.kind.key().to_owned(),
        company: one.company.to_owned(),
        people: one.people as u64,
        route: route(one.integration),
        bad: one.bad.to_owned(),
        outcome: one.here.outcome.key().to_owned(),
        code: one.here.code.to_owned(),
        says: one.here.says.to_owned(),
        command: crate::cli::incidents::command(one),
    }
}

/// `Planday → SCIM`, as the vendors are called.
fn route((source, destination): (&str, &str)) -> String {
    let none = BTreeMap::new();
    let from = vendors::sources().iter().find(|vendor| vendor.capabilities.key == source);
    let to = vendors::destinations().iter().find(|vendor| vendor.key == destination);
    let from = from.map_or(source, |vendor| vendor.capabilities.name);
    let to = to.map_or(destination, |vendor| (vendor.capabilities)(&none).name);
    format!("{from} → {to}")
}

/// This program, to be started once more in the terminal's place, looking as it does now.
fn program(arguments: &Arguments) -> Vec<String> {
    let Ok(program) = std::env::current_exe() else { return Vec::new() };
    let mut words = vec![program.display().to_string()];
    if let Some(config) = &arguments.global.config {
        words.extend(["--config".to_owned(), config.display().to_string()]);
    }
    words.extend(arguments.global.no_color.then(|| "--no-color".to_owned()));
    if let Some(theme) = arguments.global.theme {
        words.extend(["--theme".to_owned(), theme_name(theme).to_owned()]);
    }
    words
}

fn theme_name(theme: ThemeName) -> &'static str {
    match theme {
        ThemeName::Terminal => "terminal",
        ThemeName::Dark => "dark",
        ThemeName::Light => "light",
    }
}

/// `$PAGER`, else the editor, else `less`.
fn pager(workspace: &Workspace) -> Pager {
    let known = |name: &&str| (workspace.engine.environment)(name).filter(|command| !command.trim().is_empty());
    let command = ["PAGER", "VISUAL", "EDITOR"].iter().find_map(known);
    let standard = Pager::default();
    Pager { command: command.unwrap_or(standard.command), folder: std::env::temp_dir() }
}

fn doors() -> Vec<Door> {
    let door = |action, label: &str, words: &str, leads| Door {
        action,
        label: label.to_owned(),
        words: words.to_owned(),
        leads,
    };
    let command = |text: &str| Leads::Command(text.to_owned());
    let add = Leads::To(Place::global(ScreenId::Wizard));
    let exports = Leads::To(Place::global(ScreenId::TwoFiles));
    vec![
        door(Some(Action::New), "add a tenant", "name, source, destination, credentials", add),
        door(Some(Action::MatchFiles), "match two exports", "CSV or XLSX from both sides, no account", exports),
        door(None, "look at the demo", "invented companies, nothing is sent", command("onroll demo")),
        door(
            None,
            "look at incidents",
            "what went wrong elsewhere, to replay",
            Leads::To(Place::global(ScreenId::Incidents)),
        ),
    ]
}

/// Where the console opens: what the arguments name; else the tenants, or the first steps where there are none.
async fn first_place(arguments: &Arguments, store: &Store) -> Result<Place, Problem> {
    let known = store.salvage_all().await.map_err(Problem::from)?;
    // A broken tenant has no screen but its line on Tenants.
    let sound: Vec<&Connection> =
        known.iter().filter(|salvage| salvage.is_sound()).map(|salvage| &salvage.connection).collect();
    let screen = arguments.global.screen.map(screen_of);
    let tenant = match &arguments.global.open_tenant {
        Some(name) => Some(store.connection_named(name).await.map_err(Problem::from)?.short_name),
        None => None,
    };
    let place = match (screen, tenant) {
        (Some(ScreenId::Incidents), _) => Place::global(ScreenId::Incidents),
        // The fleet's lists are about all tenants; there is nothing to list where there are none.
        (Some(screen @ (ScreenId::Holds | ScreenId::Values | ScreenId::Anybody)), _) if !known.is_empty() => {
            Place::global(screen)
        }
        (None | Some(ScreenId::Tenants), None) if known.is_empty() => Place::global(ScreenId::FirstRun),
        (None | Some(ScreenId::Tenants), None) => Place::global(ScreenId::Tenants),
        // All tenants stand on it; the cursor on the one that is named.
        (Some(ScreenId::Schedule), tenant) if !known.is_empty() => {
            Place { subject: tenant, ..Place::global(ScreenId::Schedule) }
        }
        (Some(ScreenId::Troubles), _) if !known.is_empty() => Place::global(ScreenId::Troubles),
        (None, Some(tenant)) => Place::tenant(ScreenId::Overview, tenant),
        (Some(screen), Some(tenant)) => Place::tenant(screen, tenant),
        (Some(screen), None) => match sound.as_slice() {
            [] if known.is_empty() => Place::global(ScreenId::FirstRun),
            [] => Place::global(ScreenId::Tenants),
            [only] => Place::tenant(screen, &*only.short_name),
            [first, ..] => {
                let last = store.preference(LAST_TENANT).await.map_err(Problem::from)?;
                let last = last.filter(|name| sound.iter().any(|connection| connection.short_name == *name));
                Place::tenant(screen, last.unwrap_or_else(|| first.short_name.clone()))
            }
        },
    };
    Ok(place)
}

fn screen_of(name: ScreenName) -> ScreenId {
    match name {
        ScreenName::Tenants => ScreenId::Tenants,
        ScreenName::Overview => ScreenId::Overview,
        ScreenName::Mappings => ScreenId::Mappings,
        ScreenName::People => ScreenId::People,
        ScreenName::Review => ScreenId::Review,
        ScreenName::Plan => ScreenId::Plan,
        ScreenName::Run => ScreenId::Run,
        ScreenName::History => ScreenId::History,
        ScreenName::Feed => ScreenId::Feed,
        ScreenName::Settings => ScreenId::Settings,
        ScreenName::Schedule => ScreenId::Schedule,
        ScreenName::Troubles => ScreenId::Troubles,
        ScreenName::Incidents => ScreenId::Incidents,
        ScreenName::Holds => ScreenId::Holds,
        ScreenName::Values => ScreenId::Values,
        ScreenName::Anybody => ScreenId::Anybody,
    }
}

/// Tells the screens when a run of another program begins, goes on, is held or ends, also when its process dies.
async fn watch_others(engine: Engine, control: mpsc::Sender<Control>) {
    let own = engine.process.clone();
    let mut seen = BTreeMap::new();
    let mut looks = tokio::time::interval(OTHERS_GAP);
    loop {
        looks.tick().await;
        let Ok(mut now) = engine.store.all_at_work() else { continue };
        now.retain(|_, at_work| (at_work.holder.pid, &at_work.holder.host) != (own.pid, &own.host));
        // It counts down, which is no news.
        now.values_mut().for_each(|at_work| at_work.ahead = None);
        let mut with_ends = BTreeMap::new();
        for (tenant, at_work) in now {
            let end = match at_work.run {
                Some(run) => engine.store.newest_line_of(run).await.unwrap_or_default(),
                None => 0,
            };
            with_ends.insert(tenant, (at_work, end));
        }
        let now = with_ends;
        let changed = now.iter().filter(|(tenant, one)| seen.get(*tenant) != Some(*one)).map(|(tenant, _)| tenant);
        let gone = seen.keys().filter(|tenant| !now.contains_key(*tenant));
        let told: Vec<String> = changed.chain(gone).cloned().collect();
        for tenant in told {
            if control.send(Control::TenantChanged(tenant)).await.is_err() {
                return;
            }
        }
        seen = now;
    }
}

/// The feed's end, moved at most every [`FEED_GAP`]: the writer is faster than any screen.
pub(super) fn feed_rows(store: &Store) -> watch::Receiver<u64> {
    let mut newest = store.feed_watch();
    let (sender, receiver) = watch::channel(u64::try_from(*newest.borrow()).unwrap_or(0));
    tokio::spawn(async move {
        while newest.changed().await.is_ok() {
            let row = u64::try_from(*newest.borrow_and_update()).unwrap_or(0);
            if sender.send(row).is_err() {
                return;
            }
            tokio::time::sleep(FEED_GAP).await;
        }
    });
    receiver
}

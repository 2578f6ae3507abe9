//! Plays an incident: a company on simulators in this process and in a throw-away workspace, imported once by the engine, then
//! its bad or its healthy day. What is said of the day is what the run said; nothing of it is written down beforehand.

use super::folder::Folder;
use crate::cli::config::Config;
use crate::cli::tenant_file;
use crate::cli::workspace::Workspace;
use crate::domain::code::LineCode;
use crate::domain::connection::Connection;
use crate::domain::plan::{Hold, HoldCode};
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::run::Level;
use crate::engine::error::EngineError;
use crate::engine::progress::{Reporter, RunControl};
use crate::engine::run::{Confirmation, PreviewRequest, RunReport, SyncRequest};
use crate::ports::clock::{Clock, SystemClock, day_in};
use crate::sandbox::incidents::{Act, Incident, Outcome};
use crate::sandbox::{Sandbox, SandboxConfig};
use crate::services::tenants;
use crate::store::views::{FeedEdge, FeedFilter};
use std::path::Path;

/// Lines of the feed that are looked through for what a run said.
const FEED_LINES: u32 = 200;

/// Which day is played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// The incident.
    Bad,
    /// The same company on an ordinary day.
    Healthy,
}

/// What a day came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replayed {
    pub outcome: Outcome,
    /// The stable code; `None` where nothing was to be said.
    pub code: Option<&'static str>,
    /// Onroll's own words.
    pub message: String,
    /// Writes that the destination had seen when it was said.
    pub writes: u64,
}

/// An incident's company after its first import.
pub struct Stage {
    pub incident: &'static Incident,
    pub sandbox: Sandbox,
    pub workspace: Workspace,
    pub connection: Connection,
    /// Goes with the stage, where nobody else keeps it.
    _folder: Option<Folder>,
}

impl Stage {
    /// Makes the company and imports it.
    ///
    /// # Errors
    /// Simulators that cannot start, a folder that cannot be made, an import that does not end well.
    pub async fn set_up(incident: &'static Incident, which: Which) -> Result<Stage, Problem> {
        let folder = Folder::throw_away();
        let stage = Stage::set_up_in(incident, which, folder.path(), &Config::default()).await?;
        Ok(Stage { _folder: Some(folder), ..stage })
    }

    /// The same in a folder that the caller keeps, and removes.
    ///
    /// # Errors
    /// As [`Stage::set_up`].
    pub async fn set_up_in(
        incident: &'static Incident,
        which: Which,
        folder: &Path,
        config: &Config,
    ) -> Result<Stage, Problem> {
        let sandbox = start(incident).await?;
        let workspace = Workspace::open_in(folder, config)?;
        let connection = added(incident, &sandbox, &workspace).await?;
        let mut stage = Stage { incident, sandbox, workspace, connection, _folder: None };
        // Where the first import is the bad day itself, nothing comes before it.
        if which == Which::Healthy || incident.act != Act::FirstImport {
            stage.import().await?;
            stage.a_day_passes().await?;
        }
        Ok(stage)
    }

    /// The first import, confirmed as an operator would.
    async fn import(&mut self) -> Result<(), Problem> {
        let engine = &self.workspace.engine;
        // Each run has a control of its own: the watch of one that has just ended may still look once more.
        let (reporter, control) = (Reporter::silent(), RunControl::default());
        let preview = engine.preview(&self.connection, &PreviewRequest::default(), &reporter, &control).await?;
        let number = preview.plan.map(|saved| saved.plan.counts.operations()).unwrap_or_default();
        let confirmation = Some(Confirmation { number, reason: None });
        let request = SyncRequest { confirmation, ..SyncRequest::default() };
        let report = engine.sync(&self.connection, &request, &reporter, &RunControl::default()).await?;
        match report.problem {
            Some(problem) => Err(problem),
            None if report.totals.held + report.totals.failed + report.totals.unknown > 0 => {
                Err(Problem::new(ProblemKind::Failed, "the first import of the incident's company left somebody out")
                    .with_why(format!("{:?}", report.totals)))
            }
            None => Ok(()),
        }
    }

    /// A run on which nothing has changed: the lists of both sides have been read since everybody is there.
    async fn a_day_passes(&self) -> Result<(), Problem> {
        let report = self.sync().await?;
        report.problem.map_or(Ok(()), Err)
    }

    /// Lets the day begin: the simulators hold and do what they do on it.
    pub fn dawn(&self, which: Which) {
        let today = today();
        let faults = self.sandbox.edit(|world| match which {
            Which::Bad => self.incident.bad_day(world, today),
            Which::Healthy => {
                self.incident.healthy_day(world, today);
                Vec::new()
            }
        });
        self.sandbox.set_faults(faults);
        self.sandbox.reset_counters();
    }

    /// The run of the day, as the schedule starts it: nobody confirms anything. Where the operator presses once more, the
    /// second press is what is told of.
    ///
    /// # Errors
    /// A workspace that fails.
    pub async fn run(&self, which: Which) -> Result<Replayed, Problem> {
        if which == Which::Bad && self.incident.act == Act::PressesTwice {
            let second = async {
                let said = self.sync().await;
                (said, self.writes())
            };
            let (first, (second, writes)) = tokio::join!(self.sync(), second);
            first?;
            return Ok(Replayed { writes, ..self.told(second).await? });
        }
        let said = self.sync().await;
        self.told(said).await
    }

    async fn sync(&self) -> Result<RunReport, EngineError> {
        let (reporter, control) = (Reporter::silent(), RunControl::default());
        self.workspace.engine.sync(&self.connection, &SyncRequest::default(), &reporter, &control).await
    }

    /// Writes that the destination has seen since the day began.
    pub fn writes(&self) -> u64 {
        self.sandbox.counts(self.incident.integration.1).map(|(_, writes)| writes).unwrap_or_default()
    }

    async fn told(&self, said: Result<RunReport, EngineError>) -> Result<Replayed, Problem> {
        let writes = self.writes();
        let report = match said {
            Ok(report) => report,
            Err(error) => return Ok(stopped(&Problem::from(error), writes)),
        };
        if let Some(problem) = &report.problem {
            return Ok(stopped(problem, writes));
        }
        let holds = report.plan.as_ref().map(|saved| saved.plan.holds.as_slice()).unwrap_or_default();
        if let Some((code, message)) = held(holds) {
            return Ok(Replayed { outcome: Outcome::Held, code: Some(code.key()), message, writes });
        }
        let warning = self.warned(&report).await?;
        let line = if report.totals.failed > 0 {
            Some(LineCode::Refused)
        } else {
            (report.totals.unknown > 0).then_some(LineCode::NoAnswer)
        };
        Ok(match warning {
            Some(message) => Replayed { outcome: Outcome::Explained, code: line.map(LineCode::key), message, writes },
            None => Replayed { outcome: Outcome::WentThrough, code: None, message: done(&report), writes },
        })
    }

    /// The first thing that the run warned of.
    async fn warned(&self, report: &RunReport) -> Result<Option<String>, Problem> {
        let filter = FeedFilter { run: Some(report.run), level: Some(Level::Warn), ..FeedFilter::default() };
        let id = self.connection.id;
        let rows = self.workspace.store.feed_window(id, filter, FeedEdge::Newest, FEED_LINES).await?;
        Ok(rows.into_iter().next_back().map(|row| row.line.text))
    }
}

fn stopped(problem: &Problem, writes: u64) -> Replayed {
    let message = if problem.why.is_empty() {
        problem.what.clone()
    } else if problem.why.starts_with(&problem.what) {
        problem.why.clone()
    } else {
        format!("{}: {}", problem.what, problem.why)
    };
    Replayed { outcome: Outcome::Stopped, code: Some(problem.code().key()), message, writes }
}

/// The riskiest reason for which somebody is held, and how many are.
fn held(holds: &[Hold]) -> Option<(HoldCode, String)> {
    let code = HoldCode::ALL.into_iter().find(|code| holds.iter().any(|hold| hold.code == *code))?;
    let of_it = holds.iter().filter(|hold| hold.code == code);
    let number = of_it.clone().count();
    let first = of_it.map(|hold| hold.message.as_str()).next().unwrap_or_default();
    Some((code, format!("{number} held, {}: {first}", code.words())))
}

fn done(report: &RunReport) -> String {
    format!("{} of {} written and read back", report.totals.confirmed, report.totals.written)
}

/// The day of a replay: the simulators and the engine go by the same clock.
fn today() -> jiff::civil::Date {
    day_in(SystemClock.now(), "UTC")
}

async fn start(incident: &Incident) -> Result<Sandbox, Problem> {
    let today = today();
    let config = SandboxConfig { world: Some(incident.world(today)), ..SandboxConfig::new(today) };
    Sandbox::start(config)
        .await
        .map_err(|error| Problem::new(ProblemKind::Failed, "the simulators cannot start").with_why(error.to_string()))
}

/// The company as a published tenant.
async fn added(incident: &Incident, sandbox: &Sandbox, workspace: &Workspace) -> Result<Connection, Problem> {
    let (source, destination) = incident.integration;
    let text = sandbox.tenant_file(source, destination).unwrap_or_default();
    let file = tenant_file::parse(&text).map_err(|why| {
        Problem::new(ProblemKind::Failed, format!("the tenant file of {} is not valid", incident.name)).with_why(why)
    })?;
    let id = tenants::add(&workspace.engine, &workspace.access, file).await?;
    let connection = workspace.store.connection(id).await?;
    workspace.engine.publish_with_test_run(&connection).await?;
    Ok(workspace.store.connection(id).await?)
}

/// Sets up and plays a day; nothing of it stays.
///
/// # Errors
/// As [`Stage::set_up`].
pub async fn play(incident: &'static Incident, which: Which) -> Result<Replayed, Problem> {
    let stage = Stage::set_up(incident, which).await?;
    stage.dawn(which);
    let replayed = stage.run(which).await;
    let Stage { sandbox, .. } = stage;
    sandbox.stop().await;
    replayed
}

/// Whether a day came to what it should.
pub fn is_as_expected(incident: &Incident, which: Which, replayed: &Replayed) -> bool {
    match which {
        Which::Healthy => replayed.outcome == Outcome::WentThrough && replayed.writes > 0,
        Which::Bad => {
            replayed.outcome == incident.here.outcome
                && replayed.code.unwrap_or_default() == incident.here.code
                && (replayed.writes == 0 || replayed.outcome == Outcome::Explained)
        }
    }
}

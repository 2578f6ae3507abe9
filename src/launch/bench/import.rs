//! One first import against the simulators, for benchmarks: its world, its run, how long its phases took.

use super::{Scratch, failed, seconds_since};
use crate::cli::config::Config;
use crate::cli::tenant_file;
use crate::cli::workspace::Workspace;
use crate::domain::problem::Problem;
use crate::domain::run::Phase;
use crate::engine::connect::Abilities;
use crate::engine::progress::{Reporter, RunControl, RunEvent};
use crate::engine::run::{Confirmation, SyncRequest};
use crate::ports::clock::{Clock, SystemClock, day_in};
use crate::sandbox::{RateLimits, Recorded, Sandbox, SandboxConfig, World};
use crate::services::tenants;
use serde_json::{Value, json};
use tokio::time::Instant;

/// What is imported, from where to where.
#[derive(Debug, Clone)]
pub(super) struct Import {
    pub source: String,
    pub destination: String,
    pub people: usize,
    /// Whether the simulators enforce the vendors' rates and the clients keep them.
    pub rate_limits: RateLimits,
    /// Whether the calls are kept.
    pub record: bool,
}

/// A span of a run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub from: Instant,
    pub to: Instant,
}

impl Span {
    pub fn seconds(&self) -> f64 {
        self.to.duration_since(self.from).as_secs_f64()
    }

    /// Whether a call came within it.
    pub fn has(&self, call: &Recorded) -> bool {
        (self.from..=self.to).contains(&call.at)
    }
}

/// What an import came to.
pub(super) struct Imported {
    pub reading: Span,
    pub creating: Span,
    /// Seconds of the whole run.
    pub whole: f64,
    pub abilities: Abilities,
    /// The calls, where they were kept.
    pub calls: Vec<Recorded>,
    /// Calls of the source before the run (set-up and test call), which the calls begin with.
    pub run_began: Instant,
}

impl Import {
    /// Simulators with these people at the source and nobody at the destination.
    pub async fn simulators(&self) -> Result<Sandbox, Problem> {
        let named = |name: &str| json!([{ "name": name }]);
        let lists = json!({ "branches": named("Quayside"), "departments": named("Kitchen"),
            "job_titles": named("Waiter") });
        let mut held = lists.clone();
        held["branches"] = json!([{ "code": "QUAYSIDE", "name": "Quayside" }]);
        let world = json!({ self.source.as_str(): { "employees": rows(self.people), "options": lists },
            self.destination.as_str(): { "users": [], "options": held } });
        let mut config = SandboxConfig::new(day_in(SystemClock.now(), "UTC"));
        config.rate_limits = self.rate_limits;
        config.record = self.record;
        config.world =
            Some(World::from_json_text(&world.to_string()).map_err(|error| failed("the world is not valid", error))?);
        Sandbox::start(config).await.map_err(|error| failed("the simulators cannot start", error))
    }

    /// Imports everybody; fails where anybody is left.
    pub async fn run(&self) -> Result<Imported, Problem> {
        let sandbox = self.simulators().await?;
        let scratch = Scratch::new();
        let workspace = Workspace::open_in(&scratch.0, &Config::default())?;
        let text = sandbox.tenant_file(&self.source, &self.destination);
        let text = text
            .ok_or_else(|| failed("this pair is not simulated", format!("{} to {}", self.source, self.destination)))?;
        let file = tenant_file::parse(&text).map_err(|why| failed("the tenant file is not valid", why))?;
        let id = tenants::add(&workspace.engine, &workspace.access, file).await?;
        let connection = workspace.store.connection(id).await?;
        workspace.engine.publish_with_test_run(&connection).await?;
        let connection = workspace.store.connection(id).await?;
        let number = u32::try_from(self.people).unwrap_or(u32::MAX);
        let request =
            SyncRequest { confirmation: Some(Confirmation { number, reason: None }), ..SyncRequest::default() };
        let (reporter, _gauges, mut events) = Reporter::channel();
        let control = RunControl::default();
        let clock = async {
            let now = Instant::now();
            let (mut reading, mut creating) = (Span { from: now, to: now }, Span { from: now, to: now });
            while let Some(event) = events.recv().await {
                match event {
                    RunEvent::PhaseStarted(Phase::ReadSource) => reading.from = Instant::now(),
                    RunEvent::PhaseEnded(Phase::ReadSource) => reading.to = Instant::now(),
                    RunEvent::PhaseStarted(Phase::Create) => creating.from = Instant::now(),
                    RunEvent::PhaseEnded(Phase::Create) => creating.to = Instant::now(),
                    RunEvent::Finished { .. } => break,
                    _ => {}
                }
            }
            (reading, creating)
        };
        let run_began = Instant::now();
        let (report, (reading, creating)) =
            tokio::join!(workspace.engine.sync(&connection, &request, &reporter, &control), clock);
        let report = report?;
        if report.totals.confirmed != number {
            return Err(failed("the import is not complete", format!("{:?} {:?}", report.totals, report.problem)));
        }
        let whole = seconds_since(run_began);
        let abilities = workspace.engine.abilities(&connection)?;
        let calls = sandbox.recorded();
        sandbox.stop().await;
        Ok(Imported { reading, creating, whole, abilities, calls, run_began })
    }
}

/// The middle one.
pub(super) fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A number of people or calls, for a ratio.
pub(super) fn count(people: usize) -> f64 {
    f64::from(u32::try_from(people).unwrap_or(u32::MAX))
}

/// Employees who are like nobody else.
pub(super) fn rows(people: usize) -> Vec<Value> {
    (0..people)
        .map(|number| {
            json!({ "id": (1000 + number).to_string(), "first_name": name(number),
                "last_name": name(number * 7 + 3), "email": format!("p{number}@bench.example"),
                "date_of_birth": format!("19{:02}-{:02}-{:02}", 60 + number % 40, 1 + number % 12, 1 + number % 28),
                "job_title": "Waiter", "branch": "Quayside", "department": "Kitchen", "start_date": "2024-01-01" })
        })
        .collect()
}

/// A name that is like no other: one that differs in a digit only would be asked about.
fn name(number: usize) -> String {
    let mut rest = number.wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let letters = (0..9).map(|_| {
        let letter = char::from(b'a' + u8::try_from(rest % 26).unwrap_or_default());
        rest /= 26;
        letter
    });
    letters.collect()
}

/// A client that reaches only the simulators.
pub(super) fn client() -> Result<reqwest::Client, Problem> {
    // Another client of this process may have set the provider already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let roots = webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter();
    let roots = roots.filter_map(|root| reqwest::Certificate::from_der(root.as_ref()).ok());
    let builder = reqwest::Client::builder().no_proxy().tls_certs_only(roots);
    builder.build().map_err(|error| failed("no HTTP client can be made", error))
}

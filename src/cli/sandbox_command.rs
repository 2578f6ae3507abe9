//! `onroll sandbox`: only the simulators; one line of JSON when ready, then it serves until a signal.

use super::arguments::SandboxArguments;
use super::ending::Ending;
use super::exit::Exit;
use super::output::{Output, write_private};
use crate::domain::problem::{Problem, ProblemKind};
use crate::ports::bounded::{self, DOCUMENT_MAX};
use crate::ports::clock::{Clock, SystemClock, day_in};
use crate::sandbox::{Fault, Sandbox, SandboxConfig, World};
use serde_json::json;
use std::path::Path;

/// Starts the simulators and serves until a signal comes.
///
/// # Errors
/// A world file that is none, a fault that has no such name, an address that cannot be listened on.
pub async fn run(arguments: &SandboxArguments, output: &mut Output, ending: &Ending) -> Result<Exit, Problem> {
    let _held = ending.hold();
    let sandbox = start(arguments).await?;
    if let Some(dir) = &arguments.tenants {
        write_tenant_files(&sandbox, dir)?;
    }
    let endpoints = sandbox.endpoints();
    for note in Sandbox::notes() {
        output.note(note);
    }
    output.object(&json!({
        "admin": endpoints.admin,
        "tenants": arguments.tenants.as_ref().map(|dir| dir.display().to_string()),
        "vendors": endpoints.vendors_json(),
    }))?;
    let signal = ending.received().await;
    sandbox.stop().await;
    Ok(Exit::Signal(signal.number()))
}

async fn start(arguments: &SandboxArguments) -> Result<Sandbox, Problem> {
    let mut config = SandboxConfig::new(day_in(SystemClock.now(), "UTC"));
    config.listen = arguments.listen;
    config.people = arguments.people;
    config.seed = arguments.seed;
    config.rate_limits = arguments.rate_limits.of_sandbox();
    config.plain_insert = arguments.plain_insert;
    if let Some(name) = &arguments.faults {
        config.faults = Fault::preset(name).map_err(|error| wrong("the fault is not known", &error))?;
    }
    config.world = world(arguments)?;
    Sandbox::start(config).await.map_err(|error| wrong("the simulators cannot start", &error))
}

fn world(arguments: &SandboxArguments) -> Result<Option<World>, Problem> {
    if let Some(path) = &arguments.world {
        let world =
            World::from_json_text(&read(path)?).map_err(|error| wrong("the world file is not valid", &error))?;
        return Ok(Some(world));
    }
    let Some([source, destination]) = arguments.from_csv.as_deref() else { return Ok(None) };
    let world = World::from_csv(&read(source)?, &read(destination)?, arguments.job_title.as_deref())
        .map_err(|error| wrong("the people files are not valid", &error))?;
    Ok(Some(world))
}

fn read(path: &Path) -> Result<String, Problem> {
    bounded::read_text(path, DOCUMENT_MAX).map_err(|error| wrong(&format!("{} cannot be read", path.display()), &error))
}

/// Writes one tenant file per integration, readable only by their owner: they hold credentials.
///
/// # Errors
/// When the folder cannot be written.
pub fn write_tenant_files(sandbox: &Sandbox, dir: &Path) -> Result<(), Problem> {
    std::fs::create_dir_all(dir).map_err(|error| wrong(&format!("{} cannot be made", dir.display()), &error))?;
    for (name, text) in sandbox.tenant_files() {
        write_private(&dir.join(name), &text)?;
    }
    Ok(())
}

fn wrong(what: &str, error: &dyn std::error::Error) -> Problem {
    Problem::new(ProblemKind::Input, what).with_why(error.to_string())
}

//! The demo: invented companies on simulators in this process, in a throw-away workspace.

use super::console::{self, Background};
use super::demo_world::{self, Earlier, Keeper};
use super::folder::Folder;
use super::replay::{Stage, Which};
use crate::cli::arguments::{Arguments, DemoArguments};
use crate::cli::config::Config;
use crate::cli::ending::Ending;
use crate::cli::environment;
use crate::cli::exit::Exit;
use crate::cli::incidents;
use crate::cli::output::Output;
use crate::cli::tenant_file;
use crate::cli::workspace::Workspace;
use crate::console::app::{Control, Level};
use crate::domain::connection::Connection;
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::run::Job;
use crate::engine::Engine;
use crate::engine::error::EngineError;
use crate::engine::progress::{Reporter, RunControl};
use crate::engine::run::{Approved, Confirmation, PreviewRequest, SyncRequest};
use crate::ports::clock::{Clock, SystemClock, day_in};
use crate::sandbox::incidents::Incident;
use crate::sandbox::{Fault, Sandbox, SandboxConfig, World};
use crate::services::access::Access;
use crate::services::tenants::{NewTenant, add};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::mpsc;
use tokio_util::task::AbortOnDropHandle;

/// Companies that are there in the first frame; the others are added once these are prepared.
const AT_ONCE: usize = 5;

/// Companies that the demo shows as live already.
const LIVE: [&str; 2] = ["saltmarsh", "sakura-lane"];

/// The company whose first import is to be watched, and the requests a second that its destination takes: a pace at which it can be
/// read along, paused and killed, like that of a real account.
const WATCHED: (&str, &str) = ("harbour-vine", "8");

/// Companies whose runs would begin by themselves, were the demo watched.
const SCHEDULES: [(&str, &str); 3] =
    [("saltmarsh", "daily 02:00"), ("sakura-lane", "every 15 min"), ("harbour-vine", "daily 02:00")];

/// Starts the simulators, makes the tenants, opens the console; the companies' first previews are made behind it.
///
/// # Errors
/// A fault of no such name, a folder that cannot be made, a terminal that is none.
pub async fn run(arguments: &Arguments, demo: &DemoArguments, ending: &Ending) -> Result<Exit, Problem> {
    let _held = ending.hold();
    if let Some(name) = &demo.incident {
        return incident(arguments, incidents::named(name)?, demo.healthy, ending).await;
    }
    // What the environment names is where an operator's own tenants are.
    let of_operator = environment::filled("ONROLL_WORKSPACE").map(PathBuf::from);
    let named = arguments.global.workspace.as_deref().filter(|named| Some(*named) != of_operator.as_deref());
    let folder = Folder::named_or_new(named);
    let earlier = named.and_then(|kept| demo_world::earlier(kept, demo));
    let (sandbox, goes_on) = start(demo, earlier).await?;
    let sandbox = Arc::new(sandbox);
    let keeper = named.map(|kept| Arc::new(Keeper::new(&sandbox, kept, demo)));
    let exit = in_folder(arguments, Stand { sandbox: &sandbox, keeper, goes_on }, folder.path(), ending).await;
    if let Some(sandbox) = Arc::into_inner(sandbox) {
        sandbox.stop().await;
    }
    exit
}

/// The simulators of a demo.
struct Stand<'s> {
    sandbox: &'s Sandbox,
    /// Where the workspace is kept.
    keeper: Option<Arc<Keeper>>,
    /// They are those of the demo before, with all that they held.
    goes_on: bool,
}

/// The console on one company of the museum: imported before the first frame, its day begins behind it.
async fn incident(
    arguments: &Arguments,
    incident: &'static Incident,
    healthy: bool,
    ending: &Ending,
) -> Result<Exit, Problem> {
    let which = if healthy { Which::Healthy } else { Which::Bad };
    // No real mail is sent of people who are made up.
    let config = Config { smtp: None, ..Config::load(arguments.global.config.as_deref())? };
    // Never the operator's own workspace, also where the environment names it. It is kept here, because a run that the end of the
    // program finds at work keeps the stage.
    let folder = Folder::throw_away();
    let mut output = Output::standard(false, std::io::stderr().is_terminal());
    output.status(&format!("making {}, {} people -", incident.company, incident.people));
    let stage = Stage::set_up_in(incident, which, folder.path(), &config).await;
    output.end_status();
    let mut stage = stage?;
    stage.workspace.ending = ending.clone();
    stage.dawn(which);
    let stage = Arc::new(stage);
    let playing = Arc::clone(&stage);
    let background: Background = Box::new(move |_engine, control| {
        Box::pin(async move {
            if let Err(error) = playing.run(which).await {
                tracing::error!(%error, "the day of the incident cannot be played");
            }
            // Nobody may look any more.
            let _ = control.send(Control::TenantChanged(playing.connection.short_name.clone())).await;
        })
    });
    let day = if healthy { ", a healthy day" } else { "" };
    let about = console::About { incident: Some(format!("{}{day}", incident.name.replace('-', " "))) };
    console::open_on(arguments, &stage.workspace, Some(background), about).await
}

async fn in_folder(arguments: &Arguments, stand: Stand<'_>, folder: &Path, ending: &Ending) -> Result<Exit, Problem> {
    // No real mail is sent of people who are made up.
    let config = Config { smtp: None, ..Config::load(arguments.global.config.as_deref())? };
    let workspace = Workspace { ending: ending.clone(), ..Workspace::open_in(folder, &config)? };
    let known = if stand.goes_on { connections(&workspace.engine).await.unwrap_or_default() } else { Vec::new() };
    let keeper = stand.keeper;
    let follow = |keeper: Arc<Keeper>| tokio::spawn(keeper.follow(stand.sandbox.keep_as_it_changes()));
    let _following = keeper.clone().map(|keeper| AbortOnDropHandle::new(follow(keeper)));
    let mut files = Vec::new();
    for (name, text) in stand.sandbox.tenant_files() {
        let mut file = tenant_file::parse(&text).map_err(|why| {
            Problem::new(ProblemKind::Failed, format!("the demo's tenant file {name} is not valid")).with_why(why)
        })?;
        if file.short_name == WATCHED.0 {
            file.destination.endpoint.parameters.insert("requests_per_second".to_owned(), WATCHED.1.to_owned());
        }
        let schedule = SCHEDULES.iter().find(|(short_name, _)| file.short_name == *short_name);
        if let Some(Ok(schedule)) = schedule.map(|(_, text)| text.parse()) {
            file.settings.schedule = schedule;
        }
        // What an earlier demo has of a company goes on.
        if known.iter().all(|connection| connection.short_name != file.short_name) {
            files.push(file);
        }
    }
    let later = files.split_off(files.len().min(AT_ONCE));
    // Those of an earlier demo would be asked at simulators that are gone.
    let mut cut_short = Vec::new();
    for file in &later {
        cut_short.extend(forget(&workspace.engine, &file.short_name).await?);
    }
    for file in files {
        cut_short.extend(put(&workspace.engine, &workspace.access, file).await?);
    }
    let access = workspace.access.clone();
    let background: Background = Box::new(move |engine, control| {
        Box::pin(async move {
            if let Some(words) = not_resumed(&cut_short) {
                let _ = control.send(Control::Notice(Level::Warn, words)).await;
            }
            let new = |all: Vec<Connection>, before: &[Connection]| -> Vec<Connection> {
                all.into_iter().filter(|connection| before.iter().all(|one| one.id != connection.id)).collect()
            };
            if let Some(first) = connections(&engine).await
                && prepare(&engine, new(first.clone(), &known), &control).await
            {
                for file in later {
                    let short_name = file.short_name.clone();
                    if let Err(error) = put(&engine, &access, file).await {
                        tracing::error!(tenant = short_name, ?error, "the demo's company cannot be added");
                    }
                    if control.send(Control::TenantChanged(short_name)).await.is_err() {
                        return;
                    }
                }
                let all = connections(&engine).await.unwrap_or_default();
                prepare(&engine, new(all, &first), &control).await;
            }
        })
    });
    let exit = console::open(arguments, &workspace, Some(background)).await;
    if let Some(keeper) = keeper {
        keeper.keep_now();
    }
    exit
}

/// Adds a company; answers as [`forget`].
async fn put(engine: &Engine, access: &Access, file: NewTenant) -> Result<Option<String>, Problem> {
    let cut_short = forget(engine, &file.short_name).await?;
    add(engine, access, file).await?;
    Ok(cut_short)
}

/// In a named workspace of an earlier demo a company is there already: its simulators are gone, and so is what that one knew of
/// them. Answers with the run that was cut short there, if one was.
async fn forget(engine: &Engine, short_name: &str) -> Result<Option<String>, Problem> {
    let known = engine.store.salvage_all().await.map_err(Problem::from)?;
    let Some(old) = known.into_iter().find(|salvage| salvage.connection.short_name == short_name) else {
        return Ok(None);
    };
    let Connection { id, tenant_name, .. } = old.connection;
    let unfinished = engine.store.unfinished_run(id).await.map_err(Problem::from)?;
    engine.store.remove_connection(id, "demo").await.map_err(Problem::from)?;
    Ok(unfinished.map(|run| format!("run {} of {tenant_name}", run.id)))
}

/// What is said of runs of an earlier demo that were cut short: what they were about is gone with its simulators.
fn not_resumed(cut_short: &[String]) -> Option<String> {
    let (first, more) = cut_short.split_first()?;
    let others = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
    Some(format!("Not resumed: {first}{others}. Its companies are gone, and these are new ones"))
}

/// Starts the simulators: with the companies of an earlier demo at their address, where that is free; whether they are.
async fn start(demo: &DemoArguments, earlier: Option<Earlier>) -> Result<(Sandbox, bool), Problem> {
    let today = day_in(SystemClock.now(), "UTC");
    let mut config = SandboxConfig::new(today);
    config.people = demo.people;
    config.seed = demo.seed;
    config.world = Some(World::demo(demo.people, demo.seed, today));
    if let Some(name) = &demo.faults {
        config.faults = Fault::preset(name)
            .map_err(|error| Problem::new(ProblemKind::Input, "no fault has this name").with_why(error.to_string()))?;
    }
    if let Some(Earlier { listen, world }) = earlier {
        let again = SandboxConfig { listen, world: Some(world), ..config.clone() };
        match Sandbox::start(again).await {
            Ok(sandbox) => return Ok((sandbox, true)),
            Err(error) => tracing::warn!(%error, "the companies of the last demo are made anew"),
        }
    }
    Sandbox::start(config)
        .await
        .map(|sandbox| (sandbox, false))
        .map_err(|error| Problem::new(ProblemKind::Failed, "the simulators cannot start").with_why(error.to_string()))
}

async fn connections(engine: &Engine) -> Option<Vec<Connection>> {
    let read = engine.store.connections().await;
    read.inspect_err(|error| tracing::error!(%error, "the demo's companies cannot be read")).ok()
}

/// Brings each company into the state in which the demo shows it; false where nobody looks any more.
async fn prepare(engine: &Engine, connections: Vec<Connection>, control: &mpsc::Sender<Control>) -> bool {
    for connection in connections {
        let prepared = if LIVE.contains(&connection.short_name.as_str()) {
            go_live(engine, &connection).await
        } else {
            preview(engine, &connection).await
        };
        if let Err(error) = prepared {
            tracing::error!(tenant = connection.short_name, %error, "the demo's company cannot be prepared");
        }
        if control.send(Control::TenantChanged(connection.short_name)).await.is_err() {
            return false;
        }
    }
    true
}

async fn preview(engine: &Engine, connection: &Connection) -> Result<(), EngineError> {
    engine.test_connection(connection).await?;
    let (reporter, control) = (Reporter::silent(), RunControl::default());
    engine.preview(connection, &PreviewRequest::default(), &reporter, &control).await?;
    Ok(())
}

/// Publishes a company and lets one person through, so that it has a history and everybody's link; what else differs waits.
async fn go_live(engine: &Engine, connection: &Connection) -> Result<(), EngineError> {
    engine.publish_with_test_run(connection).await?;
    let connection = engine.store.connection(connection.id).await?;
    let saved = engine.plan(&connection, None).await?;
    let first = saved.plan.operations.iter().find_map(|operation| operation.employee.clone());
    let number = saved.plan.operations.iter().filter(|operation| operation.employee == first).count();
    let request = SyncRequest {
        job: Job::by_hand_for(first.into_iter().collect()),
        confirmation: Some(Confirmation { number: u32::try_from(number).unwrap_or(u32::MAX), reason: None }),
        approved: Approved::Fresh,
        ..SyncRequest::default()
    };
    let (reporter, control) = (Reporter::silent(), RunControl::default());
    engine.sync(&connection, &request, &reporter, &control).await?;
    preview(engine, &connection).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_earlier_demo_left_cut_short_is_said_not_to_be_resumed() {
        assert_eq!(not_resumed(&[]), None);
        let one = not_resumed(&["run 14 of Harbour & Vine".to_owned()]).unwrap();
        assert!(one.starts_with("Not resumed: run 14 of Harbour & Vine. "), "{one}");
        let two = not_resumed(&["run 14 of Harbour & Vine".to_owned(), "run 15 of Saltmarsh".to_owned()]).unwrap();
        assert!(two.contains("Harbour & Vine and 1 more"), "{two}");
    }
}

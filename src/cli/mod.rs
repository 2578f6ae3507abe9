//! The commands: one file each, text or JSON out, one exit code.

pub mod arguments;
pub mod audit;
pub mod backup;
mod bench_arguments;
pub mod bench_match;
pub mod bench_people;
mod chat;
pub mod config;
mod config_outlets;
pub mod confirm;
pub mod connection_command;
pub mod digest;
pub mod doctor;
pub mod drift;
pub mod ending;
pub mod environment;
pub mod exit;
pub mod explain;
pub mod export;
mod exported;
pub mod fleet;
mod fleet_arguments;
pub mod forget;
mod incident_arguments;
pub mod incidents;
pub mod listen;
pub mod log;
pub mod logs;
pub mod mapping;
pub mod match_command;
pub mod match_output;
pub mod match_report;
mod matching_arguments;
pub mod metrics;
pub mod model_command;
pub mod output;
mod places;
pub mod plan;
pub mod plan_file;
pub mod read_only;
pub mod rehearsal_stage;
mod rehearse;
mod report;
pub mod review;
mod run_arguments;
pub mod runs;
pub mod said;
pub mod sandbox_command;
pub mod schedule;
pub mod schema;
pub mod serve;
mod service_manager;
pub mod status;
pub mod support_bundle;
pub mod sync;
mod targets;
pub mod tenant;
pub mod tenant_file;
pub mod text;
pub mod troubles;
mod unattended_arguments;
pub mod undo;
pub mod watch;
pub mod webhook;
pub mod workspace;
mod workspace_arguments;

use crate::domain::audit::Through;
use crate::domain::problem::Problem;
use crate::services;
use arguments::{Arguments, Command, IncidentsCommand};
use ending::Ending;
use exit::Exit;
use output::Output;
use workspace::Workspace;

/// Runs a command that needs no screen, from its arguments to its exit code.
///
/// # Errors
/// A [`Problem`], which `main` prints in its four lines; its kind is the exit code.
pub async fn run(
    arguments: &Arguments,
    command: &Command,
    output: &mut Output,
    ending: &Ending,
) -> Result<Exit, Problem> {
    if arguments.global.read_only {
        read_only::check(command)?;
    }
    targets::check(arguments, command)?;
    match command {
        Command::Sandbox(sandbox) => sandbox_command::run(sandbox, output, ending).await,
        Command::Completions { shell } => text::completions(*shell, output),
        Command::Man(asked) => text::man(asked, output),
        Command::Schema { command } => schema::run(command, output),
        Command::Match(people) => {
            let (exit, matched) = match_output::run(people, output)?;
            Box::pin(exported::note_match(arguments, matched, &people.out, output)).await;
            Ok(exit)
        }
        Command::Doctor => doctor::run(arguments, output).await,
        Command::Restore(asked) => backup::restore(arguments, asked, ending, output).await,
        Command::Watch(watch) if watch.probe.is_some() => status::probe(watch.probe, output).await,
        Command::Explain { code } => explain::run(code.as_deref(), output),
        Command::Incidents(IncidentsCommand::List) => incidents::list(output).map(|()| Exit::Done),
        Command::Demo(_) | Command::Bench(_) | Command::Incidents(IncidentsCommand::Run(_)) => Err(Problem::new(
            crate::domain::problem::ProblemKind::Input,
            "this command is started by the program itself",
        )),
        other => {
            let opened = Workspace::open(arguments, ending);
            let workspace = match other {
                Command::SupportBundle(_) => opened.map_err(support_bundle::unmade)?,
                _ => opened?,
            };
            // In boxes: the frames of all commands together are more than a small stack holds.
            Box::pin(settle_removals(&workspace, output)).await;
            if let Command::SupportBundle(asked) = other {
                workspace.store.acts_through(Through::Command);
                return support_bundle::run(arguments, &workspace, asked, output).await;
            }
            Box::pin(in_workspace(&workspace, other, arguments.global.open_tenant.as_deref(), output)).await
        }
    }
}

/// What an earlier removal left to do, where nobody is at work.
async fn settle_removals(workspace: &Workspace, output: &mut Output) {
    // What cannot be read says so where it is asked for.
    if workspace.access.change().is_ok() && matches!(services::forget::owed(&workspace.engine).await, Ok(Some(_))) {
        output.status("writing the workspace anew, without what was taken out before");
        services::forget::settle(&workspace.engine, &workspace.access).await;
        output.end_status();
    }
}

/// `tenant` is that of the option for the whole program.
async fn in_workspace(
    workspace: &Workspace,
    command: &Command,
    tenant: Option<&str>,
    output: &mut Output,
) -> Result<Exit, Problem> {
    workspace.store.acts_through(Through::Command);
    match command {
        Command::Tenant(command) => tenant::run(workspace, command, output).await,
        Command::Connection(command) => connection_command::run(workspace, command, output).await,
        Command::Mapping(command) => mapping::run(workspace, command, output).await,
        Command::Review(command) => review::run(workspace, command, output).await,
        Command::Model(command) => model_command::run(workspace, command, output).await,
        Command::Plan(command) => plan::run(workspace, command, output).await,
        Command::Sync(command) => sync::run(workspace, command, output).await,
        Command::Runs(command) => runs::run(workspace, command, output).await,
        Command::Backup { file } => backup::back_up(workspace, file.clone(), output).await,
        Command::Forget(asked) => forget::run(workspace, asked, output).await,
        Command::Audit(command) => audit::run(workspace, command, output).await,
        Command::Watch(command) => watch::run(workspace, command, output).await,
        Command::Schedule(command) => schedule::run(workspace, command, output).await,
        Command::Webhook(command) => webhook::run(workspace, command, output).await,
        Command::Troubles(command) => troubles::run(workspace, command, output).await,
        Command::Digest(asked) => digest::run(workspace, asked, output).await,
        Command::Chat(command) => chat::run(workspace, command, output).await,
        Command::Logs(command) => logs::run(workspace, command, output).await,
        Command::Export(command) => export::run(workspace, command, output).await,
        Command::Holds(asked) => fleet::holds(workspace, asked.tenant.as_deref().or(tenant), output).await,
        Command::Values(asked) => fleet::values(workspace, asked.tenant.as_deref().or(tenant), output).await,
        Command::People(asked) => fleet::people(workspace, asked, tenant, output).await,
        // Those that need no workspace are carried out above.
        Command::Demo(_)
        | Command::Sandbox(_)
        | Command::Match(_)
        | Command::Doctor
        | Command::SupportBundle(_)
        | Command::Explain { .. }
        | Command::Restore(_)
        | Command::Completions { .. }
        | Command::Man(_)
        | Command::Schema { .. }
        | Command::Bench(_)
        | Command::Incidents(_) => Ok(Exit::Done),
    }
}

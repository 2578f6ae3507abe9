//! `--read-only`: what the command line refuses then. It is said before the workspace is opened.

use super::arguments::{
    BenchCommand, ChatCommand, Command, ConnectionCommand, MappingCommand, ModelCommand, ReviewCommand, RunsCommand,
    ScheduleCommand, TenantCommand, TroublesCommand, WebhookCommand,
};
use crate::domain::problem::Problem;
use crate::services::Refusal;

/// Whether a command changes what is kept or what a destination has. Files that are asked for, and `plan`, which only
/// reads at the vendors, are allowed. Every command is named, so that a new one is refused by the compiler until somebody
/// has decided.
#[deny(clippy::wildcard_enum_match_arm)]
fn changes(command: &Command) -> bool {
    match command {
        Command::Sync(_) => true,
        Command::Tenant(command) => match command {
            TenantCommand::List | TenantCommand::Show { .. } => false,
            TenantCommand::Add { .. }
            | TenantCommand::Set { .. }
            | TenantCommand::On { .. }
            | TenantCommand::Off { .. }
            | TenantCommand::Remove { .. } => true,
        },
        Command::Connection(command) => match command {
            ConnectionCommand::Test { .. } => false,
            ConnectionCommand::Secret { .. } | ConnectionCommand::Revoke { .. } => true,
        },
        Command::Mapping(command) => match command {
            MappingCommand::List { .. } | MappingCommand::Export { .. } => false,
            MappingCommand::Set(_) | MappingCommand::Import { .. } => true,
        },
        Command::Review(command) => match command {
            ReviewCommand::List { .. } => false,
            ReviewCommand::Decide(_) => true,
        },
        Command::Model(command) => model_changes(command),
        Command::Runs(command) => match command {
            RunsCommand::List { .. }
            | RunsCommand::Show { .. }
            | RunsCommand::Errors { .. }
            | RunsCommand::Drift { .. }
            | RunsCommand::Said { .. } => false,
            RunsCommand::Undo { confirm, .. } => confirm.is_some(),
            RunsCommand::Report { send, .. } => *send,
            RunsCommand::Release { .. }
            | RunsCommand::Resume { .. }
            | RunsCommand::Stop { .. }
            | RunsCommand::Pause { .. }
            | RunsCommand::Next { .. }
            | RunsCommand::Continue { .. } => true,
        },
        Command::Bench(command) => match command {
            BenchCommand::Match { .. }
            | BenchCommand::Sync { .. }
            | BenchCommand::Import { .. }
            | BenchCommand::Feed { .. }
            | BenchCommand::Console { .. } => false,
            BenchCommand::Fill { .. } => true,
        },
        Command::Watch(watch) => watch.probe.is_none(),
        Command::Schedule(command) => match command {
            ScheduleCommand::List => false,
            ScheduleCommand::Skip { .. }
            | ScheduleCommand::Unskip { .. }
            | ScheduleCommand::Pause
            | ScheduleCommand::Resume => true,
        },
        Command::Troubles(asked) => match asked.command {
            None | Some(TroublesCommand::List { .. }) => false,
            Some(TroublesCommand::Mute { .. } | TroublesCommand::Unmute { .. } | TroublesCommand::Seen { .. }) => true,
        },
        Command::Digest(asked) => asked.send,
        Command::Chat(ChatCommand::Test { .. } | ChatCommand::Url { .. }) => true,
        Command::Backup { .. } => true,
        // Without `--yes` it only looks.
        Command::Restore(asked) => asked.yes,
        Command::Forget(asked) => asked.yes,
        Command::Webhook(command) => match command {
            WebhookCommand::List { .. } => false,
            WebhookCommand::Url(_) => true,
        },
        Command::Demo(_)
        | Command::Sandbox(_)
        | Command::Match(_)
        | Command::Plan(_)
        | Command::Audit(_)
        | Command::Logs(_)
        | Command::Incidents(_)
        | Command::Export(_)
        | Command::Holds(_)
        | Command::Values(_)
        | Command::People(_)
        | Command::Doctor
        | Command::SupportBundle(_)
        | Command::Explain { .. }
        | Command::Completions { .. }
        | Command::Man(_)
        | Command::Schema { .. } => false,
    }
}

#[deny(clippy::wildcard_enum_match_arm)]
fn model_changes(command: &ModelCommand) -> bool {
    match command {
        ModelCommand::Show { .. } => false,
        ModelCommand::Propose { .. } | ModelCommand::Activate { .. } | ModelCommand::Rollback { .. } => true,
        ModelCommand::Audit(audit) => {
            audit.draw || !(audit.same.is_empty() && audit.not_same.is_empty() && audit.take_back.is_empty())
        }
    }
}

/// Refuses a command that changes something.
///
/// # Errors
/// When it does.
pub fn check(command: &Command) -> Result<(), Problem> {
    if changes(command) {
        return Err(Refusal::ReadOnly.into());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::arguments::Arguments;
    use clap::Parser;

    fn refused(line: &str) -> bool {
        let words = std::iter::once("onroll").chain(line.split(' '));
        let arguments = Arguments::try_parse_from(words).unwrap();
        check(arguments.command.as_ref().unwrap()).is_err()
    }

    #[test]
    fn what_changes_is_refused_and_what_reads_is_not() {
        for line in [
            "sync hv",
            "runs resume hv",
            "runs stop hv",
            "runs continue hv",
            "runs next hv --wave 2",
            "tenant on hv",
            "tenant add a.toml",
            "tenant remove hv",
            "tenant set hv settings.limits.leavers.percent=3",
            "mapping import hv branch a.csv",
            "model activate hv",
            "model propose hv",
            "model audit hv --draw",
            "bench fill",
            "watch",
            "watch --once",
            "schedule skip hv",
            "schedule unskip hv",
            "schedule pause",
            "schedule resume",
            "watch --listen 127.0.0.1:0",
            "webhook url hv",
            "webhook url hv --revoke",
            "connection revoke hv source api_key",
        ] {
            assert!(refused(line), "{line}");
        }
        for line in [
            "plan hv",
            "holds hv",
            "values",
            "people osei",
            "runs list",
            "runs errors 3 --out a.csv",
            "runs said 3 --line 4",
            "tenant list",
            "tenant show hv",
            "connection test hv",
            "mapping export hv branch a.csv",
            "review list hv",
            "model show hv",
            "model audit hv",
            "bench sync",
            "bench import --to scim",
            "demo",
            "incidents list",
            "incidents run --all",
            "doctor",
            "schedule list",
            "webhook list",
            "watch --probe 9464",
            "support-bundle hv --out a.zip",
        ] {
            assert!(!refused(line), "{line}");
        }
    }
}

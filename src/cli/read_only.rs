//! `--read-only`: what the command line refuses then. It is said before the workspace is opened.

use super::arguments::{
    Command, ConnectionCommand, MappingCommand, ModelCommand, ReviewCommand, RunsCommand, TenantCommand,
};
use crate::domain::problem::{Problem, ProblemKind};

/// Whether a command changes what is kept or what a destination has. Files that are asked for, and `plan`, which only
/// reads at the vendors, are allowed.
fn changes(command: &Command) -> bool {
    match command {
        Command::Sync(_) => true,
        Command::Tenant(command) => !matches!(command, TenantCommand::List | TenantCommand::Show { .. }),
        Command::Connection(command) => !matches!(command, ConnectionCommand::Test { .. }),
        Command::Mapping(command) => !matches!(command, MappingCommand::List { .. } | MappingCommand::Export { .. }),
        Command::Review(command) => !matches!(command, ReviewCommand::List { .. }),
        Command::Model(ModelCommand::Audit(audit)) => {
            audit.draw || !(audit.same.is_empty() && audit.not_same.is_empty() && audit.take_back.is_empty())
        }
        Command::Model(command) => !matches!(command, ModelCommand::Show { .. }),
        Command::Runs(command) => match command {
            RunsCommand::List { .. } | RunsCommand::Show { .. } | RunsCommand::Errors { .. } => false,
            RunsCommand::Resume { .. }
            | RunsCommand::Stop { .. }
            | RunsCommand::Pause { .. }
            | RunsCommand::Continue { .. } => true,
        },
        _ => false,
    }
}

/// Refuses a command that changes something.
///
/// # Errors
/// When it does.
pub fn check(command: &Command) -> Result<(), Problem> {
    if changes(command) {
        return Err(Problem::new(ProblemKind::Input, "nothing is sent or changed in read-only mode")
            .with_now("leave --read-only out"));
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
            "tenant on hv",
            "tenant add a.toml",
            "tenant remove hv",
            "tenant set hv settings.limits.leavers.percent=3",
            "mapping import hv branch a.csv",
            "model activate hv",
            "model propose hv",
            "model audit hv --draw",
        ] {
            assert!(refused(line), "{line}");
        }
        for line in [
            "plan hv",
            "runs list",
            "runs errors 3 --out a.csv",
            "tenant list",
            "tenant show hv",
            "connection test hv",
            "mapping export hv branch a.csv",
            "review list hv",
            "model show hv",
            "model audit hv",
        ] {
            assert!(!refused(line), "{line}");
        }
    }
}

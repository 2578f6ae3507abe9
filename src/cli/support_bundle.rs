//! `onroll support-bundle`: what somebody who helps needs to see, in one file, without telling who the people are.

use super::arguments::{Arguments, SupportBundleArguments};
use super::config::{self, Config, PasswordPlace};
use super::doctor;
use super::exit::Exit;
use super::output::Output;
use super::workspace::Workspace;
use crate::domain::code::ProblemCode;
use crate::domain::problem::Problem;
use crate::services::exports::NOT_NOTED;
use crate::services::support::{self, Asked, Surroundings, is_set};
use serde_json::{Value, json};
use std::path::Path;

/// Writes the bundle.
///
/// # Errors
/// A tenant that is not there; a file that cannot be written.
pub async fn run(
    arguments: &Arguments,
    workspace: &Workspace,
    asked: &SupportBundleArguments,
    output: &mut Output,
) -> Result<Exit, Problem> {
    let around = surroundings(arguments.global.config.as_deref());
    let wanted = Asked { tenant: asked.tenant.clone(), names: asked.names, out: asked.out.clone() };
    let (engine, postman) = (&workspace.engine, workspace.supervisor.outlets());
    let bundle = support::bundle(engine, &workspace.access, postman, &around, &wanted).await;
    let bundle = bundle.map_err(|error| unmade(error.into()))?;
    if output.json {
        let files: Vec<Value> =
            bundle.files.iter().map(|(name, bytes)| json!({ "name": name, "bytes": bytes })).collect();
        output.object(&json!({ "file": bundle.path, "tenants": bundle.tenants, "files": files }))?;
        return Ok(Exit::Done);
    }
    let tenants = if bundle.tenants == 1 { "1 tenant".to_owned() } else { format!("{} tenants", bundle.tenants) };
    if workspace.access.change().is_err() {
        output.note(NOT_NOTED);
    }
    output.line(&format!("{}: {tenants}, {} files, yours to read only", bundle.path.display(), bundle.files.len()))?;
    output.note(
        "people are pseudonyms in it; README.txt in it says what else is not there. Look through it before you send it",
    );
    Ok(Exit::Done)
}

/// Why there is no bundle of a workspace that cannot be read, and what tells as much: of whom nobody knows the name, no log can be
/// cleaned.
pub fn unmade(problem: Problem) -> Problem {
    if !matches!(problem.code(), ProblemCode::WorkspaceDamaged | ProblemCode::WorkspaceUnusable) {
        return problem;
    }
    let why = if problem.why.is_empty() { problem.what } else { format!("{}: {}", problem.what, problem.why) };
    let why = format!("{why}; without the names that stand in it nobody can be taken out of the log files");
    let unmade = Problem::new(problem.kind, "no support bundle can be made: the workspace cannot be read")
        .with_code(problem.code.unwrap_or(ProblemCode::WorkspaceUnusable))
        .with_why(why)
        .with_remedy("send what `onroll doctor` says: it names tenants and files, and no people");
    problem.remedies.into_iter().fold(unmade, Problem::with_remedy)
}

/// What the program around the workspace knows.
#[must_use]
pub fn surroundings(named: Option<&Path>) -> Surroundings {
    let (check, config) = doctor::configuration(named);
    Surroundings {
        config: settings(&config),
        logs: config::state_dir(),
        checks: vec![check],
        operators: [config.operator.name, config.operator.email].into_iter().flatten().collect(),
    }
}

fn settings(config: &Config) -> Value {
    let smtp = config.smtp.as_ref().map(|smtp| {
        let password = smtp.password.as_ref().map(|place| match place {
            PasswordPlace::Env(_) => "environment",
            PasswordPlace::File(_) => "file",
        });
        json!({
            "tls": smtp.tls, "port": smtp.port, "user": is_set(smtp.user.as_deref()), "password": password,
            "own_certificate": smtp.ca.is_some(),
        })
    });
    json!({
        "operator": {
            "name": is_set(config.operator.name.as_deref()), "email": is_set(config.operator.email.as_deref()),
        },
        "console": config.console, "runs": config.runs, "smtp": smtp, "keys": config.keys,
        "workspace_dir": config.workspace.dir.is_some(),
    })
}

//! `onroll connection`: test by real calls, put in credentials.

use super::arguments::ConnectionCommand;
use super::exit::Exit;
use super::output::Output;
use super::workspace::Workspace;
use crate::domain::person::Employee;
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::secret::Secret;
use crate::domain::snapshot::Side;
use crate::engine::checklist::first_failure;
use crate::engine::connect::place;
use crate::ports::api::{ProbeResult, ProbeStep};
use crate::ports::bounded::{self, ReadError, SECRET_MAX};
use crate::services::connections::{self, Keep};
use serde_json::{Value, json};
use std::sync::Arc;

/// Runs a connection command.
///
/// # Errors
/// A [`Problem`] with what is wrong and what to do.
pub async fn run(workspace: &Workspace, command: &ConnectionCommand, output: &mut Output) -> Result<Exit, Problem> {
    match command {
        ConnectionCommand::Test { tenant } => test(workspace, tenant, output).await,
        ConnectionCommand::Secret { tenant, side, name, keyring } => {
            let keep = if *keyring { Keep::Keyring } else { Keep::AsBefore };
            secret(workspace, tenant, side.side(), name, keep, output).await
        }
        ConnectionCommand::Revoke { tenant, side, name, yes } => {
            revoke(workspace, tenant, (side.side(), name), *yes, output).await
        }
    }
}

async fn test(workspace: &Workspace, tenant: &str, output: &mut Output) -> Result<Exit, Problem> {
    let connection = workspace.connection(tenant).await?;
    let test = connections::test(&workspace.engine, &workspace.access, &connection).await?;
    let people = match test.passed {
        true => connections::some_people(&workspace.engine, &connection).await?,
        false => Vec::new(),
    };
    if output.json {
        output.object(&json!({
            "connection": connection.short_name,
            "passed": test.passed,
            "source": test.source.iter().map(step).collect::<Vec<Value>>(),
            "destination": test.destination.iter().map(step).collect::<Vec<Value>>(),
            "people": people.iter().map(person).collect::<Vec<Value>>(),
        }))?;
    } else {
        for (vendor, steps) in
            [(&connection.source.vendor, &test.source), (&connection.destination.vendor, &test.destination)]
        {
            output.line(vendor)?;
            for step in steps {
                output.line(format!("  {} {:<26} {}", glyph(step), step.name, detail(step)).trim_end())?;
            }
        }
        if !people.is_empty() {
            output.line("active people in scope: are they whom you expect?")?;
        }
        for employee in &people {
            let (person, text) = (&employee.person, |value: &Option<String>| value.clone().unwrap_or_default());
            let words = [person.display_name(), employee.id.to_string(), text(&person.branch), text(&person.job_title)];
            output.line(format!("  {}", words.join("  ")).trim_end())?;
        }
    }
    match first_failure(&test) {
        Some(error) => Ok(Exit::of_problem(&error.into())),
        None => Ok(Exit::Done),
    }
}

fn person(employee: &Employee) -> Value {
    let person = &employee.person;
    json!({ "name": person.display_name(), "employee_id": employee.id.as_str(), "branch": person.branch,
        "job_title": person.job_title })
}

fn step(step: &ProbeStep) -> Value {
    let result = match step.result {
        ProbeResult::Passed => "passed",
        ProbeResult::Warning => "warning",
        ProbeResult::Failed(_) => "failed",
        ProbeResult::NotTried => "not_tried",
    };
    json!({ "name": step.name, "result": result, "detail": detail(step) })
}

fn glyph(step: &ProbeStep) -> &'static str {
    match step.result {
        ProbeResult::Passed => "✓",
        ProbeResult::Warning => "!",
        ProbeResult::Failed(_) => "✗",
        ProbeResult::NotTried => "-",
    }
}

fn detail(step: &ProbeStep) -> String {
    match &step.result {
        ProbeResult::Failed(error) if step.detail.is_empty() => error.to_string(),
        _ => step.detail.clone(),
    }
}

async fn secret(
    workspace: &Workspace,
    tenant: &str,
    side: Side,
    name: &str,
    keep: Keep,
    output: &mut Output,
) -> Result<Exit, Problem> {
    let connection = workspace.connection(tenant).await?;
    connections::check_credential(&workspace.engine, &connection, side, name)?;
    if keep == Keep::Keyring {
        let secrets = Arc::clone(&workspace.engine.secrets);
        let answers = tokio::task::spawn_blocking(move || secrets.keyring().answers()).await;
        answers.map_err(|error| Problem::new(ProblemKind::Failed, error.to_string()))??;
    }
    let secret = typed_secret()?;
    let (engine, access) = (&workspace.engine, &workspace.access);
    let kept = connections::set_secret(engine, access, &connection, (side, name), (secret, keep)).await?;
    if output.json {
        output.object(&json!({ "kept": name, "in": place(&kept) }))?;
    } else {
        output.line(&format!("Kept in {}. `onroll connection test` tries it.", place(&kept)))?;
    }
    Ok(Exit::Done)
}

async fn revoke(
    workspace: &Workspace,
    tenant: &str,
    (side, name): (Side, &str),
    yes: bool,
    output: &mut Output,
) -> Result<Exit, Problem> {
    let connection = workspace.connection(tenant).await?;
    let (engine, access) = (&workspace.engine, &workspace.access);
    connections::check_credential(engine, &connection, side, name)?;
    if !yes {
        return Err(Problem::new(ProblemKind::Stopped, "nothing was revoked: it waits for `--yes`")
            .with_who(format!("{}: {} {name}", connection.tenant_name, side.key()))
            .with_why("the credential is wiped for good where it is kept here, and a live tenant is switched off")
            .with_remedy("`--yes` does it; `onroll connection secret` replaces a credential and lets the tenant go on")
            .with_remedy("whoever else knows it can still use it: delete it at the vendor too"));
    }
    let revoked = connections::revoke_secret(engine, access, &connection, (side, name)).await?;
    let outside = revoked.outside.as_ref().map(place);
    if output.json {
        output.object(&json!({ "revoked": name, "switched_off": revoked.switched_off, "still_in": outside }))?;
        return Ok(Exit::Done);
    }
    output.line(&format!("Revoked {name}; {}.", after(revoked.switched_off)))?;
    match outside {
        Some(outside) => output.note(&format!("it still stands in {outside}: delete it there")),
        None => output.note("delete it at the vendor too: whoever else knows it can still use it"),
    }
    Ok(Exit::Done)
}

fn after(switched_off: bool) -> &'static str {
    if switched_off { "the tenant is switched off" } else { "the tenant was not live" }
}

/// A credential from standard input.
///
/// # Errors
/// What is none.
pub(super) fn typed_secret() -> Result<Secret, Problem> {
    let text = bounded::read_stream(std::io::stdin().lock(), SECRET_MAX)
        .and_then(|bytes| String::from_utf8(bytes).map_err(|_| ReadError::NotText))
        .map_err(|error| {
            Problem::new(ProblemKind::Input, "standard input is no credential").with_why(error.to_string())
        })?;
    let text = text.trim_end_matches(['\r', '\n']);
    if text.is_empty() {
        return Err(Problem::new(ProblemKind::Input, "no credential came in")
            .with_remedy("give it on standard input, for example from your password manager"));
    }
    Ok(Secret::new(text))
}

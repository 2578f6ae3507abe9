//! `onroll tenant`: list, add, show, set, on, off, remove.

use super::arguments::TenantCommand;
use super::exit::Exit;
use super::output::Output;
use super::runs::{note_at_work, sentence};
use super::tenant_file;
use super::workspace::Workspace;
use crate::domain::connection::Connection;
use crate::domain::ids::ConnectionId;
use crate::domain::problem::{Problem, ProblemKind};
use crate::engine::checklist::{Step, StepState};
use crate::engine::connect::rotation_notes;
use crate::engine::reach::Reached;
use crate::services::forget;
use crate::services::tenants::{self, Editable, NewTenant, Publishing};
use crate::store::Salvage;
use serde_json::{Value, json};

/// Runs a tenant command.
///
/// # Errors
/// A [`Problem`] with what is wrong and what to do.
pub async fn run(workspace: &Workspace, command: &TenantCommand, output: &mut Output) -> Result<Exit, Problem> {
    match command {
        TenantCommand::List => list(workspace, output).await,
        TenantCommand::Add { file, set } => {
            add_and_tell(workspace, tenant_file::read(file.as_deref(), set)?, output).await
        }
        TenantCommand::Show { tenant } => show(workspace, tenant, output).await,
        TenantCommand::Set { tenant, keys } => set(workspace, tenant, keys, output).await,
        TenantCommand::On { tenant } => on(workspace, tenant, output).await,
        TenantCommand::Off { tenant } => {
            let connection = workspace.connection(tenant).await?;
            note_at_work(workspace, &connection, output).await?;
            let reached = tenants::switch_off(&workspace.engine, &workspace.access, &connection).await?;
            status(workspace, connection.id, reached.as_ref(), output).await
        }
        TenantCommand::Remove { tenant, confirm } => remove(workspace, tenant, confirm.as_deref(), output).await,
    }
}

async fn list(workspace: &Workspace, output: &mut Output) -> Result<Exit, Problem> {
    let known = workspace.store.salvage_all().await.map_err(Problem::from)?;
    let mut runs = Vec::with_capacity(known.len());
    for salvage in &known {
        runs.push(workspace.store.runs(Some(salvage.connection.id), 1).await.map_err(Problem::from)?.pop());
    }
    if output.json {
        let tenants = known.iter().zip(&runs).map(|(salvage, run)| {
            let mut tenant = listed(salvage);
            tenant["last_run"] = json!(run.as_ref().map(|run| json!({ "id": run.id, "outcome": run.outcome.key() })));
            tenant
        });
        output.object(&json!({ "tenants": tenants.collect::<Vec<Value>>() }))?;
        return Ok(Exit::Done);
    }
    if known.is_empty() {
        output.line("No tenants yet. `onroll tenant add FILE` adds one; `onroll demo` shows invented ones.")?;
        return Ok(Exit::Done);
    }
    let rows: Vec<Vec<String>> = known
        .iter()
        .zip(&runs)
        .map(|(salvage, run)| {
            let connection = &salvage.connection;
            vec![
                connection.short_name.clone(),
                connection.tenant_name.clone(),
                connection.source.vendor.clone(),
                connection.destination.vendor.clone(),
                if salvage.is_sound() { connection.status.key() } else { BROKEN }.to_owned(),
                run.as_ref().map(|run| run.outcome.key().replace('_', " ")).unwrap_or_default(),
            ]
        })
        .collect();
    output.table(&["short name", "name", "source", "destination", "status", "last run"], &rows)?;
    for salvage in known.iter().filter(|salvage| !salvage.is_sound()) {
        let short_name = &salvage.connection.short_name;
        output.note(&format!("✗ {short_name}: {}; `onroll tenant show {short_name}` tells more", salvage.why()));
    }
    Ok(Exit::Done)
}

/// The status of a tenant whose row cannot be read.
const BROKEN: &str = "broken";

/// A line of the list: that of a broken tenant says why.
fn listed(salvage: &Salvage) -> Value {
    let mut value = object(&salvage.connection);
    if !salvage.is_sound() {
        value["status"] = json!(BROKEN);
        value["why"] = json!(salvage.why());
    }
    value
}

/// A tenant as `tenant list --json` has it.
pub fn object(connection: &Connection) -> Value {
    json!({
        "name": connection.tenant_name,
        "short_name": connection.short_name,
        "source": connection.source.vendor,
        "destination": connection.destination.vendor,
        "status": connection.status.key(),
    })
}

async fn add_and_tell(workspace: &Workspace, new: NewTenant, output: &mut Output) -> Result<Exit, Problem> {
    let id = tenants::add(&workspace.engine, &workspace.access, new).await?;
    let connection = workspace.store.connection(id).await.map_err(Problem::from)?;
    let notes = rotation_notes(&connection).map_err(Problem::from)?;
    if output.json {
        output.object(&json!({ "tenant": object(&connection), "notes": notes }))?;
    } else {
        output.line(&format!("Added {} ({}); it can only preview.", connection.tenant_name, connection.short_name))?;
        for note in &notes {
            output.note(note);
        }
        output.line(&format!("Next: onroll plan {}", connection.short_name))?;
    }
    Ok(Exit::Done)
}

async fn show(workspace: &Workspace, tenant: &str, output: &mut Output) -> Result<Exit, Problem> {
    let salvage = workspace.store.salvage_named(tenant).await.map_err(Problem::from)?;
    if !salvage.is_sound() {
        return show_broken(&salvage, output);
    }
    let connection = salvage.connection;
    let steps = workspace.engine.checklist(&connection).await.map_err(Problem::from)?;
    if output.json {
        let mut value = object(&connection);
        value["time_zone"] = json!(connection.time_zone);
        value["settings"] = json!(connection.settings);
        value["checklist"] = json!(steps);
        output.object(&json!({ "tenant": value }))?;
        return Ok(Exit::Done);
    }
    output.line(&format!(
        "{} ({})   {} → {}   {}   {}",
        connection.tenant_name,
        connection.short_name,
        connection.source.vendor,
        connection.destination.vendor,
        connection.status.key(),
        connection.time_zone
    ))?;
    print_steps(&steps, output)?;
    Ok(Exit::Done)
}

/// What of a broken tenant cannot be read, and what would repair it. Exit 1: nothing can be done with it as it is.
fn show_broken(salvage: &Salvage, output: &mut Output) -> Result<Exit, Problem> {
    let connection = &salvage.connection;
    let short_name = &connection.short_name;
    if output.json {
        let mut value = listed(salvage);
        value["settings"] = json!(connection.settings);
        value["unreadable"] = salvage
            .lost
            .iter()
            .map(|lost| json!({ "what": lost.what, "why": lost.why, "becomes": lost.becomes }))
            .collect();
        output.object(&json!({ "tenant": value }))?;
        return Ok(Exit::Failed);
    }
    output.line(&format!("{} ({short_name})   {BROKEN}", connection.tenant_name))?;
    for lost in &salvage.lost {
        let becomes =
            lost.becomes.as_deref().map_or("has to be said".to_owned(), |becomes| format!("becomes {becomes}"));
        output.line(&format!("  ✗ {} {}; {becomes}", lost.what, lost.why))?;
    }
    let needed: Vec<String> = salvage.needed().iter().map(|what| format!(" {what}=…")).collect();
    output.line("Everything else is kept. To repair it, with other values where the defaults are not right:")?;
    output.line(&format!("  onroll tenant set {short_name}{}", needed.concat()))?;
    output.line(&format!("To take it away: onroll tenant remove {short_name} --confirm {short_name}"))?;
    Ok(Exit::Failed)
}

/// Changes keys of a tenant; of a broken one, what can be read is kept and it goes back to preview.
async fn set(workspace: &Workspace, tenant: &str, sets: &[String], output: &mut Output) -> Result<Exit, Problem> {
    let Editable { connection: before, lost } = tenants::editable(&workspace.engine, tenant).await?;
    if sets.is_empty() && lost.is_empty() {
        return Err(Problem::new(ProblemKind::Input, "nothing is said to be changed")
            .with_remedy("say KEY=VALUE, such as settings.limits.leavers.percent=3"));
    }
    let after = tenant_file::edit(&before, sets)?;
    let keys: Vec<&str> = sets.iter().filter_map(|set| set.split_once('=')).map(|(key, _)| key.trim()).collect();
    let connection = tenants::set(&workspace.engine, &workspace.access, after, (&keys, &lost)).await?;
    if output.json {
        output.object(&json!({ "tenant": object(&connection) }))?;
    } else if lost.is_empty() {
        output.line(&format!("Changed {}; the next plan goes by it.", connection.tenant_name))?;
    } else {
        output.line(&format!("Repaired {}; it can only preview.", connection.tenant_name))?;
        output.line(&format!("Next: onroll tenant show {}", connection.short_name))?;
    }
    Ok(Exit::Done)
}

fn print_steps(steps: &[Step], output: &mut Output) -> Result<(), Problem> {
    for step in steps {
        let glyph = match step.state {
            StepState::Done => "✓",
            StepState::Notice => "!",
            StepState::Open => "✗",
        };
        let name = step_name(step);
        output.line(format!("  {glyph} {name:<18} {:<20} {}", step.figure, step.detail).trim_end())?;
    }
    Ok(())
}

/// The words of a checklist step.
pub fn step_name(step: &Step) -> &'static str {
    use crate::engine::checklist::StepKey;
    match step.key {
        StepKey::Credentials => "Credentials",
        StepKey::FieldMap => "Field map",
        StepKey::MappingTables => "Mapping tables",
        StepKey::PeopleMatched => "People matched",
        StepKey::SourceData => "Data in the source",
        StepKey::Limits => "Limits",
        StepKey::TestRun => "Test run",
        StepKey::Published => "Published",
    }
}

async fn on(workspace: &Workspace, tenant: &str, output: &mut Output) -> Result<Exit, Problem> {
    let connection = workspace.connection(tenant).await?;
    let published =
        tenants::publish(&workspace.engine, &workspace.access, &connection, Publishing::WithTestRun).await?;
    let connection = workspace.store.connection(connection.id).await.map_err(Problem::from)?;
    if output.json {
        let waived: Vec<Value> =
            published.waived.iter().map(|(key, open)| json!({ "step": key, "open": open })).collect();
        output.object(&json!({ "tenant": object(&connection), "waived": waived }))?;
        return Ok(Exit::Done);
    }
    print_steps(&published.steps, output)?;
    for (step, open) in published.steps.iter().filter(|step| step.waived).map(|step| (step_name(step), step.open)) {
        output.line(&format!("Waived: {step}, {open} people stay held"))?;
    }
    output.line(&format!("{} is live.", connection.tenant_name))?;
    Ok(Exit::Done)
}

async fn status(
    workspace: &Workspace,
    id: ConnectionId,
    reached: Option<&Reached>,
    output: &mut Output,
) -> Result<Exit, Problem> {
    let connection = workspace.store.connection(id).await.map_err(Problem::from)?;
    if output.json {
        output.object(&json!({ "tenant": object(&connection), "reached": reached }))?;
    } else {
        output.line(&format!("{} is {}; all data are kept.", connection.tenant_name, connection.status.key()))?;
        if let Some(reached) = reached {
            output.line(&sentence(reached))?;
        }
    }
    Ok(Exit::Done)
}

async fn remove(
    workspace: &Workspace,
    tenant: &str,
    confirm: Option<&str>,
    output: &mut Output,
) -> Result<Exit, Problem> {
    let connection = tenants::removable(&workspace.engine, tenant).await?;
    if confirm != Some(connection.short_name.as_str()) {
        return Err(Problem::new(ProblemKind::Input, "removing a tenant deletes its history and rulings from here")
            .with_who(connection.tenant_name.clone())
            .with_remedy(format!("say its short name once more: --confirm {}", connection.short_name)));
    }
    note_at_work(workspace, &connection, output).await?;
    let removed = tenants::remove(&workspace.engine, &workspace.access, &connection).await?;
    let owed = forget::owed(&workspace.engine).await?;
    if output.json {
        output.object(&json!({
            "removed": connection.short_name, "reached": removed.reached, "credentials_left": removed.credentials_left,
            "owed": owed,
        }))?;
    } else {
        for left in &removed.credentials_left {
            output.note(&format!("a credential stays in the sealed file: {left}"));
        }
        if let Some(reached) = &removed.reached {
            output.line(&sentence(reached))?;
        }
        output.line(&format!("Removed {}; its users stay as they are.", connection.tenant_name))?;
        if let Some(owed) = owed {
            output.line(&format!("Not done yet: {owed}"))?;
        }
    }
    Ok(Exit::Done)
}

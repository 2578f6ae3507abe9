//! `onroll plan`: fetch, match, plan; the contract of DESIGN 6a in JSON.

use super::arguments::PlanArguments;
use super::confirm;
use super::exit::Exit;
use super::exported;
use super::output::{Output, write_document, write_table};
use super::sync::carry_out;
use super::workspace::Workspace;
use crate::domain::connection::Connection;
use crate::domain::ids::{PlanId, UserId};
use crate::domain::plan::{Doubled, Hold, HoldKind, ManagerLeft, Operation, Plan};
use crate::domain::problem::Problem;
use crate::domain::run::Job;
use crate::domain::waves::WaveGate;
use crate::engine::fetch::FetchPolicy;
use crate::engine::plan::SavedPlan;
use crate::engine::run::PreviewRequest;
use crate::files::sign_off;
use crate::planning::waves::WaveFigures;
use crate::services::exports::Exported;
use crate::services::runs::Work;
use crate::services::waves::WavesOfPlan;
use crate::services::{plans, rehearsals, waves};
use serde_json::{Value, json};
use std::path::Path;
use tokio::sync::watch;

/// Makes a plan and shows it.
///
/// # Errors
/// What stopped the run, as a [`Problem`].
pub async fn run(workspace: &Workspace, arguments: &PlanArguments, output: &mut Output) -> Result<Exit, Problem> {
    let connection = workspace.connection(&arguments.tenant).await?;
    let accepted = match &arguments.confirm {
        Some(text) => Some(u64::from(confirm::parse(text, &connection, None)?.number)),
        None => None,
    };
    let saved = if arguments.offline {
        plans::make(&workspace.engine, &connection).await?
    } else {
        let fetch = FetchPolicy { accepted_rows: accepted, full: arguments.full, plans_only: true };
        let work = Work::Preview(PreviewRequest { job: Job::by_hand(arguments.changed), fetch });
        let Some(report) = carry_out(workspace, &connection, work, output, false).await? else { return Ok(Exit::Done) };
        match (report.plan, report.problem) {
            (_, Some(problem)) => return Err(problem),
            (Some(plan), None) => plan,
            (None, None) => return Ok(Exit::of_outcome(report.outcome, None)),
        }
    };
    if let Some(path) = &arguments.out {
        write_for_sign_off(path, &saved, &connection)?;
        let export =
            Exported::of(connection.id, format!("{} for sign-off", saved.id.words()), saved.plan.operations.len());
        exported::note(workspace, &export, path, output).await?;
    }
    let waves = match &arguments.waves {
        Some(words) => Some(split(workspace, &connection, &saved, words).await?),
        None => None,
    };
    let rehearsed = match arguments.rehearse {
        true => {
            let (progress, mut seen) = watch::channel((0, 0));
            let (engine, access) = (&workspace.engine, &workspace.access);
            let mut rehearsing = std::pin::pin!(rehearsals::rehearse(engine, access, &connection, saved.id, &progress));
            let rehearsed = loop {
                tokio::select! {
                    rehearsed = &mut rehearsing => break rehearsed,
                    Ok(()) = seen.changed(), if output.live => {
                        let (done, of) = *seen.borrow_and_update();
                        output.status(&format!("rehearsing {done} of {of}"));
                    }
                }
            };
            output.end_status();
            Some(rehearsed?.rehearsal)
        }
        false => None,
    };
    if output.json {
        let mut document = document(&saved, &connection);
        if let Some(rehearsal) = &rehearsed {
            document["rehearsal"] = super::rehearse::object(rehearsal);
        }
        if let Some(waves) = &waves {
            document["waves"] = json!(waves.waves.iter().map(wave).collect::<Vec<_>>());
            if let Some(words) = &waves.empty {
                output.note(words);
            }
        }
        output.object(&document)?;
    } else {
        print(&saved, &connection, output)?;
        if let Some(waves) = &waves {
            print_waves(&waves.waves, output)?;
            if let Some(words) = &waves.empty {
                output.note(words);
            }
        }
        if let Some(rehearsal) = &rehearsed {
            super::rehearse::print(rehearsal, output)?;
        }
        if let Some(path) = &arguments.out {
            output.note(&format!("written to {}", path.display()));
        }
    }
    Ok(Exit::Done)
}

/// The waves in which the plan would go.
async fn split(
    workspace: &Workspace,
    connection: &Connection,
    saved: &SavedPlan,
    words: &str,
) -> Result<WavesOfPlan, Problem> {
    let asked = waves::asked(&workspace.engine, connection, words, WaveGate::Key).await?;
    Ok(waves::of_plan(&workspace.engine, connection, &saved.plan, &asked).await?)
}

fn wave(wave: &WaveFigures) -> Value {
    let kinds: serde_json::Map<String, Value> =
        wave.kinds.iter().map(|(kind, count)| (kind.key().to_owned(), json!(count))).collect();
    json!({
        "label": wave.label,
        "people": wave.people,
        "changes": wave.changes,
        "mails": wave.mails,
        "kinds": kinds,
    })
}

/// People of a wave who are named in a line.
const NAMED: usize = 5;

fn print_waves(waves: &[WaveFigures], output: &mut Output) -> Result<(), Problem> {
    let words = if waves.len() == 1 { "In one wave:".to_owned() } else { format!("In {} waves:", waves.len()) };
    output.line(&words)?;
    let rows: Vec<Vec<String>> = waves
        .iter()
        .map(|wave| {
            let named = wave.people.iter().take(NAMED).map(ToString::to_string).collect::<Vec<_>>().join(" ");
            let more = wave.people.len().saturating_sub(NAMED);
            let who = if more > 0 { format!("{named} and {more} more") } else { named };
            let kinds = wave.kinds.iter().map(|(kind, count)| format!("{count} {}", kind.counted(*count)));
            vec![
                wave.label.clone(),
                wave.changes.to_string(),
                wave.mails.to_string(),
                kinds.collect::<Vec<_>>().join(", "),
                who,
            ]
        })
        .collect();
    output.table(&["wave", "changes", "mails", "what", "employees"], &rows)
}

/// The JSON document of a plan (DESIGN 6a).
pub fn document(saved: &SavedPlan, connection: &Connection) -> Value {
    let plan = &saved.plan;
    let operations: Vec<Value> = plan.operations.iter().map(operation).collect();
    let holds: Vec<Value> = plan.holds.iter().map(hold).collect();
    json!({
        "plan": head(saved, connection),
        "operations": operations,
        "holds": holds,
        "limits": plan.limits,
    })
}

/// The head of a plan: id, hash, counts, and what would be typed to confirm it.
pub fn head(saved: &SavedPlan, connection: &Connection) -> Value {
    let plan = &saved.plan;
    json!({
        "id": saved.id,
        "tenant": connection.short_name,
        "version": env!("CARGO_PKG_VERSION"),
        "hash": plan.hash,
        "counts": plan.counts,
        "held": { "blocked": plan.held(HoldKind::Blocked), "review": plan.held(HoldKind::Review) },
        "ruled": plan.held(HoldKind::Ruled),
        "mails": plan.mails,
        "people": plan.people,
        "doubled": plan.doubled.iter().map(doubled).collect::<Vec<_>>(),
        "managers_left": plan.managers_left.iter().map(manager_left).collect::<Vec<_>>(),
        "first_import": plan.first_import,
        "needs_confirmation": plan.needs_confirmation(),
        "confirm": format!("{}:{}", connection.short_name, plan.counts.operations()),
    })
}

/// The head of a plan that an edit would lead to: it has no number.
pub fn what_if(plan: &Plan, connection: &Connection) -> Value {
    let mut value = head(&SavedPlan::new(PlanId(0), plan.clone()), connection);
    value["id"] = Value::Null;
    value
}

/// One operation as JSON; fields by name, from and to.
pub fn operation(operation: &Operation) -> Value {
    let fields: serde_json::Map<String, Value> = operation
        .fields
        .iter()
        .map(|change| (change.field.key().to_owned(), json!({ "from": change.from, "to": change.to })))
        .collect();
    json!({
        "op": operation.kind.key(),
        "employee_id": operation.employee,
        "user_id": operation.user,
        "identifier": operation.identifier,
        "table": operation.list.map(|table| table.key()),
        "fields": fields,
        "note": operation.note,
    })
}

/// Somebody who seems to have two users, as JSON.
pub fn doubled(one: &Doubled) -> Value {
    json!({
        "employee_id": one.employee,
        "user_id": one.user,
        "other_employee_id": one.other.employee,
        "other_user_id": one.other.user,
        "why": one.other.why,
    })
}

/// A manager who is not written, as JSON.
fn manager_left(one: &ManagerLeft) -> Value {
    json!({ "employee_id": one.employee, "manager_id": one.manager, "why": one.why.key() })
}

/// Somebody who seems to have two users, in words.
pub fn doubled_words(one: &Doubled) -> String {
    let other = one.other.user.as_ref().map(UserId::as_str).unwrap_or_default();
    let (first, second) = (&one.employee, &one.other.employee);
    format!("{first} has user {}, {second} has user {other}: {}", one.user, one.other.why)
}

/// One hold as JSON.
pub fn hold(hold: &Hold) -> Value {
    let candidates: Vec<Value> = hold
        .candidates
        .iter()
        .map(|candidate| {
            json!({
                "user_id": candidate.user,
                "weight": candidate.weight,
                "probability": candidate.probability,
                "evidence": candidate.evidence,
            })
        })
        .collect();
    json!({
        "employee_id": hold.employee,
        "kind": hold.code.kind().key(),
        "code": hold.code.key(),
        "field": hold.field,
        "value": hold.value,
        "message": hold.message,
        "remedy": hold.remedy,
        "others": hold.others,
        "beside": hold.beside,
        "candidates": candidates,
    })
}

fn print(saved: &SavedPlan, connection: &Connection, output: &mut Output) -> Result<(), Problem> {
    let plan = &saved.plan;
    output.line(&format!(
        "Plan {} of {}: {} changes, {} held, {} unchanged   hash {}",
        saved.id,
        connection.tenant_name,
        plan.counts.operations(),
        plan.held(HoldKind::Blocked) + plan.held(HoldKind::Review),
        plan.counts.unchanged,
        plan.hash,
    ))?;
    for (kind, count) in plan.counts.kinds() {
        output.line(&format!("  {:<12} {count:>7}", kind.counted(count)))?;
    }
    output.line(&format!("  mails        {:>7} welcome, {} notices", plan.mails.welcome, plan.mails.notice))?;
    print_holds(plan, output)?;
    if !plan.doubled.is_empty() {
        output.line("Two users already, perhaps of one person: both go on; `onroll review decide` rules")?;
        for one in &plan.doubled {
            output.line(&format!("  {}", doubled_words(one)))?;
        }
    }
    if !plan.managers_left.is_empty() {
        let whom = if plan.managers_left.len() == 1 { "person goes" } else { "people go" };
        output.line(&format!("Managers who are not written: {} {whom} on without", plan.managers_left.len()))?;
        for one in &plan.managers_left {
            output.line(&format!("  {} reports to {}, who {}", one.employee, one.manager, one.why.words()))?;
        }
    }
    for check in plan.limits.iter().filter(|check| check.is_exceeded()) {
        output.line(&format!("  limit        {:>7} {}, {} allowed", check.count, check.kind.key(), check.allowed))?;
    }
    if plan.needs_confirmation() {
        output.line(&format!(
            "To apply it: onroll sync {} --confirm {}:{}",
            connection.short_name,
            connection.short_name,
            plan.counts.operations()
        ))?;
    }
    Ok(())
}

fn print_holds(plan: &Plan, output: &mut Output) -> Result<(), Problem> {
    if plan.holds.is_empty() {
        return Ok(());
    }
    output.line("Held: nobody below is touched")?;
    let rows: Vec<Vec<String>> = plan
        .holds
        .iter()
        .map(|hold| {
            vec![
                hold.employee.to_string(),
                hold.code.kind().key().to_owned(),
                hold.code.key().to_owned(),
                hold.message.clone(),
                hold.remedy.clone(),
            ]
        })
        .collect();
    output.table(&["employee", "kind", "code", "what", "what now"], &rows)
}

fn write_for_sign_off(path: &Path, saved: &SavedPlan, connection: &Connection) -> Result<(), Problem> {
    if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json")) {
        return write_document(path, &document(saved, connection));
    }
    write_table(path, &sign_off::table(&saved.plan))
}

//! `onroll model`: what was learnt from rulings, and the audit sample that it may learn from.

use super::arguments::{AuditArguments, ModelCommand};
use super::exit::Exit;
use super::output::Output;
use super::workspace::Workspace;
use crate::domain::connection::Connection;
use crate::domain::plan::Evidence;
use crate::domain::problem::{Problem, ProblemKind};
use crate::engine::plan::SavedPlan;
use crate::matching::decide::PolicyEffect;
use crate::matching::learning::GateVerdict;
use crate::services::models::{self, ModelState, Proposal, Take};
use crate::store::{AuditItem, Difference};
use serde_json::{Value, json};

/// Runs a model command.
///
/// # Errors
/// A [`Problem`] with what is wrong and what to do.
pub async fn run(workspace: &Workspace, command: &ModelCommand, output: &mut Output) -> Result<Exit, Problem> {
    let (engine, access) = (&workspace.engine, &workspace.access);
    match command {
        ModelCommand::Show { tenant } => {
            let connection = workspace.connection(tenant).await?;
            show(&models::state(engine, &connection).await?, output)
        }
        ModelCommand::Propose { tenant } => {
            let connection = workspace.connection(tenant).await?;
            propose(workspace, &connection, output).await
        }
        ModelCommand::Activate { tenant, version } => {
            let connection = workspace.connection(tenant).await?;
            let (version, plan) = models::take(engine, access, &connection, Take::Proposed(*version)).await?;
            told(&connection, "activated", version, plan.as_ref(), output)
        }
        ModelCommand::Rollback { tenant, version } => {
            let connection = workspace.connection(tenant).await?;
            let (version, plan) = models::take(engine, access, &connection, Take::Back(*version)).await?;
            told(&connection, "rolled_back", version, plan.as_ref(), output)
        }
        ModelCommand::Audit(arguments) => {
            let connection = workspace.connection(&arguments.tenant).await?;
            audit(workspace, &connection, arguments, output).await
        }
    }
}

fn effect(effect: &PolicyEffect) -> Value {
    json!({
        "link": effect.links,
        "review": effect.review,
        "duplicate_risk": effect.duplicate_risk,
        "new": effect.new,
        "expected_wrong_links": effect.expected_wrong,
        "expected_missed": effect.expected_missed,
    })
}

fn gate_value(verdict: &GateVerdict) -> Value {
    json!({
        "passed": verdict.passed(),
        "refusal": verdict.refusal,
        "examples": verdict.examples,
        "log_loss": { "before": verdict.log_loss.0, "after": verdict.log_loss.1 },
        "wrong_links": { "before": verdict.wrong_links.0, "after": verdict.wrong_links.1 },
        "control_wrong_pairs": { "before": verdict.control.0, "after": verdict.control.1 },
    })
}

fn difference_value(difference: &Difference) -> Value {
    json!({
        "people": difference.people,
        "before": effect(&difference.before),
        "after": effect(&difference.after),
    })
}

fn show(state: &ModelState, output: &mut Output) -> Result<Exit, Problem> {
    let rulings = &state.rulings;
    if output.json {
        let versions: Vec<Value> = state
            .versions
            .iter()
            .map(|kept| {
                json!({
                    "version": kept.version.version,
                    "parent": kept.version.parent,
                    "by": kept.by,
                    "at": kept.at,
                    "rulings": kept.version.rulings,
                    "learned": kept.version.learned,
                    "gate": gate_value(&kept.verdict),
                    "difference": difference_value(&kept.difference),
                })
            })
            .collect();
        let uses: Vec<Value> = state
            .uses
            .iter()
            .map(|one| json!({ "version": one.version, "back": one.back, "by": one.by, "at": one.at }))
            .collect();
        output.object(&json!({
            "active": state.active.version,
            "rollback_to": state.before(),
            "rulings": {
                "same": rulings.same,
                "not_same": rulings.not_same,
                "audited": rulings.audited,
                "taken_back": rulings.taken_back,
            },
            "versions": versions,
            "uses": uses,
        }))?;
        return Ok(Exit::Done);
    }
    output.line(&format!(
        "Rulings to learn from: {} same person, {} two people, {} of them audited; {} taken back.",
        rulings.same, rulings.not_same, rulings.audited, rulings.taken_back
    ))?;
    let mark = |version: u32| if version == state.active.version { "in use" } else { "" }.to_owned();
    let mut rows = vec![vec!["1".to_owned(), mark(1), "as trained, nothing learnt".to_owned(), String::new()]];
    for kept in &state.versions {
        let gate = kept.verdict.refusal.map_or("passed its gate", |_| "refused by its gate");
        let people = kept.difference.people;
        rows.push(vec![
            kept.version.version.to_string(),
            mark(kept.version.version),
            format!("{gate}; from {} rulings, by {}", kept.version.rulings, kept.by),
            format!("{people} people other than under {}", kept.version.parent),
        ]);
    }
    output.table(&["#version", "", "what", "difference"], &rows)?;
    Ok(Exit::Done)
}

async fn propose(workspace: &Workspace, connection: &Connection, output: &mut Output) -> Result<Exit, Problem> {
    let proposal = models::propose(&workspace.engine, &workspace.access, connection).await?;
    let Some(proposal) = proposal else {
        if output.json {
            output.object(&json!({ "proposal": null }))?;
        } else {
            output.line(
                "The rulings so far move nothing. m learns from the audit sample (`onroll model audit`); the probabilities \
                 are corrected from 50 confirmed and 50 rejected pairs on.",
            )?;
        }
        return Ok(Exit::Done);
    };
    let exit = if proposal.verdict.passed() { Exit::Done } else { Exit::Stopped };
    if output.json {
        output.object(&proposal_value(&proposal))?;
        return Ok(exit);
    }
    let (version, difference) = (proposal.version.version, &proposal.difference);
    output.line(&format!(
        "Version {version}, from version {} and {} rulings:",
        proposal.version.parent, proposal.version.rulings
    ))?;
    for step in proposal.version.words_from(&proposal.active) {
        output.line(&format!("  {step}"))?;
    }
    let verdict = &proposal.verdict;
    output.line(&format!(
        "On {} rulings that were held back: surprise {:.3} bits, now {:.3}; wrong links {}, now {}.",
        verdict.examples, verdict.log_loss.1, verdict.log_loss.0, verdict.wrong_links.1, verdict.wrong_links.0
    ))?;
    output.line(&format!(
        "Wrong pairs of the control set that reach the threshold: {}, now {}.",
        verdict.control.1, verdict.control.0
    ))?;
    output.line(&format!("{} people would have another outcome.", difference.people))?;
    if !proposal.flagged.is_empty() {
        let ids: Vec<&str> = proposal.flagged.iter().map(|id| id.as_str()).collect();
        output.line(&format!(
            "{} links that were made by weight would be asked about today; they stay. Look at: {}",
            ids.len(),
            ids.join(", ")
        ))?;
    }
    let row = |name: &str, effect: &PolicyEffect| {
        vec![
            name.to_owned(),
            effect.links.to_string(),
            format!("{:.1}", effect.expected_wrong),
            effect.review.to_string(),
            effect.duplicate_risk.to_string(),
            effect.new.to_string(),
            format!("{:.1}", effect.expected_missed),
        ]
    };
    output.table(
        &["", "#linked", "#wrong", "#review", "#duplicate risk", "#new", "#missed"],
        &[row("now", &difference.before), row("then", &difference.after)],
    )?;
    let next = match verdict.refusal {
        None => {
            format!("Nothing is changed yet. `onroll model activate {} {version}` takes it.", connection.short_name)
        }
        Some(refusal) => format!("Refused: {}.", refusal.words()),
    };
    output.line(&next)?;
    Ok(exit)
}

fn proposal_value(proposal: &Proposal) -> Value {
    json!({ "proposal": {
        "version": proposal.version.version,
        "parent": proposal.version.parent,
        "rulings": proposal.version.rulings,
        "learned": proposal.version.learned,
        "gate": gate_value(&proposal.verdict),
        "difference": difference_value(&proposal.difference),
        "flagged": proposal.flagged,
    } })
}

fn told(
    connection: &Connection,
    what: &str,
    version: u32,
    plan: Option<&SavedPlan>,
    output: &mut Output,
) -> Result<Exit, Problem> {
    if output.json {
        let head = plan.map(|saved| super::plan::head(saved, connection));
        output.object(&json!({ "done": what, "version": version, "plan": head }))?;
        return Ok(Exit::Done);
    }
    let plan = plan.map_or_else(String::new, |saved| {
        format!("; plan {} now has {} changes", saved.id, saved.plan.counts.operations())
    });
    output.line(&format!("Version {version} is in use{plan}."))?;
    Ok(Exit::Done)
}

async fn audit(
    workspace: &Workspace,
    connection: &Connection,
    arguments: &AuditArguments,
    output: &mut Output,
) -> Result<Exit, Problem> {
    let (engine, access) = (&workspace.engine, &workspace.access);
    let rulings = [(&arguments.same, Some(true)), (&arguments.not_same, Some(false)), (&arguments.take_back, None)];
    let mut ruled = false;
    for (ids, same) in rulings {
        for id in ids {
            models::rule_sample(engine, access, connection, *id, same).await?;
            ruled = true;
        }
    }
    if arguments.draw {
        if !(0.0..=100.0).contains(&arguments.percent) {
            return Err(Problem::new(ProblemKind::Input, format!("{} is no percentage", arguments.percent))
                .with_remedy("say --percent with a number from 0 to 100"));
        }
        let drawn = models::draw_sample(engine, access, connection, arguments.percent / 100.0).await?;
        if !output.json {
            output.note(&format!("Drew {} pairs.", drawn.len()));
        }
    }
    let items = workspace.store.audit_items(connection.id).await?;
    if ruled && !output.json {
        let open = items.iter().filter(|item| item.ruled.is_none()).count();
        output.line(&format!("Kept. {open} pairs of the sample are open."))?;
        return Ok(Exit::Done);
    }
    list(&items, arguments.all, output)
}

fn list(items: &[AuditItem], all: bool, output: &mut Output) -> Result<Exit, Problem> {
    let shown: Vec<&AuditItem> = items.iter().filter(|item| all || item.ruled.is_none()).collect();
    if output.json {
        let rows: Vec<Value> = shown.iter().map(|item| item_value(item)).collect();
        output.object(&json!({ "audit": rows }))?;
        return Ok(Exit::Done);
    }
    if shown.is_empty() {
        output.line("No pair of the audit sample is open. `onroll model audit TENANT --draw` draws one.")?;
        return Ok(Exit::Done);
    }
    for item in &shown {
        let ruled = match item.ruled {
            Some(true) => ", ruled one person",
            Some(false) => ", ruled two people",
            None => "",
        };
        let pair = &item.item;
        output.line(&format!(
            "{}  {}, employee {} and user {}: {:.1} bits, {:.1} %{ruled}",
            item.id,
            pair.stratum.key(),
            pair.employee,
            pair.candidate.user,
            pair.candidate.weight,
            (pair.candidate.probability * 1000.0).floor() / 10.0,
        ))?;
        for bar in pair.candidate.evidence.iter().filter(|bar| is_value(bar)) {
            let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
            output.line(&format!(
                "      {:<14} {} | {}  {:+.1}",
                bar.field.replace('_', " "),
                value(&bar.source_value),
                value(&bar.destination_value),
                bar.bits
            ))?;
        }
    }
    output.line(&format!(
        "{} open. Rule with --same ID,ID and --not-same ID,ID; --take-back ID takes a ruling back.",
        items.iter().filter(|item| item.ruled.is_none()).count()
    ))?;
    Ok(Exit::Done)
}

fn is_value(bar: &Evidence) -> bool {
    bar.source_value.is_some() || bar.destination_value.is_some()
}

fn item_value(item: &AuditItem) -> Value {
    let pair = &item.item;
    json!({
        "id": item.id,
        "draw": item.draw,
        "stratum": pair.stratum.key(),
        "rate": pair.rate,
        "employee_id": pair.employee,
        "user_id": pair.candidate.user,
        "weight": pair.candidate.weight,
        "probability": pair.candidate.probability,
        "evidence": pair.candidate.evidence,
        "same": item.ruled,
    })
}

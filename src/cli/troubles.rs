//! `onroll troubles`: what keeps feeds from working, each with its life.

use super::arguments::{TroublesArguments, TroublesCommand};
use super::exit::Exit;
use super::output::Output;
use super::workspace::Workspace;
use crate::domain::code::{Code, FeedCode};
use crate::domain::problem::Problem;
use crate::domain::trouble::nowhere::Nowhere;
use crate::services::troubles::{self, Listed, Troubles};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Runs `onroll troubles …`.
///
/// # Errors
/// A trouble that is not there; a day that has come; what the service refuses.
pub async fn run(workspace: &Workspace, arguments: &TroublesArguments, output: &mut Output) -> Result<Exit, Problem> {
    let (engine, access) = (&workspace.engine, &workspace.access);
    match &arguments.command {
        None => list(workspace, arguments.all, output).await,
        Some(TroublesCommand::List { all }) => list(workspace, *all, output).await,
        Some(TroublesCommand::Mute { ids, until }) => {
            troubles::mute(engine, access, ids, *until).await?;
            let until = until.map_or_else(|| "until it changes".to_owned(), |day| format!("until {day}"));
            done(ids, &format!("muted {until}"), output)
        }
        Some(TroublesCommand::Unmute { ids }) => {
            troubles::unmute(engine, access, ids).await?;
            done(ids, "muted no more", output)
        }
        Some(TroublesCommand::Seen { ids }) => {
            troubles::seen(engine, access, ids).await?;
            done(ids, "seen", output)
        }
    }
}

fn done(ids: &[i64], words: &str, output: &mut Output) -> Result<Exit, Problem> {
    for id in ids {
        match output.json {
            true => output.object(&json!({ "trouble": id, "now": words }))?,
            false => output.line(&format!("Trouble {id}: {words}."))?,
        }
    }
    Ok(Exit::Done)
}

async fn list(workspace: &Workspace, all: bool, output: &mut Output) -> Result<Exit, Problem> {
    let found = troubles::all(&workspace.engine, all).await?;
    let now = workspace.clock.now();
    if output.json {
        output.object(&document(&found, now))?;
        return Ok(Exit::Done);
    }
    if let Some(nowhere) = &found.nowhere {
        output.line(&format!("{}.", nowhere.head(now)))?;
        output.line(&nowhere.because(&utc(nowhere.first.unwrap_or(nowhere.since))))?;
    }
    if found.lines.is_empty() {
        output.line("There is no trouble.")?;
    } else {
        let rows: Vec<Vec<String>> = found.lines.iter().map(row).collect();
        output.table(&["id", "tenant", "state", "what", "its life", "since", "code"], &rows)?;
    }
    output.note(&found.figures.words());
    if let Some((tenant, at)) = &found.last_success {
        output.note(&format!("last success anywhere: {tenant}, {} UTC", utc(*at)));
    }
    Ok(Exit::Done)
}

fn row(line: &Listed) -> Vec<String> {
    let local = |at: Timestamp, form: &str| at.to_zoned(line.zone.clone()).strftime(form).to_string();
    let life = line.life_words(&|at| local(at, "%Y-%m-%d %H:%M"), &|at| local(at, "%Y-%m-%d"));
    let trouble = &line.trouble;
    vec![
        trouble.id.to_string(),
        line.tenant.clone(),
        line.life.key().to_owned(),
        line.what.clone(),
        life,
        local(trouble.opened_at, "%Y-%m-%d %H:%M"),
        trouble.cause.code.key().to_owned(),
    ]
}

fn utc(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M").to_string()
}

fn document(found: &Troubles, now: Timestamp) -> Value {
    let figures = &found.figures;
    json!({
        "troubles": found.lines.iter().map(|line| object(line, now)).collect::<Vec<_>>(),
        "counts": {
            "open": figures.open, "explained": figures.explained, "muted": figures.muted, "quiet": figures.quiet,
            "not_live": figures.aside, "closed": figures.closed,
        },
        "nothing_anywhere": found.nowhere.as_ref().map(|nowhere| nowhere_object(nowhere, now)),
        "last_success": found.last_success.as_ref().map(|(tenant, at)| json!({ "tenant": tenant, "at": at })),
    })
}

fn nowhere_object(nowhere: &Nowhere, now: Timestamp) -> Value {
    json!({
        "code": Code::Feed(FeedCode::NothingAnywhere).key(),
        "since": nowhere.since,
        "first": nowhere.first,
        "attempts": nowhere.attempts,
        "tenants": nowhere.tenants.len(),
        "said": nowhere.said.as_ref().map(|(said, _)| said),
        "words": nowhere.head(now),
    })
}

fn object(line: &Listed, now: Timestamp) -> Value {
    let trouble = &line.trouble;
    json!({
        "id": trouble.id,
        "tenant": line.tenant,
        "code": trouble.cause.code.key(),
        "about": trouble.cause.about,
        "kind": trouble.grade.key(),
        "what": line.what,
        "why": trouble.why,
        "people": trouble.people,
        "life": line.life.key(),
        "explained": line.is_explained,
        "opened_at": trouble.opened_at,
        "opened_by": trouble.opened_by,
        "last_at": trouble.last_at,
        "last_run": trouble.last_run,
        "times": trouble.times,
        "seen": trouble.seen.as_ref().map(|seen| json!({ "by": seen.by, "at": seen.at })),
        "muted": trouble.mute.as_ref().map(|mute| json!({ "by": mute.by, "at": mute.at, "until": mute.until })),
        "works_since": trouble.works_since,
        "closed_at": trouble.ended(now),
    })
}

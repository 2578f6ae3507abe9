//! Is the workspace sound? What `onroll doctor` and a support bundle say of it.

pub mod files;

use super::error::ServiceError;
use super::schedules;
use crate::domain::run::RunOutcome;
use crate::engine::Engine;
use crate::engine::connect::place;
use crate::engine::supervisor::Outlets;
use crate::ports::chat::Messenger;
use crate::secrets::Succession;
use crate::store::{MailAbout, MailRow, MailState, Salvage, StoreError, Way};
use std::sync::Arc;

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    pub name: &'static str,
    pub good: bool,
    pub detail: String,
}

/// A thing with what it came to.
pub fn check(name: &'static str, good: bool, detail: impl Into<String>) -> Check {
    Check { name, good, detail: detail.into() }
}

/// Whether the mail server lets this program in, without a mail; reports that wait, or were not mailed.
async fn reports(engine: &Engine, outlets: Outlets, checks: &mut Vec<Check>) -> Result<(), ServiceError> {
    let Outlets { postman, messenger } = outlets;
    let (open, told): (Vec<_>, Vec<_>) =
        engine.store.open_mails().await?.into_iter().partition(|row| row.way == Way::Mail);
    chat(messenger, &told, checks);
    let server = postman.is_some();
    if let Some(postman) = postman {
        checks.push(match postman.look().await {
            Ok(()) => check("mail server", true, postman.words()),
            Err(error) => check("mail server", false, error.to_string()),
        });
    }
    if let Some(first) = open.first() {
        let why = match (server, first.why.as_str()) {
            (false, _) => "there is no `[smtp]` in config.toml",
            (true, "") => "the next run that ends, or `onroll watch`, sends them",
            (true, why) => why,
        };
        checks.push(check(
            "reports",
            server && first.why.is_empty(),
            format!("{} wait to be mailed: {why}", open.len()),
        ));
    }
    for lost in engine.store.lost_mails().await? {
        let words = match (lost.state, lost.way) {
            (MailState::Unknown, _) => "may not have arrived",
            (_, Way::Mail) => "was not mailed",
            (_, Way::Chat) => "was not told",
        };
        let (about, to, why) = (lost.about, &lost.recipient, &lost.why);
        let again = match about {
            MailAbout::Run(run) => format!("; `onroll runs report {run} --send` sends it again"),
            MailAbout::Digest(_) => "; `onroll digest --send` sends another".to_owned(),
            MailAbout::Trouble(_) | MailAbout::Relief(_) | MailAbout::Outage(_) => {
                "; `onroll troubles` lists what is open".to_owned()
            }
        };
        // A chat message is not sent again: what it told is in the report.
        let again = if lost.way == Way::Chat { String::new() } else { again };
        let detail = format!("{about} to {to} {words}: {why}{again}");
        checks.push(check("report", true, detail));
    }
    Ok(())
}

/// Where the messages of each chat channel go, as far as that is no secret, and whether its address can be had; nothing is sent.
fn chat(messenger: Option<Arc<dyn Messenger>>, waiting: &[MailRow], checks: &mut Vec<Check>) {
    let channels = messenger.as_ref().map(|by| by.channels()).unwrap_or_default();
    for channel in &channels {
        let Some(messenger) = &messenger else { continue };
        checks.push(match messenger.look(channel) {
            Ok(words) => check("chat", true, format!("{channel}: {words}; `onroll chat test` tries it")),
            Err(error) => check("chat", false, format!("{channel}: {error}")),
        });
    }
    if let Some(first) = waiting.first() {
        let why = match (channels.contains(&first.recipient), first.why.as_str()) {
            (false, _) => format!("config.toml has no channel for `{}`", first.recipient),
            (true, "") => "the next run that ends, or `onroll watch`, sends them".to_owned(),
            (true, why) => why.to_owned(),
        };
        let good = channels.contains(&first.recipient) && first.why.is_empty();
        checks.push(check("chat", good, format!("{} wait to be told: {why}", waiting.len())));
    }
}

/// Whether anybody starts the runs that begin by themselves; nothing where none does.
async fn scheduled(engine: &Engine) -> Result<Option<Check>, ServiceError> {
    let all = schedules::all(engine).await?;
    let scheduled = all.standings.iter().filter(|one| !one.connection.settings.schedule.is_manual()).count();
    let watched = match (all.desk.watchers.first(), &all.desk.paused) {
        (_, Some((by, _))) => format!("all are paused by {by}"),
        (Some(watcher), None) => watcher.holder.words(),
        (None, None) => "nobody watches: start `onroll watch`".to_owned(),
    };
    let tenants = if scheduled == 1 { "tenant" } else { "tenants" };
    Ok((scheduled > 0).then(|| check("schedules", true, format!("{scheduled} {tenants}; {watched}"))))
}

/// Looks at the workspace: the file, the mail server, the credentials, the tenants, the schedules, who is at work. Of a damaged one it
/// says as much as can be read, and which copies could take its place.
///
/// # Errors
/// The store's; what is wrong is part of the answer.
pub async fn look_into(engine: &Engine, outlets: Outlets) -> Result<Vec<Check>, ServiceError> {
    let mut checks = vec![check("workspace", true, engine.workspace.display().to_string())];
    match look(engine, outlets, &mut checks).await {
        Err(ServiceError::Store(error @ StoreError::Damaged { .. })) => {
            checks.push(check("database", false, format!("{error}; nothing more of it can be read")));
        }
        looked => looked?,
    }
    let (database, now) = (engine.store.path().to_owned(), engine.clock.now());
    let is_damaged = checks.iter().any(|check| check.name == "database" && !check.good);
    let of_files = tokio::task::spawn_blocking(move || {
        let copies = if is_damaged { files::copies(&database, now) } else { Vec::new() };
        copies.into_iter().chain(files::unfinished(&database, now)).collect::<Vec<_>>()
    });
    checks.extend(of_files.await.map_err(|error| ServiceError::broken(&error))?);
    Ok(checks)
}

async fn look(engine: &Engine, outlets: Outlets, checks: &mut Vec<Check>) -> Result<(), ServiceError> {
    let faults = engine.store.check().await?;
    let file = engine.store.path().file_name().unwrap_or_default().to_string_lossy().into_owned();
    checks.push(match faults.first() {
        None => check("database", true, "sound from end to end"),
        Some(fault) => check("database", false, format!("damaged: {fault}; restore a backup of {file}")),
    });
    let mounts = std::fs::read_to_string("/proc/mounts").unwrap_or_default();
    if let Some(kind) = crate::store::network_file_system(&mounts, &engine.workspace) {
        let detail = format!("{kind} is a network file system; the database needs a local disk");
        checks.push(check("file system", false, detail));
    }
    if let Some(owed) = engine.store.rewrite_owed().await? {
        checks.push(check("removed", true, owed.words()));
    }
    reports(engine, outlets, checks).await?;
    let secrets = &engine.secrets;
    checks.push(check(
        "credentials",
        true,
        match secrets.opens_by_passphrase() {
            None => "none kept here yet".to_owned(),
            Some(true) => format!("{} opens by passphrase", secrets.sealed_file().display()),
            Some(false) => {
                format!("{} opens by the key file {}", secrets.sealed_file().display(), secrets.key_file().display())
            }
        },
    ));
    let known = engine.store.salvage_all().await?;
    for salvage in known.iter().filter(|salvage| !salvage.is_sound()) {
        let short_name = &salvage.connection.short_name;
        let detail = format!("{short_name} is broken: {}; `onroll tenant show {short_name}` tells more", salvage.why());
        checks.push(check("tenant", false, detail));
    }
    for unreadable in engine.store.unreadable_rows().await? {
        checks.push(check("rows", false, unreadable));
    }
    credentials(engine, &known, checks);
    checks.push(check("tenants", true, known.len().to_string()));
    checks.extend(scheduled(engine).await?);
    at_work(engine, checks)?;
    interrupted(engine, &known, checks).await
}

/// Whether each credential that a tenant names is there, and whether a vendor has replaced it.
fn credentials(engine: &Engine, known: &[Salvage], checks: &mut Vec<Check>) {
    for connection in known.iter().map(|salvage| &salvage.connection) {
        for (name, reference) in connection.source.secrets.iter().chain(&connection.destination.secrets) {
            let (secrets, environment) = (&engine.secrets, &*engine.environment);
            let known =
                secrets.resolve(reference, environment).and_then(|_| secrets.succession(reference, environment));
            let who = format!("{} {name}", connection.short_name);
            match known {
                Err(error) => checks.push(check("credential", false, format!("{who}: {error}"))),
                Ok(Succession::None) => {}
                Ok(Succession::InUse) => checks.push(check(
                    "credential",
                    true,
                    format!(
                        "{who}: the one in {} is used up, its successor is kept in the sealed file and works from this workspace only",
                        place(reference)
                    ),
                )),
                Ok(Succession::Outdated) => checks.push(check(
                    "credential",
                    true,
                    format!("{who}: the newer one in {} is used, not the successor that is kept sealed", place(reference)),
                )),
            }
        }
    }
}

fn at_work(engine: &Engine, checks: &mut Vec<Check>) -> Result<(), ServiceError> {
    for (tenant, at_work) in engine.store.all_at_work()? {
        let run = at_work.run.map_or_else(|| "a run".to_owned(), |run| format!("run {run}"));
        let since = at_work.since.strftime("%Y-%m-%d %H:%M:%S UTC");
        let detail = format!("{tenant}: {run}, {}, since {since}", at_work.holder.words());
        checks.push(match at_work.ahead {
            None => check("at work", true, detail),
            Some(ahead) => check(
                "at work",
                false,
                format!(
                    "{detail}; that lies {} s ahead of this clock: one of the two is wrong, or the workspace was copied. \
                     The tenant is free half a minute after that process gave its last sign of life",
                    ahead.as_secs()
                ),
            ),
        });
    }
    Ok(())
}

async fn interrupted(engine: &Engine, known: &[Salvage], checks: &mut Vec<Check>) -> Result<(), ServiceError> {
    for connection in known.iter().map(|salvage| &salvage.connection) {
        if let Some(run) = engine.store.unfinished_run(connection.id).await?
            && run.outcome == RunOutcome::Interrupted
        {
            let detail =
                format!("{}: run {} was interrupted; the next sync finishes it", connection.short_name, run.id);
            checks.push(check("interrupted", true, detail));
        }
    }
    Ok(())
}

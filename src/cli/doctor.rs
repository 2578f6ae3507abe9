//! `onroll doctor`: is the installation sound, and where is everything?

use super::arguments::Arguments;
use super::config::{self, Config};
use super::exit::Exit;
use super::output::Output;
use super::workspace::{DATABASE, Workspace};
use crate::domain::problem::Problem;
use crate::domain::run::RunOutcome;
use crate::engine::connect::place;
use crate::secrets::Succession;
use crate::services;
use crate::store::{MailAbout, MailState};
use serde_json::{Value, json};

struct Check {
    name: &'static str,
    good: bool,
    detail: String,
}

fn check(name: &'static str, good: bool, detail: impl Into<String>) -> Check {
    Check { name, good, detail: detail.into() }
}

/// Looks at the configuration, the workspace, the database, the credentials and the terminal.
///
/// # Errors
/// When stdout cannot be written; what is wrong is part of the report and makes the exit 1.
pub async fn run(arguments: &Arguments, output: &mut Output) -> Result<Exit, Problem> {
    let mut checks = vec![check("version", true, env!("CARGO_PKG_VERSION"))];
    let config = match Config::load(arguments.global.config.as_deref()) {
        Ok(config) => {
            let named = arguments.global.config.clone().or_else(config::default_path);
            let place = named.map_or_else(|| "no home folder".to_owned(), |path| path.display().to_string());
            checks.push(check("configuration", true, place));
            config
        }
        Err(problem) => {
            checks.push(check("configuration", false, format!("{}: {}", problem.what, problem.why)));
            Config::default()
        }
    };
    let logs = config::state_dir().map_or_else(|| "no home folder".to_owned(), |dir| dir.display().to_string());
    checks.push(check("log files", true, logs));
    match config::workspace_dir(arguments.global.workspace.as_deref(), &config) {
        Err(problem) => checks.push(check("workspace", false, problem.what)),
        Ok(dir) if !dir.join(DATABASE).exists() => {
            checks.push(check("workspace", true, format!("{} (will be made at first use)", dir.display())));
        }
        Ok(dir) => match Workspace::open_to_look(&dir, &config) {
            Err(problem) => checks.push(check("workspace", false, format!("{}: {}", problem.what, problem.why))),
            Ok(workspace) => {
                look_into(&workspace, &mut checks).await?;
            }
        },
    }
    report(&checks, output)
}

/// Whether the mail server lets this program in, without a mail; reports that wait, or were not mailed.
async fn reports(workspace: &Workspace, checks: &mut Vec<Check>) -> Result<(), Problem> {
    let open = workspace.store.open_mails().await.map_err(Problem::from)?;
    let server = workspace.supervisor.postman().is_some();
    if let Some(postman) = workspace.supervisor.postman() {
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
    for lost in workspace.store.lost_mails().await.map_err(Problem::from)? {
        let words = if lost.state == MailState::Unknown { "may not have arrived" } else { "was not mailed" };
        let (about, to, why) = (lost.about, &lost.recipient, &lost.why);
        let again = match about {
            MailAbout::Run(run) => format!("; `onroll runs report {run} --send` mails it again"),
            MailAbout::Trouble(_) | MailAbout::Outage(_) => "; `onroll troubles` lists what is open".to_owned(),
        };
        let detail = format!("{about} to {to} {words}: {why}{again}");
        checks.push(check("report", true, detail));
    }
    Ok(())
}

/// Whether anybody starts the runs that begin by themselves; nothing where none does.
async fn schedules(workspace: &Workspace) -> Result<Option<Check>, Problem> {
    let all = services::schedules::all(&workspace.engine).await?;
    let scheduled = all.standings.iter().filter(|one| !one.connection.settings.schedule.is_manual()).count();
    let watched = match (all.desk.watchers.first(), &all.desk.paused) {
        (_, Some((by, _))) => format!("all are paused by {by}"),
        (Some(watcher), None) => watcher.holder.words(),
        (None, None) => "nobody watches: start `onroll watch`".to_owned(),
    };
    let tenants = if scheduled == 1 { "tenant" } else { "tenants" };
    Ok((scheduled > 0).then(|| check("schedules", true, format!("{scheduled} {tenants}; {watched}"))))
}

async fn look_into(workspace: &Workspace, checks: &mut Vec<Check>) -> Result<(), Problem> {
    checks.push(check("workspace", true, workspace.dir.display().to_string()));
    let faults = workspace.store.check().await.map_err(Problem::from)?;
    checks.push(match faults.first() {
        None => check("database", true, "sound from end to end"),
        Some(fault) => check("database", false, format!("damaged: {fault}; restore a backup of {DATABASE}")),
    });
    let mounts = std::fs::read_to_string("/proc/mounts").unwrap_or_default();
    if let Some(kind) = crate::store::network_file_system(&mounts, &workspace.dir) {
        let detail = format!("{kind} is a network file system; the database needs a local disk");
        checks.push(check("file system", false, detail));
    }
    reports(workspace, checks).await?;
    let secrets = &workspace.engine.secrets;
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
    let known = workspace.store.salvage_all().await.map_err(Problem::from)?;
    for salvage in known.iter().filter(|salvage| !salvage.is_sound()) {
        let short_name = &salvage.connection.short_name;
        let detail = format!("{short_name} is broken: {}; `onroll tenant show {short_name}` tells more", salvage.why());
        checks.push(check("tenant", false, detail));
    }
    for unreadable in workspace.store.unreadable_rows().await.map_err(Problem::from)? {
        checks.push(check("rows", false, unreadable));
    }
    for connection in known.iter().map(|salvage| &salvage.connection) {
        for (name, reference) in connection.source.secrets.iter().chain(&connection.destination.secrets) {
            let (secrets, environment) = (&workspace.engine.secrets, &*workspace.engine.environment);
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
    checks.push(check("tenants", true, known.len().to_string()));
    checks.extend(schedules(workspace).await?);
    for (tenant, at_work) in workspace.store.all_at_work().map_err(Problem::from)? {
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
    for connection in known.iter().map(|salvage| &salvage.connection) {
        if let Some(run) = workspace.store.unfinished_run(connection.id).await.map_err(Problem::from)?
            && run.outcome == RunOutcome::Interrupted
        {
            let detail =
                format!("{}: run {} was interrupted; the next sync finishes it", connection.short_name, run.id);
            checks.push(check("interrupted", true, detail));
        }
    }
    Ok(())
}

fn report(checks: &[Check], output: &mut Output) -> Result<Exit, Problem> {
    if output.json {
        let rows: Vec<Value> = checks
            .iter()
            .map(|check| json!({ "check": check.name, "ok": check.good, "detail": check.detail }))
            .collect();
        output.object(&json!({ "doctor": rows }))?;
    } else {
        for check in checks {
            let glyph = if check.good { "✓" } else { "✗" };
            output.line(&format!("{glyph} {:<14} {}", check.name, check.detail))?;
        }
    }
    Ok(if checks.iter().all(|check| check.good) { Exit::Done } else { Exit::Failed })
}

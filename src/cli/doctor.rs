//! `onroll doctor`: is the installation sound, and where is everything?

use super::arguments::Arguments;
use super::config::{self, Config, DigestConfig};
use super::exit::Exit;
use super::output::Output;
use super::workspace::{DATABASE, Workspace};
use crate::domain::problem::Problem;
use crate::ports::clock::{Clock as _, SystemClock};
use crate::services::doctor::{self, Check, check, files};
use serde_json::{Value, json};
use std::path::Path;

/// Looks at the configuration, the workspace, the database, the credentials and the terminal.
///
/// # Errors
/// When stdout cannot be written; what is wrong is part of the report and makes the exit 1.
pub async fn run(arguments: &Arguments, output: &mut Output) -> Result<Exit, Problem> {
    let mut checks = vec![check("version", true, env!("CARGO_PKG_VERSION"))];
    let (configuration, config) = configuration(arguments.global.config.as_deref());
    checks.push(configuration);
    let logs = config::state_dir().map_or_else(|| "no home folder".to_owned(), |dir| dir.display().to_string());
    checks.push(check("log files", true, logs));
    match config::workspace_dir(arguments.global.workspace.as_deref(), &config) {
        Err(problem) => checks.push(check("workspace", false, problem.what)),
        Ok(dir) if !dir.join(DATABASE).exists() => {
            checks.push(check("workspace", true, format!("{} (will be made at first use)", dir.display())));
        }
        Ok(dir) => match Workspace::open_to_look(&dir, &config) {
            Err(problem) => {
                checks.extend(files::unopened(&problem, &dir.join(DATABASE), SystemClock.now()));
                checks.extend(files::rights(&dir.join(DATABASE)));
            }
            Ok(workspace) => {
                if workspace.store.is_frozen() {
                    checks.push(files::frozen(&dir, arguments.global.read_only));
                }
                checks.extend(files::rights(&dir.join(DATABASE)));
                checks.extend(config.digest.as_ref().map(|digest| of_digest(digest, &config)));
                checks.extend(doctor::look_into(&workspace.engine, workspace.supervisor.outlets()).await?);
            }
        },
    }
    report(&checks, output)
}

/// The configuration, and whether it can be read; the default where not.
pub(super) fn configuration(named: Option<&Path>) -> (Check, Config) {
    match Config::load(named) {
        Ok(config) => {
            let place = named.map(Path::to_owned).or_else(config::default_path);
            let place = place.map_or_else(|| "no home folder".to_owned(), |path| path.display().to_string());
            (check("configuration", true, place), config)
        }
        Err(problem) => {
            (check("configuration", false, format!("{}: {}", problem.what, problem.why)), Config::default())
        }
    }
}

/// Who gets the digest, and whether anything can take it there.
fn of_digest(digest: &DigestConfig, config: &Config) -> Check {
    let channel = config.chat.as_ref().is_some_and(|chat| chat.url.is_some());
    let mut to = digest.recipients.clone();
    to.extend(channel.then(|| "the chat channel".to_owned()));
    let words = format!("{} in {}", digest.at, digest.zone);
    match (to.is_empty(), !digest.recipients.is_empty() && config.smtp.is_none()) {
        (true, _) => check("digest", false, format!("{words}, to nobody: `[digest]` has no recipients")),
        (_, true) => check("digest", false, format!("{words}, to {}: there is no `[smtp]`", to.join(", "))),
        (false, false) => check("digest", true, format!("{words}, to {}", to.join(", "))),
    }
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

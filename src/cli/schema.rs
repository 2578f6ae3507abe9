//! `onroll schema`: what a command prints with `--json`, as a JSON Schema. The schemas are files beside the documentation; a test
//! holds the real output of every command against them.

use super::exit::Exit;
use super::output::Output;
use crate::domain::problem::{Problem, ProblemKind};
use serde_json::{Value, json};

/// The commands that print JSON, with their schemas; `problem` is what any of them says where it fails.
pub const SCHEMAS: &[(&str, &str)] = &[
    ("audit", include_str!("../../docs/schemas/audit.json")),
    ("backup", include_str!("../../docs/schemas/backup.json")),
    ("chat test", include_str!("../../docs/schemas/chat-test.json")),
    ("chat url", include_str!("../../docs/schemas/chat-url.json")),
    ("connection revoke", include_str!("../../docs/schemas/connection-revoke.json")),
    ("connection secret", include_str!("../../docs/schemas/connection-secret.json")),
    ("connection test", include_str!("../../docs/schemas/connection-test.json")),
    ("digest", include_str!("../../docs/schemas/digest.json")),
    ("doctor", include_str!("../../docs/schemas/doctor.json")),
    ("explain", include_str!("../../docs/schemas/explain.json")),
    ("export", include_str!("../../docs/schemas/export.json")),
    ("forget", include_str!("../../docs/schemas/forget.json")),
    ("holds", include_str!("../../docs/schemas/holds.json")),
    ("incidents list", include_str!("../../docs/schemas/incidents-list.json")),
    ("incidents run", include_str!("../../docs/schemas/incidents-run.json")),
    ("logs", include_str!("../../docs/schemas/logs.json")),
    ("man", include_str!("../../docs/schemas/man.json")),
    ("mapping export", include_str!("../../docs/schemas/mapping-export.json")),
    ("mapping import", include_str!("../../docs/schemas/mapping-import.json")),
    ("mapping list", include_str!("../../docs/schemas/mapping-list.json")),
    ("mapping set", include_str!("../../docs/schemas/mapping-set.json")),
    ("match", include_str!("../../docs/schemas/match.json")),
    ("model activate", include_str!("../../docs/schemas/model-activate.json")),
    ("model audit", include_str!("../../docs/schemas/model-audit.json")),
    ("model propose", include_str!("../../docs/schemas/model-propose.json")),
    ("model rollback", include_str!("../../docs/schemas/model-rollback.json")),
    ("model show", include_str!("../../docs/schemas/model-show.json")),
    ("people", include_str!("../../docs/schemas/people.json")),
    ("plan", include_str!("../../docs/schemas/plan.json")),
    ("problem", include_str!("../../docs/schemas/problem.json")),
    ("restore", include_str!("../../docs/schemas/restore.json")),
    ("review decide", include_str!("../../docs/schemas/review-decide.json")),
    ("review list", include_str!("../../docs/schemas/review-list.json")),
    ("runs continue", include_str!("../../docs/schemas/runs-continue.json")),
    ("runs drift", include_str!("../../docs/schemas/runs-drift.json")),
    ("runs errors", include_str!("../../docs/schemas/runs-errors.json")),
    ("runs list", include_str!("../../docs/schemas/runs-list.json")),
    ("runs next", include_str!("../../docs/schemas/runs-next.json")),
    ("runs pause", include_str!("../../docs/schemas/runs-pause.json")),
    ("runs release", include_str!("../../docs/schemas/runs-release.json")),
    ("runs report", include_str!("../../docs/schemas/runs-report.json")),
    ("runs resume", include_str!("../../docs/schemas/runs-resume.json")),
    ("runs said", include_str!("../../docs/schemas/runs-said.json")),
    ("runs show", include_str!("../../docs/schemas/runs-show.json")),
    ("runs stop", include_str!("../../docs/schemas/runs-stop.json")),
    ("runs undo", include_str!("../../docs/schemas/runs-undo.json")),
    ("sandbox", include_str!("../../docs/schemas/sandbox.json")),
    ("schedule list", include_str!("../../docs/schemas/schedule-list.json")),
    ("schedule pause", include_str!("../../docs/schemas/schedule-pause.json")),
    ("schedule resume", include_str!("../../docs/schemas/schedule-resume.json")),
    ("schedule skip", include_str!("../../docs/schemas/schedule-skip.json")),
    ("schedule unskip", include_str!("../../docs/schemas/schedule-unskip.json")),
    ("support-bundle", include_str!("../../docs/schemas/support-bundle.json")),
    ("sync", include_str!("../../docs/schemas/sync.json")),
    ("tenant add", include_str!("../../docs/schemas/tenant-add.json")),
    ("tenant list", include_str!("../../docs/schemas/tenant-list.json")),
    ("tenant off", include_str!("../../docs/schemas/tenant-off.json")),
    ("tenant on", include_str!("../../docs/schemas/tenant-on.json")),
    ("tenant remove", include_str!("../../docs/schemas/tenant-remove.json")),
    ("tenant set", include_str!("../../docs/schemas/tenant-set.json")),
    ("tenant show", include_str!("../../docs/schemas/tenant-show.json")),
    ("troubles list", include_str!("../../docs/schemas/troubles-list.json")),
    ("troubles mute", include_str!("../../docs/schemas/troubles-mute.json")),
    ("troubles seen", include_str!("../../docs/schemas/troubles-seen.json")),
    ("troubles unmute", include_str!("../../docs/schemas/troubles-unmute.json")),
    ("values", include_str!("../../docs/schemas/values.json")),
    ("watch", include_str!("../../docs/schemas/watch.json")),
    ("webhook list", include_str!("../../docs/schemas/webhook-list.json")),
    ("webhook url", include_str!("../../docs/schemas/webhook-url.json")),
];

/// Prints the schema of a command; without one the commands that have a schema.
///
/// # Errors
/// A command that has none.
pub fn run(words: &[String], output: &mut Output) -> Result<Exit, Problem> {
    let name = words.join(" ");
    if name.is_empty() {
        let names: Vec<&str> = SCHEMAS.iter().map(|(name, _)| *name).collect();
        if output.json {
            output.object(&json!({ "schemas": names }))?;
        } else {
            names.iter().try_for_each(|name| output.line(name))?;
        }
        return Ok(Exit::Done);
    }
    let found = SCHEMAS.iter().find(|(known, _)| *known == name);
    let (_, text) = found.ok_or_else(|| {
        Problem::new(ProblemKind::Input, format!("`{name}` has no schema")).with_remedy("`onroll schema` lists all")
    })?;
    match serde_json::from_str::<Value>(text).ok().filter(|_| output.json) {
        Some(schema) => output.object(&schema)?,
        None => output.lines(text)?,
    }
    Ok(Exit::Done)
}

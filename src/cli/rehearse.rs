//! What `onroll plan --rehearse` prints: each line that would not come out as planned, and what a simulator cannot know.

use super::output::Output;
use crate::domain::problem::Problem;
use crate::domain::rehearsal::{CANNOT_KNOW, Rehearsal, RehearsalFigures, RehearsedLine};
use serde_json::{Value, json};

/// Lines that are printed; the JSON has all.
const SHOWN: usize = 50;

fn figures(figures: &RehearsalFigures) -> Value {
    json!({
        "as_planned": figures.as_planned,
        "other": figures.other,
        "refused": figures.refused,
        "not_rehearsed": figures.not_rehearsed,
    })
}

/// A rehearsal as JSON: its figures, and each line with its outcome.
pub fn object(rehearsal: &Rehearsal) -> Value {
    let kinds: serde_json::Map<String, Value> =
        rehearsal.by_kind().iter().map(|(kind, found)| (kind.key().to_owned(), figures(found))).collect();
    let mut object = figures(&rehearsal.figures());
    object["kinds"] = Value::Object(kinds);
    object["users"] = json!(rehearsal.users);
    object["read_at"] = json!(rehearsal.read_at);
    object["seconds"] = json!(rehearsal.seconds);
    object["mails"] = json!(rehearsal.mails);
    object["lines"] = json!(rehearsal.lines);
    object
}

/// Prints a rehearsal.
///
/// # Errors
/// When stdout cannot be written.
pub fn print(rehearsal: &Rehearsal, output: &mut Output) -> Result<(), Problem> {
    output.line(&format!(
        "Rehearsed: {}; against {} users; {:.1} s, nothing sent",
        rehearsal.words(),
        rehearsal.users,
        rehearsal.seconds
    ))?;
    let mut lines: Vec<&RehearsedLine> = rehearsal.lines.iter().filter(|line| line.result.rank() < 3).collect();
    lines.sort_by_key(|line| (line.result.rank(), line.seq));
    let rows: Vec<Vec<String>> = lines
        .iter()
        .take(SHOWN)
        .map(|line| {
            let who = line.employee.as_ref().map(ToString::to_string).unwrap_or_default();
            vec![who, line.kind.words().to_owned(), line.result.words()]
        })
        .collect();
    if !rows.is_empty() {
        output.table(&["employee", "what", "the simulator answered"], &rows)?;
    }
    if lines.len() > SHOWN {
        output.line(&format!("  and {} more: `--json` has all", lines.len() - SHOWN))?;
    }
    output.line("What a simulator cannot know:")?;
    for (what, words) in CANNOT_KNOW {
        output.line(&format!("  {what:<12}{words}"))?;
    }
    Ok(())
}

//! `onroll incidents`: the museum as text or JSON. What plays it stands beside the program's start (`launch`).

use super::output::Output;
use crate::domain::problem::{Problem, ProblemKind};
use crate::sandbox::incidents::Incident;
use serde_json::json;

/// Lists the incidents.
///
/// # Errors
/// When stdout cannot be written.
pub fn list(output: &mut Output) -> Result<(), Problem> {
    if output.json {
        let rows: Vec<_> = Incident::all().map(row).collect();
        return output.object(&json!({ "incidents": rows }));
    }
    let rows: Vec<Vec<String>> = Incident::all()
        .map(|one| [one.name, one.title, one.place, one.source, one.here.outcome.key()].map(str::to_owned).to_vec())
        .collect();
    output.table(&["name", "what happened there", "where", "told in", "here"], &rows)?;
    output.line("")?;
    output.line("play one: onroll incidents run NAME; look at it: onroll demo --incident NAME (both with --healthy)")
}

fn row(one: &Incident) -> serde_json::Value {
    json!({
        "incident": one.name,
        "title": one.title,
        "where": one.place,
        "source": one.source,
        "there": one.there,
        "kind": one.kind.key(),
        "company": one.company,
        "people": one.people,
        "integration": [one.integration.0, one.integration.1],
        "bad_day": one.bad,
        "expected": { "outcome": one.here.outcome.key(), "code": one.here.code },
        "command": command(one),
    })
}

/// What shows it.
pub fn command(one: &Incident) -> String {
    format!("onroll demo --incident {}", one.name)
}

/// The incident of that name.
///
/// # Errors
/// When there is none.
pub fn named(name: &str) -> Result<&'static Incident, Problem> {
    Incident::named(name).ok_or_else(|| {
        Problem::new(ProblemKind::Input, format!("no incident is called `{name}`"))
            .with_remedy("`onroll incidents list` shows their names")
    })
}

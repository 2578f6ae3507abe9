//! `onroll incidents`: plays the museum on the command line.

use super::replay::{Replayed, Which, is_as_expected, play};
use crate::cli::arguments::{IncidentsCommand, IncidentsRunArguments};
use crate::cli::ending::Ending;
use crate::cli::exit::Exit;
use crate::cli::incidents;
use crate::cli::output::Output;
use crate::domain::problem::Problem;
use crate::sandbox::incidents::Incident;
use serde_json::json;

/// Lists, or plays one or all.
///
/// # Errors
/// No such incident, a day that cannot be made.
pub async fn run(command: &IncidentsCommand, output: &mut Output, ending: &Ending) -> Result<Exit, Problem> {
    match command {
        IncidentsCommand::List => incidents::list(output).map(|()| Exit::Done),
        IncidentsCommand::Run(asked) => {
            let _held = ending.hold();
            tokio::select! {
                biased;
                played = play_all(asked, output) => played,
                signal = ending.received() => Ok(Exit::Signal(signal.number())),
            }
        }
    }
}

/// 0 where each day came to what it should, else 1.
async fn play_all(asked: &IncidentsRunArguments, output: &mut Output) -> Result<Exit, Problem> {
    let which = if asked.healthy { Which::Healthy } else { Which::Bad };
    let chosen: Vec<&'static Incident> = match &asked.name {
        Some(name) => vec![incidents::named(name)?],
        None => Incident::all().collect(),
    };
    let mut all_right = true;
    for incident in chosen {
        output.status(&format!("making {}, {} people", incident.company, incident.people));
        let replayed = play(incident, which).await;
        output.end_status();
        let replayed = replayed?;
        let is_right = is_as_expected(incident, which, &replayed);
        all_right &= is_right;
        tell(output, incident, &replayed, is_right)?;
    }
    Ok(if all_right { Exit::Done } else { Exit::Failed })
}

fn tell(output: &mut Output, incident: &Incident, replayed: &Replayed, is_right: bool) -> Result<(), Problem> {
    if output.json {
        return output.object(&json!({
            "incident": incident.name,
            "outcome": replayed.outcome.key(),
            "code": replayed.code,
            "message": replayed.message,
            "writes": replayed.writes,
        }));
    }
    let code = replayed.code.map(|code| format!(", {code}")).unwrap_or_default();
    let mark = if is_right { "" } else { "  (not as expected)" };
    output.line(&format!("{}: {}{code}, {} writes{mark}", incident.name, replayed.outcome.key(), replayed.writes))?;
    output.line(&format!("    {}", replayed.message))
}

//! `onroll match`, as a person and as a program read it.

use super::arguments::MatchArguments as Given;
use super::exit::Exit;
use super::match_command::{self, MatchArguments, MatchError, WithinArguments};
use super::output::Output;
use crate::domain::problem::{Problem, ProblemKind};
use crate::matching::link::Progress;
use crate::ports::clock::{Clock, SystemClock, day_in};
use serde_json::json;

/// Compares two exports, or looks for duplicates inside one.
///
/// # Errors
/// What is wrong with a file, with its row.
pub fn run(given: &Given, output: &mut Output) -> Result<Exit, Problem> {
    let today = Some(day_in(SystemClock.now(), "UTC"));
    if let Some(people) = &given.within {
        let arguments = WithinArguments { people: people.clone(), out: given.out.clone(), today };
        let report = match_command::run_within(&arguments, &mut |step| show(step, output)).map_err(problem)?;
        output.end_status();
        if output.json {
            let file = report.file.display().to_string();
            output.object(&json!({ "within": {
                "people": report.people, "likely": report.likely, "listed": report.listed,
                "crowded": report.crowded, "largest_crowd": report.largest_crowd, "file": file } }))?;
        } else {
            summary(output, |text| report.write_summary(text))?;
        }
        return Ok(Exit::Done);
    }
    let (Some(source), Some(destination)) = (&given.source, &given.destination) else {
        return Err(Problem::new(ProblemKind::Input, "two files are needed")
            .with_now("say --source FILE --destination FILE, or --within FILE"));
    };
    let arguments = MatchArguments {
        source: source.clone(),
        destination: destination.clone(),
        out: given.out.clone(),
        threshold: given.threshold,
        today,
    };
    let report = match_command::run_match(&arguments, &mut |step| show(step, output)).map_err(problem)?;
    output.end_status();
    if output.json {
        output.object(&report.to_json())?;
    } else {
        summary(output, |text| report.write_summary(text))?;
    }
    Ok(if report.has_review() { Exit::Held } else { Exit::Done })
}

fn show(progress: Progress, output: &mut Output) {
    let phase = format!("{:?}", progress.phase).to_lowercase();
    if progress.total == 0 {
        output.status(&phase);
    } else {
        output.status(&format!("{phase} {} of {}", progress.done, progress.total));
    }
}

fn summary(
    output: &mut Output,
    write: impl FnOnce(&mut dyn std::io::Write) -> std::io::Result<()>,
) -> Result<(), Problem> {
    let mut text = Vec::new();
    write(&mut text)
        .map_err(|error| Problem::new(ProblemKind::Failed, "the summary cannot be made").with_why(error.to_string()))?;
    output.lines(&String::from_utf8_lossy(&text))
}

fn problem(error: MatchError) -> Problem {
    Problem::new(ProblemKind::Input, "the people cannot be compared")
        .with_why(error.to_string())
        .with_now("correct the file named and start again; nothing was sent anywhere")
}

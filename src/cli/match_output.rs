//! `onroll match`, as a person and as a program read it.

use super::arguments::MatchArguments as Given;
use super::exit::Exit;
use super::match_command::{self, MatchArguments, NotWritten, WithinArguments};
use super::output::Output;
use crate::domain::problem::{Problem, ProblemKind};
use crate::files::people::choices::{BadChoice, Choices};
use crate::matching::link::Progress;
use crate::ports::clock::{Clock, SystemClock, day_in};

/// Compares two exports, or looks for duplicates inside one; answers how many people it was about, too.
///
/// # Errors
/// What is wrong with a file, with its row.
pub fn run(given: &Given, output: &mut Output) -> Result<(Exit, usize), Problem> {
    let today = Some(day_in(SystemClock.now(), "UTC"));
    let choices = choices(given)?;
    if let Some(people) = &given.within {
        let arguments =
            WithinArguments { people: people.clone(), out: given.out.clone(), today, choices, xlsx: given.xlsx };
        let report = match_command::run_within(&arguments, &mut |step| show(step, output)).map_err(problem)?;
        output.end_status();
        if output.json {
            output.object(&report.to_json())?;
        } else {
            summary(output, |text| report.write_summary(text))?;
        }
        let exit = if report.read.reading.is_short() { Exit::Held } else { Exit::Done };
        return Ok((exit, report.counts.people));
    }
    let (Some(source), Some(destination)) = (&given.source, &given.destination) else {
        return Err(Problem::new(ProblemKind::Input, "two files are needed")
            .with_remedy("say --source FILE --destination FILE, or --within FILE"));
    };
    let arguments = MatchArguments {
        source: source.clone(),
        destination: destination.clone(),
        out: given.out.clone(),
        threshold: given.threshold,
        new_below: given.new_below,
        today,
        choices,
        xlsx: given.xlsx,
    };
    let report = match_command::run_match(&arguments, &mut |step| show(step, output)).map_err(problem)?;
    output.end_status();
    if output.json {
        output.object(&report.to_json())?;
    } else {
        summary(output, |text| report.write_summary(text))?;
    }
    let exit = if report.has_review() || report.is_short() { Exit::Held } else { Exit::Done };
    Ok((exit, report.source_people))
}

/// What the operator says of the files, over what would be read into them.
fn choices(given: &Given) -> Result<Choices, Problem> {
    let mut choices = Choices::default();
    let bad = |error: BadChoice| Problem::new(ProblemKind::Input, "this is not understood").with_why(error.to_string());
    given.columns.iter().try_for_each(|text| choices.add_columns(text)).map_err(bad)?;
    given.head_row.iter().try_for_each(|text| choices.add_head_row(text)).map_err(bad)?;
    given.dates.iter().try_for_each(|text| choices.add_dates(text)).map_err(bad)?;
    given.status.iter().try_for_each(|text| choices.add_status(text)).map_err(bad)?;
    given.encoding.iter().try_for_each(|text| choices.add_encoding(text)).map_err(bad)?;
    given.delimiter.iter().try_for_each(|text| choices.add_delimiter(text)).map_err(bad)?;
    given.sheet.iter().for_each(|text| choices.add_sheet(text));
    Ok(choices)
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

fn problem(error: NotWritten) -> Problem {
    Problem::new(ProblemKind::Input, "the people cannot be compared")
        .with_why(error.to_string())
        .with_remedy("correct the file named and start again; nothing was sent anywhere")
}

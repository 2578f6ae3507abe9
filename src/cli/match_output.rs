//! `onroll match`, as a person and as a program read it.

use super::arguments::MatchArguments as Given;
use super::exit::Exit;
use super::match_command::{self, MatchArguments, MatchError, MatchReport, WithinArguments, WithinReport};
use super::output::Output;
use crate::domain::problem::{Problem, ProblemKind};
use crate::matching::decide::PolicyEffect;
use crate::matching::link::Progress;
use crate::ports::clock::{Clock, SystemClock, day_in};
use serde_json::{Value, json};

/// Compares two exports, or looks for duplicates inside one.
///
/// # Errors
/// What is wrong with a file, with its row.
pub fn run(given: &Given, output: &mut Output) -> Result<Exit, Problem> {
    let today = Some(day_in(SystemClock.now(), "UTC"));
    let live = output.live;
    let mut shown = String::new();
    let mut progress = |progress: Progress| {
        let text = words(progress);
        if live && text != shown {
            output.status(&text);
            shown = text;
        }
    };
    if let Some(people) = &given.within {
        let arguments = WithinArguments { people: people.clone(), out: given.out.clone(), today };
        let report = match_command::run_within(&arguments, &mut progress).map_err(problem)?;
        output.end_status();
        return within(&report, output);
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
    let report = match_command::run_match(&arguments, &mut progress).map_err(problem)?;
    output.end_status();
    between(&report, output)
}

fn words(progress: Progress) -> String {
    let phase = format!("{:?}", progress.phase).to_lowercase();
    if progress.total == 0 { phase } else { format!("{phase} {} of {}", progress.done, progress.total) }
}

fn problem(error: MatchError) -> Problem {
    Problem::new(ProblemKind::Input, "the people cannot be compared")
        .with_why(error.to_string())
        .with_now("correct the file named and start again; nothing was sent anywhere")
}

fn effect(effect: &PolicyEffect) -> Value {
    json!({
        "links": effect.links,
        "review": effect.review,
        "duplicate_risk": effect.duplicate_risk,
        "new": effect.new,
        "expected_wrong": effect.expected_wrong,
        "expected_missed": effect.expected_missed,
    })
}

fn between(report: &MatchReport, output: &mut Output) -> Result<Exit, Problem> {
    let waits = report.effect.review + report.effect.duplicate_risk > 0;
    let files: Vec<String> = report.files.iter().map(|file| file.display().to_string()).collect();
    if output.json {
        let previews: Vec<Value> = report
            .previews
            .iter()
            .map(|(threshold, other)| json!({ "threshold": threshold, "effect": effect(other) }))
            .collect();
        output.object(&json!({ "match": {
            "source": report.source_people,
            "destination": report.destination_people,
            "threshold": report.threshold,
            "effect": effect(&report.effect),
            "unclaimed_users": report.unclaimed_users,
            "ignored_leavers": report.ignored_leavers,
            "previews": previews,
            "files": files,
        }}))?;
    } else {
        print(report, output)?;
        for file in files {
            output.line(&format!("  wrote {file}"))?;
        }
    }
    Ok(if waits { Exit::Held } else { Exit::Done })
}

fn print(report: &MatchReport, output: &mut Output) -> Result<(), Problem> {
    let effect = &report.effect;
    output.line(&format!("{} employees, {} users", report.source_people, report.destination_people))?;
    output.line(&format!(
        "  link    {:>8}   at {} and above; {:.1} of them expected wrong",
        effect.links, report.threshold, effect.expected_wrong
    ))?;
    output.line(&format!(
        "  review  {:>8}   of these {} with more than one claim",
        effect.review + effect.duplicate_risk,
        effect.duplicate_risk
    ))?;
    output.line(&format!(
        "  new     {:>8}   {:.1} of them expected to have a user after all",
        effect.new, effect.expected_missed
    ))?;
    output.line(&format!("  users that nobody claims  {}", report.unclaimed_users))?;
    for (reason, people) in report.reasons.iter().take(6) {
        output.line(&format!("  {people:>8}   {reason:?}"))?;
    }
    if let Some(finding) = &report.rekey {
        output.line(&format!("  ! {finding}"))?;
    }
    if report.other_numbering {
        output.line("  ! the two sides number people differently; identifiers were not compared")?;
    }
    for (threshold, other) in &report.previews {
        output.line(&format!(
            "  at {threshold}: {} links, {} to review, {:.1} expected wrong",
            other.links,
            other.review + other.duplicate_risk,
            other.expected_wrong
        ))?;
    }
    Ok(())
}

fn within(report: &WithinReport, output: &mut Output) -> Result<Exit, Problem> {
    if output.json {
        output.object(&json!({ "within": {
            "people": report.people,
            "likely": report.likely,
            "listed": report.listed,
            "file": report.file.display().to_string(),
        }}))?;
    } else {
        output.line(&format!(
            "{} people, {} pairs are more likely one person than two, {} listed in {}",
            report.people,
            report.likely,
            report.listed,
            report.file.display()
        ))?;
    }
    Ok(Exit::Done)
}

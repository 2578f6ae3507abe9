//! `onroll digest`: all tenants in one message, printed or sent.

use super::arguments::DigestArguments;
use super::exit::Exit;
use super::output::Output;
use super::workspace::Workspace;
use crate::domain::problem::{Problem, ProblemKind};
use crate::services::digest::{self, Digest, DigestSettings, Stage};
use crate::store::MailRow;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan};
use serde_json::{Value, json};

/// Prints the digest, or sends it.
///
/// # Errors
/// What is no moment; nobody to send it to; the store's.
pub async fn run(workspace: &Workspace, asked: &DigestArguments, output: &mut Output) -> Result<Exit, Problem> {
    let engine = &workspace.engine;
    let zone = workspace.digest.as_ref().map_or(TimeZone::UTC, DigestSettings::time_zone);
    let since = asked.since.as_deref().map(|text| moment(text, &zone, engine.clock.now())).transpose()?;
    let (found, sent) = if asked.send {
        let own = (&workspace.supervisor, engine);
        let (found, sent) = digest::send(own, &workspace.access, workspace.digest.as_ref(), since).await?;
        (found, Some(sent))
    } else {
        (digest::digest(engine, &zone, since).await?, None)
    };
    if output.json {
        let mut object = document(&found);
        if let Some(sent) = &sent {
            object["sent"] = json!(sent.iter().map(message).collect::<Vec<_>>());
        }
        output.object(&json!({ "digest": object }))?;
        return Ok(Exit::Done);
    }
    match sent {
        Some(sent) => {
            for one in sent {
                let why = if one.why.is_empty() { String::new() } else { format!(": {}", one.why) };
                output.line(&format!("{} to {}: {}{why}", one.way.key(), one.recipient, one.state.key()))?;
            }
        }
        None => {
            for line in digest::plain(&found).lines() {
                output.line(line)?;
            }
        }
    }
    Ok(Exit::Done)
}

/// A moment, a day, or how long ago.
fn moment(text: &str, zone: &TimeZone, now: Timestamp) -> Result<Timestamp, Problem> {
    let bad = || {
        Problem::new(ProblemKind::Input, format!("`{}` is no moment", crate::domain::inert::escaped(text)))
            .with_remedy("name one as 2026-11-29T07:00:00Z, a day as 2026-11-29, or a span as 36h or 7d")
    };
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(at);
    }
    let local = text.parse::<DateTime>().or_else(|_| text.parse::<Date>().map(DateTime::from));
    if let Ok(local) = local {
        return Ok(local.to_zoned(zone.clone()).map_err(|_| bad())?.timestamp());
    }
    let span: Span = text.parse().map_err(|_| bad())?;
    let then = now.to_zoned(zone.clone()).checked_sub(span).map_err(|_| bad())?.timestamp();
    let is_ahead = then > now.saturating_add(1.second()).unwrap_or(now);
    // Such a span is a slip of the hand, and its day would be before our era.
    if is_ahead || then < Timestamp::UNIX_EPOCH { Err(bad()) } else { Ok(then) }
}

fn message(one: &MailRow) -> Value {
    json!({ "way": one.way.key(), "to": one.recipient, "state": one.state.key(), "why": one.why })
}

fn document(found: &Digest) -> Value {
    let ran = found.ran.iter().map(|ran| {
        let outcomes = ran.outcomes.iter().map(|(outcome, runs)| (outcome.key().to_owned(), json!(runs)));
        json!({
            "tenant": ran.short_name, "runs": ran.runs(), "outcomes": Value::Object(outcomes.collect()),
            "written": ran.written, "failed": ran.failed, "unknown": ran.unknown, "mails": ran.mails,
        })
    });
    let troubles = found.troubles.iter().map(|line| {
        json!({
            "id": line.id, "tenant": line.tenant, "now": line.stage.key(), "code": line.code.key(), "what": line.what,
            "times": line.times, "opened": line.opened, "works_since": line.works_since,
        })
    });
    let held = found
        .held
        .iter()
        .map(|line| json!({ "code": line.code, "people": line.people, "tenants": line.tenants, "since": line.since }));
    let waiting = found
        .waiting
        .iter()
        .map(|one| json!({ "kind": one.kind, "tenant": one.tenant, "what": one.what, "command": one.command }));
    let moved = found.moved.iter().map(|one| json!({ "tenant": one.tenant, "states": one.states, "by": one.by }));
    let broken = found.broken.iter().map(|(tenant, why)| json!({ "tenant": tenant, "why": why }));
    json!({
        "since": found.since.timestamp(),
        "until": found.until.timestamp(),
        "subject": digest::subject(found),
        "runs": found.runs(),
        "written": found.written(),
        "mails": found.mails(),
        "ran": ran.collect::<Vec<_>>(),
        "moved": moved.collect::<Vec<_>>(),
        "nowhere": found.nowhere,
        "troubles": {
            "now": found.troubles_now,
            "opened": found.at(Stage::Opened), "still": found.at(Stage::Still), "works": found.at(Stage::Works),
            "lines": troubles.collect::<Vec<_>>(),
        },
        "held": { "now": found.held_now, "reasons": held.collect::<Vec<_>>() },
        "waiting": waiting.collect::<Vec<_>>(),
        "broken": broken.collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn since_is_a_moment_a_day_or_a_span() {
        let london = TimeZone::get("Europe/London").unwrap();
        let now: Timestamp = "2026-07-10T12:00:00Z".parse().unwrap();
        for (text, wanted) in [
            ("2026-07-09T07:00:00Z", "2026-07-09T07:00:00Z"),
            ("2026-07-09", "2026-07-08T23:00:00Z"),
            ("2026-07-09T07:00", "2026-07-09T06:00:00Z"),
            ("36h", "2026-07-09T00:00:00Z"),
            ("7d", "2026-07-03T12:00:00Z"),
        ] {
            assert_eq!(moment(text, &london, now).unwrap(), wanted.parse::<Timestamp>().unwrap(), "{text}");
        }
        for bad in ["", "soon", "-3d", "\u{1b}[2J", "9999999999999999999d", "99999999h"] {
            let error = moment(bad, &london, now).unwrap_err();
            assert!(!error.what.contains('\u{1b}'), "{error:?}");
        }
    }
}

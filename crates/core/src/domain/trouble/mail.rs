//! What is mailed of a trouble that no run found, and of a fleet in which nothing succeeds. All that comes from outside is inert.

use super::nowhere::{Nowhere, span};
use super::{Grade, Recovery, Trouble};
use crate::domain::ids::RunId;
use crate::domain::inert::escaped;
use jiff::Timestamp;
use std::fmt::Write;

/// A mail without its recipient.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// The longest subject, in characters.
const SUBJECT: usize = 160;

fn utc(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

fn letter(subject: &str, lines: &[String]) -> Letter {
    let text = lines.iter().map(|line| escaped(line).into_owned()).collect::<Vec<_>>().join("\n");
    let mut html = String::from("<!doctype html><html><body>");
    for line in lines {
        let line = escaped(line).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
        let _ = write!(html, "<p>{line}</p>");
    }
    html.push_str("</body></html>");
    Letter { subject: escaped(subject).chars().take(SUBJECT).collect(), text: format!("{text}\n"), html }
}

/// That a trouble was opened, or is of another kind by now.
#[must_use]
pub fn trouble_letter(trouble: &Trouble, tenant: &str, short_name: &str) -> Letter {
    let what = &trouble.what;
    let mut lines = vec![format!("{tenant}: {what}")];
    if !trouble.why.is_empty() {
        lines.push(trouble.why.clone());
    }
    if trouble.grade == Grade::Halted {
        lines.push("The tenant is paused until a connection test passes.".to_owned());
    }
    lines.push(format!("Since {} UTC.", trouble.opened_at.strftime("%Y-%m-%d %H:%M:%S")));
    lines.push(format!("What it means: onroll explain {}", trouble.cause.code.key()));
    lines.push(format!("Where it stands: onroll troubles (tenant {short_name}, trouble {})", trouble.id));
    if trouble.recovery == Recovery::Relapsed {
        lines.push("It was told to work again, and is back. That it comes and goes is told no further.".to_owned());
    }
    lines.push("This is mailed once; not again while it stays the same.".to_owned());
    letter(&format!("Onroll: {tenant}: {what}"), &lines)
}

/// That a trouble works again.
#[must_use]
pub fn relief_letter(trouble: &Trouble, tenant: &str, short_name: &str) -> Letter {
    let what = &trouble.what;
    let utc = |at: Timestamp| at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string();
    let mut lines = vec![format!("{tenant}: it works again: {what}")];
    let times = if trouble.times == 1 { "once".to_owned() } else { format!("{} times", trouble.times) };
    lines.push(format!("It was found {times} since {}.", utc(trouble.opened_at)));
    match trouble.works_since {
        Some(since) => lines.push(format!("It works since {}.", utc(since))),
        None => lines.push("Meanwhile it was found again.".to_owned()),
    }
    lines.push(format!("Where it stands: onroll troubles (tenant {short_name}, trouble {})", trouble.id));
    lines.push("It is closed when a day has passed without it; if it comes back before, that is told once.".to_owned());
    letter(&format!("Onroll: {tenant}: works again: {what}"), &lines)
}

/// That nothing succeeds anywhere; `tenants` by name.
#[must_use]
pub fn nowhere_letter(nowhere: &Nowhere, tenants: &[String], now: Timestamp) -> Letter {
    let head = nowhere.head(now);
    let mut lines = vec![format!("{head}.")];
    lines.push(nowhere.because(&utc(nowhere.first.unwrap_or(nowhere.since))));
    if let Some((tenant, at)) = &nowhere.last_success {
        lines.push(format!("The last success was at {}: {tenant}.", utc(*at)));
    }
    lines.push(format!("Concerned: {}.", tenants.join(", ")));
    lines.push("This is one mail for all of them; it ends with the first success. Look at: onroll troubles".to_owned());
    letter(&format!("Onroll: {head}"), &lines)
}

/// That something succeeds again after a time in which nothing did, `since` then until `now`.
#[must_use]
pub fn over_letter((since, now): (Timestamp, Timestamp), tenant: &str, run: RunId) -> Letter {
    let long = span(now.duration_since(since));
    let lines = [
        format!("Something succeeds again: run {run} of {tenant}, at {}.", utc(now)),
        format!("Nothing had succeeded anywhere since {}, for {long}.", utc(since)),
        "Whoever still fails is told of apart, as each run shows it. Look at: onroll troubles".to_owned(),
    ];
    letter(&format!("Onroll: it works again, after {long} in which nothing succeeded anywhere"), &lines)
}

//! A report as subject, plain text and HTML. All that comes from outside is inert in each of them.

use super::super::code::LineCode;
use super::page::{Page, Part, clean};
use super::{NAMED, Report, TroubleSeen};
use std::fmt::Write;

/// The longest subject, in characters.
const SUBJECT: usize = 160;

/// `Onroll: Harbour Hotels, run 219: 14 accounts affected, 3 held`
#[must_use]
pub fn subject(report: &Report) -> String {
    let accounts = if report.affected() == 1 { "account" } else { "accounts" };
    let mut text =
        format!("Onroll: {}, run {}: {} {accounts} affected", clean(&report.tenant), report.run, report.affected());
    let totals = &report.totals;
    for (count, word) in
        [(totals.refused(), "refused"), (totals.without_answer(), "without an answer"), (totals.held, "held")]
    {
        if count > 0 {
            let _ = write!(text, ", {count} {word}");
        }
    }
    if report.confirm.is_some() {
        text.push_str(", waits for confirmation");
    }
    if let Some(news) = report.troubles.iter().find(|one| one.seen.is_news()) {
        let _ = write!(text, ", {}: {}", news.seen.words(), clean(&news.what));
    }
    text.chars().take(SUBJECT).collect()
}

fn figures(report: &Report) -> Part {
    let totals = &report.totals;
    let mut rows = vec![("accounts affected".to_owned(), totals.written.to_string())];
    rows.extend(report.done.iter().map(|(kind, count)| (format!("  {}", kind.counted(*count)), count.to_string())));
    for (word, count) in [
        ("read back and equal", totals.confirmed),
        ("held", totals.held),
        ("refused", totals.refused()),
        ("without an answer", totals.without_answer()),
        ("there already", totals.already),
        ("skipped", totals.skipped()),
        ("not sent", totals.pending),
    ] {
        rows.push((word.to_owned(), count.to_string()));
    }
    if totals.parked > 0 {
        rows.push(("parked".to_owned(), totals.parked.to_string()));
    }
    let mails = if report.mails { totals.mails.to_string() } else { "none".to_owned() };
    rows.push((format!("welcome mails by {}", clean(&report.destination)), mails));
    Part { head: "Figures", rows }
}

fn parts(report: &Report) -> Vec<Part> {
    let mut parts = vec![figures(report)];
    if !report.holds.is_empty() {
        let rows = report.holds.iter().map(|(code, count)| (code.words().to_owned(), count.to_string())).collect();
        parts.push(Part { head: "Held, by reason", rows });
    }
    if !report.troubles.is_empty() {
        parts.push(troubles(report));
    }
    if !report.failed.is_empty() {
        let mut rows: Vec<(String, String)> = report
            .failed
            .iter()
            .take(NAMED)
            .map(|line| {
                let who = format!("{} {}", clean(&line.name), clean(&line.id));
                (who.trim().to_owned(), format!("{}: {}", line.kind.words(), clean(LineCode::came_back(&line.code))))
            })
            .collect();
        let named = u32::try_from(rows.len()).unwrap_or(u32::MAX);
        if report.totals.failed > named {
            rows.push((format!("and {} more", report.totals.failed - named), String::new()));
        }
        parts.push(Part { head: "Failed", rows });
    }
    let waiting = report.waiting();
    if !waiting.is_empty() {
        parts.push(Part { head: "Waits for you", rows: waiting });
    }
    parts
}

/// What the run opened, met again, and has shown to work again.
fn troubles(report: &Report) -> Part {
    let row = |one: &super::RunTrouble| {
        let times = if one.times == 1 { "seen once".to_owned() } else { format!("seen {} times", one.times) };
        let since = one.opened.strftime("%Y-%m-%d %H:%M %Z");
        let code = one.code.key();
        let more = match one.seen {
            TroubleSeen::Back => ": no further message of its coming and going until a day has passed without it",
            TroubleSeen::Opened | TroubleSeen::Works | TroubleSeen::Again => "",
        };
        let what = format!("{}: {}", one.seen.words(), clean(&one.what));
        (what, format!("{times} since {since}{more}; onroll explain {code}"))
    };
    Part { head: "Troubles", rows: report.troubles.iter().map(row).collect() }
}

fn facts(report: &Report) -> Vec<String> {
    let until = report.ended.as_ref().map(|ended| format!(" to {}", ended.strftime("%H:%M:%S"))).unwrap_or_default();
    let mut lines = vec![
        format!(
            "Run {} of {}: {} to {}",
            report.run,
            clean(&report.tenant),
            clean(&report.source),
            clean(&report.destination)
        ),
        format!(
            "{}{until}, {}, by {}",
            report.started.strftime("%Y-%m-%d %H:%M:%S %Z"),
            clean(&report.why),
            clean(&report.by)
        ),
        report.outcome_words().to_owned(),
    ];
    lines.extend(report.problem.iter().flat_map(|problem| problem.lines()).map(|line| clean(&line)));
    lines
}

fn foot(report: &Report) -> Vec<String> {
    let chain = match report.chain.broken {
        None => format!("Audit: {} entries, head {}.", report.chain.entries, clean(&report.chain.head_short())),
        Some(_) => "Audit: THE CHAIN IS BROKEN; `onroll audit` says where.".to_owned(),
    };
    vec![
        chain,
        "Whoever keeps this mail can prove by the head that nothing was changed in the audit since.".to_owned(),
        format!("All lines of the run: onroll runs show {}", report.run),
    ]
}

fn page(report: &Report) -> Page {
    Page { facts: facts(report), parts: parts(report), foot: foot(report) }
}

/// The report as plain text.
#[must_use]
pub fn plain(report: &Report) -> String {
    page(report).plain()
}

/// The report as HTML without anything active: no links, no images, no styles from elsewhere.
#[must_use]
pub fn html(report: &Report) -> String {
    page(report).html()
}

#[cfg(test)]
mod tests;

//! A report as subject, plain text and HTML. All that comes from outside is inert in each of them.

use super::{NAMED, Report};
use crate::domain::inert::escaped;
use std::fmt::Write;

/// The longest subject, in characters.
const SUBJECT: usize = 160;

/// Text from outside on one line, harmless, and without e-mail addresses.
fn clean(text: &str) -> String {
    let text = escaped(text);
    if !text.contains('@') {
        return text.into_owned();
    }
    let word = |word: &str| if word.contains('@') { "[address]".to_owned() } else { word.to_owned() };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

/// `Onroll: Harbour Hotels, run 219: 14 accounts affected, 3 held`
#[must_use]
pub fn subject(report: &Report) -> String {
    let accounts = if report.affected() == 1 { "account" } else { "accounts" };
    let mut text =
        format!("Onroll: {}, run {}: {} {accounts} affected", clean(&report.tenant), report.run, report.affected());
    for (count, word) in
        [(report.totals.failed, "failed"), (report.totals.unknown, "unknown"), (report.totals.held, "held")]
    {
        if count > 0 {
            let _ = write!(text, ", {count} {word}");
        }
    }
    if report.confirm.is_some() {
        text.push_str(", waits for confirmation");
    }
    text.chars().take(SUBJECT).collect()
}

/// A part of the report: its head, and rows of a label and what it amounts to.
struct Part {
    head: &'static str,
    rows: Vec<(String, String)>,
}

fn figures(report: &Report) -> Part {
    let totals = &report.totals;
    let mut rows = vec![("accounts affected".to_owned(), totals.written.to_string())];
    rows.extend(report.done.iter().map(|(kind, count)| (format!("  {}", kind.counted(*count)), count.to_string())));
    for (word, count) in [
        ("read back and equal", totals.confirmed),
        ("held", totals.held),
        ("failed", totals.failed),
        ("unknown", totals.unknown),
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
    if !report.failed.is_empty() {
        let mut rows: Vec<(String, String)> = report
            .failed
            .iter()
            .take(NAMED)
            .map(|line| {
                let who = format!("{} {}", clean(&line.name), clean(&line.id));
                (who.trim().to_owned(), format!("{}: {}", line.kind.words(), clean(&line.code)))
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

/// The report as plain text.
#[must_use]
pub fn plain(report: &Report) -> String {
    let mut text = facts(report).join("\n");
    text.push('\n');
    for part in parts(report) {
        let _ = write!(text, "\n{}\n", part.head);
        let width = part.rows.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0).min(60);
        for (label, value) in &part.rows {
            let line = format!("  {label:<width$}  {value}");
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
    text.push('\n');
    text.push_str(&foot(report).join("\n"));
    text.push('\n');
    text
}

/// The report as HTML without anything active: no links, no images, no styles from elsewhere.
#[must_use]
pub fn html(report: &Report) -> String {
    let mut text =
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Onroll</title></head><body>\n"
            .to_owned();
    let paragraph = |lines: Vec<String>| {
        let lines: Vec<String> = lines.iter().map(|line| entities(line)).collect();
        format!("<p>{}</p>\n", lines.join("<br>\n"))
    };
    text.push_str(&paragraph(facts(report)));
    for part in parts(report) {
        let _ = write!(text, "<h3>{}</h3>\n<table>\n", entities(part.head));
        for (label, value) in &part.rows {
            let indent = if label.starts_with("  ") { "&nbsp;&nbsp;" } else { "" };
            let (label, value) = (entities(label.trim()), entities(value));
            let _ = writeln!(text, "<tr><td>{indent}{label}</td><td>{value}</td></tr>");
        }
        text.push_str("</table>\n");
    }
    text.push_str(&paragraph(foot(report)));
    text.push_str("</body></html>\n");
    text
}

fn entities(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests;

//! The page as plain text, masked like the page: for the command, for the clipboard, for a file and for the pager.

use super::{MASKED, Page, Turn};
use crate::domain::exchange::{Compared, Content, Exchange, Heard, Kept, Purpose, Subject, record};
use crate::files::export::{Cell, Table};
use crate::store::views::PersonCard;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A moment of today to the millisecond, `16:21:22.904`.
#[must_use]
pub fn instant(at: Timestamp, zone: &TimeZone) -> String {
    at.to_zoned(zone.clone()).strftime("%H:%M:%S%.3f").to_string()
}

/// A day, with its year where it is not this one.
#[must_use]
pub fn day(at: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (at, now) = (at.to_zoned(zone.clone()), now.to_zoned(zone.clone()));
    at.strftime(if at.year() == now.year() { "%-d %b" } else { "%-d %b %Y" }).to_string()
}

/// `212 ms`, `6 s`.
#[must_use]
pub fn waited(ms: u64) -> String {
    if ms < 2_000 { format!("{ms} ms") } else { format!("{} s", ms / 1000) }
}

/// How an attempt ended: `answered after 212 ms`, `no answer in 30 s`.
#[must_use]
pub fn took(exchange: &Exchange) -> String {
    match &exchange.heard {
        Heard::Answer { ms, .. } => format!("Answered after {}", waited(*ms)),
        Heard::Silence { ms, left: true, .. } => format!("No answer in {}", waited(*ms)),
        Heard::Silence { left: false, .. } => "Not sent".to_owned(),
    }
}

/// `409 Conflict`; nothing where no answer came.
#[must_use]
pub fn status_words(exchange: &Exchange) -> String {
    let Heard::Answer { status, .. } = &exchange.heard else { return String::new() };
    let words = match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        412 => "Precondition Failed",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => return status.to_string(),
    };
    format!("{status} {words}")
}

impl Page {
    /// What stands above everything: who, and what became of the line.
    #[must_use]
    pub fn title(&self) -> String {
        let identifier = self.identifier.as_deref().map(|one| format!(", {one}")).unwrap_or_default();
        let who = if self.name.is_empty() { "Nobody".to_owned() } else { self.name.clone() };
        format!("{who}{identifier}: {}", self.deed)
    }

    /// `line 264 of 575`.
    #[must_use]
    pub fn place_words(&self) -> String {
        match self.place {
            0 => String::new(),
            place => format!("line {place} of {}", self.lines),
        }
    }
}

impl Turn {
    /// `attempt 2 of 3, 429, waited 6 s`.
    #[must_use]
    pub fn attempt_words(&self) -> String {
        let (number, of) = self.attempt;
        let mut words = format!("attempt {number} of {of}");
        if let Heard::Answer { status, .. } = &self.said.heard
            && self.said.is_throttled()
        {
            words.push_str(&format!(", {status}"));
        }
        if let Some(ms) = self.then_waited_ms.filter(|ms| *ms > 0) {
            words.push_str(&format!(", waited {}", waited(ms)));
        }
        words
    }

    /// What it was for, where it is no write.
    #[must_use]
    pub fn purpose_words(&self) -> &'static str {
        purpose(self.said.purpose)
    }
}

fn purpose(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Look => "Looked",
        Purpose::Write => "Sent",
        Purpose::Settle => "Read to settle it",
        Purpose::ReadBack => "Read back",
    }
}

/// The whole page, line by line.
#[must_use]
pub fn lines(page: &Page) -> Vec<String> {
    let zone = TimeZone::get(&page.zone).unwrap_or(TimeZone::UTC);
    let place = page.place_words();
    let mut out = vec![page.title(), format!("run {} of {}, {place}", page.run, page.tenant)];
    if place.is_empty() {
        out.pop();
        out.push(format!("run {} of {}", page.run, page.tenant));
    }
    if let Some(nothing) = &page.nothing {
        out.extend([String::new(), nothing.clone()]);
    }
    for turn in &page.turns {
        exchange(&turn.said, &turn.attempt_words(), &zone, &mut out);
        if let Some(read) = &turn.read {
            exchange(read, "", &zone, &mut out);
        }
    }
    if !page.so.is_empty() {
        out.push(String::new());
    }
    out.extend(page.so.iter().map(|so| format!("{:<10} {}", so.word, so.sentence)));
    let times: Vec<String> = page.journal.iter().map(|(word, at)| format!("{word} {}", instant(*at, &zone))).collect();
    if !times.is_empty() {
        out.push(format!("{:<10} {}", "journal", times.join(", ")));
    }
    out.push(MASKED.to_owned());
    out
}

fn exchange(said: &Exchange, attempt: &str, zone: &TimeZone, out: &mut Vec<String>) {
    let attempt = if attempt.is_empty() { String::new() } else { format!("   {attempt}") };
    let word = purpose(said.purpose);
    out.extend([String::new(), format!("{word} {}{attempt}", instant(said.sent, zone))]);
    out.push(format!("  {} {}", said.method, said.path));
    out.push(format!("  {:<24} {}", "to", said.host));
    out.extend(said.headers.iter().map(|(name, value)| format!("  {name:<24} {value}")));
    content(&said.content, false, out);
    out.push(format!("{}   {}", took(said), status_words(said)).trim_end().to_owned());
    match &said.heard {
        Heard::Answer { headers, content: body, .. } => {
            out.extend(headers.iter().map(|(name, value)| format!("  {name:<24} {value}")));
            content(body, said.purpose != Purpose::Write, out);
        }
        Heard::Silence { cause, .. } => out.push(format!("  {cause}")),
    }
}

fn content(content: &Content, is_read: bool, out: &mut Vec<String>) {
    match content {
        Content::Nothing => {}
        Content::Fields(fields) => out.extend(fields.iter().map(|kept| {
            let mark = compared_words(kept, is_read);
            format!("  {:<24} {:<28} {mark}", kept.key, kept.value).trim_end().to_owned()
        })),
        Content::Text(text) => out.extend(text.lines().map(|line| format!("  {line}"))),
        Content::Left(why) => out.push(format!("  ({why})")),
    }
}

/// Both records of a person, one below the other, masked.
#[must_use]
pub fn records(card: &PersonCard, source: &str, destination: &str) -> Vec<String> {
    let people = card.employee.iter().map(|one| &one.person).chain(card.user.iter().map(|one| &one.person));
    let subject = Subject::of_person(people);
    let mut out = Vec::new();
    for (name, raw) in [(source, &card.employee_raw), (destination, &card.user_raw)] {
        out.push(name.to_owned());
        let kept = if raw.is_null() { Vec::new() } else { record(raw, &subject) };
        if kept.is_empty() {
            out.push("  nothing is kept of it".to_owned());
        }
        out.extend(kept.iter().map(|kept| format!("  {:<24} {}", kept.key, kept.value)));
        out.push(String::new());
    }
    out.push(MASKED.to_owned());
    out
}

/// How a value stands to what was held: `=`, `≠ was Waiter`; of what was read: `as before`, `was Waiter`.
#[must_use]
pub fn compared_words(kept: &Kept, is_read: bool) -> String {
    match (&kept.compared, is_read) {
        (None, _) => String::new(),
        (Some(Compared::AsSent), _) => "as sent".to_owned(),
        (Some(Compared::Same), false) => "=".to_owned(),
        (Some(Compared::Same), true) => "as before".to_owned(),
        (Some(Compared::Was(was)), false) => format!("≠ was {was}"),
        (Some(Compared::Was(was)), true) => format!("was {was}"),
    }
}

/// The page as a file: a row for each header and field that was sent, answered or read.
#[must_use]
pub fn table(page: &Page) -> Table {
    let heads = [
        "run",
        "line",
        "employee_id",
        "what",
        "part",
        "at",
        "request",
        "attempt",
        "status",
        "key",
        "value",
        "compared",
    ];
    let mut table = Table::new(&heads);
    for said in page.turns.iter().flat_map(|turn| std::iter::once(&turn.said).chain(turn.read.as_ref())) {
        let (status, answer) = match &said.heard {
            Heard::Answer { status, headers, content, .. } => (status.to_string(), rows(headers, content)),
            Heard::Silence { cause, .. } => {
                (String::new(), vec![("no answer".to_owned(), cause.clone(), String::new())])
            }
        };
        for (part, rows) in [("sent", rows(&said.headers, &said.content)), ("answered", answer)] {
            for (key, value, compared) in rows {
                table.rows.push(vec![
                    page.run.to_string().into(),
                    page.seq.map(|seq| seq.to_string()).into(),
                    page.employee.as_ref().map(ToString::to_string).into(),
                    purpose(said.purpose).into(),
                    part.into(),
                    said.sent.to_string().into(),
                    format!("{} {}", said.method, said.path).into(),
                    said.attempt.to_string().into(),
                    status.clone().into(),
                    key.into(),
                    value.into(),
                    compared.into(),
                ]);
            }
        }
    }
    table
        .rows
        .iter_mut()
        .flatten()
        .filter(|cell| **cell == Cell::from(String::new()))
        .for_each(|cell| *cell = Cell::Empty);
    table
}

fn rows(headers: &[(String, String)], content: &Content) -> Vec<(String, String, String)> {
    let mut rows: Vec<_> = headers.iter().map(|(name, value)| (name.clone(), value.clone(), String::new())).collect();
    match content {
        Content::Nothing => {}
        Content::Fields(fields) => {
            rows.extend(fields.iter().map(|kept| (kept.key.clone(), kept.value.clone(), compared_words(kept, false))));
        }
        Content::Text(text) | Content::Left(text) => rows.push((String::new(), text.clone(), String::new())),
    }
    if rows.is_empty() {
        rows.push(Default::default());
    }
    rows
}

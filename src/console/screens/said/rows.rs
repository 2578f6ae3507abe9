//! The rows of the screen What was said, before anybody knows where they stand.

use crate::domain::exchange::{Compared, Content, Exchange, Heard, Kept, Purpose};
use crate::services::said::{self, Page, Turn};
use jiff::tz::TimeZone;

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Row {
    /// A title: its words, those at its right.
    Title(String, String),
    Field {
        key: String,
        value: String,
        mark: Mark,
    },
    /// A sentence, wrapped where it is drawn.
    Words(String),
    /// Text of others, as it came.
    Quote(String),
    Blank,
}

/// What stands beside a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mark {
    None,
    Same(&'static str),
    Changed(String),
}

fn field(key: impl Into<String>, value: impl Into<String>) -> Row {
    Row::Field { key: key.into(), value: value.into(), mark: Mark::None }
}

/// `PUT /v1/employees/40718_0423`.
fn request(said: &Exchange) -> String {
    format!("{} {}", said.method, said.path)
}

/// The left side: what was sent.
pub(super) fn sent(turn: &Turn, zone: &TimeZone, wide: bool) -> Vec<Row> {
    let said = &turn.said;
    let mut rows = Vec::new();
    if wide {
        rows.push(Row::Title(
            format!("{} {}", turn.purpose_words(), said::instant(said.sent, zone)),
            turn.attempt_words(),
        ));
        rows.push(field(said.method.clone(), said.path.clone()));
    } else {
        rows.push(field(
            turn.purpose_words().to_lowercase(),
            format!("{}  {}", said::instant(said.sent, zone), request(said)),
        ));
        if turn.attempt.1 > 1 || said.is_throttled() {
            rows.push(field("", turn.attempt_words()));
        }
    }
    rows.push(field("to", format!("{} (the address of Settings)", said.host)));
    rows.extend(said.headers.iter().map(|(name, value)| field(name.clone(), value.clone())));
    if wide && !said.content.is_nothing() {
        rows.push(Row::Blank);
    }
    rows.extend(content(&said.content, false).into_iter().map(|row| match row {
        // Where the two sides stand below each other there is room to say what the value beside is.
        Row::Field { key, value, mark: Mark::Changed(was) } if !wide => {
            Row::Field { key, value, mark: Mark::Changed(format!("was {was}")) }
        }
        row => row,
    }));
    rows
}

/// The right side, or what stands below: the answer, and what was read afterwards.
pub(super) fn answered(turn: &Turn, zone: &TimeZone) -> Vec<Row> {
    let is_read = turn.said.purpose != Purpose::Write;
    let mut rows = vec![Row::Title(said::took(&turn.said), said::status_words(&turn.said))];
    heard(&turn.said, is_read, &mut rows);
    if let Some(read) = &turn.read {
        rows.push(Row::Blank);
        let what = match read.purpose {
            Purpose::Settle => "Read to settle it",
            _ => "Read back",
        };
        let status = match &read.heard {
            Heard::Answer { status, ms, .. } => format!("{}, {status} in {}", read.method, said::waited(*ms)),
            Heard::Silence { .. } => "no answer".to_owned(),
        };
        rows.push(Row::Title(format!("{what} {}", said::instant(read.sent, zone)), status));
        match &read.heard {
            Heard::Answer { content: Content::Fields(fields), .. } => rows.extend(read_back(&turn.said, fields)),
            _ => heard(read, true, &mut rows),
        }
    }
    rows
}

fn heard(said: &Exchange, is_read: bool, rows: &mut Vec<Row>) {
    match &said.heard {
        Heard::Answer { headers, content: body, .. } => {
            rows.extend(headers.iter().map(|(name, value)| field(name.clone(), value.clone())));
            if body.is_nothing() {
                rows.push(Row::Words("nothing came with it".to_owned()));
            }
            rows.extend(content(body, is_read));
        }
        Heard::Silence { cause, .. } => rows.push(Row::Words(cause.clone())),
    }
}

fn mark(kept: &Kept, is_read: bool) -> Mark {
    match &kept.compared {
        None => Mark::None,
        Some(Compared::AsSent) => Mark::Same("as sent"),
        Some(Compared::Same) => Mark::Same(if is_read { "as before" } else { "=" }),
        Some(Compared::Was(was)) if is_read => Mark::Changed(format!("was {was}")),
        Some(Compared::Was(was)) => Mark::Changed(was.clone()),
    }
}

fn content(content: &Content, is_read: bool) -> Vec<Row> {
    match content {
        Content::Nothing => Vec::new(),
        Content::Fields(fields) => {
            let row = |kept: &Kept| Row::Field {
                key: kept.key.clone(),
                value: kept.value.clone(),
                mark: mark(kept, is_read),
            };
            fields.iter().map(row).collect()
        }
        Content::Text(text) => vec![Row::Quote(text.clone())],
        Content::Left(why) => vec![Row::Words(format!("({why})"))],
    }
}

/// What was read after a write: the fields that it was to change, and how many others are as before.
fn read_back(sent: &Exchange, fields: &[Kept]) -> Vec<Row> {
    let last = |key: &str| key.rsplit(['.', '[', ']']).find(|part| !part.is_empty()).unwrap_or(key).to_lowercase();
    let meant: Vec<String> = sent
        .content
        .fields()
        .iter()
        .filter(|kept| matches!(kept.compared, Some(Compared::Was(_))))
        .map(|kept| last(&kept.key))
        .collect();
    let is_shown = |kept: &&Kept| {
        matches!(kept.compared, Some(Compared::Was(_))) || meant.contains(&last(&kept.key)) || fields.len() <= 4
    };
    let mut rows: Vec<Row> = fields
        .iter()
        .filter(is_shown)
        .map(|kept| Row::Field { key: kept.key.clone(), value: kept.value.clone(), mark: mark(kept, true) })
        .collect();
    let others = |how: Option<Compared>| fields.iter().filter(|kept| !is_shown(kept) && kept.compared == how).count();
    let counts = [
        (others(Some(Compared::AsSent)), "as sent"),
        (others(Some(Compared::Same)), "as before"),
        (others(None), "not compared"),
    ];
    for (count, words) in counts {
        if count > 0 {
            let noun = if count == 1 { "other field" } else { "other fields" };
            rows.push(Row::Field { key: format!("{count} {noun}"), value: words.to_owned(), mark: Mark::None });
        }
    }
    if rows.is_empty() {
        rows.push(Row::Words("nobody is there".to_owned()));
    }
    rows
}

/// What it comes to.
pub(super) fn so(page: &Page, zone: &TimeZone) -> Vec<(String, String)> {
    let mut rows: Vec<(String, String)> = page.so.iter().map(|so| (so.word.to_owned(), so.sentence.clone())).collect();
    let times: Vec<String> =
        page.journal.iter().map(|(word, at)| format!("{word} {}", said::instant(*at, zone))).collect();
    if !times.is_empty() {
        rows.push(("journal".to_owned(), times.join(", ")));
    }
    rows
}

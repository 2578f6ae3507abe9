//! What was said for one line of a run: the requests and their answers, masked, how they compare with what was held before, what
//! was read back, and what it comes to. The page on the screen, the command and the saved file are made from the same.

mod outcome;
mod text;

use super::error::ServiceError;
use crate::domain::code::LineCode;
use crate::domain::connection::Connection;
use crate::domain::exchange::{Exchange, Heard, KEPT_DAYS, Purpose};
use crate::domain::ids::{EmployeeId, RunId};
use crate::domain::run::{OperationState, RunPurpose};
use crate::engine::Engine;
use crate::store::JournalRow;
pub use crate::store::views::LineOf;
use crate::store::views::{SaidLine, is_older_than_kept};
use jiff::Timestamp;
use jiff::tz::TimeZone;

pub use text::{compared_words, day, instant, lines as text, records, status_words, table, took, waited};

/// What is masked, as the page says it.
pub const MASKED: &str = "masked: secrets, e-mail, birth date, phone, address";

/// One line of a run, with what was said for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    pub tenant: String,
    pub destination: &'static str,
    pub zone: String,
    pub run: RunId,
    /// Its place in the plan; `None` where the run has no such line.
    pub seq: Option<u32>,
    /// Its place among the lines of the run, from 1, and how many there are.
    pub place: u32,
    pub lines: u32,
    pub previous: Option<u32>,
    pub next: Option<u32>,
    pub employee: Option<EmployeeId>,
    /// The person, or the option.
    pub name: String,
    pub identifier: Option<String>,
    pub user: Option<String>,
    /// `update refused`.
    pub deed: String,
    /// The destination's own code, where it said no.
    pub code: Option<String>,
    /// Why the line was not written, or is not known to be.
    pub line_code: Option<LineCode>,
    pub turns: Vec<Turn>,
    /// Why nothing was said, or why it is not here any more.
    pub nothing: Option<String>,
    pub so: Vec<So>,
    /// What the journal has, and when.
    pub journal: Vec<(&'static str, Timestamp)>,
}

/// One attempt, or a read where nothing was written.
#[derive(Debug, Clone, PartialEq)]
pub struct Turn {
    pub said: Exchange,
    /// Which attempt at this request it is, and of how many.
    pub attempt: (usize, usize),
    /// How long it was waited before the next one.
    pub then_waited_ms: Option<u64>,
    /// What was read afterwards, before anything else was sent.
    pub read: Option<Exchange>,
}

/// What it comes to: a word, and a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct So {
    pub word: &'static str,
    pub sentence: String,
}

/// One line of a run.
///
/// # Errors
/// No such run; the store's.
pub async fn page(engine: &Engine, connection: &Connection, run: RunId, line: LineOf) -> Result<Page, ServiceError> {
    let found = engine.store.said_line(run, line).await?;
    let destination = engine.abilities(connection)?.destination;
    let now = engine.clock.now();
    let failed = found.run.totals.failed;
    let turns = turns(&found.exchanges);
    let nothing = turns.is_empty().then(|| nothing(&found, now, &connection.time_zone));
    let row = found.row.as_ref();
    let name = match (&found.name, &found.employee, row) {
        (Some(name), ..) => name.clone(),
        (None, Some(employee), _) => employee.to_string(),
        (None, None, Some(row)) => option_name(row),
        (None, None, None) => String::new(),
    };
    let user = row.and_then(|row| row.answered.as_ref().or(row.operation.user.as_ref())).map(ToString::to_string);
    Ok(Page {
        tenant: connection.tenant_name.clone(),
        destination: destination.name,
        zone: connection.time_zone.clone(),
        run,
        seq: row.map(|row| row.operation.seq),
        place: found.place,
        lines: found.lines,
        previous: found.previous,
        next: found.next,
        name,
        identifier: row.and_then(|row| row.operation.identifier.as_ref()).map(ToString::to_string),
        user,
        deed: row.map_or_else(|| "no line of this run".to_owned(), outcome::deed),
        code: row.and_then(|row| row.error.as_ref()).map(|(code, _)| code.clone()),
        line_code: row.and_then(outcome::line_code),
        so: row
            .map(|row| outcome::so(row, &turns, &outcome::Around { run, failed, destination: destination.name }))
            .unwrap_or_default(),
        journal: row.map(|row| journal(row, &found, &turns)).unwrap_or_default(),
        employee: found.employee,
        turns,
        nothing,
    })
}

fn option_name(row: &JournalRow) -> String {
    let change = row.operation.fields.first();
    change.and_then(|change| change.to.clone().or_else(|| change.from.clone())).unwrap_or_default()
}

/// The attempts, each with what was read after it; where nothing was written, the reads by themselves.
fn turns(exchanges: &[Exchange]) -> Vec<Turn> {
    let writes: Vec<&Exchange> = exchanges.iter().filter(|one| one.purpose == Purpose::Write).collect();
    if writes.is_empty() {
        return numbered(exchanges.iter().collect());
    }
    let mut turns = numbered(writes);
    let after: Vec<Option<Timestamp>> = turns.iter().skip(1).map(|turn| Some(turn.said.sent)).chain([None]).collect();
    for (turn, until) in turns.iter_mut().zip(after) {
        let is_own = |one: &&Exchange| {
            one.purpose != Purpose::Write
                && one.purpose != Purpose::Look
                && one.sent >= turn.said.sent
                && until.is_none_or(|until| one.sent < until)
        };
        turn.read = exchanges.iter().rfind(is_own).cloned();
    }
    turns
}

fn numbered(exchanges: Vec<&Exchange>) -> Vec<Turn> {
    let is_same = |one: &Exchange, other: &Exchange| {
        let path = |exchange: &Exchange| exchange.path.split('?').next().unwrap_or_default().to_owned();
        one.method == other.method && path(one) == path(other) && one.purpose == other.purpose
    };
    let turn = |(at, said): (usize, &&Exchange)| {
        let alike = |other: &&&Exchange| is_same(said, other);
        let before = exchanges.iter().take(at).filter(alike).count();
        let next = exchanges.iter().skip(at + 1).find(alike);
        Turn {
            said: (*said).clone(),
            attempt: (before + 1, exchanges.iter().filter(alike).count()),
            then_waited_ms: next.filter(|next| next.attempt > 1).map(|next| next.waited_ms),
            read: None,
        }
    };
    exchanges.iter().enumerate().map(turn).collect()
}

/// Why a page is empty.
fn nothing(found: &SaidLine, now: Timestamp, zone: &str) -> String {
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    let started = found.run.started;
    let kept = || format!("What was said is kept {KEPT_DAYS} days, this one was {}", day(started, now, &zone));
    if let Some(hold) = &found.hold {
        return format!("Nothing was sent for this line: held before it was its turn, {}", hold.code.words());
    }
    let Some(row) = &found.row else {
        return match (&found.plan, found.lines) {
            (None, _) => "What it did to whom is not kept: it made no plan, or the plan is too old".to_owned(),
            (Some(_), 0) => "Nothing was to be sent by this run".to_owned(),
            (Some(_), _) => "Nothing was sent for this line: this run had nothing to write there".to_owned(),
        };
    };
    match row.state {
        _ if found.run.purpose == RunPurpose::Preview => "Nothing was sent: this run was a preview".to_owned(),
        _ if row.withheld => "Nothing was sent for this line: held back before it was its turn".to_owned(),
        OperationState::Pending if row.sent_at.is_none() => {
            "Nothing was sent for this line: the run ended before it was its turn".to_owned()
        }
        _ if is_older_than_kept(&found.run, now) => kept(),
        OperationState::SetAside if row.sent_at.is_none() => {
            "Nothing was sent for this line: it was skipped before it was its turn".to_owned()
        }
        OperationState::Sent => {
            "What was said is not here: the program ended before the answer was written down".to_owned()
        }
        _ => "Nothing of what was said is kept: it went by a file, or an older Onroll sent it".to_owned(),
    }
}

/// When what happened to the line.
fn journal(row: &JournalRow, found: &SaidLine, turns: &[Turn]) -> Vec<(&'static str, Timestamp)> {
    let mut times = Vec::new();
    if let Some(plan) = &found.plan {
        times.push(("planned", plan.made_at));
    }
    times.extend(row.sent_at.map(|at| ("sent", at)));
    if let Some(turn) = turns.iter().rfind(|turn| turn.said.purpose == Purpose::Write)
        && let Heard::Answer { ms, .. } = &turn.said.heard
    {
        times.push(("answered", turn.said.sent + jiff::SignedDuration::from_millis(i64::try_from(*ms).unwrap_or(0))));
    }
    if row.state != OperationState::Sent && row.state != OperationState::Pending {
        times.extend(row.done_at.map(|at| (outcome::state_word(row), at)));
    }
    times.extend(turns.iter().rev().find_map(|turn| turn.read.as_ref()).map(|read| ("read back", read.sent)));
    times.sort_by_key(|(_, at)| *at);
    times
}

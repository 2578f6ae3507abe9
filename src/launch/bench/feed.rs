//! The feed log at scale: N lines through the writer, then searches, pages, an export, and the retention of a tenth while others
//! write. What cannot be beaten is a page of the newest lines, which looks for nothing: each search says how many of those
//! it takes.

use super::import::count;
use super::{Scratch, failed, seconds_since};
use crate::cli::config::Config;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::workspace::Workspace;
use crate::domain::connection::Connection;
use crate::domain::filter::Filter;
use crate::domain::ids::{ConnectionId, EmployeeId, RunId};
use crate::domain::problem::Problem;
use crate::domain::run::{FeedLine, Level, Phase};
use crate::services::feed::{FeedFile, Found};
use crate::store::Store;
use crate::store::views::{FeedEdge, FeedFilter, feed_filter};
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// Lines of one write of a run.
const BATCH: usize = 500;
/// Writes that are on their way at once.
const AT_ONCE: usize = 8;
/// Lines of a page.
const PAGE: u32 = 200;
/// How often each question is asked.
const ROUNDS: usize = 21;
/// Lines that an export has at most here.
const EXPORTED: u32 = 2_000_000;
/// Of this number of lines one is the other tenant's.
const OTHER: usize = 20;
/// A word that stands in few lines, and one that stands in most.
const RARE: &str = "Quetzalcoatlus";
const COMMON: &str = "job title";
const TITLES: [&str; 8] =
    ["Waiter", "Commis Chef", "Housekeeper", "Receptionist", "Bartender", "Shift Leader", "Night Porter", "Sommelier"];
const PLACES: [&str; 6] = ["Quayside", "Castle Street", "Old Mill", "Lakeside", "Harbour", "Station Road"];

fn pick<'a>(list: &[&'a str], number: usize) -> &'a str {
    list.get(number % list.len()).copied().unwrap_or_default()
}

fn begin() -> Timestamp {
    "2027-01-01T00:00:00Z".parse().unwrap_or_default()
}

fn at(number: usize) -> Timestamp {
    begin() + SignedDuration::from_millis(i64::try_from(number).unwrap_or_default() * 1_000)
}

/// A line as runs write them.
fn line(number: usize, people: usize) -> FeedLine {
    // A prime mixes people, titles and places.
    let mixed = number.wrapping_mul(7_919);
    let (level, phase, what, text) = match number % 100 {
        0 => (Level::Error, Phase::Create, "failed", format!("422: e-mail p{mixed}@bench.example is taken")),
        1..=4 => (Level::Warn, Phase::MatchAndPlan, "held", format!("branch {} is not mapped", pick(&PLACES, mixed))),
        5..=9 => (Level::Info, Phase::Create, "created", format!("user {}, welcome mail", 500_000 + mixed % 9_000_000)),
        10..=29 => (
            Level::Info,
            Phase::Update,
            "updated",
            format!("branch {} → {}", pick(&PLACES, mixed + 1), pick(&PLACES, mixed)),
        ),
        _ => {
            let titles = (pick(&TITLES, mixed + 1), pick(&TITLES, mixed));
            (Level::Info, Phase::Update, "updated", format!("{COMMON} {} → {}", titles.0, titles.1))
        }
    };
    let text = if number % 999_983 == 77 { format!("{text} ({RARE})") } else { text };
    FeedLine {
        run: Some(RunId(1 + i64::try_from(number / 20_000).unwrap_or_default())),
        at: at(number),
        level,
        phase: Some(phase),
        employee: Some(EmployeeId((100_000 + mixed % people.max(1)).to_string())),
        what: what.to_owned(),
        text,
    }
}

/// What is asked: a name, and the filter as it is typed, or a plain text.
fn questions(employee: &str) -> Vec<(&'static str, String)> {
    vec![
        ("newest lines", String::new()),
        ("a rare word", RARE.to_owned()),
        ("a common word", format!("\"{COMMON}\"")),
        ("a person's id", employee.to_owned()),
        ("a person", format!("person:{employee}")),
        ("two words", "sommelier waiter".to_owned()),
        ("two words, few lines", format!("{RARE} waiter")),
        ("none found", "xylophone".to_owned()),
        ("none, of common letters", "tlejob".to_owned()),
        ("warnings and errors", "level:warn,error".to_owned()),
        ("a word in errors", "level:error taken".to_owned()),
        ("a phase and a word", "phase:create welcome".to_owned()),
    ]
}

struct Bench {
    workspace: Workspace,
    lines: usize,
    people: usize,
    large: Connection,
    small: Connection,
}

/// Measures.
///
/// # Errors
/// When the workspace cannot be written or read.
pub async fn run(lines: usize, people: usize, output: &mut Output) -> Result<Exit, Problem> {
    let scratch = Scratch::new();
    let workspace = Workspace::open_in(&scratch.0, &Config::default())?;
    let large = super::fill::short_name(people);
    super::fill::fill_as(&workspace, &large, people).await?;
    super::fill::fill_as(&workspace, "bench-other", 1_000).await?;
    let (large, small) = (workspace.connection(&large).await?, workspace.connection("bench-other").await?);
    let bench = Bench { workspace, lines, people, large, small };
    let mut found = vec![bench.write(output).await?];
    for tenant in [&bench.large, &bench.small] {
        found.extend(bench.ask(tenant, output).await?);
    }
    found.push(bench.export(&scratch.0, output).await?);
    found.push(bench.retention(output).await?);
    if output.json {
        output.object(&json!({ "bench": "feed", "lines": lines, "people": people, "measured": found }))?;
    }
    Ok(Exit::Done)
}

fn say(output: &mut Output, text: &str) -> Result<(), Problem> {
    if output.json { Ok(()) } else { output.line(text) }
}

impl Bench {
    fn store(&self) -> &Store {
        &self.workspace.store
    }

    async fn write(&self, output: &mut Output) -> Result<Value, Problem> {
        let begun = Instant::now();
        let mut written = stream::iter((0..self.lines).step_by(BATCH))
            .map(|first| {
                let tenant = if first / BATCH % OTHER == OTHER - 1 { self.small.id } else { self.large.id };
                let lines = (first..(first + BATCH).min(self.lines)).map(|number| line(number, self.people)).collect();
                async move { self.store().append_feed(tenant, lines).await.map(|_| first) }
            })
            .buffered(AT_ONCE);
        while let Some(first) = written.try_next().await? {
            if first % (100 * BATCH) == 0 {
                output.status(&format!("{first} of {} lines", self.lines));
            }
        }
        output.end_status();
        let seconds = seconds_since(begun);
        let settled = Instant::now();
        self.store().settle_feed(self.large.id).await?;
        self.store().settle_feed(self.small.id).await?;
        let settled = seconds_since(settled);
        let bytes = std::fs::metadata(self.store().path()).map_or(0, |file| file.len());
        let (rate, megabytes) = (per_second(self.lines, seconds), bytes / 1_000_000);
        say(
            output,
            &format!(
                "{} lines written: {rate:.0}/s, index included; {megabytes} MB; the rest of the index {settled:.2} s",
                self.lines
            ),
        )?;
        Ok(json!({ "what": "write", "lines_per_second": rate, "megabytes": megabytes, "settled_seconds": settled }))
    }

    async fn ask(&self, tenant: &Connection, output: &mut Output) -> Result<Vec<Value>, Problem> {
        let middle = FeedEdge::Before(i64::try_from(self.lines / 2).unwrap_or(i64::MAX));
        let (mut measured, mut bare) = (Vec::new(), 0.0);
        say(
            output,
            &format!("{}: a page of {PAGE}, median of {ROUNDS} (longest); lines that are counted", tenant.short_name),
        )?;
        let employee = (100_000 + self.people / 2).to_string();
        for (name, text) in questions(&employee) {
            let filter = feed_filter(&Filter::parse(&text), begin().to_zoned(jiff::tz::TimeZone::UTC).date())
                .map_err(|error| failed("a question cannot be read", error))?;
            let (newest, longest, rows) = self.page(tenant.id, &filter, FeedEdge::Newest).await?;
            let (in_middle, _, _) = self.page(tenant.id, &filter, middle).await?;
            let counting = Instant::now();
            let counted = self.store().feed_count(tenant.id, filter).await?;
            let counting = seconds_since(counting);
            bare = if bare > 0.0 { bare } else { newest };
            let pages = newest / bare;
            say(
                output,
                &format!(
                    "  {name:<24} {:>7.2} ms ({:>7.2}), {pages:>6.1} pages; from the middle {:>7.2} ms; {rows:>3} rows; counts {counted} in {:.1} ms",
                    newest * 1e3,
                    longest * 1e3,
                    in_middle * 1e3,
                    counting * 1e3,
                ),
            )?;
            measured.push(json!({ "what": name, "tenant": tenant.short_name, "median_ms": newest * 1e3,
                "longest_ms": longest * 1e3, "pages": pages, "middle_ms": in_middle * 1e3, "rows": rows,
                "counted": counted, "count_ms": counting * 1e3 }));
        }
        Ok(measured)
    }

    /// Median and longest time of a page, and its rows.
    async fn page(
        &self,
        tenant: ConnectionId,
        filter: &FeedFilter,
        edge: FeedEdge,
    ) -> Result<(f64, f64, usize), Problem> {
        let (mut times, mut rows) = (Vec::new(), 0);
        for _ in 0..ROUNDS {
            let begun = Instant::now();
            rows = self.store().feed_window(tenant, filter.clone(), edge, PAGE).await?.len();
            times.push(seconds_since(begun));
        }
        times.sort_by(f64::total_cmp);
        let median = times.get(ROUNDS / 2).copied().unwrap_or_default();
        Ok((median, times.last().copied().unwrap_or_default(), rows))
    }

    async fn export(&self, folder: &Path, output: &mut Output) -> Result<Value, Problem> {
        // The peak of memory from now on.
        let _ = std::fs::write("/proc/self/clear_refs", "5");
        let (before, begun) = (memory("VmRSS"), Instant::now());
        let mut file = FeedFile::begin(&folder.join("feed.csv"), false)?;
        file.add(Found::new(self.store(), &self.large, FeedFilter::default(), Some(EXPORTED)), |_| ()).await?;
        let rows = usize::try_from(file.finish()?).unwrap_or(usize::MAX);
        let (rate, more) = (per_second(rows, seconds_since(begun)), memory("VmHWM").saturating_sub(before));
        say(output, &format!("export: {rows} lines, {rate:.0}/s, {} MB of memory more at its peak", more / 1_000))?;
        Ok(json!({ "what": "export", "rows": rows, "rows_per_second": rate, "memory_more_mb": more / 1_000 }))
    }

    /// Deletes the oldest tenth while a run writes.
    async fn retention(&self, output: &mut Output) -> Result<Value, Problem> {
        let done = Arc::new(AtomicBool::new(false));
        let (store, other, stop) = (self.store().clone(), self.small.id, Arc::clone(&done));
        let (number, people) = (self.lines, self.people);
        let writer = tokio::spawn(async move {
            let mut waits = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                let begun = Instant::now();
                let written = store.append_feed(other, vec![line(number, people)]).await;
                waits.push(seconds_since(begun));
                if written.is_err() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            waits
        });
        let begun = Instant::now();
        let gone = self.store().purge_older_than(self.large.id, at(self.lines / 10)).await?;
        let seconds = seconds_since(begun);
        done.store(true, Ordering::Relaxed);
        let mut waits = writer.await.map_err(|error| failed("the writer was lost", error))?;
        waits.sort_by(f64::total_cmp);
        let of = |part: usize| {
            waits.get((waits.len() * part / 1_000).min(waits.len().saturating_sub(1))).copied().unwrap_or_default()
                * 1e3
        };
        let (median, late, longest) = (of(500), of(990), of(1_000));
        let rate = per_second(gone, seconds);
        say(
            output,
            &format!(
                "retention: {gone} lines went, {rate:.0}/s; {} writes meanwhile waited {median:.1} ms (median), {late:.1} (99 %), {longest:.1} (longest)",
                waits.len()
            ),
        )?;
        Ok(json!({ "what": "retention", "rows": gone, "rows_per_second": rate, "writes": waits.len(),
            "wait_median_ms": median, "wait_99_ms": late, "wait_longest_ms": longest }))
    }
}

fn per_second(lines: usize, seconds: f64) -> f64 {
    count(lines) / seconds.max(1e-9)
}

/// Memory of this process in kB; 0 where the system does not tell.
fn memory(what: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with(what)).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kilobytes| kilobytes.parse().ok()).unwrap_or(0)
}

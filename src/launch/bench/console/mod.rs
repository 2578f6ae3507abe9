//! From key to first frame and to the settled picture, per screen and kind of key, on a tenant of N people; quiet, and
//! while a run writes. In the same run the ceiling: what a frame, one read of one row on the thread of the screen, and a
//! second frame take by themselves.

mod script;
mod session;

use super::{Scratch, failed, fill};
use crate::cli::arguments::ScreenName;
use crate::cli::config::Config;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::workspace::Workspace;
use crate::domain::ids::{ConnectionId, EmployeeId};
use crate::domain::problem::Problem;
use crate::domain::run::{FeedLine, Level};
use crate::store::Store;
use jiff::Timestamp;
use script::Part;
use serde_json::json;
use session::{Session, Times};
use std::collections::BTreeMap;
use std::time::Duration;

/// Other tenants beside the large one, and people of each.
const OTHERS: (usize, usize) = (24, 40);
/// How often the ceiling is measured.
const READS: u32 = 500;

/// What is measured.
#[derive(Debug, Clone, Copy)]
pub struct Measure<'a> {
    pub people: usize,
    /// Keys of each kind.
    pub keys: usize,
    /// These screens only; all where empty.
    pub screens: &'a [ScreenName],
    pub columns: u16,
    pub rows: u16,
}

/// Fills a workspace of its own and measures on it; with `workspace` on the tenant that `onroll bench fill` has put there.
///
/// # Errors
/// When the workspace cannot be filled, or the tenant is not there.
pub async fn run(measure: Measure<'_>, workspace: Option<Workspace>, output: &mut Output) -> Result<Exit, Problem> {
    let scratch = Scratch::new();
    let workspace = match workspace {
        Some(workspace) => workspace,
        None => {
            let workspace = Workspace::open_in(&scratch.0, &Config::default())?;
            fill::fill(&workspace, measure.people).await?;
            workspace
        }
    };
    std::fs::create_dir_all(&scratch.0).map_err(|error| failed("no folder for the frame times", error))?;
    let tenant = fill::short_name(measure.people);
    let known = workspace.store.connections().await?;
    for number in 0..OTHERS.0 {
        let other = format!("{tenant}-{number}");
        if !known.iter().any(|one| one.short_name == other) {
            fill::fill_as(&workspace, &other, OTHERS.1).await?;
        }
    }
    let id = workspace.store.connection_named(&tenant).await?.id;
    let log = scratch.0.join("frames.json");
    for state in ["quiet", "while a run writes"] {
        let writer = (state != "quiet").then(|| tokio::spawn(write_for_ever(workspace.store.clone(), id)));
        let mut frames = Vec::new();
        for part in script::parts(&tenant, measure.people, measure.keys) {
            if !measure.screens.is_empty() && !measure.screens.contains(&part.screen) {
                continue;
            }
            let session = Session { workspace: &workspace, size: (measure.columns, measure.rows), log: &log };
            let measured = session.run(&part).await?;
            frames.extend(measured.frames_us);
            report(&measure, state, &part, measured.times, output)?;
        }
        ceiling(&workspace.store, id, state, frames, output).await?;
        if let Some(writer) = writer {
            writer.abort();
        }
    }
    Ok(Exit::Done)
}

/// One line for each kind of key, in the order in which the kinds were pressed.
fn report(
    measure: &Measure<'_>,
    state: &str,
    part: &Part,
    times: Vec<(&'static str, Times)>,
    output: &mut Output,
) -> Result<(), Problem> {
    let mut order: Vec<&str> = Vec::new();
    let mut kinds: BTreeMap<&str, Vec<Times>> = BTreeMap::new();
    for (label, times) in times {
        if !order.contains(&label) {
            order.push(label);
        }
        kinds.entry(label).or_default().push(times);
    }
    for label in order {
        let all = kinds.remove(label).unwrap_or_default();
        let frame = Spread::of(all.iter().filter_map(|times| times.frame_us).collect());
        let settled = Spread::of(all.iter().filter_map(|times| times.settled_us).collect());
        // The first key of a kind may have to wait for what the later ones find kept.
        let first = all.first().and_then(|times| times.settled_us).unwrap_or_default();
        let bytes = Spread::of(all.iter().map(|times| times.bytes).collect());
        if output.json {
            output.object(
                &json!({ "bench": "console", "people": measure.people, "state": state, "screen": part.name,
                "key": label, "keys": settled.count, "columns": measure.columns, "rows": measure.rows,
                "frame_p50_us": frame.p50, "frame_p99_us": frame.p99, "settled_p50_us": settled.p50,
                "settled_p99_us": settled.p99, "settled_max_us": settled.max, "settled_first_us": first, "bytes_p50": bytes.p50 }),
            )?;
        } else {
            output.line(&format!(
                "{state}: {:<9} {label:<14} {:>5} keys   frame {:>6.2} ms   settled p50 {:>7.2}  p99 {:>8.2}  max {:>8.2}  first {:>8.2} ms   {:>5} bytes",
                part.name,
                settled.count,
                millis(frame.p50),
                millis(settled.p50),
                millis(settled.p99),
                millis(settled.max),
                millis(first),
                bytes.p50,
            ))?;
        }
    }
    Ok(())
}

/// What no key that needs one read can be faster than, measured by itself.
async fn ceiling(
    store: &Store,
    id: ConnectionId,
    state: &str,
    frames_us: Vec<u32>,
    output: &mut Output,
) -> Result<(), Problem> {
    let store = store.for_screen();
    let mut reads = Vec::new();
    for number in 0..READS {
        let employee = EmployeeId((100_000 + number * 13).to_string());
        let begun = tokio::time::Instant::now();
        store.person_key(id, &employee).await?;
        reads.push(u32::try_from(begun.elapsed().as_micros()).unwrap_or(u32::MAX));
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let (reads, frames) = (Spread::of(reads), Spread::of(frames_us));
    let bound = reads.p50 + 2 * frames.p50;
    if output.json {
        return output.object(&json!({ "bench": "console", "state": state, "ceiling_us": bound,
            "read_p50_us": reads.p50, "read_p99_us": reads.p99, "frame_p50_us": frames.p50,
            "frame_p99_us": frames.p99, "frames": frames.count }));
    }
    output.line(&format!(
        "{state}: ceiling {:.2} ms: a frame ({:.2} ms, p99 {:.2}), one read of one row ({:.2} ms, p99 {:.2}), a frame",
        millis(bound),
        millis(frames.p50),
        millis(frames.p99),
        millis(reads.p50),
        millis(reads.p99),
    ))
}

/// Nearest-rank percentiles.
#[derive(Clone, Copy, Default)]
struct Spread {
    count: usize,
    p50: u32,
    p99: u32,
    max: u32,
}

impl Spread {
    fn of(mut values: Vec<u32>) -> Self {
        values.sort_unstable();
        let rank = |percent: usize| {
            let at = (values.len() * percent).div_ceil(100).saturating_sub(1);
            values.get(at).copied().unwrap_or(0)
        };
        Self { count: values.len(), p50: rank(50), p99: rank(99), max: rank(100) }
    }
}

fn millis(micros: u32) -> f64 {
    f64::from(micros) / 1000.0
}

/// The load of a run: feed lines in the batches that the engine writes, as fast as they are taken.
async fn write_for_ever(store: Store, id: ConnectionId) {
    loop {
        let line = FeedLine {
            run: None,
            at: Timestamp::UNIX_EPOCH,
            level: Level::Info,
            phase: None,
            employee: None,
            what: "updated".to_owned(),
            text: "job title Waiter → Shift Leader".to_owned(),
        };
        if store.append_feed(id, vec![line; 50]).await.is_err() {
            return;
        }
    }
}

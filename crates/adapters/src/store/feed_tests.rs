//! The feed log with chapters of 64 lines: searched, forgotten, purged in pieces, and compared with a look at every line.

use super::forget::{Purge, overwriting};
use super::views::{FeedEdge, FeedFilter, FeedRow, feed_columns, feed_filter, phase_word};
use super::{NewConnection, Store, feed_index, fold};
use crate::domain::filter::{Facet, Filter};
use crate::domain::ids::{ConnectionId, EmployeeId, Identifier, RunId};
use crate::domain::person::{Employee, EmploymentStatus, Person};
use crate::domain::run::{FeedLine, Level, Phase};
use crate::domain::snapshot::{Side, SourceFacts};
use crate::ports::clock::FixedClock;
use crate::ports::source::SourceRecord;
use fastrand::Rng;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

const NAMES: [&str; 6] = ["Łukasz Wójcik", "Amara Okonkwo", "佐藤 さくら", "Søren Kjær", "Ann Gross", "Ann Lee"];
const WORDS: [&str; 8] = ["Waiter", "Commis Chef", "groß", "Łódź", "佐藤", "Quayside", "a\u{1}b", "→ Bar"];
const WHATS: [&str; 3] = ["updated", "created", "held"];
/// What is typed to find lines.
const ASKED: [&str; 25] = [
    "",
    "waiter",
    "chef",
    "gross",
    "lodz",
    "\"commis chef\"",
    "chef quay",
    "lee",
    "ann waiter",
    "wjck",
    "40718_3",
    "e4",
    "xyz",
    "ch",
    "level:warn,error",
    "level:error chef",
    "phase:create",
    "!waiter",
    "text:quay what:held",
    "phase:update ann",
    "run:2 waiter",
    "person:e1 chef",
    "run:2,3 okwo",
    "who:ann phase:create,update",
    "ogr",
];

fn begin() -> Timestamp {
    "2026-01-01T00:00:00Z".parse().unwrap()
}

fn open(folder: &Path) -> Store {
    Store::open(&folder.join("onroll.db"), Arc::new(FixedClock(begin()))).unwrap()
}

async fn tenant(store: &Store, short: &str) -> ConnectionId {
    let id = store.add_connection(NewConnection::plain(short)).await.unwrap();
    let snapshot = store.begin_snapshot(id, None, Side::Source).await.unwrap();
    let employee = |(at, name): (usize, &&str)| {
        let (first, last) = name.split_once(' ').unwrap();
        let person = Person { first_name: Some(first.into()), last_name: Some(last.into()), ..Person::default() };
        let (id, identifier) = (EmployeeId(format!("e{at}")), Identifier(format!("40718_{at}")));
        let employee =
            Employee { id, identifier, person, manager_id: None, status: EmploymentStatus::Active, unreadable: None };
        SourceRecord { employee, raw: serde_json::Value::Null, out_of_scope: false }
    };
    let people: Vec<SourceRecord> = NAMES.iter().enumerate().map(employee).collect();
    let facts = SourceFacts { received: 6, declared_total: 6, ..SourceFacts::default() };
    store.add_employees(snapshot, people).await.unwrap();
    store.finish_source_snapshot(snapshot, &facts).await.unwrap();
    id
}

fn line(rng: &mut Rng, seconds: i64) -> FeedLine {
    let levels = [Level::Info, Level::Info, Level::Info, Level::Warn, Level::Error];
    FeedLine {
        run: Some(RunId(rng.i64(1..4))),
        at: begin() + SignedDuration::from_secs(seconds),
        level: levels[rng.usize(0..5)],
        phase: [None, Some(Phase::Create), Some(Phase::Update)][rng.usize(0..3)],
        employee: (rng.usize(0..4) > 0).then(|| EmployeeId(format!("e{}", rng.usize(0..7)))),
        what: WHATS[rng.usize(0..3)].into(),
        text: format!("{} {}", WORDS[rng.usize(0..8)], WORDS[rng.usize(0..8)]),
    }
}

fn filter(text: &str) -> FeedFilter {
    feed_filter(&Filter::parse(text), begin().to_zoned(jiff::tz::TimeZone::UTC).date()).unwrap()
}

/// All lines, looked at one by one by what the questions above mean, and by nothing of the search.
fn naively(text: &str, all: &[FeedRow]) -> Vec<i64> {
    let has = |row: &FeedRow, word: &str| {
        let line = &row.line;
        let at = line.employee.as_ref().and_then(|id| id.as_str().strip_prefix('e')?.parse::<usize>().ok());
        let named = at.filter(|_| row.name.is_some()).map(|at| format!("{} e{at} 40718_{at}", fold(NAMES[at])));
        let named = named.unwrap_or_default();
        let loose = |name: &str| {
            let mut letters = name.chars();
            word.chars().count() >= 3
                && word.chars().all(char::is_alphabetic)
                && word.chars().enumerate().all(|(at, letter)| match at {
                    0 => letters.next() == Some(letter),
                    _ => letters.any(|other| other == letter),
                })
        };
        fold(&line.what).contains(word)
            || fold(&line.text).contains(word)
            || named.contains(word)
            || named.split(|c: char| !c.is_alphanumeric()).any(loose)
    };
    let fits = |row: &&FeedRow| {
        let line = &row.line;
        if let Some(phrase) = text.strip_prefix('"') {
            return fold(&line.text).contains(phrase.trim_end_matches('"'));
        }
        text.split_whitespace().all(|term| match term.split_once(':') {
            Some(("level", levels)) => levels.split(',').any(|level| line.level.key() == level),
            Some(("phase", phases)) => line.phase.is_some_and(|known| phases.split(',').any(|one| known.key() == one)),
            Some(("who", name)) => row.name.as_ref().is_some_and(|known| fold(known).contains(name)),
            Some(("what", what)) => line.what == what,
            Some(("text", part)) => fold(&line.text).contains(part),
            Some(("run", runs)) => line.run.is_some_and(|known| runs.split(',').any(|one| known.to_string() == one)),
            Some(("person", id)) => line.employee.as_ref().is_some_and(|known| known.as_str() == id),
            _ => match term.strip_prefix('!') {
                Some(word) => !has(row, word),
                None => has(row, term),
            },
        })
    };
    all.iter().filter(fits).map(|row| row.id).collect()
}

/// How many lines have which value of a column.
type Counts = BTreeMap<&'static str, BTreeMap<String, usize>>;

fn facets_of(facets: Vec<Facet>) -> Counts {
    let columns = feed_columns();
    let counts = |facet: &Facet| facet.values.iter().map(|value| (value.value.clone(), value.count)).collect();
    facets.iter().map(|facet| (columns[facet.column].key, counts(facet))).collect()
}

/// The same by a look at every line: a facet is counted under what is asked of the other columns.
fn naive_facets(text: &str, all: &[FeedRow]) -> Counts {
    let value = |row: &FeedRow, column: &str| match column {
        "level" => row.line.level.key().to_owned(),
        "what" => row.line.what.clone(),
        "phase" => row.line.phase.map_or("", phase_word).to_owned(),
        _ => row.line.run.map_or(String::new(), |run| run.to_string()),
    };
    let of = |column: &'static str| {
        let asked = |term: &&str| !term.starts_with(&format!("{column}:"));
        let is_phrase = text.starts_with('"');
        let others = text.split_whitespace().filter(asked).collect::<Vec<_>>().join(" ");
        let found = naively(if is_phrase { text } else { &others }, all);
        let mut counts = BTreeMap::new();
        for row in all.iter().filter(|row| found.contains(&row.id)) {
            *counts.entry(value(row, column)).or_default() += 1;
        }
        (column, counts)
    };
    ["level", "what", "phase", "run"].into_iter().map(of).collect()
}

async fn all(store: &Store, id: ConnectionId) -> Vec<FeedRow> {
    store.feed_window(id, FeedFilter::default(), FeedEdge::Newest, u32::MAX).await.unwrap()
}

/// Every question, from both ends and in windows, finds what a look at every line finds.
async fn is_as_naively(store: &Store, id: ConnectionId, what: &str) {
    let lines = all(store, id).await;
    for text in ASKED {
        let wanted = naively(text, &lines);
        let what = format!("{what}: `{text}`");
        let ids = |rows: Vec<FeedRow>| rows.into_iter().map(|row| row.id).collect::<Vec<i64>>();
        let window = async |edge, most| ids(store.feed_window(id, filter(text), edge, most).await.unwrap());
        assert_eq!(window(FeedEdge::Newest, u32::MAX).await, wanted, "{what}");
        let (mut found, mut edge) = (Vec::new(), FeedEdge::Newest);
        loop {
            let part = window(edge, 37).await;
            let Some(last) = part.last() else { break };
            edge = FeedEdge::Before(*last);
            found.extend(part);
        }
        assert_eq!(found, wanted, "{what}, in windows");
        let half = wanted.get(wanted.len() / 2).copied().unwrap_or(0);
        let newer: Vec<i64> = wanted.iter().copied().filter(|id| *id > half).collect();
        let next = newer.iter().rev().take(5).rev().copied().collect::<Vec<i64>>();
        assert_eq!(window(FeedEdge::After(half), 5).await, next, "{what}, behind {half}");
        assert_eq!(store.feed_count(id, filter(text)).await.unwrap(), wanted.len() as u64, "{what}, counted");
        // So short a log is in memory at once, and read on with each question.
        let screen = store.for_screen();
        let known = screen.feed_window_at_once(id, filter(text), FeedEdge::Newest, u32::MAX).await.unwrap();
        assert_eq!(known.map(ids), Some(wanted.clone()), "{what}, out of memory");
        let counted = screen.feed_count_at_once(id, filter(text)).await.unwrap();
        assert_eq!(counted, Some(wanted.len() as u64), "{what}, counted in memory");
        let facets = screen.feed_facets(id, filter(text)).await.unwrap().expect("the log is in memory");
        assert_eq!(facets_of(facets), naive_facets(text, &lines), "{what}, facets");
    }
}

async fn chapters(store: &Store, id: ConnectionId) -> Vec<feed_index::Chapter> {
    store.read(move |c| feed_index::chapters(c, id)).await.unwrap()
}

#[tokio::test]
async fn the_file_finds_what_a_look_at_every_line_finds_whatever_went_before() {
    for seed in 0..6 {
        let folder = tempfile::tempdir().unwrap();
        let mut rng = Rng::with_seed(seed);
        let store = open(folder.path());
        let tenants = [tenant(&store, "one").await, tenant(&store, "two").await];
        let mut seconds = 0;
        for step in 0..7 {
            let id = tenants[rng.usize(0..2)];
            match rng.usize(0..5) {
                0 => store.forget_person(id, EmployeeId(format!("e{}", rng.usize(0..6))), None, "me").await.unwrap(),
                1 => {
                    let limit = begin() + SignedDuration::from_secs(seconds / 3);
                    store.purge_older_than(id, limit).await.unwrap();
                }
                2 => {
                    store.settle_feed(id).await.unwrap();
                }
                _ => {}
            }
            for _ in 0..rng.usize(1..8) {
                let id = tenants[rng.usize(0..2)];
                let lines = (0..rng.usize(1..60)).map(|_| {
                    seconds += 1;
                    line(&mut rng, seconds)
                });
                store.append_feed(id, lines.collect()).await.unwrap();
            }
            if step % 3 == 0 {
                for id in tenants {
                    is_as_naively(&store, id, &format!("seed {seed}, step {step}")).await;
                }
            }
        }
        for id in tenants {
            store.settle_feed(id).await.unwrap();
            is_as_naively(&store, id, &format!("seed {seed}, settled")).await;
        }
    }
}

#[tokio::test]
async fn enough_lines_become_chapters_by_themselves_and_a_lost_line_takes_its_chapter_along() {
    let folder = tempfile::tempdir().unwrap();
    let (store, mut rng) = (open(folder.path()), Rng::with_seed(7));
    let id = tenant(&store, "one").await;
    for part in 0..20 {
        store.append_feed(id, (0..20).map(|at| line(&mut rng, part * 20 + at)).collect()).await.unwrap();
    }
    let made = chapters(&store, id).await;
    let lines: Vec<usize> = made.iter().map(|one| one.lines).collect();
    assert_eq!(lines, [64, 64, 64, 64, 64, 64, 16], "of 400 lines");
    assert!(made.windows(2).all(|two| two[0].last == two[1].after));

    let gone = made[2];
    let drop_line = move |c: &super::Sqlite| Ok(c.execute("DELETE FROM feed WHERE id = ?1", [gone.after + 5])?);
    store.write(super::writer::Write::default(), drop_line).await.unwrap();
    let left = chapters(&store, id).await;
    assert_eq!(left.len(), 6);
    let letters = move |c: &super::Sqlite| {
        let sql = "SELECT count(*) FROM feed_gram WHERE id >> 32 = ?1";
        Ok(c.query_row(sql, [gone.id], |row| row.get::<_, i64>(0))?)
    };
    assert_eq!(store.read(letters).await.unwrap(), 0, "its letters went with it");
    is_as_naively(&store, id, "with a gap").await;
    assert_eq!(store.settle_feed(id).await.unwrap(), 1);
    let made = chapters(&store, id).await;
    assert_eq!((made.len(), made[2].lines), (7, 63));
    is_as_naively(&store, id, "made anew").await;

    // A tenant that goes takes everything along.
    store.remove_connection(id, "me").await.unwrap();
    let rest = |c: &super::Sqlite| {
        let sql = "SELECT (SELECT count(*) FROM feed) + (SELECT count(*) FROM feed_chapter) + (SELECT count(*) FROM feed_gram)";
        Ok(c.query_row(sql, [], |row| row.get::<_, i64>(0))?)
    };
    assert_eq!(store.read(rest).await.unwrap(), 0);
}

#[tokio::test]
async fn a_retention_that_dies_between_two_pieces_goes_on_and_nobody_sees_half_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let (mut store, mut rng) = (open(folder.path()), Rng::with_seed(11));
    let (id, other) = (tenant(&store, "one").await, tenant(&store, "two").await);
    let mut lines: Vec<FeedLine> = (0..600).map(|at| line(&mut rng, at)).collect();
    // The clock was set back for a moment, and ahead for another one.
    lines[150].at = begin() + SignedDuration::from_hours(9_000);
    lines[330].at = begin();
    store.append_feed(other, lines.clone()).await.unwrap();
    store.append_feed(id, lines.clone()).await.unwrap();
    store.settle_feed(id).await.unwrap();
    let limit = begin() + SignedDuration::from_secs(300);
    // Five pieces, then the process is gone, again and again: letters of the first chapter go, then its lines.
    let pieces = move |c: &super::Sqlite| {
        (0..5).try_fold(Purge::new(), |purge, _| overwriting(c, |c| purge.piece(c, id, limit)))
    };
    let (mut left, mut deaths) = (lines.len(), 0);
    while left == lines.len() {
        store.alone(pieces).await.unwrap();
        drop(store);
        store = open(folder.path());
        left = all(&store, id).await.len();
        deaths += 1;
        assert!(deaths < 100, "it comes to no end");
        if deaths % 4 == 1 || left < lines.len() {
            is_as_naively(&store, id, "in the middle").await;
        }
    }
    assert!(deaths > 1 && left >= 540, "{deaths} deaths, {left} lines");

    // Somebody looks and writes while the rest goes.
    let (reader, writer) = (open(folder.path()), store.clone());
    let looks = async {
        let mut seen = 0;
        for _ in 0..40 {
            let rows = reader.feed_window(id, filter("waiter"), FeedEdge::Newest, u32::MAX).await.unwrap();
            assert!(rows.windows(2).all(|two| two[0].id > two[1].id));
            let young = rows.iter().filter(|row| row.line.at >= limit).count();
            seen = seen.max(young);
            assert_eq!(young, seen, "a young line was never away");
            writer.append_feed(other, vec![line(&mut rng, 700)]).await.unwrap();
        }
    };
    let (gone, ()) = tokio::join!(store.purge_older_than(id, limit), looks);
    let kept = all(&store, id).await;
    assert_eq!(gone.unwrap(), left - kept.len());
    let wanted = lines.iter().filter(|line| line.at >= limit).count();
    assert_eq!(kept.len(), wanted);
    assert!(kept.iter().all(|row| row.line.at >= limit));
    store.settle_feed(id).await.unwrap();
    is_as_naively(&store, id, "in the end").await;
    assert_eq!(all(&store, other).await.len(), 640, "another tenant's lines stay");
    assert_eq!(store.purge_older_than(id, limit).await.unwrap(), 0);
}

#[tokio::test]
async fn lines_of_a_clock_that_was_ahead_keep_nothing_behind_them() {
    let folder = tempfile::tempdir().unwrap();
    let (store, mut rng) = (open(folder.path()), Rng::with_seed(12));
    let id = tenant(&store, "one").await;
    let ahead = |mut line: FeedLine| {
        line.at = begin() + SignedDuration::from_hours(9_000);
        line
    };
    // More of them than what ends a retention.
    let first: Vec<FeedLine> = (0..700).map(|at| ahead(line(&mut rng, at))).collect();
    let then: Vec<FeedLine> = (0..600).map(|at| line(&mut rng, at)).collect();
    store.append_feed(id, first).await.unwrap();
    let limit = begin() + SignedDuration::from_secs(300);
    // The words of the audit go.
    assert_eq!(store.purge_older_than(id, limit).await.unwrap(), 0);
    assert!(!store.has_older_than(id, limit).await.unwrap(), "none of them is old");
    store.append_feed(id, then.clone()).await.unwrap();
    assert!(store.has_older_than(id, limit).await.unwrap());
    let old = then.iter().filter(|line| line.at < limit).count();
    assert_eq!(store.purge_older_than(id, limit).await.unwrap(), old);
    let kept = all(&store, id).await;
    assert_eq!(kept.len(), 1_300 - old);
    assert!(kept.iter().all(|row| row.line.at >= limit));
    assert!(!store.has_older_than(id, limit).await.unwrap());
}

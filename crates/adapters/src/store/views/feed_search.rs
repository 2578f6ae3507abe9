//! Search of the feed log in the file: chapter by chapter from the end that is asked for, until enough is found. What the index
//! says is compared with the line itself, so a line is found here exactly when it would be by reading all of them.

use super::feed::{FeedEdge, FeedFilter, FeedRow};
use super::feed_columns::{FeedColumn, passes, phase_word};
use super::feed_log::searched;
use crate::domain::filter::{Condition, Test, Wanted, Word};
use crate::domain::ids::ConnectionId;
use crate::domain::run::{Level, Phase};
use crate::store::Sqlite;
use crate::store::columns::fold;
use crate::store::error::StoreError;
use crate::store::feed::{level_number, line_of};
use crate::store::feed_index::{Chapter, GRAM, chapters, grams, level_mark, numbers, phase_mark, place_of, unpacked};
use crate::store::kept::{Kept, Lasts};
use crate::store::text_index::TextIndex;
use rusqlite::{OptionalExtension, Row, params};
use std::sync::Arc;

/// Lines of people by whom a text is looked for; of more people it is faster to read the log itself, in which they stand often.
const MOST_OF_PEOPLE: usize = 100_000;
/// People of whom lines are looked for one by one.
const MOST_PEOPLE: usize = 10_000;

/// Everybody of a pull as they are searched, by employee.
pub(super) type People = Vec<(Box<str>, Box<str>)>;

/// What is needed to answer: a connection of the reading thread, and what that keeps.
#[derive(Clone, Copy)]
pub(super) struct Search<'a> {
    pub(super) c: &'a Sqlite,
    pub(super) kept: &'a Kept,
    pub(super) connection: ConnectionId,
    pub(super) snapshot: Option<i64>,
}

/// What a line must have, as the index knows it: any of the ways, of each all letters; or a person's name.
struct Needle {
    ways: Vec<Vec<u32>>,
    /// The numbers of the lines of people who are called so, rising.
    people: Vec<i64>,
}

/// What a filter asks for of which the index knows something.
enum Wish<'a> {
    Marks(Vec<u32>),
    /// Any of these in the text.
    Texts(Vec<String>),
    /// In the text, or in the name of the person.
    Anywhere(String),
    Word(&'a Word),
}

fn has_letters(text: &str) -> bool {
    text.chars().nth(GRAM - 1).is_some()
}

fn wishes(filter: &FeedFilter) -> Vec<Wish<'_>> {
    let mut found = Vec::new();
    found.extend(match filter.level {
        None | Some(Level::Info) => None,
        Some(Level::Warn) => Some(Wish::Marks(vec![level_mark(Level::Warn), level_mark(Level::Error)])),
        Some(Level::Error) => Some(Wish::Marks(vec![level_mark(Level::Error)])),
    });
    found.extend(filter.phase.map(|phase| Wish::Marks(vec![phase_mark(Some(phase))])));
    let text = TextIndex::folded(&filter.text);
    if has_letters(&text) {
        found.push(Wish::Anywhere(text));
    }
    for Condition { wanted, .. } in filter.terms.iter().filter(|term| !term.not) {
        found.extend(match wanted {
            Wanted::Word(word) => has_letters(word.text()).then_some(Wish::Word(word)),
            Wanted::Column { at, any } => of_column(FeedColumn::ALL.get(*at).copied(), any),
        });
    }
    found
}

fn of_column(column: Option<FeedColumn>, any: &[Test]) -> Option<Wish<'static>> {
    let fits = |word: &str| any.iter().any(|test| test.fits(word));
    match column? {
        FeedColumn::Level => {
            let levels = [Level::Info, Level::Warn, Level::Error].into_iter().filter(|level| fits(level.key()));
            Some(Wish::Marks(levels.map(level_mark).collect()))
        }
        FeedColumn::Phase => {
            let phases = std::iter::once(None).chain(Phase::ALL.iter().copied().map(Some));
            let phases = phases.filter(|phase| fits(phase.map_or("", phase_word)));
            Some(Wish::Marks(phases.map(phase_mark).collect()))
        }
        FeedColumn::Text => {
            let text = |test: &Test| match test {
                Test::Part(text) => Some(text.clone()),
                Test::Whole(text) => Some(fold(text)),
                _ => None,
            };
            any.iter()
                .map(text)
                .collect::<Option<Vec<_>>>()
                .filter(|texts| texts.iter().all(|text| has_letters(text)))
                .map(Wish::Texts)
        }
        _ => None,
    }
}

/// Whether lines are looked for through the index: there is something that it knows, and one person's lines are not asked for.
pub(super) fn is_for_index(filter: &FeedFilter) -> bool {
    let by_text = || wishes(filter).iter().any(|wish| !matches!(wish, Wish::Marks(_)));
    filter.person.is_none() && (filter.phase.is_some() || filter.terms.iter().any(is_mark) || by_text())
}

fn is_mark(term: &Condition) -> bool {
    let column = if let Wanted::Column { at, .. } = &term.wanted { FeedColumn::ALL.get(*at) } else { None };
    !term.not && matches!(column, Some(FeedColumn::Level | FeedColumn::Phase))
}

impl Search<'_> {
    /// Everybody of the pull that names are from. It is read once: a pull does not change.
    pub(super) fn people(&self) -> Result<Arc<People>, StoreError> {
        let Some(snapshot) = self.snapshot else { return Ok(Arc::default()) };
        self.kept.answer(self.c, Lasts::Always, ("feed people", snapshot), || {
            let mut query = self
                .c
                .prepare_cached("SELECT employee, search FROM employee WHERE snapshot = ?1 AND in_scope IN (0, 1)")?;
            let people = query.query_map([snapshot], |row| {
                Ok((row.get::<_, String>(0)?.into_boxed_str(), row.get::<_, String>(1)?.into_boxed_str()))
            })?;
            let mut people: People = people.collect::<Result<_, _>>()?;
            people.sort_unstable();
            Ok(Arc::new(people))
        })
    }

    /// The lines of people who are called so; `None` where there are too many. Who is called so does not change with a pull.
    fn lines_of(
        &self,
        people: &People,
        (word, is_loose): (&str, bool),
        has: impl Fn(&str) -> bool,
    ) -> Result<Option<Vec<i64>>, StoreError> {
        let called = ("feed called", self.snapshot, word, is_loose);
        let named: Arc<Vec<Box<str>>> = self.kept.answer(self.c, Lasts::Always, called, || {
            let named = people.iter().filter(|(_, search)| has(search)).map(|(employee, _)| employee.clone());
            Ok(Arc::new(named.take(MOST_PEOPLE + 1).collect()))
        })?;
        if named.len() > MOST_PEOPLE {
            return Ok(None);
        }
        let mut query = self.c.prepare_cached("SELECT id FROM feed WHERE connection = ?1 AND employee = ?2")?;
        let mut lines = Vec::new();
        for employee in named.iter() {
            let mut rows = query.query(params![self.connection.0, employee.as_ref()])?;
            while let Some(row) = rows.next()? {
                lines.push(row.get(0)?);
                if lines.len() > MOST_OF_PEOPLE {
                    return Ok(None);
                }
            }
        }
        lines.sort_unstable();
        Ok(Some(lines))
    }

    fn needles(&self, filter: &FeedFilter, people: &People) -> Result<Vec<Needle>, StoreError> {
        let mut needles = Vec::new();
        for wish in wishes(filter) {
            let (ways, lines) = match wish {
                Wish::Marks(marks) => (marks.into_iter().map(|mark| vec![mark]).collect(), Some(Vec::new())),
                Wish::Texts(texts) => (texts.iter().map(|text| grams(text)).collect(), Some(Vec::new())),
                Wish::Anywhere(text) => {
                    (vec![grams(&text)], self.lines_of(people, (&text, false), |search| search.contains(&text))?)
                }
                Wish::Word(word) => (
                    vec![grams(word.text())],
                    self.lines_of(people, (word.text(), word.is_loose()), |search| word.is_in(search))?,
                ),
            };
            needles.extend(lines.map(|people| Needle { ways, people }));
        }
        Ok(needles)
    }
}

/// Looks at a line; compares it with everything that is asked.
pub(super) struct Look<'a> {
    filter: &'a FeedFilter,
    text: String,
    people: Arc<People>,
    /// A term asks for the name as it is shown.
    asks_name: bool,
}

impl<'a> Look<'a> {
    pub(super) fn new(search: &Search<'_>, filter: &'a FeedFilter) -> Result<Self, StoreError> {
        let text = TextIndex::folded(&filter.text);
        let is_about = |column| {
            let place = FeedColumn::ALL.iter().position(|known| *known == column);
            filter.terms.iter().any(|term| matches!(&term.wanted, Wanted::Column { at, .. } if Some(*at) == place))
        };
        let by_words = filter.terms.iter().any(|term| matches!(term.wanted, Wanted::Word(_)));
        let people = if text.is_empty() && !by_words { Arc::default() } else { search.people()? };
        Ok(Self { filter, text, people, asks_name: is_about(FeedColumn::Who) })
    }

    /// The line, where it is one that is wanted.
    pub(super) fn at(&self, search: &Search<'_>, row: &Row<'_>) -> Result<Option<FeedRow>, StoreError> {
        let filter = self.filter;
        let mut line = FeedRow { id: row.get("id")?, line: line_of(row)?, name: None };
        let it = &line.line;
        let fits = filter.level.is_none_or(|level| level_number(it.level) >= level_number(level))
            && filter.run.is_none_or(|run| it.run == Some(run))
            && filter.phase.is_none_or(|phase| it.phase == Some(phase))
            && filter.person.as_ref().is_none_or(|person| it.employee.as_ref() == Some(person));
        if !fits {
            return Ok(None);
        }
        if !self.text.is_empty() || !filter.terms.is_empty() {
            let person = it.employee.as_ref().and_then(|employee| {
                let at = self.people.binary_search_by(|(known, _)| known.as_ref().cmp(employee.as_str())).ok()?;
                self.people.get(at).map(|(_, search)| search.as_ref())
            });
            let text = searched(&it.what, &it.text, person);
            if !text.contains(&self.text) {
                return Ok(None);
            }
            if self.asks_name {
                line.name = name(search, &line)?;
            }
            if !passes(&line, &text, &filter.terms) {
                return Ok(None);
            }
        }
        Ok(Some(line))
    }
}

/// The name of the person of a line.
pub(super) fn name(search: &Search<'_>, row: &FeedRow) -> Result<Option<String>, StoreError> {
    let Some(employee) = row.line.employee.as_ref() else { return Ok(None) };
    let mut query = search.c.prepare_cached("SELECT name FROM employee WHERE snapshot = ?1 AND employee = ?2")?;
    Ok(query.query_row(params![search.snapshot, employee.as_str()], |row| row.get(0)).optional()?)
}

/// A part of the log: a chapter, or the lines outside of one.
#[derive(Clone, Copy)]
struct Part {
    after: i64,
    until: i64,
    chapter: Option<Chapter>,
}

/// All of a log in parts, rising.
fn parts(chapters: &[Chapter]) -> Vec<Part> {
    let mut parts = Vec::with_capacity(chapters.len() + 1);
    let mut end = 0;
    for chapter in chapters {
        if chapter.after > end {
            parts.push(Part { after: end, until: chapter.after, chapter: None });
        }
        parts.push(Part { after: chapter.after, until: chapter.last, chapter: Some(*chapter) });
        end = chapter.last;
    }
    parts.push(Part { after: end, until: i64::MAX, chapter: None });
    parts
}

/// Which way a log is read, and between which numbers (behind the first, up to and with the second).
#[derive(Clone, Copy)]
struct Way {
    down: bool,
    after: i64,
    until: i64,
}

impl Way {
    fn new(search: &Search<'_>, filter: &FeedFilter, edge: FeedEdge) -> Result<Self, StoreError> {
        let (down, mut after, mut until) = match edge {
            FeedEdge::Newest => (true, 0, i64::MAX),
            FeedEdge::Before(id) => (true, 0, id.saturating_sub(1)),
            FeedEdge::After(id) => (false, id, i64::MAX),
        };
        if let Some(run) = filter.run {
            // One for each end, which the index has.
            let end = |sql: &str| -> Result<Option<i64>, StoreError> {
                Ok(search.c.prepare_cached(sql)?.query_row([run.0], |row| row.get(0)).optional()?.flatten())
            };
            after = after.max(end("SELECT min(id) FROM feed WHERE run = ?1")?.map_or(i64::MAX, |first| first - 1));
            until = until.min(end("SELECT max(id) FROM feed WHERE run = ?1")?.unwrap_or(0));
        }
        Ok(Self { down, after, until })
    }
}

const LINE: &str = "SELECT id, run, at, level, phase, employee, what, text FROM feed";

/// Hands over the lines that a filter finds, from an edge on, until `wanted` says that it has enough.
pub(super) fn walk(
    search: &Search<'_>,
    filter: &FeedFilter,
    edge: FeedEdge,
    mut wanted: impl FnMut(FeedRow) -> bool,
) -> Result<(), StoreError> {
    let way = Way::new(search, filter, edge)?;
    let look = Look::new(search, filter)?;
    let needles = search.needles(filter, &look.people)?;
    // While one statement is at work an interruption holds for all that follow.
    let mut at_work = search.c.prepare_cached("SELECT 1 UNION ALL SELECT 2")?;
    let mut held = at_work.query([])?;
    held.next()?;
    let mut parts = if needles.is_empty() {
        vec![Part { after: 0, until: i64::MAX, chapter: None }]
    } else {
        parts(&chapters(search.c, search.connection)?)
    };
    parts.retain(|part| part.until > way.after && part.after < way.until);
    if way.down {
        parts.reverse();
    }
    for part in parts {
        let more = match part.chapter {
            Some(chapter) => in_chapter(search, &look, &needles, (chapter, way), &mut wanted)?,
            None => in_gap(search, &look, (part, way), &mut wanted)?,
        };
        if !more {
            break;
        }
    }
    Ok(())
}

/// Lines outside of chapters are looked at one by one. False where enough is found.
fn in_gap(
    search: &Search<'_>,
    look: &Look<'_>,
    (part, way): (Part, Way),
    wanted: &mut impl FnMut(FeedRow) -> bool,
) -> Result<bool, StoreError> {
    let order = if way.down { "DESC" } else { "ASC" };
    let mut query = search
        .c
        .prepare_cached(&format!("{LINE} WHERE connection = ?1 AND id > ?2 AND id <= ?3 ORDER BY id {order}"))?;
    let mut rows = query.query(params![search.connection.0, part.after.max(way.after), part.until.min(way.until)])?;
    while let Some(row) = rows.next()? {
        if let Some(line) = look.at(search, row)?
            && !wanted(line)
        {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Only the lines that have all needles are looked at. False where enough is found.
fn in_chapter(
    search: &Search<'_>,
    look: &Look<'_>,
    needles: &[Needle],
    (chapter, way): (Chapter, Way),
    wanted: &mut impl FnMut(FeedRow) -> bool,
) -> Result<bool, StoreError> {
    let mut known = None;
    let mut found: Option<Vec<u64>> = None;
    for needle in needles {
        let mut has = vec![0; chapter.lines.div_ceil(64)];
        for way in &needle.ways {
            if let Some(places) = with_all(search.c, &chapter, way)? {
                has.iter_mut().zip(places).for_each(|(word, more)| *word |= more);
            }
        }
        let from = needle.people.partition_point(|line| *line <= chapter.after);
        let to = needle.people.partition_point(|line| *line <= chapter.last);
        for line in needle.people.get(from..to).unwrap_or_default() {
            let numbers = numbers_of(search.c, &chapter, &mut known)?;
            if let Ok(at) = numbers.binary_search(line)
                && let Some(word) = has.get_mut(at / 64)
            {
                *word |= 1 << (at % 64);
            }
        }
        let all = match found.take() {
            Some(mut all) => {
                all.iter_mut().zip(has).for_each(|(word, other)| *word &= other);
                all
            }
            None => has,
        };
        if all.iter().all(|word| *word == 0) {
            return Ok(true);
        }
        found = Some(all);
    }
    let numbers = numbers_of(search.c, &chapter, &mut known)?;
    let all = found.unwrap_or_default();
    let chosen = |at: &usize| all.get(at / 64).is_some_and(|word| word >> (at % 64) & 1 == 1);
    let places = (0..numbers.len()).filter(chosen);
    let mut lines: Vec<i64> = places.filter_map(|at| numbers.get(at).copied()).collect();
    lines.retain(|line| *line > way.after && *line <= way.until);
    if way.down {
        lines.reverse();
    }
    let mut query = search.c.prepare_cached(&format!("{LINE} WHERE id = ?1 AND connection = ?2"))?;
    for line in lines {
        let mut rows = query.query(params![line, search.connection.0])?;
        if let Some(row) = rows.next()?
            && let Some(line) = look.at(search, row)?
            && !wanted(line)
        {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The places of a chapter that have all of these letters; `None` where there are none.
fn with_all(c: &Sqlite, chapter: &Chapter, grams: &[u32]) -> Result<Option<Vec<u64>>, StoreError> {
    let mut query = c.prepare_cached("SELECT places FROM feed_gram WHERE id = ?1")?;
    let mut found: Option<Vec<u64>> = None;
    for gram in grams {
        let mut rows = query.query([place_of(chapter.id, *gram)])?;
        let Some(row) = rows.next()? else { return Ok(None) };
        let places = unpacked(row.get_ref(0)?.as_blob().unwrap_or_default(), chapter.lines);
        let Some(all) = &mut found else {
            found = Some(places);
            continue;
        };
        all.iter_mut().zip(places).for_each(|(word, other)| *word &= other);
        if all.iter().all(|word| *word == 0) {
            return Ok(None);
        }
    }
    Ok(found)
}

fn numbers_of<'a>(c: &Sqlite, chapter: &Chapter, known: &'a mut Option<Vec<i64>>) -> Result<&'a [i64], StoreError> {
    if known.is_none() {
        let bytes: Vec<u8> = c
            .prepare_cached("SELECT numbers FROM feed_chapter WHERE id = ?1")?
            .query_row([chapter.id], |row| row.get(0))?;
        *known = Some(numbers(chapter.after, &bytes));
    }
    Ok(known.as_deref().unwrap_or_default())
}

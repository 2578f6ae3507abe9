//! The search index of the feed log: a tenant's lines in chapters, and of each chapter which lines have three letters (folded)
//! in a row. Only that is kept, so whatever is found is compared with the line itself.
//!
//! A run writes lines and nothing else. Once there are 2,000 of them they become a small chapter, and eight of those a whole one
//! ([`Store::settle_feed`]): it is read and worked out beside the writer and put in by one short write, which looks whether the lines
//! are still those. Until then, and where a line was taken away since, lines are looked through: nothing is wrong, only slower. A chapter that loses
//! a line goes as a whole (a trigger), its letters with it, so that nothing of a forgotten line stays.

use super::columns::fold;
use super::error::StoreError;
use super::feed::level_number;
use super::writer::Write;
use super::{Sqlite, Store};
use crate::domain::ids::ConnectionId;
use crate::domain::run::{Level, Phase};
use rusqlite::{OptionalExtension, params};
use std::collections::HashMap;
use std::collections::hash_map::Entry;

/// Lines of a chapter: two sets of its places fill a page of the file.
pub(super) const CHAPTER: usize = if cfg!(test) { 64 } else { 16_000 };
/// Lines of a chapter at the end of the log, which a few more make a whole one of: fewer are looked through.
const SMALL: usize = CHAPTER / 8;
/// Chapters that are made between two writes of a run.
const AT_ONCE: usize = 4;
/// Letters in a row that are kept.
pub(super) const GRAM: usize = 3;

/// A chapter as lists know it: the lines behind `after` up to `last`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Chapter {
    pub(super) id: i64,
    pub(super) after: i64,
    pub(super) last: i64,
    pub(super) lines: usize,
}

/// The chapters of a tenant, rising.
pub(super) fn chapters(c: &Sqlite, connection: ConnectionId) -> Result<Vec<Chapter>, StoreError> {
    let mut query =
        c.prepare_cached("SELECT id, after, last, lines FROM feed_chapter WHERE connection = ?1 ORDER BY last")?;
    let rows = query.query_map([connection.0], |row| {
        let lines = usize::try_from(row.get::<_, i64>(3)?).unwrap_or(0);
        Ok(Chapter { id: row.get(0)?, after: row.get(1)?, last: row.get(2)?, lines })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// The number of three letters: themselves where they are of the first thousand characters, else what stands for them.
/// Others may share it.
fn gram(letters: [char; GRAM]) -> u32 {
    let codes = letters.map(u32::from);
    if codes.iter().all(|code| *code < 1 << 10) {
        return codes.iter().fold(0, |sum, code| sum << 10 | code);
    }
    codes.iter().fold(0x811c_9dc5_u32, |sum, code| (sum ^ code).wrapping_mul(0x0100_0193)) >> 2 | 1 << 30
}

/// The numbers of all letters in a row of a folded text; none where it is too short.
pub(super) fn grams(folded: &str) -> Vec<u32> {
    let mut found = Vec::with_capacity(folded.len());
    let mut before = [None, None];
    for letter in folded.chars().map(|letter| letter.to_ascii_lowercase()) {
        if let [Some(first), Some(second)] = before {
            found.push(gram([first, second, letter]));
        }
        before = [before[1], Some(letter)];
    }
    found.sort_unstable();
    found.dedup();
    found
}

/// The mark of lines of just this level.
pub(super) fn level_mark(level: Level) -> u32 {
    1 << 31 | u32::try_from(level_number(level)).unwrap_or(0)
}

/// The mark of lines of a phase, or of none.
pub(super) fn phase_mark(phase: Option<Phase>) -> u32 {
    let place = Phase::ALL.iter().position(|known| Some(*known) == phase).map_or(0, |at| at + 1);
    1 << 31 | 1 << 8 | u32::try_from(place).unwrap_or(0)
}

/// Where the letters of a chapter stand.
pub(super) fn place_of(chapter: i64, gram: u32) -> i64 {
    chapter << 32 | i64::from(gram)
}

/// Places of a chapter as they are kept: a bit for each, or, where that is shorter, how far it is to the next.
fn packed(places: &[u16], lines: usize) -> Vec<u8> {
    let mut steps = vec![1];
    let mut before = 0_u32;
    for place in places {
        put(&mut steps, u64::from(u32::from(*place) - before));
        before = u32::from(*place);
    }
    let bytes = lines.div_ceil(8);
    if steps.len() <= bytes {
        return steps;
    }
    let mut bits = vec![0; bytes + 1];
    for place in places {
        if let Some(byte) = bits.get_mut(1 + usize::from(*place) / 8) {
            *byte |= 1 << (place % 8);
        }
    }
    bits
}

/// The places of a chapter as bits, by words of 64.
pub(super) fn unpacked(bytes: &[u8], lines: usize) -> Vec<u64> {
    let mut words = vec![0_u64; lines.div_ceil(64)];
    match bytes.split_first() {
        Some((0, bits)) => {
            for (at, byte) in bits.iter().enumerate() {
                if let Some(word) = words.get_mut(at / 8) {
                    *word |= u64::from(*byte) << (8 * (at % 8));
                }
            }
        }
        Some((_, steps)) => {
            let mut place = 0_u64;
            for step in taken(steps) {
                place = place.saturating_add(step);
                let at = usize::try_from(place / 64).unwrap_or(usize::MAX);
                if let Some(word) = words.get_mut(at) {
                    *word |= 1 << (place % 64);
                }
            }
        }
        None => {}
    }
    words
}

/// The numbers of a chapter's lines, rising.
pub(super) fn numbers(after: i64, bytes: &[u8]) -> Vec<i64> {
    let mut number = after;
    taken(bytes)
        .map(|step| {
            number = number.saturating_add(i64::try_from(step).unwrap_or(i64::MAX));
            number
        })
        .collect()
}

/// Seven bits a byte, the lowest first.
fn put(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(u8::try_from(number & 0x7f).unwrap_or(0) | 0x80);
        number >>= 7;
    }
    out.push(u8::try_from(number).unwrap_or(0));
}

fn taken(bytes: &[u8]) -> impl Iterator<Item = u64> + '_ {
    let mut bytes = bytes.iter();
    std::iter::from_fn(move || {
        let (mut number, mut shift) = (0_u64, 0);
        loop {
            let byte = bytes.next()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 || shift > 56 {
                return Some(number);
            }
            shift += 7;
        }
    })
}

/// A chapter that is not in the file yet.
struct Draft {
    after: i64,
    last: i64,
    lines: usize,
    numbers: Vec<u8>,
    grams: Vec<(u32, Vec<u8>)>,
}

/// Works out the chapter of the next lines behind `after`, up to `until`; nothing where there are none.
fn draft(c: &Sqlite, connection: ConnectionId, after: i64, until: i64) -> Result<Option<Draft>, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT id, level, phase, what, text FROM feed WHERE connection = ?1 AND id > ?2 AND id <= ?3 ORDER BY id LIMIT ?4",
    )?;
    let most = i64::try_from(CHAPTER).unwrap_or(i64::MAX);
    let mut rows = query.query(params![connection.0, after, until, most])?;
    let mut places: HashMap<u32, Vec<u16>> = HashMap::new();
    // Many lines say the same: what is in a text is worked out once.
    let mut known: HashMap<String, Vec<u32>> = HashMap::new();
    let (mut last, mut lines, mut numbers) = (after, 0_u16, Vec::new());
    while let Some(row) = rows.next()? {
        let number: i64 = row.get(0)?;
        put(&mut numbers, u64::try_from(number - last).unwrap_or(0));
        last = number;
        let level = u32::try_from(row.get::<_, i64>(1)?).unwrap_or(0);
        let phase = row.get_ref(2)?.as_str_or_null().ok().flatten().and_then(Phase::from_key);
        let mut put_in = |gram: u32| {
            let places = places.entry(gram).or_default();
            if places.last() != Some(&lines) {
                places.push(lines);
            }
        };
        put_in(1 << 31 | level.min(2));
        put_in(phase_mark(phase));
        for column in [3, 4] {
            let text = row.get_ref(column)?.as_str().unwrap_or_default();
            match known.get(text) {
                Some(known) => known.iter().copied().for_each(&mut put_in),
                None => {
                    let found = grams(&fold(text));
                    found.iter().copied().for_each(&mut put_in);
                    known.insert(text.to_owned(), found);
                }
            }
        }
        lines += 1;
    }
    if lines == 0 {
        return Ok(None);
    }
    let lines = usize::from(lines);
    let mut grams: Vec<(u32, Vec<u8>)> =
        places.into_iter().map(|(gram, places)| (gram, packed(&places, lines))).collect();
    grams.sort_unstable_by_key(|(gram, _)| *gram);
    Ok(Some(Draft { after, last, lines, numbers, grams }))
}

/// Puts a chapter in; false where its lines are not what was read any more.
fn insert(c: &Sqlite, connection: ConnectionId, draft: &Draft) -> Result<bool, StoreError> {
    let mut query = c.prepare_cached("SELECT count(*) FROM feed WHERE connection = ?1 AND id > ?2 AND id <= ?3")?;
    let lines: i64 = query.query_row(params![connection.0, draft.after, draft.last], |row| row.get(0))?;
    // Chapters between are part of it; one that only overlaps was made meanwhile.
    let mut query = c.prepare_cached(
        "SELECT count(*) FROM feed_chapter WHERE connection = ?1 AND last > ?2 AND after < ?3 AND (after < ?2 OR last > ?3)",
    )?;
    let others: i64 = query.query_row(params![connection.0, draft.after, draft.last], |row| row.get(0))?;
    // Numbers are given once and lines never change: as many are the same ones.
    if usize::try_from(lines).ok() != Some(draft.lines) || others > 0 {
        return Ok(false);
    }
    c.prepare_cached("DELETE FROM feed_chapter WHERE connection = ?1 AND last > ?2 AND last <= ?3")?
        .execute(params![connection.0, draft.after, draft.last])?;
    let chapter = c
        .prepare_cached(
            "INSERT INTO feed_chapter(connection, after, last, lines, numbers) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .insert(params![connection.0, draft.after, draft.last, lines, draft.numbers])?;
    let mut put = c.prepare_cached("INSERT INTO feed_gram(id, places) VALUES (?1, ?2)")?;
    for (gram, places) in &draft.grams {
        put.execute(params![place_of(chapter, *gram), places])?;
    }
    Ok(true)
}

/// Takes a line's chapter out of the search: its lines are looked through from then on, and its letters wait for [`drop_letters`].
/// Up to which number lines are in no chapter, where this one was in none already; `None` where it was in one until now.
pub(super) fn leave_chapter(c: &Sqlite, connection: ConnectionId, line: i64) -> Result<Option<i64>, StoreError> {
    let mut query = c.prepare_cached(
        "SELECT id, after FROM feed_chapter WHERE connection = ?1 AND last >= ?2 ORDER BY last LIMIT 1",
    )?;
    let next = query.query_row(params![connection.0, line], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)));
    match next.optional()? {
        Some((chapter, after)) if after < line => {
            c.prepare_cached("UPDATE feed_chapter SET after = last, lines = 0, numbers = x'' WHERE id = ?1")?
                .execute([chapter])?;
            Ok(None)
        }
        Some((_, after)) => Ok(Some(after)),
        None => Ok(Some(i64::MAX)),
    }
}

/// Deletes so many letters of the chapters that were left, and then the chapters; false where there are none.
pub(super) fn drop_letters(c: &Sqlite, connection: ConnectionId, most: i64) -> Result<bool, StoreError> {
    let mut query =
        c.prepare_cached("SELECT id FROM feed_chapter WHERE connection = ?1 AND lines = 0 ORDER BY last LIMIT 1")?;
    let Some(chapter) = query.query_row([connection.0], |row| row.get::<_, i64>(0)).optional()? else {
        return Ok(false);
    };
    let sql = "DELETE FROM feed_gram WHERE id IN (
                 SELECT id FROM feed_gram WHERE id BETWEEN ?1 AND ?2 ORDER BY id LIMIT ?3)";
    let bounds = params![place_of(chapter, 0), place_of(chapter, u32::MAX), most];
    if c.prepare_cached(sql)?.execute(bounds)? < usize::try_from(most).unwrap_or(usize::MAX) {
        c.prepare_cached("DELETE FROM feed_chapter WHERE id = ?1")?.execute([chapter])?;
    }
    Ok(true)
}

/// Where lines stand outside of chapters: behind this number, up to that one (the end of the log has none).
fn gaps(chapters: &[Chapter]) -> Vec<(i64, Option<Chapter>)> {
    let mut gaps = Vec::new();
    let mut end = 0;
    for chapter in chapters {
        if chapter.after > end {
            gaps.push((end, Some(*chapter)));
        }
        end = chapter.last;
    }
    gaps.push((end, None));
    gaps
}

/// What is to be done next.
enum Step {
    Put(Draft),
    /// There is nothing in front of this chapter: it begins behind that number.
    Reach(Chapter, i64),
}

fn next_step(c: &Sqlite, connection: ConnectionId) -> Result<Option<Step>, StoreError> {
    let known = chapters(c, connection)?;
    // The first of them; the end of the log is the last.
    if let Some((after, before)) = gaps(&known).first().copied() {
        if let Some(next) = before {
            return Ok(Some(match draft(c, connection, after, next.after)? {
                Some(draft) => Step::Put(draft),
                None => Step::Reach(next, after),
            }));
        }
        let mut query = c.prepare_cached(
            "SELECT count(*) FROM (SELECT 1 FROM feed WHERE connection = ?1 AND id > ?2 ORDER BY id LIMIT ?3)",
        )?;
        let most = i64::try_from(CHAPTER).unwrap_or(i64::MAX);
        let waiting: i64 = query.query_row(params![connection.0, after, most], |row| row.get(0))?;
        let waiting = usize::try_from(waiting).unwrap_or(0);
        if waiting < SMALL {
            return Ok(None);
        }
        // Small ones at the end, and what waits behind them: a whole chapter ends among the latter.
        let (mut first, mut small) = (after, 0);
        for one in known.iter().rev() {
            if small + one.lines >= CHAPTER {
                break;
            }
            (first, small) = (one.after, small + one.lines);
        }
        let first = if small + waiting >= CHAPTER { first } else { after };
        return Ok(draft(c, connection, first, i64::MAX)?.map(Step::Put));
    }
    Ok(None)
}

impl Store {
    /// Puts the lines of a tenant's log that stand in no chapter into chapters, all but the newest ones; answers how many
    /// chapters were made. Each is one short write; where it ends early the rest is as it was.
    ///
    /// # Errors
    /// When the file cannot be read or written.
    pub async fn settle_feed(&self, connection: ConnectionId) -> Result<usize, StoreError> {
        self.settle_some(connection, usize::MAX).await
    }

    async fn settle_some(&self, connection: ConnectionId, most: usize) -> Result<usize, StoreError> {
        let mut made = 0;
        while made < most {
            let Some(step) = self.read(move |c| next_step(c, connection)).await? else { break };
            let job = move |c: &Sqlite| match step {
                Step::Put(draft) => insert(c, connection, &draft),
                Step::Reach(chapter, after) => {
                    let sql = "UPDATE feed_chapter SET after = ?2 WHERE id = ?1 AND after = ?3 AND last = ?4";
                    c.prepare_cached(sql)?.execute(params![chapter.id, after, chapter.after, chapter.last])?;
                    Ok(true)
                }
            };
            // Nothing changes for whoever looks at the log.
            if !self.write(Write::default(), job).await? {
                break;
            }
            made += 1;
        }
        Ok(made)
    }

    /// Lines were appended: makes a chapter of them once there are enough. What cannot be done now is done later.
    pub(super) async fn feed_grew(&self, connection: ConnectionId, lines: usize) {
        let is_due = {
            let mut grown = self.inner.grown.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let grown: Entry<'_, ConnectionId, usize> = grown.entry(connection);
            let sum = grown.or_default();
            *sum += lines;
            let is_due = *sum >= SMALL;
            *sum = if is_due { 0 } else { *sum };
            is_due
        };
        if is_due && let Err(error) = self.settle_some(connection, AT_ONCE).await {
            tracing::debug!(%error, "the newest lines of the feed log are put into its index later");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn places_come_back_as_they_were(places in prop::collection::btree_set(0_u16..64, 0..64)) {
            let places: Vec<u16> = places.into_iter().collect();
            let kept = packed(&places, CHAPTER);
            prop_assert!(kept.len() <= CHAPTER / 8 + 1);
            let words = unpacked(&kept, CHAPTER);
            let back: Vec<u16> = (0_u16..64).filter(|at| words[usize::from(at / 64)] >> (at % 64) & 1 == 1).collect();
            prop_assert_eq!(back, places);
        }

        #[test]
        fn numbers_come_back_as_they_were(steps in prop::collection::vec(1_i64..9_000_000_000, 0..50), after in 0_i64..1_000_000) {
            let mut bytes = Vec::new();
            steps.iter().for_each(|step| put(&mut bytes, u64::try_from(*step).unwrap()));
            let mut number = after;
            let wanted: Vec<i64> = steps.iter().map(|step| { number += step; number }).collect();
            prop_assert_eq!(numbers(after, &bytes), wanted);
        }

        #[test]
        fn whatever_stands_in_a_text_has_its_letters(text in "\\PC{0,20}", from in 0_usize..20, length in 0_usize..20) {
            let folded = fold(&text);
            let part: String = folded.chars().skip(from).take(length).collect();
            let all = grams(&folded);
            prop_assert!(grams(&part).iter().all(|gram| all.contains(gram)));
        }
    }

    #[test]
    fn marks_and_letters_share_no_number() {
        let letters = gram(['\u{3ff}', '\u{3ff}', '\u{3ff}']).max(gram(['葛', '城', 'a']));
        assert!(letters < 1 << 31);
        assert_ne!(level_mark(Level::Error), phase_mark(None));
        assert!(level_mark(Level::Info) >= 1 << 31 && phase_mark(Some(Phase::Create)) > 1 << 31);
        assert_eq!(gram(['a', 'b', 'c']), 97 << 20 | 98 << 10 | 99);
    }
}

//! Writing the file anew, so that no byte of what was taken out stands in its free pages or its log. It takes as long as copying the
//! file, and nobody else writes meanwhile; so of a large file it waits until nobody is at work, and is *owed* until then.

use super::columns::{micros, time_of};
use super::error::StoreError;
use super::lease::{self, Holder, Lives};
use super::{LeaseToken, Sqlite, Store, preferences};
use crate::ports::process;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Under this it is kept that bytes of what was taken out may still stand in the file (`file`), or in its log (`log`).
const OWED: &str = "workspace/rewrite";
/// Under this it is kept which process writes the file anew just now.
const WRITING: &str = "workspace/rewriting";
/// A file up to this size is written anew beside whoever is at work: that takes about a second, and they wait for it.
const AT_ONCE: u64 = 64 * 1024 * 1024;
/// Nobody waits longer for a process that writes the file anew.
const LONGEST: SignedDuration = SignedDuration::from_mins(15);

/// What became of writing the file anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rewrite {
    /// Nothing was owed.
    NotOwed,
    Done,
    /// The file is written anew; its log is read just now and is emptied later.
    LogIsRead,
    /// It waits for who is at work.
    PutOff(Owed),
}

/// What is owed of a removal: the file is to be written anew, or its log emptied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owed {
    pub bytes: u64,
    /// Who is at work, in words: it waits for them where the file is large.
    pub others: Vec<String>,
}

impl Owed {
    /// What stands in the file still, and until when; for people.
    #[must_use]
    pub fn words(&self) -> String {
        let size = self.bytes.div_ceil(1024 * 1024);
        let begin = "bytes of what was taken out may stand in the file until it is written anew";
        if self.others.is_empty() {
            return format!(
                "{begin} ({size} MB): after the next run, within a minute of `onroll watch` or a console, or at the next start"
            );
        }
        format!(
            "{begin} ({size} MB, nobody else could write meanwhile): that waits for {}, and is done once nobody is at work, at the latest at the next start",
            self.others.join(", ")
        )
    }
}

/// The process that writes the file anew, and since when.
#[derive(Serialize, Deserialize)]
struct Writing {
    by: Holder,
    since: i64,
}

/// Says, with the deletion itself, that the file is to be written anew: older records were deleted before, and not overwritten.
pub(super) fn owe(c: &Sqlite) -> Result<(), StoreError> {
    preferences::set(c, OWED, Some("file"))
}

/// Whether a process that lives writes the file anew just now: whoever finds the file locked waits for it.
pub(super) fn is_written_anew(c: &Sqlite) -> bool {
    let Ok(Some(text)) = preferences::get(c, WRITING) else { return false };
    let Ok(Writing { by, since }) = serde_json::from_str(&text) else { return false };
    #[expect(clippy::disallowed_methods, reason = "how long another process may take is real time")]
    let now = Timestamp::now();
    let is_young = time_of("since", since).is_ok_and(|since| now.duration_since(since).abs() < LONGEST);
    is_young && lease::lives_by_the_system()(&by)
}

fn size(c: &Sqlite) -> Result<u64, StoreError> {
    let pages: i64 = c.pragma_query_value(None, "page_count", |row| row.get(0))?;
    let page: i64 = c.pragma_query_value(None, "page_size", |row| row.get(0))?;
    Ok(u64::try_from(pages.saturating_mul(page)).unwrap_or(0))
}

fn owed(c: &Sqlite, now: Timestamp, lives: &Lives, own: Option<LeaseToken>) -> Result<Option<Owed>, StoreError> {
    if preferences::get(c, OWED)?.is_none() {
        return Ok(None);
    }
    let others = lease::at_work_but(c, now, lives, own)?;
    let others = others.into_iter().map(|(name, holder)| format!("{name}: {}", holder.words())).collect();
    Ok(Some(Owed { bytes: size(c)?, others }))
}

/// Writes the file anew, without its free pages, and empties its log; `false` where somebody reads the log just now.
fn rewrite(c: &Sqlite) -> Result<bool, StoreError> {
    if preferences::get(c, OWED)?.as_deref() != Some("log") {
        let pid = std::process::id();
        let start = process::start_of(pid).unwrap_or_default();
        let by = Holder { pid, host: process::host_name(), start, what: "rewriting".to_owned() };
        #[expect(clippy::disallowed_methods, reason = "how long it takes is real time")]
        let writing = Writing { by, since: micros(Timestamp::now()) };
        preferences::set(c, WRITING, serde_json::to_string(&writing).ok().as_deref())?;
        // A file may be larger than memory.
        let written = c.execute_batch("PRAGMA temp_store = FILE; VACUUM; PRAGMA temp_store = MEMORY");
        preferences::set(c, WRITING, None)?;
        written?;
        preferences::set(c, OWED, Some("log"))?;
    }
    let busy: i64 = c.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy == 0 {
        preferences::set(c, OWED, None)?;
    }
    Ok(busy == 0)
}

impl Store {
    /// Writes the file anew where bytes of what was taken out may still stand in it: also of a deletion whose process ended, or met
    /// a full disk, before it had done so. Takes as long as copying the file; nothing else is written meanwhile. A large file is
    /// written anew only while nobody but this handle's own lease is at work: a run could not renew its lease meanwhile. Nothing
    /// is done where nothing is owed.
    ///
    /// # Errors
    /// When it cannot be written (it needs as much room again as the file has); it is owed still then.
    pub async fn write_anew(&self) -> Result<Rewrite, StoreError> {
        let Some(owed) = self.rewrite_owed().await? else { return Ok(Rewrite::NotOwed) };
        if owed.bytes > AT_ONCE && !owed.others.is_empty() {
            tracing::info!(bytes = owed.bytes, "the workspace is written anew once nobody is at work");
            return Ok(Rewrite::PutOff(owed));
        }
        if !self.alone(rewrite).await? {
            tracing::warn!("the log of the workspace is read just now; it is emptied later");
            return Ok(Rewrite::LogIsRead);
        }
        Ok(Rewrite::Done)
    }

    /// What is owed of a removal, and for whom it waits; `None` where nothing is.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn rewrite_owed(&self) -> Result<Option<Owed>, StoreError> {
        let (now, lives, own) = (self.now(), self.inner.lives.clone(), self.lease);
        self.read(move |c| owed(c, now, &lives, own)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::disallowed_methods, reason = "how long another process may take is real time")]
    fn whoever_finds_the_file_locked_waits_for_a_process_that_lives_and_not_for_ever() {
        let c = super::super::empty_database();
        assert!(!is_written_anew(&c), "nobody does");
        let pid = std::process::id();
        let me = Holder {
            pid,
            host: process::host_name(),
            start: process::start_of(pid).unwrap_or_default(),
            what: String::new(),
        };
        let now = micros(Timestamp::now());
        let kept = |by: &Holder, since: i64| {
            let text = serde_json::to_string(&Writing { by: by.clone(), since }).unwrap();
            preferences::set(&c, WRITING, Some(&text)).unwrap();
            is_written_anew(&c)
        };
        assert!(kept(&me, now));
        assert!(!kept(&me, now - 16 * 60 * 1_000_000), "it hangs, or the clock was moved");
        // The same boot, another start: the process that had this id is gone.
        let gone = Holder { start: format!("{}1", me.start), ..me };
        assert!(!kept(&gone, now), "it was killed meanwhile");
        // A finished one leaves no mark.
        owe(&c).unwrap();
        assert!(rewrite(&c).unwrap());
        assert_eq!((preferences::get(&c, WRITING).unwrap(), preferences::get(&c, OWED).unwrap()), (None, None));
    }
}

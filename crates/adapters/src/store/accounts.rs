//! Which processes call which account of a vendor, so that they share what it allows.

use super::columns::{micros, time};
use super::error::StoreError;
use super::lease::{Holder, Lives};
use super::writer::{Job, Write};
use super::{Sqlite, Store, answer};
use crate::ports::account::{AccountDesk, InWindows, Others};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use rusqlite::params;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Who has not said for so long that it calls an account does not; a process that is gone does not at once.
const PRESENT: SignedDuration = SignedDuration::from_secs(5);
/// No window of a vendor that is kept to is longer.
const KEPT: SignedDuration = SignedDuration::from_hours(1);

fn call(
    c: &Sqlite,
    now: Timestamp,
    account: &str,
    me: &Holder,
    mine: &InWindows,
    lives: &Lives,
) -> Result<Others, StoreError> {
    // A stamp that lies ahead is of a clock that was wrong: it is as old as it is young.
    c.prepare_cached("DELETE FROM account_call WHERE seen_at < ?1 OR seen_at > ?2")?
        .execute([micros(now - KEPT), micros(now + KEPT)])?;
    let used = serde_json::to_string(mine).unwrap_or_default();
    c.prepare_cached(
        "INSERT OR REPLACE INTO account_call(account, pid, host, start, seen_at, used) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?
    .execute(params![account, me.pid, me.host, me.start, micros(now), used])?;
    let mut query = c.prepare_cached(
        "SELECT *, '' AS what FROM account_call WHERE account = ?1 AND NOT (pid = ?2 AND host = ?3 AND start = ?4)",
    )?;
    let rows = query.query_map(params![account, me.pid, me.host, me.start], |row| {
        Ok((Holder::of(row)?, time(row, "seen_at")?, row.get::<_, String>("used")?))
    })?;
    let mut others = Others::default();
    for row in rows {
        let (holder, seen, used) = row?;
        let age = now.duration_since(seen).abs();
        if age < PRESENT && lives(&holder) {
            others.callers += 1;
        }
        // What cannot be read is of another version: the vendor's own headers tell of it.
        for (seconds, count) in serde_json::from_str::<InWindows>(&used).unwrap_or_default() {
            if age < SignedDuration::from_secs(i64::from(seconds)) {
                *others.used.entry(seconds).or_default() += count;
            }
        }
    }
    Ok(others)
}

/// One process at the accounts of a workspace.
struct Desk {
    store: Store,
    me: Holder,
}

impl AccountDesk for Desk {
    fn call(&self, account: &str, mine: InWindows) -> BoxFuture<'static, Option<Others>> {
        let digest = Sha256::digest(account);
        let account: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        let (store, me, now) = (self.store.clone(), self.me.clone(), self.store.now());
        async move {
            let lives = Arc::clone(&store.inner.lives);
            let (work, reply, answer) = answer::ask(move |c| call(c, now, &account, &me, &mine, &lives));
            let sent = store.send(Job::grouped(Write::default(), work, reply)).await;
            // Whoever closes the workspace meanwhile does not wait for the answer.
            drop(store);
            let others = match sent {
                Ok(()) => answer.wait().await,
                Err(error) => Err(error),
            };
            others.inspect_err(|error| tracing::debug!(%error, "who else calls an account is not known just now")).ok()
        }
        .boxed()
    }
}

impl Store {
    /// Where this process and others that have the workspace open share what vendors allow.
    #[must_use]
    pub fn account_desk(&self, me: Holder) -> Arc<dyn AccountDesk> {
        Arc::new(Desk { store: Store { lease: None, ..self.clone() }, me })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;
    use std::sync::atomic::{AtomicBool, Ordering};

    fn process(pid: u32) -> Holder {
        Holder { pid, host: "here".into(), start: format!("boot:{pid}"), what: "sync".into() }
    }

    #[test]
    fn who_ends_or_falls_silent_leaves_its_share_and_what_it_sent_stays_counted_for_the_window() {
        let c = super::super::empty_database();
        let lives_on = Arc::new(AtomicBool::new(true));
        let second = Arc::clone(&lives_on);
        let lives: Lives = Arc::new(move |holder| holder.pid != 2 || second.load(Ordering::Relaxed));
        let begin: Timestamp = "2026-11-02T08:00:00Z".parse().unwrap();
        let at = |seconds: i64| begin + SignedDuration::from_secs(seconds);
        let say = |seconds: i64, pid: u32, account: &str, count: u32| {
            let mine = BTreeMap::from([(60, count)]);
            let others = call(&c, at(seconds), account, &process(pid), &mine, &lives).unwrap();
            (others.callers, others.used.get(&60).copied().unwrap_or(0))
        };
        assert_eq!(say(0, 1, "planday one", 5), (0, 0));
        assert_eq!(say(1, 2, "planday one", 30), (1, 5));
        assert_eq!(say(1, 3, "planday two", 9), (0, 0), "another account is nobody's business");
        assert_eq!(say(2, 1, "planday one", 6), (1, 30));
        // Killed: its share is free at once, its requests are not.
        lives_on.store(false, Ordering::Relaxed);
        assert_eq!(say(3, 1, "planday one", 7), (0, 30));
        assert_eq!(say(60, 1, "planday one", 8), (0, 30));
        assert_eq!(say(61, 1, "planday one", 8), (0, 0));
        // Silent (paused, asleep): free after some seconds.
        lives_on.store(true, Ordering::Relaxed);
        assert_eq!(say(70, 2, "planday one", 1).0, 0, "the first has been silent for nine seconds");
        assert_eq!(say(71, 1, "planday one", 1).0, 1);
        assert_eq!(say(75, 1, "planday one", 1).0, 0);
        // A clock that was set back takes nobody's share for ever.
        assert_eq!(say(-3000, 2, "planday one", 1).0, 0);
        say(4000, 1, "planday one", 1);
        let rows: i64 = c.query_row("SELECT count(*) FROM account_call", [], |row| row.get(0)).unwrap();
        assert_eq!(rows, 1, "what is older than an hour is gone");
    }
}

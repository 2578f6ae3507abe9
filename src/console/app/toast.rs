//! Toasts: the newest shows in the status line for a while; all are kept in the messages list.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;

use super::moment::Moment;
use super::problem::Problem;
use crate::console::theme::Role;

/// How loud a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Done as asked: `✓ Linked …`.
    Ok,
    /// News: `i Copied …`.
    Info,
    /// Look here; stays 8 s.
    Warn,
    /// Stays until Esc.
    Error,
}

impl Level {
    /// The role that draws it.
    #[must_use]
    pub fn role(self) -> Role {
        match self {
            Level::Ok => Role::Ok,
            Level::Info => Role::Info,
            Level::Warn => Role::Warn,
            Level::Error => Role::Danger,
        }
    }

    /// How long it shows; `None` until Esc.
    #[must_use]
    pub fn lasts(self) -> Option<Duration> {
        match self {
            Level::Ok | Level::Info => Some(Duration::from_secs(4)),
            Level::Warn => Some(Duration::from_secs(8)),
            Level::Error => None,
        }
    }
}

/// A message that was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// How loud.
    pub level: Level,
    /// Past tense verb, object: `Linked Siobhán O'Rourke to 7719`.
    pub text: String,
    /// The key that takes it back, with its word: `u undo`.
    pub hint: String,
    /// The four lines, where it is an error.
    pub problem: Option<Problem>,
    /// When.
    pub at: Timestamp,
    /// Until when it shows, in time since the console started; `None` until Esc.
    pub until: Option<Duration>,
    /// Until when it may cover the end of the body; then it folds into one line.
    pub folds: Duration,
}

/// A message that needs several lines has them for so long; in the messages it is whole for good.
const WHOLE_FOR: Duration = Duration::from_secs(12);

/// All messages of the session, newest last, and which one shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Messages {
    kept: VecDeque<Message>,
    showing: bool,
}

/// Maximum of messages kept.
const KEEP: usize = 500;

impl Messages {
    /// Shows a message and keeps it. A quieter one does not cover an error that waits for Esc.
    pub fn push(&mut self, level: Level, text: String, hint: String, problem: Option<Problem>, now: Moment) {
        let waiting = self.current(now.uptime).is_some_and(|message| message.until.is_none());
        let until = level.lasts().map(|time| now.uptime + time);
        let folds = now.uptime + WHOLE_FOR;
        let message = Message { level, text, hint, problem, at: now.wall, until, folds };
        if waiting && level != Level::Error {
            let before_last = self.kept.len().saturating_sub(1);
            self.kept.insert(before_last, message);
        } else {
            self.kept.push_back(message);
            self.showing = true;
        }
        while self.kept.len() > KEEP {
            self.kept.pop_front();
        }
    }

    /// The message that shows now.
    #[must_use]
    pub fn current(&self, uptime: Duration) -> Option<&Message> {
        self.kept.back().filter(|message| self.showing && message.until.is_none_or(|until| uptime < until))
    }

    /// When the message that shows goes by itself, or folds.
    #[must_use]
    pub fn expires(&self, uptime: Duration) -> Option<Duration> {
        let message = self.current(uptime)?;
        message.until.or(Some(message.folds).filter(|folds| uptime < *folds))
    }

    /// Esc on an error: it stays in the list only. True when there was one.
    pub fn dismiss(&mut self, uptime: Duration) -> bool {
        let sticky = self.current(uptime).is_some_and(|message| message.until.is_none());
        if sticky {
            self.showing = false;
        }
        sticky
    }

    /// All that are kept, oldest first.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Message> + ExactSizeIterator {
        self.kept.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment { uptime: Duration::from_secs(seconds), ..Moment::default() }
    }

    fn push(messages: &mut Messages, level: Level, text: &str, seconds: u64) {
        messages.push(level, text.into(), String::new(), None, at(seconds));
    }

    #[test]
    fn info_goes_after_4_and_warnings_after_8_seconds() {
        let mut messages = Messages::default();
        push(&mut messages, Level::Info, "a", 0);
        assert!(messages.current(Duration::from_millis(3_999)).is_some());
        assert!(messages.current(Duration::from_secs(4)).is_none());
        push(&mut messages, Level::Warn, "b", 10);
        assert_eq!(messages.expires(Duration::from_secs(11)), Some(Duration::from_secs(18)));
    }

    #[test]
    fn errors_stay_until_esc_and_are_kept() {
        let mut messages = Messages::default();
        push(&mut messages, Level::Error, "refused", 0);
        push(&mut messages, Level::Info, "news", 1);
        assert_eq!(messages.current(Duration::from_secs(999)).map(|m| m.text.as_str()), Some("refused"));
        assert!(messages.dismiss(Duration::from_secs(999)));
        assert!(!messages.dismiss(Duration::from_secs(999)));
        assert_eq!(messages.all().map(|m| m.text.as_str()).collect::<Vec<_>>(), ["news", "refused"]);
    }
}

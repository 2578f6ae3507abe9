//! Loading as a value: old rows stay while new ones come.

use std::time::Duration;

use super::problem::Problem;

/// After this time a load is worth a word in the status line.
pub const SAY_LOADING_AFTER: Duration = Duration::from_millis(150);

/// Something that is read from elsewhere.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Remote<T> {
    /// Never asked for.
    #[default]
    Idle,
    /// Asked for; what was there before stays, dimmed.
    Loading { since: Duration, previous: Option<T> },
    /// Here.
    Ready(T),
    /// Refused; what was there before stays.
    Failed(Problem, Option<T>),
}

impl<T> Remote<T> {
    /// Begins a load at `since` (time since the console started), keeping what there is.
    pub fn load(&mut self, since: Duration) {
        let previous = std::mem::take(self).into_value();
        *self = Remote::Loading { since, previous };
    }

    /// Takes the answer.
    pub fn ready(&mut self, value: T) {
        *self = Remote::Ready(value);
    }

    /// Takes the refusal, keeping what there was.
    pub fn fail(&mut self, problem: Problem) {
        let previous = std::mem::take(self).into_value();
        *self = Remote::Failed(problem, previous);
    }

    /// What can be shown now, fresh or old.
    #[must_use]
    pub fn value(&self) -> Option<&T> {
        match self {
            Remote::Idle => None,
            Remote::Loading { previous, .. } | Remote::Failed(_, previous) => previous.as_ref(),
            Remote::Ready(value) => Some(value),
        }
    }

    /// What can be changed now, fresh or old.
    pub fn value_mut(&mut self) -> Option<&mut T> {
        match self {
            Remote::Idle => None,
            Remote::Loading { previous, .. } | Remote::Failed(_, previous) => previous.as_mut(),
            Remote::Ready(value) => Some(value),
        }
    }

    fn into_value(self) -> Option<T> {
        match self {
            Remote::Idle => None,
            Remote::Loading { previous, .. } | Remote::Failed(_, previous) => previous,
            Remote::Ready(value) => Some(value),
        }
    }

    /// Why it failed, if it did.
    #[must_use]
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Remote::Failed(problem, _) => Some(problem),
            _ => None,
        }
    }

    /// Whether old rows are shown, which are drawn dimmed.
    #[must_use]
    pub fn is_stale(&self) -> bool {
        matches!(self, Remote::Loading { previous: Some(_), .. } | Remote::Failed(_, Some(_)))
    }

    /// Since when it loads.
    #[must_use]
    pub fn loading_since(&self) -> Option<Duration> {
        match self {
            Remote::Loading { since, .. } => Some(*since),
            _ => None,
        }
    }

    /// Whether the load takes long enough to be spoken of.
    #[must_use]
    pub fn is_slow(&self, now: Duration) -> bool {
        self.loading_since().is_some_and(|since| now.saturating_sub(since) >= SAY_LOADING_AFTER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_rows_stay() {
        let mut remote = Remote::default();
        remote.load(Duration::ZERO);
        assert_eq!(remote.value(), None);
        remote.ready(7);
        remote.load(Duration::from_secs(1));
        assert_eq!((remote.value(), remote.is_stale()), (Some(&7), true));
        assert!(!remote.is_slow(Duration::from_millis(1_149)));
        assert!(remote.is_slow(Duration::from_millis(1_150)));
        remote.fail(Problem::default());
        assert_eq!(remote.value(), Some(&7));
        assert!(remote.problem().is_some());
    }
}

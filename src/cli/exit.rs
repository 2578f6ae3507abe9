//! The exit codes, in one place (DESIGN 6).

use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::run::RunOutcome;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    Done,
    Failed,
    Usage,
    /// Done, but some people are held or failed.
    Held,
    /// A limit or the source guard, before the first write; waits for a confirmation.
    Stopped,
    /// Try later.
    Temporary,
    /// Credentials refused.
    Refused,
    /// Another process works on the tenant.
    Locked,
    /// Drifted since the plan was made.
    Drifted,
    /// Ended by a signal: its number is added to 128.
    Signal(u8),
}

impl Exit {
    /// The number that the shell sees.
    pub fn code(self) -> u8 {
        match self {
            Exit::Done => 0,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Held => 3,
            Exit::Stopped => 4,
            Exit::Temporary => 5,
            Exit::Refused => 6,
            Exit::Locked => 7,
            Exit::Drifted => 8,
            Exit::Signal(number) => 128_u8.saturating_add(number),
        }
    }

    /// The exit of a problem.
    pub fn of_problem(problem: &Problem) -> Exit {
        match problem.kind {
            ProblemKind::Refused => Exit::Refused,
            ProblemKind::Temporary => Exit::Temporary,
            ProblemKind::Stopped => Exit::Stopped,
            ProblemKind::Drifted => Exit::Drifted,
            ProblemKind::Locked => Exit::Locked,
            ProblemKind::Input => Exit::Usage,
            ProblemKind::Failed | ProblemKind::Superseded => Exit::Failed,
        }
    }

    /// The exit of a run that came to its end.
    pub fn of_outcome(outcome: RunOutcome, problem: Option<&Problem>) -> Exit {
        if let Some(problem) = problem {
            return Exit::of_problem(problem);
        }
        match outcome {
            RunOutcome::Done | RunOutcome::Previewed | RunOutcome::Running | RunOutcome::Paused => Exit::Done,
            RunOutcome::DoneWithHeld => Exit::Held,
            RunOutcome::Stopped => Exit::Stopped,
            RunOutcome::Drifted => Exit::Drifted,
            RunOutcome::Refused => Exit::Refused,
            RunOutcome::Cancelled | RunOutcome::Failed => Exit::Failed,
            RunOutcome::Interrupted => Exit::Temporary,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_design() {
        let codes: Vec<u8> = [
            Exit::Done,
            Exit::Failed,
            Exit::Usage,
            Exit::Held,
            Exit::Stopped,
            Exit::Temporary,
            Exit::Refused,
            Exit::Locked,
            Exit::Drifted,
        ]
        .into_iter()
        .map(Exit::code)
        .collect();
        assert_eq!(codes, [0, 1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(Exit::Signal(15).code(), 143);
    }
}

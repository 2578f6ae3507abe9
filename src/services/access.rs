//! Who asks, and whether that one may change anything.

use crate::domain::code::ProblemCode;
use crate::domain::problem::{Problem, ProblemKind};

/// Who asks for something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// The operator's name, kept with everything that is done.
    pub operator: String,
    /// False in read-only mode: nothing is sent, and nothing that is kept is changed.
    pub may_change: bool,
    /// Gets the reports of the tenants that this one adds.
    pub email: Option<String>,
}

/// Why a deed is refused whatever it would have done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The program was started with `--read-only`.
    #[error("nothing is sent or changed in read-only mode")]
    ReadOnly,
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let problem = Problem::new(ProblemKind::Input, refusal.to_string());
        match refusal {
            Refusal::ReadOnly => problem.with_code(ProblemCode::ReadOnly).with_remedy("leave --read-only out"),
        }
    }
}

impl Access {
    /// An operator who may do everything.
    pub fn full(operator: impl Into<String>) -> Self {
        Self { operator: operator.into(), may_change: true, email: None }
    }

    /// An operator who may only look.
    pub fn read_only(operator: impl Into<String>) -> Self {
        Self { operator: operator.into(), may_change: false, email: None }
    }

    /// Lets a change pass, or refuses it.
    ///
    /// # Errors
    /// [`Refusal::ReadOnly`].
    pub fn change(&self) -> Result<(), Refusal> {
        if self.may_change { Ok(()) } else { Err(Refusal::ReadOnly) }
    }
}

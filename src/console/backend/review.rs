//! Answers the screen Review: the review queue and its cards.

use super::Context;
use crate::console::screens::review::data::{Act, Answer, Ask};
use crate::domain::problem::Problem;

/// Answers a question.
///
/// # Errors
/// What kept it from being answered.
pub async fn ask(_context: &Context, ask: Ask) -> Result<Answer, Problem> {
    match ask {}
}

/// Carries out a change.
///
/// # Errors
/// What kept it from being carried out.
pub async fn act(_context: &Context, act: Act) -> Result<Answer, Problem> {
    match act {}
}

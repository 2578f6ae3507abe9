//! What is typed after `/` on Mappings: words, `state:unmapped`, each with `!` for the others.

use super::data::Line;
use crate::store::fold;

/// Whether a value stays in the list.
#[must_use]
pub fn fits(filter: &str, line: &Line) -> bool {
    filter.split_whitespace().all(|word| match word.strip_prefix('!') {
        Some("") => true,
        Some(rest) => !one(rest, line),
        None => one(word, line),
    })
}

fn one(word: &str, line: &Line) -> bool {
    match word.strip_prefix("state:") {
        Some("open") => line.is_open(),
        Some(state) => line.state.word().starts_with(state),
        None => {
            let word = fold(word);
            fold(&line.value).contains(&word)
                || line.target.as_deref().is_some_and(|target| fold(target).contains(&word))
        }
    }
}

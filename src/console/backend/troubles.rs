//! Answers the screen Troubles.

use super::Context;
use crate::console::screens::troubles::data::{Act, Answer, Ask};
use crate::domain::problem::Problem;
use crate::services::troubles;

/// Answers a question.
///
/// # Errors
/// What kept it from being answered.
pub async fn ask(context: &Context, ask: Ask) -> Result<Answer, Problem> {
    Ok(match ask {
        Ask::List => Answer::List(Box::new(troubles::all(&context.engine, false).await?)),
        Ask::Nowhere => {
            let all = troubles::all(&context.engine, false).await?;
            Answer::Nowhere(all.nowhere.map(Box::new), all.figures.open as u64)
        }
    })
}

/// Carries out a change.
///
/// # Errors
/// What kept it from being carried out.
pub async fn act(context: &Context, act: Act) -> Result<Answer, Problem> {
    let (engine, access) = (&context.engine, &context.access);
    let words = |ids: &[i64], words: &str| match ids.len() {
        1 => words.to_owned(),
        many => format!("{words}: {many} troubles"),
    };
    Ok(Answer::Done(match act {
        Act::Seen(ids) => {
            troubles::seen(engine, access, &ids).await?;
            words(&ids, "Marked as seen")
        }
        Act::Mute(ids, until) => {
            troubles::mute(engine, access, &ids, until).await?;
            let until =
                until.map_or_else(|| "until it changes".to_owned(), |day| day.strftime("until %-d %b").to_string());
            words(&ids, &format!("Muted {until}"))
        }
        Act::Unmute(ids) => {
            troubles::unmute(engine, access, &ids).await?;
            words(&ids, "Muted no more")
        }
    }))
}

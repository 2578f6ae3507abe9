//! Answers the filter line of every list: what is remembered of it.

use super::Context;
use crate::console::screens::finder::data::{Act, Answer, Ask};
use crate::domain::ids::ConnectionId;
use crate::domain::problem::Problem;
use crate::services::lists;

async fn connection(context: &Context, tenant: Option<&String>) -> Result<Option<ConnectionId>, Problem> {
    match tenant {
        Some(tenant) => Ok(Some(context.connection(tenant).await?.id)),
        None => Ok(None),
    }
}

/// Answers a question.
///
/// # Errors
/// What kept it from being answered.
pub async fn ask(context: &Context, ask: Ask) -> Result<Answer, Problem> {
    match ask {
        Ask::Remembered { tenant, list } => {
            let connection = connection(context, tenant.as_ref()).await?;
            Ok(Answer::Remembered(lists::remembered(&context.store, connection, list).await?))
        }
    }
}

/// Carries out a change.
///
/// # Errors
/// What kept it from being carried out.
pub async fn act(context: &Context, act: Act) -> Result<Answer, Problem> {
    let store = &context.engine.store;
    match act {
        Act::Keep { tenant, list, stand } => {
            let connection = connection(context, tenant.as_ref()).await?;
            // On a disk that takes no writes the list is filtered all the same.
            if let Err(error) = lists::keep(store, connection, list, &stand).await {
                tracing::debug!(%error, "a filter is not remembered");
            }
            Ok(Answer::Kept)
        }
        Act::SaveView { list, view } => Ok(Answer::Views(list, lists::save_view(store, list, view).await?)),
        Act::DeleteView { list, name } => Ok(Answer::Views(list, lists::delete_view(store, list, &name).await?)),
    }
}

//! Answers the screen Drift.

use super::{Context, exports};
use crate::console::screens::drift::data::{Act, Answer, Ask};
use crate::domain::ids::RunId;
use crate::domain::problem::Problem;
use crate::services::drift::{self, Page};

/// Answers a question.
///
/// # Errors
/// No such run; the store's.
pub async fn ask(context: &Context, ask: Ask) -> Result<Answer, Problem> {
    let Ask::Page { tenant, run } = ask;
    Ok(Answer::Page(Box::new(page(context, &tenant, run).await?)))
}

/// Carries out a deed.
///
/// # Errors
/// When it cannot be read or written.
pub async fn act(context: &Context, act: Act) -> Result<Answer, Problem> {
    let Act::Save { tenant, run, file } = act;
    let page = page(context, &tenant, run).await?;
    let tenant = context.connection(&tenant).await?.id;
    let what = format!("what had moved of run {run}");
    let (path, lines) = exports::save(context, (Some(tenant), &what), &file, drift::table(&page)).await?;
    Ok(Answer::Saved { path, lines })
}

async fn page(context: &Context, tenant: &str, run: RunId) -> Result<Page, Problem> {
    let connection = context.connection(tenant).await?;
    Ok(drift::page(&context.engine, &connection, run).await?)
}

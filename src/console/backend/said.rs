//! Answers the screen What was said.

use super::{Context, exports};
use crate::console::screens::said::data::{Act, Answer, Ask};
use crate::domain::ids::RunId;
use crate::domain::problem::Problem;
use crate::services::said::{self, LineOf, Page};

/// Answers a question.
///
/// # Errors
/// No such run; the store's.
pub async fn ask(context: &Context, ask: Ask) -> Result<Answer, Problem> {
    let Ask::Page { tenant, run, line } = ask;
    Ok(Answer::Page(Box::new(page(context, &tenant, run, line).await?)))
}

/// Carries out a deed.
///
/// # Errors
/// When it cannot be read or written.
pub async fn act(context: &Context, act: Act) -> Result<Answer, Problem> {
    let Act::Save { tenant, run, line, file } = act;
    let page = page(context, &tenant, run, line).await?;
    let tenant = context.connection(&tenant).await?.id;
    let what = format!("what was said in run {run}");
    let (path, lines) = exports::save(context, (Some(tenant), &what), &file, said::table(&page)).await?;
    Ok(Answer::Saved { path, lines })
}

async fn page(context: &Context, tenant: &str, run: RunId, line: LineOf) -> Result<Page, Problem> {
    let connection = context.connection(tenant).await?;
    Ok(said::page(&context.engine, &connection, run, line).await?)
}

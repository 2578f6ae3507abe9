//! Answers the screen Audit.

use super::{Context, exports};
use crate::console::screens::audit::data::{Act, Answer, Ask};
use crate::domain::problem::Problem;
use crate::services::audit::{self, Audit, Listed};
use jiff::tz::TimeZone;
use std::collections::BTreeSet;

async fn read(context: &Context, tenant: Option<&str>, zone: &TimeZone) -> Result<Audit, Problem> {
    let connection = match tenant {
        Some(tenant) => Some(context.connection(tenant).await?),
        None => None,
    };
    Ok(audit::audit(&context.store, connection.as_ref(), zone).await?)
}

/// Answers a question.
///
/// # Errors
/// What kept it from being answered.
pub async fn ask(context: &Context, ask: Ask) -> Result<Answer, Problem> {
    let Ask::Entries { tenant, zone } = ask;
    Ok(Answer::Entries(Box::new(read(context, tenant.as_deref(), &zone).await?)))
}

/// Carries out a change: of a file only.
///
/// # Errors
/// What kept it from being carried out.
pub async fn act(context: &Context, act: Act) -> Result<Answer, Problem> {
    let Act::Save { tenant, zone, entries, file } = act;
    let found = read(context, tenant.as_deref(), &zone).await?;
    let wanted: BTreeSet<i64> = entries.into_iter().collect();
    let lines: Vec<&Listed> = found.lines.iter().filter(|listed| wanted.contains(&listed.line.id)).collect();
    let about = match &tenant {
        Some(tenant) => Some(context.connection(tenant).await?.id),
        None => None,
    };
    let (path, lines) = exports::save(context, (about, "audit"), &file, audit::table(&lines)).await?;
    Ok(Answer::Saved { path, lines })
}

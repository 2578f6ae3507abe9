//! Answers the screen Mappings: mapping tables.

mod edit;
mod import;
mod sheet;
mod what_if;

use super::Context;
use crate::console::screens::mappings::data::{Act, Answer, Ask};
use crate::domain::problem::Problem;

/// Answers a question.
///
/// # Errors
/// What kept it from being answered.
pub async fn ask(context: &Context, ask: Ask) -> Result<Answer, Problem> {
    match ask {
        Ask::Sheet { tenant, tab } => {
            let connection = context.connection(&tenant).await?;
            Ok(Answer::Sheet(Box::new(sheet::read(context, &context.store, &connection, tab).await?)))
        }
        Ask::WhatIf { tenant, cell } => {
            let connection = context.connection(&tenant).await?;
            Ok(Answer::WhatIf(what_if::what_if(context, &connection, cell).await?))
        }
        Ask::Import { tenant, list, path } => {
            let connection = context.connection(&tenant).await?;
            Ok(Answer::Import(Box::new(import::read(context, &connection, list, &path).await?)))
        }
        Ask::Value { tenant, list, value, whole } => {
            let connection = context.connection(&tenant).await?;
            Ok(Answer::Value(sheet::value_facts(context, &connection, list, value, whole).await?))
        }
    }
}

/// Carries out a change.
///
/// # Errors
/// What kept it from being carried out.
pub async fn act(context: &Context, act: Act) -> Result<Answer, Problem> {
    match act {
        Act::Set { tenant, cells } => {
            let connection = context.connection(&tenant).await?;
            Ok(Answer::Edited(edit::set(context, &connection, cells).await?))
        }
        Act::Import { tenant, cells, file } => {
            let connection = context.connection(&tenant).await?;
            Ok(Answer::Edited(edit::import(context, &connection, cells, &file).await?))
        }
        Act::Verbatim { tenant, list, on } => {
            let connection = context.connection(&tenant).await?;
            Ok(Answer::Edited(edit::verbatim(context, &connection, list, on).await?))
        }
        Act::Undo { tenant } => {
            let connection = context.connection(&tenant).await?;
            Ok(Answer::Edited(edit::walk(context, &connection, true).await?))
        }
        Act::Redo { tenant } => {
            let connection = context.connection(&tenant).await?;
            Ok(Answer::Edited(edit::walk(context, &connection, false).await?))
        }
        Act::Export { tenant, tab, file } => {
            let connection = context.connection(&tenant).await?;
            let (path, rows) = sheet::export(context, &connection, tab, &file).await?;
            Ok(Answer::Exported(path, rows))
        }
    }
}

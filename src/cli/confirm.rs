//! The typed confirmation on the command line: `TENANT:NUMBER`.

use crate::domain::connection::Connection;
use crate::domain::problem::{Problem, ProblemKind};
use crate::engine::run::Confirmation;

/// Reads `TENANT:NUMBER` and checks that it names this tenant.
///
/// # Errors
/// When it is not of that form or names another tenant: a confirmation must never hit the wrong one.
pub fn parse(text: &str, connection: &Connection, reason: Option<&str>) -> Result<Confirmation, Problem> {
    let wrong = |why: String| {
        Problem::new(ProblemKind::Input, format!("`{text}` does not confirm anything")).with_why(why).with_remedy(
            format!("type --confirm {}:NUMBER, with the number that the plan states", connection.short_name),
        )
    };
    let (tenant, number) =
        text.rsplit_once(':').ok_or_else(|| wrong("it is not of the form TENANT:NUMBER".to_owned()))?;
    if tenant != connection.short_name && tenant != connection.tenant_name {
        return Err(wrong(format!("it names `{tenant}`, but this is `{}`", connection.short_name)));
    }
    let number = number.replace(',', "").parse().map_err(|_| wrong(format!("`{number}` is not a number")))?;
    Ok(Confirmation { number, reason: reason.map(str::to_owned) })
}

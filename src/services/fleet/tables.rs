//! The fleet's lists as files. No e-mail and no birth date stands in them.

use super::{HoldLine, Part, Somebody, ValueLine};
use crate::files::export::{Cell, Table};
use crate::services::people::state_words;

fn number(count: u64) -> Cell {
    Cell::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Held people by tenant and reason.
#[must_use]
pub fn holds_table<'a>(lines: impl IntoIterator<Item = (&'a Part, &'a HoldLine)>) -> Table {
    let mut table = Table::new(&[
        "tenant",
        "tenant_name",
        "code",
        "because",
        "people",
        "past_limit",
        "ruled",
        "since",
        "leads_to",
        "plan",
    ]);
    table.rows.extend(lines.into_iter().map(|(part, line)| {
        vec![
            part.member.short().into(),
            part.member.name().into(),
            line.code.key().into(),
            line.because.clone().into(),
            line.people.into(),
            line.past_limit.into(),
            line.ruled.into(),
            line.since.to_string().into(),
            line.lead.words().into(),
            part.plan.as_ref().map(|(words, _)| words.clone()).into(),
        ]
    }));
    table
}

/// Values that hold people.
#[must_use]
pub fn values_table<'a>(lines: impl IntoIterator<Item = (&'a Part, &'a ValueLine)>) -> Table {
    let mut table =
        Table::new(&["tenant", "tenant_name", "table", "value", "held", "people", "state", "suggestion", "why"]);
    table.rows.extend(lines.into_iter().map(|(part, line)| {
        vec![
            part.member.short().into(),
            part.member.name().into(),
            line.list.map(|list| list.key().to_owned()).into(),
            line.value.clone().into(),
            number(line.held),
            number(line.people),
            line.state.map(|state| state.word().to_owned()).into(),
            line.suggestion.clone().into(),
            line.why.clone().into(),
        ]
    }));
    table
}

/// People whom a search found.
#[must_use]
pub fn people_table<'a>(people: impl IntoIterator<Item = &'a Somebody>) -> Table {
    let mut table = Table::new(&["tenant", "tenant_name", "employee", "name", "identifier", "state"]);
    table.rows.extend(people.into_iter().map(|one| {
        vec![
            one.short.clone().into(),
            one.tenant.clone().into(),
            one.row.employee.as_ref().map(ToString::to_string).into(),
            one.row.name.clone().into(),
            one.row.identifier.as_ref().map(ToString::to_string).into(),
            state_words(&one.row).into(),
        ]
    }));
    table
}

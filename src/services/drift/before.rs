//! What of a plan has moved before it is sent, by what is known already: the question that stands before the box.

use super::words;
use crate::domain::capabilities::DestinationCapabilities;
use crate::domain::connection::Connection;
use crate::domain::drift::Moved;
use crate::domain::ids::{EmployeeId, PlanId};
use crate::domain::plan::{Operation, Plan};
use crate::engine::Engine;
use crate::planning::Stands;
use crate::services::ServiceError;
use std::collections::HashMap;

/// A plan of which some lines do not stand any more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Before {
    /// Lines of the plan, or of its part.
    pub lines: u32,
    /// Lines that still stand: these are sent.
    pub standing: u32,
    /// Those that do not, in the order of the plan.
    pub moved: Vec<MovedBefore>,
}

/// A line that does not stand any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovedBefore {
    pub employee: Option<EmployeeId>,
    /// The person, or the option.
    pub name: String,
    /// `branch Cliff House → Old Pier`
    pub approved: String,
    /// `branch is The Anchor`
    pub now: String,
    /// There already, which counts as done; else it is skipped.
    pub already: bool,
}

impl Before {
    /// `60 of 63 still stand. Send those?`
    #[must_use]
    pub fn question(&self) -> String {
        match self.standing {
            0 => format!("None of {} still stands.", self.lines),
            1 => format!("1 of {} still stands. Send that?", self.lines),
            standing => format!("{standing} of {} still stand. Send those?", self.lines),
        }
    }
}

/// What of a plan, or of its part, has moved by what the workspace knows already; `None` where nothing has.
///
/// # Errors
/// Only the store's.
pub async fn before(
    engine: &Engine,
    connection: &Connection,
    id: PlanId,
    part: &Plan,
) -> Result<Option<Before>, ServiceError> {
    let moved = engine.moved_by_now(connection, id, part).await?;
    if moved.is_empty() {
        return Ok(None);
    }
    let destination = engine.abilities(connection)?.destination;
    let mut names: HashMap<EmployeeId, String> = HashMap::new();
    for employee in moved.iter().filter_map(|line| line.operation.employee.as_ref()) {
        if !names.contains_key(employee) {
            let record = engine.store.employee(connection.id, employee).await?;
            let name = record.map_or_else(|| employee.to_string(), |record| record.person.display_name());
            names.insert(employee.clone(), name);
        }
    }
    let lines = u32::try_from(part.operations.len()).unwrap_or(u32::MAX);
    let moved: Vec<MovedBefore> =
        moved.iter().map(|line| said(&line.operation, &line.stands, &names, destination)).collect();
    let standing = lines.saturating_sub(u32::try_from(moved.len()).unwrap_or(u32::MAX));
    Ok(Some(Before { lines, standing, moved }))
}

fn said(
    operation: &Operation,
    stands: &Stands,
    names: &HashMap<EmployeeId, String>,
    destination: &DestinationCapabilities,
) -> MovedBefore {
    let option = || {
        let first = operation.fields.first();
        first.and_then(|change| change.to.clone().or_else(|| change.from.clone())).unwrap_or_default()
    };
    let name = match &operation.employee {
        Some(employee) => names.get(employee).cloned().unwrap_or_else(|| employee.to_string()),
        None => option(),
    };
    let (now, already) = match stands {
        Stands::Due => (String::new(), false),
        Stands::Already(_) => (format!("{} has it already", destination.name), true),
        Stands::Moved(moved, reason) => (met(moved, reason, destination), false),
    };
    MovedBefore {
        employee: operation.employee.clone(),
        name,
        approved: words::planned(operation, destination),
        now,
        already,
    }
}

/// The values that stand there; where no value tells it, the reason.
fn met(moved: &Moved, reason: &str, destination: &DestinationCapabilities) -> String {
    let values: Vec<String> = moved
        .now
        .iter()
        .filter(|now| now.moved)
        .map(|now| format!("{} is {}", destination.word(now.field), words::value(now.value.as_deref())))
        .collect();
    if values.is_empty() { reason.to_owned() } else { values.join(", ") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_question_says_how_many_lines_remain() {
        let before = |lines, standing| Before { lines, standing, moved: Vec::new() }.question();
        assert_eq!(before(63, 60), "60 of 63 still stand. Send those?");
        assert_eq!(before(2, 1), "1 of 2 still stands. Send that?");
        assert_eq!(before(2, 0), "None of 2 still stands.");
    }
}

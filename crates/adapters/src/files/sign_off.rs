//! The plan as a table, for somebody to sign.

use super::export::{Cell, Table};
use crate::domain::plan::Plan;

/// One row per field change and per hold: what a customer signs.
pub fn table(plan: &Plan) -> Table {
    let heads = ["what", "employee_id", "identifier", "user_id", "field", "from", "to", "note"];
    let mut rows: Vec<Vec<String>> = Vec::new();
    for operation in &plan.operations {
        let lead = [
            operation.kind.key().to_owned(),
            operation.employee.as_ref().map(ToString::to_string).unwrap_or_default(),
            operation.identifier.as_ref().map(ToString::to_string).unwrap_or_default(),
            operation.user.as_ref().map(ToString::to_string).unwrap_or_default(),
        ];
        let note = operation.note.clone().unwrap_or_default();
        if operation.fields.is_empty() {
            rows.push([&lead[..], &[String::new(), String::new(), String::new(), note]].concat());
            continue;
        }
        for change in &operation.fields {
            let tail = [
                change.field.key().to_owned(),
                change.from.clone().unwrap_or_default(),
                change.to.clone().unwrap_or_default(),
                note.clone(),
            ];
            rows.push([&lead[..], &tail].concat());
        }
    }
    for hold in &plan.holds {
        rows.push(vec![
            format!("held {}", hold.code.key()),
            hold.employee.to_string(),
            String::new(),
            String::new(),
            hold.field.clone().unwrap_or_default(),
            hold.value.clone().unwrap_or_default(),
            String::new(),
            hold.message.clone(),
        ]);
    }
    let cells = |row: Vec<String>| row.into_iter().map(Cell::from).collect();
    Table { rows: rows.into_iter().map(cells).collect(), ..Table::new(&heads) }
}

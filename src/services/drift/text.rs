//! The page as plain text and as a file.

use super::{Line, Page, words};
use crate::files::export::Table;

/// The whole page, line by line.
#[must_use]
pub fn lines(page: &Page) -> Vec<String> {
    let mut out = vec![format!("Run {} of {}: {}", page.run, page.tenant, page.title())];
    if let Some(plan) = &page.plan {
        let by = plan.approved.as_ref().map(|(by, at, _)| format!(", approved by {by} {at}")).unwrap_or_default();
        out.push(format!("plan {}, hash {}, made {}{by}", plan.id, plan.hash, plan.made));
    }
    if let Some(nothing) = &page.nothing {
        out.push(nothing.clone());
        return out;
    }
    out.push(String::new());
    out.push(format!("{:<26} {:>6}", "approved", page.sums.approved()));
    out.extend(page.parts().into_iter().map(|(part, count)| format!("{:<26} {count:>6}", part.words())));
    out.push(format!("{:<26} {:>6}   {}", "anything else", page.sums.anything_else, page.nothing_else()));
    for line in &page.lines {
        out.extend(of_line(line, &page.at));
    }
    if let Some(elsewhere) = &page.elsewhere {
        out.extend([String::new(), "Not in the plan, moved all the same".to_owned(), format!("  {}", elsewhere.words)]);
    }
    out
}

fn of_line(line: &Line, at: &str) -> Vec<String> {
    let identifier = line.identifier.as_deref().map(|one| format!(", {one}")).unwrap_or_default();
    let user = line.user.as_deref().map(|one| format!(", user {one}")).unwrap_or_default();
    let mut out = vec![String::new(), format!("{}{identifier}{user}: {}", line.name, line.so_word())];
    let at = format!("at {at}");
    let facts = [
        ("approved", &line.approved),
        (&at, &line.met),
        ("moved by", &line.moved_by),
        ("so", &line.so),
        ("next", &line.next),
    ];
    out.extend(facts.iter().map(|(head, words)| format!("  {head:<10} {words}")));
    out
}

/// The page as a file: a row for each field of each line that had moved.
#[must_use]
pub fn table(page: &Page) -> Table {
    let heads = [
        "run",
        "plan",
        "line",
        "employee_id",
        "identifier",
        "user_id",
        "name",
        "operation",
        "field",
        "before",
        "approved",
        "now",
        "moved",
        "moved_by",
        "so",
        "cause",
        "reason",
        "at",
    ];
    let mut table = Table::new(&heads);
    for line in &page.lines {
        // A line without fields is a row too.
        let fields: Vec<Option<&super::Value>> = match line.values.as_slice() {
            [] => vec![None],
            values => values.iter().map(Some).collect(),
        };
        for value in fields {
            let now = value.and_then(|value| value.now.clone());
            table.rows.push(vec![
                page.run.to_string().into(),
                page.plan.as_ref().map(|plan| plan.id.to_string()).into(),
                line.seq.to_string().into(),
                line.employee.as_ref().map(ToString::to_string).into(),
                line.identifier.clone().into(),
                line.user.clone().into(),
                line.name.clone().into(),
                line.kind.key().into(),
                value.map(|value| value.field.key().to_owned()).into(),
                value.and_then(|value| value.before.clone()).into(),
                value.and_then(|value| value.approved.clone()).into(),
                now.map(|now| words::value(now.as_deref())).into(),
                value.map(|value| if value.moved { "yes" } else { "no" }.to_owned()).into(),
                line.mover.clone().into(),
                line.so_word().into(),
                line.cause.map(|cause| cause.key().to_owned()).into(),
                line.reason.clone().into(),
                line.at.map(|at| at.to_string()).into(),
            ]);
        }
    }
    table
}

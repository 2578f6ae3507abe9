//! What accepting a value would do, person by person.

use crate::console::backend::Context;
use crate::console::screens::mappings::data::{CellChange, CellWhatIf, Fate, Who};
use crate::domain::connection::Connection;
use crate::domain::list::ListKey;
use crate::domain::mapping::{MappingRow, MappingTable};
use crate::domain::plan::{HoldKind, OperationKind};
use crate::domain::problem::Problem;
use crate::engine::plan::WhatIf;
use crate::mapping::{ImpactPerson, Outcome};

/// Works out one changed cell.
pub(super) async fn what_if(
    context: &Context,
    connection: &Connection,
    cell: CellChange,
) -> Result<CellWhatIf, Problem> {
    what_if_all(context, connection, vec![cell]).await
}

/// Works out several changed cells of one table together; the answer names the first.
pub(super) async fn what_if_all(
    context: &Context,
    connection: &Connection,
    cells: Vec<CellChange>,
) -> Result<CellWhatIf, Problem> {
    let nothing = CellChange { list: ListKey::JOB_TITLE, value: String::new(), target: None };
    let first = cells.first().cloned().unwrap_or(nothing);
    let (by, at) = (context.engine.operator.clone(), context.engine.clock.now());
    let apply = move |tables: &mut Vec<MappingTable>| {
        for CellChange { list, value, target } in cells {
            let table = MappingTable::in_place(tables, list);
            match target {
                Some(target) => drop(table.rows.insert(value, MappingRow { target, by: by.clone(), at })),
                None => drop(table.rows.remove(&value)),
            }
        }
    };
    let what_if = context.engine.what_if_tables(connection, apply).await?;
    Ok(of_cell(first, &what_if))
}

fn fate(outcome: &Outcome) -> Fate {
    match outcome {
        Outcome::Held(code) if code.kind() == HoldKind::Blocked => Fate::Break,
        Outcome::Held(_) => Fate::Review,
        Outcome::Untouched => Fate::Unchanged,
        Outcome::Written(kinds) if kinds.contains(&OperationKind::Create) => Fate::Create,
        Outcome::Written(kinds) if kinds.contains(&OperationKind::Link) => Fate::Link,
        Outcome::Written(kinds) if kinds.contains(&OperationKind::Update) => Fate::Update,
        Outcome::Written(_) => Fate::Other,
    }
}

fn was_blocked(person: &ImpactPerson) -> bool {
    matches!(&person.before, Outcome::Held(code) if code.kind() == HoldKind::Blocked)
}

fn of_cell(cell: CellChange, what_if: &WhatIf) -> CellWhatIf {
    let impact = &what_if.impact;
    let freed = impact.unblocked.iter().chain(impact.review.iter().filter(|person| was_blocked(person)));
    let freed: Vec<&ImpactPerson> = freed.collect();
    let count = |wanted: Fate| number(freed.iter().filter(|person| fate(&person.after) == wanted).count());
    let later = impact.breaks.iter().chain(&impact.change);
    let later = later.chain(impact.review.iter().filter(|person| !was_blocked(person))).chain(&impact.other);
    let mut who: Vec<Who> = freed.iter().copied().chain(later).map(|person| named(person, what_if)).collect();
    let freed_count = freed.len();
    if let Some(head) = who.get_mut(..freed_count) {
        head.sort_by(|a, b| a.name.cmp(&b.name));
    }
    let fields: Vec<&str> = what_if.fields.iter().map(|field| field.words()).collect();
    CellWhatIf {
        unblocked: number(freed_count),
        creates: count(Fate::Create),
        updates: count(Fate::Update),
        links: count(Fate::Link),
        others: count(Fate::Other),
        unchanged: count(Fate::Unchanged),
        review: count(Fate::Review),
        change: number(impact.change.len()),
        breaks: number(impact.breaks.len()),
        welcome_mails: impact.welcome_mails,
        fields: match fields.as_slice() {
            [] => String::new(),
            [one] => format!("{one} only"),
            several => format!("{} fields", several.len()),
        },
        who,
        cell,
    }
}

fn named(person: &ImpactPerson, what_if: &WhatIf) -> Who {
    // Linked people who are missing from the source have no record; their id has to do.
    let known = what_if.people.get(&person.employee).cloned();
    let (name, branch) = known.unwrap_or_else(|| (person.employee.0.clone(), None));
    Who { employee: person.employee.0.clone(), name, branch: branch.unwrap_or_default(), fate: fate(&person.after) }
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

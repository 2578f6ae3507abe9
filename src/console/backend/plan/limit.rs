//! The page of the typed confirmation: what would be sent, part by part.

use super::super::Context;
use super::{gate, part_of};
use crate::console::screens::plan::data::{LimitPage, Part};
use crate::domain::connection::Connection;
use crate::domain::ids::{EmployeeId, PlanId};
use crate::domain::plan::{LimitKind, Operation, OperationKind, Plan};
use crate::domain::problem::Problem;
use crate::planning::limits::{counts_under, people_under};
use crate::planning::without as plan_without;
use std::collections::BTreeMap;

/// People of a part that are shown.
const SHOWN: usize = 40;

pub(super) async fn page(
    context: &Context,
    connection: &Connection,
    plan: i64,
    only: Vec<EmployeeId>,
    without: Vec<LimitKind>,
) -> Result<LimitPage, Problem> {
    let store = &context.engine.store;
    let head = store.plan_head(PlanId(plan)).await?;
    let full = part_of(context, plan, &only).await?;
    let destination = context.engine.abilities(connection)?.destination;
    let mut parts = Vec::new();
    for kind in LimitKind::ALL {
        parts.extend(part(context, connection, &full, kind).await?);
    }
    let reduced = if without.is_empty() { full.clone() } else { plan_without(&full, &without) };
    Ok(LimitPage {
        plan,
        only,
        without,
        tenant_name: connection.tenant_name.clone(),
        short_name: connection.short_name.clone(),
        destination: destination.name.to_owned(),
        first_import: full.first_import,
        operations: full.counts.operations(),
        limits: super::page::limits(&full.limits),
        parts,
        number: reduced.counts.operations(),
        people: reduced.changed_people,
        mails: reduced.mails.welcome + reduced.mails.notice,
        gate: gate(context, connection, head.approval.is_some(), reduced.counts.operations()),
    })
}

async fn part(
    context: &Context,
    connection: &Connection,
    plan: &Plan,
    kind: LimitKind,
) -> Result<Option<Part>, Problem> {
    let people: Vec<EmployeeId> = people_under(&plan.operations, kind).into_iter().cloned().collect();
    if people.is_empty() {
        return Ok(None);
    }
    let under: Vec<&Operation> = plan.operations.iter().filter(|one| counts_under(one, kind)).collect();
    let mut causes: BTreeMap<String, u32> = BTreeMap::new();
    for operation in &under {
        *causes.entry(cause(operation, kind)).or_default() += 1;
    }
    let mut causes: Vec<(String, u32)> = causes.into_iter().collect();
    causes.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let mut who = Vec::new();
    for operation in under.iter().take(SHOWN) {
        let Some(employee) = &operation.employee else { continue };
        let names = super::names(context, connection, std::iter::once(employee), 1).await?;
        let identifier = operation.identifier.as_ref().map(ToString::to_string).unwrap_or_default();
        who.push((names.into_iter().next().unwrap_or_default(), identifier, cause(operation, kind)));
    }
    Ok(Some(Part { kind, people: u32::try_from(people.len()).unwrap_or(u32::MAX), causes, who }))
}

/// Why a line counts under a limit, in words that group people.
fn cause(operation: &Operation, kind: LimitKind) -> String {
    if let Some(note) = &operation.note {
        return note.clone();
    }
    match (kind, operation.kind) {
        (LimitKind::Leavers, _) => "the source says that the employment is over".to_owned(),
        (LimitKind::Creations, _) => "nobody in the destination comes near".to_owned(),
        (LimitKind::Identifiers, OperationKind::Link) => "the identifier is replaced".to_owned(),
        (LimitKind::Identifiers | LimitKind::Updates, _) => {
            let fields: Vec<&str> = operation.fields.iter().map(|change| change.field.words()).collect();
            match fields.as_slice() {
                [] => operation.kind.words().to_owned(),
                [one] => format!("{one} changes"),
                [one, .., last] if fields.len() == 2 => format!("{one} and {last} change"),
                _ => "three fields or more change".to_owned(),
            }
        }
    }
}

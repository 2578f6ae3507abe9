//! The figures of the newest plan.

use super::super::Context;
use super::super::review::words;
use super::gate;
use crate::console::format;
use crate::console::screens::plan::data::{CodeRow, KindRow, LimitRow, Page};
use crate::domain::capabilities::DestinationCapabilities;
use crate::domain::plan::{HoldCode, OperationKind};
use crate::domain::problem::Problem;
use crate::domain::snapshot::Side;
use crate::services::holds::{self, by_code};
use crate::store::PlanHead;
use crate::store::views::HoldCount;

/// The page of a tenant; `None` while no plan was made.
pub(super) async fn page(context: &Context, tenant: &str) -> Result<Option<Page>, Problem> {
    let connection = context.connection(tenant).await?;
    let store = &context.store;
    let Some(head) = store.latest_plan(connection.id).await? else { return Ok(None) };
    let abilities = context.engine.abilities(&connection)?;
    let (counts, fields, source, users, managers_left) = tokio::try_join!(
        store.hold_counts(head.id),
        store.plan_field_counts(head.id, OperationKind::Update),
        store.snapshots(connection.id, Side::Source, 1),
        store.snapshots(connection.id, Side::Destination, 1),
        store.managers_left(head.id),
    )?;
    let ended = [source.first(), users.first()].into_iter().flatten().filter_map(|pull| pull.finished_at).min();
    let changed: u32 = fields.iter().map(|field| field.people).sum();
    let mut held = Vec::new();
    for count in by_code(&counts) {
        let count = &count;
        let first = store.first_held(head.id, count.code).await?;
        let first = match first {
            Some(id) => store.held_rows(connection.id, vec![id]).await?.into_iter().next().map(|row| row.hold.employee),
            None => None,
        };
        held.push(CodeRow {
            code: count.code,
            words: code_words(count, abilities.destination),
            people: count.people,
            who: holds::move_of(count.code).to_owned(),
            first,
        });
    }
    Ok(Some(Page {
        plan: head.id.0,
        made: head.made_at,
        by: head.by.clone(),
        hash: head.hash.clone(),
        employees: source.first().map_or(0, |pull| pull.people),
        users: users.first().map_or(0, |pull| pull.records),
        data_at: ended,
        words: words(abilities),
        tenant_name: connection.tenant_name.clone(),
        changes: head.counts.operations(),
        kinds: kinds(&head, abilities.destination, changed),
        unchanged: head.counts.unchanged,
        future: head.future_starters,
        managers_left,
        held_people: head.held(),
        ruled: head.ruled,
        held,
        limits: limits(&head.limits),
        welcome: head.mails.welcome,
        notice: head.mails.notice,
        first_import: head.first_import,
        typed: head.first_import || head.limits.iter().any(crate::domain::plan::LimitCheck::is_exceeded),
        gate: gate(context, &connection, head.approval.is_some(), head.counts.operations()),
        fields: fields
            .into_iter()
            .map(|field| (abilities.destination.word(field.field).to_owned(), field.people))
            .collect(),
    }))
}

/// Limits as the screens show them.
pub(super) fn limits(checks: &[crate::domain::plan::LimitCheck]) -> Vec<LimitRow> {
    checks
        .iter()
        .map(|check| LimitRow { kind: check.kind, count: check.count, allowed: check.allowed, waived: check.waived })
        .collect()
}

fn kinds(head: &PlanHead, destination: &DestinationCapabilities, changed: u32) -> Vec<KindRow> {
    let counts = &head.counts;
    OperationKind::SHOWN
        .into_iter()
        .filter(|kind| kind.facts().is_common || counts.kind(*kind) > 0)
        .map(|kind| {
            let words = match kind {
                OperationKind::Create if head.mails.welcome > 0 => {
                    format!("{} welcome mails", format::count(head.mails.welcome))
                }
                OperationKind::Link => format!("{} only", destination.identifier_word),
                OperationKind::Update => format!("in {}", format::counted(u64::from(changed), "field", "fields")),
                OperationKind::CreateOption | OperationKind::RemoveOption => format!("in {}", destination.name),
                _ => kind.facts().whom.to_owned(),
            };
            KindRow { kind, count: counts.kind(kind), words }
        })
        .collect()
}

/// The words of the reason, short ones where the pane has no room for more.
fn code_words(count: &HoldCount, destination: &DestinationCapabilities) -> String {
    match count.code {
        HoldCode::EmailHeldByActiveUser => "e-mail held by active".to_owned(),
        HoldCode::EmailHeldByInactiveUser => "e-mail of deactivated".to_owned(),
        _ => holds::words(count, destination),
    }
}

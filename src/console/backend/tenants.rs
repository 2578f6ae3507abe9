//! Answers the screen Tenants: the list of tenants.

use super::{Context, header};
use crate::console::screens::tenants::data::{Act, Answer, Ask, Entry, Next};
use crate::domain::connection::{Connection, ConnectionStatus};
use crate::domain::problem::Problem;
use crate::engine::checklist::StepState;
use crate::engine::error::EngineError;
use crate::services::support::{self, Asked};
use crate::services::{digest, forget, schedules, tenants};
use crate::store::StoreError;
use crate::store::views::{Fault, TenantRow};
use std::collections::BTreeMap;

/// Answers a question.
///
/// # Errors
/// What kept it from being answered.
pub async fn ask(context: &Context, ask: Ask) -> Result<Answer, Problem> {
    match ask {
        Ask::List => {
            let mut entries = Vec::new();
            // A file whose schedules cannot be read shows its tenants all the same.
            let all = schedules::all(&context.engine).await.map(|all| all.standings).unwrap_or_default();
            let mut all: BTreeMap<_, _> = all.into_iter().map(|one| (one.connection.id, one)).collect();
            for row in context.store.tenant_rows().await? {
                let schedule = all.remove(&row.connection.id);
                entries.push(Entry { schedule, ..entry(context, row).await? });
            }
            Ok(Answer::List(entries))
        }
        Ask::Digest(zone) => {
            let found = digest::digest(&context.engine, &zone, None).await?;
            Ok(Answer::Digest(digest::plain(&found)))
        }
        Ask::Next(tenant) => {
            let connection = context.connection(&tenant).await?;
            let facts = context.store.overview(connection.id).await?;
            let steps = context.engine.checklist(&connection).await?;
            let linked = facts.links.iter().map(|(_, people)| u64::from(*people)).sum();
            Ok(Answer::Next(Next { tenant, steps, linked }))
        }
    }
}

/// One tenant, whatever can be read of it: a value that cannot be is its own fault, and the others are shown.
async fn entry(context: &Context, row: TenantRow) -> Result<Entry, Problem> {
    let bare = row.clone();
    match full_entry(context, row).await {
        Err(EntryError::Unreadable(error)) => Ok(Entry {
            standing: header::standing(context, &bare.connection),
            status_at: context.engine.clock.now(),
            source: bare.connection.source.vendor.clone(),
            tells_changes: false,
            destination: bare.connection.destination.vendor.clone(),
            plan: None,
            set_up: None,
            schedule: None,
            elsewhere: None,
            archived: Vec::new(),
            row: TenantRow { fault: bare.fault.clone().or(Some(Fault::Data(error))), ..bare },
        }),
        Err(EntryError::Other(problem)) => Err(problem),
        Ok(entry) => Ok(entry),
    }
}

enum EntryError {
    Unreadable(StoreError),
    Other(Problem),
}

impl From<StoreError> for EntryError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unreadable { .. } | StoreError::BrokenTenant { .. } => EntryError::Unreadable(error),
            other => EntryError::Other(other.into()),
        }
    }
}

impl From<Problem> for EntryError {
    fn from(problem: Problem) -> Self {
        EntryError::Other(problem)
    }
}

impl From<EngineError> for EntryError {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Store(error) => error.into(),
            other => EntryError::Other(other.into()),
        }
    }
}

async fn full_entry(context: &Context, row: TenantRow) -> Result<Entry, EntryError> {
    let store = &context.store;
    let connection = &row.connection;
    let (source, destination, tells_changes) = match context.engine.abilities(connection) {
        Ok(both) => (both.source.name.to_owned(), both.destination.name.to_owned(), both.source.changes),
        // A connection of another build is shown all the same, by what it calls its vendors.
        Err(_) => (connection.source.vendor.clone(), connection.destination.vendor.clone(), false),
    };
    let plan = store.latest_plan(connection.id).await?;
    // With a plan the checklist reads all of it; the list says more then anyway.
    let set_up = match (connection.status, &plan) {
        (ConnectionStatus::Preview, None) => {
            let steps = context.engine.checklist(connection).await?;
            Some((steps.iter().filter(|step| step.state != StepState::Open).count(), steps.len()))
        }
        _ => None,
    };
    let facts = store.source_facts(connection.id).await?.unwrap_or_default();
    let elsewhere = context.at_work_elsewhere(connection).await?.map(|at_work| at_work.holder.words());
    Ok(Entry {
        standing: header::standing(context, connection),
        status_at: store.connection_state(connection.id).await?.status_at,
        source,
        tells_changes,
        destination,
        plan,
        set_up,
        schedule: None,
        elsewhere,
        archived: facts.archived_fields.into_iter().map(|field| field.label).collect(),
        row,
    })
}

/// Carries out a change.
///
/// # Errors
/// What kept it from being carried out.
pub async fn act(context: &Context, act: Act) -> Result<Answer, Problem> {
    match act {
        Act::SwitchOff(tenant) => {
            let connection = context.connection(&tenant).await?;
            Ok(Answer::Done(switch_off(context, &connection).await?))
        }
        Act::SwitchOn(tenant) => {
            let connection = context.connection(&tenant).await?;
            Ok(Answer::Done(switch_on(context, &connection).await?))
        }
        Act::Repair(tenant) => {
            let connection = tenants::repair(&context.engine, &context.access, &tenant).await?;
            Ok(Answer::Done(format!("Repaired {}: it can only preview", connection.tenant_name)))
        }
        Act::SupportBundle(tenant) => Ok(Answer::Done(support_bundle(context, tenant).await?)),
        Act::Remove(tenant) => Ok(Answer::Done(remove(context, &tenant).await?)),
    }
}

/// Writes a support bundle into the folder of exports; says where.
async fn support_bundle(context: &Context, tenant: Option<String>) -> Result<String, Problem> {
    let (engine, postman) = (&context.engine, context.runs.supervisor.outlets());
    let asked = Asked { tenant, ..Asked::default() };
    let bundle = support::bundle(engine, &context.access, postman, &context.surroundings, &asked).await?;
    Ok(format!("Support bundle, people are pseudonyms: {}", bundle.path.display()))
}

/// Switches a tenant off; answers what came of it, in words.
///
/// # Errors
/// Only the store's.
pub async fn switch_off(context: &Context, connection: &Connection) -> Result<String, Problem> {
    let reached = tenants::switch_off(&context.engine, &context.access, connection).await?;
    let words = format!("Switched off {}", connection.tenant_name);
    Ok(reached.map_or(words.clone(), |reached| format!("{words}; {}", reached.words())))
}

/// Switches a tenant on for previews, in words.
///
/// # Errors
/// As [`tenants::allow_previews`].
pub async fn switch_on(context: &Context, connection: &Connection) -> Result<String, Problem> {
    tenants::allow_previews(&context.engine, &context.access, connection).await?;
    Ok(format!("Switched on {}, for previews", connection.tenant_name))
}

/// Removes a tenant with everything known of it; answers what came of it, in words.
///
/// # Errors
/// As [`tenants::remove`].
pub async fn remove(context: &Context, tenant: &str) -> Result<String, Problem> {
    let connection = tenants::removable(&context.engine, tenant).await?;
    let removed = tenants::remove(&context.engine, &context.access, &connection).await?;
    let mut words = format!("Removed {}", connection.tenant_name);
    if let Some(reached) = removed.reached {
        words.push_str(&format!("; {}", reached.words()));
    }
    for left in removed.credentials_left {
        words.push_str(&format!("; a credential stays in the sealed file: {left}"));
    }
    if let Some(owed) = forget::owed(&context.engine).await? {
        words.push_str(&format!("; {owed}"));
    }
    Ok(words)
}

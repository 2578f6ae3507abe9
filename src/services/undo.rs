//! Undo of a run: looked at first, carried out as a job, and letting go of whom it left held.

use super::access::Access;
use super::error::ServiceError;
use super::runs::Work;
use crate::domain::connection::Connection;
use crate::domain::decision::{Decision, Ruling};
use crate::domain::ids::{EmployeeId, RunId};
use crate::domain::run::Job;
use crate::engine::Engine;
use crate::engine::run::{Approved, Confirmation, SyncRequest};
pub use crate::engine::undo::UndoRequest;
pub use crate::planning::{Inverse, Leftover};
use crate::store::Store;
use std::collections::BTreeSet;

/// What undoing would do, from what the destination holds now; reads only, and keeps nothing.
///
/// # Errors
/// A run that cannot be undone, with the reason; the destination cannot be read; the store's.
pub async fn preview(engine: &Engine, connection: &Connection, undo: &UndoRequest) -> Result<Inverse, ServiceError> {
    Ok(engine.undo_preview(connection, undo).await?)
}

/// The job that carries an undo out, if what it would do is still what `hash` says, where that is given.
#[must_use]
pub fn work(undo: UndoRequest, hash: Option<String>, confirmation: Confirmation) -> Work {
    Work::Sync(SyncRequest {
        job: Job::undo_of(undo.run, undo.people),
        confirmation: Some(confirmation),
        approved: Approved::Undo { hash },
        ..SyncRequest::default()
    })
}

/// Whom an operator means of the people whom a run wrote to, by id or identifier.
///
/// # Errors
/// [`ServiceError::NoEmployee`] for the first to whom the run wrote nothing; the store's.
pub async fn named(
    store: &Store,
    connection: &Connection,
    run: RunId,
    names: &[String],
) -> Result<Vec<EmployeeId>, ServiceError> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let lines = match store.run(run).await?.plan {
        Some(plan) => store.operations(plan, &[]).await?,
        None => Vec::new(),
    };
    let find = |name: &String| {
        let is_meant = |id: &EmployeeId, identifier: Option<&str>| id.as_str() == name || identifier == Some(name);
        lines.iter().find_map(|line| {
            let employee = line.operation.employee.as_ref()?;
            let identifier = line.operation.identifier.as_ref().map(|one| one.as_str());
            is_meant(employee, identifier).then(|| employee.clone())
        })
    };
    let missing =
        |name: &String| ServiceError::NoEmployee { tenant: connection.tenant_name.clone(), name: name.clone() };
    names.iter().map(|name| find(name).ok_or_else(|| missing(name))).collect()
}

/// Who is held because an undo took back what a run had done (this run, where one is named).
///
/// # Errors
/// The store's.
pub async fn held(store: &Store, connection: &Connection, run: Option<RunId>) -> Result<Vec<Decision>, ServiceError> {
    let mut held = store.decisions(connection.id).await?;
    held.retain(|decision| match decision.ruling {
        Ruling::Undone { run: undone } => run.is_none_or(|run| run == undone),
        _ => false,
    });
    Ok(held)
}

/// Lets go of people who are held as undone, of all where none is named: the next plan has them again. Answers who was held.
///
/// # Errors
/// Where nothing may be changed; the store's.
pub async fn release(
    engine: &Engine,
    access: &Access,
    connection: &Connection,
    run: Option<RunId>,
    people: Vec<EmployeeId>,
) -> Result<Vec<EmployeeId>, ServiceError> {
    access.change()?;
    let people = if people.is_empty() {
        held(&engine.store, connection, run).await?.into_iter().map(|decision| decision.employee).collect()
    } else {
        people
    };
    Ok(engine.store.release_undone(connection.id, run, people, &access.operator).await?)
}

/// How many people an undo leaves something of, and how many of these because the destination was changed since.
#[must_use]
pub fn left_people(left: &[Leftover]) -> (usize, usize) {
    let people = |moved: bool| {
        let some = left.iter().filter(|one| !moved || one.is_moved).filter_map(|one| one.employee.as_ref());
        some.collect::<BTreeSet<_>>().len()
    };
    (people(false), people(true))
}

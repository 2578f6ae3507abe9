//! Forgetting a person: what is kept of one, and taking it out of the workspace.

use super::access::Access;
use super::error::ServiceError;
use crate::domain::connection::Connection;
use crate::domain::ids::EmployeeId;
use crate::engine::Engine;
pub use crate::store::Remembrance;

/// What forgetting does not reach, for whoever asks for it.
pub const OUT_OF_REACH: [&str; 3] = [
    "the source and the destination: while the source lists the person, the next reading keeps the record again",
    "copies made before (`onroll backup`, the folder backups), exports, and lists handed over",
    "log files, which name people by identifier, go by their age (14 days)",
];

/// Who is meant: an id or identifier of the last pull, else the id of somebody of whom something is kept.
///
/// # Errors
/// [`ServiceError::NoEmployee`] where nothing is kept of anybody called so; the store's.
pub async fn named(engine: &Engine, connection: &Connection, name: &str) -> Result<EmployeeId, ServiceError> {
    let found = engine.store.employees_named(connection.id, vec![name.to_owned()]).await?;
    if let Some(employee) = found.into_iter().flatten().next() {
        return Ok(employee);
    }
    let links = engine.store.links(connection.id).await?;
    let linked = links.into_iter().find(|link| link.identifier.as_str() == name).map(|link| link.employee);
    let employee = linked.unwrap_or_else(|| EmployeeId::new(name));
    if engine.remembers(connection, &employee).await?.is_nothing() {
        return Err(ServiceError::NoEmployee { tenant: connection.tenant_name.clone(), name: name.to_owned() });
    }
    Ok(employee)
}

/// What is kept of a person.
///
/// # Errors
/// The store's.
pub async fn look(
    engine: &Engine,
    connection: &Connection,
    employee: &EmployeeId,
) -> Result<Remembrance, ServiceError> {
    Ok(engine.remembers(connection, employee).await?)
}

/// Takes a person out of the workspace; answers what there was.
///
/// # Errors
/// Where nothing may be changed; while a run is at work; the store's.
pub async fn person(
    engine: &Engine,
    access: &Access,
    connection: &Connection,
    employee: &EmployeeId,
) -> Result<Remembrance, ServiceError> {
    people(engine, access, connection, std::slice::from_ref(employee)).await
}

/// What of a removal is still to be done: the file is written anew, where it is large, once nobody is at work. For people.
///
/// # Errors
/// When the file cannot be read.
pub async fn owed(engine: &Engine) -> Result<Option<String>, ServiceError> {
    Ok(engine.store.rewrite_owed().await?.map(|owed| owed.words()))
}

/// Does what is owed of a removal, where nobody is at work; nothing where the workspace may not be changed.
pub async fn settle(engine: &Engine, access: &Access) {
    if access.change().is_ok() {
        engine.write_anew().await;
    }
}

/// Takes people out of the workspace, all or none; answers what there was. As long as the file takes to be written anew, once.
///
/// # Errors
/// As [`person`].
pub async fn people(
    engine: &Engine,
    access: &Access,
    connection: &Connection,
    employees: &[EmployeeId],
) -> Result<Remembrance, ServiceError> {
    access.change()?;
    Ok(engine.forget_people(connection, employees).await?)
}

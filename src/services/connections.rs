//! The two ends of a connection: their credentials, and whether they answer.

use super::access::{Access, Refusal};
use super::error::ServiceError;
use crate::domain::connection::Connection;
use crate::domain::secret::{Secret, SecretRef};
use crate::domain::snapshot::Side;
use crate::engine::Engine;
use crate::engine::checklist::ConnectionTest;
use std::sync::Arc;

/// Keeps a credential of one end in the sealed file, under the name by which the removal of the tenant finds it.
///
/// # Errors
/// Where nothing may be changed; a credential that this end does not have; a sealed file that cannot be written: then the
/// old one stays in use.
pub async fn set_secret(
    engine: &Engine,
    access: &Access,
    connection: &Connection,
    (side, name): (Side, &str),
    secret: Secret,
) -> Result<(), ServiceError> {
    access.change()?;
    check_credential(engine, connection, side, name)?;
    let key = format!("{}/{}/{name}", connection.short_name, side.key());
    let (store, kept) = (Arc::clone(&engine.secrets), key.clone());
    let set = tokio::task::spawn_blocking(move || store.set(&kept, &secret));
    set.await.map_err(|error| ServiceError::broken(&error))?.map_err(ServiceError::Secret)?;
    Ok(engine.store.set_secret_ref(connection.id, side, name, SecretRef::Sealed(key), &access.operator).await?)
}

/// Tests both ends by real calls, reads only. What was found is kept, and a pause lifted, where something may be changed.
///
/// # Errors
/// A credential that cannot be read, or the store's; a refusal of a vendor is part of the result.
pub async fn test(engine: &Engine, access: &Access, connection: &Connection) -> Result<ConnectionTest, ServiceError> {
    Ok(match access.change() {
        Ok(()) => engine.test_connection(connection).await?,
        Err(Refusal::ReadOnly) => engine.probe_connection(connection).await?,
    })
}

/// Whether an end has a credential of this name: asked before anybody types it.
///
/// # Errors
/// [`ServiceError::NoCredential`], with those that there are.
pub fn check_credential(engine: &Engine, connection: &Connection, side: Side, name: &str) -> Result<(), ServiceError> {
    let abilities = engine.abilities(connection)?;
    let specs = match side {
        Side::Source => abilities.source.parameters,
        Side::Destination => abilities.destination.parameters,
    };
    if !specs.iter().any(|spec| spec.secret && spec.key == name) {
        let known = specs.iter().filter(|spec| spec.secret).map(|spec| spec.key).collect();
        return Err(ServiceError::NoCredential { side, name: name.to_owned(), known });
    }
    Ok(())
}

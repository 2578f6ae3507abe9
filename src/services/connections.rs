//! The two ends of a connection: their credentials, and whether they answer.

use super::access::{Access, Refusal};
use super::error::ServiceError;
use super::tenants::NewEnd;
use crate::domain::capabilities::{DestinationCapabilities, SourceCapabilities};
use crate::domain::connection::Connection;
use crate::domain::person::Employee;
use crate::domain::secret::{Secret, SecretRef};
use crate::domain::settings::Settings;
use crate::domain::snapshot::Side;
use crate::engine::Engine;
use crate::engine::checklist::ConnectionTest;
use crate::engine::error::EngineError;
pub use crate::engine::reach::Revoked;
use crate::engine::sample::sample;
use crate::ports::api::{ApiError, NoNotices, ProbeResult, ProbeStep};
use crate::ports::clock::day_in;
use crate::ports::connect::{ConnectParts, Kept, SecretKeeping};
use crate::ports::source::SourceApi;
use crate::secrets::has_keyring;
use crate::vendors::registry;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Every source that a tenant can have, in the order of the wizard, as it is without parameters.
pub fn sources() -> Vec<&'static SourceCapabilities> {
    registry::sources().iter().map(|vendor| vendor.capabilities).collect()
}

/// Every destination that a tenant can have, in the order of the wizard, as it is without parameters.
pub fn destinations() -> Vec<&'static DestinationCapabilities> {
    registry::destinations().iter().map(|vendor| (vendor.capabilities)(&BTreeMap::new())).collect()
}

/// What a source can do with these parameters.
///
/// # Errors
/// [`ApiError::UnknownVendor`].
pub fn source(key: &str, parameters: &BTreeMap<String, String>) -> Result<&'static SourceCapabilities, ServiceError> {
    Ok(registry::source_named(key).map_err(EngineError::from)?.with(parameters))
}

/// What a destination can do with these parameters.
///
/// # Errors
/// [`ApiError::UnknownVendor`].
pub fn destination(
    key: &str,
    parameters: &BTreeMap<String, String>,
) -> Result<&'static DestinationCapabilities, ServiceError> {
    Ok((registry::destination_named(key).map_err(EngineError::from)?.capabilities)(parameters))
}

/// What the calls of an end that is still being set up have found.
#[derive(Debug)]
pub struct Found {
    pub steps: Vec<ProbeStep>,
    pub took: Duration,
    /// A few of its people, where it is a source and nothing failed.
    pub people: Vec<Employee>,
    /// Credentials that the vendor replaced meanwhile, by name: these have to be kept in place of those that were typed.
    pub rotated: Vec<(String, Secret)>,
}

/// Calls one end with what is typed for a tenant that is not there yet; reads only, and keeps nothing. A set-up that cannot
/// work is a step that failed, as a refusal is.
pub async fn probe_new(engine: &Engine, short_name: &str, side: Side, end: NewEnd, settings: Settings) -> Found {
    call_new(engine, short_name, side, end, settings, Look::AtAll).await
}

/// Others of its people than those that were shown already; the rest of [`Found`] tells only what kept them from being read.
pub async fn others_of_new(engine: &Engine, short_name: &str, end: NewEnd, settings: Settings, shown: usize) -> Found {
    call_new(engine, short_name, Side::Source, end, settings, Look::AtOthers(shown)).await
}

/// What is looked at.
#[derive(Clone, Copy)]
enum Look {
    AtAll,
    /// Only at people, after this number of them.
    AtOthers(usize),
}

async fn call_new(engine: &Engine, short_name: &str, side: Side, end: NewEnd, settings: Settings, look: Look) -> Found {
    let rotated = Arc::new(Mutex::new(Vec::new()));
    let keep = Arc::clone(&rotated);
    let save = move |name: &str, secret: Secret| {
        keep.lock().unwrap_or_else(PoisonError::into_inner).push((name.to_owned(), secret));
        Kept::Replaced
    };
    let parts = ConnectParts {
        short_name: short_name.to_owned(),
        parameters: end.endpoint.parameters,
        secrets: end.secrets,
        field_map: settings.field_map.clone(),
        settings,
        notices: Arc::new(NoNotices),
        keeping: SecretKeeping { save: Arc::new(save), ..SecretKeeping::default() },
        workspace_dir: Some(engine.workspace.clone()),
        today: day_in(engine.clock.now(), "UTC"),
        accounts: Some(engine.account_desk()),
        ..ConnectParts::default()
    };
    let started = engine.clock.now();
    let vendor = &end.endpoint.vendor;
    let mut people = Vec::new();
    let steps = match side {
        Side::Source => match engine.factory.source(vendor, parts) {
            Ok(client) => look_at(&*client, look, &mut people).await,
            Err(error) => set_up_failed(error),
        },
        Side::Destination => match engine.factory.destination(vendor, parts) {
            Ok(client) => client.probe().await,
            Err(error) => set_up_failed(error),
        },
    };
    let took = engine.clock.now().duration_since(started);
    let rotated = std::mem::take(&mut *rotated.lock().unwrap_or_else(PoisonError::into_inner));
    Found { steps, people, took: took.try_into().unwrap_or_default(), rotated }
}

/// Calls a source; a refusal while its people are read is a step that failed, as any is.
async fn look_at(client: &dyn SourceApi, look: Look, people: &mut Vec<Employee>) -> Vec<ProbeStep> {
    let (mut steps, shown) = match look {
        Look::AtAll => (client.probe().await, 0),
        Look::AtOthers(shown) => (Vec::new(), shown),
    };
    if !steps.iter().any(|step| matches!(step.result, ProbeResult::Failed(_))) {
        match sample(client, shown).await {
            Ok(found) => *people = found,
            Err(error) => steps.push(ProbeStep::failed("people", error)),
        }
    }
    steps
}

/// A few of the people of a tenant's source, as its test call shows them.
///
/// # Errors
/// A credential that cannot be read; what the vendor refuses.
pub async fn some_people(engine: &Engine, connection: &Connection) -> Result<Vec<Employee>, ServiceError> {
    let clients = engine.clients(connection, Arc::new(NoNotices)).await?;
    Ok(sample(&*clients.source, 0).await.map_err(EngineError::from)?)
}

fn set_up_failed(error: ApiError) -> Vec<ProbeStep> {
    vec![ProbeStep { name: "set-up".to_owned(), result: ProbeResult::Failed(error), detail: String::new() }]
}

/// Where a credential that is put in is kept.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Keep {
    /// In the keyring where the old one is there, else in the sealed file.
    #[default]
    AsBefore,
    /// In the keyring of the desktop.
    Keyring,
    /// In the sealed file of the workspace.
    Sealed,
}

/// Why the keyring of the desktop takes nothing here, in words; `None` where it answers.
pub async fn no_keyring(engine: &Engine) -> Option<String> {
    if !has_keyring() {
        return Some("not in this build (--features keyring)".to_owned());
    }
    let secrets = Arc::clone(&engine.secrets);
    match tokio::task::spawn_blocking(move || secrets.keyring().answers()).await {
        Ok(answer) => answer.err().map(|error| error.to_string()),
        Err(error) => Some(error.to_string()),
    }
}

/// Keeps a credential of one end that is kept here in another place; answers where.
///
/// # Errors
/// Where nothing may be changed; a credential that is not there, or stands outside; as [`set_secret`].
pub async fn move_secret(
    engine: &Engine,
    access: &Access,
    connection: &Connection,
    (side, name): (Side, &str),
    keep: Keep,
) -> Result<SecretRef, ServiceError> {
    access.change()?;
    check_credential(engine, connection, side, name)?;
    let Some(kept @ (SecretRef::Sealed(_) | SecretRef::Keyring(_))) = connection.end(side).secrets.get(name).cloned()
    else {
        return Err(ServiceError::Setting(format!("{name} is not kept here: there is nothing to move")));
    };
    let (secrets, environment) = (Arc::clone(&engine.secrets), Arc::clone(&engine.environment));
    let found = tokio::task::spawn_blocking(move || secrets.resolve(&kept, &*environment)).await;
    let secret = found.map_err(|error| ServiceError::broken(&error))?.map_err(ServiceError::Secret)?;
    set_secret(engine, access, connection, (side, name), (secret, keep)).await
}

/// Keeps a credential of one end, under the name by which the removal of the tenant finds it; answers where.
///
/// # Errors
/// Where nothing may be changed; a credential that this end does not have; a sealed file that cannot be written, a keyring that
/// does not take it: then the old one stays in use.
pub async fn set_secret(
    engine: &Engine,
    access: &Access,
    connection: &Connection,
    (side, name): (Side, &str),
    (secret, keep): (Secret, Keep),
) -> Result<SecretRef, ServiceError> {
    access.change()?;
    check_credential(engine, connection, side, name)?;
    let old = connection.end(side).secrets.get(name).cloned();
    let key = format!("{}/{}/{name}", connection.short_name, side.key());
    let new = match (keep, &old) {
        (Keep::AsBefore, Some(SecretRef::Keyring(name))) => SecretRef::Keyring(name.clone()),
        (Keep::AsBefore | Keep::Sealed, _) => SecretRef::Sealed(key),
        (Keep::Keyring, _) => in_keyring(&key),
    };
    let (store, place) = (Arc::clone(&engine.secrets), new.clone());
    let set = tokio::task::spawn_blocking(move || match &place {
        SecretRef::Keyring(name) => store.keep_in_keyring(name, &secret),
        SecretRef::Sealed(name) => store.set(name, &secret),
        SecretRef::Env(_) | SecretRef::File(_) => Ok(()),
    });
    set.await.map_err(|error| ServiceError::broken(&error))?.map_err(ServiceError::Secret)?;
    engine.store.set_secret_ref(connection.id, side, name, new.clone(), &access.operator).await?;
    // What another tenant signs in with too is that one's.
    let old = match old.filter(|old| *old != new) {
        Some(old) if engine.others_with(connection, &old).await?.is_empty() => Some(old),
        _ => None,
    };
    if let Some(old @ (SecretRef::Sealed(_) | SecretRef::Keyring(_))) = old {
        let store = Arc::clone(&engine.secrets);
        // The new one is in use; what is left of the old one is harmless, and told.
        let gone = tokio::task::spawn_blocking(move || store.forget_kept(&old)).await;
        if let Err(error) = gone.map_err(|error| ServiceError::broken(&error))? {
            tracing::warn!(%error, "the credential that was replaced could not be taken away");
        }
    }
    Ok(new)
}

/// Where a credential is in the keyring. Two workspaces may have a tenant of one name; the keyring is of both.
pub(super) fn in_keyring(key: &str) -> SecretRef {
    SecretRef::Keyring(format!("{key} {}", uuid::Uuid::new_v4().simple()))
}

/// Forgets a credential of one end (FR02); a live tenant is switched off, whatever is at work on it is stopped.
///
/// # Errors
/// Where nothing may be changed; a credential that this end does not have; what does not end; a sealed file or keyring that
/// cannot be reached.
pub async fn revoke_secret(
    engine: &Engine,
    access: &Access,
    connection: &Connection,
    (side, name): (Side, &str),
) -> Result<Revoked, ServiceError> {
    access.change()?;
    check_credential(engine, connection, side, name)?;
    Ok(engine.revoke_credential(connection, side, name).await?)
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

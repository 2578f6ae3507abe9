//! Tenants: adding, switching, removing.

use super::access::Access;
use super::connections::{Keep, in_keyring};
use super::error::ServiceError;
use crate::domain::capabilities::ParameterSpec;
use crate::domain::connection::{self, Connection, ConnectionStatus, Endpoint};
use crate::domain::ids::ConnectionId;
use crate::domain::list::ListKey;
use crate::domain::mapping::MappingTarget;
use crate::domain::secret::{Secret, SecretRef};
use crate::domain::settings::{RecreatePolicy, Settings};
use crate::domain::snapshot::Side;
use crate::engine::Engine;
use crate::engine::checklist::{Published, StepKey, TestRecord};
use crate::engine::error::EngineError;
use crate::engine::reach::{Reached, Removed};
use crate::engine::repair_words;
use crate::secrets::{SecretError, SecretStore};
use crate::store::{Lost, NewConnection, StoreError};
use crate::vendors::registry;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The preference by which the console remembers the last tenant.
pub const LAST_TENANT: &str = "console/last_tenant";

/// A tenant that is to be added.
#[derive(Debug, Clone)]
pub struct NewTenant {
    pub name: String,
    pub short_name: String,
    pub time_zone: String,
    pub source: NewEnd,
    pub destination: NewEnd,
    pub settings: Settings,
    pub tables: Vec<NewTable>,
    /// Where its credentials are kept.
    pub keep: Keep,
    /// What its test calls found, where there were any: the checklist does not ask for them again.
    pub tested: Option<TestRecord>,
}

/// One end of a tenant that is to be added.
#[derive(Debug, Clone)]
pub struct NewEnd {
    /// The vendor, its parameters, and references to credentials that live outside of the workspace.
    pub endpoint: Endpoint,
    /// Credentials that are to be kept in the workspace, by name.
    pub secrets: BTreeMap<String, Secret>,
}

/// A mapping table of a tenant that is to be added.
#[derive(Debug, Clone)]
pub struct NewTable {
    pub list: ListKey,
    pub verbatim: bool,
    pub rows: Vec<(String, MappingTarget)>,
}

/// The part of a tenant's description that has to be corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Name,
    ShortName,
    TimeZone,
    Vendor,
    Parameters,
    Settings,
}

impl Part {
    /// What to correct; nothing was stored.
    pub(super) fn remedy(self) -> &'static str {
        match self {
            Part::Name => "choose another name; nothing was stored",
            Part::ShortName => "choose another short name; nothing was stored",
            Part::TimeZone => "write the time zone as Europe/London; nothing was stored",
            Part::Vendor => "choose one that exists; nothing was stored",
            Part::Parameters => "complete the parameters; nothing was stored",
            Part::Settings => "correct the settings; nothing was stored",
        }
    }
}

fn not_addable(part: Part, what: impl std::fmt::Display) -> ServiceError {
    ServiceError::NotAddable { part, what: what.to_string() }
}

/// What becomes of users who were deleted in the destination, where nobody has said it.
#[must_use]
pub fn usual_recreate(source: &str, destination: &str) -> RecreatePolicy {
    registry::usual_recreate(source, destination)
}

/// Adds a tenant in preview, with its mapping tables; its credentials go into the sealed file, or into the keyring.
///
/// The row comes first: its short name is what keeps two programs that add the same tenant at once from each other's
/// credentials. Whoever crashes in between leaves a tenant that asks for its credentials.
///
/// # Errors
/// A description that cannot work, a name that is taken, something that cannot be kept: then nothing of it stays.
pub async fn add(engine: &Engine, access: &Access, new: NewTenant) -> Result<ConnectionId, ServiceError> {
    access.change()?;
    check(engine, &new).await?;
    let name = new.name.clone();
    let mut settings = new.settings;
    if settings.report_recipients.is_empty() {
        // Whoever sets a connection up hears of its runs (FR05).
        settings.report_recipients.extend(access.email.clone());
    }
    let (source, mut secrets) = referred(&new.short_name, Side::Source, new.source, new.keep);
    let (destination, more) = referred(&new.short_name, Side::Destination, new.destination, new.keep);
    secrets.extend(more);
    let verbatim = new.tables.iter().filter(|table| table.verbatim).map(|table| table.list).collect();
    let rows = new.tables.into_iter().flat_map(rows_of).collect();
    let row = NewConnection {
        tenant_name: new.name,
        short_name: new.short_name,
        time_zone: new.time_zone,
        source,
        destination,
        settings,
        verbatim,
        by: access.operator.clone(),
    };
    let id = engine.store.add_connection_with(row, rows).await.map_err(taken)?;
    let kept = keep(engine, id, &secrets, new.tested).await;
    match kept {
        Ok(()) => Ok(id),
        Err(because) => Err(take_back(engine, access, (id, name), &secrets, because).await),
    }
}

fn rows_of(table: NewTable) -> impl Iterator<Item = (ListKey, String, Option<MappingTarget>)> {
    let kind = table.list;
    table.rows.into_iter().map(move |(value, target)| (kind, value, Some(target)))
}

fn taken(error: StoreError) -> ServiceError {
    match error {
        StoreError::NameTaken { short_name } => {
            not_addable(Part::ShortName, format!("the short name `{short_name}` is in use"))
        }
        other => other.into(),
    }
}

/// An end whose own credentials are references, and these credentials by where they are to be kept.
fn referred(short_name: &str, side: Side, end: NewEnd, keep: Keep) -> (Endpoint, Vec<(SecretRef, Secret)>) {
    let mut endpoint = end.endpoint;
    let mut secrets = Vec::with_capacity(end.secrets.len());
    for (name, secret) in end.secrets {
        let key = format!("{short_name}/{}/{name}", side.key());
        let place = if keep == Keep::Keyring { in_keyring(&key) } else { SecretRef::Sealed(key) };
        endpoint.secrets.insert(name, place.clone());
        secrets.push((place, secret));
    }
    (endpoint, secrets)
}

/// Keeps credentials, all or none.
fn keep_all(store: &SecretStore, secrets: &[(SecretRef, Secret)]) -> Result<(), SecretError> {
    let sealed: Vec<(String, Secret)> = secrets
        .iter()
        .filter_map(|(place, secret)| match place {
            SecretRef::Sealed(key) => Some((key.clone(), secret.clone())),
            SecretRef::Keyring(_) | SecretRef::Env(_) | SecretRef::File(_) => None,
        })
        .collect();
    for (at, (place, secret)) in secrets.iter().enumerate() {
        let SecretRef::Keyring(key) = place else { continue };
        if let Err(error) = store.keep_in_keyring(key, secret) {
            for (place, _) in secrets.iter().take(at) {
                // What stays there is in nobody's set-up: harmless, and the first error is what counts.
                let _ = store.forget_kept(place);
            }
            return Err(error);
        }
    }
    store.set_all(&sealed)
}

async fn keep(
    engine: &Engine,
    id: ConnectionId,
    secrets: &[(SecretRef, Secret)],
    tested: Option<TestRecord>,
) -> Result<(), ServiceError> {
    let (store, secrets) = (Arc::clone(&engine.secrets), secrets.to_vec());
    let kept = tokio::task::spawn_blocking(move || keep_all(&store, &secrets));
    kept.await.map_err(|error| ServiceError::broken(&error))?.map_err(ServiceError::Secret)?;
    if let Some(record) = tested {
        engine.keep_test(id, &record).await?;
    }
    Ok(())
}

/// Takes back what was stored of a tenant; answers why it was not added, and what could not be taken back.
async fn take_back(
    engine: &Engine,
    access: &Access,
    (id, tenant): (ConnectionId, String),
    secrets: &[(SecretRef, Secret)],
    because: ServiceError,
) -> ServiceError {
    let mut left = Vec::new();
    // Credentials are kept all or none.
    if !matches!(because, ServiceError::Secret(_)) {
        for (place, _) in secrets {
            if let Err(error) = engine.secrets.forget_kept(place) {
                let (SecretRef::Sealed(key) | SecretRef::Keyring(key) | SecretRef::Env(key)) = place else { continue };
                left.push(format!("the credential {key} ({error})"));
            }
        }
    }
    if let Err(error) = engine.store.remove_connection(id, &access.operator).await {
        left.push(format!("the tenant's row ({error})"));
    }
    if left.is_empty() {
        return because;
    }
    ServiceError::LeftBehind { tenant, left: left.join(", "), because: Box::new(because) }
}

/// What can be said of a tenant before anything is stored.
async fn check(engine: &Engine, new: &NewTenant) -> Result<(), ServiceError> {
    connection::check_tenant_name(&new.name).map_err(|error| not_addable(Part::Name, error))?;
    connection::check_short_name(&new.short_name).map_err(|error| not_addable(Part::ShortName, error))?;
    let known = engine.store.salvage_all().await?;
    if known.iter().any(|salvage| salvage.connection.short_name == new.short_name) {
        return Err(taken(StoreError::NameTaken { short_name: new.short_name.clone() }));
    }
    if jiff::tz::TimeZone::get(&new.time_zone).is_err() {
        return Err(not_addable(Part::TimeZone, format!("`{}` is not an IANA time zone", new.time_zone)));
    }
    let (from, to) = (&new.source, &new.destination);
    let unknown = |side: &str, key: &str| not_addable(Part::Vendor, format!("no {side} is called `{key}`"));
    let source = registry::source(&from.endpoint.vendor).ok_or_else(|| unknown("source", &from.endpoint.vendor))?;
    let source = source.with(&from.endpoint.parameters);
    let destination =
        registry::destination(&to.endpoint.vendor).ok_or_else(|| unknown("destination", &to.endpoint.vendor))?;
    let destination = (destination.capabilities)(&to.endpoint.parameters);
    complete(source.parameters, from)?;
    complete(destination.parameters, to)?;
    new.settings.check().map_err(|error| not_addable(Part::Settings, format!("the setting {error}")))?;
    registry::check_setup(&new.short_name, &from.endpoint, &to.endpoint, &new.settings).map_err(EngineError::from)?;
    Ok(())
}

fn complete(specs: &[ParameterSpec], end: &NewEnd) -> Result<(), ServiceError> {
    let given = |key: &str| {
        end.endpoint.parameters.contains_key(key)
            || end.endpoint.secrets.contains_key(key)
            || end.secrets.contains_key(key)
    };
    match specs.iter().find(|spec| spec.required && !given(spec.key)) {
        Some(spec) => Err(not_addable(Part::Parameters, format!("{} is missing", spec.label))),
        None => Ok(()),
    }
}

/// A tenant as far as it can be read, to be changed.
#[derive(Debug, Clone)]
pub struct Editable {
    /// In preview where something of it was lost, with the defaults in the place of that.
    pub connection: Connection,
    pub lost: Vec<Lost>,
}

/// A tenant that is to be changed, also one whose row cannot be read.
///
/// # Errors
/// A name that nobody has; the store's.
pub async fn editable(engine: &Engine, name: &str) -> Result<Editable, ServiceError> {
    let salvage = engine.store.salvage_named(name).await?;
    let lost = salvage.lost.clone();
    Ok(Editable { connection: engine.mended(salvage), lost })
}

/// Puts a changed tenant in the place of what was there: `keys` were said by an operator, `lost` is repaired by it.
///
/// # Errors
/// Where nothing may be changed; settings that do not go together; the store's.
pub async fn set(
    engine: &Engine,
    access: &Access,
    after: Connection,
    (keys, lost): (&[&str], &[Lost]),
) -> Result<Connection, ServiceError> {
    access.change()?;
    let repaired = (!lost.is_empty()).then(|| repair_words(lost));
    let set = (!keys.is_empty()).then(|| format!("set {}", keys.join(", ")));
    let what = repaired.into_iter().chain(set).collect::<Vec<_>>().join("; ");
    let id = after.id;
    engine.store.put_connection(after, what, &access.operator).await?;
    Ok(engine.store.connection(id).await?)
}

/// Puts what can be read of a tenant in the place of its row; the rest has its default, and the tenant is back in preview.
///
/// # Errors
/// Where nothing may be changed; a tenant that is sound; where something has to be said first that has no default.
pub async fn repair(engine: &Engine, access: &Access, name: &str) -> Result<Connection, ServiceError> {
    access.change()?;
    Ok(engine.repair(name).await?)
}

/// Leaves a step of the checklist open, whose people stay held, or takes that back; answers whether it is left open now.
///
/// # Errors
/// Where nothing may be changed; a step that cannot be left open; the store's.
pub async fn waive_step(
    engine: &Engine,
    access: &Access,
    connection: &Connection,
    step: StepKey,
) -> Result<bool, ServiceError> {
    access.change()?;
    Ok(engine.toggle_waiver(connection, step).await?)
}

/// Notes which tenant was looked at last, for the next start. Nothing of a tenant changes, so everybody may.
///
/// # Errors
/// The store's.
pub async fn remember(engine: &Engine, short_name: &str) -> Result<(), ServiceError> {
    Ok(engine.store.set_preference(LAST_TENANT, Some(short_name)).await?)
}

/// Switches a tenant off: nothing is written any more, all data are kept (PL14). A run that may write is awaited.
///
/// # Errors
/// Where nothing may be changed; the store's.
pub async fn switch_off(
    engine: &Engine,
    access: &Access,
    connection: &Connection,
) -> Result<Option<Reached>, ServiceError> {
    access.change()?;
    Ok(engine.switch_off(connection).await?)
}

/// Switches a tenant that is off on again, for previews; publishing is a deed of its own.
///
/// # Errors
/// Where nothing may be changed; a tenant that is paused, which only a passing connection test helps; the store's.
pub async fn allow_previews(engine: &Engine, access: &Access, connection: &Connection) -> Result<(), ServiceError> {
    access.change()?;
    let status =
        |what: &str, remedy| ServiceError::Status { what: format!("{} {what}", connection.tenant_name), remedy };
    // As the file has it: another program may have switched it since it was shown.
    match engine.store.connection(connection.id).await?.status {
        ConnectionStatus::Off => {
            engine.store.set_status(connection.id, ConnectionStatus::Preview, &access.operator).await?;
            Ok(())
        }
        ConnectionStatus::Preview => Ok(()),
        ConnectionStatus::Live => Err(status("is live already", "nothing; switch it off first to stop its runs")),
        ConnectionStatus::Paused => {
            Err(status("is paused after refusals", "test the connection: a test that passes lifts the pause"))
        }
    }
}

/// How a tenant is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Publishing {
    /// Its checklist has to be complete already.
    Checked,
    /// Makes the test calls and the test run, and waives what is open.
    WithTestRun,
}

/// Publishes a tenant: from now on runs write.
///
/// # Errors
/// Where nothing may be changed; an open step, a test that fails; the store's.
pub async fn publish(
    engine: &Engine,
    access: &Access,
    connection: &Connection,
    how: Publishing,
) -> Result<Published, ServiceError> {
    access.change()?;
    match how {
        Publishing::Checked => Ok(Published { steps: engine.publish(connection).await?, waived: Vec::new() }),
        Publishing::WithTestRun => Ok(engine.publish_with_test_run(connection).await?),
    }
}

/// The tenant that is to be removed, also one whose row cannot be read.
///
/// # Errors
/// A name that nobody has.
pub async fn removable(engine: &Engine, name: &str) -> Result<Connection, ServiceError> {
    Ok(engine.store.salvage_named(name).await?.connection)
}

/// Removes a tenant with everything known of it, its credentials first. A credential that cannot be taken away stops
/// nothing: the answer names it.
///
/// # Errors
/// Where nothing may be changed; [`ServiceError::HeldUp`] when a run has not ended in time: then the tenant is only off.
pub async fn remove(engine: &Engine, access: &Access, connection: &Connection) -> Result<Removed, ServiceError> {
    access.change()?;
    engine.remove_connection(connection).await.map_err(|error| match error {
        EngineError::Store(holder @ StoreError::LeaseHeld { .. }) => {
            ServiceError::HeldUp { tenant: connection.tenant_name.clone(), holder }
        }
        other => other.into(),
    })
}

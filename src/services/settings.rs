//! Settings and parameters of a connection: what they would change, and keeping them.

use super::access::Access;
use super::error::ServiceError;
use crate::domain::connection::Connection;
use crate::domain::settings::Settings;
use crate::domain::settings::check::check_text;
use crate::domain::snapshot::Side;
use crate::engine::Engine;
use crate::engine::error::EngineError;
use crate::engine::plan::SettingsWhatIf;
use crate::vendors::registry::check_setup;
use jiff::Timestamp;

/// When the people of now were read; `None` before the first pull.
///
/// # Errors
/// The store's.
pub async fn pulled(engine: &Engine, connection: &Connection) -> Result<Option<Timestamp>, ServiceError> {
    let pulls = engine.store.snapshots(connection.id, Side::Source, 1).await?;
    Ok(pulls.first().and_then(|pull| pull.finished_at))
}

/// The plan of now and the one under other settings; `None` where nobody was read yet.
///
/// # Errors
/// The store's.
pub async fn what_if(
    engine: &Engine,
    connection: &Connection,
    settings: &Settings,
) -> Result<Option<SettingsWhatIf>, ServiceError> {
    if pulled(engine, connection).await?.is_none() {
        return Ok(None);
    }
    Ok(Some(engine.what_if_settings(connection, settings.clone()).await?))
}

/// Keeps settings and plans anew; answers the number of operations, where there is somebody to plan with.
///
/// # Errors
/// Where nothing may be changed; a field map with which the clients cannot work any more; the store's.
pub async fn save(
    engine: &Engine,
    access: &Access,
    connection: &Connection,
    settings: Settings,
) -> Result<Option<u32>, ServiceError> {
    access.change()?;
    let changed = Connection { settings: settings.clone(), ..connection.clone() };
    if settings.field_map != connection.settings.field_map {
        // Only the client of the vendor knows which entries it understands.
        still_works(connection, &changed)?;
    }
    engine.store.set_settings(connection.id, settings, &access.operator).await?;
    if pulled(engine, connection).await?.is_none() {
        return Ok(None);
    }
    Ok(Some(engine.replan(&changed).await?.counts.operations()))
}

/// Keeps a plain parameter of one end; `None` takes it away.
///
/// # Errors
/// Where nothing may be changed; a value with which the clients cannot work any more; the store's.
pub async fn set_parameter(
    engine: &Engine,
    access: &Access,
    connection: &Connection,
    (side, key): (Side, &str),
    value: Option<&str>,
) -> Result<(), ServiceError> {
    access.change()?;
    let mut changed = connection.clone();
    let endpoint = match side {
        Side::Source => &mut changed.source,
        Side::Destination => &mut changed.destination,
    };
    match value {
        Some(value) => {
            check_text(key, value).map_err(|error| ServiceError::Setting(error.to_string()))?;
            endpoint.parameters.insert(key.to_owned(), value.to_owned());
        }
        None => _ = endpoint.parameters.remove(key),
    }
    still_works(connection, &changed)?;
    Ok(engine.store.set_endpoint_parameter(connection.id, side, key, value, &access.operator).await?)
}

/// Whether clients can be made after a change, where they could before: a set-up that is not complete is completed step by
/// step.
fn still_works(before: &Connection, after: &Connection) -> Result<(), ServiceError> {
    let works = |one: &Connection| check_setup(&one.short_name, &one.source, &one.destination, &one.settings);
    if works(before).is_ok() {
        works(after).map_err(EngineError::from)?;
    }
    Ok(())
}

//! Tenants' connections: how to reach both ends, settings, status, pinned account, refusals.

use super::columns::{micros, time, to_json, word};
use super::error::StoreError;
use super::salvage::{self, Salvage, salvage_of};
use super::writer::Write;
use super::{Group, Sqlite, Store, audit, mapping_edits, schedule};
use crate::domain::connection::{Connection, ConnectionStatus, Endpoint};
use crate::domain::ids::ConnectionId;
use crate::domain::list::ListKey;
use crate::domain::mapping::MappingTarget;
use crate::domain::secret::SecretRef;
use crate::domain::settings::Settings;
use crate::domain::snapshot::Side;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, params};

/// What a new connection starts with; its status is preview, its tables are empty.
#[derive(Debug, Clone, PartialEq)]
pub struct NewConnection {
    pub tenant_name: String,
    pub short_name: String,
    pub time_zone: String,
    pub source: Endpoint,
    pub destination: Endpoint,
    pub settings: Settings,
    /// Tables in which a value that equals an active option passes without a row.
    pub verbatim: Vec<ListKey>,
    /// Operator's name.
    pub by: String,
}

#[cfg(test)]
impl NewConnection {
    /// One from Planday to Flow Learning, with nothing set.
    pub(super) fn plain(short_name: &str) -> Self {
        let end = |vendor: &str| Endpoint {
            vendor: vendor.into(),
            parameters: Default::default(),
            secrets: Default::default(),
        };
        Self {
            tenant_name: short_name.into(),
            short_name: short_name.into(),
            time_zone: "UTC".into(),
            source: end("planday"),
            destination: end("flow-learning"),
            settings: Settings::default(),
            verbatim: Vec::new(),
            by: "me".into(),
        }
    }
}

/// What a connection has beside its set-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionState {
    pub status: ConnectionStatus,
    /// Who set the status last, and when.
    pub status_by: String,
    pub status_at: Timestamp,
    /// The source account that it was set up with.
    pub pinned_account: Option<String>,
    /// Refusals of the credentials in a row.
    pub refusals: u32,
    pub made_at: Timestamp,
}

/// Those that can be read.
pub(super) fn all(c: &Sqlite) -> Result<Vec<Connection>, StoreError> {
    let every = salvage::all(c)?.into_iter().filter(Salvage::is_sound);
    Ok(every.map(|sound| sound.connection).collect())
}

pub(super) fn get(c: &Sqlite, id: ConnectionId) -> Result<Connection, StoreError> {
    let found = c
        .prepare_cached("SELECT * FROM connection WHERE id = ?1")?
        .query_row([id.0], salvage_of)
        .optional()?
        .ok_or_else(|| gone(id))?;
    if found.is_sound() { Ok(found.connection) } else { Err(found.error()) }
}

fn gone(id: ConnectionId) -> StoreError {
    StoreError::missing(format!("connection {id}"))
}

fn named(c: &Sqlite, name: &str) -> Result<Connection, StoreError> {
    get(c, id_named(c, name)?)
}

/// By short name, else by full name, case aside; else an error that names the nearest.
pub(super) fn id_named(c: &Sqlite, name: &str) -> Result<ConnectionId, StoreError> {
    let wanted = name.trim().to_lowercase();
    let mut query = c.prepare_cached("SELECT id, short_name, tenant_name FROM connection ORDER BY id")?;
    let known = query
        .query_map([], |row| Ok((ConnectionId(row.get(0)?), row.get::<_, String>(1)?, row.get::<_, String>(2)?)))?
        .collect::<Result<Vec<_>, _>>()?;
    if let Some((id, ..)) = known.iter().find(|(_, short, _)| short.to_lowercase() == wanted) {
        return Ok(*id);
    }
    let full: Vec<_> = known.iter().filter(|(_, _, tenant)| tenant.to_lowercase() == wanted).collect();
    match full.as_slice() {
        [(id, ..)] => Ok(*id),
        [] => Err(StoreError::NoSuchConnection { name: name.to_owned(), near: near(&wanted, &known) }),
        several => Err(StoreError::Ambiguous {
            name: name.to_owned(),
            short_names: several.iter().map(|(_, short, _)| short.clone()).collect(),
        }),
    }
}

fn near(wanted: &str, known: &[(ConnectionId, String, String)]) -> Vec<String> {
    use rapidfuzz::distance::jaro_winkler::similarity;
    let mut scored: Vec<(f64, &String)> = known
        .iter()
        .map(|(_, short, tenant)| {
            let tenant = similarity(wanted.chars(), tenant.to_lowercase().chars());
            (similarity(wanted.chars(), short.chars()).max(tenant), short)
        })
        .filter(|(score, _)| *score >= 0.75)
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    scored.into_iter().take(3).map(|(_, short)| short.clone()).collect()
}

pub(super) fn state(c: &Sqlite, id: ConnectionId) -> Result<ConnectionState, StoreError> {
    c.prepare_cached("SELECT * FROM connection WHERE id = ?1")?
        .query_row([id.0], |row| {
            Ok(ConnectionState {
                status: word(row, "status", ConnectionStatus::from_key)?,
                status_by: row.get("status_by")?,
                status_at: time(row, "status_at")?,
                pinned_account: row.get("pinned_account")?,
                refusals: row.get("refusals")?,
                made_at: time(row, "made_at")?,
            })
        })
        .optional()?
        .ok_or_else(|| gone(id))
}

/// Refusals of the credentials in a row.
pub(super) fn refusals(c: &Sqlite, id: ConnectionId) -> Result<u32, StoreError> {
    let mut query = c.prepare_cached("SELECT refusals FROM connection WHERE id = ?1")?;
    query.query_row([id.0], |row| row.get(0)).optional()?.ok_or_else(|| gone(id))
}

pub(super) fn add(c: &Sqlite, now: Timestamp, new: &NewConnection) -> Result<ConnectionId, StoreError> {
    let added = c
        .prepare_cached(
            "INSERT INTO connection(tenant_name, short_name, time_zone, source, destination, settings,
                                    status, status_by, status_at, made_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'preview', ?7, ?8, ?8) ON CONFLICT(short_name) DO NOTHING",
        )?
        .execute(params![
            new.tenant_name,
            new.short_name,
            new.time_zone,
            to_json(&new.source)?,
            to_json(&new.destination)?,
            to_json(&new.settings)?,
            new.by,
            micros(now),
        ])?;
    if added == 0 {
        return Err(StoreError::NameTaken { short_name: new.short_name.clone() });
    }
    let id = ConnectionId(c.last_insert_rowid());
    let mut table = c.prepare_cached("INSERT INTO mapping_table(connection, kind, verbatim) VALUES (?1, ?2, ?3)")?;
    for list in &new.verbatim {
        table.execute(params![id.0, list.key(), true])?;
    }
    schedule::restart(c, now, id)?;
    audit::add(c, now, Some(id), &new.by, "added", &format!("{} as {}", new.tenant_name, new.short_name))?;
    Ok(id)
}

/// Everything that hangs on the connection goes with it (foreign keys), the search index through its triggers.
pub(super) fn remove(c: &Sqlite, now: Timestamp, id: ConnectionId, by: &str) -> Result<(), StoreError> {
    // One whose row cannot be read can be removed as well.
    let short_name: String = c
        .prepare_cached("SELECT short_name FROM connection WHERE id = ?1")?
        .query_row([id.0], |row| row.get(0))
        .optional()?
        .ok_or_else(|| gone(id))?;
    c.execute("DELETE FROM connection WHERE id = ?1", [id.0])?;
    audit::forget_words(c, "connection = ?1", &[&id.0])?;
    super::preferences::without(c, id, "")?;
    super::outages::forget(c)?;
    audit::add(c, now, None, by, "removed", &format!("connection {short_name} and everything known of it"))
}

fn update(c: &Sqlite, id: ConnectionId, sql: &str, value: &str) -> Result<(), StoreError> {
    match c.prepare_cached(sql)?.execute(params![id.0, value])? {
        0 => Err(gone(id)),
        _ => Ok(()),
    }
}

pub(super) fn set_status(
    c: &Sqlite,
    now: Timestamp,
    id: ConnectionId,
    status: ConnectionStatus,
    by: &str,
) -> Result<(), StoreError> {
    // As text: also what cannot be read is switched off before it is removed.
    let old: String = c
        .prepare_cached("SELECT status FROM connection WHERE id = ?1")?
        .query_row([id.0], |row| row.get(0))
        .optional()?
        .ok_or_else(|| gone(id))?;
    c.prepare_cached("UPDATE connection SET status = ?2, status_by = ?3, status_at = ?4 WHERE id = ?1")?
        .execute(params![id.0, status.key(), by, micros(now)])?;
    if status == ConnectionStatus::Live {
        // What came while it was off is not owed.
        schedule::restart(c, now, id)?;
    }
    audit::add(c, now, Some(id), by, "status", &format!("{old} to {}", status.key()))
}

/// Answers whether it stood at `from`, and stands at `to` now.
fn step_status(
    c: &Sqlite,
    now: Timestamp,
    id: ConnectionId,
    (from, to): (ConnectionStatus, ConnectionStatus),
    by: &str,
) -> Result<bool, StoreError> {
    let mut query = c.prepare_cached("SELECT 1 FROM connection WHERE id = ?1 AND status = ?2")?;
    let stands_there = query.exists(params![id.0, from.key()])?;
    if stands_there {
        set_status(c, now, id, to, by)?;
    }
    Ok(stands_there)
}

pub(super) fn set_settings(
    c: &Sqlite,
    now: Timestamp,
    id: ConnectionId,
    settings: &Settings,
    by: &str,
) -> Result<(), StoreError> {
    let before = get(c, id)?.settings;
    if before.schedule != settings.schedule {
        schedule::restart(c, now, id)?;
    }
    let old = serde_json::to_value(before)?;
    let new = serde_json::to_value(settings)?;
    update(c, id, "UPDATE connection SET settings = ?2 WHERE id = ?1", &new.to_string())?;
    audit::add(c, now, Some(id), by, "settings", &differences(&old, &new))
}

/// `limits: … to …; welcome_mail: true to false`: settings hold no secrets and no personal data.
fn differences(old: &serde_json::Value, new: &serde_json::Value) -> String {
    let (Some(old), Some(new)) = (old.as_object(), new.as_object()) else {
        return String::new();
    };
    let mut keys: Vec<&String> = old.keys().chain(new.keys().filter(|key| !old.contains_key(*key))).collect();
    keys.retain(|key| old.get(*key) != new.get(*key));
    let word = |value: Option<&serde_json::Value>| value.map_or_else(|| "not set".to_owned(), ToString::to_string);
    let changed: Vec<String> =
        keys.into_iter().map(|key| format!("{key}: {} to {}", word(old.get(key)), word(new.get(key)))).collect();
    if changed.is_empty() { "saved without a change".to_owned() } else { changed.join("; ") }
}

/// Changes one end of a connection through `change`.
fn set_endpoint(
    c: &Sqlite,
    id: ConnectionId,
    side: Side,
    change: impl FnOnce(&mut Endpoint),
) -> Result<(), StoreError> {
    let connection = get(c, id)?;
    let (mut endpoint, sql) = match side {
        Side::Source => (connection.source, "UPDATE connection SET source = ?2 WHERE id = ?1"),
        Side::Destination => (connection.destination, "UPDATE connection SET destination = ?2 WHERE id = ?1"),
    };
    change(&mut endpoint);
    update(c, id, sql, &to_json(&endpoint)?)
}

pub(super) fn note_refusal(c: &Sqlite, id: ConnectionId) -> Result<u32, StoreError> {
    let mut query =
        c.prepare_cached("UPDATE connection SET refusals = refusals + 1 WHERE id = ?1 RETURNING refusals")?;
    query.query_row([id.0], |row| row.get(0)).optional()?.ok_or_else(|| gone(id))
}

impl Store {
    /// Every connection that can be read, in the order in which they were added; [`Store::salvage_all`] has the others too.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn connections(&self) -> Result<Vec<Connection>, StoreError> {
        self.read(all).await
    }

    /// One connection.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when it was removed.
    pub async fn connection(&self, id: ConnectionId) -> Result<Connection, StoreError> {
        self.read(move |c| get(c, id)).await
    }

    /// The connection of this short name or full name, case aside.
    ///
    /// # Errors
    /// [`StoreError::NoSuchConnection`] with the nearest names; [`StoreError::Ambiguous`] when a full name has several.
    pub async fn connection_named(&self, name: &str) -> Result<Connection, StoreError> {
        let name = name.to_owned();
        self.read(move |c| named(c, &name)).await
    }

    /// Status with author, pinned account, refusals.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when it was removed.
    pub async fn connection_state(&self, id: ConnectionId) -> Result<ConnectionState, StoreError> {
        self.read(move |c| state(c, id)).await
    }

    /// Adds a connection in preview.
    ///
    /// # Errors
    /// [`StoreError::NameTaken`] when the short name is used; [`StoreError::Setting`] for settings that cannot be.
    pub async fn add_connection(&self, new: NewConnection) -> Result<ConnectionId, StoreError> {
        new.settings.check()?;
        let now = self.now();
        self.write(Write::durably(Group::Connections).and(Group::Audit), move |c| add(c, now, &new)).await
    }

    /// Adds a connection in preview together with rows of its tables: both, or nothing.
    ///
    /// # Errors
    /// As [`Store::add_connection`] and [`Store::set_mappings`].
    pub async fn add_connection_with(
        &self,
        new: NewConnection,
        rows: Vec<(ListKey, String, Option<MappingTarget>)>,
    ) -> Result<ConnectionId, StoreError> {
        new.settings.check()?;
        for target in rows.iter().filter_map(|(_, _, target)| target.as_ref()) {
            target.check()?;
        }
        let now = self.now();
        let write = Write::durably(Group::Connections).and(Group::Mappings).and(Group::Audit);
        self.write(write, move |c| {
            let id = add(c, now, &new)?;
            mapping_edits::set_rows(c, now, id, rows, &new.by)?;
            Ok(id)
        })
        .await
    }

    /// Removes a connection and everything known of it from every table, and from the bytes of the file: it is written anew, for
    /// older pulls and plans were deleted before and not overwritten.
    ///
    /// # Errors
    /// When it cannot be saved; nothing is removed then. When the file cannot be written anew ([`Store::write_anew`]); the
    /// connection is removed then.
    pub async fn remove_connection(&self, id: ConnectionId, by: &str) -> Result<(), StoreError> {
        let (now, by) = (self.now(), by.to_owned());
        self.empty_in_pieces(id).await?;
        let job = move |c: &Sqlite| {
            remove(c, now, id, &by)?;
            super::rewrite::owe(c)
        };
        self.purge(job).await?;
        // The lease went with the connection.
        Store { lease: None, ..self.clone() }.write_anew().await.map(|_| ())
    }

    /// Switches a connection.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when it was removed.
    pub async fn set_status(&self, id: ConnectionId, status: ConnectionStatus, by: &str) -> Result<(), StoreError> {
        let (now, by) = (self.now(), by.to_owned());
        self.write(Write::durably(Group::Connections).and(Group::Audit), move |c| set_status(c, now, id, status, &by))
            .await
    }

    /// Moves the status by one step, where it still stands at its beginning: what an operator has switched meanwhile stays as
    /// it was switched. Answers whether it moved.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn step_status(
        &self,
        id: ConnectionId,
        step: (ConnectionStatus, ConnectionStatus),
        by: &str,
    ) -> Result<bool, StoreError> {
        let (now, by) = (self.now(), by.to_owned());
        self.write(Write::durably(Group::Connections).and(Group::Audit), move |c| step_status(c, now, id, step, &by))
            .await
    }

    /// Saves the settings; what changed goes into the audit log.
    ///
    /// # Errors
    /// [`StoreError::Setting`] for settings that cannot be; [`StoreError::Missing`] when it was removed.
    pub async fn set_settings(&self, id: ConnectionId, settings: Settings, by: &str) -> Result<(), StoreError> {
        settings.check()?;
        let (now, by) = (self.now(), by.to_owned());
        self.write(Write::to(Group::Connections).and(Group::Audit), move |c| set_settings(c, now, id, &settings, &by))
            .await
    }

    /// Sets a plain parameter of one end (`base_url`); `None` takes it away. Secrets go through [`Store::set_secret_ref`].
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the connection was removed.
    pub async fn set_endpoint_parameter(
        &self,
        id: ConnectionId,
        side: Side,
        name: &str,
        value: Option<&str>,
        by: &str,
    ) -> Result<(), StoreError> {
        let (now, by, name, value) = (self.now(), by.to_owned(), name.to_owned(), value.map(str::to_owned));
        self.write(Write::to(Group::Connections).and(Group::Audit), move |c| {
            let detail = format!("{} {name} {}", side.key(), if value.is_some() { "set" } else { "taken away" });
            set_endpoint(c, id, side, |endpoint| match value {
                Some(value) => {
                    endpoint.parameters.insert(name, value);
                }
                None => {
                    endpoint.parameters.remove(&name);
                }
            })?;
            audit::add(c, now, Some(id), &by, "parameter", &detail)
        })
        .await
    }

    /// Says where a credential of one end lives.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the connection was removed.
    pub async fn set_secret_ref(
        &self,
        id: ConnectionId,
        side: Side,
        name: &str,
        reference: SecretRef,
        by: &str,
    ) -> Result<(), StoreError> {
        let (now, by, name) = (self.now(), by.to_owned(), name.to_owned());
        self.write(Write::to(Group::Connections).and(Group::Audit), move |c| {
            let detail = format!("{} {name} replaced", side.key());
            set_endpoint(c, id, side, |endpoint| {
                endpoint.secrets.insert(name, reference);
            })?;
            audit::add(c, now, Some(id), &by, "credential", &detail)
        })
        .await
    }

    /// Takes away where a credential of one end lives: the end has none from then on.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the connection was removed.
    pub async fn remove_secret_ref(
        &self,
        id: ConnectionId,
        side: Side,
        name: &str,
        by: &str,
    ) -> Result<(), StoreError> {
        let (now, by, name) = (self.now(), by.to_owned(), name.to_owned());
        self.write(Write::to(Group::Connections).and(Group::Audit), move |c| {
            let detail = format!("{} {name} revoked", side.key());
            set_endpoint(c, id, side, |endpoint| {
                endpoint.secrets.remove(&name);
            })?;
            audit::add(c, now, Some(id), &by, "credential", &detail)
        })
        .await
    }

    /// Pins the source account: another one later means other people.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the connection was removed.
    pub async fn pin_account(&self, id: ConnectionId, account: &str) -> Result<(), StoreError> {
        let account = account.to_owned();
        self.write(Write::to(Group::Connections), move |c| {
            update(c, id, "UPDATE connection SET pinned_account = ?2 WHERE id = ?1", &account)
        })
        .await
    }

    /// The pinned source account.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the connection was removed.
    pub async fn pinned_account(&self, id: ConnectionId) -> Result<Option<String>, StoreError> {
        self.read(move |c| Ok(state(c, id)?.pinned_account)).await
    }

    /// Counts one more refusal of the credentials; answers how many in a row.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the connection was removed.
    pub async fn note_refusal(&self, id: ConnectionId) -> Result<u32, StoreError> {
        self.write(Write::to(Group::Connections), move |c| note_refusal(c, id)).await
    }

    /// The credentials were taken: the count starts again.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn clear_refusals(&self, id: ConnectionId) -> Result<(), StoreError> {
        self.write(Write::to(Group::Connections), move |c| {
            c.prepare_cached("UPDATE connection SET refusals = 0 WHERE id = ?1 AND refusals > 0")?.execute([id.0])?;
            Ok(())
        })
        .await
    }
}

//! Tenants whose row cannot be read: what can be kept of it, and how it is repaired. Such a row never stops the others.

use super::columns::{micros, to_json};
use super::error::StoreError;
use super::writer::Write;
use super::{Group, Sqlite, Store, audit, connections, schedule};
use crate::domain::connection::{Connection, ConnectionStatus, Endpoint};
use crate::domain::ids::ConnectionId;
use crate::domain::settings::Settings;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rusqlite::{OptionalExtension, Row, params};
use serde_json::{Map, Value};

/// Something of a tenant's row that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// Column, and the place in it (`settings.limits.leavers.percent`).
    pub what: String,
    /// What is wrong with it; never the value.
    pub why: String,
    /// What a repair puts there (`5.0`); `None` where somebody has to say it first.
    pub becomes: Option<String>,
}

/// What can be kept of a connection's row.
#[derive(Debug, Clone, PartialEq)]
pub struct Salvage {
    /// Everything that can be read; the default, or nothing, where not. Its status is preview where it was unreadable.
    pub connection: Connection,
    /// What cannot be read. Empty for a row that is sound.
    pub lost: Vec<Lost>,
}

impl Salvage {
    /// Whether the row is to be taken as it is.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        self.lost.is_empty()
    }

    /// What is wrong, in one line.
    #[must_use]
    pub fn why(&self) -> String {
        let first = self.lost.first().map(|lost| format!("{} {}", lost.what, lost.why)).unwrap_or_default();
        match self.lost.len() {
            0 | 1 => first,
            more => format!("{first}; {} more", more - 1),
        }
    }

    /// What somebody has to say before it can be repaired: the rest has a default.
    #[must_use]
    pub fn needed(&self) -> Vec<&str> {
        self.lost.iter().filter(|lost| lost.becomes.is_none()).map(|lost| lost.what.as_str()).collect()
    }

    /// The error of whoever asks for the tenant as if it were sound.
    pub(super) fn error(&self) -> StoreError {
        StoreError::BrokenTenant { short_name: self.connection.short_name.clone(), detail: self.why() }
    }
}

/// Reads a row of `connection` as far as it can be read.
pub(super) fn salvage_of(row: &Row<'_>) -> rusqlite::Result<Salvage> {
    let mut lost = Vec::new();
    let text = |column: &str| -> rusqlite::Result<String> {
        let bytes = row.get_ref(column)?.as_bytes_or_null()?.unwrap_or_default();
        Ok(String::from_utf8_lossy(bytes).into_owned())
    };
    let time_zone = text("time_zone")?;
    if TimeZone::get(&time_zone).is_err() {
        lost.push(Lost { what: "time_zone".into(), why: "is not an IANA time zone".into(), becomes: None });
    }
    let source = endpoint("source", &text("source")?, &mut lost);
    let destination = endpoint("destination", &text("destination")?, &mut lost);
    let status = ConnectionStatus::from_key(&text("status")?).unwrap_or_else(|| {
        let becomes = Some(ConnectionStatus::Preview.key().to_owned());
        lost.push(Lost { what: "status".into(), why: "is not a word that is known".into(), becomes });
        ConnectionStatus::Preview
    });
    let settings = settings(&text("settings")?, &mut lost);
    let connection = Connection {
        id: ConnectionId(row.get("id")?),
        tenant_name: text("tenant_name")?,
        short_name: text("short_name")?,
        time_zone,
        source,
        destination,
        status,
        settings,
    };
    Ok(Salvage { connection, lost })
}

/// Settings of which each that can be read is kept, and the others have their default.
fn settings(text: &str, lost: &mut Vec<Lost>) -> Settings {
    // A list would do for serde, member by member.
    if text.trim_start().starts_with('{')
        && let Ok(settings) = serde_json::from_str(text)
    {
        return settings;
    }
    let default = || serde_json::to_value(Settings::default()).unwrap_or_default();
    let Ok(Value::Object(stored)) = serde_json::from_str::<Value>(text) else {
        let becomes = Some("the default of every setting".to_owned());
        lost.push(Lost { what: "settings".into(), why: "are no JSON object".into(), becomes });
        return Settings::default();
    };
    let mut kept = default();
    keep(&mut kept, &mut Vec::new(), &stored, lost);
    serde_json::from_value(kept).unwrap_or_default()
}

/// Puts every member of `stored` that settings can have into `kept`, at `path`; of an object whose whole cannot be taken,
/// those of its members that can.
fn keep(kept: &mut Value, path: &mut Vec<String>, stored: &Map<String, Value>, lost: &mut Vec<Lost>) {
    for (key, value) in stored {
        let mut trial = kept.clone();
        if let Some(Value::Object(place)) = at(&mut trial, path) {
            place.insert(key.clone(), value.clone());
        }
        let error = match serde_json::from_value::<Settings>(trial.clone()) {
            Ok(_) => {
                *kept = trial;
                continue;
            }
            Err(error) => error,
        };
        path.push(key.clone());
        let inner = at(kept, path).is_some_and(|place| place.is_object());
        match value {
            Value::Object(members) if inner => keep(kept, path, members, lost),
            _ => {
                let becomes = at(kept, path).map_or_else(|| "not set".to_owned(), |value| value.to_string());
                let why = if error.to_string().starts_with("unknown field") {
                    "is not known"
                } else {
                    "has a value that it cannot have"
                };
                let what = format!("settings.{}", path.join("."));
                lost.push(Lost { what, why: why.to_owned(), becomes: Some(becomes) });
            }
        }
        path.pop();
    }
}

fn at<'a>(value: &'a mut Value, path: &[String]) -> Option<&'a mut Value> {
    path.iter().try_fold(value, |place, key| place.get_mut(key))
}

/// One end, of which each parameter and reference that can be read is kept.
fn endpoint(column: &str, text: &str, lost: &mut Vec<Lost>) -> Endpoint {
    if let Ok(endpoint) = serde_json::from_str(text) {
        return endpoint;
    }
    let mut endpoint = Endpoint { vendor: String::new(), parameters: Default::default(), secrets: Default::default() };
    let stored = serde_json::from_str::<Value>(text).unwrap_or_default();
    match stored.get("vendor").and_then(Value::as_str) {
        Some(vendor) => endpoint.vendor = vendor.to_owned(),
        None => {
            lost.push(Lost { what: format!("{column}.vendor"), why: "cannot be read".into(), becomes: None });
        }
    }
    let mut dropped = |group: &str, key: &str| {
        let what = format!("{column}.{key}");
        lost.push(Lost { what, why: format!("cannot be read ({group})"), becomes: Some("not set".to_owned()) });
    };
    for (group, members) in [("parameters", stored.get("parameters")), ("secrets", stored.get("secrets"))] {
        let Some(Value::Object(members)) = members else {
            dropped(group, group);
            continue;
        };
        for (key, value) in members {
            if group == "parameters" {
                match value.as_str() {
                    Some(value) => _ = endpoint.parameters.insert(key.clone(), value.to_owned()),
                    None => dropped(group, key),
                }
            } else {
                match serde_json::from_value(value.clone()) {
                    Ok(reference) => _ = endpoint.secrets.insert(key.clone(), reference),
                    Err(_) => dropped(group, key),
                }
            }
        }
    }
    if lost.iter().all(|lost| !lost.what.starts_with(column)) {
        // Something beside the three members; they themselves are whole.
        lost.push(Lost { what: column.to_owned(), why: "has another form".into(), becomes: Some("the rest".into()) });
    }
    endpoint
}

pub(super) fn all(c: &Sqlite) -> Result<Vec<Salvage>, StoreError> {
    let mut query = c.prepare_cached("SELECT * FROM connection ORDER BY id")?;
    Ok(query.query_map([], salvage_of)?.collect::<Result<_, _>>()?)
}

fn save(c: &Sqlite, now: Timestamp, connection: &Connection, what: &str, by: &str) -> Result<(), StoreError> {
    let before = c.prepare_cached("SELECT * FROM connection WHERE id = ?1")?.query_row([connection.id.0], salvage_of);
    let when = |one: &Connection| (one.time_zone.clone(), one.settings.schedule.clone(), one.status);
    if before.optional()?.is_some_and(|before| when(&before.connection) != when(connection)) {
        schedule::restart(c, now, connection.id)?;
    }
    let saved = c
        .prepare_cached(
            "UPDATE connection SET tenant_name = ?2, time_zone = ?3, source = ?4, destination = ?5, settings = ?6,
                    status_by = CASE status WHEN ?7 THEN status_by ELSE ?8 END,
                    status_at = CASE status WHEN ?7 THEN status_at ELSE ?9 END,
                    status = ?7 WHERE id = ?1",
        )?
        .execute(params![
            connection.id.0,
            connection.tenant_name,
            connection.time_zone,
            to_json(&connection.source)?,
            to_json(&connection.destination)?,
            to_json(&connection.settings)?,
            connection.status.key(),
            by,
            micros(now),
        ])?;
    if saved == 0 {
        return Err(StoreError::missing(format!("connection {}", connection.id)));
    }
    audit::add(c, now, Some(connection.id), by, "settings", what)
}

impl Store {
    /// Every connection as far as it can be read, in the order in which they were added.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn salvage_all(&self) -> Result<Vec<Salvage>, StoreError> {
        self.read(all).await
    }

    /// The connection of this short name or full name, as far as it can be read.
    ///
    /// # Errors
    /// As [`Store::connection_named`], but for a row that cannot be read.
    pub async fn salvage_named(&self, name: &str) -> Result<Salvage, StoreError> {
        let name = name.to_owned();
        self.read(move |c| {
            let id = connections::id_named(c, &name)?;
            let mut query = c.prepare_cached("SELECT * FROM connection WHERE id = ?1")?;
            query
                .query_row([id.0], salvage_of)
                .optional()?
                .ok_or_else(|| StoreError::missing(format!("connection {id}")))
        })
        .await
    }

    /// Puts a connection in the place of its row: what `tenant set` changes, or a repair keeps. `what` goes into the audit
    /// log. Its short name stays.
    ///
    /// # Errors
    /// [`StoreError::Setting`] for settings that cannot be; [`StoreError::Missing`] when the connection was removed.
    pub async fn put_connection(&self, connection: Connection, what: String, by: &str) -> Result<(), StoreError> {
        connection.settings.check()?;
        let (now, by) = (self.now(), by.to_owned());
        self.write(Write::durably(Group::Connections).and(Group::Audit), move |c| save(c, now, &connection, &what, &by))
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn salvaged(text: &str) -> (Settings, Vec<Lost>) {
        let mut lost = Vec::new();
        (settings(text, &mut lost), lost)
    }

    #[test]
    fn what_is_readable_of_settings_is_kept() {
        let mut whole = Settings { email_fallback: true, ..Settings::default() };
        whole.limits.updates.number = Some(7);
        let text = serde_json::to_string(&whole).unwrap();
        assert_eq!(salvaged(&text), (whole.clone(), Vec::new()));
        // What serde writes for a limit of infinity.
        let broken = text.replacen("\"percent\":5.0", "\"percent\":null", 1);
        assert_ne!(broken, text);
        let (kept, lost) = salvaged(&broken);
        assert_eq!(kept, whole, "the default of this one limit, everything else as it was");
        assert_eq!(lost.len(), 1);
        assert_eq!(
            (lost[0].what.as_str(), lost[0].becomes.as_deref()),
            ("settings.limits.leavers.percent", Some("5.0"))
        );
        for nothing in ["", "null", "[]", "{\"limits\":", "17"] {
            let (kept, lost) = salvaged(nothing);
            assert_eq!((kept, lost.len()), (Settings::default(), 1), "{nothing}");
        }
        let (kept, lost) = salvaged(r#"{"email_fallback":"yes","new_thing":1,"limits":3,"use_known_as":true}"#);
        assert!(kept.use_known_as && !kept.email_fallback);
        let what: Vec<&str> = lost.iter().map(|lost| lost.what.as_str()).collect();
        assert_eq!(what, ["settings.email_fallback", "settings.new_thing", "settings.limits"]);
    }

    #[test]
    fn what_is_readable_of_an_end_is_kept() {
        let mut lost = Vec::new();
        let text = r#"{"vendor":"planday","parameters":{"client_id":"a","rate":5},"secrets":{"token":{"sealed":"x"},"b":{"what":1}}}"#;
        let end = endpoint("source", text, &mut lost);
        assert_eq!((end.vendor.as_str(), end.parameters.len(), end.secrets.len()), ("planday", 1, 1));
        let what: Vec<&str> = lost.iter().map(|lost| lost.what.as_str()).collect();
        assert_eq!(what, ["source.rate", "source.b"]);
        lost.clear();
        let end = endpoint("source", "{", &mut lost);
        assert!(end.vendor.is_empty());
        assert!(lost.iter().any(|lost| lost.what == "source.vendor" && lost.becomes.is_none()));
    }
}

//! A support bundle: what somebody who helps needs to see, in one file, without telling who the people are.

mod pages;
mod pseudonyms;

use super::access::Access;
use super::doctor::{self, Check};
use super::error::ServiceError;
use crate::domain::connection::Connection;
use crate::engine::Engine;
use crate::engine::supervisor::Outlets;
use crate::files::archive;
use crate::ports::bounded;
use crate::secrets::SecretError;
use crate::store::{Salvage, StoreError, Way};
use jiff::tz::TimeZone;
use pages::Pages;
use pseudonyms::{Aliases, Scrub};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

/// Log files that go in, the newest ones.
const LOGS: usize = 14;
/// How much of the end of each file is taken, in bytes.
const LOG_BYTES: u64 = 2 * 1_024 * 1_024;

/// What only the program around knows.
#[derive(Debug, Clone, Default)]
pub struct Surroundings {
    /// What `config.toml` says, without names, addresses and places of passwords.
    pub config: Value,
    /// Where the log files are.
    pub logs: Option<PathBuf>,
    /// What was looked at outside of the workspace.
    pub checks: Vec<Check>,
    /// Names under which somebody works here, to be taken out of everything.
    pub operators: Vec<String>,
}

/// What goes into a bundle.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Short name; without it every tenant.
    pub tenant: Option<String>,
    /// Tenants are called by their names; people never are.
    pub names: bool,
    /// Where it goes; without it into `exports/` of the workspace.
    pub out: Option<PathBuf>,
}

/// A bundle that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    pub path: PathBuf,
    /// The files in it, with their sizes.
    pub files: Vec<(String, usize)>,
    pub tenants: usize,
}

/// Writes a bundle, 0600, whole or not at all.
///
/// # Errors
/// A tenant that is not there; what cannot be read or written.
pub async fn bundle(
    engine: &Engine,
    access: &Access,
    outlets: Outlets,
    around: &Surroundings,
    asked: &Asked,
) -> Result<Bundle, ServiceError> {
    let known = engine.store.salvage_all().await?;
    let chosen: Vec<Salvage> = match &asked.tenant {
        None => known.clone(),
        Some(name) => vec![engine.store.salvage_named(name).await?],
    };
    let mut checks = around.checks.clone();
    checks.extend(doctor::look_into(engine, outlets).await?);
    let aliases = Aliases::new(key());
    let hidden = aliases.clone();
    let mut pages = Pages::new(engine, aliases.clone(), asked.names);
    pages.about(&around.config, &checks).await?;
    for salvage in &chosen {
        pages.tenant(salvage).await?;
    }
    let logs = read_logs(around.logs.clone()).await?;
    pages.logs(logs);
    let path = asked.out.clone().unwrap_or_else(|| named(engine));
    let mut scrub = Scrub::new(aliases, pages.texts());
    hide_surroundings(&mut scrub, engine, around);
    // Also those of digests, which no tenant names.
    for row in engine.store.open_mails().await?.into_iter().chain(engine.store.lost_mails().await?) {
        if row.way == Way::Mail {
            scrub.hide_email(&row.recipient, &hidden.of("email", &row.recipient));
        }
    }
    for salvage in &known {
        hide_tenant(&mut scrub, engine, &salvage.connection, asked.names, &pages).await?;
    }
    let (target, tenants) = (path.clone(), chosen.len());
    let written = tokio::task::spawn_blocking(move || {
        let files = pages.files(&scrub.ready());
        if let Some(folder) = target.parent().filter(|folder| !folder.as_os_str().is_empty()) {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        archive::write(&target, &files)?;
        Ok::<_, std::io::Error>(files.into_iter().map(|(name, bytes)| (name, bytes.len())).collect())
    });
    let files = written.await.map_err(|error| ServiceError::broken(&error))?;
    let files = files.map_err(|source| ServiceError::File { path: path.clone(), source })?;
    // Where nothing may be kept, nothing is; what left the house stands in the audit otherwise.
    let bundle = Bundle { path, files, tenants };
    if access.change().is_ok() {
        let count = bundle.files.len();
        let detail = format!("{count} files of {tenants} tenants, nobody named, to {}", bundle.path.display());
        engine.store.audit(None, &access.operator, "support bundle", &detail).await?;
    }
    Ok(bundle)
}

fn key() -> [u8; 32] {
    let (one, other) = (uuid::Uuid::new_v4(), uuid::Uuid::new_v4());
    let mut key = [0; 32];
    for (place, byte) in key.iter_mut().zip(one.as_bytes().iter().chain(other.as_bytes())) {
        *place = *byte;
    }
    key
}

fn named(engine: &Engine) -> PathBuf {
    let now = engine.clock.now().to_zoned(TimeZone::UTC).strftime("%Y%m%d-%H%M%S");
    engine.workspace.join("exports").join(format!("onroll-support-{now}.zip"))
}

/// The newest log files, by name, each from its end.
async fn read_logs(folder: Option<PathBuf>) -> Result<Vec<(String, String)>, ServiceError> {
    let Some(folder) = folder else { return Ok(Vec::new()) };
    let read = tokio::task::spawn_blocking(move || {
        let entries = std::fs::read_dir(&folder).into_iter().flatten().filter_map(Result::ok);
        let mut paths: Vec<PathBuf> =
            entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "log")).collect();
        paths.sort();
        let newest = paths.into_iter().rev().take(LOGS);
        newest.filter_map(|path| Some((path.file_name()?.to_str()?.to_owned(), log_end(&path)?))).collect()
    });
    read.await.map_err(|error| ServiceError::broken(&error))
}

fn log_end(path: &Path) -> Option<String> {
    let bytes = bounded::read_end(path, LOG_BYTES).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn hide_surroundings(scrub: &mut Scrub, engine: &Engine, around: &Surroundings) {
    let aliases = scrub.aliases().clone();
    scrub.hide_part(&engine.workspace.display().to_string(), "<workspace>");
    for variable in ["HOME", "ONROLL_WORKSPACE", "ONROLL_CONFIG", "XDG_STATE_HOME", "XDG_CONFIG_HOME"] {
        if let Some(place) = (engine.environment)(variable).filter(|place| place.len() > 1) {
            scrub.hide_part(&place, &format!("<{variable}>"));
        }
    }
    if let Some(passphrase) = (engine.environment)("ONROLL_PASSPHRASE") {
        scrub.hide_part(&passphrase, "<secret>");
    }
    let logins = ["USER", "LOGNAME", "ONROLL_OPERATOR"].into_iter().filter_map(|name| (engine.environment)(name));
    let operators: BTreeSet<String> =
        around.operators.iter().cloned().chain([engine.operator.clone()]).chain(logins).collect();
    for operator in operators {
        let alias = aliases.of("operator", &operator);
        scrub.hide_email(&operator, &alias);
        scrub.hide(&operator, &alias);
    }
    scrub.hide(&engine.process.host, &aliases.of("host", &engine.process.host));
}

/// Everything that tells who somebody is, or whose tenant it is: also of tenants that are not in the bundle, because the log
/// is of all.
async fn hide_tenant(
    scrub: &mut Scrub,
    engine: &Engine,
    connection: &Connection,
    names: bool,
    pages: &Pages,
) -> Result<(), ServiceError> {
    let aliases = scrub.aliases().clone();
    for endpoint in [&connection.source, &connection.destination] {
        for (name, value) in &endpoint.parameters {
            if !pages::is_plain_parameter(name, value) {
                scrub.hide_part(value, &aliases.of("parameter", value));
                host_of(value).into_iter().for_each(|host| scrub.hide_part(host, &aliases.of("host", host)));
            }
        }
        for reference in endpoint.secrets.values() {
            match engine.secrets.resolve(reference, &*engine.environment) {
                Ok(secret) => scrub.hide_part(secret.reveal(), "<secret>"),
                // What is not there cannot be in a text either; what cannot be opened is caught by its looks alone.
                Err(SecretError::Missing { .. }) => {}
                Err(error) => tracing::warn!(%error, "a credential could not be looked for in the support bundle"),
            }
        }
    }
    if !names {
        let alias = aliases.of("tenant", &connection.short_name);
        scrub.hide(&connection.tenant_name, &alias);
        scrub.hide_part(&connection.short_name, &alias);
    }
    for recipient in &connection.settings.report_recipients {
        scrub.hide_email(recipient, &aliases.of("email", recipient));
    }
    let people = match pages.people(connection).await {
        // Of a broken tenant its people can still be read; of a broken pull nobody can.
        Err(ServiceError::Store(StoreError::Unreadable { .. })) => return Ok(()),
        people => people?,
    };
    people.hide(scrub);
    Ok(())
}

fn host_of(value: &str) -> Option<&str> {
    let rest = value.split_once("://")?.1;
    rest.split(['/', '?']).next()
}

/// What `config.toml` says that tells nothing of anybody: whether something is set, never what.
#[must_use]
pub fn is_set(value: Option<&str>) -> Value {
    json!(if value.is_some_and(|value| !value.is_empty()) { "set" } else { "not set" })
}

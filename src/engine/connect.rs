//! From a connection's row to clients that can be called.

use super::error::EngineError;
use super::guarded::{Guarded, Voice};
use super::progress::Reporter;
use super::run_control::RunControl;
use super::{Engine, Process};
use crate::domain::capabilities::{DestinationCapabilities, SourceCapabilities};
use crate::domain::connection::{Connection, Endpoint};
use crate::domain::secret::{Secret, SecretRef};
use crate::domain::snapshot::Basis;
use crate::ports::account::AccountDesk;
use crate::ports::api::NoticeSink;
use crate::ports::clock::day_in;
use crate::ports::connect::{ConnectParts, Kept, SecretKeeping};
use crate::ports::destination::DestinationApi;
use crate::ports::source::SourceApi;
use crate::store::Holder;
use crate::vendors::registry;
use jiff::civil::Date;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Both ends of a connection, ready to call.
pub struct Clients {
    pub source: Box<dyn SourceApi>,
    pub destination: Arc<dyn DestinationApi>,
    /// On what the source is read.
    pub basis: Basis,
}

/// What both ends of a connection can do.
#[derive(Clone, Copy)]
pub struct Abilities {
    pub source: &'static SourceCapabilities,
    pub destination: &'static DestinationCapabilities,
}

/// What the vendors of a connection can do.
///
/// # Errors
/// [`EngineError::Api`] when the registry has no such key.
pub fn abilities(connection: &Connection) -> Result<Abilities, EngineError> {
    let source = registry::source_named(&connection.source.vendor)?;
    let destination = registry::destination_named(&connection.destination.vendor)?;
    Ok(Abilities {
        source: source.with(&connection.source.parameters),
        destination: (destination.capabilities)(&connection.destination.parameters),
    })
}

/// What an operator has to know of credentials that the source may replace at a sign-in, where they do not live in the
/// workspace's own store: a sentence for each.
///
/// # Errors
/// [`EngineError::Api`].
pub fn rotation_notes(connection: &Connection) -> Result<Vec<String>, EngineError> {
    let source = abilities(connection)?.source;
    let outside = |key: &&str| match connection.source.secrets.get(*key) {
        Some(reference @ (SecretRef::Env(_) | SecretRef::File(_))) => Some((label_of(source, key), place(reference))),
        _ => None,
    };
    let note = |(label, place): (String, String)| {
        format!(
            "{} may replace its {label} at a sign-in: the one in {place} then works once, and its successor is kept sealed in this workspace and used from here only, until another one stands there",
            source.name
        )
    };
    Ok(source.rotating.iter().filter_map(outside).map(note).collect())
}

fn label_of(source: &SourceCapabilities, key: &str) -> String {
    let spec = source.parameters.iter().find(|spec| spec.key == key);
    spec.map_or_else(|| key.to_owned(), |spec| spec.label.to_owned())
}

impl Engine {
    /// Makes the clients of a run: reading ends when the run is to stop, and each write is asked about first.
    ///
    /// # Errors
    /// As [`Engine::clients`].
    pub(super) async fn clients_of_run(
        &self,
        connection: &Connection,
        reporter: &Reporter,
        control: &RunControl,
    ) -> Result<Clients, EngineError> {
        let voice = Voice { reporter: reporter.clone(), control: control.clone() };
        let Clients { source, destination, basis } = self.clients(connection, Arc::new(voice)).await?;
        Ok(Clients {
            source: Box::new(Guarded::new(source, control)),
            destination: Arc::new(Guarded::new(destination, control)),
            basis,
        })
    }

    /// Makes the clients of a connection; nothing is called yet.
    ///
    /// # Errors
    /// A credential that cannot be read, a vendor that is not known, a set-up that cannot work.
    pub async fn clients(&self, connection: &Connection, notices: Arc<dyn NoticeSink>) -> Result<Clients, EngineError> {
        let pinned = self.store.pinned_account(connection.id).await?;
        let source = self.parts(connection, &connection.source, pinned, notices.clone())?;
        let mut destination = self.parts(connection, &connection.destination, None, notices)?;
        destination.learnt = self.store.learnt(connection.id).await?;
        if destination.learnt.shows_no_status() {
            let links = self.store.links(connection.id).await?;
            destination.switched_off = links.into_iter().filter(|link| !link.active).map(|link| link.user).collect();
        }
        let basis = basis(connection, source.today)?;
        let source = self.factory.source(&connection.source.vendor, source)?;
        let destination = self.factory.destination(&connection.destination.vendor, destination)?;
        Ok(Clients { source, destination: Arc::from(destination), basis })
    }

    fn parts(
        &self,
        connection: &Connection,
        endpoint: &Endpoint,
        pinned_account: Option<String>,
        notices: Arc<dyn NoticeSink>,
    ) -> Result<ConnectParts, EngineError> {
        let mut secrets = BTreeMap::new();
        for (name, reference) in &endpoint.secrets {
            secrets.insert(name.clone(), self.secrets.resolve(reference, &*self.environment)?);
        }
        Ok(ConnectParts {
            short_name: connection.short_name.clone(),
            parameters: endpoint.parameters.clone(),
            secrets,
            field_map: connection.settings.field_map.clone(),
            settings: connection.settings.clone(),
            notices,
            pinned_account,
            keeping: self.keeping(endpoint),
            workspace_dir: Some(self.workspace.clone()),
            today: day_in(self.clock.now(), &connection.time_zone),
            accounts: Some(self.account_desk()),
            ..ConnectParts::default()
        })
    }

    /// Where this process shares with others what vendors allow.
    pub(crate) fn account_desk(&self) -> Arc<dyn AccountDesk> {
        let Process { pid, host, start } = self.process.clone();
        self.store.account_desk(Holder { pid, host, start, what: String::new() })
    }

    /// A credential that the vendor replaces takes the place of the old one where Onroll itself keeps it. One that lives in
    /// the environment or in a mounted file stays as it is: its successor is kept sealed, and used from then on.
    fn keeping(&self, endpoint: &Endpoint) -> SecretKeeping {
        let (secrets, environment) = (Arc::clone(&self.secrets), Arc::clone(&self.environment));
        let references = endpoint.secrets.clone();
        let save = move |name: &str, secret: Secret| {
            let Some(reference) = references.get(name) else {
                return Kept::Lost("it is not part of the set-up".into());
            };
            let (kept, done) = match reference {
                SecretRef::Sealed(key) => (Kept::Replaced, secrets.set(key, &secret)),
                SecretRef::Keyring(key) => (Kept::Replaced, secrets.keep_in_keyring(key, &secret)),
                outside => (Kept::Beside(place(outside)), secrets.keep_successor(outside, &*environment, &secret)),
            };
            match done {
                Ok(()) => kept,
                Err(error) => {
                    tracing::error!(secret = name, %error, "a rotated credential could not be kept");
                    Kept::Lost(error.to_string())
                }
            }
        };
        let (secrets, environment) = (Arc::clone(&self.secrets), Arc::clone(&self.environment));
        let references = endpoint.secrets.clone();
        let load = move |name: &str| secrets.resolve(references.get(name)?, &*environment).ok();
        SecretKeeping { save: Arc::new(save), load: Arc::new(load) }
    }
}

/// What records of this source depend on beside the source itself. All settings but the schedule count, not only those that
/// clients are known to look at: reading everybody once more costs less than one record that was read otherwise.
fn basis(connection: &Connection, day: Date) -> Result<Basis, EngineError> {
    let parts = (&connection.source, &connection.settings.without_schedule(), env!("CARGO_PKG_VERSION"));
    let text = serde_json::to_string(&parts).map_err(|error| EngineError::Broken(format!("settings: {error}")))?;
    let digest = Sha256::digest(text);
    Ok(Basis { day, setting: digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect() })
}

/// Where a credential stands, for people.
pub fn place(reference: &SecretRef) -> String {
    match reference {
        SecretRef::Env(name) => format!("the environment variable {name}"),
        SecretRef::File(path) => format!("the file {}", path.display()),
        SecretRef::Sealed(_) => "the sealed file of the workspace".to_owned(),
        SecretRef::Keyring(_) => "the keyring".to_owned(),
    }
}

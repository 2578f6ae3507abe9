//! How clients are made: what one is built from (parameters, credentials, settings, where notices go), and the factory that
//! makes the ends of connections. Whoever opens a workspace chooses it, so that a rehearsal can point elsewhere.

use super::account::AccountDesk;
use super::api::{ApiError, NoNotices, NoticeSink};
use super::clock::{Clock as _, SharedClock, SystemClock, day_in};
use super::destination::{DestinationApi, Learnt};
use super::source::SourceApi;
use super::stage::{Stage, StageError, StageInput};
use crate::domain::capabilities::{NOT_FED, delivered_field};
use crate::domain::custom_field::{self, CustomField};
use crate::domain::field::Field;
use crate::domain::ids::UserId;
use crate::domain::secret::Secret;
use crate::domain::settings::Settings;
use futures_util::future::BoxFuture;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

/// What became of a credential that the vendor has replaced by another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// It stands where the old one stood.
    Replaced,
    /// The old one stands where Onroll does not write (`the environment variable PLANDAY_TOKEN`), and is used up. The new
    /// one is kept sealed in the workspace.
    Beside(String),
    /// It could not be kept, and why: the next sign-in will be refused.
    Lost(String),
}

/// Keeps the new credential of this name.
pub type SaveSecret = Arc<dyn Fn(&str, Secret) -> Kept + Send + Sync>;

/// Gives the credential of this name as it is kept now.
pub type LoadSecret = Arc<dyn Fn(&str) -> Option<Secret> + Send + Sync>;

/// How a client keeps credentials that the vendor replaces (rotation), by their parameter names.
#[derive(Clone)]
pub struct SecretKeeping {
    /// Called before the credential is used for anything.
    pub save: SaveSecret,
    /// The credential as it is kept now: another process may have had it replaced. `None` where it cannot be read.
    pub load: LoadSecret,
}

impl Default for SecretKeeping {
    fn default() -> Self {
        let lost = "nothing keeps it here";
        Self { save: Arc::new(move |_, _| Kept::Lost(lost.to_owned())), load: Arc::new(|_| None) }
    }
}

/// Everything that one end of a connection needs to start.
#[derive(Clone)]
pub struct ConnectParts {
    /// Names files of this connection (`harbour-vine`).
    pub short_name: String,
    /// Plain parameters, by the vendor's parameter keys.
    pub parameters: BTreeMap<String, String>,
    /// Credentials, by the vendor's parameter keys.
    pub secrets: BTreeMap<String, Secret>,
    /// Which source field feeds which destination field; wins over `settings.field_map`.
    pub field_map: BTreeMap<String, String>,
    pub settings: Settings,
    pub notices: Arc<dyn NoticeSink>,
    /// The account's id as it was at set-up; another one is refused.
    pub pinned_account: Option<String>,
    pub keeping: SecretKeeping,
    /// For dates in headers, and for how old a record is.
    pub clock: SharedClock,
    /// The day in the tenant's zone, where a vendor's records mean something else before a day than after it.
    pub today: Date,
    /// For transports that write files.
    pub workspace_dir: Option<PathBuf>,
    /// What an earlier client has learnt of the destination's account.
    pub learnt: Learnt,
    /// Users who were last switched off from here, where the destination's account is known to show that of nobody.
    pub switched_off: BTreeSet<UserId>,
    /// Where processes that call one account share what the vendor allows; `None` where nobody else can call it.
    pub accounts: Option<Arc<dyn AccountDesk>>,
}

impl fmt::Debug for ConnectParts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectParts")
            .field("short_name", &self.short_name)
            .field("parameters", &self.parameters.keys())
            .field("secrets", &self.secrets.keys())
            .finish_non_exhaustive()
    }
}

impl Default for ConnectParts {
    fn default() -> Self {
        Self {
            short_name: String::new(),
            parameters: BTreeMap::new(),
            secrets: BTreeMap::new(),
            field_map: BTreeMap::new(),
            settings: Settings::default(),
            notices: Arc::new(NoNotices),
            pinned_account: None,
            keeping: SecretKeeping::default(),
            clock: Arc::new(SystemClock),
            today: day_in(SystemClock.now(), ""),
            workspace_dir: None,
            learnt: Learnt::default(),
            switched_off: BTreeSet::new(),
            accounts: None,
        }
    }
}

impl ConnectParts {
    /// A parameter, trimmed; `None` when it is missing or blank.
    pub fn parameter(&self, key: &str) -> Option<&str> {
        self.parameters.get(key).map(|value| value.trim()).filter(|value| !value.is_empty())
    }

    /// A parameter that the client cannot do without.
    ///
    /// # Errors
    /// [`ApiError::Setup`] that names it.
    pub fn required(&self, vendor: &'static str, key: &str, label: &str) -> Result<&str, ApiError> {
        self.parameter(key).ok_or_else(|| ApiError::Setup { vendor, detail: format!("{label} (`{key}`) is missing") })
    }

    /// A credential that the client cannot do without.
    ///
    /// # Errors
    /// [`ApiError::Setup`] that names it.
    pub fn secret(&self, vendor: &'static str, key: &str, label: &str) -> Result<&Secret, ApiError> {
        self.secrets
            .get(key)
            .filter(|secret| !secret.reveal().is_empty())
            .ok_or_else(|| ApiError::Setup { vendor, detail: format!("{label} (`{key}`) is missing") })
    }

    /// A whole number from 1 to `most`, where it is given.
    ///
    /// # Errors
    /// [`ApiError::Setup`] when it is something else.
    pub fn number_up_to(&self, vendor: &'static str, key: &str, most: u32) -> Result<Option<u32>, ApiError> {
        let Some(text) = self.parameter(key) else { return Ok(None) };
        match text.parse::<u32>() {
            Ok(number) if (1..=most).contains(&number) => Ok(Some(number)),
            _ => Err(ApiError::Setup { vendor, detail: format!("`{key}` must be a whole number from 1 to {most}") }),
        }
    }

    /// Custom fields of the destination that the map names, by name.
    pub fn custom_fields(&self) -> impl Iterator<Item = CustomField> {
        let keys = self.field_map.keys().chain(self.settings.field_map.keys());
        let fields: BTreeSet<CustomField> = keys.filter_map(|key| custom_field::of_key(key)).collect();
        fields.into_iter()
    }

    /// Custom fields and lists of the destination that the map names and the source has to read something for: not those that
    /// another field of an employee feeds, or nothing.
    pub fn more_fields(&self) -> impl Iterator<Item = Field> {
        let keys = self.field_map.keys().chain(self.settings.field_map.keys());
        let is_read = |field: &Field| match field {
            Field::Custom(_) => true,
            field if field.list().is_some() => {
                self.mapped(*field).is_some_and(|entry| entry != NOT_FED && delivered_field(entry).is_none())
            }
            _ => false,
        };
        let fields: BTreeSet<Field> = keys.filter_map(|key| Field::from_key(key)).filter(is_read).collect();
        fields.into_iter()
    }

    /// The source field that feeds `field`, where the operator chose one.
    pub fn mapped(&self, field: Field) -> Option<&str> {
        let chosen = self.field_map.get(field.key()).or_else(|| self.settings.field_map.get(field.key()));
        chosen.map(|value| value.trim()).filter(|value| !value.is_empty())
    }
}

/// Makes the ends of connections: the vendors' own clients, or others that stand in for them. Nothing is called yet.
pub trait ClientFactory: Send + Sync {
    /// The source of this vendor.
    ///
    /// # Errors
    /// [`ApiError::UnknownVendor`], [`ApiError::Setup`].
    fn source(&self, vendor: &str, parts: ConnectParts) -> Result<Box<dyn SourceApi>, ApiError>;

    /// The destination of this vendor.
    ///
    /// # Errors
    /// [`ApiError::UnknownVendor`], [`ApiError::Setup`].
    fn destination(&self, vendor: &str, parts: ConnectParts) -> Result<Box<dyn DestinationApi>, ApiError>;

    /// A simulator of a destination that holds this; `None` where there is none of this vendor.
    fn stage(&self, _input: StageInput) -> BoxFuture<'_, Result<Option<Stage>, StageError>> {
        Box::pin(std::future::ready(Ok(None)))
    }
}

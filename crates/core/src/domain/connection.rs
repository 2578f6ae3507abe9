//! A tenant's connection: one source wired to one destination.

use super::ids::ConnectionId;
use super::secret::SecretRef;
use super::settings::Settings;
use super::snapshot::Side;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Whether runs may write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ConnectionStatus {
    /// Set up, not yet published: preview only.
    Preview,
    /// Published: runs write.
    Live,
    /// Switched off by the operator: nothing runs, all data kept (PL14).
    Off,
    /// Quarantined after repeated refusals; left by a passing connection test.
    Paused,
}

impl ConnectionStatus {
    /// The stable word in JSON and in the database.
    pub fn key(self) -> &'static str {
        match self {
            ConnectionStatus::Preview => "preview",
            ConnectionStatus::Live => "live",
            ConnectionStatus::Off => "off",
            ConnectionStatus::Paused => "paused",
        }
    }

    /// The status with this stable word.
    pub fn from_key(key: &str) -> Option<Self> {
        [Self::Preview, Self::Live, Self::Off, Self::Paused].into_iter().find(|status| status.key() == key)
    }
}

/// One end of a connection: which vendor, how to reach it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Key in the vendor registry (`planday`, `flow-learning`).
    pub vendor: String,
    /// Plain parameters, by name (`base_url`, `client_id`, `transport`).
    pub parameters: BTreeMap<String, String>,
    /// Credentials, by name, as references.
    pub secrets: BTreeMap<String, SecretRef>,
}

/// A connection with everything but its tables.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Connection {
    pub id: ConnectionId,
    /// The customer, as people call it (`Harbour & Vine`).
    pub tenant_name: String,
    /// Letters, digits and hyphens; typed in confirmations (`harbour-vine`).
    pub short_name: String,
    /// IANA name; days begin and end here (case 35).
    pub time_zone: String,
    pub source: Endpoint,
    pub destination: Endpoint,
    pub status: ConnectionStatus,
    pub settings: Settings,
}

/// Why a short name is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("short name `{name}` may have only letters a-z, digits and single hyphens, up to 40 characters")]
pub struct BadShortName {
    name: String,
}

/// Checks a short name: it is typed by hand in confirmations, so it stays plain.
///
/// # Errors
/// [`BadShortName`] when it is empty, too long, or has other characters.
pub fn check_short_name(name: &str) -> Result<(), BadShortName> {
    let plain = !name.is_empty()
        && name.len() <= 40
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        && !name.starts_with('-')
        && !name.ends_with('-')
        && !name.contains("--");
    if plain { Ok(()) } else { Err(BadShortName { name: name.to_owned() }) }
}

/// Why a tenant's name is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the name of a tenant has 1 to {NAME_MAX} characters that can be seen")]
pub struct BadTenantName;

/// Longest name of a tenant, in characters.
const NAME_MAX: usize = 120;

/// Checks a tenant's name: it stands in every header and question.
///
/// # Errors
/// [`BadTenantName`] when it is blank, too long, or has characters that nobody can see.
pub fn check_tenant_name(name: &str) -> Result<(), BadTenantName> {
    let fits = !name.trim().is_empty() && name.chars().count() <= NAME_MAX && !name.chars().any(super::text::is_hidden);
    if fits { Ok(()) } else { Err(BadTenantName) }
}

/// Makes a short name out of a tenant's name: `Bäckerei Grünwald` becomes `backerei-grunwald`.
pub fn short_name_of(tenant_name: &str) -> String {
    let plain = deunicode::deunicode(tenant_name).to_ascii_lowercase();
    let mut short = String::new();
    for c in plain.chars() {
        if c.is_ascii_alphanumeric() {
            short.push(c);
        } else if c != '\'' && !short.is_empty() && !short.ends_with('-') {
            short.push('-');
        }
    }
    short.truncate(40);
    let trimmed = short.trim_matches('-');
    if trimmed.is_empty() { "tenant".to_owned() } else { trimmed.to_owned() }
}

impl Connection {
    /// The end on this side.
    #[must_use]
    pub fn end(&self, side: Side) -> &Endpoint {
        match side {
            Side::Source => &self.source,
            Side::Destination => &self.destination,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_are_plain() {
        assert_eq!(short_name_of("Bäckerei Grünwald"), "backerei-grunwald");
        assert_eq!(short_name_of("O'Hara & Sons, Ltd."), "ohara-sons-ltd");
        assert_eq!(short_name_of("   "), "tenant");
        assert!(check_short_name(&short_name_of("Sakura Lane 桜小路")).is_ok());
        assert!(check_short_name("two--hyphens").is_err());
    }
}

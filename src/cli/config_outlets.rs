//! `[digest]` and `[chat]` of the configuration.

use crate::domain::report::recipients;
use crate::domain::schedule::Schedule;
use crate::domain::secret::SecretRef;
use crate::engine::Environment;
use crate::notify::chat::{Address, Channel, ChatKind, Hooks};
use crate::ports::clock::SharedClock;
use crate::secrets::SecretStore;
use crate::services::digest::DigestSettings;
use crate::store::{Channels, EVERYBODY};
use jiff::civil::Time;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Who gets the digest of all tenants, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DigestConfig {
    #[serde(default)]
    pub recipients: Vec<String>,
    /// `daily 07:00`, `cron 0 7 * * 1-5`; `manual` for by hand only.
    #[serde(default = "seven")]
    pub at: Schedule,
    /// The zone in which it is so late.
    #[serde(default = "utc")]
    pub zone: String,
}

fn seven() -> Schedule {
    Schedule::Daily(Time::constant(7, 0, 0, 0))
}

fn utc() -> String {
    "UTC".to_owned()
}

impl DigestConfig {
    pub(super) fn check(&self) -> Result<(), String> {
        recipients::check(&self.recipients).map_err(|why| format!("digest.recipients {why}"))?;
        TimeZone::get(&self.zone).map_err(|_| format!("digest.zone is `{}`, which is no time zone", self.zone))?;
        Ok(())
    }

    /// As the services take it.
    #[must_use]
    pub fn settings(&self) -> DigestSettings {
        DigestSettings { recipients: self.recipients.clone(), at: self.at.clone(), zone: self.zone.clone() }
    }
}

/// Where the address of a channel is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", try_from = "toml::Value")]
pub enum UrlPlace {
    /// Name of an environment variable.
    Env(String),
    /// A file that only its owner may read.
    File(PathBuf),
    /// Name in the sealed file of the workspace (`onroll chat url NAME` puts it there).
    Sealed(String),
}

impl TryFrom<toml::Value> for UrlPlace {
    type Error = &'static str;

    /// By hand, because a message of the reader would repeat an address that stands there itself.
    fn try_from(value: toml::Value) -> Result<Self, Self::Error> {
        let table = value.as_table().filter(|table| table.len() == 1);
        let named = |key: &str| table.and_then(|table| table.get(key)).and_then(toml::Value::as_str);
        let env = named("env").map(|name| UrlPlace::Env(name.to_owned()));
        let file = || named("file").map(|path| UrlPlace::File(path.into()));
        let sealed = || named("sealed").map(|name| UrlPlace::Sealed(name.to_owned()));
        env.or_else(file).or_else(sealed).ok_or(
            "chat.url says where the address is, { env = \"NAME\" }, { file = \"PATH\" } or { sealed = \"NAME\" }, never the address",
        )
    }
}

/// The channel of one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelConfig {
    pub url: UrlPlace,
    pub kind: ChatKind,
}

/// Chat channels that hear what is mailed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ChatConfig {
    /// The channel for all tenants.
    pub url: Option<UrlPlace>,
    pub kind: Option<ChatKind>,
    /// Tenants, by their short names, with a channel of their own.
    pub tenants: BTreeMap<String, ChannelConfig>,
}

impl ChatConfig {
    pub(super) fn check(&self) -> Result<(), String> {
        if self.url.is_some() != self.kind.is_some() {
            return Err("chat.url and chat.kind go together, or both stay out".to_owned());
        }
        if self.url.is_none() && self.tenants.is_empty() {
            return Err(
                "`[chat]` has no channel: give it a url and a kind, or a `[chat.tenants.SHORT_NAME]`".to_owned()
            );
        }
        Ok(())
    }

    /// Which channels there are.
    #[must_use]
    pub fn channels(&self) -> Channels {
        Channels { everybody: self.url.is_some(), tenants: self.tenants.keys().cloned().collect() }
    }

    /// Whoever takes messages there. What is wrong with an address is said when a message is to leave.
    #[must_use]
    pub fn messenger(&self, secrets: &Arc<SecretStore>, environment: &Environment, clock: SharedClock) -> Hooks {
        let channel = |url: &UrlPlace, kind: ChatKind| {
            let reference = match url {
                UrlPlace::Env(name) => SecretRef::Env(name.clone()),
                UrlPlace::File(path) => SecretRef::File(path.clone()),
                UrlPlace::Sealed(name) => SecretRef::Sealed(name.clone()),
            };
            let (secrets, environment) = (Arc::clone(secrets), Arc::clone(environment));
            let address: Address =
                Box::new(move || secrets.resolve(&reference, &*environment).map_err(|error| format!("`url`: {error}")));
            Channel { kind, address }
        };
        let all = self.url.as_ref().zip(self.kind).map(|(url, kind)| (EVERYBODY.to_owned(), channel(url, kind)));
        let own = self.tenants.iter().map(|(tenant, one)| (Channels::own(tenant), channel(&one.url, one.kind)));
        Hooks::new(all.into_iter().chain(own).collect(), clock)
    }
}

//! Webhooks: the address of each tenant, receiving a delivery, what was received, and the loop that runs it.

use super::access::Access;
use super::error::ServiceError;
use crate::domain::connection::Connection;
use crate::domain::ids::ConnectionId;
use crate::domain::secret::Secret;
use crate::engine::Engine;
use crate::engine::supervisor::Supervisor;
pub use crate::engine::webhook::{HookEvent, HookWhat, Hooks};
use crate::store::{DeliveryDesk, DeliveryState, NewDelivery, Verdict};
use crate::vendors::registry::source;
use crate::vendors::webhook::{Delivered, HookError, Webhook, same};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::mpsc;

/// What making an address came to.
#[derive(Debug)]
pub struct Address {
    /// The last part of the address; shown once and kept nowhere.
    pub token: Secret,
    /// An older address is void by that.
    pub replaced: bool,
}

/// What a delivery is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Received {
    /// On disk, whatever becomes of it.
    Kept,
    /// No address is called so.
    Unknown,
    /// It cannot be read.
    Malformed,
    /// It does not prove whose it is.
    Unproven,
    /// Too many wait already.
    Full,
}

fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

fn secret_name(connection: &Connection) -> String {
    format!("{}/source/webhook", connection.short_name)
}

fn hook_of(connection: &Connection) -> Option<&'static Webhook> {
    source(&connection.source.vendor).and_then(|vendor| vendor.webhook.as_ref())
}

/// Makes the address under which the source of a tenant may tell of changes; an older one is void by that. `secret`: the key
/// that the vendor signs with.
///
/// # Errors
/// Where nothing may be changed; a source without webhooks, one that signs and no key is kept; a key that cannot be kept.
pub async fn make_address(
    engine: &Engine,
    access: &Access,
    connection: &Connection,
    secret: Option<Secret>,
) -> Result<Address, ServiceError> {
    access.change()?;
    let Some(hook) = hook_of(connection) else {
        let what = format!("the source of {} tells of changes by no webhook that is known", connection.tenant_name);
        return Err(ServiceError::Status { what, remedy: "set a schedule: settings.schedule" });
    };
    let name = secret_name(connection);
    let secrets = Arc::clone(&engine.secrets);
    let (signed, tenant) = (hook.signed, connection.tenant_name.clone());
    let kept = tokio::task::spawn_blocking(move || match secret {
        Some(secret) => secrets.set(&name, &secret).map(|()| true),
        None if signed => Ok(secrets.get(&name).is_ok()),
        None => Ok(true),
    });
    if !kept.await.map_err(|error| ServiceError::broken(&error))?.map_err(ServiceError::Secret)? {
        let what = format!("the source of {tenant} signs what it sends, and its key is not known");
        return Err(ServiceError::Status { what, remedy: "give the key: `onroll webhook url TENANT --secret`" });
    }
    // 244 random bits.
    let token = format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
    let replaced = engine.store.set_webhook_address(connection.id, hash(&token), &access.operator).await?;
    Ok(Address { token: Secret::new(token), replaced })
}

/// Makes the address of a tenant void; `false` where it has none.
///
/// # Errors
/// Where nothing may be changed; the store's.
pub async fn revoke_address(engine: &Engine, access: &Access, connection: &Connection) -> Result<bool, ServiceError> {
    access.change()?;
    Ok(engine.store.revoke_webhook_address(connection.id, &access.operator).await?)
}

/// Takes in what comes from outside.
#[derive(Clone)]
pub struct Reception(Engine);

impl Reception {
    /// The reception of this workspace.
    #[must_use]
    pub fn of(engine: &Engine) -> Self {
        Self(engine.clone())
    }

    /// The tenant whose address ends in this token.
    ///
    /// # Errors
    /// The store's.
    pub async fn tenant_of(&self, token: &str) -> Result<Option<ConnectionId>, ServiceError> {
        let wanted = hash(token);
        let mut found = None;
        // All are looked at: how long it takes tells nothing.
        for (connection, hash) in self.0.store.webhook_addresses().await? {
            if same(&hash, &wanted) {
                found = Some(connection);
            }
        }
        Ok(found)
    }

    /// Takes in a delivery to the address of a tenant. What is answered `Kept` is on disk.
    ///
    /// # Errors
    /// The store's: then it has to be sent again.
    pub async fn receive(
        &self,
        id: ConnectionId,
        headers: &BTreeMap<String, String>,
        body: &[u8],
    ) -> Result<Received, ServiceError> {
        let connection = self.0.store.connection(id).await?;
        let Some(hook) = hook_of(&connection) else { return Ok(Received::Unknown) };
        let secret = match hook.signed {
            true => {
                let (secrets, name) = (Arc::clone(&self.0.secrets), secret_name(&connection));
                let read = tokio::task::spawn_blocking(move || secrets.get(&name).ok());
                read.await.map_err(|error| ServiceError::broken(&error))?
            }
            false => None,
        };
        let delivered = Delivered { body, headers, secret: secret.as_ref(), now: self.0.clock.now() };
        let read = (hook.read)(&delivered);
        let answer = match &read {
            Ok(_) => Received::Kept,
            Err(HookError::Unproven(_)) => Received::Unproven,
            Err(HookError::Malformed(_)) => Received::Malformed,
        };
        let (event, people, verdict) = match read {
            Ok(notice) if notice.people.is_empty() && !notice.unnamed => {
                (notice.event, Vec::new(), Verdict::Ignore("not about an employee's record".to_owned()))
            }
            Ok(notice) => (notice.event, notice.people, Verdict::Queue),
            Err(error) => (String::new(), Vec::new(), Verdict::Refuse(error.to_string())),
        };
        // Of those that say nothing no two are the same: each may be another change.
        let unnamed = people.is_empty() && verdict == Verdict::Queue;
        let mark = if unnamed { uuid::Uuid::new_v4().as_bytes().to_vec() } else { Vec::new() };
        let digest = Sha256::new().chain_update(body).chain_update(mark).finalize().to_vec();
        let new = NewDelivery { connection: id, event, people, digest, signed: hook.signed, verdict };
        let state = self.0.store.put_delivery(new).await?;
        Ok(if answer == Received::Kept && state == DeliveryState::Refused { Received::Full } else { answer })
    }

    /// Whether the workspace file answers.
    ///
    /// # Errors
    /// The store's.
    pub async fn health(&self) -> Result<(), ServiceError> {
        self.0.store.webhook_addresses().await?;
        Ok(())
    }
}

/// The newest deliveries, of one tenant or of all, and the counts of the last hour.
///
/// # Errors
/// The store's.
pub async fn received(
    engine: &Engine,
    connection: Option<&Connection>,
    limit: u32,
) -> Result<DeliveryDesk, ServiceError> {
    Ok(engine.store.deliveries(connection.map(|one| one.id), limit).await?)
}

/// The loop that runs what was received, in this process, and what it tells.
///
/// # Errors
/// Where nothing may be sent.
pub fn run(
    (supervisor, engine): (&Supervisor, &Engine),
    access: &Access,
) -> Result<(Hooks, mpsc::Receiver<HookEvent>), ServiceError> {
    access.change()?;
    Ok(Hooks::new(engine, Arc::new(supervisor.clone())))
}

//! What an operator does to a tenant on which a run may be at work, in this process or another: switch it off, remove it, pause
//! or stop the run. The run hears of it before its next write; here it is awaited, for a bounded time, so that what is said
//! afterwards is true.

use super::Engine;
use super::error::EngineError;
use super::lease::{Lease, Purpose};
use super::run_control::RunControl;
use crate::domain::connection::{Connection, ConnectionStatus};
use crate::domain::ids::{ConnectionId, RunId};
use crate::domain::run::{OperationState, RunPurpose};
use crate::domain::secret::SecretRef;
use crate::domain::snapshot::Side;
use crate::secrets::SecretError;
use crate::store::{Ask, AtWork, LEASE_SECONDS, StoreError};
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How long a run that was told to stop is awaited: what is on its way has ten seconds.
const STOP_PATIENCE: Duration = Duration::from_secs(12);
/// How long a removal or a revocation waits: a process that is suspended gives no answer, but its lease runs out.
const REMOVE_PATIENCE: Duration = Duration::from_secs(LEASE_SECONDS.unsigned_abs() + 5);
/// How often it is looked whether the run has ended.
const LOOK_GAP: Duration = Duration::from_millis(100);

/// A run that was reached.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reached {
    pub run: Option<RunId>,
    /// Who works on it (`sync by rosa (process 4711 on desk)`).
    pub holder: String,
    /// What the destination took, and all lines of the plan; `None` where there is no plan yet.
    pub written: Option<(u32, u32)>,
    pub told: Told,
    /// Whether it is over by now; a run that is paused or goes on is not.
    pub ended: bool,
}

/// What a run was told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Told {
    Stop,
    Pause,
    GoOn,
}

impl Reached {
    /// `run 12 of sync by rosa (process 4711 on desk) has stopped; it had written 41 of 300`.
    pub fn words(&self) -> String {
        let run = self.run.map_or_else(|| "a run".to_owned(), |run| format!("run {run}"));
        let told = match (self.told, self.ended) {
            (Told::Stop, true) => "has stopped",
            (Told::Stop, false) => "is told to stop and sends nothing more, but still waits for an answer",
            (Told::Pause, true) | (Told::GoOn, true) => "has ended meanwhile",
            (Told::Pause, false) => "is told to pause",
            (Told::GoOn, false) => "is told to go on",
        };
        let written = self.written.map_or_else(
            || "; it had written nothing".to_owned(),
            |(written, lines)| format!("; it had written {written} of {lines}"),
        );
        format!("{run} of {} {told}{written}", self.holder)
    }
}

/// A tenant that was removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removed {
    pub reached: Option<Reached>,
    /// Credentials that could not be taken out of the sealed file, and why.
    pub credentials_left: Vec<String>,
}

fn secrets_of(connection: &Connection) -> impl Iterator<Item = (&String, &SecretRef)> {
    connection.source.secrets.iter().chain(&connection.destination.secrets)
}

/// Whether a tenant other than this one signs in with a credential.
fn uses(other: &Connection, connection: &Connection, secret: &SecretRef) -> bool {
    other.id != connection.id && secrets_of(other).any(|(_, theirs)| theirs == secret)
}

/// What a revocation did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revoked {
    /// The tenant was live or paused, and is switched off.
    pub switched_off: bool,
    /// Where the credential itself still is, because it is not kept here: a variable, a file.
    pub outside: Option<SecretRef>,
}

impl Engine {
    /// Switches a connection off: nothing is written any more, all data are kept (PL14). A run that may write, in whatever
    /// process, is awaited.
    ///
    /// # Errors
    /// Only the store's.
    pub async fn switch_off(&self, connection: &Connection) -> Result<Option<Reached>, EngineError> {
        self.store.set_status(connection.id, ConnectionStatus::Off, &self.operator).await?;
        let Some(at_work) = self.store.at_work(connection.id).await? else { return Ok(None) };
        if !self.writes(&at_work).await? {
            // A preview only reads; a tenant that is off can be looked at.
            return Ok(None);
        }
        self.see_it_end(connection, at_work, Told::Stop).await.map(Some)
    }

    /// Asks the run that is at work to stop, to pause or to go on.
    ///
    /// # Errors
    /// When none is at work, or the store's.
    pub async fn tell_run(&self, connection: &Connection, told: Told) -> Result<Reached, EngineError> {
        let at_work = self.store.at_work(connection.id).await?;
        let ask = match told {
            Told::Stop => Some(Ask::Stop),
            Told::Pause => Some(Ask::Pause),
            Told::GoOn => None,
        };
        let told_to = match at_work {
            Some(at_work) if self.store.ask_holder(connection.id, ask, &self.operator).await? => at_work,
            _ => {
                return Err(EngineError::Input {
                    what: format!("no run of {} is at work", connection.tenant_name),
                    remedy: "`onroll runs list` shows how the last ones ended".into(),
                });
            }
        };
        match told {
            Told::Stop => self.see_it_end(connection, told_to, told).await,
            Told::Pause | Told::GoOn => self.reached(connection, &told_to, told).await,
        }
    }

    /// Removes a connection with everything known of it, its credentials first. Whatever is at work on it, a preview too, is
    /// told to stop and awaited; the tenant is off from then on. Its users stay as they are.
    ///
    /// # Errors
    /// [`StoreError::LeaseHeld`] when the run has not ended in time: then only the tenant is off.
    pub async fn remove_connection(&self, connection: &Connection) -> Result<Removed, EngineError> {
        let at_work = self.store.at_work(connection.id).await?;
        self.store.set_status(connection.id, ConnectionStatus::Off, &self.operator).await?;
        let lease = self.lease_of_all(connection, Purpose::Remove).await?;
        let reached = match &at_work {
            Some(at_work) => Some(self.reached(connection, at_work, Told::Stop).await?),
            None => None,
        };
        let others = self.store.connections().await.ok();
        let mut credentials_left = Vec::new();
        for (name, secret) in secrets_of(connection) {
            let is_kept_here = matches!(secret, SecretRef::Sealed(_) | SecretRef::Keyring(_));
            // What another tenant signs in with stays; of what stands outside its successor does.
            let shared = match &others {
                Some(others) => others.iter().any(|other| uses(other, connection, secret)),
                None => !is_kept_here,
            };
            if !shared && let Err(error) = self.secrets.forget_kept(secret) {
                credentials_left.push(format!("{name}: {error}"));
            }
        }
        // References that cannot be read any more.
        if let Err(error) = self.remove_names_of(connection, others.as_deref().unwrap_or_default()) {
            credentials_left.push(error.to_string());
        }
        let removed = lease.engine.store.remove_connection(connection.id, &self.operator).await;
        lease.ends(removed.map_err(EngineError::from)).await?;
        Ok(Removed { reached, credentials_left })
    }

    /// The lease, whoever has it: whatever is at work, a preview too, is told to stop and awaited.
    async fn lease_of_all(&self, connection: &Connection, purpose: Purpose) -> Result<Lease, EngineError> {
        let end = Instant::now() + REMOVE_PATIENCE;
        loop {
            match self.lease(connection, purpose, &RunControl::default()).await {
                Err(EngineError::Store(StoreError::LeaseHeld { .. })) if Instant::now() < end => {
                    // Another one may have begun since.
                    self.store.ask_holder(connection.id, Some(Ask::Stop), &self.operator).await?;
                    tokio::time::sleep(LOOK_GAP).await;
                }
                lease => return lease,
            }
        }
    }

    /// Forgets a credential of one end (FR02): a tenant that is live or paused is switched off, so that no run meets the gap;
    /// whatever is at work, a preview too, is stopped, or it could keep what the vendor gives in the credential's place; then
    /// the credential is wiped where it is kept here, then its name is taken out of the tenant. In this order a crash leaves
    /// nothing that anybody could use and nobody knows of.
    ///
    /// # Errors
    /// [`StoreError::LeaseHeld`] when what is at work has not ended in time: then only the tenant is off. A sealed file or
    /// keyring that cannot be reached.
    pub async fn revoke_credential(
        &self,
        connection: &Connection,
        side: Side,
        name: &str,
    ) -> Result<Revoked, EngineError> {
        let now = self.store.connection(connection.id).await?;
        self.refuse_shared(&now, side, name).await?;
        let switched_off = matches!(now.status, ConnectionStatus::Live | ConnectionStatus::Paused);
        if switched_off {
            self.store.set_status(now.id, ConnectionStatus::Off, &self.operator).await?;
        }
        let lease = self.lease_of_all(&now, Purpose::Revoke).await?;
        let revoked = self.wipe(now.id, side, name).await;
        let outside = lease.ends(revoked).await?;
        Ok(Revoked { switched_off, outside })
    }

    /// Takes every credential out of the sealed file that has a tenant's name, but for those that others sign in with.
    fn remove_names_of(&self, connection: &Connection, others: &[Connection]) -> Result<(), SecretError> {
        let prefix = format!("{}/", connection.short_name);
        for name in self.secrets.names()?.into_iter().filter(|name| name.starts_with(&prefix)) {
            let kept = SecretRef::Sealed(name.clone());
            if !others.iter().any(|other| uses(other, connection, &kept)) {
                self.secrets.remove(&name)?;
            }
        }
        Ok(())
    }

    /// The other tenants that sign in with a credential that is kept here, by name.
    ///
    /// # Errors
    /// The store's.
    pub async fn others_with(&self, connection: &Connection, kept: &SecretRef) -> Result<Vec<String>, EngineError> {
        let all = self.store.connections().await?;
        let sharing = all.into_iter().filter(|other| uses(other, connection, kept));
        Ok(sharing.map(|other| other.tenant_name).collect())
    }

    /// Refuses to wipe what other tenants sign in with: it would be gone for them without a word.
    async fn refuse_shared(&self, connection: &Connection, side: Side, name: &str) -> Result<(), EngineError> {
        let Some(kept @ (SecretRef::Sealed(_) | SecretRef::Keyring(_))) = connection.end(side).secrets.get(name) else {
            return Ok(());
        };
        let sharing = self.others_with(connection, kept).await?.join(", ");
        if sharing.is_empty() {
            return Ok(());
        }
        Err(EngineError::Input {
            what: format!("{name} was not revoked: {sharing} would lose it too, for it is kept once for all of them"),
            remedy: "give each of them one of its own first (`onroll connection secret`); where it has leaked, delete it at the vendor: then nobody can use it".to_owned(),
        })
    }

    /// Wipes a credential and takes its name out of the tenant; answers where it stands outside.
    async fn wipe(&self, id: ConnectionId, side: Side, name: &str) -> Result<Option<SecretRef>, EngineError> {
        // As it is now: what was at work may have kept another one.
        let connection = self.store.connection(id).await?;
        let Some(old) = connection.end(side).secrets.get(name).cloned() else { return Ok(None) };
        let (store, place) = (Arc::clone(&self.secrets), old.clone());
        let gone = tokio::task::spawn_blocking(move || store.forget_kept(&place)).await;
        gone.map_err(|error| EngineError::Store(StoreError::Other { detail: error.to_string() }))??;
        self.store.remove_secret_ref(id, side, name, &self.operator).await?;
        Ok(Some(old).filter(|old| matches!(old, SecretRef::Env(_) | SecretRef::File(_))))
    }

    async fn writes(&self, at_work: &AtWork) -> Result<bool, EngineError> {
        match at_work.run {
            Some(run) => Ok(self.store.run(run).await?.purpose == RunPurpose::Sync),
            // It has only just begun.
            None => Ok(!Purpose::Preview.is_of(&at_work.holder)),
        }
    }

    async fn see_it_end(&self, connection: &Connection, at_work: AtWork, told: Told) -> Result<Reached, EngineError> {
        let end = Instant::now() + STOP_PATIENCE;
        loop {
            let reached = self.reached(connection, &at_work, told).await?;
            if reached.ended || Instant::now() >= end {
                return Ok(reached);
            }
            tokio::time::sleep(LOOK_GAP).await;
        }
    }

    async fn reached(&self, connection: &Connection, at_work: &AtWork, told: Told) -> Result<Reached, EngineError> {
        let now = self.store.at_work(connection.id).await?;
        let same = now.filter(|now| (&now.holder, now.since) == (&at_work.holder, at_work.since));
        // A run that was only beginning has its number by now.
        let run = at_work.run.or(same.as_ref().and_then(|same| same.run));
        let plan = match run {
            Some(run) => self.store.run(run).await?.plan,
            None => None,
        };
        let written = match plan {
            Some(plan) => {
                let totals = self.store.journal_totals(plan).await?;
                let done = totals.state(OperationState::Written) + totals.state(OperationState::Confirmed);
                Some((done, totals.all() + totals.withheld))
            }
            None => None,
        };
        Ok(Reached { run, holder: at_work.holder.words(), written, told, ended: same.is_none() })
    }
}

//! Successors: a credential that the vendor has put in the place of one that Onroll cannot write (an environment variable,
//! a mounted file). It is kept sealed and used instead, as long as the old one stands where it stood; another one there is
//! the operator's newer word.

use super::{Environment, SecretError, SecretStore};
use crate::domain::secret::{Secret, SecretRef};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Names of successors in the sealed file begin with this; no tenant's do.
const PREFIX: &str = "successor of ";

#[derive(Serialize, Deserialize)]
struct Entry {
    /// Digest of the credential that it follows.
    of: String,
    secret: String,
}

/// How a credential that lives outside stands to what is kept of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Succession {
    /// It is used as it stands.
    None,
    /// It is used up; its successor is used.
    InUse,
    /// A successor is kept, but another credential stands there since: that one is used.
    Outdated,
}

impl SecretStore {
    /// Keeps what the vendor has put in the place of a credential that lives outside.
    ///
    /// # Errors
    /// When the credential itself cannot be read, or the sealed file not be written.
    pub fn keep_successor(&self, reference: &SecretRef, env: Environment<'_>, new: &Secret) -> Result<(), SecretError> {
        let Some(name) = name_of(reference) else { return Ok(()) };
        let entry = Entry { of: digest(&self.outside(reference, env)?), secret: new.reveal().to_owned() };
        let text = serde_json::to_string(&entry).map_err(|_| self.odd())?;
        self.set(&name, &Secret::new(text))
    }

    /// Forgets the successor of a credential that lives outside; none is no error.
    ///
    /// # Errors
    /// When the sealed file cannot be read or written.
    pub fn forget_successor(&self, reference: &SecretRef) -> Result<(), SecretError> {
        name_of(reference).map_or(Ok(()), |name| self.remove(&name))
    }

    /// How a credential stands to its successor.
    ///
    /// # Errors
    /// When either cannot be read.
    pub fn succession(&self, reference: &SecretRef, env: Environment<'_>) -> Result<Succession, SecretError> {
        let Some(entry) = self.entry(reference)? else { return Ok(Succession::None) };
        let in_use = entry.of == digest(&self.outside(reference, env)?);
        Ok(if in_use { Succession::InUse } else { Succession::Outdated })
    }

    /// The successor of a credential that stands outside as `outside`, where it has one.
    pub(super) fn successor(&self, reference: &SecretRef, outside: &Secret) -> Result<Option<Secret>, SecretError> {
        let entry = self.entry(reference)?.filter(|entry| entry.of == digest(outside));
        Ok(entry.map(|entry| Secret::new(entry.secret)))
    }

    fn entry(&self, reference: &SecretRef) -> Result<Option<Entry>, SecretError> {
        let Some(name) = name_of(reference).filter(|_| self.sealed_file().exists()) else { return Ok(None) };
        match self.get(&name) {
            Ok(text) => serde_json::from_str(text.reveal()).map(Some).map_err(|_| self.odd()),
            Err(SecretError::Missing { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn odd(&self) -> SecretError {
        SecretError::Unreadable { path: self.sealed_file(), detail: "a successor in it has another form" }
    }
}

fn name_of(reference: &SecretRef) -> Option<String> {
    match reference {
        SecretRef::Env(name) => Some(format!("{PREFIX}the environment variable {name}")),
        SecretRef::File(path) => Some(format!("{PREFIX}the file {}", path.display())),
        SecretRef::Sealed(_) | SecretRef::Keyring(_) => None,
    }
}

fn digest(secret: &Secret) -> String {
    Sha256::digest(secret.reveal()).iter().map(|byte| format!("{byte:02x}")).collect()
}

//! Why a credential cannot be had, in words for an operator. Never holds a credential.

use super::keyring::KeyringTrouble;
use crate::domain::problem::{Problem, ProblemKind};
use std::path::{Path, PathBuf};

/// Why a credential cannot be read or kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// The sealed file opens by a passphrase, and none was given.
    #[error("{path} opens by a passphrase")]
    PassphraseNeeded { path: PathBuf },
    /// The passphrase is another one, or the file was changed by somebody.
    #[error("the passphrase does not open {path}")]
    WrongPassphrase { path: PathBuf },
    /// The sealed file is there, the key file that opens it is not.
    #[error("the key file {path} is missing")]
    KeyMissing { path: PathBuf },
    /// The key file is there but does not open the sealed file.
    #[error("the key file {path} does not open the sealed file")]
    WrongKey { path: PathBuf },
    /// Not a sealed file, or one of a newer Onroll.
    #[error("{path} is not a sealed file that this Onroll can read: {detail}")]
    Unreadable { path: PathBuf, detail: &'static str },
    /// Others may read the file.
    #[error("others than the owner may read {path} (mode {mode:04o})")]
    TooOpen { path: PathBuf, mode: u32 },
    /// Nothing is kept under this reference.
    #[error("no credential at {place}")]
    Missing { place: String },
    /// The file system said no.
    #[error("{path}: {detail}")]
    Io { path: PathBuf, detail: String },
    /// The keyring of the desktop gives nothing.
    #[error(transparent)]
    Keyring(#[from] KeyringTrouble),
    /// The passphrase cannot be made a key (a machine without memory for it).
    #[error("the passphrase cannot be made a key here")]
    Derivation,
}

impl SecretError {
    pub(super) fn io(path: &Path, error: &std::io::Error) -> Self {
        SecretError::Io { path: path.to_owned(), detail: error.to_string() }
    }

    /// What the operator can do about it.
    pub fn remedy(&self) -> String {
        match self {
            SecretError::PassphraseNeeded { .. } => "type it when asked, or set ONROLL_PASSPHRASE".to_owned(),
            SecretError::WrongPassphrase { .. } => {
                "try again; without it the credentials are lost and must be put in anew".to_owned()
            }
            SecretError::KeyMissing { path } | SecretError::WrongKey { path } => {
                let (name, sealed) = (path.display(), path.with_file_name("secrets.sealed"));
                format!(
                    "put the right {name} back from a backup; without it move {} away and put the credentials in anew",
                    sealed.display()
                )
            }
            SecretError::Unreadable { .. } => "use the newer Onroll, or restore the file from a backup".to_owned(),
            SecretError::TooOpen { path, .. } => format!("chmod 600 {}", path.display()),
            SecretError::Missing { .. } => "put the credential in under Settings, or correct the reference".to_owned(),
            SecretError::Io { .. } => "check the path and its rights".to_owned(),
            SecretError::Keyring(trouble) => trouble.remedy().to_owned(),
            SecretError::Derivation => "free some memory and try again".to_owned(),
        }
    }
}

impl From<SecretError> for Problem {
    fn from(error: SecretError) -> Self {
        Problem::new(ProblemKind::Input, error.to_string()).with_remedy(error.remedy())
    }
}

//! Where credentials live: environment, files, the sealed file of the workspace. The database holds references only.
//!
//! The sealed file (`secrets.sealed`) opens by a passphrase; without one by a key file (`secrets.key`, 0600) that is made
//! beside it at first use. Nothing is kept in memory but the key; every credential handed out wipes itself.

mod error;
mod keyring;
mod private_file;
mod sealed;
mod successor;

pub use error::SecretError;
pub use keyring::{Keyring, KeyringTrouble, is_built as has_keyring};
pub use successor::Succession;

use crate::domain::secret::{Secret, SecretRef};
use sealed::{Head, KEY, Key};
use secrecy::{ExposeSecret, SecretBox};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The credentials of one workspace. Shared behind an `Arc`; several processes may use one folder.
pub struct SecretStore {
    folder: PathBuf,
    passphrase: Mutex<Option<Secret>>,
    opened: Mutex<Option<Opened>>,
    keyring: Keyring,
}

/// Looks an environment variable up.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

struct Opened {
    head: Head,
    key: Key,
}

/// The content of the sealed file, by name.
type Content = BTreeMap<String, String>;

impl SecretStore {
    /// Opens the sealed file of a workspace's folder, or gets ready to make it at the first [`SecretStore::set`]: with the
    /// passphrase where there is one, else with a key file.
    ///
    /// # Errors
    /// [`SecretError::PassphraseNeeded`], [`SecretError::WrongPassphrase`], [`SecretError::KeyMissing`],
    /// [`SecretError::TooOpen`] for a key file that others may read, or what the file system says.
    pub fn open(workspace_dir: &Path, passphrase: Option<Secret>) -> Result<Self, SecretError> {
        let store = Self {
            folder: workspace_dir.to_owned(),
            passphrase: Mutex::new(passphrase),
            opened: Mutex::new(None),
            keyring: Keyring::default(),
        };
        let mut opened = store.lock();
        store.content(&mut opened)?;
        drop(opened);
        Ok(store)
    }

    /// The keyring of the desktop.
    pub fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// Another keyring, for tests.
    #[cfg(all(test, feature = "keyring"))]
    pub(crate) fn use_keyring(&mut self, keyring: Keyring) {
        self.keyring = keyring;
    }

    /// Keeps a credential in the keyring; an older one of that name is replaced.
    ///
    /// # Errors
    /// Where none is built in or answers, or it is locked.
    pub fn keep_in_keyring(&self, name: &str, secret: &Secret) -> Result<(), SecretError> {
        self.keyring.set(name, secret)
    }

    /// Takes away what is kept here under a reference: in the sealed file, in the keyring, or as the successor of what lives
    /// outside. What is not there is no error.
    ///
    /// # Errors
    /// When it cannot be reached or written.
    pub fn forget_kept(&self, reference: &SecretRef) -> Result<(), SecretError> {
        match reference {
            SecretRef::Sealed(name) => self.remove(name),
            SecretRef::Keyring(name) => self.keyring.remove(name),
            SecretRef::Env(_) | SecretRef::File(_) => self.forget_successor(reference),
        }
    }

    /// Where the sealed file is, or will be.
    pub fn sealed_file(&self) -> PathBuf {
        self.folder.join("secrets.sealed")
    }

    /// Where the key file is, or would be: whoever has both files has the credentials. `doctor` names it.
    pub fn key_file(&self) -> PathBuf {
        self.folder.join("secrets.key")
    }

    /// Whether the sealed file opens by a passphrase; `None` while there is no sealed file.
    pub fn opens_by_passphrase(&self) -> Option<bool> {
        self.lock().as_ref().map(|opened| matches!(opened.head, Head::Passphrase { .. }))
    }

    /// The names under which credentials are kept.
    ///
    /// # Errors
    /// When the sealed file cannot be read.
    pub fn names(&self) -> Result<Vec<String>, SecretError> {
        Ok(self.content(&mut self.lock())?.into_keys().collect())
    }

    /// The credential kept under `name`.
    ///
    /// # Errors
    /// [`SecretError::Missing`] when there is none, or when the sealed file cannot be read.
    pub fn get(&self, name: &str) -> Result<Secret, SecretError> {
        let mut content = self.content(&mut self.lock())?;
        let found = content.remove(name).map(Secret::new);
        wipe(content);
        found.ok_or_else(|| SecretError::Missing { place: format!("`{name}` in {}", self.sealed_file().display()) })
    }

    /// Keeps a credential under `name`; an older one is replaced.
    ///
    /// # Errors
    /// When the sealed file cannot be read or written; the old one stays then.
    pub fn set(&self, name: &str, secret: &Secret) -> Result<(), SecretError> {
        self.change(|content| {
            content.insert(name.to_owned(), secret.reveal().to_owned());
        })
    }

    /// Keeps several credentials, all or none; older ones are replaced.
    ///
    /// # Errors
    /// As [`SecretStore::set`].
    pub fn set_all(&self, secrets: &[(String, Secret)]) -> Result<(), SecretError> {
        if secrets.is_empty() {
            return Ok(());
        }
        self.change(|content| {
            content.extend(secrets.iter().map(|(name, secret)| (name.clone(), secret.reveal().to_owned())));
        })
    }

    /// Takes the credential under `name` away; one that is not there is no error.
    ///
    /// # Errors
    /// When the sealed file cannot be read or written.
    pub fn remove(&self, name: &str) -> Result<(), SecretError> {
        if !self.sealed_file().exists() {
            return Ok(());
        }
        self.change(|content| {
            content.remove(name);
        })
    }

    /// Takes every credential away whose name begins with `prefix`: what belonged to a removed connection.
    ///
    /// # Errors
    /// When the sealed file cannot be read or written.
    pub fn remove_all(&self, prefix: &str) -> Result<(), SecretError> {
        if !self.sealed_file().exists() {
            return Ok(());
        }
        self.change(|content| content.retain(|name, _| !name.starts_with(prefix)))
    }

    /// Seals everything anew, by another passphrase or (`None`) by a key file. A key file that is not needed any more is
    /// removed; one that is in use stays as it is, so that no crash can part it from the sealed file.
    ///
    /// # Errors
    /// When the sealed file cannot be read or written; it opens as before then.
    pub fn reseal(&self, passphrase: Option<&Secret>) -> Result<(), SecretError> {
        let _lock = private_file::lock(&self.folder)?;
        let mut opened = self.lock();
        let content = self.content(&mut opened)?;
        let fresh = match opened.take() {
            Some(current) if passphrase.is_none() && current.head == Head::KeyFile => current,
            _ => self.make_key(passphrase)?,
        };
        self.write(&fresh, content)?;
        if fresh.head != Head::KeyFile {
            private_file::remove(&self.key_file())?;
        }
        *self.passphrase() = passphrase.cloned();
        *opened = Some(fresh);
        Ok(())
    }

    /// The credential behind a reference; for one outside of Onroll that a vendor has replaced, its successor.
    ///
    /// # Errors
    /// [`SecretError::Missing`] when nothing (or blank) is there, [`SecretError::TooOpen`] for a file that others may read.
    pub fn resolve(&self, reference: &SecretRef, env: Environment<'_>) -> Result<Secret, SecretError> {
        let outside = match reference {
            SecretRef::Sealed(name) => return self.get(name),
            SecretRef::Keyring(name) => return self.keyring.get(name),
            SecretRef::Env(_) | SecretRef::File(_) => self.outside(reference, env)?,
        };
        Ok(self.successor(reference, &outside)?.unwrap_or(outside))
    }

    /// What stands behind a reference, whatever has become of it since.
    fn outside(&self, reference: &SecretRef, env: Environment<'_>) -> Result<Secret, SecretError> {
        match reference {
            SecretRef::Sealed(name) => self.get(name),
            SecretRef::Keyring(name) => self.keyring.get(name),
            SecretRef::Env(name) => env(name)
                .filter(|text| !text.is_empty())
                .map(Secret::new)
                .ok_or_else(|| SecretError::Missing { place: format!("the environment variable {name}") }),
            SecretRef::File(path) => from_file(path),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Opened>> {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn passphrase(&self) -> MutexGuard<'_, Option<Secret>> {
        self.passphrase.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Content)) -> Result<(), SecretError> {
        let _lock = private_file::lock(&self.folder)?;
        let mut opened = self.lock();
        let mut content = self.content(&mut opened)?;
        change(&mut content);
        let current = match opened.take() {
            Some(current) => current,
            None => self.make_key(self.passphrase().as_ref())?,
        };
        let written = self.write(&current, content);
        *opened = Some(current);
        written
    }

    /// What the sealed file holds now: read each time, because another process may have changed it.
    fn content(&self, opened: &mut Option<Opened>) -> Result<Content, SecretError> {
        let path = self.sealed_file();
        let Some(file) = private_file::read(&path)? else {
            *opened = None;
            return Ok(Content::new());
        };
        let head = Head::read(&path, &file)?;
        if opened.as_ref().is_none_or(|opened| opened.head != head) {
            *opened = Some(Opened { head, key: self.find_key(head)? });
        }
        let plain = match opened.as_ref().and_then(|opened| sealed::unseal(&opened.key, &file)) {
            Some(plain) => plain,
            None if head == Head::KeyFile => self.retry_with_key_file(opened, &file)?,
            None => {
                *opened = None;
                return Err(SecretError::WrongPassphrase { path });
            }
        };
        let plain = SecretBox::new(Box::new(plain));
        serde_json::from_slice(plain.expose_secret())
            .map_err(|_| SecretError::Unreadable { path, detail: "its content has another form" })
    }

    /// Another process may have sealed the file by a new key file meanwhile.
    fn retry_with_key_file(&self, opened: &mut Option<Opened>, file: &[u8]) -> Result<Vec<u8>, SecretError> {
        let key = self.find_key(Head::KeyFile)?;
        let plain = sealed::unseal(&key, file);
        *opened = plain.as_ref().map(|_| Opened { head: Head::KeyFile, key });
        plain.ok_or_else(|| SecretError::WrongKey { path: self.key_file() })
    }

    /// The key to an existing sealed file.
    fn find_key(&self, head: Head) -> Result<Key, SecretError> {
        match head {
            Head::Passphrase { log_n, r, p, salt } => {
                let needed = || SecretError::PassphraseNeeded { path: self.sealed_file() };
                sealed::derive(self.passphrase().as_ref().ok_or_else(needed)?, log_n, r, p, &salt)
            }
            Head::KeyFile => {
                let path = self.key_file();
                let missing = SecretError::KeyMissing { path: path.clone() };
                let bytes = private_file::read(&path)?.ok_or(missing)?;
                private_file::check_private(&path)?;
                let key: [u8; KEY] = bytes.try_into().map_err(|_| SecretError::WrongKey { path })?;
                Ok(SecretBox::new(Box::new(key)))
            }
        }
    }

    /// A key for a sealed file that is about to be written.
    fn make_key(&self, passphrase: Option<&Secret>) -> Result<Opened, SecretError> {
        let Some(passphrase) = passphrase else {
            let key = sealed::random_key();
            private_file::replace(&self.key_file(), key.expose_secret())?;
            return Ok(Opened { head: Head::KeyFile, key });
        };
        match Head::for_passphrase() {
            head @ Head::Passphrase { log_n, r, p, salt } => {
                Ok(Opened { head, key: sealed::derive(passphrase, log_n, r, p, &salt)? })
            }
            Head::KeyFile => Err(SecretError::Derivation),
        }
    }

    fn write(&self, opened: &Opened, content: Content) -> Result<(), SecretError> {
        let path = self.sealed_file();
        let plain = serde_json::to_vec(&content)
            .map_err(|_| SecretError::Unreadable { path: path.clone(), detail: "its content cannot be written" })?;
        let plain = SecretBox::new(Box::new(plain));
        wipe(content);
        let file = sealed::seal(&opened.key, opened.head, plain.expose_secret()).ok_or(SecretError::Derivation)?;
        private_file::replace(&path, &file)
    }
}

/// Hands every text to a type that wipes itself.
fn wipe(content: Content) {
    for text in content.into_values() {
        drop(Secret::new(text));
    }
}

/// A file as containers mount secrets; one line end at its end is not part of the credential.
fn from_file(path: &Path) -> Result<Secret, SecretError> {
    let missing = || SecretError::Missing { place: path.display().to_string() };
    let bytes = private_file::read(path)?.ok_or_else(missing)?;
    private_file::check_private(path)?;
    let text = String::from_utf8(bytes)
        .map_err(|_| SecretError::Io { path: path.to_owned(), detail: "it is not text".to_owned() })?;
    let plain = text.strip_suffix('\n').unwrap_or(&text);
    let plain = plain.strip_suffix('\r').unwrap_or(plain);
    if plain.is_empty() { Err(missing()) } else { Ok(Secret::new(plain)) }
}

#[cfg(test)]
mod tests;

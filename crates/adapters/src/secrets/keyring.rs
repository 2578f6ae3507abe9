//! The keyring of the desktop, for programs built with the feature `keyring`: a credential may live there in place of the sealed
//! file. A reference to it can be read by every program; one that was built without it says so.

#[cfg(not(feature = "keyring"))]
use super::SecretError;
#[cfg(not(feature = "keyring"))]
use crate::domain::secret::Secret;

/// Under which name the credentials of this program stand there.
#[cfg(feature = "keyring")]
const SERVICE: &str = "onroll";
/// A keyring that is locked asks somebody at the desktop; longer than this nobody is waited for.
#[cfg(feature = "keyring")]
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);

/// Why the keyring gives nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyringTrouble {
    #[error("this program was built without the keyring of the desktop")]
    NotBuilt,
    /// No keyring answers: a session without D-Bus, as by SSH, a container, a service.
    #[error("no keyring answers here: {0}")]
    Absent(String),
    #[error("the keyring is locked, or refuses: {0}")]
    Locked(String),
    #[error("the keyring cannot do it: {0}")]
    Failed(String),
}

impl KeyringTrouble {
    /// What the operator can do about it.
    pub fn remedy(&self) -> &'static str {
        match self {
            KeyringTrouble::NotBuilt => {
                "build it with `--features keyring`, or put the credential in anew: it goes into the sealed file"
            }
            KeyringTrouble::Absent(_) => {
                "run it within the session of the desktop (DBUS_SESSION_BUS_ADDRESS), or put the credential in anew: it goes into the sealed file"
            }
            KeyringTrouble::Locked(_) => {
                "unlock the keyring (log in at the desktop, or answer its question), then try again"
            }
            KeyringTrouble::Failed(_) => {
                "look at the keyring with the program of the desktop, or put the credential in anew"
            }
        }
    }
}

/// The keyring of whoever runs the program.
#[derive(Debug, Default)]
pub struct Keyring {
    /// Another one, in tests.
    #[cfg(feature = "keyring")]
    other: Option<std::sync::Arc<keyring_core::CredentialStore>>,
}

/// Whether this program can use a keyring at all.
#[must_use]
pub fn is_built() -> bool {
    cfg!(feature = "keyring")
}

#[cfg(not(feature = "keyring"))]
#[expect(clippy::unused_self, reason = "the same calls as with the keyring")]
impl Keyring {
    /// Whether one answers.
    ///
    /// # Errors
    /// Always: this program was built without.
    pub fn answers(&self) -> Result<(), SecretError> {
        Err(KeyringTrouble::NotBuilt.into())
    }

    pub(super) fn get(&self, _name: &str) -> Result<Secret, SecretError> {
        Err(KeyringTrouble::NotBuilt.into())
    }

    pub(super) fn set(&self, _name: &str, _secret: &Secret) -> Result<(), SecretError> {
        Err(KeyringTrouble::NotBuilt.into())
    }

    pub(super) fn remove(&self, _name: &str) -> Result<(), SecretError> {
        Err(KeyringTrouble::NotBuilt.into())
    }
}

#[cfg(feature = "keyring")]
mod built {
    use super::{Keyring, KeyringTrouble, PATIENCE, SERVICE};
    use crate::domain::secret::Secret;
    use crate::secrets::SecretError;
    use keyring_core::{CredentialStore, Entry, Error};
    use std::sync::{Arc, mpsc};

    impl Keyring {
        /// Another store, for tests.
        #[must_use]
        pub fn on(store: Arc<CredentialStore>) -> Self {
            Self { other: Some(store) }
        }

        /// Whether one answers; it is not unlocked by that.
        ///
        /// # Errors
        /// Where none does.
        pub fn answers(&self) -> Result<(), SecretError> {
            self.ask(String::new(), |_| Ok(()))
        }

        pub(in crate::secrets) fn get(&self, name: &str) -> Result<Secret, SecretError> {
            self.ask(name.to_owned(), |entry| entry.get_password().map(Secret::new))
        }

        pub(in crate::secrets) fn set(&self, name: &str, secret: &Secret) -> Result<(), SecretError> {
            let secret = secret.clone();
            self.ask(name.to_owned(), move |entry| entry.set_password(secret.reveal()))
        }

        pub(in crate::secrets) fn remove(&self, name: &str) -> Result<(), SecretError> {
            self.ask(name.to_owned(), |entry| match entry.delete_credential() {
                Err(Error::NoEntry) => Ok(()),
                done => done,
            })
        }

        /// On a thread of its own: the keyring has a loop of its own, and may wait for somebody at the desktop.
        fn ask<T: Send + 'static>(
            &self,
            name: String,
            what: impl FnOnce(&Entry) -> keyring_core::Result<T> + Send + 'static,
        ) -> Result<T, SecretError> {
            let (answer, answered) = mpsc::channel();
            let (other, asked) = (self.other.clone(), name.clone());
            let work = move || {
                let store = other.map_or_else(system, Ok);
                let done = store.map(|store| match asked.as_str() {
                    "" => Entry::new_in_store(&store, SERVICE, "probe").and_then(|entry| what(&entry)),
                    asked => Entry::new_in_store(&store, SERVICE, asked).and_then(|entry| what(&entry)),
                });
                // Nobody may wait any more.
                let _ = answer.send(done);
            };
            let failed = |why: String| SecretError::from(KeyringTrouble::Failed(why));
            std::thread::Builder::new()
                .name("keyring".to_owned())
                .spawn(work)
                .map_err(|error| failed(error.to_string()))?;
            match answered.recv_timeout(PATIENCE) {
                Ok(Ok(Ok(value))) => Ok(value),
                Ok(Ok(Err(Error::NoEntry))) => Err(SecretError::Missing { place: format!("`{name}` in the keyring") }),
                Ok(Ok(Err(Error::NoStorageAccess(why)))) => Err(KeyringTrouble::Locked(why.to_string()).into()),
                Ok(Ok(Err(error))) => Err(failed(without_values(&error))),
                Ok(Err(trouble)) => Err(trouble.into()),
                Err(mpsc::RecvTimeoutError::Timeout) => {
                    Err(KeyringTrouble::Locked("nobody answered its question within 20 seconds".to_owned()).into())
                }
                Err(mpsc::RecvTimeoutError::Disconnected) => Err(failed("it broke off".to_owned())),
            }
        }
    }

    /// What is wrong; the bytes of a credential that is no text stay out of it.
    fn without_values(error: &Error) -> String {
        match error {
            Error::BadEncoding(_) | Error::BadDataFormat(..) => "what stands there is no text".to_owned(),
            other => other.to_string(),
        }
    }

    #[cfg(target_os = "linux")]
    fn system() -> Result<Arc<CredentialStore>, KeyringTrouble> {
        let store = zbus_secret_service_keyring_store::Store::new();
        store.map(|store| store as Arc<CredentialStore>).map_err(|error| KeyringTrouble::Absent(error.to_string()))
    }

    #[cfg(not(target_os = "linux"))]
    fn system() -> Result<Arc<CredentialStore>, KeyringTrouble> {
        Err(KeyringTrouble::Absent("only the Secret Service of Linux is known".to_owned()))
    }

    #[cfg(test)]
    mod tests {
        use super::*;
        use crate::domain::secret::SecretRef;
        use crate::secrets::SecretStore;
        use keyring_core::mock;

        fn store() -> (tempfile::TempDir, Arc<CredentialStore>, SecretStore) {
            let folder = tempfile::tempdir().unwrap();
            let keyring: Arc<CredentialStore> = mock::Store::new().unwrap();
            let mut store = SecretStore::open(folder.path(), None).unwrap();
            store.use_keyring(Keyring::on(Arc::clone(&keyring)));
            (folder, keyring, store)
        }

        #[test]
        fn a_credential_in_the_keyring_is_kept_found_replaced_and_removed_and_nothing_of_it_is_on_disk() {
            let (folder, _keyring, store) = store();
            let reference = SecretRef::Keyring("harbour-vine/source/token".into());
            let none = |_: &str| None;
            assert!(matches!(store.resolve(&reference, &none), Err(SecretError::Missing { .. })));
            for secret in ["first-secret", "second-secret"] {
                store.keep_in_keyring("harbour-vine/source/token", &Secret::new(secret)).unwrap();
                assert_eq!(store.resolve(&reference, &none).unwrap().reveal(), secret);
            }
            assert!(!store.sealed_file().exists(), "{:?}", folder.path());
            store.forget_kept(&reference).unwrap();
            store.forget_kept(&reference).unwrap();
            assert!(matches!(store.resolve(&reference, &none), Err(SecretError::Missing { .. })));
        }

        #[test]
        fn one_that_is_locked_or_holds_no_text_says_so_and_shows_nothing() {
            let (_folder, keyring, store) = store();
            store.keep_in_keyring("a", &Secret::new("hush-hush")).unwrap();
            let entry = Entry::new_in_store(&keyring, SERVICE, "a").unwrap();
            let fails = |error: Error| {
                let credential: &mock::Cred = entry.as_any().downcast_ref().unwrap();
                credential.set_error(error);
                let told = store.resolve(&SecretRef::Keyring("a".into()), &|_: &str| None).unwrap_err();
                (told.to_string(), told.remedy())
            };
            let (told, remedy) = fails(Error::NoStorageAccess("prompt dismissed".into()));
            assert_eq!(told, "the keyring is locked, or refuses: prompt dismissed");
            assert!(remedy.starts_with("unlock the keyring"));
            let (told, _) = fails(Error::BadEncoding(b"hush".to_vec()));
            assert_eq!(told, "the keyring cannot do it: what stands there is no text");
            assert_eq!(store.resolve(&SecretRef::Keyring("a".into()), &|_: &str| None).unwrap().reveal(), "hush-hush");
        }

        /// As by SSH, in a container, as a service: where no desktop is, that is said at once, and not waited for.
        #[test]
        fn without_a_session_it_is_absent() {
            let has_bus = |name: &str| std::env::vars_os().any(|(key, value)| key == name && !value.is_empty());
            if has_bus("DBUS_SESSION_BUS_ADDRESS") || has_bus("XDG_RUNTIME_DIR") {
                eprintln!("skipped: a session is here, whose keyring is not to be touched");
                return;
            }
            let told = Keyring::default().answers().unwrap_err();
            assert!(matches!(told, SecretError::Keyring(KeyringTrouble::Absent(_))), "{told}");
            assert!(told.remedy().contains("DBUS_SESSION_BUS_ADDRESS"), "{}", told.remedy());
        }
    }
}

#[cfg(all(test, not(feature = "keyring")))]
mod tests {
    use super::*;
    use crate::domain::secret::SecretRef;
    use crate::secrets::SecretStore;

    #[test]
    fn a_program_without_the_keyring_says_so_of_a_reference_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let store = SecretStore::open(folder.path(), None).unwrap();
        let told = store.resolve(&SecretRef::Keyring("a".into()), &|_: &str| None).unwrap_err();
        assert_eq!(told, SecretError::Keyring(KeyringTrouble::NotBuilt));
        assert!(told.remedy().contains("--features keyring"));
        assert!(store.keep_in_keyring("a", &Secret::new("b")).is_err() && store.keyring().answers().is_err());
    }
}

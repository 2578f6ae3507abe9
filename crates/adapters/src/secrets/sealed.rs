//! The format of the sealed file: a small versioned head, a nonce, and the credentials under XChaCha20-Poly1305. The head
//! is authenticated too, so that nobody can weaken its parameters unseen.
//!
//! ```text
//! 0   4  "ONRS"
//! 4   1  version of the format: 1
//! 5   1  how the key is made: 0 from a key file, 1 from a passphrase by scrypt
//! 6   3  scrypt: log2 N, r, p (0 for a key file)
//! 9  16  scrypt: salt (0 for a key file)
//! 25 24  nonce, new with every write
//! 49     ciphertext and tag
//! ```

use super::error::SecretError;
use crate::domain::secret::Secret;
use chacha20poly1305::aead::{Aead, AeadCore, KeyInit, OsRng, Payload, rand_core::RngCore};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use secrecy::{ExposeSecret, SecretBox};
use std::path::Path;

const MAGIC: &[u8; 4] = b"ONRS";
const VERSION: u8 = 1;
const HEAD: usize = 25;
const NONCE: usize = 24;
const SALT: usize = 16;

/// Length of a key in bytes.
pub(super) const KEY: usize = 32;

/// A key in memory; wipes itself.
pub(super) type Key = SecretBox<[u8; KEY]>;

/// How the key is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Head {
    KeyFile,
    Passphrase { log_n: u8, r: u8, p: u8, salt: [u8; SALT] },
}

impl Head {
    /// A new head for a passphrase: N = 2^14, r = 8, p = 1 (16 MB, some 50 ms), as scrypt recommends for logins.
    pub(super) fn for_passphrase() -> Self {
        let mut salt = [0; SALT];
        OsRng.fill_bytes(&mut salt);
        Head::Passphrase { log_n: 14, r: 8, p: 1, salt }
    }

    fn bytes(self) -> [u8; HEAD] {
        let mut bytes = [0; HEAD];
        bytes[..4].copy_from_slice(MAGIC);
        bytes[4] = VERSION;
        if let Head::Passphrase { log_n, r, p, salt } = self {
            bytes[5] = 1;
            bytes[6..9].copy_from_slice(&[log_n, r, p]);
            bytes[9..].copy_from_slice(&salt);
        }
        bytes
    }

    /// The head of a sealed file.
    pub(super) fn read(path: &Path, file: &[u8]) -> Result<Self, SecretError> {
        let unreadable = |detail| SecretError::Unreadable { path: path.to_owned(), detail };
        let Some((head, _)) = file.split_first_chunk::<HEAD>() else {
            return Err(unreadable("it is too short"));
        };
        if head[..4] != *MAGIC {
            return Err(unreadable("it begins with something else"));
        }
        if head[4] != VERSION {
            return Err(unreadable("its version is not known"));
        }
        match (head[5], head[6], head[7], head[8]) {
            (0, ..) => Ok(Head::KeyFile),
            // Bounds, so that a file from somewhere cannot eat the machine's memory.
            (1, log_n @ 10..=20, r @ 1..=16, p @ 1..=4) => {
                let mut salt = [0; SALT];
                salt.copy_from_slice(&head[9..]);
                Ok(Head::Passphrase { log_n, r, p, salt })
            }
            _ => Err(unreadable("its key parameters are not known")),
        }
    }
}

/// The key that a passphrase and the head's parameters make.
pub(super) fn derive(passphrase: &Secret, log_n: u8, r: u8, p: u8, salt: &[u8]) -> Result<Key, SecretError> {
    let parameters =
        scrypt::Params::new(log_n, u32::from(r), u32::from(p), KEY).map_err(|_| SecretError::Derivation)?;
    let mut key: Key = SecretBox::new(Box::new([0; KEY]));
    let bytes = secrecy::ExposeSecretMut::expose_secret_mut(&mut key);
    scrypt::scrypt(passphrase.reveal().as_bytes(), salt, &parameters, bytes).map_err(|_| SecretError::Derivation)?;
    Ok(key)
}

/// A new key for a key file.
pub(super) fn random_key() -> Key {
    let mut key: Key = SecretBox::new(Box::new([0; KEY]));
    OsRng.fill_bytes(secrecy::ExposeSecretMut::expose_secret_mut(&mut key));
    key
}

/// The whole file: head, a new nonce, `plain` sealed.
pub(super) fn seal(key: &Key, head: Head, plain: &[u8]) -> Option<Vec<u8>> {
    let head = head.bytes();
    let nonce = XChaCha20Poly1305::generate_nonce(&mut OsRng);
    let cipher = XChaCha20Poly1305::new(key.expose_secret().into());
    let sealed = cipher.encrypt(&nonce, Payload { msg: plain, aad: &head }).ok()?;
    Some([&head[..], &nonce[..], &sealed[..]].concat())
}

/// What was sealed; `None` when the key is another one or a byte was changed.
pub(super) fn unseal(key: &Key, file: &[u8]) -> Option<Vec<u8>> {
    let (head, rest) = file.split_at_checked(HEAD)?;
    let (nonce, sealed) = rest.split_at_checked(NONCE)?;
    let cipher = XChaCha20Poly1305::new(key.expose_secret().into());
    cipher.decrypt(XNonce::from_slice(nonce), Payload { msg: sealed, aad: head }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_sealed_opens_with_its_key_only_and_unchanged() {
        let (key, other) = (random_key(), random_key());
        let file = seal(&key, Head::KeyFile, b"s3cret").unwrap();
        assert_eq!(unseal(&key, &file).unwrap(), b"s3cret");
        assert!(!file.windows(6).any(|window| window == b"s3cret"));
        assert_eq!(unseal(&other, &file), None);
        for place in [5, 30, file.len() - 1] {
            let mut changed = file.clone();
            changed[place] ^= 1;
            assert_eq!(unseal(&key, &changed), None, "byte {place}");
        }
        assert_ne!(seal(&key, Head::KeyFile, b"s3cret").unwrap(), file, "the nonce is new each time");
    }

    #[test]
    fn the_head_comes_back_and_refuses_what_it_does_not_know() {
        let head = Head::for_passphrase();
        let path = Path::new("secrets.sealed");
        assert_eq!(Head::read(path, &head.bytes()).unwrap(), head);
        assert_eq!(Head::read(path, &Head::KeyFile.bytes()).unwrap(), Head::KeyFile);
        let mut greedy = head.bytes();
        greedy[6] = 40;
        assert!(Head::read(path, &greedy).is_err());
        let mut newer = head.bytes();
        newer[4] = 2;
        assert!(Head::read(path, &newer).is_err());
        assert!(Head::read(path, b"ONRS").is_err());
    }
}

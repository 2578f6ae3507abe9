//! Text that must not be printed.

use std::fmt;

/// A credential in memory. `Debug` and `Display` print `***`; the text leaves only through [`Secret::reveal`].
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(secrecy_text::Text);

mod secrecy_text {
    use secrecy::{ExposeSecret, SecretString};

    /// Wipes itself on drop (through `secrecy`).
    #[derive(Clone)]
    pub struct Text(SecretString);

    impl Text {
        pub fn new(text: String) -> Self {
            Self(SecretString::from(text))
        }
        pub fn get(&self) -> &str {
            self.0.expose_secret()
        }
    }

    impl PartialEq for Text {
        fn eq(&self, other: &Self) -> bool {
            self.get() == other.get()
        }
    }
    impl Eq for Text {}
}

impl Secret {
    /// Wraps the text as it is.
    pub fn new(text: impl Into<String>) -> Self {
        Self(secrecy_text::Text::new(text.into()))
    }

    /// The text itself: for the request that needs it and for the place where it is kept.
    pub fn reveal(&self) -> &str {
        self.0.get()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

/// Where a credential lives; this, never the credential, stands in the database.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SecretRef {
    /// Name of an environment variable.
    Env(String),
    /// Path of a file that only its owner may read.
    File(std::path::PathBuf),
    /// Name in the workspace's sealed file.
    Sealed(String),
    /// Name in the keyring of the desktop.
    Keyring(String),
}

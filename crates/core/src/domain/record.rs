//! JSON of what a workspace holds by the hundred thousand. It is compiled here, once, in the package that is built for speed,
//! and not wherever it is asked for.

use super::exchange::Exchange;
use super::field::FieldChange;
use super::person::{Employee, User};

/// What a row of the workspace file holds as JSON.
pub trait Record: Sized {
    /// Its JSON.
    ///
    /// # Errors
    /// Where a value has no JSON.
    fn to_json(&self) -> serde_json::Result<String>;

    /// What this JSON says.
    ///
    /// # Errors
    /// Where it is not JSON, or not of this kind.
    fn of_json(text: &str) -> serde_json::Result<Self>;
}

macro_rules! records {
    ($($kind:ty),+) => {$(
        impl Record for $kind {
            fn to_json(&self) -> serde_json::Result<String> {
                serde_json::to_string(self)
            }

            fn of_json(text: &str) -> serde_json::Result<Self> {
                serde_json::from_str(text)
            }
        }
    )+};
}

records!(Employee, User, Exchange, Vec<FieldChange>);

//! How a source tells of changes by itself. A delivery is only a hint: whom it is about is read from the source. Each vendor's
//! folder says how its deliveries are read; that is pure, and takes any bytes.

use crate::domain::ids::EmployeeId;
use crate::domain::secret::Secret;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// Bytes of one block of SHA-256.
const BLOCK: usize = 64;
/// Longest id that is taken.
const ID_MAXIMUM: usize = 128;

/// A delivery as it came.
#[derive(Debug)]
pub struct Delivered<'a> {
    pub body: &'a [u8],
    /// By lower-case name.
    pub headers: &'a BTreeMap<String, String>,
    /// The key that the vendor signs with, where the operator has given it.
    pub secret: Option<&'a Secret>,
    pub now: Timestamp,
}

/// What a delivery says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookNotice {
    /// The event in words of this program or in letters that are harmless.
    pub event: String,
    /// Whom it is about; nobody where it is about nothing that is synced.
    pub people: Vec<EmployeeId>,
    /// Somebody has changed, and it is not known whom it is about: the source is asked.
    pub unnamed: bool,
}

impl HookNotice {
    /// About these people.
    #[must_use]
    pub fn about(event: String, people: Vec<EmployeeId>) -> Self {
        Self { event, people, unnamed: false }
    }
}

/// Why a delivery is refused. Nothing of its body stands in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HookError {
    /// It does not prove whose it is.
    #[error("{0}")]
    Unproven(&'static str),
    /// It cannot be read.
    #[error("{0}")]
    Malformed(&'static str),
}

/// How the deliveries of a vendor are read.
#[derive(Debug, Clone, Copy)]
pub struct Webhook {
    pub read: fn(&Delivered<'_>) -> Result<HookNotice, HookError>,
    /// The vendor signs, so that a key is needed.
    pub signed: bool,
}

/// An id out of a body; `None` where it cannot be one.
#[must_use]
pub fn id_of(text: &str) -> Option<EmployeeId> {
    let id = text.trim();
    let is_one = !id.is_empty() && id.len() <= ID_MAXIMUM && crate::domain::inert::is_inert(id);
    is_one.then(|| EmployeeId::from(id))
}

/// Whether two byte strings are equal; how long it takes tells nothing of where they differ.
#[must_use]
pub fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |found, (a, b)| found | (a ^ b)) == 0
}

/// HMAC-SHA256 (RFC 2104) in lower-case hexadecimal.
#[must_use]
pub fn hmac_hex(key: &[u8], parts: &[&[u8]]) -> String {
    let short = if key.len() > BLOCK { Sha256::digest(key).to_vec() } else { key.to_vec() };
    let padded = |pad: u8| -> Vec<u8> {
        short.iter().copied().chain(std::iter::repeat(0)).take(BLOCK).map(|byte| byte ^ pad).collect()
    };
    let mut inner = Sha256::new();
    inner.update(padded(0x36));
    parts.iter().for_each(|part| inner.update(part));
    let mut outer = Sha256::new();
    outer.update(padded(0x5c));
    outer.update(inner.finalize());
    outer.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_are_those_of_the_standard() {
        // RFC 4231, cases 2 and 6.
        assert_eq!(
            hmac_hex(b"Jefe", &[b"what do ya want ", b"for nothing?"]),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(
            hmac_hex(&[0xaa; 131], &[b"Test Using Larger Than Block-Size Key - Hash Key First"]),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
        assert!(same(b"abc", b"abc") && !same(b"abc", b"abd") && !same(b"abc", b"ab"));
    }

    #[test]
    fn an_id_is_short_and_harmless() {
        assert_eq!(id_of(" HK204 "), Some(EmployeeId::from("HK204")));
        for text in ["", "  ", "a\u{1b}[2J", "a\nb", &"x".repeat(129)] {
            assert_eq!(id_of(text), None);
        }
    }
}

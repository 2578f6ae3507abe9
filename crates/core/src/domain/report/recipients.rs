//! Who gets reports: which addresses are taken.

use crate::domain::email::{Addresses, addresses};

/// Most recipients of a connection.
pub const MOST: usize = 20;
/// Longest address (RFC 5321).
const LONGEST: usize = 254;

/// Whether these can be recipients.
///
/// # Errors
/// What is wrong, to be read after the name of the setting.
pub fn check(recipients: &[String]) -> Result<(), String> {
    if recipients.len() > MOST {
        return Err(format!("has {} addresses; at most {MOST} are taken", recipients.len()));
    }
    for (at, address) in recipients.iter().enumerate() {
        if !is_address(address) {
            return Err(format!("has `{}`, which is no e-mail address", crate::domain::inert::escaped(address)));
        }
        if recipients.iter().take(at).any(|before| before.eq_ignore_ascii_case(address)) {
            return Err(format!("has `{address}` twice"));
        }
    }
    Ok(())
}

/// One plain address and nothing around it. Letters beyond ASCII are not taken: not every mail server lets them pass.
#[must_use]
pub fn is_address(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_graphic() && !"()<>[]:;,\\\"".contains(c);
    let dots = |part: &str| !part.starts_with('.') && !part.ends_with('.') && !part.contains("..");
    let Some((local, domain)) = text.split_once('@') else { return false };
    text.len() <= LONGEST
        && text.chars().all(plain)
        && local.len() <= 64
        && dots(local)
        && dots(domain)
        && domain.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
        && addresses(text) == Addresses::One(text.to_owned())
}

/// Addresses as they are typed: parted by commas or blanks.
#[must_use]
pub fn typed(text: &str) -> Vec<String> {
    text.split([',', ';', ' ']).map(str::trim).filter(|one| !one.is_empty()).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_addresses_are_taken() {
        for good in ["rosa.osei@provider.example", "a+b@x-y.example", "root@localhost"] {
            assert!(is_address(good), "{good}");
        }
        for bad in [
            "",
            "rosa",
            "@x",
            "a@",
            "a b@x.example",
            "Rosa <rosa@x.example>",
            "a@x.example\r\nBcc: b@x.example",
            "a@x.example,b@x.example",
            "ros\u{e1}@x.example",
            "a@\u{202e}x.example",
            ".a@x.example",
            "a..b@x.example",
            "a@x..example",
            "\"a\"@x.example",
        ] {
            assert!(!is_address(bad), "{bad:?}");
        }
        assert!(check(&["a@x.example".into(), "A@X.example".into()]).unwrap_err().contains("twice"));
        assert!(check(&["nobody".into()]).unwrap_err().contains("no e-mail address"));
        assert!(check(&vec!["a@x.example".into(); MOST + 1]).unwrap_err().contains("at most"));
        assert_eq!(typed(" a@x.example, b@x.example;"), ["a@x.example", "b@x.example"]);
    }
}

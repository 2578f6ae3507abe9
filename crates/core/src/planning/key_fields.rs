//! The shelf life of a ruling.

use super::hash;
use crate::domain::person::Person;
use crate::domain::text;
use sha2::{Digest, Sha256};

/// A digest of name, birth date and e-mail: a ruling holds while it stays the same (DESIGN 7a 11). Case of the e-mail and
/// invisible differences do not count.
pub fn key_fields(person: &Person) -> String {
    let mut digest = Sha256::new();
    let names = [&person.first_name, &person.last_name, &person.known_as];
    for name in names {
        digest.update(text::clean(name.as_deref().unwrap_or_default()).as_bytes());
        digest.update([0]);
    }
    if let Some(date) = person.date_of_birth {
        digest.update(date.to_string().as_bytes());
    }
    digest.update([0]);
    digest.update(person.email.as_deref().unwrap_or_default().trim().to_lowercase().as_bytes());
    hash::short(&digest.finalize())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ruling_opens_again_only_when_a_key_field_changes() {
        let ana = Person {
            first_name: Some("Ana".into()),
            last_name: Some("Lima".into()),
            email: Some("ana@h.example".into()),
            job_title: Some("Waiter".into()),
            ..Person::default()
        };
        let promoted = Person { job_title: Some("Chef".into()), email: Some("Ana@H.example".into()), ..ana.clone() };
        let married = Person { last_name: Some("Silva".into()), ..ana.clone() };
        assert_eq!(key_fields(&ana), key_fields(&promoted));
        assert_ne!(key_fields(&ana), key_fields(&married));
        assert!(!key_fields(&ana).contains("Ana"));
    }
}

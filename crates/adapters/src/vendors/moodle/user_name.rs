//! User names of new users. Moodle takes lower-case letters `a` to `z`, digits, and `-`, `_`, `.`, `@` (unless the site allows more, which
//! no call tells), at most 100 characters, each once (documented).
//!
//! The rule: accents go (`é` is `e`), capitals become small, whatever else is not taken is left out. Where somebody else has the
//! name, it gets a number: `ann.lee2`, `ann2@x.example`.

use super::map::same_email;
use super::options::UserNames;
use crate::domain::ids::Identifier;
use crate::domain::person::Person;

/// Longest user name, in characters.
const MAX: usize = 100;
/// The last number that is tried.
const LAST: u32 = 20;
/// Names that belong to accounts of the site itself.
const RESERVED: [&str; 2] = ["guest", "admin"];

fn legal(text: &str) -> String {
    let plain = deunicode::deunicode(text).to_lowercase();
    plain.chars().filter(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.@".contains(*c)).collect()
}

fn cut(text: String, max: usize) -> String {
    text.chars().take(max).collect()
}

/// The name that somebody gets unless it is taken; `None` where nothing of it can stand in one.
pub fn of(rule: UserNames, identifier: &Identifier, person: &Person) -> Option<String> {
    let text = |part: &Option<String>| part.as_deref().map(legal).unwrap_or_default();
    let name = match rule {
        UserNames::Email => text(&person.email),
        UserNames::Identifier => legal(identifier.as_str()),
        UserNames::Name => {
            let parts = [text(&person.first_name), text(&person.last_name)];
            parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(".")
        }
    };
    let says_something = name.chars().any(|c| c.is_ascii_alphanumeric());
    says_something.then(|| cut(name, MAX))
}

/// Whether the site itself has it.
pub fn is_reserved(name: &str) -> bool {
    RESERVED.contains(&name)
}

/// The names that come after one that is taken.
pub fn further(name: &str) -> Vec<String> {
    let (head, tail) = name.split_at(name.find('@').unwrap_or(name.len()));
    let numbered = |number: u32| {
        let number = number.to_string();
        let room = MAX.saturating_sub(number.len() + tail.len());
        format!("{}{number}{tail}", cut(head.to_owned(), room))
    };
    (2..=LAST).map(numbered).collect()
}

/// Whether two names are one.
pub fn is_same(one: &str, other: &str) -> bool {
    same_email(one, other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn person(first: &str, last: &str, email: &str) -> Person {
        let text = |text: &str| Some(text.to_owned());
        Person { first_name: text(first), last_name: text(last), email: text(email), ..Person::default() }
    }

    #[test]
    fn names_are_made_by_rule() {
        let ines = person("Inés María", "O’Brien-St. John", "Inés.OBrien+hv@Hvine.example");
        let id = Identifier::new("HR/1001 B");
        let of = |rule| of(rule, &id, &ines).unwrap();
        assert_eq!(of(UserNames::Email), "ines.obrienhv@hvine.example");
        assert_eq!(of(UserNames::Identifier), "hr1001b");
        assert_eq!(of(UserNames::Name), "inesmaria.obrien-st.john");
        assert_eq!(super::of(UserNames::Identifier, &Identifier::new("///"), &ines), None);
        assert_eq!(super::of(UserNames::Name, &id, &person("...", "-", "x")), None);
    }

    #[test]
    fn a_taken_name_gets_a_number_where_it_reads_well() {
        assert_eq!(further("ann.lee")[..2], ["ann.lee2", "ann.lee3"]);
        assert_eq!(further("ann@x.example")[0], "ann2@x.example");
        assert!(further(&"x".repeat(100)).iter().all(|name| name.len() == 100));
    }

    proptest! {
        #[test]
        fn no_person_makes_an_illegal_name(first in ".{0,60}", last in ".{0,60}", email in ".{0,120}", id in ".{0,120}") {
            let person = person(&first, &last, &email);
            for rule in [UserNames::Email, UserNames::Identifier, UserNames::Name] {
                let Some(name) = of(rule, &Identifier::new(id.clone()), &person) else { continue };
                for name in further(&name).into_iter().chain([name]) {
                    prop_assert!(!name.is_empty() && name.len() <= MAX, "{}", name);
                    prop_assert!(name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.@".contains(c)));
                }
            }
        }
    }
}

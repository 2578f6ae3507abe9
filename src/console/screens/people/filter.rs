//! What is typed after `/`: words, `state:held`, `job_title:"Chef de Partie"`, each with `!` for the others.

use super::data::{ListQuery, Term, What};
use crate::domain::field::Field;
use crate::domain::plan::{HoldCode, HoldKind};
use crate::store::views::{PeopleFilter, PeopleSort, has_column};

/// Ready-made lists of `s`: what is typed for them, and their words.
pub const PRESETS: [(&str, &str); 12] = [
    ("", "everybody in scope"),
    ("state:held", "held"),
    ("state:blocked", "held: data or mapping"),
    ("state:review", "held: to be reviewed"),
    ("state:ruled", "protected and excluded"),
    ("state:changed", "changed by the plan"),
    ("state:failed", "refused by the destination"),
    ("state:linked", "linked"),
    ("state:unlinked", "not linked"),
    ("state:leaver", "leavers"),
    ("state:out", "out of scope"),
    ("state:user", "users whom no employee holds"),
];

/// Sort orders of `s`.
pub const SORTS: [(PeopleSort, &str); 5] = [
    (PeopleSort::Name, "name"),
    (PeopleSort::Branch, "branch"),
    (PeopleSort::JobTitle, "job title"),
    (PeopleSort::Department, "department"),
    (PeopleSort::Status, "status"),
];

/// Reads a filter. What is no known `state:` is searched as text, so that typing never fails.
#[must_use]
pub fn parse(text: &str) -> Vec<Term> {
    words(text)
        .into_iter()
        .filter_map(|word| {
            let (not, word) = match word.strip_prefix('!') {
                Some(rest) => (true, rest.to_owned()),
                None => (false, word),
            };
            if word.is_empty() {
                return None;
            }
            let what = match state(&word) {
                Some(filter) => What::State(filter),
                None if word == "state:held" => What::Held,
                None => What::Text(word),
            };
            Some(Term { not, what })
        })
        .collect()
}

/// The query of a filter text in an order.
#[must_use]
pub fn query(text: &str, sort: PeopleSort, descending: bool) -> ListQuery {
    ListQuery { terms: parse(text), sort, descending }
}

/// The filter that lists everybody who carries a value.
#[must_use]
pub fn value_filter(field: Field, value: &str) -> String {
    format!("{}:\"{value}\"", field.key())
}

/// Splits at blanks; quoted parts stay whole and lose their quotes.
fn words(text: &str) -> Vec<String> {
    let (mut words, mut word, mut quoted, mut begun) = (Vec::new(), String::new(), false, false);
    for character in text.chars() {
        match character {
            '"' => (quoted, begun) = (!quoted, true),
            blank if blank.is_whitespace() && !quoted => {
                if begun {
                    words.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            other => {
                word.push(other);
                begun = true;
            }
        }
    }
    if begun {
        words.push(word);
    }
    words
}

fn state(word: &str) -> Option<PeopleFilter> {
    let (name, value) = word.split_once(':')?;
    if let Some(field) = Field::from_key(&name.replace('-', "_")).filter(|field| has_column(*field)) {
        return Some(PeopleFilter::WithValue(field, value.to_owned()));
    }
    if name != "state" {
        return None;
    }
    Some(match value.replace('-', "_").as_str() {
        "blocked" => PeopleFilter::Held(HoldKind::Blocked),
        "review" => PeopleFilter::Held(HoldKind::Review),
        "ruled" => PeopleFilter::Held(HoldKind::Ruled),
        "changed" => PeopleFilter::Changed,
        "failed" => PeopleFilter::Failed,
        "linked" => PeopleFilter::Linked,
        "unlinked" => PeopleFilter::NotLinked,
        "leaver" | "leavers" => PeopleFilter::Leavers,
        "out" => PeopleFilter::OutOfScope,
        "user" | "users" => PeopleFilter::UsersOnly,
        code => PeopleFilter::HeldFor(HoldCode::from_key(code)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(not: bool, word: &str) -> Term {
        Term { not, what: What::Text(word.to_owned()) }
    }

    #[test]
    fn words_states_and_their_opposites() {
        assert_eq!(parse("lima !ana"), [text(false, "lima"), text(true, "ana")]);
        assert_eq!(
            parse("state:review !state:later"),
            [
                Term { not: false, what: What::State(PeopleFilter::Held(HoldKind::Review)) },
                Term { not: true, what: What::State(PeopleFilter::HeldFor(HoldCode::Later)) },
            ]
        );
        assert_eq!(parse("state:nonsense !"), [text(false, "state:nonsense")]);
        assert_eq!(parse(" \t"), []);
    }

    #[test]
    fn values_may_have_blanks() {
        let field = Field::JobTitle;
        assert_eq!(
            parse(&value_filter(field, "Bar Staff ")),
            [Term { not: false, what: What::State(PeopleFilter::WithValue(field, "Bar Staff ".into())) }]
        );
    }

    #[test]
    fn every_preset_is_understood() {
        for (filter, words) in PRESETS.iter().skip(1) {
            let terms = parse(filter);
            assert!(
                matches!(terms.as_slice(), [Term { not: false, what: What::State(_) | What::Held }]),
                "{filter}: {words}"
            );
        }
    }
}

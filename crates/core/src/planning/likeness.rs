//! The few yes-or-no comparisons that guard a tie. Weighing who is who is the matcher's work, not this module's.

use crate::domain::person::Person;
use crate::domain::text;
use jiff::civil::Date;
use rapidfuzz::distance::jaro_winkler;

/// How two values of one field stand to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Likeness {
    Alike,
    /// One side does not tell, or the difference may be a slip.
    Unclear,
    Different,
}

fn alike(a: &str, b: &str) -> bool {
    a == b
        || a.split(' ').any(|word| word.len() > 2 && b.split(' ').any(|other| word == other))
        || jaro_winkler::similarity(a.chars(), b.chars()) >= 0.9
}

fn folded(name: Option<&str>) -> Option<String> {
    name.map(text::fold).filter(|name| !name.is_empty())
}

/// Names are alike when a first or a last name is (also swapped, also known-as); different when neither is.
pub(super) fn names(a: &Person, b: &Person) -> Likeness {
    let given = |person: &Person| [folded(person.first_name.as_deref()), folded(person.known_as.as_deref())];
    let (last_a, last_b) = (folded(a.last_name.as_deref()), folded(b.last_name.as_deref()));
    let (given_a, given_b) = (given(a), given(b));
    let any = |left: &[Option<String>], right: &[Option<String>]| {
        left.iter().flatten().any(|x| right.iter().flatten().any(|y| alike(x, y)))
    };
    let last_a = [last_a];
    let last_b = [last_b];
    if any(&given_a, &given_b) || any(&last_a, &last_b) || any(&given_a, &last_b) || any(&last_a, &given_b) {
        return Likeness::Alike;
    }
    let told = |given: &[Option<String>], last: &[Option<String>]| given.iter().chain(last).flatten().count() > 1;
    if told(&given_a, &last_a) && told(&given_b, &last_b) { Likeness::Different } else { Likeness::Unclear }
}

/// Whether the first names may be one person's: alike, known-as, or at least of one initial (Kasia, Katarzyna).
pub(super) fn given_names_may_agree(a: &Person, b: &Person) -> bool {
    let given = |person: &Person| -> Vec<String> {
        let names = [&person.first_name, &person.known_as];
        names.into_iter().filter_map(|name| folded(name.as_deref())).collect()
    };
    let (given_a, given_b) = (given(a), given(b));
    let last = |person: &Person| folded(person.last_name.as_deref());
    let swapped =
        last(a).is_some_and(|last| given_b.contains(&last)) || last(b).is_some_and(|last| given_a.contains(&last));
    let agree = |x: &String, y: &String| alike(x, y) || x.chars().next() == y.chars().next();
    given_a.is_empty() || given_b.is_empty() || swapped || given_a.iter().any(|x| given_b.iter().any(|y| agree(x, y)))
}

/// Birth dates are alike when equal; unclear when day and month may be swapped (case 31) or one part differs.
pub(super) fn birth_dates(a: &Person, b: &Person, today: Date) -> Likeness {
    let plausible = |person: &Person| person.date_of_birth.filter(|date| text::plausible_birth_date(*date, today));
    let (Some(a), Some(b)) = (plausible(a), plausible(b)) else { return Likeness::Unclear };
    if a == b {
        return Likeness::Alike;
    }
    let swapped = a.year() == b.year() && a.month() == b.day() && a.day() == b.month();
    let differing = [a.year() != b.year(), a.month() != b.month(), a.day() != b.day()];
    if swapped || differing.iter().filter(|part| **part).count() < 2 { Likeness::Unclear } else { Likeness::Different }
}

/// Whether two records can hardly be one human: no name agrees, and the birth date does not either (case 19). Where one side
/// has no birth date the names decide, unless the e-mail is one: an identifier on the wrong account must not carry one person's data
/// onto another (MATCHING 0.5: one in fifty may be wrong).
pub(super) fn two_people(a: &Person, b: &Person, today: Date) -> bool {
    let both_dated = a.date_of_birth.is_some() && b.date_of_birth.is_some();
    let born = birth_dates(a, b, today);
    // Dates first: they are cheap and nearly always agree.
    if born == Likeness::Alike || (both_dated && born == Likeness::Unclear) {
        return false;
    }
    let email = |person: &Person| person.email.as_deref().and_then(text::email_key);
    let same_email = || email(a).is_some_and(|key| email(b) == Some(key));
    names(a, b) == Likeness::Different && (born == Likeness::Different || !same_email())
}

/// Whether a name or the birth date speaks for one human.
pub(super) fn supported(a: &Person, b: &Person, today: Date) -> bool {
    names(a, b) == Likeness::Alike || birth_dates(a, b, today) == Likeness::Alike
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn person(first: &str, last: &str, born: Option<Date>) -> Person {
        Person {
            first_name: Some(first.into()),
            last_name: Some(last.into()),
            date_of_birth: born,
            ..Person::default()
        }
    }

    #[test]
    fn c_06_c_10_a_married_or_swapped_name_is_still_alike() {
        assert_eq!(names(&person("Ana", "Lima", None), &person("Ana", "Silva", None)), Likeness::Alike);
        assert_eq!(names(&person("Lima", "Ana", None), &person("Ana", "Lima", None)), Likeness::Alike);
        assert_eq!(names(&person("Zoë", "Ångström", None), &person("Zoe", "Angstrom", None)), Likeness::Alike);
        assert_eq!(names(&person("Ana", "Lima", None), &person("Tomasz", "Wójcik", None)), Likeness::Different);
    }

    #[test]
    fn c_31_swapped_dates_are_unclear_and_others_differ() {
        let today = date(2026, 11, 24);
        let born = |d| person("Ana", "Lima", Some(d));
        assert_eq!(birth_dates(&born(date(1990, 4, 7)), &born(date(1990, 7, 4)), today), Likeness::Unclear);
        assert_eq!(birth_dates(&born(date(1990, 4, 7)), &born(date(1971, 12, 30)), today), Likeness::Different);
        assert_eq!(birth_dates(&born(date(1990, 4, 7)), &born(date(1970, 1, 1)), today), Likeness::Unclear);
    }
}

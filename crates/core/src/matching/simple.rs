//! A simple explained similarity of name, birth date and e-mail: the floor under the matching engine, used for tests of
//! the planner.

use super::{MatchPerson, MatchResult, Matcher, Verdict};
use crate::domain::plan::{Candidate, Evidence};
use crate::domain::text;
use jiff::civil::Date;
use rapidfuzz::distance::jaro_winkler;
use std::cmp::Ordering;
use std::collections::{BTreeMap, HashMap};

/// Fixed weights, blocking by name, birth date and e-mail. No learning, no letter frequencies.
#[derive(Debug, Clone, Copy, Default)]
pub struct SimpleMatcher;

/// The maximum of users of a block that are compared: too many alike is a question, and these are enough to ask it.
const BLOCK_MAX: usize = 200;
/// From this weight on a pair is worth a human's look: about 1 to 30.
const REVIEW_BITS: f64 = -5.0;
/// A random pair is one human in at most 1 of this number of pairs.
const LEAST_PAIRS: usize = 1000;
const LINK_PROBABILITY: f64 = 0.99;
const CANDIDATES: usize = 5;

/// What is compared, folded once.
struct Folded<'a> {
    person: &'a MatchPerson,
    first: String,
    known_as: String,
    last: String,
    email: Option<String>,
    born: Option<Date>,
    started: Option<Date>,
}

impl<'a> Folded<'a> {
    fn of(person: &'a MatchPerson) -> Self {
        let fold = |name: &Option<String>| name.as_deref().map(text::fold).unwrap_or_default();
        let values = &person.person;
        let default = |date: &Date| (date.month(), date.day()) == (1, 1) && matches!(date.year(), 1900 | 1970);
        Self {
            person,
            first: fold(&values.first_name),
            known_as: fold(&values.known_as),
            last: fold(&values.last_name),
            email: values.email.as_deref().and_then(text::email_key).filter(|email| !text::is_role_mailbox(email)),
            born: values.date_of_birth.filter(|date| !default(date)),
            started: values.start_date,
        }
    }

    /// Keys under which two people may meet.
    fn keys(&self) -> Vec<String> {
        let initial = |name: &str| name.chars().next().map(String::from).unwrap_or_default();
        let mut keys = Vec::with_capacity(7);
        if !self.last.is_empty() {
            keys.push(format!("l {}", self.last));
            keys.push(format!("n {} {}", self.last, initial(&self.first)));
            keys.push(format!("x {} {}", self.first, self.last));
            // The same key for a pair whose names are swapped.
            keys.push(format!("x {} {}", self.last, self.first));
        }
        if !self.first.is_empty() {
            keys.push(format!("f {} {}", self.first, initial(&self.last)));
        }
        if let Some(born) = self.born {
            keys.push(format!("d {born}"));
            // Also where day and month are swapped.
            if let Ok(swapped) = Date::new(born.year(), born.day(), born.month())
                && swapped != born
            {
                keys.push(format!("d {swapped}"));
            }
        }
        if let Some(local) = self.email.as_deref().and_then(|email| email.split('@').next()) {
            keys.push(format!("e {local}"));
        }
        keys
    }
}

impl Matcher for SimpleMatcher {
    fn match_people(&self, employees: &[MatchPerson], users: &[MatchPerson]) -> Vec<MatchResult> {
        let users: Vec<Folded<'_>> = users.iter().map(Folded::of).collect();
        let mut blocks: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, user) in users.iter().enumerate() {
            for key in user.keys() {
                blocks.entry(key).or_default().push(place);
            }
        }
        blocks.values_mut().for_each(|places| places.truncate(BLOCK_MAX));
        // What a random pair would weigh. The lists may be only what is left of a company, so a short one says little.
        let prior = -(users.len().max(employees.len()).max(LEAST_PAIRS) as f64).log2();
        let mut results: Vec<MatchResult> =
            employees.iter().map(|employee| one(&Folded::of(employee), &users, &blocks, prior)).collect();
        mark_contested(&mut results);
        results
    }
}

fn one(employee: &Folded<'_>, users: &[Folded<'_>], blocks: &HashMap<String, Vec<usize>>, prior: f64) -> MatchResult {
    let mut places: Vec<usize> = employee.keys().iter().filter_map(|key| blocks.get(key)).flatten().copied().collect();
    places.sort_unstable();
    places.dedup();
    let mut candidates: Vec<Candidate> = places
        .into_iter()
        .map(|place| candidate(employee, &users[place], prior))
        .filter(|candidate| candidate.weight >= REVIEW_BITS)
        .collect();
    let odds: f64 = candidates.iter().map(|candidate| candidate.weight.exp2()).sum();
    for candidate in &mut candidates {
        candidate.probability = candidate.weight.exp2() / (1.0 + odds);
    }
    candidates
        .sort_by(|a, b| b.weight.partial_cmp(&a.weight).unwrap_or(Ordering::Equal).then_with(|| a.user.cmp(&b.user)));
    candidates.truncate(CANDIDATES);
    let verdict = match candidates.first() {
        None => Verdict::New,
        Some(best) if best.probability >= LINK_PROBABILITY && is_backed(best) => Verdict::Link,
        Some(_) => Verdict::Review,
    };
    MatchResult { verdict, candidates }
}

/// Names alone never link (case 9), and twins share all but the first name (case 8).
fn is_backed(candidate: &Candidate) -> bool {
    let positive = |field: &str| candidate.evidence.iter().any(|one| one.field == field && one.bits > 5.0);
    let names_agree = candidate.evidence.iter().filter(|one| one.field.ends_with("_name")).all(|one| one.bits >= 0.0);
    names_agree && (positive("date_of_birth") || positive("email"))
}

/// Two employees with one best user: neither may be created or linked.
fn mark_contested(results: &mut [MatchResult]) {
    let mut claims: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (place, result) in results.iter().enumerate() {
        if let Some(best) = result.candidates.first() {
            claims.entry(best.user.0.clone()).or_default().push(place);
        }
    }
    for places in claims.into_values().filter(|places| places.len() > 1) {
        for place in places {
            results[place].verdict = Verdict::DuplicateRisk;
        }
    }
}

fn candidate(employee: &Folded<'_>, user: &Folded<'_>, prior: f64) -> Candidate {
    let (a, b) = (&employee.person.person, &user.person.person);
    let swapped = !employee.first.is_empty()
        && employee.first != employee.last
        && employee.first == user.last
        && employee.last == user.first;
    let first = if swapped {
        ("swapped", 4.0, "first and last name stand the other way round")
    } else {
        first_name(employee, user)
    };
    let last = if swapped {
        ("swapped", 5.0, "first and last name stand the other way round")
    } else {
        last_name(employee, user)
    };
    let line = |field: &str, judged: Judged, source: Option<String>, destination: Option<String>| Evidence {
        field: field.to_owned(),
        level: judged.0.to_owned(),
        source_value: source,
        destination_value: destination,
        bits: judged.1,
        reason: judged.2.to_owned(),
    };
    let day = |date: Option<Date>| date.map(|date| date.to_string());
    let evidence = vec![
        line("prior", ("prior", prior, "what a random pair would weigh"), None, None),
        line("first_name", first, a.first_name.clone(), b.first_name.clone()),
        line("last_name", last, a.last_name.clone(), b.last_name.clone()),
        line("date_of_birth", birth_date(employee.born, user.born), day(a.date_of_birth), day(b.date_of_birth)),
        line("email", email(employee.email.as_deref(), user.email.as_deref()), a.email.clone(), b.email.clone()),
        line("start_date", start(employee.started, user.started), day(a.start_date), day(b.start_date)),
    ];
    let weight = evidence.iter().map(|one| one.bits).sum();
    Candidate { user: user.person.id.as_str().into(), weight, probability: 0.0, evidence }
}

/// Level, bits, reason.
type Judged = (&'static str, f64, &'static str);

const MISSING: Judged = ("missing", 0.0, "one side does not tell");

fn likeness(a: &str, b: &str) -> f64 {
    jaro_winkler::similarity(a.chars(), b.chars())
}

fn shares_word(a: &str, b: &str) -> bool {
    a.split(' ').any(|word| word.len() > 2 && b.split(' ').any(|other| other == word))
}

fn first_name(employee: &Folded<'_>, user: &Folded<'_>) -> Judged {
    if employee.first.is_empty() || user.first.is_empty() {
        return MISSING;
    }
    let (a, b) = (employee.first.as_str(), user.first.as_str());
    let known = |known: &str, other: &str| !known.is_empty() && known == other;
    let initial = a.starts_with(b) || b.starts_with(a);
    if a == b {
        ("exact", 5.0, "equal")
    } else if known(&employee.known_as, b) || known(&user.known_as, a) {
        ("known_as", 4.0, "equal to the known-as name")
    } else if likeness(a, b) >= 0.92 {
        ("typo", 3.0, "a slip apart")
    } else if initial || shares_word(a, b) {
        ("part", 2.0, "one is part of the other")
    } else {
        ("else", -5.0, "other names")
    }
}

fn last_name(employee: &Folded<'_>, user: &Folded<'_>) -> Judged {
    if employee.last.is_empty() || user.last.is_empty() {
        return MISSING;
    }
    let (a, b) = (employee.last.as_str(), user.last.as_str());
    let mut words = (a.split(' ').collect::<Vec<_>>(), b.split(' ').collect::<Vec<_>>());
    words.0.sort_unstable();
    words.1.sort_unstable();
    if a == b || words.0 == words.1 {
        ("exact", 7.0, "equal but for accents, case and word order")
    } else if likeness(a, b) >= 0.92 {
        ("typo", 4.0, "a slip apart")
    } else if shares_word(a, b) {
        ("part", 3.0, "a part in common")
    } else {
        ("else", -4.0, "other names")
    }
}

fn birth_date(a: Option<Date>, b: Option<Date>) -> Judged {
    let (Some(a), Some(b)) = (a, b) else { return MISSING };
    let differing = [a.year() != b.year(), a.month() != b.month(), a.day() != b.day()];
    if a == b {
        ("exact", 11.0, "equal")
    } else if a.year() == b.year() && a.month() == b.day() && a.day() == b.month() {
        ("swapped", 7.0, "day and month the other way round")
    } else if differing.iter().filter(|part| **part).count() == 1 {
        ("typo", 3.0, "one part differs")
    } else {
        ("else", -8.0, "other dates")
    }
}

fn email(a: Option<&str>, b: Option<&str>) -> Judged {
    let (Some(a), Some(b)) = (a, b) else { return MISSING };
    let local = |email: &str| text::fold(email.split('@').next().unwrap_or_default());
    if a == b {
        ("exact", 10.0, "equal")
    } else if local(a) == local(b) {
        ("local_part", 4.0, "equal before the @")
    } else {
        ("else", -1.0, "other addresses")
    }
}

fn start(a: Option<Date>, b: Option<Date>) -> Judged {
    match (a, b) {
        (Some(a), Some(b)) if a == b => ("exact", 2.0, "equal"),
        (Some(_), Some(_)) => ("else", -0.5, "other dates"),
        _ => MISSING,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::person::Person;
    use jiff::civil::date;

    fn person(id: &str, first: &str, last: &str, born: Option<Date>, email: Option<&str>) -> MatchPerson {
        let person = Person {
            first_name: Some(first.into()),
            last_name: Some(last.into()),
            date_of_birth: born,
            email: email.map(str::to_owned),
            ..Person::default()
        };
        MatchPerson { id: id.into(), person, identifier: None, active: true }
    }

    fn verdict(employee: MatchPerson, user: MatchPerson) -> MatchResult {
        // Others, so that the prior is that of a company.
        let mut users: Vec<MatchPerson> = (0..200)
            .map(|n| person(&format!("o{n}"), &format!("Other{n}"), &format!("Person{n}x"), None, None))
            .collect();
        users.push(user);
        SimpleMatcher.match_people(&[employee], &users).remove(0)
    }

    #[test]
    fn evidence_sums_to_the_weight_exactly() {
        let born = Some(date(1994, 3, 12));
        let result = verdict(
            person("1", "Katarzyna", "Wójcik", born, None),
            person("u", "Kasia", "Wojcik", born, Some("k@h.example")),
        );
        let best = &result.candidates[0];
        assert_eq!(best.weight, best.evidence.iter().map(|one| one.bits).sum::<f64>());
        assert_eq!(result.verdict, Verdict::Review);
    }

    #[test]
    fn names_and_birth_date_together_link_and_names_alone_ask() {
        let born = Some(date(1994, 3, 12));
        let sure = verdict(person("1", "Ana", "Lima", born, None), person("u", "Ana", "Lima", born, None));
        assert_eq!(sure.verdict, Verdict::Link);
        let names = verdict(person("1", "Ana", "Lima", None, None), person("u", "Ana", "Lima", None, None));
        assert_eq!(names.verdict, Verdict::Review);
    }

    #[test]
    fn c_08_twins_are_never_linked() {
        let born = Some(date(2001, 5, 6));
        let twins = verdict(person("1", "Ana", "Lima", born, None), person("u", "Rosa", "Lima", born, None));
        assert_ne!(twins.verdict, Verdict::Link);
    }

    #[test]
    fn c_10_swapped_names_are_found_and_strangers_are_new() {
        let swapped = verdict(person("1", "Lima", "Ana", None, None), person("u", "Ana", "Lima", None, None));
        assert_eq!(swapped.verdict, Verdict::Review);
        let stranger = verdict(person("1", "Tomasz", "Lis", None, None), person("u", "Ana", "Lima", None, None));
        assert_eq!(stranger, MatchResult { verdict: Verdict::New, candidates: Vec::new() });
    }

    #[test]
    fn a_crowd_of_users_is_a_question_and_no_silence() {
        let users: Vec<MatchPerson> =
            (0..500).map(|n| person(&format!("u{n:03}"), "Ana", "Lima", None, None)).collect();
        let result = SimpleMatcher.match_people(&[person("1", "Ana", "Lima", None, None)], &users).remove(0);
        assert_eq!((result.verdict, result.candidates.len()), (Verdict::Review, CANDIDATES));
    }

    #[test]
    fn two_employees_for_one_user_are_a_duplicate_risk() {
        let born = Some(date(1994, 3, 12));
        let twice = [person("1", "Ana", "Lima", born, None), person("2", "Ana", "Lima", born, None)];
        let users = [person("u", "Ana", "Lima", born, None)];
        let results = SimpleMatcher.match_people(&twice, &users);
        assert!(results.iter().all(|result| result.verdict == Verdict::DuplicateRisk));
    }
}

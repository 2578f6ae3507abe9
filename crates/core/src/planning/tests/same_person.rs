//! Pairs of records: who is one person, who is not, and that it is found in any size.

use super::*;
use jiff::civil::date;

const TODAY: Date = date(2026, 11, 24);

fn person(first: &str, last: &str, born: Option<Date>) -> Person {
    Person {
        first_name: Some(first.into()),
        last_name: Some(last.into()),
        date_of_birth: born,
        job_title: Some("Waiter".into()),
        branch: Some("Quayside".into()),
        ..Person::default()
    }
}

fn found(people: &[Person]) -> Vec<Found> {
    let value = |value: &Option<String>| value.as_deref().map_or(0, number);
    let record = |(owner, person): (usize, &'_ Person)| (owner, value(&person.branch), value(&person.job_title));
    let numbers: Vec<_> = people.iter().enumerate().map(record).collect();
    let records: Vec<Record<'_>> = numbers
        .iter()
        .map(|(owner, branch, job_title)| Record {
            owner: *owner,
            person: &people[*owner],
            branch: *branch,
            job_title: *job_title,
        })
        .collect();
    find(&records, TODAY)
}

fn why(a: Person, b: Person) -> Option<String> {
    let mut pairs = found(&[a, b]);
    assert!(pairs.len() < 2);
    pairs.pop().map(|pair| pair.why)
}

fn born() -> Option<Date> {
    Some(date(1990, 4, 10))
}

/// Another branch and job, so that nothing but name and birth date agrees.
fn elsewhere(person: Person) -> Person {
    Person { branch: Some("Castle".into()), job_title: Some("Chef".into()), ..person }
}

#[test]
fn equal_name_and_birth_date_are_one_person_whatever_else_differs() {
    let amy = person("Amy", "Thornbury", born());
    for other in [
        person("Amy", "Thornbury", born()),
        person("  AMY ", "Thornbury\u{a0}", born()),
        person("Ámy", "Thornbüry", born()),
        person("Thornbury", "Amy", born()),
        person("Amy Louise", "Thornbury", born()),
        person("A.", "Thornbury", born()),
        person("Amy", "Thornbury-Wells", born()),
        person("Amy", "Thornberry", born()),
        Person { known_as: Some("Amy".into()), ..person("Amanda", "Thornbury", born()) },
    ] {
        assert!(why(amy.clone(), elsewhere(other.clone())).is_some(), "{other:?}");
    }
    let (bob, robert) = (person("Bob", "Lund", born()), person("Robert", "Lund", born()));
    let words = why(bob, elsewhere(robert));
    assert_eq!(words.as_deref(), Some("short form of the first name, equal last name, equal birth date"));
}

#[test]
fn c_08_another_first_name_is_another_person_even_with_all_else_equal() {
    for (a, b) in [("Mia", "Maia"), ("Jade", "Jake"), ("Ana", "Rosa"), ("John", "Joan"), ("Martin", "Martina")] {
        assert_eq!(why(person(a, "Redfern", born()), person(b, "Redfern", born())), None, "{a} {b}");
    }
    let mailbox =
        |first: &str| Person { email: Some("redferns@mail.example".into()), ..person(first, "Redfern", born()) };
    assert!(why(mailbox("Jade"), mailbox("Jake")).is_some(), "one mailbox is a question");
}

#[test]
fn c_09_namesakes_of_another_birth_date_are_two_people() {
    assert_eq!(why(person("John", "Clarke", born()), person("John", "Clarke", Some(date(1966, 2, 3)))), None);
    let (senior, junior) = (person("John Robert", "Smith", born()), person("John Clayton", "Smith", born()));
    assert_eq!(why(senior, junior), None, "two second names are two people's");
}

#[test]
fn c_06_a_married_name_needs_more_than_first_name_and_birth_date() {
    let (old, new) = (person("Gemma", "Hartley", born()), person("Gemma", "Prescott", born()));
    assert_eq!(why(old.clone(), elsewhere(new.clone())), None);
    let words = why(old, new);
    let expected = "equal first name, another last name, equal birth date; same branch and job title";
    assert_eq!(words.as_deref(), Some(expected));
}

#[test]
fn c_31_a_slip_in_the_birth_date_needs_something_else_in_common() {
    for other in [date(1990, 10, 4), date(1990, 4, 11), date(1909, 4, 10), date(1980, 4, 10)] {
        let (a, b) = (person("Amy", "Thornbury", born()), person("Amy", "Thornbury", Some(other)));
        assert!(why(a.clone(), b.clone()).is_some(), "{other}");
        assert_eq!(why(a, elsewhere(b)), None, "{other}");
    }
    let phone = |born| Person { phone: Some("07700 900123".into()), ..person("Amy", "Thornbury", born) };
    let other = Person { phone: Some("+44 7700 900123".into()), ..elsewhere(phone(Some(date(1990, 10, 4)))) };
    assert!(why(phone(born()), other).is_some());
}

#[test]
fn without_a_birth_date_a_name_needs_two_more_things_or_one_that_is_personal() {
    let (with, without) = (person("Cora", "Pinder", born()), person("Cora", "Pinder", None));
    for (a, b) in [(with.clone(), without.clone()), (without.clone(), without.clone())] {
        assert!(why(a.clone(), b.clone()).is_some(), "one branch, one job");
        assert_eq!(why(a.clone(), elsewhere(b.clone())), None, "a namesake");
        let started = |person: Person| Person { start_date: Some(date(2024, 3, 1)), ..person };
        assert_eq!(why(started(a.clone()), started(elsewhere(b.clone()))), None, "many start on one day");
        let mail = |person: Person| Person { email: Some("cora@mail.example".into()), ..person };
        assert!(why(mail(a.clone()), mail(elsewhere(b.clone()))).is_some());
        let desk = |person: Person| Person { email: Some("kitchen@h.example".into()), ..person };
        assert_eq!(why(desk(a), desk(elsewhere(b))), None, "a desk's mailbox is nobody's");
    }
    assert_eq!(why(person("Corinna", "Pinder", None), without), None);
    let default = Some(date(1970, 1, 1));
    assert_eq!(
        why(person("Cora", "Pinder", default), elsewhere(person("Cora", "Pinder", default))),
        None,
        "a default date is none (32)"
    );
}

#[test]
fn a_birth_date_that_half_the_company_has_proves_nothing() {
    let mut people: Vec<Person> =
        (0..60).map(|n| elsewhere(person(&format!("F{n}"), &format!("L{n}"), born()))).collect();
    people.push(person("John", "Smith", born()));
    people.push(elsewhere(person("John", "Smith", born())));
    assert_eq!(found(&people), []);
    people.push(person("John", "Smith", born()));
    let pairs = found(&people);
    assert_eq!(pairs.iter().map(|pair| (pair.a, pair.b)).collect::<Vec<_>>(), [(60, 62)]);
    assert!(pairs[0].why.contains("a birth date that many have"), "{}", pairs[0].why);
}

#[test]
fn a_thousand_copies_are_all_found_and_each_beside_few() {
    let people: Vec<Person> = (0..1_000).map(|_| person("Amy", "Thornbury", None)).collect();
    let pairs = found(&people);
    let mut named = vec![0usize; people.len()];
    pairs.iter().for_each(|pair| {
        named[pair.a] += 1;
        named[pair.b] += 1;
    });
    assert!(named.iter().all(|count| *count > 0), "nobody is lost");
    assert!(pairs.len() < 3_000, "{}", pairs.len());
}

#[test]
fn the_order_of_the_records_does_not_count() {
    let people = [
        person("Amy", "Thornbury", born()),
        person("Thornbury", "Amy", born()),
        person("Cora", "Pinder", None),
        person("Gemma", "Hartley", born()),
        person("Cora", "Pinder", born()),
        person("Gemma", "Prescott", born()),
        person("Amy", "Thornbury", Some(date(1990, 10, 4))),
    ];
    let mut turned = people.to_vec();
    turned.rotate_left(3);
    let pairs = |pairs: Vec<Found>, by: usize| {
        let place = |at: usize| (at + by) % people.len();
        let mut pairs: Vec<(usize, usize, String)> = pairs
            .into_iter()
            .map(|pair| (place(pair.a).min(place(pair.b)), place(pair.a).max(place(pair.b)), pair.why))
            .collect();
        pairs.sort();
        pairs
    };
    assert_eq!(pairs(found(&turned), 3), pairs(found(&people), 0));
}

/// Run with `--release --ignored`: the hundred commonest names of a made-up company of a million.
#[test]
#[ignore = "a measurement, not a check"]
fn a_million_people_are_compared_fast() {
    let names = |list: &'static str, skip: usize| -> Vec<&'static str> {
        list.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split(' ').nth(skip)).collect()
    };
    let first = names(include_str!("../../../../../assets/names/first_names.txt"), 1);
    let last = names(include_str!("../../../../../assets/names/last_names.txt"), 0);
    let mut seed = 7u64;
    let mut draw = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33) as usize % below
    };
    let people: Vec<Person> = (0..1_000_000)
        .map(|_| {
            // Common names are common: the square of a fair draw.
            let pick = |draw: &mut dyn FnMut(usize) -> usize, list: &[&str]| {
                let at = draw(1_000) * draw(1_000) * list.len() / 1_000_000;
                list[at].to_owned()
            };
            let (first_name, last_name) = (pick(&mut draw, &first), pick(&mut draw, &last));
            let born = date(1960 + draw(45) as i16, 1 + draw(12) as i8, 1 + draw(28) as i8);
            Person {
                date_of_birth: (draw(50) > 0).then_some(born),
                email: Some(format!("{}.{}{}@h.example", first_name, last_name, draw(1_000))),
                job_title: Some(format!("Job {}", draw(40))),
                branch: Some(format!("Branch {}", draw(500))),
                start_date: Some(date(2010 + draw(16) as i16, 1 + draw(12) as i8, 1)),
                first_name: Some(first_name),
                last_name: Some(last_name),
                ..Person::default()
            }
        })
        .collect();
    #[expect(clippy::disallowed_methods, reason = "this measures")]
    let started = std::time::Instant::now();
    let pairs = found(&people);
    println!("{} pairs in {:?}", pairs.len(), started.elapsed());
}

/// The heads and rows of a CSV file that stands beside the project; `None` where it is not there.
fn rows_of(path: &str) -> Option<(Vec<String>, Vec<Vec<String>>)> {
    let path = format!("{}/../../../shared/data/{path}", env!("CARGO_MANIFEST_DIR"));
    let mut reader = csv::Reader::from_path(path).ok()?;
    let heads = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    Some((heads, rows))
}

/// People of a file that stands beside the project; `None` where it is not there.
fn people_of(path: &str, dated: bool) -> Option<Vec<(String, Person)>> {
    let (heads, rows) = rows_of(path)?;
    let rows = rows.iter().map(|row| {
        let cell = |head: &str| {
            let at = heads.iter().position(|one| one == head)?;
            row.get(at).filter(|value| !value.is_empty()).cloned()
        };
        let person = Person {
            first_name: cell("first_name"),
            last_name: cell("last_name"),
            date_of_birth: cell("date_of_birth").filter(|_| dated).and_then(|day| day.parse().ok()),
            email: cell("email"),
            job_title: cell("job_title"),
            branch: cell("branch"),
            start_date: cell("start_date").and_then(|day| day.parse().ok()),
            address: cell("address"),
            postcode: cell("postcode"),
            ..Person::default()
        };
        (row[0].clone(), person)
    });
    Some(rows.collect())
}

/// The people of one file are all different, so every pair in it is a false one; with the users beside them, who are written
/// otherwise, the truth says which are true. Run with `--ignored --nocapture`.
#[test]
#[ignore = "a measurement on data that stand beside the project"]
fn how_many_are_asked_about_and_how_many_for_nothing() {
    for (name, dated) in [("people-10k", true), ("people-10k", false), ("febrl4", true), ("febrl4", false)] {
        let Some(source) = people_of(&format!("{name}/source.csv"), dated) else {
            println!("{name} is not there");
            continue;
        };
        let mut people: Vec<Person> = source.iter().map(|(_, person)| person.clone()).collect();
        let pairs = found(&people);
        println!("{name}, birth dates {dated}: {} of {} for nothing", pairs.len(), people.len());
        pairs.iter().take(5).for_each(|pair| println!("  {}", pair.why));
        let users = people_of(&format!("{name}/destination.csv"), dated).unwrap();
        let (_, truth) = rows_of(&format!("{name}/truth.csv")).unwrap();
        let truth: std::collections::HashSet<(String, String)> =
            truth.iter().map(|row| (row[0].clone(), row[1].clone())).collect();
        let ids: Vec<&String> = source.iter().chain(&users).map(|(id, _)| id).collect();
        people.extend(users.iter().map(|(_, person)| person.clone()));
        let pairs = found(&people);
        let hits = pairs.iter().filter(|pair| truth.contains(&(ids[pair.a].clone(), ids[pair.b].clone()))).count();
        println!("  with the users: {} pairs, {hits} of {} true ones", pairs.len(), truth.len());
    }
}

#[test]
fn a_difference_in_numbers_is_no_slip_whatever_else_agrees() {
    // Equal birth date, post and e-mail: numbered accounts of a company, not one person.
    let numbered =
        |first: &str, last: &str| Person { email: Some("desk@x.example".into()), ..person(first, last, born()) };
    for (a, b) in [
        (("Test", "User 12"), ("Test", "User 13")),
        (("Test", "User12"), ("Test", "User13")),
        (("Agency 7", "Worker"), ("Agency 8", "Worker")),
    ] {
        assert_eq!(why(numbered(a.0, a.1), numbered(b.0, b.1)), None, "{a:?} {b:?}");
    }
    // The same number, or one on one side only, may be one person typed twice.
    assert!(why(numbered("Test", "User 12"), numbered("Test", "User12")).is_some());
    assert!(why(numbered("Amy", "Thornbury"), numbered("Amy", "Thornbury 2")).is_some());
    let crowd: Vec<Person> = (0..300).map(|number| person("Test", &format!("User {number}"), born())).collect();
    assert!(found(&crowd).is_empty());
}

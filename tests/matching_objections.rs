//! What a weight alone never links: an initial, a name that only looks alike, a mailbox that was passed on or is shared.
//! And what goes on linking beside it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use onroll::domain::person::Person;
use onroll::matching::decide::{Policy, Reason};
use onroll::matching::engine::{Comparison, Engine};
use onroll::matching::table::PeopleTable;
use onroll::matching::{MatchPerson, Matcher, Verdict};

/// A person written down in one line: first and last name, birth date, e-mail, job, branch, start date; `-` is nothing.
fn person(id: &str, line: &str) -> MatchPerson {
    let cells: Vec<Option<String>> =
        line.split(',').map(|cell| Some(cell.trim().to_owned()).filter(|cell| cell != "-")).collect();
    let cell = |at: usize| cells.get(at).cloned().flatten();
    let day = |at: usize| cell(at).map(|day| day.parse().unwrap());
    let person = Person {
        first_name: cell(0),
        last_name: cell(1),
        date_of_birth: day(2),
        email: cell(3),
        job_title: cell(4),
        branch: cell(5),
        start_date: day(6),
        ..Person::default()
    };
    MatchPerson { id: id.to_owned(), person, identifier: None, active: true }
}

const FIRST: [&str; 10] = ["Aoife", "Bram", "Carys", "Dilan", "Edda", "Fenna", "Gwil", "Hamza", "Ilse", "Jonas"];
const LAST: [&str; 8] =
    ["Dalgaard", "Kettleborough", "Rosenvinge", "Zielinski", "Boscawen", "Iversen", "Pettifer", "Wolstenholme"];
const JOBS: [&str; 6] = ["Commis Chef", "Bar Supervisor", "Waiter", "Receptionist", "Night Porter", "Kitchen Porter"];
const BRANCHES: [&str; 3] = ["Quayside", "Old Mill", "Station Road"];

/// Forty people whom both sides know.
fn known(side: &str) -> Vec<MatchPerson> {
    (0..40)
        .map(|at| {
            let (first, last) = (FIRST[at % 10], LAST[(at / 5) % 8]);
            let mail = format!("{}.{}@northquay.example.org", first.to_lowercase(), last.to_lowercase());
            let (born, began) = (1964 + at % 38, 2015 + at % 11);
            let dates =
                (format!("{born}-{:02}-{:02}", 1 + at % 12, 1 + (at * 7) % 28), format!("{began}-0{}-10", 1 + at % 9));
            let (job, branch) = (JOBS[at % 6], BRANCHES[at % 3]);
            person(&format!("{side}{at}"), &format!("{first},{last},{},{mail},{job},{branch},{}", dates.0, dates.1))
        })
        .collect()
}

/// Compares the forty and one pair more; all of the forty link.
fn judged(employee: MatchPerson, user: MatchPerson) -> (Verdict, Reason) {
    let (mut source, mut destination) = (known("E"), known("U"));
    source.push(employee);
    destination.push(user);
    let (source, destination) = (PeopleTable::from_people(&source, None), PeopleTable::from_people(&destination, None));
    let comparison = Comparison::run(&source, &destination, Policy::default(), &mut |_| {});
    assert!((0..40).all(|row| comparison.outcome(row).verdict == Verdict::Link), "the others link");
    let outcome = comparison.outcome(40);
    assert!(outcome.verdict == Verdict::New || comparison.candidates(40).next().is_some(), "with a candidate");
    (outcome.verdict, outcome.reason)
}

fn pair(employee: &str, user: &str) -> (Verdict, Reason) {
    judged(person("e", employee), person("u", user))
}

#[test]
fn an_initial_without_a_date_or_anything_of_ones_own_asks() {
    for (employee, user) in [
        ("J,Harrowgate,-,-,Waiter,Quayside,-", "Jonathan,Harrowgate,-,-,Waiter,Quayside,-"),
        ("Jonathan,Harrowgate,-,-,Waiter,Quayside,-", "J.,Harrowgate,-,-,Waiter,Quayside,-"),
        ("J,Harrowgate,-,-,Waiter,Quayside,-", "J,Harrowgate,-,-,Waiter,Quayside,-"),
        ("J P,Harrowgate,-,-,Waiter,Quayside,-", "John Paul,Harrowgate,-,-,Waiter,Quayside,-"),
        ("J,Harrowgate,1987-03-09,-,Waiter,Quayside,-", "Jonathan,Harrowgate,-,-,Waiter,Quayside,-"),
        ("J,Harrowgate,-,-,Waiter,Quayside,2021-03-01", "Jonathan,Harrowgate,-,-,Waiter,Quayside,-"),
    ] {
        assert_eq!(pair(employee, user), (Verdict::Review, Reason::Initial), "{employee} | {user}");
    }
    let other = pair("A.,Moyer,-,-,Waiter,Quayside,-", "Heidi,Moyer,-,-,Waiter,Quayside,-");
    assert_eq!(other.0, Verdict::Review);
}

#[test]
fn an_initial_with_a_date_or_something_of_ones_own_links() {
    for (employee, user) in [
        ("J,Harrowgate,1987-03-09,-,Waiter,Quayside,-", "Jonathan,Harrowgate,1987-03-09,-,Waiter,Quayside,-"),
        ("J,Harrowgate,-,-,Waiter,Quayside,2021-03-01", "Jonathan,Harrowgate,-,-,Waiter,Quayside,2021-03-01"),
        (
            "J,Harrowgate,-,j.harrowgate@northquay.example.org,Waiter,Quayside,-",
            "Jonathan,Harrowgate,-,j.harrowgate@northquay.example.org,Waiter,Quayside,-",
        ),
    ] {
        assert_eq!(pair(employee, user).0, Verdict::Link, "{employee} | {user}");
    }
}

#[test]
fn two_given_names_that_look_alike_are_two_people() {
    for (one, other) in [
        ("Mia", "Maia"),
        ("Jan", "Jana"),
        ("Marta", "Marty"),
        ("Daniel", "Danielle"),
        ("Daniel", "Daniela"),
        ("Lena", "Lina"),
        ("Tim", "Tom"),
        ("Paul", "Paula"),
        ("Louis", "Louise"),
        ("Aidan", "Jayden"),
        ("Kian", "Kiran"),
        ("Anna Maria", "Anna Lena"),
        ("Jean-Pierre", "Jean-Paul"),
    ] {
        for (a, b) in [(one, other), (other, one)] {
            let line = |first: &str| format!("{first},Stobart,2003-08-08,-,Waiter,Quayside,-");
            assert_eq!(pair(&line(a), &line(b)), (Verdict::Review, Reason::FirstNameDiffers), "{a} | {b}");
            let started = |first: &str| format!("{first},Stobart,2003-08-08,-,Waiter,Quayside,2023-05-01");
            assert_eq!(pair(&started(a), &started(b)).0, Verdict::Review, "{a} | {b}, one start date");
        }
    }
    // Each made from the name: they differ as the names do.
    let mail = |first: &str| {
        format!("{first},Stobart,2003-08-08,{}.stobart@northquay.example.org,Waiter,Quayside,-", first.to_lowercase())
    };
    assert_eq!(pair(&mail("Mia"), &mail("Maia")), (Verdict::Review, Reason::FirstNameDiffers));
}

#[test]
fn spellings_short_forms_and_slips_go_on_linking() {
    for (one, other) in [
        ("Erik", "Eric"),
        ("Sofia", "Sophia"),
        ("Jon", "John"),
        ("Sara", "Sarah"),
        ("Mohamed", "Muhammad"),
        ("Elizabeth", "Bess"),
        ("Robert", "Bob"),
        ("Christine", "Chris"),
        ("Nicoe", "Nicole"),
        ("Micheal", "Michael"),
        ("Davd", "David"),
        ("Ottilie", "Ottilie Marie"),
    ] {
        let line = |first: &str| format!("{first},Stobart,2003-08-08,-,Waiter,Quayside,-");
        assert_eq!(pair(&line(one), &line(other)).0, Verdict::Link, "{one} | {other}");
        assert_eq!(pair(&line(other), &line(one)).0, Verdict::Link, "{other} | {one}");
    }
}

#[test]
fn two_given_names_link_where_something_of_ones_own_says_so() {
    let line = |first: &str| format!("{first},Stobart,2003-08-08,stobart77@gmail.com,Waiter,Quayside,-");
    assert_eq!(pair(&line("Mia"), &line("Maia")).0, Verdict::Link, "e-mail and birth date");
    let phone = |id: &str, first: &str| {
        let mut one = person(id, &format!("{first},Stobart,2003-08-08,-,Waiter,Quayside,-"));
        one.person.phone = Some("07700 900123".to_owned());
        one
    };
    assert_eq!(judged(phone("e", "Mia"), phone("u", "Maia")).0, Verdict::Link, "phone");
}

#[test]
fn a_phone_of_a_whole_family_is_nobodys_own() {
    let home = |id: &str, line: &str| {
        let mut one = person(id, line);
        one.person.phone = Some("07700 900123".to_owned());
        one
    };
    let (mut source, mut destination) = (known("E"), known("U"));
    source.push(home("e", "Mia,Stobart,2003-08-08,-,Waiter,Quayside,-"));
    source.push(home("father", "Gregory,Stobart,1969-11-30,-,Night Porter,Old Mill,-"));
    destination.push(home("u", "Maia,Stobart,2003-08-08,-,Waiter,Quayside,-"));
    let results = Engine::default().match_people(&source, &destination);
    assert_ne!(results[40].verdict, Verdict::Link);
}

#[test]
fn a_mailbox_that_was_passed_on_asks() {
    let mail = "jsmithson@northquay.example.org";
    for (employee, user, reason) in [
        ("Jane,Smithson", "John,Smithson", Reason::FirstNameDiffers),
        ("Jane,Smithson", "Jack,Smithson", Reason::FirstNameDiffers),
        ("J,Smithson", "John,Smithson", Reason::MailboxPassedOn),
        ("Jane,Smithson", "Jane,Miller", Reason::MailboxPassedOn),
        ("Robert,Smithson", "Bob,Smithson", Reason::MailboxPassedOn),
    ] {
        let starter = format!("{employee},-,{mail},Waiter,Quayside,2026-09-01");
        let leaver = format!("{user},-,{mail},Waiter,Quayside,2009-04-01");
        assert_eq!(pair(&starter, &leaver), (Verdict::Review, reason), "{employee} | {user}");
    }
    // Names and mailbox are all that agrees: father and son, or one who came back.
    let starter = format!("John,Smithson,-,{mail},Waiter,Quayside,2026-09-01");
    let leaver = format!("John,Smithson,-,{mail},Receptionist,Old Mill,2009-04-01");
    assert_eq!(pair(&starter, &leaver), (Verdict::Review, Reason::MailboxPassedOn));
}

#[test]
fn a_mailbox_goes_on_linking_where_nothing_speaks_against_it() {
    let mail = "jsmithson@northquay.example.org";
    for (employee, user) in [
        // A married name, a short form, an initial; the same start date, or none.
        ("Jane,Smithson,-,M,Waiter,Quayside,2021-03-01", "Jane,Miller,-,M,Waiter,Quayside,2021-03-01"),
        ("Robert,Smithson,-,M,Waiter,Quayside,-", "Bob,Smithson,-,M,Waiter,Quayside,-"),
        ("J,Smithson,-,M,Waiter,Quayside,2021-03-01", "John,Smithson,-,M,Waiter,Quayside,2021-06-01"),
        // Start dates years apart, but the birth date is one: somebody came back.
        (
            "John,Smithson,1981-12-05,M,Waiter,Quayside,2026-09-01",
            "John,Smithson,1981-12-05,M,Waiter,Old Mill,2009-04-01",
        ),
    ] {
        let line = |text: &str| text.replace(",M,", &format!(",{mail},"));
        assert_eq!(pair(&line(employee), &line(user)).0, Verdict::Link, "{employee} | {user}");
    }
}

#[test]
fn another_given_name_is_asked_about_whatever_the_mailbox() {
    let mail = "smithson@northquay.example.org";
    for user in ["Esther,Smithson", "Jane,Smithson"] {
        let employee = format!("John,Smithson,-,{mail},Waiter,Quayside,2021-03-01");
        let user = format!("{user},-,{mail},Waiter,Quayside,2021-03-01");
        assert_eq!(pair(&employee, &user), (Verdict::Review, Reason::FirstNameDiffers), "{user}");
    }
}

#[test]
fn a_desks_mailbox_ties_nobody() {
    for mail in [
        "kitchen@northquay.example.org",
        "kitchen.quayside@northquay.example.org",
        "quayside@northquay.example.org",
        "old-mill.receptionist@northquay.example.org",
        "kuche@northquay.example.org",
        "reception2@northquay.example.org",
    ] {
        let employee = format!("Ottilie,Zwingli,-,{mail},-,-,-");
        let user = format!("Ottilie,Zwingli,-,{mail},-,-,-");
        assert_eq!(pair(&employee, &user), (Verdict::Review, Reason::OneGroup), "{mail}");
    }
    // Somebody who is called like a place has a mailbox of his own.
    let own = "ottilie.mill@northquay.example.org";
    let line = format!("Ottilie,Mill,-,{own},-,-,-");
    assert_eq!(pair(&line, &line).0, Verdict::Link);
}

#[test]
fn a_mailbox_that_several_share_ties_nobody() {
    let mail = "the.zwinglis@northquay.example.org";
    let (mut source, mut destination) = (known("E"), known("U"));
    source.push(person("e1", &format!("Ottilie,Zwingli,-,{mail},-,-,-")));
    source.push(person("e2", &format!("Bartholomew,Zwingli,-,{mail},-,-,-")));
    destination.push(person("u1", &format!("Ottilie,Zwingli,-,{mail},-,-,-")));
    let results = Engine::default().match_people(&source, &destination);
    assert!(results[40..].iter().all(|result| result.verdict != Verdict::Link && result.verdict != Verdict::New));
}

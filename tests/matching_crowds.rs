//! Too many alike is a question, never silence: whatever the size of a crowd, on either side, nobody who has a
//! counterpart is called new, and the work does not grow with the square of the crowd.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

use assert_cmd::Command;
use onroll::matching::Verdict;
use onroll::matching::decide::{Policy, Reason};
use onroll::matching::engine::Comparison;
use onroll::matching::table::{COLUMNS, Column, PeopleTable};
use onroll::matching::within::within;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const FIRST: [&str; 12] = [
    "Harriet", "Simon", "Beatrix", "Owen", "Paula", "Gregor", "Ingrid", "Mateo", "Yusuf", "Clara", "Desmond", "Esther",
];
const LAST: [&str; 11] = [
    "Abernathy",
    "Bramwell",
    "Castellan",
    "Dunmore",
    "Eastwick",
    "Farthing",
    "Gladwell",
    "Hollister",
    "Inglewood",
    "Jarrow",
    "Kestrel",
];
const JOBS: [&str; 4] = ["Waiter", "Cook", "Porter", "Cleaner"];
const BRANCHES: [&str; 5] = ["York", "Hull", "Leeds", "Bath", "Derby"];

type Cells = [String; COLUMNS];

fn cells(values: &[(Column, &str)]) -> Cells {
    let mut cells: Cells = Default::default();
    values.iter().for_each(|(column, value)| cells[*column as usize] = (*value).to_owned());
    cells
}

fn table(people: &[Cells]) -> PeopleTable {
    let mut table = PeopleTable::default();
    for (at, row) in people.iter().enumerate() {
        table.push(&format!("p{at}"), &std::array::from_fn(|column| row[column].as_str()), true);
    }
    table.finish(None).unwrap();
    table
}

/// So many others, of whom none is twice there.
fn others(count: usize) -> Vec<Cells> {
    (0..count)
        .map(|at| {
            let born = format!("{}-{:02}-{:02}", 1950 + (at * 7) % 53, 1 + (at * 5) % 12, 1 + (at * 11) % 28);
            cells(&[
                (Column::FirstName, FIRST[at % 12]),
                (Column::LastName, &format!("{}{}", LAST[(at * 3) % 11], (b'a' + (at % 26) as u8) as char)),
                (Column::BirthDate, &born),
                (Column::Branch, BRANCHES[at % 5]),
            ])
        })
        .collect()
}

fn john(born: &str) -> Cells {
    cells(&[
        (Column::FirstName, "John"),
        (Column::LastName, "Smith"),
        (Column::BirthDate, born),
        (Column::JobTitle, "Waiter"),
        (Column::Branch, "York"),
        (Column::StartDate, "2020-01-15"),
    ])
}

/// So many copies of somebody, each changed by `change`.
fn crowd(count: usize, one: &Cells, change: impl Fn(usize, &mut Cells)) -> Vec<Cells> {
    (0..count)
        .map(|at| {
            let mut row = one.clone();
            change(at, &mut row);
            row
        })
        .collect()
}

fn own_mail(at: usize, row: &mut Cells) {
    row[Column::Email as usize] = format!("mail{at}x@acme.example.org");
}

/// Verdict and reason of the employees from `from` on; all of them have a candidate and none is new.
fn none_is_new(source: &[Cells], destination: &[Cells], from: usize) -> (Vec<Verdict>, String) {
    let (source, destination) = (table(source), table(destination));
    let comparison = Comparison::run(&source, &destination, Policy::default(), &mut |_| {});
    let outcomes: Vec<_> = (from..source.len()).map(|row| (row, comparison.outcome(row))).collect();
    for (row, outcome) in &outcomes {
        assert_ne!(outcome.verdict, Verdict::New, "{outcome:?}");
        assert!(comparison.candidates(*row).next().is_some(), "{outcome:?} without a candidate");
    }
    assert!(comparison.linkage.pairs.len() <= 100 * (source.len() + destination.len()), "pairs");
    (outcomes.iter().map(|(_, outcome)| outcome.verdict).collect(), outcomes[0].1.words().into_owned())
}

#[test]
fn a_thousand_people_alike_and_one_such_user_are_a_question() {
    for born in ["1985-02-24", "", "1970-01-01", "1900-01-01"] {
        let (verdicts, words) = none_is_new(&crowd(1000, &john(born), |_, _| {}), &[john(born)], 0);
        assert!(verdicts.iter().all(|verdict| *verdict == Verdict::DuplicateRisk));
        assert_eq!(words, "duplicate risk: 1,000 people alike compete for this user");
    }
}

#[test]
fn one_person_and_a_thousand_such_users_are_a_question() {
    let (verdicts, words) = none_is_new(&[john("1985-02-24")], &crowd(1000, &john("1985-02-24"), |_, _| {}), 0);
    assert_eq!(
        (verdicts[0], words.as_str()),
        (Verdict::DuplicateRisk, "duplicate risk: 1,000 users may be this employee")
    );
}

#[test]
fn crowds_on_both_sides_beyond_every_cap_are_a_question() {
    // More than are compared each with each, and blocks larger than any cap.
    let mut source = others(500);
    source.extend(crowd(2000, &john("1985-02-24"), own_mail));
    let mut destination = others(500);
    destination.extend(crowd(1800, &john("1985-02-24"), |at, row| own_mail(at + 5000, row)));
    let (verdicts, words) = none_is_new(&source, &destination, 500);
    assert!(verdicts.iter().all(|verdict| *verdict == Verdict::DuplicateRisk));
    assert_eq!(words, "duplicate risk: 2,000 people alike compete for this user");
}

#[test]
fn small_differences_do_not_make_a_crowd_silent() {
    let born = "1985-02-24";
    let work = |at: usize, row: &mut Cells| {
        row[Column::JobTitle as usize] = JOBS[at % 4].to_owned();
        row[Column::Branch as usize] = BRANCHES[at % 5].to_owned();
        row[Column::StartDate as usize] = format!("{}-0{}-01", 2005 + at % 20, 1 + at % 9);
    };
    let slip = |at: usize, row: &mut Cells| {
        let column = [Column::FirstName, Column::LastName][at % 2] as usize;
        let place = 1 + at % (row[column].len() - 1);
        row[column].insert(place, (b'a' + (at % 26) as u8) as char);
    };
    for count in [60, 500] {
        for born in [born, ""] {
            let mut one = john(born);
            one[0] = "Jonathan".to_owned();
            one[1] = "Harrowgate".to_owned();
            none_is_new(&crowd(count, &one, own_mail), &[one.clone()], 0);
            none_is_new(&crowd(count, &one, work), &[one.clone()], 0);
            none_is_new(&crowd(count, &one, slip), &[one.clone()], 0);
            none_is_new(&[one.clone()], &crowd(count, &one, work), 0);
        }
    }
}

#[test]
fn two_hundred_of_one_name_without_any_date_are_a_question() {
    let named = cells(&[(Column::FirstName, "Ottilie"), (Column::LastName, "Zwingli")]);
    for background in [0, 300, 2000] {
        let mut source = others(background);
        source.extend(crowd(200, &named, |at, row| row[Column::Branch as usize] = BRANCHES[at % 5].to_owned()));
        let mut destination = others(background);
        destination.push(named.clone());
        none_is_new(&source, &destination, background);
    }
}

#[test]
fn a_crowd_does_not_trouble_the_others() {
    let verdicts = |crowded: usize| -> Vec<Verdict> {
        let (mut source, mut destination) = (others(400), others(300));
        source.extend(crowd(crowded, &john("1985-02-24"), own_mail));
        destination.push(john("1985-02-24"));
        let (source, destination) = (table(&source), table(&destination));
        let comparison = Comparison::run(&source, &destination, Policy::default(), &mut |_| {});
        (0..400).map(|row| comparison.outcome(row).verdict).collect()
    };
    let (without, with) = (verdicts(0), verdicts(300));
    let changed = without.iter().zip(&with).filter(|(before, after)| before != after).count();
    assert!(changed <= 4, "{changed} of 400 judged otherwise because of the crowd");
}

#[test]
fn many_alike_of_whom_the_destination_knows_nobody_are_a_question_too() {
    let named = cells(&[(Column::FirstName, "John"), (Column::LastName, "Smith")]);
    for (count, one) in [(3, john("1985-02-24")), (1000, john("1985-02-24")), (1000, john("")), (200, named)] {
        let mut source = others(50);
        source.extend(crowd(count, &one, own_mail));
        let (source, destination) = (table(&source), table(&others(50)));
        let comparison = Comparison::run(&source, &destination, Policy::default(), &mut |_| {});
        for row in 50..source.len() {
            let outcome = comparison.outcome(row);
            assert_eq!((outcome.verdict, outcome.reason), (Verdict::DuplicateRisk, Reason::TwinEntry), "{count}");
        }
    }
}

#[test]
fn copies_within_a_file_are_listed_with_a_bounded_number_of_pairs() {
    for (background, count) in [(0, 2), (0, 500), (100, 500), (0, 3000), (2500, 60)] {
        for born in ["1985-02-24", "1970-01-01", ""] {
            let mut people = others(background);
            people.extend(crowd(count, &john(born), own_mail));
            let people = table(&people);
            let found = within(&people, &mut |_| {});
            let mut listed = vec![0; people.len()];
            for pair in &found.pairs {
                listed[pair.left] += 1;
                listed[pair.right] += 1;
                assert!((2..=count as u32).contains(&pair.alike), "{}", pair.alike);
            }
            assert!(
                listed[background..].iter().all(|pairs| *pairs > 0),
                "{background} {count} {born}: somebody in no pair"
            );
            assert!(found.pairs.len() <= 40 * people.len(), "{} pairs", found.pairs.len());
            let crowded = if count > 40 { count } else { 0 };
            assert_eq!(
                (found.crowded, found.largest_crowd as usize),
                (crowded, crowded),
                "{background} {count} {born}"
            );
        }
    }
}

fn known_person() -> impl Strategy<Value = Cells> {
    let pick = |values: &'static [&'static str]| prop::sample::select(values);
    (
        (
            pick(&["Ann", "Robert", "Zoë", "J", "Mary Jane", "李"]),
            pick(&["Smith", "van der Berg", "O’Neill", "Kowalczyk"]),
        ),
        pick(&["", "1990-04-03", "1961-11-30", "1900-01-01", "1970-01-01", "2000-01-01"]),
        (pick(&["", "Chef", "Sous Chef"]), pick(&["", "York"]), pick(&["", "2020-01-01"])),
        (pick(&["", "8 Stanley St"]), pick(&["", "07700 900123"]), pick(&["", "ann.smith@acme.com", "info@acme.com"])),
    )
        .prop_map(|((first, last), born, (job, branch, start), (address, phone, mail))| {
            cells(&[
                (Column::FirstName, first),
                (Column::LastName, last),
                (Column::BirthDate, born),
                (Column::JobTitle, job),
                (Column::Branch, branch),
                (Column::StartDate, start),
                (Column::Address, address),
                (Column::Phone, phone),
                (Column::Email, mail),
            ])
        })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn nobody_with_an_identical_counterpart_is_ever_new(
        one in known_person(),
        background in prop::sample::select(vec![0_usize, 7, 120]),
        employees in prop::sample::select(vec![1_usize, 2, 3, 17, 33, 65, 130, 400]),
        users in prop::sample::select(vec![1_usize, 2, 33, 65, 400]),
        mails in any::<bool>(),
    ) {
        let change = |at: usize, row: &mut Cells| if mails { own_mail(at, row) };
        let (mut source, mut destination) = (others(background), others(background));
        source.extend(crowd(employees, &one, change));
        destination.extend(crowd(users, &one, change));
        let (source, destination) = (table(&source), table(&destination));
        let comparison = Comparison::run(&source, &destination, Policy::default(), &mut |_| {});
        let mut linked = BTreeMap::new();
        for row in background..source.len() {
            let outcome = comparison.outcome(row);
            prop_assert!(outcome.verdict != Verdict::New, "{:?}", outcome);
            prop_assert!(comparison.candidates(row).next().is_some());
            if outcome.verdict == Verdict::Link {
                *linked.entry(comparison.candidates(row).next().map(|best| best.row)).or_insert(0) += 1;
            }
        }
        prop_assert!(linked.values().all(|people| *people == 1), "two employees on one user");
        // Without anything of their own nobody of a crowd is linked.
        prop_assert!(mails || (employees, users) == (1, 1) || linked.is_empty(), "{:?}", linked);
    }
}

fn people_file(path: &Path, people: &[Cells]) {
    let mut text = "id,first_name,last_name,date_of_birth,email,job_title,branch,start_date\n".to_owned();
    let columns = [
        Column::FirstName,
        Column::LastName,
        Column::BirthDate,
        Column::Email,
        Column::JobTitle,
        Column::Branch,
        Column::StartDate,
    ];
    for (at, row) in people.iter().enumerate() {
        let values: Vec<&str> = columns.iter().map(|column| row[*column as usize].as_str()).collect();
        text.push_str(&format!("{at},{}\n", values.join(",")));
    }
    fs::write(path, text).unwrap();
}

#[test]
fn the_command_asks_about_a_crowd_and_says_how_many_they_are() {
    let folder = tempfile::tempdir().unwrap();
    people_file(&folder.path().join("many.csv"), &crowd(1000, &john("1985-02-24"), own_mail));
    people_file(&folder.path().join("one.csv"), &[john("1985-02-24")]);
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_onroll"));
        command.arg("match").args(arguments).args(["--out", "out"]).current_dir(folder.path());
        command.env("ONROLL_WORKSPACE", folder.path().join("workspace")).output().unwrap()
    };
    let read = |name: &str| fs::read_to_string(folder.path().join("out").join(name)).unwrap();
    let output = run(&["--source", "many.csv", "--destination", "one.csv"]);
    assert_eq!(output.status.code(), Some(3));
    assert_eq!((read("new.csv").lines().count(), read("links.csv").lines().count()), (1, 1));
    let review = read("review.csv");
    assert_eq!(review.lines().count(), 1001);
    assert!(
        review.lines().skip(1).all(|line| line.contains("1,000 people alike compete for this user")),
        "{review:.300}"
    );

    let output = run(&["--within", "many.csv"]);
    assert_eq!(output.status.code(), Some(0));
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("1,000 people stand in crowds of people alike, 1,000 in the largest"), "{said}");
    let lines = read("duplicates.csv");
    assert!((1000..=40_000).contains(&lines.lines().count()), "{}", lines.lines().count());
    assert!(lines.lines().skip(1).all(|line| line.ends_with(",1000")));
    let output = run(&["--within", "many.csv", "--json"]);
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (told["within"]["crowded"].as_u64(), told["within"]["largest_crowd"].as_u64()),
        (Some(1000), Some(1000))
    );
}

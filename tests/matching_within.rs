//! Duplicates within one side: who is one person, and who only looks like it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use onroll::matching::table::{COLUMNS, Column, PeopleTable};
use onroll::matching::within::within;
use std::collections::BTreeMap;

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

type Cells = Vec<(Column, String)>;

fn person(first: &str, last: &str, born: &str, branch: &str) -> Cells {
    [(Column::FirstName, first), (Column::LastName, last), (Column::BirthDate, born), (Column::Branch, branch)]
        .map(|(column, value)| (column, value.to_owned()))
        .to_vec()
}

/// Three hundred people of whom none is twice there, then those of the test.
fn pairs(tested: &[(&str, Cells)]) -> BTreeMap<(String, String), f64> {
    let mut table = PeopleTable::default();
    let mut push = |id: &str, person: &Cells| {
        let mut cells = [""; COLUMNS];
        person.iter().for_each(|(column, value)| cells[*column as usize] = value);
        table.push(id, &cells, true);
    };
    for at in 0..300 {
        let born = format!("{}-{:02}-{:02}", 1950 + (at * 7) % 53, 1 + (at * 5) % 12, 1 + (at * 11) % 28);
        let branch = ["York", "Hull", "Leeds", "Bath", "Derby", "Ripon", "Truro"][at % 7];
        push(&format!("x{at}"), &person(FIRST[at % 12], LAST[(at * 3) % 11], &born, branch));
    }
    tested.iter().for_each(|(id, cells)| push(id, cells));
    table.finish(None).unwrap();
    let found = within(&table, &mut |_| {}).pairs;
    found
        .iter()
        .map(|pair| ((table.id(pair.left).to_owned(), table.id(pair.right).to_owned()), pair.probability))
        .filter(|((left, right), _)| !left.starts_with('x') && !right.starts_with('x'))
        .collect()
}

#[test]
fn a_person_with_many_rows_is_found_whole() {
    let rows = [
        ("a", person("Ottilie", "Zwingli", "1985-02-24", "York")),
        ("b", person("Ottilie", "Zwingly", "1985-02-24", "York")),
        ("c", person("Otilie", "Zwingli", "", "York")),
        ("d", person("Zwingli", "Ottilie", "1985-02-24", "")),
        ("e", person("Ottilie", "Zwingli", "1985-02-20", "York")),
        // Nothing but a slip and the branch: it follows from the others.
        ("f", person("", "Zwinglii", "1985-02-24", "York")),
    ];
    let found = pairs(&rows);
    assert_eq!(found.values().filter(|probability| **probability >= 0.5).count(), 15, "{found:?}");
}

#[test]
fn one_row_that_fits_two_people_does_not_make_them_one() {
    let father = |id| (id, person("Joseph", "Zwingli", "1940-03-01", "York"));
    let son = |id| (id, person("Joseph", "Zwingli", "1971-09-28", "York"));
    let rows = [father("a"), father("b"), son("c"), son("d"), ("e", person("Joseph", "Zwingli", "", "York"))];
    let found = pairs(&rows);
    let likely = |left: &str, right: &str| found.get(&(left.to_owned(), right.to_owned())).is_some_and(|p| *p >= 0.5);
    assert!(likely("a", "b") && likely("c", "d"), "{found:?}");
    assert!(!likely("a", "c") && !likely("a", "d") && !likely("b", "c") && !likely("b", "d"), "{found:?}");
    assert!(!(likely("a", "e") && likely("c", "e")), "{found:?}");
}

#[test]
fn twins_are_two_people() {
    let rows = [
        ("a", person("Ottilie", "Zwingli", "1985-02-24", "York")),
        ("b", person("Ottilie", "Zwingli", "1985-02-24", "York")),
        ("c", person("Bartholomew", "Zwingli", "1985-02-24", "York")),
        ("d", person("Bartholomew", "Zwingli", "1985-02-24", "York")),
    ];
    let found = pairs(&rows);
    let likely: Vec<_> = found.iter().filter(|(_, p)| **p >= 0.5).map(|(pair, _)| (&*pair.0, &*pair.1)).collect();
    assert_eq!(likely, [("a", "b"), ("c", "d")]);
}

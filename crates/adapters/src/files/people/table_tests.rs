//! What people files become as columns of matching.

use super::super::reading::OrderWhy;
use super::*;
use proptest::prelude::*;

fn read(bytes: &[u8]) -> Result<PeopleRead, PeopleError> {
    read_bytes(bytes, &Choices::default(), pack(2026, 11, 22))
}

fn error(bytes: &[u8]) -> String {
    read(bytes).unwrap_err().to_string()
}

#[test]
fn headers_are_loose_and_order_does_not_matter() {
    let people = read("Surname;Employee No.;E-Mail;Notes\r\nWójcik;7;k@a.example;\"a;b\"\r\n".as_bytes()).unwrap();
    let table = people.table;
    assert_eq!((table.id(0), table.value(0, Column::LastName)), ("7", Some("Wójcik")));
    assert_eq!(table.value(0, Column::Email), Some("k@a.example"));
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_row() {
    assert!(error(b"").contains("empty") && error(b" \n\n").contains("empty"));
    assert!(error(b"1,Ann,Smith\n2,Bob,Jones\n").contains("no header"));
    assert!(error(b"first_name,last_name\nAnn,Smith\n").contains("ids"));
    assert!(error(b"id,email\n1,a@b.example\n").contains("no column of names"));
    let long = format!("id,first_name\n1,Ann\n2,{}\n", "x".repeat(1 << 20));
    assert!(error(long.as_bytes()).contains("row 3: column first_name has 1048576 bytes"));
    assert!(error(b"id,name,dob\n1,A B,03/04/1990\n").contains("row 2, column dob"));
    assert!(error(b"id,name,dob\n1,A B,25/12/1990\n\n2,C D,12/25/1990\n").contains("row 4"));
    assert!(error(b"PK\x03\x04 but no more").contains("not an XLSX file"));
}

#[test]
fn a_workbook_is_known_by_its_content() {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (at, (header, value)) in (0..).zip([("id", "7"), ("Surname", "Zoë")]) {
        sheet.write(0, at, header).unwrap();
        sheet.write(1, at, value).unwrap();
    }
    let people = read(&book.save_to_buffer().unwrap()).unwrap();
    assert_eq!((people.table.id(0), people.table.value(0, Column::LastName)), ("7", Some("Zoë")));
    assert!(read(b"id,first_name\n").unwrap().table.is_empty(), "only a header is nobody");
}

#[test]
fn whoever_has_left_or_is_unclear_is_known_by_the_row() {
    let people = read(
        b"id,name,status,end date,start date\n1,Ann Ames,,2020-05-31,2019-01-01\n2,Bo Li,Active,2020-05-31,2021-01-01\n\
          3,Cy Ito,On hold,,\n4,Di Roe,Resigned,9999-12-31,\n5,Ed Fox,,2099-01-01,\n,Fay Gow,Active,,\n,Gus Hay,,,\n",
    )
    .unwrap();
    let active: Vec<bool> = (0..6).map(|row| people.table.is_active(row)).collect();
    assert_eq!(active, [false, true, true, false, true, true], "an end before the start is a slip");
    assert_eq!((people.unclear, people.keyless, people.table.id(5)), (vec![2], vec![5], "row 7"));
    assert_eq!(people.reading.tally.nobody.count, 1, "a name and nothing else is somebody who could not be read");
    assert!(
        !people.reading.notes.iter().any(|note| matches!(note, Note::DatesUnread { .. })),
        "{:?}",
        people.reading.notes
    );
}

#[test]
fn rows_of_one_person_are_folded_and_others_of_one_id_are_not() {
    let people = read(
        b"id,first_name,last_name,email,job\n1,Ann,Ames,,Chef\n2,Bo,Li,,Cook\n1,Ann,Ames,a@x.example,Cook\n2,Cy,Ito,,Cook\n3,Di,Roe,,\n",
    )
    .unwrap();
    let table = &people.table;
    let rows: Vec<_> =
        (0..table.len()).map(|row| (table.id(row), table.value(row, Column::FirstName).unwrap())).collect();
    assert_eq!(rows, [("1", "Ann"), ("2", "Bo"), ("2", "Cy"), ("3", "Di")]);
    assert_eq!((table.value(0, Column::JobTitle), table.value(0, Column::Email)), (Some("Chef"), Some("a@x.example")));
    assert_eq!(people.shared, [1, 2]);
    assert!(people.reading.tally.is_whole() && people.reading.tally.folded == 1);
}

#[test]
fn each_of_two_files_tells_the_order_of_the_other() {
    let open = |bytes: &[u8]| Opened::of_bytes("people", bytes.to_vec(), Side::Source, &Choices::default()).unwrap();
    let first = open(b"id,first_name,last_name,dob\n1,Ann,Ames,03/04/1990\n2,Bo,Li,05/05/1991\n");
    let second = open("id,first_name,last_name,dob\n9,ÁNN,Ames,1990-03-04\n".as_bytes());
    let [first, _] = read_pair(first, second, pack(2026, 11, 22)).unwrap();
    let order =
        |note: &Note| matches!(note, Note::DateOrder { order: DateOrder::MonthFirst, why: OrderWhy::OtherFile(1), .. });
    assert!(first.reading.notes.iter().any(order), "{:?}", first.reading.notes);
}

proptest! {
    #[test]
    fn every_row_goes_somewhere(
        rows in prop::collection::vec(
            prop::collection::vec(
                prop::sample::select(vec!["", " ", "1", "2", "Ann", "Ames", "Total", "30", "id", "03/04/1990", "a@x.example", "x y"]),
                0..6,
            ),
            0..30,
        ),
    ) {
        let body: String = rows.iter().map(|row| row.join(",") + "\n").collect();
        let text = format!("Staff list\n\nid,first_name,last_name,email,status\n{body}");
        let people = read(text.as_bytes()).unwrap();
        let tally = &people.reading.tally;
        prop_assert!(tally.is_whole(), "{tally:?}");
        prop_assert_eq!(tally.rows, text.lines().count() as u64);
        prop_assert_eq!(tally.people, people.table.len() as u64);
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        for head in [&b"id,name,dob\n"[..], b"PK\x03\x04", b"\xff\xfe", b""] {
            if let Ok(people) = read(&[head, &bytes].concat()) {
                prop_assert!(people.reading.tally.is_whole(), "{:?}", people.reading.tally);
            }
        }
    }
}

/// Lists as people send them, in every form that is read.
fn lists() -> Vec<Vec<u8>> {
    let mut found = Vec::new();
    for folder in ["kinds", "reports"] {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/people_files").join(folder);
        let mut paths: Vec<_> = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            let inside = if path.is_dir() {
                std::fs::read_dir(&path).unwrap().map(|one| one.unwrap().path()).collect()
            } else {
                vec![path]
            };
            found.extend(inside.into_iter().filter(|file| file.is_file()).map(|file| std::fs::read(file).unwrap()));
        }
    }
    assert!(found.len() > 30, "{}", found.len());
    found
}

fn battered(name: &str, is_workbook: bool) {
    let lists = lists();
    let begins = |bytes: &[u8]| bytes.starts_with(b"PK\x03\x04");
    // Each list is read by a test of its own already.
    let step = if crate::battered::is_long() { 1 } else { 8 };
    let fits = lists.iter().filter(|list| begins(list) == is_workbook && list.len() < 60_000);
    let samples: Vec<&[u8]> = fits.step_by(step).map(Vec::as_slice).collect();
    crate::battered::batter(name, &samples, |bytes| {
        if let Ok(people) = read(bytes) {
            assert!(people.reading.tally.is_whole(), "{:?}", people.reading.tally);
        }
        let _ = crate::files::sheet::parse(bytes);
        if let Ok((people, reading)) = crate::files::people::records::parse(bytes) {
            assert!(reading.tally.is_whole(), "{:?}", reading.tally);
            assert_eq!(people.len() as u64, reading.tally.people);
        }
    });
}

#[test]
fn battered_csv() {
    battered("csv", false);
}

#[test]
fn battered_xlsx() {
    battered("xlsx", true);
}

//! Nothing that a whole demo run leaves holds a credential, and birth dates stand only where they belong.
//!
//! They belong in the records of both sides (`employee`, `destination_user`), in plans and their journal (`operation`: what is to
//! be written and what was there before), in holds with their candidates, in the pairs that rulings were made on, in copies of the
//! file that hold these tables, in a plan saved for sign-off and in the lists that a platform loads. They do not belong in
//! the log, the feed log, the audit, what was said with a vendor, runs and reports, exports that do not ask for them, or the
//! folder for temporary files. The program writes no crash files: a panic goes to the log.

use crate::demo::{demo, files, texts_under};
use std::collections::{BTreeSet, HashSet};
use std::path::Path;

/// The tables in which a birth date may stand.
const RECORDS: [&str; 8] =
    ["employee", "destination_user", "operation", "hold", "candidate", "ruling_pair", "plan", "rehearsal"];

/// The ways in which a day may be written.
fn ways(day: &str) -> Vec<String> {
    let day: jiff::civil::Date = day.parse().unwrap();
    ["%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%-d/%-m/%Y", "%d %b %Y", "%-d %B %Y"]
        .map(|form| day.strftime(form).to_string())
        .to_vec()
}

struct Days {
    known: HashSet<Vec<u8>>,
    lengths: BTreeSet<usize>,
}

fn birth_dates() -> Days {
    let mut days = BTreeSet::new();
    texts_under(&demo().world, &["date_of_birth", "dateOfBirth", "birth_date", "dob"], &mut days);
    let days: Vec<&str> = days.into_iter().filter(|day| day.parse::<jiff::civil::Date>().is_ok()).collect();
    assert!(days.len() > 50, "people of the demo have birth dates: {}", days.len());
    let known: HashSet<Vec<u8>> = days.into_iter().flat_map(ways).map(String::into_bytes).collect();
    Days { lengths: known.iter().map(Vec::len).collect(), known }
}

/// The first of these days in a file: days begin with a digit, and no day is longer than the longest.
fn day_in<'d>(bytes: &[u8], days: &'d Days) -> Option<&'d str> {
    let starts =
        (0..bytes.len()).filter(|at| bytes[*at].is_ascii_digit() && (*at == 0 || !bytes[at - 1].is_ascii_digit()));
    let mut found = starts.flat_map(|at| days.lengths.iter().filter_map(move |length| bytes.get(at..at + length)));
    found.find_map(|text| days.known.get(text)).and_then(|day| std::str::from_utf8(day).ok())
}

fn holds(bytes: &[u8], wanted: &str) -> bool {
    memchr::memmem::find(bytes, wanted.as_bytes()).is_some()
}

/// A workbook is packed: what stands in it is looked for in its parts.
fn content(path: &Path) -> Vec<u8> {
    let bytes = std::fs::read(path).unwrap();
    if path.extension().is_none_or(|end| end != "xlsx" && end != "zip") {
        return bytes;
    }
    let mut parts = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
    let mut whole = Vec::new();
    for number in 0..parts.len() {
        std::io::Read::read_to_end(&mut parts.by_index(number).unwrap(), &mut whole).unwrap();
    }
    whole
}

#[test]
fn no_file_that_a_whole_demo_run_leaves_holds_a_credential() {
    let demo = demo();
    assert!(demo.secrets.len() > demo.tenants.len() * 2, "each tenant has some: {}", demo.secrets.len());
    let all = files(&demo.left(""));
    for wanted in ["ws/onroll.db", "ws/onroll.db-wal", "ws/secrets.sealed", ".log", "backups/", "exports/", "reports/"]
    {
        assert!(all.iter().any(|path| path.display().to_string().contains(wanted)), "{wanted} is not among {all:?}");
    }
    for path in &all {
        let bytes = content(path);
        for secret in &demo.secrets {
            let ways = [secret.clone(), secret.replace('"', "\\\""), secret.chars().rev().collect()];
            for way in ways {
                assert!(!holds(&bytes, &way), "{} holds {way}", path.display());
            }
        }
    }
}

#[test]
fn birth_dates_stand_only_where_they_belong() {
    let demo = demo();
    let days = birth_dates();
    for path in files(&demo.left("")) {
        let name = path.strip_prefix(demo.left("")).unwrap().display().to_string();
        let belongs = name.starts_with("ws/onroll.db")
            || name.starts_with("ws/backups/")
            || name.starts_with("ws/outbox/")
            // A plan for sign-off says what will be written.
            || (name.starts_with("exports/") && name.ends_with(".csv"));
        let bytes = content(&path);
        let found = day_in(&bytes, &days);
        assert!(belongs || found.is_none(), "{name} holds {found:?}");
    }
    let mut records = 0;
    // Whoever opens it takes what stands beside it into it.
    let copy = tempfile::tempdir().unwrap();
    for name in ["onroll.db", "onroll.db-wal"] {
        std::fs::copy(demo.left("ws").join(name), copy.path().join(name)).unwrap();
    }
    #[expect(clippy::disallowed_methods, reason = "looks into the file as a thief would")]
    let file = rusqlite::Connection::open(copy.path().join("onroll.db")).unwrap();
    let mut tables =
        file.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").unwrap();
    let tables: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    assert!(RECORDS.iter().all(|name| tables.iter().any(|table| table == name)), "{tables:?}");
    for table in &tables {
        let mut rows = file.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
        let columns = rows.column_count();
        let mut rows = rows.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..columns {
                let Ok(text) = row.get_ref_unwrap(column).as_bytes() else { continue };
                let Some(day) = day_in(text, &days) else { continue };
                let name = row.as_ref().column_name(column).unwrap();
                assert!(
                    RECORDS.contains(&table.as_str()),
                    "{table}.{name} holds {day}: {}",
                    String::from_utf8_lossy(text)
                );
                records += 1;
            }
        }
    }
    assert!(records > 100, "records have them: {records}");
}

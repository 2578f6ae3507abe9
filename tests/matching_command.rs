//! `onroll match` as a command: the same bytes with any number of threads, and what it says of files that are wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use assert_cmd::Command;
use onroll::cli::bench_people::{PeopleSpec, write_people};
use std::fs;
use std::path::Path;

const FILES: [&str; 5] = ["links.csv", "review.csv", "new.csv", "identifiers.csv", "duplicates.csv"];

fn onroll(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_onroll"));
    command.arg("match").args(arguments).current_dir(folder).env("ONROLL_WORKSPACE", folder.join("workspace"));
    command
}

/// Exit code and what was said on standard error.
fn told(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let output = onroll(folder, arguments).output().unwrap();
    (output.status.code().unwrap(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn files_are_the_same_with_one_thread_and_with_two() {
    let folder = tempfile::tempdir().unwrap();
    // More than are compared each with each, so that blocking, rescue and grouping take part.
    write_people(folder.path(), PeopleSpec { people: 2500, seed: 11, sparse: true }).unwrap();
    let mut written: Vec<Vec<Vec<u8>>> = Vec::new();
    for threads in ["1", "2"] {
        for people in
            [&["--source", "source.csv", "--destination", "destination.csv"][..], &["--within", "destination.csv"]]
        {
            let arguments = [people, &["--out", threads]].concat();
            let status = onroll(folder.path(), &arguments).env("RAYON_NUM_THREADS", threads).output().unwrap().status;
            assert!(matches!(status.code(), Some(0 | 3)), "{status}");
        }
        written.push(FILES.map(|name| fs::read(folder.path().join(threads).join(name)).unwrap()).to_vec());
    }
    assert!(written[0].iter().all(|bytes| bytes.len() > 100));
    assert!(written[0] == written[1], "threads change what is written");
}

#[test]
fn a_file_that_is_wrong_is_named_with_its_row_and_nothing_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
    write("good.csv", "id,first_name,last_name\n1,Ann,Smith\n2,Bob,Jones\n");
    write("quote.csv", &format!("id,first_name,last_name\n1,Ann,Smith\n2,\"{}", "x".repeat(9_000)));
    write("empty.csv", "");
    write("headless.csv", "1,Ann,Smith\n2,Bob,Jones\n");
    fs::create_dir(folder.path().join("folder.csv")).unwrap();
    for (name, expected) in [
        ("quote.csv", "row 3"),
        ("empty.csv", "empty"),
        ("headless.csv", "no header"),
        ("folder.csv", "it is a folder"),
        ("missing.csv", "No such file"),
    ] {
        let (code, said) = told(folder.path(), &["--source", "good.csv", "--destination", name, "--out", "out"]);
        assert!(code != 0 && said.contains(name) && said.contains(expected), "{name}: {code} {said}");
        assert!(!folder.path().join("out").exists(), "{name}");
    }
}

#[test]
fn one_file_against_itself_and_a_file_of_nobody_are_answered() {
    let folder = tempfile::tempdir().unwrap();
    let people = "id,first_name,last_name,date_of_birth\n1,Ann,Smith,1990-04-03\n2,Bob,Jones,1985-12-25\n";
    fs::write(folder.path().join("a.csv"), people).unwrap();
    fs::write(folder.path().join("nobody.csv"), "id,first_name,last_name,date_of_birth\n").unwrap();
    let lines = |name: &str| fs::read_to_string(folder.path().join("out").join(name)).unwrap().lines().count() - 1;
    assert_eq!(told(folder.path(), &["--source", "a.csv", "--destination", "a.csv", "--out", "out"]).0, 0);
    assert_eq!((lines("links.csv"), lines("new.csv")), (2, 0));
    // A list with nobody in it is rather a bad export than an empty platform: answered, and not with 0.
    assert_eq!(told(folder.path(), &["--source", "a.csv", "--destination", "nobody.csv", "--out", "out"]).0, 3);
    assert_eq!((lines("links.csv"), lines("new.csv")), (0, 2));
}

#[test]
fn files_with_one_kind_of_field_in_common_link_nobody_and_say_so() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..40).map(|at| format!("{at},Surname{}\n", ["a", "b", "c", "d"][at % 4])).collect();
    for name in ["a.csv", "b.csv"] {
        fs::write(folder.path().join(name), format!("id,last_name\n{rows}")).unwrap();
    }
    let arguments = ["--source", "a.csv", "--destination", "b.csv", "--out", "out"];
    let output = onroll(folder.path(), &arguments).output().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains("only one kind of field"), "{output:?}");
    let links = fs::read_to_string(folder.path().join("out/links.csv")).unwrap();
    assert_eq!(links.lines().count(), 1);
}

#[test]
fn a_match_is_an_entry_of_the_audit_of_the_workspace_that_is_there_and_makes_none() {
    let folder = tempfile::tempdir().unwrap();
    write_people(folder.path(), PeopleSpec { people: 40, seed: 3, sparse: false }).unwrap();
    let files = ["--source", "source.csv", "--destination", "destination.csv", "--out", "found"];
    let (_, said) = told(folder.path(), &files);
    assert!(!folder.path().join("workspace").exists(), "none is made for it");
    assert!(!said.contains("audit"), "{said}");
    let workspace = |words: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_onroll"));
        let output = command.args(words).env("ONROLL_WORKSPACE", folder.path().join("workspace")).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    workspace(&["tenant", "list"]);
    told(folder.path(), &files);
    let audit = workspace(&["--json", "audit"]);
    let place = folder.path().canonicalize().unwrap().join("found");
    assert!(audit.contains("match of two files: ") && audit.contains(&place.display().to_string()), "{audit}");
    let (_, said) = told(folder.path(), &[&files[..], &["--read-only"]].concat());
    assert!(said.contains("the audit does not have this export"), "{said}");
    assert_eq!(workspace(&["--json", "audit"]), audit, "nothing was written");
}

//! BX09: two exports and no account, in the console. Keys and pictures over the real backend: files, columns, match, result; and
//! that command and console write the same bytes.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../console_mappings/desk.rs"]
#[allow(dead_code, reason = "it is made for another test")]
mod desk;
mod narrowed;
mod support;

use crossterm::event::KeyCode;
use desk::Desk;
use onroll::cli::bench_people::{PeopleSpec, write_people};
use onroll::cli::match_command::{MatchArguments, run_match};
use onroll::console::app::Msg;
use onroll::files::match_result::kept::{Kept, KeptFile};
use onroll::ports::clock::{Clock, SystemClock};
use onroll::services::match_files::columns::{self, Asked};
use onroll::services::match_files::desk::{Kind, NotRuled, Part};
use onroll::services::match_files::{self, Pair, Ruling};
use rayon::prelude::*;
use std::fs;
use std::path::Path;
use support::{
    EMPLOYEES, FOUR, Product, USERS, command, firsts, generated, lines, name_files, open, story, story_at_columns,
    story_at_result, write_to,
};

#[test]
fn s_bx09_pictures_of_each_step() {
    for (size, name) in [((80, 24), "80x24"), ((140, 40), "140x40"), ((60, 16), "60x16")] {
        let check = |step: &str, desk: &Desk<Product>| {
            insta::with_settings!({ filters => vec![(r"in \d+\.\d s", "in 0.0 s")] }, {
                insta::assert_snapshot!(format!("{step}_{name}"), desk.picture());
            });
        };
        let mut desk = story(size);
        name_files(&mut desk, "~/aldergate/planday_employees.csv", "~/aldergate/flow_users.csv");
        check("files", &desk);
        desk.press(KeyCode::PageDown).rest();
        check("columns", &desk);
        desk.keys(".w");
        check("how_it_was_read", &desk);
        desk.keys("w").press(KeyCode::Enter);
        check("pick_a_column", &desk);
        desk.press(KeyCode::Esc);
        desk.behind.holds_matches = true;
        desk.press(KeyCode::PageDown).rest();
        check("matching", &desk);
        desk.press(KeyCode::Esc).rest();
        desk.behind.holds_matches = false;
        desk.press(KeyCode::PageDown).rest().rest();
        check("result", &desk);
        desk.press(KeyCode::Enter).rest();
        check("card", &desk);
        desk.press(KeyCode::Esc).keys("o").rest();
        check("writing", &desk);
    }
}

#[test]
fn s_bx09_two_files_in_four_files_out_with_rulings_between() {
    let mut desk = story_at_result((100, 32));
    assert!(desk.picture().contains("‹ 4 Result ›"), "{}", desk.picture());
    let counts = |desk: &Desk<Product>| {
        let picture = desk.picture();
        let of = |word: &str| {
            let part = |line: &str, from: usize, to: usize| {
                line.chars().skip(from).take(to - from).collect::<String>().trim().to_owned()
            };
            let line = picture.lines().find(|line| part(line, 5, 11) == word);
            line.map_or(0, |line| part(line, 11, 22).parse::<usize>().unwrap_or(0))
        };
        [of("link"), of("ask"), of("risk"), of("new")]
    };
    let before = counts(&desk);
    let asked = before[1] + before[2];
    assert!(asked >= 3, "{}", desk.picture());
    // The cursor stands on the list of questions: link the first, the second is new, the third waits.
    let mut names = Vec::new();
    for key in [KeyCode::Enter, KeyCode::Char('n'), KeyCode::Char('t')] {
        if desk.picture().contains("least certain first") {
            desk.press(KeyCode::Enter).rest();
        }
        names.push(desk.row(3).trim_start_matches(['━', ' ']).split(':').next().unwrap().to_owned());
        desk.press(key).rest();
    }
    assert!(desk.model.messages().all().any(|message| message.text == format!("Later: {}", names[2])), "{names:?}");
    if !desk.picture().contains("least certain first") {
        desk.press(KeyCode::Esc);
    }
    assert_eq!(counts(&desk).iter().sum::<usize>(), before.iter().sum::<usize>(), "totals stay the employees");
    assert_eq!(counts(&desk)[0], before[0] + 1, "{}", desk.picture());
    assert_eq!(counts(&desk)[3], before[3] + 1, "{}", desk.picture());
    // Undo and redo bring the same back.
    desk.keys("uu").rest();
    assert_eq!(counts(&desk)[3], before[3], "{}", desk.picture());
    desk.keys("UU").rest();
    assert_eq!(counts(&desk)[3], before[3] + 1, "{}", desk.picture());
    write_to(&mut desk, "~/aldergate/result");
    assert!(desk.toast().starts_with("Wrote 4 files to ~/aldergate/result"), "{}", desk.toast());
    let out = desk.behind.file("aldergate/result");
    assert_eq!(lines(&out.join("links.csv")).len(), before[0] + 1);
    assert_eq!(lines(&out.join("identifiers.csv")).len(), before[0] + 1);
    assert_eq!(lines(&out.join("new.csv")).len(), before[3] + 1);
    assert_eq!(firsts(&out.join("review.csv")).len(), asked - 2);
    let kept = fs::read_to_string(out.join("columns.toml")).unwrap();
    assert_eq!(kept.matches("by = \"R. Osei\"").count(), 3, "{kept}");
    // The same desk reads the folder again, and goes on with what was ruled.
    let product = desk.behind;
    let mut again = open((100, 32), product);
    again.keys("~/aldergate/result").rest();
    again.press(KeyCode::Enter).rest();
    assert!(again.picture().contains("‹ 4 Result ›"), "{}\n{}", again.picture(), again.toast());
    assert_eq!(counts(&again)[0], before[0] + 1, "{}", again.picture());
    assert!(again.picture().contains("1 linked, 1 new, 1 later"), "{}", again.picture());
    // Written again as it is, it is the same, and the first is kept under another name.
    let first: Vec<Vec<u8>> = FOUR.map(|name| fs::read(out.join(name)).unwrap()).to_vec();
    write_to(&mut again, "~/aldergate/result");
    assert!(again.toast().contains("the result that was there is result-"), "{}", again.toast());
    assert_eq!(FOUR.map(|name| fs::read(out.join(name)).unwrap()).to_vec(), first);
    let beside = fs::read_dir(again.behind.file("aldergate")).unwrap();
    let aside = beside.map(|one| one.unwrap().path()).find(|path| path.to_string_lossy().contains("result-")).unwrap();
    assert_eq!(FOUR.map(|name| fs::read(aside.join(name)).unwrap()).to_vec(), first);
}

#[test]
fn s_bx09_heads_dates_and_words_are_said_by_hand() {
    let product = Product::new();
    let employees = "Staff on 3 April,,,,,\nNo.,First name,Last name,E-mail,DOB,Status\n\
        1,Ann,Ito,ann@vine.example,03/04/1990,Garden leave\n2,Bo,Li,bo@vine.example,05/06/1991,aktiv\n\
        3,Cy,Osei,cy@vine.example,07/08/1992,left\n";
    product.write("employees.csv", employees);
    product
        .write("users.csv", "id,first_name,last_name,email\nU1,Ann,Ito,ann@vine.example\nU2,Bo,Li,bo@vine.example\n");
    let mut desk = open((140, 40), product);
    name_files(&mut desk, "~/employees.csv", "~/users.csv");
    desk.press(KeyCode::PageDown).rest();
    // Nothing tells day from month: it is asked, on the row where it is said, and said of one file.
    assert!(desk.picture().contains("day and month cannot be told apart"), "{}", desk.picture());
    desk.press(KeyCode::Right).rest();
    assert!(desk.picture().contains("‹ day first › as you say"), "{}", desk.picture());
    desk.press(KeyCode::Down);
    let word =
        |desk: &Desk<Product>| desk.picture().lines().find(|line| line.contains("`Garden leave` ")).unwrap().to_owned();
    assert!(word(&desk).contains("‹ unclear ›"), "{}", desk.picture());
    desk.press(KeyCode::Right).rest();
    assert!(word(&desk).contains("‹ employed › as y"), "{}", desk.picture());
    // Another row with the heads: what it does is seen at once, and taken back.
    desk.press(KeyCode::Home).press(KeyCode::Left).rest();
    let picture = desk.picture();
    assert!(picture.contains("‹ row 1 ›, as you say") && picture.contains("cannot be read yet"), "{picture}");
    desk.keys("u").rest();
    assert!(desk.picture().contains("‹ row 2 ›; above: `Staff on 3 April`"), "{}", desk.picture());
    insta::assert_snapshot!("said_by_hand_140x40", desk.picture());
    desk.press(KeyCode::PageDown).rest().rest();
    write_to(&mut desk, "~/result");
    assert!(desk.toast().starts_with("Wrote 4 files"), "{}\n{}", desk.toast(), desk.picture());
    let home = desk.behind.home.path();
    let kept = fs::read_to_string(home.join("result/columns.toml")).unwrap();
    for line in ["head_rows = []", "dates = [\"source.day-first\"]", "statuses = [\"source.Garden leave=active\"]"] {
        assert!(kept.contains(line), "{kept}");
    }
    let said = ["--dates", "source.day-first", "--status", "source.Garden leave=active"];
    let (code, words) = command(home, "employees.csv", "users.csv", &said);
    assert!(code == 0 && words.contains("birth date: day first, as said"), "{words}");
    for name in FOUR {
        assert_eq!(
            fs::read(home.join("result").join(name)).unwrap(),
            fs::read(home.join("by-command").join(name)).unwrap()
        );
    }
}

#[test]
fn s_bx09_command_and_console_write_the_same_bytes() {
    for (people, more) in [(300, &[][..]), (60, &["--xlsx"][..])] {
        let mut desk = generated(people);
        desk.press(KeyCode::PageDown).rest();
        desk.keys("o");
        if !more.is_empty() {
            desk.press(KeyCode::Tab);
        }
        desk.press(KeyCode::Enter).rest();
        assert!(desk.toast().starts_with("Wrote 4 files"), "{}\n{}", desk.toast(), desk.picture());
        let home = desk.behind.home.path();
        let (code, said) = command(home, "source.csv", "destination.csv", more);
        assert!(matches!(code, 0 | 3), "{said}");
        let read = |folder: &str| {
            let mut files: Vec<_> = fs::read_dir(home.join(folder)).unwrap().map(|one| one.unwrap().path()).collect();
            files.sort();
            files
                .into_iter()
                .map(|path| (path.file_name().unwrap().to_owned(), fs::read(path).unwrap()))
                .collect::<Vec<_>>()
        };
        let (by_console, by_command) = (read("result"), read("by-command"));
        assert_eq!(by_console.len(), 5);
        for (console, command) in by_console.iter().zip(&by_command) {
            // A workbook says when it was made.
            let same = console.1 == command.1 || console.0.to_string_lossy().ends_with("xlsx");
            assert!(console.0 == command.0 && (same || console.0 == "columns.toml"), "{:?}", console.0);
        }
        if more.is_empty() {
            assert_eq!(by_console, by_command, "what is kept of an unruled result is the same, too");
        }
    }
}

/// Reads one case both ways; false where the command refuses it.
fn is_read_alike(reports: &Path, folder: &Path) -> bool {
    let book = folder.join("source.xlsx");
    let source = if book.exists() { book } else { folder.join("source.csv") };
    let own = folder.join("dest.csv");
    let destination = if own.exists() { own } else { reports.join("dest.csv") };
    let out = tempfile::tempdir().unwrap();
    let today = Some(onroll::ports::clock::day_in(SystemClock.now(), "UTC"));
    let arguments = MatchArguments {
        source: source.clone(),
        destination: destination.clone(),
        out: out.path().join("out"),
        threshold: 0.99,
        new_below: 0.02,
        today,
        choices: Default::default(),
        xlsx: false,
    };
    let asked = Asked { source, destination: Some(destination), choices: Default::default(), today };
    let look = columns::look(asked);
    let report = match run_match(&arguments, &mut |_| {}) {
        Ok(report) => report.to_json(),
        Err(error) => {
            assert!(!look.is_ready(), "{}: the command refuses it: {error}", folder.display());
            return false;
        }
    };
    for (side, by_command) in look.sides.iter().zip(report["read"].as_array().unwrap()) {
        let mut by_command = by_command.clone();
        by_command.as_object_mut().unwrap().remove("file");
        assert_eq!(side.reading.as_ref().unwrap().to_json(), by_command, "{}", folder.display());
        let fills = side.fills.as_ref().unwrap();
        let people = side.people().unwrap();
        assert!(fills.rows >= people && !side.first().is_empty(), "{}", folder.display());
    }
    true
}

#[test]
fn s_bx09_the_columns_page_reads_what_the_command_reads() {
    let reports = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/people_files/reports");
    let entries = fs::read_dir(&reports).unwrap().map(|entry| entry.unwrap().path());
    let folders: Vec<_> = entries.filter(|path| path.is_dir()).collect();
    let read = folders.par_iter().filter(|folder| is_read_alike(&reports, folder)).count();
    assert!(read > 30, "{read} cases were compared");
}

#[test]
fn s_bx09_what_is_said_of_columns_is_a_choice_of_the_reader() {
    let mut desk = story_at_columns((140, 40));
    let say = |desk: &mut Desk<Product>, down: usize| {
        desk.keys("g");
        for _ in 0..down {
            desk.press(KeyCode::Down);
        }
    };
    let row_of =
        |desk: &Desk<Product>, words: &str| desk.picture().lines().position(|line| line.contains(words)).unwrap();
    // Rows of the list begin below the heads of its columns.
    let first = 5;
    let crew = row_of(&desk, "Crew") - first;
    say(&mut desk, crew);
    desk.press(KeyCode::Enter).keys("department").press(KeyCode::Enter).rest();
    assert!(
        desk.picture().lines().any(|line| line.contains("department") && line.contains("Crew")),
        "{}",
        desk.picture()
    );
    let birth = row_of(&desk, "birth date") - first;
    say(&mut desk, birth);
    desk.press(KeyCode::Delete).rest();
    assert!(
        desk.picture().lines().any(|line| line.contains("birth date") && line.contains("(none)")),
        "{}",
        desk.picture()
    );
    assert!(desk.picture().contains("changed by hand: 2"), "{}", desk.picture());
    desk.keys("u").rest();
    assert!(
        desk.picture().lines().any(|line| line.contains("birth date") && line.contains("DOB")),
        "{}",
        desk.picture()
    );
    desk.press(KeyCode::PageDown).rest();
    desk.keys("o").press(KeyCode::Enter).rest();
    let kept = fs::read_to_string(desk.behind.file("aldergate/result/columns.toml")).unwrap();
    assert!(kept.contains("columns = [\"source.department=Crew\"]"), "{kept}");
    // Said on the command line, the same comes out.
    let home = desk.behind.file("aldergate");
    let more = ["--columns", "source.department=Crew"];
    command(&home, "planday_employees.csv", "flow_users.csv", &more);
    for name in FOUR {
        let [console, command] = ["result", "by-command"].map(|folder| fs::read(home.join(folder).join(name)).unwrap());
        assert_eq!(console, command, "{name}");
    }
}

#[test]
fn s_bx09_a_list_that_nothing_tells_apart_can_be_told_by_hand() {
    let product = Product::new();
    product
        .write("a.csv", "Forename,Surname,Shoe,Born\nAnn,Ito,7,1990-04-03\nBo,Li,8,1991-05-06\nCy,Ost,9,1992-06-07\n");
    product.write("b.csv", "id,first_name,last_name,date_of_birth\n1,Ann,Ito,1990-04-03\n2,Bo,Li,1991-05-06\n");
    let mut desk = open((100, 30), product);
    name_files(&mut desk, "~/a.csv", "~/b.csv");
    desk.press(KeyCode::PageDown).rest();
    assert!(desk.picture().contains("(missing)"), "{}", desk.picture());
    desk.press(KeyCode::PageDown).rest();
    assert!(desk.picture().contains("‹ 2 Columns ›"), "nothing runs: {}", desk.picture());
    // The cursor stands where something has to be said.
    desk.press(KeyCode::Enter).keys("Shoe").press(KeyCode::Enter).rest();
    assert!(desk.picture().contains("3 people"), "{}", desk.picture());
    desk.press(KeyCode::PageDown).rest();
    assert!(desk.picture().contains("‹ 4 Result ›"), "{}\n{}", desk.picture(), desk.toast());
}

#[test]
fn s_bx09_dates_that_read_both_ways_are_asked_for() {
    let product = Product::new();
    product.write("a.csv", "id,first_name,last_name,dob\n1,Ann,Ito,03/04/1990\n2,Bo,Li,05/06/1991\n");
    product.write("b.csv", "id,first_name,last_name\n1,Ann,Ito\n2,Bo,Li\n");
    let mut desk = open((100, 30), product);
    name_files(&mut desk, "~/a.csv", "~/b.csv");
    desk.press(KeyCode::PageDown).rest();
    assert!(desk.picture().contains("day and month cannot be told apart"), "{}", desk.picture());
    desk.press(KeyCode::Right).rest();
    assert!(desk.picture().contains("‹ day first ›") && desk.picture().contains("3 Apr 1990"), "{}", desk.picture());
    desk.press(KeyCode::Right).rest();
    assert!(desk.picture().contains("‹ month first ›") && desk.picture().contains("4 Mar 1990"), "{}", desk.picture());
}

#[test]
fn s_bx09_a_file_that_changes_or_goes_between_columns_and_match_is_not_matched() {
    let mut desk = story_at_columns((100, 30));
    let users = desk.behind.file("aldergate/flow_users.csv");
    fs::write(&users, USERS.replace("Tobias", "Tobi")).unwrap();
    desk.press(KeyCode::PageDown).rest();
    assert!(
        desk.picture().contains("‹ 2 Columns ›") && desk.toast().contains("A file has changed"),
        "{}",
        desk.picture()
    );
    // The columns were read anew: now they are those of the file.
    desk.press(KeyCode::Esc).rest();
    fs::remove_file(&users).unwrap();
    desk.press(KeyCode::PageDown).rest();
    assert!(desk.toast().contains("A file is gone"), "{}", desk.toast());
    desk.press(KeyCode::Esc);
    assert!(desk.picture().contains("there is no such file"), "{}", desk.picture());
    assert!(desk.picture().contains("‹ 2 Columns ›"), "{}", desk.picture());
    assert!(!desk.behind.file("aldergate/result").exists(), "nothing is made before it is written");
}

#[test]
fn s_bx09_esc_stops_a_match_and_nothing_is_kept_of_it() {
    let mut desk = story_at_columns((100, 30));
    desk.behind.holds_matches = true;
    desk.press(KeyCode::PageDown).rest();
    assert!(desk.picture().contains("‹ 3 Match ›"), "{}", desk.picture());
    assert!(desk.model.deadline().is_some());
    desk.press(KeyCode::Esc).rest();
    assert!(desk.picture().contains("‹ 2 Columns ›"), "{}", desk.picture());
    // The match that was told to stop ends without a result, and an answer that comes late is not heard.
    let held = desk.behind.held.pop().unwrap();
    let answer = desk.behind.done(held).unwrap();
    assert!(format!("{answer:?}").contains("Stopped"), "{answer:?}");
    let slot = onroll::console::app::RequestSlot { owner: onroll::console::app::Owner::Screen(1), name: "match" };
    desk.send(Msg::Done(slot, answer)).rest();
    assert!(desk.picture().contains("‹ 2 Columns ›"), "{}", desk.picture());
    // The next one is heard.
    desk.behind.holds_matches = false;
    desk.press(KeyCode::PageDown).rest();
    assert!(desk.picture().contains("‹ 4 Result ›"), "{}", desk.picture());
}

#[test]
fn s_bx09_a_folder_that_takes_no_files_leaves_everything_as_it_was() {
    let mut desk = story_at_result((100, 30));
    desk.behind.write("aldergate/taken", "a file");
    write_to(&mut desk, "~/aldergate/taken");
    assert!(desk.toast().contains("the result was not written"), "{}", desk.toast());
    assert_eq!(fs::read_to_string(desk.behind.file("aldergate/taken")).unwrap(), "a file");
    desk.press(KeyCode::Esc);
    write_to(&mut desk, "/proc/onroll/result");
    assert!(desk.toast().contains("the result was not written"), "{}", desk.toast());
    desk.press(KeyCode::Esc);
    write_to(&mut desk, "~/aldergate/result");
    assert!(desk.toast().starts_with("Wrote 4 files"), "{}", desk.toast());
}

#[test]
fn s_bx09_a_user_has_one_employee() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        fs::write(folder.path().join(name), text).unwrap();
        folder.path().join(name)
    };
    // One id on two people, and two employees who may each be the only user.
    let source = file(
        "a.csv",
        "id,first_name,last_name,date_of_birth,email\n1,Ann,Ito,1990-04-03,a@x.example\n1,Bea,Ost,1980-01-09,\n\
         2,Ann,Ito,1990-04-03,a2@x.example\n3,Carl,Ude,1975-07-07,c@x.example\n",
    );
    let users =
        "id,first_name,last_name,date_of_birth,email\n9,Ann,Ito,1990-04-03,\n8,Carl,Ude,1975-07-07,c@x.example\n";
    let destination = file("b.csv", users);
    let pair = Pair { source, destination, threshold: 0.99, new_below: 0.02, today: None, choices: Default::default() };
    let desk_of = || {
        let files = [&pair.source, &pair.destination].map(|path| KeptFile::of(path).unwrap());
        match_files::Desk::new(pair.clone(), files, match_files::compare(&pair, &mut |_| {}).unwrap())
    };
    let desk = desk_of();
    let employees = desk.summary().counts.employees;
    let user = 0;
    let claims = |row: &usize| desk.card(*row).unwrap().choices.iter().any(|choice| choice.user.row == user);
    let both: Vec<usize> = (0..employees).filter(claims).collect();
    assert!(both.len() >= 2, "both Anns may be the user: {both:?}");
    let add_up = |desk: &match_files::Desk| {
        let counts = desk.summary().counts;
        assert_eq!(counts.link + counts.ask + counts.risk + counts.new + counts.left_out, counts.employees);
        let listed: usize = Kind::ALL.iter().map(|kind| desk.lines(&Part::all(*kind), 0, 99).0.len()).sum();
        assert_eq!(listed, counts.employees - counts.left_out);
    };
    desk.rule(both[0], Ruling::Link(user), "rosa").unwrap();
    add_up(&desk);
    let refused = desk.rule(both[1], Ruling::Link(user), "rosa").unwrap_err();
    assert!(matches!(&refused, NotRuled::Taken { user, .. } if user == "9"), "{refused}");
    // Once the first is somebody else, the user is free; and the way back goes in the same order.
    desk.rule(both[0], Ruling::New, "rosa").unwrap();
    desk.rule(both[1], Ruling::Link(user), "rosa").unwrap();
    add_up(&desk);
    let out = folder.path().join("out");
    desk.write(&out, false, &jiff::tz::TimeZone::UTC).unwrap();
    let links = lines(&out.join("links.csv"));
    assert_eq!(links.iter().filter(|line| line.split(',').nth(1) == Some("9")).count(), 1, "{links:?}");
    // What was kept is ruled again, whatever the order, and the id that stands twice is told apart.
    let again = desk_of();
    let kept = Kept::read(&out).unwrap();
    assert_eq!(again.continue_with(&kept.rulings), 0, "{:?}", kept.rulings);
    assert_eq!(again.summary().counts, desk.summary().counts);
    for _ in 0..3 {
        assert!(desk.undo().is_some());
        add_up(&desk);
    }
    assert!(desk.undo().is_none());
    assert_eq!(desk.summary().counts, desk_of().summary().counts);
}

#[test]
fn s_bx09_a_ruling_needs_a_card_that_was_seen() {
    let mut desk = story_at_result((100, 30));
    desk.press(KeyCode::Enter).press(KeyCode::Enter);
    assert!(desk.toast().starts_with("too quick"), "{}", desk.toast());
    let ruled = |desk: &Desk<Product>| desk.commands.iter().filter(|one| format!("{one:?}").contains("Rule {")).count();
    assert_eq!(ruled(&desk), 0);
    desk.rest().press(KeyCode::Enter).press(KeyCode::Enter).press(KeyCode::Enter);
    assert_eq!(ruled(&desk), 1, "holding Enter rules one");
    // What was ruled and stands in no file is not given up unasked.
    desk.rest().press(KeyCode::Esc).press(KeyCode::Esc);
    assert!(desk.picture().contains("Give up 1 ruling?"), "{}", desk.picture());
}

#[test]
fn s_bx09_a_result_that_was_edited_by_hand_is_told() {
    let mut desk = story_at_result((100, 30));
    write_to(&mut desk, "~/aldergate/result");
    let links = desk.behind.file("aldergate/result/links.csv");
    fs::write(&links, "source_id,destination_id\n004100,5502\n").unwrap();
    let reopen = |product: Product| {
        let mut desk = open((100, 30), product);
        desk.keys("~/aldergate/result").rest();
        desk.press(KeyCode::Enter).rest();
        desk
    };
    let again = reopen(desk.behind);
    let said: Vec<String> = again.model.messages().all().map(|message| message.text.clone()).collect();
    assert!(said.iter().any(|text| text.starts_with("links.csv changed by hand")), "{said:?}");
    assert!(again.picture().contains("‹ 4 Result ›"), "{}", again.picture());
    // What is kept beside it is broken by hand: said with its line, nothing opens.
    let kept = again.behind.file("aldergate/result/columns.toml");
    let text = fs::read_to_string(&kept).unwrap();
    fs::write(&kept, text.replace("[counts]", "[counts")).unwrap();
    let broken = reopen(again.behind);
    assert!(broken.toast().contains("cannot be opened"), "{}", broken.toast());
    let problem = broken.model.messages().all().next_back().unwrap().problem.clone().unwrap();
    assert!(problem.why.contains("columns.toml: line"), "{problem:?}");
    // It is gone, as for a result of an earlier version.
    fs::remove_file(&kept).unwrap();
    let gone = reopen(broken.behind);
    assert!(gone.toast().contains("cannot be opened"), "{}", gone.toast());
    // A list has changed since: its columns are looked at before anything is compared, and the rulings go on.
    fs::write(&kept, text).unwrap();
    let source = gone.behind.file("aldergate/planday_employees.csv");
    fs::write(&source, EMPLOYEES.replace("Waiter", "Runner")).unwrap();
    let moved = reopen(gone.behind);
    assert!(moved.picture().contains("‹ 2 Columns ›"), "{}", moved.picture());
    assert!(moved.picture().contains("planday_employees.csv changed since that result"), "{}", moved.picture());
}

#[test]
fn s_bx09_files_that_are_none_are_told_in_plain_words() {
    let product = Product::new();
    product.write("empty.csv", "");
    product.write("nobody.csv", "id,first_name,last_name,email\n");
    product.write("good.csv", "id,first_name,last_name,email\n1,Ann,Ito,a@x.example\n2,Bo,Li,b@x.example\n");
    product.write("old.xlsx", "PK\u{3}\u{4}no workbook");
    fs::create_dir(product.file("folder.csv")).unwrap();
    let mut desk = open((100, 30), product);
    for (name, words) in [
        ("missing.csv", "there is no such file"),
        ("empty.csv", "the file is empty"),
        ("old.xlsx", "not an XLSX file"),
        ("folder.csv", "a folder"),
    ] {
        desk.keys("~/").keys(name).rest();
        assert!(desk.picture().contains(words), "{name}: {}", desk.picture());
        desk.press(KeyCode::PageDown).rest();
        assert!(desk.picture().contains("‹ 1 Files ›"), "{name}: {}", desk.picture());
        for _ in 0..20 {
            desk.press(KeyCode::Backspace);
        }
    }
    // Nobody on one side is an answer.
    name_files(&mut desk, "~/nobody.csv", "~/good.csv");
    desk.press(KeyCode::PageDown).rest();
    assert!(desk.picture().contains("0 people"), "{}", desk.picture());
    desk.press(KeyCode::PageDown).rest();
    assert!(desk.picture().contains("0 employees, 2 users"), "{}", desk.picture());
    desk.press(KeyCode::Enter).press(KeyCode::Down).press(KeyCode::Up).keys(".,").rest();
    write_to(&mut desk, "~/out");
    assert!(desk.toast().starts_with("Wrote 4 files"), "{}", desk.toast());
    assert!(FOUR.iter().all(|name| lines(&desk.behind.file("out").join(name)).is_empty()));
}

#[test]
fn s_bx09_one_list_is_looked_through_for_duplicates() {
    let product = Product::new();
    write_people(product.home.path(), PeopleSpec { people: 200, seed: 3, sparse: false }).unwrap();
    let text = fs::read_to_string(product.file("source.csv")).unwrap();
    let twice: String = text.lines().skip(1).take(5).map(|line| format!("X{line}\n")).collect();
    fs::write(product.file("source.csv"), format!("{text}{twice}")).unwrap();
    let mut desk = open((120, 32), product);
    desk.keys("~/source.csv").rest();
    desk.press(KeyCode::PageDown).rest();
    assert!(desk.picture().contains("‹ 2 Columns ›"), "{}", desk.picture());
    desk.press(KeyCode::PageDown).rest();
    assert!(desk.picture().contains("pairs are likely one person"), "{}", desk.picture());
    desk.keys("o").press(KeyCode::Enter).rest();
    assert!(desk.toast().starts_with("Wrote 1 file"), "{}", desk.toast());
    let home = desk.behind.home.path();
    let mut onroll = assert_cmd::Command::new(env!("CARGO_BIN_EXE_onroll"));
    let arguments = ["match", "--within", "source.csv", "--out", "by-command"];
    onroll.args(arguments).current_dir(home).env("HOME", home).assert().success();
    let [console, command] =
        ["result", "by-command"].map(|folder| fs::read(home.join(folder).join("duplicates.csv")).unwrap());
    assert_eq!(console, command);
}

#[test]
fn s_bx09_the_command_keeps_a_result_that_was_ruled_on() {
    let mut desk = story_at_result((100, 30));
    desk.press(KeyCode::Enter).rest();
    desk.keys("n").rest();
    write_to(&mut desk, "~/aldergate/by-command");
    let home = desk.behind.file("aldergate");
    let ruled = lines(&home.join("by-command/new.csv"));
    let (_, said) = command(&home, "planday_employees.csv", "flow_users.csv", &[]);
    assert!(said.contains("with rulings, is kept as by-command-"), "{said}");
    assert_eq!(lines(&home.join("by-command/new.csv")).len() + 1, ruled.len());
}

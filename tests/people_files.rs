//! People files as they come: the reports from the field, each with its right outcome, and more of their kinds, through `onroll match`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use assert_cmd::Command;
use onroll::cli::match_command::{MatchArguments, run_match};
use onroll::files::people::Choices;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

#[path = "people_files/outcomes.rs"]
mod outcomes;

use outcomes::{KINDS, REPORTS};

/// What came out.
struct Result {
    code: i32,
    /// Linked ids.
    links: Vec<(String, String)>,
    review: BTreeSet<String>,
    new: Vec<String>,
    identifiers: Vec<(String, String)>,
    said: String,
}

fn rows(path: &Path) -> Vec<Vec<String>> {
    let text = fs::read_to_string(path).unwrap();
    let text = text.strip_prefix('\u{feff}').expect("the mark that tells a spreadsheet that it is UTF-8");
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect()
}

fn command(folder: &Path, arguments: &[&str]) -> std::process::Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_onroll"));
    command.arg("match").args(arguments).current_dir(folder).env("ONROLL_WORKSPACE", folder.join("workspace"));
    command.output().unwrap()
}

fn matched(source: &Path, destination: &Path, more: &[&str]) -> Result {
    let folder = tempfile::tempdir().unwrap();
    let (source, destination) = (source.to_str().unwrap(), destination.to_str().unwrap());
    let arguments = [&["--source", source, "--destination", destination, "--out", "out"], more].concat();
    let output = command(folder.path(), &arguments);
    let out = folder.path().join("out");
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    let read = |name: &str| if out.join(name).exists() { rows(&out.join(name)) } else { Vec::new() };
    let two = |row: &Vec<String>| (row[0].clone(), row[1].clone());
    Result {
        code: output.status.code().unwrap(),
        links: read("links.csv").iter().map(two).collect(),
        review: read("review.csv").iter().map(|row| row[0].clone()).collect(),
        new: read("new.csv").iter().map(|row| row[0].clone()).collect(),
        identifiers: read("identifiers.csv").iter().map(two).collect(),
        said,
    }
}

/// Two texts against each other.
fn of_texts(source: &str, destination: &str, more: &[&str]) -> Result {
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("source.csv"), folder.path().join("dest.csv"));
    fs::write(&one, source).unwrap();
    fs::write(&two, destination).unwrap();
    matched(&one, &two, more)
}

fn reports() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/people_files/reports")
}

#[test]
fn each_report_from_the_field_comes_out_right() {
    let mut wrong = Vec::new();
    for (name, code, [links, review, new], words) in REPORTS {
        let folder = reports().join(name);
        let book = folder.join("source.xlsx");
        let source = if book.exists() { book } else { folder.join("source.csv") };
        let own = folder.join("dest.csv");
        let destination = if own.exists() { own } else { reports().join("dest.csv") };
        let result = matched(&source, &destination, &[]);
        let counts = (result.code, result.links.len(), result.review.len(), result.new.len());
        let unsaid: Vec<_> = words.iter().filter(|word| !result.said.contains(**word)).collect();
        if counts != (*code, *links, *review, *new) || !unsaid.is_empty() {
            wrong.push(format!("{name}: {counts:?}, not said: {unsaid:?}\n{}", result.said));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let folders = fs::read_dir(reports()).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_dir()).count();
    assert_eq!(folders, REPORTS.len(), "each folder has its outcome");
}

/// The same in this process, without the counts of the files: what the command answers.
fn in_process(source: &Path, destination: &Path, more: &[&str]) -> Result {
    let folder = tempfile::tempdir().unwrap();
    let mut choices = Choices::default();
    for pair in more.chunks(2) {
        match pair[0] {
            "--head-row" => choices.add_head_row(pair[1]).unwrap(),
            "--columns" => choices.add_columns(pair[1]).unwrap(),
            "--dates" => choices.add_dates(pair[1]).unwrap(),
            "--encoding" => choices.add_encoding(pair[1]).unwrap(),
            "--delimiter" => choices.add_delimiter(pair[1]).unwrap(),
            "--status" => choices.add_status(pair[1]).unwrap(),
            other => panic!("{other}"),
        }
    }
    let out = folder.path().join("out");
    let arguments = MatchArguments {
        source: source.to_owned(),
        destination: destination.to_owned(),
        out: out.clone(),
        threshold: 0.99,
        new_below: 0.02,
        today: Some(jiff::civil::date(2026, 11, 24)),
        choices,
        xlsx: false,
    };
    let (code, said) = match run_match(&arguments, &mut |_| {}) {
        Ok(report) => {
            let mut said = Vec::new();
            report.write_summary(&mut said).unwrap();
            (if report.has_review() || report.is_short() { 3 } else { 0 }, String::from_utf8(said).unwrap())
        }
        Err(error) => (2, error.to_string()),
    };
    let read = |name: &str| if out.join(name).exists() { rows(&out.join(name)) } else { Vec::new() };
    let two = |row: &Vec<String>| (row[0].clone(), row[1].clone());
    Result {
        code,
        links: read("links.csv").iter().map(two).collect(),
        review: read("review.csv").iter().map(|row| row[0].clone()).collect(),
        new: read("new.csv").iter().map(|row| row[0].clone()).collect(),
        identifiers: Vec::new(),
        said,
    }
}

#[test]
fn each_kind_of_file_is_read_or_says_what_is_not() {
    let kinds = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/people_files/kinds");
    let mut wrong = Vec::new();
    for (name, arguments, code, [links, review, new], words) in KINDS {
        let folder = kinds.join(name);
        let book = folder.join("source.xlsx");
        let source = if book.exists() { book } else { folder.join("source.csv") };
        let result = in_process(&source, &kinds.join("dest.csv"), arguments);
        let counts = (result.code, result.links.len(), result.review.len(), result.new.len());
        let unsaid: Vec<_> = words.iter().filter(|word| !result.said.contains(**word)).collect();
        if counts != (*code, *links, *review, *new) || !unsaid.is_empty() {
            wrong.push(format!("{name} {arguments:?}: {counts:?}, not said: {unsaid:?}\n{}", result.said));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let folders = fs::read_dir(kinds).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_dir()).count();
    let named: BTreeSet<&str> = KINDS.iter().map(|(name, ..)| *name).collect();
    assert_eq!(folders, named.len(), "each folder has its outcome");
}

#[test]
fn a_row_of_hints_is_nobody() {
    let plain = |[id, first, last, mail, born, _]: &[&str; 6]| format!("{id},{first},{last},{mail},{born}");
    let text = table("id,first_name,last_name,email,dob\nnumber,text,text,his or hers,DD.MM.YYYY", plain);
    let result = of_texts(&text, &users(), &[]);
    assert_eq!((result.code, result.links.len(), result.new.len()), (0, 10, 0), "{}", result.said);
    assert!(result.said.contains("1 row of hints (row 2)"), "{}", result.said);
}

#[test]
fn nobody_in_a_list_is_no_success() {
    let result = of_texts("id,first_name,last_name,email\n", &users(), &[]);
    assert!(result.code == 3 && result.said.contains("NOBODY stands in it"), "{}", result.said);
}

#[test]
fn the_right_ones_are_linked_and_keep_their_zeros() {
    let expected: Vec<(String, String)> =
        (0..30).map(|at| (format!("{}", 4100 + 13 * at), format!("U9{at:02}"))).collect();
    let of = |name: &str| matched(&reports().join(name).join("source.csv"), &reports().join("dest.csv"), &[]);
    for name in ["V09-personio-de", "V12-spanish", "20-month-pl", "53-two-job-rows", "V20-smartplan-dk"] {
        assert_eq!(of(name).links, expected, "{name}");
    }
    let zeros: Vec<(String, String)> = expected.iter().map(|(id, user)| (user.clone(), format!("0{id}"))).collect();
    for name in ["12-eq-quoted-id", "12b-apostrophe-id"] {
        assert_eq!(of(name).identifiers, zeros, "{name}");
    }
}

/// Ten people, as rows of a source and as the users that they are.
const PEOPLE: [[&str; 6]; 10] = [
    ["4100", "Aoife", "Dalgaard", "aoife.dalgaard@northquay.example", "1979-07-12", "Commis Chef"],
    ["4113", "Bram", "Kettleborough", "bram.kettleborough@northquay.example", "1982-09-17", "Bar Supervisor"],
    ["4126", "Carys", "Rosenvinge", "carys.rosenvinge@northquay.example", "1967-03-03", "Waiter"],
    ["4139", "Dilan", "Zielinski", "dilan.zielinski@northquay.example", "2001-11-03", "Receptionist"],
    ["4152", "Esme", "Underhay", "esme.underhay@northquay.example", "1996-02-25", "Night Porter"],
    ["4165", "Farid", "Moncrieff", "farid.moncrieff@northquay.example", "1988-12-30", "Waiter"],
    ["4178", "Gwen", "Liddington", "gwen.liddington@northquay.example", "1974-05-19", "Commis Chef"],
    ["4191", "Hamza", "Wolstenholme", "hamza.wolstenholme@northquay.example", "1987-08-06", "Bar Supervisor"],
    ["4204", "Ines", "Brathwaite", "ines.brathwaite@northquay.example", "1993-10-14", "Waiter"],
    ["4217", "Jonas", "Pennefather", "jonas.pennefather@northquay.example", "1969-04-22", "Kitchen Porter"],
];

fn users() -> String {
    let rows = PEOPLE
        .iter()
        .zip(900..)
        .map(|([_, first, last, mail, born, job], id)| format!("U{id},{first},{last},{mail},{born},{job},\n"));
    format!("id,first_name,last_name,email,date_of_birth,job_title,identifier\n{}", rows.collect::<String>())
}

fn table(heads: &str, row: impl Fn(&[&str; 6]) -> String) -> String {
    format!("{heads}\n{}", PEOPLE.iter().map(|person| row(person) + "\n").collect::<String>())
}

/// `12/07/1979`.
fn day_first(date: &str) -> String {
    date.split('-').rev().collect::<Vec<_>>().join("/")
}

#[test]
fn more_heads_of_their_kinds_are_read() {
    let plain = |[id, first, last, mail, born, job]: &[&str; 6]| {
        format!("{id};{last};{first};{mail};{};{job}", day_first(born))
    };
    for heads in [
        "Matricola;Cognome;Nome;Indirizzo e-mail;Data di nascita;Mansione",
        "Personeelsnummer;Achternaam;Voornaam;E-mailadres;Geboortedatum;Functie",
        "N.º do funcionário;Apelido;Nome;E-mail corporativo;Data de nascimento;Cargo",
        "Ansattnr.;Etternavn;Fornavn;E-post;Fødselsdato;Stilling",
        "Henkilönumero;Sukunimi;Etunimi;Sähköposti;Syntymäaika;Nimike",
        "Personal-Nr.;Name;Vorname;E-Mail (geschäftlich);Geb.-Datum;Stellenbezeichnung",
        "N° matricule;Nom de famille;Prénom;Courriel professionnel;Né(e) le;Intitulé du poste",
        "Nº empleado;Primer apellido;Nombre;Correo electrónico;Fecha de nacimiento;Puesto de trabajo",
        "Nr ewidencyjny;Nazwisko;Imię;Adres e-mail;Data urodzenia;Stanowisko",
        "Anställningsnr;Efternamn;Tilltalsnamn;E-postadress;Födelsedatum;Befattning",
        "Emp. No.;Surname / Family name;Forename(s);Work e-mail address (required);DOB (dd/mm/yyyy);Position",
        "HR Employee Number;Employee Last Name;Employee First Name;Email [work];Birth Date;Current Job Title",
    ] {
        let result = of_texts(&table(heads, plain), &users(), &[]);
        assert_eq!((result.code, result.links.len()), (0, 10), "{heads}\n{}", result.said);
        assert!(!result.said.contains("columns not read"), "{heads}\n{}", result.said);
    }
}

#[test]
fn what_nobody_could_read_is_never_all_new() {
    let plain = |[id, first, last, mail, ..]: &[&str; 6]| format!("{id},{first},{last},{mail}");
    // Names under heads that nobody knows: refused, with the way out.
    let strange = table("id,Zzz,Yyy,email", plain);
    let refused = of_texts(&strange, &users(), &[]);
    assert_eq!(refused.code, 2);
    assert!(refused.said.contains("no column of names was read") && refused.said.contains("`Zzz`"), "{}", refused.said);
    let said = of_texts(&strange, &users(), &["--columns", "first_name=Zzz,last_name=Yyy"]);
    assert_eq!((said.code, said.links.len()), (0, 10), "{}", said.said);
    // A head that is in neither file.
    let missing = of_texts(&strange, &users(), &["--columns", "first_name=Zzz,last_name=Xxx"]);
    assert!(missing.code == 2 && missing.said.contains("no file has a column `Xxx`"), "{}", missing.said);
    // A row that a stray comma has moved: the others are read, and it is said.
    let torn = table("id,first_name,last_name,email", plain).replace("Bram,", "Br,am,");
    let result = of_texts(&torn, &users(), &[]);
    assert_eq!((result.code, result.links.len(), result.new.len()), (3, 9, 0));
    assert!(result.said.contains("NOT READ: row 3 with more cells"), "{}", result.said);
    let result = of_texts(&users().replace("identifier", "notes"), &torn, &[]);
    assert_eq!((result.code, result.new.len()), (3, 1), "the user of the tenth was not read: {}", result.said);
    // Nothing but an id.
    let bare = table("id,first_name,last_name,email", plain) + "4999,,,\n";
    let result = of_texts(&bare, &users(), &[]);
    assert_eq!((result.code, result.links.len(), result.new.len()), (3, 10, 0), "{}", result.said);
    // Somebody without a key is asked about, and never in the list for the destination to load.
    let keyless = table("first_name,last_name,email,dob", |[_, first, last, mail, born, _]| {
        format!("{first},{last},{},{born}", if *first == "Bram" { "" } else { mail })
    });
    let result = of_texts(&keyless, &users(), &[]);
    assert_eq!((result.code, result.links.len(), result.review.len()), (3, 9, 1), "{}", result.said);
    assert!(result.said.contains("NO ID: row 3") && result.review.contains("row 3"), "{}", result.said);
}

#[test]
fn every_row_that_is_left_out_is_named() {
    let mut text = String::from("Staff of Northquay, 28 November 2026\n\n");
    text.push_str("id,first_name,last_name,email\nRequired,Required,Required,Optional\n");
    for (at, [id, first, last, mail, ..]) in PEOPLE.iter().enumerate() {
        text.push_str(&format!("{id},{first},{last},{mail}\n"));
        if at == 4 {
            text.push_str("id,first_name,last_name,email\n,,,\n");
        }
    }
    text.push_str("---,---,---,---\nTotal employees: 10,,,\nPrinted on 28 November 2026,,,\n");
    let result = of_texts(&text, &users(), &[]);
    assert_eq!((result.code, result.links.len()), (0, 10), "{}", result.said);
    for words in [
        "10 people in 19 rows",
        "the heads stand in row 3",
        "2 blank rows",
        "1 repeated head row (row 10)",
        "1 row of hints (row 4)",
        "3 totals or notes (rows 17, 18, 19)",
    ] {
        assert!(result.said.contains(words), "{words}\n{}", result.said);
    }
}

#[test]
fn dates_that_nothing_tells_are_asked_about_and_said_by_hand() {
    let open = |[id, first, last, ..]: &[&str; 6]| format!("{id},{first},{last},03/04/1990");
    let text = table("id,first_name,last_name,dob", open);
    let asked = of_texts(&text, &users(), &[]);
    assert!(
        asked.code == 2 && asked.said.contains("row 2, column dob") && asked.said.contains("--dates"),
        "{}",
        asked.said
    );
    for (order, words) in [("day-first", "birth date: day first, as said"), ("month-first", "month first, as said")] {
        let result = of_texts(&text, &users(), &["--dates", order]);
        assert!(result.code != 2 && result.said.contains(words), "{}", result.said);
    }
    // The head says it, or another column.
    let hinted = of_texts(&text.replace("dob", "dob (MM/DD/YYYY)"), &users(), &[]);
    assert!(hinted.said.contains("birth date: month first, as its head says"), "{}", hinted.said);
    let beside = table("id,first_name,last_name,dob,hire date", |[id, first, last, ..]| {
        format!("{id},{first},{last},03/04/1990,25/12/2020")
    });
    let beside = of_texts(&beside, "id,name\n1,Nobody Here\n", &[]);
    assert!(beside.said.contains("birth date: day first, told by the column `hire date`"), "{}", beside.said);
    // One date that no calendar has stops nobody.
    let slip = table("id,first_name,last_name,email,dob", |[id, first, last, mail, born, _]| {
        format!("{id},{first},{last},{mail},{}", if *first == "Bram" { "1982-02-31" } else { born })
    });
    let result = of_texts(&slip, &users(), &[]);
    assert_eq!((result.code, result.links.len()), (0, 10), "{}", result.said);
    assert!(result.said.contains("birth date: no date that a calendar has in row 3"), "{}", result.said);
}

#[test]
fn words_of_a_status_are_said_by_hand() {
    let row = |[id, first, last, mail, ..]: &[&str; 6]| {
        let status = if *first == "Bram" { "Garden leave" } else { "Aktiv" };
        format!("{id},{first},{last},{mail},{status}")
    };
    let text = table("id,first_name,last_name,email,status", row);
    let held = of_texts(&text, &users(), &[]);
    assert_eq!((held.code, held.links.len(), held.review.len()), (3, 9, 1), "{}", held.said);
    let said = of_texts(&text, &users(), &["--status", "garden leave=active"]);
    assert_eq!((said.code, said.links.len()), (0, 10), "{}", said.said);
    let unread = of_texts(&text, &users(), &["--columns", "status="]);
    assert_eq!((unread.code, unread.links.len()), (0, 10), "{}", unread.said);
    // Without a user: never new.
    let starter = text + "9110,Zed,Moor,zed.moor@northquay.example,Starter\n9111,Kai,Brandt,k@northquay.example,Left\n";
    let result = of_texts(&starter, &users(), &[]);
    assert_eq!((result.review.len(), result.new.len()), (2, 0), "{}", result.said);
    // Of a user it is asked about too.
    let of_user = users().replace("identifier\n", "account status\n").replace("Waiter,\n", "Waiter,On hold\n");
    let result = of_texts(
        &table("id,first_name,last_name,email", |[id, first, last, mail, ..]| format!("{id},{first},{last},{mail}")),
        &of_user,
        &[],
    );
    assert_eq!((result.code, result.links.len(), result.review.len()), (3, 7, 3), "{}", result.said);
}

#[test]
fn one_id_on_two_people_links_neither() {
    let text = table("id,first_name,last_name,email", |[id, first, last, mail, ..]| {
        format!("{},{first},{last},{mail}", if *first == "Bram" { "4100" } else { id })
    });
    let result = of_texts(&text, &users(), &[]);
    assert_eq!((result.code, result.links.len()), (3, 8), "{}", result.said);
    assert!(result.said.contains("1 id stands on people who are not one (2 rows)"), "{}", result.said);
    // The same in the destination.
    let result = of_texts(
        &table("id,first_name,last_name,email", |[id, first, last, mail, ..]| format!("{id},{first},{last},{mail}")),
        &users().replace("U901", "U900"),
        &[],
    );
    assert_eq!((result.code, result.links.len()), (3, 8), "{}", result.said);
}

#[test]
fn a_sheet_is_chosen_by_hand_and_leavers_are_known_by_their_sheet() {
    let folder = tempfile::tempdir().unwrap();
    let mut book = rust_xlsxwriter::Workbook::new();
    for (name, from, to) in [("Employees", 0, 8), ("Leavers", 8, 10), ("Copy of 2024", 0, 2)] {
        let sheet = book.add_worksheet();
        sheet.set_name(name).unwrap();
        for (at, head) in (0..).zip(["Employee ID", "First name", "Last name", "E-mail"]) {
            sheet.write(0, at, head).unwrap();
        }
        for (row, person) in (1..).zip(&PEOPLE[from..to]) {
            for (at, cell) in (0..).zip(&person[..4]) {
                sheet.write(row, at, *cell).unwrap();
            }
        }
        sheet.set_hidden(name.starts_with("Copy"));
    }
    let source = folder.path().join("people.xlsx");
    book.save(&source).unwrap();
    let destination = folder.path().join("dest.csv");
    fs::write(&destination, users()).unwrap();
    let all = matched(&source, &destination, &[]);
    assert_eq!((all.code, all.links.len()), (0, 10), "{}", all.said);
    for words in [
        "`Employees` 8, `Leavers` 2",
        "sheet `Leavers` are read as ones who have left",
        "`Copy of 2024` not read (3 rows)",
    ] {
        assert!(all.said.contains(words), "{words}\n{}", all.said);
    }
    let one = matched(&source, &destination, &["--sheet", "employees"]);
    assert_eq!((one.code, one.links.len()), (0, 8), "{}", one.said);
    assert!(one.said.contains("sheet `Leavers` not read (3 rows): --sheet names another one"), "{}", one.said);
    let none = matched(&source, &destination, &["--sheet", "Staff"]);
    assert!(none.code == 2 && none.said.contains("no file has a sheet `Staff`"), "{}", none.said);
}

#[test]
fn the_result_is_text_for_every_spreadsheet() {
    let folder = tempfile::tempdir().unwrap();
    let text =
        table("id,first_name,last_name,email", |[id, first, last, mail, ..]| format!("00{id},{first},{last},{mail}"));
    fs::write(folder.path().join("source.csv"), text).unwrap();
    fs::write(folder.path().join("dest.csv"), users()).unwrap();
    let arguments = ["--source", "source.csv", "--destination", "dest.csv", "--out", "out", "--xlsx", "--json"];
    let output = command(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let links = onroll::files::sheet::read(&folder.path().join("out/links.xlsx")).unwrap();
    assert_eq!(links.rows[0].1[..2], ["004100", "U900"]);
    assert!(!folder.path().join("out/links.csv").exists());
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let read = &report["read"][0];
    assert_eq!((read["people"].as_u64(), read["rows"].as_u64()), (Some(10), Some(11)), "{report}");
    assert_eq!(read["columns"][0]["field"], "id");
}

#[test]
fn the_simulators_read_the_same_columns() {
    let fields = onroll::domain::field::Field::STANDARD;
    let keys: Vec<&str> = fields.into_iter().map(|field| field.key()).filter(|key| *key != "access_profile").collect();
    let value = |key: &str| match key {
        key if key.contains("date") => "2001-02-03".to_owned(),
        "status" => "active".to_owned(),
        key => format!("{key}@x.example"),
    };
    let cells: Vec<String> = keys.iter().map(|key| value(key)).collect();
    let text = format!("id,{}\n7,{}\n", keys.join(","), cells.join(","));
    let world = onroll::sandbox::World::from_csv(&text, "id\n", None).unwrap();
    let simulated = &world.companies[0].people[0];
    let (people, reading) = onroll::files::people::records::parse(text.as_bytes()).unwrap();
    assert!(reading.unread.is_empty(), "{reading:?}");
    let read = &people[0];
    assert_eq!((simulated.id.as_str(), read.id.as_str()), ("7", "7"));
    let pairs = [
        (&simulated.first_name, read.person.first_name.as_deref()),
        (&simulated.last_name, read.person.last_name.as_deref()),
        (&simulated.known_as, read.person.known_as.as_deref()),
        (&simulated.email, read.person.email.as_deref()),
        (&simulated.job_title, read.person.job_title.as_deref()),
        (&simulated.branch, read.person.branch.as_deref()),
        (&simulated.department, read.person.department.as_deref()),
        (&simulated.phone, read.person.phone.as_deref()),
        (&simulated.address, read.person.address.as_deref()),
        (&simulated.postcode, read.person.postcode.as_deref()),
        (&simulated.manager_id, read.manager_id.as_ref().map(|id| id.as_str())),
        (&simulated.identifier, read.identifier.as_ref().map(|id| id.as_str())),
    ];
    for (simulated, read) in pairs {
        assert_eq!(Some(simulated.as_str()), read);
    }
    let dates = [
        (&simulated.date_of_birth, read.person.date_of_birth),
        (&simulated.start_date, read.person.start_date),
        (&simulated.end_date, read.person.end_date),
    ];
    for (simulated, read) in dates {
        assert_eq!(Some(simulated.clone()), read.map(|day| day.to_string()));
    }
}

//! Files that have no end, unpack to gigabytes, or have a cell in the last place: named, in no time, with little memory.

use crate::common::{Desk, employee, user_of, world};
use assert_cmd::Command;
use serde_json::json;
use std::fs;
use std::io::{Cursor, Write};
use std::path::Path;
use std::time::Duration;
use zip::write::{SimpleFileOptions, ZipWriter};

const REFERENCE: &str = r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/KIND" Target="TARGET"/></Relationships>"#;

/// A workbook whose one sheet has these rows.
fn xlsx(rows: &[u8]) -> Vec<u8> {
    let refer = |kind: &str, target: &str| REFERENCE.replace("KIND", kind).replace("TARGET", target).into_bytes();
    let book = br#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="A" sheetId="1" r:id="r1"/></sheets></workbook>"#;
    let mut sheet =
        br#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>"#
            .to_vec();
    sheet.extend_from_slice(rows);
    sheet.extend_from_slice(b"</sheetData></worksheet>");
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in [
        (
            "[Content_Types].xml",
            br#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>"#.to_vec(),
        ),
        ("_rels/.rels", refer("officeDocument", "xl/workbook.xml")),
        ("xl/workbook.xml", book.to_vec()),
        ("xl/_rels/workbook.xml.rels", refer("worksheet", "worksheets/sheet1.xml")),
        ("xl/worksheets/sheet1.xml", sheet),
    ] {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(&bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn row(number: u32, cells: &[(&str, &str)]) -> String {
    let cells: String = cells
        .iter()
        .map(|(place, text)| format!(r#"<c r="{place}" t="inlineStr"><is><t>{text}</t></is></c>"#))
        .collect();
    format!(r#"<row r="{number}">{cells}</row>"#)
}

fn far_cell(heads: [&str; 2], first: [&str; 2]) -> Vec<u8> {
    let rows = [
        row(1, &[("A1", heads[0]), ("B1", heads[1])]),
        row(2, &[("A2", first[0]), ("B2", first[1])]),
        row(1_048_576, &[("XFD1048576", "x")]),
    ];
    xlsx(rows.concat().as_bytes())
}

fn onroll(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_onroll"));
    command.current_dir(folder).env("ONROLL_WORKSPACE", folder.join("workspace")).env("HOME", folder);
    command.timeout(Duration::from_secs(60));
    command
}

/// Exit code, and what was said on standard error.
fn matched(folder: &Path, destination: &str) -> (Option<i32>, String) {
    let arguments = ["match", "--source", "good.csv", "--destination", destination, "--out", "out"];
    let output = onroll(folder).args(arguments).output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn two_exports_are_matched_or_refused_whatever_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| fs::write(folder.path().join(name), bytes).unwrap();
    put("good.csv", b"id,first_name,last_name\n1,Ann,Smith\n2,Bob,Jones\n");
    put("far.xlsx", &far_cell(["id", "last_name"], ["7", "Smith"]));
    let (code, said) = matched(folder.path(), "far.xlsx");
    assert!(matches!(code, Some(0 | 3)), "{code:?} {said}");
    // A text of 100 MB in a file of 100 KB.
    let text = vec![b'x'; 100 << 20];
    let bomb =
        xlsx(&[b"<row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>", text.as_slice(), b"</t></is></c></row>"].concat());
    assert!(bomb.len() < 1 << 20);
    put("bomb.xlsx", &bomb);
    put("old.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 and more");
    put("cut.xlsx", &far_cell(["id", "last_name"], ["7", "Smith"])[..600]);
    put("quote.csv", &[b"id,first_name\n1,\"".as_slice(), &vec![b'x'; 3 << 20]].concat());
    fs::create_dir(folder.path().join("folder.csv")).unwrap();
    for (name, says) in [
        ("bomb.xlsx", "a text of it is longer than a cell can be"),
        ("old.xls", "old Excel file (.xls)"),
        ("cut.xlsx", "not an XLSX file, or it is damaged"),
        ("quote.csv", "row 2"),
        ("folder.csv", "it is a folder"),
        ("/dev/zero", "it is a device"),
        ("/dev/urandom", "it is a device"),
        ("none.csv", "No such file"),
    ] {
        let (code, said) = matched(folder.path(), name);
        assert_eq!(code, Some(2), "{name}: {said}");
        assert!(said.contains(says) && said.contains(name), "{name}: {said}");
        assert!(said.len() < 2_000, "{name}: {said}");
    }
}

#[test]
fn a_pipe_is_read_like_a_file_and_given_up_when_nobody_writes() {
    let folder = tempfile::tempdir().unwrap();
    let people = "id,first_name,last_name\n1,Ann,Smith\n";
    fs::write(folder.path().join("good.csv"), people).unwrap();
    let pipe = folder.path().join("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).unwrap();
    let writer = std::thread::spawn(move || fs::write(pipe, people));
    let (code, said) = matched(folder.path(), "pipe");
    assert!(matches!(code, Some(0 | 3)), "{code:?} {said}");
    writer.join().unwrap().unwrap();
    let (code, said) = matched(folder.path(), "pipe");
    assert_eq!(code, Some(2));
    assert!(said.contains("nothing came for 10 seconds"), "{said}");
}

#[test]
fn settings_and_credentials_have_an_end() {
    let folder = tempfile::tempdir().unwrap();
    let said = |arguments: &[&str]| {
        let output = onroll(folder.path()).args(arguments).output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    for (arguments, what) in [
        (&["tenant", "add", "/dev/zero"][..], "/dev/zero"),
        (&["--config", "/dev/zero", "tenant", "list"], "/dev/zero"),
        (&["sandbox", "--world", "/dev/zero"], "/dev/zero"),
    ] {
        let (code, text) = said(arguments);
        assert_eq!(code, Some(2), "{arguments:?}: {text}");
        assert!(text.contains(what) && text.contains("it is a device"), "{text}");
    }
    fs::write(folder.path().join("big.toml"), vec![b'#'; (16 << 20) + 1]).unwrap();
    let (code, text) = said(&["tenant", "add", "big.toml"]);
    assert_eq!(code, Some(2));
    assert!(text.contains("larger than the 16 MB"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mapping_table_and_a_credential_are_bounded_too() {
    let people = vec![employee(1, "Ana", "Lima", json!({}))];
    let desk = Desk::preview_only(world(people, vec![user_of(1, "Ana", "Lima", json!({}))])).await;
    desk.plan().await;
    let folder = desk.workspace.dir.clone();
    fs::write(folder.join("far.xlsx"), far_cell(["value", "target"], ["Waiter", "Bartender"])).unwrap();
    let short_name = desk.short_name.clone();
    let run = |arguments: &[&str], stdin: Option<Vec<u8>>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_onroll"));
        command.timeout(Duration::from_secs(60)).arg("--workspace").arg(&folder).args(arguments);
        if let Some(bytes) = stdin {
            command.write_stdin(bytes);
        }
        let output = command.output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let far = folder.join("far.xlsx");
    let (code, said) = run(&["mapping", "import", &short_name, "job-title", far.to_str().unwrap()], None);
    assert_eq!(code, Some(0), "{said}");
    let tables = desk.store().tables(desk.connection().await.id).await.unwrap();
    assert!(tables.iter().any(|table| table.rows.contains_key("Waiter")));
    let secret = ["connection", "secret", &short_name, "source", "refresh_token"];
    let (code, said) = run(&secret, Some(vec![b'x'; (1 << 20) + 1]));
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("larger than the 1 MB"), "{said}");
    let (code, said) = run(&secret, Some(vec![0xff, 0xfe]));
    assert!(code == Some(2) && said.contains("not text"), "{said}");
}

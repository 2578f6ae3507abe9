//! The console as plain lines: what a screen reader and a pipe get.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use assert_cmd::Command;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

#[test]
fn keys_by_name_answer_with_lines_without_decoration() {
    let home = tempfile::tempdir().unwrap();
    let mut onroll = Command::cargo_bin("onroll").unwrap();
    onroll.env_clear().env("HOME", home.path()).env("LANG", "C.UTF-8");
    onroll.args(["--plain", "--workspace"]).arg(home.path().join("ws"));
    let run = onroll.write_stdin("?\nesc\nwrong-key\nq\n").assert().success();
    let text = String::from_utf8(run.get_output().stdout.clone()).unwrap();
    assert!(text.contains("▸ n  add a tenant"), "{text}");
    assert!(text.contains("Help: Tenants"), "{text}");
    assert!(text.contains("`wrong-key` is no key"), "{text}");
    assert!(!text.contains(['\u{1b}', '─', '│', '┌']), "{text}");
}

/// The demo as somebody hears it: a line of keys, then what is new.
struct Reader {
    child: Child,
    keys: ChildStdin,
    lines: BufReader<ChildStdout>,
    _home: tempfile::TempDir,
}

impl Reader {
    fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut onroll = std::process::Command::new(assert_cmd::cargo::cargo_bin("onroll"));
        onroll.env_clear().env("HOME", home.path()).env("LANG", "C.UTF-8");
        onroll.args(["demo", "--people", "40", "--plain"]);
        let mut child = onroll.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let (keys, lines) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, keys, lines, _home: home }
    }

    /// What is told next.
    fn hear(&mut self) -> String {
        let mut told = String::new();
        loop {
            let mut line = String::new();
            assert!(self.lines.read_line(&mut line).unwrap() > 0, "it ended after\n{told}");
            if line == "--\n" {
                return told;
            }
            let is_cut = line.replace(" …", "").contains('…');
            assert!(!is_cut && !line.contains(['\u{1b}', '─', '│', '┌', '█', '░']), "decoration or a cut word: {line}");
            told.push_str(&line);
        }
    }

    #[track_caller]
    fn press(&mut self, keys: &str, wanted: &str) -> String {
        writeln!(self.keys, "{keys}").unwrap();
        let told = self.hear();
        assert!(told.contains(wanted), "after `{keys}` no `{wanted}` in\n{told}");
        told
    }

    /// Repeats a line until it is told what is waited for.
    #[track_caller]
    fn until(&mut self, keys: &str, wanted: impl Fn(&str) -> bool) -> String {
        let mut told = String::new();
        for _ in 0..600 {
            writeln!(self.keys, "{keys}").unwrap();
            told = self.hear();
            if wanted(&told) {
                return told;
            }
        }
        panic!("`{keys}` leads only to\n{told}");
    }
}

#[test]
fn s_bx16_the_tour_by_lines_alone() {
    let mut reader = Reader::start();
    let first = reader.hear();
    assert!(first.contains("Harbour & Vine") && first.contains("Sakura Lane 桜小路"), "{first}");
    // Until every company has been read once.
    while !reader
        .until("screen", |_| true)
        .lines()
        .filter(|line| line.contains('→'))
        .all(|line| !line.contains("never"))
    {
        reader.until("wait", |_| true);
    }
    reader.press("/", "Enter keep the filter");
    reader.press("type harb", "1 of 9");
    reader.press("enter", "▸");
    reader.press("enter", "Onroll › Harbour & Vine");
    let mappings = reader.press("2", "Mappings");
    assert!(!mappings.contains("Set-up  "), "the screen before is not told again: {mappings}");
    let next = reader.press("down", "▸");
    assert!(next.lines().count() < mappings.lines().count(), "only what is new: {next}");
    reader.press("4", "card 1 of");
    reader.press("esc", "Review");
    reader.press("5", "What it does");
    reader.press("?", "Help: Plan");
    reader.press("esc", "Onroll › Harbour & Vine");
    reader.press("1", "Mapping tables");
    reader.press("t", "stay held");
    reader.press("down t", "stay held");
    reader.press("!", "Cancel");
    reader.until("y", |told| told.contains("SANDBOX"));
    reader.press("5", "asks for the typed number");
    let page = reader.press("!", "type  harbour-vine ");
    let number = page.split("type  harbour-vine ").nth(1).unwrap().split_whitespace().next().unwrap();
    reader.press(&format!("type harbour-vine {number}"), "! sends it now");
    reader.press("enter", "▸");
    reader.press("!", "Run");
    reader.press("7", "Runs");
    reader.until("wait", |told| told.lines().any(|line| line.starts_with("▸") && line.contains("done")));
    reader.press("8", "Feed log");
    writeln!(reader.keys, "q").unwrap();
    assert_eq!(reader.child.wait().unwrap().code(), Some(0));
}

//! BX16: the tour of somebody who sees one line, that of the terminal's own cursor, as a braille line shows it.

use super::Terminal;
use std::time::Duration;

/// Presses keys and waits until the cursor's line is as wanted.
#[track_caller]
fn read(terminal: &mut Terminal, keys: &str, what: &str, wanted: impl Fn(&str) -> bool) -> String {
    terminal.press(keys);
    terminal.until(what, |terminal| !terminal.screen.screen().hide_cursor() && wanted(&terminal.line()));
    terminal.line()
}

/// Waits until nothing is drawn for a moment.
fn quiet(terminal: &mut Terminal) {
    while let Ok(bytes) = terminal.output.recv_timeout(Duration::from_millis(200)) {
        terminal.screen.process(&bytes);
    }
}

/// Says yes to the box on the screen, which is deaf for its first 300 ms.
fn yes(terminal: &mut Terminal) {
    for _ in 0..40 {
        terminal.press("y");
        quiet(terminal);
        if !terminal.line().contains("Cancel") {
            return;
        }
    }
    panic!("the box stays: {}", terminal.line());
}

#[test]
fn s_bx16_the_tour_by_a_script_that_reads_the_cursors_line_alone() {
    let mut terminal = Terminal::start(140, 40, &["demo", "--people", "40"], &[]);
    let t = &mut terminal;
    // Tenants: the filter is typed in the line that is read, then the row says who it is and what it needs.
    read(t, "", "a company and its state", |line| line.contains("Copper Kettle"));
    read(t, "/", "the filter line", |line| line.contains('/') && line.contains("source:"));
    read(t, "harb", "the company that is found", |line| line.contains("harb"));
    read(t, "\r", "its row, with what it needs", |line| line.contains("Harbour & Vine") && line.contains("previewed"));
    read(t, "\r", "the first open step", |line| line.contains("Mapping tables"));
    // Mappings: a value, where it leads, how it stands.
    read(t, "2", "a value that is open", |line| line.contains('?') || line.contains('!') || line.contains('✗'));
    // Review: a field of the card with both sides, then everybody in a list.
    read(t, "4", "a field of both sides", |line| line.contains('=') || line.contains('~') || line.contains('≠'));
    let first = read(t, "\u{1b}", "a person in the list", |line| line.contains('%') || line.contains("nobody"));
    read(t, "j", "the next person", |line| *line != first);
    // Plan, and back to what is left before it can go live.
    read(t, "5", "what the plan does", |line| line.contains("create") || line.contains("link"));
    read(t, "1", "the open step", |line| line.contains("Mapping tables"));
    read(t, "t", "its people stay held", |line| line.contains("stay held"));
    read(t, "j", "the next step", |line| line.contains("People"));
    read(t, "t", "those as well", |line| line.contains("stay held"));
    quiet(t);
    read(t, "!", "the question", |line| line.contains("Cancel"));
    yes(t);
    // A first import: the line in which the number is typed says what to type.
    read(t, "5", "what the plan does", |line| line.contains("create") || line.contains("link"));
    quiet(t);
    let asked = read(t, "!", "what to type", |line| line.contains("type harbour-vine "));
    let words = asked.split("type ").nth(1).unwrap().split(';').next().unwrap().trim().to_owned();
    for letter in words.chars() {
        t.press(&letter.to_string());
    }
    read(t, "", "that it may be sent", |line| line.contains(&words) && line.contains("! sends it now"));
    t.press("\r");
    t.press("!");
    quiet(t);
    // History: the newest run, from running to done.
    read(t, "7", "the run is done", |line| line.contains("✓") && line.contains("done"));
    read(t, "8", "a line of the feed", |line| line.contains(':'));
    read(t, "?", "help", |line| !line.trim().is_empty());
    t.press("\u{1b}");
    quiet(t);
    assert_eq!(terminal.quit(), 0);
}

#[test]
fn s_bx16_in_every_frame_the_cursor_stands_on_words() {
    let mut terminal = Terminal::start(80, 24, &["demo", "--people", "20"], &[]);
    terminal.until("the companies are prepared", |terminal| {
        terminal.text().contains("previewed") || terminal.text().contains("to review")
    });
    for keys in [
        "g\r", "2", "\t", "3", "\r", "\u{1b}", "4", "5", "\t", "6", "7", "8", "9", "\t", "?", "\u{1b}", ":", "\u{1b}",
        "m",
    ] {
        terminal.press(keys);
        quiet(&mut terminal);
        let screen = terminal.screen.screen();
        let (row, column) = screen.cursor_position();
        assert!(!screen.hide_cursor(), "after {keys:?} there is no cursor\n{}", terminal.text());
        let line = terminal.line();
        assert!(
            line.chars().any(char::is_alphanumeric),
            "after {keys:?} at {row}, {column}: `{line}`\n{}",
            terminal.text()
        );
    }
}

//! The real binary in a pseudo-terminal, driven by keys: from the demo's first frame to a supervised first import.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![cfg(unix)]

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};
use tempfile::TempDir;

#[path = "pty/reader.rs"]
mod reader;
#[path = "pty/troubles.rs"]
mod troubles;
#[path = "pty/waves.rs"]
mod waves;

/// How long a picture may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

struct Terminal {
    screen: vt100::Parser,
    output: Receiver<Vec<u8>>,
    keys: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    master: Box<dyn MasterPty + Send>,
    _home: TempDir,
}

impl Terminal {
    fn start(columns: u16, rows: u16, arguments: &[&str], variables: &[(&str, &str)]) -> Terminal {
        let home = tempfile::tempdir().unwrap();
        let size = PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 };
        let pair = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_onroll"));
        command.args(arguments);
        command.env_clear();
        for (name, value) in [("HOME", home.path().to_str().unwrap()), ("TERM", "xterm-256color"), ("LANG", "C.UTF-8")]
        {
            command.env(name, value);
        }
        for (name, value) in variables {
            command.env(name, value);
        }
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 8192];
            while let Ok(read @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        let (rows, columns) = (NonZeroU16::new(rows).unwrap(), NonZeroU16::new(columns).unwrap());
        Terminal {
            screen: vt100::Parser::new(rows, columns, 0),
            output,
            keys: pair.master.take_writer().unwrap(),
            child,
            master: pair.master,
            _home: home,
        }
    }

    fn resize(&mut self, columns: u16, rows: u16) {
        let (lines, cells) = (NonZeroU16::new(rows).unwrap(), NonZeroU16::new(columns).unwrap());
        self.screen.screen_mut().set_size(lines, cells);
        self.master.resize(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }).unwrap();
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
        self.keys.flush().unwrap();
    }

    fn text(&self) -> String {
        self.screen.screen().contents()
    }

    /// The row in which the terminal's cursor stands: all that a braille line shows.
    fn line(&self) -> String {
        let screen = self.screen.screen();
        let (row, _) = screen.cursor_position();
        screen.rows(0, screen.size().1.get()).nth(usize::from(row)).unwrap_or_default()
    }

    /// Reads until the picture is as wanted.
    #[track_caller]
    fn wait(&mut self, what: &str, wanted: impl Fn(&str) -> bool) {
        self.until(what, |terminal| wanted(&terminal.text()));
    }

    /// Reads until it is as wanted.
    #[track_caller]
    fn until(&mut self, what: &str, wanted: impl Fn(&Terminal) -> bool) {
        #[expect(clippy::disallowed_methods, reason = "a test's patience is measured in real time")]
        let end = Instant::now() + PATIENCE;
        while !wanted(self) {
            #[expect(clippy::disallowed_methods, reason = "a test's patience is measured in real time")]
            let left = end.saturating_duration_since(Instant::now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => self.screen.process(&bytes),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("never seen: {what}\n{}", self.text())
                }
            }
        }
    }

    #[track_caller]
    fn see(&mut self, text: &str) {
        self.wait(text, |screen| screen.contains(text));
    }

    fn quit(mut self) -> u32 {
        self.press("q");
        loop {
            match self.output.recv_timeout(PATIENCE) {
                Ok(bytes) => self.screen.process(&bytes),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it goes on\n{}", self.text()),
            }
        }
        let status = self.child.wait().unwrap();
        status.exit_code()
    }
}

#[test]
fn an_empty_workspace_says_what_to_do_first() {
    let mut terminal = Terminal::start(80, 24, &[], &[]);
    terminal.see("add a tenant");
    terminal.see("each exactly once");
    assert_eq!(terminal.quit(), 0);
}

#[test]
fn the_demo_leads_from_tenants_to_every_tab_in_80_columns() {
    let mut terminal = Terminal::start(80, 24, &["demo", "--people", "40"], &[]);
    terminal.see("Harbour & Vine");
    terminal.wait("the companies are prepared", |screen| screen.contains("previewed") || screen.contains("to review"));
    terminal.press("g\r");
    terminal.see("Mapping tables");
    for (key, words) in [
        ("2", "Job titles"),
        ("3", "People"),
        ("4", "in Planday"),
        ("5", "What it does"),
        ("7", "Runs"),
        ("8", "Feed log"),
        ("9", "Sections"),
        ("1", "Set-up"),
    ] {
        terminal.press(key);
        terminal.see(words);
    }
    // The line says that a table has open values: its code first, and the keys after that.
    terminal.press("?");
    terminal.see("onroll explain unmapped_value");
    terminal.press("?");
    terminal.see("type to filter");
    terminal.press("\u{1b}");
    terminal.wait("help is closed", |screen| !screen.contains("type to filter"));
    assert_eq!(terminal.quit(), 0);
}

#[test]
fn without_colour_nothing_is_coloured() {
    let mut terminal = Terminal::start(80, 24, &["demo", "--people", "20"], &[("NO_COLOR", "1")]);
    terminal.see("Harbour & Vine");
    let screen = terminal.screen.screen();
    for row in 0..24 {
        for column in 0..80 {
            let cell = screen.cell(row, column).unwrap();
            assert_eq!(cell.fgcolor(), vt100::Color::Default);
            assert_eq!(cell.bgcolor(), vt100::Color::Default);
        }
    }
    assert_eq!(terminal.quit(), 0);
}

#[test]
fn s_bx11_an_incident_is_opened_replayed_in_the_terminals_place_and_come_back_from() {
    let workspace = tempfile::tempdir().unwrap();
    let own = workspace.path().join("own");
    let variables = [("ONROLL_WORKSPACE", own.to_str().unwrap())];
    let mut terminal = Terminal::start(80, 24, &["--screen", "incidents"], &variables);
    terminal.see("of 25");
    terminal.press("/kind:fields\r");
    terminal.see("4 of 25");
    terminal.press("g\r");
    terminal.see("Enter opens a workspace of its own");
    terminal.press("\r");
    terminal.see("Oakham Bakehouse");
    terminal.wait("the stop with its cause", |screen| {
        screen.contains("Incident: hire date")
            && screen.contains("SANDBOX")
            && screen.contains("the start date is empty")
    });
    terminal.press("q");
    terminal.see("Enter opens a workspace of its own");
    // The same company on a healthy day.
    terminal.press("j\r");
    terminal.wait("nothing is stopped", |screen| screen.contains("a healthy day") && screen.contains("4 changed"));
    terminal.press("q");
    terminal.see("onroll demo --incident hire-date --healthy");
    assert_eq!(terminal.quit(), 0);
    let kept =
        onroll::store::Store::open(&own.join("onroll.db"), std::sync::Arc::new(onroll::ports::clock::SystemClock));
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let tenants = runtime.block_on(async { kept.unwrap().connections().await.unwrap() });
    assert!(tenants.is_empty(), "nothing of the operator's own workspace is touched");
}

#[test]
fn a_key_that_comes_with_a_new_size_of_the_window_is_heard() {
    let mut terminal = Terminal::start(80, 24, &[], &[]);
    terminal.see("add a tenant");
    for turn in 0..16 {
        terminal.resize(90 + turn, 30);
        terminal.press("?");
        terminal.see("Help: Tenants");
        // A key alone, and one with another size.
        if turn % 2 == 0 {
            terminal.resize(80, 24 + turn);
        }
        terminal.press("\u{1b}");
        // What is being drawn anew has no help either; and a key that comes with an Esc is another one.
        terminal
            .wait("the help is closed", |screen| !screen.contains("Help: Tenants") && screen.contains("add a tenant"));
    }
    assert_eq!(terminal.quit(), 0);
}

#[test]
fn a_tiny_terminal_gets_one_clear_line() {
    let mut terminal = Terminal::start(20, 5, &[], &[]);
    terminal.see("Onroll needs 60x16");
    assert_eq!(terminal.quit(), 0);
}

#[test]
fn a_first_import_is_published_confirmed_and_watched_by_keys_alone() {
    let pager = [("PAGER", r#"sh -c 'cat "$0"; echo "--- $(stat -c %a "$0") $0"; read line'"#)];
    let mut terminal = Terminal::start(140, 40, &["demo", "--people", "40"], &pager);
    to_a_published_plan(&mut terminal);
    terminal.press("!");
    terminal.wait("the number to type is shown", |screen| typed_words(screen).is_some());
    let words = typed_words(&terminal.text()).unwrap();
    for letter in words.chars() {
        terminal.press(&letter.to_string());
    }
    // Enter ends the typing; only `!` sends.
    terminal.press("\r");
    terminal.press("!");
    terminal.wait("the run is done", |screen| screen.contains("confirmed") && screen.contains("written"));
    terminal.press("7");
    terminal.see("Runs");
    // What was said for a line of it, and both sides in the pager: twice, the second time left by Ctrl-C.
    terminal.wait("the run has ended", |screen| screen.contains("last 2 runs") && screen.contains(" done"));
    // The cursor stays on the preview, which was the first.
    terminal.press("g");
    terminal.press("\r");
    terminal.wait("the lines are there", |screen| screen.contains("+ ") && screen.contains("create  job title"));
    // The list that has the keys is the first one; the news that the run has ended may come in between.
    press_until(&mut terminal, "\t", "━ Changed");
    press_until(&mut terminal, "c", "What was said");
    terminal
        .wait("what was said is shown", |screen| screen.contains("authorization") && screen.contains("Basic ********"));
    let of_first = terminal.text().contains("201 Created") || terminal.text().contains("200 OK");
    assert!(of_first, "{}", terminal.text());
    let file = |screen: &str| screen.lines().rfind(|line| line.starts_with("--- 600 ")).map(str::to_owned);
    let mut before = None;
    for leave in ["\r", "\u{3}"] {
        terminal.press("e");
        // The pager before has left its picture behind.
        terminal.wait("the pager has the terminal", |screen| file(screen).is_some_and(|file| Some(file) != before));
        before = file(&terminal.text());
        assert!(terminal.text().contains("Basic ********"), "{}", terminal.text());
        terminal.press(leave);
        terminal.wait("the console is back", |screen| {
            screen.contains("History") && screen.contains("open both in the pager")
        });
        let path = before.as_deref().and_then(|line| line.strip_prefix("--- 600 ")).unwrap();
        assert!(!std::path::Path::new(path).exists(), "{path} is left");
    }
    assert_eq!(terminal.quit(), 0);
}

/// From the demo's first frame to the plan of a company that is published.
fn to_a_published_plan(terminal: &mut Terminal) {
    terminal.see("Harbour & Vine");
    terminal.wait("it has been previewed", |screen| screen.matches("previewed").count() >= 9);
    // A company in trouble stands above it.
    terminal.press("/harb\r");
    terminal.see("1 of 9");
    terminal.press("\r");
    terminal.see("of 8 done");
    // Leave held what is open, then publish.
    terminal.press("t");
    terminal.wait("the first is set aside", |screen| screen.matches("they stay held").count() == 1);
    terminal.press("j");
    terminal.press("t");
    terminal.wait("the second is set aside", |screen| screen.matches("they stay held").count() == 2);
    terminal.wait("publishing is open", |screen| screen.contains("! publish") && !screen.contains(" first)"));
    terminal.press("!");
    terminal.see("Cancel");
    // The box is deaf for its first 300 ms, so the answer is given until it is taken.
    answer(terminal, "y", "SANDBOX");
    terminal.press("5");
    terminal.see("asks for the typed number");
}

/// Presses a key until it was taken: what it is about may not have been read yet.
fn press_until(terminal: &mut Terminal, key: &str, then: &str) {
    for _ in 0..40 {
        terminal.press(key);
        while let Ok(bytes) = terminal.output.recv_timeout(Duration::from_millis(500)) {
            terminal.screen.process(&bytes);
        }
        if terminal.text().contains(then) {
            return;
        }
    }
    terminal.see(then);
}

fn answer(terminal: &mut Terminal, key: &str, then: &str) {
    for _ in 0..40 {
        terminal.press(key);
        // Until it is quiet for a moment: so the tries are spread over more than the deaf time.
        while let Ok(bytes) = terminal.output.recv_timeout(Duration::from_millis(200)) {
            terminal.screen.process(&bytes);
        }
        if !terminal.text().contains("Cancel") {
            break;
        }
    }
    terminal.see(then);
}

/// `harbour-vine 34`, as the page asks for it.
fn typed_words(screen: &str) -> Option<String> {
    let at = screen.find("harbour-vine ")?;
    let words: String = screen[at..].chars().take_while(|c| !matches!(c, '\n')).collect();
    let mut parts = words.split_whitespace();
    let (name, number) = (parts.next()?, parts.next()?);
    number.chars().all(|c| c.is_ascii_digit()).then(|| format!("{name} {number}"))
}

#[test]
fn the_demo_never_opens_the_workspace_that_the_environment_names() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("own");
    let variables = [("ONROLL_WORKSPACE", own.to_str().unwrap())];
    let mut terminal = Terminal::start(80, 24, &["demo", "--people", "20"], &variables);
    terminal.see("Copper Kettle");
    assert_eq!(terminal.quit(), 0);
    assert!(!own.exists(), "invented tenants stand among the operator's own");
}

//! The console as plain lines, for screen readers and pipes: the same screens, drawn out of sight and written line by line
//! without rules, colours and cursor movement, and keys by name from standard input.

use super::host::Host;
use super::{Backend, Clock, Console, Idle, Inputs, News, Settings};
use crate::console::app::ExitCode;
use crate::console::keys::bindings::parse_key;
use crate::console::term::input::InputEvent;
use crate::domain::inert;
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::buffer::{Buffer, Cell};
use std::io::{self, BufRead, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Cells of the screen that is drawn out of sight: wide enough for the full tables, high enough for their panes.
const SIZE: (u16, u16) = (120, 44);
/// Something that moves by itself (a live run) is not waited for longer than this.
const PATIENCE: Duration = Duration::from_secs(2);
/// Longest line of keys that is read, in bytes.
const LINE_MAX: u64 = 64 << 10;
/// Cells of a run of rule characters from which it is decoration and not text.
const RULE: usize = 3;

/// Draws into memory and keeps the newest picture.
struct PlainHost {
    terminal: Terminal<TestBackend>,
    picture: Arc<Mutex<Vec<String>>>,
}

impl Host for PlainHost {
    type Screen = TestBackend;

    fn terminal(&mut self) -> &mut Terminal<TestBackend> {
        &mut self.terminal
    }

    fn begin_frame(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn end_frame(&mut self) -> io::Result<()> {
        *self.picture.lock().unwrap_or_else(PoisonError::into_inner) = lines(self.terminal.backend().buffer());
        Ok(())
    }

    fn copy(&mut self, _text: &str) -> io::Result<()> {
        Ok(())
    }

    fn mouse(&mut self, _on: bool) -> io::Result<()> {
        Ok(())
    }

    async fn suspend(&mut self) -> io::Result<bool> {
        Ok(false)
    }

    fn enter_again(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn restore(&mut self) {}
}

/// The rows of a picture that say something, without the rules between them. Where a box lies over the screen it asks first:
/// then only the box and the two rows at the foot are told.
fn lines(buffer: &Buffer) -> Vec<String> {
    let width = usize::from(buffer.area.width.max(1));
    let rows: Vec<&[Cell]> = buffer.content.chunks(width).collect();
    let foot = rows.len().saturating_sub(2);
    let told: Vec<String> = match box_over(&rows) {
        Some((top, bottom, left, right)) => {
            let body = rows.iter().enumerate().filter(|(y, _)| (top..=bottom).contains(y) && *y < foot);
            let inside = body.filter_map(|(_, row)| row.get(left..=right)).map(words);
            inside.chain(rows.iter().skip(foot).map(|row| words(row))).collect()
        }
        None => rows.iter().map(|row| words(row)).collect(),
    };
    told.into_iter().filter(|line| !line.is_empty()).collect()
}

/// Top, bottom, left and right of the box that was drawn last, if there is one: a box always means that it asks first.
fn box_over(rows: &[&[Cell]]) -> Option<(usize, usize, usize, usize)> {
    let column = |row: &[Cell], sign: &str| row.iter().position(|cell| cell.symbol() == sign);
    let (top, row, left) = rows.iter().enumerate().rev().find_map(|(y, row)| Some((y, row, column(row, "┌")?)))?;
    let right = left + column(row.get(left..)?, "┐")?;
    let is_corner = |row: &&[Cell]| row.get(left).is_some_and(|cell| cell.symbol() == "└");
    let bottom = top + rows.iter().skip(top).position(is_corner)?;
    Some((top, bottom, left, right))
}

fn words(cells: &[Cell]) -> String {
    let mut text = String::new();
    let mut skip = 0;
    for cell in cells {
        // A wide character fills the cell behind it too.
        if skip == 0 {
            text.push_str(cell.symbol());
            skip = unicode_width::UnicodeWidthStr::width(cell.symbol()).max(1);
        }
        skip -= 1;
    }
    without_rules(&text)
}

/// A row in words: rules and corners are blanks, and blanks between words are at most two.
fn without_rules(row: &str) -> String {
    let rule = |c: char| matches!(c, '─' | '━');
    let edge = |c: char| matches!(c, '│' | '┊' | '┌' | '┐' | '└' | '┘' | '├' | '┤');
    let mut text = String::new();
    let mut characters = row.chars().peekable();
    while let Some(first) = characters.next() {
        if edge(first) {
            text.push_str("  ");
            continue;
        }
        if !rule(first) {
            text.push(first);
            continue;
        }
        let mut count = 1;
        while characters.next_if(|next| rule(*next)).is_some() {
            count += 1;
        }
        // A lone sign may be a value; at the start of a row it is the beginning of a title.
        if count >= RULE || text.trim().is_empty() {
            text.push_str("  ")
        } else {
            text.extend([first].iter().cycle().take(count))
        }
    }
    let parts: Vec<&str> = text.split("  ").map(str::trim).filter(|part| !part.is_empty()).collect();
    parts.join("  ")
}

/// The keys of one line: names with blanks between them (`4 down enter`, `ctrl-s`); behind `type ` text as it is; nothing is
/// Enter.
///
/// # Errors
/// The word that is no key.
fn keys(line: &str) -> Result<Vec<KeyEvent>, String> {
    if let Some(text) = line.strip_prefix("type ") {
        return Ok(text.chars().map(|c| KeyEvent::new(KeyCode::Char(c), KeyModifiers::NONE)).collect());
    }
    if line.trim().is_empty() {
        return Ok(vec![KeyEvent::new(KeyCode::Enter, KeyModifiers::NONE)]);
    }
    line.split_whitespace()
        .map(|word| parse_key(word).map(|key| -> KeyEvent { key.into() }).map_err(|_| word.to_owned()))
        .collect()
}

/// Runs the console until its input ends or it is left.
///
/// # Errors
/// When the lines cannot be written.
pub async fn run(
    settings: Settings,
    backend: Arc<dyn Backend>,
    news: News,
    clock: impl Clock,
    out: &mut (impl Write + Send),
) -> io::Result<ExitCode> {
    let picture = Arc::new(Mutex::new(Vec::new()));
    let terminal = Terminal::new(TestBackend::new(SIZE.0, SIZE.1)).map_err(io::Error::other)?;
    let host = PlainHost { terminal, picture: Arc::clone(&picture) };
    let (sender, input) = mpsc::channel(256);
    let signals = super::signals::listen()?;
    let inputs = Inputs { input, control: news.control, feed: news.feed, signals };
    let (console, idle) = Console::new(host, settings, backend, clock);
    tokio::select! {
        exit = console.run(inputs) => Ok(exit),
        ended = drive(sender, idle, &picture, out) => ended.map(|()| ExitCode::Done),
    }
}

/// Writes a picture, reads a line, sends its keys, and again.
async fn drive(
    sender: mpsc::Sender<InputEvent>,
    mut idle: Idle,
    picture: &Mutex<Vec<String>>,
    out: &mut (impl Write + Send),
) -> io::Result<()> {
    let (line_sender, mut from_stdin) = mpsc::channel::<String>(16);
    std::thread::Builder::new().name("plain-input".to_owned()).spawn(move || {
        let mut stdin = io::stdin().lock();
        loop {
            let mut line = Vec::new();
            let read = (&mut stdin).take(LINE_MAX).read_until(b'\n', &mut line);
            // The end, an error, or a line that has none: nothing more can be typed.
            if !matches!(read, Ok(1..)) || (line.len() as u64 == LINE_MAX && !line.ends_with(b"\n")) {
                return;
            }
            let text = String::from_utf8_lossy(&line);
            if line_sender.blocking_send(text.trim_end_matches(['\r', '\n']).to_owned()).is_err() {
                return;
            }
        }
    })?;
    let mut sent = 0;
    loop {
        // What moves by itself is shown as it is then.
        let _ = tokio::time::timeout(PATIENCE, idle.settle(sent)).await;
        let shown = picture.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for line in shown {
            writeln!(out, "{line}")?;
        }
        writeln!(out, "--")?;
        out.flush()?;
        let Some(line) = from_stdin.recv().await else { return Ok(()) };
        match keys(&line) {
            Ok(keys) => {
                for key in keys {
                    sent += 1;
                    if sender.send(InputEvent::Event(Event::Key(key), Instant::now())).await.is_err() {
                        return Ok(());
                    }
                    // Each key is answered before the next, as for somebody who types.
                    let _ = tokio::time::timeout(PATIENCE, idle.settle(sent)).await;
                }
            }
            Err(word) => {
                let word = inert::escaped(&word);
                writeln!(out, "`{word}` is no key; keys are named as in docs/keys.md, text goes behind `type `")?
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_box_is_told_instead_of_what_lies_under_it() {
        let buffer = Buffer::with_lines([
            "Onroll › Tenants",
            "one ┌─ Help ┐ two",
            "six │ esc   │ ten",
            "far └───────┘ off",
            "now",
            "q leave",
        ]);
        assert_eq!(lines(&buffer), ["Help", "esc", "now", "q leave"]);
        assert_eq!(lines(&Buffer::with_lines(["桜 小路 │ a", "━━━━"])), ["桜 小路  a"]);
    }

    #[test]
    fn rules_are_decoration_and_words_stay() {
        assert_eq!(without_rules("━ Tenants ━━━━━━━━━━ 2 need you ━"), "Tenants  2 need you ━");
        assert_eq!(without_rules("─━━━━──────"), "");
        assert_eq!(without_rules("  a   b │ c  ┊  ██  "), "a  b  c  ██");
        assert_eq!(without_rules("┌─ Help ─────┐"), "Help");
    }

    #[test]
    fn a_line_is_keys_or_text() {
        assert_eq!(keys("4 down enter").unwrap().len(), 3);
        assert_eq!(keys("").unwrap()[0].code, KeyCode::Enter);
        assert_eq!(keys("type a b").unwrap().len(), 3);
        assert_eq!(keys("nonsense-key").unwrap_err(), "nonsense-key");
    }
}

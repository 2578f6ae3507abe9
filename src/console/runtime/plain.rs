//! The console as plain lines, for screen readers and pipes: the same screens, drawn out of sight and written line by line
//! pane after pane, whole words without rules, bars and colours; after a key only what is new. Keys come by name from standard input.

use super::host::Host;
use super::{Backend, Clock, Console, Idle, Inputs, News, Settings};
use crate::console::app::ExitCode;
use crate::console::keys::bindings::parse_key;
use crate::console::term::glyphs;
use crate::console::term::input::InputEvent;
use crate::console::widgets::Tape;
use crate::domain::inert;
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use std::io::{self, BufRead, Read, Write};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

/// Cells of the screen that is drawn out of sight: wide enough for the full tables, high enough for their panes.
const SIZE: (u16, u16) = (120, 44);
/// Something that moves by itself (a live run) is not waited for longer than this.
const PATIENCE: Duration = Duration::from_secs(2);
/// Longest line of keys that is read, in bytes.
const LINE_MAX: u64 = 64 << 10;
/// The line that asks for the whole picture once more.
const AGAIN: &str = "screen";
/// The line that waits until something is new (a run that is watched).
const WAIT: &str = "wait";
/// After this it is told that nothing is.
const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Draws into memory and keeps what the newest picture says.
struct PlainHost {
    terminal: Terminal<TestBackend>,
    ascii: bool,
    picture: watch::Sender<Vec<String>>,
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

    fn tells(&self) -> bool {
        true
    }

    fn told(&mut self, tape: Tape) {
        let lines = tape.lines(SIZE.1);
        let lines = if self.ascii { lines.iter().map(|line| in_ascii(line)).collect() } else { lines };
        self.picture.send_if_modified(|shown| {
            let is_new = *shown != lines;
            *shown = lines;
            is_new
        });
    }
}

/// Our own glyphs in ASCII; names stay in their script.
fn in_ascii(line: &str) -> String {
    let glyph = |c: char| glyphs::ascii(c.encode_utf8(&mut [0; 4])).map_or_else(|| c.to_string(), str::to_owned);
    line.chars().map(glyph).collect()
}

/// What has been told, so that after a key only what is new is told: somebody listens to every line.
#[derive(Default)]
struct Told {
    /// The screen, and its picture when it was told last.
    screen: Vec<String>,
    /// The box over it.
    question: Vec<String>,
}

impl Told {
    /// The lines to tell of a picture: the whole of a screen or box that is another one than before, else the lines that are
    /// new, with the one on which the keys act.
    fn news(&mut self, now: Vec<String>) -> Vec<String> {
        let is_screen = place(&now).is_some_and(|place| place.starts_with("Onroll") || place.contains(glyphs::CRUMB));
        let out_of_box = is_screen && !self.question.is_empty();
        let before = if is_screen { &mut self.screen } else { &mut self.question };
        let news: Vec<String> = match place(before) == place(&now) {
            false => now.clone(),
            true => {
                let mut known: Vec<&String> = before.iter().collect();
                let is_new = |line: &&String| match known.iter().position(|old| old == line) {
                    Some(at) => {
                        known.swap_remove(at);
                        line.contains(glyphs::CURSOR)
                    }
                    None => true,
                };
                now.iter().filter(is_new).cloned().collect()
            }
        };
        // Silence would leave open whether the key was taken; out of a box one hears where one is.
        let here = now.first().filter(|here| news.is_empty() || (out_of_box && !news.contains(*here))).cloned();
        let news = here.into_iter().chain(news).collect();
        *before = now;
        if is_screen {
            self.question.clear();
        }
        news
    }
}

/// Where a picture is: the words at its head without state and time.
fn place(picture: &[String]) -> Option<&str> {
    picture.first()?.split("  ").next()
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
    let (picture, shown) = watch::channel(Vec::new());
    let terminal = Terminal::new(TestBackend::new(SIZE.0, SIZE.1)).map_err(io::Error::other)?;
    let host = PlainHost { terminal, ascii: settings.theme.ascii, picture };
    let (sender, input) = mpsc::channel(256);
    let signals = super::signals::listen()?;
    let inputs = Inputs { input, control: news.control, feed: news.feed, signals };
    let (console, idle) = Console::new(host, settings, backend, clock);
    tokio::select! {
        exit = console.run(inputs) => Ok(exit),
        ended = drive(sender, idle, shown, out) => ended.map(|()| ExitCode::Done),
    }
}

/// Writes what is new, reads a line, sends its keys, and again.
async fn drive(
    sender: mpsc::Sender<InputEvent>,
    mut idle: Idle,
    mut picture: watch::Receiver<Vec<String>>,
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
    let (mut sent, mut told) = (0, Told::default());
    loop {
        // What moves by itself is told as it is then.
        let _ = tokio::time::timeout(PATIENCE, idle.settle(sent)).await;
        let shown = picture.borrow_and_update().clone();
        for line in told.news(shown) {
            writeln!(out, "{line}")?;
        }
        writeln!(out, "--")?;
        out.flush()?;
        let Some(line) = from_stdin.recv().await else { return Ok(()) };
        match line.trim() {
            AGAIN => {
                told = Told::default();
                continue;
            }
            WAIT => {
                let _ = tokio::time::timeout(LONGEST_WAIT, picture.changed()).await;
                continue;
            }
            _ => {}
        }
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
                writeln!(
                    out,
                    "`{word}` is no key; keys are named as in docs/keys.md, text goes behind `type `, \
                     `{AGAIN}` tells the whole screen"
                )?
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|line| (*line).to_owned()).collect()
    }

    #[test]
    fn after_a_key_only_what_is_new_is_told_and_where_the_keys_act() {
        let mut told = Told::default();
        let first = picture(&["Onroll › Tenants  14:07", "▸ one", "two", "two", "q leave"]);
        assert_eq!(told.news(first.clone()), first);
        let moved = picture(&["Onroll › Tenants  14:07", "one", "▸ two", "two", "q leave"]);
        assert_eq!(told.news(moved.clone()), ["one", "▸ two"]);
        assert_eq!(told.news(moved.clone()), ["▸ two"]);
        // A box is told whole, and what lies under it only where it has changed meanwhile.
        assert_eq!(told.news(picture(&["Help: Tenants", "▸ esc"])), ["Help: Tenants", "▸ esc"]);
        let after = picture(&["Onroll › Tenants  14:08", "one", "▸ two", "two", "q leave"]);
        assert_eq!(told.news(after), ["Onroll › Tenants  14:08", "▸ two"]);
        told.news(picture(&["Help: Tenants", "▸ esc"]));
        let back = picture(&["Onroll › Tenants  14:08", "one", "▸ two", "two", "q leave"]);
        assert_eq!(told.news(back), ["Onroll › Tenants  14:08", "▸ two"], "out of a box one hears where one is");
        let other = picture(&["Onroll › Harbour › Plan  14:08", "▸ two", "q leave"]);
        assert_eq!(told.news(other.clone()), other);
        assert_eq!(told.news(moved.clone()), moved);
    }

    #[test]
    fn our_glyphs_are_told_in_ascii_where_the_locale_has_no_other() {
        assert_eq!(in_ascii("▸ Wójcik ≠ 桜"), "> Wójcik / 桜");
    }

    #[test]
    fn a_line_is_keys_or_text() {
        assert_eq!(keys("4 down enter").unwrap().len(), 3);
        assert_eq!(keys("").unwrap()[0].code, KeyCode::Enter);
        assert_eq!(keys("type a b").unwrap().len(), 3);
        assert_eq!(keys("nonsense-key").unwrap_err(), "nonsense-key");
    }
}

//! The real terminal host in a pseudo-terminal: modes, cursor, hang-up, suspend. The child is this test binary
//! itself, running [`pty_child`].

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use onroll::console::app::Control;
use onroll::console::runtime::{Clock, News, Settings, run};
use onroll::console::theme::Theme;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use tokio::sync::{mpsc, watch};

use crate::support::{FakeBackend, NOON, people, start};

struct Fixed;

impl Clock for Fixed {
    fn wall(&self) -> Timestamp {
        NOON.parse().unwrap()
    }
}

/// Not a test of its own: what the pseudo-terminals below run. Writes the exit code into its working directory.
#[test]
#[ignore = "the child of the other tests here"]
fn pty_child() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let code = runtime.block_on(async {
        let (control_sender, control) = mpsc::channel::<Control>(64);
        let (_feed, feed) = watch::channel(0);
        let settings = Settings { start: start(people(), (0, 0)), theme: Theme::mono(), frame_log: None };
        run(settings, Arc::new(FakeBackend::default()), News { control, control_sender, feed }, Fixed).await.unwrap()
    });
    std::fs::write("code", code.status().to_string()).unwrap();
}

struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    master: Option<Box<dyn MasterPty + Send>>,
    writer: Option<Box<dyn Write + Send>>,
    output: Receiver<Vec<u8>>,
    parser: vt100::Parser,
    raw: Vec<u8>,
}

/// A real child takes real time; nothing here waits longer than it must.
#[expect(clippy::disallowed_methods, reason = "a deadline for a child process, not part of the program")]
fn now() -> Instant {
    Instant::now()
}

const PATIENCE: Duration = Duration::from_secs(60);

impl Terminal {
    fn open(folder: &Path, shell: bool) -> Self {
        let pair =
            native_pty_system().openpty(PtySize { rows: 24, cols: 80, pixel_width: 0, pixel_height: 0 }).unwrap();
        let this = std::env::current_exe().unwrap();
        let mut command = if shell {
            let mut command = CommandBuilder::new("bash");
            command.args(["--norc", "--noprofile", "-i"]);
            command
        } else {
            let mut command = CommandBuilder::new(&this);
            command.args(["--exact", "pty::pty_child", "--ignored", "--nocapture"]);
            command
        };
        command.cwd(folder);
        command.env("PS1", "PROMPT> ");
        command.env("TERM", "xterm-256color");
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let writer = pair.master.take_writer().unwrap();
        let (sender, output) = channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                if sender.send(buffer[..count].to_vec()).is_err() {
                    return;
                }
            }
        });
        let (rows, columns) = (NonZeroU16::new(24).unwrap(), NonZeroU16::new(80).unwrap());
        let parser = vt100::Parser::new(rows, columns, 0);
        let mut terminal =
            Self { child, master: Some(pair.master), writer: Some(writer), output, parser, raw: Vec::new() };
        if shell {
            terminal.until("a prompt", |screen| screen.contents().contains("PROMPT>"));
            terminal.write(&format!("{} --exact pty::pty_child --ignored --nocapture\r", this.display()));
        }
        terminal
    }

    fn write(&mut self, text: &str) {
        let writer = self.writer.as_mut().unwrap();
        writer.write_all(text.as_bytes()).unwrap();
        writer.flush().unwrap();
    }

    fn until(&mut self, what: &str, condition: impl Fn(&vt100::Screen) -> bool) {
        let deadline = now() + PATIENCE;
        while !condition(self.parser.screen()) {
            let left = deadline.saturating_duration_since(now());
            match self.output.recv_timeout(left) {
                Ok(bytes) => {
                    self.raw.extend(&bytes);
                    self.parser.process(&bytes);
                }
                Err(error) => panic!("{what} never came ({error}):\n{}", self.parser.screen().contents()),
            }
        }
    }

    fn until_console(&mut self) {
        self.until("the console", |screen| screen.alternate_screen() && screen.contents().contains("? help"));
    }

    /// Closes every handle of the master. The reader's own closes at its next output, which a key provokes.
    fn hang_up(&mut self) {
        self.output = channel().1;
        self.write("j");
        self.writer = None;
        self.master = None;
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // A failed test leaves its own child behind otherwise.
        let _ = self.child.kill();
    }
}

fn code(folder: &Path) -> String {
    let deadline = now() + PATIENCE;
    loop {
        match std::fs::read_to_string(folder.join("code")) {
            Ok(code) if !code.is_empty() => return code,
            _ if now() > deadline => return "none".into(),
            _ => std::thread::yield_now(),
        }
    }
}

#[test]
fn q_gives_the_terminal_back_with_its_cursor() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(folder.path(), false);
    terminal.until_console();
    assert!(!terminal.parser.screen().hide_cursor(), "it stands where the keys act");
    assert_ne!(terminal.parser.screen().mouse_protocol_mode(), vt100::MouseProtocolMode::None);
    terminal.write("q");
    terminal.until("the end", |screen| !screen.alternate_screen() && !screen.hide_cursor());
    assert_eq!(terminal.parser.screen().mouse_protocol_mode(), vt100::MouseProtocolMode::None);
    assert!(!terminal.parser.screen().bracketed_paste());
    assert_eq!(code(folder.path()), "0");
    let raw = String::from_utf8_lossy(&terminal.raw).into_owned();
    assert!(!raw.contains("\u{1b}[6n"), "the cursor's place is never asked for");
    assert!(!raw.contains("\u{1b}[;m"), "mono keeps its attributes (STYLE 3.9)");
}

#[test]
fn a_terminal_that_disappears_ends_the_program_with_129() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(folder.path(), false);
    terminal.until_console();
    terminal.hang_up();
    assert_eq!(code(folder.path()), "129");
}

#[test]
fn a_resize_is_clean() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(folder.path(), false);
    terminal.until_console();
    for (rows, columns, words) in [(10, 40, "Onroll needs 60x16, this is 40x10"), (24, 80, "? help")] {
        terminal
            .master
            .as_ref()
            .unwrap()
            .resize(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 })
            .unwrap();
        let (height, width) = (NonZeroU16::new(rows).unwrap(), NonZeroU16::new(columns).unwrap());
        terminal.parser.screen_mut().set_size(height, width);
        terminal.until(words, |screen| screen.contents().contains(words));
    }
    terminal.write("q");
    assert_eq!(code(folder.path()), "0");
}

#[test]
fn without_a_shell_above_ctrl_z_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(folder.path(), false);
    terminal.until_console();
    terminal.write("\u{1a}");
    terminal.until("the words", |screen| screen.contents().contains("Not put to sleep"));
    terminal.write("q");
    assert_eq!(code(folder.path()), "0");
}

#[test]
fn ctrl_z_gives_the_shell_back_and_fg_the_console() {
    let folder = tempfile::tempdir().unwrap();
    let mut terminal = Terminal::open(folder.path(), true);
    terminal.until_console();
    terminal.write("\u{1a}");
    terminal.until("the shell", |screen| {
        !screen.alternate_screen() && !screen.hide_cursor() && screen.contents().contains("Stopped")
    });
    terminal.write("fg\r");
    terminal.until_console();
    terminal.write("q");
    assert_eq!(code(folder.path()), "0");
    terminal.until("the shell", |screen| !screen.alternate_screen());
    terminal.write("exit\r");
}

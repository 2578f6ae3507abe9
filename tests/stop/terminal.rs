//! At the terminal: the typed question, the console with a live run, a session that drops, a pipe that closes.

use crate::support::{Bench, GONE, at_source, at_writes};
use onroll::sandbox::FaultKind;
use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{BufRead, BufReader, Read, Write};
use std::num::NonZeroU16;
use std::process::Stdio;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(60);

/// The program in a pseudo-terminal.
pub struct Terminal {
    screen: vt100::Parser,
    raw: Vec<u8>,
    output: Receiver<Vec<u8>>,
    keys: Option<Box<dyn Write + Send>>,
    master: Option<Box<dyn MasterPty + Send>>,
    child: Box<dyn Child + Send + Sync>,
}

#[expect(clippy::disallowed_methods, reason = "a test's patience is measured in real time")]
fn now() -> Instant {
    Instant::now()
}

impl Terminal {
    pub fn start(bench: &Bench, arguments: &[&str]) -> Terminal {
        let (rows, columns) = (30, 120);
        let pair =
            native_pty_system().openpty(PtySize { rows, cols: columns, pixel_width: 0, pixel_height: 0 }).unwrap();
        let command = bench.command(arguments);
        let mut builder = CommandBuilder::new(command.get_program());
        builder.args(command.get_args());
        builder.env_clear();
        builder.env("TERM", "xterm-256color");
        for (name, value) in command.get_envs() {
            builder.env(name, value.unwrap());
        }
        builder.cwd(bench.home());
        let child = pair.slave.spawn_command(builder).unwrap();
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
            raw: Vec::new(),
            output,
            keys: Some(pair.master.take_writer().unwrap()),
            master: Some(pair.master),
            child,
        }
    }

    pub fn press(&mut self, keys: &str) {
        let writer = self.keys.as_mut().unwrap();
        writer.write_all(keys.as_bytes()).unwrap();
        writer.flush().unwrap();
    }

    #[track_caller]
    pub fn see(&mut self, text: &str) {
        let end = now() + PATIENCE;
        while !self.screen.screen().contents().contains(text) {
            match self.output.recv_timeout(end.saturating_duration_since(now())) {
                Ok(bytes) => self.take(&bytes),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("never seen: {text}\n{}", self.screen.screen().contents())
                }
            }
        }
    }

    fn take(&mut self, bytes: &[u8]) {
        self.raw.extend(bytes);
        self.screen.process(bytes);
    }

    /// Sends a signal; the program must be gone in time. Gives its exit code.
    #[track_caller]
    pub fn end_by(&mut self, signal: Signal) -> u32 {
        let pid = i32::try_from(self.child.process_id().unwrap()).unwrap();
        let begun = now();
        kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
        self.ends(begun)
    }

    #[track_caller]
    fn ends(&mut self, begun: Instant) -> u32 {
        let code = self.child.wait().unwrap().exit_code();
        assert!(begun.elapsed() < GONE, "gone only after {:?}", begun.elapsed());
        while let Ok(bytes) = self.output.recv_timeout(PATIENCE) {
            self.take(&bytes);
        }
        code
    }

    fn has_left_the_screen(&self) -> bool {
        let position = |text: &str| self.raw.windows(text.len()).rposition(|window| window == text.as_bytes());
        position("\u{1b}[?1049l") > position("\u{1b}[?1049h") && !self.screen.screen().hide_cursor()
    }

    /// The session drops: nobody holds the terminal any more. The reader's own handle closes at the next output, which a key
    /// provokes.
    fn drop_session(&mut self) -> Instant {
        self.output = channel().1;
        self.press("?");
        let begun = now();
        (self.keys, self.master) = (None, None);
        begun
    }
}

impl Drop for Terminal {
    /// A failed test leaves its program behind otherwise.
    fn drop(&mut self) {
        let _ = self.child.kill();
    }
}

#[test]
fn s_all13_the_typed_question_of_sync_is_left_by_a_signal_and_sends_nothing() {
    let bench = Bench::live(5);
    let mut terminal = Terminal::start(&bench, &["sync", &bench.tenant]);
    terminal.see("Type y and Enter");
    // Ctrl-C, as the terminal sends it.
    let begun = now();
    terminal.press("\u{3}");
    assert_eq!(terminal.ends(begun), 130);
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129)] {
        let mut terminal = Terminal::start(&bench, &["sync", &bench.tenant]);
        terminal.see("Type y and Enter");
        assert_eq!(terminal.end_by(signal), code);
    }
    assert_eq!(bench.writes(), 0);
    let runs = bench.run(&["--json", "runs", "list"]).json();
    assert!(runs["runs"].as_array().unwrap().iter().all(|run| run["outcome"] == "previewed"), "{runs}");
}

#[test]
fn s_all13_the_console_gives_the_terminal_back_and_interrupts_its_run() {
    let bench = Bench::live(5);
    for (signal, code) in [(Signal::INT, 130), (Signal::TERM, 143), (Signal::HUP, 129)] {
        bench.faults(vec![at_source(FaultKind::Hang).times(1)]);
        let mut terminal = Terminal::start(&bench, &["--screen", "run"]);
        terminal.see("preview again");
        terminal.press("r");
        bench.wait_for_faults();
        assert_eq!(terminal.end_by(signal), code);
        assert!(terminal.has_left_the_screen());
        let run = bench.newest_run();
        assert_eq!((run["outcome"].as_str(), run["ended"].is_null()), (Some("interrupted"), false), "{run}");
    }
}

#[test]
fn s_all13_a_session_that_drops_ends_the_console_and_interrupts_its_run() {
    let bench = Bench::live(5);
    bench.faults(vec![at_source(FaultKind::Hang).times(1)]);
    let mut terminal = Terminal::start(&bench, &["--screen", "run"]);
    terminal.see("preview again");
    terminal.press("r");
    bench.wait_for_faults();
    let begun = terminal.drop_session();
    assert_eq!(terminal.ends(begun), 129);
    assert_eq!(bench.newest_run()["outcome"], "interrupted");
}

#[test]
fn s_all13_the_plain_console_ends_by_signals_too() {
    let bench = Bench::live(2);
    let mut command = bench.command(&["--plain"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    // Waiting for the child would close its input, and the end of that ends it too.
    let _input = child.stdin.take();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "--"), "it waits for a line");
    let begun = now();
    kill_process(Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap(), Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(begun.elapsed() < GONE);
}

#[test]
fn s_all13_a_console_sees_at_once_that_the_process_of_a_run_has_died() {
    let bench = Bench::live(30);
    let mut terminal = Terminal::start(&bench, &[]);
    terminal.see(&bench.tenant_name());
    bench.faults(vec![at_writes(FaultKind::Hang)]);
    let running = bench.start_sync(30);
    terminal.see("running in another program");
    bench.wait("it writes", || bench.writes() > 0);
    terminal.press("\r6");
    terminal.see(&format!("live elsewhere: sync by rosa (process {}", running.pid()));
    running.kill();
    terminal.see("was interrupted");
    terminal.press("\u{1b}\u{1b}");
    terminal.see("was interrupted");
    assert_eq!(terminal.end_by(Signal::TERM), 143);
    running.ends();
}

#[test]
fn s_all13_a_console_pauses_and_stops_the_run_of_another_process() {
    let bench = Bench::live(30);
    bench.faults(vec![at_writes(FaultKind::Slow).seconds(1)]);
    let running = bench.start_sync(30);
    bench.wait("it writes", || bench.users().len() >= 3);
    let mut terminal = Terminal::start(&bench, &["--screen", "run"]);
    terminal.see("live elsewhere");
    terminal.press("x");
    terminal.see("pause between two writes");
    terminal.press("\r");
    terminal.see("is told to pause");
    terminal.see("paused elsewhere");
    terminal.press("x");
    terminal.see("go on");
    terminal.press("\u{1b}[B\r");
    terminal.see("has stopped; it had written");
    let ended = running.ends();
    assert_eq!((ended.code(), ended.json()["run"]["outcome"].as_str()), (1, Some("cancelled")), "{ended:?}");
    assert_eq!(bench.users().len() as u64, bench.writes());
    assert_eq!(terminal.end_by(Signal::TERM), 143);
}

#[test]
fn s_all13_a_pipe_that_closes_is_no_failure() {
    let bench = Bench::live(60);
    for arguments in [
        &["plan", &bench.tenant][..],
        &["--json", "plan", &bench.tenant],
        &["runs", "list"],
        &["tenant", "list"],
        &["logs"],
        &["completions", "bash"],
        &["man"],
        &["doctor"],
        &["--help"],
        &["mapping", "list", &bench.tenant],
        &["review", "list", &bench.tenant],
    ] {
        let mut command = bench.command(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // As `| head -0` does: nobody reads.
        drop(child.stdout.take());
        let ended = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stderr);
        assert_eq!((ended.status.code(), said.contains("panicked")), (Some(0), false), "{arguments:?}: {said}");
    }
    // A sync goes on without its reader.
    let arguments = bench.sync(60);
    let mut command = bench.command(&arguments.iter().map(String::as_str).collect::<Vec<_>>());
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop((child.stdout.take(), child.stderr.take()));
    assert_eq!((child.wait().unwrap().code(), bench.users().len()), (Some(0), 60));
}

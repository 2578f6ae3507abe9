//! One console on a terminal whose every byte is made, counted and dropped; the keys are pressed as a held key repeats.

use super::super::failed;
use super::script::Part;
use crate::cli::workspace::Workspace;
use crate::console::app::{ConsoleSettings, Moment, Start};
use crate::console::backend::Context;
use crate::console::backend::live::LiveRuns;
use crate::console::backend::product::ProductBackend;
use crate::console::keys::Bindings;
use crate::console::runtime::{Console, Host, Idle, Inputs, Settings};
use crate::console::screens::registry;
use crate::console::term::input::InputEvent;
use crate::console::theme::{Depth, Shade, Theme};
use crate::domain::problem::Problem;
use crate::launch::console::{WallClock, feed_rows};
use crate::services::runs::Supervisor;
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Time between two keys of a held key: thirty a second.
const KEY_GAP: Duration = Duration::from_millis(33);
/// A key that is not answered by then is counted as this long.
const PATIENCE: Duration = Duration::from_secs(20);

/// What one key took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Times {
    /// To the first frame after it, in microseconds.
    pub frame_us: Option<u32>,
    /// To the picture that has everything it asked for.
    pub settled_us: Option<u32>,
    /// Sent to the terminal until the console was quiet.
    pub bytes: u32,
}

/// What one part took.
pub(super) struct Measured {
    pub times: Vec<(&'static str, Times)>,
    /// What drawing one frame took, in microseconds.
    pub frames_us: Vec<u32>,
}

/// Where and how a part is run.
pub(super) struct Session<'a> {
    pub workspace: &'a Workspace,
    pub size: (u16, u16),
    pub log: &'a Path,
}

impl Session<'_> {
    pub(super) async fn run(&self, part: &Part) -> Result<Measured, Problem> {
        let workspace = self.workspace;
        let (control_sender, control) = mpsc::channel(64);
        let context = Context {
            store: workspace.store.for_screen(),
            engine: workspace.engine.clone(),
            runs: LiveRuns::new(Supervisor::default(), control_sender.clone()),
            access: workspace.access.clone(),
            sandbox: true,
            surroundings: Default::default(),
        };
        let counted = Arc::new(Counted::default());
        let host = NowhereHost::new(self.size, Arc::clone(&counted))
            .map_err(|error| failed("no picture can be made", error))?;
        let settings = Settings {
            theme: Theme::new(Depth::True, Shade::Dark, false),
            frame_log: Some(self.log.to_owned()),
            start: Start {
                console: ConsoleSettings::default(),
                bindings: Bindings::default(),
                place: part.place.clone(),
                mouse: false,
                size: self.size,
                now: Moment::default(),
                build: registry::build,
            },
        };
        let (keys, input) = mpsc::channel(256);
        let (_signals, signals) = mpsc::channel(1);
        let inputs = Inputs { input, control, feed: feed_rows(&workspace.store), signals };
        let clock = WallClock(Arc::clone(&workspace.clock));
        let (console, idle) = Console::new(host, settings, Arc::new(ProductBackend::new(context)), clock);
        let typing = tokio::spawn(type_keys(
            keys,
            idle,
            self.size,
            part.steps.iter().map(|step| step.key).collect(),
            Arc::clone(&counted),
        ));
        console.run(inputs).await;
        let bytes = typing.await.map_err(|error| failed("the keys were not pressed", error))?;
        drop(control_sender);
        let times = self.times()?;
        let labelled = part.steps.iter().zip(times).zip(bytes);
        let times = labelled.filter_map(|((step, [frame_us, settled_us]), bytes)| {
            Some((step.label?, Times { frame_us, settled_us, bytes }))
        });
        Ok(Measured { times: times.collect(), frames_us: counted.frames() })
    }

    /// Both times of every key, as the probe has written them.
    fn times(&self) -> Result<Vec<[Option<u32>; 2]>, Problem> {
        let text = std::fs::read_to_string(self.log).map_err(|error| failed("the frame times are missing", error))?;
        let summary: serde_json::Value =
            serde_json::from_str(&text).map_err(|error| failed("the frame times are not valid", error))?;
        serde_json::from_value(summary["keys_us"].clone())
            .map_err(|error| failed("the frame times are not valid", error))
    }
}

/// Presses the keys one after the other, each when the console is quiet again and the held key repeats; then leaves. Gives
/// the bytes that each has cost.
async fn type_keys(
    keys: mpsc::Sender<InputEvent>,
    mut idle: Idle,
    (columns, rows): (u16, u16),
    steps: Vec<KeyEvent>,
    counted: Arc<Counted>,
) -> Vec<u32> {
    let mut bytes = Vec::with_capacity(steps.len());
    // The console has asked the terminal that this program runs in for its size, if there is one.
    let resized = InputEvent::Event(Event::Resize(columns, rows), Instant::now());
    if keys.send(resized).await.is_err() {
        return bytes;
    }
    let mut sent = 1;
    // The console may never be quiet; then the next key is pressed all the same.
    let _ = tokio::time::timeout(PATIENCE, idle.settle(sent)).await;
    for key in steps {
        let (begun, before) = (Instant::now(), counted.bytes());
        if keys.send(InputEvent::Event(Event::Key(key), begun)).await.is_err() {
            return bytes;
        }
        sent += 1;
        let _ = tokio::time::timeout(PATIENCE, idle.settle(sent)).await;
        bytes.push(u32::try_from(counted.bytes() - before).unwrap_or(u32::MAX));
        tokio::time::sleep_until(begun + KEY_GAP).await;
    }
    let leave = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    // The console may have ended by itself.
    let _ = keys.send(InputEvent::Event(Event::Key(leave), Instant::now())).await;
    bytes
}

/// What the terminal was sent, and how long frames took to make.
#[derive(Default)]
struct Counted {
    bytes: AtomicU64,
    frames_us: Mutex<Vec<u32>>,
}

impl Counted {
    fn bytes(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    fn frames(&self) -> Vec<u32> {
        self.frames_us.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn frame(&self, time: Duration) {
        let micros = u32::try_from(time.as_micros()).unwrap_or(u32::MAX);
        self.frames_us.lock().unwrap_or_else(PoisonError::into_inner).push(micros);
    }
}

/// Counts and drops.
struct Sink(Arc<Counted>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct NowhereHost {
    terminal: Terminal<CrosstermBackend<Sink>>,
    counted: Arc<Counted>,
    begun: Instant,
}

impl NowhereHost {
    fn new(size: (u16, u16), counted: Arc<Counted>) -> io::Result<Self> {
        let options = TerminalOptions { viewport: Viewport::Fixed(Rect::new(0, 0, size.0, size.1)) };
        let backend = CrosstermBackend::new(Sink(Arc::clone(&counted)));
        Ok(Self { terminal: Terminal::with_options(backend, options)?, counted, begun: Instant::now() })
    }
}

impl Host for NowhereHost {
    type Screen = CrosstermBackend<Sink>;

    fn terminal(&mut self) -> &mut Terminal<Self::Screen> {
        &mut self.terminal
    }

    fn begin_frame(&mut self) -> io::Result<()> {
        self.begun = Instant::now();
        Ok(())
    }

    fn end_frame(&mut self) -> io::Result<()> {
        self.counted.frame(self.begun.elapsed());
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

impl std::fmt::Debug for Sink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sink")
    }
}

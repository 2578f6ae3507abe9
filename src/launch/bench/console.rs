//! From key to painted frame on a list of N people, quiet and while a run writes; and the first frame.

use super::{Scratch, failed, fill, seconds_since};
use crate::cli::config::Config;
use crate::cli::exit::Exit;
use crate::cli::output::Output;
use crate::cli::workspace::Workspace;
use crate::console::app::{Moment, Place, Start, World};
use crate::console::backend::Context;
use crate::console::backend::live::LiveRuns;
use crate::console::backend::product::ProductBackend;
use crate::console::keys::Bindings;
use crate::console::runtime::{Clock, Console, Host, Inputs, Settings};
use crate::console::screens::{ScreenId, registry};
use crate::console::term::input::InputEvent;
use crate::console::theme::{Depth, Shade, Theme};
use crate::domain::ids::ConnectionId;
use crate::domain::problem::Problem;
use crate::domain::run::{FeedLine, Level};
use crate::ports::clock::SharedClock;
use crate::store::Store;
use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use jiff::Timestamp;
use ratatui::backend::CrosstermBackend;
use ratatui::layout::Rect;
use ratatui::{Terminal, TerminalOptions, Viewport};
use serde_json::Value;
use std::io::{self, Sink};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, watch};

const SIZE: (u16, u16) = (140, 40);
/// Pressed one after the other, each when the one before has been answered.
const KEYS: usize = 1500;
/// Time between two keys: a fast typist's.
const KEY_GAP: Duration = Duration::from_millis(8);

/// Measures on a list of N people.
///
/// # Errors
/// When the workspace cannot be filled.
pub async fn run(people: usize, output: &mut Output) -> Result<Exit, Problem> {
    let scratch = Scratch::new();
    let workspace = Workspace::open_in(&scratch.0, &Config::default())?;
    let tenant = fill::fill(&workspace, people).await?;
    let id = workspace.store.connection_named(&tenant).await?.id;
    let quiet = session(&workspace, &tenant, &scratch.0.join("quiet.json")).await?;
    let writer = tokio::spawn(write_for_ever(workspace.store.clone(), id));
    let busy = session(&workspace, &tenant, &scratch.0.join("busy.json")).await?;
    writer.abort();
    for (name, (frames, first)) in [("quiet", &quiet), ("while a run writes", &busy)] {
        if output.json {
            let mut object = frames.clone();
            object["bench"] = "console".into();
            object["people"] = people.into();
            object["state"] = name.into();
            object["first_frame_ms"] = (first * 1000.0).into();
            output.object(&object)?;
        } else {
            output.line(&format!(
                "{people} people, {name}: key to frame p50 {:.2} ms, p99 {:.2} ms, worst {:.2} ms over {} frames; first frame {:.1} ms",
                millis(&frames["p50_us"]),
                millis(&frames["p99_us"]),
                millis(&frames["max_us"]),
                frames["frames"],
                first * 1000.0
            ))?;
        }
    }
    Ok(Exit::Done)
}

fn millis(micros: &Value) -> f64 {
    micros.as_f64().unwrap_or_default() / 1000.0
}

/// One session on People: moves, pages, jumps and filters. Gives the probe's summary and the seconds to the first frame.
async fn session(workspace: &Workspace, tenant: &str, log: &Path) -> Result<(Value, f64), Problem> {
    let (control_sender, control) = mpsc::channel(64);
    let context = Context {
        store: workspace.store.for_screen(),
        engine: workspace.engine.clone(),
        runs: LiveRuns::new(control_sender.clone()),
        sandbox: true,
    };
    let begun = tokio::time::Instant::now();
    let (first_frame, mut painted) = watch::channel(None);
    let host = NowhereHost::new(begun, first_frame).map_err(|error| failed("no picture can be made", error))?;
    let settings = Settings {
        theme: Theme::new(Depth::True, Shade::Dark, false),
        frame_log: Some(log.to_owned()),
        start: Start {
            world: World::default(),
            bindings: Bindings::default(),
            place: Place::tenant(ScreenId::People, tenant),
            mouse: false,
            size: SIZE,
            now: Moment::default(),
            build: registry::build,
        },
    };
    let (keys, input) = mpsc::channel(256);
    let (_feed, feed) = watch::channel(0);
    let (_signals, signals) = mpsc::channel(1);
    let clock = WallClock(Arc::clone(&workspace.clock));
    let (console, _idle) = Console::new(host, settings, Arc::new(ProductBackend::new(context)), clock);
    let typing = tokio::spawn(press(keys));
    console.run(Inputs { input, control, feed, signals }).await;
    typing.abort();
    drop(control_sender);
    let first = painted.borrow_and_update().unwrap_or_default();
    let text = std::fs::read_to_string(log).map_err(|error| failed("the frame times are missing", error))?;
    let summary = serde_json::from_str(&text).map_err(|error| failed("the frame times are not valid", error))?;
    Ok((summary, first))
}

async fn press(keys: mpsc::Sender<InputEvent>) {
    let mut gaps = tokio::time::interval(KEY_GAP);
    let pattern = [
        KeyCode::Down,
        KeyCode::Down,
        KeyCode::Down,
        KeyCode::PageDown,
        KeyCode::Up,
        KeyCode::PageDown,
        KeyCode::End,
        KeyCode::PageUp,
        KeyCode::Home,
        KeyCode::PageDown,
    ];
    for code in pattern.into_iter().cycle().take(KEYS) {
        gaps.tick().await;
        let event = Event::Key(KeyEvent::new(code, KeyModifiers::NONE));
        if keys.send(InputEvent::Event(event, tokio::time::Instant::now())).await.is_err() {
            return;
        }
    }
    let quit = Event::Key(KeyEvent::new(KeyCode::Char('q'), KeyModifiers::NONE));
    // The console may have ended by itself.
    let _ = keys.send(InputEvent::Event(quit, tokio::time::Instant::now())).await;
    std::future::pending::<()>().await;
}

/// The load of a run: feed lines in the batches that the engine writes.
async fn write_for_ever(store: Store, id: ConnectionId) {
    loop {
        let line = FeedLine {
            run: None,
            at: Timestamp::UNIX_EPOCH,
            level: Level::Info,
            phase: None,
            employee: None,
            what: "updated".to_owned(),
            text: "job title Waiter → Shift Leader".to_owned(),
        };
        if store.append_feed(id, vec![line; 50]).await.is_err() {
            return;
        }
    }
}

struct WallClock(SharedClock);

impl Clock for WallClock {
    fn wall(&self) -> Timestamp {
        self.0.now()
    }
}

/// A terminal whose every byte is made and then dropped.
struct NowhereHost {
    terminal: Terminal<CrosstermBackend<Sink>>,
    begun: tokio::time::Instant,
    first_frame: watch::Sender<Option<f64>>,
}

impl NowhereHost {
    fn new(begun: tokio::time::Instant, first_frame: watch::Sender<Option<f64>>) -> io::Result<Self> {
        let area = Rect::new(0, 0, SIZE.0, SIZE.1);
        let options = TerminalOptions { viewport: Viewport::Fixed(area) };
        Ok(Self { terminal: Terminal::with_options(CrosstermBackend::new(io::sink()), options)?, begun, first_frame })
    }
}

impl Host for NowhereHost {
    type Screen = CrosstermBackend<Sink>;

    fn terminal(&mut self) -> &mut Terminal<Self::Screen> {
        &mut self.terminal
    }

    fn begin_frame(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn end_frame(&mut self) -> io::Result<()> {
        self.first_frame.send_if_modified(|first| {
            let is_first = first.is_none();
            first.get_or_insert(seconds_since(self.begun));
            is_first
        });
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

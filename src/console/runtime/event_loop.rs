//! The loop (STYLE 3.4): wait for anything, take everything that is queued, update, hand effects out, draw.
//!
//! After a key, click or resize the frame is drawn at once; when only data moved, frames are at least 33 ms apart.
//! Nothing here waits for an effect.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{Event, MouseButton, MouseEvent, MouseEventKind};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::backend::{Backend, Reply, Ticket};
use super::frames::FrameProbe;
use super::host::Host;
use super::idle::{Idle, IdleState};
use super::signals::SignalEvent;
use super::{Clock, Settings};
use crate::console::app::msg::{Ending, Moment};
use crate::console::app::update::begin;
use crate::console::app::{Control, Effect, ExitCode, Level, Model, Msg, Payload, update, view};
use crate::console::term::input::InputEvent;
use crate::console::theme::Theme;
use crate::console::widgets::{Hit, Hits};

/// At most so many queued messages are taken before a frame is drawn.
const BATCH: usize = 512;
/// Capacity of the queue of answers; also the number of questions that may be open at once.
const ANSWERS: usize = 256;
/// Frames for data alone are this far apart.
const FRAME_GAP: Duration = Duration::from_millis(33);
/// Gauges of live runs are read this often.
const SAMPLE_GAP: Duration = Duration::from_millis(100);
/// Rows that one notch of the wheel moves.
const WHEEL_ROWS: i32 = 3;
/// A second click within this time is a double click.
const DOUBLE_CLICK: Duration = Duration::from_millis(400);

/// Where messages come from.
#[derive(Debug)]
pub struct Inputs {
    /// Keys, mouse, paste (capacity 256). Closed means that the terminal is gone.
    pub input: mpsc::Receiver<InputEvent>,
    /// Control events of the engine (capacity 64).
    pub control: mpsc::Receiver<Control>,
    /// Row up to which the feed log has lines.
    pub feed: watch::Receiver<u64>,
    /// Signals.
    pub signals: mpsc::Receiver<SignalEvent>,
}

/// The console: model, terminal and what connects them.
pub struct Console<H: Host, C: Clock> {
    host: H,
    clock: C,
    backend: Arc<dyn Backend>,
    model: Model,
    theme: Theme,
    hits: Hits,
    answers: mpsc::Sender<Msg>,
    answered: Option<mpsc::Receiver<Msg>>,
    waiting: VecDeque<Effect>,
    pending: usize,
    origin: Instant,
    last_frame: Option<Instant>,
    last_sample: Instant,
    sample: Option<Payload>,
    last_click: Option<(Hit, Instant)>,
    dirty: Dirty,
    key_at: Option<Instant>,
    probe: Option<FrameProbe>,
    idle: watch::Sender<IdleState>,
    exit: Option<ExitCode>,
}

/// What a frame is owed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Dirty {
    No,
    Data,
    Input,
}

/// What woke the loop.
enum Woke {
    Signal(SignalEvent),
    Control(Control),
    Answer(Msg),
    Input(Option<InputEvent>),
    Feed,
    Timer,
}

impl<H: Host, C: Clock> Console<H, C> {
    /// A console on a host; the watcher tells tests when it is idle.
    pub fn new(host: H, settings: Settings, backend: Arc<dyn Backend>, clock: C) -> (Self, Idle) {
        let (answers, answered) = mpsc::channel(ANSWERS);
        let (idle, watcher) = watch::channel(IdleState::default());
        let mut host = host;
        let mut start = settings.start;
        if let Ok(size) = host.terminal().size() {
            start.size = (size.width, size.height);
        }
        start.now = Moment { wall: clock.wall(), uptime: Duration::ZERO };
        let now = Instant::now();
        let console = Self {
            host,
            clock,
            backend,
            model: Model::new(start),
            theme: settings.theme,
            hits: Hits::default(),
            answers,
            answered: Some(answered),
            waiting: VecDeque::new(),
            pending: 0,
            origin: now,
            last_frame: None,
            last_sample: now,
            sample: None,
            last_click: None,
            dirty: Dirty::Input,
            key_at: None,
            probe: settings.frame_log.map(FrameProbe::new),
            idle,
            exit: None,
        };
        (console, Idle(watcher))
    }

    /// Runs until the console is left. The terminal is restored when this returns.
    pub async fn run(mut self, mut inputs: Inputs) -> ExitCode {
        let Some(mut answered) = self.answered.take() else { return ExitCode::Done };
        // The first frame goes out before the first question.
        let effects = begin(&mut self.model);
        self.draw();
        self.carry_out(effects).await;
        let mut batch = Vec::new();
        while self.exit.is_none() {
            self.report(&inputs, &answered);
            let wake = self.wake_at();
            let woke = tokio::select! {
                biased;
                Some(signal) = inputs.signals.recv() => Woke::Signal(signal),
                Some(control) = inputs.control.recv() => Woke::Control(control),
                Some(answer) = answered.recv() => Woke::Answer(answer),
                input = inputs.input.recv() => Woke::Input(input),
                Ok(()) = inputs.feed.changed() => Woke::Feed,
                () = sleep_until(wake) => Woke::Timer,
            };
            self.idle.send_modify(|state| {
                state.wakes += 1;
                state.quiet = false;
            });
            self.take(woke, &mut inputs, &mut batch).await;
            self.take_queued(&mut inputs, &mut answered, &mut batch).await;
            self.handle(&mut batch).await;
            self.draw_if_due();
        }
        self.finish()
    }

    fn finish(mut self) -> ExitCode {
        self.host.restore();
        if let Some(Err(error)) = self.probe.as_ref().map(FrameProbe::write) {
            tracing::warn!(%error, "the frame log could not be written");
        }
        self.idle.send_modify(|state| state.ended = true);
        self.exit.unwrap_or(ExitCode::Done)
    }

    /// The time of the next thing that happens by itself. There always is one: the clock in the header turns.
    fn wake_at(&self) -> Instant {
        let model = self.model.deadline().map(|uptime| self.origin + uptime.max(Duration::from_millis(1)));
        let sample = self.model.wants_samples().then(|| self.last_sample + SAMPLE_GAP);
        let frame = match (self.dirty, self.last_frame) {
            (Dirty::No, _) | (_, None) => None,
            (_, Some(last)) => Some(last + FRAME_GAP),
        };
        [model, sample, frame].into_iter().flatten().min().unwrap_or_else(|| Instant::now() + Duration::from_secs(60))
    }

    /// Takes everything that is queued already, up to the cap.
    async fn take_queued(&mut self, inputs: &mut Inputs, answered: &mut mpsc::Receiver<Msg>, batch: &mut Vec<Msg>) {
        while batch.len() < BATCH && self.exit.is_none() {
            let next = if let Ok(signal) = inputs.signals.try_recv() {
                Woke::Signal(signal)
            } else if let Ok(control) = inputs.control.try_recv() {
                Woke::Control(control)
            } else if let Ok(answer) = answered.try_recv() {
                Woke::Answer(answer)
            } else if let Ok(input) = inputs.input.try_recv() {
                Woke::Input(Some(input))
            } else {
                return;
            };
            self.take(next, inputs, batch).await;
        }
    }

    /// Turns what woke the loop into messages.
    async fn take(&mut self, woke: Woke, inputs: &mut Inputs, batch: &mut Vec<Msg>) {
        match woke {
            Woke::Signal(SignalEvent::End(ending)) => batch.push(Msg::Ended(ending)),
            Woke::Signal(SignalEvent::Resized) => self.push_size(batch),
            Woke::Signal(SignalEvent::Continued) => {
                if self.host.enter_again().is_err() {
                    self.gone();
                }
                self.push_size(batch);
                batch.push(Msg::Woken);
            }
            Woke::Control(control) => batch.push(Msg::Control(control)),
            Woke::Answer(answer) => {
                self.pending = self.pending.saturating_sub(1);
                batch.push(answer);
            }
            Woke::Input(Some(InputEvent::Event(event, at))) => self.push_event(event, at, batch),
            Woke::Input(Some(InputEvent::Gone) | None) => {
                batch.push(Msg::Ended(Ending::HangUp));
                self.dirty = Dirty::No;
            }
            Woke::Feed => batch.push(Msg::FeedMoved(*inputs.feed.borrow_and_update())),
            Woke::Timer => self.push_timer(batch),
        }
    }

    fn push_size(&mut self, batch: &mut Vec<Msg>) {
        match self.host.terminal().size() {
            Ok(size) => batch.push(Msg::Resized(size.width, size.height)),
            Err(_) => self.gone(),
        }
    }

    fn push_timer(&mut self, batch: &mut Vec<Msg>) {
        let now = Instant::now();
        if self.model.wants_samples() && now >= self.last_sample + SAMPLE_GAP {
            self.last_sample = now;
            let sample = self.backend.sample();
            if sample != self.sample {
                self.sample.clone_from(&sample);
                batch.extend(sample.map(Msg::Sampled));
            }
        }
        // A model's own deadline changes the picture; the frame's own timer only lets a frame out that is owed.
        if self.model.deadline().is_some_and(|uptime| now >= self.origin + uptime) {
            self.dirty = self.dirty.max(Dirty::Data);
        }
    }

    fn push_event(&mut self, event: Event, at: Instant, batch: &mut Vec<Msg>) {
        self.idle.send_modify(|state| state.inputs += 1);
        match event {
            Event::Key(key) => {
                self.key_at = self.key_at.or(Some(at));
                batch.push(Msg::Key(key));
            }
            Event::Paste(text) => batch.push(Msg::Paste(text)),
            Event::Resize(columns, rows) => batch.push(Msg::Resized(columns, rows)),
            Event::Mouse(mouse) => batch.extend(self.mouse(mouse, at)),
            Event::FocusGained | Event::FocusLost => {}
        }
    }

    fn mouse(&mut self, mouse: MouseEvent, at: Instant) -> Option<Msg> {
        let hit = self.hits.at(mouse.column, mouse.row).cloned();
        match mouse.kind {
            MouseEventKind::ScrollUp => Some(Msg::Wheel { hit, rows: -WHEEL_ROWS }),
            MouseEventKind::ScrollDown => Some(Msg::Wheel { hit, rows: WHEEL_ROWS }),
            MouseEventKind::Down(MouseButton::Left) => {
                let hit = hit?;
                let double = self.last_click.take().is_some_and(|(last, then)| last == hit && at - then < DOUBLE_CLICK);
                self.last_click = (!double).then(|| (hit.clone(), at));
                Some(Msg::Click { hit, double })
            }
            _ => None,
        }
    }

    /// Updates the model with a batch.
    async fn handle(&mut self, batch: &mut Vec<Msg>) {
        let now = Moment { wall: self.clock.wall(), uptime: self.origin.elapsed() };
        let mut effects = update(&mut self.model, Msg::Now(now));
        if !effects.is_empty() {
            self.dirty = self.dirty.max(Dirty::Data);
        }
        for msg in coalesced(batch.drain(..)) {
            if self.model.is_stale(&msg) {
                continue;
            }
            let dirty = match msg {
                Msg::Key(_) | Msg::Paste(_) | Msg::Click { .. } | Msg::Wheel { .. } | Msg::Resized(..) | Msg::Woken => {
                    Dirty::Input
                }
                _ => Dirty::Data,
            };
            self.dirty = self.dirty.max(dirty);
            effects.extend(update(&mut self.model, msg));
            if effects.iter().any(|effect| matches!(effect, Effect::Quit(_))) {
                break;
            }
        }
        self.carry_out(effects).await;
    }

    /// Hands effects out. Only sleeping (Ctrl-Z) stops the loop, and that is its meaning.
    async fn carry_out(&mut self, effects: Vec<Effect>) {
        // Leaving does not wait for a place among the answers.
        let leaving = effects.iter().find_map(|effect| match effect {
            Effect::Quit(code) => Some(*code),
            _ => None,
        });
        self.exit = self.exit.or(leaving);
        self.waiting.extend(effects);
        while let Some(effect) = self.waiting.pop_front() {
            let result = match effect {
                Effect::Query(..) | Effect::Command(..) => {
                    let Ok(permit) = self.answers.clone().try_reserve_owned() else {
                        // All places for answers are taken: this waits until one is free.
                        self.waiting.push_front(effect);
                        return;
                    };
                    self.pending += 1;
                    self.ask(effect, permit);
                    Ok(())
                }
                Effect::Copy(text) => self.host.copy(&text),
                Effect::Mouse(on) => self.host.mouse(on),
                Effect::Suspend => self.suspend().await,
                Effect::Quit(code) => {
                    self.exit = self.exit.or(Some(code));
                    Ok(())
                }
            };
            if result.is_err() {
                self.gone();
            }
        }
    }

    fn ask(&self, effect: Effect, permit: mpsc::OwnedPermit<Msg>) {
        match effect {
            Effect::Query(slot, generation, query) => {
                let reply = Reply::new(permit, Ticket::Query(slot, generation));
                self.backend.query(slot, generation, query, reply);
            }
            Effect::Command(slot, command) => {
                self.backend.command(command, Reply::new(permit, Ticket::Command(slot)));
            }
            _ => {}
        }
    }

    async fn suspend(&mut self) -> std::io::Result<()> {
        let slept = self.host.suspend().await?;
        self.dirty = Dirty::Input;
        if slept {
            self.waiting.extend(update(&mut self.model, Msg::Woken));
        } else {
            let words = "Not put to sleep: no shell could bring it back".to_owned();
            self.waiting.extend(update(&mut self.model, Msg::Control(Control::Notice(Level::Info, words))));
        }
        Ok(())
    }

    /// The terminal is gone: runs stop at their next boundary, and the program ends with 129.
    fn gone(&mut self) {
        if self.exit.is_some() {
            return;
        }
        for effect in update(&mut self.model, Msg::Ended(Ending::HangUp)) {
            match (effect, self.answers.clone().try_reserve_owned()) {
                (Effect::Quit(code), _) => self.exit = Some(code),
                (effect, Ok(permit)) => self.ask(effect, permit),
                _ => {}
            }
        }
    }

    fn draw_if_due(&mut self) {
        let due = match self.dirty {
            Dirty::No => false,
            Dirty::Input => true,
            Dirty::Data => self.last_frame.is_none_or(|last| last.elapsed() >= FRAME_GAP),
        };
        if due && self.exit.is_none() {
            self.draw();
        }
    }

    fn draw(&mut self) {
        let (model, theme, hits) = (&self.model, &self.theme, &mut self.hits);
        let begun = self.host.begin_frame();
        let drawn = self.host.terminal().draw(|frame| view(model, theme, frame, hits)).is_ok();
        let ended = self.host.end_frame();
        self.dirty = Dirty::No;
        self.last_frame = Some(Instant::now());
        self.idle.send_modify(|state| state.frames += 1);
        if let (Some(at), Some(probe)) = (self.key_at.take(), &mut self.probe) {
            probe.record(at.elapsed());
        }
        if begun.is_err() || ended.is_err() || !drawn {
            self.gone();
        }
    }

    /// Tells watchers whether anything is left to do.
    fn report(&self, inputs: &Inputs, answered: &mpsc::Receiver<Msg>) {
        let queued = !inputs.input.is_empty() || !inputs.control.is_empty() || !answered.is_empty();
        let quiet = !queued
            && inputs.signals.is_empty()
            && self.pending == 0
            && self.waiting.is_empty()
            && self.dirty == Dirty::No;
        self.idle.send_if_modified(|state| std::mem::replace(&mut state.quiet, quiet) != quiet);
    }
}

/// Leaves only the last of several resizes in a row, and adds up turns of the wheel over the same thing.
fn coalesced(batch: impl Iterator<Item = Msg>) -> Vec<Msg> {
    let mut out: Vec<Msg> = Vec::new();
    for msg in batch {
        match (out.last_mut(), msg) {
            (Some(Msg::Resized(columns, rows)), Msg::Resized(new_columns, new_rows)) => {
                (*columns, *rows) = (new_columns, new_rows);
            }
            (Some(Msg::Wheel { hit: last, rows }), Msg::Wheel { hit, rows: more }) if *last == hit => {
                *rows = rows.saturating_add(more);
            }
            (_, msg) => out.push(msg),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resizes_and_wheels_are_taken_together() {
        let wheel = |rows| Msg::Wheel { hit: None, rows };
        let batch = [Msg::Resized(1, 1), Msg::Resized(2, 2), wheel(3), wheel(3), wheel(-1), Msg::Woken, wheel(1)];
        assert_eq!(coalesced(batch.into_iter()), [Msg::Resized(2, 2), wheel(5), Msg::Woken, wheel(1)]);
    }
}

//! The loop (STYLE 3.4): wait for anything, take everything that is queued, update, hand effects out, draw.
//!
//! A key, a click or a resize is answered by a frame at once, and so is all that the newest of them has asked for: its side
//! pane, its window of rows; answers that come within a few milliseconds share a frame. What nobody asked for just now (gauges, a growing feed, answers that an earlier key
//! wanted) draws frames that are at least 33 ms apart. Nothing here waits for an effect.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use crossterm::event::{Event, MouseButton, MouseEvent, MouseEventKind};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

use super::ahead::Ahead;
use super::backend::{Answered, Backend, Reply, Ticket};
use super::frames::FrameProbe;
use super::host::Host;
use super::idle::{Idle, IdleState};
use super::press::{Press, Presses};
use super::signals::SignalEvent;
use super::{Clock, Settings};
use crate::console::app::moment::Moment;
use crate::console::app::msg::Ending;
use crate::console::app::update::begin;
use crate::console::app::{Control, Effect, ExitCode, Level, Model, Msg, Payload, update, view};
use crate::console::term::input::InputEvent;
use crate::console::theme::Theme;
use crate::console::widgets::{Hit, Hits, Tape};

/// Maximum of queued messages that are taken before a frame is drawn.
const BATCH: usize = 512;
/// Capacity of the queue of answers; also the number of questions that may be open at once.
const ANSWERS: usize = 256;
/// Frames for data that nobody asked for just now are this far apart.
const FRAME_GAP: Duration = Duration::from_millis(33);
/// An answer waits no longer than this for the others that the same press has asked for.
const TOGETHER: Duration = Duration::from_millis(4);
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
    answers: mpsc::Sender<Answered>,
    answered: Option<mpsc::Receiver<Answered>>,
    waiting: VecDeque<(Effect, Option<Press>)>,
    ahead: Ahead,
    pending: usize,
    presses: Presses,
    origin: Instant,
    last_frame: Option<Instant>,
    last_sample: Instant,
    sample: Option<Payload>,
    last_click: Option<(Hit, Instant)>,
    dirty: Dirty,
    /// Since when an answer waits for the others of its press.
    soon_since: Option<Instant>,
    probe: Option<FrameProbe>,
    idle: watch::Sender<IdleState>,
    exit: Option<ExitCode>,
}

/// Whether a frame is owed, and when it goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Dirty {
    No,
    /// Something moved that nobody asked for just now.
    Later,
    /// A part of what the newest press has asked for.
    Soon,
    /// A press.
    Now,
}

/// A message with the press that it is, or that it answers.
struct Item {
    msg: Msg,
    press: Option<Press>,
}

impl From<Msg> for Item {
    fn from(msg: Msg) -> Self {
        Self { msg, press: None }
    }
}

/// What woke the loop.
enum Woke {
    Signal(SignalEvent),
    Control(Control),
    Answer(Answered),
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
            ahead: Ahead::default(),
            pending: 0,
            presses: Presses::default(),
            origin: now,
            last_frame: None,
            last_sample: now,
            sample: None,
            last_click: None,
            dirty: Dirty::Now,
            soon_since: None,
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
        let first = Some(self.presses.newest());
        self.carry_out(effects.into_iter().map(|effect| (effect, first)).collect()).await;
        let mut batch = Vec::new();
        while self.exit.is_none() {
            self.read_ahead();
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
            self.note_settled();
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
        let ahead = self.ahead.wake_at(Instant::now());
        let soon = self.soon_since.filter(|_| self.dirty == Dirty::Soon).map(|since| since + TOGETHER);
        [model, sample, frame, soon, ahead]
            .into_iter()
            .flatten()
            .min()
            .unwrap_or_else(|| Instant::now() + Duration::from_secs(60))
    }

    /// Takes everything that is queued already, up to the cap.
    async fn take_queued(
        &mut self,
        inputs: &mut Inputs,
        answered: &mut mpsc::Receiver<Answered>,
        batch: &mut Vec<Item>,
    ) {
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
    async fn take(&mut self, woke: Woke, inputs: &mut Inputs, batch: &mut Vec<Item>) {
        match woke {
            Woke::Signal(SignalEvent::End(ending)) => batch.push(Msg::Ended(ending).into()),
            Woke::Signal(SignalEvent::Resized) => {
                self.host.resized();
                self.push_size(batch);
            }
            Woke::Signal(SignalEvent::Continued) => {
                if self.host.enter_again().is_err() {
                    self.gone();
                }
                self.push_size(batch);
                batch.push(Item { msg: Msg::Woken, press: Some(self.presses.next()) });
            }
            Woke::Control(control) => batch.push(Msg::Control(control).into()),
            Woke::Answer(Answered { msg, press }) => {
                self.pending = self.pending.saturating_sub(1);
                self.presses.answered(press);
                batch.push(Item { msg, press });
            }
            Woke::Input(Some(InputEvent::Event(event, at))) => self.push_event(event, at, batch),
            Woke::Input(Some(InputEvent::Gone) | None) => {
                batch.push(Msg::Ended(Ending::HangUp).into());
                self.dirty = Dirty::No;
            }
            Woke::Feed => batch.push(Msg::FeedMoved(*inputs.feed.borrow_and_update()).into()),
            Woke::Timer => self.push_timer(batch),
        }
    }

    fn push_size(&mut self, batch: &mut Vec<Item>) {
        match self.host.terminal().size() {
            Ok(size) => self.push_press(Msg::Resized(size.width, size.height), batch),
            Err(_) => self.gone(),
        }
    }

    fn push_timer(&mut self, batch: &mut Vec<Item>) {
        let now = Instant::now();
        if self.model.wants_samples() && now >= self.last_sample + SAMPLE_GAP {
            self.last_sample = now;
            let sample = self.backend.sample();
            if sample != self.sample {
                self.sample.clone_from(&sample);
                batch.extend(sample.map(|sample| Msg::Sampled(sample).into()));
            }
        }
        // A model's own deadline changes the picture; the frame's own timer only lets a frame out that is owed.
        if self.model.deadline().is_some_and(|uptime| now >= self.origin + uptime) {
            self.dirty = self.dirty.max(Dirty::Later);
        }
    }

    fn push_event(&mut self, event: Event, at: Instant, batch: &mut Vec<Item>) {
        self.idle.send_modify(|state| state.inputs += 1);
        let msg = match event {
            Event::Key(key) => Some(Msg::Key(key)),
            Event::Paste(text) => Some(Msg::Paste(text)),
            Event::Resize(columns, rows) => Some(Msg::Resized(columns, rows)),
            Event::Mouse(mouse) => self.mouse(mouse, at),
            Event::FocusGained | Event::FocusLost => None,
        };
        if let Some(msg) = msg {
            if let (Msg::Key(_), Some(probe)) = (&msg, &mut self.probe) {
                probe.pressed(at);
            }
            self.push_press(msg, batch);
        }
    }

    fn push_press(&mut self, msg: Msg, batch: &mut Vec<Item>) {
        batch.push(Item { msg, press: Some(self.presses.next()) });
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
    async fn handle(&mut self, batch: &mut Vec<Item>) {
        let now = Moment { wall: self.clock.wall(), uptime: self.origin.elapsed() };
        let mut effects: Vec<_> = update(&mut self.model, Msg::Now(now)).into_iter().map(|own| (own, None)).collect();
        if !effects.is_empty() {
            self.dirty = self.dirty.max(Dirty::Later);
        }
        for Item { msg, press } in coalesced(batch.drain(..)) {
            if self.model.is_stale(&msg) {
                continue;
            }
            let dirty = match (is_input(&msg), self.presses.is_newest(press)) {
                (true, _) => Dirty::Now,
                (false, true) => Dirty::Soon,
                (false, false) => Dirty::Later,
            };
            self.dirty = self.dirty.max(dirty);
            effects.extend(update(&mut self.model, msg).into_iter().map(|own| (own, press)));
            if effects.iter().any(|(effect, _)| matches!(effect, Effect::Quit(_))) {
                break;
            }
        }
        self.carry_out(effects).await;
    }

    /// Hands effects out. Only sleeping (Ctrl-Z) and another program in the terminal stop the loop, and that is their meaning.
    async fn carry_out(&mut self, effects: Vec<(Effect, Option<Press>)>) {
        // Leaving does not wait for a place among the answers.
        let leaving = effects.iter().find_map(|(effect, _)| match effect {
            Effect::Quit(code) => Some(*code),
            _ => None,
        });
        self.exit = self.exit.or(leaving);
        self.waiting.extend(effects);
        while let Some((effect, press)) = self.waiting.pop_front() {
            let result = match effect {
                Effect::ReadAhead(slot, generation, query) => {
                    self.ahead.push((slot, generation, query), Instant::now());
                    Ok(())
                }
                Effect::Query(..) | Effect::Command(..) => {
                    let Ok(permit) = self.answers.clone().try_reserve_owned() else {
                        // All places for answers are taken: this waits until one is free.
                        self.waiting.push_front((effect, press));
                        return;
                    };
                    self.pending += 1;
                    self.presses.asked(press);
                    self.ask(effect, press, permit);
                    Ok(())
                }
                Effect::Copy(text) => self.host.copy(&text),
                Effect::Mouse(on) => self.host.mouse(on),
                Effect::Suspend => self.suspend().await,
                Effect::Page(text) => self.page(&text).await,
                Effect::Replay { incident, healthy } => self.replay(&incident, healthy).await,
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

    /// Hands out what is to be read ahead, when its time has come.
    fn read_ahead(&mut self) {
        let answered = self.presses.is_answered() && self.waiting.is_empty();
        while let Some((slot, generation, query)) = self.ahead.next(answered, Instant::now()) {
            if !self.model.is_asked(slot, generation) {
                continue;
            }
            let Ok(permit) = self.answers.clone().try_reserve_owned() else {
                self.ahead.keep((slot, generation, query));
                return;
            };
            self.pending += 1;
            self.ask(Effect::ReadAhead(slot, generation, query), None, permit);
        }
    }

    fn ask(&self, effect: Effect, press: Option<Press>, permit: mpsc::OwnedPermit<Answered>) {
        match effect {
            Effect::Query(slot, generation, query) | Effect::ReadAhead(slot, generation, query) => {
                let reply = Reply::new(permit, Ticket::Query(slot, generation), press);
                self.backend.query(slot, generation, query, reply);
            }
            Effect::Command(slot, command) => {
                self.backend.command(command, Reply::new(permit, Ticket::Command(slot), press));
            }
            _ => {}
        }
    }

    async fn suspend(&mut self) -> std::io::Result<()> {
        let slept = self.host.suspend().await?;
        self.dirty = Dirty::Now;
        let msg = if slept {
            Msg::Woken
        } else {
            let words = "Not put to sleep: no shell could bring it back".to_owned();
            Msg::Control(Control::Notice(Level::Info, words))
        };
        let press = Some(self.presses.newest());
        self.waiting.extend(update(&mut self.model, msg).into_iter().map(|effect| (effect, press)));
        Ok(())
    }

    async fn page(&mut self, text: &str) -> std::io::Result<()> {
        let pager = self.model.view_cx().console.pager.clone();
        let failed = self.host.page(text, &pager).await?;
        self.dirty = Dirty::Now;
        let msg = match failed {
            None => Msg::Woken,
            Some(why) => {
                let words = format!("`{}` did not show it: {why}", pager.command);
                Msg::Control(Control::Notice(Level::Warn, words))
            }
        };
        let press = Some(self.presses.newest());
        self.waiting.extend(update(&mut self.model, msg).into_iter().map(|effect| (effect, press)));
        Ok(())
    }

    async fn replay(&mut self, incident: &str, healthy: bool) -> std::io::Result<()> {
        let mut words = self.model.view_cx().console.program.clone();
        let found = !words.is_empty();
        words.extend(["demo", "--incident", incident].map(str::to_owned));
        words.extend(healthy.then(|| "--healthy".to_owned()));
        let failed = if found {
            self.host.run_in_place(&words).await?
        } else {
            Some("the program does not find itself".to_owned())
        };
        self.dirty = Dirty::Now;
        let msg = match failed {
            None => Msg::Woken,
            Some(why) => {
                let words = format!("The day could not be replayed: {why}; y copies the command");
                Msg::Control(Control::Notice(Level::Warn, words))
            }
        };
        let press = Some(self.presses.newest());
        self.waiting.extend(update(&mut self.model, msg).into_iter().map(|effect| (effect, press)));
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
                (effect, Ok(permit)) => self.ask(effect, None, permit),
                _ => {}
            }
        }
    }

    fn draw_if_due(&mut self) {
        let due = match self.dirty {
            Dirty::No => false,
            Dirty::Now => true,
            Dirty::Soon => {
                let since = *self.soon_since.get_or_insert_with(Instant::now);
                (self.presses.is_answered() && self.waiting.is_empty()) || since.elapsed() >= TOGETHER
            }
            Dirty::Later => self.last_frame.is_none_or(|last| last.elapsed() >= FRAME_GAP),
        };
        if due && self.exit.is_none() {
            self.draw();
        }
    }

    fn draw(&mut self) {
        let (model, theme, hits) = (&self.model, &self.theme, &mut self.hits);
        let mut tape = self.host.tells().then(Tape::default);
        let begun = self.host.begin_frame();
        let drawn = self.host.terminal().draw(|frame| view(model, theme, frame, hits, tape.as_mut())).is_ok();
        if let Some(tape) = tape {
            self.host.told(tape);
        }
        let ended = self.host.end_frame();
        (self.dirty, self.soon_since) = (Dirty::No, None);
        self.last_frame = Some(Instant::now());
        self.idle.send_modify(|state| state.frames += 1);
        if let Some(probe) = &mut self.probe {
            probe.drawn();
        }
        if begun.is_err() || ended.is_err() || !drawn {
            self.gone();
        }
    }

    /// Notes for the probe that nothing is owed to the newest key any more, and that the screen shows it.
    fn note_settled(&mut self) {
        let settled = self.presses.is_answered() && self.waiting.is_empty() && self.dirty < Dirty::Soon;
        if let Some(probe) = self.probe.as_mut().filter(|_| settled) {
            probe.settled();
        }
    }

    /// Tells watchers whether anything is left to do.
    fn report(&self, inputs: &Inputs, answered: &mpsc::Receiver<Answered>) {
        let queued = !inputs.input.is_empty() || !inputs.control.is_empty() || !answered.is_empty();
        let quiet = !queued
            && inputs.signals.is_empty()
            && self.pending == 0
            && self.waiting.is_empty()
            && self.ahead.is_empty()
            && self.dirty == Dirty::No;
        self.idle.send_if_modified(|state| std::mem::replace(&mut state.quiet, quiet) != quiet);
    }
}

fn is_input(msg: &Msg) -> bool {
    matches!(msg, Msg::Key(_) | Msg::Paste(_) | Msg::Click { .. } | Msg::Wheel { .. } | Msg::Resized(..) | Msg::Woken)
}

/// Leaves only the last of several resizes in a row, and adds up turns of the wheel over the same thing. What is left is of
/// the last press of them.
fn coalesced(batch: impl Iterator<Item = Item>) -> Vec<Item> {
    let mut out: Vec<Item> = Vec::new();
    for Item { msg, press } in batch {
        match (out.last_mut(), msg) {
            (Some(Item { msg: Msg::Resized(columns, rows), press: last }), Msg::Resized(new_columns, new_rows)) => {
                (*columns, *rows, *last) = (new_columns, new_rows, press);
            }
            (Some(Item { msg: Msg::Wheel { hit: old, rows }, press: last }), Msg::Wheel { hit, rows: more })
                if *old == hit =>
            {
                (*rows, *last) = (rows.saturating_add(more), press);
            }
            (_, msg) => out.push(Item { msg, press }),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resizes_and_wheels_are_taken_together() {
        let mut presses = Presses::default();
        let wheel = |rows| Msg::Wheel { hit: None, rows };
        let batch = [Msg::Resized(1, 1), Msg::Resized(2, 2), wheel(3), wheel(3), wheel(-1), Msg::Woken, wheel(1)];
        let numbered: Vec<Item> = batch.into_iter().map(|msg| Item { msg, press: Some(presses.next()) }).collect();
        let newest = Some(presses.newest());
        let left = coalesced(numbered.into_iter());
        assert_eq!(left.last().and_then(|item| item.press), newest);
        let left: Vec<Msg> = left.into_iter().map(|item| item.msg).collect();
        assert_eq!(left, [Msg::Resized(2, 2), wheel(5), Msg::Woken, wheel(1)]);
    }
}

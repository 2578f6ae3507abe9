//! `update`: what a message does to the model, and what is to be done outside of it. Pure: no I/O, no clock.

use super::cx::{Cx, Request};
use super::effect::{Command, Effect, ExitCode, Query};
use super::model::Model;
use super::msg::{Control, Ending, Moment, Msg, Payload};
use super::overlay::palette::Does;
use super::overlay::{Confirm, Overlay};
use super::place::Place;
use super::problem::Problem;
use super::route;
use super::slots::{Owner, Slot};
use super::toast::Level;
use crate::console::screens::{Answer, Handled, ScreenMsg};
use crate::console::widgets::confirm::Asked;
use crate::console::widgets::picker::Picker;
use crate::console::widgets::save_as::SaveAs;

/// Where the answers of the palette go.
pub(super) const PALETTE: &str = "palette";
/// Where a tenant's header goes.
const TENANT: &str = "tenant";
/// Where the answer of a command of the framework goes.
const RUNS: &str = "runs";
/// The question before leaving.
pub(super) const LEAVE: &str = "leave";

/// The first effects: the first screen's questions.
pub fn begin(model: &mut Model) -> Vec<Effect> {
    let mut effects = Vec::new();
    arrive(model, &mut effects);
    effects
}

/// Handles one message.
pub fn update(model: &mut Model, msg: Msg) -> Vec<Effect> {
    let mut effects = Vec::new();
    match msg {
        Msg::Now(now) => wake(model, now, &mut effects),
        Msg::Key(key) => route::key(model, key, &mut effects),
        Msg::Paste(text) => route::paste(model, &text, &mut effects),
        Msg::Click { hit, double } => route::click(model, hit, double, &mut effects),
        Msg::Wheel { hit, rows } => route::wheel(model, hit, rows, &mut effects),
        Msg::Resized(columns, rows) => {
            model.size = (columns, rows);
            resized(model, &mut effects);
        }
        Msg::Loaded(slot, generation, payload) => {
            if model.slots.is_current(slot, generation) {
                loaded(model, slot, payload, &mut effects);
            }
        }
        Msg::Failed(slot, generation, problem) => {
            if model.slots.is_current(slot, generation) {
                failed(model, slot, problem, &mut effects);
            }
        }
        Msg::Done(slot, payload) => tell_owner(model, slot.owner, ScreenMsg::Done(slot, payload), &mut effects),
        Msg::Refused(slot, problem) => match slot.owner {
            Owner::Console => say_problem(model, problem),
            owner => tell_owner(model, owner, ScreenMsg::Refused(slot, problem), &mut effects),
        },
        Msg::Control(control) => heard(model, control, &mut effects),
        Msg::FeedMoved(row) => {
            tell_top(model, ScreenMsg::FeedMoved(row), &mut effects);
        }
        Msg::Sampled(sample) => {
            tell_top(model, ScreenMsg::Sampled(sample), &mut effects);
        }
        Msg::Ended(ending) => ended(model, ending, &mut effects),
        Msg::Woken => {
            // Asleep, time went on without us: what is shown may be old, so the screen reads again.
            tell_top(model, ScreenMsg::Shown, &mut effects);
        }
    }
    effects
}

/// Time has passed: the screen that asked to be woken is.
fn wake(model: &mut Model, now: Moment, effects: &mut Vec<Effect>) {
    model.now = now;
    let due = model.screen().and_then(crate::console::screens::Screen::wake_at).is_some_and(|at| at <= now.uptime);
    if due {
        tell_top(model, ScreenMsg::Woken, effects);
    }
}

/// The screen on top is told its new body.
pub(super) fn resized(model: &mut Model, effects: &mut Vec<Effect>) {
    let body = model.frame().body;
    tell_top(model, ScreenMsg::Resized(body), effects);
}

fn loaded(model: &mut Model, slot: Slot, payload: Payload, effects: &mut Vec<Effect>) {
    if slot.owner != Owner::Console {
        tell_owner(model, slot.owner, ScreenMsg::Loaded(slot, payload), effects);
        return;
    }
    match payload {
        Payload::Places(mut places) => {
            if model.world.read_only {
                let syncs = places.iter_mut().filter(|entry| matches!(entry.does, Does::Sync(_)));
                syncs.for_each(|entry| entry.off = Some("read-only".to_owned()));
            }
            if let Some(Overlay::Palette(palette)) = model.overlays.last_mut() {
                palette.places(places);
            }
        }
        Payload::TenantHeader(header) => {
            model.tenants.insert(header.short_name.clone(), header);
        }
        _ => {}
    }
}

fn failed(model: &mut Model, slot: Slot, problem: Problem, effects: &mut Vec<Effect>) {
    match slot.owner {
        // A palette without places is still a palette.
        Owner::Console if slot.name == PALETTE => {}
        Owner::Console => say_problem(model, problem),
        owner => tell_owner(model, owner, ScreenMsg::Failed(slot, problem), effects),
    }
}

/// Shows a problem until Esc.
pub(super) fn say_problem(model: &mut Model, problem: Problem) {
    let text = problem.what.clone();
    model.messages.push(Level::Error, text, String::new(), Some(problem), model.now);
}

/// Shows a message.
pub(super) fn say(model: &mut Model, level: Level, text: impl Into<String>) {
    model.messages.push(level, text.into(), String::new(), None, model.now);
}

fn heard(model: &mut Model, control: Control, effects: &mut Vec<Effect>) {
    match &control {
        Control::LiveRuns(runs) => {
            model.live_runs.clone_from(runs);
            // The question "leave while these run?" answers itself when the last one has ended (STYLE 2.1, 17).
            if runs.is_empty() && model.leaving && unsaved(model).is_empty() {
                effects.push(Effect::Quit(ExitCode::Done));
            }
        }
        Control::TenantChanged(short_name) => read_tenant(model, short_name.clone(), effects),
        Control::SyncAsked(_) => {}
        Control::Notice(level, text) => say(model, *level, text.clone()),
        Control::TaskPanicked(text) => {
            let now = "the log has the details; what was being written is settled at the next start";
            say_problem(model, Problem::new("A part of the program stopped", format!("`{text}`"), now));
        }
    }
    tell_top(model, ScreenMsg::Control(control), effects);
}

fn ended(model: &mut Model, ending: Ending, effects: &mut Vec<Effect>) {
    stop_runs(model, effects);
    effects.push(Effect::Quit(match ending {
        Ending::HangUp => ExitCode::HungUp,
        Ending::Interrupt => ExitCode::Interrupted,
        Ending::Terminate => ExitCode::Terminated,
    }));
}

fn stop_runs(model: &Model, effects: &mut Vec<Effect>) {
    if !model.live_runs.is_empty() {
        effects.push(Effect::Command(Slot { owner: Owner::Console, name: RUNS }, Command::StopAllRuns));
    }
}

/// What would be lost by leaving now.
pub(super) fn unsaved(model: &Model) -> Vec<String> {
    model.open.iter().filter_map(|open| open.screen.unsaved()).collect()
}

/// `q` and Ctrl-C: leaves, or asks when something runs or is unsaved.
pub(super) fn leave(model: &mut Model, effects: &mut Vec<Effect>) {
    let (runs, unsaved) = (model.live_runs.clone(), unsaved(model));
    if runs.is_empty() && unsaved.is_empty() {
        effects.push(Effect::Quit(ExitCode::Done));
        return;
    }
    let mut confirm = Confirm::new("Leave Onroll?", format!("workspace {}", model.world.workspace), "Leave");
    if !runs.is_empty() {
        confirm = confirm.line(match runs.len() {
            1 => "A run is live; it stops safely after the write in flight:".to_owned(),
            number => format!("{number} runs are live; they stop safely after the write in flight:"),
        });
        for run in runs.iter().take(10) {
            confirm = confirm.line(format!("  {}", run.title));
        }
        confirm = confirm.line("Leaves by itself when the last one has ended.");
    }
    for what in unsaved {
        confirm = confirm.line(format!("Not saved: {what}"));
    }
    let asked = Asked::new(confirm, model.last_key, model.now.uptime);
    model.leaving = true;
    model.overlays.push(Overlay::Confirm { owner: Owner::Console, ask: LEAVE, asked });
}

/// Leaves now; runs stop at their next boundary.
pub(super) fn leave_now(model: &mut Model, effects: &mut Vec<Effect>) {
    stop_runs(model, effects);
    effects.push(Effect::Quit(ExitCode::Done));
}

/// The answer of a question goes to whoever asked.
pub(super) fn answered(model: &mut Model, owner: Owner, ask: &'static str, answer: Answer, effects: &mut Vec<Effect>) {
    if owner == Owner::Console {
        model.leaving = false;
        if ask == LEAVE && answer == Answer::Confirmed {
            leave_now(model, effects);
        }
        return;
    }
    tell_owner(model, owner, ScreenMsg::Answered(ask, answer), effects);
}

/// Goes to a place on top of the path.
pub(super) fn open(model: &mut Model, place: Place, effects: &mut Vec<Effect>) {
    if model.path.last() == Some(&place) {
        return;
    }
    // A place that is already on the path is gone back to, so that the path cannot grow without end.
    match model.path.iter().position(|earlier| *earlier == place) {
        Some(at) => model.path.truncate(at + 1),
        None => model.path.push(place),
    }
    arrive(model, effects);
}

/// Goes to a place instead of the one on top.
pub(super) fn replace(model: &mut Model, place: Place, effects: &mut Vec<Effect>) {
    model.path.pop();
    if model.path.last() != Some(&place) {
        model.path.push(place);
    }
    arrive(model, effects);
}

/// Back one step; true when there was one.
pub(super) fn back(model: &mut Model, effects: &mut Vec<Effect>) -> bool {
    if model.path.len() < 2 {
        return false;
    }
    model.path.pop();
    arrive(model, effects);
    true
}

/// The place on top is shown: its screen is built or brought back, and told so.
fn arrive(model: &mut Model, effects: &mut Vec<Effect>) {
    let Some(place) = model.path.last().cloned() else { return };
    if model.bring(&place).is_none() {
        model.path.pop();
        let words = format!("{} is not part of this build", place.screen.title());
        say(model, Level::Warn, words);
        if model.path.is_empty() {
            effects.push(Effect::Quit(ExitCode::Done));
        }
        return;
    }
    if let Some(short_name) = &place.tenant {
        read_tenant(model, short_name.clone(), effects);
    }
    resized(model, effects);
    tell_top(model, ScreenMsg::Shown, effects);
}

/// Reads what the header and the tabs say of a tenant.
pub(super) fn read_tenant(model: &mut Model, short_name: String, effects: &mut Vec<Effect>) {
    let slot = Slot { owner: Owner::Console, name: TENANT };
    let generation = model.slots.ask(slot);
    effects.push(Effect::Query(slot, generation, Query::TenantHeader(short_name)));
}

/// Tells the screen on top.
pub(super) fn tell_top(model: &mut Model, msg: ScreenMsg, effects: &mut Vec<Effect>) -> Handled {
    let Some(place) = model.path.last() else { return Handled::No };
    match model.open.iter().position(|open| open.place == *place) {
        Some(at) => tell(model, at, msg, effects),
        None => Handled::No,
    }
}

/// Tells the screen that owns a slot, wherever it is; closed screens hear nothing.
fn tell_owner(model: &mut Model, owner: Owner, msg: ScreenMsg, effects: &mut Vec<Effect>) {
    let Owner::Screen(number) = owner else { return };
    if let Some(at) = model.open.iter().position(|open| open.number == number) {
        tell(model, at, msg, effects);
    }
}

fn tell(model: &mut Model, at: usize, msg: ScreenMsg, effects: &mut Vec<Effect>) -> Handled {
    let body = model.frame().body;
    let Some(open) = model.open.get_mut(at) else { return Handled::No };
    let owner = Owner::Screen(open.number);
    let (mut requests, mut own) = (Vec::new(), Vec::new());
    let handled = open.screen.update(
        msg,
        &mut Cx {
            now: model.now,
            body,
            owner,
            world: &model.world,
            bindings: &model.bindings,
            slots: &mut model.slots,
            effects: &mut own,
            requests: &mut requests,
        },
    );
    let refused = if model.world.read_only { refuse_changes(&mut own, &mut requests) } else { Vec::new() };
    effects.extend(own);
    for request in requests {
        carry_out(model, owner, request, effects);
    }
    for slot in refused {
        tell_owner(model, owner, ScreenMsg::Refused(slot, read_only_problem()), effects);
    }
    handled
}

/// Takes away what a read-only console must not do, and the message that would say it was done. The screen is told as if the
/// backend had refused, so that it shows again what is kept.
fn refuse_changes(effects: &mut Vec<Effect>, requests: &mut Vec<Request>) -> Vec<Slot> {
    let mut refused = Vec::new();
    effects.retain(|effect| match effect {
        Effect::Command(slot, command) if command.changes() => {
            refused.push(*slot);
            false
        }
        _ => true,
    });
    if !refused.is_empty() {
        requests.retain(|request| !matches!(request, Request::Toast { level: Level::Ok, .. }));
    }
    refused
}

fn read_only_problem() -> Problem {
    Problem::new(
        "Nothing was changed: this console is read-only",
        "it was started with --read-only",
        "leave with q and start it without --read-only",
    )
}

fn carry_out(model: &mut Model, owner: Owner, request: Request, effects: &mut Vec<Effect>) {
    match request {
        Request::Open(place) => open(model, place, effects),
        Request::Replace(place) => replace(model, place, effects),
        Request::Back => {
            back(model, effects);
        }
        Request::Toast { level, text, hint, problem } => model.messages.push(level, text, hint, problem, model.now),
        Request::Confirm(ask, confirm) => {
            let asked = Asked::new(confirm, model.last_key, model.now.uptime);
            model.overlays.push(Overlay::Confirm { owner, ask, asked });
        }
        Request::Pick(ask, list) => model.overlays.push(Overlay::Pick { owner, ask, picker: Picker::new(list) }),
        Request::SaveAs(ask, title, name) => {
            model.overlays.push(Overlay::Save { owner, ask, save: SaveAs::new(title, &name) });
        }
        Request::TenantChanged => {
            if let Some(short_name) = model.place().and_then(|place| place.tenant.clone()) {
                read_tenant(model, short_name, effects);
            }
        }
    }
}

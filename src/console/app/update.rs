//! `update`: what a message does to the model, and what is to be done outside of it. Pure: no I/O, no clock.

use super::effect::{Effect, ExitCode};
use super::model::Model;
use super::moment::Moment;
use super::msg::{Control, Ending, Msg, Payload};
use super::navigate::{
    PALETTE, PALETTE_PERSONS, arrive, read_tenant, resized, say, say_problem, stop_runs, tell_owner, tell_top, unsaved,
};
use super::overlay::Overlay;
use super::overlay::palette::Does;
use super::problem::Problem;
use super::route;
use super::slots::{Owner, RequestSlot};
use crate::console::screens::ScreenMsg;

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

fn loaded(model: &mut Model, slot: RequestSlot, payload: Payload, effects: &mut Vec<Effect>) {
    if slot.owner != Owner::Console {
        tell_owner(model, slot.owner, ScreenMsg::Loaded(slot, payload), effects);
        return;
    }
    match payload {
        Payload::Places(mut places) => {
            if model.console.read_only {
                let syncs = places.iter_mut().filter(|entry| matches!(entry.does, Does::Sync(_)));
                syncs.for_each(|entry| entry.off = Some("read-only".to_owned()));
            }
            if let Some(Overlay::Palette(palette)) = model.overlays.last_mut() {
                palette.places(places);
            }
        }
        Payload::Persons(persons) => {
            if let Some(Overlay::Palette(palette)) = model.overlays.last_mut() {
                palette.persons(persons);
            }
        }
        Payload::TenantHeader(header) => {
            model.tenants.insert(header.short_name.clone(), header);
        }
        _ => {}
    }
}

fn failed(model: &mut Model, slot: RequestSlot, problem: Problem, effects: &mut Vec<Effect>) {
    match slot.owner {
        // A palette without places is still a palette.
        Owner::Console if [PALETTE, PALETTE_PERSONS].contains(&slot.name) => {}
        Owner::Console => say_problem(model, problem),
        owner => tell_owner(model, owner, ScreenMsg::Failed(slot, problem), effects),
    }
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

//! Where the operator is, and what reaches which screen: opening, going back, leaving, and what a screen asks of the console.

use super::cx::{Cx, Request};
use super::effect::{Command, Effect, ExitCode, Query};
use super::model::Model;
use super::msg::Control;
use super::overlay::{Confirm, Overlay};
use super::place::Place;
use super::problem::Problem;
use super::slots::{Owner, RequestSlot};
use super::toast::Level;
use crate::console::screens::{Answer, Handled, ScreenId, ScreenMsg};
use crate::console::widgets::confirm::Asked;
use crate::console::widgets::picker::Picker;
use crate::console::widgets::save_as::SaveAs;

/// Where the answers of the palette go.
pub(super) const PALETTE: &str = "palette";
/// The people and views that the palette asks for.
pub(super) const PALETTE_PERSONS: &str = "palette persons";
/// Where a tenant's header goes.
const TENANT: &str = "tenant";
/// Where the answer of a command of the framework goes.
const RUNS: &str = "runs";
/// The question before leaving.
const LEAVE: &str = "leave";

/// The screen on top is told its new body.
pub(super) fn resized(model: &mut Model, effects: &mut Vec<Effect>) {
    let body = model.frame().body;
    tell_top(model, ScreenMsg::Resized(body), effects);
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

pub(super) fn stop_runs(model: &Model, effects: &mut Vec<Effect>) {
    if !model.live_runs.is_empty() {
        effects.push(Effect::Command(RequestSlot { owner: Owner::Console, name: RUNS }, Command::StopAllRuns));
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
    let mut confirm = Confirm::new("Leave Onroll?", format!("workspace {}", model.console.workspace), "Leave");
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
pub(super) fn arrive(model: &mut Model, effects: &mut Vec<Effect>) {
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
    let slot = RequestSlot { owner: Owner::Console, name: TENANT };
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
pub(super) fn tell_owner(model: &mut Model, owner: Owner, msg: ScreenMsg, effects: &mut Vec<Effect>) {
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
            console: &model.console,
            bindings: &model.bindings,
            slots: &mut model.slots,
            effects: &mut own,
            requests: &mut requests,
        },
    );
    let refused = if model.console.read_only { refuse_changes(&mut own, &mut requests) } else { Vec::new() };
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
fn refuse_changes(effects: &mut Vec<Effect>, requests: &mut Vec<Request>) -> Vec<RequestSlot> {
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
                read_tenant(model, short_name.clone(), effects);
                // The list of tenants that lies open below is not shown with what stood there before.
                if let Some(at) = model.open.iter().position(|open| open.place.screen == ScreenId::Tenants) {
                    tell(model, at, ScreenMsg::Control(Control::TenantChanged(short_name)), effects);
                }
            }
        }
    }
}

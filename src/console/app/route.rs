//! Where input goes: overlay on top, then the screen, then the framework. Focus is model state, so a key can never
//! go to the wrong place because a frame was dropped.

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::effect::{Effect, Query};
use super::model::Model;
use super::msg::Control;
use super::navigate::{self, answered, leave, leave_now, say, tell_top};
use super::overlay::explain::Explain;
use super::overlay::help::Help;
use super::overlay::messages::MessageList;
use super::overlay::more::More;
use super::overlay::palette::{Does, Entry, Palette};
use super::overlay::{Outcome, Overlay};
use super::place::Place;
use super::slots::{Owner, RequestSlot};
use super::toast::Level;
use crate::console::format;
use crate::console::keys::{Action, Offer, Scope};
use crate::console::screens::{Handled, ScreenId, ScreenMsg};
use crate::console::widgets::Hit;

/// A key.
pub(super) fn key(model: &mut Model, key: KeyEvent, effects: &mut Vec<Effect>) {
    if key.kind == KeyEventKind::Release {
        return;
    }
    model.last_key = Some(key);
    // Ctrl-C and Ctrl-Z work everywhere, also under a question.
    if let Some(action @ (Action::Interrupt | Action::Suspend)) = model.bindings().resolve_in_text(key) {
        act(model, action, effects);
        return;
    }
    let now = model.now.uptime;
    if let Some(overlay) = model.overlays.last_mut() {
        let outcome = overlay.key(key, now);
        settle(model, outcome, effects);
        return;
    }
    let (id, text, holds) = match model.screen() {
        Some(screen) => (screen.id(), screen.text_focus(), screen.holds_keys()),
        None => (ScreenId::Tenants, false, false),
    };
    let offers = model.offers();
    let action = if text { model.bindings().resolve_in_text(key) } else { model.bindings().resolve(key, id, &offers) };
    match action.filter(|action| text || !holds || is_own(key, *action, &offers)) {
        Some(action) => act(model, action, effects),
        None => {
            if text || (holds && is_sign(key)) {
                tell_top(model, ScreenMsg::Key(key), effects);
            }
        }
    }
}

/// A letter or digit.
fn is_sign(key: KeyEvent) -> bool {
    let plain = KeyModifiers::NONE | KeyModifiers::SHIFT;
    matches!(key.code, KeyCode::Char(sign) if sign.is_alphanumeric()) && plain.contains(key.modifiers)
}

/// Whether a key is one of a page that sends: what it offers, what walks its list, and whatever is no letter and no digit.
fn is_own(key: KeyEvent, action: Action, offers: &[Offer]) -> bool {
    let walks = matches!(action, Action::Up | Action::Down | Action::First | Action::Last | Action::Help);
    !is_sign(key) || walks || offers.iter().any(|offer| offer.is_for(action))
}

/// Pasted text.
pub(super) fn paste(model: &mut Model, text: &str, effects: &mut Vec<Effect>) {
    if let Some(overlay) = model.overlays.last_mut() {
        let outcome = overlay.paste(text);
        settle(model, outcome, effects);
    } else {
        tell_top(model, ScreenMsg::Paste(text.to_owned()), effects);
    }
}

/// A click.
pub(super) fn click(model: &mut Model, hit: Hit, double: bool, effects: &mut Vec<Effect>) {
    let now = model.now.uptime;
    if let Some(overlay) = model.overlays.last_mut() {
        // A click beside the box does nothing: a question is not answered by accident.
        let outcome = overlay.click(&hit, now);
        settle(model, outcome, effects);
        return;
    }
    model.last_key = None;
    match hit {
        Hit::Footer(action) => act(model, action, effects),
        Hit::Tab(tab) => go_to_tab(model, tab, effects),
        Hit::Crumb(at) => {
            if at + 1 < model.path.len() {
                model.path.truncate(at + 2);
                navigate::back(model, effects);
            }
        }
        hit => {
            tell_top(model, ScreenMsg::Click { hit, double }, effects);
        }
    }
}

/// The wheel.
pub(super) fn wheel(model: &mut Model, hit: Option<Hit>, rows: i32, effects: &mut Vec<Effect>) {
    match model.overlays.last_mut() {
        Some(overlay) => overlay.wheel(rows),
        None => {
            tell_top(model, ScreenMsg::Wheel { hit, rows }, effects);
        }
    }
}

/// What an overlay decided.
fn settle(model: &mut Model, outcome: Outcome, effects: &mut Vec<Effect>) {
    match outcome {
        Outcome::Stay => {}
        Outcome::Search(text) => search(model, text, effects),
        Outcome::Copy(text) => copy(model, text, effects),
        Outcome::Close => {
            model.overlays.pop();
        }
        Outcome::Run(action) => {
            model.overlays.pop();
            act(model, action, effects);
        }
        Outcome::Keys => {
            model.overlays.pop();
            help(model);
        }
        Outcome::Go(place) => {
            model.overlays.pop();
            navigate::open(model, place, effects);
        }
        Outcome::View(place, stand) => {
            model.overlays.pop();
            navigate::open(model, place, effects);
            tell_top(model, ScreenMsg::View(stand), effects);
        }
        Outcome::Sync(tenant) => {
            model.overlays.pop();
            navigate::open(model, Place::global(ScreenId::Tenants), effects);
            tell_top(model, ScreenMsg::Control(Control::SyncAsked(tenant)), effects);
        }
        Outcome::Answer(owner, ask, answer) => {
            model.overlays.pop();
            answered(model, owner, ask, answer, effects);
        }
    }
}

fn search(model: &mut Model, text: String, effects: &mut Vec<Effect>) {
    let slot = RequestSlot { owner: Owner::Console, name: navigate::PALETTE };
    let generation = model.slots.ask(slot);
    effects.push(Effect::Query(slot, generation, Query::Places(text.clone())));
    let slot = RequestSlot { owner: Owner::Console, name: navigate::PALETTE_PERSONS };
    let generation = model.slots.ask(slot);
    let tenant = model.place().and_then(|place| place.tenant.clone());
    effects.push(Effect::Query(slot, generation, Query::Persons { tenant, text }));
}

fn copy(model: &mut Model, text: String, effects: &mut Vec<Effect>) {
    let characters = format::count(text.chars().count());
    say(model, Level::Info, format!("Copied {characters} characters, sent to the terminal"));
    effects.push(Effect::Copy(text));
}

/// Does an action: the framework's own at once, all others by the screen.
pub(super) fn act(model: &mut Model, action: Action, effects: &mut Vec<Effect>) {
    match action {
        Action::Help => explain_or_help(model),
        Action::Palette => palette(model, effects),
        Action::Messages => {
            let list = MessageList::new(&model.messages);
            model.overlays.push(Overlay::Messages(list));
        }
        Action::More => more(model),
        Action::Quit => leave(model, effects),
        Action::Interrupt if model.leaving => leave_now(model, effects),
        Action::Interrupt => leave(model, effects),
        Action::Suspend => effects.push(Effect::Suspend),
        Action::Mouse => {
            model.mouse = !model.mouse;
            let words =
                if model.mouse { "Mouse on; Shift-drag selects text" } else { "Mouse off; the terminal selects text" };
            say(model, Level::Info, words);
            effects.push(Effect::Mouse(model.mouse));
        }
        Action::Back => back(model, effects),
        _ => match (action.tab(), model.place().is_some_and(|place| place.tenant.is_some())) {
            (Some(tab), true) => go_to_tab(model, tab, effects),
            _ => by_screen(model, action, effects),
        },
    }
}

/// Esc: an error that waits, then whatever the screen has open, then the place before. Never leaves the program.
fn back(model: &mut Model, effects: &mut Vec<Effect>) {
    if model.messages.dismiss(model.now.uptime) {
        return;
    }
    if tell_top(model, ScreenMsg::Action(Action::Back), effects) == Handled::No {
        navigate::back(model, effects);
    }
}

/// An action of the screen. Disabled ones say why; dangerous ones must be offered.
fn by_screen(model: &mut Model, action: Action, effects: &mut Vec<Effect>) {
    let meta = action.meta();
    let mut offers = model.offers();
    offers.extend(model.more());
    match offers.iter().find(|offer| offer.is_for(action)) {
        Some(offer) => {
            if let Err(reason) = &offer.enabled {
                let words = format!("{}: {reason}", capital(&offer.label));
                say(model, Level::Info, words);
                return;
            }
        }
        None if meta.dangerous || matches!(meta.scope, Scope::Menu | Scope::MenuOf(_)) => return,
        None => {}
    }
    tell_top(model, ScreenMsg::Action(action), effects);
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map(|first| first.to_uppercase().chain(characters).collect()).unwrap_or_default()
}

fn title(model: &Model) -> String {
    model.screen().map(|screen| screen.id().title().to_owned()).unwrap_or_default()
}

/// `?`: what the code of the cursor's line means, where it has one; F1 and a second `?` are always the keys.
fn explain_or_help(model: &mut Model) {
    let is_f1 = model.last_key.is_some_and(|key| key.code == KeyCode::F(1));
    match model.screen().and_then(|screen| screen.code(&model.view_cx())).filter(|_| !is_f1) {
        Some(code) => model.overlays.push(Overlay::Explain(Explain::new(code))),
        None => help(model),
    }
}

fn help(model: &mut Model) {
    let more = model.more();
    let page = Help::new(&title(model), &model.offers(), &more, model.bindings());
    model.overlays.push(Overlay::Help(page));
}

fn more(model: &mut Model) {
    let menu = More::new(&title(model), model.more(), model.bindings().clone());
    model.overlays.push(Overlay::More(menu));
}

/// The palette begins with what this screen offers, then screens, then what works everywhere.
fn palette(model: &mut Model, effects: &mut Vec<Effect>) {
    let mut entries = Vec::new();
    for offer in model.offers().into_iter().chain(model.more()) {
        let key = match offer.action.meta().scope {
            Scope::Menu | Scope::MenuOf(_) => {
                format!("{} {}", model.bindings().shown(Action::More), model.bindings().shown(offer.action))
            }
            _ => model.bindings().shown(offer.action),
        };
        let does = Does::Run(offer.action);
        entries.push(Entry { label: capital(&offer.label), key, off: offer.enabled.err(), does });
    }
    let tenant = model.place().and_then(|place| place.tenant.clone());
    for (number, screen) in ScreenId::TABS.into_iter().enumerate() {
        if let Some(short_name) = &tenant {
            let does = Does::Go(Place::tenant(screen, short_name.clone()));
            let label = format!("Go to {}", screen.title());
            entries.push(Entry { label, key: (number + 1).to_string(), off: None, does });
        }
    }
    let tenants = Does::Go(Place::global(ScreenId::Tenants));
    let label = format!("Go to {}", ScreenId::Tenants.title());
    entries.push(Entry { label, key: String::new(), off: None, does: tenants });
    let global = [
        ScreenId::Holds,
        ScreenId::Anybody,
        ScreenId::Values,
        ScreenId::Troubles,
        ScreenId::Schedule,
        ScreenId::Incidents,
    ];
    for screen in global {
        let label = format!("Go to {}", screen.title());
        entries.push(Entry { label, key: String::new(), off: None, does: Does::Go(Place::global(screen)) });
    }
    let always = [Action::Help, Action::Mouse, Action::Suspend, Action::Quit];
    for action in always {
        let label = capital(action.meta().help.split(';').next().unwrap_or_default());
        entries.push(Entry { label, key: model.bindings().shown(action), off: None, does: Does::Run(action) });
    }
    let mut seen = std::collections::BTreeSet::new();
    entries.retain(|entry| seen.insert(entry.label.clone()));
    model.overlays.push(Overlay::Palette(Palette::new(entries)));
    search(model, String::new(), effects);
}

fn go_to_tab(model: &mut Model, tab: usize, effects: &mut Vec<Effect>) {
    let Some(screen) = ScreenId::TABS.get(tab).copied() else { return };
    let Some(short_name) = model.place().and_then(|place| place.tenant.clone()) else { return };
    let place = Place::tenant(screen, short_name.clone());
    // A tab replaces everything inside the tenant: Esc from any tab leads out of it.
    while model.path.last().is_some_and(|earlier| earlier.tenant.as_ref() == Some(&short_name)) {
        model.path.pop();
    }
    navigate::open(model, place, effects);
}

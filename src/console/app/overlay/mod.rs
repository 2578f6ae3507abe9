//! What lies over the screen: a stack of boxes. The one on top gets all keys.

pub mod explain;
pub mod help;
pub mod messages;
pub mod more;
pub mod palette;

use std::time::Duration;

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;

use super::cx::ViewCx;
use super::place::Place;
use super::slots::Owner;
use crate::console::keys::Action;
use crate::console::widgets::Answer;
use crate::console::widgets::confirm::Asked;
pub use crate::console::widgets::confirm::Confirm;
pub use crate::console::widgets::motion::step;
use crate::console::widgets::picker::Picker;
pub use crate::console::widgets::picker::{PickItem, PickList};
use crate::console::widgets::save_as::SaveAs;
use crate::console::widgets::{Canvas, Hit};
use crate::services::lists::Stand;

/// A box over the screen.
#[derive(Clone, Debug, PartialEq)]
pub enum Overlay {
    /// `?` on a line that carries a code.
    Explain(explain::Explain),
    /// `?`.
    Help(help::Help),
    /// `:` and Ctrl-P.
    Palette(palette::Palette),
    /// `m`.
    More(more::More),
    /// A question before something is sent or lost.
    Confirm { owner: Owner, ask: &'static str, asked: Asked },
    /// A pick list.
    Pick { owner: Owner, ask: &'static str, picker: Picker },
    /// Where a file goes.
    Save { owner: Owner, ask: &'static str, save: SaveAs },
    /// `m m`.
    Messages(messages::MessageList),
}

/// What a key did to an overlay.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It stays.
    Stay,
    /// It closes.
    Close,
    /// It closes and this is done.
    Run(Action),
    /// It closes and the keys of the screen are shown.
    Keys,
    /// It closes and this place is opened.
    Go(Place),
    /// It closes, this place is opened, and its list stands as a view has it.
    View(Place, Stand),
    /// It closes and Tenants asks whether this one is to be synced.
    Sync(String),
    /// It closes with an answer for whoever asked.
    Answer(Owner, &'static str, Answer),
    /// The palette wants to know places for this text.
    Search(String),
    /// The message is copied.
    Copy(String),
}

impl Overlay {
    /// A key; `now` is the time since the console started.
    pub fn key(&mut self, key: KeyEvent, now: Duration) -> Outcome {
        match self {
            Overlay::Explain(explain) => explain.key(key),
            Overlay::Help(help) => help.key(key),
            Overlay::Palette(palette) => palette.key(key),
            Overlay::More(more) => more.key(key),
            Overlay::Messages(list) => list.key(key),
            Overlay::Confirm { owner, ask, asked } => match asked.key(key, now) {
                Some(true) => Outcome::Answer(*owner, ask, Answer::Confirmed),
                Some(false) => Outcome::Answer(*owner, ask, Answer::Cancelled),
                None => Outcome::Stay,
            },
            Overlay::Pick { owner, ask, picker } => match picker.key(key) {
                Some(answer) => Outcome::Answer(*owner, ask, answer),
                None => Outcome::Stay,
            },
            Overlay::Save { owner, ask, save } => match save.key(key) {
                Some(answer) => Outcome::Answer(*owner, ask, answer),
                None => Outcome::Stay,
            },
        }
    }

    /// Pasted text goes into the line that is being typed.
    pub fn paste(&mut self, text: &str) -> Outcome {
        match self {
            Overlay::Help(help) => help.paste(text),
            Overlay::Palette(palette) => return palette.paste(text),
            Overlay::Pick { picker, .. } => picker.paste(text),
            Overlay::Save { save, .. } => save.paste(text),
            Overlay::Explain(_) | Overlay::More(_) | Overlay::Confirm { .. } | Overlay::Messages(_) => {}
        }
        Outcome::Stay
    }

    /// A click on a line or button.
    pub fn click(&mut self, hit: &Hit, now: Duration) -> Outcome {
        match (self, hit) {
            (Overlay::Explain(explain), Hit::OverlayRow(row)) => explain.choose(*row),
            (Overlay::Help(help), Hit::OverlayRow(row)) => help.choose(*row),
            (Overlay::Palette(palette), Hit::OverlayRow(row)) => palette.choose(*row),
            (Overlay::More(more), Hit::OverlayRow(row)) => more.choose(*row),
            (Overlay::Messages(list), Hit::OverlayRow(row)) => list.choose(*row),
            (Overlay::Confirm { owner, ask, asked }, Hit::Button(button)) => match asked.click(*button, now) {
                Some(true) => Outcome::Answer(*owner, ask, Answer::Confirmed),
                Some(false) => Outcome::Answer(*owner, ask, Answer::Cancelled),
                None => Outcome::Stay,
            },
            (Overlay::Pick { owner, ask, picker }, Hit::OverlayRow(row)) => match picker.choose(*row) {
                Some(answer) => Outcome::Answer(*owner, ask, answer),
                None => Outcome::Stay,
            },
            _ => Outcome::Stay,
        }
    }

    /// The wheel moves the cursor of a list.
    pub fn wheel(&mut self, rows: i32) {
        match self {
            Overlay::Explain(explain) => {
                let _ = explain.scroll(rows);
            }
            Overlay::Help(help) => help.scroll(rows),
            Overlay::Palette(palette) => palette.scroll(rows),
            Overlay::More(more) => more.scroll(rows),
            Overlay::Messages(list) => list.scroll(rows),
            Overlay::Pick { picker, .. } => picker.scroll(rows),
            Overlay::Confirm { .. } | Overlay::Save { .. } => {}
        }
    }

    /// When its picture changes by itself: a question that is deaf wakes up.
    #[must_use]
    pub fn wakes(&self, now: Duration) -> Option<Duration> {
        match self {
            Overlay::Confirm { asked, .. } => Some(asked.listens_at()).filter(|at| *at > now),
            _ => None,
        }
    }

    /// Its own footer; `None` keeps the screen's.
    #[must_use]
    pub fn hints(&self) -> Option<Vec<(&'static str, String)>> {
        match self {
            Overlay::Confirm { asked, .. } => Some(asked.hints()),
            Overlay::Save { save, .. } => Some(save.hints()),
            Overlay::Explain(explain) => Some(explain.hints()),
            _ => None,
        }
    }

    /// Draws it over the body.
    pub fn view(&self, cx: &ViewCx<'_>, body: Rect, messages: &super::toast::Messages, canvas: &mut Canvas<'_>) {
        match self {
            Overlay::Explain(explain) => explain.view(body, canvas),
            Overlay::Help(help) => help.view(cx, body, canvas),
            Overlay::Palette(palette) => palette.view(cx, body, canvas),
            Overlay::More(more) => more.view(cx, body, canvas),
            Overlay::Confirm { asked, .. } => asked.view(body, cx.now.uptime, canvas),
            Overlay::Pick { picker, .. } => picker.view_centred(body, canvas),
            Overlay::Save { save, .. } => save.view(body, canvas),
            Overlay::Messages(list) => list.view(cx, body, messages, canvas),
        }
    }
}

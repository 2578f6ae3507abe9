//! What the first screen holds.

use crate::console::app::Place;
use crate::console::app::header::{Header, StatusLine};
use crate::console::app::{Cx, ViewCx};
use crate::console::keys::{Action, Offer};
use crate::console::screens::{Handled, Screen, ScreenId, ScreenMsg};
use crate::console::widgets::Canvas;
use ratatui::layout::Rect;

/// A way on from here. The caller names only doors that exist.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Door {
    /// The action whose key opens it; `None` for one that only Enter opens.
    pub action: Option<Action>,
    /// What it is: `add a tenant`.
    pub label: String,
    /// What it needs or does: `name, source, destination, credentials`.
    pub words: String,
    /// Where it leads.
    pub leads: Leads,
}

/// What is behind a door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Leads {
    /// A place in the console.
    To(Place),
    /// A command of the command line, which the page shows and copies.
    Command(String),
}

/// The first screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FirstRun {
    pub(super) cursor: usize,
}

impl FirstRun {
    /// The screen, the cursor on the first door.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

impl Screen for FirstRun {
    fn id(&self) -> ScreenId {
        ScreenId::FirstRun
    }

    fn header(&self, _cx: &ViewCx<'_>) -> Header {
        Header { only: Some("no tenants yet".to_owned()), ..Header::crumbs(["Tenants"]) }
    }

    fn status(&self, cx: &ViewCx<'_>) -> StatusLine {
        StatusLine::new(format!("workspace `{}`, created just now", cx.console.workspace), cx.console.version.clone())
    }

    fn offers(&self, cx: &ViewCx<'_>) -> Vec<Offer> {
        let mut offers = vec![Offer::new(Action::Enter, "choose")];
        for door in &cx.console.doors {
            offers.extend(door.action.map(|action| Offer::new(action, door.short())));
        }
        offers.push(Offer::new(Action::Palette, "palette"));
        offers.push(Offer::new(Action::Quit, "leave"));
        offers
    }

    fn update(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        self.handle(msg, cx)
    }

    fn view(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        self.draw(cx, area, canvas);
    }
}

impl Door {
    /// The footer's words: `add tenant` for `add a tenant`.
    pub(super) fn short(&self) -> String {
        self.label.replace(" a ", " ")
    }
}

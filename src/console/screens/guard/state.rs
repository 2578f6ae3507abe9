//! What the source guard's page holds.

use crate::console::screens::{CodeHere, problem_words};
use crate::domain::code::Code;
use std::time::Duration;

use ratatui::layout::Rect;

use crate::console::app::header::{Header, StatusLine};
use crate::console::app::{Cx, Place, Remote, ViewCx};
use crate::console::format;
use crate::console::keys::{Action, Offer};
use crate::console::screens::run::data::Newest;
use crate::console::screens::{Handled, Screen, ScreenId, ScreenMsg};
use crate::console::widgets::Canvas;
use crate::console::widgets::confirm::TypedConfirm;
use crate::domain::problem::LetThrough;

/// The page of the newest run's stop.
#[derive(Debug)]
pub struct GuardScreen {
    pub(super) tenant: String,
    pub(super) newest: Remote<Box<Newest>>,
    pub(super) typed: TypedConfirm,
    /// The line has the keys.
    pub(super) typing: bool,
    pub(super) sent: bool,
}

impl GuardScreen {
    /// The page of a tenant.
    #[must_use]
    pub fn new(tenant: impl Into<String>) -> Self {
        Self { tenant: tenant.into(), newest: Remote::Idle, typed: TypedConfirm::default(), typing: false, sent: false }
    }

    /// The stop that can be let through; `None` while it is read, or when a newer run has ended it.
    pub(super) fn stop(&self) -> Option<&LetThrough> {
        let newest = self.newest.value().filter(|newest| !newest.live)?;
        newest.run()?.problem.as_ref()?.let_through.as_deref()
    }

    pub(super) fn agrees(&self) -> bool {
        self.stop().is_some_and(|stop| self.typed.agrees(&self.tenant, stop.received))
    }
}

impl Screen for GuardScreen {
    fn id(&self) -> ScreenId {
        ScreenId::Guard
    }

    fn header(&self, _cx: &ViewCx<'_>) -> Header {
        let run = self.newest.value().and_then(|newest| newest.run().map(|run| run.id));
        let run = run.map_or_else(|| "Run".to_owned(), |run| format!("Run {run}"));
        Header::crumbs([run, "Let through".to_owned()])
    }

    fn status(&self, cx: &ViewCx<'_>) -> StatusLine {
        let pull = self.newest.value().and_then(|newest| newest.last_pull);
        let age = pull.map(|pull| format!("last good pull {}", format::age(pull, cx.now.wall))).unwrap_or_default();
        StatusLine::new("✗ Nothing has been planned or sent from this list", age.replace("data ", ""))
    }

    fn offers(&self, _cx: &ViewCx<'_>) -> Vec<Offer> {
        let Some(stop) = self.stop() else {
            return vec![Offer::new(Action::Back, "back to the run")];
        };
        if self.typing {
            let through = format!("let {} through", format::count(stop.received));
            return vec![
                Offer::new(Action::Enter, through).unless((!self.agrees()).then(|| "type the line first".to_owned())),
                Offer::new(Action::Back, "leave it stopped"),
            ];
        }
        vec![
            Offer::new(Action::Refresh, "preview again"),
            Offer::new(Action::NextPane, "to the answer"),
            Offer::new(Action::Why, "why"),
            Offer::new(Action::Back, "back to the run"),
        ]
    }

    fn code(&self, _cx: &ViewCx<'_>) -> Option<CodeHere> {
        let problem = self.newest.value()?.run()?.problem.as_ref()?;
        Some(CodeHere::new(Code::Problem(problem.code())).here(problem_words(problem)))
    }

    fn text_focus(&self) -> bool {
        self.typing
    }

    fn holds_keys(&self) -> bool {
        self.stop().is_some()
    }

    fn loading_since(&self) -> Option<Duration> {
        self.newest.loading_since()
    }

    fn update(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        self.handle(msg, cx)
    }

    fn revisit(&mut self, _place: &Place, cx: &mut Cx<'_>) {
        self.load(cx);
    }

    fn view(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        self.draw(cx, area, canvas);
    }
}

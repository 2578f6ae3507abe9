//! What the screen Overview holds.

use ratatui::layout::Rect;

use super::code;
use super::data::{Facts, Tested};
use super::steps::moment;
use crate::console::app::header::{Header, StatusLine};
use crate::console::app::live::LiveSample;
use crate::console::app::{Cx, Place, Remote, ViewCx};
use crate::console::keys::{Action, Offer};
use crate::console::screens::tenants::live_words;
use crate::console::screens::tenants::removal::Removal;
use crate::console::screens::{CodeHere, Handled, Screen, ScreenId, ScreenMsg};
use crate::console::widgets::Canvas;
use crate::domain::connection::ConnectionStatus;
use crate::engine::checklist::{Step, StepKey, StepState, in_the_way};

/// A connection test on the screen.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Test {
    Calling,
    Answered(Tested),
}

/// The screen.
#[derive(Debug)]
pub struct Overview {
    pub(super) tenant: String,
    pub(super) facts: Remote<Facts>,
    /// The step under the cursor; none before the first answer.
    pub(super) cursor: Option<StepKey>,
    pub(super) live: Option<LiveSample>,
    /// The test that lies over the halves.
    pub(super) test: Option<Test>,
    pub(super) removal: Option<Removal>,
    pub(super) body: Rect,
}

impl Overview {
    /// The screen of a tenant, nothing read yet.
    #[must_use]
    pub fn new(place: &Place) -> Self {
        Self {
            tenant: place.tenant.clone().unwrap_or_default(),
            facts: Remote::Idle,
            cursor: None,
            live: None,
            test: None,
            removal: None,
            body: Rect::default(),
        }
    }

    pub(super) fn steps(&self) -> &[Step] {
        self.facts.value().map(|facts| facts.steps.as_slice()).unwrap_or_default()
    }

    pub(super) fn cursor_index(&self) -> usize {
        self.steps().iter().position(|step| Some(step.key) == self.cursor).unwrap_or(0)
    }

    /// The step under the cursor.
    pub(super) fn current(&self) -> Option<&Step> {
        self.steps().get(self.cursor_index())
    }

    pub(super) fn status_of(&self) -> Option<ConnectionStatus> {
        self.facts.value().map(|facts| facts.overview.connection.status)
    }

    pub(super) fn is_running(&self) -> bool {
        self.live.is_some() || self.facts.value().is_some_and(|facts| facts.elsewhere.is_some())
    }

    /// Why it cannot be published; `None` when it can.
    fn hindrance(&self) -> Option<String> {
        match (self.status_of(), in_the_way(self.steps()).len()) {
            (Some(ConnectionStatus::Paused), _) => Some("paused: a test that passes ends it".to_owned()),
            (_, 0) => None,
            (_, 1) => Some("1 step first".to_owned()),
            (_, steps) => Some(format!("{steps} steps first")),
        }
    }

    fn waive_offer(&self) -> Option<Offer> {
        let step = self.current()?;
        let can = matches!(step.key, StepKey::MappingTables | StepKey::PeopleMatched) && step.open > 0;
        can.then(|| Offer::new(Action::Later, if step.waived { "take back" } else { "waive" }))
    }
}

impl Screen for Overview {
    fn id(&self) -> ScreenId {
        ScreenId::Overview
    }

    fn header(&self, _cx: &ViewCx<'_>) -> Header {
        Header::default()
    }

    fn status(&self, cx: &ViewCx<'_>) -> StatusLine {
        let (now, zone) = (cx.now.wall, cx.zone());
        let facts = self.facts.value();
        let left = match (&self.live, facts.and_then(|facts| facts.test.as_ref())) {
            (Some(sample), _) => format!("i {}", live_words(sample, now)),
            (None, Some(test)) if test.passed => {
                format!("✓ Both connections answered {}", moment(test.at, now, &zone))
            }
            (None, Some(test)) => format!("✗ The last test failed {}", moment(test.at, now, &zone)),
            (None, None) => String::new(),
        };
        let plan = facts.and_then(|facts| facts.overview.plan.as_ref());
        let right = plan.map(|plan| format!("{} of {}", plan.id.words(), moment(plan.made_at, now, &zone)));
        StatusLine::new(left, right.unwrap_or_default())
    }

    fn offers(&self, _cx: &ViewCx<'_>) -> Vec<Offer> {
        if self.removal.is_some() {
            return vec![Offer::new(Action::Enter, "remove it"), Offer::new(Action::Back, "keep it")];
        }
        if let Some(test) = &self.test {
            let calling = (*test == Test::Calling).then_some("calling");
            return vec![
                Offer::new(Action::Refresh, "test again").unless(calling),
                Offer::new(Action::Edit, "settings"),
                Offer::new(Action::Back, "close"),
            ];
        }
        let Some(status) = self.status_of() else { return Vec::new() };
        let busy = self.is_running().then_some("running");
        let off = (status == ConnectionStatus::Off).then_some("switched off");
        let mut offers = vec![Offer::new(Action::Enter, "go to it")];
        if status != ConnectionStatus::Live {
            offers.push(Offer::new(Action::Send, "publish").unless(self.hindrance()));
        }
        offers.extend(self.waive_offer());
        offers.push(Offer::new(Action::Refresh, "preview").unless(busy.or(off)));
        offers.push(Offer::new(Action::More, "more"));
        offers.push(Offer::new(Action::Why, "why"));
        let label = if off.is_some() { "switch on" } else { "switch off" };
        offers.push(Offer::new(Action::Deactivate, label));
        offers.push(Offer::new(Action::Edit, "settings"));
        offers
    }

    fn more(&self, _cx: &ViewCx<'_>) -> Vec<Offer> {
        let busy = self.is_running().then_some("running");
        vec![
            Offer::new(Action::MoreTest, "test connections"),
            Offer::new(Action::MoreEdit, "edit the settings"),
            Offer::new(Action::MoreAudit, "audit: who changed what, and when"),
            Offer::new(Action::MoreRemove, "remove this tenant").unless(busy),
        ]
    }

    fn code(&self, _cx: &ViewCx<'_>) -> Option<CodeHere> {
        match &self.test {
            Some(Test::Answered(test)) => code::of_test(test),
            Some(Test::Calling) => None,
            None => code::of_step(self.current()?, self.facts.value()?),
        }
    }

    fn text_focus(&self) -> bool {
        self.removal.is_some()
    }

    fn loading_since(&self) -> Option<std::time::Duration> {
        self.facts.loading_since()
    }

    fn update(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        self.handle(msg, cx)
    }

    fn view(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        self.draw(cx, area, canvas);
    }
}

/// The step where the next decision is: the first open one, else the last.
pub(super) fn first_open(steps: &[Step]) -> Option<StepKey> {
    let open = steps.iter().find(|step| step.state == StepState::Open);
    open.or(steps.last()).map(|step| step.key)
}

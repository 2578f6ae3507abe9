//! What the page of the typed confirmation holds.

use crate::console::screens::CodeHere;
use crate::domain::code::{Code, ProblemCode};
use std::collections::BTreeSet;
use std::time::Duration;

use ratatui::layout::Rect;

use crate::console::app::header::{Header, StatusLine};
use crate::console::app::{Cx, Place, Remote, ViewCx};
use crate::console::format;
use crate::console::keys::{Action, Offer};
use crate::console::screens::plan::data::{LimitPage, Part};
use crate::console::screens::{Handled, Screen, ScreenId, ScreenMsg};
use crate::console::widgets::Canvas;
use crate::console::widgets::confirm::TypedConfirm;
use crate::domain::ids::{EmployeeId, PlanId};
use crate::domain::plan::LimitKind;
use crate::domain::waves::WavesAsked;

/// Between the plan's number and the people of a place's subject; no id has it.
const SEPARATOR: char = '\u{1f}';

/// The subject of this page's place: a plan, or its part for some people.
#[must_use]
pub(in crate::console::screens) fn subject(plan: i64, only: &[EmployeeId]) -> String {
    let mut subject = plan.to_string();
    for employee in only {
        subject.push(SEPARATOR);
        subject.push_str(employee.as_str());
    }
    subject
}

/// Before the waves of a place's subject; no id has it.
const IN_WAVES: char = '\u{1e}';

/// The subject of this page's place: a plan that goes in waves.
#[must_use]
pub(in crate::console::screens) fn subject_in_waves(plan: i64, waves: &WavesAsked) -> String {
    let waves = serde_json::to_string(waves).unwrap_or_default();
    format!("{plan}{IN_WAVES}{waves}")
}

/// The page of one plan.
#[derive(Debug)]
pub struct LimitScreen {
    pub(super) tenant: String,
    pub(super) plan: i64,
    pub(super) only: Vec<EmployeeId>,
    /// In parts, each read back before the next.
    pub(super) waves: Option<WavesAsked>,
    pub(super) page: Remote<LimitPage>,
    /// Parts that stay held.
    pub(super) without: BTreeSet<LimitKind>,
    pub(super) cursor: usize,
    /// First person shown of the part under the cursor.
    pub(super) first: usize,
    pub(super) typed: TypedConfirm,
    /// The line has the keys.
    pub(super) typing: bool,
    pub(super) sent: bool,
}

impl LimitScreen {
    /// The page of the plan that the subject names.
    #[must_use]
    pub fn new(tenant: impl Into<String>, subject: Option<&str>) -> Self {
        let subject = subject.unwrap_or_default();
        let (subject, waves) = subject.split_once(IN_WAVES).unwrap_or((subject, ""));
        let mut parts = subject.split(SEPARATOR);
        let plan = parts.next().and_then(|plan| plan.parse().ok()).unwrap_or(0);
        Self {
            tenant: tenant.into(),
            plan,
            only: parts.map(EmployeeId::new).collect(),
            waves: serde_json::from_str(waves).ok(),
            page: Remote::Idle,
            without: BTreeSet::new(),
            cursor: 0,
            first: 0,
            typed: TypedConfirm::default(),
            typing: true,
            sent: false,
        }
    }

    pub(super) fn part(&self) -> Option<&Part> {
        self.page.value()?.parts.get(self.cursor)
    }

    /// The number that has to be typed; `None` while it is counted.
    pub(super) fn number(&self) -> Option<u32> {
        match &self.page {
            Remote::Ready(page) => Some(page.number),
            _ => None,
        }
    }

    /// Whether the right words are typed for what is shown.
    pub(super) fn agrees(&self) -> bool {
        let (Some(number), Some(page)) = (self.number(), self.page.value()) else { return false };
        number > 0 && self.typed.agrees(&page.short_name, u64::from(number))
    }

    /// Why nothing can be sent, whatever is typed.
    pub(super) fn gate(&self) -> Option<String> {
        let page = self.page.value()?;
        page.gate
            .clone()
            .or_else(|| self.number().filter(|number| *number == 0).map(|_| "nothing is ticked".to_owned()))
    }

    pub(super) fn send_refused(&self) -> Option<String> {
        self.gate().or_else(|| (!self.agrees()).then(|| "type the line first".to_owned()))
    }
}

impl Screen for LimitScreen {
    fn id(&self) -> ScreenId {
        ScreenId::Limit
    }

    fn header(&self, _cx: &ViewCx<'_>) -> Header {
        Header::crumbs([PlanId(self.plan).title(), "Confirm".to_owned()])
    }

    fn status(&self, _cx: &ViewCx<'_>) -> StatusLine {
        let left = match &self.waves {
            Some(_) => "✗ Nothing has been sent; it goes in waves, the first of them with !",
            None => "✗ Nothing has been sent; a newer plan makes this page stale",
        };
        StatusLine::new(left, self.page.value().map(|page| PlanId(page.plan).words()).unwrap_or_default())
    }

    fn offers(&self, _cx: &ViewCx<'_>) -> Vec<Offer> {
        let number = self.number().map(format::count).unwrap_or_default();
        let send = match &self.waves {
            Some(_) => format!("send wave 1 of {number}"),
            None => format!("send {number}"),
        };
        let send = Offer::new(Action::Send, send).unless(self.send_refused());
        if self.typing {
            let enter = Offer::new(Action::Enter, "done typing, then !");
            return vec![enter, Offer::new(Action::NextPane, "parts"), Offer::new(Action::Back, "back to the parts")];
        }
        vec![
            Offer::new(Action::Mark, "let go or keep"),
            Offer::new(Action::NextPane, "to the answer"),
            send,
            Offer::pair(Action::Left, Action::Right, "who"),
            Offer::new(Action::Why, "why"),
            Offer::new(Action::Back, "back to the plan"),
            Offer::new(Action::Refresh, "count again"),
        ]
    }

    fn code(&self, _cx: &ViewCx<'_>) -> Option<CodeHere> {
        let past: Vec<String> = self
            .page
            .value()?
            .limits
            .iter()
            .filter(|check| check.is_exceeded())
            .map(|check| format!("{} {}, {} allowed", check.count, check.kind.key(), check.allowed))
            .collect();
        let code = if past.is_empty() { ProblemCode::FirstImport } else { ProblemCode::LimitExceeded };
        Some(CodeHere::new(Code::Problem(code)).here(past.join("; ")))
    }

    fn text_focus(&self) -> bool {
        self.typing
    }

    fn holds_keys(&self) -> bool {
        true
    }

    fn loading_since(&self) -> Option<Duration> {
        self.page.loading_since()
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

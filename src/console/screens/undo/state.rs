//! What the screen Undo holds.

use super::data::{Line, Preview};
use crate::console::app::header::{Header, StatusLine};
use crate::console::app::{Cx, Place, Remote, ViewCx};
use crate::console::format;
use crate::console::keys::{Action, Offer};
use crate::console::screens::{CodeHere, Handled, PERSON_PAGE, Screen, ScreenId, ScreenMsg};
use crate::console::widgets::Canvas;
use crate::console::widgets::confirm::TypedConfirm;
use crate::console::widgets::table::TableState;
use crate::domain::code::{Code, LineCode, ProblemCode};
use crate::domain::ids::RunId;
use ratatui::layout::Rect;
use std::collections::BTreeSet;
use std::time::Duration;

/// Which part has the keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pane {
    Lines,
    Left,
    Answer,
}

/// The screen.
#[derive(Debug)]
pub struct Undo {
    pub(super) tenant: String,
    /// `None` when the place names no run.
    pub(super) run: Option<RunId>,
    pub(super) preview: Remote<Box<Preview>>,
    /// Rows are places in the preview; marked ones are left out.
    pub(super) lines: TableState<i64>,
    pub(super) left: TableState<i64>,
    pub(super) pane: Pane,
    pub(super) typed: TypedConfirm,
    pub(super) sent: bool,
}

impl Undo {
    /// The screen of a run; the place's subject is its number.
    #[must_use]
    pub fn new(place: &Place) -> Self {
        Self {
            tenant: place.tenant.clone().unwrap_or_default(),
            run: place.subject.as_ref().and_then(|run| run.parse().ok()).map(RunId),
            preview: Remote::Idle,
            lines: TableState::default(),
            left: TableState::default(),
            pane: Pane::Lines,
            typed: TypedConfirm::default(),
            sent: false,
        }
    }

    pub(super) fn line(&self, row: i64) -> Option<&Line> {
        self.preview.value()?.lines.get(usize::try_from(row).ok()?)
    }

    /// Who is left out: a person goes with all lines, or with none.
    pub(super) fn left_out(&self) -> BTreeSet<&str> {
        let rows = self.lines.ids().iter().filter(|row| self.lines.is_marked(row));
        rows.filter_map(|row| self.line(*row)?.employee.as_deref()).collect()
    }

    /// Lines that go.
    pub(super) fn number(&self) -> u64 {
        let Some(preview) = self.preview.value() else { return 0 };
        let out = self.left_out();
        let goes = |line: &&Line| line.employee.as_deref().is_none_or(|employee| !out.contains(employee));
        preview.lines.iter().filter(goes).count() as u64
    }

    /// People whose lines go; empty where everybody's do.
    pub(super) fn people(&self) -> Vec<String> {
        let out = self.left_out();
        let Some(preview) = self.preview.value().filter(|_| !out.is_empty()) else { return Vec::new() };
        let all: BTreeSet<&str> = preview.lines.iter().filter_map(|line| line.employee.as_deref()).collect();
        all.difference(&out).map(|employee| (*employee).to_owned()).collect()
    }

    pub(super) fn agrees(&self) -> bool {
        self.does_something() && self.typed.agrees(&self.tenant, self.number())
    }

    /// Whether sending it writes something, or holds people whose users are gone.
    pub(super) fn does_something(&self) -> bool {
        let holds = self.preview.value().is_some_and(|preview| preview.lines.is_empty() && preview.gone > 0);
        self.number() > 0 || holds
    }

    /// Who stands under the cursor.
    pub(super) fn person(&self) -> Option<&str> {
        match self.pane {
            Pane::Lines => self.line(*self.lines.cursor()?)?.employee.as_deref(),
            Pane::Left => {
                let row = usize::try_from(*self.left.cursor()?).ok()?;
                self.preview.value()?.left.get(row)?.employee.as_deref()
            }
            Pane::Answer => None,
        }
    }

    /// Rows of the two lists, titles and heads included.
    pub(super) fn rows(&self, body: Rect) -> (u16, u16) {
        let room = body.height.saturating_sub(super::view::ANSWER);
        let wanted = |len: usize| if len == 0 { 0 } else { u16::try_from(len).unwrap_or(u16::MAX).saturating_add(2) };
        let (lines, left) = (wanted(self.lines.len()), wanted(self.left.len()));
        let left = match self.pane {
            // Where there is no room for two lists, the one that has the keys is shown.
            _ if room >= 9 || lines == 0 => left.min((room / 2).max(4)).min(room),
            Pane::Left => left.min(room.saturating_sub(2)),
            Pane::Lines | Pane::Answer => 0,
        };
        (lines.min(room - left), left)
    }

    pub(super) fn resize(&mut self, body: Rect) {
        let (lines, left) = self.rows(body);
        self.lines.set_height(usize::from(lines.saturating_sub(2)));
        self.left.set_height(usize::from(left.saturating_sub(2)));
    }
}

impl Screen for Undo {
    fn id(&self) -> ScreenId {
        ScreenId::Undo
    }

    fn header(&self, _cx: &ViewCx<'_>) -> Header {
        let run = self.run.map_or_else(|| "Run".to_owned(), |run| format!("Run {run}"));
        Header::crumbs(["History".to_owned(), run, "Undo".to_owned()])
    }

    fn status(&self, _cx: &ViewCx<'_>) -> StatusLine {
        let Some(preview) = self.preview.value() else { return StatusLine::default() };
        let out = self.left_out().len();
        let left = match (self.pane, out) {
            (Pane::Left, _) => {
                let row = self.left.cursor().and_then(|row| usize::try_from(*row).ok());
                row.and_then(|row| preview.left.get(row)).map(|left| left.why.clone()).unwrap_or_default()
            }
            (_, 0) => "preview, nothing sent".to_owned(),
            (_, out) => format!("{} left out", format::counted(out as u64, "person", "people")),
        };
        StatusLine::new(left, format!("hash {}", format::hash(&preview.hash)))
    }

    fn offers(&self, _cx: &ViewCx<'_>) -> Vec<Offer> {
        if self.pane == Pane::Answer {
            let act = format!("undo {}", format::count(self.number()));
            return vec![
                Offer::new(Action::Enter, act).unless((!self.agrees()).then(|| "type the line first".to_owned())),
                Offer::new(Action::Back, "leave it as it is"),
            ];
        }
        let nothing = self.preview.value().is_none_or(|preview| preview.is_nothing());
        let nothing = nothing.then_some("nothing to undo");
        vec![
            Offer::new(Action::Enter, "person").unless(self.person().is_none().then_some("no person here")),
            Offer::new(Action::Mark, "leave out").unless(nothing),
            Offer::new(Action::Send, format!("undo {}", format::count(self.number()))).unless(nothing),
            Offer::new(Action::Compare, "what was said").unless(self.person().is_none().then_some("no person here")),
            Offer::new(Action::NextPane, "next part"),
            Offer::new(Action::Refresh, "read again"),
            Offer::new(Action::Back, "drop it"),
        ]
    }

    fn code(&self, _cx: &ViewCx<'_>) -> Option<CodeHere> {
        let preview = self.preview.value()?;
        match self.pane {
            Pane::Left => {
                let left = preview.left.get(usize::try_from(*self.left.cursor()?).ok()?)?;
                let code =
                    if left.is_moved { Code::Line(LineCode::Moved) } else { Code::Problem(ProblemCode::CannotUndo) };
                let here = CodeHere::new(code).here(format!("{}, {}: {}", left.name, left.what, left.why));
                Some(match &left.employee {
                    Some(id) => {
                        here.leads_to(PERSON_PAGE, Place::tenant(ScreenId::Person, &self.tenant).about(id.as_str()))
                    }
                    None => here,
                })
            }
            // An undo stops at the limits like any plan: its number lets it through.
            Pane::Lines | Pane::Answer => {
                let past = preview.limits.iter().find(|limit| limit.is_exceeded())?;
                let words = format!(
                    "{} {}, {} allowed",
                    format::count(past.count),
                    past.kind.key(),
                    format::count(past.allowed)
                );
                Some(CodeHere::new(Code::Problem(ProblemCode::LimitExceeded)).here(words))
            }
        }
    }

    fn text_focus(&self) -> bool {
        self.pane == Pane::Answer
    }

    fn loading_since(&self) -> Option<Duration> {
        self.preview.loading_since()
    }

    fn update(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        self.handle(msg, cx)
    }

    fn view(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        self.draw(cx, area, canvas);
    }
}

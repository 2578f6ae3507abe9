//! What the screen Rehearsal holds.

use super::data::{Line, Page, Rehearsal};
use crate::console::app::header::{Header, StatusLine};
use crate::console::app::{Cx, Place, Remote, ViewCx};
use crate::console::format;
use crate::console::keys::{Action, Offer};
use crate::console::screens::{CodeHere, Handled, PERSON_PAGE, Screen, ScreenId, ScreenMsg};
use crate::console::widgets::Canvas;
use crate::console::widgets::table::TableState;
use crate::domain::code::{Code, LineCode};
use crate::domain::ids::{EmployeeId, PlanId};
use crate::domain::rehearsal::Rehearsed;
use ratatui::layout::Rect;
use std::time::Duration;

/// The screen.
#[derive(Debug)]
pub struct RehearsalScreen {
    pub(super) tenant: String,
    pub(super) page: Remote<Option<Page>>,
    /// Rows are places in the rehearsal's lines.
    pub(super) table: TableState<i64>,
    /// Since when it is rehearsed.
    pub(super) since: Option<Duration>,
    /// People are being held back.
    pub(super) replanning: bool,
}

impl RehearsalScreen {
    /// The rehearsal of a tenant's newest plan.
    #[must_use]
    pub fn new(tenant: impl Into<String>) -> Self {
        Self { tenant: tenant.into(), page: Remote::Idle, table: TableState::default(), since: None, replanning: false }
    }

    pub(super) fn page(&self) -> Option<&Page> {
        self.page.value()?.as_ref()
    }

    pub(super) fn rehearsal(&self) -> Option<&Rehearsal> {
        self.page()?.rehearsed.as_ref()
    }

    pub(super) fn line(&self) -> Option<&Line> {
        self.rehearsal()?.lines.get(usize::try_from(*self.table.cursor()?).ok()?)
    }

    /// Everybody of whom a line was refused.
    pub(super) fn refused(&self) -> Vec<EmployeeId> {
        let lines = self.rehearsal().map_or(&[][..], |rehearsal| &rehearsal.lines);
        let mut people: Vec<EmployeeId> = Vec::new();
        for line in lines.iter().filter(|line| matches!(line.result, Rehearsed::Refused { .. })) {
            people.extend(line.employee.clone().filter(|one| !people.contains(one)));
        }
        people
    }
}

impl Screen for RehearsalScreen {
    fn id(&self) -> ScreenId {
        ScreenId::Rehearsal
    }

    fn header(&self, _cx: &ViewCx<'_>) -> Header {
        let plan = self.page().map_or_else(|| "Plan".to_owned(), |page| PlanId(page.plan).title());
        Header::crumbs([plan, "Rehearsal".to_owned()])
    }

    fn status(&self, cx: &ViewCx<'_>) -> StatusLine {
        let Some(page) = self.page() else { return StatusLine::default() };
        let left = format!("{}, hash {}", PlanId(page.plan).title(), format::hash(&page.hash));
        let right = self.rehearsal().map(|one| {
            let at = format::clock(one.at, &cx.zone());
            if one.by.is_empty() { format!("rehearsed {at}") } else { format!("rehearsed {at} by {}", one.by) }
        });
        StatusLine::new(left, right.unwrap_or_default())
    }

    fn offers(&self, _cx: &ViewCx<'_>) -> Vec<Offer> {
        let line = self.line();
        let person = line.is_none_or(|line| line.employee.is_none()).then_some("no person here");
        let refused = self.refused().len();
        let busy = self.since.is_some().then_some("it is being rehearsed");
        let mut offers = Vec::new();
        if person.is_none() {
            offers.push(Offer::new(Action::Enter, "person"));
            offers.push(Offer::new(Action::Later, "hold back"));
        }
        if refused > 0 {
            offers.push(Offer::new(Action::Alike, format!("all {refused} refused")));
        }
        if line.is_some() {
            offers.push(Offer::new(Action::Why, "why"));
        }
        offers.push(Offer::new(Action::Refresh, "rehearse again").unless(busy));
        if line.is_some() {
            offers.push(Offer::new(Action::CopyRow, "copy"));
        }
        offers.push(Offer::new(Action::Back, "to the plan"));
        offers
    }

    fn code(&self, _cx: &ViewCx<'_>) -> Option<CodeHere> {
        let line = self.line()?;
        let code = match line.result {
            Rehearsed::Refused { .. } => LineCode::Refused,
            Rehearsed::Other { .. } => LineCode::NotConfirmed,
            Rehearsed::AsPlanned | Rehearsed::NotRehearsed { .. } => return None,
        };
        let words = format!("{}, at the simulator: {}", line.name, line.result.words());
        let here = CodeHere::new(Code::Line(code)).here(words);
        Some(match &line.employee {
            Some(id) => here.leads_to(PERSON_PAGE, Place::tenant(ScreenId::Person, &self.tenant).about(id.as_str())),
            None => here,
        })
    }

    fn loading_since(&self) -> Option<Duration> {
        self.since.or_else(|| self.page.loading_since())
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

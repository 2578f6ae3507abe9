//! What the screen Waves holds.

use super::data::{Page, WaveRow};
use crate::console::app::header::{Header, StatusLine};
use crate::console::app::{Cx, Place, Remote, ViewCx};
use crate::console::format;
use crate::console::keys::{Action, Offer};
use crate::console::screens::plan::data::Question;
use crate::console::screens::{Handled, Screen, ScreenId, ScreenMsg};
use crate::console::widgets::Canvas;
use crate::domain::field::Field;
use crate::domain::ids::{EmployeeId, PlanId};
use crate::domain::waves::{UNATTENDED_MINUTES, WaveGate, WaveStep, WavesAsked};
use ratatui::layout::Rect;
use std::time::Duration;

/// Minutes that a gate may be given here; others by `--gate`.
pub(super) const MINUTES: [u32; 7] = [1, 2, UNATTENDED_MINUTES, 10, 15, 30, 60];

/// A row on which the cursor can stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Row {
    One,
    Five,
    Group,
    Rest,
    Key,
    Minutes,
}

impl Row {
    pub(super) const ALL: [Row; 6] = [Row::One, Row::Five, Row::Group, Row::Rest, Row::Key, Row::Minutes];
}

/// The screen.
#[derive(Debug)]
pub struct WavesScreen {
    pub(super) tenant: String,
    pub(super) page: Remote<Option<Page>>,
    pub(super) cursor: usize,
    /// Which of one, five and a group are taken.
    pub(super) taken: [bool; 3],
    pub(super) first: Option<EmployeeId>,
    pub(super) field: Option<Field>,
    pub(super) value: Option<String>,
    pub(super) by_key: bool,
    pub(super) minutes: u32,
    pub(super) asked: Option<Question>,
}

impl WavesScreen {
    /// The waves of a tenant's newest plan.
    #[must_use]
    pub fn new(tenant: impl Into<String>) -> Self {
        Self {
            tenant: tenant.into(),
            page: Remote::Idle,
            cursor: 0,
            taken: [true; 3],
            first: None,
            field: None,
            value: None,
            by_key: true,
            minutes: UNATTENDED_MINUTES,
            asked: None,
        }
    }

    pub(super) fn page(&self) -> Option<&Page> {
        self.page.value()?.as_ref()
    }

    pub(super) fn row(&self) -> Row {
        Row::ALL.get(self.cursor).copied().unwrap_or(Row::One)
    }

    /// What is asked for as it stands here.
    pub(super) fn wanted(&self) -> WavesAsked {
        let steps = [
            WaveStep::One { first: self.first.clone() },
            WaveStep::Five,
            WaveStep::Group { field: self.field, value: self.value.clone() },
        ];
        let steps = steps.into_iter().zip(self.taken).filter(|(_, taken)| *taken).map(|(step, _)| step);
        let gate = if self.by_key { WaveGate::Key } else { WaveGate::Minutes(self.minutes) };
        WavesAsked { steps: steps.collect(), gate }
    }

    /// The wave of a row; `None` where the plan has none of this kind.
    pub(super) fn wave(&self, row: Row) -> Option<&WaveRow> {
        let waves = &self.page()?.waves;
        let (last, others) = waves.split_last()?;
        match row {
            Row::One => others.iter().find(|wave| wave.label == "one person"),
            Row::Five => others.iter().find(|wave| wave.label == "five people"),
            Row::Group => others.iter().find(|wave| wave.label != "one person" && wave.label != "five people"),
            Row::Rest => Some(last),
            Row::Key | Row::Minutes => None,
        }
    }

    /// The value of the group that goes, as it is chosen or proposed.
    pub(super) fn group_value(&self) -> Option<&str> {
        let label = &self.wave(Row::Group)?.label;
        let field = self.page()?.field?;
        label.strip_prefix(field.words()).map(str::trim)
    }

    /// Why nothing can be sent from here.
    pub(super) fn gate(&self) -> Option<String> {
        let page = self.page()?;
        let alone = (page.waves.len() < 2).then(|| "all of it is one wave: send it on Plan".to_owned());
        page.gate.clone().or(alone)
    }
}

impl Screen for WavesScreen {
    fn id(&self) -> ScreenId {
        ScreenId::Waves
    }

    fn header(&self, _cx: &ViewCx<'_>) -> Header {
        let plan = self.page().map_or_else(|| "Plan".to_owned(), |page| PlanId(page.plan).title());
        Header::crumbs([plan, "Waves".to_owned()])
    }

    fn status(&self, _cx: &ViewCx<'_>) -> StatusLine {
        let Some(page) = self.page() else { return StatusLine::default() };
        let left = format!("{}, hash {}; nothing sent", PlanId(page.plan).title(), format::hash(&page.hash));
        StatusLine::new(left, "drift checked per line")
    }

    fn offers(&self, _cx: &ViewCx<'_>) -> Vec<Offer> {
        let mut offers = Vec::new();
        let row = self.row();
        let wave = self.wave(row);
        let mark = match row {
            Row::Key | Row::Minutes => "choose",
            _ => "on, off",
        };
        offers.push(Offer::new(Action::Mark, mark).unless((row == Row::Rest).then_some("the rest always goes last")));
        match row {
            Row::One => offers.push(Offer::new(Action::Edit, "who first")),
            Row::Group => {
                offers.push(Offer::pair(Action::Left, Action::Right, "other value"));
                offers.push(Offer::new(Action::Edit, "by another field"));
            }
            Row::Minutes => offers.push(Offer::pair(Action::Left, Action::Right, "minutes")),
            Row::Five | Row::Rest | Row::Key => {}
        }
        offers.push(Offer::new(Action::Enter, "who").unless(wave.is_none().then_some("nobody here")));
        offers.push(Offer::new(Action::Send, "send wave 1").unless(self.gate()));
        offers.push(Offer::new(Action::Refresh, "read again"));
        offers.push(Offer::new(Action::Back, "to the plan"));
        offers
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

//! What the screen Two files holds.

use std::time::Duration;

use ratatui::layout::Rect;

use super::columns::fault_words;
use super::data::{
    Asked, DeskHandle, Double, DoubleCounts, DoublesHandle, Job, Kind, Limits, Line, Listing, Look, Progress, Result,
    Shown, SideLook, Summary, Target, Typed, Wanted,
};
use crate::console::app::header::{Header, StatusLine, with_glyph};
use crate::console::app::{Cx, Remote, ViewCx};
use crate::console::format;
use crate::console::keys::{Action, Offer};
use crate::console::screens::finder::Finder;
use crate::console::screens::{CodeHere, Handled, Screen, ScreenId, ScreenMsg};
use crate::console::theme::Role;
use crate::console::widgets::text_input::TextField;
use crate::console::widgets::{Canvas, Span};
use crate::domain::code::{Code, ProblemCode};
use crate::domain::plan::HoldCode;
use crate::files::match_result::kept::KeptRuling;
use crate::files::people::choices::Choices;
use crate::matching::link::Phase;
use jiff::civil::Date;

/// The steps.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    #[default]
    Files,
    Columns,
    Match,
    Result,
}

impl Step {
    pub(super) const ALL: [(Step, &'static str); 4] =
        [(Step::Files, "Files"), (Step::Columns, "Columns"), (Step::Match, "Match"), (Step::Result, "Result")];

    pub(super) fn number(self) -> usize {
        Self::ALL.iter().position(|(step, _)| *step == self).unwrap_or(0) + 1
    }
}

/// What of step 1 has the keys.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Item {
    #[default]
    Employees,
    Users,
    Out,
    List,
}

/// Step 1.
#[derive(Debug, Default)]
pub(super) struct Files {
    pub employees: TextField,
    pub users: TextField,
    pub out: TextField,
    /// Where the result goes was typed by hand and does not follow the first list any more.
    pub own_out: bool,
    pub item: Item,
    /// The field that takes what is chosen from the list.
    pub into: Item,
    /// The folder that is listed, as it was asked for.
    pub folder: String,
    pub listing: Remote<Listing>,
    pub typed: Remote<Typed>,
    pub cursor: usize,
}

/// Step 2.
#[derive(Debug, Default)]
pub(super) struct Columns {
    pub look: Remote<Look>,
    pub choices: Choices,
    /// The choices before each change, oldest first.
    pub before: Vec<Choices>,
    /// Which list is changed, and shown where only one has room.
    pub side: usize,
    pub cursor: usize,
    /// A day that an earlier result was made on.
    pub day: Option<Date>,
    pub threshold: Option<f64>,
    pub new_below: Option<f64>,
    /// What was ruled on an earlier result of these lists.
    pub rulings: Vec<KeptRuling>,
    /// What is to be told above the columns.
    pub notice: Option<String>,
    /// The row whose column or field is being picked.
    pub picking: Option<super::columns_say::Picking>,
    pub why: bool,
}

/// Step 3.
#[derive(Debug, Default)]
pub(super) struct Running {
    pub round: u32,
    pub job: Option<Job>,
    pub began: Duration,
    pub progress: Option<Progress>,
    /// When each phase was first seen.
    pub phases: Vec<(Phase, Duration)>,
    pub next_look: Duration,
    /// How many people are compared, as far as it is known.
    pub people: Option<(u64, Option<u64>)>,
}

/// What the lower part of step 4 shows.
#[derive(Debug)]
pub(super) struct Window<T> {
    pub from: usize,
    pub rows: Vec<T>,
    pub all: usize,
    pub at: usize,
    pub top: usize,
}

impl<T> Default for Window<T> {
    fn default() -> Self {
        Window { from: 0, rows: Vec::new(), all: 0, at: 0, top: 0 }
    }
}

impl<T> Window<T> {
    pub(super) fn get(&self, at: usize) -> Option<&T> {
        self.rows.get(at.checked_sub(self.from)?)
    }
}

/// The desk of step 4.
#[derive(Debug)]
pub(super) struct DeskView {
    pub desk: DeskHandle,
    pub summary: Option<Summary>,
    pub kind: Kind,
    /// The totals have the keys, and not the list.
    pub totals: bool,
    pub window: Window<Line>,
    pub card: Option<CardView>,
    /// Filter and facets of the list.
    pub finder: Finder,
    /// Whether the cursor was put on the first list with somebody in it.
    pub is_placed: bool,
}

/// A card of the desk.
#[derive(Debug)]
pub(super) struct CardView {
    pub shown: Shown,
    pub choice: usize,
    pub field: usize,
    pub lens: bool,
    /// Since when it is on the screen.
    pub shown_at: Duration,
}

/// The pairs of step 4.
#[derive(Debug)]
pub(super) struct DoublesView {
    pub doubles: DoublesHandle,
    pub counts: Option<DoubleCounts>,
    pub window: Window<Double>,
}

/// What came out.
#[derive(Debug)]
pub(super) enum Outcome {
    Desk(Box<DeskView>),
    Doubles(DoublesView),
}

/// The box in which the result is written.
#[derive(Debug)]
pub(super) struct Writing {
    pub folder: TextField,
    pub xlsx: bool,
    pub target: Remote<Target>,
    pub is_under_way: bool,
}

/// The screen.
#[derive(Debug, Default)]
pub struct TwoFiles {
    pub(super) step: Step,
    pub(super) files: Files,
    pub(super) columns: Columns,
    /// The lists that the columns are of.
    pub(super) columns_of: Option<[String; 2]>,
    pub(super) running: Running,
    pub(super) outcome: Option<Outcome>,
    /// What the result was made from.
    pub(super) wanted: Option<Wanted>,
    /// Where an opened result stands.
    pub(super) opened: Option<String>,
    pub(super) seconds: f64,
    pub(super) writing: Option<Writing>,
    /// What other limits would decide, while one is chosen.
    pub(super) limits: Option<Limits>,
    /// Rulings that stand in no file.
    pub(super) unwritten: usize,
    pub(super) written: bool,
    pub(super) body: Rect,
}

impl TwoFiles {
    /// The screen, nothing typed.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    pub(super) fn look(&self) -> Option<&Look> {
        self.columns.look.value()
    }

    /// The list that is changed.
    pub(super) fn side(&self) -> Option<&SideLook> {
        self.look()?.sides.get(self.columns.side)
    }

    /// What is asked of the columns.
    pub(super) fn asked(&self) -> Asked {
        Asked {
            source: Default::default(),
            destination: None,
            choices: self.columns.choices.clone(),
            today: self.columns.day,
        }
    }

    pub(super) fn desk(&self) -> Option<&DeskView> {
        match &self.outcome {
            Some(Outcome::Desk(desk)) => Some(desk),
            _ => None,
        }
    }

    pub(super) fn desk_mut(&mut self) -> Option<&mut DeskView> {
        match &mut self.outcome {
            Some(Outcome::Desk(desk)) => Some(desk),
            _ => None,
        }
    }

    /// The desk while its lists are shown, and neither a card nor the box in which it is written.
    pub(super) fn list_desk(&self) -> Option<&DeskView> {
        let shown = self.step == Step::Result && self.writing.is_none();
        self.desk().filter(|desk| shown && desk.card.is_none())
    }

    pub(super) fn card(&self) -> Option<&CardView> {
        self.desk()?.card.as_ref().filter(|_| self.step == Step::Result)
    }

    pub(super) fn result(&self) -> Option<Result> {
        Some(match self.outcome.as_ref()? {
            Outcome::Desk(desk) => Result::Desk(desk.desk.clone()),
            Outcome::Doubles(doubles) => Result::Doubles(doubles.doubles.clone()),
        })
    }

    /// The name of the thing in the breadcrumb.
    fn thing(&self) -> Option<String> {
        match self.step {
            Step::Files => None,
            Step::Columns => Some("columns".to_owned()),
            Step::Match => Some("match".to_owned()),
            Step::Result => match (self.card(), &self.opened) {
                (Some(card), _) => Some(card.shown.card.name.clone()),
                (None, Some(folder)) => {
                    let name = folder.trim_end_matches('/').rsplit('/').next().unwrap_or(folder);
                    Some(name.to_owned())
                }
                (None, None) => Some("result".to_owned()),
            },
        }
    }
}

impl Screen for TwoFiles {
    fn id(&self) -> ScreenId {
        ScreenId::TwoFiles
    }

    fn header(&self, _cx: &ViewCx<'_>) -> Header {
        let crumbs = ["Two files".to_owned()].into_iter().chain(self.thing());
        let only = (self.step != Step::Result).then(|| format!("step {} of {}", self.step.number(), Step::ALL.len()));
        Header { only, ..Header::crumbs(crumbs) }
    }

    fn status(&self, _cx: &ViewCx<'_>) -> StatusLine {
        let (left, right) = match self.step {
            Step::Files => ("both files are only read; nothing is sent to anybody".to_owned(), String::new()),
            Step::Columns => self.columns_status(),
            Step::Match => ("nothing is kept of a match that did not end".to_owned(), String::new()),
            Step::Result => self.result_status(),
        };
        StatusLine { left: with_glyph(&left), right: vec![Span::new(right, Role::Muted)], keep: false }
    }

    fn offers(&self, cx: &ViewCx<'_>) -> Vec<Offer> {
        if self.writing.is_some() {
            return self.writing_offers();
        }
        match self.step {
            Step::Files => self.files_offers(),
            Step::Columns => self.columns_offers(cx),
            Step::Match => vec![Offer::new(Action::Back, "stop it")],
            Step::Result => self.result_offers(cx),
        }
    }

    fn more(&self, _cx: &ViewCx<'_>) -> Vec<Offer> {
        let result = self.step == Step::Result && self.desk().is_some_and(|desk| desk.card.is_none());
        let limits = Offer::new(Action::MoreLimits, "limits: from how sure on linked, below what new");
        if result { vec![limits] } else { Vec::new() }
    }

    fn code(&self, _cx: &ViewCx<'_>) -> Option<CodeHere> {
        let asks = |words: String| Some(CodeHere::new(Code::Hold(HoldCode::ProbableDuplicate)).here(words));
        match self.step {
            Step::Columns => {
                let words = fault_words(self.side()?.fault.as_ref()?);
                Some(CodeHere::new(Code::Problem(ProblemCode::BadInput)).here(words))
            }
            Step::Result => match self.outcome.as_ref()? {
                Outcome::Desk(desk) => match &desk.card {
                    Some(card) if matches!(card.shown.kind, Kind::Ask | Kind::Risk) => {
                        asks(format!("{}: {}", card.shown.card.name, card.shown.reason))
                    }
                    None if !desk.totals && matches!(desk.kind, Kind::Ask | Kind::Risk) => {
                        asks(desk.window.get(desk.window.at)?.employee.name.clone())
                    }
                    _ => None,
                },
                Outcome::Doubles(doubles) => {
                    let pair = doubles.window.get(doubles.window.at)?;
                    asks(format!("{} and {}", pair.left.name, pair.right.name))
                }
            },
            Step::Files | Step::Match => None,
        }
    }

    fn text_focus(&self) -> bool {
        self.writing.is_some()
            || (self.step == Step::Files && self.files.item != Item::List)
            || self.list_desk().is_some_and(|desk| desk.finder.is_typing())
    }

    fn unsaved(&self) -> Option<String> {
        if self.running.job.is_some() {
            return Some("a match that is under way".to_owned());
        }
        let unwritten = u64::try_from(self.unwritten).unwrap_or(0);
        (unwritten > 0).then(|| format!("{} on two files", format::counted(unwritten, "ruling", "rulings")))
    }

    fn wake_at(&self) -> Option<Duration> {
        self.running.job.as_ref().map(|_| self.running.next_look)
    }

    fn loading_since(&self) -> Option<Duration> {
        match self.step {
            Step::Files => self.files.listing.loading_since(),
            Step::Columns => self.columns.look.loading_since(),
            Step::Match | Step::Result => self.writing.as_ref().and_then(|writing| writing.target.loading_since()),
        }
    }

    fn update(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        if self.found(&msg, cx) { Handled::Yes } else { self.handle(msg, cx) }
    }

    fn view(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        self.draw(cx, area, canvas);
    }
}

//! What the screen Run holds.

use crate::console::screens::{CodeHere, problem_words};
use crate::domain::code::Code;
use std::time::Duration;

use jiff::Timestamp;
use ratatui::layout::Rect;

use super::data::Newest;
use super::picture::{Pace, Picture};
use super::tail::Tail;
use crate::console::app::focus::Focus;
use crate::console::app::header::{Header, StatusLine};
use crate::console::app::live::LiveSample;
use crate::console::app::{Cx, Moment, Place, Remote, ViewCx};
use crate::console::keys::{Action, Offer};
use crate::console::screens::{Handled, Screen, ScreenId, ScreenMsg, said};
use crate::console::widgets::{Canvas, PaneId};
use crate::domain::ids::RunId;
use crate::domain::problem::ProblemKind;
use crate::domain::run::RunOutcome;
use crate::domain::waves::WaveStanding;

/// The pane with phases and counts.
pub const PHASES: PaneId = 0;
/// The pane with the feed.
pub const FEED: PaneId = 1;

/// That the run is held.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    pub at: Timestamp,
    /// Operations handled when the gauge last moved, and when that was.
    pub handled: u32,
    pub moved: Duration,
}

/// The screen.
#[derive(Debug)]
pub struct Run {
    pub(super) tenant: String,
    pub(super) newest: Remote<Box<Newest>>,
    pub(super) live: Option<LiveSample>,
    /// A run of this tenant is on the list of live runs, though no gauge has come yet.
    pub(super) listed: bool,
    pub(super) others: Vec<LiveSample>,
    pub(super) pace: Pace,
    pub(super) held: Option<Held>,
    pub(super) stopping: bool,
    pub(super) frozen: Option<Box<Picture>>,
    pub(super) feed: Tail,
    pub(super) focus: Focus,
    /// The run whose errors a file is named for.
    pub(super) saving: Option<RunId>,
    /// The wave that the operator is asked about.
    pub(super) asked_wave: Option<usize>,
}

impl Run {
    /// The screen of a tenant.
    #[must_use]
    pub fn new(tenant: impl Into<String>) -> Self {
        Self {
            tenant: tenant.into(),
            newest: Remote::Idle,
            live: None,
            listed: false,
            others: Vec::new(),
            pace: Pace::default(),
            held: None,
            stopping: false,
            frozen: None,
            feed: Tail::default(),
            focus: Focus::new(2),
            saving: None,
            asked_wave: None,
        }
    }

    pub(super) fn newest(&self) -> Option<&Newest> {
        self.newest.value().map(Box::as_ref)
    }

    /// Whether a run of this tenant is live in this console.
    pub(super) fn is_live(&self) -> bool {
        self.live.is_some() || self.listed
    }

    /// What is drawn above the feed.
    pub(super) fn picture(&self, now: Moment) -> Option<Picture> {
        if let Some(frozen) = &self.frozen {
            return Some(frozen.as_ref().clone());
        }
        match &self.live {
            Some(sample) => Some(Picture::live(sample, self.newest(), &self.pace, now)),
            None => Picture::ended(self.newest()?),
        }
    }

    /// The problem that ended the newest run; nothing while one is live.
    pub(super) fn problem(&self) -> Option<&crate::domain::problem::Problem> {
        if self.is_live() {
            return None;
        }
        self.newest()?.run()?.problem.as_ref()
    }

    /// The run that can be finished from here.
    pub(super) fn finishable(&self) -> Option<&super::data::Unfinished> {
        let unfinished = self.newest()?.unfinished.as_ref()?;
        (!self.is_live() && unfinished.approved.is_some() && unfinished.by_other.is_none()).then_some(unfinished)
    }

    /// The process that is at work on the tenant, where it is another.
    pub(super) fn other(&self) -> Option<&super::data::Other> {
        self.newest()?.other.as_ref().filter(|_| !self.is_live())
    }

    /// The credentials were refused: the cure is in Settings.
    pub(super) fn needs_secret(&self) -> bool {
        self.problem().is_some_and(|problem| problem.kind == ProblemKind::Refused)
    }

    /// The number of rows that the source guard stopped and that can be let through.
    pub(super) fn let_through(&self) -> Option<u64> {
        self.problem()?.let_through.as_deref().map(|stop| stop.received)
    }

    fn offers_live(&self, narrow: bool) -> Vec<Offer> {
        let paused = self.held.is_some();
        let mut offers = Vec::new();
        if paused && !self.focus.is(FEED) {
            offers.push(Offer::new(Action::Enter, "go on"));
        }
        if let Some(wave) = self.at_gate() {
            offers.push(Offer::new(Action::Send, format!("send wave {}", wave.wave + 1)));
        }
        let stop = Offer::new(Action::Stop, "pause or stop");
        offers.push(if self.stopping { stop.disabled("it stops") } else { stop });
        let freeze = match (self.frozen.is_some(), narrow) {
            (true, _) => "let go",
            (false, true) => "freeze",
            (false, false) => "freeze picture",
        };
        offers.push(Offer::new(Action::Freeze, freeze));
        offers.push(Offer::new(Action::Follow, "follow"));
        if (!paused || self.focus.is(FEED)) && self.has_person() {
            offers.push(Offer::new(Action::Enter, "person"));
        }
        offers.push(Offer::new(Action::NextPane, if self.focus.is(FEED) { "phases" } else { "feed" }));
        offers.push(Offer::new(Action::Zoom, "zoom"));
        offers.push(self.save_offer());
        offers.push(self.said_offer());
        offers.push(Offer::new(Action::Palette, "palette"));
        offers
    }

    /// The wave that waits for an operator, or for its time.
    pub(super) fn at_gate(&self) -> Option<&WaveStanding> {
        match &self.live {
            Some(live) => live.progress.at_gate(),
            None => self.other()?.gate.as_ref(),
        }
    }

    /// The run that is shown.
    pub(super) fn shown_run(&self) -> Option<RunId> {
        let live = self.live.as_ref().and_then(|live| live.run);
        live.or_else(|| self.newest().and_then(Newest::run).map(|run| run.id))
    }

    fn save_offer(&self) -> Offer {
        let failed = self.live.as_ref().map(|live| live.progress.failed + live.progress.unknown);
        let kept = self.newest().and_then(Newest::run).map(|run| run.totals.failed + run.totals.unknown);
        let none = failed.or(kept).unwrap_or(0) == 0;
        Offer::new(Action::Export, "save errors").unless(none.then_some("there are none"))
    }

    /// Where what was said for the line under the cursor is shown.
    pub(super) fn said(&self) -> Option<Place> {
        said::place_of_feed(&self.tenant, &self.feed.current()?.line)
    }

    fn said_offer(&self) -> Offer {
        Offer::new(Action::Compare, "what was said").unless(self.said().is_none().then_some("no line here"))
    }

    fn has_person(&self) -> bool {
        self.feed.current().is_some_and(|row| row.line.employee.is_some())
    }

    fn offers_ended(&self) -> Vec<Offer> {
        let has_run = self.newest().and_then(Newest::run).is_some();
        let mut offers = Vec::new();
        if let Some(unfinished) = self.finishable() {
            offers.push(Offer::new(Action::Send, format!("finish run {}", unfinished.run)));
        }
        if self.needs_secret() {
            offers.push(Offer::new(Action::Enter, "new secret"));
        } else if self.let_through().is_some() {
            offers.push(Offer::new(Action::Enter, "who is missing, or let it through"));
        } else if self.focus.is(FEED) && self.problem().is_none() {
            offers.push(Offer::new(Action::Enter, "person").unless((!self.has_person()).then_some("none here")));
        } else if has_run {
            offers
                .push(Offer::new(Action::Enter, if self.finishable().is_some() { "finish it" } else { "what it did" }));
        }
        let by_other = self.other();
        if let Some(wave) = by_other.and_then(|other| other.gate.as_ref()) {
            offers.insert(0, Offer::new(Action::Send, format!("send wave {}", wave.wave + 1)));
        }
        if by_other.is_some() {
            offers.push(Offer::new(Action::Stop, "pause or stop"));
        }
        let again = if has_run { "preview again" } else { "make a preview" };
        offers.push(Offer::new(Action::Refresh, again).unless(by_other.map(|_| "another process is at work")));
        if self.problem().is_some() {
            offers.push(Offer::new(Action::CopyId, "copy"));
            offers.push(Offer::new(Action::More, "more"));
        } else if has_run {
            offers.push(Offer::new(Action::NextPane, if self.focus.is(FEED) { "phases" } else { "feed" }));
            offers.push(Offer::new(Action::Zoom, "zoom"));
        }
        if has_run {
            offers.push(self.save_offer());
            offers.push(self.said_offer());
        }
        offers.push(Offer::new(Action::Palette, "palette"));
        offers
    }

    fn status_words(&self, cx: &ViewCx<'_>) -> (String, String) {
        let right = match (&self.live, self.newest().and_then(|newest| newest.last_pull)) {
            (Some(_), _) => "all lines kept in the feed log".to_owned(),
            (None, Some(pull)) => crate::console::format::age(pull, cx.now.wall),
            (None, None) => String::new(),
        };
        if let Some(other) = self.others.first() {
            let more = self.others.len().saturating_sub(1);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            return (format!("i Also running: {}{more}", other.tenant_name), right);
        }
        if let Some(other) = self.other() {
            let run = self.newest().and_then(Newest::run).filter(|_| other.on_it);
            let run = run.map_or_else(|| "A run is".to_owned(), |run| format!("Run {} is", run.id));
            if let Some(wave) = &other.gate {
                return (format!("! {run} at a gate elsewhere: {}", wave.words()), right);
            }
            let standing = if other.is_paused { "paused" } else { "live" };
            return (format!("i {run} {standing} elsewhere: {}", other.words), right);
        }
        let unfinished = self.newest().and_then(|newest| newest.unfinished.as_ref()).filter(|_| !self.is_live());
        if let Some(unfinished) = unfinished.filter(|unfinished| unfinished.approved.is_some()) {
            let what = if unfinished.between_waves { "stopped between its waves" } else { "was interrupted" };
            return (format!("! Run {} {what} and can be finished", unfinished.run), right);
        }
        let paused = self.newest().is_some_and(|newest| {
            newest.status == crate::domain::connection::ConnectionStatus::Paused && newest.refusals > 0
        });
        if paused {
            let refusals = self.newest().map_or(0, |newest| newest.refusals);
            return (format!("✗ Paused after {refusals} refusals; nothing is written"), right);
        }
        (String::new(), right)
    }
}

impl Screen for Run {
    fn id(&self) -> ScreenId {
        ScreenId::Run
    }

    fn header(&self, _cx: &ViewCx<'_>) -> Header {
        let live = self.live.as_ref().and_then(|live| live.run);
        let crumb = match live.or_else(|| self.newest().and_then(Newest::run).map(|run| run.id)) {
            Some(run) => format!("Run {run}"),
            None => "Run".to_owned(),
        };
        Header { seconds: self.is_live(), ..Header::crumbs([crumb]) }
    }

    fn status(&self, cx: &ViewCx<'_>) -> StatusLine {
        let (left, right) = self.status_words(cx);
        StatusLine::new(left, right)
    }

    fn offers(&self, cx: &ViewCx<'_>) -> Vec<Offer> {
        if self.is_live() { self.offers_live(cx.frame.width < 110) } else { self.offers_ended() }
    }

    fn more(&self, _cx: &ViewCx<'_>) -> Vec<Offer> {
        let none = self.shown_run().is_none().then_some("no run");
        vec![Offer::new(Action::MoreDrift, "drift: what had moved since the approval").unless(none)]
    }

    fn wake_at(&self) -> Option<Duration> {
        self.feed.wake_at().filter(|_| self.frozen.is_none())
    }

    fn loading_since(&self) -> Option<Duration> {
        self.newest.loading_since()
    }

    fn code(&self, _cx: &ViewCx<'_>) -> Option<CodeHere> {
        let problem = self.problem()?;
        Some(CodeHere::new(Code::Problem(problem.code())).here(problem_words(problem)))
    }

    fn update(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        self.handle(msg, cx)
    }

    fn view(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        self.draw(cx, area, canvas);
    }
}

/// Whether a run that ended like this left something that may be worth a look.
pub(super) fn is_quiet(outcome: RunOutcome) -> bool {
    matches!(outcome, RunOutcome::Done | RunOutcome::Previewed)
}

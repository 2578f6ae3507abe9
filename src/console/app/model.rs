//! The model: the one value that `update` changes and `view` draws.

use std::collections::BTreeMap;
use std::time::Duration;

use ratatui::layout::Rect;

use super::console_settings::ConsoleSettings;
use super::layout::{Frame, measure};
use super::live::LiveRun;
use super::moment::Moment;
use super::overlay::Overlay;
use super::place::{Mode, Place, TenantHeader};
use super::slots::RequestSlots;
use super::toast::Messages;
use crate::console::keys::{Action, Bindings, Offer};
use crate::console::screens::{Screen, ScreenId};

/// Makes the screen of a place; the product passes `screens::registry::build`.
pub type Builder = fn(&Place) -> Option<Box<dyn Screen>>;

/// What the console starts with.
#[derive(Clone, Debug)]
pub struct Start {
    /// Settings.
    pub console: ConsoleSettings,
    /// Keys.
    pub bindings: Bindings,
    /// The first place.
    pub place: Place,
    /// Mouse capture.
    pub mouse: bool,
    /// The terminal's size: columns and rows.
    pub size: (u16, u16),
    /// Now.
    pub now: Moment,
    /// Makes screens.
    pub build: Builder,
}

/// A screen with its number; the number is the owner of its slots.
#[derive(Debug)]
pub(super) struct Open {
    pub number: u32,
    pub place: Place,
    pub screen: Box<dyn Screen>,
}

/// Everything the console knows.
#[derive(Debug)]
pub struct Model {
    pub(super) console: ConsoleSettings,
    pub(super) bindings: Bindings,
    pub(super) now: Moment,
    pub(super) size: (u16, u16),
    /// The places from the first to the one on top; Esc goes back one.
    pub(super) path: Vec<Place>,
    /// Screens that were opened, each with what it remembers; the most recent last.
    pub(super) open: Vec<Open>,
    pub(super) next_number: u32,
    pub(super) overlays: Vec<Overlay>,
    pub(super) messages: Messages,
    pub(super) slots: RequestSlots,
    pub(super) tenants: BTreeMap<String, TenantHeader>,
    pub(super) live_runs: Vec<LiveRun>,
    pub(super) mouse: bool,
    pub(super) leaving: bool,
    /// The key that is being handled; a confirmation that it opens does not take it as the answer.
    pub(super) last_key: Option<crossterm::event::KeyEvent>,
    pub(super) build: Builder,
}

/// The maximum number of screens that keep their cursor, filter and marks.
pub(super) const KEEP_SCREENS: usize = 48;

impl Model {
    /// The model at the start. The first screen's questions come with the first message
    /// ([`super::update::begin`]).
    #[must_use]
    pub fn new(start: Start) -> Self {
        Self {
            console: start.console,
            bindings: start.bindings,
            now: start.now,
            size: start.size,
            path: vec![start.place],
            open: Vec::new(),
            next_number: 1,
            overlays: Vec::new(),
            messages: Messages::default(),
            slots: RequestSlots::default(),
            tenants: BTreeMap::new(),
            live_runs: Vec::new(),
            mouse: start.mouse,
            leaving: false,
            last_key: None,
            build: start.build,
        }
    }

    /// The place on top.
    #[must_use]
    pub fn place(&self) -> Option<&Place> {
        self.path.last()
    }

    /// The screen on top.
    #[must_use]
    pub fn screen(&self) -> Option<&dyn Screen> {
        let place = self.place()?;
        self.open.iter().find(|open| open.place == *place).map(|open| open.screen.as_ref())
    }

    /// The tenant whose screens are shown.
    #[must_use]
    pub fn tenant(&self) -> Option<&TenantHeader> {
        self.tenants.get(self.place()?.tenant.as_ref()?)
    }

    /// The word in the header.
    #[must_use]
    pub fn standing(&self) -> Option<Mode> {
        let sandbox = self.console.incident.as_ref().map(|_| Mode::Sandbox);
        let standing = self.tenant().map(|tenant| tenant.standing).or(sandbox);
        if self.console.read_only { Some(Mode::ReadOnly) } else { standing }
    }

    /// The overlay on top, if any.
    #[must_use]
    pub fn overlay(&self) -> Option<&Overlay> {
        self.overlays.last()
    }

    /// All messages of the session.
    #[must_use]
    pub fn messages(&self) -> &Messages {
        &self.messages
    }

    /// The runs that are live.
    #[must_use]
    pub fn live_runs(&self) -> &[LiveRun] {
        &self.live_runs
    }

    /// Whether the mouse is captured.
    #[must_use]
    pub fn mouse(&self) -> bool {
        self.mouse
    }

    /// The keys in force.
    #[must_use]
    pub fn bindings(&self) -> &Bindings {
        &self.bindings
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Moment {
        self.now
    }

    /// What a screen's view can see.
    #[must_use]
    pub fn view_cx(&self) -> super::cx::ViewCx<'_> {
        super::cx::ViewCx {
            now: self.now,
            console: &self.console,
            bindings: &self.bindings,
            tenant: self.tenant(),
            frame: Rect::new(0, 0, self.size.0, self.size.1),
            spinner: self.spinner(),
        }
    }

    /// How the frame is divided now.
    #[must_use]
    pub fn frame(&self) -> Frame {
        let area = Rect::new(0, 0, self.size.0, self.size.1);
        let tabs = self.place().is_some_and(|place| place.tenant.is_some() && place.screen.tab().is_some());
        let keep = self.screen().is_some_and(|screen| screen.status(&self.view_cx()).keep);
        measure(area, tabs, keep)
    }

    /// What the screen on top offers, with dangerous actions off in read-only mode.
    #[must_use]
    pub fn offers(&self) -> Vec<Offer> {
        self.guarded(|screen, cx| screen.offers(cx))
    }

    /// The rarer actions of the screen on top; the messages are always among them.
    #[must_use]
    pub fn more(&self) -> Vec<Offer> {
        let mut offers = self.guarded(|screen, cx| screen.more(cx));
        if !offers.iter().any(|offer| offer.is_for(Action::Messages)) {
            offers.push(Offer::new(Action::Messages, "messages"));
        }
        offers
    }

    fn guarded(&self, offers: impl Fn(&dyn Screen, &super::cx::ViewCx<'_>) -> Vec<Offer>) -> Vec<Offer> {
        let Some(screen) = self.screen() else { return Vec::new() };
        let mut offers = offers(screen, &self.view_cx());
        // What is done with two files reaches neither the workspace nor a destination.
        if self.console.read_only && screen.id() != ScreenId::TwoFiles {
            for offer in offers.iter_mut().filter(|offer| offer.action.meta().dangerous || alters(offer.action)) {
                offer.enabled = Err("read-only".to_owned());
            }
        }
        offers
    }

    /// The picture of the spinner; a blank with `reduced_motion`.
    #[must_use]
    pub fn spinner(&self) -> &'static str {
        const PICTURES: [&str; 4] = ["-", "\\", "|", "/"];
        if self.console.reduced_motion {
            return "-";
        }
        let step = self.now.uptime.as_millis() / u128::from(SPINNER_MILLIS);
        usize::try_from(step % 4).ok().and_then(|at| PICTURES.get(at)).copied().unwrap_or("-")
    }

    /// Since when the screen on top reads something.
    fn loading_since(&self) -> Option<Duration> {
        self.screen().and_then(Screen::loading_since)
    }

    /// The next time at which the picture changes although nothing happens. None: the program sleeps until
    /// something does, or until the minute turns.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        let now = self.now.uptime;
        let spinner = self.loading_since().map(|since| {
            let shown = since + super::remote::SAY_LOADING_AFTER;
            if now < shown {
                shown
            } else if self.console.reduced_motion {
                Duration::MAX
            } else {
                now + Duration::from_millis(SPINNER_MILLIS)
            }
        });
        let overlay = self.overlays.last().and_then(|overlay| overlay.wakes(now));
        let screen = self.screen().and_then(Screen::wake_at).filter(|at| *at != Duration::MAX);
        [spinner, overlay, screen, self.messages.expires(now), Some(self.clock_deadline())]
            .into_iter()
            .flatten()
            .filter(|at| *at != Duration::MAX)
            .min()
    }

    /// When the clock in the header turns: the next minute, or the next second where seconds are shown.
    fn clock_deadline(&self) -> Duration {
        let seconds = self.screen().is_some_and(|screen| screen.header(&self.view_cx()).seconds);
        let step: i128 = if seconds { 1_000_000_000 } else { 60_000_000_000 };
        let left = step - self.now.wall.as_nanosecond().rem_euclid(step);
        self.now.uptime + Duration::from_nanos(u64::try_from(left).unwrap_or(60_000_000_000))
    }

    /// Whether a message answers a question that was asked again since, or by a screen that is closed.
    #[must_use]
    pub fn is_stale(&self, msg: &super::msg::Msg) -> bool {
        use super::msg::Msg;
        match msg {
            Msg::Loaded(slot, generation, _) | Msg::Failed(slot, generation, _) => !self.is_asked(*slot, *generation),
            _ => false,
        }
    }

    /// Whether this is still the last question of its slot.
    #[must_use]
    pub fn is_asked(&self, slot: super::slots::RequestSlot, generation: super::slots::Generation) -> bool {
        self.slots.is_current(slot, generation)
    }

    /// Whether gauges are to be sampled (10 Hz): a run is live and its screen could show it.
    #[must_use]
    pub fn wants_samples(&self) -> bool {
        !self.live_runs.is_empty()
    }

    /// Puts a screen on top, new or remembered. False when this build has no such screen.
    pub(super) fn bring(&mut self, place: &Place) -> Option<u32> {
        if let Some(at) = self.open.iter().position(|open| open.place == *place) {
            let open = self.open.remove(at);
            let number = open.number;
            self.open.push(open);
            return Some(number);
        }
        let screen = (self.build)(place)?;
        let number = self.next_number;
        self.next_number += 1;
        self.open.push(Open { number, place: place.clone(), screen });
        self.close_oldest();
        Some(number)
    }

    fn close_oldest(&mut self) {
        while self.open.len() > KEEP_SCREENS {
            let Some(at) = self.open.iter().position(|open| !self.path.contains(&open.place)) else { return };
            let closed = self.open.remove(at);
            self.slots.close(super::slots::Owner::Screen(closed.number));
        }
    }
}

/// Actions that do nothing but change what is kept, wherever they are offered. Those that also read (Enter, `e`) are
/// stopped by the command that they lead to.
#[deny(clippy::wildcard_enum_match_arm)]
fn alters(action: Action) -> bool {
    use Action as A;
    match action {
        A::Later
        | A::Undo
        | A::Redo
        | A::Clear
        | A::Deactivate
        | A::Save
        | A::MoreRemove
        | A::MoreVerbatim
        | A::MoreImport
        | A::MoreProtect
        | A::MoreExclude
        | A::MoreForget
        | A::MoreNotSame
        | A::MoreNote
        | A::MoreResume
        | A::MoreRelease
        | A::MoreReport
        | A::MoreRevoke
        | A::MoreSeen => true,
        // It opens a page that is only looked at.
        A::MoreUndoRun
        | A::MoreWaves
        | A::MoreFixList
        | A::MoreDrift
        | A::MoreDigest
        | A::MoreSupport
        | A::Up
        | A::Down
        | A::Left
        | A::Right
        | A::First
        | A::Last
        | A::PageUp
        | A::PageDown
        | A::Enter
        | A::Back
        | A::NextPane
        | A::PreviousPane
        | A::Tab1
        | A::Tab2
        | A::Tab3
        | A::Tab4
        | A::Tab5
        | A::Tab6
        | A::Tab7
        | A::Tab8
        | A::Tab9
        | A::PreviousItem
        | A::NextItem
        | A::Mark
        | A::MarkRange
        | A::MarkAll
        | A::InvertMarks
        | A::Filter
        | A::Palette
        | A::Help
        | A::CopyId
        | A::CopyRow
        | A::Refresh
        | A::Quit
        | A::Interrupt
        | A::Suspend
        | A::Edit
        | A::New
        | A::Alike
        | A::Send
        | A::Stop
        | A::Why
        | A::Compare
        | A::Export
        | A::More
        | A::Sort
        | A::Freeze
        | A::Follow
        | A::Zoom
        | A::Mouse
        | A::TestConnection
        | A::NextHit
        | A::PreviousHit
        | A::MatchFiles
        | A::Facets
        | A::Messages
        | A::MoreTest
        | A::MoreEdit
        | A::MoreRehearse
        | A::MoreSchedule
        | A::MoreTroubles
        | A::MoreAudit
        | A::MoreLimits => false,
    }
}

/// One picture of the spinner.
const SPINNER_MILLIS: u64 = 120;

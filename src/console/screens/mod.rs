//! The screens. Each is a folder `<name>/` with `state.rs` (what it holds), `update.rs` (what happens to it) and
//! `view.rs` (what it looks like), and one line in [`registry`].
//!
//! To add a screen: write the folder, implement [`Screen`], add its line to `registry::build`; add the questions it
//! asks to `app::Query`, the acts to `app::Command`, the answers to `app::Payload`.

pub mod audit;
pub mod collision;
pub mod drift;
pub mod feed;
pub mod finder;
pub mod first_run;
pub mod fleet;
pub mod guard;
pub mod history;
pub mod incidents;
pub mod limit;
pub mod mappings;
pub mod overview;
pub mod people;
pub mod person;
pub mod plan;
pub mod registry;
pub mod rehearsal;
pub mod review;
pub mod run;
pub mod run_detail;
pub mod said;
pub mod schedule;
pub mod settings;
pub mod tenants;
pub mod troubles;
pub mod two_files;
pub mod undo;
pub mod waves;
pub mod wizard;

use ratatui::layout::Rect;

use crate::console::app::header::{Header, StatusLine};
pub use crate::console::app::overlay::explain::CodeHere;
use crate::console::app::slots::RequestSlot;
use crate::console::app::{Control, Cx, Payload, Place, Problem, ViewCx};
use crate::console::keys::{Action, Offer};
pub use crate::console::widgets::Answer;
use crate::console::widgets::{Canvas, Hit};
use crate::services::lists::Stand;

/// Which screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ScreenId {
    FirstRun,
    Tenants,
    Wizard,
    Overview,
    Mappings,
    People,
    Person,
    Review,
    Collision,
    Plan,
    Run,
    Limit,
    Guard,
    Waves,
    Rehearsal,
    History,
    RunDetail,
    Undo,
    Drift,
    Said,
    Feed,
    Settings,
    TwoFiles,
    Schedule,
    Troubles,
    Audit,
    Incidents,
    Holds,
    /// People of all tenants.
    Anybody,
    Values,
    Error,
}

impl ScreenId {
    /// Every screen, in the order above.
    pub const ALL: [ScreenId; ScreenId::Error as usize + 1] = [
        ScreenId::FirstRun,
        ScreenId::Tenants,
        ScreenId::Wizard,
        ScreenId::Overview,
        ScreenId::Mappings,
        ScreenId::People,
        ScreenId::Person,
        ScreenId::Review,
        ScreenId::Collision,
        ScreenId::Plan,
        ScreenId::Run,
        ScreenId::Limit,
        ScreenId::Guard,
        ScreenId::Waves,
        ScreenId::Rehearsal,
        ScreenId::History,
        ScreenId::RunDetail,
        ScreenId::Undo,
        ScreenId::Drift,
        ScreenId::Said,
        ScreenId::Feed,
        ScreenId::Settings,
        ScreenId::TwoFiles,
        ScreenId::Schedule,
        ScreenId::Troubles,
        ScreenId::Audit,
        ScreenId::Incidents,
        ScreenId::Holds,
        ScreenId::Anybody,
        ScreenId::Values,
        ScreenId::Error,
    ];

    /// The screens behind the tabs 1 to 9.
    pub const TABS: [ScreenId; 9] = [
        ScreenId::Overview,
        ScreenId::Mappings,
        ScreenId::People,
        ScreenId::Review,
        ScreenId::Plan,
        ScreenId::Run,
        ScreenId::History,
        ScreenId::Feed,
        ScreenId::Settings,
    ];

    /// The name, as the tab, the breadcrumb and `--screen` (in lower case) have it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            ScreenId::FirstRun | ScreenId::Tenants => "Tenants",
            ScreenId::Wizard => "New tenant",
            ScreenId::Overview => "Overview",
            ScreenId::Mappings => "Mappings",
            ScreenId::People => "People",
            ScreenId::Person => "Person",
            ScreenId::Review => "Review",
            ScreenId::Collision => "Collision",
            ScreenId::Plan => "Plan",
            ScreenId::Run => "Run",
            ScreenId::Limit | ScreenId::Guard => "Stopped",
            ScreenId::Waves => "Waves",
            ScreenId::Rehearsal => "Rehearsal",
            ScreenId::History => "History",
            ScreenId::RunDetail => "Run detail",
            ScreenId::Undo => "Undo",
            ScreenId::Drift => "Drift",
            ScreenId::Said => "What was said",
            ScreenId::Feed => "Feed log",
            ScreenId::Settings => "Settings",
            ScreenId::TwoFiles => "Two files",
            ScreenId::Schedule => "Schedule",
            ScreenId::Troubles => "Troubles",
            ScreenId::Audit => "Audit",
            ScreenId::Incidents => "Incidents",
            ScreenId::Holds => "Holds",
            ScreenId::Anybody => "People of all tenants",
            ScreenId::Values => "Values",
            ScreenId::Error => "Error",
        }
    }

    /// The tab under which the screen lies, counted from 0; `None` outside of a tenant.
    #[must_use]
    pub fn tab(self) -> Option<usize> {
        let tab = match self {
            ScreenId::Person => ScreenId::People,
            ScreenId::Collision => ScreenId::Review,
            ScreenId::Waves | ScreenId::Rehearsal => ScreenId::Plan,
            ScreenId::Limit | ScreenId::Guard | ScreenId::Said | ScreenId::Error => ScreenId::Run,
            ScreenId::RunDetail | ScreenId::Undo | ScreenId::Drift => ScreenId::History,
            ScreenId::Audit => ScreenId::Overview,
            other => other,
        };
        Self::TABS.iter().position(|screen| *screen == tab)
    }
}

/// Whether a message was of use to the screen. What is ignored goes on: Esc to the place before, for instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handled {
    Yes,
    No,
}

/// What a screen is told.
#[derive(Clone, Debug, PartialEq)]
pub enum ScreenMsg {
    /// The screen is on top now, for the first time or again; read what is not there yet.
    Shown,
    /// An action that the screen offers, or one of the moves. Disabled ones never arrive.
    Action(Action),
    /// A key while the screen has a text field open ([`Screen::text_focus`]).
    Key(crossterm::event::KeyEvent),
    /// Pasted text.
    Paste(String),
    /// A click on a row, head or pane of this screen.
    Click { hit: Hit, double: bool },
    /// The wheel: rows, down is positive.
    Wheel { hit: Option<Hit>, rows: i32 },
    /// The body has this size now.
    Resized(Rect),
    /// The answer to the last question of a slot; stale ones never arrive.
    Loaded(RequestSlot, Payload),
    /// The refusal of the last question of a slot.
    Failed(RequestSlot, Problem),
    /// A command was carried out.
    Done(RequestSlot, Payload),
    /// A command was refused.
    Refused(RequestSlot, Problem),
    /// The answer to a question asked with [`Cx::confirm`] or [`Cx::pick`].
    Answered(&'static str, Answer),
    /// News from the engine.
    Control(Control),
    /// The feed log has lines up to this row.
    FeedMoved(u64),
    /// A sample of the gauges, at most 10 a second, only while a run is live.
    Sampled(Payload),
    /// The moment that [`Screen::wake_at`] asked for has come.
    Woken,
    /// The list is to stand as a saved view has it.
    View(Stand),
}

/// A screen. Everything but `update` takes `&self`: drawing cannot change state.
pub trait Screen: std::fmt::Debug + Send {
    /// Which screen this is.
    fn id(&self) -> ScreenId;

    /// What the header says: crumbs after the tenant's name, and words at the right.
    fn header(&self, cx: &ViewCx<'_>) -> Header;

    /// The status line: last result left, freshness right. A toast covers the left.
    fn status(&self, cx: &ViewCx<'_>) -> StatusLine;

    /// The actions of this moment, most useful first. They make the footer, the help page and the palette.
    fn offers(&self, cx: &ViewCx<'_>) -> Vec<Offer>;

    /// The rarer actions, under `m`.
    fn more(&self, _cx: &ViewCx<'_>) -> Vec<Offer> {
        Vec::new()
    }

    /// Whether a text field has the keys. Then letters go to [`ScreenMsg::Key`] and the footer has no `? help`.
    fn text_focus(&self) -> bool {
        false
    }

    /// Whether the screen sends what is typed on it: then it takes its own keys only, and a letter or digit that is none of them
    /// goes to [`ScreenMsg::Key`] as the begin of the line.
    fn holds_keys(&self) -> bool {
        false
    }

    /// What the line under the cursor has a code for: `?` explains it before it shows the keys.
    fn code(&self, _cx: &ViewCx<'_>) -> Option<CodeHere> {
        None
    }

    /// What would be lost by leaving the program: `2 settings`.
    fn unsaved(&self) -> Option<String> {
        None
    }

    /// A time (since the console started) at which [`ScreenMsg::Woken`] is wanted, for instance for a toast of its
    /// own or the 250 ms of a review card. None: the screen does not wake the program.
    fn wake_at(&self) -> Option<std::time::Duration> {
        None
    }

    /// Since when something is being read, for the spinner (shown after 150 ms).
    fn loading_since(&self) -> Option<std::time::Duration> {
        None
    }

    /// Changes the state. No I/O, no clock: the time is `cx.now()`, what is to be done goes into `cx`.
    fn update(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled;

    /// The screen was kept and is gone to again with another subject; most screens keep cursor, sort and filter and
    /// only put the cursor on the subject.
    fn revisit(&mut self, _place: &Place, _cx: &mut Cx<'_>) {}

    /// Draws the body.
    fn view(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>);
}

/// Where `?` on a line about a person leads.
pub(crate) const PERSON_PAGE: &str = "the person's page: which gate stopped them, and what cures it";

/// What a problem says beside its code: what happened, and why where that is known.
pub(crate) fn problem_words(problem: &crate::domain::problem::Problem) -> String {
    if problem.why.is_empty() { problem.what.clone() } else { format!("{}: {}", problem.what, problem.why) }
}

//! What an operator can do. Keys are bound to actions, never to code.

use crate::console::screens::ScreenId;

/// An action of the console (SCREENS part 6). [`super::table`] holds what is known of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Action {
    Up,
    Down,
    Left,
    Right,
    First,
    Last,
    PageUp,
    PageDown,
    Enter,
    Back,
    NextPane,
    PreviousPane,
    Tab1,
    Tab2,
    Tab3,
    Tab4,
    Tab5,
    Tab6,
    Tab7,
    Tab8,
    Tab9,
    PreviousItem,
    NextItem,
    Mark,
    MarkRange,
    MarkAll,
    InvertMarks,
    Filter,
    Palette,
    Help,
    Undo,
    Redo,
    CopyId,
    CopyRow,
    Refresh,
    Quit,
    Interrupt,
    Suspend,
    Edit,
    New,
    Clear,
    Deactivate,
    Later,
    Alike,
    Send,
    Stop,
    Why,
    Compare,
    Export,
    More,
    Sort,
    Freeze,
    Follow,
    Zoom,
    Mouse,
    Save,
    TestConnection,
    NextHit,
    PreviousHit,
    MatchFiles,
    Facets,
    // The rarer actions of `m`, each with its letter there.
    Messages,
    MoreTest,
    MoreRemove,
    MoreEdit,
    MoreVerbatim,
    MoreImport,
    MoreProtect,
    MoreExclude,
    MoreForget,
    MoreNotSame,
    MoreSchedule,
    MoreTroubles,
    MoreDigest,
    MoreSeen,
    MoreNote,
    MoreRehearse,
    MoreWaves,
    MoreFixList,
    MoreResume,
    MoreUndoRun,
    MoreDrift,
    MoreRelease,
    MoreReport,
    MoreAudit,
    MoreRevoke,
    MoreLimits,
    MoreSupport,
}

/// The heading of an action on the help page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Group {
    /// What this screen is for.
    Decide,
    /// Motion, panes, marks.
    Move,
    /// The same on every screen.
    Everywhere,
    /// Inside the `m` menu.
    More,
}

impl Group {
    /// The heading.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Group::Decide => "decide",
            Group::Move => "move",
            Group::Everywhere => "everywhere",
            Group::More => "in m",
        }
    }
}

/// Where an action's keys count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// On every screen.
    Everywhere,
    /// Only on these screens, where they win over a key that is bound everywhere.
    Screens(&'static [ScreenId]),
    /// Only inside the `m` menu.
    Menu,
    /// Only inside the `m` menu of these screens.
    MenuOf(&'static [ScreenId]),
}

impl Scope {
    /// Whether two keys in these scopes could be meant at the same time, with equal right.
    #[must_use]
    pub fn meets(self, other: Scope) -> bool {
        match (self, other) {
            (Scope::Screens(left), Scope::Screens(right)) | (Scope::MenuOf(left), Scope::MenuOf(right)) => {
                left.iter().any(|screen| right.contains(screen))
            }
            (Scope::Menu, Scope::MenuOf(_)) | (Scope::MenuOf(_), Scope::Menu) => true,
            (left, right) => left == right,
        }
    }
}

/// What a screen offers now: an action in the screen's own words, with the reason where it cannot be done yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The action.
    pub action: Action,
    /// A second action drawn with the first: `← → candidate`, `, . card`.
    pub pair: Option<Action>,
    /// What it does here; short, in the footer's words: `link`, `hold back`.
    pub label: String,
    /// `Err` with the reason keeps it on the footer, dim: `! publish (2 steps first)`.
    pub enabled: Result<(), String>,
}

impl Offer {
    /// An action that can be done.
    #[must_use]
    pub fn new(action: Action, label: impl Into<String>) -> Self {
        Self { action, pair: None, label: label.into(), enabled: Ok(()) }
    }

    /// Two actions with one label.
    #[must_use]
    pub fn pair(first: Action, second: Action, label: impl Into<String>) -> Self {
        Self { action: first, pair: Some(second), label: label.into(), enabled: Ok(()) }
    }

    /// The same, but it cannot be done for this reason.
    #[must_use]
    pub fn disabled(mut self, reason: impl Into<String>) -> Self {
        self.enabled = Err(reason.into());
        self
    }

    /// Disabled with the reason when there is one.
    #[must_use]
    pub fn unless(self, reason: Option<impl Into<String>>) -> Self {
        match reason {
            Some(reason) => self.disabled(reason),
            None => self,
        }
    }

    /// Whether this offer speaks of the action.
    #[must_use]
    pub fn is_for(&self, action: Action) -> bool {
        self.action == action || self.pair == Some(action)
    }
}

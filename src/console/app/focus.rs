//! Which pane has the keys: reading order, Tab forward, Shift-Tab back, Esc to the list; `z` zooms.

use crate::console::keys::Action;
use crate::console::widgets::PaneId;

/// The panes of a screen. Focus is model state, never taken from the last draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Focus {
    panes: PaneId,
    current: PaneId,
    zoomed: bool,
}

impl Focus {
    /// A screen with this number of panes; the first has the focus.
    #[must_use]
    pub fn new(panes: PaneId) -> Self {
        Self { panes: panes.max(1), current: 0, zoomed: false }
    }

    /// The pane that has the keys.
    #[must_use]
    pub fn pane(self) -> PaneId {
        self.current
    }

    /// Whether this pane has the keys.
    #[must_use]
    pub fn is(self, pane: PaneId) -> bool {
        self.current == pane
    }

    /// The pane that fills the body, when one is zoomed.
    #[must_use]
    pub fn zoomed(self) -> Option<PaneId> {
        self.zoomed.then_some(self.current)
    }

    /// Gives the keys to a pane.
    pub fn set(&mut self, pane: PaneId) {
        self.current = pane.min(self.panes - 1);
    }

    /// The number of panes has changed (the window grew or shrank).
    pub fn resize(&mut self, panes: PaneId) {
        self.panes = panes.max(1);
        self.set(self.current);
    }

    /// Tab, Shift-Tab, `z`, and Esc's steps from zoom and from another pane to the list. True when it did something.
    pub fn handle(&mut self, action: Action) -> bool {
        match action {
            Action::NextPane => self.current = (self.current + 1) % self.panes,
            Action::PreviousPane => self.current = (self.current + self.panes - 1) % self.panes,
            Action::Zoom => self.zoomed = !self.zoomed,
            Action::Back if self.zoomed => self.zoomed = false,
            Action::Back if self.current != 0 => self.current = 0,
            _ => return false,
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tab_goes_round_and_esc_to_the_list() {
        let mut focus = Focus::new(3);
        assert!(focus.handle(Action::PreviousPane));
        assert_eq!(focus.pane(), 2);
        assert!(focus.handle(Action::NextPane));
        assert_eq!(focus.pane(), 0);
        focus.set(9);
        focus.handle(Action::Zoom);
        assert_eq!(focus.zoomed(), Some(2));
        assert!(focus.handle(Action::Back));
        assert!(focus.handle(Action::Back));
        assert_eq!((focus.pane(), focus.zoomed()), (0, None));
        assert!(!focus.handle(Action::Back));
    }
}

//! What happens to the first screen.

use super::state::{FirstRun, Leads};
use crate::console::app::overlay::step;
use crate::console::app::{Cx, Level};
use crate::console::keys::Action;
use crate::console::screens::{Handled, ScreenMsg};
use crate::console::widgets::Hit;

impl FirstRun {
    pub(super) fn handle(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        let doors = cx.console().doors.len();
        match msg {
            ScreenMsg::Action(Action::Up) => self.cursor = step(self.cursor, -1, doors),
            ScreenMsg::Action(Action::Down) => self.cursor = step(self.cursor, 1, doors),
            ScreenMsg::Action(Action::First) => self.cursor = 0,
            ScreenMsg::Action(Action::Last) => self.cursor = doors.saturating_sub(1),
            ScreenMsg::Wheel { rows, .. } => self.cursor = step(self.cursor, rows, doors),
            ScreenMsg::Action(Action::Enter) => self.enter(cx),
            ScreenMsg::Click { hit: Hit::Row { row, .. }, .. } => {
                self.cursor = step(row, 0, doors);
                self.enter(cx);
            }
            ScreenMsg::Action(action) => {
                let door = cx.console().doors.iter().position(|door| door.action == Some(action));
                let Some(door) = door else { return Handled::No };
                self.cursor = door;
                self.enter(cx);
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn enter(&mut self, cx: &mut Cx<'_>) {
        match cx.console().doors.get(self.cursor).map(|door| door.leads.clone()) {
            Some(Leads::To(place)) => cx.open(place),
            Some(Leads::Command(command)) => {
                cx.copy(command);
                cx.toast(Level::Info, "Copied the command above; q leaves, then paste it into the shell");
            }
            None => {}
        }
    }
}

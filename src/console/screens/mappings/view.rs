//! What the screen looks like (SCREENS 7.3).

use ratatui::layout::Rect;

use super::list::{areas, divider};
use super::parts;
use super::state::Mappings;
use crate::console::app::ViewCx;
use crate::console::keys::Action;
use crate::console::widgets::Canvas;

impl Mappings {
    pub(super) fn draw(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let Some(sheet) = self.sheet.value() else {
            match self.sheet.problem() {
                Some(problem) => parts::problem(problem, &cx.bindings.shown(Action::Refresh), area, canvas),
                None => parts::reading("the tables", Rect { y: area.y + 2, ..area }, canvas),
            }
            return;
        };
        let body = self.draw_path(area, canvas);
        let area = self.finder.list_area(body);
        self.finder.draw_facets(cx, body, canvas);
        if area.width == 0 {
            return;
        }
        if self.detail_alone(cx) {
            self.draw_detail(cx, sheet, area, canvas);
            return;
        }
        let parts = areas(area);
        if self.focus.zoomed().is_some() {
            self.draw_list(cx, sheet, area, canvas);
            return;
        }
        if let Some(detail) = parts.detail {
            divider(area, detail.x - 1, canvas);
            self.draw_detail(cx, sheet, detail, canvas);
        }
        self.draw_unused(sheet, parts.bottom, canvas);
        self.draw_strip(cx, sheet, parts.strip, canvas);
        self.draw_list(cx, sheet, parts.list, canvas);
    }
}

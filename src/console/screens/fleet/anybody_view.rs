//! What People of all tenants looks like (SCREENS 7.27).

use ratatui::layout::Rect;

use super::anybody::Anybody;
use crate::console::app::ViewCx;
use crate::console::format;
use crate::console::keys::Action;
use crate::console::screens::mappings::parts;
use crate::console::screens::people::words;
use crate::console::theme::Role;
use crate::console::widgets::table::{Cell, Column, Table, cell, cell_in, glyph_cell};
use crate::console::widgets::{Canvas, rule};

impl Anybody {
    pub(super) fn draw(&self, cx: &ViewCx<'_>, body: Rect, canvas: &mut Canvas<'_>) {
        let area = self.finder.list_area(body);
        self.finder.draw_facets(cx, body, canvas);
        if area.width == 0 {
            return;
        }
        let focused = !self.finder.is_focused();
        rule::title(canvas, Rect { height: 1, ..area }, "People of all tenants", &self.title_words(), focused);
        let mut rows = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        if self.finder.has_line() {
            self.finder.draw_line_of(cx, Rect { height: 1, ..rows }, canvas);
        }
        rows = Rect { y: rows.y + 1, height: rows.height.saturating_sub(1), ..rows };
        if !self.table.is_empty() {
            return self.draw_list(rows, canvas);
        }
        match &self.problem {
            Some(problem) => parts::problem(problem, &cx.bindings.shown(Action::Refresh), rows, canvas),
            None => {
                let below = Rect { y: rows.y + 1, height: rows.height.saturating_sub(1), ..rows };
                parts::sentence(&self.nobody(cx), below, canvas);
            }
        }
    }

    /// `5 of 19,193`
    fn title_words(&self) -> String {
        match &self.found {
            Some((_, found)) if self.table.len() as u64 == found.people.len() as u64 => {
                format::share(found.found, found.of)
            }
            Some((_, found)) => {
                let of = format::counted(found.found, "person", "people");
                format!("{} of {of} found", format::count(self.table.len()))
            }
            None => String::new(),
        }
    }

    fn nobody(&self, cx: &ViewCx<'_>) -> String {
        match (&self.found, &self.asked, self.searched) {
            (Some((text, found)), None, _) if found.people.is_empty() => {
                let of = format::counted(found.of, "person", "people");
                format!("Nobody is found by \"{text}\" among {of}, leavers looked through too.")
            }
            (Some(_), None, _) => self.finder.nobody("Nobody", cx),
            (_, Some((text, _)), _) => format!("looking for \"{text}\" …"),
            (None, None, Some(0)) => "Nobody is known yet: no tenant was read.".to_owned(),
            (None, None, Some(people)) => {
                let people = format::counted(people, "person", "people");
                format!("{people}, leavers too. Type a name, an id or an e-mail.")
            }
            (None, None, None) => "Type a name, an id or an e-mail.".to_owned(),
        }
    }

    fn draw_list(&self, area: Rect, canvas: &mut Canvas<'_>) {
        let columns = columns(area.width);
        let row = |at: usize| -> Option<Vec<Cell>> {
            let one = self.somebody(self.table.ids().get(at)?)?;
            let (role, state) = words::state(&one.row);
            let text = |text: Option<&str>| cell_in(text.unwrap_or_default(), Role::Muted);
            let identifier = one.row.identifier.as_ref().map(|id| id.as_str());
            let mut cells = vec![
                glyph_cell(role),
                cell(&*one.row.name),
                cell_in(&*one.tenant, Role::Muted),
                text(identifier),
                cell(state),
            ];
            if area.width >= 110 {
                cells.extend([text(one.row.job_title.as_deref()), text(one.row.branch.as_deref())]);
            }
            Some(cells)
        };
        let table = Table {
            state: &self.table,
            columns: &columns,
            row: &row,
            pane: 0,
            focused: !self.finder.is_focused(),
            stale: self.asked.is_some() && self.problem.is_some(),
            heads: self.body.width >= 80,
            ticks: &[],
        };
        table.view(area, canvas);
    }
}

fn columns(cells: u16) -> Vec<Column> {
    let mut columns = vec![
        Column::glyph(),
        Column::text("who", 18, 34, 1),
        Column::text("tenant", 16, 26, 2),
        Column::text("identifier", 10, 18, 3),
        Column::text("how they stand", 18, 32, 2),
    ];
    if cells >= 110 {
        columns.push(Column::text("job title", 12, 24, 5));
        columns.push(Column::text("branch", 12, 24, 6));
    }
    columns
}

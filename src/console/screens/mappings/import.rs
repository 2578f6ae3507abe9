//! `m o`: a table out of a file. First the path, then what it would do, then one undo step.

use ratatui::layout::Rect;

use super::data::{Act, Ask, CellChange, Import};
use super::edit::EDIT;
use super::state::Mappings;
use crate::console::app::overlay::Confirm;
use crate::console::app::{Command, Cx, Level, Query};
use crate::console::format;
use crate::console::screens::Answer as Picked;
use crate::console::term::width;
use crate::console::theme::Role;
use crate::console::widgets::Canvas;
use crate::console::widgets::text_input::TextField;
use crate::domain::mapping::MappingTarget;

pub(super) const IMPORT: &str = "import";
/// Cells that the question shows.
const SHOWN: usize = 5;

impl Mappings {
    pub(super) fn begin_import(&mut self, cx: &mut Cx<'_>) {
        match self.list() {
            Some(_) => self.path = Some(TextField::with(&self.last_path)),
            None => cx.toast(Level::Info, "The field map is changed in Settings"),
        }
    }

    pub(super) fn read_import(&mut self, cx: &mut Cx<'_>) {
        let Some(path) = self.path.take().map(|field| field.value().trim().to_owned()) else { return };
        let Some(list) = self.list().filter(|_| !path.is_empty()) else { return };
        self.last_path.clone_from(&path);
        cx.query(IMPORT, Query::Mappings(Ask::Import { tenant: self.tenant.clone(), list, path }));
    }

    pub(super) fn ask_import(&mut self, import: Import, cx: &mut Cx<'_>) {
        if import.cells.is_empty() {
            let rows = format::counted(u64::from(import.same), "row stands", "rows stand");
            cx.toast(Level::Info, format!("Nothing to import: {rows} in the table already"));
            return;
        }
        let word = self.sheet.value().map(|sheet| sheet.word.1.clone()).unwrap_or_default();
        let number = format::count(import.cells.len());
        let values = format::counted(import.cells.len() as u64, "value", "values");
        let mut confirm =
            Confirm::new(format!("Import {values} into {word}?"), import.name.clone(), format!("Import {number}"));
        confirm.basis = match import.same {
            0 => String::new(),
            same => format!("{} more as they stand", format::count(same)),
        };
        for line in lines(&import, &self.names()) {
            confirm = confirm.line(line);
        }
        self.importing = Some(import);
        cx.confirm(IMPORT, confirm);
    }

    pub(super) fn answered_import(&mut self, answer: &Picked, cx: &mut Cx<'_>) {
        let Some(import) = self.importing.take() else { return };
        if *answer == Picked::Confirmed {
            let (tenant, file) = (self.tenant.clone(), import.name);
            let act = Act::Import { tenant, cells: import.cells, file };
            self.resort = true;
            cx.command(EDIT, Command::Mappings(act));
        }
    }

    /// The names of the options by key.
    fn names(&self) -> Vec<(String, String)> {
        let options = self.sheet.value().map(|sheet| sheet.options.as_slice()).unwrap_or_default();
        options.iter().map(|option| (option.key.as_str().to_owned(), option.name.clone())).collect()
    }

    /// The line in which the path is typed; returns what is left of the body.
    pub(super) fn draw_path(&self, area: Rect, canvas: &mut Canvas<'_>) -> Rect {
        let Some(field) = &self.path else { return area };
        let y = area.bottom().saturating_sub(1);
        canvas.clear(Rect { y: y.saturating_sub(1), height: 2.min(area.height), ..area });
        let hint = "CSV or XLSX with the columns value and target; `o` writes such a file";
        canvas.text(area.x + 1, y.saturating_sub(1), usize::from(area.width).saturating_sub(2), hint, Role::Muted);
        let used = canvas.text(area.x + 1, y, usize::from(area.width) / 2, "Import the file: ", Role::Accent);
        field.view(Rect::new(area.x + 1 + used, y, area.width.saturating_sub(used + 2), 1), true, canvas);
        Rect { height: area.height.saturating_sub(2), ..area }
    }
}

fn lines(import: &Import, names: &[(String, String)]) -> Vec<String> {
    let effect = &import.what_if;
    let mut lines = Vec::new();
    let outcomes = [
        (effect.creates, "create"),
        (effect.links, "link"),
        (effect.updates, "update"),
        (effect.review, "review"),
        (effect.others + effect.unchanged, "as they are"),
    ];
    let outcomes: Vec<String> = outcomes
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, word)| format!("{} {word}", format::count(*count)))
        .collect();
    let outcomes = if outcomes.is_empty() { String::new() } else { format!(": {}", outcomes.join(", ")) };
    lines.push(format!("+ {} unblocked{outcomes}", format::count(effect.unblocked)));
    lines.push(format!("~ {} change   ✗ {} break", format::count(effect.change), format::count(effect.breaks)));
    if import.unused > 0 {
        let values = format::counted(u64::from(import.unused), "value is", "values are");
        lines.push(format!("i {values} carried by nobody today"));
    }
    lines.push(String::new());
    for CellChange { value, target, .. } in import.cells.iter().take(SHOWN) {
        let becomes = match target {
            Some(MappingTarget::Option(key)) => {
                let name = names.iter().find(|(known, _)| known == key.as_str()).map(|(_, name)| name.as_str());
                name.unwrap_or(key.as_str()).to_owned()
            }
            Some(MappingTarget::Create(name)) => format!("{name} (new)"),
            Some(MappingTarget::Nothing) => "(nothing is sent)".to_owned(),
            None => "(no row)".to_owned(),
        };
        lines.push(format!("{} → {becomes}", width::truncate(value, 28)));
    }
    let more = import.cells.len().saturating_sub(SHOWN);
    if more > 0 {
        lines.push(format!("… {} more", format::count(more)));
    }
    lines.push("Nothing is sent. `u` takes all of it back in one step.".to_owned());
    lines
}

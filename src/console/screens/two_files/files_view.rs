//! What step 1 looks like.

use ratatui::layout::Rect;

use super::data::{Entry, Listed};
use super::state::{Item, TwoFiles};
use crate::console::app::ViewCx;
use crate::console::format;
use crate::console::term::glyphs;
use crate::console::theme::Role;
use crate::console::widgets::{Canvas, Hit, Span, rule};

const LABEL: u16 = 13;

impl TwoFiles {
    pub(super) fn draw_files(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        rule::title(
            canvas,
            Rect { height: 1, ..area },
            "Which two lists are compared?",
            "no account is needed",
            self.files.item != Item::List,
        );
        let roomy = area.height >= 16;
        let mut y = area.y + 1 + u16::from(roomy);
        let typed = self.files.typed.value();
        let blank = |text: &str, words: &str| if text.trim().is_empty() { words.to_owned() } else { "…".to_owned() };
        let known = |one: Option<&Result<Listed, String>>, text: &str, words: &str| match one {
            Some(Ok(listed)) => (self.entry_words(listed, cx), role_of(&listed.entry)),
            Some(Err(why)) => (format!("✗ {why}"), Role::Danger),
            None => (blank(text, words), Role::Muted),
        };
        let employees = known(
            typed.and_then(|typed| typed.employees.as_ref()),
            self.files.employees.value(),
            "type a path, or ↓ and choose from the list below",
        );
        let users = known(
            typed.and_then(|typed| typed.users.as_ref()),
            self.files.users.value(),
            "left blank: duplicates are looked for within the first list",
        );
        let out = match typed.map(|typed| &typed.out) {
            Some(target) if target.refused.is_some() => (target.refused.clone().unwrap_or_default(), Role::Danger),
            Some(target) if target.kept_as.is_some() => {
                let kept = target.kept_as.clone().unwrap_or_default();
                (format!("holds a result: it is kept as {kept}/ when a new one is written"), Role::Muted)
            }
            Some(target) if target.exists => ("a folder that is there".to_owned(), Role::Muted),
            _ => ("a new folder, made when the files are written and not before".to_owned(), Role::Muted),
        };
        let fields =
            [(Item::Employees, "Employees", employees), (Item::Users, "Users", users), (Item::Out, "Result in", out)];
        for (number, (item, label, (words, role))) in fields.into_iter().enumerate() {
            let line = Rect { y, height: 1, ..area };
            let on = self.files.item == item;
            canvas.text(area.x + 1, y, 10, label, if on { Role::Focus } else { Role::Muted });
            if on {
                canvas.text(area.x + LABEL - 2, y, 1, glyphs::CURSOR, Role::Accent);
            }
            let field = Rect { x: area.x + LABEL, width: area.width.saturating_sub(LABEL + 1), ..line };
            self.field(item).view(field, on, canvas);
            canvas.hit(line, Hit::Row { pane: 0, row: number });
            canvas.text(area.x + LABEL, y + 1, usize::from(area.width.saturating_sub(LABEL + 1)), &words, role);
            y += 2;
        }
        y += u16::from(roomy);
        self.draw_list(cx, Rect { y, height: area.bottom().saturating_sub(y), ..area }, canvas);
    }

    fn draw_list(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let on_list = self.files.item == Item::List;
        let folder = if self.files.folder.is_empty() { "./" } else { &self.files.folder };
        let into = if self.files.into == Item::Users { "users" } else { "employees" };
        let right = if on_list { format!("Enter takes it as {into}") } else { "newest first".to_owned() };
        rule::title(canvas, Rect { height: 1, ..area }, &format!("In {folder}"), &right, on_list);
        let list = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        let Some(listing) = self.files.listing.value() else {
            canvas.text(list.x + 3, list.y, 40, "reading …", Role::Muted);
            return;
        };
        let room = usize::from(list.height);
        let cells = usize::from(list.width);
        if let Some(why) = &listing.problem {
            canvas.text(list.x + 3, list.y, cells.saturating_sub(4), &format!("✗ {why}"), Role::Danger);
            return;
        }
        let top = self.files.cursor.saturating_sub(room.saturating_sub(1));
        let name_cells = if list.width >= 100 { 40 } else { 24 };
        let lines = std::iter::once(None).chain(listing.entries.iter().map(Some)).enumerate().skip(top);
        let mut drawn = 0;
        for (y, (number, entry)) in (list.y..list.bottom()).zip(lines) {
            let line = Rect { y, height: 1, ..list };
            canvas.hit(line, Hit::Row { pane: 1, row: number });
            let on = on_list && number == self.files.cursor;
            if on {
                canvas.select(line);
                canvas.spans(line.x, y, 1, &[Span::new(glyphs::CURSOR, Role::Accent)], true);
            }
            let put = |x: u16, cells: usize, text: &str, role: Role, canvas: &mut Canvas<'_>| {
                canvas.spans(line.x + x, y, cells, &[Span::new(text, role)], on);
            };
            let Some(entry) = entry else {
                put(3, name_cells, "../", Role::Muted, canvas);
                drawn += 1;
                continue;
            };
            let is_folder = matches!(entry.entry, Entry::Folder | Entry::Result(_));
            let name = if is_folder { format!("{}/", entry.name) } else { entry.name.clone() };
            put(3, name_cells, &name, role_of(&entry.entry), canvas);
            let saved = entry.saved.map(|at| format::moment(at, cx.now.wall, &cx.console.zone)).unwrap_or_default();
            let at = 5 + u16::try_from(name_cells).unwrap_or(24);
            put(at, 13, &saved, Role::Muted, canvas);
            let rest = cells.saturating_sub(usize::from(at) + 15);
            put(at + 14, rest, &self.kind_words(entry), Role::Muted, canvas);
            drawn += 1;
        }
        if listing.entries.is_empty() && room > drawn + 1 {
            let words = "No people file here.  CSV, XLSX or a folder with a result; type a path";
            canvas.text(
                list.x + 3,
                list.y + 1 + u16::try_from(drawn).unwrap_or(1),
                cells.saturating_sub(4),
                words,
                Role::Muted,
            );
        }
    }

    /// What a file is, under the field that names it.
    fn entry_words(&self, listed: &Listed, cx: &ViewCx<'_>) -> String {
        let saved = listed.saved.map(|at| format!(", saved {}", format::moment(at, cx.now.wall, &cx.console.zone)));
        let saved = saved.unwrap_or_default();
        match &listed.entry {
            Entry::Text { .. } | Entry::Book { .. } => {
                format!("{}, {}{saved}", self.kind_words(listed), size(listed.bytes))
            }
            Entry::Broken(why) => format!("✗ {why}"),
            Entry::Result(_) => format!("{}: Enter opens it on the review desk", self.kind_words(listed)),
            Entry::Folder => "a folder: Enter looks into it".to_owned(),
            Entry::Unknown => "read in the next step".to_owned(),
        }
    }

    fn kind_words(&self, listed: &Listed) -> String {
        match &listed.entry {
            Entry::Text { words, lines } => match lines {
                Some(lines) => format!("{}, {words}", format::counted(*lines, "line", "lines")),
                None => format!("large, {words}"),
            },
            Entry::Book { sheets } if sheets.is_empty() => "XLSX, large".to_owned(),
            Entry::Book { sheets } => match sheets.as_slice() {
                [one] => format!("XLSX: {one}"),
                more => format!("{} sheets: {}", more.len(), more.join(", ")),
            },
            Entry::Broken(why) => why.clone(),
            Entry::Result(Some(counts)) => {
                let people = format::counted(counts.employees as u64, "person", "people");
                match counts.ask + counts.risk {
                    0 => format!("a result: {people}"),
                    open => format!("a result: {people}, {} to rule", format::count(open)),
                }
            }
            Entry::Result(None) => "a result, written without its columns".to_owned(),
            Entry::Folder => "a folder".to_owned(),
            Entry::Unknown => String::new(),
        }
    }
}

/// `540 bytes`, `84 kB`, `12 MB`.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} bytes"),
        1_000..1_000_000 => format!("{} kB", bytes / 1_000),
        _ => format!("{} MB", format::count(bytes / 1_000_000)),
    }
}

fn role_of(entry: &Entry) -> Role {
    match entry {
        Entry::Broken(_) => Role::Danger,
        Entry::Folder => Role::Muted,
        _ => Role::Text,
    }
}

//! The box in which the result is written.

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;

use super::data::{Act, Ask};
use super::state::{Outcome, TwoFiles, Writing};
use super::update::{TARGET, WRITE};
use crate::console::app::{Cx, Level, Remote, ViewCx};
use crate::console::format;
use crate::console::keys::{Action, Offer};
use crate::console::screens::Handled;
use crate::console::theme::Role;
use crate::console::widgets::Canvas;
use crate::console::widgets::canvas::centred;
use crate::console::widgets::text_input::TextField;

impl TwoFiles {
    pub(super) fn writing_offers(&self) -> Vec<Offer> {
        let files = if matches!(self.outcome, Some(Outcome::Doubles(_))) { "write the file" } else { "write 4 files" };
        let busy = self.writing.as_ref().is_some_and(|writing| writing.is_under_way).then_some("writing");
        vec![
            Offer::new(Action::Enter, files).unless(busy),
            Offer::new(Action::NextPane, "CSV or XLSX"),
            Offer::new(Action::Back, "back"),
        ]
    }

    pub(super) fn open_writing(&mut self, cx: &mut Cx<'_>) {
        if self.outcome.is_none() {
            return;
        }
        let out = self.files.out.value().trim();
        let folder = TextField::with(if out.is_empty() { "result" } else { out });
        self.writing = Some(Writing { folder, xlsx: false, target: Remote::Idle, is_under_way: false });
        self.ask_target(cx);
    }

    fn ask_target(&mut self, cx: &mut Cx<'_>) {
        let Some(writing) = &mut self.writing else { return };
        writing.target.load(cx.uptime());
        let ask = Ask::Target { folder: writing.folder.value().to_owned(), zone: cx.console().zone.clone() };
        self.ask(TARGET, ask, cx);
    }

    pub(super) fn writing_key(&mut self, key: KeyEvent, cx: &mut Cx<'_>) {
        if self.writing.as_mut().is_some_and(|writing| !writing.is_under_way && writing.folder.key(key)) {
            self.ask_target(cx);
        }
    }

    pub(super) fn writing_paste(&mut self, text: &str, cx: &mut Cx<'_>) {
        if let Some(writing) = self.writing.as_mut().filter(|writing| !writing.is_under_way) {
            writing.folder.paste(text.trim().trim_matches(['\'', '"']));
            self.ask_target(cx);
        }
    }

    pub(super) fn writing_action(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        let result = self.result();
        let Some(writing) = &mut self.writing else { return Handled::No };
        match action {
            Action::Back => self.writing = None,
            Action::NextPane | Action::PreviousPane => writing.xlsx = !writing.xlsx,
            Action::Enter if writing.is_under_way => {}
            Action::Enter => {
                let folder = writing.folder.value().trim().to_owned();
                if folder.is_empty() {
                    cx.toast(Level::Warn, "name a folder for the result");
                    return Handled::Yes;
                }
                let Some(result) = result else { return Handled::No };
                writing.is_under_way = true;
                let act = Act::Write { result, folder, xlsx: writing.xlsx, zone: cx.console().zone.clone() };
                self.act(WRITE, act, cx);
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    pub(super) fn wrote(&mut self, files: usize, folder: &str, kept: Option<&str>, cx: &mut Cx<'_>) {
        self.writing = None;
        self.written = true;
        self.unwritten = 0;
        self.files.out.set(folder);
        self.files.own_out = true;
        let name = |path: &str| path.rsplit('/').next().unwrap_or(path).to_owned();
        let kept = kept.map(|kept| format!("; the result that was there is {}", name(kept))).unwrap_or_default();
        let files = format::counted(files as u64, "file", "files");
        cx.done(format!("Wrote {files} to {folder}{kept}"), false);
    }

    pub(super) fn draw_writing(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        let Some(writing) = &self.writing else { return };
        let lines = self.file_lines(writing.xlsx);
        let rows = u16::try_from(lines.len() + 8).unwrap_or(12);
        let columns = area.width.clamp(20, 74).saturating_sub(2);
        let outer = centred(area, columns, rows);
        let inside = canvas.boxed(outer, "Write the result", "");
        let cells = usize::from(inside.width.saturating_sub(2));
        let (x, mut y) = (inside.x + 1, inside.y + 1);
        canvas.text(x, y, 8, "folder", Role::Muted);
        let (csv, xlsx) = if writing.xlsx { ("  CSV", "‹ XLSX ›") } else { ("‹ CSV ›", "  XLSX") };
        let format = format!("{csv}   {xlsx}");
        let room = inside.width.saturating_sub(12 + 18);
        writing.folder.view(Rect::new(x + 9, y, room, 1), true, canvas);
        canvas.right(Rect { x: inside.x, y, width: inside.width.saturating_sub(1), height: 1 }, &format, Role::Text);
        y += 2;
        for line in &lines {
            if y + 3 < outer.bottom() {
                canvas.text(x, y, cells, line, Role::Text);
            }
            y += 1;
        }
        let target = writing.target.value();
        let (words, role) = match target {
            _ if writing.is_under_way => ("writing …".to_owned(), Role::Info),
            Some(target) if target.refused.is_some() => {
                (format!("✗ {}", target.refused.clone().unwrap_or_default()), Role::Danger)
            }
            Some(target) => match (target.written, &target.kept_as) {
                (Some(at), Some(kept)) => {
                    let day = format::moment(at, cx.now.wall, &cx.console.zone);
                    (format!("! a result of {day} is there: it is kept as {kept}/"), Role::Warn)
                }
                _ if target.exists => ("the folder is there and holds no result".to_owned(), Role::Muted),
                _ => ("a new folder, made when the files are written".to_owned(), Role::Muted),
            },
            None => (String::new(), Role::Muted),
        };
        canvas.text(x, outer.bottom().saturating_sub(3), cells, &words, role);
        let last = outer.bottom().saturating_sub(2);
        canvas.text(x, last, cells, "columns.toml beside them keeps how the lists were read", Role::Muted);
    }

    /// What each file gets.
    fn file_lines(&self, xlsx: bool) -> Vec<String> {
        let ending = if xlsx { "xlsx" } else { "csv" };
        let line = |name: &str, count: usize, words: &str| {
            format!("{:<18}{:>9}   {words}", format!("{name}.{ending}"), format::count(count))
        };
        match &self.outcome {
            Some(Outcome::Desk(desk)) => {
                let Some(summary) = &desk.summary else { return Vec::new() };
                let counts = &summary.counts;
                let asked = counts.ask + counts.risk;
                let ruled_new = format!("{} of them ruled", format::count(summary.tally.new));
                let left_out = match counts.left_out {
                    0 => String::new(),
                    some => format!(" + {} who left and have no user", format::count(some)),
                };
                let sum = [counts.link, asked, counts.new].map(format::count).join(" + ");
                vec![
                    line("links", counts.link, "who is whom, with weight and probability"),
                    line("review", asked, "people, with their candidates"),
                    line("new", counts.new, if summary.tally.new > 0 { &ruled_new } else { "employees to be created" }),
                    line("identifiers", counts.link, "to load: user, identifier, name"),
                    String::new(),
                    format!("{} = {sum}{left_out}", format::count(counts.employees)),
                ]
            }
            Some(Outcome::Doubles(doubles)) => {
                let listed = doubles.counts.map_or(0, |counts| counts.listed);
                vec![line("duplicates", listed, "pairs, likeliest first")]
            }
            None => Vec::new(),
        }
    }
}

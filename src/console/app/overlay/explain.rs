//! `?` on a line that carries a code: what it is, what it means here, what can be done (SCREENS 7.28).

use crossterm::event::{KeyCode, KeyEvent};
use ratatui::layout::Rect;

use super::Outcome;
use crate::console::app::place::Place;
use crate::console::term::{glyphs, width};
use crate::console::theme::Role;
use crate::console::widgets::canvas::centred;
use crate::console::widgets::motion::step;
use crate::console::widgets::{Canvas, Hit, Span};
use crate::domain::code::Code;
use crate::domain::explain::{Explained, explained};

/// Cells of the labels.
const LABEL: u16 = 11;

/// The code of the line under the cursor, and what it means there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeHere {
    /// The code.
    pub code: Code,
    /// What it means here: whom it concerns, how many, in the words that the screen has; empty where it has none.
    pub here: String,
    /// Where it can be cured or looked at from here, in words, the nearest first.
    pub leads: Vec<(String, Place)>,
}

impl CodeHere {
    /// A code about which the screen has nothing to add.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self { code, here: String::new(), leads: Vec::new() }
    }

    /// What it means here.
    #[must_use]
    pub fn here(mut self, words: impl Into<String>) -> Self {
        self.here = words.into();
        self
    }

    /// Where one can go from here.
    #[must_use]
    pub fn leads_to(mut self, words: impl Into<String>, place: Place) -> Self {
        self.leads.push((words.into(), place));
        self
    }
}

/// The box.
#[derive(Clone, Debug, PartialEq)]
pub struct Explain {
    subject: CodeHere,
    cursor: usize,
}

/// A paragraph: its label, what stands before its words, its words, and which lead it is.
struct Part {
    label: &'static str,
    number: String,
    words: String,
    lead: Option<usize>,
    /// What goes first where there is no room: the highest.
    spare: u8,
}

impl Explain {
    /// The box about a code.
    #[must_use]
    pub fn new(subject: CodeHere) -> Self {
        Self { subject, cursor: 0 }
    }

    fn text(&self) -> Explained {
        explained(self.subject.code)
    }

    pub(super) fn key(&mut self, key: KeyEvent) -> Outcome {
        match key.code {
            KeyCode::Esc => Outcome::Close,
            KeyCode::Enter => self.choose(self.cursor),
            KeyCode::Char('?') | KeyCode::F(1) => Outcome::Keys,
            KeyCode::Char('y') => Outcome::Copy(self.copied()),
            KeyCode::Down | KeyCode::Char('j') => self.scroll(1),
            KeyCode::Up | KeyCode::Char('k') => self.scroll(-1),
            _ => Outcome::Stay,
        }
    }

    pub(super) fn scroll(&mut self, rows: i32) -> Outcome {
        self.cursor = step(self.cursor, rows, self.subject.leads.len());
        Outcome::Stay
    }

    pub(super) fn choose(&mut self, row: usize) -> Outcome {
        self.subject.leads.get(row).map_or(Outcome::Stay, |(_, place)| Outcome::Go(place.clone()))
    }

    /// Its own footer.
    pub(super) fn hints(&self) -> Vec<(&'static str, String)> {
        let mut hints = Vec::new();
        if !self.subject.leads.is_empty() {
            hints.push(("Enter", "go there".to_owned()));
        }
        hints.extend([("?", "keys of this screen".to_owned()), ("y", "copy".to_owned()), ("Esc", "back".to_owned())]);
        hints
    }

    fn parts(&self) -> Vec<Part> {
        let text = self.text();
        let part = |label, words: &str, spare| Part {
            label,
            number: String::new(),
            words: words.to_owned(),
            lead: None,
            spare,
        };
        let first = |at: usize, label| if at == 0 { label } else { "" };
        let mut parts = vec![part("what", text.what, 0)];
        if !self.subject.here.is_empty() {
            parts.push(part("here", &self.subject.here, 0));
        }
        parts.push(part("why", text.why, 1));
        for (at, remedy) in text.remedies.iter().enumerate() {
            parts.push(Part { number: (at + 1).to_string(), ..part(first(at, "remedy"), remedy, 0) });
        }
        for (at, (words, _)) in self.subject.leads.iter().enumerate() {
            parts.push(Part { lead: Some(at), ..part(first(at, "go to"), words, 0) });
        }
        parts.push(part("example", text.example, 2));
        if !text.not_this.is_empty() {
            parts.push(part("not this", text.not_this, 3));
        }
        parts
    }

    fn command(&self) -> String {
        format!("onroll explain {}", self.subject.code.key())
    }

    fn copied(&self) -> String {
        let mut text = self.text().words.to_owned();
        for part in self.parts() {
            let number = if part.number.is_empty() { String::new() } else { format!("{} ", part.number) };
            text.push_str(&format!("\n{:<10}{number}{}", part.label, part.words));
        }
        text.push_str(&format!("\n{:<10}{}", "command", self.command()));
        text
    }

    pub(super) fn view(&self, body: Rect, canvas: &mut Canvas<'_>) {
        let columns = (if body.width >= 120 { 90 } else { 74 }).min(body.width);
        let room = usize::from(columns.saturating_sub(LABEL + 7));
        let mut parts: Vec<(Part, Vec<String>)> = self
            .parts()
            .into_iter()
            .map(|part| {
                let lines = width::wrap(&part.words, room);
                (part, lines)
            })
            .collect();
        let needed = |parts: &[(Part, Vec<String>)]| parts.iter().map(|(_, lines)| lines.len()).sum::<usize>() + 4;
        for spare in [3, 2, 1] {
            if needed(&parts) > usize::from(body.height) {
                parts.retain(|(part, _)| part.spare != spare);
            }
        }
        let rows = u16::try_from(needed(&parts)).unwrap_or(body.height);
        let area = centred(body, columns, rows);
        let inside = canvas.boxed(area, self.text().words, "");
        let foot = inside.bottom().saturating_sub(2);
        let mut y = inside.y;
        for (part, lines) in &parts {
            self.draw_part(part, lines, Rect { y, height: foot.saturating_sub(y), ..inside }, canvas);
            y += u16::try_from(lines.len()).unwrap_or(0);
        }
        canvas.box_rule(area, foot);
        let line = [Span::new("on the command line   ", Role::Muted), Span::new(self.command(), Role::Text)];
        canvas.spans(inside.x + 1, foot + 1, usize::from(inside.width.saturating_sub(2)), &line, false);
    }

    fn draw_part(&self, part: &Part, lines: &[String], area: Rect, canvas: &mut Canvas<'_>) {
        let room = usize::from(area.width.saturating_sub(LABEL + 4));
        for (offset, words) in lines.iter().enumerate().take(usize::from(area.height)) {
            let y = area.y + u16::try_from(offset).unwrap_or(0);
            let line = Rect { y, height: 1, ..area };
            let chosen = offset == 0 && part.lead == Some(self.cursor);
            if chosen {
                canvas.select(line);
                canvas.spans(area.x + LABEL, y, 1, &[Span::new(glyphs::CURSOR, Role::Accent)], true);
            }
            if let Some(at) = part.lead {
                canvas.hit(line, Hit::OverlayRow(at));
            }
            if offset == 0 {
                canvas.spans(area.x + 1, y, usize::from(LABEL), &[Span::new(part.label, Role::Muted)], chosen);
                let number = [Span::new(part.number.as_str(), Role::Muted)];
                canvas.spans(area.x + LABEL, y, part.number.len(), &number, chosen);
            }
            canvas.spans(area.x + LABEL + 3, y, room, &[Span::new(words.as_str(), Role::Text)], chosen);
        }
    }
}

//! The page before a tenant is removed: what goes, what stays, and the words that have to be typed (grade 3).

use crossterm::event::KeyEvent;
use ratatui::layout::Rect;

use crate::console::format;
use crate::console::theme::Role;
use crate::console::widgets::confirm::TypedConfirm;
use crate::console::widgets::{Canvas, rule};

/// A tenant that is about to be removed.
#[derive(Clone, Debug, PartialEq)]
pub struct Removal {
    /// The short name, which is typed.
    pub tenant: String,
    name: String,
    destination: String,
    people: u64,
    typed: TypedConfirm,
}

impl Removal {
    /// Asks for the words.
    #[must_use]
    pub fn new(tenant: &str, name: &str, destination: &str, people: u64) -> Self {
        Self {
            tenant: tenant.to_owned(),
            name: name.to_owned(),
            destination: destination.to_owned(),
            people,
            typed: TypedConfirm::default(),
        }
    }

    /// A key of the typed line.
    pub fn key(&mut self, key: KeyEvent) {
        self.typed.key(key);
    }

    /// Whether the right words are typed.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.typed.agrees(&self.tenant, self.people)
    }

    /// What is wrong with the words so far.
    #[must_use]
    pub fn remark(&self) -> String {
        format!("type `{}` to remove it", TypedConfirm::expected(&self.tenant, self.people))
    }

    /// Draws the page.
    pub fn view(&self, area: Rect, canvas: &mut Canvas<'_>) {
        rule::title(
            canvas,
            Rect { height: 1, ..area },
            &format!("Remove {}?", self.name),
            "nothing is removed yet",
            true,
        );
        let lines = [
            ("goes", "settings, credentials, mapping tables, rulings, plans, history and feed log".to_owned()),
            ("stays", format!("every user in {}, just as they are now", self.destination)),
            ("who", format!("{} in the last pull", format::counted(self.people, "person", "people"))),
            ("undo", "there is none; `d` only switches it off and keeps everything".to_owned()),
        ];
        let mut y = area.y + 2;
        for (head, words) in lines {
            canvas.text(area.x + 1, y, 8, head, Role::Muted);
            canvas.text(area.x + 10, y, usize::from(area.width.saturating_sub(11)), &words, Role::Text);
            y += 1;
        }
        let ask = format!("Type `{}`, then Enter:", TypedConfirm::expected(&self.tenant, self.people));
        canvas.text(area.x + 1, y + 1, usize::from(area.width.saturating_sub(2)), &ask, Role::Text);
        let line = Rect::new(area.x + 1, y + 2, area.width / 2, 1).intersection(area);
        self.typed.view(line, true, canvas);
        let expected = TypedConfirm::expected(&self.tenant, self.people);
        let hint = TypedConfirm::hint(&expected, usize::from((area.width / 2).saturating_sub(3)));
        canvas.right(Rect::new(area.x, y + 2, area.width.saturating_sub(2), 1).intersection(area), &hint, Role::Muted);
    }
}

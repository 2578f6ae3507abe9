//! What the collision card holds.

use std::time::Duration;

use ratatui::layout::Rect;

use crate::console::app::header::{Header, StatusLine};
use crate::console::app::{Cx, Remote, ViewCx};
use crate::console::format;
use crate::console::keys::{Action, Offer};
use crate::console::screens::review::data::{Collision, Consequences, Question, Side};
use crate::console::screens::{CodeHere, Handled, Screen, ScreenId, ScreenMsg};
use crate::console::widgets::Canvas;
use crate::console::widgets::text_input::TextField;
use crate::domain::code::Code;
use crate::domain::ids::EmployeeId;

/// One collision of a tenant.
#[derive(Debug)]
pub struct CollisionScreen {
    pub(super) tenant: String,
    /// One of the employees; the cursor is on the collision that it stands in.
    pub(super) employee: EmployeeId,
    pub(super) card: Remote<Collision>,
    pub(super) side: usize,
    /// `n` is about all sides, not about those beside the chosen one.
    pub(super) both: bool,
    pub(super) line: usize,
    /// The file of the fix list, while it is named.
    pub(super) file: Option<TextField>,
    pub(super) shown_at: Option<Duration>,
    /// Whom an undo brought back: the page goes there once the plan knows of it.
    pub(super) brought_back: Option<EmployeeId>,
    /// What was ruled here, for `u`.
    pub(super) ruled: u32,
}

impl CollisionScreen {
    /// The collision that this employee stands in.
    #[must_use]
    pub fn new(tenant: impl Into<String>, employee: Option<String>) -> Self {
        Self {
            tenant: tenant.into(),
            employee: EmployeeId(employee.unwrap_or_default()),
            card: Remote::Idle,
            side: 0,
            both: false,
            line: 0,
            file: None,
            shown_at: None,
            brought_back: None,
            ruled: 0,
        }
    }

    /// Whether the sides are records that look like one person.
    pub(super) fn is_records(&self) -> bool {
        self.card.value().is_some_and(|card| card.question == Question::Records)
    }

    pub(super) fn question(&self) -> Question {
        self.card.value().map(|card| card.question).unwrap_or_default()
    }

    /// What `n` leads to where an e-mail is shared.
    pub(super) fn without(&self) -> Option<&Consequences> {
        let card = self.card.value()?;
        if self.both { card.nobody_has_it.as_ref() } else { self.side()?.others_without.as_ref() }
    }

    pub(super) fn side(&self) -> Option<&Side> {
        self.card.value()?.sides.get(self.side)
    }

    /// Whether keeping the chosen side needs no question: it is the one that fits the user.
    pub(super) fn is_plain(&self) -> bool {
        self.card.value().is_some_and(|card| card.fits == Some(self.side) || card.user.is_none())
    }
}

/// The first words of a reason, for the footer.
fn brief(why: &str) -> String {
    let words = why.split([':', ';']).next().unwrap_or_default();
    if words.chars().count() > 32 { "see what happens".to_owned() } else { words.to_owned() }
}

impl Screen for CollisionScreen {
    fn id(&self) -> ScreenId {
        ScreenId::Collision
    }

    fn header(&self, _cx: &ViewCx<'_>) -> Header {
        let what = match self.question() {
            Question::Email => "same e-mail",
            Question::Records => "same person",
            Question::Rivals => "same user",
            Question::Identifier => "same identifier",
        };
        Header::crumbs(["Review", what])
    }

    fn status(&self, _cx: &ViewCx<'_>) -> StatusLine {
        let Some(card) = self.card.value() else { return StatusLine::default() };
        let place = format::share(card.place as u64 + 1, card.all.len() as u64);
        if self.is_records() {
            let left = "? Nobody is created while this is open; who has a user goes on";
            return StatusLine::new(left, format!("question {place}, you rule"));
        }
        if card.question == Question::Rivals {
            return StatusLine::new("? Neither is written while this is open", "you rule");
        }
        if card.question == Question::Email {
            return StatusLine::new("✗ Neither is written while this is open", format!("collision {place}"));
        }
        StatusLine::new("✗ Neither is written while this is open", format!("collision {place}, HR has to move"))
    }

    fn offers(&self, _cx: &ViewCx<'_>) -> Vec<Offer> {
        if self.file.is_some() {
            return vec![Offer::new(Action::Enter, "add the line"), Offer::new(Action::Back, "cancel")];
        }
        let Some(card) = self.card.value() else { return vec![Offer::new(Action::Refresh, "read again")] };
        let refused = self.side().is_none_or(|side| side.refused.is_some()).then_some("no ruling helps");
        let mut offers = Vec::new();
        if card.sides.len() > 1 {
            offers.push(Offer::pair(Action::Left, Action::Right, "choose"));
        }
        let keep = if card.question == Question::Rivals { "link the chosen" } else { "keep the chosen" };
        offers.push(Offer::new(Action::Enter, keep).unless(refused));
        if let Some(without) = self.without() {
            let words = if self.both { "both without e-mail" } else { "the other without e-mail" };
            offers.push(Offer::new(Action::New, words).unless(without.as_ref().err().map(|why| brief(why))));
            offers.push(Offer::new(Action::Alike, if self.both { "only the other" } else { "both" }));
        }
        if self.is_records() {
            offers.push(Offer::new(Action::New, "both real"));
        }
        offers.extend([
            Offer::new(Action::Later, "later"),
            Offer::new(Action::Undo, "undo"),
            Offer::new(Action::Why, "why"),
            Offer::new(Action::Export, "fix list for HR"),
        ]);
        if card.all.len() > 1 {
            offers.push(Offer::pair(
                Action::PreviousItem,
                Action::NextItem,
                if self.is_records() { "other question" } else { "other collision" },
            ));
        }
        offers.push(Offer::new(Action::More, "more"));
        offers
    }

    fn code(&self, _cx: &ViewCx<'_>) -> Option<CodeHere> {
        let card = self.card.value()?;
        Some(CodeHere::new(Code::Hold(card.code?)).here(card.because.clone()))
    }

    fn text_focus(&self) -> bool {
        self.file.is_some()
    }

    fn loading_since(&self) -> Option<Duration> {
        self.card.loading_since()
    }

    fn update(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        self.handle(msg, cx)
    }

    fn view(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        self.draw(cx, area, canvas);
    }
}

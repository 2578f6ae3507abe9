//! The footer: one line of keys, most useful first. It never wraps, drops from the right and keeps `? help`.

use ratatui::layout::Rect;

use super::action::{Action, Offer};
use super::bindings::Bindings;
use crate::console::term::width;
use crate::console::theme::Role;
use crate::console::widgets::{Canvas, Hit, Span};

/// One hint as it is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// What a click does.
    pub action: Action,
    /// The key or keys.
    pub key: String,
    /// The words, with the reason in brackets where it is off.
    pub words: String,
    /// Whether it can be done.
    pub enabled: bool,
}

impl Hint {
    fn new(offer: &Offer, bindings: &Bindings) -> Self {
        let mut key = bindings.shown(offer.action);
        if let Some(second) = offer.pair {
            key = format!("{key} {}", bindings.shown(second));
        }
        let words = match &offer.enabled {
            Ok(()) => offer.label.clone(),
            Err(reason) => format!("{} ({reason})", offer.label),
        };
        Self { action: offer.action, key, words, enabled: offer.enabled.is_ok() }
    }

    fn width(&self) -> usize {
        width::width(&self.key) + 1 + width::width(&self.words)
    }
}

/// The hints that fit `cells`, with the gap between them. `help` is what `?` does here: it stays, last; below 80 columns there
/// are four hints at most.
#[must_use]
pub fn fit(offers: &[Offer], bindings: &Bindings, cells: usize, help: Option<&str>) -> (Vec<Hint>, usize) {
    let mut hints: Vec<Hint> = offers.iter().map(|offer| Hint::new(offer, bindings)).collect();
    if let Some(help) = help {
        hints.retain(|hint| hint.action != Action::Help);
        if cells < 80 {
            let more = hints.iter().position(|hint| hint.action == Action::More).filter(|at| *at >= 3);
            let more = more.map(|at| hints.remove(at));
            hints.truncate(if more.is_some() { 2 } else { 3 });
            hints.extend(more);
        }
        hints.push(Hint::new(&Offer::new(Action::Help, help), bindings));
    }
    let room = cells.saturating_sub(2);
    let needed =
        |hints: &[Hint], gap: usize| hints.iter().map(Hint::width).sum::<usize>() + gap * hints.len().saturating_sub(1);
    // What holds what went stays itself, also where there are four hints at most.
    let goes = |hint: &Hint| hint.action != Action::More && (help.is_none() || hint.action != Action::Help);
    while needed(&hints, 2) > room && hints.len() > 1 {
        let last = hints.iter().rposition(goes).unwrap_or(0);
        hints.remove(last);
    }
    let gap = if needed(&hints, 3) <= room { 3 } else { 2 };
    (hints, gap)
}

/// Draws the footer on the first row of `area`.
pub fn draw(canvas: &mut Canvas<'_>, area: Rect, offers: &[Offer], bindings: &Bindings, help: Option<&str>) {
    let cells = usize::from(area.width);
    let (hints, gap) = fit(offers, bindings, cells, help);
    let mut x = area.x.saturating_add(1);
    for hint in hints {
        let left = usize::from(area.right().saturating_sub(x));
        let (key_role, word_role) = if hint.enabled { (Role::Accent, Role::Text) } else { (Role::Muted, Role::Muted) };
        let spans = [Span::new(hint.key, key_role), Span::new(format!(" {}", hint.words), word_role)];
        let used = canvas.spans(x, area.y, left, &spans, false);
        canvas.hit(Rect::new(x, area.y, used, 1), Hit::Footer(hint.action));
        x = x.saturating_add(used + u16::try_from(gap).unwrap_or(2));
    }
}

/// Draws the footer of a box that lies over the screen; its keys are its own.
pub fn draw_plain(canvas: &mut Canvas<'_>, area: Rect, hints: &[(&'static str, String)]) {
    let mut x = area.x.saturating_add(1);
    for (key, words) in hints {
        let left = usize::from(area.right().saturating_sub(x));
        let spans = [Span::new(*key, Role::Accent), Span::new(format!(" {words}"), Role::Text)];
        let used = canvas.spans(x, area.y, left, &spans, false);
        x = x.saturating_add(used + 3);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(offers: &[Offer], cells: usize) -> String {
        let (hints, gap) = fit(offers, &Bindings::default(), cells, Some("help"));
        let words: Vec<_> = hints.iter().map(|hint| format!("{} {}", hint.key, hint.words)).collect();
        words.join(&" ".repeat(gap))
    }

    fn tenants() -> Vec<Offer> {
        vec![
            Offer::new(Action::Enter, "open"),
            Offer::new(Action::Send, "sync now"),
            Offer::new(Action::Why, "why"),
            Offer::new(Action::New, "add tenant"),
            Offer::new(Action::Deactivate, "switch off"),
            Offer::new(Action::Filter, "filter"),
            Offer::new(Action::Sort, "sort"),
            Offer::new(Action::Mark, "mark"),
            Offer::new(Action::More, "more"),
            Offer::new(Action::Palette, "palette"),
        ]
    }

    #[test]
    fn wide_footers_show_everything() {
        assert_eq!(
            line(&tenants(), 140),
            "Enter open   ! sync now   w why   n add tenant   d switch off   / filter   s sort   Space mark   m more   : palette   ? help"
        );
    }

    #[test]
    fn narrow_footers_drop_from_the_right_and_keep_help() {
        assert_eq!(line(&tenants(), 80), "Enter open  ! sync now  w why  n add tenant  d switch off  m more  ? help");
        assert_eq!(line(&tenants(), 60), "Enter open   ! sync now   m more   ? help");
        assert_eq!(line(&tenants(), 12), "? help");
        assert_eq!(line(&[], 0), "? help");
    }

    #[test]
    fn a_disabled_action_stays_with_its_reason() {
        let offers = [Offer::new(Action::Send, "publish").disabled("2 steps first")];
        assert_eq!(line(&offers, 80), "! publish (2 steps first)   ? help");
    }

    #[test]
    fn pairs_show_both_keys() {
        assert_eq!(line(&[Offer::pair(Action::PreviousItem, Action::NextItem, "card")], 80), ", . card   ? help");
    }
}

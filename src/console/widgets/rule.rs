//! Pane titles: a rule with words in it. `━` and bold for the pane that gets keys, `─` for all others.

use ratatui::layout::Rect;

use super::canvas::Canvas;
use crate::console::term::{glyphs, width};
use crate::console::theme::Role;

/// Draws a title rule on the first row of `area`: `━ Title ━━━━━━ words ━`. The right words go first when there is
/// no room; the title is cut with `…` last.
pub fn title(canvas: &mut Canvas<'_>, area: Rect, left: &str, right: &str, focused: bool) {
    if area.width == 0 || area.height == 0 {
        return;
    }
    let (glyph, rule_role, word_role) =
        if focused { (glyphs::RULE_FOCUS, Role::Focus, Role::Focus) } else { (glyphs::RULE, Role::Muted, Role::Text) };
    canvas.fill(area.x, area.y, area.width, glyph, rule_role);
    let room = usize::from(area.width).saturating_sub(4);
    if room == 0 {
        return;
    }
    let mut left_end = 0;
    if !left.is_empty() {
        left_end = canvas.text(area.x + 1, area.y, room + 2, &canvas.cut(left, room), word_role);
    }
    let needed = width::width(right) + 2;
    if !right.is_empty() && usize::from(left_end) + needed + 3 <= usize::from(area.width) {
        let x = area.right() - 1 - u16::try_from(needed).unwrap_or(0);
        canvas.text(x, area.y, needed, &format!(" {right} "), if focused { Role::Focus } else { Role::Muted });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::console::theme::Theme;
    use crate::console::widgets::Hits;
    use ratatui::buffer::Buffer;

    fn draw(cells: u16, left: &str, right: &str, focused: bool) -> String {
        let (theme, mut hits) = (Theme::mono(), Hits::default());
        let mut buffer = Buffer::empty(Rect::new(0, 0, cells, 1));
        title(&mut Canvas::new(&mut buffer, &theme, &mut hits), Rect::new(0, 0, cells, 1), left, right, focused);
        buffer.content.iter().map(ratatui::buffer::Cell::symbol).collect()
    }

    #[test]
    fn words_stand_in_the_rule() {
        assert_eq!(draw(24, "Set-up", "4 of 8", true), "━ Set-up ━━━━━━ 4 of 8 ━");
        assert_eq!(draw(14, "Health", "", false), "─ Health ─────");
    }

    #[test]
    fn the_right_words_go_before_the_title_is_cut() {
        assert_eq!(draw(14, "Set-up", "4 of 8", true), "━ Set-up ━━━━━");
        assert_eq!(draw(9, "Set-up", "4", true), "━ Set-… ━");
        assert_eq!(draw(3, "Set-up", "4", true), "━━━");
        assert_eq!(draw(0, "Set-up", "4", true), "");
    }
}

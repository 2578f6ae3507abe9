//! The weight waterfall (SCREENS 2.4): one floating bar per field, from the total before to the total after.
//! Evidence for is `█`, against `░`, so the direction is visible without colour.

use super::canvas::Span;
use crate::console::term::glyphs;
use crate::console::theme::Role;

/// The axis of a waterfall.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axis {
    /// Bits at the left end.
    pub low: f64,
    /// Bits at the right end.
    pub high: f64,
    /// Half cells per bit: 4 from 140 columns (2 for large totals), 1 at 80.
    pub halves_per_bit: u8,
    /// The auto-link limit in bits, where one is drawn.
    pub limit: Option<f64>,
}

/// The axis of SCREENS: from -12 to +14.
const LOW: f64 = -12.0;
const HIGH: f64 = 14.0;
/// The right end at half the scale: as many cells.
const FAR: f64 = 40.0;

impl Axis {
    /// The axis that shows these totals: -12 to +14; for a larger one at half the scale in a wide window, so that 0 and the
    /// limit stay in sight, else shifted in steps of 5.
    #[must_use]
    pub fn new(totals: &[f64], wide: bool, limit: Option<f64>) -> Self {
        let last = totals.iter().copied().rfind(|total| total.is_finite()).unwrap_or(0.0);
        if wide && last > HIGH && last <= FAR {
            return Self { low: LOW, high: FAR, halves_per_bit: 2, limit };
        }
        let mut shift = 0.0;
        // The final total decides: it must be seen. Others that leave the axis end in `›` or `‹`.
        while last > HIGH + shift && shift < 1_000.0 {
            shift += 5.0;
        }
        while last < LOW + shift && shift > -1_000.0 {
            shift -= 5.0;
        }
        let halves_per_bit = if wide { 4 } else { 1 };
        Self { low: LOW + shift, high: HIGH + shift, halves_per_bit, limit }
    }

    /// Cells that the axis takes.
    #[must_use]
    pub fn cells(&self) -> usize {
        ((self.high - self.low) * f64::from(self.halves_per_bit) / 2.0).round() as usize
    }

    /// Half cells from the left end; may lie outside.
    fn half(&self, bits: f64) -> i64 {
        ((bits - self.low) * f64::from(self.halves_per_bit)).round() as i64
    }

    fn cell(&self, bits: f64) -> Option<usize> {
        let at = ((bits - self.low) * f64::from(self.halves_per_bit) / 2.0).floor();
        (at >= 0.0 && at < self.cells() as f64).then_some(at as usize)
    }

    /// The line of figures above the bars: `-10        -5        0           99 %   +10`.
    #[must_use]
    pub fn scale(&self, limit_words: &str) -> String {
        let mut line = vec![' '; self.cells()];
        let wide = self.halves_per_bit > 1;
        let mut put = |start: usize, words: &str| {
            let free = line.get(start.saturating_sub(1)..(start + words.chars().count() + 1).min(line.len()));
            if free.is_some_and(|cells| cells.iter().all(|cell| *cell == ' ')) {
                for (cell, letter) in line.iter_mut().skip(start).zip(words.chars()) {
                    *cell = letter;
                }
            }
        };
        if let Some(cell) = self.limit.and_then(|limit| self.cell(limit)) {
            let words = if wide { limit_words.to_owned() } else { limit_words.replace(' ', "") };
            put(if wide { cell.saturating_sub((words.chars().count() - 1) / 2) } else { cell }, &words);
        }
        let step = if wide { 5 } else { 10 };
        let (low, high) = (self.low.ceil() as i64, self.high.floor() as i64);
        for mark in (low..=high).filter(|mark| mark % step == 0) {
            let words = if mark == 0 { "0".to_owned() } else { format!("{mark:+}") };
            if let Some(cell) = self.cell(mark as f64) {
                put(cell.saturating_sub((words.len() - 1) / 2), &words);
            }
        }
        line.into_iter().collect()
    }

    /// The bar of a field from the total before to the total after, with the marks at 0 and at the limit.
    #[must_use]
    pub fn bar(&self, before: f64, after: f64) -> Vec<Span> {
        let cells = self.cells();
        let mut line: Vec<(&'static str, Role)> = vec![(" ", Role::Text); cells];
        for mark in [Some(0.0), self.limit].into_iter().flatten() {
            if let Some(cell) = self.cell(mark).and_then(|at| line.get_mut(at)) {
                *cell = (glyphs::DOTTED_VERTICAL, Role::Muted);
            }
        }
        let rises = after >= before;
        let (from, to) = (self.half(before.min(after)), self.half(before.max(after)));
        for (at, cell) in line.iter_mut().enumerate() {
            let left = i64::try_from(at).unwrap_or(i64::MAX / 4) * 2;
            let (covers_left, covers_right) = ((from..to).contains(&left), (from..to).contains(&(left + 1)));
            *cell = match (covers_left, covers_right, rises) {
                (false, false, _) => continue,
                (_, _, false) => (glyphs::TRACK, Role::Danger),
                (true, true, true) => (glyphs::FULL, Role::Ok),
                (true, false, true) => (glyphs::HALF_LEFT, Role::Ok),
                (false, true, true) => (glyphs::HALF_RIGHT, Role::Ok),
            };
        }
        let end = i64::try_from(cells).unwrap_or(0) * 2;
        if to > end && from < to {
            line.last_mut().into_iter().for_each(|cell| *cell = (glyphs::CRUMB, Role::Text));
        }
        if from < 0 && from < to {
            line.first_mut().into_iter().for_each(|cell| *cell = (glyphs::OPEN, Role::Text));
        }
        joined(line)
    }
}

fn joined(line: Vec<(&'static str, Role)>) -> Vec<Span> {
    let mut spans: Vec<Span> = Vec::new();
    for (glyph, role) in line {
        match spans.last_mut() {
            Some(last) if last.role == role => last.text.push_str(glyph),
            _ => spans.push(Span::new(glyph, role)),
        }
    }
    spans
}

/// Weights rounded to one decimal so that the printed figures add up exactly to the printed total: the rounding is
/// put into the largest (SCREENS 2.4).
#[must_use]
pub fn printed(weights: &[f64]) -> Vec<f64> {
    let round = |value: f64| (value * 10.0).round();
    let mut tenths: Vec<f64> = weights.iter().copied().map(round).collect();
    let missing = round(weights.iter().sum()) - tenths.iter().sum::<f64>();
    let largest = tenths.iter().enumerate().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs())).map(|(at, _)| at);
    if let Some(weight) = largest.and_then(|at| tenths.get_mut(at)) {
        *weight += missing;
    }
    tenths.into_iter().map(|value| value / 10.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(spans: Vec<Span>) -> String {
        spans.into_iter().map(|span| span.text).collect::<String>().trim_end().to_owned()
    }

    fn wide() -> Axis {
        Axis::new(&[6.5], true, Some(6.629))
    }

    #[test]
    fn bars_stand_as_drawn_at_140_columns() {
        let axis = wide();
        assert_eq!(axis.cells(), 52);
        assert_eq!(axis.scale("99 %").trim_end(), "   -10        -5        0           99 %   +10");
        assert_eq!(text(axis.bar(0.0, -10.3)), "   ░░░░░░░░░░░░░░░░░░░░░┊            ┊");
        assert_eq!(text(axis.bar(-10.3, -6.2)), "   ▐███████▌            ┊            ┊");
        assert_eq!(text(axis.bar(-6.2, 0.1)), "           ▐████████████┊            ┊");
        assert_eq!(text(axis.bar(0.1, 11.3)), "                        ██████████████████████▌");
        assert_eq!(text(axis.bar(11.3, 9.0)), "                        ┊            ┊    ░░░░░");
        assert_eq!(text(axis.bar(9.0, 11.1)), "                        ┊            ┊    ████");
        assert_eq!(text(axis.bar(11.1, 8.7)), "                        ┊            ┊   ░░░░░");
        assert_eq!(text(axis.bar(8.7, 7.2)), "                        ┊            ┊░░░░");
        assert_eq!(text(axis.bar(7.2, 6.5)), "                        ┊            ░░");
    }

    #[test]
    fn bars_stand_as_drawn_at_80_columns() {
        let axis = Axis::new(&[6.5], false, Some(6.629));
        assert_eq!(axis.cells(), 13);
        assert_eq!(axis.scale("99 %").trim_end(), "-10   0  99%");
        assert_eq!(text(axis.bar(0.0, -10.3)), " ░░░░░┊  ┊");
        assert_eq!(text(axis.bar(-10.3, -6.2)), " ██   ┊  ┊");
    }

    #[test]
    fn a_large_total_halves_the_scale_and_one_outside_shifts_the_axis_by_fives() {
        let axis = Axis::new(&[31.2], true, Some(6.6));
        assert_eq!((axis.low, axis.high, axis.halves_per_bit, axis.cells()), (-12.0, 40.0, 2, 52));
        assert!(axis.scale("99 %").contains(" 0 "), "even odds stay in sight: {}", axis.scale("99 %"));
        assert!(text(axis.bar(2.0, 31.2)).starts_with(' '));
        let axis = Axis::new(&[43.0], true, None);
        assert_eq!((axis.low, axis.high), (18.0, 44.0));
        assert!(text(axis.bar(2.0, 43.0)).starts_with('‹'));
        assert_eq!(Axis::new(&[31.2], false, None).low, 8.0, "a narrow window has no cells to give away");
        let axis = Axis::new(&[-19.4], true, None);
        assert_eq!((axis.low, axis.high), (-22.0, 4.0));
        assert!(text(axis.bar(-19.4, 12.0)).ends_with('›'));
    }

    #[test]
    fn printed_bits_add_up() {
        let weights = [4.06, 6.34, 11.24, -2.26, 2.14];
        let shown = printed(&weights);
        let sum: f64 = shown.iter().sum();
        assert!((sum - 21.5).abs() < 1e-9, "{shown:?}");
        assert!(shown.iter().zip(weights).all(|(shown, weight)| (shown - weight).abs() < 0.15));
        assert_eq!(printed(&[]), Vec::<f64>::new());
    }
}

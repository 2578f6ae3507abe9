//! Bars and sparklines (SCREENS 2.4). All return text, so that a bar can stand in a table cell or a sentence; the bar
//! is never the only carrier, figures stand beside it.

use super::canvas::Span;
use crate::console::format;
use crate::console::term::glyphs;
use crate::console::theme::Role;

/// Half cells of a part of a whole, rounded to the nearest; full only when it is, empty only when it is.
fn halves(part: u64, whole: u64, cells: usize) -> usize {
    if whole == 0 || part == 0 {
        return 0;
    }
    let most = cells * 2;
    if part >= whole {
        return most;
    }
    let exact = u128::from(part) * most as u128 * 2 / u128::from(whole);
    let rounded = usize::try_from(exact.div_ceil(2)).unwrap_or(most);
    rounded.min(most.saturating_sub(1))
}

/// A progress bar: `██████▌░░░`.
#[must_use]
pub fn progress(part: u64, whole: u64, cells: usize) -> String {
    let halves = halves(part, whole, cells);
    let (full, half) = (halves / 2, halves % 2);
    let track = cells - full - half;
    format!("{}{}{}", glyphs::FULL.repeat(full), glyphs::HALF_LEFT.repeat(half), glyphs::TRACK.repeat(track))
}

/// A count bar without track, on the pane's scale; under a quarter of a cell nothing is drawn.
#[must_use]
pub fn count_bar(count: u64, scale: u64, cells: usize) -> String {
    let exact = if scale == 0 { 0 } else { u128::from(count) * cells as u128 * 4 / u128::from(scale) };
    let halves = usize::try_from(exact.div_ceil(2)).unwrap_or(cells * 2).min(cells * 2);
    let halves = if exact < 1 { 0 } else { halves };
    format!("{}{}", glyphs::FULL.repeat(halves / 2), glyphs::HALF_LEFT.repeat(halves % 2))
}

/// How close a count is to its limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closeness {
    /// Below 80 %.
    Within,
    /// From 80 %.
    Near,
    /// Past it.
    Past,
}

impl Closeness {
    /// Decides from the figures.
    #[must_use]
    pub fn of(count: u64, limit: u64) -> Self {
        if count > limit {
            Closeness::Past
        } else if count * 5 >= limit * 4 && count > 0 {
            Closeness::Near
        } else {
            Closeness::Within
        }
    }

    /// The role of its glyph.
    #[must_use]
    pub fn role(self) -> Role {
        match self {
            Closeness::Within => Role::Ok,
            Closeness::Near => Role::Warn,
            Closeness::Past => Role::Danger,
        }
    }
}

/// A limit bar: `█████████░ ! 9 of 10`, or with other words than the figures.
#[must_use]
pub fn limit_bar(count: u64, limit: u64, cells: usize, words: Option<&str>) -> Vec<Span> {
    let closeness = Closeness::of(count, limit);
    let words = words.map_or_else(|| format::share(count, limit), str::to_owned);
    vec![
        Span::new(progress(count, limit, cells), Role::Text),
        Span::new(format!(" {} ", closeness.role().glyph()), closeness.role()),
        Span::new(words, Role::Text),
    ]
}

/// One cell of a sparkline.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Spark {
    /// So much.
    Value(f64),
    /// A run that failed: a hole in the row.
    Failed,
    /// A run that was stopped.
    Stopped,
    /// Nothing was measured.
    Gap,
}

/// A sparkline, one cell per value, oldest left, right-aligned in `cells`; older ones fall out at the left. The
/// scale is the 95th percentile of what is shown, so one import of everything does not flatten the rest.
#[must_use]
pub fn sparkline(values: &[Spark], cells: usize) -> Vec<Span> {
    let shown = values.get(values.len().saturating_sub(cells)..).unwrap_or_default();
    let scale = percentile_95(shown);
    let mut spans = vec![Span::new(" ".repeat(cells - shown.len()), Role::Text)];
    for spark in shown {
        let (glyph, role) = match spark {
            Spark::Failed => (glyphs::FAILED, Role::Danger),
            Spark::Stopped => ("!", Role::Warn),
            Spark::Gap => (" ", Role::Text),
            Spark::Value(value) => (level(*value, scale), Role::Text),
        };
        match spans.last_mut() {
            Some(last) if last.role == role => last.text.push_str(glyph),
            _ => spans.push(Span::new(glyph, role)),
        }
    }
    spans.retain(|span| !span.text.is_empty());
    spans
}

fn percentile_95(values: &[Spark]) -> f64 {
    let mut numbers: Vec<f64> = values
        .iter()
        .filter_map(|spark| match spark {
            Spark::Value(value) if value.is_finite() => Some(*value),
            _ => None,
        })
        .collect();
    numbers.sort_by(f64::total_cmp);
    let at = (numbers.len() * 95).div_ceil(100).saturating_sub(1);
    numbers.get(at).copied().unwrap_or(0.0)
}

fn level(value: f64, scale: f64) -> &'static str {
    let share = if scale > 0.0 { (value / scale).clamp(0.0, 1.0) } else { 0.0 };
    let step = (share * 7.0).round() as usize;
    glyphs::LEVELS.get(step).copied().unwrap_or(glyphs::FULL)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_drawn() {
        assert_eq!(progress(1_154, 1_204, 40), format!("{}▌░", "█".repeat(38)));
        assert_eq!(progress(251, 494, 29), format!("{}▌{}", "█".repeat(14), "░".repeat(14)));
        assert_eq!(progress(9, 10, 10), "█████████░");
        assert_eq!(progress(4, 5, 6), "█████░");
        assert_eq!(progress(0, 9, 4), "░░░░");
        assert_eq!(progress(0, 0, 4), "░░░░");
    }

    #[test]
    fn only_all_is_full() {
        assert_eq!(progress(999_999, 1_000_000, 4), "███▌");
        assert_eq!(progress(1_000_000, 1_000_000, 4), "████");
        assert_eq!(progress(12, 10, 4), "████");
    }

    #[test]
    fn count_bars_share_a_scale() {
        let bars: Vec<_> = [212, 161, 41, 9, 3].into_iter().map(|count| count_bar(count, 212, 8)).collect();
        assert_eq!(bars, ["████████", "██████", "█▌", "▌", ""]);
        assert_eq!(count_bar(5, 0, 8), "");
    }

    #[test]
    fn limits_say_how_close() {
        let words =
            |count, limit| limit_bar(count, limit, 6, None).into_iter().map(|span| span.text).collect::<String>();
        assert_eq!(words(9, 10), "█████▌ ! 9 of 10");
        assert_eq!(words(212, 517), "██▌░░░ ✓ 212 of 517");
        assert_eq!(words(64, 10), "██████ ✗ 64 of 10");
        assert_eq!(Closeness::of(0, 0), Closeness::Within);
    }

    #[test]
    fn an_outage_is_a_hole() {
        let values =
            [Spark::Value(1.0), Spark::Value(4.0), Spark::Failed, Spark::Stopped, Spark::Gap, Spark::Value(4.0)];
        let text: String = sparkline(&values, 8).into_iter().map(|span| span.text).collect();
        assert_eq!(text, "  ▃█✗! █");
        let text: String = sparkline(&values, 3).into_iter().map(|span| span.text).collect();
        assert_eq!(text, "! █");
        assert_eq!(sparkline(&[], 0), vec![]);
    }

    #[test]
    fn one_large_run_does_not_flatten_the_rest() {
        let mut values = vec![Spark::Value(5.0); 40];
        values.push(Spark::Value(5_000.0));
        let text: String = sparkline(&values, 41).into_iter().map(|span| span.text).collect();
        assert_eq!(text, "█".repeat(41));
    }
}

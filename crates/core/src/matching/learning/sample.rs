//! A fair sample without chance: who is drawn follows from the ids, so that the same draw can be shown again.

use super::number_of;

/// What was drawn, and how much of the whole it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn<T> {
    pub taken: Vec<T>,
    /// Share of the population that was taken, 0 to 1; a ruling on one of them counts for one over it.
    pub rate: f64,
}

/// Draws a share of a population, and at least `least` of it where it has that many. Everybody is as likely as anybody:
/// the order is that of numbers made from `seed` and each one's own `key`.
pub fn draw<T>(population: Vec<T>, key: impl Fn(&T) -> String, seed: &str, share: f64, least: usize) -> Drawn<T> {
    let all = population.len();
    if all == 0 {
        return Drawn { taken: Vec::new(), rate: 0.0 };
    }
    let wanted = ((all as f64 * share.clamp(0.0, 1.0)).ceil() as usize).max(least).min(all);
    let mut numbered: Vec<(u64, String, T)> = population
        .into_iter()
        .map(|one| {
            let key = key(&one);
            (number_of(&[seed, &key]), key, one)
        })
        .collect();
    numbered.sort_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    numbered.truncate(wanted);
    Drawn { taken: numbered.into_iter().map(|(_, _, one)| one).collect(), rate: wanted as f64 / all as f64 }
}

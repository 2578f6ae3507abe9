//! Cards that are alike: the same hold, the same verdict field by field, and no rival above 1 %.

use super::review_desk::{DeskCandidate, DeskHold};
use super::review_list::QueueRow;
use crate::domain::field::Field;
use crate::domain::plan::Evidence;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

/// A rival below this does not make a card doubtful.
const RIVAL: f64 = 0.01;

/// Cards that can be ruled as one: same code, same verdict field by field, no rival above 1 %.
#[derive(Clone, Debug, PartialEq)]
pub struct AlikeGroup {
    /// What they have in common, in words.
    pub words: String,
    /// Rows of the queue, surest first.
    pub rows: Vec<usize>,
}

/// Which cards a card is like. Few kinds of them among a million cards, hence shared.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Alike {
    /// Reason, field and level of everything that was compared, and whether the source has an e-mail: what the card that is
    /// open says of mails then holds for all of its group.
    shape: Arc<str>,
    words: Arc<str>,
}

/// Texts that are kept once.
#[derive(Default)]
pub(super) struct Shared(HashSet<Arc<str>>);

impl Shared {
    fn of(&mut self, text: String) -> Arc<str> {
        if let Some(known) = self.0.get(text.as_str()) {
            return Arc::clone(known);
        }
        let text: Arc<str> = text.into();
        self.0.insert(Arc::clone(&text));
        text
    }
}

impl Alike {
    /// `None` for a card that is ruled on by itself.
    pub(super) fn of(hold: &DeskHold, shared: &mut Shared) -> Option<Self> {
        // Whoever stands beside another record is ruled on by its own card.
        let alone = hold.records == 0 && hold.rival <= RIVAL;
        let best = hold.best.as_ref().filter(|best| best.probability > 0.0 && alone)?;
        Some(Self { shape: shared.of(shape(hold, best)), words: shared.of(words(best)) })
    }
}

/// Groups of at least two, in the order of their first card. A user is in one group once: two people cannot both be linked
/// to it.
pub(super) fn groups<'a>(cards: impl Iterator<Item = (&'a QueueRow, Option<&'a Alike>)>) -> Vec<AlikeGroup> {
    let mut shapes: BTreeMap<&str, Vec<(usize, &QueueRow, &Alike)>> = BTreeMap::new();
    for (row, (card, alike)) in cards.enumerate() {
        if let Some(alike) = alike {
            shapes.entry(&alike.shape).or_default().push((row, card, alike));
        }
    }
    let mut groups: Vec<AlikeGroup> = shapes
        .into_values()
        .filter_map(|mut cards| {
            let mut users = BTreeSet::new();
            cards.retain(|(_, card, _)| card.user.as_ref().is_some_and(|user| users.insert(user)));
            if cards.len() < 2 {
                return None;
            }
            let words = cards.first().map(|(.., alike)| alike.words.to_string())?;
            cards.sort_by(|(_, a, _), (_, b, _)| {
                b.probability.partial_cmp(&a.probability).unwrap_or(std::cmp::Ordering::Equal)
            });
            Some(AlikeGroup { words, rows: cards.into_iter().map(|(row, ..)| row).collect() })
        })
        .collect();
    groups.sort_by_key(|group| group.rows.iter().copied().min());
    groups
}

fn is_field(line: &Evidence) -> bool {
    !matches!(line.field.as_str(), "prior" | "rival")
}

fn shape(hold: &DeskHold, best: &DeskCandidate) -> String {
    let mut shape = hold.code.key().to_owned();
    let mut has_email = false;
    for line in best.evidence.iter().filter(|line| is_field(line)) {
        shape.push_str(&format!("\u{1}{}\u{1}{}", line.field, line.level));
        has_email |= line.field == Field::Email.key() && line.source_value.is_some();
    }
    shape.push(if has_email { '+' } else { '-' });
    shape
}

/// `same birth date, same last name, first name almost equal, other e-mail`: what agrees first.
fn words(best: &DeskCandidate) -> String {
    let mut lines: Vec<&Evidence> =
        best.evidence.iter().filter(|line| is_field(line) && line.level != "missing" && line.bits != 0.0).collect();
    lines.sort_by(|a, b| b.bits.total_cmp(&a.bits));
    let said: Vec<String> = lines
        .into_iter()
        .map(|line| {
            let word = Field::from_key(&line.field).map_or(line.field.as_str(), |field| field.words());
            match (line.level.as_str(), line.bits > 0.0) {
                ("exact", true) => format!("same {word}"),
                (_, true) => format!("{word} almost equal"),
                (_, false) => format!("other {word}"),
            }
        })
        .collect();
    said.join(", ")
}

#[cfg(test)]
mod tests {
    use super::super::review_list::row_of;
    use super::*;
    use crate::domain::plan::HoldCode;

    fn hold(number: i64, user: &str, probability: f64, rival: f64, levels: &[(&str, &str, f64)]) -> DeskHold {
        let evidence = levels
            .iter()
            .map(|(field, level, bits)| Evidence {
                field: (*field).into(),
                level: (*level).into(),
                source_value: None,
                destination_value: None,
                bits: *bits,
                reason: String::new(),
            })
            .collect();
        DeskHold {
            hold: number,
            employee: format!("{number}").as_str().into(),
            name: format!("Person {number}"),
            code: HoldCode::ProbableDuplicate,
            best: Some(DeskCandidate { user: user.into(), name: String::new(), probability, evidence }),
            rival,
            records: u32::from(number == 6),
            is_put_off: false,
        }
    }

    fn grouped(holds: &[DeskHold]) -> Vec<AlikeGroup> {
        let mut shared = Shared::default();
        let cards: Vec<_> = holds.iter().map(|hold| (row_of(hold.clone()), Alike::of(hold, &mut shared))).collect();
        groups(cards.iter().map(|(row, alike)| (row, alike.as_ref())))
    }

    #[test]
    fn alike_are_those_with_one_verdict_and_no_rival() {
        let same = [("prior", "before", -10.0), ("last_name", "exact", 7.0), ("email", "else", -1.0)];
        let other = [("prior", "before", -11.0), ("last_name", "typo", 4.0), ("email", "else", -1.0)];
        let holds = [
            hold(1, "a", 0.96, 0.0, &same),
            hold(2, "b", 0.99, 0.01, &same),
            hold(3, "c", 0.99, 0.02, &same),
            hold(4, "d", 0.99, 0.0, &other),
            hold(5, "a", 0.90, 0.0, &same),
            hold(6, "f", 0.99, 0.0, &same),
        ];
        let groups = grouped(&holds);
        assert_eq!(groups.len(), 1);
        assert_eq!(
            groups[0].rows,
            [1, 0],
            "surest first; one user once; a rival, another verdict and a record beside stay out"
        );
        assert_eq!(groups[0].words, "same last name, other e-mail");
    }

    #[test]
    fn a_group_is_mailed_as_one() {
        let same = [("last_name", "exact", 7.0), ("email", "missing", 0.0)];
        let mut holds = [hold(1, "a", 0.9, 0.0, &same), hold(2, "b", 0.9, 0.0, &same), hold(3, "c", 0.9, 0.0, &same)];
        let email = |hold: &mut DeskHold| hold.best.as_mut().unwrap().evidence[1].source_value = Some("x".into());
        email(&mut holds[0]);
        assert_eq!(grouped(&holds)[0].rows, [1, 2], "whoever has an address is no longer like those who have none");
    }
}

//! Cards that are alike: the same hold, the same verdict field by field, and no rival above 1 %.

use crate::console::screens::review::data::Group;
use crate::domain::field::Field;
use crate::domain::plan::Evidence;
use crate::store::views::{DeskCandidate, DeskHold};
use std::collections::{BTreeMap, BTreeSet};

/// A rival below this does not make a card doubtful.
const RIVAL: f64 = 0.01;

/// Groups of at least two, in the order of their first card. A user is in one group once: two people cannot both be linked
/// to it.
pub(super) fn groups(holds: &[DeskHold]) -> Vec<Group> {
    let mut shapes: BTreeMap<(usize, Shape<'_>), Vec<usize>> = BTreeMap::new();
    for (row, hold) in holds.iter().enumerate() {
        // Whoever stands beside another record is ruled on by its own card.
        let alone = hold.records == 0 && hold.rival <= RIVAL;
        let Some(best) = hold.best.as_ref().filter(|best| best.probability > 0.0 && alone) else { continue };
        let code = crate::domain::plan::HoldCode::ALL.iter().position(|code| *code == hold.code).unwrap_or(0);
        shapes.entry((code, shape(best))).or_default().push(row);
    }
    let mut groups: Vec<Group> = shapes
        .into_values()
        .filter_map(|mut rows| {
            let mut users = BTreeSet::new();
            rows.retain(|row| {
                let user = holds.get(*row).and_then(|hold| hold.best.as_ref()).map(|best| &best.user);
                user.is_some_and(|user| users.insert(user.clone()))
            });
            if rows.len() < 2 {
                return None;
            }
            let words = words(holds.get(*rows.first()?)?.best.as_ref()?);
            let probability = |row: &usize| holds.get(*row).and_then(|hold| hold.best.as_ref()).map(|b| b.probability);
            rows.sort_by(|a, b| probability(b).partial_cmp(&probability(a)).unwrap_or(std::cmp::Ordering::Equal));
            Some(Group { words, rows })
        })
        .collect();
    groups.sort_by_key(|group| group.rows.iter().copied().min());
    groups
}

fn is_field(line: &Evidence) -> bool {
    !matches!(line.field.as_str(), "prior" | "rival")
}

/// Field and level of everything that was compared, and whether the source has an e-mail: what the card that is open says
/// of mails then holds for all of its group.
type Shape<'a> = (Vec<(&'a str, &'a str)>, bool);

fn shape(best: &DeskCandidate) -> Shape<'_> {
    let fields = best.evidence.iter().filter(|line| is_field(line));
    let compared = fields.clone().map(|line| (line.field.as_str(), line.level.as_str())).collect();
    let has_email = |line: &Evidence| line.field == Field::Email.key() && line.source_value.is_some();
    (compared, fields.into_iter().any(has_email))
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
            ruling: None,
        }
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
        let groups = groups(&holds);
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
        assert_eq!(groups(&holds)[0].rows, [1, 2], "whoever has an address is no longer like those who have none");
    }
}

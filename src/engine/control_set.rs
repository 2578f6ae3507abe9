//! The control set: made-up people who never change, with the truth beside them. A version that is sure of more
//! wrong pairs than the one in use is refused, however well it fits the rulings of its own tenant (MATCHING 5.8).

use super::error::EngineError;
use crate::files::people::records::{self, PersonRecord};
use crate::matching::MatchPerson;
use crate::matching::decide::Policy;
use crate::matching::engine::Engine as Matching;
use crate::matching::learning::Learned;
use std::collections::BTreeSet;

const SOURCE: &[u8] = include_bytes!("../../assets/control/source.csv");
const DESTINATION: &[u8] = include_bytes!("../../assets/control/destination.csv");
const TRUTH: &str = include_str!("../../assets/control/truth.csv");

fn people_of(bytes: &[u8]) -> Result<Vec<MatchPerson>, EngineError> {
    let read = records::parse(bytes).map_err(|error| EngineError::Broken(format!("the control set: {error}")))?;
    let person = |one: PersonRecord| MatchPerson { id: one.id, person: one.person, identifier: None, active: true };
    Ok(read.0.into_iter().map(person).collect())
}

/// How many pairs of the control set reach the threshold although they are two people, and how many are one. The
/// objections that would still keep some of them from being linked are left aside: what is judged is the weight.
///
/// # Errors
/// When the control set cannot be read; a defect.
pub(super) fn reached(learned: Learned, auto: f64) -> Result<(usize, usize), EngineError> {
    let (source, destination) = (people_of(SOURCE)?, people_of(DESTINATION)?);
    let truth: BTreeSet<(&str, &str)> = TRUTH.lines().skip(1).filter_map(|line| line.split_once(',')).collect();
    let engine = Matching { policy: Policy { auto, ..Policy::default() }, today: None, learned };
    Ok(engine.compare(&source, &destination, |comparison| {
        let rows = 0..source.len();
        let sure = rows.flat_map(|row| comparison.candidates(row).map(move |candidate| (row, candidate)));
        let sure: Vec<bool> = sure
            .filter(|(_, candidate)| candidate.probability >= auto)
            .map(|(row, candidate)| truth.contains(&(source[row].id.as_str(), destination[candidate.row].id.as_str())))
            .collect();
        let one_person = sure.iter().filter(|same| **same).count();
        (sure.len() - one_person, one_person)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_control_set_is_read_and_a_version_that_is_too_sure_is_seen() {
        let (wrong, right) = reached(Learned::default(), 0.99).unwrap();
        assert!(right > 150 && wrong * 100 <= right, "{wrong} beside {right}");
        let mut eager = Learned::default();
        eager.calibration.offset = 14.0;
        let (more, _) = reached(eager, 0.99).unwrap();
        assert!(more > wrong, "{more} after {wrong}");
    }
}

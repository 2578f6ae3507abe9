//! RequestSlots and generations: an answer that is older than the last question is dropped, in one place.

use std::collections::BTreeMap;

/// Who asks: the framework or one open screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Owner {
    /// The framework itself (header, palette).
    Console,
    /// A screen, by the number it got when it was opened.
    Screen(u32),
}

/// A thing that can be read again, for instance the rows of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RequestSlot {
    /// Who gets the answer.
    pub owner: Owner,
    /// What it is, in the owner's words.
    pub name: &'static str,
}

/// The number of a question within its slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Generation(pub u64);

/// The last question of every slot.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestSlots(BTreeMap<RequestSlot, Generation>);

impl RequestSlots {
    /// Numbers a new question; every answer to an earlier one is stale from now on.
    pub fn ask(&mut self, slot: RequestSlot) -> Generation {
        let generation = self.0.entry(slot).or_default();
        generation.0 += 1;
        *generation
    }

    /// Whether this answers the last question.
    #[must_use]
    pub fn is_current(&self, slot: RequestSlot, generation: Generation) -> bool {
        self.0.get(&slot) == Some(&generation)
    }

    /// Forgets a closed screen; what is still on its way to it is dropped.
    pub fn close(&mut self, owner: Owner) {
        self.0.retain(|slot, _| slot.owner != owner);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_question_counts() {
        let (mut slots, slot) = (RequestSlots::default(), RequestSlot { owner: Owner::Screen(1), name: "rows" });
        let first = slots.ask(slot);
        let second = slots.ask(slot);
        assert!(!slots.is_current(slot, first));
        assert!(slots.is_current(slot, second));
        slots.close(slot.owner);
        assert!(!slots.is_current(slot, second));
    }
}

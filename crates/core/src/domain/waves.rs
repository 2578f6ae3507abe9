//! Waves: a plan that goes in parts, each read back before the next one begins.

use super::field::Field;
use super::ids::EmployeeId;
use serde::{Deserialize, Serialize};

/// Minutes between two waves where nobody is there to let the next one go.
pub const UNATTENDED_MINUTES: u32 = 5;
/// From this number of changes on, and for every first import, waves are proposed.
pub const PROPOSED_FROM: u32 = 51;
/// Longest pause between two waves that can be asked for, in minutes.
pub const LONGEST_PAUSE: u32 = 24 * 60;

/// What opens the gate between two waves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaveGate {
    /// An operator; where nobody is there, [`UNATTENDED_MINUTES`].
    #[default]
    Key,
    /// This number of minutes, unless somebody stops the run meanwhile.
    Minutes(u32),
}

/// One wave as it is asked for. What no wave has goes in a last one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaveStep {
    /// One person: this one, else one whose change hurts least.
    One { first: Option<EmployeeId> },
    /// Five people, of as many kinds of change as there are.
    Five,
    /// Everybody with one value of this field of the source: this value, else the smallest that has every kind of change.
    Group { field: Option<Field>, value: Option<String> },
}

/// How a plan is to be split.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WavesAsked {
    pub steps: Vec<WaveStep>,
    pub gate: WaveGate,
}

impl Default for WavesAsked {
    /// One person, five, a branch, all the rest.
    fn default() -> Self {
        let steps = vec![WaveStep::One { first: None }, WaveStep::Five, WaveStep::Group { field: None, value: None }];
        Self { steps, gate: WaveGate::default() }
    }
}

/// Who goes in one wave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WavePart {
    /// `one person`, `branch Lakeside`.
    pub label: String,
    /// Sorted.
    pub people: Vec<EmployeeId>,
}

/// How an approved plan goes: kept with its approval, so that whoever goes on with it splits it alike. Whoever is in no part, and
/// every leaver, goes in the last wave.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waves {
    pub parts: Vec<WavePart>,
    pub gate: WaveGate,
}

impl Waves {
    /// How many there are, the last one among them.
    #[must_use]
    pub fn count(&self) -> usize {
        self.parts.len() + 1
    }

    /// What is in a wave, in words; waves are counted from 0 here, from 1 for people.
    #[must_use]
    pub fn label(&self, wave: usize) -> &str {
        self.parts.get(wave).map_or("all the rest", |part| part.label.as_str())
    }

    /// Whether the refused lines of a wave stop the run: one of the first two waves, 2 % of a later one.
    #[must_use]
    pub fn is_too_many(wave: usize, refused: u32, lines: u32) -> bool {
        refused > 0 && (wave < 2 || u64::from(refused) * 100 >= u64::from(lines) * 2)
    }
}

/// A run between two waves, or in one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaveStanding {
    /// From 0: the wave at work, or the one that waits at the gate.
    pub wave: usize,
    pub of: usize,
    pub label: String,
    pub people: u32,
    pub changes: u32,
    pub mails: u32,
    /// `None` while the wave is at work.
    pub gate: Option<GateStanding>,
}

/// A gate that is shut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GateStanding {
    /// When it opens by itself, in seconds from its beginning; `None` where an operator has to.
    pub opens_after_s: Option<u64>,
    /// Since when it waits.
    pub since: jiff::Timestamp,
    /// Lines of the waves before it that read back equal.
    pub clean: u32,
}

impl WaveStanding {
    /// `wave 1 of 4 is clean; wave 2, five people: 5 people, 7 changes, 2 welcome mails`.
    #[must_use]
    pub fn words(&self) -> String {
        let counted = |count: u32, one: &str, many: &str| match count {
            1 => format!("1 {one}"),
            count => format!("{count} {many}"),
        };
        let mails = match self.mails {
            0 => "no mail".to_owned(),
            mails => counted(mails, "welcome mail", "welcome mails"),
        };
        let what = format!(
            "{}, {}, {mails}",
            counted(self.people, "person", "people"),
            counted(self.changes, "change", "changes"),
        );
        let (number, of) = (self.wave + 1, self.of);
        match &self.gate {
            Some(_) => format!("wave {} of {of} is clean; next {}: {what}", self.wave, self.label),
            None => format!("wave {number} of {of}, {}: {what}", self.label),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_refusal_is_too_many_in_the_first_two_waves_and_two_in_a_hundred_later() {
        for (wave, refused, lines, stops) in [
            (0, 0, 1, false),
            (0, 1, 1, true),
            (1, 1, 500, true),
            (2, 1, 51, false),
            (2, 1, 50, true),
            (3, 2, 100, true),
            (3, 0, 0, false),
        ] {
            assert_eq!(Waves::is_too_many(wave, refused, lines), stops, "{refused} of {lines} in wave {wave}");
        }
    }

    #[test]
    fn the_last_wave_has_no_part_of_its_own() {
        let waves = Waves {
            parts: vec![WavePart { label: "one person".into(), people: vec!["4".into()] }],
            gate: WaveGate::Minutes(5),
        };
        assert_eq!((waves.count(), waves.label(0), waves.label(1)), (2, "one person", "all the rest"));
        let read: Waves = serde_json::from_str(&serde_json::to_string(&waves).unwrap()).unwrap();
        assert_eq!(read, waves);
    }
}

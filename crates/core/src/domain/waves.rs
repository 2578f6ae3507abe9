//! Waves: a plan that goes in parts, each read back before the next one begins.

use super::field::Field;
use super::ids::EmployeeId;
use serde::{Deserialize, Serialize};

/// Minutes between two waves where nothing is said of it and nobody is there who could be asked.
pub const UNATTENDED_MINUTES: u32 = 5;
/// From this number of changes on, and for every first import, waves are proposed.
pub const PROPOSED_FROM: u32 = 51;
/// Longest pause between two waves that can be asked for, in minutes.
pub const LONGEST_PAUSE: u32 = 24 * 60;

/// What opens the gate between two waves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WaveGate {
    /// An operator. A run that nobody sees, as one that finishes what a crash has left, stops at it.
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
    /// Groups that were asked for by name and are no wave, for nobody of the plan is left for them: `branch Lakeside`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub empty: Vec<String>,
}

impl Waves {
    /// `nobody of the plan is left for branch Lakeside: it is no wave`; `None` where every group has somebody.
    #[must_use]
    pub fn empty_words(&self) -> Option<String> {
        let end = if self.empty.len() == 1 { "it is no wave" } else { "they are no waves" };
        let names = self.empty.join(" and ");
        (!self.empty.is_empty()).then(|| format!("nobody of the plan is left for {names}: {end}"))
    }

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
#[derive(Debug, Clone, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// How the lines of a wave came out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaveCounts {
    /// Read back equal, or written where nothing can be read back.
    pub confirmed: u32,
    pub refused: u32,
    pub unknown: u32,
    /// Written, but the destination does not show it as it was written.
    pub unequal: u32,
}

/// A wave of a run as the workspace keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaveRow {
    /// From 0.
    pub wave: usize,
    pub of: usize,
    pub label: String,
    pub people: u32,
    pub changes: u32,
    pub mails: u32,
    /// Since when it stood at its gate; `None` of the first one, and of one that has not come to it.
    pub gate_at: Option<jiff::Timestamp>,
    /// When its gate opens by itself, in seconds.
    pub opens_after_s: Option<u64>,
    pub let_go_at: Option<jiff::Timestamp>,
    /// Who let it go; empty where its time was over.
    pub let_go_by: Option<String>,
    pub begun_at: Option<jiff::Timestamp>,
    pub judged_at: Option<jiff::Timestamp>,
    /// `None` while it was not judged; the last one never is, for nothing comes after it.
    pub clean: Option<bool>,
    pub counts: Option<WaveCounts>,
}

impl WaveRow {
    /// Whether it stands at its gate, or stood there when its run was cut short.
    #[must_use]
    pub fn is_at_gate(&self) -> bool {
        self.gate_at.is_some() && self.let_go_at.is_none()
    }

    /// How it stands, in a word or two.
    #[must_use]
    pub fn standing(&self) -> &'static str {
        match (self.clean, self.begun_at) {
            (Some(true), _) => "clean",
            (Some(false), _) => "not clean",
            (None, Some(_)) if self.wave + 1 == self.of => "sent",
            (None, Some(_)) => "not judged",
            (None, None) if self.is_at_gate() => "at its gate",
            (None, None) => "not sent",
        }
    }

    /// What became of its lines: `5 read back equal, 1 refused`; empty while it was not judged.
    #[must_use]
    pub fn counts_words(&self) -> String {
        let Some(counts) = self.counts else { return String::new() };
        let parts = [
            (counts.confirmed, "read back equal"),
            (counts.refused, "refused"),
            (counts.unknown, "unknown"),
            (counts.unequal, "not as written"),
        ];
        let parts = parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}"));
        parts.collect::<Vec<_>>().join(", ")
    }

    /// How long it stood at its gate, and who opened it: `2 min, rosa`; empty of one that had none.
    #[must_use]
    pub fn gate_words(&self) -> String {
        let Some(since) = self.gate_at else { return String::new() };
        let Some(gone) = self.let_go_at else { return "waits".to_owned() };
        let seconds = gone.duration_since(since).as_secs().max(0);
        let time = match seconds {
            0..60 => format!("{seconds} s"),
            60..7200 => format!("{} min", seconds / 60),
            _ => format!("{} h", seconds / 3600),
        };
        match self.let_go_by.as_deref() {
            None | Some("") => format!("{time}, its time was over"),
            Some(by) => format!("{time}, {by}"),
        }
    }

    /// Who let it go, and when: `wave 2 of 4, five people, was let go by rosa at 14:03 UTC`.
    #[must_use]
    pub fn gone_words(&self) -> String {
        let name = format!("wave {} of {}, {}", self.wave + 1, self.of, self.label);
        let at = |at: &jiff::Timestamp| at.strftime("%H:%M:%S UTC").to_string();
        match (&self.let_go_at, self.let_go_by.as_deref()) {
            (Some(gone), Some(by)) if !by.is_empty() => format!("{name}, was let go by {by} at {}", at(gone)),
            (Some(gone), _) => format!("{name}, went at {} as its time was over", at(gone)),
            (None, _) => match &self.begun_at {
                Some(begun) => format!("{name}, is being sent since {}", at(begun)),
                None => format!("{name}, has not been sent"),
            },
        }
    }

    /// The same as [`WaveStanding`]; `clean` lines of the waves before it.
    #[must_use]
    pub fn as_standing(&self, clean: u32) -> WaveStanding {
        let gate = self.gate_at.filter(|_| self.let_go_at.is_none());
        WaveStanding {
            wave: self.wave,
            of: self.of,
            label: self.label.clone(),
            people: self.people,
            changes: self.changes,
            mails: self.mails,
            gate: gate.map(|since| GateStanding { opens_after_s: self.opens_after_s, since, clean }),
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
            empty: Vec::new(),
        };
        assert_eq!((waves.count(), waves.label(0), waves.label(1)), (2, "one person", "all the rest"));
        let read: Waves = serde_json::from_str(&serde_json::to_string(&waves).unwrap()).unwrap();
        assert_eq!(read, waves);
    }
}

//! The query line: facets (`level:warn run:1207 phase:create person:10871`) and text. Text searches the lines and the names.

use crate::domain::ids::{EmployeeId, RunId};
use crate::domain::run::{Level, Phase};
use crate::store::views::FeedFilter;

/// What a query line means, and what in it cannot be understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    pub filter: FeedFilter,
    /// In words; the rest counts all the same.
    pub wrong: Option<String>,
}

/// The short word of a phase in the list.
pub fn phase_word(phase: Phase) -> &'static str {
    match phase {
        Phase::Settle => "settle",
        Phase::ReadSource => "source",
        Phase::ReadDestination => "dest",
        Phase::MatchAndPlan => "plan",
        Phase::Options => "options",
        Phase::Create => "create",
        Phase::Update => "update",
        Phase::Deactivate => "leavers",
        Phase::ReadBack => "readback",
    }
}

fn phase(text: &str) -> Option<Phase> {
    let wanted = text.to_lowercase();
    Phase::ALL.into_iter().find(|phase| phase_word(*phase) == wanted || phase.key() == wanted)
}

/// Reads a query line.
pub fn parse(text: &str) -> Parsed {
    let mut parsed = Parsed::default();
    let mut words = Vec::new();
    for token in text.split_whitespace() {
        let facet = token.split_once(':').filter(|(_, value)| !value.is_empty());
        match facet {
            Some(("level", value)) => match Level::from_key(&value.to_lowercase()) {
                Some(level) => parsed.filter.level = Some(level),
                None => parsed.wrong = Some("level is info, warn or error".to_owned()),
            },
            Some(("run", value)) => match value.parse() {
                Ok(run) => parsed.filter.run = Some(RunId(run)),
                Err(_) => parsed.wrong = Some("run is a number".to_owned()),
            },
            Some(("phase", value)) => match phase(value) {
                Some(phase) => parsed.filter.phase = Some(phase),
                None => {
                    let known: Vec<_> = Phase::ALL.into_iter().map(phase_word).collect();
                    parsed.wrong = Some(format!("phase is one of {}", known.join(", ")));
                }
            },
            Some(("person", value)) => parsed.filter.person = Some(EmployeeId(value.to_owned())),
            // A facet that is being typed (`level:`) is no text yet.
            None if ["level:", "run:", "phase:", "person:"].contains(&token) => {}
            _ => words.push(token),
        }
    }
    parsed.filter.text = words.join(" ");
    parsed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn facets_and_text_go_together() {
        let parsed = parse("job title level:warn run:1207 phase:plan person:10871");
        assert_eq!(
            parsed.filter,
            FeedFilter {
                level: Some(Level::Warn),
                run: Some(RunId(1207)),
                phase: Some(Phase::MatchAndPlan),
                person: Some("10871".into()),
                text: "job title".into(),
            }
        );
        assert_eq!(parsed.wrong, None);
    }

    #[test]
    fn what_is_not_understood_is_said_and_the_rest_counts() {
        let parsed = parse("level:loud chef");
        assert_eq!(parsed.filter.text, "chef");
        assert_eq!(parsed.wrong.as_deref(), Some("level is info, warn or error"));
        assert_eq!(parse("level:").filter, FeedFilter::default());
        assert_eq!(parse("14:04 x:y").filter.text, "14:04 x:y");
    }
}

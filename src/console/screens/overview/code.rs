//! What `?` explains on a line of the checklist.

use super::data::{Facts, Tested};
use crate::console::format;
use crate::console::screens::{CodeHere, problem_words};
use crate::domain::code::{Code, ProblemCode};
use crate::domain::connection::ConnectionStatus;
use crate::domain::plan::HoldCode;
use crate::engine::checklist::{Step, StepKey, StepState};
use crate::ports::api::ProbeResult;
use std::collections::BTreeMap;

/// The code of a step that is not done.
pub(super) fn of_step(step: &Step, facts: &Facts) -> Option<CodeHere> {
    let problem = |code| CodeHere::new(Code::Problem(code));
    match step.key {
        StepKey::Credentials => {
            let test = facts.test.as_ref().filter(|test| !test.passed)?;
            Some(problem(test.code?).here(test.remarks.join("; ")))
        }
        StepKey::FieldMap | StepKey::MappingTables | StepKey::PeopleMatched | StepKey::SourceData => {
            of_held(step, facts)
        }
        StepKey::Limits => {
            let plan = facts.overview.plan.as_ref().filter(|plan| plan.approval.is_none())?;
            let past = plan.limits.iter().find(|limit| limit.is_exceeded())?;
            let words =
                format!("{} {}, {} allowed", format::count(past.count), past.kind.key(), format::count(past.allowed));
            Some(problem(ProblemCode::LimitExceeded).here(words))
        }
        // What stopped the newest run, which is what a test run is too.
        StepKey::TestRun => {
            let stopped = facts.overview.runs.first()?.problem.as_ref()?;
            Some(problem(stopped.code()).here(problem_words(stopped)))
        }
        StepKey::Published => match facts.overview.connection.status {
            ConnectionStatus::Live => None,
            ConnectionStatus::Paused => Some(problem(ProblemCode::Quarantine).here(step.detail.clone())),
            ConnectionStatus::Preview | ConnectionStatus::Off => {
                Some(problem(ProblemCode::NotLive).here(format!("{}: {}", step.figure, step.detail)))
            }
        },
    }
}

/// Several reasons may be open in one step: the one that holds most.
fn of_held(step: &Step, facts: &Facts) -> Option<CodeHere> {
    if step.state == StepState::Done {
        return None;
    }
    let mut people: BTreeMap<HoldCode, u32> = BTreeMap::new();
    for hold in facts.overview.holds.iter().filter(|hold| step.key.concerns(hold.code)) {
        *people.entry(hold.code).or_default() += hold.people;
    }
    let (code, most) = people.iter().max_by_key(|(code, people)| (**people, std::cmp::Reverse(**code)))?;
    let mut words = format::counted(u64::from(*most), "person is held for this", "people are held for this");
    let others: Vec<String> = people
        .iter()
        .filter(|(other, _)| *other != code)
        .map(|(other, people)| format!("{} {}", format::count(*people), other.words()))
        .collect();
    if !others.is_empty() {
        words.push_str(&format!("; beside them {}", others.join(", ")));
    }
    Some(CodeHere::new(Code::Hold(*code)).here(words))
}

/// The code of the first thing that failed in a test.
pub(super) fn of_test(test: &Tested) -> Option<CodeHere> {
    test.source.iter().chain(&test.destination).find_map(|step| match &step.result {
        ProbeResult::Failed(error) => {
            Some(CodeHere::new(Code::Problem(error.code())).here(format!("{}: {error}", step.name)))
        }
        ProbeResult::Passed | ProbeResult::Warning | ProbeResult::NotTried => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::api::{ApiError, ProbeStep};

    #[test]
    fn a_test_that_failed_has_the_code_of_its_first_failure() {
        let refused = ApiError::Refused { vendor: "Planday", detail: "401".to_owned() };
        let source =
            vec![ProbeStep::passed("portal", ""), ProbeStep::failed("sign in", refused), ProbeStep::not_tried("x")];
        let test = Tested { source, destination: Vec::new(), passed: false };
        let here = of_test(&test).unwrap();
        assert_eq!(here.code, Code::Problem(ProblemCode::CredentialsRefused));
        assert!(here.here.starts_with("sign in: Planday refused"), "{}", here.here);
        assert_eq!(of_test(&Tested { source: Vec::new(), ..test }), None);
    }
}

//! What an exchange comes to, in sentences: from the state of the line in the journal, and from what was answered.

use super::{So, Turn};
use crate::domain::code::LineCode;
use crate::domain::drift::Fate;
use crate::domain::exchange::{Heard, Purpose};
use crate::domain::ids::RunId;
use crate::domain::plan::OperationKind;
use crate::domain::run::{OperationState, PARKED};
use crate::store::JournalRow;

/// What the sentences name.
pub(super) struct Around {
    pub run: RunId,
    /// Lines of the run that failed.
    pub failed: u32,
    pub destination: &'static str,
}

/// `refused`, `no answer`, as the journal says it of this line.
pub(super) fn state_word(row: &JournalRow) -> &'static str {
    let code = row.error.as_ref().map(|(code, _)| code.as_str());
    if is_there_already(row) {
        return "there already";
    }
    match row.state {
        OperationState::Pending if row.attempts > 0 => "open again",
        OperationState::Pending => "not sent",
        OperationState::Sent => "sent",
        OperationState::Written => "written",
        OperationState::Confirmed => "confirmed",
        OperationState::Failed if matches!(code, Some("UNREADABLE" | "UNWRITABLE" | "MADE_INSTEAD")) => "failed",
        OperationState::Failed => LineCode::of_failed(code.unwrap_or_default()).words(),
        OperationState::Unknown => "unknown",
        OperationState::SetAside if code == Some(PARKED) => "parked",
        OperationState::SetAside => "skipped",
    }
}

fn is_there_already(row: &JournalRow) -> bool {
    Fate::of(row.state, row.withheld, row.moved.as_ref().map(|moved| moved.cause)) == Fate::Already
}

/// Why a line was not written, or is not known to be.
pub(super) fn line_code(row: &JournalRow) -> Option<LineCode> {
    match row.state {
        _ if is_there_already(row) => None,
        OperationState::Failed => Some(LineCode::of_failed(row.error.as_ref().map_or("", |(code, _)| code))),
        OperationState::Unknown => Some(LineCode::NoAnswer),
        OperationState::SetAside => Some(LineCode::Moved),
        OperationState::Pending | OperationState::Sent | OperationState::Written | OperationState::Confirmed => None,
    }
}

/// `update refused`.
pub(super) fn deed(row: &JournalRow) -> String {
    let noun = match row.operation.kind {
        OperationKind::CreateOption => "new option",
        OperationKind::RemoveOption => "removal of an option",
        OperationKind::SetManager => "manager",
        kind => kind.words(),
    };
    match state_word(row) {
        word if word == LineCode::NoAnswer.words() => format!("{noun}, {word}"),
        word => format!("{noun} {word}"),
    }
}

pub(super) fn so(row: &JournalRow, turns: &[Turn], around: &Around) -> Vec<So> {
    let word = state_word(row);
    let message = row.error.as_ref().map(|(_, message)| message.as_str()).unwrap_or_default();
    let last = turns.iter().rfind(|turn| turn.said.purpose == Purpose::Write);
    let answer = last.and_then(|turn| match &turn.said.heard {
        Heard::Answer { status, .. } => Some(*status),
        Heard::Silence { .. } => None,
    });
    let was = |purpose: Purpose| turns.iter().any(|turn| turn.said.purpose == purpose);
    let was_silent = last.is_some_and(|turn| matches!(turn.said.heard, Heard::Silence { .. }));
    let destination = around.destination;
    let sentence = match (row.state, word) {
        _ if is_there_already(row) => format!("{destination} had it already, so nothing was sent"),
        (OperationState::Written, _) if was_silent => {
            format!("the answer was lost; {destination} was read, and it was written once")
        }
        (OperationState::Confirmed, _) if was_silent => {
            format!(
                "the answer was lost; {destination} was read, and it was written once, and reads back as it was sent"
            )
        }
        (OperationState::Written | OperationState::Confirmed, _) if last.is_none() && was(Purpose::Settle) => format!(
            "what was sent was not kept, because the program ended first; {destination} was read, and it was written once"
        ),
        (OperationState::Written | OperationState::Confirmed, _) if last.is_none() && was(Purpose::Look) => {
            format!("{destination} had it already, so nothing was sent")
        }
        (OperationState::Written, _) => format!("{destination} took it; it has not been read back yet"),
        (OperationState::Confirmed, _) => format!("{destination} took it, and it reads back as it was sent"),
        (OperationState::Failed, "refused") => {
            let status = answer.map_or_else(String::new, |status| format!(": a {status} is an answer, not a silence"));
            format!("nothing of the line was written, and it is not repeated by itself{status}")
        }
        (OperationState::Failed | OperationState::SetAside, _) => message.to_owned(),
        (OperationState::Unknown, _) => {
            format!("no usable answer; the next run reads {destination} before anything is sent again")
        }
        (OperationState::Sent, _) => {
            format!(
                "what became of it is not written down; the next run reads {destination} before anything is sent again"
            )
        }
        (OperationState::Pending, "open again") => {
            "nothing of the line was written; a later run sends it, or the next plan has it anew".to_owned()
        }
        (OperationState::Pending, _) => "it has not been its turn".to_owned(),
    };
    let mut all = vec![So { word, sentence }];
    if row.state == OperationState::Failed {
        let failed = around.failed.max(1);
        let which = if failed == 1 { "the only failure".to_owned() } else { format!("one of {failed} failures") };
        let sentence = format!("{which} of run {}; the next plan has the line anew", around.run);
        all.push(So { word: "failed", sentence });
    }
    if row.state == OperationState::SetAside {
        let sentence = "nothing of the line was written; the next plan looks at the person anew".to_owned();
        all.push(So { word: "next", sentence });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::exchange::{Content, Exchange};
    use crate::domain::plan::Operation;

    fn row(state: OperationState, error: Option<(&str, &str)>) -> JournalRow {
        let operation = Operation {
            seq: 1,
            kind: OperationKind::Update,
            employee: None,
            identifier: None,
            user: None,
            list: None,
            fields: Vec::new(),
            note: None,
        };
        let error = error.map(|(code, message)| (code.to_owned(), message.to_owned()));
        JournalRow { state, error, attempts: 1, ..JournalRow::untried(operation) }
    }

    fn turn(purpose: Purpose, heard: Heard) -> Turn {
        let said = Exchange {
            purpose,
            method: "PUT".to_owned(),
            path: "/x".to_owned(),
            host: String::new(),
            headers: Vec::new(),
            content: Content::Nothing,
            sent: jiff::Timestamp::UNIX_EPOCH,
            attempt: 1,
            waited_ms: 0,
            heard,
        };
        Turn { said, attempt: (1, 1), then_waited_ms: None, read: None }
    }

    fn told(row: &JournalRow, turns: &[Turn]) -> String {
        let around = Around { run: RunId(219), failed: 3, destination: "Flow Learning" };
        let so = so(row, turns, &around).into_iter().map(|so| format!("{}: {}", so.word, so.sentence));
        so.collect::<Vec<_>>().join(" | ")
    }

    #[test]
    fn every_state_says_what_it_comes_to() {
        let answer = |status| Heard::Answer { status, ms: 1, headers: Vec::new(), content: Content::Nothing };
        let silence = || Heard::Silence { ms: 1, cause: String::new(), left: true };
        let written = || vec![turn(Purpose::Write, answer(200))];
        let lost = || vec![turn(Purpose::Write, silence())];
        for state in OperationState::ALL {
            for turns in [written(), lost(), Vec::new()] {
                assert!(told(&row(state, Some(("MOVED", "has left by now"))), &turns).len() > 20, "{state:?}");
            }
        }
        let says = |state, error, turns: Vec<Turn>, words: &str| {
            let text = told(&row(state, error), &turns);
            assert!(text.contains(words), "{words} is not said: {text}");
        };
        let refused = Some(("EMAIL_IN_USE", "taken"));
        says(OperationState::Failed, refused, vec![turn(Purpose::Write, answer(409))], "refused: nothing of the line");
        says(OperationState::Failed, refused, vec![turn(Purpose::Write, answer(409))], "one of 3 failures of run 219");
        says(
            OperationState::Failed,
            Some(("NO_ANSWER", "it did not take effect")),
            lost(),
            "no answer: it did not take",
        );
        says(OperationState::Confirmed, None, lost(), "the answer was lost");
        says(OperationState::Written, None, vec![turn(Purpose::Look, answer(200))], "had it already");
        says(OperationState::Written, None, vec![turn(Purpose::Settle, answer(200))], "the program ended first");
        says(OperationState::SetAside, Some(("MOVED", "has left by now")), Vec::new(), "skipped: has left by now");
        says(OperationState::SetAside, Some((PARKED, "possible duplicate")), written(), "parked: possible duplicate");
        says(OperationState::Unknown, None, lost(), "reads Flow Learning before anything is sent again");
        assert_eq!(deed(&row(OperationState::Failed, refused)), "update refused");
        assert_eq!(state_word(&JournalRow { attempts: 0, ..row(OperationState::Pending, None) }), "not sent");
    }
}

use super::super::{EndedRun, FailedLine, ReportWhen, RunTrouble, TroubleSeen, Troubled};
use super::*;
use crate::domain::any_text::any_text;
use crate::domain::audit::ChainCheck;
use crate::domain::code::{Code, ProblemCode};
use crate::domain::ids::RunId;
use crate::domain::inert::is_dangerous;
use crate::domain::operation::OperationKind;
use crate::domain::plan::HoldCode;
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::run::{RunOutcome, RunPurpose, RunTotals, Trigger};
use proptest::prelude::*;

const REFUSED: Code = Code::Problem(ProblemCode::CredentialsRefused);

fn report(text: &str) -> Report {
    let at: jiff::Zoned = "2026-11-30T02:00:00+00:00[Europe/London]".parse().unwrap();
    Report {
        run: RunId(219),
        tenant: text.to_owned(),
        short_name: "harbour".into(),
        source: "BambooHR".into(),
        destination: "Flow".into(),
        purpose: RunPurpose::Sync,
        why: "schedule".into(),
        by: text.to_owned(),
        only: Vec::new(),
        started: at.clone(),
        ended: Some(at.clone()),
        outcome: RunOutcome::DoneWithHeld,
        totals: RunTotals {
            written: 14,
            confirmed: 14,
            failed: 22,
            unanswered: 2,
            held: 3,
            unknown: 1,
            mails: 9,
            ..RunTotals::default()
        },
        done: vec![(OperationKind::Create, 9), (OperationKind::Update, 5)],
        holds: vec![(HoldCode::ProbableDuplicate, 2), (HoldCode::MissingField, 1)],
        troubles: vec![
            RunTrouble {
                seen: TroubleSeen::Opened,
                code: REFUSED,
                what: text.to_owned(),
                times: 3,
                opened: at.clone(),
            },
            RunTrouble { seen: TroubleSeen::Works, code: REFUSED, what: text.to_owned(), times: 1, opened: at.clone() },
        ],
        failed: (0..25)
            .map(|id| FailedLine {
                name: text.to_owned(),
                id: id.to_string(),
                kind: OperationKind::Create,
                code: text.to_owned(),
            })
            .collect(),
        mails: true,
        problem: Some(Problem::new(ProblemKind::Failed, text).with_why(text).with_remedy(text)),
        first_import: false,
        confirm: Some("harbour:14".into()),
        chain: ChainCheck { entries: 0, since: None, head: None, unchained: 0, broken: None },
    }
}

#[test]
fn the_text_has_the_figures_the_reasons_and_the_very_commands() {
    let text = plain(&report("Harbour Hotels"));
    for wanted in [
        "Run 219 of Harbour Hotels: BambooHR to Flow",
        "accounts affected",
        "trouble: Harbour Hotels",
        "works again: Harbour Hotels",
        "seen 3 times since 2026-11-30 02:00 GMT; onroll explain credentials_refused",
        "probable duplicate",
        "and 2 more",
        "onroll sync harbour --confirm harbour:14",
        "onroll review list harbour",
        "onroll runs errors 219",
        "onroll runs show 219",
        "head none",
    ] {
        assert!(text.contains(wanted), "{wanted} is not in\n{text}");
    }
    assert_eq!(
        subject(&report("Harbour Hotels")),
        "Onroll: Harbour Hotels, run 219: 14 accounts affected, 20 refused, 3 without an answer, 3 held, waits for confirmation, trouble: Harbour Hotels"
    );
}

#[test]
fn no_address_leaves_the_house_in_it() {
    let report = report("ana.lima@harbour.example is taken (mail:<ana@x.example>)");
    for text in [subject(&report), plain(&report), html(&report)] {
        assert!(!text.contains('@'), "{text}");
    }
}

#[test]
fn markup_escapes_and_line_ends_are_harmless() {
    let report = report("<script>alert(1)</script>\u{1b}[2J\u{202e}x\r\nBcc: eve@x.example");
    assert!(!html(&report).contains("<script"));
    assert!(!subject(&report).contains(['\r', '\n']));
    for text in [subject(&report), plain(&report), html(&report)] {
        assert!(!text.chars().any(|c| c != '\n' && is_dangerous(c)), "{text:?}");
    }
}

#[test]
fn of_which_runs_it_is_mailed() {
    let ended = |outcome, written, failed| EndedRun {
        purpose: RunPurpose::Sync,
        trigger: Trigger::Schedule,
        outcome,
        totals: RunTotals { written, failed, ..RunTotals::default() },
        troubled: Troubled::Unknown,
    };
    let takes = |run: EndedRun| ReportWhen::ALL.map(|when| when.takes(&run));
    assert_eq!(takes(ended(RunOutcome::Done, 0, 0)), [true, false, false]);
    assert_eq!(takes(ended(RunOutcome::Done, 1, 0)), [true, true, false]);
    assert_eq!(takes(ended(RunOutcome::DoneWithHeld, 0, 1)), [true, true, true]);
    assert_eq!(takes(ended(RunOutcome::Stopped, 0, 0)), [true, true, true]);
    // What was told when it began is not told with every run; another trouble is.
    let troubled = |troubled, written| EndedRun { troubled, ..ended(RunOutcome::Stopped, written, 3) };
    assert_eq!(takes(troubled(Troubled::Known, 0)), [true, false, false]);
    assert_eq!(takes(troubled(Troubled::Known, 1)), [true, true, false]);
    assert_eq!(takes(troubled(Troubled::News, 0)), [true, true, true]);
    assert_eq!(
        takes(EndedRun { troubled: Troubled::News, ..ended(RunOutcome::DoneWithHeld, 0, 0) }),
        [true, true, true]
    );
    assert_eq!(takes(ended(RunOutcome::Interrupted, 5, 5)), [false; 3], "it is reported when it is finished");
    let preview = EndedRun { purpose: RunPurpose::Preview, ..ended(RunOutcome::Previewed, 0, 0) };
    assert_eq!(takes(preview), [true, false, false]);
    assert_eq!(takes(EndedRun { trigger: Trigger::Hand, ..preview }), [false; 3]);
}

proptest! {
    #[test]
    fn whatever_a_name_holds_all_three_are_inert(text in any_text()) {
        // Where there is no reason there is no line for it.
        let report = report(&format!("x{text}"));
        let (subject, plain, html) = (subject(&report), plain(&report), html(&report));
        prop_assert!(!subject.chars().any(is_dangerous));
        prop_assert!(!plain.chars().any(|c| c != '\n' && is_dangerous(c)));
        prop_assert!(!html.chars().any(|c| c != '\n' && is_dangerous(c)));
        // The lines and tags are those of the report alone.
        let calm = super::tests::report("x");
        prop_assert_eq!(plain.lines().count(), super::plain(&calm).lines().count());
        prop_assert_eq!(html.matches('<').count(), super::html(&calm).matches('<').count());
    }
}

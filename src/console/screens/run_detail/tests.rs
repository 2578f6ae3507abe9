//! Tests.

use crate::console::app::{Command, Payload, Place, Query};
use crate::console::screens::ScreenId;
use crate::console::screens::history::data::{Act, Answer, Ask, Detail, Line, Mark, Part};
use crate::console::screens::run::stage::{self, Stage, TENANT, run};
use crate::domain::code::{Code, LineCode};
use crate::domain::ids::RunId;
use crate::domain::plan::HoldCode;
use crate::domain::run::{RunOutcome, RunTotals};
use crate::domain::waves::{WaveCounts, WaveRow};
use crate::store::views::RunDetail;
use crate::store::{JournalTotals, RunRow};

fn detail() -> Detail {
    let totals = RunTotals { written: 41, confirmed: 38, failed: 3, held: 9, mails: 12, ..RunTotals::default() };
    let row = RunRow { totals, ..run(903, RunOutcome::DoneWithHeld, 51_040) };
    Detail {
        run: RunDetail {
            run: row,
            reading: None,
            phases: Vec::new(),
            plan: None,
            totals: JournalTotals::default(),
            failed: vec![1, 2, 3],
            changed: (10..51).collect(),
        },
        destination: "Flow Learning",
        identifier_word: "identifier",
        mails: true,
        no_report: None,
        holds: vec![(HoldCode::ProbableDuplicate, 6), (HoldCode::MissingField, 3)],
        held: (100..109).collect(),
        neighbours: (Some(RunId(902)), None),
        waves: Vec::new(),
    }
}

fn in_waves() -> Detail {
    let wave = |wave, label: &str, people, changes| WaveRow {
        wave,
        of: 4,
        label: label.into(),
        people,
        changes,
        mails: 0,
        gate_at: None,
        opens_after_s: None,
        let_go_at: None,
        let_go_by: None,
        begun_at: Some(stage::ago(50_000)),
        judged_at: None,
        clean: Some(true),
        counts: Some(WaveCounts { confirmed: changes, ..WaveCounts::default() }),
    };
    let gate = |row: WaveRow, since, gone, by: &str| WaveRow {
        gate_at: Some(stage::ago(since)),
        let_go_at: Some(stage::ago(gone)),
        let_go_by: Some(by.into()),
        ..row
    };
    let counts = WaveCounts { confirmed: 36, refused: 2, ..WaveCounts::default() };
    let branch = WaveRow { clean: Some(false), counts: Some(counts), ..wave(2, "branch Lakeside", 31, 38) };
    let rest = WaveRow { clean: None, counts: None, begun_at: None, ..wave(3, "all the rest", 460, 531) };
    let five = gate(wave(1, "five people", 5, 7), 50_900, 50_700, "R. Osei");
    let waves = vec![wave(0, "one person", 1, 1), five, gate(branch, 50_600, 50_300, ""), rest];
    Detail { waves, ..detail() }
}

fn line(part: Part, id: i64) -> Line {
    let names = ["Timéo Roux", "Ingrid Bjørnstad", "Gráinne Ó Sé", "田中 愛", "Ivan Horvat"];
    let name = names[usize::try_from(id).unwrap() % names.len()].to_owned();
    let (mark, what, text) = match part {
        Part::Failed => (Mark::Failed, "create", "EMAIL_IN_USE email has already been taken: user 40188 is active"),
        Part::Held if id < 106 => {
            (Mark::Review, "probable duplicate", "user 8841 may be the same person; compare the two")
        }
        Part::Held => (Mark::Blocked, "value missing", "job title is missing; fill in Job title (Flow) in Planday"),
        Part::Changed if id % 3 == 0 => (Mark::Created, "create", "branch Quayside, job title Waiter"),
        Part::Changed => (Mark::Updated, "update", "branch Quayside → Lakeside, last name Weiss → Weiß"),
    };
    let user = if part == Part::Changed { format!("88{id}") } else { String::new() };
    Line {
        id,
        mark,
        name,
        employee: Some(format!("{id}")),
        identifier: format!("40718_{id}"),
        user,
        what: what.into(),
        text: text.into(),
        error: String::new(),
        unconfirmed: part == Part::Changed && id == 12,
        at: None,
    }
}

fn answer(query: &Query) -> Option<Payload> {
    let Query::History(ask) = query else { return None };
    Some(Payload::History(match ask {
        Ask::Detail { .. } => Answer::Detail(Box::new(detail())),
        Ask::Lines { part, ids, .. } => {
            assert!(ids.len() < 200, "only a window is asked for");
            Answer::Lines { part: *part, lines: ids.iter().map(|id| line(*part, *id)).collect() }
        }
        Ask::Runs { .. } => return None,
    }))
}

fn screen(size: (u16, u16)) -> Stage {
    Stage::new(Place::tenant(ScreenId::RunDetail, TENANT).about("903"), size, answer)
}

#[test]
fn failures_first_then_the_held_then_changes() {
    for (columns, rows) in [(80, 24), (100, 28), (140, 40)] {
        insta::assert_snapshot!(format!("detail_{columns}x{rows}"), screen((columns, rows)).text());
    }
}

#[test]
fn its_waves_stand_with_who_went_how_they_came_out_and_how_long_each_waited_for_whom() {
    let told = |query: &Query| {
        let mut payload = answer(query)?;
        if let Payload::History(Answer::Detail(detail)) = &mut payload {
            **detail = in_waves();
        }
        Some(payload)
    };
    for (columns, rows) in [(80, 24), (140, 40)] {
        let stage = Stage::new(Place::tenant(ScreenId::RunDetail, TENANT).about("903"), (columns, rows), told);
        insta::assert_snapshot!(format!("waves_{columns}x{rows}"), stage.text());
    }
}

#[test]
fn a_line_that_did_not_stay_as_it_was_written_has_a_code() {
    let mut stage = screen((100, 28));
    // The third of the changed lines, number 12, was not read back as it was written.
    stage.keys("tab tab down down ?");
    let code = Code::Line(LineCode::NotConfirmed);
    assert!(stage.text().contains(&format!("onroll explain {}", code.key())), "{}", stage.text());
    stage.keys("esc up ?");
    assert!(!stage.text().contains("onroll explain"), "the line before it has none: {}", stage.text());
    // While the run is at work, it is only not read back yet.
    let told = |query: &Query| {
        let mut payload = answer(query)?;
        if let Payload::History(Answer::Detail(detail)) = &mut payload {
            detail.run.run.ended = None;
        }
        Some(payload)
    };
    let mut stage = Stage::new(Place::tenant(ScreenId::RunDetail, TENANT).about("903"), (100, 28), told);
    stage.keys("tab tab down down ?");
    assert!(!stage.text().contains("onroll explain"), "{}", stage.text());
}

#[test]
fn a_line_that_failed_for_want_of_an_answer_is_not_explained_as_refused() {
    for (error, code) in [("EMAIL_IN_USE", LineCode::Refused), (crate::domain::run::NO_ANSWER, LineCode::NoAnswer)] {
        let told = move |query: &Query| {
            let mut payload = answer(query)?;
            if let Payload::History(Answer::Lines { lines, .. }) = &mut payload {
                lines.iter_mut().for_each(|line| error.clone_into(&mut line.error));
            }
            Some(payload)
        };
        let mut stage = Stage::new(Place::tenant(ScreenId::RunDetail, TENANT).about("903"), (100, 28), told);
        stage.keys("?");
        let code = Code::Line(code).key();
        assert!(stage.text().contains(&format!("onroll explain {code}")), "{}", stage.text());
    }
}

#[test]
fn what_was_read_of_the_source_stands_below_the_figures() {
    use crate::domain::snapshot::{Basis, ReadScope, Reading};
    let basis = Basis { day: jiff::civil::date(2026, 11, 24), setting: String::new() };
    let whole = Reading::of_everybody(1_204, jiff::Timestamp::UNIX_EPOCH, basis, None);
    let reading = Reading { changed: 2, ..whole.then(ReadScope::Changes, 12) };
    let told = move |query: &Query| {
        let mut payload = answer(query)?;
        if let Payload::History(Answer::Detail(detail)) = &mut payload {
            detail.run.reading = Some(reading.clone());
        }
        Some(payload)
    };
    let stage = Stage::new(Place::tenant(ScreenId::RunDetail, TENANT).about("903"), (80, 24), told);
    assert!(stage.text().contains(" read         12  changes, 2 changed"), "{}", stage.text());
}

#[test]
fn tab_goes_through_the_lists_and_enter_opens_the_person() {
    let mut stage = screen((100, 28));
    stage.keys("tab G enter");
    assert_eq!(stage.place(), (ScreenId::Person, Some("108".into())));
    stage.keys("esc tab z");
    let zoomed = stage.text();
    assert!(zoomed.contains("1-21 of 41") || zoomed.contains("of 41"), "{zoomed}");
    stage.keys("o enter ,");
    let file = "harbour-vine-run-903-errors.csv".into();
    let act = Act::SaveErrors { tenant: TENANT.into(), run: RunId(903), file };
    assert_eq!(stage.commands(), [Command::History(act)]);
    assert_eq!(stage.place(), (ScreenId::RunDetail, Some("902".into())));
}

#[test]
fn while_it_is_read_nothing_looks_like_none() {
    let stage = Stage::new(Place::tenant(ScreenId::RunDetail, TENANT).about("903"), (80, 24), |_| None);
    assert!(stage.text().contains("reading the run"));
}

#[test]
fn c_shows_what_was_said_or_that_nothing_was() {
    let mut stage = screen((100, 28));
    stage.keys("c");
    assert_eq!(stage.place(), (ScreenId::Said, Some("903 row 1".into())));
    stage.keys("esc tab c");
    assert_eq!(stage.place(), (ScreenId::Said, Some("903 person - 100".into())), "who is held has no line");
    stage.keys("esc tab down c");
    assert_eq!(stage.place(), (ScreenId::Said, Some("903 row 11".into())));
}

#[tokio::test]
async fn the_backend_says_who_is_mapped_to_whom_and_what_is_missing() {
    use crate::console::backend::history as backend;
    use crate::domain::run::{OperationState, RunPurpose};
    use crate::store::{Approval, NewRun};
    let folder = tempfile::tempdir().unwrap();
    let (context, id) = stage::context(&folder).await;
    let mut unnamed = stage::employee("3", "Ola", "Nord");
    unnamed.person.job_title = None;
    let people = vec![stage::employee("1", "Zoë", "Ångström"), stage::employee("2", "Ida", "Berg"), unnamed];
    stage::pull(&context.store, id, people, Vec::new()).await;
    for (kind, name) in
        [(crate::domain::list::ListKey::JOB_TITLE, "Waiter"), (crate::domain::list::ListKey::BRANCH, "Quayside")]
    {
        let option = crate::domain::mapping::DestinationOption::new(kind, name, name, true);
        context.store.put_options(id, kind, vec![option]).await.unwrap();
    }
    let connection = context.connection(TENANT).await.unwrap();
    let new = NewRun::by_hand(RunPurpose::Sync, "rosa");
    let run = context.store.start_run(id, new).await.unwrap();
    let saved = context.engine.plan(&connection, Some(run)).await.unwrap();
    assert_eq!(saved.plan.counts.create, 2, "{:?}", saved.plan);
    let approval = Approval { by: "rosa".into(), confirmed: None, reason: None, without: Vec::new(), waves: None };
    context.store.approve_plan(saved.id, approval).await.unwrap();
    let store = &context.store;
    store.mark_sent(saved.id, 0, None).await.unwrap();
    store.mark(saved.id, 0, OperationState::Confirmed, Some("8841".into()), None).await.unwrap();
    store.mark_sent(saved.id, 1, None).await.unwrap();
    let refused = Some(("EMAIL_IN_USE".to_owned(), "taken".to_owned()));
    store.mark(saved.id, 1, OperationState::Failed, None, refused).await.unwrap();
    let ask = Ask::Detail { tenant: TENANT.into(), run };
    let Answer::Detail(detail) = backend::ask(&context, ask).await.unwrap() else { panic!() };
    let lines = |part, ids: Vec<i64>| {
        let ask = Ask::Lines { tenant: TENANT.into(), part, ids };
        let context = &context;
        async move {
            let Answer::Lines { lines, .. } = backend::ask(context, ask).await.unwrap() else { panic!() };
            lines
        }
    };
    let changed = lines(Part::Changed, detail.run.changed.clone()).await;
    assert_eq!((changed[0].identifier.as_str(), changed[0].user.as_str()), ("40718_1", "8841"));
    assert_eq!((changed[0].name.as_str(), changed[0].mark), ("Zoë Ångström", Mark::Created));
    let failed = lines(Part::Failed, detail.run.failed.clone()).await;
    assert_eq!(failed[0].text, "EMAIL_IN_USE taken");
    let held = lines(Part::Held, detail.held.clone()).await;
    assert_eq!((held.len(), held[0].mark), (1, Mark::Blocked));
    assert!(held[0].text.to_lowercase().contains("job title"), "{}", held[0].text);
    let save = Act::SaveAll { tenant: TENANT.into(), run, file: "what.csv".into() };
    let Answer::Saved { path, lines } = backend::act(&context, save).await.unwrap() else { panic!() };
    assert_eq!(lines, 3);
    assert!(std::fs::read_to_string(path).unwrap().contains("1,40718_1,8841,create"));
}

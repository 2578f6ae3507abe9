//! Lives of troubles: by hand, and over random sequences of runs.

use super::*;
use crate::domain::code::{FeedCode, LineCode, ProblemCode};
use crate::domain::plan::{HoldCode, LimitCheck, LimitKind};
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::run::{Job, RunOutcome, RunPurpose, RunTotals, Scope, Trigger};
use proptest::prelude::*;

const TENANT: ConnectionId = ConnectionId(1);

fn at(hours: i64) -> Timestamp {
    Timestamp::from_second(1_790_000_000 + hours * 3600).unwrap()
}

fn refused() -> Problem {
    Problem::new(ProblemKind::Refused, "MAPAL OS refused the credentials")
        .with_code(ProblemCode::CredentialsRefused)
        .with_vendor("MAPAL OS")
}

fn found(code: Code, about: &str, people: u32) -> Found {
    Found { cause: Cause::new(code, about), grade: Grade::Part, what: "w".to_owned(), why: String::new(), people }
}

fn seen(hours: i64, run: i64, found: Vec<Found>, proof: Proof) -> Observation {
    Observation { at: at(hours), run: Some(RunId(run)), found, proof }
}

const GOOD: Proof = Proof { reached: true, planned: true, done: true, scheduled: false, heard: false };

fn kept(all: Vec<Kept>) -> Vec<Trouble> {
    all.into_iter().map(|one| one.trouble).collect()
}

fn step(former: Vec<Trouble>, seen: &Observation) -> Vec<Trouble> {
    kept(after(former, TENANT, seen))
}

fn lives(all: &[Trouble], hours: i64) -> Vec<TroubleLife> {
    all.iter().map(|one| one.life(at(hours))).collect()
}

fn value(people: u32) -> Found {
    found(Code::Hold(HoldCode::UnmappedValue), "job_title=Sub-chefe", people)
}

#[test]
fn one_cause_on_three_runs_is_one_trouble_and_a_second_cause_a_second_line() {
    let refused = || Found::of_problem(&refused(), Grade::Whole);
    let mut all = Vec::new();
    for run in 1..=3 {
        all = step(all, &seen(run, run, vec![refused()], Proof::default()));
    }
    assert_eq!((all.len(), all[0].times, all[0].opened_by, all[0].last_run), (1, 3, Some(RunId(1)), Some(RunId(3))));
    all = step(all, &seen(4, 4, vec![refused(), value(9)], Proof::default()));
    assert_eq!(lives(&all, 4), [TroubleLife::Open, TroubleLife::Open]);
    // A third refusal halts the tenant: another kind, and news.
    let worse =
        after(all, TENANT, &seen(5, 5, vec![Found::of_problem(&self::refused(), Grade::Halted)], Proof::default()));
    assert_eq!((worse[0].news, worse[0].trouble.seen.as_ref()), (Some(News::Changed), None));
    assert_eq!(worse[1].news, None, "the value was not looked at");
}

#[test]
fn it_closes_after_a_success_and_a_quiet_day_and_opens_anew_after_that() {
    let all = step(Vec::new(), &seen(0, 1, vec![value(9)], Proof::default()));
    let all = step(all, &seen(1, 2, vec![], GOOD));
    assert_eq!(
        (lives(&all, 24), lives(&all, 25)),
        (vec![TroubleLife::Quiet], vec![TroubleLife::Closed]),
        "without a write"
    );
    let again = step(all.clone(), &seen(20, 3, vec![value(9)], GOOD));
    assert_eq!(
        (again.len(), again[0].times, again[0].life(at(20))),
        (1, 2, TroubleLife::Open),
        "within the day it is the same"
    );
    let anew = step(all, &seen(30, 3, vec![value(9)], GOOD));
    assert_eq!(lives(&anew, 30), [TroubleLife::Closed, TroubleLife::Open]);
    assert_eq!((anew[0].closed_at, anew[1].opened_at), (Some(at(25)), at(30)));
}

#[test]
fn a_success_that_proves_nothing_of_it_closes_nothing() {
    let limit = || found(Code::Problem(ProblemCode::LimitExceeded), "leavers", 64);
    let all = step(Vec::new(), &seen(0, 1, vec![limit(), value(9)], Proof::default()));
    let reached = Proof { reached: true, ..Proof::default() };
    assert_eq!(lives(&step(all.clone(), &seen(1, 2, vec![], reached)), 1), [TroubleLife::Open, TroubleLife::Open]);
    let planned = Proof { planned: true, ..reached };
    assert_eq!(lives(&step(all, &seen(1, 2, vec![limit()], planned)), 1), [TroubleLife::Open, TroubleLife::Quiet]);
    let missed = step(Vec::new(), &seen(0, 1, vec![found(Code::Feed(FeedCode::ScheduleMissed), "", 0)], GOOD));
    assert_eq!(
        lives(&step(missed.clone(), &seen(1, 2, vec![], GOOD)), 1),
        [TroubleLife::Open],
        "a run by hand is no schedule"
    );
    let scheduled = Proof { scheduled: true, ..Proof::default() };
    assert_eq!(lives(&step(missed, &seen(1, 2, vec![], scheduled)), 1), [TroubleLife::Quiet]);
}

#[test]
fn a_mute_holds_until_its_day_or_until_it_changes() {
    let all = step(Vec::new(), &seen(0, 1, vec![value(9)], Proof::default()));
    let mute = |until| Some(Mute { by: "rosa".to_owned(), at: at(0), until, people: 9 });
    let with = |until| vec![Trouble { mute: mute(until), is_told: true, ..all[0].clone() }];
    let day = step(with(Some(at(48))), &seen(1, 2, vec![value(20)], Proof::default()));
    assert_eq!(
        (lives(&day, 47), lives(&day, 48)),
        (vec![TroubleLife::Muted], vec![TroubleLife::Open]),
        "more people change nothing"
    );
    let same = step(with(None), &seen(1, 2, vec![value(9)], Proof::default()));
    assert_eq!(lives(&same, 1000), [TroubleLife::Muted]);
    assert_eq!(lives(&step(with(None), &seen(1, 2, vec![value(10)], Proof::default())), 1), [TroubleLife::Open]);
    let works = step(with(None), &seen(1, 2, vec![], GOOD));
    assert_eq!((lives(&works, 1), works[0].mute.clone()), (vec![TroubleLife::Quiet], None));
    assert_eq!(lives(&step(works, &seen(2, 3, vec![value(9)], GOOD)), 2), [TroubleLife::Open]);
    // Muted until a day that has not come, it may work and break again unheard.
    let works = step(step(with(Some(at(48))), &seen(1, 2, vec![], GOOD)), &seen(2, 3, vec![value(9)], GOOD));
    assert_eq!(lives(&works, 2), [TroubleLife::Muted]);
}

#[test]
fn a_clock_that_was_ahead_keeps_nothing_open() {
    let all = step(Vec::new(), &seen(0, 1, vec![value(9)], Proof::default()));
    let all = step(all, &seen(240, 2, vec![], GOOD));
    assert_eq!(lives(&all, 1), [TroubleLife::Quiet], "put back, it is quiet since a time to come");
    let all = step(all, &seen(1, 3, vec![], GOOD));
    assert_eq!((lives(&all, 24), lives(&all, 25)), (vec![TroubleLife::Quiet], vec![TroubleLife::Closed]));
}

fn end<'a>(outcome: RunOutcome, job: &'a Job, totals: &'a RunTotals, problem: Option<&'a Problem>) -> RunEnd<'a> {
    RunEnd {
        run: RunId(7),
        at: at(0),
        purpose: RunPurpose::Sync,
        job,
        outcome,
        totals,
        problem,
        is_halted: false,
        plan: None,
    }
}

#[test]
fn what_the_end_of_a_run_shows() {
    let (job, none) = (Job::default(), RunTotals::default());
    let refused = refused();
    let seen = observed(&end(RunOutcome::Refused, &job, &none, Some(&refused))).unwrap();
    assert_eq!((seen.found[0].cause.about.as_str(), seen.proof), ("MAPAL OS", Proof::default()));
    let totals = RunTotals { failed: 5, unanswered: 2, unknown: 1, set_aside: 5, parked: 2, ..none };
    let seen = observed(&end(RunOutcome::DoneWithHeld, &job, &totals, None)).unwrap();
    let lines: Vec<_> = seen.found.iter().map(|one| (one.cause.code, one.people)).collect();
    assert_eq!(
        lines,
        [(Code::Line(LineCode::Refused), 3), (Code::Line(LineCode::NoAnswer), 3), (Code::Line(LineCode::Moved), 3)]
    );
    assert_eq!((seen.proof.done, seen.proof.planned), (true, false), "its plan was made by another run");
    // Where nobody said no, nothing was refused.
    let silent = RunTotals { failed: 2, unanswered: 2, ..none };
    let seen = observed(&end(RunOutcome::DoneWithHeld, &job, &silent, None)).unwrap();
    let lines: Vec<_> = seen.found.iter().map(|one| (one.cause.code, one.people)).collect();
    assert_eq!(lines, [(Code::Line(LineCode::NoAnswer), 2)]);
    // Each limit is a trouble of its own.
    let over = |kind, count| LimitCheck { kind, count, allowed: 10, waived: false };
    let limits = vec![over(LimitKind::Leavers, 64), over(LimitKind::Creations, 3), over(LimitKind::Updates, 11)];
    let values = vec![("job_title".to_owned(), "Sub-chefe".to_owned(), HoldCode::UnmappedValue, 9)];
    let plan = PlanShown { limits, values };
    let stop = Problem::new(ProblemKind::Stopped, "stopped").with_code(ProblemCode::LimitExceeded);
    let stopped = RunEnd { plan: Some(&plan), ..end(RunOutcome::Stopped, &job, &none, Some(&stop)) };
    let seen = observed(&stopped).unwrap();
    let whats: Vec<_> = seen.found.iter().map(|one| one.what.as_str()).collect();
    assert_eq!(whats, ["64 leavers, 10 allowed", "11 updates, 10 allowed", "`Sub-chefe` not mapped, 9 people"]);
    assert!(seen.proof.reached && seen.proof.planned && !seen.proof.done);
    // Named people prove nothing of the others.
    let few = Job { scope: Scope::People(vec!["4".into()]), trigger: Trigger::Webhook, ..Job::default() };
    let seen = observed(&RunEnd { plan: Some(&plan), ..end(RunOutcome::Done, &few, &none, None) }).unwrap();
    assert_eq!((seen.proof, seen.found.len()), (Proof { reached: true, heard: true, ..Proof::default() }, 0));
}

#[test]
fn previews_and_operators_stops_are_no_news_of_a_feed() {
    let (job, totals, refused) = (Job::default(), RunTotals::default(), refused());
    let run = end(RunOutcome::Refused, &job, &totals, Some(&refused));
    assert_eq!(observed(&RunEnd { purpose: RunPurpose::Preview, ..run }), None);
    for outcome in [RunOutcome::Running, RunOutcome::Paused] {
        assert_eq!(observed(&RunEnd { outcome, ..run }), None);
    }
    for code in
        [ProblemCode::StoppedByOperator, ProblemCode::LeaseLost, ProblemCode::SwitchedOff, ProblemCode::StoppedByEnd]
    {
        let problem = Problem::new(ProblemKind::Failed, "x").with_code(code);
        let seen = observed(&end(RunOutcome::Failed, &job, &totals, Some(&problem))).unwrap();
        assert_eq!((seen.found, seen.proof), (vec![], Proof::default()), "{code:?}");
    }
}

#[derive(Debug, Clone)]
enum Step {
    /// A run that finds these causes and proves so much; it may be written twice, as one that is finished later is.
    Run {
        found: Vec<(u8, bool, u32)>,
        proof: u8,
        twice: bool,
    },
    /// A run that dies before it ends, or a preview: nothing is written.
    Nothing,
    Mute {
        place: usize,
        days: Option<i64>,
    },
    Unmute {
        place: usize,
    },
    Seen {
        place: usize,
    },
    /// The clock moves on by hours, or is put back.
    Clock(i64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let found = proptest::collection::vec((0u8..4, any::<bool>(), 0u32..30), 0..4);
    let step = prop_oneof![
        5 => (found, 0u8..4, any::<bool>()).prop_map(|(found, proof, twice)| Step::Run { found, proof, twice }),
        1 => Just(Step::Nothing),
        1 => (0usize..6, proptest::option::of(0i64..4)).prop_map(|(place, days)| Step::Mute { place, days }),
        1 => (0usize..6).prop_map(|place| Step::Unmute { place }),
        1 => (0usize..6).prop_map(|place| Step::Seen { place }),
        4 => (1i64..40).prop_map(Step::Clock),
        1 => (-30i64..0).prop_map(Step::Clock),
    ];
    proptest::collection::vec(step, 1..40)
}

fn random_found((cause, halts, people): (u8, bool, u32)) -> Found {
    let code = match cause {
        0 => Code::Problem(ProblemCode::CredentialsRefused),
        1 => Code::Line(LineCode::Refused),
        2 => Code::Hold(HoldCode::UnmappedValue),
        _ => Code::Problem(ProblemCode::VendorUnwell),
    };
    let grade = if halts { Grade::Halted } else { Grade::Whole };
    Found { grade, ..found(code, "a:b", people) }
}

proptest! {
    #[test]
    fn lives_over_any_sequence(steps in steps()) {
        let (mut now, mut run) = (0i64, 0i64);
        let mut all: Vec<Trouble> = Vec::new();
        let mut mails = 0u32;
        let mut news = 0u32;
        for one in steps {
            let before = all.clone();
            match one {
                Step::Run { found, proof, twice } => {
                    run += 1;
                    let proof = [Proof::default(), Proof { reached: true, ..Proof::default() },
                        Proof { reached: true, planned: true, ..Proof::default() }, GOOD][usize::from(proof)];
                    let found: Vec<Found> = found.into_iter().map(random_found).collect();
                    let seen = seen(now, run, found, proof);
                    let kept = after(all, TENANT, &seen);
                    for one in &kept {
                        news += u32::from(matches!(one.news, Some(News::Opened | News::Changed)));
                        mails += u32::from(one.wants_mail(at(now)));
                        // What was found is open or muted, and says so of this run.
                        if one.is_found {
                            prop_assert!(matches!(one.trouble.life(at(now)), TroubleLife::Open | TroubleLife::Muted));
                            prop_assert_eq!(one.trouble.last_run, Some(RunId(run)));
                        }
                        // Nothing works again that was found or not proven.
                        if one.news == Some(News::WorksAgain) {
                            prop_assert!(!one.is_found && proof.shows(&one.trouble.cause));
                        }
                    }
                    let is_told = |one: &Kept| one.trouble.is_told || one.wants_mail(at(now));
                    all = kept.iter().map(|one| Trouble { is_told: is_told(one), ..one.trouble.clone() }).collect();
                    if twice {
                        // The same end once more changes nothing, and is mailed to nobody.
                        let again = after(all.clone(), TENANT, &seen);
                        prop_assert!(again.iter().all(|one| !one.wants_mail(at(now))));
                        prop_assert_eq!(self::kept(again), all.clone());
                    }
                }
                Step::Nothing => {}
                Step::Mute { place, days } => if let Some(one) = all.get_mut(place) {
                    let until = days.map(|days| at(now + 24 * days));
                    one.mute = Some(Mute { by: "rosa".to_owned(), at: at(now), until, people: one.people });
                },
                Step::Unmute { place } => if let Some(one) = all.get_mut(place) { one.mute = None },
                Step::Seen { place } => if let Some(one) = all.get_mut(place) {
                    one.seen = Some(By { by: "rosa".to_owned(), at: at(now) });
                },
                Step::Clock(hours) => now += hours,
            }
            // At most one of a cause is not closed.
            let mut open: Vec<&Cause> = all.iter().filter(|one| one.closed_at.is_none()).map(|one| &one.cause).collect();
            let count = open.len();
            open.sort();
            open.dedup();
            prop_assert_eq!(open.len(), count);
            // What is closed stays as it was, and nobody is lost.
            for old in before.iter() {
                let same = all.iter().find(|one| (one.opened_at, one.opened_by, &one.cause) == (old.opened_at, old.opened_by, &old.cause));
                prop_assert!(same.is_some());
                if old.closed_at.is_some() {
                    prop_assert_eq!(same.unwrap().closed_at, old.closed_at);
                }
            }
        }
        prop_assert!(mails <= news, "{} mails about {} news", mails, news);
    }
}

//! Tenants.

use crossterm::event::KeyCode;
use jiff::{SignedDuration, Timestamp};
use onroll::console::app::live::{LiveCommand, LiveSample};
use onroll::console::app::overlay::palette::{Does, Entry as PaletteEntry};
use onroll::console::app::{Command, Control, LiveRun, Mode, Msg, Payload, Place, Problem, Query};
use onroll::console::screens::ScreenId;
use onroll::console::screens::tenants::data::{Act, Answer, Ask, Entry, Next};
use onroll::console::screens::troubles::data as troubles;
use onroll::domain::connection::{Connection, ConnectionStatus, Endpoint};
use onroll::domain::ids::{ConnectionId, PlanId, RunId};
use onroll::domain::plan::{Counts, LimitCheck, LimitKind, Mails};
use onroll::domain::run::{Job, Phase, RunOutcome, RunPurpose, RunTotals};
use onroll::domain::settings::Settings;
use onroll::domain::trouble::nowhere::Nowhere;
use onroll::engine::checklist::{Step, StepKey, StepState};
use onroll::engine::progress::Progress;
use onroll::engine::schedule::{Meanwhile, ScheduleStatus};
use onroll::store::views::{Fault, PlanFigures, RunMark, TenantRow};
use onroll::store::{Lost, PlanHead, RunRow, StoreError, TenantSchedule};

use crate::bench::{Bench, now};

fn ago(minutes: i64) -> Timestamp {
    now() - SignedDuration::from_mins(minutes)
}

fn short_of(name: &str) -> String {
    onroll::domain::connection::short_name_of(name)
}

pub fn connection(id: i64, name: &str, status: ConnectionStatus) -> Connection {
    let endpoint =
        |vendor: &str| Endpoint { vendor: vendor.into(), parameters: Default::default(), secrets: Default::default() };
    Connection {
        id: ConnectionId(id),
        tenant_name: name.into(),
        short_name: short_of(name),
        time_zone: "Europe/London".into(),
        source: endpoint("planday"),
        destination: endpoint("flow-learning"),
        status,
        settings: Settings::default(),
    }
}

pub fn run(id: i64, connection: i64, minutes: i64, outcome: RunOutcome, totals: RunTotals) -> RunRow {
    RunRow {
        id: RunId(id),
        connection: ConnectionId(connection),
        purpose: if outcome == RunOutcome::Previewed { RunPurpose::Preview } else { RunPurpose::Sync },
        job: Job::default(),
        note: String::new(),
        by: "rosa".into(),
        started: ago(minutes),
        ended: Some(ago(minutes)),
        outcome,
        totals,
        problem: None,
        plan: None,
    }
}

pub fn head(connection: i64, people: u32, blocked: u32, review: u32) -> PlanHead {
    PlanHead {
        id: PlanId(31),
        connection: ConnectionId(connection),
        run: None,
        hash: "7f3ac91e00000000".into(),
        by: "rosa".into(),
        made_at: ago(5),
        counts: Counts {
            create: 41,
            link: 161,
            update: 212,
            reactivate: 3,
            deactivate: 9,
            create_option: 2,
            ..Counts::default()
        },
        mails: Mails { welcome: 41, notice: 0 },
        limits: vec![LimitCheck { kind: LimitKind::Leavers, count: 9, allowed: 10, waived: false }],
        first_import: false,
        people,
        changed_people: 386,
        ignored_leavers: 0,
        future_starters: 0,
        operations: 428,
        unmapped_values: 4,
        blocked,
        review,
        ruled: 6,
        approval: None,
        change_mark: None,
        doubled: Vec::new(),
    }
}

pub fn figures(blocked: u32, review_left: u32, unmapped_values: u32) -> PlanFigures {
    PlanFigures {
        plan: PlanId(31),
        made_at: ago(5),
        operations: 428,
        blocked,
        held: blocked + review_left,
        review_left,
        review_ruled: 11,
        unmapped_values,
        past_limit: false,
    }
}

struct Sketch {
    name: &'static str,
    status: ConnectionStatus,
    people: u64,
    run: Option<(i64, RunOutcome, RunTotals)>,
    figures: Option<(u32, u32, u32)>,
    marks: &'static [i32],
}

fn totals(written: u32, failed: u32) -> RunTotals {
    RunTotals { written, failed, ..RunTotals::default() }
}

fn entry(id: i64, sketch: &Sketch) -> Entry {
    let marks = sketch.marks.iter().enumerate().map(|(at, changed)| RunMark {
        run: RunId(at as i64),
        outcome: match changed {
            -1 => RunOutcome::Refused,
            -2 => RunOutcome::Stopped,
            _ => RunOutcome::Done,
        },
        changed: u32::try_from(*changed).unwrap_or(0),
    });
    let connection = connection(id, sketch.name, sketch.status);
    Entry {
        schedule: schedule_of(&connection),
        row: TenantRow {
            fault: None,
            connection,
            refusals: if sketch.status == ConnectionStatus::Paused { 3 } else { 0 },
            people: sketch.people,
            last_pull: Some(ago(5)),
            last_run: sketch.run.map(|(minutes, outcome, totals)| run(id * 10, id, minutes, outcome, totals)),
            recent: marks.collect(),
            plan: sketch.figures.map(|(blocked, review, unmapped)| figures(blocked, review, unmapped)),
        },
        source: "Planday".into(),
        tells_changes: false,
        destination: "Flow Learning".into(),
        standing: match sketch.status {
            ConnectionStatus::Preview => Mode::Preview,
            ConnectionStatus::Live => Mode::Live,
            _ => Mode::Paused,
        },
        plan: sketch.figures.map(|(blocked, review, _)| head(id, sketch.people as u32, blocked, review)),
        status_at: "2026-09-12T09:00:00Z".parse().unwrap(),
        set_up: (sketch.status == ConnectionStatus::Preview && sketch.figures.is_none()).then_some((2, 8)),
        elsewhere: None,
        archived: Vec::new(),
    }
}

/// As each is set; the others are run by hand.
fn schedule_of(connection: &Connection) -> Option<ScheduleStatus> {
    let schedule = match connection.tenant_name.as_str() {
        "Aldergate Retail" => "daily 01:30",
        "Bäckerei Grünwald" => "cron 0 8 * * 1-5",
        "Marlowe & Finch" | "Tidewater Inns" => "every 15 min",
        "Copper Kettle Cafés" => "every 30 min",
        "Harbour & Vine" => "daily 02:00",
        _ => "manual",
    };
    let settings = Settings { schedule: schedule.parse().unwrap(), ..connection.settings.clone() };
    let kept = TenantSchedule { since: Some(now()), ..TenantSchedule::default() };
    let answer = (connection.tenant_name == "Copper Kettle Cafés").then_some(RunId(11));
    let meanwhile = Meanwhile { answer, ..Meanwhile::default() };
    Some(ScheduleStatus::at(now(), Connection { settings, ..connection.clone() }, kept, meanwhile))
}

pub fn entries() -> Vec<Entry> {
    use ConnectionStatus::{Live, Off, Paused, Preview};
    use RunOutcome::{Done, DoneWithHeld, Previewed, Refused, Stopped};
    let sketches = [
        Sketch {
            name: "Aldergate Retail",
            status: Live,
            people: 5_120,
            run: Some((757, DoneWithHeld, totals(41, 0))),
            figures: Some((2, 0, 0)),
            marks: &[5, 4, 4, 6, 5, 5, 4, 5, 8, 5, 4, 5, 5, 5],
        },
        Sketch {
            name: "Bäckerei Grünwald",
            status: Live,
            people: 418,
            run: Some((1_500, Done, totals(0, 0))),
            figures: Some((0, 0, 0)),
            marks: &[0, 0, 0, 1, 0],
        },
        Sketch {
            name: "Casa Mirador",
            status: Off,
            people: 204,
            run: Some((105_000, Done, totals(3, 0))),
            figures: Some((0, 0, 0)),
            marks: &[0; 14],
        },
        Sketch {
            name: "Copper Kettle Cafés",
            status: Live,
            people: 812,
            run: Some((8, Stopped, totals(0, 0))),
            figures: Some((17, 0, 0)),
            marks: &[2, 1, 3, 2, 1, 2, 4, -2],
        },
        Sketch { name: "Fernhill Garden", status: Preview, people: 0, run: None, figures: None, marks: &[] },
        Sketch {
            name: "Harbour & Vine",
            status: Preview,
            people: 1_204,
            run: Some((5, Previewed, totals(0, 0))),
            figures: Some((73, 85, 4)),
            marks: &[0, 0, 2, 0],
        },
        Sketch {
            name: "Marlowe & Finch",
            status: Live,
            people: 3_418,
            run: Some((716, DoneWithHeld, totals(30, 3))),
            figures: Some((3, 6, 0)),
            marks: &[3, 3, 4, 3, 5],
        },
        Sketch {
            name: "Nordlys Hoteller",
            status: Live,
            people: 1_877,
            run: Some((0, RunOutcome::Running, totals(0, 0))),
            figures: Some((0, 0, 0)),
            marks: &[4, 3, 4, 4],
        },
        Sketch {
            name: "Sakura Lane 桜小路",
            status: Live,
            people: 530,
            run: Some((1_000, Done, totals(12, 0))),
            figures: Some((0, 0, 0)),
            marks: &[2, 2, 3, 2],
        },
        Sketch {
            name: "Tidewater Inns",
            status: Paused,
            people: 2_306,
            run: Some((41, Refused, totals(0, 0))),
            figures: Some((0, 0, 0)),
            marks: &[3, 3, 2, 4, 3, 2, -1, -1, -1],
        },
    ];
    let mut entries: Vec<Entry> =
        sketches.iter().enumerate().map(|(at, sketch)| entry(at as i64 + 1, sketch)).collect();
    let copper = entries[3].plan.as_mut().unwrap();
    copper.limits = vec![LimitCheck { kind: LimitKind::Leavers, count: 64, allowed: 10, waived: false }];
    entries
}

pub fn step(key: StepKey, state: StepState, figure: &str, detail: &str) -> Step {
    Step { key, state, figure: figure.into(), detail: detail.into(), open: 0, waived: false }
}

pub fn steps() -> Vec<Step> {
    vec![
        step(StepKey::Credentials, StepState::Done, "both answer", "tested by real calls"),
        step(
            StepKey::FieldMap,
            StepState::Done,
            "2 fields",
            "branch from custom:Branch, job title from custom:Job title (Flow)",
        ),
        step(StepKey::MappingTables, StepState::Open, "57 open", "57 people wait for a value"),
        step(StepKey::PeopleMatched, StepState::Open, "85 open", "85 people to rule"),
        step(StepKey::SourceData, StepState::Notice, "12 people", "HR has to complete their data; the others go on"),
        step(StepKey::Limits, StepState::Done, "in force", "past one, a run stops before its first write"),
        step(
            StepKey::TestRun,
            StepState::Done,
            "428 changes",
            "41 create, 161 link, 212 update, 9 deactivate; 41 welcome mails",
        ),
        step(StepKey::Published, StepState::Open, "preview only", "2 steps first"),
    ]
}

fn sample() -> Payload {
    let progress = Progress { current: Some(Phase::Update), operations: 100, written: 61, ..Progress::default() };
    Payload::Live(vec![LiveSample {
        tenant: "nordlys-hoteller".into(),
        tenant_name: "Nordlys Hoteller".into(),
        run: Some(RunId(902)),
        purpose: RunPurpose::Sync,
        started: now() - SignedDuration::from_secs(60),
        progress,
    }])
}

fn hand(query: &Query) -> Option<Result<Payload, Problem>> {
    let told = match query {
        Query::Tenants(Ask::List) => Answer::List(entries()),
        Query::Tenants(Ask::Next(tenant)) => {
            Answer::Next(Next { tenant: tenant.clone(), steps: steps(), linked: 1_046 })
        }
        _ => return None,
    };
    Some(Ok(Payload::Tenants(told)))
}

fn opened(size: (u16, u16)) -> Bench {
    let mut bench = Bench::new(Place::global(ScreenId::Tenants), size);
    bench.answer(hand);
    bench.send(Msg::Control(Control::LiveRuns(vec![LiveRun {
        tenant: "nordlys-hoteller".into(),
        title: "Nordlys Hoteller".into(),
    }])));
    bench.send(Msg::Sampled(sample()));
    bench
}

/// The cursor on a tenant, found by the filter.
fn on(name: &str, size: (u16, u16)) -> Bench {
    let mut bench = opened(size);
    bench.keys("/").keys(name).press(KeyCode::Enter).press(KeyCode::Esc).answer(hand);
    bench
}

#[test]
fn the_list_at_every_size() {
    for size in [(80, 24), (140, 40), (60, 16), (120, 30), (200, 60)] {
        let bench = on("harbour", size);
        insta::assert_snapshot!(format!("tenants_{}x{}", size.0, size.1), bench.picture());
    }
}

#[test]
fn s_i12_the_line_that_nothing_succeeds_anywhere_stands_over_the_list() {
    let nowhere = Nowhere {
        since: ago(184),
        last_success: None,
        first: Some(ago(183)),
        attempts: 61,
        tenants: (0..11).map(ConnectionId).collect(),
        said: Some(("no route to host".into(), true)),
        vendor: None,
        newest: Vec::new(),
    };
    for size in [(80, 24), (140, 40)] {
        let mut bench = opened(size);
        let control = Control::TenantChanged("harbour-vine".into());
        bench.send(Msg::Control(control)).answer(|query| match query {
            Query::Troubles(troubles::Ask::Nowhere) => {
                Some(Ok(Payload::Troubles(troubles::Answer::Nowhere(Some(Box::new(nowhere.clone())), 1))))
            }
            other => hand(other),
        });
        insta::assert_snapshot!(format!("tenants_nowhere_{}x{}", size.0, size.1), bench.picture());
        // It goes with the first success.
        bench.send(Msg::Control(Control::TenantChanged("harbour-vine".into()))).answer(|query| match query {
            Query::Troubles(_) => Some(Ok(Payload::Troubles(troubles::Answer::Nowhere(None, 0)))),
            other => hand(other),
        });
        assert!(!bench.picture().contains("Nothing has succeeded"), "{}", bench.picture());
    }
}

#[test]
fn loading_error_and_no_match() {
    let mut bench = Bench::new(Place::global(ScreenId::Tenants), (80, 24));
    bench.pass(200);
    insta::assert_snapshot!("tenants_loading", bench.picture());
    let problem = Problem::new("The tenants cannot be read", "`disk I/O error`", "r reads again");
    bench.answer(|_| Some(Err(problem.clone())));
    insta::assert_snapshot!("tenants_error", bench.picture());
    let mut bench = opened((80, 24));
    bench.keys("/nobody");
    insta::assert_snapshot!("tenants_no_match", bench.picture());
}

#[test]
fn a_broken_tenant_is_shown_with_why_and_repaired_or_removed() {
    let mut all = entries();
    let lost = |what: &str, why: &str, becomes: Option<&str>| Lost {
        what: what.into(),
        why: why.into(),
        becomes: becomes.map(str::to_owned),
    };
    all[6].row.fault = Some(Fault::Row(vec![
        lost("settings.limits.leavers.percent", "has a value that it cannot have", Some("5.0")),
        lost("time_zone", "is not an IANA time zone", None),
    ]));
    let unreadable = StoreError::Unreadable { row: "plan 31".into(), detail: "counts: it is no JSON".into(), cure: "" };
    all[1].row.fault = Some(Fault::Data(unreadable));
    let tell = |query: &Query| match query {
        Query::Tenants(Ask::List) => Some(Ok(Payload::Tenants(Answer::List(all.clone())))),
        Query::Tenants(Ask::Next(tenant)) => {
            assert_ne!(tenant, "marlowe-finch", "nothing is asked about a tenant that cannot be read");
            Some(Ok(Payload::Tenants(Answer::Next(Next { tenant: tenant.clone(), steps: steps(), linked: 1 }))))
        }
        _ => None,
    };
    for size in [(80, 24), (140, 40)] {
        let mut bench = Bench::new(Place::global(ScreenId::Tenants), size);
        bench.answer(tell).keys("/marlowe").press(KeyCode::Enter).press(KeyCode::Esc).answer(tell);
        insta::assert_snapshot!(format!("tenants_broken_{}x{}", size.0, size.1), bench.picture());
        bench.keys("!").keys("r").keys("d");
        assert!(bench.commands().is_empty(), "nothing is done with it");
        bench.press(KeyCode::Enter);
        insta::assert_snapshot!(format!("tenants_repair_{}x{}", size.0, size.1), bench.picture());
        bench.confirm();
        let commands = bench.commands();
        assert!(
            matches!(commands.as_slice(), [(_, Command::Tenants(Act::Repair(tenant)))] if tenant == "marlowe-finch"),
            "{commands:?}"
        );
    }
}

#[test]
fn without_tenants_the_first_screen_is_shown() {
    let mut bench = Bench::new(Place::global(ScreenId::Tenants), (80, 24));
    bench.answer(|query| matches!(query, Query::Tenants(_)).then(|| Ok(Payload::Tenants(Answer::List(Vec::new())))));
    assert_eq!(bench.place(), Place::global(ScreenId::FirstRun));
}

#[test]
fn enter_and_why_open_the_tenant_and_n_the_wizard() {
    for key in [KeyCode::Enter, KeyCode::Char('w')] {
        let mut bench = on("harbour", (80, 24));
        bench.press(key);
        assert_eq!(bench.place(), Place::tenant(ScreenId::Overview, "harbour-vine"));
    }
    let mut bench = opened((80, 24));
    bench.keys("n");
    assert_eq!(bench.place(), Place::global(ScreenId::Wizard));
    let mut bench = opened((80, 24));
    bench.keys("i");
    assert_eq!(bench.place(), Place::global(ScreenId::TwoFiles));
}

#[test]
fn only_a_published_tenant_is_synced_and_only_after_the_question() {
    let mut bench = on("harbour", (80, 24));
    bench.keys("!");
    assert!(bench.model.overlay().is_none());
    let mut bench = on("sakura", (80, 24));
    bench.keys("!").pass(400);
    insta::assert_snapshot!("tenants_sync_question", bench.picture());
    assert!(bench.commands().is_empty());
    bench.keys("y");
    let commands: Vec<Command> = bench.commands().into_iter().map(|(_, command)| command).collect();
    assert_eq!(
        commands,
        [Command::Run(LiveCommand::Sync { tenant: "sakura-lane-ying-xiao-lu".into(), changed: false })]
    );
}

#[test]
fn where_the_source_tells_what_has_changed_a_sync_may_read_only_that() {
    let telling = || {
        let mut bench = on("sakura", (80, 24));
        bench.send(Msg::Control(Control::TenantChanged("sakura-lane-ying-xiao-lu".into()))).answer(
            |query| match query {
                Query::Tenants(Ask::List) => {
                    let told = entries().into_iter().map(|entry| Entry { tells_changes: true, ..entry }).collect();
                    Some(Ok(Payload::Tenants(Answer::List(told))))
                }
                query => hand(query),
            },
        );
        bench
    };
    for (keys, changed) in [(vec![KeyCode::Enter], false), (vec![KeyCode::Down, KeyCode::Enter], true)] {
        let mut bench = telling();
        bench.keys("!").pass(400);
        insta::assert_snapshot!("tenants_sync_reads", bench.picture());
        for key in keys {
            bench.press(key);
        }
        bench.pass(400);
        assert!(bench.commands().is_empty(), "nothing starts without the answer");
        assert_eq!(bench.picture().contains("Reads what has changed"), changed, "{}", bench.picture());
        bench.keys("y");
        let commands: Vec<Command> = bench.commands().into_iter().map(|(_, command)| command).collect();
        let tenant = "sakura-lane-ying-xiao-lu".into();
        assert_eq!(commands, [Command::Run(LiveCommand::Sync { tenant, changed })]);
    }
}

#[test]
fn the_palette_asks_the_same_question_about_the_tenant_that_it_names() {
    let sync = |label: &str, off: Option<&str>| PaletteEntry {
        label: label.into(),
        key: String::new(),
        off: off.map(str::to_owned),
        does: Does::Sync("sakura-lane-ying-xiao-lu".into()),
    };
    let found = vec![sync("Sync now: Aldergate", Some("not published")), sync("Sync now: Sakura Lane", None)];
    let mut bench = on("harbour", (80, 24));
    bench.keys(":sync now").answer(|query| match query {
        Query::Places(_) => Some(Ok(Payload::Places(found.clone()))),
        _ => None,
    });
    let picture = bench.picture();
    let (can, cannot) = (picture.find("Sync now: Sakura").unwrap(), picture.find("Sync now: Aldergate").unwrap());
    assert!(can < cannot, "what cannot be done stands last: {picture}");
    assert!(picture.contains("not published"), "{picture}");
    bench.keys(": sakura").press(KeyCode::Enter).pass(400);
    assert!(bench.picture().contains("Sync Sakura Lane 桜小路 to"), "{}", bench.picture());
    assert!(bench.commands().is_empty(), "nothing starts without the answer");
    bench.keys("y");
    let commands: Vec<Command> = bench.commands().into_iter().map(|(_, command)| command).collect();
    assert_eq!(
        commands,
        [Command::Run(LiveCommand::Sync { tenant: "sakura-lane-ying-xiao-lu".into(), changed: false })]
    );
}

#[test]
fn the_palette_finds_people_and_opens_them() {
    let place = Place::tenant(ScreenId::Person, "harbour-vine").about("4000");
    let person = PaletteEntry {
        label: "Person: Ingrid Solberg, 40718_4000, Harbour & Vine".into(),
        key: String::new(),
        off: None,
        does: Does::Go(place.clone()),
    };
    let mut bench = on("harbour", (80, 24));
    let asked = std::cell::RefCell::new(Vec::new());
    bench.keys(":solb").answer(|query| match query {
        Query::Places(_) => Some(Ok(Payload::Places(Vec::new()))),
        Query::Persons { tenant, text } => {
            asked.borrow_mut().push((tenant.clone(), text.clone()));
            Some(Ok(Payload::Persons(vec![person.clone()])))
        }
        _ => None,
    });
    assert_eq!(asked.borrow().last(), Some(&(None, "solb".to_owned())), "on Tenants people of all are looked for");
    assert!(bench.picture().contains("Person: Ingrid Solberg"), "{}", bench.picture());
    bench.press(KeyCode::Enter);
    assert_eq!(bench.model.place(), Some(&place));
}

#[test]
fn r_previews_and_d_switches() {
    let mut bench = on("harbour", (80, 24));
    bench.keys("r");
    let preview = LiveCommand::Preview { tenant: "harbour-vine".into(), accepted_rows: None };
    assert_eq!(bench.commands().remove(0).1, Command::Run(preview));
    bench.keys("d").confirm();
    assert_eq!(bench.commands().remove(0).1, Command::Tenants(Act::SwitchOff("harbour-vine".into())));
    let mut bench = on("casa", (80, 24));
    bench.keys("d").confirm();
    assert_eq!(bench.commands().remove(0).1, Command::Tenants(Act::SwitchOn("casa-mirador".into())));
}

#[test]
fn several_are_marked_and_the_same_is_done_with_each() {
    let mut bench = opened((140, 40));
    bench.keys("ad");
    let picture = bench.picture();
    assert!(picture.contains("Switch off 9 tenants?") && picture.contains("left out: Casa Mirador"), "{picture}");
    bench.confirm();
    let commands: Vec<Command> = bench.commands().into_iter().map(|(_, command)| command).collect();
    assert_eq!(commands.len(), 9, "{commands:?}");
    assert!(commands.iter().all(|one| matches!(one, Command::Tenants(Act::SwitchOff(_)))), "{commands:?}");
    assert!(!bench.picture().contains("marked"), "{}", bench.picture());
    // Nothing that cannot be done is done by a mark.
    let mut bench = on("casa", (80, 24));
    bench.press(KeyCode::Char(' ')).keys("!");
    assert!(bench.model.overlay().is_none() && bench.commands().is_empty(), "{}", bench.picture());
}

#[test]
fn removing_needs_the_typed_words() {
    let mut bench = on("harbour", (80, 24));
    bench.keys("md");
    bench.send(Msg::Paste("harbour-vine 1204".into()));
    bench.keys("harbour-vine 12").press(KeyCode::Enter);
    assert!(bench.commands().is_empty());
    insta::assert_snapshot!("tenants_removal", bench.picture());
    bench.keys("04").press(KeyCode::Enter);
    assert_eq!(bench.commands().remove(0).1, Command::Tenants(Act::Remove("harbour-vine".into())));
}

#[test]
fn the_order_can_be_changed_and_the_filter_takes_states() {
    let mut bench = opened((80, 24));
    bench.keys("s").keys("by tenant").press(KeyCode::Enter);
    insta::assert_snapshot!("tenants_by_name", bench.picture());
    bench.keys("/state:live !sakura");
    let picture = bench.picture();
    assert!(picture.contains("6 of 10") || picture.contains("5 of 10"), "{picture}");
    assert!(!picture.contains("Sakura") && !picture.contains("Casa Mirador"), "{picture}");
}

//! Runs that read of the source only what has changed since (RO10, MA01), the complete reading of each day, and what becomes of
//! them when the source, the settings or the program do not do as they should.

use crate::changed_worlds::{
    SOURCES, cut_off, delete, document, edit, hire, id, identifier, kill, leaves, named, names, reading, reads,
    request, row, scope, settled, settled_behind, sync_changed, through, user,
};
use crate::common::proxy::Reply;
use crate::common::schema::prints;
use crate::common::{Desk, TODAY, codes, employee, hold, operations, output, problem, world};
use onroll::cli::arguments::{RunsCommand, SyncArguments};
use onroll::domain::ids::OptionKey;
use onroll::domain::list::ListKey;
use onroll::domain::mapping::MappingTarget;
use onroll::domain::plan::{HoldCode, OperationKind};
use onroll::domain::problem::{Problem, ProblemKind};
use onroll::domain::run::{Job, Phase, RunOutcome, Scope};
use onroll::domain::settings::RecreatePolicy;
use onroll::domain::snapshot::{ReadScope, Side, WhyEverybody};
use onroll::engine::progress::{Reporter, RunControl, RunEvent};
use onroll::engine::run::{PreviewRequest, RunReport};
use onroll::sandbox::{Fault, FaultKind};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

fn all_read(why: WhyEverybody) -> (ReadScope, Option<WhyEverybody>) {
    (ReadScope::Everybody, Some(why))
}

const CHANGES: (ReadScope, Option<WhyEverybody>) = (ReadScope::Changes, None);

async fn preview_changed(desk: &Desk) -> RunReport {
    let connection = desk.connection().await;
    let request = PreviewRequest { job: Job::by_hand(true), ..PreviewRequest::default() };
    desk.engine().preview(&connection, &request, &Reporter::silent(), &RunControl::default()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn s_ro10_s_ma01_who_has_changed_is_read_and_nobody_else() {
    for source in SOURCES {
        let desk = settled(source, 120).await;
        desk.sandbox.reset_counters();
        let report = sync_changed(&desk).await;
        let quiet = reads(&desk, source);
        assert_eq!((report.outcome, report.problem.clone()), (RunOutcome::Done, None), "{source}");
        let read = reading(&desk, &report).await;
        // Rotaready's own account tells no time.
        let own = u64::from(source == "rotaready");
        assert_eq!((read.scope, read.records, read.changed, read.everybody), (ReadScope::Changes, own, 0, 120 + own));

        edit(&desk, source, 17, |person| person.job_title = "Sous Chef".into());
        edit(&desk, source, 18, leaves);
        let (first, last) = names(500);
        hire(&desk, source, named(source, 500, first, last, json!({"start_date": "2026-11-16"})));
        desk.sandbox.reset_counters();
        let report = sync_changed(&desk).await;
        let held = &report.plan.as_ref().unwrap().plan.holds;
        assert_eq!((report.totals.confirmed, report.problem.clone()), (3, None), "{source}: {held:?}");
        let read = reading(&desk, &report).await;
        assert_eq!((read.scope, read.records, read.changed), (ReadScope::Changes, 3 + own, 3), "{source}");
        let busy = reads(&desk, source);
        let now = |number| desk.user(&identifier(source, number));
        assert_eq!(now(17)["job_title"], "Sous Chef");
        assert_eq!((now(18)["status"].as_str(), now(500)["status"].as_str()), (Some("inactive"), Some("active")));
        assert_eq!(desk.users().len(), 121);

        desk.sandbox.reset_counters();
        let plan = desk.plan().await;
        assert_eq!((plan.operations.len(), codes(&plan)), (0, vec![]), "{source}: everybody says the same");
        let (whole, _) = desk.reads_and_writes(source);
        // Entities, positions, three pages and a look behind them, each time; names and a page of each list, where everybody's take three pages;
        // changes and options, and the list, the report beside them where somebody has changed; tenant, units, titles, departments
        // and a page, where everybody's take two, and the Feed Log.
        let expected = match source {
            "rotaready" => (6, 6, 6),
            "freshteam" => (5, 5, 7),
            "mapal-os" => (5, 5, 7),
            _ => (2, 5, 4),
        };
        assert_eq!((quiet, busy, whole), expected, "{source}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s_ro10_details_are_read_of_those_only_who_have_changed() {
    let chosen = |title: &str| json!({"scheme_cf_str02": title});
    let rows = (11..131).map(|number| {
        let mut row = row("freshteam", number);
        row["custom"] = chosen("Waiter");
        row
    });
    let mut document = document("freshteam", rows.collect(), vec![]);
    document["freshteam"]["fields"] =
        json!([{"name": "scheme_cf_str02", "label": "Scheme", "options": ["Waiter", "Sous Chef"]}]);
    let desk = Desk::preview_only(document).await;
    desk.settings(|settings| _ = settings.field_map.insert("job_title".into(), "custom:Scheme".into())).await;
    desk.publish().await;
    assert_eq!(through(&desk, false).await.totals.confirmed, 120);
    edit(&desk, "freshteam", 17, |person| _ = person.own.insert("custom".into(), chosen("Sous Chef")));
    desk.sandbox.reset_counters();
    let report = sync_changed(&desk).await;
    assert_eq!((report.totals.confirmed, scope(&desk, &report).await), (1, CHANGES), "{:?}", report.problem);
    // Fields, branches, departments, a page of each of three lists, and one person.
    assert_eq!(reads(&desk, "freshteam"), 7);
    assert_eq!(desk.user("RG-17")["job_title"], "Sous Chef");
}

#[tokio::test(flavor = "multi_thread")]
async fn s_ma01_everybody_is_read_where_nobody_was_and_once_a_day() {
    for source in SOURCES {
        let numbers = 11..21;
        let rows = numbers.clone().map(|number| row(source, number)).collect();
        let users = numbers.map(|number| user(source, number)).collect();
        let mut desk = Desk::preview_only(document(source, rows, users)).await;
        let first = preview_changed(&desk).await;
        assert_eq!(scope(&desk, &first).await, all_read(WhyEverybody::NoPull), "{source}");
        assert_eq!(desk.feed("everybody is read: nobody has been read yet").await.len(), 1);
        assert_eq!(scope(&desk, &preview_changed(&desk).await).await, all_read(WhyEverybody::MostAreOpen));
        desk.publish().await;
        through(&desk, false).await;
        assert_eq!(scope(&desk, &sync_changed(&desk).await).await, CHANGES, "{source}");

        desk.reopen(TODAY.tomorrow().unwrap());
        assert_eq!(scope(&desk, &sync_changed(&desk).await).await, all_read(WhyEverybody::NewDay), "{source}");
        assert_eq!(scope(&desk, &sync_changed(&desk).await).await, CHANGES, "{source}");
    }
}

/// What the source depends on is not what it was.
#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_says_nothing_about_records_that_were_read_otherwise() {
    let desk = settled("rotaready", 20).await;
    let why = async || scope(&desk, &sync_changed(&desk).await).await;
    assert_eq!(why().await, CHANGES);
    desk.settings(|settings| _ = settings.field_map.insert("department".into(), "none".into())).await;
    assert_eq!(why().await, all_read(WhyEverybody::Settings));
    assert_eq!(why().await, CHANGES);
    desk.settings(|settings| settings.departments = vec!["Kitchen".into()]).await;
    assert_eq!(why().await, all_read(WhyEverybody::Settings));
    let id = desk.connection().await.id;
    desk.store().set_endpoint_parameter(id, Side::Source, "entities", Some("Quayside"), "test").await.unwrap();
    assert_eq!(why().await, all_read(WhyEverybody::Settings));
    assert_eq!(why().await, CHANGES);
    // Somebody is not in the last pull any more who has not changed there.
    desk.store().forget_person(id, "30".into(), None, "test").await.unwrap();
    assert_eq!(why().await, all_read(WhyEverybody::NoCursor));
    assert!(desk.store().employee(id, &"30".into()).await.unwrap().is_some(), "the source still has them");
    // A site is called otherwise: no account has changed by that.
    desk.sandbox.edit(|world| {
        let company = world.company_mut("rotaready").unwrap();
        company.options.branches.push(onroll::sandbox::OptionItem::coded("new", "New Site"));
    });
    assert_eq!(why().await, all_read(WhyEverybody::Refused));
    assert_eq!(desk.feed("names, options or rights are not what they were").await.len(), 1);
    assert_eq!(why().await, CHANGES);
}

/// Whether a call is the one that asks what has changed.
fn asks_for_changes(path: &str) -> bool {
    path.contains("updated_since") || path.contains("/changed?") || path.contains("modifiedSince")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cursor_that_the_source_refuses_leads_to_a_complete_reading() {
    for source in ["freshteam", "bamboohr", "mapal-os"] {
        let (desk, proxy) = settled_behind(source, 20).await;
        let is_changed = |desk: &Desk| desk.user(&identifier(source, 12))["job_title"] == "Sous Chef";
        edit(&desk, source, 12, |person| person.job_title = "Sous Chef".into());
        proxy.change(|path, reply| {
            if asks_for_changes(path) {
                reply.set_text(422, "application/json", r#"{"errors": [{"code": "invalid_value"}]}"#);
            }
        });
        let report = sync_changed(&desk).await;
        assert_eq!(scope(&desk, &report).await, all_read(WhyEverybody::Refused), "{source}");
        assert!(is_changed(&desk), "{source}");
        // One that gives no answer for a while is neither asked for everybody nor believed.
        edit(&desk, source, 12, |person| person.job_title = "Bartender".into());
        proxy.change(|path, reply| {
            if asks_for_changes(path) {
                reply.set_text(401, "application/json", "{}");
            }
        });
        let before = desk.store().snapshots(desk.connection().await.id, Side::Source, 1).await.unwrap();
        let report = sync_changed(&desk).await;
        assert_eq!(report.outcome, RunOutcome::Refused, "{source}: {:?}", report.problem);
        assert_eq!(desk.store().reading_of_run(report.run).await.unwrap(), None);
        assert_eq!(desk.store().snapshots(desk.connection().await.id, Side::Source, 1).await.unwrap(), before);
        proxy.pass_all();
        let report = sync_changed(&desk).await;
        assert_eq!((scope(&desk, &report).await, report.totals.confirmed), (CHANGES, 1), "{source}");
        assert_eq!(desk.user(&identifier(source, 12))["job_title"], "Bartender");
    }
    // Accounts that tell no times any more.
    let (desk, proxy) = settled_behind("rotaready", 20).await;
    proxy.change(|path, reply| {
        if path.contains("/staff") {
            let mut body = reply.json();
            for row in body["users"].as_array_mut().into_iter().flatten() {
                row.as_object_mut().map(|row| row.shift_remove("dateModified"));
            }
            reply.set_json(&body);
        }
    });
    assert_eq!(scope(&desk, &sync_changed(&desk).await).await, all_read(WhyEverybody::Refused));
    assert_eq!(scope(&desk, &sync_changed(&desk).await).await, all_read(WhyEverybody::NoCursor));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_changed_without_a_field_that_others_have_leads_to_a_complete_reading() {
    for source in SOURCES {
        let desk = settled(source, 20).await;
        (12..16).for_each(|number| edit(&desk, source, number, |person| person.start_date.clear()));
        assert_eq!(scope(&desk, &sync_changed(&desk).await).await, CHANGES, "{source}: four show nothing");
        (12..17).for_each(|number| {
            edit(&desk, source, number, |person| {
                (person.start_date, person.job_title) = (String::new(), "Bartender".into())
            });
        });
        let report = sync_changed(&desk).await;
        assert_eq!(scope(&desk, &report).await, all_read(WhyEverybody::OddChanges), "{source}");
        assert_eq!(report.problem, None, "{source}: of everybody only a few lack it");
        // Of everybody: stopped, whatever way it is read.
        (11..31).for_each(|number| edit(&desk, source, number, |person| person.start_date.clear()));
        let report = sync_changed(&desk).await;
        let said = report.problem.expect("stopped").lines().join(" ");
        assert!(said.contains("the start date is empty for everybody"), "{source}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_ends_after_the_reading_or_after_the_plan_loses_nothing() {
    for source in SOURCES {
        let (desk, proxy) = settled_behind(source, 20).await;
        let is_read = |event: &RunEvent| matches!(event, RunEvent::PhaseEnded(Phase::ReadSource));
        edit(&desk, source, 12, |person| person.job_title = "Sous Chef".into());
        let report = cut_off(&desk, is_read).await;
        assert_eq!((report.outcome, report.plan.is_none()), (RunOutcome::Interrupted, true), "{source}");
        assert_eq!(reading(&desk, &report).await.scope, ReadScope::Changes);
        assert_eq!(desk.user(&identifier(source, 12))["job_title"], "Waiter");
        // From now on the source tells of no change any more: what was read is here.
        proxy.change(move |path, reply| untold(source, path, reply));
        let report = sync_changed(&desk).await;
        let read = reading(&desk, &report).await;
        assert_eq!((read.scope, read.changed, report.totals.confirmed), (ReadScope::Changes, 0, 1), "{source}");
        assert_eq!(desk.user(&identifier(source, 12))["job_title"], "Sous Chef");

        proxy.pass_all();
        edit(&desk, source, 13, |person| person.job_title = "Bartender".into());
        let report = cut_off(&desk, |event| matches!(event, RunEvent::Planned { .. })).await;
        assert_eq!((report.outcome, report.totals.written), (RunOutcome::Interrupted, 0), "{source}");
        proxy.change(move |path, reply| untold(source, path, reply));
        let report = sync_changed(&desk).await;
        assert_eq!((report.outcome, report.problem), (RunOutcome::Done, None), "{source}");
        assert_eq!(
            (desk.user(&identifier(source, 13))["job_title"].as_str(), desk.users().len()),
            (Some("Bartender"), 20)
        );
    }
}

/// Takes every change out of what a source tells of times.
fn untold(source: &str, path: &str, reply: &mut Reply) {
    let mut body = reply.json();
    match source {
        "rotaready" => {
            for row in body["users"].as_array_mut().into_iter().flatten() {
                if row.get("dateModified").is_some() {
                    row["dateModified"] = json!("2025-01-01T00:00:00Z");
                }
            }
        }
        "freshteam" if path.contains("updated_since") => {
            body = json!([]);
            reply.headers.remove("total-pages");
            reply.headers.remove("total-objects");
        }
        "bamboohr" if path.contains("/changed?") => body = json!({"latest": null, "employees": {}}),
        "mapal-os" if path.contains("modifiedSince") => body = json!({"page": 1, "totalCount": 0, "items": []}),
        _ => return,
    }
    reply.set_json(&body);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_who_changes_twice_is_one_record_as_of_the_last_time() {
    for source in SOURCES {
        let desk = settled(source, 20).await;
        edit(&desk, source, 12, |person| person.job_title = "Sous Chef".into());
        edit(&desk, source, 12, |person| person.job_title = "Bartender".into());
        assert_eq!(sync_changed(&desk).await.totals.confirmed, 1, "{source}");
        assert_eq!(desk.user(&identifier(source, 12))["job_title"], "Bartender");
        // A list that shows a row twice, and one that is read twice because a row is missing.
        edit(&desk, source, 12, |person| person.job_title = "Waiter".into());
        desk.sandbox.set_faults(vec![Fault::new(FaultKind::DuplicateRows).at(source).times(1)]);
        let report = sync_changed(&desk).await;
        assert_eq!((report.totals.confirmed, report.problem.clone()), (1, None), "{source}");
        assert_eq!(scope(&desk, &report).await, CHANGES);
        assert_eq!(desk.user(&identifier(source, 12))["job_title"], "Waiter");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_be_read_is_held_and_asked_about_again_whatever_the_source_says() {
    let (desk, proxy) = settled_behind("rotaready", 20).await;
    edit(&desk, "rotaready", 12, |person| person.job_title = "Sous Chef".into());
    let broken = |modified: Option<&'static str>, is_broken: bool| {
        move |_: &str, reply: &mut Reply| {
            let mut body = reply.json();
            for row in body["users"].as_array_mut().into_iter().flatten() {
                if row["id"] == json!(12) {
                    if let Some(modified) = modified {
                        row["dateModified"] = json!(modified);
                    }
                    if is_broken {
                        row["personal"]["dob"] = json!("soon");
                    }
                }
            }
            if body["users"].is_array() {
                reply.set_json(&body);
            }
        }
    };
    proxy.change(broken(None, true));
    let report = sync_changed(&desk).await;
    assert_eq!(scope(&desk, &report).await, CHANGES);
    let plan = report.plan.unwrap().plan;
    assert_eq!(codes(&plan), [("12".to_owned(), HoldCode::RecordUnreadable)]);
    assert_eq!(desk.users().iter().filter(|user| user["status"] == json!("active")).count(), 20);
    // Corrected, and the time of the change lies before the cursor.
    proxy.change(broken(Some("2025-01-01T00:00:00Z"), false));
    let report = sync_changed(&desk).await;
    assert_eq!((scope(&desk, &report).await, report.totals.confirmed), (CHANGES, 1), "{:?}", report.problem);
    assert_eq!(desk.user("12")["job_title"], "Sous Chef");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_leaves_by_being_missing_and_a_list_is_compared_with_a_list() {
    for source in SOURCES {
        let desk = settled(source, 60).await;
        for number in 500..512 {
            hire(&desk, source, row(source, number));
        }
        let report = through(&desk, true).await;
        assert_eq!((report.totals.confirmed, scope(&desk, &report).await), (12, CHANGES), "{source}");
        for number in 11..20 {
            delete(&desk, source, number);
        }
        let report = sync_changed(&desk).await;
        assert_eq!((report.outcome, report.totals.written), (RunOutcome::Done, 0), "{source}: {:?}", report.problem);
        assert!(desk.users().iter().all(|user| user["status"] == json!("active")), "{source}");
        // 63 people, where the last complete list had 60, and those that were put together 72.
        let report = desk.sync().await;
        assert_eq!((report.problem.clone(), report.totals.written), (None, 0), "{source}");
        assert_eq!(report.totals.held, 9, "{source}: who is missing from a complete list is held");
        for number in 20..28 {
            delete(&desk, source, number);
        }
        assert_eq!(sync_changed(&desk).await.totals.written, 0);
        let report = desk.sync().await;
        assert_eq!(problem(&report).kind, ProblemKind::Stopped, "{source}");
        let own = u64::from(source == "rotaready");
        assert_eq!(problem(&report).let_through.as_ref().unwrap().last_good, 63 + own, "{source}");
        assert!(desk.users().iter().all(|user| user["status"] == json!("active")), "{source}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_may_be_created_was_read_just_now() {
    for source in SOURCES {
        let desk = settled(source, 20).await;
        desk.settings(|settings| settings.recreate = RecreatePolicy::Yes).await;
        let connection = desk.connection().await.id;
        // Held for the branch, deleted at the source, then the branch gets its option.
        hire(&desk, source, named(source, 500, "Nora", "Quist", json!({"branch": "Nowhere"})));
        hire(&desk, source, named(source, 501, "Piet", "Vermeer", json!({"branch": "Nowhere"})));
        let report = sync_changed(&desk).await;
        assert_eq!(report.totals.held, 2, "{source}: {:?}", report.problem);
        delete(&desk, source, 500);
        let target = Some(MappingTarget::Option(OptionKey("QUAY01".into())));
        desk.store().set_mapping(connection, ListKey::BRANCH, "Nowhere", target, "test").await.unwrap();
        let report = sync_changed(&desk).await;
        assert_eq!(scope(&desk, &report).await.0, ReadScope::Everybody, "{source}");
        assert_eq!((report.totals.confirmed, desk.users().len()), (1, 21), "{source}: {:?}", report.problem);
        assert_eq!(desk.user(&identifier(source, 501))["first_name"], "Piet");

        // A second record of somebody whom nobody has changed.
        let (first, last) = names(15);
        let mut second = named(source, 502, first, last, json!({"email": "somebody@elsewhere.example"}));
        second["date_of_birth"] = row(source, 15)["date_of_birth"].clone();
        hire(&desk, source, second);
        let report = sync_changed(&desk).await;
        assert_eq!(scope(&desk, &report).await, CHANGES, "{source}");
        let plan = report.plan.unwrap().plan;
        assert_eq!(hold(&plan, &id(source, 502)).code, HoldCode::ProbableDuplicate, "{source}");
        assert!(operations(&plan, OperationKind::Create).is_empty() && desk.users().len() == 21);

        // Somebody's user is removed over there, and somebody else's record as well.
        let remove_users = |numbers: [u32; 2]| {
            desk.sandbox.edit(|world| {
                let gone = numbers.map(|number| identifier(source, number));
                world.company_mut("flow-learning").unwrap().people.retain(|user| !gone.contains(&user.identifier));
            });
        };
        delete(&desk, source, 16);
        remove_users([16, 17]);
        let report = sync_changed(&desk).await;
        assert_eq!(scope(&desk, &report).await, all_read(WhyEverybody::SomebodyIsGone), "{source}");
        assert_eq!((report.totals.confirmed, desk.users().len()), (1, 20), "{source}: {:?}", report.problem);
        remove_users([17, 17]);
        let report = sync_changed(&desk).await;
        assert_eq!((scope(&desk, &report).await, report.totals.confirmed), (CHANGES, 1), "{source}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_does_not_tell_is_refused_before_a_run_begins() {
    let desk = Desk::live(world(vec![employee(1, "Ines", "Halloran", json!({}))], vec![])).await;
    let runs = desk.store().runs(None, 100).await.unwrap().len();
    let connection = desk.connection().await;
    let (reporter, control) = (Reporter::silent(), RunControl::default());
    let refused: Problem =
        desk.engine().sync(&connection, &request(true), &reporter, &control).await.unwrap_err().into();
    assert_eq!((refused.kind, refused.what.as_str()), (ProblemKind::Input, "Planday does not tell what has changed"));
    assert_eq!(refused.code(), onroll::domain::code::ProblemCode::NoChanges);
    assert!(refused.remedies[0].contains("leave `--changed` out"), "{refused:?}");
    let request = PreviewRequest { job: Job::by_hand(true), ..PreviewRequest::default() };
    assert!(desk.engine().preview(&connection, &request, &reporter, &control).await.is_err());
    assert_eq!(desk.store().runs(None, 100).await.unwrap().len(), runs);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_command_says_what_was_read_and_so_does_the_history() {
    let desk = settled("bamboohr", 20).await;
    edit(&desk, "bamboohr", 12, |person| person.job_title = "Sous Chef".into());
    let arguments = SyncArguments {
        tenant: desk.short_name.clone(),
        plan: None,
        without: Vec::new(),
        only: Vec::new(),
        full: false,
        changed: true,
        confirm: None,
        reason: None,
        waves: None,
        gate: None,
        yes: true,
    };
    let (mut out, told, _) = output(true);
    onroll::cli::sync::run(&desk.workspace, &arguments, &mut out).await.unwrap();
    let answer = told.answer();
    assert_eq!(answer["run"]["confirmed"], 1, "{answer}");
    let run = answer["run"]["id"].as_i64().unwrap();
    let shown = async |json: bool| {
        let (mut out, told, _) = output(json);
        onroll::cli::runs::run(&desk.workspace, &RunsCommand::Show { run }, &mut out).await.unwrap();
        told
    };
    let answer = shown(true).await.answer();
    assert_eq!((&answer["run"]["scope"], &answer["run"]["why"]), (&json!("changed"), &json!("by hand, changes")));
    let read = &answer["run"]["read"];
    assert_eq!(
        (&read["scope"], &read["records"], &read["changed"], &read["everybody"], &read["instead_of_changes"]),
        (&json!("changes"), &json!(1), &json!(1), &json!(20), &Value::Null)
    );
    let text = shown(false).await.text();
    assert!(text.contains("Read of the source: changes: 1 record read, 1 changed"), "{text}");
    let overview = desk.store().overview(desk.connection().await.id).await.unwrap();
    let of_run = desk.store().reading_of_run(onroll::domain::ids::RunId(run)).await.unwrap();
    assert_eq!(overview.reading, of_run, "the screens say the same");
    assert_eq!(overview.runs[0].job.scope, Scope::Changed);
    // Whoever is pushed by name is read alone, and the cursor stays good.
    edit(&desk, "bamboohr", 13, |person| person.job_title = "Sous Chef".into());
    edit(&desk, "bamboohr", 14, |person| person.job_title = "Bartender".into());
    let only = onroll::engine::run::SyncRequest {
        job: Job::by_hand_for(vec!["13".into()]),
        ..onroll::engine::run::SyncRequest::default()
    };
    let report = desk.sync_with(only).await;
    let read = reading(&desk, &report).await;
    assert_eq!((read.scope, read.records, read.changed), (ReadScope::People, 1, 1));
    let report = sync_changed(&desk).await;
    assert_eq!((scope(&desk, &report).await, report.totals.confirmed), (CHANGES, 1), "{:?}", report.problem);
    assert_eq!(desk.user("14")["job_title"], "Bartender");
    // Another setting has everybody read, and that is said as it happens.
    desk.settings(|settings| settings.email_fallback = !settings.email_fallback).await;
    let (mut out, told, _) = output(true);
    onroll::cli::sync::run(&desk.workspace, &arguments, &mut out).await.unwrap();
    let lines: Vec<Value> = told.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    prints("sync", &lines, &["Notice"]);
}

/// Chance that is the same each time (splitmix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }
}

/// What happens to one person of a world.
fn step(chance: &mut Chance, alive: &mut Vec<u32>, desks: [&Desk; 2], source: &str) {
    let number = alive[usize::try_from(chance.below(alive.len() as u64)).unwrap()];
    let act = chance.below(7);
    let hired = *alive.iter().max().unwrap() + 1;
    match act {
        0 => alive.push(hired),
        1 if alive.len() > 34 => alive.retain(|one| *one != number),
        _ => {}
    }
    for desk in desks {
        match act {
            0 => hire(desk, source, row(source, hired)),
            1 if !alive.contains(&number) => delete(desk, source, number),
            2 => edit(desk, source, number, leaves),
            3 => edit(desk, source, number, |person| {
                (person.end_date, person.status) = (String::new(), "active".into());
            }),
            4 => edit(desk, source, number, |person| person.last_name = format!("{}x", person.last_name)),
            5 => edit(desk, source, number, |person| person.job_title = "Sous Chef".into()),
            _ => edit(desk, source, number, |person| person.job_title = "Bartender".into()),
        }
    }
}

/// Users as the destination has them, by identifier; each is there once.
fn users(desk: &Desk) -> BTreeMap<String, Value> {
    let all = desk.users();
    let count = all.len();
    let by_identifier: BTreeMap<String, Value> = all
        .into_iter()
        .map(|user| {
            let members = ["first_name", "last_name", "email", "job_title", "branch", "status", "start_date"];
            let kept: Value = members.iter().map(|name| ((*name).to_owned(), user[*name].clone())).collect();
            (user["identifier"].as_str().unwrap_or_default().to_owned(), kept)
        })
        .collect();
    assert_eq!(by_identifier.len(), count, "somebody is there twice");
    by_identifier
}

/// Users who are not the same in both.
fn apart(one: &Desk, other: &Desk) -> Vec<(String, Option<Value>, Option<Value>)> {
    let (one, other) = (users(one), users(other));
    let all: BTreeSet<&String> = one.keys().chain(other.keys()).collect();
    let both = all.into_iter().map(|id| (id.clone(), one.get(id).cloned(), other.get(id).cloned()));
    both.filter(|(_, one, other)| one != other).collect()
}

/// Changes with kills and lost answers lead where complete readings without them lead.
#[tokio::test(flavor = "multi_thread")]
async fn changes_with_interruptions_lead_where_complete_readings_lead() {
    for (source, seed) in SOURCES.into_iter().zip(1..).chain(SOURCES.into_iter().zip(11..)) {
        let mut chance = Chance(seed);
        let (one, other) = (settled(source, 36).await, settled(source, 36).await);
        let mut alive: Vec<u32> = (11..47).collect();
        for turn in 0..5 {
            for _ in 0..1 + chance.below(3) {
                step(&mut chance, &mut alive, [&one, &other], source);
            }
            through(&other, false).await;
            match chance.below(7) {
                0 | 5 => kill(&one, 1 + chance.below(16)).await,
                1 => one.fault(FaultKind::AnswerLost, "flow-learning", 1),
                2 => one.fault(FaultKind::CutBody, source, 1),
                3 => _ = cut_off(&one, |event| matches!(event, RunEvent::Planned { .. })).await,
                4 => _ = cut_off(&one, |event| matches!(event, RunEvent::PhaseEnded(Phase::ReadSource))).await,
                _ => {}
            }
            through(&one, true).await;
            one.sandbox.set_faults(vec![]);
            let report = through(&one, true).await;
            assert_eq!(report.problem, None, "{source} {seed} {turn}");
            if chance.below(3) == 0 {
                let plan = one.plan().await;
                assert!(plan.operations.is_empty(), "{source} {seed} {turn}: {:?}", plan.operations);
            }
            assert_eq!(apart(&one, &other), [], "{source} {seed} {turn}: {:?}", report.totals);
        }
        through(&one, false).await;
        let plan = one.plan().await;
        assert!(plan.operations.is_empty(), "{source} {seed}: {:?}", plan.operations);
        assert_eq!(apart(&one, &other), [], "{source} {seed}");
    }
}

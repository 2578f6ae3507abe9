//! PeopleHR to Learn Amp with teams (PE04, PE05, PE06, PE13).

use super::learn_amp::{at_path, edit, live, own, person, user};
use crate::common::{Desk, TODAY, codes, operations};
use onroll::domain::plan::{HoldCode, OperationKind};
use onroll::domain::run::RunOutcome;
use onroll::ports::api::{NoNotices, ProbeResult, ProbeStep};
use onroll::sandbox::{FaultKind, SandboxConfig, World};
use serde_json::{Value, json};
use std::sync::Arc;

/// A live tenant whose primary teams come from departments.
async fn with_teams(people: Vec<Value>, users: Vec<Value>, amp: Value) -> Desk {
    let desk = live(people, users, amp).await;
    desk.settings(|settings| _ = settings.field_map.insert("list:team".into(), "department".into())).await;
    desk
}

fn people() -> Vec<Value> {
    vec![
        person(1, "Ines", "Halloran", json!({"department": "Kitchen"})),
        person(2, "Leo", "Marsh", json!({"department": "Bar"})),
        person(3, "Ana", "Lopes", json!({"department": "Kitchen"})),
    ]
}

fn teams(desk: &Desk) -> Vec<Value> {
    let world = desk.sandbox.world();
    let teams = world.company("learn-amp").unwrap().own.get("teams").cloned().unwrap_or_default();
    teams.as_array().cloned().unwrap_or_default()
}

fn names(desk: &Desk) -> Vec<String> {
    let mut names: Vec<String> =
        teams(desk).iter().map(|team| team["name"].as_str().unwrap_or_default().to_owned()).collect();
    names.sort();
    names
}

async fn probe(desk: &Desk) -> Vec<ProbeStep> {
    let clients = desk.engine().clients(&desk.connection().await, Arc::new(NoNotices)).await.unwrap();
    clients.destination.probe().await
}

/// The name of somebody's primary team.
fn team_of(desk: &Desk, identifier: &str) -> Option<String> {
    let id = desk.user(identifier)["primary_team"].clone();
    let team = teams(desk).into_iter().find(|team| team["id"] == id)?;
    team["name"].as_str().map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pe04_without_a_choice_nobody_is_in_a_team_and_none_is_made() {
    let desk = live(people(), vec![], json!({})).await;
    assert_eq!(desk.sync_confirmed().await.outcome, RunOutcome::Done);
    assert_eq!((names(&desk), team_of(&desk, "HK1")), (vec![], None));
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pe04_teams_are_made_from_departments_once_and_people_are_in_them() {
    let by_hand = json!({"teams": [{"id": 7, "name": "Choir"}, {"id": 8, "name": "Bar", "parent": 7}]});
    let linked = user(3, "Ana", "Lopes", json!({"department": "Kitchen", "secondary_teams": [7]}));
    let desk = with_teams(people(), vec![linked], by_hand).await;
    let plan = desk.plan().await;
    let made: Vec<_> = operations(&plan, OperationKind::CreateOption);
    assert_eq!((codes(&plan), made.len(), made[0].fields[0].to.as_deref()), (vec![], 1, Some("Kitchen")));
    // `Bar` is there: it is taken, not made again.
    let report = desk.sync_confirmed().await;
    assert_eq!(report.outcome, RunOutcome::Done, "{:?}", report.problem);
    assert_eq!(names(&desk), ["Bar", "Choir", "Kitchen"]);
    let found = ["HK1", "HK2", "HK3"].map(|id| team_of(&desk, id));
    assert_eq!(found, [Some("Kitchen".into()), Some("Bar".into()), Some("Kitchen".into())]);
    assert_eq!(desk.user("HK3")["secondary_teams"], json!([7]), "secondary teams are left alone");
    assert!(teams(&desk).iter().all(|team| team["id"] == 8 || team["parent"].is_null()), "PE13: no parent is ever set");
    assert!(desk.plan().await.operations.is_empty(), "{:?}", desk.plan().await.operations);

    edit(&desk, "1", |person| person.department = "Bar".into());
    let plan = desk.plan().await;
    assert_eq!((plan.operations.len(), plan.counts.update), (1, 1));
    assert_eq!(desk.sync_confirmed().await.totals.confirmed, 1);
    assert_eq!(team_of(&desk, "HK1").as_deref(), Some("Bar"));
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pe04_a_team_whose_answer_was_lost_or_that_appears_meanwhile_is_made_once() {
    for kind in [FaultKind::AnswerLost, FaultKind::Internal] {
        let desk = with_teams(people(), vec![], json!({})).await;
        desk.plan().await;
        desk.sandbox.set_faults(vec![at_path(kind, "POST", "/learn-amp/v1/teams")]);
        let report = desk.sync_confirmed().await;
        assert_eq!(names(&desk), ["Bar", "Kitchen"], "{kind:?} {:?}", report.problem);
        desk.sync_confirmed().await;
        assert_eq!((names(&desk).len(), desk.users().len()), (2, 3));
        assert!(desk.plan().await.operations.is_empty());
    }
    let desk = with_teams(people(), vec![], json!({})).await;
    let plan = desk.plan().await;
    own(&desk, "teams", json!([{"id": 40, "name": "Kitchen"}]));
    assert_eq!(plan.counts.create_option, 2);
    desk.sync_confirmed().await;
    assert_eq!(names(&desk), ["Bar", "Kitchen"], "the one made by hand is taken");
    assert_eq!(team_of(&desk, "HK1").as_deref(), Some("Kitchen"));
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pe05_only_our_own_team_is_removed_and_only_when_nobody_is_in_it() {
    let by_hand = json!({"teams": [{"id": 7, "name": "Bar"}], "scopes": null});
    let desk = with_teams(people(), vec![], by_hand).await;
    desk.sync_confirmed().await;
    assert_eq!(names(&desk), ["Bar", "Kitchen"]);
    for id in ["1", "2", "3"] {
        edit(&desk, id, |person| person.department = "Rooms".into());
    }
    desk.settings(|settings| settings.remove_unused_options = true).await;
    let scopes = ["users:read", "users:create", "users:update", "users:deactivate", "users:reactivate"];
    let more = ["teams:read", "teams:create", "teams:delete"];
    own(&desk, "scopes", json!(scopes.iter().chain(&more).collect::<Vec<_>>()));
    assert_eq!(desk.sync_confirmed().await.outcome, RunOutcome::Done);
    assert_eq!(names(&desk), ["Bar", "Kitchen", "Rooms"], "who was in it has moved only now");
    let plan = desk.plan().await;
    let removed = operations(&plan, OperationKind::RemoveOption);
    assert_eq!((removed.len(), removed[0].note.as_deref()), (1, Some("`Kitchen`")), "the one made by hand stays");

    // Somebody joins it between plan and write: it stays.
    let kitchen = teams(&desk).iter().find(|team| team["name"] == "Kitchen").unwrap()["id"].clone();
    let join = |team: Value| {
        desk.sandbox.edit(|world| {
            let company = world.company_mut("learn-amp").unwrap();
            let one = company.people.iter_mut().find(|person| person.identifier == "HK2").unwrap();
            one.own.insert("secondary_teams".into(), team);
        });
    };
    join(json!([kitchen]));
    let report = desk.sync_confirmed().await;
    assert_eq!((report.totals.set_aside, names(&desk).len()), (1, 3), "{:?}", report.problem);
    join(json!([]));
    assert_eq!(desk.sync_confirmed().await.outcome, RunOutcome::Done);
    assert_eq!(names(&desk), ["Bar", "Rooms"]);
    assert!(desk.plan().await.operations.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pe06_a_new_team_gets_the_account_s_owner_as_its_manager_and_nobody_that_role() {
    let owner = user(9, "Olga", "Wren", json!({"identifier": "", "role": "owner", "department": "Office"}));
    let other = user(8, "Omar", "Wren", json!({"identifier": "", "role": "owner", "department": "Office"}));
    for (owners, works) in [(vec![owner.clone()], true), (vec![], false), (vec![owner, other], false)] {
        let document = json!({"peoplehr": {"employees": people()}, "learn-amp": {"users": owners}});
        let world = Some(World::from_json_text(&document.to_string()).unwrap());
        let manager = |text: String| {
            let text = text.replacen("[destination]\n", "[destination]\nteam_manager = \"owner\"\n", 1);
            text.replacen("[field_map]\n", "[field_map]\n\"list:team\" = \"department\"\n", 1)
        };
        let config = SandboxConfig { world, ..SandboxConfig::new(TODAY) };
        let desk = Desk::of_pair(config, "peoplehr-learn-amp", manager).await;
        let steps = probe(&desk).await;
        let failed = steps.iter().any(|step| matches!(step.result, ProbeResult::Failed(_)));
        assert_eq!(failed, !works, "{steps:?}");
        if !works {
            let connection = desk.connection().await;
            let words = desk.engine().publish_with_test_run(&connection).await.unwrap_err().to_string();
            assert!(words.contains("role `owner`"), "{words}");
            continue;
        }
        desk.publish().await;
        let report = desk.sync_confirmed().await;
        assert_eq!(report.outcome, RunOutcome::Done, "{:?}", report.problem);
        assert!(teams(&desk).iter().all(|team| team["manager"] == 4009), "{:?}", teams(&desk));
        let owners = desk.users().iter().filter(|user| user["role"] == "owner").count();
        assert_eq!((names(&desk).len(), owners), (2, 1));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn s_pe04_a_key_without_rights_for_teams_is_named_and_holds_who_needs_a_new_one() {
    let scopes = ["users:read", "users:create", "users:update", "users:deactivate", "users:reactivate", "teams:read"];
    let desk = with_teams(people(), vec![], json!({"scopes": scopes, "teams": [{"id": 7, "name": "Bar"}]})).await;
    let plan = desk.plan().await;
    let held = |id: &str| (id.to_owned(), HoldCode::OptionMissing);
    assert_eq!((codes(&plan), plan.counts.create), (vec![held("HK1"), held("HK3")], 1));
    let words = format!("{:?}", probe(&desk).await);
    assert!(words.contains("teams:create"), "{words}");
}

//! Lists as a destination declares them: fed by any field, growing by themselves, cleared up where that is asked for.

use super::*;
use crate::domain::capabilities::ListSpec;
use crate::domain::plan::OperationKind;

const TEAM: ListSpec = ListSpec {
    by_code: true,
    creatable: true,
    grows: true,
    removable: true,
    fed_by: None,
    ..ListSpec::new(ListKey::TEAM, ("team", "teams"), Field::Department)
};

/// A company whose destination has teams; `feed` is what the field map says of them.
fn with_teams(feed: Option<&str>) -> Company {
    let mut it = company();
    let lists: Vec<ListSpec> = it.destination.lists.iter().copied().chain([TEAM]).collect();
    it.destination.lists = Vec::leak(lists);
    let fields: Vec<Field> = it.destination.fields.iter().copied().chain([ListKey::TEAM.field()]).collect();
    it.destination.fields = Vec::leak(fields);
    it.destination.custom_fields = true;
    if let Some(feed) = feed {
        it.settings.field_map.insert("list:team".into(), feed.into());
    }
    it
}

fn of_department(id: &str, department: &str) -> Employee {
    let last_name = ["Silva", "Costa", "Rego"][id.parse::<usize>().unwrap() - 1];
    let mut employee = employee(id, "Ana", last_name);
    employee.person.department = Some(department.into());
    employee
}

fn team(key: &str, name: &str, made_here: bool) -> DestinationOption {
    DestinationOption { made_here, ..option(ListKey::TEAM, key, name, true) }
}

/// What is sent of the team for each person who is written: `1: 70`.
fn sent(plan: &Plan) -> Vec<String> {
    let of = |one: &crate::domain::plan::Operation| {
        let change = one.fields.iter().find(|change| change.field == ListKey::TEAM.field())?;
        let who = one.employee.as_ref().map_or("-", |employee| employee.as_str());
        Some(format!("{who}: {}", change.to.as_deref().unwrap_or("nothing")))
    };
    plan.operations.iter().filter_map(of).collect()
}

fn removed(plan: &Plan) -> Vec<&str> {
    let of_kind = plan.operations.iter().filter(|one| one.kind == OperationKind::RemoveOption);
    of_kind.filter_map(|one| one.note.as_deref()).collect()
}

#[test]
fn pe04_a_list_is_fed_from_the_field_that_is_chosen_and_from_none_until_then() {
    for (feed, expected) in [
        (None, vec![]),
        (Some("none"), vec![]),
        (Some("department"), vec!["1: 70"]),
        (Some("branch"), vec!["1: 71"]),
        (Some("custom:Crew"), vec!["1: 72"]),
    ] {
        let mut it = with_teams(feed);
        it.options.extend([team("70", "Kitchen", false), team("71", "Quayside", false), team("72", "Red", false)]);
        it.tables.push(MappingTable::empty(ListKey::TEAM, true));
        let mut person = of_department("1", "Kitchen");
        // What a source puts there that reads a field of its own for the list.
        person.person.set(ListKey::TEAM.field(), Some("Red")).unwrap();
        it.employees.push(person);
        let plan = it.plan();
        assert_eq!((sent(&plan), plan.holds.len()), (expected.into_iter().map(str::to_owned).collect(), 0), "{feed:?}");
    }
}

#[test]
fn pe04_a_value_that_no_team_is_like_becomes_a_team_once_and_the_next_plan_is_empty() {
    let mut it = with_teams(Some("department"));
    it.employees.extend([of_department("1", "Kitchen"), of_department("2", "Kitchen"), of_department("3", "Bar ")]);
    let plan = it.plan();
    assert_eq!(plan.counts.create_option, 2);
    assert_eq!(sent(&plan), ["-: Bar", "-: Kitchen", "1: Kitchen", "2: Kitchen", "3: Bar"]);

    // The teams are made by now, under codes.
    it.options.extend([team("70", "Kitchen", true), team("71", "Bar", true)]);
    let plan = it.plan();
    assert_eq!((plan.counts.create_option, sent(&plan)), (0, vec!["1: 70".into(), "2: 70".into(), "3: 71".into()]));
}

#[test]
fn a_team_that_differs_in_capitals_only_is_asked_about_and_not_made_again() {
    let mut it = with_teams(Some("department"));
    it.options.push(team("70", "kitchen", false));
    it.tables.push(MappingTable::empty(ListKey::TEAM, true));
    it.employees.push(of_department("1", "Kitchen"));
    let plan = it.plan();
    assert_eq!((plan.counts.create_option, plan.holds[0].code), (0, HoldCode::UnmappedValue));
    assert_eq!(plan.holds[0].field.as_deref(), Some("list:team"));
}

#[test]
fn where_the_account_lets_no_team_be_made_whoever_needs_one_is_held() {
    let mut it = with_teams(Some("department"));
    it.can_create_options = false;
    it.employees.push(of_department("1", "Kitchen"));
    let plan = it.plan();
    assert_eq!((plan.operations.len(), plan.holds[0].code), (0, HoldCode::OptionMissing));
}

#[test]
fn pe05_only_teams_of_ours_that_nobody_needs_are_removed_and_only_where_that_is_wanted() {
    let mut it = with_teams(Some("department"));
    it.tables.push(MappingTable::empty(ListKey::TEAM, true));
    it.options.extend([
        team("70", "Kitchen", true),
        team("71", "Cellar", true),
        team("72", "Choir", false),
        team("73", "Bar", true),
        team("74", "Terrace", true),
        DestinationOption { active: false, ..team("75", "Old", true) },
    ]);
    let mut kitchen = of_department("1", "Kitchen");
    it.synced(kitchen.clone()).set(ListKey::TEAM.field(), Some("70")).unwrap();
    // Somebody whom the destination still shows in a team; somebody who is held keeps hers needed too.
    it.synced(of_department("2", "Kitchen")).set(ListKey::TEAM.field(), Some("73")).unwrap();
    kitchen = of_department("3", "Terrace");
    kitchen.person.branch = Some("Nowhere".into());
    it.employees.push(kitchen);
    assert!(removed(&it.plan()).is_empty(), "nobody has asked for it");

    it.settings.remove_unused_options = true;
    let plan = it.plan();
    assert_eq!(removed(&plan), ["`Cellar`"]);
    assert_eq!((plan.counts.remove_option, plan.operations.last().unwrap().kind), (1, OperationKind::RemoveOption));
    let one = crate::planning::parts::only(&plan, &["1".into()]);
    assert!(removed(&one).is_empty(), "a run for one person clears up nothing");

    // A row that names it keeps it, and so does a list that is fed no more.
    let row = MappingRow { target: MappingTarget::Option("71".into()), by: "R. Osei".into(), at: moment(0) };
    it.tables.last_mut().unwrap().rows.insert("Spa".into(), row);
    assert!(removed(&it.plan()).is_empty());
    it.tables.last_mut().unwrap().rows.clear();
    it.settings.field_map.insert("list:team".into(), "none".into());
    assert!(removed(&it.plan()).is_empty());
}

#[test]
fn pe05_the_team_of_leavers_alone_is_nobody_s_any_more() {
    let mut it = with_teams(Some("department"));
    it.tables.push(MappingTable::empty(ListKey::TEAM, true));
    it.settings.remove_unused_options = true;
    it.options.push(team("70", "Kitchen", true));
    let mut left = of_department("1", "Kitchen");
    left.status = EmploymentStatus::Ended;
    let user = it.synced(left);
    user.set(ListKey::TEAM.field(), Some("70")).unwrap();
    assert!(removed(&it.plan()).is_empty(), "the account is still active");
    it.users[0].status = UserStatus::Inactive;
    assert_eq!(removed(&it.plan()), ["`Kitchen`"]);
}

#[test]
fn any_list_may_be_fed_from_another_field_than_its_own() {
    let mut it = company();
    it.options.push(option(ListKey::ACCESS_PROFILE, "Manager", "Manager", true));
    it.tables.push(MappingTable::empty(ListKey::ACCESS_PROFILE, true));
    it.settings.field_map.insert("access_profile".into(), "department".into());
    it.employees.push(of_department("1", "Manager"));
    it.settings.write_policy.insert("department".into(), crate::domain::settings::WritePolicy::Never);
    let plan = it.plan();
    let profile = plan.operations.iter().flat_map(|one| &one.fields).find(|one| one.field == Field::AccessProfile);
    assert_eq!(profile.and_then(|change| change.to.as_deref()), Some("Manager"), "{:?}", plan.holds);
}

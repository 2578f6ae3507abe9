//! The fleet's lists: each figure is that of the tenant's own screen, whatever happens beside.

use super::bench::Bench;
use super::common::{Desk, TODAY, employee, output, user_of, world};
use super::{console, store_support as kept};
use clap::Parser;
use crossterm::event::KeyCode;
use onroll::cli::arguments::{Arguments, FleetArguments, PeopleArguments, ScreenName};
use onroll::cli::{fleet as command, tenant_file};
use onroll::console::app::{Effect, Msg, Payload, Place, Query};
use onroll::console::backend::query;
use onroll::console::screens::ScreenId;
use onroll::console::screens::fleet::data::{Answer, Ask};
use onroll::console::screens::mappings::data as mappings;
use onroll::console::screens::plan::data as plan;
use onroll::console::screens::tenants::data as tenants_data;
use onroll::domain::connection::ConnectionStatus;
use onroll::domain::decision::{Decision, Ruling};
use onroll::domain::ids::EmployeeId;
use onroll::domain::plan::{HoldCode, HoldKind};
use onroll::engine::progress::{Reporter, RunControl};
use onroll::engine::run::PreviewRequest;
use onroll::planning::key_fields;
use onroll::services::fleet::{self, Found, Lead, Part, Sums};
use onroll::services::lists::{List, Stand, View, save_view};
use onroll::services::tenants;
use onroll::store::views::{PeopleFilter, PeopleQuery};
use rusqlite::Connection as Sqlite;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Instant;

const SECOND: &str = "second-house";

/// Two tenants with a plan each, and one that was never read.
async fn desk() -> Desk {
    let employees = vec![
        employee(1, "Ana", "Lima", json!({})),
        employee(2, "Siobhán", "O’Rourke", json!({"job_title": "sous  chef"})),
        employee(3, "Cara", "Shaw", json!({"job_title": "Magician"})),
        employee(4, "Dan", "Moor", json!({"job_title": "Magician", "department": "Cellar"})),
        employee(5, "Eve", "Hall", json!({"job_title": null})),
        employee(6, "Finn", "Wójcik", json!({"email": "finn@private.example"})),
        employee(7, "Gil", "Noor", json!({"email": "same@hvine.example"})),
        employee(8, "Hana", "Sato", json!({"email": "same@hvine.example"})),
        employee(9, "Ida", "Holm", json!({"job_title": "Magician"})),
        employee(10, "Jo", "Ives", json!({"email": "jo@private.example"})),
    ];
    let open = |id| json!({"identifier": null, "email": format!("{id}@old.example")});
    let users = vec![
        user_of(1, "Ana", "Lima", json!({})),
        user_of(6, "Finn", "Wójcik", open(6)),
        user_of(10, "Jo", "Ives", open(10)),
    ];
    let desk = Desk::preview_only(world(employees, users)).await;
    for (name, short) in [("Second House", SECOND), ("Third Inn", "third-inn")] {
        let (_, text) = desk.sandbox.tenant_files().into_iter().next().unwrap();
        let mut other = tenant_file::parse(&text).unwrap();
        (other.name, other.short_name) = (name.into(), short.into());
        tenants::add(desk.engine(), &desk.workspace.access, other).await.unwrap();
    }
    desk.preview().await;
    preview(&desk, SECOND).await;
    desk
}

async fn preview(desk: &Desk, short: &str) {
    let connection = desk.workspace.connection(short).await.unwrap();
    let (reporter, control) = (Reporter::silent(), RunControl::default());
    let report = desk.engine().preview(&connection, &PreviewRequest::default(), &reporter, &control).await.unwrap();
    assert_eq!(report.problem, None);
}

async fn asked(desk: &Desk, ask: Ask) -> Answer {
    match query(&console(desk), Query::Fleet(ask)).await.unwrap() {
        Payload::Fleet(answer) => answer,
        other => panic!("{other:?}"),
    }
}

/// The parts of all tenants, as the screen reads them.
async fn parts(desk: &Desk) -> Vec<Part> {
    let Answer::Members(members) = asked(desk, Ask::Members).await else { panic!() };
    let mut left: Vec<String> = members.iter().map(|member| member.short().to_owned()).collect();
    let mut all = Vec::new();
    while !left.is_empty() {
        let Answer::Parts { parts, gone } = asked(desk, Ask::Parts(left.clone())).await else { panic!() };
        assert_eq!(gone, Vec::<String>::new());
        left.retain(|short| parts.iter().all(|part| part.member.short() != short));
        all.extend(parts);
    }
    all
}

async fn entries(desk: &Desk) -> BTreeMap<String, tenants_data::Entry> {
    match query(&console(desk), Query::Tenants(tenants_data::Ask::List)).await.unwrap() {
        Payload::Tenants(tenants_data::Answer::List(entries)) => {
            entries.into_iter().map(|entry| (entry.short().to_owned(), entry)).collect()
        }
        other => panic!("{other:?}"),
    }
}

async fn page(desk: &Desk, tenant: &str) -> plan::Page {
    match query(&console(desk), Query::Plan(plan::Ask::Page { tenant: tenant.into() })).await.unwrap() {
        Payload::Plan(plan::Answer::Page(page)) => *page.unwrap(),
        other => panic!("{other:?}"),
    }
}

/// Every figure of the fleet's lists beside the tenant's own screens: Plan, Overview, Tenants, the badge, Mappings, People.
async fn assert_sums(desk: &Desk) -> Vec<Part> {
    let (parts, entries) = (parts(desk).await, entries(desk).await);
    let store = desk.store();
    for part in parts.iter().filter(|part| part.plan.is_some()) {
        let (tenant, id) = (part.member.short(), part.member.connection.id);
        let page = page(desk, tenant).await;
        let mut pane: Vec<(HoldCode, u32)> = page.held.iter().map(|row| (row.code, row.people)).collect();
        let mut lines: Vec<(HoldCode, u32)> =
            part.holds.iter().filter(|line| line.past_limit == 0).map(|line| (line.code, line.people)).collect();
        pane.sort_unstable();
        lines.sort_unstable();
        assert_eq!(lines, pane, "{tenant}: line by line");
        let ruled: u32 = part.holds.iter().filter(|line| line.is_ruled()).map(|line| line.people).sum();
        assert_eq!((part.held, ruled), (page.held_people, page.ruled), "{tenant}");
        let all: u32 = lines.iter().map(|(_, people)| people).sum();
        assert_eq!(part.held + ruled, all, "{tenant}");
        let overview = store.overview(id).await.unwrap();
        assert_eq!(part.held, overview.held(HoldKind::Blocked) + overview.held(HoldKind::Review), "{tenant}");
        let row = entries[tenant].row.plan.as_ref().unwrap();
        assert_eq!((part.held, part.values.len() as u32), (row.held, row.unmapped_values), "{tenant}");
        for line in &part.holds {
            let filter = PeopleFilter::HeldFor(line.code);
            let people = store.people_keys(id, PeopleQuery { filter, ..PeopleQuery::default() }).await.unwrap();
            assert_eq!(people.len() as u32, line.people, "{tenant}: {}", line.because);
        }
        for line in &part.values {
            let tab = line.list.map(mappings::Tab::Table);
            let ask = mappings::Ask::Sheet { tenant: tenant.into(), tab };
            let Payload::Mappings(mappings::Answer::Sheet(sheet)) =
                query(&console(desk), Query::Mappings(ask)).await.unwrap()
            else {
                panic!()
            };
            let own = sheet.lines.iter().find(|own| own.value == line.value).expect("Mappings has the value");
            let told = (Some(own.state), &own.target, own.people, &own.why);
            assert_eq!(told, (line.state, &line.suggestion, line.people, &line.why), "{tenant}: {}", line.value);
        }
    }
    let sums = Sums::of(&parts);
    let Answer::Counts(counts) = asked(desk, Ask::Counts).await else { panic!() };
    assert_eq!((counts.holds, counts.values), (Some(sums.held), Some(sums.values as u64)));
    let heard = said(desk, Some("holds"), None).await;
    let lines = heard["holds"].as_array().unwrap();
    assert_eq!(heard["held"], json!(sums.held));
    let told: u64 = lines.iter().map(|line| line["people"].as_u64().unwrap()).sum();
    let own: u64 = parts.iter().flat_map(|part| &part.holds).map(|line| u64::from(line.people)).sum();
    assert_eq!(told, own);
    let values = said(desk, Some("values"), None).await;
    assert_eq!(values["values"].as_array().unwrap().len(), sums.values);
    parts
}

async fn said(desk: &Desk, what: Option<&str>, tenant: Option<&str>) -> Value {
    let (mut out, heard, _) = output(true);
    match what {
        Some("holds") => command::holds(&desk.workspace, tenant, &mut out).await.unwrap(),
        Some("values") => command::values(&desk.workspace, tenant, &mut out).await.unwrap(),
        other => panic!("{other:?}"),
    };
    heard.answer()
}

/// A ruling of now by the clock of the file, which dates the plans too.
async fn rule(desk: &Desk, employee: &str, ruling: Ruling) {
    let (id, connection) = (EmployeeId::from(employee), desk.connection().await.id);
    let found = desk.store().employee(connection, &id).await.unwrap().unwrap();
    let (by, at, key_fields) = ("another process".into(), desk.store().now(), key_fields(&found.person));
    let decision = Decision { employee: id, ruling, reason: None, by, at, key_fields };
    desk.store().decide(connection, vec![decision]).await.unwrap();
}

fn part_of<'a>(parts: &'a [Part], short: &str) -> &'a Part {
    parts.iter().find(|part| part.member.short() == short).unwrap()
}

#[tokio::test]
async fn the_lists_are_the_sum_of_the_tenants_own_screens() {
    let desk = desk().await;
    let parts = assert_sums(&desk).await;
    let own = part_of(&parts, &desk.short_name);
    let line = |code| own.holds.iter().find(|line| line.code == code).unwrap();
    let values = line(HoldCode::UnmappedValue);
    assert!(values.because.starts_with("value not mapped: "), "{values:?}");
    assert!(matches!(&values.lead, Lead::Mappings(Some((_, value))) if value == "Magician"), "{values:?}");
    assert_eq!(line(HoldCode::MissingField).lead, Lead::People(HoldCode::MissingField));
    assert!(matches!(line(HoldCode::DuplicateEmail).lead, Lead::Collision(Some(_))));
    assert!(matches!(&line(HoldCode::ProbableDuplicate).lead, Lead::Review(Some(_))), "{:?}", own.holds);
    let sums = Sums::of(&parts);
    assert_eq!((sums.tenants, sums.holding, sums.unplanned, sums.free), (3, 2, 1, 0), "never read is not nobody");
    assert!(sums.words().contains("1 has no plan"), "{}", sums.words());
    // Switched off: Tenants counts its people, so do the lists.
    let second = desk.workspace.connection(SECOND).await.unwrap();
    tenants::switch_off(desk.engine(), &desk.workspace.access, &second).await.unwrap();
    let parts = assert_sums(&desk).await;
    let off = part_of(&parts, SECOND);
    assert_eq!(off.member.connection.status, ConnectionStatus::Off);
    assert_eq!(off.held, part_of(&parts, &desk.short_name).held);
}

#[tokio::test]
async fn rulings_since_the_plan_are_said_and_the_figures_stay_those_of_the_plan() {
    let desk = desk().await;
    let before = part_of(&assert_sums(&desk).await, &desk.short_name).clone();
    let find = |part: &Part, code| part.holds.iter().find(|line| line.code == code).cloned();
    let duplicates = find(&before, HoldCode::ProbableDuplicate).unwrap();
    assert_eq!((duplicates.people, duplicates.ruled), (2, 0));
    let Lead::Review(Some(first)) = duplicates.lead.clone() else { panic!() };
    let other = if first.as_str() == "6" { "10" } else { "6" };
    rule(&desk, first.as_str(), Ruling::Create).await;
    let after = part_of(&assert_sums(&desk).await, &desk.short_name).clone();
    let line = find(&after, HoldCode::ProbableDuplicate).unwrap();
    assert_eq!((line.people, line.ruled, line.since), (2, 1, duplicates.since));
    assert_eq!(line.lead, Lead::Review(Some(other.into())), "the first on whom nobody has ruled");
    let Answer::Held { people, .. } =
        asked(&desk, Ask::Held { tenant: desk.short_name.clone(), code: line.code, value: None }).await
    else {
        panic!()
    };
    let ruled: Vec<(&str, bool)> = people.iter().map(|one| (one.employee.as_str(), one.ruled.is_some())).collect();
    assert!(ruled.contains(&(first.as_str(), true)) && ruled.contains(&(other, false)), "{ruled:?}");
    // The next plan has it; who was excluded is counted apart on every screen.
    rule(&desk, other, Ruling::Exclude).await;
    desk.preview().await;
    let parts = assert_sums(&desk).await;
    let own = part_of(&parts, &desk.short_name);
    assert_eq!(find(own, HoldCode::ProbableDuplicate), None);
    let excluded = find(own, HoldCode::Excluded).unwrap();
    assert!(excluded.is_ruled() && excluded.people == 1 && own.held == before.held - 2, "{own:?}");
    // What was held before is held since then.
    let missing = find(own, HoldCode::MissingField).unwrap();
    assert_eq!(missing.since, find(&before, HoldCode::MissingField).unwrap().since);
    assert!(excluded.since > missing.since);
    let named = Ask::Held {
        tenant: SECOND.into(),
        code: HoldCode::UnmappedValue,
        value: Some(("job_title".into(), "Magician".into())),
    };
    let Answer::Held { people, .. } = asked(&desk, named).await else { panic!() };
    assert!(!people.is_empty() && people.iter().all(|one| one.value.as_deref() == Some("Magician")), "{people:?}");
}

#[tokio::test]
async fn a_mapping_of_another_process_settles_the_value_before_the_next_plan() {
    let desk = desk().await;
    let connection = desk.connection().await;
    let target = onroll::domain::mapping::MappingTarget::Option("Waiter".into());
    let cells = vec![(onroll::domain::list::ListKey::JOB_TITLE, "Magician".to_owned(), Some(target))];
    desk.store().set_mappings(connection.id, cells, "somebody else").await.unwrap();
    // The plan has it still: so do the badge, Tenants and the list, which says that it is settled.
    let parts = assert_sums(&desk).await;
    let line = part_of(&parts, &desk.short_name).values.iter().find(|line| line.value == "Magician").unwrap();
    assert!(line.is_settled(), "{line:?}");
    assert!(!part_of(&parts, SECOND).values.iter().any(fleet::ValueLine::is_settled));
    desk.preview().await;
    let parts = assert_sums(&desk).await;
    assert!(part_of(&parts, &desk.short_name).values.iter().all(|line| line.value != "Magician"));
}

#[tokio::test]
#[allow(clippy::disallowed_methods, reason = "the test breaks the file itself")]
async fn a_broken_tenant_is_one_line_and_a_removed_one_is_none() {
    let desk = desk().await;
    let file = Sqlite::open(desk.workspace.dir.join("onroll.db")).unwrap();
    let break_it = "UPDATE connection SET settings = '{\"a\":' WHERE short_name = ?1";
    assert_eq!(file.execute(break_it, [SECOND]).unwrap(), 1);
    let parts = parts(&desk).await;
    let broken = part_of(&parts, SECOND);
    assert!(broken.broken.as_ref().is_some_and(|why| why.contains("settings")), "{broken:?}");
    assert!(broken.holds.is_empty() && part_of(&parts, &desk.short_name).held > 0);
    let heard = said(&desk, Some("holds"), None).await;
    assert_eq!(heard["broken"][0]["tenant"], json!(SECOND));
    let found = find(&desk, "shaw").await;
    assert_eq!(found.people.len(), 1, "a broken tenant is not looked through");
    // Its plan alone.
    file.execute("UPDATE connection SET settings = '{}' WHERE short_name = ?1", [SECOND]).unwrap();
    let id = desk.workspace.connection(SECOND).await.unwrap().id;
    assert!(file.execute("UPDATE plan SET counts = '{' WHERE connection = ?1", [id.0]).unwrap() > 0);
    let parts = self::parts(&desk).await;
    assert!(part_of(&parts, SECOND).broken.as_ref().is_some_and(|why| why.contains("cannot be read")));
    drop(file);
    let connection = desk.workspace.connection(SECOND).await.unwrap();
    tenants::remove(desk.engine(), &desk.workspace.access, &connection).await.unwrap();
    let wanted = vec![SECOND.to_owned(), desk.short_name.clone()];
    let Answer::Parts { parts, gone } = asked(&desk, Ask::Parts(wanted)).await else { panic!() };
    assert_eq!((gone.as_slice(), parts.len()), ([SECOND.to_owned()].as_slice(), 1));
}

async fn find(desk: &Desk, text: &str) -> Found {
    match asked(desk, Ask::Find(text.into())).await {
        Answer::Found { found, .. } => found,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn somebody_is_found_in_any_tenant_by_name_identifier_and_email() {
    let desk = desk().await;
    let names = |found: &Found| found.people.iter().map(|one| one.row.name.clone()).collect::<Vec<_>>();
    let rourke = find(&desk, "ROURKE siob").await;
    assert_eq!((names(&rourke).len(), rourke.found, rourke.of), (2, 2, 20), "{rourke:?}");
    let tenants: Vec<&str> = rourke.people.iter().map(|one| one.tenant.as_str()).collect();
    assert!(tenants.contains(&"Second House") && tenants[0] != tenants[1], "{tenants:?}");
    assert_eq!(names(&find(&desk, "wojcik").await), ["Finn Wójcik", "Finn Wójcik"]);
    assert_eq!(names(&find(&desk, "40817_9").await), ["Ida Holm", "Ida Holm"]);
    assert_eq!(names(&find(&desk, "finn@PRIVATE").await), ["Finn Wójcik", "Finn Wójcik"]);
    // Without an @ an e-mail finds nobody, and none is told.
    assert_eq!(find(&desk, "private").await.found, 0);
    assert_eq!(find(&desk, "   ").await, Found { of: 20, ..Found::default() });
    assert_eq!(find(&desk, "%").await.found, 0);
    // First rows and the rest of them are the whole, whoever is gone meanwhile left out.
    let store = desk.store();
    let members = fleet::members(store).await.unwrap();
    let whole = fleet::search(store, &members, "40817", 9).await.unwrap();
    let part = fleet::first(store, &members, "40817", (3, 9)).await.unwrap();
    let rest = fleet::rows(store, &members, &part.rest).await.unwrap();
    assert_eq!((part.people.len(), rest.len(), part.found), (3, 6, whole.found));
    assert_eq!([part.people, rest].concat(), whole.people);
    assert_eq!(fleet::rows(store, &members[..1], &part.rest).await.unwrap().len(), 3);
    let (mut out, heard, _) = output(true);
    let asked = PeopleArguments { query: vec!["finn@private".into()], limit: 50 };
    command::people(&desk.workspace, &asked, None, &mut out).await.unwrap();
    let answer = heard.answer();
    assert_eq!((answer["found"].clone(), answer["people"][0]["name"].clone()), (json!(2), json!("Finn Wójcik")));
    let text = answer.to_string();
    assert!(!text.contains('@') && !text.contains("birth") && !text.contains("19"), "{text}");
    let (mut out, heard, _) = output(true);
    command::people(&desk.workspace, &asked, Some(SECOND), &mut out).await.unwrap();
    assert_eq!(heard.answer()["found"], json!(1));
}

#[test]
fn the_commands_take_a_tenant_both_ways() {
    let parse = |words: &[&str]| Arguments::try_parse_from(["onroll"].iter().chain(words)).unwrap();
    let named = parse(&["holds", "hv"]);
    assert!(
        matches!(&named.command, Some(onroll::cli::arguments::Command::Holds(FleetArguments { tenant: Some(hv) })) if hv == "hv")
    );
    assert_eq!(parse(&["holds", "--tenant", "hv"]).global.open_tenant.as_deref(), Some("hv"));
    assert_eq!(parse(&["--screen", "anybody"]).global.screen, Some(ScreenName::Anybody));
    assert!(Arguments::try_parse_from(["onroll", "people"]).is_err());
}

/// Answers from the real backend until nothing is asked any more.
async fn settle(bench: &mut Bench, desk: &Desk) {
    let context = console(desk);
    let is_question = |effect: &Effect| matches!(effect, Effect::Query(..) | Effect::ReadAhead(..));
    while let Some(at) = bench.effects.iter().position(is_question) {
        let (Effect::Query(slot, generation, asked) | Effect::ReadAhead(slot, generation, asked)) =
            bench.effects.remove(at)
        else {
            unreachable!()
        };
        match query(&context, asked).await {
            Ok(payload) => bench.send(Msg::Loaded(slot, generation, payload)),
            Err(problem) => bench.send(Msg::Failed(slot, generation, problem.into())),
        };
    }
}

#[tokio::test]
async fn the_palette_finds_the_views_of_every_list_and_shows_them() {
    let desk = desk().await;
    let views = [
        (List::Tenants, ScreenId::Tenants, "tenant:second"),
        (List::Holds, ScreenId::Holds, "because:rehire"),
        (List::People, ScreenId::People, "branch:quay"),
        (List::Review, ScreenId::Review, "sure:<99"),
        (List::Mappings, ScreenId::Mappings, "people:>1"),
        (List::Plan, ScreenId::Plan, "branch:quay"),
        (List::History, ScreenId::History, "held:>0"),
        (List::Feed, ScreenId::Feed, "level:warn"),
    ];
    for (list, _, filter) in views {
        let stand = Stand { filter: filter.into(), ..Stand::default() };
        let view = View { name: format!("mine of {}", list.key()), stand };
        save_view(desk.store(), list, view).await.unwrap();
    }
    for (list, screen, filter) in views {
        let mut bench = Bench::new(Place::tenant(ScreenId::Overview, desk.short_name.clone()), (100, 30));
        settle(&mut bench, &desk).await;
        bench.keys(&format!(":mine of {}", list.key()));
        settle(&mut bench, &desk).await;
        assert!(bench.picture().contains(&format!("View: mine of {}", list.key())), "{}", bench.picture());
        bench.press(KeyCode::Enter);
        settle(&mut bench, &desk).await;
        assert_eq!(bench.place().screen, screen, "{}", bench.picture());
        assert!(bench.picture().contains(&format!("/ {filter}")), "{screen:?}\n{}", bench.picture());
    }
}

/// From each kind of line to its own thing in the tenant, which is what the line says, and with one Esc back on that line.
#[tokio::test]
async fn enter_leads_to_the_very_thing_and_esc_back_to_the_line() {
    let desk = desk().await;
    let mut bench = Bench::new(Place::global(ScreenId::Holds), (80, 40));
    settle(&mut bench, &desk).await;
    let parts = parts(&desk).await;
    let lines: usize = parts.iter().map(|part| part.holds.len()).sum();
    let mut seen = std::collections::BTreeSet::new();
    for at in 0..lines {
        let before = bench.picture();
        let line = before.lines().find(|line| line.contains('▸')).unwrap().to_owned();
        let text = |words: &str| line.contains(words);
        bench.press(KeyCode::Enter);
        settle(&mut bench, &desk).await;
        let (place, there) = (bench.place(), bench.picture());
        let own = if text("Second") { SECOND } else { &desk.short_name };
        assert_eq!(place.tenant.as_deref(), Some(own), "{line}");
        let (screen, words): (ScreenId, &[&str]) = if text("not mapped") {
            (ScreenId::Mappings, &["▸  ✗ Magician", "▸  ! Magician"])
        } else if text("probable duplicate") {
            (ScreenId::Review, &["Finn Wójcik: probable duplicate", "Jo Ives: probable duplicate"])
        } else if text("same e-mail twice") {
            (ScreenId::Collision, &["Gil"])
        } else if text("missing") {
            (ScreenId::People, &["Eve Hall"])
        } else {
            panic!("{line}")
        };
        assert_eq!(place.screen, screen, "{line}\n{there}");
        assert!(words.iter().any(|words| there.contains(words)), "{line}\n{there}");
        seen.insert(screen);
        bench.press(KeyCode::Esc);
        settle(&mut bench, &desk).await;
        assert_eq!(bench.place().screen, ScreenId::Holds, "{line}");
        assert_eq!(bench.picture(), before, "line {at}");
        bench.press(KeyCode::Down);
        settle(&mut bench, &desk).await;
    }
    assert_eq!(seen.len(), 4, "{seen:?}");
    // Values and People the same way.
    bench.keys(".");
    settle(&mut bench, &desk).await;
    bench.keys("wojcik").press(KeyCode::Enter);
    settle(&mut bench, &desk).await;
    let found = bench.picture();
    assert!(found.contains("2 of 20") && !found.contains("private.example"), "{found}");
    bench.press(KeyCode::Enter);
    settle(&mut bench, &desk).await;
    assert!(bench.place().screen == ScreenId::Person && bench.picture().contains("Finn Wójcik"), "{}", bench.picture());
    bench.press(KeyCode::Esc);
    settle(&mut bench, &desk).await;
    assert_eq!(bench.picture(), found);
    bench.keys(".");
    settle(&mut bench, &desk).await;
    let values = bench.picture();
    assert!(bench.place().screen == ScreenId::Values && values.contains("Magician"), "{values}");
    bench.press(KeyCode::Enter);
    settle(&mut bench, &desk).await;
    assert!(bench.place().screen == ScreenId::Mappings && bench.picture().contains("Magician"));
    bench.press(KeyCode::Esc);
    settle(&mut bench, &desk).await;
    assert_eq!(bench.picture(), values);
}

/// Three hundred tenants: how long a complete reading of the lists takes, and that it comes in parts.
#[tokio::test]
#[allow(clippy::disallowed_methods, reason = "it says how long the lists take")]
async fn three_hundred_tenants_come_in_parts() {
    let desk = Desk::preview_only(world(vec![employee(1, "Ana", "Lima", json!({}))], Vec::new())).await;
    let store = desk.store();
    for number in 0..300 {
        let id = store
            .add_connection(kept::new_connection(&format!("House {number}"), &format!("h{number}")))
            .await
            .unwrap();
        let people =
            (0..5).map(|at| kept::employee(&format!("{number}-{at}"), "Noor", &format!("Öz{number}"))).collect();
        kept::pull(store, id, people).await;
        let holds = vec![
            kept::hold(&format!("{number}-0"), HoldCode::ProbableDuplicate, &[("7", 0.6)]),
            kept::hold(&format!("{number}-1"), HoldCode::MissingField, &[]),
        ];
        store.save_plan(id, None, &kept::plan(Vec::new(), holds), "test").await.unwrap();
    }
    let context = console(&desk);
    let begun = Instant::now();
    let Payload::Fleet(Answer::Members(members)) = query(&context, Query::Fleet(Ask::Members)).await.unwrap() else {
        panic!()
    };
    let mut left: Vec<String> = members.iter().map(|member| member.short().to_owned()).collect();
    let (mut all, mut questions, mut first) = (Vec::new(), 0, None);
    while !left.is_empty() {
        let wanted = left.iter().take(40).cloned().collect();
        let Payload::Fleet(Answer::Parts { parts, .. }) =
            query(&context, Query::Fleet(Ask::Parts(wanted))).await.unwrap()
        else {
            panic!()
        };
        first.get_or_insert_with(|| begun.elapsed());
        questions += 1;
        left.retain(|short| parts.iter().all(|part| part.member.short() != short));
        all.extend(parts);
    }
    let filled = begun.elapsed();
    let begun = Instant::now();
    let Payload::Fleet(Answer::Counts(counts)) = query(&context, Query::Fleet(Ask::Counts)).await.unwrap() else {
        panic!()
    };
    let counted = begun.elapsed();
    let begun = Instant::now();
    let found = find(&desk, "oz29").await;
    eprintln!(
        "300 tenants: first lines {first:?}, all {filled:?} in {questions} questions, counts {counted:?}, a search {:?}",
        begun.elapsed()
    );
    assert!(questions > 1, "nobody waits for the last tenant");
    let sums = Sums::of(&all);
    assert_eq!((sums.tenants, sums.held, counts.holds), (301, 600, Some(600)));
    assert_eq!((found.found, found.of), (55, 1_500), "29 and 290 to 299");
    assert_eq!(TODAY.year(), 2026);
}

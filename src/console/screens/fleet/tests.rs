//! Pictures and keys of the fleet's lists.

use super::data::{Act, Answer, Ask, Counts};
use crate::console::app::{Command, Control, Effect, Generation, Msg, Payload, Place, Query, RequestSlot};
use crate::console::screens::ScreenId;
use crate::console::screens::run::stage::{Stage, ago};
use crate::domain::connection::{Connection, ConnectionStatus, Endpoint, short_name_of};
use crate::domain::decision::Ruling;
use crate::domain::ids::{ConnectionId, PlanId};
use crate::domain::list::ListKey;
use crate::domain::plan::HoldCode;
use crate::domain::settings::Settings;
use crate::services::fleet::{Found, HoldLine, Lead, Member, Part, Somebody, ValueLine};
use crate::services::mappings::ValueState;
use crate::store::views::{FleetHeld, PersonKey, PersonRow, PersonState};

const DAY: i64 = 86_400;

fn member(id: i64, name: &str, status: ConnectionStatus) -> Member {
    let end =
        |vendor: &str| Endpoint { vendor: vendor.into(), parameters: Default::default(), secrets: Default::default() };
    let connection = Connection {
        id: ConnectionId(id),
        tenant_name: name.into(),
        short_name: short_name_of(name),
        time_zone: "Europe/London".into(),
        source: end("planday"),
        destination: end("flow-learning"),
        status,
        settings: Settings::default(),
    };
    Member { connection, broken: None }
}

fn hold(code: HoldCode, because: &str, people: u32, days: i64, lead: Lead) -> HoldLine {
    HoldLine { code, because: because.into(), people, past_limit: 0, ruled: 0, since: ago(days * DAY + 9_000), lead }
}

fn value(value: &str, held: u64, state: ValueState, suggestion: Option<&str>, why: &str) -> ValueLine {
    ValueLine {
        code: HoldCode::UnmappedValue,
        field: "job_title".into(),
        list: Some(ListKey::JOB_TITLE),
        word: "job title".into(),
        value: value.into(),
        held,
        people: held + 2,
        state: Some(state),
        suggestion: suggestion.map(str::to_owned),
        why: why.into(),
    }
}

fn part(member: Member, people: u64, hours: i64, holds: Vec<HoldLine>, values: Vec<ValueLine>) -> Part {
    Part {
        held: holds.iter().filter(|line| !line.is_ruled()).map(|line| line.people).sum(),
        plan: Some(("plan 31".into(), ago(8_400))),
        pulled: Some(ago(hours * 3_600 + 120)),
        people,
        member,
        holds,
        values,
        broken: None,
    }
}

/// The story of SCREENS 7.27, its quiet tenants left out but for a few.
fn fleet() -> Vec<Part> {
    use ConnectionStatus::{Live, Off, Preview};
    let review = |id: &str| Lead::Review(Some(id.into()));
    let hr = |code| Lead::People(code);
    let chef = Lead::Mappings(Some((ListKey::JOB_TITLE, "Chef de Partie".into())));
    let harbour = vec![
        HoldLine { ruled: 8, ..hold(HoldCode::ProbableDuplicate, "probable duplicate", 75, 1, review("2231")) },
        hold(HoldCode::UnmappedValue, "value not mapped: 4 values", 57, 12, chef),
        hold(HoldCode::MissingField, "job title missing", 11, 12, hr(HoldCode::MissingField)),
        hold(HoldCode::Rehire, "rehire", 9, 1, review("77")),
        hold(HoldCode::DuplicateEmail, "same e-mail twice", 2, 5, Lead::Collision(Some("120".into()))),
        hold(HoldCode::Protected, "protected", 3, 40, hr(HoldCode::Protected)),
    ];
    let values = vec![
        value("Chef de Partie", 43, ValueState::Suggested, Some("Chef De Partie"), "equal but for case"),
        value("Bar Staff ", 5, ValueState::Suggested, Some("Bar Staff"), "blank at the end"),
        value("Night Auditor", 2, ValueState::Unmapped, None, "near: Night Porter"),
    ];
    let copper = HoldLine {
        people: 0,
        past_limit: 64,
        ..hold(HoldCode::Limit, "limit: 64 leavers, 10 allowed", 0, 0, Lead::Limit(PlanId(31)))
    };
    let brasa = vec![value("Sub-chefe 副料理長", 9, ValueState::Mapped, Some("Sous Chef"), "")];
    let broken = Member { broken: Some("settings are no JSON object".into()), ..member(7, "Tidewater Inns", Live) };
    vec![
        part(member(1, "Harbour & Vine", Preview), 1_204, 0, harbour, values),
        part(member(2, "Copper Kettle Cafés", Live), 812, 1, vec![copper], Vec::new()),
        part(
            member(3, "Brasa do Porto e Companhia de Hotéis do Norte", Live),
            640,
            2,
            vec![hold(HoldCode::UnmappedValue, "value not mapped: 1 value", 9, 3, Lead::Mappings(None))],
            brasa,
        ),
        part(
            member(4, "Sakura Lane 桜小路ホテル東京", Off),
            530,
            12,
            vec![hold(HoldCode::NameNotAccepted, "name not accepted", 1, 10, hr(HoldCode::NameNotAccepted))],
            Vec::new(),
        ),
        part(member(5, "Aldergate Retail", Live), 5_120, 12, Vec::new(), Vec::new()),
        Part { plan: None, pulled: None, ..part(member(6, "Fernhill Garden", Preview), 0, 0, Vec::new(), Vec::new()) },
        Part { plan: None, broken: broken.broken.clone(), ..part(broken, 0, 0, Vec::new(), Vec::new()) },
    ]
}

fn named() -> Vec<FleetHeld> {
    let one = |id: &str, name: &str, probability, ruled| FleetHeld {
        employee: id.into(),
        name: name.into(),
        probability,
        value: None,
        ruled,
    };
    vec![
        one("2231", "Marek Sobczak", 0.518, None),
        one("954", "John Clayton Smith", 0.409, Some(Some(Ruling::Create))),
        one("812", "小林 健", 0.979, Some(Some(Ruling::Link { user: "9".into() }))),
        one("77", "Wilhelmina Featherstonehaugh-Cholmondeley", 0.981, None),
    ]
}

fn somebody(key: i64, name: &str, tenant: &str, state: PersonState, status: &str) -> Somebody {
    Somebody {
        short: short_name_of(tenant),
        tenant: tenant.into(),
        row: PersonRow {
            key: PersonKey::of_number(key),
            employee: Some(crate::domain::ids::EmployeeId::new(key.to_string())),
            user: None,
            identifier: Some(crate::domain::ids::Identifier(format!("40718_{key}"))),
            name: name.into(),
            branch: Some("Quayside".into()),
            job_title: Some("Waiter".into()),
            department: None,
            status: status.into(),
            state,
        },
    }
}

fn found() -> Found {
    let people = vec![
        somebody(812, "Karolina Wójcik", "Harbour & Vine", PersonState::Linked, "active"),
        somebody(2231, "Katarzyna Wójcik", "Harbour & Vine", PersonState::Held(HoldCode::ProbableDuplicate), "active"),
        somebody(93, "Piotr Wojcik", "Oakhollow Farm Shops and Garden Centres", PersonState::Linked, "ended"),
        somebody(94, "ヴォイチック 花子", "Sakura Lane 桜小路", PersonState::NotLinked, "active"),
    ];
    Found { people, found: 4, of: 19_260, ..Found::default() }
}

fn counts() -> Counts {
    Counts { tenants: Some(5), holds: Some(164), values: Some(4), troubles: None }
}

fn answer(parts: &[Part], query: &Query) -> Option<Payload> {
    let Query::Fleet(ask) = query else { return None };
    Some(Payload::Fleet(match ask.clone() {
        Ask::Members => Answer::Members(parts.iter().map(|part| part.member.clone()).collect()),
        // Two at a time, as if each took long.
        Ask::Parts(wanted) => {
            let is_wanted = |part: &&Part| wanted.iter().take(2).any(|short| short == part.member.short());
            Answer::Parts { parts: parts.iter().filter(is_wanted).cloned().collect(), gone: Vec::new() }
        }
        Ask::Counts => Answer::Counts(counts()),
        Ask::Held { tenant, code, value } => Answer::Held { tenant, code, value, people: named() },
        Ask::Searched => Answer::Searched(19_260),
        Ask::Ahead => Answer::Ahead,
        Ask::Find(text) if text == "zz" => Answer::Found { text, found: Found { of: 19_260, ..Found::default() } },
        Ask::Find(text) => Answer::Found { text, found: found() },
        Ask::Rest { text, .. } => Answer::Rest { text, people: Vec::new() },
    }))
}

fn screen(screen: ScreenId, parts: Vec<Part>, size: (u16, u16)) -> Stage {
    Stage::new(Place::global(screen), size, move |query| answer(&parts, query))
}

const SIZES: [(u16, u16); 3] = [(80, 24), (140, 40), (60, 16)];

#[test]
fn held_people_of_all_tenants() {
    for (columns, rows) in SIZES {
        let stage = screen(ScreenId::Holds, fleet(), (columns, rows));
        insta::assert_snapshot!(format!("holds_{columns}x{rows}"), stage.text());
    }
    let mut stage = screen(ScreenId::Holds, fleet(), (140, 40));
    stage.keys("down down");
    insta::assert_snapshot!("holds_third_140x40", stage.text());
}

#[test]
fn values_of_all_tenants() {
    for (columns, rows) in SIZES {
        let stage = screen(ScreenId::Values, fleet(), (columns, rows));
        insta::assert_snapshot!(format!("values_{columns}x{rows}"), stage.text());
    }
}

#[test]
fn somebody_of_any_tenant() {
    let mut stage = screen(ScreenId::Anybody, fleet(), (80, 24));
    insta::assert_snapshot!("anybody_before_80x24", stage.text());
    stage.typed("wojcik");
    insta::assert_snapshot!("anybody_80x24", stage.text());
    let mut wide = screen(ScreenId::Anybody, fleet(), (140, 40));
    wide.typed("wojcik tenant:harbour");
    insta::assert_snapshot!("anybody_140x40", wide.text());
    assert!(!wide.text().contains('@') && !wide.text().contains("example"), "{}", wide.text());
}

/// Two rows come with the letter.
fn in_two_steps() -> Stage {
    let parts = fleet();
    Stage::new(Place::global(ScreenId::Anybody), (80, 24), move |query| match query {
        Query::Fleet(Ask::Find(text)) => {
            let Found { mut people, found, of, .. } = found();
            let rest = people.split_off(2);
            let rest = rest.iter().map(|one| (ConnectionId(1), one.row.key)).collect();
            Some(Payload::Fleet(Answer::Found { text: text.clone(), found: Found { people, found, of, rest } }))
        }
        query => answer(&parts, query),
    })
}

/// What was asked ahead of the fleet, in order.
fn ahead(stage: &Stage) -> Vec<(RequestSlot, Generation, Ask)> {
    let asked = stage.rest.iter().filter_map(|effect| match effect {
        Effect::ReadAhead(slot, generation, Query::Fleet(ask)) => Some((*slot, *generation, ask.clone())),
        _ => None,
    });
    asked.collect()
}

#[test]
fn everybody_comes_into_memory_before_the_first_letter_and_no_letter_waits_for_it() {
    let mut stage = screen(ScreenId::Anybody, fleet(), (80, 24));
    let asked = |stage: &Stage| ahead(stage).into_iter().map(|(.., ask)| ask).collect::<Vec<_>>();
    assert_eq!(asked(&stage), [Ask::Ahead]);
    // It has not come yet.
    stage.typed("wojcik");
    assert!(stage.text().contains("Katarzyna"), "{}", stage.text());
    assert_eq!(asked(&stage), [Ask::Ahead], "not with each letter");
}

/// The first rows are shown at once, all others behind them when they come, and none of an earlier text.
#[test]
fn the_rest_of_a_list_follows_its_first_rows() {
    let mut stage = in_two_steps();
    stage.typed("wo");
    let text = stage.text();
    assert!(text.contains("Katarzyna") && !text.contains("Piotr") && !text.contains("are listed"), "{text}");
    let asked = ahead(&stage).pop();
    let Some((slot, generation, Ask::Rest { people, .. })) = asked else { panic!("{asked:?}") };
    assert_eq!(people.len(), 2);
    let told = |text: &str| {
        let mut stage = in_two_steps();
        stage.typed("wo");
        let answer = Answer::Rest { text: text.to_owned(), people: found().people.split_off(2) };
        stage.send(Msg::Loaded(slot, generation, Payload::Fleet(answer)));
        stage.text()
    };
    let (early, whole) = (told("w"), told("wo"));
    assert!(!early.contains("Piotr"), "of another text\n{early}");
    assert!(whole.contains("Piotr") && whole.find("Katarzyna") < whole.find("Piotr"), "{whole}");
}

#[test]
fn nothing_anywhere_is_said_only_after_everybody_was_looked_at() {
    let quiet =
        || fleet().into_iter().filter(|part| part.holds.is_empty() && part.broken.is_none()).collect::<Vec<_>>();
    for (screen_id, name) in [(ScreenId::Holds, "holds"), (ScreenId::Values, "values")] {
        let stage = screen(screen_id, quiet(), (80, 24));
        insta::assert_snapshot!(format!("{name}_nothing_80x24"), stage.text());
        assert!(screen(screen_id, Vec::new(), (80, 24)).text().contains("No tenant yet."));
    }
    // The second part never comes.
    let parts = fleet();
    let stage = Stage::new(Place::global(ScreenId::Holds), (80, 24), move |query| match query {
        Query::Fleet(Ask::Parts(wanted)) if wanted.len() < parts.len() => None,
        query => answer(&parts, query),
    });
    let text = stage.text();
    assert!(text.contains("2 of 7 tenants") && text.contains("Harbour & Vine"), "{text}");
}

fn places(screen_id: ScreenId, go: &str) -> (ScreenId, Option<String>) {
    let mut stage = screen(screen_id, fleet(), (80, 24));
    stage.keys(go);
    let before = stage.text();
    stage.keys("enter");
    let place = stage.place();
    stage.keys("esc");
    if place.0 == ScreenId::Limit {
        // The first one leaves the line that is typed.
        stage.keys("esc");
    }
    // Back on the very line.
    assert_eq!(stage.text(), before, "{place:?}");
    place
}

#[test]
fn every_kind_of_line_leads_to_its_thing_and_back() {
    // The broken tenant comes first.
    assert_eq!(places(ScreenId::Holds, "down"), (ScreenId::Review, Some("2231\u{1f}".into())));
    assert_eq!(places(ScreenId::Holds, "down down"), (ScreenId::Limit, Some("31".into())));
    let mapping = (ScreenId::Mappings, Some("job_title/Chef de Partie".into()));
    assert_eq!(places(ScreenId::Holds, "down down down"), mapping);
    assert_eq!(
        places(ScreenId::Holds, "down down down down"),
        (ScreenId::People, Some("because:missing_field\u{1f}".into()))
    );
    assert_eq!(places(ScreenId::Holds, "G"), (ScreenId::People, Some("because:protected\u{1f}".into())));
    assert_eq!(places(ScreenId::Holds, "G up up"), (ScreenId::Collision, Some("120".into())));
    assert_eq!(places(ScreenId::Values, "down"), mapping);
    let mut stage = screen(ScreenId::Anybody, fleet(), (80, 24));
    stage.typed("wojcik");
    stage.keys("enter down enter");
    assert_eq!(stage.place(), (ScreenId::Person, Some("2231".into())));
    stage.keys("esc");
    assert!(stage.text().contains("‹ People ›") && stage.text().contains("▸  ? Katarzyna"), "{}", stage.text());
}

#[test]
fn a_broken_tenant_leads_to_tenants_and_hides_nobody() {
    let mut stage = screen(ScreenId::Holds, fleet(), (80, 24));
    let text = stage.text();
    assert!(text.contains("✗ Tidewater Inns") && text.contains("settings are no JSON object"), "{text}");
    assert!(text.contains("164 people"), "protected people are counted apart\n{text}");
    stage.keys("enter");
    assert_eq!(stage.place().0, ScreenId::Tenants);
}

#[test]
fn the_lists_are_walked_with_and_without_their_row() {
    for size in [(80, 24), (60, 16)] {
        let mut stage = screen(ScreenId::Holds, fleet(), size);
        let mut walked = Vec::new();
        for _ in 0..5 {
            stage.keys(".");
            walked.push(stage.place().0);
        }
        let order = [ScreenId::Anybody, ScreenId::Values, ScreenId::Troubles, ScreenId::Tenants, ScreenId::Holds];
        assert_eq!(walked, order, "{size:?}");
        stage.keys(", , ,");
        assert_eq!(stage.place().0, ScreenId::Values);
        assert_eq!(stage.text().contains('‹'), size.0 >= 80);
    }
    // What is typed keeps its commas.
    let mut stage = screen(ScreenId::Anybody, fleet(), (80, 24));
    stage.typed("o,");
    assert_eq!(stage.place().0, ScreenId::Anybody);
}

#[test]
fn a_filter_an_order_and_a_file() {
    let mut stage = screen(ScreenId::Holds, fleet(), (140, 40));
    stage.keys("/");
    stage.typed("tenant:harbour because:rehire");
    stage.keys("enter");
    let text = stage.text();
    assert!(text.contains("1 of 10 lines") && text.contains("rehire") && !text.contains("Brasa"), "{text}");
    stage.keys("o enter");
    let commands = stage.commands();
    let [Command::Fleet(Act::SaveHolds { lines, .. })] = commands.as_slice() else { panic!("{commands:?}") };
    assert_eq!(lines, &["harbour-vine/rehire"]);
    stage.keys("esc F");
    assert!(stage.text().contains("held because") && stage.text().contains("Facets"), "{}", stage.text());
}

#[test]
fn what_ends_is_read_again_and_who_is_removed_goes() {
    use std::cell::RefCell;
    use std::rc::Rc;
    let now = Rc::new(RefCell::new((fleet(), Vec::<Vec<String>>::new())));
    let seen = Rc::clone(&now);
    let mut stage = Stage::new(Place::global(ScreenId::Holds), (80, 24), move |query| {
        let (parts, asked) = &mut *seen.borrow_mut();
        if let Query::Fleet(Ask::Parts(wanted)) = query {
            asked.push(wanted.clone());
            let gone: Vec<String> = wanted
                .iter()
                .filter(|short| !parts.iter().any(|part| part.member.short() == *short))
                .cloned()
                .collect();
            if !gone.is_empty() {
                return Some(Payload::Fleet(Answer::Parts { parts: Vec::new(), gone }));
            }
        }
        answer(parts, query)
    });
    stage.keys("down");
    assert!(stage.text().contains("▸  ? Harbour & Vine       probable duplicate             75"), "{}", stage.text());
    now.borrow_mut().1.clear();
    now.borrow_mut().0[0].holds[0].people = 71;
    stage.send(Msg::Control(Control::TenantChanged("harbour-vine".into())));
    assert_eq!(now.borrow().1, [["harbour-vine"]], "only that one is read");
    assert!(stage.text().contains("▸  ? Harbour & Vine       probable duplicate             71"), "{}", stage.text());
    // Somebody removes it while its line is under the cursor: the one that takes its place gets the cursor.
    now.borrow_mut().0.remove(0);
    stage.send(Msg::Control(Control::TenantChanged("harbour-vine".into())));
    let text = stage.text();
    assert!(!text.contains("Harbour") && text.contains("▸  ! Copper Kettle"), "{text}");
}

#[test]
fn a_code_is_explained() {
    let mut stage = screen(ScreenId::Holds, fleet(), (80, 24));
    stage.keys("down ?");
    let text = stage.text();
    assert!(text.contains("probable duplicate ─") && text.contains("75 people of Harbour & Vine"), "{text}");
}

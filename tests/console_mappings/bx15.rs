//! BX15: every column of a list filters, sorts and has facets; views are saved. Over a real workspace.

use crossterm::event::KeyCode;
use onroll::console::app::Place;
use onroll::console::screens::ScreenId;
use onroll::domain::person::Employee;
use onroll::services::lists::{self, List};
use onroll::services::people::list;
use onroll::store::views::PeopleSort;

use crate::desk::Desk;
use crate::workspace::{Workspace, employee, pull};

const WIDE: (u16, u16) = (140, 40);
const NARROW: (u16, u16) = (80, 24);
const TENANT: &str = "harbour-vine";

/// Twelve people as the field trial has them.
fn people() -> Vec<(Employee, bool)> {
    let rows = [
        ("Victoria", "Middleton", "v.middleton@hvine.example", "Barista", "Quayside", "2026-11-21"),
        ("Jakub", "Nowak", "jakub@hvine.example", "Waiter", "Quayside ", "2024-03-11"),
        ("Amara", "Okonkwo", "amara@hvine.example", "Chef de Partie", "Quayside", "2026-02-01"),
        ("Bogdan", "Ionescu", "bogdan@hvine.example", "Chef de Partie", "Castle Street", "2025-06-30"),
        ("Chloé", "Lefèvre", "chloe@hvine.example", "Waiter", "Old Mill", "2025-06-30"),
        ("美咲", "佐藤", "misaki@hvine.example", "Waiter", "Old Mill", "2026-11-30"),
        ("Qi", "Ling", "", "Barista", "Quayside ", ""),
        ("Mad", "Victorson", "mad@hvine.example", "Gardener", "", "2023-01-01"),
    ];
    let with = |(number, (first, last, email, title, branch, start)): (u32, (&str, &str, &str, &str, &str, &str))| {
        let mut one = employee(number, title);
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        one.person.first_name = text(first);
        one.person.last_name = text(last);
        one.person.email = text(email);
        one.person.branch = text(branch);
        one.person.department = text(if number % 2 == 0 { "Kitchen" } else { "Floor" });
        one.person.start_date = start.parse().ok();
        (one, true)
    };
    (20..).zip(rows).map(with).collect()
}

fn desk(workspace: &Workspace, size: (u16, u16)) -> Desk<&Workspace> {
    let mut desk = Desk::new(Place::tenant(ScreenId::People, TENANT), size, workspace);
    desk.rest();
    desk
}

/// The figures of the title while a filter is on.
fn figures(desk: &Desk<&Workspace>) -> String {
    let title = desk.row(3);
    let words = title.split('│').next().unwrap_or_default().trim_end_matches([' ', '─', '━']).to_owned();
    words.rsplit(['─', '━']).next().unwrap_or_default().trim().to_owned()
}

fn typed(desk: &mut Desk<&Workspace>, filter: &str) -> String {
    desk.keys("/");
    for _ in 0..80 {
        desk.press(KeyCode::Backspace);
    }
    desk.keys(filter).press(KeyCode::Enter);
    figures(desk)
}

#[test]
fn s_bx15_the_filters_of_the_field_trial_find_whom_they_mean() {
    let workspace = Workspace::with(people());
    let mut desk = desk(&workspace, WIDE);
    for (filter, wanted) in [
        ("quayside", 4),
        ("barista", 2),
        ("jakub@", 1),
        ("vctr mdl", 1),
        ("mdl vctr", 1),
        ("branch:quay", 4),
        ("branch:=\"Quayside \"", 2),
        ("branch:=Quayside", 2),
        ("branch:\"side \"", 2),
        ("branch:\"\"", 1),
        ("title:barista", 2),
        ("job_title:chef", 2),
        ("e-mail:@hvine", 7),
        ("email:\"\"", 1),
        ("!quayside", 4),
        ("!branch:quay,castle", 3),
        ("佐藤", 1),
        ("who:lefevre", 1),
        ("identifier:40718_2120", 1),
        ("id:212", 8),
        ("start:2026", 3),
        ("start:>20nov", 2),
        ("start:<2025", 2),
        ("department:kitchen quayside", 3),
        ("dep:floor !waiter", 2),
        ("state:held because:mapped", 6),
        ("\"chef de\"", 2),
    ] {
        assert_eq!(typed(&mut desk, filter), format!("{wanted} of 8"), "{filter}\n{}", desk.picture());
    }
}

#[test]
fn s_bx15_what_cannot_be_read_is_said_and_hides_nobody() {
    let workspace = Workspace::with(people());
    let mut desk = desk(&workspace, WIDE);
    desk.keys("/barista");
    assert_eq!(figures(&desk), "2 of 8");
    for (more, words) in [
        (" titel:x", "no column \"titel\"; title?"),
        (" branch:<b", "branch is neither a number nor a day"),
        (" start:>x", "start is a day; \"x\" is none"),
        (" sta:x", "\"sta\" may be state or start or status"),
    ] {
        desk.keys(more);
        let line = desk.row(4);
        assert!(line.contains(words) || words.contains("may be") && line.contains("\"sta\" may be"), "{line}");
        assert_eq!(figures(&desk), "2 of 8", "the list stays");
        more.chars().for_each(|_| {
            desk.press(KeyCode::Backspace);
        });
    }
    desk.keys(" nobody");
    assert!(desk.picture().contains("Nobody fits \"barista nobody\". Esc clears"), "{}", desk.picture());
    desk.press(KeyCode::Esc);
    assert!(desk.picture().contains("8 people"), "{}", desk.picture());
}

/// The lines of the facets: box, value, count.
fn boxes(desk: &Desk<&Workspace>) -> Vec<(String, String, usize)> {
    let picture = desk.picture();
    let lines = picture.lines().filter_map(|line| line.rsplit_once('│').map(|(_, pane)| pane.trim_start_matches('▸')));
    lines
        .filter_map(|line| {
            let line = line.trim();
            let tick = line.get(..3).filter(|tick| ["[ ]", "[x]", "[-]"].contains(tick))?;
            let rest = line.get(3..)?.trim().trim_end_matches(['█', '▌', ' ']);
            let (value, count) = rest.rsplit_once(' ')?;
            Some((tick.to_owned(), value.trim().to_owned(), count.parse().ok()?))
        })
        .collect()
}

#[test]
fn s_bx15_facets_are_the_filter_seen_another_way() {
    let workspace = Workspace::with(people());
    let mut desk = desk(&workspace, WIDE);
    desk.keys("F");
    insta::assert_snapshot!("facets_140x40", desk.picture());
    let has = |desk: &Desk<&Workspace>, tick: &str, value: &str, count: usize| {
        let all = boxes(desk);
        assert!(
            all.contains(&(tick.into(), value.into(), count)),
            "{tick} {value} {count}: {all:?}\n{}",
            desk.picture()
        );
    };
    has(&desk, "[ ]", "Quayside", 2);
    has(&desk, "[ ]", "Quayside␣", 2);
    has(&desk, "[ ]", "(none)", 1);
    // To the branches: state, because, branch.
    desk.keys("..");
    while !desk.picture().lines().any(|line| line.contains("▸[ ] Quayside ")) {
        desk.keys("j");
    }
    desk.keys(" ");
    assert!(desk.row(4).contains("/ branch:=Quayside"), "{}", desk.row(4));
    assert_eq!(figures(&desk), "2 of 8");
    has(&desk, "[x]", "Quayside", 2);
    has(&desk, "[ ]", "Castle Street", 1);
    desk.keys(" ");
    assert!(desk.row(4).contains("/ !branch:=Quayside"), "{}", desk.row(4));
    assert_eq!(figures(&desk), "6 of 8");
    has(&desk, "[-]", "Quayside", 2);
    desk.keys(" ");
    assert!(desk.picture().contains("8 people"), "{}", desk.picture());
    // A word ticks the boxes that it means.
    typed(&mut desk, "branch:quay");
    has(&desk, "[x]", "Quayside", 2);
    has(&desk, "[x]", "Quayside␣", 2);
    assert_eq!(figures(&desk), "4 of 8");
    // Del clears the facet, Enter takes just this and goes back to the list.
    desk.press(KeyCode::Tab);
    desk.press(KeyCode::Delete);
    assert!(desk.picture().contains("8 people"), "{}", desk.picture());
    desk.keys("g");
    while !desk.picture().lines().any(|line| line.contains("▸[ ] Quayside ")) {
        desk.keys("j");
    }
    desk.press(KeyCode::Enter);
    assert_eq!(figures(&desk), "2 of 8");
    desk.keys("F");
    assert!(!desk.picture().contains("Facets"), "{}", desk.picture());
}

#[test]
fn s_bx15_the_ticks_add_up_to_the_title() {
    let workspace = Workspace::with(people());
    let connection = workspace.runtime.block_on(workspace.context.connection(TENANT)).unwrap();
    let today = "2026-11-24".parse().unwrap();
    let store = &workspace.context.engine.store;
    for text in [
        "",
        "quay",
        "state:held",
        "branch:quay state:held",
        "!because:mapped",
        "title:barista,waiter",
        "start:2026 !vctr",
        "state:linked",
        "state:linked,held branch:quay",
        "!state:unchanged department:kitchen",
        "status:active",
    ] {
        let ask = list::ask(text, "identifier", today, (PeopleSort::Name, false)).unwrap();
        let shown = workspace.runtime.block_on(list::found(store, &connection, &ask)).unwrap().len();
        let facets = workspace.runtime.block_on(list::facets(store, &connection, &ask)).unwrap();
        let columns = list::columns("identifier");
        let filter = onroll::domain::filter::Filter::parse(text);
        for facet in &facets {
            let key = columns[facet.column].key;
            // Words of `state:` that are no value of the column have no box; not everybody has a reason.
            if text.contains("linked") && key == "state" || key == "because" && !text.contains("because") {
                continue;
            }
            let tick = |value: &str| filter.tick_of(&columns, facet.column, value, today);
            let only = facet.values.iter().any(|value| tick(&value.value) == onroll::domain::filter::Tick::Only);
            let wanted = if only { onroll::domain::filter::Tick::Only } else { onroll::domain::filter::Tick::Any };
            let sum: usize =
                facet.values.iter().filter(|value| tick(&value.value) == wanted).map(|value| value.count).sum();
            if key != "because" {
                assert_eq!(sum, shown, "{text}: {key} {facet:?}");
            }
        }
    }
}

#[test]
fn s_bx15_the_last_filter_is_kept_and_views_are_saved_by_name() {
    let workspace = Workspace::with(people());
    let mut first = desk(&workspace, WIDE);
    typed(&mut first, "branch:quay");
    first.keys("ssort by e-mail").press(KeyCode::Enter);
    // Another program, the same workspace.
    let mut second = desk(&workspace, WIDE);
    assert_eq!(figures(&second), "4 of 8");
    assert!(second.row(4).contains("/ branch:quay"), "{}", second.row(4));
    assert!(second.row(6).contains("Qi Ling"), "without an e-mail first\n{}", second.picture());
    second.keys("Fnat the quay").press(KeyCode::Enter);
    assert_eq!(second.toast(), "Saved the view at the quay");
    assert!(second.picture().contains("‹ at the quay ›"), "{}", second.picture());
    second.press(KeyCode::Esc).press(KeyCode::Esc);
    assert!(second.picture().contains("8 people"), "{}", second.picture());
    // Enter on it applies it: views come before the facets.
    let mut third = desk(&workspace, WIDE);
    third.keys("Fg");
    third.keys("jjj").press(KeyCode::Enter);
    assert_eq!(figures(&third), "4 of 8", "{}", third.picture());
    third.keys("d").rest().keys("y");
    assert_eq!(third.toast(), "Deleted the view at the quay");
    let views = workspace.runtime.block_on(lists::views(&workspace.context.engine.store, List::People)).unwrap();
    assert_eq!(views, []);
}

#[test]
fn s_bx15_a_kept_filter_outlives_the_people_and_a_view_its_column() {
    let workspace = Workspace::with(people());
    let mut first = desk(&workspace, WIDE);
    typed(&mut first, "title:gardener");
    let store = &workspace.context.engine.store;
    let others = people().into_iter().filter(|(one, _)| one.person.job_title.as_deref() != Some("Gardener")).collect();
    workspace.runtime.block_on(pull(store, workspace.id, others));
    let mut second = desk(&workspace, WIDE);
    assert!(second.picture().contains("Nobody fits \"title:gardener\". Esc clears"), "{}", second.picture());
    assert_eq!(figures(&second), "0 of 7");
    second.press(KeyCode::Esc);
    assert!(second.picture().contains("7 people"), "{}", second.picture());
    let stand = lists::Stand { filter: "shoe:42".into(), ..lists::Stand::default() };
    let view = lists::View { name: "shoes".into(), stand };
    workspace.runtime.block_on(lists::save_view(store, List::People, view)).unwrap();
    let mut third = desk(&workspace, WIDE);
    third.keys("Fgjjj").press(KeyCode::Enter);
    assert!(third.row(4).contains("no column \"shoe\""), "{}", third.picture());
    assert!(third.picture().contains("7 people"), "hides nobody\n{}", third.picture());
}

#[test]
fn s_bx15_a_person_who_is_forgotten_is_in_no_filter() {
    let workspace = Workspace::with(people());
    let mut first = desk(&workspace, WIDE);
    typed(&mut first, "middleton");
    let store = &workspace.context.engine.store;
    workspace.runtime.block_on(store.forget_person(workspace.id, "2120".into(), None, "R. Osei")).unwrap();
    let known = workspace.runtime.block_on(lists::remembered(store, Some(workspace.id), List::People)).unwrap();
    assert_eq!(known.last, lists::Stand::default());
}

#[test]
fn s_bx15_pictures_of_the_facets() {
    let workspace = Workspace::with(people());
    let mut narrow = desk(&workspace, NARROW);
    narrow.keys("F.. ");
    insta::assert_snapshot!("facets_80x24", narrow.picture());
    let mut tiny = desk(&workspace, (60, 16));
    tiny.press(KeyCode::Esc).keys("/quay").press(KeyCode::Enter);
    tiny.keys("F");
    insta::assert_snapshot!("facets_60x16", tiny.picture());
    tiny.press(KeyCode::Enter);
    assert!(!tiny.picture().contains("Facets"), "the list comes back\n{}", tiny.picture());
    let empty = Workspace::with(Vec::new());
    let mut nobody = desk(&empty, NARROW);
    nobody.keys("F");
    insta::assert_snapshot!("facets_empty_80x24", nobody.picture());
}

#[test]
fn s_bx15_every_column_sorts() {
    let workspace = Workspace::with(people());
    let mut desk = desk(&workspace, WIDE);
    for (by, first) in [
        ("name", "Qi Ling"),
        ("branch", "Mad Victorson"),
        ("job title", "Qi Ling"),
        ("start date", "Qi Ling"),
        ("e-mail", "Qi Ling"),
        ("employee id", "Victoria Middleton"),
        ("identifier", "Victoria Middleton"),
    ] {
        desk.keys("ssort by ").keys(by).press(KeyCode::Enter);
        let top = desk.row(5);
        if !["name", "branch", "job title"].contains(&by) {
            assert!(top.contains(first), "{by}\n{}", desk.picture());
        }
    }
    desk.keys("slast to first").press(KeyCode::Enter);
    assert!(desk.row(5).contains("Mad Victorson"), "{}", desk.picture());
}

#[test]
fn s_bx15_other_lists_have_the_same_line_and_facets() {
    let workspace = Workspace::with(people());
    let mut table = Desk::new(Place::tenant(ScreenId::Mappings, TENANT), WIDE, &workspace);
    table.rest();
    table.keys("/people:>1 !open:settled").press(KeyCode::Enter);
    assert!(table.picture().contains("/ people:>1 !open:settled"), "{}", table.picture());
    table.keys("F");
    insta::assert_snapshot!("facets_mappings_140x40", table.picture());
    let mut tenants = Desk::new(Place::global(ScreenId::Tenants), WIDE, &workspace);
    tenants.rest();
    tenants.keys("/source:plan people:>5").press(KeyCode::Enter);
    assert!(tenants.picture().contains("1 of 1"), "{}", tenants.picture());
    tenants.keys("F");
    assert!(tenants.picture().contains("Facets"), "{}", tenants.picture());
    for screen in [ScreenId::History, ScreenId::Feed] {
        let mut desk = Desk::new(Place::tenant(screen, TENANT), NARROW, &workspace);
        desk.rest();
        desk.keys("/result:done").press(KeyCode::Enter);
        desk.keys("F");
        assert!(desk.picture().contains("Facets"), "{screen:?}\n{}", desk.picture());
        desk.keys("F");
        assert!(!desk.picture().contains("Facets"), "{screen:?}\n{}", desk.picture());
    }
}

#[test]
fn s_bx15_the_lines_of_a_plan_have_them_too() {
    let workspace = Workspace::new();
    let mut desk = Desk::new(Place::tenant(ScreenId::Plan, TENANT), WIDE, &workspace);
    desk.rest();
    desk.keys("F");
    insta::assert_snapshot!("facets_plan_140x40", desk.picture());
    desk.keys("F/nobody").press(KeyCode::Enter);
    assert!(desk.picture().contains("No line fits \"nobody\""), "{}", desk.picture());
    desk.press(KeyCode::Esc);
    for (filter, fits) in [("branch:quay", true), ("waiter !branch:quay", false), ("amr", true), ("what:xyz", false)] {
        desk.keys("/").keys(filter).press(KeyCode::Enter);
        assert_eq!(!desk.picture().contains("No line fits"), fits, "{filter}\n{}", desk.picture());
        desk.press(KeyCode::Esc);
    }
    desk.keys("/titel:x");
    assert!(desk.picture().contains("no column \"titel\"; title?"), "{}", desk.picture());
}

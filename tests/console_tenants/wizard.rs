//! The wizard.

use crossterm::event::KeyCode;
use onroll::console::app::{Command, Msg, Payload, Place, Query};
use onroll::console::screens::ScreenId;
use onroll::console::screens::wizard::data::{Act, Answer, Ask, Choices, Met, Others, Probed};
use onroll::domain::report::ReportWhen;
use onroll::domain::secret::Secret;
use onroll::domain::snapshot::Side;
use onroll::ports::api::{ApiError, ProbeResult, ProbeStep};
use onroll::vendors::registry;

use crate::bench::Bench;

fn opened(size: (u16, u16)) -> Bench {
    let mut bench = Bench::new(Place::global(ScreenId::Wizard), size);
    settle(&mut bench);
    bench
}

const BUILT_WITHOUT: Option<&str> = Some("not in this build (--features keyring)");

fn settle(bench: &mut Bench) {
    settle_with(bench, BUILT_WITHOUT);
}

fn settle_with(bench: &mut Bench, no_keyring: Option<&str>) {
    bench.answer(|query| match query {
        Query::Wizard(Ask::Choices) => Some(Ok(Payload::Wizard(Answer::Choices(Choices {
            sources: registry::sources().iter().map(|vendor| vendor.capabilities).collect(),
            destinations: registry::destinations()
                .iter()
                .map(|vendor| (vendor.capabilities)(&Default::default()))
                .collect(),
            no_keyring: no_keyring.map(str::to_owned),
            taken: vec!["harbour-vine".into()],
        })))),
        Query::Wizard(Ask::Source { key, parameters }) => {
            let source = registry::source(key).unwrap().with(parameters);
            Some(Ok(Payload::Wizard(Answer::Source(source))))
        }
        Query::Wizard(Ask::Destination { key, parameters }) => {
            let destination = (registry::destination(key).unwrap().capabilities)(parameters);
            Some(Ok(Payload::Wizard(Answer::Destination(destination))))
        }
        _ => None,
    });
}

fn paired(size: (u16, u16)) -> Bench {
    let mut bench = opened(size);
    bench.keys("Aldergate Lakes").press(KeyCode::PageDown);
    bench
}

/// App id, token; past the optional fields; address, company, secret.
fn filled(size: (u16, u16)) -> Bench {
    let mut bench = paired(size);
    bench.keys("7f0b1c52").press(KeyCode::Tab);
    bench.send(Msg::Paste("  token-of-the-portal\n".into()));
    for _ in 0..6 {
        bench.press(KeyCode::Tab);
    }
    bench.keys("https://feed.flow.example").press(KeyCode::Tab).keys("ALDERLK").press(KeyCode::Tab);
    bench.keys("hush ");
    settle(&mut bench);
    bench
}

fn step(name: &str, result: ProbeResult, detail: &str) -> ProbeStep {
    ProbeStep { name: name.into(), result, detail: detail.into() }
}

fn answer_calls(bench: &mut Bench, refused: bool) {
    let probes = bench.commands();
    assert_eq!(probes.len(), 2);
    for (slot, command) in probes {
        let Command::Wizard(Act::Probe { round, side, .. }) = command else { panic!("{command:?}") };
        let steps = match (side, refused) {
            (Side::Source, _) => vec![
                step("sign in", ProbeResult::Passed, "token good for 60 min"),
                step("portal", ProbeResult::Passed, "40718, Aldergate Lakes, Europe/London"),
                step("field Job title (Flow)", ProbeResult::Warning, "archived: nobody would have a job title"),
            ],
            (Side::Destination, true) => vec![
                step(
                    "sign in",
                    ProbeResult::Failed(ApiError::Refused {
                        vendor: "Flow Learning",
                        detail: "401 `BAD_CREDENTIALS`: Company ID or Secret is wrong".into(),
                    }),
                    "",
                ),
                step("branches", ProbeResult::NotTried, ""),
            ],
            (Side::Destination, false) => vec![step("sign in", ProbeResult::Passed, "company ALDERLK")],
        };
        let rotated = match side {
            Side::Source => vec![("refresh_token".to_owned(), Secret::new("the-next-token"))],
            Side::Destination => Vec::new(),
        };
        let person = |name: &str, id: &str, branch: &str, job_title: &str| Met {
            name: name.into(),
            id: id.into(),
            branch: branch.into(),
            job_title: job_title.into(),
        };
        let people = match side {
            Side::Source => vec![
                person("Aisling Keane", "PO-0041", "Store Leeds", "Sales Assistant"),
                person("上田 真理", "PH-0117", "Harrogate Holiday Village and Spa, North Wing", "Tour Planner"),
            ],
            Side::Destination => Vec::new(),
        };
        let probed = Probed { round, side, steps, people, millis: 1_400, rotated };
        bench.send(Msg::Done(slot, Payload::Wizard(Answer::Probed(probed))));
    }
}

#[test]
fn credentials_go_into_the_keyring_where_one_answers_unless_another_place_is_chosen() {
    let with_keyring = |size| {
        let mut bench = Bench::new(Place::global(ScreenId::Wizard), size);
        settle_with(&mut bench, None);
        bench.keys("Aldergate Lakes").press(KeyCode::PageDown);
        settle_with(&mut bench, None);
        for _ in 0..11 {
            bench.press(KeyCode::Tab);
        }
        bench
    };
    for size in [(80, 24), (140, 40)] {
        let mut bench = with_keyring(size);
        let name = |page: &str| format!("wizard_{page}_{}x{}", size.0, size.1);
        insta::assert_snapshot!(name("keyring"), bench.picture());
        bench.keys(" ");
        let picture = bench.picture();
        assert!(
            picture.contains("(x) sealed file") && picture.contains("into the sealed file at the end"),
            "{picture}"
        );
    }
    let bench = opened((80, 24));
    assert!(!bench.picture().contains("keyring of the desktop"));
}

#[test]
fn the_pages() {
    for size in [(80, 24), (140, 40), (60, 16)] {
        let name = |page: &str| format!("wizard_{page}_{}x{}", size.0, size.1);
        let mut bench = opened(size);
        insta::assert_snapshot!(name("pair"), bench.keys("Aldergate Lakes").picture());
        let mut bench = filled(size);
        insta::assert_snapshot!(name("credentials"), bench.picture());
        bench.control('t');
        insta::assert_snapshot!(name("calling"), bench.picture());
        answer_calls(&mut bench, true);
        insta::assert_snapshot!(name("refused"), bench.picture());
        bench.keys("r");
        answer_calls(&mut bench, false);
        insta::assert_snapshot!(name("called"), bench.picture());
        bench.press(KeyCode::Enter);
        insta::assert_snapshot!(name("start"), bench.picture());
    }
}

#[test]
fn a_field_that_is_left_keeps_no_blanks() {
    let mut bench = opened((80, 24));
    bench.keys("  Quay Hotel  ").press(KeyCode::Tab).press(KeyCode::BackTab).keys("X");
    assert!(bench.picture().contains("Quay HotelX"), "{}", bench.picture());
    bench.press(KeyCode::PageDown).keys(" 7f0b1c52 ").press(KeyCode::Tab).press(KeyCode::BackTab).keys("Y");
    assert!(bench.picture().contains("▸ 7f0b1c52Y"), "{}", bench.picture());
}

#[test]
fn a_step_waits_for_what_it_needs() {
    let mut bench = opened((80, 24));
    bench.press(KeyCode::PageDown);
    assert!(bench.picture().contains("step 1 of 4"));
    bench.keys("Harbour Vine").press(KeyCode::PageDown);
    assert!(bench.picture().contains("the short name is in use"));
    bench.press(KeyCode::Tab).keys("-2").press(KeyCode::PageDown);
    assert!(bench.picture().contains("step 2 of 4"));
    bench.control('t');
    assert!(bench.picture().contains("step 2 of 4"));
    assert!(bench.commands().is_empty());
}

#[test]
fn a_refused_secret_with_a_blank_is_cured_by_enter() {
    let mut bench = filled((80, 24));
    bench.control('t');
    answer_calls(&mut bench, true);
    bench.keys("r");
    answer_calls(&mut bench, true);
    bench.press(KeyCode::Enter);
    assert!(bench.picture().contains("step 2 of 4"));
    bench.control('t');
    let commands = bench.commands();
    let secret = commands.iter().find_map(|(_, command)| match command {
        Command::Wizard(Act::Probe { side: Side::Destination, end, .. }) => end.secrets.get("secret").cloned(),
        _ => None,
    });
    assert_eq!(secret, Some(Secret::new("hush")));
}

#[test]
fn the_tenant_is_added_at_the_end_only() {
    let mut bench = filled((80, 24));
    bench.press(KeyCode::PageDown);
    answer_calls(&mut bench, false);
    bench.press(KeyCode::Enter);
    bench.control('s');
    assert!(bench.commands().is_empty(), "the mails have no default");
    bench.press(KeyCode::Tab).keys("at night").press(KeyCode::Tab).press(KeyCode::Tab).keys(" ");
    bench.control('s');
    assert!(bench.commands().is_empty() && bench.picture().contains("when runs begin"), "{}", bench.picture());
    bench.press(KeyCode::BackTab).press(KeyCode::BackTab);
    for _ in 0..8 {
        bench.press(KeyCode::Backspace);
    }
    bench.keys("daily 2:00");
    assert!(bench.picture().contains("syncs it daily 02:00"), "{}", bench.picture());
    bench.control('s');
    let (slot, command) = bench.commands().remove(0);
    let Command::Wizard(Act::Add(draft)) = command else { panic!("{command:?}") };
    assert_eq!((draft.name.as_str(), draft.short_name.as_str()), ("Aldergate Lakes", "aldergate-lakes"));
    assert_eq!((draft.time_zone.as_str(), draft.settings.schedule.to_string().as_str()), ("UTC", "daily 02:00"));
    assert!(draft.settings.welcome_mail && !draft.settings.email_fallback);
    assert_eq!(draft.settings.field_map.get("branch").map(String::as_str), Some("custom:Branch (Flow)"));
    assert_eq!(draft.source.parameters.get("client_id").map(String::as_str), Some("7f0b1c52"));
    assert_eq!(draft.source.secrets.get("refresh_token"), Some(&Secret::new("the-next-token")), "the rotated one");
    assert!(!format!("{draft:?}").contains("hush") && !format!("{:?}", bench.model).contains("the-next-token"));
    let added = Answer::Added("aldergate-lakes".into(), "Aldergate Lakes".into());
    bench.send(Msg::Done(slot, Payload::Wizard(added)));
    assert_eq!(bench.place(), Place::tenant(ScreenId::Overview, "aldergate-lakes"));
}

#[test]
fn who_gets_reports_and_of_which_runs_is_asked() {
    let mut bench = filled((80, 24));
    bench.press(KeyCode::PageDown);
    answer_calls(&mut bench, false);
    bench.press(KeyCode::Enter);
    for _ in 0..3 {
        bench.press(KeyCode::Tab);
    }
    bench.keys(" ").press(KeyCode::Tab).keys("rosa@provider");
    bench.press(KeyCode::Tab).keys(" ").press(KeyCode::Right);
    assert!(
        bench.picture().contains("rosa@provider") && bench.picture().contains("when something went wrong"),
        "{}",
        bench.picture()
    );
    bench.press(KeyCode::BackTab).keys(", nobody").press(KeyCode::Tab).control('s');
    assert!(bench.commands().is_empty() && bench.picture().contains("whom to report to"), "{}", bench.picture());
    bench.press(KeyCode::BackTab);
    for _ in 0..8 {
        bench.press(KeyCode::Backspace);
    }
    bench.control('s');
    let (_, command) = bench.commands().remove(0);
    let Command::Wizard(Act::Add(draft)) = command else { panic!("{command:?}") };
    assert_eq!(
        (draft.settings.report_recipients, draft.settings.report_when),
        (vec!["rosa@provider".to_owned()], ReportWhen::Trouble)
    );
}

#[test]
fn leaving_asks_when_something_was_typed_and_forgets_it() {
    let mut bench = filled((80, 24));
    bench.press(KeyCode::Esc).pass(400);
    insta::assert_snapshot!("wizard_leave", bench.picture());
    bench.keys("y");
    assert!(!bench.picture().contains("7f0b1c52"));
    assert!(bench.picture().contains("step 1 of 4"));
}

#[test]
fn a_field_in_focus_is_seen_with_its_hint_however_many_there_are() {
    for size in [(80, 24), (140, 40)] {
        let mut bench = opened(size);
        bench.keys("Aldergate Lakes").press(KeyCode::Tab).press(KeyCode::Tab).press(KeyCode::Tab);
        let place = registry::destinations().iter().position(|vendor| vendor.key == "moodle").unwrap();
        for _ in 0..place {
            bench.press(KeyCode::Down);
        }
        bench.press(KeyCode::Enter);
        settle(&mut bench);
        assert!(bench.picture().contains("step 2 of 4"), "{}", bench.picture());
        let source = registry::source("planday").unwrap().capabilities.parameters;
        let destination = (registry::destination("moodle").unwrap().capabilities)(&Default::default()).parameters;
        for spec in source.iter().chain(destination) {
            let picture = bench.picture();
            let words: Vec<&str> = spec.hint.split(' ').take(4).collect();
            let is_in_focus = picture.lines().any(|line| line.contains(spec.label) && line.contains('▸'));
            assert!(is_in_focus, "{} at {size:?}:\n{picture}", spec.label);
            assert!(picture.contains(&words.join(" ")), "{} at {size:?}:\n{picture}", spec.label);
            bench.press(KeyCode::Tab);
        }
    }
}

#[test]
fn what_a_source_needs_follows_from_what_is_typed_for_it() {
    let mut bench = opened((140, 40));
    bench.keys("Aldergate Lakes").press(KeyCode::Tab).press(KeyCode::Tab);
    let place = registry::sources().iter().position(|vendor| vendor.capabilities.key == "mapal-os").unwrap();
    for _ in 0..place {
        bench.press(KeyCode::Down);
    }
    bench.press(KeyCode::PageDown);
    settle(&mut bench);
    let line = |bench: &mut Bench, label: &str| {
        let picture = bench.picture();
        picture.lines().find(|line| line.contains(label)).unwrap_or_else(|| panic!("no {label}:\n{picture}")).to_owned()
    };
    bench.press(KeyCode::Tab);
    assert!(line(&mut bench, "Export or folder").contains("needed"), "by its list, unless an address is typed");
    assert!(line(&mut bench, "REST address").contains("assumed"), "{}", bench.picture());
    bench.press(KeyCode::Tab).press(KeyCode::Tab).keys("https://os.mapal.example").press(KeyCode::Tab);
    settle(&mut bench);
    assert!(!line(&mut bench, "Export or folder").contains("needed"), "{}", bench.picture());
    assert!(line(&mut bench, "Login address").contains('▸'), "the focus stays where it went: {}", bench.picture());
    bench.press(KeyCode::BackTab);
    for _ in 0..40 {
        bench.press(KeyCode::Backspace);
    }
    bench.press(KeyCode::Tab);
    settle(&mut bench);
    assert!(line(&mut bench, "Export or folder").contains("needed"), "{}", bench.picture());
}

#[test]
fn others_are_read_and_the_first_ones_come_again_behind_the_last() {
    let mut bench = filled((80, 24));
    bench.control('t');
    answer_calls(&mut bench, false);
    assert!(bench.picture().contains("Aisling Keane"), "{}", bench.picture());
    let ask = |bench: &mut Bench, people: Vec<Met>, failed: Option<ApiError>, wanted: usize| {
        bench.keys(".");
        let (slot, command) = bench.commands().remove(0);
        let Command::Wizard(Act::Others { round, shown, .. }) = command else { panic!("{command:?}") };
        assert_eq!(shown, wanted);
        let others = Others { round, people, failed, rotated: Vec::new() };
        bench.send(Msg::Done(slot, Payload::Wizard(Answer::Others(others))));
    };
    let marcus =
        Met { name: "Marcus Bell".into(), id: "PO-0388".into(), branch: "York".into(), job_title: "Picker".into() };
    ask(&mut bench, vec![marcus], None, 2);
    assert!(bench.picture().contains("Marcus Bell") && !bench.picture().contains("Aisling"), "{}", bench.picture());
    ask(&mut bench, Vec::new(), Some(ApiError::Unsupported { what: "more" }), 3);
    assert!(bench.picture().contains("Marcus Bell"), "a failure takes nobody away: {}", bench.picture());
    ask(&mut bench, Vec::new(), None, 3);
    assert!(bench.picture().contains("Aisling Keane"), "{}", bench.picture());
}

#[test]
fn people_are_seen_at_80x24_however_many_steps_there_are() {
    let mut bench = filled((80, 24));
    bench.control('t');
    for (slot, command) in bench.commands() {
        let Command::Wizard(Act::Probe { round, side, .. }) = command else { panic!("{command:?}") };
        let steps =
            (1..=7).map(|number| step(&format!("step {number}"), ProbeResult::Passed, "as it should be")).collect();
        let met = |number: u32| Met {
            name: format!("Person {number}"),
            id: number.to_string(),
            branch: "Leeds".into(),
            job_title: "Picker".into(),
        };
        let people = if side == Side::Source { (1..=5).map(met).collect() } else { Vec::new() };
        let probed = Probed { round, side, steps, people, millis: 9, rotated: Vec::new() };
        bench.send(Msg::Done(slot, Payload::Wizard(Answer::Probed(probed))));
    }
    insta::assert_snapshot!("wizard_many_steps_80x24", bench.picture());
    assert!(bench.picture().contains("Person 2") && bench.picture().contains("Both ends answer"));
}

//! What one key or message does to model and effects; no terminal.

use std::time::Duration;

use crossterm::event::KeyCode;
use onroll::console::app::msg::Ending;
use onroll::console::app::{Command, Control, Effect, ExitCode, Level, LiveRun, Msg, Place};
use onroll::console::screens::ScreenId;
use onroll::console::widgets::Hit;

use crate::support::{Bench, control, key, letter, people, problem, start};

const SIZE: (u16, u16) = (80, 24);

fn bench() -> Bench {
    let mut bench = Bench::new(people(), SIZE);
    bench.effects.clear();
    bench
}

fn current(bench: &Bench) -> Option<String> {
    bench.model.messages().current(bench.model.now().uptime).map(|message| message.text.clone())
}

#[test]
fn a_stale_answer_is_dropped() {
    let mut bench = bench();
    bench.keys("rr");
    let asked: Vec<_> = bench
        .effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Query(slot, generation, _) => Some((*slot, *generation)),
            _ => None,
        })
        .collect();
    let (slot, old) = asked[0];
    let stale = Msg::Loaded(slot, old, onroll::console::app::Payload::Text("OLD".into()));
    assert!(bench.model.is_stale(&stale));
    bench.send(stale);
    assert!(!bench.picture(SIZE).contains("OLD"));
}

#[test]
fn sending_asks_and_is_deaf_for_300_ms() {
    let mut bench = bench();
    bench.keys("!y");
    assert!(bench.model.overlay().is_some(), "the typed-ahead y is not heard");
    bench.pass(Duration::from_millis(299)).keys("y");
    assert!(bench.model.overlay().is_some());
    bench.pass(Duration::from_millis(1)).keys("!");
    assert!(bench.model.overlay().is_some(), "the key that opened it does not confirm");
    bench.keys("y");
    assert!(bench.model.overlay().is_none());
    assert_eq!(current(&bench).as_deref(), Some("Pushed 12 people"));
}

#[test]
fn enter_on_the_question_cancels() {
    let mut bench = bench();
    bench.keys("!").pass(Duration::from_millis(300)).press(key(KeyCode::Enter));
    assert!(bench.model.overlay().is_none());
    assert_eq!(current(&bench).as_deref(), Some("Cancelled"));
}

#[test]
fn read_only_takes_every_dangerous_action_away() {
    let mut start = start(people(), SIZE);
    start.console.read_only = true;
    let mut bench = Bench::with(start);
    bench.keys("!");
    assert!(bench.model.overlay().is_none());
    assert_eq!(current(&bench).as_deref(), Some("Push marked: read-only"));
    assert!(bench.picture((140, 40)).contains("! push marked (read-only)"));
    assert!(bench.picture((140, 40)).contains("READ-ONLY"));
}

#[test]
fn a_disabled_action_says_why() {
    let mut bench = bench();
    bench.keys("n");
    assert_eq!(current(&bench).as_deref(), Some("New: the plan is older than the data"));
}

#[test]
fn esc_is_a_ladder_and_never_leaves() {
    let mut bench = Bench::new(Place::global(ScreenId::Tenants), SIZE);
    bench.press(key(KeyCode::Enter));
    assert_eq!(bench.model.place().map(|place| place.screen), Some(ScreenId::Person));
    bench.send(Msg::Control(Control::Notice(Level::Error, "refused".into())));
    bench.press(key(KeyCode::Esc));
    assert_eq!(current(&bench), None, "first the error");
    bench.keys("/3").press(key(KeyCode::Esc));
    assert!(bench.model.screen().is_some_and(|screen| !screen.text_focus()), "then the filter");
    bench.keys(" ").press(key(KeyCode::Esc));
    assert!(!bench.picture(SIZE).contains("1 marked"), "then the marks");
    assert_eq!(bench.model.place().map(|place| place.screen), Some(ScreenId::Person));
    for _ in 0..5 {
        bench.press(key(KeyCode::Esc));
    }
    assert_eq!(bench.model.place().map(|place| place.screen), Some(ScreenId::Tenants));
    assert!(!bench.effects.iter().any(|effect| matches!(effect, Effect::Quit(_))));
}

#[test]
fn coming_back_restores_cursor_and_marks() {
    let mut bench = bench();
    bench.keys(" jj").press(key(KeyCode::Enter)).press(key(KeyCode::Esc));
    let picture = bench.picture(SIZE);
    assert!(picture.contains("1 marked"), "{picture}");
    assert!(picture.contains("▸  ! Łucja Malik"), "{picture}");
}

#[test]
fn tabs_change_the_screen_and_esc_leads_out_of_the_tenant() {
    let mut bench = Bench::new(Place::global(ScreenId::Tenants), SIZE);
    bench.press(key(KeyCode::Enter)).keys("5");
    assert_eq!(bench.model.place().map(|place| place.screen), Some(ScreenId::Plan));
    bench.send(Msg::Click { hit: Hit::Tab(3), double: false });
    assert_eq!(bench.model.place().map(|place| place.screen), Some(ScreenId::Review));
    bench.press(key(KeyCode::Esc));
    assert_eq!(bench.model.place().map(|place| place.screen), Some(ScreenId::Tenants));
}

#[test]
fn leaving_asks_only_when_something_runs_or_is_unsaved() {
    let mut bench = bench();
    bench.keys("q");
    assert_eq!(bench.effects, [Effect::Quit(ExitCode::Done)]);
    let mut bench = self::bench();
    bench.keys("eq");
    let picture = bench.picture(SIZE);
    assert!(picture.contains("Leave Onroll?") && picture.contains("Not saved: 2 settings"), "{picture}");
    bench.pass(Duration::from_millis(300)).press(key(KeyCode::Esc));
    assert!(bench.effects.is_empty());
}

#[test]
fn leaving_lists_what_runs_and_goes_by_itself_when_it_ends() {
    let mut bench = bench();
    let run = LiveRun { tenant: "brasa".into(), title: "Brasa do Porto, run 1207".into() };
    bench.send(Msg::Control(Control::LiveRuns(vec![run]))).keys("q");
    assert!(bench.picture(SIZE).contains("Brasa do Porto, run 1207"));
    assert!(bench.effects.is_empty());
    bench.send(Msg::Control(Control::LiveRuns(vec![])));
    assert_eq!(bench.effects, [Effect::Quit(ExitCode::Done)]);
}

#[test]
fn ctrl_c_twice_leaves_now_and_runs_stop_safely() {
    let mut bench = bench();
    let run = LiveRun { tenant: "brasa".into(), title: "run".into() };
    bench.send(Msg::Control(Control::LiveRuns(vec![run]))).press(control('c')).press(control('c'));
    let [Effect::Command(_, command), Effect::Quit(code)] = bench.effects.as_slice() else {
        panic!("{:?}", bench.effects)
    };
    assert_eq!((command, code), (&Command::StopAllRuns, &ExitCode::Done));
}

#[test]
fn signals_end_with_their_code() {
    for (ending, code) in [(Ending::HangUp, 129), (Ending::Interrupt, 130), (Ending::Terminate, 143)] {
        let mut bench = bench();
        bench.send(Msg::Ended(ending));
        let [Effect::Quit(exit)] = bench.effects.as_slice() else { panic!("{:?}", bench.effects) };
        assert_eq!(exit.status(), code);
    }
}

#[test]
fn help_filters_and_runs() {
    let mut bench = bench();
    bench.keys("?leave").press(key(KeyCode::Enter));
    assert_eq!(bench.effects, [Effect::Quit(ExitCode::Done)]);
}

#[test]
fn help_finds_a_key_by_itself() {
    let mut bench = bench();
    bench.keys("?t");
    assert!(
        bench.picture(SIZE).lines().any(|line| line.contains("▸t") && line.contains("hold back")),
        "{}",
        bench.picture(SIZE)
    );
}

#[test]
fn the_palette_runs_actions_and_goes_to_places() {
    let mut bench = bench();
    bench.keys(":go to tenants").press(key(KeyCode::Enter));
    assert_eq!(bench.model.place().map(|place| place.screen), Some(ScreenId::Tenants));
    bench.press(control('p')).keys("hold back").press(key(KeyCode::Enter));
    assert!(bench.model.overlay().is_none());
}

#[test]
fn more_has_letters_and_messages() {
    let mut bench = bench();
    bench.send(Msg::Control(Control::TaskPanicked("index out of bounds".into()))).keys("mm");
    let picture = bench.picture(SIZE);
    assert!(
        picture.contains("A part of the program stopped") && picture.contains("`index out of bounds`"),
        "{picture}"
    );
    bench.keys("y");
    assert!(matches!(bench.effects.as_slice(), [Effect::Copy(text)] if text.starts_with("what  ")));
}

#[test]
fn copying_is_honest() {
    let mut bench = bench();
    bench.keys("y");
    assert_eq!(bench.effects, [Effect::Copy("40718_2231".into())]);
    assert_eq!(current(&bench).as_deref(), Some("Copied 10 characters, sent to the terminal"));
}

#[test]
fn letters_go_into_a_text_field() {
    let mut bench = bench();
    bench.keys("/4q?");
    assert!(bench.model.screen().is_some_and(onroll::console::screens::Screen::text_focus));
    assert!(bench.model.overlay().is_none() && bench.effects.is_empty());
    assert!(!bench.picture(SIZE).contains("? help"), "in text the question mark is typed");
}

#[test]
fn a_place_that_is_not_built_says_so() {
    let mut bench = bench();
    bench.send(Msg::Click { hit: Hit::Tab(0), double: false });
    bench.keys(":").press(key(KeyCode::Esc));
    let mut start = start(Place::global(ScreenId::FirstRun), SIZE);
    start.console.doors = vec![onroll::console::screens::first_run::Door {
        action: Some(onroll::console::keys::Action::New),
        label: "add a tenant".into(),
        words: String::new(),
        leads: onroll::console::screens::first_run::Leads::To(Place::global(ScreenId::Wizard)),
    }];
    let mut bench = Bench::with(start);
    bench.press(letter('n'));
    assert_eq!(bench.model.place().map(|place| place.screen), Some(ScreenId::FirstRun));
    assert_eq!(current(&bench).as_deref(), Some("New tenant is not part of this build"));
}

#[test]
fn problems_stay_until_esc() {
    let mut bench = bench();
    let slot = onroll::console::app::RequestSlot { owner: onroll::console::app::Owner::Console, name: "runs" };
    bench.send(Msg::Refused(slot, problem())).pass(Duration::from_secs(3_600));
    assert_eq!(current(&bench).as_deref(), Some("Run 771 could not read employees"));
    bench.press(key(KeyCode::Esc));
    assert_eq!(current(&bench), None);
}

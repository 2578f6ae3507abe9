//! Pictures of what the framework draws: text and a map of styles (b bold, d dim, r reverse, u underline).

use std::time::Duration;

use onroll::console::app::{Control, Effect, Level, Msg, Place};
use onroll::console::keys::Action;
use onroll::console::screens::ScreenId;
use onroll::console::screens::first_run::{Door, Leads};
use onroll::console::theme::Theme;

use crate::support::{Bench, key, letter, people, picture, start};

fn check(name: &str, bench: &Bench, size: (u16, u16)) {
    let (text, styles) = picture(&bench.model, &Theme::mono(), size);
    insta::assert_snapshot!(format!("{name}_{}x{}", size.0, size.1), format!("{text}---\n{styles}"));
}

const SIZES: [(u16, u16); 4] = [(80, 24), (200, 60), (60, 16), (52, 20)];

#[test]
fn layout() {
    for size in SIZES {
        check("layout", &Bench::new(people(), size), size);
    }
    check("layout", &Bench::new(people(), (140, 40)), (140, 40));
}

#[test]
fn palette() {
    for size in SIZES {
        let mut bench = Bench::new(people(), size);
        bench.keys(":ho");
        check("palette", &bench, size);
    }
}

#[test]
fn help() {
    for size in SIZES {
        let mut bench = Bench::new(people(), size);
        bench.keys("?");
        check("help", &bench, size);
    }
}

#[test]
fn confirm() {
    for size in SIZES {
        let mut bench = Bench::new(people(), size);
        bench.keys("!").pass(Duration::from_millis(300));
        check("confirm", &bench, size);
    }
}

#[test]
fn more_messages_and_toasts() {
    let size = (80, 24);
    let mut bench = Bench::new(people(), size);
    bench.keys("m");
    check("more", &bench, size);
    bench.press(key(crossterm::event::KeyCode::Esc)).keys("u");
    bench.send(Msg::Control(Control::Notice(Level::Warn, "Flow allows 300 requests a minute".into())));
    check("toast", &bench, size);
    bench.keys("mm");
    check("messages", &bench, size);
    let mut low = Bench::new(people(), (60, 16));
    low.keys("u");
    check("toast", &low, (60, 16));
}

#[test]
fn ascii_has_the_same_layout() {
    let mut bench = Bench::new(people(), (80, 24));
    bench.keys("!");
    let theme = Theme::new(onroll::console::theme::Depth::Mono, onroll::console::theme::Shade::Terminal, true);
    let (text, _) = picture(&bench.model, &theme, (80, 24));
    insta::assert_snapshot!("ascii_80x24", text);
}

#[test]
fn first_run() {
    let doors = vec![
        Door {
            action: Some(Action::New),
            label: "add a tenant".into(),
            words: "name, source, destination, credentials".into(),
            leads: Leads::To(Place::global(ScreenId::Wizard)),
        },
        Door {
            action: Some(Action::MatchFiles),
            label: "match two exports".into(),
            words: "CSV or XLSX from both sides, no account".into(),
            leads: Leads::Command("onroll match --source hr.csv --destination lms.csv --out matched".into()),
        },
        Door {
            action: None,
            label: "look at the demo".into(),
            words: "six invented companies, nothing is sent".into(),
            leads: Leads::Command("onroll demo".into()),
        },
    ];
    let names = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    for size in SIZES {
        let mut start = start(Place::global(ScreenId::FirstRun), size);
        start.console.doors = doors.clone();
        start.console.vendors = (
            names(&["Planday", "Rotaready", "PeopleHR", "Freshteam", "MAPAL OS", "CSV"]),
            names(&["Flow Learning", "Learn Amp", "Reward Gateway", "SCIM"]),
        );
        let mut bench = Bench::with(start);
        check("first_run", &bench, size);
        if size.1 >= 16 && size.0 >= 60 {
            bench.press(letter('i'));
            let copied = bench
                .effects
                .iter()
                .any(|effect| matches!(effect, Effect::Copy(text) if text.starts_with("onroll match ")));
            assert!(copied, "{:?}", bench.effects);
            let (text, _) = picture(&bench.model, &Theme::mono(), size);
            assert!(text.contains("$ onroll match --source"), "{text}");
        }
    }
}

//! Any keys in any order, any size: never a panic, always in range.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use onroll::console::app::{Control, LiveRun, Msg, Place};
use onroll::console::screens::ScreenId;
use onroll::console::theme::{Depth, Shade, Theme};
use onroll::console::widgets::Hit;
use proptest::prelude::*;

use crate::support::{Bench, people, picture};

fn keys() -> impl Strategy<Value = KeyEvent> {
    let codes = prop_oneof![
        "[a-zA-Z0-9!?:/.,\u{e9}\u{611b} ]".prop_map(|text| KeyCode::Char(text.chars().next().unwrap())),
        prop::sample::select(vec![
            KeyCode::Enter,
            KeyCode::Esc,
            KeyCode::Tab,
            KeyCode::BackTab,
            KeyCode::Up,
            KeyCode::Down,
            KeyCode::Left,
            KeyCode::Right,
            KeyCode::PageUp,
            KeyCode::PageDown,
            KeyCode::Home,
            KeyCode::End,
            KeyCode::Delete,
            KeyCode::Backspace,
            KeyCode::F(1),
            KeyCode::F(2),
        ]),
    ];
    (codes, prop::sample::select(vec![KeyModifiers::NONE, KeyModifiers::CONTROL, KeyModifiers::SHIFT]))
        .prop_map(|(code, modifiers)| KeyEvent::new(code, modifiers))
}

fn messages() -> impl Strategy<Value = Msg> {
    prop_oneof![
        8 => keys().prop_map(Msg::Key),
        1 => "\\PC{0,8}".prop_map(Msg::Paste),
        1 => (0u16..300, 0u16..100).prop_map(|(columns, rows)| Msg::Resized(columns, rows)),
        1 => (-9i32..9).prop_map(|rows| Msg::Wheel { hit: None, rows }),
        1 => (0usize..60).prop_map(|row| Msg::Click { hit: Hit::Row { pane: 0, row }, double: false }),
        1 => (0usize..12).prop_map(|row| Msg::Click { hit: Hit::OverlayRow(row), double: false }),
        1 => (0usize..12).prop_map(|tab| Msg::Click { hit: Hit::Tab(tab), double: true }),
        1 => (0usize..3).prop_map(|button| Msg::Click { hit: Hit::Button(button), double: true }),
        1 => Just(Msg::Control(Control::LiveRuns(vec![LiveRun { tenant: "brasa".into(), title: "run".into() }]))),
        1 => Just(Msg::FeedMoved(7)),
        1 => Just(Msg::Woken),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn no_sequence_panics(steps in prop::collection::vec((messages(), 0u64..500), 1..60), size in (0u16..300, 0u16..100)) {
        let mut bench = Bench::new(Place::global(ScreenId::Tenants), size);
        let theme = Theme::new(Depth::True, Shade::Dark, true);
        for (msg, millis) in steps {
            bench.pass(Duration::from_millis(millis)).send(msg);
            prop_assert!(bench.model.place().is_some());
            prop_assert!(bench.model.screen().is_some());
            prop_assert!(bench.model.deadline().is_none_or(|at| at > bench.model.now().uptime), "a deadline in the past would spin");
        }
        picture(&bench.model, &theme, size);
        picture(&bench.model, &theme, (80, 24));
    }

    #[test]
    fn no_size_panics(size in (0u16..300, 0u16..100), overlay in prop::sample::select(vec!["", "?", ":", "m", "mm", "!", "s", "/x"])) {
        let mut bench = Bench::new(people(), size);
        bench.keys(overlay);
        picture(&bench.model, &Theme::mono(), size);
    }

    #[test]
    fn nothing_that_is_drawn_has_colour_in_mono(overlay in prop::sample::select(vec!["", "?", ":", "mm", "!", " "])) {
        let mut bench = Bench::new(people(), (80, 24));
        bench.keys(overlay);
        let mut terminal = ratatui::Terminal::new(ratatui::backend::TestBackend::new(80, 24)).unwrap();
        let mut hits = onroll::console::widgets::Hits::default();
        terminal.draw(|frame| onroll::console::app::view(&bench.model, &Theme::mono(), frame, &mut hits, None)).unwrap();
        for cell in &terminal.backend().buffer().content {
            prop_assert_eq!((cell.fg, cell.bg), (ratatui::style::Color::Reset, ratatui::style::Color::Reset));
        }
    }
}

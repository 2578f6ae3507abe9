//! A console without terminal, store and engine, for tests of screens: keys in, effects and pictures out.

use std::time::Duration;

use crossterm::event::KeyEvent;
use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use crate::console::app::console_settings::ConsoleSettings;
use crate::console::app::{
    Command, Effect, Mode, Model, Moment, Msg, Payload, Place, Problem, Query, Start, TenantHeader, update, view,
};
use crate::console::keys::Bindings;
use crate::console::keys::bindings::parse_key;
use crate::console::screens::registry;
use crate::console::theme::Theme;
use crate::console::widgets::Hits;

/// What a test answers to a question; `None` leaves it open.
pub(in crate::console::screens) type Answers = fn(&Query) -> Option<Result<Payload, Problem>>;

/// The console under test.
pub(in crate::console::screens) struct Bench {
    pub model: Model,
    pub commands: Vec<Command>,
    answers: Answers,
    now: Moment,
    size: (u16, u16),
}

/// A header of Harbour & Vine.
pub(in crate::console::screens) fn header(standing: Mode) -> TenantHeader {
    TenantHeader {
        short_name: "harbour-vine".into(),
        name: "Harbour & Vine".into(),
        route: "Planday → Flow Learning".into(),
        standing,
        badges: [0, 4, 0, 85, 0, 0, 0, 0, 0],
        zone: "Europe/London".into(),
    }
}

impl Bench {
    /// Opens a place at a size; every question is answered by `answers` at once.
    pub fn open(place: Place, size: (u16, u16), standing: Mode, answers: Answers) -> Self {
        let now = Moment { wall: "2026-11-24T14:07:00Z".parse().unwrap(), uptime: Duration::from_secs(10) };
        let mut model = Model::new(Start {
            console: ConsoleSettings {
                operator: "R. Osei".into(),
                zone: TimeZone::UTC,
                read_only: standing == Mode::ReadOnly,
                ..ConsoleSettings::default()
            },
            bindings: Bindings::default(),
            place,
            mouse: false,
            size,
            now,
            build: registry::build,
        });
        let first = crate::console::app::update::begin(&mut model);
        let mut bench = Self { model, commands: Vec::new(), answers, now, size };
        bench.answer_header(standing);
        bench.carry_out(first);
        bench
    }

    fn answer_header(&mut self, standing: Mode) {
        let mut header = header(standing);
        header.standing = standing;
        let slot = crate::console::app::RequestSlot { owner: crate::console::app::Owner::Console, name: "tenant" };
        // The header was asked for once when the place was opened.
        let generation = crate::console::app::Generation(1);
        let more = update(&mut self.model, Msg::Loaded(slot, generation, Payload::TenantHeader(header)));
        self.carry_out(more);
    }

    fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Query(slot, generation, query) | Effect::ReadAhead(slot, generation, query) => {
                    let msg = match (self.answers)(&query) {
                        Some(Ok(payload)) => Msg::Loaded(slot, generation, payload),
                        Some(Err(problem)) => Msg::Failed(slot, generation, problem),
                        None => continue,
                    };
                    let more = update(&mut self.model, msg);
                    self.carry_out(more);
                }
                Effect::Command(slot, command) => {
                    self.commands.push(command);
                    let _ = slot;
                }
                _ => {}
            }
        }
    }

    /// The command of this slot was carried out.
    pub fn done(&mut self, name: &'static str, payload: Payload) {
        let slot = crate::console::app::RequestSlot { owner: crate::console::app::Owner::Screen(1), name };
        let more = update(&mut self.model, Msg::Done(slot, payload));
        self.carry_out(more);
    }

    /// The screen was left and is gone to again.
    pub fn shown_again(&mut self) {
        let more = crate::console::app::update::begin(&mut self.model);
        self.carry_out(more);
    }

    pub fn msg(&mut self, msg: Msg) {
        let more = update(&mut self.model, msg);
        self.carry_out(more);
    }

    /// Time passes.
    pub fn wait(&mut self, millis: u64) {
        self.now.uptime += Duration::from_millis(millis);
        let now = self.now;
        self.msg(Msg::Now(now));
    }

    /// Keys as the config writes them, each after 300 ms.
    pub fn keys(&mut self, keys: &[&str]) {
        for key in keys {
            self.wait(300);
            self.key(key);
        }
    }

    /// A key at once.
    pub fn key(&mut self, key: &str) {
        let event: KeyEvent = parse_key(key).unwrap().into();
        self.msg(Msg::Key(event));
    }

    /// The picture as text.
    pub fn picture(&self) -> String {
        let mut terminal = Terminal::new(TestBackend::new(self.size.0, self.size.1)).unwrap();
        let theme = Theme::mono();
        terminal.draw(|frame| view(&self.model, &theme, frame, &mut Hits::default(), None)).unwrap();
        let buffer = terminal.backend().buffer().clone();
        let width = usize::from(self.size.0);
        let mut lines = Vec::new();
        for row in buffer.content.chunks(width) {
            let mut line = String::new();
            let mut skip = 0;
            for cell in row {
                if skip > 0 {
                    skip -= 1;
                    continue;
                }
                line.push_str(cell.symbol());
                skip = unicode_width::UnicodeWidthStr::width(cell.symbol()).saturating_sub(1);
            }
            lines.push(line.trim_end().to_owned());
        }
        lines.join("\n")
    }

    /// The last command, of which there is one.
    pub fn last(&self) -> &Command {
        self.commands.last().expect("a command")
    }
}

//! The console's model with a hand for a backend.

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::Timestamp;
use onroll::console::app::update::begin;
use onroll::console::app::{
    Command, ConsoleSettings, Effect, Model, Moment, Msg, Payload, Place, Problem, Query, RequestSlot, Start,
    TenantHeader, update, view,
};
use onroll::console::keys::Bindings;
use onroll::console::screens::registry;
use onroll::console::theme::Theme;
use onroll::console::widgets::Hits;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

pub fn now() -> Timestamp {
    "2026-11-24T14:07:20Z".parse().unwrap()
}

pub struct Bench {
    pub model: Model,
    pub effects: Vec<Effect>,
    uptime: Duration,
}

impl Bench {
    pub fn new(place: Place, size: (u16, u16)) -> Self {
        let mut model = Model::new(Start {
            console: ConsoleSettings {
                workspace: "test".into(),
                version: "0.1.0".into(),
                ..ConsoleSettings::default()
            },
            bindings: Bindings::default(),
            place,
            mouse: false,
            size,
            now: Moment { wall: now(), uptime: Duration::from_secs(1) },
            build: registry::build,
        });
        let effects = begin(&mut model);
        Self { model, effects, uptime: Duration::from_secs(1) }
    }

    pub fn send(&mut self, msg: Msg) -> &mut Self {
        self.effects.extend(update(&mut self.model, msg));
        self
    }

    /// Time goes on.
    pub fn pass(&mut self, millis: u64) -> &mut Self {
        self.uptime += Duration::from_millis(millis);
        self.send(Msg::Now(Moment { wall: now(), uptime: self.uptime }))
    }

    pub fn press(&mut self, code: KeyCode) -> &mut Self {
        self.send(Msg::Key(KeyEvent::new(code, KeyModifiers::NONE)))
    }

    pub fn control(&mut self, letter: char) -> &mut Self {
        self.send(Msg::Key(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL)))
    }

    pub fn keys(&mut self, text: &str) -> &mut Self {
        for character in text.chars() {
            self.press(KeyCode::Char(character));
        }
        self
    }

    /// Confirms the question on the screen.
    pub fn confirm(&mut self) -> &mut Self {
        self.pass(400).keys("y")
    }

    /// Answers every question that is open, where the hand knows an answer.
    pub fn answer(&mut self, hand: impl Fn(&Query) -> Option<Result<Payload, Problem>>) -> &mut Self {
        loop {
            let open = self
                .effects
                .iter()
                .position(|effect| matches!(effect, Effect::Query(_, _, query) if hand(query).is_some()));
            let Some(at) = open else { return self };
            let Effect::Query(slot, generation, query) = self.effects.remove(at) else { return self };
            match hand(&query) {
                Some(Ok(payload)) => self.send(Msg::Loaded(slot, generation, payload)),
                Some(Err(problem)) => self.send(Msg::Failed(slot, generation, problem)),
                None => self,
            };
        }
    }

    /// The commands since the last look.
    pub fn commands(&mut self) -> Vec<(RequestSlot, Command)> {
        let (commands, rest): (Vec<Effect>, Vec<Effect>) =
            std::mem::take(&mut self.effects).into_iter().partition(|effect| matches!(effect, Effect::Command(..)));
        self.effects = rest;
        let command = |effect| match effect {
            // Filters that are remembered are no deeds.
            Effect::Command(_, Command::Lists(_)) => None,
            Effect::Command(slot, command) => Some((slot, command)),
            _ => None,
        };
        commands.into_iter().filter_map(command).collect()
    }

    pub fn place(&self) -> Place {
        self.model.place().unwrap().clone()
    }

    pub fn picture(&self) -> String {
        let frame = self.model.view_cx().frame;
        let mut terminal = Terminal::new(TestBackend::new(frame.width, frame.height)).unwrap();
        let mut hits = Hits::default();
        let theme = Theme::mono();
        terminal.draw(|frame| view(&self.model, &theme, frame, &mut hits, None)).unwrap();
        terminal.backend().to_string()
    }
}

pub fn tenant_header(name: &str, short: &str, standing: onroll::console::app::Mode) -> TenantHeader {
    TenantHeader {
        short_name: short.into(),
        name: name.into(),
        route: "Planday → Flow Learning".into(),
        standing,
        badges: [0, 4, 0, 85, 0, 0, 0, 0, 0],
        zone: "Europe/London".into(),
    }
}

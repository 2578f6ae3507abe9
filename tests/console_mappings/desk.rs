//! A model with a backend: hand-made answers or a real workspace.

use std::collections::VecDeque;
use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use jiff::{SignedDuration, Timestamp};
use onroll::console::app::update::begin;
use onroll::console::app::{
    Command, ConsoleSettings, Effect, Mode, Model, Moment, Msg, Payload, Place, Problem, Query, Start, TenantHeader,
    update,
};
use onroll::console::keys::Bindings;
use onroll::console::theme::Theme;
use onroll::console::widgets::Hits;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

pub const NOON: &str = "2026-11-24T14:07:20Z";

/// What stands behind the model of a test.
pub trait Behind {
    fn query(&mut self, query: Query) -> Result<Payload, Problem>;
    /// `None` leaves the command without an answer.
    fn command(&mut self, command: Command) -> Option<Result<Payload, Problem>>;
}

pub struct Desk<B> {
    pub model: Model,
    pub behind: B,
    pub commands: Vec<Command>,
    pub copied: Vec<String>,
    pub queries: Vec<Query>,
    size: (u16, u16),
    now: Moment,
}

impl<B: Behind> Desk<B> {
    pub fn new(place: Place, size: (u16, u16), behind: B) -> Self {
        let now = Moment { wall: NOON.parse().unwrap(), uptime: Duration::ZERO };
        let world = ConsoleSettings { operator: "R. Osei".into(), reduced_motion: true, ..ConsoleSettings::default() };
        let build = onroll::console::screens::registry::build;
        let mut model =
            Model::new(Start { console: world, bindings: Bindings::default(), place, mouse: true, size, now, build });
        let effects = begin(&mut model);
        let mut desk = Self { model, behind, commands: Vec::new(), copied: Vec::new(), queries: Vec::new(), size, now };
        desk.settle(effects);
        desk
    }

    fn settle(&mut self, effects: Vec<Effect>) {
        let mut queue = VecDeque::from(effects);
        while let Some(effect) = queue.pop_front() {
            let answer = match effect {
                Effect::Query(slot, generation, query) | Effect::ReadAhead(slot, generation, query) => {
                    self.queries.push(query.clone());
                    match self.behind.query(query) {
                        Ok(payload) => Msg::Loaded(slot, generation, payload),
                        Err(problem) => Msg::Failed(slot, generation, problem),
                    }
                }
                Effect::Command(slot, command) => {
                    // Filters that are remembered are no deeds.
                    if !matches!(command, Command::Lists(_)) {
                        self.commands.push(command.clone());
                    }
                    match self.behind.command(command) {
                        Some(Ok(payload)) => Msg::Done(slot, payload),
                        Some(Err(problem)) => Msg::Refused(slot, problem),
                        None => continue,
                    }
                }
                Effect::Copy(text) => {
                    self.copied.push(text);
                    continue;
                }
                _ => continue,
            };
            queue.extend(update(&mut self.model, answer));
        }
    }

    pub fn send(&mut self, msg: Msg) -> &mut Self {
        let effects = update(&mut self.model, msg);
        self.settle(effects);
        self
    }

    pub fn press(&mut self, code: KeyCode) -> &mut Self {
        self.send(Msg::Key(KeyEvent::new(code, KeyModifiers::NONE)))
    }

    pub fn keys(&mut self, text: &str) -> &mut Self {
        for character in text.chars() {
            self.press(KeyCode::Char(character));
        }
        self
    }

    /// Time passes: what was waiting for a rest is asked.
    pub fn rest(&mut self) -> &mut Self {
        self.now.uptime += Duration::from_millis(400);
        self.now.wall = NOON.parse::<Timestamp>().unwrap() + SignedDuration::try_from(self.now.uptime).unwrap();
        let now = self.now;
        self.send(Msg::Now(now))
    }

    pub fn picture(&self) -> String {
        let (columns, rows) = self.size;
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        let mut hits = Hits::default();
        let theme = Theme::mono();
        terminal.draw(|frame| onroll::console::app::view(&self.model, &theme, frame, &mut hits, None)).unwrap();
        let buffer = terminal.backend().buffer();
        let mut text = String::new();
        for y in 0..rows {
            let mut skip = 0;
            for x in 0..columns {
                if skip > 0 {
                    skip -= 1;
                    continue;
                }
                let symbol = buffer[(x, y)].symbol();
                skip = unicode_width::UnicodeWidthStr::width(symbol).saturating_sub(1);
                text.push_str(symbol);
            }
            let end = text.trim_end_matches(' ').len();
            text.truncate(end);
            text.push('\n');
        }
        text
    }

    /// The text of one row.
    pub fn row(&self, y: usize) -> String {
        self.picture().lines().nth(y).unwrap_or_default().to_owned()
    }

    /// The message in the status line.
    pub fn toast(&self) -> String {
        self.model.messages().all().next_back().map(|message| message.text.clone()).unwrap_or_default()
    }
}

pub fn header(standing: Mode) -> TenantHeader {
    TenantHeader {
        short_name: "harbour-vine".into(),
        name: "Harbour & Vine".into(),
        route: "Planday → Flow Learning".into(),
        standing,
        badges: [0, 4, 0, 85, 0, 0, 0, 0, 0],
        zone: "Europe/London".into(),
    }
}

pub fn problem() -> Problem {
    Problem {
        what: "The workspace cannot be read".into(),
        who: "all of Harbour & Vine".into(),
        why: "`database disk image is malformed`".into(),
        remedies: vec!["restore the last backup with `onroll restore`".into()],
    }
}

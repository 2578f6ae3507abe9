//! A fake terminal, backend, clock and screen.

use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers};
use jiff::{SignedDuration, Timestamp};
use onroll::console::app::header::{Header, StatusLine};
use onroll::console::app::overlay::palette::{Does, Entry};
use onroll::console::app::overlay::{Confirm, PickItem, PickList};
use onroll::console::app::{
    Command, ConsoleSettings, Control, Cx, Effect, ExitCode, Generation, Level, Mode, Model, Moment, Msg, Payload,
    Place, Problem, Query, Remote, RequestSlot, Start, TenantHeader, ViewCx, update,
};
use onroll::console::keys::{Action, Bindings, Offer};
use onroll::console::runtime::{Backend, Clock, Console, Host, Idle, IdleState, Inputs, Reply, Settings, SignalEvent};
use onroll::console::screens::{Answer, Handled, Screen, ScreenId, ScreenMsg};
use onroll::console::term::input::InputEvent;
use onroll::console::theme::Role;
use onroll::console::theme::Theme;
use onroll::console::widgets::table::{Column, Table, TableState, cell, glyph_cell};
use onroll::console::widgets::text_input::TextField;
use onroll::console::widgets::{Canvas, Hit, rule};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::layout::Rect;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

pub const NOON: &str = "2026-11-24T14:07:20Z";

/// A screen with a list, a filter, a question and a slow query: what the framework has to carry.
#[derive(Debug)]
pub struct List {
    place: Place,
    table: TableState<usize>,
    filter: Option<TextField>,
    rows: Remote<String>,
    pub sent: u32,
    dirty: bool,
}

impl List {
    pub fn new(place: &Place) -> Self {
        let mut table = TableState::default();
        table.set_ids((0..50).collect());
        Self { place: place.clone(), table, filter: None, rows: Remote::Idle, sent: 0, dirty: false }
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        // Esc closes the filter before it takes the marks away.
        if (self.filter.is_none() || action != Action::Back) && self.table.handle(action) {
            return Handled::Yes;
        }
        match action {
            Action::Filter => self.filter = Some(TextField::default()),
            Action::Back if self.filter.take().is_some() => self.table.set_ids((0..50).collect()),
            Action::Refresh => {
                self.rows.load(cx.uptime());
                cx.query("rows", Query::Places("again".into()));
            }
            Action::Save => cx.command("save", Command::StopAllRuns),
            Action::Send => {
                let confirm = Confirm::new("Push 12 people to Flow Learning?", "Brasa do Porto, LIVE", "Push 12");
                cx.confirm("push", confirm.line("7 create   5 update        7 welcome mails, sent at once"));
            }
            Action::Sort => cx.pick(
                "sort",
                PickList { title: "sort by".into(), items: vec![PickItem::new("a", "name", "")], create: None },
            ),
            Action::CopyId => cx.copy("40718_2231"),
            Action::Undo => cx.done("Linked Siobhán O’Rourke to 7719", true),
            Action::Edit => self.dirty = true,
            Action::Enter => cx.open(Place::tenant(ScreenId::Person, "brasa").about("7")),
            _ => return Handled::No,
        }
        Handled::Yes
    }
}

impl Screen for List {
    fn id(&self) -> ScreenId {
        self.place.screen
    }

    fn header(&self, _cx: &ViewCx<'_>) -> Header {
        Header::crumbs([self.place.screen.title()])
    }

    fn status(&self, _cx: &ViewCx<'_>) -> StatusLine {
        StatusLine::new(self.table.marks_words().unwrap_or_else(|| "✓ Plan 31 of 14:02".into()), "data 5 min old")
    }

    fn offers(&self, _cx: &ViewCx<'_>) -> Vec<Offer> {
        vec![
            Offer::new(Action::Enter, "open person"),
            Offer::new(Action::Mark, "mark"),
            Offer::new(Action::Later, "hold back"),
            Offer::new(Action::Send, "push marked"),
            Offer::new(Action::New, "new").disabled("the plan is older than the data"),
            Offer::pair(Action::PreviousItem, Action::NextItem, "person"),
            Offer::new(Action::Filter, "filter"),
            Offer::new(Action::More, "more"),
        ]
    }

    fn more(&self, _cx: &ViewCx<'_>) -> Vec<Offer> {
        vec![Offer::new(Action::MoreExclude, "exclude"), Offer::new(Action::MoreProtect, "protect")]
    }

    fn text_focus(&self) -> bool {
        self.filter.is_some()
    }

    fn unsaved(&self) -> Option<String> {
        self.dirty.then(|| "2 settings".into())
    }

    fn loading_since(&self) -> Option<Duration> {
        self.rows.loading_since()
    }

    fn update(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        match msg {
            ScreenMsg::Resized(body) => self.table.set_height(usize::from(body.height.saturating_sub(2))),
            ScreenMsg::Shown if matches!(self.rows, Remote::Idle) => {
                self.rows.load(cx.uptime());
                cx.query("rows", Query::Places(String::new()));
            }
            ScreenMsg::Action(action) => return self.act(action, cx),
            ScreenMsg::Key(key) => {
                if let Some(field) = &mut self.filter
                    && field.key(key)
                {
                    let ids = (0..50).filter(|id| id.to_string().contains(field.value()));
                    self.table.set_ids(ids.collect());
                }
            }
            ScreenMsg::Paste(text) => {
                if let Some(field) = &mut self.filter {
                    field.paste(&text);
                }
            }
            ScreenMsg::Click { hit: Hit::Row { row, .. }, double } => {
                self.table.move_to(row);
                if double {
                    return self.act(Action::Enter, cx);
                }
            }
            ScreenMsg::Wheel { rows, .. } => self.table.move_by(rows),
            ScreenMsg::Loaded(slot, _) if slot.name == "ahead" => {}
            ScreenMsg::Loaded(_, Payload::Text(text)) => {
                // Answers that ask on: for more that the same key wants, and for what the next key may want.
                match text.as_str() {
                    "more" => drop(cx.query("rows", Query::Places("more".into()))),
                    "ahead" => cx.read_ahead("ahead", Query::Places("ahead".into())),
                    _ => {}
                }
                self.rows.ready(text);
            }
            ScreenMsg::Done(slot, _) if slot.name == "save" => cx.done("Saved it", false),
            ScreenMsg::Failed(_, problem) => {
                self.rows.fail(problem.clone());
                cx.problem(problem);
            }
            ScreenMsg::Answered("push", Answer::Confirmed) => {
                self.sent += 1;
                cx.done("Pushed 12 people", false);
            }
            ScreenMsg::Answered(_, answer) => cx.toast(Level::Info, format!("{answer:?}")),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn view(&self, _cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        rule::title(canvas, area, "People", &format!("held, {} shown", self.table.len()), true);
        let area = Rect { y: area.y + 1, height: area.height.saturating_sub(1), ..area };
        if let Some(field) = &self.filter {
            field.view(Rect { height: 1, ..area }, true, canvas);
        }
        let names = ["Beatriz Sá", "Carlos Veiga", "田中 愛", "Łucja Malik", "Inês Gonçalves"];
        let row = |index: usize| {
            let id = self.table.ids().get(index)?;
            let name = names[*id % names.len()];
            let text = self.rows.value().map_or("reading", |text| text.as_str());
            Some(vec![glyph_cell(Role::Warn), cell(name), cell(format!("M-{id:05}")), cell(text)])
        };
        let columns = [
            Column::glyph(),
            Column::text("who", 12, 24, 1),
            Column::text("ext. id", 8, 10, 2),
            Column::text("held because", 10, 40, 3),
        ];
        let table = Table {
            state: &self.table,
            columns: &columns,
            row: &row,
            pane: 0,
            focused: true,
            stale: self.rows.is_stale(),
            heads: true,
            ticks: &[],
        };
        table.view(area, canvas);
    }
}

/// The screens of the tests: a list for every place but two.
pub fn build(place: &Place) -> Option<Box<dyn Screen>> {
    match place.screen {
        ScreenId::FirstRun => onroll::console::screens::registry::build(place),
        ScreenId::Wizard => None,
        _ => Some(Box::new(List::new(place))),
    }
}

pub fn header() -> TenantHeader {
    TenantHeader {
        short_name: "brasa".into(),
        name: "Brasa do Porto".into(),
        route: "MAPAL OS → Flow Learning".into(),
        standing: Mode::Live,
        badges: [0, 2, 0, 85, 0, 0, 0, 0, 0],
        zone: "Europe/Lisbon".into(),
    }
}

pub fn start(place: Place, size: (u16, u16)) -> Start {
    let world = ConsoleSettings {
        log_path: "state/onroll/2026-11-24.log".into(),
        version: "0.1.0".into(),
        ..ConsoleSettings::default()
    };
    let now = Moment { wall: NOON.parse().unwrap(), uptime: Duration::ZERO };
    Start { console: world, bindings: Bindings::default(), place, mouse: true, size, now, build }
}

pub fn people() -> Place {
    Place::tenant(ScreenId::People, "brasa")
}

pub fn key(code: KeyCode) -> KeyEvent {
    KeyEvent::new(code, KeyModifiers::NONE)
}

pub fn letter(letter: char) -> KeyEvent {
    key(KeyCode::Char(letter))
}

pub fn control(letter: char) -> KeyEvent {
    KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL)
}

/// A model without a loop, its questions answered.
pub struct Bench {
    pub model: Model,
    pub effects: Vec<Effect>,
    uptime: Duration,
}

impl Bench {
    pub fn new(place: Place, size: (u16, u16)) -> Self {
        Self::with(start(place, size))
    }

    pub fn with(start: Start) -> Self {
        let mut model = Model::new(start);
        let effects = onroll::console::app::update::begin(&mut model);
        let mut bench = Self { model, effects: Vec::new(), uptime: Duration::ZERO };
        bench.answer(effects);
        bench
    }

    /// Answers queries like a backend that knows one tenant.
    fn answer(&mut self, effects: Vec<Effect>) {
        let mut queue = std::collections::VecDeque::from(effects);
        while let Some(effect) = queue.pop_front() {
            if let Effect::Query(slot, generation, query) = &effect {
                let payload = match query {
                    Query::TenantHeader(_) => Payload::TenantHeader(header()),
                    Query::Places(_) if slot.name == "rows" => Payload::Text("was unmapped, now ok".into()),
                    Query::Places(text) => Payload::Places(vec![Entry {
                        label: format!("Open tenant: Copper {text}"),
                        key: String::new(),
                        off: None,
                        does: Does::Go(people()),
                    }]),
                    _ => Payload::Done,
                };
                queue.extend(update(&mut self.model, Msg::Loaded(*slot, *generation, payload)));
            }
            self.effects.push(effect);
        }
    }

    pub fn send(&mut self, msg: Msg) -> &mut Self {
        let effects = update(&mut self.model, msg);
        self.answer(effects);
        self
    }

    pub fn press(&mut self, key: KeyEvent) -> &mut Self {
        self.send(Msg::Key(key))
    }

    pub fn keys(&mut self, text: &str) -> &mut Self {
        for character in text.chars() {
            self.press(letter(character));
        }
        self
    }

    pub fn pass(&mut self, time: Duration) -> &mut Self {
        self.uptime += time;
        let wall = NOON.parse::<Timestamp>().unwrap() + SignedDuration::try_from(self.uptime).unwrap();
        self.send(Msg::Now(Moment { wall, uptime: self.uptime }))
    }

    pub fn picture(&self, size: (u16, u16)) -> String {
        picture(&self.model, &Theme::mono(), size).0
    }
}

/// A frame as text, and as a map of styles: one letter per cell (`b` bold, `d` dim, `r` reverse, `u` underline).
pub fn picture(model: &Model, theme: &Theme, size: (u16, u16)) -> (String, String) {
    let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).unwrap();
    let mut hits = onroll::console::widgets::Hits::default();
    terminal.draw(|frame| onroll::console::app::view(model, theme, frame, &mut hits, None)).unwrap();
    let buffer = terminal.backend().buffer();
    let mut styles = String::new();
    for y in 0..size.1 {
        for x in 0..size.0 {
            let modifier = buffer[(x, y)].modifier;
            use ratatui::style::Modifier as M;
            styles.push(match modifier {
                m if m.contains(M::REVERSED) => 'r',
                m if m.contains(M::UNDERLINED) => 'u',
                m if m.contains(M::BOLD) => 'b',
                m if m.contains(M::DIM) => 'd',
                _ => ' ',
            });
        }
        let end = styles.trim_end_matches(' ').len();
        styles.truncate(end);
        styles.push('\n');
    }
    (text(buffer), styles)
}

/// The text of a buffer, as a terminal shows it: the half of a wide character that lies under its other half is not
/// drawn.
pub fn text(buffer: &ratatui::buffer::Buffer) -> String {
    use unicode_width::UnicodeWidthStr;
    let mut out = String::new();
    for y in 0..buffer.area.height {
        let mut skip = 0usize;
        for x in 0..buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            if skip == 0 {
                out.push_str(symbol);
                skip = symbol.width().max(1);
            }
            skip -= 1;
        }
        out.push('\n');
    }
    out
}

/// What a fake terminal was told.
#[derive(Debug, Default)]
pub struct Told {
    pub copied: Vec<String>,
    pub mouse: Vec<bool>,
    pub suspended: u32,
    pub entered: u32,
    pub restored: u32,
    pub screen: String,
    pub fails: bool,
    pub resize_to: Option<(u16, u16)>,
}

pub struct FakeHost {
    terminal: Terminal<TestBackend>,
    told: Arc<Mutex<Told>>,
}

impl FakeHost {
    fn check(&mut self) -> io::Result<()> {
        let mut told = self.told.lock().unwrap();
        if let Some((columns, rows)) = told.resize_to.take() {
            self.terminal.backend_mut().resize(columns, rows);
        }
        if told.fails { Err(io::Error::from_raw_os_error(5)) } else { Ok(()) }
    }
}

impl Host for FakeHost {
    type Screen = TestBackend;

    fn terminal(&mut self) -> &mut Terminal<TestBackend> {
        &mut self.terminal
    }

    fn begin_frame(&mut self) -> io::Result<()> {
        self.check()
    }

    fn end_frame(&mut self) -> io::Result<()> {
        self.told.lock().unwrap().screen = text(self.terminal.backend().buffer());
        self.check()
    }

    fn copy(&mut self, text: &str) -> io::Result<()> {
        self.told.lock().unwrap().copied.push(text.to_owned());
        Ok(())
    }

    fn mouse(&mut self, on: bool) -> io::Result<()> {
        self.told.lock().unwrap().mouse.push(on);
        Ok(())
    }

    fn suspend(&mut self) -> impl Future<Output = io::Result<bool>> {
        self.told.lock().unwrap().suspended += 1;
        std::future::ready(Ok(true))
    }

    fn enter_again(&mut self) -> io::Result<()> {
        self.told.lock().unwrap().entered += 1;
        self.check()
    }

    fn restore(&mut self) {
        self.told.lock().unwrap().restored += 1;
    }
}

/// A question and the way back.
type Asked = (RequestSlot, Generation, Query, Option<Reply>);

/// A backend that keeps what it was asked until the test answers.
#[derive(Default)]
pub struct FakeBackend {
    pub queries: Mutex<Vec<Asked>>,
    pub commands: Mutex<Vec<Command>>,
    pub samples: Mutex<u64>,
}

impl Backend for FakeBackend {
    fn query(&self, slot: RequestSlot, generation: Generation, query: Query, reply: Reply) {
        if let Query::TenantHeader(_) = query {
            reply.ready(Payload::TenantHeader(header()));
            return;
        }
        self.queries.lock().unwrap().push((slot, generation, query, Some(reply)));
    }

    fn command(&self, command: Command, reply: Reply) {
        self.commands.lock().unwrap().push(command);
        reply.ready(Payload::Done);
    }

    fn sample(&self) -> Option<Payload> {
        let mut samples = self.samples.lock().unwrap();
        *samples += 1;
        Some(Payload::Text(samples.to_string()))
    }
}

impl FakeBackend {
    pub fn answer(&self, at: usize, text: &str) {
        let reply = self.queries.lock().unwrap()[at].3.take().unwrap();
        reply.ready(Payload::Text(text.into()));
    }

    pub fn drop_reply(&self, at: usize) {
        self.queries.lock().unwrap()[at].3.take();
    }

    pub fn asked(&self) -> usize {
        self.queries.lock().unwrap().len()
    }
}

/// The wall clock moves with tokio's time, which the tests pause.
pub struct TestClock(Instant);

impl Clock for TestClock {
    fn wall(&self) -> Timestamp {
        NOON.parse::<Timestamp>().unwrap() + SignedDuration::try_from(self.0.elapsed()).unwrap()
    }
}

/// A running console.
pub struct Running {
    pub idle: Idle,
    pub told: Arc<Mutex<Told>>,
    pub backend: Arc<FakeBackend>,
    pub control: mpsc::Sender<Control>,
    pub feed: watch::Sender<u64>,
    pub signals: mpsc::Sender<SignalEvent>,
    pub task: tokio::task::JoinHandle<ExitCode>,
    input: Option<mpsc::Sender<InputEvent>>,
    sent: u64,
}

impl Running {
    pub fn start() -> Self {
        Self::with(|_| {})
    }

    pub fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let told = Arc::new(Mutex::new(Told::default()));
        let host = FakeHost { terminal: Terminal::new(TestBackend::new(80, 24)).unwrap(), told: Arc::clone(&told) };
        let backend = Arc::new(FakeBackend::default());
        let mut settings = Settings { start: start(people(), (0, 0)), theme: Theme::mono(), frame_log: None };
        change(&mut settings);
        let (input_sender, input) = mpsc::channel(256);
        let (control, control_receiver) = mpsc::channel(64);
        let (feed, feed_receiver) = watch::channel(0);
        let (signals, signal_receiver) = mpsc::channel(16);
        let inputs = Inputs { input, control: control_receiver, feed: feed_receiver, signals: signal_receiver };
        let (console, idle) =
            Console::new(host, settings, backend.clone() as Arc<dyn Backend>, TestClock(Instant::now()));
        let task = tokio::spawn(console.run(inputs));
        Self { idle, told, backend, control, feed, signals, task, input: Some(input_sender), sent: 0 }
    }

    pub async fn event(&mut self, event: Event) {
        self.sent += 1;
        self.input.as_ref().unwrap().send(InputEvent::Event(event, Instant::now())).await.unwrap();
    }

    pub async fn press(&mut self, key: KeyEvent) {
        self.event(Event::Key(key)).await;
    }

    pub async fn gone(&mut self) {
        self.input.as_ref().unwrap().send(InputEvent::Gone).await.unwrap();
    }

    pub fn close_input(&mut self) {
        self.input = None;
    }

    pub async fn settle(&mut self) -> IdleState {
        self.idle.settle(self.sent).await
    }

    /// Waits for the keys only; answers may be owed.
    pub async fn settle_frames(&mut self) {
        let sent = self.sent;
        while self.idle.state().inputs < sent {
            tokio::task::yield_now().await;
        }
    }

    /// Waits until everything is answered and drawn, however many answers are owed.
    pub async fn until(&mut self, condition: impl Fn(&Told) -> bool) {
        for _ in 0..1_000 {
            if condition(&self.told.lock().unwrap()) {
                return;
            }
            tokio::time::advance(Duration::from_millis(5)).await;
            tokio::task::yield_now().await;
        }
        panic!("never came:\n{}", self.told.lock().unwrap().screen);
    }

    pub fn screen(&self) -> String {
        self.told.lock().unwrap().screen.clone()
    }
}

pub fn problem() -> Problem {
    Problem::new("Run 771 could not read employees", "`client is disabled`", "put in a new secret")
}

//! Pictures and keys of Incidents, over the museum as it is.

use super::card::Card;
use crate::console::app::{ConsoleSettings, Effect, Model, Moment, Msg, Place, Start, update, view};
use crate::console::keys::Bindings;
use crate::console::keys::bindings::parse_key;
use crate::console::screens::{ScreenId, registry};
use crate::console::theme::Theme;
use crate::console::widgets::Hits;
use jiff::tz::TimeZone;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use std::time::Duration;

fn card(name: &str, title: &str, kind: &str, outcome: &str, code: &str) -> Card {
    Card {
        name: name.into(),
        title: title.into(),
        place: "GLPI, 2016".into(),
        source: "glpi-project/glpi#984".into(),
        there: "A sync asked the directory about each user. The directory could not be reached for a while, and each failed \
                question counted as a user who had been removed: 512 people were disabled on one day."
            .into(),
        lesson: "An error that looks like an absence; any list that is read in pages can do it.".into(),
        kind: kind.into(),
        company: "Fenwick Dairies".into(),
        people: 1_120,
        route: "Planday → SCIM".into(),
        bad: "from the second page of the list on the source answers 500".into(),
        outcome: outcome.into(),
        code: code.into(),
        says: "Planday did not answer properly: status 500, 143 bytes of JSON (5 attempts at /hr/v1.0/employees)".into(),
        command: format!("onroll demo --incident {name}"),
    }
}

fn cards() -> Vec<Card> {
    let mut cards = vec![
        card("no-answer", "No answer was read as no people: 512 disabled", "absence", "stopped", "vendor_unwell"),
        card(
            "hire-date",
            "Hire date and location empty for everybody, sync green",
            "fields",
            "stopped",
            "source_weather",
        ),
        card("renamed", "A rename arrived as a leaver and a starter", "identity", "held", "rehire"),
        card("retried", "A creation was sent again after a time-out", "repetition", "explained", ""),
    ];
    for number in 5..=25 {
        cards.push(card(
            &format!("more-{number}"),
            &format!("Something else, number {number}"),
            "absence",
            "held",
            "limit",
        ));
    }
    cards
}

struct Bench {
    model: Model,
    effects: Vec<Effect>,
    now: Moment,
    size: (u16, u16),
}

impl Bench {
    fn open(place: Place, size: (u16, u16), incidents: Vec<Card>) -> Self {
        let now = Moment { wall: "2026-11-24T14:07:00Z".parse().unwrap(), uptime: Duration::from_secs(10) };
        let mut model = Model::new(Start {
            console: ConsoleSettings { zone: TimeZone::UTC, incidents: incidents.into(), ..ConsoleSettings::default() },
            bindings: Bindings::default(),
            place,
            mouse: false,
            size,
            now,
            build: registry::build,
        });
        let effects = crate::console::app::update::begin(&mut model);
        Self { model, effects, now, size }
    }

    fn list(size: (u16, u16)) -> Self {
        Bench::open(Place::global(ScreenId::Incidents), size, cards())
    }

    fn keys(&mut self, keys: &[&str]) {
        for key in keys {
            self.now.uptime += Duration::from_millis(300);
            let now = self.now;
            for msg in [Msg::Now(now), Msg::Key(parse_key(key).unwrap().into())] {
                self.effects.extend(update(&mut self.model, msg));
            }
        }
    }

    fn picture(&self) -> String {
        let mut terminal = Terminal::new(TestBackend::new(self.size.0, self.size.1)).unwrap();
        terminal.draw(|frame| view(&self.model, &Theme::mono(), frame, &mut Hits::default(), None)).unwrap();
        let buffer = terminal.backend().buffer().clone();
        let lines = buffer.content.chunks(usize::from(self.size.0));
        let text = |line: &[ratatui::buffer::Cell]| line.iter().map(ratatui::buffer::Cell::symbol).collect::<String>();
        lines.map(|line| text(line).trim_end().to_owned()).collect::<Vec<_>>().join("\n")
    }
}

#[test]
fn the_list_at_60_80_140_and_200() {
    for (size, name) in [((60, 16), "list_60"), ((80, 24), "list_80"), ((140, 40), "list_140"), ((200, 60), "list_200")]
    {
        insta::assert_snapshot!(name, Bench::list(size).picture());
    }
}

#[test]
fn one_opened_at_60_80_and_140() {
    for (size, name) in [((60, 16), "opened_60"), ((80, 24), "opened_80"), ((140, 40), "opened_140")] {
        let mut bench = Bench::list(size);
        bench.keys(&["enter"]);
        insta::assert_snapshot!(name, bench.picture());
    }
}

#[test]
fn enter_opens_then_replays_the_day_that_is_chosen() {
    let mut bench = Bench::list((80, 24));
    bench.keys(&["enter", "enter"]);
    let replay = |incident: &str, healthy| Effect::Replay { incident: incident.to_owned(), healthy };
    assert_eq!(bench.effects.last(), Some(&replay("no-answer", false)));
    bench.keys(&["j", "enter"]);
    assert_eq!(bench.effects.last(), Some(&replay("no-answer", true)));
    bench.keys(&[".", "enter"]);
    assert_eq!(bench.effects.last(), Some(&replay("hire-date", false)), "the next one begins with its bad day");
    bench.keys(&[","]);
    assert!(bench.picture().contains("1 of 25, glpi-project/glpi#984"), "{}", bench.picture());
    bench.keys(&["esc"]);
    assert!(bench.picture().contains("1-"), "Esc leads back to the list: {}", bench.picture());
}

#[test]
fn the_command_of_the_chosen_day_is_copied() {
    let mut bench = Bench::list((80, 24));
    bench.keys(&["j", "y"]);
    assert_eq!(bench.effects.last(), Some(&Effect::Copy("onroll demo --incident hire-date".into())));
    bench.keys(&["enter", "j", "y"]);
    assert_eq!(bench.effects.last(), Some(&Effect::Copy("onroll demo --incident hire-date --healthy".into())));
}

#[test]
fn a_filter_by_kind_narrows_the_list_and_a_question_mark_explains_the_code() {
    let mut bench = Bench::list((80, 24));
    bench.keys(&["/"]);
    for letter in "kind:identity".chars() {
        bench.keys(&[&letter.to_string()]);
    }
    bench.keys(&["enter"]);
    let picture = bench.picture();
    assert!(picture.contains("1 of 25") && picture.contains("A rename arrived"), "{picture}");
    bench.keys(&["?"]);
    assert!(bench.picture().contains("onroll explain rehire"), "{}", bench.picture());
}

#[test]
fn an_incident_of_another_version_says_so() {
    let place = Place::global(ScreenId::Incidents).about("of-next-year");
    let bench = Bench::open(place, (80, 24), cards());
    assert!(bench.picture().contains("There is no such incident"), "{}", bench.picture());
}

#[test]
fn a_workspace_that_shows_an_incident_says_so_in_header_and_status() {
    let mut bench = Bench::open(Place::global(ScreenId::Tenants), (80, 24), cards());
    bench.model = Model::new(Start {
        console: ConsoleSettings {
            zone: TimeZone::UTC,
            incident: Some("no answer".into()),
            ..ConsoleSettings::default()
        },
        bindings: Bindings::default(),
        place: Place::global(ScreenId::Tenants),
        mouse: false,
        size: bench.size,
        now: bench.now,
        build: registry::build,
    });
    crate::console::app::update::begin(&mut bench.model);
    let picture = bench.picture();
    let lines: Vec<&str> = picture.lines().collect();
    assert!(lines[0].contains("Incident: no answer  SANDBOX"), "{picture}");
    assert!(picture.contains("Incident: no answer; invented, thrown away when you leave"), "{picture}");
}

//! Which keys are pressed on which screen.

use crate::cli::arguments::ScreenName;
use crate::console::app::Place;
use crate::console::screens::{ScreenId, person};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// One screen with its keys.
pub(super) struct Part {
    /// The screen that `--screen` chooses it by.
    pub screen: ScreenName,
    pub name: &'static str,
    pub place: Place,
    pub steps: Vec<Step>,
}

/// One key; `label` is the kind that its time is counted under, `None` for one that only leads there.
#[derive(Clone, Copy)]
pub(super) struct Step {
    pub label: Option<&'static str>,
    pub key: KeyEvent,
}

fn press(code: KeyCode) -> KeyEvent {
    KeyEvent::new(code, KeyModifiers::NONE)
}

/// Builds the keys of a screen.
struct Keys {
    each: usize,
    steps: Vec<Step>,
}

impl Keys {
    fn new(each: usize) -> Self {
        Self { each, steps: Vec::new() }
    }

    /// Keys that only lead somewhere.
    fn go(mut self, keys: &str) -> Self {
        self.steps.extend(parse(keys).into_iter().map(|key| Step { label: None, key }));
        self
    }

    /// Presses these keys over and over until there are enough of them.
    fn kind(mut self, label: &'static str, keys: &str) -> Self {
        let keys = parse(keys).into_iter().map(|key| Step { label: Some(label), key });
        self.steps.extend(keys.collect::<Vec<_>>().into_iter().cycle().take(self.each));
        self
    }

    /// Presses groups of keys over and over, each group under its own label.
    fn round(mut self, groups: &[(Option<&'static str>, &str)]) -> Self {
        let longest = groups.iter().map(|(_, keys)| parse(keys).len()).max().unwrap_or(1);
        for _ in 0..self.each.div_ceil(longest.max(4)) {
            for (label, keys) in groups {
                self.steps.extend(parse(keys).into_iter().map(|key| Step { label: *label, key }));
            }
        }
        self
    }

    fn part(self, screen: ScreenName, name: &'static str, place: Place) -> Part {
        Part { screen, name, place, steps: self.steps }
    }
}

/// `j j down pgdn esc`; everything else is typed letter by letter (`"soren"`).
fn parse(keys: &str) -> Vec<KeyEvent> {
    let mut found = Vec::new();
    for word in keys.split_ascii_whitespace() {
        match word {
            "up" => found.push(press(KeyCode::Up)),
            "down" => found.push(press(KeyCode::Down)),
            "pgup" => found.push(press(KeyCode::PageUp)),
            "pgdn" => found.push(press(KeyCode::PageDown)),
            "home" => found.push(press(KeyCode::Home)),
            "end" => found.push(press(KeyCode::End)),
            "enter" => found.push(press(KeyCode::Enter)),
            "left" => found.push(press(KeyCode::Left)),
            "right" => found.push(press(KeyCode::Right)),
            "esc" => found.push(press(KeyCode::Esc)),
            "tab" => found.push(press(KeyCode::Tab)),
            "space" => found.push(press(KeyCode::Char(' '))),
            "back" => found.push(press(KeyCode::Backspace)),
            letters => found.extend(letters.chars().map(|letter| press(KeyCode::Char(letter)))),
        }
    }
    found
}

const MOVE: &str = "down down down up down down up";
const PAGE: &str = "pgdn pgdn pgdn pgup pgdn pgdn pgdn";
const ENDS: &str = "end home";

/// Every screen that is measured.
pub(super) fn parts(tenant: &str, people: usize, each: usize) -> Vec<Part> {
    let place = |screen| Place::tenant(screen, tenant);
    let middle = (100_000 + people / 2).to_string();
    vec![
        Keys::new(each)
            .kind("move", MOVE)
            .kind("page", PAGE)
            .kind("home, end", ENDS)
            .round(&[
                (None, "/"),
                (Some("filter"), "wojcik back back back back back back"),
                (Some("filter"), "sor space 42 back 7"),
                (None, "esc"),
            ])
            .round(&[
                (None, "s branch"),
                (Some("sort"), "enter"),
                (None, "s title"),
                (Some("sort"), "enter"),
                (None, "s status"),
                (Some("sort"), "enter"),
                (None, "s last"),
                (Some("sort"), "enter"),
                (None, "s name"),
                (Some("sort"), "enter"),
                (None, "s first"),
                (Some("sort"), "enter"),
            ])
            .kind("mark", "space")
            .go("esc home")
            .round(&[(None, "down"), (Some("open person"), "enter"), (Some("back"), "esc")])
            .part(ScreenName::People, "People", place(ScreenId::People)),
        Keys::new(each)
            .kind("other person", ". . . , . . ,")
            .kind("move", MOVE)
            .kind("pane", "tab")
            .kind("raw records", "c")
            .part(ScreenName::People, "Person", person::place(tenant, &middle, "")),
        Keys::new(each).kind("other person", ". . . , . . ,").part(
            ScreenName::People,
            "of a list",
            person::place(tenant, &middle, "wojcik"),
        ),
        Keys::new(each)
            .kind("other card", ". . . , . . ,")
            .kind("field", MOVE)
            .kind("candidate", "right left")
            .kind("why, lens", "w w tab tab")
            .round(&[(Some("filter"), "/ kjaer"), (None, "enter / esc")])
            .part(ScreenName::Review, "Review", place(ScreenId::Review)),
        Keys::new(each)
            .go("esc")
            .kind("move", MOVE)
            .kind("page", PAGE)
            .kind("home, end", ENDS)
            .kind("mark", "space")
            .go("esc home")
            .round(&[(None, "down"), (Some("open card"), "enter"), (Some("back"), "esc")])
            .round(&[(None, "s name"), (Some("sort"), "enter"), (None, "s least"), (Some("sort"), "enter")])
            .part(ScreenName::Review, "Review list", place(ScreenId::Review)),
        Keys::new(each)
            .kind("move", MOVE)
            .kind("page", PAGE)
            .kind("home, end", ENDS)
            .go("left")
            .kind("other kind", "down up")
            .go("right")
            .round(&[(None, "/ soren"), (Some("filter"), "enter"), (Some("no filter"), "esc")])
            .part(ScreenName::Plan, "Plan", place(ScreenId::Plan)),
        Keys::new(each)
            .kind("move", MOVE)
            .kind("page", PAGE)
            .go("home")
            .round(&[
                (None, "/"),
                (Some("filter"), "barten back back back back back back"),
                (Some("filter"), "wojcik space 7 back"),
                (None, "esc"),
            ])
            .round(&[(None, "/ level:war"), (Some("level"), "n"), (None, "esc")])
            .part(ScreenName::Feed, "Feed", place(ScreenId::Feed)),
        Keys::new(each)
            .kind("move", MOVE)
            .kind("home, end", ENDS)
            .kind("other table", ", . . ,")
            .round(&[(None, "/"), (Some("filter"), "seas 7 back back back back back"), (None, "esc")])
            .part(ScreenName::Mappings, "Mappings", place(ScreenId::Mappings).about("job_title")),
        Keys::new(each)
            .kind("move", MOVE)
            .kind("home, end", ENDS)
            .round(&[(None, "/"), (Some("filter"), "bench back back back back back"), (None, "esc")])
            .part(ScreenName::Tenants, "Tenants", Place::global(ScreenId::Tenants)),
        // The line has the keys from the first letter on.
        Keys::new(each)
            .round(&[
                (Some("letter"), "wojcik back back back back back back"),
                (Some("letter"), "sor space 42 back back back back back back"),
            ])
            .part(ScreenName::Anybody, "Anybody", Place::global(ScreenId::Anybody)),
        Keys::new(each)
            .round(&[
                (Some("to Mappings"), "2"),
                (Some("to People"), "3"),
                (Some("to Review"), "4"),
                (Some("to Plan"), "5"),
                (Some("to Feed"), "8"),
                (Some("to Overview"), "1"),
            ])
            .part(ScreenName::Overview, "tabs", place(ScreenId::Overview)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_keys_and_the_rest_is_typed() {
        let codes: Vec<KeyCode> = parse("/ so back pgdn").into_iter().map(|key| key.code).collect();
        let letter = KeyCode::Char;
        assert_eq!(codes, [letter('/'), letter('s'), letter('o'), KeyCode::Backspace, KeyCode::PageDown]);
    }

    #[test]
    fn every_kind_has_as_many_keys_as_asked_for() {
        for part in parts("bench-7", 7, 40) {
            let moves = part.steps.iter().filter(|step| step.label == Some("move")).count();
            assert!(moves == 40 || moves == 0, "{}: {moves}", part.name);
            assert!(part.steps.iter().any(|step| step.label.is_some()), "{}", part.name);
        }
    }
}

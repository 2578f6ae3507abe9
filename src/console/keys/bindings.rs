//! Keys to actions: the defaults of the table, changed by the config, resolved in the context of a screen.

use std::collections::BTreeMap;
use std::str::FromStr;

use crokey::KeyCombination;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use thiserror::Error;

use super::action::{Action, Offer, Scope};
use super::table::TABLE;
use crate::console::screens::ScreenId;

/// Why the keys of the config cannot be used. Each names the lines at fault.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum BindingError {
    /// The config names an action that does not exist.
    #[error("`keys.{id}` is not an action; docs/keys.md lists them all{}", nearest.as_deref().map(|id| format!(", the nearest is `{id}`")).unwrap_or_default())]
    UnknownAction { id: String, nearest: Option<String> },
    /// A key that cannot be read.
    #[error("`keys.{id}`: `{key}` is not a key; write for instance `e`, `ctrl-s`, `f5` or `pagedown`")]
    UnknownKey { id: String, key: String },
    /// Two actions on one key.
    #[error("`keys.{first}` and `keys.{second}` both use `{key}`; give one of them another key")]
    Clash { first: &'static str, second: &'static str, key: String },
    /// An action without a key.
    #[error("`keys.{id}` has no key; leave the line out to keep the default")]
    Empty { id: String },
}

/// The keys in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bindings {
    keys: BTreeMap<Action, Vec<KeyCombination>>,
}

impl Default for Bindings {
    fn default() -> Self {
        let keys =
            TABLE.iter().map(|meta| (meta.action, meta.keys.iter().filter_map(|key| parse_key(key).ok()).collect()));
        Self { keys: keys.collect() }
    }
}

/// Reads a key as the config writes it: `e`, `G`, `?`, `ctrl-s`, `pagedown`, `space`.
///
/// # Errors
/// When the text is no key.
pub fn parse_key(text: &str) -> Result<KeyCombination, crokey::ParseKeyError> {
    let mut characters = text.chars();
    if let (Some(character), None) = (characters.next(), characters.next()) {
        // A single character stands for itself; crokey would read a capital as its lower case.
        return Ok(normal(KeyEvent::new(KeyCode::Char(character), KeyModifiers::NONE)));
    }
    if text.eq_ignore_ascii_case("backtab") {
        return Ok(normal(KeyEvent::new(KeyCode::BackTab, KeyModifiers::NONE)));
    }
    let combination = KeyCombination::from_str(text)?;
    Ok(normal(combination.into()))
}

/// One form for each key, however the terminal reported it: a capital carries no shift flag, Ctrl with a letter is
/// lower case, back-tab has no shift.
#[must_use]
pub fn normal(event: KeyEvent) -> KeyCombination {
    let mut modifiers = event.modifiers & (KeyModifiers::CONTROL | KeyModifiers::ALT | KeyModifiers::SHIFT);
    let code = match event.code {
        KeyCode::Char(character) => {
            let control = modifiers.contains(KeyModifiers::CONTROL);
            let character = if control {
                character.to_ascii_lowercase()
            } else if modifiers.contains(KeyModifiers::SHIFT) {
                character.to_ascii_uppercase()
            } else {
                character
            };
            modifiers.remove(KeyModifiers::SHIFT);
            KeyCode::Char(character)
        }
        KeyCode::BackTab => {
            modifiers.remove(KeyModifiers::SHIFT);
            KeyCode::BackTab
        }
        KeyCode::Tab if modifiers.contains(KeyModifiers::SHIFT) => {
            modifiers.remove(KeyModifiers::SHIFT);
            KeyCode::BackTab
        }
        other => other,
    };
    KeyCombination::one_key(code, modifiers)
}

/// A key as footer and help show it: `Enter`, `Space`, `Ctrl-S`, `PgDn`, `←`.
#[must_use]
pub fn show_key(key: KeyCombination) -> String {
    let event: KeyEvent = key.into();
    let name = match event.code {
        KeyCode::Char(' ') => "Space".to_owned(),
        KeyCode::Char(character) if event.modifiers.contains(KeyModifiers::CONTROL) => {
            character.to_uppercase().to_string()
        }
        KeyCode::Char(character) => character.to_string(),
        KeyCode::Enter => "Enter".to_owned(),
        KeyCode::Esc => "Esc".to_owned(),
        KeyCode::Tab => "Tab".to_owned(),
        KeyCode::BackTab => "Shift-Tab".to_owned(),
        KeyCode::Up => "↑".to_owned(),
        KeyCode::Down => "Down".to_owned(),
        KeyCode::Left => "←".to_owned(),
        KeyCode::Right => "→".to_owned(),
        KeyCode::PageUp => "PgUp".to_owned(),
        KeyCode::PageDown => "PgDn".to_owned(),
        KeyCode::Home => "Home".to_owned(),
        KeyCode::End => "End".to_owned(),
        KeyCode::Delete => "Del".to_owned(),
        KeyCode::Backspace => "Backspace".to_owned(),
        KeyCode::F(number) => format!("F{number}"),
        other => format!("{other:?}"),
    };
    let control = if event.modifiers.contains(KeyModifiers::CONTROL) { "Ctrl-" } else { "" };
    let alt = if event.modifiers.contains(KeyModifiers::ALT) { "Alt-" } else { "" };
    format!("{control}{alt}{name}")
}

impl Bindings {
    /// The defaults changed by the config's `[keys]` table (action id to list of keys).
    ///
    /// # Errors
    /// When an action or key is unknown or two actions meet on one key; the error names both.
    pub fn from_config(config: &BTreeMap<String, Vec<String>>) -> Result<Self, BindingError> {
        let mut bindings = Self::default();
        for (id, keys) in config {
            let action = Action::by_id(id)
                .ok_or_else(|| BindingError::UnknownAction { id: id.clone(), nearest: nearest_action(id) })?;
            if keys.is_empty() {
                return Err(BindingError::Empty { id: id.clone() });
            }
            let parsed = keys
                .iter()
                .map(|key| parse_key(key).map_err(|_| BindingError::UnknownKey { id: id.clone(), key: key.clone() }));
            bindings.keys.insert(action, parsed.collect::<Result<_, _>>()?);
        }
        bindings.check()?;
        Ok(bindings)
    }

    fn check(&self) -> Result<(), BindingError> {
        let mut seen: Vec<(KeyCombination, Action)> = Vec::new();
        for meta in TABLE {
            for key in self.keys_of(meta.action) {
                let clash = seen.iter().find(|(other, action)| {
                    other == key && *action != meta.action && action.meta().scope.meets(meta.scope)
                });
                if let Some((key, first)) = clash {
                    return Err(BindingError::Clash { first: first.meta().id, second: meta.id, key: show_key(*key) });
                }
                seen.push((*key, meta.action));
            }
        }
        Ok(())
    }

    /// The keys of an action.
    #[must_use]
    pub fn keys_of(&self, action: Action) -> &[KeyCombination] {
        self.keys.get(&action).map_or(&[], Vec::as_slice)
    }

    /// The key that is shown for an action: its first.
    #[must_use]
    pub fn shown(&self, action: Action) -> String {
        self.keys_of(action).first().map(|key| show_key(*key)).unwrap_or_default()
    }

    /// What a key means on a screen: an action that only counts there and is offered wins, then one that is offered,
    /// then one that counts everywhere.
    #[must_use]
    pub fn resolve(&self, key: KeyEvent, screen: ScreenId, offers: &[Offer]) -> Option<Action> {
        let pressed = normal(key);
        let bound = TABLE.iter().filter(|meta| self.keys_of(meta.action).contains(&pressed));
        let offered = |action: Action| offers.iter().any(|offer| offer.is_for(action));
        bound
            .filter_map(|meta| {
                let rank = match meta.scope {
                    Scope::Screens(screens) if screens.contains(&screen) && offered(meta.action) => 0,
                    Scope::Everywhere if offered(meta.action) => 1,
                    Scope::Everywhere => 2,
                    Scope::Screens(_) | Scope::Menu | Scope::MenuOf(_) => return None,
                };
                Some((rank, meta.action))
            })
            .min()
            .map(|(_, action)| action)
    }

    /// What a key means while a text field has the keys: only Esc, Enter, Tab, the page keys, function keys and
    /// those Ctrl-letters that readline leaves free.
    #[must_use]
    pub fn resolve_in_text(&self, key: KeyEvent) -> Option<Action> {
        let pressed = normal(key);
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        if let KeyCode::Char(character) = key.code
            && (!control || "abdefhkuwy".contains(character.to_ascii_lowercase()))
        {
            return None;
        }
        TABLE.iter().find(|meta| meta.text_safe && self.keys_of(meta.action).contains(&pressed)).map(|meta| meta.action)
    }

    /// What a letter means inside the `m` menu.
    #[must_use]
    pub fn resolve_in_menu(&self, key: KeyEvent, offers: &[Offer]) -> Option<Action> {
        let pressed = normal(key);
        let offered = offers.iter().map(|offer| offer.action);
        offered.into_iter().find(|action| self.keys_of(*action).contains(&pressed))
    }
}

fn nearest_action(id: &str) -> Option<String> {
    let score = |other: &str| rapidfuzz::distance::levenshtein::distance(id.chars(), other.chars());
    let nearest = TABLE.iter().map(|meta| (score(meta.id), meta.id)).min()?;
    (nearest.0 <= 3).then(|| nearest.1.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(code: KeyCode, modifiers: KeyModifiers) -> KeyEvent {
        KeyEvent::new(code, modifiers)
    }

    fn config(lines: &[(&str, &[&str])]) -> BTreeMap<String, Vec<String>> {
        lines.iter().map(|(id, keys)| ((*id).into(), keys.iter().map(|key| (*key).into()).collect())).collect()
    }

    #[test]
    fn all_default_keys_can_be_read_and_none_clashes() {
        let bindings = Bindings::default();
        bindings.check().unwrap();
        for meta in TABLE {
            assert_eq!(bindings.keys_of(meta.action).len(), meta.keys.len(), "{}", meta.id);
        }
    }

    #[test]
    fn capitals_are_keys_of_their_own_however_they_are_reported() {
        let bindings = Bindings::default();
        let resolve = |code, modifiers| bindings.resolve(key(code, modifiers), ScreenId::Tenants, &[]);
        assert_eq!(resolve(KeyCode::Char('g'), KeyModifiers::NONE), Some(Action::First));
        assert_eq!(resolve(KeyCode::Char('G'), KeyModifiers::NONE), Some(Action::Last));
        assert_eq!(resolve(KeyCode::Char('G'), KeyModifiers::SHIFT), Some(Action::Last));
        assert_eq!(resolve(KeyCode::Char('!'), KeyModifiers::SHIFT), Some(Action::Send));
        assert_eq!(resolve(KeyCode::BackTab, KeyModifiers::SHIFT), Some(Action::PreviousPane));
        assert_eq!(resolve(KeyCode::Char('p'), KeyModifiers::CONTROL), Some(Action::Palette));
        assert_eq!(resolve(KeyCode::Char('p'), KeyModifiers::NONE), Some(Action::Freeze));
        assert_eq!(resolve(KeyCode::Char(' '), KeyModifiers::NONE), Some(Action::Mark));
    }

    #[test]
    fn a_key_of_the_screen_wins_only_while_it_is_offered() {
        let bindings = Bindings::default();
        let n = key(KeyCode::Char('n'), KeyModifiers::NONE);
        let searching = [Offer::pair(Action::NextHit, Action::PreviousHit, "hit")];
        assert_eq!(bindings.resolve(n, ScreenId::Feed, &searching), Some(Action::NextHit));
        assert_eq!(bindings.resolve(n, ScreenId::Feed, &[]), Some(Action::New));
        assert_eq!(bindings.resolve(n, ScreenId::People, &searching), Some(Action::New));
    }

    #[test]
    fn text_fields_keep_letters_and_readline() {
        let bindings = Bindings::default();
        let resolve = |code, modifiers| bindings.resolve_in_text(key(code, modifiers));
        assert_eq!(resolve(KeyCode::Char('q'), KeyModifiers::NONE), None);
        assert_eq!(resolve(KeyCode::Char('?'), KeyModifiers::NONE), None);
        assert_eq!(resolve(KeyCode::Char('u'), KeyModifiers::CONTROL), None);
        assert_eq!(resolve(KeyCode::Char('s'), KeyModifiers::CONTROL), Some(Action::Save));
        assert_eq!(resolve(KeyCode::Char('c'), KeyModifiers::CONTROL), Some(Action::Interrupt));
        assert_eq!(resolve(KeyCode::Esc, KeyModifiers::NONE), Some(Action::Back));
        assert_eq!(resolve(KeyCode::PageDown, KeyModifiers::NONE), Some(Action::PageDown));
        assert_eq!(resolve(KeyCode::Left, KeyModifiers::NONE), None);
    }

    #[test]
    fn rebinding_changes_key_and_footer() {
        let bindings = Bindings::from_config(&config(&[("export", &["f5"])])).unwrap();
        assert_eq!(bindings.shown(Action::Export), "F5");
        let o = key(KeyCode::Char('o'), KeyModifiers::NONE);
        assert_eq!(bindings.resolve(o, ScreenId::Plan, &[]), None);
    }

    #[test]
    fn a_clash_names_both_actions() {
        let error = Bindings::from_config(&config(&[("export", &["e"])])).unwrap_err();
        assert_eq!(error.to_string(), "`keys.edit` and `keys.export` both use `e`; give one of them another key");
    }

    #[test]
    fn unknown_names_are_errors_with_a_remedy() {
        let error = Bindings::from_config(&config(&[("exprt", &["e"])])).unwrap_err();
        assert!(error.to_string().ends_with("the nearest is `export`"), "{error}");
        let error = Bindings::from_config(&config(&[("export", &["hyper-e-e-e-e"])])).unwrap_err();
        assert!(matches!(error, BindingError::UnknownKey { .. }), "{error}");
        let error = Bindings::from_config(&config(&[("export", &[])])).unwrap_err();
        assert!(matches!(error, BindingError::Empty { .. }), "{error}");
    }
}

#[cfg(test)]
mod battered {
    use super::*;
    use crate::battered::batter;

    #[test]
    fn battered_key_config() {
        let some = br#"{"send":["!","ctrl-enter"],"facets":["F"],"more-waves":["w"],"explain":["?","f1"],"quit":[]}"#;
        let odd = br#"{"send":["ctrl-alt-shift-a","space","tab","-","ctrl--","\u00e9"],"next-pane":["backtab"]}"#;
        batter("key_config", &[some, odd], |bytes| {
            let Ok(config) = serde_json::from_slice::<BTreeMap<String, Vec<String>>>(bytes) else { return };
            match Bindings::from_config(&config) {
                // What is taken can be shown: footers and the help page do.
                Ok(bindings) => {
                    for action in [Action::Send, Action::Facets, Action::MoreWaves, Action::NextPane] {
                        let _ = (bindings.shown(action), bindings.keys_of(action).len());
                    }
                }
                Err(error) => assert!(!error.to_string().is_empty()),
            }
            for key in config.values().flatten() {
                if let Ok(key) = parse_key(key) {
                    let _ = show_key(key);
                }
            }
        });
    }
}

//! What the screen Settings holds.

use std::time::Duration;

use ratatui::layout::Rect;

use super::data::{Form, Proposed, WhatIf};
use super::fields::{Item, Key, Kind, Section, changed, items};
use crate::console::app::header::{Header, StatusLine};
use crate::console::app::{Cx, Place, Remote, ViewCx};
use crate::console::format;
use crate::console::keys::{Action, Offer};
use crate::console::screens::{CodeHere, Handled, Screen, ScreenId, ScreenMsg};
use crate::console::widgets::Canvas;
use crate::console::widgets::text_input::TextField;
use crate::domain::code::{Code, ProblemCode};
use crate::domain::settings::Settings;
use crate::domain::snapshot::Side;

/// A field that is being typed.
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    pub key: Key,
    pub field: TextField,
    /// Why what is typed cannot be taken.
    pub error: Option<String>,
}

/// The screen.
#[derive(Debug)]
pub struct SettingsScreen {
    pub(super) tenant: String,
    pub(super) form: Remote<Box<Form>>,
    pub(super) draft: Settings,
    /// Earlier drafts, the newest last.
    pub(super) undo: Vec<Settings>,
    pub(super) section: Section,
    /// Which line of the section the cursor stands on.
    pub(super) stop: usize,
    pub(super) edit: Option<Edit>,
    pub(super) what_if: Remote<WhatIf>,
    /// The draft that the what-if is of.
    pub(super) what_if_of: Option<Settings>,
    /// When the draft is to be worked out.
    pub(super) what_if_at: Option<Duration>,
    /// Ctrl-S was pressed; the question comes with the what-if.
    pub(super) saving: bool,
    pub(super) testing: bool,
    /// What the test of this session said.
    pub(super) test: Option<(bool, Vec<String>)>,
    /// The code of what failed in it.
    pub(super) test_code: Option<ProblemCode>,
    /// A version of the model is being made.
    pub(super) proposing: bool,
    /// What was proposed in this session.
    pub(super) proposed: Option<Box<Proposed>>,
    /// The version that the open question is about, and whether it was in use before.
    pub(super) asked_model: Option<(u32, bool)>,
    /// The credential that the open question is about.
    pub(super) revoking: Option<(Side, &'static str)>,
}

impl SettingsScreen {
    /// The screen of a tenant; the place's subject is a section (`credentials`, `field map`).
    #[must_use]
    pub fn new(place: &Place) -> Self {
        let wanted = place.subject.clone().unwrap_or_default().replace('_', " ").to_lowercase();
        let section = Section::ALL.into_iter().find(|section| section.word().to_lowercase() == wanted);
        Self {
            tenant: place.tenant.clone().unwrap_or_default(),
            form: Remote::Idle,
            draft: Settings::default(),
            undo: Vec::new(),
            section: section.unwrap_or(Section::Users),
            stop: 0,
            edit: None,
            what_if: Remote::Idle,
            what_if_of: None,
            what_if_at: None,
            saving: false,
            testing: false,
            revoking: None,
            test: None,
            test_code: None,
            proposing: false,
            proposed: None,
            asked_model: None,
        }
    }

    pub(super) fn form(&self) -> Option<&Form> {
        self.form.value().map(Box::as_ref)
    }

    /// Sections that have a field.
    pub(super) fn sections(&self) -> Vec<Section> {
        let Some(form) = self.form() else { return Section::ALL.to_vec() };
        Section::ALL.into_iter().filter(|section| !items(*section, form, &self.draft).is_empty()).collect()
    }

    pub(super) fn items(&self) -> Vec<Item> {
        self.form().map(|form| items(self.section, form, &self.draft)).unwrap_or_default()
    }

    /// The field under the cursor, and which of its lines.
    pub(super) fn current(&self) -> Option<(Item, usize)> {
        let mut left = self.stop;
        for item in self.items() {
            if left < item.stops() {
                return Some((item, left));
            }
            left -= item.stops();
        }
        None
    }

    pub(super) fn stops(&self) -> usize {
        self.items().iter().map(Item::stops).sum()
    }

    pub(super) fn changed(&self) -> Vec<Key> {
        self.form().map(|form| changed(form, &self.draft)).unwrap_or_default()
    }

    /// `2 settings`.
    pub(super) fn changed_words(&self) -> Option<String> {
        let count = u64::try_from(self.changed().len()).unwrap_or(0);
        (count > 0).then(|| format::counted(count, "setting", "settings"))
    }

    /// Where the credential under the cursor can go: its end and name, and whether that is the keyring; else why it cannot.
    pub(super) fn other_place(&self) -> Result<(Side, &'static str, bool), String> {
        let form = self.form().ok_or("reading")?;
        let Some(Key::Parameter(side, key)) = self.current().map(|(item, _)| item.key) else {
            return Err("no credential".to_owned());
        };
        let parameter = form.parameters.iter().find(|one| one.side == side && one.spec.key == key);
        let in_keyring = parameter.and_then(|one| one.in_keyring).ok_or("it is not kept here")?;
        match &form.no_keyring {
            Some(why) if !in_keyring => Err(why.clone()),
            _ => Ok((side, key, !in_keyring)),
        }
    }

    fn enter_word(&self) -> &'static str {
        match self.current().map(|(item, _)| item.kind) {
            Some(Kind::Secret(_)) => "new secret",
            Some(Kind::Act(_)) => self.model_word(),
            _ => "edit",
        }
    }
}

impl Screen for SettingsScreen {
    fn id(&self) -> ScreenId {
        ScreenId::Settings
    }

    fn header(&self, _cx: &ViewCx<'_>) -> Header {
        Header::crumbs(["Settings"])
    }

    fn status(&self, _cx: &ViewCx<'_>) -> StatusLine {
        match self.changed_words() {
            Some(words) => {
                StatusLine::new(format!("~ {words} changed, not saved"), "saving makes a new plan, sends nothing")
            }
            None if self.proposing => StatusLine::new("i learning from the rulings; nothing is changed by that", ""),
            None if self.testing => StatusLine::new("i testing both ends by real calls; only reads", ""),
            None => StatusLine::new("all saved", "saving makes a new plan, sends nothing"),
        }
    }

    fn offers(&self, _cx: &ViewCx<'_>) -> Vec<Offer> {
        if self.edit.is_some() {
            return vec![
                Offer::new(Action::Enter, "take"),
                Offer::new(Action::Back, "cancel"),
                Offer::new(Action::Save, "save").unless(self.is_parameter().then_some("Enter keeps it")),
            ];
        }
        let clean = self.changed().is_empty().then_some("nothing changed");
        let pick = matches!(
            self.current().map(|(item, _)| item.kind),
            Some(Kind::Choice(..) | Kind::Cycle(..) | Kind::Tick(..))
        );
        let mut offers = Vec::new();
        offers.push(if pick {
            Offer::new(Action::Mark, "choose")
        } else {
            Offer::new(Action::Enter, self.enter_word())
        });
        offers.extend(self.other_place().ok().map(|(.., to_keyring)| {
            Offer::new(Action::Mark, if to_keyring { "into the keyring" } else { "into the sealed file" })
        }));
        offers.push(Offer::new(Action::Save, "save").unless(clean));
        offers.push(match self.model_back().filter(|_| self.undo.is_empty()) {
            Some(_) => Offer::new(Action::Undo, "roll back"),
            None => Offer::new(Action::Undo, "undo").unless(self.undo.is_empty().then_some("no edit")),
        });
        offers.push(Offer::new(Action::NextPane, "section"));
        let test = Offer::new(Action::TestConnection, "test connection");
        offers.push(test.unless(self.testing.then_some("testing")));
        offers.push(Offer::new(Action::More, "more"));
        offers.push(Offer::new(Action::Palette, "palette"));
        offers
    }

    fn more(&self, _cx: &ViewCx<'_>) -> Vec<Offer> {
        let none = self.credential().is_none().then_some("the cursor is on no credential");
        vec![Offer::new(Action::MoreRevoke, "revoke the credential: wipe it, switch the tenant off").unless(none)]
    }

    fn code(&self, _cx: &ViewCx<'_>) -> Option<CodeHere> {
        let (form, (item, _)) = (self.form()?, self.current()?);
        match item.key {
            Key::Version(version) => {
                let refusal = form.models.versions.iter().find(|line| line.version == version)?.refusal?;
                let here = format!("version {version} stays unused: {refusal}");
                Some(CodeHere::new(Code::Problem(ProblemCode::ModelGate)).here(here))
            }
            Key::Parameter(side, key) => self.parameter_code(form, side, key),
            Key::LimitNumber(_) | Key::LimitPercent(_) => {
                let here = "a run that goes past what stands here waits for its number to be typed";
                Some(CodeHere::new(Code::Problem(ProblemCode::LimitExceeded)).here(here))
            }
            _ => None,
        }
    }

    fn text_focus(&self) -> bool {
        self.edit.is_some()
    }

    fn unsaved(&self) -> Option<String> {
        let words = self.changed_words()?;
        Some(format!("{words} of {}", self.form()?.tenant_name))
    }

    fn wake_at(&self) -> Option<Duration> {
        self.what_if_at
    }

    fn loading_since(&self) -> Option<Duration> {
        self.form.loading_since().or_else(|| self.what_if.loading_since())
    }

    fn update(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        self.handle(msg, cx)
    }

    fn view(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        self.draw(cx, area, canvas);
    }
}

impl SettingsScreen {
    /// What is wrong with a parameter or credential: it is not there, or the newest test of it failed.
    fn parameter_code(&self, form: &Form, side: Side, key: &str) -> Option<CodeHere> {
        let kept = form.parameters.iter().find(|one| one.side == side && one.spec.key == key)?;
        if kept.shown.is_none() && kept.spec.required {
            let here = format!("{} of the {} is not there", kept.spec.label, side.key());
            return Some(CodeHere::new(Code::Problem(ProblemCode::SetupIncomplete)).here(here));
        }
        let (code, words) = match (&self.test, &form.tested) {
            (Some((passed, lines)), _) => {
                let failed = lines.iter().find(|line| line.starts_with('✗')).filter(|_| !passed)?;
                (self.test_code?, failed.trim_start_matches(['✗', ' ']).to_owned())
            }
            (None, Some((_, false, remarks))) => (form.test_code?, remarks.join("; ")),
            (None, _) => return None,
        };
        Some(CodeHere::new(Code::Problem(code)).here(words))
    }

    /// The credential under the cursor, where there is one to be revoked.
    pub(super) fn credential(&self) -> Option<(Side, &'static str, &'static str)> {
        let (item, _) = self.current()?;
        let (Key::Parameter(side, key), Kind::Secret(_)) = (item.key, &item.kind) else { return None };
        let kept = self.form()?.parameters.iter().find(|one| one.side == side && one.spec.key == key)?;
        kept.shown.is_some().then_some((side, kept.spec.key, kept.spec.label))
    }

    /// The field that is typed is a parameter or credential: it is kept by itself, not with the settings.
    pub(super) fn is_parameter(&self) -> bool {
        self.edit.as_ref().is_some_and(|edit| matches!(edit.key, Key::Parameter(..)))
    }
}

//! What happens to the screen Settings.

use std::time::Duration;

use super::data::{Act, Answer, Ask, Form};
use super::edits::{choose, put_text};
use super::fields::{Key, Kind, Section};
use super::state::{Edit, SettingsScreen};
use crate::console::app::header::with_glyph;
use crate::console::app::overlay::{Confirm, step};
use crate::console::app::{Command, Control, Cx, Level, Payload, Query, Remote};
use crate::console::format;
use crate::console::keys::Action;
use crate::console::screens::{self, Handled, ScreenMsg};
use crate::console::widgets::Hit;
use crate::console::widgets::text_input::TextField;
use crate::domain::secret::Secret;
use crate::domain::settings::Settings;

const FORM: &str = "form";
const WHAT_IF: &str = "what-if";
const SAVE: &str = "save";
const KEEP: &str = "keep";
const TEST: &str = "test";
const REVOKE: &str = "revoke";
pub(super) const MODEL: &str = "model";
/// A draft is worked out when nothing was changed for so long.
const REST: Duration = Duration::from_millis(250);
/// Drafts that can be gone back to.
const UNDO: usize = 100;

impl SettingsScreen {
    pub(super) fn handle(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        match msg {
            ScreenMsg::Shown => self.read(cx),
            ScreenMsg::Control(Control::TenantChanged(tenant)) if tenant == self.tenant => self.read(cx),
            ScreenMsg::Woken => self.what_if(cx),
            ScreenMsg::Loaded(_, Payload::Settings(answer)) => self.loaded(answer, cx),
            ScreenMsg::Failed(slot, problem) => {
                self.saving = false;
                cx.problem(problem.clone());
                if slot.name == FORM {
                    self.form.fail(problem);
                } else {
                    self.what_if.fail(problem);
                }
            }
            ScreenMsg::Done(_, Payload::Settings(answer)) => self.done(answer, cx),
            ScreenMsg::Refused(_, problem) => {
                (self.testing, self.proposing) = (false, false);
                cx.problem(problem);
            }
            ScreenMsg::Answered(SAVE, screens::Answer::Confirmed) => {
                let settings = Box::new(self.draft.clone());
                cx.command(SAVE, Command::Settings(Act::Save { tenant: self.tenant.clone(), settings }));
            }
            ScreenMsg::Answered(REVOKE, screens::Answer::Confirmed) => {
                if let Some((side, key)) = self.revoking.take() {
                    cx.command(REVOKE, Command::Settings(Act::Revoke { tenant: self.tenant.clone(), side, key }));
                }
            }
            ScreenMsg::Answered(MODEL, answer) => self.model_answered(&answer, cx),
            ScreenMsg::Key(key) => {
                if let Some(edit) = &mut self.edit {
                    edit.field.key(key);
                    edit.error = None;
                }
            }
            ScreenMsg::Paste(text) => {
                if let Some(edit) = &mut self.edit {
                    edit.field.paste(text.trim_end_matches(['\r', '\n']));
                    edit.error = None;
                }
            }
            ScreenMsg::Action(action) => return self.act(action, cx),
            ScreenMsg::Click { hit, .. } => return self.clicked(&hit, cx),
            ScreenMsg::Wheel { rows, .. } if self.edit.is_none() => self.stop = step(self.stop, rows, self.stops()),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    pub(super) fn read(&mut self, cx: &mut Cx<'_>) {
        self.form.load(cx.uptime());
        cx.query(FORM, Query::Settings(Ask::Form { tenant: self.tenant.clone() }));
    }

    fn loaded(&mut self, answer: Answer, cx: &mut Cx<'_>) {
        match answer {
            Answer::Form(form) => self.take_form(form),
            Answer::WhatIf { settings, what_if } => {
                self.what_if_of = Some(*settings);
                self.what_if.ready(what_if);
                if self.saving {
                    self.ask_save(cx);
                }
            }
            _ => {}
        }
    }

    /// Edits stay when the form is read again; without any the draft is what is saved.
    fn take_form(&mut self, form: Box<Form>) {
        let edited = self.form().is_some_and(|old| self.draft != old.settings);
        if !edited {
            self.draft = form.settings.clone();
        }
        self.form.ready(form);
        if !self.sections().contains(&self.section) {
            self.section = Section::Users;
        }
        self.stop = step(self.stop, 0, self.stops());
    }

    fn done(&mut self, answer: Answer, cx: &mut Cx<'_>) {
        match answer {
            Answer::Saved { operations } => {
                let words = self.changed_words().unwrap_or_else(|| "settings".to_owned());
                let plan = operations
                    .map(|count| format!("; the new plan has {}", format::counted(count.into(), "change", "changes")));
                cx.done(format!("Saved {words}{}", plan.unwrap_or_default()), false);
                self.undo.clear();
                (self.what_if, self.what_if_of, self.what_if_at) = (Remote::Idle, None, None);
                if let Some(form) = self.form.value_mut() {
                    form.settings = self.draft.clone();
                }
                cx.tenant_changed();
                self.read(cx);
            }
            Answer::Kept { label } => {
                cx.done(format!("Kept {label}; Ctrl-T tests it"), false);
                self.test = None;
                self.read(cx);
            }
            Answer::Revoked { label, switched_off, outside } => {
                let off = if switched_off { "; the tenant is switched off" } else { "" };
                match outside {
                    Some(place) => {
                        cx.toast(
                            Level::Warn,
                            format!("Revoked {label}{off}; it still stands in {place}: delete it there"),
                        );
                    }
                    None => cx.done(format!("Revoked {label}{off}; delete it at the vendor too"), false),
                }
                self.test = None;
                cx.tenant_changed();
                self.read(cx);
            }
            Answer::Tested { passed, lines, code } => {
                self.test_code = code;
                self.testing = false;
                if passed {
                    cx.done("Tested both ends by real calls", false);
                } else {
                    cx.toast(Level::Warn, "The test did not pass; Credentials shows why");
                }
                self.test = Some((passed, lines));
                cx.tenant_changed();
            }
            Answer::Proposed(proposed) => self.proposed(proposed, cx),
            Answer::Took { version, operations } => self.took(version, operations, cx),
            Answer::Form(_) | Answer::WhatIf { .. } => {}
        }
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        if self.edit.is_some() {
            return self.act_in_text(action, cx);
        }
        let page = 8;
        match action {
            Action::Up => self.stop = step(self.stop, -1, self.stops()),
            Action::Down => self.stop = step(self.stop, 1, self.stops()),
            Action::PageUp => self.stop = step(self.stop, -page, self.stops()),
            Action::PageDown => self.stop = step(self.stop, page, self.stops()),
            Action::First => self.stop = 0,
            Action::Last => self.stop = self.stops().saturating_sub(1),
            Action::NextPane | Action::NextItem => self.turn(1),
            Action::PreviousPane | Action::PreviousItem => self.turn(-1),
            Action::Mark => self.choose(cx),
            Action::Enter => self.enter(cx),
            Action::Undo => {
                if let Some(earlier) = self.undo.pop() {
                    self.draft = earlier;
                    self.what_if_soon(cx);
                } else if let Some(version) = self.model_back() {
                    self.ask_model(version, cx);
                }
            }
            Action::Save => self.save(cx),
            Action::TestConnection => self.test(cx),
            Action::MoreRevoke => self.ask_revoke(cx),
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn act_in_text(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        match action {
            Action::Back => self.edit = None,
            Action::Enter | Action::NextPane => self.commit(cx),
            Action::Save => {
                self.commit(cx);
                if self.edit.is_none() {
                    self.save(cx);
                }
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    fn ask_revoke(&mut self, cx: &mut Cx<'_>) {
        let (Some((side, key, label)), Some(form)) = (self.credential(), self.form()) else { return };
        let place = format!("{}, {}", form.tenant_name, form.standing);
        let confirm = Confirm::new(format!("Revoke {label}?"), place, "Revoke".to_owned())
            .line("It is wiped for good where it is kept here.")
            .line("A live tenant is switched off: nothing is sent or read without it.")
            .line("Links, plans and history stay; a new one goes on from there.")
            .line("")
            .line("Whoever else knows it can still use it: delete it at the vendor too.");
        self.revoking = Some((side, key));
        cx.confirm(REVOKE, confirm);
    }

    fn turn(&mut self, by: i32) {
        let sections = self.sections();
        let len = i32::try_from(sections.len()).unwrap_or(1).max(1);
        let at = sections.iter().position(|section| *section == self.section).unwrap_or(0);
        let at = (i32::try_from(at).unwrap_or(0) + by).rem_euclid(len);
        self.section = usize::try_from(at).ok().and_then(|at| sections.get(at).copied()).unwrap_or(Section::Users);
        self.stop = 0;
    }

    fn clicked(&mut self, hit: &Hit, cx: &mut Cx<'_>) -> Handled {
        match hit {
            Hit::Row { pane: 0, row } => {
                if let Some(section) = self.sections().get(*row).copied().filter(|_| self.edit.is_none()) {
                    (self.section, self.stop) = (section, 0);
                }
            }
            Hit::Row { pane: 1, row } if self.edit.is_none() => {
                let again = self.stop == *row;
                self.stop = step(*row, 0, self.stops());
                let text = matches!(
                    self.current().map(|(item, _)| item.kind),
                    Some(Kind::Text(_) | Kind::Secret(_) | Kind::Act(_))
                );
                if again || !text {
                    self.enter(cx);
                }
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    /// Space: the option under the cursor, the next of a cycle, or the other side of a tick.
    fn choose(&mut self, cx: &mut Cx<'_>) {
        let Some((item, line)) = self.current() else { return };
        let at = match &item.kind {
            Kind::Choice(_, chosen) if *chosen == line => return,
            Kind::Choice(..) => line,
            Kind::Cycle(options, chosen) => (chosen + 1) % options.len().max(1),
            Kind::Tick(on, _) => usize::from(!on),
            Kind::Secret(_) => return self.move_secret(cx),
            Kind::Text(_) | Kind::Act(_) => return self.enter(cx),
        };
        self.keep_draft();
        choose(&mut self.draft, item.key, at);
        self.what_if_soon(cx);
    }

    /// A credential goes to the other place where one can be kept; where there is no other, why not.
    fn move_secret(&mut self, cx: &mut Cx<'_>) {
        match self.other_place() {
            Ok((side, key, to_keyring)) => {
                let tenant = self.tenant.clone();
                cx.command(KEEP, Command::Settings(Act::MoveSecret { tenant, side, key, to_keyring }));
            }
            Err(why) => cx.toast(Level::Warn, why),
        }
    }

    fn enter(&mut self, cx: &mut Cx<'_>) {
        let Some((item, _)) = self.current() else { return };
        let field = match &item.kind {
            Kind::Text(text) => TextField::with(text),
            Kind::Secret(_) => TextField::secret(),
            Kind::Act(_) => return self.act_on_model(item.key, cx),
            _ => return self.choose(cx),
        };
        self.edit = Some(Edit { key: item.key, field, error: None });
    }

    /// Takes what was typed; what cannot be understood stays open, with the reason.
    fn commit(&mut self, cx: &mut Cx<'_>) {
        let Some(mut edit) = self.edit.take() else { return };
        if let Key::Parameter(..) = edit.key {
            return self.keep_parameter(edit, cx);
        }
        let same = |kind: &Kind| matches!(kind, Kind::Text(text) if text == edit.field.value());
        if self.items().iter().any(|item| item.key == edit.key && same(&item.kind)) {
            return;
        }
        let mut draft = self.draft.clone();
        match put_text(&mut draft, edit.key, edit.field.value()) {
            Ok(()) => {
                if draft != self.draft {
                    self.keep_draft();
                    self.draft = draft;
                    self.what_if_soon(cx);
                }
            }
            Err(error) => {
                edit.error = Some(error);
                self.edit = Some(edit);
            }
        }
    }

    /// Credentials and parameters are kept at once: there is nothing to work out with them.
    fn keep_parameter(&mut self, mut edit: Edit, cx: &mut Cx<'_>) {
        let Key::Parameter(side, key) = edit.key else { return };
        let Some(parameter) = self.form().and_then(|form| {
            form.parameters.iter().find(|parameter| parameter.side == side && parameter.spec.key == key)
        }) else {
            return;
        };
        let tenant = self.tenant.clone();
        let typed = edit.field.value().trim().to_owned();
        if typed.is_empty() && (parameter.spec.required || parameter.spec.secret) {
            if parameter.spec.secret {
                // Nothing typed is no new secret.
                return;
            }
            edit.error = Some("it cannot be blank".to_owned());
            self.edit = Some(edit);
            return;
        }
        let act = if parameter.spec.secret {
            Act::SetSecret { tenant, side, key, secret: Secret::new(typed) }
        } else {
            Act::SetParameter { tenant, side, key, value: Some(typed).filter(|text| !text.is_empty()) }
        };
        edit.field.clear();
        cx.command(KEEP, Command::Settings(act));
    }

    fn keep_draft(&mut self) {
        self.undo.push(self.draft.clone());
        if self.undo.len() > UNDO {
            self.undo.remove(0);
        }
    }

    fn is_edited(&self) -> bool {
        self.form().is_some_and(|form| form.settings != self.draft)
    }

    fn what_if_soon(&mut self, cx: &mut Cx<'_>) {
        self.what_if_at = Some(cx.uptime() + REST);
        cx.forget(WHAT_IF);
        if !self.is_edited() {
            (self.what_if, self.what_if_of, self.what_if_at) = (Remote::Idle, None, None);
        }
    }

    fn what_if(&mut self, cx: &mut Cx<'_>) {
        self.what_if_at = None;
        if self.is_edited() && self.what_if_of.as_ref() != Some(&self.draft) {
            self.what_if.load(cx.uptime());
            let settings: Box<Settings> = Box::new(self.draft.clone());
            cx.query(WHAT_IF, Query::Settings(Ask::WhatIf { tenant: self.tenant.clone(), settings }));
        }
    }

    /// Ctrl-S: the question comes with the what-if of exactly this draft.
    fn save(&mut self, cx: &mut Cx<'_>) {
        if !self.is_edited() {
            cx.toast(Level::Info, "Nothing was changed");
        } else if self.what_if_of.as_ref() == Some(&self.draft) && matches!(self.what_if, Remote::Ready(_)) {
            self.ask_save(cx);
        } else {
            self.saving = true;
            self.what_if(cx);
        }
    }

    fn ask_save(&mut self, cx: &mut Cx<'_>) {
        self.saving = false;
        let (Some(form), Some(what_if), Some(words)) = (self.form(), self.what_if.value(), self.changed_words()) else {
            return;
        };
        let title = format!("Save {words} of {}?", form.tenant_name);
        let place = format!("{}, {}", form.tenant_name, form.standing);
        let mut confirm = Confirm::new(title, place, format!("Save {words}"));
        confirm.lines.extend(what_if.lines.iter().map(|line| with_glyph(line)));
        let confirm = confirm.line("").line("A new plan is made. Nothing is sent.");
        cx.confirm(SAVE, confirm);
    }

    fn test(&mut self, cx: &mut Cx<'_>) {
        if !self.testing {
            self.testing = true;
            cx.command(TEST, Command::Settings(Act::Test { tenant: self.tenant.clone() }));
        }
    }
}

//! The versions of the model: propose one, take it into use, take an earlier one again.

use ratatui::layout::Rect;

use super::data::{Act, ModelLine, Proposed};
use super::fields::{Key, Section};
use super::state::SettingsScreen;
use super::update::MODEL;
use crate::console::app::header::with_glyph;
use crate::console::app::overlay::Confirm;
use crate::console::app::{Command, Cx, Level};
use crate::console::format;
use crate::console::screens::Answer;
use crate::console::widgets::{Canvas, rule};
use crate::matching::learning::FIRST_VERSION;

impl SettingsScreen {
    fn model(&self, version: u32) -> Option<&ModelLine> {
        self.form()?.models.versions.iter().find(|line| line.version == version)
    }

    fn was_used(&self, version: u32) -> bool {
        version == FIRST_VERSION || self.model(version).is_some_and(|line| line.used)
    }

    /// The version that `u` leads to, where nothing else can be undone.
    pub(super) fn model_back(&self) -> Option<u32> {
        self.form().filter(|_| self.section == Section::Matching).and_then(|form| form.models.back)
    }

    /// What Enter does with the line under the cursor.
    pub(super) fn model_word(&self) -> &'static str {
        match self.current().map(|(item, _)| item.key) {
            Some(Key::Version(version)) if self.was_used(version) => "roll back",
            Some(Key::Version(_)) => "take into use",
            _ => "propose",
        }
    }

    pub(super) fn act_on_model(&mut self, key: Key, cx: &mut Cx<'_>) {
        match key {
            Key::Version(version) => self.ask_model(version, cx),
            _ if self.proposing => {}
            _ if !self.changed().is_empty() => cx.toast(Level::Info, "Save or undo the changed settings first"),
            _ => {
                (self.proposing, self.proposed) = (true, None);
                cx.command(MODEL, Command::Settings(Act::Propose { tenant: self.tenant.clone() }));
            }
        }
    }

    /// Asks before a version is taken; nothing of the model changes without that.
    pub(super) fn ask_model(&mut self, version: u32, cx: &mut Cx<'_>) {
        let Some(form) = self.form() else { return };
        if version == form.models.active {
            return cx.toast(Level::Info, format!("Version {version} is in use"));
        }
        if let Some(refusal) = self.model(version).and_then(|line| line.refusal) {
            return cx.toast(Level::Warn, format!("Version {version} stays unused: {refusal}"));
        }
        let back = self.was_used(version);
        let (title, act) = if back {
            (format!("Roll {} back to version {version}?", form.tenant_name), "Roll back".to_owned())
        } else {
            (format!("Take version {version} into use for {}?", form.tenant_name), format!("Take version {version}"))
        };
        let place = format!("{}, {}", form.tenant_name, form.standing);
        let mut confirm = Confirm::new(title, place, act);
        match self.proposed.as_ref().filter(|proposed| proposed.version == version && !back) {
            Some(proposed) => confirm.lines.extend(proposed.lines.iter().map(|line| with_glyph(line))),
            None => {
                confirm = confirm.line(format!("Version {} is in use now.", form.models.active));
                if let Some(line) = self.model(version).filter(|_| !back) {
                    let people = format::counted(line.people.into(), "person gets", "people get");
                    confirm = confirm.line(format!("When it was made, {people} another outcome."));
                }
            }
        }
        let confirm = confirm.line("").line("A new plan is made. Nothing is sent, links that were made stay.");
        self.asked_model = Some((version, back));
        cx.confirm(MODEL, confirm);
    }

    pub(super) fn model_answered(&mut self, answer: &Answer, cx: &mut Cx<'_>) {
        let asked = self.asked_model.take();
        if let (Some((version, back)), Answer::Confirmed) = (asked, answer) {
            let tenant = self.tenant.clone();
            cx.command(MODEL, Command::Settings(Act::TakeModel { tenant, version, back }));
        }
    }

    pub(super) fn proposed(&mut self, proposed: Option<Box<Proposed>>, cx: &mut Cx<'_>) {
        self.proposing = false;
        self.proposed = proposed;
        match &self.proposed {
            None => {
                cx.toast(Level::Info, "The rulings so far move nothing; `onroll model audit` draws a sample to rule on")
            }
            Some(proposed) if proposed.passed => cx.done(format!("Proposed version {}", proposed.version), false),
            Some(proposed) => cx.toast(Level::Warn, format!("The gate refused version {}", proposed.version)),
        }
        self.read(cx);
    }

    pub(super) fn took(&mut self, version: u32, operations: Option<u32>, cx: &mut Cx<'_>) {
        let plan = operations
            .map(|count| format!("; the new plan has {}", format::counted(count.into(), "change", "changes")));
        cx.done(format!("Version {version} is in use{}", plan.unwrap_or_default()), true);
        self.proposed = None;
        cx.tenant_changed();
        self.read(cx);
    }

    pub(super) fn proposed_lines(&self) -> Vec<String> {
        if self.proposing {
            return vec!["i planning once as it is and once with what was learnt …".to_owned()];
        }
        self.proposed.as_ref().map(|proposed| proposed.lines.clone()).unwrap_or_default()
    }

    pub(super) fn draw_proposed(&self, area: Rect, canvas: &mut Canvas<'_>) {
        let title = match &self.proposed {
            Some(proposed) => format!("What version {} changes", proposed.version),
            None => "Learning from rulings".to_owned(),
        };
        rule::title(canvas, area, &title, "", false);
        let cells = usize::from(area.width.saturating_sub(2));
        for (line, y) in self.proposed_lines().iter().zip(area.y + 1..area.bottom()) {
            canvas.spans(area.x + 1, y, cells, &with_glyph(line), false);
        }
    }
}

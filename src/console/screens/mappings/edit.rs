//! Edits of cells: pick, create, clear, accept.

use super::data::{Act, CellChange, Edited, Tab, ValueState};
use super::state::{Editing, LIST, Mappings};
use crate::console::app::{Command, Cx, Level};
use crate::console::format;
use crate::console::screens::Answer as Picked;
use crate::console::widgets::picker::{PickItem, PickList, Picker};
use crate::domain::inert;
use crate::domain::mapping::{DestinationOption, MappingTarget};
use crate::domain::text;
use crate::mapping::rank;
use crate::mapping::suggest::fold_value;
use std::collections::HashMap;

/// Edits and undo answer here.
pub(super) const EDIT: &str = "edit";
/// The id of the entry that sends nothing; no key of a vendor has a control character.
const NOTHING: &str = "\u{1}nothing";

impl Mappings {
    /// Opens the pick list: the options by likeness, each with how many people have it.
    pub(super) fn edit(&mut self, cx: &mut Cx<'_>) {
        let Some((sheet, line)) = self.sheet.value().zip(self.line()) else { return };
        let active: Vec<&DestinationOption> =
            sheet.options.iter().filter(|option| option.active && !option.is_blank()).collect();
        let mut heads: HashMap<&str, u64> = HashMap::new();
        for line in sheet.lines.iter().filter(|line| !line.is_open()) {
            *heads.entry(line.key.as_deref().unwrap_or_default()).or_default() += line.people;
        }
        // What is never proposed stands behind all others, with what nobody would see spelt out.
        let (odd, sound): (Vec<_>, Vec<_>) = active.iter().copied().partition(|option| option.oddity().is_some());
        let mut items: Vec<PickItem> = rank(&line.value, &sound)
            .into_iter()
            .chain(rank(&line.value, &odd))
            .map(|ranked| {
                let people = heads.get(ranked.key.as_str()).copied().unwrap_or(0);
                let heads = if people > 0 { format!("{} ppl ", format::count(people)) } else { String::new() };
                let detail = format!("{heads}{:>3.0} %", (ranked.similarity * 100.0).floor());
                PickItem::new(ranked.key.as_str(), inert::escaped(&ranked.name), detail)
            })
            .collect();
        if !sheet.mandatory {
            items.push(PickItem::new(NOTHING, "(send nothing)", ""));
        }
        let title = format!("{} {} in {}", format::count(active.len()), sheet.word.1, sheet.destination);
        let create = sheet.no_new.is_none().then(|| "create".to_owned());
        let picker = Picker::new(PickList { title, items, create });
        self.editing = Some(Editing { value: line.value.clone(), picker, since: cx.uptime() });
        self.focus.set(LIST);
        self.follow(cx);
    }

    pub(super) fn picked(&mut self, answer: Picked, cx: &mut Cx<'_>) {
        let (Some(editing), Some(list)) = (self.editing.take(), self.list()) else { return };
        let target = match answer {
            Picked::Picked(id) => target_of(&id),
            Picked::Create(name) => MappingTarget::Create(name),
            Picked::Cancelled | Picked::Confirmed | Picked::Named(_) => return,
        };
        let next = self.next_open();
        self.set(vec![CellChange { list, value: editing.value, target: Some(target) }], cx);
        if let Some(next) = next {
            self.table.put_cursor(&next);
        }
    }

    /// A new option of the value's own name; it goes into the plan.
    pub(super) fn create(&mut self, cx: &mut Cx<'_>) {
        let (Some(list), Some(line)) = (self.list(), self.line()) else { return };
        let name = text::clean(&line.value).into_owned();
        let options = self.sheet.value().map(|sheet| sheet.options.as_slice()).unwrap_or_default();
        // An option of that very name is taken, not made twice; one that differs by capitals or accents is pointed out.
        let target = match options.iter().find(|option| option.active && option.name == name) {
            Some(option) => MappingTarget::Option(option.key.clone()),
            None => MappingTarget::Create(name.clone()),
        };
        let folded = fold_value(&name);
        let twin =
            options.iter().find(|option| option.active && option.name != name && fold_value(&option.name) == folded);
        if let (MappingTarget::Create(_), Some(twin)) = (&target, twin) {
            let words = format!("{name} would stand beside {}, which is the same but for its spelling", twin.name);
            cx.toast(Level::Warn, words);
        }
        let cell = CellChange { list, value: line.value.clone(), target: Some(target) };
        let next = self.next_open();
        self.set(vec![cell], cx);
        if let Some(next) = next {
            self.table.put_cursor(&next);
        }
        self.follow(cx);
    }

    pub(super) fn clear(&mut self, cx: &mut Cx<'_>) {
        let (Some(list), Some(line)) = (self.list(), self.line()) else { return };
        let cell = CellChange { list, value: line.value.clone(), target: None };
        cx.command(EDIT, Command::Mappings(Act::Set { tenant: self.tenant.clone(), cells: vec![cell] }));
    }

    pub(super) fn accept_all(&mut self, cx: &mut Cx<'_>) {
        let cells = self.suggestions();
        if cells.is_empty() {
            cx.toast(Level::Info, "No suggestion in this table");
            return;
        }
        self.set(cells, cx);
    }

    /// Sends an edit and shows it at once; the answer brings the figures.
    pub(super) fn set(&mut self, cells: Vec<CellChange>, cx: &mut Cx<'_>) {
        if let Some(sheet) = self.sheet.value_mut() {
            for cell in &cells {
                let Some(line) = sheet.lines.iter_mut().find(|line| line.value == cell.value) else { continue };
                line.state = match &cell.target {
                    Some(MappingTarget::Create(_)) => ValueState::Created,
                    Some(MappingTarget::Nothing) => ValueState::Nothing,
                    Some(MappingTarget::Option(_)) | None => ValueState::Mapped,
                };
                line.why.clear();
            }
        }
        cx.command(EDIT, Command::Mappings(Act::Set { tenant: self.tenant.clone(), cells }));
    }

    pub(super) fn edited(&mut self, edited: Edited, cx: &mut Cx<'_>) {
        if edited.undoable {
            cx.done(edited.words, true);
        } else {
            cx.toast(Level::Info, edited.words);
            // An undo goes where it was undone.
            if let Some((list, value)) = edited.at {
                self.tab = Some(Tab::Table(list));
                self.goal = value;
            }
        }
        cx.tenant_changed();
        self.load(cx);
    }

    pub(super) fn verbatim(&mut self, cx: &mut Cx<'_>) {
        let (Some(list), Some(sheet)) = (self.list(), self.sheet.value()) else { return };
        let act = Act::Verbatim { tenant: self.tenant.clone(), list, on: !sheet.verbatim };
        cx.command(EDIT, Command::Mappings(act));
    }
}

/// What an entry of the pick list stands for.
pub(super) fn target_of(id: &str) -> MappingTarget {
    if id == NOTHING { MappingTarget::Nothing } else { MappingTarget::Option(id.into()) }
}

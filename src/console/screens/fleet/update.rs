//! What happens to Holds and Values.

use crossterm::event::KeyCode;

use super::columns::What;
use super::data::{Act, Answer, Ask};
use super::row;
use super::state::{FleetList, Named, Which};
use crate::console::app::{Command, Control, Cx, Level, Payload, Query};
use crate::console::format;
use crate::console::keys::Action;
use crate::console::screens::finder::Finder;
use crate::console::screens::{self, Handled, ScreenMsg};
use crate::console::widgets::Hit;
use crate::domain::code::Code;
use crate::domain::explain::explained;

const MEMBERS: &str = "members";
const PARTS: &str = "parts";
const COUNTS: &str = "counts";
const NAMED: &str = "named";
const SAVE: &str = "save";
const SORT: &str = "sort";

/// Tenants that are asked for in one go at most.
const AT_ONCE: usize = 40;

impl FleetList {
    pub(super) fn handle(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        match msg {
            ScreenMsg::Shown => self.read(cx),
            ScreenMsg::Control(Control::TenantChanged(tenant)) => self.read_again(tenant, cx),
            ScreenMsg::Resized(body) => {
                self.body = row::below(body);
                self.arrange_now(cx);
            }
            ScreenMsg::Loaded(_, Payload::Fleet(answer)) => self.told(answer, cx),
            ScreenMsg::Failed(slot, problem) => match slot.name {
                // The list stands without them.
                COUNTS | NAMED => {}
                _ => {
                    cx.problem(problem.clone());
                    self.problem = Some(problem);
                    self.left.clear();
                    self.since = None;
                }
            },
            ScreenMsg::Done(_, Payload::Fleet(Answer::Saved { path, lines })) => {
                cx.done(format!("Saved {} to {path}", format::counted(lines, "line", "lines")), false);
            }
            ScreenMsg::Refused(_, problem) => cx.problem(problem),
            ScreenMsg::Answered(SORT, screens::Answer::Picked(id)) => {
                Finder::ordered(&id, &mut self.order);
                self.finder.keep((&self.order.0, self.order.1), cx);
                self.arrange_now(cx);
            }
            ScreenMsg::Answered(SAVE, screens::Answer::Named(file)) => {
                let lines = self.table.ids().to_vec();
                let act = match self.which {
                    Which::Holds => Act::SaveHolds { lines, file },
                    Which::Values => Act::SaveValues { lines, file },
                };
                cx.command(SAVE, Command::Fleet(act));
            }
            ScreenMsg::Key(key) if matches!(key.code, KeyCode::Up | KeyCode::Down) => {
                self.table.move_by(if key.code == KeyCode::Up { -1 } else { 1 });
            }
            ScreenMsg::Action(action) => return self.act(action, cx),
            ScreenMsg::Click { hit: Hit::Row { pane: row::LISTS, row }, .. } => row::go(self.which.screen(), row, cx),
            ScreenMsg::Click { hit: Hit::Row { row, .. }, double } => {
                self.table.move_to(row);
                if double {
                    self.go(cx);
                }
            }
            ScreenMsg::Wheel { rows, .. } => self.table.move_by(rows),
            _ => return Handled::No,
        }
        self.read_named(cx);
        Handled::Yes
    }

    fn arrange_now(&mut self, cx: &Cx<'_>) {
        self.arrange(&cx.console().zone);
    }

    /// Everything anew; the old lines stay until their tenant was read.
    fn read(&mut self, cx: &mut Cx<'_>) {
        self.since = Some(cx.uptime());
        cx.query(MEMBERS, Query::Fleet(Ask::Members));
        cx.query(COUNTS, Query::Fleet(Ask::Counts));
    }

    /// One tenant anew, when something has ended there.
    fn read_again(&mut self, tenant: String, cx: &mut Cx<'_>) {
        let known = self.members.as_ref().is_some_and(|members| members.iter().any(|one| one.short() == tenant));
        match (known, self.left.is_empty()) {
            // Somebody has added it, or nothing was read yet.
            (false, _) => self.read(cx),
            (true, false) if self.left.contains(&tenant) => {}
            (true, busy) => {
                self.left.push(tenant);
                if busy {
                    self.since = Some(cx.uptime());
                    self.ask_parts(cx);
                }
            }
        }
    }

    fn ask_parts(&mut self, cx: &mut Cx<'_>) {
        if self.left.is_empty() {
            self.since = None;
            self.read_at = Some(cx.now().wall);
            cx.query(COUNTS, Query::Fleet(Ask::Counts));
            return;
        }
        let wanted = self.left.iter().take(AT_ONCE).cloned().collect();
        cx.query(PARTS, Query::Fleet(Ask::Parts(wanted)));
    }

    fn told(&mut self, answer: Answer, cx: &mut Cx<'_>) {
        match answer {
            Answer::Members(members) => {
                self.problem = None;
                let is_there = |short: &str| members.iter().any(|member| member.short() == short);
                self.parts.retain(|part| is_there(part.member.short()));
                self.left = members.iter().map(|member| member.short().to_owned()).collect();
                self.members = Some(members);
                self.arrange_now(cx);
                self.ask_parts(cx);
            }
            Answer::Parts { parts, gone } => {
                self.problem = None;
                for part in parts {
                    let short = part.member.short().to_owned();
                    self.left.retain(|left| *left != short);
                    match self.parts.iter_mut().find(|known| known.member.short() == short) {
                        Some(known) => *known = part,
                        None => self.parts.push(part),
                    }
                    // Who is named of its lines may be others now.
                    self.named.take_if(|named| named.tenant == short);
                    self.asked.take_if(|asked| asked.0 == short);
                }
                for short in gone {
                    self.left.retain(|left| *left != short);
                    self.parts.retain(|part| part.member.short() != short);
                    if let Some(members) = &mut self.members {
                        members.retain(|member| member.short() != short);
                    }
                }
                self.arrange_now(cx);
                self.ask_parts(cx);
            }
            Answer::Counts(counts) => self.counts = counts,
            Answer::Held { tenant, code, value, people } => {
                self.named = Some(Named { tenant, code, value, people });
            }
            Answer::Searched(_) | Answer::Ahead | Answer::Found { .. } | Answer::Rest { .. } | Answer::Saved { .. } => {
            }
        }
    }

    /// Reads who is named of the cursor's line, where there is room for them.
    pub(super) fn read_named(&mut self, cx: &mut Cx<'_>) {
        if !self.has_people() {
            return;
        }
        let about = self.about(&cx.console().zone);
        if about == self.asked {
            return;
        }
        self.asked.clone_from(&about);
        if let Some((tenant, code, value)) = about {
            cx.query(NAMED, Query::Fleet(Ask::Held { tenant, code, value }));
        }
    }

    fn act(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        match action {
            Action::Enter => self.go(cx),
            Action::PreviousItem | Action::NextItem => {
                row::walk(self.which.screen(), action, cx);
            }
            Action::Refresh => self.read(cx),
            Action::Why => self.why(cx),
            Action::Sort => cx.pick(SORT, self.finder.orders("most people first", self.order.1)),
            Action::Back if self.finder.is_on() => {
                self.finder.lend("");
                self.finder.keep((&self.order.0, self.order.1), cx);
                self.arrange_now(cx);
            }
            Action::Export => {
                let name = if self.which == Which::Holds { "onroll-holds" } else { "onroll-values" };
                cx.save_as(SAVE, "Save these lines as".to_owned(), name);
            }
            Action::CopyId | Action::CopyRow => self.copy(action, cx),
            Action::Mark | Action::MarkRange | Action::MarkAll | Action::InvertMarks => return Handled::No,
            action if self.table.handle(action) => {}
            _ => return Handled::No,
        }
        self.read_named(cx);
        Handled::Yes
    }

    fn go(&mut self, cx: &mut Cx<'_>) {
        if let Some(place) = self.place(&cx.console().zone) {
            cx.open(place);
        }
    }

    /// Why it is held at all, in a sentence; `?` says more.
    fn why(&self, cx: &mut Cx<'_>) {
        let zone = cx.console().zone.clone();
        let Some(line) = self.current(&zone) else { return };
        let words = match line.what {
            What::Broken(why) => why.to_owned(),
            What::Hold(hold) => explained(Code::Hold(hold.code)).why.to_owned(),
            What::Value(value) => explained(Code::Hold(value.code)).why.to_owned(),
        };
        cx.toast(Level::Info, words);
    }

    fn copy(&self, action: Action, cx: &mut Cx<'_>) {
        let zone = cx.console().zone.clone();
        let Some(line) = self.current(&zone) else { return };
        let (short, name) = (line.part.member.short().to_owned(), line.part.member.name().to_owned());
        let (what, people) = match line.what {
            What::Broken(why) => (why.to_owned(), String::new()),
            What::Hold(hold) => (hold.because.clone(), hold.people.to_string()),
            What::Value(value) => (value.value.clone(), value.held.to_string()),
        };
        match action {
            Action::CopyId => cx.copy(short),
            _ => cx.copy_row(&[&name, &what, &people]),
        }
    }
}

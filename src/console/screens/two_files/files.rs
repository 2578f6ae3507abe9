//! Step 1: which two lists, and where the result goes.

use crossterm::event::{KeyCode, KeyEvent};

use super::data::{Act, Ask, Entry, Job, Listed, Listing};
use super::state::{Item, Step, TwoFiles};
use super::update::{FOLDER, MATCH, TYPED};
use crate::console::app::{Cx, Level, Remote};
use crate::console::keys::{Action, Offer};
use crate::console::screens::Handled;
use crate::console::widgets::motion::step;
use crate::console::widgets::text_input::TextField;

impl TwoFiles {
    pub(super) fn files_offers(&self) -> Vec<Offer> {
        let next = Offer::new(Action::PageDown, "next step").unless(self.files_missing());
        if self.files.item == Item::List {
            let act = match self.entry().map(|entry| &entry.entry) {
                Some(Entry::Folder) => "look into it",
                Some(Entry::Result(_)) => "open it",
                _ if self.files.cursor == 0 => "the folder above",
                _ => "take it",
            };
            let fields = Offer::new(Action::NextPane, "fields");
            return vec![Offer::new(Action::Enter, act), fields, next, Offer::new(Action::Back, "back to the fields")];
        }
        vec![
            Offer::new(Action::Enter, "take it"),
            Offer::new(Action::NextPane, "next field, list"),
            next,
            Offer::new(Action::Back, "leave"),
        ]
    }

    pub(super) fn files_missing(&self) -> Option<String> {
        let Some(typed) = self.files.typed.value() else { return Some("employees first".to_owned()) };
        match &typed.employees {
            None => return Some("employees first".to_owned()),
            Some(Err(_)) => return Some("employees: see above".to_owned()),
            Some(Ok(listed)) => match &listed.entry {
                Entry::Folder | Entry::Result(_) => return Some("employees: a file".to_owned()),
                Entry::Broken(_) => return Some("employees: see above".to_owned()),
                _ => {}
            },
        }
        match &typed.users {
            Some(Err(_)) => Some("users: see above".to_owned()),
            Some(Ok(listed)) => match &listed.entry {
                Entry::Folder | Entry::Result(_) => Some("users: a file".to_owned()),
                Entry::Broken(_) => Some("users: see above".to_owned()),
                _ => None,
            },
            None => None,
        }
    }

    pub(super) fn field(&self, item: Item) -> &TextField {
        match item {
            Item::Users => &self.files.users,
            Item::Out => &self.files.out,
            Item::Employees | Item::List => &self.files.employees,
        }
    }

    fn field_mut(&mut self, item: Item) -> &mut TextField {
        match item {
            Item::Users => &mut self.files.users,
            Item::Out => &mut self.files.out,
            Item::Employees | Item::List => &mut self.files.employees,
        }
    }

    pub(super) fn focus(&mut self, item: Item) {
        if item != Item::List {
            self.files.into = item;
        }
        self.files.item = item;
    }

    /// The entry under the cursor; none where it stands on the folder above.
    pub(super) fn entry(&self) -> Option<&Listed> {
        self.files.listing.value()?.entries.get(self.files.cursor.checked_sub(1)?)
    }

    pub(super) fn list_folder(&mut self, folder: String, cx: &mut Cx<'_>) {
        if self.files.folder != folder {
            // What stands in another folder would be taken for what stands in this one.
            self.files.listing = Remote::Idle;
        }
        self.files.listing.load(cx.uptime());
        self.files.folder.clone_from(&folder);
        self.ask(FOLDER, Ask::Folder(folder), cx);
    }

    pub(super) fn listed(&mut self, listing: Listing) {
        let entries = listing.entries.len();
        self.files.listing.ready(listing);
        self.files.cursor = self.files.cursor.min(entries);
    }

    pub(super) fn move_in_list(&mut self, rows: i32) {
        let entries = self.files.listing.value().map_or(0, |listing| listing.entries.len());
        self.files.cursor = step(self.files.cursor, rows, entries + 1);
    }

    pub(super) fn files_key(&mut self, key: KeyEvent, cx: &mut Cx<'_>) {
        match key.code {
            KeyCode::Down => {
                self.focus(Item::List);
                if self.files.cursor == 0 {
                    self.move_in_list(1);
                }
            }
            KeyCode::Up => self.previous_field(),
            _ => {
                let item = self.files.item;
                if self.field_mut(item).key(key) {
                    self.files.own_out |= item == Item::Out;
                    self.typed_changed(item, cx);
                }
            }
        }
    }

    pub(super) fn files_paste(&mut self, text: &str, cx: &mut Cx<'_>) {
        let item = self.files.item;
        // What a shell or a file manager hands over may be quoted.
        let text = text.trim().trim_matches(['\'', '"']);
        self.field_mut(item).paste(text);
        self.files.own_out |= item == Item::Out;
        self.typed_changed(item, cx);
    }

    fn typed_changed(&mut self, item: Item, cx: &mut Cx<'_>) {
        if item == Item::Employees && !self.files.own_out {
            let folder = folder_of(self.files.employees.value());
            let out =
                if self.files.employees.value().trim().is_empty() { String::new() } else { format!("{folder}result") };
            self.files.out.set(&out);
        }
        self.ask_typed(cx);
        let folder = folder_of(self.field(item).value());
        if item != Item::Out && folder != self.files.folder && !self.field(item).value().trim().is_empty() {
            self.files.cursor = 0;
            self.list_folder(folder, cx);
        }
    }

    pub(super) fn ask_typed(&mut self, cx: &mut Cx<'_>) {
        self.files.typed.load(cx.uptime());
        let value = |field: &TextField| field.value().to_owned();
        let files = &self.files;
        let ask = Ask::Typed {
            employees: value(&files.employees),
            users: value(&files.users),
            out: value(&files.out),
            zone: cx.console().zone.clone(),
        };
        self.ask(TYPED, ask, cx);
    }

    fn next_field(&mut self) {
        self.focus(match self.files.item {
            Item::Employees => Item::Users,
            Item::Users => Item::Out,
            Item::Out => Item::List,
            Item::List => Item::Employees,
        });
    }

    fn previous_field(&mut self) {
        self.focus(match self.files.item {
            Item::Employees => Item::List,
            Item::Users => Item::Employees,
            Item::Out => Item::Users,
            Item::List => Item::Out,
        });
    }

    pub(super) fn files_action(&mut self, action: Action, cx: &mut Cx<'_>) -> Handled {
        match action {
            Action::NextPane => self.next_field(),
            Action::PreviousPane => self.previous_field(),
            Action::PageDown => self.show_columns(cx),
            Action::Back if self.files.item == Item::List => self.focus(self.files.into),
            Action::Enter if self.files.item == Item::List => self.take(cx),
            Action::Enter => self.enter_field(cx),
            Action::Up if self.files.cursor == 0 => self.focus(self.files.into),
            Action::Up => self.move_in_list(-1),
            Action::Down => self.move_in_list(1),
            Action::First => self.files.cursor = 0,
            Action::Last => self.move_in_list(i32::MAX),
            Action::Refresh => {
                self.list_folder(self.files.folder.clone(), cx);
                self.ask_typed(cx);
            }
            Action::CopyId => {
                if let Some(path) = self.entry().map(|entry| entry.path.display().to_string()) {
                    cx.copy(path);
                }
            }
            _ => return Handled::No,
        }
        Handled::Yes
    }

    /// Enter in a field: a folder is looked into, an earlier result opened, a file taken.
    fn enter_field(&mut self, cx: &mut Cx<'_>) {
        let known = match (self.files.item, self.files.typed.value()) {
            (Item::Employees, Some(typed)) => typed.employees.clone(),
            (Item::Users, Some(typed)) => typed.users.clone(),
            _ => None,
        };
        match known {
            Some(Ok(Listed { entry: Entry::Result(_), .. })) => {
                let folder = self.field(self.files.item).value().trim().to_owned();
                self.open(folder, cx);
            }
            Some(Ok(Listed { entry: Entry::Folder, .. })) => {
                let folder = format!("{}/", self.field(self.files.item).value().trim().trim_end_matches('/'));
                let item = self.files.item;
                self.field_mut(item).set(&folder);
                self.files.cursor = 0;
                self.list_folder(folder, cx);
                self.focus(Item::List);
            }
            Some(Err(why)) => cx.toast(Level::Warn, why),
            _ if self.files.item == Item::Out => {
                if self.files_missing().is_none() {
                    self.show_columns(cx);
                }
            }
            _ => self.next_field(),
        }
    }

    /// Enter in the list.
    fn take(&mut self, cx: &mut Cx<'_>) {
        let Some(entry) = self.entry().cloned() else {
            let folder = above(&self.files.folder);
            self.files.cursor = 0;
            self.list_folder(folder, cx);
            return;
        };
        let path = format!("{}{}", self.files.folder, entry.name);
        match entry.entry {
            Entry::Folder => {
                self.files.cursor = 0;
                self.list_folder(format!("{path}/"), cx);
            }
            Entry::Result(_) => self.open(path, cx),
            Entry::Text { .. } | Entry::Book { .. } | Entry::Broken(_) | Entry::Unknown => {
                let into = if self.files.into == Item::Out { Item::Employees } else { self.files.into };
                self.field_mut(into).set(&path);
                self.typed_changed(into, cx);
                self.focus(if into == Item::Employees { Item::Users } else { Item::Out });
                if self.files.users.value().trim().is_empty() {
                    self.files.item = Item::List;
                }
            }
        }
    }

    /// Opens an earlier result.
    fn open(&mut self, folder: String, cx: &mut Cx<'_>) {
        let job = Job::new();
        self.begin(job.clone(), None, cx);
        let round = self.running.round;
        self.act(MATCH, Act::Open { round, job, folder }, cx);
    }

    fn show_columns(&mut self, cx: &mut Cx<'_>) {
        if let Some(missing) = self.files_missing() {
            cx.toast(Level::Info, format!("Next step: {missing}"));
            return;
        }
        let typed = [self.files.employees.value(), self.files.users.value()].map(|text| text.trim().to_owned());
        if self.columns_of.as_ref() != Some(&typed) {
            // What was said of other files says nothing of these.
            self.columns = super::state::Columns::default();
            self.columns_of = Some(typed);
        }
        self.read_columns(cx);
        self.go(Step::Columns, cx);
    }
}

/// The folder of a typed path, with its last slash; blank is where the program was started.
pub(super) fn folder_of(path: &str) -> String {
    let path = path.trim_start();
    path.rfind('/').map_or_else(String::new, |at| path.get(..=at).unwrap_or_default().to_owned())
}

/// The folder above a listed one.
fn above(folder: &str) -> String {
    let trimmed = folder.trim_end_matches('/');
    match trimmed {
        "" if folder.starts_with('/') => "/".to_owned(),
        "" => "../".to_owned(),
        _ if trimmed == ".." || trimmed.ends_with("/..") || trimmed == "~" => format!("{trimmed}/../"),
        _ => folder_of(trimmed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_found_by_their_slashes() {
        assert_eq!(
            (folder_of("~/a/b.csv"), folder_of("b.csv"), folder_of("/b")),
            ("~/a/".into(), String::new(), "/".into())
        );
        let up: Vec<String> =
            ["", "../", "a/", "a/b/", "/a/", "/", "~/", "~/a/"].iter().map(|one| above(one)).collect();
        assert_eq!(up, ["../", "../../", "", "a/", "/", "/", "~/../", "~/"]);
    }
}

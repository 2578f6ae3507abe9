//! What the screen holds.

use std::time::Duration;

use ratatui::layout::Rect;

use super::data::{CellChange, CellWhatIf, Feed, Import, Line, Sheet, Tab, ValueFacts, ValueState};
use super::parts;
use crate::console::app::focus::Focus;
use crate::console::app::header::{Header, StatusLine};
use crate::console::app::{Cx, Place, Remote, ViewCx};
use crate::console::format;
use crate::console::keys::{Action, Offer};
use crate::console::screens::finder::{Finder, Told};
use crate::console::screens::{CodeHere, Handled, Screen, ScreenId, ScreenMsg};
use crate::console::widgets::Canvas;
use crate::console::widgets::picker::Picker;
use crate::console::widgets::table::TableState;
use crate::console::widgets::text_input::TextField;
use crate::domain::code::Code;
use crate::domain::list::ListKey;
use crate::domain::mapping::MappingTarget;
use crate::domain::plan::HoldCode;
use crate::services::lists::List;

/// The list, and what stands beside it.
pub(super) const LIST: u8 = 0;
pub(super) const DETAIL: u8 = 1;

/// The place of a table, the cursor on a value.
#[must_use]
pub fn place(tenant: &str, list: ListKey, value: Option<&str>) -> Place {
    let subject = match value {
        Some(value) => format!("{}/{value}", list.key()),
        None => list.key().to_owned(),
    };
    Place::tenant(ScreenId::Mappings, tenant).about(subject)
}

/// A value that is being edited.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Editing {
    pub value: String,
    pub picker: Picker,
    /// Since when: an Enter that opened the list does not choose from it.
    pub since: Duration,
}

/// The screen.
#[derive(Clone, Debug)]
pub struct Mappings {
    pub(super) tenant: String,
    pub(super) tab: Option<Tab>,
    pub(super) sheet: Remote<Sheet>,
    pub(super) table: TableState<String>,
    pub(super) feeds: TableState<String>,
    /// Every value in the order in which the table was entered: settled rows stay where they are.
    pub(super) order: Vec<String>,
    /// The values that were open when the table was entered.
    pub(super) opened: Vec<String>,
    /// Read the order anew with the next answer.
    pub(super) resort: bool,
    pub(super) focus: Focus,
    pub(super) people: TableState<usize>,
    pub(super) wanted: Option<CellChange>,
    /// The what-if that is on its way.
    pub(super) asked: Option<CellChange>,
    pub(super) what_if_at: Option<Duration>,
    pub(super) what_if: Option<CellWhatIf>,
    pub(super) facts: Option<ValueFacts>,
    pub(super) finder: Finder,
    /// The column that the list is sorted by; empty for the order in which the table was entered. And the other way round.
    pub(super) sorted: (String, bool),
    pub(super) editing: Option<Editing>,
    /// The path of a file to import, while it is typed.
    pub(super) path: Option<TextField>,
    pub(super) last_path: String,
    /// The file whose import waits for its answer.
    pub(super) importing: Option<Import>,
    /// The value that gets the cursor when its table is there.
    pub(super) goal: Option<String>,
    pub(super) body: Rect,
}

impl Mappings {
    /// The screen of a place: `job_title`, `job_title/Chef de Partie`, or nothing.
    #[must_use]
    pub fn new(place: &Place) -> Self {
        let subject = place.subject.clone().unwrap_or_default();
        let (table, value) = match subject.split_once('/') {
            Some((table, value)) => (table.to_owned(), Some(value.to_owned())),
            None => (subject, None),
        };
        let columns = super::filter::columns();
        let views = &[("all", ""), ("needs me", "open:open")];
        let mut finder = Finder::new(List::Mappings, place.tenant.clone(), columns, None).with_views(views);
        if value.is_some() {
            // Whoever comes for a value must see it, whatever was filtered last.
            finder.lend("");
        }
        Self {
            tenant: place.tenant.clone().unwrap_or_default(),
            tab: ListKey::from_key(&table).map(Tab::Table),
            sheet: Remote::Idle,
            table: TableState::default(),
            feeds: TableState::default(),
            order: Vec::new(),
            opened: Vec::new(),
            resort: true,
            focus: Focus::new(2),
            people: TableState::default(),
            wanted: None,
            asked: None,
            what_if_at: None,
            what_if: None,
            facts: None,
            finder,
            sorted: (String::new(), false),
            editing: None,
            path: None,
            last_path: String::new(),
            importing: None,
            goal: value,
            body: Rect::default(),
        }
    }

    /// The line under the cursor.
    pub(super) fn line(&self) -> Option<&Line> {
        self.line_of(self.table.cursor()?)
    }

    pub(super) fn line_of(&self, value: &str) -> Option<&Line> {
        self.sheet.value()?.lines.iter().find(|line| line.value == value)
    }

    pub(super) fn list(&self) -> Option<ListKey> {
        match self.sheet.value()?.tab {
            Tab::Table(list) => Some(list),
            Tab::FieldMap => None,
        }
    }

    /// Values of the table that have a suggestion.
    pub(super) fn suggestions(&self) -> Vec<CellChange> {
        let (Some(list), Some(sheet)) = (self.list(), self.sheet.value()) else { return Vec::new() };
        sheet.lines.iter().filter_map(|line| suggestion(list, line)).collect()
    }

    /// The what-if of what the pane asks about, once it is there.
    pub(super) fn shown_what_if(&self) -> Option<&CellWhatIf> {
        self.what_if.as_ref().filter(|what_if| Some(&what_if.cell) == self.wanted.as_ref())
    }

    fn table_offers(&self, sheet: &Sheet) -> Vec<Offer> {
        let line = self.line();
        if line.is_none() {
            return vec![Offer::pair(Action::PreviousItem, Action::NextItem, "other table")];
        }
        let accept = line.is_some_and(|line| line.state == ValueState::Suggested);
        let mut offers = vec![
            Offer::new(Action::Enter, if accept { "accept suggestion" } else { "edit" }),
            Offer::new(Action::Edit, "edit"),
            Offer::new(Action::New, format!("new in {}", sheet.destination)).unless(sheet.no_new.clone()),
            Offer::new(Action::Clear, "clear")
                .unless(line.is_none_or(|line| line.author.is_none()).then_some("no row")),
            Offer::pair(Action::PreviousItem, Action::NextItem, "other table"),
            Offer::new(Action::Why, "who"),
        ];
        match self.suggestions().len() {
            0 => {}
            1 => offers.push(Offer::new(Action::Alike, "the 1 suggestion")),
            many => offers.push(Offer::new(Action::Alike, format!("all {} suggestions", format::count(many)))),
        }
        offers
    }
}

/// The suggestion of a line, as a cell.
pub(super) fn suggestion(list: ListKey, line: &Line) -> Option<CellChange> {
    let key = line.key.as_deref().filter(|_| line.state == ValueState::Suggested)?;
    Some(CellChange { list, value: line.value.clone(), target: Some(MappingTarget::Option(key.into())) })
}

/// What a line of the field map holds everybody for.
fn feed_code(sheet: &Sheet, feed: &Feed) -> Option<CodeHere> {
    let code = match feed.from {
        Some(_) if feed.archived => HoldCode::FieldArchived,
        None if feed.mandatory => HoldCode::MissingField,
        _ => return None,
    };
    let here = match &feed.from {
        Some(from) => format!("{} comes from {from}, which {} has archived", feed.field, sheet.source),
        None => format!("nothing feeds {}, and {} takes nobody without it", feed.field, sheet.destination),
    };
    Some(CodeHere::new(Code::Hold(code)).here(here))
}

impl Screen for Mappings {
    fn id(&self) -> ScreenId {
        ScreenId::Mappings
    }

    fn header(&self, _cx: &ViewCx<'_>) -> Header {
        let title = self.sheet.value().and_then(|sheet| {
            let head = sheet.tabs.iter().find(|head| head.tab == sheet.tab)?;
            Some(head.title.clone())
        });
        Header::crumbs(["Mappings".to_owned()].into_iter().chain(title))
    }

    fn status(&self, cx: &ViewCx<'_>) -> StatusLine {
        let Some(sheet) = self.sheet.value() else { return StatusLine::default() };
        let right = parts::data_from(sheet.read_at, cx);
        let left = match (sheet.read_at, sheet.tab) {
            (Some(at), Tab::Table(_)) if cx.frame.width >= 110 => {
                let active = sheet.options.iter().filter(|option| option.active).count();
                format!(
                    "i {} values read {} from {}, {} {} from {}",
                    format::count(sheet.lines.len()),
                    format::clock(at, &cx.zone()),
                    sheet.source,
                    format::count(active),
                    if active == 1 { &sheet.word.0 } else { &sheet.word.1 },
                    sheet.destination
                )
            }
            _ => String::new(),
        };
        StatusLine::new(left, right)
    }

    fn offers(&self, _cx: &ViewCx<'_>) -> Vec<Offer> {
        if self.editing.is_some() {
            return vec![Offer::new(Action::Enter, "choose"), Offer::new(Action::Back, "leave as is")];
        }
        if self.path.is_some() {
            return vec![Offer::new(Action::Enter, "read it"), Offer::new(Action::Back, "cancel")];
        }
        if let Some(offers) = self.finder.offers() {
            return offers;
        }
        let mut offers = match self.sheet.value() {
            Some(sheet) if sheet.tab == Tab::FieldMap => vec![
                Offer::new(Action::Enter, "open its table or the settings"),
                Offer::pair(Action::PreviousItem, Action::NextItem, "other table"),
            ],
            Some(sheet) if self.focus.is(DETAIL) => {
                let mut offers =
                    vec![Offer::new(Action::Enter, "open person"), Offer::new(Action::Back, "to the list")];
                offers.extend(self.table_offers(sheet).into_iter().skip(1));
                offers
            }
            Some(sheet) => self.table_offers(sheet),
            None => return vec![Offer::new(Action::Refresh, "try again")],
        };
        offers.push(Offer::new(Action::Undo, "undo"));
        offers.push(Offer::new(Action::More, "more"));
        offers.push(Offer::new(Action::Filter, "filter"));
        offers.push(Offer::new(Action::Facets, "facets"));
        offers.push(Offer::new(Action::Sort, "sort"));
        offers.push(Offer::new(Action::Export, "export"));
        offers.push(Offer::new(Action::NextPane, "detail"));
        offers.push(Offer::new(Action::Redo, "redo"));
        offers.push(Offer::new(Action::Refresh, "refresh"));
        offers
    }

    fn more(&self, _cx: &ViewCx<'_>) -> Vec<Offer> {
        let Some(sheet) = self.sheet.value().filter(|sheet| sheet.tab != Tab::FieldMap) else { return Vec::new() };
        let words = if sheet.verbatim { "verbatim off for this table" } else { "verbatim on for this table" };
        vec![Offer::new(Action::MoreVerbatim, words), Offer::new(Action::MoreImport, "import a CSV or XLSX file")]
    }

    fn code(&self, _cx: &ViewCx<'_>) -> Option<CodeHere> {
        let sheet = self.sheet.value()?;
        if sheet.tab == Tab::FieldMap {
            let feed = sheet.feeds.iter().find(|feed| Some(&feed.field) == self.feeds.cursor())?;
            return feed_code(sheet, feed);
        }
        let line = self.line()?;
        let people = match line.blocked {
            0 => format!("nobody is held by `{}` now", line.value),
            blocked => format!("{} held by `{}`", format::counted(blocked, "person is", "people are"), line.value),
        };
        let why = if line.why.is_empty() { String::new() } else { format!("; {}", line.why) };
        Some(CodeHere::new(Code::Hold(line.code()?)).here(format!("{people}{why}")))
    }

    fn text_focus(&self) -> bool {
        self.editing.is_some() || self.finder.is_typing() || self.path.is_some()
    }

    fn wake_at(&self) -> Option<Duration> {
        self.what_if_at.filter(|_| self.asked.is_none())
    }

    fn loading_since(&self) -> Option<Duration> {
        self.sheet.loading_since()
    }

    fn update(&mut self, msg: ScreenMsg, cx: &mut Cx<'_>) -> Handled {
        // While a value or a file is typed, nothing else is.
        if self.editing.is_some() || self.path.is_some() {
            return self.handle(msg, cx);
        }
        let order = self.sorted.clone();
        match self.finder.handle(&msg, (&order.0, order.1), cx) {
            Told::NotMine => return self.handle(msg, cx),
            Told::Ordered(key, descending) => self.sorted = (key, descending),
            Told::Done | Told::Changed => {}
        }
        self.list_values();
        self.follow(cx);
        Handled::Yes
    }

    fn view(&self, cx: &ViewCx<'_>, area: Rect, canvas: &mut Canvas<'_>) {
        self.draw(cx, area, canvas);
    }
}

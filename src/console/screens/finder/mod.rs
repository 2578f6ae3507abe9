//! What every list has: the filter line (`/`), the facets and views beside it (`F`), and what is remembered of both
//! (SCREENS 7.22). A screen keeps a [`Finder`], lets it see each message first, and lays the filter over its rows when told.

pub mod data;
mod pane;
mod update;
mod view;

pub use update::Told;

use crate::console::keys::{Action, Offer};
use crate::console::widgets::PaneId;
use crate::console::widgets::text_input::TextField;
use crate::domain::filter::{Column, Facet, Filter, conditions};
use crate::services::lists::{List, Stand, View};
use jiff::civil::Date;
use pane::{At, Pane};

/// The pane of the facets, for the mouse.
pub const FACETS: PaneId = 9;

/// What is typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Typing {
    Filter,
    /// The name of a view.
    Name,
}

/// Filter line, facets and views of one list.
#[derive(Clone, Debug)]
pub struct Finder {
    list: List,
    tenant: Option<String>,
    columns: Vec<Column>,
    field: TextField,
    typing: Option<Typing>,
    /// The name of a view, while it is typed.
    name: TextField,
    /// The last text that could be read; the list shows it.
    applied: String,
    /// Why what is typed cannot be read.
    problem: Option<String>,
    pane: Option<Pane>,
    /// The values with their counts; `None` until they are there.
    facets: Option<Vec<Facet>>,
    views: Vec<View>,
    /// Views that every workspace has: name and filter.
    ready: &'static [(&'static str, &'static str)],
    /// The view whose deletion is asked about.
    deleting: Option<String>,
    /// Nothing is remembered here: another screen asked for this list.
    lent: bool,
    /// What is typed is nobody else's business: it is not kept for the next time.
    forgets: bool,
    /// The facets cover the list: it comes back when a value was chosen.
    covers: bool,
    /// What is remembered was asked for.
    asked: bool,
    today: Date,
}

impl Finder {
    /// The filter of a list; `text` comes from another screen, and stands in the place of what is remembered.
    #[must_use]
    pub fn new(list: List, tenant: Option<String>, columns: Vec<Column>, text: Option<&str>) -> Self {
        let text = text.unwrap_or_default();
        Self {
            list,
            tenant,
            columns,
            field: TextField::with(text),
            typing: None,
            name: TextField::default(),
            applied: text.to_owned(),
            problem: None,
            pane: None,
            facets: None,
            views: Vec::new(),
            ready: &[("all", "")],
            deleting: None,
            lent: !text.is_empty(),
            forgets: false,
            covers: false,
            asked: false,
            today: Date::constant(2000, 1, 1),
        }
    }

    /// The same with views that every workspace has.
    #[must_use]
    pub fn with_views(mut self, ready: &'static [(&'static str, &'static str)]) -> Self {
        self.ready = ready;
        self
    }

    /// The same, of which nothing is kept but its views: what is typed are names of people.
    #[must_use]
    pub fn forgetful(mut self) -> Self {
        self.forgets = true;
        self.lent = true;
        self
    }

    /// Begins to type.
    pub fn begin(&mut self) {
        self.typing = Some(Typing::Filter);
        self.focus(false);
    }

    /// Whether the filter is still the one that another screen asked for.
    #[must_use]
    pub fn is_lent(&self) -> bool {
        self.lent
    }

    /// Whether nothing stands in the line.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.field.value().is_empty()
    }

    /// The columns have other heads now.
    pub fn set_columns(&mut self, columns: Vec<Column>) {
        self.columns = columns;
    }

    /// What can be typed, as long as nothing is.
    fn hint(&self) -> &'static str {
        match self.list {
            List::Tenants => "source:plan  !not  held:>0",
            List::Mappings => "open:open  !not  people:>5",
            List::People => "branch:quay  !not  state:held",
            List::Review => "because:rehire  !not  sure:<80",
            List::Plan => "branch:quay  !not  field:title",
            List::History => "failed:>0  !not  started:nov",
            List::Feed => "level:error  !not  run:12",
            List::Audit => "who:osei  !not  what:mapping  when:nov",
            List::Troubles => "life:open  !not  code:limit",
            List::Schedule => "state:waits  !not  zone:london",
            List::Holds => "tenant:harbour  because:rehire  people:>9",
            List::Values => "table:branch  !not  held:>5",
            List::Anybody => "a name, an id or an e-mail",
            List::TwoFiles => "because:twin  !not  sure:<80",
            List::Incidents => "kind:absence  !not  vendor:scim",
            List::Drift => "so:skipped  !not  field:branch",
        }
    }

    /// The columns.
    #[must_use]
    pub fn columns(&self) -> &[Column] {
        &self.columns
    }

    /// The text that the list is to show: the last one that could be read.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.applied
    }

    /// Whether the list is narrowed.
    #[must_use]
    pub fn is_on(&self) -> bool {
        !Filter::parse(&self.applied).is_empty()
    }

    /// Whether the line is to be drawn.
    #[must_use]
    pub fn has_line(&self) -> bool {
        self.typing.is_some() || !self.field.value().is_empty()
    }

    /// Whether a text field has the keys.
    #[must_use]
    pub fn is_typing(&self) -> bool {
        self.typing.is_some()
    }

    /// Whether the facets are shown.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.pane.is_some()
    }

    /// Whether the facets have the keys.
    #[must_use]
    pub fn is_focused(&self) -> bool {
        self.pane.as_ref().is_some_and(|pane| pane.focused)
    }

    /// The day by which days in the filter are read.
    #[must_use]
    pub fn today(&self) -> Date {
        self.today
    }

    /// What the list is to show, for lists that are looked through; nothing is hidden where it cannot be read.
    #[must_use]
    pub fn conditions(&self) -> Vec<crate::domain::filter::Condition> {
        conditions(&Filter::parse(&self.applied), &self.columns, self.today).unwrap_or_default()
    }

    /// The values with their counts have come.
    pub fn set_facets(&mut self, facets: Vec<Facet>) {
        self.facets = Some(facets);
        self.steady();
        self.go_to_first_value();
    }

    /// The counts are those of an earlier filter now.
    pub fn forget_facets(&mut self) {
        self.facets = None;
    }

    /// `37 of 1,204`; nothing while no filter is on.
    #[must_use]
    pub fn of(&self, shown: usize, all: usize) -> Option<String> {
        use crate::console::format::count;
        self.is_on().then(|| format!("{} of {}", count(shown), count(all)))
    }

    /// What the keys do while the line or the facets have them.
    #[must_use]
    pub fn offers(&self) -> Option<Vec<Offer>> {
        match self.typing {
            Some(Typing::Filter) => {
                return Some(vec![
                    Offer::new(Action::Enter, "keep the filter"),
                    Offer::new(Action::Back, "clear it"),
                    Offer::new(Action::NextPane, "facets"),
                ]);
            }
            Some(Typing::Name) => {
                return Some(vec![Offer::new(Action::Enter, "save the view"), Offer::new(Action::Back, "cancel")]);
            }
            None => {}
        }
        let pane = self.pane.as_ref().filter(|pane| pane.focused)?;
        let delete = Offer::new(Action::Deactivate, "delete view");
        let mut offers = match self.at(pane) {
            Some(At::View(at)) => {
                vec![
                    Offer::new(Action::Enter, "use the view"),
                    delete.unless((at < self.ready.len()).then_some("comes with Onroll")),
                ]
            }
            Some(At::More(_)) => vec![Offer::new(Action::Enter, "show all")],
            Some(At::Value(..)) => vec![
                Offer::new(Action::Mark, "only, not, off"),
                Offer::new(Action::Enter, "just this"),
                Offer::new(Action::Clear, "clear"),
            ],
            None => Vec::new(),
        };
        offers.extend([
            Offer::new(Action::New, "save as a view"),
            Offer::pair(Action::PreviousItem, Action::NextItem, "facet"),
            Offer::new(Action::NextPane, "list"),
            Offer::new(Action::Facets, "close"),
            Offer::new(Action::Filter, "filter"),
        ]);
        Some(offers)
    }

    /// How the list stands, to be remembered with the screen's order.
    fn stand(&self, order: (&str, bool)) -> Stand {
        Stand { filter: self.applied.clone(), sort: order.0.to_owned(), descending: order.1 }
    }
}

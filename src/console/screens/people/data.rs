//! What the screen asks, does and is told.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;

use crate::console::app::Mode;
use crate::console::widgets::table::Bits;
use crate::domain::filter::Facet;
use crate::domain::ids::{EmployeeId, PlanId};
use crate::domain::plan::{Counts, HoldCode};
use crate::store::views::{PeopleSort, PersonKey, PersonRow};

/// Which people, in which order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// What is typed ([`crate::domain::filter`]).
    pub text: String,
    pub sort: PeopleSort,
    pub descending: bool,
}

/// A question. `tenant` is the short name.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// Everybody in order; `keep` is put under the cursor again where a new pull has given new keys. The whole of it is
    /// waited for, the first people are not. With it come what `height` rows of the screen can show then.
    Keys { tenant: String, query: ListQuery, keep: Option<EmployeeId>, whole: bool, height: usize },
    /// The values of the facets under a filter, with how many carry each.
    /// The whole of them is waited for; those that are known at once are not.
    Facets { tenant: String, query: ListQuery, whole: bool },
    /// The rows of a window.
    Rows { tenant: String, keys: Vec<PersonKey> },
    /// The essence of one person.
    Detail { tenant: String, key: PersonKey },
    /// What pushing these people would send.
    Push { tenant: String, keys: Arc<Bits<PersonKey>>, hidden: Arc<Bits<PersonKey>> },
}

/// A change.
#[derive(Clone, Debug, PartialEq)]
pub enum Act {
    /// Writes the list into a file.
    Export { tenant: String, query: ListQuery, file: String },
}

/// An answer, to either.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    Keys(Keys),
    /// Of this filter text. `partial`: some are still being read.
    Facets {
        text: String,
        facets: Vec<Facet>,
        partial: bool,
    },
    Rows(Vec<PersonRow>),
    Detail(Box<Detail>),
    Push(Box<Push>),
    Exported(PathBuf, usize),
}

/// Everybody whom a query finds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Keys {
    /// Shared: a million of them are not copied for each question.
    pub keys: Arc<Vec<PersonKey>>,
    /// The row that is to be kept under the cursor.
    pub kept: Option<PersonKey>,
    /// Where it stands among the keys, if that is known without a look at all of them.
    pub kept_at: Option<usize>,
    /// Everybody in scope, whatever the query.
    pub total: usize,
    /// The keys are the first ones only: the others are being read.
    pub reading: bool,
    pub source: String,
    pub destination: String,
    /// The destination's word for the identifier.
    pub identifier_word: String,
    /// When the source was read last; `None` before the first pull.
    pub read_at: Option<Timestamp>,
    /// The pull that the keys belong to.
    pub pull: Option<i64>,
    /// What is seen first: the rows around the cursor, and the essence of the person under it.
    pub first: Box<First>,
}

/// What a list shows at once; one answer, so that no key waits for two.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct First {
    pub rows: Vec<PersonRow>,
    pub detail: Option<Detail>,
}

/// The essence of one person.
#[derive(Clone, Debug, PartialEq)]
pub struct Detail {
    pub key: PersonKey,
    /// Field and value on both sides: word, source, destination.
    pub fields: Vec<(String, String, String)>,
    /// Why the person is held, and the remedy.
    pub held: Option<(HoldCode, String, String)>,
    /// What the newest plan does.
    pub planned: Vec<String>,
    /// The ruling in force.
    pub ruling: Option<String>,
}

/// What would be sent for some people.
#[derive(Clone, Debug, PartialEq)]
pub struct Push {
    pub tenant: String,
    pub tenant_name: String,
    pub standing: Mode,
    pub destination: String,
    pub plan: PlanId,
    pub made_at: Timestamp,
    pub counts: Counts,
    pub welcome_mails: u32,
    /// People with something to send.
    pub people: Vec<EmployeeId>,
    pub names: Vec<String>,
    /// Those whom the filter hides: how many, and the first names.
    pub hidden_count: u32,
    pub hidden: Vec<String>,
    /// Marked people with nothing to send, for instance because they are held.
    pub without: u32,
    /// Why it cannot be pushed from here.
    pub refused: Option<String>,
}

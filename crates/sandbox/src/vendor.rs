//! What the rest of the sandbox may ask of a simulated vendor.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{
    RateLimits,
    call::{Answer, Call},
    world::{Company, Side},
};

/// One simulated vendor.
pub(crate) struct Vendor {
    /// Name, path prefix and state key.
    pub name: &'static str,
    /// Source or destination.
    pub side: Side,
    /// Whether calls carry tokens that can expire.
    pub has_tokens: bool,
    /// Whether a company's own settings can be read; the text says what is wrong.
    pub check: fn(&Map<String, Value>) -> Result<(), String>,
    /// A company of the generated world as this vendor holds it: ids and members of its own, without what it cannot hold.
    pub adopt: fn(Company) -> Company,
    /// By the `id` of each employee of a source's company: the identifier that ties a user of a destination to them.
    pub identifiers: fn(&Company) -> HashMap<String, String>,
    /// Opens a company.
    pub open: fn(Company, Setup) -> Box<dyn Simulated>,
    /// Which field of a source's company feeds what, as its tenant file says.
    pub field_map: fn(&Company) -> Vec<(&'static str, String)>,
    /// The company name that a call's credentials carry.
    pub login_of: fn(&Call) -> Option<String>,
    /// The answer to a call whose credentials name no company.
    pub stranger: fn(&Call) -> Answer,
    /// How a call is counted.
    pub kind: fn(&Call) -> Kind,
    /// Whether a call asks for a list of people.
    pub lists_people: fn(&Call) -> bool,
    /// The vendor's answer when it throttles (429) or fails (500); for 429 the seconds to wait, where they are told.
    pub refusal: fn(u16, Option<u32>) -> Answer,
}

/// The identifiers of a destination's company: users have no employees of their own to be tied to.
pub(crate) fn of_users(_: &Company) -> HashMap<String, String> {
    HashMap::new()
}

/// What holds for every company.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Setup {
    /// The date that decides who has left.
    pub today: jiff::civil::Date,
    /// Whether request rates are enforced.
    pub rate_limits: RateLimits,
    /// Whether creations are plain inserts at destinations that otherwise look for the person first, unless a company's own
    /// switch says otherwise.
    pub plain_insert: bool,
}

/// One company at a vendor while the sandbox runs.
pub(crate) trait Simulated: Send {
    /// The name by which credentials mean this company.
    fn login(&self) -> String;
    /// Answers a call.
    fn answer(&mut self, call: &Call, quirk: Option<Quirk>) -> Answer;
    /// Makes the credentials that a call carries expire.
    fn expire(&mut self, call: &Call);
    /// What is held, counts left at zero.
    fn dump(&self) -> Company;
    /// Takes another content; tokens stay good.
    fn replace(&mut self, company: Company);
    /// Members of the connection under a URL root: URLs and credentials, as tenant files name them.
    fn connection(&self, root: &str) -> Vec<(&'static str, String)>;
}

/// How a call counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Changes nothing.
    Read,
    /// Could change something.
    Write,
    /// Fetches or revokes a token; not counted.
    Token,
}

/// A fault inside an otherwise right list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quirk {
    /// A row comes twice.
    DuplicateRows,
    /// The total stands, a row is not there.
    MissingRows,
    /// No rows, total 0.
    EmptyList,
    /// The first page again, whichever was asked for.
    RepeatPages,
}

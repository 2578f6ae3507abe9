//! A SCIM 2.0 service provider: users by RFC 7643 and 7644, and switches for what providers in the field do otherwise.
//!
//! Without a switch it does all that the standard has for users: discovery, `eq` filters, PATCH with paths and filters, PUT that
//! replaces, ETags, pages by index. What the notes saw elsewhere (scim.md 4.2 and 4.2a) is turned on by company
//! ([`settings::Switches`]). Groups, bulk and sorting are not simulated.

mod account;
mod discovery;
mod filter;
mod list;
mod patch;
mod resource;
mod settings;
mod write;

use axum::http::Method;
use base64::Engine as _;
use serde_json::{Map, Value, json};

use super::{
    call::{Answer, Call, raw_value},
    server::kind_by_method,
    vendor::{self, Quirk, Setup, Simulated, Vendor},
    world::{Company, Side},
};
pub(crate) use account::Account;
pub(crate) use resource::adopt;

/// Whether a company's own settings can be used.
pub(crate) fn check(own: &Map<String, Value>) -> Result<(), String> {
    settings::Settings::check(own)
}

/// URNs of the standard.
pub(super) const USER: &str = "urn:ietf:params:scim:schemas:core:2.0:User";
pub(super) const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";
const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// See [`Rules::mail`].
type Mailing = fn(Option<&Map<String, Value>>, &Map<String, Value>, bool) -> Option<&'static str>;
/// See [`Rules::members`].
type Members = fn(&Map<String, Value>) -> Vec<(&'static str, String)>;

/// What a service provider adds to the standard.
pub(crate) struct Rules {
    /// Name of its simulator.
    pub vendor: &'static str,
    /// Path in front of `Users`, under the simulator's root.
    pub root: &'static [&'static str],
    /// What it demands of a whole user beyond the standard; the answer is a no.
    pub check: fn(&Map<String, Value>) -> Result<(), Answer>,
    /// Kind of the mail that goes to somebody at a change, if any: by the user before (none for a new one) and after, and whether
    /// new users are welcomed.
    pub mail: Mailing,
    /// Members of the connection beside address and token.
    pub members: Members,
    /// External ids and e-mails are nobody else's either.
    pub unique_people: bool,
    /// Filters by `externalId` and `userName` only.
    pub narrow_filters: bool,
}

static PLAIN: Rules = Rules {
    vendor: "scim",
    root: &["v2"],
    check: |_| Ok(()),
    mail: |_, _, _| None,
    members: plain_members,
    unique_people: false,
    narrow_filters: false,
};

fn plain_members(own: &Map<String, Value>) -> Vec<(&'static str, String)> {
    let text = |name: &str, usual: &str| own.get(name).and_then(Value::as_str).unwrap_or(usual).to_owned();
    vec![("deactivation", text("deactivation", "keeps"))]
}

/// The registry's entry.
pub(crate) static VENDOR: Vendor = Vendor {
    name: "scim",
    side: Side::Destination,
    has_tokens: false,
    check,
    adopt,
    identifiers: vendor::of_users,
    open,
    field_map: |_| Vec::new(),
    login_of,
    stranger,
    kind: |call| kind_by_method(&call.method),
    lists_people,
    refusal,
};

fn open(company: Company, _: Setup) -> Box<dyn Simulated> {
    Box::new(Account::open(company, &PLAIN))
}

/// The bearer token of a call, or the password of a basic sign-in: either names the company.
pub(crate) fn login_of(call: &Call) -> Option<String> {
    let header = call.header("authorization")?;
    if let Some(token) = header.strip_prefix("Bearer ") {
        return Some(token.trim().to_owned());
    }
    let pair = base64::engine::general_purpose::STANDARD.decode(header.strip_prefix("Basic ")?.trim()).ok()?;
    Some(String::from_utf8(pair).ok()?.split_once(':')?.1.to_owned())
}

pub(crate) fn stranger(_: &Call) -> Answer {
    error(401, None, "Authorization failure")
}

pub(crate) fn lists_people(call: &Call) -> bool {
    call.method == Method::GET && call.path.trim_end_matches('/').ends_with("/Users")
}

pub(crate) fn refusal(status: u16, wait: Option<u32>) -> Answer {
    let answer = error(status, None, if status == 429 { "Too many requests" } else { "Internal error" });
    match wait {
        Some(seconds) => answer.with("retry-after", seconds.to_string()),
        None => answer,
    }
}

/// A no by the standard.
pub(crate) fn error(status: u16, scim_type: Option<&str>, detail: &str) -> Answer {
    let mut body = json!({"schemas": [ERROR], "status": status.to_string(), "detail": detail});
    if let Some(scim_type) = scim_type {
        body["scimType"] = json!(scim_type);
    }
    scim(status, body)
}

fn scim(status: u16, body: Value) -> Answer {
    Answer::json(status, body).with("content-type", "application/scim+json")
}

/// A page for people in place of an error.
fn page(status: u16, title: &str) -> Answer {
    let text = format!("<!doctype html><html><head><title>{title}</title></head><body>{title}</body></html>");
    // As one real server does: the type says SCIM all the same.
    Answer::json(status, raw_value(&text)).with("content-type", "application/scim+json")
}

fn not_found() -> Answer {
    error(404, None, "Resource not found")
}

impl Simulated for Account {
    fn login(&self) -> String {
        self.settings.token.clone()
    }

    fn answer(&mut self, call: &Call, quirk: Option<Quirk>) -> Answer {
        let accepts = call.header("accept").unwrap_or("*/*");
        if !accepts.contains("application/scim+json") && !accepts.contains("json") && !accepts.contains("*/*") {
            return error(406, None, "Not acceptable");
        }
        let answer = self.route(call, quirk).unwrap_or_else(|answer| answer);
        self.settings.switches.bent(answer)
    }

    fn expire(&mut self, _: &Call) {}

    fn dump(&self) -> Company {
        self.to_company()
    }

    fn replace(&mut self, company: Company) {
        self.load(company);
    }

    fn connection(&self, root: &str) -> Vec<(&'static str, String)> {
        let path: Vec<&str> = self.rules.root.to_vec();
        let mut members =
            vec![("base_url", format!("{root}/{}", path.join("/"))), ("token", self.settings.token.clone())];
        members.extend((self.rules.members)(&self.to_company().own));
        members
    }
}

impl Account {
    fn route(&mut self, call: &Call, quirk: Option<Quirk>) -> Result<Answer, Answer> {
        let segments = call.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        let rest = parts.strip_prefix(self.rules.root).ok_or_else(not_found)?;
        match (call.method.as_str(), rest) {
            ("GET", ["ServiceProviderConfig" | "ResourceTypes" | "Schemas", ..]) => self.discover(rest),
            ("GET", ["Users"]) => self.list(call, quirk),
            ("POST", ["Users"]) => self.create(call),
            ("GET", ["Users", id]) => self.show(id),
            ("PUT", ["Users", id]) => self.put(id, call),
            ("PATCH", ["Users", id]) => self.patch(id, call),
            ("DELETE", ["Users", id]) => self.delete(id),
            (_, ["Users"] | ["Users", _]) => Err(error(405, None, "Method not allowed")),
            _ => Err(not_found()),
        }
    }
}

#[cfg(test)]
mod tests;

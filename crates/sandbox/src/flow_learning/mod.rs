//! Flow Learning: a learning platform whose learners are written one by one, keyed by an identifier.
//!
//! No public API description exists. The calls are this project's assumed contract; what they do to learners follows
//! Mapal's help centre and the integration articles (exact job titles, silent overwrite on an equal identifier, e-mail
//! unique among active learners, a department that is unknown only warns).

mod learner;
mod options;
mod settings;
mod site;
mod upsert;

use axum::http::Method;
use base64::Engine as _;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use learner::Learner;
use site::Site;

use super::{
    RateLimits,
    call::{Answer, Call},
    own,
    server::kind_by_method,
    vendor::{self, Kind, Quirk, Setup, Simulated, Vendor},
    world::{Company, Side},
};

/// The registry's entry.
pub(crate) static VENDOR: Vendor = Vendor {
    name: "flow-learning",
    side: Side::Destination,
    has_tokens: false,
    check,
    adopt: |company| company,
    identifiers: vendor::of_users,
    open,
    field_map: |_| Vec::new(),
    login_of,
    stranger,
    kind,
    lists_people,
    refusal,
};

/// Rows on a page unless the call says otherwise, and at most.
const PAGE: usize = 100;
const MAX_PAGE: usize = 500;
/// Rows in one feed call.
const FEED_MAX: usize = 200;

fn check(own: &Map<String, Value>) -> Result<(), String> {
    own::read::<settings::Settings>(own).map(|_| ())
}

fn open(company: Company, setup: Setup) -> Box<dyn Simulated> {
    Box::new(Site::open(company, setup))
}

/// Company id and secret of the Basic header.
fn basic(call: &Call) -> Option<(String, String)> {
    let coded = call.header("authorization")?.strip_prefix("Basic ")?;
    let bytes = base64::engine::general_purpose::STANDARD.decode(coded.trim()).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    text.split_once(':').map(|(id, secret)| (id.to_owned(), secret.to_owned()))
}

fn login_of(call: &Call) -> Option<String> {
    basic(call).map(|(id, _)| id)
}

fn stranger(_: &Call) -> Answer {
    error(401, "BAD_CREDENTIALS", "Company id or secret is wrong.", None, None)
}

/// A feed that only tests counts as a read.
fn kind(call: &Call) -> Kind {
    let dry_feed = call.path.trim_end_matches('/') == "/v1/feed"
        && serde_json::from_slice::<Value>(&call.body).is_ok_and(|body| body["dryRun"] == true);
    if dry_feed { Kind::Read } else { kind_by_method(&call.method) }
}

fn lists_people(call: &Call) -> bool {
    call.method == Method::GET && call.path.trim_end_matches('/') == "/v1/employees"
}

fn refusal(status: u16, wait: Option<u32>) -> Answer {
    let answer = match status {
        429 => error(429, "TOO_MANY_REQUESTS", "Too many requests.", None, None),
        _ => error(status, "INTERNAL", "Something went wrong.", None, None),
    };
    match wait {
        Some(seconds) => answer.with("retry-after", seconds.to_string()),
        None => answer,
    }
}

/// An error in the contract's form.
fn error(status: u16, code: &str, message: &str, field: Option<&str>, identifier: Option<&str>) -> Answer {
    Answer::json(status, json!({"error": {"code": code, "message": message, "field": field, "identifier": identifier}}))
}

fn not_found() -> Answer {
    error(404, "NOT_FOUND", "There is no such record.", None, None)
}

impl Simulated for Site {
    fn login(&self) -> String {
        self.settings.company_id.clone()
    }

    fn answer(&mut self, call: &Call, quirk: Option<Quirk>) -> Answer {
        let refused = std::mem::take(&mut self.refuse_next);
        if refused || basic(call).is_none_or(|(_, secret)| secret != self.settings.secret) {
            return stranger(call);
        }
        let verdict = self.limiter.call(Instant::now(), self.setup.rate_limits == RateLimits::Real);
        if !verdict.allowed {
            return refusal(429, Some(u32::try_from(verdict.reset).unwrap_or(60)));
        }
        self.route(call, quirk).unwrap_or_else(|answer| answer)
    }

    fn expire(&mut self, _: &Call) {
        self.refuse_next = true;
    }

    fn dump(&self) -> Company {
        self.to_company()
    }

    fn replace(&mut self, company: Company) {
        self.load(company);
    }

    fn connection(&self, root: &str) -> Vec<(&'static str, String)> {
        vec![
            ("transport", "http".to_owned()),
            ("base_url", root.to_owned()),
            ("company_id", self.settings.company_id.clone()),
            ("secret", self.settings.secret.clone()),
        ]
    }
}

/// What a write demands of the learner who has the identifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Condition {
    None,
    /// `If-Match: *`: there is one. Whoever says so updates.
    Exists,
    /// `If-None-Match: *`: there is none.
    IsNew,
}

impl Condition {
    fn of(call: &Call) -> Self {
        let any = |name| call.header(name).is_some_and(|value| value.trim() == "*");
        match (any("if-match"), any("if-none-match")) {
            (true, false) => Self::Exists,
            (false, true) => Self::IsNew,
            _ => Self::None,
        }
    }
}

/// The body as a JSON object.
fn body_of(call: &Call) -> Result<Map<String, Value>, Answer> {
    match serde_json::from_slice(&call.body) {
        Ok(Value::Object(body)) => Ok(body),
        _ => Err(error(422, "MISSING_FIELD", "The body must be a JSON object.", None, None)),
    }
}

fn number(call: &Call, name: &str, default: usize) -> usize {
    call.query(name).and_then(|text| text.parse().ok()).filter(|number| *number > 0).unwrap_or(default)
}

/// The page that a call asks for, from 1.
fn page_asked(call: &Call) -> usize {
    number(call, "page", 1)
}

/// Number of the page that is shown, and size; what cannot be read takes its default.
fn window(call: &Call, quirk: Option<Quirk>) -> (usize, usize) {
    let page = if quirk == Some(Quirk::RepeatPages) { 1 } else { page_asked(call) };
    (page, number(call, "pageSize", PAGE).min(MAX_PAGE))
}

fn envelope(items: Vec<Value>, page: usize, size: usize, total: usize) -> Answer {
    Answer::json(200, json!({"items": items, "page": page, "pageSize": size, "total": total}))
}

impl Site {
    fn route(&mut self, call: &Call, quirk: Option<Quirk>) -> Result<Answer, Answer> {
        let segments = call.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        match (call.method.as_str(), parts.as_slice()) {
            ("GET", ["v1", "company"]) => Ok(self.company()),
            ("GET", ["v1", list @ ("branches" | "departments" | "job-titles")]) => {
                Ok(self.list_options(call, list, quirk))
            }
            ("POST", ["v1", list @ ("branches" | "departments" | "job-titles")]) => {
                self.add_option(&body_of(call)?, list)
            }
            ("GET", ["v1", "user-profiles"]) => Ok(self.user_profiles()),
            ("GET", ["v1", "employees"]) => self.employees(call, quirk),
            ("GET", ["v1", "employees", identifier]) => self.employee(identifier),
            ("PUT", ["v1", "employees", identifier]) => {
                self.put_employee(identifier, &body_of(call)?, Condition::of(call))
            }
            ("PUT", ["v1", "learners", id, "identifier"]) => self.put_identifier(id, &body_of(call)?),
            ("POST", ["v1", "feed"]) => self.feed(&body_of(call)?),
            _ => Err(not_found()),
        }
    }

    fn company(&self) -> Answer {
        let settings = &self.settings;
        let auto = settings.switches.auto_create_structure;
        Answer::json(200, json!({"companyId": settings.company_id, "name": settings.name, "autoCreateStructure": auto}))
    }

    fn employees(&self, call: &Call, quirk: Option<Quirk>) -> Result<Answer, Answer> {
        let (page, size) = window(call, quirk);
        let active = match call.query("status") {
            None | Some("all") => None,
            Some("active") => Some(true),
            Some("inactive") => Some(false),
            Some(_) => {
                return Err(error(422, "INVALID_STATUS", "Status is active, inactive or all.", Some("status"), None));
            }
        };
        let rows = self.find(call.query("identifier"), call.query("email"), active);
        let rows = if quirk == Some(Quirk::EmptyList) { Vec::new() } else { rows };
        let shown = rows.iter().skip((page - 1).saturating_mul(size)).take(size);
        let mut items: Vec<Value> = shown.map(|learner| self.learner_json(learner)).collect();
        match quirk {
            Some(Quirk::MissingRows) => {
                items.pop();
            }
            Some(Quirk::DuplicateRows) => items.extend(items.last().cloned()),
            _ => {}
        }
        Ok(envelope(items, page_asked(call), size, rows.len()))
    }

    fn employee(&self, identifier: &str) -> Result<Answer, Answer> {
        let found = self.find(Some(identifier), None, None);
        found.first().map(|learner| Answer::json(200, self.learner_json(learner))).ok_or_else(not_found)
    }

    fn learner_json(&self, learner: &Learner) -> Value {
        learner.to_json(self.branch_code(&learner.branch_code))
    }
}

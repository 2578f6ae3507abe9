//! Rotaready: a rota system whose staff accounts are read by bearer token, 50 at a time, without a total.
//!
//! Behaviour after rotaready.md. Rotaready publishes no reference: the token call, the paginated list, its limits and the
//! members `id`, `firstName`, `lastName`, `flags.active`, `personal.dob` and the home entity are known from client code; that
//! a rejoiner keeps the account and stays inactive until the day is documented; every other member and call is assumed.
//! Switches in the company's settings turn what nobody knows. Shifts, attendance and absence are not simulated, nor is a push
//! of events.

mod realm;
mod rows;
mod settings;

use std::{collections::HashMap, time::Duration};

use axum::http::Method;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::{
    RateLimits,
    call::{Answer, Call},
    server::kind_by_method,
    vendor::{Kind, Quirk, Setup, Simulated, Vendor},
    world::{Company, Side},
};
use realm::Realm;

/// The registry's entry.
pub(crate) static VENDOR: Vendor = Vendor {
    name: "rotaready",
    side: Side::Source,
    has_tokens: true,
    check: settings::Settings::check,
    adopt: realm::adopt,
    identifiers: realm::identifiers,
    open,
    field_map,
    login_of,
    stranger,
    kind,
    lists_people,
    refusal,
};

/// Nobody publishes a figure; what a careful client keeps to (assumed).
pub(super) const WINDOWS: [(u32, u64); 1] = [(2, 1)];

/// Clients keep a token for hours without being told how long it lives (client); an hour is assumed.
const TOKEN_LIFE: Duration = Duration::from_secs(3600);

/// Rows of a page: outside of this a call is refused (client).
const LIMITS: std::ops::RangeInclusive<usize> = 5..=50;

const TOKEN: &str = "/oauth/token";
const LIST: &str = "/staff/account/paginated";

fn open(company: Company, setup: Setup) -> Box<dyn Simulated> {
    Box::new(Realm::open(company, setup))
}

/// What feeds the mapped fields of a realm.
fn field_map(company: &Company) -> Vec<(&'static str, String)> {
    let branch = company.own_text("branch_from").filter(|from| !from.is_empty()).unwrap_or("site");
    [("job_title", "position"), ("branch", branch), ("department", "department")]
        .map(|(field, from)| (field, from.to_owned()))
        .to_vec()
}

/// Realm, key and secret of a Basic header: three parts, none of which has a colon.
fn three_parts(call: &Call) -> Option<[String; 3]> {
    let encoded = call.header("authorization")?.strip_prefix("Basic ")?;
    let text = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let parts: Vec<String> = text.split(':').map(str::to_owned).collect();
    parts.try_into().ok()
}

fn bearer(call: &Call) -> Option<&str> {
    call.header("authorization")?.strip_prefix("Bearer ")
}

fn is_token_call(call: &Call) -> bool {
    call.path.trim_end_matches('/') == TOKEN
}

fn login_of(call: &Call) -> Option<String> {
    if is_token_call(call) {
        return three_parts(call).map(|[realm, ..]| realm);
    }
    bearer(call)?.strip_prefix("rr-")?.rsplit_once('-').map(|(realm, _)| realm.to_owned())
}

fn stranger(_: &Call) -> Answer {
    message(401, "Unauthorised.")
}

fn kind(call: &Call) -> Kind {
    if is_token_call(call) { Kind::Token } else { kind_by_method(&call.method) }
}

fn lists_people(call: &Call) -> bool {
    call.method == Method::GET && call.path.trim_end_matches('/') == LIST
}

fn refusal(status: u16, wait: Option<u32>) -> Answer {
    let answer = message(status, if status == 429 { "Too many requests." } else { "Something went wrong." });
    match wait {
        Some(seconds) => answer.with("retry-after", seconds.to_string()),
        None => answer,
    }
}

/// An error; that there is a message and nothing else is assumed.
fn message(status: u16, text: &str) -> Answer {
    Answer::json(status, json!({ "message": text }))
}

/// The grant that a token call asks for: in a form or in JSON, clients do either.
fn grant_type(call: &Call) -> Option<String> {
    if call.header("content-type").is_some_and(|kind| kind.contains("json")) {
        let body: Value = serde_json::from_slice(&call.body).ok()?;
        return body["grant_type"].as_str().map(str::to_owned);
    }
    call.form().into_iter().find(|(name, _)| name == "grant_type").map(|(_, value)| value)
}

impl Simulated for Realm {
    fn login(&self) -> String {
        self.settings.realm.clone()
    }

    fn answer(&mut self, call: &Call, quirk: Option<Quirk>) -> Answer {
        self.calls += 1;
        let every = self.settings.switches.times_out_every;
        if every > 0 && self.calls.is_multiple_of(every) {
            return Answer::empty(504);
        }
        if is_token_call(call) {
            return self.token(call);
        }
        if !self.is_signed_in(call) {
            return stranger(call);
        }
        let enforce = self.setup.rate_limits == RateLimits::Real;
        if !self.limiter.call(Instant::now(), enforce).allowed {
            return refusal(429, None);
        }
        if call.method != Method::GET {
            return message(405, "Method not allowed.");
        }
        self.route(call, quirk)
    }

    fn expire(&mut self, call: &Call) {
        if let Some(token) = bearer(call) {
            self.tokens.remove(token);
        }
    }

    fn dump(&self) -> Company {
        self.to_company()
    }

    fn replace(&mut self, company: Company) {
        self.take_over(company);
    }

    fn connection(&self, root: &str) -> Vec<(&'static str, String)> {
        let settings = &self.settings;
        let mut members = vec![
            ("base_url", root.to_owned()),
            ("realm", settings.realm.clone()),
            ("key", settings.key.clone()),
            ("secret", settings.secret.clone()),
        ];
        if !settings.entity_filter.is_empty() {
            members.push(("entities", settings.entity_filter.clone()));
        }
        if !settings.members.is_empty() {
            let names = settings.members.iter().filter_map(|(name, path)| Some(format!("{name}={}", path.as_str()?)));
            members.push(("members", names.collect::<Vec<_>>().join(", ")));
        }
        members
    }
}

impl Realm {
    fn is_signed_in(&self, call: &Call) -> bool {
        let good = bearer(call).and_then(|token| self.tokens.get(token)).is_some_and(|until| Instant::now() < *until);
        good && !self.settings.switches.revoked
    }

    fn token(&mut self, call: &Call) -> Answer {
        if call.method != Method::POST {
            return message(405, "Method not allowed.");
        }
        if grant_type(call).as_deref() != Some("client_credentials") {
            return message(400, "grant_type must be client_credentials.");
        }
        let settings = &self.settings;
        let own = [&settings.realm, &settings.key, &settings.secret];
        let is_right = three_parts(call).is_some_and(|parts| parts.iter().zip(own).all(|(given, own)| given == own));
        if !is_right || settings.switches.revoked {
            return stranger(call);
        }
        self.issued += 1;
        let token = format!("rr-{}-{}", self.settings.realm, self.issued);
        let now = Instant::now();
        self.tokens.retain(|_, until| now < *until);
        self.tokens.insert(token.clone(), now + TOKEN_LIFE);
        let mut body = json!({ "access_token": token });
        if self.settings.switches.tells_expiry {
            body["expires_in"] = json!(TOKEN_LIFE.as_secs());
            body["token_type"] = json!("Bearer");
        }
        Answer::json(200, body)
    }

    fn route(&self, call: &Call, quirk: Option<Quirk>) -> Answer {
        let switches = &self.settings.switches;
        let segments = call.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        match parts.as_slice() {
            ["staff", "account", "paginated"] => self.page(call, quirk),
            ["staff", "account", id] if !switches.no_single => {
                let listed = id.parse().ok().and_then(|number: i64| self.by_number(number));
                listed.map_or_else(|| message(404, "No such account."), |at| Answer::json(200, self.row(at)))
            }
            ["company", "entity"] if !switches.no_entity_list => {
                Answer::json(200, json!({"entities": self.entities()}))
            }
            ["staff", "position"] if !switches.no_position_list => {
                Answer::json(200, json!({"positions": self.positions()}))
            }
            _ => message(404, "Not found."),
        }
    }

    fn page(&self, call: &Call, quirk: Option<Quirk>) -> Answer {
        let number = |name: &str, usual: usize| call.query(name).map_or(Some(usual), |text| text.parse().ok());
        let Some(limit) = number("limit", 50).filter(|limit| LIMITS.contains(limit)) else {
            return message(400, "limit must be between 5 and 50.");
        };
        let Some(page) = number("page", 1).filter(|page| *page > 0) else {
            return message(400, "page must be a positive number.");
        };
        let page = if quirk == Some(Quirk::RepeatPages) { 1 } else { page };
        let inactive = !self.settings.switches.leavers_on_request || call.query("includeInactive") == Some("true");
        let listed = self.listed(inactive);
        let first = (page - 1).saturating_mul(limit);
        let mut rows: Vec<Value> = listed.iter().skip(first).take(limit).map(|at| self.row(*at)).collect();
        match quirk {
            Some(Quirk::EmptyList) => rows.clear(),
            Some(Quirk::MissingRows) => _ = rows.pop(),
            Some(Quirk::DuplicateRows) => rows.extend(rows.last().cloned()),
            _ => {}
        }
        Answer::json(200, json!({ "users": rows }))
    }
}

/// What a path of members (`appointment.startDate`) holds is moved to another path.
fn moved(row: &mut Value, from: &str, to: &str) {
    let Some(value) = taken(row, from) else { return };
    let mut slot = row;
    for name in to.split('.') {
        if !slot.is_object() {
            *slot = Value::Object(Map::new());
        }
        slot = &mut slot[name];
    }
    *slot = value;
}

fn taken(row: &mut Value, path: &str) -> Option<Value> {
    match path.split_once('.') {
        Some((group, rest)) => taken(row.get_mut(group)?, rest),
        None => row.as_object_mut()?.shift_remove(path),
    }
}

type Tokens = HashMap<String, Instant>;

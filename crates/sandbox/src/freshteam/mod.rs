//! Freshteam: an HR system whose employees are read with a static key, 50 to a page that is told of in headers.
//!
//! Behaviour after freshteam.md: the fixed page, the headers `total-pages`, `total-objects` and `link`, statuses and error
//! bodies, limits by plan are documented; filters, members and custom values are those of Freshworks' own SDK. What the plain
//! list shows, and whether people who left stand in one list of leavers or in two, nobody says: switches. Writes, new hires
//! and time off are not simulated.

mod account;
mod rows;
mod settings;

use axum::http::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    RateLimits,
    call::{Answer, Call},
    server::kind_by_method,
    vendor::{Kind, Quirk, Setup, Simulated, Vendor},
    world::{Company, Side},
};
use account::Account;

/// The registry's entry.
pub(crate) static VENDOR: Vendor = Vendor {
    name: "freshteam",
    side: Side::Source,
    has_tokens: false,
    check: settings::Settings::check,
    adopt: account::adopt,
    identifiers: account::identifiers,
    open,
    field_map,
    login_of,
    stranger,
    kind,
    lists_people,
    refusal,
};

/// Rows of a page, of every list (doc).
const PAGE: usize = 50;

fn open(company: Company, setup: Setup) -> Box<dyn Simulated> {
    Box::new(Account::open(company, setup))
}

/// What feeds the mapped fields of an account.
fn field_map(_: &Company) -> Vec<(&'static str, String)> {
    [("job_title", "designation"), ("branch", "branch"), ("department", "department")]
        .map(|(field, from)| (field, from.to_owned()))
        .to_vec()
}

/// The subdomain stands in the path here, as it does in the host at the vendor.
fn login_of(call: &Call) -> Option<String> {
    call.segments().into_iter().next()
}

/// Nobody has this subdomain (client).
fn stranger(_: &Call) -> Answer {
    Answer::empty(404)
}

fn kind(call: &Call) -> Kind {
    kind_by_method(&call.method)
}

fn lists_people(call: &Call) -> bool {
    let segments = call.segments();
    call.method == Method::GET && segments.len() == 3 && segments[1..] == ["api", "employees"]
}

fn refusal(status: u16, wait: Option<u32>) -> Answer {
    let answer = error(status, "internal_error", None, "Something went wrong.");
    let answer = if status == 429 { Answer::empty(429) } else { answer };
    match wait {
        Some(seconds) => answer.with("retry-after", seconds.to_string()),
        None => answer,
    }
}

/// An error as the reference shows it.
fn error(status: u16, code: &str, field: Option<&str>, message: &str) -> Answer {
    let mut one = json!({"code": code, "message": message});
    if let Some(field) = field {
        one["field"] = json!(field);
    }
    Answer::json(status, json!({ "errors": [one] }))
}

/// The same as the SDK models it: alone, without the list around it.
fn alone(mut answer: Answer) -> Answer {
    let one = answer.body.as_mut().and_then(|body| body.get_mut("errors")?.get_mut(0)).map(Value::take);
    answer.body = one.or(answer.body);
    answer
}

impl Simulated for Account {
    fn login(&self) -> String {
        self.settings.subdomain.clone()
    }

    fn answer(&mut self, call: &Call, quirk: Option<Quirk>) -> Answer {
        let switches = &self.settings.switches;
        if switches.sunset {
            return Answer::empty(404);
        }
        let is_single = switches.single_error;
        let answer = self.checked(call, quirk);
        if answer.status >= 400 && is_single { alone(answer) } else { answer }
    }

    fn expire(&mut self, _: &Call) {
        self.refuse_next = true;
    }

    fn dump(&self) -> Company {
        self.to_company()
    }

    fn replace(&mut self, company: Company) {
        self.take_over(company);
    }

    fn connection(&self, root: &str) -> Vec<(&'static str, String)> {
        let settings = &self.settings;
        vec![
            ("base_url", format!("{root}/{}/api", settings.subdomain)),
            ("subdomain", settings.subdomain.clone()),
            ("api_key", settings.api_key.clone()),
        ]
    }
}

impl Account {
    fn checked(&mut self, call: &Call, quirk: Option<Quirk>) -> Answer {
        let key = call.header("authorization").and_then(|header| header.strip_prefix("Bearer "));
        if std::mem::take(&mut self.refuse_next) || key != Some(self.settings.api_key.as_str()) {
            return error(401, "invalid_credentials", None, "The key is not valid.");
        }
        let total = self.limit;
        let verdict = self.limiter.call(Instant::now(), self.setup.rate_limits == RateLimits::Real);
        let answer = match (verdict.allowed, call.method == Method::GET) {
            (false, _) => Answer::empty(429),
            (true, false) => error(405, "method_not_allowed", None, "This key may only read."),
            (true, true) => self.route(call, quirk),
        };
        answer
            .with("x-ratelimit-total", total.to_string())
            .with("x-ratelimit-remaining", verdict.remaining.to_string())
            .with("x-ratelimit-used-currentrequest", "1")
    }

    fn route(&self, call: &Call, quirk: Option<Quirk>) -> Answer {
        let segments = call.segments();
        let parts: Vec<&str> = segments.iter().skip(1).map(String::as_str).collect();
        if self.settings.switches.role_is_too_low {
            return error(403, "forbidden", None, "The role of the key's user does not allow this.");
        }
        let not_found = || error(404, "not_found", None, "There is no such record.");
        match parts.as_slice() {
            ["api", "employees"] => self.list(call, quirk),
            ["api", "employees", id] => match id.parse().ok().and_then(|id| self.by_number(id)) {
                Some(at) => Answer::json(200, self.detail(at, call.query("include").unwrap_or_default())),
                None => not_found(),
            },
            ["api", "employee_fields"] => page(call, self.fields(), None, false),
            ["api", list] => match self.reference(list) {
                Some(rows) => page(call, rows, None, self.settings.switches.no_paging_headers),
                None => not_found(),
            },
            ["api", list, id] => {
                let rows = self.reference(list).unwrap_or_default();
                let wanted = id.parse::<i64>().ok();
                let found = rows.into_iter().find(|row| wanted.is_some() && row["id"].as_i64() == wanted);
                found.map_or_else(not_found, |row| Answer::json(200, row))
            }
            _ => not_found(),
        }
    }

    fn list(&self, call: &Call, quirk: Option<Quirk>) -> Answer {
        let chosen = match self.filtered(call) {
            Ok(chosen) => chosen,
            Err(answer) => return answer,
        };
        let chosen = if quirk == Some(Quirk::EmptyList) { Vec::new() } else { chosen };
        let rows = chosen.into_iter().map(|at| self.item(at)).collect();
        page(call, rows, quirk, self.settings.switches.no_paging_headers)
    }
}

/// A page of a list, told of in the headers.
fn page(call: &Call, rows: Vec<Value>, quirk: Option<Quirk>, without_headers: bool) -> Answer {
    let number = match call.query("page").map_or(Ok(1), str::parse::<usize>) {
        Ok(number) if number > 0 => number,
        _ => return error(422, "invalid_value", Some("page"), "It should be a positive integer"),
    };
    let (total, pages) = (rows.len(), rows.len().div_ceil(PAGE));
    let number = if quirk == Some(Quirk::RepeatPages) { 1 } else { number };
    let mut rows: Vec<Value> = rows.into_iter().skip((number - 1).saturating_mul(PAGE)).take(PAGE).collect();
    match quirk {
        Some(Quirk::MissingRows) => _ = rows.pop(),
        Some(Quirk::DuplicateRows) if number >= pages => rows.extend(rows.last().cloned()),
        _ => {}
    }
    let answer = Answer::json(200, Value::Array(rows));
    if without_headers {
        return answer;
    }
    let answer = answer.with("total-pages", pages.to_string()).with("total-objects", total.to_string());
    if number < pages {
        let next = format!("<https://example.freshteam.com{}?page={}>; rel=\"next\"", call.path, number + 1);
        return answer.with("link", next);
    }
    answer
}

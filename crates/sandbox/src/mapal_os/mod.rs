//! Mapal OS: the system of a hospitality group that Flow Learning belongs to. **Its REST calls are assumed from end to end**
//! (mapal-os.md 5.7): nobody publishes such an API. What is documented of it here are the list of users, its ten columns and the
//! three messages of the Feed Log.
//!
//! Under `/config/api/v1` and `/connect/token` stands the assumed contract; `/screens/users/export` and `/screens/users/import`
//! are what people do by hand. The sign-in is that of Mapal's Sales API (documented), as are the statuses of refusals. A second
//! record with an External ID overwrites the first one (article), an e-mail address is one active person's (article), names are
//! compared exactly (documented). Switches in the settings turn what nobody knows.

mod account;
mod list;
mod rows;
mod settings;

use std::{collections::HashMap, time::Duration};

use axum::http::Method;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    RateLimits,
    call::{Answer, Call, raw_value},
    server::kind_by_method,
    vendor::{Kind, Quirk, Setup, Simulated, Vendor},
    world::{Company, Side},
};
use account::Account;

/// The registry's entry.
pub(crate) static VENDOR: Vendor = Vendor {
    name: "mapal-os",
    side: Side::Source,
    has_tokens: true,
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

/// What whoever starts the simulators is told.
pub(crate) const NOTE: &str =
    "mapal-os: the REST contract is assumed from end to end; Mapal publishes no API for employees";

/// As the Sales API tells it (doc).
const TOKEN_LIFE: Duration = Duration::from_secs(3600);

/// Rows of a page: outside of this a call is refused (assumed).
const SIZES: std::ops::RangeInclusive<usize> = 1..=500;

const TOKEN: &str = "/connect/token";
const EMPLOYEES: &str = "/config/api/v1/employees";

fn open(company: Company, setup: Setup) -> Box<dyn Simulated> {
    Box::new(Account::open(company, setup))
}

/// What feeds the mapped fields of a tenant.
fn field_map(company: &Company) -> Vec<(&'static str, String)> {
    let branch = company.own_text("branch_from").filter(|from| !from.is_empty()).unwrap_or("branch");
    [("job_title", "job_title"), ("branch", branch), ("department", "department")]
        .map(|(field, from)| (field, from.to_owned()))
        .to_vec()
}

fn bearer(call: &Call) -> Option<&str> {
    call.header("authorization")?.strip_prefix("Bearer ")
}

fn is_token_call(call: &Call) -> bool {
    call.path.trim_end_matches('/') == TOKEN
}

/// The client that a call means; a user's name begins with that of their client.
fn login_of(call: &Call) -> Option<String> {
    if !is_token_call(call) {
        return bearer(call)?.strip_prefix("ma-")?.rsplit_once('-').map(|(client, _)| client.to_owned());
    }
    let form: HashMap<String, String> = call.form().into_iter().collect();
    let of_user = || form.get("username")?.rsplit_once('.').map(|(client, _)| client.to_owned());
    form.get("client_id").cloned().or_else(of_user)
}

fn stranger(call: &Call) -> Answer {
    if is_token_call(call) {
        return Answer::json(400, json!({"error": "invalid_client"}));
    }
    error(401, "unauthorized", "The token is not valid.")
}

fn kind(call: &Call) -> Kind {
    if is_token_call(call) { Kind::Token } else { kind_by_method(&call.method) }
}

fn lists_people(call: &Call) -> bool {
    call.method == Method::GET && call.path.trim_end_matches('/') == EMPLOYEES
}

fn refusal(status: u16, wait: Option<u32>) -> Answer {
    let answer = match status {
        429 => error(429, "too_many_requests", "Too many requests."),
        status => error(status, "internal_error", "Something went wrong."),
    };
    match wait {
        Some(seconds) => answer.with("retry-after", seconds.to_string()),
        None => answer,
    }
}

fn error(status: u16, code: &str, text: &str) -> Answer {
    Answer::json(status, json!({"code": code, "message": text}))
}

fn invalid(name: &str, text: &str) -> Answer {
    error(400, "invalid_parameter", &format!("{name} {text}"))
}

impl Simulated for Account {
    fn login(&self) -> String {
        self.settings.client_id.clone()
    }

    fn answer(&mut self, call: &Call, quirk: Option<Quirk>) -> Answer {
        if is_token_call(call) {
            return self.token(call);
        }
        if !self.is_signed_in(call) {
            return stranger(call);
        }
        if !self.limiter.call(Instant::now(), self.setup.rate_limits == RateLimits::Real).allowed {
            return refusal(429, None);
        }
        let segments = call.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        match (parts.as_slice(), &call.method) {
            (["screens", "users", "export"], &Method::GET) => {
                let answer = Answer::json(200, raw_value(&self.export()));
                answer.with("content-type", "text/csv; charset=utf-8".to_owned())
            }
            (["screens", "users", "import"], &Method::POST) => {
                match self.import(&String::from_utf8_lossy(&call.body)) {
                    Ok(body) => Answer::json(200, body),
                    Err(text) => error(400, "invalid_file", &text),
                }
            }
            (["config", "api", "v1", ..], &Method::GET) if self.settings.switches.tenant_unknown => {
                error(404, "tenant_not_found", "There is no such tenant.")
            }
            (["config", "api", "v1", rest @ ..], &Method::GET) => self.route(call, rest, quirk),
            (["config", "api", "v1", ..], _) => error(405, "method_not_allowed", "This client may only read."),
            _ => error(404, "not_found", "There is no such call."),
        }
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
        let mut members = vec![("base_url", root.to_owned()), ("login_url", root.to_owned())];
        if settings.signs_in != "user" {
            members.push(("client_id", settings.client_id.clone()));
            members.push(("client_secret", settings.client_secret.clone()));
        }
        if settings.signs_in != "client" {
            members.push(("user", settings.user.clone()));
            members.push(("password", settings.password.clone()));
        }
        members
    }
}

impl Account {
    fn is_signed_in(&self, call: &Call) -> bool {
        let good = bearer(call).and_then(|token| self.tokens.get(token)).is_some_and(|until| Instant::now() < *until);
        good && !self.settings.switches.revoked
    }

    fn token(&mut self, call: &Call) -> Answer {
        if call.method != Method::POST {
            return error(405, "method_not_allowed", "Tokens are asked for by POST.");
        }
        let refused = |word: &str| Answer::json(400, json!({ "error": word }));
        let form: HashMap<String, String> = call.form().into_iter().collect();
        let given = |name: &str| form.get(name).map(String::as_str);
        let (settings, switches) = (&self.settings, &self.settings.switches);
        let is_client = given("client_id") == Some(settings.client_id.as_str())
            && given("client_secret") == Some(settings.client_secret.as_str());
        let granted = match given("grant_type") {
            Some("client_credentials") if switches.no_client_grant => return refused("unauthorized_client"),
            Some("client_credentials") => is_client,
            Some("password") if switches.no_password_grant => return refused("unauthorized_client"),
            Some("password") => {
                let is_user = given("username") == Some(settings.user.as_str())
                    && given("password") == Some(settings.password.as_str());
                if !is_user || switches.revoked {
                    return refused("invalid_grant");
                }
                given("client_id").is_none() || is_client
            }
            _ => return refused("unsupported_grant_type"),
        };
        if !granted || switches.revoked {
            return refused("invalid_client");
        }
        self.issued += 1;
        let token = format!("ma-{}-{}", self.settings.client_id, self.issued);
        let now = Instant::now();
        self.tokens.retain(|_, until| now < *until);
        self.tokens.insert(token.clone(), now + TOKEN_LIFE);
        Answer::json(
            200,
            json!({"access_token": token, "expires_in": TOKEN_LIFE.as_secs(), "token_type": "Bearer",
                "refresh_token": format!("{token}-r"), "scope": "config"}),
        )
    }

    fn route(&self, call: &Call, rest: &[&str], quirk: Option<Quirk>) -> Answer {
        let switches = &self.settings.switches;
        match rest {
            ["tenant"] => Answer::json(200, json!({"id": self.settings.tenant_id, "name": self.settings.name})),
            ["employees"] => self.list(call, quirk),
            ["employees", os_id] => match self.shown().iter().find(|one| one.os_id == *os_id) {
                Some(employee) => Answer::json(200, self.row(employee)),
                None => error(404, "employee_not_found", "There is no such employee."),
            },
            ["feed-logs"] if !switches.no_feed_log => self.feed_log(call),
            [list] if !switches.no_lists => match self.reference(list) {
                Some(rows) => self.page(call, rows, quirk.filter(|quirk| *quirk == Quirk::RepeatPages)),
                None => error(404, "not_found", "There is no such call."),
            },
            _ => error(404, "not_found", "There is no such call."),
        }
    }

    fn list(&self, call: &Call, quirk: Option<Quirk>) -> Answer {
        let switches = &self.settings.switches;
        let inactive = match call.query("includeInactive") {
            None | Some("false") => false,
            Some("true") => true,
            Some(_) => return invalid("includeInactive", "is true or false"),
        };
        let since = match call.query("modifiedSince") {
            Some(_) if switches.refuses_modified_since => return invalid("modifiedSince", "is not known"),
            None => None,
            Some(text) => match text.parse::<jiff::Timestamp>() {
                Ok(moment) => Some(moment),
                Err(_) => return invalid("modifiedSince", "is no time"),
            },
        };
        let since = since.filter(|_| !switches.ignores_modified_since);
        let external = call.query("externalId");
        let is_meant = |one: &&account::Employee| {
            let is_listed = inactive || one.person.status != "inactive";
            let modified = Self::modified(one).parse::<jiff::Timestamp>().ok();
            let has_changed = since.is_none_or(|since| modified.is_some_and(|modified| modified >= since));
            let is_named = external.is_none_or(|id| account::external_id(&one.person).as_deref() == Some(id));
            is_listed && has_changed && is_named
        };
        let rows = if quirk == Some(Quirk::EmptyList) {
            Vec::new()
        } else {
            self.shown().iter().filter(is_meant).map(|one| self.row(one)).collect()
        };
        self.page(call, rows, quirk)
    }

    fn feed_log(&self, call: &Call) -> Answer {
        let moment = |name: &str| match call.query(name) {
            None => Ok(None),
            Some(text) => text.parse::<jiff::Timestamp>().map(Some).map_err(|_| invalid(name, "is no time")),
        };
        let (from, to) = match (moment("from"), moment("to")) {
            (Ok(from), Ok(to)) => (from, to),
            (Err(answer), _) | (_, Err(answer)) => return answer,
        };
        let is_meant = |line: &&settings::FeedLine| {
            let at = line.at.parse::<jiff::Timestamp>().ok();
            at.is_some_and(|at| from.is_none_or(|from| at >= from) && to.is_none_or(|to| at <= to))
        };
        let lines = self.settings.feed_log.iter().filter(is_meant);
        let rows = lines.map(|line| serde_json::to_value(line).unwrap_or_default()).collect();
        self.page(call, rows, None)
    }

    fn page(&self, call: &Call, rows: Vec<Value>, quirk: Option<Quirk>) -> Answer {
        let number = |name: &str, usual: usize| call.query(name).map_or(Some(usual), |text| text.parse().ok());
        let Some(page) = number("page", 1).filter(|page| *page > 0) else { return invalid("page", "begins with 1") };
        let Some(size) = number("pageSize", 100).filter(|size| SIZES.contains(size)) else {
            return invalid("pageSize", "is 1 to 500");
        };
        let size = match self.settings.switches.page_max {
            0 => size,
            most => size.min(most),
        };
        let shown = if quirk == Some(Quirk::RepeatPages) { 1 } else { page };
        let total = rows.len();
        let first = (shown - 1).saturating_mul(size);
        let mut items: Vec<Value> = rows.into_iter().skip(first).take(size).collect();
        match quirk {
            Some(Quirk::MissingRows) => _ = items.pop(),
            Some(Quirk::DuplicateRows) => items.extend(items.last().cloned()),
            _ => {}
        }
        Answer::json(200, json!({"page": page, "pageSize": size, "totalCount": total, "items": items}))
    }
}

//! Planday: an HR system that is read by bearer token, 50 rows at a time.
//!
//! Behaviour after `openapi.planday.com` (guides *authorization*, *HR*, *errors*, *rate limiting*) and, where these are
//! silent, after the mock servers of public clients; switches in the company's settings turn the undocumented parts.

mod definitions;
mod lists;
mod portal;
mod rows;
mod settings;

use std::time::Duration;

use axum::http::Method;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use portal::Portal;

use super::{
    RateLimits,
    call::{Answer, Call},
    limiter::Verdict,
    own,
    server::kind_by_method,
    vendor::{Kind, Quirk, Setup, Simulated, Vendor},
    world::{Company, Side},
};

/// The registry's entry.
pub(crate) static VENDOR: Vendor = Vendor {
    name: "planday",
    side: Side::Source,
    has_tokens: true,
    check,
    adopt,
    identifiers: portal::identifiers,
    open,
    field_map: settings::field_map,
    login_of,
    stranger,
    kind,
    lists_people,
    refusal,
};

/// Access tokens live one hour [doc: authorization-flow].
const TOKEN_LIFE: Duration = Duration::from_secs(3600);
/// The documented windows: portal 20/s and 750/min, client id 100/s and 2000/min [doc: rate-limiting].
pub(super) const WINDOWS: [(u32, u64); 4] = [(20, 1), (750, 60), (100, 1), (2000, 60)];
const LIMIT_HEADER: &str = "2000, 20;w=1, 750;w=60, 100;w=1, 2000;w=60";

fn check(own: &Map<String, Value>) -> Result<(), String> {
    own::read::<settings::Settings>(own).map(|_| ())
}

/// Keeps what the generator made, with the two kinds of employment of the trade. A field that is archived is one of its
/// custom fields.
fn adopt(mut company: Company) -> Company {
    for person in &mut company.people {
        person.own.shift_remove("custom");
    }
    if let Some(Value::Array(archived)) = company.own.shift_remove("archived_fields") {
        let fields = archived.iter().filter_map(Value::as_str).map(|name| (name.to_owned(), json!({"archived": true})));
        company.own.insert("fields".into(), Value::Object(fields.collect()));
    }
    company.options.own.insert(
        "employee_types".into(),
        json!([{"id": 2204, "name": "Hourly paid"}, {"id": 2205, "name": "Salaried"}]),
    );
    company
}

fn open(company: Company, setup: Setup) -> Box<dyn Simulated> {
    Box::new(Portal::open(company, setup))
}

fn is_token_call(call: &Call) -> bool {
    call.path.starts_with("/identity/")
}

fn login_of(call: &Call) -> Option<String> {
    if is_token_call(call) {
        return form_value(call, "client_id");
    }
    call.header("x-clientid").map(str::to_owned)
}

fn form_value(call: &Call, name: &str) -> Option<String> {
    call.form().into_iter().find(|(key, _)| key == name).map(|(_, value)| value)
}

fn stranger(call: &Call) -> Answer {
    if is_token_call(call) { oauth_error("invalid_client", "unknown client") } else { Answer::empty(401) }
}

fn kind(call: &Call) -> Kind {
    if is_token_call(call) { Kind::Token } else { kind_by_method(&call.method) }
}

fn lists_people(call: &Call) -> bool {
    let path = call.path.trim_end_matches('/');
    call.method == Method::GET && (path == "/hr/v1.0/employees" || path == "/hr/v1.0/employees/deactivated")
}

fn refusal(status: u16, wait: Option<u32>) -> Answer {
    if status != 429 {
        return problem(status, "An error occurred while processing your request.");
    }
    let answer =
        limit_headers(Answer::empty(429), Verdict { allowed: false, remaining: 0, reset: wait.unwrap_or(1).into() });
    match wait {
        Some(seconds) => answer.with("retry-after", seconds.to_string()),
        None => answer,
    }
}

fn limit_headers(answer: Answer, verdict: Verdict) -> Answer {
    answer
        .with("x-ratelimit-limit", LIMIT_HEADER)
        .with("x-ratelimit-remaining", verdict.remaining.to_string())
        .with("x-ratelimit-reset", verdict.reset.to_string())
}

/// An error in the form that the specifications define (RFC 7807).
fn problem(status: u16, detail: &str) -> Answer {
    let title = match status {
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        _ => "Internal Server Error",
    };
    Answer::json(
        status,
        json!({"type": "about:blank", "title": title, "status": status, "detail": detail, "instance": null}),
    )
}

fn oauth_error(error: &str, description: &str) -> Answer {
    Answer::json(400, json!({"error": error, "error_description": description}))
}

impl Simulated for Portal {
    fn login(&self) -> String {
        self.settings.client_id.clone()
    }

    fn answer(&mut self, call: &Call, quirk: Option<Quirk>) -> Answer {
        if is_token_call(call) {
            return self.identity(call);
        }
        if !self.authorised(call) {
            return Answer::empty(401);
        }
        let enforce = self.setup.rate_limits == RateLimits::Real;
        let verdict = self.limiter.call(Instant::now(), enforce);
        let answer = if verdict.allowed { self.route(call, quirk) } else { Answer::empty(429) };
        limit_headers(answer, verdict)
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
        vec![
            ("base_url", root.to_owned()),
            ("identity_url", format!("{root}/identity")),
            ("client_id", self.settings.client_id.clone()),
            ("refresh_token", self.settings.refresh_token.clone()),
        ]
    }
}

fn bearer(call: &Call) -> Option<&str> {
    call.header("authorization")?.strip_prefix("Bearer ")
}

impl Portal {
    fn authorised(&self, call: &Call) -> bool {
        let good = bearer(call).and_then(|token| self.tokens.get(token)).is_some_and(|until| Instant::now() < *until);
        good && !self.settings.switches.revoked
    }

    fn identity(&mut self, call: &Call) -> Answer {
        match (call.method.as_str(), call.path.trim_end_matches('/')) {
            ("POST", "/identity/connect/token") => self.token(call),
            ("POST", "/identity/connect/revocation") => {
                if form_value(call, "token").is_some_and(|token| token == self.settings.refresh_token) {
                    self.settings.switches.revoked = true;
                    self.tokens.clear();
                }
                Answer::empty(200)
            }
            (_, "/identity/connect/token" | "/identity/connect/revocation") => Answer::empty(405),
            _ => Answer::empty(404),
        }
    }

    fn token(&mut self, call: &Call) -> Answer {
        if form_value(call, "grant_type").as_deref() != Some("refresh_token") {
            return oauth_error("unsupported_grant_type", "only refresh_token is simulated");
        }
        let right = form_value(call, "refresh_token").is_some_and(|token| token == self.settings.refresh_token);
        if !right || self.settings.switches.revoked {
            return oauth_error("invalid_grant", "the refresh token is unknown, revoked or used up");
        }
        self.issued += 1;
        let token = format!("access-{}-{}", self.settings.portal_id, self.issued);
        let now = Instant::now();
        self.tokens.retain(|_, until| now < *until);
        self.tokens.insert(token.clone(), now + TOKEN_LIFE);
        let mut body = json!({"access_token": token, "expires_in": TOKEN_LIFE.as_secs(), "token_type": "Bearer"});
        if self.settings.switches.rotate_refresh_token {
            let stem = self.settings.refresh_token.rsplit_once('-').map_or("refresh", |(stem, _)| stem).to_owned();
            self.settings.refresh_token = format!("{stem}-r{}", self.issued + 1);
            body["refresh_token"] = json!(self.settings.refresh_token);
        }
        Answer::json(200, body)
    }

    fn route(&self, call: &Call, quirk: Option<Quirk>) -> Answer {
        if call.method != Method::GET {
            return problem(405, "This app may only read.");
        }
        let segments = call.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        let hr = |rest: &[&str]| self.hr(call, rest, quirk).unwrap_or_else(|answer| answer);
        match parts.as_slice() {
            ["portal", "v1" | "v1.0", "info"] => self.info(),
            ["hr", "v1" | "v1.0", rest @ ..] => hr(rest),
            _ => problem(404, "No such resource."),
        }
    }

    fn info(&self) -> Answer {
        let settings = &self.settings;
        Answer::json(
            200,
            json!({"data": {"id": settings.portal_id, "name": settings.name, "companyName": settings.company_name,
                "country": settings.country, "timeZone": settings.time_zone, "maxDepartments": null,
                "aliases": [settings.short_name.replace('-', "")], "portals": null}}),
        )
    }

    fn hr(&self, call: &Call, rest: &[&str], quirk: Option<Quirk>) -> Result<Answer, Answer> {
        let lower: Vec<String> = rest.iter().map(|part| part.to_lowercase()).collect();
        let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
        match lower.as_slice() {
            ["employees", ..] => self.need("employee:read")?,
            ["departments", .., "employees"] | ["employeegroups", .., "employees"] => self.need("employee:read")?,
            ["terminationtypes"] => self.need("employee:read")?,
            ["departments", ..] => self.need("department:read")?,
            ["employeegroups", ..] => self.need("employeegroup:read")?,
            ["employeetypes"] => self.need("employeetype:read")?,
            ["skills"] => self.need("skill:read")?,
            _ => {}
        }
        match lower.as_slice() {
            ["employees"] => self.list(call, false, quirk),
            ["employees", "deactivated"] => self.list(call, true, quirk),
            ["employees", "fielddefinitions"] => Ok(self.field_definitions()),
            ["employees", "supervisors"] => self.supervisors(call),
            ["employees", id] => self.detail(call, id),
            ["employees", id, "history"] => self.history(call, id),
            ["departments"] => self.page(call, &self.departments_json()),
            ["employeegroups"] => self.page(call, &self.groups_json()),
            ["employeetypes"] => self.page(call, &self.types_json()),
            ["terminationtypes"] => self.page(call, &[]),
            ["skills"] => Ok(Answer::json(200, json!([]))),
            ["departments", id] => one(&self.departments_json(), id),
            ["employeegroups", id] => one(&self.groups_json(), id),
            ["departments", id, "employees"] => Ok(self.members(id, "departments")),
            ["employeegroups", id, "employees"] => Ok(self.members(id, "employeeGroups")),
            _ => Err(problem(404, "No such resource.")),
        }
    }

    fn need(&self, scope: &str) -> Result<(), Answer> {
        if self.settings.has_scope(scope) {
            Ok(())
        } else {
            Err(problem(403, &format!("The app lacks the scope {scope}.")))
        }
    }
}

fn one(rows: &[Value], id: &str) -> Result<Answer, Answer> {
    let wanted = id.parse::<i64>().map_err(|_| problem(400, "The id is not a number."))?;
    let row = rows.iter().find(|row| row["id"] == wanted).ok_or_else(|| problem(404, "No such id."))?;
    Ok(Answer::json(200, json!({"data": row})))
}

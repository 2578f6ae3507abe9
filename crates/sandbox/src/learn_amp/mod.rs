//! Learn Amp: a learning platform with client-credential tokens, scopes, and users who are made by plain inserts.
//!
//! Behaviour after the public reference (learn-amp.md 1). What it does not say is assumed here, by analogy with the library that
//! its answers have the shape of: the texts of refused sign-ins, an e-mail that is in use (also by a deactivated user), what an
//! older key is granted, the largest page, that switching somebody off twice is no error, that mails follow updates at all.
//! Switches in the account's settings turn what may be otherwise.

mod account;
mod body;
mod settings;
mod teams;
mod tokens;
mod users;
mod write;

use axum::http::Method;
use serde_json::{Map, Value, json};

use super::{
    call::{Answer, Call},
    server::kind_by_method,
    vendor::{self, Kind, Quirk, Setup, Simulated, Vendor},
    world::{Company, Side},
};
use account::Account;
use body::Body;

/// The registry's entry.
pub(crate) static VENDOR: Vendor = Vendor {
    name: "learn-amp",
    side: Side::Destination,
    has_tokens: true,
    check: settings::Settings::check,
    adopt: settings::adopt,
    identifiers: vendor::of_users,
    open,
    field_map: |_| Vec::new(),
    login_of: tokens::login_of,
    stranger,
    kind,
    lists_people,
    refusal,
};

fn open(company: Company, _: Setup) -> Box<dyn Simulated> {
    Box::new(Account::open(company))
}

fn is_token_call(call: &Call) -> bool {
    call.path.trim_end_matches('/') == tokens::PATH
}

fn stranger(call: &Call) -> Answer {
    if is_token_call(call) { tokens::unknown_client() } else { unauthorized() }
}

fn kind(call: &Call) -> Kind {
    if is_token_call(call) { Kind::Token } else { kind_by_method(&call.method) }
}

fn lists_people(call: &Call) -> bool {
    call.method == Method::GET && call.path.trim_end_matches('/') == "/v1/users"
}

fn refusal(status: u16, wait: Option<u32>) -> Answer {
    let answer = error(status, if status == 429 { "Too many requests" } else { "Internal server error" });
    match wait {
        Some(seconds) => answer.with("retry-after", seconds.to_string()),
        None => answer,
    }
}

fn unauthorized() -> Answer {
    error(401, "The access token is invalid")
}

/// A no in words only.
fn error(status: u16, text: &str) -> Answer {
    Answer::json(status, json!({"error": text}))
}

fn not_found() -> Answer {
    error(404, "Not found")
}

/// What is wrong, by member.
#[derive(Default)]
struct Faults(Map<String, Value>);

impl Faults {
    fn add(&mut self, member: &str, messages: &[&str]) {
        self.0.insert(member.to_owned(), json!(messages));
    }

    /// The answer where something is wrong; `before` stands in front of the text.
    fn settle(self, before: &str) -> Result<(), Answer> {
        if self.0.is_empty() {
            return Ok(());
        }
        let of = |(member, messages): (&String, &Value)| -> Vec<String> {
            let messages = messages.as_array().into_iter().flatten().filter_map(Value::as_str);
            messages.map(|message| format!("{member} {message}")).collect()
        };
        let words: Vec<String> = self.0.iter().flat_map(of).collect();
        Err(Answer::json(400, json!({"error": format!("{before}{}", words.join(", ")), "fullErrors": self.0})))
    }
}

impl Simulated for Account {
    fn login(&self) -> String {
        self.settings.client_id.clone()
    }

    fn answer(&mut self, call: &Call, quirk: Option<Quirk>) -> Answer {
        if is_token_call(call) {
            return self.grant(call);
        }
        let accepts = call.header("accept").unwrap_or("*/*");
        if !accepts.contains("json") && !accepts.contains("*/*") {
            return error(406, "Not acceptable");
        }
        self.route(call, quirk).unwrap_or_else(|answer| answer)
    }

    fn expire(&mut self, call: &Call) {
        if let Some(token) = tokens::bearer(call) {
            self.tokens.remove(token);
        }
    }

    fn dump(&self) -> Company {
        self.to_company()
    }

    fn replace(&mut self, company: Company) {
        self.load(company);
    }

    fn connection(&self, root: &str) -> Vec<(&'static str, String)> {
        vec![
            ("base_url", root.to_owned()),
            ("client_id", self.settings.client_id.clone()),
            ("client_secret", self.settings.client_secret.clone()),
            ("invitations", self.settings.invitations.clone()),
        ]
    }
}

impl Account {
    fn route(&mut self, call: &Call, quirk: Option<Quirk>) -> Result<Answer, Answer> {
        let segments = call.segments();
        let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
        let method = call.method.as_str();
        let rest = match parts.as_slice() {
            ["v1", rest @ ..] => rest,
            _ => return Err(not_found()),
        };
        // Who asks comes before what is asked for.
        let scope = scope_of(method, rest).ok_or_else(not_found)?;
        self.check_token(call, scope)?;
        match (method, rest) {
            ("GET", ["users"]) => self.list(call, quirk),
            ("POST", ["users"]) => self.create(&Body::of(call)?),
            ("GET", ["users", "by_integration_external_id", id]) => self.show(self.visible_place_of(id)),
            ("PUT", ["users", "by_integration_external_id", id]) => self.update(self.place_of(id), &Body::of(call)?),
            ("GET", ["users", id]) => self.show(self.place_of_number(id)),
            ("PUT", ["users", id]) => self.update(self.place_of_number(id), &Body::of(call)?),
            ("PUT", ["users", id, "deactivate"]) => self.switch(self.place_of_number(id), false),
            ("PUT", ["users", id, "reactivate"]) => self.switch(self.place_of_number(id), true),
            ("DELETE", ["users", id]) => self.delete(self.place_of_number(id)),
            (_, ["teams", rest @ ..]) => self.route_teams(call, method, rest),
            _ => Err(not_found()),
        }
    }
}

/// The scope that a call needs; `None` where there is no such call.
fn scope_of(method: &str, parts: &[&str]) -> Option<&'static str> {
    Some(match (method, parts) {
        ("GET", ["users", ..]) => "users:read",
        ("POST", ["users"]) => "users:create",
        ("PUT", ["users", _, "deactivate"]) => "users:deactivate",
        ("PUT", ["users", _, "reactivate"]) => "users:reactivate",
        ("PUT", ["users", ..]) => "users:update",
        ("DELETE", ["users", _]) => "users:delete",
        ("GET", ["teams", .., "users"]) => "team_users:read",
        ("POST", ["teams", .., "users"]) => "team_users:create",
        ("DELETE", ["teams", .., "users", _]) => "team_users:delete",
        ("GET", ["teams", ..]) => "teams:read",
        ("POST", ["teams"]) => "teams:create",
        ("PUT", ["teams", ..]) => "teams:update",
        ("DELETE", ["teams", ..]) => "teams:delete",
        _ => return None,
    })
}

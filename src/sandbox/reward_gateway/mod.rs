//! Reward Gateway's SCIM side: a service provider with the published rules for names and e-mails (reward-gateway.md 2.4 and 2.5), one
//! address per programme, mails to whoever joins (where the programme says so) and to whoever becomes ineligible.
//!
//! Assumed here, as the notes say: filters by `externalId` and `userName` only, pages of 100, 409 to an id or e-mail that somebody has,
//! 400 `invalidValue` to what the rules forbid.

use serde_json::{Map, Value};

use super::{
    registry::{Answer, Setup, Simulated, Vendor},
    scim::{self, Account, Rules, error},
    server::kind_by_method,
    world::{Company, Side},
};

/// The registry's entry.
pub(crate) static VENDOR: Vendor = Vendor {
    name: "reward-gateway",
    side: Side::Destination,
    has_tokens: false,
    check: scim::check,
    open,
    field_map: |_| Vec::new(),
    login_of: scim::login_of,
    stranger: scim::stranger,
    kind: |call| kind_by_method(&call.method),
    lists_people: scim::lists_people,
    refusal: scim::refusal,
};

static RULES: Rules = Rules {
    vendor: "reward-gateway",
    root: &["5d0c6f1e-2a7b-4c39-9e58-0b7d4f6a1c22", "scim", "v2"],
    check,
    mail,
    members: |_| Vec::new(),
    unique_people: true,
    narrow_filters: true,
};

/// Longest names and e-mail, in characters.
const NAME_MAX: usize = 50;
const EMAIL_MAX: usize = 200;

fn open(company: Company, _: Setup) -> Box<dyn Simulated> {
    Box::new(Account::open(company, &RULES))
}

fn invalid(detail: &str) -> Answer {
    error(400, Some("invalidValue"), detail)
}

/// Published for membership files; the same core is taken to stand behind SCIM.
fn check(user: &Map<String, Value>) -> Result<(), Answer> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    if text(user.get("externalId")).trim().is_empty() {
        return Err(invalid("Unique ID is required"));
    }
    for part in ["givenName", "familyName"] {
        let name = text(user.get("name").and_then(|name| name.get(part)));
        let may = |c: char| c.is_alphabetic() || c.is_whitespace() || "-.'\u{2019}".contains(c);
        if !name.chars().all(may) || name.chars().count() > NAME_MAX {
            return Err(invalid(&format!("{part} is not valid")));
        }
    }
    let emails = user.get("emails").and_then(Value::as_array).cloned().unwrap_or_default();
    let main = emails.iter().find(|one| one["primary"] == Value::Bool(true)).or(emails.first());
    let email = text(main.and_then(|one| one.get("value")));
    let parts: Vec<&str> = email.split('@').collect();
    let valid = matches!(parts.as_slice(), [name, host] if !name.is_empty() && host.contains('.'))
        && !email.contains(['<', '>', ' '])
        && email.chars().count() <= EMAIL_MAX;
    if valid { Ok(()) } else { Err(invalid("Email is not valid")) }
}

/// A welcome where the programme has it on; a word to whoever becomes ineligible in any case.
fn mail(before: Option<&Map<String, Value>>, after: &Map<String, Value>, welcomes: bool) -> Option<&'static str> {
    let is_active = |user: &Map<String, Value>| user.get("active") != Some(&Value::Bool(false));
    match before {
        None if welcomes && is_active(after) => Some("welcome"),
        Some(before) if is_active(before) && !is_active(after) => Some("ineligible"),
        _ => None,
    }
}

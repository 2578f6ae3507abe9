//! Reward Gateway's SCIM side: a service provider with the published rules for names and e-mails (reward-gateway.md 2.4 and 2.5), one
//! address per programme, mails to whoever joins (where the programme says so) and to whoever becomes ineligible.
//!
//! Assumed here, as the notes say: filters by `externalId` and `userName` only, pages of 100, 409 to an id or e-mail that somebody has,
//! 400 `invalidValue` to what the rules forbid.

use serde_json::{Map, Value, json};

use super::{
    call::Answer,
    scim::{self, Account, Rules, error},
    server::kind_by_method,
    vendor::{self, Setup, Simulated, Vendor},
    world::{Company, Person, Side},
};

/// The registry's entry.
pub(crate) static VENDOR: Vendor = Vendor {
    name: "reward-gateway",
    side: Side::Destination,
    has_tokens: false,
    check: scim::check,
    adopt,
    identifiers: vendor::of_users,
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

fn open(mut company: Company, _: Setup) -> Box<dyn Simulated> {
    // There are no job titles to map to.
    company.own.entry("tables").or_insert_with(|| json!(["branch", "department"]));
    Box::new(Account::open(company, &RULES))
}

/// The members of a company: those with a valid e-mail and names, tied or not; there is no job title.
fn adopt(company: Company) -> Company {
    let mut company = scim::adopt(company);
    let is_valid =
        |person: &Person| is_email(&person.email) && is_name(&person.first_name) && is_name(&person.last_name);
    company.people.retain(is_valid);
    for person in &mut company.people {
        person.job_title.clear();
    }
    company
}

fn is_name(name: &str) -> bool {
    let may = |c: char| c.is_alphabetic() || c.is_whitespace() || "-.'\u{2019}".contains(c);
    name.chars().all(may) && name.chars().count() <= NAME_MAX
}

fn is_email(email: &str) -> bool {
    let parts: Vec<&str> = email.split('@').collect();
    matches!(parts.as_slice(), [name, host] if !name.is_empty() && host.contains('.'))
        && !email.contains(['<', '>', ' '])
        && email.chars().count() <= EMAIL_MAX
}

fn invalid(detail: &str) -> Answer {
    error(400, Some("invalidValue"), detail)
}

/// Published for membership files; the same core is taken to stand behind SCIM. Somebody made by hand has no id yet.
fn check(user: &Map<String, Value>) -> Result<(), Answer> {
    let text = |value: Option<&Value>| value.and_then(Value::as_str).unwrap_or_default().to_owned();
    if text(user.get("externalId")).trim().is_empty() {
        return Err(invalid("Unique ID is required"));
    }
    for part in ["givenName", "familyName"] {
        if !is_name(&text(user.get("name").and_then(|name| name.get(part)))) {
            return Err(invalid(&format!("{part} is not valid")));
        }
    }
    let emails = user.get("emails").and_then(Value::as_array).cloned().unwrap_or_default();
    let main = emails.iter().find(|one| one["primary"] == Value::Bool(true)).or(emails.first());
    if is_email(&text(main.and_then(|one| one.get("value")))) { Ok(()) } else { Err(invalid("Email is not valid")) }
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

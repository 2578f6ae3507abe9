//! BambooHR: an HR system whose employees are read with an API key, as a cursor's list, as one report, or one by one.
//!
//! Behaviour after bamboohr.md: Basic with any password, the list with its cursors and `_restrictedFields`, the traps of the
//! report, members that are missing where the key may not see them, changes by id, errors in a header are documented; dates of
//! zeros are those of public clients. Where documents contradict each other, or behaviour changed, there is a switch. A size of
//! page that is too large is refused (assumed), no page size below one. Writes, history tables and webhooks are not simulated.

mod account;
mod rows;
mod settings;

use axum::http::Method;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Map, Value, json};

use super::{
    call::{Answer, Call, raw_value},
    vendor::{Kind, Quirk, Setup, Simulated, Vendor},
    world::{Company, Side},
};
use account::{Account, Employee};

/// The registry's entry.
pub(crate) static VENDOR: Vendor = Vendor {
    name: "bamboohr",
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

/// Fields of one person that may be asked for at once (doc).
const FIELDS_MAX: usize = 400;

fn open(company: Company, setup: Setup) -> Box<dyn Simulated> {
    Box::new(Account::open(company, setup))
}

/// What feeds the mapped fields of a company.
fn field_map(_: &Company) -> Vec<(&'static str, String)> {
    [("job_title", "jobTitle"), ("branch", "location"), ("department", "department")]
        .map(|(field, from)| (field, from.to_owned()))
        .to_vec()
}

/// The company in the path, and what is behind it: of both forms of the address (client for the older one).
fn split(call: &Call) -> Option<(String, Vec<String>)> {
    let segments = call.segments();
    let parts: Vec<&str> = segments.iter().map(String::as_str).collect();
    let (company, rest) = match parts.as_slice() {
        ["api", "gateway.php", company, "v1", rest @ ..] => (*company, rest),
        [company, "api", "v1", rest @ ..] => (*company, rest),
        _ => return None,
    };
    Some((company.to_owned(), rest.iter().map(|part| (*part).to_owned()).collect()))
}

fn login_of(call: &Call) -> Option<String> {
    split(call).map(|(company, _)| company)
}

/// Nobody has this company name (assumed).
fn stranger(_: &Call) -> Answer {
    error(404, "Company not found")
}

fn is_report(call: &Call) -> bool {
    call.method == Method::POST && split(call).is_some_and(|(_, rest)| rest == ["reports", "custom"])
}

/// The report is asked for by POST, and changes nothing.
fn kind(call: &Call) -> Kind {
    if call.method == Method::GET || is_report(call) { Kind::Read } else { Kind::Write }
}

fn lists_people(call: &Call) -> bool {
    is_report(call) || (call.method == Method::GET && split(call).is_some_and(|(_, rest)| rest == ["employees"]))
}

fn refusal(status: u16, wait: Option<u32>) -> Answer {
    let text = if status == 429 { "Limit Exceeded" } else { "Internal Server Error" };
    let answer = error(status, text);
    match wait {
        Some(seconds) => answer.with("retry-after", seconds.to_string()),
        None => answer,
    }
}

/// The text of an error stands in a header, the body is empty (client).
fn error(status: u16, text: &str) -> Answer {
    Answer::empty(status).with("x-bamboohr-error-message", text)
}

impl Simulated for Account {
    fn login(&self) -> String {
        self.settings.company.clone()
    }

    fn answer(&mut self, call: &Call, quirk: Option<Quirk>) -> Answer {
        if let Some(wait) = self.throttled() {
            let status = if self.settings.switches.throttles_with_503 { 503 } else { 429 };
            return error(status, "Limit Exceeded").with("retry-after", wait.to_string());
        }
        if std::mem::take(&mut self.refuse_next) || self.settings.switches.revoked || !self.is_key(call) {
            return error(401, "Invalid API key");
        }
        let answer = self.route(call, quirk);
        let accepts = call.header("accept").unwrap_or_default();
        if answer.status == 200 && !accepts.contains("application/json") && !is_report(call) {
            let xml = raw_value("<?xml version=\"1.0\"?><result/>");
            return Answer::json(200, xml).with("content-type", "application/xml");
        }
        answer
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
            ("base_url", format!("{root}/{}/api/v1", settings.company)),
            ("company", settings.company.clone()),
            ("api_key", settings.api_key.clone()),
        ]
    }
}

impl Account {
    /// The key is the user, any password will do (doc).
    fn is_key(&self, call: &Call) -> bool {
        let encoded = call.header("authorization").and_then(|header| header.strip_prefix("Basic "));
        let text =
            encoded.and_then(|encoded| STANDARD.decode(encoded).ok()).and_then(|text| String::from_utf8(text).ok());
        text.as_deref().and_then(|text| text.split_once(':')).is_some_and(|(user, _)| user == self.settings.api_key)
    }

    fn route(&self, call: &Call, quirk: Option<Quirk>) -> Answer {
        let (_, rest) = split(call).unwrap_or_default();
        let parts: Vec<&str> = rest.iter().map(String::as_str).collect();
        let switches = &self.settings.switches;
        match (call.method.as_str(), parts.as_slice()) {
            ("POST", ["reports", "custom"]) if switches.report_is_gone => error(404, "Not found"),
            ("POST", ["reports", "custom"]) if switches.report_is_refused => error(403, "Insufficient permissions"),
            ("POST", ["reports", "custom"]) => self.report(call, quirk),
            ("GET", ["company_information"]) if switches.company_is_hidden => error(403, "Insufficient permissions"),
            ("GET", ["company_information"]) => {
                let name = &self.settings.name;
                Answer::json(
                    200,
                    json!({"legalName": format!("{name} Ltd"), "displayName": name,
                    "address": {"line1": "1 Quay", "city": "Leeds"}, "phone": null}),
                )
            }
            ("GET", ["meta", "fields"]) => Answer::json(200, Value::Array(self.definitions())),
            ("GET", ["meta", "lists"]) if switches.lists_are_hidden => error(403, "Insufficient permissions"),
            ("GET", ["meta", "lists"]) => Answer::json(200, Value::Array(self.lists())),
            ("GET", ["employees"]) => self.list(call, quirk),
            ("GET", ["employees", "changed"]) => self.changed(call),
            ("GET", ["employees", "directory"]) => error(403, "Directory disabled for this account"),
            ("GET", ["employees", id]) => self.one(call, id),
            ("GET", _) => error(404, "Not found"),
            _ => error(403, "This key may only read"),
        }
    }

    fn one(&self, call: &Call, id: &str) -> Answer {
        // 0 is the key's own user, who is no employee here.
        let Some(employee) = self.by_id(id) else { return error(404, "Employee not found") };
        let asked = names(call.query("fields").unwrap_or("firstName,lastName"));
        if asked.len() > FIELDS_MAX {
            return error(400, "Too many fields");
        }
        if !Self::shows_record(&employee.person) {
            return error(403, "Insufficient Permissions to view this employee");
        }
        Answer::json(200, self.record(employee, &asked))
    }

    fn list(&self, call: &Call, quirk: Option<Quirk>) -> Answer {
        let larger = self.settings.switches.larger_pages;
        let (usual, most) = if larger { (250, 2_500) } else { (50, 100) };
        let limit = match call.query("page[limit]").map_or(Ok(usual), str::parse::<usize>) {
            Ok(limit) if (1..=most).contains(&limit) => limit,
            _ => return error(400, "Invalid page limit"),
        };
        let at = match call.query("page[after]").map_or(Some(0), place_of) {
            Some(at) if quirk != Some(Quirk::RepeatPages) => at,
            Some(_) => 0,
            None => return error(400, "Invalid cursor"),
        };
        let more = names(call.query("fields").unwrap_or_default());
        // Filtering by what the key may not see drops people (doc).
        let chosen: Vec<&Employee> = match (call.query("filter[status]"), call.query("filter[ids]")) {
            (None, None) => self.employees.iter().collect(),
            (status, ids) => {
                let ids = ids.map(names);
                let by_status = |one: &Employee| {
                    status.is_none_or(|status| self.shows(&one.person, "status") && self.status(&one.person) == status)
                };
                let by_id = |one: &Employee| ids.as_ref().is_none_or(|ids| ids.contains(&one.id.to_string()));
                self.employees.iter().filter(|one| by_status(one) && by_id(one)).collect()
            }
        };
        let chosen = if quirk == Some(Quirk::EmptyList) { Vec::new() } else { chosen };
        let total = chosen.len();
        let mut data: Vec<Value> = chosen.into_iter().skip(at).take(limit).map(|one| self.item(one, &more)).collect();
        match quirk {
            Some(Quirk::MissingRows) => _ = data.pop(),
            Some(Quirk::DuplicateRows) if at + limit >= total => data.extend(data.last().cloned()),
            _ => {}
        }
        let next = (at + limit < total).then(|| cursor(at + limit));
        let previous = (at > 0).then(|| cursor(at.saturating_sub(limit)));
        let link =
            |cursor: &Option<String>| cursor.as_ref().map(|cursor| format!("{}?page[after]={cursor}", call.path));
        let links = json!({"self": call.path, "next": link(&next), "prev": link(&previous)});
        let page = json!({"limit": limit, "nextCursor": next, "prevCursor": previous});
        let mut body = json!({"data": data, "meta": {"total": total, "page": page}});
        body[if larger { "_links" } else { "links" }] = links;
        Answer::json(200, body)
    }

    /// The report, with its traps (doc).
    fn report(&self, call: &Call, quirk: Option<Quirk>) -> Answer {
        if call.header("content-type") != Some("application/json") {
            return error(400, "Malformed XML");
        }
        let is_json = call.query("format").is_some_and(|format| format.eq_ignore_ascii_case("json"));
        match (call.query("format"), call.header("accept")) {
            (Some(_), _) if is_json => {}
            (Some(_), _) => return error(400, "Invalid format"),
            (None, Some("application/json")) => {}
            (None, _) => return error(404, "Not found"),
        }
        let Ok(Value::Object(body)) = serde_json::from_slice::<Value>(&call.body) else {
            return error(400, "Malformed JSON");
        };
        let texts = |value: Option<&Value>| -> Vec<String> {
            let all = value.and_then(Value::as_array).into_iter().flatten();
            all.map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned)).collect()
        };
        let asked = texts(body.get("fields"));
        if asked.is_empty() {
            return error(400, "No fields were given");
        }
        let only_current = call.query("onlyCurrent").is_some_and(|flag| flag == "true" || flag == "1");
        let filters = body.get("filters").and_then(Value::as_object).cloned().unwrap_or_default();
        let ids = filters.get("employeeIds").map(|ids| texts(Some(ids)));
        let chosen = self.employees.iter().filter(|one| {
            let person = &one.person;
            Self::shows_record(person)
                && !(only_current && self.is_future(person))
                && ids.as_ref().is_none_or(|ids| ids.contains(&one.id.to_string()))
                && self.changed_after(one, &filters)
        });
        let mut rows: Vec<Value> = chosen.map(|one| self.record(one, &asked)).collect();
        match quirk {
            Some(Quirk::EmptyList) => rows.clear(),
            Some(Quirk::MissingRows) => _ = rows.pop(),
            Some(Quirk::DuplicateRows) => rows.extend(rows.last().cloned()),
            _ => {}
        }
        let title = body.get("title").cloned().unwrap_or_else(|| json!("Report"));
        Answer::json(200, json!({"title": title, "fields": self.heads(&asked), "employees": rows}))
    }

    fn changed_after(&self, employee: &Employee, filters: &Map<String, Value>) -> bool {
        let value = filters.get("lastChanged").and_then(|filter| filter["value"].as_str());
        let since = value.and_then(|text| text.parse::<jiff::Timestamp>().ok());
        since.is_none_or(|since| employee.changed() >= since)
    }

    fn changed(&self, call: &Call) -> Answer {
        let Some(since) = call.query("since").and_then(|text| text.parse::<jiff::Timestamp>().ok()) else {
            return error(400, "Invalid since");
        };
        let kind = call.query("type");
        if kind.is_some_and(|kind| !matches!(kind, "inserted" | "updated" | "deleted")) {
            return error(400, "Invalid type");
        }
        let living = self.employees.iter().map(|one| (one.id, one.action, one.changed()));
        let gone = self.deleted.iter().map(|(id, at)| (*id, "Deleted", *at));
        let mut people = Map::new();
        let mut latest = since;
        for (id, action, at) in living.chain(gone).filter(|(.., at)| *at >= since) {
            latest = latest.max(at);
            if kind.is_none_or(|kind| action.eq_ignore_ascii_case(kind)) {
                let row = json!({"id": id.to_string(), "action": action, "lastChanged": written(at)});
                people.insert(id.to_string(), row);
            }
        }
        Answer::json(200, json!({"latest": written(latest), "employees": people}))
    }
}

/// `2026-01-09T08:30:12+00:00`.
fn written(at: jiff::Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string()
}

/// Names with commas between.
fn names(text: &str) -> Vec<String> {
    text.split(',').map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect()
}

/// An opaque mark of a place in the list.
fn cursor(at: usize) -> String {
    STANDARD.encode(format!("after:{at}"))
}

fn place_of(cursor: &str) -> Option<usize> {
    let text = String::from_utf8(STANDARD.decode(cursor).ok()?).ok()?;
    text.strip_prefix("after:")?.parse().ok()
}

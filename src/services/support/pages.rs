//! What stands in a support bundle, page by page. People are pseudonyms already when a page is made; every text goes through
//! [`Scrub`] before it is written.

use super::super::doctor::Check;
use super::super::error::ServiceError;
use super::pseudonyms::{Aliases, Scrub};
use crate::domain::connection::{Connection, Endpoint};
use crate::domain::field::Field;
use crate::domain::ids::{ConnectionId, EmployeeId};
use crate::domain::inert;
use crate::domain::person::{Employee, Person, User};
use crate::domain::problem::Problem;
use crate::domain::run::{RunTotals, Scope};
use crate::domain::secret::SecretRef;
use crate::domain::settings::Settings;
use crate::engine::Engine;
use crate::store::views::{FeedEdge, FeedFilter, Overview};
use crate::store::{RunRow, Salvage, StoreError};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// The newest runs of each tenant.
const RUNS: u32 = 20;
/// The newest lines of each tenant's feed log.
const FEED: u32 = 2_000;
/// People held by the newest plan.
const HELD: usize = 1_000;

/// Parameters of endpoints whose values tell nothing of the customer.
const PLAIN_PARAMETERS: [&str; 10] = [
    "transport",
    "requests_per_second",
    "read_details",
    "invitations",
    "deactivation",
    "form",
    "auth",
    "job_title_field",
    "columns",
    "branch_from",
];

/// Whether the value of a parameter may be seen: one of few that every customer has, never an address or an id.
pub fn is_plain_parameter(name: &str, value: &str) -> bool {
    PLAIN_PARAMETERS.contains(&name) || ["true", "false", ""].contains(&value)
}

const README: &str = "\
This is a support bundle of Onroll. It is meant to be sent to somebody who helps.

IN IT
  about.json             program, system, settings of the program, what `onroll doctor` says, counts of the workspace
  tenants/T/tenant.json  vendors, status, settings, field map, schedule, counts, who is held by which code (pseudonyms)
  tenants/T/runs.json    the last 20 runs: what set them off, how they ended, figures, phases, problems
  tenants/T/feed.jsonl   the last 2,000 lines of the feed log
  logs/*.log             the log files, the last 2 MB of each, of all tenants of this machine

NOT IN IT
  Credentials, wherever they are kept; e-mail addresses, birth dates, phone numbers, postal addresses; names of people, ids and
  identifiers; records as a source or destination delivered them, requests and answers, plans, mapping tables, notes,
  reasons, the audit; addresses and account ids of vendors; names of operators, of this machine and of its folders.

PSEUDONYMS
  `person-3f9a2c1b` is one human: the same everywhere in this bundle, as employee and as linked user. The key by which they were
  made was thrown away when the bundle was written; the next bundle has others. Who it is can be found by whoever has the
  workspace: by run, time and text of a line.
  Also replaced: values of branches, departments, job titles and custom fields (`value-…`), what stands in quotation marks in the
  words of a vendor (<quoted>), days (<day>), numbers of six digits and more (<number>), web addresses (<url>), what looks like a
  key (<token>). People are looked for by what the last pull of both sides holds. Of somebody who is in neither any more, a free
  text of a vendor without quotation marks could still hold a name: look through feed.jsonl before you send it.
";

/// A file of the bundle, before it is scrubbed.
enum Page {
    Json(Value),
    /// An object to a line.
    Lines(Vec<Value>),
    Text(String),
}

/// The pages of one bundle.
pub struct Pages {
    engine: Engine,
    aliases: Aliases,
    names: bool,
    pages: Vec<(String, Page)>,
}

/// The people of a tenant, and under which pseudonym each goes.
pub struct People {
    connection: ConnectionId,
    aliases: Aliases,
    employees: Vec<Employee>,
    users: Vec<User>,
    /// The employee to whom a user is tied.
    tied: BTreeMap<String, EmployeeId>,
    accounts: Vec<String>,
}

impl People {
    fn employee(&self, id: &EmployeeId) -> String {
        person(&self.aliases, self.connection, id.as_str())
    }

    fn user(&self, user: &User) -> String {
        match self.tied.get(user.id.as_str()) {
            Some(employee) => self.employee(employee),
            None => self.aliases.of("user", &format!("{}/{}", self.connection.0, user.id)),
        }
    }

    /// Hides everything that tells who they are.
    pub fn hide(&self, scrub: &mut Scrub) {
        for employee in &self.employees {
            let alias = self.employee(&employee.id);
            scrub.hide(employee.id.as_str(), &alias);
            scrub.hide(employee.identifier.as_str(), &alias);
            hide_person(scrub, &self.aliases, &employee.person, &alias);
        }
        for user in &self.users {
            let alias = self.user(user);
            scrub.hide(user.id.as_str(), &alias);
            user.identifier.iter().for_each(|identifier| scrub.hide(identifier.as_str(), &alias));
            hide_person(scrub, &self.aliases, &user.person, &alias);
        }
        for account in &self.accounts {
            scrub.hide(account, &self.aliases.of("parameter", account));
        }
    }
}

fn person(aliases: &Aliases, connection: ConnectionId, employee: &str) -> String {
    aliases.of("person", &format!("{}/{employee}", connection.0))
}

fn hide_person(scrub: &mut Scrub, aliases: &Aliases, person: &Person, alias: &str) {
    let names = [Field::FirstName, Field::KnownAs, Field::LastName].map(|field| person.text(field));
    for name in names.into_iter().flatten() {
        scrub.hide_name(name);
    }
    let [first, known_as, last] = names;
    for given in [first, known_as].into_iter().flatten() {
        if let Some(last) = last {
            scrub.hide(&format!("{given} {last}"), alias);
            scrub.hide(&format!("{last} {given}"), alias);
        }
    }
    if let Some(email) = person.text(Field::Email) {
        scrub.hide_email(email, alias);
    }
    for (field, kind) in [
        (Field::Phone, "text"),
        (Field::Address, "address"),
        (Field::Postcode, "address"),
        (Field::JobTitle, "value"),
        (Field::Branch, "value"),
        (Field::Department, "value"),
    ] {
        if let Some(value) = person.text(field) {
            scrub.hide(value, &aliases.of(kind, value));
        }
    }
    for value in person.custom.values().chain(person.lists.values()) {
        scrub.hide(value, &aliases.of("value", value));
    }
    for day in [person.date_of_birth, person.start_date, person.end_date].into_iter().flatten() {
        scrub.hide(&day.to_string(), "<day>");
    }
}

impl Pages {
    pub fn new(engine: &Engine, aliases: Aliases, names: bool) -> Self {
        let pages = vec![("README.txt".to_owned(), Page::Text(README.to_owned()))];
        Self { engine: engine.clone(), aliases, names, pages }
    }

    fn tenant_alias(&self, connection: &Connection) -> String {
        if self.names { connection.short_name.clone() } else { self.aliases.of("tenant", &connection.short_name) }
    }

    /// The program, its surroundings, the workspace as a whole.
    pub async fn about(&mut self, config: &Value, checks: &[Check]) -> Result<(), ServiceError> {
        let store = &self.engine.store;
        let counted = store.counted().await?;
        let schedules = store.schedule_desk().await?;
        let size = std::fs::metadata(store.path()).map(|file| file.len()).unwrap_or_default();
        let checks: Vec<Value> =
            checks.iter().map(|one| json!({ "check": one.name, "ok": one.good, "detail": one.detail })).collect();
        let about = json!({
            "program": { "name": "onroll", "version": env!("CARGO_PKG_VERSION") },
            "system": { "os": std::env::consts::OS, "architecture": std::env::consts::ARCH },
            "made_at": self.engine.clock.now(),
            "config": config,
            "doctor": checks,
            "workspace": {
                "file_bytes": size,
                "tenants": counted.tenants.len(),
                "webhook_deliveries": counted.deliveries,
                "report_mails": counted.reports,
                "schedules_paused": schedules.paused.is_some(),
                "watchers": schedules.watchers.len(),
            },
        });
        self.pages.push(("about.json".to_owned(), Page::Json(about)));
        Ok(())
    }

    /// One tenant: how it is set up, how it stands, what it did.
    pub async fn tenant(&mut self, salvage: &Salvage) -> Result<(), ServiceError> {
        let connection = &salvage.connection;
        let folder = format!("tenants/{}", self.tenant_alias(connection));
        let lost: Vec<Value> = salvage.lost.iter().map(|lost| json!({ "what": lost.what, "why": lost.why })).collect();
        let mut page = json!({
            "tenant": self.tenant_alias(connection),
            "status": connection.status.key(),
            "time_zone": connection.time_zone,
            "source": endpoint(&connection.source),
            "destination": endpoint(&connection.destination),
            "settings": self.settings(&connection.settings)?,
            "broken": lost,
        });
        if salvage.is_sound() {
            page["schedule"] = self.schedule(connection).await?;
            match self.engine.store.overview(connection.id).await {
                Ok(overview) => page["counts"] = counts(&overview),
                Err(error @ StoreError::Unreadable { .. }) => {
                    page["counts"] = json!({ "unreadable": error.to_string() })
                }
                Err(error) => return Err(error.into()),
            }
            page["held"] = self.held(connection).await?;
        }
        self.pages.push((format!("{folder}/tenant.json"), Page::Json(page)));
        let runs = self.runs(connection).await?;
        self.pages.push((format!("{folder}/runs.json"), Page::Json(runs)));
        let feed = self.feed(connection).await?;
        self.pages.push((format!("{folder}/feed.jsonl"), Page::Lines(feed)));
        Ok(())
    }

    fn settings(&self, settings: &Settings) -> Result<Value, ServiceError> {
        let mut shown = serde_json::to_value(settings).map_err(|error| ServiceError::Setting(error.to_string()))?;
        shown["report_recipients"] = json!(settings.report_recipients.len());
        let value = |text: &String| self.aliases.of("value", text);
        shown["departments"] = settings.departments.iter().map(value).collect();
        let words = settings.status_map.iter().map(|(word, meaning)| (value(word), json!(meaning)));
        shown["status_map"] = Value::Object(words.collect::<Map<String, Value>>());
        Ok(shown)
    }

    async fn schedule(&self, connection: &Connection) -> Result<Value, ServiceError> {
        let standing = self.engine.schedule_of(connection).await?;
        Ok(json!({
            "schedule": connection.settings.schedule.to_string(),
            "next": standing.next.map(|slot| slot.at),
            "due": standing.due,
            "skipped": standing.skipped_by.is_some(),
            "waits": standing.waits.as_ref().map(crate::engine::schedule::Waits::key),
            "last": standing.kept.last.as_ref().map(|slot| json!({
                "slot": slot.slot, "state": slot.state.key(), "run": slot.run, "note": slot.note,
            })),
        }))
    }

    async fn held(&self, connection: &Connection) -> Result<Value, ServiceError> {
        let Some(head) = self.engine.store.latest_plan(connection.id).await? else { return Ok(json!([])) };
        let plan = match self.engine.store.plan(head.id).await {
            Err(StoreError::Unreadable { .. } | StoreError::Missing { .. }) => return Ok(json!("unreadable")),
            plan => plan?,
        };
        let held = plan.holds.iter().take(HELD).map(|hold| {
            let beside: Vec<String> =
                hold.others.iter().map(|other| person(&self.aliases, connection.id, other.as_str())).collect();
            json!({
                "person": person(&self.aliases, connection.id, hold.employee.as_str()),
                "code": hold.code.key(), "kind": hold.code.kind().key(), "field": hold.field,
                "candidates": hold.candidates.len(), "others": beside,
            })
        });
        Ok(held.collect())
    }

    async fn runs(&self, connection: &Connection) -> Result<Value, ServiceError> {
        let mut shown = Vec::new();
        for run in self.engine.store.runs(Some(connection.id), RUNS).await? {
            let phases = self.engine.store.phases(run.id).await?.into_iter().map(|phase| {
                json!({ "phase": phase.phase.key(), "done": phase.done, "total": phase.total,
                        "started": phase.started, "ended": phase.ended })
            });
            let phases: Vec<Value> = phases.collect();
            shown.push(self.run(&run, phases));
        }
        Ok(json!(shown))
    }

    fn run(&self, run: &RunRow, phases: Vec<Value>) -> Value {
        let (scope, people) = match &run.job.scope {
            Scope::Everybody => ("everybody", None),
            Scope::Changed => ("changed", None),
            Scope::People(people) => ("people", Some(people.len())),
        };
        json!({
            "run": run.id, "purpose": run.purpose.key(), "trigger": run.job.trigger.key(), "scope": scope,
            "people": people,
            "undoes": run.job.undoes, "by": self.aliases.of("operator", &run.by),
            "started": run.started, "ended": run.ended, "outcome": run.outcome.key(),
            "totals": totals(&run.totals), "problem": run.problem.as_ref().map(problem), "phases": phases,
        })
    }

    async fn feed(&self, connection: &Connection) -> Result<Vec<Value>, ServiceError> {
        let rows = self.engine.store.feed_window(connection.id, FeedFilter::default(), FeedEdge::Newest, FEED).await?;
        let lines = rows.into_iter().rev().map(|row| {
            let line = row.line;
            let who = line.employee.map(|employee| person(&self.aliases, connection.id, employee.as_str()));
            json!({
                "at": line.at, "level": line.level.key(), "run": line.run, "phase": line.phase.map(|phase| phase.key()),
                "person": who, "what": line.what, "text": line.text,
            })
        });
        Ok(lines.collect())
    }

    /// The log files, by name.
    pub fn logs(&mut self, logs: Vec<(String, String)>) {
        self.pages.extend(logs.into_iter().map(|(name, text)| (format!("logs/{name}"), Page::Text(text))));
    }

    /// The people of a tenant, as the last pulls have them.
    pub async fn people(&self, connection: &Connection) -> Result<People, ServiceError> {
        let store = &self.engine.store;
        let links = store.links(connection.id).await?;
        let tied = links.into_iter().map(|link| (link.user.to_string(), link.employee));
        let source = store.source_facts(connection.id).await?.map(|facts| vec![facts.account, facts.account_id]);
        Ok(People {
            connection: connection.id,
            aliases: self.aliases.clone(),
            employees: store.employees(connection.id).await?,
            users: store.users(connection.id).await?,
            tied: tied.collect(),
            accounts: source.into_iter().flatten().collect(),
        })
    }

    /// Every text of every page, as it is before it is scrubbed.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        let mut found = Vec::new();
        for (_, page) in &self.pages {
            match page {
                Page::Json(value) => texts_of(value, &mut found),
                Page::Lines(lines) => lines.iter().for_each(|line| texts_of(line, &mut found)),
                Page::Text(text) => found.push(text.as_str()),
            }
        }
        found.into_iter()
    }

    /// The files, with nobody in them.
    pub fn files(self, scrub: &Scrub) -> Vec<(String, Vec<u8>)> {
        let files = self.pages.into_iter().map(|(name, page)| {
            let text = match page {
                // It is the program's own, and nobody is in it.
                Page::Text(text) if name == "README.txt" => text,
                Page::Text(text) => text.lines().map(|line| log_line(line, scrub) + "\n").collect(),
                Page::Json(value) => ascii_where_it_acts(&format!("{:#}\n", scrubbed(value, scrub))),
                Page::Lines(lines) => {
                    lines.into_iter().map(|line| ascii_where_it_acts(&format!("{}\n", scrubbed(line, scrub)))).collect()
                }
            };
            (name, text.into_bytes())
        });
        files.collect()
    }
}

fn texts_of<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(values) => values.iter().for_each(|value| texts_of(value, found)),
        Value::Object(object) => object.values().for_each(|value| texts_of(value, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn scrubbed(value: Value, scrub: &Scrub) -> Value {
    match value {
        Value::String(text) => Value::String(scrub.text(&text)),
        Value::Array(values) => values.into_iter().map(|value| scrubbed(value, scrub)).collect(),
        Value::Object(object) => {
            Value::Object(object.into_iter().map(|(key, value)| (key, scrubbed(value, scrub))).collect())
        }
        other => other,
    }
}

/// JSON in which nothing acts on what shows it: line ends stand only between its parts.
fn ascii_where_it_acts(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if c == '\n' || !inert::is_dangerous(c) {
            out.push(c);
        } else {
            let mut units = [0; 2];
            out.extend(c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04X}")));
        }
    }
    out
}

/// A line of a log: an object, or text.
fn log_line(line: &str, scrub: &Scrub) -> String {
    match serde_json::from_str::<Value>(line) {
        Ok(event @ Value::Object(_)) => ascii_where_it_acts(&scrubbed(event, scrub).to_string()),
        _ => inert::escaped(&scrub.text(line)).into_owned(),
    }
}

/// An end of a connection: which vendor, and what is set.
fn endpoint(endpoint: &Endpoint) -> Value {
    let parameters = endpoint.parameters.iter().map(|(name, value)| {
        let shown = if is_plain_parameter(name, value) { value.as_str() } else { "set" };
        (name.clone(), json!(shown))
    });
    let secrets = endpoint.secrets.iter().map(|(name, reference)| {
        let place = match reference {
            SecretRef::Env(_) => "environment",
            SecretRef::File(_) => "file",
            SecretRef::Sealed(_) => "sealed file",
            SecretRef::Keyring(_) => "keyring",
        };
        (name.clone(), json!(place))
    });
    json!({
        "vendor": endpoint.vendor,
        "parameters": parameters.collect::<Map<String, Value>>(),
        "credentials": secrets.collect::<Map<String, Value>>(),
    })
}

fn totals(totals: &RunTotals) -> Value {
    json!({
        "written": totals.written, "already": totals.already, "confirmed": totals.confirmed, "failed": totals.failed,
        "unknown": totals.unknown, "skipped": totals.skipped(), "parked": totals.parked, "pending": totals.pending,
        "held": totals.held, "mails": totals.mails,
    })
}

fn problem(problem: &Problem) -> Value {
    json!({ "kind": problem.kind, "code": problem.code, "what": problem.what, "why": problem.why })
}

fn counts(overview: &Overview) -> Value {
    let pull = |heads: &[crate::store::SnapshotHead]| -> Vec<Value> {
        let shown = heads.iter().map(|head| {
            json!({ "records": head.records, "people": head.people, "begun": head.begun_at, "finished": head.finished_at })
        });
        shown.collect()
    };
    let links: Map<String, Value> =
        overview.links.iter().map(|(origin, count)| (origin.key().to_owned(), json!(count))).collect();
    let rulings: Map<String, Value> =
        overview.rulings.iter().map(|(word, count)| (word.clone(), json!(count))).collect();
    let holds = overview
        .holds
        .iter()
        .map(|hold| json!({ "code": hold.code.key(), "field": hold.field, "people": hold.people }));
    let open = overview
        .open_values
        .iter()
        .map(|open| json!({ "list": open.list.key(), "values": open.values, "people": open.people }));
    let plan = overview.plan.as_ref().map(|head| {
        json!({
            "plan": head.id, "made_at": head.made_at, "operations": head.operations, "people": head.people,
            "blocked": head.blocked, "review": head.review, "ruled": head.ruled, "first_import": head.first_import,
            "unmapped_values": head.unmapped_values, "approved": head.approval.is_some(),
            "past_limit": head.limits.iter().any(crate::domain::plan::LimitCheck::is_exceeded),
        })
    });
    json!({
        "source_pulls": pull(&overview.source_pulls), "destination_pulls": pull(&overview.destination_pulls),
        "links": links, "rulings": rulings, "plan": plan,
        "holds": holds.collect::<Vec<Value>>(), "open_values": open.collect::<Vec<Value>>(),
    })
}

//! Writing learners: `PUT /v1/employees/{identifier}`, `PUT /v1/learners/{id}/identifier`, `POST /v1/feed`.
//!
//! An upsert is first judged without changing anything (a feed's dry run ends there), then applied. On an update,
//! members that the body leaves out stay as they are; null empties one. With the switch `plain_insert` creations do not look
//! for the learner first.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{
    Condition, FEED_MAX, Learner, Site, error, not_found, settings::Parked, settings::Switches, site::settle_status,
};
use crate::{
    call::Answer,
    world::{Mail, Person},
};

/// The longest identifier.
const IDENTIFIER_MAX: usize = 64;

/// A refused upsert.
#[derive(Debug)]
struct Refused {
    status: u16,
    code: &'static str,
    message: String,
    field: Option<&'static str>,
}

impl Refused {
    fn new(status: u16, code: &'static str, field: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), field: Some(field) }
    }

    fn missing(field: &'static str) -> Self {
        Self::new(422, "MISSING_FIELD", field, format!("{field} is needed."))
    }

    fn json(&self, identifier: &str) -> Value {
        json!({"code": self.code, "message": self.message, "field": self.field, "identifier": identifier})
    }

    fn answer(&self, identifier: &str) -> Answer {
        error(self.status, self.code, &self.message, self.field, Some(identifier))
    }
}

/// What an upsert would do.
#[derive(Debug)]
struct Verdict {
    /// Place of the learner; `None` creates one.
    at: Option<usize>,
    learner: Learner,
    warnings: Vec<(&'static str, String)>,
    /// Options to make first.
    missing: BTreeSet<(&'static str, String)>,
    /// A likely duplicate: nothing is written.
    parked: bool,
}

impl Verdict {
    fn warnings(&self) -> Vec<Value> {
        self.warnings.iter().map(|(code, message)| json!({"code": code, "message": message})).collect()
    }
}

/// A text member of a body; `None` when it is absent, empty when it is null.
fn text<'a>(body: &'a Map<String, Value>, name: &'static str) -> Result<Option<&'a str>, Refused> {
    match body.get(name) {
        None => Ok(None),
        Some(Value::Null) => Ok(Some("")),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Refused::new(422, "MISSING_FIELD", name, format!("{name} must be a text."))),
    }
}

impl Site {
    /// `PUT /v1/employees/{identifier}`.
    pub(super) fn put_employee(
        &mut self,
        identifier: &str,
        body: &Map<String, Value>,
        condition: Condition,
    ) -> Result<Answer, Answer> {
        self.check(identifier, condition)?;
        let inserts = self.inserts() && condition != Condition::Exists;
        let verdict = self.judge(identifier, body, inserts).map_err(|refused| refused.answer(identifier))?;
        let warnings = verdict.warnings();
        let (status, mut out) = if verdict.parked {
            self.park(&verdict.learner);
            // The caller just sees no new learner.
            let mut out = self.learner_json(&verdict.learner);
            out["id"] = Value::Null;
            (200, out)
        } else {
            let status = if verdict.at.is_none() { 201 } else { 200 };
            let at = self.apply(verdict);
            (status, self.learner_json(&self.learners[at]))
        };
        out["warnings"] = json!(warnings);
        Ok(Answer::json(status, out))
    }

    /// `POST /v1/feed`.
    pub(super) fn feed(&mut self, body: &Map<String, Value>) -> Result<Answer, Answer> {
        let dry = body.get("dryRun").and_then(Value::as_bool).unwrap_or(false);
        let rows = body.get("employees").and_then(Value::as_array).cloned();
        let rows = rows.ok_or_else(|| error(422, "MISSING_FIELD", "employees is needed.", Some("employees"), None))?;
        if rows.len() > FEED_MAX {
            return Err(error(
                422,
                "TOO_MANY_EMPLOYEES",
                "A feed takes at most 200 employees.",
                Some("employees"),
                None,
            ));
        }
        let results: Vec<Value> = rows.iter().map(|row| self.feed_row(row, dry)).collect();
        Ok(Answer::json(200, json!({"results": results})))
    }

    fn feed_row(&mut self, row: &Value, dry: bool) -> Value {
        let empty = Map::new();
        let body = row.as_object().unwrap_or(&empty);
        let identifier = body.get("identifier").and_then(Value::as_str).unwrap_or_default();
        let result = |outcome: &str, errors: Vec<Value>, warnings: Vec<Value>| json!({"identifier": identifier, "outcome": outcome, "errors": errors, "warnings": warnings});
        let verdict = match self.judge(identifier, body, self.inserts()) {
            Ok(verdict) => verdict,
            Err(refused) => return result("rejected", vec![refused.json(identifier)], Vec::new()),
        };
        let warnings = verdict.warnings();
        let outcome = match verdict.at {
            _ if verdict.parked => "unchanged",
            None => "created",
            Some(at) if self.learners[at] == verdict.learner => "unchanged",
            Some(_) => "updated",
        };
        match (dry, verdict.parked) {
            (true, _) => {}
            (false, true) => self.park(&verdict.learner),
            (false, false) => {
                self.apply(verdict);
            }
        }
        result(outcome, Vec::new(), warnings)
    }

    /// `PUT /v1/learners/{id}/identifier`; null takes the identifier away.
    pub(super) fn put_identifier(&mut self, id: &str, body: &Map<String, Value>) -> Result<Answer, Answer> {
        let at = id.parse().ok().and_then(|number| self.place_of_number(number)).ok_or_else(not_found)?;
        let identifier = match body.get("identifier") {
            Some(Value::Null) => "",
            Some(Value::String(text)) if text.trim().is_empty() => "",
            Some(Value::String(text)) if text.chars().count() <= IDENTIFIER_MAX => text,
            _ => return Err(Refused::missing("identifier").answer("")),
        };
        if !identifier.is_empty() && self.place_of(identifier).is_some_and(|other| other != at) {
            let message = "Another learner holds this identifier.";
            return Err(error(409, "IDENTIFIER_IN_USE", message, Some("identifier"), Some(identifier)));
        }
        let mut learner = self.learners[at].clone();
        learner.person.identifier = identifier.to_owned();
        let at = self.write(Some(at), learner);
        Ok(Answer::json(200, self.learner_json(&self.learners[at])))
    }

    /// Whether a creation looks at nobody who is there.
    fn inserts(&self) -> bool {
        self.settings.switches.plain_insert == Some(true)
    }

    fn check(&self, identifier: &str, condition: Condition) -> Result<(), Answer> {
        let message = match (condition, self.place_of(identifier)) {
            _ if !self.settings.switches.preconditions => return Ok(()),
            (Condition::Exists, None) => "Nobody has this identifier.",
            (Condition::IsNew, Some(_)) => "Another learner holds this identifier.",
            _ => return Ok(()),
        };
        Err(error(412, "PRECONDITION_FAILED", message, Some("identifier"), Some(identifier)))
    }

    /// `inserts` makes a new learner whoever is there.
    fn judge(&self, identifier: &str, body: &Map<String, Value>, inserts: bool) -> Result<Verdict, Refused> {
        if identifier.trim().is_empty() || identifier.chars().count() > IDENTIFIER_MAX {
            return Err(Refused::new(422, "MISSING_FIELD", "identifier", "An identifier has 1 to 64 characters."));
        }
        let at = self.place_of(identifier).filter(|_| !inserts);
        let learner = at.map_or_else(|| blank(identifier), |at| self.learners[at].clone());
        let mut verdict = Verdict { at, learner, warnings: Vec::new(), missing: BTreeSet::new(), parked: false };
        set_texts(&mut verdict.learner, body)?;
        set_dates(&mut verdict.learner.person, body)?;
        self.set_options(&mut verdict, body)?;
        self.set_status(&mut verdict.learner.person, body)?;
        if !inserts {
            self.check_email(&verdict)?;
        }
        if verdict.at.is_none() && self.settings.switches.possible_duplicate_rule && self.looks_known(&verdict.learner)
        {
            verdict.parked = true;
            verdict.warnings.push(("POSSIBLE_DUPLICATE", "A learner with that name and birth date exists.".into()));
        }
        Ok(verdict)
    }

    fn set_options(&self, verdict: &mut Verdict, body: &Map<String, Value>) -> Result<(), Refused> {
        let Switches { auto_create_structure: auto, .. } = self.settings.switches;
        let is_new = verdict.at.is_none();
        let known = |verdict: &mut Verdict, list: &'static str, value: &str| {
            let known = self.offers(list, value);
            if !known && auto {
                verdict.missing.insert((list, value.to_owned()));
            }
            known || auto
        };
        match text(body, "branchCode")? {
            Some(code) if !code.trim().is_empty() => {
                if !known(verdict, "branches", code) {
                    return Err(Refused::new(
                        422,
                        "BRANCH_UNKNOWN",
                        "branchCode",
                        format!("There is no branch {code}."),
                    ));
                }
                verdict.learner.branch_code = code.to_owned();
            }
            Some(_) => return Err(Refused::missing("branchCode")),
            None if is_new => return Err(Refused::missing("branchCode")),
            None => {}
        }
        match text(body, "jobTitle")? {
            Some(title) if !title.trim().is_empty() => {
                if !known(verdict, "job-titles", title) {
                    return Err(Refused::new(
                        422,
                        "JOB_TITLE_UNKNOWN",
                        "jobTitle",
                        format!("There is no job title {title}."),
                    ));
                }
                verdict.learner.person.job_title = title.to_owned();
            }
            Some(_) => return Err(Refused::missing("jobTitle")),
            None if is_new => return Err(Refused::missing("jobTitle")),
            None => {}
        }
        if let Some(department) = text(body, "departmentName")? {
            verdict.learner.person.department = department.to_owned();
            if !department.is_empty() && !known(verdict, "departments", department) {
                verdict.learner.person.department.clear();
                verdict.warnings.push(("DEPARTMENT_UNKNOWN", format!("There is no department {department}.")));
            }
        }
        Ok(())
    }

    fn set_status(&self, person: &mut Person, body: &Map<String, Value>) -> Result<(), Refused> {
        match text(body, "status")? {
            None | Some("") => {}
            Some(status @ ("active" | "inactive")) => person.status = status.to_owned(),
            Some(_) => return Err(Refused::new(422, "INVALID_STATUS", "status", "status is active or inactive.")),
        }
        settle_status(person, self.setup.today);
        Ok(())
    }

    fn check_email(&self, verdict: &Verdict) -> Result<(), Refused> {
        let person = &verdict.learner.person;
        let before = verdict.at.map(|at| &self.learners[at]);
        let same = |learner: &&Learner| {
            super::learner::email_key(&learner.person.email) == super::learner::email_key(&person.email)
        };
        let changed = before.filter(same).is_none();
        let comes_back = before.is_some_and(Learner::is_inactive);
        if changed && self.settings.switches.unverified_emails && before.is_some_and(|before| !before.verified) {
            let message = "The learner has not verified the account; its e-mail cannot be changed.";
            return Err(Refused::new(409, "EMAIL_UNVERIFIED", "email", message));
        }
        let counts = (changed || comes_back) && !verdict.learner.is_inactive() && !person.email.is_empty();
        if counts && self.email_in_use(&person.email, verdict.at) {
            return Err(Refused::new(409, "EMAIL_IN_USE", "email", "Another active learner has this e-mail."));
        }
        Ok(())
    }

    fn looks_known(&self, learner: &Learner) -> bool {
        let key = |person: &Person| {
            let name = format!("{}\u{1f}{}", person.first_name.trim(), person.last_name.trim()).to_lowercase();
            (name, person.date_of_birth.clone())
        };
        !learner.person.date_of_birth.is_empty()
            && self.learners.iter().any(|other| key(&other.person) == key(&learner.person))
    }

    /// Puts a record on the page of possible duplicates, or counts that it came again.
    fn park(&mut self, learner: &Learner) {
        let person = &learner.person;
        match self.settings.parked.iter_mut().find(|known| known.identifier == person.identifier) {
            Some(known) => known.times += 1,
            None => self.settings.parked.push(Parked {
                identifier: person.identifier.clone(),
                first_name: person.first_name.clone(),
                last_name: person.last_name.clone(),
                times: 1,
            }),
        }
    }

    /// Writes what was judged; a new active learner with an address is welcomed once.
    fn apply(&mut self, verdict: Verdict) -> usize {
        let Verdict { at, mut learner, missing, .. } = verdict;
        self.create_missing(missing);
        if at.is_none() {
            learner.number = self.take_number();
            learner.person.id = learner.number.to_string();
            if self.settings.switches.welcome_mail && learner.is_active() && !learner.person.email.is_empty() {
                learner.person.invited = true;
                self.mails.push(Mail {
                    to: learner.person.email.clone(),
                    kind: "welcome".into(),
                    user: learner.person.id.clone(),
                    identifier: learner.person.identifier.clone(),
                });
            }
        }
        self.write(at, learner)
    }
}

fn blank(identifier: &str) -> Learner {
    let person = Person { identifier: identifier.to_owned(), status: "active".into(), ..Person::default() };
    Learner { person, number: 0, branch_code: String::new(), user_profile: "Employee".into(), verified: false }
}

fn set_texts(learner: &mut Learner, body: &Map<String, Value>) -> Result<(), Refused> {
    let person = &mut learner.person;
    for (name, slot) in [("firstName", &mut person.first_name), ("lastName", &mut person.last_name)] {
        if let Some(value) = text(body, name)? {
            *slot = value.to_owned();
        }
        if slot.trim().is_empty() && (learner.number == 0 || body.contains_key(name)) {
            return Err(Refused::missing(name));
        }
    }
    if let Some(email) = text(body, "email")? {
        person.email = email.to_owned();
    }
    if let Some(profile) = text(body, "userProfile")? {
        learner.user_profile = if profile.is_empty() { "Employee".into() } else { profile.to_owned() };
    }
    Ok(())
}

fn set_dates(person: &mut Person, body: &Map<String, Value>) -> Result<(), Refused> {
    for (name, slot) in [
        ("dateOfBirth", &mut person.date_of_birth),
        ("startDate", &mut person.start_date),
        ("endDate", &mut person.end_date),
    ] {
        if let Some(value) = text(body, name)? {
            let whole = value.len() == 10 && value.parse::<jiff::civil::Date>().is_ok();
            if !whole && !value.is_empty() {
                return Err(Refused::new(422, "INVALID_DATE", name, format!("{name} must be YYYY-MM-DD.")));
            }
            *slot = value.to_owned();
        }
    }
    Ok(())
}

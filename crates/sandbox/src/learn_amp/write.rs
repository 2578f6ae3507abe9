//! Writing users. A creation is an insert; that an external id and an e-mail are nobody else's is checked, all else is as it
//! comes. Members that a body leaves out stay as they are.

use serde_json::{Value, json};

use super::{
    Faults,
    account::{ACTIVE, Account, INACTIVE, User, member},
    body::Body,
    error, not_found,
};
use crate::{
    call::Answer,
    world::{Mail, Person},
};

const ROLES: [&str; 6] = ["viewer", "curator", "reporter", "learning_designer", "hr", "admin"];
const LANGUAGES: [&str; 25] = [
    "en", "en-US", "de", "es", "es-CO", "fr", "fr-CA", "it", "nl", "pt-BR", "pl", "ru", "no", "sv", "da", "zh-CN",
    "zh-TW", "ja", "ar", "sk", "ca", "cy", "el", "hu", "pt-PT",
];
const MORE_LANGUAGES: [&str; 2] = ["ro", "tr"];

/// Of each of these pairs a body has one member at most.
const EITHER_OR: [(&str, &str); 3] = [
    ("primaryTeamId", "primaryTeamIntegrationExternalId"),
    ("secondaryTeamIds", "secondaryTeamIntegrationExternalIds"),
    ("managerId", "managerEmail"),
];

const TAKEN: &str = "has already been taken";

impl Account {
    /// `POST /v1/users`.
    pub(super) fn create(&mut self, body: &Body) -> Result<Answer, Answer> {
        let number = self.next_number();
        let person = Person { id: number.to_string(), status: ACTIVE.into(), ..Person::default() };
        let mut user = User { person, number, manager: None };
        self.fill(&mut user, body, None)?;
        let invites = !body.is_true("skipInvitation");
        user.person.invited = invites;
        user.person.own.insert(member::INVITE.into(), json!(if invites { "invite_pending" } else { "not_invited" }));
        if invites {
            self.mail("welcome", &user);
        }
        let at = self.put(None, user);
        Ok(Answer::json(201, self.user_json(&self.users[at], true)))
    }

    /// `PUT /v1/users/…`.
    pub(super) fn update(&mut self, at: Option<usize>, body: &Body) -> Result<Answer, Answer> {
        let at = at.ok_or_else(not_found)?;
        let mut user = self.users[at].clone();
        self.fill(&mut user, body, Some(at))?;
        if let Some(role) = body.filled("occupationRole") {
            if !self.settings.occupation_roles.contains(&role) {
                return Err(error(422, "Occupation role must exist"));
            }
            user.person.own.insert(member::OCCUPATION.into(), json!(role));
        }
        if body.is_true("reactivate") {
            user.person.status = ACTIVE.into();
        }
        let quiet = !self.settings.switches.notify_on_update || body.is_true("skipNotification");
        if !quiet && user != self.users[at] {
            self.mail("notice", &user);
        }
        let at = self.put(Some(at), user);
        Ok(Answer::json(200, self.user_json(&self.users[at], true)))
    }

    /// `PUT /v1/users/{id}/deactivate`, and back.
    pub(super) fn switch(&mut self, at: Option<usize>, on: bool) -> Result<Answer, Answer> {
        let at = at.ok_or_else(not_found)?;
        let mut user = self.users[at].clone();
        user.person.status = if on { ACTIVE } else { INACTIVE }.into();
        self.put(Some(at), user);
        Ok(Answer::empty(204))
    }

    /// `DELETE /v1/users/{id}`.
    pub(super) fn delete(&mut self, at: Option<usize>) -> Result<Answer, Answer> {
        let at = at.ok_or_else(not_found)?;
        let gone = self.users.remove(at).number;
        for user in &mut self.users {
            user.manager = user.manager.filter(|number| *number != gone);
        }
        self.index();
        Ok(Answer::empty(204))
    }

    fn mail(&mut self, kind: &str, user: &User) {
        self.mails.push(Mail {
            to: user.person.email.clone(),
            kind: kind.into(),
            user: user.person.id.clone(),
            identifier: user.person.identifier.clone(),
        });
    }

    /// Puts the members of a body into a user; `at` is who it is already. Nothing is changed where something is wrong.
    fn fill(&self, user: &mut User, body: &Body, at: Option<usize>) -> Result<(), Answer> {
        if let Some((one, other)) = EITHER_OR.into_iter().find(|(one, other)| body.has(one) && body.has(other)) {
            return Err(error(400, &format!("{one}, {other} are mutually exclusive")));
        }
        self.check(body, at)?;
        self.check_unique(body, at)?;
        let person = &mut user.person;
        for (name, slot) in [
            ("email", &mut person.email),
            ("firstName", &mut person.first_name),
            ("lastName", &mut person.last_name),
            ("jobTitle", &mut person.job_title),
            ("location", &mut person.branch),
            ("department", &mut person.department),
            ("hireDate", &mut person.start_date),
            ("integrationExternalId", &mut person.identifier),
        ] {
            if let Some(value) = body.text(name) {
                *slot = value;
            }
        }
        for (name, own) in [("role", member::ROLE), ("language", member::LANGUAGE)] {
            if let Some(value) = body.filled(name) {
                person.own.insert(own.into(), json!(value));
            }
        }
        self.fill_manager(user, body)?;
        self.fill_teams(user, body)?;
        self.fill_custom_fields(user, body)
    }

    fn check(&self, body: &Body, at: Option<usize>) -> Result<(), Answer> {
        let mut faults = Faults::default();
        for name in ["email", "firstName", "lastName"] {
            let needed = at.is_none() || self.settings.switches.update_needs_names;
            match body.text(name) {
                None if needed => faults.add(name, &["is missing", "is empty"]),
                Some(text) if text.trim().is_empty() => faults.add(name, &["is empty"]),
                _ => {}
            }
        }
        let is_known = |value: &String, known: &[&str]| known.contains(&value.as_str());
        if body.filled("role").is_some_and(|role| !is_known(&role, &ROLES)) {
            faults.add("role", &["does not have a valid value"]);
        }
        let language = body.filled("language");
        if language.is_some_and(|language| !is_known(&language, &LANGUAGES) && !is_known(&language, &MORE_LANGUAGES)) {
            faults.add("language", &["does not have a valid value"]);
        }
        if body.filled("hireDate").is_some_and(|day| day.parse::<jiff::civil::Date>().is_err()) {
            faults.add("hireDate", &["is invalid"]);
        }
        faults.settle("")?;
        if body.filled("role").as_deref() == Some("hr") && !self.settings.switches.hr_package {
            return Err(error(422, "The HR role is not available for this company"));
        }
        Ok(())
    }

    fn check_unique(&self, body: &Body, at: Option<usize>) -> Result<(), Answer> {
        let mut faults = Faults::default();
        let other = |place: Option<usize>| place.is_some_and(|place| Some(place) != at);
        if body.filled("integrationExternalId").is_some_and(|id| other(self.place_of(&id))) {
            faults.add("integrationExternalId", &[TAKEN]);
        }
        if body.filled("email").is_some_and(|email| other(self.place_of_email(&email))) {
            faults.add("email", &[TAKEN]);
        }
        faults.settle("Validation failed: ")
    }

    fn fill_manager(&self, user: &mut User, body: &Body) -> Result<(), Answer> {
        if body.has("managerId") {
            user.manager = match body.filled("managerId") {
                None => None,
                Some(_) => Some(self.manager(body)?),
            };
        }
        if let Some(email) = body.filled("managerEmail") {
            // Only among those who are active.
            let found = self.place_of_email(&email).map(|at| &self.users[at]);
            let found = found.filter(|user| user.person.status == ACTIVE);
            user.manager = Some(found.ok_or_else(|| error(400, "Manager could not be found"))?.number);
        }
        Ok(())
    }

    pub(super) fn manager(&self, body: &Body) -> Result<i64, Answer> {
        let known = body.number("managerId").filter(|number| self.place_by_number(*number).is_some());
        known.ok_or_else(|| error(400, "Manager could not be found"))
    }

    fn fill_teams(&self, user: &mut User, body: &Body) -> Result<(), Answer> {
        let by_id = |id: &str| self.settings.teams.iter().find(|team| team.id.to_string() == id);
        let by_external_id = |id: &str| self.settings.teams.iter().find(|team| team.external_id == id);
        let unknown = |name: &str| {
            let mut faults = Faults::default();
            faults.add(name, &["must match an existing team"]);
            faults.settle("").err().unwrap_or_else(not_found)
        };
        for (name, is_own) in [("primaryTeamId", true), ("primaryTeamIntegrationExternalId", false)] {
            let Some(id) = body.text(name) else { continue };
            let team = if is_own { by_id(&id) } else { by_external_id(&id) };
            let team = match team {
                _ if id.is_empty() => Value::Null,
                Some(team) => json!(team.id),
                None => return Err(unknown(name)),
            };
            user.person.own.insert(member::PRIMARY_TEAM.into(), team);
        }
        for (name, is_own) in [("secondaryTeamIds", true), ("secondaryTeamIntegrationExternalIds", false)] {
            let Some(ids) = body.texts(name) else { continue };
            let team = |id: &String| if is_own { by_id(id) } else { by_external_id(id) };
            let teams: Option<Vec<i64>> =
                ids.iter().filter(|id| !id.is_empty()).map(|id| team(id).map(|team| team.id)).collect();
            let teams = teams.ok_or_else(|| unknown(name))?;
            user.person.own.insert(member::SECONDARY_TEAMS.into(), json!(teams));
        }
        Ok(())
    }

    fn fill_custom_fields(&self, user: &mut User, body: &Body) -> Result<(), Answer> {
        if self.settings.switches.no_custom_fields {
            return Ok(());
        }
        let mut held = user.person.own.get(member::CUSTOM).and_then(Value::as_object).cloned().unwrap_or_default();
        let fields = body.objects("customFields");
        if fields.is_empty() {
            return Ok(());
        }
        for field in fields {
            let text = |name: &str| field.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            let (name, value) = (text("name"), text("value"));
            // The same body as for a user who is not there.
            let known = self.settings.custom_fields.iter().find(|known| known.name == name).ok_or_else(not_found)?;
            if !value.is_empty() {
                held.insert(name, json!(value));
            } else if known.mandatory {
                return Err(error(400, &format!("{name} can't be blank")));
            } else {
                held.shift_remove(&name);
            }
        }
        user.person.own.insert(member::CUSTOM.into(), Value::Object(held));
        Ok(())
    }
}

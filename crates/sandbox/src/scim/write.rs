//! Writing users: POST inserts, PUT replaces, PATCH changes, DELETE removes.

use serde_json::{Map, Value, json};

use super::{
    ENTERPRISE, USER,
    account::Account,
    error, not_found, page, patch, resource,
    settings::{OnDuplicate, Patching, UserNames},
};
use crate::call::{Answer, Call};

impl Account {
    /// `POST /Users`.
    pub(super) fn create(&mut self, call: &Call) -> Result<Answer, Answer> {
        let body = self.body(call)?;
        let resource = self.read(&body)?;
        self.unique(&resource, None)?;
        let mut resource = resource;
        resource.entry("active").or_insert(json!(true));
        let at = self.keep(None, resource).ok_or_else(not_found)?;
        if self.settings.switches.empty_created {
            return Ok(Answer::empty(201));
        }
        let user = &self.users[at];
        Ok(self.answer_with(201, user))
    }

    /// `PUT /Users/{id}`: what is left out is lost.
    pub(super) fn put(&mut self, id: &str, call: &Call) -> Result<Answer, Answer> {
        let at = self.place(id).ok_or_else(not_found)?;
        self.if_match(at, call)?;
        let body = self.body(call)?;
        let mut resource = self.read(&body)?;
        self.unique(&resource, Some(at))?;
        resource.entry("active").or_insert(json!(true));
        Ok(self.changed(at, resource))
    }

    /// `PATCH /Users/{id}`.
    pub(super) fn patch(&mut self, id: &str, call: &Call) -> Result<Answer, Answer> {
        match self.settings.switches.patch {
            Patching::Unsupported => return Err(error(501, None, "PATCH is not supported")),
            Patching::MethodNotAllowed => return Err(page(405, "Method Not Allowed")),
            _ => {}
        }
        let at = self.place(id).ok_or_else(not_found)?;
        self.if_match(at, call)?;
        let body = Value::Object(self.body(call)?);
        let mut resource = self.users[at].resource.clone();
        patch::apply(&mut resource, &body, &self.settings.switches)?;
        if self.settings.switches.patch == Patching::Pretends {
            let user = &self.users[at];
            return Ok(self.answer_with(200, user));
        }
        resource::without_dropped(&mut resource, &self.settings.switches);
        self.rewrite(&mut resource);
        self.checked(&resource)?;
        self.unique(&resource, Some(at))?;
        Ok(self.changed(at, resource))
    }

    /// `DELETE /Users/{id}`.
    pub(super) fn delete(&mut self, id: &str) -> Result<Answer, Answer> {
        let at = self.place(id).ok_or_else(not_found)?;
        self.users.remove(at);
        self.index();
        Ok(Answer::empty(204))
    }

    fn changed(&mut self, at: usize, resource: Map<String, Value>) -> Answer {
        let shown = Value::Object(resource::with_schemas(&resource));
        match self.keep(Some(at), resource) {
            Some(at) if !self.settings.switches.empty_answers => {
                let user = &self.users[at];
                self.answer_with(200, user)
            }
            Some(_) => Answer::empty(204),
            // Gone; the answer still shows who it was.
            None if self.settings.switches.empty_answers => Answer::empty(204),
            None => super::scim(200, shown),
        }
    }

    fn body(&self, call: &Call) -> Result<Map<String, Value>, Answer> {
        let kind = call.header("content-type").unwrap_or_default();
        let is_scim = kind.starts_with("application/scim+json");
        if (!is_scim && !kind.starts_with("application/json")) || (is_scim && self.settings.switches.plain_json_only) {
            return Err(error(415, None, "Unsupported media type"));
        }
        match serde_json::from_slice(&call.body) {
            Ok(Value::Object(members)) => Ok(members),
            _ => Err(error(400, Some("invalidSyntax"), "The body is no JSON object")),
        }
    }

    /// A whole user from a body.
    fn read(&self, body: &Map<String, Value>) -> Result<Map<String, Value>, Answer> {
        let named = |urn: &str| {
            let schemas = body.get("schemas").and_then(Value::as_array);
            schemas.into_iter().flatten().filter_map(Value::as_str).any(|one| one.eq_ignore_ascii_case(urn))
        };
        if !named(USER) {
            return Err(error(400, Some("invalidSyntax"), "schemas must name the user's schema"));
        }
        if body.keys().any(|name| name.eq_ignore_ascii_case(ENTERPRISE)) && !named(ENTERPRISE) {
            return Err(error(400, Some("invalidSyntax"), "schemas must name the extension that is used"));
        }
        let mut resource = resource::kept(body, &self.settings.switches)?;
        self.rewrite(&mut resource);
        self.checked(&resource)?;
        Ok(resource)
    }

    fn checked(&self, resource: &Map<String, Value>) -> Result<(), Answer> {
        resource::check(resource, &self.settings.switches)?;
        (self.rules.check)(resource)
    }

    fn rewrite(&self, resource: &mut Map<String, Value>) {
        let Some(Value::String(name)) = resource.get_mut("userName") else { return };
        match self.settings.switches.user_names {
            UserNames::Kept => {}
            UserNames::Lower => *name = name.to_lowercase(),
            UserNames::Brackets => *name = name.replace('@', "[at]"),
        }
    }

    fn unique(&self, resource: &Map<String, Value>, at: Option<usize>) -> Result<(), Answer> {
        let name = resource.get("userName").and_then(Value::as_str).unwrap_or_default();
        let other = self.place_of_user_name(name).filter(|other| Some(*other) != at);
        if other.is_none() && !(self.rules.unique_people && self.is_anothers(resource, at)) {
            return Ok(());
        }
        let detail = "One or more of the attribute values are already in use";
        Err(match self.settings.switches.on_duplicate {
            OnDuplicate::Conflict => error(409, Some("uniqueness"), detail),
            OnDuplicate::Bare => Answer::json(409, json!({"detail": "duplicate key value"})),
            OnDuplicate::Page500 => page(500, "Internal Server Error"),
        })
    }

    /// Whether somebody else has the external id or the first e-mail.
    fn is_anothers(&self, resource: &Map<String, Value>, at: Option<usize>) -> bool {
        let email = |user: &Map<String, Value>| {
            let first = user.get("emails").and_then(|list| list.get(0)).and_then(|one| one.get("value"));
            first.and_then(Value::as_str).map(str::to_lowercase)
        };
        self.users.iter().enumerate().filter(|(other, _)| Some(*other) != at).any(|(_, user)| {
            let same_id = resource.get("externalId").is_some_and(|id| user.resource.get("externalId") == Some(id));
            same_id || (email(resource).is_some() && email(resource) == email(&user.resource))
        })
    }

    /// 412 where somebody else has changed the user since.
    fn if_match(&self, at: usize, call: &Call) -> Result<(), Answer> {
        let Some(wanted) = call.header("if-match").filter(|_| self.settings.switches.etag) else { return Ok(()) };
        let held = self.users[at].etag();
        match wanted.trim() == "*" || wanted.split(',').any(|one| one.trim() == held) {
            true => Ok(()),
            false => Err(error(412, None, "The resource has changed")),
        }
    }
}

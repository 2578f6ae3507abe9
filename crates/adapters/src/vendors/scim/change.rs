//! Changes of a user (rules 13 to 17, 24): PATCH with a path for each attribute, then with all e-mails, then PUT of the whole user; and
//! a look at what came of it where the answer does not show it.

use super::client::{Scim, not_kept, not_sent, unread, yes};
use super::memory::NO_PATCH;
use super::payload::{Changes, Shape};
use super::refusal;
use super::resource::Found;
use crate::domain::field::{Field, FieldChange};
use crate::domain::ids::Identifier;
use crate::domain::person::User;
use crate::ports::destination::{WriteAnswer, WriteError};
use crate::vendors::http::Answer;
use reqwest::{Method, StatusCode};

/// A form of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Patch,
    /// All e-mails of the user in one operation.
    PatchWhole,
    /// `active` inside the value of an operation without a path.
    PatchPathless,
    Put,
}

/// What of a change is not there after a yes.
#[derive(Default)]
struct Compared {
    /// Nobody has anything in these fields, before and after.
    absent: Vec<Field>,
    /// Fields that stand as before.
    untaken: Vec<Field>,
}

/// What one form came to.
pub(super) enum Tried {
    /// A yes, with the user where it was shown.
    Yes(Option<Box<Found>>),
    /// Another form may be taken.
    No(WriteError),
}

impl Scim {
    pub(super) async fn update(&self, current: &User, changes: &[FieldChange]) -> Result<WriteAnswer, WriteError> {
        let email = changes.iter().find(|change| change.field == Field::Email).and_then(|change| change.to.as_deref());
        let changes = Changes {
            changes,
            user_name: email.filter(|_| self.options.renames && self.options.named_by_email),
            display_name: self.display_name(current, changes),
            shows_display_name: self.index().shows_display_name,
            ..Changes::default()
        };
        self.carry_out(current, &changes).await
    }

    /// Ties a user to an employee.
    pub(super) async fn tie(&self, current: &User, identifier: &Identifier) -> Result<WriteAnswer, WriteError> {
        let changes = Changes { identifier: Some(identifier), ..Changes::default() };
        self.carry_out(current, &changes).await
    }

    /// The whole name, where a part of it changes.
    pub(super) fn display_name(&self, current: &User, changes: &[FieldChange]) -> Option<String> {
        let mut person = current.person.clone();
        let names = changes.iter().filter(|change| matches!(change.field, Field::FirstName | Field::LastName));
        let mut any = false;
        for change in names {
            any |= person.set(change.field, change.to.as_deref()).is_ok();
        }
        any.then(|| person.display_name())
    }

    async fn carry_out(&self, current: &User, changes: &Changes<'_>) -> Result<WriteAnswer, WriteError> {
        let forms = [Form::Patch, Form::PatchWhole, Form::Put];
        let has_email = changes.fields().any(|(field, value)| field == Field::Email && value.is_some());
        let (mut last, mut open, mut seen) = (None, Vec::new(), None);
        for form in forms {
            let is_of_use = form != Form::PatchWhole || has_email;
            if !is_of_use || (form != Form::Put && self.is_without_patch().await?) {
                continue;
            }
            let found = match self.attempt(form, current, changes).await {
                Ok(Tried::Yes(found)) => found,
                Ok(Tried::No(no)) => {
                    last = Some(no);
                    continue;
                }
                // The form before said yes, and only left out what this server may not have.
                Err(WriteError::Rejected { .. }) if seen.is_some() && open.is_empty() => break,
                Err(error) => return Err(error),
            };
            if form == Form::Put && matches!(last, Some(WriteError::Rejected { status: 404 | 405 | 501, .. })) {
                self.memory.learn(NO_PATCH);
            }
            if found.is_none() && self.memory.are_proven(changes.fields().map(|(field, _)| field)) {
                return Ok(yes(&current.id));
            }
            let found = match found {
                Some(found) => *found,
                None => self.again(current).await?,
            };
            self.index().note(&found, true);
            let compared = self.compare(current, &found, changes);
            if compared.untaken.is_empty() && (compared.absent.is_empty() || form == Form::Put) {
                return Ok(self.done(current, &found, changes));
            }
            open = compared.untaken;
            seen = Some(found);
        }
        match (seen, last) {
            (Some(found), _) if open.is_empty() => Ok(self.done(current, &found, changes)),
            (None, Some(no)) => Err(no),
            _ => {
                let words: Vec<&str> = open.iter().map(|field: &Field| field.words()).collect();
                let message = format!("the server said yes and left {} as before", words.join(", "));
                Err(refusal::own(refusal::NOT_TAKEN, message, open.first().map(|field| field.key())))
            }
        }
    }

    /// The user as it is after a yes that did not show it.
    async fn again(&self, current: &User) -> Result<Found, WriteError> {
        let found = self.by_id(current.id.as_str()).await.map_err(|error| unread(&error))?;
        found.ok_or_else(|| WriteError::Moved { detail: "the user is not there any more".to_owned() })
    }

    /// A change that is there, but for what the server does not keep.
    fn done(&self, current: &User, found: &Found, changes: &Changes<'_>) -> WriteAnswer {
        let sent: Vec<(Field, &str)> = changes.fields().filter_map(|(field, value)| Some((field, value?))).collect();
        let lost = self.lost(found, &sent);
        self.memory.proven(changes.fields().map(|(field, _)| field));
        let mut answer = yes(&current.id);
        if !lost.is_empty() {
            answer.warnings.push(not_kept(self.vendor, &lost));
        }
        answer
    }

    /// Whether PATCH is not worth a try.
    pub(super) async fn is_without_patch(&self) -> Result<bool, WriteError> {
        let supported = self.discovery().await.map_err(not_sent)?.patch;
        Ok(!supported || self.memory.knows(NO_PATCH))
    }

    /// What of a change is not there.
    fn compare(&self, current: &User, found: &Found, changes: &Changes<'_>) -> Compared {
        let mut compared = Compared::default();
        for (field, value) in changes.fields() {
            let (held, before) = (found.user.value(field), current.value(field));
            if field.is_same(held.as_deref(), value) {
                continue;
            }
            match (held, value) {
                (None, Some(_)) if before.is_none() && !self.memory.is_carried(field) => compared.absent.push(field),
                // Written, and otherwise than it was sent (rule 31).
                (Some(held), Some(_)) if before.as_deref() != Some(&*held) => {}
                _ => compared.untaken.push(field),
            }
        }
        compared
    }

    /// Sends one form. A user who has changed since is looked at, and the change sent once more where it still holds (rule 24).
    pub(super) async fn attempt(&self, form: Form, current: &User, changes: &Changes<'_>) -> Result<Tried, WriteError> {
        let shape = self.shape().await.map_err(not_sent)?;
        let mut again = false;
        loop {
            let Some(answer) = self.send_form(&shape, form, current, changes, again).await? else {
                return Err(WriteError::Moved { detail: "the user is not there any more".to_owned() });
            };
            match answer.status {
                status if status.is_success() => return Ok(Tried::Yes(self.shown(&answer).map(Box::new))),
                StatusCode::PRECONDITION_FAILED if !again => {
                    again = true;
                    self.still_holds(current, changes).await?;
                }
                StatusCode::PRECONDITION_FAILED => {
                    return Err(WriteError::Moved { detail: "somebody else keeps changing the user".to_owned() });
                }
                StatusCode::NOT_FOUND | StatusCode::GONE => return self.gone_or_of_form(form, current, &answer).await,
                _ if refusal::is_taken(&answer) => {
                    let message = "another user has this user name or e-mail".to_owned();
                    let (status, code) = (answer.status.as_u16(), refusal::EMAIL_IN_USE.to_owned());
                    return Err(WriteError::Rejected { status, code, message, field: None });
                }
                _ => {
                    let values: Vec<String> =
                        changes.fields().filter_map(|(_, value)| value.map(str::to_owned)).collect();
                    let sent: Vec<&str> = values.iter().map(String::as_str).collect();
                    let no = refusal::of_write(self.vendor, &answer, &sent);
                    let may_go_on = form != Form::Put && refusal::is_of_form(&answer);
                    return if may_go_on { Ok(Tried::No(no)) } else { Err(no) };
                }
            }
        }
    }

    /// 404 to a change: the user is gone, or the server has no such method there.
    async fn gone_or_of_form(&self, form: Form, current: &User, answer: &Answer) -> Result<Tried, WriteError> {
        let found = self.by_id(current.id.as_str()).await.map_err(|error| unread(&error))?;
        match found {
            Some(_) if form != Form::Put => Ok(Tried::No(WriteError::Rejected {
                status: answer.status.as_u16(),
                code: "HTTP_404".to_owned(),
                message: "the user is there, and the server does not know this call".to_owned(),
                field: None,
            })),
            _ => Err(WriteError::Moved { detail: "the user is not there any more".to_owned() }),
        }
    }

    /// The answer to one form; `None` where the user is not there.
    async fn send_form(
        &self,
        shape: &Shape<'_>,
        form: Form,
        current: &User,
        changes: &Changes<'_>,
        again: bool,
    ) -> Result<Option<Answer>, WriteError> {
        let etag = self.discovery().await.map_err(not_sent)?.etag;
        let id = current.id.as_str();
        let known = |version: Option<String>| version.filter(|_| etag);
        let (method, body, version) = match form {
            Form::Patch => {
                let version = known(self.index().version(&current.id));
                (Method::PATCH, shape.operations(changes, None), version)
            }
            Form::PatchPathless => {
                let value = serde_json::json!({"op": "replace", "value": {"active": changes.active.unwrap_or(false)}});
                (Method::PATCH, super::payload::patch(vec![value]), known(self.index().version(&current.id)))
            }
            Form::PatchWhole | Form::Put => {
                let Some(found) = self.by_id(id).await.map_err(not_sent)? else { return Ok(None) };
                let version = known(found.version().map(str::to_owned));
                if form == Form::Put {
                    if !again {
                        Self::unmoved(current, &found, changes)?;
                    }
                    (Method::PUT, shape.replacement(&found.resource, changes), version)
                } else {
                    let email = changes.fields().find(|(field, _)| *field == Field::Email).and_then(|(_, value)| value);
                    let emails = shape.emails(&found.resource, email);
                    (Method::PATCH, shape.operations(changes, Some(emails)), version)
                }
            }
        };
        Ok(Some(self.change(method, id, body, version.as_deref()).await?))
    }

    /// Reads a user who was changed meanwhile.
    ///
    /// # Errors
    /// [`WriteError::Moved`] where what is to be changed is not as it was.
    async fn still_holds(&self, current: &User, changes: &Changes<'_>) -> Result<(), WriteError> {
        let found = self.by_id(current.id.as_str()).await.map_err(not_sent)?;
        let found = found.ok_or(WriteError::Moved { detail: "the user is not there any more".to_owned() })?;
        Self::unmoved(current, &found, changes)?;
        self.index().note(&found, true);
        Ok(())
    }

    /// Whether what is to be changed stands as it was read.
    fn unmoved(current: &User, found: &Found, changes: &Changes<'_>) -> Result<(), WriteError> {
        let moved = changes.fields().find(|(field, to)| {
            let held = found.user.value(*field);
            !field.is_same(held.as_deref(), current.value(*field).as_deref()) && !field.is_same(held.as_deref(), *to)
        });
        let is_tied = changes.identifier.is_some() || found.user.identifier == current.identifier;
        match moved {
            None if is_tied => Ok(()),
            Some((field, _)) => {
                Err(WriteError::Moved { detail: format!("{} was changed there just now", field.words()) })
            }
            None => Err(WriteError::Moved { detail: "the identifier was changed there just now".to_owned() }),
        }
    }
}

//! New users (rules 9 to 12). A POST is an insert: it is sent once, and whatever is not a plain yes is looked into before anything
//! else happens.

use super::attributes::Place;
use super::client::{Scim, not_kept, not_sent, unread, yes};
use super::memory::NO_IDENTIFIER;
use super::payload::{FIELDS, Shape};
use super::refusal;
use super::resource::{Found, folded};
use crate::domain::field::Field;
use crate::domain::ids::Identifier;
use crate::domain::person::Person;
use crate::ports::api::ApiError;
use crate::ports::destination::{WriteAnswer, WriteError};
use crate::vendors::http::{Answer, Body, Request};
use reqwest::Method;

/// Longest user name that is sent (Quickbase's maximum, the smallest that is published).
const USER_NAME_MAX: usize = 255;

/// What looking for a user whom a POST may have made has found.
enum Resolved {
    /// Somebody carries the identifier and the user name.
    Same(Box<Found>),
    /// Somebody else carries the identifier.
    Identifier,
    /// Somebody has the user name, with another identifier or none.
    UserName {
        tied: bool,
    },
    Nobody,
}

impl Scim {
    pub(super) async fn create(&self, identifier: &Identifier, person: &Person) -> Result<WriteAnswer, WriteError> {
        let name = self.user_name(identifier, person)?;
        let shape = self.shape().await.map_err(not_sent)?;
        if self.memory.knows(NO_IDENTIFIER) || !shape.discovery.offers(self.identifier_place()) {
            return Err(not_sent(ApiError::Setup { vendor: self.vendor, detail: self.no_identifier() }));
        }
        let body = shape.creation(identifier, person, &name);
        let sent = [name.as_str(), identifier.as_str(), person.last_name.as_deref().unwrap_or_default()];
        let request = Request::new(Method::POST, super::client::USERS).body(Body::Json(body));
        match self.send(request).await {
            Ok(answer) if answer.status.is_success() => self.made(&shape, identifier, person, &answer).await,
            Ok(answer) if refusal::is_taken(&answer) => self.conflict(identifier, &name, &answer, &sent).await,
            Ok(answer) => Err(match refusal::of_write(self.vendor, &answer, &sent) {
                // There is no user yet who could have gone.
                WriteError::Moved { .. } => refusal::own("HTTP_404", "no users are made at this address", None),
                no => no,
            }),
            Err(WriteError::Unknown { detail }) => self.unanswered(identifier, &name, detail).await,
            Err(error) => Err(error),
        }
    }

    /// The user name of a new user, checked before it is sent (scim.md 4.2a: Zoom, Quickbase).
    fn user_name(&self, identifier: &Identifier, person: &Person) -> Result<String, WriteError> {
        let (name, field) = if self.options.named_by_email {
            (person.email.as_deref().unwrap_or_default(), Field::Email)
        } else {
            (identifier.as_str(), Field::Identifier)
        };
        let bad = |what: String| Err(refusal::own(refusal::BAD_USER_NAME, what, Some(field.key())));
        let name = name.trim();
        if name.is_empty() {
            return bad(format!("there is no {} to be the user name", field.words()));
        }
        if name.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return bad(format!("the {} has blanks, which no user name may have", field.words()));
        }
        let most = if self.options.named_by_email { self.profile.email_max } else { USER_NAME_MAX };
        if name.chars().count() > most {
            return bad(format!("the {} is longer than {most} characters", field.words()));
        }
        Ok(name.to_owned())
    }

    /// A yes: the id comes from the body, never from a header (rule 9); what was not kept is noticed (rule 12).
    async fn made(
        &self,
        shape: &Shape<'_>,
        identifier: &Identifier,
        person: &Person,
        answer: &Answer,
    ) -> Result<WriteAnswer, WriteError> {
        let found = match self.shown(answer) {
            Some(found) => found,
            // 201 without a body: who was made is looked for.
            None => match self.by_identifier(identifier).await.map_err(|error| unread(&error))? {
                Some(found) => found,
                None => return Err(WriteError::Unknown { detail: "a yes without a user in it".to_owned() }),
            },
        };
        let sent: Vec<(Field, &str)> = FIELDS
            .into_iter()
            .filter(|field| shape.takes(*field))
            .filter_map(|field| Some((field, person.text(field)?)))
            .collect();
        let found = self.whole(found, identifier, &sent).await?;
        let lost = self.lost(&found, &sent);
        self.index().note(&found, true);
        let mut answer = WriteAnswer { created: true, ..yes(&found.user.id) };
        if found.user.identifier.as_ref() != Some(identifier) {
            // Nobody else is made: each would be a stranger to the next plan.
            self.memory.learn(NO_IDENTIFIER);
            answer.warnings.push(self.no_identifier());
        }
        if !lost.is_empty() {
            answer.warnings.push(not_kept(self.vendor, &lost));
        }
        Ok(answer)
    }

    /// The user as it stands there, where the answer does not show all that was sent: it may only show less.
    async fn whole(&self, found: Found, identifier: &Identifier, sent: &[(Field, &str)]) -> Result<Found, WriteError> {
        let missing = |found: &Found| {
            let is_missing = |(field, _): &(Field, &str)| found.user.value(*field).is_none();
            found.user.identifier.as_ref() != Some(identifier) || sent.iter().any(is_missing)
        };
        if !missing(&found) {
            return Ok(found);
        }
        let read = self.by_id(found.user.id.as_str()).await.map_err(|error| unread(&error))?;
        Ok(read.unwrap_or(found))
    }

    /// Fields that were sent and are not there, told once; texts that stand otherwise are remembered (rule 31).
    pub(super) fn lost(&self, found: &Found, sent: &[(Field, &str)]) -> Vec<Field> {
        let mut lost = Vec::new();
        for (field, value) in sent {
            match found.user.value(*field) {
                None if value.is_empty() || self.memory.is_carried(*field) => {}
                None => {
                    if self.memory.dropped(*field) {
                        lost.push(*field);
                    }
                }
                Some(held) if !field.is_same(Some(&held), Some(value)) => _ = self.memory.rewrote(*field, value, &held),
                Some(_) => self.memory.carried(*field),
            }
        }
        lost
    }

    async fn resolve(&self, identifier: &Identifier, name: &str) -> Result<Resolved, ApiError> {
        if let Some(found) = self.by_identifier(identifier).await? {
            let same = found.user_name.as_deref().is_some_and(|held| folded(held) == folded(name));
            return Ok(if same { Resolved::Same(Box::new(found)) } else { Resolved::Identifier });
        }
        let named = self.by_user_name(name).await?;
        Ok(match named.first() {
            Some(found) => Resolved::UserName { tied: found.user.identifier.is_some() },
            None => Resolved::Nobody,
        })
    }

    /// Somebody has the user name: it may be the very user, made by an earlier attempt whose answer was lost; or somebody whom
    /// this server does not show (rules 10, 11, 34).
    async fn conflict(
        &self,
        identifier: &Identifier,
        name: &str,
        answer: &Answer,
        sent: &[&str],
    ) -> Result<WriteAnswer, WriteError> {
        let no = |code: &str, message: &str| WriteError::Rejected {
            status: answer.status.as_u16(),
            code: code.to_owned(),
            message: message.to_owned(),
            field: None,
        };
        let resolved = self.resolve(identifier, name).await;
        Err(match resolved.map_err(|error| WriteError::Unknown { detail: error.to_string() })? {
            Resolved::Same(found) if found.user.status.is_active() => {
                let warnings = vec![format!(
                    "the user was there already, with this {} and user name",
                    self.identifier_attribute()
                )];
                return Ok(WriteAnswer { warnings, ..yes(&found.user.id) });
            }
            Resolved::Same(_) => {
                no(refusal::IDENTIFIER_IN_USE, "the user is there, inactive; the next plan switches it on again")
            }
            Resolved::Identifier => no(refusal::IDENTIFIER_IN_USE, "another user carries this identifier"),
            Resolved::UserName { tied: true } => {
                no(refusal::EMAIL_IN_USE, "another employee's user has this user name")
            }
            Resolved::UserName { tied: false } => no(
                refusal::EMAIL_IN_USE,
                "a user of this name is there and tied to nobody; the next plan asks whether it is the person",
            ),
            Resolved::Nobody if refusal::Refusal::of(answer).scim_type.is_empty() || answer.status.as_u16() == 409 => {
                no(
                    "HIDDEN_THERE",
                    "the server says that the user exists, and shows nobody: probably inactive there, and hidden. Have its administrator switch the user on or remove it",
                )
            }
            Resolved::Nobody => refusal::of_write(self.vendor, answer, sent),
        })
    }

    /// No answer, or an error that says nothing: some servers answer a duplicate so (rule 10). Whoever carries the identifier is for
    /// the engine to compare; who has the name without it explains the error.
    async fn unanswered(&self, identifier: &Identifier, name: &str, detail: String) -> Result<WriteAnswer, WriteError> {
        match self.resolve(identifier, name).await {
            Ok(Resolved::UserName { .. }) => Err(refusal::own(
                refusal::EMAIL_IN_USE,
                format!("another user has this user name, and the server answered that by an error ({detail})"),
                None,
            )),
            // Made, or not made: either way only what reads back counts.
            _ => Err(WriteError::Unknown { detail }),
        }
    }

    fn no_identifier(&self) -> String {
        let attribute = self.identifier_attribute();
        format!(
            "the server does not keep {attribute}, so that nobody could be known again: choose another attribute for the identifier"
        )
    }

    /// The attribute that carries identifiers.
    pub(super) fn identifier_place(&self) -> Place {
        Place::of_identifier(&self.options)
    }
}

//! Deactivation and reactivation (rules 19, 29, 34, 35). A yes is no proof: the user is read again. Somebody who is then not there any
//! more is gone, which an operator must have said is wanted before it happens to a second person.

use super::change::{Form, Tried};
use super::client::{Scim, unread, yes};
use super::memory::{INACTIVE_GONE, INACTIVE_KEPT};
use super::options::Deactivation;
use super::payload::Changes;
use super::refusal;
use super::resource::Found;
use crate::domain::field::FieldChange;
use crate::domain::person::{User, UserStatus};
use crate::ports::destination::{WriteAnswer, WriteError};

fn is_unshown(found: &Found) -> bool {
    matches!(found.user.status, UserStatus::Unshown { .. })
}

impl Scim {
    pub(super) async fn deactivate(&self, current: &User) -> Result<WriteAnswer, WriteError> {
        if self.options.deactivation == Deactivation::Deletes || self.memory.knows(INACTIVE_KEPT) {
            return self.switch_off(current).await;
        }
        // One at a time until it is known what comes of it.
        let _first = self.first_deactivation.lock().await;
        if self.memory.knows(INACTIVE_GONE) {
            return Err(refusal::own(
                refusal::WOULD_DELETE,
                "this server removes whoever is deactivated, which the connection does not say: set `deactivation` to `deletes` if that is wanted",
                None,
            ));
        }
        self.switch_off(current).await
    }

    async fn switch_off(&self, current: &User) -> Result<WriteAnswer, WriteError> {
        let changes = Changes { active: Some(false), ..Changes::default() };
        let mut last = None;
        for form in [Form::Patch, Form::PatchPathless, Form::Put] {
            if form != Form::Put && self.is_without_patch().await? {
                continue;
            }
            let unanswered = match self.attempt(form, current, &changes).await {
                Ok(Tried::Yes(_)) => None,
                Ok(Tried::No(no)) => {
                    last = Some(no);
                    continue;
                }
                // Sent again it does no harm, and reading tells more than waiting.
                Err(WriteError::Unknown { detail }) => Some(detail),
                // Somebody was faster: then it is done.
                Err(WriteError::Moved { .. }) => return self.gone(current).await,
                Err(no) => return Err(no),
            };
            match (self.by_id(current.id.as_str()).await.map_err(|error| unread(&error))?, unanswered) {
                (None, _) => return self.gone(current).await,
                (Some(found), None) if is_unshown(&found) => {
                    self.index().note(&found, true);
                    self.memory.learn(INACTIVE_KEPT);
                    self.memory.forget(INACTIVE_GONE);
                    return Ok(self.switched_unseen(current, false));
                }
                (Some(found), _) if found.user.status == UserStatus::Inactive => {
                    self.index().note(&found, true);
                    self.memory.learn(INACTIVE_KEPT);
                    self.memory.forget(INACTIVE_GONE);
                    return Ok(yes(&current.id));
                }
                (Some(_), Some(detail)) => return Err(WriteError::Unknown { detail }),
                (Some(_), None) => {}
            }
        }
        Err(last.unwrap_or_else(|| {
            refusal::own(refusal::NOT_TAKEN, "the server said yes, and the user still is active", None)
        }))
    }

    /// Who was deactivated is not shown any more: removed, or hidden (rules 29, 34). Either way nobody logs in, and a rejoiner is made
    /// anew.
    async fn gone(&self, current: &User) -> Result<WriteAnswer, WriteError> {
        // An address that answers 404 to everything proves nothing of anybody.
        if let Some(identifier) = &current.identifier {
            let found = self.by_identifier(identifier).await.map_err(|error| unread(&error))?;
            if let Some(found) = found.filter(|found| found.user.status.is_active()) {
                let detail = format!("user {} is shown by search, and not by its id", found.user.id);
                return Err(WriteError::Moved { detail });
            }
        }
        self.memory.learn(INACTIVE_GONE);
        self.memory.forget(INACTIVE_KEPT);
        self.index().forget(&current.id);
        let mut answer = WriteAnswer { gone: true, ..yes(&current.id) };
        if self.options.deactivation == Deactivation::Keeps {
            answer.warnings.push(
                "the server shows the user no more: it removes or hides whoever is deactivated, and nobody else is deactivated until the connection says `deactivation = deletes`"
                    .to_owned(),
            );
        }
        Ok(answer)
    }

    /// A yes of a server that shows of nobody whether they are switched on: there is nothing else to go by.
    fn switched_unseen(&self, current: &User, active: bool) -> WriteAnswer {
        self.memory.switched(&current.id, active);
        let word = if active { "on" } else { "off" };
        let warning = format!(
            "{} said yes, and shows of nobody whether they are active: that the user is switched {word} is known from its answer only",
            self.vendor
        );
        WriteAnswer { warnings: vec![warning], ..yes(&current.id) }
    }

    pub(super) async fn reactivate(&self, current: &User, changes: &[FieldChange]) -> Result<WriteAnswer, WriteError> {
        let on = Changes { active: Some(true), ..Changes::default() };
        let mut last = None;
        for form in [Form::Patch, Form::PatchPathless, Form::Put] {
            if form != Form::Put && self.is_without_patch().await? {
                continue;
            }
            match self.attempt(form, current, &on).await? {
                Tried::Yes(_) => {}
                Tried::No(no) => {
                    last = Some(no);
                    continue;
                }
            }
            let found = self.by_id(current.id.as_str()).await.map_err(|error| unread(&error))?;
            let Some(found) = found.filter(|found| found.user.status.is_active() || is_unshown(found)) else {
                continue;
            };
            self.index().note(&found, true);
            let mut answer = if is_unshown(&found) { self.switched_unseen(current, true) } else { yes(&current.id) };
            if !changes.is_empty() {
                answer.warnings.extend(self.update(&found.user, changes).await?.warnings);
            }
            return Ok(answer);
        }
        Err(last.unwrap_or_else(|| {
            refusal::own(refusal::NOT_TAKEN, "the server said yes, and the user still is inactive", None)
        }))
    }
}

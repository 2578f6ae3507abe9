//! Changes of users, by their number. What comes back are warnings: none is the only proof of success. Older releases answer `null`, and
//! a failure for the whole call in place of a warning.

use super::answer::{self, BAD_VALUE, EMAIL_IN_USE, IDENTIFIER_IN_USE, No, PROTECTED, moved, rejected};
use super::arguments::{Arguments, Members};
use super::client::{Moodle, function};
use super::create::check_id_number;
use super::map;
use super::wire::{Warning, Warnings};
use crate::domain::field::{Field, FieldChange};
use crate::domain::ids::{Identifier, UserId};
use crate::domain::person::User;
use crate::ports::destination::{WriteAnswer, WriteError};
use crate::vendors::redact;

impl Moodle {
    /// Writes changes, and whether the user is suspended. Suspending ends the sessions; ID number, courses and cohorts stay.
    pub(super) async fn update(
        &self,
        current: &User,
        changes: &[FieldChange],
        suspended: Option<bool>,
    ) -> Result<WriteAnswer, WriteError> {
        let id = self.writable(&current.id).await?;
        let mut members = map::changed(changes, &self.options)?;
        map::check_lengths(&members)?;
        if let Some(suspended) = suspended {
            members.plain.push(("suspended", if suspended { "1" } else { "0" }.to_owned()));
        }
        if !members.is_empty() {
            self.write_user(&current.id, &members).await?;
        }
        let branch = changes.iter().find(|change| change.field == Field::Branch && self.options.has_cohorts());
        if let Some(change) = branch {
            self.move_to(id, current.person.branch.as_deref(), change.to.as_deref()).await?;
        }
        let warnings = self.dropped(&current.id, &members).await.into_iter().collect();
        Ok(WriteAnswer { user: Some(current.id.clone()), warnings, ..WriteAnswer::default() })
    }

    /// Ties a user to an employee. Moodle lets several carry one ID number, so that it is looked for first.
    pub(super) async fn tie(&self, current: &User, identifier: &Identifier) -> Result<WriteAnswer, WriteError> {
        self.writable(&current.id).await?;
        check_id_number(identifier)?;
        let carriers = self.by_field("idnumber", &[identifier.as_str()]).await.map_err(WriteError::NotSent)?;
        if let Some(other) = carriers.iter().find(|seen| seen.carries(identifier) && seen.user.id != current.id) {
            let message = format!("user {} carries this ID number", other.id);
            return Err(rejected(IDENTIFIER_IN_USE, message, Some("idnumber")));
        }
        let members = Members { plain: vec![("idnumber", identifier.as_str().to_owned())], custom: Vec::new() };
        map::check_lengths(&members)?;
        self.write_user(&current.id, &members).await?;
        Ok(WriteAnswer { user: Some(current.id.clone()), ..WriteAnswer::default() })
    }

    /// The number of a user who may be written: not the one whose token this is, whoever suspended that would lock Onroll out.
    async fn writable(&self, user: &UserId) -> Result<i64, WriteError> {
        let own = self.info().await.map_err(WriteError::NotSent)?.userid;
        let id = user.as_str().parse::<i64>().map_err(|_| moved())?;
        if id == own {
            return Err(rejected(PROTECTED, "this is the account whose token Onroll uses: it is never changed", None));
        }
        Ok(id)
    }

    async fn write_user(&self, user: &UserId, members: &Members) -> Result<(), WriteError> {
        let function = function::UPDATE;
        let arguments = Arguments::new().and("users[0][id]", user.as_str()).record("users", members);
        let sent = members.values();
        let answer = match self.write_once(function, arguments, &sent).await {
            Ok(answer) => answer,
            Err(No::Value(message)) => return Err(self.why(user, members, message).await),
            Err(no) => return Err(no.into()),
        };
        let told = answer.json_of::<Option<Warnings>>(function).map_err(|error| answer::unknown(&error))?;
        match told.map(|told| told.warnings).unwrap_or_default().first() {
            None => Ok(()),
            Some(warning) => Err(refusal(warning, &sent)),
        }
    }

    /// A value is refused, and only who has the e-mail can be looked into.
    async fn why(&self, user: &UserId, members: &Members, message: String) -> WriteError {
        if let Some((_, email)) = members.plain.iter().find(|(name, _)| *name == "email")
            && let Ok(holders) = self.by_email(email).await
            && let Some(holder) = holders.iter().find(|seen| seen.user.id != *user)
        {
            return rejected(EMAIL_IN_USE, format!("user {} has this e-mail", holder.id), Some("email"));
        }
        rejected(BAD_VALUE, message, None)
    }
}

/// What a warning means: the person is as before.
fn refusal(warning: &Warning, sent: &[&str]) -> WriteError {
    let code = warning.code();
    match code.as_str() {
        "invaliduserid" | "usernotupdateddeleted" => moved(),
        "useremailduplicate" => rejected(EMAIL_IN_USE, "another user has this e-mail", Some("email")),
        "useremailinvalid" => rejected("BAD_EMAIL", "Moodle does not take this e-mail", Some("email")),
        "usernotupdatedadmin" => {
            rejected(PROTECTED, "a site administrator, whom Moodle lets nobody else change: do it there by hand", None)
        }
        "usernotupdatedguest" => rejected(PROTECTED, "the guest account, which is nobody's", None),
        "usernotupdatedremote" => rejected(PROTECTED, "an account of another Moodle site: change it there", None),
        _ => {
            let message = warning.message.as_deref().and_then(|message| redact::quotable(message, sent));
            let message = message.map_or_else(|| "Moodle said no".to_owned(), |message| format!("`{message}`"));
            rejected(redact::code_word(&code).unwrap_or("REFUSED"), message, None)
        }
    }
}

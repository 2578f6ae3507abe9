//! New users. Who has the ID number, the user name or the e-mail is looked for first, of several people together; then each is
//! created alone, for one bad person undoes the whole call. A creation is sent once. Where Moodle refuses a value it does not say
//! which, so that it is looked for again who has them.

use super::answer::{BAD_USER_NAME, BAD_VALUE, EMAIL_IN_USE, IDENTIFIER_IN_USE, No, USER_NAME_IN_USE, rejected};
use super::arguments::{Arguments, Members};
use super::client::{Moodle, function};
use super::map::{self, Seen};
use super::options::{Password, UserNames};
use super::user_name;
use super::wire::Created;
use crate::domain::field::Field;
use crate::domain::ids::{Identifier, UserId};
use crate::domain::person::Person;
use crate::ports::api::ApiError;
use crate::ports::destination::{Write, WriteAnswer, WriteError};
use chacha20poly1305::aead::OsRng;
use chacha20poly1305::aead::rand_core::RngCore;

/// User names that are tried for one person: others are made at the same time.
const ATTEMPTS: u32 = 3;
/// What Moodle takes for no ID number at all.
const NEVER_SHOWN: &str = "0";

/// Somebody who is to be created.
struct Wanted<'w> {
    identifier: &'w Identifier,
    person: &'w Person,
    email: &'w str,
    /// The user name, unless somebody has it.
    name: String,
}

/// Who has what the wanted people would get.
#[derive(Default)]
struct Holders {
    of_id_number: Vec<Seen>,
    of_name: Vec<Seen>,
    of_email: Vec<Seen>,
}

impl Holders {
    fn has_name(&self, name: &str) -> Option<&Seen> {
        self.of_name.iter().find(|seen| seen.row.username.as_deref().is_some_and(|held| user_name::is_same(held, name)))
    }
}

impl Moodle {
    pub(super) async fn create_all(&self, creations: &[Write]) -> Vec<Result<WriteAnswer, WriteError>> {
        let wanted: Vec<Result<Wanted<'_>, WriteError>> = creations.iter().map(|write| self.wanted(write)).collect();
        let sound: Vec<&Wanted<'_>> = wanted.iter().filter_map(|one| one.as_ref().ok()).collect();
        let holders = self.holders(&sound, &[]).await.map_err(WriteError::NotSent);
        let mut stopped = holders.as_ref().err().cloned();
        let holders = holders.unwrap_or_default();
        let mut answers = Vec::with_capacity(wanted.len());
        for one in wanted {
            let answer = match (one, &stopped) {
                (Err(bad), _) => Err(bad),
                (Ok(_), Some(error)) => Err(error.clone()),
                (Ok(wanted), None) => self.create(&wanted, &holders).await,
            };
            // What holds for one holds for those behind it: a right is missing, the run was stopped.
            if let (None, Err(error @ WriteError::NotSent(_))) = (&stopped, &answer) {
                stopped = Some(error.clone());
            }
            answers.push(answer);
        }
        answers
    }

    fn wanted<'w>(&self, write: &'w Write) -> Result<Wanted<'w>, WriteError> {
        let Write::Create { identifier, person, .. } = write else {
            let detail = "only creations go together".to_owned();
            return Err(WriteError::NotSent(ApiError::Setup { vendor: super::NAME, detail }));
        };
        check_id_number(identifier)?;
        map::check_lengths(&map::creation(identifier, person, &self.options))?;
        let Some(email) = person.email.as_deref().map(str::trim).filter(|email| !email.is_empty()) else {
            return Err(rejected(BAD_VALUE, "Moodle takes nobody without an e-mail", Some(Field::Email.key())));
        };
        let Some(name) = user_name::of(self.options.user_names, identifier, person) else {
            let of = match self.options.user_names {
                UserNames::Email => "e-mail",
                UserNames::Identifier => "identifier",
                UserNames::Name => "name",
            };
            let message =
                format!("no user name can be made of the {of}: it has none of the letters a to z and no digit");
            return Err(rejected(BAD_USER_NAME, message, Some("username")));
        };
        Ok(Wanted { identifier, person, email, name })
    }

    /// Who has the ID numbers, user names and e-mails; `names` are looked for too.
    async fn holders(&self, wanted: &[&Wanted<'_>], names: &[&str]) -> Result<Holders, ApiError> {
        let mut holders = Holders::default();
        if wanted.is_empty() {
            return Ok(holders);
        }
        let id_numbers: Vec<&str> = wanted.iter().map(|one| one.identifier.as_str()).collect();
        holders.of_id_number = self.by_field("idnumber", &id_numbers).await?;
        let names: Vec<&str> = wanted.iter().map(|one| one.name.as_str()).chain(names.iter().copied()).collect();
        holders.of_name = self.by_field("username", &names).await?;
        if self.options.shares_emails {
            return Ok(holders);
        }
        holders.of_email = match wanted {
            [one] => self.by_email(one.email).await?,
            // Some databases compare to the letter; there Moodle itself refuses, and each is looked for alone.
            several => {
                let lower: Vec<String> = several.iter().map(|one| one.email.to_lowercase()).collect();
                let mut emails: Vec<&str> = several.iter().map(|one| one.email).collect();
                emails.extend(lower.iter().map(String::as_str));
                emails.sort_unstable();
                emails.dedup();
                self.by_field("email", &emails).await?
            }
        };
        Ok(holders)
    }

    async fn create(&self, wanted: &Wanted<'_>, holders: &Holders) -> Result<WriteAnswer, WriteError> {
        let mut fresh: Option<Holders> = None;
        let mut refused = String::new();
        for _ in 0..ATTEMPTS {
            let known = fresh.as_ref().unwrap_or(holders);
            if let Some(done) = self.there_already(wanted, known)? {
                return Ok(done);
            }
            let name = self.free_name(wanted, known).await?;
            refused = match self.insert(wanted, &name).await {
                Ok(id) => return Ok(self.furnish(wanted, id).await),
                Err(No::Not(error)) => return Err(error),
                Err(No::Value(message)) => message,
            };
            // Surely not done: this failure comes before anything is written, or undoes it.
            let found = self.holders(&[wanted], &[&name]).await.map_err(|error| {
                rejected(BAD_VALUE, format!("{refused}; who has the values could not be read: {error}"), None)
            })?;
            if found.has_name(&name).is_none() {
                if let Some(done) = self.there_already(wanted, &found)? {
                    return Ok(done);
                }
                let what = "nobody has the ID number, the user name or the e-mail, so it is another value that the site refuses";
                let auth = &self.options.auth;
                return Err(rejected(
                    BAD_VALUE,
                    format!("{refused}; {what} (the e-mail itself, authentication `{auth}`)"),
                    None,
                ));
            }
            fresh = Some(found);
        }
        Err(rejected(USER_NAME_IN_USE, format!("{refused}; other users took {ATTEMPTS} user names meanwhile"), None))
    }

    /// Whether the person is there: by an earlier attempt whose answer was lost, or by hand since the plan.
    fn there_already(&self, wanted: &Wanted<'_>, holders: &Holders) -> Result<Option<WriteAnswer>, WriteError> {
        let is_alike = |seen: &&Seen| {
            let held = seen.user.identifier.as_ref().map(|held| held.as_str().to_lowercase());
            held == Some(wanted.identifier.as_str().to_lowercase())
        };
        let carriers: Vec<&Seen> = holders.of_id_number.iter().filter(is_alike).collect();
        let taken = |message: &str| Err(rejected(IDENTIFIER_IN_USE, message, Some("idnumber")));
        match carriers.as_slice() {
            [] => {}
            [one] if one.carries(wanted.identifier) && one.has_email(wanted.email) => {
                if !one.user.status.is_active() {
                    return taken("the user is there, suspended; the next plan switches it on again");
                }
                return Ok(Some(WriteAnswer {
                    user: Some(one.user.id.clone()),
                    warnings: vec!["the user was there already, with this ID number and e-mail".to_owned()],
                    ..WriteAnswer::default()
                }));
            }
            [one] => return taken(&format!("user {} carries this ID number", one.id)),
            [one, other, ..] => return taken(&format!("users {} and {} carry this ID number", one.id, other.id)),
        }
        match holders.of_email.iter().find(|seen| seen.has_email(wanted.email)) {
            Some(holder) => Err(rejected(EMAIL_IN_USE, format!("user {} has this e-mail", holder.id), Some("email"))),
            None => Ok(None),
        }
    }

    /// The user name that the person gets. Of a name that says who somebody is, nobody else who is tied to nobody may have it: that
    /// may be the very person, made by hand.
    async fn free_name(&self, wanted: &Wanted<'_>, holders: &Holders) -> Result<String, WriteError> {
        let holder = holders.has_name(&wanted.name);
        if holder.is_none() && !user_name::is_reserved(&wanted.name) {
            return Ok(wanted.name.clone());
        }
        if let Some(holder) = holder.filter(|holder| holder.user.identifier.is_none())
            && self.options.user_names != UserNames::Name
        {
            let message = format!(
                "user {} is tied to nobody and has the user name that this person would get: if it is the same person, give it \
                 the ID number in Moodle or link it in Review; else rename it there",
                holder.id
            );
            return Err(rejected(USER_NAME_IN_USE, message, Some("username")));
        }
        let further = user_name::further(&wanted.name);
        let names: Vec<&str> = further.iter().map(String::as_str).collect();
        let of_name = self.by_field("username", &names).await.map_err(WriteError::NotSent)?;
        let taken = Holders { of_name, ..Holders::default() };
        let free = further.into_iter().find(|name| taken.has_name(name).is_none());
        let none = || rejected(USER_NAME_IN_USE, "the user name and all numbered ones are taken", Some("username"));
        free.ok_or_else(none)
    }

    /// Sends the creation.
    async fn insert(&self, wanted: &Wanted<'_>, name: &str) -> Result<i64, No> {
        let mut members = map::creation(wanted.identifier, wanted.person, &self.options);
        let mut account = vec![("username", name.to_owned()), ("auth", self.options.auth.clone())];
        match self.options.password {
            Password::Mailed => account.push(("createpassword", "1".to_owned())),
            Password::Forgotten => account.push(("password", password())),
            Password::None => {}
        }
        account.append(&mut members.plain);
        members.plain = account;
        let function = function::CREATE;
        let answer = self.write_once(function, Arguments::new().record("users", &members), &members.values()).await?;
        let unknown = |detail: String| No::Not(WriteError::Unknown { detail });
        let made: Vec<Created> = answer.json_of(function).map_err(|error| unknown(error.to_string()))?;
        made.first().map(|one| one.id).ok_or_else(|| unknown("the answer names no user".to_owned()))
    }

    /// What belongs to a new user and takes calls of its own. The user is there: whatever fails is a warning, and the next plan does it.
    async fn furnish(&self, wanted: &Wanted<'_>, id: i64) -> WriteAnswer {
        let user = UserId::new(id.to_string());
        let mut warnings = Vec::new();
        let branch = wanted.person.branch.as_deref().filter(|_| self.options.has_cohorts());
        if let Some(branch) = branch
            && let Err(error) = self.move_to(id, None, Some(branch)).await
        {
            warnings.push(format!("not in its cohort yet: {error}"));
        }
        let members = map::creation(wanted.identifier, wanted.person, &self.options);
        warnings.extend(self.dropped(&user, &members).await);
        WriteAnswer { user: Some(user), created: true, warnings, ..WriteAnswer::default() }
    }

    /// Profile fields that were sent and are not there: Moodle says nothing of a short name that it does not have, nor of a value
    /// that a menu does not have. One that was seen on a user is believed.
    pub(super) async fn dropped(&self, user: &UserId, members: &Members) -> Option<String> {
        let sent: Vec<&str> = members
            .custom
            .iter()
            .filter(|(_, value)| !value.trim().is_empty())
            .map(|(name, _)| name.as_str())
            .collect();
        let is_known = |name: &&str| self.state().profile_fields.contains(*name);
        if sent.iter().all(is_known) {
            return None;
        }
        let seen = self.by_id(user).await.ok()?.pop()?;
        let there: Vec<&str> =
            seen.row.customfields.iter().flatten().filter_map(|field| field.shortname.as_deref()).collect();
        self.state().profile_fields.extend(there.iter().map(|name| (*name).to_owned()));
        let lost: Vec<&str> = sent.into_iter().filter(|name| !there.contains(name)).collect();
        let names = lost.join(", ");
        let why = "the site has no profile field of that short name, or its menu does not have the value";
        (!lost.is_empty()).then(|| format!("not kept: {names} ({why})"))
    }
}

/// # Errors
/// [`WriteError::Rejected`] for a number by which nobody could be found again.
pub(super) fn check_id_number(identifier: &Identifier) -> Result<(), WriteError> {
    if identifier.as_str().trim() == NEVER_SHOWN || identifier.as_str().trim().is_empty() {
        return Err(rejected(BAD_VALUE, "Moodle never shows this ID number (`0`, or blanks)", Some("idnumber")));
    }
    Ok(())
}

/// A password that nobody ever sees: long, with letters, a digit and signs as the strictest usual policy asks for.
fn password() -> String {
    let mut bytes = [0_u8; 24];
    OsRng.fill_bytes(&mut bytes);
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("Aa1-{hex}.Z")
}

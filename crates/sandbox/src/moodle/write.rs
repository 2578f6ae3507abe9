//! Writing users: creations as one whole, updates one by one.

use serde_json::{Value, json};

use super::{
    Failure,
    arguments::{Arguments, Record},
    site::{ACTIVE, GUEST, INACTIVE, OWN, Site, User, member},
};
use crate::world::{Mail, Person};

/// Plugins that are installed: with a password of Moodle's own, and without.
const INTERNAL: [&str; 3] = ["manual", "email", "nologin"];
const EXTERNAL: [&str; 4] = ["oauth2", "saml2", "ldap", "cas"];
const LANGUAGES: [&str; 3] = ["en", "de", "fr"];

/// Members that both functions take.
const MEMBERS: [&str; 18] = [
    "username",
    "auth",
    "password",
    "firstname",
    "lastname",
    "email",
    "maildisplay",
    "city",
    "country",
    "timezone",
    "description",
    "idnumber",
    "institution",
    "department",
    "phone1",
    "phone2",
    "lang",
    "customfields",
];

/// A user name as Moodle cleans it.
pub(super) fn cleaned(name: &str) -> String {
    let lower = name.trim().to_lowercase();
    lower.chars().filter(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.@_".contains(*c)).collect()
}

fn is_email(text: &str) -> bool {
    matches!(text.split_once('@'), Some((name, host)) if !name.is_empty() && host.contains('.'))
        && !text.contains([' ', '<', '>', ','])
        && text.is_ascii()
}

/// The policy that a site has from the start.
fn is_strong(password: &str) -> bool {
    password.len() >= 8
        && password.chars().any(|c| c.is_ascii_digit())
        && password.chars().any(|c| c.is_ascii_lowercase())
        && password.chars().any(|c| c.is_ascii_uppercase())
        && password.chars().any(|c| !c.is_ascii_alphanumeric())
}

fn is_yes(text: Option<&str>) -> Result<bool, Failure> {
    match text {
        None | Some("0" | "" | "false") => Ok(false),
        Some("1" | "true") => Ok(true),
        Some(_) => Err(Failure::value("Invalid external api parameter: not a boolean")),
    }
}

impl Site {
    /// `core_user_create_users`: all or nobody; mails go out when everybody is there.
    pub(super) fn create_users(&mut self, arguments: &Arguments) -> Result<Value, Failure> {
        arguments.only(&["users"])?;
        let members = [MEMBERS.as_slice(), &["createpassword", "preferences"]].concat();
        let records = arguments.records("users", &members)?;
        if !self.settings.switches.may_create && !self.settings.switches.is_admin {
            return Err(Failure::right("Create users"));
        }
        let (before, mut mails) = (self.users.len(), Vec::new());
        for record in &records {
            match self.create_user(record) {
                Ok((user, is_mailed)) => {
                    mails.extend(is_mailed.then(|| self.mail(&user)));
                    self.put(None, user);
                }
                Err(failure) => {
                    self.forget_behind(before);
                    return Err(failure);
                }
            }
        }
        let made: Vec<Value> = self
            .users
            .iter()
            .skip(before)
            .map(|user| json!({"id": user.number, "username": user.username()}))
            .collect();
        let is_mailing = !mails.is_empty();
        if is_mailing && self.settings.switches.mail_fails {
            return Err(Failure::new("core\\exception\\moodle_exception", "emailfail", "Sending of mail failed"));
        }
        self.mails.extend(mails);
        if self.settings.switches.null_answers {
            return Ok(Value::Null);
        }
        Ok(json!(made))
    }

    /// Undoes creations.
    fn forget_behind(&mut self, count: usize) {
        if self.users.len() > count {
            let mut company = self.to_company();
            company.people.truncate(count);
            self.load(company);
        }
    }

    fn mail(&self, user: &User) -> Mail {
        Mail {
            to: user.person.email.clone(),
            kind: "welcome".into(),
            user: user.person.id.clone(),
            identifier: user.person.identifier.clone(),
        }
    }

    fn create_user(&self, record: &Record<'_>) -> Result<(User, bool), Failure> {
        let (username, email) = (record.required("username")?, record.required("email")?);
        let (first, last) = (record.required("firstname")?, record.required("lastname")?);
        for (name, text) in [("username", username), ("firstname", first), ("lastname", last)] {
            if text.trim().is_empty() {
                return Err(Failure::value(format!("The field {name} cannot be blank")));
            }
        }
        let by_letter = self.settings.switches.case_sensitive;
        if !self.equal("username", username, by_letter).is_empty() {
            return Err(Failure::value(format!("Username already exists: {username}")));
        }
        let auth = record.text("auth")?.unwrap_or("manual");
        let is_internal = INTERNAL.contains(&auth);
        if !is_internal && !EXTERNAL.contains(&auth) {
            return Err(Failure::value(format!("Invalid authentication type: {auth}")));
        }
        if !LANGUAGES.contains(&record.text("lang")?.unwrap_or("en")) {
            return Err(Failure::value("Invalid language code"));
        }
        let password = record.text("password")?.unwrap_or_default();
        let makes_password = is_yes(record.text("createpassword")?)?;
        if is_internal && password.is_empty() && !makes_password {
            return Err(Failure::value("Invalid password: you must provide a password, or set createpassword."));
        }
        self.check_new_email(email, None)?;
        if username != username.to_lowercase() {
            return Err(Failure::moodle("usernamelowercase", "The username must be in lower case"));
        }
        if username != cleaned(username) {
            return Err(Failure::moodle("invalidusername", "The username contains invalid characters"));
        }
        if is_internal && !makes_password && !is_strong(password) {
            let message = "<div>Passwords must be at least 8 characters long.</div>";
            return Err(Failure::moodle(message, &format!("error/{message}")));
        }
        let number = self.next_number();
        let person =
            Person { id: number.to_string(), status: ACTIVE.into(), invited: makes_password, ..Person::default() };
        let mut user = User { person, number };
        self.fill(&mut user, record)?;
        Ok((user, makes_password))
    }

    /// An e-mail that somebody is to have, `of` whom it is already.
    fn check_new_email(&self, email: &str, of: Option<i64>) -> Result<(), Failure> {
        if !is_email(email) {
            return Err(Failure::value(format!("Email address is invalid: {email}")));
        }
        let others = self.equal("email", email, false);
        if !self.settings.switches.same_emails && others.iter().any(|user| Some(user.number) != of) {
            return Err(Failure::value(format!("Email address already exists: {email}")));
        }
        Ok(())
    }

    /// Puts the members of a record into a user. The ID number is looked at by nobody, a profile field that is not there is passed over.
    fn fill(&self, user: &mut User, record: &Record<'_>) -> Result<(), Failure> {
        let person = &mut user.person;
        for (name, max, slot) in [
            ("firstname", 100, &mut person.first_name),
            ("lastname", 100, &mut person.last_name),
            ("email", 100, &mut person.email),
            ("idnumber", 255, &mut person.identifier),
            ("institution", 255, &mut person.branch),
            ("department", 255, &mut person.department),
        ] {
            let Some(text) = record.text(name)? else { continue };
            if text.chars().count() > max {
                return Err(Failure::database());
            }
            text.clone_into(slot);
        }
        for name in [member::USERNAME, member::AUTH] {
            if let Some(text) = record.text(name)? {
                person.own.insert(name.into(), json!(text));
            }
        }
        for field in record.records("customfields", &["type", "value"])? {
            let (name, value) = (field.required("type")?, field.required("value")?);
            if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
                return Err(Failure::value("Invalid external api parameter: type"));
            }
            if !self.settings.has_field(name) {
                continue;
            }
            if self.settings.title_field() == Some(name) {
                value.clone_into(&mut user.person.job_title);
                continue;
            }
            let mut profile = user.profile();
            if value.is_empty() {
                profile.shift_remove(name);
            } else {
                profile.insert(name.to_owned(), json!(value));
            }
            user.person.own.insert(member::PROFILE.into(), json!(profile));
        }
        Ok(())
    }

    /// `core_user_update_users`: each for himself, with a warning for whoever is refused; in older releases all or nobody.
    pub(super) fn update_users(&mut self, arguments: &Arguments) -> Result<Value, Failure> {
        arguments.only(&["users"])?;
        let members = [MEMBERS.as_slice(), &["id", "suspended", "preferences"]].concat();
        let records = arguments.records("users", &members)?;
        if !self.settings.switches.may_update && !self.settings.switches.is_admin {
            return Err(Failure::right("Update user profiles"));
        }
        let (mut changed, mut warnings) = (Vec::new(), Vec::new());
        for record in &records {
            let id = record.required("id")?;
            let number: i64 = id.parse().map_err(|_| Failure::value("Invalid external api parameter: id"))?;
            match self.updated(number, record) {
                Ok((at, user)) => changed.push((at, user)),
                Err(failure) if self.settings.switches.older_release => return Err(failure),
                Err(failure) => warnings.push(
                    json!({"item": "user", "itemid": number, "warningcode": failure.code, "message": failure.message}),
                ),
            }
        }
        for (at, user) in changed {
            self.put(Some(at), user);
        }
        if self.settings.switches.older_release {
            return Ok(Value::Null);
        }
        Ok(json!({ "warnings": warnings }))
    }

    fn updated(&self, number: i64, record: &Record<'_>) -> Result<(usize, User), Failure> {
        let is_admin = self.settings.switches.is_admin;
        let protected = |code: &str, message: &str| Err(Failure::moodle(code, message));
        let Some(existing) = self.all().find(|user| user.number == number) else {
            return protected("invaliduserid", "Invalid user ID");
        };
        if existing.number != OWN && self.is_administrator(existing) && !is_admin {
            return protected("usernotupdatedadmin", "Cannot update admin accounts");
        }
        if existing.is_deleted() {
            return protected("usernotupdateddeleted", "User is a deleted user");
        }
        if existing.number == GUEST {
            return protected("usernotupdatedguest", "Cannot update guest account");
        }
        // Neither the administrator nor the token's own user is of the world: nobody ever changes them here.
        let Some(at) = self.place(number) else { return protected("invaliduserid", "Invalid user ID") };
        if let Some(email) = record.text("email")?.filter(|email| *email != existing.person.email) {
            self.check_new_email(email, Some(number)).map_err(|failure| {
                if self.settings.switches.older_release {
                    return failure;
                }
                match is_email(email) {
                    true => Failure::moodle("useremailduplicate", "Duplicate email address"),
                    false => Failure::moodle("useremailinvalid", "Invalid email address"),
                }
            })?;
        }
        let mut user = existing.clone();
        self.fill(&mut user, record)?;
        if let Some(suspended) = record.text("suspended")? {
            user.person.status = if is_yes(Some(suspended))? { INACTIVE } else { ACTIVE }.into();
        }
        Ok((at, user))
    }
}

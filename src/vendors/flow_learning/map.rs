//! Between Flow's learners and canonical users. Pure.

use super::wire::{Learner, LearnerBody, OptionRow, Refusal, RefusalBody, Warning};
use crate::domain::field::{Field, FieldChange};
use crate::domain::ids::{Identifier, OptionKey, UserId};
use crate::domain::mapping::{DestinationOption, TableKind};
use crate::domain::person::{Person, Training, User, UserStatus};
use crate::vendors::redact;
use jiff::civil::Date;

/// A learner in canonical form. Dates that cannot be read count as missing; a status that is not `inactive` as active.
pub fn user(learner: &Learner) -> User {
    User {
        id: UserId::new(learner.id.to_string()),
        identifier: filled(&learner.identifier).map(Identifier),
        person: Person {
            first_name: filled(&learner.first_name),
            last_name: filled(&learner.last_name),
            email: filled(&learner.email),
            date_of_birth: date(&learner.date_of_birth),
            job_title: filled(&learner.job_title),
            branch: filled(&learner.branch_code),
            department: filled(&learner.department_name),
            start_date: date(&learner.start_date),
            end_date: date(&learner.end_date),
            ..Person::default()
        },
        status: match learner.status.as_deref() {
            Some(word) if word.eq_ignore_ascii_case("inactive") => UserStatus::Inactive,
            _ => UserStatus::Active,
        },
        access_profile: filled(&learner.user_profile),
        training: learner
            .training
            .as_ref()
            .map(|training| Training { completed: training.completed, last_on: date(&training.last_on) }),
    }
}

/// A branch is known by its code, everything else by its exact name.
pub fn option(kind: TableKind, row: OptionRow) -> DestinationOption {
    let key = row.code.filter(|code| kind == TableKind::Branch && !code.is_empty()).unwrap_or(row.name.clone());
    DestinationOption { kind, key: OptionKey(key), name: row.name, active: row.active.unwrap_or(true) }
}

/// The whole record as it will stand.
pub fn body(identifier: &Identifier, person: &Person, profile: Option<&str>, status: UserStatus) -> LearnerBody {
    LearnerBody {
        identifier: identifier.as_str().to_owned(),
        first_name: person.first_name.clone(),
        last_name: person.last_name.clone(),
        email: person.email.clone(),
        branch_code: person.branch.clone(),
        department_name: person.department.clone(),
        job_title: person.job_title.clone(),
        date_of_birth: person.date_of_birth,
        start_date: person.start_date,
        end_date: person.end_date,
        user_profile: profile.map(str::to_owned),
        status: match status {
            UserStatus::Active => "active",
            UserStatus::Inactive => "inactive",
        },
    }
}

/// A field change that this destination cannot carry out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{} cannot be written to Flow as `{why}`", field.words())]
pub struct BadChange {
    pub field: Field,
    why: &'static str,
}

/// The record that `changes` make of `user`.
///
/// # Errors
/// [`BadChange`] for a field that Flow has not, and for a date that is none.
pub fn changed(user: &User, changes: &[FieldChange]) -> Result<User, BadChange> {
    let mut user = user.clone();
    for change in changes {
        let to = change.to.clone();
        let day = || match to.as_deref().map(str::parse::<Date>).transpose() {
            Ok(date) => Ok(date),
            Err(_) => Err(BadChange { field: change.field, why: "not a date" }),
        };
        let person = &mut user.person;
        match change.field {
            Field::FirstName => person.first_name = to,
            Field::LastName => person.last_name = to,
            Field::Email => person.email = to,
            Field::JobTitle => person.job_title = to,
            Field::Branch => person.branch = to,
            Field::Department => person.department = to,
            Field::DateOfBirth => person.date_of_birth = day()?,
            Field::StartDate => person.start_date = day()?,
            Field::EndDate => person.end_date = day()?,
            Field::AccessProfile => user.access_profile = to,
            // They follow from the kind of the write.
            Field::Identifier | Field::Status => {}
            Field::KnownAs | Field::Manager | Field::Phone | Field::Address | Field::Postcode => {
                return Err(BadChange { field: change.field, why: "Flow has no such field" });
            }
        }
    }
    Ok(user)
}

/// Flow's error codes in our words; flow-learning.md 3.4.
fn words(code: &str) -> Option<&'static str> {
    Some(match code {
        "BAD_CREDENTIALS" => "Company ID or Secret is wrong",
        "MISSING_FIELD" => "a mandatory field is empty",
        "JOB_TITLE_UNKNOWN" => "Flow does not have this job title (capitals and blanks count)",
        "BRANCH_UNKNOWN" => "Flow does not have this branch code",
        "DEPARTMENT_UNKNOWN" => "Flow does not have this department; the person was taken without it",
        "INVALID_DATE" => "Flow does not accept a date",
        "EMAIL_IN_USE" => "another active learner has this e-mail",
        "EMAIL_UNVERIFIED" => "the e-mail cannot change while the learner has not verified the account",
        "IDENTIFIER_IN_USE" => "another learner has this identifier",
        "POSSIBLE_DUPLICATE" => "Flow has parked the person as a possible duplicate; rule there",
        _ => return None,
    })
}

/// Code, message and field of a refusal, without personal data. `sent` is what must not be repeated.
pub fn refusal(status: u16, refusal: Refusal, sent: &[&str]) -> (String, String, Option<String>) {
    let RefusalBody { code, message, field } = refusal.error;
    let code = code.as_deref().and_then(redact::code_word).map_or_else(|| format!("HTTP_{status}"), str::to_owned);
    let quoted = message.as_deref().and_then(|message| redact::quotable(message, sent));
    let field = field.as_deref().and_then(redact::code_word).map(str::to_owned);
    (code.clone(), joined(words(&code), quoted).unwrap_or_else(|| "Flow said no".to_owned()), field)
}

/// A warning in words, without personal data.
pub fn warning(warning: &Warning, sent: &[&str]) -> String {
    let code = redact::code_word(&warning.code).unwrap_or("WARNING");
    let quoted = warning.message.as_deref().and_then(|message| redact::quotable(message, sent));
    match joined(words(code), quoted) {
        Some(text) => format!("{code}: {text}"),
        None => code.to_owned(),
    }
}

fn joined(ours: Option<&str>, theirs: Option<String>) -> Option<String> {
    match (ours, theirs) {
        (Some(ours), Some(theirs)) => Some(format!("{ours} (`{theirs}`)")),
        (Some(one), None) => Some(one.to_owned()),
        (None, theirs) => theirs.map(|text| format!("`{text}`")),
    }
}

/// The values of a record that are personal: a vendor's message that repeats one is not shown.
pub fn personal(user: &Person) -> Vec<String> {
    let dates = [user.date_of_birth, user.start_date, user.end_date];
    [&user.first_name, &user.last_name, &user.email]
        .into_iter()
        .flatten()
        .cloned()
        .chain(dates.into_iter().flatten().map(|date| date.to_string()))
        .collect()
}

fn filled(text: &Option<String>) -> Option<String> {
    text.clone().filter(|text| !text.trim().is_empty())
}

fn date(text: &Option<String>) -> Option<Date> {
    text.as_deref().map(str::trim).and_then(|text| text.split('T').next()).and_then(|text| text.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn learner() -> Learner {
        serde_json::from_value(json!({"id": 9, "identifier": "7781_204", "firstName": "Leo", "lastName": "Marsh",
            "email": "leo@x.example", "branchCode": "LDS01", "departmentName": null, "jobTitle": "Commis Chef",
            "dateOfBirth": "2001-09-05", "startDate": "2026-02-02", "endDate": null, "userProfile": "Employee",
            "status": "inactive", "training": {"completed": 4, "lastOn": "2025-10-01"}, "nationality": "XX"}))
        .unwrap()
    }

    #[test]
    fn learners_become_users_and_bodies_again() {
        let before = user(&learner());
        assert_eq!(before.status, UserStatus::Inactive);
        assert_eq!(before.training.as_ref().map(|training| training.completed), Some(4));
        let change = |field, to: Option<&str>| FieldChange { field, from: None, to: to.map(str::to_owned) };
        let after =
            changed(&before, &[change(Field::JobTitle, Some("Sous Chef")), change(Field::DateOfBirth, None)]).unwrap();
        let identifier = before.identifier.clone().unwrap();
        let sent = body(&identifier, &after.person, after.access_profile.as_deref(), UserStatus::Active);
        assert_eq!(
            serde_json::to_value(sent).unwrap(),
            json!({"identifier": "7781_204", "firstName": "Leo", "lastName": "Marsh", "email": "leo@x.example",
                "branchCode": "LDS01", "departmentName": null, "jobTitle": "Sous Chef", "dateOfBirth": null,
                "startDate": "2026-02-02", "endDate": null, "userProfile": "Employee", "status": "active"})
        );
        assert!(changed(&before, &[change(Field::Phone, Some("1"))]).is_err());
        assert!(changed(&before, &[change(Field::StartDate, Some("soon"))]).is_err());
    }

    #[test]
    fn refusals_say_why_without_the_person() {
        let answer = |message: &str| Refusal {
            error: RefusalBody {
                code: Some("EMAIL_IN_USE".into()),
                message: Some(message.into()),
                field: Some("email".into()),
            },
        };
        let (code, message, field) = refusal(409, answer("leo@x.example belongs to Marsh"), &["Marsh"]);
        assert_eq!((code.as_str(), field.as_deref()), ("EMAIL_IN_USE", Some("email")));
        assert_eq!(message, "another active learner has this e-mail");
        let (_, message, _) = refusal(409, answer("E-mail in use"), &["Marsh"]);
        assert_eq!(message, "another active learner has this e-mail (`E-mail in use`)");
        let (code, message, _) = refusal(418, Refusal::default(), &[]);
        assert_eq!((code.as_str(), message.as_str()), ("HTTP_418", "Flow said no"));
    }
}

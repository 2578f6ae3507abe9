//! Between Flow's learners and canonical users. Pure.

use super::wire::{Learner, LearnerBody, OptionRow, Refusal, RefusalBody, Warning};
use crate::domain::field::{Field, FieldChange};
use crate::domain::ids::{Identifier, OptionKey, UserId};
use crate::domain::list::ListKey;
use crate::domain::mapping::DestinationOption;
use crate::domain::person::{BadValue, Person, Training, Unreadable, User, UserStatus};
use crate::vendors::redact;
use crate::vendors::rows::{self, Fault, Row};
use jiff::civil::Date;
use serde_json::value::RawValue;

/// Switches of a body.
pub const ACTIVE: &str = "active";
pub const INACTIVE: &str = "inactive";

/// Flow's word for a status. Capitals do not change what it means (the template writes `Active`); anything else that
/// differs, be it by a blank, is a word that nobody here knows.
pub fn status(word: Option<&str>) -> UserStatus {
    match word {
        Some(word) if word.eq_ignore_ascii_case(ACTIVE) => UserStatus::Active,
        Some(word) if word.eq_ignore_ascii_case(INACTIVE) => UserStatus::Inactive,
        Some(word) if !word.trim().is_empty() => {
            UserStatus::Unclear(word.chars().filter(|c| !c.is_control()).take(WORD_MAX).collect())
        }
        Some(word) if !word.is_empty() => UserStatus::Unclear("(blank)".to_owned()),
        Some(_) | None => UserStatus::Unclear("(none)".to_owned()),
    }
}

/// Longest word of a status that is kept, in characters.
const WORD_MAX: usize = 40;

/// What is shown beside rulings only, and never written: that it cannot be read stops nothing.
const NEVER_WRITTEN: &str = "training";

/// A row as the learner that can be read of it, and as a user. `key` stands for the id where that cannot be read.
pub fn read(row: &RawValue) -> (i64, Learner, User) {
    let Row { record, faults } = rows::read::<Learner>(row);
    let learner = record.unwrap_or_default();
    let key = learner.id.unwrap_or_else(|| rows::stand_in(row));
    let mut user = user(&learner);
    let (of_status, mut faults): (Vec<Fault>, Vec<Fault>) =
        faults.into_iter().partition(|fault| fault.member.as_deref() == Some("status"));
    if let Some(fault) = of_status.first() {
        user.status = UserStatus::Unclear(format!("({})", fault.what.trim_start_matches("holds ")));
    }
    faults.retain(|fault| fault.member.as_deref() != Some(NEVER_WRITTEN));
    let days =
        [("dateOfBirth", &learner.date_of_birth), ("startDate", &learner.start_date), ("endDate", &learner.end_date)];
    for (member, text) in days {
        if filled(text).is_some() && date(text).is_none() {
            faults.push(Fault { member: Some(member.to_owned()), what: "holds no date" });
        }
    }
    if learner.id.is_none() {
        user.id = UserId::new(format!("unreadable-{:x}", key.unsigned_abs()));
        if !faults.iter().any(|fault| fault.member.as_deref().is_none_or(|member| member == "id")) {
            faults.push(Fault { member: Some("id".to_owned()), what: "is empty" });
        }
    }
    user.unreadable = faults.first().map(|first| Unreadable {
        member: first.member.clone().unwrap_or_default(),
        what: faults.iter().map(Fault::to_string).collect::<Vec<_>>().join(", "),
    });
    (key, learner, user)
}

/// A learner in canonical form.
fn user(learner: &Learner) -> User {
    User {
        id: UserId::new(learner.id.map(|id| id.to_string()).unwrap_or_default()),
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
        status: status(learner.status.as_deref()),
        access_profile: filled(&learner.user_profile),
        manager: None,
        training: learner
            .training
            .as_ref()
            .map(|training| Training { completed: training.completed, last_on: date(&training.last_on) }),
        unreadable: None,
    }
}

/// A branch is known by its code, everything else by its exact name.
pub fn option(list: ListKey, row: OptionRow) -> DestinationOption {
    let key = row.code.filter(|code| list == ListKey::BRANCH && !code.is_empty()).unwrap_or(row.name.clone());
    DestinationOption::new(list, OptionKey(key), row.name, row.active.unwrap_or(true))
}

/// The whole record as it will stand; with a status only where the write is meant to switch.
pub fn body(
    identifier: &Identifier,
    person: &Person,
    profile: Option<&str>,
    status: Option<&'static str>,
) -> LearnerBody {
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
        status,
    }
}

/// A field change that this destination cannot carry out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadChange {
    #[error("Flow has no field for {}", .0.words())]
    NoField(Field),
    #[error(transparent)]
    Value(#[from] BadValue),
}

/// The record that `changes` make of `user`.
///
/// # Errors
/// [`BadChange`] for a field that Flow has not, and for a date that is none.
pub fn changed(user: &User, changes: &[FieldChange]) -> Result<User, BadChange> {
    let mut user = user.clone();
    for change in changes {
        match change.field {
            // They follow from the kind of the write.
            Field::Identifier | Field::Status => {}
            field if super::HTTP.fields.contains(&field) => user.set(field, change.to.as_deref())?,
            field => return Err(BadChange::NoField(field)),
        }
    }
    Ok(user)
}

/// Flow has taken the record and put it aside: no learner is made until somebody there decides (flow-learning.md 3.2, 9).
pub const POSSIBLE_DUPLICATE: &str = "POSSIBLE_DUPLICATE";

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
        POSSIBLE_DUPLICATE => "Flow has parked the person as a possible duplicate; rule there",
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
        let row = RawValue::from_string(serde_json::to_string(&learner()).unwrap()).unwrap();
        let before = read(&row).2;
        assert_eq!(before.unreadable, None);
        assert_eq!(before.status, UserStatus::Inactive);
        assert_eq!(before.training.as_ref().map(|training| training.completed), Some(4));
        let change = |field, to: Option<&str>| FieldChange { field, from: None, to: to.map(str::to_owned) };
        let after =
            changed(&before, &[change(Field::JobTitle, Some("Sous Chef")), change(Field::DateOfBirth, None)]).unwrap();
        let identifier = before.identifier.clone().unwrap();
        let sent = body(&identifier, &after.person, after.access_profile.as_deref(), Some(ACTIVE));
        assert_eq!(
            serde_json::to_value(sent).unwrap(),
            json!({"identifier": "7781_204", "firstName": "Leo", "lastName": "Marsh", "email": "leo@x.example",
                "branchCode": "LDS01", "departmentName": null, "jobTitle": "Sous Chef", "dateOfBirth": null,
                "startDate": "2026-02-02", "endDate": null, "userProfile": "Employee", "status": "active"})
        );
        let quiet = body(&identifier, &after.person, None, None);
        assert_eq!(serde_json::to_value(quiet).unwrap().get("status"), None, "an update switches nobody");
        assert!(changed(&before, &[change(Field::Phone, Some("1"))]).is_err());
        assert!(changed(&before, &[change(Field::StartDate, Some("soon"))]).is_err());
    }

    fn read_of(row: serde_json::Value) -> User {
        read(&RawValue::from_string(row.to_string()).unwrap()).2
    }

    #[test]
    fn only_the_two_words_are_a_status() {
        for word in ["active", "Active", "ACTIVE"] {
            assert_eq!(status(Some(word)), UserStatus::Active);
        }
        for word in ["inactive", "Inactive", "INACTIVE"] {
            assert_eq!(status(Some(word)), UserStatus::Inactive);
        }
        for word in ["suspended", "archived", "deleted", "Inactive ", " active", "act\u{130}ve", "in active", "1"] {
            assert_eq!(status(Some(word)), UserStatus::Unclear(word.into()));
        }
        assert_eq!(status(Some("x\u{7}y")), UserStatus::Unclear("xy".into()));
        let told = |row| match read_of(row).status {
            UserStatus::Unclear(word) => word,
            other => panic!("{other:?}"),
        };
        assert_eq!(told(json!({"id": 1})), "(none)");
        assert_eq!(told(json!({"id": 1, "status": null})), "(none)");
        assert_eq!(told(json!({"id": 1, "status": "  "})), "(blank)");
        assert_eq!(told(json!({"id": 1, "status": false})), "(yes or no)");
        assert_eq!(told(json!({"id": 1, "status": {"x": 1}})), "(an object)");
        assert_eq!(read_of(json!({"id": 1, "status": 0})).unreadable, None, "the status alone says so already");
    }

    #[test]
    fn what_cannot_be_read_is_named_and_the_rest_is_read() {
        let user =
            read_of(json!({"id": 4, "identifier": "77_4", "firstName": 5, "lastName": "Marsh", "status": "active",
            "dateOfBirth": "31/02/1990", "training": "none"}));
        let unreadable = user.unreadable.unwrap();
        assert_eq!((unreadable.member.as_str(), user.status), ("firstName", UserStatus::Active));
        assert_eq!(unreadable.what, "`firstName` holds a number, `dateOfBirth` holds no date");
        assert_eq!((user.id.as_str(), user.identifier.unwrap().as_str()), ("4", "77_4"));
        assert_eq!(user.person.last_name.as_deref(), Some("Marsh"));

        let row = json!({"id": null, "identifier": "77_5", "status": "active"});
        let (one, again) = (read_of(row.clone()), read_of(row));
        assert_eq!((&one.id, one.unreadable.as_ref().unwrap().what.as_str()), (&again.id, "`id` is empty"));
        assert!(one.id.as_str().starts_with("unreadable-"));
        for row in [json!(null), json!([1]), json!("x")] {
            let user = read_of(row);
            assert_eq!((user.identifier, user.unreadable.unwrap().member.as_str()), (None, ""));
        }
        assert_eq!(read_of(json!({"id": 1e30, "status": "active"})).unreadable.unwrap().what, "`id` holds a number");
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

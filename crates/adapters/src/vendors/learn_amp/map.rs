//! Between Learn Amp's users and canonical ones. Pure.

use super::wire::{CustomValue, Status, UserRow};
use crate::domain::custom_field::CustomField;
use crate::domain::field::{Field, FieldChange};
use crate::domain::ids::{Identifier, UserId};
use crate::domain::list::ListKey;
use crate::domain::person::{BadValue, Person, User, UserStatus};
use crate::vendors::http::Body;
use crate::vendors::rows::{self, Fault, Row};
use serde_json::value::RawValue;
use serde_json::{Map, json};
use std::collections::{BTreeMap, BTreeSet};

/// Display texts of users who can log in, or could once they take their invitation up. The first two are `documented`, the
/// others `inferred` from the filter's values.
const ACTIVE: [&str; 4] = ["Confirmed", "Invite pending", "Not invited", "Invite scheduled"];
/// `inferred`.
const DEACTIVATED: &str = "Deactivated";

/// Longest text of a status that is kept, in characters.
const WORD_MAX: usize = 40;

/// What a status says. It is a text for people: one that nobody here knows (`Pending deactivation` exists inside Learn Amp,
/// `inferred` from the history of its reference) is neither active nor inactive.
pub fn status(status: Option<&Status>) -> UserStatus {
    let word = status.and_then(|status| status.status.as_deref()).unwrap_or_default();
    if ACTIVE.iter().any(|known| known.eq_ignore_ascii_case(word)) {
        return UserStatus::Active;
    }
    if DEACTIVATED.eq_ignore_ascii_case(word) {
        return UserStatus::Inactive;
    }
    let shown: String = word.chars().filter(|c| !c.is_control()).take(WORD_MAX).collect();
    UserStatus::Unclear(if shown.trim().is_empty() { "(none)".to_owned() } else { shown })
}

/// A row as what can be read of it, and as a user with the custom fields of `mapped`. The key stands for the id where that
/// cannot be read.
pub fn read(row: &RawValue, mapped: &BTreeSet<CustomField>) -> (i64, UserRow, User) {
    let Row { record, faults } = rows::read::<UserRow>(row);
    let found = record.unwrap_or_default();
    let key = found.id.unwrap_or_else(|| rows::stand_in(row));
    let mut user = user(&found);
    let (of_status, mut faults): (Vec<Fault>, Vec<Fault>) =
        faults.into_iter().partition(|fault| fault.member.as_deref() == Some("status"));
    if let Some(fault) = of_status.first() {
        user.status = UserStatus::Unclear(format!("({})", fault.what.trim_start_matches("holds ")));
    }
    // Neither is ever written.
    faults.retain(|fault| !matches!(fault.member.as_deref(), Some("profileUrl")));
    rows::date("hireDate", found.hire_date.as_deref(), &mut faults);
    user.person.custom = custom(&found, mapped, &mut faults);
    if found.id.is_none() {
        user.id = UserId::new(format!("unreadable-{:x}", key.unsigned_abs()));
        if !faults.iter().any(|fault| fault.member.as_deref().is_none_or(|member| member == "id")) {
            faults.push(Fault { member: Some("id".to_owned()), what: "is empty" });
        }
    }
    user.unreadable = rows::unreadable(&faults);
    (key, found, user)
}

/// The values of the mapped custom fields. Names are compared to the letter, as Learn Amp does when they are written
/// (`inferred`).
fn custom(row: &UserRow, mapped: &BTreeSet<CustomField>, faults: &mut Vec<Fault>) -> BTreeMap<CustomField, String> {
    let mut values = BTreeMap::new();
    for CustomValue { name, value } in row.custom_fields.iter().flatten() {
        let Some(field) = mapped.iter().find(|field| name.as_deref() == Some(field.name())) else { continue };
        match value {
            serde_json::Value::String(text) if text.trim().is_empty() => {}
            serde_json::Value::Null => {}
            serde_json::Value::String(text) => _ = values.insert(*field, text.clone()),
            serde_json::Value::Number(_) | serde_json::Value::Bool(_) => _ = values.insert(*field, value.to_string()),
            serde_json::Value::Array(_) | serde_json::Value::Object(_) => {
                faults.push(Fault { member: Some(field.name().to_owned()), what: "holds more than one value" });
            }
        }
    }
    values
}

fn user(row: &UserRow) -> User {
    User {
        id: UserId::new(row.id.map(|id| id.to_string()).unwrap_or_default()),
        identifier: filled(&row.integration_external_id).map(Identifier),
        person: Person {
            first_name: filled(&row.first_name),
            last_name: filled(&row.last_name),
            email: filled(&row.email),
            job_title: filled(&row.job_title),
            branch: filled(&row.location),
            department: filled(&row.department),
            start_date: rows::date("hireDate", row.hire_date.as_deref(), &mut Vec::new()),
            lists: team(row).into_iter().collect(),
            ..Person::default()
        },
        status: status(row.status.as_ref()),
        access_profile: filled(&row.role),
        manager: row.manager.as_ref().and_then(|manager| manager.id).map(|id| UserId::new(id.to_string())),
        training: None,
        unreadable: None,
    }
}

fn team(row: &UserRow) -> Option<(ListKey, String)> {
    Some((ListKey::TEAM, row.primary_team.as_ref()?.id?.to_string()))
}

fn filled(text: &Option<String>) -> Option<String> {
    text.clone().filter(|text| !text.trim().is_empty())
}

/// Name and value of members that are written.
pub type Form = Vec<(&'static str, String)>;

/// How a form names a custom field and its value, a pair for each field (`inferred`).
const CUSTOM_NAME: &str = "customFields[][name]";
const CUSTOM_VALUE: &str = "customFields[][value]";
/// Members that are yes or no.
const FLAGS: [&str; 3] = ["skipInvitation", "skipNotification", "reactivate"];

/// The body of a write. The encoding of custom fields in a form is not documented, so that what has some goes as JSON, which
/// the samples for team members send (`inferred` for users).
pub fn body(form: Form) -> Body {
    if !form.iter().any(|(name, _)| *name == CUSTOM_NAME) {
        return Body::Form(form);
    }
    let (mut members, mut custom) = (Map::new(), Vec::new());
    let mut pairs = form.into_iter();
    while let Some((name, value)) = pairs.next() {
        if name == CUSTOM_NAME {
            let (_, own) = pairs.next().unwrap_or_default();
            custom.push(json!({ "name": value, "value": own }));
        } else if FLAGS.contains(&name) {
            members.insert(name.to_owned(), json!(value == "true"));
        } else {
            members.insert(name.to_owned(), json!(value));
        }
    }
    members.insert("customFields".to_owned(), json!(custom));
    Body::Json(members.into())
}

fn put_custom(form: &mut Form, field: CustomField, value: &str) {
    form.push((CUSTOM_NAME, field.name().to_owned()));
    form.push((CUSTOM_VALUE, value.to_owned()));
}

/// A field change that Learn Amp cannot carry out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadChange {
    #[error("Learn Amp has no field for {}", .0.words())]
    NoField(Field),
    #[error(transparent)]
    Value(#[from] BadValue),
}

/// All of a new user. Members without a value are left out: Learn Amp has a default for each.
pub fn creation(identifier: &Identifier, person: &Person, role: Option<&str>) -> Form {
    let day = person.start_date.map(|date| date.to_string());
    let members: [(&'static str, Option<&str>); 10] = [
        ("email", person.email.as_deref()),
        ("firstName", person.first_name.as_deref()),
        ("lastName", person.last_name.as_deref()),
        ("integrationExternalId", Some(identifier.as_str())),
        ("jobTitle", person.job_title.as_deref()),
        ("location", person.branch.as_deref()),
        ("department", person.department.as_deref()),
        ("primaryTeamId", person.text(ListKey::TEAM.field())),
        ("hireDate", day.as_deref()),
        ("role", role),
    ];
    let mut form: Form = members.into_iter().filter_map(|(name, value)| Some((name, value?.to_owned()))).collect();
    for (field, value) in &person.custom {
        put_custom(&mut form, *field, value);
    }
    form
}

/// What is written for these changes: the three members that the update's own table demands (the reference contradicts itself
/// about that), and those that change. An empty text empties: `documented` for the external id, `inferred` for the others.
///
/// # Errors
/// [`BadChange`] for a field that Learn Amp has not, and for a date that is none.
pub fn changed(current: &User, changes: &[FieldChange]) -> Result<Form, BadChange> {
    let mut person = current.person.clone();
    let mut form = Form::new();
    for change in changes {
        let name = match change.field {
            // Sent in any case.
            Field::FirstName | Field::LastName | Field::Email => {
                person.set(change.field, change.to.as_deref())?;
                continue;
            }
            // They follow from the kind of the write.
            Field::Identifier | Field::Status => continue,
            Field::JobTitle => "jobTitle",
            Field::Branch => "location",
            Field::Department => "department",
            Field::List(ListKey::TEAM) => "primaryTeamId",
            Field::AccessProfile => "role",
            Field::Manager => "managerId",
            Field::StartDate => {
                person.set(change.field, change.to.as_deref())?;
                "hireDate"
            }
            Field::Custom(custom) => {
                put_custom(&mut form, custom, change.to.as_deref().unwrap_or_default());
                continue;
            }
            field => return Err(BadChange::NoField(field)),
        };
        form.push((name, change.to.clone().unwrap_or_default()));
    }
    let always = [("email", &person.email), ("firstName", &person.first_name), ("lastName", &person.last_name)];
    let always = always.into_iter().filter_map(|(name, value)| Some((name, value.clone()?)));
    Ok(always.chain(form).collect())
}

/// An e-mail as it is compared.
pub fn same_email(one: &str, other: &str) -> bool {
    one.trim().to_lowercase() == other.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapped() -> BTreeSet<CustomField> {
        ["Cost centre", "Badge"].map(|name| CustomField::named(name).unwrap()).into()
    }

    #[test]
    fn mapped_custom_fields_are_read_and_written_and_no_others_kept() {
        let mut row = priya();
        row["customFields"] = json!([
            {"name": "Cost centre", "value": "4011"}, {"name": "Badge", "value": 7}, {"name": "Allergies", "value": "nuts"},
            {"name": "cost centre", "value": "9"}
        ]);
        let raw = RawValue::from_string(row.to_string()).unwrap();
        let (_, found, user) = read(&raw, &mapped());
        let value = |name: &str| user.person.custom.get(&CustomField::named(name).unwrap()).map(String::as_str);
        assert_eq!((value("Cost centre"), value("Badge"), value("Allergies")), (Some("4011"), Some("7"), None));
        assert!(!serde_json::to_string(&found).unwrap().contains("nuts"));
        row["customFields"] = json!([{"name": "Badge", "value": ["7", "8"]}]);
        assert_eq!(read_of(row).unreadable.unwrap().what, "`Badge` holds more than one value");

        let field = Field::Custom(CustomField::named("Cost centre").unwrap());
        let change = FieldChange { field, from: Some("4011".into()), to: Some("4012".into()) };
        let mut form = changed(&user, &[change]).unwrap();
        form.push(("reactivate", "true".to_owned()));
        let Body::Json(sent) = body(form) else { panic!("a form") };
        assert_eq!(sent["customFields"], json!([{"name": "Cost centre", "value": "4012"}]));
        assert_eq!((&sent["firstName"], &sent["reactivate"]), (&json!("Priya"), &json!(true)));
        assert!(matches!(body(changed(&user, &[]).unwrap()), Body::Form(_)));
    }

    fn read_of(row: serde_json::Value) -> User {
        read(&RawValue::from_string(row.to_string()).unwrap(), &mapped()).2
    }

    fn priya() -> serde_json::Value {
        json!({"id": 4021, "firstName": "Priya", "lastName": "Nair", "jobTitle": "Duty Manager",
            "email": "priya.nair@example.com", "timeZone": "London", "language": "en", "role": "viewer",
            "integrationExternalId": "EMP-1042", "hireDate": "2025-03-17",
            "profileUrl": "https://acme.learnamp.com/en/users/4021",
            "status": {"status": "Invite pending", "time": "Sent 17 Mar 25"}, "location": "Leeds",
            "department": "Front of House", "primaryTeam": null, "secondaryTeams": [], "manager": null})
    }

    #[test]
    fn the_reference_s_example_is_read() {
        let user = read_of(priya());
        assert_eq!((user.id.as_str(), user.identifier.unwrap().as_str()), ("4021", "EMP-1042"));
        assert_eq!((user.status, user.access_profile.as_deref()), (UserStatus::Active, Some("viewer")));
        let person = Person {
            first_name: Some("Priya".into()),
            last_name: Some("Nair".into()),
            email: Some("priya.nair@example.com".into()),
            job_title: Some("Duty Manager".into()),
            branch: Some("Leeds".into()),
            department: Some("Front of House".into()),
            start_date: Some(jiff::civil::date(2025, 3, 17)),
            ..Person::default()
        };
        assert_eq!((user.person, user.unreadable), (person, None));
        let raw =
            serde_json::to_string(&read(&RawValue::from_string(priya().to_string()).unwrap(), &mapped()).1).unwrap();
        assert!(!raw.contains("profileUrl") && !raw.contains("Sent 17") && raw.contains("Invite pending"));
    }

    #[test]
    fn only_known_texts_are_a_status() {
        let told = |word: serde_json::Value| read_of(json!({"id": 1, "status": {"status": word, "time": 7}})).status;
        for word in ["Confirmed", "Invite pending", "invite pending", "Not invited", "Invite scheduled"] {
            assert_eq!(told(json!(word)), UserStatus::Active, "{word}");
        }
        assert_eq!(told(json!("Deactivated")), UserStatus::Inactive);
        for word in ["Pending deactivation", "Confirmed ", "deactivated_at", "Désactivé"] {
            assert_eq!(told(json!(word)), UserStatus::Unclear(word.into()));
        }
        assert_eq!(told(json!(null)), UserStatus::Unclear("(none)".into()));
        let odd = read_of(json!({"id": 1, "status": "Confirmed"}));
        assert_eq!((odd.status, odd.unreadable), (UserStatus::Unclear("(a text)".into()), None));
        assert_eq!(read_of(json!({"id": 1})).status, UserStatus::Unclear("(none)".into()));
    }

    #[test]
    fn what_cannot_be_read_is_named_and_the_rest_is_read() {
        let mut row = priya();
        row["firstName"] = json!(5);
        row["hireDate"] = json!("17 March");
        let user = read_of(row);
        assert_eq!(user.person.last_name.as_deref(), Some("Nair"));
        let unreadable = user.unreadable.unwrap();
        assert_eq!(unreadable.what, "`firstName` holds a number, `hireDate` holds a text that is no date");
        let nameless = read_of(json!({"firstName": "A"}));
        assert!(nameless.id.as_str().starts_with("unreadable-"));
        assert_eq!(nameless.unreadable.unwrap().member, "id");
    }

    #[test]
    fn an_update_sends_the_three_that_are_demanded_and_what_changes() {
        let user = read_of(priya());
        let change = |field, to: Option<&str>| FieldChange { field, from: None, to: to.map(str::to_owned) };
        let form = changed(
            &user,
            &[change(Field::LastName, Some("Rao")), change(Field::JobTitle, None), change(Field::Branch, Some("York"))],
        )
        .unwrap();
        let pairs: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(
            pairs,
            [
                ("email", "priya.nair@example.com"),
                ("firstName", "Priya"),
                ("lastName", "Rao"),
                ("jobTitle", ""),
                ("location", "York")
            ]
        );
        assert!(changed(&user, &[change(Field::StartDate, Some("soon"))]).is_err());
        assert!(changed(&user, &[change(Field::EndDate, Some("2026-01-01"))]).is_err());
    }
}

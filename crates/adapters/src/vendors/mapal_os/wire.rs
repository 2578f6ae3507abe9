//! What the assumed contract sends (mapal-os.md 5.7), by allow-list: identity numbers and whatever else stands in a record are never
//! decoded. All but the id may be missing.

use crate::vendors::http::Answer;
use crate::vendors::redact;
use crate::vendors::rows::{self, Fault, RawRow, kind};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A page of any list.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page {
    pub items: Vec<RawRow>,
    #[serde(default)]
    pub total_count: Option<u64>,
    /// What a page has at most, where it is fewer than was asked for.
    #[serde(default)]
    pub page_size: Option<usize>,
}

/// Whose the token is.
#[derive(Debug, Clone, Deserialize)]
pub struct Tenant {
    pub id: Text,
    #[serde(default)]
    pub name: Option<String>,
}

/// A text, or a number as text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Text {
    Text(String),
    Number(i64),
}

impl Text {
    /// As text; `None` where it is blank.
    pub fn filled(&self) -> Option<String> {
        match self {
            Text::Text(text) => filled(Some(text)),
            Text::Number(number) => Some(number.to_string()),
        }
    }
}

/// Missing text is null or blank.
pub fn filled(text: Option<&str>) -> Option<String> {
    text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// A business unit, a job title, a department or a user profile, in a list or in a record.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Named {
    /// Of units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub os_id: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feed_id: Option<Text>,
    /// Of everything else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

impl Named {
    /// Its number in Mapal OS.
    pub fn key(&self) -> Option<String> {
        self.os_id.as_ref().or(self.id.as_ref()).and_then(Text::filled)
    }

    /// Its Feed ID.
    pub fn feed(&self) -> Option<String> {
        self.feed_id.as_ref().and_then(Text::filled)
    }

    /// Its name, to the letter: Mapal compares names exactly.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref().filter(|name| !name.trim().is_empty())
    }
}

/// An employee, as far as it is read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub struct Record {
    pub os_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_profile: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub business_unit: Option<Named>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_title: Option<Named>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<Named>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub end_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub modified_at: Option<String>,
}

/// A record before the members inside its members are read.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Row {
    os_id: Option<Text>,
    external_id: Option<Text>,
    first_name: Option<String>,
    last_name: Option<String>,
    email: Option<String>,
    phone: Option<Text>,
    status: Option<String>,
    user_profile: Option<String>,
    business_unit: Option<RawRow>,
    job_title: Option<RawRow>,
    department: Option<RawRow>,
    start_date: Option<String>,
    end_date: Option<String>,
    modified_at: Option<RawRow>,
}

/// What could be read of an employee, and what not.
#[derive(Debug, Default)]
pub struct Read {
    /// `None` where there is no id that can be read.
    pub record: Option<Record>,
    pub faults: Vec<Fault>,
}

impl Read {
    /// Reads an employee.
    pub fn of(raw: &RawValue) -> Self {
        let rows::Row { record, mut faults } = rows::read::<Row>(raw);
        let Some(row) = record else { return Self { record: None, faults } };
        let Some(os_id) = row.os_id.as_ref().and_then(Text::filled) else {
            if !faults.iter().any(|fault| fault.member.as_deref() == Some("osId")) {
                faults.push(Fault { member: Some("osId".to_owned()), what: "is empty" });
            }
            return Self { record: None, faults };
        };
        let mut inside = |member: &str, value: Option<RawRow>| named(member, value.as_deref(), &mut faults);
        let record = Record {
            os_id,
            external_id: row.external_id.as_ref().and_then(Text::filled),
            first_name: filled(row.first_name.as_deref()),
            last_name: filled(row.last_name.as_deref()),
            email: filled(row.email.as_deref()),
            phone: row.phone.as_ref().and_then(Text::filled),
            status: filled(row.status.as_deref()),
            user_profile: filled(row.user_profile.as_deref()),
            business_unit: inside("businessUnit", row.business_unit),
            job_title: inside("jobTitle", row.job_title),
            department: inside("department", row.department),
            start_date: filled(row.start_date.as_deref()),
            end_date: filled(row.end_date.as_deref()),
            // When a record was changed holds nobody: without a time it is taken for changed.
            modified_at: row.modified_at.and_then(|value| serde_json::from_str(value.get()).ok()),
        };
        Self { record: Some(record), faults }
    }
}

/// A member that is an object; the faults inside it are named by their paths.
fn named(member: &str, value: Option<&RawValue>, faults: &mut Vec<Fault>) -> Option<Named> {
    let value = value?;
    if !value.get().trim_start().starts_with('{') {
        faults.push(Fault { member: Some(member.to_owned()), what: kind(value.get()) });
        return None;
    }
    let read = rows::read::<Named>(value);
    faults.extend(read.faults.into_iter().map(|fault| {
        let path = fault.member.map_or_else(|| member.to_owned(), |inside| format!("{member}.{inside}"));
        Fault { member: Some(path), what: fault.what }
    }));
    read.record.filter(|named| *named != Named::default())
}

/// A line of the Feed Log.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct FeedLine {
    pub level: Option<String>,
    pub message: Option<String>,
}

/// `{"code","message"}`, or what a sign-in says (`{"error"}`).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Refusal {
    code: Option<Text>,
    error: Option<String>,
}

impl Refusal {
    /// The code of a refusal as errors show it (` (tenant_unknown)`); nothing where there is none.
    pub fn of(answer: &Answer) -> String {
        let body: Self = serde_json::from_str(&rows::text(answer.bytes())).unwrap_or_default();
        let code = body.code.as_ref().and_then(Text::filled).or(body.error);
        code.as_deref().and_then(redact::code_word).map(|code| format!(" ({code})")).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(text: &str) -> Read {
        Read::of(&RawValue::from_string(text.to_owned()).unwrap())
    }

    #[test]
    fn an_employee_is_read_by_the_contract_and_nothing_that_is_private() {
        let whole = read(
            &json!({
                "osId": "6f0f6f0e-2a51-4c53-9d0e-2b1f6f5f0a11", "externalId": " EXT-5501 ", "firstName": "Leila",
                "lastName": "Moreau", "email": "", "phone": 7700900321_u64, "status": "Active", "userProfile": "Employee",
                "businessUnit": {"osId": 311, "feedId": "BU-017", "name": "Brighton Marina", "taxNumber": "1"},
                "jobTitle": {"id": 42, "name": "Team Member"}, "department": null, "startDate": "2024-11-04",
                "endDate": null, "modifiedAt": "2026-01-12T09:00:00Z", "identityNumber": "QQ123456C",
            })
            .to_string(),
        );
        assert_eq!(whole.faults, []);
        assert_eq!(
            serde_json::to_value(whole.record.unwrap()).unwrap(),
            json!({
                "osId": "6f0f6f0e-2a51-4c53-9d0e-2b1f6f5f0a11", "externalId": "EXT-5501", "firstName": "Leila",
                "lastName": "Moreau", "phone": "7700900321", "status": "Active", "userProfile": "Employee",
                "businessUnit": {"osId": 311, "feedId": "BU-017", "name": "Brighton Marina"},
                "jobTitle": {"id": 42, "name": "Team Member"}, "startDate": "2024-11-04",
                "modifiedAt": "2026-01-12T09:00:00Z",
            })
        );
        let odd = read(r#"{"osId": 7, "modifiedAt": {"at": 5}, "jobTitle": {}}"#);
        assert_eq!(odd.faults, [], "nobody is held by it");
        let bare = Record { os_id: "7".into(), ..Record::default() };
        assert_eq!(odd.record, Some(bare));
    }

    #[test]
    fn a_member_at_fault_is_named_by_its_path() {
        for (text, words) in [
            (r#"{"osId": "a", "firstName": 5}"#, "`firstName` holds a number"),
            (r#"{"osId": "a", "externalId": ["EXT-1"]}"#, "`externalId` holds a list"),
            (r#"{"osId": "a", "externalId": 1.5}"#, "`externalId` holds a number"),
            (r#"{"osId": "a", "status": true}"#, "`status` holds yes or no"),
            (r#"{"osId": "a", "email": "\ud800"}"#, "`email` holds a broken character"),
            (r#"{"osId": "a", "email": "x", "email": "y"}"#, "`email` is given twice"),
            (r#"{"osId": "a", "businessUnit": "BU-1"}"#, "`businessUnit` holds a text"),
            (r#"{"osId": "a", "businessUnit": {"feedId": {}}}"#, "`businessUnit.feedId` holds an object"),
            (r#"{"osId": "a", "jobTitle": {"name": 5}}"#, "`jobTitle.name` holds a number"),
            (r#"{"osId": "a", "department": [7]}"#, "`department` holds a list"),
            (r#"{"osId": "a", "startDate": 20240311}"#, "`startDate` holds a number"),
        ] {
            let read = read(text);
            let said = rows::unreadable(&read.faults).map(|unreadable| unreadable.what);
            assert_eq!(
                (read.record.map(|one| one.os_id).as_deref(), said.as_deref()),
                (Some("a"), Some(words)),
                "{text}"
            );
        }
        for (text, words) in [
            (r#"{"firstName": "x"}"#, "`osId` is empty"),
            (r#"{"osId": " "}"#, "`osId` is empty"),
            (r#"{"osId": {}}"#, "`osId` holds an object"),
            ("[1]", "the record holds a list"),
            ("null", "the record is empty"),
        ] {
            let read = read(text);
            assert_eq!((read.record, read.faults[0].to_string().as_str()), (None, words), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_record_makes_it_panic(text in r#"[\[\]{}",:osIda0-9.e\\u-]{0,60}"#) {
            if let Ok(raw) = RawValue::from_string(text) {
                let read = Read::of(&raw);
                proptest::prop_assert!(read.record.is_some() || !read.faults.is_empty());
            }
        }
    }
}

#[cfg(test)]
mod battered {
    use super::*;
    use crate::battered::batter;

    #[test]
    fn battered_mapal_os() {
        let samples: &[&[u8]] = &[
            br#"{"osId":"a1","externalId":"EXT-1","firstName":"Ana","lastName":"Silva","status":"Active","email":"a@x.example","jobTitle":{"id":"j","name":"Chef"},"businessUnit":{"id":"b","name":"Quay"},"modifiedAt":"2026-01-10T08:30:12Z","birthDate":"1990-01-01"}"#,
            br#"{"osId":7,"modifiedAt":{"at":5},"jobTitle":{}}"#,
        ];
        batter("mapal_os", samples, |bytes| {
            let Ok(raw) = RawValue::from_string(rows::text(bytes).into_owned()) else { return };
            let read = Read::of(&raw);
            assert!(read.record.is_some() || !read.faults.is_empty());
        });
    }
}

//! What Freshteam sends (freshteam.md 4.6), by allow-list. Bank, compensation, government documents and dependents are never
//! decoded, nor custom fields that are not mapped.

use crate::vendors::rows::{self, Fault, RawRow, kind};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};

/// Where a record has its custom values.
const CUSTOM: &str = "custom_field_values";

/// An employee, as the list shows one; a record by id has these members too. All but the id may be missing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Row {
    pub id: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub employee_id: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nick_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub official_email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub personal_email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub designation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub employee_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deleted: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub joining_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub termination_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_of_birth: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sub_department_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub business_unit_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub team_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reporting_to_id: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phone_numbers: Option<Vec<Phone>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub work_numbers: Option<Vec<Phone>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<Address>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<String>,
}

/// A text, or a number as text.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Text {
    Text(String),
    Number(i64),
}

impl Text {
    /// As text; `None` where it is blank.
    pub fn filled(&self) -> Option<String> {
        match self {
            Text::Text(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            Text::Number(number) => Some(number.to_string()),
        }
    }
}

/// `{"name": "Mobile", "number": "07700900321"}`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Phone {
    pub name: Option<String>,
    pub number: Option<String>,
}

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Address {
    pub street: Option<String>,
    pub state: Option<String>,
    pub city: Option<String>,
    pub zip_code: Option<String>,
}

/// An employee with the mapped custom values, by technical name.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    #[serde(flatten)]
    pub row: Row,
    /// `None` where the record by id was not read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom: Option<BTreeMap<String, String>>,
}

/// What could be read of an employee, and what not.
#[derive(Debug, Default)]
pub struct Read {
    /// `None` where there is no id that can be read.
    pub record: Option<Record>,
    pub faults: Vec<Fault>,
}

impl Read {
    /// Reads a row of the list.
    pub fn row(raw: &RawValue) -> Self {
        let rows::Row { record, mut faults } = rows::read::<Row>(raw);
        let record = record.filter(|row| row.id > 0);
        if record.is_none() && faults.is_empty() {
            faults.push(Fault { member: Some("id".to_owned()), what: "is empty" });
        }
        Self { record: record.map(|row| Record { row, custom: None }), faults }
    }

    /// Reads a record by id: the row, and the values of `mapped` custom fields.
    pub fn detail(raw: &RawValue, mapped: &BTreeSet<&str>) -> Self {
        let mut read = Self::row(raw);
        if let Some(record) = &mut read.record {
            let values = rows::members(raw).into_iter().find(|(name, _)| name == CUSTOM).map(|(_, values)| values);
            record.custom = Some(custom(values.as_deref(), mapped, &mut read.faults));
        }
        read
    }
}

fn custom(values: Option<&RawValue>, mapped: &BTreeSet<&str>, faults: &mut Vec<Fault>) -> BTreeMap<String, String> {
    let Some(values) = values.filter(|values| values.get().trim() != "null") else { return BTreeMap::new() };
    if !values.get().trim_start().starts_with('{') {
        faults.push(Fault { member: Some(CUSTOM.to_owned()), what: kind(values.get()) });
        return BTreeMap::new();
    }
    let mut out = BTreeMap::new();
    for (name, value) in rows::members(values).into_iter().filter(|(name, _)| mapped.contains(name.as_str())) {
        match shown(&value) {
            Some(text) => out.extend(text.map(|text| (name, text))),
            None => faults.push(Fault { member: Some(name), what: kind(value.get()) }),
        }
    }
    out
}

/// The text of a custom value: of a text field itself, of a drop-down its `value` (client). Several are joined. `None` where
/// it is something else.
fn shown(value: &RawRow) -> Option<Option<String>> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Value {
        Plain(Text),
        Flag(bool),
        Chosen { value: Option<Text> },
        Several(Vec<Value>),
    }
    fn text(value: &Value) -> Option<String> {
        match value {
            Value::Plain(text) => text.filled(),
            Value::Flag(yes) => Some(if *yes { "yes" } else { "no" }.to_owned()),
            Value::Chosen { value } => value.as_ref().and_then(Text::filled),
            Value::Several(all) => {
                let all: Vec<String> = all.iter().filter_map(text).collect();
                Some(all.join(", ")).filter(|text| !text.is_empty())
            }
        }
    }
    serde_json::from_str::<Option<Value>>(value.get()).ok().map(|value| value.as_ref().and_then(text))
}

/// A branch, a department or another thing that is referred to by number.
#[derive(Debug, Deserialize)]
pub struct Named {
    pub id: i64,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub deleted: Option<bool>,
}

/// The definition of a field.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Definition {
    pub name: String,
    pub label: Option<String>,
    pub field_type: Option<String>,
    pub deleted: Option<bool>,
    /// A standard field, which has a member of its own.
    pub default: Option<bool>,
    pub picklist_values: Option<Vec<Pick>>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Pick {
    pub value: Option<String>,
}

/// One error: in a list of errors, or alone (doc; client).
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct ErrorBody {
    errors: Vec<ErrorRow>,
    code: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ErrorRow {
    code: Option<String>,
}

impl ErrorBody {
    /// The code of the first error.
    pub fn code(&self) -> Option<&str> {
        self.errors.first().and_then(|error| error.code.as_deref()).or(self.code.as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn detail(value: &Value) -> Read {
        let raw = RawValue::from_string(value.to_string()).unwrap();
        Read::detail(&raw, &["a", "b", "c", "d", "e"].into())
    }

    #[test]
    fn custom_values_come_in_every_form_and_only_those_that_are_mapped() {
        let read = detail(&json!({"id": 3, "employee_id": 118, "bank_information": {"account_number": "1"},
            "custom_field_values": {"a": "LDS-7", "b": {"id": 12, "value": "Plus"}, "c": {"id": null, "value": null},
                "d": null, "e": [{"id": 1, "value": "X"}, {"id": 2, "value": "Y"}], "health_cf_str09": "private"}}));
        assert_eq!(read.faults, []);
        let record = read.record.unwrap();
        let kept = serde_json::to_value(&record).unwrap();
        assert_eq!(kept, json!({"id": 3, "employee_id": 118, "custom": {"a": "LDS-7", "b": "Plus", "e": "X, Y"}}));
        assert_eq!(serde_json::from_value::<Record>(kept).unwrap(), record, "as it was kept");
        assert_eq!(
            detail(&json!({"id": 3, "custom_field_values": null})).record.unwrap().custom,
            Some(BTreeMap::new())
        );
    }

    #[test]
    fn a_member_at_fault_is_named() {
        for (value, words) in [
            (json!({"id": 3, "first_name": 5}), "`first_name` holds a number"),
            (json!({"id": 3, "deleted": "no"}), "`deleted` holds a text"),
            (json!({"id": 3, "branch_id": "7"}), "`branch_id` holds a text"),
            (json!({"id": 3, "phone_numbers": {}}), "`phone_numbers` holds an object"),
            (json!({"id": 3, "custom_field_values": []}), "`custom_field_values` holds a list"),
            (json!({"id": 3, "custom_field_values": {"a": {"x": {}}, "b": {"value": {}}}}), "`b` holds an object"),
        ] {
            let read = detail(&value);
            let said: Vec<String> = read.faults.iter().map(ToString::to_string).collect();
            assert_eq!((read.record.map(|one| one.row.id), said), (Some(3), vec![words.to_owned()]), "{value}");
        }
        for value in [json!({}), json!({"id": null}), json!({"id": "x"}), json!([1]), json!(null)] {
            let read = detail(&value);
            assert!(read.record.is_none() && !read.faults.is_empty(), "{value}");
        }
    }

    #[test]
    fn errors_stand_in_a_list_or_alone() {
        let code = |value: Value| serde_json::from_value::<ErrorBody>(value).unwrap().code().map(str::to_owned);
        assert_eq!(
            code(json!({"errors": [{"code": "invalid_value", "field": "page"}]})).as_deref(),
            Some("invalid_value")
        );
        assert_eq!(code(json!({"code": "forbidden", "message": "x"})).as_deref(), Some("forbidden"));
        assert_eq!(code(json!({})), None);
    }
}

#[cfg(test)]
mod battered {
    use super::*;
    use crate::battered::batter;

    #[test]
    fn battered_freshteam() {
        let samples: &[&[u8]] = &[
            br#"{"id":7,"employee_id":"E7","first_name":"F","middle_name":null,"last_name":"X","status":"active","branch_id":1,"department_id":2,"official_email":"f@x.example","joining_date":"2020-01-01","termination_date":null,"date_of_birth":"1990-01-01","updated_at":"2026-01-10T08:30:12.000Z","custom_field_values":{"scheme_cf":"S7"}}"#,
        ];
        batter("freshteam", samples, |bytes| {
            let Ok(raw) = RawValue::from_string(rows::text(bytes).into_owned()) else { return };
            let read = Read::detail(&raw, &BTreeSet::from(["scheme_cf"]));
            assert!(read.record.is_some() || !read.faults.is_empty());
        });
    }
}

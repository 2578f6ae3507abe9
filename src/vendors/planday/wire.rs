//! What Planday sends, by allow-list: members that are not named here (bank, identity number, gender, country, skills)
//! are never decoded. Shapes: planday.md 1.6.

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// `{"data": …}`.
#[derive(Debug, Deserialize)]
pub struct Data<T> {
    pub data: T,
}

/// `{"paging": …, "data": […]}`; `paging` may be null (planday.md 1.5).
#[derive(Debug, Deserialize)]
pub struct Page<T> {
    #[serde(default)]
    pub paging: Option<Paging>,
    pub data: Vec<T>,
}

/// Only the total is used: offsets are counted by rows received.
#[derive(Debug, Deserialize)]
pub struct Paging {
    #[serde(default)]
    pub total: Option<u64>,
}

/// `GET /portal/v1.0/info`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Portal {
    pub id: i64,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub time_zone: Option<String>,
}

/// `GET /hr/v1.0/departments`.
#[derive(Debug, Deserialize)]
pub struct Department {
    pub id: i64,
    #[serde(default)]
    pub name: Option<String>,
}

/// An employee of either list or by id; the detail adds `hiredFrom`, `jobTitle`, `supervisorEmployeeId`,
/// `isDeactivated` and the custom fields. It is also what is kept as the raw record.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct EmployeeRow {
    pub id: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hired_date: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hired_from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deactivation_date: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_deactivated: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_time_created: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_time_modified: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_time_deleted: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub departments: Option<Vec<i64>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary_department_id: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub employee_type_id: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub job_title: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supervisor_employee_id: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salary_identifier: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cell_phone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub street1: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub street2: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zip: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub city: Option<String>,
    #[serde(flatten)]
    pub custom: CustomFields,
}

/// The `custom_<n>` members of a detail, by member name; everything else is passed over.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
#[serde(transparent)]
pub struct CustomFields(pub BTreeMap<String, CustomField>);

/// One custom field's value. Whether a drop-down's `value` is a label or an option id is not documented.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CustomField {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    #[serde(default)]
    pub value: serde_json::Value,
}

impl<'de> Deserialize<'de> for CustomFields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(CustomVisitor)
    }
}

struct CustomVisitor;

impl<'de> Visitor<'de> for CustomVisitor {
    type Value = CustomFields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an employee")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<CustomFields, A::Error> {
        let mut fields = BTreeMap::new();
        while let Some(key) = map.next_key::<String>()? {
            if key.starts_with("custom_") {
                if let Some(field) = map.next_value::<Option<CustomField>>()? {
                    fields.insert(key, field);
                }
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(CustomFields(fields))
    }
}

/// `GET /hr/v1.0/employees/fielddefinitions`: a document like JSON Schema (planday.md 1.6).
#[derive(Debug, Default, Deserialize)]
pub struct FieldDefinitions {
    #[serde(default)]
    pub properties: BTreeMap<String, Property>,
    #[serde(default)]
    pub definitions: BTreeMap<String, Schema>,
}

/// A member of the employee: its label, and where its shape stands.
#[derive(Debug, Default, Deserialize)]
pub struct Property {
    #[serde(default, rename = "$ref")]
    pub reference: Option<String>,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(flatten)]
    pub inline: Schema,
}

/// A shape; options are `enum` (ids) beside the non-standard `values` (labels).
#[derive(Debug, Default, Deserialize)]
pub struct Schema {
    #[serde(default, rename = "type")]
    pub kind: Option<serde_json::Value>,
    #[serde(default, rename = "enum")]
    pub ids: Vec<serde_json::Value>,
    #[serde(default)]
    pub values: Vec<serde_json::Value>,
    #[serde(default, rename = "anyOf")]
    pub any_of: Vec<Schema>,
}

/// The token endpoint's yes (planday.md 1.3); only `access_token` is promised.
#[derive(Deserialize)]
pub struct TokenAnswer {
    pub access_token: String,
    #[serde(default)]
    pub expires_in: Option<u64>,
    #[serde(default)]
    pub refresh_token: Option<String>,
}

/// The token endpoint's no.
#[derive(Debug, Default, Deserialize)]
pub struct TokenRefusal {
    #[serde(default)]
    pub error: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn sensitive_members_are_not_kept() {
        let sent = r#"{"id": 7, "firstName": "Ines", "gender": "Female", "countryId": 3, "ssn": "210896-1234",
            "bankAccount": {"registrationNumber": "1", "accountNumber": "2"}, "skillIds": [1],
            "custom_1": {"name": "Job title (Flow)", "type": "Dropdown", "value": "Chef", "url": null}, "custom_2": null}"#;
        let row: EmployeeRow = serde_json::from_str(sent).unwrap();
        let kept = serde_json::to_value(&row).unwrap();
        let names: Vec<&String> = kept.as_object().unwrap().keys().collect();
        assert_eq!(names, ["id", "firstName", "custom_1"]);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = serde_json::from_slice::<Page<EmployeeRow>>(&bytes);
            let _ = serde_json::from_slice::<Data<FieldDefinitions>>(&bytes);
        }
    }
}

//! What Planday sends, by allow-list: members that are not named here (bank, identity number, gender, country, skills)
//! are never decoded. Shapes: planday.md 1.6. Records are read one by one, so that one is blamed instead of its page.

use crate::vendors::rows::{self, Fault, RawRow};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};

/// `{"data": …}`.
#[derive(Debug, Deserialize)]
pub struct Data {
    pub data: RawRow,
}

/// `{"paging": …, "data": […]}`; `paging` may be null (planday.md 1.5).
#[derive(Debug, Deserialize)]
pub struct Page {
    #[serde(default)]
    paging: Option<RawRow>,
    pub data: Vec<RawRow>,
}

impl Page {
    /// Rows of the whole list, where the page tells: offsets are counted by rows received. A total that cannot be read is
    /// none.
    pub fn total(&self) -> Option<u64> {
        #[derive(Deserialize)]
        struct Paging {
            total: u64,
        }
        serde_json::from_str::<Paging>(self.paging.as_ref()?.get()).ok().map(|paging| paging.total)
    }
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

/// An employee of either list or by id; the detail adds `hiredFrom`, `jobTitle`, `supervisorEmployeeId` and
/// `isDeactivated`.
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
    /// Of any form, so that an odd one costs nobody their record; only looked at where a person is read alone.
    #[serde(default, skip_serializing)]
    pub cell_phone_country_prefix: serde_json::Value,
    #[serde(default, skip_serializing)]
    pub phone_country_prefix: serde_json::Value,
}

impl EmployeeRow {
    /// The row of a record that was kept; members that are not its own are passed over.
    pub fn from_raw(raw: &serde_json::Value) -> Option<Self> {
        Self::deserialize(raw).ok()
    }

    /// Telephone numbers as the lists give them: the detail has the dialling prefix beside the number.
    pub fn with_dialling_prefixes(&mut self) {
        for (number, prefix) in [
            (&mut self.cell_phone, std::mem::take(&mut self.cell_phone_country_prefix)),
            (&mut self.phone, std::mem::take(&mut self.phone_country_prefix)),
        ] {
            let prefix = prefix.as_str().map(|prefix| prefix.trim().trim_start_matches('+')).unwrap_or_default();
            let local = number.as_deref().map(str::trim).filter(|local| !local.is_empty() && !local.starts_with('+'));
            if let Some(whole) = local.filter(|_| !prefix.is_empty()).map(|local| format!("+{prefix}{local}")) {
                *number = Some(whole);
            }
        }
    }
}

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

/// An employee with the custom fields that are mapped, by member name. Serialized, it is the raw record that is kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Record {
    #[serde(flatten)]
    pub row: EmployeeRow,
    #[serde(flatten)]
    pub custom: BTreeMap<String, CustomField>,
}

/// What could be read of an employee, and what not.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Read {
    /// `None` where there is no id that can be read.
    pub record: Option<Record>,
    pub faults: Vec<Fault>,
}

impl Read {
    /// Reads an employee. Custom fields that are not `mapped` may hold anything, health notes too: they are not looked at.
    pub fn of(raw: &RawValue, mapped: &BTreeSet<&str>) -> Self {
        let rows::Row { record, mut faults } = rows::read::<EmployeeRow>(raw);
        let Some(row) = record else { return Self { record: None, faults } };
        let mut custom = BTreeMap::new();
        for (member, value) in rows::members(raw).into_iter().filter(|(member, _)| mapped.contains(member.as_str())) {
            if value.get() == "null" {
                continue;
            }
            let field = rows::read::<CustomField>(&value);
            if let Some(fault) = field.faults.into_iter().next() {
                faults.push(Fault { member: Some(member.clone()), what: fault.what });
            }
            if let Some(field) = field.record {
                custom.insert(member, field);
            }
        }
        Self { record: Some(Record { row, custom }), faults }
    }
}

/// `GET /hr/v1.0/employees/fielddefinitions`: a document like JSON Schema (planday.md 1.6).
#[derive(Debug, Default)]
pub struct FieldDefinitions {
    pub properties: BTreeMap<String, Property>,
    pub definitions: BTreeMap<String, Schema>,
    /// Custom fields whose definition cannot be read.
    pub broken: Vec<Fault>,
}

impl FieldDefinitions {
    /// Reads the document, each property and definition by itself.
    pub fn of(raw: &RawValue) -> Self {
        let mut read = Self::default();
        for (group, content) in rows::members(raw) {
            match group.as_str() {
                "properties" => {
                    for (member, property) in rows::members(&content) {
                        let row = rows::read::<Property>(&property);
                        if member.starts_with("custom_") && !row.faults.is_empty() {
                            read.broken.extend(
                                row.faults
                                    .into_iter()
                                    .map(|fault| Fault { member: Some(member.clone()), what: fault.what }),
                            );
                        }
                        read.properties.extend(row.record.map(|record| (member, record)));
                    }
                }
                "definitions" => {
                    let schemas = rows::members(&content).into_iter();
                    read.definitions.extend(schemas.map(|(name, schema)| (name, Schema::of(&schema, BRANCHES_DEEP))));
                }
                _ => {}
            }
        }
        read
    }
}

/// A member of the employee: its label, and where its shape stands.
#[derive(Debug, Default, Deserialize)]
pub struct Property {
    #[serde(default, rename = "$ref")]
    pub reference: Option<String>,
    #[serde(default)]
    pub description: Option<String>,
    #[serde(default, rename = "type")]
    kind: Option<RawRow>,
    #[serde(default, rename = "enum")]
    ids: Option<RawRow>,
    #[serde(default)]
    values: Option<RawRow>,
    #[serde(default, rename = "anyOf")]
    any_of: Option<RawRow>,
}

impl Property {
    /// The shape, where it stands in the property itself.
    pub fn inline(&self) -> Schema {
        let parts = [&self.kind, &self.ids, &self.values, &self.any_of];
        Schema::from_parts(parts.map(Option::as_ref), BRANCHES_DEEP)
    }
}

/// A shape; options are `enum` (ids) beside the non-standard `values` (labels). What cannot be read of it is passed over.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Schema {
    pub kind: Option<String>,
    /// Option id to label.
    pub options: BTreeMap<i64, String>,
    pub any_of: Vec<Schema>,
}

/// How deep alternatives within alternatives are looked at; Planday's are one deep.
const BRANCHES_DEEP: u32 = 3;

impl Schema {
    fn of(raw: &RawValue, deep: u32) -> Self {
        let members: BTreeMap<String, RawRow> = rows::members(raw).into_iter().collect();
        Self::from_parts(["type", "enum", "values", "anyOf"].map(|name| members.get(name)), deep)
    }

    fn from_parts([kind, ids, values, any_of]: [Option<&RawRow>; 4], deep: u32) -> Self {
        let list = |raw: Option<&RawRow>| -> Vec<RawRow> {
            raw.and_then(|raw| serde_json::from_str(raw.get()).ok()).unwrap_or_default()
        };
        let option = |(id, label): (RawRow, RawRow)| {
            Some((serde_json::from_str(id.get()).ok()?, serde_json::from_str(label.get()).ok()?))
        };
        let branches = if deep == 0 { Vec::new() } else { list(any_of) };
        Self {
            kind: kind.and_then(|kind| serde_json::from_str(kind.get()).ok()),
            options: list(ids).into_iter().zip(list(values)).filter_map(option).collect(),
            any_of: branches.iter().map(|branch| Schema::of(branch, deep - 1)).collect(),
        }
    }
}

/// The token endpoint's yes (planday.md 1.3); only `access_token` is promised.
#[derive(Deserialize)]
pub struct TokenAnswer {
    pub access_token: String,
    /// Seconds; what stands here is not promised to be a sensible number.
    #[serde(default)]
    pub expires_in: serde_json::Value,
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

    fn raw(text: &str) -> RawRow {
        RawValue::from_string(text.to_owned()).unwrap()
    }

    fn read(text: &str) -> Read {
        Read::of(&raw(text), &BTreeSet::from(["custom_1"]))
    }

    #[test]
    fn sensitive_members_are_not_kept() {
        let sent = r#"{"id": 7, "firstName": "Ines", "gender": "Female", "countryId": 3, "ssn": "210896-1234",
            "bankAccount": {"registrationNumber": "1", "accountNumber": "2"}, "skillIds": [1],
            "custom_1": {"name": "Job title (Flow)", "type": "Dropdown", "value": "Chef", "url": null},
            "custom_2": {"name": "Allergies", "type": "Text", "value": "nuts"}, "custom_3": null}"#;
        let kept = serde_json::to_value(read(sent).record.unwrap()).unwrap();
        let names: Vec<&String> = kept.as_object().unwrap().keys().collect();
        assert_eq!(names, ["id", "firstName", "custom_1"]);
    }

    #[test]
    fn a_member_that_nobody_needs_is_nobodys_fault_and_others_are_named() {
        for harmless in [r#""ssn": "\ud800""#, r#""gender": 1e999"#, r#""custom_2": 5"#, r#""custom_2": "\ud800""#] {
            assert_eq!(read(&format!(r#"{{"id": 7, {harmless}}}"#)).faults, [], "{harmless}");
        }
        let faults = |text: &str| -> Vec<String> { read(text).faults.iter().map(Fault::to_string).collect() };
        assert_eq!(faults(r#"{"id": 7, "firstName": "\ud800"}"#), ["`firstName` holds a broken character"]);
        assert_eq!(faults(r#"{"id": 7, "departments": [null]}"#), ["`departments` holds a list"]);
        assert_eq!(faults(r#"{"id": 7, "custom_1": 5}"#), ["`custom_1` holds a number"]);
        assert_eq!(faults(r#"{"id": 7, "custom_1": {"value": "\ud800"}}"#), ["`custom_1` holds a broken character"]);
        let row = read(r#"{"id": 7, "primaryDepartmentId": 9223372036854775808, "custom_1": {"value": "Chef"}}"#);
        assert_eq!(row.faults.len(), 1);
        assert_eq!(row.record.unwrap().custom.len(), 1, "what can be read is read");
        assert_eq!(read(r#"{"id": "x", "firstName": "A"}"#).record, None);
    }

    #[test]
    fn a_total_that_is_no_number_is_none() {
        let total = |paging: &str| {
            serde_json::from_str::<Page>(&format!(r#"{{"paging": {paging}, "data": []}}"#)).unwrap().total()
        };
        assert_eq!(total(r#"{"offset": 0, "limit": 50, "total": 7}"#), Some(7));
        for odd in
            ["null", "{}", "7", r#"{"total": -1}"#, r#"{"total": "7"}"#, r#"{"total": 1e30}"#, r#"{"total": null}"#]
        {
            assert_eq!(total(odd), None, "{odd}");
        }
    }

    #[test]
    fn definitions_are_read_around_what_is_broken() {
        let read = FieldDefinitions::of(&raw(r##"{"required": 7, "properties": {
                "custom_1": {"$ref": "#/definitions/a", "description": "Job title (Flow)"},
                "custom_2": {"description": "\ud800"}, "firstName": 3},
              "definitions": {"a": {"anyOf": [{"type": "integer", "enum": [501, "x", 503], "values": ["Chef", "b", "\ud800"]}]},
                "b": null}}"##));
        assert_eq!(read.definitions.get("a").unwrap().any_of.first().unwrap().options.len(), 1);
        assert_eq!(
            read.broken.iter().map(Fault::to_string).collect::<Vec<_>>(),
            ["`custom_2` holds a broken character"]
        );
        assert_eq!(read.properties.get("custom_1").unwrap().description.as_deref(), Some("Job title (Flow)"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let text = rows::text(&bytes);
            let _ = serde_json::from_str::<Page>(&text);
            if let Ok(raw) = RawValue::from_string(text.into_owned()) {
                let _ = Read::of(&raw, &BTreeSet::from(["custom_1"]));
                let _ = FieldDefinitions::of(&raw);
            }
        }
    }
}

#[cfg(test)]
mod battered {
    use super::*;
    use crate::battered::batter;

    #[test]
    fn battered_planday() {
        let samples: &[&[u8]] = &[
            br#"{"paging":{"offset":0,"limit":50,"total":2},"data":[{"id":7,"firstName":"Ines","lastName":"Halloran","email":"i@x.example","departments":[1,2],"employeeGroups":[3],"primaryDepartmentId":1,"hiredFrom":"2020-01-31","deactivationDate":null,"birthDate":"1990-02-28","custom_1":{"value":"Chef"}}]}"#,
            br#"{"id":7,"firstName":"Ines","lastName":"O Brien","cellPhone":"+44 1632 960777","custom_1":{"value":"Chef","type":"Text"},"departments":[1]}"#,
            br#"{"data":{"properties":{"custom_1":{"description":"Job title (Flow)","type":["string","null"]}},"definitions":{}}}"#,
        ];
        batter("planday", samples, |bytes| {
            let text = rows::text(bytes);
            if let Ok(page) = serde_json::from_str::<Page>(&text) {
                let _ = page.total();
            }
            let Ok(raw) = RawValue::from_string(text.into_owned()) else { return };
            let read = Read::of(&raw, &BTreeSet::from(["custom_1"]));
            assert!(read.record.is_some() || !read.faults.is_empty());
            let _ = FieldDefinitions::of(&raw);
        });
    }
}

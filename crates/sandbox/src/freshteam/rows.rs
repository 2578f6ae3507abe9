//! An employee as the API shows them, and the definitions of fields (freshteam.md 4.6).

use serde_json::{Map, Value, json};

use super::account::{Account, Employee, employee_id};
use super::settings::CustomField;
use crate::call::bent;

const STAMP: &str = "2023-05-02T10:00:00.000Z";

fn text(value: &str) -> Value {
    if value.is_empty() { Value::Null } else { json!(value) }
}

impl Account {
    /// A row of the list.
    pub(super) fn item(&self, at: usize) -> Value {
        let Some(employee) = self.employees.get(at) else { return Value::Null };
        bent(self.members(employee), &employee.person)
    }

    fn members(&self, employee: &Employee) -> Value {
        let person = &employee.person;
        let own = |name: &str| person.own.get(name).cloned().unwrap_or_default();
        let mobile = (!person.phone.is_empty()).then(|| json!({"name": "Mobile", "number": person.phone}));
        json!({
            "id": employee.number, "created_at": STAMP, "updated_at": self.updated(employee),
            "deleted": person.own.get("deleted") == Some(&json!(true)),
            "first_name": person.first_name, "middle_name": null, "last_name": person.last_name,
            // Missing text is null or empty.
            "nick_name": person.known_as,
            "employee_id": employee_id(person, employee.number), "employee_type": "full_time", "status": person.status,
            "official_email": text(&person.email), "personal_email": own("personal_email"),
            "designation": text(&person.job_title), "gender": "male",
            "date_of_birth": text(&person.date_of_birth), "joining_date": text(&person.start_date),
            "termination_date": text(&person.end_date),
            "branch_id": self.branches.get(&person.branch), "department_id": self.departments.get(&person.department),
            "sub_department_id": null, "business_unit_id": null, "team_id": null, "shift_id": null,
            "reporting_to_id": self.number_of(&person.manager_id), "hr_incharge_id": null,
            "phone_numbers": mobile.into_iter().collect::<Vec<_>>(), "work_numbers": [],
            "address": {"street": text(&person.address), "state": null, "city": null, "country_code": "GB", "zip_code": text(&person.postcode)},
            "communication_address": {"same_as_residential": true},
            "confirmed": true,
        })
    }

    /// The whole record: the members of the list, and more.
    pub(super) fn detail(&self, at: usize, include: &str) -> Value {
        let Some(employee) = self.employees.get(at) else { return Value::Null };
        let mut row = self.members(employee);
        let person = &employee.person;
        let custom = self.settings.fields.iter().filter(|field| !field.deleted);
        let values = person.own.get("custom");
        let value = |field: &CustomField| {
            let value = values.and_then(|values| values.get(&field.name)).cloned().unwrap_or_default();
            (field.name.clone(), if field.options.is_empty() { value } else { chosen(field, &value) })
        };
        row["custom_field_values"] = Value::Object(custom.map(value).collect());
        for (name, value) in
            [("level_id", Value::Null), ("employment_end_date", Value::Null), ("termination_reason", Value::Null)]
        {
            row[name] = value;
        }
        row["bank_information"] = json!({"account_number": "12345678", "bank_name": "Barclays"});
        for name in include.split(',').filter(|name| matches!(*name, "branch" | "department")) {
            let id = row[format!("{name}_id")].clone();
            let value = if name == "branch" { &person.branch } else { &person.department };
            row[name] = if id.is_null() { Value::Null } else { json!({"id": id, "name": value, "deleted": false}) };
        }
        bent(row, person)
    }

    /// The definitions of fields, custom and standard.
    pub(super) fn fields(&self) -> Vec<Value> {
        let standard = [("first_name", "First name", "text"), ("designation", "Designation", "standard_dropdown")];
        let standard = standard.into_iter().map(|(name, label, kind)| definition(name, label, kind, true, Vec::new()));
        let custom = self.settings.fields.iter().map(|field| {
            let options: Vec<Value> = (1..)
                .zip(&field.options)
                .map(|(id, value)| json!({"id": id, "value": value, "position": id, "pickable_type": "EmployeeField"}))
                .collect();
            let kind = if options.is_empty() { "text" } else { "dropdown" };
            let mut row = definition(&field.name, &field.label, kind, false, options);
            row["deleted"] = json!(field.deleted);
            row
        });
        (1..)
            .zip(standard.chain(custom))
            .map(|(at, mut row)| {
                row["id"] = json!(3_000_004_000_i64 + at);
                row
            })
            .collect()
    }
}

fn definition(name: &str, label: &str, kind: &str, is_default: bool, options: Vec<Value>) -> Value {
    json!({"id": 0, "created_at": STAMP, "updated_at": STAMP, "deleted": false, "employee_form_id": 3_000_000_001_i64, "name": name,
        "label": label, "field_type": kind, "position": 1, "required": false, "default": is_default, "viewable_by": "all",
        "editable_by": "hr", "tab": "job", "section_label": "Job", "field_scopes": [], "picklist_values": options})
}

/// A value of a drop-down; without one both members are null.
fn chosen(field: &CustomField, value: &Value) -> Value {
    let place = value.as_str().and_then(|value| field.options.iter().position(|option| option == value));
    let mut out = Map::new();
    out.insert("id".into(), json!(place.map(|place| place + 1)));
    out.insert("value".into(), if place.is_some() { value.clone() } else { Value::Null });
    Value::Object(out)
}

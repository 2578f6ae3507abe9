//! Employees as the API shows them: in a list, in the leaver list and by id, each with members of its own.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    portal::{Portal, Row, option_id},
    settings::{Field, FieldKind},
};
use crate::world::OptionItem;

/// What a list was asked to show beyond the usual.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Shown {
    pub birth_date: bool,
    pub security_groups: bool,
    pub leavers: bool,
}

/// An empty text is null.
fn or_null(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { json!(text) }
}

/// A telephone number taken apart: (with prefix, without, prefix, country).
fn phone_parts(phone: &str) -> (String, Value, Value, Value) {
    let digits: String = phone.chars().filter(|letter| letter.is_ascii_digit() || *letter == '+').collect();
    if digits.is_empty() {
        return (String::new(), Value::Null, Value::Null, Value::Null);
    }
    match digits.strip_prefix("+44").or_else(|| digits.strip_prefix('0')) {
        Some(local) => (format!("+44{local}"), json!(local), json!("44"), json!("GB")),
        None => (digits.clone(), json!(digits), Value::Null, Value::Null),
    }
}

impl Row {
    /// When the employee was entered.
    pub fn created(&self) -> String {
        let start = if self.person.start_date.is_empty() { "2024-01-01" } else { self.person.start_date.as_str() };
        self.person.own_text("created").map_or_else(|| format!("{start}T09:00:00Z"), str::to_owned)
    }

    /// When the employee was last changed.
    pub fn modified(&self) -> String {
        let own = self.person.own_text("modified").map_or_else(|| self.created(), str::to_owned);
        let touched = self.touched.filter(|touched| own.parse::<Timestamp>().map_or(true, |own| own < *touched));
        touched.map_or(own, |touched| touched.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
    }

    /// When a leaver was deactivated.
    pub fn deleted(&self) -> Option<String> {
        let person = &self.person;
        let dated =
            || if person.end_date.is_empty() { self.modified() } else { format!("{}T00:00:00Z", person.end_date) };
        let inactive = person.status == "inactive";
        inactive.then(|| person.own_text("deactivated").map_or_else(dated, str::to_owned))
    }

    fn common(&self) -> Map<String, Value> {
        let person = &self.person;
        let own = |name: &str| person.own.get(name).cloned().unwrap_or(Value::Null);
        let user_name = person.own_text("user_name").unwrap_or(&person.email);
        let body = json!({
            "id": self.number, "firstName": person.first_name, "lastName": person.last_name,
            "userName": user_name, "email": or_null(&person.email),
            "deactivationDate": or_null(&person.end_date),
            "dateTimeCreated": self.created(), "dateTimeModified": self.modified(),
            "departments": self.departments,
            "employeeGroups": self.group.into_iter().collect::<Vec<_>>(),
            "employeeTypeId": person.own.get("employee_type_id").cloned().unwrap_or(json!(2204)),
            "salaryIdentifier": own("salary_identifier").as_str().unwrap_or_default(),
            "street1": person.address, "street2": "", "zip": person.postcode,
            "city": own("city").as_str().unwrap_or_default(),
            "terminationTypeId": null, "terminationTypeName": null, "deactivationReason": own("deactivation_reason"),
            "isPublic": true,
        });
        match body {
            Value::Object(body) => body,
            _ => Map::new(),
        }
    }
}

impl Portal {
    /// A row of the active or the leaver list.
    pub(super) fn list_row(&self, row: &Row, shown: Shown) -> Value {
        let person = &row.person;
        let mut out = row.common();
        out.insert("hiredDate".into(), or_null(&person.start_date));
        out.insert("dateTimeDeleted".into(), row.deleted().map_or(Value::Null, Value::from));
        out.insert("birthDate".into(), if shown.birth_date { or_null(&person.date_of_birth) } else { Value::Null });
        let (whole, local, prefix, country) = phone_parts(&person.phone);
        out.insert("cellPhone".into(), json!(whole));
        out.insert("cellPhoneWithoutCountryPrefix".into(), local);
        out.insert("cellPhoneCountryPrefix".into(), prefix);
        out.insert("cellPhoneCountryCode".into(), country);
        out.insert("phone".into(), json!(""));
        for name in ["phoneWithoutCountryPrefix", "phoneCountryPrefix", "phoneCountryCode", "ssn", "bankAccount"] {
            out.insert(name.into(), Value::Null);
        }
        if !shown.leavers {
            out.insert("primaryDepartmentId".into(), json!(row.departments.first()));
            out.insert("supervisorId".into(), json!(self.supervisor(row).map(|(record, _)| record)));
            if shown.security_groups {
                out.insert("securityGroups".into(), json!([]));
            }
        }
        Value::Object(out)
    }

    /// Supervisor record and employee number of the person whom this one reports to.
    fn supervisor(&self, row: &Row) -> Option<(i64, i64)> {
        let at = self.supervisor_of.get(&row.person.manager_id)?;
        let (record, row) = self.supervisors[*at];
        Some((record, self.rows[row].number))
    }

    /// The whole record, the only place of job title and custom fields.
    pub(super) fn detail_row(&self, row: &Row, shown: Shown) -> Value {
        let person = &row.person;
        let mut out = row.common();
        let supervisor = self.supervisor(row);
        let (_, local, prefix, country) = phone_parts(&person.phone);
        // As in the lists: only where it was asked for, whatever the scopes (PD-notes, PD-mcp).
        let birth_date = if shown.birth_date { or_null(&person.date_of_birth) } else { Value::Null };
        let title = person.own_text("built_in_job_title").unwrap_or(&person.job_title);
        let more = json!({
            "hiredFrom": or_null(&person.start_date), "isDeactivated": person.status == "inactive",
            "jobTitle": title, "gender": person.own.get("gender"), "birthDate": birth_date,
            "primaryDepartmentId": row.departments.first(),
            "supervisorId": supervisor.map(|(record, _)| record),
            "supervisorEmployeeId": supervisor.map(|(_, number)| number),
            "skillIds": [], "securityGroups": [], "countryId": 1, "workHours": null, "contractRulesRuleId": null,
            "cellPhone": local.as_str().unwrap_or_default(), "cellPhoneCountryPrefix": prefix, "cellPhoneCountryCode": country,
            "phone": "", "phoneCountryPrefix": null, "phoneCountryCode": null,
        });
        if let Value::Object(more) = more {
            out.extend(more);
        }
        let fields = &self.settings.fields;
        for (field, value, options) in [
            (&fields.job_title, &person.job_title, &self.options.job_titles),
            (&fields.branch, &person.branch, &self.options.branches),
            (&fields.department, &person.department, &self.options.departments),
        ] {
            if field.exists() {
                out.insert(format!("custom_{}", field.number), self.custom_value(field, value, options));
            }
        }
        Value::Object(out)
    }

    fn custom_value(&self, field: &Field, value: &str, options: &[OptionItem]) -> Value {
        let dropdown = field.kind == FieldKind::Dropdown;
        let by_id = || options.iter().find(|option| option.name == value).and_then(option_id);
        let value = match by_id() {
            Some(id) if dropdown && self.settings.switches.dropdown_value_is_id => json!(id),
            _ => or_null(value),
        };
        json!({"name": field.label, "type": if dropdown { "Dropdown" } else { "Text" }, "value": value, "url": null})
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_are_taken_apart() {
        assert_eq!(
            phone_parts("07700 900123"),
            ("+447700900123".into(), json!("7700900123"), json!("44"), json!("GB"))
        );
        assert_eq!(phone_parts("").0, "");
    }
}

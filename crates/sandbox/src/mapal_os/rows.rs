//! Rows as the assumed contract shows them (mapal-os.md 5.7).

use serde_json::{Value, json};

use super::account::{Account, Employee, external_id};
use crate::call::bent;

fn text(value: &str) -> Value {
    if value.is_empty() { Value::Null } else { json!(value) }
}

/// `Active` or `Inactive`, or a word of the row's own.
pub(super) fn status(word: &str) -> &str {
    match word {
        "active" => "Active",
        "inactive" => "Inactive",
        other => other,
    }
}

impl Account {
    /// An employee; what stands beside the contract's members is nobody's business.
    pub(super) fn row(&self, employee: &Employee) -> Value {
        let person = &employee.person;
        let bare = self.settings.switches.bare_references;
        let unit = self.unit(&person.branch).map(|unit| match bare {
            true => json!({"osId": unit.os_id}),
            false => json!({"osId": unit.os_id, "feedId": unit.feed_id, "name": unit.name}),
        });
        let named = |id: Option<&i64>, name: &str| {
            id.map(|id| if bare { json!({ "id": id }) } else { json!({"id": id, "name": name}) })
        };
        let row = json!({
            "osId": employee.os_id,
            "externalId": external_id(person),
            "firstName": person.first_name,
            "lastName": text(&person.last_name),
            "email": text(&person.email),
            "phone": text(&person.phone),
            "identityNumber": "QQ123456C",
            "status": status(&person.status),
            "userProfile": person.own_text("user_profile").unwrap_or("Employee"),
            "businessUnit": unit,
            "jobTitle": named(self.job_titles.get(&person.job_title), &person.job_title),
            "department": named(self.departments.get(&person.department), &person.department),
            "startDate": text(&person.start_date),
            "endDate": text(&person.end_date),
            "modifiedAt": Self::modified(employee),
        });
        bent(row, person)
    }

    /// A list that employees refer to, by its path.
    pub(super) fn reference(&self, list: &str) -> Option<Vec<Value>> {
        let named = |(name, id): (&String, &i64)| json!({"id": id, "name": name});
        let mut rows: Vec<Value> = match list {
            "business-units" => {
                let unit = |unit: &super::account::Unit| json!({"osId": unit.os_id, "feedId": unit.feed_id, "name": unit.name});
                return Some(self.units.iter().map(unit).collect());
            }
            "job-titles" => self.job_titles.iter().map(named).collect(),
            "departments" => self.departments.iter().map(named).collect(),
            "user-profiles" => {
                let names = ["Employee", "Training Manager", "Administrator"];
                return Some(names.iter().zip(1..).map(|(name, id)| json!({"id": id, "name": name})).collect());
            }
            _ => return None,
        };
        rows.sort_by_key(|row| row["id"].as_i64());
        Some(rows)
    }
}

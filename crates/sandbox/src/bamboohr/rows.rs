//! A person as each call shows them, and the definitions of fields and lists (bamboohr.md 8.3, 8.5).

use serde_json::{Map, Value, json};

use super::account::{Account, Employee};
use crate::call::bent;

/// Standard fields: id, alias, label, type.
const FIELDS: [(i64, &str, &str, &str); 21] = [
    (2, "employeeNumber", "Employee #", "employee_number"),
    (1, "firstName", "First Name", "text"),
    (3, "lastName", "Last Name", "text"),
    (1358, "preferredName", "Preferred Name", "text"),
    (19, "workEmail", "Work Email", "email"),
    (20, "homeEmail", "Home Email", "email"),
    (18, "mobilePhone", "Mobile Phone", "phone"),
    (6, "dateOfBirth", "Birth Date", "date"),
    (17, "jobTitle", "Job Title", "list"),
    (4, "department", "Department", "list"),
    (1355, "division", "Division", "list"),
    (15, "location", "Location", "list"),
    (91, "supervisor", "Reporting to", "employee"),
    (92, "supervisorId", "Supervisor ID", "text"),
    (93, "supervisorEId", "Supervisor EID", "text"),
    (5, "hireDate", "Hire Date", "date"),
    (1360, "originalHireDate", "Original Hire Date", "date"),
    (50, "terminationDate", "Termination Date", "date"),
    (1359, "status", "Status", "status"),
    (16, "employmentHistoryStatus", "Employment Status", "list"),
    (30, "ssn", "SSN", "ssn"),
];

/// Where the ids of custom fields begin.
const CUSTOM: i64 = 4_000;

impl Account {
    /// What a field holds of a person, by alias or id; `None` where there is no such field.
    fn value(&self, employee: &Employee, asked: &str) -> Option<(String, Value)> {
        let standard = FIELDS.iter().find(|(id, alias, ..)| *alias == asked || id.to_string() == asked);
        if let Some((_, alias, _, kind)) = standard {
            let value = self.standard(employee, alias);
            let empty = || if self.settings.switches.empty_dates_are_null { Value::Null } else { json!("0000-00-00") };
            return Some((
                (*alias).to_owned(),
                match value {
                    text if text.is_empty() && *kind == "date" => empty(),
                    text if text.is_empty() => Value::Null,
                    text => json!(text),
                },
            ));
        }
        let is_it = |at: usize, alias: &str| alias == asked || (CUSTOM + at as i64).to_string() == asked;
        let mut custom = self.settings.fields.iter().enumerate();
        let (_, field) = custom.find(|(at, field)| !field.deprecated && is_it(*at, &field.alias))?;
        let value = employee.person.own.get("custom").and_then(|values| values.get(&field.alias)).cloned();
        Some((field.alias.clone(), value.unwrap_or_default()))
    }

    fn standard(&self, employee: &Employee, alias: &str) -> String {
        let person = &employee.person;
        let own = |name: &str| person.own_text(name).unwrap_or_default().to_owned();
        let manager = self.by_key(&person.manager_id);
        let swapped = self.settings.switches.supervisor_ids_swapped;
        let manager_id = |is_id: bool| match manager {
            Some(manager) if is_id => manager.id.to_string(),
            Some(manager) => manager.number().unwrap_or_default(),
            None => String::new(),
        };
        match alias {
            "employeeNumber" => employee.number().unwrap_or_default(),
            "firstName" => person.first_name.clone(),
            "lastName" => person.last_name.clone(),
            "preferredName" => person.known_as.clone(),
            "workEmail" => person.email.clone(),
            "homeEmail" => own("home_email"),
            "mobilePhone" => person.phone.clone(),
            "dateOfBirth" => person.date_of_birth.clone(),
            "jobTitle" => person.job_title.clone(),
            "department" => person.department.clone(),
            "division" => own("division"),
            "location" => person.branch.clone(),
            "supervisor" => {
                manager.map(|one| format!("{}, {}", one.person.last_name, one.person.first_name)).unwrap_or_default()
            }
            "supervisorId" => manager_id(!swapped),
            "supervisorEId" => manager_id(swapped),
            "hireDate" => person.start_date.clone(),
            "originalHireDate" => own("original_hire_date"),
            "terminationDate" => person.end_date.clone(),
            "status" => self.status(person),
            "employmentHistoryStatus" => "Full-Time".to_owned(),
            "ssn" => "078-05-1120".to_owned(),
            _ => String::new(),
        }
    }

    /// The fields that were asked for, those that the key may see; unknown ones are left out like those (doc). The key of each
    /// is what was asked (doc).
    pub(super) fn record(&self, employee: &Employee, asked: &[String]) -> Value {
        let mut row = Map::new();
        row.insert("id".into(), json!(employee.id.to_string()));
        for name in asked {
            let Some((alias, value)) = self.value(employee, name) else { continue };
            let is_empty = value.is_null() || value == "0000-00-00";
            if !self.shows(&employee.person, &alias) || (is_empty && self.settings.switches.empty_is_left_out) {
                continue;
            }
            row.insert(name.clone(), value);
        }
        bent(Value::Object(row), &employee.person)
    }

    /// The `fields` of a report: those that exist and that the key may see.
    pub(super) fn heads(&self, asked: &[String]) -> Vec<Value> {
        let definitions = self.definitions();
        let head = |name: &String| {
            let is_it = |one: &&Value| one["alias"] == json!(name) || one["id"].as_i64() == name.parse().ok();
            let known = definitions.iter().find(is_it).filter(|one| one["deprecated"] != json!(true))?;
            let is_hidden = self.settings.hidden.iter().any(|hidden| known["alias"] == json!(hidden));
            let label = if known["label"].is_null() { &known["name"] } else { &known["label"] };
            (!is_hidden).then(|| json!({"id": name, "type": known["type"], "name": label}))
        };
        asked.iter().filter_map(head).collect()
    }

    /// A row of the list: what is hidden is null, and named.
    pub(super) fn item(&self, employee: &Employee, more: &[String]) -> Value {
        let person = &employee.person;
        let mut restricted: Vec<&str> = Vec::new();
        let mut row = Map::new();
        row.insert("employeeId".into(), json!(employee.id.to_string()));
        let always = ["firstName", "lastName", "preferredName", "jobTitleName", "status"];
        // Contact fields alone can be asked for here (doc).
        let contact = ["workEmail", "homeEmail", "mobilePhone"];
        let asked = contact.into_iter().filter(|name| more.iter().any(|one| one == name));
        for name in always.into_iter().chain(asked) {
            let alias = if name == "jobTitleName" { "jobTitle" } else { name };
            let shown = Self::shows_record(person) && self.shows(person, alias);
            let text = self.standard(employee, alias);
            row.insert(name.into(), if shown && !text.is_empty() { json!(text) } else { Value::Null });
            if !shown {
                restricted.push(name);
            }
        }
        row.insert("photoUrl".into(), json!("https://images.example/204?signature=x"));
        if !restricted.is_empty() {
            row.insert("_restrictedFields".into(), json!(restricted));
        }
        match person.own.get("wire_list") {
            Some(wire) => {
                let mut bending = person.clone();
                bending.own.insert("wire".into(), wire.clone());
                bent(Value::Object(row), &bending)
            }
            None => Value::Object(row),
        }
    }

    /// Every field, custom ones too.
    pub(super) fn definitions(&self) -> Vec<Value> {
        let label = if self.settings.switches.labels_are_names { "name" } else { "label" };
        let standard = FIELDS.iter().map(
            |(id, alias, name, kind)| json!({"id": id, label: name, "type": kind, "alias": alias, "deprecated": false}),
        );
        let custom = self.settings.fields.iter().zip(CUSTOM..).map(|(field, id)| {
            let kind = if field.options.is_empty() { "text" } else { "list" };
            json!({"id": id, label: field.label, "type": kind, "alias": field.alias, "deprecated": field.deprecated})
        });
        standard.chain(custom).collect()
    }

    /// What lists offer.
    pub(super) fn lists(&self) -> Vec<Value> {
        let list = |id: i64, name: &str, alias: &str, options: Vec<(String, bool)>| {
            let option = |((name, archived), at): ((String, bool), i64)| {
                let archived_on = archived.then_some("2026-01-01T00:00:00+00:00");
                json!({"id": at, "name": name, "archived": if archived { "yes" } else { "no" },
                    "createdDate": "2020-01-01T00:00:00+00:00", "archivedDate": archived_on})
            };
            let options: Vec<Value> = options.into_iter().zip(1_i64..).map(option).collect();
            json!({"fieldId": id, "name": name, "alias": alias, "manageable": "yes", "multiple": "no", "options": options})
        };
        let held = |items: &[crate::world::OptionItem]| {
            items.iter().map(|item| (item.name.clone(), item.archived)).collect::<Vec<_>>()
        };
        let mut lists = vec![
            list(17, "Job Title", "jobTitle", held(&self.options.job_titles)),
            list(15, "Location", "location", held(&self.options.branches)),
            list(4, "Department", "department", held(&self.options.departments)),
            list(1355, "Division", "division", Vec::new()),
        ];
        for (field, id) in self.settings.fields.iter().zip(CUSTOM..).filter(|(field, _)| !field.options.is_empty()) {
            let options = field.options.iter().map(|name| (name.clone(), false)).collect();
            lists.push(list(id, &field.label, &field.alias, options));
        }
        lists
    }
}

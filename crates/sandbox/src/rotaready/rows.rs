//! A staff account as the API shows it (rotaready.md 2.4 and 2.5).

use serde_json::{Map, Value, json};

use super::{
    moved,
    realm::{Account, Entity, Realm},
};
use crate::call::bent;

/// Rotaready's own account is one of the users (client).
pub(super) const SYSTEM_ID: i64 = 900_001;

/// When an account was last changed that says nothing of it.
const MODIFIED: &str = "2026-01-10T11:00:00Z";

/// What the settings call members, and where these stand by assumption.
const MEMBERS: [(&str, &str); 16] = [
    ("first_name", "firstName"),
    ("last_name", "lastName"),
    ("known_as", "preferredName"),
    ("email", "email"),
    ("mobile", "mobile"),
    ("date_of_birth", "personal.dob"),
    ("active", "flags.active"),
    ("modified", "dateModified"),
    ("entity", "appointment.entity"),
    ("entity_id", "appointment.entityId"),
    ("department", "appointment.department"),
    ("department_id", "appointment.departmentId"),
    ("position", "appointment.position"),
    ("position_id", "appointment.positionId"),
    ("start_date", "appointment.startDate"),
    ("end_date", "appointment.endDate"),
];

fn text(value: &str) -> Value {
    if value.is_empty() { Value::Null } else { json!(value) }
}

impl Realm {
    /// The account in this row; `None` is Rotaready's own.
    pub(super) fn row(&self, at: Option<usize>) -> Value {
        let Some(account) = at.and_then(|at| self.accounts.get(at)) else {
            return json!({"id": SYSTEM_ID, "firstName": "Rotaready", "lastName": "Support", "flags": {"active": true},
                "email": "support@rotaready.example"});
        };
        let person = &account.person;
        let modified = person.own_text("modified").unwrap_or(MODIFIED).to_owned();
        let modified = account.touched.map_or(modified, |touched| touched.to_string());
        let mut row = json!({
            "id": account.number,
            "firstName": person.first_name,
            "lastName": person.last_name,
            "flags": {"active": account.is_active},
            "personal": {
                "dob": text(&person.date_of_birth), "niNumber": "QQ123456C", "passportNumber": "502135326",
                "bank": {"accountNumber": "12345678", "sortCode": "20-00-00"}, "address": text(&person.address),
            },
            "appointment": self.appointment(account),
            "email": text(&person.email),
            "mobile": text(&person.phone),
            "preferredName": text(&person.known_as),
            "employeeNumber": person.own.get("employee_number").cloned().unwrap_or_default(),
            "dateModified": modified,
        });
        let switches = &self.settings.switches;
        if switches.evidenced_only {
            let entity = row["appointment"]["entityId"].take();
            row["appointment"] = json!({ "entityId": entity });
            for member in ["email", "mobile", "preferredName", "employeeNumber", "dateModified"] {
                row.as_object_mut().map(|row| row.shift_remove(member));
            }
        }
        if switches.appointment_hidden {
            row.as_object_mut().map(|row| row.shift_remove("appointment"));
        }
        for (name, path) in &self.settings.members {
            let usual = match name.as_str() {
                "manager" => Some("appointment.managerId"),
                name => MEMBERS.iter().find(|(known, _)| *known == name).map(|(_, usual)| *usual),
            };
            if let (Some(usual), Some(path)) = (usual, path.as_str()) {
                moved(&mut row, usual, path);
            }
        }
        bent(row, person)
    }

    fn appointment(&self, account: &Account) -> Value {
        let person = &account.person;
        let shown = &account.shown;
        let mut out = json!({
            "managerId": self.number_of(&person.manager_id),
            "startDate": text(&shown.start_date),
            "endDate": text(&shown.end_date),
        });
        if person.own.get("awaiting_approval") == Some(&json!(true)) {
            return out;
        }
        let form = self.settings.switches.appointment_form.as_str();
        let named = |entity: &Entity| json!({"id": entity.id, "name": entity.name});
        let site = self.sites.get(&shown.branch);
        let department = self.departments.get(&(shown.branch.clone(), shown.department.clone()));
        let position = self.position_ids.get(&shown.job_title);
        let mut members = Map::new();
        if form != "objects" {
            members.insert("entityId".into(), json!(site.map(|site| &site.id)));
            members.insert("departmentId".into(), json!(department.map(|department| &department.id)));
            members.insert("positionId".into(), json!(position));
        }
        if form != "ids" {
            let position = position.map(|id| json!({"id": id, "name": shown.job_title}));
            members.insert("entity".into(), json!(site.map(named)));
            members.insert("department".into(), json!(department.map(named)));
            members.insert("position".into(), json!(position));
        }
        members.retain(|_, value| !value.is_null());
        if let Some(out) = out.as_object_mut() {
            out.extend(members);
        }
        out
    }
}

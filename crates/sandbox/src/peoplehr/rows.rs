//! An employee as the API shows them: most members wrapped, some plain (peoplehr.md 3.6).

use serde_json::{Value, json};

use super::account::{Account, employee_id};
use crate::{call::bent, world::Person};

/// A member with the history of its values, which only the call by id fills (doc).
fn with_history(value: &str, by_id: bool) -> Value {
    let changes = if by_id && !value.is_empty() {
        json!([{"OldValue": "", "NewValue": value, "ChangedOn": "2026-01-05", "ReasonForChange": "Entered"}])
    } else {
        json!([])
    };
    json!({"DisplayValue": value, "FieldHistory": changes})
}

/// A member whose values hold from a date on.
fn dated(value: &str, from: &str, by_id: bool) -> Value {
    let changes = if by_id && !value.is_empty() {
        json!([{"FieldData": value, "EffectiveDate": from, "ChangedOn": from, "ReasonForChange": "Entered"}])
    } else {
        json!([])
    };
    json!({"DisplayValue": value, "FieldHistoryForEffectiveDate": changes})
}

fn shown(value: &str) -> Value {
    json!({"DisplayValue": value})
}

impl Account {
    /// The whole record of the person in this row.
    pub(super) fn row(&self, at: usize, by_id: bool) -> Value {
        let Some(person) = self.people.get(at) else { return Value::Null };
        let own = |name: &str| person.own_text(name).unwrap_or_default();
        let company = person.own_text("company").unwrap_or(&self.settings.company_name);
        let start = person.start_date.as_str();
        let manager = self.by_row.get(&person.manager_id).and_then(|at| self.people.get(*at));
        let manager_text = |text: fn(&Person) -> String| manager.map(text).unwrap_or_default();
        let manager_id = if self.settings.switches.managers_without_id {
            String::new()
        } else {
            manager_text(|manager| employee_id(manager).to_owned())
        };
        let address = [person.address.as_str(), person.postcode.as_str()].into_iter().filter(|line| !line.is_empty());
        let mut out = json!({
            "EmployeeId": with_history(employee_id(person), by_id),
            "Title": with_history("", by_id),
            "FirstName": with_history(&person.first_name, by_id),
            "LastName": with_history(&person.last_name, by_id),
            "OtherName": with_history(own("other_name"), by_id),
            "KnownAs": with_history(&person.known_as, by_id),
            "EmailId": with_history(&person.email, by_id),
            "StartDate": with_history(start, by_id),
            "DateOfBirth": with_history(&person.date_of_birth, by_id),
            "JobRole": {"DisplayValue": person.job_title, "FieldHistoryForJobRole": []},
            "Company": dated(company, start, by_id),
            "CompanyEffectiveDate": shown(start),
            "Location": dated(&person.branch, start, by_id),
            "LocationEffectiveDate": shown(start),
            "Department": dated(&person.department, start, by_id),
            "DepartmentEffectiveDate": shown(start),
            "JobRoleChangeDate": shown(start),
            "ReportsTo": dated(&manager_text(|manager| format!("{} {}", manager.first_name, manager.last_name)), start, by_id),
            "ReportsToEffectiveDate": shown(start),
            "ReportsToEmployeeId": shown(&manager_id),
            "ReportsToEmailAddress": shown(&manager_text(|manager| manager.email.clone())),
        });
        let rest = json!({
            "NISNumber": with_history("QQ123456C", by_id),
            "Nationality": with_history("British", by_id),
            "EmploymentType": dated("Permanent", start, by_id),
            "EmploymentTypeEffectiveDate": shown(start),
            "HolidayAllowanceDays": shown("25"),
            "HolidayAllowanceMins": shown("0"),
            "NoticePeriod": with_history("", by_id),
            "ProbationEndDate": with_history("", by_id),
            "Gender": with_history(own("gender"), by_id),
            "ContactDetail": {
                "Address": with_history(&address.collect::<Vec<_>>().join("\n"), by_id),
                "WorkPhoneNumber": with_history("", by_id),
                "PersonalPhoneNumber": with_history("", by_id),
                "PersonalEmail": with_history("", by_id),
                "Mobile": with_history(&person.phone, by_id),
            },
            "OtherContact": [{"OtherContactName": shown("Next of Kin"), "OtheContactAddress": shown("2 Private Road"), "Mobile": shown("07700900999")}],
            "RightToWork": [],
            "BackgroundDetail": [],
            "BankDetail": {"BankName": shown("Barclays"), "AccountNumber": shown("12345678"), "BankCode": shown("20-00-00")},
            "EmploymentDetail": {
                "PayrollCompany": shown(""), "PayrollID": shown(own("salary_identifier")), "TimeAndAttendanceID": shown(""),
                "System1ID": shown(own("System1ID")), "System2ID": shown(own("System2ID")), "System3ID": shown(own("System3ID")),
            },
            "LeavingDate": person.end_date,
            "ReasonForLeaving": if person.end_date.is_empty() { "" } else { "Resignation" },
            "EmployeeImage": "",
            "lstFieldHistoryJobrole": null,
        });
        if let (Some(out), Value::Object(rest)) = (out.as_object_mut(), rest) {
            out.extend(rest);
        }
        for column in ["APIColumn1", "APIColumn2", "APIColumn3", "APIColumn4", "APIColumn5"] {
            out[column] = json!(own(column));
        }
        if !self.settings.switches.older {
            out["EmployeeStatus"] = shown(if person.status == "inactive" { "2" } else { "1" });
        }
        bent(out, person)
    }
}

//! What PeopleHR sends: the envelope of every answer, and employees by allow-list. Members that are not named here (bank,
//! national insurance number, nationality, gender, right to work, next of kin) are never decoded. Shapes: peoplehr.md 3.4 to
//! 3.6.

use crate::vendors::http::Answer;
use crate::vendors::retry::Verdict;
use crate::vendors::rows::{self, Fault, RawRow};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::{BTreeMap, BTreeSet};

/// Errors are short: an answer that is longer than this is none.
const ERROR_MAX: usize = 16 * 1024;

/// What every answer is wrapped in. On the wire the flag is `isError`, in the specification `IsError` [client; doc].
#[derive(Debug, Default, Deserialize)]
pub struct Envelope {
    #[serde(rename = "isError", alias = "IsError", default)]
    is_error: bool,
    #[serde(rename = "Status", default)]
    status: Option<i64>,
    #[serde(rename = "Message", default)]
    pub message: Option<String>,
    #[serde(rename = "Result", default)]
    pub result: Option<RawRow>,
}

/// What an answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// Nothing to list, which is no error.
    NoRecords,
    /// The key is missing, wrong or unknown.
    NoKey,
    /// The key may not, or there is no such action: PeopleHR says the same of both.
    Denied,
    Throttled,
    /// A server error.
    Failed,
    /// Anything else; the number is the status.
    Refused(Option<i64>),
}

impl Envelope {
    /// Status 5 stands for four things, told apart by the message (client).
    pub fn outcome(&self) -> Outcome {
        let message = self.message.as_deref().unwrap_or_default().to_lowercase();
        let says = |words: &str| message.contains(words);
        match self.status {
            Some(0) if !self.is_error => Outcome::Done,
            Some(10) => Outcome::NoRecords,
            Some(1 | 2) => Outcome::NoKey,
            Some(4) => Outcome::Denied,
            Some(5) if says("api key does not exist") || says("invalid api key") => Outcome::NoKey,
            Some(5) if says("access denied") => Outcome::Denied,
            Some(5) if says("limited to") => Outcome::Throttled,
            Some(6) => Outcome::Failed,
            status => Outcome::Refused(status),
        }
    }
}

/// What an answer of 200 says for asking again.
pub fn judge(answer: &Answer) -> Verdict {
    if answer.bytes().len() > ERROR_MAX {
        return Verdict::Final;
    }
    let envelope: Option<Envelope> = serde_json::from_str(&rows::text(answer.bytes())).ok();
    match envelope.map(|envelope| envelope.outcome()) {
        Some(Outcome::Throttled) => Verdict::Throttled,
        Some(Outcome::Failed) => Verdict::Failed("it reports an error of its own (status 6)".to_owned()),
        _ => Verdict::Final,
    }
}

/// `GetCompanyInformation`. Whether the id is a number or a text is assumed: both are taken.
#[derive(Debug, Deserialize)]
pub struct Company {
    #[serde(rename = "CompanyId")]
    id: Value,
    #[serde(rename = "CompanyName", default)]
    name: Option<String>,
}

impl Company {
    /// The id as text; `None` where it is none.
    pub fn id(&self) -> Option<String> {
        match &self.id {
            Value::String(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// `Harbour Kitchens Ltd`, where it has a name.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref().map(str::trim).filter(|name| !name.is_empty())
    }
}

/// A page of employees: one level deeper than other results [client: one].
#[derive(Debug, Deserialize)]
pub struct Page {
    #[serde(rename = "Result", default)]
    rows: Option<Vec<RawRow>>,
    #[serde(rename = "Pagination", default)]
    pagination: Option<RawRow>,
}

impl Page {
    /// Its rows, and how many the whole list has. A total that cannot be read is none.
    pub fn parts(self) -> (Vec<RawRow>, Option<u64>) {
        #[derive(Deserialize)]
        struct Pagination {
            #[serde(rename = "TotalRows")]
            total: u64,
        }
        let total = self.pagination.and_then(|raw| serde_json::from_str::<Pagination>(raw.get()).ok());
        (self.rows.unwrap_or_default(), total.map(|pagination| pagination.total))
    }
}

/// An employee, out of its wrappings. Serialized with the mapped custom fields, it is the raw record that is kept.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Record {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub employee_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub known_as: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_of_birth: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leaving_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub employee_status: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_role: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub company: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub department: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reports_to_employee_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reports_to_email_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mobile: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub work_phone_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub personal_phone_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// The mapped custom fields, by member name.
    #[serde(flatten)]
    pub custom: BTreeMap<String, Option<String>>,
}

/// The members that are read, besides mapped custom fields.
const MEMBERS: [&str; 19] = [
    "EmployeeId",
    "FirstName",
    "LastName",
    "KnownAs",
    "EmailId",
    "DateOfBirth",
    "StartDate",
    "LeavingDate",
    "EmployeeStatus",
    "JobRole",
    "Company",
    "Location",
    "Department",
    "ReportsToEmployeeId",
    "ReportsToEmailAddress",
    "Mobile",
    "WorkPhoneNumber",
    "PersonalPhoneNumber",
    "Address",
];

/// Objects whose members are read as if they stood in the employee.
const GROUPS: [&str; 2] = ["ContactDetail", "EmploymentDetail"];

/// What could be read of an employee, and what not.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Read {
    /// `None` where there is no id that can be read.
    pub record: Option<Record>,
    pub faults: Vec<Fault>,
}

impl Read {
    /// Reads an employee. Custom fields that are not `mapped` may hold anything, health notes too: they are not looked at.
    pub fn of(raw: &RawValue, mapped: &BTreeSet<&'static str>) -> Self {
        let flat = flat(raw, mapped);
        let is_object = raw.get().trim_start().starts_with('{');
        let unwrapped = RawValue::from_string(rows::object(&flat)).ok().filter(|_| is_object);
        let rows::Row { record, mut faults } = rows::read::<Record>(unwrapped.as_deref().unwrap_or(raw));
        let record = record.map(Record::trimmed).filter(|record| record.employee_id.is_some());
        if record.is_none() && faults.is_empty() {
            faults.push(Fault { member: Some("EmployeeId".to_owned()), what: "is empty" });
        }
        Self { record, faults }
    }
}

impl Record {
    /// Blanks around a value are nobody's, and a blank value is none (peoplehr.md 3.6).
    fn trimmed(mut self) -> Self {
        for member in [
            &mut self.employee_id,
            &mut self.first_name,
            &mut self.last_name,
            &mut self.known_as,
            &mut self.email_id,
            &mut self.date_of_birth,
            &mut self.start_date,
            &mut self.leaving_date,
            &mut self.employee_status,
            &mut self.job_role,
            &mut self.company,
            &mut self.location,
            &mut self.department,
            &mut self.reports_to_employee_id,
            &mut self.reports_to_email_address,
            &mut self.mobile,
            &mut self.work_phone_number,
            &mut self.personal_phone_number,
            &mut self.address,
        ]
        .into_iter()
        .chain(self.custom.values_mut())
        {
            *member = member.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        }
        self.custom.retain(|_, value| value.is_some());
        self
    }
}

/// The members that are read, out of their groups and wrappings.
fn flat(raw: &RawValue, mapped: &BTreeSet<&'static str>) -> Vec<(String, RawRow)> {
    let inside = |(name, value): (String, RawRow)| {
        if GROUPS.contains(&name.as_str()) { rows::members(&value) } else { vec![(name, value)] }
    };
    rows::members(raw)
        .into_iter()
        .flat_map(inside)
        .filter(|(name, _)| MEMBERS.contains(&name.as_str()) || mapped.contains(name.as_str()))
        .map(|(name, value)| (name, displayed(value)))
        .collect()
}

/// The value that is shown: most members are `{"DisplayValue": …}` with a history beside it, some are plain.
fn displayed(value: RawRow) -> RawRow {
    let mut shown = rows::members(&value).into_iter().filter(|(name, _)| name == "DisplayValue");
    match (shown.next(), shown.next()) {
        (Some((_, only)), None) => only,
        _ => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: &Value, mapped: &[&'static str]) -> Read {
        let raw = serde_json::value::to_raw_value(value).unwrap();
        Read::of(&raw, &mapped.iter().copied().collect())
    }

    fn outcome(value: Value) -> Outcome {
        serde_json::from_value::<Value>(value)
            .map(|value| serde_json::from_str::<Envelope>(&value.to_string()).unwrap().outcome())
            .unwrap()
    }

    #[test]
    fn a_status_and_its_message_say_what_an_answer_means() {
        let five = |message: &str| outcome(json!({"isError": true, "Status": 5, "Message": message, "Result": null}));
        assert_eq!(five("API Key does not exists."), Outcome::NoKey);
        assert_eq!(five("Access Denied."), Outcome::Denied);
        assert_eq!(five("API calls will be limited to a 60 per minute"), Outcome::Throttled);
        assert_eq!(five("Employee Id is required."), Outcome::Refused(Some(5)));
        assert_eq!(outcome(json!({"isError": false, "Status": 0, "Result": []})), Outcome::Done);
        assert_eq!(outcome(json!({"IsError": true, "Status": 0})), Outcome::Refused(Some(0)), "the other spelling");
        assert_eq!(outcome(json!({"isError": false, "Status": 10, "Result": null})), Outcome::NoRecords);
        for (status, means) in [(1, Outcome::NoKey), (2, Outcome::NoKey), (4, Outcome::Denied), (6, Outcome::Failed)] {
            assert_eq!(outcome(json!({"isError": true, "Status": status, "Message": null})), means);
        }
        for status in [3, 7, 8, 9, 11] {
            assert_eq!(outcome(json!({"isError": true, "Status": status})), Outcome::Refused(Some(status)));
        }
        assert_eq!(outcome(json!({})), Outcome::Refused(None));
    }

    #[test]
    fn wrapped_plain_and_absent_members_are_read_alike() {
        let whole = read(
            &json!({
                "EmployeeId": {"DisplayValue": " HK204 ", "FieldHistory": []},
                "FirstName": "Margaret", "LastName": {"DisplayValue": "Adeyemi"}, "KnownAs": {"DisplayValue": ""},
                "JobRole": {"DisplayValue": "Manager", "FieldHistoryForJobRole": [{"JobRole": "x"}]}, "Company": null,
                "ContactDetail": {"Mobile": {"DisplayValue": "07700900789"}, "PersonalEmail": {"DisplayValue": "m@x.example"}},
                "EmploymentDetail": {"System1ID": {"DisplayValue": "S1"}, "PayrollID": {"DisplayValue": "0204"}},
                "LeavingDate": "", "APIColumn1": " Blue ", "APIColumn2": 7, "lstFieldHistoryJobrole": null,
                "BankDetail": {"AccountNumber": {"DisplayValue": "12345678"}}, "NISNumber": {"DisplayValue": "QQ123456C"},
            }),
            &["APIColumn1", "System1ID"],
        );
        assert_eq!(whole.faults, []);
        let kept = serde_json::to_value(whole.record.unwrap()).unwrap();
        assert_eq!(
            kept,
            json!({"EmployeeId": "HK204", "FirstName": "Margaret", "LastName": "Adeyemi", "JobRole": "Manager",
                "Mobile": "07700900789", "APIColumn1": "Blue", "System1ID": "S1"})
        );
    }

    #[test]
    fn a_member_that_cannot_be_read_is_named_and_costs_nobody_else() {
        let one = read(
            &json!({"EmployeeId": {"DisplayValue": "1"}, "FirstName": {"DisplayValue": 5}, "LastName": ["x"]}),
            &[],
        );
        let words: Vec<String> = one.faults.iter().map(ToString::to_string).collect();
        assert_eq!(words, ["`FirstName` holds a number", "`LastName` holds a list"]);
        assert_eq!(one.record.unwrap().employee_id.as_deref(), Some("1"));
        let raw = RawValue::from_string(
            r#"{"EmployeeId":"2","KnownAs":{"DisplayValue":"\ud800"},"APIColumn1":{"a":1}}"#.into(),
        )
        .unwrap();
        let two = Read::of(&raw, &BTreeSet::from(["APIColumn1"]));
        let words: Vec<String> = two.faults.iter().map(ToString::to_string).collect();
        assert_eq!(words, ["`KnownAs` holds a broken character", "`APIColumn1` holds an object"]);
        for (row, words) in [
            (json!({"FirstName": "x"}), "`EmployeeId` is empty"),
            (json!({"EmployeeId": {"DisplayValue": 4}}), "`EmployeeId` holds a number"),
            (json!([1]), "the record holds a list"),
            (json!(null), "the record is empty"),
        ] {
            let read = read(&row, &[]);
            assert_eq!((read.record, read.faults[0].to_string().as_str()), (None, words), "{row}");
        }
    }
}

#[cfg(test)]
mod battered {
    use super::*;
    use crate::battered::batter;

    #[test]
    fn battered_peoplehr() {
        let samples: &[&[u8]] = &[
            br#"{"isError":false,"Status":0,"Message":"ok","Result":{"Result":[{"EmployeeId":{"DisplayValue":"HK1"}}],"Pagination":{"TotalRows":1}}}"#,
            br#"{"Result":[{"EmployeeId":{"DisplayValue":"HK1"},"FirstName":{"DisplayValue":"Ines"}}],"Pagination":{"TotalRows":1}}"#,
            br#"{"EmployeeId":{"DisplayValue":"HK1","FieldHistory":[]},"FirstName":{"DisplayValue":"Ines"},"DateOfBirth":{"DisplayValue":"1990-01-01"},"ContactDetail":{"PersonalPhoneNumber":{"DisplayValue":"1"}},"EmploymentDetail":{"JobRole":{"DisplayValue":"Chef"}},"APIColumn1":"x"}"#,
            br#"{"CompanyId":"4411","SubDomain":"harbour","CompanyName":"Harbour Kitchens Ltd"}"#,
        ];
        batter("peoplehr", samples, |bytes| {
            let text = rows::text(bytes);
            if let Ok(envelope) = serde_json::from_str::<Envelope>(&text) {
                let _ = envelope.outcome();
            }
            if let Ok(page) = serde_json::from_str::<Page>(&text) {
                let _ = page.parts();
            }
            if let Ok(company) = serde_json::from_str::<Company>(&text) {
                let _ = (company.id(), company.name().is_some());
            }
            let Ok(raw) = RawValue::from_string(text.into_owned()) else { return };
            let read = Read::of(&raw, &BTreeSet::from(["APIColumn1"]));
            assert!(read.record.is_some() || !read.faults.is_empty());
        });
    }
}

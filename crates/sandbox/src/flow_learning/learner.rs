//! One learner, as the company holds them and as the calls show them.

use serde_json::{Value, json};

use crate::call::bent;
use crate::world::Person;

pub(super) const ACTIVE: &str = "active";
pub(super) const INACTIVE: &str = "inactive";

/// A learner with Flow's own number.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Learner {
    /// The canonical members; `branch` is filled from the branch code when the world is shown.
    pub person: Person,
    /// Flow's own number, `id` in the calls.
    pub number: i64,
    /// Code of the branch; empty for none.
    pub branch_code: String,
    /// Name of the access profile.
    pub user_profile: String,
    /// Whether the learner has verified the account's e-mail.
    pub verified: bool,
}

fn or_null(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { json!(text) }
}

/// An e-mail as it is compared.
pub(super) fn email_key(email: &str) -> String {
    email.trim().to_lowercase()
}

impl Learner {
    /// Whether the learner is deactivated. Only that frees the e-mail; a word of Flow's own (`suspended`) does not.
    pub fn is_inactive(&self) -> bool {
        self.person.status == INACTIVE
    }

    /// Whether the learner is expressly active.
    pub fn is_active(&self) -> bool {
        self.person.status == ACTIVE
    }

    /// The learner as the calls show them. The row's own `wire` says what is sent otherwise.
    pub fn to_json(&self, branch_code: Value) -> Value {
        let person = &self.person;
        let mut out = json!({
            "id": self.number, "identifier": or_null(&person.identifier),
            "firstName": person.first_name, "lastName": person.last_name, "email": or_null(&person.email),
            "branchCode": branch_code, "departmentName": or_null(&person.department),
            "jobTitle": or_null(&person.job_title), "dateOfBirth": or_null(&person.date_of_birth),
            "startDate": or_null(&person.start_date), "endDate": or_null(&person.end_date),
            "userProfile": self.user_profile, "status": person.status,
        });
        if let Some(training) = person.own.get("training") {
            out["training"] = training.clone();
        }
        bent(out, person)
    }
}

//! What Moodle sends, by allow-list: no description, picture, interest or preference of anybody is decoded.

use crate::vendors::rows::RawRow;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

/// A failure, with status 200.
#[derive(Debug, Clone, Deserialize)]
pub struct Exception {
    /// The class; with its name space in newer releases.
    #[serde(rename = "exception")]
    pub class: String,
    /// A word; a number where something below Moodle failed.
    #[serde(default)]
    errorcode: Value,
    #[serde(default)]
    pub message: Option<String>,
}

impl Exception {
    /// The code as a word; blank where there is none.
    pub fn code(&self) -> String {
        word(&self.errorcode)
    }
}

fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_owned(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

/// `core_webservice_get_site_info`.
#[derive(Debug, Clone, Deserialize)]
pub struct SiteInfo {
    /// Of the token's own user.
    pub userid: i64,
    #[serde(default)]
    pub sitename: Option<String>,
    /// `4.5.2 (Build: 20250210)`.
    #[serde(default)]
    pub release: Option<String>,
    /// Not in older releases.
    #[serde(default)]
    pub userissiteadmin: Option<Flag>,
    #[serde(default)]
    pub functions: Vec<Function>,
}

/// A function that the token's service has.
#[derive(Debug, Clone, Deserialize)]
pub struct Function {
    pub name: String,
}

/// Yes or no, as the parts of Moodle write it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Flag {
    Is(bool),
    Number(u8),
    Text(String),
}

impl Flag {
    /// `None` for what is neither.
    pub fn is(&self) -> Option<bool> {
        match self {
            Flag::Is(is) => Some(*is),
            Flag::Number(0) => Some(false),
            Flag::Number(1) => Some(true),
            Flag::Number(_) => None,
            Flag::Text(text) => match text.trim() {
                "1" | "true" => Some(true),
                "" | "0" | "false" => Some(false),
                _ => None,
            },
        }
    }
}

/// `core_user_get_users`: everybody in one answer, so that rows are borrowed from it.
#[derive(Debug, Deserialize)]
pub struct UserList<'a> {
    #[serde(borrow)]
    pub users: Vec<&'a RawValue>,
    #[serde(default)]
    pub warnings: Vec<Warning>,
}

/// The same, for saying what is wrong with it.
#[derive(Debug, Deserialize)]
pub struct OwnedUserList {
    #[expect(dead_code, reason = "only whether it can be read counts")]
    pub users: Vec<RawRow>,
    #[serde(default)]
    #[expect(dead_code, reason = "only whether it can be read counts")]
    pub warnings: Vec<Warning>,
}

/// A user, decoded one by one ([`crate::vendors::rows`]). It is also what is kept as the raw record. A member may be absent for
/// want of rights.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct UserRow {
    #[serde(default)]
    pub id: Option<i64>,
    #[serde(default)]
    pub username: Option<String>,
    #[serde(default)]
    pub firstname: Option<String>,
    #[serde(default)]
    pub lastname: Option<String>,
    #[serde(default)]
    pub email: Option<String>,
    #[serde(default)]
    pub idnumber: Option<String>,
    #[serde(default)]
    pub institution: Option<String>,
    #[serde(default)]
    pub department: Option<String>,
    #[serde(default)]
    pub auth: Option<String>,
    #[serde(default)]
    pub suspended: Option<Flag>,
    #[serde(default)]
    pub confirmed: Option<Flag>,
    /// Also those that nobody mapped: they may hold anything and are not kept in the raw record.
    #[serde(default, skip_serializing)]
    pub customfields: Option<Vec<ProfileField>>,
}

/// A profile field of a user. What `type` is on input stands in `shortname` here.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct ProfileField {
    #[serde(default)]
    pub shortname: Option<String>,
    #[serde(default)]
    pub value: Value,
}

/// `core_user_create_users`.
#[derive(Debug, Deserialize)]
pub struct Created {
    pub id: i64,
}

/// What a call says beside its answer.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Warning {
    /// `user`; of a search, the key that was left out.
    #[serde(default)]
    pub item: Option<String>,
    /// A word; of cohorts, a number as text.
    #[serde(default)]
    warningcode: Value,
    #[serde(default)]
    pub message: Option<String>,
}

impl Warning {
    pub fn code(&self) -> String {
        word(&self.warningcode)
    }
}

/// The answer of an update, and of adding to cohorts. Older releases answer `null` to the first.
#[derive(Debug, Default, Deserialize)]
pub struct Warnings {
    pub warnings: Vec<Warning>,
}

/// `core_cohort_get_cohorts`, `core_cohort_create_cohorts`.
#[derive(Debug, Clone, Deserialize)]
pub struct Cohort {
    pub id: i64,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub idnumber: Option<String>,
}

/// `core_cohort_get_cohort_members`.
#[derive(Debug, Deserialize)]
pub struct CohortMembers {
    pub cohortid: i64,
    #[serde(default)]
    pub userids: Vec<i64>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = serde_json::from_slice::<Exception>(&bytes);
            let _ = serde_json::from_slice::<SiteInfo>(&bytes);
            let _ = serde_json::from_slice::<OwnedUserList>(&bytes);
            let _ = serde_json::from_slice::<UserRow>(&bytes);
            let _ = serde_json::from_slice::<Option<Warnings>>(&bytes);
            let _ = serde_json::from_slice::<Vec<Cohort>>(&bytes);
        }
    }
}

#[cfg(test)]
mod battered {
    use super::*;
    use crate::battered::batter;

    #[test]
    fn battered_moodle() {
        let samples: &[&[u8]] = &[
            br#"{"users":[{"id":7,"username":"a.silva","idnumber":"40817_7","email":"a@x.example","firstname":"Ana","lastname":"Silva","suspended":false,"customfields":[{"shortname":"branch","value":"Quay"}]}],"warnings":[]}"#,
            br#"{"exception":"invalid_parameter_exception","errorcode":"invalidparameter","message":"Invalid parameter value detected","debuginfo":"x"}"#,
            br#"{"sitename":"S","username":"ws","userid":2,"functions":[{"name":"core_user_get_users","version":"1"}],"release":"4.5"}"#,
            br#"[{"id":1,"name":"Kitchen","idnumber":"K","contextid":1}]"#,
        ];
        batter("moodle", samples, |bytes| {
            let _ = serde_json::from_slice::<Exception>(bytes);
            let _ = serde_json::from_slice::<SiteInfo>(bytes);
            let _ = serde_json::from_slice::<OwnedUserList>(bytes);
            let _ = serde_json::from_slice::<UserRow>(bytes);
            let _ = serde_json::from_slice::<Option<Warnings>>(bytes);
            let _ = serde_json::from_slice::<Vec<Cohort>>(bytes);
        });
    }
}

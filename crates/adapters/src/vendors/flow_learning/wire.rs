//! What the assumed contract sends and takes (flow-learning.md 3.4), by allow-list.

use crate::vendors::rows::RawRow;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// The envelope of every list.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    pub items: Vec<T>,
    #[serde(default)]
    pub page: Option<u64>,
    #[serde(default)]
    pub total: Option<u64>,
}

/// `GET /v1/company`.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Company {
    pub company_id: String,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub auto_create_structure: bool,
}

/// An option; `code` only for branches.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
pub struct OptionRow {
    #[serde(default)]
    pub code: Option<String>,
    pub name: String,
    #[serde(default)]
    pub active: Option<bool>,
}

/// `GET /v1/user-profiles` gives names, plain or as objects, in the envelope or bare: the contract does not say.
#[derive(Debug)]
pub enum Profiles {
    Page(Page<RawRow>),
    Bare(Vec<RawRow>),
}

impl<'de> Deserialize<'de> for Profiles {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // An untagged enum would read the rows before they can be told apart.
        let raw = RawRow::deserialize(deserializer)?;
        let read = if raw.get().trim_start().starts_with('[') {
            serde_json::from_str(raw.get()).map(Profiles::Bare)
        } else {
            serde_json::from_str(raw.get()).map(Profiles::Page)
        };
        read.map_err(|_| serde::de::Error::custom("neither a page nor a list"))
    }
}

/// A learner as Flow sends it, decoded one by one ([`crate::vendors::rows`]). It is also what is kept as the raw record.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Learner {
    #[serde(default)]
    pub id: Option<i64>,
    #[serde(default)]
    pub identifier: Option<String>,
    #[serde(default)]
    pub first_name: Option<String>,
    #[serde(default)]
    pub last_name: Option<String>,
    #[serde(default)]
    pub email: Option<String>,
    #[serde(default)]
    pub branch_code: Option<String>,
    #[serde(default)]
    pub department_name: Option<String>,
    #[serde(default)]
    pub job_title: Option<String>,
    #[serde(default)]
    pub date_of_birth: Option<String>,
    #[serde(default)]
    pub start_date: Option<String>,
    #[serde(default)]
    pub end_date: Option<String>,
    #[serde(default)]
    pub user_profile: Option<String>,
    #[serde(default)]
    pub status: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub training: Option<TrainingRow>,
}

/// What would be lost; may be absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TrainingRow {
    #[serde(default)]
    pub completed: u32,
    #[serde(default)]
    pub last_on: Option<String>,
}

/// Body of `PUT /v1/employees/{identifier}`: the whole record, empty members as null.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LearnerBody {
    pub identifier: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub email: Option<String>,
    pub branch_code: Option<String>,
    pub department_name: Option<String>,
    pub job_title: Option<String>,
    pub date_of_birth: Option<Date>,
    pub start_date: Option<Date>,
    pub end_date: Option<Date>,
    /// Left out where unknown: Flow's default is `Employee`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_profile: Option<String>,
    /// `active` or `inactive`, only where a write is meant to switch: left out, Flow keeps what it has (the example body of
    /// flow-learning.md 3.4 has none, and a leaver's goes without one where the source gives an end date).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<&'static str>,
}

/// A yes to a write: the record, perhaps with warnings.
#[derive(Debug, Default, Deserialize)]
pub struct Written {
    #[serde(default)]
    pub id: Option<i64>,
    #[serde(default)]
    pub code: Option<String>,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub warnings: Vec<Warning>,
}

/// `POST /v1/feed`: what became of each record.
#[derive(Debug, Deserialize)]
pub struct FeedAnswer {
    pub results: Vec<FeedResult>,
}

/// One record of a feed.
#[derive(Debug, Deserialize)]
pub struct FeedResult {
    pub identifier: String,
    /// `created`, `updated`, `unchanged` or `rejected`; a parked person comes as `unchanged` with a warning.
    pub outcome: String,
    #[serde(default)]
    pub errors: Vec<RefusalBody>,
    #[serde(default)]
    pub warnings: Vec<Warning>,
}

/// One warning.
#[derive(Debug, Deserialize)]
pub struct Warning {
    pub code: String,
    #[serde(default)]
    pub message: Option<String>,
}

/// A no.
#[derive(Debug, Default, Deserialize)]
pub struct Refusal {
    #[serde(default)]
    pub error: RefusalBody,
}

/// What the no says.
#[derive(Debug, Default, Deserialize)]
pub struct RefusalBody {
    #[serde(default)]
    pub code: Option<String>,
    #[serde(default)]
    pub message: Option<String>,
    #[serde(default)]
    pub field: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = serde_json::from_slice::<Page<Learner>>(&bytes);
            let _ = serde_json::from_slice::<Profiles>(&bytes);
            let _ = serde_json::from_slice::<Refusal>(&bytes);
        }
    }
}

#[cfg(test)]
mod battered {
    use super::*;
    use crate::battered::batter;

    #[test]
    fn battered_flow_learning() {
        let samples: &[&[u8]] = &[
            br#"{"data":[{"id":7,"identifier":"40817_7","email":"a@x.example","firstName":"Ana","lastName":"Silva","active":true,"jobTitle":"Chef","branch":"Quay"}],"total":1,"page":1,"next":null}"#,
            br#"{"code":"EMAIL_IN_USE","message":"email has already been taken","errors":[{"field":"email","code":"TAKEN"}]}"#,
        ];
        batter("flow_learning", samples, |bytes| {
            let _ = serde_json::from_slice::<Page<Learner>>(bytes);
            let _ = serde_json::from_slice::<Profiles>(bytes);
            let _ = serde_json::from_slice::<Refusal>(bytes);
            let Ok(raw) = serde_json::value::RawValue::from_string(super::super::super::rows::text(bytes).into_owned())
            else {
                return;
            };
            let read = super::super::super::rows::read::<Learner>(&raw);
            assert!(read.record.is_some() || !read.faults.is_empty());
        });
    }
}

//! What Learn Amp sends (learn-amp.md 1.1 to 1.3), by allow-list.

use crate::vendors::rows::RawRow;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// `POST /oauth/token`.
#[derive(Debug, Deserialize)]
pub struct TokenAnswer {
    pub access_token: String,
    /// Seconds; what stands here is not promised to be a sensible number.
    #[serde(default)]
    pub expires_in: serde_json::Value,
}

/// A sign-in that failed.
#[derive(Debug, Default, Deserialize)]
pub struct TokenRefusal {
    #[serde(default)]
    pub error: Option<String>,
}

/// `GET /v1/users`: the rows; how many there are stands in the headers.
#[derive(Debug, Deserialize)]
pub struct UserList {
    pub users: Vec<RawRow>,
}

/// A user as Learn Amp sends it, decoded one by one ([`crate::vendors::rows`]). It is also what is kept as the raw record.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserRow {
    #[serde(default)]
    pub id: Option<i64>,
    #[serde(default)]
    pub first_name: Option<String>,
    #[serde(default)]
    pub last_name: Option<String>,
    #[serde(default)]
    pub email: Option<String>,
    #[serde(default)]
    pub job_title: Option<String>,
    #[serde(default)]
    pub role: Option<String>,
    #[serde(default)]
    pub integration_external_id: Option<String>,
    #[serde(default)]
    pub hire_date: Option<String>,
    #[serde(default)]
    pub location: Option<String>,
    #[serde(default)]
    pub department: Option<String>,
    /// Set for this user, not by the team.
    #[serde(default)]
    pub manager: Option<Manager>,
    #[serde(default)]
    pub primary_team: Option<PrimaryTeam>,
    #[serde(default)]
    pub status: Option<Status>,
    /// All of the account, also those that nobody mapped: they may hold anything and are not kept in the raw record.
    #[serde(default, skip_serializing)]
    pub custom_fields: Option<Vec<CustomValue>>,
    /// Its host names the account; the address itself is nobody's to keep.
    #[serde(default, skip_serializing)]
    pub profile_url: Option<String>,
}

/// A custom field of a user.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct CustomValue {
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub value: serde_json::Value,
}

/// Text for people; the time beside it is prose and not read.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Status {
    #[serde(default)]
    pub status: Option<String>,
}

/// A whole user, of whom only the number is of interest.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Manager {
    #[serde(default)]
    pub id: Option<i64>,
}

/// `GET /v1/teams`.
#[derive(Debug, Deserialize)]
pub struct TeamList {
    pub teams: Vec<TeamRow>,
}

/// A team.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TeamRow {
    #[serde(default)]
    pub id: Option<i64>,
    #[serde(default)]
    pub name: Option<String>,
    #[serde(default)]
    pub integration_external_id: Option<String>,
}

/// A team with who is in it.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TeamShown {
    #[serde(flatten)]
    pub team: TeamRow,
    #[serde(default)]
    pub users: Vec<Member>,
    #[serde(default)]
    pub sub_teams: Vec<TeamRow>,
}

/// Who is in a team; only whether they can log in is of interest.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
pub struct Member {
    #[serde(default)]
    pub status: Option<Status>,
}

/// The team that a user belongs to first.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct PrimaryTeam {
    #[serde(default)]
    pub id: Option<i64>,
}

/// A yes to a write: the whole user, of which only the id is needed.
#[derive(Debug, Default, Deserialize)]
pub struct Written {
    #[serde(default)]
    pub id: Option<i64>,
}

/// A no.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Refusal {
    #[serde(default)]
    pub error: Option<String>,
    /// By the member at fault.
    #[serde(default)]
    pub full_errors: BTreeMap<String, Vec<String>>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = serde_json::from_slice::<UserList>(&bytes);
            let _ = serde_json::from_slice::<UserRow>(&bytes);
            let _ = serde_json::from_slice::<TeamShown>(&bytes);
            let _ = serde_json::from_slice::<Refusal>(&bytes);
            let _ = serde_json::from_slice::<TokenAnswer>(&bytes);
        }
    }
}

#[cfg(test)]
mod battered {
    use super::*;
    use crate::battered::batter;

    #[test]
    fn battered_learn_amp() {
        let samples: &[&[u8]] = &[
            br#"{"users":[{"id":7,"email":"a@x.example","firstName":"Ana","lastName":"Silva","status":"active","location":{"id":1,"name":"Quay"},"primaryTeam":{"id":2,"name":"Kitchen"}}],"meta":{"total":1,"page":1}}"#,
            br#"{"errors":{"email":["has already been taken"]},"message":"Validation failed"}"#,
            br#"{"access_token":"a","token_type":"Bearer","expires_in":7200,"scope":"read"}"#,
        ];
        batter("learn_amp", samples, |bytes| {
            let _ = serde_json::from_slice::<UserList>(bytes);
            let _ = serde_json::from_slice::<UserRow>(bytes);
            let _ = serde_json::from_slice::<TeamShown>(bytes);
            let _ = serde_json::from_slice::<Refusal>(bytes);
            let _ = serde_json::from_slice::<TokenAnswer>(bytes);
        });
    }
}

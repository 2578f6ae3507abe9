//! Reading users. Who exists must be known completely, also whoever carries no ID number, and there is no list but the search: it
//! answers with everybody whom the token's user may see, in one answer.
//!
//! What is searched for must be shown, or whoever hides it is left out as if they did not exist. So the search is one by a key that
//! Moodle does not know: it is left out with a warning, and everybody comes, those who hide something with the member absent
//! (documented in the function itself). A site that does not do so is searched by e-mail and by first name, and both are joined.
//! A list in which anything of anybody is hidden is not planned from. One without the token's own user, whom nothing hides, is not whole;
//! one without the guest, whom every site has, is that of somebody who does not see everybody (inferred).

use super::NAME;
use super::answer::forbidden;
use super::arguments::Arguments;
use super::client::{Moodle, function};
use super::map::{self, Seen, right_of};
use super::wire::{OwnedUserList, UserList};
use crate::domain::custom_field;
use crate::domain::ids::{Identifier, UserId};
use crate::domain::list::ListKey;
use crate::domain::mapping::DestinationOption;
use crate::ports::api::ApiError;
use crate::ports::destination::{DestinationFacts, DestinationRecord};
use crate::vendors::http::Answer;
use crate::vendors::rows::{self, RawRow, Tally};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::time::Instant;

/// A search key that no release has.
const NO_KEY: &str = "everybody";
/// Learnt of a site that refuses such a key, or does something else with it.
const SEARCHES_BY_KNOWN_KEYS: &str = "searches by known keys only";

/// How long what users carried is good enough to map to.
const CARRIED_FOR: Duration = Duration::from_secs(60);
/// Names of profile fields that are kept: more than a site has.
const PROFILE_FIELDS_MAX: usize = 500;

/// The texts that users carried when all of them were last read.
#[derive(Debug)]
pub(super) struct Carried {
    read: Instant,
    texts: BTreeMap<&'static str, BTreeSet<String>>,
}

/// Everybody, as of a moment.
#[derive(Debug)]
pub(super) struct Kept {
    read: Instant,
    people: Vec<Seen>,
}

/// What a search gave.
struct Found {
    people: Vec<Seen>,
    /// The key was left out, so that this is everybody.
    is_unfiltered: bool,
}

impl Moodle {
    fn seen(&self, row: &serde_json::value::RawValue) -> Seen {
        map::read(row, &self.custom, &self.options)
    }

    /// Everybody decoded where they stand, so that the answer is in memory once; pictures, descriptions and the like are dropped with it.
    fn people_of(&self, answer: &Answer, place: &str) -> Result<Found, ApiError> {
        let text = rows::text(answer.bytes());
        let Ok(list) = serde_json::from_str::<UserList<'_>>(&text) else {
            let error = answer.json_of::<OwnedUserList>(place).err();
            return Err(error.unwrap_or_else(|| answer.corrupt(place, "no list of users")));
        };
        let left_out = |warning: &super::wire::Warning| {
            warning.item.as_deref() == Some(NO_KEY) && warning.code() == "invalidfieldparameter"
        };
        Ok(Found {
            is_unfiltered: list.warnings.iter().any(left_out),
            people: list.users.into_iter().map(|row| self.seen(row)).collect(),
        })
    }

    async fn search(&self, key: &str, value: &str, place: &str) -> Result<Found, ApiError> {
        let arguments = Arguments::new().and("criteria[0][key]", key).and("criteria[0][value]", value);
        self.read(function::SEARCH, arguments, &[value], |answer| self.people_of(answer, place)).await
    }

    async fn unfiltered(&self) -> Result<Option<Vec<Seen>>, ApiError> {
        if self.state().ways.contains(SEARCHES_BY_KNOWN_KEYS) {
            return Ok(None);
        }
        match self.search(NO_KEY, "%", "all users").await {
            Ok(found) if found.is_unfiltered => return Ok(Some(found.people)),
            // A refusal of the key, or an answer to something else.
            Ok(_) | Err(ApiError::Unexpected { .. }) => {}
            Err(error) => return Err(error),
        }
        self.state().ways.insert(SEARCHES_BY_KNOWN_KEYS.to_owned());
        Ok(None)
    }

    /// Everybody, each once.
    pub(super) async fn everybody(&self) -> Result<Vec<Seen>, ApiError> {
        let own = self.info().await?.userid;
        let mut people = match self.unfiltered().await? {
            Some(people) => people,
            None => {
                let mut people = self.search("email", "%", "all users by e-mail").await?.people;
                people.extend(self.search("firstname", "%", "all users by first name").await?.people);
                people
            }
        };
        let mut ids = HashSet::with_capacity(people.len());
        people.retain(|seen| ids.insert(seen.id));
        if !ids.contains(&own) {
            let detail = format!("{} users, and the token's own user is not among them", people.len());
            return Err(ApiError::Incomplete { vendor: NAME, detail });
        }
        nothing_hidden(&people)?;
        let count = people.len();
        people.retain(|seen| !seen.is_guest());
        if people.len() == count {
            let detail = format!(
                "{count} users are shown, and the site's guest account is not among them: the token's user does not see everybody"
            );
            return Err(forbidden(detail, "give the role of the token's user moodle/user:viewdetails at site level"));
        }
        Ok(people)
    }

    pub(super) async fn pull_all(&self, out: &mpsc::Sender<DestinationRecord>) -> Result<DestinationFacts, ApiError> {
        let mut people = match self.kept() {
            Some(people) => people,
            None => self.everybody().await?,
        };
        if self.options.has_cohorts() {
            let members = self.members_anew().await?;
            for seen in &mut people {
                seen.user.person.branch = members.branch_of(seen.id);
            }
        }
        let custom_fields = self.note(&people);
        let (mut tally, received) = (Tally::default(), people.len() as u64);
        for Seen { row, user, .. } in people {
            tally.record(user.unreadable.as_ref());
            let raw = serde_json::to_value(&row).unwrap_or_default();
            out.send(DestinationRecord { user, raw }).await.map_err(|_| ApiError::Temporary {
                vendor: NAME,
                detail: "the fetch was stopped before its end".to_owned(),
            })?;
        }
        tally.check(NAME, "users")?;
        let info = self.info().await?;
        let name = info.sitename.as_deref().map(str::trim).filter(|name| !name.is_empty());
        Ok(DestinationFacts {
            account: name.map_or_else(|| self.host(), str::to_owned),
            // Nothing tells how many there should be.
            declared_total: received,
            received,
            can_create_options: self.options.has_cohorts() && info.has(function::CREATE_COHORT),
            custom_fields,
        })
    }

    /// Who was read for the lists just before the first pull, unless something was written since: such a list takes a site minutes.
    fn kept(&self) -> Option<Vec<Seen>> {
        let mut state = self.state();
        let is_first = !std::mem::replace(&mut state.has_pulled, true);
        let kept = state.kept.take().filter(|kept| is_first && kept.read.elapsed() < CARRIED_FOR);
        kept.map(|kept| kept.people)
    }

    /// Keeps what users carry to map to; gives back the names of their profile fields.
    pub(super) fn note(&self, people: &[Seen]) -> BTreeSet<String> {
        let (mut names, mut texts) = (BTreeSet::new(), BTreeMap::<&'static str, BTreeSet<String>>::new());
        for seen in people {
            let person = &seen.user.person;
            let lists = [
                (ListKey::BRANCH, &person.branch),
                (ListKey::JOB_TITLE, &person.job_title),
                (ListKey::DEPARTMENT, &person.department),
            ];
            for (list, value) in lists {
                if let Some(value) =
                    value.as_ref().filter(|value| !texts.get(list.key()).is_some_and(|all| all.contains(*value)))
                {
                    texts.entry(list.key()).or_default().insert(value.clone());
                }
            }
            let fields = seen.row.customfields.iter().flatten().filter_map(|field| field.shortname.as_deref());
            for name in fields.filter(|name| name.chars().count() <= custom_field::NAME_MAX) {
                if names.len() < PROFILE_FIELDS_MAX && !names.contains(name) {
                    names.insert(name.to_owned());
                }
            }
        }
        let mut state = self.state();
        state.carried = Some(Carried { read: Instant::now(), texts });
        state.profile_fields.clone_from(&names);
        names
    }

    /// What there is to map to: what users carry (inferred: no call lists institutions or departments).
    pub(super) async fn offered(&self, list: ListKey) -> Result<Vec<DestinationOption>, ApiError> {
        let is_fresh = self.state().carried.as_ref().is_some_and(|carried| carried.read.elapsed() < CARRIED_FOR);
        if !is_fresh {
            let people = self.everybody().await?;
            self.note(&people);
            let mut state = self.state();
            // As of its end: reading may take longer than the list is good for.
            state.kept = (!state.has_pulled).then(|| Kept { read: Instant::now(), people });
        }
        let state = self.state();
        let texts = state.carried.as_ref().and_then(|carried| carried.texts.get(list.key()));
        let option = |text: &String| DestinationOption::new(list, text.as_str(), text.as_str(), true);
        Ok(texts.into_iter().flatten().map(option).collect())
    }

    /// Users with one of these values in a field, as the site's database compares them.
    pub(super) async fn by_field(&self, field: &'static str, values: &[&str]) -> Result<Vec<Seen>, ApiError> {
        let arguments = Arguments::new().and("field", field).list("values", values.iter().copied());
        let place = format!("users by {field}");
        self.read(function::BY_FIELD, arguments, values, |answer| {
            let rows: Vec<RawRow> = answer.json_of(&place)?;
            Ok(rows.iter().map(|row| self.seen(row)).collect())
        })
        .await
    }

    /// The one user who carries an ID number.
    ///
    /// # Errors
    /// Also where several carry it: then nothing is written.
    pub(super) async fn carrier(&self, identifier: &Identifier) -> Result<Vec<Seen>, ApiError> {
        let mut found = self.by_field("idnumber", &[identifier.as_str()]).await?;
        // Many databases take small letters for capitals.
        found.retain(|seen| seen.carries(identifier));
        if let [one, other, ..] = found.as_slice() {
            let detail = format!("users {} and {} carry one ID number", one.id, other.id);
            return Err(ApiError::Unexpected { vendor: NAME, detail });
        }
        Ok(found)
    }

    /// Users with an e-mail, whatever its case. `%` and `_` in it stand for anything there, so that only equal ones count.
    pub(super) async fn by_email(&self, email: &str) -> Result<Vec<Seen>, ApiError> {
        let mut found = self.search("email", email, "users by e-mail").await?.people;
        found.retain(|seen| seen.has_email(email));
        Ok(found)
    }

    /// By the search, which leaves out whoever is deleted; by field they come too.
    pub(super) async fn by_id(&self, id: &UserId) -> Result<Vec<Seen>, ApiError> {
        let mut found = self.search("id", id.as_str(), "a user by number").await?.people;
        found.retain(|seen| seen.user.id == *id);
        Ok(found)
    }
}

/// Whether anything is hidden that every user has.
///
/// # Errors
/// [`ApiError::Forbidden`], with the rights that show it.
fn nothing_hidden(people: &[Seen]) -> Result<(), ApiError> {
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    for member in people.iter().flat_map(|seen| &seen.hidden) {
        *counts.entry(member).or_default() += 1;
    }
    if counts.is_empty() {
        return Ok(());
    }
    let named: Vec<String> = counts.iter().map(|(member, count)| format!("`{member}` of {count}")).collect();
    let rights: BTreeSet<&str> = counts.keys().map(|member| right_of(member)).collect();
    let rights = rights.into_iter().collect::<Vec<_>>().join("; ");
    let all = people.len();
    let detail =
        format!("{} of {all} users is hidden from the token's user, so that nothing is planned", named.join(", "));
    Err(forbidden(detail, &format!("give the role of the token's user, at site level: {rights}")))
}

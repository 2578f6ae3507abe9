//! Cohorts as branches: those whose ID number begins with the connection's prefix, all others are left alone (moodle.md 12.3).
//!
//! Somebody may be in several. Then the branch reads as all of them (`7+9`), which equals no branch that is planned, so that the plan
//! shows it and the change takes them out of the others. Who moves is put into the new cohort first and taken out of the old one then:
//! somebody in none would be thrown out of courses.

use super::NAME;
use super::answer::{self, No, moved, rejected};
use super::arguments::Arguments;
use super::client::{Moodle, function};
use super::map::Seen;
use super::options::BranchIn;
use super::wire::{Cohort, CohortMembers, Warnings};
use crate::domain::ids::OptionKey;
use crate::domain::list::ListKey;
use crate::domain::mapping::DestinationOption;
use crate::domain::person::User;
use crate::ports::api::ApiError;
use crate::ports::destination::{WriteAnswer, WriteError};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, HashMap};
use std::time::Duration;
use tokio::time::Instant;

/// How long it is believed who is in which cohort; what is written from here counts at once.
const MEMBERS_FOR: Duration = Duration::from_secs(10);
/// Cohorts whose members come in one answer.
const COHORTS_AT_ONCE: usize = 50;
/// Between the numbers of several cohorts.
const AND: char = '+';

/// Who is in which branch.
#[derive(Debug, Clone)]
pub(super) struct Members {
    read: Instant,
    of: HashMap<i64, BTreeSet<i64>>,
}

impl Members {
    /// The branch of a user, as it is compared.
    pub fn branch_of(&self, user: i64) -> Option<String> {
        let cohorts = self.of.get(&user).filter(|cohorts| !cohorts.is_empty())?;
        Some(cohorts.iter().map(i64::to_string).collect::<Vec<_>>().join(&AND.to_string()))
    }
}

/// Names come as HTML does.
fn plain(name: &str) -> String {
    let name = name.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#039;", "'");
    name.replace("&#39;", "'").replace("&amp;", "&")
}

impl Moodle {
    fn prefix(&self) -> &str {
        match &self.options.branch {
            BranchIn::Cohorts(prefix) => prefix,
            BranchIn::Institution => "",
        }
    }

    /// The cohorts that are branches. Without ids the call gives all of the site.
    pub(super) async fn branches(&self) -> Result<Vec<Cohort>, ApiError> {
        let function = function::COHORTS;
        let mut all =
            self.read(function, Arguments::new(), &[], |answer| answer.json_of::<Vec<Cohort>>("cohorts")).await?;
        all.retain(|cohort| cohort.idnumber.as_deref().is_some_and(|id| id.starts_with(self.prefix())));
        Ok(all)
    }

    pub(super) async fn cohort_options(&self) -> Result<Vec<DestinationOption>, ApiError> {
        let option = |cohort: Cohort| {
            DestinationOption::new(ListKey::BRANCH, OptionKey(cohort.id.to_string()), plain(&cohort.name), true)
        };
        Ok(self.branches().await?.into_iter().map(option).collect())
    }

    /// Who is in which branch, asked anew.
    pub(super) async fn members_anew(&self) -> Result<Members, ApiError> {
        let read = Instant::now();
        let ids: Vec<i64> = self.branches().await?.into_iter().map(|cohort| cohort.id).collect();
        let mut of: HashMap<i64, BTreeSet<i64>> = HashMap::new();
        for block in ids.chunks(COHORTS_AT_ONCE) {
            let arguments = Arguments::new().list("cohortids", block.iter().map(i64::to_string));
            let take = |answer: &crate::vendors::http::Answer| answer.json_of::<Vec<CohortMembers>>("cohort members");
            let found = self.read(function::MEMBERS, arguments, &[], take).await?;
            for CohortMembers { cohortid, userids } in found {
                for user in userids {
                    of.entry(user).or_default().insert(cohortid);
                }
            }
        }
        let members = Members { read, of };
        self.state().members = Some(members.clone());
        Ok(members)
    }

    /// Users with their branches.
    pub(super) async fn with_branches(&self, found: Vec<Seen>) -> Result<Vec<User>, ApiError> {
        let mut found: Vec<Seen> = found.into_iter().filter(|seen| !seen.is_guest()).collect();
        if self.options.has_cohorts() && !found.is_empty() {
            let known = self.state().members.clone().filter(|members| members.read.elapsed() < MEMBERS_FOR);
            let members = match known {
                Some(members) => members,
                None => self.members_anew().await?,
            };
            for seen in &mut found {
                seen.user.person.branch = members.branch_of(seen.id);
            }
        }
        Ok(found.into_iter().map(|seen| seen.user).collect())
    }

    /// Makes somebody a member of this branch and of no other; `held` is how the branch read.
    pub(super) async fn move_to(&self, user: i64, held: Option<&str>, to: Option<&str>) -> Result<(), WriteError> {
        let numbers = |text: Option<&str>| -> BTreeSet<i64> {
            text.into_iter().flat_map(|text| text.split(AND)).filter_map(|part| part.parse().ok()).collect()
        };
        let (held, to) = (numbers(held), numbers(to));
        for cohort in to.difference(&held) {
            let done = self.add_member(*cohort, user).await;
            self.note_member(&done, user, *cohort, true);
            done?;
        }
        for cohort in held.difference(&to) {
            let done = self.remove_member(*cohort, user).await;
            self.note_member(&done, user, *cohort, false);
            done?;
        }
        Ok(())
    }

    /// After a write whose outcome is not known nothing is believed any more.
    fn note_member(&self, done: &Result<(), WriteError>, user: i64, cohort: i64, is_in: bool) {
        let mut state = self.state();
        let Some(members) = state.members.as_mut().filter(|_| done.is_ok()) else {
            state.members = None;
            return;
        };
        let cohorts = members.of.entry(user).or_default();
        _ = if is_in { cohorts.insert(cohort) } else { cohorts.remove(&cohort) };
    }

    async fn add_member(&self, cohort: i64, user: i64) -> Result<(), WriteError> {
        let arguments = Arguments::new()
            .and("members[0][cohorttype][type]", "id")
            .and("members[0][cohorttype][value]", cohort.to_string())
            .and("members[0][usertype][type]", "id")
            .and("members[0][usertype][value]", user.to_string());
        let function = function::ADD_MEMBERS;
        let answer = self.write_once(function, arguments, &[]).await.map_err(WriteError::from)?;
        let told = answer.json_of::<Option<Warnings>>(function).map_err(|error| answer::unknown(&error))?;
        let warnings = told.map(|told| told.warnings).unwrap_or_default();
        // 3: a member already, which is what was wanted.
        match warnings.iter().map(|warning| (warning.code(), warning)).find(|(code, _)| code != "3") {
            None => Ok(()),
            Some((code, warning)) if code == "2" => {
                let says = warning.message.as_deref().unwrap_or_default();
                if says.starts_with("user ") {
                    return Err(moved());
                }
                Err(rejected("COHORT_GONE", format!("cohort {cohort} is not there any more"), Some("cohort")))
            }
            Some((code, _)) => {
                let message = format!("the user was not put into cohort {cohort} (warning {code})");
                Err(rejected("COHORT_REFUSED", message, Some("cohort")))
            }
        }
    }

    /// Somebody who is in it no more is not told apart from one who was taken out; a cohort that is gone has no members.
    async fn remove_member(&self, cohort: i64, user: i64) -> Result<(), WriteError> {
        let arguments = Arguments::new()
            .and("members[0][cohortid]", cohort.to_string())
            .and("members[0][userid]", user.to_string());
        match self.write_once(function::REMOVE_MEMBERS, arguments, &[]).await {
            Ok(_) => Ok(()),
            Err(no) => Err(no.into()),
        }
    }

    /// Makes a branch; one of this name that is there already is what was wanted.
    pub(super) async fn create_cohort(&self, name: &str) -> Result<WriteAnswer, WriteError> {
        let there = |cohorts: Vec<Cohort>| cohorts.into_iter().find(|cohort| plain(&cohort.name) == name);
        if let Some(cohort) = there(self.branches().await.map_err(WriteError::NotSent)?) {
            return Ok(made(cohort.id, Some("a cohort of this name was there already")));
        }
        let digest = Sha256::digest(name.as_bytes());
        let short: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let id_number = format!("{}{short}", self.prefix());
        let arguments = Arguments::new()
            .and("cohorts[0][categorytype][type]", "system")
            .and("cohorts[0][categorytype][value]", "")
            .and("cohorts[0][name]", name)
            .and("cohorts[0][idnumber]", id_number.as_str());
        let function = function::CREATE_COHORT;
        match self.write_once(function, arguments, &[name]).await {
            Ok(answer) => {
                let made_now: Vec<Cohort> = answer.json_of(function).map_err(|error| answer::unknown(&error))?;
                let detail = || WriteError::Unknown { detail: "the answer names no cohort".to_owned() };
                made_now.first().map(|cohort| made(cohort.id, None)).ok_or_else(detail)
            }
            // Its ID number is unique: made by an attempt whose answer was lost, or renamed since.
            Err(No::Value(message)) => {
                let cohorts = self.branches().await.map_err(|error| answer::unknown(&error))?;
                let ours = cohorts.into_iter().find(|cohort| cohort.idnumber.as_deref() == Some(id_number.as_str()));
                Err(match ours {
                    Some(cohort) if plain(&cohort.name) == name => {
                        return Ok(made(cohort.id, Some("the cohort was there already")));
                    }
                    Some(_) => {
                        let message =
                            format!("the cohort that was made for this was renamed in {NAME}: map the value to it");
                        rejected("RENAMED", message, None)
                    }
                    None => rejected(answer::BAD_VALUE, message, None),
                })
            }
            Err(no) => Err(no.into()),
        }
    }
}

fn made(id: i64, warning: Option<&str>) -> WriteAnswer {
    WriteAnswer {
        option: Some(OptionKey(id.to_string())),
        warnings: warning.into_iter().map(str::to_owned).collect(),
        ..WriteAnswer::default()
    }
}

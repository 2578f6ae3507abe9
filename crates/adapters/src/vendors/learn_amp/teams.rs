//! Teams: the list that users' primary teams are mapped to. They are flat (PE13): no parent is ever set, and secondary teams are
//! left alone.
//!
//! A team that we make carries a mark of ours as its external id, which is unique (`documented`): it tells our teams from those
//! that were made by hand, and a creation whose answer was lost is not done twice.

use super::NAME;
use super::client::LearnAmp;
use super::map;
use super::refusal;
use super::token;
use super::wire::{TeamList, TeamRow, TeamShown};
use crate::domain::ids::OptionKey;
use crate::domain::list::ListKey;
use crate::domain::mapping::DestinationOption;
use crate::ports::api::ApiError;
use crate::ports::connect::ConnectParts;
use crate::ports::destination::{WriteAnswer, WriteError};
use crate::vendors::http::{Answer, Body, Request};
use crate::vendors::paging::Walks;
use reqwest::{Method, StatusCode};
use sha2::{Digest, Sha256};

const TEAMS: &str = "/v1/teams";
const TEAM: &str = "/v1/teams/{id}";
const BY_EXTERNAL_ID: &str = "/v1/teams/by_external_id/{external id}";

/// Parameter that says who becomes the manager of a team that is made from here (PE06).
pub(super) const TEAM_MANAGER: &str = "team_manager";
/// The user whose role it is; it can only be read, nobody is ever given it.
const OWNER: &str = "owner";

/// Rows per page that are asked for.
const PAGE: usize = 100;
/// Pages that are read at most: more teams than an account has people.
const PAGES_MAX: u32 = 1_000;

/// Who manages the teams that are made from here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TeamManager {
    Nobody,
    /// The one user who owns the account.
    Owner,
    /// By e-mail.
    User(String),
}

/// How this connection deals with teams.
#[derive(Debug, Clone)]
pub(super) struct Teams {
    /// Something feeds the primary team: without, teams are neither read nor written.
    pub is_fed: bool,
    /// Teams that we made are taken away again.
    pub removes: bool,
    pub manager: TeamManager,
    /// What the external ids of our teams begin with.
    mark: String,
}

impl Teams {
    /// # Errors
    /// [`ApiError::Setup`] for a manager that cannot be.
    pub(super) fn of(parts: &ConnectParts) -> Result<Self, ApiError> {
        let manager = match parts.parameter(TEAM_MANAGER) {
            None => TeamManager::Nobody,
            Some(OWNER) => TeamManager::Owner,
            Some(email) if email.contains('@') => TeamManager::User(email.to_owned()),
            Some(_) => {
                let detail = format!("`{TEAM_MANAGER}` must be `{OWNER}` or the e-mail of a user");
                return Err(ApiError::Setup { vendor: NAME, detail });
            }
        };
        let fed = parts.mapped(ListKey::TEAM.field());
        Ok(Self {
            is_fed: fed.is_some_and(|entry| entry != crate::domain::capabilities::NOT_FED),
            removes: parts.settings.remove_unused_options,
            manager,
            mark: format!("onroll:{}:", parts.short_name),
        })
    }

    /// The scopes that teams take beyond those for users.
    pub(super) fn scopes(&self) -> Vec<&'static str> {
        let wanted = [
            (self.is_fed, token::READ_TEAMS),
            (self.is_fed, token::CREATE_TEAMS),
            (self.is_fed && self.removes, token::DELETE_TEAMS),
        ];
        wanted.into_iter().filter_map(|(wanted, scope)| wanted.then_some(scope)).collect()
    }

    /// The external id of the team that is made for a name.
    fn mark_of(&self, name: &str) -> String {
        let digest = Sha256::digest(name.as_bytes());
        let short: String = digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        format!("{}{short}", self.mark)
    }

    fn is_ours(&self, team: &TeamRow) -> bool {
        team.integration_external_id.as_deref().is_some_and(|id| id.starts_with(&self.mark))
    }
}

struct Page {
    teams: Vec<TeamRow>,
    total: Option<u64>,
    last: Option<u32>,
}

impl LearnAmp {
    /// All teams, by number.
    pub(super) async fn team_options(&self) -> Result<Vec<DestinationOption>, ApiError> {
        let teams = self.all_teams(None).await?;
        let option = |team: TeamRow| {
            let ours = self.teams.is_ours(&team);
            let id = team.id?;
            let name = team.name.unwrap_or_default();
            let option = DestinationOption::new(ListKey::TEAM, OptionKey(id.to_string()), name, true);
            Some(DestinationOption { made_here: ours, ..option })
        };
        Ok(teams.into_iter().filter_map(option).collect())
    }

    async fn all_teams(&self, name: Option<&str>) -> Result<Vec<TeamRow>, ApiError> {
        let (mut walks, mut teams) = (Walks::<i64>::new(PAGE, PAGES_MAX), Vec::new());
        while let Some(number) = walks.next_page(NAME, "teams")? {
            if number == 1 {
                teams.clear();
            }
            let page = self.team_page(name, number).await?;
            let ids: Vec<i64> = page.teams.iter().filter_map(|team| team.id).collect();
            walks.page_with(&ids, page.teams.len() - ids.len(), page.total);
            walks.told(None, page.last);
            teams.extend(page.teams);
        }
        Ok(teams)
    }

    async fn team_page(&self, name: Option<&str>, number: u32) -> Result<Page, ApiError> {
        let mut request = Request::get(TEAMS).query("page", number).query("perPage", PAGE);
        if let Some(name) = name {
            request = request.query("filters[name]", name);
        }
        let place = format!("page {number} of the teams");
        self.read(request, |answer| match answer.status {
            StatusCode::OK => Ok(Page {
                teams: answer.json_of::<TeamList>(&place)?.teams,
                total: super::users::told(answer, "total"),
                last: super::users::told(answer, "total-pages"),
            }),
            _ => Err(refusal::of_read(answer, &place, token::READ_TEAMS)),
        })
        .await
    }

    async fn shown_team(&self, template: &'static str, key: &str) -> Result<Option<TeamShown>, ApiError> {
        let take = |answer: &Answer| match answer.status {
            StatusCode::OK => answer.json_of::<TeamShown>(template).map(Some),
            StatusCode::NOT_FOUND if !answer.is_html() => Ok(None),
            _ => Err(refusal::of_read(answer, template, token::READ_TEAMS)),
        };
        self.read(Request::get(template).place(key), take).await
    }

    /// Makes a team; one of this name that is there already is what was wanted.
    pub(super) async fn create_team(&self, name: &str) -> Result<WriteAnswer, WriteError> {
        let there = self.all_teams(Some(name)).await.map_err(WriteError::NotSent)?;
        if let Some(id) = there.iter().find(|team| team.name.as_deref() == Some(name)).and_then(|team| team.id) {
            return Ok(option_answer(id, vec!["a team of this name was there already".to_owned()]));
        }
        let mark = self.teams.mark_of(name);
        let mut form = vec![("name", name.to_owned()), ("integrationExternalId", mark.clone())];
        match &self.teams.manager {
            TeamManager::Nobody => {}
            TeamManager::Owner => form.push(("managerId", self.owner().await.map_err(WriteError::NotSent)?)),
            TeamManager::User(email) => form.push(("managerEmail", email.clone())),
        }
        let answer = self.send(Request::new(Method::POST, TEAMS).body(Body::Form(form))).await?;
        match answer.status {
            StatusCode::OK | StatusCode::CREATED => {
                let made: TeamRow = answer.json().map_err(|error| WriteError::Unknown { detail: error.to_string() })?;
                let id =
                    made.id.ok_or_else(|| WriteError::Unknown { detail: "the answer names no team".to_owned() })?;
                Ok(option_answer(id, Vec::new()))
            }
            _ => {
                let no = refusal::of_write(&answer, token::CREATE_TEAMS, &[name, &mark]);
                if refusal::is_taken(&no) { self.made_team_before(name, &mark, no).await } else { Err(no) }
            }
        }
    }

    /// Our mark for this name is taken: by the very team, made by an attempt whose answer was lost, or by one that was renamed.
    async fn made_team_before(&self, name: &str, mark: &str, no: WriteError) -> Result<WriteAnswer, WriteError> {
        let found = self.shown_team(BY_EXTERNAL_ID, mark).await;
        let found = found.map_err(|error| WriteError::Unknown { detail: error.to_string() })?;
        let Some((id, team)) = found.and_then(|shown| Some((shown.team.id?, shown.team))) else { return Err(no) };
        if team.name.as_deref() == Some(name) {
            return Ok(option_answer(id, vec!["the team was there already, with our mark".to_owned()]));
        }
        Err(WriteError::Rejected {
            status: StatusCode::BAD_REQUEST.as_u16(),
            code: "RENAMED".to_owned(),
            message: format!("the team that was made for this was renamed in {NAME}: map the value to it in Mappings"),
            field: None,
        })
    }

    /// Takes a team away that we made and nobody is in.
    pub(super) async fn remove_team(&self, key: &OptionKey) -> Result<WriteAnswer, WriteError> {
        let moved = |detail: &str| Err(WriteError::Moved { detail: detail.to_owned() });
        let Some(shown) = self.shown_team(TEAM, key.as_str()).await.map_err(WriteError::NotSent)? else {
            return Ok(WriteAnswer::default());
        };
        if !self.teams.is_ours(&shown.team) {
            return moved("the team does not carry our mark any more: somebody has taken it over");
        }
        if shown.users.iter().any(|user| !map::status(user.status.as_ref()).is_inactive()) {
            return moved("somebody is in the team");
        }
        if !shown.sub_teams.is_empty() {
            return moved("there are teams below it");
        }
        let request = Request::new(Method::DELETE, TEAM).place(key.as_str()).without_content();
        let answer = self.send(request).await?;
        match answer.status {
            StatusCode::OK | StatusCode::NO_CONTENT | StatusCode::NOT_FOUND | StatusCode::GONE => {
                Ok(WriteAnswer::default())
            }
            _ => Err(refusal::of_write(&answer, token::DELETE_TEAMS, &[])),
        }
    }

    /// The number of the one user who owns the account.
    ///
    /// # Errors
    /// [`ApiError::Setup`] where there is none, or several; those of any read.
    pub(super) async fn owner(&self) -> Result<String, ApiError> {
        let mut users = self.filtered("filters[role]", OWNER).await?;
        // Should the filter be loose, only those who have the role count.
        users.retain(|user| user.access_profile.as_deref() == Some(OWNER) && user.status.is_active());
        match users.as_slice() {
            [one] => Ok(one.id.as_str().to_owned()),
            [] => Err(setup(format!("nobody has the role `{OWNER}`: name a user by e-mail in `{TEAM_MANAGER}`"))),
            several => {
                let count = several.len();
                Err(setup(format!("{count} users have the role `{OWNER}`: name one by e-mail in `{TEAM_MANAGER}`")))
            }
        }
    }
}

fn setup(detail: String) -> ApiError {
    ApiError::Setup { vendor: NAME, detail }
}

fn option_answer(id: i64, warnings: Vec<String>) -> WriteAnswer {
    WriteAnswer { option: Some(OptionKey(id.to_string())), warnings, ..WriteAnswer::default() }
}

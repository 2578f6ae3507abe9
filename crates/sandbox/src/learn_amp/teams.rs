//! Teams and who is in them. Teams are found by their own id, or under `by_external_id`.

use serde_json::{Value, json};

use super::{
    Faults,
    account::{Account, member},
    body::Body,
    error, not_found,
    settings::Team,
    users::paged,
};
use crate::call::{Answer, Call};

impl Account {
    /// Calls under `/v1/teams`.
    pub(super) fn route_teams(&mut self, call: &Call, method: &str, parts: &[&str]) -> Result<Answer, Answer> {
        // `by_external_id/{id}` stands wherever an id does.
        let (team, rest) = match parts {
            ["by_external_id", id, rest @ ..] => (self.team_at(|team| team.external_id == *id), rest),
            ["users"] | [] => (None, parts),
            [id, rest @ ..] => (self.team_at(|team| team.id.to_string() == *id), rest),
        };
        match (method, parts, rest) {
            ("GET", [], _) => Ok(self.teams(call)),
            ("POST", [], _) => self.add_team(&Body::of(call)?),
            ("POST", ["users"], _) => self.add_member_by_any(&Body::of(call)?),
            _ => {
                let at = team.ok_or_else(not_found)?;
                match (method, rest) {
                    ("GET", []) => Ok(Answer::json(200, self.team_json(at))),
                    ("PUT", []) => self.change_team(at, call),
                    ("DELETE", []) => Ok(self.remove_team(at)),
                    ("GET", ["users"]) => Ok(Answer::json(200, self.team_json(at))),
                    ("POST", ["users"]) => {
                        let body = Body::of(call)?;
                        self.add_member(at, body.number("userId"), body.is_true("isPrimary"))
                    }
                    ("POST", ["bulk", "users"]) => self.add_members(at, &Body::of(call)?),
                    ("DELETE", ["users", user]) => self.remove_member(at, user),
                    _ => Err(not_found()),
                }
            }
        }
    }

    fn team_at(&self, wanted: impl Fn(&Team) -> bool) -> Option<usize> {
        self.settings.teams.iter().position(wanted)
    }

    fn teams(&self, call: &Call) -> Answer {
        let name = call.query("filters[name]");
        let found = self.settings.teams.iter().filter(|team| name.is_none_or(|name| team.name == name));
        let rows: Vec<&Team> = found.collect();
        paged(call, "teams", &rows, None, |team| self.short_json(team))
    }

    fn team_json(&self, at: usize) -> Value {
        let team = &self.settings.teams[at];
        let mut out = self.short_json(team);
        out["users"] = self.members_of(team).into_iter().map(|user| self.user_json(user, false)).collect();
        let below = self.settings.teams.iter().filter(|other| other.parent == Some(team.id));
        out["subTeams"] = below.map(|team| self.short_json(team)).collect();
        let parent = self.settings.teams.iter().find(|other| Some(other.id) == team.parent);
        out["parentTeam"] = parent.map_or(Value::Null, |team| self.short_json(team));
        out["tags"] = json!(team.tags);
        out
    }

    fn add_team(&mut self, body: &Body) -> Result<Answer, Answer> {
        if body.filled("name").is_none() {
            let mut faults = Faults::default();
            faults.add("name", &["is missing", "is empty"]);
            faults.settle("")?;
        }
        let id = self.settings.teams.iter().map(|team| team.id).max().unwrap_or(100) + 1;
        let mut team = Team { id, ..Team::default() };
        self.fill_team(&mut team, body)?;
        self.settings.teams.push(team);
        Ok(Answer::json(201, self.team_json(self.settings.teams.len() - 1)))
    }

    fn change_team(&mut self, at: usize, call: &Call) -> Result<Answer, Answer> {
        let mut team = self.settings.teams[at].clone();
        self.fill_team(&mut team, &Body::of(call)?)?;
        self.settings.teams[at] = team;
        let long = call.query("response").is_some_and(|response| response.contains("Extended"));
        Ok(Answer::json(200, if long { self.team_json(at) } else { self.short_json(&self.settings.teams[at]) }))
    }

    fn fill_team(&self, team: &mut Team, body: &Body) -> Result<(), Answer> {
        if body.has("managerId") && body.has("managerEmail") {
            return Err(error(400, "managerId, managerEmail are mutually exclusive"));
        }
        let other = |one: &&Team| one.id != team.id;
        if let Some(id) = body.text("integrationExternalId") {
            let is_taken = !id.is_empty() && self.settings.teams.iter().filter(other).any(|one| one.external_id == id);
            if is_taken {
                let mut faults = Faults::default();
                faults.add("integrationExternalId", &["has already been taken"]);
                faults.settle("")?;
            }
            team.external_id = id;
        }
        if let Some(name) = body.filled("name") {
            team.name = name;
        }
        if body.filled("managerId").is_some() {
            team.manager = Some(self.manager(body)?);
        }
        if let Some(email) = body.filled("managerEmail") {
            let found = self.place_of_email(&email).ok_or_else(|| error(400, "Manager could not be found"))?;
            team.manager = Some(self.users[found].number);
        }
        if let Some(parent) = body.filled("parentTeamId") {
            let parent = self.settings.teams.iter().find(|one| one.id.to_string() == parent);
            team.parent = Some(parent.ok_or_else(|| error(400, "parentTeamId must match existing teams IDs"))?.id);
        }
        if let Some(tags) = body.text("tags") {
            team.tags = tags.split(',').map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect();
        }
        Ok(())
    }

    fn remove_team(&mut self, at: usize) -> Answer {
        let id = self.settings.teams.remove(at).id;
        for place in 0..self.users.len() {
            self.leave(place, id);
        }
        Answer::empty(204)
    }

    fn add_member(&mut self, at: usize, user: Option<i64>, primary: bool) -> Result<Answer, Answer> {
        let team = self.settings.teams[at].id;
        let place = user.and_then(|number| self.place_by_number(number)).ok_or_else(not_found)?;
        self.join(place, team, primary);
        Ok(Answer::json(201, json!({"id": team * 100_000 + self.users[place].number, "teamId": team, "userId": user})))
    }

    fn add_members(&mut self, at: usize, body: &Body) -> Result<Answer, Answer> {
        let team = self.settings.teams[at].id;
        let ids = body.texts("userIds").unwrap_or_default();
        let places: Option<Vec<usize>> = ids.iter().map(|id| self.place_of_number(id)).collect();
        for place in places.ok_or_else(not_found)? {
            self.join(place, team, body.is_true("isPrimary"));
        }
        Ok(Answer::json(201, self.team_json(at)))
    }

    /// `POST /v1/teams/users`: a team and a user, each by exactly one of its keys.
    fn add_member_by_any(&mut self, body: &Body) -> Result<Answer, Answer> {
        let exactly_one = |names: &[&str]| names.iter().filter(|name| body.has(name)).count() == 1;
        if !exactly_one(&["teamId", "teamName", "teamIntegrationExternalId"]) || !exactly_one(&["userId", "userEmail"])
        {
            return Err(error(400, "exactly one parameter must be provided"));
        }
        let (id, name, external_id) =
            (body.number("teamId"), body.text("teamName"), body.text("teamIntegrationExternalId"));
        let team = self.team_at(|team| {
            id == Some(team.id) || name.as_ref() == Some(&team.name) || external_id.as_ref() == Some(&team.external_id)
        });
        let by_email = body.filled("userEmail").and_then(|email| self.place_of_email(&email));
        let user = body.number("userId").or_else(|| by_email.map(|at| self.users[at].number));
        self.add_member(team.ok_or_else(not_found)?, user, body.is_true("isPrimary"))
    }

    fn remove_member(&mut self, at: usize, user: &str) -> Result<Answer, Answer> {
        let place = self.place_of_number(user).ok_or_else(not_found)?;
        self.leave(place, self.settings.teams[at].id);
        Ok(Answer::empty(204))
    }

    fn join(&mut self, place: usize, team: i64, primary: bool) {
        self.leave(place, team);
        let user = &mut self.users[place];
        if primary {
            user.person.own.insert(member::PRIMARY_TEAM.into(), json!(team));
        } else {
            let mut teams = user.numbers_of(member::SECONDARY_TEAMS);
            teams.push(team);
            user.person.own.insert(member::SECONDARY_TEAMS.into(), json!(teams));
        }
    }

    fn leave(&mut self, place: usize, team: i64) {
        let user = &mut self.users[place];
        if user.number_of(member::PRIMARY_TEAM) == Some(team) {
            user.person.own.shift_remove(member::PRIMARY_TEAM);
        }
        let mut teams = user.numbers_of(member::SECONDARY_TEAMS);
        if teams.contains(&team) {
            teams.retain(|one| *one != team);
            user.person.own.insert(member::SECONDARY_TEAMS.into(), json!(teams));
        }
    }
}

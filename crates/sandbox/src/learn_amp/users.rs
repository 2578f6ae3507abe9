//! Reading users: the list with its filters, one by number or by external id.

use serde_json::{Map, Value, json};

use super::{
    account::{Account, User, email_key, member},
    error, not_found,
    settings::Team,
};
use crate::call::{Answer, Call, bent};
use crate::vendor::Quirk;

/// Rows on a page unless the call says otherwise (the example of the reference), and at most (assumed).
const PAGE: usize = 10;
const MAX_PAGE: usize = 100;

/// Status by the filter's word, and as it is shown. The last three texts are inferred.
const STATUSES: [(&str, &str, &str); 5] = [
    ("confirmed", "Confirmed", "On 29 Nov 16"),
    ("invite_pending", "Invite pending", "Sent 25 Sep 19"),
    ("not_invited", "Not invited", ""),
    ("invite_scheduled", "Invite scheduled", "For 1 Dec 26"),
    ("deactivated", "Deactivated", "On 2 Nov 26"),
];

fn or_null(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { json!(text) }
}

/// What a list was asked to leave out.
struct Filter<'c> {
    email: Option<&'c str>,
    external_id: Option<&'c str>,
    first_name: Option<String>,
    last_name: Option<String>,
    role: Option<&'c str>,
    no_team: bool,
    teams: Vec<i64>,
    statuses: Vec<&'c str>,
}

impl<'c> Filter<'c> {
    fn of(call: &'c Call) -> Result<Self, Answer> {
        let one = |name: &str| call.query(&format!("filters[{name}]"));
        // Repeated, or with commas.
        let many = |name: &str| -> Vec<&'c str> {
            let [plain, list] = [format!("filters[{name}]"), format!("filters[{name}][]")];
            let values = call.query.iter().filter(|(key, _)| *key == plain || *key == list);
            values.flat_map(|(_, value)| value.split(',')).filter(|value| !value.is_empty()).collect()
        };
        let statuses = many("status");
        if statuses.iter().any(|status| !STATUSES.iter().any(|(key, ..)| key == status)) {
            return Err(error(400, "filters[status] does not have a valid value"));
        }
        Ok(Self {
            email: one("email"),
            external_id: one("integration_external_id"),
            first_name: one("first_name").map(str::to_lowercase),
            last_name: one("last_name").map(str::to_lowercase),
            role: one("role"),
            no_team: one("no_team") == Some("true"),
            teams: many("team_ids").iter().filter_map(|id| id.parse().ok()).collect(),
            statuses,
        })
    }

    fn takes(&self, user: &User, lists_deactivated: bool) -> bool {
        let person = &user.person;
        let status = if self.statuses.is_empty() {
            lists_deactivated || !user.is_deactivated()
        } else {
            self.statuses.contains(&user.status_key())
        };
        let has = |part: &Option<String>, name: &str| {
            part.as_ref().is_none_or(|part| name.to_lowercase().contains(part.as_str()))
        };
        let (primary, secondary) = (user.number_of(member::PRIMARY_TEAM), user.numbers_of(member::SECONDARY_TEAMS));
        let in_team = |team: &i64| primary == Some(*team) || secondary.contains(team);
        status
            && self.email.is_none_or(|email| email_key(email) == email_key(&person.email))
            && self.external_id.is_none_or(|id| id == person.identifier)
            && has(&self.first_name, &person.first_name)
            && has(&self.last_name, &person.last_name)
            && self.role.is_none_or(|role| role == role_of(user))
            && (!self.no_team || (primary.is_none() && secondary.is_empty()))
            && (self.teams.is_empty() || self.teams.iter().any(in_team))
    }
}

fn role_of(user: &User) -> &str {
    user.person.own_text(member::ROLE).unwrap_or("viewer")
}

/// A page of rows with its headers; `key` wraps them.
pub(super) fn paged<T>(
    call: &Call,
    key: &str,
    rows: &[T],
    quirk: Option<Quirk>,
    to_json: impl Fn(&T) -> Value,
) -> Answer {
    let number = |name: &str| call.query(name).and_then(|text| text.parse::<usize>().ok()).filter(|number| *number > 0);
    let size = number("perPage").unwrap_or(PAGE).min(MAX_PAGE);
    let page = if quirk == Some(Quirk::RepeatPages) { 1 } else { number("page").unwrap_or(1) };
    let total = if quirk == Some(Quirk::EmptyList) { 0 } else { rows.len() };
    let mut shown: Vec<Value> =
        rows.iter().take(total).skip((page - 1).saturating_mul(size)).take(size).map(to_json).collect();
    match quirk {
        Some(Quirk::MissingRows) => {
            shown.pop();
        }
        Some(Quirk::DuplicateRows) => shown.extend(shown.last().cloned()),
        _ => {}
    }
    Answer::json(200, json!({ key: shown }))
        .with("total", total.to_string())
        .with("per-page", size.to_string())
        .with("total-pages", total.div_ceil(size).to_string())
}

impl Account {
    /// `GET /v1/users`.
    pub(super) fn list(&self, call: &Call, quirk: Option<Quirk>) -> Result<Answer, Answer> {
        let filter = Filter::of(call)?;
        let expanded = call.query("expanded") == Some("true");
        let lists_deactivated = self.settings.switches.lists_deactivated;
        let found = self.users.iter().filter(|user| filter.takes(user, lists_deactivated));
        let rows: Vec<&User> = found.collect();
        Ok(paged(call, "users", &rows, quirk, |user| self.user_json(user, expanded)))
    }

    /// One user.
    pub(super) fn show(&self, at: Option<usize>) -> Result<Answer, Answer> {
        let user = at.map(|at| &self.users[at]).ok_or_else(not_found)?;
        Ok(Answer::json(200, self.user_json(user, true)))
    }

    /// A user as the calls show them. The row's own `wire` says what is sent otherwise.
    pub(super) fn user_json(&self, user: &User, expanded: bool) -> Value {
        let mut out = self.plain_json(user);
        if expanded {
            let manager = user.manager.and_then(|number| self.place_by_number(number));
            out.insert(
                "manager".into(),
                manager.map_or(Value::Null, |at| Value::Object(self.plain_json(&self.users[at]))),
            );
            let person = &user.person;
            out.insert("occupationRole".into(), or_null(person.own_text(member::OCCUPATION).unwrap_or_default()));
            out.insert("avatar".into(), json!(format!("https://{}/avatars/{}.png", self.settings.host, user.number)));
            out.insert("location".into(), or_null(&person.branch));
            out.insert("department".into(), or_null(&person.department));
            let team =
                |id: i64| self.settings.teams.iter().find(|team| team.id == id).map(|team| self.short_json(team));
            let primary = user.number_of(member::PRIMARY_TEAM).and_then(team);
            out.insert("primaryTeam".into(), primary.unwrap_or(Value::Null));
            let secondary = user.numbers_of(member::SECONDARY_TEAMS).into_iter().filter_map(team);
            out.insert("secondaryTeams".into(), secondary.collect());
            let custom = person.own.get(member::CUSTOM).and_then(Value::as_object).cloned().unwrap_or_default();
            let custom = custom.into_iter().map(|(name, value)| json!({"name": name, "value": value}));
            out.insert("customFields".into(), custom.collect());
        }
        bent(Value::Object(out), &user.person)
    }

    fn plain_json(&self, user: &User) -> Map<String, Value> {
        let person = &user.person;
        let key = user.status_key();
        let status = STATUSES.into_iter().find(|(known, ..)| *known == key);
        let (words, time) = status.map_or((person.status.as_str(), ""), |(_, words, time)| (words, time));
        let row = json!({
            "id": user.number, "firstName": person.first_name, "lastName": person.last_name, "email": person.email,
            "jobTitle": or_null(&person.job_title), "timeZone": "London",
            "language": person.own_text(member::LANGUAGE).unwrap_or("en"), "role": role_of(user),
            "integrationExternalId": or_null(&person.identifier), "hireDate": or_null(&person.start_date),
            "profileUrl": format!("https://{}/en/users/{}", self.settings.host, user.number),
            "status": {"status": words, "time": time},
        });
        match row {
            Value::Object(row) => row,
            _ => Map::new(),
        }
    }

    /// Who is in a team.
    pub(super) fn members_of(&self, team: &Team) -> Vec<&User> {
        let is_in = |user: &&User| {
            user.number_of(member::PRIMARY_TEAM) == Some(team.id)
                || user.numbers_of(member::SECONDARY_TEAMS).contains(&team.id)
        };
        self.users.iter().filter(is_in).collect()
    }

    /// A team as it stands inside of others.
    pub(super) fn short_json(&self, team: &Team) -> Value {
        let manager = team.manager.and_then(|number| self.place_by_number(number));
        json!({
            "id": team.id, "name": team.name, "integrationExternalId": or_null(&team.external_id),
            "teamUsersCount": self.members_of(team).len(), "apiTeamPath": format!("/v1/teams/{}", team.id),
            "apiTeamUsersPath": format!("/v1/teams/{}/users", team.id), "parentTeamId": team.parent,
            "manager": manager.map(|at| Value::Object(self.plain_json(&self.users[at]))),
            "secondaryManagers": team.secondary_managers.iter().filter_map(|number| self.place_by_number(*number))
                .map(|at| Value::Object(self.plain_json(&self.users[at]))).collect::<Vec<_>>(),
        })
    }
}

//! Reading users: one, and the list with its filter and its pages.

use serde_json::{Value, json};

use super::{
    LIST,
    account::{Account, User},
    error, filter, not_found, page, scim,
    settings::{Filtering, Paging},
};
use crate::{
    call::{Answer, Call},
    vendor::Quirk,
};

/// Rows on a page of a provider that heeds no parameter.
const FIXED_PAGE: usize = 20;

impl Account {
    /// One user.
    pub(super) fn show(&self, id: &str) -> Result<Answer, Answer> {
        let user = &self.users[self.place(id).ok_or_else(not_found)?];
        Ok(self.answer_with(200, user))
    }

    pub(super) fn answer_with(&self, status: u16, user: &User) -> Answer {
        let answer = scim(status, self.user_json(user));
        if self.settings.switches.etag { answer.with("etag", user.etag()) } else { answer }
    }

    /// `GET /Users`.
    pub(super) fn list(&self, call: &Call, quirk: Option<Quirk>) -> Result<Answer, Answer> {
        let paging = self.settings.switches.paging;
        let count = call.query("count");
        if paging == Paging::Count500 && count.is_some() {
            return Err(page(500, "Internal Server Error"));
        }
        let mut found = self.filtered(call)?;
        let asked = match count.map(str::parse::<i64>) {
            None => None,
            Some(Ok(count)) => Some(usize::try_from(count).unwrap_or(0)),
            Some(Err(_)) => return Err(error(400, Some("invalidValue"), "count is no number")),
        };
        let size = asked.unwrap_or(self.settings.page_max).min(self.settings.page_max);
        if let Some(cursor) = call.query("cursor") {
            return self.by_cursor(&found, cursor, size, quirk);
        }
        let start = match call.query("startIndex").map(str::parse::<i64>) {
            None => 1,
            Some(Ok(start)) => usize::try_from(start).unwrap_or(0).max(1),
            Some(Err(_)) => return Err(error(400, Some("invalidValue"), "startIndex is no number")),
        };
        let (start, size) = match paging {
            Paging::Ignored => (1, FIXED_PAGE),
            Paging::Bare => (1, found.len()),
            Paging::WrapsAround if start > found.len() => (1, size),
            _ => (start, size),
        };
        let start = if quirk == Some(Quirk::RepeatPages) { 1 } else { start };
        if quirk == Some(Quirk::EmptyList) {
            found.clear();
        }
        let total = found.len();
        let rows = quirked(found.into_iter().skip(start - 1).take(size).collect(), quirk);
        let mut body = json!({"schemas": [LIST], "totalResults": total, "startIndex": start, "itemsPerPage": rows.len(),
            "Resources": rows.iter().map(|user| self.user_json(user)).collect::<Vec<_>>()});
        let left_out: &[&str] = match paging {
            Paging::Count500 => &["startIndex", "itemsPerPage"],
            Paging::Bare => &["totalResults", "startIndex", "itemsPerPage"],
            _ => &[],
        };
        if let Some(members) = body.as_object_mut() {
            members.retain(|name, _| !left_out.contains(&name.as_str()));
        }
        Ok(scim(200, body))
    }

    /// RFC 9865: an empty cursor begins; the last page has no `nextCursor`.
    fn by_cursor(&self, found: &[&User], cursor: &str, size: usize, quirk: Option<Quirk>) -> Result<Answer, Answer> {
        match self.settings.switches.paging {
            Paging::Cursor => {}
            _ => return Err(error(501, None, "Pagination by cursor is not supported")),
        }
        let start = match cursor.strip_prefix("at-").map(str::parse::<usize>) {
            None if cursor.is_empty() => 0,
            Some(Ok(start)) => start,
            _ => return Err(error(400, Some("invalidCursor"), "The cursor is not known")),
        };
        let start = if quirk == Some(Quirk::RepeatPages) { 0 } else { start };
        let total = if quirk == Some(Quirk::EmptyList) { 0 } else { found.len() };
        let next = start + size;
        let rows: Vec<&User> = found.iter().take(total).skip(start).take(size).copied().collect();
        let rows = quirked(rows, quirk);
        let rows: Vec<Value> = rows.iter().map(|user| self.user_json(user)).collect();
        let mut body = json!({"schemas": [LIST], "totalResults": total, "itemsPerPage": rows.len(), "Resources": rows});
        if next < total {
            body["nextCursor"] = json!(format!("at-{next}"));
        }
        Ok(scim(200, body))
    }

    fn filtered(&self, call: &Call) -> Result<Vec<&User>, Answer> {
        let filtering = self.settings.switches.filter;
        let shown = self.users.iter().filter(|user| self.is_shown(user));
        let Some(text) = call.query("filter").filter(|_| filtering != Filtering::Ignored) else {
            return Ok(shown.collect());
        };
        let terms = filter::parse(text)?;
        let is_known =
            |term: &filter::Term| ["externalid", "username"].contains(&term.attribute.to_lowercase().as_str());
        if self.rules.narrow_filters && !terms.iter().all(is_known) {
            return Err(error(400, Some("invalidFilter"), "Only externalId and userName can be filtered by"));
        }
        let asks_external = terms.iter().any(|term| term.attribute.eq_ignore_ascii_case("externalId"));
        match filtering {
            Filtering::ExternalId400 if asks_external => {
                return Err(error(400, Some("invalidFilter"), "externalId cannot be filtered by"));
            }
            Filtering::ExternalId500 if asks_external => return Err(page(500, "Internal Server Error")),
            _ => {}
        }
        let mut found = Vec::new();
        for user in shown {
            let mut all = true;
            for term in &terms {
                all = all && filter::matches(user, term, filtering)?;
            }
            if all {
                found.push(user);
            }
        }
        if found.is_empty() && filtering == Filtering::NotFound {
            return Err(not_found());
        }
        Ok(found)
    }
}

fn quirked(mut rows: Vec<&User>, quirk: Option<Quirk>) -> Vec<&User> {
    match quirk {
        Some(Quirk::MissingRows) => _ = rows.pop(),
        Some(Quirk::DuplicateRows) => rows.extend(rows.last().copied()),
        _ => {}
    }
    rows
}

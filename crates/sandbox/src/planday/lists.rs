//! Lists and records of employees: paging, filters, the birth date's gate.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    portal::{Portal, Row},
    problem,
    rows::Shown,
};
use crate::call::{Answer, Call};
use crate::vendor::Quirk;

/// Larger limits are lowered to this without a word [doc: overview].
const PAGE: usize = 50;

/// `limit` and `offset` of a call.
fn window(call: &Call) -> Result<(usize, usize), Answer> {
    let number = |name: &str, default: usize| match call.query(name) {
        None => Ok(default),
        Some(text) => text.parse().map_err(|_| problem(400, &format!("The value of {name} is not valid."))),
    };
    let (limit, offset) = (number("limit", PAGE)?, number("offset", 0)?);
    if limit == 0 { Err(problem(400, "The value of limit is not valid.")) } else { Ok((limit.min(PAGE), offset)) }
}

/// A window of time; both ends optional.
struct Span {
    from: Option<Timestamp>,
    to: Option<Timestamp>,
}

impl Span {
    fn read(call: &Call, stem: &str) -> Result<Self, Answer> {
        let end = |name: String| match call.query(&name) {
            None => Ok(None),
            Some(text) => {
                text.parse().map(Some).map_err(|_| problem(400, &format!("The value of {name} is not valid.")))
            }
        };
        Ok(Self { from: end(format!("{stem}From"))?, to: end(format!("{stem}To"))? })
    }

    fn is_open(&self) -> bool {
        self.from.is_none() && self.to.is_none()
    }

    fn holds(&self, text: &str) -> bool {
        let Ok(time) = text.parse::<Timestamp>() else { return self.is_open() };
        self.from.is_none_or(|from| from <= time) && self.to.is_none_or(|to| time <= to)
    }
}

/// What a list was filtered by.
struct Filter {
    created: Span,
    modified: Span,
    deactivated: Span,
    search: Option<String>,
}

impl Filter {
    fn read(call: &Call) -> Result<Self, Answer> {
        Ok(Self {
            created: Span::read(call, "created")?,
            modified: Span::read(call, "modified")?,
            deactivated: Span::read(call, "deactivated")?,
            search: call.query("searchQuery").map(str::to_lowercase).filter(|text| !text.is_empty()),
        })
    }

    fn is_open(&self) -> bool {
        self.created.is_open() && self.modified.is_open() && self.deactivated.is_open() && self.search.is_none()
    }

    /// The modified window also holds what was created or deleted in it.
    fn holds(&self, row: &Row) -> bool {
        let deleted = row.deleted();
        let in_deleted = |span: &Span| deleted.as_deref().is_some_and(|time| span.holds(time));
        let modified = &self.modified;
        let person = &row.person;
        (self.created.is_open() || self.created.holds(&row.created()))
            && (modified.is_open()
                || modified.holds(&row.modified())
                || modified.holds(&row.created())
                || in_deleted(modified))
            && (self.deactivated.is_open() || in_deleted(&self.deactivated))
            && self.search.as_deref().is_none_or(|text| {
                let name = format!("{} {} {}", person.first_name, person.last_name, person.email);
                name.to_lowercase().contains(text)
            })
    }
}

impl Portal {
    /// `GET /hr/v1.0/employees` and `/employees/deactivated`.
    pub(super) fn list(&self, call: &Call, leavers: bool, quirk: Option<Quirk>) -> Result<Answer, Answer> {
        let (limit, offset) = window(call)?;
        let shown = self.shown(call, leavers)?;
        let filter = Filter::read(call)?;
        let all = if leavers { &self.leavers } else { &self.active };
        let chosen: Vec<usize>;
        let rows = if filter.is_open() {
            all.as_slice()
        } else {
            chosen = all.iter().copied().filter(|at| filter.holds(&self.rows[*at])).collect();
            &chosen
        };
        let rows = if quirk == Some(Quirk::EmptyList) { &[] } else { rows };
        let first = if quirk == Some(Quirk::RepeatPages) { 0 } else { offset };
        let page = rows.iter().skip(first).take(limit);
        let mut data: Vec<Value> = page.map(|at| self.list_row(&self.rows[*at], shown)).collect();
        match quirk {
            Some(Quirk::MissingRows) => {
                data.pop();
            }
            // Only after the last row, so that a client that advances by the rows it got loses nobody.
            Some(Quirk::DuplicateRows) if offset + data.len() >= rows.len() => data.extend(data.last().cloned()),
            _ => {}
        }
        Ok(self.envelope(limit, offset, rows.len(), data))
    }

    fn envelope(&self, limit: usize, offset: usize, total: usize, data: Vec<Value>) -> Answer {
        let paging = json!({"offset": offset, "limit": limit, "total": total});
        let paging = if self.settings.switches.null_paging { Value::Null } else { paging };
        Answer::json(200, json!({"paging": paging, "data": data}))
    }

    /// `special` may be repeated or joined by commas.
    fn shown(&self, call: &Call, leavers: bool) -> Result<Shown, Answer> {
        let mut shown = Shown { leavers, ..Shown::default() };
        shown.security_groups =
            call.query("includeSecurityGroups").is_some_and(|text| text.eq_ignore_ascii_case("true"));
        let asked = call.query.iter().filter(|(name, _)| name == "special");
        for special in asked.flat_map(|(_, value)| value.split(',')).filter(|special| !special.is_empty()) {
            match special.to_lowercase().as_str() {
                "birthdate" if self.settings.has_scope("birthdate:read") => shown.birth_date = true,
                "birthdate" if self.settings.switches.birth_date_silently_missing => {}
                "birthdate" => return Err(problem(403, "The app lacks the scope birthdate:read.")),
                "ssn" | "bankaccount" => return Err(problem(403, "The app lacks the scope for this special field.")),
                _ => return Err(problem(400, "The value of special is not valid.")),
            }
        }
        Ok(shown)
    }

    /// A page of any small list.
    pub(super) fn page(&self, call: &Call, rows: &[Value]) -> Result<Answer, Answer> {
        let (limit, offset) = window(call)?;
        let data = rows.iter().skip(offset).take(limit).cloned().collect();
        Ok(self.envelope(limit, offset, rows.len(), data))
    }

    /// `GET /hr/v1.0/employees/supervisors`.
    pub(super) fn supervisors(&self, call: &Call) -> Result<Answer, Answer> {
        let row = |(record, at): &(i64, usize)| {
            let row = &self.rows[*at];
            let name = format!("{} {}", row.person.first_name, row.person.last_name);
            json!({"id": record, "employeeId": row.number, "name": name})
        };
        self.page(call, &self.supervisors.iter().map(row).collect::<Vec<_>>())
    }

    /// `GET /hr/v1.0/employees/{id}`.
    pub(super) fn detail(&self, call: &Call, id: &str) -> Result<Answer, Answer> {
        let shown = self.shown(call, false)?;
        let row = self.row(id)?;
        if row.person.status == "inactive" && !self.settings.switches.inactive_by_id_answers {
            return Err(invalid_id());
        }
        Ok(Answer::json(200, json!({"data": self.detail_row(row, shown)})))
    }

    /// `GET /hr/v1.0/employees/{id}/history`: nothing was ever changed through the API.
    pub(super) fn history(&self, call: &Call, id: &str) -> Result<Answer, Answer> {
        self.need("employee:history")?;
        self.row(id)?;
        self.page(call, &[])
    }

    fn row(&self, id: &str) -> Result<&Row, Answer> {
        let number = id.parse::<i64>().map_err(|_| invalid_id())?;
        self.by_number.get(&number).map(|at| &self.rows[*at]).ok_or_else(invalid_id)
    }

    /// Active members of a department or a group, unpaged.
    pub(super) fn members(&self, id: &str, list: &str) -> Answer {
        let Ok(id) = id.parse::<i64>() else { return problem(400, "The id is not a number.") };
        let rows = self.active.iter().map(|at| &self.rows[*at]).filter(|row| match list {
            "departments" => row.departments.contains(&id),
            _ => row.group == Some(id),
        });
        Answer::json(200, json!({"data": rows.map(|row| json!({"employeeId": row.number})).collect::<Vec<_>>()}))
    }
}

/// Unknown and inactive ids alike [doc: errors guide].
fn invalid_id() -> Answer {
    problem(400, "Employee id is invalid")
}

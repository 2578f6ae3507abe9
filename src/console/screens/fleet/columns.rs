//! The columns of the fleet's lists, as the filter names them and the lists are sorted by them.

use std::borrow::Cow;

use jiff::tz::TimeZone;

use super::data::{hold_id, value_id};
use super::state::Which;
use crate::domain::filter::{Column, Kind, Row};
use crate::domain::text::fold;
use crate::services::fleet::{HoldLine, Part, Somebody, ValueLine};
use crate::services::people::state_words;

/// What a line says.
#[derive(Clone, Copy)]
pub(super) enum What<'a> {
    /// Its tenant cannot be read, for this reason.
    Broken(&'a str),
    Hold(&'a HoldLine),
    Value(&'a ValueLine),
}

/// A line of Holds or Values.
#[derive(Clone, Copy)]
pub(super) struct Line<'a> {
    pub part: &'a Part,
    pub what: What<'a>,
    pub zone: &'a TimeZone,
}

impl Line<'_> {
    pub(super) fn id(&self) -> String {
        let tenant = self.part.member.short();
        match self.what {
            What::Broken(_) => tenant.to_owned(),
            What::Hold(line) => hold_id(tenant, line.code, line.past_limit > 0),
            What::Value(line) => value_id(tenant, &line.field, &line.value),
        }
    }

    /// What the lists are ordered by: broken tenants first, whom somebody has ruled out last, most people first.
    pub(super) fn rank(&self) -> (u8, std::cmp::Reverse<u64>, String) {
        let name = fold(self.part.member.name());
        match self.what {
            What::Broken(_) => (0, std::cmp::Reverse(0), name),
            What::Hold(line) => {
                (1 + u8::from(line.is_ruled()), std::cmp::Reverse(line.people.max(line.past_limit).into()), name)
            }
            What::Value(line) => (1, std::cmp::Reverse(line.held), name),
        }
    }

    /// `job title missing`: what of the reason is the same in all tenants.
    pub(super) fn reason(&self) -> &str {
        match self.what {
            What::Hold(line) => line.because.split(':').next().unwrap_or_default(),
            _ => "cannot be read",
        }
    }
}

fn status(part: &Part) -> &'static str {
    if part.broken.is_some() { "broken" } else { part.member.connection.status.key() }
}

/// In the order of [`Row::value`].
pub(super) fn columns(which: Which) -> Vec<Column> {
    match which {
        Which::Holds => vec![
            Column::new("tenant", "tenant", Kind::Text).facet(),
            Column::new("because", "held because", Kind::Text).facet(),
            Column::new("to", "leads to", Kind::Choice).facet(),
            Column::new("state", "state of the tenant", Kind::Choice).facet(),
            Column::new("since", "since", Kind::Day).facet(),
            Column::new("people", "people", Kind::Number),
            Column::new("ruled", "ruled", Kind::Number),
            Column::new("code", "code", Kind::Text),
            Column::new("name", "short name", Kind::Text),
        ],
        Which::Values => vec![
            Column::new("tenant", "tenant", Kind::Text).facet(),
            Column::new("table", "table", Kind::Text).facet(),
            Column::new("how", "how it stands", Kind::Choice).facet(),
            Column::new("state", "state of the tenant", Kind::Choice).facet(),
            Column::new("value", "value", Kind::Text),
            Column::new("held", "held", Kind::Number),
            Column::new("people", "people", Kind::Number),
            Column::new("becomes", "becomes", Kind::Text),
            Column::new("why", "why", Kind::Text),
            Column::new("name", "short name", Kind::Text),
        ],
    }
}

impl Row for Line<'_> {
    fn value(&self, column: usize) -> Cow<'_, str> {
        let tenant = self.part.member.name();
        match self.what {
            What::Broken(why) => match column {
                0 => tenant.into(),
                1 => why.into(),
                3 => "broken".into(),
                5 | 6 => "0".into(),
                _ => "".into(),
            },
            What::Hold(line) => match column {
                0 => tenant.into(),
                1 => self.reason().into(),
                2 => line.lead.words().into(),
                3 => status(self.part).into(),
                4 => line.since.to_zoned(self.zone.clone()).datetime().to_string().into(),
                5 => line.people.max(line.past_limit).to_string().into(),
                6 => line.ruled.to_string().into(),
                7 => line.code.key().into(),
                _ => self.part.member.short().into(),
            },
            What::Value(line) => match column {
                0 => tenant.into(),
                1 => line.word.as_str().into(),
                2 => how(line).into(),
                3 => status(self.part).into(),
                4 => line.value.as_str().into(),
                5 => line.held.to_string().into(),
                6 => line.people.to_string().into(),
                7 => line.suggestion.as_deref().unwrap_or_default().into(),
                8 => line.why.as_str().into(),
                _ => self.part.member.short().into(),
            },
        }
    }
}

/// How a value stands in its table now.
pub(super) fn how(line: &ValueLine) -> &'static str {
    match line.state {
        _ if line.is_settled() => "settled since",
        Some(state) => state.word(),
        None => "in no table",
    }
}

/// Somebody who was found. `typed` is what found them: it may stand in an e-mail, which is not shown.
pub(super) struct One<'a> {
    pub somebody: &'a Somebody,
    pub typed: &'a str,
}

/// In the order of [`Row::value`].
pub(super) fn people_columns() -> Vec<Column> {
    vec![
        Column::new("tenant", "tenant", Kind::Text).facet(),
        Column::new("state", "how they stand", Kind::Text).facet(),
        Column::new("branch", "branch", Kind::Text).facet(),
        Column::new("title", "job title", Kind::Text).facet(),
        Column::new("who", "who", Kind::Text),
        Column::new("identifier", "identifier", Kind::Text),
        Column::new("id", "employee id", Kind::Text),
        Column::new("name", "short name", Kind::Text),
        Column::new("found", "found by", Kind::Text),
    ]
}

impl Row for One<'_> {
    fn value(&self, column: usize) -> Cow<'_, str> {
        let row = &self.somebody.row;
        match column {
            0 => self.somebody.tenant.as_str().into(),
            1 => state_words(row).into(),
            2 => row.branch.as_deref().unwrap_or_default().into(),
            3 => row.job_title.as_deref().unwrap_or_default().into(),
            4 => row.name.as_str().into(),
            5 => row.identifier.as_ref().map_or("", |id| id.as_str()).into(),
            6 => row.employee.as_ref().map_or("", |id| id.as_str()).into(),
            7 => self.somebody.short.as_str().into(),
            _ => self.typed.into(),
        }
    }
}

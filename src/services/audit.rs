//! The audit: who changed what, when, through what, for the screen, the command and files alike.

use super::error::ServiceError;
use crate::domain::audit::{AuditLine, BreakKind, ChainCheck, Through};
use crate::domain::connection::Connection;
use crate::domain::filter::{Column, Kind, Row};
use crate::files::export::Table;
use crate::store::Store;
use jiff::tz::TimeZone;
use std::borrow::Cow;
use std::collections::HashMap;

/// Entries that are listed at most; older ones are in the file and in the chain.
const LISTED: u32 = 20_000;

/// An entry and the tenant that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub line: AuditLine,
    /// Short name; `None` for the whole workspace, and for a tenant that was removed.
    pub tenant: Option<String>,
    /// The zone in which its day counts.
    pub zone: TimeZone,
}

/// The entries of a tenant, or of all.
#[derive(Debug, Clone, PartialEq)]
pub struct Audit {
    /// Newest first.
    pub lines: Vec<Listed>,
    /// There are older ones that are not listed.
    pub more: bool,
    /// Of the whole workspace: there is one chain.
    pub check: ChainCheck,
}

/// Reads the entries of a tenant or of all, and checks the chain; days are those of `zone`.
///
/// # Errors
/// Only the store's.
pub async fn audit(store: &Store, connection: Option<&Connection>, zone: &TimeZone) -> Result<Audit, ServiceError> {
    let known: HashMap<_, _> =
        store.connections().await?.into_iter().map(|connection| (connection.id, connection.short_name)).collect();
    let mut lines = store.audit_lines(connection.map(|connection| connection.id), LISTED + 1).await?;
    let more = lines.len() > LISTED as usize;
    lines.truncate(LISTED as usize);
    let tenant = |line: &AuditLine| line.connection.and_then(|id| known.get(&id).cloned());
    let lines = lines.into_iter().map(|line| Listed { tenant: tenant(&line), line, zone: zone.clone() }).collect();
    Ok(Audit { lines, more, check: store.check_audit().await? })
}

/// The columns, as a filter names them; `tenant` only where there are several.
#[must_use]
pub fn columns() -> Vec<Column> {
    vec![
        Column::new("who", "who", Kind::Text).facet(),
        Column::new("what", "what", Kind::Text).facet(),
        Column::new("through", "through", Kind::Choice).facet(),
        Column::new("tenant", "tenant", Kind::Text).facet(),
        Column::new("when", "when", Kind::Day).facet(),
        Column::new("about", "about", Kind::Text),
    ]
}

impl Row for Listed {
    fn value(&self, column: usize) -> Cow<'_, str> {
        match column {
            0 => self.line.by.as_str().into(),
            1 => self.line.what.as_str().into(),
            2 => through_words(self.line.through).into(),
            3 => self.tenant.as_deref().unwrap_or_default().into(),
            4 => self.line.at.to_zoned(self.zone.clone()).datetime().to_string().into(),
            _ => about(&self.line).into(),
        }
    }
}

/// Through what, in a word; `-` where it is not known.
#[must_use]
pub fn through_words(through: Through) -> &'static str {
    match through {
        Through::Unknown => "-",
        known => known.key(),
    }
}

/// What an entry says; of one whose words are gone, that they are.
#[must_use]
pub fn about(line: &AuditLine) -> &str {
    if line.gone { "forgotten, or past its retention" } else { &line.detail }
}

/// Whether the chain is whole, as a sentence.
#[must_use]
pub fn chain_words(check: &ChainCheck) -> String {
    let Some(broken) = &check.broken else {
        let before = match check.unchained {
            0 => String::new(),
            older => format!("; {older} older from before there was a chain"),
        };
        return format!("chain intact: {} entries, head {}{before}", check.entries, check.head_short());
    };
    match (broken.kind, broken.before) {
        (BreakKind::Rewritten, _) => {
            format!("entry {} was rewritten: its words are not those that were sealed", broken.entry)
        }
        (BreakKind::DoesNotFollow, Some(before)) => {
            let since = broken.since.map(|since| since.strftime("%Y-%m-%d %H:%M UTC").to_string()).unwrap_or_default();
            format!(
                "entry {} does not follow {before}: something was changed or taken out between {since} and {}",
                broken.entry,
                broken.until.strftime("%Y-%m-%d %H:%M UTC")
            )
        }
        (BreakKind::DoesNotFollow, None) => {
            format!(
                "entry {} is not the first of its chain: something was changed or taken out before it",
                broken.entry
            )
        }
    }
}

/// Entries as a table for a file.
#[must_use]
pub fn table(lines: &[&Listed]) -> Table {
    let mut table = Table::new(&["entry", "at", "tenant", "who", "through", "what", "about"]);
    table.rows = lines
        .iter()
        .map(|listed| {
            let line = &listed.line;
            vec![
                line.id.to_string().into(),
                line.at.to_string().into(),
                listed.tenant.clone().into(),
                line.by.clone().into(),
                line.through.key().into(),
                line.what.clone().into(),
                about(line).into(),
            ]
        })
        .collect();
    table
}

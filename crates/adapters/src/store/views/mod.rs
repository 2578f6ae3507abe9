//! What screens read: plain rows, one file per screen. Big lists come as an ordered vector of row numbers, read once, and
//! windows of full rows by number (STYLE 3.7), so that rows do not move under the cursor while a run writes.

mod drift;
mod feed;
mod feed_columns;
mod feed_log;
mod feed_marks;
mod feed_search;
mod fleet;
mod fleet_index;
mod fleet_search;
mod history;
mod mappings;
mod name_column;
mod overview;
mod palette;
mod people;
mod people_bits;
mod people_columns;
mod people_list;
mod people_lists;
mod people_more;
mod people_search;
mod people_values;
mod person;
mod plan;
mod plan_columns;
mod plan_held;
mod plan_pair;
mod review;
mod review_desk;
mod review_figures;
mod review_filter;
mod review_groups;
mod review_index;
mod review_lines;
mod review_list;
mod said;
mod shelf;
mod tenants;
mod value_column;
mod word_index;

pub use drift::{DriftView, Elsewhere, MovedLine, Mover, NextPlan};
pub use feed::{FEED_COUNTED, FeedEdge, FeedFilter, FeedRow};
pub use feed_columns::{FeedColumn, feed_columns, feed_filter, phase_word};
pub(super) use feed_log::FeedLogs;
pub use fleet::{FleetHeld, FleetReason, FleetTenant, FleetValue};
pub(super) use fleet_index::FleetIndex;
pub use fleet_search::FleetFound;
pub use history::RunDetail;
pub use mappings::{MappingPerson, MappingView, ValueRow};
pub use overview::{HoldCount, OpenValues, Overview};
pub use palette::PersonFound;
pub use people::{PeopleFilter, PeopleQuery, PeopleSort, PersonAt, PersonKey, PersonRow, PersonState, Span};
pub use people_columns::{PeopleColumn, people_ask, people_columns};
pub use people_list::{PeopleAsk, PeopleBeside, PeopleFound, PeopleTerm, PlanTerm, has_column};
pub(super) use people_lists::PeopleLists;
pub use people_search::PeopleFacets;
pub use person::{PersonCard, PersonHold, TimelineKind, TimelineLine};
pub use plan::{FieldCount, HeldRow, OperationFilter, OperationRow, OperationSort, PlanView};
pub use plan_columns::plan_columns;
pub use plan_pair::PlanPeople;
pub use review::ReviewCard;
pub use review_desk::{CollisionRow, DeskContext};
pub use review_figures::{ReviewFigures, ReviewProgress};
pub use review_filter::{FilterAsk, ReviewFiltered, review_band, review_columns};
pub use review_groups::AlikeGroup;
pub use review_lines::{ReviewLine, ReviewRival};
pub(super) use review_list::ReviewLists;
pub use review_list::{DeskMark, QueueAsk, QueueFound, QueueRow, QueueRows, ReviewOrder};
pub use said::{LineOf, SaidLine, is_older_than_kept};
pub use tenants::{Fault, PlanFigures, RunMark, TenantRow};

pub(super) use mappings::{ValueSum, head_counts_sql, value_sums};
pub(super) use overview::{HoldSum, OpenSum, hold_sums, open_sums};
pub(super) use plan::{FieldSum, PLAN_LISTS, PlanLines, field_sums};

use super::Sqlite;
use super::error::StoreError;

/// Numbers of rows, read into a vector.
fn numbers(c: &Sqlite, sql: &str, parameters: &[(&str, &dyn rusqlite::ToSql)]) -> Result<Vec<i64>, StoreError> {
    let mut query = c.prepare_cached(sql)?;
    Ok(query.query_map(parameters, |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// The lines of `EXPLAIN QUERY PLAN`, for tests that keep hot queries on their indexes.
#[cfg(test)]
fn explain(c: &Sqlite, sql: &str, parameters: &[(&str, &dyn rusqlite::ToSql)]) -> String {
    let mut query = c.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).expect("a query");
    let lines = query.query_map(parameters, |row| row.get::<_, String>("detail")).expect("a plan");
    lines.map(|line| line.expect("a line")).collect::<Vec<_>>().join("\n")
}

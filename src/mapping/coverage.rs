//! How many people a table covers, and how many it blocks.

use super::table::{Resolution, TableIndex};
use crate::domain::capabilities::TableSpec;
use std::collections::BTreeMap;

/// One source value with its head count.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueCoverage {
    pub value: String,
    /// People who carry it.
    pub people: u32,
    /// Those of them who cannot be synced because of it: all or nobody.
    pub blocked: u32,
    pub resolution: Resolution,
}

/// A table over the people of a connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    /// By people blocked, then by head count, then by value.
    pub values: Vec<ValueCoverage>,
    /// People who carry any value.
    pub people: u32,
    pub blocked: u32,
}

impl Coverage {
    /// Share of people whose value is covered, 0 to 1; 1 when nobody carries a value.
    pub fn share(&self) -> f64 {
        if self.people == 0 { 1.0 } else { f64::from(self.people - self.blocked) / f64::from(self.people) }
    }
}

/// Whether people who carry a value that resolves so cannot be synced (ALL04, RO03).
pub fn blocks(spec: &TableSpec, unused: bool, resolution: &Resolution, can_create_options: bool) -> bool {
    match resolution {
        Resolution::Mapped { .. } => false,
        Resolution::Nothing => spec.mandatory,
        Resolution::Create(_) => !can_create_options,
        Resolution::Archived(_) | Resolution::Gone(_) | Resolution::Doubled(_) => true,
        Resolution::Suggested { .. } | Resolution::Unmapped { .. } => {
            spec.mandatory || !spec.unknown_is_dropped || !unused
        }
    }
}

/// Head counts of one table. `values` has one entry per person who carries a value; `declared` are values that the source
/// offers, also where nobody carries them.
pub fn coverage<'v>(
    index: &TableIndex<'_>,
    spec: &TableSpec,
    can_create_options: bool,
    values: impl IntoIterator<Item = &'v str>,
    declared: impl IntoIterator<Item = &'v str>,
) -> Coverage {
    let mut heads: BTreeMap<&str, u32> = declared.into_iter().map(|value| (value, 0)).collect();
    for value in values {
        *heads.entry(value).or_default() += 1;
    }
    let unused = index.is_unused();
    let mut rows: Vec<ValueCoverage> = heads
        .into_iter()
        .map(|(value, people)| {
            let resolution = index.resolve(value);
            let blocked = if blocks(spec, unused, &resolution, can_create_options) { people } else { 0 };
            ValueCoverage { value: value.to_owned(), people, blocked, resolution }
        })
        .collect();
    rows.sort_by(|a, b| b.blocked.cmp(&a.blocked).then(b.people.cmp(&a.people)).then_with(|| a.value.cmp(&b.value)));
    let people = rows.iter().map(|row| row.people).sum();
    let blocked = rows.iter().map(|row| row.blocked).sum();
    Coverage { values: rows, people, blocked }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::mapping::{DestinationOption, MappingTable, TableKind};

    #[test]
    fn the_value_that_blocks_most_people_stands_first() {
        let option = DestinationOption::new(TableKind::JobTitle, "Waiter", "Waiter", true);
        let options = [option];
        let table = MappingTable::empty(TableKind::JobTitle, true);
        let spec = TableSpec {
            kind: TableKind::JobTitle,
            word: ("job title", "job titles"),
            mandatory: true,
            by_code: false,
            unknown_is_dropped: false,
        };
        let index = TableIndex::new(TableKind::JobTitle, Some(&table), &options);
        let carried = ["Waiter", "Chef", "Waiter", "Waiter", "Bar", "Chef"];
        let found = coverage(&index, &spec, false, carried, ["Gardener"]);
        let order: Vec<(&str, u32, u32)> =
            found.values.iter().map(|row| (row.value.as_str(), row.people, row.blocked)).collect();
        assert_eq!(order, [("Chef", 2, 2), ("Bar", 1, 1), ("Waiter", 3, 0), ("Gardener", 0, 0)]);
        assert_eq!((found.people, found.blocked), (6, 3));
        assert!((found.share() - 0.5).abs() < 1e-9);
    }
}

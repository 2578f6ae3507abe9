//! A mapping table as a file, in the form that an import takes back.

use super::TableValues;
use crate::domain::mapping::MappingTarget;
use crate::files::export::{Cell, Table};

/// The table with head counts and states. Only its own rows have a `target`: a suggestion, or what passes verbatim, must not
/// become a row when the file is read back.
pub fn table(values: &TableValues) -> Table {
    let mut table = Table::new(&["value", "people", "blocked", "state", "target", "target_name", "by", "at"]);
    for one in &values.values {
        let people = |count: u64| Cell::from(u32::try_from(count).unwrap_or(u32::MAX));
        let (by, at) = one.author.clone().map_or((None, None), |(by, at)| (Some(by), Some(at.to_string())));
        table.rows.push(vec![
            one.value.clone().into(),
            people(one.people),
            people(one.blocked),
            one.state.word().into(),
            values.rows.get(&one.value).and_then(target).into(),
            one.target.clone().into(),
            by.into(),
            at.into(),
        ]);
    }
    table
}

fn target(target: &MappingTarget) -> Option<String> {
    match target {
        MappingTarget::Option(key) => Some(key.to_string()),
        MappingTarget::Create(name) => Some(name.clone()),
        MappingTarget::Nothing => None,
    }
}

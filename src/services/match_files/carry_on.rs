//! What was ruled, as it is kept beside a result, and ruled again on the desk that is opened from it.

use super::Ruling;
use super::desk::{Desk, State};
use crate::files::match_result::kept::KeptRuling;
use crate::matching::table::PeopleTable;
use std::collections::{HashMap, HashSet};

impl Desk {
    /// What was ruled, by the ids of the lists.
    pub(super) fn kept_rulings(&self, state: &State) -> Vec<KeptRuling> {
        let which = (Numbered::of(self.source()), Numbered::of(self.users()));
        let one = |(row, ruling): (&usize, &Ruling)| {
            let by = state.by.get(row).cloned().unwrap_or_default();
            let employee = self.source().id(*row).to_owned();
            let mut kept = KeptRuling { which: which.0.number(*row), employee, by, ..KeptRuling::default() };
            kept.user_which = 1;
            kept.is = match ruling {
                Ruling::Link(user) => {
                    kept.user = self.users().id(*user).to_owned();
                    kept.user_which = which.1.number(*user);
                    "link"
                }
                Ruling::New => "new",
                Ruling::Later => "later",
            }
            .to_owned();
            kept
        };
        state.rulings.iter().map(one).collect()
    }

    /// Rules again what was kept, as far as it fits; gives how many do not.
    pub fn continue_with(&self, kept: &[KeptRuling]) -> usize {
        let wanted = |id: &str, which: usize, table: &PeopleTable, rows: &HashMap<&str, Vec<usize>>| {
            rows.get(id).and_then(|rows| rows.get(which.saturating_sub(1))).copied().filter(|row| *row < table.len())
        };
        let ids = |of: fn(&KeptRuling) -> &str| kept.iter().map(of).collect::<HashSet<&str>>();
        let (employees, users) = (ids(|one| &one.employee), ids(|one| &one.user));
        let (employees, users) = (rows_of(self.source(), &employees), rows_of(self.users(), &users));
        let mut open: Vec<(Option<usize>, Option<Ruling>, &str)> = Vec::new();
        for one in kept {
            let row = wanted(&one.employee, one.which, self.source(), &employees);
            let ruling = match one.is.as_str() {
                "link" => wanted(&one.user, one.user_which, self.users(), &users).map(Ruling::Link),
                "new" => Some(Ruling::New),
                _ => Some(Ruling::Later),
            };
            open.push((row, ruling, &one.by));
        }
        // Somebody may have been given the user of another, who has to be ruled on first.
        loop {
            let before = open.len();
            open.retain(|(row, ruling, by)| !matches!((row, ruling), (Some(row), Some(ruling)) if self.rule(*row, *ruling, by).is_ok()));
            if open.is_empty() || open.len() == before {
                break;
            }
        }
        let missed = open.len();
        self.state().done.clear();
        missed
    }
}

/// Which of those with one id a row is.
struct Numbered(HashMap<usize, usize>);

impl Numbered {
    fn of(table: &PeopleTable) -> Self {
        let groups = table.rows_with_one_id();
        Numbered(groups.into_iter().flat_map(|group| group.into_iter().zip(1..).collect::<Vec<_>>()).collect())
    }

    fn number(&self, row: usize) -> usize {
        self.0.get(&row).copied().unwrap_or(1)
    }
}

/// The rows that have these ids.
fn rows_of<'t>(table: &'t PeopleTable, ids: &HashSet<&str>) -> HashMap<&'t str, Vec<usize>> {
    let mut rows: HashMap<&str, Vec<usize>> = HashMap::new();
    if ids.is_empty() {
        return rows;
    }
    for row in 0..table.len() {
        if ids.contains(table.id(row)) {
            rows.entry(table.id(row)).or_default().push(row);
        }
    }
    rows
}

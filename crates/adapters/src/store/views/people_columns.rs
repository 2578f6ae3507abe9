//! The columns of People, as a filter names them, and what of a filter the list in memory answers.

use super::people::{PeopleFilter, PeopleSort, Span};
use super::people_list::{PeopleAsk, PeopleTerm, PlanTerm};
use crate::domain::filter::columns::{Column, FilterError, Kind, find};
use crate::domain::filter::conditions::{Test, tests};
use crate::domain::filter::{Ask, Filter, How, Value, Word};
use crate::domain::plan::{HoldCode, HoldKind};
use jiff::civil::Date;

/// A column of the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PeopleColumn {
    Who,
    Identifier,
    Id,
    Email,
    Branch,
    Title,
    Department,
    Status,
    State,
    Because,
    Start,
    /// Since when the newest plan and those before it hold somebody for the same reason.
    Since,
    /// When a run changed somebody's user.
    Changed,
    /// The last day.
    Left,
}

impl PeopleColumn {
    /// In the order of [`people_columns`].
    pub const ALL: [PeopleColumn; 14] = [
        PeopleColumn::State,
        PeopleColumn::Because,
        PeopleColumn::Branch,
        PeopleColumn::Title,
        PeopleColumn::Department,
        PeopleColumn::Status,
        PeopleColumn::Start,
        PeopleColumn::Who,
        PeopleColumn::Identifier,
        PeopleColumn::Id,
        PeopleColumn::Email,
        PeopleColumn::Since,
        PeopleColumn::Changed,
        PeopleColumn::Left,
    ];

    /// Whether more than the list itself has to be in memory.
    pub(super) fn is_more(self) -> bool {
        matches!(
            self,
            PeopleColumn::Who
                | PeopleColumn::Identifier
                | PeopleColumn::Id
                | PeopleColumn::Email
                | PeopleColumn::Start
                | PeopleColumn::Left
        )
    }
}

/// The columns of People. `identifier` is the destination's word for it.
pub fn people_columns(identifier: &str) -> Vec<Column> {
    PeopleColumn::ALL
        .into_iter()
        .map(|column| match column {
            PeopleColumn::State => Column::new("state", "state", Kind::Choice).facet(),
            PeopleColumn::Because => Column::new("because", "held because", Kind::Choice).facet(),
            PeopleColumn::Branch => Column::new("branch", "branch", Kind::Text).facet(),
            PeopleColumn::Title => Column::new("title", "job title", Kind::Text).facet(),
            PeopleColumn::Department => Column::new("department", "department", Kind::Text).facet(),
            PeopleColumn::Status => Column::new("status", "status", Kind::Choice).facet(),
            PeopleColumn::Start => Column::new("start", "start date", Kind::Day).facet(),
            PeopleColumn::Who => Column::new("who", "who", Kind::Text),
            PeopleColumn::Identifier => Column::new("identifier", identifier, Kind::Text),
            PeopleColumn::Id => Column::new("id", "employee id", Kind::Text),
            PeopleColumn::Email => Column::new("email", "e-mail", Kind::Text),
            PeopleColumn::Since => Column::new("since", "since", Kind::Day),
            PeopleColumn::Changed => Column::new("changed", "changed", Kind::Day),
            PeopleColumn::Left => Column::new("left", "left on", Kind::Day),
        })
        .collect()
}

/// The words of the column *state*, in the order of the sort by it.
pub const STATES: [(&str, PlanTerm); 4] = [
    ("held", PlanTerm::Held),
    ("ruled", PlanTerm::HeldAs(HoldKind::Ruled)),
    ("changes", PlanTerm::Changes),
    ("unchanged", PlanTerm::Unchanged),
];

/// The words of the column *status*, and the words that the rows of the file have.
pub(super) const STATUSES: [(&str, &str); 3] = [("active", "active"), ("leaver", "ended"), ("unclear", "unclear")];

/// Further words behind `state:` that are no value of the column.
fn further_state(text: &str) -> Option<PeopleTerm> {
    Some(match text.to_lowercase().replace('-', "_").as_str() {
        "blocked" => PeopleTerm::InPlan(PlanTerm::HeldAs(HoldKind::Blocked)),
        "review" => PeopleTerm::InPlan(PlanTerm::HeldAs(HoldKind::Review)),
        "changed" => PeopleTerm::InPlan(PlanTerm::Changes),
        "leaver" | "leavers" => PeopleTerm::Leavers,
        "failed" => PeopleTerm::FromFile(PeopleFilter::Failed),
        "linked" => PeopleTerm::FromFile(PeopleFilter::Linked),
        "unlinked" => PeopleTerm::FromFile(PeopleFilter::NotLinked),
        "out" => PeopleTerm::FromFile(PeopleFilter::OutOfScope),
        "user" | "users" => PeopleTerm::FromFile(PeopleFilter::UsersOnly),
        code => PeopleTerm::InPlan(PlanTerm::HeldFor(HoldCode::from_key(code)?)),
    })
}

fn any(mut terms: Vec<PeopleTerm>) -> PeopleTerm {
    match (terms.len(), terms.pop()) {
        (1, Some(only)) => only,
        (_, last) => PeopleTerm::Any(terms.into_iter().chain(last).collect()),
    }
}

fn states(column: &Column, values: &[Value], today: Date) -> Result<PeopleTerm, FilterError> {
    let mut found = Vec::new();
    for value in values {
        if let Some(further) = further_state(&value.text).filter(|_| value.how == How::Part) {
            found.push(further);
            continue;
        }
        let tests = tests(column, std::slice::from_ref(value), today)?;
        let fits = STATES.iter().filter(|(word, _)| tests.iter().any(|test| test.fits(word)));
        found.extend(fits.map(|(_, term)| PeopleTerm::InPlan(*term)));
    }
    Ok(any(found))
}

/// What days of holds and changes ask of the file.
fn days(tests: &[Test], filter: fn(Span) -> PeopleFilter) -> PeopleTerm {
    any(tests.iter().filter_map(Span::of).map(|span| PeopleTerm::FromFile(filter(span))).collect())
}

impl Span {
    /// Which days pass a test. `since:2026-11-01` is that day and every day after it.
    fn of(test: &Test) -> Option<Span> {
        let Test::Day(how, first, last) = test else { return None };
        let behind = last.tomorrow().ok();
        Some(match how {
            How::Part | How::AtLeast => Span { from: Some(*first), until: None },
            How::Whole => Span { from: Some(*first), until: behind },
            How::Above => Span { from: behind, until: None },
            How::Below => Span { from: None, until: Some(*first) },
            How::AtMost => Span { from: None, until: behind },
        })
    }
}

fn reasons(tests: &[Test]) -> PeopleTerm {
    let fits = |code: &HoldCode| tests.iter().any(|test| test.fits(code.words()) || test.fits(code.key()));
    any(HoldCode::ALL.into_iter().filter(fits).map(|code| PeopleTerm::InPlan(PlanTerm::HeldFor(code))).collect())
}

/// What a filter asks of the list.
///
/// # Errors
/// What of it cannot be read, in words.
pub fn people_ask(
    filter: &Filter,
    columns: &[Column],
    today: Date,
    (sort, descending): (PeopleSort, bool),
) -> Result<PeopleAsk, FilterError> {
    let term = |ask: &Ask| match ask {
        Ask::Word(word) => Ok(PeopleTerm::Word(Word::new(word))),
        Ask::Phrase(text) => Ok(PeopleTerm::Word(Word::phrase(text))),
        Ask::Column { name, values } => {
            let at = find(columns, name)?;
            let (Some(column), Some(kind)) = (columns.get(at), PeopleColumn::ALL.get(at)) else {
                return Ok(PeopleTerm::Any(Vec::new()));
            };
            Ok(match kind {
                PeopleColumn::State => states(column, values, today)?,
                PeopleColumn::Because => reasons(&tests(column, values, today)?),
                PeopleColumn::Since => days(&tests(column, values, today)?, PeopleFilter::HeldSince),
                PeopleColumn::Changed => days(&tests(column, values, today)?, PeopleFilter::ChangedIn),
                other => PeopleTerm::Column(*other, tests(column, values, today)?),
            })
        }
    };
    let terms = filter.terms.iter().map(|one| Ok((one.not, term(&one.ask)?))).collect::<Result<_, _>>()?;
    Ok(PeopleAsk { terms, sort, descending })
}

impl PeopleTerm {
    /// Whether the file has to be asked each time: links and what became of lines change with every write.
    pub fn is_of_file(&self) -> bool {
        match self {
            PeopleTerm::FromFile(_) => true,
            PeopleTerm::Any(terms) => terms.iter().any(PeopleTerm::is_of_file),
            _ => false,
        }
    }

    /// Whether e-mails, days and ids have to be in memory.
    pub(super) fn needs_more(&self) -> bool {
        match self {
            PeopleTerm::Word(word) => word.text().contains('@'),
            PeopleTerm::Column(column, _) => column.is_more(),
            PeopleTerm::Any(terms) => terms.iter().any(PeopleTerm::needs_more),
            _ => false,
        }
    }

    /// The column that it is about; a facet is counted without it.
    pub(super) fn column(&self) -> Option<PeopleColumn> {
        match self {
            PeopleTerm::Column(column, _) => Some(*column),
            PeopleTerm::FromFile(PeopleFilter::HeldSince(_)) => Some(PeopleColumn::Since),
            PeopleTerm::FromFile(PeopleFilter::ChangedIn(_)) => Some(PeopleColumn::Changed),
            PeopleTerm::Leavers | PeopleTerm::FromFile(_) => Some(PeopleColumn::State),
            PeopleTerm::InPlan(PlanTerm::HeldFor(_)) => Some(PeopleColumn::Because),
            PeopleTerm::InPlan(_) => Some(PeopleColumn::State),
            PeopleTerm::Any(terms) => {
                let mut columns = terms.iter().map(PeopleTerm::column);
                let first = columns.next().flatten();
                // `state:held,rehire` is one condition of the column state.
                if columns.all(|other| other == first) { first } else { Some(PeopleColumn::State) }
            }
            PeopleTerm::Text(_) | PeopleTerm::Word(_) | PeopleTerm::Value(..) => None,
        }
    }
}

#[cfg(test)]
mod tests_of_columns {
    use super::*;
    use jiff::civil::date;

    fn ask(text: &str) -> Result<Vec<(bool, PeopleTerm)>, String> {
        let columns = people_columns("identifier");
        let asked = people_ask(&Filter::parse(text), &columns, date(2026, 11, 24), (PeopleSort::Name, false));
        asked.map(|ask| ask.terms).map_err(|error| error.to_string())
    }

    fn in_plan(term: PlanTerm) -> PeopleTerm {
        PeopleTerm::InPlan(term)
    }

    #[test]
    fn states_and_reasons_are_sets_of_the_plan() {
        assert_eq!(ask("state:held"), Ok(vec![(false, in_plan(PlanTerm::Held))]));
        assert_eq!(ask("!state:unch"), Ok(vec![(true, in_plan(PlanTerm::Unchanged))]));
        assert_eq!(ask("state:changed"), ask("state:changes"));
        assert_eq!(ask("state:rehire"), Ok(vec![(false, in_plan(PlanTerm::HeldFor(HoldCode::Rehire)))]));
        assert_eq!(ask("because:rehire"), ask("because:reh"));
        assert_eq!(ask("because:probable_duplicate"), ask("because:\"probable duplicate\""));
        assert_eq!(ask("state:nonsense"), Ok(vec![(false, PeopleTerm::Any(Vec::new()))]));
        assert_eq!(ask("state:linked"), Ok(vec![(false, PeopleTerm::FromFile(PeopleFilter::Linked))]));
    }

    #[test]
    fn days_since_which_are_asked_of_the_file() {
        let since = |from, until| {
            let filter = PeopleFilter::HeldSince(Span { from, until });
            Ok(vec![(false, PeopleTerm::FromFile(filter))])
        };
        let day = |month, of_month| Some(date(2026, month, of_month));
        assert_eq!(ask("since:2026-11-01"), since(day(11, 1), None));
        assert_eq!(ask("since:>20nov"), since(day(11, 21), None));
        assert_eq!(ask("since:<nov"), since(None, day(11, 1)));
        assert_eq!(ask("since:<=nov"), since(None, day(12, 1)));
        assert_eq!(ask("since:7d"), since(day(11, 17), None));
        assert!(ask("!changed:nov left:>=2026-11-01").is_ok());
        assert_eq!(ask("since:x"), Err("since is a day; \"x\" is none (20nov, nov, 2026-11-20, 2026)".to_owned()));
    }

    #[test]
    fn a_column_that_is_not_there_is_said() {
        assert_eq!(ask("titel:x"), Err("no column \"titel\"; title?".to_owned()));
        assert!(ask("title:barista e-mail:jakub@ start:>20nov").is_ok());
        assert!(ask("branch:<b").is_err());
    }
}

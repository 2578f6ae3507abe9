//! The review list: the queue in its orders, and what a line of it says.

use crate::domain::connection::Connection;
use crate::domain::field::Field;
use crate::domain::filter::{Filter, FilterError, conditions};
use crate::domain::ids::{EmployeeId, UserId};
use crate::domain::person::{Employee, Person};
use crate::domain::plan::{Candidate, Evidence, HoldCode};
use crate::domain::text;
use crate::files::export::Table;
use crate::store::views::{
    FilterAsk, QueueAsk, QueueFound, ReviewFiltered, ReviewLine, ReviewOrder, ReviewRival, review_columns,
};
use crate::store::{PlanHead, Store, StoreError};
use jiff::civil::Date;

/// How the two sides of a field stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Agreement {
    /// Equal after folding.
    Equal,
    /// Almost equal.
    Almost,
    Differs,
    /// A side says nothing.
    #[default]
    Missing,
}

impl Agreement {
    /// The stable word in JSON.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Agreement::Equal => "equal",
            Agreement::Almost => "almost",
            Agreement::Differs => "differs",
            Agreement::Missing => "missing",
        }
    }

    /// What was weighed decides where it was weighed, else the values.
    #[must_use]
    pub fn of(
        field: Option<Field>,
        weighed: Option<&Evidence>,
        source: Option<&str>,
        destination: Option<&str>,
    ) -> Self {
        let not_blank = |value: Option<&str>| value.is_some_and(|value| !value.trim().is_empty());
        if !not_blank(source) || !not_blank(destination) {
            return Agreement::Missing;
        }
        let is_same = match field {
            Some(field) => field.is_same(source, destination),
            None => source == destination,
        };
        match weighed {
            Some(line) if line.level == "exact" || source == destination => Agreement::Equal,
            Some(line) if line.bits > 0.0 => Agreement::Almost,
            Some(line) if line.bits < 0.0 => Agreement::Differs,
            _ if is_same => Agreement::Equal,
            _ if source.map(text::fold) == destination.map(text::fold) => Agreement::Almost,
            _ => Agreement::Differs,
        }
    }
}

/// A field of both sides.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Both<T> {
    pub source: Option<T>,
    pub destination: Option<T>,
    pub mark: Agreement,
}

/// The user of a line: the best candidate.
#[derive(Clone, Debug, PartialEq)]
pub struct LineUser {
    pub id: UserId,
    /// Empty when the user is gone.
    pub name: String,
    /// In words; empty when the user is gone.
    pub status: String,
    pub is_active: bool,
    /// Courses that are kept with the user, where the destination tells.
    pub courses: Option<u32>,
}

/// Another employee who claims the same user.
#[derive(Clone, Debug, PartialEq)]
pub struct Rival {
    pub employee: EmployeeId,
    pub name: String,
    pub born: Option<Date>,
    pub email: Option<String>,
    /// `None` where nothing weighed it.
    pub probability: Option<f64>,
    /// Same birth date and last name as the person of the line.
    pub may_be_twin: bool,
}

/// A line of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Number of the hold.
    pub hold: i64,
    pub employee: EmployeeId,
    pub identifier: String,
    pub name: String,
    pub code: HoldCode,
    pub message: String,
    pub user: Option<LineUser>,
    pub born: Both<Date>,
    pub email: Both<String>,
    /// How sure it is that the user is this person; `None` where nothing weighed it.
    pub probability: Option<f64>,
    /// What speaks for it and against it, in words.
    pub because: String,
    pub rival: Option<Rival>,
    pub job_title: String,
    pub branch: String,
    /// How many other records look like this person.
    pub records: usize,
}

/// The queue of the newest plan in an order; `None` while no plan was made.
///
/// # Errors
/// The store's.
pub async fn queue(
    store: &Store,
    connection: &Connection,
    order: ReviewOrder,
) -> Result<Option<(PlanHead, QueueFound)>, StoreError> {
    let Some(head) = store.latest_plan(connection.id).await? else { return Ok(None) };
    let found = store.review_found(QueueAsk::of(&head, order)).await?;
    Ok(Some((head, found)))
}

/// Who of a queue passes a filter, and the facets; `None` while the queue is being read into memory.
///
/// # Errors
/// The store's; what of the filter cannot be read is told apart.
pub async fn filtered(
    store: &Store,
    queue: QueueAsk,
    (identifier, text): (&str, &str),
    today: Date,
) -> Result<Result<Option<ReviewFiltered>, FilterError>, StoreError> {
    let columns = review_columns(identifier);
    let conditions = match conditions(&Filter::parse(text), &columns, today) {
        Ok(conditions) => conditions,
        Err(error) => return Ok(Err(error)),
    };
    Ok(Ok(store.review_filtered(FilterAsk { queue, columns, conditions }).await?))
}

/// The lines of these holds, in their order; those that a newer plan has taken away are left out.
///
/// # Errors
/// The store's.
pub async fn lines(store: &Store, connection: &Connection, holds: Vec<i64>) -> Result<Vec<Line>, StoreError> {
    Ok(store.review_lines(connection.id, holds).await?.into_iter().map(line).collect())
}

/// The lines as a file: both sides beside each other, and the rival.
pub fn table(lines: &[Line]) -> Table {
    let mut table = Table::new(&[
        "employee_id",
        "identifier",
        "name",
        "birth_date",
        "email",
        "branch",
        "job_title",
        "user_id",
        "user_name",
        "user_birth_date",
        "user_email",
        "sure",
        "held_because",
        "because",
        "rival_id",
        "rival_name",
    ]);
    let day = |day: Option<Date>| day.map(|day| day.to_string());
    table.rows.extend(lines.iter().map(|line| {
        vec![
            line.employee.as_str().into(),
            line.identifier.as_str().into(),
            line.name.as_str().into(),
            day(line.born.source).into(),
            line.email.source.clone().into(),
            line.branch.as_str().into(),
            line.job_title.as_str().into(),
            line.user.as_ref().map(|user| user.id.to_string()).into(),
            line.user.as_ref().map(|user| user.name.clone()).into(),
            day(line.born.destination).into(),
            line.email.destination.clone().into(),
            line.probability.map(|sure| format!("{sure:.6}")).into(),
            line.code.key().into(),
            line.because.as_str().into(),
            line.rival.as_ref().map(|rival| rival.employee.to_string()).into(),
            line.rival.as_ref().map(|rival| rival.name.clone()).into(),
        ]
    }));
    table
}

fn weighed(best: Option<&Candidate>, field: Field) -> Option<&Evidence> {
    best?.evidence.iter().find(|line| line.field == field.key())
}

fn address(person: Option<&Person>) -> Option<String> {
    person?.email.clone().filter(|email| !email.trim().is_empty())
}

fn line(found: ReviewLine) -> Line {
    let best = found.best.as_ref();
    let (own, held) = (found.employee.as_ref().map(|one| &one.person), found.user.as_ref().map(|user| &user.person));
    let mark = |field: Field| {
        let (source, destination) = (own.and_then(|one| one.value(field)), held.and_then(|one| one.value(field)));
        Agreement::of(Some(field), weighed(best, field), source.as_deref(), destination.as_deref())
    };
    let born = |person: Option<&Person>| person.and_then(|person| person.date_of_birth);
    Line {
        hold: found.number,
        identifier: found.employee.as_ref().map(|one| one.identifier.to_string()).unwrap_or_default(),
        name: own.map_or_else(|| found.hold.employee.to_string(), Person::display_name),
        user: best.map(|best| LineUser {
            id: best.user.clone(),
            name: held.map(Person::display_name).unwrap_or_default(),
            status: found.user.as_ref().map(|user| user.status.words()).unwrap_or_default(),
            is_active: found.user.as_ref().is_some_and(|user| user.status.is_active()),
            courses: found.user.as_ref().and_then(|user| user.training.as_ref()).map(|training| training.completed),
        }),
        born: Both { source: born(own), destination: born(held), mark: mark(Field::DateOfBirth) },
        email: Both { source: address(own), destination: address(held), mark: mark(Field::Email) },
        probability: best.map(|best| best.probability).filter(|probability| *probability > 0.0),
        because: best.map_or_else(String::new, because),
        rival: found.rival.map(|rival| rival_of(rival, found.employee.as_ref())),
        job_title: own.and_then(|one| one.job_title.clone()).unwrap_or_default(),
        branch: own.and_then(|one| one.branch.clone()).unwrap_or_default(),
        records: found.hold.beside.len(),
        employee: found.hold.employee,
        code: found.hold.code,
        message: found.hold.message,
    }
}

fn rival_of(rival: ReviewRival, of: Option<&Employee>) -> Rival {
    let record = rival.record.as_ref().map(|record| &record.person);
    let last = |person: &Person| person.last_name.as_deref().map(text::fold);
    let may_be_twin = record.zip(of.map(|one| &one.person)).is_some_and(|(other, own)| {
        own.date_of_birth.is_some() && own.date_of_birth == other.date_of_birth && last(own) == last(other)
    });
    Rival {
        name: record.map_or_else(|| rival.employee.to_string(), Person::display_name),
        born: record.and_then(|person| person.date_of_birth),
        email: address(record),
        employee: rival.employee,
        probability: rival.probability,
        may_be_twin,
    }
}

/// `same birth date, last name almost equal, other e-mail`; where nothing was weighed, what tied them.
fn because(best: &Candidate) -> String {
    let is_field = |line: &&Evidence| !matches!(line.field.as_str(), "prior" | "rival" | "calibration");
    let mut lines: Vec<&Evidence> = best.evidence.iter().filter(is_field).filter(|line| line.bits != 0.0).collect();
    lines.sort_by(|a, b| b.bits.total_cmp(&a.bits));
    let said: Vec<String> = lines
        .into_iter()
        .filter(|line| line.level != "missing")
        .map(|line| {
            let word = Field::from_key(&line.field)
                .map_or_else(|| line.field.replace('_', " "), |field| field.words().to_owned());
            match (line.level.as_str(), line.bits > 0.0) {
                ("exact", true) => format!("same {word}"),
                (_, true) => format!("{word} almost equal"),
                (_, false) => format!("other {word}"),
            }
        })
        .collect();
    if said.is_empty() {
        return best.evidence.iter().find(is_field).map(|line| line.reason.clone()).unwrap_or_default();
    }
    said.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(level: &str, bits: f64) -> Evidence {
        let (field, reason) = ("date_of_birth".to_owned(), String::new());
        Evidence { field, level: level.to_owned(), source_value: None, destination_value: None, bits, reason }
    }

    #[test]
    fn what_was_weighed_decides_else_the_values() {
        let of =
            |weighed: Option<&Evidence>, a: &str, b: &str| Agreement::of(Some(Field::Email), weighed, Some(a), Some(b));
        assert_eq!(of(Some(&evidence("swapped", 14.2)), "1991-03-07", "1991-07-03"), Agreement::Almost);
        assert_eq!(of(Some(&evidence("else", -2.3)), "a@x.example", "b@x.example"), Agreement::Differs);
        assert_eq!(of(Some(&evidence("exact", 11.0)), "a@x.example", "A@x.example"), Agreement::Equal);
        // A guard says why it does not tie; it weighs nothing.
        assert_eq!(of(Some(&evidence("guard_shared", 0.0)), "a@x.example", "A@X.example"), Agreement::Equal);
        assert_eq!(of(None, "a@x.example", "b@x.example"), Agreement::Differs);
        assert_eq!(of(None, " ", "b@x.example"), Agreement::Missing, "nothing is no difference");
    }
}

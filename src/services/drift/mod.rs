//! Drift of a run: what of its approved lines was carried out, what was there already, what had moved and was skipped, with old
//! and new values and whoever moved it, as far as that is known. The page on the screen, the command and the saved file are
//! made from the same.

mod before;
mod text;
mod words;

use super::error::ServiceError;
use crate::domain::capabilities::DestinationCapabilities;
use crate::domain::connection::Connection;
pub use crate::domain::drift::Sums;
use crate::domain::drift::{Cause, MovedBy};
use crate::domain::field::Field;
use crate::domain::ids::{EmployeeId, PlanId, RunId};
use crate::domain::operation::OperationKind;
use crate::domain::run::{OperationState, RunOutcome, RunPurpose};
use crate::engine::Engine;
use crate::store::views::{DriftView, MovedLine};
pub use before::{Before, MovedBefore, before};
pub use text::{lines as text, table};

/// What of the approved lines of a run had moved.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    pub tenant: String,
    pub source: &'static str,
    pub destination: &'static str,
    pub run: RunId,
    pub outcome: RunOutcome,
    /// Whether it is still at work, so that lines may be added.
    pub is_live: bool,
    /// Lines that were read back equal.
    pub confirmed: u32,
    /// When the run began: the `at 02:00` of the heads.
    pub at: String,
    /// When it ended.
    pub ended: Option<String>,
    /// `None` when the run made no plan, or when it is not kept any more.
    pub plan: Option<PlanOf>,
    pub sums: Sums,
    /// Lines that had moved, in the order of the plan.
    pub lines: Vec<Line>,
    /// The plan that followed, and how many of the skipped lines it has anew.
    pub next: Option<(PlanId, u32)>,
    /// Who has moved without being in the plan.
    pub elsewhere: Option<NotInPlan>,
    /// Why there is nothing to show.
    pub nothing: Option<String>,
}

/// The plan that was approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanOf {
    pub id: PlanId,
    pub hash: String,
    /// When it was made.
    pub made: String,
    /// By whom it was approved, when, and what was typed.
    pub approved: Option<(String, String, Option<String>)>,
}

/// What has moved without being in the plan: it was not approved, so it was left alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotInPlan {
    pub people: u32,
    pub words: String,
}

/// A line that had moved.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    pub seq: u32,
    pub employee: Option<EmployeeId>,
    /// The person, or the option.
    pub name: String,
    pub identifier: Option<String>,
    pub user: Option<String>,
    pub kind: OperationKind,
    /// There already, which counts as done; else skipped.
    pub already: bool,
    pub values: Vec<Value>,
    /// `None` of a line of an older version.
    pub cause: Option<Cause>,
    pub by: MovedBy,
    /// Why, in the words of the journal.
    pub reason: String,
    pub at: Option<jiff::Timestamp>,
    /// Who moved it, in a few words and as a sentence.
    pub mover: String,
    pub moved_by: String,
    /// What was approved, what stood there, what came of it, what is next.
    pub approved: String,
    pub met: String,
    pub so: String,
    pub next: String,
}

/// A field of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    pub field: Field,
    /// The destination's word.
    pub word: &'static str,
    pub before: Option<String>,
    pub approved: Option<String>,
    /// What stood there; `None` where nobody read it.
    pub now: Option<Option<String>>,
    pub moved: bool,
}

impl Line {
    /// The field that the list shows: the first one that moved, else the first one.
    #[must_use]
    pub fn shown(&self) -> Option<&Value> {
        self.values.iter().find(|value| value.moved).or_else(|| self.values.first())
    }

    /// The columns of the list: field, before, approved, and what stood there.
    #[must_use]
    pub fn columns(&self) -> (String, String, String, String) {
        let met = || words::cause(self.cause, &self.reason);
        let Some(value) = self.shown() else {
            return (self.kind.words().to_owned(), String::new(), self.kind.words().to_owned(), met());
        };
        let more = self.values.iter().filter(|other| other.moved).count().saturating_sub(1);
        let field = if more == 0 { value.word.to_owned() } else { format!("{} + {more}", value.word) };
        let now = match &value.now {
            Some(now) if value.moved || self.already => words::value(now.as_deref()),
            _ => met(),
        };
        (field, words::value(value.before.as_deref()), words::value(value.approved.as_deref()), now)
    }

    /// `done` or `skipped`.
    #[must_use]
    pub fn so_word(&self) -> &'static str {
        match (self.already, self.cause) {
            (true, _) => "done",
            (false, Some(Cause::Unread)) => "skipped: no answer",
            (false, _) => "skipped",
        }
    }
}

impl Page {
    /// `5 of the 63 approved lines had moved by 02:00`.
    #[must_use]
    pub fn title(&self) -> String {
        let (moved, approved) = (self.sums.moved(), self.sums.approved());
        match (moved, approved) {
            (_, 0) => "No line was approved".to_owned(),
            (0, _) if self.sums.carried_out == approved => {
                format!("Nothing had moved: {approved} of {approved} carried out as approved")
            }
            (0, _) => "Nothing had moved".to_owned(),
            (_, 1) => format!("The 1 approved line had moved by {}", self.at),
            _ => format!("{moved} of the {approved} approved lines had moved by {}", self.at),
        }
    }

    /// The sums that are not 0, each with its glyph's kind; they add up to the approved lines.
    #[must_use]
    pub fn parts(&self) -> Vec<(Part, u32)> {
        let sums = &self.sums;
        let all = [
            (Part::CarriedOut, sums.carried_out),
            (Part::Already, sums.already_there),
            (Part::Skipped, sums.skipped),
            (Part::Parked, sums.parked),
            (Part::Failed, sums.failed),
            (Part::Unknown, sums.unknown),
            (Part::Unsent, sums.unsent),
        ];
        // The four of every page first; the others only where there are any.
        let always = |part| matches!(part, Part::CarriedOut | Part::Already | Part::Skipped);
        all.into_iter().filter(|(part, count)| always(*part) || *count > 0).collect()
    }

    /// `63 = 58 + 2 + 3`.
    #[must_use]
    pub fn equation(&self) -> String {
        let parts: Vec<String> = self.parts().into_iter().map(|(_, count)| count.to_string()).collect();
        format!("{} = {}", self.sums.approved(), parts.join(" + "))
    }

    /// Whether anything was written that was not approved; a sentence.
    #[must_use]
    pub fn nothing_else(&self) -> String {
        match self.sums.anything_else {
            0 => "nothing was written that was not approved".to_owned(),
            lines => format!("{lines} written that were not approved: report this"),
        }
    }
}

/// A sum of the approved lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    CarriedOut,
    Already,
    Skipped,
    Parked,
    Failed,
    Unknown,
    Unsent,
}

impl Part {
    /// For people.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Part::CarriedOut => "carried out as approved",
            Part::Already => "there already",
            Part::Skipped => "skipped",
            Part::Parked => "parked",
            Part::Failed => "failed",
            Part::Unknown => "unknown",
            Part::Unsent => "not sent",
        }
    }
}

/// What of the approved lines of a run had moved.
///
/// # Errors
/// No such run; the store's.
pub async fn page(engine: &Engine, connection: &Connection, run: RunId) -> Result<Page, ServiceError> {
    let found = engine.store.drift(run).await?;
    let abilities = engine.abilities(connection)?;
    let clock = words::Clock::new(&connection.time_zone, engine.clock.now(), found.run.started);
    let names = words::Sides { source: abilities.source.name, destination: abilities.destination.name };
    let plan = found.plan.as_ref().map(|head| PlanOf {
        id: head.id,
        hash: head.hash.clone(),
        made: clock.moment(head.made_at),
        approved: head
            .approval
            .as_ref()
            .map(|stored| (stored.approval.by.clone(), clock.moment(stored.at), stored.approval.confirmed.clone())),
    });
    let next_id = found.next.as_ref().map(|head| head.id);
    let made = found.plan.as_ref().map(|head| head.made_at);
    let lines: Vec<Line> = found
        .lines
        .iter()
        .map(|line| line_of(line, abilities.destination, &words::Around { clock: &clock, names, made, next: next_id }))
        .collect();
    let anew = found.lines.iter().filter(|line| words::is_anew(line)).count();
    let next = next_id.map(|id| (id, u32::try_from(anew).unwrap_or(u32::MAX)));
    Ok(Page {
        tenant: connection.tenant_name.clone(),
        source: names.source,
        destination: names.destination,
        run,
        outcome: found.run.outcome,
        is_live: matches!(found.run.outcome, RunOutcome::Running | RunOutcome::Paused),
        confirmed: found.run.totals.confirmed,
        at: clock.time(found.run.started),
        ended: found.run.ended.map(|at| clock.moment(at)),
        nothing: nothing(&found),
        elsewhere: words::elsewhere(&found),
        sums: found.sums,
        plan,
        lines,
        next,
    })
}

/// Why a page has no sums.
fn nothing(found: &DriftView) -> Option<String> {
    let unapproved = found.plan.as_ref().filter(|plan| plan.approval.is_none());
    if let (Some(plan), RunPurpose::Sync) = (unapproved, found.run.purpose) {
        let id = plan.id;
        return Some(match found.run.outcome {
            RunOutcome::Drifted => format!(
                "The plan that was approved is not the plan of now: nothing was sent. Plan {id} is what would be done now; nobody has approved it"
            ),
            _ => format!("Nobody has approved plan {id}: nothing of it was sent"),
        });
    }
    let words = match (&found.plan, found.run.purpose) {
        (None, _) => "What was approved is not kept: it made no plan, or the plan is too old",
        (Some(_), RunPurpose::Preview) => "A preview: nothing was approved, and nothing sent",
        (Some(_), _) if found.sums.approved() == 0 => "Nothing was to be sent by this run",
        (Some(_), _) => return None,
    };
    Some(words.to_owned())
}

fn line_of(line: &MovedLine, destination: &DestinationCapabilities, around: &words::Around<'_>) -> Line {
    let (row, operation) = (&line.row, &line.row.operation);
    let moved = row.moved.as_ref();
    let mut values: Vec<Value> = operation
        .fields
        .iter()
        .map(|change| {
            let now = moved.and_then(|moved| moved.now.iter().find(|now| now.field == change.field));
            Value {
                field: change.field,
                word: destination.word(change.field),
                before: change.from.clone(),
                approved: change.to.clone(),
                now: now.map(|now| now.value.clone()),
                moved: now.is_some_and(|now| now.moved),
            }
        })
        .collect();
    // An identifier or a status that moved stands in no field of the line.
    let own = |field: Field| operation.fields.iter().any(|change| change.field == field);
    for now in moved.iter().flat_map(|moved| &moved.now).filter(|now| !own(now.field)) {
        let expected = words::expected(now.field, operation);
        values.push(Value {
            field: now.field,
            word: destination.word(now.field),
            before: expected.clone(),
            approved: expected,
            now: Some(now.value.clone()),
            moved: now.moved,
        });
    }
    let first = operation.fields.first();
    let option = || first.and_then(|change| change.to.clone().or_else(|| change.from.clone())).unwrap_or_default();
    let name = match (&line.name, &operation.employee) {
        (Some(name), _) => name.clone(),
        (None, Some(employee)) => employee.to_string(),
        (None, None) => option(),
    };
    let mut shown = Line {
        seq: operation.seq,
        employee: operation.employee.clone(),
        name,
        identifier: operation.identifier.as_ref().map(ToString::to_string),
        user: row.answered.as_ref().or(operation.user.as_ref()).map(ToString::to_string),
        kind: operation.kind,
        already: row.state != OperationState::SetAside,
        values,
        cause: moved.map(|moved| moved.cause),
        by: moved.map_or(MovedBy::Unknown, |moved| moved.by),
        reason: row.error.as_ref().map(|(_, words)| words.clone()).unwrap_or_default(),
        at: row.done_at,
        mover: String::new(),
        moved_by: String::new(),
        approved: String::new(),
        met: String::new(),
        so: String::new(),
        next: String::new(),
    };
    around.say(&mut shown, line);
    shown
}

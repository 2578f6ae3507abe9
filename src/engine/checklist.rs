//! The set-up checklist, the connection test, and switching on.

use super::Engine;
use super::capabilities::Capabilities;
use super::error::EngineError;
use super::progress::{Reporter, RunControl};
use super::run::{PreviewRequest, RunReport};
use crate::domain::code::ProblemCode;
use crate::domain::connection::{Connection, ConnectionStatus};
use crate::domain::ids::ConnectionId;
use crate::domain::plan::{Counts, HoldCode, HoldKind, Mails};
use crate::ports::api::{ApiError, NoNotices, ProbeResult, ProbeStep};
use crate::store::PlanHead;
use crate::store::views::HoldCount;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The steps of the set-up, in the order of the Overview.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepKey {
    Credentials,
    FieldMap,
    MappingTables,
    PeopleMatched,
    SourceData,
    Limits,
    TestRun,
    Published,
}

impl StepKey {
    /// Whether people held for this are open in this step.
    #[must_use]
    pub fn concerns(self, code: HoldCode) -> bool {
        use HoldCode::{
            DuplicateEmail, DuplicateIdentifier, FieldArchived, MissingField, NameNotAccepted, OptionMissing,
            RecordUnreadable, UnmappedValue,
        };
        match self {
            StepKey::FieldMap => code == FieldArchived,
            StepKey::MappingTables => matches!(code, UnmappedValue | OptionMissing),
            StepKey::PeopleMatched => code.kind() == HoldKind::Review && code != HoldCode::Later,
            StepKey::SourceData => {
                matches!(code, RecordUnreadable | MissingField | DuplicateEmail | DuplicateIdentifier | NameNotAccepted)
            }
            StepKey::Credentials | StepKey::Limits | StepKey::TestRun | StepKey::Published => false,
        }
    }
}

/// How a step stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepState {
    Done,
    /// Done, but the operator should know.
    Notice,
    /// Stands in the way of publishing.
    Open,
}

/// One line of the checklist.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    pub key: StepKey,
    pub state: StepState,
    /// The figure (`4 values open`).
    pub figure: String,
    /// The sentence.
    pub detail: String,
    /// People or values that are open here.
    pub open: u32,
    /// Whether what is open here was expressly left held.
    pub waived: bool,
}

/// The result of the newest connection test, kept with the connection.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TestRecord {
    pub at: Timestamp,
    pub passed: bool,
    /// What did not pass, or was warned of, in words.
    pub remarks: Vec<String>,
    /// The code of the first step that failed; records of an older program have none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<ProblemCode>,
}

/// Both ends of a connection, tested by real calls.
#[derive(Debug, Clone)]
pub struct ConnectionTest {
    pub source: Vec<ProbeStep>,
    pub destination: Vec<ProbeStep>,
    pub passed: bool,
}

/// What the checklist asks of a plan: not its lines, of which there may be a million.
#[derive(Debug, Clone, Default)]
pub struct PlanFacts {
    pub counts: Counts,
    pub mails: Mails,
    /// Who is held, by reason and field.
    pub holds: Vec<HoldCount>,
    /// What to do about a field that the source has archived.
    pub archived: Option<String>,
}

impl PlanFacts {
    fn held(&self, step: StepKey) -> u32 {
        self.holds.iter().filter(|hold| step.concerns(hold.code)).map(|hold| hold.people).sum()
    }
}

/// What the checklist is made of.
#[derive(Debug, Clone)]
pub struct ChecklistFacts {
    pub status: ConnectionStatus,
    pub test: Option<TestRecord>,
    /// Mapped fields with their source, as the field map has them.
    pub field_map: Vec<(String, String)>,
    /// Custom fields that are mapped, but that no user of the destination shows; what the destination shows instead.
    pub strange_fields: Vec<String>,
    /// The newest plan in figures.
    pub plan: Option<PlanFacts>,
    /// Steps whose open people are expressly left held.
    pub waived: Vec<StepKey>,
}

/// How a published tenant came to be on.
#[derive(Debug, Clone)]
pub struct Published {
    pub steps: Vec<Step>,
    /// What was waived, with its number.
    pub waived: Vec<(StepKey, u32)>,
}

/// Key under which the newest test of a connection is kept.
pub fn test_key(id: ConnectionId) -> String {
    format!("connection/{id}/test")
}

/// Key under which it is kept that a step was waived; one per step, so that two of them never overwrite each other.
fn waiver_key(id: ConnectionId, key: StepKey) -> String {
    format!("connection/{id}/set_aside/{key:?}")
}

/// A pause that a passing test lifts.
const LIFTING: (ConnectionStatus, ConnectionStatus) = (ConnectionStatus::Paused, ConnectionStatus::Live);

/// Steps that can be waived.
const CAN_BE_WAIVED: [StepKey; 2] = [StepKey::MappingTables, StepKey::PeopleMatched];

/// The checklist of a connection. Pure.
pub fn checklist(facts: &ChecklistFacts) -> Vec<Step> {
    let plan = facts.plan.as_ref();
    let mut steps = vec![credentials(facts.test.as_ref()), field_map(facts, plan)];
    let tables = ("every value mapped", ["person waits for a value", "people wait for a value"]);
    steps.push(held_step(facts, plan, StepKey::MappingTables, tables));
    steps.push(held_step(
        facts,
        plan,
        StepKey::PeopleMatched,
        ("nobody to rule", ["person to rule", "people to rule"]),
    ));
    steps.push(source_data(plan));
    steps.push(Step {
        key: StepKey::Limits,
        state: StepState::Done,
        figure: "in force".into(),
        detail: "past one, a run stops before its first write".into(),
        open: 0,
        waived: false,
    });
    steps.push(test_run(facts));
    let open = steps.iter().filter(|step| step.state == StepState::Open).count();
    steps.push(published(facts.status, open));
    steps
}

fn credentials(test: Option<&TestRecord>) -> Step {
    let (state, figure, detail) = match test {
        Some(test) if test.passed && test.remarks.is_empty() => {
            (StepState::Done, "both answer", "tested by real calls".to_owned())
        }
        Some(test) if test.passed => (StepState::Notice, "both answer", test.remarks.join("; ")),
        Some(test) => (StepState::Open, "refused", test.remarks.join("; ")),
        None => (StepState::Open, "not tested", "test the connection: it makes a few reads at both ends".to_owned()),
    };
    Step { key: StepKey::Credentials, state, figure: figure.into(), detail, open: 0, waived: false }
}

fn field_map(facts: &ChecklistFacts, plan: Option<&PlanFacts>) -> Step {
    let archived: Vec<_> = plan
        .map(|plan| plan.holds.iter().filter(|hold| hold.code == HoldCode::FieldArchived))
        .into_iter()
        .flatten()
        .filter_map(|hold| Some((hold.field.as_deref()?, hold.people)))
        .collect();
    let remedy = plan.and_then(|plan| plan.archived.as_deref()).unwrap_or_default();
    let feeds = |(field, from): &(String, String)| {
        let from = match from.strip_prefix("custom:") {
            Some(label) => format!("`{label}`"),
            None => from.replace('_', " "),
        };
        format!("{field} from {from}")
    };
    let mapped: Vec<String> = facts.field_map.iter().map(feeds).collect();
    let blocked = archived.iter().map(|(_, people)| people).sum();
    if let Some((field, _)) = archived.first() {
        return Step {
            key: StepKey::FieldMap,
            state: StepState::Open,
            figure: "field archived".into(),
            detail: format!("{} is archived in the source, nobody has one: {remedy}", field.replace('_', " ")),
            open: blocked,
            waived: false,
        };
    }
    let strange = facts.strange_fields.join("; ");
    Step {
        key: StepKey::FieldMap,
        state: if strange.is_empty() { StepState::Done } else { StepState::Notice },
        figure: format!("{} fields", facts.field_map.len()),
        detail: if strange.is_empty() { mapped.join(", ") } else { strange },
        open: 0,
        waived: false,
    }
}

fn held_step(facts: &ChecklistFacts, plan: Option<&PlanFacts>, key: StepKey, (none, some): (&str, [&str; 2])) -> Step {
    let Some(plan) = plan else {
        return Step {
            key,
            state: StepState::Open,
            figure: "not read yet".into(),
            detail: "make a test run first".into(),
            open: 0,
            waived: false,
        };
    };
    let open = plan.held(key);
    let waived = open > 0 && facts.waived.contains(&key);
    let [one, many] = some;
    let some = if open == 1 { one } else { many };
    let (state, figure, detail) = match (open, waived) {
        (0, _) => (StepState::Done, none.to_owned(), String::new()),
        (_, true) => (StepState::Notice, format!("{open} waived"), format!("{open} {some}; they stay held")),
        _ => (StepState::Open, format!("{open} open"), format!("{open} {some}")),
    };
    Step { key, state, figure, detail, open, waived }
}

fn source_data(plan: Option<&PlanFacts>) -> Step {
    let open = plan.map_or(0, |plan| plan.held(StepKey::SourceData));
    Step {
        key: StepKey::SourceData,
        state: if open == 0 { StepState::Done } else { StepState::Notice },
        figure: match open {
            0 => "complete".into(),
            1 => "1 person".into(),
            _ => format!("{open} people"),
        },
        detail: if open == 0 { String::new() } else { "HR has to complete their data; the others go on".into() },
        open,
        waived: false,
    }
}

fn test_run(facts: &ChecklistFacts) -> Step {
    let (state, figure, detail) = match &facts.plan {
        Some(plan) => (
            StepState::Done,
            format!("{} changes", plan.counts.operations()),
            format!(
                "{} create, {} link, {} update, {} deactivate; {} welcome mails",
                plan.counts.create, plan.counts.link, plan.counts.update, plan.counts.deactivate, plan.mails.welcome
            ),
        ),
        None => (StepState::Open, "not yet".to_owned(), "it only reads, and shows what would happen".to_owned()),
    };
    Step { key: StepKey::TestRun, state, figure, detail, open: 0, waived: false }
}

fn published(status: ConnectionStatus, open: usize) -> Step {
    let (state, figure, detail) = match status {
        ConnectionStatus::Live => (StepState::Done, "live", "runs write what is within the limits".to_owned()),
        ConnectionStatus::Paused => {
            (StepState::Open, "paused", "a connection test that passes ends the pause".to_owned())
        }
        ConnectionStatus::Off => (StepState::Open, "off", "nothing runs; all data are kept".to_owned()),
        ConnectionStatus::Preview if open == 0 => (StepState::Open, "preview only", "ready to be published".to_owned()),
        ConnectionStatus::Preview => {
            let steps = if open == 1 { "step" } else { "steps" };
            (StepState::Open, "preview only", format!("{open} {steps} first"))
        }
    };
    Step { key: StepKey::Published, state, figure: figure.into(), detail, open: 0, waived: false }
}

/// Steps that stand in the way of publishing.
pub fn in_the_way(steps: &[Step]) -> Vec<&Step> {
    steps.iter().filter(|step| step.state == StepState::Open && step.key != StepKey::Published).collect()
}

impl Engine {
    /// The checklist of a connection as the store knows it.
    ///
    /// # Errors
    /// Only the store's.
    pub async fn checklist(&self, connection: &Connection) -> Result<Vec<Step>, EngineError> {
        Ok(checklist(&self.checklist_facts(connection).await?))
    }

    async fn checklist_facts(&self, connection: &Connection) -> Result<ChecklistFacts, EngineError> {
        let abilities = Capabilities::of(&self.store, connection).await?;
        let map = abilities.source.field_map_with(abilities.destination, &connection.settings);
        let field_map =
            map.into_iter().map(|(field, from)| (abilities.destination.word(field).to_owned(), from)).collect();
        let strange_fields = abilities.strange_fields(&connection.settings);
        let test = self.store.preference(&test_key(connection.id)).await?;
        let plan = match self.store.latest_plan(connection.id).await? {
            Some(head) => Some(self.plan_facts(head).await?),
            None => None,
        };
        Ok(ChecklistFacts {
            status: connection.status,
            test: test.and_then(|text| serde_json::from_str(&text).ok()),
            field_map,
            strange_fields,
            plan,
            waived: self.waived(connection.id).await?,
        })
    }

    async fn plan_facts(&self, head: PlanHead) -> Result<PlanFacts, EngineError> {
        let holds = self.store.hold_counts(head.id).await?;
        let mut archived = None;
        if holds.iter().any(|hold| hold.code == HoldCode::FieldArchived) {
            let first = self.store.first_held(head.id, HoldCode::FieldArchived).await?.into_iter().collect();
            archived =
                self.store.held_rows(head.connection, first).await?.into_iter().next().map(|row| row.hold.remedy);
        }
        Ok(PlanFacts { counts: head.counts, mails: head.mails, holds, archived })
    }

    async fn waived(&self, id: ConnectionId) -> Result<Vec<StepKey>, EngineError> {
        let mut kept = Vec::new();
        for key in CAN_BE_WAIVED {
            if self.store.preference(&waiver_key(id, key)).await?.is_some() {
                kept.push(key);
            }
        }
        Ok(kept)
    }

    /// Leaves what is open in a step held (or takes that back): then it does not stand in the way of publishing.
    ///
    /// # Errors
    /// Only the store's; steps other than tables and people cannot be waived.
    pub async fn toggle_waiver(&self, connection: &Connection, key: StepKey) -> Result<bool, EngineError> {
        if !CAN_BE_WAIVED.contains(&key) {
            return Err(EngineError::Input {
                what: "this step cannot be waived".into(),
                remedy: "complete it; only open values and people can be left held".into(),
            });
        }
        let set = !self.waived(connection.id).await?.contains(&key);
        self.keep_waiver(connection.id, key, set).await?;
        Ok(set)
    }

    async fn keep_waiver(&self, id: ConnectionId, key: StepKey, set: bool) -> Result<(), EngineError> {
        Ok(self.store.set_preference(&waiver_key(id, key), set.then_some(self.operator.as_str())).await?)
    }

    /// Tests both ends by real calls, reads only; keeps nothing.
    ///
    /// # Errors
    /// A credential that cannot be read; a refusal of a vendor is part of the result.
    pub async fn probe_connection(&self, connection: &Connection) -> Result<ConnectionTest, EngineError> {
        let clients = self.clients(connection, Arc::new(NoNotices)).await?;
        let (source, destination) = tokio::join!(clients.source.probe(), clients.destination.probe());
        let passed = source.iter().chain(&destination).all(|step| !matches!(step.result, ProbeResult::Failed(_)));
        Ok(ConnectionTest { source, destination, passed })
    }

    /// Tests both ends by real calls and keeps what was found. A pass ends a quarantine; who was switched off during the calls
    /// stays off.
    ///
    /// # Errors
    /// A credential that cannot be read, or the store's; a refusal of a vendor is part of the result.
    pub async fn test_connection(&self, connection: &Connection) -> Result<ConnectionTest, EngineError> {
        let test = self.probe_connection(connection).await?;
        let remarks: Vec<String> = test.source.iter().chain(&test.destination).filter_map(remark).collect();
        let code = first_failure(&test).map(|error| error.code());
        let record = TestRecord { at: self.clock.now(), passed: test.passed, remarks, code };
        self.keep_test(connection.id, &record).await?;
        self.note_test(connection, &test).await?;
        if test.passed {
            self.store.clear_refusals(connection.id).await?;
            self.store.step_status(connection.id, LIFTING, &self.operator).await?;
        }
        Ok(test)
    }

    /// Keeps what test calls found, for the checklist.
    ///
    /// # Errors
    /// Only the store's.
    pub async fn keep_test(&self, id: ConnectionId, record: &TestRecord) -> Result<(), EngineError> {
        let text = serde_json::to_string(record).map_err(|error| EngineError::Broken(error.to_string()))?;
        Ok(self.store.set_preference(&test_key(id), Some(&text)).await?)
    }

    /// Publishes a connection whose checklist is complete.
    ///
    /// # Errors
    /// When a step is open that was not waived; it names the step.
    pub async fn publish(&self, connection: &Connection) -> Result<Vec<Step>, EngineError> {
        let steps = self.checklist(connection).await?;
        if let Some(step) = in_the_way(&steps).first() {
            return Err(EngineError::Input {
                what: format!("{} cannot be published yet: {}", connection.tenant_name, step.figure),
                remedy: format!("{}; or set it aside with `t` on the step", step.detail),
            });
        }
        self.store.set_status(connection.id, ConnectionStatus::Live, &self.operator).await?;
        self.checklist(&self.store.connection(connection.id).await?).await
    }

    /// Publishes by command: makes the test calls and the test run, waives what is open, and says how many.
    ///
    /// # Errors
    /// A test call that fails, a test run that is stopped, an archived field.
    pub async fn publish_with_test_run(&self, connection: &Connection) -> Result<Published, EngineError> {
        let test = self.test_connection(connection).await?;
        if let Some(error) = first_failure(&test) {
            return Err(error.into());
        }
        let report = self.test_run(connection).await?;
        if let Some(problem) = report.problem {
            return Err(EngineError::Input {
                what: format!("the test run did not end: {}", problem.what),
                remedy: problem.remedies.first().cloned().unwrap_or(problem.why),
            });
        }
        let steps = self.checklist(connection).await?;
        let waived: Vec<(StepKey, u32)> = steps
            .iter()
            .filter(|step| CAN_BE_WAIVED.contains(&step.key) && step.open > 0)
            .map(|step| (step.key, step.open))
            .collect();
        for (key, _) in &waived {
            self.keep_waiver(connection.id, *key, true).await?;
        }
        let steps = self.publish(connection).await?;
        Ok(Published { steps, waived })
    }

    async fn test_run(&self, connection: &Connection) -> Result<RunReport, EngineError> {
        self.preview(connection, &PreviewRequest::default(), &Reporter::silent(), &RunControl::default()).await
    }
}

/// The first thing that failed in a test.
pub fn first_failure(test: &ConnectionTest) -> Option<ApiError> {
    test.source.iter().chain(&test.destination).find_map(|step| match &step.result {
        ProbeResult::Failed(error) => Some(error.clone()),
        _ => None,
    })
}

fn remark(step: &ProbeStep) -> Option<String> {
    match &step.result {
        ProbeResult::Failed(error) => Some(format!("{}: {error}", step.name)),
        ProbeResult::Warning => Some(format!("{}: {}", step.name, step.detail)),
        ProbeResult::Passed | ProbeResult::NotTried => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts() -> ChecklistFacts {
        ChecklistFacts {
            status: ConnectionStatus::Preview,
            test: Some(TestRecord { at: Timestamp::UNIX_EPOCH, passed: true, remarks: Vec::new(), code: None }),
            field_map: vec![("job title".into(), "builtin".into())],
            strange_fields: Vec::new(),
            plan: Some(PlanFacts::default()),
            waived: Vec::new(),
        }
    }

    #[test]
    fn nothing_is_in_the_way_when_all_is_done() {
        assert!(in_the_way(&checklist(&facts())).is_empty());
    }

    #[test]
    fn an_untested_connection_cannot_go_live() {
        let steps = checklist(&ChecklistFacts { test: None, ..facts() });
        let open: Vec<StepKey> = in_the_way(&steps).into_iter().map(|step| step.key).collect();
        assert_eq!(open, [StepKey::Credentials]);
    }

    #[test]
    fn without_a_test_run_three_steps_are_open() {
        let steps = checklist(&ChecklistFacts { plan: None, ..facts() });
        let open: Vec<StepKey> = in_the_way(&steps).into_iter().map(|step| step.key).collect();
        assert_eq!(open, [StepKey::MappingTables, StepKey::PeopleMatched, StepKey::TestRun]);
    }
}

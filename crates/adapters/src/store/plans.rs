//! Plans: their lines, who is held, who approved what. The lines are the journal at the same time (`journal`).

use super::columns::{json, json_or_none, micros, of_row, record, time, time_or_none, to_json, word, word_or_none};
use super::error::StoreError;
use super::writer::Write;
use super::{Group, Sqlite, Store, audit, figures, managers_left, waiting, what_if};
use crate::domain::ids::{ConnectionId, EmployeeId, Identifier, PlanId, RunId, UserId};
use crate::domain::list::ListKey;
use crate::domain::plan::{
    Candidate, Counts, Doubled, Hold, HoldCode, HoldKind, LimitCheck, LimitKind, Mails, Operation, OperationKind, Plan,
};
use crate::domain::record::Record;
use crate::domain::waves::Waves;
use jiff::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Plans of a connection that no run made or used and nobody approved: the newest are kept. All others stay as long as
/// their run, with their holds: History says who was held.
const KEPT: i64 = 20;

/// That somebody let a plan go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Operator's name, or `schedule`.
    pub by: String,
    /// What was typed (`harbour-vine:428`), where it was asked.
    pub confirmed: Option<String>,
    pub reason: Option<String>,
    /// The parts that stay held.
    pub without: Vec<LimitKind>,
    /// How it goes, where not all at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waves: Option<Waves>,
}

/// An approval with its moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredApproval {
    pub approval: Approval,
    pub at: Timestamp,
}

/// A plan without its operations and holds.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanHead {
    pub id: PlanId,
    pub connection: ConnectionId,
    pub run: Option<RunId>,
    pub hash: String,
    /// Who had it made, and when.
    pub by: String,
    pub made_at: Timestamp,
    pub counts: Counts,
    pub mails: Mails,
    pub limits: Vec<LimitCheck>,
    pub first_import: bool,
    pub people: u32,
    pub changed_people: u32,
    pub ignored_leavers: u32,
    pub future_starters: u32,
    /// People who seem to have two users already.
    pub doubled: Vec<Doubled>,
    /// Lines, withheld ones included.
    pub operations: u32,
    /// Values without a mapping that hold people.
    pub unmapped_values: u32,
    /// Held people, by whose move it is.
    pub blocked: u32,
    pub review: u32,
    pub ruled: u32,
    pub approval: Option<StoredApproval>,
    /// [`Store::change_mark`] when the plan was made; `None` of an older workspace.
    pub change_mark: Option<i64>,
}

impl PlanHead {
    /// Everybody who waits: blocked, or in review. Whom an operator has ruled out is counted apart. The one figure *held* of
    /// Tenants, Overview, Plan, runs and the fleet's lists.
    #[must_use]
    pub fn held(&self) -> u32 {
        self.blocked + self.review
    }
}

pub(super) fn head_of(row: &Row<'_>) -> rusqlite::Result<PlanHead> {
    let id: i64 = row.get("id")?;
    of_row(plain_head_of(row), || format!("plan {id}"))
}

fn plain_head_of(row: &Row<'_>) -> rusqlite::Result<PlanHead> {
    let approved = time_or_none(row, "approved_at")?;
    let approval = json_or_none::<Approval>(row, "approval")?;
    Ok(PlanHead {
        id: PlanId(row.get("id")?),
        connection: ConnectionId(row.get("connection")?),
        run: row.get::<_, Option<i64>>("run")?.map(RunId),
        hash: row.get("hash")?,
        by: row.get("by")?,
        made_at: time(row, "made_at")?,
        counts: json(row, "counts")?,
        mails: json(row, "mails")?,
        limits: json(row, "limits")?,
        first_import: row.get("first_import")?,
        people: row.get("people")?,
        changed_people: row.get("changed_people")?,
        ignored_leavers: row.get("ignored_leavers")?,
        future_starters: row.get("future_starters")?,
        doubled: json(row, "doubled")?,
        operations: row.get("operations")?,
        unmapped_values: row.get("unmapped")?,
        blocked: row.get("blocked")?,
        review: row.get("review")?,
        ruled: row.get("ruled")?,
        approval: approval.zip(approved).map(|(approval, at)| StoredApproval { approval, at }),
        change_mark: row.get("change_mark")?,
    })
}

pub(super) fn operation_of(row: &Row<'_>) -> rusqlite::Result<Operation> {
    let (plan, seq): (i64, i64) = (row.get("plan")?, row.get("seq")?);
    of_row(plain_operation_of(row), || format!("line {seq} of plan {plan}"))
}

fn plain_operation_of(row: &Row<'_>) -> rusqlite::Result<Operation> {
    Ok(Operation {
        seq: row.get("seq")?,
        kind: word(row, "kind", OperationKind::from_key)?,
        employee: row.get::<_, Option<String>>("employee")?.map(EmployeeId),
        identifier: row.get::<_, Option<String>>("identifier")?.map(Identifier),
        user: row.get::<_, Option<String>>("user")?.map(UserId),
        list: word_or_none(row, "option_table", ListKey::from_key)?,
        fields: record(row, "fields")?,
        note: row.get("note")?,
    })
}

/// A hold without its candidates.
pub(super) fn hold_of(row: &Row<'_>) -> rusqlite::Result<Hold> {
    let (plan, employee): (i64, String) = (row.get("plan")?, row.get("employee")?);
    of_row(plain_hold_of(row), || format!("the hold of employee {employee} in plan {plan}"))
}

fn plain_hold_of(row: &Row<'_>) -> rusqlite::Result<Hold> {
    Ok(Hold {
        employee: EmployeeId(row.get("employee")?),
        code: word(row, "code", HoldCode::from_key)?,
        field: row.get("field")?,
        also: json(row, "also")?,
        value: row.get("value")?,
        message: row.get("message")?,
        remedy: row.get("remedy")?,
        candidates: Vec::new(),
        others: json(row, "others")?,
        seen: row.get("seen")?,
        beside: json(row, "beside")?,
    })
}

pub(super) fn save(
    c: &Sqlite,
    now: Timestamp,
    connection: ConnectionId,
    run: Option<RunId>,
    plan: &Plan,
    by: &str,
    mark: Option<i64>,
) -> Result<PlanId, StoreError> {
    let mark = mark.map_or_else(|| audit::change_mark(c, connection), Ok)?;
    let id = insert(c, now, connection, None, plan, by, mark)?;
    what_if::ends(c, connection)?;
    if let Some(run) = run {
        c.prepare_cached("UPDATE plan SET run = ?2 WHERE id = ?1")?.execute(params![id.0, run.0])?;
        super::runs::set_plan(c, run, id)?;
        super::fix_list::note(c, now, (connection, run), &plan.holds)?;
    }
    purge_old(c, connection)?;
    Ok(id)
}

/// Writes a plan with its lines and holds, under `id` or under the next number.
pub(super) fn insert(
    c: &Sqlite,
    now: Timestamp,
    connection: ConnectionId,
    id: Option<PlanId>,
    plan: &Plan,
    by: &str,
    mark: i64,
) -> Result<PlanId, StoreError> {
    c.prepare_cached(
        "INSERT INTO plan(connection, id, hash, by, made_at, counts, mails, limits, first_import, people,
                          changed_people, ignored_leavers, future_starters, operations, unmapped, blocked, review, ruled,
                          model, change_mark, doubled)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21)",
    )?
    .execute(params![
        connection.0,
        id.map(|id| id.0),
        plan.hash,
        by,
        micros(now),
        to_json(&plan.counts)?,
        to_json(&plan.mails)?,
        to_json(&plan.limits)?,
        plan.first_import,
        plan.people,
        plan.changed_people,
        plan.ignored_leavers,
        plan.future_starters,
        u32::try_from(plan.operations.len()).unwrap_or(u32::MAX),
        unmapped_values(plan),
        plan.held(HoldKind::Blocked),
        plan.held(HoldKind::Review),
        plan.held(HoldKind::Ruled),
        super::models::active_number(c, connection)?,
        mark,
        to_json(&plan.doubled)?,
    ])?;
    let id = PlanId(c.last_insert_rowid());
    save_operations(c, connection, id, &plan.operations)?;
    save_holds(c, connection, id, &plan.holds)?;
    managers_left::save(c, connection, id, &plan.managers_left)?;
    figures::keep(c, connection, id)?;
    waiting::note(c, connection, plan)?;
    Ok(id)
}

fn unmapped_values(plan: &Plan) -> u32 {
    let values: std::collections::BTreeSet<_> = plan
        .holds
        .iter()
        .filter(|hold| matches!(hold.code, HoldCode::UnmappedValue | HoldCode::OptionMissing))
        .map(|hold| (&hold.field, &hold.value))
        .collect();
    u32::try_from(values.len()).unwrap_or(u32::MAX)
}

fn save_operations(
    c: &Sqlite,
    connection: ConnectionId,
    plan: PlanId,
    operations: &[Operation],
) -> Result<(), StoreError> {
    let mut insert = c.prepare_cached(
        "INSERT INTO operation(plan, connection, seq, kind, employee, identifier, user, option_table, fields, note)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
    )?;
    for operation in operations {
        insert.execute(params![
            plan.0,
            connection.0,
            operation.seq,
            operation.kind.key(),
            operation.employee.as_ref().map(|id| id.as_str()),
            operation.identifier.as_ref().map(|id| id.as_str()),
            operation.user.as_ref().map(|id| id.as_str()),
            operation.list.map(ListKey::key),
            operation.fields.to_json()?,
            operation.note,
        ])?;
    }
    Ok(())
}

fn save_holds(c: &Sqlite, connection: ConnectionId, plan: PlanId, holds: &[Hold]) -> Result<(), StoreError> {
    let mut insert = c.prepare_cached(
        "INSERT INTO hold(plan, connection, place, employee, code, kind, risk, probability, field, value, message,
                          remedy, others, seen, beside, also)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
    )?;
    let mut insert_candidate = c.prepare_cached(
        "INSERT INTO candidate(hold, place, user, weight, probability, evidence) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (place, hold) in holds.iter().enumerate() {
        let risk = HoldCode::ALL.iter().position(|code| *code == hold.code);
        let probability = hold.candidates.iter().map(|candidate| candidate.probability).fold(0.0, f64::max);
        let row = insert.insert(params![
            plan.0,
            connection.0,
            i64::try_from(place).unwrap_or(i64::MAX),
            hold.employee.as_str(),
            hold.code.key(),
            hold.code.kind().key(),
            risk.and_then(|risk| i64::try_from(risk).ok()),
            probability,
            hold.field,
            hold.value,
            hold.message,
            hold.remedy,
            to_json(&hold.others)?,
            hold.seen,
            to_json(&hold.beside)?,
            to_json(&hold.also)?,
        ])?;
        for (place, candidate) in hold.candidates.iter().enumerate() {
            insert_candidate.execute(params![
                row,
                i64::try_from(place).unwrap_or(i64::MAX),
                candidate.user.as_str(),
                candidate.weight,
                candidate.probability,
                to_json(&candidate.evidence)?,
            ])?;
        }
    }
    Ok(())
}

fn purge_old(c: &Sqlite, connection: ConnectionId) -> Result<(), StoreError> {
    let mut query = c.prepare_cached(
        "SELECT p.id FROM plan p
         WHERE p.connection = ?1 AND p.id > 0 AND p.run IS NULL AND p.approved_at IS NULL
           AND p.id NOT IN (SELECT r.plan FROM run r WHERE r.connection = ?1 AND r.plan IS NOT NULL)
         ORDER BY p.id DESC LIMIT -1 OFFSET ?2",
    )?;
    let old =
        query.query_map(params![connection.0, KEPT], |row| row.get::<_, i64>(0))?.collect::<Result<Vec<_>, _>>()?;
    for plan in old {
        c.prepare_cached("DELETE FROM plan WHERE id = ?1")?.execute([plan])?;
    }
    Ok(())
}

pub(super) fn head(c: &Sqlite, plan: PlanId) -> Result<PlanHead, StoreError> {
    c.prepare_cached("SELECT * FROM plan WHERE id = ?1")?
        .query_row([plan.0], head_of)
        .optional()?
        .ok_or_else(|| StoreError::missing(format!("plan {plan}")))
}

pub(super) fn latest(c: &Sqlite, connection: ConnectionId) -> Result<Option<PlanHead>, StoreError> {
    match what_if::current(c, connection)? {
        Some(id) => head(c, id).map(Some),
        None => what_if::latest_numbered(c, connection),
    }
}

/// The first candidate of a hold.
pub(super) fn best_candidate(c: &Sqlite, hold: i64) -> Result<Option<Candidate>, StoreError> {
    let mut query = c.prepare_cached("SELECT * FROM candidate WHERE hold = ?1 AND place = 0")?;
    Ok(query.query_row([hold], candidate_of).optional()?)
}

pub(super) fn candidates(c: &Sqlite, hold: i64) -> Result<Vec<Candidate>, StoreError> {
    let mut query = c.prepare_cached("SELECT * FROM candidate WHERE hold = ?1 ORDER BY place")?;
    Ok(query.query_map([hold], candidate_of)?.collect::<Result<_, _>>()?)
}

fn candidate_of(row: &Row<'_>) -> rusqlite::Result<Candidate> {
    Ok(Candidate {
        user: UserId(row.get("user")?),
        weight: row.get("weight")?,
        probability: row.get("probability")?,
        evidence: of_row(json(row, "evidence"), || "the evidence for a candidate in Review".to_owned())?,
    })
}

pub(super) fn load(c: &Sqlite, plan: PlanId) -> Result<Plan, StoreError> {
    let head = head(c, plan)?;
    let operations = c
        .prepare_cached("SELECT * FROM operation WHERE plan = ?1 ORDER BY seq")?
        .query_map([plan.0], operation_of)?
        .collect::<Result<_, _>>()?;
    let mut query = c.prepare_cached("SELECT * FROM hold WHERE plan = ?1 ORDER BY place")?;
    let rows = query
        .query_map([plan.0], |row| Ok((row.get::<_, i64>("id")?, hold_of(row)?)))?
        .collect::<Result<Vec<_>, _>>()?;
    let mut holds = Vec::with_capacity(rows.len());
    for (row, mut hold) in rows {
        hold.candidates = candidates(c, row)?;
        holds.push(hold);
    }
    Ok(Plan {
        hash: head.hash,
        operations,
        holds,
        counts: head.counts,
        mails: head.mails,
        limits: head.limits,
        first_import: head.first_import,
        people: head.people,
        changed_people: head.changed_people,
        ignored_leavers: head.ignored_leavers,
        future_starters: head.future_starters,
        doubled: head.doubled,
        managers_left: managers_left::of_plan(c, plan)?,
    })
}

pub(super) fn approve(c: &Sqlite, now: Timestamp, plan: PlanId, approval: &Approval) -> Result<(), StoreError> {
    let head = head(c, plan)?;
    c.prepare_cached("UPDATE plan SET approval = ?2, approved_at = ?3 WHERE id = ?1")?.execute(params![
        plan.0,
        to_json(approval)?,
        micros(now)
    ])?;
    let typed = approval.confirmed.as_deref().map_or(String::new(), |text| format!(", typed {text}"));
    let without: Vec<&str> = approval.without.iter().map(|kind| kind.key()).collect();
    let without = if without.is_empty() { String::new() } else { format!(", without {}", without.join(" and ")) };
    let reason = approval.reason.as_deref().map_or(String::new(), |reason| format!(": {reason}"));
    let changes = if head.operations == 1 { "1 change".to_owned() } else { format!("{} changes", head.operations) };
    let waves = approval.waves.as_ref().map_or(String::new(), |waves| format!(", in {} waves", waves.count()));
    let detail = format!("plan {plan}, {changes}{waves}{typed}{without}{reason}");
    audit::add(c, now, Some(head.connection), &approval.by, "approved", &detail)
}

fn set_withheld(c: &Sqlite, plan: PlanId, seqs: &[u32], withheld: bool) -> Result<(), StoreError> {
    let mut update =
        c.prepare_cached("UPDATE operation SET withheld = ?3 WHERE plan = ?1 AND seq = ?2 AND state = 'pending'")?;
    for seq in seqs {
        update.execute(params![plan.0, seq, withheld])?;
    }
    Ok(())
}

impl Store {
    /// Saves a plan, all its operations pending. Of the plans of a connection that no run made or used and nobody approved
    /// only the newest 20 are kept.
    ///
    /// # Errors
    /// When it cannot be saved; nothing of it is there then.
    pub async fn save_plan(
        &self,
        connection: ConnectionId,
        run: Option<RunId>,
        plan: &Plan,
        by: &str,
    ) -> Result<PlanId, StoreError> {
        self.save_plan_as_of(connection, run, Arc::new(plan.clone()), by, None).await
    }

    /// [`Store::save_plan`] with [`Store::change_mark`] from before its data were read.
    ///
    /// # Errors
    /// When it cannot be saved; nothing of it is there then.
    pub async fn save_plan_as_of(
        &self,
        connection: ConnectionId,
        run: Option<RunId>,
        plan: Arc<Plan>,
        by: &str,
        mark: Option<i64>,
    ) -> Result<PlanId, StoreError> {
        let (now, by) = (self.now(), by.to_owned());
        self.write(Write::durably(Group::Plans), move |c| save(c, now, connection, run, &plan, &by, mark)).await
    }

    /// A plan as it was saved.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when it is not kept any more.
    pub async fn plan(&self, plan: PlanId) -> Result<Plan, StoreError> {
        self.read(move |c| load(c, plan)).await
    }

    /// A plan without operations and holds.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when it is not kept any more.
    pub async fn plan_head(&self, plan: PlanId) -> Result<PlanHead, StoreError> {
        self.read(move |c| head(c, plan)).await
    }

    /// The newest plan of a connection: what would be done by all that is known now, so also a what-if.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub async fn latest_plan(&self, connection: ConnectionId) -> Result<Option<PlanHead>, StoreError> {
        self.read(move |c| latest(c, connection)).await
    }

    /// Writes down that a plan may be applied. On disk before it returns.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the plan is not kept any more.
    pub async fn approve_plan(&self, plan: PlanId, approval: Approval) -> Result<(), StoreError> {
        let now = self.now();
        self.write(Write::durably(Group::Plans).and(Group::Audit), move |c| approve(c, now, plan, &approval)).await
    }

    /// Who let a plan go, if anybody.
    ///
    /// # Errors
    /// [`StoreError::Missing`] when the plan is not kept any more.
    pub async fn approval(&self, plan: PlanId) -> Result<Option<StoredApproval>, StoreError> {
        self.read(move |c| Ok(head(c, plan)?.approval)).await
    }

    /// Holds lines back from a plan, or lets them go again; lines that were sent are left alone.
    ///
    /// # Errors
    /// When it cannot be saved.
    pub async fn set_withheld(&self, plan: PlanId, seqs: Vec<u32>, withheld: bool) -> Result<(), StoreError> {
        self.write(Write::to(Group::Plans), move |c| set_withheld(c, plan, &seqs, withheld)).await
    }
}

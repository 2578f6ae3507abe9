//! Plan: from what the store holds to a saved plan; nothing is fetched and nothing is sent.

use super::Engine;
use super::aside::aside;
use super::capabilities::Capabilities;
use super::connect::{Abilities, abilities};
use super::error::EngineError;
use super::observed_matcher::{Observed, ObservedMatcher};
use crate::domain::capabilities::{DestinationCapabilities, ReadBack};
use crate::domain::connection::Connection;
use crate::domain::decision::{Decision, Link, NotSame, PairRuling, Parked, Waiting, WaitingBeside};
use crate::domain::field::Field;
use crate::domain::ids::{EmployeeId, PlanId, RunId};
use crate::domain::mapping::{DestinationOption, MappingTable};
use crate::domain::person::{Employee, User};
use crate::domain::plan::{OperationKind, Plan};
use crate::domain::settings::{Settings, WritePolicy};
use crate::domain::snapshot::SourceFacts;
use crate::mapping::{Impact, ImpactPerson, impact};
use crate::matching::Matcher;
use crate::matching::decide::{Policy, PolicyEffect};
use crate::matching::engine as matching;
use crate::matching::learning::ModelVersion;
use crate::planning::{self, PlanInput};
use crate::ports::clock::day_in;
use crate::ports::destination::Learnt;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

/// A plan and the row that keeps it. A clone shares the plan, which may hold a hundred thousand lines.
#[derive(Debug, Clone)]
pub struct SavedPlan {
    pub id: PlanId,
    pub plan: Arc<Plan>,
}

impl SavedPlan {
    /// A plan as the row with this number keeps it.
    #[must_use]
    pub fn new(id: PlanId, plan: Plan) -> Self {
        Self { id, plan: Arc::new(plan) }
    }
}

/// What changed tables would do, beside what the present ones do.
#[derive(Debug, Clone)]
pub struct WhatIf {
    pub impact: Impact,
    /// Name and source branch of everybody whose outcome differs.
    pub people: BTreeMap<EmployeeId, (String, Option<String>)>,
    /// Fields that the updates of these people change.
    pub fields: BTreeSet<Field>,
}

/// What changed settings would do, beside what the present ones do.
#[derive(Debug, Clone)]
pub struct SettingsWhatIf {
    pub before: Plan,
    pub after: Plan,
    /// What the matcher says of those whom nothing ties yet; `None` where there is nobody to ask about.
    pub matching: Option<(PolicyEffect, PolicyEffect)>,
}

/// Everything that the store holds of a connection and a plan depends on.
#[derive(Clone)]
pub(super) struct Held {
    pub employees: Vec<Employee>,
    pub users: Vec<User>,
    options: Vec<DestinationOption>,
    tables: Vec<MappingTable>,
    waiting: Vec<Waiting>,
    /// People about whom an earlier write was not heard back.
    unsettled: Vec<EmployeeId>,
    /// People who were created so shortly before the users were read that these need not show them.
    unshown: Vec<EmployeeId>,
    /// The newest change that an operator had made when all this was read.
    mark: i64,
    pairs: Vec<PairRuling>,
    waiting_beside: Vec<WaitingBeside>,
    parked: Vec<Parked>,
    pub links: Vec<Link>,
    pub decisions: Vec<Decision>,
    pub not_same: Vec<NotSame>,
    facts: SourceFacts,
    can_create_options: bool,
    pub settings: Settings,
    abilities: Abilities,
    /// What was learnt from rulings.
    pub model: ModelVersion,
    today: Date,
}

/// How long the destination may take to show what was written: by the operator's word, else by the vendor's. What goes by list
/// is looked up in the client's own record, which shows it at once.
pub(super) fn shows_within(connection: &Connection, destination: &DestinationCapabilities) -> Duration {
    if destination.read_back == ReadBack::OnceLoaded {
        return Duration::ZERO;
    }
    Duration::from_secs(connection.settings.shows_within_s.unwrap_or(destination.shows_within_s).into())
}

/// The settings of a connection, where fields that the destination was seen not to keep are never written.
fn kept_settings(settings: &Settings, learnt: &Learnt) -> Settings {
    let mut settings = settings.clone();
    for field in &learnt.not_kept {
        settings.write_policy.insert(field.key().to_owned(), WritePolicy::Never);
    }
    settings.managers &= !learnt.not_kept.contains(&Field::Manager);
    settings
}

impl Held {
    fn plan(&self, tables: &[MappingTable]) -> Plan {
        self.plan_by(tables, &self.matcher())
    }

    /// The matcher of these settings and of what was learnt.
    pub(super) fn matcher(&self) -> matching::Engine {
        let usual = Policy::default();
        let policy = Policy { auto: self.settings.auto_link.unwrap_or(usual.auto), new_below: self.settings.new_below };
        matching::Engine { policy, today: Some(self.today), learned: self.model.learned }
    }

    /// The plan, and what `look` finds in the comparison behind it, where there is one.
    pub fn watched<T: Send>(
        &self,
        look: impl Fn(&matching::Comparison<'_>, &Observed<'_>) -> T + Send + Sync,
    ) -> (Plan, Option<T>) {
        let watcher = ObservedMatcher::new(self.matcher(), look);
        let plan = self.plan_by(&self.tables, &watcher);
        (plan, watcher.found())
    }

    /// What the matcher's effect comes to under these settings: where nothing is linked by itself, it is reviewed.
    pub fn as_planned(&self, effect: PolicyEffect) -> PolicyEffect {
        match self.settings.auto_link {
            Some(_) => effect,
            None => PolicyEffect { links: 0, review: effect.review + effect.links, expected_wrong: 0.0, ..effect },
        }
    }

    fn plan_by(&self, tables: &[MappingTable], matcher: &dyn Matcher) -> Plan {
        self.settled(planning::make_plan(&self.input(tables, matcher)))
    }

    /// What the planner is given.
    pub(super) fn input<'a>(&'a self, tables: &'a [MappingTable], matcher: &'a dyn Matcher) -> PlanInput<'a> {
        PlanInput {
            employees: &self.employees,
            users: &self.users,
            options: &self.options,
            tables,
            links: &self.links,
            decisions: &self.decisions,
            not_same: &self.not_same,
            waiting: &self.waiting,
            pairs: &self.pairs,
            waiting_beside: &self.waiting_beside,
            parked: &self.parked,
            facts: &self.facts,
            settings: &self.settings,
            source: self.abilities.source,
            destination: self.abilities.destination,
            can_create_options: self.can_create_options,
            today: self.today,
            matcher,
        }
    }

    /// Without people about whom an earlier write was not heard back, or who were created and do not show yet.
    pub(super) fn settled(&self, plan: Plan) -> Plan {
        let plan = if self.unsettled.is_empty() { plan } else { planning::without_unsettled(&plan, &self.unsettled) };
        if self.unshown.is_empty() {
            return plan;
        }
        planning::without_unshown(&plan, &self.unshown, self.abilities.destination.name)
    }

    /// What both ends can do.
    pub(super) fn abilities(&self) -> Abilities {
        self.abilities
    }

    /// The mapping tables of now.
    pub(super) fn tables(&self) -> &[MappingTable] {
        &self.tables
    }

    /// The destination's options.
    pub(super) fn options(&self) -> &[DestinationOption] {
        &self.options
    }

    fn what_if(&self, tables: &[MappingTable]) -> WhatIf {
        let after = self.plan(tables);
        let impact = impact(&self.plan(&self.tables), &after);
        let lists = [&impact.unblocked, &impact.change, &impact.breaks, &impact.review, &impact.other];
        let concerned: BTreeSet<&EmployeeId> = lists.into_iter().flatten().map(|person| &person.employee).collect();
        let people = self
            .employees
            .iter()
            .filter(|employee| concerned.contains(&employee.id))
            .map(|employee| (employee.id.clone(), (employee.person.display_name(), employee.person.branch.clone())))
            .collect();
        let written: BTreeSet<&EmployeeId> =
            [&impact.unblocked, &impact.change].into_iter().flatten().map(|one: &ImpactPerson| &one.employee).collect();
        let fields = after
            .operations
            .iter()
            .filter(|one| one.kind == OperationKind::Update)
            .filter(|one| one.employee.as_ref().is_some_and(|employee| written.contains(employee)))
            .flat_map(|one| one.fields.iter().map(|change| change.field))
            .collect();
        WhatIf { people, fields, impact }
    }
}

impl Engine {
    /// Plans from the current snapshots, tables and rulings, and keeps the plan.
    ///
    /// # Errors
    /// Only the store's; an employee who cannot be planned is held, never an error.
    pub async fn plan(&self, connection: &Connection, run: Option<RunId>) -> Result<SavedPlan, EngineError> {
        let (plan, mark) = self.plan_of_now(connection).await?;
        let plan = Arc::new(plan);
        let kept = self.store.save_plan_as_of(connection.id, run, Arc::clone(&plan), &self.operator, Some(mark));
        Ok(SavedPlan { id: kept.await?, plan })
    }

    /// Plans again after an operator's change, so that every figure follows it: a what-if, which has no number and takes the
    /// place of the one before. Where there is no plan yet, it is the first one.
    ///
    /// # Errors
    /// Only the store's.
    pub async fn replan(&self, connection: &Connection) -> Result<Plan, EngineError> {
        if self.store.latest_numbered_plan(connection.id).await?.is_none() {
            return Ok(Arc::unwrap_or_clone(self.plan(connection, None).await?.plan));
        }
        let (plan, mark) = self.plan_of_now(connection).await?;
        let plan = Arc::new(plan);
        self.store.save_what_if(connection.id, Arc::clone(&plan), &self.operator, mark).await?;
        Ok(Arc::unwrap_or_clone(plan))
    }

    /// The plan of now, without keeping it.
    ///
    /// # Errors
    /// Only the store's.
    pub async fn plan_unsaved(&self, connection: &Connection) -> Result<Plan, EngineError> {
        Ok(self.plan_of_now(connection).await?.0)
    }

    /// The plan of now, and the newest change that it knows of.
    async fn plan_of_now(&self, connection: &Connection) -> Result<(Plan, i64), EngineError> {
        let held = self.held(connection).await?;
        let mark = held.mark;
        let plan = aside("planning", move || held.plan(&held.tables)).await?;
        Ok((plan, mark))
    }

    /// What would become of everybody under other tables: the plan of now and the other one from the same data, compared.
    /// Nothing is kept.
    ///
    /// # Errors
    /// Only the store's.
    pub async fn what_if_tables(
        &self,
        connection: &Connection,
        change: impl FnOnce(&mut Vec<MappingTable>) + Send + 'static,
    ) -> Result<WhatIf, EngineError> {
        let held = self.held(connection).await?;
        let planned = tokio::task::spawn_blocking(move || {
            let mut tables = held.tables.clone();
            change(&mut tables);
            held.what_if(&tables)
        });
        planned.await.map_err(|error| EngineError::Broken(format!("planning: {error}")))
    }

    /// What would become of everybody under other settings, and what the matcher says under both. Nothing is kept.
    ///
    /// # Errors
    /// Only the store's.
    pub async fn what_if_settings(
        &self,
        connection: &Connection,
        settings: Settings,
    ) -> Result<SettingsWhatIf, EngineError> {
        let mut held = self.held(connection).await?;
        let settings = kept_settings(&settings, &self.store.learnt(connection.id).await?);
        let planned = tokio::task::spawn_blocking(move || {
            let (before, was) = held.watched(|comparison, _| comparison.effect());
            let was = was.map(|effect| held.as_planned(effect));
            held.settings = settings;
            let (after, is) = held.watched(|comparison, _| comparison.effect());
            let is = is.map(|effect| held.as_planned(effect));
            let compared = was.is_some() || is.is_some();
            let matching = compared.then(|| (was.unwrap_or_default(), is.unwrap_or_default()));
            SettingsWhatIf { before, after, matching }
        });
        planned.await.map_err(|error| EngineError::Broken(format!("planning: {error}")))
    }

    pub(super) async fn held(&self, connection: &Connection) -> Result<Held, EngineError> {
        let (store, id) = (&self.store, connection.id);
        let rest = self.held_without_people(connection, None).await?;
        Ok(Held {
            employees: store.employees(id).await?,
            users: store.users(id).await?,
            links: store.links(id).await?,
            ..rest
        })
    }

    /// Everything but employees, users and links.
    pub(super) async fn held_without_people(
        &self,
        connection: &Connection,
        about: Option<&[EmployeeId]>,
    ) -> Result<Held, EngineError> {
        let (store, id) = (&self.store, connection.id);
        let abilities = abilities(connection)?;
        // First: a change that comes while the rest is read is then taken for one that came after the plan.
        let mark = store.change_mark(id)?;
        let capabilities = async { Ok(Capabilities::of(store, connection).await) };
        let (remembered, unsettled, options, tables, facts, model, capabilities, learnt) = tokio::try_join!(
            store.remembered(id, about.map(<[EmployeeId]>::to_vec)),
            store.unsettled_people(id),
            store.options(id),
            store.tables(id),
            store.source_facts(id),
            store.active_model(id),
            capabilities,
            store.learnt(id),
        )?;
        let capabilities = capabilities?;
        Ok(Held {
            mark,
            unsettled,
            unshown: match shows_within(connection, abilities.destination) {
                Duration::ZERO => Vec::new(),
                within => store.created_shortly_before_reading(id, within).await?,
            },
            employees: Vec::new(),
            users: Vec::new(),
            links: Vec::new(),
            options,
            tables,
            decisions: remembered.decisions,
            not_same: remembered.not_same,
            waiting: remembered.waiting,
            pairs: remembered.pairs,
            waiting_beside: remembered.waiting_beside,
            parked: match abilities.destination.read_back {
                ReadBack::OnceLoaded => store.created_and_not_confirmed(id).await?,
                ReadBack::Readable | ReadBack::NextExport => remembered.parked,
            },
            facts: facts.unwrap_or_default(),
            can_create_options: capabilities.can_create_options(),
            settings: kept_settings(&connection.settings, &learnt),
            model,
            abilities,
            today: day_in(self.clock.now(), &connection.time_zone),
        })
    }
}

//! Learning from rulings: propose a version, show what it changes, take it into use, take an earlier one again. Nothing of
//! it happens by itself, and no link that was made is touched (MATCHING 5.8).

use super::error::EngineError;
use super::labelling_sample::weigh_blindly;
use super::plan::{Held, SavedPlan};
use super::{Engine, control_set};
use crate::domain::connection::Connection;
use crate::domain::decision::LinkOrigin;
use crate::domain::ids::{ConnectionId, EmployeeId};
use crate::domain::snapshot::Side;
use crate::mapping::{Impact, impact};
use crate::matching::decide::Policy;
use crate::matching::learning::{FIRST_VERSION, GateVerdict, ModelVersion, Sampling, StoredRuling, gate, propose};
use crate::matching::model::Model;
use crate::store::{Difference, KeptVersion, ModelUse};

/// How many rulings there are to learn from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RulingCounts {
    /// Confirmed and rejected pairs that count.
    pub same: usize,
    pub not_same: usize,
    /// Those among them that were drawn by chance.
    pub audited: usize,
    /// Taken back, or followed by another ruling; kept, and counted no more.
    pub taken_back: usize,
}

/// What was learnt so far.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelState {
    pub active: ModelVersion,
    pub versions: Vec<KeptVersion>,
    pub uses: Vec<ModelUse>,
    pub rulings: RulingCounts,
}

impl ModelState {
    /// The version that a roll-back leads to: the one in use before the present one was first taken.
    pub fn before(&self) -> Option<u32> {
        let mut stack = vec![FIRST_VERSION];
        for one in &self.uses {
            match stack.iter().position(|version| *version == one.version) {
                Some(at) => stack.truncate(at + 1),
                None => stack.push(one.version),
            }
        }
        stack.pop();
        stack.pop()
    }

    /// Whether a version was ever in use.
    pub fn was_used(&self, version: u32) -> bool {
        version == FIRST_VERSION || self.uses.iter().any(|one| one.version == version)
    }
}

/// A proposed version and what it would change.
#[derive(Debug, Clone)]
pub struct Proposal {
    pub active: ModelVersion,
    pub version: ModelVersion,
    pub verdict: GateVerdict,
    pub difference: Difference,
    pub impact: Impact,
    /// People linked by their weight whom the version would ask about today. Their links stay.
    pub flagged: Vec<EmployeeId>,
}

/// Links that were made by weight and would not be made under what `held` has learnt.
fn flagged(held: &Held, threshold: f64) -> Vec<EmployeeId> {
    let scored = held.links.iter().filter(|link| link.origin == LinkOrigin::Score);
    let scored: Vec<_> = scored.map(|link| (link.employee.clone(), link.user.clone(), false)).collect();
    if scored.is_empty() {
        return Vec::new();
    }
    let weighed = weigh_blindly(held, &scored).into_iter();
    weighed.filter(|(_, candidate, _)| candidate.probability < threshold).map(|(employee, ..)| employee).collect()
}

fn count(rulings: &[StoredRuling]) -> RulingCounts {
    let mut counts = RulingCounts::default();
    for ruling in rulings {
        if ruling.revoked {
            counts.taken_back += 1;
            continue;
        }
        counts.same += usize::from(ruling.same_person);
        counts.not_same += usize::from(!ruling.same_person);
        counts.audited += usize::from(matches!(ruling.sampling, Sampling::Audit { .. }));
    }
    counts
}

fn all_versions(kept: &[KeptVersion]) -> Vec<ModelVersion> {
    std::iter::once(ModelVersion::default()).chain(kept.iter().map(|one| one.version.clone())).collect()
}

fn threshold(connection: &Connection) -> f64 {
    connection.settings.auto_link.unwrap_or(Policy::default().auto)
}

fn refused(what: String, remedy: &str) -> EngineError {
    EngineError::Input { what, remedy: remedy.to_owned() }
}

impl Engine {
    /// What was learnt for a connection, and from how many rulings it could learn.
    ///
    /// # Errors
    /// Only the store's.
    pub async fn model_state(&self, connection: ConnectionId) -> Result<ModelState, EngineError> {
        Ok(ModelState {
            active: self.store.active_model(connection).await?,
            versions: self.store.model_versions(connection).await?,
            uses: self.store.model_uses(connection).await?,
            rulings: count(&self.rulings(connection).await?),
        })
    }

    async fn rulings(&self, connection: ConnectionId) -> Result<Vec<StoredRuling>, EngineError> {
        Ok(self.store.kept_rulings(connection).await?.into_iter().map(|kept| kept.ruling).collect())
    }

    /// Makes a version from the rulings, gates it and compares the plan under it with the plan of now. It is kept, and not
    /// used. `None` when the rulings move nothing.
    ///
    /// # Errors
    /// Only the store's; nobody was read yet.
    pub async fn propose_model(&self, connection: &Connection) -> Result<Option<Proposal>, EngineError> {
        let rulings = self.rulings(connection.id).await?;
        let kept = self.store.model_versions(connection.id).await?;
        let versions = all_versions(&kept);
        let mut held = self.held(connection).await?;
        if held.employees.is_empty() {
            return Err(refused(
                "nobody was read yet".to_owned(),
                "make a preview first: r on Overview, or `onroll plan`",
            ));
        }
        let threshold = threshold(connection);
        let worked = tokio::task::spawn_blocking(move || {
            let active = held.model.clone();
            let (before, seen) = held.watched(|comparison, _| (comparison.linkage.model.clone(), comparison.effect()));
            let (trained, was) = seen.unwrap_or_else(|| (Model::default(), Default::default()));
            let version = propose(&active, &trained, &rulings, &versions);
            if version.learned == active.learned {
                return Ok(None);
            }
            let (wrong, _) = control_set::reached(active.learned, threshold)?;
            let (wrong_after, _) = control_set::reached(version.learned, threshold)?;
            let verdict = gate(&active, &version, &rulings, &versions, threshold).with_control(wrong, wrong_after);
            held.model = version.clone();
            let (after, is) = held.watched(|comparison, _| (comparison.linkage.model.clone(), comparison.effect()));
            let is = is.map(|(_, effect)| effect).unwrap_or_default();
            let impact = impact(&before, &after);
            let lists = [&impact.unblocked, &impact.change, &impact.breaks, &impact.review, &impact.other];
            let people = lists.into_iter().map(Vec::len).sum::<usize>();
            let difference = Difference {
                people: u32::try_from(people).unwrap_or(u32::MAX),
                before: held.as_planned(was),
                after: held.as_planned(is),
            };
            let flagged = flagged(&held, threshold);
            Ok::<_, EngineError>(Some(Proposal { active, version, verdict, difference, impact, flagged }))
        });
        let found = worked.await.map_err(|error| EngineError::Broken(format!("learning: {error}")))??;
        let Some(mut proposal) = found else { return Ok(None) };
        proposal.version.version = self.keep(connection.id, &kept, &proposal).await?;
        Ok(Some(proposal))
    }

    /// Keeps a proposal; one that says what the newest says already is that one.
    async fn keep(
        &self,
        connection: ConnectionId,
        kept: &[KeptVersion],
        proposal: &Proposal,
    ) -> Result<u32, EngineError> {
        let same = |one: &&KeptVersion| {
            // Measured numbers lose their last digits on the way through JSON; what they come to is compared.
            one.version.parent == proposal.version.parent
                && one.version.learned == proposal.version.learned
                && one.version.rulings == proposal.version.rulings
                && one.verdict.refusal == proposal.verdict.refusal
                && one.difference.people == proposal.difference.people
        };
        if let Some(newest) = kept.last().filter(same) {
            return Ok(newest.version.version);
        }
        let Proposal { version, verdict, difference, .. } = proposal.clone();
        Ok(self.store.add_model(connection, version, verdict, difference, &self.operator).await?)
    }

    /// Takes a proposed version into use (the newest without a number) and plans anew where there is somebody to plan with.
    /// The gate looks at it once more, with the rulings of now.
    ///
    /// # Errors
    /// [`EngineError::Gate`] when the gate refuses it; when it was made from another version than the one in use.
    pub async fn activate_model(
        &self,
        connection: &Connection,
        number: Option<u32>,
    ) -> Result<(u32, Option<SavedPlan>), EngineError> {
        let state = self.model_state(connection.id).await?;
        let wanted = |kept: &&KeptVersion| number.is_none_or(|number| kept.version.version == number);
        let Some(kept) = state.versions.iter().rev().find(wanted) else {
            return Err(refused(
                "there is no such version".to_owned(),
                "propose one first: `onroll model propose TENANT`",
            ));
        };
        let number = kept.version.version;
        if number == state.active.version {
            return Err(refused(format!("version {number} is in use already"), "`onroll model show TENANT` lists all"));
        }
        if kept.version.parent != state.active.version {
            let made = format!(
                "version {number} was made from version {}, but version {} is in use",
                kept.version.parent, state.active.version
            );
            return Err(refused(made, "propose again, or roll back to a version that was in use"));
        }
        let rulings = self.rulings(connection.id).await?;
        let versions = all_versions(&state.versions);
        let verdict = gate(&state.active, &kept.version, &rulings, &versions, threshold(connection));
        // The control set does not change, nor does what either version does with it.
        let verdict = verdict.with_control(kept.verdict.control.0, kept.verdict.control.1);
        if let Some(refusal) = verdict.refusal {
            return Err(EngineError::Gate { version: number, refusal });
        }
        self.store.use_model(connection.id, number, state.active.version, false, &self.operator).await?;
        Ok((number, self.plan_again(connection).await?))
    }

    /// Takes a version that was in use before into use again (without a number the one before), and plans anew.
    ///
    /// # Errors
    /// When there is no such version, or it was never in use.
    pub async fn roll_back_model(
        &self,
        connection: &Connection,
        number: Option<u32>,
    ) -> Result<(u32, Option<SavedPlan>), EngineError> {
        let state = self.model_state(connection.id).await?;
        let Some(number) = number.or_else(|| state.before()) else {
            return Err(refused(
                "nothing was learnt yet: there is no earlier version".to_owned(),
                "`onroll model show TENANT` lists all",
            ));
        };
        if number == state.active.version {
            return Err(refused(format!("version {number} is in use already"), "`onroll model show TENANT` lists all"));
        }
        if !state.was_used(number) {
            return Err(refused(format!("version {number} was never in use"), "take it with `onroll model activate`"));
        }
        self.store.use_model(connection.id, number, state.active.version, true, &self.operator).await?;
        Ok((number, self.plan_again(connection).await?))
    }

    async fn plan_again(&self, connection: &Connection) -> Result<Option<SavedPlan>, EngineError> {
        let pulls = self.store.snapshots(connection.id, Side::Source, 1).await?;
        if pulls.iter().all(|pull| pull.finished_at.is_none()) {
            return Ok(None);
        }
        Ok(Some(self.plan(connection, None).await?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_goes_step_by_step_and_ends_at_nothing_learnt() {
        let used = |versions: &[u32]| ModelState {
            active: ModelVersion::default(),
            versions: Vec::new(),
            uses: versions
                .iter()
                .map(|version| ModelUse { version: *version, back: false, by: String::new(), at: Default::default() })
                .collect(),
            rulings: RulingCounts::default(),
        };
        assert_eq!(used(&[]).before(), None);
        assert_eq!(used(&[2]).before(), Some(1));
        assert_eq!(used(&[2, 4]).before(), Some(2));
        assert_eq!(used(&[2, 4, 2]).before(), Some(1));
        assert_eq!(used(&[2, 1, 5]).before(), Some(1));
        assert_eq!(used(&[2, 1]).before(), None);
    }
}

//! The kinds of operation: one table, from which plan, apply, screens and commands take what they say and do about each.

use super::plan::LimitKind;
use super::run::Phase;
use serde::{Deserialize, Serialize};

/// What an operation does at the destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationKind {
    CreateOption,
    Create,
    Reactivate,
    Link,
    Update,
    SetManager,
    Deactivate,
    RemoveOption,
    Invite,
}

/// The step of apply that carries a kind of operation out. Steps follow each other; within one, several people go at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// What people's values refer to is made first.
    Options,
    Create,
    /// A person's identifier is written before anything that finds the user by it.
    Link,
    Reactivate,
    Update,
    /// After everything else of a person: whoever a manager refers to is there by now, and no other change of the person is
    /// under way.
    Manager,
    /// What takes away, and what mails, comes last.
    Deactivate,
}

impl Step {
    /// Every step, in order.
    pub const ALL: [Step; 7] =
        [Step::Options, Step::Create, Step::Link, Step::Reactivate, Step::Update, Step::Manager, Step::Deactivate];

    /// The phase of a run to which the step belongs.
    pub fn phase(self) -> Phase {
        match self {
            Step::Options => Phase::Options,
            Step::Create => Phase::Create,
            Step::Link | Step::Reactivate | Step::Update | Step::Manager => Phase::Update,
            Step::Deactivate => Phase::Deactivate,
        }
    }
}

/// What becomes of the user: its glyph and colour on every screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserChange {
    Added,
    Linked,
    Changed,
    Back,
    Removed,
}

/// How a written operation is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Undo {
    /// The user that was made is deactivated; nobody is ever deleted.
    Deactivate,
    /// The values that stood there before are written.
    Values,
    /// The identifier that stood there before is written.
    Identifier,
    /// The user is switched back on.
    Reactivate,
    /// The user is switched off again, with the values that stood there before.
    SwitchOff,
    /// It stays, for this reason.
    Never(&'static str),
}

/// By what reading back shows that an operation took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evidence {
    /// Somebody carries the identifier.
    Carried,
    /// The very user carries the identifier.
    CarriedByUser,
    /// The user has the values and the status that were written.
    Values,
    /// The list was read again when its step had ended.
    ListRead,
}

/// The mail that a destination sends because of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MailKind {
    None,
    /// To a new user, where the destination mails those and the user has an address.
    Welcome,
}

/// What is to be known of one kind of operation.
#[derive(Debug, Clone, Copy)]
pub struct OperationFacts {
    /// The stable word in JSON and in the database.
    pub key: &'static str,
    /// The operation, of one person or before a count of one: `new option`.
    pub words: &'static str,
    /// The same before a count of several: `new options`.
    pub plural: &'static str,
    /// What has been done, in the feed log: `option created`.
    pub done: &'static str,
    /// Who or what it is done to, where the operation does not say it: `rehires`.
    pub whom: &'static str,
    pub change: UserChange,
    pub step: Step,
    /// The limit under which it counts as such. (Identifier and e-mail changes count by their fields.)
    pub limit: Option<LimitKind>,
    pub mail: MailKind,
    pub undo: Undo,
    pub evidence: Evidence,
    /// Whether screens list it also where a plan has none.
    pub is_common: bool,
}

impl OperationKind {
    /// Every kind, in the order of the steps of apply.
    pub const ALL: [OperationKind; 9] = [
        OperationKind::CreateOption,
        OperationKind::Create,
        OperationKind::Reactivate,
        OperationKind::Link,
        OperationKind::Update,
        OperationKind::SetManager,
        OperationKind::Deactivate,
        OperationKind::RemoveOption,
        OperationKind::Invite,
    ];

    /// Every kind, in the order in which figures are shown: people first, the commonest on top.
    pub const SHOWN: [OperationKind; 9] = [
        OperationKind::Create,
        OperationKind::Link,
        OperationKind::Update,
        OperationKind::Reactivate,
        OperationKind::Deactivate,
        OperationKind::CreateOption,
        OperationKind::SetManager,
        OperationKind::RemoveOption,
        OperationKind::Invite,
    ];

    /// The table.
    pub const fn facts(self) -> OperationFacts {
        match self {
            OperationKind::CreateOption => OperationFacts {
                key: "create_option",
                words: "new option",
                plural: "new options",
                done: "option created",
                whom: "",
                change: UserChange::Added,
                step: Step::Options,
                limit: None,
                mail: MailKind::None,
                undo: Undo::Never("an option that was created stays; archive it in the destination"),
                evidence: Evidence::ListRead,
                is_common: true,
            },
            OperationKind::Create => OperationFacts {
                key: "create",
                words: "create",
                plural: "create",
                done: "created",
                whom: "new users",
                change: UserChange::Added,
                step: Step::Create,
                limit: Some(LimitKind::Creations),
                mail: MailKind::Welcome,
                undo: Undo::Deactivate,
                evidence: Evidence::Carried,
                is_common: true,
            },
            OperationKind::Reactivate => OperationFacts {
                key: "reactivate",
                words: "reactivate",
                plural: "reactivate",
                done: "reactivated",
                whom: "rehires",
                change: UserChange::Back,
                step: Step::Reactivate,
                limit: None,
                mail: MailKind::None,
                undo: Undo::SwitchOff,
                evidence: Evidence::Values,
                is_common: true,
            },
            OperationKind::Link => OperationFacts {
                key: "link",
                words: "link",
                plural: "link",
                done: "linked",
                whom: "",
                change: UserChange::Linked,
                step: Step::Link,
                limit: None,
                mail: MailKind::None,
                undo: Undo::Identifier,
                evidence: Evidence::CarriedByUser,
                is_common: true,
            },
            OperationKind::Update => OperationFacts {
                key: "update",
                words: "update",
                plural: "update",
                done: "updated",
                whom: "",
                change: UserChange::Changed,
                step: Step::Update,
                limit: Some(LimitKind::Updates),
                mail: MailKind::None,
                undo: Undo::Values,
                evidence: Evidence::Values,
                is_common: true,
            },
            OperationKind::SetManager => OperationFacts {
                key: "set_manager",
                words: "set manager",
                plural: "set manager",
                done: "manager set",
                whom: "",
                change: UserChange::Changed,
                step: Step::Manager,
                limit: None,
                mail: MailKind::None,
                undo: Undo::Never("the manager has to be set back in the destination"),
                evidence: Evidence::Values,
                is_common: false,
            },
            OperationKind::Deactivate => OperationFacts {
                key: "deactivate",
                words: "deactivate",
                plural: "deactivate",
                done: "deactivated",
                whom: "leavers",
                change: UserChange::Removed,
                step: Step::Deactivate,
                limit: Some(LimitKind::Leavers),
                mail: MailKind::None,
                undo: Undo::Reactivate,
                evidence: Evidence::Values,
                is_common: true,
            },
            OperationKind::RemoveOption => OperationFacts {
                key: "remove_option",
                words: "remove option",
                plural: "remove options",
                done: "option removed",
                whom: "",
                change: UserChange::Removed,
                step: Step::Deactivate,
                limit: None,
                mail: MailKind::None,
                undo: Undo::Never("an option that was removed has to be made again in the destination"),
                evidence: Evidence::ListRead,
                is_common: false,
            },
            OperationKind::Invite => OperationFacts {
                key: "invite",
                words: "invite",
                plural: "invite",
                done: "invited",
                whom: "",
                change: UserChange::Added,
                step: Step::Deactivate,
                limit: None,
                mail: MailKind::Welcome,
                undo: Undo::Never("an invitation that was sent cannot be called back"),
                evidence: Evidence::Carried,
                is_common: false,
            },
        }
    }

    /// The stable word in JSON and in the database.
    pub fn key(self) -> &'static str {
        self.facts().key
    }

    /// Whether it is about an option of a list, and nobody's.
    pub fn is_of_list(self) -> bool {
        self.facts().evidence == Evidence::ListRead
    }

    /// The kind with this stable word.
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.key() == key)
    }

    /// The operation in words, of one person: `new option`.
    pub fn words(self) -> &'static str {
        self.facts().words
    }

    /// The operation in words, before a count.
    pub fn counted(self, count: u32) -> &'static str {
        if count == 1 { self.facts().words } else { self.facts().plural }
    }

    /// The phase of a run in which it is carried out.
    pub fn phase(self) -> Phase {
        self.facts().step.phase()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_kind_is_listed_once_in_both_orders_and_apply_walks_them_step_by_step() {
        let all: BTreeSet<_> = OperationKind::ALL.into_iter().collect();
        assert_eq!(all, OperationKind::SHOWN.into_iter().collect());
        assert_eq!(all.len(), OperationKind::ALL.len());
        for kind in OperationKind::ALL {
            assert_eq!(OperationKind::from_key(kind.key()), Some(kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.key(), "one word in JSON and in the database");
            assert!(Step::ALL.contains(&kind.facts().step));
        }
        let keys: BTreeSet<_> = OperationKind::ALL.into_iter().map(OperationKind::key).collect();
        assert_eq!(keys.len(), all.len());
        assert!(Step::ALL.is_sorted(), "steps follow each other as they are declared");
        let phases: Vec<Phase> = Step::ALL.into_iter().map(Step::phase).collect();
        let mut once = phases.clone();
        once.dedup();
        assert_eq!(
            once.len(),
            phases.iter().collect::<std::collections::HashSet<_>>().len(),
            "a phase is entered once"
        );
    }
}

//! The settings of a connection (DESIGN 7), with their defaults.

pub mod check;

pub use check::BadSetting;

use super::custom_field;
use super::field::Field;
use super::list::ListKey;
use super::person::EmploymentStatus;
use super::report::ReportWhen;
use super::schedule::{Missed, Schedule};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A stop condition: a number and a share of the linked people, whichever is reached first.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// At most this many; `None` where only the share counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    /// At most this share of linked people, in percent; a share never allows fewer than 3.
    pub percent: f64,
}

/// How many of each kind a plan may have before it waits for a typed confirmation (ALL08).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    pub leavers: Limit,
    pub creations: Limit,
    pub updates: Limit,
    /// Changes of an identifier or an e-mail; filling an empty identifier is none.
    pub identifiers: Limit,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            leavers: Limit { number: Some(10), percent: 5.0 },
            creations: Limit { number: Some(25), percent: 10.0 },
            updates: Limit { number: None, percent: 50.0 },
            identifiers: Limit { number: Some(5), percent: 2.0 },
        }
    }
}

/// When a person whom the source calls ended is deactivated.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeaverPolicy {
    /// After the last day has ended in the tenant's zone (case 35).
    #[default]
    EndOfLastDay,
    AtOnce,
    Never,
}

/// What becomes of linked people who are missing from a complete pull.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MissingPolicy {
    /// Held as `status_unclear`: missing is unknown, not gone.
    #[default]
    Hold,
    /// They count as leavers, within the limit.
    Leavers,
}

/// What becomes of a user who was deleted in the destination while still employed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecreatePolicy {
    /// Created again by the next run (PL10).
    #[default]
    Yes,
    /// Held until an operator rules.
    Ask,
}

/// What a status word of the source means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusMeaning {
    Active,
    Ended,
}

impl StatusMeaning {
    /// Every meaning.
    pub const ALL: [StatusMeaning; 2] = [StatusMeaning::Active, StatusMeaning::Ended];

    /// The stable word.
    pub fn key(self) -> &'static str {
        match self {
            StatusMeaning::Active => "active",
            StatusMeaning::Ended => "ended",
        }
    }
}

/// When a synced field may be written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WritePolicy {
    #[default]
    Always,
    OnlyWhenEmpty,
    OnlyAtCreation,
    Never,
}

/// Settings of a connection. Everything has a default but what only the operator can know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Link by an equal work e-mail when the identifier is not found (guarded, DESIGN 7a 17). Off: a suggestion only.
    pub email_fallback: bool,
    /// Probability from which a candidate is linked without an operator; off by default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_link: Option<f64>,
    /// Probability of the best candidate below which somebody is called new (MATCHING 5.6). Left out where it is the
    /// default, so that settings of before read and hash the same.
    #[serde(skip_serializing_if = "is_default_new_below")]
    pub new_below: f64,
    /// How the destination stands: does it mail new users by itself (FR01)?
    pub welcome_mail: bool,
    pub leavers: LeaverPolicy,
    pub missing: MissingPolicy,
    pub recreate: RecreatePolicy,
    /// Create future starters this many days before their start date; 0 is on the day.
    pub create_days_before_start: u16,
    /// Known-as becomes the first name.
    pub use_known_as: bool,
    /// Reports-to becomes the user's own manager (PE07). Left out where it is the default, as `new_below` is.
    #[serde(skip_serializing_if = "is_off")]
    pub managers: bool,
    /// Options that were made from here (teams) are taken away once nobody needs them (PE05).
    #[serde(skip_serializing_if = "is_off")]
    pub remove_unused_options: bool,
    /// By field key (`email`); fields that are not named are written always.
    pub write_policy: BTreeMap<String, WritePolicy>,
    /// Field keys for which a blank source value erases what the destination holds.
    pub erase_when_blank: Vec<String>,
    /// Access profile of new users; the destination's own default where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub access_profile: Option<String>,
    pub limits: Limits,
    /// Which source field feeds which destination field (`job_title` = `custom:Job title (Flow)`).
    pub field_map: BTreeMap<String, String>,
    /// Source departments (names) whose people are in scope; empty takes all.
    pub departments: Vec<String>,
    /// Status words of the source that mean `active` or `ended`, beyond the vendor's own; case and blanks around a word do not
    /// count.
    pub status_map: BTreeMap<String, StatusMeaning>,
    /// Longest time, in seconds, until the destination shows what was written; the vendor's own where absent. A creation
    /// whose answer was lost is called not done only when reading shows nothing after that time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shows_within_s: Option<u32>,
    /// Snapshots and feed lines are kept this many days; 2,555 is seven years.
    pub retention_days: u32,
    /// When runs begin by themselves (FR01). Left out where it is the default, as are the two that follow.
    #[serde(skip_serializing_if = "Schedule::is_manual")]
    pub schedule: Schedule,
    /// What becomes of runs that were due while nobody watched.
    #[serde(skip_serializing_if = "is_default_missed")]
    pub missed: Missed,
    /// Minutes over which tenants that are due at one moment are spread; by the kind of schedule where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub jitter_minutes: Option<u16>,
    /// E-mail addresses that get the report of each run (FR05). Left out where nobody does, as is the one that follows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub report_recipients: Vec<String>,
    /// Of which runs.
    #[serde(skip_serializing_if = "is_default_report_when")]
    pub report_when: ReportWhen,
}

impl Settings {
    /// What a source's word comes to: a word of the status map has the meaning that the operator gave it.
    pub fn status_of<'s>(&self, status: &'s EmploymentStatus) -> Cow<'s, EmploymentStatus> {
        let EmploymentStatus::Unclear(word) = status else { return Cow::Borrowed(status) };
        let folded = |word: &str| word.trim().to_lowercase();
        let wanted = folded(word);
        match self.status_map.iter().find(|(known, _)| folded(known) == wanted) {
            Some((_, StatusMeaning::Active)) => Cow::Owned(EmploymentStatus::Active),
            Some((_, StatusMeaning::Ended)) => Cow::Owned(EmploymentStatus::Ended),
            None => Cow::Borrowed(status),
        }
    }

    /// The same without what says only when runs begin and who is told of them: nothing that is read, planned or written
    /// depends on that.
    #[must_use]
    pub fn without_schedule(&self) -> Self {
        let Settings { schedule, missed, jitter_minutes, report_recipients, report_when, .. } = Settings::default();
        Self { schedule, missed, jitter_minutes, report_recipients, report_when, ..self.clone() }
    }

    /// The option of a list that users get who come to none.
    pub fn default_option(&self, list: ListKey) -> Option<&str> {
        if list == ListKey::ACCESS_PROFILE { self.access_profile.as_deref() } else { None }
    }

    /// The custom fields of the destination that the field map names, in the order of their names.
    pub fn custom_fields(&self) -> impl Iterator<Item = Field> + '_ {
        self.field_map.keys().filter_map(|key| custom_field::of_key(key)).map(Field::Custom)
    }
}

/// [`Settings::new_below`] where nothing is said.
pub const NEW_BELOW: f64 = 0.02;

fn is_default_new_below(share: &f64) -> bool {
    *share == NEW_BELOW
}

fn is_default_missed(missed: &Missed) -> bool {
    *missed == Missed::default()
}

fn is_default_report_when(when: &ReportWhen) -> bool {
    *when == ReportWhen::default()
}

fn is_off(switch: &bool) -> bool {
    !switch
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            email_fallback: false,
            auto_link: None,
            new_below: NEW_BELOW,
            welcome_mail: true,
            leavers: LeaverPolicy::default(),
            missing: MissingPolicy::default(),
            recreate: RecreatePolicy::default(),
            create_days_before_start: 0,
            use_known_as: false,
            managers: false,
            remove_unused_options: false,
            write_policy: BTreeMap::new(),
            erase_when_blank: Vec::new(),
            access_profile: None,
            limits: Limits::default(),
            field_map: BTreeMap::new(),
            departments: Vec::new(),
            status_map: BTreeMap::new(),
            shows_within_s: None,
            retention_days: 2555,
            schedule: Schedule::default(),
            missed: Missed::default(),
            jitter_minutes: None,
            report_recipients: Vec::new(),
            report_when: ReportWhen::default(),
        }
    }
}

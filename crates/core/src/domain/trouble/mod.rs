//! Troubles: what keeps a tenant's feed from working, each with a life. The same cause on the next run is the same trouble; it is
//! opened once, may be seen and muted, works again after a success, and is closed when a quiet day has passed since. Pure: the state
//! before and what was found give the state after.

mod cause;
mod mail;
pub mod nowhere;
mod observed;
#[cfg(test)]
mod tests;

pub use cause::{Cause, Proof, is_answered, is_reach, is_trouble};
pub use mail::{Letter, nowhere_letter, over_letter, relief_letter, trouble_letter};
pub use observed::{Found, Observation, PlanShown, RunEnd, observed};

use super::code::Code;
use super::ids::{ConnectionId, RunId};
use jiff::{SignedDuration, Timestamp};

/// So long it has to be quiet before a trouble that works again is closed.
pub const QUIET: SignedDuration = SignedDuration::from_hours(24);

/// How bad it is, and so of which kind: another one is news.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// Some lines or people do not go; the rest does.
    Part,
    /// Nothing goes.
    Whole,
    /// Nothing goes, and nothing is tried until an operator has acted.
    Halted,
}

impl Grade {
    const ALL: [Grade; 3] = [Grade::Part, Grade::Whole, Grade::Halted];

    /// The stable word in JSON and in the database.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Grade::Part => "part",
            Grade::Whole => "whole",
            Grade::Halted => "halted",
        }
    }

    /// The grade with this stable word.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grade| grade.key() == key)
    }
}

/// Who did something to a trouble, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct By {
    pub by: String,
    pub at: Timestamp,
}

/// That nobody wants to hear of a trouble for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mute {
    pub by: String,
    pub at: Timestamp,
    /// The begin of that day; `None` until it changes: another kind, more people, or it works again.
    pub until: Option<Timestamp>,
    /// People whom it concerned then.
    pub people: u32,
}

/// Where a trouble is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TroubleLife {
    Open,
    Muted,
    /// It works again, and is not quiet for long enough yet.
    Quiet,
    /// It stays as it is: nothing of its tenant runs, because it is not live.
    Aside,
    Closed,
}

impl TroubleLife {
    /// Every one, in the order of the list.
    pub const ALL: [TroubleLife; 5] =
        [TroubleLife::Open, TroubleLife::Muted, TroubleLife::Quiet, TroubleLife::Aside, TroubleLife::Closed];

    /// The stable word in JSON and filters.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            TroubleLife::Open => "open",
            TroubleLife::Muted => "muted",
            TroubleLife::Quiet => "quiet",
            TroubleLife::Aside => "aside",
            TroubleLife::Closed => "closed",
        }
    }
}

/// What was told of a trouble's working again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Recovery {
    #[default]
    Untold,
    Told,
    /// It was told to work again, and came back within the quiet day. That it comes and goes is told no further.
    Relapsed,
}

impl Recovery {
    const ALL: [Recovery; 3] = [Recovery::Untold, Recovery::Told, Recovery::Relapsed];

    /// The stable word in the database.
    #[must_use]
    pub fn key(self) -> &'static str {
        match self {
            Recovery::Untold => "untold",
            Recovery::Told => "told",
            Recovery::Relapsed => "relapsed",
        }
    }

    /// The one with this stable word.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.key() == key)
    }
}

/// One trouble of one tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// 0 before it is kept.
    pub id: i64,
    pub connection: ConnectionId,
    pub cause: Cause,
    pub grade: Grade,
    /// What is wrong, as it was said last; without personal data.
    pub what: String,
    /// Why, the vendor quoted; empty where nobody said.
    pub why: String,
    /// People or lines that it concerned last; 0 where it is not about some of them.
    pub people: u32,
    pub opened_at: Timestamp,
    /// `None` where no run found it.
    pub opened_by: Option<RunId>,
    pub last_at: Timestamp,
    pub last_run: Option<RunId>,
    /// How often it was found.
    pub times: u32,
    pub seen: Option<By>,
    pub mute: Option<Mute>,
    /// Since when it works again.
    pub works_since: Option<Timestamp>,
    pub closed_at: Option<Timestamp>,
    /// It was mailed as it is.
    pub is_told: bool,
    /// The run that has shown that it works again.
    pub works_by: Option<RunId>,
    /// The run that met it again after that was told.
    pub back_by: Option<RunId>,
    pub recovery: Recovery,
}

impl Trouble {
    /// Where it is in its life at `now`. Nothing has to be written for a day to pass.
    #[must_use]
    pub fn life(&self, now: Timestamp) -> TroubleLife {
        if self.ended(now).is_some() {
            TroubleLife::Closed
        } else if self.works_since.is_some() {
            TroubleLife::Quiet
        } else if self.is_muted(now) {
            TroubleLife::Muted
        } else {
            TroubleLife::Open
        }
    }

    /// The same beside whether anything of its tenant runs.
    #[must_use]
    pub fn stands(&self, is_running: bool, now: Timestamp) -> TroubleLife {
        match self.life(now) {
            TroubleLife::Closed => TroubleLife::Closed,
            _ if !is_running => TroubleLife::Aside,
            life => life,
        }
    }

    /// When it was closed, where it is by `now`.
    #[must_use]
    pub fn ended(&self, now: Timestamp) -> Option<Timestamp> {
        let quiet = self.works_since.and_then(|since| since.saturating_add(QUIET).ok());
        self.closed_at.or(quiet.filter(|end| *end <= now))
    }

    /// Whether somebody has muted it and that still holds.
    #[must_use]
    pub fn is_muted(&self, now: Timestamp) -> bool {
        self.mute.as_ref().is_some_and(|mute| mute.until.is_none_or(|until| now < until))
    }

    /// What is wrong, with the destination by its name.
    #[must_use]
    pub fn words(&self, destination: &str) -> String {
        let lines = |verb: &str| match self.people {
            1 => format!("1 line {verb}"),
            many => format!("{many} lines {verb}"),
        };
        use super::code::LineCode as L;
        match self.cause.code {
            Code::Line(L::Refused) => lines(&format!("refused by {destination}")),
            Code::Line(L::NoAnswer) => lines("without an answer"),
            Code::Line(L::Moved) => lines("skipped, moved"),
            _ => self.what.clone(),
        }
    }
}

/// What has become of a trouble, where that is to be told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum News {
    Opened,
    /// It is worse, or less bad, than it was.
    Changed,
    WorksAgain,
    /// It was told to work again, and does not.
    Back,
    Closed,
}

/// A trouble after something was observed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    pub trouble: Trouble,
    pub news: Option<News>,
    /// It was found just now.
    pub is_found: bool,
}

impl Kept {
    fn left(trouble: Trouble, news: Option<News>) -> Self {
        Self { trouble, news, is_found: false }
    }

    /// Whether it is to be mailed: once when it is opened, and once for each change of its kind. What could not be mailed then,
    /// because it was muted or one mail told of the whole fleet, is mailed when it is found again after that.
    #[must_use]
    pub fn wants_mail(&self, now: Timestamp) -> bool {
        self.is_found && !self.trouble.is_told && self.trouble.cause.is_mailed() && !self.trouble.is_muted(now)
    }
}

impl Kept {
    /// Whether it is to be told that it works again: once, of what was told before.
    #[must_use]
    pub fn wants_relief(&self, now: Timestamp) -> bool {
        let trouble = &self.trouble;
        self.news == Some(News::WorksAgain)
            && trouble.is_told
            && trouble.recovery == Recovery::Untold
            && trouble.cause.is_mailed()
            && !trouble.is_muted(now)
    }
}

/// The troubles of a tenant after something was observed; those before that are closed already may be left out.
#[must_use]
pub fn after(former: Vec<Trouble>, connection: ConnectionId, seen: &Observation) -> Vec<Kept> {
    let mut found: Vec<&Found> = Vec::new();
    for one in &seen.found {
        if !found.iter().any(|other| other.cause == one.cause) {
            found.push(one);
        }
    }
    let mut all = Vec::with_capacity(former.len() + found.len());
    for mut trouble in former {
        if trouble.closed_at.is_some() {
            all.push(Kept::left(trouble, None));
            continue;
        }
        if let Some(ended) = trouble.ended(seen.at) {
            trouble.closed_at = Some(ended);
            all.push(Kept::left(trouble, Some(News::Closed)));
            continue;
        }
        let again = found.iter().position(|one| one.cause == trouble.cause).map(|place| found.remove(place));
        let is_found = again.is_some();
        let news = match again {
            Some(again) => is_found_again(&mut trouble, again, seen),
            None if seen.proof.shows(&trouble.cause) => works_again(&mut trouble, seen),
            None => None,
        };
        all.push(Kept { trouble, news, is_found });
    }
    all.extend(found.into_iter().map(|one| Kept {
        trouble: opened(connection, one, seen),
        news: Some(News::Opened),
        is_found: true,
    }));
    all
}

fn opened(connection: ConnectionId, found: &Found, seen: &Observation) -> Trouble {
    Trouble {
        id: 0,
        connection,
        cause: found.cause.clone(),
        grade: found.grade,
        what: found.what.clone(),
        why: found.why.clone(),
        people: found.people,
        opened_at: seen.at,
        opened_by: seen.run,
        last_at: seen.at,
        last_run: seen.run,
        times: 1,
        seen: None,
        mute: None,
        works_since: None,
        closed_at: None,
        is_told: false,
        works_by: None,
        back_by: None,
        recovery: Recovery::Untold,
    }
}

fn is_found_again(trouble: &mut Trouble, found: &Found, seen: &Observation) -> Option<News> {
    // A run that is finished later ends twice; it says the same thing once.
    let is_told = seen.run.is_some() && trouble.last_run == seen.run && trouble.works_since.is_none();
    trouble.times = trouble.times.saturating_add(u32::from(!is_told));
    let is_other = trouble.grade != found.grade;
    let is_void = |mute: &Mute| match mute.until {
        Some(until) => until <= seen.at,
        None => is_other || found.people > mute.people,
    };
    if trouble.mute.as_ref().is_some_and(is_void) {
        trouble.mute = None;
    }
    trouble.grade = found.grade;
    trouble.what.clone_from(&found.what);
    trouble.why.clone_from(&found.why);
    trouble.people = found.people;
    let is_back = trouble.works_since.is_some() && trouble.recovery == Recovery::Told;
    (trouble.last_at, trouble.last_run, trouble.works_since) = (seen.at, seen.run, None);
    if is_back {
        // Whoever heard that it works again must hear that it does not.
        (trouble.recovery, trouble.back_by, trouble.is_told) = (Recovery::Relapsed, seen.run, false);
    }
    if is_other {
        (trouble.seen, trouble.is_told) = (None, false);
    }
    match (is_back, is_other) {
        (true, _) => Some(News::Back),
        (false, true) => Some(News::Changed),
        (false, false) => None,
    }
}

fn works_again(trouble: &mut Trouble, seen: &Observation) -> Option<News> {
    let at = seen.at;
    let news = trouble.works_since.is_none().then_some(News::WorksAgain);
    if news.is_some() {
        trouble.works_by = seen.run;
    }
    // A clock that was put back must not keep it open for as long as it was ahead.
    trouble.works_since = Some(trouble.works_since.map_or(at, |since| since.min(at)));
    trouble.mute.take_if(|mute| mute.until.is_none_or(|until| until <= at));
    news
}

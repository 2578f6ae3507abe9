//! Troubles of all tenants: how they stand, their one count, and what an operator does about them.

use super::access::Access;
use super::error::ServiceError;
use crate::domain::code::{Code, FeedCode, ProblemCode};
use crate::domain::connection::{Connection, ConnectionStatus};
use crate::domain::filter::{Column, Kind, Row};
use crate::domain::trouble::nowhere::Nowhere;
use crate::domain::trouble::{Grade, Trouble, TroubleLife, is_reach};
use crate::engine::Engine;
use crate::engine::troubles::Fleet;
use crate::ports::clock::day_in;
use crate::store::{StoreError, TroubleAct};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashMap;

/// A closed trouble is listed so long, where not all are asked for.
const LISTED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// A trouble and how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    pub trouble: Trouble,
    pub life: TroubleLife,
    /// Short name.
    pub tenant: String,
    pub tenant_name: String,
    /// Words of what is wrong, the destination by its name.
    pub what: String,
    /// The zone in which its days count.
    pub zone: TimeZone,
    /// People of the tenant.
    pub people: u64,
    /// The plan that waits for its number to be typed.
    pub waiting_plan: Option<i64>,
    /// Nothing succeeds anywhere, and that is why.
    pub is_explained: bool,
}

/// The one count of troubles, for every screen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Broken now: not muted, not explained by another one, of a tenant of which something runs. That nothing succeeds anywhere is
    /// one of them.
    pub open: usize,
    /// Explained by it.
    pub explained: usize,
    pub muted: usize,
    /// They work again.
    pub quiet: usize,
    /// Of tenants that are not live.
    pub aside: usize,
    pub closed: usize,
}

/// The troubles of all tenants.
#[derive(Debug, Clone, PartialEq)]
pub struct Troubles {
    /// By life, the worst first; closed ones of the last seven days, or all of them.
    pub lines: Vec<Listed>,
    pub figures: Figures,
    pub nowhere: Option<Nowhere>,
    /// The last success of all tenants: whose, and when.
    pub last_success: Option<(String, Timestamp)>,
    pub tenants: usize,
}

/// Every trouble that is open, muted or quiet, and those that were closed in the last seven days; `all`: whenever.
///
/// # Errors
/// The store's.
pub async fn all(engine: &Engine, all: bool) -> Result<Troubles, ServiceError> {
    let now = engine.clock.now();
    let Fleet { feeds, nowhere } = engine.fleet().await?;
    let connections = engine.store.connections().await?;
    let people = engine.store.people_counts().await?;
    let known: HashMap<_, &Connection> = connections.iter().map(|connection| (connection.id, connection)).collect();
    let mut lines = Vec::new();
    for trouble in engine.store.troubles().await? {
        let Some(connection) = known.get(&trouble.connection) else { continue };
        let destination = engine.abilities(connection).map_or("the destination", |both| both.destination.name);
        let runs = matches!(connection.status, ConnectionStatus::Live | ConnectionStatus::Paused);
        let life = trouble.stands(runs, now);
        lines.push(Listed {
            life,
            tenant: connection.short_name.clone(),
            tenant_name: connection.tenant_name.clone(),
            what: trouble.words(destination),
            zone: TimeZone::get(&connection.time_zone).unwrap_or(TimeZone::UTC),
            people: people.get(&connection.id).copied().unwrap_or_default(),
            waiting_plan: waiting_plan(engine, &trouble, life).await?,
            is_explained: nowhere.as_ref().is_some_and(|nowhere| is_explained(&trouble, life, nowhere)),
            trouble,
        });
    }
    let figures = figures(&lines, nowhere.is_some());
    let is_old = |line: &Listed| line.trouble.ended(now).is_some_and(|ended| now.duration_since(ended) > LISTED);
    lines.retain(|line| all || !is_old(line));
    lines.sort_by_key(|line| rank(line, now));
    let last = feeds.iter().filter_map(|feed| Some((feed.last_success?, &feed.tenant))).max();
    Ok(Troubles {
        lines,
        figures,
        nowhere,
        last_success: last.map(|(at, tenant)| (tenant.clone(), at)),
        tenants: connections.len(),
    })
}

/// How many troubles there are.
///
/// # Errors
/// The store's.
pub async fn count(engine: &Engine) -> Result<Figures, ServiceError> {
    Ok(all(engine, true).await?.figures)
}

/// Whether nothing succeeds anywhere now.
///
/// # Errors
/// The store's.
pub async fn nowhere(engine: &Engine) -> Result<Option<Nowhere>, ServiceError> {
    Ok(engine.fleet().await?.nowhere)
}

/// The newest plan of its tenant, where that is what waits.
async fn waiting_plan(engine: &Engine, trouble: &Trouble, life: TroubleLife) -> Result<Option<i64>, ServiceError> {
    use ProblemCode as C;
    let waits = matches!(trouble.cause.code, Code::Problem(C::LimitExceeded | C::FirstImport));
    if !waits || !matches!(life, TroubleLife::Open | TroubleLife::Muted) {
        return Ok(None);
    }
    let plan = match engine.store.latest_plan(trouble.connection).await {
        Err(StoreError::Unreadable { .. }) => None,
        plan => plan?,
    };
    let past = plan.filter(|plan| {
        plan.approval.is_none() && (plan.first_import || plan.limits.iter().any(|one| one.is_exceeded()))
    });
    Ok(past.map(|plan| plan.id.0))
}

fn is_explained(trouble: &Trouble, life: TroubleLife, nowhere: &Nowhere) -> bool {
    let code = trouble.cause.code;
    let is_alike = is_reach(code) || code == Code::Feed(FeedCode::ScheduleMissed);
    let stands = matches!(life, TroubleLife::Open | TroubleLife::Muted);
    stands && is_alike && trouble.last_at >= nowhere.since && nowhere.tenants.contains(&trouble.connection)
}

fn figures(lines: &[Listed], nowhere: bool) -> Figures {
    let mut figures = Figures { open: usize::from(nowhere), ..Figures::default() };
    for line in lines {
        let place = match line.life {
            _ if line.is_explained => &mut figures.explained,
            TroubleLife::Open => &mut figures.open,
            TroubleLife::Muted => &mut figures.muted,
            TroubleLife::Quiet => &mut figures.quiet,
            TroubleLife::Aside => &mut figures.aside,
            TroubleLife::Closed => &mut figures.closed,
        };
        *place += 1;
    }
    figures
}

type Rank = (TroubleLife, bool, Reverse<Grade>, Reverse<i64>, Reverse<u32>, i64);

/// The worst first; of those that are over the newest.
fn rank(line: &Listed, now: Timestamp) -> Rank {
    let trouble = &line.trouble;
    let over = match line.life {
        TroubleLife::Quiet => trouble.works_since,
        TroubleLife::Closed => trouble.ended(now),
        TroubleLife::Open | TroubleLife::Muted | TroubleLife::Aside => None,
    };
    let grade = if over.is_some() { Grade::Part } else { trouble.grade };
    let over = over.map_or(0, Timestamp::as_second);
    (line.life, line.is_explained, Reverse(grade), Reverse(over), Reverse(trouble.people), trouble.id)
}

impl Figures {
    /// `3 open, 1 muted, 2 quiet`.
    #[must_use]
    pub fn words(&self) -> String {
        let mut words = vec![format!("{} open", self.open)];
        for (count, word) in [
            (self.explained, "explained by it"),
            (self.muted, "muted"),
            (self.quiet, "quiet"),
            (self.aside, "not live"),
        ] {
            if count > 0 {
                words.push(format!("{count} {word}"));
            }
        }
        words.join(", ")
    }
}

impl Listed {
    /// Where it is in its life, in words; `moment` says a time as it is read there, `day` a day.
    pub fn life_words(&self, moment: &dyn Fn(Timestamp) -> String, day: &dyn Fn(Timestamp) -> String) -> String {
        let trouble = &self.trouble;
        match self.life {
            _ if self.is_explained => "explained by it".to_owned(),
            TroubleLife::Open => match &trouble.seen {
                Some(seen) => format!("seen {} {}", seen.by, moment(seen.at)),
                None => "not seen yet".to_owned(),
            },
            TroubleLife::Muted => match trouble.mute.as_ref().and_then(|mute| mute.until) {
                Some(until) => format!("muted until {}", day(until)),
                None => "muted until it changes".to_owned(),
            },
            TroubleLife::Quiet => format!("quiet since {}", trouble.works_since.map(moment).unwrap_or_default()),
            TroubleLife::Aside => "the tenant is not live".to_owned(),
            TroubleLife::Closed => {
                let quiet =
                    trouble.works_since.and_then(|since| since.saturating_add(crate::domain::trouble::QUIET).ok());
                format!("closed {}", trouble.closed_at.or(quiet).map(moment).unwrap_or_default())
            }
        }
    }

    /// What it takes until it is closed, as a sentence without a full stop.
    #[must_use]
    pub fn closes_words(&self) -> &'static str {
        match (self.life, self.trouble.grade, self.trouble.cause.code) {
            (TroubleLife::Closed, ..) => "it is over; the same cause would open another one",
            (TroubleLife::Quiet, ..) => "it works again, and closes when a day has gone by without it",
            (TroubleLife::Aside, ..) => "nothing of this tenant runs; it goes on when the tenant is live again",
            (_, Grade::Halted, _) => "closes when the test call passes, a run succeeds and a day goes by without it",
            (_, _, Code::Feed(FeedCode::ScheduleMissed)) => {
                "closes when a scheduled run has begun and a day goes by without it"
            }
            (_, _, Code::Feed(_)) => "closes when a delivery could be read and a day goes by without it",
            (_, _, Code::Hold(_)) => "closes when a plan holds nobody for it and a day goes by without it",
            (_, _, code) if is_reach(code) => "closes when both ends answer and a day goes by without it",
            _ => "closes when a run about everybody succeeds and a day goes by without it",
        }
    }
}

/// The columns, as a filter names them.
#[must_use]
pub fn columns() -> Vec<Column> {
    vec![
        Column::new("tenant", "tenant", Kind::Text).facet(),
        Column::new("life", "life", Kind::Choice).facet(),
        Column::new("code", "code", Kind::Text).facet(),
        Column::new("what", "what", Kind::Text),
        Column::new("people", "people", Kind::Number),
        Column::new("opened", "opened", Kind::Day),
        Column::new("seen", "seen by", Kind::Text).facet(),
    ]
}

impl Row for Listed {
    fn value(&self, column: usize) -> Cow<'_, str> {
        match column {
            0 => self.tenant_name.as_str().into(),
            1 => self.life.key().into(),
            2 => self.trouble.cause.code.key().into(),
            3 => self.what.as_str().into(),
            4 => self.trouble.people.to_string().into(),
            5 => self.trouble.opened_at.to_zoned(self.zone.clone()).datetime().to_string().into(),
            _ => self.trouble.seen.as_ref().map(|seen| seen.by.as_str()).unwrap_or_default().into(),
        }
    }
}

/// Marks troubles as seen.
///
/// # Errors
/// Where nothing may be changed; one that is not there; the store's.
pub async fn seen(engine: &Engine, access: &Access, ids: &[i64]) -> Result<(), ServiceError> {
    access.change()?;
    for id in ids {
        engine.store.act_on_trouble(*id, TroubleAct::Seen, &access.operator).await?;
    }
    Ok(())
}

/// Mutes troubles until the begin of that day in their tenants' zones; `None` until they change.
///
/// # Errors
/// Where nothing may be changed; a day that has come; one that is not there, or is closed; the store's.
pub async fn mute(engine: &Engine, access: &Access, ids: &[i64], until: Option<Date>) -> Result<(), ServiceError> {
    access.change()?;
    let now = engine.clock.now();
    let mut acts = Vec::with_capacity(ids.len());
    for id in ids {
        let trouble = find(engine, *id).await?;
        if trouble.life(now) == TroubleLife::Closed {
            let what = format!("trouble {id} is closed: there is nothing to mute");
            return Err(ServiceError::Status { what, remedy: "`onroll troubles` lists those that are open" });
        }
        let connection = engine.store.connection(trouble.connection).await?;
        let zone = &connection.time_zone;
        if let Some(day) = until.filter(|day| *day <= day_in(now, zone)) {
            let what = format!("a trouble cannot be muted until {day}: that day has come in {zone}");
            return Err(ServiceError::Status {
                what,
                remedy: "name a later day, or none: then it is muted until it changes",
            });
        }
        let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
        let begin = until.and_then(|day| day.to_zoned(zone).ok()).map(|zoned| zoned.timestamp());
        acts.push((*id, TroubleAct::Mute(begin)));
    }
    for (id, act) in acts {
        engine.store.act_on_trouble(id, act, &access.operator).await?;
    }
    Ok(())
}

/// Takes the mute of troubles back.
///
/// # Errors
/// Where nothing may be changed; one that is not there; the store's.
pub async fn unmute(engine: &Engine, access: &Access, ids: &[i64]) -> Result<(), ServiceError> {
    access.change()?;
    for id in ids {
        engine.store.act_on_trouble(*id, TroubleAct::Unmute, &access.operator).await?;
    }
    Ok(())
}

async fn find(engine: &Engine, id: i64) -> Result<Trouble, ServiceError> {
    let all = engine.store.troubles().await?;
    let found = all.into_iter().find(|trouble| trouble.id == id);
    Ok(found.ok_or_else(|| StoreError::Missing { what: format!("trouble {id}") })?)
}

//! The digest of all tenants: put together from what the screens show, told once for each due moment, or by hand.

use super::access::Access;
use super::error::ServiceError;
use super::fleet::{self, HoldLine, Part, Sums};
use super::troubles::{self, Listed, Troubles};
use crate::domain::connection::{Connection, ConnectionStatus};
pub use crate::domain::digest::{Digest, Stage, html, plain, subject};
use crate::domain::digest::{HeldLine, Moved, Ran, TroubleLine, Waiting};
use crate::domain::ids::ConnectionId;
use crate::domain::plan::{HoldCode, HoldKind, LimitCheck};
use crate::domain::run::{RunOutcome, RunPurpose};
use crate::domain::schedule::Schedule;
use crate::domain::trouble::{Letter, TroubleLife};
use crate::engine::Engine;
use crate::engine::supervisor::Supervisor;
use crate::store::{MailRow, NewDigest, PlanHead, StateLine, StoreError};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::time::Duration;

/// How often it is looked whether a digest is owed, at the least.
const LOOK_GAP: Duration = Duration::from_secs(20);
/// What a digest covers where there was none before.
const FIRST: SignedDuration = SignedDuration::from_hours(24);

/// Who gets the digest, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigestSettings {
    pub recipients: Vec<String>,
    pub at: Schedule,
    /// Name of the zone in which it is so late.
    pub zone: String,
}

impl DigestSettings {
    /// The zone; UTC where its name is unknown.
    #[must_use]
    pub fn time_zone(&self) -> TimeZone {
        TimeZone::get(&self.zone).unwrap_or(TimeZone::UTC)
    }

    fn schedule(&self) -> (String, String) {
        (self.at.to_string(), self.zone.clone())
    }
}

/// Since when a digest tells: since the last one of a due moment, else of the last day.
///
/// # Errors
/// The store's.
pub async fn begins(engine: &Engine) -> Result<Timestamp, ServiceError> {
    let now = engine.clock.now();
    let day = now.saturating_sub(FIRST).unwrap_or(now);
    // A clock that was put back since leaves nothing to tell of.
    Ok(engine.store.last_digest().await?.filter(|last| *last < now).unwrap_or(day))
}

/// The digest of what was from `since` until now; without it, since the last one.
///
/// # Errors
/// The store's.
pub async fn digest(engine: &Engine, zone: &TimeZone, since: Option<Timestamp>) -> Result<Digest, ServiceError> {
    let until = engine.clock.now();
    let since = match since {
        Some(since) => since.min(until),
        None => begins(engine).await?,
    };
    let mut parts = Vec::new();
    for member in fleet::members(&engine.store).await? {
        parts.push(fleet::part(engine, &engine.store, member).await?);
    }
    let states = engine.store.states_between(since, until).await?;
    let found = troubles::all(engine, true).await?;
    let mut waiting = Vec::new();
    for part in parts.iter().filter(|part| part.broken.is_none()) {
        waiting.extend(waits(engine, part).await?);
    }
    waiting.sort_by_key(|one| KINDS.iter().position(|kind| *kind == one.kind));
    let broken = parts.iter().filter_map(|part| Some((part.member.name().to_owned(), part.broken.clone()?)));
    Ok(Digest {
        since: since.to_zoned(zone.clone()),
        until: until.to_zoned(zone.clone()),
        tenants: tenants(&parts),
        ran: ran(engine, &parts, since, until).await?,
        moved: moved(&parts, states),
        nowhere: found.nowhere.as_ref().map(|nowhere| nowhere.head(until)),
        troubles_now: found.figures.words(),
        troubles: trouble_lines(&found, since),
        held_now: Some(Sums::of(&parts).words()).filter(|words| !words.is_empty()).unwrap_or("nobody".to_owned()),
        held: held(&parts),
        waiting,
        broken: broken.collect(),
    })
}

fn status_words(status: ConnectionStatus) -> &'static str {
    match status {
        ConnectionStatus::Live => "live",
        ConnectionStatus::Preview => "in preview",
        ConnectionStatus::Paused => "halted",
        ConnectionStatus::Off => "off",
    }
}

/// `13 tenants: 9 live, 2 in preview, 1 halted, 1 off`.
fn tenants(parts: &[Part]) -> String {
    use ConnectionStatus as S;
    let states = [S::Live, S::Preview, S::Paused, S::Off].into_iter().filter_map(|status| {
        let count = parts.iter().filter(|part| part.member.connection.status == status).count();
        (count > 0).then(|| format!("{count} {}", status_words(status)))
    });
    let tenants = if parts.len() == 1 { "1 tenant".to_owned() } else { format!("{} tenants", parts.len()) };
    let states: Vec<String> = states.collect();
    if states.is_empty() { tenants } else { format!("{tenants}: {}", states.join(", ")) }
}

async fn ran(engine: &Engine, parts: &[Part], since: Timestamp, until: Timestamp) -> Result<Vec<Ran>, ServiceError> {
    let mut by_tenant: BTreeMap<ConnectionId, Ran> = BTreeMap::new();
    for (sum, silent) in engine.store.ran_between(since, until).await? {
        let part = parts.iter().find(|part| part.member.connection.id == sum.connection);
        let Some(connection) = part.map(|part| &part.member.connection).filter(|_| sum.purpose == RunPurpose::Sync)
        else {
            continue;
        };
        let welcomes = || {
            let abilities = engine.abilities(connection).ok()?;
            abilities.destination.welcomes(connection.settings.welcome_mail).then_some(0)
        };
        let ran = by_tenant.entry(sum.connection).or_insert_with(|| Ran {
            tenant: connection.tenant_name.clone(),
            short_name: connection.short_name.clone(),
            outcomes: Vec::new(),
            written: 0,
            failed: 0,
            unanswered: 0,
            unknown: 0,
            mails: welcomes(),
        });
        ran.outcomes.push((sum.outcome, sum.runs));
        ran.written += sum.written;
        ran.failed += sum.failed;
        ran.unanswered += silent.given_up;
        ran.unknown += silent.unknown;
        ran.mails = ran.mails.map(|mails| mails + sum.mails);
    }
    // In the order of the members, which is that of their names.
    Ok(parts.iter().filter_map(|part| by_tenant.remove(&part.member.connection.id)).collect())
}

/// The steps of each tenant's state, by the audit.
fn moved(parts: &[Part], lines: Vec<StateLine>) -> Vec<Moved> {
    let word = |key: &str| if key == "paused" { "halted".to_owned() } else { key.to_owned() };
    let mut all: Vec<(Option<ConnectionId>, Moved)> = Vec::new();
    for line in lines {
        let known = line.connection.and_then(|id| parts.iter().find(|part| part.member.connection.id == id));
        let tenant = match (&known, line.what.as_str()) {
            (Some(part), _) => part.member.name().to_owned(),
            // `connection SHORT and everything known of it`
            (None, "removed") => line.detail.split(' ').nth(1).unwrap_or_default().to_owned(),
            (None, _) => continue,
        };
        let steps: Vec<String> = match line.what.as_str() {
            "status" => line.detail.split(" to ").map(word).collect(),
            what => vec![what.to_owned()],
        };
        let place = all.iter().position(|(id, _)| line.connection.is_some() && *id == line.connection);
        let entry = match place {
            Some(place) => all.get_mut(place),
            None => {
                all.push((line.connection, Moved { tenant, states: Vec::new(), by: String::new() }));
                all.last_mut()
            }
        };
        let Some((_, moved)) = entry else { continue };
        for step in steps {
            if moved.states.last() != Some(&step) {
                moved.states.push(step);
            }
        }
        moved.by = line.by;
    }
    all.into_iter().map(|(_, moved)| moved).collect()
}

fn trouble_lines(found: &Troubles, since: Timestamp) -> Vec<TroubleLine> {
    let stage = |line: &Listed| match line.life {
        // They are counted with what explains them.
        _ if line.is_explained => None,
        TroubleLife::Open if line.trouble.opened_at > since => Some(Stage::Opened),
        TroubleLife::Open => Some(Stage::Still),
        TroubleLife::Quiet | TroubleLife::Closed => {
            line.trouble.works_since.filter(|works| *works > since).map(|_| Stage::Works)
        }
        TroubleLife::Muted | TroubleLife::Aside => None,
    };
    let mut lines: Vec<TroubleLine> = found
        .lines
        .iter()
        .filter_map(|line| {
            Some(TroubleLine {
                stage: stage(line)?,
                id: line.trouble.id,
                tenant: line.tenant_name.clone(),
                code: line.trouble.cause.code,
                what: line.what.clone(),
                times: line.trouble.times,
                opened: line.trouble.opened_at,
                works_since: line.trouble.works_since,
            })
        })
        .collect();
    lines.sort_by_key(|line| line.stage);
    lines
}

fn held(parts: &[Part]) -> Vec<HeldLine> {
    let mut sums: BTreeMap<HoldCode, HeldLine> = BTreeMap::new();
    let lines = parts.iter().flat_map(|part| &part.holds).filter(|line| !line.is_ruled() && line.people > 0);
    for line in lines {
        let new =
            || HeldLine { code: line.code.key(), because: line.code.words(), people: 0, tenants: 0, since: line.since };
        let sum = sums.entry(line.code).or_insert_with(new);
        sum.people += u64::from(line.people);
        sum.tenants += 1;
        sum.since = sum.since.min(line.since);
    }
    let mut all: Vec<HeldLine> = sums.into_values().collect();
    all.sort_by_key(|line| std::cmp::Reverse(line.people));
    all
}

/// What may wait for an operator, in the order of the digest.
const KINDS: [&str; 8] = ["first_import", "limit", "wave", "paused", "halted", "publish", "review", "values"];

/// What of a tenant waits for an operator.
async fn waits(engine: &Engine, part: &Part) -> Result<Vec<Waiting>, ServiceError> {
    let connection = &part.member.connection;
    let short = &connection.short_name;
    let head = match engine.store.latest_plan(connection.id).await {
        Err(StoreError::Unreadable { .. } | StoreError::BrokenTenant { .. }) => None,
        head => head?,
    };
    let mut all = Vec::new();
    let mut wait = |kind: &'static str, what: String, command: String| {
        all.push(Waiting { kind, tenant: connection.tenant_name.clone(), what, command });
    };
    if let Some((kind, what, number)) = head.as_ref().and_then(|head| waiting_plan(connection, head)) {
        wait(kind, what, format!("onroll sync {short} --confirm {short}:{number}"));
    }
    if let Some((kind, words, command)) = held_run(engine, connection, head.as_ref()).await? {
        wait(kind, words, command);
    }
    match connection.status {
        ConnectionStatus::Paused => wait(
            "halted",
            "halted after refusals, until a connection test passes".to_owned(),
            format!("onroll connection test {short}"),
        ),
        ConnectionStatus::Preview if head.is_some() => {
            wait("publish", "previewed, not published yet".to_owned(), format!("onroll tenant on {short}"));
        }
        ConnectionStatus::Preview | ConnectionStatus::Live | ConnectionStatus::Off => {}
    }
    let asked = |line: &&HoldLine| line.code.kind() == HoldKind::Review && line.code != HoldCode::Later;
    let review: u32 = part.holds.iter().filter(asked).map(|line| line.people.saturating_sub(line.ruled)).sum();
    if review > 0 {
        let people = if review == 1 { "1 person waits".to_owned() } else { format!("{review} people wait") };
        wait("review", format!("{people} for a ruling"), format!("onroll review list {short}"));
    }
    let values: Vec<_> = part.values.iter().filter(|value| !value.is_settled()).collect();
    if !values.is_empty() {
        let people: u64 = values.iter().map(|value| value.held).sum();
        let count =
            if values.len() == 1 { "1 value holds".to_owned() } else { format!("{} values hold", values.len()) };
        let people = if people == 1 { "1 person".to_owned() } else { format!("{people} people") };
        wait("values", format!("{count} {people}"), format!("onroll mapping list {short}"));
    }
    Ok(all)
}

/// The newest plan of a live tenant that waits for its number to be typed: what for, and the number.
fn waiting_plan(connection: &Connection, head: &PlanHead) -> Option<(&'static str, String, u32)> {
    let number = head.counts.operations();
    if connection.status != ConnectionStatus::Live || head.approval.is_some() || number == 0 {
        return None;
    }
    let changes = if number == 1 { "1 change".to_owned() } else { format!("{number} changes") };
    if head.first_import {
        return Some(("first_import", format!("the first import, {changes}, waits for its number"), number));
    }
    let limit: &LimitCheck = head.limits.iter().find(|limit| limit.is_exceeded())?;
    let words = format!("{} {}, {} allowed", limit.count, limit.kind.key(), limit.allowed);
    Some(("limit", format!("past a limit ({words}), {changes} wait"), number))
}

/// Where a run stands that waits for somebody, in whatever process: what kind of waiting it is, its words, and the command.
async fn held_run(
    engine: &Engine,
    connection: &Connection,
    head: Option<&PlanHead>,
) -> Result<Option<(&'static str, String, String)>, ServiceError> {
    let short = &connection.short_name;
    if let Some(at_work) = engine.store.at_work(connection.id).await? {
        let run = at_work.run.map_or_else(|| "a run".to_owned(), |run| format!("run {run}"));
        if at_work.is_paused {
            let words = format!("{run} is paused, by an operator: {}", at_work.holder.words());
            return Ok(Some(("paused", words, format!("onroll runs continue {short}"))));
        }
        // The wave may have gone, or the run ended, since that was read.
        let standing = if at_work.gate.is_some() { super::waves::at_gate(engine, connection).await } else { None };
        let Some(standing) = standing else { return Ok(None) };
        let opens = standing.gate.as_ref().and_then(|gate| {
            let after = i64::try_from(gate.opens_after_s?).ok()?;
            gate.since.checked_add(SignedDuration::from_secs(after)).ok()
        });
        let opens = match opens {
            Some(at) => format!("goes on at {}", at.strftime("%Y-%m-%d %H:%M UTC")),
            None => "waits until somebody lets it go".to_owned(),
        };
        let words = format!("{run}: {}; {opens} ({})", standing.words(), at_work.holder.words());
        let command = format!("onroll runs next {short}");
        return Ok(Some(("wave", words, command)));
    }
    let is_in_waves = |head: &&PlanHead| head.approval.as_ref().is_some_and(|stored| stored.approval.waves.is_some());
    let Some(head) = head.filter(is_in_waves) else { return Ok(None) };
    let run = match engine.store.unfinished_run(connection.id).await {
        Err(StoreError::Unreadable { .. }) => None,
        run => run?,
    };
    let cut = run.filter(|run| run.plan == Some(head.id) && run.outcome == RunOutcome::Interrupted);
    Ok(cut.map(|run| {
        ("wave", format!("run {} goes in waves and was interrupted", run.id), format!("onroll runs resume {short}"))
    }))
}

/// The digest as a message.
fn letter(digest: &Digest) -> Letter {
    Letter { subject: subject(digest), text: plain(digest), html: html(digest) }
}

/// Sends the digest since `since` once, by hand; answers with it and what became of each message.
///
/// # Errors
/// Where nothing may be changed; nobody to send it to, no way to send it; the store's.
pub async fn send(
    (supervisor, engine): (&Supervisor, &Engine),
    access: &Access,
    settings: Option<&DigestSettings>,
    since: Option<Timestamp>,
) -> Result<(Digest, Vec<MailRow>), ServiceError> {
    access.change()?;
    let recipients = settings.map(|settings| settings.recipients.clone()).unwrap_or_default();
    let has_channel =
        supervisor.messenger().is_some_and(|by| by.channels().iter().any(|one| one == crate::store::EVERYBODY));
    if recipients.is_empty() && !has_channel {
        let remedy = "add `[digest]` with recipients, or `[chat]`, to config.toml; config.sample.toml shows both";
        return Err(ServiceError::NoMail { what: "nobody gets the digest", remedy: remedy.to_owned() });
    }
    if !recipients.is_empty() && supervisor.postman().is_none() && !has_channel {
        return Err(ServiceError::NoMail {
            what: "there is no mail server",
            remedy: "add a section `[smtp]` to config.toml; config.sample.toml shows it".to_owned(),
        });
    }
    let zone = settings.map_or(TimeZone::UTC, DigestSettings::time_zone);
    let digest = digest(engine, &zone, since).await?;
    let new = NewDigest {
        slot: None,
        schedule: Default::default(),
        since: digest.since.timestamp(),
        until: digest.until.timestamp(),
        letter: letter(&digest),
        recipients,
    };
    let Some(kept) = engine.store.put_digest(new).await? else { return Ok((digest, Vec::new())) };
    supervisor.post(engine).await;
    Ok((digest, engine.store.mails_of_digest(kept).await?))
}

/// Tells the digest of each due moment, once for all processes. What is owed is read from the file with each look, so that a restart, a
/// second process and a clock that jumps are no cases of their own; of several missed moments the newest stands for all.
#[derive(Clone)]
pub struct Digests {
    supervisor: Supervisor,
    engine: Engine,
    settings: Option<DigestSettings>,
}

/// Whoever tells the digests while `onroll watch` runs.
///
/// # Errors
/// Where nothing may be changed.
pub fn watch(
    (supervisor, engine): (&Supervisor, &Engine),
    access: &Access,
    settings: Option<DigestSettings>,
) -> Result<Digests, ServiceError> {
    access.change()?;
    let settings = settings.filter(|settings| !settings.at.is_manual());
    Ok(Digests { supervisor: supervisor.clone(), engine: engine.clone(), settings })
}

impl Digests {
    /// Tells the digest that is owed now; answers its number, `None` where none is.
    ///
    /// # Errors
    /// The store's.
    pub async fn look(&self) -> Result<Option<i64>, ServiceError> {
        let Some(settings) = &self.settings else { return Ok(None) };
        let zone = settings.time_zone();
        let owed = self.engine.store.digest_owed_since(settings.schedule()).await?;
        let Some(slot) = settings.at.newest_within(&zone, owed, self.engine.clock.now()) else { return Ok(None) };
        let digest = digest(&self.engine, &zone, None).await?;
        let new = NewDigest {
            slot: Some((slot.at, owed)),
            schedule: settings.schedule(),
            since: digest.since.timestamp(),
            until: digest.until.timestamp(),
            letter: letter(&digest),
            recipients: settings.recipients.clone(),
        };
        let kept = self.engine.store.put_digest(new).await?;
        if kept.is_some() {
            self.supervisor.post(&self.engine).await;
        }
        Ok(kept)
    }

    /// Looks until `stop` comes. It never gives up: a file that cannot be read for a while is read again.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        if self.settings.is_none() {
            return stop.await;
        }
        loop {
            self.once().await;
            tokio::select! {
                biased;
                () = &mut stop => return,
                () = tokio::time::sleep(LOOK_GAP) => {}
            }
        }
    }

    /// Looks once.
    pub async fn once(&self) {
        if let Err(error) = self.look().await {
            tracing::warn!(%error, "the digest could not be told; it is tried again");
        }
    }
}

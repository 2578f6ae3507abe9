//! The two halves under the checklist: how the connection is, and what it may do.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::data::Facts;
use super::steps::{limit_words, moment};
use crate::console::format;
use crate::console::screens::schedule::words as schedule_words;
use crate::domain::code::ProblemCode;
use crate::domain::connection::ConnectionStatus;
use crate::domain::decision::LinkOrigin;
use crate::domain::plan::HoldKind;
use crate::domain::run::{RunOutcome, RunPurpose};
use crate::domain::settings::LeaverPolicy;
use crate::domain::snapshot::ReadScope;
use crate::store::{RunRow, SnapshotHead};

/// A label and its words.
pub(super) type Line = (&'static str, String);

/// How both sides are.
pub(super) fn health(facts: &Facts, now: Timestamp, zone: &TimeZone) -> Vec<Line> {
    let overview = &facts.overview;
    let pull = |heads: &[SnapshotHead]| {
        heads.first().and_then(|head| head.finished_at.map(|at| (head.people, head.records, at)))
    };
    let mut lines = Vec::new();
    lines.push(match pull(&overview.source_pulls) {
        Some((people, _, at)) => {
            let before = overview.source_pulls.get(1).map(|head| head.people);
            let change = before.map(|before| difference(people, before)).unwrap_or_default();
            (
                "last pull",
                format!("{}, {}{change}", moment(at, now, zone), format::counted(people, "employee", "employees")),
            )
        }
        None => ("last pull", "none yet; r makes a preview".to_owned()),
    });
    if let Some(reading) = overview.reading.as_ref().filter(|reading| reading.scope != ReadScope::Everybody) {
        let everybody = moment(reading.everybody_at, now, zone);
        lines.push(("of it read", format!("{}; everybody {everybody}", reading.words())));
    }
    let account = overview.source.as_ref().map(|source| source.account.clone()).filter(|account| !account.is_empty());
    lines.push(("account", account.unwrap_or_else(|| format!("{} was not read yet", facts.source.name))));
    lines.push(match pull(&overview.destination_pulls) {
        Some((active, records, _)) => {
            ("users", format!("{}, of them {} active", format::count(records), format::count(active)))
        }
        None => ("users", format!("{} was not read yet", facts.destination.name)),
    });
    lines.push(("linked", links(facts)));
    let (review, blocked) = (overview.held(HoldKind::Review), overview.held(HoldKind::Blocked));
    lines.push((
        "held",
        match review + blocked {
            0 => "nobody".to_owned(),
            all => {
                format!("{}: {} review, {} blocked", format::count(all), format::count(review), format::count(blocked))
            }
        },
    ));
    let warnings = overview.source.iter().flat_map(|source| {
        let archived = source.archived_fields.iter().map(|field| format!("`{}` is archived", field.label));
        archived.chain(source.warnings.iter().cloned())
    });
    // What a guard refused is in no pull that is kept.
    let stopped =
        overview.runs.first().and_then(|run| run.problem.as_ref()).filter(|problem| is_of_source(problem.code()));
    let stopped = stopped.map(|problem| {
        let why = if problem.why.is_empty() { &problem.what } else { &problem.why };
        format!("the newest pull was stopped: {why}")
    });
    let warnings: Vec<String> = stopped.into_iter().chain(warnings).collect();
    lines.push(("source", if warnings.is_empty() { "nothing unusual".to_owned() } else { warnings.join("; ") }));
    lines
}

/// Whether a stop is about what the source sent.
fn is_of_source(code: ProblemCode) -> bool {
    use ProblemCode as Code;
    matches!(
        code,
        Code::SourceEmpty | Code::SourceTotal | Code::SourceShrunk | Code::SourceWeather | Code::ListIncomplete
    )
}

fn difference(now: u64, before: u64) -> String {
    match now.cmp(&before) {
        std::cmp::Ordering::Equal => String::new(),
        std::cmp::Ordering::Greater => format!(" (+{})", format::count(now - before)),
        std::cmp::Ordering::Less => format!(" (-{})", format::count(before - now)),
    }
}

fn links(facts: &Facts) -> String {
    if facts.overview.links.is_empty() {
        return "nobody yet".to_owned();
    }
    let words = |origin: LinkOrigin| match origin {
        LinkOrigin::Identifier => "id",
        LinkOrigin::Email => "e-mail",
        LinkOrigin::Operator => "by operators",
        LinkOrigin::Score => "by match",
        LinkOrigin::Created => "created",
    };
    let links = facts.overview.links.iter();
    links
        .map(|(origin, people)| format!("{} {}", format::count(*people), words(*origin)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// When it runs and what it may do.
pub(super) fn permissions(facts: &Facts, now: Timestamp, zone: &TimeZone) -> Vec<Line> {
    let overview = &facts.overview;
    let settings = &overview.connection.settings;
    let may = match overview.connection.status {
        ConnectionStatus::Live => "create, update, deactivate in limits",
        ConnectionStatus::Preview => "only preview; nothing is written",
        ConnectionStatus::Paused => "nothing until a test passes",
        ConnectionStatus::Off => "nothing; it is switched off",
    };
    let destination = facts.destination;
    let mails = match destination.welcomes(settings.welcome_mail) {
        true => "welcome at once; changes are quiet",
        false if destination.mails_new_users => "none: switched off over there",
        false => "none",
    };
    let leavers = match settings.leavers {
        LeaverPolicy::EndOfLastDay => "deactivated after their last day",
        LeaverPolicy::AtOnce => "deactivated at once",
        LeaverPolicy::Never => "left as they are",
    };
    let ruled =
        |word: &str| overview.rulings.iter().find(|(ruling, _)| ruling == word).map_or(0, |(_, people)| *people);
    let protected = format!(
        "{}, excluded {}",
        format::counted(ruled("protect").into(), "person", "people"),
        format::count(ruled("exclude"))
    );
    let mut lines = match &facts.schedule {
        Some(standing) if !standing.connection.settings.schedule.is_manual() => {
            vec![("schedule", schedule_words::in_full(standing, now, zone))]
        }
        _ => vec![("runs", "by hand: `!` on Tenants".to_owned())],
    };
    lines.extend([
        ("may", may.to_owned()),
        ("mails", mails.to_owned()),
        ("leavers", leavers.to_owned()),
        ("limits", limit_words(&settings.limits)),
        ("protected", protected),
    ]);
    lines
}

/// What a run came to.
pub(super) fn run_words(run: &RunRow, facts: &Facts) -> (&'static str, String) {
    let held = format!("{} held", format::count(run.totals.held));
    let written = format!("{} written", format::count(run.totals.written));
    let previewed = || match run.plan.and_then(|plan| facts.plans.get(&plan)) {
        Some((changes, held)) => {
            let changes = format::counted(u64::from(*changes), "change", "changes");
            format!("{changes}, {} held", format::count(*held))
        }
        None => held.clone(),
    };
    let why = || run.problem.as_ref().map_or_else(|| format!("{written}, {held}"), |problem| problem.what.clone());
    match run.outcome {
        RunOutcome::Running => ("running", written),
        RunOutcome::Paused => ("paused", written),
        RunOutcome::Previewed => ("previewed", previewed()),
        RunOutcome::Done | RunOutcome::DoneWithHeld if run.purpose == RunPurpose::Preview => ("previewed", previewed()),
        RunOutcome::Done | RunOutcome::DoneWithHeld => {
            let failed = if run.totals.failed > 0 {
                format!(", {} failed", format::count(run.totals.failed))
            } else {
                String::new()
            };
            ("synced", format!("{written}, {} confirmed{failed}, {held}", format::count(run.totals.confirmed)))
        }
        RunOutcome::Stopped => ("stopped", why()),
        RunOutcome::Cancelled => ("cancelled", written),
        RunOutcome::Drifted => ("drifted", why()),
        RunOutcome::Refused => ("refused", why()),
        RunOutcome::Failed => ("failed", why()),
        RunOutcome::Interrupted => ("interrupted", written),
    }
}

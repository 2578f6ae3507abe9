//! How a schedule is told in a few words; Tenants says the same.

use super::data::{Delivery, Facts, Line};
use crate::console::format;
use crate::console::theme::Role;
use crate::domain::connection::ConnectionStatus;
use crate::domain::schedule::clock_change::ClockChange;
use crate::domain::schedule::{Schedule, Slot};
use crate::engine::schedule::{ScheduleStatus, Waits, zone_of};
use crate::store::DeliveryState;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// `daily 02:00 Tokyo`: the zone's city where it is not the operator's zone.
pub fn when(standing: &ScheduleStatus, zone: &TimeZone) -> String {
    let connection = &standing.connection;
    let schedule = &connection.settings.schedule;
    match schedule {
        Schedule::Manual => "by hand".to_owned(),
        Schedule::Every(_) => schedule.to_string(),
        Schedule::Daily(_) | Schedule::Cron(_) if zone.iana_name() == Some(connection.time_zone.as_str()) => {
            schedule.to_string()
        }
        Schedule::Daily(_) | Schedule::Cron(_) => format!("{schedule} {}", city(&connection.time_zone)),
    }
}

/// `Lord Howe` of `Australia/Lord_Howe`.
pub fn city(zone: &str) -> String {
    zone.rsplit('/').next().unwrap_or(zone).replace('_', " ")
}

/// When the next run is, in the operator's time, or what it waits for: `14:19`, `Thu 02:00`, `paused`.
pub fn next(standing: &ScheduleStatus, now: Timestamp, zone: &TimeZone) -> String {
    match (&standing.waits, standing.due) {
        (Some(waits), _) => waits.short().to_owned(),
        (None, None) => String::new(),
        (None, Some(_)) if standing.skipped_by.is_some() => "let pass".to_owned(),
        (None, Some(due)) if due <= now => "due".to_owned(),
        (None, Some(due)) => at(due, now, zone),
    }
}

/// Both on one line, for a tenant's own page: `daily 02:00 Tokyo, next 17:00`.
pub fn in_full(standing: &ScheduleStatus, now: Timestamp, zone: &TimeZone) -> String {
    let run = || standing.due.map(|due| at(due, now, zone)).unwrap_or_default();
    let next = match (&standing.waits, &standing.skipped_by) {
        (Some(Waits::NotLive(ConnectionStatus::Preview)), _) => "once it is published".to_owned(),
        (Some(waits), _) => waits.words(),
        (None, Some(_)) => {
            let then = standing.then.map(|slot| at(slot.at, now, zone)).unwrap_or_default();
            format!("next {then}, {} is let pass", run())
        }
        (None, None) if standing.is_owed(now) => "due".to_owned(),
        (None, None) => format!("next {}", run()),
    };
    format!("{}, {next}", when(standing, zone))
}

/// A moment to come: `14:19`, `Thu 02:00`, `3 Mar`.
fn at(moment: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (then, today) = (moment.to_zoned(zone.clone()), now.to_zoned(zone.clone()).date());
    let days = then.date().duration_since(today).as_hours() / 24;
    match days {
        0 => then.strftime("%H:%M").to_string(),
        // The night that follows needs no day.
        1 if moment.duration_since(now).as_hours() < 21 => then.strftime("%H:%M").to_string(),
        1..=6 => then.strftime("%a %H:%M").to_string(),
        _ => format::day(then.date(), today),
    }
}

/// The glyph of a line.
pub(super) fn role(line: &Line, now: Timestamp) -> Role {
    match &line.standing.waits {
        Some(Waits::AtWork(_)) => Role::Info,
        Some(Waits::Answer(_)) => Role::Danger,
        Some(Waits::Silent(_)) => Role::Warn,
        Some(Waits::NotLive(status)) if *status == ConnectionStatus::Paused => Role::Danger,
        Some(Waits::NotLive(_) | Waits::Manual) => Role::Muted,
        Some(Waits::Paused { .. }) => Role::Warn,
        None if line.standing.skipped_by.is_some() || line.standing.is_owed(now) => Role::Warn,
        None => Role::Ok,
    }
}

/// What is to be said of the tenant under the cursor.
pub(super) fn details(line: &Line, now: Timestamp, zone: &TimeZone) -> Vec<String> {
    let standing = &line.standing;
    let tenant_zone = zone_of(&standing.connection);
    let mut lines = Vec::new();
    match (standing.next, standing.due) {
        (Some(slot), Some(due)) => {
            let local = format!("{} {}", slot.civil.strftime("%a %-d %b %H:%M"), city(&standing.connection.time_zone));
            let utc = due.strftime("%H:%M:%S UTC");
            let yours = due.to_zoned(zone.clone()).strftime("%a %-d %b %H:%M:%S").to_string();
            let later = due.duration_since(slot.at);
            let spread = if later.is_zero() {
                String::new()
            } else {
                let time = std::time::Duration::try_from(later).unwrap_or_default();
                format!("; {} later, so that not all begin at once", format::duration(time))
            };
            lines.push(format!("next       {local} = {yours} here, {utc}{spread}"));
        }
        _ => lines.push("next       none: set a schedule with e".to_owned()),
    }
    if let Some(by) = &standing.skipped_by {
        let then = standing.then.map(|slot| moment(slot, &tenant_zone)).unwrap_or_default();
        lines.push(format!("! let pass by {by}; then {then}.  t takes it back"));
    }
    if let Some(waits) = standing.waits.as_ref().filter(|waits| **waits != Waits::Manual) {
        lines.push(format!("waits      {}", waits.words()));
    }
    if let Some(slot) = &standing.kept.last
        && let Some(again) = slot.put_off_until(now).filter(|again| Some(*again) == standing.due)
    {
        let attempts = if slot.in_vain == 1 { "one attempt".to_owned() } else { format!("{} attempts", slot.in_vain) };
        let again = again.to_zoned(zone.clone()).strftime("%H:%M").to_string();
        lines.push(format!("! a vendor gave no answer, {attempts}: tried again at {again}"));
    }
    if let Some(slot) = &standing.kept.last {
        let run = slot.run.map(|run| format!(", run {run}")).unwrap_or_default();
        let note = if slot.note.is_empty() { String::new() } else { format!(": {}", slot.note.replace('_', " ")) };
        let at = moment(Slot::at(slot.slot, &tenant_zone), &tenant_zone);
        lines.push(format!("last       {at} {}{run}{note}", slot.state.key().replace('_', " ")));
    }
    lines.extend(clock_change(standing, now).map(|text| format!("i {text}")));
    lines
}

fn moment(slot: Slot, zone: &TimeZone) -> String {
    let zoned = slot.at.to_zoned(zone.clone());
    zoned.strftime("%a %-d %b %H:%M %Z").to_string()
}

/// What the next clock change does to a tenant: `28 Mar 2027: clocks go forward at 01:00; …`.
pub(super) fn clock_change(standing: &ScheduleStatus, now: Timestamp) -> Option<String> {
    let zone = zone_of(&standing.connection);
    let change = ClockChange::next(&zone, now)?;
    let words = change.words(&standing.connection.settings.schedule, &zone)?;
    let way = if change.is_forward() { "forward" } else { "back" };
    let day = format::day_long(change.date());
    let city = city(&standing.connection.time_zone);
    Some(format!("{day}: clocks go {way} in {city} at {}; {words}", change.from.strftime("%H:%M")))
}

/// `06:12`, with the day where it was not today.
fn since(moment: Timestamp, now: Timestamp, zone: &TimeZone) -> String {
    let (then, today) = (moment.to_zoned(zone.clone()), now.to_zoned(zone.clone()).date());
    let day = if then.date() == today { String::new() } else { format!("{} ", format::day(then.date(), today)) };
    format!("{day}{}", then.strftime("%H:%M"))
}

/// Who watches, for the status line.
pub(super) fn watching(facts: &Facts, now: Timestamp, zone: &TimeZone) -> String {
    if let Some((by, since)) = &facts.paused {
        return format!("! all schedules are paused by {by} since {}", self::since(*since, now, zone));
    }
    let running = facts.lines.iter().filter(|line| matches!(line.standing.waits, Some(Waits::AtWork(_)))).count();
    match &facts.watcher {
        Some(watching) => format!(
            "i watching since {}, {running} running, {} at once at most",
            since(watching.since, now, zone),
            watching.at_once
        ),
        None => "! nobody watches: start `onroll watch`".to_owned(),
    }
}

/// A delivery on one line: `✓ 14:05:10  Lumen Fitness  Employee Detail Updated  HK204, run 412, done`.
pub(super) fn delivery(one: &Delivery, now: Timestamp, zone: &TimeZone) -> String {
    let glyph = match one.state {
        DeliveryState::Done => '✓',
        DeliveryState::Queued | DeliveryState::Taken => 'i',
        DeliveryState::Ignored => '-',
        DeliveryState::Refused | DeliveryState::Stopped => '!',
        DeliveryState::Failed => '✗',
    };
    let (then, today) = (one.at.to_zoned(zone.clone()), now.to_zoned(zone.clone()).date());
    let time = match then.date() == today {
        true => then.strftime("%H:%M:%S").to_string(),
        false => format!("{:<8}", format::day(then.date(), today)),
    };
    let again = one.again.filter(|again| *again > now).map(|again| since(again, now, zone));
    let words = again.map_or_else(|| one.words.clone(), |again| format!("again {again}, {}", one.words));
    let parts = [one.tenant.as_str(), &one.event, &words];
    let words: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    format!("{glyph} {time}  {}", words.join("  "))
}

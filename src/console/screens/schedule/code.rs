//! What `?` explains on a line of the schedule.

use super::data::{Facts, Line};
use crate::console::app::Place;
use crate::console::screens::{CodeHere, ScreenId};
use crate::domain::code::{Code, FeedCode, ProblemCode};
use crate::domain::connection::ConnectionStatus;
use crate::engine::schedule::Waits;
use crate::store::{DeliveryState, SlotState};
use jiff::Timestamp;

/// Why the next run of a tenant does not begin; what became of the last one; a delivery of its source that was refused.
pub(super) fn of_line(line: &Line, facts: &Facts, now: Timestamp) -> Option<CodeHere> {
    let name = line.name();
    if let Some(Waits::Paused { .. }) = &line.standing.waits {
        let since = facts.paused.as_ref().map(|(_, since)| format!(" since {}", since.strftime("%Y-%m-%d %H:%M UTC")));
        let words = line.standing.waits.as_ref().map(Waits::words).unwrap_or_default();
        let here = format!("{words}{}", since.unwrap_or_default());
        return Some(CodeHere::new(Code::Feed(FeedCode::SchedulesPaused)).here(here));
    }
    if let Some(waits) = &line.standing.waits {
        let code = match waits {
            Waits::NotLive(ConnectionStatus::Preview | ConnectionStatus::Off) => Some(ProblemCode::NotLive),
            Waits::NotLive(ConnectionStatus::Paused | ConnectionStatus::Live) => Some(ProblemCode::Quarantine),
            Waits::Answer(_) => line.waits_for,
            Waits::AtWork(_) => Some(ProblemCode::AtWork),
            Waits::Silent(_) => Some(ProblemCode::VendorUnwell),
            Waits::Manual | Waits::Paused { .. } => None,
        };
        if let Some(code) = code {
            let here = CodeHere::new(Code::Problem(code)).here(format!("{name}: {}", waits.words()));
            return Some(match waits {
                Waits::Answer(run) => {
                    let place = Place::tenant(ScreenId::RunDetail, line.short()).about(run.to_string());
                    here.leads_to("the run that waits", place)
                }
                _ => here,
            });
        }
    }
    if let Some(last) = &line.standing.kept.last {
        if last.put_off_until(now).is_some() {
            let here = format!("{name}: a vendor gave no answer");
            return Some(CodeHere::new(Code::Problem(ProblemCode::VendorUnwell)).here(here));
        }
        if matches!(last.state, SlotState::Missed | SlotState::Refused) {
            let note = if last.note.is_empty() { String::new() } else { format!(": {}", last.note.replace('_', " ")) };
            let here = format!("{name}: {}{note}", last.state.key());
            return Some(CodeHere::new(Code::Feed(FeedCode::ScheduleMissed)).here(here));
        }
    }
    if line.standing.is_owed(now) && facts.watcher.is_none() {
        let here = format!("{name}: a run is due, and nobody watches");
        return Some(CodeHere::new(Code::Feed(FeedCode::ScheduleMissed)).here(here));
    }
    let rows = facts.received.as_ref().map_or(&[][..], |received| &received.rows);
    let refused = rows.iter().find(|row| row.tenant == name && row.state == DeliveryState::Refused)?;
    Some(CodeHere::new(Code::Feed(FeedCode::WebhookMalformed)).here(format!("{name}: {}", refused.words)))
}

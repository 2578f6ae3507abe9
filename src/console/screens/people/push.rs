//! The question before people are pushed (SCREENS 7.17).

use super::data::Push;
use crate::console::app::live::{Apply, LiveCommand};
use crate::console::app::overlay::Confirm;
use crate::console::format;
use crate::console::term::width;
use crate::console::theme::Role;
use crate::console::widgets::Span;
use jiff::tz::TimeZone;

/// Cells of a line in the box.
const CELLS: usize = 58;

/// The question, with act, number, place and state.
#[must_use]
pub fn question(push: &Push, zone: &TimeZone) -> Confirm {
    let number = push.people.len() as u64;
    let people = format::counted(number, "person", "people");
    let title = format!("Push {people} to {}?", push.destination);
    let place = format!("{}, {}", push.tenant_name, push.standing.word());
    let mut confirm = Confirm::new(title, place, format!("Push {}", format::count(number)));
    confirm.basis = format!("{}, {}", push.plan.words(), format::clock(push.made_at, zone));
    let kinds: Vec<String> =
        push.counts.kinds().map(|(kind, count)| format!("{} {}", format::count(count), kind.counted(count))).collect();
    let mails = match push.welcome_mails {
        0 => "no mail".to_owned(),
        count => format!("{}, sent at once", format::counted(u64::from(count), "welcome mail", "welcome mails")),
    };
    confirm = confirm.line(format!("{}        {mails}", kinds.join("   "))).line("");
    let more = push.people.len().saturating_sub(push.names.len() + push.hidden_count as usize);
    let mut names = push.names.join(", ");
    if more > 0 {
        names.push_str(&format!(", … {} more", format::count(more)));
    }
    for line in width::wrap(&names, CELLS) {
        confirm = confirm.line(line);
    }
    if !push.hidden.is_empty() {
        let words = format!("… {} hidden by filter: {}", format::count(push.hidden_count), push.hidden.join(", "));
        for line in width::wrap(&words, CELLS) {
            confirm.lines.push(vec![Span::new(line, Role::Warn)]);
        }
    }
    if push.without > 0 {
        let idle = format::counted(u64::from(push.without), "marked person has", "marked people have");
        confirm = confirm.line(format!("{idle} nothing to send (held or unchanged)."));
    }
    if push.welcome_mails > 0 {
        let mails = format::counted(u64::from(push.welcome_mails), "mail", "mails");
        confirm = confirm.line("").line(format!("Cannot be called back: {mails}."));
    }
    confirm
}

/// The run that the answer starts.
#[must_use]
pub fn command(push: Push) -> LiveCommand {
    LiveCommand::Apply(Apply {
        waves: None,
        tenant: push.tenant,
        plan: push.plan,
        only: push.people,
        without: Vec::new(),
        confirmed: None,
        reason: None,
    })
}

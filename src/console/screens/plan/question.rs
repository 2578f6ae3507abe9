//! What is asked before a plan is sent: what has moved since, and whether it is to go.

use super::data::Question;
use crate::console::app::overlay::{PickItem, PickList};
use crate::console::format;
use crate::console::screens::Answer as Confirmed;
use crate::console::widgets::confirm::Confirm;
use crate::domain::ids::PlanId;
use crate::services::drift::{Before, MovedBefore};

/// Goes on with the lines that still stand.
const GO_ON: &str = "go on";

/// The question that stands before the box where some lines do not stand any more (SCREENS 7.25): what has moved, and how many
/// lines remain. A line leads to its person.
pub(in crate::console::screens) fn moved_list(moved: &Before) -> PickList {
    let first = match moved.standing {
        0 => PickItem::new(GO_ON, "make a new preview", "nothing would be sent"),
        standing => {
            let not_sent =
                format!("{} not sent: a line goes whole or not at all", format::count(moved.moved.len() as u64));
            PickItem::new(GO_ON, format!("go on with the {}", format::count(standing)), not_sent)
        }
    };
    let line = |(at, line): (usize, &MovedBefore)| {
        let glyph = if line.already { "=" } else { "~" };
        let id = line.employee.as_ref().map_or_else(|| format!("line {at}"), |id| format!("person {id}"));
        PickItem::new(id, format!("{glyph} {}", line.name), format!("{}; now {}", line.approved, line.now))
    };
    let items = std::iter::once(first).chain(moved.moved.iter().enumerate().map(line)).collect();
    PickList { title: moved.question(), items, create: None }
}

/// What was chosen there.
pub(in crate::console::screens) enum MovedChoice {
    GoOn,
    Person(String),
    /// A line about an option, or nothing.
    Nothing,
}

/// Reads the answer to [`moved_list`].
pub(in crate::console::screens) fn moved_choice(answer: &Confirmed) -> MovedChoice {
    match answer {
        Confirmed::Picked(id) if id == GO_ON => MovedChoice::GoOn,
        Confirmed::Picked(id) => match id.strip_prefix("person ") {
            Some(person) => MovedChoice::Person(person.to_owned()),
            None => MovedChoice::Nothing,
        },
        _ => MovedChoice::Nothing,
    }
}

/// The box that asks before a plan is sent (SCREENS 7.17).
pub(in crate::console::screens) fn question_box(question: &Question) -> Confirm {
    let people = format::counted(u64::from(question.people), "person", "people");
    let title = format!("Push {people} to {}?", question.destination);
    let number = format::count(question.people);
    let mut confirm = Confirm::new(title, question.tenant_name.clone(), format!("Push {number}"));
    confirm.basis = PlanId(question.plan).words();
    let mails = if question.mails == 0 {
        "no mail".to_owned()
    } else {
        format!("{}, sent at once", format::counted(u64::from(question.mails), "welcome mail", "welcome mails"))
    };
    confirm = confirm.line(format!("{}   {mails}", question.counts)).line("");
    for names in question.names.chunks(3) {
        confirm = confirm.line(format!("{},", names.join(", ")).trim_end_matches(',').to_owned());
    }
    let more = question.people.saturating_sub(u32::try_from(question.names.len()).unwrap_or(0));
    if more > 0 {
        confirm = confirm.line(format!("… and {} more", format::count(more)));
    }
    confirm.line("").line(question.undo.clone())
}

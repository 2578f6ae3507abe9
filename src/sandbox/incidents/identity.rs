//! One person was taken for another, or for two.

use super::{Act, Incident, Kind, Outcome, Seen};

pub(super) const ALL: &[Incident] = &[Incident {
    name: "shared-mail",
    title: "Whoever had no e-mail was given the same one; each took the place of the last",
    place: "WP ERP, 2018",
    source: "wp-erp/wp-erp#666",
    there: "An address was demanded of each employee, so people without one were given a made-up one, the same for all. Each new employee \
            with that address took the place of the last, without a warning.",
    lesson: "An address that several people have names none of them.",
    kind: Kind::Identity,
    company: "Harrow Street Hostels",
    integration: ("rotaready", "flow-learning"),
    people: 48,
    bad: "two starters carry the placeholder that a colleague has",
    change: |day| {
        let mut starters = [day.starter("990011", "Tobias", "Wren"), day.starter("990012", "Yara", "Selim")];
        for person in day.employees().iter_mut().take(1).chain(&mut starters) {
            "no.email@staff.example".clone_into(&mut person.email);
        }
        day.employees().extend(starters);
    },
    act: Act::Waits,
    here: Seen { outcome: Outcome::Held, code: "duplicate_email", says: "" },
}];

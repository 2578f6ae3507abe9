//! The people came, their fields not as they should be.

use super::{Act, Incident, Kind, Outcome, Seen};

pub(super) const ALL: &[Incident] = &[
    Incident {
        name: "hire-date",
        title: "Hire date and location empty for everybody, sync green",
        place: "Insight, BambooHR, 2026",
        source: "constructorfabric/insight#2039",
        there: "Hire date and location came empty for each of about 1,400 people while other fields were full. The sync ended green and \
                warned of nothing; whatever was counted from these fields was wrong.",
        lesson: "A field that an account may not read comes as a blank, not as an error.",
        kind: Kind::Fields,
        company: "Oakham Bakehouse",
        integration: ("bamboohr", "flow-learning"),
        people: 48,
        bad: "the hire date of everybody comes empty",
        change: |day| day.employees().iter_mut().for_each(|person| person.start_date.clear()),
        act: Act::Waits,
        here: Seen { outcome: Outcome::Stopped, code: "source_weather", says: "" },
    },
    Incident {
        name: "end-is-start",
        title: "The end date was filled from the hire date",
        place: "Nango, BambooHR, 2026",
        source: "NangoHQ/integration-templates#526",
        there: "A template asked for no end date and put the hire date in its place for whoever had left. It was seen in review.",
        lesson: "A date from the wrong field is a right date; only all of them together show it.",
        kind: Kind::Fields,
        company: "Pendle Wool Mills",
        integration: ("bamboohr", "scim"),
        people: 48,
        bad: "20 people have an end date that is their hire date",
        change: |day| {
            for person in day.employees().iter_mut().take(20) {
                person.end_date.clone_from(&person.start_date);
                "inactive".clone_into(&mut person.status);
            }
        },
        act: Act::Waits,
        here: Seen { outcome: Outcome::Stopped, code: "source_weather", says: "" },
    },
];

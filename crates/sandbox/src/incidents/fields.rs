//! The people came, their fields not as they should be.

use super::{Act, Incident, Kind, Outcome, Seen, swap};

pub(super) const ALL: &[Incident] = &[
    Incident {
        name: "hire-date",
        title: "Hire date and location empty for everybody, sync green",
        place: "Insight, BambooHR, 2026",
        source: "constructorfabric/insight#2039",
        there: "Hire date and location came empty for each of about 1,400 people while other fields were full. The sync ended \
                green and warned of nothing; whatever was counted from these fields was wrong.",
        lesson: "A field that an account may not read comes as a blank, not as an error.",
        kind: Kind::Fields,
        company: "Oakham Bakehouse",
        integration: ("bamboohr", "flow-learning"),
        people: 48,
        bad: "the hire date of everybody comes empty",
        change: |day| day.employees().iter_mut().for_each(|person| person.start_date.clear()),
        act: Act::Waits,
        here: Seen {
            outcome: Outcome::Stopped,
            code: "source_weather",
            says: "the source guard stopped the run before its first write: the start date is empty for everybody; 48 of 48 \
                    people had one the last time",
        },
    },
    Incident {
        name: "end-is-start",
        title: "The end date was filled from the hire date",
        place: "Nango, BambooHR, 2026",
        source: "NangoHQ/integration-templates#526",
        there: "A template asked for no end date and put the hire date in its place for whoever had left. It was seen in \
                review.",
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
        here: Seen {
            outcome: Outcome::Stopped,
            code: "source_weather",
            says: "the source guard stopped the run before its first write: 20 people have an end date that is their start \
                    date: is the end date mapped to the wrong field?",
        },
    },
    Incident {
        name: "names-wiped",
        title: "First and last names were wiped by a sync",
        place: "CiviCRM and Mailchimp, 2016",
        source: "veda-consulting-company/uk.co.vedaconsulting.mailchimp#183",
        there: "Where one side had a blank name and the other a full one, the blank won: of sixteen cases that were worked out \
                four erase a name.",
        lesson: "A blank is not a value.",
        kind: Kind::Fields,
        company: "Wharfe Street Clinics",
        integration: ("planday", "flow-learning"),
        people: 48,
        bad: "the last name of 12 people comes blank",
        change: |day| day.employees().iter_mut().take(12).for_each(|person| person.last_name.clear()),
        act: Act::Waits,
        here: Seen { outcome: Outcome::Held, code: "missing_field", says: "12 held, value missing: last name missing" },
    },
    Incident {
        name: "day-and-month",
        title: "Day and month changed places in one of two date columns",
        place: "ERPNext, 2020",
        source: "frappe/erpnext#20856",
        there: "Of two dates in the same form one was read as day and month, the other as month and day. Only dates after the \
                twelfth show it.",
        lesson: "Half of the dates stay possible when they are read the other way round.",
        kind: Kind::Fields,
        company: "Ouse Bank Breweries",
        integration: ("planday", "flow-learning"),
        people: 60,
        bad: "the birth dates up to the twelfth have day and month the other way round",
        change: |day| day.employees().iter_mut().for_each(|person| swap(&mut person.date_of_birth)),
        act: Act::Waits,
        here: Seen {
            outcome: Outcome::Stopped,
            code: "source_weather",
            says: "the source guard stopped the run before its first write: day and month of the birth date have changed \
                    places for 20 people since the last time",
        },
    },
];

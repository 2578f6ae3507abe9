//! Something was done twice.

use super::{Act, Incident, Kind, Outcome, Seen, plain};
use crate::faults::{Fault, FaultKind};
use crate::world::Person;

pub(super) const ALL: &[Incident] = &[
    Incident {
        name: "import-again",
        title: "A list that was imported twice made everybody twice",
        place: "Snipe-IT, 2016",
        source: "grokability/snipe-it#2831",
        there: "A list of users was uploaded again to add a few. All who were there already were created once more.",
        lesson: "An import that looks for nobody finds nobody.",
        kind: Kind::Repetition,
        company: "Bramley Fields",
        integration: ("planday", "flow-learning"),
        people: 48,
        bad: "the first import of a company whose people are all on the platform already, without identifiers",
        change: |day| {
            let users = day
                .employees()
                .iter()
                .map(|person| Person { id: format!("88{}", person.id), ..plain(person) })
                .collect();
            *day.users() = users;
        },
        act: Act::FirstImport,
        here: Seen {
            outcome: Outcome::Stopped,
            code: "first_import",
            says: "stopped before the first write: the plan waits for a typed confirmation: this is the first import of this \
                    tenant",
        },
    },
    Incident {
        name: "second-press",
        title: "Import was pressed again because nothing seemed to happen; everything was there twice",
        place: "IOMAD, 2026",
        source: "iomad/iomad#2785",
        there: "A user was moved with the records of the courses. The first press gave no sign of itself, so it was pressed \
                again, and each record was copied once more.",
        lesson: "A slow answer is an invitation to press again.",
        kind: Kind::Repetition,
        company: "Larch Lane Studios",
        integration: ("peoplehr", "moodle"),
        people: 48,
        bad: "two people start; sync is pressed twice within a second",
        change: |day| {
            let starters = [day.starter("990101", "Ilse", "Moran"), day.starter("990102", "Fergus", "Toll")];
            day.employees().extend(starters);
        },
        act: Act::PressesTwice,
        here: Seen {
            outcome: Outcome::Stopped,
            code: "lease_held",
            says: "sync by … is at work on this tenant since …",
        },
    },
    Incident {
        name: "retried-creation",
        title: "A creation was sent again after a time-out, and everything was there twice",
        place: "ODK Central, 2024",
        source: "getodk/pyodk#101",
        there: "A client sent a request again when no answer came in time. The server had carried it out; the second one made \
                the same things once more.",
        lesson: "No answer does not mean not done.",
        kind: Kind::Repetition,
        company: "Millrace Catering",
        integration: ("planday", "flow-learning"),
        people: 48,
        bad: "somebody starts; the creation is carried out and its answer never comes",
        change: |day| {
            let starter = day.starter("990111", "Anouk", "Reyes");
            day.employees().push(starter);
            day.destination_fails(Fault::new(FaultKind::AnswerLost).times(1));
        },
        act: Act::Waits,
        here: Seen {
            outcome: Outcome::Explained,
            code: "",
            says: "the connection broke before the answer (/v1/employees/{identifier})",
        },
    },
];

//! What did not come was taken for what is not there.

use super::{Act, Incident, Kind, Outcome, Seen};
use crate::sandbox::faults::{Fault, FaultKind};

pub(super) const ALL: &[Incident] = &[
    Incident {
        name: "no-answer",
        title: "No answer was read as no people: 512 disabled",
        place: "GLPI, 2016",
        source: "glpi-project/glpi#984",
        there: "A sync asked the directory about each user. The directory could not be reached for a while, and each failed question \
                counted as a user who is no longer there: 512 people were disabled on one day.",
        lesson: "An error that looks like an absence; any list that is read in pages can do it.",
        kind: Kind::Absence,
        company: "Fenwick Dairies",
        integration: ("planday", "scim"),
        people: 60,
        bad: "from the second page of the list on the source answers 500",
        change: |day| day.source_fails(Fault::new(FaultKind::Internal).on("GET", "/hr/").after(1)),
        act: Act::Waits,
        here: Seen { outcome: Outcome::Stopped, code: "vendor_unwell", says: "" },
    },
    Incident {
        name: "filter",
        title: "A filter was mended, and all users were deleted",
        place: "authentik, 2026",
        source: "goauthentik/authentik#19295",
        there: "A filter that was meant to leave one group out did not work as expected. Whoever was not found any more was deleted, \
                with second factors and consents: everybody.",
        lesson: "A setting that narrows a list; whoever falls out of it looks like a leaver.",
        kind: Kind::Absence,
        company: "Marlow Garden Centres",
        integration: ("freshteam", "reward-gateway"),
        people: 48,
        bad: "the account sees one branch only from today on",
        change: |day| {
            let branch = day.employees().first().map(|person| person.branch.clone()).unwrap_or_default();
            day.employees().retain(|person| person.branch == branch);
        },
        act: Act::Waits,
        here: Seen { outcome: Outcome::Stopped, code: "source_shrunk", says: "" },
    },
];

//! What did not come was taken for what is not there.

use super::{Act, Incident, Kind, Outcome, Seen};
use crate::faults::{Fault, FaultKind};
use serde_json::json;

pub(super) const ALL: &[Incident] = &[
    Incident {
        name: "no-answer",
        title: "No answer was read as no people: 512 disabled",
        place: "GLPI, 2016",
        source: "glpi-project/glpi#984",
        there: "A sync asked the directory about each user. The directory could not be reached for a while, and each failed \
                question counted as a user who had been removed: 512 people were disabled on one day.",
        lesson: "An error that looks like an absence; any list that is read in pages can do it.",
        kind: Kind::Absence,
        company: "Fenwick Dairies",
        integration: ("planday", "scim"),
        people: 120,
        bad: "from the second page of the list on the source answers 500",
        change: |day| day.source_fails(Fault::new(FaultKind::Internal).on("GET", "/hr/v1.0/employees").after(1)),
        act: Act::Waits,
        here: Seen {
            outcome: Outcome::Stopped,
            code: "vendor_unwell",
            says: "Planday did not answer properly: status 500, 143 bytes of JSON (5 attempts at /hr/v1.0/employees)",
        },
    },
    Incident {
        name: "unreachable",
        title: "The directory was away for a moment; all 43 were deleted",
        place: "OPNsense, 2026",
        source: "opnsense/core#10129",
        there: "A clean-up asked the directory who is still there. While it could not be reached the answer was empty, and \
                empty meant deleted: all 43 users who came from it were gone, and so was their remote access. Nothing warned \
                of it.",
        lesson: "Nobody there, and nobody answers, are two things.",
        kind: Kind::Absence,
        company: "Calder Valley Ferries",
        integration: ("freshteam", "flow-learning"),
        people: 48,
        bad: "the source breaks each connection off in the middle",
        change: |day| day.source_fails(Fault::new(FaultKind::CutBody)),
        act: Act::Waits,
        here: Seen {
            outcome: Outcome::Stopped,
            code: "vendor_unwell",
            says: "Freshteam did not answer properly: the answer from /branches was cut off (5 attempts at /branches)",
        },
    },
    Incident {
        name: "api-error",
        title: "A call failed, and 5,160 were suspended all the same",
        place: "Microsoft 365 for Moodle, 2022",
        source: "microsoft/o365-moodle#2048",
        there: "A call of the full sync failed. The sync noted the error, and went on with what it had: 5,160 people of a \
                university were not in it and were suspended.",
        lesson: "Going on after an error with half a list.",
        kind: Kind::Absence,
        company: "Aire Valley College",
        integration: ("peoplehr", "moodle"),
        people: 48,
        bad: "the source answers 200 with a page for people in place of its list",
        change: |day| day.source_fails(Fault::new(FaultKind::HtmlPage)),
        act: Act::Waits,
        here: Seen {
            outcome: Outcome::Stopped,
            code: "wrong_address",
            says: "what answers at PeopleHR's address is not its API: HTML page, title `Scheduled maintenance`, status 200 \
                    from /Employee",
        },
    },
    Incident {
        name: "new-password",
        title: "The password of the account changed; all imported users were deleted",
        place: "Keycloak, 2023",
        source: "keycloak/keycloak#20177",
        there: "The password of the account that reads the directory was changed. Once it was put right, all users who had \
                been imported were gone; they came back under new ids, and their groups had to be put together again.",
        lesson: "Credentials that are refused say nothing about people.",
        kind: Kind::Absence,
        company: "Rowan Hill Care",
        integration: ("rotaready", "flow-learning"),
        people: 48,
        bad: "the source refuses the credentials",
        change: |day| day.source_fails(Fault::new(FaultKind::ExpiredToken)),
        act: Act::Waits,
        here: Seen {
            outcome: Outcome::Stopped,
            code: "credentials_refused",
            says: "Rotaready refused the credentials: 401 even with a fresh token: Rotaready's support team has taken the \
                    credentials back",
        },
    },
    Incident {
        name: "nobody",
        title: "An answer with nobody in it: all deleted, all created anew on the next run",
        place: "AWS ssosync, 2024",
        source: "awslabs/ssosync#194",
        there: "Now and then the directory answered with no users and no groups at all. Everybody was deleted, and the next \
                run made everybody anew, without what they had been given before.",
        lesson: "An empty list is a fault until somebody says otherwise.",
        kind: Kind::Absence,
        company: "Northam Print Works",
        integration: ("bamboohr", "scim"),
        people: 48,
        bad: "the list of the source comes empty, with the total 0",
        change: |day| day.source_fails(Fault::new(FaultKind::EmptyList)),
        act: Act::Waits,
        here: Seen {
            outcome: Outcome::Stopped,
            code: "source_empty",
            says: "the source guard stopped the run before its first write: the source sent no employees; nothing is planned \
                    from an empty list. Check the credentials and the source filter",
        },
    },
    Incident {
        name: "filter",
        title: "A filter was changed, and all users were deleted",
        place: "authentik, 2026",
        source: "goauthentik/authentik#19295",
        there: "A filter that was meant to leave one part of the directory out did not work as expected. Whoever was not found \
                any more was deleted, with second factors and consents: everybody.",
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
        here: Seen {
            outcome: Outcome::Stopped,
            code: "source_shrunk",
            says: "the source guard stopped the run before its first write: 15 employees came, 48 the last time: 33 fewer. \
                    Check the source and its filter; if it is right, let it through once",
        },
    },
    Incident {
        name: "nested-group",
        title: "People of a group within a group were not seen: 1,000 suspended day by day",
        place: "Microsoft 365 for Moodle, 2021",
        source: "microsoft/o365-moodle#1771",
        there: "Whoever was in the group only by way of another group was not found in it. They were suspended a few each day, \
                about 1,000 in all, while the run was right about 30,000 others.",
        lesson: "Few enough each day to be under every limit.",
        kind: Kind::Absence,
        company: "Trent Bridge Academy",
        integration: ("peoplehr", "moodle"),
        people: 60,
        bad: "four people are missing from a list that is complete otherwise",
        change: |day| {
            day.employees().drain(20..24);
        },
        act: Act::Waits,
        here: Seen {
            outcome: Outcome::Held,
            code: "status_unclear",
            says: "4 held, status unclear: linked to user …, but missing from PeopleHR's complete answer: unknown, not gone",
        },
    },
    Incident {
        name: "overlapping-pages",
        title: "Pages overlapped: some came twice, others never",
        place: "WSO2 Identity Server, 2020",
        source: "wso2/product-is#9957",
        there: "The second page began before the end of the first, the third before the end of the second. Whoever walked \
                through them had some users twice and never saw others, while the total was right.",
        lesson: "Page numbers are not a promise; only the total shows what is missing.",
        kind: Kind::Absence,
        company: "Whitby Seafoods",
        integration: ("mapal-os", "flow-learning"),
        people: 48,
        bad: "the list has fewer rows than its total says",
        change: |day| day.source_fails(Fault::new(FaultKind::MissingRows)),
        act: Act::Waits,
        here: Seen {
            outcome: Outcome::Stopped,
            code: "list_incomplete",
            says: "Mapal OS delivered an incomplete list: employees: 47 of 48 rows, also when read again",
        },
    },
    Incident {
        name: "one-page",
        title: "Only the first page of users was ever seen",
        place: "AWS ssosync, 2020",
        source: "awslabs/ssosync#1",
        there: "Whatever page of users was asked for, the first ten came, later the first fifty. To the sync the others did \
                not exist, so it would have made them again.",
        lesson: "A destination that shows a part of its users invites duplicates.",
        kind: Kind::Absence,
        company: "Kirkgate Coffee",
        integration: ("planday", "scim"),
        people: 60,
        bad: "the destination shows 20 users to a page, and the first page whatever is asked",
        change: |day| {
            day.destination().own.insert("page_max".into(), json!(20));
            day.destination_fails(Fault::new(FaultKind::RepeatPages));
        },
        act: Act::Waits,
        here: Seen {
            outcome: Outcome::Stopped,
            code: "list_incomplete",
            says: "SCIM delivered an incomplete list: users: page 2 only repeats rows that came before, also when read again",
        },
    },
    Incident {
        name: "no-users",
        title: "The list of users came empty unless it was asked in one way",
        place: "Bitwarden, 2024",
        source: "bitwarden/server#4034",
        there: "Asked for its users without a page and a number, the server answered with none, though it had them. A client \
                that looks there first finds nobody and creates everybody.",
        lesson: "An empty destination is a new account, or a question that was not understood.",
        kind: Kind::Absence,
        company: "Barton Street Lettings",
        integration: ("peoplehr", "scim"),
        people: 48,
        bad: "the destination answers that it has no users",
        change: |day| day.destination_fails(Fault::new(FaultKind::EmptyList)),
        act: Act::Waits,
        here: Seen {
            outcome: Outcome::Stopped,
            code: "users_shrunk",
            says: "the destination lists far fewer users than last time; stopped before the first write: 0 users came, 48 the \
                    last time: 48 fewer. From such a list people who have a user would be created anew",
        },
    },
];

//! One person was taken for another, or for two.

use super::{Act, Incident, Kind, Outcome, Seen, plain};
use crate::world::Person;
use serde_json::json;

pub(super) const ALL: &[Incident] = &[
    Incident {
        name: "renamed",
        title: "A rename arrived as a leaver and a starter",
        place: "Rancher, 2026",
        source: "rancher/rancher#55220",
        there: "When a user name changes, some directories switch the old account off and send a new one in place of a change. \
                The first stayed behind, switched off, and could not be brought back from there.",
        lesson: "A new id is not a new person.",
        kind: Kind::Identity,
        company: "Quayle & Partners",
        integration: ("planday", "scim"),
        people: 48,
        bad: "two people come under new ids and with new addresses; the old records ended yesterday",
        change: |day| {
            let ended = day.yesterday();
            let employees = day.employees();
            for (at, id) in [(20, "990021"), (21, "990022")] {
                let Some(old) = employees.get_mut(at) else { return };
                let mut new = Person { id: id.to_owned(), ..plain(old) };
                new.email = format!("new.{}", old.email);
                old.end_date.clone_from(&ended);
                "inactive".clone_into(&mut old.status);
                employees.push(new);
            }
        },
        act: Act::Waits,
        here: Seen {
            outcome: Outcome::Held,
            code: "rehire",
            says: "4 held, rehire: has left or is missing, but employee 990021 may be the same person",
        },
    },
    Incident {
        name: "moved-folder",
        title: "People were moved to another folder; all were deleted and made anew, mailboxes empty",
        place: "mailcow LDAP sync, 2021",
        source: "myOmikron/mailcow-ldap-sync#3",
        there: "A sync knew users by their whole place in the directory. They were moved to another folder there, so it \
                deleted all, made all anew, and their mail was gone.",
        lesson: "An id that holds more than the person changes with it.",
        kind: Kind::Identity,
        company: "Eskdale Outdoor",
        integration: ("planday", "learn-amp"),
        people: 48,
        bad: "everybody comes under a new id",
        change: |day| {
            for person in day.employees() {
                person.id = format!("9{}", person.id);
                if !person.manager_id.is_empty() {
                    person.manager_id = format!("9{}", person.manager_id);
                }
            }
        },
        act: Act::Waits,
        here: Seen {
            outcome: Outcome::Stopped,
            code: "limit_exceeded",
            says: "stopped before the first write: the plan waits for a typed confirmation: 48 identifiers, 3 allowed",
        },
    },
    Incident {
        name: "reused-login",
        title: "The log-in of a leaver goes to a starter",
        place: "Snipe-IT, 2022",
        source: "grokability/snipe-it#11397",
        there: "It was asked that whoever comes back gets the old account back. The answer was the other case: a leaver and a \
                starter whose names make the same log-in; the one must not get the history of the other.",
        lesson: "A key that is given out again belongs to two people.",
        kind: Kind::Identity,
        company: "Derwent Fabrics",
        integration: ("planday", "flow-learning"),
        people: 48,
        bad: "a record has another name, another birth date and another address from today on",
        change: |day| {
            if let Some(person) = day.employees().get_mut(20) {
                "Ottilie".clone_into(&mut person.first_name);
                "Brannagh".clone_into(&mut person.last_name);
                "1999-02-17".clone_into(&mut person.date_of_birth);
                "ottilie.brannagh@staff.example".clone_into(&mut person.email);
            }
        },
        act: Act::Waits,
        here: Seen {
            outcome: Outcome::Held,
            code: "identifier_reused",
            says: "1 held, identifier reused: user … carries this identifier, but name and birth date are those of somebody \
                    else",
        },
    },
    Incident {
        name: "recycled-mail",
        title: "The address of a leaver goes to a starter, and with it what the leaver was allowed",
        place: "AWS ssosync, 2026",
        source: "awslabs/ssosync#358",
        there: "Where the id was not known the address was asked. An address that is given out again led to the account of \
                somebody else, with whatever that one had been allowed.",
        lesson: "An address names a mailbox, not a person.",
        kind: Kind::Identity,
        company: "Tideway Rowing",
        integration: ("planday", "scim"),
        people: 48,
        bad: "a starter has the address of somebody who left yesterday and was switched off there by hand",
        change: |day| {
            let ended = day.yesterday();
            let mut starter = day.starter("990031", "Corin", "Ashby");
            if let Some(old) = day.employees().get_mut(20) {
                old.end_date = ended;
                "inactive".clone_into(&mut old.status);
                starter.email.clone_from(&old.email);
            }
            let address = starter.email.clone();
            day.users()
                .iter_mut()
                .filter(|user| user.email == address)
                .for_each(|user| "inactive".clone_into(&mut user.status));
            day.employees().push(starter);
        },
        act: Act::Waits,
        here: Seen {
            outcome: Outcome::Held,
            code: "email_held_by_inactive_user",
            says: "1 held, e-mail held by deactivated user: deactivated user … of SCIM keeps this e-mail",
        },
    },
    Incident {
        name: "shared-mail",
        title: "Whoever had no address was given the same one; each took the place of the last",
        place: "WP ERP, 2018",
        source: "wp-erp/wp-erp#666",
        there: "An address was demanded of each employee, so people without one were given a made-up one, the same for all. \
                Each new employee with that address took the place of the last, without a warning.",
        lesson: "An address that several people have names none of them.",
        kind: Kind::Identity,
        company: "Harrow Street Hostels",
        integration: ("planday", "scim"),
        people: 48,
        bad: "two starters carry the same placeholder as their address",
        change: |day| {
            let mut starters = [day.starter("990041", "Tobias", "Wren"), day.starter("990042", "Yara", "Selim")];
            for person in &mut starters {
                "no.email@staff.example".clone_into(&mut person.email);
            }
            day.employees().extend(starters);
        },
        act: Act::Waits,
        here: Seen { outcome: Outcome::Held, code: "missing_field", says: "2 held, value missing: e-mail missing" },
    },
    Incident {
        name: "adopted-account",
        title: "A local account was taken over because its address was equal",
        place: "CISO Assistant, 2026",
        source: "intuitem/ciso-assistant-community#4658",
        there: "An account that was made by hand was adopted by a sync because the address was the same, and in the same \
                breath its address was changed. Whoever had the new address could ask for a new password.",
        lesson: "An equal address is a hint, not a proof.",
        kind: Kind::Identity,
        company: "Pinewood Studios Hire",
        integration: ("peoplehr", "flow-learning"),
        people: 48,
        bad: "a starter has the address of an account that was made by hand for somebody else",
        change: |day| {
            let starter = day.starter("990051", "Noor", "Haddad");
            let mut local = Person { id: "880051".to_owned(), ..plain(&starter) };
            "Gerald".clone_into(&mut local.first_name);
            "Peverell".clone_into(&mut local.last_name);
            "1961-05-30".clone_into(&mut local.date_of_birth);
            local.start_date.clear();
            day.users().push(local);
            day.employees().push(starter);
        },
        act: Act::Waits,
        here: Seen {
            outcome: Outcome::Held,
            code: "email_held_by_active_user",
            says: "1 held, e-mail held by active user: active user 880051 has this e-mail (an active user with another name \
                    has this e-mail)",
        },
    },
    Incident {
        name: "not-there-but-taken",
        title: "The look-up said nobody, the creation said taken",
        place: "SCIM server for Keycloak, 2026",
        source: "Metatavu/keycloak-scim-server#74",
        there: "Users who were not made by the sync were left out of every look-up, but not of the check for a name that is \
                taken. The same user was not there and there, milliseconds apart, and each run tried again.",
        lesson: "Two answers of one server that contradict each other.",
        kind: Kind::Identity,
        company: "Ferry Lane Nurseries",
        integration: ("peoplehr", "scim"),
        people: 48,
        bad: "a starter's name is taken by a user whom the destination does not show",
        change: |day| {
            let starter = day.starter("990071", "Lucan", "Fairweather");
            let mut hidden = Person { id: "880071".to_owned(), ..plain(&starter) };
            "inactive".clone_into(&mut hidden.status);
            day.users().push(hidden);
            day.destination_is("on_inactive", json!("hides"));
            day.employees().push(starter);
        },
        act: Act::Waits,
        here: Seen {
            outcome: Outcome::Explained,
            code: "write_refused",
            says: "409 HIDDEN_THERE: the server says that the user exists, and shows nobody: probably inactive there, and \
                    hidden. Have its administrator switch the user on or remove it",
        },
    },
    Incident {
        name: "links-lost",
        title: "Provisioning was connected anew, and everybody was made once more",
        place: "Budibase, 2025",
        source: "Budibase/budibase#17628",
        there: "Provisioning was switched off and connected again. It knew nobody any more, so all users came again under new \
                ids, and what hung on the old ones was lost.",
        lesson: "Who is who has to outlive a connection.",
        kind: Kind::Identity,
        company: "Sandgate Hotels",
        integration: ("planday", "flow-learning"),
        people: 48,
        bad: "the destination has lost the identifier of every user",
        change: |day| day.users().iter_mut().for_each(|user| user.identifier.clear()),
        act: Act::Waits,
        here: Seen {
            outcome: Outcome::Held,
            code: "detached",
            says: "48 held, detached in the destination: the identifier of user … was changed in Flow Learning",
        },
    },
];

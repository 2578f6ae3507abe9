//! Why no run began, or none succeeds.

use super::Explained;
use crate::domain::code::FeedCode;

pub(super) fn explained(code: FeedCode) -> Explained {
    match code {
        FeedCode::ScheduleMissed => Explained {
            words: "a scheduled run did not begin",
            what: "A run was due by the schedule, and none began: nobody watched, or it could not be started.",
            why: "A feed that stands still looks like a feed with nothing to do.",
            remedies: &[
                "keep `onroll watch` at work: `onroll doctor` says whether one is",
                "sync once by hand; the next scheduled run that begins ends it",
            ],
            example: "The machine was off from 01:30 to 07:00, and the run of 02:00 is not made up for.",
            not_this: "a run that began and failed: that has a number and says why",
        },
        FeedCode::WebhookMalformed => Explained {
            words: "webhooks that cannot be read",
            what: "Something was delivered to the tenant's address that is no notice of its source, or does not prove it.",
            why: "The changes that it should have told of wait for the next scheduled run.",
            remedies: &[
                "compare the key and the address with what is set at the vendor: `onroll webhook url TENANT`",
                "`onroll webhook list TENANT` lists what came, and why it was refused",
            ],
            example: "The vendor signs with a key that was replaced there last week.",
            not_this: "a delivery that came twice: that is ignored, and well",
        },
        FeedCode::NothingAnywhere => Explained {
            words: "nothing succeeds anywhere",
            what: "No live tenant has had a run that succeeded for hours, though they were due.",
            why: "Many tenants do not break at once: it is this machine, its network, its clock, or the one thing they share.",
            remedies: &[
                "look at what the attempts say: `onroll troubles`, `w` on the line",
                "check network and clock of this machine, and that `onroll watch` is at work: `onroll doctor`",
            ],
            example: "A firewall rule at 11:00: eleven tenants have no route to their vendors.",
            not_this: "one tenant that fails while others go: that is its own trouble",
        },
        FeedCode::SchedulesPaused => Explained {
            words: "all schedules are paused",
            what: "An operator has paused the schedules of all tenants: no run begins by itself, none of a webhook either.",
            why: "Somebody works on what all of them share; runs that were at work have gone on, and syncs by hand go.",
            remedies: &[
                "ask who paused them: the name and the time stand on Schedule and in `onroll schedule list`",
                "let them go on: `onroll schedule resume`, or `d` on Schedule; of several missed runs one is made up for",
            ],
            example: "A network was moved on Sunday; on Monday nobody has let the schedules go on.",
            not_this: "one tenant that is paused or off: that stands on its own line",
        },
    }
}

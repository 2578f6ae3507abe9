//! Why somebody is kept out of the plan.

use super::Explained;
use crate::domain::plan::HoldCode;

const REVIEW: &str = "Enter on the card in Review links to the user shown, `n` makes a new one, `t` asks again later";
const FIX_LIST: &str = "HR corrects the record in the source; the next pull lets the person go on";

pub(super) fn explained(code: HoldCode) -> Explained {
    match code {
        HoldCode::ProbableDuplicate
        | HoldCode::Rehire
        | HoldCode::EmailHeldByActiveUser
        | HoldCode::EmailHeldByInactiveUser
        | HoldCode::DuplicateIdentifier
        | HoldCode::DuplicateEmail => of_persons(code),
        HoldCode::IdentifierChanged
        | HoldCode::IdentifierReused
        | HoldCode::TargetOwnedByOther
        | HoldCode::Detached
        | HoldCode::StatusUnclear
        | HoldCode::StatusConflict => of_ties(code),
        HoldCode::RecordUnreadable
        | HoldCode::UnmappedValue
        | HoldCode::OptionMissing
        | HoldCode::MissingField
        | HoldCode::FieldArchived
        | HoldCode::NameNotAccepted => of_data(code),
        HoldCode::Limit | HoldCode::Protected | HoldCode::Excluded | HoldCode::Undone | HoldCode::Later => {
            of_rulings(code)
        }
    }
}

fn of_persons(code: HoldCode) -> Explained {
    match code {
        HoldCode::Rehire => Explained {
            words: code.words(),
            what: "Somebody in the source looks like a user who was deactivated: the person may have come back.",
            why: "A new account would leave the old training history behind; the old one may belong to somebody else.",
            remedies: &[
                "Enter on the card reactivates and links that user, with its history",
                "`n` makes a new user and leaves the old one deactivated",
                "`t` asks again later",
            ],
            example: "A waiter left in March and starts again in June under a new employee number.",
            not_this: "a user who is active: that is a probable duplicate",
        },
        HoldCode::EmailHeldByActiveUser => Explained {
            words: code.words(),
            what: "The person's e-mail belongs to an active user, and nothing else says that the two are one person.",
            why: "E-mails are handed on: linking by e-mail alone would give a starter the account of whoever had the mailbox.",
            remedies: &[
                REVIEW,
                "where the mailbox was handed on: correct the e-mail of that user in the destination, then plan again",
            ],
            example: "A new manager has `kitchen@`, which is still the e-mail of the one who left.",
            not_this: "two records of the source with one e-mail: that is `same e-mail twice`",
        },
        HoldCode::EmailHeldByInactiveUser => Explained {
            words: code.words(),
            what: "The person's e-mail belongs to a deactivated user, and this destination refuses an e-mail twice.",
            why: "The creation would be refused, or the old account would come back to life for another person.",
            remedies: &[REVIEW, "take the e-mail off the deactivated user in the destination, then plan again"],
            example: "The trainee gets the address of last year's trainee, whose account is deactivated.",
            not_this: "names or birth dates that agree too: that is a rehire",
        },
        HoldCode::DuplicateIdentifier => Explained {
            words: code.words(),
            what: "Two employees of the source lead to one identifier in the destination.",
            why: "The second would overwrite the first: one account for two people.",
            remedies: &[
                "the card in Review shows both side by side: Enter keeps the one that counts",
                "HR gives one of them another number in the source",
            ],
            example: "Two restaurants count their staff from 1, and the identifier is that number.",
            not_this: "one person with two numbers: that is a probable duplicate",
        },
        HoldCode::DuplicateEmail => Explained {
            words: code.words(),
            what: "Two employees of the source have one e-mail, and the destination takes an e-mail only once.",
            why: "The second account would be refused, or both people would get each other's mail.",
            remedies: &[
                "on the card in Review `n` creates the other one without the e-mail, `b` both",
                "HR enters each person's own address",
            ],
            example: "The whole kitchen is entered with `kitchen@` of the hotel.",
            not_this: "an e-mail that a user of the destination has: that is `e-mail held by active user`",
        },
        _ => Explained {
            words: HoldCode::ProbableDuplicate.words(),
            what: "The person may have a user already, or may stand twice in the source.",
            why: "A second account is a second welcome mail and a training history that begins at nothing.",
            remedies: &[
                REVIEW,
                "`b` rules all that are alike; `c` puts the other record beside, where the source has the person twice",
            ],
            example: "Kasia Wojcik in the destination, Katarzyna Wójcik in the source, one birth date.",
            not_this: "",
        },
    }
}

fn of_ties(code: HoldCode) -> Explained {
    match code {
        HoldCode::IdentifierChanged => Explained {
            words: code.words(),
            what: "A linked person has another identifier in the source than the user carries.",
            why: "Written blindly, a renumbering of the HR system would cut every tie at once.",
            remedies: &[
                "Enter on the card in Review writes the new identifier to the same user; `b` for all alike",
                "where only the numbers were changed by mistake: have HR put them back, then plan again",
            ],
            example: "Payroll was moved to a new system, and everybody got a new staff number.",
            not_this: "a number that somebody else had before: that is `identifier reused`",
        },
        HoldCode::IdentifierReused => Explained {
            words: code.words(),
            what: "The identifier belonged to another person before.",
            why: "By the identifier alone the newcomer would take over a leaver's account.",
            remedies: &[REVIEW, "HR gives the newcomer a number that nobody had"],
            example: "Number 1042 was freed when a porter left and given to the next starter.",
            not_this: "",
        },
        HoldCode::TargetOwnedByOther => Explained {
            words: code.words(),
            what: "The user who fits carries an identifier that is not this person's.",
            why: "Linking would take the account away from the one whom it is tied to.",
            remedies: &[
                "the card in Review shows both people side by side; rule who the user is",
                "take the foreign identifier off in the destination where it is wrong, then plan again",
            ],
            example: "An account that another integration filled with its own numbers.",
            not_this: "",
        },
        HoldCode::Detached => Explained {
            words: code.words(),
            what: "The tie between person and user was cut in the destination: the identifier was emptied or changed there.",
            why: "Somebody may have done it on purpose; tying it again silently would undo that.",
            remedies: &[REVIEW, "ask who changed it: the person's page has when it was still right"],
            example: "A local administrator emptied the field to keep an account out of the integration.",
            not_this: "an identifier that changed in the source: that is `identifier changed`",
        },
        HoldCode::StatusUnclear => Explained {
            words: code.words(),
            what: "It cannot be told whether the person is employed, or whether the user is active.",
            why: "Unknown is unknown: guessing deactivates somebody who works, or lets a leaver back in.",
            remedies: &[
                "a status word of the source gets its meaning under Settings, status map",
                "a user whose status the destination alone uses is put right there",
                "a person who is missing from the pull: look at the source's filter, or rule on the card",
            ],
            example: "The source says `on sabbatical`, which nobody has explained yet.",
            not_this: "",
        },
        _ => Explained {
            words: HoldCode::StatusConflict.words(),
            what: "The source and the destination disagree about whether the person is there, and the destination was changed by hand.",
            why: "Writing would switch a user on or off again against somebody who decided otherwise.",
            remedies: &[REVIEW, "put the status right on the side that is wrong, then plan again"],
            example: "HR has the person as active, and the account was deactivated there by hand.",
            not_this: "",
        },
    }
}

fn of_data(code: HoldCode) -> Explained {
    match code {
        HoldCode::RecordUnreadable => Explained {
            words: code.words(),
            what: "The vendor's record of this person cannot be read: a field has a form that its contract does not have.",
            why: "A record that is half understood would be written half; everybody else goes on.",
            remedies: &[
                "the person's page names the field; HR enters it anew in the source",
                "where it is the vendor's fault, tell them the field and the person's id",
            ],
            example: "A birth date that says `00/00/0000`.",
            not_this: "many such records at once: then the whole pull is refused",
        },
        HoldCode::UnmappedValue => Explained {
            words: code.words(),
            what: "A value of the source has no counterpart in the destination's list, so the person cannot be written there.",
            why: "Job titles and branches are taken only when they agree exactly; a near value would be refused there.",
            remedies: &[
                "Mappings, on the value: Enter accepts the suggestion, `e` picks another option",
                "`n` there has the option created by the next run",
                "HR renames it in the source; the next pull clears it",
                "`t` on the step of Overview: its people stay held, the others go live",
            ],
            example: "`Bar Staff ` with a blank at the end is not `Bar Staff`.",
            not_this: "no value at all: that is `value missing`",
        },
        HoldCode::OptionMissing => Explained {
            words: code.words(),
            what: "The value is mapped to an option that the destination does not have any more.",
            why: "The write would be refused, or the person would lose the field.",
            remedies: &[
                "Mappings, on the value: `e` picks an option that is there, `n` has it created",
                "where somebody deleted it by mistake, make it again in the destination and plan again",
            ],
            example: "The branch was renamed in the destination after it had been mapped.",
            not_this: "a value that was never mapped: that is `value not mapped`",
        },
        HoldCode::MissingField => Explained {
            words: code.words(),
            what: "A field that the destination demands is empty in the source.",
            why: "The destination refuses a user without it.",
            remedies: &[
                FIX_LIST,
                "where another field of the source has it: Settings, Field map",
                "Settings: a default for the list, where the destination allows one",
            ],
            example: "A new starter was entered without a job title.",
            not_this: "everybody lacks it: then the field itself was archived or is not read",
        },
        HoldCode::FieldArchived => Explained {
            words: code.words(),
            what: "The field that feeds this value was archived in the source, so it is empty for everybody.",
            why: "It looks as if everybody had lost the value; written, it would be erased.",
            remedies: &[
                "the HR administrator takes the field out of the archive; the menu path stands in the message",
                "or another field feeds it: Settings, Field map",
            ],
            example: "Somebody tidied up the custom fields and archived `Job title (Flow)`.",
            not_this: "single people without a value: that is `value missing`",
        },
        _ => Explained {
            words: HoldCode::NameNotAccepted.words(),
            what: "The name has a character that the destination does not take.",
            why: "The write would be refused, or the name would be mangled.",
            remedies: &[FIX_LIST, "the person's page names the character and where it stands"],
            example: "A name with a bracket: `Anna (Bar)`.",
            not_this: "accents and other scripts, where the destination takes them",
        },
    }
}

fn of_rulings(code: HoldCode) -> Explained {
    match code {
        HoldCode::Limit => Explained {
            words: code.words(),
            what: "The run was past a limit, and this part of it was not let go.",
            why: "Many changes of one kind at once are more often a mistake than a fact.",
            remedies: &[
                "the limit page tells the causes with names; let go what is right, by the typed number",
                "or leave it: the next plan counts again",
            ],
            example: "64 leavers on one day, because a site was renamed and the filter still has the old name.",
            not_this: "",
        },
        HoldCode::Protected => Explained {
            words: code.words(),
            what: "An operator ruled that nothing may be written to this person's user.",
            why: "Some accounts are run by hand: the destination's own administrators, a shared kiosk.",
            remedies: &["Del on the person takes the ruling back; reason and author stand there"],
            example: "The managing director's account, which the customer keeps by hand.",
            not_this: "somebody who is to have no user at all: that is `excluded`",
        },
        HoldCode::Excluded => Explained {
            words: code.words(),
            what: "An operator ruled that this record is not synced.",
            why: "It is no person of its own, or not one for this destination.",
            remedies: &["Del on the person takes the ruling back; reason and author stand there"],
            example: "A record `Test Test` of the HR system.",
            not_this: "a whole site that is left out: that is the source filter",
        },
        HoldCode::Undone => Explained {
            words: code.words(),
            what: "A run about this person was undone, and the person is held so that the next one does not do it again.",
            why: "The source still says what it said: without the hold the change would come back with the next run.",
            remedies: &[
                "when the cause is cured: Del on the person, or `m n` on the undone run for all of them",
                "by command: `onroll runs release TENANT`",
            ],
            example: "A wrong mapping gave 40 people another branch; the run was undone, then the mapping put right.",
            not_this: "",
        },
        _ => Explained {
            words: HoldCode::Later.words(),
            what: "An operator put the ruling off until a day, or until a key field changes.",
            why: "Nothing is written for the person until somebody knows.",
            remedies: &["rule now: the card in Review, or Del on the person", "wait: it asks again by itself"],
            example: "The manager is asked whether the two Sofias are one person.",
            not_this: "",
        },
    }
}

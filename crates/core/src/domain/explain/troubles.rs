//! What goes wrong between Onroll, the vendors, the workspace and what was typed.

use super::Explained;
use crate::domain::code::ProblemCode;

/// Of every code; those of stops are told elsewhere.
pub(super) fn explained(code: ProblemCode) -> Explained {
    of_access(code).or_else(|| of_answers(code)).or_else(|| of_workspace(code)).unwrap_or_else(|| of_input(code))
}

fn of_access(code: ProblemCode) -> Option<Explained> {
    Some(match code {
        ProblemCode::CredentialsRefused => Explained {
            words: "credentials refused",
            what: "The vendor does not take the credentials, also after a fresh token was asked for.",
            why: "After three refusals in a row the tenant is paused, so that no account gets locked.",
            remedies: &[
                "check them with the customer: Settings says where each is found",
                "put in new ones under Settings, or `onroll connection secret`, then test the connection",
            ],
            example: "The customer revoked the app, or the key has run out.",
            not_this: "one call that is not allowed: then a right is missing",
        },
        ProblemCode::NotAllowed => Explained {
            words: "a right is missing",
            what: "The credentials are good, and do not allow a call that is needed.",
            why: "Without it the list is incomplete, or nothing can be written.",
            remedies: &[
                "have the right added that the message names; docs/vendors.md has all of them",
                "then test the connection",
            ],
            example: "The app may read employees and not their birth dates.",
            not_this: "",
        },
        ProblemCode::OtherAccount => Explained {
            words: "another account answers",
            what: "The account behind the credentials is not the one that was set up.",
            why: "One customer's people would arrive at another's.",
            remedies: &["put in the credentials of this customer", "for a new account: add a new tenant"],
            example: "The token of the sandbox portal in the live tenant.",
            not_this: "",
        },
        ProblemCode::SetupIncomplete => Explained {
            words: "set-up not complete",
            what: "A parameter that the vendor needs is missing, or cannot work.",
            why: "The call would fail, or ask somebody else.",
            remedies: &["Settings, or `onroll tenant set TENANT key=value`"],
            example: "No subdomain.",
            not_this: "",
        },
        ProblemCode::VendorUnknown => Explained {
            words: "unknown vendor",
            what: "The connection names a vendor that this program does not know.",
            why: "Nothing can be read or written for it.",
            remedies: &[
                "correct it: `onroll tenant set TENANT source.vendor=…`",
                "or use the version of Onroll that made it",
            ],
            example: "A tenant file with `vendor = \"plan-day\"`.",
            not_this: "",
        },
        ProblemCode::CredentialUnreadable => Explained {
            words: "a credential cannot be read",
            what: "The place where a credential is said to be has none: a variable, a file, the key store.",
            why: "Without it nobody is asked.",
            remedies: &[
                "set the variable, or put the file there with the rights 0600",
                "or store it: Settings, or `onroll connection secret`",
            ],
            example: "`{ env = \"HARBOUR_PLANDAY\" }`, and the service was started without it.",
            not_this: "",
        },
        ProblemCode::Certificate => Explained {
            words: "certificate not trusted",
            what: "The host's certificate does not prove who it is. Nothing was sent.",
            why: "Somebody between could read and change everything.",
            remedies: &[
                "where the company's own proxy answers: add its certificate to the trusted ones of this machine",
                "check the address, and the clock of this machine",
            ],
            example: "A proxy that opens all connections of the office.",
            not_this: "",
        },
        _ => return None,
    })
}

fn of_answers(code: ProblemCode) -> Option<Explained> {
    Some(match code {
        ProblemCode::VendorUnwell => Explained {
            words: "the vendor is not well",
            what: "Time-outs, errors of the server or too many requests, also after waiting and trying again.",
            why: "A list that is half read is not used; nothing was planned from it.",
            remedies: &["try later: exit 5 means that", "where it lasts, look at the vendor's status page"],
            example: "503 for half an hour on the first of the month.",
            not_this: "",
        },
        ProblemCode::WrongAddress => Explained {
            words: "not the vendor's API",
            what: "Something else answers at this address: a log-in page, a proxy, another program.",
            why: "Its answers mean nothing.",
            remedies: &["correct the address under Settings", "check whether a proxy asks for a log-in"],
            example: "The address of the web page instead of that of the API.",
            not_this: "",
        },
        ProblemCode::UnexpectedAnswer => Explained {
            words: "an answer that the contract does not have",
            what: "The vendor answered properly, with something that its contract does not have.",
            why: "Guessing what it means is how people get lost.",
            remedies: &[
                "try once more; where it stays so, report it with the log: the vendor may have changed its API",
            ],
            example: "A list where an object was promised.",
            not_this: "",
        },
        ProblemCode::CorruptAnswer => Explained {
            words: "an answer that cannot be read",
            what: "Data came that cannot be read, such as broken JSON, also after asking again.",
            why: "Half a page is not a page.",
            remedies: &["try later; where it stays so, tell the vendor the path and the time"],
            example: "The body ends in the middle of a name.",
            not_this: "one record with a strange field: that person alone is held",
        },
        ProblemCode::RecordsUnreadable => Explained {
            words: "too many records cannot be read",
            what: "The pull is refused as a whole, because too many of its records cannot be read.",
            why: "One such record is a slip; many are a change at the vendor.",
            remedies: &[
                "the message names the field; ask the vendor what was changed",
                "report it, where the new form is right",
            ],
            example: "All dates come as `DD.MM.YYYY` since the last release.",
            not_this: "",
        },
        ProblemCode::ListIncomplete => Explained {
            words: "the list is incomplete",
            what: "Pages are missing, repeat themselves or do not add up, also when read a second time.",
            why: "Whoever is on a lost page would be a leaver.",
            remedies: &[
                "pull again; people who are entered just now move the pages",
                "where it stays so, tell the vendor",
            ],
            example: "Page 3 is page 2 once more.",
            not_this: "",
        },
        _ => return None,
    })
}

fn of_workspace(code: ProblemCode) -> Option<Explained> {
    Some(match code {
        ProblemCode::WorkspaceUnusable => Explained {
            words: "the workspace cannot be opened",
            what: "The file or its folder cannot be used, or is no workspace of Onroll.",
            why: "Everything that Onroll knows is in that file.",
            remedies: &[
                "check path and rights: `--workspace DIR`, `ONROLL_WORKSPACE`",
                "`onroll doctor` says what it sees",
            ],
            example: "The folder belongs to another user of this machine.",
            not_this: "",
        },
        ProblemCode::WorkspaceVersion => Explained {
            words: "another version of the file",
            what: "The workspace was made by a newer Onroll, or by an older one where it cannot be brought up to date.",
            why: "This program would damage what it does not know.",
            remedies: &[
                "use the version that made it",
                "an older one is brought up to date where it can be written; a copy is kept beside it",
            ],
            example: "A colleague upgraded first.",
            not_this: "",
        },
        ProblemCode::WorkspaceDamaged => Explained {
            words: "the workspace file is damaged",
            what: "The file itself cannot be read at some place.",
            why: "Rulings and links are worth more than anything that can be read anew.",
            remedies: &[
                "stop everything that uses it and copy the file as it is",
                "take the newest backup; `onroll doctor` says what can be read",
            ],
            example: "The disk failed under it.",
            not_this: "one row that cannot be read: everything else can",
        },
        ProblemCode::WorkspaceBusy => Explained {
            words: "the workspace is busy",
            what: "Another process held the file for longer than five seconds.",
            why: "Nothing of the change was saved.",
            remedies: &["try again; a file on a network drive is slow, keep it on a local disk"],
            example: "A backup program that locks what it copies.",
            not_this: "",
        },
        ProblemCode::DiskFull => Explained {
            words: "the disk took no change",
            what: "No space is left, or the disk refused the write. Nothing of the change was saved.",
            why: "What is not on disk is not sent: a run stops before its next write.",
            remedies: &["make room, then go on: what was confirmed is kept", "`ulimit -f` and quotas count too"],
            example: "A log of another program filled the partition.",
            not_this: "",
        },
        ProblemCode::ReadOnly => Explained {
            words: "only reading is allowed",
            what: "Onroll was started to read only, or the file can only be read.",
            why: "Nothing is changed here and nothing is sent.",
            remedies: &["start without `--read-only`", "check the rights of the file"],
            example: "A console for looking, on a colleague's workspace.",
            not_this: "",
        },
        ProblemCode::RowUnreadable => Explained {
            words: "a row of the workspace cannot be read",
            what: "One value in the file cannot be read by this program; everything else can.",
            why: "One broken row must not stop the other tenants.",
            remedies: &[
                "the message says what makes the row anew",
                "`onroll doctor` lists all such rows; `onroll tenant set` repairs a tenant's own",
            ],
            example: "A setting that was edited by hand.",
            not_this: "",
        },
        _ => return None,
    })
}

fn of_input(code: ProblemCode) -> Explained {
    match code {
        ProblemCode::NoSuchTenant => Explained {
            words: "no such tenant",
            what: "No tenant has this name, or several have it.",
            why: "A command must not pick one by itself.",
            remedies: &["`onroll tenant list` shows the short names; `TENANT/CONNECTION` where there are several"],
            example: "`harbor-vine` for `harbour-vine`.",
            not_this: "",
        },
        ProblemCode::NotFound => Explained {
            words: "not there",
            what: "What was named does not exist, or not any more: a plan, a run, a person, a user, a table.",
            why: "It may be another tenant's, or gone with an older pull.",
            remedies: &["look it up on its screen or by the list command, then name it as it stands there"],
            example: "Run 7 of another workspace.",
            not_this: "",
        },
        ProblemCode::BadInput => Explained {
            words: "that does not work so",
            what: "What was typed, or a file, cannot be taken as it is.",
            why: "Nothing was changed.",
            remedies: &["the message says what is wrong and what would do"],
            example: "A limit of `inf`.",
            not_this: "",
        },
        ProblemCode::Defect => Explained {
            words: "a defect of Onroll",
            what: "A part of the program ended unexpectedly.",
            why: "What was sent is in the journal; the next run settles it.",
            remedies: &["go on with the run: `onroll runs resume TENANT`", "please report it with the log file"],
            example: "A message that begins with `a part of the run ended`.",
            not_this: "",
        },
        _ => Explained {
            words: "failed",
            what: "Something failed for which there is no code of its own; the message says all that is known.",
            why: "It was not foreseen.",
            remedies: &["follow the message, and report it with the log file where that does not help"],
            example: "An answer of the operating system that is rare.",
            not_this: "",
        },
    }
}

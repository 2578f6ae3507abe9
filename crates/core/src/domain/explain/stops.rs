//! Why a run did not begin, or did not go to its end.

use super::Explained;
use crate::domain::code::ProblemCode;

/// `None` for what is no stop.
pub(super) fn explained(code: ProblemCode) -> Option<Explained> {
    of_guards(code).or_else(|| of_plans(code)).or_else(|| of_runs(code))
}

fn of_guards(code: ProblemCode) -> Option<Explained> {
    Some(match code {
        ProblemCode::SourceEmpty => Explained {
            words: "the source sent nobody",
            what: "The source answered properly and sent not one employee.",
            why: "From an empty list everybody would be a leaver. It cannot be let through.",
            remedies: &[
                "check the source filter under Settings: does it still name what is there?",
                "check which rights the credentials have: some vendors answer with nothing instead of refusing",
            ],
            example: "The only department of the filter was deleted.",
            not_this: "a page that failed: then the pull is incomplete",
        },
        ProblemCode::SourceTotal => Explained {
            words: "the source counts otherwise than it sends",
            what: "The source names a total, and another number of employees came.",
            why: "Whoever is on a missing page would be a leaver. It cannot be let through.",
            remedies: &["pull again; where it stays so, tell the vendor both numbers"],
            example: "1,204 are declared and 1,104 came: a page of 100 is missing.",
            not_this: "",
        },
        ProblemCode::SourceShrunk => Explained {
            words: "far fewer employees than last time",
            what: "More than a tenth of the employees of the last good pull are missing.",
            why: "A lost right or a changed filter looks exactly like a hundred leavers.",
            remedies: &[
                "the page names the branches that lost people: look there first",
                "if the list is right, type the number that came; it lets this one pull through, once",
            ],
            example: "A site moved to another company of the same account.",
            not_this: "leavers who are still listed as such: they count towards the limit of leavers",
        },
        ProblemCode::SourceWeather => Explained {
            words: "the records are not as they were",
            what: "Everybody came, but a field is empty for nearly everybody, ids have another form, or dates cannot be or have day and month the other way round.",
            why: "Written, the blanks would erase what the destination holds.",
            remedies: &[
                "ask what was changed in the source: a field archived, an export set up anew",
                "if it is right, type the number that came; a field that feeds nothing any more is mapped to `none`",
            ],
            example: "All hire dates are empty since the vendor's last release.",
            not_this: "single people without a value: they are held one by one",
        },
        ProblemCode::UsersShrunk => Explained {
            words: "far fewer users than last time",
            what: "The destination lists more than a tenth fewer users than the last time, or none.",
            why: "People who have a user would be created a second time.",
            remedies: &[
                "is it the right account, and may the key still see everybody?",
                "if users were removed there, type the number that came; it lets this one pull through, once",
            ],
            example: "The key was bound to one group, and lists only that.",
            not_this: "",
        },
        _ => return None,
    })
}

fn of_plans(code: ProblemCode) -> Option<Explained> {
    Some(match code {
        ProblemCode::FirstImport => Explained {
            words: "a first import waits for its number",
            what: "Nothing was ever written for this tenant, so the plan waits for the number of its changes, typed.",
            why: "A first import makes the most accounts and sends the most mails; nobody should start it in passing.",
            remedies: &[
                "look at the plan, then `!` on Plan and type the short name and the number",
                "by command: `--confirm TENANT:NUMBER`",
            ],
            example: "428 changes and 41 welcome mails on the day a customer goes live.",
            not_this: "",
        },
        ProblemCode::LimitExceeded => Explained {
            words: "past a limit",
            what: "The plan has more changes of one kind than a run may do alone.",
            why: "900 leavers are a mistake far more often than a fact.",
            remedies: &[
                "the limit page: the causes with names; tick what may go, type the number",
                "leave parts held: `--without leavers|creations|updates|identifiers`",
                "a limit that is too small for this company is set under Settings",
            ],
            example: "64 of 812 linked people would be deactivated; 10 are allowed.",
            not_this: "a pull that shrank: there nothing is planned at all",
        },
        ProblemCode::PlanDrifted => Explained {
            words: "the plan has moved",
            what: "What would be done now is not what was approved.",
            why: "An approval is for what was seen, and for nothing else.",
            remedies: &["look at the new plan and approve that one"],
            example: "Between the preview and the confirmation twelve people were ruled on.",
            not_this: "single records that changed: they are skipped, the rest is written",
        },
        ProblemCode::PlanEdited => Explained {
            words: "the plan file was edited",
            what: "The file carries the hash of a plan, and other lines than that plan.",
            why: "It would be unclear which of the two is approved.",
            remedies: &[
                "run the file as it was written, or make it anew: `onroll plan TENANT --out FILE`",
                "to leave people out: `--only`, `--without`, or a ruling",
            ],
            example: "Three lines were deleted in an editor.",
            not_this: "",
        },
        ProblemCode::ModelGate => Explained {
            words: "the new weights stay unused",
            what: "Weights learnt from rulings did worse on rulings that were held back, or could not be judged.",
            why: "A matcher that learnt something wrong would link wrongly everywhere.",
            remedies: &["rule on more people, then `onroll model propose TENANT` again"],
            example: "All rulings so far are about one family name.",
            not_this: "",
        },
        ProblemCode::CannotUndo => Explained {
            words: "the run cannot be undone",
            what: "Nothing of it can be taken back: it wrote nothing, is not over, or its destination only takes files.",
            why: "An undo writes as well; it must know what it puts back.",
            remedies: &["the message says which; finish an interrupted run first: `onroll runs resume TENANT`"],
            example: "A preview: it only read.",
            not_this: "lines that an undo leaves: they stand in its preview, each with why",
        },
        _ => return None,
    })
}

fn of_runs(code: ProblemCode) -> Option<Explained> {
    Some(match code {
        ProblemCode::Quarantine => Explained {
            words: "paused: too many writes failed",
            what: "Of at least 20 writes more than four in ten were refused or not answered, and the tenant was paused.",
            why: "Whatever is wrong there, more of the same makes it worse.",
            remedies: &[
                "read the errors of the run and cure their cause",
                "then test the connection: a test that passes lifts the pause",
            ],
            example: "The destination made a field mandatory overnight.",
            not_this: "credentials that were refused: they pause after three times",
        },
        ProblemCode::WaveNotClean => Explained {
            words: "a wave is not clean",
            what: "Of a plan that goes in waves one was written and did not read back as it was written; the later waves were \
                   not sent.",
            why: "What went wrong with five people would have gone wrong with five thousand.",
            remedies: &[
                "look at the refused and unknown lines of the wave: Run, or `onroll runs show RUN`",
                "go on with the next wave under the same approval: `!` on Run, or `onroll runs resume TENANT`",
                "or cure the cause and plan anew: what was not sent is planned again",
            ],
            example: "Of five people in the second wave one was refused: the destination had made a field mandatory.",
            not_this: "lines that had moved meanwhile: they are skipped and stop no wave",
        },
        ProblemCode::NotLive => Explained {
            words: "not live",
            what: "The tenant is off, paused or not published: it can be planned and not synced.",
            why: "A new connection only previews until its set-up is complete and somebody has published it.",
            remedies: &["`!` on Overview, or `onroll tenant on TENANT`"],
            example: "A customer in set-up.",
            not_this: "",
        },
        ProblemCode::NoChanges => Explained {
            words: "the source does not tell what has changed",
            what: "A run was asked to read only what has changed, and this source has no way to say that.",
            why: "Reading a part as if it were all would make leavers of everybody else.",
            remedies: &["leave `--changed` out: everybody is read"],
            example: "A list of users that is always the whole list.",
            not_this: "",
        },
        ProblemCode::AtWork => Explained {
            words: "a run is at work here",
            what: "This program has a run of the tenant already.",
            why: "Two runs of one tenant would each do what the other does.",
            remedies: &["wait for it on Run, or stop it there with `x`"],
            example: "`!` on Tenants while the run that was started on Plan goes on.",
            not_this: "a run of another process: that one holds the tenant",
        },
        ProblemCode::LeaseHeld => Explained {
            words: "another process is at work on it",
            what: "Another console, command or watcher works on this tenant; its name, machine and start stand in the message.",
            why: "Two writers would make what one makes, twice.",
            remedies: &[
                "wait until it is done, or stop it there",
                "a process of this machine that died is known to be dead at once; one of another machine gives way by itself after a while",
            ],
            example: "A colleague's console on the same workspace.",
            not_this: "",
        },
        ProblemCode::LeaseLost => Explained {
            words: "it was silent for too long",
            what: "The run gave no sign of life for so long that the tenant was free for others, and it stopped.",
            why: "Another process may be writing by now.",
            remedies: &["look at the other run: it finishes what this one left", "or sync again"],
            example: "The laptop was asleep for an hour in the middle of a run.",
            not_this: "",
        },
        ProblemCode::StoppedByOperator => Explained {
            words: "stopped by an operator",
            what: "Somebody stopped the run at the next safe boundary.",
            why: "What was sent is recorded; what was not, stays open for the next plan.",
            remedies: &["sync again: what was not written is planned anew"],
            example: "`x` on Run, then stop.",
            not_this: "",
        },
        ProblemCode::StoppedByEnd => Explained {
            words: "interrupted",
            what: "The program ended, or was told to, in the middle of the run.",
            why: "A write may have been on its way; the next run looks it up first.",
            remedies: &["sync again, or `onroll runs resume TENANT`: what was approved is finished"],
            example: "The terminal was closed.",
            not_this: "",
        },
        ProblemCode::SwitchedOff => Explained {
            words: "switched off meanwhile",
            what: "The tenant was switched off, paused or taken back to preview while the run was at work.",
            why: "Off means off, before the next write.",
            remedies: &["switch it on when it may be written again; the rest is planned anew"],
            example: "The customer called: please stop.",
            not_this: "",
        },
        ProblemCode::TenantRemoved => Explained {
            words: "removed meanwhile",
            what: "The tenant was removed while the run was at work.",
            why: "Nothing is written for whom nobody looks after.",
            remedies: &["nothing: its users stay as they are in the destination"],
            example: "A test tenant was tidied away.",
            not_this: "",
        },
        _ => return None,
    })
}

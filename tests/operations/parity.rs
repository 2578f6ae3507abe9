//! BX08: what the screen can do, a command can do. `docs/parity.md` is made from the console's own table of actions and this
//! answer to each; a command that is named there has to be one that the program takes.

use clap::Parser;
use onroll::cli::arguments::Arguments;
use onroll::console::keys::Action;
use onroll::console::keys::table::{Meta, TABLE};
use std::fmt::Write;

/// What stands for an action where there is no screen.
enum Instead {
    /// What it does where, and the command for it.
    Commands(&'static [(&'static str, &'static str)]),
    /// Why none is needed: nothing is read, kept or sent by it that a command does not read, keep or send.
    OfTheScreen(&'static str),
}

use Instead::{Commands, OfTheScreen};

/// Every action is named, so that a new one is refused by the compiler until somebody has answered.
#[deny(clippy::wildcard_enum_match_arm)]
#[expect(clippy::too_many_lines, reason = "a table")]
fn instead(action: Action) -> Instead {
    use Action as A;
    const MOTION: Instead = OfTheScreen("moves the cursor; a command names what it is about");
    const LOOK: Instead = OfTheScreen("changes how it looks, nothing else");
    match action {
        A::Up | A::Down | A::Left | A::Right | A::First | A::Last | A::PageUp | A::PageDown => MOTION,
        A::NextPane | A::PreviousPane | A::PreviousItem | A::NextItem | A::NextHit | A::PreviousHit => MOTION,
        A::Tab1 | A::Tab2 | A::Tab3 | A::Tab4 | A::Tab5 | A::Tab6 | A::Tab7 | A::Tab8 | A::Tab9 => MOTION,
        A::Back | A::Palette | A::More | A::Messages => OfTheScreen("a way through the console"),
        A::Mark | A::MarkRange | A::MarkAll | A::InvertMarks => {
            OfTheScreen("chooses lines for the next action; commands take several names, or a filter")
        }
        A::Freeze | A::Zoom | A::Mouse | A::Suspend => LOOK,
        A::Quit | A::Interrupt => OfTheScreen("leaves; a command ends by itself or by a signal (129, 130, 143)"),
        A::CopyId | A::CopyRow => OfTheScreen("the clipboard; `--json` has every id and row"),
        A::Enter => Commands(&[
            ("Tenants, Overview: the tenant", "tenant show TENANT"),
            ("Plan: the lines", "plan TENANT --offline --out FILE"),
            ("History: the run", "runs show RUN"),
            ("Review: links to the candidate", "review decide TENANT EMPLOYEE --link USER"),
            ("Mappings: takes the suggestion", "mapping set TENANT TABLE VALUE TARGET"),
            ("Incidents: replays the day", "incidents run NAME"),
            ("Holds, Values, People of all tenants: the lists", "holds"),
            ("the values that no table covers", "values"),
            ("somebody in any tenant", "people NAME"),
        ]),
        A::Filter => Commands(&[
            ("People", "export people TENANT --filter FILTER --out FILE"),
            ("Feed log", "logs TENANT --filter FILTER"),
            ("Audit", "audit TENANT --filter FILTER"),
        ]),
        A::Facets => Commands(&[
            ("People: facets", "export people TENANT --facets"),
            ("People: a saved view", "export people TENANT --view NAME --out FILE"),
        ]),
        A::Sort => Commands(&[
            ("Review: the order of the queue", "review list TENANT --order surest"),
            ("Feed log", "logs TENANT --sort who:desc"),
        ]),
        A::Help => Commands(&[("what a code means", "explain CODE"), ("what can be done", "man")]),
        A::Why => Commands(&[
            ("what a hold, a stop or an error means", "explain CODE"),
            ("who is held, and why", "export held TENANT --out FILE"),
            ("how far the set-up is", "tenant show TENANT"),
        ]),
        A::Undo => Commands(&[
            ("Review, Person: the last ruling", "review decide TENANT --undo"),
            ("Settings: the value before, which the audit has", "tenant set TENANT settings.managers=true"),
            ("Mappings: the row as it was", "mapping set TENANT TABLE VALUE TARGET"),
        ]),
        A::Redo => Commands(&[("says the ruling or the edit again", "review decide TENANT EMPLOYEE --create")]),
        A::Refresh => Commands(&[
            ("reads both sides and plans", "plan TENANT"),
            ("plans from what was read last", "plan TENANT --offline"),
        ]),
        A::Edit => Commands(&[
            ("Mappings: a target", "mapping set TENANT TABLE VALUE TARGET"),
            ("Overview, Schedule: settings", "tenant set TENANT settings.schedule=manual"),
            ("Waves: which", "sync TENANT --waves one,five,branch"),
        ]),
        A::New => Commands(&[
            ("Tenants: a tenant", "tenant add FILE"),
            ("Review: a new user", "review decide TENANT EMPLOYEE --create"),
            ("Review: both records are real", "review decide TENANT EMPLOYEE EMPLOYEE --distinct"),
            ("Review: goes without the shared e-mail", "review decide TENANT EMPLOYEE --without-email"),
            ("Mappings: an option of the destination", "mapping set TENANT TABLE VALUE --create NAME"),
        ]),
        A::Clear => Commands(&[
            ("Mappings: the row", "mapping set TENANT TABLE VALUE --clear"),
            ("Person: the last ruling is taken back", "review decide TENANT --undo"),
            ("Two exports: a column is not read", "match --source FILE --destination FILE --out DIR --columns status="),
        ]),
        A::Deactivate => Commands(&[
            ("Tenants, Overview: off", "tenant off TENANT"),
            ("Tenants, Overview: on", "tenant on TENANT"),
            ("Schedule: pauses all", "schedule pause"),
            ("Schedule: goes on", "schedule resume"),
        ]),
        A::Later => Commands(&[
            ("Review, Person: later", "review decide TENANT EMPLOYEE --later"),
            ("Plan: holds a part back", "sync TENANT --without leavers"),
            ("Schedule: lets the next run pass", "schedule skip TENANT"),
            ("Troubles: mutes", "troubles mute NUMBER --until 2026-12-01"),
            ("Troubles: lets it speak again", "troubles unmute NUMBER"),
            ("Overview: waives a step; it waives what is open", "tenant on TENANT"),
        ]),
        A::Alike => Commands(&[("Review: the same for several", "review decide TENANT EMPLOYEE EMPLOYEE --create")]),
        A::Send => Commands(&[
            ("Plan: applies it", "sync TENANT --confirm TENANT:NUMBER"),
            ("Tenants: a new plan, applied", "sync TENANT"),
            ("Tenants: only what has changed", "sync TENANT --changed"),
            ("Person, People: only these", "sync TENANT --only EMPLOYEE"),
            ("Overview: publishes", "tenant on TENANT"),
            ("Limit: lets it through, but for a part", "sync TENANT --confirm TENANT:NUMBER --without leavers"),
            ("Undo: takes the run back", "runs undo RUN --confirm TENANT:NUMBER"),
            ("Run: lets the next wave go, of any process", "runs next TENANT --wave NUMBER"),
            ("Schedule: runs now", "sync TENANT"),
        ]),
        A::Stop => Commands(&[
            ("pauses", "runs pause TENANT"),
            ("goes on", "runs continue TENANT"),
            ("stops", "runs stop TENANT"),
        ]),
        A::Compare => Commands(&[
            ("Run, Person: what was said for a line", "runs said RUN --employee EMPLOYEE"),
            ("History, Plan, Review: two of a kind beside each other", "runs show RUN"),
        ]),
        A::Export => Commands(&[
            ("Plan: for sign-off", "plan TENANT --out FILE"),
            ("People", "export people TENANT --out FILE"),
            ("Mappings", "mapping export TENANT TABLE FILE"),
            ("History, Run: what failed", "runs errors RUN --out FILE"),
            ("Drift: what had moved", "runs drift RUN --out FILE"),
            ("Audit", "audit --out FILE"),
            ("Two exports: the four files", "match --source FILE --destination FILE --out DIR"),
            ("Feed log: as objects", "logs TENANT --json"),
            ("Collision: the fix list for HR", "export fix-list TENANT --out FILE"),
        ]),
        A::Follow => Commands(&[("Feed log, Run", "logs TENANT --follow")]),
        A::Save => Commands(&[("Settings", "tenant set TENANT settings.managers=true"), ("Wizard", "tenant add FILE")]),
        A::TestConnection | A::MoreTest => Commands(&[("calls both ends", "connection test TENANT")]),
        A::MatchFiles => Commands(&[("", "match --source FILE --destination FILE --out DIR")]),
        A::MoreRemove => Commands(&[("", "tenant remove TENANT --confirm TENANT")]),
        A::MoreEdit => Commands(&[("", "tenant set TENANT settings.managers=true")]),
        A::MoreVerbatim => Commands(&[("", "mapping set TENANT TABLE --verbatim on")]),
        A::MoreImport => Commands(&[("", "mapping import TENANT TABLE FILE")]),
        A::MoreProtect => Commands(&[("", "review decide TENANT EMPLOYEE --protect")]),
        A::MoreExclude => Commands(&[("", "review decide TENANT EMPLOYEE --exclude")]),
        A::MoreForget => Commands(&[("", "forget TENANT EMPLOYEE --yes")]),
        A::MoreNotSame => Commands(&[("", "review decide TENANT EMPLOYEE --not-same USER")]),
        A::MoreSchedule => Commands(&[("", "schedule list")]),
        A::MoreNote => Commands(&[("with a ruling", "review decide TENANT EMPLOYEE --later --reason TEXT")]),
        A::MoreRehearse => Commands(&[("", "plan TENANT --rehearse")]),
        A::MoreFixList => Commands(&[("", "export fix-list TENANT --out FILE")]),
        A::MoreTroubles => Commands(&[("", "troubles list")]),
        A::MoreDigest => Commands(&[("", "digest")]),
        A::MoreSeen => Commands(&[("", "troubles seen NUMBER")]),
        A::MoreWaves => Commands(&[("", "plan TENANT --waves")]),
        A::MoreResume => Commands(&[("", "runs resume TENANT")]),
        A::MoreUndoRun => Commands(&[("shows the inverse plan", "runs undo RUN")]),
        A::MoreDrift => Commands(&[("", "runs drift RUN")]),
        A::MoreRelease => Commands(&[("", "runs release TENANT")]),
        A::MoreReport => Commands(&[("", "runs report RUN --send")]),
        A::MoreAudit => Commands(&[("", "audit TENANT")]),
        A::MoreLimits => Commands(&[("", "match --source FILE --destination FILE --out DIR --threshold 0.95")]),
        A::MoreSupport => Commands(&[("", "support-bundle TENANT --out FILE")]),
        A::MoreRevoke => Commands(&[("", "connection revoke TENANT source NAME --yes")]),
    }
}

/// What only the console can do and no single action stands for.
const GAPS: [(&str, &str); 3] = [
    (
        "Plan: `t` on single lines",
        "`sync --without` holds back parts, `--only` names who goes; a line in the middle is held back on the screen",
    ),
    (
        "Lists: saving and deleting views",
        "commands take a saved view (`export people --view`) and any filter, but save none",
    ),
    ("Review: `m i`, a note without a ruling", "a reason goes with a ruling (`--reason`)"),
];

/// The command with something in the place of each placeholder.
fn filled(command: &str) -> Vec<String> {
    let words = command.split(' ').map(|word| match word {
        "RUN" | "NUMBER" => "7".to_owned(),
        "FILE" => "a.csv".to_owned(),
        word => word.replace("TENANT:NUMBER", "tenant:7"),
    });
    std::iter::once("onroll".to_owned()).chain(words).collect()
}

fn row(meta: &Meta) -> String {
    let name = format!("`{}` {}", meta.keys.first().unwrap_or(&""), meta.id);
    let cell = match instead(meta.action) {
        Commands(commands) => {
            let parts = commands.iter().map(|(what, command)| match *what {
                "" => format!("`onroll {command}`"),
                what => format!("{what}: `onroll {command}`"),
            });
            parts.collect::<Vec<_>>().join("<br>")
        }
        OfTheScreen(why) => format!("of the screen: {why}"),
    };
    format!("| {name} | {} | {cell} |", meta.help.replace('|', "\\|"))
}

fn page() -> String {
    let mut page = String::from(
        "# Screen and command\n\nMade from the console's table of actions by `tests/operations/parity.rs`, which fails when this page is stale, when an\n\
         action has no answer, or when a command that is named here is not one that the program takes. Words in capitals stand for\n\
         names and numbers; every command takes `--json`.\n\n| key and action | on the screen | without a screen |\n|---|---|---|\n",
    );
    for meta in TABLE {
        let _ = writeln!(page, "{}", row(meta));
    }
    page.push_str("\n## What only the console does\n\n| what | instead |\n|---|---|\n");
    for (what, why) in GAPS {
        let _ = writeln!(page, "| {what} | {why} |");
    }
    page
}

#[test]
fn s_bx08_what_the_screen_can_do_a_command_can_do() {
    for meta in TABLE {
        match instead(meta.action) {
            Commands(commands) => {
                assert!(!commands.is_empty(), "{} has neither a command nor a reason", meta.id);
                for (_, command) in commands {
                    if let Err(error) = Arguments::try_parse_from(filled(command)) {
                        panic!("{}: `onroll {command}` is no command:\n{error}", meta.id);
                    }
                }
            }
            OfTheScreen(why) => assert!(why.len() > 10, "{} says no reason", meta.id),
        }
        if meta.id.starts_with("more-") {
            assert!(is_offered(&format!("{:?}", meta.action)), "{} is offered on no screen", meta.id);
        }
        assert!(
            !meta.dangerous || matches!(instead(meta.action), Commands(_)),
            "{}: what writes has a command",
            meta.id
        );
    }
}

/// Whether a screen names the action.
fn is_offered(action: &str) -> bool {
    let screens = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/console/screens");
    crate::demo::files(&screens).iter().filter(|path| path.extension().is_some_and(|end| end == "rs")).any(|path| {
        let text = std::fs::read_to_string(path).unwrap();
        let name = format!("Action::{action}");
        text.match_indices(&name).any(|(at, _)| !text[at + name.len()..].starts_with(|c: char| c.is_alphanumeric()))
    })
}

#[test]
fn s_bx08_the_page_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/parity.md");
    if std::fs::read_to_string(path).unwrap_or_default() != page() {
        let fresh = std::env::temp_dir().join("onroll-parity.md");
        std::fs::write(&fresh, page()).unwrap();
        panic!("docs/parity.md is stale; copy {} over it", fresh.display());
    }
}

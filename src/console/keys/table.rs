//! The one table of actions: what footer, help, palette, bindings and `docs/keys.md` are made from.

use super::action::{Action, Group, Scope};
use crate::console::screens::ScreenId;

/// What is known of an action.
#[derive(Clone, Copy, Debug)]
pub struct Meta {
    /// The action.
    pub action: Action,
    /// Its name in the config and in `docs/keys.md`.
    pub id: &'static str,
    /// Default keys, the first one is shown.
    pub keys: &'static [&'static str],
    /// The footer's words where a screen gives none of its own.
    pub label: &'static str,
    /// The help page's words.
    pub help: &'static str,
    /// The help page's heading.
    pub group: Group,
    /// Where its keys count.
    pub scope: Scope,
    /// Starts a write at a destination. Only `!`.
    pub dangerous: bool,
    /// Acts while a text field has the keys (its plain letters and readline's keys do not).
    pub text_safe: bool,
}

const fn meta(
    action: Action,
    id: &'static str,
    keys: &'static [&'static str],
    words: (&'static str, &'static str),
    group: Group,
) -> Meta {
    Meta {
        action,
        id,
        keys,
        label: words.0,
        help: words.1,
        group,
        scope: Scope::Everywhere,
        dangerous: false,
        text_safe: false,
    }
}

/// Acts in text fields too.
const fn safe(mut meta: Meta) -> Meta {
    meta.text_safe = true;
    meta
}

/// Counts only on some screens.
const fn on(mut meta: Meta, screens: &'static [ScreenId]) -> Meta {
    meta.scope = Scope::Screens(screens);
    meta
}

/// Starts a write at a destination.
const fn dangerous(mut meta: Meta) -> Meta {
    meta.dangerous = true;
    meta
}

/// A rarer action, under its letter in the `m` menu.
const fn more(
    action: Action,
    id: &'static str,
    key: &'static [&'static str],
    words: (&'static str, &'static str),
) -> Meta {
    let mut meta = meta(action, id, key, words, Group::More);
    meta.scope = Scope::Menu;
    meta
}

/// Only in the menus of some screens: another action may have the letter elsewhere.
const fn more_on(mut meta: Meta, screens: &'static [ScreenId]) -> Meta {
    meta.scope = Scope::MenuOf(screens);
    meta
}

/// All actions, in the order of SCREENS part 6.
pub const TABLE: &[Meta] = &[
    meta(Action::Up, "up", &["up", "k"], ("up", "one up"), Group::Move),
    meta(Action::Down, "down", &["down", "j"], ("down", "one down"), Group::Move),
    meta(Action::Left, "left", &["left", "h"], ("left", "left; the previous of what stands side by side"), Group::Move),
    meta(
        Action::Right,
        "right",
        &["right", "l"],
        ("right", "right; the next of what stands side by side"),
        Group::Move,
    ),
    meta(Action::First, "first", &["g", "home"], ("first", "first line"), Group::Move),
    meta(Action::Last, "last", &["G", "end"], ("last", "last line"), Group::Move),
    safe(meta(
        Action::PageUp,
        "page-up",
        &["pageup", "ctrl-u"],
        ("page up", "one page up; in a form, the step before"),
        Group::Move,
    )),
    safe(meta(
        Action::PageDown,
        "page-down",
        &["pagedown", "ctrl-d"],
        ("page down", "one page down; in a form, the next step"),
        Group::Move,
    )),
    safe(meta(Action::Enter, "enter", &["enter"], ("open", "open, or accept what is shown"), Group::Decide)),
    safe(meta(Action::Back, "back", &["esc"], ("back", "back, one step; never leaves the program"), Group::Everywhere)),
    safe(meta(Action::NextPane, "next-pane", &["tab"], ("next pane", "next pane or field"), Group::Move)),
    safe(meta(
        Action::PreviousPane,
        "previous-pane",
        &["backtab"],
        ("previous pane", "previous pane or field"),
        Group::Move,
    )),
    meta(Action::Tab1, "tab-1", &["1"], ("tab 1", "tab 1 of the tenant"), Group::Move),
    meta(Action::Tab2, "tab-2", &["2"], ("tab 2", "tab 2 of the tenant"), Group::Move),
    meta(Action::Tab3, "tab-3", &["3"], ("tab 3", "tab 3 of the tenant"), Group::Move),
    meta(Action::Tab4, "tab-4", &["4"], ("tab 4", "tab 4 of the tenant"), Group::Move),
    meta(Action::Tab5, "tab-5", &["5"], ("tab 5", "tab 5 of the tenant"), Group::Move),
    meta(Action::Tab6, "tab-6", &["6"], ("tab 6", "tab 6 of the tenant"), Group::Move),
    meta(Action::Tab7, "tab-7", &["7"], ("tab 7", "tab 7 of the tenant"), Group::Move),
    meta(Action::Tab8, "tab-8", &["8"], ("tab 8", "tab 8 of the tenant"), Group::Move),
    meta(Action::Tab9, "tab-9", &["9"], ("tab 9", "tab 9 of the tenant"), Group::Move),
    meta(
        Action::PreviousItem,
        "previous-item",
        &[","],
        ("previous", "previous card, person, run, table or list of all tenants"),
        Group::Move,
    ),
    meta(
        Action::NextItem,
        "next-item",
        &["."],
        ("next", "next card, person, run, table or list of all tenants"),
        Group::Move,
    ),
    meta(Action::Mark, "mark", &["space"], ("mark", "mark and go down; tick"), Group::Move),
    meta(Action::MarkRange, "mark-range", &["v"], ("mark range", "mark from here to the next `v`"), Group::Move),
    meta(Action::MarkAll, "mark-all", &["a"], ("mark all", "mark all that are shown"), Group::Move),
    meta(
        Action::InvertMarks,
        "invert-marks",
        &["A"],
        ("invert marks", "invert the marks of all that are shown"),
        Group::Move,
    ),
    meta(
        Action::Filter,
        "filter",
        &["/"],
        ("filter", "filter as you type (`branch:quay`, `!x` not, `state:held`)"),
        Group::Everywhere,
    ),
    safe(meta(
        Action::Palette,
        "palette",
        &[":", "ctrl-p"],
        ("palette", "every action, screen and tenant by name"),
        Group::Everywhere,
    )),
    safe(meta(
        Action::Help,
        "help",
        &["?", "f1"],
        ("help", "keys of this screen; type to filter, Enter runs"),
        Group::Everywhere,
    )),
    meta(Action::Undo, "undo", &["u"], ("undo", "undo the last local ruling or edit"), Group::Everywhere),
    meta(Action::Redo, "redo", &["U"], ("redo", "do again what was undone"), Group::Everywhere),
    meta(Action::CopyId, "copy-id", &["y"], ("copy id", "copy the id"), Group::Everywhere),
    meta(Action::CopyRow, "copy-row", &["Y"], ("copy row", "copy the whole row"), Group::Everywhere),
    meta(Action::Refresh, "refresh", &["r"], ("refresh", "read again"), Group::Everywhere),
    meta(
        Action::Quit,
        "quit",
        &["q"],
        ("leave", "leave; asks only if something runs or is unsaved"),
        Group::Everywhere,
    ),
    safe(meta(
        Action::Interrupt,
        "interrupt",
        &["ctrl-c"],
        ("leave", "leave; a second time leaves now, runs stop safely"),
        Group::Everywhere,
    )),
    safe(meta(
        Action::Suspend,
        "suspend",
        &["ctrl-z"],
        ("suspend", "put the program to sleep; `fg` brings it back"),
        Group::Everywhere,
    )),
    meta(Action::Edit, "edit", &["e"], ("edit", "edit here"), Group::Decide),
    meta(Action::New, "new", &["n"], ("new", "new: tenant, user or option"), Group::Decide),
    meta(Action::Clear, "clear", &["delete"], ("clear", "clear the value"), Group::Decide),
    meta(
        Action::Deactivate,
        "deactivate",
        &["d"],
        ("deactivate", "deactivate, switch off or delete; always asks"),
        Group::Decide,
    ),
    meta(Action::Later, "later", &["t"], ("later", "later, or hold back"), Group::Decide),
    meta(Action::Alike, "alike", &["b"], ("alike", "widen to all alike"), Group::Decide),
    dangerous(meta(Action::Send, "send", &["!"], ("send", "send to the destination; always asks"), Group::Decide)),
    meta(Action::Stop, "stop", &["x"], ("pause or stop", "pause or stop the run; asks which"), Group::Decide),
    meta(Action::Why, "why", &["w"], ("why", "why: not synced, held, this number"), Group::Decide),
    meta(Action::Compare, "compare", &["c"], ("compare", "compare two; what was said for a line"), Group::Decide),
    meta(Action::Export, "export", &["o"], ("save", "save to a file: CSV, XLSX or JSON"), Group::Decide),
    meta(Action::More, "more", &["m"], ("more", "the screen's rarer actions, each with its letter"), Group::Decide),
    meta(Action::Sort, "sort", &["s"], ("sort", "sort and columns"), Group::Everywhere),
    meta(Action::Freeze, "freeze", &["p"], ("freeze", "freeze the picture, not the run"), Group::Everywhere),
    meta(Action::Follow, "follow", &["f"], ("follow", "follow new lines"), Group::Everywhere),
    meta(Action::Zoom, "zoom", &["z"], ("zoom", "zoom the pane"), Group::Everywhere),
    safe(meta(
        Action::Mouse,
        "mouse",
        &["f2"],
        ("mouse", "mouse on or off; off lets the terminal select text"),
        Group::Everywhere,
    )),
    safe(meta(Action::Save, "save", &["ctrl-s"], ("save", "save the form"), Group::Decide)),
    safe(meta(
        Action::TestConnection,
        "test",
        &["ctrl-t"],
        ("test", "test the credentials by a real call"),
        Group::Decide,
    )),
    on(
        meta(Action::NextHit, "next-hit", &["n"], ("next hit", "next hit of the search"), Group::Move),
        &[ScreenId::Feed],
    ),
    on(
        meta(Action::PreviousHit, "previous-hit", &["N"], ("previous hit", "previous hit of the search"), Group::Move),
        &[ScreenId::Feed],
    ),
    on(
        meta(
            Action::MatchFiles,
            "match-files",
            &["i"],
            ("match two exports", "match two exports without an account"),
            Group::Decide,
        ),
        &[ScreenId::Tenants, ScreenId::FirstRun],
    ),
    meta(Action::Facets, "facets", &["F"], ("facets", "facets and views of this list"), Group::Everywhere),
    more(Action::Messages, "messages", &["m"], ("messages", "all messages of this session")),
    more(Action::MoreTest, "more-test", &["t"], ("test connections", "call both sides and show what they answer")),
    more(Action::MoreRemove, "more-remove", &["d"], ("remove", "remove; asks")),
    more(Action::MoreEdit, "more-edit", &["e"], ("edit", "edit name and settings")),
    more(Action::MoreVerbatim, "more-verbatim", &["v"], ("verbatim", "verbatim on or off for this table")),
    more(Action::MoreImport, "more-import", &["o"], ("import", "read a table from a CSV or XLSX file")),
    more(Action::MoreProtect, "more-protect", &["p"], ("protect", "never touch this person in the destination")),
    more(Action::MoreExclude, "more-exclude", &["x"], ("exclude", "keep this person out of the sync")),
    more(Action::MoreForget, "more-forget", &["f"], ("forget", "purge what is stored about this person; asks")),
    more_on(
        more(Action::MoreNotSame, "more-not-same", &["s"], ("not the same", "these two are different people")),
        &[ScreenId::Review],
    ),
    more_on(
        more(Action::MoreSchedule, "more-schedule", &["s"], ("schedule", "the runs to come of all tenants")),
        &[ScreenId::Tenants],
    ),
    more_on(
        more(Action::MoreTroubles, "more-troubles", &["T"], ("troubles", "what is broken now, of all tenants")),
        &[ScreenId::Tenants],
    ),
    more_on(
        more(Action::MoreDigest, "more-digest", &["G"], ("digest", "all tenants in one text, as it is mailed")),
        &[ScreenId::Tenants],
    ),
    more_on(
        more(Action::MoreSeen, "more-seen", &["s"], ("seen", "say that somebody looks after it")),
        &[ScreenId::Troubles],
    ),
    more(Action::MoreNote, "more-note", &["i"], ("note", "write a note")),
    more(Action::MoreRehearse, "more-rehearse", &["h"], ("rehearse", "apply to a simulator first")),
    more(Action::MoreWaves, "more-waves", &["w"], ("waves", "one person, then five, then one branch, then all")),
    more_on(
        more(
            Action::MoreFixList,
            "more-fix-list",
            &["H"],
            ("fix list", "what HR has to put right, as a file or a mail"),
        ),
        &[ScreenId::Plan],
    ),
    more(Action::MoreResume, "more-resume", &["r"], ("resume", "finish the interrupted run")),
    more(Action::MoreUndoRun, "more-undo-run", &["z"], ("undo run", "make the inverse plan, to look at first")),
    more(Action::MoreDrift, "more-drift", &["j"], ("drift", "what of the approved lines had moved")),
    more(Action::MoreRelease, "more-release", &["n"], ("release", "let go of whom an undo of this run left held")),
    more(Action::MoreReport, "more-report", &["g"], ("report again", "mail the report again")),
    more(Action::MoreAudit, "more-audit", &["a"], ("audit", "who changed what, and when")),
    more(Action::MoreRevoke, "more-revoke", &["b"], ("revoke", "forget a credential; asks")),
    more_on(
        more(
            Action::MoreLimits,
            "more-limits",
            &["L"],
            ("limits", "the limit of a match, with what each would decide"),
        ),
        &[ScreenId::TwoFiles],
    ),
    more(
        Action::MoreSupport,
        "more-support",
        &["q"],
        ("support bundle", "a file for whoever helps, with nobody named in it"),
    ),
];

impl Action {
    /// What is known of the action.
    #[must_use]
    pub fn meta(self) -> &'static Meta {
        // The table is tested to hold every action once; the first row only satisfies the type.
        TABLE.iter().find(|meta| meta.action == self).unwrap_or(&TABLE_FIRST)
    }

    /// The action with this id.
    #[must_use]
    pub fn by_id(id: &str) -> Option<Action> {
        TABLE.iter().find(|meta| meta.id == id).map(|meta| meta.action)
    }

    /// The tab, counted from 0, where the action is one of `1` to `9`.
    #[must_use]
    pub fn tab(self) -> Option<usize> {
        use Action::{Tab1, Tab2, Tab3, Tab4, Tab5, Tab6, Tab7, Tab8, Tab9};
        [Tab1, Tab2, Tab3, Tab4, Tab5, Tab6, Tab7, Tab8, Tab9].iter().position(|tab| *tab == self)
    }
}

const TABLE_FIRST: Meta = meta(Action::Up, "up", &["up", "k"], ("up", "one up"), Group::Move);

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_row_is_its_own() {
        let ids: HashSet<_> = TABLE.iter().map(|meta| meta.id).collect();
        let actions: HashSet<_> = TABLE.iter().map(|meta| meta.action).collect();
        assert_eq!(ids.len(), TABLE.len());
        assert_eq!(actions.len(), TABLE.len());
        for meta in TABLE {
            assert_eq!(meta.action.meta().id, meta.id);
            assert_eq!(Action::by_id(meta.id), Some(meta.action));
            assert!(!meta.keys.is_empty() && !meta.help.is_empty() && !meta.label.is_empty());
        }
    }

    #[test]
    fn the_table_has_every_action() {
        assert_eq!(TABLE.len(), Action::MoreSupport as usize + 1);
    }

    #[test]
    fn only_one_action_is_dangerous() {
        let dangerous: Vec<_> = TABLE.iter().filter(|meta| meta.dangerous).map(|meta| meta.keys).collect();
        assert_eq!(dangerous, [&["!"]]);
    }

    #[test]
    fn no_text_safe_action_has_only_letters() {
        for meta in TABLE.iter().filter(|meta| meta.text_safe) {
            assert!(meta.keys.iter().any(|key| key.len() > 1), "{}", meta.id);
        }
    }
}

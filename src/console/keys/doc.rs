//! `docs/keys.md`, made from the table; a test fails when the file is stale.

use std::fmt::Write as _;

use super::action::{Group, Scope};
use super::bindings::Bindings;
use super::table::TABLE;

/// The markdown of `docs/keys.md`.
#[must_use]
pub fn keys_markdown() -> String {
    let bindings = Bindings::default();
    let mut out = String::from(
        "# Keys\n\nMade from `src/console/keys/table.rs`; a test fails when this page is stale.\n\n\
         The first column is the name for the `[keys]` table of the config: `export = [\"f5\", \"o\"]`. \
         A key that two actions share is an error at start that names both.\n\n\
         `!` is the only key that starts a write at a destination, and it always asks. In text fields only Esc, Enter, \
         Tab, PgUp, PgDn, function keys and Ctrl-letters act.\n",
    );
    let groups = [
        (Group::Decide, "Decide"),
        (Group::Move, "Move and mark"),
        (Group::Everywhere, "Everywhere"),
        (Group::More, "In the `m` menu"),
    ];
    for (group, title) in groups {
        let _ = write!(out, "\n## {title}\n\n| action | keys | means |\n|---|---|---|\n");
        for meta in TABLE.iter().filter(|meta| meta.group == group) {
            let keys: Vec<String> = bindings
                .keys_of(meta.action)
                .iter()
                .map(|key| format!("`{}`", super::bindings::show_key(*key)))
                .collect();
            let place = match meta.scope {
                Scope::Screens(screens) | Scope::MenuOf(screens) => {
                    let names: Vec<_> = screens.iter().map(|screen| screen.title()).collect();
                    format!(" (only on {})", names.join(", "))
                }
                Scope::Everywhere | Scope::Menu => String::new(),
            };
            let _ = writeln!(out, "| {} | {} | {}{place} |", meta.id, keys.join(" "), meta.help);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_current() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/keys.md");
        let current = std::fs::read_to_string(path).unwrap_or_default();
        if current != keys_markdown() {
            let fresh = std::env::temp_dir().join("onroll-keys.md");
            std::fs::write(&fresh, keys_markdown()).unwrap();
            panic!("docs/keys.md is stale; copy {} over it", fresh.display());
        }
    }
}

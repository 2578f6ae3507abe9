//! A run that stops opens troubles; they are found, gone to, muted and marked as seen, by keys alone.

use super::{Terminal, answer, press_until};

#[test]
fn a_stopped_run_is_found_among_the_troubles_gone_to_and_muted() {
    let mut terminal = Terminal::start(140, 40, &["demo", "--people", "40"], &[]);
    super::to_a_published_plan(&mut terminal);
    terminal.press("\x1b");
    terminal.see("9 tenants");
    // A first import by `!` here waits for its number: it is stopped.
    press_until(&mut terminal, "!", "y  Sync now");
    answer(&mut terminal, "y", "9 tenants");
    terminal.wait("the run was stopped", |screen| screen.contains("✗ Harbour & Vine"));
    press_until(&mut terminal, "m", "troubles: what is broken now");
    terminal.press("T");
    terminal.wait("the troubles are listed", |screen| {
        screen.contains("Broken now") && screen.contains("a first import waits") && screen.contains("not mapped")
    });
    terminal.see("opened");
    terminal.press("\r");
    terminal.see("typed once");
    press_until(&mut terminal, "\x1b", "Broken now");
    terminal.see("seen ");
    press_until(&mut terminal, "t", "Mute this trouble");
    terminal.press("\r");
    terminal.wait("it is muted", |screen| screen.contains("1 muted") && screen.contains("muted until it changes"));
    // The cursor has stayed on it: the same key takes it back.
    press_until(&mut terminal, "t", "seen ");
    terminal.wait("it is open again", |screen| !screen.contains("1 muted"));
    assert_eq!(terminal.quit(), 0);
}

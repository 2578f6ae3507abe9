//! A first import in waves, by keys alone.

use super::{Terminal, answer, press_until, typed_words};

#[test]
fn a_first_import_goes_in_waves_and_each_waits_for_a_key() {
    let mut terminal = Terminal::start(140, 40, &["demo", "--people", "40"], &[]);
    super::to_a_published_plan(&mut terminal);
    press_until(&mut terminal, "m", "waves");
    terminal.press("w");
    terminal.see("Between two waves");
    terminal.wait("the plan is split", |screen| screen.contains("one person") && screen.contains("five people"));
    // No wave of a branch: two gates.
    terminal.press("jj ");
    terminal.wait("the branch is out", |screen| screen.contains("in 3 waves"));
    terminal.press("!");
    terminal.wait("the number to type is shown", |screen| typed_words(screen).is_some());
    let words = typed_words(&terminal.text()).unwrap();
    for letter in words.chars() {
        terminal.press(&letter.to_string());
    }
    terminal.press("\r");
    terminal.see("send wave 1");
    terminal.press("!");
    for wave in [1, 2] {
        let waits = format!("wave {wave} of 3 clean");
        terminal.wait("the wave is clean", |screen| screen.contains(&waits) && screen.contains("next: !"));
        press_until(&mut terminal, "!", "Send it");
        answer(&mut terminal, "y", "Feed");
    }
    terminal.press("7");
    terminal.wait("the run has ended", |screen| screen.contains("last 2 runs") && screen.contains(" done"));
    assert_eq!(terminal.quit(), 0);
}

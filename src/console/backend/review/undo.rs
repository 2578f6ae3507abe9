//! What an undone or redone step of rulings says: whom, and what.

use crate::console::format;
use crate::domain::decision::{PairVerdict, Ruling, StepPart};
use crate::services::reviews::WalkedPerson;

/// `Undone: Siobhán O’Rourke is not linked to 7719`; of several `Undone: 44 people are not linked: Ana Lima, Bea Holm and 42 more`.
pub(in crate::console::backend) fn walked(people: &[WalkedPerson], undo: bool) -> String {
    let Some(first) = people.first() else {
        return (if undo { "Nothing to undo: no ruling stands" } else { "Nothing to do again" }).to_owned();
    };
    let verb = if undo { "Undone" } else { "Done again" };
    let what = |one: &WalkedPerson, is: &str, user: bool| part(&one.walked.part, is, undo, user);
    match people {
        [one] => format!("{verb}: {} {}", one.name, what(one, "is", true)),
        more => {
            let number = format::count(more.len());
            let alike = more.iter().all(|one| same_kind(&one.walked.part, &first.walked.part));
            let words = if alike { format!(" {}", what(first, "are", false)) } else { String::new() };
            format!(
                "{verb}: {number} people{words}: {}",
                names_of(more.iter().map(|one| one.name.as_str()), more.len())
            )
        }
    }
}

/// The first names, then how many more.
fn names_of<'a>(names: impl Iterator<Item = &'a str>, all: usize) -> String {
    let shown: Vec<&str> = names.take(2).collect();
    match all - shown.len() {
        0 => shown.join(" and "),
        more => format!("{} and {} more", shown.join(", "), format::count(more)),
    }
}

fn same_kind(a: &StepPart, b: &StepPart) -> bool {
    match (a, b) {
        (StepPart::Ruled(a), StepPart::Ruled(b)) => a.key() == b.key(),
        (a, b) => a == b,
    }
}

/// What holds of somebody once the step is taken back, or brought back.
fn part(part: &StepPart, is: &str, undo: bool, names_user: bool) -> String {
    let not = if undo { format!("{is} not") } else { format!("{is} again") };
    match part {
        StepPart::TakenBack if undo => format!("{is} ruled as before"),
        StepPart::TakenBack => format!("{is} without a ruling again"),
        StepPart::Ruled(Ruling::Link { user }) if names_user => format!("{not} linked to {user}"),
        StepPart::Ruled(Ruling::Link { .. }) => format!("{not} linked"),
        StepPart::Ruled(Ruling::Create) => format!("{not} ruled to be new"),
        StepPart::Ruled(Ruling::Exclude) => format!("{not} excluded"),
        StepPart::Ruled(Ruling::Protect) => format!("{not} protected"),
        StepPart::Ruled(Ruling::Later { .. }) => format!("{not} put off"),
        StepPart::Ruled(Ruling::HoldBack) => format!("{not} held back from the plan"),
        StepPart::Ruled(Ruling::Undone { run }) => format!("{not} held because run {run} was undone"),
        StepPart::Beside(PairVerdict::WithoutEmail) if undo => format!("{is} to have the shared e-mail"),
        StepPart::Beside(PairVerdict::WithoutEmail) => format!("{is} without the shared e-mail again"),
        StepPart::Beside(PairVerdict::Yields) => format!("{not} waiting for an id or e-mail of their own"),
        StepPart::Beside(PairVerdict::Distinct) => format!("{not} told apart from the records beside"),
        StepPart::Beside(PairVerdict::Same) => format!("{not} one person with the record beside"),
        StepPart::Beside(PairVerdict::Open) => format!("{is} ruled as before"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::decision::Walked;

    fn person(name: &str, part: StepPart) -> WalkedPerson {
        WalkedPerson { name: name.into(), walked: Walked { employee: name.into(), part } }
    }

    #[test]
    fn it_says_whom_and_what() {
        let link = |user: &str| StepPart::Ruled(Ruling::Link { user: user.into() });
        let one = [person("Siobhán O’Rourke", link("7719"))];
        assert_eq!(walked(&one, true), "Undone: Siobhán O’Rourke is not linked to 7719");
        assert_eq!(walked(&one, false), "Done again: Siobhán O’Rourke is again linked to 7719");
        let many = [person("Ana Lima", link("1")), person("Bea Holm", link("2")), person("Cai Vogt", link("3"))];
        assert_eq!(walked(&many, true), "Undone: 3 people are not linked: Ana Lima, Bea Holm and 1 more");
        let mixed = [person("Ana Lima", link("1")), person("Bea Holm", StepPart::Ruled(Ruling::Create))];
        assert_eq!(walked(&mixed, true), "Undone: 2 people: Ana Lima and Bea Holm");
        assert_eq!(walked(&[], true), "Nothing to undo: no ruling stands");
    }
}

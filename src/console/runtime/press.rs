//! Which press of a key is being answered, and what is still owed to it.
//!
//! A press is a key, a click, a turn of the wheel, a paste or a new size of the window. What its update asks for belongs to
//! it, and so does what the answers ask for in turn; what a timer, a run or the feed asks for belongs to nobody.

/// The number of a press; rises by one with each.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Press(u64);

/// The newest press and its open questions.
#[derive(Debug, Default)]
pub(super) struct Presses {
    newest: Press,
    /// Questions of the newest press that are not answered yet.
    open: usize,
}

impl Presses {
    /// A new press: what is still on its way to earlier ones is nobody's any more.
    pub(super) fn next(&mut self) -> Press {
        self.newest.0 += 1;
        self.open = 0;
        self.newest
    }

    /// The press of the moment; the start of the program counts as one.
    pub(super) fn newest(&self) -> Press {
        self.newest
    }

    /// A question goes out.
    pub(super) fn asked(&mut self, press: Option<Press>) {
        if self.is_newest(press) {
            self.open += 1;
        }
    }

    /// A question is answered.
    pub(super) fn answered(&mut self, press: Option<Press>) {
        if self.is_newest(press) {
            self.open = self.open.saturating_sub(1);
        }
    }

    /// Whether something belongs to the newest press.
    pub(super) fn is_newest(&self, press: Option<Press>) -> bool {
        press == Some(self.newest)
    }

    /// Whether nothing is owed to the newest press any more.
    pub(super) fn is_answered(&self) -> bool {
        self.open == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_newest_press_is_owed_something() {
        let mut presses = Presses::default();
        let start = Some(presses.newest());
        presses.asked(start);
        assert!(!presses.is_answered());
        let first = Some(presses.next());
        assert!(presses.is_answered() && presses.is_newest(first) && !presses.is_newest(start));
        presses.asked(first);
        presses.asked(start);
        presses.asked(None);
        presses.answered(start);
        presses.answered(None);
        assert!(!presses.is_answered(), "answers to others do not count");
        presses.answered(first);
        assert!(presses.is_answered());
    }
}

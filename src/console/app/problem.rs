//! What went wrong, in four lines: what, who, why, what now (SCREENS part 3).

use serde::{Deserialize, Serialize};

/// An error as screens, toasts and the `y` copy show it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What happened.
    pub what: String,
    /// Whom it concerns; empty where nobody is.
    pub who: String,
    /// Why, quoting the vendor in backticks.
    pub why: String,
    /// What to do now; the first line can be done from here.
    pub remedies: Vec<String>,
}

impl Problem {
    /// A problem with its reason and one remedy.
    #[must_use]
    pub fn new(what: impl Into<String>, why: impl Into<String>, now: impl Into<String>) -> Self {
        Self { what: what.into(), who: String::new(), why: why.into(), remedies: vec![now.into()] }
    }

    /// The same four lines as text, for the clipboard, the CLI and the mail.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!("what  {}", self.what)];
        for (head, text) in [("who ", &self.who), ("why ", &self.why)] {
            if !text.is_empty() {
                lines.push(format!("{head}  {text}"));
            }
        }
        for (number, step) in self.remedies.iter().enumerate().filter(|(_, step)| !step.is_empty()) {
            let head = if number == 0 { "now " } else { "    " };
            lines.push(format!("{head}  {}  {step}", number + 1));
        }
        lines
    }
}

impl From<crate::domain::problem::Problem> for Problem {
    fn from(problem: crate::domain::problem::Problem) -> Self {
        Self { what: problem.what, who: problem.who, why: problem.why, remedies: problem.remedies }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_lines_in_order() {
        let mut problem =
            Problem::new("Run 771 could not read employees", "`client is disabled`", "put in a new secret");
        problem.remedies.push("test again".into());
        assert_eq!(
            problem.lines(),
            [
                "what  Run 771 could not read employees",
                "why   `client is disabled`",
                "now   1  put in a new secret",
                "      2  test again"
            ]
        );
    }
}

//! `onroll explain`: what a code means, why it matters and what can be done.

use super::exit::Exit;
use super::output::Output;
use crate::domain::code::Code;
use crate::domain::explain::{Explained, explained};
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::text::nearest;
use serde_json::{Value, json};

/// Explains a code, or lists them all.
///
/// # Errors
/// A code that does not exist, with those near it; when stdout cannot be written.
pub fn run(code: Option<&str>, output: &mut Output) -> Result<Exit, Problem> {
    let Some(text) = code else { return list(output) };
    let code = Code::from_key(text).ok_or_else(|| unknown(text))?;
    if output.json {
        output.object(&document(code))?;
        return Ok(Exit::Done);
    }
    for line in lines(code, &explained(code)) {
        output.line(&line)?;
    }
    Ok(Exit::Done)
}

fn lines(code: Code, text: &Explained) -> Vec<String> {
    let mut lines = vec![
        format!("{}  ({})", text.words, code.key()),
        String::new(),
        format!("what      {}", text.what),
        format!("why       {}", text.why),
    ];
    for (at, remedy) in text.remedies.iter().enumerate() {
        let head = if at == 0 { "remedy" } else { "" };
        lines.push(format!("{head:<8}{:>2}  {remedy}", at + 1));
    }
    lines.push(format!("example   {}", text.example));
    if !text.not_this.is_empty() {
        lines.push(format!("not this  {}", text.not_this));
    }
    lines
}

fn document(code: Code) -> Value {
    let text = explained(code);
    json!({
        "code": code.key(),
        "kind": kind(code),
        "words": text.words,
        "what": text.what,
        "why": text.why,
        "remedies": text.remedies,
        "example": text.example,
        "not_this": text.not_this,
    })
}

fn kind(code: Code) -> &'static str {
    match code {
        Code::Hold(_) => "hold",
        Code::Line(_) => "line",
        Code::Feed(_) => "feed",
        Code::Problem(_) => "problem",
    }
}

fn list(output: &mut Output) -> Result<Exit, Problem> {
    if output.json {
        let codes: Vec<Value> = Code::all().map(document).collect();
        output.object(&json!({ "codes": codes }))?;
        return Ok(Exit::Done);
    }
    let heads = [
        ("hold", "Why somebody is kept out of the plan"),
        ("line", "Why a line of a run was not written"),
        ("problem", "What stops a run or refuses an act"),
    ];
    for (of_kind, head) in heads {
        output.line(head)?;
        for code in Code::all().filter(|code| kind(*code) == of_kind) {
            output.line(&format!("  {:<28}{}", code.key(), explained(code).words))?;
        }
    }
    Ok(Exit::Done)
}

fn unknown(text: &str) -> Problem {
    let keys: Vec<&str> = Code::all().map(Code::key).collect();
    let problem = Problem::new(ProblemKind::Input, format!("`{text}` is no code of Onroll"));
    let problem = match nearest(text, keys) {
        Some(near) => problem.with_why(format!("nearest: {near}")),
        None => problem,
    };
    problem.with_remedy("`onroll explain` lists all codes; a vendor's own word is told by the message that quotes it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_code_is_answered_with_those_near_it() {
        assert!(unknown("unmaped_value").why.contains("unmapped_value"));
        assert!(unknown("EMAIL_UNVERIFIED").why.is_empty());
    }

    #[test]
    fn a_code_is_told_in_full() {
        let code = Code::from_key("unmapped_value").unwrap();
        let text = lines(code, &explained(code)).join("\n");
        assert!(text.starts_with("value not mapped  (unmapped_value)\n\nwhat      "), "{text}");
        assert!(text.contains("\nremedy   1  Mappings") && text.contains("\n         2  "), "{text}");
        assert!(text.contains("\nnot this  no value at all"), "{text}");
    }
}

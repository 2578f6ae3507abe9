//! `filter`: attribute, `eq`, value; several with `and`. Names without case, values as their attribute has it.

use serde_json::{Map, Value};

use super::{ENTERPRISE, account::User, error, settings::Filtering};
use crate::call::Answer;

/// One comparison of a filter.
#[derive(Debug, PartialEq)]
pub(super) struct Term {
    pub attribute: String,
    pub value: Value,
}

fn invalid() -> Answer {
    error(400, Some("invalidFilter"), "The filter cannot be read")
}

/// Reads a filter.
pub(super) fn parse(text: &str) -> Result<Vec<Term>, Answer> {
    let (mut terms, mut rest) = (Vec::new(), text.trim());
    loop {
        let (attribute, after) = rest.split_once(' ').ok_or_else(invalid)?;
        let after = after.trim_start();
        let value = after.get(..3).filter(|word| word.eq_ignore_ascii_case("eq ")).and(after.get(3..));
        let value = value.ok_or_else(invalid)?.trim_start();
        let mut stream = serde_json::Deserializer::from_str(value).into_iter::<Value>();
        let read = stream.next().and_then(Result::ok).ok_or_else(invalid)?;
        let end = stream.byte_offset();
        terms.push(Term { attribute: attribute.to_owned(), value: read });
        rest = value.get(end..).unwrap_or_default().trim();
        if rest.is_empty() {
            return Ok(terms);
        }
        rest = rest.strip_prefix("and ").ok_or_else(invalid)?.trim_start();
    }
}

/// Whether a user is what a term asks for.
pub(super) fn matches(user: &User, term: &Term, filtering: Filtering) -> Result<bool, Answer> {
    let name = term.attribute.to_lowercase();
    let is = |held: Option<&Value>| held == Some(&term.value);
    let folded = |held: Option<&Value>| {
        let fold = |value: &Value| value.as_str().map(str::to_lowercase);
        held.is_some_and(|held| *held == term.value || (fold(held).is_some() && fold(held) == fold(&term.value)))
    };
    let resource: &Map<String, Value> = &user.resource;
    let extension = |part: &str| resource.get(ENTERPRISE).and_then(|one| one.get(part));
    Ok(match name.as_str() {
        "id" => term.value == user.id.as_str(),
        "externalid" => match filtering {
            Filtering::BlindExternalId => false,
            _ => is(resource.get("externalId")),
        },
        "username" if filtering == Filtering::CaseSensitive => is(resource.get("userName")),
        "username" => folded(resource.get("userName")),
        "active" => user.is_active() == (term.value == Value::Bool(true)),
        "title" | "displayname" => folded(resource.get(if name == "title" { "title" } else { "displayName" })),
        "emails" | "emails.value" => {
            let list = resource.get("emails").and_then(Value::as_array);
            list.into_iter().flatten().any(|one| folded(one.get("value")))
        }
        other => match other.strip_prefix(&ENTERPRISE.to_lowercase()).and_then(|rest| rest.strip_prefix(':')) {
            Some("employeenumber") => is(extension("employeeNumber")),
            Some("department") => folded(extension("department")),
            Some("division") => folded(extension("division")),
            _ => return Err(invalid()),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_quoted_and_escaped() {
        let terms = parse(r#"userName eq "a \"b\" and \\c" and active EQ true"#).unwrap();
        assert_eq!(terms[0], Term { attribute: "userName".into(), value: json!(r#"a "b" and \c"#) });
        assert_eq!((terms.len(), &terms[1].value), (2, &json!(true)));
        for bad in ["", "userName", "userName eq bjensen", "userName co \"x\"", "a eq \"b\" or c eq \"d\""] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}

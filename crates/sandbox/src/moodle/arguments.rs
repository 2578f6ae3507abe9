//! Arguments as PHP reads them from a form: `users[0][email]=…`, `values[]=…`.

use super::Failure;

/// A tree of arguments: a text, or members in the order in which they came.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Tree {
    Text(String),
    Members(Vec<(String, Tree)>),
}

/// Arguments of a call.
pub(super) struct Arguments(Vec<(String, Tree)>);

/// The parts of a name: `users[0][email]` is `users`, `0`, `email`.
fn parts(name: &str) -> Vec<&str> {
    let (head, rest) = name.split_once('[').unwrap_or((name, ""));
    let rest = rest.strip_suffix(']').unwrap_or(rest);
    if name.contains('[') { std::iter::once(head).chain(rest.split("][")).collect() } else { vec![head] }
}

fn put(members: &mut Vec<(String, Tree)>, parts: &[&str], value: &str) {
    let Some((first, rest)) = parts.split_first() else { return };
    // Without a name it is the next number.
    let key = if first.is_empty() { members.len().to_string() } else { (*first).to_owned() };
    let at = members.iter().position(|(known, _)| *known == key).unwrap_or_else(|| {
        members.push((key, Tree::Members(Vec::new())));
        members.len() - 1
    });
    let Some((_, slot)) = members.get_mut(at) else { return };
    if rest.is_empty() {
        *slot = Tree::Text(value.to_owned());
        return;
    }
    if matches!(slot, Tree::Text(_)) {
        *slot = Tree::Members(Vec::new());
    }
    if let Tree::Members(inner) = slot {
        put(inner, rest, value);
    }
}

impl Arguments {
    pub fn of<'p>(pairs: impl Iterator<Item = &'p (String, String)>) -> Self {
        let mut members = Vec::new();
        for (name, value) in pairs {
            put(&mut members, &parts(name), value);
        }
        Self(members)
    }

    /// Nothing but these may be there.
    pub fn only(&self, names: &[&str]) -> Result<(), Failure> {
        only(&self.0, names)
    }

    pub fn text(&self, name: &str) -> Result<&str, Failure> {
        text(&self.0, name)?.ok_or_else(|| missing(name))
    }

    /// A list of texts; `None` where it was not given, which an empty one cannot be.
    pub fn texts(&self, name: &str) -> Result<Option<Vec<&str>>, Failure> {
        let Some((_, tree)) = self.0.iter().find(|(known, _)| known == name) else { return Ok(None) };
        let Tree::Members(items) = tree else { return Err(Failure::value("Only arrays accepted.")) };
        items
            .iter()
            .map(|(_, item)| match item {
                Tree::Text(text) => Ok(text.as_str()),
                Tree::Members(_) => Err(Failure::value("Scalar type expected, array or object received.")),
            })
            .collect::<Result<_, _>>()
            .map(Some)
    }

    /// A list of records, each of these members only.
    pub fn records(&self, name: &str, members: &[&str]) -> Result<Vec<Record<'_>>, Failure> {
        records(&self.0, name, members)?.ok_or_else(|| missing(name))
    }
}

/// One record of a list.
#[derive(Clone, Copy)]
pub(super) struct Record<'a>(&'a [(String, Tree)]);

impl<'a> Record<'a> {
    /// A text; `None` where it is not there.
    pub fn text(&self, name: &str) -> Result<Option<&'a str>, Failure> {
        text(self.0, name)
    }

    pub fn required(&self, name: &str) -> Result<&'a str, Failure> {
        self.text(name)?.ok_or_else(|| missing(name))
    }

    pub fn records(&self, name: &str, members: &[&str]) -> Result<Vec<Record<'a>>, Failure> {
        Ok(records(self.0, name, members)?.unwrap_or_default())
    }

    /// A record inside.
    pub fn record(&self, name: &str, members: &[&str]) -> Result<Record<'a>, Failure> {
        match self.0.iter().find(|(known, _)| known == name) {
            Some((_, Tree::Members(inner))) => {
                only(inner, members)?;
                Ok(Record(inner))
            }
            _ => Err(missing(name)),
        }
    }
}

fn missing(name: &str) -> Failure {
    Failure::value(format!("Missing required key in single structure: {name}"))
}

fn only(members: &[(String, Tree)], names: &[&str]) -> Result<(), Failure> {
    let unexpected: Vec<&str> =
        members.iter().map(|(name, _)| name.as_str()).filter(|name| !names.contains(name)).collect();
    if unexpected.is_empty() {
        return Ok(());
    }
    Err(Failure::value(format!("Unexpected keys ({}) detected in parameter array.", unexpected.join(", "))))
}

fn text<'a>(members: &'a [(String, Tree)], name: &str) -> Result<Option<&'a str>, Failure> {
    match members.iter().find(|(known, _)| known == name) {
        None => Ok(None),
        Some((_, Tree::Text(text))) => Ok(Some(text)),
        Some((_, Tree::Members(_))) => Err(Failure::value("Scalar type expected, array or object received.")),
    }
}

fn records<'a>(members: &'a [(String, Tree)], name: &str, names: &[&str]) -> Result<Option<Vec<Record<'a>>>, Failure> {
    let Some((_, tree)) = members.iter().find(|(known, _)| known == name) else { return Ok(None) };
    let Tree::Members(items) = tree else { return Err(Failure::value("Only arrays accepted.")) };
    let record = |(_, item): &'a (String, Tree)| match item {
        Tree::Members(inner) => {
            only(inner, names)?;
            Ok(Record(inner.as_slice()))
        }
        Tree::Text(_) => Err(Failure::value("Only arrays accepted.")),
    };
    items.iter().map(record).collect::<Result<_, _>>().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_brackets_are_a_tree() {
        let pairs = [
            ("users[0][email]", "a"),
            ("users[0][customfields][0][type]", "b"),
            ("users[1][email]", "c"),
            ("values[]", "d"),
            ("values[]", "e"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        let arguments = Arguments::of(pairs.iter());
        assert_eq!(arguments.texts("values").unwrap().unwrap(), ["d", "e"]);
        let users = arguments.records("users", &["email", "customfields"]).unwrap();
        assert_eq!((users.len(), users[1].required("email").unwrap()), (2, "c"));
        let fields = users[0].records("customfields", &["type", "value"]).unwrap();
        assert_eq!(fields[0].text("type").unwrap(), Some("b"));
        assert!(arguments.records("users", &["email"]).is_err(), "an unexpected member");
        assert!(arguments.text("values").is_err() && arguments.only(&["users"]).is_err());
    }
}

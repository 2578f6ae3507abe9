//! Arguments as PHP reads them from a form: `users[0][customfields][1][type]=jobtitle`.

/// Arguments of one call.
#[derive(Debug, Default)]
pub struct Arguments(Vec<(String, String)>);

impl Arguments {
    pub fn new() -> Self {
        Self::default()
    }

    /// One more, by its whole name.
    #[must_use]
    pub fn and(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.0.push((name.into(), value.into()));
        self
    }

    /// A list of plain values.
    #[must_use]
    pub fn list<V: Into<String>>(mut self, name: &str, values: impl IntoIterator<Item = V>) -> Self {
        for (at, value) in values.into_iter().enumerate() {
            self.0.push((format!("{name}[{at}]"), value.into()));
        }
        self
    }

    /// A list of one record (`users[0][email]`).
    #[must_use]
    pub fn record(mut self, name: &str, members: &Members) -> Self {
        for (member, value) in &members.plain {
            self.0.push((format!("{name}[0][{member}]"), value.clone()));
        }
        for (at, (short_name, value)) in members.custom.iter().enumerate() {
            self.0.push((format!("{name}[0][customfields][{at}][type]"), short_name.clone()));
            self.0.push((format!("{name}[0][customfields][{at}][value]"), value.clone()));
        }
        self
    }

    pub fn into_pairs(self) -> Vec<(String, String)> {
        self.0
    }
}

/// Members of a user who is written.
#[derive(Debug, Default)]
pub struct Members {
    pub plain: Vec<(&'static str, String)>,
    /// Profile fields, by short name.
    pub custom: Vec<(String, String)>,
}

impl Members {
    pub fn is_empty(&self) -> bool {
        self.plain.is_empty() && self.custom.is_empty()
    }

    /// Everything that is sent of a person: what a refusal must not repeat.
    pub fn values(&self) -> Vec<&str> {
        let plain = self.plain.iter().map(|(_, value)| value.as_str());
        plain.chain(self.custom.iter().map(|(_, value)| value.as_str())).collect()
    }
}

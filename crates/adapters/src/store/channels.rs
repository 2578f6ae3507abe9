//! Which chat channels hear of what happens. Their addresses are credentials, and stand nowhere in the database: it knows their names.

use std::collections::BTreeSet;

/// The name of the channel for all tenants.
pub const EVERYBODY: &str = "chat";

/// The chat channels that this process knows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Channels {
    /// Whether there is one for all tenants.
    pub everybody: bool,
    /// Short names of tenants that have a channel of their own.
    pub tenants: BTreeSet<String>,
}

impl Channels {
    /// The name of a tenant's own channel.
    #[must_use]
    pub fn own(tenant: &str) -> String {
        format!("{EVERYBODY} of {tenant}")
    }

    /// The name of the channel that hears of a tenant, or of all of them.
    #[must_use]
    pub fn of(&self, tenant: Option<&str>) -> Option<String> {
        match tenant.filter(|tenant| self.tenants.contains(*tenant)) {
            Some(tenant) => Some(Self::own(tenant)),
            None => self.everybody.then(|| EVERYBODY.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_has_its_own_channel_or_that_of_all_or_none() {
        let own = Channels { everybody: false, tenants: BTreeSet::from(["harbour".to_owned()]) };
        assert_eq!(
            (own.of(Some("harbour")).as_deref(), own.of(Some("quay")), own.of(None)),
            (Some("chat of harbour"), None, None)
        );
        let both = Channels { everybody: true, ..own };
        assert_eq!(both.of(Some("harbour")).as_deref(), Some("chat of harbour"));
        assert_eq!((both.of(Some("quay")).as_deref(), both.of(None).as_deref()), (Some("chat"), Some("chat")));
    }
}

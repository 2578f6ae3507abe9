//! What a connection can do: what its vendors can do, joined with what its account has shown.

use super::connect::abilities;
use super::error::EngineError;
use crate::domain::capabilities::{DestinationCapabilities, SourceCapabilities};
use crate::domain::connection::Connection;
use crate::domain::field::Field;
use crate::domain::list::ListKey;
use crate::domain::settings::Settings;
use crate::ports::destination::DestinationFacts;
use crate::store::Store;

/// The capabilities of one connection.
#[derive(Clone)]
pub struct Capabilities {
    pub source: &'static SourceCapabilities,
    pub destination: &'static DestinationCapabilities,
    /// What the account said of itself at the last complete pull of users.
    account: Option<DestinationFacts>,
}

impl Capabilities {
    /// The capabilities of a connection as they are known now.
    ///
    /// # Errors
    /// [`EngineError::Api`] for a vendor that is not known; the store's.
    pub async fn of(store: &Store, connection: &Connection) -> Result<Self, EngineError> {
        let vendors = abilities(connection)?;
        let account = store.destination_facts(connection.id).await?;
        Ok(Self { source: vendors.source, destination: vendors.destination, account })
    }

    /// Whether options can be made through the API of this very account. Before the first pull nothing is known of it: what
    /// the vendor can do counts.
    pub fn can_create_options(&self) -> bool {
        let account = self.account.as_ref().is_none_or(|account| account.can_create_options);
        self.destination.creates_options() && account
    }

    /// Whether options of this list can be made through the API of this very account.
    pub fn can_create(&self, list: ListKey) -> bool {
        self.can_create_options() && self.destination.list(list).is_some_and(|spec| spec.creatable)
    }

    /// Names of custom fields that users of the account show; none before the first pull.
    pub fn custom_fields(&self) -> impl Iterator<Item = &str> {
        self.account.iter().flat_map(|account| account.custom_fields.iter().map(String::as_str))
    }

    /// Mapped custom fields that no user shows, in words. Nothing is known while nobody was read.
    pub fn strange_fields(&self, settings: &Settings) -> Vec<String> {
        if self.account.as_ref().is_none_or(|account| account.received == 0) {
            return Vec::new();
        }
        let shown: Vec<&str> = self.custom_fields().collect();
        let known = if shown.is_empty() { "none".to_owned() } else { shown.join(", ") };
        let mapped = settings.custom_fields().filter(|_| self.destination.custom_fields).map(Field::words);
        let strange = mapped.filter(|name| !shown.contains(name));
        let name = self.destination.name;
        strange.map(|field| format!("no user of {name} shows a field `{field}`; shown: {known}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vendors::registry;
    use std::collections::BTreeMap;

    fn of(account: Option<DestinationFacts>) -> Capabilities {
        let source = registry::source("peoplehr").unwrap().capabilities;
        let parameters = BTreeMap::from([("invitations".to_owned(), "never".to_owned())]);
        let destination = (registry::destination("learn-amp").unwrap().capabilities)(&parameters);
        Capabilities { source, destination, account }
    }

    #[test]
    fn what_the_vendor_can_do_counts_until_the_account_has_shown_otherwise() {
        let shown = |can: bool| Some(DestinationFacts { can_create_options: can, ..DestinationFacts::default() });
        assert!(of(None).can_create(ListKey::TEAM) && of(shown(true)).can_create(ListKey::TEAM));
        assert!(!of(shown(false)).can_create(ListKey::TEAM));
        assert!(!of(None).can_create(ListKey::JOB_TITLE), "any text is taken, and none is made");
        assert!(!of(None).can_create(ListKey::named("list:cohort")));
    }

    #[test]
    fn a_mapped_custom_field_is_strange_only_where_users_were_read_and_none_shows_it() {
        let mut settings = Settings::default();
        settings.field_map.insert("custom:Cost Centre".into(), "custom:APIColumn1".into());
        let account = |received: u64, names: &[&str]| {
            let custom_fields = names.iter().map(|name| (*name).to_owned()).collect();
            of(Some(DestinationFacts { received, custom_fields, ..DestinationFacts::default() }))
        };
        assert!(of(None).strange_fields(&settings).is_empty());
        assert!(account(0, &[]).strange_fields(&settings).is_empty());
        assert!(account(3, &["Cost Centre"]).strange_fields(&settings).is_empty());
        let told = account(3, &["Badge", "Cost centre"]).strange_fields(&settings);
        assert_eq!(told, ["no user of Learn Amp shows a field `Cost Centre`; shown: Badge, Cost centre"]);
    }
}

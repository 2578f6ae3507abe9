//! Every vendor that Onroll can talk to. A new one is a folder and an entry here; nothing else asks for a vendor's name.

use super::webhook::Webhook;
use super::{
    bamboohr, flow_learning, freshteam, learn_amp, mapal_os, moodle, people_file, peoplehr, planday, reward_gateway,
    rotaready, scim,
};
use crate::domain::capabilities::{DestinationCapabilities, ParameterSpec, SourceCapabilities};
use crate::domain::connection::Endpoint;
use crate::domain::secret::Secret;
use crate::domain::settings::{RecreatePolicy, Settings};
use crate::ports::api::ApiError;
use crate::ports::connect::{ClientFactory, ConnectParts};
use crate::ports::destination::DestinationApi;
use crate::ports::source::SourceApi;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What a source can do with these parameters.
pub type ByParameters = fn(&BTreeMap<String, String>) -> &'static SourceCapabilities;

/// A source that Onroll can read.
#[derive(Debug, Clone, Copy)]
pub struct SourceVendor {
    /// What it can do as it is without parameters.
    pub capabilities: &'static SourceCapabilities,
    /// What it can do with these parameters, where they decide: an API can do more than a list.
    pub by_parameters: Option<ByParameters>,
    /// Builds a client; sends nothing.
    pub connect: fn(ConnectParts) -> Result<Box<dyn SourceApi>, ApiError>,
    /// How it tells of changes by itself, where that is known.
    pub webhook: Option<Webhook>,
}

impl SourceVendor {
    /// What it can do with these parameters.
    pub fn with(&self, parameters: &BTreeMap<String, String>) -> &'static SourceCapabilities {
        self.by_parameters.map_or(self.capabilities, |by| by(parameters))
    }
}

/// A destination that Onroll can write.
#[derive(Debug, Clone, Copy)]
pub struct DestinationVendor {
    pub key: &'static str,
    pub name: &'static str,
    /// What it can do with these parameters: a transport by file can do less than one by HTTP.
    pub capabilities: fn(&BTreeMap<String, String>) -> &'static DestinationCapabilities,
    /// Builds a client; sends nothing.
    pub connect: fn(ConnectParts) -> Result<Box<dyn DestinationApi>, ApiError>,
}

/// All sources, in the order of the wizard.
pub fn sources() -> &'static [SourceVendor] {
    static SOURCES: &[SourceVendor] = &[
        SourceVendor {
            capabilities: &planday::CAPABILITIES,
            by_parameters: None,
            connect: planday::connect,
            webhook: None,
        },
        SourceVendor {
            capabilities: &rotaready::CAPABILITIES,
            by_parameters: None,
            connect: rotaready::connect,
            webhook: Some(rotaready::WEBHOOK),
        },
        SourceVendor {
            capabilities: &peoplehr::CAPABILITIES,
            by_parameters: None,
            connect: peoplehr::connect,
            webhook: Some(peoplehr::WEBHOOK),
        },
        SourceVendor {
            capabilities: &freshteam::CAPABILITIES,
            by_parameters: None,
            connect: freshteam::connect,
            webhook: None,
        },
        SourceVendor {
            capabilities: &mapal_os::CAPABILITIES,
            by_parameters: Some(mapal_os::capabilities),
            connect: mapal_os::connect,
            webhook: None,
        },
        SourceVendor {
            capabilities: &bamboohr::CAPABILITIES,
            by_parameters: None,
            connect: bamboohr::connect,
            webhook: Some(bamboohr::WEBHOOK),
        },
        SourceVendor {
            capabilities: &people_file::CAPABILITIES,
            by_parameters: None,
            connect: people_file::connect,
            webhook: None,
        },
    ];
    SOURCES
}

/// All destinations, in the order of the wizard.
pub fn destinations() -> &'static [DestinationVendor] {
    static DESTINATIONS: &[DestinationVendor] = &[
        DestinationVendor {
            key: flow_learning::KEY,
            name: flow_learning::NAME,
            capabilities: flow_learning::capabilities,
            connect: flow_learning::connect,
        },
        DestinationVendor {
            key: learn_amp::KEY,
            name: learn_amp::NAME,
            capabilities: learn_amp::capabilities,
            connect: learn_amp::connect,
        },
        DestinationVendor {
            key: reward_gateway::KEY,
            name: reward_gateway::NAME,
            capabilities: reward_gateway::capabilities,
            connect: reward_gateway::connect,
        },
        DestinationVendor {
            key: scim::KEY,
            name: scim::NAME,
            capabilities: scim::capabilities,
            connect: scim::connect,
        },
        DestinationVendor {
            key: moodle::KEY,
            name: moodle::NAME,
            capabilities: moodle::capabilities,
            connect: moodle::connect,
        },
        DestinationVendor {
            key: people_file::destination::CAPABILITIES.key,
            name: people_file::destination::CAPABILITIES.name,
            capabilities: people_file::destination::capabilities,
            connect: people_file::destination::connect,
        },
    ];
    DESTINATIONS
}

/// The source with this key.
pub fn source(key: &str) -> Option<&'static SourceVendor> {
    sources().iter().find(|vendor| vendor.capabilities.key == key)
}

/// The destination with this key.
pub fn destination(key: &str) -> Option<&'static DestinationVendor> {
    destinations().iter().find(|vendor| vendor.key == key)
}

/// The source with this key.
///
/// # Errors
/// [`ApiError::UnknownVendor`].
pub fn source_named(key: &str) -> Result<&'static SourceVendor, ApiError> {
    source(key).ok_or_else(|| ApiError::UnknownVendor { key: key.to_owned() })
}

/// The destination with this key.
///
/// # Errors
/// [`ApiError::UnknownVendor`].
pub fn destination_named(key: &str) -> Result<&'static DestinationVendor, ApiError> {
    destination(key).ok_or_else(|| ApiError::UnknownVendor { key: key.to_owned() })
}

/// The vendors' own clients.
#[derive(Debug, Clone, Copy, Default)]
pub struct Vendors;

impl ClientFactory for Vendors {
    fn source(&self, vendor: &str, parts: ConnectParts) -> Result<Box<dyn SourceApi>, ApiError> {
        (source_named(vendor)?.connect)(parts)
    }

    fn destination(&self, vendor: &str, parts: ConnectParts) -> Result<Box<dyn DestinationApi>, ApiError> {
        (destination_named(vendor)?.connect)(parts)
    }
}

/// What becomes of a user who was deleted in the destination, where nobody has said it: from Planday to Flow Learning the next run
/// makes it again (PL10), elsewhere that is asked.
#[must_use]
pub fn usual_recreate(source: &str, destination: &str) -> RecreatePolicy {
    let is_pl10 = source == planday::CAPABILITIES.key && destination == flow_learning::KEY;
    if is_pl10 { RecreatePolicy::Yes } else { RecreatePolicy::Ask }
}

/// Whether clients can be made of these ends and settings: addresses, numbers, entries of the field map. Calls nothing and
/// needs no credential.
///
/// # Errors
/// [`ApiError::Setup`] with what cannot work; [`ApiError::UnknownVendor`].
pub fn check_setup(short_name: &str, from: &Endpoint, to: &Endpoint, settings: &Settings) -> Result<(), ApiError> {
    let parts = |endpoint: &Endpoint, specs: &[ParameterSpec]| ConnectParts {
        short_name: short_name.to_owned(),
        parameters: endpoint.parameters.clone(),
        // Whether a credential is right only the vendor knows; here it only has to be there.
        secrets: specs.iter().filter(|spec| spec.secret).map(|spec| (spec.key.to_owned(), Secret::new("-"))).collect(),
        field_map: settings.field_map.clone(),
        settings: settings.clone(),
        workspace_dir: Some(PathBuf::new()),
        ..ConnectParts::default()
    };
    let from_vendor = source_named(&from.vendor)?;
    let to_vendor = destination_named(&to.vendor)?;
    (from_vendor.connect)(parts(from, from_vendor.with(&from.parameters).parameters))?;
    (to_vendor.connect)(parts(to, (to_vendor.capabilities)(&to.parameters).parameters))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vendors_are_found_by_key_and_refuse_an_empty_set_up() {
        assert!(source("workday").is_none());
        // A connection of another build names a vendor that this one does not know.
        let unknown = source_named("workday").err().unwrap();
        assert!(matches!(unknown, ApiError::UnknownVendor { .. }), "{unknown}");
        for vendor in sources() {
            let found = source(vendor.capabilities.key).unwrap();
            assert!(matches!((found.connect)(ConnectParts::default()), Err(ApiError::Setup { .. })));
        }
        for vendor in destinations() {
            let found = destination(vendor.key).unwrap();
            assert_eq!((found.capabilities)(&BTreeMap::new()).key, vendor.key);
            assert!(matches!((found.connect)(ConnectParts::default()), Err(ApiError::Setup { .. })));
        }
    }
}

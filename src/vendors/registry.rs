//! Every vendor that Onroll can talk to. A new one is a folder and an entry here; nothing else asks for a vendor's name.

pub use super::parameters::{ConnectParts, Kept, SecretKeeping};
use super::{flow_learning, planday};
use crate::domain::capabilities::{DestinationCapabilities, SourceCapabilities};
use crate::ports::api::ApiError;
use crate::ports::destination::DestinationApi;
use crate::ports::source::SourceApi;
use std::collections::BTreeMap;

/// A source that Onroll can read.
#[derive(Debug, Clone, Copy)]
pub struct SourceVendor {
    pub capabilities: &'static SourceCapabilities,
    /// Builds a client; sends nothing.
    pub connect: fn(ConnectParts) -> Result<Box<dyn SourceApi>, ApiError>,
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
    static SOURCES: &[SourceVendor] =
        &[SourceVendor { capabilities: &planday::CAPABILITIES, connect: planday::connect }];
    SOURCES
}

/// All destinations, in the order of the wizard.
pub fn destinations() -> &'static [DestinationVendor] {
    static DESTINATIONS: &[DestinationVendor] = &[DestinationVendor {
        key: flow_learning::KEY,
        name: flow_learning::NAME,
        capabilities: flow_learning::capabilities,
        connect: flow_learning::connect,
    }];
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vendors_are_found_by_key_and_refuse_an_empty_set_up() {
        assert!(source("workday").is_none());
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

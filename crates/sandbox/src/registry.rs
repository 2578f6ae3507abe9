//! The one list of simulated vendors, and of the integrations that get a tenant file.

use super::{
    bamboohr, flow_learning, freshteam, learn_amp, mapal_os, moodle, peoplehr, planday, reward_gateway, rotaready,
    scim, vendor::Vendor,
};

/// Every vendor that is simulated; a new one is a folder beside this file and a line here.
pub(crate) const VENDORS: [&Vendor; 11] = [
    &planday::VENDOR,
    &peoplehr::VENDOR,
    &rotaready::VENDOR,
    &freshteam::VENDOR,
    &bamboohr::VENDOR,
    &mapal_os::VENDOR,
    &flow_learning::VENDOR,
    &learn_amp::VENDOR,
    &reward_gateway::VENDOR,
    &scim::VENDOR,
    &moodle::VENDOR,
];

/// The integrations: source and destination; each company of a pair gets a tenant file. The first is the main one.
pub(crate) const INTEGRATIONS: [(&str, &str); 16] = [
    ("planday", "flow-learning"),
    ("planday", "reward-gateway"),
    ("planday", "scim"),
    ("planday", "moodle"),
    ("peoplehr", "flow-learning"),
    ("peoplehr", "learn-amp"),
    ("peoplehr", "reward-gateway"),
    ("peoplehr", "scim"),
    ("peoplehr", "moodle"),
    ("rotaready", "flow-learning"),
    ("freshteam", "flow-learning"),
    ("freshteam", "learn-amp"),
    ("freshteam", "reward-gateway"),
    ("bamboohr", "flow-learning"),
    ("bamboohr", "scim"),
    ("mapal-os", "flow-learning"),
];

/// The companies of the demo by their tenant, and at which vendors each is.
pub(crate) const DEMO: [(Option<&str>, (&str, &str)); 9] = [
    (None, ("planday", "flow-learning")),
    (Some("saltmarsh"), ("planday", "flow-learning")),
    (Some("copper-kettle"), ("planday", "flow-learning")),
    (Some("sakura-lane"), ("planday", "flow-learning")),
    (Some("tidewater"), ("peoplehr", "learn-amp")),
    (Some("larkspur"), ("rotaready", "flow-learning")),
    (Some("foxglove"), ("freshteam", "reward-gateway")),
    (Some("northgate"), ("bamboohr", "scim")),
    (Some("brackenhill"), ("mapal-os", "flow-learning")),
];

/// What whoever starts the simulators has to know of them.
pub(crate) const NOTES: [&str; 1] = [mapal_os::NOTE];

/// The vendor of that name.
pub(crate) fn vendor(name: &str) -> Option<&'static Vendor> {
    VENDORS.into_iter().find(|vendor| vendor.name == name)
}

/// Both ends of an integration.
pub(crate) fn ends((source, destination): (&str, &str)) -> Option<[&'static Vendor; 2]> {
    Some([vendor(source)?, vendor(destination)?])
}

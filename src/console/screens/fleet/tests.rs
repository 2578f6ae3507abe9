//! Pictures and keys of the fleet's lists.

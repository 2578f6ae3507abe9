//! The clients of the vendors' HTTP APIs: one folder each, one entry in the registry.

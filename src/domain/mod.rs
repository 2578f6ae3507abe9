//! Plain data that every floor shares: ids, people, tenants, mappings, plans, decisions, runs, problems. No I/O.

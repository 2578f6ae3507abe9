//! The plan: operations and holds that would make the destination agree with the source. Pure.

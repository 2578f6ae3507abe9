//! The commands: one file each, text or JSON out, one exit code.

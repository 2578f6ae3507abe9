//! The binary: arguments, choice of front end, exit code; nothing else.

fn main() {}

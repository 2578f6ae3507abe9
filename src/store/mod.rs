//! Everything Onroll knows, in one SQLite file: one writer thread, two reader threads.

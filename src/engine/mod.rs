//! Runs: fetch, match, plan, hold, apply, verify, resume. Talks to ports and the store; knows no screen.

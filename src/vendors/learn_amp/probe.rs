//! The connection test: real calls, reads only.

use super::client::LearnAmp;
use super::token::{AccessToken, lacking};
use crate::ports::api::ProbeStep;

/// Runs every step; without a sign-in the others are `NotTried`.
pub async fn run(amp: &LearnAmp) -> Vec<ProbeStep> {
    let token = match amp.tokens.get().await {
        Ok(token) => token,
        Err(error) => {
            let rest = ["scopes", "users"].map(ProbeStep::not_tried);
            return [ProbeStep::failed("sign in", error)].into_iter().chain(rest).collect();
        }
    };
    let minutes = token.life.as_secs() / 60;
    vec![ProbeStep::passed("sign in", format!("a token for {minutes} minutes")), scopes(&token), users(amp).await]
}

fn scopes(token: &AccessToken) -> ProbeStep {
    match token.lacks.as_slice() {
        [] if token.is_public => ProbeStep::passed("scopes", "an older key with full access"),
        [] => ProbeStep::passed("scopes", "read, create, update, deactivate and reactivate users"),
        some => ProbeStep::failed("scopes", lacking(some)),
    }
}

async fn users(amp: &LearnAmp) -> ProbeStep {
    match amp.counts().await {
        // Nobody whom the list by status leaves out can be compared with anybody.
        Ok((Some(named), Some(plain))) if plain > named => ProbeStep::warning(
            "users",
            format!("{named}, and {} more whose status no call can name: show this to Learn Amp", plain - named),
        ),
        Ok((Some(named), _)) => ProbeStep::passed("users", format!("{named}, invited, confirmed and deactivated")),
        Ok((None, _)) => ProbeStep::warning("users", "readable, but how many there are is not told"),
        Err(error) => ProbeStep::failed("users", error),
    }
}

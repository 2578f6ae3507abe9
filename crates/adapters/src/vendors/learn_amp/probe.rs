//! The connection test: real calls, reads only.

use super::client::LearnAmp;
use super::teams::TeamManager;
use super::token::{Granted, lacking};
use crate::ports::api::ProbeStep;

/// Runs every step; without a sign-in the others are `NotTried`.
pub async fn run(amp: &LearnAmp) -> Vec<ProbeStep> {
    let token = match amp.tokens.get().await {
        Ok(token) => token,
        Err(error) => {
            let names = ["scopes", "users"].into_iter().chain(amp.teams.is_fed.then_some("teams"));
            return [ProbeStep::failed("sign in", error)].into_iter().chain(names.map(ProbeStep::not_tried)).collect();
        }
    };
    let minutes = token.life.as_secs() / 60;
    let signed_in = ProbeStep::passed("sign in", format!("a token for {minutes} minutes"));
    let mut steps = vec![signed_in, scopes(&token.more, amp.teams.is_fed), users(amp).await];
    if amp.teams.is_fed {
        steps.push(teams(amp).await);
    }
    steps
}

async fn teams(amp: &LearnAmp) -> ProbeStep {
    let teams = match amp.team_options().await {
        Ok(teams) => teams,
        Err(error) => return ProbeStep::failed("teams", error),
    };
    let ours = teams.iter().filter(|team| team.made_here).count();
    let counts = format!("{}, {ours} of them made from here", teams.len());
    match &amp.teams.manager {
        TeamManager::Owner => match amp.owner().await {
            Ok(_) => ProbeStep::passed("teams", format!("{counts}; new ones get the account's owner as manager")),
            Err(error) => ProbeStep::failed("teams", error),
        },
        TeamManager::User(_) => ProbeStep::passed("teams", format!("{counts}; new ones get a manager")),
        TeamManager::Nobody => ProbeStep::passed("teams", counts),
    }
}

fn scopes(token: &Granted, with_teams: bool) -> ProbeStep {
    match token.lacks.as_slice() {
        [] if token.is_public => ProbeStep::passed("scopes", "an older key with full access"),
        [] if with_teams => {
            ProbeStep::passed("scopes", "read, create, update, deactivate and reactivate users; read and create teams")
        }
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

//! The connection test: real calls, reads only.

use super::answer::forbidden;
use super::client::{Moodle, function};
use super::options::Password;
use super::wire::{Flag, SiteInfo};
use crate::ports::api::ProbeStep;

const RIGHTS: &str = "webservice/rest:use, moodle/user:viewdetails, moodle/user:viewalldetails, moodle/site:viewuseridentity, \
    moodle/user:create, moodle/user:update";
const RIGHTS_FOR_COHORTS: &str =
    ", moodle/cohort:view, moodle/cohort:assign (moodle/cohort:manage where cohorts are made)";

/// Runs every step; without the site's answer the others are `NotTried`.
pub async fn run(moodle: &Moodle) -> Vec<ProbeStep> {
    let cohorts = moodle.options.has_cohorts().then_some("cohorts");
    let info = match moodle.site_info().await {
        Ok(info) => info,
        Err(error) => {
            let names = ["functions", "users"].into_iter().chain(cohorts);
            return [ProbeStep::failed("site", error)].into_iter().chain(names.map(ProbeStep::not_tried)).collect();
        }
    };
    let mut steps = vec![site(&info), functions(&info, moodle.options.has_cohorts()), users(moodle).await];
    steps.extend(job_title(moodle));
    if cohorts.is_some() {
        steps.push(match moodle.branches().await {
            Ok(found) if found.is_empty() => {
                ProbeStep::warning("cohorts", "none has an ID number with the prefix: no branch can be mapped to")
            }
            Ok(found) => ProbeStep::passed("cohorts", format!("{} are branches", found.len())),
            Err(error) => ProbeStep::failed("cohorts", error),
        });
    }
    steps.push(mails(moodle));
    steps
}

fn site(info: &SiteInfo) -> ProbeStep {
    let name =
        info.sitename.as_deref().map(str::trim).filter(|name| !name.is_empty()).unwrap_or("a site without a name");
    let release =
        info.release.as_deref().map(str::trim).filter(|text| !text.is_empty()).unwrap_or("of unknown release");
    let found = format!("{name}, Moodle {release}");
    if info.userissiteadmin.as_ref().and_then(Flag::is) == Some(true) {
        let why = "the token is a site administrator's: Moodle then protects no other administrator from changes. Use a user of its own";
        return ProbeStep::warning("site", format!("{found}; {why}"));
    }
    ProbeStep::passed("site", found)
}

/// What the token's service lacks. Whether the role has the rights to write only a write tells.
fn functions(info: &SiteInfo, with_cohorts: bool) -> ProbeStep {
    let needed = function::NEEDED.into_iter().chain(function::FOR_COHORTS.into_iter().filter(|_| with_cohorts));
    let missing: Vec<&str> = needed.clone().filter(|name| !info.has(name)).collect();
    let rights = format!("{RIGHTS}{}", if with_cohorts { RIGHTS_FOR_COHORTS } else { "" });
    if missing.is_empty() {
        let count = needed.count();
        return ProbeStep::passed("functions", format!("all {count}; the role needs {rights}"));
    }
    let detail = format!("the token's service lacks {}", missing.join(", "));
    let remedy = "add them in Site administration › Server › Web services › External services › Functions";
    ProbeStep::failed("functions", forbidden(detail, &format!("{remedy}; the role needs {rights}")))
}

async fn users(moodle: &Moodle) -> ProbeStep {
    match moodle.everybody().await {
        Ok(people) => {
            let tied = people.iter().filter(|seen| seen.user.identifier.is_some()).count();
            moodle.note(&people);
            ProbeStep::passed("users", format!("{}, {tied} with an ID number", people.len()))
        }
        Err(error) => ProbeStep::failed("users", error),
    }
}

/// No call lists profile fields: what users show tells.
fn job_title(moodle: &Moodle) -> Option<ProbeStep> {
    let field = moodle.options.job_title.as_deref()?;
    let shown = moodle.state().profile_fields.contains(field);
    Some(if shown {
        ProbeStep::passed("job title", format!("profile field `{field}`"))
    } else {
        ProbeStep::warning("job title", format!("no user shows a profile field `{field}`: is it the short name?"))
    })
}

fn mails(moodle: &Moodle) -> ProbeStep {
    let auth = &moodle.options.auth;
    ProbeStep::passed(
        "mails",
        match moodle.options.password {
            Password::Mailed => "Moodle mails each new user a password".to_owned(),
            Password::Forgotten => "nobody is mailed: new users ask for a password at the log-in page".to_owned(),
            Password::None => format!("nobody is mailed: new users log in by `{auth}`"),
        },
    )
}

//! What a Moodle site is set to, in the state document's names.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    own,
    own::fill,
    world::{Company, Options},
};

/// Every function that is simulated.
pub(super) const FUNCTIONS: [&str; 10] = [
    "core_webservice_get_site_info",
    "core_user_get_users",
    "core_user_get_users_by_field",
    "core_user_create_users",
    "core_user_update_users",
    "core_cohort_get_cohorts",
    "core_cohort_create_cohorts",
    "core_cohort_get_cohort_members",
    "core_cohort_add_cohort_members",
    "core_cohort_delete_cohort_members",
];

/// A site's own settings. Absent members take defaults that depend on the site only.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Settings {
    pub name: String,
    pub token: String,
    pub release: String,
    /// Functions of the token's service; all unless given.
    pub functions: Option<Vec<String>>,
    /// Short names of the user profile fields; the one for job titles unless given.
    pub profile_fields: Option<Vec<String>>,
    pub cohorts: Vec<Cohort>,
    /// What the tenant file says: `invitations`, `auth`, `user_name`, `branch_in`, `cohort_prefix`; of job titles `none` says none.
    pub invitations: String,
    pub auth: String,
    pub user_name: String,
    pub branch_in: String,
    pub cohort_prefix: String,
    pub job_title_field: String,
    pub switches: Switches,
    /// Members that nothing here knows; kept.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A cohort of the site.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Cohort {
    pub id: i64,
    pub name: String,
    pub idnumber: String,
    /// Numbers of users.
    pub members: Vec<i64>,
}

/// What differs from site to site, and from release to release.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Switches {
    /// Web services are off: 403, empty.
    pub no_web_services: bool,
    /// Failures tell their reasons.
    pub debug: bool,
    /// The site is closed for maintenance, and says so in its own form.
    pub maintenance: bool,
    /// An older release: updates answer `null`, and one failure is that of all.
    pub older_release: bool,
    /// Several accounts may have one e-mail.
    pub same_emails: bool,
    /// The database compares texts to the letter.
    pub case_sensitive: bool,
    /// A search by an unknown key is refused.
    pub refuses_unknown_keys: bool,
    /// `moodle/user:viewdetails`: without it nobody but oneself is seen.
    pub views_users: bool,
    /// `moodle/user:viewalldetails`: user names, ID numbers, departments, institutions.
    pub views_all_details: bool,
    /// `moodle/site:viewuseridentity`: e-mails of those who do not show theirs to everybody.
    pub views_emails: bool,
    /// `moodle/user:viewhiddendetails`: what the site hides, `suspended` here.
    pub views_hidden: bool,
    /// `moodle/user:create`.
    pub may_create: bool,
    /// `moodle/user:update`.
    pub may_update: bool,
    /// `moodle/cohort:assign`.
    pub may_assign: bool,
    /// The token is an administrator's.
    pub is_admin: bool,
    /// The mail with the password fails: the user is there, the answer is a failure.
    pub mail_fails: bool,
    /// A creation is answered by `null`.
    pub null_answers: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            no_web_services: false,
            debug: false,
            maintenance: false,
            older_release: false,
            same_emails: false,
            case_sensitive: false,
            refuses_unknown_keys: false,
            views_users: true,
            views_all_details: true,
            views_emails: true,
            views_hidden: true,
            may_create: true,
            may_update: true,
            may_assign: true,
            is_admin: false,
            mail_fails: false,
            null_answers: false,
        }
    }
}

impl Settings {
    /// Whether a site's own settings can be used; the text says what is wrong.
    pub fn check(own: &Map<String, Value>) -> Result<(), String> {
        let settings: Self = own::read(own)?;
        if let Some(name) = settings.functions.iter().flatten().find(|name| !FUNCTIONS.contains(&name.as_str())) {
            return Err(format!("there is no function {name}; there are {}", FUNCTIONS.join(", ")));
        }
        match settings.branch_in.as_str() {
            "" | "institution" | "cohort" => Ok(()),
            other => Err(format!("branches are in institution or cohort, not in {other}")),
        }
    }

    /// The settings of a site, defaults filled in. Settings that cannot be read were refused before.
    pub fn of(company: &Company) -> Self {
        let mut settings: Self = own::read(&company.own).unwrap_or_default();
        let tenant = company.tenant.as_deref().unwrap_or("main");
        fill(&mut settings.name, company.tenant.as_deref().unwrap_or("Harbour & Vine Learning"));
        fill(&mut settings.token, &format!("moodle-token-{tenant}"));
        fill(&mut settings.release, "4.5.2 (Build: 20250210)");
        fill(&mut settings.invitations, "at_once");
        fill(&mut settings.job_title_field, "jobtitle");
        settings.functions.get_or_insert_with(|| FUNCTIONS.map(str::to_owned).to_vec());
        let title = settings.title_field().map(str::to_owned);
        settings.profile_fields.get_or_insert_with(|| title.into_iter().collect());
        if settings.job_title_field == "none" {
            // There is no table of job titles then.
            settings.extra.insert("tables".into(), json!(["branch", "department"]));
        }
        settings
    }

    /// The profile field for job titles.
    pub fn title_field(&self) -> Option<&str> {
        (self.job_title_field != "none").then_some(self.job_title_field.as_str())
    }

    pub fn has_field(&self, short_name: &str) -> bool {
        self.profile_fields.iter().flatten().any(|known| known == short_name)
    }

    /// Members of the connection, as tenant files name them.
    pub fn connection(&self, root: &str) -> Vec<(&'static str, String)> {
        let mut members = vec![
            ("base_url", root.to_owned()),
            ("token", self.token.clone()),
            ("invitations", self.invitations.clone()),
        ];
        let chosen = [
            ("auth", self.auth.as_str()),
            ("user_name", &self.user_name),
            ("branch_in", &self.branch_in),
            ("cohort_prefix", &self.cohort_prefix),
            ("job_title_field", self.title_field().unwrap_or_default()),
            ("shared_emails", if self.switches.same_emails { "yes" } else { "" }),
        ];
        members.extend(
            chosen.into_iter().filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name, value.to_owned())),
        );
        members
    }
}

/// The users who have an e-mail of their own; Moodle knows neither dates nor managers.
pub(super) fn adopt(mut company: Company) -> Company {
    let mut emails = HashSet::new();
    company.people.retain(|user| !user.email.is_empty() && emails.insert(user.email.to_lowercase()));
    for (user, number) in company.people.iter_mut().zip(5001_u32..) {
        user.id = number.to_string();
        user.date_of_birth.clear();
        user.start_date.clear();
        user.end_date.clear();
        user.manager_id.clear();
        user.own.clear();
    }
    company.options = Options::default();
    company
}

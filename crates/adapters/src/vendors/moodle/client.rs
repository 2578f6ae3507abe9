//! The calls: one address, the function and the token in the form. The token never stands in an address, a log or an error.

use super::answer::{self, No};
use super::arguments::Arguments;
use super::cohorts::Members;
use super::options::{self, Options};
use super::people::{Carried, Kept};
use super::wire::SiteInfo;
use super::{NAME, REQUESTS_PER_SECOND, TIMEOUT_SECONDS};
use crate::domain::custom_field::CustomField;
use crate::domain::list::ListKey;
use crate::domain::mapping::DestinationOption;
use crate::domain::person::User;
use crate::domain::secret::Secret;
use crate::ports::api::{ApiError, ProbeStep};
use crate::ports::connect::ConnectParts;
use crate::ports::destination::{
    DestinationApi, DestinationFacts, DestinationRecord, Learnt, LookUp, Write, WriteAnswer, WriteError,
};
use crate::vendors::http::{Answer, Body, HttpClient, Request, keys};
use crate::vendors::retry::RetryRules;
use reqwest::Method;
use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::{OnceCell, mpsc};

const ENDPOINT: &str = "/webservice/rest/server.php";

/// Functions that this client calls, by what for.
pub mod function {
    pub const SITE_INFO: &str = "core_webservice_get_site_info";
    pub const SEARCH: &str = "core_user_get_users";
    pub const BY_FIELD: &str = "core_user_get_users_by_field";
    pub const CREATE: &str = "core_user_create_users";
    pub const UPDATE: &str = "core_user_update_users";
    pub const COHORTS: &str = "core_cohort_get_cohorts";
    pub const MEMBERS: &str = "core_cohort_get_cohort_members";
    pub const ADD_MEMBERS: &str = "core_cohort_add_cohort_members";
    pub const REMOVE_MEMBERS: &str = "core_cohort_delete_cohort_members";
    pub const CREATE_COHORT: &str = "core_cohort_create_cohorts";
    /// What every connection needs.
    pub const NEEDED: [&str; 5] = [SITE_INFO, SEARCH, BY_FIELD, CREATE, UPDATE];
    /// What one needs whose branches are cohorts; making them is a choice.
    pub const FOR_COHORTS: [&str; 4] = [COHORTS, MEMBERS, ADD_MEMBERS, REMOVE_MEMBERS];
}

/// What a client has seen so far.
#[derive(Debug, Default)]
pub(super) struct State {
    /// How the site goes about things, kept with the connection.
    pub ways: BTreeSet<String>,
    pub carried: Option<Carried>,
    pub members: Option<Members>,
    /// Everybody, read for the lists before the first pull, which then need not ask again.
    pub kept: Option<Kept>,
    pub has_pulled: bool,
    /// Profile fields that a user was seen to carry.
    pub profile_fields: BTreeSet<String>,
}

/// A client of one site.
pub struct Moodle {
    http: HttpClient,
    token: Secret,
    pub(super) options: Options,
    /// The profile fields that are mapped: no others are kept.
    pub(super) custom: BTreeSet<CustomField>,
    /// The site's address, of which what is learnt is true.
    of: String,
    info: OnceCell<SiteInfo>,
    state: Mutex<State>,
}

impl Moodle {
    /// Sends nothing yet.
    ///
    /// # Errors
    /// [`ApiError::Setup`].
    pub fn new(parts: ConnectParts) -> Result<Self, ApiError> {
        Self::with_rules(parts, RetryRules::default())
    }

    pub(super) fn with_rules(mut parts: ConnectParts, rules: RetryRules) -> Result<Self, ApiError> {
        // Pasted from the browser it may be the page of the calls itself.
        let address = parts.required(NAME, options::BASE_URL, "Site address")?.trim_end_matches('/');
        let address = address.strip_suffix(ENDPOINT).unwrap_or(address).trim_end_matches('/').to_owned();
        if address.contains(['?', '#']) {
            let detail = "the site address must end before `?` and `#`: it is that of the front page".to_owned();
            return Err(ApiError::Setup { vendor: NAME, detail });
        }
        let token = parts.secret(NAME, options::TOKEN, "Token")?.clone();
        let options = Options::of(&parts)?;
        if parts.parameter(keys::TIMEOUT).is_none() {
            parts.parameters.insert(keys::TIMEOUT.to_owned(), TIMEOUT_SECONDS.to_owned());
        }
        let http = HttpClient::new(NAME, &address, &parts, REQUESTS_PER_SECOND)?;
        let ways = if parts.learnt.of == address { parts.learnt.ways.clone() } else { BTreeSet::new() };
        Ok(Self {
            http: http.of_account("site").with_rules(rules).judged_by(answer::judge),
            token,
            options,
            custom: parts.custom_fields().collect(),
            of: address,
            info: OnceCell::new(),
            state: Mutex::new(State { ways, ..State::default() }),
        })
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        // What stands in it is whole whatever panicked.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn request(&self, function: &'static str, arguments: Arguments) -> Request<'static> {
        let mut form = vec![
            ("wstoken".to_owned(), self.token.reveal().to_owned()),
            ("wsfunction".to_owned(), function.to_owned()),
            // Without it the answer is XML.
            ("moodlewsrestformat".to_owned(), "json".to_owned()),
        ];
        form.extend(arguments.into_pairs());
        Request::new(Method::POST, ENDPOINT).body(Body::Named(form))
    }

    /// A read; `take` sees only what is no failure. `sent` must not be repeated by an error.
    pub(super) async fn read<T>(
        &self,
        function: &'static str,
        arguments: Arguments,
        sent: &[&str],
        take: impl Fn(&Answer) -> Result<T, ApiError>,
    ) -> Result<T, ApiError> {
        let sent = self.with_token(sent);
        let take = |answer: &Answer| {
            answer::check(answer, function, &sent)?;
            take(answer)
        };
        self.http.read_as(&self.request(function, arguments), take).await
    }

    /// A write, sent once; the answer is one that is no failure.
    pub(super) async fn write_once(
        &self,
        function: &'static str,
        arguments: Arguments,
        sent: &[&str],
    ) -> Result<Answer, No> {
        // What was read before a write is not the state after it.
        self.state().kept = None;
        let answer = self.http.write(&self.request(function, arguments)).await.map_err(No::Not)?;
        answer::check_write(&answer, function, &self.with_token(sent))?;
        Ok(answer)
    }

    fn with_token<'s>(&'s self, sent: &[&'s str]) -> Vec<&'s str> {
        sent.iter().copied().chain([self.token.reveal()]).collect()
    }

    /// What the site says of itself, asked anew.
    pub(super) async fn site_info(&self) -> Result<SiteInfo, ApiError> {
        let function = function::SITE_INFO;
        self.read(function, Arguments::new(), &[], |answer| answer.json_of::<SiteInfo>(function)).await
    }

    /// The same, as it was when first asked.
    pub(super) async fn info(&self) -> Result<&SiteInfo, ApiError> {
        self.info.get_or_try_init(|| self.site_info()).await
    }

    /// The host behind the address, where the site has no name.
    pub(super) fn host(&self) -> String {
        let url = reqwest::Url::parse(&self.of).ok();
        url.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default()
    }
}

impl SiteInfo {
    pub(super) fn has(&self, function: &str) -> bool {
        self.functions.iter().any(|known| known.name == function)
    }
}

#[async_trait::async_trait]
impl DestinationApi for Moodle {
    async fn probe(&self) -> Vec<ProbeStep> {
        super::probe::run(self).await
    }

    async fn options(&self, list: ListKey) -> Result<Vec<DestinationOption>, ApiError> {
        if list == ListKey::BRANCH && self.options.has_cohorts() {
            return self.cohort_options().await;
        }
        self.offered(list).await
    }

    async fn pull(&self, out: mpsc::Sender<DestinationRecord>) -> Result<DestinationFacts, ApiError> {
        self.pull_all(&out).await
    }

    async fn look_up(&self, key: LookUp<'_>) -> Result<Vec<User>, ApiError> {
        let found = match key {
            LookUp::Identifier(identifier) => self.carrier(identifier).await?,
            LookUp::Email(email) => self.by_email(email).await?,
            LookUp::Id(id) => self.by_id(id).await?,
        };
        self.with_branches(found).await
    }

    async fn write(&self, write: &Write) -> Result<WriteAnswer, WriteError> {
        match write {
            Write::CreateOption { list: ListKey::BRANCH, name } if self.options.has_cohorts() => {
                self.create_cohort(name).await
            }
            Write::CreateOption { .. } | Write::RemoveOption { .. } => {
                let detail = "its lists are texts on the users: none is made or removed by itself".to_owned();
                Err(WriteError::NotSent(ApiError::Setup { vendor: NAME, detail }))
            }
            Write::Create { .. } => match self.create_all(std::slice::from_ref(write)).await.pop() {
                Some(answer) => answer,
                None => Err(WriteError::Unknown { detail: "no answer".to_owned() }),
            },
            Write::Update { current, changes, .. } => self.update(current, changes, None).await,
            Write::SetIdentifier { current, identifier, .. } => self.tie(current, identifier).await,
            Write::Deactivate { current, .. } => self.update(current, &[], Some(true)).await,
            Write::Reactivate { current, changes, .. } => self.update(current, changes, Some(false)).await,
        }
    }

    async fn create_many(&self, creations: &[Write]) -> Vec<Result<WriteAnswer, WriteError>> {
        self.create_all(creations).await
    }

    fn learnt(&self) -> Learnt {
        Learnt { of: self.of.clone(), ways: self.state().ways.clone(), ..Learnt::default() }
    }
}

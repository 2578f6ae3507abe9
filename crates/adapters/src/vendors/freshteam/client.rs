//! The calls: lists of employees, one employee, definitions of fields, and the lists of what employees refer to.

use super::fields::{self, FieldMap, Group, Resolved};
use super::map::{List, Mapper, Names};
use super::wire::{Definition, ErrorBody, Named, Read};
use super::{API_KEY, CAPABILITIES, CLOSING, IDENTIFIER, NAME, SUBDOMAIN};
use crate::ports::api::ApiError;
use crate::ports::clock::SharedClock;
use crate::ports::connect::ConnectParts;
use crate::vendors::http::{Answer, HttpClient, ReadFailure, Request};
use crate::vendors::paging::Walks;
use crate::vendors::redact;
use crate::vendors::retry::RetryRules;
use crate::vendors::rows::{self, RawRow};
use jiff::civil::Date;
use reqwest::StatusCode;
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OnceCell;

/// Rows of a page; nothing changes it (doc).
pub(super) const PAGE: usize = 50;

/// Pages of one list, at most.
pub(super) const PAGES_MAX: u32 = 2_000;

const EMPLOYEES: &str = "/employees";
const EMPLOYEE: &str = "/employees/{id}";
const DEFINITIONS: &str = "/employee_fields";

/// First wait after a 429 that names no time (client).
const THROTTLE_BASE: Duration = Duration::from_secs(1);

/// A client of one account.
pub struct Freshteam {
    http: HttpClient,
    bearer: HeaderValue,
    pub(super) subdomain: String,
    pinned: Option<String>,
    pub(super) map: FieldMap,
    by_number: bool,
    departments: BTreeSet<String>,
    pub(super) clock: SharedClock,
    /// What is needed to read a person alone.
    pub(super) mapper: OnceCell<Mapper>,
}

/// Rows of a page, and what its headers tell of the list.
pub(super) struct Page {
    pub rows: Vec<RawRow>,
    pub pages: Option<u32>,
    pub total: Option<u64>,
}

impl List {
    /// Every question, in the order in which they are asked: a person who moves between two of them meanwhile is seen as they
    /// were first.
    pub const ALL: [List; 3] = [List::Directory, List::Inactive, List::Terminated];

    /// What its rows are called.
    pub fn noun(self) -> &'static str {
        match self {
            List::Directory => "employees",
            List::Inactive => "inactive employees",
            List::Terminated => "terminated employees",
        }
    }

    fn filter(self) -> Option<(&'static str, &'static str)> {
        match self {
            List::Directory => None,
            List::Inactive => Some(("status", "inactive")),
            List::Terminated => Some(("terminated", "true")),
        }
    }
}

impl Freshteam {
    /// Sends nothing yet.
    ///
    /// # Errors
    /// [`ApiError::Setup`].
    pub fn new(parts: &ConnectParts) -> Result<Self, ApiError> {
        let rules = RetryRules { throttle_base: THROTTLE_BASE, ..RetryRules::default() };
        Self::with_rules(parts, rules)
    }

    pub(super) fn with_rules(parts: &ConnectParts, rules: RetryRules) -> Result<Self, ApiError> {
        let setup = |detail: String| ApiError::Setup { vendor: NAME, detail };
        let subdomain = subdomain(parts.required(NAME, SUBDOMAIN, "Subdomain")?).ok_or_else(|| {
            setup(format!("`{SUBDOMAIN}` is the part before .freshteam.com: letters, digits, hyphens"))
        })?;
        let key = parts.secret(NAME, API_KEY, "API key")?.reveal().trim().to_owned();
        let bearer = HeaderValue::from_str(&format!("Bearer {key}")).ok().filter(|_| !key.is_empty());
        let mut bearer =
            bearer.ok_or_else(|| setup(format!("API key (`{API_KEY}`) is blank, or has odd characters")))?;
        bearer.set_sensitive(true);
        let by_number = match parts.parameter(IDENTIFIER) {
            None | Some("employee_id") => false,
            Some("id") => true,
            Some(_) => return Err(setup(format!("`{IDENTIFIER}` must be `employee_id` or `id`"))),
        };
        let usual = format!("https://{subdomain}.freshteam.com/api");
        let base = parts.parameter("base_url").unwrap_or(&usual);
        let http = HttpClient::with_quotas(NAME, base, parts, CAPABILITIES.quotas)?;
        Ok(Self {
            http: http.of_account(&subdomain).with_rules(rules),
            bearer,
            subdomain,
            pinned: parts.pinned_account.clone().filter(|account| !account.is_empty()),
            map: fields::map_of(parts)?,
            by_number,
            departments: parts.settings.departments.iter().map(|name| name.trim().to_owned()).collect(),
            clock: Arc::clone(&parts.clock),
            mapper: OnceCell::new(),
        })
    }

    /// The subdomain is the account.
    ///
    /// # Errors
    /// [`ApiError::OtherAccount`] when it is not the pinned one.
    pub(super) fn check_account(&self) -> Result<(), ApiError> {
        match &self.pinned {
            Some(pinned) if *pinned != self.subdomain => Err(ApiError::OtherAccount {
                vendor: NAME,
                detail: format!("the address is that of {}, this tenant was set up with {pinned}", self.subdomain),
            }),
            _ => Ok(()),
        }
    }

    async fn get(&self, request: Request<'_>) -> Result<Answer, ReadFailure> {
        self.http.read_record(&request.header(AUTHORIZATION, self.bearer.clone())).await
    }

    /// What an answer that is no success means.
    fn refusal(&self, answer: &Answer) -> ApiError {
        let body: ErrorBody = serde_json::from_str(&rows::text(answer.bytes())).unwrap_or_default();
        let code = body.code().and_then(redact::code_word).map(|code| format!(" ({code})")).unwrap_or_default();
        match answer.status {
            StatusCode::UNAUTHORIZED => ApiError::Refused {
                vendor: NAME,
                detail: format!("401{code}: the API key is not known or has expired"),
            },
            StatusCode::FORBIDDEN => ApiError::Forbidden {
                vendor: NAME,
                detail: format!("403{code}: the role of the key's user does not allow this"),
                remedy: "in Freshteam: give the user whose API key this is a role that sees all employees, or use the key of another user".to_owned(),
            },
            StatusCode::NOT_FOUND => ApiError::WrongAddress {
                vendor: NAME,
                detail: format!("404: no account is called {}, or it is closed. {CLOSING}", self.subdomain),
            },
            _ => answer.unexpected(&format!("a refusal{code}")),
        }
    }

    /// A page of a list of `noun`.
    async fn page(
        &self,
        template: &'static str,
        noun: &str,
        number: u32,
        filters: &[(&'static str, String)],
    ) -> Result<Page, ApiError> {
        let mut request = Request::get(template).query("page", number);
        for (name, value) in filters {
            request = request.query(name, value);
        }
        let answer = self.get(request).await.map_err(|failure| failure.error)?;
        if answer.status != StatusCode::OK {
            return Err(self.refusal(&answer));
        }
        let place = format!("{noun}, page {number}");
        let text = rows::text(answer.bytes());
        let rows = serde_json::from_str(&text).map_err(|_| match answer.json_of::<Vec<RawRow>>(&place) {
            Err(error) => error,
            Ok(_) => answer.corrupt(&place, "broken JSON"),
        })?;
        let told = |name| header(&answer.headers, name);
        let pages = told("total-pages").and_then(|pages| u32::try_from(pages).ok());
        Ok(Page { rows, pages, total: told("total-objects") })
    }

    /// A page of employees; of those only who have changed since a day, where one is given (client).
    pub(super) async fn employees(&self, list: List, number: u32, since: Option<Date>) -> Result<Page, ApiError> {
        let filter = list.filter().map(|(name, value)| (name, value.to_owned()));
        let since = since.map(|day| ("updated_since", day.to_string()));
        let filters: Vec<_> = filter.into_iter().chain(since).collect();
        self.page(EMPLOYEES, list.noun(), number, &filters).await
    }

    /// Every row of a short list.
    async fn whole(&self, template: &'static str, noun: &str) -> Result<Vec<RawRow>, ApiError> {
        let mut all = Vec::new();
        let mut walks: Walks = Walks::new(PAGE, PAGES_MAX);
        while let Some(number) = walks.next_page(NAME, noun)? {
            let page = self.page(template, noun, number, &[]).await?;
            let ids: Vec<i64> =
                page.rows.iter().filter_map(|raw| rows::read::<Named>(raw).record).map(|row| row.id).collect();
            let nameless = page.rows.len() - ids.len();
            walks = told(walks, &page, number);
            walks.page_with(&ids, nameless, page.total);
            if number == 1 {
                all.clear();
            }
            all.extend(page.rows);
        }
        Ok(all)
    }

    async fn names(&self, group: Group) -> Result<Names, ApiError> {
        let mut names = Names::default();
        for raw in self.whole(group.path(), group.word()).await? {
            let row = rows::read::<Named>(&raw);
            let Some(Named { id, name, deleted }) = row.record else { continue };
            match name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()) {
                Some(name) => {
                    if deleted != Some(true) {
                        names.offered.insert(name.clone());
                    }
                    names.names.insert(id, name);
                }
                None => _ = names.broken.insert(id),
            }
        }
        Ok(names)
    }

    /// The mapped custom fields; nothing is asked for where none is mapped.
    pub(super) async fn fields(&self) -> Result<Resolved, ApiError> {
        if !fields::has_custom(&self.map) {
            return Ok(Resolved::default());
        }
        let raw = self.whole(DEFINITIONS, "fields").await?;
        let definitions: Vec<Definition> = raw.iter().filter_map(|raw| rows::read::<Definition>(raw).record).collect();
        Ok(Resolved::of(&self.map, &definitions))
    }

    /// What is needed to read employees now.
    pub(super) async fn new_mapper(&self) -> Result<Mapper, ApiError> {
        let resolved = self.fields().await?;
        let mut groups = BTreeMap::new();
        for group in Mapper::wanted_groups(&self.map, &self.departments) {
            groups.insert(group, self.names(group).await?);
        }
        Ok(Mapper {
            map: self.map.clone(),
            resolved,
            groups,
            by_number: self.by_number,
            departments: self.departments.clone(),
        })
    }

    /// The record of one person; `None` where Freshteam does not know the id.
    ///
    /// # Errors
    /// What came in place of it.
    pub(super) async fn detail(&self, id: i64, mapper: &Mapper) -> Result<Option<Read>, ApiError> {
        let text = id.to_string();
        let answer = self.get(Request::get(EMPLOYEE).place(&text)).await.map_err(|failure| failure.error)?;
        let place = "a person's record";
        match answer.status {
            StatusCode::OK => {
                let text = rows::text(answer.bytes());
                let raw: RawRow = serde_json::from_str(&text).map_err(|_| answer.corrupt(place, &answer.describe()))?;
                let read = Read::detail(&raw, &mapper.resolved.members());
                match &read.record {
                    Some(record) if record.row.id == id => Ok(Some(read)),
                    _ => Err(answer.corrupt(place, "the id in it is another one")),
                }
            }
            StatusCode::NOT_FOUND if !answer.is_html() => Ok(None),
            _ => Err(self.refusal(&answer)),
        }
    }
}

/// Takes what the headers of a page tell of its list; where they tell nothing, a page that is not full ends it.
pub(super) fn told(mut walks: Walks, page: &Page, number: u32) -> Walks {
    match page.pages {
        Some(pages) => {
            walks.told(Some(PAGE), Some(pages));
            walks
        }
        None if number == 1 => walks.ended_by_a_short_page(),
        None => walks,
    }
}

fn header(headers: &HeaderMap, name: &'static str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// `harbour` of `harbour`, `harbour.freshteam.com` and `https://harbour.freshteam.com/employees`.
fn subdomain(text: &str) -> Option<String> {
    let host = text.trim().split_once("://").map_or(text.trim(), |(_, rest)| rest);
    let host = host.split(['/', '?', ':']).next().unwrap_or_default().to_lowercase();
    let name = host.strip_suffix(".freshteam.com").unwrap_or(&host);
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    (!name.is_empty() && name.chars().all(is_name)).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::subdomain;

    #[test]
    fn a_subdomain_is_cut_out_of_whatever_was_copied() {
        for text in [
            "harbour",
            " Harbour.freshteam.com ",
            "https://harbour.freshteam.com/employees?x=1",
            "http://harbour.freshteam.com:443",
        ] {
            assert_eq!(subdomain(text).as_deref(), Some("harbour"), "{text}");
        }
        for text in ["", "https://", "harbour.example.com", "har bour", "https://evil.example/.freshteam.com"] {
            assert_eq!(subdomain(text), None, "{text}");
        }
    }
}

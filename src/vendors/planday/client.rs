//! The calls: sign-in, portal, fields, departments, both employee lists, one detail per active employee.

use super::fields::{FieldMap, Resolved};
use super::map::{List, Mapper, Oddities};
use super::token::{AccessToken, REFRESH_TOKEN, TokenKeeper};
use super::wire::{Data, Department, EmployeeRow, FieldDefinitions, Page, Portal};
use super::{BASE_URL, CAPABILITIES, IDENTITY_URL, NAME};
use crate::domain::mapping::SourceValue;
use crate::domain::snapshot::SourceFacts;
use crate::ports::api::{ApiError, ProbeStep};
use crate::ports::source::{SourceApi, SourceRecord};
use crate::vendors::http::{Answer, HttpClient, Request};
use crate::vendors::paging::Walk;
use crate::vendors::parameters::ConnectParts;
use futures_util::StreamExt;
use reqwest::StatusCode;
use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
use serde::de::DeserializeOwned;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use tokio::sync::mpsc;

/// Rows per page: Planday's maximum (planday.md 1.5).
const PAGE: usize = 50;

/// Details in flight at once; the rate is the limiter's business, this only hides latency.
const DETAILS_AT_ONCE: usize = 8;

const CLIENT_ID: HeaderName = HeaderName::from_static("x-clientid");

pub(super) const PORTAL: &str = "/portal/v1.0/info";
pub(super) const EMPLOYEES: &str = "/hr/v1.0/employees";
pub(super) const LEAVERS: &str = "/hr/v1.0/employees/deactivated";
const DETAIL: &str = "/hr/v1.0/employees/{id}";
const DEFINITIONS: &str = "/hr/v1.0/employees/fielddefinitions";
const DEPARTMENTS: &str = "/hr/v1.0/departments";

/// A client of one portal.
pub struct Planday {
    http: HttpClient,
    pub(super) tokens: TokenKeeper,
    client_id: HeaderValue,
    pub(super) map: FieldMap,
    scope: BTreeSet<String>,
    pinned: Option<String>,
}

/// What a pull has gathered so far.
#[derive(Default)]
struct Gathered {
    sent: HashSet<i64>,
    skipped: BTreeSet<i64>,
    odd: Oddities,
}

impl Planday {
    /// Sends nothing yet.
    ///
    /// # Errors
    /// [`ApiError::Setup`].
    pub fn new(parts: &ConnectParts) -> Result<Self, ApiError> {
        let client_id = parts.required(NAME, "client_id", "App id")?;
        let refresh_token = parts.secret(NAME, REFRESH_TOKEN, "Token")?.clone();
        let client = |key, usual| {
            HttpClient::with_quotas(NAME, parts.parameter(key).unwrap_or(usual), parts, CAPABILITIES.quotas)
        };
        let identity = client("identity_url", IDENTITY_URL)?;
        Ok(Self {
            http: client("base_url", BASE_URL)?.of_account(client_id),
            tokens: TokenKeeper::new(identity, client_id.to_owned(), refresh_token, parts.save_secret.clone()),
            client_id: HeaderValue::from_str(client_id)
                .map_err(|_| ApiError::Setup { vendor: NAME, detail: "the App id has odd characters".to_owned() })?,
            map: FieldMap::of(parts)?,
            scope: parts.settings.departments.iter().map(|name| name.trim().to_owned()).collect(),
            pinned: parts.pinned_account.clone(),
        })
    }

    /// A GET with both headers; a 401 is answered by one fresh token.
    async fn get(&self, request: Request<'_>) -> Result<Answer, ApiError> {
        let token = self.tokens.get().await?;
        let answer = self.http.read(&self.signed(request.clone(), &token)?).await?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        let fresh = self.tokens.replace(&token).await?;
        let answer = self.http.read(&self.signed(request, &fresh)?).await?;
        if answer.status == StatusCode::UNAUTHORIZED {
            return Err(ApiError::Refused {
                vendor: NAME,
                detail: "401 even with a fresh token: the App id belongs to another app, or the administrator who authorised it is deactivated"
                    .to_owned(),
            });
        }
        Ok(answer)
    }

    fn signed<'a>(&self, request: Request<'a>, token: &AccessToken) -> Result<Request<'a>, ApiError> {
        let bearer = HeaderValue::from_str(&format!("Bearer {}", token.text.reveal()));
        let mut bearer = bearer.map_err(|_| ApiError::Unexpected {
            vendor: NAME,
            detail: "an access token that is no header".to_owned(),
        })?;
        bearer.set_sensitive(true);
        Ok(request.header(AUTHORIZATION, bearer).header(CLIENT_ID, self.client_id.clone()))
    }

    /// A GET whose answer must be 200.
    async fn fetch<T: DeserializeOwned>(&self, request: Request<'_>) -> Result<T, ApiError> {
        let template = request.template;
        let answer = self.get(request).await?;
        match answer.status {
            StatusCode::OK => answer.json(),
            StatusCode::FORBIDDEN => Err(forbidden(template)),
            _ => Err(answer.unexpected("a refusal")),
        }
    }

    /// The portal behind the token.
    ///
    /// # Errors
    /// [`ApiError::OtherAccount`] when it is not the pinned one.
    pub(super) async fn portal(&self) -> Result<Portal, ApiError> {
        let Data { data } = self.fetch::<Data<Portal>>(Request::get(PORTAL)).await?;
        match &self.pinned {
            Some(pinned) if *pinned != data.id.to_string() => Err(ApiError::OtherAccount {
                vendor: NAME,
                detail: format!("the token belongs to portal {}, this tenant was set up with {pinned}", data.id),
            }),
            _ => Ok(data),
        }
    }

    /// The mapped custom fields of the portal.
    pub(super) async fn fields(&self) -> Result<Resolved, ApiError> {
        let request = Request::get(DEFINITIONS).query("type", "Post");
        let Data { data } = self.fetch::<Data<FieldDefinitions>>(request).await?;
        Ok(Resolved::of(&self.map, &data))
    }

    /// Department id to name.
    pub(super) async fn departments(&self) -> Result<BTreeMap<i64, String>, ApiError> {
        let mut names = BTreeMap::new();
        let mut patient = false;
        loop {
            let mut walk = Walk::default();
            let mut offset = 0;
            loop {
                let page: Page<Department> = self.page(DEPARTMENTS, offset, false).await?;
                let ids: Vec<i64> = page.data.iter().map(|department| department.id).collect();
                offset += walk.page(&ids, page.paging.and_then(|paging| paging.total));
                names.extend(page.data.into_iter().filter_map(|department| Some((department.id, department.name?))));
                if is_last(&walk, &ids, offset) {
                    break;
                }
            }
            if walk.is_complete(patient) {
                return Ok(names);
            }
            if patient {
                return Err(incomplete("departments", &walk));
            }
            patient = true;
        }
    }

    /// One page of a list. Birth dates are asked for where they are needed, nothing else that is special.
    pub(super) async fn page<T: DeserializeOwned>(
        &self,
        list: &'static str,
        offset: usize,
        birth_dates: bool,
    ) -> Result<Page<T>, ApiError> {
        let mut request = Request::get(list).query("limit", PAGE).query("offset", offset);
        if birth_dates {
            request = request.query("special", "BirthDate");
        }
        self.fetch(request).await
    }

    /// `None` when Planday does not know the id any more: 400 "Employee id is invalid" or 404 (planday.md 1.7).
    async fn detail(&self, id: i64) -> Result<Option<EmployeeRow>, ApiError> {
        let id = id.to_string();
        let answer = self.get(Request::get(DETAIL).place(&id)).await?;
        match answer.status {
            StatusCode::OK => Ok(Some(answer.json::<Data<EmployeeRow>>()?.data)),
            StatusCode::BAD_REQUEST | StatusCode::NOT_FOUND => Ok(None),
            StatusCode::FORBIDDEN => Err(forbidden(DETAIL)),
            _ => Err(answer.unexpected("a refusal")),
        }
    }

    /// Walks one list, twice when the first walk cannot be believed; sends each new id once.
    async fn walk_list(
        &self,
        list: List,
        mapper: &Mapper,
        gathered: &mut Gathered,
        out: &mpsc::Sender<SourceRecord>,
    ) -> Result<(Walk, HashSet<i64>), ApiError> {
        let (path, word) = match list {
            List::Active => (EMPLOYEES, "active employees"),
            List::Deactivated => (LEAVERS, "deactivated employees"),
        };
        let mut ever = HashSet::new();
        let mut patient = false;
        loop {
            let mut walk = Walk::default();
            let mut offset = 0;
            loop {
                let page: Page<EmployeeRow> = self.page(path, offset, true).await?;
                let ids: Vec<i64> = page.data.iter().map(|row| row.id).collect();
                offset += walk.page(&ids, page.paging.and_then(|paging| paging.total));
                let mut fresh = HashSet::new();
                let known =
                    |id: &i64| gathered.sent.contains(id) || (list == List::Active && gathered.skipped.contains(id));
                let rows: Vec<EmployeeRow> =
                    page.data.into_iter().filter(|row| !known(&row.id) && fresh.insert(row.id)).collect();
                ever.extend(ids.iter().copied());
                self.send_rows(list, rows, mapper, gathered, out).await?;
                if is_last(&walk, &ids, offset) {
                    break;
                }
            }
            if walk.is_complete(patient) {
                return Ok((walk, ever));
            }
            if patient {
                return Err(incomplete(word, &walk));
            }
            patient = true;
        }
    }

    async fn send_rows(
        &self,
        list: List,
        rows: Vec<EmployeeRow>,
        mapper: &Mapper,
        gathered: &mut Gathered,
        out: &mpsc::Sender<SourceRecord>,
    ) -> Result<(), ApiError> {
        // In order, several at once: job title and custom fields are only in the detail; leavers have none.
        let details = futures_util::stream::iter(rows.into_iter().map(|row| async move {
            let detail = if list == List::Active { Some(self.detail(row.id).await) } else { None };
            (row, detail.transpose())
        }))
        .buffered(DETAILS_AT_ONCE);
        let mut details = std::pin::pin!(details);
        while let Some((row, detail)) = details.next().await {
            let detail = match detail? {
                Some(None) => {
                    gathered.skipped.insert(row.id);
                    continue;
                }
                Some(Some(detail)) => Some(detail),
                None => None,
            };
            gathered.sent.insert(row.id);
            let record = mapper.record(list, row, detail, &mut gathered.odd);
            out.send(record).await.map_err(|_| ApiError::Temporary {
                vendor: NAME,
                detail: "the fetch was stopped before its end".to_owned(),
            })?;
        }
        Ok(())
    }

    fn facts(&self, portal: &Portal, mapper: Mapper, gathered: Gathered) -> SourceFacts {
        let mut warnings = mapper.resolved.warnings.clone();
        let mut values = mapper.resolved.values();
        values.extend(declared_departments(&mapper));
        let Gathered { skipped, odd, .. } = gathered;
        if !skipped.is_empty() {
            let ids: Vec<String> = skipped.iter().take(10).map(ToString::to_string).collect();
            warnings.push(format!(
                "{} listed as active but unknown by id (deactivated meanwhile?), left out this time: {}",
                skipped.len(),
                ids.join(", ")
            ));
        }
        if odd.unknown_options > 0 {
            warnings
                .push(format!("{} values are options that their field does not list any more", odd.unknown_options));
        }
        if odd.unreadable_dates > 0 {
            warnings.push(format!("{} dates could not be read and count as missing", odd.unreadable_dates));
        }
        if odd.active > 0 && odd.birth_dates == 0 {
            warnings.push("no birth date came at all: does the app have the scope birthdate:read?".to_owned());
        }
        for name in &mapper.scope {
            if !mapper.departments.values().any(|known| known.trim() == name) {
                warnings.push(format!("the department `{name}` of the source filter is not in Planday"));
            }
        }
        SourceFacts {
            account: account(portal),
            account_id: portal.id.to_string(),
            archived_fields: mapper.resolved.archived,
            warnings,
            values,
            ..SourceFacts::default()
        }
    }
}

#[async_trait::async_trait]
impl SourceApi for Planday {
    async fn probe(&self) -> Vec<ProbeStep> {
        super::probe::run(self).await
    }

    async fn pull(&self, out: mpsc::Sender<SourceRecord>) -> Result<SourceFacts, ApiError> {
        let portal = self.portal().await?;
        let mapper = Mapper {
            portal: portal.id,
            map: self.map.clone(),
            resolved: self.fields().await?,
            departments: self.departments().await?,
            scope: self.scope.clone(),
        };
        let mut gathered = Gathered::default();
        let (active, in_active) = self.walk_list(List::Active, &mapper, &mut gathered, &out).await?;
        let (ended, in_ended) = self.walk_list(List::Deactivated, &mapper, &mut gathered, &out).await?;
        // Someone who moved between the lists meanwhile stands in both: counted once on both sides of the balance.
        let both = in_active.intersection(&in_ended).count() as u64;
        // A skipped id that is no leaver either was a row all the same: it is not a row that went missing.
        gathered.skipped.retain(|id| !gathered.sent.contains(id));
        let declared_total = (active.declared() + ended.declared()).saturating_sub(both);
        let received = (active.rows() + ended.rows()).saturating_sub(both);
        let facts = self.facts(&portal, mapper, gathered);
        Ok(SourceFacts { declared_total, received, ..facts })
    }
}

/// `portal 40817, Harbour Kitchens`.
pub(super) fn account(portal: &Portal) -> String {
    match portal.name.as_deref().map(str::trim).filter(|name| !name.is_empty()) {
        Some(name) => format!("portal {}, {name}", portal.id),
        None => format!("portal {}", portal.id),
    }
}

/// Stop on an empty page, at the total, or where the same page comes again (planday.md 1.5).
fn is_last(walk: &Walk, ids: &[i64], offset: usize) -> bool {
    ids.is_empty() || walk.is_stuck() || walk.total().is_some_and(|total| offset as u64 >= total)
}

fn incomplete(what: &str, walk: &Walk) -> ApiError {
    ApiError::Incomplete { vendor: NAME, detail: format!("{what}: {}, also when read again", walk.shortfall()) }
}

/// Department names, where they are the values of a mapped field.
fn declared_departments(mapper: &Mapper) -> Vec<SourceValue> {
    use super::fields::Origin::PrimaryDepartment;
    use crate::domain::mapping::TableKind;
    let mut kinds = Vec::new();
    if mapper.map.branch == PrimaryDepartment {
        kinds.push(TableKind::Branch);
    }
    if mapper.map.department == PrimaryDepartment {
        kinds.push(TableKind::Department);
    }
    let names = mapper.departments.values().filter(|name| !name.trim().is_empty());
    names
        .flat_map(|name| kinds.iter().map(|kind| SourceValue { kind: *kind, value: name.clone(), declared: true }))
        .collect()
}

/// 403: a scope is missing, and scopes are fixed when an app is made (planday.md 1.3).
pub(super) fn forbidden(template: &'static str) -> ApiError {
    let scope = match template {
        DEPARTMENTS => "department:read",
        EMPLOYEES | LEAVERS => "employee:read or birthdate:read",
        PORTAL => "portal read",
        _ => "employee:read",
    };
    ApiError::Forbidden {
        vendor: NAME,
        detail: format!("403 from {template}: the app lacks the scope {scope}"),
        remedy: "in Planday: Settings › Integrations › API Access › Create App, with the scopes employee:read, department:read and birthdate:read; authorise it and put its App id and Token in here (an app that exists cannot be given more scopes)"
            .to_owned(),
    }
}

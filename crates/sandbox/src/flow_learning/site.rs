//! A Flow company while the sandbox runs: its learners, the indexes over them, and what reads may see already.

use std::{
    collections::{HashMap, HashSet},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::time::Instant;

use super::{
    learner::{ACTIVE, Learner, email_key},
    settings::Settings,
};
use crate::{
    limiter::Limiter,
    own,
    vendor::Setup,
    world::{Company, Mail, OptionItem, Options, Person, fill_branch_codes},
};

/// The requests allowed when rates are enforced; the contract names none, so that it is a proposal.
const WINDOWS: [(u32, u64); 2] = [(20, 1), (600, 60)];

/// What reads still show of a learner who was written within the propagation delay.
#[derive(Debug)]
struct Lag {
    /// From when on reads show the newer version.
    until: Instant,
    /// The older version; `None` when the learner is new.
    older: Option<Learner>,
}

/// One company.
pub(crate) struct Site {
    pub(super) setup: Setup,
    pub(super) settings: Settings,
    tenant: Option<String>,
    pub(super) learners: Vec<Learner>,
    pub(super) options: Options,
    pub(super) mails: Vec<Mail>,
    /// Learners by identifier and by compared e-mail, in order; identifiers are unique unless the world was loaded so.
    by_identifier: HashMap<String, Vec<usize>>,
    by_email: HashMap<String, Vec<usize>>,
    by_number: HashMap<i64, usize>,
    lags: HashMap<usize, Vec<Lag>>,
    next_number: i64,
    pub(super) refuse_next: bool,
    pub(super) limiter: Limiter,
}

impl Site {
    /// Opens a company.
    pub fn open(company: Company, setup: Setup) -> Self {
        let mut site = Self {
            setup,
            settings: Settings::default(),
            tenant: company.tenant.clone(),
            learners: Vec::new(),
            options: Options::default(),
            mails: Vec::new(),
            by_identifier: HashMap::new(),
            by_email: HashMap::new(),
            by_number: HashMap::new(),
            lags: HashMap::new(),
            next_number: 1,
            refuse_next: false,
            limiter: Limiter::new(&WINDOWS),
        };
        site.load(company);
        site
    }

    /// Takes another content.
    pub fn load(&mut self, company: Company) {
        self.settings = Settings::of(&company, self.setup);
        self.options = company.options;
        self.mails = company.mails;
        fill_branch_codes(&mut self.options.branches);
        let names: HashMap<String, String> = branch_codes(&self.options.branches);
        let numbers = numbers(&company.people);
        self.next_number = numbers.iter().max().copied().unwrap_or(1000) + 1;
        let today = self.setup.today;
        self.learners = company
            .people
            .into_iter()
            .zip(numbers)
            .map(|(person, number)| learner(person, number, &names, today))
            .collect();
        self.lags.clear();
        self.index();
    }

    fn index(&mut self) {
        self.by_identifier.clear();
        self.by_email.clear();
        self.by_number.clear();
        for at in 0..self.learners.len() {
            self.link(at);
        }
    }

    fn link(&mut self, at: usize) {
        let learner = &self.learners[at];
        if !learner.person.identifier.is_empty() {
            self.by_identifier.entry(learner.person.identifier.clone()).or_default().push(at);
        }
        let email = email_key(&learner.person.email);
        if !email.is_empty() {
            self.by_email.entry(email).or_default().push(at);
        }
        self.by_number.entry(learner.number).or_insert(at);
    }

    fn unlink(&mut self, at: usize) {
        let learner = &self.learners[at];
        if let Some(places) = self.by_identifier.get_mut(&learner.person.identifier) {
            places.retain(|place| *place != at);
        }
        if let Some(places) = self.by_email.get_mut(&email_key(&learner.person.email)) {
            places.retain(|place| *place != at);
        }
    }

    /// Place of the learner that holds an identifier now.
    pub fn place_of(&self, identifier: &str) -> Option<usize> {
        self.by_identifier.get(identifier).and_then(|places| places.first()).copied()
    }

    /// Place of the learner with Flow's own number.
    pub fn place_of_number(&self, number: i64) -> Option<usize> {
        self.by_number.get(&number).copied()
    }

    /// Whether another learner has that e-mail who is not deactivated.
    pub fn email_in_use(&self, email: &str, but: Option<usize>) -> bool {
        let places = self.by_email.get(&email_key(email)).into_iter().flatten();
        places.into_iter().any(|at| Some(*at) != but && !self.learners[*at].is_inactive())
    }

    /// The number that the next learner gets.
    pub fn take_number(&mut self) -> i64 {
        self.next_number += 1;
        self.next_number - 1
    }

    /// Writes a learner, a new one at the end; reads show it after the propagation delay.
    pub fn write(&mut self, at: Option<usize>, learner: Learner) -> usize {
        let older = at.map(|at| self.learners[at].clone());
        let at = match at {
            Some(at) => {
                self.unlink(at);
                self.learners[at] = learner;
                at
            }
            None => {
                self.learners.push(learner);
                self.learners.len() - 1
            }
        };
        self.link(at);
        let delay = self.settings.switches.propagation_delay_s;
        if delay > 0 {
            let now = Instant::now();
            self.lags.retain(|_, lags| lags.iter().any(|lag| now < lag.until));
            self.lags.entry(at).or_default().push(Lag { until: now + Duration::from_secs(delay), older });
        }
        at
    }

    /// What reads may see at a place.
    fn seen(&self, at: usize) -> Option<&Learner> {
        let now = Instant::now();
        match self.lags.get(&at).and_then(|lags| lags.iter().find(|lag| now < lag.until)) {
            Some(lag) => lag.older.as_ref(),
            None => self.learners.get(at),
        }
    }

    /// The learners that reads see, narrowed by identifier, e-mail and status.
    pub fn find(&self, identifier: Option<&str>, email: Option<&str>, active: Option<bool>) -> Vec<&Learner> {
        let none = Vec::new();
        let places: Box<dyn Iterator<Item = usize>> = match (identifier, email) {
            (Some(identifier), _) => {
                let places = self.by_identifier.get(identifier).unwrap_or(&none);
                Box::new(places.iter().copied().chain(self.lags.keys().copied().filter(move |at| !places.contains(at))))
            }
            (None, Some(email)) => {
                let places = self.by_email.get(&email_key(email)).unwrap_or(&none);
                let places = places.clone();
                let lagging: Vec<usize> = self.lags.keys().copied().filter(|at| !places.contains(at)).collect();
                Box::new(places.into_iter().chain(lagging))
            }
            (None, None) => Box::new(0..self.learners.len()),
        };
        let email = email.map(email_key);
        let fits = |learner: &&Learner| {
            identifier.is_none_or(|identifier| learner.person.identifier == identifier)
                && email.as_deref().is_none_or(|email| email_key(&learner.person.email) == email)
                && active.is_none_or(|active| if active { learner.is_active() } else { learner.is_inactive() })
        };
        places.filter_map(|at| self.seen(at)).filter(fits).collect()
    }

    /// A branch code as the calls show it.
    pub fn branch_code(&self, code: &str) -> Value {
        if code.is_empty() { Value::Null } else { json!(code) }
    }

    /// The content as a company; counts stand at zero.
    pub fn to_company(&self) -> Company {
        let names: HashMap<&str, &str> =
            self.options.branches.iter().filter_map(|item| Some((item.code.as_deref()?, item.name.as_str()))).collect();
        let people = self.learners.iter().map(|learner| {
            let mut person = learner.person.clone();
            person.branch =
                names.get(learner.branch_code.as_str()).map_or(learner.branch_code.clone(), |name| (*name).into());
            person.own.insert("learner_id".into(), json!(learner.number));
            person.own.insert("branch_code".into(), self.branch_code(&learner.branch_code));
            person.own.insert("user_profile".into(), json!(learner.user_profile));
            person.own.insert("email_verified".into(), json!(learner.verified));
            person
        });
        Company {
            vendor: super::VENDOR.name.into(),
            tenant: self.tenant.clone(),
            own: own::write(&self.settings),
            people: people.collect(),
            options: self.options.clone(),
            mails: self.mails.clone(),
            ..Company::default()
        }
    }
}

/// An end date that is over deactivates who is active; a word of Flow's own stays what it is.
pub(super) fn settle_status(person: &mut Person, today: jiff::civil::Date) {
    if person.status.trim().is_empty() || person.status == ACTIVE {
        person.settle_status(today);
    }
}

/// Codes by name and by themselves.
fn branch_codes(branches: &[OptionItem]) -> HashMap<String, String> {
    let coded = || branches.iter().filter_map(|branch| Some((branch, branch.code.clone()?)));
    let mut codes: HashMap<String, String> = coded().map(|(branch, code)| (branch.name.clone(), code)).collect();
    codes.extend(coded().map(|(_, code)| (code.clone(), code)));
    codes
}

fn learner(mut person: Person, number: i64, codes: &HashMap<String, String>, today: jiff::civil::Date) -> Learner {
    settle_status(&mut person, today);
    let given = person.own_text("branch_code").filter(|code| !code.is_empty()).map(str::to_owned);
    // A branch that is no option is kept as it is written.
    let branch_code = given.unwrap_or_else(|| codes.get(&person.branch).unwrap_or(&person.branch).clone());
    let user_profile = person.own_text("user_profile").unwrap_or("Employee").to_owned();
    let verified = person.own.get("email_verified").and_then(Value::as_bool).unwrap_or(true);
    Learner { person, number, branch_code, user_profile, verified }
}

/// Numbers of the users: `id` where that is a number, else the row's own `learner_id`, else the next free one.
fn numbers(people: &[Person]) -> Vec<i64> {
    let plain = |text: &str| text.parse::<i64>().ok().filter(|number| *number > 0 && number.to_string() == text);
    let own = |person: &Person| person.own.get("learner_id").and_then(Value::as_i64);
    let known: Vec<Option<i64>> = people.iter().map(|person| plain(&person.id).or_else(|| own(person))).collect();
    let taken: HashSet<i64> = known.iter().flatten().copied().collect();
    let mut next = 1000;
    let mut free = || loop {
        next += 1;
        if !taken.contains(&next) {
            return next;
        }
    };
    known.into_iter().map(|number| number.unwrap_or_else(&mut free)).collect()
}

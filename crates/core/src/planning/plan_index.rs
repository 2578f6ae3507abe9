//! The input of a plan in a fixed order, with its indexes.

use super::PlanInput;
use super::hash;
use super::key_fields::key_fields;
use super::rules::{Rules, RulesInput};
use super::scope::{self, Lifecycle};
use crate::domain::decision::{Decision, Link, PairRuling, PairVerdict, Parked, Ruling, Waiting};
use crate::domain::ids::EmployeeId;
use crate::domain::person::{Employee, User};
use crate::domain::text;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, HashSet};

/// Employees and users are meant by their place in `employees` and `users`, which are sorted by id.
pub(super) struct PlanIndex<'a> {
    pub rules: Rules<'a>,
    pub employees: Vec<&'a Employee>,
    pub life: Vec<Lifecycle>,
    /// Employees whose id came twice with different records.
    pub doubled: HashSet<usize>,
    pub users: Vec<&'a User>,
    pub employee_by_id: HashMap<&'a str, usize>,
    pub employees_by_identifier: HashMap<&'a str, Vec<usize>>,
    /// Employed people by e-mail, folded.
    pub employed_by_email: HashMap<String, Vec<usize>>,
    pub user_by_id: HashMap<&'a str, usize>,
    pub users_by_identifier: HashMap<&'a str, Vec<usize>>,
    pub users_by_email: HashMap<String, Vec<usize>>,
    pub link_by_employee: HashMap<&'a str, &'a Link>,
    pub links_by_user: HashMap<&'a str, Vec<&'a Link>>,
    decisions: HashMap<&'a str, &'a Decision>,
    not_same: HashSet<(&'a str, &'a str)>,
    waiting: HashMap<&'a str, &'a Waiting>,
    pairs: HashMap<(&'a str, &'a str), &'a PairRuling>,
    /// By employee, the others that the operator said are the same person.
    same_as: HashMap<&'a str, Vec<&'a PairRuling>>,
    /// By employee, the others with whom it shares an e-mail that it goes without.
    without_email: HashMap<&'a str, Vec<&'a str>>,
    waiting_beside: HashMap<(&'a str, &'a str), &'a str>,
    parked: HashMap<&'a str, &'a Parked>,
    /// A digest of what the matcher judges by.
    policy: String,
}

impl<'a> PlanIndex<'a> {
    pub fn new(input: &PlanInput<'a>) -> Self {
        let rules = Rules::new(RulesInput::from(input), input.employees);
        let (employees, doubled) = sorted_employees(input.employees);
        let mut users: Vec<&User> = input.users.iter().collect();
        users.sort_by(|a, b| a.id.cmp(&b.id));
        let mut links: Vec<&Link> = input.links.iter().collect();
        links.sort_by(|a, b| (&a.employee, a.at, &a.user).cmp(&(&b.employee, b.at, &b.user)));
        let mut index = Self {
            life: employees.iter().map(|employee| scope::life(&rules, employee)).collect(),
            rules,
            doubled,
            employee_by_id: employees.iter().enumerate().map(|(i, e)| (e.id.as_str(), i)).collect(),
            user_by_id: users.iter().enumerate().map(|(i, u)| (u.id.as_str(), i)).collect(),
            employees_by_identifier: HashMap::with_capacity(employees.len()),
            employed_by_email: HashMap::new(),
            users_by_identifier: HashMap::with_capacity(users.len()),
            users_by_email: HashMap::with_capacity(users.len()),
            link_by_employee: links.iter().map(|link| (link.employee.as_str(), *link)).collect(),
            links_by_user: HashMap::new(),
            decisions: input.decisions.iter().map(|one| (one.employee.as_str(), one)).collect(),
            policy: hash::short(&Sha256::digest(format!("{:?} {}", input.settings.auto_link, input.matcher.policy()))),
            waiting: input.waiting.iter().map(|one| (one.employee.as_str(), one)).collect(),
            pairs: input.pairs.iter().map(|pair| ((pair.employee.as_str(), pair.other.as_str()), pair)).collect(),
            same_as: HashMap::new(),
            without_email: HashMap::new(),
            waiting_beside: input
                .waiting_beside
                .iter()
                .map(|one| ((one.employee.as_str(), one.other.as_str()), one.seen.as_str()))
                .collect(),
            parked: input.parked.iter().map(|one| (one.employee.as_str(), one)).collect(),
            not_same: input.not_same.iter().map(|pair| (pair.employee.as_str(), pair.user.as_str())).collect(),
            employees,
            users,
        };
        for link in index.link_by_employee.values() {
            index.links_by_user.entry(link.user.as_str()).or_default().push(link);
        }
        for pair in input.pairs.iter().filter(|pair| pair.verdict == PairVerdict::Same) {
            index.same_as.entry(pair.employee.as_str()).or_default().push(pair);
        }
        for pair in input.pairs.iter().filter(|pair| pair.verdict == PairVerdict::WithoutEmail) {
            index.without_email.entry(pair.employee.as_str()).or_default().push(pair.other.as_str());
        }
        index.same_as.values_mut().for_each(|pairs| pairs.sort_by(|a, b| a.other.cmp(&b.other)));
        index.index_people();
        index
    }

    fn index_people(&mut self) {
        for (place, employee) in self.employees.iter().enumerate() {
            self.employees_by_identifier.entry(employee.identifier.as_str()).or_default().push(place);
            let employed = matches!(self.life[place], Lifecycle::Employed | Lifecycle::LastDays);
            if employed && let Some(key) = employee.person.email.as_deref().and_then(text::email_key) {
                self.employed_by_email.entry(key).or_default().push(place);
            }
        }
        for (place, user) in self.users.iter().enumerate() {
            if let Some(identifier) = &user.identifier {
                self.users_by_identifier.entry(identifier.as_str()).or_default().push(place);
            }
            if let Some(key) = user.person.email.as_deref().and_then(text::email_key) {
                self.users_by_email.entry(key).or_default().push(place);
            }
        }
    }

    pub fn link(&self, employee: usize) -> Option<&'a Link> {
        self.link_by_employee.get(self.employees[employee].id.as_str()).copied()
    }

    /// The ruling of an employee, whether its shelf life has ended or not.
    pub fn decision(&self, id: &EmployeeId) -> Option<&'a Decision> {
        self.decisions.get(id.as_str()).copied()
    }

    /// Whether a ruling still holds: the key fields are those it was made on. One without a digest holds for ever.
    pub fn holds(&self, employee: usize, decision: &Decision) -> bool {
        decision.key_fields.is_empty() || decision.key_fields == key_fields(&self.employees[employee].person)
    }

    /// A ruling that holds and that no later link has carried out: what the operator wants now.
    pub fn fresh_ruling(&self, employee: usize) -> Option<&'a Ruling> {
        let decision = self.decision(&self.employees[employee].id)?;
        let carried_out = self.link(employee).is_some_and(|link| decision.at <= link.at);
        (self.holds(employee, decision) && !carried_out).then_some(&decision.ruling)
    }

    /// Whether the operator ruled, on this very record, that the employee is this user.
    pub fn is_ruled_to(&self, employee: usize, user: usize) -> bool {
        self.decision(&self.employees[employee].id).is_some_and(|decision| {
            self.holds(employee, decision)
                && matches!(&decision.ruling, Ruling::Link { user: ruled } if *ruled == self.users[user].id)
        })
    }

    pub fn is_not_same(&self, employee: usize, user: usize) -> bool {
        self.not_same.contains(&(self.employees[employee].id.as_str(), self.users[user].id.as_str()))
    }

    /// A digest of the key fields of two employees: what a verdict about them was made on.
    pub fn seen_beside(&self, employee: usize, other: usize) -> String {
        let (person, beside) = (&self.employees[employee].person, &self.employees[other].person);
        format!("{}-{}", key_fields(person), key_fields(beside))
    }

    /// What the operator said of these very records, seen from the first one.
    fn verdict(&self, employee: usize, other: usize) -> Option<PairVerdict> {
        let key = (self.employees[employee].id.as_str(), self.employees[other].id.as_str());
        self.pairs.get(&key).filter(|pair| pair.seen == self.seen_beside(employee, other)).map(|pair| pair.verdict)
    }

    /// Whether the operator ruled, on these very records, that this employee is another person than the other one.
    pub fn is_distinct(&self, employee: usize, other: usize) -> bool {
        self.verdict(employee, other).is_some_and(PairVerdict::is_distinct)
    }

    /// Whether all the others leave to this one what they have in common with it, or go without.
    pub fn is_yielded_to(&self, employee: usize, others: &[usize]) -> bool {
        let gives_way = [Some(PairVerdict::Yields), Some(PairVerdict::WithoutEmail)];
        others
            .iter()
            .filter(|other| **other != employee)
            .all(|other| gives_way.contains(&self.verdict(*other, employee)))
    }

    /// Whether the operator ruled that this employee goes without the e-mail, as somebody else has it too who has not left.
    pub fn is_without_email(&self, employee: usize) -> bool {
        let pairs = self.without_email.get(self.employees[employee].id.as_str()).map_or(&[][..], Vec::as_slice);
        pairs.iter().filter_map(|other| self.employee_by_id.get(other)).any(|other| {
            self.life[*other] != Lifecycle::Over && self.verdict(employee, *other) == Some(PairVerdict::WithoutEmail)
        })
    }

    /// Pairs of employees of whom the first waited beside the second in the last plan, no key field having changed since.
    pub fn waits_beside(&self) -> Vec<(usize, usize)> {
        let place = |id: &str| self.employee_by_id.get(id).copied();
        let pairs = self.waiting_beside.iter().filter_map(|((employee, other), seen)| {
            let pair = (place(employee)?, place(other)?);
            (pair.0 != pair.1 && self.seen_beside(pair.0, pair.1) == *seen).then_some(pair)
        });
        let mut pairs: Vec<(usize, usize)> = pairs.collect();
        pairs.sort_unstable();
        pairs
    }

    /// Whether an exclusion is in force: the record is the one that it was made on, and the record that counts instead, if
    /// there is one, is still employed.
    pub fn is_excluded(&self, employee: usize) -> bool {
        self.has_exclusion(employee) && !self.kept_is_gone(employee)
    }

    fn has_exclusion(&self, employee: usize) -> bool {
        self.decision(&self.employees[employee].id)
            .is_some_and(|decision| decision.ruling == Ruling::Exclude && self.holds(employee, decision))
    }

    /// Where an employee was excluded because another record of the same person counts: those records, by id, without those
    /// that were excluded themselves.
    pub fn kept(&self, employee: usize) -> Vec<&'a EmployeeId> {
        let id = &self.employees[employee].id;
        if self.decision(id).is_none_or(|decision| decision.ruling != Ruling::Exclude) {
            return Vec::new();
        }
        let stands_back = |other: &EmployeeId| {
            self.employee_by_id.get(other.as_str()).is_some_and(|other| self.has_exclusion(*other))
        };
        let pairs = self.same_as.get(id.as_str()).map_or(&[][..], Vec::as_slice);
        pairs.iter().map(|pair| &pair.other).filter(|other| !stands_back(other)).collect()
    }

    /// Whether the records that counted instead of this one have all left or gone from the source.
    pub fn kept_is_gone(&self, employee: usize) -> bool {
        let kept = self.kept(employee);
        let is_over = |id: &&EmployeeId| {
            self.employee_by_id.get(id.as_str()).is_none_or(|place| self.life[*place] == Lifecycle::Over)
        };
        !kept.is_empty() && kept.iter().all(is_over)
    }

    /// Whether the first employee is excluded because the second one's record counts.
    pub fn stands_back_for(&self, employee: usize, other: usize) -> bool {
        self.has_exclusion(employee) && self.kept(employee).contains(&&self.employees[other].id)
    }

    /// What a comparison of the two was made from, beside the weights: while this stays the same, only an operator moves
    /// the employee out of Review.
    pub fn seen(&self, employee: usize, user: usize) -> String {
        let (person, other) = (&self.employees[employee].person, &self.users[user].person);
        format!("{}-{}-{}", key_fields(person), key_fields(other), self.policy)
    }

    /// The user about whom an employee waited in Review in the last plan, if nothing that was compared has changed.
    pub fn waits_for(&self, employee: usize) -> Option<usize> {
        let waiting = self.waiting.get(self.employees[employee].id.as_str())?;
        let user = self.user_by_id.get(waiting.user.as_str()).copied()?;
        (waiting.seen == self.seen(employee, user)).then_some(user)
    }

    /// The employee of the source whose identifier this user carries.
    pub fn holder(&self, user: usize) -> Option<usize> {
        let identifier = self.users[user].identifier.as_ref()?;
        self.employees_by_identifier.get(identifier.as_str()).and_then(|places| places.first()).copied()
    }

    /// The holder, where that is somebody else whose employment is not over.
    pub fn other_holder(&self, user: usize, employee: usize) -> Option<usize> {
        self.holder(user).filter(|holder| *holder != employee && self.life[*holder] != Lifecycle::Over)
    }

    /// Another employee of the source, not over, whom memory ties to this user.
    pub fn other_linked(&self, user: usize, employee: usize) -> Option<usize> {
        let links = self.links_by_user.get(self.users[user].id.as_str())?;
        links
            .iter()
            .filter_map(|link| self.employee_by_id.get(link.employee.as_str()).copied())
            .filter(|other| *other != employee && self.life[*other] != Lifecycle::Over)
            .min()
    }

    /// Since when the destination keeps the employee parked. Over once a user was tied, or when the operator ruled
    /// `create` afterwards: then the person is sent again.
    pub fn parked_since(&self, employee: usize) -> Option<Timestamp> {
        let id = &self.employees[employee].id;
        let parked = self.parked.get(id.as_str())?;
        let tied = self.link(employee).is_some_and(|link| link.at > parked.at);
        let again = self.decision(id).is_some_and(|one| one.ruling == Ruling::Create && one.at > parked.at);
        (!tied && !again).then_some(parked.at)
    }

    /// Surely switched on. Not the contrary of [`PlanIndex::is_inactive`]: a status can be a word that nobody knows.
    pub fn is_active(&self, user: usize) -> bool {
        self.users[user].status.is_active()
    }

    /// Surely switched off.
    pub fn is_inactive(&self, user: usize) -> bool {
        self.users[user].status.is_inactive()
    }
}

/// Employees by id; of records that share an id one stays, and the id is marked unless they are all equal.
fn sorted_employees(employees: &[Employee]) -> (Vec<&Employee>, HashSet<usize>) {
    let mut sorted: Vec<&Employee> = employees.iter().collect();
    // The second key only decides between records of one id, so that the order of the input does not.
    sorted.sort_by(|a, b| a.id.cmp(&b.id).then_with(|| tie_break(a).cmp(&tie_break(b))));
    let mut kept: Vec<&Employee> = Vec::with_capacity(sorted.len());
    let mut doubled = HashSet::new();
    for employee in sorted {
        match kept.last() {
            Some(last) if last.id == employee.id => {
                if *last != employee {
                    doubled.insert(kept.len() - 1);
                }
            }
            _ => kept.push(employee),
        }
    }
    (kept, doubled)
}

fn tie_break(employee: &Employee) -> String {
    serde_json::to_string(employee).unwrap_or_default()
}

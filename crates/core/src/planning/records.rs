//! The records of one human, and what an operator's answer about them means in rulings (ALL15).

use super::key_fields::key_fields;
use crate::domain::decision::{Decision, PairRuling, PairVerdict, Ruling};
use crate::domain::ids::{EmployeeId, UserId};
use crate::domain::person::Employee;
use crate::domain::plan::{Beside, Doubled};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Records of the source that may be one person, tied directly or through another one of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Records {
    /// By id.
    pub employees: Vec<EmployeeId>,
    /// The users of those who have one.
    pub users: BTreeMap<EmployeeId, UserId>,
    /// What two of them have in common, in words.
    pub why: String,
    /// Ordered pairs that are asked about.
    pairs: BTreeSet<(EmployeeId, EmployeeId)>,
}

/// What has to be ruled, as one undo step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Answer {
    pub rulings: Vec<(EmployeeId, Ruling)>,
    pub pairs: Vec<(EmployeeId, EmployeeId, PairVerdict)>,
    /// Whose own earlier ruling stands in the way and is taken back.
    pub taken_back: Vec<EmployeeId>,
}

/// Who answered, and when.
#[derive(Debug, Clone, Copy)]
pub struct Author<'a> {
    pub by: &'a str,
    pub at: Timestamp,
    pub reason: Option<&'a str>,
}

impl Records {
    /// All groups of a plan, given whom each held employee stands beside, and who has two users already; by their first
    /// employee.
    pub fn all(held: &[(EmployeeId, Vec<Beside>)], doubled: &[Doubled]) -> Vec<Self> {
        let linked = doubled.iter().map(|one| (one.employee.clone(), vec![one.other.clone()]));
        let held: Vec<(EmployeeId, Vec<Beside>)> = held.iter().cloned().chain(linked).collect();
        let mut near: BTreeMap<&EmployeeId, Vec<&EmployeeId>> = BTreeMap::new();
        for (one, other) in held.iter().flat_map(|(one, others)| others.iter().map(move |other| (one, &other.employee)))
        {
            near.entry(one).or_default().push(other);
            near.entry(other).or_default().push(one);
        }
        let mut group_of: BTreeMap<&EmployeeId, usize> = BTreeMap::new();
        let mut groups: Vec<Records> = Vec::new();
        for start in near.keys().copied() {
            if group_of.contains_key(start) {
                continue;
            }
            let mut open = vec![start];
            group_of.insert(start, groups.len());
            while let Some(one) = open.pop() {
                for other in near.get(one).into_iter().flatten().copied() {
                    if group_of.insert(other, groups.len()).is_none() {
                        open.push(other);
                    }
                }
            }
            groups.push(Records::default());
        }
        for (employee, group) in &group_of {
            groups[*group].employees.push((*employee).clone());
        }
        for (one, others) in &held {
            let Some(group) = group_of.get(one) else { continue };
            others.iter().for_each(|other| groups[*group].add(one, other));
        }
        for one in doubled {
            if let Some(group) = group_of.get(&one.employee) {
                groups[*group].users.insert(one.employee.clone(), one.user.clone());
            }
        }
        groups
    }

    fn add(&mut self, one: &EmployeeId, other: &Beside) {
        self.pairs.insert((one.clone(), other.employee.clone()));
        self.pairs.insert((other.employee.clone(), one.clone()));
        if let Some(user) = &other.user {
            self.users.insert(other.employee.clone(), user.clone());
        }
        if self.why.is_empty() {
            self.why.clone_from(&other.why);
        }
    }

    /// The group of this employee; `None` where it stands beside nobody.
    pub fn around(employee: &EmployeeId, held: &[(EmployeeId, Vec<Beside>)], doubled: &[Doubled]) -> Option<Self> {
        Self::all(held, doubled).into_iter().find(|records| records.employees.contains(employee))
    }

    /// This record counts: the others step back. Where one of them has the user and this one has none, the user becomes this
    /// one's, with its history.
    pub fn keep(&self, kept: &EmployeeId) -> Answer {
        let mut answer = Answer::default();
        for other in self.employees.iter().filter(|other| *other != kept) {
            answer.rulings.push((other.clone(), Ruling::Exclude));
            answer.pairs.push((other.clone(), kept.clone(), PairVerdict::Same));
        }
        match self.users.values().next().filter(|_| !self.users.contains_key(kept)) {
            Some(user) => answer.rulings.push((kept.clone(), Ruling::Link { user: user.clone() })),
            None => answer.taken_back.push(kept.clone()),
        }
        answer
    }

    /// They are different people: each goes on by itself.
    pub fn distinct(&self) -> Answer {
        let pair = |(one, other): &(EmployeeId, EmployeeId)| (one.clone(), other.clone(), PairVerdict::Distinct);
        Answer { pairs: self.pairs.iter().map(pair).collect(), ..Answer::default() }
    }

    /// A user of its own for this record; nothing is said of the others, who stay held.
    pub fn create(&self, employee: &EmployeeId) -> Answer {
        let pairs = self.pairs.iter().filter(|(one, _)| one == employee);
        Answer {
            rulings: vec![(employee.clone(), Ruling::Create)],
            pairs: pairs.map(|(one, other)| (one.clone(), other.clone(), PairVerdict::Distinct)).collect(),
            taken_back: Vec::new(),
        }
    }
}

impl Answer {
    /// Of several people with one identifier or e-mail this one keeps it; the others wait until the source has another.
    pub fn yield_to(kept: &EmployeeId, others: &[EmployeeId]) -> Self {
        let pairs = others.iter().filter(|other| *other != kept);
        let pair = |other: &EmployeeId| (other.clone(), kept.clone(), PairVerdict::Yields);
        Self { pairs: pairs.map(pair).collect(), ..Self::default() }
    }

    /// Of several people with one e-mail these go without it.
    pub fn without_email(without: &[EmployeeId], people: &[EmployeeId]) -> Self {
        let pairs = without
            .iter()
            .flat_map(|one| people.iter().filter(move |other| *other != one).map(move |other| (one, other)));
        let pair = |(one, other): (&EmployeeId, &EmployeeId)| (one.clone(), other.clone(), PairVerdict::WithoutEmail);
        Self { pairs: pairs.map(pair).collect(), ..Self::default() }
    }

    /// The rulings and verdicts with their author and their shelf life. `employees` are the records as they are now.
    pub fn signed(&self, employees: &[Employee], author: Author<'_>) -> (Vec<Decision>, Vec<PairRuling>) {
        let digest = |id: &EmployeeId| {
            // Somebody whom the source does not show any more has no record to change: the ruling holds as it is.
            let record = employees.iter().find(|employee| employee.id == *id);
            record.map(|record| key_fields(&record.person)).unwrap_or_default()
        };
        let reason = author.reason.map(str::to_owned);
        let counts = |id: &EmployeeId| {
            let kept = self.pairs.iter().find(|(one, _, verdict)| one == id && *verdict == PairVerdict::Same);
            kept.map(|(_, kept, _)| format!("same person as employee {kept}, whose record counts"))
        };
        let decisions = self.rulings.iter().map(|(employee, ruling)| Decision {
            employee: employee.clone(),
            ruling: ruling.clone(),
            reason: reason.clone().or_else(|| counts(employee)),
            by: author.by.to_owned(),
            at: author.at,
            key_fields: digest(employee),
        });
        let pairs = self.pairs.iter().map(|(employee, other, verdict)| PairRuling {
            employee: employee.clone(),
            other: other.clone(),
            verdict: *verdict,
            seen: format!("{}-{}", digest(employee), digest(other)),
            reason: reason.clone(),
            by: author.by.to_owned(),
            at: author.at,
        });
        (decisions.collect(), pairs.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(id: &str, others: &[(&str, Option<&str>)]) -> (EmployeeId, Vec<Beside>) {
        let beside = |(id, user): &(&str, Option<&str>)| Beside {
            employee: EmployeeId::from(*id),
            user: user.map(UserId::from),
            why: "equal name".into(),
            seen: "a-b".into(),
        };
        (id.into(), others.iter().map(beside).collect())
    }

    #[test]
    fn records_are_one_group_through_each_other_and_the_kept_one_gets_the_user() {
        let holds =
            [held("2", &[("1", Some("u1")), ("3", None)]), held("3", &[("2", None)]), held("8", &[("9", None)])];
        let records = Records::around(&"1".into(), &holds, &[]).unwrap();
        assert_eq!(records.employees, ["1".into(), "2".into(), "3".into()]);
        assert_eq!(Records::around(&"7".into(), &holds, &[]), None);
        let kept = records.keep(&"3".into());
        let (exclude, link) = (Ruling::Exclude, Ruling::Link { user: "u1".into() });
        assert_eq!(kept.rulings, [("1".into(), exclude.clone()), ("2".into(), exclude.clone()), ("3".into(), link)]);
        assert_eq!(kept.taken_back, []);
        let kept = records.keep(&"1".into());
        assert_eq!(kept.rulings, [("2".into(), exclude.clone()), ("3".into(), exclude)]);
        assert_eq!(kept.taken_back, ["1".into()], "what was ruled on it before does not stand in its way");
        assert_eq!(records.distinct().pairs.len(), 4, "both ways of each pair that is asked about");
        assert_eq!(records.create(&"2".into()).pairs.len(), 2, "nothing is said of the others");
    }

    #[test]
    fn the_excluded_record_says_which_one_counts() {
        let holds = [held("2", &[("1", None)])];
        let answer = Records::around(&"1".into(), &holds, &[]).unwrap().keep(&"1".into());
        let author = Author { by: "rosa", at: Timestamp::UNIX_EPOCH, reason: None };
        let (decisions, pairs) = answer.signed(&[], author);
        assert_eq!(decisions[0].reason.as_deref(), Some("same person as employee 1, whose record counts"));
        assert_eq!((pairs[0].verdict, pairs[0].other.as_str()), (PairVerdict::Same, "1"));
        let named = answer.signed(&[], Author { reason: Some("second job"), ..author });
        assert_eq!(named.0[0].reason.as_deref(), Some("second job"));
    }
}

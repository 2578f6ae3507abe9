//! Users who have appeared at the destination since a plan was made: whether one of them may be somebody whom the plan
//! creates. The planner has weighed everybody else; here a doubt is enough, because the next plan asks.

use super::likeness::{self, Likeness};
use crate::domain::ids::UserId;
use crate::domain::person::{Person, User};
use crate::domain::plan::Operation;
use crate::domain::text;
use jiff::civil::Date;
use std::collections::{BTreeSet, HashMap};

/// Users whom a plan did not see, or not as they are now, by what finds them again.
#[derive(Debug, Default)]
pub struct Appeared {
    users: Vec<User>,
    by_email: HashMap<String, Vec<usize>>,
    by_birth_date: HashMap<Date, Vec<usize>>,
    by_name: HashMap<String, Vec<usize>>,
}

impl Appeared {
    /// Indexes the users.
    pub fn of(users: Vec<User>) -> Self {
        let mut found = Self::default();
        for (place, user) in users.iter().enumerate() {
            let person = &user.person;
            if let Some(key) = email(person) {
                found.by_email.entry(key).or_default().push(place);
            }
            if let Some(born) = person.date_of_birth {
                found.by_birth_date.entry(born).or_default().push(place);
            }
            for name in names(person) {
                found.by_name.entry(name).or_default().push(place);
            }
        }
        found.users = users;
        found
    }

    /// Whether nobody has appeared.
    pub fn is_empty(&self) -> bool {
        self.users.is_empty()
    }

    /// Somebody who may be this person: an equal e-mail, or names that agree with nothing against them in the birth date,
    /// or an equal birth date and one name that agrees.
    pub fn alike(&self, person: &Person, today: Date) -> Option<&User> {
        let email = email(person);
        self.near(person).into_iter().map(|place| &self.users[place]).find(|user| {
            let other = &user.person;
            if email.is_some() && email == self::email(other) {
                return true;
            }
            match likeness::birth_dates(person, other, today) {
                Likeness::Different => false,
                Likeness::Alike => likeness::names(person, other) != Likeness::Different,
                Likeness::Unclear => {
                    likeness::names(person, other) == Likeness::Alike
                        && likeness::given_names_may_agree(person, other)
                        && shares_last_name(person, other)
                }
            }
        })
    }

    /// The user whom this creation has made, though it does not carry the identifier any more: all that was written stands
    /// there; where it is `certain` that a user was made, the e-mail is enough.
    pub fn made_by(&self, creation: &Operation, person: &Person, certain: bool) -> Option<&User> {
        let candidates: Vec<&User> = self.near(person).into_iter().map(|place| &self.users[place]).collect();
        let holds_all = |user: &&&User| {
            let mut fields = creation.fields.iter();
            fields.all(|change| change.field.is_same(user.value(change.field).as_deref(), change.to.as_deref()))
        };
        let email = email(person);
        let holds_email = |user: &&&User| certain && email.is_some() && self::email(&user.person) == email;
        candidates.iter().find(holds_all).or_else(|| candidates.iter().find(holds_email)).copied()
    }

    fn near(&self, person: &Person) -> BTreeSet<usize> {
        let by_email = email(person).and_then(|key| self.by_email.get(&key));
        let by_birth_date = person.date_of_birth.and_then(|born| self.by_birth_date.get(&born));
        let by_name = names(person).into_iter().filter_map(|name| self.by_name.get(&name));
        by_email.into_iter().chain(by_birth_date).chain(by_name).flatten().copied().collect()
    }
}

/// Whether a user is another person, by what a creation is compared with, than when the plan was made.
pub fn has_changed(now: &User, then: &User) -> bool {
    let (a, b) = (&now.person, &then.person);
    (&a.first_name, &a.last_name, &a.known_as, &a.email, a.date_of_birth)
        != (&b.first_name, &b.last_name, &b.known_as, &b.email, b.date_of_birth)
}

/// Where two users of one id differ, whose it is.
pub fn is_new(now: &User, known: &HashMap<UserId, User>) -> bool {
    known.get(&now.id).is_none_or(|then| has_changed(now, then))
}

fn email(person: &Person) -> Option<String> {
    person.email.as_deref().and_then(text::email_key)
}

fn names(person: &Person) -> BTreeSet<String> {
    let parts = [&person.first_name, &person.known_as, &person.last_name];
    let folded = parts.into_iter().flatten().map(|name| text::fold(name));
    folded
        .flat_map(|name| name.split(' ').filter(|word| word.len() > 1).map(str::to_owned).collect::<Vec<_>>())
        .collect()
}

fn shares_last_name(a: &Person, b: &Person) -> bool {
    let words = |person: &Person| -> BTreeSet<String> {
        person.last_name.as_deref().map(text::fold).unwrap_or_default().split(' ').map(str::to_owned).collect()
    };
    !words(a).is_disjoint(&names(b)) || !words(b).is_disjoint(&names(a))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::person::UserStatus;
    use jiff::civil::date;

    fn person(first: &str, last: &str, email: Option<&str>, born: Option<Date>) -> Person {
        Person {
            first_name: Some(first.into()),
            last_name: Some(last.into()),
            email: email.map(Into::into),
            date_of_birth: born,
            ..Person::default()
        }
    }

    fn user(id: &str, person: Person) -> User {
        User {
            id: UserId::from(id),
            identifier: None,
            person,
            status: UserStatus::Active,
            access_profile: None,
            manager: None,
            training: None,
            unreadable: None,
        }
    }

    const TODAY: Date = date(2026, 11, 24);

    fn finds(made: Person, wanted: &Person) -> bool {
        Appeared::of(vec![user("u", made)]).alike(wanted, TODAY).is_some()
    }

    #[test]
    fn somebody_made_by_hand_since_the_plan_is_found_by_mail_by_name_and_by_birth_date() {
        let born = Some(date(1990, 4, 7));
        let wanted = person("Ana", "Lima", Some("ana@x.example"), born);
        assert!(finds(person("A.", "Unknown", Some("ANA@x.example "), None), &wanted));
        assert!(finds(person("Ana", "Lima", None, None), &wanted));
        assert!(finds(person("Ana", "Silva", Some("other@x.example"), born), &wanted));
        assert!(finds(person("Lima", "Ana", None, born), &wanted));
    }

    #[test]
    fn strangers_are_not_found() {
        let wanted = person("Ana", "Lima", Some("ana@x.example"), Some(date(1990, 4, 7)));
        assert!(!finds(person("Ana", "Lima", Some("other@x.example"), Some(date(1971, 12, 30))), &wanted));
        assert!(!finds(person("Ana", "Kowalska", None, None), &wanted));
        assert!(!finds(person("Tomasz", "Wolny", None, Some(date(1990, 4, 7))), &wanted));
        assert!(!finds(person("Tomasz", "Lima", None, None), &wanted));
    }
}

//! The cases of real people data, each planted on its own employees and, where it takes one, on their users.

use jiff::ToSpan;

use super::{mark, people::Maker, users};
use crate::world::Person;

/// Every case, by the word in the row member `case`.
#[cfg(test)]
pub(super) const NAMES: [&str; 38] = [
    "diacritics",
    "cyrillic",
    "apostrophe",
    "particle",
    "two_surnames",
    "married_name",
    "known_as",
    "twin",
    "namesake",
    "names_swapped",
    "one_letter_surname",
    "zero_width",
    "two_ids",
    "rehire_new_id",
    "shared_email",
    "role_mailbox",
    "old_account_inactive",
    "email_case",
    "placeholder_email",
    "missing_email",
    "birth_date_swapped",
    "default_birth_date",
    "future_leaver",
    "leaves_today",
    "future_starter",
    "rehire_same_id",
    "leaver_unknown",
    "leaver_still_active",
    "leaver_both_sides",
    "deactivated_by_hand",
    "missing_job_title",
    "trailing_blank",
    "nbsp",
    "two_departments",
    "cjk",
    "no_counterpart",
    "names_only",
    "stranger_same_email",
];

/// Plants the cases from the end of the list on, as many as there are people for, and returns the users that belong to
/// them. `demo` also plants the value that no option answers to.
pub(super) fn plant(maker: &mut Maker<'_>, employees: &mut Vec<Person>, demo: bool) -> Vec<Person> {
    // The leaders stay as they are, and half of the company at least.
    let first = employees.len() / 2;
    let mut hand = Hand { maker, free: employees.split_off(first), done: Vec::new(), users: Vec::new() };
    hand.names();
    hand.relatives();
    hand.mails();
    hand.dates();
    hand.leavers();
    hand.values(demo);
    let Hand { free, done, users, .. } = hand;
    employees.extend(free);
    employees.extend(done);
    users
}

struct Hand<'m, 'p> {
    maker: &'m mut Maker<'p>,
    free: Vec<Person>,
    done: Vec<Person>,
    users: Vec<Person>,
}

impl Hand<'_, '_> {
    /// Takes an employee, if one is left, makes it stand for a case, and gives it a user without an identifier.
    fn both(&mut self, case: &str, change: impl FnOnce(&mut Person, &mut Person)) {
        let Some(mut employee) = self.free.pop() else { return };
        let mut user = users::untied(&employee);
        change(&mut employee, &mut user);
        mark(&mut employee, case);
        mark(&mut user, case);
        self.done.push(employee);
        self.users.push(user);
    }

    /// The same without a user.
    fn alone(&mut self, case: &str, change: impl FnOnce(&mut Person)) {
        let Some(mut employee) = self.free.pop() else { return };
        change(&mut employee);
        mark(&mut employee, case);
        self.done.push(employee);
    }

    /// A user whose name is written otherwise and whose e-mail tells nothing.
    fn renamed(&mut self, case: &str, hr: (&str, &str), flow: (&str, &str)) {
        self.both(case, |employee, user| {
            set_name(employee, hr);
            set_name(user, flow);
            user.email.clear();
        });
    }

    fn names(&mut self) {
        self.renamed("diacritics", ("Zoë", "Müller-Łęcka"), ("Zoe", "Muller-Lecka"));
        self.renamed("diacritics", ("Łukasz", "Wójcik"), ("Lukasz", "Wojcik"));
        self.renamed("cyrillic", ("Олена", "Шевченко"), ("Olena", "Shevchenko"));
        self.renamed("cjk", ("小明", "王"), ("Xiaoming", "Wang"));
        self.renamed("apostrophe", ("Sinéad", "O'Neill"), ("Sinéad", "O\u{2019}Neill"));
        self.renamed("particle", ("Pieter", "van der Berg"), ("Pieter", "Berg, van der"));
        self.renamed("two_surnames", ("Lucía", "Ibáñez Ortega"), ("Lucía", "Ibáñez"));
        self.renamed("known_as", ("William", "Fairclough"), ("Bill", "Fairclough"));
        self.renamed("names_swapped", ("Kelly", "Ashton"), ("Ashton", "Kelly"));
        self.renamed("zero_width", ("Mar\u{200b}ia", "Fielding"), ("Maria", "Fielding"));
        self.both("married_name", |employee, user| {
            set_name(employee, ("Gemma", "Prescott"));
            set_name(user, ("Gemma", "Hartley"));
            user.email = "gemma.hartley@harbourvine.example".into();
        });
        self.alone("one_letter_surname", |employee| set_name(employee, ("Suharto", ".")));
    }

    fn relatives(&mut self) {
        let twin = |employee: &mut Person, first: &str| {
            set_name(employee, (first, "Redfern"));
            employee.date_of_birth = "2001-04-17".into();
            employee.address = "12 Rope Walk".into();
            employee.postcode = "BN2 4BT".into();
            employee.branch = "Brighton Marina".into();
        };
        self.both("twin", |employee, user| {
            twin(employee, "Jade");
            twin(user, "Jade");
            (user.address, user.postcode) = (String::new(), String::new());
            user.email.clear();
        });
        self.alone("twin", |employee| twin(employee, "Jake"));
        self.both("namesake", |employee, user| {
            set_name(employee, ("John", "Clarke"));
            set_name(user, ("John", "Clarke"));
            employee.date_of_birth = "1966-02-03".into();
            user.date_of_birth = "1966-02-03".into();
            user.email.clear();
        });
        self.alone("namesake", |employee| {
            set_name(employee, ("John", "Clarke"));
            employee.date_of_birth = "1994-09-21".into();
        });
        self.both("names_only", |employee, user| {
            set_name(employee, ("Sarah", "Thornton"));
            set_name(user, ("Sarah", "Thornton"));
            user.date_of_birth.clear();
            user.email.clear();
        });
    }

    fn mails(&mut self) {
        for _ in 0..2 {
            self.alone("shared_email", |employee| employee.email = "the.wraggs@gmail.example".into());
            self.alone("role_mailbox", |employee| employee.email = "kitchen@harbourvine.example".into());
        }
        self.both("old_account_inactive", |_, user| {
            set_name(user, ("Terence", "Oldfield"));
            user.date_of_birth = "1971-06-30".into();
            user.status = "inactive".into();
        });
        self.both("email_case", |_, user| user.email = user.email.to_uppercase());
        self.both("stranger_same_email", |_, user| {
            set_name(user, ("Marjorie", "Pell"));
            user.date_of_birth = "1959-01-09".into();
        });
        self.alone("placeholder_email", |employee| employee.email = "none@none.example".into());
        self.alone("placeholder_email", |employee| employee.email = "none@none.example".into());
        self.alone("missing_email", |employee| employee.email.clear());
    }

    fn dates(&mut self) {
        let today = self.maker.today;
        self.both("birth_date_swapped", |employee, user| {
            employee.date_of_birth = "1991-03-07".into();
            user.date_of_birth = "1991-07-03".into();
            user.email.clear();
        });
        self.both("default_birth_date", |_, user| user.date_of_birth = "1900-01-01".into());
        self.both("future_leaver", |employee, _| employee.end_date = today.saturating_add(20.days()).to_string());
        self.both("leaves_today", |employee, _| employee.end_date = today.to_string());
        for days in [6, 25] {
            self.alone("future_starter", |employee| {
                employee.start_date = today.saturating_add(days.days()).to_string()
            });
        }
    }

    fn leavers(&mut self) {
        let today = self.maker.today;
        let ended = |person: &mut Person, days: i32| {
            person.end_date = today.saturating_sub(days.days()).to_string();
            person.start_date = today.saturating_sub((days + 500).days()).to_string();
            person.status = "inactive".into();
        };
        self.alone("leaver_unknown", |employee| ended(employee, 90));
        self.both("leaver_still_active", |employee, _| ended(employee, 5));
        self.both("leaver_both_sides", |employee, user| {
            ended(employee, 200);
            ended(user, 200);
        });
        self.both("deactivated_by_hand", |_, user| user.status = "inactive".into());
        self.both("rehire_same_id", |_, user| ended(user, 150));
        let Some(mut new) = self.free.pop() else { return };
        let mut user = users::untied(&new);
        ended(&mut user, 300);
        let mut old = Person { id: format!("{}", 300_000 + new.id.len()), ..new.clone() };
        ended(&mut old, 300);
        mark(&mut old, "rehire_new_id, two_ids");
        mark(&mut new, "rehire_new_id, two_ids");
        mark(&mut user, "rehire_new_id, two_ids");
        self.done.extend([old, new]);
        self.users.push(user);
    }

    fn values(&mut self, demo: bool) {
        for _ in 0..4 {
            self.alone("missing_job_title", |employee| employee.job_title.clear());
        }
        for _ in 0..3 {
            self.both("trailing_blank", |employee, user| {
                employee.job_title = "Bar Staff ".into();
                user.job_title = "Bar Staff".into();
            });
        }
        self.alone("nbsp", |employee| employee.job_title = "Bar\u{a0}Staff".into());
        self.alone("two_departments", |employee| {
            employee.own.insert("further_departments".into(), serde_json::json!(["Head Office"]));
        });
        if demo {
            for _ in 0..3 {
                self.alone("no_counterpart", |employee| employee.job_title = "Mixologist".into());
            }
        }
    }
}

fn set_name(person: &mut Person, (first, last): (&str, &str)) {
    first.clone_into(&mut person.first_name);
    last.clone_into(&mut person.last_name);
}

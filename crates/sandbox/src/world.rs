//! The world that the simulators hold: companies at vendors, their people, their options and the mails they sent.
//!
//! The types are the same for every vendor. What is a vendor's own (credentials, switches, row members such as a
//! learner number) stands in the `own` maps, under the names that the state document uses.

use std::collections::HashSet;

use serde_json::{Map, Value};

/// Whether people are read from a vendor or written to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// An HR or workforce system: holds `employees`.
    Source,
    /// A learning platform: holds `users`, sends mails.
    Destination,
}

/// A person as one vendor holds them: an employee of a source or a user of a destination. An empty text is "none".
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Person {
    /// The row's key in the state document; need not be the number that the vendor's API shows.
    pub id: String,
    /// Given name.
    pub first_name: String,
    /// Family name.
    pub last_name: String,
    /// Preferred name.
    pub known_as: String,
    /// Main e-mail address.
    pub email: String,
    /// `YYYY-MM-DD`; impossible dates are kept as they are.
    pub date_of_birth: String,
    /// Job title, to the letter.
    pub job_title: String,
    /// Branch name.
    pub branch: String,
    /// Department name.
    pub department: String,
    /// First day of employment, `YYYY-MM-DD`.
    pub start_date: String,
    /// Last day of employment, `YYYY-MM-DD`.
    pub end_date: String,
    /// `id` of the person this one reports to.
    pub manager_id: String,
    /// `active` or `inactive`, or a vendor's own word.
    pub status: String,
    /// Telephone number.
    pub phone: String,
    /// Street and house number.
    pub address: String,
    /// Postal code.
    pub postcode: String,
    /// Destination: the key that ties the user to an employee. Source: what that key is for this employee.
    pub identifier: String,
    /// Destination: whether the user was ever sent a welcome mail.
    pub invited: bool,
    /// The vendor's own members of the row.
    pub own: Map<String, Value>,
}

impl Person {
    /// The text members with their names in the state document, in its order.
    pub(crate) fn texts(&self) -> [(&'static str, &String); 17] {
        [
            ("id", &self.id),
            ("identifier", &self.identifier),
            ("first_name", &self.first_name),
            ("last_name", &self.last_name),
            ("known_as", &self.known_as),
            ("email", &self.email),
            ("date_of_birth", &self.date_of_birth),
            ("job_title", &self.job_title),
            ("branch", &self.branch),
            ("department", &self.department),
            ("start_date", &self.start_date),
            ("end_date", &self.end_date),
            ("manager_id", &self.manager_id),
            ("status", &self.status),
            ("phone", &self.phone),
            ("address", &self.address),
            ("postcode", &self.postcode),
        ]
    }

    /// The text member of that name.
    pub(crate) fn text_mut(&mut self, name: &str) -> Option<&mut String> {
        Some(match name {
            "id" => &mut self.id,
            "identifier" => &mut self.identifier,
            "first_name" => &mut self.first_name,
            "last_name" => &mut self.last_name,
            "known_as" => &mut self.known_as,
            "email" => &mut self.email,
            "date_of_birth" => &mut self.date_of_birth,
            "job_title" => &mut self.job_title,
            "branch" => &mut self.branch,
            "department" => &mut self.department,
            "start_date" => &mut self.start_date,
            "end_date" => &mut self.end_date,
            "manager_id" => &mut self.manager_id,
            "status" => &mut self.status,
            "phone" => &mut self.phone,
            "address" => &mut self.address,
            "postcode" => &mut self.postcode,
            _ => return None,
        })
    }

    /// Makes the status say what the end date implies: blank is `active`, and an end date before `today` ends it.
    pub(crate) fn settle_status(&mut self, today: jiff::civil::Date) {
        if self.status.trim().is_empty() {
            self.status = "active".into();
        }
        if ended(&self.end_date, today) {
            self.status = "inactive".into();
        }
    }

    /// A text of the vendor's own members.
    pub(crate) fn own_text(&self, name: &str) -> Option<&str> {
        self.own.get(name).and_then(Value::as_str)
    }
}

/// Whether an end date lies before today.
pub(crate) fn ended(end_date: &str, today: jiff::civil::Date) -> bool {
    end_date.parse::<jiff::civil::Date>().is_ok_and(|end| end < today)
}

/// One value that a company offers for a branch, a department or a job title.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OptionItem {
    /// The text that is shown and, for most vendors, matched to the letter.
    pub name: String,
    /// The code, where the vendor has one.
    pub code: Option<String>,
    /// False once archived.
    pub archived: bool,
    /// The vendor's own members.
    pub own: Map<String, Value>,
}

impl OptionItem {
    /// An option without a code.
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// An option with a code.
    pub fn coded(code: impl Into<String>, name: impl Into<String>) -> Self {
        Self { name: name.into(), code: Some(code.into()), ..Self::default() }
    }
}

/// The values that a company offers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Options {
    /// Branches; destinations address them by code.
    pub branches: Vec<OptionItem>,
    /// Departments.
    pub departments: Vec<OptionItem>,
    /// Job titles.
    pub job_titles: Vec<OptionItem>,
    /// The vendor's own lists.
    pub own: Map<String, Value>,
}

/// A mail that a destination sent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Mail {
    /// The address.
    pub to: String,
    /// `welcome` or `notice`.
    pub kind: String,
    /// `id` of the user.
    pub user: String,
    /// Identifier of the user at that time.
    pub identifier: String,
}

/// One company at one vendor.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Company {
    /// The vendor's name, for example `planday`.
    pub vendor: String,
    /// None for the main company; the tenant's short name for the further ones of a demo.
    pub tenant: Option<String>,
    /// Name, credentials, switches: the vendor's own settings.
    pub own: Map<String, Value>,
    /// Employees of a source, users of a destination.
    pub people: Vec<Person>,
    /// What the company offers to choose from.
    pub options: Options,
    /// Destination: the mails sent, oldest first.
    pub mails: Vec<Mail>,
    /// Calls that only read, since the start or the last reset.
    pub reads: u64,
    /// Calls that could change something, refused ones included.
    pub writes: u64,
}

impl Company {
    /// An empty company.
    pub fn new(vendor: &str, tenant: Option<&str>) -> Self {
        Self { vendor: vendor.into(), tenant: tenant.map(Into::into), ..Self::default() }
    }

    /// The company's key in the state document: `planday`, or `planday@copper-kettle` for a further one.
    pub fn key(&self) -> String {
        match &self.tenant {
            None => self.vendor.clone(),
            Some(tenant) => format!("{}@{tenant}", self.vendor),
        }
    }

    /// The person with that `id`.
    pub fn person(&self, id: &str) -> Option<&Person> {
        self.people.iter().find(|person| person.id == id)
    }

    /// The person with that `id`, to change.
    pub fn person_mut(&mut self, id: &str) -> Option<&mut Person> {
        self.people.iter_mut().find(|person| person.id == id)
    }

    /// A text of the company's own settings.
    pub(crate) fn own_text(&self, name: &str) -> Option<&str> {
        self.own.get(name).and_then(Value::as_str)
    }
}

/// Everything that the simulators hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct World {
    /// Companies in the order of the state document.
    pub companies: Vec<Company>,
}

impl World {
    /// The company with that key.
    pub fn company(&self, key: &str) -> Option<&Company> {
        self.companies.iter().find(|company| company.key() == key)
    }

    /// The company with that key, to change.
    pub fn company_mut(&mut self, key: &str) -> Option<&mut Company> {
        self.companies.iter_mut().find(|company| company.key() == key)
    }
}

/// Options as the people use them, in the order of first use. `sides` are the companies whose values count.
pub(crate) fn derive_options(sides: &[&Company]) -> Options {
    let mut options = Options::default();
    let (mut branches, mut departments, mut titles) = (Seen::default(), Seen::default(), Seen::default());
    for person in sides.iter().flat_map(|company| &company.people) {
        if branches.is_new(&person.branch) && person.own_text("branch_code") != Some("") {
            let code = person.own_text("branch_code").map(str::to_owned);
            options.branches.push(OptionItem { code, ..OptionItem::named(&person.branch) });
        }
        if departments.is_new(&person.department) {
            options.departments.push(OptionItem::named(&person.department));
        }
        if titles.is_new(&person.job_title) {
            options.job_titles.push(OptionItem::named(&person.job_title));
        }
    }
    options
}

#[derive(Default)]
struct Seen(HashSet<String>);

impl Seen {
    fn is_new(&mut self, value: &str) -> bool {
        !value.trim().is_empty() && self.0.insert(value.to_owned())
    }
}

/// Gives every branch without a code one that no other branch has: the value itself where it looks like a code, else
/// the first letters of the name and a number (`Quayside` gets `QUAY01`).
pub(crate) fn fill_branch_codes(branches: &mut [OptionItem]) {
    let mut taken: HashSet<String> = branches.iter().filter_map(|branch| branch.code.clone()).collect();
    for branch in branches.iter_mut().filter(|branch| branch.code.is_none()) {
        let code = free_code(&branch.name, &taken);
        taken.insert(code.clone());
        branch.code = Some(code);
    }
}

fn free_code(name: &str, taken: &HashSet<String>) -> String {
    let looks_like_code = name.len() <= 10
        && name.bytes().any(|byte| byte.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    if looks_like_code && !taken.contains(name) {
        return name.to_owned();
    }
    let letters: String = deunicode::deunicode(name)
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .take(4)
        .map(|letter| letter.to_ascii_uppercase())
        .collect();
    let stem = if letters.is_empty() { "BRAN".to_owned() } else { letters };
    (1_u32..).map(|number| format!("{stem}{number:02}")).find(|code| !taken.contains(code)).unwrap_or(stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_keep_values_that_are_codes() {
        let mut branches = ["Quayside", "Quay Street", "LDS01", "桜小路"].map(OptionItem::named).to_vec();
        fill_branch_codes(&mut branches);
        let codes: Vec<_> = branches.iter().filter_map(|branch| branch.code.as_deref()).collect();
        assert_eq!(codes[..3], ["QUAY01", "QUAY02", "LDS01"]);
        assert_eq!(codes.iter().collect::<HashSet<_>>().len(), 4);
    }
}

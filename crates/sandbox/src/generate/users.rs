//! What the destination holds of the employees.

use serde_json::json;

use super::super::world::Person;
use super::people::Maker;

/// Texts that HR spells otherwise than the destination does: (destination, HR).
const HR_SPELLING: [(&str, &str); 2] = [("Chef De Partie", "Chef de Partie"), ("Bar Staff", "Bar Staff ")];
/// The branch that HR writes with a blank behind it, and how.
const HR_BRANCH: (&str, &str) = ("Quayside", "Quayside ");

/// Puts HR's spelling on every value that has one. Bar staff are spelled both ways, by turns.
pub(super) fn spell_like_hr(employees: &mut [Person]) {
    for (at, employee) in employees.iter_mut().enumerate() {
        for (ours, theirs) in HR_SPELLING {
            if employee.job_title == ours && (ours != "Bar Staff" || at % 3 == 0) {
                theirs.clone_into(&mut employee.job_title);
            }
        }
        if employee.branch == HR_BRANCH.0 {
            HR_BRANCH.1.clone_into(&mut employee.branch);
        }
    }
}

/// A value as the destination spells it.
pub(super) fn spell_like_destination(user: &mut Person) {
    for (ours, theirs) in HR_SPELLING {
        if user.job_title == theirs {
            ours.clone_into(&mut user.job_title);
        }
    }
    if user.job_title == "Mixologist" || user.job_title == "Bar\u{a0}Staff" {
        "Bar Staff".clone_into(&mut user.job_title);
    }
    if user.branch == HR_BRANCH.1 {
        HR_BRANCH.0.clone_into(&mut user.branch);
    }
}

/// The same person as a user without an identifier.
pub(super) fn untied(employee: &Person) -> Person {
    let mut user = Person {
        known_as: String::new(),
        manager_id: String::new(),
        phone: String::new(),
        address: String::new(),
        postcode: String::new(),
        identifier: String::new(),
        invited: true,
        own: serde_json::Map::new(),
        ..employee.clone()
    };
    spell_like_destination(&mut user);
    user.own
        .insert("training".into(), json!({"completed": employee.id.len() + employee.last_name.len(), "lastOn": null}));
    user
}

/// The same person as a user that is tied to the employee.
pub(super) fn tied(employee: &Person) -> Person {
    Person { identifier: employee.id.clone(), ..untied(employee) }
}

/// Gives the users ids in their order.
pub(super) fn numbered(mut users: Vec<Person>) -> Vec<Person> {
    for (user, number) in users.iter_mut().zip(5001_u32..) {
        user.id = number.to_string();
    }
    users
}

/// Users of about 60 % of the plain employees (those made for a case have theirs already), some equal by e-mail, some
/// by name and birth date with noise, and a few strangers.
pub(super) fn of_first_import(maker: &mut Maker<'_>, employees: &[Person]) -> Vec<Person> {
    let mut users = Vec::new();
    for employee in employees.iter().filter(|employee| employee.own_text("case").is_none()) {
        if maker.rng.u8(..100) >= 62 {
            continue;
        }
        let mut user = untied(employee);
        match maker.rng.u8(..100) {
            0..=54 => {}
            55..=69 => stale(maker, &mut user),
            70..=84 => user.email = maker.mail(employee),
            _ => noisy(maker, &mut user),
        }
        users.push(user);
    }
    for _ in 0..employees.len() / 25 {
        let branch = maker.rng.usize(..maker.profile.branches.len());
        let mut stranger = untied(&maker.employee(branch));
        if maker.rng.bool() {
            stranger.status = "inactive".into();
        }
        users.push(stranger);
    }
    users
}

/// The same e-mail, older facts.
fn stale(maker: &mut Maker<'_>, user: &mut Person) {
    match maker.rng.u8(..4) {
        0 => user.job_title = "Waiting Staff".into(),
        1 => user.branch = maker.profile.branches[maker.rng.usize(..maker.profile.branches.len())].1.into(),
        2 => user.start_date.clear(),
        _ => user.date_of_birth.clear(),
    }
}

/// No e-mail that could tell, and a name that is not quite the same.
fn noisy(maker: &mut Maker<'_>, user: &mut Person) {
    if maker.rng.bool() {
        user.email.clear();
    } else {
        user.email = maker.mail(user);
    }
    match maker.rng.u8(..4) {
        0 => user.first_name = deunicode::deunicode(&user.first_name).to_uppercase(),
        1 => {
            let middle = [" Ann", " James", " Lee"][maker.rng.usize(..3)];
            user.first_name.push_str(middle);
        }
        2 => {
            let mut letters: Vec<char> = user.last_name.chars().collect();
            if letters.len() > 4 {
                let at = maker.rng.usize(1..letters.len() - 2);
                letters.swap(at, at + 1);
            }
            user.last_name = letters.into_iter().collect();
        }
        _ => user.last_name = deunicode::deunicode(&user.last_name).to_lowercase(),
    }
}

//! Reading users: whoever hides what is searched for is left out.

use serde_json::{Value, json};

use super::{
    Failure,
    arguments::Arguments,
    site::{ADMIN, INACTIVE, OWN, Site, User, member},
};
use crate::{call::bent, vendor::Quirk};

/// Columns of a search: those that are equal, then those that are like.
const EQUAL: [&str; 4] = ["id", "idnumber", "username", "auth"];
const LIKE: [&str; 3] = ["lastname", "firstname", "email"];

/// SQL's LIKE without regard to case: `%` for any text, `_` for one character.
fn is_like(text: &str, pattern: &str) -> bool {
    fn walk(text: &[char], pattern: &[char]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some(('%', rest)) => (0..=text.len()).any(|at| walk(&text[at..], rest)),
            Some(('_', rest)) => text.split_first().is_some_and(|(_, left)| walk(left, rest)),
            Some((one, rest)) => text.split_first().is_some_and(|(first, left)| first == one && walk(left, rest)),
        }
    }
    if pattern == "%" {
        return true;
    }
    let chars = |text: &str| text.to_lowercase().chars().collect::<Vec<char>>();
    walk(&chars(text), &chars(pattern))
}

/// What PHP takes for nothing.
fn is_empty(value: Option<&Value>) -> bool {
    match value {
        None | Some(Value::Null | Value::Bool(false)) => true,
        Some(Value::String(text)) => text.is_empty() || text == "0",
        Some(Value::Number(number)) => number.as_i64() == Some(0),
        Some(_) => false,
    }
}

impl Site {
    pub(super) fn site_info(&self) -> Value {
        let functions = self.settings.functions.iter().flatten();
        let functions: Vec<Value> = functions.map(|name| json!({"name": name, "version": "2024100702"})).collect();
        json!({
            "sitename": self.settings.name, "username": "onroll", "firstname": "Onroll", "lastname": "Service",
            "fullname": "Onroll Service", "lang": "en", "userid": OWN, "siteurl": "https://learn.moodle.example",
            "functions": functions, "release": self.settings.release, "version": "2024100702",
            "userissiteadmin": self.settings.switches.is_admin,
        })
    }

    /// `core_user_get_users`.
    pub(super) fn search(&self, arguments: &Arguments, quirk: Option<Quirk>) -> Result<Value, Failure> {
        arguments.only(&["criteria"])?;
        let (mut keys, mut warnings): (Vec<(&str, &str)>, Vec<Value>) = (Vec::new(), Vec::new());
        for criterion in arguments.records("criteria", &["key", "value"])? {
            let (key, value) = (criterion.required("key")?, criterion.required("value")?);
            if !key.chars().all(|c| c.is_ascii_alphabetic()) {
                return Err(Failure::value("Invalid external api parameter: key"));
            }
            if keys.iter().any(|(known, _)| *known == key) {
                return Err(Failure::moodle("keyalreadyset", "keyalreadyset"));
            }
            if EQUAL.contains(&key) || LIKE.contains(&key) {
                keys.push((key, value));
            } else if self.settings.switches.refuses_unknown_keys {
                return Err(Failure::value("the search key is not supported"));
            } else {
                warnings.push(json!({"item": key, "warningcode": "invalidfieldparameter",
                    "message": format!("The search key '{key}' is not supported, look at the web service documentation")}));
            }
        }
        let found = self.all().filter(|user| !user.is_deleted());
        let found = found.filter(|user| keys.iter().all(|(key, value)| self.matches(user, key, value)));
        let mut rows: Vec<Value> = found
            .filter_map(|user| self.user_json(user))
            .filter(|row| keys.iter().all(|(key, _)| !is_empty(row.get(*key))))
            .collect();
        match quirk {
            Some(Quirk::EmptyList) => rows.clear(),
            Some(Quirk::MissingRows) => _ = rows.pop(),
            Some(Quirk::DuplicateRows) => rows.extend(rows.last().cloned()),
            Some(Quirk::RepeatPages) | None => {}
        }
        Ok(json!({"users": rows, "warnings": warnings}))
    }

    fn matches(&self, user: &User, key: &str, value: &str) -> bool {
        let by_letter = self.settings.switches.case_sensitive;
        let same = |held: &str| if by_letter { held == value } else { held.to_lowercase() == value.to_lowercase() };
        match key {
            "id" => value.parse() == Ok(user.number),
            "idnumber" => same(&user.person.identifier),
            "username" => same(user.username()),
            "auth" => same(user.auth()),
            "lastname" => is_like(&user.person.last_name, value),
            "firstname" => is_like(&user.person.first_name, value),
            _ => is_like(&user.person.email, value),
        }
    }

    /// `core_user_get_users_by_field`: deleted users are found too, where they still have what is looked for.
    pub(super) fn by_field(&self, arguments: &Arguments) -> Result<Value, Failure> {
        arguments.only(&["field", "values"])?;
        let field = arguments.text("field")?;
        if !["id", "idnumber", "username", "email"].contains(&field) {
            return Err(Failure::new("core\\exception\\coding_exception", "codingerror", "Coding error detected"));
        }
        let values = arguments.texts("values")?;
        let values = values.ok_or_else(|| Failure::value("Missing required key in single structure: values"))?;
        let by_letter = self.settings.switches.case_sensitive;
        let mut found: Vec<&User> = Vec::new();
        for value in values {
            let trimmed = field != "idnumber" && value.trim() != value;
            if trimmed || (field == "username" && value != super::write::cleaned(value)) {
                return Err(Failure::value(format!("The field '{field}' value is invalid")));
            }
            if field == "id" {
                found.extend(self.all().filter(|user| value.parse() == Ok(user.number)));
            } else {
                found.extend(self.equal(field, value, by_letter));
            }
        }
        found.sort_by_key(|user| user.number);
        found.dedup_by_key(|user| user.number);
        let rows = found.into_iter().filter_map(|user| self.user_json(user));
        Ok(rows.filter(|row| !is_empty(row.get(field))).collect())
    }

    /// A user as the token's user may see it; `None` for whom it may not see at all. The row's own `wire` says what is sent otherwise.
    fn user_json(&self, user: &User) -> Option<Value> {
        let switches = &self.settings.switches;
        let is_own = user.number == OWN;
        let is_admin = switches.is_admin;
        if !is_own && !is_admin && !switches.views_users {
            return None;
        }
        let person = &user.person;
        let all_details = is_own || is_admin || switches.views_all_details;
        let mut row = json!({
            "id": user.number, "fullname": format!("{} {}", person.first_name, person.last_name),
            "firstname": person.first_name, "lastname": person.last_name, "firstaccess": 0, "lastaccess": 0,
            "timezone": "99", "description": "", "descriptionformat": 1,
            "profileimageurlsmall": format!("https://learn.moodle.example/pluginfile.php/{}/user/icon/f2", user.number),
            "profileimageurl": format!("https://learn.moodle.example/pluginfile.php/{}/user/icon/f1", user.number),
        });
        if is_own || is_admin || switches.views_emails || user.is(member::SHOWS_EMAIL) {
            row["email"] = json!(person.email);
        }
        if is_admin || switches.views_hidden {
            row["suspended"] = json!(person.status == INACTIVE);
        }
        if all_details {
            row["username"] = json!(user.username());
            row["auth"] = json!(user.auth());
            row["confirmed"] = json!(person.own.get(member::CONFIRMED) != Some(&Value::Bool(false)));
            row["lang"] = json!("en");
            // Also where it is empty, unlike the other two.
            row["department"] = json!(person.department);
            for (name, text) in [("idnumber", &person.identifier), ("institution", &person.branch)] {
                if !is_empty(Some(&json!(text))) {
                    row[name] = json!(text);
                }
            }
        }
        let fields = self.profile_json(user);
        if !fields.is_empty() {
            row["customfields"] = json!(fields);
        }
        Some(bent(row, person))
    }

    fn profile_json(&self, user: &User) -> Vec<Value> {
        let mut fields: Vec<(String, String)> = user
            .profile()
            .into_iter()
            .map(|(name, value)| (name, value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
            .collect();
        if let Some(title) = self.settings.title_field().filter(|_| !user.person.job_title.is_empty()) {
            fields.push((title.to_owned(), user.person.job_title.clone()));
        }
        fields.retain(|(name, _)| self.settings.has_field(name));
        let field = |(name, value): (String, String)| json!({"type": "text", "value": value, "displayvalue": value, "name": format!("Field {name}"), "shortname": name});
        fields.into_iter().map(field).collect()
    }

    pub(super) fn is_administrator(&self, user: &User) -> bool {
        user.number == ADMIN || user.is(member::ADMIN)
    }
}

#[cfg(test)]
mod tests {
    use super::is_like;

    #[test]
    fn likeness_knows_both_wildcards_and_no_case() {
        assert!(is_like("Ann.Lee@X.example", "ann.lee@x.example") && is_like("annXlee", "ann_lee"));
        assert!(is_like("", "%") && is_like("abc", "%b%") && !is_like("abc", "b%") && !is_like("ab", "a"));
    }
}

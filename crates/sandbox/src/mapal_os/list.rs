//! The list of users of the screens, in and out (KA-01481; documented), and the lines that an upload leaves in the Feed Log.

use serde_json::{Value, json};

use super::account::{Account, Employee, external_id, now};
use super::rows::status;
use super::settings::FeedLine;
use crate::world::Person;

/// The ten columns, in the order of the current article.
const HEADS: [&str; 10] = [
    "First Name",
    "Last Name",
    "Email",
    "Status",
    "User profile",
    "External Identifier",
    "Job Title",
    "Start Date",
    "Business Unit ID",
    "Department",
];

impl Account {
    /// The list as *export* gives it.
    pub(super) fn export(&self) -> String {
        let mut out = csv::Writer::from_writer(Vec::new());
        let mut rows = vec![HEADS.map(str::to_owned)];
        rows.extend(self.shown().iter().map(|employee| {
            let person = &employee.person;
            let start = person.start_date.parse::<jiff::civil::Date>();
            let unit = self.unit(&person.branch).and_then(|unit| unit.feed_id.clone());
            [
                person.first_name.clone(),
                person.last_name.clone(),
                person.email.clone(),
                status(&person.status).to_owned(),
                person.own_text("user_profile").unwrap_or("Employee").to_owned(),
                external_id(person).unwrap_or_default(),
                person.job_title.clone(),
                start.map(|day| day.strftime("%d/%m/%Y").to_string()).unwrap_or_default(),
                unit.unwrap_or_default(),
                person.department.clone(),
            ]
        }));
        for row in rows {
            // Writing into memory cannot fail.
            let _ = out.write_record(row);
        }
        String::from_utf8(out.into_inner().unwrap_or_default()).unwrap_or_default()
    }

    /// Takes a list, read by its heads. Whoever cannot be taken leaves a line in the Feed Log.
    pub(super) fn import(&mut self, text: &str) -> Result<Value, String> {
        let text = text.trim_start_matches('\u{feff}');
        let head = text.lines().next().unwrap_or_default();
        let delimiter = if head.contains(';') && !head.contains(',') { b';' } else { b',' };
        let mut reader = csv::ReaderBuilder::new().flexible(true).delimiter(delimiter).from_reader(text.as_bytes());
        let heads: Vec<String> = match reader.headers() {
            Ok(heads) => heads.iter().map(str::to_owned).collect(),
            Err(error) => return Err(error.to_string()),
        };
        if let Some(missing) = HEADS.iter().find(|head| !heads.iter().any(|given| given == *head)) {
            return Err(format!("the column {missing} is missing"));
        }
        let (shown, errors) = (self.shown().to_vec(), self.settings.feed_log.len());
        let mut processed = 0;
        for record in reader.records() {
            let record = record.map_err(|error| error.to_string())?;
            let cell = |name: &str| {
                let at = heads.iter().position(|head| head == name);
                at.and_then(|at| record.get(at)).unwrap_or_default()
            };
            processed += u64::from(self.take(&cell));
        }
        self.index();
        self.fall_behind(shown);
        Ok(json!({"processed": processed, "errors": self.settings.feed_log.len() - errors}))
    }

    /// Takes one row; false where the person is not processed.
    fn take<'r>(&mut self, cell: &impl Fn(&str) -> &'r str) -> bool {
        let external = cell("External Identifier").to_owned();
        let title = cell("Job Title");
        if !self.job_titles.contains_key(title) {
            let text = format!(
                "Employee with external Identifier {external} not processed, Job Title with name {title} does not exist"
            );
            self.log(&external, text);
            return false;
        }
        let place =
            self.employees.iter().position(|one| external_id(&one.person).as_deref() == Some(external.as_str()));
        let mail = cell("Email").to_lowercase();
        let holds = |one: &Employee| one.person.email.to_lowercase() == mail && one.person.status != "inactive";
        if place.is_none() && !mail.is_empty() && self.employees.iter().any(holds) {
            self.log(&external, format!("Employee with external Identifier {external} not processed, Email is in use"));
            return false;
        }
        let mut department = cell("Department").to_owned();
        if !department.is_empty() && !self.departments.contains_key(&department) {
            let text = format!("Unable to add user to Department, Department with name {department} does not exist");
            self.log(&external, text);
            department.clear();
        }
        let feed = cell("Business Unit ID");
        let unit = self.units.iter().find(|unit| unit.feed_id.as_deref() == Some(feed)).map(|unit| unit.name.clone());
        if unit.is_none() && !feed.is_empty() {
            let text = format!("Unable to add user to Business Unit, Business Unit with Feed id {feed} does not exist");
            self.log(&external, text);
        }
        let mut person = match place.and_then(|at| self.employees.get(at)) {
            Some(known) => known.person.clone(),
            None => self.newcomer(&external),
        };
        person.first_name = cell("First Name").to_owned();
        person.last_name = cell("Last Name").to_owned();
        person.email = cell("Email").to_owned();
        person.status = if cell("Status") == "Inactive" { "inactive" } else { "active" }.to_owned();
        person.job_title = title.to_owned();
        person.start_date =
            jiff::civil::Date::strptime("%d/%m/%Y", cell("Start Date")).map(|day| day.to_string()).unwrap_or_default();
        person.branch = unit.unwrap_or_default();
        person.department = department;
        let os_id = person.own_text("os_id").unwrap_or_default().to_owned();
        let employee = Employee { person, os_id, touched: Some(now()) };
        match place.and_then(|at| self.employees.get_mut(at)) {
            Some(slot) => *slot = employee,
            None => self.employees.push(employee),
        }
        true
    }

    /// Somebody new starts with the profile Employee, whatever the list says (article).
    fn newcomer(&self, external: &str) -> Person {
        let ids = self.employees.iter().filter_map(|one| one.person.id.parse::<u64>().ok());
        let id = ids.max().unwrap_or(9_000) + 1;
        let mut person = Person { id: id.to_string(), identifier: external.to_owned(), ..Person::default() };
        let external = if external.is_empty() { Value::Null } else { json!(external) };
        person.own.insert("external_id".into(), external);
        person.own.insert("os_id".into(), json!(format!("6f0f6f0e-2a51-4c53-9d0e-{id:012}")));
        person.own.insert("user_profile".into(), json!("Employee"));
        person
    }

    fn log(&mut self, external: &str, message: String) {
        let id = format!("fl-{}", self.settings.feed_log.len() + 1);
        let external_id = Some(external.to_owned()).filter(|id| !id.is_empty());
        let at = now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        self.settings.feed_log.push(FeedLine { id, at, level: "error".to_owned(), external_id, message });
    }
}

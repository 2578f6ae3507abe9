//! Cohorts and who is in them.

use serde_json::{Value, json};

use super::{
    Failure,
    arguments::Arguments,
    settings::Cohort,
    site::{Site, User},
};

/// A name as the calls show it.
fn html(name: &str) -> String {
    name.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#039;")
}

fn cohort_json(cohort: &Cohort) -> Value {
    json!({"id": cohort.id, "name": html(&cohort.name), "idnumber": cohort.idnumber, "description": "",
        "descriptionformat": 1, "visible": true})
}

fn no_record() -> Failure {
    let message = "Can't find data record in database.";
    Failure::new("core\\exception\\dml_missing_record_exception", "invalidrecordunknown", message)
}

fn number(text: &str) -> Result<i64, Failure> {
    text.parse().map_err(|_| Failure::value("Invalid external api parameter: not a number"))
}

impl Site {
    fn cohort(&self, id: i64) -> Option<&Cohort> {
        self.settings.cohorts.iter().find(|cohort| cohort.id == id)
    }

    fn may_assign(&self) -> Result<(), Failure> {
        let switches = &self.settings.switches;
        if switches.may_assign || switches.is_admin {
            Ok(())
        } else {
            Err(Failure::right("Add and remove cohort members"))
        }
    }

    /// `core_cohort_get_cohorts`: all of the site where no number is given.
    pub(super) fn get_cohorts(&self, arguments: &Arguments) -> Result<Value, Failure> {
        arguments.only(&["cohortids"])?;
        let ids = arguments.texts("cohortids")?;
        let wanted = |cohort: &&Cohort| ids.as_ref().is_none_or(|ids| ids.contains(&cohort.id.to_string().as_str()));
        Ok(self.settings.cohorts.iter().filter(wanted).map(cohort_json).collect())
    }

    /// `core_cohort_create_cohorts`.
    pub(super) fn create_cohorts(&mut self, arguments: &Arguments) -> Result<Value, Failure> {
        arguments.only(&["cohorts"])?;
        let members = ["categorytype", "name", "idnumber", "description", "descriptionformat", "visible", "theme"];
        let mut made: Vec<Cohort> = Vec::new();
        for record in arguments.records("cohorts", &members)? {
            let category = record.record("categorytype", &["type", "value"])?;
            category.required("value")?;
            if category.required("type")? != "system" {
                return Err(Failure::value("category not exists"));
            }
            let (name, idnumber) = (record.required("name")?, record.required("idnumber")?);
            let is_taken = |cohort: &Cohort| cohort.idnumber == idnumber;
            if self.settings.cohorts.iter().chain(&made).any(is_taken) {
                return Err(Failure::value(format!("record already exists: idnumber={idnumber}")));
            }
            self.may_assign()?;
            let last = self.settings.cohorts.iter().chain(&made).map(|cohort| cohort.id).max().unwrap_or(0);
            made.push(Cohort { id: last + 1, name: name.into(), idnumber: idnumber.into(), members: Vec::new() });
        }
        let answer = made.iter().map(cohort_json).collect();
        self.settings.cohorts.extend(made);
        Ok(answer)
    }

    /// `core_cohort_get_cohort_members`.
    pub(super) fn cohort_members(&self, arguments: &Arguments) -> Result<Value, Failure> {
        arguments.only(&["cohortids"])?;
        let ids = arguments.texts("cohortids")?;
        let ids = ids.ok_or_else(|| Failure::value("Missing required key in single structure: cohortids"))?;
        ids.into_iter()
            .map(|id| {
                let cohort = self.cohort(number(id)?).ok_or_else(no_record)?;
                Ok(json!({"cohortid": cohort.id, "userids": cohort.members}))
            })
            .collect()
    }

    /// `core_cohort_add_cohort_members`: what cannot be done is a warning, by number.
    pub(super) fn add_members(&mut self, arguments: &Arguments) -> Result<Value, Failure> {
        arguments.only(&["members"])?;
        let mut warnings = Vec::new();
        let mut added = Vec::new();
        for record in arguments.records("members", &["cohorttype", "usertype"])? {
            let pair = ["type", "value"];
            let (cohort, user) = (record.record("cohorttype", &pair)?, record.record("usertype", &pair)?);
            let (cohort_by, cohort_is) = (cohort.required("type")?, cohort.required("value")?);
            let (user_by, user_is) = (user.required("type")?, user.required("value")?);
            let mut warn =
                |code: &str, message: String| warnings.push(json!({"warningcode": code, "message": message}));
            let found = match cohort_by {
                "id" => self.cohort(number(cohort_is)?),
                "idnumber" => self.settings.cohorts.iter().find(|cohort| cohort.idnumber == cohort_is),
                _ => {
                    warn("1", format!("invalid parameter: cohortype={cohort_by}"));
                    continue;
                }
            };
            let is_meant = |user: &&User| match user_by {
                "id" => user.number.to_string() == user_is,
                _ => user.username() == user_is,
            };
            if user_by != "id" && user_by != "username" {
                warn("1", format!("invalid parameter: usertype={user_by}"));
                continue;
            }
            let Some(cohort) = found else {
                warn("2", format!("cohort {cohort_by}={cohort_is} not exists"));
                continue;
            };
            let Some(user) = self.all().filter(|user| !user.is_deleted()).find(is_meant) else {
                warn("2", format!("user {user_by}={user_is} not exists"));
                continue;
            };
            if cohort.members.contains(&user.number) || added.contains(&(cohort.id, user.number)) {
                warn("3", format!("record already exists: cohort({cohort_by}={cohort_is} {user_by}={user_is})"));
                continue;
            }
            self.may_assign()?;
            added.push((cohort.id, user.number));
        }
        for (cohort, user) in added {
            self.settings.cohorts.iter_mut().filter(|one| one.id == cohort).for_each(|one| one.members.push(user));
        }
        Ok(json!({ "warnings": warnings }))
    }

    /// `core_cohort_delete_cohort_members`: whoever is no member stays none.
    pub(super) fn remove_members(&mut self, arguments: &Arguments) -> Result<Value, Failure> {
        arguments.only(&["members"])?;
        let mut removed = Vec::new();
        for record in arguments.records("members", &["cohortid", "userid"])? {
            let (cohort, user) = (number(record.required("cohortid")?)?, number(record.required("userid")?)?);
            let is_there = self.all().any(|one| one.number == user && !one.is_deleted());
            if self.cohort(cohort).is_none() || !is_there {
                return Err(no_record());
            }
            self.may_assign()?;
            removed.push((cohort, user));
        }
        for (cohort, user) in removed {
            let cohort = self.settings.cohorts.iter_mut().filter(|one| one.id == cohort);
            cohort.for_each(|one| one.members.retain(|member| *member != user));
        }
        Ok(Value::Null)
    }
}

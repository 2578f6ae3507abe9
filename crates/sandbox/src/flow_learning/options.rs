//! Branches, departments, job titles and access profiles.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::{Site, envelope, error, page_asked, window};
use crate::{
    call::{Answer, Call},
    vendor::Quirk,
    world::{OptionItem, fill_branch_codes},
};

/// Access profiles of a company that names none.
const PROFILES: [&str; 4] = ["Employee", "Manager", "Area Manager", "Administrator"];

impl Site {
    fn items(&mut self, list: &str) -> &mut Vec<OptionItem> {
        match list {
            "branches" => &mut self.options.branches,
            "departments" => &mut self.options.departments,
            _ => &mut self.options.job_titles,
        }
    }

    /// `GET /v1/{list}`.
    pub(super) fn list_options(&mut self, call: &Call, list: &str, quirk: Option<Quirk>) -> Answer {
        let (page, size) = window(call, quirk);
        let items = self.items(list);
        let shown = items.iter().skip((page - 1).saturating_mul(size)).take(size);
        envelope(shown.map(option_json).collect(), page_asked(call), size, items.len())
    }

    /// `POST /v1/{list}`.
    pub(super) fn add_option(&mut self, body: &Map<String, Value>, list: &str) -> Result<Answer, Answer> {
        if self.settings.switches.structure_by_hand {
            return Err(error(403, "STRUCTURE_LOCKED", "This company keeps its structure by hand.", None, None));
        }
        let text = |name: &str| body.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
        let name = text("name").ok_or_else(|| error(422, "MISSING_FIELD", "A name is needed.", Some("name"), None))?;
        let code = text("code").filter(|_| list == "branches");
        let items = self.items(list);
        if items.iter().any(|item| item.name == name || (code.is_some() && item.code.as_deref() == code)) {
            return Err(error(409, "ALREADY_EXISTS", "An option with that name or code exists.", Some("name"), None));
        }
        items.push(OptionItem { code: code.map(str::to_owned), ..OptionItem::named(name) });
        if list == "branches" {
            fill_branch_codes(items);
        }
        let made = items.last().map(option_json).unwrap_or(Value::Null);
        Ok(Answer::json(201, made))
    }

    /// `GET /v1/user-profiles`.
    pub(super) fn user_profiles(&self) -> Answer {
        let own = self.options.own.get("user_profiles").and_then(Value::as_array).cloned();
        let profiles = own.unwrap_or_else(|| PROFILES.map(Value::from).to_vec());
        let items: Vec<Value> = profiles
            .into_iter()
            .map(|profile| if profile.is_object() { profile } else { json!({"name": profile}) })
            .collect();
        let total = items.len();
        envelope(items, 1, total.max(1), total)
    }

    /// Whether an option can be used, by its exact name (branches by code).
    pub(super) fn offers(&self, list: &str, value: &str) -> bool {
        let items = match list {
            "branches" => &self.options.branches,
            "departments" => &self.options.departments,
            _ => &self.options.job_titles,
        };
        let key = |item: &OptionItem| {
            if list == "branches" { item.code.as_deref() == Some(value) } else { item.name == value }
        };
        items.iter().any(|item| !item.archived && key(item))
    }

    /// Makes options that an upsert was allowed to bring.
    pub(super) fn create_missing(&mut self, missing: BTreeSet<(&'static str, String)>) {
        for (list, value) in missing {
            let code = (list == "branches").then(|| value.clone());
            self.items(list).push(OptionItem { code, ..OptionItem::named(value) });
        }
    }
}

fn option_json(item: &OptionItem) -> Value {
    match &item.code {
        Some(code) => json!({"code": code, "name": item.name, "active": !item.archived}),
        None => json!({"name": item.name, "active": !item.archived}),
    }
}

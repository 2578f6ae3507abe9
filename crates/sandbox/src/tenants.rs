//! Tenant files: each integration of each company as `onroll tenant add` takes it.

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::Value;

use super::{
    Endpoint, Endpoints, RateLimits,
    registry::{self, INTEGRATIONS},
    world::{Company, OptionItem, Side, World},
};

/// Requests per second that tenant files allow where the simulators keep no rate; where they do, clients have to keep it.
const RATE: u32 = 100_000;

/// Name and text of every tenant file. The main company's is named after the integration. A source without people gets
/// none where another one has some, nor does a destination without users beside one that has some: each vendor has a company, if
/// only an empty one.
pub(super) fn files(world: &World, endpoints: &Endpoints, limits: RateLimits) -> Vec<(String, String)> {
    let mut files = Vec::new();
    let is_source = |company: &&Company| registry::vendor(&company.vendor).is_some_and(|one| one.side == Side::Source);
    let peopled = world.companies.iter().filter(is_source).any(|company| !company.people.is_empty());
    for (source, destination) in INTEGRATIONS {
        let counts = |company: &&Company| company.vendor == source && (!peopled || !company.people.is_empty());
        for from in world.companies.iter().filter(counts) {
            let peers = INTEGRATIONS.iter().filter(|(other, _)| *other == source);
            let has_users = |to: &str| {
                let company = world.company(&Company::new(to, from.tenant.as_deref()).key());
                company.is_some_and(|company| !company.people.is_empty())
            };
            if !has_users(destination) && peers.clone().any(|(_, to)| has_users(to)) {
                continue;
            }
            let to = Company::new(destination, from.tenant.as_deref()).key();
            let parts = (world.company(&to), endpoints.company(&from.key()), endpoints.company(&to));
            if let (Some(to), Some(from_at), Some(to_at)) = parts {
                let stem = format!("{source}-{destination}");
                let name =
                    from.tenant.as_ref().map_or(format!("{stem}.toml"), |tenant| format!("{tenant}-{stem}.toml"));
                // A tenant is known by its name: the second destination of a company is another tenant.
                let has = |to: &str| world.company(&Company::new(to, from.tenant.as_deref()).key()).is_some();
                let first = INTEGRATIONS.iter().find(|(other, to)| *other == source && has(to));
                let beside = first.is_some_and(|(_, first)| *first != destination).then_some(destination);
                files.push((name, file([from, to], [from_at, to_at], beside, limits)));
            }
        }
    }
    files
}

/// The text of the tenant file of any pair of the main companies, whether it is one of the integrations or not.
pub(super) fn of_pair(world: &World, endpoints: &Endpoints, limits: RateLimits, pair: [&str; 2]) -> Option<String> {
    let [from, to] = pair.map(|vendor| world.company(vendor));
    let [from_at, to_at] = pair.map(|vendor| endpoints.company(vendor));
    Some(file([from?, to?], [from_at?, to_at?], None, limits))
}

fn quoted(text: &str) -> String {
    // A basic string; JSON's escapes are TOML's but for the upper half of Unicode, which both take as it is.
    let json = Value::from(text).to_string();
    json.replace('\u{7f}', "\\u007f")
}

fn line(out: &mut String, name: &str, value: &str) {
    // Writing into a text cannot fail.
    let _ = writeln!(out, "{name} = {value}");
}

fn file(
    [from, to]: [&Company; 2],
    [from_at, to_at]: [&Endpoint; 2],
    beside: Option<&str>,
    limits: RateLimits,
) -> String {
    let mut out = String::new();
    let own = |name: &str| from.own_text(name).unwrap_or_default();
    let behind = |between: &str| beside.map(|destination| format!("{between}{destination}")).unwrap_or_default();
    line(&mut out, "name", &quoted(&format!("{}{}", own("name"), behind(", "))));
    line(&mut out, "short_name", &quoted(&format!("{}{}", own("short_name"), behind("-"))));
    line(&mut out, "time_zone", &quoted(own("time_zone")));
    out.push_str("\n[source]\n");
    line(&mut out, "vendor", &quoted(&from.vendor));
    members(&mut out, from_at, limits);
    out.push_str("\n[destination]\n");
    line(&mut out, "vendor", &quoted(&to.vendor));
    members(&mut out, to_at, limits);
    out.push_str("\n[settings]\n");
    line(&mut out, "email_fallback", "true");
    line(&mut out, "welcome_mail", &setting(to, "switches", "welcome_mail").as_bool().unwrap_or(true).to_string());
    if from.own_text("managers") == Some("yes") {
        line(&mut out, "managers", "true");
    }
    out.push_str("\n[field_map]\n");
    for (field, entry) in registry::vendor(&from.vendor).map(|vendor| (vendor.field_map)(from)).unwrap_or_default() {
        line(&mut out, field, &quoted(&entry));
    }
    mapping(&mut out, from, to);
    out
}

fn members(out: &mut String, endpoint: &Endpoint, limits: RateLimits) {
    for (name, value) in &endpoint.members {
        line(out, name, &quoted(value));
    }
    if limits == RateLimits::Off {
        line(out, "requests_per_second", &RATE.to_string());
    }
}

/// A member of one of the company's own settings; null when it is not there.
fn setting<'a>(company: &'a Company, group: &str, name: &str) -> &'a Value {
    company.own.get(group).and_then(|group| group.get(name)).unwrap_or(&Value::Null)
}

fn mapping(out: &mut String, from: &Company, to: &Company) {
    let folded = from.own_text("suggested_mapping") == Some("folded");
    let branches =
        rows(&from.options.branches, from.people.iter().map(|person| &person.branch), &to.options.branches, folded);
    let titles = rows(
        &from.options.job_titles,
        from.people.iter().map(|person| &person.job_title),
        &to.options.job_titles,
        folded,
    );
    // By code each needs its row; by name only those that are written otherwise.
    let coded = to.options.branches.iter().any(|option| option.code.is_some());
    let _ = writeln!(out, "\n[mapping.branch]\nverbatim = {}\n\n[mapping.branch.rows]", !coded);
    // Where the source gives its own code, that is the value that is mapped.
    let by_code = from.own.get("branch_by_code").and_then(Value::as_bool) == Some(true);
    let code_of = |name: &String| from.options.branches.iter().find(|own| own.name == *name)?.code.clone();
    for (name, option) in branches {
        let value = if by_code { code_of(name) } else { Some(name.clone()) };
        if let Some(value) = value.filter(|value| coded || *value != option.name) {
            line(out, &quoted(&value), &quoted(option.code.as_deref().unwrap_or(&option.name)));
        }
    }
    // A destination says where it has fewer tables than most.
    let tables = to.own.get("tables").and_then(Value::as_array);
    if tables.is_none_or(|tables| tables.contains(&Value::from("job_title"))) {
        out.push_str("\n[mapping.job_title]\nverbatim = true\n\n[mapping.job_title.rows]\n");
        for (value, option) in titles.into_iter().filter(|(value, option)| **value != option.name) {
            line(out, &quoted(value), &quoted(&option.name));
        }
    }
    out.push_str("\n[mapping.department]\nverbatim = true\n");
}

/// Each source value with the option of the same name; `folded` also lets case and blanks differ.
fn rows<'a>(
    offered: &'a [OptionItem],
    used: impl Iterator<Item = &'a String>,
    options: &'a [OptionItem],
    folded: bool,
) -> BTreeMap<&'a String, &'a OptionItem> {
    let fold = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
    let exact: BTreeMap<&str, &OptionItem> =
        options.iter().rev().map(|option| (option.name.as_str(), option)).collect();
    let loose: BTreeMap<String, &OptionItem> =
        options.iter().rev().map(|option| (fold(&option.name), option)).collect();
    let find = |value: &str| exact.get(value).or_else(|| loose.get(&fold(value)).filter(|_| folded)).copied();
    let values = offered.iter().map(|option| &option.name).chain(used).filter(|value| !value.trim().is_empty());
    values.filter_map(|value| Some((value, find(value)?))).collect()
}

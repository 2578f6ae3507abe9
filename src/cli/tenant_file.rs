//! Tenant files: a tenant with its connection in TOML, as `tenant add` takes it and `sandbox --tenants` writes it.

use super::config::explained;
use crate::domain::capabilities::{
    DestinationCapabilities, NOT_FED, ParameterSpec, SourceCapabilities, delivered_field,
};
use crate::domain::connection::{self, Connection, Endpoint};
use crate::domain::field::Field;
use crate::domain::ids::OptionKey;
use crate::domain::list::ListKey;
use crate::domain::mapping::MappingTarget;
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::secret::{Secret, SecretRef};
use crate::domain::settings::Settings;
use crate::domain::settings::check::check_text;
use crate::domain::text::nearest;
use crate::ports::api::ApiError;
use crate::ports::bounded::{self, SETTINGS_MAX};
use crate::services::connections::Keep;
use crate::services::tenants::{NewEnd, NewTable, NewTenant};
use crate::vendors::registry;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    name: String,
    short_name: Option<String>,
    time_zone: String,
    source: BTreeMap<String, toml::Value>,
    destination: BTreeMap<String, toml::Value>,
    #[serde(default)]
    settings: Settings,
    #[serde(default)]
    field_map: BTreeMap<String, String>,
    #[serde(default)]
    mapping: BTreeMap<String, TableDocument>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TableDocument {
    #[serde(default)]
    verbatim: bool,
    #[serde(default)]
    rows: BTreeMap<String, String>,
}

/// Reads a tenant file, with the keys of `sets` (`KEY=VALUE`) in place of its own; without a file, only those.
///
/// # Errors
/// What is wrong, where, and what would be right: TOML, an unknown key, an unknown vendor or time zone, a missing parameter.
pub fn read(path: Option<&Path>, sets: &[String]) -> Result<NewTenant, Problem> {
    let what = path.map_or_else(
        || "the tenant that is described".to_owned(),
        |path| format!("the tenant file {}", path.display()),
    );
    let wrong = |why: String| {
        Problem::new(ProblemKind::Input, format!("{what} is not valid"))
            .with_why(why)
            .with_remedy("correct it and add it again; nothing was stored")
    };
    let text = match path {
        Some(path) => bounded::read_text(path, SETTINGS_MAX).map_err(|error| wrong(error.to_string()))?,
        None => String::new(),
    };
    if sets.is_empty() {
        return parse(&text).map_err(wrong);
    }
    let mut table: toml::Table = toml::from_str(&text).map_err(|error| wrong(explained(&error.to_string())))?;
    for set in sets {
        put(&mut table, set).map_err(wrong)?;
    }
    let again = says_again(&table);
    let document = table.try_into().map_err(|error: toml::de::Error| wrong(explained(&error.to_string())))?;
    check(document, Kept::default(), again).map_err(wrong)
}

/// A connection with the keys of `sets` in place of its own; an empty value puts the default back. Short name, vendors,
/// mapping tables and credentials themselves stay: the first are what it is known by, the last have commands of their own.
///
/// # Errors
/// As [`read`].
pub fn edit(connection: &Connection, sets: &[String]) -> Result<Connection, Problem> {
    let wrong = |why: String| {
        Problem::new(ProblemKind::Input, format!("{} cannot be changed so", connection.tenant_name))
            .with_why(why)
            .with_remedy("correct it; nothing was stored")
    };
    edited(connection, sets).map_err(wrong)
}

fn edited(connection: &Connection, sets: &[String]) -> Result<Connection, String> {
    let mut table = toml::Table::new();
    let text = |text: &str| toml::Value::String(text.to_owned());
    table.insert("name".into(), text(&connection.tenant_name));
    table.insert("short_name".into(), text(&connection.short_name));
    table.insert("time_zone".into(), text(&connection.time_zone));
    for (side, endpoint) in [("source", &connection.source), ("destination", &connection.destination)] {
        let mut end = toml::Table::new();
        end.extend(endpoint.parameters.iter().map(|(key, value)| (key.clone(), text(value))));
        if !endpoint.vendor.is_empty() {
            end.insert("vendor".into(), text(&endpoint.vendor));
        }
        table.insert(side.into(), end.into());
    }
    let settings = toml::Value::try_from(&connection.settings).map_err(|error| error.to_string())?;
    table.insert("settings".into(), settings);
    for set in sets {
        let path = set.split_once('=').map_or("", |(path, _)| path.trim());
        if path == "short_name" || path.split('.').next() == Some("mapping") {
            let how =
                if path == "short_name" { "it names the tenant for ever" } else { "`onroll mapping set` does that" };
            return Err(format!("`{path}` is not changed here: {how}"));
        }
        put(&mut table, set)?;
    }
    let again = says_again(&table);
    let document: Document = table.try_into().map_err(|error: toml::de::Error| explained(&error.to_string()))?;
    // Before the keys are looked at: those of another vendor are others.
    for (before, end) in [(&connection.source, &document.source), (&connection.destination, &document.destination)] {
        let after = end.get("vendor").and_then(toml::Value::as_str).unwrap_or_default();
        if !before.vendor.is_empty() && !after.is_empty() && before.vendor != after {
            return Err(format!("{} cannot become {after}: add another tenant", before.vendor));
        }
    }
    let kept = Kept { source: &connection.source.secrets, destination: &connection.destination.secrets };
    let file = check(document, kept, again)?;
    for after in [&file.source, &file.destination] {
        if let Some(key) = after.secrets.keys().next() {
            return Err(format!("`{key}` is a credential: `onroll connection secret` puts it in"));
        }
    }
    Ok(Connection {
        id: connection.id,
        tenant_name: file.name,
        short_name: file.short_name,
        time_zone: file.time_zone,
        source: file.source.endpoint,
        destination: file.destination.endpoint,
        status: connection.status,
        settings: file.settings,
    })
}

/// References to credentials that a connection has already, by side.
#[derive(Clone, Copy)]
struct Kept<'a> {
    source: &'a BTreeMap<String, SecretRef>,
    destination: &'a BTreeMap<String, SecretRef>,
}

/// None: a tenant that is added.
static NONE: BTreeMap<String, SecretRef> = BTreeMap::new();

impl Default for Kept<'_> {
    fn default() -> Self {
        Self { source: &NONE, destination: &NONE }
    }
}

/// Puts `a.b=value` into a table. Only settings, tables, lists and quoted values are read as TOML: an id or a secret that
/// looks like a number stays as it is.
fn put(table: &mut toml::Table, set: &str) -> Result<(), String> {
    // Never the text itself: the value may be a secret.
    let (path, text) = set.split_once('=').ok_or("--set takes KEY=VALUE, such as name=Harbour")?;
    let is_toml =
        path.starts_with("settings.") || text.starts_with(['{', '[', '"']) || matches!(text, "true" | "false");
    let value: Option<toml::Table> = toml::from_str(&format!("value = {text}")).ok().filter(|_| is_toml);
    let value = value.and_then(|mut one| one.remove("value")).unwrap_or_else(|| toml::Value::String(text.to_owned()));
    let mut at = table;
    let mut keys = path.trim().split('.').peekable();
    while let Some(key) = keys.next() {
        if keys.peek().is_none() {
            if text.is_empty() {
                at.remove(key);
            } else {
                at.insert(key.to_owned(), value);
            }
            return Ok(());
        }
        let inner = at.entry(key).or_insert_with(|| toml::Value::Table(toml::Table::new()));
        at = inner.as_table_mut().ok_or_else(|| format!("`{key}` of `{path}` is no table"))?;
    }
    Ok(())
}

/// Reads the text of a tenant file.
///
/// # Errors
/// What is wrong, in one line, without any value that may be secret.
pub fn parse(text: &str) -> Result<NewTenant, String> {
    let document = toml::from_str(text).map_err(|error| explained(&error.to_string()))?;
    let again = toml::from_str(text).is_ok_and(|table| says_again(&table));
    check(document, Kept::default(), again)
}

/// Whether it is said what becomes of users who were deleted in the destination: what is usual hangs on both vendors.
fn says_again(file: &toml::Table) -> bool {
    file.get("settings").and_then(|settings| settings.get("recreate")).is_some()
}

fn check(document: Document, kept: Kept<'_>, says_again: bool) -> Result<NewTenant, String> {
    let short_name = document.short_name.unwrap_or_else(|| connection::short_name_of(&document.name));
    connection::check_short_name(&short_name).map_err(|error| error.to_string())?;
    connection::check_tenant_name(&document.name).map_err(|error| error.to_string())?;
    if jiff::tz::TimeZone::get(&document.time_zone).is_err() {
        let near = nearest_zone(&document.time_zone).map(|zone| format!("; nearest: {zone}")).unwrap_or_default();
        let zone = &document.time_zone;
        return Err(format!("time_zone `{zone}` is not an IANA time zone, such as Europe/London{near}"));
    }
    let source_vendor = vendor_of(&document.source, "source")?;
    let source = registry::source(&source_vendor).ok_or_else(|| {
        unknown_vendor("source", &source_vendor, registry::sources().iter().map(|vendor| vendor.capabilities.key))
    })?;
    let destination_vendor = vendor_of(&document.destination, "destination")?;
    let destination = registry::destination(&destination_vendor).ok_or_else(|| {
        let known = registry::destinations().iter().map(|vendor| (vendor.capabilities)(&BTreeMap::new()).key);
        unknown_vendor("destination", &destination_vendor, known)
    })?;
    let mut settings = document.settings;
    settings.field_map.extend(document.field_map);
    if !says_again {
        settings.recreate = registry::usual_recreate(&source_vendor, &destination_vendor);
    }
    settings.check().map_err(|error| format!("settings.{error}"))?;
    let taken = (destination.capabilities)(&plain(&document.destination));
    let given = source.with(&plain(&document.source));
    for (key, entry) in &settings.field_map {
        check_mapped((key, entry), given, taken)?;
    }
    let destination_parameters = taken.parameters;
    let source = endpoint("source", source_vendor, document.source, given.parameters, kept.source)?;
    let destination =
        endpoint("destination", destination_vendor, document.destination, destination_parameters, kept.destination)?;
    registry::check_setup(&short_name, &source.endpoint, &destination.endpoint, &settings).map_err(setup_words)?;
    Ok(NewTenant {
        source,
        destination,
        name: document.name,
        short_name,
        time_zone: document.time_zone,
        settings,
        tables: tables(document.mapping, taken)?,
        keep: Keep::Sealed,
        tested: None,
    })
}

/// Whether the field map may name this field.
fn check_mapped(
    (key, entry): (&str, &str),
    source: &SourceCapabilities,
    destination: &DestinationCapabilities,
) -> Result<(), String> {
    if matches!(Field::from_key(key), Some(Field::Custom(_))) {
        let lacking =
            [(source.custom_fields, source.name, "has"), (destination.custom_fields, destination.name, "takes")];
        return match lacking.into_iter().find(|(can, ..)| !can) {
            Some((_, name, verb)) => Err(format!("field_map has `{key}`, but {name} {verb} no custom fields")),
            None => Ok(()),
        };
    }
    let entry = entry.trim();
    let lists: Vec<Field> = source.other_lists(destination).map(|spec| spec.list.field()).collect();
    if Field::from_key(key).is_some_and(|field| lists.contains(&field)) {
        let feeds =
            entry == NOT_FED || delivered_field(entry).map_or(source.custom_fields, |from| source.delivers(from));
        return if feeds { Ok(()) } else { Err(format!("field_map has `{key}`: {} has no `{entry}`", source.name)) };
    }
    let known = source.field_map.iter().map(|(field, _)| field.key()).chain(lists.iter().map(|field| field.key()));
    if known.clone().any(|field| field == key) {
        return Ok(());
    }
    let near = near_words(key, known);
    Err(format!("field_map has `{key}`, which {} does not map{near}", source.name))
}

fn setup_words(error: ApiError) -> String {
    match error {
        ApiError::Setup { vendor, detail } => format!("{vendor}: {detail}"),
        other => other.to_string(),
    }
}

/// `; nearest: `x``, where one is near.
fn near_words<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> String {
    nearest(word, known).map_or_else(String::new, |near| format!("; nearest: `{near}`"))
}

fn nearest_zone(word: &str) -> Option<String> {
    let names: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
    let wanted = word.trim().replace(' ', "_").to_lowercase();
    let city = |name: &str| name.rsplit('/').next().unwrap_or(name).to_lowercase();
    // `London` is meant as a place; a slip of the keyboard is near in the whole name.
    let by_city = names.iter().find(|name| city(name) == wanted);
    by_city.cloned().or_else(|| {
        let folded: Vec<String> = names.iter().map(|name| name.to_lowercase()).collect();
        let near = nearest(&wanted, folded.iter().map(String::as_str))?;
        names.iter().find(|name| name.eq_ignore_ascii_case(near)).cloned()
    })
}

fn vendor_of(table: &BTreeMap<String, toml::Value>, side: &str) -> Result<String, String> {
    match table.get("vendor").and_then(toml::Value::as_str) {
        Some(vendor) => Ok(vendor.to_owned()),
        None => Err(format!("[{side}] has no `vendor`")),
    }
}

fn unknown_vendor<'a>(side: &str, vendor: &str, known: impl Iterator<Item = &'a str>) -> String {
    format!("[{side}] vendor `{vendor}` is not known; there are {}", known.collect::<Vec<_>>().join(", "))
}

fn plain(table: &BTreeMap<String, toml::Value>) -> BTreeMap<String, String> {
    table.iter().filter_map(|(key, value)| Some((key.clone(), scalar(value)?))).collect()
}

fn scalar(value: &toml::Value) -> Option<String> {
    match value {
        toml::Value::String(text) => Some(text.clone()),
        toml::Value::Integer(number) => Some(number.to_string()),
        toml::Value::Float(number) => Some(number.to_string()),
        toml::Value::Boolean(flag) => Some(flag.to_string()),
        _ => None,
    }
}

fn endpoint(
    side: &str,
    vendor: String,
    table: BTreeMap<String, toml::Value>,
    specs: &[ParameterSpec],
    kept: &BTreeMap<String, SecretRef>,
) -> Result<NewEnd, String> {
    let mut endpoint = Endpoint { vendor, parameters: BTreeMap::new(), secrets: kept.clone() };
    let mut inline = BTreeMap::new();
    for (key, value) in table {
        if key == "vendor" {
            continue;
        }
        let Some(spec) = specs.iter().find(|spec| spec.key == key) else {
            let known: Vec<&str> = specs.iter().map(|spec| spec.key).collect();
            let near = near_words(&key, known.iter().copied());
            return Err(format!("[{side}] has the unknown key `{key}`{near}; there are {}", known.join(", ")));
        };
        if spec.secret {
            match secret(&value).ok_or_else(|| {
                format!("[{side}] {key} must be a text, or {{ env = \"NAME\" }}, or {{ file = \"PATH\" }}")
            })? {
                SecretInput::Inline(secret) => {
                    inline.insert(key, secret);
                }
                SecretInput::Reference(reference) => {
                    endpoint.secrets.insert(key, reference);
                }
            }
        } else {
            let value = scalar(&value).ok_or_else(|| format!("[{side}] {key} must be a plain value"))?;
            check_text(&format!("[{side}] {key}"), &value).map_err(|error| error.to_string())?;
            endpoint.parameters.insert(key, value);
        }
    }
    for spec in specs.iter().filter(|spec| spec.required) {
        let there = endpoint.parameters.contains_key(spec.key)
            || endpoint.secrets.contains_key(spec.key)
            || inline.contains_key(spec.key);
        if !there {
            return Err(format!("[{side}] lacks `{}` ({}): {}", spec.key, spec.label, spec.hint));
        }
    }
    Ok(NewEnd { endpoint, secrets: inline })
}

enum SecretInput {
    Inline(Secret),
    Reference(SecretRef),
}

fn secret(value: &toml::Value) -> Option<SecretInput> {
    match value {
        toml::Value::String(text) => Some(SecretInput::Inline(Secret::new(text.as_str()))),
        toml::Value::Table(table) if table.len() == 1 => {
            let named = |key: &str| table.get(key).and_then(toml::Value::as_str);
            let reference = named("env")
                .map(|name| SecretRef::Env(name.to_owned()))
                .or_else(|| named("file").map(|path| SecretRef::File(PathBuf::from(path))))
                .or_else(|| named("keyring").map(|name| SecretRef::Keyring(name.to_owned())))?;
            Some(SecretInput::Reference(reference))
        }
        _ => None,
    }
}

fn tables(
    documents: BTreeMap<String, TableDocument>,
    destination: &DestinationCapabilities,
) -> Result<Vec<NewTable>, String> {
    documents
        .into_iter()
        .map(|(name, document)| {
            let list = ListKey::from_key(&name).filter(|list| destination.list(*list).is_some()).ok_or_else(|| {
                let known: Vec<&str> = destination.lists.iter().map(|spec| spec.list.key()).collect();
                let near = near_words(&name, known.iter().copied());
                format!("[mapping.{name}] is not a table{near}; {} has {}", destination.name, known.join(", "))
            })?;
            let rows = document.rows.into_iter().map(|(value, target)| {
                let target =
                    if target.is_empty() { MappingTarget::Nothing } else { MappingTarget::Option(OptionKey(target)) };
                target.check().map_err(|error| format!("[mapping.{name}.rows] `{value}`: {error}"))?;
                Ok((value, target))
            });
            Ok(NewTable { list, verbatim: document.verbatim, rows: rows.collect::<Result<_, String>>()? })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_describe_a_tenant_or_take_the_place_of_keys_of_a_file() {
        let sets = |more: &[&str]| -> Vec<String> {
            let all = [
                "name=Harbour & Vine",
                "time_zone=Europe/London",
                "source.vendor=planday",
                "source.client_id=1e5",
                "source.refresh_token={ env = \"PLANDAY\" }",
                "destination.vendor=flow-learning",
                "destination.base_url=https://flow.example",
                "destination.company_id=HVINE",
                "destination.secret={ env = \"FLOW\" }",
                "settings.auto_link=0.99",
            ];
            all.iter().chain(more).map(|set| (*set).to_owned()).collect()
        };
        let file = read(None, &sets(&["short_name=hv"])).unwrap();
        assert_eq!((file.name.as_str(), file.short_name.as_str()), ("Harbour & Vine", "hv"));
        assert_eq!(file.settings.auto_link, Some(0.99));
        assert_eq!(file.source.endpoint.parameters.get("client_id").map(String::as_str), Some("1e5"));
        assert!(file.source.secrets.is_empty(), "a variable is a reference");
        let wrong = read(None, &sets(&["settings.auto=1"])).unwrap_err();
        assert!(wrong.why.contains("auto"), "{wrong:?}");
        let secret = read(None, &["hunter2".to_owned()]).unwrap_err();
        assert!(!format!("{secret:?}").contains("hunter2"));
    }
}

#[cfg(test)]
mod battered {
    use super::*;
    use crate::battered::batter;

    #[test]
    fn deleted_users_are_made_again_unasked_from_planday_to_flow_alone() {
        use crate::domain::settings::RecreatePolicy::{Ask, Yes};
        let source = "name = \"A\"\ntime_zone = \"UTC\"\n[source]\nvendor = ";
        let planday = "\"planday\"\nclient_id = \"a\"\nrefresh_token = \"b\"\n";
        let flow = "[destination]\nvendor = \"flow-learning\"\nbase_url = \"https://f.example\"\ncompany_id = \"H\"\nsecret = \"c\"\n";
        let scim = "[destination]\nvendor = \"scim\"\nbase_url = \"https://s.example\"\ntoken = \"c\"\ndeactivation = \"keeps\"\n";
        for (destination, said, wanted) in [
            (flow, "", Yes),
            (flow, "[settings]\nrecreate = \"ask\"\n", Ask),
            (scim, "", Ask),
            (scim, "[settings]\nrecreate = \"yes\"\n", Yes),
        ] {
            let read = parse(&format!("{source}{planday}{destination}{said}"));
            assert_eq!(read.unwrap_or_else(|why| panic!("{why}")).settings.recreate, wanted, "{destination}{said}");
        }
    }

    #[test]
    fn battered_tenant_file() {
        let whole = br#"
name = "Harbour & Vine"
short_name = "harbour-vine"
time_zone = "Europe/London"
[source]
vendor = "planday"
client_id = "a"
refresh_token = "b"
[destination]
vendor = "flow-learning"
base_url = "https://flow.example"
company_id = "HV"
secret = "c"
[settings]
auto_link = 0.999
retention_days = 400
schedule = "daily 02:00"
[settings.limits.leavers]
percent = 5
number = 10
[tables.job_title]
"Chef de Partie" = "Chef"
"#;
        let least = b"name = \"A\"\ntime_zone = \"UTC\"\n[source]\nvendor = \"people-file\"\n[destination]\nvendor = \"moodle\"\n";
        batter("tenant_file", &[whole, least], |bytes| {
            let Ok(text) = std::str::from_utf8(bytes) else { return };
            if let Err(why) = parse(text) {
                assert!(!why.is_empty());
            }
        });
    }
}

//! Tenant files: a tenant with its connection in TOML, as `tenant add` takes it and `sandbox --tenants` writes it.

use super::config::one_line;
use crate::domain::capabilities::ParameterSpec;
use crate::domain::connection::{self, Endpoint};
use crate::domain::ids::OptionKey;
use crate::domain::mapping::{MappingTarget, TableKind};
use crate::domain::problem::{Problem, ProblemKind};
use crate::domain::secret::{Secret, SecretRef};
use crate::domain::settings::Settings;
use crate::vendors::registry;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A tenant as its file describes it; secrets still where the file says.
#[derive(Debug)]
pub struct TenantFile {
    pub name: String,
    pub short_name: String,
    pub time_zone: String,
    pub source: EndpointInput,
    pub destination: EndpointInput,
    pub settings: Settings,
    pub tables: Vec<TableInput>,
}

/// One end as the file describes it.
#[derive(Debug)]
pub struct EndpointInput {
    /// References that need no secret of this file.
    pub endpoint: Endpoint,
    /// Secrets written into the file, by name; they move into the workspace's store.
    pub inline: BTreeMap<String, Secret>,
}

/// A mapping table as the file describes it.
#[derive(Debug)]
pub struct TableInput {
    pub kind: TableKind,
    pub verbatim: bool,
    pub rows: Vec<(String, MappingTarget)>,
}

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

/// Reads a tenant file.
///
/// # Errors
/// What is wrong, where, and what would be right: TOML, an unknown key, an unknown vendor or time zone, a missing parameter.
pub fn read(path: &Path) -> Result<TenantFile, Problem> {
    let wrong = |why: String| {
        Problem::new(ProblemKind::Input, format!("the tenant file {} is not valid", path.display()))
            .with_why(why)
            .with_now("correct the file and add it again; nothing was stored")
    };
    let text = std::fs::read_to_string(path).map_err(|error| wrong(error.to_string()))?;
    parse(&text).map_err(wrong)
}

/// Reads the text of a tenant file.
///
/// # Errors
/// What is wrong, in one line, without any value that may be secret.
pub fn parse(text: &str) -> Result<TenantFile, String> {
    let document: Document = toml::from_str(text).map_err(|error| one_line(&error.to_string()))?;
    let short_name = document.short_name.unwrap_or_else(|| connection::short_name_of(&document.name));
    connection::check_short_name(&short_name).map_err(|error| error.to_string())?;
    if jiff::tz::TimeZone::get(&document.time_zone).is_err() {
        return Err(format!("time_zone `{}` is not an IANA time zone, such as Europe/London", document.time_zone));
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
    for key in settings.field_map.keys() {
        let known = source.capabilities.field_map.iter().any(|(field, _)| field.key() == key);
        if !known {
            return Err(format!("field_map has `{key}`, which {} does not map", source.capabilities.name));
        }
    }
    let destination_parameters = (destination.capabilities)(&plain(&document.destination)).parameters;
    Ok(TenantFile {
        source: endpoint("source", source_vendor, document.source, source.capabilities.parameters)?,
        destination: endpoint("destination", destination_vendor, document.destination, destination_parameters)?,
        name: document.name,
        short_name,
        time_zone: document.time_zone,
        settings,
        tables: tables(document.mapping)?,
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
) -> Result<EndpointInput, String> {
    let mut endpoint = Endpoint { vendor, parameters: BTreeMap::new(), secrets: BTreeMap::new() };
    let mut inline = BTreeMap::new();
    for (key, value) in table {
        if key == "vendor" {
            continue;
        }
        let Some(spec) = specs.iter().find(|spec| spec.key == key) else {
            let known: Vec<&str> = specs.iter().map(|spec| spec.key).collect();
            return Err(format!("[{side}] has the unknown key `{key}`; there are {}", known.join(", ")));
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
    Ok(EndpointInput { endpoint, inline })
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
                .or_else(|| named("file").map(|path| SecretRef::File(PathBuf::from(path))))?;
            Some(SecretInput::Reference(reference))
        }
        _ => None,
    }
}

fn tables(documents: BTreeMap<String, TableDocument>) -> Result<Vec<TableInput>, String> {
    documents
        .into_iter()
        .map(|(name, document)| {
            let kind = TableKind::from_key(&name).ok_or_else(|| {
                format!("[mapping.{name}] is not a table; there are branch, department, job_title, access_profile")
            })?;
            let rows = document.rows.into_iter().map(|(value, target)| {
                let target =
                    if target.is_empty() { MappingTarget::Nothing } else { MappingTarget::Option(OptionKey(target)) };
                (value, target)
            });
            Ok(TableInput { kind, verbatim: document.verbatim, rows: rows.collect() })
        })
        .collect()
}

//! What a vendor can do, as data: the settings forms, the planner and the screens read it; no code asks for a vendor's name.

use super::field::Field;
use super::mapping::TableKind;
use super::settings::Settings;

/// A parameter or credential that a connection to this vendor needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ParameterSpec {
    /// Name in tenant files (`client_id`).
    pub key: &'static str,
    /// Label in forms (`App id`).
    pub label: &'static str,
    pub secret: bool,
    pub required: bool,
    /// Where a customer finds it.
    pub hint: &'static str,
}

/// At most so many requests in any stretch of time of this length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    pub requests: u32,
    /// Length of the window, in seconds.
    pub seconds: u32,
}

/// What a source can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SourceCapabilities {
    /// Key in tenant files and in the registry.
    pub key: &'static str,
    pub name: &'static str,
    pub parameters: &'static [ParameterSpec],
    /// Fields that it can deliver.
    pub fields: &'static [Field],
    /// Which field map entries it understands, with their default (`job_title`, `custom:Job title (Flow)`).
    pub field_map: &'static [(Field, &'static str)],
    /// Whether fields that a company made up can be read too, by the field map (`custom:…`).
    pub custom_fields: bool,
    /// Whether a complete pull shows leavers too (then a missing person is unknown, not gone).
    pub shows_leavers: bool,
    /// Credentials that the vendor may replace at a sign-in, by their keys: the one that was put in then works once.
    pub rotating: &'static [&'static str],
    /// What the vendor's rules allow an account; all of them hold at once.
    pub quotas: &'static [Quota],
    /// Menu path where a missing field is brought back.
    pub archived_remedy: &'static str,
}

/// How a destination shows what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadBack {
    /// Readable at once or after a while.
    Readable,
    /// Only a new export shows it (CSV).
    NextExport,
}

/// A mapped field of a destination.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableSpec {
    pub kind: TableKind,
    /// The destination's own word, singular and plural (`branch`, `branches`).
    pub word: (&'static str, &'static str),
    /// A person without it is not taken.
    pub mandatory: bool,
    /// Options have a code apart from the name, and the code is sent.
    pub by_code: bool,
    /// An option that is unknown there is dropped with a warning instead of refusing the person.
    pub unknown_is_dropped: bool,
    /// A text on each user, not a list: any value is taken, what users carry is only offered to map to.
    pub free_text: bool,
}

/// What a destination can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DestinationCapabilities {
    pub key: &'static str,
    pub name: &'static str,
    pub parameters: &'static [ParameterSpec],
    /// Fields that it takes, in display order.
    pub fields: &'static [Field],
    /// Whether it takes fields that a company made up, by their names there.
    pub custom_fields: bool,
    /// Fields without which a person is not taken.
    pub mandatory: &'static [Field],
    pub tables: &'static [TableSpec],
    /// Its word for the identifier (`identifier`, `external id`).
    pub identifier_word: &'static str,
    /// Longest identifier, in characters.
    pub identifier_max: usize,
    /// Can write an identifier onto a user that has none.
    pub can_link: bool,
    pub can_create_options: bool,
    pub can_invite: bool,
    /// Mails new users by itself.
    pub mails_new_users: bool,
    /// Only the destination's own settings can switch those mails off (FR01), so that the connection has to be told how they
    /// stand; else they are as `mails_new_users` says.
    pub mails_switched_there: bool,
    /// Nobody is created before the start date, whatever the connection says of future starters.
    pub creates_on_start: bool,
    /// Refuses an e-mail that another active user has.
    pub unique_email: bool,
    /// Refuses an e-mail that a deactivated user has, too: only another e-mail there frees it.
    pub inactive_keep_email: bool,
    pub read_back: ReadBack,
    /// Longest time, in seconds, until reads show what was written; a connection may say otherwise.
    pub shows_within_s: u32,
    /// Requests per second that leave its other users in peace.
    pub requests_per_second: u32,
    /// Writes that may be in flight at once.
    pub concurrency: usize,
    /// People whom one request can create; 1 where each takes a request of its own.
    pub creations_at_once: usize,
    /// Characters a name may have beside letters, and its longest length; `None` where anything goes.
    pub name_rule: Option<(&'static str, usize)>,
}

impl SourceCapabilities {
    /// What feeds each mapped field under these settings: what the operator chose, else the usual entry; the custom fields that
    /// the map names come last.
    pub fn field_map_with(&self, settings: &Settings) -> Vec<(Field, String)> {
        let chosen = |field: Field| settings.field_map.get(field.key()).cloned();
        let usual = self.field_map.iter().map(|(field, usual)| (*field, chosen(*field).unwrap_or((*usual).to_owned())));
        let custom = settings.custom_fields().filter(|_| self.custom_fields);
        usual.chain(custom.filter_map(|field| Some((field, chosen(field)?)))).collect()
    }

    /// Whether it can deliver a field at all.
    pub fn delivers(&self, field: Field) -> bool {
        match field {
            Field::Custom(_) => self.custom_fields,
            other => self.fields.contains(&other),
        }
    }
}

impl DestinationCapabilities {
    /// Whether new users are mailed; `told` is what the operator said of the destination's own switch.
    pub fn welcomes(&self, told: bool) -> bool {
        self.mails_new_users && (told || !self.mails_switched_there)
    }

    /// Whether the operator has to say how the destination's own switch stands.
    pub fn asks_of_mails(&self) -> bool {
        self.mails_new_users && self.mails_switched_there
    }

    /// The specification of one mapped field, where the destination has it.
    pub fn table(&self, kind: TableKind) -> Option<&TableSpec> {
        self.tables.iter().find(|table| table.kind == kind)
    }

    /// The fields that a connection with these settings writes: the standard ones, then the custom ones of its field map.
    pub fn fields_with(&self, settings: &Settings) -> Vec<Field> {
        let custom = settings.custom_fields().filter(|_| self.custom_fields);
        self.fields.iter().copied().chain(custom).collect()
    }

    /// The destination's own word for a field, where it has one.
    pub fn word(&self, field: Field) -> &'static str {
        if field == Field::Identifier {
            return self.identifier_word;
        }
        field.table().and_then(|kind| self.table(kind)).map_or(field.words(), |table| table.word.0)
    }
}

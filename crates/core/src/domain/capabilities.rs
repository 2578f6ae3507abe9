//! What a vendor can do, as data: the settings forms, the planner and the screens read it; no code asks for a vendor's name.

use super::field::{Field, FieldKind};
use super::list::ListKey;
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

/// A maximum of requests in any stretch of time of this length.
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
    /// Whether one person can be read alone.
    pub one_person: bool,
    /// Whether it tells who has changed since a cursor.
    pub changes: bool,
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
    /// Only a new export shows it (CSV); what is written again makes nobody twice.
    NextExport,
    /// It stands on a list that somebody loads, and only an export made after that shows it. Who is on a list as new is put on
    /// no second one unless an operator says so.
    OnceLoaded,
}

/// A list of a destination, and the mapping table that leads to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListSpec {
    pub list: ListKey,
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
    /// The employee's field that feeds it where the operator chooses no other; without one it is not fed.
    pub fed_by: Option<Field>,
    /// Who comes to no option of it gets the connection's default, else the destination's own: nobody waits for it, and no
    /// option is made for it.
    pub has_default: bool,
    /// New options of it can be made through the API, where the account lets us.
    pub creatable: bool,
    /// A value that no option is like becomes a new option by itself, without a row of the table; one that equals an option
    /// is taken for it.
    pub grows: bool,
    /// Options that were made from here can be taken away again ([`DestinationOption::made_here`]).
    ///
    /// [`DestinationOption::made_here`]: super::mapping::DestinationOption::made_here
    pub removable: bool,
}

impl ListSpec {
    /// A list fed by the field of its own name whose options are made by hand: what most are.
    pub const fn new(list: ListKey, word: (&'static str, &'static str), fed_by: Field) -> Self {
        Self {
            list,
            word,
            mandatory: false,
            by_code: false,
            unknown_is_dropped: false,
            free_text: false,
            fed_by: Some(fed_by),
            has_default: false,
            creatable: false,
            grows: false,
            removable: false,
        }
    }

    /// The employee's field whose values go through its table under these settings; `None` where it is not fed.
    ///
    /// What the source itself maps (`SourceCapabilities::field_map`) it puts into the field of the list; of the other lists the
    /// field map may name any field that the source delivers, a custom field, or [`NOT_FED`].
    pub fn feed(&self, source: &SourceCapabilities, settings: &Settings) -> Option<Field> {
        let own = self.list.field();
        if source.field_map.iter().any(|(field, _)| *field == own) {
            return Some(own);
        }
        match settings.field_map.get(own.key()).map(|entry| entry.trim()).filter(|entry| !entry.is_empty()) {
            None => self.fed_by,
            Some(NOT_FED) => None,
            Some(entry) => Some(delivered_field(entry).unwrap_or(own)),
        }
    }
}

/// The entry of a field map that feeds nothing.
pub const NOT_FED: &str = "none";

/// The standard field of an employee that an entry of the field map names, where it is one whose values can feed a list.
pub fn delivered_field(entry: &str) -> Option<Field> {
    let field = Field::STANDARD.into_iter().find(|field| field.key() == entry)?;
    matches!(field.kind(), FieldKind::Text | FieldKind::Option(_))
        .then_some(field)
        .filter(|field| *field != Field::AccessProfile)
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
    pub lists: &'static [ListSpec],
    /// Its word for the identifier (`identifier`, `external id`).
    pub identifier_word: &'static str,
    /// Longest identifier, in characters.
    pub identifier_max: usize,
    /// Can write an identifier onto a user that has none.
    pub can_link: bool,
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
    /// Longest e-mail address, in characters: at most 254 (RFC 5321).
    pub email_max: usize,
}

impl SourceCapabilities {
    /// What feeds each mapped field under these settings: what the operator chose, else the usual entry; then the destination's
    /// other lists, and the custom fields that the map names.
    pub fn field_map_with(&self, destination: &DestinationCapabilities, settings: &Settings) -> Vec<(Field, String)> {
        let chosen = |field: Field| settings.field_map.get(field.key()).cloned();
        let usual = self.field_map.iter().map(|(field, usual)| (*field, chosen(*field).unwrap_or((*usual).to_owned())));
        let custom = settings.custom_fields().filter(|_| self.custom_fields);
        let lists = self.other_lists(destination).map(|spec| {
            let field = spec.list.field();
            let usual = || spec.fed_by.map_or(NOT_FED, Field::key).to_owned();
            (field, chosen(field).unwrap_or_else(usual))
        });
        usual.chain(lists).chain(custom.filter_map(|field| Some((field, chosen(field)?)))).collect()
    }

    /// The source's own label of the field that feeds this one (`Job title (Flow)`), where `chosen` is what the operator's field
    /// map says of it.
    #[must_use]
    pub fn label_of(&self, field: Field, chosen: Option<&str>) -> String {
        let usual = || self.field_map.iter().find(|(one, _)| *one == field).map(|(_, entry)| *entry);
        let entry = chosen.or_else(usual).unwrap_or_default();
        match entry.strip_prefix("custom:") {
            Some(label) => label.to_owned(),
            None if entry.is_empty() || Field::from_key(entry).is_some() => field.words().to_owned(),
            None => entry.to_owned(),
        }
    }

    /// The lists of a destination that the source knows nothing of: the field map may feed them from any of its fields.
    pub fn other_lists<'d>(
        &'d self,
        destination: &'d DestinationCapabilities,
    ) -> impl Iterator<Item = &'d ListSpec> + 'd {
        let is_mapped = |spec: &&ListSpec| self.field_map.iter().any(|(field, _)| *field == spec.list.field());
        destination.lists.iter().filter(move |spec| !is_mapped(spec))
    }

    /// Whether it can deliver a field at all.
    pub fn delivers(&self, field: Field) -> bool {
        match field {
            Field::Custom(_) | Field::List(_) => self.custom_fields,
            other => self.fields.contains(&other),
        }
    }
}

impl DestinationCapabilities {
    /// Whether it can have a user who has no e-mail.
    pub fn takes_without_email(&self) -> bool {
        !self.mandatory.contains(&Field::Email)
    }

    /// Whether new users are mailed; `told` is what the operator said of the destination's own switch.
    pub fn welcomes(&self, told: bool) -> bool {
        self.mails_new_users && (told || !self.mails_switched_there)
    }

    /// Whether the operator has to say how the destination's own switch stands.
    pub fn asks_of_mails(&self) -> bool {
        self.mails_new_users && self.mails_switched_there
    }

    /// Whether options of any list can be made through the API.
    pub fn creates_options(&self) -> bool {
        self.lists.iter().any(|spec| spec.creatable)
    }

    /// The specification of one list, where the destination has it.
    pub fn list(&self, list: ListKey) -> Option<&ListSpec> {
        self.lists.iter().find(|spec| spec.list == list)
    }

    /// The fields that a connection with these settings writes: the standard ones and the lists that are fed, then the custom
    /// ones of its field map.
    pub fn fields_with(&self, source: &SourceCapabilities, settings: &Settings) -> Vec<Field> {
        let custom = settings.custom_fields().filter(|_| self.custom_fields);
        let is_fed = |field: &Field| match field {
            Field::List(list) => self.list(*list).is_some_and(|spec| spec.feed(source, settings).is_some()),
            _ => true,
        };
        self.fields.iter().copied().filter(is_fed).chain(custom).collect()
    }

    /// The destination's own word for a field, where it has one.
    pub fn word(&self, field: Field) -> &'static str {
        if field == Field::Identifier {
            return self.identifier_word;
        }
        field.list().and_then(|list| self.list(list)).map_or(field.words(), |spec| spec.word.0)
    }
}

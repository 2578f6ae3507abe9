//! Rehearse: carries a plan out, in its order, at a simulator that holds what the destination held when it was last read, and
//! compares what the users are afterwards with what the plan says. The destination is not asked anything.

use super::Engine;
use super::error::EngineError;
use super::operation::{DriftCheck, as_kept, drift_check, write_of};
use crate::domain::connection::Connection;
use crate::domain::field::Field;
use crate::domain::ids::{Identifier, OptionKey, UserId};
use crate::domain::list::ListKey;
use crate::domain::mapping::DestinationOption;
use crate::domain::person::User;
use crate::domain::plan::{Operation, OperationKind, Plan, employee_to_be};
use crate::domain::rehearsal::{FieldAfter, Rehearsal, Rehearsed, RehearsedLine};
use crate::domain::snapshot::Side;
use crate::ports::api::{ApiError, NoNotices};
use crate::ports::clock::day_in;
use crate::ports::connect::{ConnectParts, SecretKeeping};
use crate::ports::destination::{DestinationApi, DestinationRecord, LookUp, Write, WriteError};
use crate::ports::stage::StageInput;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use tokio::sync::{mpsc, watch};

/// How far a rehearsal is: lines that were carried out, of how many.
pub type RehearsalProgress = watch::Sender<(u32, u32)>;

/// What the simulator calls what the plan names.
#[derive(Default)]
struct Translation {
    users: HashMap<UserId, UserId>,
    /// By list and key in the plan: the key there.
    options: HashMap<(ListKey, String), String>,
    /// Options of the plan's account that the simulator does not have.
    missing: HashSet<(ListKey, String)>,
    /// Users whom the rehearsal itself has made, by their employees.
    made: HashMap<String, UserId>,
}

impl Translation {
    fn value(&self, field: Field, value: &str) -> Option<String> {
        if field == Field::Manager {
            if let Some(employee) = employee_to_be(value) {
                return self.made.get(employee).map(|user| user.0.clone());
            }
            return self.users.get(&UserId::new(value)).map(|user| user.0.clone());
        }
        let Some(list) = field.list() else { return Some(value.to_owned()) };
        let key = (list, value.to_owned());
        if self.missing.contains(&key) {
            return None;
        }
        // What the plan itself makes it can only name.
        Some(self.options.get(&key).cloned().unwrap_or_else(|| value.to_owned()))
    }

    /// The line as the simulator understands it.
    fn line(&self, operation: &Operation) -> Result<Operation, String> {
        let mut line = operation.clone();
        if operation.kind == OperationKind::CreateOption {
            return Ok(line);
        }
        if let Some(user) = &operation.user {
            let known = self.users.get(user).ok_or_else(|| format!("the simulator does not hold user {user}"))?;
            line.user = Some(known.clone());
        }
        for change in &mut line.fields {
            for value in [&mut change.from, &mut change.to] {
                if let Some(text) = value.as_deref() {
                    let words = change.field.words();
                    let none = || format!("the simulator does not hold this {words}");
                    *value = Some(self.value(change.field, text).ok_or_else(none)?);
                }
            }
        }
        Ok(line)
    }
}

/// What tells users of the same content apart is nothing: such users may stand for each other.
fn likeness(user: &User) -> (Option<Identifier>, Option<String>, Option<String>, Option<String>) {
    let lower = |field: Field| user.value(field).map(|value| value.trim().to_lowercase());
    (user.identifier.clone(), lower(Field::Email), lower(Field::FirstName), lower(Field::LastName))
}

async fn everybody(client: &dyn DestinationApi) -> Result<Vec<User>, ApiError> {
    let (sender, mut receiver) = mpsc::channel::<DestinationRecord>(500);
    let collect = async {
        let mut users = Vec::new();
        while let Some(record) = receiver.recv().await {
            users.push(record.user);
        }
        users
    };
    let (pulled, users) = tokio::join!(client.pull(sender), collect);
    pulled?;
    Ok(users)
}

impl Engine {
    /// Rehearses a plan. Nothing is sent to the destination, and nothing is kept here.
    ///
    /// # Errors
    /// A destination without a simulator; the simulator; the store's.
    pub async fn rehearse(
        &self,
        connection: &Connection,
        plan: &Plan,
        progress: &RehearsalProgress,
    ) -> Result<Rehearsal, EngineError> {
        let begun = self.clock.now();
        let (users, options) = (self.store.users(connection.id).await?, self.store.options(connection.id).await?);
        let abilities = self.abilities(connection)?.destination;
        let input = StageInput {
            vendor: connection.destination.vendor.clone(),
            users: users.clone(),
            options: options.clone(),
            today: day_in(begun, &connection.time_zone),
            welcome: abilities.welcomes(connection.settings.welcome_mail),
        };
        let none = || EngineError::Input {
            what: format!("{} has no simulator here: its plans cannot be rehearsed", abilities.name),
            remedy: "send it in waves: `sync --waves`, or `m w` on Plan".to_owned(),
        };
        let stage = self.factory.stage(input).await;
        let stage = stage.map_err(|error| EngineError::Broken(error.to_string()))?.ok_or_else(none)?;
        let client = self.client_of_stage(connection, &stage.parameters, &stage.secrets).await?;
        let mut translation = Translation::default();
        translate_options(client.as_ref(), &options, &mut translation).await?;
        let staged = everybody(client.as_ref()).await?;
        pair_up(&users, &staged, &mut translation);
        let held: HashMap<UserId, User> = staged.into_iter().map(|user| (user.id.clone(), user)).collect();
        let mut lines: Vec<&Operation> = plan.operations.iter().collect();
        lines.sort_by_key(|one| (one.kind.facts().step, one.seq));
        let total = u32::try_from(lines.len()).unwrap_or(u32::MAX);
        let learnt = client.learnt();
        let mut results: BTreeMap<u32, (Option<Operation>, Rehearsed)> = BTreeMap::new();
        let mut again = VecDeque::new();
        for (done, operation) in (0_u32..).zip(&lines) {
            progress.send_replace((done, total));
            let said = match translation.line(operation) {
                Ok(line) => Some(as_kept(line, &learnt)),
                Err(why) => {
                    results.insert(operation.seq, (None, Rehearsed::NotRehearsed { why }));
                    None
                }
            };
            let Some(line) = said else { continue };
            let result = carry_out(client.as_ref(), &line, &held, &mut translation).await;
            if let Rehearsed::Refused { code, .. } = &result
                && matches!(code.as_str(), "EMAIL_IN_USE" | "IDENTIFIER_IN_USE")
            {
                again.push_back(operation.seq);
            }
            results.insert(operation.seq, (Some(line), result));
            if operation.kind == OperationKind::CreateOption {
                translate_options(client.as_ref(), &options, &mut translation).await?;
            }
        }
        // As a run does: what the order of two writes refused is tried once more when all others are done.
        for seq in again {
            if let Some((Some(line), result)) = results.get_mut(&seq) {
                *result = carry_out(client.as_ref(), line, &held, &mut translation).await;
            }
        }
        self.compare(client.as_ref(), &mut results).await?;
        progress.send_replace((total, total));
        let mails = plan.operations.iter().filter(|one| plan.mails.welcome > 0 && one.is_welcomed()).count();
        let read_at = self.store.snapshots(connection.id, Side::Destination, 1).await?;
        Ok(Rehearsal {
            users: u32::try_from(users.len()).unwrap_or(u32::MAX),
            options: u32::try_from(options.len()).unwrap_or(u32::MAX),
            read_at: read_at.first().and_then(|pull| pull.finished_at),
            seconds: begun.duration_until(self.clock.now()).as_secs_f64(),
            mails: u32::try_from(mails).unwrap_or(u32::MAX),
            lines: plan
                .operations
                .iter()
                .filter_map(|one| {
                    let (_, result) = results.remove(&one.seq)?;
                    Some(RehearsedLine { seq: one.seq, kind: one.kind, employee: one.employee.clone(), result })
                })
                .collect(),
        })
    }

    async fn client_of_stage(
        &self,
        connection: &Connection,
        parameters: &BTreeMap<String, String>,
        secrets: &BTreeMap<String, crate::domain::secret::Secret>,
    ) -> Result<Box<dyn DestinationApi>, EngineError> {
        let mut all = connection.destination.parameters.clone();
        all.extend(parameters.clone());
        let parts = ConnectParts {
            short_name: format!("{}-rehearsal", connection.short_name),
            parameters: all,
            secrets: secrets.clone(),
            field_map: connection.settings.field_map.clone(),
            settings: connection.settings.clone(),
            notices: Arc::new(NoNotices),
            pinned_account: None,
            keeping: SecretKeeping::default(),
            clock: Arc::clone(&self.clock),
            today: day_in(self.clock.now(), &connection.time_zone),
            workspace_dir: None,
            learnt: self.store.learnt(connection.id).await?,
            // A stage shows all that it holds.
            switched_off: BTreeSet::new(),
            accounts: None,
        };
        Ok(self.factory.destination(&connection.destination.vendor, parts)?)
    }

    /// Reads everybody back and compares: what was taken may have come out otherwise.
    async fn compare(
        &self,
        client: &dyn DestinationApi,
        results: &mut BTreeMap<u32, (Option<Operation>, Rehearsed)>,
    ) -> Result<(), EngineError> {
        let after = everybody(client).await?;
        let by_identifier: HashMap<&Identifier, &User> =
            after.iter().filter_map(|user| Some((user.identifier.as_ref()?, user))).collect();
        let by_id: HashMap<&UserId, &User> = after.iter().map(|user| (&user.id, user)).collect();
        for (line, result) in results.values_mut() {
            let (Some(line), Rehearsed::AsPlanned) = (&line, &result) else { continue };
            if line.kind.is_of_list() {
                continue;
            }
            let found = line.identifier.as_ref().and_then(|one| by_identifier.get(one));
            let user = found.or_else(|| line.user.as_ref().and_then(|one| by_id.get(one))).copied();
            if !matches!(drift_check(line, user), DriftCheck::Done) {
                *result = otherwise(line, user);
            }
        }
        Ok(())
    }
}

/// How a user differs from what the line says.
fn otherwise(line: &Operation, user: Option<&User>) -> Rehearsed {
    let Some(user) = user else {
        let what = "no user carries the identifier afterwards".to_owned();
        return Rehearsed::Other { what, fields: Vec::new() };
    };
    let fields: Vec<FieldAfter> = line
        .fields
        .iter()
        .filter(|change| !change.field.is_same(user.value(change.field).as_deref(), change.to.as_deref()))
        .map(|change| {
            let shown = |value: Option<String>| value.filter(|_| !change.field.facts().is_private);
            FieldAfter {
                field: change.field,
                planned: shown(change.to.clone()),
                after: shown(user.value(change.field).map(std::borrow::Cow::into_owned)),
            }
        })
        .collect();
    let words: Vec<&str> = fields.iter().map(|one| one.field.words()).collect();
    let what = match words.is_empty() {
        true => "the user is not as the line says afterwards".to_owned(),
        false => format!("{}: other than planned", words.join(", ")),
    };
    Rehearsed::Other { what, fields }
}

/// The options that the simulator has by these names; what it lacks and takes is made there.
async fn translate_options(
    client: &dyn DestinationApi,
    options: &[DestinationOption],
    translation: &mut Translation,
) -> Result<(), EngineError> {
    let lists: HashSet<ListKey> = options.iter().map(|option| option.list).collect();
    for list in lists {
        let mut there = client.options(list).await?;
        let lacks = |there: &[DestinationOption], name: &str| !there.iter().any(|one| one.name == name);
        let mut is_new = false;
        for option in options.iter().filter(|option| option.list == list && option.active) {
            if lacks(&there, &option.name) {
                let made = client.write(&Write::CreateOption { list, name: option.name.clone() }).await;
                is_new |= made.is_ok();
            }
        }
        if is_new {
            there = client.options(list).await?;
        }
        for option in options.iter().filter(|option| option.list == list) {
            let key = (list, option.key.0.clone());
            match there.iter().find(|one| one.name == option.name) {
                Some(known) => {
                    translation.missing.remove(&key);
                    translation.options.insert(key, known.key.0.clone());
                }
                None => _ = translation.missing.insert(key),
            }
        }
        // What the plan has made it names by its name.
        for OptionNamed { name, key } in there.into_iter().map(OptionNamed::from) {
            translation.options.entry((list, name)).or_insert(key.0);
        }
    }
    Ok(())
}

struct OptionNamed {
    name: String,
    key: OptionKey,
}

impl From<DestinationOption> for OptionNamed {
    fn from(option: DestinationOption) -> Self {
        Self { name: option.name, key: option.key }
    }
}

/// Which user of the simulator stands for which of the destination.
fn pair_up(users: &[User], staged: &[User], translation: &mut Translation) {
    let mut free: HashMap<_, VecDeque<&User>> = HashMap::new();
    let ids: HashMap<&UserId, &User> = staged.iter().map(|user| (&user.id, user)).collect();
    let mut taken: HashSet<&UserId> = HashSet::new();
    // Where the simulator keeps the ids, there is nothing to guess.
    for user in users {
        if let Some(same) = ids.get(&user.id).filter(|same| likeness(same) == likeness(user)) {
            translation.users.insert(user.id.clone(), same.id.clone());
            taken.insert(&same.id);
        }
    }
    for user in staged.iter().filter(|user| !taken.contains(&user.id)) {
        free.entry(likeness(user)).or_default().push_back(user);
    }
    for user in users {
        if translation.users.contains_key(&user.id) {
            continue;
        }
        if let Some(same) = free.get_mut(&likeness(user)).and_then(VecDeque::pop_front) {
            translation.users.insert(user.id.clone(), same.id.clone());
        }
    }
}

/// Carries one line out at the simulator.
async fn carry_out(
    client: &dyn DestinationApi,
    line: &Operation,
    held: &HashMap<UserId, User>,
    translation: &mut Translation,
) -> Rehearsed {
    let not = |why: String| Rehearsed::NotRehearsed { why };
    let mut live = None;
    if let Some(id) = &line.user {
        // What the simulator cannot hold of a user it cannot change either.
        if let Some(before) = held.get(id) {
            let differs = line.fields.iter().find(|change| {
                change.from.is_some()
                    && !change.field.is_same(before.value(change.field).as_deref(), change.from.as_deref())
            });
            if let Some(change) = differs {
                return not(format!("the simulator cannot hold the {} of this user", change.field.words()));
            }
        }
        live = match client.look_up(LookUp::Id(id)).await {
            Ok(found) => found.into_iter().next(),
            Err(error) => return not(error.to_string()),
        };
    }
    let write = match write_of(line, live.as_ref()) {
        Ok(write) => write,
        Err(error) => return not(error.to_string()),
    };
    match client.write(&write).await {
        Ok(answer) if answer.parked => {
            Rehearsed::Other { what: "parked as a possible duplicate: no new user".to_owned(), fields: Vec::new() }
        }
        Ok(answer) => {
            if let (Some(employee), Some(user)) = (&line.employee, answer.user.or_else(|| line.user.clone())) {
                translation.made.insert(employee.to_string(), user);
            }
            Rehearsed::AsPlanned
        }
        Err(WriteError::Rejected { status, code, message, .. }) => Rehearsed::Refused { status, code, message },
        Err(WriteError::Moved { detail }) => {
            Rehearsed::Refused { status: 0, code: "MOVED".to_owned(), message: detail }
        }
        Err(error) => not(error.to_string()),
    }
}

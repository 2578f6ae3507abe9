//! Sites, departments and positions: their lists, where there are such calls (assumed), and what an account itself says.
//!
//! What a customer calls a site or a department is theirs to choose (doc); the home entity of an account may be either, and
//! then the list tells which (assumed).

use super::wire::{Id, Listed, Named, Record};
use crate::vendors::rows::{self, RawRow};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Steps up from a department, at most: a tree that is deeper goes round.
const DEPTH_MAX: usize = 32;

/// A list of things with names.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    by_id: HashMap<String, Entry>,
    /// Why there is none, in words; then names are those in the accounts.
    pub missing: Option<String>,
}

#[derive(Debug, Clone, Default)]
struct Entry {
    name: Option<String>,
    parent: Option<String>,
    kind: Option<String>,
    /// Its name is there, but cannot be read.
    is_broken: bool,
}

/// A site or a department of somebody.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Place {
    pub code: Option<String>,
    /// The name, else the code; `None` where there is neither, and where the name cannot be read.
    pub name: Option<String>,
    pub is_broken: bool,
    /// The name is a code, for want of one.
    pub is_coded: bool,
}

/// Where somebody works.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Places {
    pub site: Option<Place>,
    pub department: Option<Place>,
    /// Ids and names of both and of whatever they belong to.
    pub within: BTreeSet<String>,
}

impl Catalogue {
    /// Reads the rows of a list.
    pub fn of(listed: &[RawRow]) -> Self {
        let mut by_id = HashMap::new();
        for row in listed.iter().map(|raw| rows::read::<Listed>(raw)) {
            let is_broken = row.faults.iter().any(|fault| fault.member.as_deref() == Some("name"));
            let Some(Listed { id, name, parent, kind }) = row.record else { continue };
            let Some(id) = id.text() else { continue };
            let name = name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
            by_id.insert(id, Entry { name, parent: parent.and_then(Id::text), kind, is_broken });
        }
        Self { by_id, missing: None }
    }

    /// A list that there is not.
    pub fn missing(why: &str) -> Self {
        Self { by_id: HashMap::new(), missing: Some(why.to_owned()) }
    }

    /// All of it as one text, the same whenever the list is.
    pub fn context(&self) -> String {
        let entries: BTreeMap<&String, &Entry> = self.by_id.iter().collect();
        format!("{entries:?} {}", self.missing.is_some())
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// The names of all entries of this type; of every type where none is given.
    pub fn names(&self, kind: Option<&str>) -> BTreeSet<&str> {
        let wanted = |entry: &&Entry| kind.is_none() || entry.kind() == kind;
        self.by_id.values().filter(wanted).filter_map(|entry| entry.name.as_deref()).collect()
    }

    /// Site and department of every department that names its site.
    pub fn departments(&self) -> impl Iterator<Item = (&str, &str)> {
        let departments = self.by_id.values().filter(|entry| entry.kind() == Some(DEPARTMENT));
        departments.filter_map(|entry| {
            let site = self.by_id.get(entry.parent.as_ref()?)?.name.as_deref()?;
            Some((site, entry.name.as_deref()?))
        })
    }

    /// Whether an entry has this id or name.
    pub fn knows(&self, wanted: &str) -> bool {
        self.by_id.contains_key(wanted) || self.by_id.values().any(|entry| entry.name.as_deref() == Some(wanted))
    }

    /// The name of what an account points to.
    pub fn name_of(&self, named: &Named) -> Option<String> {
        let listed = || self.by_id.get(named.id.as_ref()?)?.name.clone();
        named.name.clone().or_else(listed)
    }

    /// Where somebody works, by what the account says and what the list knows of it.
    pub fn places(&self, record: &Record) -> Places {
        let entry = |named: &Named| named.id.as_ref().and_then(|id| self.by_id.get(id));
        let (mut site, mut department) = (record.entity.clone(), record.department.clone());
        if department.is_empty() && entry(&site).is_some_and(|entry| entry.kind() == Some(DEPARTMENT)) {
            department = std::mem::take(&mut site);
        }
        if site.is_empty()
            && let Some(id) = department.id.as_ref().and_then(|id| self.site_above(id))
        {
            site = Named { id: Some(id), name: None };
        }
        let mut within = BTreeSet::new();
        for named in [&site, &department] {
            within.extend(named.name.clone());
            within.extend(named.id.iter().flat_map(|id| self.line(id)));
        }
        Places { site: self.place(&site), department: self.place(&department), within }
    }

    fn place(&self, named: &Named) -> Option<Place> {
        if named.is_empty() {
            return None;
        }
        let name = self.name_of(named);
        let entry = named.id.as_ref().and_then(|id| self.by_id.get(id));
        let is_broken = name.is_none() && entry.is_some_and(|entry| entry.is_broken);
        let is_coded = name.is_none() && !is_broken;
        let name = if is_coded { named.id.clone() } else { name };
        Some(Place { code: named.id.clone(), name, is_broken, is_coded })
    }

    fn site_above(&self, id: &str) -> Option<String> {
        let above = self.steps(id).find(|id| self.by_id.get(id).is_some_and(|entry| entry.kind() == Some(SITE)));
        above.filter(|above| above != id)
    }

    /// An entity and whatever it belongs to, from below.
    fn steps(&self, id: &str) -> impl Iterator<Item = String> {
        let parent = |id: &String| self.by_id.get(id).and_then(|entry| entry.parent.clone());
        std::iter::successors(Some(id.to_owned()), parent).take(DEPTH_MAX)
    }

    fn line(&self, id: &str) -> Vec<String> {
        let name = |id: &String| self.by_id.get(id).and_then(|entry| entry.name.clone());
        self.steps(id).flat_map(|id| name(&id).into_iter().chain([id])).collect()
    }
}

/// The types of the list (assumed).
pub const SITE: &str = "site";
pub const DEPARTMENT: &str = "department";

impl Entry {
    fn kind(&self) -> Option<&str> {
        self.kind.as_deref().map(str::trim)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn catalogue(rows: Value) -> Catalogue {
        Catalogue::of(&serde_json::from_str::<Vec<RawRow>>(&rows.to_string()).unwrap())
    }

    fn tree() -> Catalogue {
        catalogue(json!([
            {"id": "south", "name": "South", "parentId": null, "type": "region"},
            {"id": "brm", "name": "Brighton Marina", "parentId": "south", "type": "site"},
            {"id": "brm-kit", "name": "Kitchen", "parentId": "brm", "type": "department"},
            {"id": "lds", "name": 5, "type": "site"},
            {"id": "a", "name": "A", "parentId": "b", "type": "department"},
            {"id": "b", "name": "B", "parentId": "a", "type": "department"},
            {"name": "nobody"}, null,
        ]))
    }

    fn at(entity: Option<&str>, department: Option<&str>) -> Places {
        let named = |id: Option<&str>| Named { id: id.map(str::to_owned), name: None };
        tree().places(&Record { entity: named(entity), department: named(department), ..Record::default() })
    }

    #[test]
    fn the_list_tells_what_an_entity_is_and_what_it_belongs_to() {
        let name = |place: Option<Place>| place.and_then(|place| place.name);
        for places in [at(Some("brm"), Some("brm-kit")), at(Some("brm-kit"), None), at(None, Some("brm-kit"))] {
            assert_eq!(
                places.within,
                ["brm", "Brighton Marina", "brm-kit", "Kitchen", "south", "South"].map(str::to_owned).into()
            );
            assert_eq!(name(places.site).as_deref(), Some("Brighton Marina"));
            assert_eq!(name(places.department).as_deref(), Some("Kitchen"));
        }
        let alone = at(Some("brm"), None);
        assert_eq!((name(alone.site).as_deref(), alone.department), (Some("Brighton Marina"), None));
        let broken = at(Some("lds"), None).site.unwrap();
        assert_eq!((broken.name, broken.is_broken), (None, true));
        let unlisted = at(Some("x"), None).site.unwrap();
        assert_eq!((unlisted.name.as_deref(), unlisted.is_coded), (Some("x"), true));
        let round = at(Some("a"), None);
        assert_eq!((round.site, name(round.department).as_deref()), (None, Some("A")), "a tree that goes round ends");
        assert_eq!(at(None, None), Places::default());
        assert_eq!(
            tree().departments().collect::<BTreeSet<_>>(),
            [("Brighton Marina", "Kitchen"), ("A", "B"), ("B", "A")].into()
        );
    }
}

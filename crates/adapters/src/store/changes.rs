//! What has changed since a screen last looked.

/// A group of tables that screens read together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Group {
    Connections,
    Mappings,
    People,
    Decisions,
    Plans,
    Journal,
    Runs,
    Feed,
    Audit,
    /// Slots, who watches, what is let pass.
    Schedule,
}

const GROUPS: usize = 10;

/// How often each group has changed since the store was opened. Compare two of them to know what to read again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changes([u64; GROUPS]);

impl Changes {
    /// Changes of one group so far.
    pub fn of(&self, group: Group) -> u64 {
        self.0[group as usize]
    }

    /// Whether `group` has changed since `earlier` was taken.
    pub fn differs(&self, earlier: &Changes, group: Group) -> bool {
        self.of(group) != earlier.of(group)
    }

    pub(super) fn note(&mut self, groups: GroupSet) {
        for (index, count) in self.0.iter_mut().enumerate() {
            if groups.0 & (1 << index) != 0 {
                *count += 1;
            }
        }
    }
}

/// Several groups.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct GroupSet(u16);

impl GroupSet {
    pub(super) const EVERYTHING: GroupSet = GroupSet((1 << GROUPS) - 1);

    pub(super) fn with(self, group: Group) -> Self {
        Self(self.0 | (1 << (group as u8)))
    }

    pub(super) fn union(self, other: GroupSet) -> Self {
        Self(self.0 | other.0)
    }
}

//! Where the operator is.

use crate::console::screens::ScreenId;

/// A place that can be gone to: a screen, in a tenant or not, about a thing or not.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    /// The screen.
    pub screen: ScreenId,
    /// Short name of the tenant.
    pub tenant: Option<String>,
    /// What the screen is about: a person's id, a run, a table and value, as that screen reads it.
    pub subject: Option<String>,
}

impl Place {
    /// A screen outside of any tenant.
    #[must_use]
    pub fn global(screen: ScreenId) -> Self {
        Self { screen, tenant: None, subject: None }
    }

    /// A screen of a tenant.
    #[must_use]
    pub fn tenant(screen: ScreenId, short_name: impl Into<String>) -> Self {
        Self { screen, tenant: Some(short_name.into()), subject: None }
    }

    /// The same place, about this.
    #[must_use]
    pub fn about(mut self, subject: impl Into<String>) -> Self {
        self.subject = Some(subject.into());
        self
    }
}

/// The one word in the header that says how careful to be. In the order in which the first that holds is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mode {
    /// Nothing can be sent from this console.
    ReadOnly,
    /// Paused after refusals.
    Paused,
    /// Not published: nothing is written.
    Preview,
    /// The destination is a simulator.
    Sandbox,
    /// Writes reach the customer.
    Live,
}

impl Mode {
    /// The word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Mode::ReadOnly => "READ-ONLY",
            Mode::Paused => "PAUSED",
            Mode::Preview => "PREVIEW",
            Mode::Sandbox => "SANDBOX",
            Mode::Live => "LIVE",
        }
    }
}

/// What the header and the tabs say of a tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TenantHeader {
    /// The name that is typed in confirmations and on the command line.
    pub short_name: String,
    /// The name in full.
    pub name: String,
    /// `Planday → Flow Learning`.
    pub route: String,
    /// How careful to be.
    pub standing: Mode,
    /// Things that wait for a human, per tab (Overview first); 0 shows no badge.
    pub badges: [u32; 9],
    /// The tenant's IANA time zone.
    pub zone: String,
}

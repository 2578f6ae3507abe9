//! Repairing a tenant whose row cannot be read: what can be kept is kept, and it goes back to preview, so that nothing is
//! written by settings that nobody has seen.

use super::Engine;
use super::error::EngineError;
use crate::domain::connection::{Connection, ConnectionStatus};
use crate::domain::secret::SecretRef;
use crate::store::{Lost, Salvage};

impl Engine {
    /// Puts what can be read of a tenant in the place of its row; the rest has its default.
    ///
    /// # Errors
    /// [`EngineError::Input`] for a tenant that is sound, and where something has to be said first that has no default.
    pub async fn repair(&self, tenant: &str) -> Result<Connection, EngineError> {
        let salvage = self.store.salvage_named(tenant).await?;
        if salvage.is_sound() {
            return Err(EngineError::Input {
                what: format!("nothing of {} has to be repaired", salvage.connection.tenant_name),
                remedy: "look at it on its Overview".to_owned(),
            });
        }
        let needed = salvage.needed();
        if !needed.is_empty() {
            let short_name = &salvage.connection.short_name;
            let sets: Vec<String> = needed.iter().map(|what| format!("{what}=…")).collect();
            return Err(EngineError::Input {
                what: format!("{} has no default: it has to be said", needed.join(" and ")),
                remedy: format!("`onroll tenant set {short_name} {}`, or remove the tenant", sets.join(" ")),
            });
        }
        let lost = salvage.lost.clone();
        let connection = self.mended(salvage);
        self.store.put_connection(connection.clone(), repair_words(&lost), &self.operator).await?;
        Ok(connection)
    }

    /// What a repair keeps, in preview, with the credentials that are still there.
    pub fn mended(&self, salvage: Salvage) -> Connection {
        let mut connection = salvage.connection;
        if !salvage.lost.is_empty() {
            connection.status = ConnectionStatus::Preview;
            self.find_credentials(&mut connection);
        }
        connection
    }

    /// Credentials whose references were lost, but which the sealed file still has under the tenant's name.
    fn find_credentials(&self, connection: &mut Connection) {
        let Ok(names) = self.secrets.names() else { return };
        let ends = [("source", &mut connection.source), ("destination", &mut connection.destination)];
        for (side, endpoint) in ends {
            let prefix = format!("{}/{side}/", connection.short_name);
            for name in &names {
                if let Some(key) = name.strip_prefix(&prefix) {
                    endpoint.secrets.entry(key.to_owned()).or_insert_with(|| SecretRef::Sealed(name.clone()));
                }
            }
        }
    }
}

/// `repaired: settings.limits.leavers.percent is 5.0`, for the audit log.
pub fn repair_words(lost: &[Lost]) -> String {
    let words: Vec<String> = lost
        .iter()
        .map(|lost| match &lost.becomes {
            Some(becomes) => format!("{} is {becomes}", lost.what),
            None => format!("{} was said anew", lost.what),
        })
        .collect();
    format!("repaired: {}", words.join("; "))
}

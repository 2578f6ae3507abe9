//! What an operator answers about records that look like one person, kept as rulings (ALL15).

use super::Engine;
use super::error::EngineError;
use crate::domain::connection::Connection;
use crate::domain::ids::EmployeeId;
use crate::planning::records::{Answer, Author, Records};

impl Engine {
    /// The records that may be one person with this employee, as the newest plan has it.
    ///
    /// # Errors
    /// [`EngineError::Input`] where the employee stands beside nobody; else the store's.
    pub async fn records_beside(&self, connection: &Connection, employee: &EmployeeId) -> Result<Records, EngineError> {
        let held = self.store.held_beside(connection.id).await?;
        let doubled = self.store.doubled(connection.id).await?;
        Records::around(employee, &held, &doubled).ok_or_else(|| EngineError::Input {
            what: format!("employee {employee} stands beside no other record in the newest plan"),
            remedy: "`onroll review list` shows whose records look like one person".to_owned(),
        })
    }

    /// This record counts: those beside it are excluded, and a user of theirs becomes this one's.
    ///
    /// # Errors
    /// [`EngineError::Input`] where the employee stands beside nobody; else the store's.
    pub async fn keep_record(
        &self,
        connection: &Connection,
        employee: &EmployeeId,
        reason: Option<&str>,
    ) -> Result<Records, EngineError> {
        let records = self.records_beside(connection, employee).await?;
        self.answer(connection, &records, &records.keep(employee), reason).await?;
        Ok(records)
    }

    /// This employee and those beside it are different people.
    ///
    /// # Errors
    /// [`EngineError::Input`] where the employee stands beside nobody; else the store's.
    pub async fn tell_apart(
        &self,
        connection: &Connection,
        employee: &EmployeeId,
        reason: Option<&str>,
    ) -> Result<Records, EngineError> {
        let records = self.records_beside(connection, employee).await?;
        self.answer(connection, &records, &records.distinct(), reason).await?;
        Ok(records)
    }

    async fn answer(
        &self,
        connection: &Connection,
        records: &Records,
        answer: &Answer,
        reason: Option<&str>,
    ) -> Result<(), EngineError> {
        let mut employees = Vec::with_capacity(records.employees.len());
        for id in &records.employees {
            employees.extend(self.store.employee(connection.id, id).await?);
        }
        let author = Author { by: &self.operator, at: self.clock.now(), reason };
        let (decisions, pairs) = answer.signed(&employees, author);
        Ok(self.store.decide_beside(connection.id, decisions, pairs, answer.taken_back.clone()).await?)
    }
}

//! What an operator answers about records that look like one person, kept as rulings (ALL15).

use super::Engine;
use super::error::EngineError;
use crate::domain::connection::Connection;
use crate::domain::ids::EmployeeId;
use crate::domain::plan::HoldCode;
use crate::planning::records::{Answer, Author, Records};

/// People who share an identifier or an e-mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sharing {
    /// By id.
    pub people: Vec<EmployeeId>,
    pub code: HoldCode,
}

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
        self.answer(connection, &records.employees, &records.keep(employee), reason).await?;
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
        self.answer(connection, &records.employees, &records.distinct(), reason).await?;
        Ok(records)
    }

    /// Who shares an identifier or an e-mail with this employee after the newest plan, itself included.
    ///
    /// # Errors
    /// [`EngineError::Input`] where it shares none; else the store's.
    pub async fn sharing(&self, connection: &Connection, employee: &EmployeeId) -> Result<Sharing, EngineError> {
        let head = self.store.latest_plan(connection.id).await?;
        let rows = match head {
            Some(head) => self.store.collisions(head.id).await?,
            None => Vec::new(),
        };
        let mine = rows.iter().find(|row| row.employee == *employee);
        let mine = mine.or_else(|| rows.iter().find(|row| row.others.contains(employee)));
        let row = mine.filter(|row| !row.others.is_empty()).ok_or_else(|| EngineError::Input {
            what: format!("employee {employee} shares no identifier and no e-mail with anybody in the newest plan"),
            remedy: "`onroll plan` tells who does".to_owned(),
        })?;
        let mut people = vec![row.employee.clone()];
        people.extend(row.others.iter().cloned());
        people.sort();
        Ok(Sharing { people, code: row.code })
    }

    /// Of the people who share an identifier or an e-mail this one keeps it: the others wait until the source has another for
    /// them.
    ///
    /// # Errors
    /// [`EngineError::Input`] where the employee shares none; else the store's.
    pub async fn keep_shared(
        &self,
        connection: &Connection,
        employee: &EmployeeId,
        reason: Option<&str>,
    ) -> Result<Vec<EmployeeId>, EngineError> {
        let people = self.sharing(connection, employee).await?.people;
        self.answer(connection, &people, &Answer::yield_to(employee, &people), reason).await?;
        Ok(people)
    }

    /// These people go without the e-mail that they share with others.
    ///
    /// # Errors
    /// [`EngineError::Input`] where one of them shares none, or the destination takes nobody without one; else the store's.
    pub async fn without_email(
        &self,
        connection: &Connection,
        without: &[EmployeeId],
        reason: Option<&str>,
    ) -> Result<(), EngineError> {
        let destination = self.abilities(connection)?.destination;
        if !destination.takes_without_email() {
            return Err(EngineError::Input {
                what: format!("{} takes nobody without an e-mail", destination.name),
                remedy: "let one of them keep it, and have HR give the others an e-mail of their own".to_owned(),
            });
        }
        let (mut answer, mut concerned) = (Answer::default(), Vec::new());
        for employee in without {
            let sharing = self.sharing(connection, employee).await?;
            if sharing.code != HoldCode::DuplicateEmail {
                return Err(EngineError::Input {
                    what: format!("employee {employee} shares an identifier, not an e-mail"),
                    remedy: "have HR give each an id of their own".to_owned(),
                });
            }
            answer.pairs.extend(Answer::without_email(std::slice::from_ref(employee), &sharing.people).pairs);
            concerned.extend(sharing.people);
        }
        concerned.sort();
        concerned.dedup();
        self.answer(connection, &concerned, &answer, reason).await
    }

    /// Keeps an answer about these people as one step.
    ///
    /// # Errors
    /// The store's.
    pub async fn answer(
        &self,
        connection: &Connection,
        people: &[EmployeeId],
        answer: &Answer,
        reason: Option<&str>,
    ) -> Result<(), EngineError> {
        let mut employees = Vec::with_capacity(people.len());
        for id in people {
            employees.extend(self.store.employee(connection.id, id).await?);
        }
        let author = Author { by: &self.operator, at: self.clock.now(), reason };
        let (decisions, pairs) = answer.signed(&employees, author);
        Ok(self.store.decide_beside(connection.id, decisions, pairs, answer.taken_back.clone()).await?)
    }
}

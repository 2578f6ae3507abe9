//! Which column is which: the heads of people files, recognised loosely.

/// A column of a people file (DESIGN 6).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    Id,
    FirstName,
    LastName,
    KnownAs,
    Email,
    DateOfBirth,
    JobTitle,
    Branch,
    Department,
    StartDate,
    EndDate,
    ManagerId,
    Status,
    Phone,
    Address,
    Postcode,
    Identifier,
}

/// Column, its own name, and other heads that mean it (folded: letters and digits only, lower case). Earlier heads
/// win where a file has two of them.
const HEADS: [(Column, &str, &[&str]); 17] = [
    (
        Column::Id,
        "id",
        &[
            "employeeid",
            "userid",
            "sourceid",
            "destinationid",
            "learnerid",
            "employeenumber",
            "staffid",
            "personid",
            "payrollid",
            "payrollnumber",
            "employeeno",
            "staffnumber",
            "recordid",
            "uniqueid",
            "personnelnumber",
        ],
    ),
    (
        Column::FirstName,
        "first_name",
        &["forename", "givenname", "firstnames", "forenames", "givennames", "vorname", "legalfirstname", "fname"],
    ),
    (
        Column::LastName,
        "last_name",
        &["surname", "familyname", "lastnames", "nachname", "legallastname", "secondname", "lname"],
    ),
    (Column::KnownAs, "known_as", &["preferredname", "knownas", "nickname", "preferredfirstname", "alias"]),
    (
        Column::Email,
        "email",
        &[
            "emailaddress",
            "mail",
            "workemail",
            "primaryemail",
            "useremail",
            "emailwork",
            "workemailaddress",
            "companyemail",
            "personalemail",
        ],
    ),
    (Column::DateOfBirth, "date_of_birth", &["dob", "birthdate", "birthday", "dateofbirth", "born", "birth"]),
    (
        Column::JobTitle,
        "job_title",
        &["jobrole", "role", "position", "jobtitle", "job", "jobname", "positiontitle", "jobposition"],
    ),
    (
        Column::Branch,
        "branch",
        &[
            "branchcode",
            "site",
            "location",
            "businessunit",
            "businessunitid",
            "store",
            "branchname",
            "workplace",
            "sitename",
            "outlet",
            "venue",
            "feedid",
        ],
    ),
    (Column::Department, "department", &["dept", "team", "departmentname", "division", "section"]),
    (
        Column::StartDate,
        "start_date",
        &[
            "hiredate",
            "hireddate",
            "datestarted",
            "startdate",
            "employmentstart",
            "employmentstartdate",
            "joined",
            "joindate",
            "datejoined",
            "startedon",
            "hired",
            "joiningdate",
        ],
    ),
    (
        Column::EndDate,
        "end_date",
        &[
            "leavingdate",
            "leavedate",
            "terminationdate",
            "enddate",
            "employmentend",
            "employmentenddate",
            "dateleft",
            "deactivationdate",
            "lastday",
            "leaverdate",
            "lastdayofwork",
        ],
    ),
    (
        Column::ManagerId,
        "manager_id",
        &["managerid", "reportsto", "supervisorid", "linemanagerid", "manageremployeeid"],
    ),
    (Column::Status, "status", &["employmentstatus", "employeestatus", "userstatus", "activeinactive"]),
    (
        Column::Phone,
        "phone",
        &[
            "mobile",
            "mobilephone",
            "phonenumber",
            "telephone",
            "cellphone",
            "mobilenumber",
            "tel",
            "contactnumber",
            "cell",
        ],
    ),
    (Column::Address, "address", &["address1", "addressline1", "street", "homeaddress", "street1", "streetaddress"]),
    (Column::Postcode, "postcode", &["postalcode", "zip", "zipcode", "postalzip"]),
    (
        Column::Identifier,
        "identifier",
        &["externalidentifier", "externalid", "extid", "externalref", "externalreference"],
    ),
];

impl Column {
    /// The name that exports use.
    pub fn name(self) -> &'static str {
        HEADS.iter().find(|(column, ..)| *column == self).map_or("", |(_, name, _)| name)
    }

    /// The column that a head means, if any.
    pub fn recognise(head: &str) -> Option<Column> {
        rank(head).map(|(column, _)| column)
    }

    /// Whether its values are dates.
    pub fn is_date(self) -> bool {
        matches!(self, Column::DateOfBirth | Column::StartDate | Column::EndDate)
    }
}

/// The column that a head means, and how good a head for it this is (0 is best).
fn rank(head: &str) -> Option<(Column, usize)> {
    let head = folded(head);
    HEADS.iter().find_map(|(column, name, others)| {
        if folded(name) == head {
            return Some((*column, 0));
        }
        others.iter().position(|other| *other == head).map(|at| (*column, at + 1))
    })
}

/// Letters and digits in lower case: what is left of `E-mail Address*`.
pub fn folded(head: &str) -> String {
    head.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Which place in a row holds which column.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    columns: Vec<(Column, usize)>,
    /// Heads that mean nothing here, and second heads for a column that has a better one.
    pub passed_over: Vec<String>,
}

impl Layout {
    /// Reads a head row.
    pub fn of<'a>(heads: impl IntoIterator<Item = &'a str>) -> Self {
        let heads: Vec<&str> = heads.into_iter().collect();
        let mut best: Vec<(Column, usize, usize)> = Vec::new();
        for (place, head) in heads.iter().enumerate() {
            let Some((column, rank)) = rank(head) else { continue };
            match best.iter_mut().find(|(known, ..)| *known == column) {
                Some(known) if rank < known.1 => *known = (column, rank, place),
                Some(_) => {}
                None => best.push((column, rank, place)),
            }
        }
        let columns: Vec<(Column, usize)> = best.iter().map(|(column, _, place)| (*column, *place)).collect();
        let used = |place: usize| columns.iter().any(|(_, used)| *used == place);
        let passed_over = heads
            .iter()
            .enumerate()
            .filter(|(place, head)| !used(*place) && !head.trim().is_empty())
            .map(|(_, head)| (*head).to_owned())
            .collect();
        Self { columns, passed_over }
    }

    /// Where a column stands.
    pub fn place(&self, column: Column) -> Option<usize> {
        self.columns.iter().find(|(known, _)| *known == column).map(|(_, place)| *place)
    }

    /// The columns that the file has.
    pub fn columns(&self) -> impl Iterator<Item = Column> + '_ {
        self.columns.iter().map(|(column, _)| *column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heads_are_recognised_loosely() {
        for (head, column) in [
            ("ID", Column::Id),
            ("Employee ID", Column::Id),
            (" E-Mail address *", Column::Email),
            ("Date of birth", Column::DateOfBirth),
            ("Surname", Column::LastName),
            ("Known As", Column::KnownAs),
            ("External Identifier", Column::Identifier),
            ("Business Unit ID", Column::Branch),
            ("manager id", Column::ManagerId),
        ] {
            assert_eq!(Column::recognise(head), Some(column), "{head}");
        }
        assert_eq!(Column::recognise("shoe size"), None);
        assert_eq!(Column::recognise(""), None);
    }

    #[test]
    fn every_head_is_folded_and_means_one_column() {
        let mut all = std::collections::BTreeSet::new();
        for (column, name, others) in HEADS {
            assert_eq!(Column::recognise(name), Some(column));
            let mut own: Vec<String> = others.iter().map(|head| folded(head)).collect();
            own.push(folded(name));
            own.sort();
            own.dedup();
            assert!(others.iter().all(|head| folded(head) == *head), "{others:?}");
            for head in own {
                assert!(all.insert(head.clone()), "{head} stands twice");
            }
        }
    }

    #[test]
    fn the_better_of_two_heads_wins() {
        let layout = Layout::of(["Employee ID", "id", "Team", "Site", "Shoe size"]);
        assert_eq!(layout.place(Column::Id), Some(1));
        assert_eq!(layout.place(Column::Branch), Some(3));
        assert_eq!(layout.place(Column::Email), None);
        assert_eq!(layout.passed_over, ["Employee ID", "Shoe size"]);
        assert_eq!(layout.columns().count(), 3);
    }
}

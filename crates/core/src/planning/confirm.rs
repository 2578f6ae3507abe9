//! The typed confirmation `TENANT:NUMBER`.

use crate::domain::plan::Plan;

/// Why a typed confirmation is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConfirmError {
    #[error("`{0}` is not of the form TENANT:NUMBER")]
    Form(String),
    #[error("`{typed}` is another tenant; this one is `{expected}`")]
    Tenant { typed: String, expected: String },
    #[error("{typed} was typed, but the plan has {expected} operations; look at the plan again")]
    Number { typed: u32, expected: u32 },
}

/// What has to be typed to let this plan go.
pub fn confirmation(short_name: &str, plan: &Plan) -> String {
    format!("{short_name}:{}", plan.counts.operations())
}

/// Checks what was typed. A blank does for the colon, as the limit page shows it.
///
/// # Errors
/// [`ConfirmError`] when it names another tenant or another number.
pub fn check_confirmation(typed: &str, short_name: &str, plan: &Plan) -> Result<(), ConfirmError> {
    let form = || ConfirmError::Form(typed.to_owned());
    let (tenant, number) = typed.trim().rsplit_once([':', ' ']).ok_or_else(form)?;
    let number: u32 = number.trim().parse().map_err(|_| form())?;
    let tenant = tenant.trim();
    if !tenant.eq_ignore_ascii_case(short_name) {
        return Err(ConfirmError::Tenant { typed: tenant.to_owned(), expected: short_name.to_owned() });
    }
    let expected = plan.counts.operations();
    if number == expected { Ok(()) } else { Err(ConfirmError::Number { typed: number, expected }) }
}

//! Dates as small numbers.

/// A calendar day packed into one number, ordered as time; 0 is "no date".
pub type Packed = u32;

const FIRST_YEAR: u32 = 1400;
const LAST_YEAR: u32 = 2300;

/// One more than the largest packed date.
pub const PACKED_LIMIT: usize = ((LAST_YEAR - FIRST_YEAR + 1) as usize) << 9;

/// Packs a date; `None` for a day that no calendar has.
pub fn pack(year: u32, month: u32, day: u32) -> Option<Packed> {
    let whole = (FIRST_YEAR + 1..LAST_YEAR).contains(&year) && (1..=12).contains(&month) && day >= 1;
    (whole && day <= days_in(year, month)).then(|| ((year - FIRST_YEAR) << 9) | (month << 5) | day)
}

/// Year, month and day of a packed date.
pub fn unpack(date: Packed) -> (u32, u32, u32) {
    (FIRST_YEAR + (date >> 9), (date >> 5) & 15, date & 31)
}

fn days_in(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => 29,
        2 => 28,
        _ => 31,
    }
}

/// Days since an arbitrary early day, for differences.
pub fn day_number(date: Packed) -> i64 {
    let (year, month, day) = unpack(date);
    let (year, month) = if month <= 2 { (year - 1, month + 9) } else { (year, month - 3) };
    let (year, month, day) = (i64::from(year), i64::from(month), i64::from(day));
    365 * year + year / 4 - year / 100 + year / 400 + (month * 306 + 5) / 10 + day
}

/// Whether systems fill this day in when they know none (case 32): never evidence, never a key.
pub fn is_placeholder(date: Packed) -> bool {
    let (year, month, day) = unpack(date);
    matches!((year, month, day), (1900 | 1901 | 1970, 1, 1) | (1899, 12, 30 | 31) | (1800 | 1753, 1, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn day_numbers_count_days() {
        let days = |y, m, d| day_number(pack(y, m, d).unwrap());
        assert_eq!(days(2024, 3, 1) - days(2024, 2, 28), 2);
        assert_eq!(days(2001, 1, 1) - days(2000, 1, 1), 366);
    }
}

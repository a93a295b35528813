//! Moments in the ways the two audit logs write them, always in UTC.

use crate::time::Timestamp;

const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// From the day of the epoch, a Thursday.
const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const DAY_MILLIS: i64 = 86_400_000;

/// `2026/11/21 04:25:00`
pub(super) fn coraza(moment: Timestamp) -> String {
    let (date, time) = parts(moment);
    format!("{} {time}", date.replace('-', "/"))
}

/// `Sat Nov 21 04:25:00 2026`
pub(super) fn asctime(moment: Timestamp) -> String {
    let (date, time) = parts(moment);
    let mut numbers = date.split('-');
    let year = numbers.next().unwrap_or_default().to_owned();
    let month = numbers.next().and_then(|month| month.parse::<usize>().ok()).unwrap_or(1);
    let day: u32 = numbers.next().and_then(|day| day.parse().ok()).unwrap_or(1);
    let weekday = usize::try_from(moment.as_millis().max(0) / DAY_MILLIS % 7).unwrap_or_default();
    format!("{} {} {day:2} {time} {year}", DAYS[weekday], MONTHS[(month - 1).min(11)])
}

/// Date and time to the second of the RFC 3339 form.
fn parts(moment: Timestamp) -> (String, String) {
    let text = moment.to_string();
    let (date, time) = text.split_once('T').unwrap_or((&text, ""));
    (date.to_owned(), time.split('.').next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_moments_as_the_two_do() {
        for (millis, one, other) in [
            (0, "1970/01/01 00:00:00", "Thu Jan  1 00:00:00 1970"),
            (1_795_235_100_123, "2026/11/21 04:25:00", "Sat Nov 21 04:25:00 2026"),
        ] {
            let moment = Timestamp::from_millis(millis);
            assert_eq!((coraza(moment).as_str(), asctime(moment).as_str()), (one, other));
        }
    }
}

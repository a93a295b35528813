//! The numbers of visits: the predecessor's CSV.

use crate::behaviour::Assessment;

/// The predecessor's columns in its order. `_id` is the session's id; `sesDuration` is in milliseconds.
pub(super) const COLUMNS: [&str; 11] = [
    "_id",
    "sessionID",
    "active",
    "behavior",
    "clientIP",
    "endTimestamp",
    "numOfLoginAttempts",
    "numOfPostReqs",
    "numOfReqs",
    "sesCodes4xx",
    "sesDuration",
];

/// The row of a visit; truth values and times as pandas wrote them.
pub(super) fn row(visit: &Assessment) -> [String; COLUMNS.len()] {
    let features = &visit.features;
    [
        visit.session.to_string(),
        visit.session.to_string(),
        if visit.active { "True" } else { "False" }.to_owned(),
        visit.behaviour.as_str().to_owned(),
        visit.client_ip.to_string(),
        visit.end.to_string().replace('T', " ").replace('Z', ""),
        features.login_attempts.to_string(),
        features.post_requests.to_string(),
        features.requests.to_string(),
        features.codes_4xx.to_string(),
        features.duration_ms.to_string(),
    ]
}

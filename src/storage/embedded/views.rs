//! Views for people with `sqlite3`: times as text, one plain column for each number, the client's words from the headers.

use rusqlite::{Connection, OptionalExtension};

use crate::behaviour::SessionFeatures;

/// `YYYY-MM-DD hh:mm:ss.mmm` in UTC of a column of milliseconds.
fn time(column: &str) -> String {
    format!("strftime('%Y-%m-%d %H:%M:%f', {column} / 1000.0, 'unixepoch')")
}

fn header(name: &str) -> String {
    format!("json_extract(headers, '$.\"{name}\"')")
}

/// The views by name, each as the statement that makes it.
fn views() -> [(&'static str, String); 3] {
    let requests = format!(
        "CREATE VIEW requests AS SELECT _id AS id, {} AS time, clientIP AS client, method, fullUrl AS url, \
         statusCode AS status, verdict, reason, class, score, latencyUs / 1000.0 AS milliseconds, requestSize AS bytes_in, \
         responseSize AS bytes_out, resContentType AS content_type, {} AS agent, {} AS referer, sessionID AS session, \
         escaped, cut FROM httplogs",
        time("timestamp"),
        header("user-agent"),
        header("referer"),
    );
    let own = SessionFeatures::own_names().iter().map(|name| format!(", json_extract(features, '$.{name}') AS {name}"));
    let sessions = format!(
        "CREATE VIEW sessions AS SELECT sessionID AS id, {} AS ended, clientIP AS client, behavior, active, score, cause, \
         model, numOfLoginAttempts, numOfPostReqs, numOfReqs, sesCodes4xx, sesDuration{}, custom FROM sesfeatures",
        time("endTimestamp"),
        own.collect::<String>(),
    );
    let clients = format!(
        "CREATE VIEW clients AS SELECT clientIP AS client, blacklisted AS banned, {} AS banned_at, {} AS banned_until, \
         origin AS banned_by, reason, {} AS first_seen, {} AS last_seen FROM clientips",
        time("blacklistTime"),
        time("banUntil"),
        time("firstSeen"),
        time("lastSeen"),
    );
    [("requests", requests), ("sessions", sessions), ("clients", clients)]
}

/// Makes the views that are missing or were made by another version. An operator's own view of the name gives way.
pub(super) fn create(connection: &Connection) -> rusqlite::Result<()> {
    for (name, sql) in views() {
        let known = "SELECT sql FROM sqlite_master WHERE name = ?";
        let found = connection.query_row(known, [name], |row| row.get::<_, String>(0)).optional()?;
        if found.as_deref() != Some(&sql) {
            connection.execute_batch(&format!("BEGIN IMMEDIATE; DROP VIEW IF EXISTS {name}; {sql}; COMMIT;"))?;
        }
    }
    Ok(())
}

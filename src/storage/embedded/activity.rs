//! Requests in `httplogs`, the clients they came from in `clientips`.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;
use rusqlite::types::Value;
use rusqlite::{Connection, ErrorCode, Row, params, params_from_iter};

use super::{CallError, EmbeddedStore};
use crate::activity::{ActivityQuery, ActivityRecord, ActivityStore, ActivityStoreError};
use crate::client::ClientIp;
use crate::storage::fields;
use crate::time::Timestamp;

const COLUMNS: &str = "_id, sessionID, clientIP, clientKey, timestamp, method, url, origin, headers, statusCode, \
    requestSize, responseSize, resContentType, latencyUs, verdict, reason, class, score, findings, requestBody, escaped, cut";
const PLACES: &str = "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?";
const SEEN: &str = "INSERT INTO clientips (clientIP, firstSeen, lastSeen) VALUES (?1, ?2, ?2) \
    ON CONFLICT (clientIP) DO UPDATE SET firstSeen = coalesce(firstSeen, ?2), lastSeen = max(coalesce(lastSeen, ?2), ?2)";
/// Rows removed at once where the file is over its size.
const TRIM_ROWS: u32 = 256;
/// Rounds of removal after one batch, so that a much lowered size does not hold the writer for minutes.
const TRIM_ROUNDS: u32 = 64;

#[async_trait]
impl ActivityStore for EmbeddedStore {
    async fn append(&self, batch: &[ActivityRecord]) -> Result<(), ActivityStoreError> {
        let rows = batch.iter().map(row_of).collect::<Vec<_>>();
        let mut seen = BTreeMap::new();
        for record in batch {
            let latest = seen.entry(record.client_ip).or_insert(record.timestamp);
            *latest = record.timestamp.max(*latest);
        }
        let max_bytes = self.max_bytes;
        self.database.write(move |connection| append(connection, rows, &seen, max_bytes)).await.map_err(failed)
    }

    async fn page(&self, query: &ActivityQuery) -> Result<Vec<ActivityRecord>, ActivityStoreError> {
        let (sql, values) = select(query);
        let limit = fields::page_limit(query.limit);
        let read = move |connection: &mut Connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let rows = statement.query_map(params_from_iter(values), |row| Ok(record_of(row)))?;
            // A row that cannot be read (edited by hand) is passed over and does not end a page.
            rows.filter_map(|row| row.and_then(|record| record).map_err(|error| warn(&error)).ok())
                .take(limit)
                .map(Ok)
                .collect()
        };
        self.database.read(read).await.map_err(failed)
    }

    async fn remove_before(&self, moment: Timestamp) -> Result<u64, ActivityStoreError> {
        let moment = moment.as_millis();
        let remove = move |connection: &mut Connection| {
            let transaction = connection.transaction()?;
            let records = transaction.execute("DELETE FROM httplogs WHERE timestamp < ?", [moment])?;
            transaction.execute("DELETE FROM sesfeatures WHERE endTimestamp < ?", [moment])?;
            transaction.execute(
                "DELETE FROM clientips WHERE blacklisted = 0 AND coalesce(lastSeen, blacklistTime, 0) < ?",
                [moment],
            )?;
            transaction.commit()?;
            Ok(records as u64)
        };
        self.database.write(remove).await.map_err(failed)
    }

    async fn ping(&self) -> Result<(), ActivityStoreError> {
        let ask =
            |connection: &mut Connection| connection.query_row("SELECT count(*) FROM sqlite_master", [], |_| Ok(()));
        self.database.read(ask).await.map_err(failed)
    }
}

fn failed(error: CallError) -> ActivityStoreError {
    let of_record = match &error {
        CallError::Sqlite(rusqlite::Error::ToSqlConversionFailure(_)) => true,
        CallError::Sqlite(error) => matches!(
            error.sqlite_error_code(),
            Some(ErrorCode::TooBig | ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch)
        ),
        CallError::Task(_) => false,
    };
    let error = Box::new(error);
    if of_record { ActivityStoreError::Record(error) } else { ActivityStoreError::Store(error) }
}

fn warn(error: &rusqlite::Error) {
    tracing::warn!(%error, "passed over a row of httplogs that cannot be read");
}

fn append(
    connection: &mut Connection,
    rows: Vec<Vec<Value>>,
    seen: &BTreeMap<ClientIp, Timestamp>,
    max_bytes: u64,
) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    {
        let mut insert =
            transaction.prepare_cached(&format!("INSERT OR IGNORE INTO httplogs ({COLUMNS}) VALUES ({PLACES})"))?;
        for row in rows {
            insert.execute(params_from_iter(row))?;
        }
        let mut upsert = transaction.prepare_cached(SEEN)?;
        for (ip, moment) in seen {
            upsert.execute(params![ip.to_string(), moment.as_millis()])?;
        }
    }
    transaction.commit()?;
    trim(connection, max_bytes)
}

/// Removes the oldest requests, then the oldest visits, while the file holds more than it may.
fn trim(connection: &Connection, max_bytes: u64) -> rusqlite::Result<()> {
    let mut removed = 0;
    for _ in 0..TRIM_ROUNDS {
        if used_bytes(connection)? <= max_bytes {
            break;
        }
        let oldest = |table, id| {
            let sql =
                format!("DELETE FROM {table} WHERE {id} IN (SELECT {id} FROM {table} ORDER BY {id} LIMIT {TRIM_ROWS})");
            connection.execute(&sql, [])
        };
        let rows = match oldest("httplogs", "_id")? {
            0 => oldest("sesfeatures", "sessionID")?,
            rows => rows,
        };
        if rows == 0 {
            break;
        }
        removed += rows;
    }
    if removed > 0 {
        tracing::info!(rows = removed, max_bytes, "removed the oldest rows, the store is at its size");
    }
    Ok(())
}

fn used_bytes(connection: &Connection) -> rusqlite::Result<u64> {
    let number = |pragma: &str| connection.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let bytes = (number("page_count")? - number("freelist_count")?).saturating_mul(number("page_size")?);
    Ok(u64::try_from(bytes).unwrap_or(0))
}

fn select(query: &ActivityQuery) -> (String, Vec<Value>) {
    let mut sql = format!("SELECT {COLUMNS} FROM httplogs WHERE 1");
    let mut values = Vec::new();
    let mut add = |condition: &str, value: Option<String>| {
        if let Some(value) = value {
            sql.push_str(condition);
            values.push(Value::Text(value));
        }
    };
    add(" AND sessionID = ?", query.session.map(|session| session.to_string()));
    add(" AND clientKey = ?", query.client.map(|client| client.to_string()));
    add(" AND verdict = ?", query.verdict.map(str::to_owned));
    add(" AND class = ?", query.class.map(|class| class.as_str().to_owned()));
    // Not LIKE, which folds letter case and has wildcards.
    add(" AND instr(url, ?) = 1", query.path.clone());
    add(" AND _id < ?", query.before.map(|id| id.to_string()));
    if query.refused_only {
        sql.push_str(" AND verdict = 'refuse'");
    }
    sql.push_str(" ORDER BY _id DESC");
    (sql, values)
}

/// The row of a record, in the order of [`COLUMNS`].
fn row_of(record: &ActivityRecord) -> Vec<Value> {
    let record = &*fields::bounded(record);
    let text = |text: &str| Value::Text(text.to_owned());
    let word = |word: Option<&str>| word.map_or(Value::Null, text);
    let json = |json: Option<&serde_json::Value>| json.map_or(Value::Null, |json| Value::Text(json.to_string()));
    let number = |number: u64| Value::Integer(i64::try_from(number).unwrap_or(i64::MAX));
    let latency = u64::try_from(record.latency.as_micros()).unwrap_or(u64::MAX);
    vec![
        Value::Text(record.id.to_string()),
        Value::Text(fields::session_word(record.session)),
        Value::Text(record.client_ip.to_string()),
        Value::Text(record.client.to_string()),
        Value::Integer(record.timestamp.as_millis()),
        text(&record.method),
        text(&record.url),
        text(&record.origin),
        Value::Text(serde_json::Value::Object(fields::headers_json(&record.headers)).to_string()),
        Value::Integer(record.status.into()),
        number(record.request_bytes),
        number(record.response_bytes),
        word(record.content_type.as_deref()),
        number(latency),
        text(record.verdict.as_str()),
        word(record.verdict.reason().map(|reason| reason.as_str())),
        word(fields::verdict_class(record.verdict).map(|class| class.as_str())),
        record.score.map_or(Value::Null, |score| Value::Real(score.into())),
        Value::Text(fields::findings_json(&record.findings).to_string()),
        json(record.request_body.as_ref()),
        json(fields::escaped_json(record).as_ref()),
        json(fields::cut_json(record).as_ref()),
    ]
}

/// The record of a row.
fn record_of(row: &Row<'_>) -> rusqlite::Result<ActivityRecord> {
    let text = |column: &str| row.get::<_, String>(column);
    let word = |column: &str| row.get::<_, Option<String>>(column);
    let number = |column: &str| row.get::<_, i64>(column).map(|number| u64::try_from(number).unwrap_or(0));
    let json = |column: &str| {
        word(column).map(|text| text.and_then(|text| text.parse::<serde_json::Value>().ok()).unwrap_or_default())
    };
    let unreadable =
        |column: &'static str| move || rusqlite::Error::InvalidColumnName(format!("{column} cannot be read"));
    let (reason, class) = (word("reason")?, word("class")?);
    Ok(ActivityRecord {
        id: text("_id")?.parse().ok().ok_or_else(unreadable("_id"))?,
        session: text("sessionID")?.parse().ok(),
        timestamp: Timestamp::from_millis(row.get("timestamp")?),
        client_ip: text("clientIP")?.parse().map(ClientIp::new).ok().ok_or_else(unreadable("clientIP"))?,
        client: fields::client_key(&text("clientKey")?).ok_or_else(unreadable("clientKey"))?,
        method: text("method")?,
        url: text("url")?,
        origin: text("origin")?,
        headers: json("headers")?.as_object().map(fields::headers).unwrap_or_default(),
        status: row.get("statusCode")?,
        request_bytes: number("requestSize")?,
        response_bytes: number("responseSize")?,
        content_type: word("resContentType")?,
        latency: Duration::from_micros(number("latencyUs")?),
        verdict: fields::verdict(&text("verdict")?, reason.as_deref(), class.as_deref())
            .ok_or_else(unreadable("verdict"))?,
        findings: fields::findings(&json("findings")?),
        score: row.get::<_, Option<f64>>("score")?.map(fields::score),
        request_body: word("requestBody")?.and_then(|body| body.parse().ok()),
        escaped: fields::escaped(&json("escaped")?),
        cut: fields::cut(&json("cut")?),
    })
}

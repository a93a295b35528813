//! Tables and their version.

use std::path::Path;

use rusqlite::Connection;

use super::database::refused;
use super::views;
use crate::storage::StorageError;

/// Version of the tables below, kept in `PRAGMA user_version`.
pub(super) const VERSION: i64 = 1;
/// `PRAGMA application_id`: "Port" in ASCII, so that another program's file is told apart.
const APPLICATION_ID: i64 = 0x506f_7274;

/// Times are milliseconds since the Unix epoch; headers, findings and bodies are JSON.
const TABLES: &str = "
CREATE TABLE IF NOT EXISTS httplogs (
    _id TEXT PRIMARY KEY NOT NULL,
    sessionID TEXT NOT NULL,
    clientIP TEXT NOT NULL,
    clientKey TEXT NOT NULL,
    timestamp INTEGER NOT NULL,
    method TEXT NOT NULL,
    url TEXT NOT NULL,
    origin TEXT NOT NULL,
    fullUrl TEXT GENERATED ALWAYS AS (origin || url) VIRTUAL,
    reqhttp TEXT GENERATED ALWAYS AS (method || ' ' || url) VIRTUAL,
    headers TEXT NOT NULL,
    statusCode INTEGER NOT NULL,
    requestSize INTEGER NOT NULL,
    responseSize INTEGER NOT NULL,
    resContentType TEXT,
    latencyUs INTEGER NOT NULL,
    verdict TEXT NOT NULL,
    reason TEXT,
    class TEXT,
    score REAL,
    findings TEXT NOT NULL,
    requestBody TEXT,
    escaped TEXT,
    cut TEXT
);
CREATE INDEX IF NOT EXISTS httplogs_session ON httplogs (sessionID, _id);
CREATE INDEX IF NOT EXISTS httplogs_client ON httplogs (clientKey, _id);
CREATE INDEX IF NOT EXISTS httplogs_timestamp ON httplogs (timestamp);
CREATE INDEX IF NOT EXISTS httplogs_refused ON httplogs (_id) WHERE verdict = 'refuse';

CREATE TABLE IF NOT EXISTS clientips (
    clientIP TEXT PRIMARY KEY NOT NULL,
    blacklisted INTEGER NOT NULL DEFAULT 0,
    blacklistTime INTEGER,
    banUntil INTEGER,
    origin TEXT,
    reason TEXT,
    evidence TEXT,
    firstSeen INTEGER,
    lastSeen INTEGER,
    generation INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS clientips_banned ON clientips (clientIP) WHERE blacklisted = 1;
CREATE INDEX IF NOT EXISTS clientips_seen ON clientips (lastSeen);

CREATE TABLE IF NOT EXISTS sesfeatures (
    sessionID TEXT PRIMARY KEY NOT NULL,
    clientIP TEXT NOT NULL,
    clientKey TEXT NOT NULL,
    active INTEGER NOT NULL,
    behavior TEXT NOT NULL,
    endTimestamp INTEGER NOT NULL,
    numOfLoginAttempts INTEGER NOT NULL,
    numOfPostReqs INTEGER NOT NULL,
    numOfReqs INTEGER NOT NULL,
    sesCodes4xx INTEGER NOT NULL,
    sesDuration INTEGER NOT NULL,
    score REAL,
    cause TEXT,
    model TEXT NOT NULL,
    features TEXT,
    custom TEXT,
    spoke TEXT,
    reqBodiesData TEXT
);
CREATE TABLE IF NOT EXISTS opensessions (id TEXT PRIMARY KEY NOT NULL, state TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS sesfeatures_client ON sesfeatures (clientKey, sessionID);
CREATE INDEX IF NOT EXISTS sesfeatures_end ON sesfeatures (endTimestamp);
CREATE INDEX IF NOT EXISTS sesfeatures_active ON sesfeatures (clientKey) WHERE behavior = 'Abnormal' AND active = 1;
";

/// Refuses a file that is damaged, of another program or of a newer version.
pub(super) fn check(connection: &Connection, path: &Path) -> Result<(), StorageError> {
    let number = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, i64>(0));
    let read = || {
        Ok((
            number("PRAGMA application_id")?,
            number("PRAGMA user_version")?,
            number("SELECT count(*) FROM sqlite_master")?,
        ))
    };
    let (application, version, tables) = read().map_err(|error| refused(path, &error))?;
    if application != APPLICATION_ID && tables > 0 {
        return Err(StorageError::Foreign { path: path.into() });
    }
    if version > VERSION {
        return Err(StorageError::Newer { path: path.into(), found: version, known: VERSION });
    }
    Ok(())
}

/// Columns that tables got after version 1. Of `sesfeatures`: JSON objects of our features, of the custom ones and of
/// body values by name, and what spoke for a verdict; of `clientips`: how often an operator lifted a ban there; of
/// `httplogs`: which parts of a request are escaped, and which were cut.
const LATER: [(&str, &str, &str); 7] = [
    ("sesfeatures", "features", "TEXT"),
    ("sesfeatures", "custom", "TEXT"),
    ("sesfeatures", "spoke", "TEXT"),
    ("sesfeatures", "reqBodiesData", "TEXT"),
    ("clientips", "generation", "INTEGER NOT NULL DEFAULT 0"),
    ("httplogs", "escaped", "TEXT"),
    ("httplogs", "cut", "TEXT"),
];

/// Makes what is missing, in one transaction.
pub(super) fn create(connection: &Connection) -> rusqlite::Result<()> {
    tables(connection)?;
    for (table, column, kind) in LATER {
        let known = "SELECT count(*) FROM pragma_table_info(?) WHERE name = ?";
        if connection.query_row(known, [table, column], |row| row.get::<_, i64>(0))? == 0 {
            connection.execute_batch(&format!("ALTER TABLE {table} ADD COLUMN {column} {kind}"))?;
        }
    }
    views::create(connection)
}

fn tables(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(&format!(
        "BEGIN IMMEDIATE; {TABLES} PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {VERSION}; COMMIT;"
    ))
}

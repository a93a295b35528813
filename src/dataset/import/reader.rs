//! Files of whatever form, one entry at a time. A fault is told with its place, and reading goes on.

use std::io::{self, BufRead, Read};

use serde_json::Value;

use super::access_log;
use super::entry::{StableIds, redacted};
use super::json_log::{self, Fields};
use crate::activity::{ActivityRecord, BodyLogging};
use crate::behaviour::Assessment;
use crate::client;
use crate::dataset::labelled::decompressed;
use crate::octets;
use crate::storage::exchange;

/// Longest line or document; a longer one is a fault.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// What an entry is.
#[derive(Debug, PartialEq)]
pub(crate) enum Item {
    /// A request.
    Request(Box<ActivityRecord>),
    /// A judged visit of the predecessor's.
    Visit(Box<Assessment>),
    /// A client of the predecessor's: known by its requests, and bans are not imported.
    Client,
}

/// An entry that cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{unit} {number}: {problem}")]
pub(crate) struct Fault {
    /// `line` or `document`.
    unit: &'static str,
    number: u64,
    problem: String,
}

/// How entries are read.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    /// Where the fields of JSON logs stand.
    pub(crate) fields: Fields,
    /// Which bodies of the predecessor's are kept.
    pub(crate) bodies: BodyLogging,
    /// What clients are counted by.
    pub(crate) clients: client::Config,
}

/// Reads a file.
pub(crate) struct Reader {
    documents: Documents,
    terms: Terms,
    ids: StableIds,
}

impl Reader {
    /// Of a file, plain or in gzip.
    ///
    /// # Errors
    /// When its first bytes cannot be read.
    pub(crate) fn new(input: impl Read + 'static, terms: Terms) -> io::Result<Self> {
        let mut input = decompressed(input)?;
        let start = input.fill_buf()?;
        let form = if start.get(4..9) == Some(b"\x07_id\0") {
            Form::Bson
        } else if start.trim_ascii_start().first() == Some(&b'[') {
            Form::Array
        } else {
            Form::Lines
        };
        Ok(Self { documents: Documents { input, form, number: 0, ended: false }, terms, ids: StableIds::default() })
    }

    fn item(&mut self, raw: &Raw) -> Result<Item, String> {
        match raw {
            Raw::Text(line) => {
                // The end of a line says nothing, and a file that grows gives its last line one.
                let line = octets::text(line.trim_ascii());
                if line.starts_with('{') {
                    let value = serde_json::from_str(&line).map_err(|error| format!("no JSON: {error}"))?;
                    return self.of_json(value, line.as_bytes());
                }
                let entry = access_log::parse(&line)?;
                let id = self.ids.id(entry.time, line.as_bytes());
                Ok(Item::Request(Box::new(entry.into_record(id, &self.terms.clients))))
            }
            Raw::Document(value) => self.of_json(value.clone(), value.to_string().as_bytes()),
        }
    }

    /// A document of the predecessor's, or a line of a JSON log.
    fn of_json(&mut self, value: Value, content: &[u8]) -> Result<Item, String> {
        let key = |ip| self.terms.clients.key(ip);
        let has = |name: &str| value.get(name).is_some();
        if has("clientIP") && has("numOfReqs") {
            return exchange::assessment_of_json(value, &key).map(|visit| Item::Visit(Box::new(visit)));
        }
        if has("clientIP") && has("blacklisted") {
            return Ok(Item::Client);
        }
        if has("clientIP") && (has("reqhttp") || has("fullUrl") || has("statusCode") && has("sessionID")) {
            let ids = std::cell::RefCell::new(&mut self.ids);
            let id = |moment| ids.borrow_mut().id(moment, content);
            let record = exchange::record_of_json(value, &key, &id)?;
            return Ok(Item::Request(Box::new(redacted(record, self.terms.bodies))));
        }
        let entry = json_log::parse(&value, &self.terms.fields)?;
        let id = self.ids.id(entry.time, content);
        Ok(Item::Request(Box::new(entry.into_record(id, &self.terms.clients))))
    }
}

impl Iterator for Reader {
    type Item = Result<Item, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        let raw = self.documents.next()?;
        let (unit, number) = (self.documents.form.unit(), self.documents.number);
        Some(raw.and_then(|raw| self.item(&raw)).map_err(|problem| Fault { unit, number, problem }))
    }
}

/// How entries stand in a file.
#[derive(Clone, Copy)]
enum Form {
    /// An entry a line.
    Lines,
    /// A JSON array of documents, as `mongoexport --jsonArray` writes it.
    Array,
    /// BSON documents one after the other, as `mongodump` writes them.
    Bson,
}

impl Form {
    const fn unit(self) -> &'static str {
        match self {
            Self::Lines => "line",
            Self::Array | Self::Bson => "document",
        }
    }
}

/// An entry not read yet.
enum Raw {
    Text(Vec<u8>),
    Document(Value),
}

/// The entries of a file, cut apart.
struct Documents {
    input: Box<dyn BufRead>,
    form: Form,
    /// Of the entry read last, from 1.
    number: u64,
    ended: bool,
}

impl Documents {
    fn next(&mut self) -> Option<Result<Raw, String>> {
        if self.ended {
            return None;
        }
        let read = match self.form {
            Form::Lines => self.line(),
            Form::Array => self.element(),
            Form::Bson => self.document(),
        };
        let read = read.unwrap_or_else(|error| Some(Err(format!("cannot be read: {error}"))));
        // A form without lines gives no place to go on from.
        self.ended = match &read {
            None => true,
            Some(Err(_)) => !matches!(self.form, Form::Lines) || self.ended,
            Some(Ok(_)) => false,
        };
        read
    }

    /// The next line that is neither blank nor a comment.
    fn line(&mut self) -> io::Result<Option<Result<Raw, String>>> {
        loop {
            let mut line = Vec::new();
            self.number += 1;
            let read = self.input.by_ref().take(MAX_BYTES).read_until(b'\n', &mut line);
            self.ended = read.is_err();
            if read? == 0 {
                return Ok(None);
            }
            if line.len() as u64 == MAX_BYTES {
                self.ended = true;
                return Ok(Some(Err(format!("longer than {} MiB", MAX_BYTES >> 20))));
            }
            let trimmed = line.trim_ascii();
            if !trimmed.is_empty() && trimmed[0] != b'#' {
                return Ok(Some(Ok(Raw::Text(line))));
            }
        }
    }

    /// The next object of an array, whatever white space is within.
    fn element(&mut self) -> io::Result<Option<Result<Raw, String>>> {
        self.number += 1;
        loop {
            let Some(byte) = self.byte()? else { return Ok(None) };
            match byte {
                b'[' | b',' => {}
                b']' => return Ok(None),
                b'{' => return self.object(),
                space if space.is_ascii_whitespace() => {}
                _ => return Ok(Some(Err("expected an object in a JSON array".to_owned()))),
            }
        }
    }

    /// The rest of an object whose brace was read: up to the brace that closes it.
    fn object(&mut self) -> io::Result<Option<Result<Raw, String>>> {
        let (mut text, mut depth, mut in_string, mut escaped) = (vec![b'{'], 1_u32, false, false);
        while depth > 0 {
            let Some(byte) = self.byte()? else { return Ok(Some(Err("the file ends within an object".to_owned()))) };
            text.push(byte);
            if text.len() as u64 > MAX_BYTES {
                return Ok(Some(Err(format!("longer than {} MiB", MAX_BYTES >> 20))));
            }
            match byte {
                _ if escaped => escaped = false,
                b'\\' if in_string => escaped = true,
                b'"' => in_string = !in_string,
                b'{' if !in_string => depth += 1,
                b'}' if !in_string => depth -= 1,
                _ => {}
            }
        }
        Ok(Some(Ok(Raw::Text(text))))
    }

    fn document(&mut self) -> io::Result<Option<Result<Raw, String>>> {
        self.number += 1;
        if self.input.fill_buf()?.is_empty() {
            return Ok(None);
        }
        Ok(Some(exchange::bson_document(&mut self.input).map(Raw::Document)))
    }

    fn byte(&mut self) -> io::Result<Option<u8>> {
        let byte = self.input.fill_buf()?.first().copied();
        self.input.consume(usize::from(byte.is_some()));
        Ok(byte)
    }
}

//! Reads recordings one request at a time, so that their size does not matter.

use std::io::{self, BufRead, Read};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;

use super::recorded_request::{RecordedRequest, request_line, without_end};

/// The longest line that is read: a request line, a header, or a whole request as JSON.
const MAX_LINE_BYTES: u64 = 64 * 1024 * 1024;
/// The longest body that is read.
const MAX_BODY_BYTES: u64 = 64 * 1024 * 1024;
/// More header lines than any server takes.
const MAX_HEAD_LINES: usize = 10_000;

/// Why a recorded request cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub(crate) enum Fault {
    /// There is no request line, or a header makes no sense.
    #[error("not a request")]
    NotARequest,
    /// The recording ends within it.
    #[error("cut off in the recording")]
    CutOff,
    /// It is past a limit of this program.
    #[error("too large")]
    TooLarge,
    /// The recording could not be read.
    #[error("the recording cannot be read")]
    Unreadable,
}

/// An iterator over the requests of one recording.
pub(crate) struct Recording<R> {
    input: R,
    /// A line that was read and belongs to the next request.
    pushed_back: Option<Vec<u8>>,
    /// After a fault that leaves no way to go on.
    ended: bool,
}

#[derive(Deserialize)]
struct JsonRequest {
    raw: Option<String>,
    raw_b64: Option<String>,
}

impl<R: BufRead> Recording<R> {
    /// Reads from `input`, whose format shows in each record's first byte.
    pub(crate) fn new(input: R) -> Self {
        Self { input, pushed_back: None, ended: false }
    }

    /// The next line without its end; `None` at the end of the recording.
    fn line(&mut self) -> Result<Option<Vec<u8>>, Fault> {
        if let Some(line) = self.pushed_back.take() {
            return Ok(Some(line));
        }
        let mut line = Vec::new();
        let read = self.input.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut line);
        match read.map_err(|error| self.end(&error))? {
            0 => Ok(None),
            _ if line.len() as u64 == MAX_LINE_BYTES => Err(self.give_up(Fault::TooLarge)),
            _ => {
                line.truncate(without_end(&line).len());
                Ok(Some(line))
            }
        }
    }

    fn end(&mut self, _error: &io::Error) -> Fault {
        self.give_up(Fault::Unreadable)
    }

    fn give_up(&mut self, fault: Fault) -> Fault {
        self.ended = true;
        fault
    }

    fn read_request(&mut self) -> Result<Option<RecordedRequest>, Fault> {
        let first = loop {
            match self.line()? {
                None => return Ok(None),
                Some(line) if line.is_empty() => {}
                Some(line) => break line,
            }
        };
        if first.starts_with(b"{") {
            return from_json(&first).map(Some);
        }
        let mut lines = vec![first];
        loop {
            match self.line()? {
                None => return Err(Fault::CutOff),
                Some(line) if line.is_empty() => break,
                Some(line) => lines.push(line),
            }
            if lines.len() > MAX_HEAD_LINES {
                return Err(self.give_up(Fault::TooLarge));
            }
        }
        let mut request = RecordedRequest::from_head(&lines)?;
        request.body = match request.content_length()? {
            Some(length) => self.body(length)?,
            None if request.is_chunked() => self.chunks()?,
            None => self.unmeasured_body()?,
        };
        Ok(Some(request))
    }

    fn body(&mut self, length: u64) -> Result<Vec<u8>, Fault> {
        if length > MAX_BODY_BYTES {
            return Err(self.give_up(Fault::TooLarge));
        }
        let mut body = Vec::new();
        let read = self.input.by_ref().take(length).read_to_end(&mut body);
        read.map_err(|error| self.end(&error))?;
        if body.len() as u64 == length { Ok(body) } else { Err(Fault::CutOff) }
    }

    /// A body in chunks, kept as it is.
    fn chunks(&mut self) -> Result<Vec<u8>, Fault> {
        let mut body = Vec::new();
        loop {
            let line = self.line()?.ok_or(Fault::CutOff)?;
            let digits = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
            let size = std::str::from_utf8(digits).ok().and_then(|digits| u64::from_str_radix(digits, 16).ok());
            let size = size.ok_or(Fault::NotARequest)?;
            body.extend_from_slice(&[line.as_slice(), b"\r\n"].concat());
            if size > MAX_BODY_BYTES - (body.len() as u64).min(MAX_BODY_BYTES) {
                return Err(self.give_up(Fault::TooLarge));
            }
            body.extend(self.body(size)?);
            self.line()?;
            body.extend_from_slice(b"\r\n");
            if size == 0 {
                return Ok(body);
            }
        }
    }

    /// A body whose length was not recorded: what comes before the next blank line, unless it is a request.
    fn unmeasured_body(&mut self) -> Result<Vec<u8>, Fault> {
        match self.line()? {
            Some(line) if request_line(&line).is_some() || line.starts_with(b"{\"") => {
                self.pushed_back = Some(line);
                Ok(Vec::new())
            }
            Some(line) => Ok(line),
            None => Ok(Vec::new()),
        }
    }
}

impl<R: BufRead> Iterator for Recording<R> {
    type Item = Result<RecordedRequest, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.ended { None } else { self.read_request().transpose() }
    }
}

fn from_json(line: &[u8]) -> Result<RecordedRequest, Fault> {
    let request: JsonRequest = serde_json::from_slice(line).map_err(|_| Fault::NotARequest)?;
    let raw = match (request.raw, request.raw_b64) {
        (Some(raw), _) => raw.into_bytes(),
        (None, Some(encoded)) => BASE64_STANDARD.decode(encoded).map_err(|_| Fault::NotARequest)?,
        (None, None) => return Err(Fault::NotARequest),
    };
    RecordedRequest::from_whole(&raw)
}

//! Rows with a label, from the three forms that data sets come in. The form shows in a file's first bytes.

use std::io::{self, BufRead, BufReader, Read};

use flate2::bufread::MultiGzDecoder;
use serde_json::Value;

use super::{RawRequest, Recording, Sample, object};
use crate::inspection::Place;

/// The label of what is no attack; any other is an attack.
pub(crate) const NORM: &str = "norm";

/// Longest line that is read; a longer one is a fault.
const MAX_LINE_BYTES: u64 = 64 * 1024 * 1024;
/// First bytes of gzip.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// What a file may be, for those who brought something else.
const FORMS: &str = "expected JSON lines with `text` and `label`, a CSV with the columns payload, attack_type and label \
    (HttpParams), or raw HTTP requests; each plain or in gzip";

/// A text or request, and what it is.
#[derive(Debug)]
pub(crate) struct LabelledRow {
    /// What is inspected.
    pub(crate) sample: Sample,
    /// [`NORM`] or the name of an attack, not necessarily one of the model's classes.
    pub(crate) label: String,
    /// Which collection it comes from.
    pub(crate) source: String,
}

/// A row that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("{at}: {problem}")]
pub(crate) struct BadRow {
    /// Where in the file: `line 7`, `request 3`; empty for the file as a whole.
    pub(crate) at: String,
    /// What is wrong and what is expected.
    pub(crate) problem: String,
}

/// What holds where a row does not say.
#[derive(Clone, Debug)]
pub(crate) struct Defaults {
    /// The label; `None`: every row has to have one.
    pub(crate) label: Option<String>,
    /// Where texts stand.
    pub(crate) place: Place,
    /// The name of that place.
    pub(crate) place_name: String,
    /// The source.
    pub(crate) source: String,
    /// The key of JSON lines that holds the source.
    pub(crate) source_key: String,
}

/// The rows of a file, one at a time. After the fault of a file as a whole there is none.
pub(crate) fn rows(
    input: impl Read + 'static,
    defaults: Defaults,
) -> io::Result<Box<dyn Iterator<Item = Result<LabelledRow, BadRow>>>> {
    let mut input = decompressed(input)?;
    let start = first_bytes(&mut input)?;
    Ok(if start.first() == Some(&b'{') {
        Box::new(JsonLines { input, line: 0, defaults, ended: false })
    } else if start.starts_with(b"payload") || start.starts_with(b"\"payload") {
        Box::new(http_params(input, defaults, start.contains(&b'\r')))
    } else if looks_like_a_request(&start) {
        Box::new(requests(input, defaults))
    } else {
        Box::new(std::iter::once(Err(BadRow { at: "line 1".to_owned(), problem: FORMS.to_owned() })))
    })
}

/// The input, unpacked where it is gzip.
pub(super) fn decompressed(input: impl Read + 'static) -> io::Result<Box<dyn BufRead>> {
    let mut input = BufReader::with_capacity(1 << 16, input);
    Ok(if input.fill_buf()?.starts_with(&GZIP) {
        Box::new(BufReader::with_capacity(1 << 16, MultiGzDecoder::new(input)))
    } else {
        Box::new(input)
    })
}

/// What the input begins with, after blank space and a byte order mark, which are taken off.
fn first_bytes(input: &mut dyn BufRead) -> io::Result<Vec<u8>> {
    loop {
        let buffer = input.fill_buf()?;
        let mark = if buffer.starts_with(b"\xEF\xBB\xBF") { 3 } else { 0 };
        let blank = mark + buffer[mark..].iter().take_while(|byte| byte.is_ascii_whitespace()).count();
        if blank == 0 || buffer.is_empty() {
            return Ok(buffer[..buffer.len().min(64)].to_vec());
        }
        input.consume(blank);
    }
}

fn looks_like_a_request(start: &[u8]) -> bool {
    let method = start.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
    (3..=16).contains(&method) && start.get(method) == Some(&b' ')
}

fn bad(at: String, problem: impl ToString) -> BadRow {
    BadRow { at, problem: problem.to_string() }
}

/// JSON lines: `text` with `where`, or `raw`, or `raw_b64`; `label`, `source`.
struct JsonLines {
    input: Box<dyn BufRead>,
    line: u64,
    defaults: Defaults,
    ended: bool,
}

impl JsonLines {
    fn row(&self, line: &[u8]) -> Result<LabelledRow, BadRow> {
        let at = || format!("line {}", self.line);
        let mut row = object(line).map_err(|error| bad(at(), error["error"].as_str().unwrap_or_default()))?;
        let text = |value: &Value| value.as_str().filter(|text| !text.is_empty()).map(ToOwned::to_owned);
        let label = match row.get("label") {
            Some(label) => text(label),
            None => self.defaults.label.clone(),
        };
        let label = label.ok_or_else(|| {
            bad(at(), "label: expected \"norm\" or the name of an attack, here or by LABEL=FILE on the command line")
        })?;
        let source = match row.get(&self.defaults.source_key) {
            Some(Value::String(source)) => source.clone(),
            Some(other) => other.to_string(),
            None => self.defaults.source.clone(),
        };
        // Whole requests say `request` in some sets; where they stand is no question.
        if !row.contains_key("where") {
            row.insert("where".to_owned(), self.defaults.place_name.as_str().into());
        }
        let sample = Sample::read(&row).map_err(|error| bad(at(), format!("{error:#}")))?;
        Ok(LabelledRow { sample, label, source })
    }
}

impl Iterator for JsonLines {
    type Item = Result<LabelledRow, BadRow>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut line = Vec::new();
        while !self.ended {
            line.clear();
            self.line += 1;
            let end = |problem: String| Some(Err(bad(format!("line {}", self.line), problem)));
            match self.input.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut line) {
                Ok(0) => self.ended = true,
                Ok(_) if line.len() as u64 == MAX_LINE_BYTES => {
                    self.ended = true;
                    return end(format!("longer than {} MiB", MAX_LINE_BYTES >> 20));
                }
                Ok(_) if line.trim_ascii().is_empty() => {}
                Ok(_) => return Some(self.row(&line)),
                Err(error) => {
                    self.ended = true;
                    return end(format!("cannot be read: {error}"));
                }
            }
        }
        None
    }
}

/// The columns of HttpParams, in whatever order: `payload`, and `label` or `attack_type`.
///
/// Of lines that end in CRLF the reader counts the LF to the next record, so `crlf` adds a line to what it says.
fn http_params(
    input: Box<dyn BufRead>,
    defaults: Defaults,
    crlf: bool,
) -> impl Iterator<Item = Result<LabelledRow, BadRow>> {
    let csv_position = move |position: Option<&csv::Position>| {
        position.map_or_else(String::new, |position| format!("line {}", position.line() + u64::from(crlf)))
    };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(input);
    let columns = reader.byte_headers().cloned().unwrap_or_default();
    let column = |name: &str| columns.iter().position(|column| column == name.as_bytes());
    let (payload, kind, label) = (column("payload"), column("attack_type"), column("label"));
    reader.into_byte_records().map(move |record| {
        let record = record.map_err(|error| bad(csv_position(error.position()), &error))?;
        let field = |index: Option<usize>| index.and_then(|index| record.get(index));
        let word = |index| field(index).map(|word| String::from_utf8_lossy(word).into_owned());
        let at = || csv_position(record.position());
        let text = field(payload).ok_or_else(|| bad(at(), "expected the column payload"))?;
        let text = std::str::from_utf8(text).map_err(|_| bad(at(), "payload: expected UTF-8"))?.to_owned();
        let named = match (word(label).as_deref(), word(kind)) {
            (Some(NORM), _) => Some(NORM.to_owned()),
            (Some("anom") | None, Some(kind)) if !kind.is_empty() => Some(kind),
            (None, None) => defaults.label.clone(),
            _ => None,
        };
        let expected = "expected norm or anom in the column label and, of an attack, its name in attack_type";
        let label = named.ok_or_else(|| bad(at(), expected))?;
        Ok(LabelledRow { sample: Sample::Text { place: defaults.place, text }, label, source: defaults.source.clone() })
    })
}

/// Requests one after the other, as CSIC 2010 has them.
fn requests(input: Box<dyn BufRead>, defaults: Defaults) -> impl Iterator<Item = Result<LabelledRow, BadRow>> {
    Recording::new(input).zip(1_u64..).map(move |(request, number)| {
        let at = || format!("request {number}");
        let request = request.map_err(|fault| bad(at(), fault))?;
        let request = RawRequest::parse(&request.to_raw()).map_err(|error| bad(at(), format!("{error:#}")))?;
        let label = defaults.label.clone().ok_or_else(|| {
            bad(at(), "raw requests have no labels: say which by LABEL=FILE, such as norm=FILE or attack-other=FILE")
        })?;
        Ok(LabelledRow { sample: Sample::Request(request), label, source: defaults.source.clone() })
    })
}

#[cfg(test)]
#[path = "labelled_tests.rs"]
mod tests;

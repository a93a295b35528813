//! The fields of a multipart body, read leniently.

use crate::octets;

/// Parts at most; a body with more is not kept.
const MAX_PARTS: usize = 200;

/// One part of a form.
pub(super) struct Part {
    pub(super) name: String,
    /// The value, where the part is no file.
    pub(super) text: String,
    pub(super) file: Option<File>,
}

/// What is kept of an upload: nothing of its content.
pub(super) struct File {
    pub(super) name: String,
    pub(super) content_type: Option<String>,
    pub(super) bytes: usize,
}

/// The parts in order; `None` where the body is not what its content type says or was cut short.
pub(super) fn fields(content_type: &str, body: &[u8]) -> Option<Vec<Part>> {
    let boundary = parameter(content_type, "boundary").filter(|boundary| !boundary.is_empty())?;
    let delimiter = format!("--{boundary}");
    let finder = memchr::memmem::Finder::new(&delimiter);
    let mut marks = finder.find_iter(body).filter(|&at| at == 0 || body[at - 1] == b'\n');
    let mut start = marks.next()? + delimiter.len();
    let mut parts = Vec::new();
    loop {
        if body[start..].starts_with(b"--") {
            return Some(parts);
        }
        let end = marks.next()?;
        if parts.len() == MAX_PARTS {
            return None;
        }
        parts.push(part(&body[start..end])?);
        start = end + delimiter.len();
    }
}

/// One part, from the end of its delimiter's text to the start of the next delimiter.
fn part(raw: &[u8]) -> Option<Part> {
    let raw = strip_line_end_before(raw.strip_prefix(b"\r\n").or_else(|| raw.strip_prefix(b"\n"))?);
    let (head, content) = split_head(raw)?;
    let head = octets::text(head);
    let header = |wanted: &str| {
        head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim().to_owned())
        })
    };
    let disposition = header("content-disposition")?;
    let name = parameter(&disposition, "name").unwrap_or_default();
    let file_name = parameter(&disposition, "filename").or_else(|| parameter(&disposition, "filename*"));
    let file = file_name.map(|name| File { name, content_type: header("content-type"), bytes: content.len() });
    let text = if file.is_some() { String::new() } else { octets::text(content).into_owned() };
    Some(Part { name, text, file })
}

fn split_head(raw: &[u8]) -> Option<(&[u8], &[u8])> {
    let gap = |mark: &[u8]| memchr::memmem::find(raw, mark).map(|at| (&raw[..at], &raw[at + mark.len()..]));
    gap(b"\r\n\r\n").or_else(|| gap(b"\n\n"))
}

/// The line end before a delimiter belongs to the delimiter.
fn strip_line_end_before(raw: &[u8]) -> &[u8] {
    raw.strip_suffix(b"\r\n").or_else(|| raw.strip_suffix(b"\n")).unwrap_or(raw)
}

/// A parameter of a header such as `form-data; name="a;b"; filename=c`.
fn parameter(header: &str, wanted: &str) -> Option<String> {
    let mut rest = header;
    while let Some(at) = rest.find(';') {
        rest = rest[at + 1..].trim_start();
        let (name, tail) = rest.split_once('=')?;
        let (value, after) = match tail.strip_prefix('"') {
            Some(quoted) => {
                let end = quoted.find('"').unwrap_or(quoted.len());
                (&quoted[..end], quoted.get(end + 1..).unwrap_or_default())
            }
            None => tail.split_at(tail.find(';').unwrap_or(tail.len())),
        };
        if name.trim().eq_ignore_ascii_case(wanted) {
            return Some(value.trim().to_owned());
        }
        rest = after;
    }
    None
}

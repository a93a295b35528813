//! Multipart: names, file names and the text of fields, read leniently, as applications do.

use memchr::memmem;

use super::add_value;
use crate::inspection::TargetKind;
use crate::inspection::extract::Targets;
use crate::inspection::finding::Malformed;

/// Bytes of a part's head at most.
const MAX_PART_HEAD: usize = 8 * 1_024;

/// The boundary that a content type names (RFC 2046, 1 to 70 characters).
pub(super) fn boundary(content_type: &str) -> Option<String> {
    content_type.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        let value = value.trim().trim_matches('"');
        let known = name.trim().eq_ignore_ascii_case("boundary") && (1..=70).contains(&value.len());
        known.then(|| value.to_owned())
    })
}

/// Adds the parts; those before a fault stay added.
///
/// # Errors
/// When there is no boundary, no part, a part without a name, or no end.
pub(super) fn add(targets: &mut Targets, boundary: Option<&str>, body: &[u8]) -> Result<(), Malformed> {
    let delimiter = format!("--{}", boundary.ok_or(Malformed::Multipart)?).into_bytes();
    let mut rest = after(body, &delimiter).ok_or(Malformed::Multipart)?;
    while !rest.starts_with(b"--") {
        let end = memmem::find(rest, &delimiter).ok_or(Malformed::Multipart)?;
        add_part(targets, &rest[..end])?;
        rest = &rest[end + delimiter.len()..];
    }
    Ok(())
}

fn add_part(targets: &mut Targets, part: &[u8]) -> Result<(), Malformed> {
    let part = part.strip_prefix(b"\r\n").or_else(|| part.strip_prefix(b"\n")).unwrap_or(part);
    let (head, content) = split_head(part).ok_or(Malformed::Multipart)?;
    let head = String::from_utf8_lossy(head);
    let disposition = head
        .lines()
        .find(|line| line.get(..20).is_some_and(|name| name.eq_ignore_ascii_case("content-disposition:")))
        .ok_or(Malformed::Multipart)?;
    let name = parameter(disposition, "name").unwrap_or_default();
    targets.add(TargetKind::BodyName, "", name.as_bytes());
    match parameter(disposition, "filename").or_else(|| parameter(disposition, "filename*")) {
        Some(file_name) => targets.add(TargetKind::FileName, &name, file_name.as_bytes()),
        None => {
            let text = content.strip_suffix(b"\r\n").or_else(|| content.strip_suffix(b"\n")).unwrap_or(content);
            add_value(targets, TargetKind::BodyValue, &name, text);
        }
    }
    Ok(())
}

fn split_head(part: &[u8]) -> Option<(&[u8], &[u8])> {
    let searched = &part[..part.len().min(MAX_PART_HEAD)];
    let (at, length) = match (memmem::find(searched, b"\r\n\r\n"), memmem::find(searched, b"\n\n")) {
        (Some(long), Some(short)) if short < long => (short, 2),
        (Some(long), _) => (long, 4),
        (None, Some(short)) => (short, 2),
        (None, None) => return None,
    };
    Some((&part[..at], &part[at + length..]))
}

/// A parameter of a Content-Disposition line, quoted or not. Semicolons within quotes separate nothing: whoever writes
/// `name="a; filename=x"` sends a field, not a file.
fn parameter(line: &str, wanted: &str) -> Option<String> {
    let (_, mut rest) = line.split_once(';')?;
    loop {
        let end = parameter_end(rest);
        if let Some((name, value)) = rest[..end].split_once('=')
            && name.trim().eq_ignore_ascii_case(wanted)
        {
            return Some(unquoted(value.trim()));
        }
        rest = rest.get(end + 1..)?;
    }
}

/// Where the first parameter ends: at a semicolon outside quotes.
fn parameter_end(text: &str) -> usize {
    let (mut quoted, mut escaped) = (false, false);
    for (at, sign) in text.char_indices() {
        match sign {
            ';' if !quoted => return at,
            '"' if !escaped => quoted = !quoted,
            _ => {}
        }
        escaped = quoted && sign == '\\' && !escaped;
    }
    text.len()
}

fn unquoted(value: &str) -> String {
    let Some(quoted) = value.strip_prefix('"') else {
        return value.to_owned();
    };
    let mut text = String::new();
    let mut signs = quoted.chars();
    while let Some(sign) = signs.next() {
        match sign {
            '"' => break,
            '\\' => match signs.next() {
                Some('"') => text.push('"'),
                Some(other) => text.extend(['\\', other]),
                None => text.push('\\'),
            },
            sign => text.push(sign),
        }
    }
    text
}

fn after<'b>(body: &'b [u8], delimiter: &[u8]) -> Option<&'b [u8]> {
    memmem::find(body, delimiter).map(|start| &body[start + delimiter.len()..])
}

//! XML, read as leniently as hostile bytes need: names, attributes, text, comments, declarations, each a target.
//!
//! A parser of the standard stops at the first fault; this reader takes what is there to its end. Nothing is fetched or
//! included; entities of the document itself are put in for their names, once, in bounds.

use memchr::memmem;

use crate::inspection::TargetKind;
use crate::inspection::safe::is_plain_name;
use crate::inspection::targets::Targets;

/// Entities of the document that are known by name.
const MAX_ENTITIES: usize = 64;
/// Bytes that text may grow by when entities are put in.
const MAX_GROWTH: usize = 4_096;
/// Elements open at once that are followed; deeper ones are read, their ends not checked.
const MAX_DEPTH: usize = 256;
/// Elements that do something where XML is shown: they are read as they stand, names and all.
const ACTIVE: [&[u8]; 10] =
    [b"script", b"iframe", b"object", b"embed", b"foreignobject", b"handler", b"set", b"animate", b"base", b"include"];

/// Whether a body looks like XML, whatever it claims to be.
pub(super) fn is_xml(body: &[u8]) -> bool {
    let body = body.trim_ascii_start();
    body.starts_with(b"<?xml") || body.get(..9).is_some_and(|start| start.eq_ignore_ascii_case(b"<!doctype"))
}

/// Whether a text begins and ends with a tag.
pub(super) fn has_elements(body: &[u8]) -> bool {
    let opens = |text: &[u8]| matches!(text, [b'<', b'a'..=b'z' | b'A'..=b'Z', ..]);
    opens(body.trim_ascii_start()) && body.trim_ascii_end().ends_with(b">") && !is_xml(body)
}

/// Adds all that a document carries. False where its elements do not close as they opened; all is read even then.
pub(super) fn read(document: &[u8], truncated: bool, targets: &mut Targets) -> bool {
    let mut reader = Reader { open: Vec::new(), entities: Vec::new(), sound: true, rooted: false, targets };
    let mut rest = document.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(document);
    while let Some(at) = memchr::memchr(b'<', rest) {
        reader.text(&rest[..at]);
        rest = reader.mark(&rest[at..], truncated);
    }
    reader.text(rest);
    reader.rooted && (truncated || (reader.sound && reader.open.is_empty()))
}

struct Reader<'a, 't> {
    /// Names of the elements not closed yet.
    open: Vec<&'a [u8]>,
    entities: Vec<(&'a [u8], &'a [u8])>,
    sound: bool,
    rooted: bool,
    targets: &'t mut Targets,
}

impl<'a> Reader<'a, '_> {
    /// Reads what begins with `<`; returns what follows it.
    fn mark(&mut self, rest: &'a [u8], truncated: bool) -> &'a [u8] {
        if let Some(comment) = rest.strip_prefix(b"<!--") {
            return self.verbatim(comment, b"-->", b"comment", truncated);
        }
        if let Some(data) = rest.strip_prefix(b"<![CDATA[") {
            let (data, after) = self.until(data, b"]]>", truncated);
            let name = self.open.last().copied().unwrap_or_default();
            self.targets.push(TargetKind::BodyValue, name, data);
            return after;
        }
        match rest.get(1) {
            Some(b'?') => {
                let is_declaration = rest.starts_with(b"<?xml ");
                let (instruction, after) = self.until(&rest[2..], b"?>", truncated);
                if !is_declaration || instruction.len() > 128 {
                    self.targets.push(TargetKind::BodyText, b"instruction", instruction);
                }
                after
            }
            Some(b'!') => self.declaration(rest),
            Some(b'/') => {
                let (name, after) = self.until(&rest[2..], b">", truncated);
                self.close(name.trim_ascii());
                after
            }
            _ => self.element(rest, truncated),
        }
    }

    /// What stands up to a mark and after it; all of it where the mark is missing.
    fn until(&mut self, rest: &'a [u8], mark: &[u8], truncated: bool) -> (&'a [u8], &'a [u8]) {
        match memmem::find(rest, mark) {
            Some(at) => (&rest[..at], &rest[at + mark.len()..]),
            None => {
                self.sound &= truncated;
                (rest, &[])
            }
        }
    }

    fn verbatim(&mut self, rest: &'a [u8], mark: &[u8], name: &[u8], truncated: bool) -> &'a [u8] {
        let (text, after) = self.until(rest, mark, truncated);
        self.targets.push(TargetKind::BodyText, name, text.trim_ascii());
        after
    }

    /// A document type or another declaration, with all within its brackets; the entities in it are targets of their own.
    fn declaration(&mut self, rest: &'a [u8]) -> &'a [u8] {
        let end = end_of_declaration(rest);
        self.sound &= end.is_some();
        let end = end.unwrap_or(rest.len());
        let declaration = &rest[..end];
        self.targets.push(TargetKind::BodyText, b"!doctype", declaration);
        for at in memmem::find_iter(declaration, b"<!ENTITY").take(MAX_ENTITIES) {
            let entity = &declaration[at..];
            let entity = &entity[..end_of_declaration(entity).unwrap_or(entity.len())];
            self.targets.push(TargetKind::BodyText, b"!entity", entity);
            self.entities.extend(internal_entity(entity));
            self.entities.truncate(MAX_ENTITIES);
        }
        &rest[end..]
    }

    fn element(&mut self, rest: &'a [u8], truncated: bool) -> &'a [u8] {
        let Some(end) = end_of_tag(rest) else {
            self.sound &= truncated;
            self.targets.push(TargetKind::BodyText, b"", rest);
            return &[];
        };
        let tag = &rest[1..end];
        let (inner, is_empty) = match tag.strip_suffix(b"/") {
            Some(inner) => (inner, true),
            None => (tag, false),
        };
        let length = inner.iter().position(u8::is_ascii_whitespace).unwrap_or(inner.len());
        let name = &inner[..length];
        self.rooted |= !name.is_empty();
        self.sound &= !name.is_empty();
        let is_active = self.attributes(name, &inner[length..]) || is_active(name);
        if is_active {
            self.targets.push(TargetKind::BodyText, name, &rest[..=end]);
        } else if !is_usual(name) {
            self.targets.push(TargetKind::BodyName, name, name);
        }
        if !is_empty && self.open.len() < MAX_DEPTH {
            self.open.push(name);
        }
        &rest[end + 1..]
    }

    /// Adds names and values of attributes; true where one is a handler of events.
    fn attributes(&mut self, element: &[u8], attributes: &[u8]) -> bool {
        let mut handles = false;
        let mut rest = attributes.trim_ascii_start();
        while !rest.is_empty() {
            let length = rest.iter().position(|byte| *byte == b'=' || byte.is_ascii_whitespace()).unwrap_or(rest.len());
            let name = &rest[..length];
            handles |= name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case(b"on"));
            if !is_usual(name) {
                self.targets.push(TargetKind::BodyName, element, name);
            }
            rest = rest[length..].trim_ascii_start();
            let Some(value) = rest.strip_prefix(b"=") else { continue };
            let (value, after) = attribute_value(value.trim_ascii_start());
            let value = self.expanded(value);
            self.targets.push(TargetKind::BodyValue, name, value);
            rest = after.trim_ascii_start();
        }
        handles
    }

    fn close(&mut self, name: &[u8]) {
        match self.open.pop() {
            Some(opened) if opened == name => {}
            Some(_) | None => self.sound &= self.open.len() + 1 >= MAX_DEPTH,
        }
    }

    fn text(&mut self, text: &[u8]) {
        let text = text.trim_ascii();
        if !text.is_empty() {
            let name = self.open.last().copied().unwrap_or_default();
            let text = self.expanded(text);
            self.targets.push(TargetKind::BodyValue, name, text);
        }
    }

    /// The text with the document's own entities put in, as far as the growth is bounded.
    fn expanded(&self, text: &[u8]) -> Vec<u8> {
        let mut expanded = Vec::with_capacity(text.len());
        let mut rest = text;
        let limit = text.len().saturating_add(MAX_GROWTH);
        while let (Some(at), false) = (memchr::memchr(b'&', rest), self.entities.is_empty()) {
            expanded.extend_from_slice(&rest[..at]);
            rest = &rest[at..];
            let known = self
                .entities
                .iter()
                .find(|(name, _)| rest[1..].strip_prefix(*name).is_some_and(|after| after.first() == Some(&b';')));
            match known {
                Some((name, value)) if expanded.len() + value.len() + rest.len() <= limit => {
                    expanded.extend_from_slice(value);
                    rest = &rest[name.len() + 2..];
                }
                _ => {
                    expanded.push(b'&');
                    rest = &rest[1..];
                }
            }
        }
        expanded.extend_from_slice(rest);
        expanded
    }
}

/// Names of elements and attributes with nothing to them: a plain name, with a prefix or none.
fn is_usual(name: &[u8]) -> bool {
    let mut parts = name.splitn(2, |byte| *byte == b':');
    parts.all(|part| part.split(|byte| *byte == b'.').all(is_plain_name))
}

fn is_active(name: &[u8]) -> bool {
    let local = memchr::memrchr(b':', name).map_or(name, |at| &name[at + 1..]);
    ACTIVE.iter().any(|active| local.eq_ignore_ascii_case(active))
}

/// Where a declaration ends: at a `>` outside of quotes and brackets.
fn end_of_declaration(text: &[u8]) -> Option<usize> {
    let (mut quote, mut depth) = (None, 0_usize);
    for (at, byte) in text.iter().enumerate().skip(1) {
        match (quote, byte) {
            (Some(open), byte) if open == *byte => quote = None,
            (None, b'"' | b'\'') => quote = Some(*byte),
            (None, b'[' | b'<') => depth += 1,
            (None, b']') => depth = depth.saturating_sub(1),
            (None, b'>') if depth == 0 => return Some(at + 1),
            (None, b'>') => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// Where a tag's `>` stands, outside of quotes.
fn end_of_tag(text: &[u8]) -> Option<usize> {
    let mut at = 1;
    loop {
        at += memchr::memchr3(b'>', b'"', b'\'', text.get(at..)?)?;
        if text[at] == b'>' {
            return Some(at);
        }
        at += 2 + memchr::memchr(text[at], &text[at + 1..])?;
    }
}

/// An attribute's value without its quotes, and what follows it.
fn attribute_value(text: &[u8]) -> (&[u8], &[u8]) {
    match text.first() {
        Some(quote @ (b'"' | b'\'')) => match memchr::memchr(*quote, &text[1..]) {
            Some(end) => (&text[1..=end], &text[end + 2..]),
            None => (&text[1..], &[]),
        },
        _ => text.split_at(text.iter().position(u8::is_ascii_whitespace).unwrap_or(text.len())),
    }
}

/// Name and value of `<!ENTITY name "value">`; `None` for external and parameter entities.
fn internal_entity(entity: &[u8]) -> Option<(&[u8], &[u8])> {
    let rest = entity.strip_prefix(b"<!ENTITY")?.trim_ascii_start();
    let (name, rest) = rest.split_at(rest.iter().position(u8::is_ascii_whitespace)?);
    let rest = rest.trim_ascii_start();
    (matches!(rest.first(), Some(b'"' | b'\'')) && !name.is_empty()).then(|| (name, attribute_value(rest).0))
}

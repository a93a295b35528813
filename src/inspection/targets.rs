//! The targets of one request, as taken out of it.

use super::{Malformed, Target, TargetKind};

/// Characters of a target's name at most.
const MAX_NAME_CHARACTERS: usize = 128;

/// One inspected value, as it stood in the request but for the decoding of forms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Where it stood.
    pub target: Target,
    /// Its bytes.
    pub value: Vec<u8>,
}

/// All inspected values of a request's head or body, in order.
///
/// Past the limit, values are joined line by line into one last field: they lose their names, not their inspection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Targets {
    fields: Vec<Field>,
    rest: Vec<u8>,
    malformed: Vec<(Target, Malformed)>,
    max_fields: usize,
}

impl Targets {
    /// None yet, of `max_fields` at most.
    pub const fn new(max_fields: usize) -> Self {
        Self { fields: Vec::new(), rest: Vec::new(), malformed: Vec::new(), max_fields }
    }

    /// Adds a value. Empty ones carry nothing and are left out.
    pub fn push(&mut self, kind: TargetKind, name: &[u8], value: impl Into<Vec<u8>>) {
        let value = value.into();
        if value.is_empty() {
            return;
        }
        if self.fields.len() < self.max_fields {
            self.fields.push(Field { target: target(kind, name), value });
        } else {
            self.rest.extend_from_slice(&value);
            self.rest.push(b'\n');
        }
    }

    /// The values added so far, but for those past the limit.
    pub(super) fn fields(&self) -> &[Field] {
        &self.fields
    }

    /// Notes that a part is not what it claims to be; once a kind of place and fault.
    pub fn push_malformed(&mut self, kind: TargetKind, name: &[u8], fault: Malformed) {
        if !self.malformed.iter().any(|(target, noted)| target.kind == kind && *noted == fault) {
            self.malformed.push((target(kind, name), fault));
        }
    }

    /// The values with the joined remainder as the last of them, and the faults.
    pub fn into_parts(mut self) -> (Vec<Field>, Vec<(Target, Malformed)>) {
        if !self.rest.is_empty() {
            self.fields.push(Field { target: target(TargetKind::BodyText, b""), value: self.rest });
        }
        (self.fields, self.malformed)
    }
}

fn target(kind: TargetKind, name: &[u8]) -> Target {
    let name = String::from_utf8_lossy(&name[..name.len().min(4 * MAX_NAME_CHARACTERS)]);
    Target { kind, name: name.chars().take(MAX_NAME_CHARACTERS).collect() }
}

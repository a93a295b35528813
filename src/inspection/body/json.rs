//! JSON bodies: keys and strings, each where it stands; of a query in GraphQL its literals as well.

use super::{MAX_JSON_DEPTH, graphql};
use crate::inspection::TargetKind;
use crate::inspection::json::{Fault, walk};
use crate::inspection::repeated::push_joined;
use crate::inspection::safe::is_plain_name;
use crate::inspection::targets::Targets;

/// Adds the keys and strings of a body. False where it is not JSON; what was read until then stays added.
///
/// Of a truncated body the value it breaks off in is added as text.
pub(super) fn read(body: &[u8], truncated: bool, targets: &mut Targets) -> bool {
    let mut listed = Vec::new();
    let result = walk(body, MAX_JSON_DEPTH, &mut |leaf| match leaf.is_key {
        true if is_plain_name(leaf.text) => {}
        true => targets.push(TargetKind::BodyName, leaf.path.as_bytes(), leaf.text),
        false => {
            if leaf.in_array {
                listed.push(targets.fields().len());
            }
            targets.push(TargetKind::BodyValue, leaf.path.as_bytes(), leaf.text);
            if leaf.path.rsplit('.').next() == Some("query") && graphql::is_query(leaf.text) {
                graphql::read_literals(leaf.text, targets);
            }
        }
    });
    push_joined(listed, targets);
    match result {
        Ok(()) => true,
        Err(Fault::End(at)) if truncated => {
            targets.push(TargetKind::BodyText, b"", body.get(at..).unwrap_or_default());
            true
        }
        Err(_) => false,
    }
}

/// Whether a body is a JSON object or array, whatever it claims to be.
pub(super) fn is_json(body: &[u8]) -> bool {
    matches!(body.trim_ascii_start().first(), Some(b'{' | b'[')) && walk(body, MAX_JSON_DEPTH, &mut |_| {}).is_ok()
}

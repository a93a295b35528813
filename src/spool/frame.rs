//! Bytes of a segment: a header, then frames of length, checksum and payload.

use crate::time::Timestamp;

/// Mark of a segment and version of its layout.
const MAGIC: &[u8; 8] = b"PCSPOOL1";
/// Mark and moment.
pub(super) const HEADER_BYTES: usize = 16;
/// Length and checksum.
const FRAME_HEAD_BYTES: usize = 8;
/// Longest payload that is taken for one; a longer length is damage.
const MAX_PAYLOAD_BYTES: usize = 64 << 20;

/// What stands at a place of a segment.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Frame<'b> {
    /// A record, and where the next one begins.
    Whole(&'b [u8], usize),
    /// Bytes that do not match their checksum, and where the next record begins if the length is right.
    Damaged(usize),
    /// Nothing that could be a record.
    Nonsense,
    /// A record that the end of the file cuts short, or that was never written.
    Torn,
    /// The end.
    End,
}

/// The header of a segment made now.
pub(super) fn header(created: Timestamp) -> [u8; HEADER_BYTES] {
    let mut header = [0; HEADER_BYTES];
    header[..8].copy_from_slice(MAGIC);
    header[8..].copy_from_slice(&created.as_millis().to_le_bytes());
    header
}

/// When a segment was made; `None` where the bytes are no segment.
pub(super) fn created(bytes: &[u8]) -> Option<Timestamp> {
    let millis = bytes.strip_prefix(MAGIC)?.first_chunk::<8>()?;
    Some(Timestamp::from_millis(i64::from_le_bytes(*millis)))
}

/// Payloads as frames, how many there are, and how many were too long to be taken.
pub(super) fn block(payloads: &[Vec<u8>], max_bytes: u64) -> (Vec<u8>, u64, u64) {
    let longest = usize::try_from(max_bytes).unwrap_or(usize::MAX).min(MAX_PAYLOAD_BYTES);
    let mut block = Vec::with_capacity(payloads.iter().map(|payload| payload.len() + FRAME_HEAD_BYTES).sum());
    let (mut taken, mut refused) = (0, 0);
    for payload in payloads {
        match u32::try_from(payload.len()) {
            Ok(length) if length > 0 && payload.len() <= longest => {
                block.extend(length.to_le_bytes());
                block.extend(checksum(length, payload).to_le_bytes());
                block.extend(payload);
                taken += 1;
            }
            _ => refused += 1,
        }
    }
    (block, taken, refused)
}

/// The frame that begins at `at`.
pub(super) fn at(bytes: &[u8], at: usize) -> Frame<'_> {
    let rest = bytes.get(at..).unwrap_or_default();
    if rest.is_empty() {
        return Frame::End;
    }
    let (Some(length), Some(sum)) = (word(rest, 0), word(rest, 4)) else { return Frame::Torn };
    // A power cut may leave a file longer than what was written to it.
    if length == 0 && rest.iter().all(|byte| *byte == 0) {
        return Frame::Torn;
    }
    let size = length as usize;
    if size == 0 || size > MAX_PAYLOAD_BYTES {
        return Frame::Nonsense;
    }
    match rest.get(FRAME_HEAD_BYTES..FRAME_HEAD_BYTES + size) {
        None => Frame::Torn,
        Some(payload) if checksum(length, payload) == sum => Frame::Whole(payload, at + FRAME_HEAD_BYTES + size),
        Some(_) => Frame::Damaged(at + FRAME_HEAD_BYTES + size),
    }
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk::<4>().map(|word| u32::from_le_bytes(*word))
}

/// Covers the length too.
fn checksum(length: u32, payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&length.to_le_bytes());
    hasher.update(payload);
    hasher.finalize()
}

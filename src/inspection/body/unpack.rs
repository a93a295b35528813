//! Bodies that were compressed for the way: unpacked on a copy, in bounds.

use std::borrow::Cow;
use std::io::Read;

use crate::inspection::targets::Targets;
use crate::inspection::{Malformed, TargetKind};

/// Codings one over another that are undone; servers undo one, or none.
const MAX_CODINGS: usize = 3;
/// Unpacked bytes that any ratio is allowed for: small texts of one letter are no bombs.
const FREE_BYTES: usize = 1 << 20;
/// Bytes a brotli stream is read through.
const BROTLI_BUFFER_BYTES: usize = 16 * 1_024;

/// How far a compressed body is unpacked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unpacking {
    /// Unpacked bytes at most. Default 10 MiB, the limit of bodies that are not compressed.
    pub limit: usize,
    /// Unpacked bytes to a packed one at most, past the first MiB. Default 200; gzip reaches 1,032 with one letter.
    pub ratio: usize,
}

impl Default for Unpacking {
    fn default() -> Self {
        Self { limit: 10 << 20, ratio: 200 }
    }
}

/// A body without its codings.
pub(super) struct Unpacked<'a> {
    /// As far as it could be unpacked.
    pub(super) bytes: Cow<'a, [u8]>,
    /// Whether more would have followed.
    pub(super) cut: bool,
    /// Whether the bytes as they were sent have to be read as well: they were not what the header says.
    pub(super) doubtful: bool,
}

/// Undoes the codings of a body, the last applied first. What is unknown, broken or past the limits is a fault;
/// then what was unpacked until there is what there is.
pub(super) fn unpack<'a>(
    codings: &[Vec<u8>],
    body: &'a [u8],
    truncated: bool,
    limits: Unpacking,
    targets: &mut Targets,
) -> Unpacked<'a> {
    let mut unpacked = Unpacked { bytes: Cow::Borrowed(body), cut: truncated, doubtful: false };
    let undone = codings.iter().rev().filter(|coding| !matches!(coding.as_slice(), b"" | b"identity"));
    for (level, coding) in undone.enumerate() {
        let limit = limits.limit.min(FREE_BYTES.max(unpacked.bytes.len().saturating_mul(limits.ratio)));
        let result = match level < MAX_CODINGS {
            true => one(coding, &unpacked.bytes, limit),
            false => None,
        };
        let Some((bytes, end)) = result else {
            targets.push_malformed(TargetKind::BodyText, b"content-encoding", Malformed::ContentEncoding);
            unpacked.doubtful = true;
            return unpacked;
        };
        let fault = match end {
            End::Whole => None,
            End::Limit => Some(Malformed::Unpacked),
            End::Broken => (!unpacked.cut).then_some(Malformed::ContentEncoding),
        };
        if let Some(fault) = fault {
            targets.push_malformed(TargetKind::BodyText, b"content-encoding", fault);
        }
        unpacked.doubtful |= matches!(end, End::Broken);
        unpacked.cut |= !matches!(end, End::Whole);
        unpacked.bytes = Cow::Owned(bytes);
    }
    unpacked
}

/// How a stream ended.
enum End {
    Whole,
    Limit,
    Broken,
}

/// Undoes one coding; `None` where it is not known.
fn one(coding: &[u8], packed: &[u8], limit: usize) -> Option<(Vec<u8>, End)> {
    match coding {
        b"gzip" | b"x-gzip" => Some(read_to(flate2::read::MultiGzDecoder::new(packed), limit)),
        b"deflate" => {
            // With the wrapper of zlib, as the standard has it, or without, as some senders do.
            let wrapped = read_to(flate2::read::ZlibDecoder::new(packed), limit);
            let bare =
                matches!(wrapped.1, End::Broken).then(|| read_to(flate2::read::DeflateDecoder::new(packed), limit));
            Some(bare.filter(|bare| bare.0.len() > wrapped.0.len()).unwrap_or(wrapped))
        }
        b"br" => Some(read_to(brotli_decompressor::Decompressor::new(packed, BROTLI_BUFFER_BYTES), limit)),
        _ => None,
    }
}

fn read_to(stream: impl Read, limit: usize) -> (Vec<u8>, End) {
    let mut bytes = Vec::new();
    let past = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let end = match stream.take(past).read_to_end(&mut bytes) {
        Ok(_) if bytes.len() > limit => End::Limit,
        Ok(_) => End::Whole,
        Err(_) => End::Broken,
    };
    bytes.truncate(limit);
    (bytes, end)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    fn gzip(body: &[u8]) -> Vec<u8> {
        let mut packed = GzEncoder::new(Vec::new(), Compression::default());
        packed.write_all(body).unwrap();
        packed.finish().unwrap()
    }

    fn zlib(body: &[u8]) -> Vec<u8> {
        let mut packed = ZlibEncoder::new(Vec::new(), Compression::default());
        packed.write_all(body).unwrap();
        packed.finish().unwrap()
    }

    fn bare(body: &[u8]) -> Vec<u8> {
        let mut packed = DeflateEncoder::new(Vec::new(), Compression::default());
        packed.write_all(body).unwrap();
        packed.finish().unwrap()
    }

    fn brotli(body: &[u8]) -> Vec<u8> {
        let mut packed = Vec::new();
        brotli::BrotliCompress(&mut &*body, &mut packed, &brotli::enc::BrotliEncoderParams::default()).unwrap();
        packed
    }

    fn unpacked(codings: &[&str], body: &[u8], limits: Unpacking) -> (Vec<u8>, bool, bool, Vec<&'static str>) {
        let codings: Vec<Vec<u8>> = codings.iter().map(|coding| coding.as_bytes().to_vec()).collect();
        let mut targets = Targets::new(9);
        let unpacked = unpack(&codings, body, false, limits, &mut targets);
        let faults = targets.into_parts().1.iter().map(|(_, fault)| fault.as_str()).collect();
        (unpacked.bytes.into_owned(), unpacked.cut, unpacked.doubtful, faults)
    }

    #[test]
    fn undoes_codings_the_last_first() {
        let text = b"a=<script>alert(1)</script>".repeat(9);
        for (codings, packed) in [
            (&["gzip"][..], gzip(&text)),
            (&["x-gzip", "identity"], gzip(&text)),
            (&["gzip"], [gzip(&text[..50]), gzip(&text[50..])].concat()),
            (&["deflate"], zlib(&text)),
            (&["deflate"], bare(&text)),
            (&["br"], brotli(&text)),
            (&["gzip", "br"], brotli(&gzip(&text))),
            (&["br", "deflate", "gzip"], gzip(&zlib(&brotli(&text)))),
            (&[], text.clone()),
        ] {
            assert_eq!(
                unpacked(codings, &packed, Unpacking::default()),
                (text.clone(), false, false, vec![]),
                "{codings:?}"
            );
        }
    }

    #[test]
    fn what_is_unknown_or_broken_is_a_fault_and_read_as_far_as_it_goes() {
        let text = b"a=<script>alert(1)</script> ".repeat(9);
        let packed = gzip(&text);
        assert_eq!(
            unpacked(&["zstd"], b"x", Unpacking::default()),
            (b"x".to_vec(), false, true, vec!["content-encoding"])
        );
        assert_eq!(
            unpacked(&["gzip"; 4], &gzip(&gzip(&gzip(&gzip(b"x")))), Unpacking::default()).3,
            ["content-encoding"]
        );
        let (bytes, cut, doubtful, faults) = unpacked(&["gzip"], &packed[..packed.len() - 6], Unpacking::default());
        assert!(cut && doubtful && faults == ["content-encoding"] && bytes.starts_with(b"a=<script>"), "{bytes:?}");
        let (bytes, _, doubtful, faults) = unpacked(&["br"], b"a=' or 1=1", Unpacking::default());
        assert!(doubtful && faults == ["content-encoding"], "{bytes:?}");
    }

    #[test]
    fn growth_is_bounded() {
        let bomb = gzip(&vec![b'a'; 8 << 20]);
        let (bytes, cut, _, faults) = unpacked(&["gzip"], &bomb, Unpacking { limit: 4 << 20, ratio: 2_000 });
        assert_eq!((bytes.len(), cut, faults), (4 << 20, true, vec!["unpacked"]));
        let (bytes, _, _, faults) = unpacked(&["gzip"], &bomb, Unpacking { ratio: 200, ..Unpacking::default() });
        assert_eq!((bytes.len(), faults), (200 * bomb.len(), vec!["unpacked"]));
        let twice = unpacked(&["gzip", "gzip"], &gzip(&bomb), Unpacking::default());
        assert_eq!(twice.3, ["unpacked"]);
    }
}

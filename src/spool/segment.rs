//! One file of a spool.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::forget_corrupt;
use super::frame::{self, Frame};
use crate::metrics::SpoolMetrics;
use crate::time::Timestamp;

/// Bytes read at once beyond the longest batch asked for.
const READ_STEP: usize = 256 << 10;

/// A segment and how far it was read.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) number: u64,
    pub(super) created: Timestamp,
    /// Where its last whole record ends.
    pub(super) end: u64,
    /// Records not confirmed yet.
    pub(super) records: u64,
    /// Where the first of them begins.
    pub(super) confirmed_to: u64,
    /// Something in it cannot be read.
    pub(super) damaged: bool,
}

/// What an earlier process left.
pub(super) struct Found {
    pub(super) segment: Segment,
    /// Its last record was cut short.
    pub(super) torn: bool,
}

impl Segment {
    pub(super) fn begin(number: u64, created: Timestamp) -> Self {
        let start = frame::HEADER_BYTES as u64;
        Self { number, created, end: start, records: 0, confirmed_to: start, damaged: false }
    }

    /// Records from the first unconfirmed one on, and where they end.
    pub(super) fn read(
        &mut self,
        folder: &Path,
        max_records: usize,
        max_bytes: usize,
    ) -> io::Result<(Vec<Vec<u8>>, u64)> {
        let mut file = File::open(path(folder, self.number))?;
        file.seek(SeekFrom::Start(self.confirmed_to))?;
        let mut rest = file.take(self.end.saturating_sub(self.confirmed_to));
        let mut bytes = Vec::new();
        let (mut payloads, mut at, mut taken) = (Vec::new(), 0, 0);
        loop {
            match frame::at(&bytes, at) {
                Frame::Whole(payload, next) => {
                    taken += payload.len();
                    if !payloads.is_empty() && taken > max_bytes {
                        break;
                    }
                    payloads.push(payload.to_vec());
                    at = next;
                    if payloads.len() >= max_records.max(1) {
                        break;
                    }
                }
                Frame::Damaged(next) => {
                    self.damaged = true;
                    at = next;
                }
                Frame::Nonsense => {
                    self.damaged = true;
                    self.end = self.confirmed_to + at as u64;
                    break;
                }
                // More is to be read, or nothing is left.
                Frame::Torn | Frame::End => {
                    if (&mut rest).take(READ_STEP as u64).read_to_end(&mut bytes)? == 0 {
                        break;
                    }
                }
            }
        }
        Ok((payloads, self.confirmed_to + at as u64))
    }

    /// Takes the file away, or aside where it is damaged.
    pub(super) fn discard(self, folder: &Path, metrics: &SpoolMetrics) {
        if !self.damaged {
            return self.remove(folder);
        }
        let from = path(folder, self.number);
        let to = from.with_extension("corrupt");
        metrics.corrupt.inc();
        match fs::rename(&from, &to) {
            Ok(()) => tracing::error!(file = %to.display(),
                "set a damaged segment of the spool aside; look at the disk's health, then remove the file"),
            Err(error) => tracing::error!(file = %from.display(), %error, "cannot set a damaged segment aside"),
        }
        forget_corrupt(folder);
    }

    pub(super) fn remove(self, folder: &Path) {
        let path = path(folder, self.number);
        if let Err(error) = fs::remove_file(&path) {
            tracing::warn!(file = %path.display(), %error, "cannot remove a segment of the spool");
        }
    }
}

/// The file of a segment.
pub(super) fn path(folder: &Path, number: u64) -> PathBuf {
    folder.join(format!("{number:020}.spool"))
}

/// The number of a segment's file; `None` for any other file.
pub(super) fn number(path: &Path) -> Option<u64> {
    let is_segment = path.extension().is_some_and(|extension| extension == "spool");
    path.file_stem().filter(|_| is_segment)?.to_str()?.parse().ok()
}

/// Walks a whole file.
pub(super) fn inspect(number: u64, bytes: &[u8]) -> Found {
    let mut segment = Segment::begin(number, frame::created(bytes).unwrap_or(Timestamp::from_millis(0)));
    if frame::created(bytes).is_none() {
        // A header that was never written whole is no loss; anything else is no segment of ours.
        segment.damaged = bytes.len() >= frame::HEADER_BYTES && bytes.iter().any(|byte| *byte != 0);
        return Found { segment, torn: false };
    }
    let (mut at, mut suspect) = (frame::HEADER_BYTES, false);
    let torn = loop {
        match frame::at(bytes, at) {
            Frame::Whole(_, next) => {
                segment.records += 1;
                segment.damaged |= suspect;
                suspect = false;
                at = next;
                segment.end = at as u64;
            }
            Frame::Damaged(next) => {
                // The last one of a file is what a crash leaves; before others it is damage.
                segment.damaged |= suspect;
                suspect = true;
                at = next;
            }
            Frame::Nonsense => {
                segment.damaged = true;
                break false;
            }
            Frame::Torn => {
                segment.damaged |= suspect;
                break true;
            }
            Frame::End => break suspect,
        }
    };
    Found { segment, torn }
}

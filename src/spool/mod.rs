//! A queue on disk for what a store does not take for the moment. Knows bytes, not what they mean.
//!
//! A spool is a folder of append-only segment files, `0000000001.spool` and so on. Each begins with a mark and the
//! moment it was made; then come records, each with its length and a CRC-32 of its bytes. [`Spool::push`] returns after
//! the bytes were synchronised with the disk (`fdatasync`, once a call), so that what it took outlives a killed process
//! and a power cut. [`Spool::read`] gives records in the order they came; [`Spool::confirm`] takes them out. A segment is
//! removed when the last of its records was confirmed: after a crash the records of one segment may be read again, so
//! whoever takes them has to know them by their ids.
//!
//! Past [`Config::limit`] the oldest segment is dropped and its records are counted. A last record that a crash cut
//! short is dropped and counted. A segment that is damaged anywhere else gives what can still be read and is then set
//! aside as `.corrupt`; of those the newest few are kept.
//!
//! Calls block on the disk: call them from a thread that may.

mod error;
mod frame;
mod segment;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::metrics::SpoolMetrics;
use crate::time::Timestamp;

pub use error::SpoolError;

use segment::Segment;

/// A segment is so much of the limit: what is dropped at once, and what is read again after a crash.
const SEGMENTS_IN_LIMIT: u64 = 64;
/// Bounds of a segment's size, in bytes.
const SEGMENT_BYTES: std::ops::RangeInclusive<u64> = (64 << 10)..=(16 << 20);
/// Segments that were set aside and are kept.
const CORRUPT_KEPT: usize = 4;

/// Where a spool lies and how large it may grow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// A folder of its own; made where missing.
    pub folder: PathBuf,
    /// Bytes of all segments together, at most. Default 1 GiB, at least 1 MiB.
    pub limit: u64,
}

/// Records that were read, oldest first, and what confirms them.
#[derive(Debug)]
pub struct Batch {
    /// The records' bytes.
    pub payloads: Vec<Vec<u8>>,
    /// To be given to [`Spool::confirm`].
    pub token: Token,
}

/// Names the records of one [`Batch`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    segment: u64,
    end: u64,
    records: u64,
}

/// What is in a spool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contents {
    /// Records not confirmed yet.
    pub records: u64,
    /// Bytes on disk.
    pub bytes: u64,
    /// When the oldest segment was begun; `None` for an empty spool.
    pub oldest: Option<Timestamp>,
}

/// A queue on disk. One process at a time: the folder is locked.
#[derive(Debug)]
pub struct Spool {
    config: Config,
    metrics: SpoolMetrics,
    inner: Mutex<Inner>,
    filled: Notify,
    /// Held for its lock.
    _lock: File,
}

#[derive(Debug, Default)]
struct Inner {
    /// Oldest first.
    segments: VecDeque<Segment>,
    /// The last segment, where it is still written.
    active: Option<File>,
    last_number: u64,
    /// What was read and is not confirmed.
    in_flight: Option<Token>,
}

impl Spool {
    /// Opens the folder, making it where it is missing, and takes up what an earlier process left.
    ///
    /// # Errors
    /// When the folder cannot be made, read or locked.
    pub fn open(config: Config, metrics: SpoolMetrics) -> Result<Self, SpoolError> {
        let failed = |source| SpoolError::Folder { folder: config.folder.clone(), source };
        make_folder(&config.folder).map_err(failed)?;
        let lock = private().create(true).truncate(false).open(config.folder.join("lock")).map_err(failed)?;
        lock.try_lock().map_err(|error| match error {
            fs::TryLockError::WouldBlock => SpoolError::InUse { folder: config.folder.clone() },
            fs::TryLockError::Error(source) => failed(source),
        })?;
        let mut inner = Inner::default();
        for number in numbers(&config.folder).map_err(failed)? {
            inner.last_number = number;
            inner.take_up(&config.folder, number, &metrics).map_err(failed)?;
        }
        let spool = Self { config, metrics, inner: Mutex::new(inner), filled: Notify::new(), _lock: lock };
        spool.show();
        let contents = spool.contents();
        if contents.records > 0 {
            tracing::info!(records = contents.records, bytes = contents.bytes, folder = %spool.config.folder.display(),
                "took up the spool that an earlier run left");
            spool.filled.notify_one();
        }
        Ok(spool)
    }

    /// Takes records in; how many older ones were dropped to make room. Returns when they are safe on the disk.
    ///
    /// # Errors
    /// When the disk does not take them (it is full, say); then none of them is in the spool.
    pub fn push(&self, payloads: &[Vec<u8>]) -> io::Result<u64> {
        let (block, records, mut dropped) = frame::block(payloads, self.config.limit / 2);
        let mut inner = self.inner.lock();
        dropped += inner.make_room(block.len() as u64, self.config.limit, &self.config.folder);
        if records > 0 {
            inner.append(&block, records, self.segment_bytes(), &self.config.folder)?;
            self.metrics.spooled.inc_by(records);
        }
        if dropped > 0 {
            self.metrics.dropped.inc_by(dropped);
            tracing::error!(
                records = dropped,
                limit = self.config.limit,
                "the spool is at its limit, dropped the oldest"
            );
        }
        drop(inner);
        self.show();
        self.filled.notify_one();
        Ok(dropped)
    }

    /// The oldest records that were not confirmed: at most so many, and past the first at most so many bytes. `None`
    /// from an empty spool. Called again without a confirmation it gives the same records.
    pub fn read(&self, max_records: usize, max_bytes: usize) -> Option<Batch> {
        let mut inner = self.inner.lock();
        loop {
            let segment = inner.segments.front_mut()?;
            match segment.read(&self.config.folder, max_records, max_bytes) {
                Ok((payloads, end)) if !payloads.is_empty() => {
                    let token = Token { segment: segment.number, end, records: payloads.len() as u64 };
                    inner.in_flight = Some(token);
                    return Some(Batch { payloads, token });
                }
                Ok(_) => inner.finish_front(&self.config.folder, &self.metrics),
                Err(error) => {
                    tracing::error!(%error, segment = segment.number, "a segment of the spool cannot be read");
                    self.metrics.dropped.inc_by(segment.records);
                    segment.damaged = true;
                    inner.finish_front(&self.config.folder, &self.metrics);
                }
            }
        }
    }

    /// Takes out what was read.
    pub fn confirm(&self, token: Token) {
        let mut inner = self.inner.lock();
        inner.in_flight = None;
        self.metrics.drained.inc_by(token.records);
        if let Some(segment) = inner.segments.front_mut().filter(|segment| segment.number == token.segment) {
            segment.confirmed_to = token.end;
            segment.records = segment.records.saturating_sub(token.records);
            if segment.confirmed_to >= segment.end {
                inner.finish_front(&self.config.folder, &self.metrics);
            }
        }
        drop(inner);
        self.show();
    }

    /// Whether nothing waits in it.
    pub fn is_empty(&self) -> bool {
        self.inner.lock().segments.is_empty()
    }

    /// Returns when there may be something to read.
    pub async fn filled(&self) {
        if self.is_empty() {
            self.filled.notified().await;
        }
    }

    /// What is in it now.
    pub fn contents(&self) -> Contents {
        let inner = self.inner.lock();
        Contents {
            records: inner.segments.iter().map(|segment| segment.records).sum(),
            bytes: inner.bytes(),
            oldest: inner.segments.front().map(|segment| segment.created),
        }
    }

    /// Brings the gauges up to date.
    pub fn show(&self) {
        let contents = self.contents();
        let gauge = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
        let age = contents.oldest.map_or(0, |oldest| Timestamp::now().since(oldest).as_secs());
        self.metrics.records.set(gauge(contents.records));
        self.metrics.bytes.set(gauge(contents.bytes));
        self.metrics.oldest_seconds.set(gauge(age));
    }

    /// Counts a push that failed.
    pub fn count_error(&self) {
        self.metrics.errors.inc();
    }

    fn segment_bytes(&self) -> u64 {
        (self.config.limit / SEGMENTS_IN_LIMIT).clamp(*SEGMENT_BYTES.start(), *SEGMENT_BYTES.end())
    }
}

impl Inner {
    fn bytes(&self) -> u64 {
        self.segments.iter().map(|segment| segment.end).sum()
    }

    /// Takes up a segment of an earlier process.
    fn take_up(&mut self, folder: &Path, number: u64, metrics: &SpoolMetrics) -> io::Result<()> {
        let path = segment::path(folder, number);
        let found = segment::inspect(number, &fs::read(&path)?);
        if found.torn {
            metrics.torn.inc();
            tracing::warn!(segment = %path.display(), "dropped the last record of a segment, a crash cut it short");
        }
        if found.segment.damaged {
            tracing::error!(segment = %path.display(), readable = found.segment.records,
                "a segment of the spool is damaged; what can be read is sent, then the file is set aside as .corrupt");
        }
        self.segments.push_back(found.segment);
        if self.segments.back().is_some_and(|segment| segment.records == 0) {
            let segment = self.segments.pop_back();
            segment.into_iter().for_each(|segment| segment.discard(folder, metrics));
        }
        Ok(())
    }

    /// Drops oldest segments until so many bytes more are within the limit; how many records went.
    fn make_room(&mut self, bytes: u64, limit: u64, folder: &Path) -> u64 {
        let mut dropped = 0;
        while self.bytes() + bytes > limit {
            let Some(oldest) = self.segments.pop_front() else { break };
            // Records being sent are in somebody's memory; they are not lost.
            let sent = self.in_flight.filter(|token| token.segment == oldest.number).map_or(0, |token| token.records);
            dropped += oldest.records.saturating_sub(sent);
            if self.segments.is_empty() {
                self.active = None;
            }
            oldest.remove(folder);
        }
        dropped
    }

    fn append(&mut self, block: &[u8], records: u64, segment_bytes: u64, folder: &Path) -> io::Result<()> {
        let fits = self.segments.back().is_some_and(|segment| segment.end + block.len() as u64 <= segment_bytes);
        if self.active.is_none() || !fits {
            self.begin_segment(folder)?;
        }
        let (Some(file), Some(segment)) = (self.active.as_mut(), self.segments.back_mut()) else {
            return Err(io::Error::other("no segment to write"));
        };
        let written = file.write_all(block).and_then(|()| file.sync_data());
        if let Err(error) = written {
            // What was written of it must not stand before the next record, and a file that could not be synchronised
            // is not to be trusted with one.
            if let Err(error) = file.set_len(segment.end) {
                tracing::warn!(%error, segment = segment.number, "a segment keeps an end that was not written whole");
            }
            self.active = None;
            self.drop_empty_back(folder);
            return Err(error);
        }
        segment.end += block.len() as u64;
        segment.records += records;
        Ok(())
    }

    fn begin_segment(&mut self, folder: &Path) -> io::Result<()> {
        self.active = None;
        let number = self.last_number + 1;
        let (path, created) = (segment::path(folder, number), Timestamp::now());
        let mut file = private().create_new(true).append(true).open(&path)?;
        self.last_number = number;
        let begun = file.write_all(&frame::header(created)).and_then(|()| sync_folder(folder));
        if let Err(error) = begun {
            // Nothing is in it; a start would pass it over.
            let _ = fs::remove_file(&path);
            return Err(error);
        }
        self.segments.push_back(Segment::begin(number, created));
        self.active = Some(file);
        Ok(())
    }

    /// A segment that was begun for records that were then not taken.
    fn drop_empty_back(&mut self, folder: &Path) {
        if self.segments.back().is_some_and(|segment| segment.end == frame::HEADER_BYTES as u64) {
            self.segments.pop_back().into_iter().for_each(|segment| segment.remove(folder));
        }
    }

    /// The oldest segment has nothing more to give.
    fn finish_front(&mut self, folder: &Path, metrics: &SpoolMetrics) {
        if let Some(segment) = self.segments.pop_front() {
            if self.segments.is_empty() {
                self.active = None;
            }
            segment.discard(folder, metrics);
        }
    }
}

/// Numbers of the segments in a folder, oldest first.
fn numbers(folder: &Path) -> io::Result<Vec<u64>> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder)? {
        numbers.extend(segment::number(&entry?.path()));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// Removes all but the newest files that were set aside.
fn forget_corrupt(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    let corrupt = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "corrupt");
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(corrupt).collect();
    paths.sort_unstable();
    for path in paths.iter().rev().skip(CORRUPT_KEPT) {
        let _ = fs::remove_file(path);
    }
}

/// Readable by the owner only: records say who visited what.
fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.recursive(true).create(folder)
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.read(true).write(true);
    options
}

/// A new file's name is on the disk only once its folder is.
fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

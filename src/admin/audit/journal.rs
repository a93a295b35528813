//! The files of the audit log.

use std::collections::VecDeque;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, Read, Seek, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Change;

/// Bytes past which a new file is begun.
pub(super) const MAX_BYTES: u64 = 8 << 20;
/// Older files kept: `audit.1.jsonl` is the newest of them.
pub(super) const OLDER_FILES: u32 = 4;

/// JSON lines in a file that is rotated.
pub(super) struct Journal {
    folder: PathBuf,
    file: File,
    bytes: u64,
}

impl Journal {
    /// Opens or makes the file; the last `most` changes of it and the older ones.
    pub(super) fn open(folder: &Path, most: usize) -> io::Result<(Self, VecDeque<Arc<Change>>)> {
        fs::create_dir_all(folder)?;
        let mut recent = VecDeque::new();
        for number in (0..=OLDER_FILES).rev() {
            read(&path(folder, number), most, &mut recent)?;
        }
        let mut file = open(&path(folder, 0))?;
        if !ends_whole(&path(folder, 0))? {
            file.write_all(b"\n")?;
        }
        let bytes = file.metadata()?.len();
        Ok((Self { folder: folder.to_owned(), file, bytes }, recent))
    }

    /// Writes one change through to the disk.
    pub(super) fn append(&mut self, change: &Change) -> io::Result<()> {
        if self.bytes >= MAX_BYTES {
            self.rotate()?;
        }
        let mut line = serde_json::to_vec(change)?;
        line.push(b'\n');
        self.file.write_all(&line)?;
        self.bytes += line.len() as u64;
        self.file.sync_data()
    }

    fn rotate(&mut self) -> io::Result<()> {
        for number in (0..OLDER_FILES).rev() {
            match fs::rename(path(&self.folder, number), path(&self.folder, number + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        self.file = open(&path(&self.folder, 0))?;
        self.bytes = 0;
        Ok(())
    }
}

fn path(folder: &Path, number: u32) -> PathBuf {
    folder.join(if number == 0 { "audit.jsonl".to_owned() } else { format!("audit.{number}.jsonl") })
}

fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).mode(0o600).open(path)
}

/// Whether the file ends with its last line whole.
fn ends_whole(path: &Path) -> io::Result<bool> {
    let mut file = File::open(path)?;
    if file.metadata()?.len() == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.seek(io::SeekFrom::End(-1))?;
    file.read_exact(&mut last)?;
    Ok(last == *b"\n")
}

/// Takes in the changes of a file, the last `most` of all at most. A line cut off by a crash is passed over.
fn read(path: &Path, most: usize, recent: &mut VecDeque<Arc<Change>>) -> io::Result<()> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    for line in BufReader::new(file).split(b'\n') {
        if let Ok(change) = serde_json::from_slice::<Change>(&line?) {
            if recent.len() >= most {
                recent.pop_front();
            }
            recent.push_back(Arc::new(change));
        }
    }
    Ok(())
}

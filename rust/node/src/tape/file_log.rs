//! The stage log on a disk that may fail: no line is lost that was not told to be lost.

use std::io;
use std::path::PathBuf;

use super::disk::Disk;

/// Lines that may wait for a disk without space. More is dropped: the control plane has them, and tells them again.
const MAX_PENDING_BYTES: usize = 4 << 20;

pub(super) struct FileLog<F> {
    path: PathBuf,
    file: Option<F>,
    length: u64,
    pending: Vec<u8>,
    /// Written since the last time that the disk said it has everything: written again if it turns out that it has not.
    unsynced: Vec<u8>,
}

impl<F: Send> FileLog<F> {
    /// `length` is how much of the file there is stands; what follows is cut off.
    pub(super) fn new(path: PathBuf, length: u64) -> Self {
        Self {
            path,
            file: None,
            length,
            pending: Vec::new(),
            unsynced: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, lines: &[u8]) {
        if self.pending.len() + lines.len() <= MAX_PENDING_BYTES {
            self.pending.extend_from_slice(lines);
        }
    }

    /// Writes what waits. After an error it waits on, and the file ends with a whole line if the disk lets it.
    pub(super) fn write<D: Disk<File = F>>(&mut self, disk: &D) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(disk.open(&self.path, self.length)?),
        };
        if let Err(error) = disk.append(file, &self.pending) {
            // Opened anew the next time, which cuts off what was written of it.
            self.file = None;
            return Err(error);
        }
        self.length += self.pending.len() as u64;
        self.unsynced.append(&mut self.pending);
        Ok(())
    }

    /// Waits for the disk. After an error what was written since the last success is written again, behind a line feed.
    pub(super) fn sync<D: Disk<File = F>>(&mut self, disk: &D) -> io::Result<()> {
        let Some(file) = self.file.as_ref().filter(|_| !self.unsynced.is_empty()) else {
            return Ok(());
        };
        let synced = disk.sync(file);
        let unsynced = std::mem::take(&mut self.unsynced);
        if synced.is_err() {
            self.file = None;
            let later = std::mem::take(&mut self.pending);
            self.pending.push(b'\n');
            self.pending.extend(unsynced);
            self.pending.extend(later);
        }
        synced
    }
}

//! The few things that a tape asks of a disk. There are two: the machine's, and one that tests can break.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

/// A disk. Every error is told; nothing is retried here.
pub trait Disk: Send + 'static {
    /// A file that is only ever added to.
    type File: Send;

    /// Makes a folder and those above it, for nobody else's eyes.
    ///
    /// # Errors
    /// As the system has it; the same goes for the rest.
    fn make_folder(&self, path: &Path) -> io::Result<()>;
    /// A new file; an error where there is one of this name.
    fn create(&self, path: &Path) -> io::Result<Self::File>;
    /// The file of this name, new or with what it has, cut off after `length` bytes.
    fn open(&self, path: &Path, length: u64) -> io::Result<Self::File>;
    /// Adds to its end: all of it, or an error.
    fn append(&self, file: &mut Self::File, bytes: &[u8]) -> io::Result<()>;
    /// Cuts the file off.
    fn cut(&self, file: &mut Self::File, length: u64) -> io::Result<()>;
    /// Waits until all that was added is on the disk. After an error nobody knows what is.
    fn sync(&self, file: &Self::File) -> io::Result<()>;
    /// Waits until the names in a folder are on the disk.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;
    /// The names in a folder; none where there is no such folder.
    fn list(&self, path: &Path) -> io::Result<Vec<String>>;
    /// The last bytes of a file, `most` of them or fewer; none where there is no such file.
    fn tail(&self, path: &Path, most: u64) -> io::Result<Vec<u8>>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Removes a folder with all that is in it; no error where there is none.
    fn remove_folder(&self, path: &Path) -> io::Result<()>;
    /// How full the disk is under a path, in percent as `df` counts.
    fn used_percent(&self, path: &Path) -> io::Result<f64>;
}

/// The machine's own.
#[derive(Debug, Clone, Copy)]
pub struct LocalDisk;

impl Disk for LocalDisk {
    type File = File;

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        DirBuilder::new().recursive(true).mode(0o700).create(path)
    }

    fn create(&self, path: &Path) -> io::Result<File> {
        OpenOptions::new().append(true).create_new(true).mode(0o600).open(path)
    }

    fn open(&self, path: &Path, length: u64) -> io::Result<File> {
        let file = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
        if file.metadata()?.len() > length {
            file.set_len(length)?;
        }
        Ok(file)
    }

    fn append(&self, file: &mut File, bytes: &[u8]) -> io::Result<()> {
        file.write_all(bytes)
    }

    fn cut(&self, file: &mut File, length: u64) -> io::Result<()> {
        file.set_len(length)
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        file.sync_data()
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        File::open(path)?.sync_all()
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let names = entries.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()));
        names.collect()
    }

    fn tail(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(most)))?;
        let mut bytes = Vec::new();
        file.take(most).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        match fs::remove_dir_all(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    fn used_percent(&self, path: &Path) -> io::Result<f64> {
        let disk = rustix::fs::statvfs(path)?;
        let used = disk.f_blocks.saturating_sub(disk.f_bfree) as f64;
        Ok(100.0 * used / (used + disk.f_bavail as f64).max(1.0))
    }
}

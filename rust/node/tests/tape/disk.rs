//! A disk that forgets what was not synced, and fails when it is told to.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use voxhall_node::tape::Disk;

#[derive(Debug, Clone, Default)]
struct Content {
    bytes: Vec<u8>,
    /// How much of it is safe.
    synced: usize,
    /// What a failed sync took for written: readable until the power is cut, and gone after it.
    forgotten: Vec<(usize, usize)>,
    /// Whether its folder was synced since it is there.
    is_named: bool,
}

/// What goes wrong from now on.
#[derive(Debug, Clone, Copy, Default)]
pub struct Faults {
    /// So many syncs of files fail with an I/O error.
    pub syncs: u32,
    /// Everything that writes is refused.
    pub read_only: bool,
    /// All files together may not be longer.
    pub capacity: Option<usize>,
    /// What `df` would say.
    pub used_percent: f64,
}

#[derive(Debug, Default)]
struct State {
    files: BTreeMap<PathBuf, Content>,
    faults: Faults,
}

/// See the module. A clone is the same disk.
#[derive(Debug, Clone, Default)]
pub struct ForgetfulDisk(Arc<Mutex<State>>);

impl ForgetfulDisk {
    pub fn set(&self, change: impl FnOnce(&mut Faults)) {
        change(&mut self.state().faults);
    }

    /// What would be there if the power were cut now.
    pub fn after_power_cut(&self) -> BTreeMap<String, Vec<u8>> {
        let state = self.state();
        let named = state.files.iter().filter(|(_, content)| content.is_named);
        let survive = |(path, content): (&PathBuf, &Content)| {
            let mut bytes = content.bytes[..content.synced].to_vec();
            for (from, to) in &content.forgotten {
                bytes[*from..*to].fill(0);
            }
            (name(path), bytes)
        };
        named.map(survive).collect()
    }

    /// What is there now.
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let state = self.state();
        state
            .files
            .iter()
            .map(|(path, content)| (name(path), content.bytes.clone()))
            .collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn writable(&mut self, more: usize) -> io::Result<()> {
        if self.faults.read_only {
            return Err(ErrorKind::ReadOnlyFilesystem.into());
        }
        let used: usize = self.files.values().map(|content| content.bytes.len()).sum();
        match self.faults.capacity {
            Some(capacity) if used + more > capacity => Err(ErrorKind::StorageFull.into()),
            _ => Ok(()),
        }
    }

    fn content(&mut self, path: &Path) -> io::Result<&mut Content> {
        self.files.get_mut(path).ok_or_else(|| ErrorKind::NotFound.into())
    }
}

fn name(path: &Path) -> String {
    path.file_name().expect("a file").to_string_lossy().into_owned()
}

impl Disk for ForgetfulDisk {
    type File = PathBuf;

    fn make_folder(&self, _: &Path) -> io::Result<()> {
        self.state().writable(0)
    }

    fn create(&self, path: &Path) -> io::Result<PathBuf> {
        let mut state = self.state();
        state.writable(0)?;
        match state.files.insert(path.to_owned(), Content::default()) {
            Some(_) => Err(ErrorKind::AlreadyExists.into()),
            None => Ok(path.to_owned()),
        }
    }

    fn open(&self, path: &Path, length: u64) -> io::Result<PathBuf> {
        let mut state = self.state();
        state.writable(0)?;
        let content = state.files.entry(path.to_owned()).or_default();
        content.bytes.truncate(usize::try_from(length).unwrap_or(usize::MAX));
        content.synced = content.synced.min(content.bytes.len());
        Ok(path.to_owned())
    }

    fn append(&self, file: &mut PathBuf, bytes: &[u8]) -> io::Result<()> {
        let mut state = self.state();
        if let Err(error) = state.writable(bytes.len()) {
            // As disks do it, half of it is there.
            state.content(file)?.bytes.extend_from_slice(&bytes[..bytes.len() / 2]);
            return Err(error);
        }
        state.content(file)?.bytes.extend_from_slice(bytes);
        Ok(())
    }

    fn cut(&self, file: &mut PathBuf, length: u64) -> io::Result<()> {
        let length = usize::try_from(length).unwrap_or(usize::MAX);
        self.state().content(file)?.bytes.truncate(length);
        Ok(())
    }

    fn sync(&self, file: &PathBuf) -> io::Result<()> {
        let mut state = self.state();
        let fails = state.faults.syncs > 0;
        state.faults.syncs = state.faults.syncs.saturating_sub(1);
        let content = state.content(file)?;
        let unsynced = (content.synced, content.bytes.len());
        content.synced = content.bytes.len();
        if fails {
            content.forgotten.push(unsynced);
            return Err(io::Error::from_raw_os_error(5));
        }
        Ok(())
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        for (file, content) in &mut state.files {
            content.is_named |= file.parent() == Some(path);
        }
        Ok(())
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        let state = self.state();
        Ok(state
            .files
            .keys()
            .filter(|file| file.parent() == Some(path))
            .map(|file| name(file))
            .collect())
    }

    fn tail(&self, path: &Path, most: u64) -> io::Result<Vec<u8>> {
        let state = self.state();
        let bytes = state.files.get(path).map_or(&[][..], |content| &content.bytes);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        Ok(bytes[bytes.len().saturating_sub(most)..].to_vec())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.state().files.remove(path);
        Ok(())
    }

    fn remove_folder(&self, path: &Path) -> io::Result<()> {
        self.state().files.retain(|file, _| !file.starts_with(path));
        Ok(())
    }

    fn used_percent(&self, _: &Path) -> io::Result<f64> {
        Ok(self.state().faults.used_percent)
    }
}

/// The segments that files are of.
pub fn segments<'a>(files: impl Iterator<Item = &'a String>) -> BTreeSet<u32> {
    let number = |file: &String| file.strip_suffix(".ogg")?.rsplit('.').next()?.parse().ok();
    files.filter_map(number).collect()
}

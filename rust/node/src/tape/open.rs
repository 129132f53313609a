//! One tape's files on a disk, and what becomes of it when the disk fails.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use voxhall_media::routers::NodeEvent;
use voxhall_media::tape::{Effect, GapReason, Kind, Past, STAGE_FILE, Tape, last_granule};

use super::disk::Disk;
use super::file_log::FileLog;
use super::{FULL_PERCENT, Place};

/// A disk that fails again this soon is given a rest; a single fault costs a segment.
const FAULTS_APART: Duration = Duration::from_secs(10);
/// How long a rest is. Shorter tries in vain more often, longer loses more of what could be written again.
const REST: Duration = Duration::from_secs(5);
/// What a disk has to take before recording goes on: enough that it does not stop again at once.
const PROBE_BYTES: usize = 256 << 10;
const PROBE_FILE: &str = "probe.tmp";
/// More than the last pages of a mix are long.
const TAIL_BYTES: u64 = 256 << 10;

struct OpenFile<F> {
    file: F,
    length: u64,
    is_dirty: bool,
}

/// See the module.
pub(super) struct OpenTape<F> {
    pub(super) tape: Tape,
    space: String,
    folder: PathBuf,
    files: BTreeMap<String, OpenFile<F>>,
    folder_is_dirty: bool,
    /// None for a ring.
    log: Option<FileLog<F>>,
    failed_at: Option<Instant>,
    tries_at: Option<Instant>,
    /// What the control plane is to know.
    pub(super) events: Vec<NodeEvent>,
}

impl<F: Send> OpenTape<F> {
    /// What is in a folder of a tape, and how long its log is in whole lines.
    pub(super) fn past<D: Disk<File = F>>(disk: &D, folder: &Path) -> io::Result<(Past, u64)> {
        let (mut past, whole) = Past::read(&disk.tail(&folder.join(STAGE_FILE), u64::MAX)?);
        let mix = folder.join(format!("mix.{:04}.ogg", past.segment));
        if let Some(granule) = last_granule(&disk.tail(&mix, TAIL_BYTES)?) {
            past.see_mix(granule);
        }
        for name in disk.list(folder)? {
            let segment = name.strip_suffix(".ogg").and_then(|stem| stem.rsplit('.').next());
            past.see_segment(segment.and_then(|number| number.parse().ok()).unwrap_or(0));
        }
        Ok((past, whole as u64))
    }

    /// Begins to write, in a new segment. Where the disk refuses, the tape is stopped.
    pub(super) fn begin<D: Disk<File = F>>(
        disk: &D,
        folder: PathBuf,
        tape: Tape,
        space: &str,
        log_length: u64,
        now: Instant,
        wall_ms: i64,
    ) -> io::Result<Self> {
        disk.make_folder(&folder)?;
        if let Some(above) = folder.parent() {
            disk.sync_folder(above)?;
        }
        let log = (tape.kind() == Kind::Recording).then(|| FileLog::new(folder.join(STAGE_FILE), log_length));
        let mut open = Self {
            tape,
            space: space.to_owned(),
            folder,
            files: BTreeMap::new(),
            folder_is_dirty: true,
            log,
            failed_at: None,
            tries_at: None,
            events: Vec::new(),
        };
        open.carry_out(disk, now, wall_ms);
        Ok(open)
    }

    pub(super) fn place(&self) -> Place {
        Place {
            at_ms: self.tape.at_ms(),
            segment: self.tape.segment(),
            last_seq: self.tape.last_seq(),
        }
    }

    /// Does what the tape wants done: the log's part first, so that it names every file before there is one.
    pub(super) fn carry_out<D: Disk<File = F>>(&mut self, disk: &D, now: Instant, wall_ms: i64) {
        loop {
            let effects = self.tape.take_effects();
            self.write_log(disk, &effects, now);
            if self.tape.stopped().is_some() {
                return;
            }
            // What comes after a failure belongs to files that are given up.
            let failure = effects.into_iter().find_map(|effect| self.write(disk, effect).err());
            let Some((file, error)) = failure else { return };
            self.fail(disk, &file, &error, now, wall_ms);
        }
    }

    fn write_log<D: Disk<File = F>>(&mut self, disk: &D, effects: &[Effect], now: Instant) {
        let Some(log) = &mut self.log else { return };
        for effect in effects {
            if let Effect::Log(lines) = effect {
                log.add(lines);
            }
        }
        // While the tape is stopped, lines wait.
        if self.tape.stopped().is_none()
            && let Err(error) = log.write(disk)
        {
            self.stop(disk, reason(&error), now);
        }
    }

    fn write<D: Disk<File = F>>(&mut self, disk: &D, effect: Effect) -> Result<(), (String, io::Error)> {
        match effect {
            Effect::Log(_) => Ok(()),
            Effect::Create { file, bytes } => {
                self.folder_is_dirty = true;
                let opened = disk.create(&self.folder.join(&file)).and_then(|mut opened| {
                    disk.append(&mut opened, &bytes)?;
                    Ok(opened)
                });
                let opened = opened.map_err(|error| (file.clone(), error))?;
                let length = bytes.len() as u64;
                let is_dirty = true;
                self.files.insert(
                    file,
                    OpenFile {
                        file: opened,
                        length,
                        is_dirty,
                    },
                );
                Ok(())
            }
            Effect::Append { file, bytes } => {
                let Some(open) = self.files.get_mut(&file) else {
                    return Ok(());
                };
                if let Err(error) = disk.append(&mut open.file, &bytes) {
                    // Part of a page is no harm, but no use either.
                    let _ = disk.cut(&mut open.file, open.length);
                    return Err((file, error));
                }
                open.length += bytes.len() as u64;
                open.is_dirty = true;
                Ok(())
            }
            Effect::Close { file } => {
                let closed = self
                    .files
                    .remove(&file)
                    .filter(|open| open.is_dirty && self.log.is_some());
                let synced = closed.map_or(Ok(()), |closed| disk.sync(&closed.file));
                synced.map_err(|error| (file, error))
            }
            Effect::Remove { file } => {
                // What cannot be removed now is removed with the folder.
                let _ = disk.remove(&self.folder.join(file));
                Ok(())
            }
        }
    }

    /// Makes sure that the disk has everything: the log first, so that it knows of every file that is found.
    pub(super) fn sync<D: Disk<File = F>>(&mut self, disk: &D, now: Instant, wall_ms: i64) {
        let Some(log) = &mut self.log else { return };
        let mut failure = log.sync(disk).err().map(|error| (STAGE_FILE.to_owned(), error));
        if self.folder_is_dirty {
            self.folder_is_dirty = false;
            let synced = disk.sync_folder(&self.folder);
            failure = failure.or(synced.err().map(|error| (STAGE_FILE.to_owned(), error)));
        }
        for (name, open) in self.files.iter_mut().filter(|(_, open)| open.is_dirty) {
            open.is_dirty = false;
            let synced = disk.sync(&open.file);
            failure = failure.or(synced.err().map(|error| (name.clone(), error)));
        }
        if let Some((file, error)) = failure {
            self.fail(disk, &file, &error, now, wall_ms);
            self.carry_out(disk, now, wall_ms);
        }
    }

    fn fail<D: Disk<File = F>>(&mut self, disk: &D, file: &str, error: &io::Error, now: Instant, wall_ms: i64) {
        let is_repeated = self
            .failed_at
            .is_some_and(|at| now.saturating_duration_since(at) < FAULTS_APART);
        self.failed_at = Some(now);
        let can_go_on = !matches!(
            error.kind(),
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::ReadOnlyFilesystem
        );
        if can_go_on && !is_repeated && self.tape.stopped().is_none() {
            self.files.remove(file);
            self.tape.damaged(file, &error.kind().to_string(), wall_ms);
            self.tell(|space| NodeEvent::TapeDamaged {
                space,
                reason: error.kind().to_string(),
            });
        } else {
            self.stop(disk, reason(error), now);
        }
    }

    fn stop<D: Disk<File = F>>(&mut self, disk: &D, reason: GapReason, now: Instant) {
        for open in std::mem::take(&mut self.files).into_values() {
            // The last that can be done for them.
            let _ = disk.sync(&open.file);
        }
        if self.tape.stopped().is_none() {
            self.tell(|space| NodeEvent::TapeStopped { space, reason });
        }
        self.tape.stop(reason);
        self.tries_at = Some(now + REST);
    }

    /// Goes on once the disk takes something again.
    pub(super) fn try_again<D: Disk<File = F>>(&mut self, disk: &D, now: Instant, wall_ms: i64) {
        if self.tape.stopped().is_none() || self.tries_at.is_some_and(|at| now < at) {
            return;
        }
        self.tries_at = Some(now + REST);
        if self.is_disk_full(disk) || self.probe(disk).is_err() {
            return;
        }
        self.tape.resume(wall_ms);
        self.carry_out(disk, now, wall_ms);
        if self.tape.stopped().is_none() {
            self.failed_at = None;
            self.tell(|space| NodeEvent::TapeResumed { space });
        }
    }

    /// What a full disk has left is not for recordings: one that was stopped goes on when a new one could begin.
    fn is_disk_full<D: Disk<File = F>>(&self, disk: &D) -> bool {
        let used = disk.used_percent(&self.folder);
        self.tape.stopped() == Some(GapReason::DiskFull) && used.is_ok_and(|used| used >= FULL_PERCENT)
    }

    fn probe<D: Disk<File = F>>(&self, disk: &D) -> io::Result<()> {
        let path = self.folder.join(PROBE_FILE);
        let tried = disk.open(&path, 0).and_then(|mut file| {
            disk.append(&mut file, &vec![0; PROBE_BYTES])?;
            disk.sync(&file)
        });
        // One that is left over is cut off by the next.
        let _ = disk.remove(&path);
        tried
    }

    /// Ends all files and waits for the disk.
    pub(super) fn finish<D: Disk<File = F>>(&mut self, disk: &D, for_good: bool, now: Instant, wall_ms: i64) {
        self.tape.close();
        self.carry_out(disk, now, wall_ms);
        if for_good {
            // Whoever reads this line finds the last page.
            self.tape.finish(wall_ms);
            self.carry_out(disk, now, wall_ms);
        }
        if let Some(log) = self.log.as_mut().filter(|_| self.tape.stopped().is_some()) {
            // The last that can be done: the disk may have space for a line.
            let _ = log.write(disk);
        }
        self.sync(disk, now, wall_ms);
        if self.log.is_none() {
            // What is left of a ring is removed when the node starts again.
            let _ = disk.remove_folder(&self.folder);
        }
    }

    fn tell(&mut self, event: impl FnOnce(String) -> NodeEvent) {
        // A ring is nobody's recording.
        if self.log.is_some() {
            self.events.push(event(self.space.clone()));
        }
    }
}

fn reason(error: &io::Error) -> GapReason {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => GapReason::DiskFull,
        _ => GapReason::DiskError,
    }
}

//! The register of listeners: what the next process goes on from when this one dies, in memory that somebody else holds
//! ([decision 12](../../../../docs/decisions/0012-a-restarted-node-carries-on.md)).
//!
//! A row is an [`Entry`] behind a checksum, rewritten when its listener joins, moves or leaves, and a few counts, each a word of
//! its own that is written whole. A row that was being written when the process died has a wrong checksum, and its listener has to join
//! anew. Numbers of packets are used up ahead: what the row says is below which none may be used again.

use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
use std::time::Duration;

use super::entry::Entry;
use super::place::Place;
use super::rtcp::SentSoFar;

const ROW_WORDS: usize = 64;
/// Words of a row: its checksum, the counts, the entry.
const CHECKSUM: usize = 0;
const SEQUENCE: usize = 1;
const REPORTS: usize = 2;
const SENT: usize = 3;
const STATE: usize = 4;
const ENTRY: usize = 5;
/// Bits of the state.
const AWAY: u64 = 1;
const PROTECTED: u64 = 2;

/// Words of the header, which is as long as a row: whose rows they are, when the node began, how many rows were ever used, how
/// often a node began with them and did not last.
const LAYOUT: usize = 0;
const BOOT: [usize; 2] = [1, 2];
const BEGAN: usize = 3;
const USED: usize = 4;
const STARTS: usize = 5;

/// Numbers that are used up at once: a second of packets and a little. A receiver counts so many as lost after a restart, at most; fewer
/// are more writes, which at ten thousand listeners are a thousandth of a core.
const NUMBERS: u64 = 64;
/// So often a node may begin with the same rows and not last. What it dies of could be in them.
const MAX_STARTS: u64 = 3;

/// This build's way of writing rows: another is not read, and no one has to remember to say so.
const THIS_LAYOUT: u64 = hash(
    include_bytes!("entry.rs"),
    hash(include_bytes!("register.rs"), VERSION_HASH),
);
const VERSION_HASH: u64 = hash(env!("CARGO_PKG_VERSION").as_bytes(), 0xcbf2_9ce4_8422_2325);

/// Memory that outlives this process, and the moment by the clock of this boot.
#[derive(Debug, Clone, Copy)]
pub struct Memory {
    /// A row of 512 bytes for each listener, and one more.
    pub words: &'static [AtomicU64],
    /// Names this boot of the machine.
    pub boot: u128,
    /// How long it has been up, by the clock that this process counts with.
    pub uptime: Duration,
}

/// Counts of a listener, which a new process goes on from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Below it every number of a packet is used up.
    pub(crate) sequence: u64,
    /// Our next SRTCP index, and the highest of theirs that was heard.
    pub(crate) next_report: u32,
    pub(crate) heard_report: Option<u32>,
    /// Up to the last time that numbers were used up.
    pub(crate) sent: SentSoFar,
    pub(crate) is_away: bool,
    pub(crate) is_protected: bool,
}

/// See the module. Without memory it keeps nothing.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Register {
    words: &'static [AtomicU64],
}

impl Register {
    /// Takes the memory over; the second value is when the first node that had it began. What another boot, another build or nobody
    /// wrote is thrown away.
    pub(crate) fn open(memory: &Memory) -> (Self, Duration) {
        let words = memory.words;
        let register = Self { words };
        if words.len() < ROW_WORDS {
            return (Self::default(), memory.uptime);
        }
        let boot = [memory.boot as u64, (memory.boot >> 64) as u64];
        let is_ours = load(words, LAYOUT) == THIS_LAYOUT && BOOT.map(|at| load(words, at)) == boot;
        let began = load(words, BEGAN);
        if is_ours && load(words, STARTS) < MAX_STARTS && Duration::from_nanos(began) <= memory.uptime {
            words[STARTS].fetch_add(1, SeqCst);
            return (register, Duration::from_nanos(began));
        }
        register.wipe(!is_ours);
        for (at, value) in BOOT.into_iter().zip(boot) {
            words[at].store(value, SeqCst);
        }
        words[BEGAN].store(memory.uptime.as_nanos() as u64, SeqCst);
        words[STARTS].store(1, SeqCst);
        words[LAYOUT].store(THIS_LAYOUT, SeqCst);
        (register, memory.uptime)
    }

    /// The node lasts: what it began with is sound.
    pub(crate) fn is_sound(&self) {
        if let Some(starts) = self.words.get(STARTS) {
            starts.store(0, SeqCst);
        }
    }

    /// Everybody in it. Torn rows are wiped.
    pub(crate) fn entries(&self) -> Vec<(Place, Entry, Counts)> {
        let used = self.words.get(USED).map_or(0, |used| used.load(SeqCst));
        let places = (0..used).map(|place| Place(place as u32));
        let read = |place: Place| {
            let entry = self.read(place);
            if entry.is_none() {
                self.clear(place);
            }
            Some((place, entry?, counts(self.row(place)?)))
        };
        places.filter_map(read).collect()
    }

    /// What is written of whoever has this place. None where that is nothing, or torn.
    pub(crate) fn read(&self, place: Place) -> Option<Entry> {
        let row = self.row(place)?;
        let words: Vec<u64> = row[ENTRY..].iter().map(|word| word.load(SeqCst)).collect();
        if row[CHECKSUM].load(SeqCst) != checksum(&words) {
            return None;
        }
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        Entry::read(&bytes)
    }

    /// Writes an entry in place of the one before; counts stay. One that does not fit is not kept.
    pub(crate) fn write(&self, place: Place, entry: &Entry) {
        let Some(row) = self.row(place) else { return };
        // First of all what is there is void: a process that dies in here leaves nobody who could be taken for somebody else.
        row[CHECKSUM].store(0, SeqCst);
        let Some(bytes) = entry.to_bytes().filter(|bytes| bytes.len() <= 8 * (ROW_WORDS - ENTRY)) else {
            return self.clear(place);
        };
        self.words[USED].fetch_max(u64::from(place.0) + 1, SeqCst);
        let mut chunks = bytes.chunks(8);
        let mut next = || {
            let mut word = [0; 8];
            let chunk = chunks.next().unwrap_or_default();
            word[..chunk.len()].copy_from_slice(chunk);
            u64::from_le_bytes(word)
        };
        let words: [u64; ROW_WORDS - ENTRY] = std::array::from_fn(|_| next());
        for (word, value) in row[ENTRY..].iter().zip(words) {
            word.store(value, SeqCst);
        }
        row[CHECKSUM].store(checksum(&words), SeqCst);
    }

    /// Changes an entry, where there is one.
    pub(crate) fn change(&self, place: Place, change: impl FnOnce(&mut Entry)) {
        if let Some(mut entry) = self.read(place) {
            change(&mut entry);
            self.write(place, &entry);
        }
    }

    /// Whoever had the place has left, with all of its keys.
    pub(crate) fn clear(&self, place: Place) {
        for word in self.row(place).unwrap_or_default() {
            word.store(0, SeqCst);
        }
    }

    /// Uses numbers up, from `first` on; those below the answer may be used from now on.
    pub(crate) fn use_up(&self, place: Place, first: u64, sent: SentSoFar) -> u64 {
        let Some(row) = self.row(place) else { return u64::MAX };
        let below = first + NUMBERS;
        row[SEQUENCE].store(below, SeqCst);
        row[SENT].store(u64::from(sent.packets) << 32 | u64::from(sent.octets), SeqCst);
        below
    }

    /// Notes our next SRTCP index, and the highest of theirs that was heard.
    pub(crate) fn note_reports(&self, place: Place, next: u32, heard: Option<u32>) {
        if let Some(row) = self.row(place) {
            let heard = heard.map_or(0, |heard| u64::from(heard) + 1);
            row[REPORTS].store(heard << 32 | u64::from(next), SeqCst);
        }
    }

    pub(crate) fn set_away(&self, place: Place, is_away: bool) {
        self.set(place, AWAY, is_away);
    }

    pub(crate) fn set_protected(&self, place: Place, is_protected: bool) {
        self.set(place, PROTECTED, is_protected);
    }

    /// The end of it all: nothing is left for anybody.
    pub(crate) fn close(&self) {
        self.wipe(false);
    }

    /// `whole`: rows may have been used that the header does not tell of.
    fn wipe(&self, whole: bool) {
        let used = self.words.get(USED).map_or(0, |used| used.load(SeqCst));
        let rows = (used as usize).saturating_add(1).saturating_mul(ROW_WORDS);
        // A page that nobody has written costs nothing until it is read.
        let is_fresh = self.words.first().is_none_or(|layout| layout.load(SeqCst) == 0);
        let length = if whole && !is_fresh { usize::MAX } else { rows };
        // The header goes last: who dies in here leaves what is thrown away again.
        let words = &self.words[..length.min(self.words.len())];
        words.iter().rev().for_each(|word| word.store(0, SeqCst));
    }

    fn set(&self, place: Place, bit: u64, is_set: bool) {
        if let Some(row) = self.row(place) {
            match is_set {
                true => row[STATE].fetch_or(bit, SeqCst),
                false => row[STATE].fetch_and(!bit, SeqCst),
            };
        }
    }

    fn row(&self, place: Place) -> Option<&'static [AtomicU64]> {
        let first = (place.0 as usize + 1) * ROW_WORDS;
        self.words.get(first..first + ROW_WORDS)
    }
}

fn load(words: &[AtomicU64], at: usize) -> u64 {
    words[at].load(SeqCst)
}

fn counts(row: &[AtomicU64]) -> Counts {
    let (reports, sent, state) = (load(row, REPORTS), load(row, SENT), load(row, STATE));
    Counts {
        sequence: load(row, SEQUENCE),
        next_report: reports as u32,
        heard_report: ((reports >> 32) as u32).checked_sub(1),
        sent: SentSoFar {
            packets: (sent >> 32) as u32,
            octets: sent as u32,
            timestamp: 0,
        },
        is_away: state & AWAY != 0,
        is_protected: state & PROTECTED != 0,
    }
}

/// FNV-1a, a word at a time; never zero, which is an empty row. It finds accidents, not intent: who can write here has the keys.
fn checksum(words: &[u64]) -> u64 {
    let step = |sum: u64, word: &u64| ((sum ^ word).wrapping_mul(0x0100_0000_01b3)).rotate_left(23);
    words.iter().fold(THIS_LAYOUT, step) | 1
}

const fn hash(bytes: &[u8], from: u64) -> u64 {
    let (mut sum, mut at) = (from, 0);
    while at < bytes.len() {
        sum = (sum ^ bytes[at] as u64).wrapping_mul(0x0100_0000_01b3);
        at += 1;
    }
    sum
}

#[cfg(test)]
#[path = "register-tests.rs"]
mod tests;

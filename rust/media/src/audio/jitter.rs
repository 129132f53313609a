//! Puts packets in order: a bounded ring of those that wait to be played, keyed by extended sequence number.
//!
//! It knows nothing of time. A packet leaves once, in order, by [`JitterBuffer::take`]; what comes twice, too late, too
//! far ahead or from a sequence nobody has heard of is refused with the reason.

use super::Packet;

/// Packets that may wait. Raising it lets a longer burst survive (64 packets are 1.3 s of 20 ms each) at 2 kB each for a
/// hostile sender; lowering it below 16 loses words when a mobile network pauses.
const CAPACITY: u64 = 64;

/// The largest payload kept. 1,275 bytes is the largest single Opus frame (RFC 6716 §3.4); beyond it is no speech.
const MAX_PAYLOAD_BYTES: usize = 1_500;

/// A sequence number this far from what is expected is not reordering but another sequence (RFC 3550 A.1 has 3,000 and 100).
/// Raising it makes a sender that starts again stay silent for longer; lowering it below [`CAPACITY`] resets on bursts.
const MAX_JUMP: u64 = 500;

/// A timestamp may not run ahead of its sequence number by more than this: ten minutes of pause.
/// Raising it only lets absurd values in; lowering it restarts a sender that was silent for long, which is harmless too.
const MAX_PAUSE_SAMPLES: u64 = 600 * 48_000;

/// Numbers beyond this are no counts of packets or samples; below it no sum here overflows.
const LARGEST_NUMBER: u64 = u64::MAX / 4;

/// A packet that waits, with the buffer its payload lives in, which is used again.
#[derive(Debug, Default)]
struct Place {
    taken: bool,
    sequence: u64,
    timestamp: u64,
    duration: usize,
    level_dbov: Option<i8>,
    payload: Vec<u8>,
}

/// What became of a packet that was handed in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Insertion {
    /// It waits.
    Kept,
    /// It starts a new sequence, confirmed by its forerunner; all that waited is gone.
    Restarted,
    /// It was there already.
    Duplicate,
    /// Its place has been played.
    Late,
    /// Too large, too far ahead, or of an unconfirmed new sequence.
    Refused,
}

/// A packet about to be played.
#[derive(Clone, Copy, Debug)]
pub struct Waiting<'a> {
    /// Extended sequence number.
    pub sequence: u64,
    /// Extended timestamp, samples.
    pub timestamp: u64,
    /// What it plays, samples.
    pub duration: usize,
    /// The sender's own word on its level.
    pub level_dbov: Option<i8>,
    /// The Opus packet.
    pub payload: &'a [u8],
}

/// See the module.
#[derive(Debug)]
pub struct JitterBuffer {
    places: Vec<Place>,
    waiting: usize,
    /// The range of the waiting, when any waits; never wider than [`CAPACITY`].
    oldest: u64,
    newest: u64,
    /// The first sequence number not yet played, and the timestamp up to which all is played.
    next: Option<(u64, u64)>,
    /// The one after a packet of an unknown sequence: if it comes, the sequence is real (RFC 3550 A.1).
    probation: Option<u64>,
    played: PlayedWindow,
}

impl Default for JitterBuffer {
    fn default() -> Self {
        Self::new()
    }
}

impl JitterBuffer {
    /// An empty buffer that takes whatever sequence comes first.
    #[must_use]
    pub fn new() -> Self {
        let places = (0..CAPACITY).map(|_| Place::default()).collect();
        Self {
            places,
            waiting: 0,
            oldest: 0,
            newest: 0,
            next: None,
            probation: None,
            played: PlayedWindow::default(),
        }
    }

    /// Forgets everything; the next packet may begin any sequence.
    pub fn clear(&mut self) {
        for place in &mut self.places {
            place.taken = false;
        }
        self.waiting = 0;
        self.next = None;
        self.probation = None;
        self.played = PlayedWindow::default();
    }

    /// Keeps a packet of `duration` samples, if it fits in.
    pub fn insert(&mut self, packet: &Packet<'_>, duration: usize) -> Insertion {
        if packet.payload.len() > MAX_PAYLOAD_BYTES || packet.sequence.max(packet.timestamp) > LARGEST_NUMBER {
            return Insertion::Refused;
        }
        let mut outcome = Insertion::Kept;
        if let Some((next_sequence, next_timestamp)) = self.next {
            if !belongs(packet, next_sequence, next_timestamp) {
                if self.probation != Some(packet.sequence) {
                    self.probation = packet.sequence.checked_add(1);
                    return Insertion::Refused;
                }
                self.clear();
                outcome = Insertion::Restarted;
            } else if packet.sequence < next_sequence {
                return if self.played.contains(packet.sequence) {
                    Insertion::Duplicate
                } else {
                    Insertion::Late
                };
            }
        }
        self.next.get_or_insert((packet.sequence, packet.timestamp));
        let (oldest, newest) = match self.waiting {
            0 => (packet.sequence, packet.sequence),
            _ => (self.oldest.min(packet.sequence), self.newest.max(packet.sequence)),
        };
        if newest - oldest >= CAPACITY {
            return Insertion::Refused;
        }
        self.probation = None;
        let place = &mut self.places[(packet.sequence % CAPACITY) as usize];
        if place.taken {
            return Insertion::Duplicate;
        }
        place.taken = true;
        place.sequence = packet.sequence;
        place.timestamp = packet.timestamp;
        place.duration = duration;
        place.level_dbov = packet.level_dbov;
        place.payload.clear();
        place.payload.extend_from_slice(packet.payload);
        self.waiting += 1;
        (self.oldest, self.newest) = (oldest, newest);
        outcome
    }

    /// How many packets wait.
    #[must_use]
    pub fn len(&self) -> usize {
        self.waiting
    }

    /// Whether nothing waits.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    /// The earliest packet that waits, whether or not the one before it has come.
    #[must_use]
    pub fn first(&self) -> Option<Waiting<'_>> {
        if self.waiting == 0 {
            return None;
        }
        let place = &self.places[(self.oldest % CAPACITY) as usize];
        Some(Waiting {
            sequence: place.sequence,
            timestamp: place.timestamp,
            duration: place.duration,
            level_dbov: place.level_dbov,
            payload: &place.payload,
        })
    }

    /// The sequence number that is to be played next.
    #[must_use]
    pub fn next_sequence(&self) -> Option<u64> {
        self.next.map(|(sequence, _)| sequence)
    }

    /// Whether this packet is missing although a later one waits.
    #[must_use]
    pub fn lacks(&self, sequence: u64) -> bool {
        let is_next = self.next_sequence().is_some_and(|next| sequence >= next);
        let is_missed = self.waiting > 0 && sequence < self.newest && self.newest - sequence < CAPACITY;
        is_next && is_missed && !self.places[(sequence % CAPACITY) as usize].taken
    }

    /// The latest sequence number that waits.
    #[must_use]
    pub fn newest_sequence(&self) -> Option<u64> {
        (self.waiting > 0).then_some(self.newest)
    }

    /// Says that everything up to and including `sequence` is played and that the sound of it ends at `timestamp`.
    /// `heard` is false when it was played without the packet, so that the packet counts as late when it comes.
    pub fn take(&mut self, sequence: u64, timestamp: u64, heard: bool) {
        while self.waiting > 0 && self.oldest <= sequence {
            let place = &mut self.places[(self.oldest % CAPACITY) as usize];
            self.waiting -= usize::from(std::mem::take(&mut place.taken));
            self.oldest += 1;
        }
        while self.waiting > 0 && !self.places[(self.oldest % CAPACITY) as usize].taken {
            self.oldest += 1;
        }
        self.played.push(sequence, heard);
        self.next = Some((sequence.saturating_add(1), timestamp));
    }
}

/// Whether a packet can be of the sequence that is being played.
fn belongs(packet: &Packet<'_>, next_sequence: u64, next_timestamp: u64) -> bool {
    if packet.sequence.abs_diff(next_sequence) > MAX_JUMP {
        return false;
    }
    if packet.sequence < next_sequence {
        return packet.timestamp <= next_timestamp.saturating_add(MAX_PAUSE_SAMPLES);
    }
    // A timestamp may repeat a little (a sender's clock stepping back), not run back seconds.
    packet.timestamp.saturating_add(48_000) >= next_timestamp
        && packet.timestamp.saturating_sub(next_timestamp) <= MAX_PAUSE_SAMPLES
}

/// The last 64 sequence numbers played, and whether each had its packet: tells a duplicate from a latecomer.
#[derive(Debug, Default)]
struct PlayedWindow {
    newest: u64,
    heard: u64,
}

impl PlayedWindow {
    fn push(&mut self, sequence: u64, heard: bool) {
        let ahead = sequence.saturating_sub(self.newest);
        self.heard = if ahead >= 64 { 0 } else { self.heard << ahead };
        self.heard |= u64::from(heard);
        self.newest = sequence;
    }

    fn contains(&self, sequence: u64) -> bool {
        let age = self.newest.saturating_sub(sequence);
        sequence <= self.newest && age < 64 && (self.heard >> age) & 1 == 1
    }
}

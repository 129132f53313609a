//! The mixer of one space: takes every source's packets as they come and gives one packet of all of them each tick.
//!
//! Every open source is decoded, so levels are true whatever a sender claims. A source is let into the mix while it speaks
//! and for a while after, so that the backgrounds of twenty open microphones do not add up; when nobody is in, the mix is
//! exactly silent and costs nothing.

use std::time::{Duration, Instant};

use super::encode::Encoder;
use super::level;
use super::limiter::Limiter;
use super::seat::Seat;
use super::select::{Activity, Selection, Selector};
use super::source::Taken;
use super::{
    AudioError, FRAME_SAMPLES, MAX_SOURCES, Packet, SAMPLE_RATE_HZ, SAMPLES_PER_MS, SourceId, SourceStats, TICK,
};

/// How many are mixed at once. Raising it makes a crowd that all talk no easier to follow; lowering it below 4 loses laughter.
const MIX_VOICES: usize = 6;

/// A tick later than this after its time is the new measure of time: the process stood still.
const STOOD_STILL: Duration = Duration::from_millis(60);

/// How much of a tick's lateness is taken over (1/64): follows the caller's clock without its jitter.
const FOLLOW: u32 = 64;

/// What listeners are sent in one tick.
#[derive(Debug, Default)]
pub struct MixedFrame {
    /// 20 ms of Opus; `None` in silence: nothing is sent, the RTP timestamp goes on, the sequence number does not.
    pub payload: Option<Vec<u8>>,
    /// Whether it is the first after silence (the marker bit, RFC 3551 §4.1).
    pub starts_talkspurt: bool,
    /// Who is heard, the loudest first: the contributing sources (RFC 3550 §5.1).
    pub sources: Vec<SourceId>,
    /// Their levels in the same order, 0 to -127 dBov.
    pub levels_dbov: Vec<i8>,
}

/// See the module.
#[derive(Debug)]
pub struct Mixer {
    epoch: Instant,
    tick_due: Instant,
    seats: Vec<Seat>,
    activities: Vec<Activity>,
    selector: Selector,
    limiter: Limiter,
    encoder: Encoder,
    was_sent: bool,
    keeps_packets: bool,
}

impl Mixer {
    /// A mixer without sources, whose time begins at `now`.
    ///
    /// # Errors
    /// [`AudioError::Codec`] when there is no memory for the encoder.
    pub fn new(now: Instant) -> Result<Self, AudioError> {
        Ok(Self {
            epoch: now,
            tick_due: now,
            seats: Vec::with_capacity(MAX_SOURCES),
            activities: Vec::with_capacity(MAX_SOURCES),
            selector: Selector::default(),
            limiter: Limiter::default(),
            encoder: Encoder::new()?,
            was_sent: false,
            keeps_packets: false,
        })
    }

    /// Adds a source, open.
    ///
    /// # Errors
    /// [`AudioError::TooManySources`] beyond [`MAX_SOURCES`], [`AudioError::SourceExists`], [`AudioError::Codec`].
    pub fn add_source(&mut self, id: SourceId) -> Result<(), AudioError> {
        self.seats.retain(|seat| seat.id != id || !seat.is_leaving);
        if self.seat(id).is_some() {
            return Err(AudioError::SourceExists(id));
        }
        if self.seats.iter().filter(|seat| !seat.is_leaving).count() >= MAX_SOURCES {
            return Err(AudioError::TooManySources);
        }
        let mut seat = Seat::new(id)?;
        seat.source.keep_packets(self.keeps_packets);
        self.seats.push(seat);
        Ok(())
    }

    /// Takes a source out; it fades within the next tick. Idempotent.
    pub fn remove_source(&mut self, id: SourceId) {
        if let Some(seat) = self.seat(id) {
            seat.source.set_open(false);
            seat.is_leaving = true;
        }
    }

    /// Closes (mutes) a source, so that it fades within the next tick and its packets are dropped, or opens it again.
    pub fn set_open(&mut self, id: SourceId, open: bool) {
        if let Some(seat) = self.seat(id) {
            seat.source.set_open(open);
        }
    }

    /// Says that a source begins a new stream, with another SSRC, sequence and clock.
    pub fn restart_source(&mut self, id: SourceId) {
        if let Some(seat) = self.seat(id) {
            seat.source.restart();
        }
    }

    /// Takes a packet. What is wrong with it is counted, see [`SourceStats`]; a packet of no source is ignored.
    pub fn push(&mut self, now: Instant, id: SourceId, packet: Packet<'_>) {
        let arrival = samples_between(self.epoch, now);
        if let Some(seat) = self.seat(id) {
            seat.source.push(arrival, &packet);
        }
    }

    /// Takes an earlier packet that one pushed just before carries again (RED), `back` packets later; whether it was missing.
    pub fn restore(&mut self, id: SourceId, packet: Packet<'_>, back: u64) -> bool {
        self.seat(id).is_some_and(|seat| seat.source.restore(&packet, back))
    }

    /// Says whether the packets that are played are kept for [`Mixer::take_packets`].
    pub fn keep_packets(&mut self, keep: bool) {
        self.keeps_packets = keep;
        for seat in &mut self.seats {
            seat.source.keep_packets(keep);
        }
    }

    /// The packets that began to be played in the last tick.
    pub fn take_packets(&mut self) -> impl Iterator<Item = (SourceId, Taken)> + '_ {
        self.seats.iter_mut().flat_map(|seat| {
            let id = seat.id;
            seat.source.take_packets().map(move |taken| (id, taken))
        })
    }

    /// Whether any source still has something to play.
    #[must_use]
    pub fn has_sound(&self) -> bool {
        self.seats
            .iter()
            .any(|seat| seat.has_sound || seat.source.has_packets())
    }

    /// Tells how much listeners lose, in percent: see [`Encoder::set_expected_loss`].
    pub fn set_expected_loss(&mut self, percent: f32) {
        self.encoder.set_expected_loss(percent);
    }

    /// Who speaks, as of the last tick.
    #[must_use]
    pub fn selection(&self) -> &Selection {
        self.selector.selection()
    }

    /// What became of the packets of a source.
    #[must_use]
    pub fn stats(&self, id: SourceId) -> Option<SourceStats> {
        self.seats
            .iter()
            .find(|seat| seat.id == id && !seat.is_leaving)
            .map(|seat| seat.source.stats())
    }

    /// The next 20 ms. Call every [`TICK`]; a call some milliseconds early or late does no harm. Ticks that were missed are
    /// not to be made up for: the sound goes on from `now`.
    pub fn tick(&mut self, now: Instant) -> MixedFrame {
        let at = samples_between(self.epoch, self.follow(now));
        self.activities.clear();
        for seat in &mut self.seats {
            self.activities.extend(seat.listen(at));
        }
        self.selector.update(now, &self.activities);
        self.let_in();
        let mut mix = [0.0; FRAME_SAMPLES];
        for seat in &mut self.seats {
            seat.add_to(&mut mix);
        }
        self.seats.retain(|seat| !seat.is_leaving || seat.has_sound);
        self.limiter.limit(&mut mix);
        let payload = self.encoder.encode(&mix);
        let starts_talkspurt = payload.is_some() && !self.was_sent;
        self.was_sent = payload.is_some();
        let (sources, levels_dbov) = self.heard();
        MixedFrame {
            payload,
            starts_talkspurt,
            sources,
            levels_dbov,
        }
    }

    fn seat(&mut self, id: SourceId) -> Option<&mut Seat> {
        self.seats.iter_mut().find(|seat| seat.id == id && !seat.is_leaving)
    }

    /// The time of this tick, without the jitter of the caller's.
    fn follow(&mut self, now: Instant) -> Instant {
        let due = self.tick_due;
        let at = if now <= due {
            now
        } else {
            let late = now - due;
            if late > STOOD_STILL { now } else { due + late / FOLLOW }
        };
        self.tick_due = at + TICK;
        at
    }

    /// Decides who is in the mix: whoever speaks, the best [`MIX_VOICES`] if they are more.
    fn let_in(&mut self) {
        for seat in &mut self.seats {
            seat.wish();
        }
        let inside = self.seats.iter().filter(|seat| seat.is_in).count();
        for _ in MIX_VOICES..inside {
            let selection = self.selector.selection();
            // Those already inside count for more, so that a crowd does not flicker.
            let score = |seat: &Seat| {
                selection.voice(seat.id).map_or(0.0, |voice| voice.score) * if seat.gain > 0.0 { 1.25 } else { 1.0 }
            };
            let weakest = self
                .seats
                .iter_mut()
                .filter(|seat| seat.is_in)
                .min_by(|a, b| score(a).total_cmp(&score(b)));
            if let Some(seat) = weakest {
                seat.is_in = false;
            }
        }
    }

    fn heard(&self) -> (Vec<SourceId>, Vec<i8>) {
        let inside = |id| self.seats.iter().any(|seat| seat.id == id && seat.gain > 0.0);
        let voices = self
            .selection()
            .ranked()
            .iter()
            .filter(|voice| voice.speaking && inside(voice.source));
        voices
            .map(|voice| (voice.source, level::to_wire(voice.level_dbov)))
            .unzip()
    }
}

/// Whole samples from `epoch` to `now`, 0 if `now` is earlier.
fn samples_between(epoch: Instant, now: Instant) -> i64 {
    let elapsed = now.saturating_duration_since(epoch);
    elapsed.as_secs() as i64 * i64::from(SAMPLE_RATE_HZ) + i64::from(elapsed.subsec_micros()) * SAMPLES_PER_MS / 1_000
}

#[cfg(test)]
#[path = "mix-counted.rs"]
mod counted;

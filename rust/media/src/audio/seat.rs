//! One source's seat in the mix: its sound levelled, and let in while it speaks and for a while after.

use super::level;
use super::loudness::Leveller;
use super::select::Activity;
use super::source::Source;
use super::voice::VoiceDetector;
use super::{AudioError, FRAME_SAMPLES, SAMPLES_PER_MS, SourceId};

/// Ticks a source stays in the mix after its last voice (800 ms). Raising it lets more background in;
/// lowering it makes the background come and go with every word.
const STAY_TICKS: u32 = 40;

/// How fast a source comes into the mix (3 ms: the first consonant must not be lost) and goes (80 ms), in samples.
const ENTER: f32 = 3.0 * SAMPLES_PER_MS as f32;
const LEAVE: f32 = 80.0 * SAMPLES_PER_MS as f32;

#[derive(Debug)]
pub(super) struct Seat {
    pub(super) id: SourceId,
    pub(super) source: Source,
    voice: VoiceDetector,
    leveller: Leveller,
    frame: Box<[f32; FRAME_SAMPLES]>,
    pub(super) has_sound: bool,
    pub(super) is_leaving: bool,
    quiet_ticks: u32,
    /// Whether it is in the mix, or fading out of it.
    pub(super) is_in: bool,
    pub(super) gain: f32,
}

impl Seat {
    pub(super) fn new(id: SourceId) -> Result<Self, AudioError> {
        Ok(Self {
            id,
            source: Source::new()?,
            voice: VoiceDetector::default(),
            leveller: Leveller::default(),
            frame: Box::new([0.0; FRAME_SAMPLES]),
            has_sound: false,
            is_leaving: false,
            quiet_ticks: u32::MAX,
            is_in: false,
            gain: 0.0,
        })
    }

    /// Takes the frame of the tick at `at` from the source and levels it; what it did, if it is open.
    pub(super) fn listen(&mut self, at: i64) -> Option<Activity> {
        self.has_sound = self.source.pull(at, &mut self.frame);
        let decoded = if self.has_sound {
            level::dbov(&self.frame[..])
        } else {
            level::SILENCE_DBOV
        };
        let is_voice = self.has_sound && self.voice.is_voice(decoded);
        self.leveller
            .level(&mut self.frame, is_voice && self.voice.is_telling(decoded));
        self.quiet_ticks = if is_voice {
            0
        } else {
            self.quiet_ticks.saturating_add(1)
        };
        let level_dbov = self.source.level_dbov(at, decoded);
        self.source.is_open().then_some(Activity {
            source: self.id,
            level_dbov,
            is_voice,
        })
    }

    /// Decides whether it would be in the mix, were there room for all.
    pub(super) fn wish(&mut self) {
        self.is_in = self.has_sound && self.quiet_ticks <= STAY_TICKS && (self.is_in || self.quiet_ticks == 0);
    }

    /// Adds the frame to the mix, fading in or out.
    pub(super) fn add_to(&mut self, mix: &mut [f32; FRAME_SAMPLES]) {
        if !self.has_sound {
            self.gain = 0.0;
            return;
        }
        let step = if self.is_in { 1.0 / ENTER } else { -1.0 / LEAVE };
        for (sum, sample) in mix.iter_mut().zip(self.frame.iter()) {
            self.gain = (self.gain + step).clamp(0.0, 1.0);
            *sum += sample * self.gain;
        }
    }
}

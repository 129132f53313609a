//! Whether a frame holds a voice: louder than the source's own background by a margin.
//!
//! The background follows quiet frames at once and loud ones slowly, and never counts as more than a bound,
//! so that steady music or a tone is not taken for background. Whether it is *lively* too, as speech is and the hum of a room
//! is not, decides if loudness may be learnt from it.

/// Voice is this much above the background. Raising it misses word ends; lowering it takes noise for voice.
const MARGIN_DB: f32 = 8.0;

/// Nothing below this is a voice. Raising it loses whisperers far from their microphone; lowering it hears rooms hum.
const LEAST_VOICE_DBOV: f32 = -60.0;

/// What background can be at most. Raising it silences loud steady sound after a while; lowering it makes a noisy
/// microphone a voice for ever.
const LOUDEST_FLOOR_DBOV: f32 = -48.0;
const QUIETEST_FLOOR_DBOV: f32 = -66.0;

/// What background is assumed to be before any is heard.
const FIRST_FLOOR_DBOV: f32 = QUIETEST_FLOOR_DBOV;

/// The background's rise per tick (2 dB a second) and its share of a fall per tick. A faster rise takes long vowels
/// for background; a slower one hears a fan that starts as a voice for longer.
const RISE_DB: f32 = 0.04;
const FALL: f32 = 0.3;

/// From this average change of level on, a sound is lively: speech has 4 dB and more, noise less than 1.
/// Raising it leaves monotonous speakers unlevelled; lowering it levels fans.
const LIVELY_DB: f32 = 2.0;

/// How quickly the average level and its change follow, the share of the way per tick (400 ms).
const AVERAGE: f32 = 0.05;

/// The voice detector of one source.
#[derive(Debug)]
pub struct VoiceDetector {
    floor_dbov: f32,
    average_dbov: f32,
    change_db: f32,
}

impl Default for VoiceDetector {
    fn default() -> Self {
        Self {
            floor_dbov: FIRST_FLOOR_DBOV,
            average_dbov: FIRST_FLOOR_DBOV,
            change_db: 0.0,
        }
    }
}

impl VoiceDetector {
    /// Whether a frame of this level holds a voice.
    pub fn is_voice(&mut self, level_dbov: f32) -> bool {
        let step =
            (level_dbov - self.floor_dbov).min(0.0) * FALL + if level_dbov > self.floor_dbov { RISE_DB } else { 0.0 };
        self.floor_dbov = (self.floor_dbov + step).clamp(QUIETEST_FLOOR_DBOV, LOUDEST_FLOOR_DBOV);
        let level = level_dbov.max(QUIETEST_FLOOR_DBOV);
        self.change_db += ((level - self.average_dbov).abs() - self.change_db) * AVERAGE;
        self.average_dbov += (level - self.average_dbov) * AVERAGE;
        level_dbov > LEAST_VOICE_DBOV.max(self.floor_dbov + MARGIN_DB)
    }

    /// Whether the frame just judged, a voice, may be learnt from: it is lively, or too loud to be background.
    #[must_use]
    pub fn is_telling(&self, level_dbov: f32) -> bool {
        self.change_db >= LIVELY_DB || level_dbov > LOUDEST_FLOOR_DBOV + MARGIN_DB
    }
}

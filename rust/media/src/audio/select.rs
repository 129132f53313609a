//! Who speaks, and who has the floor.
//!
//! A source's *presence* rises while its frames hold a voice and falls while they do not, slowly enough that a click, a key
//! or a short cough does not make a speaker. Its score is presence weighed with level. The *floor* belongs to one speaker at
//! a time and passes on only after a challenger has kept ahead for a while: at once awkwardly long for a sound engineer,
//! steady for a listener who watches a ring around a face.

use std::time::{Duration, Instant};

use super::SourceId;
use super::level::SILENCE_DBOV;

/// How quickly presence follows, as the share of the way per tick (200 ms). Slower shows speakers late; faster shows typing,
/// which is a voice for up to half of the time.
const FOLLOW: f32 = 0.1;

/// Presence from which a source is speaking (180 ms of voice), and below which no longer (300 ms of none).
/// A higher first one shows speakers later, a lower one shows keys; a lower second one holds through longer pauses.
const SPEAKING: f32 = 0.6;
const SILENT: f32 = 0.2;

/// How quickly the level follows while there is a voice, the share of the way per tick (200 ms).
const LEVEL: f32 = 0.1;

/// Levels count from here up.
const LEAST_DBOV: f32 = -70.0;

/// How much more than the holder's a challenger's score must be while the holder speaks. Raising it keeps the floor with
/// the first of two; lowering it makes it bounce between them.
const CHALLENGE: f32 = 1.2;

/// How long a challenger must keep ahead, with presence: of a silent holder (a cough of 300 ms is present for 200), and of one
/// who speaks. Lowering them gives the floor to coughs and interjections; raising them lags behind the talk.
const AFTER_SILENCE: Duration = Duration::from_millis(400);
const AGAINST_VOICE: Duration = Duration::from_millis(800);

/// One source as the listener would judge it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Voice {
    /// Whose voice.
    pub source: SourceId,
    /// Its level while it speaks, averaged over 200 ms.
    pub level_dbov: f32,
    /// How much of the last moments held its voice, 0 to 1.
    pub presence: f32,
    /// Presence weighed with level, 0 to 1.
    pub score: f32,
    /// Whether it speaks, with hold.
    pub speaking: bool,
}

/// What one source did in one tick.
#[derive(Clone, Copy, Debug)]
pub struct Activity {
    /// Whose.
    pub source: SourceId,
    /// The level of its frame.
    pub level_dbov: f32,
    /// Whether the frame holds a voice.
    pub is_voice: bool,
}

/// Who speaks, as of the last tick.
#[derive(Debug, Default)]
pub struct Selection {
    ranked: Vec<Voice>,
    floor: Option<SourceId>,
}

impl Selection {
    /// Every open source, those who speak first, the loudest first.
    #[must_use]
    pub fn ranked(&self) -> &[Voice] {
        &self.ranked
    }

    /// Who has the floor: the last to have spoken for a while; `None` before anyone has.
    #[must_use]
    pub fn floor(&self) -> Option<SourceId> {
        self.floor
    }

    /// This source's voice.
    #[must_use]
    pub fn voice(&self, source: SourceId) -> Option<&Voice> {
        self.ranked.iter().find(|voice| voice.source == source)
    }
}

#[derive(Debug)]
struct Track {
    source: SourceId,
    presence: f32,
    level_dbov: f32,
    speaking: bool,
    is_here: bool,
}

/// Follows all sources of a space from tick to tick.
#[derive(Debug, Default)]
pub struct Selector {
    tracks: Vec<Track>,
    selection: Selection,
    challenger: Option<(SourceId, Instant)>,
}

impl Selector {
    /// As of the last update.
    #[must_use]
    pub fn selection(&self) -> &Selection {
        &self.selection
    }

    /// Takes in one tick of all open sources; a source that is not among them is gone.
    pub fn update(&mut self, now: Instant, activities: &[Activity]) {
        for track in &mut self.tracks {
            track.is_here = false;
        }
        for activity in activities {
            let track = self.track(activity.source);
            track.is_here = true;
            track.hear(activity);
        }
        self.tracks.retain(|track| track.is_here);
        let ranked = &mut self.selection.ranked;
        ranked.clear();
        ranked.extend(self.tracks.iter().map(Track::voice));
        ranked.sort_by(|a, b| {
            b.speaking
                .cmp(&a.speaking)
                .then(b.score.total_cmp(&a.score))
                .then(a.source.cmp(&b.source))
        });
        self.pass_floor(now);
    }

    fn track(&mut self, source: SourceId) -> &mut Track {
        let at = self
            .tracks
            .iter()
            .position(|track| track.source == source)
            .unwrap_or_else(|| {
                self.tracks.push(Track {
                    source,
                    presence: 0.0,
                    level_dbov: SILENCE_DBOV,
                    speaking: false,
                    is_here: true,
                });
                self.tracks.len() - 1
            });
        &mut self.tracks[at]
    }

    fn pass_floor(&mut self, now: Instant) {
        let holder = self
            .selection
            .floor
            .and_then(|floor| self.selection.voice(floor).copied());
        if holder.is_none() {
            self.selection.floor = None;
        }
        let ahead = self
            .selection
            .ranked
            .iter()
            .find(|voice| voice.presence >= SPEAKING && Some(voice.source) != self.selection.floor)
            .copied();
        let ahead = ahead
            .filter(|voice| holder.is_none_or(|holder| !holder.speaking || voice.score > holder.score * CHALLENGE));
        let Some(ahead) = ahead else {
            self.challenger = None;
            return;
        };
        let since = match self.challenger {
            Some((source, since)) if source == ahead.source => since,
            _ => now,
        };
        self.challenger = Some((ahead.source, since));
        let wait = if holder.is_some_and(|holder| holder.speaking) {
            AGAINST_VOICE
        } else {
            AFTER_SILENCE
        };
        if now.saturating_duration_since(since) >= wait {
            self.selection.floor = Some(ahead.source);
            self.challenger = None;
        }
    }
}

impl Track {
    fn hear(&mut self, activity: &Activity) {
        if activity.is_voice {
            self.presence += (1.0 - self.presence) * FOLLOW;
            let level = activity.level_dbov;
            self.level_dbov = if self.presence <= FOLLOW {
                level
            } else {
                self.level_dbov + (level - self.level_dbov) * LEVEL
            };
        } else {
            self.presence -= self.presence * FOLLOW;
        }
        self.speaking = self.presence >= if self.speaking { SILENT } else { SPEAKING };
    }

    fn voice(&self) -> Voice {
        let loud = ((self.level_dbov - LEAST_DBOV) / -LEAST_DBOV).clamp(0.0, 1.0);
        Voice {
            source: self.source,
            level_dbov: self.level_dbov,
            presence: self.presence,
            score: self.presence * loud,
            speaking: self.speaking,
        }
    }
}

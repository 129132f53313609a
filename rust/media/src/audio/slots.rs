//! Whose packets one speaker is sent: the loudest others, each in a slot of its own that changes as seldom as possible.
//!
//! A change of slot costs the receiving browser a moment of another voice's delay and level, so a voice stays in its slot
//! while anything else would do.

use std::time::{Duration, Instant};

use super::{SLOTS, Selection, SourceId, Voice};

/// How long a slot keeps who has fallen silent, while others want to speak. Raising it makes a fifth voice wait;
/// lowering it takes slots from people who breathe.
const HOLD: Duration = Duration::from_millis(400);

/// How long whoever got a slot keeps it though all speak and a louder one waits. Raising it loses the louder for longer;
/// lowering it cuts into words.
const TENURE: Duration = Duration::from_millis(1_000);

/// How much louder (score) that one must be.
const LOUDER: f32 = 1.3;

#[derive(Clone, Copy, Debug)]
struct Occupant {
    source: SourceId,
    since: Instant,
    spoke_at: Instant,
}

/// The receiving slots of one speaker.
#[derive(Debug, Default)]
pub struct Slots {
    occupants: [Option<Occupant>; SLOTS],
}

impl Slots {
    /// All empty.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Brings the slots up to date with who speaks now; `own` never gets one. Call once per tick.
    pub fn assign(&mut self, now: Instant, selection: &Selection, own: SourceId) -> [Option<SourceId>; SLOTS] {
        for slot in &mut self.occupants {
            let voice = slot
                .and_then(|occupant| selection.voice(occupant.source))
                .filter(|voice| voice.source != own);
            match (slot.as_mut(), voice) {
                (Some(occupant), Some(voice)) if voice.speaking => occupant.spoke_at = now,
                (Some(_), None) => *slot = None,
                _ => {}
            }
        }
        for voice in selection.ranked().iter().filter(|voice| voice.source != own) {
            if self.holds(voice.source) {
                continue;
            }
            // Whoever is silent may have an empty slot, so that their first word is heard, but nobody else's.
            let Some(at) = self
                .empty()
                .or_else(|| voice.speaking.then(|| self.weakest(now, selection, voice)).flatten())
            else {
                break;
            };
            self.occupants[at] = Some(Occupant {
                source: voice.source,
                since: now,
                spoke_at: now,
            });
        }
        self.occupants.map(|slot| slot.map(|occupant| occupant.source))
    }

    fn holds(&self, source: SourceId) -> bool {
        self.occupants
            .iter()
            .flatten()
            .any(|occupant| occupant.source == source)
    }

    fn empty(&self) -> Option<usize> {
        self.occupants.iter().position(Option::is_none)
    }

    /// The slot to give to `voice`: of who has been silent for longest, else of who is much quieter and had a turn.
    fn weakest(&self, now: Instant, selection: &Selection, voice: &Voice) -> Option<usize> {
        let taken = || {
            self.occupants
                .iter()
                .enumerate()
                .filter_map(|(at, slot)| slot.map(|occupant| (at, occupant)))
        };
        let silent = taken()
            .filter(|(_, occupant)| now.saturating_duration_since(occupant.spoke_at) >= HOLD)
            .min_by_key(|(_, occupant)| occupant.spoke_at);
        if let Some((at, _)) = silent {
            return Some(at);
        }
        let score = |occupant: &Occupant| selection.voice(occupant.source).map_or(0.0, |other| other.score);
        taken()
            .filter(|(_, occupant)| now.saturating_duration_since(occupant.since) >= TENURE)
            .filter(|(_, occupant)| voice.score > score(occupant) * LOUDER)
            .min_by(|(_, a), (_, b)| score(a).total_cmp(&score(b)))
            .map(|(at, _)| at)
    }
}

//! The packets a source plays, for whoever keeps them: each with the place where it begins.

use super::super::level;

/// Quieter packets may be left out or replaced by silence; raising it cuts into soft speech, lowering it finds none in a
/// noisy street.
const QUIET_DBOV: f32 = -45.0;

/// A packet that is being played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Where it begins, in samples from the beginning of the frame.
    pub offset: usize,
    /// How long it plays, in samples.
    pub samples: usize,
    /// Whether it goes on with the flow of sound that the packet before it is of.
    pub joins: bool,
    /// Whether hardly anything is heard in it.
    pub is_quiet: bool,
    /// The Opus packet.
    pub payload: Box<[u8]>,
}

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Taking {
    keeps: bool,
    joins: bool,
    taken: Vec<Taken>,
}

impl Taking {
    pub(super) fn keep(&mut self, keeps: bool) {
        if self.keeps != keeps {
            self.keeps = keeps;
            self.taken.clear();
            self.part();
        }
    }

    /// The packet that comes next begins a flow of sound.
    pub(super) fn part(&mut self) {
        self.joins = false;
    }

    /// A packet whose sound begins at `offset` in what is at hand.
    pub(super) fn take(&mut self, offset: usize, payload: &[u8], sound: &[f32]) {
        if !self.keeps {
            return;
        }
        self.taken.push(Taken {
            offset,
            samples: sound.len(),
            joins: std::mem::replace(&mut self.joins, true),
            is_quiet: level::dbov(sound) < QUIET_DBOV,
            payload: payload.into(),
        });
    }

    /// A piece of sound at hand came twice, or was left out.
    pub(super) fn shift(&mut self, samples: i64) {
        for taken in &mut self.taken {
            taken.offset = taken.offset.saturating_add_signed(samples as isize);
        }
    }

    pub(super) fn drain(&mut self) -> impl Iterator<Item = Taken> + '_ {
        self.taken.drain(..)
    }
}

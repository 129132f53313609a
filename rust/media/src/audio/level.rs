//! How loud a frame is, in dBov, and whether to believe what the sender says of it.

/// The level of silence: RFC 6464 §3 has nothing lower.
pub const SILENCE_DBOV: f32 = -127.0;

/// The level of a frame relative to full scale (RFC 6464 §3: the RMS of the samples over that of a full-scale square wave).
#[must_use]
pub fn dbov(frame: &[f32]) -> f32 {
    let energy: f32 = frame.iter().map(|sample| sample * sample).sum();
    let mean = energy / frame.len().max(1) as f32;
    if mean <= 0.0 {
        SILENCE_DBOV
    } else {
        (10.0 * mean.log10()).clamp(SILENCE_DBOV, 0.0)
    }
}

/// A level as RFC 6464 §3 has it, negated: 0 to -127.
#[must_use]
pub fn to_wire(level_dbov: f32) -> i8 {
    level_dbov.clamp(SILENCE_DBOV, 0.0).round() as i8
}

/// How far a claim may be from the truth. Senders measure before their codec and gain control, so a few dB are honest.
/// Raising it believes more; lowering it ends in decoded levels only, which are as good but a little later.
const PLAUSIBLE_DB: f32 = 12.0;

/// Below this the exact figure does not matter.
const QUIET_DBOV: f32 = -55.0;

/// Claims that have to hold in a row before they are believed (half a second). Raising it trusts later; lowering it lets
/// a liar be believed on its first breath.
const PROVEN: u8 = 25;

/// Weighs the levels a sender claims against those decoded.
#[derive(Debug, Default)]
pub struct LevelJudge {
    proven: u8,
}

impl LevelJudge {
    /// Compares the claim that came with a frame with the level of the frame.
    pub fn compare(&mut self, claimed_dbov: Option<i8>, decoded_dbov: f32) {
        let Some(claimed) = claimed_dbov.map(f32::from) else {
            self.proven = 0;
            return;
        };
        let both_quiet = claimed < QUIET_DBOV && decoded_dbov < QUIET_DBOV;
        if both_quiet || (claimed - decoded_dbov).abs() <= PLAUSIBLE_DB {
            self.proven = (self.proven + 1).min(PROVEN);
        } else {
            // One wrong claim costs five right ones, so that a liar half of the time is never believed.
            self.proven = self.proven.saturating_sub(5);
        }
    }

    /// Whether the next claim counts before its frame is decoded.
    #[must_use]
    pub fn believes(&self) -> bool {
        self.proven >= PROVEN
    }
}

//! Received packets → an unbroken row of pieces.
//!
//! A packet's place is its RTP time; the first one is anchored where it arrived. Packets that come late by a few are put back in order; a gap
//! is reported once nothing can fill it any more. A sender that starts anew (another RTP clock) is anchored again.

use std::collections::BTreeMap;
use std::sync::Arc;

use voxhall_media::audio::decode::carries_correction;

use crate::error::ClientError;
use crate::voice::{FRAME_SAMPLES, SAMPLE_RATE_HZ};

/// How many packets may wait for a missing one. More would bridge longer disorder, and cost nothing but memory: this is a file, not an ear.
const REORDER_PACKETS: usize = 10;

/// Beyond this difference between arrival and RTP time the sender has started a new clock.
const ANCHOR_DRIFT_SAMPLES: u64 = 5 * SAMPLE_RATE_HZ as u64;

/// What comes next in the file.
pub(super) enum Piece<'a> {
    Packet {
        payload: &'a [u8],
        samples: u64,
    },
    /// Packets are missing; `next` is the one after them, which may carry a second copy of the last.
    Lost {
        samples: u64,
        next: &'a [u8],
    },
    /// Nothing was sent.
    Silence {
        samples: u64,
    },
}

impl Piece<'_> {
    fn is_empty(&self) -> bool {
        match *self {
            Self::Packet { samples, .. } | Self::Lost { samples, .. } | Self::Silence { samples } => samples == 0,
        }
    }
}

struct Waiting {
    sequence: u64,
    payload: Arc<[u8]>,
}

#[derive(Default)]
pub(super) struct Timeline {
    /// Place of RTP time zero; wraps, as a sender's clock may start anywhere.
    origin: Option<u64>,
    waiting: BTreeMap<u64, Waiting>,
    last_sequence: Option<u64>,
    written: u64,
}

impl Timeline {
    pub(super) fn add(
        &mut self,
        sequence: u64,
        timestamp: u64,
        payload: &Arc<[u8]>,
        arrival: u64,
        mut write: impl FnMut(Piece<'_>) -> Result<(), ClientError>,
    ) -> Result<(), ClientError> {
        let anchored = self.origin.map(|origin| timestamp.wrapping_add(origin));
        let place = match anchored.filter(|place| place.abs_diff(arrival) <= ANCHOR_DRIFT_SAMPLES) {
            Some(place) => place,
            None => {
                self.release(0, &mut write)?;
                self.last_sequence = None;
                // Never before what is written already.
                let place = arrival.max(self.written);
                self.origin = Some(place.wrapping_sub(timestamp));
                place
            }
        };
        if place < self.written {
            return Ok(());
        }
        self.waiting.insert(
            place,
            Waiting {
                sequence,
                payload: Arc::clone(payload),
            },
        );
        self.release(REORDER_PACKETS, &mut write)
    }

    /// The next packet is another sender's first, whatever its clock says.
    pub(super) fn begin_anew(&mut self) {
        self.origin = None;
    }

    pub(super) fn finish(
        &mut self,
        length: u64,
        mut write: impl FnMut(Piece<'_>) -> Result<(), ClientError>,
    ) -> Result<(), ClientError> {
        self.release(0, &mut write)?;
        if length > self.written {
            write(Piece::Silence {
                samples: length - self.written,
            })?;
            self.written = length;
        }
        Ok(())
    }

    /// Writes all that is next in order, and what lies beyond a gap once more than `keep` packets wait for it.
    fn release(
        &mut self,
        keep: usize,
        write: &mut impl FnMut(Piece<'_>) -> Result<(), ClientError>,
    ) -> Result<(), ClientError> {
        while let Some(entry) = self.waiting.first_entry() {
            let (place, follows) = (
                *entry.key(),
                self.last_sequence.is_none_or(|last| entry.get().sequence == last + 1),
            );
            // A rest of less than a sample's worth of frame is rounding in the anchor, not a gap.
            let in_order = place <= self.written || follows;
            if !in_order && self.waiting.len() <= keep {
                break;
            }
            let Some((place, Waiting { sequence, payload })) = self.waiting.pop_first() else {
                break;
            };
            let samples = opus::packet::get_nb_samples(&payload, SAMPLE_RATE_HZ).unwrap_or(FRAME_SAMPLES) as u64;
            if place + samples <= self.written {
                continue;
            }
            let gap = place.saturating_sub(self.written);
            let missing = self.last_sequence.map_or(0, |last| sequence.saturating_sub(last + 1));
            let lost = gap.min(missing.saturating_mul(samples));
            fill(gap, lost, &payload, write)?;
            write(Piece::Packet {
                payload: &payload,
                samples,
            })?;
            self.last_sequence = Some(sequence);
            self.written += gap + samples;
        }
        Ok(())
    }
}

/// Fills a gap of which so much was lost; the rest is a pause of the sender. Where in the pause it was lost nobody knows: a correction
/// is for what was said last, and anything else is least noticed at the end of what was said before.
fn fill(
    gap: u64,
    lost: u64,
    next: &[u8],
    write: &mut impl FnMut(Piece<'_>) -> Result<(), ClientError>,
) -> Result<(), ClientError> {
    let pieces = [
        Piece::Silence { samples: gap - lost },
        Piece::Lost { samples: lost, next },
    ];
    let [first, second] = if carries_correction(next) {
        pieces
    } else {
        let [pause, lost] = pieces;
        [lost, pause]
    };
    for piece in [first, second] {
        if !piece.is_empty() {
            write(piece)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FRAME: u64 = FRAME_SAMPLES as u64;

    /// Packets given as (sequence, frame, arrival frame); each piece as a word, gaps with their length in frames.
    fn laid_out(packets: &[(u64, u64, u64)], length: u64) -> Vec<String> {
        let (mut timeline, mut pieces) = (Timeline::default(), Vec::new());
        let mut write = |piece: Piece<'_>| {
            pieces.push(match piece {
                Piece::Packet { payload, .. } => format!("packet {}", payload[1]),
                Piece::Lost { samples, next } => format!("lost {} before {}", samples / FRAME, next[1]),
                Piece::Silence { samples } => format!("silence {}", samples / FRAME),
            });
            Ok(())
        };
        for (sequence, frame, arrival) in packets {
            // A CELT packet of 20 ms whose second byte tells it apart.
            let payload: Arc<[u8]> = Arc::new([0xf8, *sequence as u8]);
            let timestamp = 7_000_000 + frame * FRAME;
            timeline
                .add(*sequence, timestamp, &payload, arrival * FRAME, &mut write)
                .unwrap();
        }
        timeline.finish(length * FRAME, &mut write).unwrap();
        pieces
    }

    #[test]
    fn the_time_before_the_first_packet_and_after_the_last_is_silence() {
        assert_eq!(
            laid_out(&[(1, 0, 3), (2, 1, 4)], 8),
            ["silence 3", "packet 1", "packet 2", "silence 3"]
        );
    }

    #[test]
    fn packets_that_overtook_each_other_are_put_in_order() {
        let pieces = laid_out(&[(1, 0, 0), (3, 2, 2), (2, 1, 2), (4, 3, 3)], 4);
        assert_eq!(pieces, ["packet 1", "packet 2", "packet 3", "packet 4"]);
    }

    #[test]
    fn a_missing_number_is_a_loss_and_a_pause_of_the_sender_is_silence() {
        let pieces = laid_out(&[(1, 0, 0), (3, 2, 2), (4, 9, 9)], 10);
        assert_eq!(
            pieces,
            ["packet 1", "lost 1 before 3", "packet 3", "silence 6", "packet 4"]
        );
    }

    #[test]
    fn a_packet_lost_in_a_pause_is_a_loss_of_its_own_length() {
        let pieces = laid_out(&[(1, 0, 0), (3, 9, 9)], 10);
        assert_eq!(pieces, ["packet 1", "lost 1 before 3", "silence 7", "packet 3"]);
    }

    #[test]
    fn a_packet_that_comes_after_its_gap_was_written_is_dropped() {
        let mut packets = vec![(1, 0, 0)];
        packets.extend((3..=20).map(|n| (n, n - 1, n)));
        packets.push((2, 1, 21));
        let pieces = laid_out(&packets, 20);
        assert_eq!(pieces.iter().filter(|piece| *piece == "packet 2").count(), 0);
        assert_eq!(pieces.iter().filter(|piece| *piece == "lost 1 before 3").count(), 1);
        assert_eq!(pieces.len(), 20);
    }

    #[test]
    fn a_sender_that_starts_a_new_clock_goes_on_where_it_is_heard() {
        let pieces = laid_out(&[(1, 0, 0), (900, 90_000, 5), (901, 90_001, 6)], 7);
        assert_eq!(pieces, ["packet 1", "silence 4", "packet 132", "packet 133"]);
    }
}

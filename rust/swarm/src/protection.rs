//! Packets that may get lost and their sound not: while the server reports loss, each carries the two frames before it (RED, RFC 2198).

use std::sync::Arc;
use std::time::Instant;

use str0m::media::Pt;
use voxhall_media::ReportedLoss;
use voxhall_media::red::{name_blocks, pack};

use crate::voice::FRAME_SAMPLES;

/// How many earlier frames a packet carries: all but p³ of what is lost at random is restored. A third would help in bursts, for a
/// third more of bytes.
const DISTANCE: usize = 2;

/// What a sender does about loss.
pub(crate) struct Protection {
    opus: Pt,
    /// None where the server does not take RED: then nothing is done.
    red: Option<Pt>,
    reported: ReportedLoss,
    /// The last frames and their times, the oldest first.
    recent: [Option<(u32, Arc<[u8]>)>; DISTANCE],
}

impl Protection {
    pub(crate) fn new(opus: Pt, red: Option<Pt>) -> Self {
        Self {
            opus,
            red,
            reported: ReportedLoss::default(),
            recent: Default::default(),
        }
    }

    /// Takes in a report: the fraction of our packets that was lost since the one before.
    pub(crate) fn note(&mut self, now: Instant, loss: f32) {
        self.reported.note(now, loss);
    }

    /// The next frame as it is to be sent: its payload type and its payload.
    pub(crate) fn wrap(&mut self, now: Instant, timestamp: u32, frame: Arc<[u8]>) -> (Pt, Arc<[u8]>) {
        let red = self.red.filter(|_| self.reported.is_lossy(now));
        let wrapped = red.and_then(|red| Some((red, self.with_those_before(timestamp, &frame)?)));
        self.recent.rotate_left(1);
        self.recent[DISTANCE - 1] = Some((timestamp, Arc::clone(&frame)));
        wrapped.unwrap_or((self.opus, frame))
    }

    fn with_those_before(&self, timestamp: u32, frame: &[u8]) -> Option<Arc<[u8]>> {
        let far = (DISTANCE * FRAME_SAMPLES) as u32;
        let offset = |(at, frame): &(u32, Arc<[u8]>)| (timestamp.wrapping_sub(*at), Arc::clone(frame));
        let near: Vec<(u32, Arc<[u8]>)> = self.recent.iter().flatten().map(offset).collect();
        let near: Vec<(u32, &[u8])> = near
            .iter()
            .filter(|(offset, _)| *offset <= far)
            .map(|(offset, frame)| (*offset, &**frame))
            .collect();
        let (mut payload, blocks) = pack(&near, frame)?;
        name_blocks(&mut payload, blocks, *self.opus);
        Some(payload.into())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use voxhall_media::red::unpack;

    use super::*;

    fn frame(name: u8) -> Arc<[u8]> {
        Arc::new([0xf8, name])
    }

    #[test]
    fn packets_carry_the_two_before_them_while_loss_is_reported_and_not_a_frame_from_before_a_pause() {
        let (opus, red) = (Pt::from(111), Pt::from(63));
        let start = Instant::now();
        let mut protection = Protection::new(opus, Some(red));
        assert_eq!(protection.wrap(start, 0, frame(0)), (opus, frame(0)));
        protection.note(start, 0.2);
        let (payload_type, payload) = protection.wrap(start, 960, frame(1));
        assert_eq!(payload_type, red);
        assert_eq!(unpack(&payload, 111).expect("red").earlier.len(), 1);
        let (_, payload) = protection.wrap(start, 1_920, frame(2));
        let unpacked = unpack(&payload, 111).expect("red");
        let names: Vec<u8> = unpacked.earlier.iter().map(|earlier| earlier.payload[1]).collect();
        assert_eq!((unpacked.primary, names), (&*frame(2), vec![1, 0]));
        assert_eq!(
            protection.wrap(start, 96_000, frame(3)),
            (opus, frame(3)),
            "after a pause"
        );

        let later = start + Duration::from_secs(9);
        assert_eq!(protection.wrap(later, 96_960, frame(4)).0, opus, "the loss is over");
    }

    #[test]
    fn a_server_that_does_not_take_it_is_not_sent_it() {
        let mut protection = Protection::new(Pt::from(111), None);
        let start = Instant::now();
        protection.note(start, 0.5);
        protection.wrap(start, 0, frame(0));
        assert_eq!(protection.wrap(start, 960, frame(1)), (Pt::from(111), frame(1)));
    }
}

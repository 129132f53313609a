//! A listener whose handshake is done: sound comes and is counted, and what a browser says of it goes back.

use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};

use voxhall_media::srtp::Derived;

use super::arrivals::Arrivals;
use super::description::Feedback;
use super::handshake::Agreement;
use super::network::Dice;
use super::repeats;
use super::reports::{receiver_report, says_goodbye, sender_reports};
use super::sound::{Heard, Sound, source_of};
use crate::progress::Progress;

/// How often a receiver of sound reports on a source: five seconds, by chance up to a half more or less, and first after a half. So does
/// libwebrtc (`kDefaultAudioReportInterval`, `ComputeTimeUntilNextReport`, modules/rtp_rtcp/source/rtcp_sender.cc), with a packet for each.
const REPORT_EVERY: Duration = Duration::from_secs(5);

pub(super) struct Hearing {
    sound: Sound,
    inbound: Derived,
    outbound: Derived,
    pub(super) farewell: Option<Vec<u8>>,
    /// Our own source, from which all of it comes, and how many packets went.
    ssrc: u32,
    sent: u32,
    /// When the next report on each source is due, in the order in which they were first heard.
    reports: Vec<Instant>,
    early_report: Option<Instant>,
    dice: Dice,
    arrivals: Option<Arrivals>,
    asks_again: bool,
}

impl Hearing {
    /// `voices`: how many sources the server may send. `feedback`: what it wants to be told of them.
    pub(super) fn new(now: Instant, agreement: Agreement, voices: usize, ssrc: u32, feedback: Feedback) -> Self {
        let Agreement {
            sound,
            inbound,
            outbound,
            farewell,
        } = agreement;
        Self {
            sound: Sound::new(sound, voices),
            inbound,
            outbound,
            farewell,
            ssrc,
            sent: 0,
            reports: Vec::with_capacity(voices),
            early_report: None,
            dice: Dice::new(ssrc),
            arrivals: feedback.arrivals.map(|extension| Arrivals::new(now, extension)),
            asks_again: feedback.repeats,
        }
    }

    /// When it has something to say; None before the first packet.
    pub(super) fn due(&self) -> Option<Instant> {
        let arrivals = self.arrivals.as_ref().and_then(Arrivals::due);
        let reports = self.reports.iter().copied().chain(self.early_report);
        reports.chain(arrivals).min()
    }

    /// Whether the server is told now of all that came, so that it has to be read before.
    pub(super) fn tells_of_arrivals(&self, now: Instant) -> bool {
        let due = self.arrivals.as_ref().and_then(Arrivals::due);
        due.is_some_and(|due| due <= now)
    }

    /// Counts a packet of sound; a request for those that are missing before it.
    pub(super) fn take(&mut self, now: Instant, packet: &[u8], progress: &Progress) -> Option<Vec<u8>> {
        match self.sound.take(packet) {
            Heard::New { expected } => {
                progress.expected.fetch_add(expected, Relaxed);
                progress.heard(now);
                self.expect_reports(now);
            }
            Heard::Foreign => {
                progress.foreign.fetch_add(1, Relaxed);
                return None;
            }
            Heard::Again => {}
        }
        let ssrc = source_of(packet)?;
        if let Some(arrivals) = &mut self.arrivals {
            arrivals.take(now, packet, ssrc);
        }
        if !self.asks_again {
            return None;
        }
        let missing = self.sound.missing(now, ssrc);
        if missing.is_empty() {
            return None;
        }
        progress.asked_again.fetch_add(missing.len() as u64, Relaxed);
        self.seal(repeats::request(self.ssrc, ssrc, &missing))
    }

    /// Takes the server's report; whether it says goodbye.
    pub(super) fn is_ended_by(&mut self, now: Instant, packet: &[u8]) -> bool {
        let opened = self.inbound.seal().and_then(|seal| seal.open_rtcp(packet));
        let Some((_, compound)) = opened else {
            return false;
        };
        for (source, sent_at) in sender_reports(&compound) {
            self.sound.note_report(now, source, sent_at);
        }
        says_goodbye(&compound)
    }

    /// What is due.
    pub(super) fn say(&mut self, now: Instant, progress: &Progress) -> Vec<Vec<u8>> {
        let mut said = Vec::new();
        for voice in self.due_reports(now) {
            if let Some(account) = self.sound.account(now, voice) {
                progress.reports.fetch_add(1, Relaxed);
                said.push(receiver_report(self.ssrc, &account));
            }
        }
        if self.tells_of_arrivals(now)
            && let Some(arrivals) = &mut self.arrivals
        {
            let feedback = arrivals.tell(now, self.ssrc);
            progress.arrivals_told.fetch_add(feedback.len() as u64, Relaxed);
            said.extend(feedback);
        }
        said.into_iter().filter_map(|packet| self.seal(packet)).collect()
    }

    /// On a source that is new, too. One report is early: it tells the server that its last flight has arrived.
    fn expect_reports(&mut self, now: Instant) {
        if self.reports.is_empty() {
            self.early_report = Some(now + Duration::from_millis(u64::from(self.ssrc % 1_000)));
        }
        self.reports.resize(self.sound.voices(), now + REPORT_EVERY / 2);
    }

    /// The sources on which a report is due.
    fn due_reports(&mut self, now: Instant) -> Vec<usize> {
        let early = self.early_report.take_if(|due| *due <= now).map(|_| 0);
        let (reports, dice) = (self.reports.iter_mut().enumerate(), &mut self.dice);
        let due = reports.filter(|(_, due)| **due <= now).map(|(voice, due)| {
            *due = now + REPORT_EVERY * (50 + dice.roll() % 101) / 100;
            voice
        });
        early.into_iter().chain(due).collect()
    }

    fn seal(&mut self, packet: Vec<u8>) -> Option<Vec<u8>> {
        self.sent += 1;
        self.outbound.seal()?.rtcp(packet, self.sent)
    }
}

#[cfg(test)]
mod tests {
    use dimpl::SrtpProfile;
    use voxhall_media::srtp::Master;

    use super::*;

    const OWN: u32 = 5;
    const MATERIAL: [u8; 88] = [7; 88];

    fn both() -> (Master<'static>, Master<'static>) {
        Master::of_both(SrtpProfile::AEAD_AES_256_GCM, &MATERIAL).expect("enough")
    }

    fn hearing(now: Instant, feedback: Feedback) -> Hearing {
        let (own, server) = both();
        let agreement = Agreement {
            sound: server.rtp().and_then(|keys| keys.seal()).expect("a cipher"),
            inbound: server.rtcp().expect("keys"),
            outbound: own.rtcp().expect("keys"),
            farewell: None,
        };
        Hearing::new(now, agreement, 2, OWN, feedback)
    }

    /// The server's packet of this number, in which it counts as many in the extension 3.
    fn packet(ssrc: u8, number: u8) -> Vec<u8> {
        let mut packet = vec![0x90, 111, 0, number, 0, 0, 0, 0, 0, 0, 0, ssrc];
        packet.extend_from_slice(&[0xbe, 0xde, 0, 1, 0x31, 0, number, 0, 1, 2, 3]);
        packet.resize(60, 0);
        let seal = both().1.rtp().and_then(|keys| keys.seal()).expect("a cipher");
        let length = seal
            .rtp(&mut packet, 20, 23, ssrc.into(), number.into())
            .expect("sealed");
        packet.truncate(length);
        packet
    }

    /// Kind, and the source that it is about, of packets as the server opens them.
    fn opened(said: &[Vec<u8>]) -> Vec<(u8, u8)> {
        let seal = both().0.rtcp().and_then(|keys| keys.seal()).expect("a cipher");
        let open = |packet: &Vec<u8>| seal.open_rtcp(packet).expect("authentic").1;
        said.iter().map(open).map(|packet| (packet[1], packet[11])).collect()
    }

    #[test]
    fn each_source_has_a_report_of_its_own_and_who_asked_for_nothing_else_gets_nothing_else() {
        let (now, progress) = (Instant::now(), Progress::new(None));
        let after = |ms| now + Duration::from_millis(ms);
        let mut hearing = hearing(now, Feedback::default());
        assert_eq!(hearing.due(), None);
        for packet in [packet(1, 1), packet(2, 9), packet(1, 4), packet(1, 6)] {
            assert_eq!(
                hearing.take(now, &packet, &progress),
                None,
                "although 2, 3 and 5 are missing"
            );
        }
        assert_eq!(opened(&hearing.say(after(5), &progress)), [(201, 1)], "the early one");
        assert_eq!(hearing.due(), Some(after(2_500)));
        assert_eq!(opened(&hearing.say(after(2_500), &progress)), [(201, 1), (201, 2)]);
        let next = hearing.due().expect("another");
        assert!((after(5_000)..=after(10_000)).contains(&next));
        assert_eq!(progress.reports.load(Relaxed), 3);
    }

    #[test]
    fn who_asked_for_it_is_told_of_arrivals_and_asked_for_what_is_missing() {
        let (now, progress) = (Instant::now(), Progress::new(None));
        let feedback = Feedback {
            arrivals: Some(3),
            repeats: true,
        };
        let mut hearing = hearing(now, feedback);
        assert_eq!(hearing.take(now, &packet(1, 1), &progress), None);
        let request = hearing.take(now, &packet(1, 3), &progress).expect("2 is missing");
        assert_eq!(opened(&[request]), [(205, 1)]);
        assert_eq!(hearing.take(now, &packet(1, 2), &progress), None);
        let due = now + Duration::from_millis(63);
        assert!(!hearing.tells_of_arrivals(now) && hearing.tells_of_arrivals(due));
        assert_eq!(opened(&hearing.say(due, &progress)), [(201, 1), (205, 1)]);
        assert_eq!(
            progress.received.load(Relaxed),
            3,
            "the one that was repeated counts once"
        );
        assert_eq!(
            (progress.arrivals_told.load(Relaxed), progress.asked_again.load(Relaxed)),
            (1, 1)
        );
    }
}

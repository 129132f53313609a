//! What one listener hears: each packet is counted, one in a hundred is opened, and the one behind a hole.

use std::time::Instant;

use voxhall_media::srtp::Seal;

use super::repeats::Repeats;

/// Of so many packets one is opened, and the first. Each costs half a microsecond, which is as much as all the rest of it.
const OPENED_OF: u64 = 100;
/// So many missing in a row are no network's loss: somebody else may be sending, who has to show the key.
const HOLE: u64 = 16;

pub(super) struct Sound {
    seal: Seal,
    most: usize,
    /// In the order in which they were first heard.
    voices: Vec<Voice>,
}

/// One source.
struct Voice {
    ssrc: u32,
    first: u64,
    highest: u64,
    /// Which of the 64 numbers up to the highest have come.
    came: u64,
    received: u64,
    /// As they were when the last report was made.
    reported: (u64, u64),
    /// The server's last report on it: what it says of its time, and when it came.
    sent_report: Option<(u32, Instant)>,
    repeats: Repeats,
}

/// What became of a packet.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// It is new; so many more are expected than before it.
    New { expected: u64 },
    /// It came twice, or so late that nobody waits for it.
    Again,
    /// It is not the server's: it could not be opened, or is of a source too many.
    Foreign,
}

/// For a report (RFC 3550 §6.4.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) ssrc: u32,
    /// Of the packets since the last report, in 256ths.
    pub(super) fraction_lost: u8,
    pub(super) lost: u32,
    pub(super) highest: u32,
    /// The time in the server's last report on it, and for how long that is here, in 65,536ths of a second; zeroes before the first.
    pub(super) sent_report: u32,
    pub(super) since: u32,
}

impl Sound {
    /// `most`: of how many sources; the first that are heard, and others are not ours.
    pub(super) fn new(seal: Seal, most: usize) -> Self {
        Self {
            seal,
            most,
            voices: Vec::with_capacity(most),
        }
    }

    pub(super) fn take(&mut self, packet: &[u8]) -> Heard {
        let (Some(&[high, low]), Some(ssrc)) = (packet.get(2..4).and_then(<[u8]>::first_chunk), source_of(packet))
        else {
            return Heard::Foreign;
        };
        let number = u16::from_be_bytes([high, low]);
        let Some(voice) = self.voices.iter_mut().find(|voice| voice.ssrc == ssrc) else {
            return self.take_first(packet, number, ssrc);
        };
        let sequence = voice.extend(number);
        let is_behind_a_hole = sequence > voice.highest + HOLE;
        let is_sample = is_behind_a_hole || voice.received.is_multiple_of(OPENED_OF);
        if is_sample && self.seal.open_rtp(packet, sequence).is_none() {
            return Heard::Foreign;
        }
        voice.count(sequence)
    }

    fn take_first(&mut self, packet: &[u8], number: u16, ssrc: u32) -> Heard {
        let sequence = u64::from(number);
        if self.voices.len() == self.most || self.seal.open_rtp(packet, sequence).is_none() {
            return Heard::Foreign;
        }
        self.voices.push(Voice {
            ssrc,
            first: sequence,
            highest: sequence,
            came: 1,
            received: 1,
            reported: (0, 0),
            sent_report: None,
            repeats: Repeats::default(),
        });
        Heard::New { expected: 1 }
    }

    /// How many sources were heard.
    pub(super) fn voices(&self) -> usize {
        self.voices.len()
    }

    /// The account of this one of the sources, since its last one.
    pub(super) fn account(&mut self, now: Instant, voice: usize) -> Option<Account> {
        self.voices.get_mut(voice).map(|voice| voice.account(now))
    }

    /// The server has reported on a source: what it says of its time (the middle of RFC 3550's 64 bits).
    pub(super) fn note_report(&mut self, now: Instant, ssrc: u32, sent_at: u32) {
        if let Some(voice) = self.voices.iter_mut().find(|voice| voice.ssrc == ssrc) {
            voice.sent_report = Some((sent_at, now));
        }
    }

    /// Which packets of this source are asked for again now that one of it has come.
    pub(super) fn missing(&mut self, now: Instant, ssrc: u32) -> Vec<u64> {
        let voice = self.voices.iter_mut().find(|voice| voice.ssrc == ssrc);
        voice.map(|voice| voice.missing(now)).unwrap_or_default()
    }
}

/// Whose packet it is.
pub(super) fn source_of(packet: &[u8]) -> Option<u32> {
    let bytes = packet.get(8..12)?.first_chunk()?;
    Some(u32::from_be_bytes(*bytes))
}

impl Voice {
    /// The number with the roll-over count that brings it nearest to the highest (RFC 3711 §3.3.1).
    fn extend(&self, number: u16) -> u64 {
        let ahead = number.wrapping_sub(self.highest as u16) as i16;
        self.highest.saturating_add_signed(i64::from(ahead))
    }

    fn count(&mut self, sequence: u64) -> Heard {
        let expected = sequence.saturating_sub(self.highest);
        if expected > 0 {
            self.repeats.count(expected - 1);
            self.came = self.came.checked_shl(expected as u32).unwrap_or(0) | 1;
            self.highest = sequence;
        } else {
            let bit = 1_u64.checked_shl((self.highest - sequence) as u32).unwrap_or(0);
            if bit == 0 || self.came & bit != 0 || sequence < self.first {
                return Heard::Again;
            }
            self.came |= bit;
        }
        self.received += 1;
        Heard::New { expected }
    }

    fn missing(&mut self, now: Instant) -> Vec<u64> {
        let oldest = self
            .first
            .max(self.highest.saturating_sub(self.repeats.reach().min(63)));
        let came = |number: &u64| self.came & (1 << (self.highest - number)) != 0;
        let missing: Vec<u64> = (oldest..self.highest).filter(|number| !came(number)).collect();
        self.repeats.choose(now, &missing).to_vec()
    }

    fn account(&mut self, now: Instant) -> Account {
        let (expected, received) = (self.highest + 1 - self.first, self.received);
        let (expected_since, received_since) = (expected - self.reported.0, received - self.reported.1);
        self.reported = (expected, received);
        let lost_since = expected_since.saturating_sub(received_since);
        Account {
            ssrc: self.ssrc,
            fraction_lost: (lost_since * 256 / expected_since.max(1)).min(255) as u8,
            lost: expected.saturating_sub(received).min(0x7f_ffff) as u32,
            highest: self.highest as u32,
            sent_report: self.sent_report.map_or(0, |(sent_at, _)| sent_at),
            since: self.sent_report.map_or(0, |(_, came_at)| {
                (now.saturating_duration_since(came_at).as_micros() * 65_536 / 1_000_000) as u32
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use dimpl::SrtpProfile;
    use voxhall_media::srtp::Master;

    use super::*;

    const SSRC: u32 = 7;

    fn account_of(sound: &mut Sound, voice: usize) -> Account {
        sound.account(Instant::now(), voice).expect("a source")
    }

    fn seal() -> Seal {
        let material: Vec<u8> = (0..88).collect();
        let (_, server) = Master::of_both(SrtpProfile::AEAD_AES_256_GCM, &material).expect("enough");
        server.rtp().and_then(|keys| keys.seal()).expect("a cipher")
    }

    fn packet(sequence: u64) -> Vec<u8> {
        packet_of(SSRC, sequence)
    }

    fn packet_of(ssrc: u32, sequence: u64) -> Vec<u8> {
        let mut packet = vec![0x80, 111, 0, 0, 0, 0, 0, 0, 0, 0, 0, ssrc as u8, 1, 2, 3];
        packet[2..4].copy_from_slice(&(sequence as u16).to_be_bytes());
        packet.resize(60, 0);
        let length = seal().rtp(&mut packet, 12, 15, ssrc, sequence).expect("sealed");
        packet.truncate(length);
        packet
    }

    #[test]
    fn each_packet_counts_once_over_the_wrap_and_what_is_missing_is_reported() {
        let mut sound = Sound::new(seal(), 1);
        let mut expected = 0;
        for sequence in (0xfff0..0x1_0010_u64).filter(|sequence| sequence % 4 != 1) {
            match sound.take(&packet(sequence)) {
                Heard::New { expected: more } => expected += more,
                other => panic!("{sequence:x}: {other:?}"),
            }
        }
        assert_eq!(expected, 32);
        let account = account_of(&mut sound, 0);
        assert_eq!(
            (account.fraction_lost, account.lost, account.highest),
            (64, 8, 0x1_000f)
        );
        assert_eq!(sound.take(&packet(0x1_000f)), Heard::Again);
        assert_eq!(
            sound.take(&packet(0x1_0001)),
            Heard::New { expected: 0 },
            "it was only late"
        );
        assert_eq!(account_of(&mut sound, 0).fraction_lost, 0);
    }

    #[test]
    fn what_cannot_be_opened_or_is_of_another_source_is_not_heard() {
        let mut sound = Sound::new(seal(), 1);
        let mut changed = packet(5);
        changed[20] ^= 1;
        assert_eq!(sound.take(&changed), Heard::Foreign);
        assert_eq!(sound.take(&packet(5)), Heard::New { expected: 1 });
        let mut other = packet(6);
        other[11] = 8;
        assert_eq!(sound.take(&other), Heard::Foreign);
        assert_eq!(sound.take(&[0x80; 11]), Heard::Foreign);
    }
    #[test]
    fn of_several_voices_each_has_its_own_numbers_and_one_too_many_is_foreign() {
        let mut sound = Sound::new(seal(), 2);
        for (ssrc, sequence) in [(1, 5), (2, 60_000), (1, 6), (2, 60_002)] {
            assert!(matches!(sound.take(&packet_of(ssrc, sequence)), Heard::New { .. }));
        }
        assert_eq!(sound.take(&packet_of(3, 1)), Heard::Foreign);
        let lost = [0, 1]
            .map(|voice| account_of(&mut sound, voice))
            .map(|account| (account.ssrc, account.lost));
        assert_eq!(lost, [(1, 0), (2, 1)]);
        assert_eq!(sound.account(Instant::now(), 2), None);
    }

    #[test]
    fn what_is_missing_is_asked_for_and_counts_once_when_it_comes() {
        let (mut sound, now) = (Sound::new(seal(), 1), Instant::now());
        // One of four is lost, for long enough that it is known.
        let mut asked = Vec::new();
        for sequence in (1_000..2_000).filter(|sequence| sequence % 4 != 1) {
            sound.take(&packet(sequence));
            asked.extend(sound.missing(now + Duration::from_millis(20 * sequence), SSRC));
        }
        assert!(asked.contains(&1_993) && asked.contains(&1_997));
        assert_eq!(sound.take(&packet(1_997)), Heard::New { expected: 0 });
        assert_eq!(sound.take(&packet(1_997)), Heard::Again);
        assert!(!sound.missing(now + Duration::from_secs(60), SSRC).contains(&1_997));
        assert_eq!(sound.missing(now, SSRC + 1), [0; 0], "of a source that nobody heard");
    }

    #[test]
    fn an_account_says_how_old_the_servers_report_is() {
        let (mut sound, now) = (Sound::new(seal(), 1), Instant::now());
        sound.take(&packet(5));
        let before = sound.account(now, 0).expect("an account");
        assert_eq!((before.sent_report, before.since), (0, 0));
        sound.note_report(now, SSRC, 0x1234_5678);
        let after = sound
            .account(now + Duration::from_millis(1_500), 0)
            .expect("an account");
        assert_eq!((after.sent_report, after.since), (0x1234_5678, 65_536 + 32_768));
    }
}

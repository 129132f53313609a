//! Which synchronisation sources (RFC 3550 §3) a speaker's microphone may have: str0m remembers each for as long as the session lasts.

/// A browser keeps one; a program that starts its encoder anew has another. More would let a speaker who changes it with every packet fill the
/// node's memory, fewer would silence a program that restarts often.
const MAX_SOURCES: usize = 32;

/// Those from which an authentic packet came.
#[derive(Debug, Default)]
pub(super) struct Sources(Vec<u32>);

impl Sources {
    /// Whether the datagram is to be read: anything but RTP of one source more than there may be.
    pub(super) fn may_pass(&self, datagram: &[u8]) -> bool {
        rtp_source(datagram).is_none_or(|source| self.0.len() < MAX_SOURCES || self.0.contains(&source))
    }

    /// Takes note of an authentic packet's source.
    pub(super) fn note(&mut self, source: u32) {
        if self.0.last() != Some(&source) && !self.0.contains(&source) {
            self.0.push(source);
        }
    }
}

/// The source of a packet of RTP (RFC 3550 §5.1); None for anything else that shares the port (RFC 7983 §7, RFC 5761 §4).
fn rtp_source(datagram: &[u8]) -> Option<u32> {
    let is_rtp = matches!(datagram, [128..=191, kind, ..] if !(192..=223).contains(kind));
    let source = datagram.get(8..12).filter(|_| is_rtp)?;
    Some(u32::from_be_bytes(source.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(kind: u8, source: u32) -> Vec<u8> {
        let mut packet = vec![128, kind, 0, 1, 0, 0, 0, 0];
        packet.extend(source.to_be_bytes());
        packet
    }

    #[test]
    fn those_that_spoke_go_on_and_no_other_begins_when_there_are_enough() {
        let mut sources = Sources::default();
        for source in 0..32 {
            assert!(sources.may_pass(&packet(111, source)));
            sources.note(source);
            sources.note(source);
        }
        assert!((0..32).all(|source| sources.may_pass(&packet(111, source))));
        assert!(!sources.may_pass(&packet(111, 32)));
        assert!(!sources.may_pass(&packet(239, 32)), "with the marker set");
        assert!(sources.may_pass(&packet(200, 32)), "a report");
        assert!(sources.may_pass(&[22, 254, 253]) && sources.may_pass(&[128]));
    }
}

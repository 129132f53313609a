//! The keys for RTCP with one listener, both ways, and their counts.

use super::entry::Keys;
use crate::peer::Output;
use crate::srtp::{Derived, Master, Seal};

/// See the module.
pub(super) struct Reports {
    pub(super) inbound: Derived,
    pub(super) outbound: Derived,
    /// The highest number that was heard; a report is believed once. One that was overtaken is not missed.
    pub(super) heard: Option<u32>,
    pub(super) next: u32,
}

impl Reports {
    /// What a handshake agreed on, at work: for sound, and for reports.
    pub(super) fn of(keys: &Keys) -> Option<(Seal, Box<Self>)> {
        let (client, server) = Master::of_both(keys.profile, &keys.material)?;
        let reports = Self {
            inbound: client.rtcp()?,
            outbound: server.rtcp()?,
            heard: None,
            next: 1,
        };
        Some((server.rtp()?.seal()?, Box::new(reports)))
    }

    pub(super) fn numbered(&self) -> Output {
        Output::Numbered {
            next: self.next,
            heard: self.heard,
        }
    }
}

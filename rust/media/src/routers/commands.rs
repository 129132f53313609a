//! What the control plane asks of the node. It has decided who may; here it is only done.

use std::time::Instant;

use super::{CloseReason, Counters, Gauges, Peer, PeerKind, PeerReport, Report, Role, Routers, SpaceReport, Stats};
use crate::demux::PeerKey;
use crate::error::MediaError;
use crate::sdp::Fragment;

/// The outcome of a PATCH.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Patched {
    /// The ICE session as it is now.
    pub etag: String,
    /// Our credentials and candidates after an ICE restart; None after a trickle.
    pub fragment: Option<String>,
}

impl Routers {
    /// Trickle or ICE restart (RFC 9725 §4.3). `if_match` is an etag or `*`.
    ///
    /// # Errors
    /// [`MediaError::PeerNotFound`], [`MediaError::PreconditionFailed`], [`MediaError::BadSdp`].
    pub fn patch(&mut self, now: Instant, peer: &str, if_match: &str, fragment: &str) -> Result<Patched, MediaError> {
        let key = *self.by_id.get(peer).ok_or(MediaError::PeerNotFound)?;
        let fragment = Fragment::read(fragment)?;
        let found = self.peers.get_mut(&key).ok_or(MediaError::PeerNotFound)?;
        let etag = found.session.ufrag().to_owned();
        let is_restart = fragment
            .ufrag
            .as_deref()
            .is_some_and(|u| u != found.session.remote_ufrag());
        if if_match != "*" && if_match.trim_matches('"') != etag {
            return Err(MediaError::PreconditionFailed);
        }
        let (true, Some(ufrag), Some(password)) = (is_restart, &fragment.ufrag, &fragment.password) else {
            return Ok(Patched { etag, fragment: None });
        };
        let (ufrag, password) = (ufrag.clone(), password.clone());
        let answer = self
            .guarded(key, |p| Ok(p.session.restart_ice(&ufrag, &password)))
            .ok_or(MediaError::Internal)??;
        let etag = self
            .peers
            .get(&key)
            .map(|p| p.session.ufrag().to_owned())
            .ok_or(MediaError::Internal)?;
        self.set_ufrag(&etag, key);
        self.drain(now, key);
        Ok(Patched {
            etag,
            fragment: Some(answer),
        })
    }

    /// Says whether a participant may be heard. In force from the next packet on.
    pub fn allow(&mut self, space: &str, participant: &str, publish: bool) {
        if let Some(router) = self.routers.get_mut(space) {
            router.set_open(participant, publish);
        }
    }

    /// Says whether the space's packets are to stay small as long as the node can afford it.
    pub fn want_low_delay(&mut self, space: &str, wants_low_delay: bool) {
        if let Some(router) = self.routers.get_mut(space) {
            router.wants_low_delay = wants_low_delay;
        }
    }

    /// Ends one session; no error where it is gone already.
    pub fn close(&mut self, now: Instant, peer: &str) {
        if let Some(key) = self.by_id.get(peer) {
            self.close_peer(now, *key, CloseReason::Closed);
        }
    }

    /// Ends all sessions of one participant.
    pub fn close_participant(&mut self, now: Instant, space: &str, participant: &str) {
        self.close_where(now, |p| p.space == space && p.participant == participant);
    }

    /// Everything that is on this node.
    pub fn report(&self) -> Report {
        let describe = |key: &PeerKey| self.peers.get(key).map(|p| self.describe(p));
        let spaces = self.routers.iter().map(|(space, router)| SpaceReport {
            space: space.clone(),
            peers: router
                .publishers
                .iter()
                .chain(&router.listeners)
                .filter_map(describe)
                .collect(),
        });
        Report {
            spaces: spaces.collect(),
            stats: self.counters,
        }
    }

    /// Totals since the node started.
    #[must_use]
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// The same, and how the node is now.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let percent = |share: f32| (share.clamp(0.0, 1.0) * 100.0).round() as u64;
        let busy = self.filling.busy();
        let now = Gauges {
            listeners: self.audience.len() as u64,
            lossy_listeners: self.lossy as u64,
            protected_listeners: self.protected as u64,
            busy_percent: percent(busy),
            headroom_percent: percent(1.0 - busy),
            frame_ms: u64::from(self.filling.class().ms()),
            handshakes_waiting: self.work.len() as u64,
        };
        Stats {
            totals: self.counters,
            now,
        }
    }

    fn describe(&self, peer: &Peer) -> PeerReport {
        let router = self.routers.get(&peer.space);
        let seat = router.and_then(|r| r.seat(&peer.participant));
        let is_publisher = peer.kind() == PeerKind::Publisher;
        let audio = || router?.mixer().stats(seat?.source);
        PeerReport {
            peer: peer.id.clone(),
            participant: peer.participant.clone(),
            kind: peer.kind(),
            state: peer.state,
            interrupted: matches!(&peer.role, Role::Publisher { pulse, .. } if pulse.is_interrupted()),
            publish: is_publisher && seat.is_some_and(|s| s.open),
            audio: if is_publisher { audio() } else { None },
            reported_loss: match peer.role {
                Role::Listener { loss, .. } => loss.latest(),
                Role::Publisher { .. } => None,
            },
        }
    }

    pub(super) fn close_where(&mut self, now: Instant, matches: impl Fn(&Peer) -> bool) {
        let keys: Vec<PeerKey> = self.peers.iter().filter(|(_, p)| matches(p)).map(|(k, _)| *k).collect();
        for key in keys {
            self.close_peer(now, key, CloseReason::Closed);
        }
    }
}

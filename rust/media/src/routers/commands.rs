//! What the control plane asks of the node. It has decided who may; here it is only done.

use std::time::Instant;

use str0m::IceCreds;

use super::{CloseReason, Counters, Peer, PeerKind, PeerReport, Report, Role, Routers, SpaceReport};
use crate::audio::{AudioError, SourceId};
use crate::demux::PeerKey;
use crate::error::MediaError;
use crate::peer::{Forwarder, Paths, PeerState, Session};
use crate::router::Router;
use crate::sdp::{Fragment, Offer, Purpose};
use crate::tape::is_safe_name;

/// Who opens a session, and with which offer.
#[derive(Debug, Clone)]
pub struct OpenSession {
    /// The space.
    pub space: String,
    /// The new session's id.
    pub peer: String,
    /// Whose it is.
    pub participant: String,
    /// The offer.
    pub sdp: String,
}

/// The answer to an offer.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Opened {
    /// The answer.
    pub sdp: String,
    /// Names this ICE session in `If-Match` (RFC 9725 §4.3.1), unquoted.
    pub etag: String,
}

/// The outcome of a PATCH.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Patched {
    /// The ICE session as it is now.
    pub etag: String,
    /// Our credentials and candidates after an ICE restart; None after a trickle.
    pub fragment: Option<String>,
}

impl Routers {
    /// Opens a publisher: `csrc` is how its participant is named in packets, `publish` whether it may be heard yet.
    ///
    /// # Errors
    /// What the offer lacks, or [`MediaError::AtCapacity`].
    pub fn open_publisher(
        &mut self,
        now: Instant,
        request: OpenSession,
        csrc: u32,
        publish: bool,
    ) -> Result<Opened, MediaError> {
        if !is_safe_name(&request.participant) {
            return Err(MediaError::BadCommand("the participant's id is none".to_owned()));
        }
        let source = SourceId(csrc);
        let (session, opened) = self.negotiate(now, &request.sdp, Purpose::Publish)?;
        let forwarder = Forwarder::new(source, session.mids().get(1..).unwrap_or_default());
        let role = Role::Publisher {
            forwarder,
            budget: super::PUBLISHER_PACKETS_PER_S,
        };
        // A session id is used once; a caller who repeats one means the newer session. The older goes before the newer
        // takes its place, because with the last peer goes the whole space.
        self.close(now, &request.peer);
        let router = self.router(now, &request.space)?;
        let seated = router.seat_participant(&request.participant, source, publish);
        if let Err(error) = seated {
            self.forget_idle(&request.space);
            return Err(refusal(&error));
        }
        self.add(now, request, session, role);
        Ok(opened)
    }

    /// Opens a listener.
    ///
    /// # Errors
    /// What the offer lacks, or [`MediaError::AtCapacity`].
    pub fn open_listener(&mut self, now: Instant, request: OpenSession) -> Result<Opened, MediaError> {
        let (session, opened) = self.negotiate(now, &request.sdp, Purpose::Listen)?;
        let mid = *session.mids().first().ok_or(MediaError::Internal)?;
        self.close(now, &request.peer);
        self.router(now, &request.space)?;
        self.add(
            now,
            request,
            session,
            Role::Listener {
                mid,
                sequence: 0,
                reported_loss: None,
                fresh: true,
            },
        );
        Ok(opened)
    }

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
        self.demux.set_ufrag(&etag, key);
        self.flush(now, key);
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
            publish: is_publisher && seat.is_some_and(|s| s.open),
            audio: if is_publisher { audio() } else { None },
            reported_loss: match peer.role {
                Role::Listener { reported_loss, .. } => reported_loss,
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

    fn negotiate(&mut self, now: Instant, sdp: &str, purpose: Purpose) -> Result<(Session, Opened), MediaError> {
        if self.peers.len() >= self.max_peers {
            return Err(MediaError::AtCapacity);
        }
        let offer = Offer::read(sdp, purpose)?;
        let mut local = IceCreds::new();
        while self.demux.knows_ufrag(&local.ufrag) {
            local = IceCreds::new();
        }
        let etag = local.ufrag.clone();
        let (addresses, certificate) = (self.addresses.clone(), self.certificate.clone());
        // str0m has panicked on remote descriptions before: here it may cost the request, not the node.
        let negotiated = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            Session::negotiate(now, offer, local, addresses, certificate)
        }));
        let (session, sdp) = negotiated.unwrap_or_else(|_| {
            self.counters.panics += 1;
            Err(MediaError::BadSdp("it cannot be negotiated".to_owned()))
        })?;
        Ok((session, Opened { sdp, etag }))
    }

    pub(super) fn router(&mut self, now: Instant, space: &str) -> Result<&mut Router, MediaError> {
        if !self.routers.contains_key(space) {
            let router = Router::new(now, space).map_err(|e| refusal(&e))?;
            self.routers.insert(space.to_owned(), router);
        }
        self.routers.get_mut(space).ok_or(MediaError::Internal)
    }

    fn add(&mut self, now: Instant, request: OpenSession, session: Session, role: Role) {
        self.next_key += 1;
        let key = PeerKey(self.next_key);
        self.demux.set_ufrag(session.ufrag(), key);
        self.by_id.insert(request.peer.clone(), key);
        if let Some(router) = self.routers.get_mut(&request.space) {
            match role {
                Role::Publisher { .. } => router.publishers.push(key),
                Role::Listener { .. } => router.listeners.push(key),
            }
        }
        let peer = Peer {
            id: request.peer,
            space: request.space,
            participant: request.participant,
            state: PeerState::New,
            created: now,
            last_heard: now,
            paths: Paths::default(),
            session,
            role,
            #[cfg(feature = "test-hooks")]
            breaks: false,
        };
        self.peers.insert(key, peer);
        self.flush(now, key);
    }
}

fn refusal(error: &AudioError) -> MediaError {
    match error {
        AudioError::TooManySources => MediaError::AtCapacity,
        AudioError::SourceExists(_) => MediaError::BadCommand("the csrc names someone else".to_owned()),
        _ => MediaError::Internal,
    }
}

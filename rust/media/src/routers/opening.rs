//! How a device comes in: its offer is read, something is found to carry it, and it is given its place.

use std::time::Instant;

use str0m::IceCreds;

use super::{Hearing, ListenerPath, Peer, Role, Routers};
use crate::audio::{AudioError, SourceId, TICK};
use crate::demux::PeerKey;
use crate::error::MediaError;
use crate::listener::{Listener, Opening, Place, ReportedLoss};
use crate::peer::{Forwarder, Paths, PeerState, Pulse, Session, Transport};
use crate::router::{FRAME_TIME, Router};
use crate::sdp::{ListenOffer, Offer, Purpose};
use crate::tape::is_safe_name;

/// With so many handshakes in the queue nobody else is let in: a core does about 1,500 a second, and whoever would wait longer
/// hears sooner by asking again.
const MAX_BACKLOG: usize = 1_000;

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
        let offer = self.read(&request.sdp, Purpose::Publish)?;
        let (session, opened) = self.negotiate(now, offer)?;
        let forwarder = Forwarder::new(source, session.mids().get(1..).unwrap_or_default());
        let role = Role::Publisher {
            forwarder,
            budget: super::PUBLISHER_PACKETS_PER_S,
            pulse: Pulse::default(),
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
        let key = self.new_key();
        self.add(now, key, request, Box::new(session), role);
        Ok(opened)
    }

    /// Opens a listener.
    ///
    /// # Errors
    /// What the offer lacks, or [`MediaError::AtCapacity`].
    pub fn open_listener(&mut self, now: Instant, request: OpenSession) -> Result<Opened, MediaError> {
        let offer = self.read(&request.sdp, Purpose::Listen)?;
        match ListenOffer::read(&offer).filter(|_| self.listener_path == ListenerPath::Thin) {
            Some(thin) => self.open_thin(now, request, &thin),
            None => self.open_full(now, request, offer),
        }
    }

    fn open_full(&mut self, now: Instant, request: OpenSession, offer: Offer) -> Result<Opened, MediaError> {
        let (session, opened) = self.negotiate(now, offer)?;
        let mid = *session.mids().first().ok_or(MediaError::Internal)?;
        self.close(now, &request.peer);
        self.router(now, &request.space)?;
        let hearing = Hearing::Full {
            mid,
            sequence: 0,
            fresh: true,
        };
        let role = Role::Listener {
            hearing,
            loss: ReportedLoss::default(),
        };
        let key = self.new_key();
        self.add(now, key, request, Box::new(session), role);
        Ok(opened)
    }

    fn open_thin(&mut self, now: Instant, request: OpenSession, offer: &ListenOffer<'_>) -> Result<Opened, MediaError> {
        self.close(now, &request.peer);
        let space = self.router(now, &request.space)?.number();
        let key = self.new_key();
        let opened = match self.audience.seat(key, space) {
            Some(place) => self
                .listen(now, place, offer)
                .inspect_err(|_| self.audience.leave(place)),
            None => Err(MediaError::AtCapacity),
        };
        let (listener, place, opened) = opened.inspect_err(|_| self.forget_idle(&request.space))?;
        let role = Role::Listener {
            hearing: Hearing::Thin(place),
            loss: ReportedLoss::default(),
        };
        self.add(now, key, request, Box::new(listener), role);
        Ok(opened)
    }

    fn listen(
        &mut self,
        now: Instant,
        place: Place,
        offer: &ListenOffer<'_>,
    ) -> Result<(Listener, Place, Opened), MediaError> {
        let opening = Opening {
            now,
            began: self.began,
            place,
            identity: &self.identity,
            addresses: self.addresses.clone(),
        };
        let (listener, sdp) = Listener::open(opening, offer)?;
        let etag = listener.ufrag().to_owned();
        Ok((listener, place, Opened { sdp, etag }))
    }

    fn read(&mut self, sdp: &str, purpose: Purpose) -> Result<Offer, MediaError> {
        let has_no_time = purpose == Purpose::Listen && (self.filling.is_full() || self.work.len() >= MAX_BACKLOG);
        if has_no_time || self.peers.len() >= self.max_peers {
            self.counters.joins_refused += 1;
            return Err(MediaError::AtCapacity);
        }
        Offer::read(sdp, purpose)
    }

    fn negotiate(&mut self, now: Instant, offer: Offer) -> Result<(Session, Opened), MediaError> {
        let mut local = IceCreds::new();
        while self.demux.knows_ufrag(&local.ufrag) {
            local = IceCreds::new();
        }
        let etag = local.ufrag.clone();
        let (addresses, certificate) = (self.addresses.clone(), self.identity.certificate());
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
            let taken = |number: &usize| self.routers.values().any(|router| router.number() == *number);
            let number = (0..).find(|number| !taken(number)).unwrap_or_default();
            let router = Router::new(now, space, number, self.rtp_time(now)).map_err(|e| refusal(&e))?;
            self.routers.insert(space.to_owned(), router);
            self.audience.open(number);
        }
        self.routers.get_mut(space).ok_or(MediaError::Internal)
    }

    /// RTP time of all mixes: what has passed since the first node of this boot that anybody here listens to began.
    fn rtp_time(&self, now: Instant) -> u32 {
        let frames = now.saturating_duration_since(self.began).as_nanos() / TICK.as_nanos();
        (frames as u32).wrapping_mul(FRAME_TIME)
    }

    pub(super) fn new_key(&mut self) -> PeerKey {
        self.next_key += 1;
        PeerKey(self.next_key)
    }

    /// Says under which name the peer's checks come from now on.
    pub(super) fn set_ufrag(&mut self, ufrag: &str, key: PeerKey) {
        match self.peers.get(&key).and_then(Peer::place) {
            Some(place) => self.audience.set_ufrag(place, ufrag),
            None => self.demux.set_ufrag(ufrag, key),
        }
    }

    fn add(&mut self, now: Instant, key: PeerKey, request: OpenSession, session: Box<dyn Transport>, role: Role) {
        let peer = Peer {
            id: request.peer,
            space: request.space,
            participant: request.participant,
            state: PeerState::New,
            created: now,
            last_heard: now,
            paths: Paths::default(),
            is_reached: false,
            session,
            role,
            #[cfg(feature = "test-hooks")]
            breaks: false,
        };
        self.enter(key, peer);
        self.counters.joins_answered += 1;
        self.timed.insert(key);
        self.flush(now, key);
    }

    /// Gives a peer its place in all tables.
    pub(super) fn enter(&mut self, key: PeerKey, peer: Peer) {
        let ufrag = peer.session.ufrag().to_owned();
        self.by_id.insert(peer.id.clone(), key);
        if let Some(router) = self.routers.get_mut(&peer.space) {
            match peer.role {
                Role::Publisher { .. } => router.publishers.push(key),
                Role::Listener { hearing, .. } => {
                    router.listeners.push(key);
                    if matches!(hearing, Hearing::Full { .. }) {
                        router.carried.push(key);
                    }
                }
            }
        }
        self.peers.insert(key, peer);
        self.set_ufrag(&ufrag, key);
    }
}

fn refusal(error: &AudioError) -> MediaError {
    match error {
        AudioError::TooManySources => MediaError::AtCapacity,
        AudioError::SourceExists(_) => MediaError::BadCommand("the csrc names someone else".to_owned()),
        _ => MediaError::Internal,
    }
}

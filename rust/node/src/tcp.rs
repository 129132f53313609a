//! ICE over TCP (RFC 6544, passive) on the same port number, framed by two bytes of length (RFC 4571 §2).

use std::collections::{HashMap, VecDeque};
use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mio::net::{TcpListener, TcpStream};
use mio::{Interest, Registry, Token};

use str0m::net::Protocol;
use voxhall_media::Datagram;

use crate::framing::{Frame, next_frame};

/// Connections at once. Each costs a file descriptor; most listeners use UDP and need none.
const MAX_CONNECTIONS: usize = 2_000;
/// Bytes that may wait for a slow reader: about a second of a mix. More would only be late sound.
const MAX_QUEUED_BYTES: usize = 16 * 1024;
/// A connection that has not authenticated itself by then is closed.
const AUTHENTICATE_WITHIN: Duration = Duration::from_secs(10);
/// A connection on which nothing authentic came for so long is closed: its session is over or somewhere else. Browsers check
/// even idle paths every 25 s; higher lets those who left hold file descriptors.
const IDLE_AFTER: Duration = Duration::from_secs(60);
/// Reads until a connection has nothing more. Whoever brings more than this at once (minutes of sound) is flooding.
const READS_PER_TURN: usize = 64;

struct Connection {
    stream: TcpStream,
    source: SocketAddr,
    destination: SocketAddr,
    received: Vec<u8>,
    queued: VecDeque<u8>,
    /// When something authentic came last; until then, when it was opened.
    heard_at: Instant,
    is_authentic: bool,
}

/// All TCP connections of the node.
pub(crate) struct TcpPort {
    listeners: Vec<TcpListener>,
    connections: HashMap<Token, Connection>,
    by_source: HashMap<SocketAddr, Token>,
    next_token: usize,
    /// Accepting ended with an error, of which the system tells no second time.
    has_failed: bool,
}

impl TcpPort {
    /// Tokens from `first_token` on are connections; the listeners have those just below.
    pub(crate) fn new(listeners: Vec<TcpListener>, first_token: usize) -> Self {
        Self {
            listeners,
            connections: HashMap::new(),
            by_source: HashMap::new(),
            next_token: first_token,
            has_failed: false,
        }
    }

    pub(crate) fn listeners_mut(&mut self) -> &mut [TcpListener] {
        &mut self.listeners
    }

    /// Accepts whoever waits, up to the limit; beyond it the newcomer is closed at once.
    pub(crate) fn accept(&mut self, now: Instant, listener: usize, registry: &Registry) {
        loop {
            let (mut stream, source) = match self.listeners.get(listener).map(TcpListener::accept) {
                Some(Ok(newcomer)) => newcomer,
                Some(Err(error)) => {
                    self.has_failed |= error.kind() != ErrorKind::WouldBlock;
                    return;
                }
                None => return,
            };
            let Ok(destination) = stream.local_addr() else { continue };
            if self.connections.len() >= MAX_CONNECTIONS {
                continue;
            }
            let token = Token(self.next_token);
            self.next_token += 1;
            let interest = Interest::READABLE | Interest::WRITABLE;
            if stream.set_nodelay(true).is_err() || registry.register(&mut stream, token, interest).is_err() {
                continue;
            }
            self.by_source.insert(source, token);
            let (received, queued) = (Vec::new(), VecDeque::new());
            let connection = Connection {
                stream,
                source,
                destination,
                received,
                queued,
                heard_at: now,
                is_authentic: false,
            };
            self.connections.insert(token, connection);
        }
    }

    /// Accepts those who were left waiting by an error.
    pub(crate) fn accept_again(&mut self, now: Instant, registry: &Registry) {
        if std::mem::take(&mut self.has_failed) {
            (0..self.listeners.len()).for_each(|listener| self.accept(now, listener, registry));
        }
    }

    /// Reads a connection's frames; `each` says whether a frame was authentic. The first that is not ends the connection.
    pub(crate) fn ready(&mut self, now: Instant, token: Token, mut each: impl FnMut(Datagram<'_>) -> bool) {
        let Some(connection) = self.connections.get_mut(&token) else {
            return;
        };
        if connection.write_queued().is_err() || connection.read_frames(now, &mut each).is_err() {
            self.close(token);
        }
    }

    /// Frames and sends one packet, or drops it: where there is no such connection, or its queue is full.
    pub(crate) fn send(&mut self, to: SocketAddr, contents: &[u8]) {
        let Some(token) = self.by_source.get(&to).copied() else {
            return;
        };
        let Some(connection) = self.connections.get_mut(&token) else {
            return;
        };
        if connection.queued.len() + contents.len() + 2 > MAX_QUEUED_BYTES {
            return;
        }
        connection.queued.extend((contents.len() as u16).to_be_bytes());
        connection.queued.extend(contents);
        if connection.write_queued().is_err() {
            self.close(token);
        }
    }

    /// Closes connections that have not authenticated themselves in time, or whose session is over.
    pub(crate) fn sweep(&mut self, now: Instant) {
        let is_late = |c: &Connection| {
            let patience = if c.is_authentic {
                IDLE_AFTER
            } else {
                AUTHENTICATE_WITHIN
            };
            now.saturating_duration_since(c.heard_at) > patience
        };
        let late: Vec<Token> = self
            .connections
            .iter()
            .filter(|(_, c)| is_late(c))
            .map(|(t, _)| *t)
            .collect();
        for token in late {
            self.close(token);
        }
    }

    fn close(&mut self, token: Token) {
        if let Some(connection) = self.connections.remove(&token) {
            // The same address may have connected again before this connection's end was noticed.
            if self.by_source.get(&connection.source) == Some(&token) {
                self.by_source.remove(&connection.source);
            }
        }
    }
}

impl Connection {
    fn write_queued(&mut self) -> io::Result<()> {
        while !self.queued.is_empty() {
            match self.stream.write(self.queued.as_slices().0) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(written) => drop(self.queued.drain(..written)),
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(())
    }

    fn read_frames(&mut self, now: Instant, each: &mut impl FnMut(Datagram<'_>) -> bool) -> io::Result<()> {
        let mut chunk = [0; 4096];
        for _ in 0..READS_PER_TURN {
            match self.stream.read(&mut chunk) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(read) => self.received.extend_from_slice(&chunk[..read]),
                Err(e) if e.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(e) if e.kind() == ErrorKind::Interrupted => continue,
                Err(e) => return Err(e),
            }
            self.take_frames(now, each)?;
        }
        Err(ErrorKind::QuotaExceeded.into())
    }

    fn take_frames(&mut self, now: Instant, each: &mut impl FnMut(Datagram<'_>) -> bool) -> io::Result<()> {
        let mut start = 0;
        while let Frame::Whole { contents, length } = next_frame(&self.received[start..])? {
            let (source, destination) = (self.source, self.destination);
            let was_authentic = each(Datagram {
                protocol: Protocol::Tcp,
                source,
                destination,
                contents,
            });
            if was_authentic {
                self.is_authentic = true;
                self.heard_at = now;
            }
            if !self.is_authentic {
                return Err(ErrorKind::PermissionDenied.into());
            }
            start += length;
        }
        self.received.drain(..start);
        Ok(())
    }
}

//! One network path of a client: a UDP socket, or a TCP connection with RFC 4571 frames. Never blocks.

use std::io::{self, ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::time::Duration;

use mio::event::Source;
use mio::net::{TcpStream, UdpSocket};
use mio::{Interest, Registry, Token};
use str0m::net::Protocol;

/// Unsent TCP bytes a client keeps. Beyond it packets are dropped, as a network would: sound that comes seconds late is worth nothing.
const TCP_BACKLOG_BYTES: usize = 64 * 1024;

/// How long a TCP connection may take to open before the path is given up.
const TCP_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

pub(crate) enum Wire {
    Udp {
        socket: UdpSocket,
        local: SocketAddr,
    },
    Tcp {
        stream: TcpStream,
        local: SocketAddr,
        remote: SocketAddr,
        received: Vec<u8>,
        unsent: Vec<u8>,
    },
}

/// What one attempt to read brought.
pub(crate) enum Received {
    /// A datagram of this length is in the buffer, from this address.
    Datagram(usize, SocketAddr),
    /// Nothing more for now.
    Empty,
    /// The path is gone.
    Closed,
}

impl Wire {
    pub(crate) fn udp(local: SocketAddr) -> io::Result<Self> {
        let socket = UdpSocket::bind(local)?;
        let local = socket.local_addr()?;
        Ok(Self::Udp { socket, local })
    }

    /// Blocks until the connection is open, for five seconds at most.
    pub(crate) fn tcp(remote: SocketAddr) -> io::Result<Self> {
        let stream = std::net::TcpStream::connect_timeout(&remote, TCP_CONNECT_TIMEOUT)?;
        stream.set_nodelay(true)?;
        stream.set_nonblocking(true)?;
        let local = stream.local_addr()?;
        Ok(Self::Tcp {
            stream: TcpStream::from_std(stream),
            local,
            remote,
            received: Vec::new(),
            unsent: Vec::new(),
        })
    }

    pub(crate) fn local(&self) -> SocketAddr {
        match self {
            Self::Udp { local, .. } | Self::Tcp { local, .. } => *local,
        }
    }

    pub(crate) fn protocol(&self) -> Protocol {
        match self {
            Self::Udp { .. } => Protocol::Udp,
            Self::Tcp { .. } => Protocol::Tcp,
        }
    }

    pub(crate) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        match self {
            Self::Udp { socket, .. } => socket.register(registry, token, Interest::READABLE),
            Self::Tcp { stream, .. } => stream.register(registry, token, Interest::READABLE | Interest::WRITABLE),
        }
    }

    /// Goes on from another port of the same address; `local` stays what it was, as behind a NAT. TCP stays where it is.
    pub(crate) fn roam(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        if let Self::Udp { socket, local } = self {
            registry.deregister(socket)?;
            *socket = UdpSocket::bind(SocketAddr::new(local.ip(), 0))?;
            registry.register(socket, token, Interest::READABLE)?;
        }
        Ok(())
    }

    pub(crate) fn deregister(&mut self, registry: &Registry) {
        // A socket that cannot be taken out of the poll is closed right after, which takes it out as well.
        let _ = match self {
            Self::Udp { socket, .. } => socket.deregister(registry),
            Self::Tcp { stream, .. } => stream.deregister(registry),
        };
    }

    /// Sends one packet or drops it: real-time sound is never queued behind a full socket.
    pub(crate) fn send(&mut self, destination: SocketAddr, packet: &[u8]) {
        match self {
            Self::Udp { socket, .. } => {
                let _ = socket.send_to(packet, destination);
            }
            Self::Tcp { unsent, .. } => {
                let Ok(length) = u16::try_from(packet.len()) else {
                    return;
                };
                if unsent.len() + packet.len() + 2 <= TCP_BACKLOG_BYTES {
                    unsent.extend_from_slice(&length.to_be_bytes());
                    unsent.extend_from_slice(packet);
                }
                self.flush();
            }
        }
    }

    /// Writes what TCP kept back; a no-op for UDP.
    pub(crate) fn flush(&mut self) {
        let Self::Tcp { stream, unsent, .. } = self else { return };
        let mut written = 0;
        while written < unsent.len() {
            match stream.write(&unsent[written..]) {
                Ok(0) => break,
                Ok(count) => written += count,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // A full or broken connection: reading finds out which.
                Err(_) => break,
            }
        }
        unsent.drain(..written);
    }

    pub(crate) fn receive(&mut self, buffer: &mut [u8]) -> Received {
        match self {
            Self::Udp { socket, .. } => loop {
                match socket.recv_from(buffer) {
                    Ok((length, source)) => return Received::Datagram(length, source),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => return Received::Empty,
                    // An ICMP refusal of an earlier packet, or an interruption: the socket itself is well.
                    Err(error) if matches!(error.kind(), ErrorKind::ConnectionRefused | ErrorKind::Interrupted) => {}
                    Err(_) => return Received::Closed,
                }
            },
            Self::Tcp {
                stream,
                remote,
                received,
                ..
            } => receive_frame(stream, *remote, received, buffer),
        }
    }
}

/// RFC 4571 §2: two bytes of length, then the packet.
fn receive_frame(stream: &mut TcpStream, remote: SocketAddr, received: &mut Vec<u8>, buffer: &mut [u8]) -> Received {
    loop {
        if let [high, low, rest @ ..] = received.as_slice() {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            if length > buffer.len() {
                return Received::Closed;
            }
            if let Some(packet) = rest.get(..length) {
                buffer[..length].copy_from_slice(packet);
                received.drain(..length + 2);
                return Received::Datagram(length, remote);
            }
        }
        match stream.read(buffer) {
            Ok(0) => return Received::Closed,
            Ok(count) => received.extend_from_slice(&buffer[..count]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Received::Empty,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return Received::Closed,
        }
    }
}

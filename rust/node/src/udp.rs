//! The UDP port: one socket for IPv4, one for IPv6. Each datagram comes with the address it was sent to and answers leave
//! from that address ([`crate::outlet`]), because a peer believes only the address it asked.

use std::io::{self, IoSliceMut};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use mio::net::UdpSocket;
use quinn_udp::{BATCH_SIZE, RecvMeta, UdpSockRef, UdpSocketState};
use socket2::{Domain, Protocol, Socket, Type};
use str0m::net;
use voxhall_media::Datagram;

/// Kernel buffers of 4 MiB take a frame's burst for thousands of listeners; smaller ones drop packets when a tick is late.
const SOCKET_BUFFER_BYTES: usize = 4 << 20;
/// The largest receive the kernel hands over at once (GRO joins datagrams up to 64 kB).
const RECEIVE_BYTES: usize = 1 << 16;
/// Batches read before the loop looks at its clock again, so that a flood cannot keep a tick from happening.
const BATCHES_PER_TURN: usize = 8;

pub(crate) struct UdpPort {
    socket: UdpSocket,
    /// The same one, for those who send.
    shared: Socket,
    state: UdpSocketState,
    port: u16,
    buffer: Vec<u8>,
    /// Whether something may be there: the system told so, and it was not read empty since.
    is_ready: bool,
}

impl UdpPort {
    pub(crate) fn bind(address: SocketAddr) -> io::Result<Self> {
        let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
        if address.is_ipv6() {
            socket.set_only_v6(true)?;
        }
        socket.set_nonblocking(true)?;
        socket.bind(&address.into())?;
        let shared = socket.try_clone()?;
        let socket = UdpSocket::from_std(socket.into());
        let state = UdpSocketState::new(UdpSockRef::from(&socket))?;
        // The kernel may grant less; what it grants is what there is.
        let _ = state.set_recv_buffer_size(UdpSockRef::from(&socket), SOCKET_BUFFER_BYTES);
        let _ = state.set_send_buffer_size(UdpSockRef::from(&socket), SOCKET_BUFFER_BYTES);
        let port = socket.local_addr()?.port();
        Ok(Self {
            socket,
            shared,
            state,
            port,
            buffer: vec![0; RECEIVE_BYTES * BATCH_SIZE],
            is_ready: true,
        })
    }

    pub(crate) fn wildcard_v4(port: u16) -> SocketAddr {
        SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), port)
    }

    pub(crate) fn wildcard_v6(port: u16) -> SocketAddr {
        SocketAddr::new(IpAddr::V6(Ipv6Addr::UNSPECIFIED), port)
    }

    pub(crate) fn socket_mut(&mut self) -> &mut UdpSocket {
        &mut self.socket
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The system tells that there is something.
    pub(crate) fn note_ready(&mut self) {
        self.is_ready = true;
    }

    /// Reads what has arrived, bounded; true where more may be waiting. Without news from the system it asks for nothing.
    pub(crate) fn receive(&mut self, mut each: impl FnMut(Datagram<'_>)) -> bool {
        if !self.is_ready {
            return false;
        }
        let mut metas = [RecvMeta::default(); BATCH_SIZE];
        for _ in 0..BATCHES_PER_TURN {
            let mut slices: Vec<IoSliceMut<'_>> = self.buffer.chunks_mut(RECEIVE_BYTES).map(IoSliceMut::new).collect();
            let count = match self.state.recv(UdpSockRef::from(&self.socket), &mut slices, &mut metas) {
                Ok(count) => count,
                Err(error) => {
                    // Anything but "empty" is an ICMP echo of an earlier send; the next turn reads on.
                    self.is_ready = error.kind() != io::ErrorKind::WouldBlock;
                    return false;
                }
            };
            for (meta, chunk) in metas.iter().zip(self.buffer.chunks(RECEIVE_BYTES)).take(count) {
                let ip = meta.dst_ip.unwrap_or(match meta.addr {
                    SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
                    SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
                });
                let (source, destination) = (meta.addr, SocketAddr::new(ip, self.port));
                for contents in chunk[..meta.len].chunks(meta.stride.max(1)) {
                    each(Datagram {
                        protocol: net::Protocol::Udp,
                        source,
                        destination,
                        contents,
                    });
                }
            }
            if count < BATCH_SIZE {
                // There was no more; what comes from now on is told anew.
                self.is_ready = false;
                return false;
            }
        }
        true
    }

    /// The socket, for a thread that sends through it.
    pub(crate) fn share(&self) -> io::Result<UdpSocket> {
        Ok(UdpSocket::from_std(self.shared.try_clone()?.into()))
    }
}

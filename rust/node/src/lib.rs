//! The shell around the media core: one UDP port, one TCP port, one thread, one clock. It decides nothing.

mod command;
mod event_loop;
mod interfaces;
mod tcp;
mod udp;

pub use command::Command;
pub use event_loop::Stopped;

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use mio::Waker;
use voxhall_media::error::MediaError;
use voxhall_media::routers::NodeEvent;

use event_loop::{EventLoop, Request};

/// Commands that may wait for the media thread. It answers within a tick; a longer queue is only a longer wait.
const COMMAND_QUEUE: usize = 1024;
/// Events that may wait for the control plane. Beyond it they are dropped and a full report is due instead.
const EVENT_QUEUE: usize = 16_384;
/// How long a command may take before its caller is told that the node is stuck.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(10);

/// How a node is set up.
#[derive(Debug, Clone)]
pub struct Settings {
    /// UDP and TCP port; 0 lets the system choose one (for tests).
    pub port: u16,
    /// The addresses told to clients; empty means the machine's own.
    pub advertised: Vec<IpAddr>,
    /// The most peers at once.
    pub max_peers: usize,
}

/// A running node.
pub struct Node {
    commands: Sender<Request>,
    events: Receiver<NodeEvent>,
    events_lost: Arc<AtomicBool>,
    waker: Arc<Waker>,
    port: u16,
    thread: Option<JoinHandle<()>>,
}

impl Node {
    /// Opens the ports and starts the media thread.
    ///
    /// # Errors
    /// The ports cannot be opened, or the thread cannot be started.
    pub fn start(settings: &Settings) -> io::Result<Self> {
        let (commands, requests) = bounded(COMMAND_QUEUE);
        let (event_sender, events) = bounded(EVENT_QUEUE);
        let events_lost = Arc::new(AtomicBool::new(false));
        let event_loop = EventLoop::open(settings, requests, event_sender, Arc::clone(&events_lost))?;
        let (waker, port) = (event_loop.waker(), event_loop.port());
        let thread = std::thread::Builder::new()
            .name("voxhall-media".to_owned())
            .spawn(move || event_loop.run())?;
        Ok(Self {
            commands,
            events,
            events_lost,
            waker,
            port,
            thread: Some(thread),
        })
    }

    /// The media port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Carries out a command and gives its JSON answer.
    ///
    /// # Errors
    /// The command's own refusal; [`MediaError::Internal`] where the media thread does not answer.
    pub fn call(&self, command: Command) -> Result<serde_json::Value, MediaError> {
        let (reply, answer) = bounded(1);
        self.commands
            .send_timeout(Request::Command { command, reply }, COMMAND_TIMEOUT)
            .map_err(|_| MediaError::Internal)?;
        self.waker.wake().map_err(|_| MediaError::Internal)?;
        answer.recv_timeout(COMMAND_TIMEOUT).map_err(|_| MediaError::Internal)?
    }

    /// The next event, or None after `timeout`.
    ///
    /// # Errors
    /// [`Stopped`] once the node has stopped and everything was given out.
    pub fn next_event(&self, timeout: Duration) -> Result<Option<NodeEvent>, Stopped> {
        match self.events.recv_timeout(timeout) {
            Ok(event) => Ok(Some(event)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(Stopped),
        }
    }

    /// Whether events were dropped since the last call, so that a full report is due.
    pub fn take_events_lost(&self) -> bool {
        self.events_lost.swap(false, Ordering::Relaxed)
    }

    /// Says good-bye to every peer and ends the thread.
    pub fn stop(&mut self) {
        if let Some(thread) = self.thread.take() {
            // Where the thread is gone already there is nobody to tell.
            let _ = self.commands.send_timeout(Request::Stop, COMMAND_TIMEOUT);
            let _ = self.waker.wake();
            let _ = thread.join();
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.stop();
    }
}

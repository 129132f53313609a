//! The shell around the media core: one UDP port, one TCP port, one clock, one thread for packets and one for the tapes.
//! It decides nothing.

pub mod batch;
mod command;
mod event_loop;
pub mod framing;
mod host_events;
mod interfaces;
mod load;
#[cfg(target_os = "linux")]
mod memory;
#[cfg(not(target_os = "linux"))]
#[path = "memory-elsewhere.rs"]
mod memory;
mod outlet;
mod pool;
mod senders;
pub mod tape;
mod tcp;
mod udp;

pub use command::Command;
pub use host_events::Stopped;
pub use memory::map_shared;

use std::io::{self, Write};
use std::net::IpAddr;
use std::os::fd::BorrowedFd;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Once};
use std::thread::JoinHandle;
use std::time::Duration;

use flume::{Sender, bounded};
use mio::Waker;
use voxhall_media::FrameClass;
use voxhall_media::error::MediaError;
use voxhall_media::routers::NodeEvent;

use event_loop::{EventLoop, Request};
use host_events::EventQueue;
use senders::SENDER_THREAD;
use tape::{Disk, LocalDisk, Message, Mode, Queue, Status, Writer};

/// Commands that may wait for the media thread. It answers within a tick; a longer queue is only a longer wait.
const COMMAND_QUEUE: usize = 1024;
/// How long a command may take before its caller is told that the node is stuck.
const COMMAND_TIMEOUT: Duration = Duration::from_secs(10);
/// The thread that carries the sound.
const MEDIA_THREAD: &str = "voxhall-media";

/// How a node is set up.
#[derive(Debug, Clone)]
pub struct Settings {
    /// UDP and TCP port; 0 lets the system choose one (for tests).
    pub port: u16,
    /// The addresses told to clients; empty means the machine's own.
    pub advertised: Vec<IpAddr>,
    /// The most peers at once.
    pub max_peers: usize,
    /// How much sound a packet carries to a listener; None: more the fuller the node is.
    pub frame_class: Option<FrameClass>,
    /// Threads that send to listeners beside the media thread; None: as many as the machine has cores for.
    pub send_threads: Option<usize>,
    /// The folder under which the tapes are: `tapes/` and `rings/`, a folder for each space.
    pub data: PathBuf,
    /// Where the listeners' keys and numbers outlive this process, see [`map_shared`].
    pub memory: Option<&'static [AtomicU64]>,
}

/// A running node.
pub struct Node {
    commands: Sender<Request>,
    queue: EventQueue,
    waker: Arc<Waker>,
    port: u16,
    tapes: Queue,
    tape_status: Status,
    thread: Option<JoinHandle<()>>,
    tape_thread: Option<JoinHandle<()>>,
}

/// With `RUST_BACKTRACE` set the standard hook looks up names for a second or more before it lets the panic go on. On a thread that
/// sends, where a panic costs one peer its session, nobody would hear anything meanwhile.
fn say_little_of_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            let thread = std::thread::current();
            match thread.name() {
                // A standard error that is closed is no reason to end the process.
                Some(name @ (MEDIA_THREAD | SENDER_THREAD)) => {
                    let _ = writeln!(io::stderr(), "thread '{name}' {info}");
                }
                _ => before(info),
            }
        }));
    });
}

impl Node {
    /// Opens the ports and starts the threads.
    ///
    /// # Errors
    /// The ports cannot be opened, or a thread cannot be started.
    pub fn start(settings: &Settings) -> io::Result<Self> {
        Self::start_on(settings, LocalDisk)
    }

    /// As [`Node::start`], with the tapes on another disk than the machine's.
    ///
    /// # Errors
    /// As there.
    pub fn start_on<D: Disk>(settings: &Settings, disk: D) -> io::Result<Self> {
        say_little_of_panics();
        let (commands, requests) = bounded(COMMAND_QUEUE);
        let (events, queue) = EventQueue::open()?;
        let (tapes, messages, load) = Queue::new();
        let tape_status = Status::default();
        let writer = Writer {
            disk,
            data: settings.data.clone(),
            messages,
            load,
            events: events.clone(),
            status: tape_status.clone(),
        };
        let life = events.life();
        let event_loop = EventLoop::open(settings, requests, events, tapes.clone())?;
        let (waker, port) = (event_loop.waker(), event_loop.port());
        let start = |name: &str| std::thread::Builder::new().name(name.to_owned());
        let tape_thread = start("voxhall-tape").spawn(move || writer.run())?;
        let thread = start(MEDIA_THREAD).spawn(move || {
            let _life = life;
            event_loop.run();
        })?;
        Ok(Self {
            commands,
            queue,
            waker,
            port,
            tapes,
            tape_status,
            thread: Some(thread),
            tape_thread: Some(tape_thread),
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
        match command {
            Command::Report {} => {
                let mut report = self.ask(command)?;
                self.tape_status.complete(&mut report);
                Ok(report)
            }
            Command::Record { ref space, mode } if mode != Mode::Off => {
                let space = space.clone();
                let answer = self.ask(command);
                if answer.is_err() {
                    // The routers began before the disk refused.
                    let mode = Mode::Off;
                    self.ask(Command::Record { space, mode })?;
                }
                answer
            }
            _ => self.ask(command),
        }
    }

    fn ask(&self, command: Command) -> Result<serde_json::Value, MediaError> {
        let (reply, answer) = bounded(1);
        self.commands
            .send_timeout(Request::Command { command, reply }, COMMAND_TIMEOUT)
            .map_err(|_| MediaError::Internal)?;
        self.waker.wake().map_err(|_| MediaError::Internal)?;
        answer.recv_timeout(COMMAND_TIMEOUT).map_err(|_| MediaError::Internal)?
    }

    /// The next event, or None where there is none yet: the signal is given with it.
    ///
    /// # Errors
    /// [`Stopped`] once the node has stopped and everything was given out.
    pub fn next_event(&self) -> Result<Option<NodeEvent>, Stopped> {
        self.queue.next()
    }

    /// Readable while there are events, until [`Node::next_event`] has given none.
    pub fn event_signal(&self) -> BorrowedFd<'_> {
        self.queue.signal()
    }

    /// Whether events were dropped since the last call, so that a full report is due.
    pub fn take_events_lost(&self) -> bool {
        self.queue.take_lost()
    }

    /// Says good-bye to every peer, ends the tapes' files in peace, and ends the threads.
    pub fn stop(&mut self) {
        if let Some(thread) = self.thread.take() {
            // Where the thread is gone already there is nobody to tell.
            let _ = self.commands.send_timeout(Request::Stop, COMMAND_TIMEOUT);
            let _ = self.waker.wake();
            let _ = thread.join();
        }
        if let Some(thread) = self.tape_thread.take() {
            self.tapes.send(Message::Stop);
            let _ = thread.join();
        }
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.stop();
    }
}

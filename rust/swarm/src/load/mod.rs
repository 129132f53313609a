//! A crowd: many listeners and a few speakers against one space, from a handful of threads. Bounded in number and time; ends by itself.

mod crowd;
mod http;
mod joining;
mod report;
mod returning;
mod speakers;

use std::net::{IpAddr, ToSocketAddrs};
use std::thread;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::engine::Engine;
use crate::error::ClientError;
use crate::progress::State;
use crate::remote::Preference;
use crowd::{Crowd, MAX_VOICES};
use http::Server;
use joining::Listener;
pub use report::Report;
use report::{CpuTime, Measured, Returns, Window};
use speakers::Speakers;

/// More than one machine's loopback carries; a typing mistake ends here.
const MAX_LISTENERS: usize = 20_000;
const MAX_SECONDS: u64 = 600;

/// Listeners of one thread: what a core hears of packets with 40 ms of sound, and room to spare.
const LISTENERS_PER_CROWD: usize = 10_000;

/// How long the last who joined may take until they hear.
const SETTLE_TIMEOUT: Duration = Duration::from_secs(10);

/// A network that is cut longer has lost its peers: the server forgets who was silent for 75 s.
const MAX_CUT_S: u64 = 60;

/// What to do.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Address of the space's API: `http://host:port/api/v1/spaces/sp_…`.
    pub space: String,
    /// How many listen.
    pub listeners: usize,
    /// So many of them come first and are measured alone, before the others follow; 0 for all at once.
    #[serde(default)]
    pub first: usize,
    /// How many sources a listener is sent: one where the server mixes, one for each speaker where it forwards.
    #[serde(default = "default_voices")]
    pub voices: usize,
    /// One speaker for each token.
    #[serde(default)]
    pub tokens: Vec<String>,
    /// How many of them talk; the others sit on the stage in silence. All, where it is not said.
    #[serde(default)]
    pub talking: Option<usize>,
    /// For so long the speakers talk before the first listener comes.
    #[serde(default)]
    pub head_start_s: u64,
    /// Somebody speaks who does not come with this crowd, so that each listener is waited for until it hears.
    #[serde(default)]
    pub others_speak: bool,
    /// How long everybody stays once all have joined, and the first alone before that.
    pub seconds: u64,
    /// How fast they come.
    #[serde(default = "default_joins_per_s")]
    pub joins_per_s: u32,
    /// A flight of DTLS that is not answered is sent again after so long. Browsers that are built on libwebrtc wait 50 ms; more spares a
    /// server that is rushed.
    #[serde(default = "default_dtls_repetition_ms")]
    pub dtls_repetition_ms: u64,
    /// By ICE-TCP.
    #[serde(default)]
    pub tcp: bool,
    /// How much of the sound each of them loses at random while it is measured, in percent; their reports say so.
    #[serde(default)]
    pub loss_percent: f64,
    /// For so long nobody's packets arrive, once all is measured: how soon do they hear again?
    #[serde(default)]
    pub cut_s: u64,
    /// Then everybody goes on from another port at once.
    #[serde(default)]
    pub roam: bool,
    /// Then everybody is gone without a word and joins anew, as fast as before: pages that are loaded again after a cut.
    #[serde(default)]
    pub rejoin: bool,
}

fn default_voices() -> usize {
    1
}

fn default_dtls_repetition_ms() -> u64 {
    250
}

fn default_joins_per_s() -> u32 {
    50
}

impl Plan {
    fn someone_speaks(&self) -> bool {
        self.others_speak || !self.tokens.is_empty()
    }
}

/// Runs the plan. `reached` is called when all have joined and the measured time begins (`started`), and again when it has ended
/// (`ended`); before that for those who come first (`first_started`, `first_ended`).
pub fn run(plan: &Plan, mut reached: impl FnMut(&'static str)) -> Result<Report, ClientError> {
    check(plan)?;
    let server = Server::new(&plan.space)?;
    let preference = Preference {
        tcp: plan.tcp,
        address: address_of(&server),
        is_watchful: false,
    };
    let count = plan.listeners.div_ceil(LISTENERS_PER_CROWD);
    let crowds: Vec<Crowd> = (0..count)
        .map(|_| Crowd::start(preference, plan.voices, Duration::from_millis(plan.dtls_repetition_ms)))
        .collect::<Result<_, _>>()?;
    let watch = |is_watched| crowds.iter().for_each(|crowd| crowd.watch(is_watched));
    let speakers = Speakers::start(&plan.tokens, plan.talking, &server, &Engine::start()?, preference)?;

    thread::sleep(Duration::from_secs(plan.head_start_s));
    watch(true);
    let join = |listeners| joining::join(&crowds, &server, listeners, plan.joins_per_s);
    let (mut listeners, mut refused) = join(if plan.first > 0 { plan.first } else { plan.listeners });
    wait_until_heard(&listeners, plan.someone_speaks());
    if plan.first > 0 {
        watch(false);
        reached("first_started");
        thread::sleep(Duration::from_secs(plan.seconds));
        reached("first_ended");
        watch(true);
        let (more, too_many) = join(plan.listeners - plan.first);
        listeners.extend(more);
        refused.extend(too_many);
        wait_until_heard(&listeners, plan.someone_speaks());
    }
    let joins = joins_of(&listeners);

    let lose = |share| crowds.iter().for_each(|crowd| crowd.network().lose(share));
    lose(plan.loss_percent / 100.0);
    watch(false);
    let progress = || listeners.iter().map(|listener| &listener.member.progress);
    progress().for_each(|one| one.forget_pauses());
    let (start, cpu) = (Window::of(&listeners), CpuTime::of_this_process());
    reached("started");
    thread::sleep(Duration::from_secs(plan.seconds));
    reached("ended");
    let (end, cpu) = (Window::of(&listeners), CpuTime::of_this_process().since(&cpu));
    let pauses = progress().map(|one| one.longest_pause(end.at())).collect();
    lose(0.0);
    watch(true);

    let cut = (plan.cut_s > 0).then(|| returning::after_a_cut(&crowds, &listeners, plan.cut_s));
    let roamed = plan.roam.then(|| returning::after_roaming(&listeners));
    let mut rejoined = None;
    if plan.rejoin {
        listeners.iter().for_each(|listener| listener.member.vanish());
        let (again, refused) = join(listeners.len());
        wait_until_heard(&again, plan.someone_speaks());
        rejoined = Some(report::Rejoined::new(joins_of(&again), &refused));
        listeners.extend(again);
    }
    let packets_sent = speakers.stop();
    joining::leave(listeners);
    let measured = Measured {
        joins,
        refused: &refused,
        packets_sent,
        start,
        end,
        cpu,
        pauses,
        returns: Returns { cut, roamed, rejoined },
    };
    Ok(Report::new(plan, measured))
}

fn check(plan: &Plan) -> Result<(), ClientError> {
    let is_long = plan.seconds.max(plan.head_start_s) > MAX_SECONDS || plan.cut_s > MAX_CUT_S;
    if plan.listeners == 0 || plan.listeners > MAX_LISTENERS || is_long || plan.joins_per_s == 0 {
        return Err(ClientError::Load(format!(
            "a run has 1 to {MAX_LISTENERS} listeners, at most {MAX_SECONDS} seconds and {MAX_CUT_S} without network, \
             and at least one join a second"
        )));
    }
    if plan.first >= plan.listeners || !(1..=MAX_VOICES).contains(&plan.voices) {
        return Err(ClientError::Load(format!(
            "who comes first is a part of all listeners, and each hears 1 to {MAX_VOICES} voices"
        )));
    }
    if !(0.0..100.0).contains(&plan.loss_percent) {
        return Err(ClientError::Load("the loss is a percentage below 100".into()));
    }
    Ok(())
}

/// A server on this machine names several of its addresses; one path each is enough to measure.
fn address_of(server: &Server) -> Option<IpAddr> {
    let mut addresses = server.authority().to_socket_addrs().ok()?;
    addresses.next().map(|address| address.ip())
}

fn joins_of(listeners: &[Listener]) -> Vec<report::JoinTimes> {
    let times = |listener: &Listener| listener.join.times(&listener.member.progress);
    listeners.iter().map(times).collect()
}

/// Until each listener has a packet, or at least a connection where nobody speaks; the slow ones show in the report.
fn wait_until_heard(listeners: &[Listener], someone_speaks: bool) {
    let end = Instant::now() + SETTLE_TIMEOUT;
    for listener in listeners {
        let progress = &listener.member.progress;
        progress.wait_while(State::New, end.saturating_duration_since(Instant::now()));
        while someone_speaks && progress.first_packet_at().is_none() && Instant::now() < end {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

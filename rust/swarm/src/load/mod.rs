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
use crowd::Crowd;
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
    /// One speaker for each token.
    #[serde(default)]
    pub tokens: Vec<String>,
    /// How long everybody stays once all have joined.
    pub seconds: u64,
    /// How fast they come.
    #[serde(default = "default_joins_per_s")]
    pub joins_per_s: u32,
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

fn default_joins_per_s() -> u32 {
    50
}

/// Runs the plan. `steady` is called when all have joined and the measured time begins, and again when it has ended.
pub fn run(plan: &Plan, mut steady: impl FnMut(&'static str)) -> Result<Report, ClientError> {
    check(plan)?;
    let server = Server::new(&plan.space)?;
    let preference = Preference {
        tcp: plan.tcp,
        address: address_of(&server),
        is_watchful: false,
    };
    let count = plan.listeners.div_ceil(LISTENERS_PER_CROWD);
    let crowds: Vec<Crowd> = (0..count).map(|_| Crowd::start(preference)).collect::<Result<_, _>>()?;
    let watch = |is_watched| crowds.iter().for_each(|crowd| crowd.watch(is_watched));
    let speakers = Speakers::start(&plan.tokens, &server, &Engine::start()?, preference)?;

    watch(true);
    let (mut listeners, refused) = joining::join(&crowds, &server, plan.listeners, plan.joins_per_s);
    wait_until_heard(&listeners, !plan.tokens.is_empty());
    let joins = joins_of(&listeners);

    let lose = |share| crowds.iter().for_each(|crowd| crowd.network().lose(share));
    lose(plan.loss_percent / 100.0);
    watch(false);
    let progress = || listeners.iter().map(|listener| &listener.member.progress);
    progress().for_each(|one| one.forget_pauses());
    let (start, cpu) = (Window::of(&listeners), CpuTime::of_this_process());
    steady("started");
    thread::sleep(Duration::from_secs(plan.seconds));
    steady("ended");
    let (end, cpu) = (Window::of(&listeners), CpuTime::of_this_process().since(&cpu));
    let pauses = progress().map(|one| one.longest_pause(end.at())).collect();
    lose(0.0);
    watch(true);

    let cut = (plan.cut_s > 0).then(|| returning::after_a_cut(&crowds, &listeners, plan.cut_s));
    let roamed = plan.roam.then(|| returning::after_roaming(&listeners));
    let mut rejoined = None;
    if plan.rejoin {
        listeners.iter().for_each(|listener| listener.member.vanish());
        let (again, refused) = joining::join(&crowds, &server, listeners.len(), plan.joins_per_s);
        wait_until_heard(&again, !plan.tokens.is_empty());
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
    let is_long = plan.seconds > MAX_SECONDS || plan.cut_s > MAX_CUT_S;
    if plan.listeners == 0 || plan.listeners > MAX_LISTENERS || is_long || plan.joins_per_s == 0 {
        return Err(ClientError::Load(format!(
            "a run has 1 to {MAX_LISTENERS} listeners, at most {MAX_SECONDS} seconds and {MAX_CUT_S} without network, \
             and at least one join a second"
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

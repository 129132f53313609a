//! A publisher, a listener and the file a listener writes, for `voxhall speak` and `voxhall listen`.

use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyBytes;
use voxhall_swarm::recording::{Makeup, Recording as RustRecording};
use voxhall_swarm::{ClientError as RustError, Packet as RustPacket, SAMPLE_RATE_HZ, State};

create_exception!(
    voxhall.media._core,
    ClientError,
    PyException,
    "A client failed; its text is one sentence."
);

/// The clients stay whole when another thread died while it held one.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn failed(error: RustError) -> PyErr {
    ClientError::new_err(error.to_string())
}

fn duration(seconds: f64) -> PyResult<Duration> {
    Duration::try_from_secs_f64(seconds).map_err(|e| PyValueError::new_err(e.to_string()))
}

fn state_name(state: State) -> &'static str {
    match state {
        State::New => "new",
        State::Connected => "connected",
        State::Closed => "closed",
    }
}

/// One Opus packet as it came.
#[pyclass(frozen)]
struct Packet(RustPacket);

#[pymethods]
impl Packet {
    #[getter]
    fn line(&self) -> usize {
        self.0.line
    }

    #[getter]
    fn sequence(&self) -> u64 {
        self.0.sequence
    }

    #[getter]
    fn timestamp(&self) -> u64 {
        self.0.timestamp
    }

    #[getter]
    fn payload<'py>(&self, py: Python<'py>) -> Bound<'py, PyBytes> {
        PyBytes::new(py, &self.0.payload)
    }

    #[getter]
    fn csrcs(&self) -> Vec<u32> {
        self.0.csrcs.clone()
    }
}

/// Sends one voice.
#[pyclass(frozen)]
struct Publisher(Mutex<voxhall_swarm::Publisher>);

#[pymethods]
impl Publisher {
    #[new]
    #[pyo3(signature = (*, tcp = false, receive_lines = 0, red = true))]
    fn new(tcp: bool, receive_lines: u8, red: bool) -> PyResult<Self> {
        voxhall_swarm::Publisher::new(tcp, receive_lines, red)
            .map(|inner| Self(Mutex::new(inner)))
            .map_err(failed)
    }

    fn offer(&self, py: Python<'_>) -> PyResult<String> {
        py.detach(|| locked(&self.0).offer()).map_err(failed)
    }

    fn answer(&self, py: Python<'_>, sdp: &str) -> PyResult<()> {
        py.detach(|| locked(&self.0).answer(sdp)).map_err(failed)
    }

    fn wait_connected(&self, py: Python<'_>, timeout_s: f64) -> PyResult<bool> {
        let timeout = duration(timeout_s)?;
        Ok(py.detach(|| locked(&self.0).wait_connected(timeout)))
    }

    /// Sends 48 kHz mono samples of 16 bit at the pace they are to be heard.
    fn push(&self, py: Python<'_>, pcm_s16: &[u8]) -> PyResult<()> {
        let samples: Vec<i16> = pcm_s16
            .chunks_exact(2)
            .map(|pair| i16::from_le_bytes([pair[0], pair[1]]))
            .collect();
        py.detach(|| locked(&self.0).push(&samples)).map_err(failed)
    }

    fn flush(&self, py: Python<'_>) -> PyResult<()> {
        py.detach(|| locked(&self.0).flush()).map_err(failed)
    }

    fn receive(&self, py: Python<'_>, timeout_s: f64) -> PyResult<Vec<Packet>> {
        let timeout = duration(timeout_s)?;
        let packets = py.detach(|| locked(&self.0).receive(timeout));
        Ok(packets.into_iter().map(Packet).collect())
    }

    #[getter]
    fn state(&self, py: Python<'_>) -> &'static str {
        state_name(py.detach(|| locked(&self.0).state()))
    }

    #[getter]
    fn sent(&self, py: Python<'_>) -> u64 {
        py.detach(|| locked(&self.0).sent())
    }

    #[getter]
    fn protected(&self, py: Python<'_>) -> u64 {
        py.detach(|| locked(&self.0).protected())
    }

    fn close(&self, py: Python<'_>) {
        py.detach(|| locked(&self.0).close());
    }
}

/// Hears one line of sound.
#[pyclass(frozen)]
struct Subscriber(Mutex<voxhall_swarm::Subscriber>);

#[pymethods]
impl Subscriber {
    #[new]
    #[pyo3(signature = (*, tcp = false, red = true))]
    fn new(tcp: bool, red: bool) -> PyResult<Self> {
        voxhall_swarm::Subscriber::new(tcp, red)
            .map(|inner| Self(Mutex::new(inner)))
            .map_err(failed)
    }

    fn offer(&self, py: Python<'_>) -> PyResult<String> {
        py.detach(|| locked(&self.0).offer()).map_err(failed)
    }

    fn answer(&self, py: Python<'_>, sdp: &str) -> PyResult<()> {
        py.detach(|| locked(&self.0).answer(sdp)).map_err(failed)
    }

    fn wait_connected(&self, py: Python<'_>, timeout_s: f64) -> PyResult<bool> {
        let timeout = duration(timeout_s)?;
        Ok(py.detach(|| locked(&self.0).wait_connected(timeout)))
    }

    fn receive(&self, py: Python<'_>, timeout_s: f64) -> PyResult<Vec<Packet>> {
        let timeout = duration(timeout_s)?;
        let packets = py.detach(|| locked(&self.0).receive(timeout));
        Ok(packets.into_iter().map(Packet).collect())
    }

    #[getter]
    fn state(&self, py: Python<'_>) -> &'static str {
        state_name(py.detach(|| locked(&self.0).state()))
    }

    #[getter]
    fn received(&self, py: Python<'_>) -> u64 {
        py.detach(|| locked(&self.0).received())
    }

    #[getter]
    fn protected(&self, py: Python<'_>) -> u64 {
        py.detach(|| locked(&self.0).protected())
    }

    #[getter]
    fn lost(&self, py: Python<'_>) -> u64 {
        py.detach(|| locked(&self.0).lost())
    }

    fn close(&self, py: Python<'_>) {
        py.detach(|| locked(&self.0).close());
    }
}

/// Writes packets to a file that lasts as long as was listened; its clock starts when it is made.
#[pyclass(frozen)]
struct Recording {
    /// None once finished.
    inner: Mutex<Option<RustRecording>>,
    started: Instant,
}

#[pymethods]
impl Recording {
    #[new]
    fn new(py: Python<'_>, path: PathBuf, file_format: &str) -> PyResult<Self> {
        let open = match file_format {
            "ogg" => RustRecording::ogg,
            "wav" => RustRecording::wav,
            _ => return Err(PyValueError::new_err("the format is ogg or wav")),
        };
        let inner = py.detach(|| open(&path)).map_err(failed)?;
        Ok(Self {
            inner: Mutex::new(Some(inner)),
            started: Instant::now(),
        })
    }

    fn add(&self, py: Python<'_>, packet: &Packet) -> PyResult<()> {
        let packet = &packet.0;
        let at = packet.arrival.saturating_duration_since(self.started);
        let add = || {
            locked(&self.inner)
                .as_mut()
                .map_or(Ok(()), |inner| inner.add(packet, at))
        };
        py.detach(add).map_err(failed)
    }

    fn begin_anew(&self) {
        if let Some(inner) = locked(&self.inner).as_mut() {
            inner.begin_anew();
        }
    }

    /// Closes the file, `length_s` long or as long as it was open; the seconds that were received, corrected and concealed
    /// (in a WAV file those that are heard: what is guessed in a pause does not count).
    /// A second call does nothing.
    #[pyo3(signature = (length_s = None))]
    fn finish(&self, py: Python<'_>, length_s: Option<f64>) -> PyResult<(f64, f64, f64)> {
        let length = length_s
            .map(duration)
            .transpose()?
            .unwrap_or_else(|| self.started.elapsed());
        let finish = || {
            let inner = locked(&self.inner).take();
            inner.map_or(Ok(Makeup::default()), |inner| inner.finish(length))
        };
        let made = py.detach(finish).map_err(failed)?;
        let seconds = |samples: u64| samples as f64 / f64::from(SAMPLE_RATE_HZ);
        let heard_concealed = made.concealed.saturating_sub(made.concealed_quiet);
        Ok((
            seconds(made.received),
            seconds(made.corrected),
            seconds(heard_concealed),
        ))
    }
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Packet>()?;
    module.add_class::<Publisher>()?;
    module.add_class::<Subscriber>()?;
    module.add_class::<Recording>()?;
    module.add("ClientError", module.py().get_type::<ClientError>())
}

//! The media node for its Python host: coarse calls in, events out, both as JSON.

use std::net::IpAddr;
use std::os::fd::AsRawFd;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use pyo3::create_exception;
use pyo3::exceptions::{PyException, PyOSError, PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use voxhall_media::FrameClass;
use voxhall_media::error::MediaError;
use voxhall_node::{Command, Settings};

create_exception!(
    voxhall.media._core,
    RefusedError,
    PyException,
    "The node refused a call; args are (code, status, message)."
);

/// The media node: sockets, packets, the mix, the tapes. One per process.
#[pyclass(frozen)]
pub(crate) struct Node {
    /// None once it has stopped. The lock is held to stop it; calls share it for as long as they take.
    node: Mutex<Option<Arc<voxhall_node::Node>>>,
    #[pyo3(get)]
    port: u16,
}

#[pymethods]
impl Node {
    #[new]
    #[pyo3(signature = (port, advertised, max_peers, frame_ms, data, memory = None, send_threads = None))]
    fn new(
        py: Python<'_>,
        port: u16,
        advertised: Vec<String>,
        max_peers: usize,
        frame_ms: Option<u32>,
        data: PathBuf,
        memory: Option<i32>,
        send_threads: Option<usize>,
    ) -> PyResult<Self> {
        let parse = |text: &String| {
            text.parse::<IpAddr>()
                .map_err(|_| PyValueError::new_err(format!("{text} is not an IP address")))
        };
        let advertised = advertised.iter().map(parse).collect::<PyResult<_>>()?;
        let class = |ms| {
            FrameClass::of_ms(ms).ok_or_else(|| PyValueError::new_err(format!("there is no frame class of {ms} ms")))
        };
        let memory = memory.map(voxhall_node::map_shared).transpose();
        let memory = memory.map_err(|e| PyOSError::new_err((e.raw_os_error(), e.to_string())))?;
        let settings = Settings {
            port,
            advertised,
            max_peers,
            frame_class: frame_ms.map(class).transpose()?,
            send_threads,
            data,
            memory,
        };
        let node = py
            .detach(|| voxhall_node::Node::start(&settings))
            .map_err(|e| PyOSError::new_err((e.raw_os_error(), e.to_string())))?;
        let port = node.port();
        Ok(Self {
            node: Mutex::new(Some(Arc::new(node))),
            port,
        })
    }

    /// Carries out a call of the internal link; arguments and answer are JSON objects.
    fn call(&self, py: Python<'_>, name: &str, args: &str) -> PyResult<String> {
        let node = self.running()?;
        let answer = py.detach(|| node.call(Command::read(name, args)?));
        answer.map(|value| value.to_string()).map_err(|e| refused(&e))
    }

    /// The next event as JSON, or None where there is none yet: `event_signal` tells of it.
    fn next_event(&self) -> PyResult<Option<String>> {
        let to_error = |e: &dyn std::error::Error| PyRuntimeError::new_err(e.to_string());
        let event = self.running()?.next_event().map_err(|e| to_error(&e))?;
        let to_json = |event| serde_json::to_string(&event).map_err(|e| to_error(&e));
        event.map(to_json).transpose()
    }

    /// A descriptor that is readable while there are events, until `next_event` has given None.
    #[getter]
    fn event_signal(&self) -> PyResult<i32> {
        Ok(self.running()?.event_signal().as_raw_fd())
    }

    /// Whether events were dropped since the last call, so that a full report is due.
    fn take_events_lost(&self) -> PyResult<bool> {
        Ok(self.running()?.take_events_lost())
    }

    /// Says good-bye to every peer and closes the ports, as soon as no other call is under way.
    fn stop(&self, py: Python<'_>) {
        let node = self.node.lock().ok().and_then(|mut node| node.take());
        py.detach(|| drop(node));
    }
}

impl Node {
    fn running(&self) -> PyResult<Arc<voxhall_node::Node>> {
        let node = self.node.lock().ok().and_then(|node| node.clone());
        node.ok_or_else(|| PyRuntimeError::new_err("The media node has stopped."))
    }
}

fn refused(error: &MediaError) -> PyErr {
    RefusedError::new_err((error.code(), error.status(), error.to_string()))
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_class::<Node>()?;
    module.add("RefusedError", module.py().get_type::<RefusedError>())
}

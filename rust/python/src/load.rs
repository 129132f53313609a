//! A crowd of listeners against a server, for `voxhall bench`.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use voxhall_swarm::load::{self, Plan};

use crate::client::failed;

/// Runs a plan (JSON, see `voxhall_swarm::load::Plan`) and gives its report (JSON). Blocks, without the interpreter.
#[pyfunction]
fn run_load(py: Python<'_>, plan: &str) -> PyResult<String> {
    let invalid = |e: serde_json::Error| PyValueError::new_err(e.to_string());
    let plan: Plan = serde_json::from_str(plan).map_err(invalid)?;
    let report = py.detach(|| load::run(&plan, |_| ())).map_err(failed)?;
    serde_json::to_string(&report).map_err(invalid)
}

pub(crate) fn register(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(run_load, module)?)
}

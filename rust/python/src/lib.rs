//! `voxhall.media._core`: the Rust core for Python. Thin on purpose: convert, let go of the interpreter, forward, map errors.

mod client;
mod load;
mod node;

use pyo3::prelude::*;

#[pymodule]
fn _core(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add("__version__", env!("CARGO_PKG_VERSION"))?;
    node::register(module)?;
    client::register(module)?;
    load::register(module)
}

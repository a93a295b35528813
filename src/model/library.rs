//! Finds and opens the ONNX Runtime shared library.

use std::path::{Path, PathBuf};
use std::{env, fs};

use ort::environment::Environment;
use parking_lot::Mutex;

use super::ModelFault;

/// Where the library lies below the working folder or beside the program.
const FOLDERS: [&str; 2] = ["tools/onnxruntime", "tools/onnxruntime/lib"];

/// How far above the program's own folder the search goes: `target/release` lies two below the repository.
const LEVELS_UP: usize = 4;

/// ONNX Runtime allows one environment a process, and `ort` none after it was dropped: the first one stays.
static ENVIRONMENT: Mutex<Option<Environment>> = Mutex::new(None);

/// The library that is configured, or else the one in a usual place.
pub(super) fn find(configured: Option<&Path>) -> Result<PathBuf, ModelFault> {
    if let Some(path) = configured {
        return fs::canonicalize(path).map_err(|error| {
            let advice = "model.runtime_library (or ORT_DYLIB_PATH) must be the file libonnxruntime.so of ONNX Runtime";
            ModelFault::of_file(path, format!("the ONNX Runtime library cannot be read ({error}); {advice}"))
        });
    }
    let mut bases: Vec<PathBuf> = env::current_dir().into_iter().collect();
    if let Ok(program) = env::current_exe() {
        bases.extend(program.ancestors().skip(1).take(LEVELS_UP).map(Path::to_owned));
    }
    let places: Vec<PathBuf> =
        bases.iter().flat_map(|base| FOLDERS.iter().map(move |folder| base.join(folder))).collect();
    places.iter().find_map(|place| newest_in(place)).ok_or_else(|| {
        let searched: Vec<String> = places.iter().map(|place| place.display().to_string()).collect();
        let advice = "`make tools` fetches it; or set ORT_DYLIB_PATH or model.runtime_library to its file";
        ModelFault::of_file(
            Path::new("libonnxruntime.so"),
            format!("the ONNX Runtime library was found in none of {}; {advice}", searched.join(", ")),
        )
    })
}

/// The last by name of the libraries in a folder.
fn newest_in(folder: &Path) -> Option<PathBuf> {
    let is_library = |path: &PathBuf| {
        path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("libonnxruntime.so"))
    };
    let files = fs::read_dir(folder).ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    files.filter(is_library).max().and_then(|path| fs::canonicalize(path).ok())
}

/// Opens the library, once a process: later calls share what the first opened, whatever their path.
pub(super) fn environment(library: &Path) -> Result<Environment, ModelFault> {
    let mut shared = ENVIRONMENT.lock();
    if let Some(environment) = &*shared {
        return Ok(environment.clone());
    }
    let fault = |error: String| {
        let advice = "it must be ONNX Runtime 1.24 or later, built for this machine";
        ModelFault::of_file(library, format!("cannot be opened as ONNX Runtime ({error}); {advice}"))
    };
    let opened = ort::init_from(library).map_err(|error| fault(error.to_string()))?;
    let environment =
        opened.with_name("portcullis").with_telemetry(false).build().map_err(|error| fault(error.to_string()))?;
    *shared = Some(environment.clone());
    Ok(environment)
}

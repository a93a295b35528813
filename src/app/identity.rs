//! The name by which a filter finds its own open sessions again in a store that several share.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use crate::id::RequestIds;
use crate::time::Timestamp;

/// The file in the data directory.
const FILE: &str = "filter.id";

/// The name of the filter with this data directory: made at its first start and kept there.
///
/// # Errors
/// With what an operator can do, when the file can be neither read nor made.
pub(super) fn filter_name(data_dir: &Path, ids: &RequestIds) -> Result<String, String> {
    let file = data_dir.join(FILE);
    let failed = |error: io::Error| format!("cannot keep the filter's name in {}: {error}", file.display());
    match fs::read_to_string(&file) {
        Ok(name) if !name.trim().is_empty() => return Ok(name.trim().to_owned()),
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed(error)),
        _ => {}
    }
    let name = ids.next(Timestamp::now()).to_string();
    fs::create_dir_all(data_dir).map_err(failed)?;
    let written = fs::File::create(&file).and_then(|mut file| writeln!(file, "{name}"));
    written.map_err(failed).map(|()| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_with_its_folder() {
        let (ids, folder, other) =
            (RequestIds::new().unwrap(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let name = filter_name(&folder.path().join("data"), &ids).unwrap();
        assert_eq!(filter_name(&folder.path().join("data"), &ids), Ok(name.clone()));
        assert_ne!(filter_name(other.path(), &ids).unwrap(), name);
        fs::write(other.path().join("file"), "").unwrap();
        assert!(filter_name(&other.path().join("file"), &ids).unwrap_err().contains("filter.id"));
    }
}

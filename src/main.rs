//! Parse, run, map failures to exit codes: 64 for usage and configuration, 1 for everything else.

use std::process::ExitCode;

fn main() -> ExitCode {
    portcullis::cli::main()
}

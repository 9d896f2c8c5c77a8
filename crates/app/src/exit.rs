//! How the process ends.

use std::io::{Write, stderr};
use std::process::ExitCode;

/// A command line or a setting that cannot be followed; the message says what to change. Exit code 2.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Misuse(pub String);

const FAILURE: u8 = 1;
const MISUSE: u8 = 2;

/// Says on standard error what went wrong, and turns it into an exit code: 0 done, 1 failed, 2 misused.
pub fn report(outcome: &anyhow::Result<()>) -> ExitCode {
    let Err(error) = outcome else { return ExitCode::SUCCESS };
    let _ = writeln!(stderr(), "restante: {error:#}");
    ExitCode::from(code(error))
}

fn code(error: &anyhow::Error) -> u8 {
    let misused = error.is::<Misuse>() || error.is::<config::Problems>();
    if misused { MISUSE } else { FAILURE }
}

#[cfg(test)]
mod tests {
    use anyhow::{Context, anyhow};

    use super::*;

    #[test]
    fn misuse_has_its_own_exit_code_also_under_a_context() {
        assert_eq!(code(&anyhow!(Misuse("x".to_owned()))), 2);
        let wrapped: anyhow::Result<()> = Err(Misuse("x".to_owned())).context("while starting");
        assert_eq!(code(&wrapped.unwrap_err()), 2);
        assert_eq!(code(&anyhow!("disk full")), 1);
    }
}

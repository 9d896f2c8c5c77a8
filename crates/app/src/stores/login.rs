//! Who this mediator is to an engine.

use std::io::Read;

use anyhow::bail;
use config::Login;
use zeroize::Zeroizing;

use crate::exit::Misuse;

/// No password is longer.
const LONGEST: u64 = 4096;

/// The password, from wherever it was said.
///
/// # Errors
/// If its file cannot be read, or holds more than one line.
pub fn password(login: &Login) -> anyhow::Result<Option<Zeroizing<String>>> {
    if let Some(password) = &login.password {
        return Ok(Some(Zeroizing::new(password.reveal().to_owned())));
    }
    let Some(path) = &login.password_file else { return Ok(None) };
    let mut text = Zeroizing::new(String::new());
    let read =
        std::fs::File::open(path).and_then(|file| file.take(LONGEST).read_to_string(&mut text));
    if let Err(error) = read {
        bail!(Misuse(format!("cannot read the password in {}: {error}", path.display())));
    }
    let line = text.trim_end_matches(['\n', '\r']);
    if line.is_empty() || line.contains(['\n', '\r']) {
        bail!(Misuse(format!("{} has to hold a password on one line", path.display())));
    }
    Ok(Some(Zeroizing::new(line.to_owned())))
}

#[cfg(test)]
mod tests {
    use config::{Secret, Value};

    use super::*;

    #[test]
    fn a_file_holds_one_line() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("password");
        let login = Login { password_file: Some(path.clone()), ..Login::default() };
        assert!(password(&login).unwrap_err().to_string().contains("cannot read"));
        std::fs::write(&path, "hunter2\n").unwrap();
        assert_eq!(password(&login).unwrap().unwrap().as_str(), "hunter2");
        for bad in ["", "\n", "hunter2\nhunter3\n"] {
            std::fs::write(&path, bad).unwrap();
            let error = password(&login).unwrap_err().to_string();
            assert!(error.contains("on one line") && !error.contains("hunter"), "{error}");
        }
    }

    #[test]
    fn a_password_from_the_environment_needs_no_file() {
        let login = Login { password: Secret::parse("hunter2"), ..Login::default() };
        assert_eq!(password(&login).unwrap().unwrap().as_str(), "hunter2");
        assert!(password(&Login::default()).unwrap().is_none());
    }
}

//! The secret that all keys are derived from: where it lies, and who may read it.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use anyhow::{Context, bail};
use aws_lc_rs::rand;
use config::{Config, Identity};
use mediator::RootSecret;
use zeroize::Zeroizing;

use crate::exit::Misuse;

/// Its file in the store's directory.
const FILE: &str = "root-secret";
/// What its name begins with while it is being written.
const UNFINISHED: &str = "root-secret.new";

/// The root secret that `config` names; or the one in the mediator's directory, made there on the first start.
///
/// # Errors
/// If it cannot be read, is readable by others, is damaged, or is missing beside data that needs it.
pub fn obtain(config: &Config) -> anyhow::Result<RootSecret> {
    if !config.mail_engine().is_shared() {
        make_directory(config.store.directory())?;
    }
    read_or_make(&config.identity, config.store.directory())
}

fn read_or_make(identity: &Identity, directory: &Path) -> anyhow::Result<RootSecret> {
    if let Some(secret) = &identity.root_secret {
        return parse(secret.reveal().as_bytes())
            .map_err(|problem| Misuse(format!("RESTANTE_ROOT_SECRET {problem}")).into());
    }
    if let Some(path) = &identity.root_secret_file {
        return read(path, OTHERS);
    }
    let path = directory.join(FILE);
    if !path.exists() {
        make_directory(directory)?;
        create(directory, &path)?;
    }
    read(&path, GROUP | OTHERS)
}

/// Whether [`obtain`] would find a secret, and where, without making one.
///
/// # Errors
/// As for [`obtain`].
pub fn check(config: &Config) -> anyhow::Result<String> {
    let identity = &config.identity;
    if let Some(secret) = &identity.root_secret {
        let parsed = parse(secret.reveal().as_bytes());
        let problem = |problem| Misuse(format!("RESTANTE_ROOT_SECRET {problem}"));
        return parsed
            .map(|_| "from the environment".to_owned())
            .map_err(|text| problem(text).into());
    }
    if let Some(path) = &identity.root_secret_file {
        return read(path, OTHERS).map(|_| path.display().to_string());
    }
    let path = config.store.directory().join(FILE);
    match path.exists() {
        true => read(&path, GROUP | OTHERS).map(|_| path.display().to_string()),
        false => Ok(format!("{} will be made by the first start", path.display())),
    }
}

const OTHERS: u32 = 0o007;
/// Also what a secrets mount opens to the process's group, which is why a file that was named may have it.
const GROUP: u32 = 0o070;

fn make_directory(directory: &Path) -> anyhow::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .with_context(|| format!("cannot create the data directory {}", directory.display()))
}

fn read(path: &Path, forbidden: u32) -> anyhow::Result<RootSecret> {
    let shown = path.display();
    let mut file = File::open(path)
        .map_err(|error| Misuse(format!("cannot read the root secret in {shown}: {error}")))?;
    let mode =
        file.metadata().with_context(|| format!("cannot look at {shown}"))?.permissions().mode();
    if mode & forbidden != 0 {
        bail!(Misuse(format!(
            "the root secret in {shown} is open to others (mode {:04o}): run `chmod 600 {shown}`, and if somebody may \
             have read it, start afresh with a new one",
            mode & 0o7777
        )));
    }
    let mut bytes = Zeroizing::new(Vec::with_capacity(128));
    (&mut file)
        .take(128)
        .read_to_end(&mut bytes)
        .with_context(|| format!("cannot read the root secret in {shown}"))?;
    parse(&bytes).map_err(|problem| Misuse(format!("the root secret in {shown} {problem}")).into())
}

/// Thirty-two bytes as they are, or as 64 hexadecimal digits.
fn parse(bytes: &[u8]) -> Result<RootSecret, &'static str> {
    if let Ok(raw) = <[u8; 32]>::try_from(bytes) {
        return Ok(RootSecret::new(raw));
    }
    let digits = bytes.trim_ascii();
    let mut raw = Zeroizing::new([0; 32]);
    if digits.len() != 64 {
        return Err("is neither 32 bytes nor 64 hexadecimal digits");
    }
    for (byte, pair) in raw.iter_mut().zip(digits.chunks_exact(2)) {
        let digit = |at: usize| {
            char::from(pair[at]).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
        };
        let (Some(high), Some(low)) = (digit(0), digit(1)) else {
            return Err("holds something else than hexadecimal digits");
        };
        *byte = high << 4 | low;
    }
    Ok(RootSecret::new(*raw))
}

/// Makes a new secret, unless the directory already holds data: keys made from another secret would fit none of it.
fn create(directory: &Path, path: &Path) -> anyhow::Result<()> {
    if !is_fresh(directory)? {
        bail!(Misuse(format!(
            "{} holds data, but the root secret it was made with is missing: put {} back from your backup, or name another \
             data directory to start afresh",
            directory.display(),
            path.display()
        )));
    }
    let mut secret = Zeroizing::new([0; 32]);
    rand::fill(secret.as_mut()).ok().context("the system gave no random bytes")?;
    write(directory, path, secret.as_ref())
        .with_context(|| format!("cannot write the root secret to {}", path.display()))
}

fn is_fresh(directory: &Path) -> anyhow::Result<bool> {
    let entries = fs::read_dir(directory)
        .with_context(|| format!("cannot look into {}", directory.display()))?;
    // The secret itself may have been made just now, by another mediator on this directory.
    Ok(entries.flatten().all(|entry| entry.file_name().to_string_lossy().starts_with(FILE)))
}

/// Whole or not at all, also when the power fails, and once, also when two mediators start together.
fn write(directory: &Path, path: &Path, secret: &[u8]) -> std::io::Result<()> {
    let unfinished = directory.join(format!("{UNFINISHED}.{}", std::process::id()));
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    file.write_all(secret)?;
    file.sync_all()?;
    match fs::hard_link(&unfinished, path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
        _ => fs::remove_file(&unfinished)?,
    }
    File::open(directory)?.sync_all()
}

#[cfg(test)]
#[path = "root_secret_tests.rs"]
mod tests;

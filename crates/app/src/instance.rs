//! What this process is called among several.

use anyhow::Context;
use aws_lc_rs::rand;
use config::Instance;

/// A name that no other process has, nor this one after its next start: the operator's, or the host's, and random letters.
///
/// # Errors
/// If the system gives no random bytes.
pub fn name(instance: &Instance) -> anyhow::Result<String> {
    let given = instance.name.clone().or_else(host).unwrap_or_else(|| "restante".to_owned());
    let mut bytes = [0; 5];
    rand::fill(&mut bytes).ok().context("the system gave no random bytes")?;
    Ok(format!("{given}-{}", bytes.map(|byte| format!("{byte:02x}")).concat()))
}

fn host() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_starts_have_the_same_name() {
        let instance = Instance { name: Some("north".to_owned()) };
        let (one, two) = (name(&instance).unwrap(), name(&instance).unwrap());
        assert!(one.starts_with("north-") && two.starts_with("north-"));
        assert_ne!(one, two);
        assert!(name(&Instance { name: None }).unwrap().len() > 11);
    }
}

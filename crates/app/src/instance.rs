//! What this process is called among several.

use config::Instance;

/// The operator's name for it, or the host's. The mediator adds random letters, so that no two processes ever have the same.
pub fn name(instance: &Instance) -> String {
    instance.name.clone().or_else(host).unwrap_or_else(|| "restante".to_owned())
}

/// The same with random letters behind it.
///
/// # Errors
/// If the system gives no random bytes.
pub fn unlike_any_other(instance: &Instance) -> anyhow::Result<String> {
    let mut random = [0; 8];
    aws_lc_rs::rand::fill(&mut random).map_err(|_| anyhow::anyhow!("no random bytes"))?;
    Ok(format!("{}-{:016x}", name(instance), u64::from_be_bytes(random)))
}

fn host() -> Option<String> {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_operator_says_comes_before_the_hosts_name() {
        assert_eq!(name(&Instance { name: Some("north".to_owned()) }), "north");
        assert!(!name(&Instance { name: None }).is_empty());
    }
}

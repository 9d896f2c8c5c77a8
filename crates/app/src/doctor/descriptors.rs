//! How many sockets this process may have.

use config::Config;

use super::Report;

/// What a mediator opens beside sockets and connections: files, its own servers, what is pushed.
const OTHERS: usize = 512;

/// Whether the limits in the settings fit into the system's.
pub fn limit(config: &Config, report: &mut Report) {
    const ABOUT: &str = "descriptors";
    let wanted = config.transport.sockets + config.transport.connections + OTHERS;
    match soft_limit(&std::fs::read_to_string("/proc/self/limits").unwrap_or_default()) {
        Some(limit) if limit < wanted => report.advice(
            ABOUT,
            format!(
                "this process may open {limit} files, but `transport.sockets` and `transport.connections` need {wanted}: raise \
                 LimitNOFILE (systemd) or `ulimit -n`, or lower those settings"
            ),
        ),
        Some(limit) => report.good(ABOUT, format!("{limit} allowed, {wanted} needed at most")),
        None => report.advice(ABOUT, "their limit could not be read; `ulimit -n` shows it"),
    }
}

/// The soft limit of open files, from the text of `/proc/self/limits`.
fn soft_limit(limits: &str) -> Option<usize> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    match line.split_whitespace().next()? {
        "unlimited" => Some(usize::MAX),
        number => number.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_counts() {
        let limits = "Limit                     Soft Limit           Hard Limit           Units     \n\
                      Max open files            1024                 1048576              files     \n";
        assert_eq!(soft_limit(limits), Some(1024));
        assert_eq!(soft_limit("Max open files   unlimited unlimited files"), Some(usize::MAX));
        assert_eq!(soft_limit(""), None);
    }
}

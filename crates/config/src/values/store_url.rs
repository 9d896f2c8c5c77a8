use std::path::{Path, PathBuf};

use crate::value::Value;

/// Where mail, keylists and connections are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// `embedded:<directory>`: files in this directory, on this machine.
    Embedded(PathBuf),
}

impl StoreUrl {
    /// The directory that belongs to this mediator alone.
    pub fn directory(&self) -> &Path {
        match self {
            Self::Embedded(directory) => directory,
        }
    }
}

impl Value for StoreUrl {
    const EXPECTED: &'static str = "embedded:<directory>, such as embedded:./restante-data";

    fn parse(text: &str) -> Option<Self> {
        let directory = text.strip_prefix("embedded:")?;
        (!directory.is_empty() && !directory.starts_with("//"))
            .then(|| Self::Embedded(PathBuf::from(directory)))
    }
}

use std::path::PathBuf;

use crate::setting::section;
use crate::values::Secret;

section! {
    /// Who the mediator is.
    Identity "identity" {
        /// The name that wallets show.
        label: String = "Restante mediator", flag "label";
        /// The file with the root secret, from which all keys are derived: 32 bytes, or 64 hexadecimal digits. It must be readable by its
        /// owner only. Without it, `root-secret` in the store's directory is used, and created on the first start.
        root_secret_file: Option<PathBuf> = "", flag "root-secret-file";
        /// The root secret itself, as 64 hexadecimal digits, for platforms that hand secrets over in the environment.
        root_secret: Option<Secret> = "", env "RESTANTE_ROOT_SECRET", secret true;
    }
}

impl Identity {
    pub(crate) fn check(&self) -> Option<String> {
        (self.root_secret.is_some() && self.root_secret_file.is_some()).then(|| {
            "`identity.root_secret` and `identity.root_secret_file` are both set: keep the one that holds the secret"
                .to_owned()
        })
    }
}

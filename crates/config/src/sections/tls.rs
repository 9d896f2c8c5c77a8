use std::path::PathBuf;

use crate::setting::section;

section! {
    /// TLS without a proxy in front. Without these files, plain http and ws are spoken.
    Tls "tls" {
        /// The certificate chain, PEM. The file is read again when it changes.
        certificate: Option<PathBuf> = "", flag "tls-certificate";
        /// Its private key, PEM. The file is read again when it changes.
        key: Option<PathBuf> = "", flag "tls-key";
    }
}

impl Tls {
    /// The certificate's and the key's file, if TLS is spoken.
    pub fn files(&self) -> Option<(&PathBuf, &PathBuf)> {
        self.certificate.as_ref().zip(self.key.as_ref())
    }

    pub(crate) fn check(&self) -> Option<String> {
        (self.certificate.is_some() != self.key.is_some())
            .then(|| "`tls.certificate` and `tls.key` belong together: set both or none".to_owned())
    }
}

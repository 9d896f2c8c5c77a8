//! TLS.

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt;

use super::Postgres;
use crate::Certificates;
use crate::wait::until;

impl Postgres {
    /// From now on it speaks TLS with whoever wants to, with a certificate of an authority of its own, which are returned.
    ///
    /// # Panics
    /// If it does not.
    pub async fn speaks_tls(&self) -> Certificates {
        let folder = self.directory.path().join("certificates");
        std::fs::create_dir(&folder).expect("a directory");
        let certificates = Certificates::make(&folder);
        for (file, name) in
            [(&certificates.server, "server.crt"), (&certificates.server_key, "server.key")]
        {
            let text = std::fs::read_to_string(file).expect("a file");
            // The server writes its key itself, so that it belongs to it.
            let target = self.data().join(name);
            let lines = format!("select unnest(string_to_array($${}$$, E'\\n'))", text.trim());
            self.sql("postgres", &format!("copy ({lines}) to '{}'", target.display())).await;
            std::fs::set_permissions(&target, Permissions::from_mode(0o600))
                .expect("a private file");
        }
        self.sql("postgres", "alter system set ssl = on").await;
        self.sql("postgres", "select pg_reload_conf()").await;
        until("it speaks TLS", async || self.sql("postgres", "show ssl").await == "on").await;
        certificates
    }
}

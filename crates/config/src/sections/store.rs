use crate::setting::section;
use crate::values::StoreUrl;

section! {
    /// Where mail, keylists and connections are kept.
    Store "store" {
        /// The store. `embedded:<directory>` keeps everything in files in that directory, which one process may use at a time.
        url: StoreUrl = "embedded:./restante-data", flag "store";
    }
}

//! The reference page is what the tables say.

use std::path::Path;

#[test]
fn the_reference_page_is_up_to_date() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/config.md");
    let written = std::fs::read_to_string(page).unwrap();
    assert!(
        written == config::reference(),
        "docs/reference/config.md is out of date: run `just reference`"
    );
}

#[test]
fn the_reference_names_every_setting() {
    let page = config::reference();
    for setting in config::settings() {
        assert!(page.contains(&format!("| `{}` |", setting.key)), "{}", setting.path());
    }
}

# The words of the project. `just` alone lists them.

_list:
    @just --list --unsorted

# The mediator, as an operator would start it
run *ARGS:
    ./run {{ARGS}}

# All tests that take minutes, interop sample included
test *ARGS:
    ./test {{ARGS}}

# The tests of one crate
crate NAME *ARGS:
    cargo test -p {{NAME}} {{ARGS}}

# What has to hold before a change goes in
ci:
    bash .ci/run

# Format and lint
lint:
    cargo fmt
    cargo clippy --workspace --all-targets -- -D warnings

# Regenerate docs/reference/config.md
reference:
    cargo run --quiet --bin restante -- config reference > docs/reference/config.md.new
    mv docs/reference/config.md.new docs/reference/config.md

# Known vulnerabilities in what we depend on; fetches the database of advisories
advisories:
    cargo deny --all-features check advisories

# Throw junk at a parser for a minute: envelope, message, did or invitation_url (needs `cargo install cargo-fuzz`)
fuzz TARGET:
    RUSTC_BOOTSTRAP=1 cargo fuzz run --fuzz-dir fuzz --sanitizer none {{TARGET}} -- -max_total_time=60

# What each step on the path of a message costs, and what the release binary reaches
bench:
    cargo bench -p didcomm -p path-benches -p store-embedded -p store-benches
    cargo build --release --bin restante
    cargo run --release -p reach -- target/release/restante

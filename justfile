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

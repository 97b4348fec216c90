# What one does here. `just` lists it; `.ci/run` holds the steps that have to pass.

# This list
default:
    @just --list --unsorted

# Format and lints, as CI wants them
check:
    bash .ci/run fmt clippy

# All tests; no network, no service
test:
    cargo test --workspace

# Write the catalogue's tables from catalogue/
gen:
    cargo run --quiet -p weipay-codegen -- write

# Whether the catalogue's tables are what `gen` would write
gen-check:
    bash .ci/run generated

# Every operation of the typed chain, all areas on
typed:
    bash .ci/run typed

# The six Rust samples of every operation, compiled; about two minutes
samples:
    bash .ci/run samples

# What a program of one call weighs, with its area alone and with all of them
size:
    cargo build --quiet --release -p example-one-call
    @wc -c < target/release/example-one-call
    cargo build --quiet --release -p example-one-call --features full
    @wc -c < target/release/example-one-call

# Whether `weipay openapi` is valid OpenAPI 3.1 (pip install openapi-spec-validator)
openapi-check:
    mkdir -p target
    cargo run --quiet -- openapi > target/openapi.json
    openapi-spec-validator target/openapi.json

# Licences, banned crates, sources of the dependencies
deny:
    bash .ci/run deny

# Known vulnerabilities of the dependencies; downloads the advisory database
advisories:
    cargo deny --all-features check advisories

# The documentation of all crates, warnings denied
docs:
    bash .ci/run docs

# The register of faults, and the tests that hold each
faults:
    @cargo run --quiet -p weipay-testkit --bin faults

# Other languages' SDKs as published against the sandbox: `just interop`, `just interop node rust`
interop *programs:
    interop/run {{ programs }}

# The sample hooks against `weipay relay hook-test`: `just hooks`, `just hooks python`
hooks *samples:
    examples/hooks/run {{ samples }}

# The tour: sandbox, relay, a small shop and clients in one process
demo *arguments:
    @cargo run --quiet -- demo {{ arguments }}

# Sandbox, relay and a demo shop with a page, joined, until Ctrl-C
up *arguments:
    @cargo run --quiet -- up {{ arguments }}

# Relay and shop killed under load, and judged: `just proof --kills 1000 --store postgres`
proof *arguments:
    @cargo run --quiet -- relay proof {{ arguments }}

# The promises in time, beside their bounds: after a kill, under load, idle; of a release, on this machine's disk
promises *arguments:
    @cargo run --quiet --release -- relay proof --latency {{ arguments }}

# Every planted mistake has to make the proof fail by name; needs PostgreSQL
proof-proved:
    cargo test -p weipay-cli --features sabotage --test it -- --ignored every_planted_mistake

# The shop's page and both consoles in a browser; needs chromium and chromium-driver
browser:
    cargo test -p weipay-cli --test it -- --ignored the_page_goes a_paused_merchant_is_released
    cargo test -p weipay-console --test it -- --ignored in_a_browser

# A WeChat Pay server on this machine, until Ctrl-C: `just sandbox --env sandbox.env`
sandbox *arguments:
    @cargo run --quiet -- sandbox {{ arguments }}

# Everything that has to pass, from formatting to interop
ci:
    bash .ci/run

# Latency of calls with local signing inline and on a blocking pool
bench-signing:
    cargo bench -p weipay --bench signing

# How soon the release binary's sandbox is ready, and what it holds in memory: below 50 ms and 20 MB
sandbox-size:
    .ci/sandbox-size

# One static binary for Linux, tried in a root folder that holds nothing else
static:
    .ci/static

# What an answer costs the sandbox beside one RSA signature and one verification: at most 1.2 times
bench-sandbox:
    cargo bench -p weipay-sandbox --bench answer

# How fast the relay keeps notifications, beside what the disk does in the same run
bench-ingest:
    cargo bench -p weipay-relay --bench ingest

# A hundred restarts of the relay under load, and PostgreSQL away for a minute
outages:
    cargo test --quiet -p weipay-cli --test it a_hundred_restarts -- --ignored --nocapture
    cargo test --quiet -p weipay-relay --test it postgres_may_be_away -- --ignored

# What is too slow for every commit: each feature alone, 1,000 kills on each store, 10,000 paced decisions, 200 power cuts,
# planted mistakes, outages, the promises in time, a browser
nightly: features
    just proof --kills 1000
    just proof --kills 1000 --store postgres --requests 10000
    cargo test -p weipay-relay --test it two_hundred -- --ignored
    just proof-proved
    just outages
    just promises
    just browser

# Each crate without features, and with each of its features alone
features:
    #!/usr/bin/env bash
    set -euo pipefail
    cargo metadata --no-deps --format-version 1 | python3 -c '
    import json, sys
    for package in json.load(sys.stdin)["packages"]:
        if package["features"]:
            for feature in ["", *sorted(set(package["features"]) - {"default"})]:
                print(package["name"], feature)
    ' | while read -r crate feature; do
        echo "$crate ${feature:-without features}"
        cargo check --quiet -p "$crate" --no-default-features --features "$feature" </dev/null
    done

#!/usr/bin/env bash
# Cargo runs this in place of rustc for the package itself, not for its dependencies: it counts what is executed.
exec "$@" -Cinstrument-coverage

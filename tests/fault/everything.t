#!/bin/sh
# A part of the faults that every call of every tool can have, another part each time. All of them: make faults
build=${SAV_TEST_BIN:-build/bin}
exec python3 "$(dirname -- "$0")/everything.py" "${build%/bin}" "${SAV_TEST_FAULT_STRIDE:-23}"

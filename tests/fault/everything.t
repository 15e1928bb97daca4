#!/bin/sh
# A part of the faults that every call of every tool can have, each time the same. All of them: make faults
build=${SAV_TEST_BIN:-build/bin}
exec python3 "$(dirname -- "$0")/everything.py" "${build%/bin}" "${SAV_TEST_FAULT_STRIDE:-23}" "${SAV_TEST_FAULT_PHASE:-5}"

#!/bin/sh
# Twenty kills of the spool's driver, damage, a full disk. The long run: tests/fault/spool.py build 200
build=${SAV_TEST_BIN:-build/bin}
exec python3 "$(dirname -- "$0")/spool.py" "${build%/bin}" "${SAV_TEST_KILLS:-20}"

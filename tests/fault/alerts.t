#!/bin/sh
# Numbered alerts through the real sls-alert to nginx over TLS, with each fault of the loss table. The long run: make soak T=600
build=${SAV_TEST_BIN:-build/bin}
exec python3 "$(dirname -- "$0")/alerts.py" "${build%/bin}" "${SAV_TEST_KILLS:-20}"

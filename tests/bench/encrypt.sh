#!/bin/sh
# sav-encrypt against age: one report, as whole processes.
set -eu
folder=$(dirname -- "$0")
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

sav-keygen -o "$tmp/host"
head -c 2000 /dev/urandom | base64 -w0 | head -c 2000 >"$tmp/report"
if ! command -v age >/dev/null; then
	echo 'left out: age is not installed'
	exit
fi
age-keygen -o "$tmp/age.key" 2>"$tmp/age.pub"
recipient=$(sed -n 's/^Public key: //p' "$tmp/age.pub")
"$folder/pair.py" -n 50 -i "$tmp/report" '<= 0.8' "sav-encrypt -k $tmp/host.pub" "age -r $recipient"

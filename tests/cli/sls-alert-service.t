#!/bin/sh
# The systemd unit of sls-alert, and its command line with the rights that the unit leaves it.
# shellcheck source=tests/tap.sh
. "$(dirname -- "$0")/../tap.sh"
cd "$tmp" || exit
unit=$bin/../cron/sls-alert.service

mkdir units
plain_folder # as a prefix is
ln -s "$bin" "$plain/bin"
sed "s|^ExecStart=[^ ]*/bin|ExecStart=$plain/bin|; /^Documentation/d" "$unit" >units/sls-alert.service
if command -v systemd-analyze >/dev/null; then
	run systemd-analyze verify units/sls-alert.service
	is 'systemd accepts the unit' "$status$out$err" 0
	run systemd-analyze security --offline=yes --threshold=19 units/sls-alert.service
	is 'and calls the service well protected (less than 2.0 of 10)' "$status" 0
else
	skip 'systemd accepts the unit' 'systemd-analyze is not installed'
fi
ok 'SIGHUP is its reload' grep -qx "ExecReload=/bin/sh -c 'kill -HUP [\$]MAINPID'" "$unit"
ok 'it tells itself when it has started' grep -qx 'Type=notify' "$unit" # see sls-alert-notify.t
ok 'it runs as a user of its own' grep -qx 'DynamicUser=yes' "$unit"

# What systemd would start, with its variables filled in: as root, another user with one right, on settings of root's alone.
printf '{"StrategyName":"served"}\n' >alerts.json
printf 'alert_output: {outputs: [{type: stdout}]}\n' >c.yaml
mkdir -m 700 private
ln -s private state # as the folder of a DynamicUser is
sed -n 's/^ExecStart=[^ ]*//p' "$unit" >arguments
chmod 600 c.yaml alerts.json
as=
if [ "$(id -u)" -eq 0 ]; then
	as='setpriv --reuid 65534 --regid 65534 --clear-groups --no-new-privs --bounding-set -all,+dac_read_search
		--inh-caps -all,+dac_read_search --ambient-caps -all,+dac_read_search'
	as=$(echo "$as" | tr '\n\t' '  ')
	chown 65534 private
fi
# shellcheck disable=SC2016 # these are the inner shell's
printf '#!/bin/sh\nexec %s sls-alert -c c.yaml %s\n' "$as" "$(sed 's/\${[A-Z_]*}/"&"/g' arguments)" >start
chmod 755 start
STATE_DIRECTORY=$tmp/state SLS_ALERT_FILE=$tmp/alerts.json ./start >got 2>err &
pid=$!
ok 'it delivers from the file it is told' wait_for grep -q served got
kill -HUP "$pid"
ok 'reloads' wait_for grep -q 'read again' err
kill -TERM "$pid"
wait "$pid"
is 'and ends' "$?" 0
ok 'with its spool in the state folder' [ -e state/cursors ]
tap_done

#!/bin/sh
# shellcheck source=tests/tap.sh
. "$(dirname -- "$0")/../tap.sh"
cd "$root" || exit
build=${bin%/bin}
prefix=/opt/sophos-av

run scripts/install "$build" "$tmp/root" "$prefix" /etc/cron.d /lib/systemd/system /usr/share /usr/share/zsh/vendor-completions
is 'installs below DESTDIR' "$status" 0
to=$tmp/root$prefix
missing() {
	for tool in cmd/*; do
		[ -x "$to/bin/${tool##*/}" ] || echo "${tool##*/}"
	done
	for page in man/*.[1-8]; do
		[ -e "$to/man/man${page##*.}/${page##*/}" ] || echo "${page##*/}"
	done
}
refuses 'a prefix that sed or a shell would read' 64 'p&q: a prefix is made of' scripts/install "$build" "$tmp/odd" '/opt/p&q' '' '' ''
refuses 'a prefix that is no path from the root' 64 'opt: a prefix begins with /' scripts/install "$build" "$tmp/odd" opt '' '' ''
refuses 'no prefix' 64 "^install: '': a prefix begins with /" scripts/install "$build" "$tmp/odd" '' '' '' ''
is 'of which nothing is installed' "$(ls -d "$tmp/odd"* 2>/dev/null)" ''
is 'every tool and page' "$(missing)" ''
ok 'the wrapper' [ -x "$to/bin/sav-feedback" ]
is 'the state is for its owner only' "$(mode_of "$to/var/feedback")" 700
ok 'the crontab line' grep -q "$prefix/bin/sav-feedback" "$tmp/root/etc/cron.d/sav-feedback"
ok 'the units' [ -e "$tmp/root/lib/systemd/system/sav-feedback.timer" ]
ok 'with the prefix written in' grep -q "^ExecStart=$prefix/bin/sls-alert " "$tmp/root/lib/systemd/system/sls-alert.service"
share=$tmp/root/usr/share
incomplete() {
	for tool in "$to"/bin/*; do
		tool=${tool##*/}
		grep -q "^complete .* $tool\\b" "$share/bash-completion/completions/$tool" || echo "bash: $tool"
		[ -e "$share/fish/vendor_completions.d/$tool.fish" ] || echo "fish: $tool"
		head -n 1 "$share/zsh/vendor-completions/_sav" | grep -q "^#compdef.* $tool\\b" || echo "zsh: $tool"
	done
}
is 'completions of every tool' "$(incomplete)" ''
is 'nothing is setuid or setgid' "$(find "$tmp/root" -type f -perm /6000)" ''
is 'nothing belongs to others to write' "$(find "$tmp/root" -perm /022 ! -type l)" ''

SAV_HOME=$to
export SAV_HOME
savconfig set Email admin@example.com
echo key >"$to/etc/feedback.pub"
chmod 750 "$to/etc"
scripts/install "$build" "$tmp/root" "$prefix" /etc/cron.d /lib/systemd/system >/dev/null
is 'installing again keeps the configuration' "$(savconfig get Email)" admin@example.com
is 'and the key' "$(cat "$to/etc/feedback.pub")" key
is 'and who may look into the folder' "$(mode_of "$to/etc")" 750
unset SAV_HOME

run scripts/uninstall "$tmp/root" "$prefix" /etc/cron.d /lib/systemd/system /usr/share /usr/share/zsh/vendor-completions
is 'uninstalls' "$status" 0
is 'all but configuration and keys' "$(cd "$to" && find . -type f | sort)" './etc/feedback.pub
./etc/savd.yaml'
is 'which it names, and nothing else' "$out" "kept:
$to/etc/feedback.pub
$to/etc/savd.yaml"
is 'crontab line, units and completions are gone' "$(find "$tmp/root/etc" "$tmp/root/lib" "$tmp/root/usr" ! -type d)" ''

scripts/install "$build" "$tmp/other" /usr/local '' '' >/dev/null
told() { grep -rl "$1" "$2" | sed 's|.*/||' | sort; } # the pages that tell of that prefix
is 'pages tell of this prefix where they would of another' "$(told /usr/local "$tmp/other/usr/local/man")" "$(told /opt/sophos-av man)"
is 'and of no other' "$(told /opt/sophos-av "$tmp/other/usr/local/man")" ''
mkdir -p "$tmp/other/usr/local/share"
: >"$tmp/other/usr/local/share/strange"
run scripts/uninstall "$tmp/other" /usr/local '' ''
is 'what others have below the prefix is not told as kept' "$status,$out$err" 0,
rm -r "$tmp/other/usr/local/share"
scripts/install "$build" "$tmp/other" /usr/local '' '' >/dev/null
scripts/uninstall "$tmp/other" /usr/local '' '' >/dev/null
ok 'an untouched installation goes without a trace' [ ! -e "$tmp/other/usr/local" ]

# The article's own command, at its own place, in a file system that only this test sees.
# shellcheck disable=SC2016 # $1 is the inner shell's
article='mount -t tmpfs none /opt && scripts/install "$1" "" /opt/sophos-av "" "" >/dev/null &&
	/opt/sophos-av/bin/savconfig set DisableFeedback true && cat /opt/sophos-av/etc/savd.yaml'
if unshare -m true 2>/dev/null; then
	run unshare -m sh -c "$article" sh "$build"
	is "the article's command turns feedback off" "$status" 0
	like 'in the installation' "$out" '^DisableFeedback: true$'
else
	skip "the article's command turns feedback off" 'no mount namespace here'
fi
tap_done

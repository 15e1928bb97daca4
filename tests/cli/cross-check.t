#!/bin/sh
# shellcheck disable=SC2016 # what stands in single quotes is for other shells
# The facts of this host, and of a network with rules and listeners, against what other programs say.
# shellcheck source=tests/tap.sh
. "$(dirname -- "$0")/../tap.sh"
cd "$tmp" || exit
SAV_HOME=$tmp
export SAV_HOME

# Programs start and end between two looks, and other tests disguise some: what differs must differ for a while.
export root bin
cat >settled <<'END'
#!/bin/sh
for _ in $(seq 15); do
	"$root/scripts/cross-check" "$bin/sav-collect" >"$tmp/table"
	status=$?
	[ "$status" -ne 0 ] || break
	sleep 1
done
cat "$tmp/table"
exit "$status"
END
chmod +x settled
export tmp
run ./settled
is 'this host: nothing differs' "$status,$(grep '^DIFFERS' out)" '0,'
ok 'enough was compared' [ "$(grep -c '^same' out)" -ge 15 ]

if unshare -n true 2>/dev/null && PATH=$PATH:/usr/sbin command -v nft >/dev/null && PATH=$PATH:/usr/sbin command -v iptables-legacy >/dev/null; then
	run unshare -n sh -c '
		PATH=$PATH:/usr/sbin
		{
			ip link set lo up && ip address add 192.0.2.1/24 dev lo
			nft add table inet f && nft add chain inet f c && nft add rule inet f c accept && nft add rule inet f c tcp dport 80 drop
			nft add table bridge b && nft add chain bridge b c && nft add rule bridge b c accept
			iptables-nft -A INPUT -j ACCEPT
		} 2>/dev/null || exit 9
		sav-collect | jq .server.iptables_rules
		./settled' sh
	if [ "$status" = 9 ]; then
		skip 'rules of nf_tables' 'this kernel takes none'
	else
		is 'rules of nf_tables: IPv4, IPv6 and both, not of bridges' "$(head -n 1 out)" 3
		is 'and nothing else differs' "$status,$(grep '^DIFFERS' out)" '0,'
	fi
	run unshare -n sh -c '
		PATH=$PATH:/usr/sbin
		{
			iptables-legacy -A INPUT -s 192.0.2.1 -j ACCEPT && iptables-legacy -N web && iptables-legacy -A web -j DROP &&
			iptables-legacy -A INPUT -p tcp --dport 80 -j web && iptables-legacy -t nat -A POSTROUTING -j MASQUERADE &&
			iptables-legacy -N empty && ip6tables-legacy -A OUTPUT -p tcp -j ACCEPT
		} 2>/dev/null || exit 9
		sav-collect | jq .server.iptables_rules
		./settled' sh
	if [ "$status" = 9 ]; then
		skip 'rules of the legacy tables' 'this kernel takes none'
	else
		is 'rules of the legacy tables: no chains, no policies' "$(head -n 1 out)" 5
		is 'and nothing differs' "$status,$(grep '^DIFFERS' out)" '0,'
	fi
	if setpriv --reuid 65534 --clear-groups --inh-caps=-all true 2>/dev/null; then
		chmod 755 "$tmp"
		is 'without the right to look, the number is unknown' \
			"$(setpriv --reuid 65534 --clear-groups "$bin/sav-collect" | jq .server.iptables_rules)" null
	fi
else
	skip 'firewall rules' 'no network of its own, or no nft and iptables-legacy'
fi
tap_done

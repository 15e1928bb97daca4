# What sav-report add does, less the checks, quantiles and suppression: each machine's latest report, then machines of each fact and value.
[inputs] | group_by(.sophos.machine_id) | map(max_by(.system.time))
| map(del(.schema, .level, .sophos.machine_id, .sophos.customer_id, .system.time)
	| to_entries[] | .key as $area | .value | to_entries[] | "\($area).\(.key)=\(.value)")
| group_by(.) | map({(.[0]): length}) | add

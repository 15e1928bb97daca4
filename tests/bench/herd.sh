#!/bin/sh
# A million hosts for 60 weeks, by the wrapper's own rule and by popcon's: how many reports arrive in each minute.
# The table goes to standard output, the picture to $SAV_BENCH/herd.png. HOSTS=N for another number.
# shellcheck disable=SC2016 # the dollars are awk's
set -eu
folder=$(dirname -- "$0")
rule=$folder/../../cron/schedule.awk
minute=$(awk '/^[0-9]/ { print $1 }' "$folder/../../cron/sav-feedback.cron")
out=${SAV_BENCH:?}/herd
hosts=${HOSTS:-1000000}
weeks=60
outage=280 # a day in week 41
mkdir -p "$out"
awk=$(command -v mawk || command -v awk) # the fastest

fleet() { # NAME VARIABLE...: its arrivals by minute, in $out/NAME
	name=$1
	shift
	for pair; do
		set -- "$@" -v "$pair"
		shift
	done
	"$awk" -v hosts="$hosts" -v weeks="$weeks" -v seed=1 -v minute="$minute" "$@" -f "$rule" -f "$folder/herd.awk" >"$out/$name"
}

# row NAME FROM-DAY TO-DAY GOAL TEXT: the highest minute in those days against their mean; the table's next line
row() {
	"$awk" -v from="$2" -v to="$3" -v goal="$4" -v text="$5" -v mean="${6-}" '
	# The highest of `count` minutes in an even stream: the largest k that more than `often` of them reach on average.
	function by_chance(mean, count, often,    k, p, tail) {
		p = exp(-mean)
		tail = 1
		for (k = 0; tail * count > often; k++) {
			tail -= p
			p *= mean / (k + 1)
		}
		return k - 1
	}
	$1 >= from * 1440 && $1 < to * 1440 { sum += $2; count++; if ($2 > most) most = $2 }
	END {
		if (mean == "") mean = sum / count
		ratio = most / mean
		if (goal != "-") {
			verdict = ratio <= goal ? "met" : most <= by_chance(mean, count, 0.05) ? "missed by chance" : "MISSED"
			verdict = "<= " goal ", " verdict
		}
		printf "%-52s %8.1f %8d %8.2f %8.2f  %s\n", text, mean, most, ratio, by_chance(mean, count, 0.5) / mean, verdict
	}' "$out/$1"
}

# first_waves: the ratios of the first wave for nine fleets in order. With a million hosts even chance alone brings the
# highest of its 2,880 minutes close to the goal, so one fleet says little.
first_waves() {
	for seed in 1 2 3 4 5 6 7 8 9; do
		fleet wave rule=ours outage=0 nine=0 seed="$seed" weeks=1.3
		row wave "$first" "$last" - wave | awk '{ print $4 }'
	done | sort | tr '\n' ' '
}

# by_minute_of_the_hour NAME FROM-DAY TO-DAY: the highest of the sixty sums against their mean
by_minute_of_the_hour() {
	"$awk" -v from="$2" -v to="$3" '
	$1 >= from * 1440 && $1 < to * 1440 { of[$1 % 60] += $2; sum += $2 }
	END {
		for (minute in of) if (of[minute] > most) most = of[minute]
		printf "%-52s %8d %8d %8.3f %8s  %s\n", "  by minute of the hour, all weeks from 20 on", sum / 60, most,
			most * 60 / sum, "", most * 60 / sum <= 1.01 ? "<= 1.01, met" : "<= 1.01, MISSED"
	}' "$out/$1"
}

fleet ours rule=ours outage="$outage" nine=0 &
fleet ladder rule=ladder outage="$outage" nine=0
wait
fleet nine rule=ours outage=0 nine=1 &
fleet popcon rule=popcon outage="$outage" nine=0
fleet popcon-nine rule=popcon outage=0 nine=1
wait

# What arrives each minute when all is even.
mean=$("$awk" '$1 >= 140 * 1440 && $1 < 280 * 1440 { sum += $2; count++ } END { print sum / count }' "$out/ours")
printf '%s hosts installed in the same second, %s weeks; arrivals by minute\n\n' "$hosts" "$weeks"
printf '%-52s %8s %8s %8s %8s  %s\n' '' mean highest ratio chance goal
first=$("$awk" -v minute="$minute" 'BEGIN { print 6 + minute / 1440 }')
last=$("$awk" -v minute="$minute" 'BEGIN { print 8 + minute / 1440 }')
row ours "$first" "$last" 1.2 'ours: the first wave, its two days'
row ours 140 280 1.6 'ours: weeks 20 to 40'
row ours 290 420 1.6 'ours: after the outage has faded, to week 60'
by_minute_of_the_hour ours 140 280
outage_end=$("$awk" -v outage="$outage" 'BEGIN { print outage + 20 / 24 }')
row ours "$outage_end" $((outage + 5)) 3 'ours: 4 days after 12 hours without the drop' "$mean"
row ladder "$outage_end" $((outage + 5)) - '  the same with a jitter as long as the pause' "$mean"
row nine 140 420 - 'ours: on from 9:00 to 18:00 only' "$mean"
row popcon 0 8 - 'popcon: the first 8 days' "$mean"
row popcon 140 280 - 'popcon: weeks 20 to 40' "$mean"
row popcon "$outage_end" $((outage + 5)) - 'popcon: 4 days after 12 hours without the drop' "$mean"
row popcon-nine 140 420 - 'popcon: on from 9:00 to 18:00 only' "$mean"
printf '\nchance: the highest minute of as many that a perfectly even stream would have\n'
printf 'the first wave of nine such fleets, ratios: %s\n' "$(first_waves)"

if command -v gnuplot >/dev/null; then
	gnuplot -c "$folder/herd.gp" "$out" "$outage" "$mean"
	printf 'picture: %s.png\n' "$out"
else
	echo 'left out: the picture, gnuplot is not installed'
fi

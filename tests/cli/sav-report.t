#!/bin/sh
# shellcheck source=tests/tap.sh
. "$(dirname -- "$0")/../tap.sh"
cd "$tmp" || exit
hosts() { "$root/tests/fleet/hosts.py" "$@"; }
sql() { python3 -c 'import sqlite3, sys
for row in sqlite3.connect(sys.argv[1]).execute(sys.argv[2]): print(*row, sep="|")' "$@"; }

hosts -n 400 -w 2015-W46 -c 2 -t truth.json >fleet.ndjson
run sav-report add --db db --week 2015-W46 -v fleet.ndjson
is 'adds a week' "$status" 0
like 'and says what it counted' "$err" '2015-W46: 400 machines of [0-9]+0 customers in [0-9]+ reports of [0-9]+$'
run sh -c 'sav-report add --db db --week 2015-W47 <fleet.ndjson'
is 'reads standard input, and says nothing without -v' "$status,$out$err" 0,

reported() { sav-report csv --db db --weeks 1 --fact sophos.product_version | awk -F, -v value="\"$1\"" '$4 == value { print $7 }'; }
sent() { jq -r --arg value "$1" '.["2015-W47"].sent["sophos.product_version"][$value]' truth.json; }
for version in 9.8.3 9.9.0 9.11.0; do
	is "counts the machines of $version, in full tens" "$(reported "$version")" "$(($(sent "$version") / 10 * 10))"
done
like 'show draws a table' "$(sav-report show --db db)" '^  9\.9\.0 +[0-9]+ +[0-9]+ +[0-9.]+ %'
like 'the features are one table' "$(sav-report show --db db)" '^  config\.live_protection +[0-9]+'
ok 'plain when piped' sh -c '! sav-report show --db db | LC_ALL=C grep -q "[^ -~]"'
like 'with bars on a terminal' "$(script -qec 'sav-report show --db db --fact sophos.product_version' /dev/null)" '█'
is '--fact shows that fact alone' "$(sav-report csv --db db --fact system.vm_type | cut -d, -f2 | sort -u | paste -sd,)" ',fact,system.vm_type'
is '--weeks shows the latest' "$(sav-report csv --db db --weeks 1 | cut -d, -f1 | sort -u | paste -sd,)" '2015-W47,week'
is 'json is one document' "$(sav-report json --db db | jq -c '[.weeks[].week]')" '["2015-W46","2015-W47"]'

# The page.
sav-report html --db db >page.html
like 'html says what grows' "$(cat page.html)" '<p class=lead>9\.11\.0 grows fastest: from [0-9.]+ % to [0-9.]+ % of the machines since 2015-W46'
is 'and has a table row for each version, and for the rest' "$(sed -n '/id=versions/,/<\/section>/p' page.html | grep -c '<tr data-line')" 5
is 'it asks for no other file' "$(sed '/^<script>/,/^<\/script>/d' page.html | grep -ciE '(src|srcset|action|data)=|url\(|@import|href="?[^#]')" 0
like 'and may not' "$(cat page.html)" "Content-Security-Policy content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\""
jq -c '.system.distro_id = "<script>alert(1)</script>\"&'"'"'"' fleet.ndjson | sav-report add --db evil --week 2015-W47
dead() { grep -o 'href=#[a-z]*' "$1" | sed 's/href=#//' | while read -r id; do grep -q "id=$id\\b" "$1" || echo "$id"; done; }
is 'its links lead somewhere' "$(grep -c 'href=#features' page.html),$(dead page.html)" 1,
sav-report html --db db --fact sophos.product_version >fact.html
is 'also where a section is not there' "$(dead fact.html)" ''
is 'text from outside is escaped' "$(sav-report html --db evil | grep -c '<script>alert')" 0
like 'and shown' "$(sav-report html --db evil)" '&#60;script&#62;alert\(1\)&#60;/script&#62;&#34;&#38;&#39;'
grown() { # WEEK ID: there the machines with ids below have a version of their own
	jq -c --arg id "$2" 'if .sophos.machine_id < $id then .sophos.product_version = "9.99" else . end' fleet.ndjson |
		sav-report add --db grown --week "$1"
}
grown 2015-W46 02
grown 2015-W47 80
like 'a version that was hidden has not grown from zero' "$(sav-report show --db grown)" \
	'^9\.99 grows fastest: from at most [1-9][0-9.]+ % to [45][0-9.]+ %'
is 'and its change is not told' "$(sav-report show --db grown | grep -cE '^  9\.99 .* % *$')" 1
for start in = + - @ ＝ ＋ － ＠; do
	jq -c --arg text "${start}1+1" '.system.distro_id = $text' fleet.ndjson | sav-report add --db formula --week 2015-W47
	is "CSV has no formula that begins with $start" "$(sav-report csv --db formula --fact system.distro_id | grep -c ",\"'${start}1+1\",")" 1
done
ok 'the library keeps its notice' sh -c '! grep -q "new Chart" page.html || grep -q "Released under the MIT License" page.html'
sav-report html --db db --weeks 1 >one.html
like 'one week is a page too' "$(cat one.html)" 'One week: no version can have grown yet'
is 'without columns of weeks' "$(grep -c data-week= one.html)" 0

# The same again changes nothing.
dump() { sav-report json --db "$1"; }
dump db >before
sav-report add --db db --week 2015-W47 fleet.ndjson
ok 'adding a week again gives the same' sh -c 'sav-report json --db db | cmp -s before'
tac fleet.ndjson | sav-report add --db db --week 2015-W47
ok 'in whatever order the reports come' sh -c 'sav-report json --db db | cmp -s before'
cat fleet.ndjson fleet.ndjson fleet.ndjson | sav-report add --db db --week 2015-W47
sav-report json --db db | jq 'del(.weeks[].reports)' >tripled
ok 'and however often' sh -c 'jq "del(.weeks[].reports)" before | cmp -s - tripled'

# Small cells.
jq -c 'select(.system.time >= "2015-11-17" and .system.time < "2015-11-22")' fleet.ndjson >week.ndjson
least() { sql "$1" 'SELECT min(machines) FROM cell'; }
ok 'no cell has fewer machines than --min-cell' [ "$(least db)" -ge 10 ]
is 'all that is stored of machines, customers and reports is in full tens' "$(sql db 'SELECT count(*) FROM (SELECT machines AS n FROM cell
	UNION ALL SELECT customers FROM cell UNION ALL SELECT machines FROM week UNION ALL SELECT customers FROM week
	UNION ALL SELECT reports FROM report) WHERE n % 10 <> 0')" 0
is 'and so is all that is shown' "$(sav-report csv --db db | awk -F, 'NR > 1 && $3 != "quantile" && ($7 % 10 || $8 % 10)' | wc -l),$(sav-report json --db db |
	jq '[.. | objects | .machines, .customers | numbers | select(. % 10 != 0)] | length')" 0,0
sav-report add --db large --week 2015-W47 --min-cell 50 fleet.ndjson
ok 'however large that is' [ "$(least large)" -ge 50 ]
is 'what is missing is in (other), so that nothing is left to subtract' "$(sql db \
	'SELECT count(*) FROM (SELECT sum(c.machines) AS s, w.machines AS m FROM cell c JOIN week w USING (week) GROUP BY c.week, fact) WHERE s <> m')" 0
sav-report add --db exact --week 2015-W47 --min-cell 1 fleet.ndjson
is '--min-cell 1 hides nothing' "$(sql exact "SELECT count(*) FROM cell WHERE kind = 'other'"),$(least exact)" 0,1
is 'and rounds nothing: only so are cells added up to what is true' "$(sql exact "SELECT sum(machines) FROM cell WHERE fact = 'system.os_name'")" 400
head -n 19 week.ndjson >nineteen.ndjson
sav-report add --db nineteen --week 2015-W47 nineteen.ndjson 2>err
is 'of nineteen machines not even the number' "$(sav-report json --db nineteen | jq -c '.weeks[0] | [.machines, .flags]')" '[0,["too-few"]]'
head -n 3 week.ndjson >three.ndjson
run sav-report add --db few --week 2015-W47 three.ndjson
like 'of three machines nothing is told' "$status,$err,$(sql few 'SELECT machines, customers FROM week'),$(sql few 'SELECT count(*) FROM cell')" \
	'^0,.*too few machines.*,0\|0,0$'
is 'nor by the number of their reports' "$(sav-report json --db few | jq -c '.weeks[0].reports, .facts')" '{}
[]'
like 'on the page neither' "$(sav-report html --db few)" 'Too few machines to tell anything of them'

# Nothing of a single machine gets into the database, nor stays in its freed pages.
jq -r '.sophos.machine_id, .sophos.customer_id' fleet.ndjson | sort -u >ids
is 'no id is in the bytes of the database' "$(grep -caFf ids db)" 0
holds() { # FILE: counts the ids whose first 8 bytes, in either order of bytes, are in the file
	python3 - "$1" ids <<'PY'
import sys
data = open(sys.argv[1], 'rb').read()
print(sum(bytes.fromhex(line[:16]) in data or bytes.fromhex(line[:16])[::-1] in data for line in open(sys.argv[2])))
PY
}
is 'nor in binary' "$(holds db)" 0
jq -c '.system.kernel_version = "secret-of-one-host"' three.ndjson | head -n 1 >one.ndjson
cat fleet.ndjson one.ndjson | sav-report add --db db --week 2015-W47
is 'a value of one machine is not in it' "$(grep -ca secret-of-one-host db)" 0
jq -c '.system.kernel_version = "shared-by-many"' fleet.ndjson | sav-report add --db db --week 2015-W47
is 'a value of many machines is' "$(grep -ca shared-by-many db)" 1
sav-report add --db db --week 2015-W47 fleet.ndjson
is 'and is overwritten, not only forgotten, when the week is replaced' "$(grep -ca shared-by-many db)" 0
is 'no other file is left beside it' "$(find . -name 'db*')" ./db

# Refusals are counted by reason, and the rest goes on.
{
	cat fleet.ndjson
	echo 'not JSON'
	head -n 1 week.ndjson | head -c 700
	echo
	head -n 1 week.ndjson | jq -c '.system.time = "2037-01-01T00:00:00Z"'
	head -n 1 week.ndjson | jq -c '.system.time = "1970-01-01T00:00:00Z"'
	head -n 1 week.ndjson | jq -c '.what = {"ever": 1}'
	head -n 1 week.ndjson | jq -c '.system.memory_total_kib = "much"'
	head -n 1 week.ndjson | jq -c '.system.memory_total_kib = -5'
	head -n 1 week.ndjson | jq -c 'del(.sophos.machine_id)'
	head -n 1 week.ndjson | jq -c '.schema = 9'
	head -n 1 week.ndjson | jq -c '.system.kernel_version = ("x" * 65)'
	head -c 70000 /dev/zero | tr '\0' x
	echo
} >dirty.ndjson
run sav-report add --db db --week 2015-W47 dirty.ndjson
is 'bad reports do not stop the good ones' "$status" 0
is 'each is counted by its reason' "$(sort "$tmp/err" | sed 's/^sav-report: warning: //' | paste -sd';')" \
	'1 report refused: line too long;1 report refused: no machine id;1 report refused: not a report;1 report refused: number out of range;1 report refused: text too long or not plain;1 report refused: unknown key;1 report refused: wrong type;2 reports refused: impossible time;2 reports refused: not JSON'
ok 'and they change no aggregate' sh -c 'jq "del(.weeks[].reports)" before >a; sav-report json --db db | jq "del(.weeks[].reports)" | cmp -s a'
is 'the database keeps none of a few reports' "$(sav-report json --db db | jq -c '.weeks[1].reports | keys - ["accepted", "outside the week"]')" '[]'
{
	cat dirty.ndjson
	yes 'not JSON' | head -n 27
} | sav-report add --db db --week 2015-W47 2>err
is 'but those of many, in full tens' "$(sav-report json --db db | jq -c '.weeks[1].reports."not JSON"')" 20
like 'and show tells them' "$(sav-report show --db db)" '^Refused: 20 reports: not JSON$'

# One is one.
head -n 1 fleet.ndjson >single.ndjson
refuses 'one report that cannot be counted' 65 'none of 1 report can be counted' sh -c 'echo x | sav-report add --db single --week 2015-W46'
run sav-report add -v --db single --week 2015-W46 --min-cell 1 single.ndjson
like 'one machine' "$(grep -v warning "$tmp/err")" '2015-W46: 1 machine of 1 customer in 1 report of 1$'
like 'and shown' "$(sav-report show --db single | head -n 1)" '2015-W46: 1 machine of 1 customer; 1 week from 2015-W46$'
like 'also on the page' "$(sav-report html --db single)" '<b>1</b> machine</li>'

# Poisoning.
jq -c '.sophos.machine_id = "00000000000000000000000000000001" | .system.kernel_version = "poison"' fleet.ndjson >one-machine.ndjson
cat fleet.ndjson one-machine.ndjson | sav-report add --db exact --week 2015-W47 --min-cell 1
cat fleet.ndjson one-machine.ndjson | sav-report add --db db --week 2015-W47
is 'a machine counts once, however many reports it sends' "$(sql exact 'SELECT machines FROM week'),$(grep -ca poison db)" 401,0
hosts -n 1200 -s 9 -w 2015-W47 | cat fleet.ndjson - >flood.ndjson
run sav-report add --db db --week 2015-W47 flood.ndjson
like 'a flood of new ids is flagged' "$status,$err" '^0,sav-report: warning: 2015-W47: more than twice the machines'
like 'in the tables too' "$(sav-report show --db db)" '^Note: more than twice the machines'
sav-report add --db db --week 2015-W47 fleet.ndjson
jq -c '.sophos.customer_id = "00000000000000000000000000000001"' fleet.ndjson >customer.ndjson
run sav-report add --db one-customer --week 2015-W47 customer.ndjson
like 'so is a customer with more than half of the machines' "$err" 'belong to one customer'
run sh -c 'jq -c ".system.kernel_version = \"\\u001b[2J\"" fleet.ndjson | sav-report add --db control --week 2015-W47'
like 'text that a terminal would obey is refused' "$status,$err" '^65,.*none of'

# What must not change the database.
cp db kept
refuses 'an empty input, which a broken pipe would give' 66 'no reports: nothing changed' sav-report add --db db --week 2015-W47 /dev/null
refuses 'reports of other weeks alone' 65 '2015-W30: none of [0-9]+ reports can be counted' sav-report add --db db --week 2015-W30 fleet.ndjson
like 'with the reason of most, and the way to the week of today' "$err" "hint: outside the week: [0-9]+; --week counts another, today is in $(date -u +%G-W%V)\$"
refuses 'a file that is not there' 66 'none: No such file' sav-report add --db db --week 2015-W47 fleet.ndjson none
mkdir folder
refuses 'a folder' 66 'folder: Is a directory' sav-report add --db db --week 2015-W47 folder
ok 'leave it as it was' cmp -s db kept
echo text >text && cp text text.kept
refuses 'a file that is no database' 65 'text: file is not a database' sav-report add --db text --week 2015-W47 fleet.ndjson
ok 'and leaves it' cmp -s text text.kept
refuses 'a database that is not there' 66 'nodb: No such file' sav-report show --db nodb
ok 'and makes none' [ ! -e nodb ]
: >hollow
refuses 'an empty database' 65 'hollow: holds no week yet' sav-report show --db hollow
ln -s db link
refuses 'a link for a database' 66 'link: not a regular file' sav-report show --db link
mkfifo fifo
refuses 'a fifo, without waiting' 66 'fifo: not a regular file' sav-report show --db fifo
refuses 'a fact that nobody knows' 64 'sophos.what: no such fact' sav-report show --db db --fact sophos.what
refuses 'a folder that is not there' 73 'nowhere: a file for the rows' env TMPDIR=nowhere sav-report add --db db fleet.ndjson

# Many at once, and a kill.
rm -f busy
for week in 2015-W46 2015-W47 2015-W46 2015-W47 2015-W46 2015-W47; do
	sav-report add --db busy --week $week fleet.ndjson &
	busy="${busy-} $!"
done
failed=0
for pid in $busy; do wait "$pid" || failed=1; done
is 'adds at the same time all succeed' "$failed" 0
ok 'and give what one after the other gives' sh -c 'sav-report json --db busy | cmp -s before'
is 'the database is whole' "$(sql busy 'PRAGMA integrity_check')" ok
for delay in 0.005 0.01 0.015 0.02 0.03 0.04; do
	timeout -s KILL $delay sav-report add --db busy --week 2015-W47 fleet.ndjson
done 2>/dev/null
ok 'kills at any moment leave the old week or the new one' sh -c 'sav-report json --db busy | cmp -s before'

# Parts.
for part in 1 2 3; do sav-report count --week 2015-W47 --part $part/3 fleet.ndjson >part.$part; done
sav-report add --db parts --week 2015-W46 fleet.ndjson
ln -s part.1 linked.1
run sav-report merge --db parts part.3 linked.1 part.2
is 'merges parts' "$status,$out$err" 0,
ok 'to the bytes that one process has' sh -c 'sav-report json --db parts | cmp -s before'
refuses 'parts that are not all' 65 'part 2/3: missing' sav-report merge --db parts part.1 part.3
refuses 'a part twice' 65 'part.1: part 1/3 is there twice' sav-report merge --db parts part.1 part.1 part.2 part.3
head -c 5000 part.2 >cut.2
refuses 'a part that was cut' 65 'cut.2: cut short' sav-report merge --db parts part.1 cut.2 part.3
refuses 'a report for a part' 65 'fleet.ndjson: not a part' sav-report merge --db parts fleet.ndjson
sav-report count --week 2015-W46 --part 2/3 fleet.ndjson >other.2
refuses 'a part of another week' 65 'other.2: of another week' sav-report merge --db parts part.1 other.2 part.3
sav-report count --week 2015-W30 fleet.ndjson >none.1
refuses 'parts without a report of their week' 65 '2015-W30: none of [0-9]+ reports can be counted' sav-report merge --db parts none.1
ok 'and the database is as it was' sh -c 'sav-report json --db parts | cmp -s before'
like 'no part goes to a terminal' "$(script -qec 'sav-report count fleet.ndjson' /dev/null)" 'not for a terminal'

last_week=$(date -u -d '7 days ago' +%G-W%V)
hosts -n 50 -w "$last_week" | sav-report add --db now
is 'the default week is the last that is over' "$(sql now 'SELECT week FROM week')" "$last_week"
refuses 'a week that has not begun' 64 'has not begun' sav-report add --db db --week 2999-W01 fleet.ndjson
refuses 'a week that is none' 64 'not a week of ISO 8601' sav-report add --db db --week 2015-W54 fleet.ndjson
refuses 'a --min-cell of 0' 64 'not a number from 1' sav-report add --db db --min-cell 0 fleet.ndjson
refuses 'a part beyond the whole' 64 'not I/N' sav-report count --part 4/3 fleet.ndjson
refuses 'no command' 64 'operand: missing' sav-report
refuses 'an unknown command' 64 'what: no such command' sav-report what
refuses 'an option of another command' 64 'show: takes no --week' sav-report show --db db --week 2015-W47
refuses 'one that would say nothing' 64 'count: takes no --verbose' sav-report count -v fleet.ndjson
refuses 'no database' 64 'give the database' sav-report add fleet.ndjson
refuses 'a left-over argument' 64 'x: one operand too many' sav-report show --db db x
refuses 'a full disk behind standard output' 74 'No space left' sh -c 'sav-report csv --db db >/dev/full'
run sav-report --help
is '--help ends 0' "$status" 0
tap_done

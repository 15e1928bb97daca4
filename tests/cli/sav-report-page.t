#!/bin/sh
# The page of sav-report html in a real browser.
# shellcheck source=tests/tap.sh
. "$(dirname -- "$0")/../tap.sh"
cd "$tmp" || exit
if ! command -v chromium >/dev/null; then
	skip 'the page in a browser' 'no chromium'
	tap_done
fi

browser() { HOME=$tmp python3 "$root/tests/peers/browser.py" "$@"; }

"$root/tests/fleet/hosts.py" -n 400 -w 2015-W46 -c 3 >fleet.ndjson
for week in 46 47 48; do sav-report add --db db --week 2015-W$week fleet.ndjson; done
sav-report html --db db >page.html

if ! grep -q 'new Chart' page.html; then
	skip 'charts' 'built without Chart.js'
	tap_done
fi

# What a person would do, in a copy: unfold everything; go one week back. What broke is noted.
cat >steps <<'JS'
<script>
const notes = document.documentElement.dataset;
notes.broken = '';
addEventListener('error', event => { notes.broken += event.message; });
addEventListener('securitypolicyviolation', event => { notes.broken += event.blockedURI; });
addEventListener('load', () => {
	notes.first = document.querySelectorAll('canvas').length;
	document.querySelectorAll('details').forEach(fold => { fold.open = true; });
	const canvas = document.querySelector('canvas');
	for (const key of ['ArrowLeft', 'Home', 'ArrowLeft', 'End', 'ArrowRight', 'x', 'ArrowLeft'])
		canvas.dispatchEvent(new KeyboardEvent('keydown', { key }));
	setTimeout(() => {
		notes.later = document.querySelectorAll('canvas').length > 15;
		notes.asked = performance.getEntriesByType('resource').length;
	}, 500);
});
</script>
JS
sed -e '/<style>/{
r steps
N
}' page.html >walk.html
browser dom walk.html | tr '\n' ' ' >walked
notes=$(grep -o '^<!DOCTYPE html> *<html[^>]*>' walked)
like 'draws the versions and the open distribution' "$notes" 'data-first="2"'
like 'draws the others when they are unfolded' "$notes" 'data-later="true"'
like 'nothing breaks, nothing is forbidden' "$notes" 'data-broken=""'
like 'and nothing is asked for' "$notes" 'data-asked="0"'
like 'a chart can be reached by keyboard, and tells a screen reader what it is' "$(cat walked)" \
	'<canvas tabindex="0" role="img" aria-label="Line chart of Share of the machines, %: sophos.product_version\.'
like 'arrow keys say the values of a week' "$(cat walked)" 'aria-live="polite">2015-W47: [^<]*9\.9\.0 [0-9.]+ %'

browser png page.html >light.png
browser png page.html dark >dark.png
corner() { # FILE.png: its first pixel
	python3 - "$1" <<'PY'
import struct, sys, zlib
data, at, packed = open(sys.argv[1], 'rb').read(), 8, b''
while at < len(data):
    size, kind = struct.unpack('>I4s', data[at:at + 8])
    if kind == b'IDAT':
        packed += data[at + 8:at + 8 + size]
    at += size + 12
print(*zlib.decompress(packed)[1:4])
PY
}
is 'light where the reader likes it light' "$(corner light.png)" '255 255 255'
is 'dark where the reader likes it dark' "$(corner dark.png)" '13 17 23'
browser pdf page.html >page.pdf
like 'it prints' "$(head -c 5 page.pdf)" '^%PDF-'
pdftotext -layout page.pdf printed
like 'with what is folded on the screen' "$(grep -A 12 'system\.architecture' printed)" 'x86_64 +[0-9]+ '
is 'and in a size that a printer takes' "$(find page.pdf -size -2048k)" page.pdf

# As many weeks as a page has: they are printed across, and the last is as often on the paper as the first.
"$root/tests/fleet/hosts.py" -n 60 -w 2015-W22 -c 26 >year.ndjson
for week in $(seq 22 47); do sav-report add --db year --week "2015-W$week" year.ndjson 2>>flags; done
sav-report html --db year >year.html
browser pdf year.html >year.pdf
pdftotext -layout year.pdf across
said() { grep -o "\\bW$1\\b" across | wc -l; }
ok 'many weeks are printed' test "$(said 23)" -gt 5
is 'and no column is cut off' "$(said 46)" "$(said 23)"
like 'nor a name broken' "$(cat across)" 'config\.update_succeeded'
feet=$(awk -v RS='\f' '{ for (at = split($0, line, "\n"); at > 1 && line[at] !~ /[^ ]/;) at--; print line[at] }' across)
is 'and no head of a table stands alone at the foot of a page' \
	"$(echo "$feet" | grep -E '^ *((Fact|Value|Week|Range) +(Machines|5 %)|Share of|Quantiles:|Ranges in)')" ''

# The print of a browser that does not know ::details-content.
cat >steps <<'JS'
<script>
CSS.supports = () => false;
const open = () => document.querySelectorAll('details[open]').length;
addEventListener('load', () => {
	const all = document.querySelectorAll('details').length, before = open();
	dispatchEvent(new Event('beforeprint'));
	const during = open();
	dispatchEvent(new Event('afterprint'));
	document.documentElement.dataset.folds = [before === 2, during === all, open() === before].join();
});
</script>
JS
sed -e '/<style>/{
r steps
N
}' page.html >old.html
like 'an older browser unfolds to print, and folds again' "$(browser dom old.html | tr '\n' ' ' | grep -o '<html[^>]*>')" \
	'data-folds="true,true,true"'

tap_done

#!/usr/bin/env python3
"""compare.py TRUTH: the shares that `sav-report json` (standard input) tells, beside what the hosts had when they reported (the error of the
counting: none but where hashes change) and beside what is true at each week's end (a report is up to 8 days old), in percentage points.
Values hidden in "(other)" are no error but the price of --min-cell: counted apart, with the largest share of one."""
import json
import sys

truth = json.load(open(sys.argv[1], encoding='utf-8'))
told = json.load(sys.stdin)
shares = {}
for fact in told['facts']:
    for cell in fact['cells']:
        if cell['kind'] in ('value', 'unknown'):
            shares[cell['week'], fact['fact'], cell.get('value', '')] = 100 * cell['share']

hosts = 0
print(f'{"fact":24}{"told":>6}{"hidden":>8}{"largest":>10}{"off what was sent":>20}{"off what is true":>20}   worst')
for fact in sorted({fact for week in truth.values() for fact in week['true']}):
    off_sent, off_true, hidden = [0], [(0, '', '')], [0]
    for week in truth:
        hosts = sum(truth[week]['true'][fact].values())
        for value in truth[week]['true'][fact].keys() | truth[week]['sent'][fact].keys():
            now, sent = (100 * truth[week][kind][fact].get(value, 0) / hosts for kind in ('true', 'sent'))
            share = shares.get((week, fact, value))
            if share is None:
                hidden.append(sent)
                continue
            off_sent.append(abs(share - sent))
            off_true.append((abs(share - now), week, value or '(unknown)'))
    worst = max(off_true)
    print(f'{fact:24}{len(off_sent) - 1:6}{len(hidden) - 1:8}{max(hidden):8.2f} %{max(off_sent):17.2f} pp{worst[0]:17.2f} pp   {worst[1]} {worst[2]}')
extra = {week['week']: week['machines'] - hosts for week in told['weeks'] if week['week'] in truth and week['machines'] != hosts}
print('machines counted, less hosts:', ', '.join(f'{week} {count:+}' for week, count in extra.items()) or 'exact in every week')

#!/usr/bin/env python3
"""compare.py TRUTH: the shares that `sav-report json` (standard input) tells, in percentage points beside
- what the hosts had when they reported: the error of the counting, which is that of rounding, and where hashes change;
- what was true in the middle of the week, as reports are 3.5 days old at its end, on average;
- what is true at its end: of a version that spreads by 5 % of the hosts a day these 3.5 days are 15 points or more.
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
print(f'{"fact":24}{"told":>6}{"hidden":>8}{"largest":>10}{"off sent":>12}{"off mid-week":>14}{"off its end":>13}   worst')
for fact in sorted({fact for week in truth.values() for fact in week['true']}):
    off, hidden = {'sent': [(0, '', '')], 'middle': [(0, '', '')], 'true': [(0, '', '')]}, [0]
    for week in truth:
        hosts = sum(truth[week]['true'][fact].values())
        for value in truth[week]['true'][fact].keys() | truth[week]['sent'][fact].keys():
            real = {when: 100 * truth[week][when][fact].get(value, 0) / hosts for when in off}
            share = shares.get((week, fact, value))
            if share is None:
                hidden.append(real['sent'])
                continue
            for when in off:
                off[when].append((abs(share - real[when]), week, value or '(unknown)'))
    worst = {when: max(off[when]) for when in off}
    print(f'{fact:24}{len(off["sent"]) - 1:6}{len(hidden) - 1:8}{max(hidden):8.2f} %{worst["sent"][0]:9.2f} pp{worst["middle"][0]:11.2f} pp'
          f'{worst["true"][0]:10.2f} pp   {worst["true"][1]} {worst["true"][2]}')
extra = {week['week']: week['machines'] - hosts for week in told['weeks'] if week['week'] in truth and week['machines'] != hosts}
print('machines told, less hosts:', ', '.join(f'{week} {count:+}' for week, count in extra.items()) or 'exact in every week')

#!/usr/bin/env python3
"""hosts.py [-n HOSTS] [-w FIRST-WEEK] [-c WEEKS] [-s SEED] [-t TRUTH] [-d DIR]: reports of synthetic hosts, NDJSON.

Each host keeps the wrapper's rule (a report, then 6 days and a uniform random part of 2 days), updates when a version comes out after a delay of
its own, and belongs to a customer (few large ones, many small). One seed gives the same fleet always. Reports go to standard output, or
with -d to DIR/YYYY-Www.ndjson by the week they are sent in. -t writes what is true at each week's end, what was in its
middle, and what when each host last reported: {"week": {"true"|"middle"|"sent": {"fact": {"value": hosts}}}}."""
import argparse
import bisect
import datetime
import hashlib
import json
import os
import random
import sys

DAY = 86400
EPOCH_DAYS = 90

# Values and weights; drawn once a host. Sums need not be 1.
DISTROS = [
    (30, ('Ubuntu', '14.04', 'trusty', 'Ubuntu 14.04.3 LTS', ['3.13.0-24-generic', '3.13.0-65-generic', '3.19.0-30-generic'])),
    (12, ('Ubuntu', '12.04', 'precise', 'Ubuntu 12.04.4 LTS', ['3.2.0-58-generic', '3.2.0-91-generic'])),
    (20, ('RedHatEnterpriseServer', '6.6', 'Santiago', 'Red Hat Enterprise Linux Server release 6.6',
          ['2.6.32-504.el6.x86_64', '2.6.32-504.12.2.el6.x86_64'])),
    (16, ('CentOS', '7.1.1503', 'Core', 'CentOS Linux release 7.1.1503', ['3.10.0-229.el7.x86_64', '3.10.0-229.14.1.el7.x86_64'])),
    (9, ('Debian', '8.2', 'jessie', 'Debian GNU/Linux 8.2', ['3.16.0-4-amd64'])),
    (6, ('SUSE LINUX', '12', 'n/a', 'SUSE Linux Enterprise Server 12', ['3.12.43-52.6-default'])),
    (3, ('OracleServer', '7.1', 'n/a', 'Oracle Linux Server release 7.1', ['3.8.13-55.1.6.el7uek.x86_64'])),
    (0.4, ('TurboLinux', '11', 'n/a', 'Turbolinux Server 11', ['2.6.18-8'])),
]
ZONES = [(30, 'Europe/London'), (22, 'America/New_York'), (12, 'America/Los_Angeles'), (10, 'Europe/Berlin'), (8, 'Asia/Tokyo'),
         (6, 'Australia/Sydney'), (5, 'UTC'), (0.1, 'Indian/Chagos')]
CPUS = [(35, 'Intel(R) Xeon(R) CPU E5-2670 v3 @ 2.30GHz'), (25, 'Intel(R) Xeon(R) CPU E5-2650 v2 @ 2.60GHz'),
        (20, 'Intel(R) Xeon(R) CPU E5-2676 v3 @ 2.40GHz'), (10, 'AMD Opteron(tm) Processor 6376'), (5, 'QEMU Virtual CPU version 2.0.0')]
LEVELS = ['9.7', '9.8.3', '9.11']
VIRTUAL = [(45, 'vmware'), (25, 'none'), (15, 'kvm'), (10, 'xen'), (4, 'microsoft'), (1, 'oracle')]
# (version, level, day of its release counted from the start, share of the hosts that run it at the start)
VERSIONS = [('9.7.2', '9.7', -400, 0.12), ('9.8.3', '9.8.3', -200, 0.33), ('9.9.0', '9.8.3', -60, 0.55), ('9.11.0', '9.11', 10, 0),
            ('9.11.1', '9.11', 52, 0)]
BOOLEANS = {  # shares of hosts where the fact is true
    'on_access': {'enabled': .82, 'on_open': .8, 'disinfect': .15, 'delete': .04},
    'config': {'live_protection': .9, 'download_all_distros': .05, 'update_succeeded': .97, 'extra_files': .02, 'webui_enabled': .11,
               'through_proxy': .27, 'email_notifications': .62, 'managed': .55},
    'server': {'firefox_running': .06, 'chrome_running': .05, 'mysql_running': .23, 'x_running': .12, 'postgres_running': .11,
               'oracle_running': .04, 'apache_running': .38, 'puremessage_installed': .03, 'savdi_installed': .02,
               'selinux_enabled': .31},
    'server 9.8.3': {'apparmor_running': .4, 'cifs_running': .12, 'cifs_port_open': .1, 'nfs_port_open': .09, 'nfsv3_in_use': .07,
                     'nfsv4_in_use': .08, 'http_port_open': .42, 'https_port_open': .39, 'tripwire_running': .01},
    'server 9.11': {'auditd_installed': .5, 'conntrack_installed': .08, 'iptables_installed': .93, 'perf_installed': .07,
                    'systemtap_installed': .02, 'tcpfile_installed': .0005},
}
MEMORY_GIB = [(10, 1), (20, 2), (30, 4), (20, 8), (12, 16), (6, 32), (2, 64)]


def pick(rng, weighted):
    total = sum(weight for weight, _ in weighted)
    at = rng.random() * total
    for weight, value in weighted:
        at -= weight
        if at < 0:
            return value
    return weighted[-1][1]


class Host:
    def __init__(self, rng, number, start, customer):
        self.rng = rng
        self.number = number
        self.sent = []  # when it reported
        self.customer = customer
        self.next = start + rng.randrange(8 * DAY)  # the wrapper's first report comes by the same rule
        self.zone = pick(rng, ZONES)
        self.offset = rng.choice([0, 3600, -5 * 3600, -8 * 3600, 9 * 3600])
        self.boot = start - rng.randrange(200 * DAY)
        self.memory = pick(rng, MEMORY_GIB) << 20
        # Versions this host ever runs: (from, version, level). Admins differ in how long they take; some never update.
        delay = rng.expovariate(1 / 18) if rng.random() < .9 else 10000
        at = rng.random()
        self.versions = []
        for version, level, day, share in VERSIONS:
            if day < 0:
                at -= share
                if at < 0 and not self.versions:
                    self.versions.append((0, version, level))
            else:
                self.versions.append((start + int((day + delay) * DAY), version, level))
        self.fixed = self.draw_fixed()

    def draw_fixed(self):
        rng = self.rng
        distro = pick(rng, DISTROS)
        kernel = rng.choice(distro[4]) if rng.random() > .02 else f'4.{rng.randrange(20)}.{rng.randrange(200)}-custom'
        facts = {area: {key: rng.random() < share for key, share in shares.items()} for area, shares in BOOLEANS.items()}
        enabled = facts['on_access']['enabled']
        facts['system'] = {'os_name': 'Linux', 'kernel_version': kernel, 'architecture': 'x86_64' if rng.random() < .97 else 'i686',
                           'distro_id': distro[0], 'distro_release': distro[1], 'distro_codename': distro[2],
                           'distro_description': distro[3]}
        facts['on_access'].update(method=('fanotify' if rng.random() < .6 else 'talpa') if enabled else None, talpa_type=None,
                                  exclusions=rng.choice([0, 0, 0, 0, 1, 1, 2, 3, 5, 12]))
        facts['config'].update(scheduled_scans=rng.choice([0, 0, 0, 1, 1, 2]), update_source=rng.choice(['Primary'] * 9 + ['Secondary']),
                               webui_log_bytes=rng.randrange(1 << rng.randrange(4, 24)), days_since_update=rng.choice([0] * 9 + [40]))
        self.vm, self.cpu, self.cores = pick(rng, VIRTUAL), pick(rng, CPUS), rng.choice([1, 2, 2, 4, 4, 8, 16])
        self.license = rng.choice(['free', 'full', 'full', 'full'])
        self.sources = rng.choice([['sophos'], ['sophos'], ['http'], ['https', 'sophos'], ['file']])
        return facts

    def version_at(self, when):
        return [entry for entry in self.versions if entry[0] <= when][-1][1:]

    def report(self, when):
        version, level = self.version_at(when)
        epoch = when // (EPOCH_DAYS * DAY)
        known = LEVELS[:LEVELS.index(level) + 1]
        at = datetime.datetime.fromtimestamp(when, datetime.timezone(datetime.timedelta(seconds=self.offset)))
        fixed = self.fixed
        identity = lambda kind, number: hashlib.blake2b(f'{kind}/{epoch}/{number}'.encode(), digest_size=16).hexdigest()
        sophos = {'product_version': version, 'customer_id': identity('customer', self.customer),
                  'machine_id': identity('machine', self.number)}
        system = dict(fixed['system'], time=at.isoformat(), time_zone=self.zone, memory_total_kib=self.memory,
                      memory_used_kib=int(self.memory * self.rng.uniform(.1, .95)), vm_type=self.vm)
        on_access, config, server = dict(fixed['on_access']), dict(fixed['config']), dict(fixed['server'])
        if '9.8.3' in known:
            sophos.update(virus_data_version='5.' + str(20 + when // (28 * DAY) % 20), virus_engine_version='3.6' + version[-1],
                          regression_suite=False)
            system.update(cpu_type=self.cpu, cpu_cores=self.cores, uptime_seconds=when - self.boot, root_fs_type='ext4')
            on_access['archives'] = False
            config.update(update_policy='Recommended', management_type='SEC' if config['managed'] else None)
            server.update(fixed['server 9.8.3'])
        if '9.11' in known:
            sophos['license'] = self.license
            config['update_sources'] = self.sources
            on_access['last_talpa_build_failure'] = None
            system['containers'] = self.number % 9 == 0
            server.update(fixed['server 9.11'], apparmor_policies=13, iptables_rules=self.number % 40)
        return {'schema': 1, 'level': level, 'sophos': sophos, 'system': system, 'on_access': on_access, 'config': config,
                'server': server}


def customers(rng, hosts):
    """Sizes by a heavy-tailed law: the customer of each host."""
    owners = []
    number = 0
    while len(owners) < hosts:
        number += 1
        owners += [number] * min(int(rng.paretovariate(1.1) * 2), hosts // 20 + 1)
    return owners[:hosts]


def week_name(when):
    year, week, _ = datetime.datetime.fromtimestamp(when, datetime.timezone.utc).isocalendar()
    return f'{year:04}-W{week:02}'


def truth_of(hosts, when_of):
    """Hosts by fact and value, each at the time that when_of(host) gives."""
    facts = {'sophos.product_version': {}, 'system.distro_id': {}, 'system.vm_type': {}, 'config.live_protection': {}, 'on_access.method': {}}
    for host in hosts:
        for fact, value in (('sophos.product_version', host.version_at(when_of(host))[0]), ('system.distro_id', host.fixed['system']['distro_id']),
                            ('system.vm_type', host.vm), ('config.live_protection', str(host.fixed['config']['live_protection']).lower()),
                            ('on_access.method', host.fixed['on_access']['method'] or '')):
            facts[fact][value] = facts[fact].get(value, 0) + 1
    return facts


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('-n', type=int, default=1000)
    parser.add_argument('-w', default='2015-W36')
    parser.add_argument('-c', type=int, default=1)
    parser.add_argument('-s', type=int, default=1)
    parser.add_argument('-t')
    parser.add_argument('-d')
    arguments = parser.parse_args()
    rng = random.Random(arguments.s)
    monday = datetime.datetime.strptime(arguments.w + '-1', '%G-W%V-%u').replace(tzinfo=datetime.timezone.utc)
    first = int(monday.timestamp())
    start = first - 8 * DAY  # so that the first week is whole
    end = first + arguments.c * 7 * DAY
    hosts = [Host(rng, number, start, owner) for number, owner in enumerate(customers(rng, arguments.n))]
    ends = [first + (week + 1) * 7 * DAY for week in range(arguments.c)]
    files = {}
    for host in hosts:
        while host.next < end:
            when = host.next
            host.sent.append(when)
            host.next += 6 * DAY + rng.randrange(2 * DAY)
            line = json.dumps(host.report(when), separators=(',', ':')) + '\n'
            if arguments.d is None:
                sys.stdout.write(line)
                continue
            name = week_name(when)
            if name not in files:
                files[name] = open(os.path.join(arguments.d, name + '.ndjson'), 'w', encoding='utf-8')
            files[name].write(line)
    for file in files.values():
        file.close()
    if arguments.t:
        truth = {week_name(end - 1): {'true': truth_of(hosts, lambda host: end),
                                      'middle': truth_of(hosts, lambda host: end - 7 * DAY // 2),
                                      'sent': truth_of(hosts, lambda host: max(when for when in host.sent if when < end))} for end in ends}
        with open(arguments.t, 'w', encoding='utf-8') as file:
            json.dump(truth, file)


main()

"""What the CDNOW program must come to, computed from the file alone. Prints JSON."""
import collections
import json
import sys

stars = expired = 0
quarters = collections.Counter()
months = collections.defaultdict(set)
cds = collections.Counter()
december = collections.Counter()
reached = {}
with open(sys.argv[1]) as lines:
    for line in lines:
        member, date, n, dollars = line.split()
        whole, cents = dollars.split(".")
        cents = int(whole) * 100 + int(cents)
        year, month = int(date[:4]), int(date[4:6])
        stars += cents // 100
        if date <= "19970630":  # earned by then: the last day of its twelve months is over at 1998-07-01 00:00
            expired += cents // 100
        quarters[member, year, (month - 1) // 3] += cents
        months[member].add(year * 12 + month)
        cds[member] += int(n)
        if date.startswith("199712"):
            december[member] += cents
            if cents:
                reached[member] = max(reached.get(member, ""), date)

longest = {}
for member, all_months in months.items():
    best = run = 0
    for m in sorted(all_months):
        run = run + 1 if m - 1 in all_months else 1
        best = max(best, run)
    longest[member] = best
top = max(longest.values())
ranking = sorted(december, key=lambda m: (-december[m], reached.get(m, ""), m))
print(json.dumps({
    "members": len(months),
    "issued": stars,
    "expired": expired,
    "outstanding": stars - expired,
    "member_quarters": sum(1 for c in quarters.values() if c >= 50000),
    "longest_streak": top,
    "with_longest_streak": sum(1 for v in longest.values() if v == top),
    "gold_collectors": sum(1 for v in cds.values() if v >= 200),
    "december": [[m, december[m] / 100] for m in ranking[:10]],
}))

#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
"""Writes the measurements of bench/run.sh as tables and plots.

usage: report.py RAW RESULTS_FOLDER [README]

RAW has a line for each measurement. The folder receives bench.json, bench.md and *.svg, the README the table between
its markers. The tables are also printed. A figure that was not measured is "-".
"""
import json
import os
import statistics
import sys
import textwrap

NAMES = {
    "module": "snd-hvsock", "pulse": "pulse plugin + socat", "aloop": "snd-aloop + arecord + socat",
    "virtio": "virtio-snd", "floor": "floor: bytes to a vsock", "dummy": "snd-dummy", "idle": "idle guest",
}
PEERS = ["module", "pulse", "aloop", "virtio"]
COLORS = {
    "module": "#1f6fb4", "pulse": "#c23b22", "aloop": "#d98c1f", "virtio": "#3a8f3a", "floor": "#777777",
    "dummy": "#bbbbbb",
}
SAID = """\
Audio data is 48 kHz stereo at periods of 10 ms, unless the column says
otherwise. Round trips use the shortest period that works for a minute, and for
the card also the shortest `latency-us`. The guest is emulated, so only ratios
mean something. `make bench` writes this table and
[more](bench/results/bench.md) in an hour.

"""
RATE = 48000
AUDIO_BYTES = RATE * 4


def number(text):
    try:
        return float(text) if "." in text else int(text)
    except ValueError:
        return text


def read(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        for line in file:
            yield {key: number(value) for key, value in
                   (word.split("=", 1) for word in line.split() if "=" in word)}


def spread(values):
    """Median, least and most; None without values."""
    values = [v for v in values if v is not None]
    if not values:
        return None
    return {"median": statistics.median(values), "least": min(values), "most": max(values), "n": len(values)}


def median(figure):
    return figure["median"] if figure else None


def played(record):
    """Whether all audio data arrived. A run that lost some would look too cheap."""
    if not record.get("seconds") or record.get("running") != record.get("streams"):
        return False
    whole = record["streams"] * record["seconds"] * RATE
    return not record.get("xruns") and not record.get("helper_xruns") and record["frames"] >= 0.98 * whole


class Bench:
    def __init__(self, records):
        self.parts = {}
        for record in records:
            self.parts.setdefault(record.get("part"), []).append(record)
        self.machine = (self.parts.get("machine") or [{}])[-1]
        self.result = {"machine": {k: v for k, v in self.machine.items() if k != "part"}}

    def of(self, part, **wanted):
        return [r for r in self.parts.get(part, []) if all(r.get(k) == v for k, v in wanted.items())]

    def cost(self):
        """Costs for each second of one stream at periods of 10 ms. The CPU time and the instructions of the idle guest
        in the same round are subtracted.
        """
        rounds = {}
        for record in self.of("cost"):
            if played(record):
                rounds.setdefault(record["round"], {})[record["way"]] = record
        out = {}
        for way in NAMES:
            values = {"cpu": [], "instructions": [], "switches": [], "timers": []}
            for ways in rounds.values():
                if way not in ways:
                    continue
                record, idle = ways[way], ways.get("idle") if way != "idle" else None
                for key, field in (("cpu", "busy_s"), ("instructions", "instructions"), ("switches", "switches"),
                                   ("timers", "timers")):
                    if field not in record:
                        continue
                    value = record[field] / record["seconds"]
                    if key in ("cpu", "instructions") and idle:
                        value -= idle[field] / idle["seconds"]
                    values[key].append(value)
            if values["cpu"]:
                out[way] = {key: spread(v) for key, v in values.items()}
        # Ratios of pairs in the same round, because the machine's speed changes between rounds.
        for way in out:
            if way in ("module", "idle"):
                continue
            for key, field in (("cpu", "busy_s"), ("instructions", "instructions")):
                ratios = []
                for ways in rounds.values():
                    if not {"module", "idle", way} <= ways.keys() or field not in ways[way]:
                        continue
                    net = [ways[w][field] / ways[w]["seconds"] - ways["idle"][field] / ways["idle"]["seconds"]
                           for w in ("module", way)]
                    if net[1] > 0:
                        ratios.append(net[0] / net[1])
                out[way]["module_ratio_" + key] = spread(ratios)
        self.result["cost"] = out
        return out

    def messages(self):
        out = {}
        for record in self.of("messages"):
            seconds = record.get("window")
            if not seconds:
                continue
            sums = {}
            for direction in ("alloc", "recv"):
                sums[direction] = sum(v for k, v in record.items()
                                      if k.startswith(direction + "_pkt") and not k.endswith("_bytes"))
            data = record.get("alloc_pkt_5", 0)
            wire = sum(v for k, v in record.items() if k.endswith("_bytes") and "pkt" in k) + 44 * sum(sums.values())
            out[record["way"]] = {
                "sent": sums["alloc"] / seconds, "sent_audio": data / seconds, "received": sums["recv"] / seconds,
                "kicks": record.get("kick", 0) / seconds, "interrupts": record.get("irq", 0) / seconds,
                "wire_per_audio": wire / seconds / AUDIO_BYTES if data else None,
            }
        self.result["messages"] = out
        return out

    def periods(self):
        out = {}
        for record in self.of("smallest"):
            out.setdefault(record["way"], {})[record["load"]] = record["period"] * 1000 / RATE
        for record in self.of("periods"):
            out.setdefault(record["way"], {}).setdefault(record["load"], None)
        self.result["smallest_period_ms"] = out
        return out

    def latency(self):
        out = {}
        for record in self.of("latency", xruns=0, gaps=0):
            if "trip_us" in record:
                out[record["way"]] = {
                    "period_ms": record["period"] * 1000 / RATE, "latency_ms": record["latency_us"] / 1000,
                    "median_ms": record["trip_us"] / 1000,
                    "least_5_percent_ms": record["trip_5_us"] / 1000, "most_5_percent_ms": record["trip_95_us"] / 1000,
                    "most_ms": record["trip_most_us"] / 1000,
                }
        self.result["round_trip"] = out
        return out

    def streams(self):
        idle = self.result["cost"].get("idle", {})
        out = {}
        for way in NAMES:
            steps, most = [], 0
            for record in self.of("streams", way=way):
                count = record["streams"]
                fine = played(record)
                step = {"streams": count, "fine": fine}
                if fine:
                    step["cpu"] = (record["busy_s"] / record["seconds"] - (median(idle.get("cpu")) or 0)) / count
                    if "instructions" in record:
                        step["instructions"] = (record["instructions"] / record["seconds"] -
                                                (median(idle.get("instructions")) or 0)) / count
                    step["memory_kb"] = record["available_kb"] / count
                    step["kernel_kb"] = record["kernel_kb"] / count
                steps.append(step)
                most = count if fine else most
            if steps:
                out[way] = {"most": most, "steps": steps}
        self.result["streams"] = out
        return out

    def start(self):
        out = {}
        for way in PEERS:
            out[way] = spread([(r["heard_first_ns"] - r["opened_host_ns"]) / 1e6 for r in self.of("start", way=way)
                               if r.get("heard_first_ns") and r.get("opened_host_ns")])
        self.result["first_sound_ms"] = out
        return out

    def recover(self):
        self.result["recover_ms"] = {r["way"]: r["recover_ms"] for r in self.of("recover")}
        return self.result["recover_ms"]

    def targets(self):
        """Rows of: what, target, reached value, whether it meets the target (None if it was not measured)."""
        cost, messages = self.result["cost"], self.result["messages"]
        trip, streams = self.result["round_trip"], self.result["streams"]
        period = self.result["smallest_period_ms"].get("module", {})
        rows = []

        def at_most(what, target, value, unit=""):
            rows.append({"what": what, "target": target, "reached": value, "unit": unit,
                         "met": None if value is None or target is None else value <= target})

        for key, what in (("cpu", "guest CPU"), ("instructions", "instructions")):
            for way, target in (("pulse", 0.1), ("aloop", 0.125), ("virtio", 1)):
                at_most(f"{what}, ratio to {NAMES[way]}", target, median(cost.get(way, {}).get("module_ratio_" + key)))
            floor, dummy, own = (median(cost.get(w, {}).get(key)) for w in ("floor", "dummy", "module"))
            at_most(f"{what}, ratio to 1.5 floor + ALSA", 1,
                    own / (1.5 * floor + dummy) if None not in (floor, dummy, own) and floor + dummy > 0 else None)
        own = trip.get("module", {}).get("median_ms")
        for way, factor in (("pulse", 0.5), ("virtio", 1)):
            other = trip.get(way, {}).get("median_ms")
            at_most(f"round trip, ratio to {NAMES[way]}", factor, own / other if own and other else None)
        most = streams.get("module", {}).get("most")
        rows.append({"what": "streams at once without an xrun", "target": 64, "reached": most, "unit": "",
                     "met": None if most is None else most >= 64})
        steps = {s["streams"]: s for s in streams.get("module", {}).get("steps", [])}
        for key in ("cpu", "instructions"):
            ratio = steps[64][key] / steps[1][key] if {1, 64} <= steps.keys() and key in steps[64] else None
            at_most(f"{key} per stream at 64, ratio to that at 1", 1.1, ratio)
        at_most("smallest period, idle", 2.5, period.get("idle"), " ms")
        at_most("smallest period, both CPUs loaded", 5, period.get("loaded"), " ms")
        at_most("messages to the host with audio, per period", 1,
                messages["module"]["sent_audio"] / 100 if "module" in messages else None)
        at_most("messages to the host, per period", 1,
                messages["module"]["sent"] / 100 if "module" in messages else None)
        dummies = {s["streams"]: s for s in streams.get("dummy", {}).get("steps", [])}
        both = [n for n in steps if n in dummies and "kernel_kb" in steps[n] and "kernel_kb" in dummies[n]]
        at_most("kernel memory per stream beyond snd-dummy's", 16,
                steps[max(both)]["kernel_kb"] - dummies[max(both)]["kernel_kb"] if both else None, " KiB")
        self.result["targets"] = rows
        return rows


def show(value, digits=3, unit=""):
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    return f"{value:.{digits}g}{unit}" if abs(value) < 1000 else f"{value:,.0f}{unit}"


def ranged(figure, scale=1.0, digits=3):
    if not figure:
        return "-"
    middle, least, most = (f"{figure[key] * scale:.{digits}g}" for key in ("median", "least", "most"))
    return f"{middle} ({least} to {most})"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def headline(result):
    rows = []
    for way in PEERS:
        cost = result["cost"].get(way, {})
        trip = result["round_trip"].get(way, {})
        period = result["smallest_period_ms"].get(way, {})
        recover = result["recover_ms"].get(way)
        rows.append([NAMES[way], show(median(cost.get("cpu")), 2),
                     show((median(cost.get("instructions")) or 0) / 1e6 or None, 2), show(trip.get("median_ms"), 3),
                     f"{show(period.get('idle'))} / {show(period.get('loaded'))}",
                     show(result["streams"].get(way, {}).get("most")),
                     show(median(result["first_sound_ms"].get(way)), 3), show(recover)])
    return table(["", "guest CPU", "million instructions per s", "round trip, ms", "smallest period, ms, idle / loaded",
                  "streams at once", "first sound, ms", "back after a host restart, ms"], rows)


def filled(text):
    """A paragraph in lines of 80 columns"""
    return textwrap.fill(text, 80, break_long_words=False, break_on_hyphens=False)


def document(result):
    machine = result["machine"]
    text = ["# The card compared with other ways", "",
            filled("This page is for people who want to compare snd-hvsock with other ways to carry a guest's audio "
                   "data to its host. `Documentation/cost.rst` explains the figures."), "",
            filled(f"Measured on {str(machine.get('cpu', '')).replace('_', ' ')} with {machine.get('host_cpus')} CPUs "
                   f"and Linux {machine.get('host_kernel')}. The guest has Linux {machine.get('kernel')} and "
                   f"{machine.get('cpus')} CPUs, under QEMU {machine.get('qemu')} ({machine.get('accelerator')}). "
                   f"Audio data is S16 at 48 kHz in stereo. Written by `make bench` ({machine.get('length')})."), "",
            headline(result),
            "## One stream at periods of 10 ms", "",
            filled("Each figure is the median (least to most) of the rounds in which all audio data arrived. CPU time "
                   "and instructions of the idle guest are subtracted. A ratio divides the module's figure by that of "
                   "the row, round by round."), ""]
    rows = []
    for way, cost in result["cost"].items():
        rows.append([NAMES[way], ranged(cost["cpu"]), ranged(cost["instructions"], 1e-6), ranged(cost["switches"]),
                     ranged(cost["timers"]), ranged(cost.get("module_ratio_cpu")),
                     ranged(cost.get("module_ratio_instructions"))])
    text += [table(["", "CPU", "million instructions per s", "context switches per s", "timer interrupts per s",
                    "CPU ratio", "instruction ratio"], rows),
             "## Messages per second, at periods of 10 ms", ""]
    rows = [[NAMES[way], show(m["sent"]), show(m["sent_audio"]), show(m["received"]), show(m["kicks"]),
             show(m["interrupts"]), show(m["wire_per_audio"], 4)] for way, m in result["messages"].items()]
    text += [table(["", "vsock packets sent", "with data", "vsock packets received", "kicks of the host",
                    "interrupts of all virtio devices", "bytes on the wire per byte of audio"], rows),
             "## Round trip", ""]
    rows = [[NAMES[way], show(t["period_ms"]), show(t["latency_ms"] or None), show(t["median_ms"]),
             f"{show(t['least_5_percent_ms'])} to {show(t['most_5_percent_ms'])}", show(t["most_ms"])]
            for way, t in result["round_trip"].items()]
    text += [table(["", "period, ms (four in the buffer)", "the card's latency, ms", "median, ms",
                    "5 % to 95 %, ms", "most, ms"], rows), "## Streams at once", ""]
    rows = []
    for way, figure in result["streams"].items():
        for step in figure["steps"]:
            rows.append([NAMES[way], str(step["streams"]), "yes" if step["fine"] else "no", show(step.get("cpu")),
                         show(step["instructions"] / 1e6 if "instructions" in step else None),
                         show(step.get("memory_kb")), show(step.get("kernel_kb"))])
    text += [table(["", "streams", "without an xrun", "CPU per stream", "million instructions per stream and s",
                    "memory per stream, KiB", "kernel memory per stream, KiB"], rows), "## Targets", ""]
    rows = []
    for row in result["targets"]:
        verdict = "not measured" if row["met"] is None else "met" if row["met"] else "missed"
        if verdict == "missed" and row["reached"]:
            factor = row["reached"] / row["target"]
            verdict += f" by a factor of {show(factor if factor > 1 else 1 / factor, 2)}"
        reached = show(row["reached"]) + (row["unit"] if row["reached"] is not None else "")
        rows.append([row["what"], show(row["target"]) + row["unit"], reached, verdict])
    text.append(table(["", "target", "reached", ""], rows))
    return "\n".join(text)


def svg(title, x_label, series, path, y_label):
    """series: {way: [(streams, value)]}; both axes logarithmic."""
    import math
    points = [p for line in series.values() for p in line if p[1] > 0]
    if not points:
        return
    width, height, left, top, right, bottom = 640, 400, 70, 40, 190, 50
    x_most = max(max(p[0] for p in points), 2)
    low, high = math.floor(math.log10(min(p[1] for p in points))), math.ceil(math.log10(max(p[1] for p in points)))
    high = max(high, low + 1)

    def x(n):
        return left + (width - left - right) * math.log2(n) / math.log2(x_most)

    def y(v):
        return height - bottom - (height - top - bottom) * (math.log10(v) - low) / (high - low)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
           'font-size="12">',
           f'<rect width="{width}" height="{height}" fill="white"/>'
           f'<text x="{left}" y="22" font-size="15">{title}</text>']
    for power in range(low, high + 1):
        out.append(f'<line x1="{left}" x2="{width - right}" y1="{y(10 ** power):.1f}" y2="{y(10 ** power):.1f}" '
                   'stroke="#ddd"/>'
                   f'<text x="{left - 6}" y="{y(10 ** power) + 4:.1f}" text-anchor="end">{10 ** power:g}</text>')
    n = 1
    while n <= x_most:
        out.append(f'<text x="{x(n):.1f}" y="{height - bottom + 18}" text-anchor="middle">{n}</text>')
        n *= 2
    out.append(f'<text x="{(left + width - right) / 2}" y="{height - 10}" text-anchor="middle">{x_label}</text>'
               f'<text transform="translate(16 {(top + height - bottom) / 2}) rotate(-90)" text-anchor="middle">'
               f'{y_label}</text>')
    for row, (way, line) in enumerate(series.items()):
        line = [p for p in line if p[1] > 0]
        if not line:
            continue
        path_points = " ".join(f"{x(a):.1f},{y(b):.1f}" for a, b in line)
        out.append(f'<polyline points="{path_points}" fill="none" stroke="{COLORS[way]}" stroke-width="2"/>')
        out += [f'<circle cx="{x(a):.1f}" cy="{y(b):.1f}" r="3" fill="{COLORS[way]}"/>' for a, b in line]
        out.append(f'<rect x="{width - right + 12}" y="{top + 18 * row}" width="10" height="10" fill="{COLORS[way]}"/>'
                   f'<text x="{width - right + 27}" y="{top + 18 * row + 10}">{NAMES[way]}</text>')
    out.append("</svg>")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(out) + "\n")


def put_into(readme, text):
    begin, end = "<!-- bench -->\n", "<!-- /bench -->\n"
    with open(readme, encoding="utf-8") as file:
        content = file.read()
    if begin not in content or end not in content:
        return
    content = content[:content.index(begin) + len(begin)] + text + content[content.index(end):]
    with open(readme, "w", encoding="utf-8") as file:
        file.write(content)


def main():
    raw, folder, *readme = sys.argv[1:]
    bench = Bench(read(raw))
    for part in ("cost", "messages", "periods", "latency", "streams", "start", "recover", "targets"):
        getattr(bench, part)()
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "bench.json"), "w", encoding="utf-8") as file:
        json.dump(bench.result, file, indent=1)
        file.write("\n")
    text = document(bench.result)
    with open(os.path.join(folder, "bench.md"), "w", encoding="utf-8") as file:
        file.write(text)
    for key, title, label in (("cpu", "CPU per stream, 10 ms periods", "CPU seconds per stream second"),
                              ("instructions", "Instructions per stream, 10 ms periods",
                               "instructions per stream second")):
        svg(title, "streams at once", {way: [(s["streams"], s[key]) for s in f["steps"] if key in s and s["fine"]]
                                       for way, f in bench.result["streams"].items()},
            os.path.join(folder, key + ".svg"), label)
    for file in readme:
        put_into(file, "## What it costs\n\n" + SAID + headline(bench.result) + "\n")
    print(text)


main()

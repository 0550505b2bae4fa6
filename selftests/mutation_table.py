# SPDX-License-Identifier: GPL-2.0
"""The faults that mutations.py plants: what each changes, and the test that must fail."""

import dataclasses
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "sim"))

from planted import FAULTS, SEEDS  # noqa: E402


@dataclasses.dataclass(frozen=True)
class Mutation:
    name: str
    changes: tuple      # of (file, old text, new text); the old text is in its file exactly once
    test: str           # a file below selftests/
    case: str           # pytest's -k expression
    kunit: str = ""     # SUITE or SUITE.CASE, for host/test_kunit.py
    seed: int = 0       # for the soak
    long: bool = False  # needs a debug kernel, or minutes

    def key(self):
        """What runs: mutations of the same key share the run without a mutation."""
        return self.test, self.case, self.seed

    def where(self):
        seed = f"seed {self.seed}" if self.seed else ""
        return " ".join(filter(None, [self.test, self.case, self.kunit, seed]))


def unit(program):
    """Mutations that a program of host/test_unit.py finds: (name, file, old, new) each."""
    return lambda name, *change: Mutation(name, (change,), "host/test_unit.py",
                                          f"test_program and {program}")


def kunit(name, what, *change, more=()):
    return Mutation(name, (change, *more), "host/test_kunit.py", "TestSuites", kunit=what)


def allocation(name, *change):
    return Mutation(name, (change,), "host/test_kunit.py", "TestFailingAllocations")


def host(name, test, *change):
    test, case = test.split("::")
    return Mutation(name, (change,), f"host/{test}.py", case)


def sim(name, test, *change, more=()):
    test, case = test.split("::")
    return Mutation(name, (change, *more), f"sim/{test}.py", case)


def debug(name, test, *changes):
    test, case = test.split("::")
    return Mutation(name, changes, f"real/debug/{test}.py", case, long=True)


(TAGSTRUCT, PULSE, PULSE_WIRE, PULSE_VOLUME, SIMPLE, QUBES, CLOCK, GEOMETRY, CAPTURE, DELAY, PLAYBACK, REMOTE, CONFIG,
 KEYS) = (
    f"kernel/core/{name}.c" for name in
    ("proto/tagstruct", "proto/pulse", "proto/pulse_wire", "proto/pulse_volume", "proto/simple", "proto/qubes",
     "clock", "geometry", "capture", "delay", "playback", "remote", "config", "keys-gen"))
ALARM, CONN, OUTAGE, POSITION, RX, STATE, STATUS, STREAMS, SUBSTREAM, TX, WORKER = (
    f"kernel/{name}.c" for name in
    ("alarm", "conn", "outage", "position", "rx", "state", "status", "streams", "substream", "tx", "worker"))
VSOCK, SHARED, POOL, CARD, CARDS, SND_CARD, PCM, HOST, PROBE, NETLINK, MIXER, NL_PARSE, NOTIFY = (
    f"kernel/{name}.c" for name in
    ("transport/vsock", "transport/shared", "transport/pool", "card", "cards", "snd_card", "pcm", "host", "probe",
     "netlink", "mixer", "nl_parse", "notify"))
tagstruct, pulse, simple, qubes, clock, geometry = (
    unit(f"unit/test_{name}") for name in ("tagstruct", "pulse", "simple", "qubes", "clock", "geometry"))
model, DEADLINE = unit("unit/test_model"), "kernel/core/deadline"
capture, recording = unit("unit/test_capture"), unit("unit/test_model_capture")
backoff, BACKOFF = unit("unit/test_backoff"), "kernel/core/backoff.c"
playback, TRACKING = unit("unit/test_playback"), "kernel/core/tracking.c"
conn_state, CONN_STATE = unit("unit/test_conn_state"), "kernel/core/conn_state.c"
host_state, HOST_STATE = unit("unit/test_host_state"), "kernel/core/host_state.c"
unit_keys = unit("unit/test_keys")
address, config = (unit(f"user/tests/test_{name}") for name in ("address", "config"))

GROUPS = {}

GROUPS["bounds"] = [
    tagstruct("write beyond the buffer", TAGSTRUCT, "	if (w->overflow || n > w->size - w->len) {\n",
              "	if (w->overflow) {\n"),
    tagstruct("write after an overflow", TAGSTRUCT, "	if (w->overflow || n > w->size - w->len) {\n",
              "	if (n > w->size - w->len) {\n"),
    tagstruct("length that wraps", TAGSTRUCT, "tag_room(w, (size_t)len + 5)",
              "tag_room(w, len + 5)"),
    tagstruct("read after an error", TAGSTRUCT,
              "	if (r->bad || r->cut)\n"
              "		return NULL;\n"
              "	if (r->pos == r->len) {",
              "	if (r->pos == r->len) {"),
    tagstruct("tag behind the end", TAGSTRUCT, "	if (r->pos == r->len) {\n", "	if (0) {\n"),
    tagstruct("any tag", TAGSTRUCT, "	if (p[0] != tag) {\n", "	if (0) {\n"),
    tagstruct("value behind the end", TAGSTRUCT, "	if (n > r->len - r->pos - 1) {\n",
              "	if (n > r->len - r->pos) {\n"),
    tagstruct("truth value behind the end", TAGSTRUCT,
              "	if (!r->bad && !r->cut && r->pos < r->len &&\n"
              "	    r->buf[r->pos] == TAG_TRUE) {\n",
              "	if (!r->bad && !r->cut && r->buf[r->pos] == TAG_TRUE) {\n"),
    tagstruct("too many channels", TAGSTRUCT, "	if (p[0] > HVSND_TAG_CHANNELS_MAX)\n", "	if (0)\n"),
    tagstruct("channels behind the end", TAGSTRUCT, "	else if (p[0] * size > r->len - r->pos)\n",
              "	else if (0)\n"),
    tagstruct("more volumes than wanted", TAGSTRUCT, "i < p[0] && i < max", "i < p[0]"),
    tagstruct("string without an end", TAGSTRUCT,
              "	end = r->pos < r->len ? memchr(p, 0, r->len - r->pos) : NULL;\n",
              "	end = memchr(p, 0, r->len - r->pos + 1);\n"),
    tagstruct("null string behind the end", TAGSTRUCT,
              "	if (!r->bad && !r->cut && r->pos < r->len &&\n"
              "	    r->buf[r->pos] == TAG_STRING_NULL) {\n",
              "	if (!r->bad && !r->cut && r->buf[r->pos] == TAG_STRING_NULL) {\n"),
    tagstruct("end of the properties behind the end", TAGSTRUCT,
              "		if (r->pos < r->len && r->buf[r->pos] == TAG_STRING_NULL) {\n",
              "		if (r->buf[r->pos] == TAG_STRING_NULL) {\n"),
    tagstruct("property behind the end", TAGSTRUCT, "		if (n > r->len - r->pos) {\n",
              "		if (0) {\n"),
    pulse("no room for a descriptor", PULSE_WIRE, "	if (room > PULSE_DESC_SIZE)\n", "	if (1)\n"),
    pulse("message after one that was left out", PULSE_WIRE, "	if (w->overflow || s->failed) {\n",
          "	if (w->overflow) {\n"),
    pulse("volume of a channel that is not kept", PULSE_WIRE,
          "level[i < HVSND_CHANNELS ? i : HVSND_CHANNELS - 1]", "level[i]"),
    pulse("name without an end", PULSE_WIRE, "i < HVSND_NAME_MAX - 1 && in[i]", "in[i]"),
    pulse("position that PulseAudio does not have", PULSE_WIRE,
          "		map[i] = at < ARRAY_SIZE(pulse_positions) ?\n"
          "			 pulse_positions[at] : 0;\n",
          "		map[i] = pulse_positions[at];\n"),
    pulse("too many channels to open", PULSE, " || p->channels > HVSND_TAG_CHANNELS_MAX ||\n", " ||\n"),
    pulse("frame of another size", PULSE_WIRE,
          " &&\n"
          "		    pulse_formats[i].bytes == sample_bytes)",
          " && sample_bytes < 9)"),
    pulse("frame that is not of whole samples", PULSE, "p->frame_bytes % p->channels || ", ""),
    pulse("version among the flags", PULSE, "(version & 0xffff) < PULSE_VERSION",
          "version < PULSE_VERSION"),
    pulse("control channel for a stream", PULSE, "r->bad || r->cut || p->channel == PULSE_CONTROL",
          "r->bad || r->cut"),
    pulse("stream of another format", PULSE,
          "	if (format != p->format || channels != s->params.channels ||\n"
          "	    rate != s->params.rate)\n",
          "	if (0)\n"),
    pulse("credit at creation", PULSE, "missing > PULSE_CREDIT_MAX ? PULSE_CREDIT_MAX : missing",
          "missing"),
    pulse("latency of a day", PULSE, "us > PULSE_LATENCY_MAX ? PULSE_LATENCY_MAX : us", "us"),
    pulse("negative index", PULSE,
          "	if (ev.timing.write_index < 0 || ev.timing.read_index < 0 ||\n"
          "	    ev.timing.write_index >",
          "	if (ev.timing.write_index >"),
    pulse("huge index", PULSE,
          " ||\n"
          "	    ev.timing.write_index > PULSE_INDEX_MAX ||\n"
          "	    ev.timing.read_index > PULSE_INDEX_MAX)",
          ")"),
    pulse("report that is cut", PULSE,
          "	if (r->bad || r->cut)\n"
          "		return pulse_fail(s, -EPROTO, reason_other);\n"
          "	s->pulse.timing_tag = PULSE_NONE;\n",
          "	s->pulse.timing_tag = PULSE_NONE;\n"),
    pulse("known volume of more channels", PULSE_VOLUME, "i < s->params.channels && i < HVSND_CHANNELS",
          "i < s->params.channels"),
    pulse("volume of other channels", PULSE_VOLUME, "	if (r->cut || channels != s->params.channels)\n",
          "	if (r->cut || !channels)\n"),
    pulse("volume that is cut", PULSE_VOLUME, "	if (r->cut || channels != s->params.channels)\n",
          "	if (channels != s->params.channels)\n"),
    pulse("volume of any height", PULSE_VOLUME, "		if (v.level[i] > HVSND_VOLUME_MAX)\n", "		if (0)\n"),
    pulse("answer to another question", PULSE,
          "	if (tag != p->pending_tag || tag == PULSE_NONE)\n",
          "	if (tag == PULSE_NONE)\n"),
    pulse("answer where there is no question", PULSE,
          "	if (tag != p->pending_tag || tag == PULSE_NONE)\n",
          "	if (tag != p->pending_tag)\n"),
    pulse("answer to no question", PULSE,
          "	if (tag == PULSE_NONE || (s32)(tag - p->next_tag) >= 0)\n", "	if (0)\n"),
    pulse("tag of nothing", PULSE, "	if (tag == PULSE_NONE || (s32)(tag - p->next_tag) >= 0)\n",
          "	if ((s32)(tag - p->next_tag) >= 0)\n"),
    pulse("tag that is no tag", PULSE_WIRE,
          "	if (s->pulse.next_tag == PULSE_NONE)\n"
          "		s->pulse.next_tag = 0;\n",
          ""),
    pulse("credit of all requests", PULSE, "	if (bytes > PULSE_CREDIT_MAX - s->pulse.credit)\n",
          "	if (0)\n"),
    pulse("request that is cut", PULSE,
          "	if (r->bad || r->cut)\n"
          "		return pulse_fail(s, -EPROTO, reason_other);\n"
          "	if (bytes >",
          "	if (bytes >"),
    pulse("change that is cut", PULSE_VOLUME,
          "	if (r->bad || r->cut)\n"
          "		return -EPROTO;\n"
          "	if (index ==",
          "	if (index =="),
    pulse("suspension that is cut", PULSE,
          "	if (r->bad || r->cut)\n"
          "		return pulse_fail(s, -EPROTO, reason_other);\n"
          "	s->pulse.remote_suspended = suspended;\n",
          "	s->pulse.remote_suspended = suspended;\n"),
    pulse("message of another stream", PULSE, "	if (channel != p->channel)\n",
          "	if (0 && channel != p->channel)\n"),
    pulse("message before the stream is there", PULSE,
          "	if (!pulse_is_ready(s))\n"
          "		return 0;\n"
          "	if (command ==",
          "	if (command =="),
    pulse("message for the other direction", PULSE, "	if (!pulse_concerns(s, command))\n",
          "	if (0 && !pulse_concerns(s, command))\n"),
    pulse("message longer than what is kept", PULSE, "min_t(u32, len, HVSND_RX_SIZE)", "len"),
    pulse("message without a tag", PULSE,
          "	if (r.bad || r.cut)\n"
          "		return pulse_fail(s, -EPROTO, reason_other);\n"
          "\n"
          "	switch (command) {\n"
          "	case PULSE_REPLY:",
          "	switch (command) {\n"
          "	case PULSE_REPLY:"),
    pulse("empty message", PULSE,
          "(flags & PULSE_FLAGS_SHM) || !rx->length ||\n"
          "	    rx->length",
          "(flags & PULSE_FLAGS_SHM) ||\n"
          "	    rx->length"),
    pulse("message of any length", PULSE,
          "!rx->length ||\n"
          "	    rx->length > PULSE_LENGTH_MAX)",
          "!rx->length)"),
    pulse("control message of one byte", PULSE,
          "(flags || rx->length < PULSE_CONTROL_MIN)", "flags"),
    pulse("control message with flags", PULSE, "(flags || rx->length < PULSE_CONTROL_MIN)",
          "rx->length < PULSE_CONTROL_MIN"),
    pulse("shared memory", PULSE,
          "	if ((flags & PULSE_FLAGS_SHM) && rx->length <= PULSE_LENGTH_MAX)\n", "	if (0)\n"),
    pulse("audio of another stream", PULSE,
          "hvsnd_pulse_is_playback(s) ||\n"
          "	    p->rx.channel != p->channel)",
          "hvsnd_pulse_is_playback(s))"),
    pulse("audio while stopped", PULSE,
          "	if (p->state == HVSND_PULSE_RUNNING && p->flush_tag == PULSE_NONE)\n",
          "	if (p->flush_tag == PULSE_NONE)\n"),
    pulse("audio to a stream that plays", PULSE,
          "	if (!pulse_is_ready(s) || hvsnd_pulse_is_playback(s) ||\n"
          "	    p->rx",
          "	if (!pulse_is_ready(s) ||\n"
          "	    p->rx"),
    pulse("message kept behind its end", PULSE, "				       min_t(size_t, n, keep));\n",
          "				       n + 0 * keep);\n"),
    pulse("message kept behind its room", PULSE, "} else if (rx->payload_have < HVSND_RX_SIZE) {",
          "} else {"),
    pulse("bytes after a failure", PULSE,
          "	if (p->state == HVSND_PULSE_CLOSED)\n"
          "		return p->error",
          "	if (0)\n"
          "		return p->error"),
    pulse("block of any length", PULSE, "#define PULSE_BLOCK_MAX		65536	",
          "#define PULSE_BLOCK_MAX		65540	"),
    pulse("more than the credit", PULSE,
          "	if (n > room)\n",
          "	if (false && n > room)\n"),
    pulse("credit that is not taken down", PULSE, "	p->credit -= min_t(u32, n, p->credit);\n", ""),
    pulse("part of a frame", PULSE, "	n -= n % s->params.frame_bytes;\n", ""),
    simple("one byte too many", SIMPLE, "	return bytes;\n", "	return bytes + 1;\n"),
    simple("audio to a player", SIMPLE, "	if (s->params.direction == SNDRV_PCM_STREAM_CAPTURE)\n",
           "	if (1)\n"),
    qubes("a code that is half out", QUBES, "!q->tx_len && d >= 0", "d >= 0"),
    qubes("the first half again", QUBES,
          "q->tx + sizeof(q->tx) - q->tx_len : NULL", "q->tx : NULL"),
    qubes("nothing for a new host", QUBES, "	q->stale[0] = true;\n", ""),
    qubes("the other byte order", QUBES,
          "		q->tx[0] = code;\n"
          "		q->tx[1] = code >> 8;\n",
          "		q->tx[0] = code >> 8;\n"
          "		q->tx[1] = code;\n"),
]

GROUPS["clock"] = [
    clock("back in time", CLOCK, "	if (!c->running || now_ns <= c->base_ns)\n",
          "	if (!c->running)\n"),
    clock("part of a frame lost", CLOCK, "	c->base_frames = advance(c, now_ns, &c->base_frac);\n",
          "	c->base_frames = advance(c, now_ns, &c->base_frac);\n"
          "	c->base_frac = 0;\n"),
    clock("the wrong sign", CLOCK, "	c->integral -= div64_s64(step * gain, 256);\n",
          "	c->integral += div64_s64(step * gain, 256);\n"),
    clock("no limit to the correction", CLOCK, "	c->ppb = clamp_to(ppb, HVSND_CLOCK_MAX_PPB);\n",
          "	c->ppb = ppb;\n"),
    clock("one report is believed", CLOCK, "		if (now_ns < c->over_ns + CONFIRM_NS)\n",
          "		if (0)\n"),
    clock("reports that contradict", CLOCK,
          "	c->over_ns = 0;\n"
          "\n"
          "	error = div64",
          "	error = div64"),
    clock("absurd delay", CLOCK, "	if (delay > target + span)\n", "	if (0)\n"),
    clock("outliers for ever", CLOCK,
          "	if (c->outliers >= MAX_OUTLIERS || c->outliers <= -MAX_OUTLIERS)\n", "	if (0)\n"),
    clock("a time that is too early", CLOCK,
          "	low = div_u64_rem((u64)rem * NSEC + low, speed, &rem);\n"
          "	if (rem)\n"
          "		low++;\n",
          "	low = div_u64_rem((u64)rem * NSEC + low, speed, &rem);\n"),
    clock("the loop does not know what is given back", CLOCK, "	c->offset_ns += capture ? -ns : ns;\n",
          "	(void)ns;\n"),
    clock("a recording gives back the other way", CLOCK, "capture ? -ns : ns", "ns"),
    clock("parts of a frame are not given back", CLOCK,
          "	c->return_ns += div64_u64(frames * RETURN_DIVISOR * NSEC, c->rate);\n", "	c->return_ns = now_ns;\n"),
    clock("gives back at the limit", CLOCK, "c->ppb == limit", "c->ppb == 2 * limit"),
    clock("excess allows for large errors", CLOCK, "min_t(s64, target / 2, target - c->excess)", "target / 2"),
    clock("forgets the rate", CLOCK,
          "	relock(c, MEMORY_RELOCK_MS);\n"
          "	c->ppb = div64_s64(c->integral, 65536);\n",
          "	c->ppb = 0;\n"),
]

GROUPS["unrequested"] = [
    pulse("more than the host may hold", PULSE, "	p->fill += n;\n", ""),
    pulse("no more than the host asks for", PULSE,
          "	return s->allow_unrequested && kept > p->credit ? kept : p->credit;\n",
          "	return false && s->allow_unrequested && kept > p->credit ? kept : p->credit;\n"),
    pulse("credit for what the host does not need", PULSE, "	if (p->exceeded)\n", "	if (false)\n"),
    pulse("less credit where nothing was sent unrequested", PULSE, "	if (p->exceeded)\n", "	if (true)\n"),
    pulse("a report from before a flush tells what the host holds", PULSE, "	s->pulse.report_outdated = true;\n", ""),
    pulse("reports after a flush tell nothing", PULSE, "	s->pulse.report_outdated = false;\n", ""),
    pulse("a report knows of what was sent after it", PULSE, "	p->fill = p->sent_since_report + (", "	p->fill = ("),
    pulse("a host holds what it forgot", PULSE, "	s->pulse.fill = 0;\n", ""),
    pulse("negative length of a queue", PULSE, "(bytes > 0 ? bytes : 0)", "bytes"),
    sim("nothing for a device that has not begun", "test_late_device::test_plays", DELAY,
        "c->excess : pos < d->late_pos;\n", "c->excess : false;\n"),
    sim("nothing for a host that trails", "test_late_device::test_plays", DELAY,
        "HVSND_DEVICE_BEGUN ? c->excess :", "HVSND_DEVICE_BEGUN ? false :"),
    sim("silence is not left out", "test_late_device::test_comes_back", PLAYBACK,
        "		skip_silence(p, x, limit);\n", "		;\n"),
    sim("silence is left out before the delay is known", "test_late_device::test_comes_back", PLAYBACK,
        "	if (!untracked && on && x->delay->reports >= HVSND_REPORTS_FIRST)\n",
        "	if (!untracked && on)\n"),
    sim("silence is left out twice", "test_late_device::test_comes_back", PLAYBACK,
        "		hvsnd_clock_reduce(x->clock, n);\n", "		x->clock->excess -= n;\n"),
    sim("a host that is blocked is gone", "test_late_device::test_blocked", DELAY,
        "HVSND_ANSWER_MS :\n					   HVSND_LATE_DEVICE_MS;",
        "HVSND_ANSWER_MS :\n					   HVSND_ANSWER_MS;"),
]

GROUPS["references"] = [
    kunit("queued work keeps the card", "stream.test_pair", SHARED,
          "	if (!queue_work(hvsnd_workqueue, &shared->work))\n"
          "		hvsnd_host_put(shared->host);\n",
          "	queue_work(hvsnd_workqueue, &shared->work);\n"),
    kunit("queued work does not hold the card", "stream.test_deleted", SHARED,
          "	hvsnd_host_get(shared->host);\n"
          "	if (!queue_work(hvsnd_workqueue, &shared->work))\n",
          "	if (!queue_work(hvsnd_workqueue, &shared->work))\n"),
    kunit("sockets keep the card", "stream.test_pair", SHARED,
          "	if (ended)\n"
          "		hvsnd_host_put(host);\n",
          ""),
    kunit("sockets do not hold the card", "stream.test_deleted", SHARED,
          "		hvsnd_host_get(shared->host);\n"
          "		hvsnd_shared_set_life(",
          "		hvsnd_shared_set_life("),
    kunit("an attempt keeps the card", "stream.test_watch", PROBE,
          "	hvsnd_vsock_close(&probe->vsock);\n"
          "	hvsnd_probe_put(probe);\n",
          "	hvsnd_vsock_close(&probe->vsock);\n"),
    kunit("an attempt puts the card twice", "stream.test_watch", PROBE,
          "	hvsnd_vsock_close(&probe->vsock);\n"
          "	hvsnd_probe_put(probe);\n",
          "	hvsnd_vsock_close(&probe->vsock);\n"
          "	hvsnd_probe_put(probe);\n"
          "	hvsnd_probe_put(probe);\n"),
    kunit("a stream keeps the card", "stream.test_closed", STREAMS,
          "		kfree_sensitive(st);\n"
          "		n++;\n",
          "		kfree_sensitive(st);\n"),
    kunit("a stream does not hold the card", "stream.test_closed", SUBSTREAM,
          "	hvsnd_card_get(card);\n"
          "	mutex_lock(&card->lock);\n"
          "	st->id =",
          "	mutex_lock(&card->lock);\n"
          "	st->id ="),
    kunit("a card keeps its device", "card", SND_CARD, "	put_device(card->dev);\n", ""),
    kunit("a cookie is not freed", "netlink.test_cookie", CARD, "	kfree_sensitive(cookie);\n", ""),
    kunit("a card's cookie is not freed", "card.test_cookie", SND_CARD,
          "	kfree_sensitive(card->cookie);\n", ""),
    kunit("a socket is not released", "vsock", VSOCK, "	sock_release(vsock->sock);\n", ""),
    kunit("a socket is released after a failure", "vsock.test_refused", VSOCK,
          "	if (err && err != -EINPROGRESS) {\n"
          "		hvsnd_vsock_close(vsock);\n",
          "	if (err && err != -EINPROGRESS) {\n"),
    kunit("a reply is not freed", "netlink.test_names_needed", NETLINK,
          "	if (err) {\n"
          "		nlmsg_free(skb);\n"
          "		return err;\n"
          "	}\n"
          "	genlmsg_end(skb, hdr);\n"
          "	return",
          "	if (err)\n"
          "		return err;\n"
          "	genlmsg_end(skb, hdr);\n"
          "	return"),
    kunit("a stream is freed and then read", "stream.test_closed", STREAMS,
          "		hvsnd_stream_get_info(st, &info);\n"
          "		hvsnd_stats_add(&card->past, &info.stats);\n"
          "		/* The session's buffer may still hold the cookie. */\n"
          "		kvfree(st->capture.jitter.data);\n"
          "		kfree_sensitive(st);\n",
          "		kvfree(st->capture.jitter.data);\n"
          "		kfree_sensitive(st);\n"
          "		hvsnd_stream_get_info(st, &info);\n"
          "		hvsnd_stats_add(&card->past, &info.stats);\n"),
    kunit("a tail is not freed", "stream.test_tail", TX,
          "	kvfree(st->tx.drain_copy);\n"
          "	st->tx.drain_copy = NULL;\n",
          "	st->tx.drain_copy = NULL;\n"),
]

GROUPS["locks"] = [
    kunit("card->lock under work_lock", "stream.test_refused", CONN,
          "	hvsnd_card_get_config(st->card, &config);\n"
          "	ms = hvsnd_backoff",
          "	mutex_lock(&st->card->lock);\n"
          "	mutex_unlock(&st->card->lock);\n"
          "	hvsnd_card_get_config(st->card, &config);\n"
          "	ms = hvsnd_backoff"),
    kunit("hvsnd_cards_mutex under work_lock", "stream.test_refused", CONN,
          "	hvsnd_card_get_config(st->card, &config);\n"
          "	ms = hvsnd_backoff",
          "	mutex_lock(&hvsnd_cards_mutex);\n"
          "	mutex_unlock(&hvsnd_cards_mutex);\n"
          "	hvsnd_card_get_config(st->card, &config);\n"
          "	ms = hvsnd_backoff",
          more=[(CONN, "#include \"card.h\"\n", "#include \"card.h\"\n#include \"cards.h\"\n")]),
    kunit("card->lock under shared->lock", "stream.test_pair", SHARED,
          "		hvsnd_shared_set_closing(shared, -ENODEV);\n"
          "	hvsnd_shared_update(shared);\n",
          "		hvsnd_shared_set_closing(shared, -ENODEV);\n"
          "	shared->host->ops->is_idle(shared->host);\n"
          "	hvsnd_shared_update(shared);\n"),
    kunit("PCM stream lock under st->lock", "stream.test_on_lost", OUTAGE,
          "	snd_pcm_stream_lock_irqsave(substream, flags);\n"
          "	/*\n"
          "	 * Linked",
          "	spin_lock_irq(&st->lock);\n"
          "	snd_pcm_stream_lock(substream);\n"
          "	snd_pcm_stream_unlock(substream);\n"
          "	spin_unlock_irq(&st->lock);\n"
          "	snd_pcm_stream_lock_irqsave(substream, flags);\n"
          "	/*\n"
          "	 * Linked"),
    kunit("allocation under the host lock", "stream.test_refused", HOST,
          "	hvsnd_host_set_state(host, now);\n"
          "	spin_unlock(&host->lock);\n",
          "	hvsnd_host_set_state(host, now);\n"
          "	kfree(kmalloc(32, GFP_KERNEL));\n"
          "	spin_unlock(&host->lock);\n",
          more=[(HOST, "#include \"host.h\"\n", "#include \"host.h\"\n#include <linux/slab.h>\n")]),
    kunit("mutex under st->lock", "stream.test_tail", WORKER,
          "	spin_lock_irqsave(&st->lock, flags);\n"
          "	if (!padded)\n",
          "	spin_lock_irqsave(&st->lock, flags);\n"
          "	mutex_lock(&st->card->shared.lock);\n"
          "	mutex_unlock(&st->card->shared.lock);\n"
          "	if (!padded)\n"),
    kunit("socket's callbacks stay", "vsock.test_callbacks", VSOCK,
          "	hvsnd_vsock_unhook(vsock, vsock->sock->sk);\n", ""),
    kunit("a stream that is on is prepared", "stream.test_started_meanwhile", SUBSTREAM,
          "	hvsnd_stream_stop_clock(st);\n	/* hvsnd_clock_init()", "	/* hvsnd_clock_init()"),
    kunit("a stream that is on is detached", "stream.test_started_meanwhile", SUBSTREAM,
          "	hvsnd_stream_stop(st);\n	hvsnd_stream_sync_stop(st);\n", "	hvsnd_stream_sync_stop(st);\n"),
    kunit("the timer is not cancelled", "stream.test_closed", TX,
          "	hrtimer_cancel(&st->timer);\n", "",
          more=[(POSITION,
                 "		st->flush = true;\n"
                 "	}\n"
                 "	hrtimer_try_to_cancel(&st->timer);\n",
                 "		st->flush = true;\n"
                 "	}\n")]),
    kunit("the alarm is not cancelled", "stream.test_reaped", STREAMS,
          "		cancel_delayed_work_sync(&st->conn.alarm);\n", ""),
    kunit("the work is not cancelled", "stream.test_reaped", STREAMS,
          "		cancel_work_sync(&st->work);\n", ""),
]

GROUPS["pool"] = [
    host_state("a failure beside an unused connection", HOST_STATE, "	return unused ? state : HVSND_HOST_AWAY;\n",
               "	return HVSND_HOST_AWAY;\n"),
    host_state("a refusal beside an unused connection", HOST_STATE, "return unused || hvsnd", "return hvsnd"),
    host_state("a host that refuses has connected again", HOST_STATE,
               "return state == HVSND_HOST_REFUSED ? state : HVSND_HOST_UP;", "return HVSND_HOST_UP;"),
    kunit("a host that does not connect again is not away", "pool.test_link", POOL,
          "	if (is_away)\n		hvsnd_host_failed(", "	if (0)\n		hvsnd_host_failed("),
    kunit("a host that connects again in time is away", "pool.test_link", POOL,
          "#define HVSND_POOL_AWAY_NS	(6 *", "#define HVSND_POOL_AWAY_NS	(1 *"),
    kunit("the last stream's end is not noticed", "pool.test_link", POOL,
          "	hvsnd_pool_wake_users(pool);\n	hvsnd_pool_watch(pool);\n", "	hvsnd_pool_wake_users(pool);\n"),
    kunit("a connection is not reported", "pool.test_link", POOL,
          "	if (is_changed)\n		hvsnd_host_set_unused(", "	if (0)\n		hvsnd_host_set_unused("),
    kunit("a stream takes another one's connection", "pool.test_turns", POOL,
          "		if (!left || other == user)\n", "		if (other)\n"),
    kunit("a stream that waits is not woken", "pool.test_turns", POOL,
          "	if (has_unused)\n		hvsnd_pool_wake_users(pool);\n", ""),
    kunit("the newest connection is taken", "pool.test_order", POOL,
          "	list_move_tail(&link->entry, &pool->unused);\n", "	list_move(&link->entry, &pool->unused);\n"),
    kunit("a stream stays in the queue", "pool.test_order", POOL,
          "	list_del_init(&user->entry);\n	hvsnd_pool_wake_users", "	hvsnd_pool_wake_users"),
    kunit("one connection too many", "pool.test_many", POOL, "	    pool->count < HVSND_POOL_MAX) {\n",
          "	    pool->count <= HVSND_POOL_MAX) {\n"),
    kunit("no connection is accepted after too many", "pool.test_window", POOL,
          "	if (pool->accepts == HVSND_POOL_ACCEPTS)\n", "	if (0)\n"),
    kunit("any number of connections is accepted", "pool.test_window", POOL,
          "pool->listener.sock && pool->accepts < HVSND_POOL_ACCEPTS", "pool->listener.sock"),
    kunit("an unused connection that ended is kept", "pool.test_dropped", POOL,
          "		if (hvsnd_pool_is_good(pool, link))\n", "		if (1)\n"),
    kunit("a host that speaks first", "pool.test_dropped", POOL, "	return ret == -EAGAIN &&",
          "	return ret != -ECONNRESET &&"),
    kunit("unused connections of a machine that sleeps", "pool.test_dropped", STREAMS,
          "	hvsnd_pool_reset(&card->pool);\n", ""),
    sim("any machine may connect, once for each stream", "test_role_listen::test_only_the_host", POOL,
        "	if (hvsnd_host_has_cid(pool->host, link->cid) &&\n	    pool", "	if (pool"),
    kunit("connections of an earlier host", "pool.test_address", SND_CARD,
          "	hvsnd_pool_check(&card->pool);\n", ""),
    kunit("a host may take any time to connect", "pool.test_none", CONN,
          "	if (waiting && !hvsnd_channel_is_waiting(&st->conn.channel))\n", "	if (waiting)\n"),
    kunit("a card that is deleted listens", "pool.test_deleted", POOL,
          "	pool->ended = true;\n	hvsnd_vsock_close(&pool->listener);\n", "	pool->ended = true;\n"),
    kunit("work of the pool keeps the card", "pool.test_deleted", POOL,
          "	if (mod_delayed_work(hvsnd_workqueue, &pool->work, 0))\n		hvsnd_host_put(pool->host);\n",
          "	mod_delayed_work(hvsnd_workqueue, &pool->work, 0);\n"),
    kunit("work of the pool does not hold the card", "pool.test_deleted", POOL,
          "	hvsnd_host_get(pool->host);\n	if (mod_delayed", "	if (mod_delayed"),
    sim("the pool's work keeps a deleted card until its time", "test_unload::test_listening", POOL,
        "	/* The work may wait for its time, with a reference to the host. */\n	hvsnd_pool_check(pool);\n", ""),
    kunit("the earlier owner of a connection is woken", "vsock.test_moved", VSOCK,
          "	hvsnd_vsock_hook(to, to->sock->sk);\n", "	hvsnd_vsock_hook(from, to->sock->sk);\n"),
]

GROUPS["connections"] = [
    backoff("no second chance for a host that is silent", BACKOFF, "min_t(u32, 2 * max, HANDSHAKE_MAX_MS)", "max"),
    backoff("a connection has all the time each time", BACKOFF, "b->interval_ms ? min_t(", "0 ? min_t("),
    conn_state("an attempt comes back", CONN_STATE, "		    v->state != HVSND_CONN_CLOSING)\n",
               "		    1)\n"),
    conn_state("closed while the transport holds the socket", CONN_STATE, " || v->may_close)", " || 1)"),
    conn_state("a stream that was ended comes back", CONN_STATE, "v->state == HVSND_CONN_TERMINATED || ", ""),
    conn_state("reaped while a drain plays", CONN_STATE, "!attached && v->over", "!attached"),
    host_state("one lost stream takes the host away", HOST_STATE, "	if (connected)\n", "	if (false)\n"),
    host_state("an old probe counts", HOST_STATE, "state == HVSND_HOST_UNKNOWN ? HVSND_HOST_NOT_FOUND",
               "true ? HVSND_HOST_NOT_FOUND"),
    host_state("a host that refuses a stream is away", HOST_STATE, "			       HVSND_HOST_REFUSED :",
               "			       HVSND_HOST_AWAY :"),
    host_state("a host that is away refuses a stream", HOST_STATE,
               "return unused || hvsnd_host_is_reachable(state) ?", "return true ?"),
    kunit("a refusal counts as a failure", "stream.test_rejected", HOST,
          "	hvsnd_host_report(host, HVSND_HOST_EVENT_REFUSED,", "	hvsnd_host_report(host, HVSND_HOST_EVENT_FAILED,"),
    kunit("a host that hung up at once", "vsock.test_hung_up", VSOCK,
          "	case TCP_CLOSING:	/* closed by the peer; its data may remain */\n", ""),
    kunit("an error that is told only once", "vsock.test_refused", VSOCK,
          "	err = READ_ONCE(sk->sk_err);\n	return err ? -err : -ECONNRESET;\n",
          "	err = sock_error(sk);\n	return err ? err : -ECONNRESET;\n"),
    kunit("room that nobody waits for", "vsock.test_full", VSOCK,
          "	if (ret == (int)len)\n"
          "		WRITE_ONCE(vsock->want_space, false);\n",
          ""),
    kunit("no wake for room", "vsock.test_full", VSOCK, "	smp_store_mb(vsock->want_space, true);\n", ""),
    kunit("messages of any length", "vsock.test_full", VSOCK, "#define HVSND_VSOCK_SEND_MAX	16384\n",
          "#define HVSND_VSOCK_SEND_MAX	65536\n"),
    kunit("the end is no end", "vsock.test_talk", VSOCK, "	return ret ? ret : -ECONNRESET;\n",
          "	return ret;\n"),
    kunit("early alarm", "stream.test_early_alarm", ALARM,
          "	if (left > 0)\n"
          "		queue_delayed_work(",
          "	if (0)\n"
          "		queue_delayed_work(",
          more=[(CONN_STATE, "	    !v->retry_passed)\n", "	    0)\n")]),
    kunit("an early alarm is lost", "stream.test_early_alarm", ALARM,
          "	if (left > 0)\n"
          "		queue_delayed_work(",
          "	if (0)\n"
          "		queue_delayed_work("),
    geometry("the timer's low-water mark", GEOMETRY, "		g->timer_low_water -= p->period;\n",
             "		g->timer_low_water -= 0;\n"),
    geometry("low-water mark of a quarter", GEOMETRY, "p->buffer) / 4 * 3", "p->buffer) / 4"),
    geometry("low-water mark of no whole periods", GEOMETRY, "g->write_low_water - rest", "g->write_low_water"),
    geometry("no more delay for a recording", GEOMETRY, "(p->capture ? 2 : 1)", "1"),
    geometry("a latency that the host's chunks do not fit", GEOMETRY, "min_t(u32, g->chunk, g->delay / 3)", "g->chunk"),
    geometry("more than a megabyte ahead", GEOMETRY, "			     MAX_AHEAD_BYTES / p->frame_bytes);\n",
             "			     -1);\n"),
    geometry("raw PCM far ahead", GEOMETRY, "	if (!p->timed)\n", "	if (false)\n"),
    kunit("no more delay after an underflow", "stream.test_runs_dry", DELAY,
          "	d->jitter += more;\n", ""),
    kunit("the clock does not know of more delay", "stream.test_runs_dry", DELAY,
          "	c->target += more;\n", ""),
    kunit("delay without a limit", "stream.test_runs_dry", DELAY,
          "	more = min_t(u32, more, g->max_delay - d->jitter);\n", ""),
    kunit("more delay by an interruption", "stream.test_late", DELAY,
          "	if (late > g->max_delay)\n"
          "		return 0;\n",
          ""),
    kunit("a host that is silent is kept", "stream.test_never_answers", CONN,
          "	if (patience == HVSND_PATIENCE_END) {\n", "	if (0) {\n"),
    kunit("a host that takes nothing is kept", "stream.test_takes_nothing", WORKER,
          "	else if (!ops->timing && !st->conn.unanswered_ns)\n", "	else if (0)\n"),
    kunit("silence instead of an error", "stream.test_on_lost", OUTAGE,
          "	if (!substream || !hvsnd_stream_may_fail(st))\n", "	if (1)\n"),
    kunit("a prepare waits for the next attempt", "stream.test_back_off", SUBSTREAM,
          "	mutex_unlock(&st->work_lock);\n	set_bit(HVSND_REQUEST_RETRY, &st->conn.requests);\n",
          "	mutex_unlock(&st->work_lock);\n"),
    kunit("any machine may connect", "stream.test_called_by_others", SHARED,
          "(!err && hvsnd_host_has_cid(shared->host, cid))", "!err"),
    kunit("one of a pair stays", "stream.test_pair", SHARED,
          "	if (err || hvsnd_shared_is_idle(shared)) {\n", "	if (hvsnd_shared_is_idle(shared)) {\n"),
    kunit("the tail is cut off", "stream.test_tail", TX,
          "	if (hvsnd_pcm_is_draining(READ_ONCE(st->state)) && from < to)\n"
          "		st->stats.dropped +=",
          "	if (0)\n"
          "		st->stats.dropped +=",
          more=[(TX, "	p = kvmalloc(had + len, GFP_KERNEL);\n", "	p = NULL;\n")]),
]

GROUPS["model"] = [
    model("a flush that outlives its START", PLAYBACK, "	return !flush && !hvsnd_pcm_is_idle(state) &&\n",
          "	return !hvsnd_pcm_is_idle(state) &&\n"),
    model("drained by an earlier sound", REMOTE, "	       !hvsnd_remote_is_stale(r, epoch) &&\n", ""),
    model("drained before it begins", REMOTE,
          "	set_state(r, hvsnd_remote_is_running(r) ? HVSND_REMOTE_PLAYING :\n"
          "						  HVSND_REMOTE_CORKED);\n",
          ""),
    model("a deadline in the place of another", f"{DEADLINE}.h", "	HVSND_DEADLINE_LINGER,\n	HVSND_DEADLINES\n",
          "	HVSND_DEADLINE_LINGER = HVSND_DEADLINE_ANSWER,\n	HVSND_DEADLINES\n"),
    model("a later deadline before an earlier one", f"{DEADLINE}.c", " && at < earliest", ""),
    model("requested credit counted twice", PULSE, "	s->pulse.credit += bytes;\n",
          "	s->pulse.credit += 2 * bytes;\n"),
    model("credit that is never used up", PULSE, "	p->credit -= min_t(u32, n, p->credit);\n", ""),
    model("no resync after a reconnect", REMOTE,
          "	r->suspended = false;\n	hvsnd_remote_set_stale(r, epoch);\n", "	r->suspended = false;\n"),
    model("a resync from before START", PLAYBACK, "	p->skip = 0;\n	p->insert = 0;\n	/*", "	/*"),
    model("frames sent twice", PLAYBACK, "		p->queued_ptr += frames;\n", "		p->queued_ptr += frames / 2;\n"),
    model("a block that was written over goes out", TRACKING, ": p->written_ptr;\n",
          ": p->written_ptr - p->written_ptr / 2;\n"),
    playback("skipped frames not counted", PLAYBACK,
             "	x->stats->dropped += n;\n	x->stats->dropped_resync += n;\n	p->queued_ptr += n;\n",
             "	p->queued_ptr += n;\n"),
    playback("written over before a rewind", TRACKING,
             "	    appl_ptr < (s64)p->appl_ptr && oldest > (s64)p->queued_ptr)\n", "	    0)\n"),
    model("a remake that is not done", CONN_STATE, "	if (renewed)\n", "	if (0)\n"),
    model("late frames not counted", TRACKING,
          "	stats->dropped += to - p->queued_ptr;\n	stats->dropped_late",
          "	stats->dropped_late"),
    recording("a jitter buffer that is one frame short", CAPTURE,
              "	return c->jitter.frames - (u32)(c->jitter_in - c->jitter_out);\n",
              "	return c->jitter.frames + 1 - (u32)(c->jitter_in - c->jitter_out);\n"),
    recording("a quota beyond the room", CAPTURE,
              "	return (size_t)room(c) * frame_bytes - c->partial_len;\n",
              "	return (size_t)room(c) * frame_bytes + FIRST_BYTES;\n"),
    recording("late silence counted twice", CAPTURE, "		x->stats->inserted += more;\n",
              "		x->stats->inserted += more + c->late;\n"),
    recording("silence that has passed comes again", CAPTURE, "		c->silence -= due;\n", ""),
    recording("silence of an earlier recording", CAPTURE,
              "	/* The silence before the first audio data is not late. */\n	forget(c);\n", ""),
    capture("frames from before START", CAPTURE, "	c->partial_len = part;\n", ""),
    capture("a frame in part lost when a recording begins again", CAPTURE, "	c->partial_len = part;\n",
            "	c->partial_len = 0;\n"),
    recording("a partial frame from before a pause", CAPTURE,
              "	c->partial_len -= c->partial_len % c->jitter.frame_bytes;\n", ""),
    recording("audio data from before a flush", CAPTURE, "	return !flush && state == HVSND_PCM_RUNNING;\n",
              "	return state == HVSND_PCM_RUNNING;\n"),
    pulse("a flush that is never over", PULSE,
          "	if (p->flush_tag != PULSE_NONE && (s32)(tag - p->flush_tag) >= 0)\n",
          "	if (tag == p->flush_tag)\n"),
    pulse("a flush that any answer ends", PULSE,
          "	if (p->flush_tag != PULSE_NONE && (s32)(tag - p->flush_tag) >= 0)\n", ""),
    pulse("audio data from before the host's flush", PULSE,
          "	if (p->state == HVSND_PULSE_RUNNING && p->flush_tag == PULSE_NONE)\n",
          "	if (p->state == HVSND_PULSE_RUNNING)\n"),
    recording("nothing where audio data is missing", CAPTURE,
              "	hvsnd_ring_silence(x->ring, c->filled_ptr, x->silence,\n			   pos - c->filled_ptr);\n", ""),
    recording("a delay beyond the maximum", DELAY,
              "	more = min_t(u32, more, g->max_delay - d->jitter);\n", ""),
    recording("a delay of hours", DELAY, "	delay = clamp_t(s64, r->delay, -limit, limit);\n",
              "	delay = r->delay;\n"),
]

GROUPS["netlink"] = [
    sim("a limit that the specification does not have", "test_policy::test_policy", "kernel/netlink-gen.c",
        "snd_hvsock_a_card_cid_range = {\n	.max	= SND_HVSOCK_MAX_CID,\n", "snd_hvsock_a_card_cid_range = {\n"),
    unit_keys("less than the minimum", CONFIG, "value >= key->min && value", "value"),
    unit_keys("more than the maximum", CONFIG, "value >= key->min && value <= key->max",
              "value >= key->min"),
    unit_keys("zero is never possible", CONFIG, "	if (!value && key->zero)\n", "	if (0)\n"),
    unit_keys("zero is always possible", CONFIG, "	if (!value && key->zero)\n", "	if (!value)\n"),
    unit_keys("a value without a name", CONFIG,
              "	if (key->words)\n"
              "		return hvsnd_key_word(key, value);\n",
              "	if (key->words)\n"
              "		return true;\n"),
    unit_keys("limit of channels", KEYS, "		.max = 8,\n", "		.max = 9,\n"),
    unit_keys("limit of the CID", KEYS, ".max = 0xfffffffe,\n", ".max = 0xffffffff,\n"),
    unit_keys("limit of idle-retry-s", KEYS, "		.max = 3600,\n", "		.max = 3599,\n"),
    unit_keys("limit of connect-timeout-ms", KEYS, "		.min = 10,\n", "		.min = 9,\n"),
    unit_keys("a format that the host has not", KEYS,
              "	{ \"U8\", (__force u32)SNDRV_PCM_FORMAT_U8 },\n",
              "	{ \"S8\", (__force u32)SNDRV_PCM_FORMAT_S8 },\n"),
    unit_keys("a name that ALSA replaces", CONFIG, " &&\n		    strncmp(id, \"card\", 4);\n", ";\n"),
    unit_keys("a rate that is not offered", CONFIG,
              "	if (config->rate && (config->rate < config->rate_min ||\n"
              "			     config->rate > config->rate_max))\n",
              "	if (config->rate && config->rate < config->rate_min)\n"),
    unit_keys("a card without streams", CONFIG,
              "	if (!config->playback_streams && !config->capture_streams)\n", "	if (0)\n"),
    unit_keys("pulse that listens at any port", CONFIG, "ANY_PORT - max_t(u32, ops->links, 1)",
              "ANY_PORT - ops->links"),
    unit_keys("one program where the host connects", CONFIG, "	if (!hvsnd_config_links(config))\n",
              "	if (!hvsnd_config_links(config) && !hvsnd_config_listens(config))\n"),
    unit_keys("a key that cannot change is taken over", CONFIG, "		if (!key->fixed)\n",
              "		if (1)\n"),
    unit_keys("a change that open streams do not heed is not listed", CONFIG,
              "			attrs[n++] = key->attr;\n", "			attrs[n] = key->attr;\n"),
    unit_keys("latency without new connections", KEYS,
              "		.zero = true,\n		.reconnect = true,\n", "		.zero = true,\n"),
    unit_keys("two programs on one connection", CONFIG,
              "	config->playback_streams = min_t(u32, config->playback_streams, 1);\n", ""),
    kunit("limits are not heeded", "netlink.test_numbers_added", NL_PARSE,
          "		if (hvsnd_key_set(key, config, value, &error))\n",
          "		if ((hvsnd_key_set(key, config, value, &error), 0))\n"),
    kunit("limit of the index", "netlink.test_role_and_index", NL_PARSE,
          "nla_get_u32(a) >= SNDRV_CARDS", "nla_get_u32(a) > SNDRV_CARDS"),
    kunit("cookie of any length", "netlink.test_cookie", NETLINK,
          "!a || (nla_len(a) && nla_len(a) != SND_HVSOCK_COOKIE_SIZE)",
          "!a || nla_len(a) > SND_HVSOCK_COOKIE_SIZE"),
    kunit("keys that cannot change", "netlink.test_numbers_set", NETLINK,
          "	err = hvsnd_config_check_fixed(&card->config, new, &error);\n", "	err = 0;\n"),
    kunit("anybody may delete", "netlink.test_rights", "kernel/netlink-gen.c",
          "		.maxattr	= SND_HVSOCK_A_CARD_NAME,\n"
          "		.flags		= GENL_ADMIN_PERM,\n"
          "	},\n"
          "	{\n"
          "		.cmd		= SND_HVSOCK_CMD_CARD_SET,\n",
          "		.maxattr	= SND_HVSOCK_A_CARD_NAME,\n"
          "	},\n"
          "	{\n"
          "		.cmd		= SND_HVSOCK_CMD_CARD_SET,\n"),
    kunit("number of any size", "netlink.test_types", "kernel/netlink-gen.c",
          "	[SND_HVSOCK_A_STREAM_ID] = { .type = NLA_U32, },\n",
          "	[SND_HVSOCK_A_STREAM_ID] = { .type = NLA_BINARY, },\n"),
    kunit("the wrong stream", "netlink.test_streams", NETLINK,
          " ||\n"
          "		     stream.id != id))",
          "))"),
    kunit("notifications in another order", "netlink.test_queue", NOTIFY,
          "list_add_tail(&n->entry", "list_add(&n->entry"),
    kunit("a queue without an end", "netlink.test_queue", NOTIFY,
          "	if (n && hvsnd_notify_queued < HVSND_NOTIFY_MAX) {\n", "	if (n) {\n"),
    kunit("notifications are lost without an error", "netlink.test_queue", NOTIFY,
          "	if (lost)\n", "	if (0)\n"),
    kunit("one loss is an error for ever", "netlink.test_queue", NOTIFY,
          "		hvsnd_notify_lost = false;\n", ""),
    kunit("event of what is refused", "netlink.test_events", CARDS,
          "		err = hvsnd_card_apply(card, config, error);\n"
          "	if (err)\n"
          "		return err;\n",
          "		err = hvsnd_card_apply(card, config, error);\n"
          "	if (err)\n"
          "		hvsnd_card_notify(card, SND_HVSOCK_CMD_CARD_SET_NTF);\n"
          "	if (err)\n"
          "		return err;\n"),
]

GROUPS["allocations"] = [
    kunit("jitter buffer", "stream.test_no_memory", SUBSTREAM,
          "		if (!st->capture.jitter.data) {\n", "		if (false) {\n"),
    kunit("listener that cannot move", "stream.test_called_by_others", SND_CARD,
          "			again = hvsnd_card_listen(card, card->config.port);\n"
          "			if (again)\n",
          "			again = 0;\n"
          "			if (again)\n"),
    allocation("stream", SUBSTREAM,
               "	st = kzalloc(sizeof(*st), GFP_KERNEL);\n"
               "	if (!st)\n"
               "		return NULL;\n",
               "	st = kzalloc(sizeof(*st), GFP_KERNEL);\n"),
    allocation("hw_params without a stream", PCM,
               "	if (!st)\n"
               "		return -ENOMEM;\n"
               "	hvsnd_pcm_set",
               "	hvsnd_pcm_set"),
    allocation("open", PCM,
               "	if (!pcm)\n"
               "		return -ENOMEM;\n",
               ""),
    allocation("card after its elements", SND_CARD,
               "	err = hvsnd_card_create_elements(card);\n"
               "	if (err < 0)\n"
               "		goto free;\n",
               "	err = hvsnd_card_create_elements(card);\n"
               "	if (err < 0)\n"
               "		return err;\n"),
    allocation("platform device", CARDS,
               "	if (IS_ERR(pdev))\n"
               "		return ERR_CAST(pdev);\n",
               ""),
    allocation("card that is not registered", SND_CARD,
               "		hvsnd_pcm_unregister(pcm);\n"
               "		goto free;\n",
               "		goto free;\n"),
    allocation("workqueue", "kernel/workqueue.c", "hvsnd_workqueue ? 0 : -ENOMEM", "0"),
    allocation("reply to an addition", NETLINK,
               "	reply = hvsnd_reply_new(info, &hdr);\n"
               "	if (!reply)\n"
               "		return -ENOMEM;\n"
               "	mutex_lock(&hvsnd_cards_mutex);\n"
               "	card = hvsnd_card_add(",
               "	reply = hvsnd_reply_new(info, &hdr);\n"
               "	mutex_lock(&hvsnd_cards_mutex);\n"
               "	card = hvsnd_card_add("),
    allocation("cookie", NETLINK,
               "		if (!cookie)\n"
               "			return -ENOMEM;\n",
               ""),
    allocation("notification", NOTIFY,
               "	if (n) {\n"
               "		n->cmd = cmd;\n",
               "	if (1) {\n"
               "		n->cmd = cmd;\n"),
]

HVSNDD = "user/hvsndd"
GROUPS["host"] = [
    host("another version for dkms", "test_sources::test_versions", "dkms.conf",
         '"$(cat "$(dirname "${BASH_SOURCE[0]}")/VERSION")"', '"0.0.9"'),
    host("make uninstall leaves files", "test_install::test_install_and_uninstall", "user/install.mk",
         "$(foreach file,$(files),$(call remove_file,", "$(foreach file,,$(call remove_file,"),
    host("depmod in a folder for a package", "test_install::test_install_and_uninstall",
         "packaging/module.sh", 'elif [ -e "$root/lib/modules/$1/modules.order" ]; then',
         "else\n\t\tdepmod -b \"$root\" \"$1\"\n\tfi\n\tif false; then"),
    host("no depmod", "test_install::test_install_path_of_modules", "packaging/module.sh",
         '		depmod -b "$root" "$1"\n', ""),
    host("netlink code edited by hand", "test_sources::test_netlink_specification",
         "kernel/netlink-gen.c", '	[SND_HVSOCK_NLGRP_EVENTS] = { "events", },\n',
         '	[SND_HVSOCK_NLGRP_EVENTS] = { "events", }, \n'),
    host("a guest that is denied is forgotten", "test_hvsndd_microphone::test_lasts",
         f"{HVSNDD}/guest.c", "	if (!g->connection_count && !g->configured && g->saved == SAVED_NONE)\n",
         "	if (!g->connection_count && !g->configured)\n"),
    host("the protocol counts as sound", "test_hvsndd_status::test_counts", f"{HVSNDD}/filter_frame.c",
         "	if (p->state == FILTER_RX_AUDIO)\n		p->audio_bytes += n;\n", "	p->audio_bytes += n;\n"),
    host("sound of another rate", "test_hvsndd_rate::test_rate", f"{HVSNDD}/raw_play.c",
         "	check_rate(r, n);\n", ""),
    host("no word of a server that ends", "test_hvsndd_server::test_away",
         f"{HVSNDD}/pulse_context.c", "		log_failure(was_up);\n", ""),
    host("no other connection is made ready", "test_hvsndd_dial::test_keeps_one_ready", f"{HVSNDD}/dial.c",
         "	timer_set(&d->timer, 0);\n}\n\n/* Say once", "	(void)d;\n}\n\n/* Say once"),
    host("a connection that was used is replaced twice", "test_hvsndd_dial::test_keeps_one_ready", f"{HVSNDD}/guest.c",
         "	c->on_closed = NULL;\n", ""),
    host("the server has a connection that no guest uses", "test_hvsndd_dial::test_keeps_one_ready",
         f"{HVSNDD}/relay.c", "dialled ? 0 : open_server(r)", "open_server(r)"),
    host("each attempt is a notice", "test_hvsndd_dial::test_guest_is_away", f"{HVSNDD}/dial.c",
         "	d->away = true;\n", ""),
    host("a socket for everybody", "test_hvsnd_relay::test_access", "user/lib/endpoint.c",
         "	return access->mode < 0 ? 0 : chmod(a->path, access->mode);\n", "	return 0;\n"),
    host("completion behind a colon", "test_completion::test_bash",
         "packaging/completion/hvsnd.bash", '	COMPREPLY=("${COMPREPLY[@]#"$head"}")\n', ""),
    address("a bare port for the host only", "user/lib/address_text.c",
            "	if (a->kind == ADDRESS_VSOCK && a->bare)\n", "	if (0)\n"),
    config("only the first error", "user/lib/config.c",
           "			config_error(errors, line, reason);\n"
           "		if (config->count",
           "			config_error(errors, line, reason);\n"
           "		if (!good)\n"
           "			return false;\n"
           "		if (config->count"),
]

GROUPS["simulated"] = [
    sim("a connection that stays full is a host that takes nothing", "test_simple::test_stays_full", TX,
        "	if (!st->conn.session.ops->timing)\n		st->conn.unanswered_ns = 0;\n	if (ret < head)", "	if (ret < head)"),
    sim("linked streams of another card are lost", "test_lost::test_error_of_linked", OUTAGE,
        "		snd_pcm_stop(substream, SNDRV_PCM_STATE_SETUP);\n",
        "		snd_pcm_stop(substream, SNDRV_PCM_STATE_DISCONNECTED);\n"),
    sim("a lost stream takes another one's state", "test_lost::test_error_of_linked", OUTAGE,
        "	if (snd_pcm_running(substream))\n		snd_pcm_stop(", "	if (1)\n		snd_pcm_stop("),
    sim("a link never rests", "test_hostile::test_flood", VSOCK,
        "	if (vsock->busy_ns < HVSND_VSOCK_BUSY_NS)\n", "	if (vsock->busy_ns < HVSND_VSOCK_WINDOW_NS)\n"),
    sim("a look-up loads the module", "test_netlink::test_not_on_demand", NETLINK,
        "	genl_unregister_family(&hvsnd_family);\n}\n",
        "	genl_unregister_family(&hvsnd_family);\n}\n\nMODULE_ALIAS_GENL_FAMILY(SND_HVSOCK_FAMILY_NAME);\n"),
    sim("a pause after an xrun", "test_position::test_lifecycle", PCM,
        "		if (!hvsnd_stream_is_on(pcm->stream))\n			return -EPIPE;\n", ""),
    sim("a recording waits for a program that never tells", "test_dsnoop::test_two_programs", CAPTURE,
        "	while (c->jitter_out < c->jitter_in && c->filled_ptr < pos) {\n",
        "	while (c->jitter_out < c->jitter_in &&\n"
        "	       c->filled_ptr < min_t(u64, pos, c->appl_ptr + x->ring->frames)) {\n"),
    sim("silence for a program that tells nothing", "test_mmap::test_plays", TRACKING,
        "	return p->tracking == HVSND_TRACKING_NONE ||\n", "	return p->tracking == HVSND_TRACKING_NONE; return\n"),
    sim("streams named without the card", "test_controls::test_names", PCM,
        "	strscpy(pcm->params.card, config.id, sizeof(pcm->params.card));\n", ""),
    sim("the ring goes on after a drain", "test_mmap::test_drained", PCM,
        "		hvsnd_stream_drain(pcm->stream);\n", ""),
    sim("sent frame by frame", "test_instructions::play and not 16", PLAYBACK,
        "	return p->queued_ptr < limit && p->queued_ptr <= pos + low_water;\n", "	return p->queued_ptr < limit;\n"),
    sim("another port for the next open only", "test_netlink::test_port", SND_CARD,
        "	if (reconnect)\n"
        "		hvsnd_streams_reconnect(card);\n",
        "	(void)reconnect;\n"),
    sim("a card leaks", "test_netlink::test_cycles[100]", SND_CARD, "	kfree_sensitive(card->cookie);\n",
        "	card->cookie = kmalloc(1000, GFP_KERNEL);\n"),
    sim("back-off of 800 ms", "test_lost::test_back_off", BACKOFF, "#define INTERVAL_RUNNING_MS	400	",
        "#define INTERVAL_RUNNING_MS	800	"),
    sim("back-off of 800 ms, by the jack", "test_controls::test_jack and not without", BACKOFF,
        "#define INTERVAL_RUNNING_MS	400	", "#define INTERVAL_RUNNING_MS	800	"),
    sim("no back-off", "test_lost::test_back_off", BACKOFF, "2 * b->interval_ms,", "b->interval_ms,"),
    sim("the host does not hear of a volume", "test_controls::test_both_ways", MIXER,
        "	d->count.level += set;\n"
        "	spin_unlock(&mixer->lock);\n"
        "	if (set)\n"
        "		mixer->ops->set(mixer);\n",
        "	d->count.level += set;\n"
        "	spin_unlock(&mixer->lock);\n"),
    sim("a volume that did not change", "test_controls::test_both_ways", MIXER,
        "		changed |= !same;\n", "		changed = true;\n"),
    sim("old audio after a suspension", "test_moved::test_suspended and not recording", RX,
        "		st->flush = true;\n"
        "		hvsnd_remote_set_stale(&st->remote, st->epoch);\n",
        "		hvsnd_remote_set_stale(&st->remote, st->epoch);\n"),
    sim("the host is looked for once", "test_controls::test_jack_without_streams", HOST,
        "	if (!hvsnd_host_is_reachable(hvsnd_host_state(host)))\n"
        "		hvsnd_host_probe_later(host);\n",
        ""),
    sim("the same warning again and again", "test_host::test_refused", OUTAGE,
        "	if (!st->conn.warned)	/* once, however often it is tried again */\n"
        "		hvsnd_host_warn(",
        "		hvsnd_host_warn("),
    sim("elements of closed substreams are active", "test_kernel_alsa::test_mixer_test",
        "kernel/chmap.c",
        "		kctl->vd[i].access |= SNDRV_CTL_ELEM_ACCESS_WRITE |\n"
        "				      SNDRV_CTL_ELEM_ACCESS_INACTIVE;\n",
        "		kctl->vd[i].access |= SNDRV_CTL_ELEM_ACCESS_WRITE;\n"),
    sim("the device's part of the delay is not told", "test_delay_parts::test_parts", STATUS,
        "	info->device_delay = st->delay.reported_latency;\n", ""),
    sim("what a resync skips is not told apart", "test_delay_parts::test_dropped", PLAYBACK,
        "	x->stats->dropped_resync += n;\n", ""),
    sim("a drop takes along what is drained after it", "test_short::test_late_answer", TX,
        "	if (!st->tx.drain_framed)\n"
        "		return;\n", ""),
    sim("one drained sound is kept", "test_short::test_late_answer", TX,
        "	if (had + len > max_t(size_t, DRAIN_BYTES, ring_bytes))\n",
        "	if (had)\n"),
    sim("alsactl finds them active", "test_alsactl::test_silent", "kernel/chmap.c",
        "		kctl->vd[i].access |= SNDRV_CTL_ELEM_ACCESS_WRITE |\n"
        "				      SNDRV_CTL_ELEM_ACCESS_INACTIVE;\n",
        "		kctl->vd[i].access |= SNDRV_CTL_ELEM_ACCESS_WRITE;\n"),
    sim("a name that alsactl init sets", "test_alsactl::test_first_boot", MIXER,
        '		"Hardware Master Playback Volume",\n', '		"PCM Playback Volume",\n',
        more=[(MIXER, '		"Hardware Master Playback Switch",\n', '		"PCM Playback Switch",\n')]),
    sim("the host's volume is lost", "test_alsactl::test_hosts_volume_is_kept", MIXER,
        "	return changed || (d->reported && !count);\n", "	return true;\n"),
]

GROUPS["soak"] = [
    Mutation(name, tuple(changes), "sim/test_soak.py", "test_soak", seed=SEEDS[name])
    for name, changes in FAULTS.items()
]

GROUPS["debug"] = [
    debug("lock class of linked streams", "test_races::kasan",
          ("kernel/quirks.c", "		lockdep_set_class(&substream->self_group.lock, &key);\n", "		(void)&key;\n")),
    debug("counter without a lock", "test_races::kcsan",
          (POSITION,
           "enum hrtimer_restart hvsnd_stream_timer(struct hrtimer *timer)\n"
           "{\n",
           "static unsigned long hvsnd_wakes;\n"
           "\n"
           "enum hrtimer_restart hvsnd_stream_timer(struct hrtimer *timer)\n"
           "{\n"),
          (POSITION,
           "	bool work = false;\n"
           "	u64 pos;\n"
           "\n"
           "	spin_lock_irqsave(&st->lock, flags);\n"
           "	if (!hvsnd_stream_is_on(st)) {",
           "	bool work = false;\n"
           "	u64 pos;\n"
           "\n"
           "	hvsnd_wakes++;\n"
           "	spin_lock_irqsave(&st->lock, flags);\n"
           "	if (!hvsnd_stream_is_on(st)) {"),
          (WORKER,
           "	since_ns = ktime_get_ns();\n",
           "	since_ns = ktime_get_ns();\n"
           "	hvsnd_wakes++;\n")),
]

# SPDX-License-Identifier: GPL-2.0
"""Faults that seed_search.py plants: a description, and a list of (file, old text, new text).

The old text is in its file exactly once.
"""

FAULTS = {
    "lost wake-up: pause": [
        ("kernel/substream.c",
         """	hvsnd_stream_set_state(st, HVSND_PCM_PAUSED);
	hrtimer_try_to_cancel(&st->timer);
	spin_unlock_irqrestore(&st->lock, flags);
	hvsnd_stream_wake(st);
""",
         """	hvsnd_stream_set_state(st, HVSND_PCM_PAUSED);
	hrtimer_try_to_cancel(&st->timer);
	spin_unlock_irqrestore(&st->lock, flags);
""")],
    "lost wake-up: after a failed connection": [
        ("kernel/core/deadline.c",
         "	for (i = 0; i < HVSND_DEADLINES; i++) {\n",
         "	for (i = HVSND_DEADLINE_RETRY + 1; i < HVSND_DEADLINES; i++) {\n")],
    "late timer": [
        ("kernel/position.c",
         "	hrtimer_start(&st->timer, ns_to_ktime(at), HRTIMER_MODE_ABS_SOFT);\n",
         "	hrtimer_start(&st->timer, ns_to_ktime(at + 3 * NSEC_PER_MSEC),\n"
         "		      HRTIMER_MODE_ABS_SOFT);\n")],
    "report from before a restart": [
        ("kernel/rx.c",
         "	    st->delay.asked_epoch != st->remote.epoch ||\n", "")],
    "credit counted twice": [
        ("kernel/core/proto/pulse.c",
         "	s->pulse.credit += bytes;\n",
         "	s->pulse.credit += 2 * bytes;\n")],
    "a late device gets all that is written": [
        ("kernel/core/playback.c",
         "	limit = hvsnd_playback_limit(p, g, state, pos);\n	n =",
         "	limit = hvsnd_playback_limit(p, g, state, pos);\n"
         "	if (x->delay->device != HVSND_DEVICE_BEGUN)\n"
         "		limit = p->appl_ptr;\n"
         "	n =")],
}

# A seed of the soak that finds each, for mutations.py
SEEDS = {
    "lost wake-up: pause": 9,
    "lost wake-up: after a failed connection": 35,
    "late timer": 1,
    "report from before a restart": 43,
    "credit counted twice": 42,
    "a late device gets all that is written": 14,
}

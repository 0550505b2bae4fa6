// SPDX-License-Identifier: GPL-2.0
/*
 * Deadlines of the worker. Each has a name; one alarm comes at the earliest.
 */
#include <linux/jiffies.h>
#include <linux/ktime.h>

#include "alarm.h"
#include "state.h"
#include "workqueue.h"

/**
 * hvsnd_stream_alarm() - Wake the worker at a deadline
 * @work: alarm of a stream
 *
 * Jiffies may have lagged behind when the alarm was set, on a machine that is
 * itself kept waiting. The alarm then comes early, and is set again.
 *
 * Context: Workqueue.
 */
void hvsnd_stream_alarm(struct work_struct *work)
{
	struct hvsnd_stream *st = container_of(to_delayed_work(work),
					       struct hvsnd_stream, conn.alarm);
	s64 left = READ_ONCE(st->conn.alarm_ns) - ktime_get_ns();

	if (left > 0)
		queue_delayed_work(hvsnd_workqueue, &st->conn.alarm,
				   nsecs_to_jiffies(left) + 1);
	else
		hvsnd_stream_wake(st);
}

/**
 * hvsnd_stream_set_deadline() - Set a deadline
 * @st: stream
 * @which: deadline
 * @at_ns: time in nanoseconds, 0 for none
 *
 * Context: Process, with st->work_lock.
 */
void hvsnd_stream_set_deadline(struct hvsnd_stream *st,
			       enum hvsnd_deadline which, u64 at_ns)
{
	lockdep_assert_held(&st->work_lock);
	WRITE_ONCE(st->conn.deadlines[which], at_ns);
}

/**
 * hvsnd_stream_has_passed() - Check a deadline
 * @st: stream
 * @which: deadline
 *
 * Context: Any.
 * Return: Whether it has passed; also if there is none.
 */
bool hvsnd_stream_has_passed(const struct hvsnd_stream *st,
			     enum hvsnd_deadline which)
{
	return ktime_get_ns() >= READ_ONCE(st->conn.deadlines[which]);
}

/**
 * hvsnd_stream_set_alarm() - Set the alarm to the earliest deadline
 * @st: stream
 * @since_ns: when the worker began, in nanoseconds
 *
 * Deadlines that had passed by @since_ns were seen by the worker.
 *
 * Context: Process, with st->work_lock.
 */
void hvsnd_stream_set_alarm(struct hvsnd_stream *st, u64 since_ns)
{
	u64 earliest = hvsnd_deadline_next(st->conn.deadlines, since_ns);
	u64 now;

	lockdep_assert_held(&st->work_lock);
	if (earliest == st->conn.alarm_ns)
		return;
	now = ktime_get_ns();
	WRITE_ONCE(st->conn.alarm_ns, earliest);
	if (earliest == U64_MAX)
		cancel_delayed_work(&st->conn.alarm);
	else
		mod_delayed_work(hvsnd_workqueue, &st->conn.alarm,
				 earliest <= now ? 0 :
				 nsecs_to_jiffies(earliest - now) + 1);
}

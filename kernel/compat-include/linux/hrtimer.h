/* SPDX-License-Identifier: GPL-2.0 */
/* hrtimer_setup() exists since 6.13; hrtimer_init() was removed in 6.15. */
#ifndef HVSOCK_COMPAT_LINUX_HRTIMER_H
#define HVSOCK_COMPAT_LINUX_HRTIMER_H

#include_next <linux/hrtimer.h>

#ifndef HVSND_HAVE_HRTIMER_SETUP
static inline void
hvsnd_hrtimer_setup(struct hrtimer *timer,
		    enum hrtimer_restart (*fn)(struct hrtimer *),
		    clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = fn;
}

#define hrtimer_setup hvsnd_hrtimer_setup
#endif

#endif /* HVSOCK_COMPAT_LINUX_HRTIMER_H */

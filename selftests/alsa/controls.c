// SPDX-License-Identifier: GPL-2.0
/*
 * Tests that the card's mixer elements follow ALSA's conventions, with and
 * without a running stream: each value of each channel can be written and read
 * back, other values are refused, and each change causes one event.
 *
 *   controls [CARD]        prints KTAP
 *   controls CARD watch    prints name and values at each change, until killed
 */
#include <alsa/asoundlib.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "ktap.h"

#define CHANNELS	8
#define MAX		100

static snd_ctl_t *ctl, *listener;

static void must(int err, const char *what)
{
	if (err < 0)
		ktap_bail(what, snd_strerror(err));
}

static bool find(const char *name, snd_ctl_elem_iface_t iface,
		 snd_ctl_elem_value_t *value)
{
	snd_ctl_elem_value_clear(value);
	snd_ctl_elem_value_set_interface(value, iface);
	snd_ctl_elem_value_set_name(value, name);
	return snd_ctl_elem_read(ctl, value) >= 0;
}

/* Number of events of the element since the last call. */
static unsigned int events(const snd_ctl_elem_value_t *value)
{
	snd_ctl_event_t *event;
	unsigned int n = 0;

	snd_ctl_event_alloca(&event);
	while (snd_ctl_read(listener, event) > 0) {
		n += snd_ctl_event_get_type(event) == SND_CTL_EVENT_ELEM &&
		     snd_ctl_event_elem_get_numid(event) ==
			     snd_ctl_elem_value_get_numid(value) &&
		     snd_ctl_event_elem_get_mask(event) ==
			     SND_CTL_EVENT_MASK_VALUE;
	}
	return n;
}

static void get(const snd_ctl_elem_value_t *element, long *values,
		unsigned int n)
{
	snd_ctl_elem_value_t *value;
	unsigned int i;

	snd_ctl_elem_value_alloca(&value);
	snd_ctl_elem_value_copy(value, element);
	must(snd_ctl_elem_read(ctl, value), "read");
	for (i = 0; i < n; i++)
		values[i] = snd_ctl_elem_value_get_integer(value, i);
}

static int put(const snd_ctl_elem_value_t *element, const long *values,
	       unsigned int n)
{
	snd_ctl_elem_value_t *value;
	unsigned int i;

	snd_ctl_elem_value_alloca(&value);
	snd_ctl_elem_value_copy(value, element);
	for (i = 0; i < n; i++)
		snd_ctl_elem_value_set_integer(value, i, values[i]);
	return snd_ctl_elem_write(ctl, value);
}

/* Write values; expect to read the same, and this number of events. */
static bool takes(const snd_ctl_elem_value_t *element, const long *values,
		  unsigned int n, unsigned int told)
{
	long now[CHANNELS];
	unsigned int i, count;
	int err = put(element, values, n);

	count = events(element);
	get(element, now, n);
	for (i = 0; i < n && now[i] == values[i]; i++)
		;
	if (err >= 0 && count == told && i == n)
		return true;
	ktap_note("%s: error %d, %u events instead of %u",
		  snd_ctl_elem_value_get_name(element), err, count, told);
	if (i < n)
		ktap_note("channel %u reads %ld instead of %ld", i, now[i],
			  values[i]);
	return false;
}

static bool refuses(const snd_ctl_elem_value_t *element, unsigned int n,
		    long max)
{
	const long wrong[] = {
		-1, max + 1, LONG_MIN, LONG_MAX, INT_MIN, INT_MAX
	};
	long before[CHANNELS], values[CHANNELS], after[CHANNELS];
	bool ok = true;
	unsigned int c, i;
	int err;

	get(element, before, n);
	for (c = 0; c < n; c++) {
		for (i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
			memcpy(values, before, sizeof(values));
			values[c] = wrong[i];
			err = put(element, values, n);
			get(element, after, n);
			if (err == -EINVAL && !events(element) &&
			    !memcmp(before, after, n * sizeof(*after)))
				continue;
			ktap_note("%s: %ld for channel %u gives %d",
				  snd_ctl_elem_value_get_name(element),
				  wrong[i], c, err);
			ok = false;
		}
	}
	return ok;
}

static bool every_value(const snd_ctl_elem_value_t *volume)
{
	long values[CHANNELS];
	unsigned int c;
	long v;

	for (c = 0; c < CHANNELS; c++)
		values[c] = MAX;
	put(volume, values, CHANNELS);
	events(volume);
	for (c = 0; c < CHANNELS; c++) {
		for (v = 0; v <= MAX; v++) {
			values[c] = v;
			if (!takes(volume, values, CHANNELS, 1) ||
			    !takes(volume, values, CHANNELS, 0))
				return false;
		}
		values[c] = 10 * (c + 1);
		if (!takes(volume, values, CHANNELS, 1))
			return false;
	}
	return true;
}

static bool both_states(const snd_ctl_elem_value_t *element)
{
	long on = 1, off = 0;
	int i;

	put(element, &on, 1);
	events(element);
	for (i = 0; i < 20; i++) {
		if (!takes(element, &on, 1, 0) || !takes(element, &off, 1, 1) ||
		    !takes(element, &off, 1, 0) || !takes(element, &on, 1, 1))
			return false;
	}
	return true;
}

/* PulseAudio's volume is cubic. */
static bool decibels(const snd_ctl_elem_value_t *volume)
{
	snd_ctl_elem_id_t *id;
	long v, db, back, min, max, last = LONG_MIN;
	double want, worst = 0;
	bool ok = true;

	snd_ctl_elem_id_alloca(&id);
	snd_ctl_elem_value_get_id(volume, id);
	must(snd_ctl_get_dB_range(ctl, id, &min, &max), "dB range");
	ok = min == SND_CTL_TLV_DB_GAIN_MUTE && max == 0;
	for (v = 0; v <= MAX; v++) {
		must(snd_ctl_convert_to_dB(ctl, id, v, &db), "dB");
		want = v ? 6000 * log10(v / 100.0) : SND_CTL_TLV_DB_GAIN_MUTE;
		if (v && fabs(db - want) > worst)
			worst = fabs(db - want);
		if (v ? fabs(db - want) > 51 || db <= last : db != want) {
			ktap_note("%ld is %ld, not %.0f", v, db, want);
			ok = false;
		}
		last = db;
		if (snd_ctl_convert_from_dB(ctl, id, db, &back, 0) < 0 ||
		    back != v) {
			ktap_note("%ld is %ld, which is %ld", v, db, back);
			ok = false;
		}
	}
	ktap_note("right within %.2f dB", worst / 100);
	return ok;
}

static bool read_only(const snd_ctl_elem_value_t *jack)
{
	long v;

	get(jack, &v, 1);
	ktap_note("%s: %s", snd_ctl_elem_value_get_name(jack), v ? "on" : "off");
	return (v == 0 || v == 1) && put(jack, &v, 1) < 0;
}

/* Not an element that becomes active, such as a channel map. */
static bool has_value(const snd_ctl_event_t *event)
{
	return snd_ctl_event_get_type(event) == SND_CTL_EVENT_ELEM &&
	       snd_ctl_event_elem_get_mask(event) & SND_CTL_EVENT_MASK_VALUE;
}

static void print_value(const snd_ctl_event_t *event,
			snd_ctl_elem_value_t *value)
{
	const char *name = snd_ctl_event_elem_get_name(event);
	unsigned int numid = snd_ctl_event_elem_get_numid(event);
	unsigned int i, n = strstr(name, "Volume") ? CHANNELS : 1;

	snd_ctl_elem_value_clear(value);
	snd_ctl_elem_value_set_numid(value, numid);
	if (snd_ctl_elem_read(ctl, value) < 0)
		return;
	printf("%s:", name);
	for (i = 0; i < n; i++)
		printf(" %ld", snd_ctl_elem_value_get_integer(value, i));
	putchar('\n');
}

static void watch(void)
{
	snd_ctl_elem_value_t *value;
	snd_ctl_event_t *event;

	snd_ctl_elem_value_alloca(&value);
	snd_ctl_event_alloca(&event);
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("watching");
	for (;;) {
		snd_ctl_wait(listener, -1);
		while (snd_ctl_read(listener, event) > 0) {
			if (has_value(event))
				print_value(event, value);
		}
	}
}

int main(int argc, char **argv)
{
	static const struct {
		const char *volume, *toggle, *jack;
	} names[] = {
		{ "Hardware Master Playback Volume", "Hardware Master Playback Switch",
		  "Line Out Jack" },
		{ "Mic Capture Volume", "Mic Capture Switch", "Mic Jack" },
	};
	snd_ctl_elem_value_t *value;
	char card[64], name[128];
	unsigned int i;

	snd_ctl_elem_value_alloca(&value);
	snprintf(card, sizeof(card), "hw:%s", argc > 1 ? argv[1] : "HvSock");
	must(snd_ctl_open(&ctl, card, 0), card);
	must(snd_ctl_open(&listener, card, SND_CTL_NONBLOCK), card);
	must(snd_ctl_subscribe_events(listener, 1), "subscribe");
	if (argc > 2)
		watch();

	ktap_plan(12);
#define TEST(what, test) do {						\
		snprintf(name, sizeof(name), "%s: %s", element, what);	\
		if (there)						\
			ktap_result(test, name);			\
		else							\
			ktap_skip(name, "the card has none");		\
	} while (0)
	for (i = 0; i < 2; i++) {
		const char *element = names[i].volume;
		bool there = find(element, SND_CTL_ELEM_IFACE_MIXER, value);

		TEST("every value of every channel", every_value(value));
		TEST("others are refused", refuses(value, CHANNELS, MAX));
		TEST("decibels", decibels(value));
		element = names[i].toggle;
		there = find(element, SND_CTL_ELEM_IFACE_MIXER, value);
		TEST("on and off", both_states(value));
		TEST("others are refused", refuses(value, 1, 1));
		element = names[i].jack;
		there = find(element, SND_CTL_ELEM_IFACE_CARD, value);
		TEST("can only be read", read_only(value));
	}
	return ktap_status();
}

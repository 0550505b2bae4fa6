// SPDX-License-Identifier: GPL-2.0
#include "remote.h"

#define ANY	(BIT(HVSND_REMOTE_CORKED) | BIT(HVSND_REMOTE_PLAYING) | \
		 BIT(HVSND_REMOTE_DRAINING) | BIT(HVSND_REMOTE_DRAINED) | \
		 BIT(HVSND_REMOTE_FINISHED))

static const u8 previous_states[] = {
	[HVSND_REMOTE_CORKED] = ANY,
	[HVSND_REMOTE_PLAYING] = ANY,
	[HVSND_REMOTE_DRAINING] = BIT(HVSND_REMOTE_PLAYING) |
				  BIT(HVSND_REMOTE_DRAINING),
	[HVSND_REMOTE_DRAINED] = BIT(HVSND_REMOTE_PLAYING) |
				 BIT(HVSND_REMOTE_DRAINING),
	[HVSND_REMOTE_FINISHED] = BIT(HVSND_REMOTE_DRAINED),
};

static void set_state(struct hvsnd_remote *r, enum hvsnd_remote_state state)
{
	HVSND_EXPECT(previous_states[state] & BIT(r->state));
	r->state = state;
}

/**
 * hvsnd_remote_reset() - Begin with a host that has no stream
 * @r: host's stream
 * @epoch: present START, which the host does not know of
 *
 * Context: Any; the caller serialises.
 */
void hvsnd_remote_reset(struct hvsnd_remote *r, u32 epoch)
{
	set_state(r, HVSND_REMOTE_CORKED);
	r->suspended = false;
	hvsnd_remote_set_stale(r, epoch);
}

/**
 * hvsnd_remote_is_stale() - Whether the host does not know of a START
 * @r: host's stream
 * @epoch: present START
 *
 * Context: Any; the caller serialises.
 * Return: Whether hvsnd_remote_begin() is due.
 */
bool hvsnd_remote_is_stale(const struct hvsnd_remote *r, u32 epoch)
{
	return r->epoch != epoch;
}

/**
 * hvsnd_remote_is_running() - Whether the host was told to start
 * @r: host's stream
 *
 * Context: Any; the caller serialises.
 * Return: Whether it was, and was not told to stop.
 */
bool hvsnd_remote_is_running(const struct hvsnd_remote *r)
{
	return r->state != HVSND_REMOTE_CORKED &&
	       r->state != HVSND_REMOTE_FINISHED;
}

/**
 * hvsnd_remote_is_drained() - Whether the host has played all of a drain
 * @r: host's stream
 * @state: state of the PCM
 * @epoch: present START
 *
 * Context: Any; the caller serialises.
 * Return: Whether it has, of this START and not of the one before.
 */
bool hvsnd_remote_is_drained(const struct hvsnd_remote *r,
			     enum hvsnd_pcm_state state, u32 epoch)
{
	return hvsnd_pcm_is_draining(state) &&
	       !hvsnd_remote_is_stale(r, epoch) &&
	       (r->state == HVSND_REMOTE_DRAINED ||
		r->state == HVSND_REMOTE_FINISHED);
}

/**
 * hvsnd_remote_is_unfinished() - Whether the host is to play or record
 * @r: host's stream
 * @state: state of the PCM
 * @epoch: present START
 *
 * Context: Any; the caller serialises.
 * Return: Whether it is, to the end of a drain at least.
 */
bool hvsnd_remote_is_unfinished(const struct hvsnd_remote *r,
				enum hvsnd_pcm_state state, u32 epoch)
{
	return hvsnd_pcm_is_on(state) ||
	       (hvsnd_pcm_is_draining(state) &&
		!hvsnd_remote_is_drained(r, state, epoch));
}

/**
 * hvsnd_remote_begin() - Begin a START that the host does not know of
 * @r: host's stream
 * @epoch: START
 *
 * What was drained before does not count any more.
 *
 * Context: Any; the caller serialises.
 */
void hvsnd_remote_begin(struct hvsnd_remote *r, u32 epoch)
{
	r->epoch = epoch;
	set_state(r, hvsnd_remote_is_running(r) ? HVSND_REMOTE_PLAYING :
						  HVSND_REMOTE_CORKED);
}

/**
 * hvsnd_remote_set_stale() - Have the host begin the present START again
 * @r: host's stream
 * @epoch: present START
 *
 * Context: Any; the caller serialises.
 */
void hvsnd_remote_set_stale(struct hvsnd_remote *r, u32 epoch)
{
	r->epoch = epoch - 1;
}

/**
 * hvsnd_remote_next() - Determine the next command
 * @r: host's stream
 * @w: what ALSA wants
 *
 * Context: Any; the caller serialises.
 * Return: What to tell the host, then hvsnd_remote_told().
 */
enum hvsnd_command hvsnd_remote_next(const struct hvsnd_remote *r,
				     const struct hvsnd_wanted *w)
{
	bool drained = hvsnd_remote_is_drained(r, w->state, w->epoch);
	bool running = hvsnd_remote_is_running(r);

	if (w->flush)
		return HVSND_COMMAND_STOP;
	if (running && (w->state == HVSND_PCM_PAUSED || drained))
		return HVSND_COMMAND_PAUSE;
	/* What was written goes before what follows it. */
	if (!w->sent)
		return HVSND_COMMAND_NONE;
	if (!running && hvsnd_remote_is_unfinished(r, w->state, w->epoch))
		return HVSND_COMMAND_START;
	if (hvsnd_pcm_is_draining(w->state) && w->complete &&
	    r->state == HVSND_REMOTE_PLAYING)
		return HVSND_COMMAND_DRAIN;
	return HVSND_COMMAND_NONE;
}

/**
 * hvsnd_remote_told() - Note what the host was told
 * @r: host's stream
 * @command: command
 *
 * Context: Any; the caller serialises.
 */
void hvsnd_remote_told(struct hvsnd_remote *r, enum hvsnd_command command)
{
	switch (command) {
	case HVSND_COMMAND_STOP:
		set_state(r, HVSND_REMOTE_CORKED);
		break;
	case HVSND_COMMAND_PAUSE:
		set_state(r, r->state == HVSND_REMOTE_DRAINED ?
				     HVSND_REMOTE_FINISHED :
				     HVSND_REMOTE_CORKED);
		break;
	case HVSND_COMMAND_START:
		set_state(r, HVSND_REMOTE_PLAYING);
		break;
	case HVSND_COMMAND_DRAIN:
		set_state(r, HVSND_REMOTE_DRAINING);
		break;
	case HVSND_COMMAND_NONE:
		break;
	}
}

/**
 * hvsnd_remote_drained() - Note that the host has played everything
 * @r: host's stream
 *
 * A host may say so although it was not told to drain.
 *
 * Context: Any; the caller serialises.
 */
void hvsnd_remote_drained(struct hvsnd_remote *r)
{
	if (r->state == HVSND_REMOTE_DRAINING)
		set_state(r, HVSND_REMOTE_DRAINED);
}

/**
 * hvsnd_remote_suspend() - Note that the host's device sleeps, or wakes
 * @r: host's stream
 * @suspended: whether it sleeps
 *
 * A stream that was not started wakes the device itself.
 *
 * Context: Any; the caller serialises.
 * Return: Whether it woke: what the host holds for it is old.
 */
bool hvsnd_remote_suspend(struct hvsnd_remote *r, bool suspended)
{
	bool woke = r->suspended && !suspended;

	if (!suspended || hvsnd_remote_is_running(r))
		r->suspended = suspended;
	return woke;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * A stream put together from the pure parts, in the order in which
 * kernel/worker.c, tx.c, rx.c, conn.c and substream.c do it, without locks,
 * memory and notifications. What is checked here is what the worker must leave
 * behind. What differs for a recording is in model_capture.c.
 */
#include "model.h"

#define LINGER_MS	3000

/**
 * model_position() - As hvsnd_stream_position()
 *
 * Return: Position in frames.
 */
u64 model_position(void)
{
	return hvsnd_clock_frames(&m.clock, m.now);
}

static bool is_on(void)
{
	return hvsnd_pcm_is_on(m.state);
}

static void set_state(enum hvsnd_pcm_state state)
{
	must(hvsnd_pcm_may_follow(m.state, state));
	m.state = state;
}

static void set_conn(enum hvsnd_conn_state state)
{
	must(hvsnd_conn_may_follow(m.conn, state));
	m.conn = state;
}

/**
 * model_is_up() - Whether the host has the stream, as hvsnd_stream_is_up()
 *
 * Return: Whether it has.
 */
bool model_is_up(void)
{
	return m.conn == HVSND_CONN_UP;
}

static bool is_attached(void)
{
	return m.life == HVSND_LIFE_ATTACHED;
}

static bool is_wanted(void)
{
	return !hvsnd_pcm_is_idle(m.state) || m.playback.appl_ptr;
}

static void set_timer(void)
{
	u64 pos;

	m.timer_ns = m.hold_ns;
	if (hvsnd_pcm_is_starting(m.state))
		return;
	pos = model_position();
	if (model_records())
		pos += m.geometry.max_ahead / 2;
	else
		pos = hvsnd_playback_wakeup(&m.playback, &m.geometry, true,
					    pos);
	pos = min_t(u64, pos, m.next_look);
	m.timer_ns = hvsnd_clock_time(&m.clock, pos);
}

static void relearn(void)
{
	hvsnd_delay_relearn(&m.delay, &m.clock, &m.geometry, model_position());
}

static void run_clock(u64 now)
{
	set_state(HVSND_PCM_RUNNING);
	hvsnd_clock_start(&m.clock, now, hvsnd_clock_frames(&m.clock, now));
	set_timer();
}

static void go(u64 at_ns)
{
	relearn();
	if (m.lost && !at_ns) {
		run_clock(m.now);
		return;
	}
	set_state(at_ns ? HVSND_PCM_STARTING_LINKED : HVSND_PCM_STARTING);
	m.hold_ns = at_ns ? at_ns : m.now +
		    div64_u64((u64)m.geometry.start_timeout * 1000 * MODEL_MS,
			      MODEL_RATE);
	set_timer();
}

/* The worker has something to do. */
static bool is_due(u64 pos)
{
	if (model_records())
		return m.capture.no_room;
	return model_is_up() && !m.remote.suspended &&
	       (hvsnd_playback_is_due(&m.playback, &m.geometry, m.state, pos,
				      m.geometry.timer_low_water) ||
		m.now >= m.delay.latest_ns);
}

static void fire_timer(void)
{
	void (*elapsed)(void) = NULL;
	u64 pos;

	m.timer_ns = MODEL_UNKNOWN;
	if (!is_on())
		return;
	if (hvsnd_pcm_is_starting(m.state)) {
		if (m.now >= m.hold_ns)
			run_clock(m.state == HVSND_PCM_STARTING_LINKED ?
				  m.hold_ns : m.now);
	} else {
		pos = model_position();
		if (pos >= m.next_look) {
			m.next_look = (pos / MODEL_PERIOD + 1) * MODEL_PERIOD;
			elapsed = m.application->elapsed;
		}
		m.woken |= is_due(pos);
	}
	if (elapsed)
		elapsed();
	if (is_on())
		set_timer();
}

/* To the host. --------------------------------------------------------------*/

static u32 busy(void)
{
	if (m.playback.busy_until_ns <= m.now)
		return 0;
	return div64_u64((m.playback.busy_until_ns - m.now) * MODEL_RATE,
			 1000 * MODEL_MS);
}

/**
 * model_begin() - As hvsnd_stream_begin()
 * @pos: playback: position in frames
 */
void model_begin(u64 pos)
{
	hvsnd_remote_begin(&m.remote, m.epoch);
	relearn();
	if (model_records()) {
		model_capture_begin();
		return;
	}
	m.begun = true;
	m.known = true;
	m.busy = busy();
	if (m.host.in != m.host.out)
		m.begun = false;	/* It still plays. */
	hvsnd_playback_begin(&m.playback, &m.context, m.state, pos, true,
			     m.busy);
}

static bool next_block(void)
{
	size_t left = m.drain_len - m.drain_framed, n = 0;
	enum hvsnd_source source = HVSND_SOURCE_NONE;
	u64 pos = model_position(), frames = 0;

	if (model_records() || !model_is_up() || m.remote.suspended)
		return false;
	m.session.allow_unrequested = hvsnd_delay_trails(&m.delay, &m.clock,
							 pos);
	if (left) {
		n = m.session.ops->frame(&m.session, left, m.head, &m.head_len);
		source = HVSND_SOURCE_DRAIN_COPY;
		m.drain_framed += n;
	} else if (hvsnd_playback_may_send(m.state, m.flush)) {
		if (hvsnd_remote_is_stale(&m.remote, m.epoch))
			model_begin(pos);
		source = hvsnd_playback_next(&m.playback, &m.context, m.state,
					     pos, &frames);
	}
	if (source == HVSND_SOURCE_RING || source == HVSND_SOURCE_SILENCE) {
		n = m.session.ops->frame(&m.session, frames * MODEL_FRAME,
					 m.head, &m.head_len);
		m.body_pos = m.playback.queued_ptr * MODEL_FRAME;
		hvsnd_playback_queue(&m.playback, source, n / MODEL_FRAME);
	}
	m.body_source = source;
	m.head_off = 0;
	if (!n)
		m.head_len = 0;
	m.body_left = n;
	m.total += n;
	return n;
}

static void free_drain_copy(void)
{
	if (m.drain_off < m.drain_len)
		return;
	m.drain_len = 0;
	m.drain_framed = 0;
	m.drain_off = 0;
}

static void cut_drain_copy(void)
{
	if (!m.drain_framed)
		return;
	m.stats.dropped += (m.drain_len - m.drain_framed) / MODEL_FRAME;
	m.drain_len = m.drain_framed;
	free_drain_copy();
}

static void check_body(void)
{
	u64 at = m.body_pos / MODEL_FRAME;
	u64 frames = (m.body_left + MODEL_FRAME - 1) / MODEL_FRAME;

	if (!m.body_left || m.body_source != HVSND_SOURCE_RING ||
	    !hvsnd_playback_was_overwritten(&m.playback, &m.context,
					    model_position(), at))
		return;
	m.body_source = HVSND_SOURCE_SILENCE;
	m.torn = m.body_left % MODEL_FRAME;
	m.stats.dropped += frames;
	m.stats.dropped_late += frames;
	m.stats.inserted += frames;
	m.playback.sent_ptr = at + frames;
}

/* What the connection takes now; 0 when it is full. */
static size_t link_room(size_t len)
{
	if (m.host.hangs || m.now < m.host.deaf_until_ns)
		return 0;
	if (model_rnd(20))
		return len;
	return model_rnd(len + 1);
}

static size_t send_part(const u8 *data, size_t len, bool *full)
{
	size_t n = link_room(len);

	*full = n < len;
	return host_take(data, n);
}

static void send_block(bool *full)
{
	size_t n, room = m.body_left;
	u8 *data;

	check_body();
	if (m.head_off < m.head_len) {
		m.head_off += send_part(m.head + m.head_off,
					m.head_len - m.head_off, full);
		return;
	}
	switch (m.body_source) {
	case HVSND_SOURCE_RING:
		/* Nothing is sent before the host trails by the delay. */
		must(m.known);
		data = m.ring.data + m.body_pos % (MODEL_RING * MODEL_FRAME);
		room = min_t(size_t, room, m.ring.data +
			     MODEL_RING * MODEL_FRAME - data);
		break;
	case HVSND_SOURCE_DRAIN_COPY:
		data = m.drain_copy + m.drain_off;
		break;
	default:
		data = m.silence.block;
		room = min_t(size_t, room, HVSND_SILENCE_BLOCK);
		break;
	}
	n = send_part(data, room, full);
	m.body_left -= n;
	if (m.body_source == HVSND_SOURCE_RING) {
		m.body_pos += n;
		m.playback.sent_ptr = m.body_pos / MODEL_FRAME;
	} else if (m.body_source == HVSND_SOURCE_DRAIN_COPY) {
		m.drain_off += n;
	}
	free_drain_copy();
}

static int send_all(void)
{
	bool full = false;

	while (!full) {
		model_interrupt();
		if (m.head_off < m.head_len || m.body_left)
			send_block(&full);
		else if (m.session.tx_len)
			hvsnd_session_sent(&m.session,
					   send_part(m.session.tx,
						     m.session.tx_len, &full));
		else if (!next_block())
			return 0;
	}
	return -EAGAIN;
}

static void set_geometry(void)
{
	static const u32 latencies[] = { 0, 25000, 100000 };
	const struct hvsnd_geometry_params p = {
		.rate = MODEL_RATE,
		.frame_bytes = MODEL_FRAME,
		.period = MODEL_PERIOD,
		.buffer = MODEL_RING,
		.latency_us = latencies[model_rnd(ARRAY_SIZE(latencies))],
		.capture = model_records(),
		.timed = true,
	};

	hvsnd_geometry_set(&m.geometry, &p);
	m.delay.jitter = m.geometry.delay;
	m.params.chunk = m.geometry.chunk * MODEL_FRAME;
	m.params.prebuf = m.geometry.delay * MODEL_FRAME;
	m.params.queue = m.geometry.queue * MODEL_FRAME;
}

/* From the host. ------------------------------------------------------------*/

static s64 reported_delay(const struct hvsnd_event *ev, u64 at_ns)
{
	s64 bytes = ev->timing.write_index - ev->timing.read_index, pending;
	u64 pos = hvsnd_clock_frames(&m.clock, at_ns);

	if (model_records()) {
		bytes += m.capture.partial_len;
		pending = hvsnd_capture_pending(&m.capture, pos);
	} else {
		bytes += m.total - m.delay.asked_total;
		pending = hvsnd_playback_pending(&m.playback, pos);
	}
	return bytes / MODEL_FRAME + pending +
	       hvsnd_delay_latency(&m.geometry, ev->latency_us);
}

static void follow(const struct hvsnd_event *ev)
{
	struct hvsnd_report report = {
		.now_ns = m.now,
		.latency_us = ev->latency_us,
		.read_index = ev->timing.read_index,
	};
	u64 at_ns = hvsnd_delay_report_ns(&m.delay, &m.geometry, m.now);
	s64 resync;

	if (!ev->timing.playing || m.remote.suspended ||
	    m.state != HVSND_PCM_RUNNING ||
	    (model_records() && !m.capture.synced) ||
	    m.delay.asked_epoch != m.remote.epoch ||
	    hvsnd_remote_is_stale(&m.remote, m.epoch) || !m.clock.running)
		return;
	report.delay = reported_delay(ev, at_ns);
	resync = hvsnd_delay_follow(&m.delay, &m.clock, &m.geometry, &report);
	if (!resync)
		return;
	model_sums.resyncs++;
	if (model_records())
		hvsnd_capture_resync(&m.capture, &m.stats, resync);
	else
		hvsnd_playback_resync(&m.playback, &m.stats, resync);
}

static void set_suspended(bool suspended)
{
	if (hvsnd_remote_suspend(&m.remote, suspended) && is_on()) {
		m.flush = true;
		m.forget_all = true;
		hvsnd_remote_set_stale(&m.remote, m.epoch);
	}
}

static void answered(void)
{
	m.lost = false;
	hvsnd_backoff_answered(&m.backoff);
}

static void on_event(struct hvsnd_session *s, const struct hvsnd_event *ev)
{
	(void)s;
	switch (ev->type) {
	case HVSND_EVENT_DATA:
		model_capture_deliver(ev->data, ev->len);
		break;
	case HVSND_EVENT_READY:
		set_conn(HVSND_CONN_UP);
		answered();
		hvsnd_delay_set_latency(&m.delay, &m.geometry, ev->latency_us);
		break;
	case HVSND_EVENT_ADMITTED:
		set_conn(HVSND_CONN_ADMITTED);
		answered();
		model_sums.admitted++;
		break;
	case HVSND_EVENT_TERMINATED:
		set_conn(HVSND_CONN_TERMINATED);
		model_sums.terminated++;
		break;
	case HVSND_EVENT_TIMING:
		m.unanswered_ns = 0;
		m.deadlines[HVSND_DEADLINE_ANSWER] = 0;
		follow(ev);
		break;
	case HVSND_EVENT_MOVED:
		hvsnd_delay_set_latency(&m.delay, &m.geometry, ev->latency_us);
		set_suspended(ev->suspended);
		relearn();
		if (model_records())
			hvsnd_remote_set_stale(&m.remote, m.epoch);
		if (m.clock.running)
			hvsnd_clock_start(&m.clock, m.now, model_position());
		break;
	case HVSND_EVENT_SUSPENDED:
		set_suspended(ev->suspended);
		break;
	case HVSND_EVENT_UNDERFLOW:
		if (!is_on())
			break;
		m.stats.underflows++;
		hvsnd_delay_lengthen(&m.delay, &m.clock, &m.geometry, 0);
		m.clock.excess -= min_t(u32, m.clock.excess, m.geometry.chunk);
		break;
	case HVSND_EVENT_DRAINED:
		hvsnd_remote_drained(&m.remote);
		if (m.remote.state == HVSND_REMOTE_DRAINED) {
			m.playback.busy_until_ns = 0;
			model_sums.drains++;
		}
		break;
	default:
		break;
	}
}

static int receive(void)
{
	u32 done, n;
	int ret = 0;

	if (model_records())
		return model_capture_receive();
	m.heard = false;
	if (m.host.hangs)
		return 0;
	m.heard = m.host.answer_len;
	for (done = 0; done < m.host.answer_len && !ret; done += n) {
		n = min_t(u32, m.host.answer_len - done, 1 + model_rnd(300));
		ret = m.session.ops->receive(&m.session, m.host.answer + done,
					     n);
	}
	m.host.answer_len = 0;
	if (!ret && m.conn == HVSND_CONN_TERMINATED)
		ret = -ENODEV;
	if (!ret && m.host.closed)
		ret = -EPIPE;
	return ret;
}

/* The connection. -----------------------------------------------------------*/

static void set_retry(void)
{
	u32 ms = hvsnd_backoff_next(&m.backoff, is_on(), model_rnd(1000));

	m.deadlines[HVSND_DEADLINE_RETRY] = m.now + ms * MODEL_MS;
	m.retry_due_ns = m.now + ms * MODEL_MS;
}

static void drop_drain_copy(void)
{
	m.stats.dropped += (m.drain_len - m.drain_off + MODEL_FRAME - 1) /
			   MODEL_FRAME;
	m.drain_len = m.drain_off;
	free_drain_copy();
}

static void disconnect(void)
{
	host_disconnect();
	m.deadlines[HVSND_DEADLINE_HANDSHAKE] = 0;
	m.deadlines[HVSND_DEADLINE_ANSWER] = 0;
	m.deadlines[HVSND_DEADLINE_DRAIN] = 0;
	if (is_attached())
		set_retry();
	drop_drain_copy();
	m.params.wait = false;
	m.unanswered_ns = 0;
	m.head_len = 0;
	m.head_off = 0;
	m.body_left = 0;
	m.total = 0;
	if (m.conn != HVSND_CONN_TERMINATED)
		set_conn(HVSND_CONN_BACKOFF);
	m.lost = true;
	m.playback.busy_until_ns = 0;
	hvsnd_remote_reset(&m.remote, m.epoch);
	if (m.state == HVSND_PCM_STARTING)
		run_clock(m.now);
}

static void create_remote(void)
{
	if (!hvsnd_conn_is_made(m.conn) || !m.params.wait)
		return;
	m.params.wait = false;
	m.since_ns = m.now;
	if (m.conn == HVSND_CONN_ADMITTED) {
		hvsnd_backoff_allow_device(&m.backoff);
		set_conn(HVSND_CONN_HANDSHAKE);
	}
	m.session.ops->create(&m.session, &m.params);
}

/* The transport takes its time now and then. */
static int handshake(void)
{
	if (hvsnd_conn_is_made(m.conn))
		return 1;
	if (m.now < m.connected_ns)
		return 0;
	if (!host_connect())
		return -ECONNREFUSED;
	set_conn(HVSND_CONN_HANDSHAKE);
	m.since_ns = m.now;
	m.session.unrequested_bytes = 0;
	m.params.wait = !is_wanted();
	must(!m.session.ops->open(&m.session, &m.params));
	return 1;
}

static void connect_host(void)
{
	m.since_ns = m.now;
	m.connected_ns = m.now;
	m.locked_ns = 0;
	if (!model_rnd(4)) {
		m.connected_ns += model_rnd(3000) * MODEL_MS;
		m.locked_ns = m.now + model_rnd(500) * MODEL_MS;
	}
	set_conn(HVSND_CONN_CONNECTING);
}

/* The card has another host or latency. */
static void renew(void)
{
	m.requests &= ~BIT(HVSND_REQUEST_REMAKE);
	m.lost = false;
	if (m.conn != HVSND_CONN_TERMINATED)
		set_conn(HVSND_CONN_DOWN);
	set_geometry();
	m.clock.target = m.delay.jitter;
	m.deadlines[HVSND_DEADLINE_RETRY] = 0;
	m.retry_due_ns = m.now;
	model_sums.remade++;
}

static u64 answer_ns(void)
{
	bool begun = model_records() ? m.capture.synced :
				       m.delay.device == HVSND_DEVICE_BEGUN;

	return hvsnd_delay_answer_ms(&m.geometry, begun) * MODEL_MS;
}

static void ask(void)
{
	if (m.unanswered_ns || !hvsnd_delay_is_due(&m.delay, m.now, m.heard) ||
	    hvsnd_remote_is_stale(&m.remote, m.epoch))
		return;
	hvsnd_delay_ask(&m.delay, m.now, m.total, m.epoch);
	m.unanswered_ns = m.now;
	m.session.ops->timing(&m.session);
}

/* A device that begins again during a drain may take longer. */
static bool is_unanswered(void)
{
	if (!m.unanswered_ns)
		return false;
	m.deadlines[HVSND_DEADLINE_ANSWER] = m.unanswered_ns + answer_ns();
	return m.now >= m.deadlines[HVSND_DEADLINE_ANSWER];
}

static struct hvsnd_wanted wanted(bool sent)
{
	struct hvsnd_wanted w = {
		.state = m.state,
		.epoch = m.epoch,
		.sent = sent,
	};

	w.complete = !m.drain_len &&
		     hvsnd_playback_is_complete(&m.playback, m.state);
	if (!sent && model_is_up()) {
		w.flush = m.flush;
		m.flush = false;
	}
	return w;
}

static void command(struct hvsnd_wanted *w)
{
	enum hvsnd_command next;

	while ((next = hvsnd_remote_next(&m.remote, w))) {
		switch (next) {
		case HVSND_COMMAND_STOP:
			cut_drain_copy();
			m.session.ops->stop(&m.session);
			w->flush = false;
			break;
		case HVSND_COMMAND_PAUSE:
			m.session.ops->pause(&m.session);
			break;
		case HVSND_COMMAND_START:
			m.session.ops->start(&m.session);
			break;
		case HVSND_COMMAND_DRAIN:
			m.session.ops->drain(&m.session);
			break;
		case HVSND_COMMAND_NONE:
			break;
		}
		hvsnd_remote_told(&m.remote, next);
	}
}

static int serve(void)
{
	struct hvsnd_wanted w;
	int err;

	if (model_is_up()) {
		w = wanted(false);
		command(&w);
	}
	err = send_all();
	if (!model_is_up())
		return err;
	if (m.state == HVSND_PCM_STARTING && !err)
		run_clock(m.now);
	if (!err) {
		w = wanted(true);
		command(&w);
	}
	if (is_on() && (hvsnd_remote_is_running(&m.remote) || err))
		ask();
	if (is_unanswered())
		return -ETIMEDOUT;
	return err || !m.session.tx_len ? err : send_all();
}

static int check_handshake(void)
{
	u64 ms = div64_u64(m.now - m.since_ns, MODEL_MS);
	u32 next_ms = 0;

	if (!hvsnd_conn_is_made(m.conn))
		return 0;
	if (hvsnd_conn_is_admitted(m.conn) || !is_attached()) {
		m.deadlines[HVSND_DEADLINE_HANDSHAKE] = 0;
		return 0;
	}
	if (hvsnd_backoff_check(&m.backoff, ms, false, &next_ms) ==
	    HVSND_PATIENCE_END)
		return -ETIMEDOUT;
	m.deadlines[HVSND_DEADLINE_HANDSHAKE] =
		m.since_ns + next_ms * MODEL_MS;
	return 0;
}

static bool is_drained(void)
{
	return hvsnd_remote_is_drained(&m.remote, m.state, m.epoch);
}

static bool is_over(void)
{
	return m.requests & BIT(HVSND_REQUEST_ABORT) || m.lost ||
	       is_drained() || !hvsnd_pcm_is_draining(m.state) ||
	       m.now >= m.deadlines[HVSND_DEADLINE_LINGER];
}

/* What is lost at the end was lost for a reason. */
static void reap(void)
{
	if (is_drained())
		model_check_complete();
	else
		must(m.lost || !hvsnd_pcm_is_draining(m.state) ||
		     m.requests & BIT(HVSND_REQUEST_ABORT) ||
		     m.now >= m.linger_ns);
	drop_drain_copy();
	m.life = HVSND_LIFE_DEAD;
}

static void serve_host(void)
{
	bool wants = is_wanted();
	int ret = handshake();

	if (ret > 0 && wants)
		create_remote();
	if (ret > 0)
		ret = receive();
	if (!ret && hvsnd_conn_is_made(m.conn))
		ret = serve();
	if (!ret || ret == -EAGAIN) {
		int err = check_handshake();

		ret = err ? err : ret;
	}
	if (ret < 0 && ret != -EAGAIN)
		disconnect();
	if (!is_attached() && is_over())
		m.woken = true;
}

static void step(void)
{
	struct hvsnd_conn_view v;

	if (m.requests & BIT(HVSND_REQUEST_RETRY)) {
		m.deadlines[HVSND_DEADLINE_RETRY] = 0;
		m.retry_due_ns = m.now;
	}
	m.requests &= ~BIT(HVSND_REQUEST_RETRY);
	for (;;) {
		v.state = m.conn;
		v.life = m.life;
		v.requests = m.requests;
		v.over = is_over();
		v.may_connect = true;
		v.may_close = m.now >= m.locked_ns;
		v.retry_passed = m.now >= m.deadlines[HVSND_DEADLINE_RETRY];
		switch (hvsnd_conn_decide(&v)) {
		case HVSND_ACTION_WAIT:
			return;
		case HVSND_ACTION_CONNECT:
			connect_host();
			break;
		case HVSND_ACTION_SERVE:
			serve_host();
			return;
		case HVSND_ACTION_ABANDON:
			set_conn(HVSND_CONN_CLOSING);
			model_sums.closings++;
			return;
		case HVSND_ACTION_DISCONNECT:
			must(m.conn != HVSND_CONN_CLOSING ||
			     m.now >= m.locked_ns);
			disconnect();
			break;
		case HVSND_ACTION_RENEW:
			renew();
			break;
		case HVSND_ACTION_REAP:
			reap();
			return;
		}
	}
}

/* What must be so whenever the worker is done. ------------------------------*/

/**
 * model_check_complete() - Check that what was drained has been heard
 *
 * All frames of the sound came, except those that were counted.
 */
void model_check_complete(void)
{
	struct model_host *h = &m.host;
	u64 lost = h->lost - m.sound_lost, n = m.sound_from;

	must(h->in == h->out);
	if (h->sound == m.sound && h->expected != MODEL_UNKNOWN)
		n = h->expected;
	else if (h->sound == m.sound)
		return;
	for (; n < m.appl; n++)
		lost += m.written[n % MODEL_WRITTEN] != 0;
	must(lost <= m.stats.dropped - m.sound_dropped);
}

/* Until when something is waited for that may never come. */
static void check_deadlines(void)
{
	u64 latest = MODEL_UNKNOWN;
	bool barred = m.requests & (BIT(HVSND_REQUEST_ABORT) |
				    BIT(HVSND_REQUEST_SUSPEND));

	/* The transport wakes the worker once it has connected, or let go. */
	if (m.woken)
		return;
	if (barred && is_attached())
		must(!hvsnd_conn_is_open(m.conn) ||
		     m.conn == HVSND_CONN_CLOSING);
	else if (is_attached() && m.requests & BIT(HVSND_REQUEST_REMAKE))
		must(m.conn == HVSND_CONN_CLOSING);
	if ((m.conn == HVSND_CONN_DOWN || m.conn == HVSND_CONN_BACKOFF) &&
	    !barred && is_attached())
		latest = m.retry_due_ns;
	if (m.conn == HVSND_CONN_HANDSHAKE && is_attached())
		latest = m.since_ns + m.backoff.handshake_timeout_ms * MODEL_MS;
	if (m.unanswered_ns)
		latest = min_t(u64, latest, m.unanswered_ns +
			       HVSND_LATE_DEVICE_MS * MODEL_MS);
	if (!is_attached())
		latest = min_t(u64, latest, m.linger_ns);
	must(m.alarm_ns <= latest);
}

static void check(bool full)
{
	struct model_host *h = &m.host;
	s64 lag;

	if (!model_is_up())
		return;
	/* Once the application has prepared, it writes the next sound. */
	if (is_drained() && m.alsa != MODEL_PREPARED)
		model_check_complete();
	if (full)
		return;
	/* What was to be forgotten is. */
	must(h->forgotten == m.forget_to || m.flush || model_records());
	must(h->corked == !hvsnd_remote_is_running(&m.remote));
	/* A host that has just begun trails the position by the delay. */
	lag = (s64)(h->in - h->out) -
	      (s64)(m.playback.queued_ptr - model_position());
	if (m.begun && !m.busy && is_on() && !m.playback.silence &&
	    !m.remote.suspended && !m.interrupted)
		must(lag == m.delay.jitter);
}

/**
 * model_run() - Have the timer fire and the worker run, if it is time
 */
void model_run(void)
{
	u64 since = m.now;
	bool full;

	if (m.now >= m.timer_ns)
		fire_timer();
	if (m.application->write_loop)
		m.application->write_loop();
	/* The connection wakes the worker when there is something, or room. */
	if (m.now >= m.alarm_ns ||
	    (m.conn == HVSND_CONN_CONNECTING && m.now >= m.connected_ns) ||
	    (m.conn == HVSND_CONN_CLOSING && m.now >= m.locked_ns) ||
	    (hvsnd_conn_is_made(m.conn) && m.host.arrived) ||
	    (hvsnd_conn_is_made(m.conn) && !m.host.hangs &&
	     (m.host.closed || m.session.tx_len || m.body_left ||
	      (m.host.answer_len && !model_records()))))
		m.woken = true;
	if (!m.woken || m.now < m.busy_until_ns)
		return;
	m.woken = false;
	m.interrupted = false;
	m.begun = false;
	step();
	if (m.life == HVSND_LIFE_DEAD) {
		model_sums.dropped += m.stats.dropped;
		model_create();
		return;
	}
	m.alarm_ns = hvsnd_deadline_next(m.deadlines, since);
	check_deadlines();
	full = m.head_off < m.head_len || m.body_left || m.session.tx_len;
	check(full);
	if (model_records())
		model_capture_check();
}

/* What pcm.c calls. ---------------------------------------------------------*/

/**
 * model_create() - Create a stream, for an application that has opened the PCM
 */
void model_create(void)
{
	m.alsa = MODEL_STOPPED;
	m.life = HVSND_LIFE_ATTACHED;
	m.state = HVSND_PCM_SETUP;
	m.epoch = model_rnd(3) - 1;
	m.flush = false;
	m.conn = HVSND_CONN_DOWN;
	m.requests = 0;
	m.lost = false;
	m.seen = 0;
	m.total = 0;
	m.drain_len = 0;
	hvsnd_backoff_init(&m.backoff);
	m.retry_due_ns = m.now;
	m.timer_ns = MODEL_UNKNOWN;
	m.alarm_ns = MODEL_UNKNOWN;
	memset(m.deadlines, 0, sizeof(m.deadlines));
	memset(&m.stats, 0, sizeof(m.stats));
	memset(&m.playback, 0, sizeof(m.playback));
	memset(&m.session, 0, sizeof(m.session));
	if (model_records())
		model_capture_create();
	set_geometry();
	m.capture.jitter.frames = hvsnd_capture_jitter_frames(&m.geometry);
	must(m.capture.jitter.frames <= MODEL_JITTER);
	hvsnd_delay_init(&m.delay, &m.geometry);
	hvsnd_clock_init(&m.clock, MODEL_RATE, m.delay.jitter);
	m.remote.state = HVSND_REMOTE_CORKED;
	hvsnd_remote_reset(&m.remote, m.epoch);
	m.ring.data = (u8 *)m.memory;
	m.ring.frames = MODEL_RING;
	m.ring.frame_bytes = MODEL_FRAME;
	m.silence.frames = HVSND_SILENCE_BLOCK / MODEL_FRAME;
	m.context.geometry = &m.geometry;
	m.context.ring = &m.ring;
	m.context.silence = &m.silence;
	m.context.clock = &m.clock;
	m.context.delay = &m.delay;
	m.context.stats = &m.stats;
	m.session.ops = &hvsnd_pulse_ops;
	m.session.event = on_event;
	m.params.wait = false;
	m.params.direction = model_records() ? SNDRV_PCM_STREAM_CAPTURE :
					       SNDRV_PCM_STREAM_PLAYBACK;
	m.params.format = SNDRV_PCM_FORMAT_S16_LE;
	m.params.rate = MODEL_RATE;
	m.params.channels = 2;
	m.params.frame_bytes = MODEL_FRAME;
}

/**
 * model_prepare() - As hvsnd_stream_prepare()
 */
void model_prepare(void)
{
	hvsnd_clock_start(&m.clock, m.now, 0);
	hvsnd_clock_stop(&m.clock, m.now);
	m.seen = 0;
	hvsnd_playback_prepare(&m.playback);
	hvsnd_capture_prepare(&m.capture);
	if (m.conn == HVSND_CONN_TERMINATED)
		set_conn(HVSND_CONN_BACKOFF);
	m.requests |= BIT(HVSND_REQUEST_RETRY);
	m.woken = true;
}

/**
 * model_start() - As hvsnd_stream_start()
 * @tracking: what the application tells of its pointer
 * @at_ns: when, 0 for as soon as possible
 */
void model_start(enum hvsnd_tracking tracking, u64 at_ns)
{
	m.playback.tracking = tracking;
	m.next_look = MODEL_PERIOD;
	m.epoch++;
	if (model_records())
		model_capture_start();
	go(at_ns);
	m.woken = true;
}

/* The host is to forget what was written since prepare. */
static void flush(void)
{
	m.flush = true;
	m.forget_from = m.sound_number;
	m.forget_to = m.number;
	m.forget_rest = m.body_left / MODEL_FRAME;
}

/**
 * model_stop() - As hvsnd_stream_stop()
 */
void model_stop(void)
{
	struct hvsnd_playback *p = &m.playback;
	u64 pos;

	hvsnd_clock_stop(&m.clock, m.now);
	pos = model_position();
	if (!model_records() && hvsnd_playback_is_untracked(p, pos)) {
		hvsnd_playback_end_loop(p, pos);
		m.appl = pos;
	}
	p->busy_until_ns = 0;
	if (!model_records() && pos >= p->appl_ptr) {
		set_state(HVSND_PCM_DRAINING);
		if (model_is_up())
			hvsnd_playback_stopped(p, &m.context, m.now,
					       pos - p->appl_ptr);
	} else {
		set_state(HVSND_PCM_STOPPED);
		flush();
	}
	m.timer_ns = MODEL_UNKNOWN;
	m.woken = true;
}

/**
 * model_drain() - As hvsnd_stream_drain()
 */
void model_drain(void)
{
	hvsnd_playback_drain(&m.playback, is_on());
	m.woken = true;
}

/**
 * model_pause() - As hvsnd_stream_pause()
 */
void model_pause(void)
{
	hvsnd_clock_stop(&m.clock, m.now);
	set_state(HVSND_PCM_PAUSED);
	m.timer_ns = MODEL_UNKNOWN;
	m.woken = true;
}

/**
 * model_resume() - As hvsnd_stream_resume()
 * @at_ns: when, 0 for as soon as possible
 */
void model_resume(u64 at_ns)
{
	if (!at_ns && model_is_up() && hvsnd_remote_is_running(&m.remote) &&
	    !hvsnd_remote_is_stale(&m.remote, m.epoch)) {
		relearn();
		set_state(HVSND_PCM_STARTING);
		run_clock(m.now);
	} else {
		go(at_ns);
	}
	m.woken = true;
}

/**
 * model_reset() - As hvsnd_stream_reset()
 */
void model_reset(void)
{
	m.woken = true;
	if (model_records()) {
		m.capture.appl_ptr = m.seen;
		return;
	}
	hvsnd_playback_reset(&m.playback, m.seen, model_position());
	flush();
	m.sound_from = m.playback.queued_ptr;
	m.epoch++;
}

/**
 * model_pointer() - As hvsnd_stream_pointer()
 *
 * Return: The position, or -1 if more than the whole buffer has passed.
 */
s64 model_pointer(void)
{
	u64 pos = max_t(u64, model_position(), m.seen);

	if (pos - m.seen >= MODEL_RING)
		return -1;
	if (model_records()) {
		hvsnd_capture_advance(&m.capture, &m.context, pos);
		model_capture_read(m.seen, pos);
		m.stats.recorded += pos - m.seen;
		m.seen = pos;
		return pos;
	}
	if (hvsnd_playback_is_untracked(&m.playback, pos) && model_is_up() &&
	    !m.remote.suspended)
		pos = max_t(u64, m.seen,
			    min_t(u64, pos, m.playback.sent_ptr));
	m.stats.played += pos - m.seen;
	m.seen = pos;
	return pos;
}

/**
 * model_ack() - As hvsnd_stream_ack()
 * @ahead: frames by which the application is ahead of the position
 *
 * Return: Whether the application may do so.
 */
bool model_ack(s64 ahead)
{
	struct hvsnd_playback *p = &m.playback;
	s64 appl_ptr = m.seen + ahead;
	bool work;

	if (model_records())
		return hvsnd_capture_set_appl(&m.capture, &m.context,
					      appl_ptr);
	work = model_is_up() && !m.remote.suspended && is_on() &&
	       p->queued_ptr <= m.seen + m.geometry.write_low_water;
	work |= !p->appl_ptr && appl_ptr > 0;
	if (!hvsnd_playback_set_appl(p, &m.context, is_on(), appl_ptr))
		return false;
	if (work)
		m.woken = true;
	return true;
}

static bool keep(u64 from, size_t len)
{
	size_t had = m.drain_len - m.drain_off, done;

	if (had + len > sizeof(m.drain_copy))
		return false;
	memmove(m.drain_copy, m.drain_copy + m.drain_off, had);
	for (done = 0; done < len; done++)
		m.drain_copy[had + done] =
			m.ring.data[(from + done) % (MODEL_RING * MODEL_FRAME)];
	m.drain_len = had + len;
	m.drain_framed -= m.drain_off;
	m.drain_off = 0;
	return true;
}

/**
 * model_sync_stop() - As hvsnd_stream_sync_stop()
 */
void model_sync_stop(void)
{
	struct hvsnd_playback *p = &m.playback;
	bool draining = m.state == HVSND_PCM_DRAINING && !m.lost;
	u64 from, to, oldest = p->appl_ptr - MODEL_RING;
	size_t body = 0;

	m.timer_ns = MODEL_UNKNOWN;
	check_body();
	if (hvsnd_pcm_is_draining(m.state) &&
	    p->appl_ptr > p->queued_ptr + MODEL_RING) {
		m.stats.dropped += oldest - p->queued_ptr;
		p->queued_ptr = oldest;
	}
	to = p->appl_ptr * MODEL_FRAME;
	from = p->queued_ptr * MODEL_FRAME;
	if (m.body_left && m.body_source == HVSND_SOURCE_RING) {
		from = m.body_pos;
		body = m.body_left;
	}
	if (draining && from + body <= to && from < to &&
	    to - from <= MODEL_RING * MODEL_FRAME && keep(from, to - from)) {
		if (body) {
			m.drain_framed = body;
			m.body_source = HVSND_SOURCE_DRAIN_COPY;
		}
		from = to;
	}
	if (m.body_source == HVSND_SOURCE_RING) {
		m.body_source = HVSND_SOURCE_SILENCE;
		m.torn = m.body_left % MODEL_FRAME;
	}
	if (hvsnd_pcm_is_draining(m.state) && from < to)
		m.stats.dropped += (to - from + MODEL_FRAME - 1) / MODEL_FRAME;
	p->queued_ptr = p->appl_ptr;
	m.capture.filled_ptr = m.capture.appl_ptr;
	if (m.state == HVSND_PCM_STOPPED)
		set_state(HVSND_PCM_SETUP);
	else if (m.state == HVSND_PCM_DRAINING)
		set_state(HVSND_PCM_DRAINING_COPY);
	m.woken = true;
}

/**
 * model_detach() - As hvsnd_stream_detach()
 */
void model_detach(void)
{
	u64 ms = m.geometry.max_ahead +
		   max_t(u32, m.delay.now, m.delay.jitter + m.delay.latency);

	model_sync_stop();
	ms = ms * 1000 / MODEL_RATE + LINGER_MS;
	if (m.delay.device != HVSND_DEVICE_BEGUN)
		ms += HVSND_LATE_DEVICE_MS;
	m.linger_ns = m.now + ms * MODEL_MS;
	m.deadlines[HVSND_DEADLINE_LINGER] = m.linger_ns;
	m.life = HVSND_LIFE_LINGERING;
	m.alsa = MODEL_DETACHED;
	m.woken = true;
}

/**
 * model_request() - Ask of the worker what the card's owner may ask
 *
 * A machine that sleeps wakes again, and a card that is deleted never comes
 * back: the application closes the PCM then.
 */
void model_request(void)
{
	if (m.requests & BIT(HVSND_REQUEST_SUSPEND))
		m.requests ^= BIT(HVSND_REQUEST_SUSPEND) |
			      BIT(HVSND_REQUEST_RETRY);
	else if (!model_rnd(4))
		m.requests |= BIT(HVSND_REQUEST_SUSPEND);
	else if (!model_rnd(10))
		m.requests |= BIT(HVSND_REQUEST_ABORT);
	else
		m.requests |= BIT(HVSND_REQUEST_REMAKE);
	m.woken = true;
}

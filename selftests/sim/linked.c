// SPDX-License-Identifier: GPL-2.0
/*
 * linked PCM PCM: plays silence to two linked PCMs until the first one stops,
 * and gives the second one time to stop as well. Then prints the state of each
 * PCM, and whether it can be prepared.
 *
 * linked PCM: links playback and capture of a PCM, and drains the playback,
 * which was not started. Then prints the state of each, and waits.
 */
#include <alsa/asoundlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define RATE	48000
#define LIMIT_S	10
#define STEP_US	10000

static const short silence[RATE / 10 * 2];

static int must(int err, const char *what)
{
	if (err < 0) {
		fprintf(stderr, "linked: %s: %s\n", what, snd_strerror(err));
		exit(1);
	}
	return err;
}

static snd_pcm_t *open_pcm(const char *name, snd_pcm_stream_t direction)
{
	snd_pcm_sw_params_t *sw;
	snd_pcm_t *pcm;

	must(snd_pcm_open(&pcm, name, direction, SND_PCM_NONBLOCK), name);
	must(snd_pcm_set_params(pcm, SND_PCM_FORMAT_S16,
				SND_PCM_ACCESS_RW_INTERLEAVED, 2, RATE, 0,
				200000),
	     name);
	snd_pcm_sw_params_alloca(&sw);
	must(snd_pcm_sw_params_current(pcm, sw), name);
	must(snd_pcm_sw_params_set_start_threshold(pcm, sw, RATE), name);
	must(snd_pcm_sw_params(pcm, sw), name);
	if (direction == SND_PCM_STREAM_PLAYBACK)
		must(snd_pcm_writei(pcm, silence, RATE / 10), name);
	return pcm;
}

static snd_pcm_state_t state_of(snd_pcm_t *pcm)
{
	snd_pcm_hwsync(pcm);
	return snd_pcm_state(pcm);
}

static int drain_one(const char *name)
{
	snd_pcm_t *playback = open_pcm(name, SND_PCM_STREAM_PLAYBACK);
	snd_pcm_t *capture = open_pcm(name, SND_PCM_STREAM_CAPTURE);

	must(snd_pcm_link(playback, capture), "link");
	must(snd_pcm_nonblock(playback, 0), "nonblock");
	must(snd_pcm_drain(playback), "drain");
	printf("%s %s\n", snd_pcm_state_name(state_of(playback)),
	       snd_pcm_state_name(state_of(capture)));
	fflush(stdout);
	pause();
	return 0;
}

int main(int argc, char **argv)
{
	snd_pcm_state_t states[2];
	snd_pcm_t *pcms[2];
	int i, steps = LIMIT_S * (1000000 / STEP_US);

	if (argc == 2)
		return drain_one(argv[1]);
	if (argc != 3)
		return 2;
	for (i = 0; i < 2; i++)
		pcms[i] = open_pcm(argv[1 + i], SND_PCM_STREAM_PLAYBACK);
	must(snd_pcm_link(pcms[0], pcms[1]), "link");
	must(snd_pcm_start(pcms[0]), "start");
	while (state_of(pcms[0]) == SND_PCM_STATE_RUNNING && steps--) {
		for (i = 0; i < 2; i++)
			snd_pcm_writei(pcms[i], silence, RATE / 10);
		usleep(STEP_US);
	}
	/* Each stream notices by itself that its host has gone. */
	usleep(10 * STEP_US);
	for (i = 0; i < 2; i++)
		states[i] = state_of(pcms[i]);
	/*
	 * snd_pcm_prepare() acts on all linked PCMs. A disconnected PCM cannot
	 * be unlinked.
	 */
	snd_pcm_unlink(pcms[1]);
	for (i = 0; i < 2; i++) {
		printf("%s", snd_pcm_state_name(states[i]));
		printf(" %s\n", snd_pcm_prepare(pcms[i]) < 0 ? "lost" : "prepared");
	}
	return 0;
}

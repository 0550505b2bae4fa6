// SPDX-License-Identifier: GPL-2.0
/*
 * Probes a card as sound servers do at each login: opens a PCM, sets its
 * parameters, prepares and drops it, and never starts it.
 *
 * probe DEVICE playback|capture CYCLES [START]: prepares and drops CYCLES
 * times, 50 ms apart. With START, the PCM is then started and runs for 1 s.
 */
#include <alsa/asoundlib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void must(int err, const char *what)
{
	if (err < 0) {
		fprintf(stderr, "probe: %s: %s\n", what, snd_strerror(err));
		exit(1);
	}
}

int main(int argc, char **argv)
{
	static short frames[2 * 4800];
	snd_pcm_stream_t direction;
	snd_pcm_t *pcm;
	int i, cycles;

	if (argc < 4) {
		fputs("usage: probe DEVICE playback|capture CYCLES [START]\n",
		      stderr);
		return 2;
	}
	direction = strcmp(argv[2], "capture") ? SND_PCM_STREAM_PLAYBACK :
						 SND_PCM_STREAM_CAPTURE;
	cycles = atoi(argv[3]);
	must(snd_pcm_open(&pcm, argv[1], direction, 0), "open");
	must(snd_pcm_set_params(pcm, SND_PCM_FORMAT_S16_LE,
				SND_PCM_ACCESS_RW_INTERLEAVED, 2, 48000, 0,
				500000),
	     "hw_params");
	for (i = 0; i < cycles; i++) {
		must(snd_pcm_prepare(pcm), "prepare");
		usleep(50000);
		must(snd_pcm_drop(pcm), "drop");
	}
	if (argc > 4) {
		must(snd_pcm_prepare(pcm), "prepare");
		if (direction == SND_PCM_STREAM_CAPTURE)
			must(snd_pcm_start(pcm), "start");
		for (i = 0; i < 10 && direction == SND_PCM_STREAM_PLAYBACK; i++)
			must(snd_pcm_writei(pcm, frames, 4800), "write");
		for (i = 0; i < 10 && direction == SND_PCM_STREAM_CAPTURE; i++)
			must(snd_pcm_readi(pcm, frames, 4800), "read");
	}
	must(snd_pcm_close(pcm), "close");
	return 0;
}

// SPDX-License-Identifier: GPL-2.0
/*
 * threads DEVICE SECONDS: threads of one program set up, prepare, start, stop
 * and free a PCM, for instance /dev/snd/pcmC0D0p, all at the same time. ALSA's
 * core lets them between the steps of each other's calls. Prints KTAP.
 *
 * With ioctl() itself, because alsa-lib's functions may not be called so.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

#include <sound/asound.h>

#include "ktap.h"

#define THREADS	3
#define PERIOD	480
#define BUFFER	1920

static int device;
static bool captures;
static time_t end;

static time_t now_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static void set_mask(struct snd_pcm_hw_params *hw, int what, unsigned int bit)
{
	struct snd_mask *mask =
		&hw->masks[what - SNDRV_PCM_HW_PARAM_FIRST_MASK];

	memset(mask, 0, sizeof(*mask));
	mask->bits[bit / 32] = 1u << bit % 32;
}

static void set_interval(struct snd_pcm_hw_params *hw, int what,
			 unsigned int value)
{
	struct snd_interval *range =
		&hw->intervals[what - SNDRV_PCM_HW_PARAM_FIRST_INTERVAL];

	memset(range, 0, sizeof(*range));
	range->min = value;
	range->max = value;
	range->integer = 1;
}

static int set_up(void)
{
	struct snd_pcm_hw_params hw = { .rmask = ~0u };
	struct snd_pcm_sw_params sw = {
		.period_step = 1,
		.avail_min = PERIOD,
		.start_threshold = 2 * BUFFER,
		.stop_threshold = BUFFER,
	};
	size_t i;

	memset(hw.masks, 0xff, sizeof(hw.masks));
	for (i = 0; i < sizeof(hw.intervals) / sizeof(*hw.intervals); i++)
		hw.intervals[i].max = ~0u;
	set_mask(&hw, SNDRV_PCM_HW_PARAM_ACCESS,
		 (unsigned int)SNDRV_PCM_ACCESS_RW_INTERLEAVED);
	set_mask(&hw, SNDRV_PCM_HW_PARAM_FORMAT,
		 (unsigned int)SNDRV_PCM_FORMAT_S16_LE);
	set_interval(&hw, SNDRV_PCM_HW_PARAM_CHANNELS, 2);
	set_interval(&hw, SNDRV_PCM_HW_PARAM_RATE, 48000);
	set_interval(&hw, SNDRV_PCM_HW_PARAM_PERIOD_SIZE, PERIOD);
	set_interval(&hw, SNDRV_PCM_HW_PARAM_BUFFER_SIZE, BUFFER);
	if (ioctl(device, SNDRV_PCM_IOCTL_HW_PARAMS, &hw) < 0)
		return -1;
	return ioctl(device, SNDRV_PCM_IOCTL_SW_PARAMS, &sw);
}

static int free_hw(void) { return ioctl(device, SNDRV_PCM_IOCTL_HW_FREE); }
static int prepare(void) { return ioctl(device, SNDRV_PCM_IOCTL_PREPARE); }
static int start(void) { return ioctl(device, SNDRV_PCM_IOCTL_START); }
static int drop(void) { return ioctl(device, SNDRV_PCM_IOCTL_DROP); }
static int hwsync(void) { return ioctl(device, SNDRV_PCM_IOCTL_HWSYNC); }
static int hold(void) { return ioctl(device, SNDRV_PCM_IOCTL_PAUSE, 1); }
static int resume(void) { return ioctl(device, SNDRV_PCM_IOCTL_PAUSE, 0); }

static int move(void)
{
	static short frames[16 * 2];
	struct snd_xferi xfer = { .buf = frames, .frames = 16 };

	return ioctl(device, captures ? SNDRV_PCM_IOCTL_READI_FRAMES :
					SNDRV_PCM_IOCTL_WRITEI_FRAMES, &xfer);
}

/* Those that another one makes vain are called more often. */
static int (*const acts[])(void) = {
	set_up, set_up, free_hw, hwsync, hold, hold, resume, resume,
	prepare, prepare, prepare, prepare, prepare, prepare, prepare, prepare,
	move, move, move, move, move, move, move, move,
	start, start, start, start, start, start, start, start,
	drop, drop, drop, drop,
};

#define ACTS	(sizeof(acts) / sizeof(*acts))

static atomic_uint done;

static void *thread(void *arg)
{
	uint32_t state = (uintptr_t)arg;

	while (now_s() < end) {
		state = state * 1664525 + 1013904223;
		done += acts[(state >> 8) % ACTS]() >= 0;
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t threads[THREADS];
	uintptr_t i;

	if (argc != 3) {
		fputs("usage: threads DEVICE SECONDS\n", stderr);
		return 2;
	}
	ktap_plan(1);
	captures = argv[1][strlen(argv[1]) - 1] == 'c';
	device = open(argv[1], O_RDWR | O_NONBLOCK);
	if (device < 0)
		ktap_bail(argv[1], strerror(errno));
	end = now_s() + atoi(argv[2]);
	for (i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, thread, (void *)(i + 1)))
			ktap_bail("threads", "cannot be had");
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	ktap_note("%u calls succeeded", done);
	drop();
	ktap_result(!set_up() && !prepare() && (captures || !move()) &&
		    !start() && !drop(), "works as before");
	return ktap_status();
}

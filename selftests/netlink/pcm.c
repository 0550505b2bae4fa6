// SPDX-License-Identifier: GPL-2.0
/* Tests with programs that play. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "netlink.h"

#define S(name) SND_HVSOCK_A_STREAM_##name

bool test_stream(void)
{
	static short silence[24000 * 2];
	int s = listener(), err;
	struct genl m, stream;
	snd_pcm_t *pcm;

	/* Nobody listens there: the position runs all the same. */
	CHECK(!ask_key(SND_HVSOCK_CMD_CARD_ADD, "Stream", "connect-timeout-ms", "10"));
	CHECK(!set("Stream", "port", "4999"));
	pcm = open_pcm("Stream", SND_PCM_STREAM_PLAYBACK, 48000, &err);
	CHECK(pcm, "%s", snd_strerror(err));
	CHECK(snd_pcm_writei(pcm, silence, 24000) == 24000);
	CHECK(snd_pcm_writei(pcm, silence, 4800) == 4800);
	CHECK(comes(s, SND_HVSOCK_CMD_STREAM_OPEN_NTF, &m));
	CHECK(!strcmp(genl_string(&m, S(CARD)), "Stream"));
	CHECK(comes(s, SND_HVSOCK_CMD_LINK_DOWN_NTF, &m));
	ktap_note("link down: %s", genl_string(&m, A(REASON)));
	CHECK(*genl_string(&m, A(REASON)) && genl_u32(&m, A(ERROR)));

	CHECK(!dump_begin(sock, SND_HVSOCK_CMD_STREAM_GET));
	CHECK(genl_next(sock, &stream) == 1);
	CHECK(genl_next(sock, &m) == 0);
	CHECK(!strcmp(genl_string(&stream, S(CARD)), "Stream"));
	CHECK(genl_u32(&stream, S(ID)) == 1);
	CHECK(genl_u32(&stream, S(DIRECTION)) == SND_HVSOCK_DIRECTION_PLAYBACK);
	CHECK(genl_u32(&stream, S(STATE)) == SND_HVSOCK_STATE_RUNNING);
	CHECK(!genl_attr(&stream, S(CONNECTED)));
	CHECK(!strcmp(genl_string(&stream, S(APPLICATION)), "netlink"));
	CHECK(genl_u32(&stream, S(PID)) == (uint32_t)getpid());
	CHECK(!strcmp(genl_string(&stream, S(FORMAT)), "S16_LE"));
	CHECK(genl_u32(&stream, S(RATE)) == 48000);
	CHECK(genl_u32(&stream, S(CHANNELS)) == 2);
	CHECK(genl_u32(&stream, S(BUFFER)) == 24000);
	CHECK(*(const uint64_t *)genl_string(&stream, S(POSITION)) > 0);
	/* The same by its id; another id, another card */
	genl_begin(&m, SND_HVSOCK_CMD_STREAM_GET, 0);
	genl_put_text(&m, S(CARD), "Stream");
	genl_put_u32(&m, S(ID), 1);
	CHECK(!genl_ask(sock, &m, &answer) &&
	      genl_u32(&answer, S(RATE)) == 48000);
	genl_begin(&m, SND_HVSOCK_CMD_STREAM_GET, 0);
	genl_put_text(&m, S(CARD), "Stream");
	genl_put_u32(&m, S(ID), 2);
	CHECK(genl_ask(sock, &m, NULL) == -ENOENT);
	CHECK(!get("Stream") && genl_u32(&answer, A(STREAMS)) == 1);
	CHECK(genl_u32(&answer, A(LINK)) == SND_HVSOCK_LINK_DOWN);

	/* What waits for the next open is told, and what does not is not. */
	CHECK(!set("Stream", "port", "4998") &&
	      !genl_attr(&answer, A(NEXT_OPEN)));
	CHECK(!set("Stream", "format", "S16_LE"));
	CHECK(genl_u32(&answer, A(NEXT_OPEN)) == A(FORMAT));
	CHECK(!set("Stream", "rate-max", "48000"));
	CHECK(genl_u32(&answer, A(NEXT_OPEN)) == A(RATE_MAX));

	/* An underrun, by not writing */
	usleep(700000);
	CHECK(snd_pcm_writei(pcm, silence, 4800) == -EPIPE);
	CHECK(comes(s, SND_HVSOCK_CMD_XRUN_NTF, &m));
	snd_pcm_close(pcm);
	CHECK(comes(s, SND_HVSOCK_CMD_STREAM_CLOSE_NTF, &m));
	CHECK(dump_count(SND_HVSOCK_CMD_STREAM_GET) == 0);
	CHECK(!get("Stream") && genl_u32(&answer, A(STREAMS)) == 0);
	CHECK(!del("Stream"));
	close(s);
	return true;
}

/* Keys that programs meet when they open the card */
bool test_offered(void)
{
	snd_pcm_hw_params_t *hw;
	unsigned int least, most;
	snd_pcm_t *pcm;
	struct genl m;
	int err;

	snd_pcm_hw_params_alloca(&hw);
	genl_begin(&m, SND_HVSOCK_CMD_CARD_ADD, 0);
	genl_put_text(&m, A(NAME), "Offer");
	put_key(&m, "rate-min", "16000");
	put_key(&m, "rate-max", "44100");
	put_key(&m, "format", "S16_LE");
	put_key(&m, "channels", "2");
	CHECK(!genl_ask(sock, &m, NULL), "%s", genl_text);
	CHECK(!snd_pcm_open(&pcm, "hw:Offer", SND_PCM_STREAM_PLAYBACK, 0));
	snd_pcm_hw_params_any(pcm, hw);
	CHECK(!snd_pcm_hw_params_get_rate_min(hw, &least, NULL) &&
	      least == 16000);
	CHECK(!snd_pcm_hw_params_get_rate_max(hw, &most, NULL) &&
	      most == 44100);
	CHECK(!snd_pcm_hw_params_get_channels_min(hw, &least) && least == 2);
	CHECK(!snd_pcm_hw_params_get_channels_max(hw, &most) && most == 2);
	CHECK(!snd_pcm_hw_params_test_format(pcm, hw, SND_PCM_FORMAT_S16_LE));
	CHECK(snd_pcm_hw_params_test_format(pcm, hw, SND_PCM_FORMAT_S32_LE) <
	      0);
	snd_pcm_close(pcm);

	CHECK(!set("Offer", "rate", "22050"), "%s", genl_text);
	CHECK(!snd_pcm_open(&pcm, "hw:Offer", SND_PCM_STREAM_PLAYBACK, 0));
	snd_pcm_hw_params_any(pcm, hw);
	CHECK(!snd_pcm_hw_params_get_rate(hw, &least, NULL) && least == 22050);
	snd_pcm_close(pcm);

	CHECK(!set("Offer", "mic", "0"));
	pcm = open_pcm("Offer", SND_PCM_STREAM_CAPTURE, 22050, &err);
	CHECK(!pcm && err == -EACCES, "%d", err);
	CHECK(!set("Offer", "mic", "1"));
	pcm = open_pcm("Offer", SND_PCM_STREAM_CAPTURE, 22050, &err);
	CHECK(pcm, "%s", snd_strerror(err));
	snd_pcm_close(pcm);
	CHECK(!del("Offer"));
	return true;
}

bool test_del_open(void)
{
	static short silence[24000 * 2];
	snd_pcm_t *pcm, *other;
	snd_ctl_t *ctl;
	int err, before = cards();

	CHECK(!ask_key(SND_HVSOCK_CMD_CARD_ADD, "Open", "port", "4999"));
	CHECK(!ask_key(SND_HVSOCK_CMD_CARD_ADD, "Other", "port", "4999"));
	pcm = open_pcm("Open", SND_PCM_STREAM_PLAYBACK, 48000, &err);
	CHECK(pcm, "%s", snd_strerror(err));
	other = open_pcm("Other", SND_PCM_STREAM_PLAYBACK, 48000, &err);
	CHECK(other, "%s", snd_strerror(err));
	CHECK(!snd_ctl_open(&ctl, "hw:Open", 0));
	CHECK(snd_pcm_writei(pcm, silence, 24000) == 24000);
	CHECK(snd_pcm_writei(other, silence, 4800) == 4800);
	CHECK(!del("Open"));
	CHECK(snd_card_get_index("Open") < 0);
	err = snd_pcm_writei(pcm, silence, 24000);
	CHECK(err == -ENODEV, "%s", snd_strerror(err));
	CHECK(snd_pcm_writei(other, silence, 4800) == 4800);
	/* The name and the number are free while the old one is still open. */
	CHECK(!ask_key(SND_HVSOCK_CMD_CARD_ADD, "Open", "port", "4999"), "%s",
	      genl_text);
	CHECK(cards() == before + 2);
	err = snd_pcm_prepare(pcm);
	CHECK(err == -ENODEV, "%s", snd_strerror(err));
	snd_pcm_close(pcm);
	snd_ctl_close(ctl);
	snd_pcm_close(other);
	CHECK(!del("Open"));
	CHECK(!del("Other"));
	return true;
}

// SPDX-License-Identifier: GPL-2.0
#include "config.h"

#define ANY_PORT	0xffffffff

/**
 * hvsnd_key_find() - Key of an attribute
 * @attr: SND_HVSOCK_A_CARD_*
 *
 * Context: Any.
 * Return: The key, or NULL if the attribute is not one of the table's.
 */
const struct hvsnd_key *hvsnd_key_find(int attr)
{
	u32 i;

	for (i = 0; i < HVSND_KEYS; i++) {
		if (hvsnd_keys[i].attr == attr)
			return &hvsnd_keys[i];
	}
	return NULL;
}

/**
 * hvsnd_key_word() - Name of a value
 * @key: key that has words
 * @value: a value that hvsnd_key_set() takes
 *
 * Context: Any.
 * Return: The name.
 */
const char *hvsnd_key_word(const struct hvsnd_key *key, u32 value)
{
	const struct hvsnd_word *word = key->words;

	while (word->name && word->value != value)
		word++;
	return word->name;
}

/**
 * hvsnd_key_parse() - Value of a name
 * @key: key that has words
 * @name: the name
 * @value: set to the value
 *
 * Context: Any.
 * Return: Whether there is such a name.
 */
bool hvsnd_key_parse(const struct hvsnd_key *key, const char *name, u32 *value)
{
	const struct hvsnd_word *word;

	for (word = key->words; word->name; word++) {
		if (!strcmp(word->name, name)) {
			*value = word->value;
			return true;
		}
	}
	return false;
}

static u32 *field(const struct hvsnd_key *key,
		  const struct hvsnd_card_config *config)
{
	return (u32 *)((u8 *)config + key->offset);
}

/**
 * hvsnd_key_get() - Value of a key
 * @key: the key
 * @config: the configuration
 *
 * Context: Any.
 * Return: The value.
 */
u32 hvsnd_key_get(const struct hvsnd_key *key,
		  const struct hvsnd_card_config *config)
{
	return *field(key, config);
}

/**
 * hvsnd_key_allows() - Whether a key can have a value
 * @key: the key
 * @value: the value
 *
 * Context: Any.
 * Return: Whether it can.
 */
bool hvsnd_key_allows(const struct hvsnd_key *key, u32 value)
{
	if (key->words)
		return hvsnd_key_word(key, value);
	if (!value && key->zero)
		return true;
	return value >= key->min && value <= key->max;
}

/**
 * hvsnd_key_set() - Change a key
 * @key: the key
 * @config: the configuration
 * @value: the value
 * @error: set if the value is not allowed
 *
 * Context: Any.
 * Return: 0 or -EINVAL.
 */
int hvsnd_key_set(const struct hvsnd_key *key, struct hvsnd_card_config *config,
		  u32 value, struct hvsnd_config_error *error)
{
	if (!hvsnd_key_allows(key, value))
		return hvsnd_config_error(error, -EINVAL, key->attr, key->msg);
	*field(key, config) = value;
	return 0;
}

/**
 * hvsnd_config_init() - Set all keys to their defaults
 * @config: the configuration; without a name
 *
 * Context: Any.
 */
void hvsnd_config_init(struct hvsnd_card_config *config)
{
	u32 i;

	memset(config, 0, sizeof(*config));
	config->index = -1;
	for (i = 0; i < HVSND_KEYS; i++)
		*field(&hvsnd_keys[i], config) = hvsnd_keys[i].preset;
}

/**
 * hvsnd_config_error() - Fill in an error
 * @error: set
 * @err: negative errno
 * @attr: attribute that is wrong
 * @msg: error message, a constant
 *
 * Context: Any.
 * Return: @err.
 */
int hvsnd_config_error(struct hvsnd_config_error *error, int err, int attr,
		       const char *msg)
{
	error->attr = attr;
	error->msg = msg;
	return err;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/**
 * hvsnd_config_check_name() - Check a card's name
 * @id: the name
 * @error: set if the name is not possible
 *
 * ALSA replaces such a name by another one without an error.
 *
 * Context: Any.
 * Return: 0 or -EINVAL.
 */
int hvsnd_config_check_name(const char *id, struct hvsnd_config_error *error)
{
	size_t i, len = strlen(id);
	bool good = len && len <= SND_HVSOCK_MAX_NAME && !is_digit(id[0]) &&
		    strncmp(id, "card", 4);

	for (i = 0; i < len; i++)
		good = good && (is_letter(id[i]) || is_digit(id[i]));
	if (good)
		return 0;
	return hvsnd_config_error(error, -EINVAL, SND_HVSOCK_A_CARD_NAME,
				  "name: must be 1 to 15 letters and digits, beginning with a letter, but not with \"card\"");
}

static int check_protocol(const struct hvsnd_card_config *config,
			  struct hvsnd_config_error *error)
{
	const struct hvsnd_session_ops *ops = hvsnd_config_protocol(config);
	bool listen = config->role == SND_HVSOCK_ROLE_LISTEN;

	if ((listen || ops->links > 1) &&
	    config->port > ANY_PORT - max_t(u32, ops->links, 1))
		return hvsnd_config_error(error, -EINVAL,
					  SND_HVSOCK_A_CARD_PORT,
					  "port: must be less than 4294967295, and less than 4294967294 with protocol qubes");
	if (!ops->fixed)
		return 0;
	if ((config->rate && config->rate != ops->only->rate) ||
	    config->rate_min > ops->only->rate ||
	    config->rate_max < ops->only->rate)
		return hvsnd_config_error(error, -EINVAL,
					  SND_HVSOCK_A_CARD_RATE,
					  "rate: must be 44100, or 0, with protocol qubes, and between rate-min and rate-max");
	if (config->format != HVSND_FORMAT_ANY &&
	    config->format != (__force u32)ops->only->format)
		return hvsnd_config_error(error, -EINVAL,
					  SND_HVSOCK_A_CARD_FORMAT,
					  "format: must be S16_LE, or any, with protocol qubes");
	if (config->channels && config->channels != ops->only->channels)
		return hvsnd_config_error(error, -EINVAL,
					  SND_HVSOCK_A_CARD_CHANNELS,
					  "channels: must be 2, or 0, with protocol qubes");
	return 0;
}

/**
 * hvsnd_config_check() - Validate combinations of keys
 * @config: the configuration; each value is one that hvsnd_key_set() takes
 * @error: set if a combination is not possible
 *
 * Context: Any.
 * Return: 0 or -EINVAL.
 */
int hvsnd_config_check(const struct hvsnd_card_config *config,
		       struct hvsnd_config_error *error)
{
	if (config->rate_min > config->rate_max)
		return hvsnd_config_error(error, -EINVAL,
					  SND_HVSOCK_A_CARD_RATE_MIN,
					  "rate-min: must not be above rate-max");
	if (config->rate && (config->rate < config->rate_min ||
			     config->rate > config->rate_max))
		return hvsnd_config_error(error, -EINVAL,
					  SND_HVSOCK_A_CARD_RATE,
					  "rate: must be between rate-min and rate-max, or 0");
	if (!config->playback_streams && !config->capture_streams)
		return hvsnd_config_error(error, -EINVAL,
					  SND_HVSOCK_A_CARD_PLAYBACK_STREAMS,
					  "playback-streams: must be at least 1, or else capture-streams");
	return check_protocol(config, error);
}

/**
 * hvsnd_config_check_fixed() - Check that a change is possible
 * @from: configuration of the card
 * @to: the new one
 * @error: set if a key differs that cannot change
 *
 * Context: Any.
 * Return: 0 or -EINVAL.
 */
int hvsnd_config_check_fixed(const struct hvsnd_card_config *from,
			     const struct hvsnd_card_config *to,
			     struct hvsnd_config_error *error)
{
	u32 i;

	for (i = 0; i < HVSND_KEYS; i++) {
		const struct hvsnd_key *key = &hvsnd_keys[i];

		if (key->fixed && *field(key, from) != *field(key, to))
			return hvsnd_config_error(error, -EINVAL, key->attr,
						  key->msg);
	}
	return 0;
}

/**
 * hvsnd_config_waiting() - Differences that do not affect open streams
 * @from: configuration of the card
 * @to: the new one
 * @attrs: set to the attributes of the keys that differ and take effect for
 *	streams that are opened later
 *
 * Context: Any.
 * Return: The number of these attributes.
 */
u32 hvsnd_config_waiting(const struct hvsnd_card_config *from,
			 const struct hvsnd_card_config *to,
			 u32 attrs[HVSND_KEYS])
{
	u32 i, n = 0;

	for (i = 0; i < HVSND_KEYS; i++) {
		const struct hvsnd_key *key = &hvsnd_keys[i];

		if (key->next_open && *field(key, from) != *field(key, to))
			attrs[n++] = key->attr;
	}
	return n;
}

/**
 * hvsnd_config_reconnects() - Whether a change needs new connections
 * @from: configuration of the card
 * @to: the new one
 *
 * Context: Any.
 * Return: Whether the streams of the card have to connect again.
 */
bool hvsnd_config_reconnects(const struct hvsnd_card_config *from,
			     const struct hvsnd_card_config *to)
{
	u32 i;

	for (i = 0; i < HVSND_KEYS; i++) {
		const struct hvsnd_key *key = &hvsnd_keys[i];

		if (key->reconnect && *field(key, from) != *field(key, to))
			return true;
	}
	return false;
}

/**
 * hvsnd_config_update() - Take over the keys that can change
 * @config: configuration of the card
 * @from: the new one
 *
 * The owner of @config may read a single key without a lock, with READ_ONCE().
 *
 * Context: Any.
 */
void hvsnd_config_update(struct hvsnd_card_config *config,
			 const struct hvsnd_card_config *from)
{
	u32 i;

	for (i = 0; i < HVSND_KEYS; i++) {
		const struct hvsnd_key *key = &hvsnd_keys[i];

		if (!key->fixed)
			WRITE_ONCE(*field(key, config), *field(key, from));
	}
}

/**
 * hvsnd_config_limit() - Reduce the number of streams to what is possible
 * @config: the configuration
 *
 * Where streams share a connection per direction, there is at most one
 * substream each.
 *
 * Context: Any.
 */
void hvsnd_config_limit(struct hvsnd_card_config *config)
{
	if (!hvsnd_config_links(config))
		return;
	config->playback_streams = min_t(u32, config->playback_streams, 1);
	config->capture_streams = min_t(u32, config->capture_streams, 1);
}

/**
 * hvsnd_config_links() - Number of connections that all streams share
 * @config: the configuration
 *
 * Context: Any.
 * Return: 0 if each stream has a connection of its own.
 */
u32 hvsnd_config_links(const struct hvsnd_card_config *config)
{
	u32 links = hvsnd_config_protocol(config)->links;

	return links > 1 || hvsnd_config_listens(config) ? links : 0;
}

/**
 * hvsnd_config_protocol() - Implementation of a card's protocol
 * @config: the configuration
 *
 * Context: Any.
 * Return: The protocol.
 */
const struct hvsnd_session_ops *
hvsnd_config_protocol(const struct hvsnd_card_config *config)
{
	switch (config->protocol) {
	case SND_HVSOCK_PROTOCOL_SIMPLE:
		return &hvsnd_simple_ops;
	case SND_HVSOCK_PROTOCOL_QUBES:
		return &hvsnd_qubes_ops;
	default:
		return &hvsnd_pulse_ops;
	}
}

/* SPDX-License-Identifier: GPL-2.0 */
/* The module's parameters for the card that needs no configuration. */
#ifndef HVSOCK_PARAMS_H
#define HVSOCK_PARAMS_H

struct hvsnd_card_config;
struct hvsnd_config_error;

int hvsnd_params_get_config(struct hvsnd_card_config *config);
void hvsnd_params_log(const struct hvsnd_config_error *error);

#endif /* HVSOCK_PARAMS_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* The status of a guest, which "hvsndd ctl" prints. */
#ifndef HVSNDD_GUEST_STATUS_H
#define HVSNDD_GUEST_STATUS_H

#include <json-c/json.h>

#include "guest.h"

/**
 * guest_status() - Status of a guest
 * @g: the guest
 *
 * Return: A JSON object.
 */
struct json_object *guest_status(const struct guest *g);

#endif /* HVSNDD_GUEST_STATUS_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* The entry of a stream of --output wasapi in Windows' volume mixer. */
#ifndef HVSNDD_WIN_WASAPI_SESSION_H
#define HVSNDD_WIN_WASAPI_SESSION_H

#include "wasapi_data.h"

/* Set the id of the session, which none of @streams has. */
void wasapi_session_init(struct wasapi_stream *p,
			 const struct wasapi_stream *streams);

/* The name in the mixer */
const char *wasapi_session_name(const struct wasapi_stream *p);

/*
 * The device was opened: give the session the volume of the stream, or the
 * stream that of the session.
 */
void wasapi_session_join(struct wasapi_stream *p);

/* Give the session the volume of the stream, which has changed. */
void wasapi_session_set_volume(struct wasapi_stream *p);

/* The volume of the session may have changed. @data is the stream. */
void wasapi_session_on_volume(void *data);

#endif /* HVSNDD_WIN_WASAPI_SESSION_H */

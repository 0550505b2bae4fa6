/* SPDX-License-Identifier: GPL-2.0 */
/* Windows' strerror() does not know the errors of sockets. */
#ifndef HVSNDD_WIN_STRING_H
#define HVSNDD_WIN_STRING_H

#include_next <string.h>

/* Text of an errno. */
const char *error_text(int code);

#define strerror(code) error_text(code)

#endif /* HVSNDD_WIN_STRING_H */

/* SPDX-License-Identifier: GPL-2.0 */
/* kernel/core/pure.h includes it; hvsndd uses nothing of it. */

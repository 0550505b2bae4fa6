# SPDX-License-Identifier: GPL-2.0
"""In a guest, the part of pytest that test files name. The real one chose the test outside."""

import __main__


class _Mark:
    def __getattr__(self, _):
        return lambda *arguments, **options: lambda function: function


mark = _Mark()


def param(*values, **_):
    return values


def fixture(*_, **__):
    return lambda function: function


def fail(reason):
    raise AssertionError(reason)


def skip(reason):
    raise __main__.Skipped(reason)

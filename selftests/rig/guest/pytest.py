# SPDX-License-Identifier: GPL-2.0
"""In a guest, the part of pytest that test files name. The real one chose the test outside."""

import __main__


class _Mark:
    def __getattr__(self, _):
        def decorate(*arguments, **options):
            if len(arguments) == 1 and callable(arguments[0]) and not options:
                return arguments[0]         # a mark without arguments
            return lambda function: function
        return decorate


mark = _Mark()


def param(*values, **_):
    return values


def fixture(*_, **__):
    return lambda function: function


def fail(reason):
    raise AssertionError(reason)


def skip(reason):
    raise __main__.Skipped(reason)

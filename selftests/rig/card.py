# SPDX-License-Identifier: GPL-2.0
"""Common part of all kinds of guests: loading the module, its messages, its cards."""

import json
import re

CARD = "HvSock"


class Cards:
    """Part of a guest whose sh() runs a shell command in it, and whose kernel_log() returns its kernel's log."""

    def modprobe(self, parameters="", module="snd-hvsock", debug=True):
        """Loads the module; its own debugging messages go to the kernel log."""
        if module == "snd-hvsock":
            self.sh("for name in $(modinfo -F depends /job/snd-hvsock.ko | tr , ' '); do"
                    " modprobe $name; done")
            self.sh(f"insmod /job/snd-hvsock.ko {parameters} {'dyndbg=+p' if debug else ''}")
        else:
            self.sh(f"modprobe {module} {parameters}")

    def rmmod(self, module="snd-hvsock"):
        self.sh(f"rmmod {module}")

    def card_log(self):
        """What the module said so far, a line each, without time and device."""
        return re.findall(r"snd_hvsock(?: \S+)?: (.*)", self.kernel_log())

    def controls(self, words, card=CARD):
        return self.sh(f"amixer -c {card} {words}")

    def stats(self, card=CARD):
        """What hvsnd shows of a card, as its JSON has it."""
        return json.loads(self.sh(f"hvsnd -j show {card}"))

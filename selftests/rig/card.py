# SPDX-License-Identifier: GPL-2.0
"""Common part of all kinds of guests: loading the module, its messages, its cards."""

import json
import re

CARD = "HvSock"


class Cards:
    """Base of a guest class that has sh(), which runs a shell command, and kernel_log()."""

    def modprobe(self, parameters="", module="snd-hvsock", debug=True):
        """Loads the module, with its debugging messages in the kernel log."""
        if module == "snd-hvsock":
            self.sh("for name in $(modinfo -F depends /job/snd-hvsock.ko | tr , ' '); do"
                    " modprobe $name; done")
            self.sh(f"insmod /job/snd-hvsock.ko {parameters} {'dyndbg=+p' if debug else ''}")
        else:
            self.sh(f"modprobe {module} {parameters}")

    def rmmod(self, module="snd-hvsock"):
        self.sh(f"rmmod {module}")

    def card_log(self):
        """The messages of the module so far, as lines without time and device."""
        return re.findall(r"snd_hvsock(?: \S+)?: (.*)", self.kernel_log())

    def controls(self, words, card=CARD):
        return self.sh(f"amixer -c {card} {words}")

    def stats(self, card=CARD):
        """A card as in the JSON of hvsnd show."""
        return json.loads(self.sh(f"hvsnd -j show {card}"))

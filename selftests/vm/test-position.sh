#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# The card as ALSA programs see it: a steady position, and every order of calls.

. "$(dirname "$0")/card.sh"

echo "KTAP version 1"
card_vm -f "$ALSA/position" -f "$ALSA/lifecycle"
host_start
pa host pactl set-default-source main.monitor
guest vm 'modprobe snd-hvsock'
guest_ktap -t 90 vm "position, playing" 'position -d 60'
guest_ktap -t 60 vm "position, recording" 'position -C -d 20'
guest_ktap -t 120 vm lifecycle 'lifecycle'
guest vm 'dmesg | grep snd_hvsock; rmmod snd-hvsock'
pulse_stop host
guest_ktap -t 60 vm "position, no host" 'modprobe snd-hvsock; position -d 10'
vm_stop vm
ktap_test "the kernel does not complain" vm_check_log vm || true
ktap_summary

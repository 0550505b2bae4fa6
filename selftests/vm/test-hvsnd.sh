#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# shellcheck disable=SC2016 # single quotes are for the guest's shell
#
# hvsnd in a guest: cat and relay over vsock, probe against hosts of all kinds, cards by netlink.

. "$(dirname "$0")/card.sh"

HVSND=$TOP/user/hvsnd/hvsnd
# vhost-device-vsock does not refuse a connection, the kernel's vhost does.
nobody='nobody listens there|does a server listen'

# status_is STATUS COMMAND...
status_is()
{
	local want=$1 status=0

	shift
	"$@" || status=$?
	[ $status = "$want" ] || { echo "exit status $status, not $want: $*"; return 1; }
}

# said STATUS WORDS COMMAND: in the guest, exits so and says that in one line.
said()
{
	local status=0

	guest -t 90 "${vm:-vm}" "$3" >"$RUN/said" 2>&1 || status=$?
	cat "$RUN/said"
	[ $status = "$1" ] || { echo "exit status $status, not $1"; return 1; }
	grep -qE -- "$2" "$RUN/said" || { echo "no '$2'"; return 1; }
}

# server PORT COMMAND: on the host, for each connection; $spawned is its process.
server()
{
	rm -f "$(vm_socket vm "$1")"
	spawn "$RUN/server.log" socat "UNIX-LISTEN:$(vm_socket vm "$1"),fork" "SYSTEM:$2"
	wait_for 5 test -S "$(vm_socket vm "$1")"
}

# guest_server PORT COMMAND: in the guest, at CID 1, where also a half-close arrives; until guest_server_end.
guest_server()
{
	guest vm "socat VSOCK-LISTEN:$1,fork 'SYSTEM:$2' >/tmp/server.log 2>&1 & "'echo $! >/tmp/server'
}

guest_server_end() { guest vm 'kill $(cat /tmp/server)'; }

# helps COMMAND: its --help is about it.
helps()
{
	local text

	text=$("$HVSND" "$1" --help) || return
	[[ $text == "usage: hvsnd $1"* ]] || { echo "$1 --help: $text"; return 1; }
}

# json COMMAND...: what it prints is JSON.
json() { "$@" >"$RUN/json" && python3 -m json.tool <"$RUN/json"; }

command_line()
{
	local word

	"$HVSND" --help || return
	for word in show stats add set del cookie monitor apply save probe doctor address host-setup cat relay; do
		helps "$word" || return
	done
	status_is 2 "$HVSND" && status_is 2 "$HVSND" nothing && status_is 2 "$HVSND" cat && status_is 2 "$HVSND" address x &&
		status_is 2 "$HVSND" add a-b && status_is 2 "$HVSND" add a port && status_is 2 "$HVSND" set a port 0 &&
		status_is 2 "$HVSND" cat -t 0 1 && status_is 2 "$HVSND" show --loud && json "$HVSND" -j address 4713 &&
		json "$HVSND" host-setup -j linux || return
	# What goes nowhere is not done.
	status_is 1 "$HVSND" address 4713 >/dev/full
}

host_setup()
{
	local registry='GuestCommunicationServices\00001269-facb-11e6-bd58-64006a7986d3'

	json "$HVSND" host-setup -j windows && ! grep auto_wsl2 "$RUN/json" &&
		json "$HVSND" host-setup --wsl2 -j windows && grep auto_wsl2=true "$RUN/json" && grep wslpath "$RUN/json" &&
		"$HVSND" host-setup --reg windows >"$RUN/reg" && grep -F "[HKEY_LOCAL_MACHINE" "$RUN/reg" | grep -F "$registry]" &&
		grep -F '"ElementName"="' "$RUN/reg" && "$HVSND" host-setup --powershell windows | grep -F "$registry" &&
		"$HVSND" host-setup -p 6000 --reg windows | grep 00001770-facb && status_is 2 "$HVSND" host-setup --reg linux &&
		status_is 2 "$HVSND" host-setup -p 2147483648 windows && "$HVSND" host-setup linux
}

# socat takes the bytes that address prints for what they are.
socat_takes_address()
{
	guest_server 5001 "echo sound"
	guest vm 'socat -u "$(hvsnd address vsock:1:5001 | sed -n "s/^socat *//p")" - | grep -x sound'
	guest_server_end
}

cat_reaches_host()
{
	local sums

	server 5000 "head -c 3000000 | sha256sum"
	sums=$(guest vm 'head -c 3000000 /dev/urandom >/tmp/sound; sha256sum </tmp/sound; hvsnd cat 5000 </tmp/sound')
	end_process "$spawned"
	one_sum 2 "$sums"
}

# one_sum LINES TEXT: so many lines, all the same.
one_sum() { echo "$2"; [ "$(wc -l <<<"$2")" = "$1" ] && [ "$(uniq <<<"$2" | wc -l)" = 1 ]; }

# The sum comes only when the server has seen the end of 3 MB, on a connection that is still open.
cat_half_close()
{
	local sums

	guest_server 5001 sha256sum
	sums=$(guest vm 'sha256sum </tmp/sound; hvsnd cat vsock:1:5001 </tmp/sound')
	guest_server_end
	one_sum 2 "$sums"
}

cat_retries()
{
	local client

	rm -f "$(vm_socket vm 5000)"
	guest vm 'echo sound | hvsnd cat --retry hvsock://parent/00001388-facb-11e6-bd58-64006a7986d3' >"$RUN/retried" &
	client=$!
	sleep 3
	server 5000 "head -n 1"
	wait $client
	end_process "$spawned"
	[ "$(<"$RUN/retried")" = sound ]
}

# Both ends in the guest.
cat_listens()
{
	guest vm 'hvsnd cat -l vsock:any:6000 >/tmp/got </tmp/sound & listener=$!
		hvsnd cat --retry vsock:1:6000 </tmp/sound >/tmp/back || exit
		wait $listener || exit
		cmp /tmp/got /tmp/sound && cmp /tmp/back /tmp/sound' &&
		said 3 'nobody has connected' 'hvsnd cat -l --timeout 1 vsock:any:6000'
}

# A peer that is gone for good is noticed although standard input goes on.
cat_ends_with_peer()
{
	guest_server 5001 "echo sound"
	guest -t 10 vm 'sleep 60 | hvsnd cat vsock:1:5001 >/tmp/got & sleep 3; cat /tmp/got; ! pidof hvsnd'
	guest_server_end
}

# Eight at once get back what they send; the one that listens ends when it is told to.
cat_echoes()
{
	guest vm 'hvsnd cat -l --echo unix:/tmp/echo & echo=$!
		clients=
		for n in 1 2 3 4 5 6 7 8; do
			hvsnd cat --retry unix:/tmp/echo </tmp/sound >/tmp/echoed.$n & clients="$clients $!"
		done
		wait $clients
		kill $echo; wait $echo || exit
		[ ! -e /tmp/echo ] || exit
		for n in 1 2 3 4 5 6 7 8; do cmp /tmp/sound /tmp/echoed.$n || exit; done; rm /tmp/echoed.*'
}

cat_is_refused()
{
	said 3 "$nobody" 'hvsnd cat 5999 </dev/null' &&
		said 3 'there is no such socket' 'hvsnd cat unix:/tmp/nothing </dev/null' &&
		said 3 'Linux has no CID' 'hvsnd cat hvsock://children/00001388-facb-11e6-bd58-64006a7986d3 </dev/null' &&
		said 1 'broke off|reset' 'hvsnd cat -l unix:/tmp/once >/dev/full </tmp/sound & n=$!; hvsnd cat --retry unix:/tmp/once </tmp/sound >/dev/null; wait $n'
}

# Twelve connections at once through one relay, each with a sum of its own; a half-close passes through.
relays()
{
	local sums status=0

	guest_server 5001 sha256sum
	sums=$(guest vm 'hvsnd relay /tmp/relay vsock:1:5001 & relay=$!
		all="1 2 3 4 5 6 7 8 9 10 11 12" clients=
		for n in $all; do (echo $n; cat /tmp/sound) | sha256sum; done
		for n in $all; do
			(echo $n; cat /tmp/sound) | hvsnd cat --retry unix:/tmp/relay >/tmp/sum.$n & clients="$clients $!"
		done
		wait $clients
		for n in $all; do cat /tmp/sum.$n; done
		ls /proc/$relay/fd | wc -l
		kill $relay; wait $relay && [ ! -e /tmp/relay ]') || status=$?
	guest_server_end
	echo "the relay has $(tail -n 1 <<<"$sums") descriptors open at the end"
	[ $status = 0 ] && [ "$(sed -n 1,12p <<<"$sums")" = "$(sed -n 13,24p <<<"$sums")" ] &&
		[ "$(wc -l <<<"$sums")" = 25 ] && [ "$(tail -n 1 <<<"$sums")" -le 6 ]
}

# A server that does not read holds the sender up, and the relay does not gather what comes.
relay_holds_back()
{
	local kb status=0

	guest_server 5001 "sleep 4; sha256sum"
	kb=$(guest vm 'hvsnd relay /tmp/relay vsock:1:5001 & relay=$!
		(head -c 40000000 /dev/zero | hvsnd cat --retry unix:/tmp/relay >/tmp/sum; echo done >/tmp/done) & client=$!
		sleep 3
		[ ! -e /tmp/done ] || exit 1
		awk "/VmRSS/ { print \$2 }" /proc/$relay/status
		wait $client
		head -c 40000000 /dev/zero | sha256sum | cmp - /tmp/sum || exit
		kill $relay; wait $relay') || status=$?
	guest_server_end
	echo "the relay takes $kb kB"
	[ $status = 0 ] && [ "$kb" -lt 8000 ]
}

# The target is not there: its client is let go, and the relay goes on.
relay_survives()
{
	rm -f "$(vm_socket vm 5000)"
	said 0 "$nobody" 'echo stale | timeout 1 hvsnd cat -l unix:/tmp/relay; kill -9 $! 2>/dev/null
		hvsnd relay /tmp/relay 5000 & relay=$!
		hvsnd cat --retry unix:/tmp/relay </dev/null; hvsnd cat unix:/tmp/relay </dev/null
		kill -KILL $relay; wait $relay
		hvsnd relay /tmp/relay 5000 & relay=$!
		sleep 1; hvsnd relay /tmp/relay 5000 && exit 9
		kill $relay; wait $relay'
	[ "$(grep -cE "$nobody" "$RUN/said")" = 2 ] && grep -q 'another program listens there' "$RUN/said"
}

# What a PulseAudio client reaches through the relay is the host's server.
relay_carries_pulse()
{
	guest vm 'hvsnd relay /tmp/pulse 4713 & relay=$!
		until [ -S /tmp/pulse ]; do sleep 0.1; done
		hvsnd probe unix:/tmp/pulse; status=$?
		kill $relay; wait $relay; exit $status'
}

# The beginning of a handshake with PulseAudio 9, of which only the version matters: 31.
old_server()
{
	printf '\0\0\0\017\377\377\377\377%b' '\0\0\0\0\0\0\0\0\0\0\0\0L\0\0\0\002L\0\0\0\001L\0\0\0\037' >"$RUN/old"
	server 4713 "head -c 295 >/dev/null; cat $RUN/old; sleep 10"
}

# probes STATUS WORDS [ARGUMENT...]: hvsnd probe and hvsnd doctor agree.
probes()
{
	said "$1" "$2" "hvsnd probe ${*:3}" && [ "$(wc -l <"$RUN/said")" = 1 ] || return
	if [ "$1" = 0 ]; then
		said 0 "^ok +host .*would play" "hvsnd doctor ${*:3}"
	else
		said 1 "^WRONG +host .*$2" "hvsnd doctor ${*:3}" && [ "$(grep -c ^WRONG "$RUN/said")" = 1 ]
	fi
}

# The module is loaded for whom asks for its family, and the card of its parameters is there.
loads_on_demand()
{
	guest vm 'rmmod snd-hvsock 2>/dev/null; [ ! -e /sys/module/snd_hvsock ] && hvsnd show -j' >"$RUN/show" &&
		cards "[c['name'] for c in cards] == ['HvSock']"
}

# cards EXPRESSION: python's, about what show -j has printed into $RUN/show.
cards()
{
	python3 -c "import json, sys; cards = json.load(open('$RUN/show'))['cards']; print(cards); sys.exit(not ($1))"
}

show() { guest vm 'hvsnd show -j' >"$RUN/show"; }

adds()
{
	guest vm 'hvsnd add studio port 4714 protocol pulse latency 10000 && aplay -l | grep "card 1: studio" &&
		[ "$(cat /proc/asound/studio/id)" = studio ] && hvsnd show && hvsnd show studio | grep "latency 10000"' &&
		show && cards "[c['name'] for c in cards] == ['HvSock', 'studio'] and cards[1]['port'] == 4714 and cards[1]['latency'] == 10000"
}

# What the kernel refuses is said in its own words.
refuses()
{
	said 1 'studio: .*there is' 'hvsnd add studio' && said 1 'one of|pulse' 'hvsnd set studio protocol raw' &&
		said 1 'latency' 'hvsnd set studio latency 1' && said 1 'name' 'hvsnd add 1a' &&
		said 1 'No such file' 'hvsnd add third cookie-file /nothing' && said 1 . 'hvsnd show third' && said 1 . 'hvsnd del nobody' && said 1 . 'hvsnd show nobody' &&
		said 1 '256 bytes' 'hvsnd cookie studio /etc/passwd' && said 1 'No such file' 'hvsnd cookie studio /nothing' &&
		[ "$(wc -l <"$RUN/said")" = 1 ] && show && cards "cards[1]['latency'] == 10000"
}

# In a network namespace of its own the family is not there, and that is said.
namespaced() { said 1 'network namespace' 'unshare -n hvsnd show'; }

# Sees all cards, but cannot change one.
ordinary_user()
{
	local user='/usr/bin/setpriv --reuid 1000 --regid 1000 --clear-groups'

	said 0 'studio.*4714' "$user hvsnd show" && said 0 played "$user hvsnd stats" &&
		said 1 'CAP_NET_ADMIN.*root' "$user hvsnd add other" && said 1 CAP_NET_ADMIN "$user hvsnd set studio port 1" &&
		said 1 CAP_NET_ADMIN "$user hvsnd del studio" && said 1 CAP_NET_ADMIN "$user hvsnd cookie studio /host/cookie" &&
		show && cards "[c['name'] for c in cards] == ['HvSock', 'studio']"
}

streams_are() { [ "$(pa "$1" pactl list short sink-inputs | wc -l)" = "$2" ]; }
now_ms() { echo $((${EPOCHREALTIME/./} / 1000)); }

# Sound goes on at the other server; then the card is taken away under it.
moves_and_goes()
{
	local player status=0

	guest vm 'hvsnd monitor -j >/host/events & echo $! >/tmp/monitor'
	guest vm 'aplay -q -D hw:studio -t raw -f S16_LE -r 48000 -c 2 /dev/zero' >"$RUN/player" 2>&1 &
	player=$!
	moves && goes $player || status=1
	guest vm 'kill $(cat /tmp/monitor); killall aplay 2>/dev/null; hvsnd del studio 2>/dev/null'
	wait $player
	return $status
}

moves()
{
	local begin

	wait_for 20 streams_are other 1 && wait_for 15 streams_are host 0 || return
	show && cards "cards[1]['link'] == 'up' and [(s['application'], s['state']) for s in cards[1]['stream-list']] == [('aplay', 'running')]" || return
	guest vm 'hvsnd show; hvsnd stats; hvsnd stats -j studio' || return
	begin=$(now_ms)
	guest vm 'hvsnd set studio port 4713' && wait_for 5 streams_are host 1 || return
	echo "a stream at the other server after $(($(now_ms) - begin)) ms"
	[ $(($(now_ms) - begin)) -lt 1000 ] || return
	record_start host main "$RUN/heard" && wait_for 5 streams_are other 0 && record_stop host main
}

goes()
{
	local begin

	begin=$(now_ms)
	guest vm 'hvsnd del studio' && ! wait "$1" || return
	echo "aplay ended $(($(now_ms) - begin)) ms after: $(<"$RUN/player")"
	grep -q 'No such device' "$RUN/player" && [ $(($(now_ms) - begin)) -lt 2000 ] &&
		guest vm 'aplay -q -D hw:HvSock -d 1 -t raw -f S16_LE -r 48000 -c 2 /dev/zero'
}

# All that happened, a line of JSON each, in order.
events_came()
{
	python3 -c '
import json, sys
events = [json.loads(line) for line in open(sys.argv[1])]
names = [e["event"] for e in events]
print(names)
want = ["stream-open", "link-up", "stream-start", "card-set", "card-del"]
at = [names.index(w) for w in want if w in names]
sys.exit(len(at) != len(want) or names.count("card-set") != 1 or any("time-ms" not in e for e in events))' "$(vm_share vm)/events"
}

# stats -w says it again each second, until nobody listens.
watches() { guest vm 'hvsnd stats -w -j | head -n 3' >"$RUN/watch" && [ "$(wc -l <"$RUN/watch")" = 3 ] && sed 1q "$RUN/watch" | python3 -m json.tool; }

# With a cookie the server lets the card in, and without it does not.
gives_cookie()
{
	guest vm 'hvsnd add locked port 4714' || return
	said 0 'cookie' 'aplay -q -D hw:locked -d 1 -t raw -f S16_LE -r 48000 -c 2 /dev/zero; hvsnd show locked' &&
		guest vm 'hvsnd cookie locked - </host/cookie && aplay -q -D hw:locked -d 1 -t raw -f S16_LE -r 48000 -c 2 /dev/zero' &&
		said 0 'link up' 'hvsnd show locked' && grep -q 'cookie given' "$RUN/said" && show &&
		cards "cards[1]['has-cookie'] and 'cookie' not in cards[1]" && ! grep -q "$(od -An -v -tx1 -N 8 "$(vm_share vm)/cookie" | tr -d " ")" "$RUN/show" &&
		guest vm 'hvsnd cookie --forget locked; ! hvsnd show locked | grep "cookie given"; hvsnd del locked'
}

# The file is made true, and doing it again does nothing; what save prints is the same file.
applies()
{
	cat >"$(vm_share vm)/conf" <<-END
		# two cards, and not the default one
		[studio]
		port = 4714   # the other server
		latency = 10000
		mic = off
		cookie-file = /host/cookie
		[second]
		playback-streams = 1
	END
	said 0 '^del HvSock' 'hvsnd apply --dry-run /host/conf' && grep -q '^add studio' "$RUN/said" && show &&
		cards "[c['name'] for c in cards] == ['HvSock']" &&
		said 0 '^add second' 'hvsnd apply /host/conf' && show && cards "[c['name'] for c in cards] == ['studio', 'second']" &&
		cards "cards[0]['mic'] == 'off' and cards[0]['has-cookie'] and cards[1]['playback-streams'] == 1" &&
		guest vm 'hvsnd apply /host/conf >/tmp/said; cat /tmp/said; [ ! -s /tmp/said ]' &&
		guest vm 'hvsnd save >/tmp/saved; cat /tmp/saved; hvsnd apply -n /tmp/saved >/tmp/said; [ ! -s /tmp/said ] &&
			hvsnd apply /tmp/saved && hvsnd save | cmp - /tmp/saved' &&
		guest vm 'hvsnd set studio port 4713 latency 0; hvsnd del second; hvsnd add third' &&
		said 0 'set studio port 4713 -> 4714' 'hvsnd apply -n /tmp/saved' && grep -q 'set studio latency 0 -> 10000' "$RUN/said" &&
		grep -q '^del third' "$RUN/said" && grep -q '^add second' "$RUN/said" &&
		guest vm 'hvsnd apply /tmp/saved && hvsnd save | cmp - /tmp/saved' &&
		guest vm 'hvsnd save -j' >"$RUN/json" && python3 -m json.tool <"$RUN/json" | grep '"latency": "10000"' &&
		guest vm 'sed -i "s/playback-streams = 1/playback-streams = 4/" /tmp/saved; hvsnd apply -j -n /tmp/saved' >"$RUN/changes" &&
		grep renew "$RUN/changes" && python3 -m json.tool <"$RUN/changes" >/dev/null
}

apply_refuses()
{
	said 1 '/tmp/bad:2: there is no key .prot.: must be one of .* retry-away cookie-file$' 'printf "[a]\nprot = 1\n" >/tmp/bad; hvsnd apply /tmp/bad' &&
		said 1 '/tmp/bad:3: b: .*protocol' 'printf "[studio]\nport = 4714\n[b]\nprotocol = raw\n" >/tmp/bad; hvsnd apply /tmp/bad' &&
		said 1 '/nothing: No such file' 'hvsnd apply /nothing'
}

ktap_plan 34
ktap_test "the command line" command_line || true
ktap_test "host-setup" host_setup || true
card_vm -P 5000 -P 4714 -m vsock_loopback -p socat -p setpriv -f "$HVSND"
guest vm 'echo /bin/modprobe >/proc/sys/kernel/modprobe'
ktap_test "the module is loaded on demand" loads_on_demand || true
ktap_test "address: socat takes its bytes" socat_takes_address || true
ktap_test "cat reaches the host" cat_reaches_host || true
ktap_test "cat keeps the half-close, and loses nothing" cat_half_close || true
ktap_test "cat tries again" cat_retries || true
ktap_test "cat listens" cat_listens || true
ktap_test "cat ends with its peer" cat_ends_with_peer || true
ktap_test "cat echoes to eight at once" cat_echoes || true
ktap_test "cat says why it cannot" cat_is_refused || true
ktap_test "relay carries twelve connections at once" relays || true
ktap_test "relay holds back a sender" relay_holds_back || true
ktap_test "relay goes on without its target" relay_survives || true
ktap_test "probe: nobody listens" probes 3 "$nobody" || true
silent_server "$(vm_socket vm 4713)"
ktap_test "probe: a server that says nothing" probes 1 "does not answer" || true
end_process "$spawned"
server 4713 "true"
ktap_test "probe: a server that hangs up" probes 1 "closes the connection" || true
end_process "$spawned"
server 4713 "cat /dev/urandom"
ktap_test "probe: something else" probes 1 "does not speak the PulseAudio protocol|share memory" || true
end_process "$spawned"
old_server
ktap_test "probe: a server that is too old" probes 1 "too old" || true
end_process "$spawned"
head -c 256 /dev/urandom >"$(vm_share vm)/cookie"
host_start "auth-cookie=$(vm_share vm)/cookie"
ktap_test "probe: another cookie" probes 1 "refuses the PulseAudio cookie" || true
ktap_test "probe: the right cookie" probes 0 "would play" -k /host/cookie || true
pulse_stop host
host_start
ktap_test "probe: a good server" probes 0 "would play" || true
ktap_test "probe: through a relay" relay_carries_pulse || true
ktap_test "add" adds || true
ktap_test "what cannot be is refused" refuses || true
ktap_test "a container's network namespace" namespaced || true
ktap_test "an ordinary user sees all and changes nothing" ordinary_user || true
pulse_start other "$(vm_socket vm 4714)"
pulse_sink other main s16le 48000 2
ktap_test "a playing card moves, and goes" moves_and_goes || true
ktap_test "monitor tells of it" events_came || true
ktap_test "stats --watch" watches || true
pulse_stop other
rm -f "$(vm_socket vm 4714)"
pulse_start other "$(vm_socket vm 4714)" "auth-cookie=$(vm_share vm)/cookie"
pulse_sink other main s16le 48000 2
ktap_test "cookie" gives_cookie || true
ktap_test "apply, and save" applies || true
ktap_test "apply refuses a bad file" apply_refuses || true
pulse_stop other
pulse_stop host
vm_stop vm
ktap_test "the kernel does not complain" vm_check_log vm || true
ktap_summary

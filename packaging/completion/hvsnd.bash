# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Completion of hvsnd for bash; those for zsh and fish ask this one.

# Sets the caller's words (up to the cursor), option (whose value is being written, or the word before) and value.
# Bash itself takes words with colons and equals signs apart.
_hvsnd_words()
{
	local line=${COMP_LINE:0:COMP_POINT}

	read -ra words <<<"$line"
	[[ $line != *[[:blank:]] ]] || words+=('')
	value=${words[-1]}
	option=
	[ ${#words[@]} -lt 2 ] || option=${words[-2]}
	begin=
	if [[ $value == --*=* ]]; then
		option=${value%%=*}
		begin=$option=
		value=${value#*=}
	fi
}

# _hvsnd_offer BEGIN COMPGEN-ARGUMENT...: what goes on from $value, behind BEGIN, which stands in it already
_hvsnd_offer()
{
	local whole=$begin$value head='' mark

	mapfile -t COMPREPLY < <(compgen "${@:2}" -- "${value#"$1"}")
	COMPREPLY=("${COMPREPLY[@]/#/"$begin$1"}")
	# Bash replaces only what stands behind the last of its marks.
	for mark in : =; do
		[[ $COMP_WORDBREAKS == *"$mark"* && $whole == *"$mark"* ]] || continue
		mark=${whole%"${whole##*"$mark"}"}
		[ ${#mark} -lt ${#head} ] || head=$mark
	done
	COMPREPLY=("${COMPREPLY[@]#"$head"}")
	[[ ${#COMPREPLY[@]} != 1 || ${COMPREPLY[0]} != *[:/=] ]] || compopt -o nospace 2>/dev/null
	return 0
}

_hvsnd_files() { compopt -o filenames 2>/dev/null; _hvsnd_offer "${1-}" -f; }

_hvsnd_address()
{
	case $value in
	unix:*) _hvsnd_files unix: ;;
	/* | ./*) _hvsnd_files ;;
	*) _hvsnd_offer '' -W 'vsock: vsock:2:4713 vsock:any: hvsock://parent/ hvsock://loopback/ unix: 4713' ;;
	esac
}

_hvsnd_cards() { sed -n 's/^ *[0-9]* \[\([^ ]*\) *\]: snd_hvsock.*/\1/p' /proc/asound/cards 2>/dev/null; }

# Keys: made by generate.sh
_hvsnd_keys='index cid port protocol role rate rate-min rate-max format channels latency-us connect-timeout-ms
	on-lost playback-streams capture-streams name-streams mic idle-retry-s cookie-file'

# Values of a key of add and set
_hvsnd_key()
{
	case $option in
	index) _hvsnd_offer '' -W '0 1 2 3' ;;
	cid) _hvsnd_offer '' -W '1 2' ;;
	port) _hvsnd_offer '' -W '4713' ;;
	protocol) _hvsnd_offer '' -W 'pulse simple qubes' ;;
	role) _hvsnd_offer '' -W 'connect listen' ;;
	rate) _hvsnd_offer '' -W '0 8000 44100 48000 96000 192000' ;;
	rate-min) _hvsnd_offer '' -W '8000 44100 192000' ;;
	rate-max) _hvsnd_offer '' -W '8000 44100 48000 96000 192000' ;;
	format) _hvsnd_offer '' -W 'any U8 A_LAW MU_LAW S16_LE S16_BE S24_3LE S24_3BE S24_LE S24_BE S32_LE S32_BE FLOAT_LE FLOAT_BE' ;;
	channels) _hvsnd_offer '' -W '0 8' ;;
	latency-us) _hvsnd_offer '' -W '0 1000 10000 20000 50000 100000 2000000' ;;
	connect-timeout-ms) _hvsnd_offer '' -W '10 2000 10000' ;;
	on-lost) _hvsnd_offer '' -W 'silence error' ;;
	playback-streams) _hvsnd_offer '' -W '0 8 64' ;;
	capture-streams) _hvsnd_offer '' -W '0 2 64' ;;
	name-streams) _hvsnd_offer '' -W 'command card' ;;
	mic) _hvsnd_offer '' -W 'off on' ;;
	idle-retry-s) _hvsnd_offer '' -W '0 10 60 3600' ;;
	cookie-file) _hvsnd_files ;;
	esac
}
# End of the keys

# Values of an option of a command; fails for one that has none
_hvsnd_value()
{
	case $1:$option in
	host-setup:-p | host-setup:--port) _hvsnd_offer '' -W '4713 6000-6005' ;;
	host-setup:-n | host-setup:--name) _hvsnd_offer '' -W 'X410 PulseAudio' ;;
	probe:-k | probe:--cookie | doctor:-k | doctor:--cookie) _hvsnd_files ;;
	cat:-t | cat:--timeout | relay:-t | relay:--timeout) _hvsnd_offer '' -W '1 2 10' ;;
	relay:-m | relay:--mode) _hvsnd_offer '' -W '600 660 666 777' ;;
	relay:-o | relay:--owner)
		case $value in
		*:*) _hvsnd_offer "${value%%:*}:" -g ;;
		*) _hvsnd_offer '' -u ;;
		esac
		;;
	*) return 1 ;;
	esac
}

_hvsnd_options()
{
	case $1 in
	stats) echo --help --json --watch ;;
	apply) echo --help --json --dry-run ;;
	cookie) echo --help --forget ;;
	probe) echo --help --json --capture --cookie ;;
	doctor) echo --help --json --cookie ;;
	host-setup) echo --help --json --port --name --wsl2 --reg --powershell ;;
	cat) echo --help --listen --echo --retry --timeout ;;
	relay) echo --help --mode --owner --timeout ;;
	del) echo --help ;;
	*) echo --help --json ;;
	esac
}

_hvsnd()
{
	local words value option begin commands command n

	commands='show stats add set del cookie monitor apply save probe doctor address host-setup cat relay'
	COMPREPLY=()
	_hvsnd_words
	command=${words[1]-}
	n=$((${#words[@]} - 1))
	if [ "$n" = 1 ]; then
		_hvsnd_offer '' -W "$commands help --help --version"
		return
	fi
	_hvsnd_value "$command" && return
	if [[ $value == -* ]]; then
		_hvsnd_offer '' -W "$(_hvsnd_options "$command")"
		return
	fi
	case $command.$n in
	help.2) _hvsnd_offer '' -W "$commands" ;;
	show.* | stats.* | set.2 | del.* | cookie.2) _hvsnd_offer '' -W "$(_hvsnd_cards)" ;;
	host-setup.*) _hvsnd_offer '' -W 'windows linux' ;;
	cookie.* | apply.*) _hvsnd_files ;;
	probe.* | doctor.* | address.* | cat.* | relay.*) _hvsnd_address ;;
	add.2) ;;
	add.* | set.*)
		if [ $((n % 2)) = 1 ]; then
			_hvsnd_offer '' -W "$_hvsnd_keys"
		else
			_hvsnd_key
		fi
		;;
	esac
}

complete -F _hvsnd hvsnd
